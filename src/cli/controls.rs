//! Controls of the spec: what they are for must exist.

use super::{catalogue, explain};
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::policy::Loaded;
use crate::schema;

/// A control for something that there is not.
pub(super) static UNKNOWN: Rule = Rule {
    name: "control-for-nothing",
    title: "A control of the spec is for a key or a rule that does not exist.",
    severity: Severity::High,
    explain: "A mistyped name would leave the control out of every report in silence. `for` takes spec keys, with all below them, and rules as rule:NAME.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        tls: { min_version: TLSv1.3 }
        controls:
          acme-policy:
            version: "2026"
            controls:
              SEC-4.2: { for: [tls.min_versoin], relation: supports, rationale: old TLS is off }
    "#,
    ),
    good: Snippet(
        r#"
        tls: { min_version: TLSv1.3 }
        controls:
          acme-policy:
            version: "2026"
            controls:
              SEC-4.2: { for: [tls.min_version, "rule:tls-protocols"], relation: supports, rationale: old TLS is off }
    "#,
    ),
    keys: &["controls"],
    references: cited::SPEC,
    sources: &[],
};

/// Everything in `for` that is neither a key nor a rule.
pub(super) fn unknown(loaded: &Loaded) -> Vec<Finding> {
    let mut findings = Vec::new();
    // They are the same in every environment.
    let Some(policy) = loaded.policies.first() else { return findings };
    for (framework, own) in policy.spec.controls.iter().flatten() {
        for (id, control) in own.controls.iter().flatten() {
            for subject in &control.subjects {
                let (what, is_known) = match subject.as_str().strip_prefix("rule:") {
                    Some(name) => ("rule", catalogue::rule(name).is_some()),
                    None => ("spec key", schema::describe(subject.as_str()).is_some()),
                };
                if is_known {
                    continue;
                }
                let key = format!("controls.{framework}.controls.{id}");
                let name = subject.as_str().trim_start_matches("rule:");
                let near = explain::near(name);
                let fits = |name: &&String| catalogue::rule(name).is_some() == (what == "rule");
                let help = match near.iter().find(fits) {
                    _ if what == "rule" && schema::describe(name).is_some() => format!("write {name}, which is a spec key"),
                    _ if what != "rule" && catalogue::rule(name).is_some() => format!("write rule:{name}"),
                    Some(near) if what == "rule" => format!("write rule:{near}"),
                    Some(near) => format!("write {near}"),
                    None if what == "rule" => "write rule: with the name of a rule; docs/rules/README.md lists them".to_owned(),
                    None => "write a key of the spec, such as tls.min_version, or rule:NAME".to_owned(),
                };
                let mut finding = Finding::error(&UNKNOWN, format!("{key} is for {subject}, which is no {what}")).help(help).intent(&key);
                if let Some(span) = policy.origin(&format!("{key}.for")) {
                    finding = finding.at(span, "");
                }
                findings.push(finding);
            }
        }
    }
    findings
}
