//! Small trees in `tests/targets/nginx`: good ones meet the policy at every place, weak ones fail by the rule that names
//! their folder, broken ones are errors.

use super::{policy, short};
use crate::support::project;
use secgen::finding::Kind;
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::strictness::Order;
use secgen::targets::nginx::{Nginx, rules};
use secgen::targets::{Fact, Found, Input, Reading, Target};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = project().join("tests/targets/nginx").join(kind);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort_unstable();
    assert!(!cases.is_empty());
    cases
}

/// The policy of all trees, for the version that the tree's first line names.
fn read(case: &Path) -> (Policy, Sources, Reading) {
    let text = std::fs::read_to_string(case.join("nginx.conf")).unwrap();
    let version = text.lines().next().unwrap().strip_prefix("# nginx ").unwrap().to_owned();
    let mut spec = json!({
        "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } },
        "targets": { "nginx": { "out": "snippets", "check": ["nginx.conf"], "version": version } },
    });
    if let Ok(extra) = std::fs::read_to_string(case.join("policy.json")) {
        let extra: Value = serde_json::from_str(&extra).unwrap();
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    }
    let policy = policy(spec);
    let mut sources = Sources::new(case);
    let reading = Nginx.read(&policy, &mut sources, &[Input { path: "nginx.conf".to_owned(), id: None }]);
    (policy, sources, reading)
}

fn passes(policy: &Policy, fact: &Fact) -> bool {
    let intent = policy.intent(&fact.intent).unwrap();
    let meets = |value: &secgen::strictness::Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => meets(value),
        Found::NotApplicable(_) => true,
        Found::Missing | Found::Invalid { .. } => intent.value.absent().is_some_and(|v| meets(&v)),
        Found::Text(_) | Found::Unverifiable(_) => false,
    }
}

fn failures(policy: &Policy, reading: &Reading) -> Vec<String> {
    let facts = reading.facts.iter().filter(|f| !passes(policy, f));
    facts
        .map(|f| format!("{} {} at {}: {}", f.rule.name, f.intent, f.place, short(&f.found)))
        .chain(reading.findings.iter().map(|f| format!("{} {}", f.rule.name, f.message)))
        .collect()
}

#[test]
fn good() {
    for case in cases("good") {
        let (policy, _, reading) = read(&case);
        assert!(failures(&policy, &reading).is_empty(), "{}: {:#?}", case.display(), failures(&policy, &reading));
        let intents: BTreeSet<&str> = reading.facts.iter().map(|f| f.intent.as_str()).collect();
        assert!(Nginx.carries(&policy).iter().all(|key| intents.contains(key.as_str())), "{}: {intents:?}", case.display());
    }
}

#[test]
fn weak() {
    for case in cases("weak") {
        let (policy, sources, reading) = read(&case);
        let rule = case.file_name().unwrap().to_str().unwrap();
        let failed = failures(&policy, &reading);
        assert!(failed.iter().any(|f| f.starts_with(&format!("{rule} "))), "{rule}: {failed:#?}");
        assert!(reading.findings.iter().all(|f| f.kind != Kind::Error), "{rule}: {failed:#?}");
        // Every failure says where, and what to do.
        for fact in reading.facts.iter().filter(|f| !passes(&policy, f)) {
            let at = fact.at.as_ref().unwrap();
            assert!(sources.place(at.span).starts_with("nginx.conf:"), "{rule}");
            assert!(!fact.help.is_empty() && fact.help.iter().all(|h| !h.is_empty()), "{rule}: {}", fact.intent);
        }
    }
}

#[test]
fn broken() {
    for case in cases("broken") {
        let (_, _, reading) = read(&case);
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let errors: Vec<&str> = reading.findings.iter().filter(|f| f.kind == Kind::Error).map(|f| f.rule.name).collect();
        assert!(errors.iter().any(|e| name.starts_with(e)), "{name}: {errors:?}");
    }
}

/// Every rule has a tree that shows it, but for those about size (`includes.rs`) and about rendering (`render.rs`).
#[test]
fn every_rule_is_shown() {
    let shown: BTreeSet<String> = ["weak", "broken"].into_iter().flat_map(cases).map(|c| c.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    for rule in rules::ALL.iter() {
        let elsewhere = ["nginx-include-limit", "nginx-value"].contains(&rule.name);
        assert!(elsewhere || shown.contains(rule.name), "{}", rule.name);
        assert!(rule.explain.len() > 60 && rule.title.ends_with('.'), "{}", rule.name);
    }
}
