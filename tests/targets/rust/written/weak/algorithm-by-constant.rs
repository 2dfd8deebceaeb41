//! The algorithm comes from a constant, a glob or a field; tests have another type of the same name.

use jsonwebtoken::Algorithm::*;
use jsonwebtoken::{Algorithm, Header};

#[cfg(not(test))]
use jsonwebtoken::Validation;
#[cfg(test)]
use crate::mock::Validation;

const ALGORITHM: Algorithm = Algorithm::HS256;
const SAME: Algorithm = ALGORITHM;

fn signs() -> [Header; 5] {
    let mut later = Header::default(); // <- jwt-algorithm-differs
    later.kid = Some("2026-11".to_owned());
    let mut set: Header = Default::default();
    set.alg = Algorithm::HS384; // <- jwt-algorithm-differs
    let literal = Header {
        alg: HS256, // <- jwt-algorithm-differs
        ..Default::default()
    };
    [Header::new(ALGORITHM), Header::new(HS256), later, set, literal] // <- jwt-algorithm-differs jwt-algorithm-differs
}

fn verifies(strict: bool) -> [Validation; 3] {
    let mut lax = Validation::new(HS512);
    lax.validate_exp = false; // <- jwt-expiry-unchecked
    let mut sometimes = Validation::default(); // <- jwt-algorithm-differs
    if strict {
        sometimes.algorithms = vec![Algorithm::HS512];
    }
    [lax, sometimes, Validation::new(SAME)] // <- jwt-algorithm-differs
}
