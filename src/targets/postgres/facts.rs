//! What the files of a server effectively set, for each intent of the policy.

use super::files::{self, Assignment, Server};
use super::psql;
use super::rules;
use crate::finding::{Cause, Finding, Label};
use crate::policy::{Intent, Policy};
use crate::source::{Sources, Span};
use crate::strictness::ciphers::CipherString;
use crate::strictness::postgres::{self as settings, Setting, catalogue, value::Meaning};
use crate::strictness::tls::{Protocols, Version};
use crate::strictness::{Order, Strictness, Value};
use crate::targets::{Fact, Found, Input, Reading};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// More overridden lines than this are not listed.
const MAX_RELATED: usize = 8;

/// Key of the one intent that settings carry under another name.
pub(super) const TLS_MIN: &str = "tls.min_version";
/// In front of a setting's name in an intent's key.
pub(super) const SETTINGS: &str = "postgres.settings.";

/// Reads the inputs and judges nothing: facts for every carried intent of every server.
pub(super) fn read(policy: &Policy, versions: &RangeInclusive<u32>, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let mut files = files::read(sources, inputs);
    let mut reading = Reading { findings: std::mem::take(&mut files.findings), not_examined: std::mem::take(&mut files.not_examined), ..Reading::default() };
    let run = psql::facts::Run::new(sources, &files.scripts, versions);
    reading.findings.extend(run.findings(policy));
    reading.facts.extend(run.overrides(policy));
    reading.not_examined.extend(run.not_examined());
    reading.sources.extend(run.sources());
    let several = files.servers.len() > 1;
    if several || files.servers.is_empty() {
        reading.facts.extend(of_variants(policy, &run, &run.alone(), &run.place()));
    }
    for server in &mut files.servers {
        let place = if several { format!("server ({})", server.path) } else { "server".to_owned() };
        reading.findings.append(&mut server.findings);
        reading.not_examined.append(&mut server.not_examined);
        if server.auto.is_none() {
            let why = format!("it was not given, and wins over {}: what ALTER SYSTEM set is not seen, so these results are provisional", server.path);
            reading.not_examined.push((files::AUTO_CONF.to_owned(), why));
        }
        Judge { server, versions, place: place.clone() }.file_findings(&mut reading.findings);
        let variants = if several { run.below(server, versions) } else { run.over(server, versions) };
        reading.facts.extend(of_variants(policy, &run, &variants, &place));
        let new: Vec<_> = server.sources.iter().filter(|id| !reading.sources.contains(id)).copied().collect();
        reading.sources.extend(new);
    }
    if !files.servers.is_empty() {
        let why = "they override the files, and only a live server shows them";
        reading.not_examined.push(("the server's command line, ALTER ROLE .. SET and ALTER DATABASE .. SET".to_owned(), why.to_owned()));
    }
    reading
}

/// Facts of a server, each way that scripts may have left it; what is the same each time once.
fn of_variants(policy: &Policy, run: &psql::facts::Run, variants: &[psql::facts::Variant<'_>], place: &str) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for intent in &policy.intents {
        let first = facts.len();
        for variant in variants.iter().filter(|v| v.concerns(intent)) {
            let judge = Judge { server: &variant.server, versions: &variant.versions, place: place.to_owned() };
            let fact = judge.fact(intent).map(|fact| variant.settle(run, intent, fact));
            let is_new = |fact: &Fact| !facts[first..].iter().any(|f| f.found == fact.found && f.at == fact.at && f.cause == fact.cause);
            if let Some(fact) = fact.filter(is_new) {
                facts.push(fact);
            }
        }
    }
    facts
}

struct Judge<'a> {
    server: &'a Server,
    versions: &'a RangeInclusive<u32>,
    place: String,
}

/// Where the value of a name comes from.
enum Effective<'a> {
    /// The line that wins, and the ones that it overrides, oldest first.
    Line(&'a Assignment, Vec<&'a Assignment>),
    /// Nothing sets it.
    Nothing,
    /// Something that was not read may set it.
    Unknown(Option<Label>, String, Cause),
}

impl<'a> Judge<'a> {
    fn newest(&self) -> u32 {
        *self.versions.end()
    }

    fn effective(&self, name: &'a str, version: u32) -> Effective<'a> {
        let lines: Vec<(usize, &Assignment)> = self.server.assignments(name, version).collect();
        let last = lines.last().map(|(order, _)| *order);
        if let Some((order, label, why, cause)) = self.server.last_unseen(name)
            && last.is_none_or(|last| last < order)
        {
            return Effective::Unknown(Some(label), why, cause);
        }
        match lines.split_last() {
            Some(((_, winner), rest)) => Effective::Line(winner, rest.iter().map(|(_, set)| *set).collect()),
            None if self.server.main.is_none() => Effective::Unknown(None, format!("postgresql.conf was not given, and may set {name}"), Cause::NotRead),
            None => Effective::Nothing,
        }
    }

    /// The name as the file spells it may be an older one; its value is read as the required setting's.
    fn parse(&self, name: &str, line: &Assignment) -> Result<Setting, String> {
        Setting::from_text(name, &line.value, self.versions).map_err(|why| match settings::redact(name, &line.value) {
            std::borrow::Cow::Owned(_) => format!("{name} has a value that the server refuses"),
            std::borrow::Cow::Borrowed(_) => why,
        })
    }

    fn fact(&self, intent: &Intent) -> Option<Fact> {
        match &intent.value {
            Value::Setting(required) if intent.key.starts_with(SETTINGS) => Some(self.setting(intent, required)),
            Value::Tls(_) if intent.key == TLS_MIN => Some(self.tls(intent)),
            _ => None,
        }
    }

    fn make(&self, intent: &Intent, name: &str, found: Found, cause: Cause) -> Fact {
        Fact {
            intent: intent.key.clone(),
            place: self.place.clone(),
            found,
            cause,
            at: None,
            related: Vec::new(),
            rule: rules::of_setting(name),
            help: Vec::new(),
            group: None,
        }
    }

    /// A place that lacks a setting: the main file.
    fn nowhere(&self, name: &str) -> Option<Label> {
        self.server.main.map(|main| Label::new(Span::new(main, 0, 0), format!("nothing here or in its includes sets {name}")))
    }

    fn setting(&self, intent: &Intent, required: &Setting) -> Fact {
        let name = required.name.as_str();
        let mut fact = match self.effective(name, *required.versions.end()) {
            Effective::Unknown(at, why, cause) => {
                let mut fact = self.make(intent, name, Found::Unverifiable(why), cause);
                fact.at = at;
                fact
            }
            Effective::Nothing => {
                let found = self.default(required);
                let mut fact = self.make(intent, name, found, Cause::Missing);
                fact.at = self.nowhere(name);
                fact
            }
            Effective::Line(winner, overridden) => self.line(intent, required, winner, &overridden),
        };
        if name == "ssl_ciphers" && self.minimum() == Some(Version::Tls13) {
            fact.found = Found::NotApplicable("ssl_ciphers does not govern TLS 1.3, and the server speaks nothing older".to_owned());
        } else if let ("ssl_ciphers", Found::Set { text, .. }) = (name, &fact.found)
            && let Err(why) = CipherString::parse(text)
        {
            fact.found = Found::Unverifiable(why);
            fact.cause = Cause::NotUnderstood;
        }
        if !matches!(fact.found, Found::NotApplicable(_)) {
            fact.help = self.help(name, &required.value, &fact);
        }
        fact
    }

    fn line(&self, intent: &Intent, required: &Setting, winner: &Assignment, overridden: &[&Assignment]) -> Fact {
        let name = required.name.as_str();
        let shown = settings::redact(name, &winner.value).into_owned();
        let passes = |line: &Assignment| self.parse(name, line).is_ok_and(|found| matches!(required.compare(&found).order, Order::Equal | Order::Stricter));
        let (found, cause) = match self.parse(name, winner) {
            Ok(value) => (Found::Set { value: Value::Setting(value), text: shown.clone() }, Cause::Value),
            Err(why) => (
                Found::Invalid { text: shown.clone(), why: format!("{why}; a running server keeps its old value, and does not start with this one") },
                Cause::Invalid,
            ),
        };
        let cause = if cause == Cause::Value && !passes(winner) && overridden.iter().any(|line| passes(line)) { Cause::Shadowed } else { cause };
        let mut fact = self.make(intent, name, found, cause);
        let by = if self.server.is_auto(winner.span) { "in force: postgresql.auto.conf wins over every other file" } else { "in force" };
        fact.at = Some(Label::new(winner.span, by));
        fact.related = Self::overridden(name, overridden);
        fact
    }

    fn overridden(name: &str, lines: &[&Assignment]) -> Vec<Label> {
        let kept = &lines[lines.len().saturating_sub(MAX_RELATED)..];
        kept.iter().map(|line| Label::new(line.span, format!("{} here is overridden", settings::redact(name, &line.value)))).collect()
    }

    /// The default that is weakest for the requirement, over the declared versions.
    fn default(&self, required: &Setting) -> Found {
        let runs = Setting::defaults(&required.name, self.versions);
        let rank = |run: &Setting| match required.compare(run).order {
            Order::Weaker => 0,
            Order::Incomparable => 1,
            Order::Equal => 2,
            Order::Stricter => 3,
        };
        let Some(weakest) = runs.iter().min_by_key(|run| rank(run)) else { return Found::Missing };
        Found::Default { of: Self::default_of(weakest, &runs), value: Value::Setting(weakest.clone()) }
    }

    /// Whose default a run is, and what the others have.
    fn default_of(weakest: &Setting, runs: &[Setting]) -> String {
        let show = |run: &Setting| {
            let text = run.to_string();
            if text.is_empty() { "''".to_owned() } else { text }
        };
        let others: Vec<String> = runs
            .iter()
            .filter(|run| run.versions != weakest.versions)
            .map(|run| format!("{} has {}", catalogue::versions_text(&run.versions), show(run)))
            .collect();
        let own = catalogue::versions_text(&weakest.versions);
        if others.is_empty() { own } else { format!("{own} ({})", others.join(", ")) }
    }

    /// A word of an enum that is in force on every declared version; the oldest version's default where nothing sets it.
    fn word(&self, name: &'a str) -> Option<String> {
        let meaning = |setting: &Setting| match setting.meaning(*setting.versions.start()) {
            Some(Meaning::Word(word)) => Some(word.clone()),
            Some(Meaning::Bool(flag)) => Some(if *flag { "on" } else { "off" }.to_owned()),
            _ => None,
        };
        match self.effective(name, self.newest()) {
            Effective::Line(winner, _) => meaning(&self.parse(name, winner).ok()?),
            Effective::Nothing => meaning(Setting::defaults(name, self.versions).first()?),
            Effective::Unknown(..) => None,
        }
    }

    /// The oldest TLS version that the server speaks, where that can be said.
    fn minimum(&self) -> Option<Version> {
        Version::parse(&self.word("ssl_min_protocol_version")?)
    }

    fn tls(&self, intent: &Intent) -> Fact {
        const MIN: &str = "ssl_min_protocol_version";
        const MAX: &str = "ssl_max_protocol_version";
        let unknown = ["ssl", MIN, MAX].into_iter().find_map(|name| match self.effective(name, self.newest()) {
            Effective::Unknown(at, why, cause) => Some((at, why, cause)),
            _ => None,
        });
        let line = |name: &'static str| match self.effective(name, self.newest()) {
            Effective::Line(winner, overridden) => Some((winner, overridden)),
            _ => None,
        };
        let label = |name: &'static str, message: &str| line(name).map(|(winner, _)| Label::new(winner.span, message));
        let invalid = ["ssl", MIN, MAX].into_iter().find_map(|name| {
            let (winner, _) = line(name)?;
            Some((name, winner, self.parse(name, winner).err()?))
        });
        let min_text = || line(MIN).map_or_else(|| self.word(MIN).unwrap_or_default(), |(winner, _)| winner.value.clone());
        let max = self.word(MAX).filter(|word| !word.is_empty()).and_then(|word| Version::parse(&word)).unwrap_or(Version::Tls13);
        let mut fact = if let Some((at, why, cause)) = unknown {
            let mut fact = self.make(intent, MIN, Found::Unverifiable(why), cause);
            fact.at = at;
            fact
        } else if let Some((name, winner, why)) = invalid {
            let found = Found::Invalid { text: settings::redact(name, &winner.value).into_owned(), why: format!("{why}; the server does not start with it") };
            let mut fact = self.make(intent, MIN, found, Cause::Invalid);
            fact.at = Some(Label::new(winner.span, "in force"));
            fact
        } else if self.word("ssl").as_deref() == Some("off") {
            let found = Found::Invalid { text: min_text(), why: "ssl is off: the server offers no TLS at all, so its minimum has no effect".to_owned() };
            let mut fact = self.make(intent, "ssl", found, Cause::Shadowed);
            fact.at = label("ssl", "TLS is switched off here").or_else(|| self.nowhere("ssl"));
            fact.related.extend(label(MIN, "has no effect while ssl is off"));
            fact
        } else if self.minimum().is_some_and(|min| min > max) {
            let found =
                Found::Invalid { text: min_text(), why: format!("it is newer than ssl_max_protocol_version ({}), so the server does not start", max.name()) };
            let mut fact = self.make(intent, MIN, found, Cause::Invalid);
            fact.at = label(MIN, "the minimum").or_else(|| label(MAX, "the maximum"));
            fact.related.extend(label(MAX, "the maximum"));
            fact
        } else {
            let min = self.minimum().unwrap_or(Version::Tls10);
            let value = Value::Tls(Protocols::between(min, max));
            let mut fact = if let Some((winner, overridden)) = line(MIN) {
                let mut fact = self.make(intent, MIN, Found::Set { value: value.clone(), text: winner.value.clone() }, Cause::Value);
                fact.at = Some(Label::new(winner.span, "in force"));
                fact.related = Self::overridden(MIN, &overridden);
                let passes = |value: &Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
                let earlier = |line: &&Assignment| Version::parse(&line.value).is_some_and(|min| passes(&Value::Tls(Protocols::between(min, max))));
                if !passes(&value) && overridden.iter().any(earlier) {
                    fact.cause = Cause::Shadowed;
                }
                fact
            } else {
                let runs = Setting::defaults(MIN, self.versions);
                let of = runs.first().map_or_else(String::new, |oldest| Self::default_of(oldest, &runs));
                let mut fact = self.make(intent, MIN, Found::Default { value, of }, Cause::Missing);
                fact.at = self.nowhere(MIN);
                fact
            };
            fact.related.extend(label(MAX, "the newest version that is spoken"));
            fact
        };
        let required = match &intent.value {
            Value::Tls(protocols) => protocols.versions().next().map_or("TLSv1.3", Version::name),
            _ => "TLSv1.3",
        };
        fact.help = if fact.rule == &rules::TLS_OFF {
            self.help("ssl", &["on".to_owned()], &fact)
        } else if fact.at.is_some() && max < Version::parse(required).unwrap_or(Version::Tls13) {
            self.help(MAX, &[String::new()], &fact)
        } else {
            self.help(MIN, &[required.to_owned()], &fact)
        };
        fact
    }

    /// How to set it, and what makes it take effect.
    fn help(&self, name: &str, value: &[String], fact: &Fact) -> Vec<String> {
        let entry = catalogue::at(name, self.newest());
        let effect = match entry.as_ref().map(|e| e.context) {
            Some("postmaster") => "then restart the server",
            Some("superuser-backend" | "backend") => "then reload the server: it holds for new connections",
            _ => "then reload the server",
        };
        let first = if name == "ssl" { "put the server's certificate and key in place, " } else { "" };
        if let (Found::Unverifiable(_), Cause::NotRead) = (&fact.found, fact.cause) {
            let help = if fact.at.is_some() {
                "include the file by a path relative to this one, so that it is read wherever the folder lies; or run secgen on the server, with postgresql.conf and that file named"
            } else {
                "add postgresql.conf to targets.postgres.check, or name it on the command line, so that it is read"
            };
            return vec![help.to_owned()];
        }
        if fact.cause == Cause::Template {
            return vec!["render the template, and check what it makes".to_owned()];
        }
        let text = super::script::list_text(entry.as_ref(), value);
        if settings::redact(name, &text) != text {
            return vec![format!("write the spec's value of {name}, {effect}")];
        }
        if self.server.auto.is_some() && fact.at.as_ref().is_some_and(|at| self.server.is_auto(at.span)) {
            let literals: Result<Vec<String>, String> = value.iter().map(|v| super::encode::sql(v)).collect();
            return literals.map(|l| vec![format!("{first}run ALTER SYSTEM SET {name} = {}, {effect}", l.join(", "))]).unwrap_or_default();
        }
        super::encode::conf(&text).map(|quoted| vec![format!("{first}write `{name} = {quoted}`, {effect}")]).unwrap_or_default()
    }

    /// Problems of the files themselves, whatever the policy says: names that a server does not know, and values that
    /// it refuses.
    fn file_findings(&self, findings: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        let all: Vec<&Assignment> = self.server.events.iter().filter_map(|e| if let files::Event::Set(set) = e { Some(set) } else { None }).collect();
        for set in &all {
            if settings::is_custom(&set.name) || catalogue::is_vestige(&set.name) || !seen.insert((set.name.as_str(), set.span)) {
                continue;
            }
            let unknown: Vec<u32> = self.versions.clone().filter(|v| catalogue::at(catalogue::current_name(&set.name, *v), *v).is_none()).collect();
            if unknown.is_empty() {
                continue;
            }
            let declared = catalogue::versions_text(self.versions);
            let found = if unknown.len() == self.versions.clone().count() {
                let near = catalogue::nearest(&set.name).filter(|near| *near != set.name);
                let other = catalogue::window(&set.name, &catalogue::VERSIONS);
                let finding = Finding::error(&rules::UNKNOWN, format!("\"{}\" is no setting of {declared}", set.name))
                    .at(set.span, "the server does not start with this line");
                match (near, other) {
                    (_, Some(other)) => finding.help(format!("delete the line: only {} has this setting", catalogue::versions_text(&other))),
                    (Some(near), None) => finding.help(format!("write {near}, if that is what is meant, or delete the line")),
                    (None, None) => finding.help("correct the name, or delete the line"),
                }
            } else {
                let names: Vec<String> = unknown.iter().map(ToString::to_string).collect();
                Finding::warning(
                    &rules::VERSION,
                    format!("\"{}\" is no setting of PostgreSQL {}, which is among the declared versions", set.name, names.join(", ")),
                )
                .at(set.span, "these versions do not start with this line")
                .help("declare in targets.postgres.versions the versions that really read this file, or delete the line")
            };
            findings.push(found);
        }
        let mut judged = BTreeSet::new();
        for set in all.iter().rev() {
            let name = catalogue::current_name(&set.name, self.newest());
            if !judged.insert(name) || settings::is_custom(name) || catalogue::window(name, self.versions).is_none() {
                continue;
            }
            if let Err(why) = self.parse(name, set) {
                let finding = Finding::warning(&rules::VALUE, why).at(set.span, "the server does not start with this line");
                findings.push(finding.help("correct the value: a running server keeps the old one, and says so in its log only"));
            }
        }
    }
}
