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

pub(super) fn many() -> Vec<Value> {
    let document = document();
    vec![
        document.clone(),
        with(document.clone(), "/jwt", Value::Null),
        with(document.clone(), "/rate_limits", Value::Null),
        with(with(document.clone(), "/network", Value::Null), "/jwt/leeway", Value::Null),
        with(with(document.clone(), "/jwt/role", json!("verify")), "/jwt/sign_with", Value::Null),
        with(document.clone(), "/jwt/refresh_ttl", Value::Null),
        with(document.clone(), "/network", json!({ "service_trusts": ["10.1.2.3/8", "2001:db8::/32", "fd00::1"], "ipv6_prefix": 56 })),
        with(with(document.clone(), "/rate_limits/limits/api/burst", json!(1_000_000)), "/rate_limits/store", json!("memory")),
        with(document.clone(), "/rate_limits/store/redis/on_error", json!("allow")),
        with(document.clone(), "/lockout", Value::Null),
        with(document.clone(), "/access", Value::Null),
        with(document.clone(), "/access/permissions/user.manage", json!([])),
        with(document.clone(), "/access/roles", json!(["viewer", "editor", "admin", "a-role-with-a-rather-long-name-of-sixty-letters-or-there-abo"])),
        with(document.clone(), "/access/permissions/report.read/0/roles", json!(["viewer"])),
        with(document.clone(), "/http", Value::Null),
        with(document.clone(), "/http/sent_by", json!("nginx")),
        with(document.clone(), "/http/headers", json!({ "framing": ["https://partner.example.com"], "cache": "no-store" })),
        with(document.clone(), "/http/headers", json!({ "csp": { "directives": { "default-src": ["none"] } } })),
        with(document.clone(), "/http/cookies/theme", Value::Null),
        with(document.clone(), "/data/input", json!({ "max_body": "512B", "max_list": 1 })),
        with(document.clone(), "/tls", json!({ "profile": { "mozilla": "intermediate", "guideline": "5.8" } })),
        with(document.clone(), "/tls", json!({ "groups": ["X25519", "secp384r1"] })),
        with(
            document,
            "/jwt/keys",
            json!({
                "2026-11": { "algorithm": "EdDSA", "public_key": { "env": "PUB" }, "private_key": { "env": "PRIV" } },
                "2026-10": { "algorithm": "ES384", "public_key": { "env": "OLD_PUB" }, "verify_until": "2026-12-24" },
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

/// The document with some of its top keys only.
fn only(keys: &[&str]) -> Value {
    let mut document = document();
    let all = document.as_object_mut().expect("an object");
    all.retain(|key, _| ["version", "service", "targets"].contains(&key.as_str()) || keys.contains(&key.as_str()));
    document
}

#[test]
fn only_what_the_spec_asks_for_is_rendered() {
    let names = |document: Value| {
        let all = render(&policy(document)).into_iter().map(|(a, _)| a.path.trim_start_matches("src/security/").trim_end_matches(".rs").to_owned());
        all.collect::<Vec<_>>()
    };
    assert_eq!(names(only(&["jwt"])), ["mod", "policy", "jwt", "jwt_issue", "refresh"]);
    assert_eq!(names(with(only(&["jwt"]), "/jwt/refresh_ttl", Value::Null)), ["mod", "policy", "jwt", "jwt_issue"]);
    let verify = with(with(only(&["jwt"]), "/jwt/role", json!("verify")), "/jwt/sign_with", Value::Null);
    assert_eq!(names(verify), ["mod", "policy", "jwt"]);
    let memory = with(only(&["rate_limits"]), "/rate_limits/store", json!("memory"));
    assert_eq!(names(memory), ["mod", "policy", "client_ip", "rate_limit", "rate_limit_axum"]);
    assert_eq!(names(only(&["rate_limits"])), ["mod", "policy", "client_ip", "rate_limit", "rate_limit_axum", "rate_limit_redis"]);
    assert_eq!(names(only(&["lockout"])), ["mod", "policy", "client_ip", "lockout"]);
    let both = names(only(&["lockout", "rate_limits"]));
    assert!(both.contains(&"lockout_redis".to_owned()), "{both:?}");
    assert_eq!(names(only(&["access"])), ["mod", "policy", "access"]);
    assert_eq!(names(only(&["data"])), ["mod", "policy", "input"]);
    assert_eq!(names(only(&["tls"])), ["mod", "policy", "tls"]);
    assert_eq!(names(only(&["http"])), ["mod", "policy", "cookies", "headers"]);
    assert_eq!(names(with(only(&["http"]), "/http/sent_by", json!("nginx"))), ["mod", "policy", "cookies"]);
    assert!(render(&policy(with(document(), "/targets/rust", json!({})))).is_empty());
    assert!(render(&policy(json!({ "version": 1, "targets": { "rust": { "out": "src" } } }))).is_empty());
}

#[test]
fn a_module_that_nobody_keeps_leaves_its_types_in_the_policy() {
    for module in ["access", "client_ip", "cookies", "headers", "input", "jwt", "lockout", "rate_limit", "rate_limit_redis"] {
        let document = with(document(), "/targets/rust/modules", json!({ module: { "owner": "none" } }));
        let policy = policy(document);
        let files = render(&policy);
        assert!(!files.iter().any(|(a, _)| a.kind == module), "{module}");
        let (artifact, text) = files.iter().find(|(a, _)| a.kind == "policy").expect("policy.rs");
        assert!(text.contains(&format!("pub mod {module} {{")), "{module}");
        assert_eq!(said(&read(&policy, "policy", text).expect("facts")), artifact.expected, "{module}");
    }
    // TLS is for the user's own library then.
    let policy = policy(with(document(), "/targets/rust/modules", json!({ "tls": { "owner": "none" } })));
    assert!(!Rust.carries(&policy).iter().any(|key| key.starts_with("tls.")) && !text(&policy, "policy").contains("tls"));
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
    for kind in ["access", "client_ip", "headers", "jwt", "jwt_issue", "rate_limit", "rate_limit_axum", "mod"] {
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
