use jsonwebtoken::{Algorithm, Validation};

const REQUIRED: &str = "tenant";

fn validation() -> Validation {
    let mut v = Validation::new(Algorithm::HS512);
    v.set_required_spec_claims(&["exp", "jti", "iss"]); // <- jwt-required-claim-ignored
    v.set_required_spec_claims(&["exp".to_string(), REQUIRED.to_string()]); // <- jwt-required-claim-ignored
    v.set_required_spec_claims(&["sub", "iat"]); // <- jwt-expiry-optional jwt-required-claim-ignored
    v
}
