//! A minimum from outside the spec: what an organisation asks of every repository.
//!
//! A floor is compared with the spec, not with configuration: a spec that asks for at least as much carries the floor
//! into its own check. What none of the spec's targets could carry is not examined, and the report says so.

use crate::finding::{Finding, Kind, Language, Rule, Severity, Snippet, Verdict, cited};
use crate::policy::difference::{self, Change, Difference};
use crate::policy::{Loaded, Policy};
use crate::render::Selection;
use crate::source::SourceId;
use crate::strictness::Value;
use crate::targets;
use std::collections::BTreeSet;

/// A spec below the minimum.
pub static FLOOR: Rule = Rule {
    name: "floor-not-met",
    title: "The spec asks for less than the floor that it is held to.",
    severity: Severity::High,
    explain: "`check --floor FILE` holds a repository to a minimum that lies outside of it, such as an organisation's: in every environment and scope the \
              spec must ask for at least as much. Raise the spec, extend the same layer, or have the exception approved: a waiver of this rule \
              needs approved_by.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: secgen.yaml
        tls: { min_version: TLSv1.2 }
        targets: { nginx: { out: deploy/nginx } }

        # file: floor.yaml
        tls: { min_version: TLSv1.3 }
    ",
    ),
    good: Snippet(
        r"
        # file: secgen.yaml
        tls: { min_version: TLSv1.3 }
        targets: { nginx: { out: deploy/nginx } }

        # file: floor.yaml
        tls: { min_version: TLSv1.3 }
    ",
    ),
    keys: &[],
    references: cited::BASELINE,
    sources: &[],
};

/// What was held against a floor.
#[derive(Debug)]
pub struct Held {
    /// What is below it.
    pub findings: Vec<Finding>,
    /// What no target of the spec could carry, and why it was not examined.
    pub not_examined: Vec<(String, String)>,
}

/// The floor of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorInfo {
    /// Its path, or the built-in profile's name.
    pub path: String,
    /// Its text.
    pub id: SourceId,
}

/// Holds every selected policy of a spec to a floor.
#[must_use]
pub fn hold(floor: &Loaded, loaded: &Loaded, selection: &Selection) -> Held {
    let mut held = Held { findings: Vec::new(), not_examined: Vec::new() };
    for minimum in &floor.policies {
        for policy in selection.policies(loaded) {
            one(floor, minimum, policy, &mut held);
        }
    }
    let mut seen = BTreeSet::new();
    held.not_examined.retain(|item| seen.insert(item.clone()));
    held
}

fn one(floor: &Loaded, minimum: &Policy, policy: &Policy, held: &mut Held) {
    let carried = carried(minimum, policy);
    for difference in difference::intents(minimum, policy).into_iter().filter(|d| d.change.lowers()) {
        let key = &difference.key;
        if difference.change == Change::Removed {
            if !carried.contains(key) {
                held.not_examined.push((
                    format!("{key} of the floor {}", floor.path),
                    format!("{} asks for nothing there, and none of its targets could carry it", policy.spec_path),
                ));
                continue;
            }
            if !exists(minimum, policy, key) {
                continue;
            }
        }
        held.findings.push(finding(floor, &difference, policy));
    }
}

/// Keys of the floor that the spec's own targets could carry.
fn carried(minimum: &Policy, policy: &Policy) -> BTreeSet<String> {
    let mut with_targets = minimum.clone();
    with_targets.spec.targets.clone_from(&policy.spec.targets);
    targets::ALL.into_iter().filter(|target| target.is_used(policy)).flat_map(|target| target.carries(&with_targets)).collect()
}

/// Whether a setting of a built-in profile exists in the versions that the spec declares.
fn exists(minimum: &Policy, policy: &Policy, key: &str) -> bool {
    let Some(intent) = minimum.intent(key).filter(|i| i.builtin) else { return true };
    let Value::Setting(setting) = &intent.value else { return true };
    let versions = policy.spec.targets.as_ref().and_then(|t| t.postgres.as_ref()).and_then(|p| p.versions);
    versions.is_none_or(|v| setting.for_versions(&(v.first..=v.last)).is_ok())
}

fn finding(floor: &Loaded, difference: &Difference, policy: &Policy) -> Finding {
    let Difference { change, key, why, old, new } = difference;
    let (verdict, words) = match change {
        Change::Removed => (Verdict::Absent, "is not required".to_owned()),
        Change::Incomparable => (Verdict::Incomparable, format!("cannot be compared with the floor: {why}")),
        _ => (Verdict::Weaker, format!("is weaker than the floor: {why}")),
    };
    let and = if *change == Change::Removed { format!(", and the floor {} asks for it", floor.path) } else { String::new() };
    let mut finding = Finding::new(&FLOOR, Kind::Verdict(verdict), format!("{key} {words}{and}")).intent(key).path(&policy.spec_path);
    finding.env.clone_from(&policy.env);
    if let Some(new) = new {
        finding.found = Some(new.text.clone());
        if let Some(at) = new.origin {
            finding = finding.at(at, new.text.clone());
        }
    }
    if let Some(old) = old {
        finding.expected = Some(old.text.clone());
        if let Some(at) = old.origin {
            finding = finding.see(at, format!("the floor asks for {}", old.text));
        }
    }
    let raise = if *change == Change::Removed {
        format!("add {key} to {}; a target that it lists can carry it", policy.spec_path)
    } else {
        format!("raise {key} to what the floor asks for")
    };
    finding.help(raise)
}
