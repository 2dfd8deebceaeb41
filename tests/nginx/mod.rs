//! Tests of `nginx`.
// `json!({...})` reads best as an argument, and keys are no file names.
#![allow(clippy::needless_pass_by_value, clippy::case_sensitive_file_extension_comparisons)]

mod cookies;
mod corpus;
mod cross_origin;
mod dumps;
mod fixtures;
mod headers;
mod includes;
mod key_exchange;
mod labelled;
mod lexing;
mod limits;
mod live;
mod mutations;
mod parts;
mod redirect;
mod removed;
mod render;
mod reports;
mod scopes;
mod server;
mod sharing;
mod stdin;
mod storm;
mod templates;
mod tls;
mod variables;
mod vectors;
mod whole;

use secgen::compare::Check;
use secgen::finding::Finding;
use secgen::policy::{Intent, Policy};
use secgen::source::Sources;
use secgen::targets::nginx::Nginx;
use secgen::targets::{Fact, Found, Input, Reading, Target};
use serde_json::{Value, json};

/// A folder with files, and what was read from it.
pub(crate) struct Tree {
    pub folder: tempfile::TempDir,
    pub sources: Sources,
}

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sources = Sources::new(folder.path());
        Self { folder, sources }
    }

    pub(crate) fn read(&mut self, policy: &Policy, path: &str) -> Reading {
        Nginx.read(policy, &mut self.sources, &[Input { path: path.to_owned(), id: None }])
    }

    /// `path:line` of a fact's main place.
    pub(crate) fn at(&self, fact: &Fact) -> String {
        fact.at.as_ref().map(|label| self.sources.place(label.span)).unwrap_or_default()
    }
}

/// The policy of the tests: a base, and what a test adds or replaces at the top.
pub(crate) fn policy(extra: Value) -> Policy {
    let mut spec = json!({
        "version": 1, "service": "test",
        "http": { "headers": {
            "hsts": { "max_age": "365d", "include_subdomains": true }, "framing": "sameorigin", "content_type_options": "nosniff",
            "referrer_policy": "strict-origin-when-cross-origin" } },
        "targets": { "nginx": { "out": "snippets", "check": ["nginx.conf"], "version": "1.22.1", "openssl": "3.0" } },
    });
    let extra = extra.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(extra);
    Policy::from_json(spec).unwrap()
}

/// Reads one `nginx.conf`.
pub(crate) fn read(policy: &Policy, text: &str) -> (Tree, Reading) {
    let mut tree = Tree::new(&[("nginx.conf", text)]);
    let reading = tree.read(policy, "nginx.conf");
    (tree, reading)
}

/// The fact of an intent at a place.
#[track_caller]
pub(crate) fn fact<'r>(reading: &'r Reading, intent: &str, place: &str) -> &'r Fact {
    let found: Vec<&Fact> = reading.facts.iter().filter(|f| f.intent == intent && f.place == place).collect();
    let all: Vec<String> = reading.facts.iter().map(|f| format!("{} @ {}: {}", f.intent, f.place, short(&f.found))).collect();
    assert_eq!(
        found.len(),
        1,
        "{intent} at {place}; facts:\n{}\nfindings: {:#?}",
        all.join("\n"),
        reading.findings.iter().map(|f| &f.message).collect::<Vec<_>>()
    );
    found[0]
}

/// What was found, in a few words.
pub(crate) fn short(found: &Found) -> String {
    match found {
        Found::Set { text, .. } => text.clone(),
        Found::Text(text) => format!("text {text}"),
        Found::Missing => "missing".to_owned(),
        Found::Default { value, .. } => format!("default {value}"),
        Found::Invalid { text, why } => format!("invalid {text}: {why}"),
        Found::Unverifiable(why) => format!("unverifiable: {why}"),
        Found::NotApplicable(why) => format!("not applicable: {why}"),
    }
}

/// Messages of the findings.
pub(crate) fn messages(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(|f| f.message.clone()).collect()
}

/// The verdict on one fact.
pub(crate) fn judge(policy: &Policy, target: &'static str, intent: &Intent, fact: &Fact) -> (Check, Option<Finding>) {
    secgen::compare::judge(policy, target, intent, fact, &mut secgen::compare::Memo::default())
}
