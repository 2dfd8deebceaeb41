//! `secgen.waivers.yaml` from text to entries: its form by the schema, its sense here. Everything wrong is said at once.

use super::{Entry, INVALID, Waivers};
use crate::document::{self, Limits, Node, Value};
use crate::finding::{Finding, Rule};
use crate::policy::Loaded;
use crate::schema::{self, Kind};
use crate::source::{ReadError, SourceId, Sources, Span};
use crate::spec::scalar::format_date;
use crate::spec::{Texts, Waiver, WaiverKind};
use std::collections::{BTreeSet, HashMap};

/// Reads the waivers; `None` where the file does not exist. `rules` are the names of all rules.
///
/// # Errors
/// Everything that is wrong with it, each at its place.
pub fn load(sources: &mut Sources, path: &str, loaded: &Loaded, rules: &[&Rule]) -> Result<Option<Waivers>, Vec<Finding>> {
    let id = match sources.read(path, Limits::WAIVERS.bytes) {
        Ok(id) => id,
        Err(ReadError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(vec![Finding::unreadable(&error)]),
    };
    read(sources, id, path, loaded, rules).map(Some)
}

/// The entries of a text that was read.
pub(super) fn read(sources: &Sources, id: SourceId, path: &str, loaded: &Loaded, rules: &[&Rule]) -> Result<Waivers, Vec<Finding>> {
    let node = document::parse_within(sources, id, Limits::WAIVERS).map_err(|findings| findings.into_iter().map(of_waivers).collect::<Vec<_>>())?;
    let findings = schema::validate(sources, &node, Kind::Waivers);
    if !findings.is_empty() {
        return Err(findings.into_iter().map(of_waivers).collect());
    }
    let mut reader = Reader { loaded, rules, ids: HashMap::new(), baseline: None, findings: Vec::new() };
    let items = match node.get("waivers").map(|n| &n.value) {
        Some(Value::Seq(items)) => items.as_slice(),
        _ => &[],
    };
    let mut entries = Vec::new();
    for item in items {
        let entry: Result<Waiver, _> = serde_json::from_value(item.to_json());
        match entry {
            Ok(waiver) => {
                let span = |key: &str| item.get(key).map_or(item.span, |n| n.span);
                let entry = Entry { waiver, at: span("id"), accept: span("accept"), until: span("until"), whole: item.span };
                reader.check(&entry, item);
                entries.push(entry);
            }
            Err(error) => {
                let message = format!("the waiver has a value that cannot be used: {error}");
                reader.findings.push(Finding::error(&INVALID, message).at(item.span, "in here").help("correct the value as the message says"));
            }
        }
        if reader.findings.len() >= document::MAX_FINDINGS {
            break;
        }
    }
    if reader.findings.is_empty() { Ok(Waivers { path: path.to_owned(), id, entries }) } else { Err(reader.findings) }
}

/// What the common readers say, under the rule of waivers where theirs speaks of a spec.
fn of_waivers(mut finding: Finding) -> Finding {
    if finding.rule == &document::EMPTY {
        "the file holds no waivers".clone_into(&mut finding.message);
        finding.help = vec!["write version: 1 and waivers: [], or remove the file".to_owned()];
        finding.rule = &INVALID;
    } else if schema::RULES.contains(&finding.rule) {
        finding.rule = &INVALID;
        finding.intent = None;
    }
    finding
}

struct Reader<'a> {
    loaded: &'a Loaded,
    rules: &'a [&'a Rule],
    /// Ids that were seen, and where.
    ids: HashMap<String, Span>,
    /// The day of the first entry of the baseline, and its place.
    baseline: Option<(i64, Span)>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn wrong(&mut self, message: String, at: Span, label: impl Into<std::borrow::Cow<'static, str>>, help: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding::error(&INVALID, message).at(at, label).help(help));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn check(&mut self, entry: &Entry, item: &Node) {
        let waiver = &entry.waiver;
        let id = waiver.id.as_str();
        if let Some(first) = self.ids.get(id).copied() {
            self.wrong(format!("two waivers are named {id}"), entry.at, "the same name again", "give it another name: reports print it");
            if let Some(finding) = self.findings.last_mut() {
                finding.related.push(crate::finding::Label::new(first, "the first one"));
            }
        } else {
            self.ids.insert(id.to_owned(), entry.at);
        }
        let span = |key: &str| item.get(key).map_or(item.span, |n| n.span);
        if !self.rules.iter().any(|rule| rule.name == waiver.rule.as_str()) {
            let near = nearest(waiver.rule.as_str(), self.rules.iter().map(|rule| rule.name));
            let help =
                near.map_or_else(|| "findings print the name of their rule in brackets; see `secgen explain`".to_owned(), |near| format!("write {near}"));
            self.wrong(format!("{} of {id} is no rule", document::quoted(waiver.rule.as_str())), span("rule"), "unknown rule", help);
        }
        for (what, is_empty) in [("reason", is_filler(waiver.reason.as_str())), ("owner", is_filler(waiver.owner.as_str()))] {
            if is_empty {
                let help = if what == "reason" { "write why it is accepted, in one line" } else { "write who answers for it, such as \"@acme/security\"" };
                self.wrong(format!("{what} of {id} says nothing"), span(what), "", help);
            }
        }
        self.places(waiver, item);
        self.dates(entry, span("created"));
    }

    fn places(&mut self, waiver: &Waiver, item: &Node) {
        let id = waiver.id.as_str();
        let node = item.get("where");
        let span = |key: &str| node.and_then(|n| n.get(key)).map_or(item.span, |n| n.span);
        for file in waiver.r#where.file.iter().flat_map(Texts::iter) {
            if file.contains(['*', '?']) {
                let message = format!("{} in where.file of {id} is a pattern", document::quoted(file));
                self.wrong(message, span("file"), "", "name each file: a pattern would also accept what a new file brings");
            } else if crate::source::join("", file).as_deref() != Some(file) {
                let message = format!("{} in where.file of {id} is no path below the root", document::quoted(file));
                self.wrong(message, span("file"), "", "write it as reports print it, relative to the root and with /");
            }
        }
        for key in waiver.r#where.intent.iter().flat_map(Texts::iter) {
            if !knows(self.loaded, key) {
                let near = nearest(key, self.loaded.policies.iter().flat_map(|p| p.intents.iter().map(|i| i.key.as_str())));
                let help = near.map_or_else(|| "remove the waiver, or write a key as reports print it".to_owned(), |near| format!("write {near}"));
                let message = format!("the spec asks for nothing under {}, which where.intent of {id} names", document::quoted(key));
                self.wrong(message, span("intent"), "unknown spec key", help);
            }
        }
        let known: Vec<&str> = self.loaded.environments().collect();
        for env in waiver.r#where.environment.iter().flat_map(Texts::iter) {
            if !known.contains(&env) {
                let help = match nearest(env, known.iter().copied()) {
                    Some(near) => format!("write {near}"),
                    None if known.is_empty() => "the spec declares no environments: take environment out of where".to_owned(),
                    None => format!("write one of {}", known.join(", ")),
                };
                let message = format!("{} in where.environment of {id} is no environment of the spec", document::quoted(env));
                self.wrong(message, span("environment"), "unknown environment", help);
            }
        }
    }

    fn dates(&mut self, entry: &Entry, created_at: Span) {
        let waiver = &entry.waiver;
        let (id, kind) = (waiver.id.as_str(), waiver.kind());
        let (created, until) = (waiver.created.days(), waiver.until.days());
        if created > self.loaded.today {
            let help = format!("write the day on which it was agreed on, {} at the latest", format_date(self.loaded.today));
            self.wrong(format!("{id} was created on {}, which is still to come", waiver.created), created_at, "in the future", help);
        }
        let last = format_date(created + kind.most_days());
        if until < created {
            self.wrong(
                format!("{id} ends on {}, before it begins on {}", waiver.until, waiver.created),
                entry.until,
                "before created",
                "correct one of the two",
            );
        } else if until > created + kind.most_days() {
            let (most, help) = if kind == WaiverKind::Emergency {
                (
                    "an emergency lasts 72 hours at most: the day it is created and the two after it",
                    format!("write {last} or earlier, or agree on a waiver: kind: waiver"),
                )
            } else {
                ("a waiver lasts a year at most", format!("write {last} or earlier: what is meant to stay belongs in the spec, under weakens"))
            };
            self.wrong(format!("{id} ends on {}, {} days after {}: {most}", waiver.until, until - created, waiver.created), entry.until, "too late", help);
        }
        if kind == WaiverKind::Baseline {
            match self.baseline {
                None => self.baseline = Some((created, entry.at)),
                Some((day, first)) if day != created => {
                    let message = format!("{id} was created on {}, but the baseline was taken on {}: it can only shrink", waiver.created, format_date(day));
                    let help = "mend it, or accept it by a waiver of its own: kind: waiver";
                    self.wrong(message, created_at, "not of that day", help).related.push(crate::finding::Label::new(first, "the first entry of the baseline"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a key is one of an intent, one above it, or one that the spec has.
pub(super) fn knows(loaded: &Loaded, key: &str) -> bool {
    let is_above = |long: &str| long.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    loaded.policies.iter().any(|p| p.origins.contains_key(key) || p.intents.iter().any(|i| is_above(&i.key)))
}

/// What somebody left standing of a pasted command: `...`, `TODO`.
#[must_use]
pub fn is_filler(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_lowercase();
    matches!(bare.as_str(), "" | "todo" | "tbd" | "fixme" | "xxx" | "reason" | "owner")
}

fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let names: BTreeSet<&str> = names.collect();
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(name, text), name)).min();
    near.filter(|(distance, name)| *distance <= (name.len() / 3).max(1)).map(|(_, name)| name)
}
