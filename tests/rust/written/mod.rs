//! Hand-written Rust code: what contradicts the policy, and nothing else.

mod clippy;
mod corpus;
mod fixtures;
mod layout;
mod reports;

use super::{document, policy, with};
use secgen::compare;
use secgen::finding::{Finding, Kind};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::rust::Rust;
use secgen::targets::{Input, Reading, Target};
use serde_json::json;
use std::path::Path;

/// What the fixtures are held against.
fn required() -> Policy {
    let key = |env: &str| json!({ "algorithm": "HS512", "secret": { "env": env } });
    let document = with(document(), "/jwt/keys", json!({ "2026-11": key("JWT_SECRET"), "2026-12": key("SIGNING_KEY") }));
    let cookies = json!({ "cookies": { "session": { "name": "sid", "secure": true, "http_only": true, "same_site": "lax" } } });
    policy(with(document, "/http", cookies))
}

/// Reads a text as a file that lies nowhere.
fn read(policy: &Policy, name: &str, text: &[u8]) -> (Sources, Reading) {
    let mut sources = Sources::new(Path::new("/nonexistent"));
    let id = sources.add(name, text);
    let reading = Rust.read(policy, &mut sources, &[Input { path: name.to_owned(), id: Some(id) }]);
    (sources, reading)
}

/// Findings that are more than a note, with those of values that the policy's order judges.
fn judged(policy: &Policy, reading: &Reading) -> Vec<Finding> {
    let mut all = reading.findings.clone();
    for fact in &reading.facts {
        let intent = policy.intent(&fact.intent).expect("an intent of the policy");
        let (check, finding) = compare::judge(policy, "rust", intent, fact, &mut compare::Memo::default());
        assert!(!check.verdict.is_pass(), "hand-written code never verifies anything: {fact:?}");
        all.extend(finding);
    }
    all.retain(|f| f.kind != Kind::Note);
    all
}

/// Rules of a Rust text by line.
fn rules(text: &str) -> Vec<(usize, String)> {
    let policy = required();
    let (sources, reading) = read(&policy, "src/x.rs", text.as_bytes());
    let mut all: Vec<(usize, String)> =
        judged(&policy, &reading).iter().map(|f| (f.primary.as_ref().map_or(0, |l| sources.position(l.span).line), f.rule.name.to_owned())).collect();
    all.sort();
    all
}
