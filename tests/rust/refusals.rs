//! What of a policy the modules cannot do without.

use super::{document, policy, with};
use secgen::finding::{Finding, Kind};
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use serde_json::{Value, json};

fn refused(document: Value) -> Vec<Finding> {
    Rust.artifacts(&policy(document)).expect_err("a refusal")
}

/// Each document is refused for one thing, at one key.
#[test]
fn each_gap_is_named_with_a_way_out() {
    let hs = json!({ "algorithm": "HS512", "secret": { "env": "JWT_SECRET" } });
    let key = |value: Value| with(document(), "/jwt/keys", json!({ "2026-11": value }));
    let verify = with(document(), "/jwt/role", json!("verify"));
    let cases = [
        (with(document(), "/jwt/issuer", Value::Null), "jwt.issuer", "jwt-incomplete"),
        (with(document(), "/jwt/audience", Value::Null), "jwt.audience", "jwt-incomplete"),
        (with(document(), "/jwt/access_ttl", Value::Null), "jwt.access_ttl", "jwt-incomplete"),
        (with(document(), "/jwt/keys", Value::Null), "jwt.keys", "jwt-incomplete"),
        (with(document(), "/jwt/keys", json!({})), "jwt.keys", "jwt-incomplete"),
        (with(document(), "/jwt/sign_with", json!("other")), "jwt.sign_with", "jwt-incomplete"),
        (with(document(), "/jwt/sign_with", Value::Null), "jwt.sign_with", "jwt-incomplete"),
        (verify.clone(), "jwt.sign_with", "jwt-incomplete"),
        (with(document(), "/jwt/access_ttl", json!("7d")), "jwt.access_ttl", "jwt-lifetimes"),
        (with(document(), "/jwt/access_ttl", json!("0s")), "jwt.access_ttl", "jwt-lifetimes"),
        (with(document(), "/jwt/leeway", json!("61s")), "jwt.leeway", "jwt-lifetimes"),
        (key(json!({ "algorithm": "HS512" })), "jwt.keys.2026-11", "jwt-key-unusable"),
        (key(json!({ "algorithm": "HS512", "secret": { "env": "A" }, "public_key": { "env": "B" } })), "jwt.keys.2026-11.public_key", "jwt-key-unusable"),
        (key(json!({ "algorithm": "ES256", "private_key": { "env": "A" } })), "jwt.keys.2026-11", "jwt-key-unusable"),
        (key(json!({ "algorithm": "EdDSA", "public_key": { "env": "A" } })), "jwt.keys.2026-11", "jwt-key-unusable"),
        (
            key(json!({ "algorithm": "EdDSA", "public_key": { "env": "A" }, "private_key": { "env": "B" }, "secret": { "env": "C" } })),
            "jwt.keys.2026-11.secret",
            "jwt-key-unusable",
        ),
        (
            with(
                with(verify, "/jwt/sign_with", Value::Null),
                "/jwt/keys",
                json!({ "k": { "algorithm": "EdDSA", "public_key": { "env": "A" }, "private_key": { "env": "B" } }, "l": hs }),
            ),
            "jwt.keys.k.private_key",
            "jwt-key-unusable",
        ),
        (with(document(), "/rate_limits/limits/api/requests", Value::Null), "rate_limits.limits.api", "rate-limit-incomplete"),
        (with(document(), "/rate_limits/limits/api/per", Value::Null), "rate_limits.limits.api", "rate-limit-incomplete"),
        (with(document(), "/rate_limits/limits/api/requests", json!(0)), "rate_limits.limits.api", "rate-limit-incomplete"),
        (with(document(), "/rate_limits/limits/api/per", json!("0s")), "rate_limits.limits.api", "rate-limit-incomplete"),
        (with(document(), "/rate_limits/limits/LOGIN", json!({ "requests": 1, "per": "1s" })), "rate_limits.limits.login", "rust-name-clash"),
        (with(document(), "/rate_limits/limits/type", json!({ "requests": 1, "per": "1s" })), "rate_limits.limits.type", "rust-name-clash"),
        (with(document(), "/access/roles", json!(["viewer", "editor", "admin", "Viewer"])), "access.roles", "rust-name-clash"),
        (with(document(), "/access/roles", json!(["viewer", "editor", "admin", "self"])), "access.roles", "rust-name-clash"),
        (with(document(), "/access/permissions/report:read", json!([])), "access.permissions.report:read", "rust-name-clash"),
        (with(document(), "/http/cookies/Theme", json!({ "name": "b", "same_site": "lax" })), "http.cookies.theme", "rust-name-clash"),
        (with(document(), "/http/cookies/theme/same_site", Value::Null), "http.cookies.theme", "rust-cookie-incomplete"),
        (with(document(), "/lockout/per_account", Value::Null), "lockout.per_account", "lockout-incomplete"),
        (with(document(), "/lockout/per_client/base", json!("0s")), "lockout.per_client", "lockout-incomplete"),
        (with(document(), "/data/input/max_body", Value::Null), "data.input", "rust-input-incomplete"),
        (with(document(), "/tls/min_version", json!("TLSv1.1")), "tls.min_version", "rust-tls-unknown"),
        (with(document(), "/tls/groups", json!(["X25519", "X448"])), "tls.groups", "rust-tls-unknown"),
        (with(document(), "/network/service_trusts", json!(["::ffff:10.0.0.0/104"])), "network.service_trusts", "network-never-matches"),
    ];
    for (document, key, rule) in cases {
        let findings = refused(document);
        let [finding] = findings.as_slice() else { panic!("{key}: {findings:#?}") };
        assert_eq!((finding.intent.as_deref(), finding.rule.name, finding.kind), (Some(key), rule, Kind::Error), "{}", finding.message);
        assert!(!finding.help.is_empty() && !finding.message.ends_with('.'), "{finding:#?}");
        assert!(Rust.rules().iter().any(|known| known.name == rule));
    }
}

#[test]
fn all_gaps_come_at_once() {
    let empty = json!({ "version": 1, "jwt": { "role": "issue" }, "rate_limits": { "limits": { "a": {} } }, "targets": { "rust": { "out": "src" } } });
    let keys: Vec<String> = refused(empty).into_iter().filter_map(|f| f.intent).collect();
    let expected = ["jwt.issuer", "jwt.audience", "jwt.access_ttl", "jwt.keys", "jwt.sign_with", "rate_limits.limits.a", "rate_limits.limits.a"];
    assert_eq!(keys, expected);
}

#[test]
fn nothing_is_refused_that_is_not_rendered() {
    let document = with(with(document(), "/targets/rust", json!({})), "/jwt/issuer", Value::Null);
    assert!(Rust.artifacts(&policy(document)).is_ok_and(|all| all.is_empty()));
}

#[test]
fn a_refusal_points_into_the_spec() {
    let mut policy = policy(with(document(), "/jwt/leeway", json!("90s")));
    let mut sources = secgen::source::Sources::new(&std::env::temp_dir());
    let spec = sources.add("secgen.yaml", "jwt:\n  leeway: 90s\n");
    policy.origins.insert("jwt.leeway".to_owned(), secgen::source::Span::new(spec, 7, 13));
    let findings = Rust.artifacts(&policy).expect_err("a refusal");
    assert_eq!(findings[0].primary.as_ref().map(|label| sources.place(label.span)).as_deref(), Some("secgen.yaml:2"));
}
