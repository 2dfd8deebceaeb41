//! Scripts for psql: reading, what they store, roles and grants.

mod access;
mod hostile;
mod oracle;
mod scripts;
mod vectors;

use secgen::check::Report;
use secgen::check::gate::{Gate, Threshold};
use secgen::compare;
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::{Input, Reading, Target, postgres::Postgres};
use serde_json::{Value, json};
use std::path::Path;

/// A policy with these settings for these versions that checks files.
fn policy(versions: &str, settings: &Value) -> Policy {
    Policy::from_json(json!({ "version": 1, "service": "test", "postgres": { "settings": settings }, "targets": { "postgres": { "versions": versions } } }))
        .expect("a policy")
}

/// Reads files that exist in memory only.
fn read(policy: &Policy, files: &[(&str, &str)]) -> (Sources, Reading) {
    let mut sources = Sources::new(Path::new("/nonexistent"));
    let inputs: Vec<Input> = files.iter().map(|(path, text)| Input { path: (*path).to_owned(), id: Some(sources.add(*path, *text)) }).collect();
    let reading = Postgres.read(policy, &mut sources, &inputs);
    (sources, reading)
}

/// Every verdict of a reading: intent, place, verdict, line.
fn verdicts(policy: &Policy, sources: &Sources, reading: &Reading) -> Vec<String> {
    let mut memo = compare::Memo::default();
    let judged = reading.facts.iter().filter_map(|fact| {
        let intent = policy.intent(&fact.intent)?;
        let (check, _) = compare::judge(policy, "postgres", intent, fact, &mut memo);
        let at = check.location.as_ref().map(|l| format!(" {}", sources.place(l.span))).unwrap_or_default();
        Some(format!("{} {} {} {}{at}", intent.key.trim_start_matches("postgres.settings."), check.place, check.verdict.name(), check.cause.name()))
    });
    judged.collect()
}

/// Rules and messages of the findings of a script.
fn findings(text: &str) -> Vec<(String, String)> {
    let (_, reading) = read(&policy("15-18", &json!({})), &[("script.sql", text)]);
    reading.findings.iter().map(|f| (f.rule.name.to_owned(), f.message.clone())).collect()
}

fn rules(text: &str) -> Vec<String> {
    let mut names: Vec<String> = findings(text).into_iter().map(|(rule, _)| rule).collect();
    names.sort();
    names
}

/// Every text that a run on these files prints.
fn outputs(policy: &Policy, files: &[(&str, &str)]) -> String {
    let (sources, reading) = read(policy, files);
    let mut report = Report { command: "check", gate: Gate::only(Threshold::Strict), ..Report::default() };
    let mut memo = compare::Memo::default();
    for fact in &reading.facts {
        let (check, finding) = compare::judge(policy, "postgres", policy.intent(&fact.intent).expect("the intent"), fact, &mut memo);
        report.checks.push(check);
        report.findings.extend(finding.map(|mut f| {
            f.message = compare::message(&f);
            f
        }));
    }
    report.findings.extend(reading.findings);
    report.not_examined = reading.not_examined;
    let style = secgen::report::text::Style { quiet: false, verbose: true, color: false };
    secgen::report::text::report(&report, &sources, style) + &secgen::report::json::report(&report, &sources)
}
