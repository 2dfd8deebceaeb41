//! What a file of this target says: values of intents, and everything else by its place.

use super::documents::{once, runbook, security_txt};
use super::makefile;
use super::plan::Plan;
use super::{rules, workflow, yaml};
use crate::document::{Node, Value as Tree};
use crate::finding::{Cause, Label, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Span};
use crate::spec::CiSystem;
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, AtMost, Exact, Level, Needed};
use crate::targets::{Fact, Found};
use std::collections::BTreeSet;
use std::ops::Range;

/// Where facts come from.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub policy: &'a Policy,
    pub id: SourceId,
    pub path: &'a str,
}

impl From<'_> {
    /// A fact of an intent; none where the policy has no such intent.
    pub(super) fn value(&self, key: &str, found: Found, rule: &'static Rule, at: Option<Range<usize>>, help: &str) -> Option<Fact> {
        self.policy.intent(key)?;
        Some(Fact {
            intent: key.to_owned(),
            place: self.path.to_owned(),
            found,
            cause: Cause::Value,
            at: at.map(|range| Label::new(Span::new(self.id, range.start, range.end), "")),
            related: Vec::new(),
            rule,
            help: vec![help.to_owned()],
            group: None,
        })
    }

    /// What no intent says.
    pub(super) fn other(&self, key: String, text: String) -> Fact {
        Fact {
            intent: key,
            place: self.path.to_owned(),
            found: Found::Text(text),
            cause: Cause::Value,
            at: None,
            related: Vec::new(),
            rule: &rules::SCAN_LEFT_OUT,
            help: Vec::new(),
            group: None,
        }
    }
}

/// A value with its own text.
pub(super) fn set(value: Value) -> Found {
    let text = value.to_string();
    Found::Set { value, text }
}

/// The facts of `security.mk`.
pub(super) fn makefile(from: From<'_>, plan: &Plan, text: &str) -> Vec<Fact> {
    let read = makefile::read(text, plan);
    let known = |found: Found| read.unknown.as_ref().map_or(found, |why| Found::Unverifiable(why.clone()));
    let back = "change the spec and run `secgen render`; this file follows it";
    let targets = match read.targets {
        Some(targets) => set(Value::Allowed(Allowed(targets))),
        None => Found::Unverifiable("the lines that refuse other services were changed".to_owned()),
    };
    let image = match read.image {
        Some(image) => set(Value::Exact(Exact(image))),
        None => Found::Unverifiable("the line that runs ZAP was changed".to_owned()),
    };
    let analyses = set(Value::Needed(Needed(read.analyses)));
    let values = [
        from.value("operations.static_analysis", known(analyses), &rules::SCAN_LEFT_OUT, read.scan_at, back),
        from.value("operations.pen_test.targets", known(targets), &rules::FOREIGN_TARGET, read.guard_at, back),
        from.value("operations.pen_test.image", known(image), &rules::PIN_LOOSE, read.image_at, back),
    ];
    let others = read.others.into_iter().map(|(place, text)| from.other(format!("security.mk:{place}"), text));
    values.into_iter().flatten().chain(others).collect()
}

/// The facts of a workflow; `root` is its tree.
pub(super) fn workflow(from: From<'_>, ci: CiSystem, plan: &Plan, root: &Node) -> Vec<Fact> {
    let tree = root.to_json();
    let read = workflow::read(ci, &tree, plan);
    let name = ci.name();
    let back = "change the spec and run `secgen render`; this file follows it";
    let at = |path: &str| Some(key_of(root, path));
    let jobs = if ci == CiSystem::Github { "jobs" } else { "" };
    let place = |key: &str, set: &BTreeSet<String>| surplus(from, key, root, set).or_else(|| at(jobs));
    let failures = match &read.ignored {
        None => Level { word: "counted".to_owned(), rank: Some(1), top: 1 },
        Some(_) => Level { word: "ignored".to_owned(), rank: Some(0), top: 1 },
    };
    let ignored_at = read.ignored.as_ref().map_or_else(|| at(jobs), |path| at(path));
    let lost_at = at(read.lost.as_deref().unwrap_or(jobs));
    let key = |part: &str| format!("operations.ci.{name}.{part}");
    let (permissions_at, pins_at, targets_at) =
        (place(&key("permissions"), &read.permissions), place(&key("pins"), &read.pins), place("operations.pen_test.targets", &read.scan_targets));
    let values = [
        from.value(&key("runs"), set(Value::Needed(Needed(read.runs))), &rules::RUN_LEFT_OUT, lost_at, back),
        from.value(&key("schedule"), set(Value::Needed(Needed(read.schedule))), &rules::SCHEDULE_LEFT_OUT, at(if jobs.is_empty() { "" } else { "on" }), back),
        from.value(&key("failures"), set(Value::Level(failures)), &rules::FAILURE_IGNORED, ignored_at, back),
        from.value(&key("permissions"), set(Value::Allowed(Allowed(read.permissions))), &rules::PERMISSION_WIDE, permissions_at, back),
        from.value(&key("pins"), set(Value::Allowed(Allowed(read.pins))), &rules::PIN_LOOSE, pins_at, back),
        from.value("operations.pen_test.targets", set(Value::Allowed(Allowed(read.scan_targets))), &rules::FOREIGN_TARGET, targets_at, back),
    ];
    // GitLab's token has no permissions in the file.
    let values = values.into_iter().flatten().filter(|fact| ci == CiSystem::Github || !fact.intent.ends_with(".permissions"));
    values.chain(yaml::leaves(&tree).into_iter().map(|(path, text)| from.other(format!("{name}:{path}"), text))).collect()
}

/// The first line of a tree that says something of `found` which an intent does not allow.
fn surplus(from: From<'_>, key: &str, root: &Node, found: &BTreeSet<String>) -> Option<Range<usize>> {
    let Some(Value::Allowed(Allowed(allowed))) = from.policy.intent(key).map(|intent| &intent.value) else { return None };
    let more: Vec<&String> = found.difference(allowed).collect();
    let says = |key: &str, text: &str| more.iter().any(|m| *m == text || **m == format!("{key}: {text}"));
    first(root, "", &says)
}

fn first(node: &Node, key: &str, says: &dyn Fn(&str, &str) -> bool) -> Option<Range<usize>> {
    match &node.value {
        Tree::Map(entries) => entries.iter().find_map(|entry| first(&entry.value, &entry.key, says)),
        Tree::Seq(items) => items.iter().find_map(|item| first(item, key, says)),
        Tree::Text(text) => says(key, text).then(|| node.span.range()),
        _ => None,
    }
}

/// Where a key of a path stands: `jobs.drift.continue-on-error`; the nearest one above it, else the file.
fn key_of(root: &Node, path: &str) -> Range<usize> {
    let (mut node, mut range) = (root, root.span.range().start..root.span.range().start);
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (name, index) = part.split_once('[').map_or((part, None), |(name, rest)| (name, rest.trim_end_matches(']').parse::<usize>().ok()));
        let Some(entry) = node.entry(name) else { break };
        range = entry.key_span.range();
        // Of a file that is covered for its secrets, only what is pointed at is shown: true or false is none.
        if matches!(entry.value.value, Tree::Bool(_)) {
            range.end = entry.value.span.range().end.max(range.end);
        }
        node = &entry.value;
        if let (Some(index), Tree::Seq(items)) = (index, &node.value) {
            let Some(item) = items.get(index) else { break };
            node = item;
        }
    }
    range
}

/// The facts of a runbook.
pub(super) fn runbook(from: From<'_>, text: &str) -> Vec<Fact> {
    let read = runbook::read(text);
    let back = "change operations.incident_response in the spec and run `secgen render`; this file follows it";
    let line = |wanted: &str| line_with(text, wanted);
    let contact = read.contact.map_or(Found::Unverifiable("the line of the first contact was changed".to_owned()), |c| set(Value::Exact(Exact(c))));
    let mut facts: Vec<Fact> =
        from.value("operations.incident_response.contact", contact, &rules::RUNBOOK_CHANGED, line("**Call first:**"), back).into_iter().collect();
    for name in ["critical", "high", "medium", "low"] {
        // Of two rows the longer time counts, and one that cannot be read is unknown.
        let rows: Vec<Option<u64>> = read.severities.iter().filter(|(other, _)| other == name).map(|(_, answer)| *answer).collect();
        let found = match rows.iter().copied().collect::<Option<Vec<u64>>>().and_then(|all| all.into_iter().max()) {
            Some(number) => set(Value::AtMost(AtMost { number, unit: " s" })),
            None => Found::Unverifiable(format!("the row of {name} was changed")),
        };
        let key = format!("operations.incident_response.severities.{name}");
        facts.extend(from.value(&key, found, &rules::RUNBOOK_CHANGED, line(&format!("| {name} |")), back));
    }
    facts.extend(read.sections.into_iter().map(|(title, said)| from.other(format!("incident-response.md:{title}"), said)));
    facts
}

/// The line of a text that starts with something.
fn line_with(text: &str, wanted: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(wanted) {
            return Some(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    None
}

/// The facts of a `security.txt`; what stands there once too often or not at all is told by its problems.
pub(super) fn security_txt(from: From<'_>, read: &security_txt::Read) -> Vec<Fact> {
    let help = "serve the file that secgen renders, or change operations.security_txt in the spec";
    let said = read.values.iter().filter_map(|(key, value, at)| {
        let key = format!("operations.security_txt.{key}");
        from.value(&key, set(Value::Exact(Exact(value.clone()))), &rules::SECURITY_TXT_DIFFERS, Some(at.clone()), help)
    });
    let mut facts: Vec<Fact> = said.collect();
    let missing = from.policy.intents.iter().filter(|intent| intent.key.starts_with("operations.security_txt."));
    for intent in missing.filter(|intent| !facts.iter().any(|fact| fact.intent == intent.key)).collect::<Vec<_>>() {
        let nothing = Found::Unverifiable("the file has no such field".to_owned());
        facts.extend(from.value(&intent.key, nothing, &rules::SECURITY_TXT_DIFFERS, Some(0..0), help).map(|fact| Fact { cause: Cause::Missing, ..fact }));
    }
    facts
}

/// What an intent of sets asks for.
fn needed(from: From<'_>, key: &str) -> BTreeSet<String> {
    match from.policy.intent(key).map(|intent| &intent.value) {
        Some(Value::Needed(Needed(needed))) => needed.clone(),
        _ => BTreeSet::new(),
    }
}

/// The facts of a `SECURITY.md`.
pub(super) fn security_md(from: From<'_>, text: &str) -> Vec<Fact> {
    let key = "operations.write_once.security-md";
    let found = once::contacts_in(text, &needed(from, key));
    let help = "name the first contact of the policy in the file; everything else in it is yours";
    from.value(key, set(Value::Needed(Needed(found))), &rules::CONTACT_NOT_NAMED, Some(0..0), help).into_iter().collect()
}

/// The facts of a `dependabot.yml`.
pub(super) fn dependabot(from: From<'_>, root: &Node) -> Vec<Fact> {
    let key = "operations.write_once.dependabot";
    let found = once::updates_in(root, &needed(from, key));
    let help = "name cargo and github-actions under updates, each with cooldown: { default-days: 7 }; everything else in the file is yours";
    from.value(key, set(Value::Needed(Needed(found))), &rules::UPDATES_LEFT_OUT, Some(key_of(root, "updates")), help).into_iter().collect()
}
