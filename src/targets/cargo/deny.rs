//! `deny.toml`: what its settings effectively are, as facts for the intents of the policy.
//!
//! An absent key is cargo-deny's default. Elements of lists are compared normalised, and what opens a list from elsewhere
//! (exceptions to the licences, whole organisations as git sources) counts as an element of it.

use super::generation::{is_advisory, licence, shown, spec_of};
use super::keys::{LEVELS, REACHES};
use super::package::{PackageSpec, normal_url};
use super::rules;
use super::tree::{Entry, Node};
use crate::finding::{Cause, Label, Rule};
use crate::policy::intents::{lint_level, reach_level};
use crate::policy::{Intent, Policy};
use crate::source::{SourceId, Span};
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, Forbidden};
use crate::targets::{Fact, Found};
use std::collections::BTreeSet;
use std::ops::Range;

/// Whose defaults apply.
pub(super) const READER: &str = "cargo-deny 0.20";

/// The index of crates.io, as cargo-deny names it.
pub(super) const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

/// RustSec's advisory database, which cargo-deny asks by default.
const RUSTSEC: &str = "https://github.com/RustSec/advisory-db";

/// How many extra elements of one list are pointed at one by one; the value of the fact names them all.
const MOST_LISTED: usize = 20;

/// One file, parsed, with the exceptions that cargo-deny adds to it.
#[derive(Debug)]
pub(super) struct DenyFile<'a> {
    /// The text.
    pub(super) id: SourceId,
    /// Its tree.
    pub(super) root: &'a Node,
    /// Elements of `deny.exceptions.toml`, and their text.
    pub(super) exceptions: Vec<(SourceId, &'a Node)>,
    /// How reports name the place.
    pub(super) place: String,
}

/// Words that a key can hold, which of them applies without it, and their order.
struct Words {
    known: &'static [&'static str],
    default: &'static str,
    value: fn(&str) -> Value,
}

/// An element of a list: as the policy would write it, as shown, and where.
struct Element {
    value: String,
    at: Span,
}

/// Facts for all intents of the policy that cargo-deny carries, in the policy's order.
pub(super) fn facts(policy: &Policy, file: &DenyFile<'_>) -> Vec<Fact> {
    policy.intents.iter().filter_map(|intent| file.fact(intent)).collect()
}

/// Whether a list of databases holds RustSec's; an empty one stands for it.
pub(super) fn has_rustsec(urls: &Entry) -> bool {
    let all = urls.node.elements();
    all.is_empty() || all.iter().any(|n| n.text().is_some_and(|t| normal_url(t).eq_ignore_ascii_case(RUSTSEC)))
}

impl DenyFile<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.id, range.start, range.end)
    }

    /// The entry of a key, where cargo-deny reads it: the tables of `[graph]` also stand at the top, and win there.
    pub(super) fn entry(&self, table: &str, key: &str) -> Option<&Entry> {
        let moved = if table == "graph" { self.root.entry(key) } else { None };
        moved.or_else(|| self.root.find(&[table, key]))
    }

    fn elements(&self, table: &str, key: &str) -> &[Node] {
        self.entry(table, key).map(|e| e.node.elements()).unwrap_or_default()
    }

    fn fact(&self, intent: &Intent) -> Option<Fact> {
        let key = intent.key.strip_prefix("dependencies.")?;
        Some(match (key, &intent.value) {
            ("advisories.unmaintained", _) => self.reach(intent, "unmaintained", "all"),
            ("advisories.unsound", _) => self.reach(intent, "unsound", "workspace"),
            ("advisories.yanked", _) => self.yanked(intent),
            ("bans.multiple_versions", _) => self.level(intent, "bans", "multiple-versions", "warn", &rules::VERSIONS_LOOSE),
            ("bans.wildcards", _) => self.level(intent, "bans", "wildcards", "allow", &rules::VERSIONS_LOOSE),
            ("sources.unknown_registry", _) => self.level(intent, "sources", "unknown-registry", "warn", &rules::SOURCE_ALLOWED),
            ("sources.unknown_git", _) => self.level(intent, "sources", "unknown-git", "warn", &rules::SOURCE_ALLOWED),
            ("advisories.ignore", Value::Allowed(required)) => self.ignore(intent, &required.0),
            ("licenses.allow", Value::Allowed(required)) => self.licences(intent, &required.0),
            ("sources.allow_git", Value::Allowed(required)) => self.git(intent, &required.0),
            ("bans.deny", Value::Forbidden(required)) => self.bans(intent, &required.0),
            _ => return None,
        })
    }

    fn make(&self, intent: &Intent, rule: &'static Rule, found: Found, cause: Cause, at: Option<Label>) -> Fact {
        Fact { intent: intent.key.clone(), place: self.place.clone(), found, cause, at, related: Vec::new(), rule, help: Vec::new(), group: None }
    }

    /// Nothing sets the key: the default, at the head of its table, or of the file where there is none.
    fn default(&self, intent: &Intent, rule: &'static Rule, table: &str, value: Value) -> Fact {
        let words = |what: String| format!("{what}: {READER} takes {value}");
        let at = match self.root.entry(table) {
            Some(entry) => Label::new(self.span(&entry.key_span), words("nothing here sets it".to_owned())),
            None => Label::new(self.span(&(0..0)), words(format!("there is no [{table}]"))),
        };
        let at = Some(at);
        self.make(intent, rule, Found::Default { value, of: READER.to_owned() }, Cause::Missing, at)
    }

    fn word(&self, intent: &Intent, rule: &'static Rule, table: &str, key: &str, words: &Words) -> Fact {
        let mut fact = match self.entry(table, key) {
            None => self.default(intent, rule, table, (words.value)(words.default)),
            Some(entry) => {
                let at = Some(Label::new(self.span(&entry.node.span), ""));
                if let Some(word) = entry.node.text().filter(|word| words.known.contains(word)) {
                    self.make(intent, rule, Found::Set { value: (words.value)(word), text: word.to_owned() }, Cause::Value, at)
                } else {
                    let text = entry.node.text().map_or_else(|| entry.node.type_name().to_owned(), shown);
                    let why = format!("{READER} knows {} here", words.known.join(", "));
                    self.make(intent, rule, Found::Invalid { text, why }, Cause::Invalid, at)
                }
            }
        };
        fact.help.push(format!("write {key} = \"{}\" below [{table}]", intent.value));
        fact
    }

    fn level(&self, intent: &Intent, table: &str, key: &str, default: &'static str, rule: &'static Rule) -> Fact {
        let words = Words { known: LEVELS, default, value: |w| Value::Level(lint_level(w)) };
        self.word(intent, rule, table, key, &words)
    }

    fn reach(&self, intent: &Intent, key: &str, default: &'static str) -> Fact {
        let words = Words { known: REACHES, default, value: |w| Value::Level(reach_level(w)) };
        let fact = self.word(intent, &rules::ADVISORY_CHECK, "advisories", key, &words);
        // Advisories come from the databases that db-urls names, if it names any, and from no other.
        let Some(urls) = self.entry("advisories", "db-urls").filter(|e| !e.node.elements().is_empty()) else { return fact };
        if has_rustsec(urls) {
            return fact;
        }
        let at = Label::new(self.span(&urls.key_span), "RustSec's database is not among these");
        let mut other = self.make(
            intent,
            &rules::ADVISORY_CHECK,
            Found::Unverifiable("advisories come from another database than RustSec's, and secgen cannot know what it holds".to_owned()),
            Cause::NotRead,
            Some(at),
        );
        other.related = fact.at.into_iter().collect();
        other.help.push(format!("add \"{RUSTSEC}\" to advisories.db-urls, or delete db-urls"));
        other
    }

    fn yanked(&self, intent: &Intent) -> Fact {
        let mut fact = self.level(intent, "advisories", "yanked", "warn", &rules::ADVISORY_CHECK);
        let Some(off) = self.entry("advisories", "disable-yank-checking").filter(|e| e.node.boolean() == Some(true)) else { return fact };
        let label = Label::new(self.span(&off.key_span), "this switches the check off");
        fact.related.extend(fact.at.replace(label));
        fact.found = Found::Set { value: Value::Level(lint_level("allow")), text: "disable-yank-checking = true".to_owned() };
        fact.cause = Cause::Shadowed;
        fact.help = vec!["delete disable-yank-checking below [advisories]".to_owned()];
        fact
    }

    /// A fact about a list of allowed things: every extra element is pointed at.
    fn allowed(&self, intent: &Intent, rule: &'static Rule, table: &str, key: &str, required: &BTreeSet<String>, elements: &[Element]) -> Fact {
        let set: BTreeSet<String> = elements.iter().map(|e| e.value.clone()).collect();
        let value = Value::Allowed(Allowed(set));
        let extra: Vec<&Element> = elements.iter().filter(|e| !required.contains(&e.value)).collect();
        let entry = self.entry(table, key);
        if entry.is_none() && elements.is_empty() {
            return self.default(intent, rule, table, value);
        }
        let at = match (extra.first(), entry) {
            (Some(first), _) => Some(Label::new(first.at, format!("{} is not in the policy", first.value))),
            (None, Some(entry)) => Some(Label::new(self.span(&entry.key_span), "")),
            (None, None) => None,
        };
        let text = value.to_string();
        let mut fact = self.make(intent, rule, Found::Set { value, text }, Cause::Value, at);
        fact.related = extra.iter().skip(1).take(MOST_LISTED).map(|e| Label::new(e.at, format!("{} is not in the policy", e.value))).collect();
        let help = |e: &&&Element| format!("remove {} from {table}.{key}, or add it to {} in the spec", e.value, intent.key);
        fact.help = extra.iter().take(MOST_LISTED).map(|e| help(&e)).collect();
        if let Some(more) = extra.len().checked_sub(MOST_LISTED + 1) {
            fact.help.push(format!("do the same for the {} others of {table}.{key}", more + 1));
        }
        fact
    }

    fn ignore(&self, intent: &Intent, required: &BTreeSet<String>) -> Fact {
        let elements = self.elements("advisories", "ignore").iter().filter_map(|node| {
            let id = node.text().filter(|t| is_advisory(t)).or_else(|| node.entry("id").and_then(|e| e.node.text()));
            let value = match id {
                Some(id) => shown(id),
                None => format!("yanked {}", shown(&spec_of(node)?.to_string())),
            };
            Some(Element { value, at: self.span(&node.span) })
        });
        self.allowed(intent, &rules::ADVISORY_IGNORED, "advisories", "ignore", required, &elements.collect::<Vec<_>>())
    }

    fn licences(&self, intent: &Intent, required: &BTreeSet<String>) -> Fact {
        // The policy's own spelling of a licence, where it is one of the policy's.
        let spelling = |text: &str| {
            if required.contains(text) {
                return text.to_owned();
            }
            let normal = licence(text).unwrap_or_else(|_| shown(text));
            required.iter().find(|r| licence(r).is_ok_and(|r| r == normal)).cloned().unwrap_or(normal)
        };
        let mut elements: Vec<Element> = Vec::new();
        for node in self.elements("licenses", "allow") {
            elements.extend(node.text().map(|t| Element { value: spelling(t), at: self.span(&node.span) }));
        }
        let own = self.elements("licenses", "exceptions").iter().map(|n| (self.id, n));
        for (id, exception) in own.chain(self.exceptions.iter().copied()) {
            let name = spec_of(exception).map_or_else(|| "an unnamed crate".to_owned(), |s| shown(&s.to_string()));
            let allow = exception.entry("allow").map(|e| e.node.elements()).unwrap_or_default();
            for node in allow {
                // A licence that the policy allows for every crate is no exception to it.
                let Some(value) = node.text().map(spelling).filter(|v| !required.contains(v)) else { continue };
                elements.push(Element { value: format!("{value} for {name}"), at: Span::new(id, node.span.start, node.span.end) });
            }
        }
        // Without `ignore = true` cargo-deny looks at neither list of [licenses.private].
        let private = |key: &str| self.root.find(&["licenses", "private", key]);
        let is_on = private("ignore").and_then(|e| e.node.boolean()) == Some(true);
        let private = private("ignore-sources").filter(|_| is_on).map(|e| e.node.elements()).unwrap_or_default();
        for node in private {
            let Some(url) = node.text() else { continue };
            elements.push(Element { value: format!("anything from {}", shown(&normal_url(url))), at: self.span(&node.span) });
        }
        self.allowed(intent, &rules::LICENCE_ALLOWED, "licenses", "allow", required, &elements)
    }

    fn git(&self, intent: &Intent, required: &BTreeSet<String>) -> Fact {
        let spelling = |text: &str| {
            if required.contains(text) {
                return text.to_owned();
            }
            let normal = shown(&normal_url(text));
            required.iter().find(|r| normal_url(r) == normal).cloned().unwrap_or(normal)
        };
        let mut elements: Vec<Element> = Vec::new();
        for node in self.elements("sources", "allow-git") {
            elements.extend(node.text().map(|t| Element { value: spelling(t), at: self.span(&node.span) }));
        }
        for node in self.elements("sources", "private") {
            let Some(url) = node.text() else { continue };
            elements.push(Element { value: format!("everything below {}", shown(&normal_url(url))), at: self.span(&node.span) });
        }
        for host in ["github", "gitlab", "bitbucket"] {
            let names = self.root.find(&["sources", "allow-org", host]).map(|e| e.node.elements()).unwrap_or_default();
            for node in names {
                let Some(name) = node.text() else { continue };
                elements.push(Element { value: format!("everything of {host} organisation {}", shown(name)), at: self.span(&node.span) });
            }
        }
        self.allowed(intent, &rules::SOURCE_ALLOWED, "sources", "allow-git", required, &elements)
    }

    fn bans(&self, intent: &Intent, required: &BTreeSet<String>) -> Fact {
        let rule = &rules::BAN_MISSING;
        let mut set: BTreeSet<String> = BTreeSet::new();
        let mut partial: Vec<Label> = Vec::new();
        let wanted: Vec<(&String, Option<PackageSpec>)> = required.iter().map(|r| (r, PackageSpec::parse(r).ok())).collect();
        for node in self.elements("bans", "deny") {
            let Some(spec) = spec_of(node) else { continue };
            let covered: Vec<&String> = wanted.iter().filter(|(_, w)| w.as_ref().is_some_and(|w| spec.covers(w))).map(|(r, _)| *r).collect();
            let wrappers = node.entry("wrappers").is_some_and(|e| !e.node.elements().is_empty());
            let multi = node.entry("deny-multiple-versions").and_then(|e| e.node.boolean()) == Some(true);
            if wrappers || multi {
                let what = if wrappers { "its wrappers may use it" } else { "only a second version is an error" };
                if !covered.is_empty() {
                    partial.push(Label::new(self.span(&node.span), format!("this does not ban it: {what}")));
                }
            } else if covered.is_empty() {
                set.insert(shown(&spec.to_string()));
            } else {
                set.extend(covered.into_iter().cloned());
            }
        }
        // With a list of allowed crates, all others are refused.
        let allow: Vec<PackageSpec> = self.elements("bans", "allow").iter().filter_map(spec_of).collect();
        if !allow.is_empty() {
            let listed = |w: &PackageSpec| allow.iter().any(|a| a.name == w.name);
            set.extend(wanted.iter().filter(|(_, w)| w.as_ref().is_some_and(|w| !listed(w))).map(|(r, _)| (*r).clone()));
        }
        let missing: Vec<String> = required.difference(&set).cloned().collect();
        let value = Value::Forbidden(Forbidden(set));
        let mut fact = match self.entry("bans", "deny").or_else(|| self.entry("bans", "allow")) {
            None => self.default(intent, rule, "bans", value),
            Some(entry) => {
                let at =
                    Label::new(self.span(&entry.key_span), if missing.is_empty() { String::new() } else { format!("no full ban of {}", missing.join(", ")) });
                let text = value.to_string();
                self.make(intent, rule, Found::Set { value, text }, Cause::Value, Some(at))
            }
        };
        fact.related = partial;
        fact.help = missing.iter().map(|name| format!("add {{ crate = \"{name}\" }} to bans.deny")).collect();
        fact
    }
}
