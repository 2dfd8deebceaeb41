//! The Rust target: what it renders, how it reads that back, and that it holds in a real service.

mod depth;
mod edits;
mod formatters;
mod hostile;
mod live;
mod rate_limit;
mod refusals;
mod render;

use secgen::policy::Policy;
use secgen::render::engine::Engine;
use secgen::render::header;
use secgen::source::Sources;
use secgen::targets::rust::Rust;
use secgen::targets::{Artifact, Fact, Found, Target};
use serde_json::{Value, json};

/// The policy of the reference document, and all else that the service enforces.
fn document() -> Value {
    json!({
        "version": 1,
        "service": "payments-api",
        "jwt": {
            "role": "issue",
            "issuer": "https://app.example.com",
            "audience": "https://api.example.com",
            "access_ttl": "1h",
            "refresh_ttl": "7d",
            "leeway": "30s",
            "sign_with": "2026-11",
            "keys": {
                "2026-11": { "algorithm": "HS512", "secret": { "env": "JWT_SECRET" } },
                "2026-05": { "algorithm": "HS512", "secret": { "env": "OLD_JWT_SECRET" }, "verify_until": "2026-12-31" }
            }
        },
        "http": {
            "site": "https://app.example.com",
            "sent_by": "rust",
            "headers": {
                "hsts": { "max_age": "365d", "include_subdomains": true },
                "framing": "sameorigin",
                "content_type_options": "nosniff",
                "csp": { "directives": { "default-src": ["self"], "script-src": ["self"] } },
                "referrer_policy": "strict-origin-when-cross-origin"
            },
            "cookies": {
                "session": { "name": "__Host-session", "secure": true, "http_only": true, "same_site": "lax", "max_age": "7d" },
                "theme": { "name": "theme", "secure": true, "http_only": false, "same_site": "strict" }
            }
        },
        "tls": { "min_version": "TLSv1.3" },
        "network": { "service_trusts": ["127.0.0.1/32"] },
        "rate_limits": { "store": { "redis": { "url": { "env": "REDIS_URL" } } }, "limits": {
            "api": { "requests": 100, "per": "1h", "key": "client_ip" },
            "login": { "requests": 10, "per": "1m", "key": "client_ip", "on_store_error": "deny" }
        } },
        "lockout": {
            "per_client": { "failures": 5, "window": "15m", "base": "30s", "max": "1h" },
            "per_account": { "failures": 50, "window": "1h", "base": "5s", "max": "5m" }
        },
        "access": {
            "roles": ["viewer", "editor", "admin"],
            "permissions": {
                "report.read": [{ "roles": ["viewer", "editor", "admin"], "scope": "reports:read", "when": ["same_tenant"] }],
                "report.write": [
                    { "roles": ["editor"], "scope": "reports:write", "when": ["same_tenant", "owner"] },
                    { "roles": ["admin"], "scope": "reports:write", "when": ["same_tenant"] }
                ],
                "user.manage": [{ "roles": ["admin"], "scope": "users:manage", "when": ["same_tenant", { "authenticated_within": "15m" }] }]
            }
        },
        "data": { "input": { "max_body": "1MiB", "content_types": ["application/json"], "max_string": "64KiB", "max_depth": 16 } },
        "targets": { "rust": { "out": "src/security" } }
    })
}

/// A document with the value at a JSON pointer replaced; parents must exist.
fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).expect("the parent of the pointer");
    match value {
        Value::Null => drop(parent.as_object_mut().expect("an object").remove(name)),
        value => parent[name] = value,
    }
    document
}

fn policy(document: Value) -> Policy {
    Policy::from_json(document).expect("a policy")
}

/// Every artifact with its whole text, as `secgen render` writes it.
fn render(policy: &Policy) -> Vec<(Artifact, String)> {
    let engine = Engine::new(&Rust).expect("templates compile");
    let artifacts = Rust.artifacts(policy).expect("the policy can be rendered");
    let whole = |artifact: Artifact| {
        let body = engine.body(&artifact).expect("the body renders");
        let canonical = Rust.canonical(artifact.kind, &body).expect("the body can be read");
        let text = header::stamp(&artifact, "secgen.yaml", None, &canonical) + &body;
        (artifact, text)
    };
    artifacts.into_iter().map(whole).collect()
}

/// The text of one artifact.
fn text(policy: &Policy, kind: &str) -> String {
    render(policy).into_iter().find(|(artifact, _)| artifact.kind == kind).expect("an artifact of this kind").1
}

fn read(policy: &Policy, kind: &str, text: &str) -> Result<Vec<Fact>, String> {
    let mut sources = Sources::new(&std::env::temp_dir());
    let id = sources.add("src/security/policy.rs", text);
    Rust.read_artifact(kind, policy, &sources, id)
}

/// Intent and text of facts, as the proof of a rendered artifact compares them.
fn said(facts: &[Fact]) -> Vec<(String, String)> {
    let text = |fact: &Fact| match &fact.found {
        Found::Set { text, .. } | Found::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    facts.iter().map(|fact| (fact.intent.clone(), text(fact))).collect()
}
