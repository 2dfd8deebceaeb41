//! `.cargo/audit.toml`: what cargo-audit ignores.

use super::generation::shown;
use super::package::normal_url;
use super::rules;
use super::tree::Node;
use crate::finding::{Cause, Finding, Kind, Label, Verdict};
use crate::policy::Policy;
use crate::source::{SourceId, Span};
use crate::strictness::Value;
use crate::strictness::levels::Allowed;
use crate::targets::{Fact, Found};
use std::collections::BTreeSet;

/// Whose defaults apply.
pub(super) const READER: &str = "cargo-audit 0.22";

/// Facts of one file: of all intents only the accepted advisories can be said in its grammar.
pub(super) fn facts(policy: &Policy, id: SourceId, root: &Node, place: &str) -> Vec<Fact> {
    let key = "dependencies.advisories.ignore";
    let Some(Value::Allowed(required)) = policy.intent(key).map(|i| &i.value) else { return Vec::new() };
    let span = |range: &std::ops::Range<usize>| Span::new(id, range.start, range.end);
    let entry = root.find(&["advisories", "ignore"]);
    let ids: Vec<(String, Span)> =
        entry.map(|e| e.node.elements()).unwrap_or_default().iter().filter_map(|n| Some((shown(n.text()?), span(&n.span)))).collect();
    let value = Value::Allowed(Allowed(ids.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>()));
    let extra: Vec<&(String, Span)> = ids.iter().filter(|(id, _)| !required.0.contains(id)).collect();
    let label = |(id, at): &(String, Span)| Label::new(*at, format!("{id} is not in the policy"));
    let (found, cause, at) = match entry {
        None => (Found::Default { value, of: READER.to_owned() }, Cause::Missing, None),
        Some(entry) => {
            let at = extra.first().map_or_else(|| Label::new(span(&entry.key_span), ""), |e| label(e));
            let text = value.to_string();
            (Found::Set { value, text }, Cause::Value, Some(at))
        }
    };
    vec![Fact {
        intent: key.to_owned(),
        place: place.to_owned(),
        found,
        cause,
        at,
        related: extra.iter().skip(1).map(|e| label(e)).collect(),
        rule: &rules::ADVISORY_IGNORED,
        help: extra.iter().map(|(id, _)| format!("remove {id} from advisories.ignore, or add it to {key} in the spec")).collect(),
        group: None,
    }]
}

/// Settings that make cargo-audit pass over advisories in silence.
pub(super) fn narrowed(policy: &Policy, id: SourceId, root: &Node, place: &str) -> Vec<Finding> {
    if !policy.intents.iter().any(|i| i.key.starts_with("dependencies.advisories.")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Some(entry) = root.find(&["advisories", "severity_threshold"]).filter(|e| e.node.text() != Some("none")) {
        let word = entry.node.text().map(shown).unwrap_or_default();
        found.push((entry, format!("cargo-audit drops every advisory below the severity {word} in silence")));
    }
    let is_other = |n: &Node| n.text().is_some_and(|t| !normal_url(t).eq_ignore_ascii_case("https://github.com/RustSec/advisory-db"));
    if let Some(entry) = root.find(&["database", "url"]).filter(|e| is_other(&e.node)) {
        found.push((entry, "cargo-audit asks another database than RustSec's".to_owned()));
    }
    let finding = |(entry, message): (&super::tree::Entry, String)| {
        let mut finding = Finding::new(&rules::AUDIT_NARROWED, Kind::Verdict(Verdict::Weaker), message)
            .at(Span::new(id, entry.key_span.start, entry.key_span.end), "")
            .help(format!("delete {}", entry.key));
        finding.cause = Some(Cause::Value);
        finding.target = Some("cargo");
        finding.place = Some(place.to_owned());
        finding.spec = policy.origin("dependencies.advisories");
        finding
    };
    found.into_iter().map(finding).collect()
}
