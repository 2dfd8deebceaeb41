//! What the files of a server effectively set, for each intent of the policy.

mod conditions;
mod effective;
mod lines;
#[cfg(feature = "live")]
pub(super) mod live;
mod obstacles;
mod settings;
mod tls;

use self::obstacles::Obstacle;
use super::controls;
use super::files::{self, Layer, Server};
use super::psql;
use super::rules;
use crate::finding::{Cause, Label};
use crate::policy::{Intent, Policy};
use crate::source::{Sources, Span};
use crate::strictness::Value;
use crate::strictness::postgres::{catalogue, redact};
use crate::targets::{Fact, Found, Input, Reading};
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
        let facts = of_variants(policy, sources, &run, &run.alone(), &run.place());
        // Which server the scripts are for is not known; what they do not decide, each server's own files do.
        reading.facts.extend(facts.into_iter().filter(|fact| !several || fact.at.is_some()));
    }
    for server in &mut files.servers {
        let place = if several { format!("server ({})", server.path) } else { "server".to_owned() };
        reading.findings.append(&mut server.findings);
        reading.not_examined.append(&mut server.not_examined);
        if server.auto.is_none() {
            let why = format!("it was not given, and wins over {}: what ALTER SYSTEM set is not seen, so these results are provisional", server.path);
            reading.not_examined.push((files::AUTO_CONF.to_owned(), why));
        }
        let judge = Judge::new(policy, server, sources, versions, place.clone());
        judge.file_findings(&mut reading.findings);
        reading.findings.extend(judge.obstacle_finding());
        let variants = if several { run.below(server, versions) } else { run.over(server, versions) };
        reading.facts.extend(of_variants(policy, sources, &run, &variants, &place));
        let new: Vec<_> = server.sources.iter().filter(|id| !reading.sources.contains(id)).copied().collect();
        reading.sources.extend(new);
    }
    super::hba::read(policy, versions, sources, inputs, &files.servers, &mut reading);
    if !files.servers.is_empty() {
        let overrides = "ALTER ROLE .. SET and ALTER DATABASE .. SET";
        let all_started = files.servers.iter().all(|server| server.command_line.is_some());
        let what = if all_started { overrides.to_owned() } else { format!("the server's command line, {overrides}") };
        reading.not_examined.push((what, "they override the files, and only a live server shows them".to_owned()));
    }
    reading
}

/// Facts of a server, each way that scripts may have left it; what is the same each time once.
fn of_variants(policy: &Policy, sources: &Sources, run: &psql::facts::Run, variants: &[psql::facts::Variant<'_>], place: &str) -> Vec<Fact> {
    let judges: Vec<(&psql::facts::Variant<'_>, Judge)> =
        variants.iter().map(|variant| (variant, Judge::new(policy, &variant.server, sources, &variant.versions, place.to_owned()))).collect();
    let mut facts: Vec<Fact> = Vec::new();
    for intent in &policy.intents {
        let first = facts.len();
        for (variant, judge) in judges.iter().filter(|(variant, _)| variant.concerns(intent)) {
            let fact = judge.fact(intent).map(|fact| variant.settle(run, intent, fact));
            let is_new = |fact: &Fact| !facts[first..].iter().any(|f| f.found == fact.found && f.at == fact.at && f.cause == fact.cause);
            if let Some(fact) = fact.filter(is_new) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// What is known of one server, and what the policy asks of it.
struct Judge<'a> {
    policy: &'a Policy,
    server: &'a Server,
    sources: &'a Sources,
    versions: &'a RangeInclusive<u32>,
    place: String,
    /// What keeps it from TLS although `ssl` is on.
    obstacle: Option<Obstacle>,
}

impl<'a> Judge<'a> {
    fn new(policy: &'a Policy, server: &'a Server, sources: &'a Sources, versions: &'a RangeInclusive<u32>, place: String) -> Self {
        let mut judge = Judge { policy, server, sources, versions, place, obstacle: None };
        judge.obstacle = judge.find_obstacle();
        judge
    }
}

impl Judge<'_> {
    fn newest(&self) -> u32 {
        *self.versions.end()
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

    /// How to set it, and what makes it take effect.
    fn help(&self, name: &str, value: &[String], fact: &Fact) -> Vec<String> {
        let entry = catalogue::at(name, self.newest());
        let references = controls::references(name);
        let numbers = if references.is_empty() { String::new() } else { format!(" ({references})") };
        let effect = format!("{}{numbers}", controls::takes_effect(name, self.newest()));
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
        if redact(name, &text) != text {
            return vec![format!("write the spec's value of {name}, {effect}")];
        }
        match fact.at.as_ref().map(|at| self.server.layer(at.span)) {
            Some(Layer::Auto) => {
                let literals: Result<Vec<String>, String> = value.iter().map(|v| super::encode::sql(v)).collect();
                literals.map(|l| vec![format!("{first}run ALTER SYSTEM SET {name} = {}, {effect}", l.join(", "))]).unwrap_or_default()
            }
            Some(Layer::CommandLine) => super::encode::conf(&text)
                .map(|quoted| {
                    let file = format!("write `{name} = {quoted}` in postgresql.conf, then restart the server{numbers}");
                    vec![format!("{first}take it out of what starts the server (its service, pg_ctl -o, the container's command), {file}")]
                })
                .unwrap_or_default(),
            _ => super::encode::conf(&text).map(|quoted| vec![format!("{first}write `{name} = {quoted}`, {effect}")]).unwrap_or_default(),
        }
    }
}
