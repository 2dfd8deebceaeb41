//! The Rust target: what it renders, how it reads that back, and that it holds in a real service.

mod depth;
mod edits;
mod formatters;
mod hostile;
mod live;
mod rate_limit;
mod refusals;
mod render;
mod written;

use secgen::policy::Policy;
use secgen::render::engine::Engine;
use secgen::render::header;
use secgen::source::Sources;
use secgen::targets::rust::Rust;
use secgen::targets::{Artifact, Fact, Found, Target};
use serde_json::{Value, json};

/// The policy of the reference document.
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
            "keys": { "2026-11": { "algorithm": "HS512", "secret": { "env": "JWT_SECRET" } } }
        },
        "network": { "service_trusts": ["127.0.0.1/32"] },
        "rate_limits": { "limits": {
            "api": { "requests": 100, "per": "1h", "key": "client_ip" },
            "login": { "requests": 10, "per": "1m", "key": "client_ip" }
        } },
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
