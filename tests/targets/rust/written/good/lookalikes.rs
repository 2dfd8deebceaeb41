//! Everything here looks like a weakness and is none, or cannot be told from one file.
use crate::auth::Validation;
use crate::tokens::*;
use governor::Quota;
use std::env;

fn not_of_the_crate(v: &mut Validation, settings: &mut Settings) {
    v.validate_exp = false;
    settings.validate_aud = false;
    let _ = Validation::new(Algorithm::HS256);
    let _ = EncodingKey::from_secret(b"not jsonwebtoken's");
    let _ = RateLimit::new("api_calls", compute(), 3600);
    let _ = RateLimit::new("uploads", 1_000_000, 1);
    let _ = other_crate::RateLimit::new("api_calls", 1_000_000, 1);
    let _ = Quota::per_second(nonzero!(4000u32));
}

fn of_own_types(cookie: MyCookie, tls: TlsBuilder) {
    let _ = cookie.secure(false).http_only(false);
    let _ = tls.danger_accept_invalid_certs(true);
}

fn with_care() -> Result<[String; 6], env::VarError> {
    Ok([
        env::var("JWT_SECRET")?,
        env::var("JWT_SECRET").expect("JWT_SECRET must be set"),
        env::var("JWT_SECRET").unwrap_or_else(|_| random_secret()),
        env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned()),
        env::var("JWT_SECRET").unwrap_or_else(|_| panic!("JWT_SECRET is not set")),
        config.var("JWT_SECRET").unwrap_or_else(|_| "another var".to_owned()),
    ])
}

fn right_most(value: &str) -> Option<&str> {
    value.rsplit(',').next()
}

fn a_list(value: &str) -> Option<&str> {
    value.split(',').next()
}
