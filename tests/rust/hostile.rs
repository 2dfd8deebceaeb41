//! Values that try to leave their place: refused when the spec is read, or rendered, read back and equal.

use super::{document, read, said, with};
use secgen::policy::Policy;
use secgen::render::engine::Engine;
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use serde_json::{Value, json};

/// Texts that end a literal, a comment, a template or a line somewhere.
const HOSTILE: [&str; 36] = [
    "",
    " ",
    "\"",
    "\\",
    "\\\"",
    "'",
    "\"; } pub fn x() { panic!() } const Y: &str = \"",
    "\"#",
    "r#\"",
    "#",
    "//",
    "*/",
    "/*",
    "{}",
    "{{x}}",
    "{%x%}",
    "$http_x",
    "$(id)",
    "`id`",
    "%0A",
    "\n",
    "\r\n",
    "a\0b",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "\u{2028}",
    "é",
    "💥",
    "::error::x",
    "##[error]x",
    "../../x",
    "-1",
    "fn",
    "Self",
    "_",
];

fn fields(value: &str) -> Vec<(&'static str, Value)> {
    let secret = |env: &str| json!({ "algorithm": "HS512", "secret": { "env": env } });
    let pem = |private: &str, public: &str| json!({ "algorithm": "EdDSA", "private_key": { "env": private }, "public_key": { "env": public } });
    let key = |kid: &str, key: Value| with(with(document(), "/jwt/sign_with", json!(kid)), "/jwt/keys", json!({ kid: key }));
    let limit = json!({ value: { "requests": 1, "per": "1s" } });
    vec![
        ("issuer", with(document(), "/jwt/issuer", json!(value))),
        ("audience", with(document(), "/jwt/audience", json!(value))),
        ("kid", key(value, secret("JWT_SECRET"))),
        ("secret", key("k", secret(value))),
        ("private key", key("k", pem(value, "P"))),
        ("public key", key("k", pem("P", value))),
        ("limit", with(document(), "/rate_limits/limits", limit)),
        ("service", with(document(), "/service", json!(value))),
        ("store", with(document(), "/rate_limits/store/redis/url/env", json!(value))),
        ("cookie", with(document(), "/http/cookies/session/name", json!(value))),
        ("own name of a cookie", with(document(), "/http/cookies", json!({ value: { "name": "a", "secure": true, "same_site": "lax" } }))),
        ("role", with(with(document(), "/access/roles", json!([value])), "/access/permissions", json!({ "p": [{ "roles": [value], "scope": "s" }] }))),
        ("permission", with(document(), "/access/permissions", json!({ value: [{ "roles": ["admin"], "scope": "s" }] }))),
        ("scope", with(document(), "/access/permissions", json!({ "p": [{ "roles": ["admin"], "scope": value }] }))),
        ("content type", with(document(), "/data/input/content_types", json!([value]))),
        ("feature", with(document(), "/http/headers/permissions_policy", json!({ value: ["self"] }))),
        ("framing", with(document(), "/http/headers/framing", json!([value]))),
        ("site", with(document(), "/http/site", json!(value))),
        ("trusts", with(document(), "/network/service_trusts", json!([value]))),
        ("out", with(document(), "/targets/rust/out", json!(value))),
    ]
}

/// How a document fared: refused by the spec's own grammar, by the target, by an encoder, or read back as meant.
fn outcome(document: Value) -> &'static str {
    let Ok(policy) = Policy::from_json(document) else { return "refused by the spec" };
    let Ok(artifacts) = Rust.artifacts(&policy) else { return "refused by the target" };
    let engine = Engine::new(&Rust).expect("templates compile");
    // The other modules hold no value.
    for artifact in artifacts.into_iter().filter(|artifact| matches!(artifact.kind, "policy" | "mod")) {
        let Ok(body) = engine.body(&artifact) else { return "refused by an encoder" };
        let facts = read(&policy, artifact.kind, &body).expect("what is rendered can be read");
        assert_eq!(said(&facts), artifact.expected);
    }
    "read back"
}

#[test]
fn no_value_leaves_its_place() {
    for value in HOSTILE.into_iter().chain([&*"x".repeat(300), &*"(".repeat(200), &*"A".repeat(1_000_000)]) {
        for (field, document) in fields(value) {
            let shown: String = value.chars().take(40).collect();
            let outcome = outcome(document);
            // What can end a literal never gets as far as an encoder: the spec's own grammar has no place for it.
            if value.contains(['"', '\\', '\n', '\0', '\u{1b}']) {
                assert_eq!(outcome, "refused by the spec", "{field} {shown:?}");
            }
        }
    }
}

#[test]
fn odd_but_allowed_values_are_read_back() {
    let issuer = "a'b#c//d/*e*/{f}{{g}}{%h%}$i%j`k<l>::m##[n]r#o";
    let brackets = "([{".repeat(85);
    for party in [issuer, brackets.as_str(), "-", "~"] {
        assert_eq!(outcome(with(document(), "/jwt/issuer", json!(party))), "read back", "{party}");
        assert_eq!(outcome(with(document(), "/jwt/audience", json!(party))), "read back", "{party}");
    }
    for (name, pointer) in [("fn", "fn"), ("Self", "self"), ("a", "quota"), ("mod-x_", "duration")] {
        let limits = json!({ name: { "requests": 1, "per": "1s" }, pointer.to_uppercase(): { "requests": 2, "per": "100y" } });
        let expected = if name == "fn" || name == "Self" { "refused by the target" } else { "read back" };
        assert_eq!(outcome(with(document(), "/rate_limits/limits", limits)), expected, "{name}");
    }
}

#[test]
fn encoders_refuse_what_the_spec_should_never_have_let_through() {
    let encoders = Rust.encoders();
    let rust_str = encoders.iter().find(|(name, _)| *name == "rust_str").expect("rust_str").1;
    for value in HOSTILE {
        match rust_str(value) {
            Err(_) => assert!(value.chars().any(char::is_control), "{value:?}"),
            Ok(literal) => {
                let parsed: syn::LitStr = syn::parse_str(&literal).expect("one literal");
                assert_eq!(parsed.value(), value);
            }
        }
    }
    for (_, encode) in encoders.iter().filter(|(name, _)| *name != "rust_str") {
        for value in HOSTILE {
            if let Ok(text) = encode(value) {
                assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b)), "{value:?} became {text}");
            }
        }
    }
}

#[test]
fn a_policy_is_still_a_policy() {
    // The hostile documents differ from a good one in one value only: were the good one refused, the tests would prove nothing.
    assert_eq!(outcome(document()), "read back");
    for (field, document) in fields("Api9") {
        let expected = if matches!(field, "trusts" | "content type" | "feature" | "framing" | "site") { "refused by the spec" } else { "read back" };
        assert_eq!(outcome(document), expected, "{field}");
    }
}
