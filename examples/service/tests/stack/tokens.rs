//! Tokens that the service must refuse: each differs in one thing from one that it takes.

use crate::stack::Stack;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The keys of a stack, which no attacker has.
pub struct Keys {
    current: EncodingKey,
    public: String,
    old: String,
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// What a token of ann's says; of others with another `sub`.
pub fn claims(subject: &str) -> Value {
    json!({
        "iss": "https://reports.example.com", "aud": "https://reports.example.com", "sub": subject,
        "iat": now(), "exp": now() + 900, "jti": "00000000000000000000000000000001", "auth_time": now(),
        "scope": "reports:read reports:write", "roles": ["editor"], "tenant": "acme",
    })
}

fn header() -> Value {
    json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": "2026-11" })
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

impl Keys {
    pub fn of(stack: &Stack) -> Self {
        Self {
            current: EncodingKey::from_ed_pem(stack.read("keys/2026-11.pem").as_bytes()).unwrap(),
            public: stack.read("keys/2026-11.pub.pem"),
            old: stack.read("keys/2026-08.secret"),
        }
    }

    /// A token as the service signs it.
    pub fn access(&self, claims: &Value) -> String {
        self.signed(&header(), claims)
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = sign(message.as_bytes(), &self.current, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }
}

/// A value with one field set; `null` takes it away.
fn with(mut value: Value, field: &str, to: Value) -> Value {
    let fields = value.as_object_mut().unwrap();
    if to.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), to);
    }
    value
}

/// What ann's token says, but for one field.
fn claim(field: &str, to: Value) -> Value {
    with(claims("ann"), field, to)
}

/// As [`claim`], with the times of issue and expiry, from now.
fn times(issued: i64, expires: i64) -> Value {
    let at = |seconds: i64| json!(now().saturating_add_signed(seconds));
    with(claim("iat", at(issued)), "exp", at(expires))
}

/// Signed with a secret under the name of a key.
fn hmac(kid: &str, algorithm: Algorithm, secret: &[u8]) -> String {
    let header = json!({ "typ": "at+jwt", "alg": algorithm, "kid": kid });
    let message = message(&header, &claims("ann"));
    let signature = sign(
        message.as_bytes(),
        &EncodingKey::from_secret(secret),
        algorithm,
    );
    format!("{message}.{}", signature.unwrap())
}

type Forgery = (&'static str, String);

fn other_keys(keys: &Keys) -> Vec<Forgery> {
    use Algorithm::{HS256, HS384, HS512};
    let (old, public) = (keys.old.as_bytes(), keys.public.as_bytes());
    vec![
        ("HS256 with the right secret", hmac("2026-08", HS256, old)),
        ("HS384 with the right secret", hmac("2026-08", HS384, old)),
        ("the public key as secret", hmac("2026-11", HS512, public)),
        ("the same, HS256", hmac("2026-11", HS256, public)),
        ("the old secret, new name", hmac("2026-11", HS512, old)),
        ("an empty secret", hmac("2026-08", HS512, b"")),
        ("another secret", hmac("2026-08", HS512, &[7; 64])),
    ]
}

fn other_headers(keys: &Keys) -> Vec<Forgery> {
    let signed = |field: &str, to| keys.signed(&with(header(), field, to), &claims("ann"));
    let unsigned = |alg: &str| {
        let header = with(header(), "alg", json!(alg));
        format!("{}.", message(&header, &claims("ann")))
    };
    let symmetric = json!({ "kty": "oct", "k": "AAAA" });
    let own_key = with(with(header(), "jwk", symmetric), "kid", Value::Null);
    vec![
        ("alg none", unsigned("none")),
        ("alg nOnE", unsigned("nOnE")),
        ("alg none, signed", signed("alg", json!("none"))),
        ("the new key, old name", signed("kid", json!("2026-08"))),
        ("an unknown key", signed("kid", json!("2026-12"))),
        ("a file as key", signed("kid", json!("../../../dev/null"))),
        ("no key", signed("kid", Value::Null)),
        ("a key of its own", keys.signed(&own_key, &claims("ann"))),
        ("no typ", signed("typ", Value::Null)),
        ("typ JWT", signed("typ", json!("JWT"))),
        ("typ of refresh tokens", signed("typ", json!("rt+jwt"))),
        ("crit", signed("crit", json!(["exp"]))),
    ]
}

fn other_claims(keys: &Keys) -> Vec<Forgery> {
    let signed = |field: &str, to| keys.access(&claim(field, to));
    let issuer = json!("https://reports.example.org");
    let audience = json!("https://other.example.com");
    vec![
        ("another issuer", signed("iss", issuer)),
        ("another audience", signed("aud", audience)),
        ("no issuer", signed("iss", Value::Null)),
        ("no audience", signed("aud", Value::Null)),
        ("no subject", signed("sub", Value::Null)),
        ("no expiry", signed("exp", Value::Null)),
        ("no time of issue", signed("iat", Value::Null)),
        ("no jti", signed("jti", Value::Null)),
        ("expired", keys.access(&times(-600, -40))),
        ("issued in the future", keys.access(&times(60, 600))),
        ("not valid yet", signed("nbf", json!(now() + 60))),
        ("lives too long", keys.access(&times(0, 3_600))),
        ("expiry as text", signed("exp", json!("9999999999"))),
    ]
}

fn other_parts(good: &str) -> Vec<Forgery> {
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let admin = URL_SAFE_NO_PAD.encode(claim("roles", json!(["admin"])).to_string());
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    vec![
        ("another payload", format!("{head}.{admin}.{signature}")),
        (
            "another signature",
            format!("{head}.{body}.{first}{}", &signature[1..]),
        ),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        ("nothing", String::new()),
    ]
}

pub fn forgeries(stack: &Stack) {
    let keys = Keys::of(stack);
    let read = |token: &str| {
        let request = stack.request("GET", "/reports/1").from("127.0.7.4");
        request.bearer(token).send()
    };
    let good = keys.access(&claims("ann"));
    assert_eq!(read(&good).status, 200, "what the forgeries differ from");
    // Clocks may differ by 30 s.
    assert_eq!(read(&keys.access(&times(-600, -20))).status, 200);
    assert_eq!(read(&keys.access(&times(20, 600))).status, 200);
    // The old key verifies until the end of 2027-01-31.
    let expected = if now() < 1_801_440_000 { 200 } else { 401 };
    let old = hmac("2026-08", Algorithm::HS512, keys.old.as_bytes());
    assert_eq!(read(&old).status, expected, "the old key");

    let mut forgeries = other_keys(&keys);
    forgeries.extend(other_headers(&keys));
    forgeries.extend(other_claims(&keys));
    forgeries.extend(other_parts(&good));
    forgeries.push(("a refresh token", stack.tokens("ann").1));
    for (what, token) in &forgeries {
        let answer = read(token);
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_eq!(answer.field("www-authenticate"), "Bearer", "{what}");
    }

    // nginx takes no field of more than 8 KiB, so this one goes past it.
    let direct = |token: &str| {
        let request = stack.direct(stack.instances()[0], "GET", "/reports/1");
        request.bearer(token).send().status
    };
    let large = |bytes: usize| keys.access(&claim("padding", json!("x".repeat(bytes))));
    assert_eq!((direct(&large(5_000)), direct(&large(7_000))), (200, 401));
}

pub fn places(stack: &Stack) {
    let good = Keys::of(stack).access(&claims("ann"));
    let path = "/reports/1";
    let basic = format!("authorization: Basic {good}");
    let in_query = format!("{path}?access_token={good}");
    for (what, request) in [
        ("another scheme", stack.request("GET", path).field(&basic)),
        ("in the address", stack.request("GET", &in_query)),
        ("in the cookie", stack.request("GET", path).session(&good)),
    ] {
        let answer = request.from("127.0.7.5").send();
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
    }
    // nginx answers 400 by itself.
    let twice = stack.direct(stack.instances()[0], "GET", path);
    let twice = twice.bearer(&good).bearer(&good).send();
    assert_eq!(twice.status, 401, "{twice:?}");
}
