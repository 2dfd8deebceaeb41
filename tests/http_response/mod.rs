//! Tests of captured responses.
// `json!({...})` reads best as an argument.
#![allow(clippy::needless_pass_by_value)]

mod effects;
mod fixtures;
mod live;
mod observatory;
mod parsing;
mod runs;

use secgen::compare::{Check, Memo, judge};
use secgen::finding::{Finding, Verdict};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::http_response::HttpResponse;
use secgen::targets::{Input, Reading, Target};
use serde_json::{Value, json};

/// A policy with these `http` settings.
pub(crate) fn policy(http: Value) -> Policy {
    Policy::from_json(json!({ "version": 1, "service": "test", "http": http })).unwrap()
}

/// Reads one text.
pub(crate) fn read(policy: &Policy, text: &[u8]) -> (Sources, Reading) {
    let mut sources = Sources::new(std::path::Path::new("."));
    let id = sources.add("<stdin>", text);
    let reading = HttpResponse.read(policy, &mut sources, &[Input { path: "<stdin>".to_owned(), id: Some(id) }]);
    (sources, reading)
}

/// A response with these lines below its status line.
pub(super) fn response(lines: &[&str]) -> String {
    format!("HTTP/2 200\r\n{}\r\n\r\nbody", lines.join("\r\n"))
}

/// Every check and finding of a text.
#[track_caller]
pub(super) fn judged(policy: &Policy, text: &str) -> Vec<(Check, Option<Finding>)> {
    let (_, reading) = read(policy, text.as_bytes());
    assert!(!reading.sources.is_empty(), "{:?}", reading.findings);
    reading.facts.iter().map(|fact| judge(policy, "http-response", policy.intent(&fact.intent).unwrap(), fact, &mut Memo::default())).collect()
}

/// `place: verdict` of an intent, with the words to it where there are any.
#[track_caller]
pub(super) fn verdicts(http: &Value, intent: &str, text: &str) -> Vec<String> {
    let words = |check: &Check| if check.why.is_empty() { String::new() } else { format!(", {}", check.why) };
    let all = judged(&policy(http.clone()), text);
    all.iter().filter(|(c, _)| c.intent == intent).map(|(c, _)| format!("{}: {}{}", c.place, c.verdict.name(), words(c))).collect()
}

/// The verdict on the only place of an intent.
#[track_caller]
pub(super) fn verdict(http: &Value, intent: &str, lines: &[&str]) -> Verdict {
    let all = judged(&policy(http.clone()), &response(lines));
    let of: Vec<Verdict> = all.iter().filter(|(c, _)| c.intent == intent).map(|(c, _)| c.verdict).collect();
    assert_eq!(of.len(), 1, "{intent}");
    of[0]
}
