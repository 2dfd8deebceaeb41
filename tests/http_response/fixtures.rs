//! `tests/targets/http-response`: responses that meet a policy, one for each rule that do not, and texts that are refused.

use super::{policy, read};
use crate::support::project;
use secgen::compare::{Memo, judge};
use secgen::finding::Kind;
use secgen::targets::Target;
use secgen::targets::http_response::HttpResponse;
use serde_json::json;
use std::collections::BTreeSet;

/// Name without ending, and rules of all findings.
fn folder(name: &str) -> Vec<(String, BTreeSet<&'static str>)> {
    let policy = policy(json!({
        "headers": {
            "hsts": { "max_age": "365d" }, "framing": "deny", "content_type_options": "nosniff",
            "csp": { "directives": { "default-src": ["self"] } }, "remove": ["Server"],
        },
        "cookies": { "session": { "name": "sid", "secure": true, "http_only": true, "same_site": "strict" } },
    }));
    let files = std::fs::read_dir(project().join("tests/targets/http-response").join(name)).unwrap();
    let mut all: Vec<_> = files
        .map(|entry| {
            let path = entry.unwrap().path();
            let (_, reading) = read(&policy, &std::fs::read(&path).unwrap());
            let judged =
                reading.facts.iter().filter_map(|fact| judge(&policy, "http-response", policy.intent(&fact.intent).unwrap(), fact, &mut Memo::default()).1);
            let stricter = |f: &secgen::finding::Finding| f.rule == &secgen::compare::STRICTER;
            let rules = reading.findings.iter().cloned().chain(judged).filter(|f| !stricter(f)).map(|f| f.rule.name).collect();
            assert_eq!(name == "broken", reading.findings.iter().any(|f| f.kind == Kind::Error), "{}", path.display());
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), rules)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn good_ones_are_fine() {
    let all = folder("good");
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|(_, rules)| rules.is_empty()), "{all:?}");
}

#[test]
fn each_rule_has_its_case() {
    let all = folder("weak");
    assert!(all.iter().all(|(name, rules)| rules.iter().eq([name])), "{all:?}");
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).chain(["response-syntax"]).collect();
    assert_eq!(names, HttpResponse.rules().iter().map(|r| r.name).collect());
}

#[test]
fn broken_ones_are_refused() {
    let all = folder("broken");
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|(_, rules)| rules.iter().eq(&["response-syntax"])), "{all:?}");
}
