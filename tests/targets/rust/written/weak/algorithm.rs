use jsonwebtoken::{decode_header, encode, Algorithm, Algorithm as Alg, EncodingKey, Header, Validation};

fn chosen_by_the_sender(token: &str) -> Option<Validation> {
    let header = decode_header(token).ok()?;
    Some(Validation::new(header.alg)) // <- jwt-algorithm-from-token
}

fn in_place(token: &str) -> Validation {
    Validation::new(jsonwebtoken::decode_header(token).unwrap().alg) // <- jwt-algorithm-from-token
}

fn through_a_name(token: &str) -> Result<Validation, Error> {
    let alg = decode_header(token)?.alg;
    let mut v = Validation::default();
    v.algorithms = vec![alg]; // <- jwt-algorithm-from-token
    Ok(v)
}

fn matched(token: &str) -> Option<Validation> {
    match decode_header(token) {
        Ok(h) => Some(Validation::new(h.alg)), // <- jwt-algorithm-from-token
        Err(_) => None,
    }
}

fn shorter(claims: &Claims, key: &EncodingKey) {
    let _ = encode(&Header::default(), claims, key); // <- jwt-algorithm-differs
    let _ = encode(&Header::new(Alg::HS384), claims, key); // <- jwt-algorithm-differs
    let _ = Validation::new(Algorithm::HS256); // <- jwt-algorithm-differs
}

fn of_another_kind() {
    let mut v = Validation::new(Algorithm::RS256); // <- jwt-algorithm-differs
    v.algorithms = vec![Algorithm::HS512, Algorithm::ES256]; // <- jwt-algorithm-differs
}
