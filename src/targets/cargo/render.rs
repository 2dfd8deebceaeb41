//! `deny.toml` and `.cargo/audit.toml` of a policy.
//!
//! The content is a list of sections with typed values, serialised by `toml_edit`; comments are fixed text, and the
//! reasons of the spec where `audit.toml` has no other place for them. What the spec says is claimed as an intent; what
//! it leaves out is written with the strictest value that cargo-deny itself or this module stands for, so that a reader
//! and a diff see it.

use super::generation::licence;
use super::package::{PackageSpec, check_url};
use super::rules;
use super::tree::{self, Node};
use crate::finding::Finding;
use crate::policy::Policy;
use crate::spec::{BannedCrate, Dependencies, IgnoredAdvisory, LintLevel, Reach};
use std::collections::BTreeSet;
use toml_edit::{Array, DocumentMut, InlineTable, Item, RawString, Table, Value};

/// Every key of `deny.toml` that [`deny`] writes.
pub(super) static DENY_KEYS: &[&str] = &[
    "advisories.disable-yank-checking",
    "advisories.ignore",
    "advisories.maximum-db-staleness",
    "advisories.unmaintained",
    "advisories.unsound",
    "advisories.unused-ignored-advisory",
    "advisories.yanked",
    "bans.allow-wildcard-paths",
    "bans.build.executables",
    "bans.deny",
    "bans.multiple-versions",
    "bans.wildcards",
    "graph.all-features",
    "graph.exclude-dev",
    "graph.exclude-unpublished",
    "graph.no-default-features",
    "licenses.allow",
    "licenses.confidence-threshold",
    "licenses.include-build",
    "licenses.private.ignore",
    "sources.allow-git",
    "sources.allow-registry",
    "sources.required-git-spec",
    "sources.unknown-git",
    "sources.unknown-registry",
];

/// Every key of `audit.toml` that [`audit`] writes.
pub(super) static AUDIT_KEYS: &[&str] = &[
    "advisories.ignore",
    "advisories.informational_warnings",
    "database.fetch",
    "database.stale",
    "output.deny",
    "output.quiet",
    "yanked.enabled",
    "yanked.update_index",
];

/// A section of a file.
struct Section {
    /// Its header, dotted.
    header: &'static str,
    /// One line above it.
    why: &'static str,
    lines: Vec<Line>,
}

/// A key with its value.
struct Line {
    key: &'static str,
    value: Value,
    /// One line above it; empty for none.
    why: &'static str,
}

/// A rendered file: its text and what its bytes must say.
pub(super) struct Rendered {
    /// The text below the header.
    pub(super) text: String,
    /// Every key with its canonical value, sorted.
    pub(super) leaves: Vec<(String, String)>,
}

/// A value of the spec that cannot be written: its key, and why.
struct Refusals<'a> {
    policy: &'a Policy,
    findings: Vec<Finding>,
}

impl Refusals<'_> {
    fn add(&mut self, key: &str, message: String, help: &str) {
        let mut finding = Finding::error(&rules::UNSAYABLE, message).help(help).intent(key).path(&self.policy.spec_path);
        finding.target = Some("cargo");
        if let Some(span) = self.policy.origin(key) {
            finding = finding.at(span, "");
            finding.spec = Some(span);
        }
        self.findings.push(finding);
    }

    /// A text for people. TOML strings can hold anything, comments only what ends no line; both refuse what is not text.
    fn prose<'t>(&mut self, key: &str, text: &'t str) -> &'t str {
        let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if text.contains(hidden) {
            self.add(key, format!("a text of {key} has characters that end a line or hide what follows"), "write one line of plain text");
        }
        text
    }
}

fn line(key: &'static str, value: impl Into<Value>, why: &'static str) -> Line {
    Line { key, value: value.into(), why }
}

/// A list with one element on a line; a short one stays on its own.
fn list(elements: impl IntoIterator<Item = Value>) -> Value {
    let mut array: Array = elements.into_iter().collect();
    if array.len() > 1 || array.iter().any(Value::is_inline_table) {
        array.iter_mut().for_each(|v| *v.decor_mut() = toml_edit::Decor::new("\n    ", ""));
        array.set_trailing_comma(true);
        array.set_trailing("\n");
    }
    Value::from(array)
}

fn inline(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::from(pairs.into_iter().collect::<InlineTable>())
}

/// The reason of an accepted advisory with who answers for it and until when: cargo-deny prints it where it applies.
fn reason(ignored: &IgnoredAdvisory) -> String {
    let owner = ignored.owner.as_ref().map(|o| format!("owner {o}"));
    let until = ignored.until.as_ref().map(|d| format!("until {d}"));
    let notes: Vec<String> = owner.into_iter().chain(until).collect();
    if notes.is_empty() { ignored.reason.to_string() } else { format!("{} ({})", ignored.reason, notes.join(", ")) }
}

/// Accepted advisories, sorted, each once.
fn ignored<'p>(d: &'p Dependencies, refusals: &mut Refusals<'_>) -> Vec<&'p IgnoredAdvisory> {
    let key = "dependencies.advisories.ignore";
    let mut all: Vec<&IgnoredAdvisory> = d.advisories.iter().filter_map(|a| a.ignore.as_ref()).flatten().collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    for pair in all.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        refusals.add(key, format!("{} stands twice in {key}", pair[0].id), "keep one of the two, with its reason");
    }
    for entry in &all {
        let tail = ["RUSTSEC-", "CVE-", "GHSA-"].iter().find_map(|kind| entry.id.strip_prefix(kind)).unwrap_or_default();
        if !(4..=40).contains(&tail.len()) || !tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            refusals.add(key, format!("an element of {key} is no advisory's number"), "write a number such as RUSTSEC-2023-0071, CVE-... or GHSA-...");
        }
        refusals.prose(key, entry.reason.as_str());
        if let Some(owner) = &entry.owner {
            refusals.prose(key, owner.as_str());
        }
    }
    all
}

fn licences(d: &Dependencies, refusals: &mut Refusals<'_>) -> BTreeSet<String> {
    let key = "dependencies.licenses.allow";
    let all: BTreeSet<String> = d.licenses.iter().filter_map(|l| l.allow.as_ref()).flat_map(|set| set.iter().map(|l| l.0.clone())).collect();
    for text in &all {
        if let Err(why) = licence(text) {
            let message = format!("{:?} in {key} is no SPDX licence identifier: {why}", super::generation::shown(text));
            refusals.add(key, message, "write an identifier of the SPDX licence list, such as Apache-2.0 or GPL-2.0-only WITH Classpath-exception-2.0");
        }
    }
    all
}

fn banned<'p>(d: &'p Dependencies, refusals: &mut Refusals<'_>) -> Vec<&'p BannedCrate> {
    let key = "dependencies.bans.deny";
    let mut all: Vec<&BannedCrate> = d.bans.iter().filter_map(|b| b.deny.as_ref()).flatten().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in all.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        refusals.add(key, format!("{} stands twice in {key}", super::generation::shown(&pair[0].name)), "keep one of the two");
    }
    for entry in &all {
        let name = entry.name.split(['@', ':']).next().unwrap_or_default();
        let legal = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let versions = PackageSpec::parse(&entry.name);
        if !legal || entry.name.len() > 200 || entry.name.contains(char::is_control) {
            refusals.add(key, format!("an element of {key} is no crate's name"), "write NAME, NAME@VERSION or NAME:REQUIREMENT, such as openssl:<0.11");
        } else if let Err(why) = versions {
            let message = format!("{:?} in {key} has no valid version requirement: {why}", super::generation::shown(&entry.name));
            refusals.add(key, message, "write NAME@VERSION or NAME:REQUIREMENT, such as openssl:<0.11");
        }
        for text in entry.reason.iter().chain(&entry.use_instead) {
            refusals.prose(key, text.as_str());
        }
    }
    all
}

fn repositories(d: &Dependencies, refusals: &mut Refusals<'_>) -> BTreeSet<String> {
    let key = "dependencies.sources.allow_git";
    let all: BTreeSet<String> = d.sources.iter().filter_map(|s| s.allow_git.as_ref()).flat_map(|set| set.iter().map(|g| g.0.clone())).collect();
    for url in &all {
        // Never repeated in a message: it may hold a password.
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let legal = |c: char| c.is_ascii_alphanumeric() || ".@:_~/-".contains(c);
        if !matches!(scheme, "https" | "ssh") || rest.is_empty() || rest.len() > 500 || !rest.chars().all(legal) {
            refusals.add(key, format!("an element of {key} is no address of a git repository"), "write an address such as https://git.example.com/acme/lib");
        } else if (scheme == "https" && !user.is_empty()) || user.contains(':') {
            refusals.add(key, format!("an address in {key} holds a user or a password"), "leave them out: git takes credentials from its own helpers");
        } else if let Err(why) = check_url(&url.replacen("ssh://", "https://", 1)) {
            refusals.add(key, format!("an address in {key} cannot be read: {why}"), "write an address such as https://git.example.com/acme/lib");
        }
    }
    all
}

/// `deny.toml` of a policy.
///
/// # Errors
/// Values that cargo-deny would refuse or read otherwise.
pub(super) fn deny(policy: &Policy) -> Result<Rendered, Vec<Finding>> {
    let d = policy.spec.dependencies.clone().unwrap_or_default();
    let mut refusals = Refusals { policy, findings: Vec::new() };
    let sections = deny_sections(&d, &mut refusals);
    finish(sections, refusals)
}

fn deny_sections(d: &Dependencies, refusals: &mut Refusals<'_>) -> Vec<Section> {
    let advisories = d.advisories.clone().unwrap_or_default();
    let bans = d.bans.clone().unwrap_or_default();
    let sources = d.sources.clone().unwrap_or_default();
    let level = |l: Option<LintLevel>, default: LintLevel| l.unwrap_or(default).name();
    let ignore = list(ignored(d, refusals).into_iter().map(|i| inline([("id", Value::from(i.id.as_str())), ("reason", Value::from(reason(i)))])));
    let allow = list(licences(d, refusals).into_iter().map(Value::from));
    let deny = list(banned(d, refusals).into_iter().map(|c| {
        let reason = c.reason.as_ref().map(|r| ("reason", Value::from(r.as_str())));
        let instead = c.use_instead.as_ref().map(|u| ("use-instead", Value::from(u.as_str())));
        inline([("crate", Value::from(c.name.as_str()))].into_iter().chain(reason).chain(instead))
    }));
    let git = list(repositories(d, refusals).into_iter().map(Value::from));
    vec![
        Section {
            header: "graph",
            why: "What is looked at: everything, for every platform.",
            lines: vec![
                line("all-features", true, "A feature that is off by default can bring in a crate too."),
                line("no-default-features", false, ""),
                line("exclude-dev", false, "Dev-dependencies run on the machines of developers and of CI."),
                line("exclude-unpublished", false, "A service is usually not published, and is what this is for."),
            ],
        },
        Section {
            header: "advisories",
            why: "Known vulnerabilities (always an error) and other advisories of the RustSec database.",
            lines: vec![
                line("unmaintained", advisories.unmaintained.unwrap_or(Reach::All).name(), "Crates for which \"unmaintained\" is an error."),
                line("unsound", advisories.unsound.unwrap_or(Reach::All).name(), "Crates for which \"unsound\" is an error."),
                line("yanked", level(advisories.yanked, LintLevel::Deny), "Versions that their authors took back."),
                line("ignore", ignore, "Accepted in the spec, each with its reason."),
                line("unused-ignored-advisory", "deny", "What is no longer needed must not stay accepted."),
                line("disable-yank-checking", false, ""),
                line("maximum-db-staleness", "P7D", "How old the database may be when it is not fetched."),
            ],
        },
        Section {
            header: "licenses",
            why: "Every licence that is not listed is an error, and so is a crate without one.",
            lines: vec![
                line("allow", allow, "From dependencies.licenses.allow; as long as that is empty, every licence is refused."),
                line("confidence-threshold", 0.93, "How sure the recognition of a licence text must be."),
                line("include-build", true, "Crates that only run at build time count too."),
                line("private", inline([("ignore", Value::from(true))]), "The workspace's own crates, as far as they are not published, need no licence."),
            ],
        },
        Section {
            header: "bans",
            why: "Crates that must not be used.",
            lines: vec![
                line("multiple-versions", level(bans.multiple_versions, LintLevel::Warn), "Two versions of one crate."),
                line("wildcards", level(bans.wildcards, LintLevel::Deny), "`*` as a version takes whatever comes."),
                line("allow-wildcard-paths", true, "Except for paths in crates that are not published, which need no version."),
                line("deny", deny, ""),
            ],
        },
        Section {
            header: "bans.build",
            why: "Crates that run at build time.",
            lines: vec![line("executables", "deny", "No compiled program may come with their source.")],
        },
        Section {
            header: "sources",
            why: "Where crates may come from.",
            lines: vec![
                line("unknown-registry", level(sources.unknown_registry, LintLevel::Deny), "Registries that are not listed."),
                line("unknown-git", level(sources.unknown_git, LintLevel::Deny), "Git repositories that are not listed."),
                line("required-git-spec", "rev", "A branch or a tag can be moved to other code; a commit cannot."),
                line("allow-registry", list([Value::from(super::deny::CRATES_IO)]), "crates.io, by the name of its index."),
                line("allow-git", git, ""),
            ],
        },
    ]
}

/// `.cargo/audit.toml` of a policy.
///
/// # Errors
/// As for [`deny`]: what is refused there is refused here.
pub(super) fn audit(policy: &Policy) -> Result<Rendered, Vec<Finding>> {
    let d = policy.spec.dependencies.clone().unwrap_or_default();
    let advisories = d.advisories.clone().unwrap_or_default();
    let mut refusals = Refusals { policy, findings: Vec::new() };
    let mut ids = Array::new();
    for entry in ignored(&d, &mut refusals) {
        // The format has no field for a reason. It is one line without control characters: checked in `ignored`.
        let mut id = Value::from(entry.id.as_str());
        *id.decor_mut() = toml_edit::Decor::new(format!("\n    # {}\n    ", reason(entry)), "");
        ids.push_formatted(id);
    }
    if !ids.is_empty() {
        ids.set_trailing_comma(true);
        ids.set_trailing("\n");
    }
    // cargo-audit knows no reach: only what the policy wants for all crates can be an error there.
    let kinds = [
        ("unmaintained", advisories.unmaintained.unwrap_or(Reach::All) == Reach::All),
        ("unsound", advisories.unsound.unwrap_or(Reach::All) == Reach::All),
        ("yanked", advisories.yanked.unwrap_or(LintLevel::Deny) == LintLevel::Deny),
    ];
    let denied: Array = kinds.into_iter().filter(|(_, on)| *on).map(|(kind, _)| kind).collect();
    let sections = vec![
        Section {
            header: "advisories",
            why: "Known vulnerabilities are always an error.",
            lines: vec![
                line("ignore", Value::from(ids), "Accepted in the spec; the same as in deny.toml."),
                line("informational_warnings", list(["unmaintained", "unsound", "notice"].map(Value::from)), ""),
            ],
        },
        Section { header: "database", why: "", lines: vec![line("fetch", true, ""), line("stale", false, "A database of 90 days or more is an error.")] },
        Section {
            header: "output",
            why: "",
            lines: vec![line("deny", Value::from(denied), "Without these cargo-audit prints them and passes."), line("quiet", false, "")],
        },
        Section { header: "yanked", why: "", lines: vec![line("enabled", true, ""), line("update_index", true, "")] },
    ];
    finish(sections, refusals)
}

fn finish(sections: Vec<Section>, refusals: Refusals<'_>) -> Result<Rendered, Vec<Finding>> {
    if !refusals.findings.is_empty() {
        return Err(refusals.findings);
    }
    let mut leaves: Vec<(String, String)> =
        sections.iter().flat_map(|s| s.lines.iter().flat_map(|l| leaves_of(&format!("{}.{}", s.header, l.key), &l.value))).collect();
    leaves.sort_unstable();
    Ok(Rendered { text: text(sections), leaves })
}

/// The canonical leaves of a value before it is text.
fn leaves_of(path: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::InlineTable(table) if !table.is_empty() => table.iter().flat_map(|(key, v)| leaves_of(&format!("{path}.{key}"), v)).collect(),
        value => vec![(path.to_owned(), node(value).canonical())],
    }
}

fn node(value: &Value) -> Node {
    tree::of_value(value)
}

fn text(sections: Vec<Section>) -> String {
    let comment = |why: &str| if why.is_empty() { String::new() } else { format!("# {why}\n") };
    let mut document = DocumentMut::new();
    for (position, section) in sections.into_iter().enumerate() {
        let mut table = Table::new();
        let gap = if position == 0 { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{gap}{}", comment(section.why)));
        table.set_position(isize::try_from(position).ok());
        for Line { key, value, why } in section.lines {
            table.insert(key, Item::Value(value));
            if let Some(mut key) = table.key_mut(key) {
                key.leaf_decor_mut().set_prefix(RawString::from(comment(why)));
            }
        }
        let (parent, name) = section.header.split_once('.').map_or((None, section.header), |(p, n)| (Some(p), n));
        match parent.and_then(|p| document.get_mut(p)).and_then(Item::as_table_mut) {
            Some(parent) => parent.insert(name, Item::Table(table)),
            None => document.insert(name, Item::Table(table)),
        };
    }
    document.to_string()
}
