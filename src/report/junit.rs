//! JUnit XML, in the form that Jenkins, GitLab and Azure Pipelines read: a suite for each spec, target and environment.
//!
//! A finding is one test case, whatever places it stands for, so that failures and errors count as in the other
//! formats: below the gate it passes with its words as output, accepted it is skipped with the reason. Verdicts behind
//! which there is no finding are test cases of their own; only what was shown to be in force passes.

use super::escape::xml;
use super::matrix::is_fine;
use super::share::{accepted_by, control_name, outcome, place};
use super::waivers::emergencies;
use crate::check::Report;
use crate::check::gate::Level;
use crate::compare::Check;
use crate::finding::{Finding, Verdict};
use crate::source::{Sources, folder_of};
use crate::spec::scalar::format_date;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// The suite of what is about no single spec.
const WORKSPACE: &str = "secgen.workspace";

/// Test cases of one target and environment.
#[derive(Default)]
struct Suite {
    cases: String,
    names: HashMap<String, usize>,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// The whole document.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    // In the order of the specs; what belongs to none of them comes last.
    let mut suites: Vec<(&Report, String, Suite)> = Vec::new();
    for single in report.singles() {
        let folder = single.spec_path().filter(|_| report.is_workspace).map(folder_of).unwrap_or_default();
        suites.extend(of_spec(single, folder, sources).into_iter().map(|(name, suite)| (single, name, suite)));
    }
    if report.is_workspace && !report.own_findings().is_empty() {
        let mut suite = Suite::default();
        report.own_findings().iter().for_each(|finding| suite.finding(WORKSPACE, report, finding, sources));
        suites.push((report, WORKSPACE.to_owned(), suite));
    }
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(|(_, _, suite)| of(suite)).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"secgen\" tests=\"{}\" failures=\"{}\" errors=\"{}\">", sum(|s| s.tests), sum(|s| s.failures), sum(|s| s.errors));
    for (single, name, suite) in &suites {
        let Suite { tests, failures, errors, skipped, cases, .. } = suite;
        let _ = writeln!(out, "<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">", xml(name));
        out.push_str("<properties>\n");
        for (name, value) in facts(single) {
            let _ = writeln!(out, "<property name=\"{name}\" value=\"{}\"/>", xml(&value));
        }
        let _ = writeln!(out, "</properties>\n{cases}</testsuite>");
    }
    out.push_str("</testsuites>\n");
    out
}

/// The suites of one spec.
fn of_spec(report: &Report, folder: &str, sources: &Sources) -> BTreeMap<String, Suite> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for finding in &report.findings {
        let suite = suite_name(folder, finding.target.unwrap_or_default(), finding.env.as_deref());
        suites.entry(suite.clone()).or_default().finding(&suite, report, finding, sources);
    }
    for check in &report.checks {
        let suite = suite_name(folder, check.target, check.env.as_deref());
        suites.entry(suite.clone()).or_default().check(&suite, check, sources);
    }
    suites
}

/// What is said of every suite of a spec.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("secgen", env!("CARGO_PKG_VERSION").to_owned()),
        ("spec", report.spec_path().unwrap_or_default().to_owned()),
        ("date", format_date(report.date)),
        ("gate", report.gate_name().to_owned()),
        ("exit", report.exit().to_string()),
        ("outcome", outcome(report)),
    ];
    facts.extend(report.floor_in_force().map(|floor| ("floor", floor.path.clone())));
    facts.extend(report.reported_at().iter().map(|place| ("reported-only", place.clone())));
    facts.extend(emergencies(report).into_iter().map(|text| ("emergency", text)));
    facts
}

/// `secgen.nginx.prod`, of one spec among several `secgen.services/pay.nginx.prod`; what belongs to no target is of the
/// spec.
fn suite_name(folder: &str, target: &str, env: Option<&str>) -> String {
    let target = if target.is_empty() { "spec" } else { target };
    let env = env.map(|env| env.replace(", ", "+"));
    ["secgen", folder, target, env.as_deref().unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

impl Suite {
    /// Readers tell cases apart by their names.
    fn case(&mut self, suite: &str, name: &str, body: &str) {
        self.tests += 1;
        let n = self.names.entry(name.to_owned()).and_modify(|n| *n += 1).or_insert(1);
        let name = if *n > 1 { format!("{name} ({n})") } else { name.to_owned() };
        let head = format!("<testcase classname=\"{}\" name=\"{}\"", xml(suite), xml(&name));
        let _ = if body.is_empty() { writeln!(self.cases, "{head}/>") } else { writeln!(self.cases, "{head}>{body}</testcase>") };
    }

    fn finding(&mut self, suite: &str, report: &Report, finding: &Finding, sources: &Sources) {
        let level = report.level(finding);
        let mut words = vec![finding.message.clone()];
        words.extend(place(finding, sources).map(|p| format!("at {p}")));
        words.extend(finding.also.iter().filter_map(|also| also.place.as_ref()).take(20).map(|place| format!("also at {place}")));
        words.extend(finding.help.iter().map(|help| format!("help: {help}")));
        let controls: Vec<String> = report.controls_of(finding).iter().map(|c| format!("{} ({})", control_name(c), c.relation)).collect();
        if !controls.is_empty() {
            words.push(format!("controls: {}", controls.join(", ")));
        }
        let (message, rule, words) = (xml(&finding.message), finding.rule.name, xml(&words.join("\n")));
        let body = match level {
            Level::Error => {
                self.errors += 1;
                format!("<error type=\"{rule}\" message=\"{message}\">{words}</error>")
            }
            Level::Failure => {
                self.failures += 1;
                format!("<failure type=\"{rule}\" message=\"{message}\">{words}</failure>")
            }
            Level::Accepted => {
                self.skipped += 1;
                format!("<skipped type=\"{}\" message=\"{}: {message}\"/>", finding.disposition.name(), xml(&accepted_by(report, finding)))
            }
            Level::Warning | Level::Note => format!("<system-out>{} [{rule}]: {words}</system-out>", level.name()),
        };
        let about = finding.intent.as_deref().or(finding.path.as_deref()).unwrap_or("secgen");
        let place = finding.place.as_ref().filter(|p| p.as_str() != about).map(|p| format!(" at {p}")).unwrap_or_default();
        self.case(suite, &format!("{rule}: {about}{place}"), &body);
    }

    /// A verdict without a finding. What is neither shown nor a finding is skipped: it did not pass.
    fn check(&mut self, suite: &str, check: &Check, sources: &Sources) {
        let name = if check.place.is_empty() { check.intent.clone() } else { format!("{} at {}", check.intent, check.place) };
        let body = match check.verdict {
            Verdict::Rendered | Verdict::Attested | Verdict::NotApplicable => {
                self.skipped += 1;
                format!("<skipped type=\"{}\" message=\"{}\"/>", check.verdict.name(), xml(&check.why))
            }
            verdict if is_fine(verdict) => {
                let at = check.location.as_ref().map(|l| format!(" at {}", super::share::label_place(l, sources))).unwrap_or_default();
                format!("<system-out>{}{}</system-out>", verdict.name(), xml(&at))
            }
            // A finding says it.
            _ => return,
        };
        self.case(suite, &name, &body);
    }
}
