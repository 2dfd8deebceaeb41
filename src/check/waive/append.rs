//! Entries into the text of the waivers: appended to the list, so that comments and layout of the rest stay as they are.

use super::apply::printed;
use super::{INVALID, NAME, Waivers, read};
use crate::document::{self, Limits, Value};
use crate::finding::{Finding, Rule, Seen};
use crate::policy::Loaded;
use crate::source::Sources;
use crate::spec::scalar::{Date, Owner, Prose};
use crate::spec::{Texts, Waiver, WaiverKind, Where};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a new file begins with.
const HEAD: &str = "\
# What `secgen check` accepts here, knowingly: each entry names one rule, where, a bound, a reason, who answers for it, and
# the last day on which it holds (UTC). What is weaker than `accept` fails again, and so does everything after that day.
# Add one with the command that a finding prints; see them with `secgen waivers list`.
version: 1
waivers:
";

/// What the entries of one command have in common.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What kind of acceptance.
    pub kind: WaiverKind,
    /// Why.
    pub reason: Prose,
    /// Who answers for it.
    pub owner: Owner,
    /// The day on which it is made.
    pub created: Date,
    /// The last day on which it holds.
    pub until: Date,
    /// Who agreed to it.
    pub approved_by: Option<Owner>,
    /// Where the work is tracked.
    pub ticket: Option<Prose>,
}

/// Entries that accept exactly what findings stand for, sorted by rule and place, with names that no entry of `existing`
/// has. What a finding stands for may need several: each is the product of its parts, and nothing more.
///
/// # Errors
/// A finding that lies nowhere a waiver could name.
pub fn entries(findings: &[&Finding], terms: &Terms, existing: Option<&Waivers>, loaded: &Loaded) -> Result<Vec<Waiver>, String> {
    let mut parts: BTreeSet<(String, PartsOf)> = BTreeSet::new();
    for finding in findings {
        let name = finding.rule.name.to_owned();
        parts.extend(divide(finding, loaded).into_iter().map(|part| (name.clone(), part)));
    }
    let prefix = match terms.kind {
        WaiverKind::Waiver => 'W',
        WaiverKind::Emergency => 'E',
        WaiverKind::Baseline => 'B',
    };
    let prefix = format!("{prefix}-{}-", terms.created.as_str().get(..4).unwrap_or_default());
    let number = |id: &str| id.strip_prefix(&prefix)?.parse::<usize>().ok();
    let last = existing.iter().flat_map(|w| &w.entries).filter_map(|e| number(e.waiver.id.as_str())).max().unwrap_or(0);
    let mut all = Vec::new();
    for (i, (rule, part)) in parts.into_iter().enumerate() {
        let refused = |error: crate::spec::scalar::BadScalar| error.to_string();
        all.push(Waiver {
            id: format!("{prefix}{:03}", last.saturating_add(i + 1)).parse().map_err(refused)?,
            kind: (terms.kind != WaiverKind::Waiver).then_some(terms.kind),
            rule: rule.parse().map_err(refused)?,
            accept: part.accept.parse().map_err(refused)?,
            r#where: part.place()?,
            reason: terms.reason.clone(),
            owner: terms.owner.clone(),
            created: terms.created.clone(),
            until: terms.until.clone(),
            approved_by: terms.approved_by.clone(),
            ticket: terms.ticket.clone(),
        });
    }
    Ok(all)
}

/// A part of what a finding stands for that one entry can say: each of its intents at each of its places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PartsOf {
    file: Option<String>,
    places: BTreeSet<String>,
    intents: BTreeSet<String>,
    envs: BTreeSet<String>,
    accept: String,
}

impl PartsOf {
    fn place(&self) -> Result<Where, String> {
        let texts = |all: &mut dyn Iterator<Item = &String>| -> Result<Option<Texts>, String> {
            let mut all = all.map(|text| text.parse().map_err(|e: crate::spec::scalar::BadScalar| e.to_string())).collect::<Result<Vec<_>, _>>()?;
            Ok(match (all.len(), all.pop()) {
                (1, Some(one)) => Some(Texts::One(one)),
                (_, Some(last)) => {
                    all.push(last);
                    Some(Texts::Many(all))
                }
                (_, None) => None,
            })
        };
        let place = Where {
            file: texts(&mut self.file.iter())?,
            place: texts(&mut self.places.iter())?,
            intent: texts(&mut self.intents.iter())?,
            environment: texts(&mut self.envs.iter())?,
        };
        if place == Where::default() { Err("it lies in no file, at no place and under no key that a waiver could name".to_owned()) } else { Ok(place) }
    }
}

/// What places have in common that one entry can name: file, bound, intents, and whether they are places at all.
type Alike = (Option<String>, String, BTreeSet<String>, bool);

fn divide(finding: &Finding, loaded: &Loaded) -> Vec<PartsOf> {
    let own = (&finding.intent, &finding.place, &finding.seen);
    let members = std::iter::once(own).chain(finding.also.iter().map(|also| (&also.intent, &also.place, &also.seen)));
    // Intents of each place, then places of the same intents.
    let mut by_place: BTreeMap<(Option<String>, String, Option<String>), BTreeSet<String>> = BTreeMap::new();
    for (intent, place, seen) in members {
        let Some(Seen { file, accept }) = seen else { continue };
        let intents = by_place.entry((file.clone(), accept.clone(), place.as_deref().map(printed))).or_default();
        intents.extend(intent.iter().filter(|key| read::knows(loaded, key)).cloned());
    }
    let mut merged: BTreeMap<Alike, BTreeSet<String>> = BTreeMap::new();
    for ((file, accept, place), intents) in by_place {
        merged.entry((file, accept, intents, place.is_some())).or_default().extend(place);
    }
    let envs: BTreeSet<String> = finding.env.iter().flat_map(|envs| envs.split(", ")).map(str::to_owned).collect();
    merged.into_iter().map(|((file, accept, intents, _), places)| PartsOf { file, places, intents, envs: envs.clone(), accept }).collect()
}

/// The text with entries at the end of its list, read back and compared before it is given out. `old`: the text and what
/// it holds; `None` for a new file.
///
/// # Errors
/// Why it cannot be done; nothing was written.
pub fn append(old: Option<(&str, &Waivers)>, new: &[Waiver], loaded: &Loaded, rules: &[&Rule], sources: &Sources) -> Result<String, Vec<Finding>> {
    let text = match old {
        None => format!("{HEAD}{}", block(new, 2, false, "\n")),
        Some((text, waivers)) => inserted(text, waivers, new, sources).ok_or_else(|| vec![cannot(&waivers.path)])?,
    };
    if text.len() as u64 > Limits::WAIVERS.bytes {
        return Err(vec![cannot(NAME).help(Limits::WAIVERS.help)]);
    }
    let path = old.map_or(NAME, |(_, waivers)| waivers.path.as_str());
    let mut alone = sources.anew();
    let id = alone.add(path, text.as_bytes());
    let found = read::read(&alone, id, path, loaded, rules).map_err(|findings| findings.into_iter().map(|f| unplaced(f, path)).collect::<Vec<_>>())?;
    let wanted = old.iter().flat_map(|(_, waivers)| &waivers.entries).map(|e| &e.waiver).chain(new);
    if found.entries.iter().map(|e| &e.waiver).eq(wanted) { Ok(text) } else { Err(vec![cannot(path)]) }
}

/// Spans of a text that nobody else has mean nothing.
fn unplaced(mut finding: Finding, path: &str) -> Finding {
    (finding.primary, finding.related) = (None, Vec::new());
    finding.path(path)
}

fn cannot(path: &str) -> Finding {
    Finding::error(&INVALID, format!("{path} is laid out so that no entry can be appended to it; nothing was written"))
        .help("write its list one entry below the other, each with a dash, as `secgen waivers add` does in a new file")
        .path(path)
}

/// The text with the entries below the last one.
fn inserted(text: &str, waivers: &Waivers, new: &[Waiver], sources: &Sources) -> Option<String> {
    let node = document::parse_within(sources, waivers.id, Limits::WAIVERS).ok()?;
    let list = node.get("waivers")?;
    let Value::Seq(items) = &list.value else { return None };
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line_end = |at: usize| text.get(at..)?.find('\n').map_or(Some(text.len()), |n| Some(at + n + 1));
    let Some(last) = items.last() else {
        // `waivers: []`
        let range = list.span.range();
        let end = line_end(range.end)?;
        let head = text.get(..range.start)?.trim_end_matches(' ');
        let rest = text.get(range.end..end)?.trim_end_matches(['\n', '\r']);
        return Some(format!("{head}{rest}{newline}{}{}", block(new, 2, false, newline), text.get(end..)?));
    };
    let dash = |start: usize| {
        let before = text.get(..start)?.trim_end_matches([' ', '\n', '\r']).strip_suffix('-')?;
        let indent = before.get(before.rfind('\n').map_or(0, |n| n + 1)..)?;
        indent.bytes().all(|b| b == b' ').then_some((before.len(), indent.len()))
    };
    let (at, indent) = dash(last.span.range().start)?;
    // A literal block ends after its line end.
    let end = last.span.range().end;
    let end = if end > 0 && text.as_bytes().get(end - 1) == Some(&b'\n') { end } else { line_end(end)? };
    let before = items.len().checked_sub(2).and_then(|i| items.get(i)).and_then(|item| text.get(item.span.range().end..at));
    let is_airy = before.is_some_and(|between| between.replace('\r', "").contains("\n\n"));
    let (head, tail) = (text.get(..end)?, text.get(end..)?);
    let missing = if head.ends_with('\n') { "" } else { newline };
    Some(format!("{head}{missing}{}{tail}", block(new, indent, is_airy, newline)))
}

/// Entries as a list at an indentation.
fn block(new: &[Waiver], indent: usize, is_airy: bool, newline: &str) -> String {
    let pad = " ".repeat(indent);
    let mut out = String::new();
    for waiver in new {
        if is_airy {
            out.push('\n');
        }
        let _ = writeln!(out, "{pad}- id: {}", scalar(waiver.id.as_str()));
        let mut line = |key: &str, text: &str| out.push_str(&format!("{pad}  {key}: {}\n", scalar(text)));
        if let Some(kind) = waiver.kind {
            line("kind", kind.name());
        }
        line("rule", waiver.rule.as_str());
        let _ = writeln!(out, "{pad}  where:");
        let place = &waiver.r#where;
        for (key, texts) in [("file", &place.file), ("place", &place.place), ("intent", &place.intent), ("environment", &place.environment)] {
            match texts {
                None => {}
                Some(Texts::One(one)) => out.push_str(&format!("{pad}    {key}: {}\n", scalar(one.as_str()))),
                Some(many) => {
                    let _ = writeln!(out, "{pad}    {key}:");
                    many.iter().for_each(|text| out.push_str(&format!("{pad}      - {}\n", scalar(text))));
                }
            }
        }
        let mut line = |key: &str, text: &str| out.push_str(&format!("{pad}  {key}: {}\n", scalar(text)));
        line("accept", waiver.accept.as_str());
        line("reason", waiver.reason.as_str());
        line("owner", waiver.owner.as_str());
        line("created", waiver.created.as_str());
        line("until", waiver.until.as_str());
        for (key, text) in [("approved_by", waiver.approved_by.as_ref().map(Owner::as_str)), ("ticket", waiver.ticket.as_ref().map(Prose::as_str))] {
            if let Some(text) = text {
                line(key, text);
            }
        }
    }
    if newline == "\n" { out } else { out.replace('\n', newline) }
}

/// A text as YAML: bare where nobody could read it otherwise, else in double quotes.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let is_keyword = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if is_date || text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word) && !is_keyword {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
