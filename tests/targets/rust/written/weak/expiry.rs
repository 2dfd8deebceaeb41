use jsonwebtoken::{Algorithm, Validation};
use std::collections::HashSet;

type Checks = jsonwebtoken::Validation;

fn assigned() -> Validation {
    let mut validation = Validation::new(Algorithm::HS512);
    validation.validate_exp = false; // <- jwt-expiry-unchecked
    validation
}

fn literal(base: Validation) -> Validation {
    Validation { validate_exp: false, ..base } // <- jwt-expiry-unchecked
}

fn parameter(v: &mut Validation) {
    v.validate_exp = false; // <- jwt-expiry-unchecked
}

fn alias(mut v: Checks) {
    (v).validate_exp = false; // <- jwt-expiry-unchecked
}

fn optional() {
    let mut v = Validation::new(Algorithm::HS512);
    v.set_required_spec_claims(&["iss", "aud"]); // <- jwt-expiry-optional
    v.required_spec_claims = HashSet::new(); // <- jwt-expiry-optional
    v.required_spec_claims.clear(); // <- jwt-expiry-optional
    v.required_spec_claims.remove("exp"); // <- jwt-expiry-optional
}

struct Verifier {
    checks: Validation,
}

impl Verifier {
    fn relax(&mut self) {
        self.checks.validate_exp = false; // <- jwt-expiry-unchecked
    }
}
