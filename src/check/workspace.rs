//! Several specs in one report.

use super::gate::Gate;
use super::{NOTHING_TO_CHECK, Report};
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use std::collections::{BTreeMap, HashSet};

/// Two specs that would overwrite each other's files.
pub static SHARED_OUTPUT: Rule = Rule {
    name: "specs-share-output",
    title: "Two specs write one path.",
    severity: Severity::High,
    explain: "Each would take the other's file for a stale one and overwrite it, so that one service runs with the policy of another. Give each spec an `out` \
              of its own.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: services/pay/secgen.yaml
        http: { headers: { framing: deny } }
        targets: { nginx: { out: deploy/nginx } }

        # file: services/site/secgen.yaml
        http: { headers: { framing: sameorigin } }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    good: Snippet(
        r"
        # file: services/pay/secgen.yaml
        http: { headers: { framing: deny } }
        targets: { nginx: { out: deploy/nginx/pay } }

        # file: services/site/secgen.yaml
        http: { headers: { framing: sameorigin } }
        targets: { nginx: { out: deploy/nginx/site } }
    ",
    ),
    keys: &["targets"],
    references: cited::CHANGE,
    sources: &[],
};

/// One report of several: findings of all, and totals over all. What a single spec is about stays in its part.
#[must_use]
pub fn merge(parts: Vec<Report>, mut findings: Vec<Finding>, not_examined: Vec<(String, String)>) -> Report {
    findings.extend(shared_outputs(&parts));
    if parts.is_empty() && findings.is_empty() {
        findings.push(Finding::error(&NOTHING_TO_CHECK, "no secgen.yaml lies below the root").help("write one: secgen init").help("or name another --root"));
    }
    // Of a spec that cannot be used no gate is known.
    let usable = parts.iter().find(|p| p.spec.is_some());
    let mut report = Report { gate: usable.map_or_else(Gate::default, |p| p.gate.clone()), findings, not_examined, ..Report::default() };
    let mut read = HashSet::new();
    for part in &parts {
        report.findings.extend(part.findings.iter().cloned());
        report.checks.extend(part.checks.iter().cloned());
        report.files.extend(part.files.iter().cloned());
        report.sources.extend(part.sources.iter().copied().filter(|source| read.insert(*source)));
        report.not_examined.extend(part.not_examined.iter().cloned());
        report.waivers.extend(part.waivers.iter().cloned());
    }
    report.is_workspace = true;
    report.parts = parts;
    report
}

/// Paths that two specs write, each said once, at the second spec.
fn shared_outputs(parts: &[Report]) -> Vec<Finding> {
    let mut owners: BTreeMap<String, (usize, &super::Output)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        for output in &part.outputs {
            // File systems that ignore case have one file for both spellings.
            let Some((first, other)) = owners.get(&output.path.to_lowercase()) else {
                owners.insert(output.path.to_lowercase(), (i, output));
                continue;
            };
            if *first == i {
                continue;
            }
            let name = |part: &Report| part.spec_path().unwrap_or_default().to_owned();
            let (one, two) = (name(&parts[*first]), name(part));
            let mut finding = Finding::error(&SHARED_OUTPUT, format!("{one} and {two} both write {}", output.path))
                .path(&output.path)
                .help(format!("give one of them another folder: {}", output.key));
            finding.target = Some(output.target);
            finding.spec_path = Some(two);
            if let Some(at) = output.at {
                finding = finding.at(at, "written here");
            }
            if let Some(at) = other.at {
                finding = finding.see(at, "and here");
            }
            findings.push(finding);
        }
    }
    findings
}
