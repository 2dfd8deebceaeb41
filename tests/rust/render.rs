//! What is rendered, and that it is read back as meant.

use super::{document, policy, read, render, said, text, with};
use secgen::render::header;
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use serde_json::{Value, json};

#[test]
fn the_policy_is_rendered_as_constants() {
    insta::assert_snapshot!(text(&policy(document()), "policy"));
}

#[test]
fn the_module_list_says_how_to_use_it() {
    insta::assert_snapshot!(text(&policy(document()), "mod"));
}

fn many() -> Vec<Value> {
    let document = document();
    vec![
        document.clone(),
        with(document.clone(), "/jwt", Value::Null),
        with(document.clone(), "/rate_limits", Value::Null),
        with(with(document.clone(), "/network", Value::Null), "/jwt/leeway", Value::Null),
        with(with(document.clone(), "/jwt/role", json!("verify")), "/jwt/sign_with", Value::Null),
        with(document.clone(), "/jwt/refresh_ttl", Value::Null),
        with(document.clone(), "/network", json!({ "service_trusts": ["10.1.2.3/8", "2001:db8::/32", "fd00::1"], "ipv6_prefix": 56 })),
        with(document.clone(), "/rate_limits/limits/api/burst", json!(1_000_000)),
        with(
            document,
            "/jwt/keys",
            json!({
                "2026-11": { "algorithm": "EdDSA", "public_key": { "env": "PUB" }, "private_key": { "env": "PRIV" } },
                "2026-10": { "algorithm": "ES384", "public_key": { "env": "OLD_PUB" } },
                "old.2": { "algorithm": "HS256", "secret": { "env": "_s" } }
            }),
        ),
    ]
}

#[test]
fn every_artifact_is_read_back_as_expected() {
    for document in many() {
        let policy = policy(document);
        for (artifact, text) in render(&policy) {
            let facts = read(&policy, artifact.kind, &text).expect(artifact.kind);
            assert_eq!(said(&facts), artifact.expected, "{}", artifact.kind);
        }
    }
}

#[test]
fn every_carried_intent_is_met_by_the_rendered_file() {
    for document in many() {
        let policy = policy(document);
        let facts = read(&policy, "policy", &text(&policy, "policy")).expect("policy.rs");
        let carried = Rust.carries(&policy);
        assert!(!carried.is_empty());
        for key in carried {
            let fact = facts.iter().find(|fact| fact.intent == key).expect(&key);
            let required = policy.intent(&key).expect("an intent");
            let secgen::targets::Found::Set { value, .. } = &fact.found else { panic!("{key}: {:?}", fact.found) };
            assert_eq!(required.value.compare(value), secgen::strictness::Comparison::equal(), "{key}");
        }
    }
}

#[test]
fn only_what_the_spec_asks_for_is_rendered() {
    let names = |document: Value| render(&policy(document)).into_iter().map(|(a, _)| a.path).collect::<Vec<_>>();
    let jwt_only = with(with(document(), "/network", Value::Null), "/rate_limits", Value::Null);
    assert_eq!(names(jwt_only.clone()), ["src/security/mod.rs", "src/security/policy.rs", "src/security/jwt.rs", "src/security/jwt_issue.rs"]);
    let verify = with(with(jwt_only, "/jwt/role", json!("verify")), "/jwt/sign_with", Value::Null);
    assert_eq!(names(verify.clone()), ["src/security/mod.rs", "src/security/policy.rs", "src/security/jwt.rs"]);
    assert!(!text(&policy(verify), "policy").contains("SIGN_WITH"));
    let limits_only = with(document(), "/jwt", Value::Null);
    let expected = ["mod", "policy", "client_ip", "rate_limit", "rate_limit_axum"].map(|name| format!("src/security/{name}.rs"));
    assert_eq!(names(limits_only), expected);
    assert!(render(&policy(with(document(), "/targets/rust", json!({})))).is_empty());
    assert!(render(&policy(json!({ "version": 1, "targets": { "rust": { "out": "src" } } }))).is_empty());
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let once: Vec<String> = render(&policy(document())).into_iter().map(|(_, text)| text).collect();
    let twice: Vec<String> = render(&policy(document())).into_iter().map(|(_, text)| text).collect();
    assert_eq!(once, twice);
}

#[test]
fn runtime_modules_do_not_depend_on_values() {
    let other = with(document(), "/jwt/issuer", json!("https://other.example.com"));
    let other = with(other, "/rate_limits/limits/api/requests", json!(7));
    let (first, second) = (policy(document()), policy(other));
    for kind in ["client_ip", "jwt", "jwt_issue", "rate_limit", "rate_limit_axum", "mod"] {
        assert_eq!(text(&first, kind), text(&second, kind), "{kind}");
    }
    assert_ne!(text(&first, "policy"), text(&second, "policy"));
}

#[test]
fn the_header_proves_the_body() {
    for (artifact, text) in render(&policy(document())) {
        let header = header::parse(&text).expect("a header");
        let canonical = Rust.canonical(artifact.kind, &text).expect("a canonical form");
        assert_eq!(header.body, header::digest(&canonical), "{}: the header is no part of the body", artifact.kind);
        assert_eq!(header.policy, header::policy_digest(&artifact));
    }
}

#[test]
fn environments_have_folders_of_their_own() {
    let mut policy = policy(with(document(), "/targets/rust/out", json!("gen/{env}/security/")));
    policy.env = Some("prod".to_owned());
    assert_eq!(render(&policy)[0].0.path, "gen/prod/security/mod.rs");
}
