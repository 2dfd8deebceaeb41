use jsonwebtoken as jwt;
use jsonwebtoken::dangerous::insecure_decode as peek;
use jsonwebtoken::{DecodingKey, Validation as V};

fn old(token: &str, key: &DecodingKey) -> Option<Claims> {
    let mut v = V::new(jwt::Algorithm::HS512);
    v.set_audience(&["https://api.example.com"]);
    v.insecure_disable_signature_validation(); // <- jwt-signature-unchecked
    jwt::decode::<Claims>(token, key, &v).ok().map(|t| t.claims)
}

fn renamed(token: &str) -> Option<Claims> {
    peek::<Claims>(token).ok().map(|t| t.claims) // <- jwt-signature-unchecked
}

fn whole_path(token: &str) -> Option<Claims> {
    jwt::dangerous::insecure_decode_claims(token).ok() // <- jwt-signature-unchecked
}

fn handed_on(tokens: Vec<String>) -> Vec<Claims> {
    tokens.iter().filter_map(|t| Some(t)).map(jsonwebtoken::dangerous_insecure_decode::<Claims>).collect() // <- jwt-signature-unchecked
}

mod inner {
    use super::*;

    fn by_the_parent(token: &str) -> bool {
        peek::<Claims>(token).is_ok() // <- jwt-signature-unchecked
    }
}

fn alg_none(token: &str) {
    let _ = josekit::jwt::decode_unsecured(token); // <- jwt-signature-unchecked
    let off = V::insecure_disable_signature_validation; // <- jwt-signature-unchecked
}
