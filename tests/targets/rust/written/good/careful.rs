use axum::http::HeaderMap;
use axum_extra::extract::cookie::Cookie;
use jsonwebtoken::{decode, decode_header, Algorithm, DecodingKey, EncodingKey, Header, Validation};
use std::time::Duration;

struct Checks {
    validate_exp: bool,
}

fn verify(token: &str, keys: &Keys) -> Option<Claims> {
    let header = decode_header(token).ok()?;
    let key = keys.get(header.kid.as_deref()?)?;
    let mut validation = Validation::new(Algorithm::HS512);
    validation.set_audience(&["https://api.example.com"]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let mut own = Checks { validate_exp: true };
    own.validate_exp = false;
    decode::<Claims>(token, key, &validation).ok().map(|t| t.claims)
}

fn made_elsewhere(token: &str, key: &DecodingKey) {
    let mut validation = Validation::new(Algorithm::HS512);
    configure(&mut validation);
    let _ = decode::<Claims>(token, key, &validation);
    let shadowed = Validation::new(Algorithm::HS512);
    let shadowed = shadowed.with_audience("x");
    let _ = decode::<Claims>(token, key, &shadowed);
}

fn looks_first(token: &str) -> Option<Validation> {
    let header = decode_header(token).ok()?;
    if header.alg != Algorithm::HS512 {
        return None;
    }
    Some(Validation::new(header.alg))
}

fn looks_in_a_list(token: &str) -> Option<Validation> {
    let header = decode_header(token).ok()?;
    (ALLOWED.contains(&header.alg) || matches!(header.alg, Algorithm::HS512)).then(|| Validation::new(header.alg))
}

fn for_scripts(value: String) -> Cookie<'static> {
    Cookie::build(("XSRF-TOKEN", value)).http_only(false).build()
}

fn shadows(token: &str, header: &OwnHeader) -> Validation {
    let header = header.clone();
    Validation::new(header.alg)
}

fn keys(secret: &[u8], pem: &[u8]) {
    let _ = EncodingKey::from_secret(secret);
    let _ = DecodingKey::from_secret(&read());
    let _ = Header::new(Algorithm::HS512);
    let _ = DecodingKey::from_rsa_pem(include_bytes!("key.pem"));
}

fn config() -> jwt::Config {
    jwt::Config {
        secret: std::env::var("JWT_SECRET").expect("JWT_SECRET must be set"),
        expiration: Duration::from_secs(3600),
        refresh_expiration: Duration::from_secs(6 * 24 * 3600),
        algorithm: jwt::Algorithm::HS512,
    }
}

fn other_configs() {
    let _ = cache::Config { expiration: Duration::from_secs(86_400) };
    let _ = jwt::Config { expiration: 86_400 };
    let _ = jwt::Config { expiration: own::Duration::from_secs(86_400), ..defaults() };
    let _ = jwt::Claims { expiration: Duration::from_secs(86_400) };
}

fn stricter() {
    let _ = RateLimit::new("api_calls", 100, 3600);
    let _ = RateLimit::new("login", 5, 60);
}

fn cookie(value: String, secure: bool) -> Cookie<'static> {
    Cookie::build(("sid", value)).secure(secure).secure(true).http_only(true).build()
}

fn client(insecure: bool) -> reqwest::Client {
    reqwest::Client::builder().danger_accept_invalid_certs(insecure).danger_accept_invalid_hostnames(false).build()
}

fn address(headers: &HeaderMap) -> Option<&str> {
    headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_test_may() {
        let _ = jsonwebtoken::EncodingKey::from_secret(b"test");
        let _ = jsonwebtoken::dangerous::insecure_decode::<Claims>("");
    }
}

#[cfg(all(test, unix))]
fn helper() {
    let _ = jsonwebtoken::EncodingKey::from_secret(b"test");
}

#[tokio::test]
async fn outside_of_a_module() {
    let _ = jsonwebtoken::EncodingKey::from_secret(b"test");
}
