use jsonwebtoken::*;

fn switched_off(token: &str, key: &DecodingKey) {
    let mut v = Validation::new(Algorithm::HS512);
    v.validate_aud = false; // <- jwt-audience-unchecked
    let _ = decode::<Claims>(token, key, &v);
}

// The report Keats/jsonwebtoken#329: nothing asks for an audience.
fn never_set(token: &str, key: &DecodingKey) {
    let mut v = Validation::new(Algorithm::HS512);
    v.leeway = 5;
    let _ = decode::<Claims>(token, key, &v); // <- jwt-audience-open
}

fn in_place(token: &str, key: &DecodingKey) {
    let _ = decode::<Claims>(token, key, &Validation::new(Algorithm::HS512)); // <- jwt-audience-open
}
