//! What is made with its default and gets the algorithm of the policy right away.

use jsonwebtoken::{Algorithm, Header, Validation, decode_header};

const ALGORITHM: Algorithm = Algorithm::HS512;

fn literals() -> (Header, Header, Validation) {
    let header = Header {
        alg: Algorithm::HS512,
        kid: Some("2026-11".to_owned()),
        ..Header::default()
    };
    let other = Header { alg: ALGORITHM, ..Header::default() };
    let validation = Validation { algorithms: vec![Algorithm::HS512], ..Validation::default() };
    (header, other, validation)
}

fn assigned() -> (Header, Validation) {
    let mut header = Header::default();
    header.alg = Algorithm::HS512;
    let mut validation = Validation::default();
    validation.algorithms = vec![Algorithm::HS512];
    validation.set_audience(&["shop"]);
    (header, validation)
}

fn reads(token: &str) -> Option<String> {
    let header: Header = decode_header(token).ok()?;
    header.kid
}
