//! Brings a hand-written `deny.toml` up to the policy, and touches nothing else.
//!
//! What is weaker is raised to what the policy asks for; what is stricter stays; missing bans are added one by one. What
//! only a deletion would mend (an ignored advisory, an extra licence) is reported and left, because somebody wrote it for
//! a reason. Keys that today's cargo-deny refuses are rewritten as it asks. Comments and layout stay.

use super::deny::{self, DenyFile};
use super::generation::ProblemKind;
use super::keys::{self, Key, Shape, Status};
use super::read::deny_problems;
use super::tree::{self, Node};
use crate::finding::Cause;
use crate::policy::{Intent, Policy};
use crate::source::Sources;
use crate::strictness::{Order, Value as Strict};
use crate::targets::{Fact, Found, Merged};
use std::ops::Range;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Why a file cannot be merged: the problems to mend by hand first, each in one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<String>);

/// Where an intent's value stands in `deny.toml`.
fn home(intent: &str) -> Option<(&'static str, &'static str)> {
    Some(match intent.strip_prefix("dependencies.")? {
        "advisories.unmaintained" => ("advisories", "unmaintained"),
        "advisories.unsound" => ("advisories", "unsound"),
        "advisories.yanked" => ("advisories", "yanked"),
        "bans.multiple_versions" => ("bans", "multiple-versions"),
        "bans.wildcards" => ("bans", "wildcards"),
        "sources.unknown_registry" => ("sources", "unknown-registry"),
        "sources.unknown_git" => ("sources", "unknown-git"),
        _ => return None,
    })
}

/// Merges the policy into a text. The same text merged again does not change any more.
///
/// # Errors
/// The text is no TOML, or cargo-deny refuses it for more than its age; or what the policy adds contradicts it.
pub fn merge(existing: &str, policy: &Policy) -> Result<Merged, Refusal> {
    let mut changes = Vec::new();
    let text = migrate(existing, &mut changes)?;
    let root = parse(&text)?;
    let facts = facts(policy, &root);
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| Refusal(vec![e.message().to_owned()]))?;
    let before = changes.len();
    let mut left = Vec::new();
    for fact in &facts {
        let Some(intent) = policy.intent(&fact.intent) else { continue };
        if is_met(intent, fact) {
            continue;
        }
        match &intent.value {
            Strict::Forbidden(_) => add_bans(&mut document, policy, fact, &mut changes),
            Strict::Level(required) if home(&intent.key).is_some() && !matches!(fact.found, Found::Unverifiable(_)) => {
                raise(&mut document, &intent.key, &required.word, fact, &mut changes);
            }
            _ => left.extend(fact.help.iter().cloned()),
        }
    }
    let text = if changes.len() == before { text } else { document.to_string() };
    let refused: Vec<String> = deny_problems(&parse(&text)?).into_iter().filter(|p| p.kind.refuses()).map(|p| p.message).collect();
    if refused.is_empty() { Ok(Merged { text, changes, left }) } else { Err(Refusal(refused)) }
}

fn parse(text: &str) -> Result<Node, Refusal> {
    if text.len() as u64 > tree::MAX_BYTES {
        return Err(Refusal(vec!["the file is longer than the 1 MiB that secgen reads".to_owned()]));
    }
    tree::parse(text).map_err(|e| Refusal(vec![format!("the file is not valid TOML: {}", e.message)]))
}

fn facts(policy: &Policy, root: &Node) -> Vec<Fact> {
    // Spans are not looked at here: any id will do.
    let id = Sources::new(std::path::Path::new(".")).add("deny.toml", "");
    deny::facts(policy, &DenyFile { id, root, exceptions: Vec::new(), place: String::new() })
}

fn is_met(intent: &Intent, fact: &Fact) -> bool {
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter),
        _ => false,
    }
}

/// Rewrites what an older cargo-deny took: values of `unmaintained` and `unsound`, and lines that have no meaning today.
fn migrate(existing: &str, changes: &mut Vec<String>) -> Result<String, Refusal> {
    let root = parse(existing)?;
    let problems: Vec<_> = deny_problems(&root).into_iter().filter(|p| p.kind.refuses()).collect();
    let by_hand: Vec<String> = problems.iter().filter(|p| p.kind != ProblemKind::Outdated).map(|p| p.message.clone()).collect();
    if !by_hand.is_empty() {
        return Err(Refusal(by_hand));
    }
    // Replacements of byte ranges, applied from the end.
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    for (table, known) in keys::DENY.iter().filter_map(|k| if let Shape::Table(inner) = k.shape { Some((k.name, inner)) } else { None }) {
        for entry in root.entry(table).map(|e| e.node.entries()).unwrap_or_default() {
            let Some(key) = known.iter().find(|k| k.name == entry.key) else { continue };
            match (key, entry.node.text()) {
                (Key { status: Status::Removed(_), .. }, _) => {
                    let Some(range) = line_of(existing, entry.key_span.start, &entry.node.span) else {
                        return Err(Refusal(vec![format!("{table}.{} stands in an inline table and must be deleted by hand", entry.key)]));
                    };
                    changes.push(format!("{table}.{} is deleted: today's cargo-deny refuses it", entry.key));
                    edits.push((range, ""));
                }
                (Key { shape: Shape::Reach, .. }, Some(old @ ("deny" | "warn" | "allow"))) => {
                    let new = match old {
                        "deny" => "\"all\"",
                        "warn" => "\"workspace\"",
                        _ => "\"none\"",
                    };
                    changes.push(format!("{table}.{} is {new} in place of {old:?}, which today's cargo-deny refuses", entry.key));
                    edits.push((entry.node.span.clone(), new));
                }
                _ => {}
            }
        }
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = existing.to_owned();
    for (range, new) in edits {
        text.replace_range(range, new);
    }
    Ok(text)
}

/// The lines of a key and its value, without a comment behind the value. `None` inside an inline table.
fn line_of(text: &str, key: usize, value: &Range<usize>) -> Option<Range<usize>> {
    let start = text[..key].rfind('\n').map_or(0, |i| i + 1);
    if text[start..key].contains(['{', ',', '[', '=']) {
        return None;
    }
    let end = text[value.end..].find('\n').map_or(text.len(), |i| value.end + i + 1);
    let behind = text[value.end..end].trim();
    match behind.chars().next() {
        None => Some(start..end),
        Some('#') => Some(start..value.end + text[value.end..].find('#')?),
        Some(_) => None,
    }
}

fn table<'d>(document: &'d mut DocumentMut, name: &str) -> Option<&'d mut dyn TableLike> {
    if !document.contains_key(name) {
        let mut table = Table::new();
        if !document.is_empty() {
            table.decor_mut().set_prefix("\n");
        }
        document.insert(name, Item::Table(table));
    }
    document.get_mut(name)?.as_table_like_mut()
}

/// Sets a key, keeping what stands around its old value.
fn set(table: &mut dyn TableLike, key: &str, value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn raise(document: &mut DocumentMut, intent: &str, word: &str, fact: &Fact, changes: &mut Vec<String>) {
    let Some((name, key)) = home(intent) else { return };
    let Some(table) = table(document, name) else { return };
    // A check of yanked crates that is switched off needs no other level, or needs both.
    if fact.cause == Cause::Shadowed {
        set(table, "disable-yank-checking", Value::from(false));
        changes.push("advisories.disable-yank-checking is false".to_owned());
        let level = table.get(key).and_then(Item::as_str).unwrap_or("warn");
        let (found, required) = (crate::policy::intents::lint_level(level).rank, crate::policy::intents::lint_level(word).rank);
        if found >= required {
            return;
        }
    }
    set(table, key, Value::from(word));
    changes.push(format!("{name}.{key} is {word:?}"));
}

/// Adds each ban that is missing, with its reason.
fn add_bans(document: &mut DocumentMut, policy: &Policy, fact: &Fact, changes: &mut Vec<String>) {
    let (Found::Set { value: Strict::Forbidden(found), .. } | Found::Default { value: Strict::Forbidden(found), .. }) = &fact.found else { return };
    let bans = policy.spec.dependencies.as_ref().and_then(|d| d.bans.as_ref()).and_then(|b| b.deny.as_ref());
    let missing: Vec<_> = bans.into_iter().flatten().filter(|b| !found.0.contains(&b.name)).collect();
    let Some(table) = table(document, "bans") else { return };
    for ban in missing {
        let pairs = [
            ("crate", Some(ban.name.as_str())),
            ("reason", ban.reason.as_ref().map(crate::spec::scalar::Prose::as_str)),
            ("use-instead", ban.use_instead.as_ref().map(crate::spec::scalar::Prose::as_str)),
        ];
        let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key, Value::from(value?))));
        match table.get_mut("deny") {
            Some(Item::ArrayOfTables(tables)) => {
                let mut entry = Table::new();
                pairs.for_each(|(key, value)| {
                    entry.insert(key, Item::Value(value));
                });
                entry.decor_mut().set_prefix("\n");
                tables.push(entry);
            }
            Some(Item::Value(Value::Array(list))) => push(list, pairs.collect()),
            _ => {
                let mut list = Array::new();
                push(&mut list, pairs.collect());
                table.insert("deny", Item::Value(Value::Array(list)));
            }
        }
        changes.push(format!("bans.deny names {}", ban.name));
    }
}

/// Adds an element in the layout of the list: on a line of its own where the others are.
fn push(bans: &mut Array, element: InlineTable) {
    let mut value = Value::InlineTable(element);
    let last = bans.get(bans.len().wrapping_sub(1));
    let indent = last.and_then(|v| v.decor().prefix()).and_then(|p| p.as_str()).and_then(|p| Some(p[p.rfind('\n')?..].to_owned()));
    match indent {
        Some(indent) => *value.decor_mut() = toml_edit::Decor::new(indent, ""),
        None if !bans.is_empty() => *value.decor_mut() = toml_edit::Decor::new(" ", ""),
        None => {}
    }
    // A comment behind the last element stands before the closing bracket when a comma follows that element, else in
    // the element's own suffix: in both places it stays where it is, and ends its line.
    let trailing = bans.trailing().as_str().unwrap_or_default().to_owned();
    if bans.trailing_comma() && trailing.contains('#') {
        let (comments, end) = trailing.rsplit_once('\n').map_or((trailing.as_str(), ""), |(c, e)| (c, e));
        *value.decor_mut() = toml_edit::Decor::new(format!("{comments}\n    "), "");
        bans.set_trailing(format!("\n{end}"));
    } else if let Some(last) = bans.iter_mut().last() {
        let suffix = last.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default().to_owned();
        if suffix.contains('\n') {
            // Without a comma behind the last element, the line end before the bracket is its suffix.
            let prefix = value.decor().prefix().and_then(|p| p.as_str()).unwrap_or("\n    ").to_owned();
            let (comments, end) = suffix.rsplit_once('\n').map_or((suffix.as_str(), ""), |(c, e)| (c, e));
            let comments = if comments.contains('#') { format!("{comments}\n") } else { String::new() };
            last.decor_mut().set_suffix("");
            let indent = prefix.rsplit('\n').next().unwrap_or("    ").to_owned();
            let start = if comments.is_empty() { format!("\n{indent}") } else { format!("{comments}{indent}") };
            *value.decor_mut() = toml_edit::Decor::new(start, "");
            bans.set_trailing(format!("\n{end}"));
            bans.set_trailing_comma(true);
        }
    }
    bans.push_formatted(value);
}
