//! Which files of rules there are, what is wrong with them, and how they stand to the policy.

use super::super::files::Server;
use super::include::{self, Item, Rules};
use super::lex::Dialect;
use super::patterns::{self, Patterns, SslOff};
use super::{KEY, OWN, rules};
use crate::finding::{Cause, Finding, Label};
use crate::policy::{Intent, Policy};
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources, Span, folder_of, join};
use crate::strictness::postgres::hba::{AccessRules, Connection, Detail, Difference, Entry, Method};
use crate::strictness::postgres::{Setting, catalogue, value::Meaning};
use crate::strictness::{Order, Value};
use crate::targets::{Fact, Found, Input, Reading};
use std::ops::RangeInclusive;

/// Lines that are refused and reported one by one.
const MAX_REFUSED: usize = 100;
/// Records that are shown of what was found.
const MAX_SHOWN: usize = 100;

/// Whether a path names a file of access rules, or its text looks like one: most lines begin with a type of connection.
pub(in super::super) fn is_rules(path: &str, bytes: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.contains("pg_hba") {
        return true;
    }
    let head = &bytes[..bytes.len().min(64 << 10)];
    let first = |line: &[u8]| {
        let text = String::from_utf8_lossy(line).into_owned();
        text.split_ascii_whitespace().next().filter(|word| !word.starts_with('#')).map(str::to_owned)
    };
    let words: Vec<String> = head.split(|b| *b == b'\n').filter_map(first).collect();
    let known = words.iter().filter(|word| Connection::parse(word).is_some()).count();
    known > 0 && known * 2 > words.len()
}

/// Whether it is the file that secgen renders: rules to paste, in force nowhere by itself.
fn is_own(path: &str) -> bool {
    path.rsplit('/').next() == Some(OWN)
}

/// A main file of rules.
struct File<'a> {
    path: String,
    id: SourceId,
    server: Option<&'a Server>,
    /// The configuration of its server names it, or it lies beside it.
    is_named_by_server: bool,
}

/// Versions that read a file alike, oldest first, and what they read.
struct Group {
    versions: Vec<u32>,
    rules: Rules,
}

/// Reads every file of rules that is named, and those of the servers.
pub(in super::super) fn read(
    policy: &Policy,
    versions: &RangeInclusive<u32>,
    sources: &mut Sources,
    inputs: &[Input],
    servers: &[Server],
    reading: &mut Reading,
) {
    for file in files(sources, inputs, servers, versions, reading) {
        let groups = groups(sources, &file, versions);
        let several = groups.len() > 1;
        refused(sources, &file, &groups, versions, reading);
        for group in &groups {
            for id in &group.rules.sources {
                if !reading.sources.contains(id) {
                    reading.sources.push(*id);
                }
            }
            for item in &group.rules.not_examined {
                if !reading.not_examined.contains(item) {
                    reading.not_examined.push(item.clone());
                }
            }
            let place = if several { format!("{} ({})", file.path, named(&group.versions)) } else { file.path.clone() };
            let newest = group.versions.last().copied().unwrap_or(*catalogue::VERSIONS.end());
            let off = ssl_off(file.server, newest);
            let in_words = |span: Span| sources.place(span);
            let shown = Shown {
                place: &place,
                path: &file.path,
                start: Span::new(file.id, 0, 0),
                rules: &group.rules,
                ssl_off: off.as_ref(),
                in_words: &in_words,
                unread: UNREAD,
            };
            judge(policy.intent(KEY), &shown, reading);
        }
    }
}

fn named(versions: &[u32]) -> String {
    match (versions.first(), versions.last()) {
        (Some(first), Some(last)) => catalogue::versions_text(&(*first..=*last)),
        _ => String::new(),
    }
}

/// The main files: those named, and the one of each server; none that another includes.
fn files<'a>(sources: &mut Sources, inputs: &[Input], servers: &'a [Server], versions: &RangeInclusive<u32>, reading: &mut Reading) -> Vec<File<'a>> {
    let mut files: Vec<File<'a>> = Vec::new();
    let newest = Dialect(*versions.end());
    for server in servers.iter().filter(|server| server.main.is_some()) {
        match of_server(server, sources) {
            Some(Ok((path, id, guess))) if !files.iter().any(|file| file.id == id) => {
                if let Some(named) = guess {
                    reading.not_examined.push((named, format!("hba_file names it, and it does not lie in the root: {path} is taken for it")));
                }
                files.push(File { path, id, server: Some(server), is_named_by_server: true });
            }
            Some(Err((what, why))) => reading.not_examined.push((what, why)),
            _ => {}
        }
    }
    for input in inputs {
        match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
            Ok(id) if files.iter().any(|file| file.id == id) => {}
            Ok(_) if is_own(&input.path) => {
                let why = "it is what secgen renders, to be pasted; name the pg_hba.conf that a server reads";
                reading.not_examined.push((input.path.clone(), why.to_owned()));
            }
            Ok(id) if is_rules(&input.path, sources.get(id).bytes()) => {
                let folder = folder_of(&input.path);
                let mains: Vec<&Server> = servers.iter().filter(|server| server.main.is_some()).collect();
                let server = mains.iter().find(|server| folder_of(&server.path) == folder).or(match mains.as_slice() {
                    [only] => Some(only),
                    _ => None,
                });
                files.push(File { path: input.path.clone(), id, server: server.copied(), is_named_by_server: false });
            }
            // Files of other kinds, and what cannot be read, are the business of others.
            Ok(_) => {}
            Err(error) if is_rules(&input.path, &[]) => reading.findings.push(Finding::unreadable(&error)),
            Err(_) => {}
        }
    }
    let included: Vec<SourceId> = files.iter().flat_map(|file| include::read(sources, file.id, newest).sources.into_iter().skip(1)).collect();
    files.retain(|file| !included.contains(&file.id) || file.is_named_by_server);
    files
}

/// The file of rules of a server: as `hba_file` says, else beside its `postgresql.conf`. With it what
/// `hba_file` names, where the file is only one of the same name beside `postgresql.conf`. An error says what was not
/// read, and why.
#[allow(clippy::type_complexity)]
fn of_server(server: &Server, sources: &mut Sources) -> Option<Result<(String, SourceId, Option<String>), (String, String)>> {
    let folder = folder_of(&server.path).to_owned();
    let newest = *catalogue::VERSIONS.end();
    let named = server.assignments("hba_file", newest).last().map(|(_, set)| set.value.clone());
    let beside = named.as_ref().map_or("pg_hba.conf", |path| path.rsplit('/').next().unwrap_or(path)).to_owned();
    let candidates = named.iter().filter_map(|path| join(&folder, path)).chain(join(&folder, &beside));
    for path in candidates {
        if !sources.exists(&path) {
            continue;
        }
        match sources.read(&path, MAX_CONFIG_BYTES) {
            Ok(id) => {
                let guess = named.as_ref().filter(|named| join(&folder, named).as_deref() != Some(path.as_str()));
                return Some(Ok((path, id, guess.cloned())));
            }
            Err(ReadError::OutsideRoot(_) | ReadError::NotFound(_)) => {}
            Err(error) => return Some(Err((path, error.to_string()))),
        }
    }
    named.map(|path| {
        Err((path, "hba_file names it, and it does not lie in the root or beside postgresql.conf: which access rules are in force is not seen".to_owned()))
    })
}

/// One reading for all versions that read alike.
fn groups(sources: &mut Sources, file: &File<'_>, versions: &RangeInclusive<u32>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // The first version of each dialect.
    let is_new = |version: u32| version == *versions.start() || matches!(version, 14 | 16 | 17 | 18);
    for version in versions.clone() {
        if !is_new(version) {
            if let Some(last) = groups.last_mut() {
                last.versions.push(version);
            }
            continue;
        }
        let rules = include::read(sources, file.id, Dialect(version));
        match groups.last_mut() {
            Some(last) if says_the_same(&last.rules, &rules) => last.versions.push(version),
            _ => groups.push(Group { versions: vec![version], rules }),
        }
    }
    groups
}

fn says_the_same(a: &Rules, b: &Rules) -> bool {
    let same = |a: &include::Read, b: &include::Read| {
        a.span == b.span
            && match (&a.item, &b.item) {
                (Item::Record(a), Item::Record(b)) => a.record == b.record,
                (Item::Bad(a, _), Item::Bad(b, _)) => a.why == b.why,
                (Item::Unseen(a), Item::Unseen(b)) => a == b,
                _ => false,
            }
    };
    a.lines.len() == b.lines.len() && a.lines.iter().zip(&b.lines).all(|(a, b)| same(a, b))
}

/// The lines that a server refuses.
fn refused(sources: &Sources, file: &File<'_>, groups: &[Group], versions: &RangeInclusive<u32>, reading: &mut Reading) {
    const TEMPLATE: &str = "this looks like a line of a template: render it first, and check what it makes";
    let mut seen: Vec<Span> = Vec::new();
    let mut count = 0;
    for group in groups.iter().rev() {
        for finding in &group.rules.unreadable {
            if !reading.findings.iter().any(|known| known.message == finding.message) {
                reading.findings.push(finding.clone());
            }
        }
        for line in &group.rules.lines {
            let Item::Bad(bad, is_template) = &line.item else { continue };
            count += 1;
            if count > MAX_REFUSED || seen.contains(&line.span) {
                continue;
            }
            seen.push(line.span);
            let refusing: Vec<u32> = groups
                .iter()
                .filter(|group| group.rules.lines.iter().any(|own| own.span == line.span && matches!(own.item, Item::Bad(..))))
                .flat_map(|group| group.versions.iter().copied())
                .collect();
            let help = if *is_template { TEMPLATE } else { bad.help };
            reading.findings.push(if refusing.len() == versions.clone().count() {
                Finding::error(&rules::REFUSED, bad.why.clone()).at(line.span, "the server does not start with this line").help(help)
            } else {
                let names: Vec<String> = refusing.iter().map(ToString::to_string).collect();
                let message = format!("{} (PostgreSQL {}, which is among the declared versions)", bad.why, names.join(", "));
                Finding::warning(&rules::VERSION, message)
                    .at(line.span, "these versions do not start with this line")
                    .help(help)
                    .help("or declare in targets.postgres.versions the versions that really read this file")
            });
        }
    }
    if count > MAX_REFUSED
        && let Some(last) = reading.findings.last_mut()
    {
        last.message = format!("{} (and more lines like it in {})", last.message, file.path);
    }
    if groups.iter().any(|group| group.rules.lines.is_empty()) {
        let finding = Finding::error(&rules::REFUSED, format!("{} holds no record", sources.get(file.id).path));
        let help = "write the records, `local all postgres peer` first; if this file is not the one that the server reads, check another";
        reading.findings.push(finding.at(Span::new(file.id, 0, 0), "the server does not start with this file").help(help));
    }
}

/// Where the configuration of the file's server switches TLS off.
fn ssl_off(server: Option<&Server>, version: u32) -> Option<SslOff> {
    let server = server.filter(|server| server.main.is_some())?;
    let last = server.assignments("ssl", version).last();
    if let Some((order, ..)) = server.last_unseen("ssl")
        && last.as_ref().is_none_or(|(own, _)| *own < order)
    {
        return None;
    }
    let Some((_, set)) = last else { return Some(SslOff { at: None }) };
    let setting = Setting::from_text("ssl", &set.value, &(version..=version)).ok()?;
    (setting.meaning(version) == Some(&Meaning::Bool(false))).then_some(SslOff { at: Some(set.span) })
}

/// What is said of an include that was not read, and what to do.
const UNREAD: (&str, &str) =
    ("what this includes was not read", "name the included file by a path relative to this one, or run secgen on the server, so that it is read");

/// Rules as a server reads them, and how they are named.
pub(super) struct Shown<'a> {
    /// Where the fact holds.
    pub(super) place: &'a str,
    /// The file, in instructions.
    pub(super) path: &'a str,
    /// What is pointed at where no line is.
    pub(super) start: Span,
    pub(super) rules: &'a Rules,
    /// Where the server's configuration switches TLS off, if it does.
    pub(super) ssl_off: Option<&'a SslOff>,
    /// A line in instructions.
    pub(super) in_words: &'a dyn Fn(Span) -> String,
    /// What is said of records that were not read, and what to do.
    pub(super) unread: (&'static str, &'static str),
}

/// Patterns, and the fact of the policy's intent.
pub(super) fn judge(intent: Option<&Intent>, shown: &Shown<'_>, reading: &mut Reading) {
    let (value, lines) = shown.rules.value();
    let required = intent.and_then(|intent| match &intent.value {
        Value::Hba(rules) => Some(rules.as_ref()),
        _ => None,
    });
    let detail = required.and_then(|required| required.compare_in_detail(&value));
    let patterns = Patterns { value: &value, lines: &lines, required, exceeding: detail.as_ref().map(|detail| &detail.exceeding), ssl_off: shown.ssl_off };
    let (findings, in_order) = patterns::find(&patterns);
    if !in_order {
        let why = "it has too many records to follow each client through them, so that each record was looked at as if it stood alone";
        let item = (format!("the order of the records of {}", shown.path), why.to_owned());
        if !reading.not_examined.contains(&item) {
            reading.not_examined.push(item);
        }
    }
    for mut finding in findings {
        finding.place = Some(shown.path.to_owned());
        let is_known = |known: &Finding| known.rule == finding.rule && known.primary == finding.primary;
        if !reading.findings.iter().any(is_known) {
            reading.findings.push(finding);
        }
    }
    let (Some(intent), Some(required)) = (intent, required) else { return };
    let comparison = Comparison { intent, required, value: &value, lines: &lines, shown };
    reading.facts.push(comparison.fact(detail.as_ref()));
}

/// A file of rules beside the required ones.
struct Comparison<'a> {
    intent: &'a Intent,
    required: &'a AccessRules,
    value: &'a AccessRules,
    lines: &'a [&'a include::Read],
    shown: &'a Shown<'a>,
}

impl Comparison<'_> {
    fn make(&self, found: Found, cause: Cause, at: Option<Label>) -> Fact {
        Fact {
            intent: self.intent.key.clone(),
            place: self.shown.place.to_owned(),
            found,
            cause,
            at,
            related: Vec::new(),
            rule: &rules::DRIFT,
            help: Vec::new(),
            group: None,
        }
    }

    fn fact(&self, detail: Option<&Detail>) -> Fact {
        if !self.shown.rules.is_loaded() {
            return self.not_loaded();
        }
        if let Some(Detail { weaker: None, other: None, unseen: Some(difference), .. }) = detail {
            let at = difference.found.and_then(|index| self.lines.get(index)).map(|line| Label::new(line.span, self.shown.unread.0));
            let mut fact = self.make(Found::Unverifiable(difference.why.clone()), Cause::NotRead, at);
            fact.help.push(self.shown.unread.1.to_owned());
            return fact;
        }
        let found = Found::Set { value: Value::Hba(Box::new(self.value.clone())), text: self.text() };
        let mut fact = self.make(found, Cause::Value, None);
        fact.at = self.lines.first().map(|line| Label::new(line.span, "the first record"));
        match detail {
            None => fact.help.push("compare fewer records at a time: the file and the policy have too many to compare each with each".to_owned()),
            Some(detail) => detail.worst().into_iter().for_each(|difference| self.explain(&mut fact, detail.order, difference)),
        }
        fact
    }

    /// A server that cannot load the file runs on with older rules, which nobody sees.
    fn not_loaded(&self) -> Fact {
        let bad = self.shown.rules.lines.iter().find_map(|line| match &line.item {
            Item::Bad(_, is_template) => Some((line.span, *is_template)),
            _ => None,
        });
        let is_template = bad.is_some_and(|(_, is_template)| is_template);
        let (why, cause) = if is_template {
            ("a template decides what the access rules are", Cause::Template)
        } else {
            ("the server does not load the file: a running one keeps older rules, and which is not known", Cause::NotUnderstood)
        };
        let at = bad.map_or(self.shown.start, |(span, _)| span);
        let mut fact = self.make(Found::Unverifiable(why.to_owned()), cause, Some(Label::new(at, "refused")));
        let help = if is_template { "render the template, and check what it makes" } else { "correct the line, and check again" };
        fact.help.push(help.to_owned());
        fact
    }

    /// The records in force, as far as a person reads them.
    fn text(&self) -> String {
        let count = self.value.entries.len();
        if count <= MAX_SHOWN {
            return self.value.to_string();
        }
        let head = AccessRules { entries: self.value.entries.iter().take(MAX_SHOWN).cloned().collect() };
        format!("{head}\nand {} records more", count - MAX_SHOWN)
    }

    fn explain(&self, fact: &mut Fact, order: Order, difference: &Difference) {
        let line = |index: usize| self.lines.get(index).map(|line| line.span);
        fact.at = match difference.found.and_then(line) {
            Some(span) => Some(Label::new(span, "decides for that client")),
            None => self.lines.last().map(|line| Label::new(line.span, "no record matches that client, which is refused")),
        };
        let wanted = difference.required.and_then(|index| self.required.entries.get(index)).and_then(Entry::record);
        // The record that the policy would have decide, present and not reached.
        let later = difference.found.map_or(0, |index| index + 1);
        let present = wanted.and_then(|wanted| self.value.entries.iter().skip(later).position(|entry| entry.record() == Some(wanted)).map(|at| at + later));
        if let Some(span) = present.and_then(line).filter(|_| difference.found.is_some()) {
            fact.related.push(Label::new(span, "the policy's record is here, below the one that decides"));
            fact.cause = Cause::Shadowed;
            fact.help.push("move this record below the one that the policy has for these clients, and reload the server".to_owned());
            return;
        }
        if order == Order::Stricter {
            return;
        }
        let place = difference.found.and_then(line).map_or_else(|| self.shown.path.to_owned(), self.shown.in_words);
        fact.help.push(match wanted.filter(|wanted| wanted.method != Method::Reject) {
            Some(wanted) => format!("put `{wanted}` above {place}, or in its place, and reload the server"),
            None => format!("delete {place}, or narrow it to the clients that the policy lets in, and reload the server"),
        });
    }
}
