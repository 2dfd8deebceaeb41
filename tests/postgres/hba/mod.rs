//! Tests of access rules: reading, comparison, patterns.

mod agreement;
mod decisions;
mod hostile;
mod laws;
mod mutations;
mod patterns;
mod reports;

use super::fixtures::sources_of;
use secgen::compare;
use secgen::finding::{Finding, Kind, Verdict};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::strictness::postgres::hba::{AccessRules, Record};
use secgen::targets::postgres::{Postgres, hba};
use secgen::targets::{Input, Reading, Target};
use serde_json::{Value, json};

/// A policy with access rules, or without.
fn policy(versions: &str, rules: Option<&Value>) -> Policy {
    let postgres = rules.map_or_else(|| json!({ "settings": {} }), |rules| json!({ "hba": rules }));
    Policy::from_json(json!({ "version": 1, "service": "t", "postgres": postgres, "targets": { "postgres": { "versions": versions } } })).expect("a policy")
}

/// What a check of files says; the first is named on the command line.
fn check(policy: &Policy, files: &[(&str, &str)]) -> (Sources, Reading) {
    let (_folder, mut sources) = sources_of(files);
    let reading = Postgres.read(policy, &mut sources, &[Input { path: files[0].0.to_owned(), id: None }]);
    for finding in &reading.findings {
        assert!(finding.primary.is_some() && !finding.help.is_empty() && !finding.message.ends_with('.'), "{finding:?}");
    }
    (sources, reading)
}

/// Rules of the findings on one file without a policy for it, those that only inform left out.
fn dangers(text: &str) -> Vec<&'static str> {
    let (_, reading) = check(&policy("15-18", None), &[("pg_hba.conf", text)]);
    reading.findings.iter().filter(|f| f.kind != Kind::Note).map(|f| f.rule.name).collect()
}

/// The notes.
fn notes(text: &str) -> Vec<&'static str> {
    let (_, reading) = check(&policy("15-18", None), &[("pg_hba.conf", text)]);
    reading.findings.iter().filter(|f| f.kind == Kind::Note).map(|f| f.rule.name).collect()
}

/// The verdict on a file.
fn verdict(policy: &Policy, text: &str) -> (Verdict, String, Option<Finding>) {
    let (_, reading) = check(policy, &[("pg_hba.conf", text)]);
    let fact = reading.facts.iter().find(|fact| fact.intent == "postgres.hba").unwrap_or_else(|| panic!("no fact: {reading:?}"));
    let (check, finding) = compare::judge(policy, "postgres", policy.intent("postgres.hba").unwrap(), fact, &mut compare::Memo::default());
    (check.verdict, check.why, finding)
}

/// The records of a text that includes nothing.
fn rules(text: &str) -> AccessRules {
    AccessRules::new(records(text, 18).into_iter().map(|(line, record)| record.unwrap_or_else(|why| panic!("line {line}: {why}\n{text}"))))
}

/// Line numbers with the record of each, or why it is refused.
fn records(text: &str, version: u32) -> Vec<(usize, Result<Record, String>)> {
    let mut sources = Sources::new(std::path::Path::new("/nonexistent"));
    let id = sources.add("pg_hba.conf", text);
    let lines = hba::lines(&mut sources, id, version);
    lines.into_iter().map(|line| (sources.position(line.span).line, line.record.map(|record| record.expect("nothing is unseen")))).collect()
}
