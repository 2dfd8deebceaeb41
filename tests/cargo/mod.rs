//! Tests of `cargo`.

mod corpus;
mod fixtures;
mod hostile;
mod live;
mod merging;
mod rendered;
mod reports;
mod runs;

use secgen::policy::Policy;
use secgen::render::{engine::Engine, header};
use secgen::source::Sources;
use secgen::targets::cargo::Cargo;
use secgen::targets::{Artifact, Fact, Found, Target};
use serde_json::{Value, json};

/// A policy with `dependencies` as given, rendered into the root and checking `deny.toml`.
#[allow(clippy::needless_pass_by_value)] // reads better with `json!` as its argument
pub(crate) fn policy(dependencies: Value) -> Result<Policy, String> {
    let targets = json!({ "cargo": { "out": ".", "check": ["deny.toml"], "audit": true } });
    Policy::from_json(json!({ "version": 1, "service": "demo", "dependencies": dependencies, "targets": targets }))
}

/// The policy of the quickstart, with every field that there is.
pub(crate) fn full() -> Value {
    json!({
        "advisories": {
            "unmaintained": "workspace", "unsound": "all", "yanked": "deny",
            "ignore": [
                { "id": "RUSTSEC-2023-0071", "reason": "no RSA key is in use", "owner": "@acme/security", "until": "2027-03-31" },
                { "id": "CVE-2024-12345", "reason": "not reachable: \"quoted\" and 'single', # no comment" },
            ],
        },
        "licenses": { "allow": ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"] },
        "bans": {
            "multiple_versions": "warn", "wildcards": "deny",
            "deny": [{ "crate": "openssl", "use_instead": "rustls" }, { "crate": "jsonwebtoken:<11", "reason": "signature check can be switched off" }],
        },
        "sources": { "unknown_registry": "deny", "unknown_git": "deny", "allow_git": ["https://git.example.com/acme/lib"] },
    })
}

/// The whole text of an artifact, header included.
pub(crate) fn text_of(policy: &Policy, artifact: &Artifact) -> String {
    let body = Engine::new(&Cargo).unwrap().body(artifact).unwrap();
    let canonical = Cargo.canonical(artifact.kind, &body).unwrap();
    format!("{}{body}", header::stamp(artifact, &policy.spec_path, None, &canonical))
}

/// What reading a text back finds, as `expected` is written.
pub(crate) fn read_back(policy: &Policy, kind: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = Sources::new(folder.path());
    let id = sources.add("deny.toml", text);
    let facts = Cargo.read_artifact(kind, policy, &sources, id)?;
    Ok(facts.into_iter().map(|f: Fact| (f.intent, words(f.found))).collect())
}

pub(crate) fn words(found: Found) -> String {
    match found {
        Found::Set { text, value } => {
            assert_eq!(text, value.to_string(), "the text of an artifact's value is the value");
            text
        }
        Found::Text(text) => text,
        other => format!("{other:?}"),
    }
}

/// Every artifact of a policy says what it is expected to say, and its header proves it.
pub(crate) fn proven(policy: &Policy) -> Vec<(String, String)> {
    let artifacts = Cargo.artifacts(policy).unwrap();
    artifacts
        .iter()
        .map(|artifact| {
            let text = text_of(policy, artifact);
            assert_eq!(read_back(policy, artifact.kind, &text).unwrap(), artifact.expected, "{text}");
            let header = header::parse(&text).unwrap();
            assert_eq!(header.body, header::digest(&Cargo.canonical(artifact.kind, &text).unwrap()), "comments do not count");
            assert!(text.ends_with('\n') && !text.contains('\r') && text.lines().all(|l| l == l.trim_end()), "{text}");
            (artifact.path.clone(), text)
        })
        .collect()
}
