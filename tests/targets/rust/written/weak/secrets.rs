use axum_extra::extract::cookie::Key;
use jsonwebtoken::{DecodingKey, EncodingKey};
use std::env::{self, var};

const SECRET: &[u8] = b"hunter2-hunter2-hunter2";
static NESTED: &str = INNER;
const INNER: &str = "hunter2-again";

fn keys() {
    let _ = EncodingKey::from_secret(b"hunter2"); // <- secret-in-code
    let _ = EncodingKey::from_secret("hunter2".as_ref()); // <- secret-in-code
    let _ = DecodingKey::from_secret(SECRET); // <- secret-in-code
    let _ = DecodingKey::from_secret(NESTED.as_bytes()); // <- secret-in-code
    let _ = DecodingKey::from_secret(&[]); // <- secret-in-code
    let _ = DecodingKey::from_secret("".as_bytes()); // <- secret-in-code
    let _ = EncodingKey::from_secret(&[0u8; 64]); // <- secret-in-code
    let _ = DecodingKey::from_base64_secret("aHVudGVyMg=="); // <- secret-in-code
    let _ = Key::from(b"hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2"); // <- secret-in-code
}

fn defaults() -> [String; 6] {
    [
        env::var("JWT_SECRET").unwrap_or("hunter2".to_string()), // <- secret-default
        env::var("JWT_SECRET").unwrap_or_else(|_| "hunter2".into()), // <- secret-default
        std::env::var("SESSION_SECRET").unwrap_or_default(), // <- secret-default
        var("SIGNING_KEY").unwrap_or_else(|_| String::from("hunter2")), // <- secret-default
        env::var("MAIL_SECRET").ok().unwrap_or_else(|| { INNER.to_owned() }), // <- secret-default
        env::var("AUTH_SECRET").unwrap_or_else(|_| String::new()), // <- secret-default
    ]
}

#[derive(clap::Parser)]
struct Arguments {
    #[arg(long, env = "JWT_SECRET", default_value = "hunter2")] // <- secret-default
    secret: String,
}
