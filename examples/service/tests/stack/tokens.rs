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

fn hmac(header: &Value, claims: &Value, secret: &[u8], algorithm: Algorithm) -> String {
    let message = message(header, claims);
    let key = EncodingKey::from_secret(secret);
    format!(
        "{message}.{}",
        sign(message.as_bytes(), &key, algorithm).unwrap()
    )
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

pub fn forgeries(stack: &Stack) {
    let keys = Keys::of(stack);
    let read = |token: &str| {
        stack
            .request("GET", "/reports/1")
            .from("127.0.7.4")
            .bearer(token)
            .send()
    };
    let ann = || claims("ann");
    let good = keys.access(&ann());
    assert_eq!(read(&good).status, 200, "what the forgeries differ from");
    // Clocks may differ by the leeway.
    let late = with(
        with(ann(), "iat", json!(now() - 500)),
        "exp",
        json!(now() - 10),
    );
    assert_eq!(read(&keys.access(&late)).status, 200);
    let kid = |kid: &str, alg: &str| json!({ "typ": "at+jwt", "alg": alg, "kid": kid });
    let old = hmac(
        &kid("2026-08", "HS512"),
        &ann(),
        keys.old.as_bytes(),
        Algorithm::HS512,
    );
    // 2027-02-01: the first second after the last day on which the old key verifies.
    let expected = if now() < 1_801_440_000 { 200 } else { 401 };
    assert_eq!(read(&old).status, expected, "the old key");

    let (_, refresh) = stack.tokens("ann");
    let claim = |field: &str, to: Value| keys.access(&with(ann(), field, to));
    let in_header = |field: &str, to: Value| keys.signed(&with(header(), field, to), &ann());
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let unsigned = |alg: &str| format!("{}.", message(&with(header(), "alg", json!(alg)), &ann()));
    let tampered = URL_SAFE_NO_PAD.encode(with(ann(), "roles", json!(["admin"])).to_string());
    let mut zero = signature.to_owned();
    zero.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });
    let other_key = EncodingKey::from_secret(&[7; 64]);
    let stranger = message(&kid("2026-08", "HS512"), &ann());
    let strange = sign(stranger.as_bytes(), &other_key, Algorithm::HS512).unwrap();
    let secret = keys.old.as_bytes();
    let public = keys.public.as_bytes();

    let forgeries = [
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg none with a signature", in_header("alg", json!("none"))),
        (
            "HS256 with the right secret",
            hmac(&kid("2026-08", "HS256"), &ann(), secret, Algorithm::HS256),
        ),
        (
            "HS384 with the right secret",
            hmac(&kid("2026-08", "HS384"), &ann(), secret, Algorithm::HS384),
        ),
        (
            "the public key as a secret",
            hmac(&kid("2026-11", "HS512"), &ann(), public, Algorithm::HS512),
        ),
        (
            "the public key as a secret, HS256",
            hmac(&kid("2026-11", "HS256"), &ann(), public, Algorithm::HS256),
        ),
        (
            "an empty secret",
            hmac(&kid("2026-08", "HS512"), &ann(), b"", Algorithm::HS512),
        ),
        (
            "the old secret under the new key",
            hmac(&kid("2026-11", "HS512"), &ann(), secret, Algorithm::HS512),
        ),
        (
            "the new key under the old name",
            in_header("kid", json!("2026-08")),
        ),
        ("another secret", format!("{stranger}.{strange}")),
        ("an unknown key", in_header("kid", json!("2026-12"))),
        ("no key", in_header("kid", Value::Null)),
        (
            "a path as a key",
            in_header("kid", json!("../../../dev/null")),
        ),
        ("no typ", in_header("typ", Value::Null)),
        ("typ JWT", in_header("typ", json!("JWT"))),
        ("typ of refresh tokens", in_header("typ", json!("rt+jwt"))),
        ("a refresh token", refresh.clone()),
        ("crit", in_header("crit", json!(["exp"]))),
        (
            "a key in the header",
            keys.signed(
                &with(
                    with(header(), "jwk", json!({ "kty": "oct", "k": "AAAA" })),
                    "kid",
                    Value::Null,
                ),
                &ann(),
            ),
        ),
        (
            "another issuer",
            claim("iss", json!("https://reports.example.org")),
        ),
        ("no issuer", claim("iss", Value::Null)),
        (
            "another audience",
            claim("aud", json!("https://other.example.com")),
        ),
        ("no audience", claim("aud", Value::Null)),
        ("no subject", claim("sub", Value::Null)),
        ("no expiry", claim("exp", Value::Null)),
        ("no issue time", claim("iat", Value::Null)),
        ("no jti", claim("jti", Value::Null)),
        (
            "expired",
            keys.access(&with(
                with(ann(), "iat", json!(now() - 600)),
                "exp",
                json!(now() - 40),
            )),
        ),
        (
            "issued in the future",
            keys.access(&with(
                with(ann(), "iat", json!(now() + 60)),
                "exp",
                json!(now() + 600),
            )),
        ),
        ("not valid yet", claim("nbf", json!(now() + 60))),
        ("lives too long", claim("exp", json!(now() + 3_600))),
        ("expiry as text", claim("exp", json!("9999999999"))),
        ("tampered payload", format!("{head}.{tampered}.{signature}")),
        ("tampered signature", format!("{head}.{body}.{zero}")),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        ("nothing", String::new()),
    ];
    for (what, token) in &forgeries {
        let answer = read(token);
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_eq!(answer.field("www-authenticate"), "Bearer", "{what}");
    }

    // nginx takes no header of more than 8 KiB, so this one goes past it.
    let large = claim("padding", json!("x".repeat(7_000)));
    for (token, status) in [(&large, 401), (&good, 200)] {
        let request = stack.direct(stack.instances()[0], "GET", "/reports/1");
        assert_eq!(
            request.bearer(token).send().status,
            status,
            "{} bytes",
            token.len()
        );
    }

    // The right token in the wrong place.
    let path = "/reports/1";
    for (what, request) in [
        (
            "another scheme",
            stack
                .request("GET", path)
                .field(&format!("authorization: Basic {good}")),
        ),
        (
            "twice",
            stack.request("GET", path).bearer(&good).bearer(&good),
        ),
        (
            "in the address",
            stack.request("GET", &format!("{path}?access_token={good}")),
        ),
        ("in the cookie", stack.request("GET", path).session(&good)),
    ] {
        let answer = request.from("127.0.7.5").send();
        assert!([400, 401].contains(&answer.status), "{what}: {answer:?}");
    }
}
