//! Whether anything runs cargo-deny and cargo-audit: a policy that nothing runs enforces nothing.
//!
//! CI files, task files, hooks and scripts of the repository are looked through for calls ([`files`]); each call counts,
//! is void (its failure is lost, it leaves checks out) or is open (secgen cannot tell). What is open is never a pass.

mod call;
mod code;
mod files;
mod github;
mod gitlab;
mod lines;
pub(super) mod rules;
mod shell;
mod starts;
mod toml;
mod yaml;

use super::generation::shown;
use super::rules::{ADVISORY_IGNORED, NARROWED};
use super::tree;
use crate::document;
use crate::finding::{Cause, Finding, Kind, Rule, Verdict};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span, folder_of, join};
use crate::strictness::Value;
use call::{Aliases, CHECKS, Call, Tool};
use files::Kind as FileKind;
use shell::Failure;
use starts::{Outcomes, Start};
use std::collections::{BTreeMap, BTreeSet};

/// The check of `bans`, by its place in [`CHECKS`].
const BANS: usize = 1;

/// How many calls are pointed at in one finding.
const MOST_LISTED: usize = 5;

/// How many characters of a line are pointed at.
const MOST_SHOWN: usize = 300;

/// How a call comes to run.
#[derive(Clone, Debug)]
enum Way {
    /// A CI server starts it.
    Ci,
    /// Something else has to start it, which names one of these.
    Named(Vec<String>),
}

/// A call that was seen.
#[derive(Clone, Debug)]
struct Seen {
    path: String,
    way: Way,
    at: Span,
    call: Call,
}

/// What was found in the repository.
#[derive(Debug, Default)]
pub(super) struct Found {
    seen: Vec<Seen>,
    /// What CI files start.
    starts: Vec<Start>,
    /// What becomes of failures where those start something.
    outcomes: Outcomes,
    /// What a CI file brings in from other repositories: the file, and what.
    elsewhere: Vec<(String, String)>,
    /// CI files.
    ci: Vec<String>,
    /// Files of GitLab that its own file does not bring in, and what that makes of their jobs.
    apart: BTreeMap<String, Failure>,
    /// All files that were looked at.
    looked_at: usize,
    /// Why something was not looked at.
    pub(super) not_examined: Vec<(String, String)>,
}

impl Found {
    /// Notes a text that may start something. What is beyond the bound starts nothing that counts.
    fn start(&mut self, start: Start) {
        let is_known = |last: &Start| last.path == start.path && last.text == start.text && last.failure == start.failure;
        if self.starts.len() < starts::MOST_STARTS && !self.starts.last().is_some_and(is_known) {
            self.starts.push(start);
        }
    }
}

/// A configuration whose program must run.
#[derive(Clone, Debug)]
pub(super) struct Configured {
    /// Its text.
    pub(super) id: SourceId,
    /// Its path.
    pub(super) path: String,
    /// The folder of the manifest that it belongs to.
    pub(super) folder: String,
    /// Whose it is.
    pub(super) is_audit: bool,
}

/// The first command within a span that names the program and is not pointed at yet, or the span's first line: from the
/// word `cargo` to the end of the command and one plain word behind it, so that nothing else of the line is shown.
fn line_in(sources: &Sources, span: Span, tool: Tool, seen: &[Seen]) -> Span {
    let text = String::from_utf8_lossy(sources.slice(span));
    let name = if tool == Tool::Deny { "deny" } else { "audit" };
    let (mut at, mut first) = (0, None);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        // Of the same length, byte by byte.
        let lower = bare.to_ascii_lowercase();
        let begin = bare.len() - bare.trim_start().len();
        if let Some(named) = lower.rfind(name).filter(|_| !bare.trim_start().starts_with('#')) {
            let from = lower[..named].rfind("cargo").unwrap_or(begin);
            let start = span.range().start + at;
            let found = Span::new(span.source, start + from, start + end_of_command(bare, named + name.len()));
            if !seen.iter().any(|s| s.at == found) {
                return found;
            }
            first = first.or(Some(found));
        }
        at += line.len();
    }
    first.unwrap_or_else(|| Span::new(span.source, span.range().start, span.range().start))
}

/// The end of the command that `from` lies in, with an operator and one plain word behind it: `|| true`.
fn end_of_command(line: &str, from: usize) -> usize {
    let rest = &line[from..];
    let Some(at) = rest.find(['|', '&', ';', '`', ')']) else { return line.len() };
    let behind = rest[at..].trim_start_matches(['|', '&', ';']);
    let word = behind.trim_start();
    let length = word.find(char::is_whitespace).unwrap_or(word.len());
    let is_plain = (1..=10).contains(&length) && word[..length].bytes().all(|b| b.is_ascii_lowercase() || b == b':');
    if is_plain && behind.len() < rest[at..].len() { line.len() - word.len() + length } else { from + rest[..at].trim_end().len() }
}

/// Looks through the repository.
pub(super) fn look(sources: &mut Sources) -> Found {
    let mut found = Found::default();
    let (files, more) = files::find(sources);
    if more {
        found.not_examined.push((".".to_owned(), "more files than secgen looks through for calls of cargo-deny and cargo-audit".to_owned()));
    }
    let mut read: Vec<(String, FileKind, SourceId)> = Vec::new();
    for (path, kind) in files {
        match sources.read(&path, files::MAX_BYTES) {
            Ok(id) => {
                // Only the calls are shown: the rest may hold secrets.
                sources.cover(id);
                read.push((path, kind, id));
            }
            Err(error) => found.not_examined.push((path, error.to_string())),
        }
    }
    gitlab::included(sources, &mut read, &mut found);
    found.looked_at = read.len();
    found.ci = read.iter().filter(|(path, kind, _)| kind.is_ci() && !found.apart.contains_key(path)).map(|(path, ..)| path.clone()).collect();
    // Names that cargo knows come first: other files use them.
    let mut aliases = Aliases::new();
    for (path, kind, id) in &read {
        let text = sources.get(*id).text().unwrap_or_default();
        if *kind != FileKind::CargoConfig {
            continue;
        }
        if let Ok(root) = tree::parse(text) {
            for (name, words, at) in toml::aliases(&root) {
                let all: Vec<String> = std::iter::once("cargo".to_owned()).chain(words.iter().cloned()).collect();
                let calls = call::words_calls(&all, &Aliases::new(), 0);
                let way = Way::Named(vec![format!("cargo {name}")]);
                let at = Span::new(*id, at, at + name.len());
                found.seen.extend(calls.into_iter().map(|call| Seen { path: path.clone(), way: way.clone(), at, call }));
                aliases.insert(name, words);
            }
        }
    }
    for (path, kind, id) in &read {
        file(sources, path, *kind, *id, &aliases, &mut found);
    }
    for seen in &found.seen {
        sources.uncover(seen.at);
    }
    found.outcomes = starts::outcomes(&found.starts, &found.seen);
    for seen in &mut found.seen {
        if let Way::Named(words) = &seen.way
            && let Some(Some(outside)) = found.outcomes.get(words)
        {
            seen.call.failure = call::worse(seen.call.failure.clone(), outside.clone());
        }
    }
    found
}

/// Reads one file.
fn file(sources: &Sources, path: &str, kind: FileKind, id: SourceId, aliases: &Aliases, found: &mut Found) {
    let Some(text) = sources.get(id).text() else { return };
    let name = path.rsplit('/').next().unwrap_or(path);
    let can_start = kind.is_ci() || kind == FileKind::Action;
    if !can_start && !call::mentions(text, aliases) && !text.contains("include") && !text.contains("uses") && !text.contains("deny") && !text.contains("audit")
    {
        return;
    }
    let named = |words: &[&str]| Way::Named(words.iter().map(|w| (*w).to_owned()).collect());
    let tree = |way: Way| yaml::Tree { sources, path, aliases, way, shell: yaml::shell(path), extended: Vec::new() };
    let mut lines = |calls: Vec<lines::At>, way: Way| {
        for (call, at) in calls {
            let line = text[at..].lines().next().unwrap_or_default();
            let range = at..at + line.char_indices().nth(MOST_SHOWN).map_or(line.len(), |(end, _)| end);
            let at = line_in(sources, Span::new(id, range.start, range.end), call.tool, &[]);
            found.seen.push(Seen { path: path.to_owned(), way: way.clone(), at, call });
        }
    };
    match kind {
        FileKind::Make => lines(lines::make(text, aliases), named(&["make"])),
        FileKind::Just => lines(lines::just(text, aliases), named(&["just"])),
        FileKind::Script => lines(lines::script(text, aliases), named(&[name])),
        FileKind::Docker => lines(lines::docker(text, aliases), named(&["docker", "podman", "buildah", "earthly", "build-push"])),
        FileKind::Rust => lines(code::calls(text, aliases), named(&["xtask"])),
        FileKind::OtherCi => {
            let why = "secgen does not read files of this kind";
            lines(lines::mentioned(text, why), Way::Ci);
            found.start(unread(path, text, why));
        }
        FileKind::Other => lines(lines::mentioned(text, "secgen does not read files of this kind"), named(&[name, "nix"])),
        FileKind::TomlTasks => match tree::parse(text) {
            Ok(root) => lines(toml::tasks(&root, aliases), named(&["make", "mise", "makers"])),
            Err(_) => lines(lines::mentioned(text, "the file is not valid TOML"), named(&["make", "mise"])),
        },
        FileKind::CargoConfig => {}
        FileKind::Workflow | FileKind::Action | FileKind::Ci | FileKind::PreCommit | FileKind::Tasks | FileKind::Package => {
            let Ok(root) = document::parse(sources, id) else {
                let why = "secgen cannot read this YAML (anchors, tags and the like)";
                let way = if kind.is_ci() { Way::Ci } else { named(&[name, "pre-commit", "prek", "task", "lefthook", "npm"]) };
                lines(lines::mentioned(text, why), way);
                if can_start {
                    found.start(unread(path, text, why));
                }
                return;
            };
            match kind {
                FileKind::Workflow => github::workflow(sources, path, &root, aliases, found),
                FileKind::Action => github::action(sources, path, &root, aliases, found),
                FileKind::Package => yaml::package(&tree(named(&["npm", "pnpm", "yarn", "bun"])), &root, found),
                FileKind::PreCommit => tree(named(&["pre-commit", "prek"])).look(&root, &Failure::Counts, found),
                FileKind::Tasks => tree(named(&["task", "lefthook"])).look(&root, &Failure::Counts, found),
                _ => {
                    let reached = found.apart.get(path).cloned().unwrap_or(Failure::Counts);
                    if reached == Failure::Counts {
                        found.elsewhere.extend(yaml::includes(&root).into_iter().map(|what| (path.to_owned(), what)));
                    }
                    let tree = yaml::Tree { extended: yaml::extended(&root), ..tree(Way::Ci) };
                    tree.look(&root, &reached, found);
                }
            }
        }
    }
}

/// What a CI file may start that cannot be read: comments left out.
fn unread(path: &str, text: &str, why: &str) -> Start {
    let text: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with(['#', '/'])).collect();
    Start { path: path.to_owned(), way: Way::Ci, text: text.join("\n"), shell: None, failure: Failure::Open(why.to_owned()) }
}

/// How a call stands to one configuration.
enum Stand {
    Counts,
    Lost(String),
    Open(String),
}

fn stand(seen: &Seen, file: &Configured, check: usize) -> Option<Stand> {
    let call = &seen.call;
    if (call.tool == Tool::Audit) != file.is_audit || !call.checks[check] {
        return None;
    }
    if let Some(config) = &call.config {
        let plain = join("", config).unwrap_or_default();
        let same = file.path == plain || file.path.ends_with(&format!("/{plain}")) || plain.ends_with(&format!("/{}", file.path));
        if config.contains(['$', '{', shell::UNKNOWN]) {
            return Some(Stand::Open("which configuration it reads is decided elsewhere".to_owned()));
        }
        if !same {
            return Some(Stand::Lost(format!("it reads {} in place of {}", shown(config), file.path)));
        }
    } else if !file.folder.is_empty() {
        // Below the root a call can run where another configuration, or none, is found.
        let kind = files::kind(&seen.path);
        let base = match kind {
            Some(FileKind::Make | FileKind::Just | FileKind::Tasks | FileKind::TomlTasks | FileKind::Package) => Some(folder_of(&seen.path).to_owned()),
            Some(FileKind::Workflow | FileKind::Ci | FileKind::PreCommit) => Some(String::new()),
            _ => None,
        };
        let place = base.zip(call.folder.as_ref()).and_then(|(base, inner)| join(&base, inner));
        let inside = |place: &str| place == file.folder || place.starts_with(&format!("{}/", file.folder));
        match place {
            Some(place) if inside(&place) => {}
            Some(place) => {
                let place = if place.is_empty() { "the root".to_owned() } else { shown(&place) };
                return Some(Stand::Lost(format!("it runs in {place}, where {} is not read", file.path)));
            }
            None => return Some(Stand::Open("the folder in which it runs is not known".to_owned())),
        }
    }
    if let Some((_, why)) = call.lost.iter().find(|(lost, _)| *lost == check) {
        return Some(Stand::Lost(why.clone()));
    }
    Some(match &call.failure {
        Failure::Counts => Stand::Counts,
        Failure::Lost(why) => Stand::Lost(why.clone()),
        Failure::Open(why) => Stand::Open(why.clone()),
    })
}

/// What was found of each configuration.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What is not fine.
    pub(super) findings: Vec<Finding>,
    /// Checks that nothing was seen to run: the configuration's path, and the check.
    pub(super) idle: Vec<(String, &'static str)>,
}

/// Judges what was found for each configuration.
pub(super) fn judge(policy: &Policy, sources: &Sources, found: &Found, files: &[Configured]) -> Judged {
    let mut judged = Judged::default();
    for file in files {
        let needed: Vec<usize> = (0..CHECKS.len())
            .filter(|c| policy.intents.iter().any(|i| i.key.starts_with(&format!("dependencies.{}.", CHECKS[*c]))))
            .filter(|c| !file.is_audit || *c == 0)
            .collect();
        if needed.is_empty() {
            continue;
        }
        let judge = Judge { policy, sources, found, file };
        judge.all(&needed, &mut judged);
    }
    judged
}

struct Judge<'a> {
    policy: &'a Policy,
    sources: &'a Sources,
    found: &'a Found,
    file: &'a Configured,
}

impl Judge<'_> {
    fn tool(&self) -> &'static str {
        if self.file.is_audit { "cargo-audit" } else { "cargo-deny" }
    }

    fn make(&self, rule: &'static Rule, kind: Kind, message: String) -> Finding {
        // Of no single intent: the words say more than an intent with its verdict would.
        let mut finding = Finding::new(rule, kind, message).path(&self.file.path);
        finding.cause = Some(Cause::NotShown);
        finding.target = Some("cargo");
        finding.place = Some(format!("runs of {}", self.tool()));
        finding.spec = self.policy.origin("dependencies");
        finding
    }

    /// Whether several versions of a crate are an error.
    fn refuses_versions(&self) -> bool {
        let intent = self.policy.intent("dependencies.bans.multiple_versions");
        intent.is_some_and(|intent| matches!(&intent.value, Value::Level(level) if level.word == "deny"))
    }

    fn all(&self, needed: &[usize], judged: &mut Judged) {
        let out = &mut judged.findings;
        let mut lost: Vec<(&Seen, String)> = Vec::new();
        let mut open: Vec<(&Seen, String)> = Vec::new();
        let mut counting: Vec<&Seen> = Vec::new();
        let (mut missing, mut undecided): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for check in needed {
            let mut is_open = false;
            let mut counts = false;
            for seen in &self.found.seen {
                let versions = seen.call.lets_versions_pass.clone().filter(|_| *check == BANS && self.refuses_versions());
                match stand(seen, self.file, *check) {
                    None => {}
                    Some(Stand::Counts | Stand::Open(_)) if versions.is_some() => lost.extend(versions.map(|why| (seen, why))),
                    Some(Stand::Counts) => {
                        counts = true;
                        counting.push(seen);
                    }
                    Some(Stand::Lost(why)) => lost.push((seen, why)),
                    Some(Stand::Open(why)) => {
                        is_open = true;
                        open.push((seen, why));
                    }
                }
            }
            match (counts, is_open) {
                (true, _) => {}
                (false, true) => undecided.push(*check),
                (false, false) => missing.push(*check),
            }
        }
        if !undecided.is_empty() {
            out.push(self.undecided(&undecided, needed, &open));
        }
        if !missing.is_empty() {
            out.push(self.missing(&missing, needed, &lost));
        }
        if missing.is_empty() && undecided.is_empty() {
            out.extend(self.by_hand(&counting));
        }
        out.extend(self.narrowed(&counting));
        judged.idle.extend(missing.iter().chain(&undecided).map(|check| (self.file.path.clone(), CHECKS[*check])));
    }

    fn names(checks: &[usize]) -> String {
        checks.iter().map(|c| CHECKS[*c]).collect::<Vec<_>>().join(", ")
    }

    fn undecided(&self, checks: &[usize], needed: &[usize], open: &[(&Seen, String)]) -> Finding {
        let of = if checks.len() == needed.len() { String::new() } else { format!(" for {}", Self::names(checks)) };
        let (first, why) = &open[0];
        let message = format!("whether {} is run{of} cannot be told: {why} ({})", self.tool(), self.sources.place(first.at));
        self.make(&rules::RUN_NOT_SEEN, Kind::Note, message).at(first.at, "this call")
    }

    fn missing(&self, checks: &[usize], needed: &[usize], lost: &[(&Seen, String)]) -> Finding {
        let (tool, path) = (self.tool(), &self.file.path);
        let all = checks.len() == needed.len();
        let of = if all { String::new() } else { format!(" for {}", Self::names(checks)) };
        let way = match (self.file.is_audit, checks.len() == CHECKS.len() || all) {
            (true, _) => "run `cargo audit` as a step of CI of its own, without anything that lets it fail in silence".to_owned(),
            (false, true) => "run `cargo deny --all-features check` as a step of CI, without anything that lets it fail in silence".to_owned(),
            (false, false) => {
                let names: Vec<&str> = checks.iter().map(|c| CHECKS[*c]).collect();
                format!("run `cargo deny --all-features check {}` too, as a step of CI that can fail", names.join(" "))
            }
        };
        let relevant: Vec<&(&Seen, String)> = {
            let mut known = BTreeSet::new();
            let on = |s: &&(&Seen, String)| checks.iter().any(|c| s.0.call.checks[*c]);
            lost.iter().filter(on).filter(|(seen, why)| known.insert((seen.at, why.clone()))).collect()
        };
        if let Some((first, why)) = relevant.first().map(|both| (both.0, both.1.clone())) {
            let message = format!("no call of {tool} can fail{of}: {why}");
            let mut finding = self.make(&rules::RUN_VOID, Kind::Verdict(Verdict::Weaker), message).at(first.at, "this call").help(way);
            for (seen, why) in relevant.iter().skip(1).take(MOST_LISTED) {
                finding = finding.see(seen.at, why.clone());
            }
            finding.path = None;
            return finding;
        }
        let other = self.found.seen.iter().find(|s| s.call.tool == Tool::Audit && matches!(s.call.failure, Failure::Counts));
        if let (false, &[0], Some(audit)) = (self.file.is_audit, checks, other) {
            let message = format!("advisories are looked for by cargo-audit only, which does not read {path}");
            return self.make(&rules::RUN_NOT_SEEN, Kind::Warning, message).at(audit.at, "this call").help(way);
        }
        let span = Span::new(self.file.id, 0, self.sources.get(self.file.id).line(1).len());
        if let Some((file, what)) = self.found.elsewhere.first() {
            // It may hold a password.
            let what = shown(&super::package::normal_url(what));
            let message = format!("nothing here runs {tool}{of}; {file} brings in {what}, which secgen cannot look into");
            let help = format!("make sure that it runs {tool} on {path}; else {way}");
            return self.make(&rules::RUN_NOT_SEEN, Kind::Warning, message).at(span, "").help(help);
        }
        let files = if self.found.looked_at == 1 { "file" } else { "files" };
        let looked = format!(
            "looked at {} {files}: workflows, GitLab CI and other CI systems, makefiles, justfiles, task files, hooks, scripts and xtasks",
            self.found.looked_at
        );
        if self.found.ci.is_empty() {
            let message = format!("nothing here runs {tool}{of}, and no file of a CI system was found: {path} may be a policy that nothing runs");
            return self.make(&rules::RUN_NOT_SEEN, Kind::Warning, message).at(span, "").help(way).help(looked);
        }
        let message = format!("nothing runs {tool}{of}: {path} is a policy that nothing enforces");
        self.make(&rules::NOT_RUN, Kind::Verdict(Verdict::Absent), message).at(span, "nothing runs this").help(way).help(looked)
    }

    /// A note where every call that counts waits for somebody to start it.
    fn by_hand(&self, counting: &[&Seen]) -> Option<Finding> {
        let is_started = |seen: &&&Seen| match &seen.way {
            Way::Ci => true,
            Way::Named(words) => self.found.outcomes.get(words).is_some_and(Option::is_some),
        };
        if counting.iter().any(|s| is_started(&s)) {
            return None;
        }
        let first = counting.first()?;
        let message = format!("{} is called in {} only, and no file of a CI system names that", self.tool(), first.path);
        Some(self.make(&rules::RUN_NOT_SEEN, Kind::Note, message).at(first.at, "this call"))
    }

    /// Options of calls that leave something out, where no other call makes up for it.
    fn narrowed(&self, counting: &[&Seen]) -> Vec<Finding> {
        let mut out = Vec::new();
        if let Some(seen) = counting.first().filter(|_| counting.iter().all(|s| !s.call.narrows.is_empty())) {
            let message = format!("every call of {} leaves crates out: {}", self.tool(), seen.call.narrows.join(", "));
            out.push(self.make(&NARROWED, Kind::Warning, message).at(seen.at, "").help("take the option out of the call"));
        }
        let accepted = match self.policy.intent("dependencies.advisories.ignore").map(|i| &i.value) {
            Some(crate::strictness::Value::Allowed(allowed)) => Some(&allowed.0),
            _ => None,
        };
        for seen in counting {
            for id in seen.call.ignores.iter().filter(|id| accepted.is_some_and(|a| !a.contains(*id)) && self.file.is_audit) {
                let message = format!("{} is ignored on the command line, and the policy does not accept it", shown(id));
                let help = format!("take {} out of the call, or add it with its reason to dependencies.advisories.ignore in the spec", shown(id));
                out.push(self.make(&ADVISORY_IGNORED, Kind::Verdict(Verdict::Weaker), message).at(seen.at, "").help(help));
            }
        }
        out
    }
}
