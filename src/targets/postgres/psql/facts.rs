//! What scripts mean for the policy: a layer above the files of the one server that is read with them, or a place of
//! their own; and settings of roles and databases that are weaker than the policy.

use super::findings;
use super::read::{self, Script, Step};
use super::rules;
use super::statement::Scope;
use super::stored::{Argument, quote_identifier};
use super::world::{self, Effect, World, Write, Written};
use crate::finding::{Cause, Finding, Kind, Label};
use crate::policy::{Intent, Policy};
use crate::source::{SourceId, Sources, Span};
use crate::strictness::ciphers::CipherString;
use crate::strictness::postgres::{self as settings, Setting, catalogue};
use crate::strictness::{Order, Value};
use crate::targets::postgres::facts::SETTINGS;
use crate::targets::postgres::files::{Assignment, Event, Server};
use crate::targets::postgres::rules as target_rules;
use crate::targets::{Fact, Found};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Roles that may have every power where the spec names none.
const PRIVILEGED: [&str; 1] = ["postgres"];

/// Roles that may have every power.
pub(in crate::targets::postgres) fn privileged(policy: &Policy) -> Vec<String> {
    let named = policy.spec.postgres.as_ref().and_then(|p| p.privileged_roles.as_ref());
    named.map_or_else(|| PRIVILEGED.map(str::to_owned).to_vec(), |roles| roles.iter().map(|r| r.0.clone()).collect())
}

/// All scripts of one run, in order, each with a session of its own.
#[derive(Debug)]
pub(in crate::targets::postgres) struct Run {
    scripts: Vec<Script>,
    steps: Vec<(Step, Span)>,
    worlds: Vec<World>,
    is_complete: bool,
}

/// The files of a server with what the scripts add, for some versions.
pub(in crate::targets::postgres) struct Variant<'a> {
    pub(in crate::targets::postgres) server: Cow<'a, Server>,
    pub(in crate::targets::postgres) versions: RangeInclusive<u32>,
    /// No configuration file was given.
    is_alone: bool,
    /// Why a value is not known, by the line that decides it.
    unknown: BTreeMap<Span, String>,
}

impl Run {
    /// Reads the scripts. One that another one includes is no script of its own.
    pub(in crate::targets::postgres) fn new(sources: &mut Sources, inputs: &[(String, SourceId)], versions: &RangeInclusive<u32>) -> Self {
        let mut scripts: Vec<Script> = inputs.iter().map(|(path, id)| read::read(sources, path, *id)).collect();
        let mut included: BTreeSet<SourceId> = BTreeSet::new();
        scripts.retain(|script| {
            let own = script.sources.first().copied();
            let is_first = own.is_none_or(|own| !included.contains(&own));
            if is_first {
                included.extend(&script.sources);
            }
            is_first
        });
        // One that came before the script that includes it.
        let parts: BTreeSet<SourceId> = scripts.iter().flat_map(|s| s.sources.iter().skip(1)).copied().collect();
        scripts.retain(|script| script.sources.first().is_none_or(|own| !parts.contains(own)));
        let steps: Vec<(Step, Span)> = scripts.iter_mut().flat_map(|script| std::mem::take(&mut script.steps)).collect();
        let (worlds, is_complete) = if scripts.is_empty() { (Vec::new(), true) } else { world::worlds(&steps, versions) };
        Self { scripts, steps, worlds, is_complete }
    }

    /// Whether there is no script.
    pub(in crate::targets::postgres) fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }

    /// The name of the place that scripts without configuration files are.
    pub(in crate::targets::postgres) fn place(&self) -> String {
        match self.scripts.as_slice() {
            [] => String::new(),
            [only] => format!("script {}", only.path),
            [first, rest @ ..] => format!("script {} and {} more", first.path, rest.len()),
        }
    }

    /// Files that were read in full.
    pub(in crate::targets::postgres) fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.scripts.iter().flat_map(|s| s.sources.iter().copied())
    }

    /// What was not looked at.
    pub(in crate::targets::postgres) fn not_examined(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.scripts.iter().flat_map(|s| s.not_examined.iter().cloned())
    }

    /// Problems of the scripts, and of what they grant.
    pub(in crate::targets::postgres) fn findings(&self, policy: &Policy) -> Vec<Finding> {
        let mut all: Vec<Finding> = self.scripts.iter().flat_map(|s| s.findings.iter().cloned()).collect();
        if !self.is_complete
            && let Some((_, at)) = self.steps.first()
        {
            let finding = Finding::error(&rules::NOT_READ, format!("{} has more conditions than can be looked at in every combination", self.place()));
            all.push(finding.at(*at, "").help("check parts of it on their own, or decide conditions in the script with \\set"));
        }
        all.extend(findings::findings(&self.steps, &self.worlds, &privileged(policy)));
        self.traps(&mut all);
        self.sessions(policy, &mut all);
        all
    }

    /// Values that are stored without a word, and stop the server at its next start.
    fn traps(&self, all: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        for world in &self.worlds {
            for (name, write) in &world.effect.system {
                let Some((why, help)) = trap(name, write, *world.versions.end()) else { continue };
                if seen.insert((write.at, why.clone())) {
                    all.push(Finding::danger(&rules::BREAKS_START, why).at(write.at, "stored as it is").help(help));
                }
            }
        }
    }

    /// SET of what the policy asks for.
    fn sessions(&self, policy: &Policy, all: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        for world in &self.worlds {
            for (name, at) in &world.effect.sessions {
                let key = format!("{SETTINGS}{name}");
                if policy.intent(&key).is_none() || world.effect.system.contains_key(name) || !seen.insert(*at) {
                    continue;
                }
                let mut finding = Finding::new(&rules::SESSION_ONLY, Kind::Note, format!("{name} is set for the session of the script only"));
                finding.primary = Some(Label::new(*at, "ends with the session"));
                all.push(finding.help(format!("write ALTER SYSTEM SET {name}, if the server is meant")));
            }
        }
    }

    /// A server that the scripts are not for.
    #[allow(clippy::unused_self)]
    pub(in crate::targets::postgres) fn below<'a>(&self, server: &'a Server, versions: &RangeInclusive<u32>) -> Vec<Variant<'a>> {
        vec![Variant { server: Cow::Borrowed(server), versions: versions.clone(), is_alone: false, unknown: BTreeMap::new() }]
    }

    /// A server with what each world adds to it.
    pub(in crate::targets::postgres) fn over<'a>(&self, server: &'a Server, versions: &RangeInclusive<u32>) -> Vec<Variant<'a>> {
        if self.is_empty() {
            return self.below(server, versions);
        }
        self.variants(server, false)
    }

    /// The scripts on a server of which nothing else is known.
    pub(in crate::targets::postgres) fn alone(&self) -> Vec<Variant<'static>> {
        let server = Server { path: self.place(), ..Server::default() };
        self.variants(&server, true).into_iter().map(|v| Variant { server: Cow::Owned(v.server.into_owned()), ..v }).collect()
    }

    fn variants<'a>(&self, server: &Server, is_alone: bool) -> Vec<Variant<'a>> {
        let mut seen: Vec<(&Effect, Variant<'a>)> = Vec::new();
        for world in &self.worlds {
            let effect = &world.effect;
            let same = seen.iter_mut().find(|(other, variant)| {
                (&other.system, other.cleared, &other.unseen) == (&effect.system, effect.cleared, &effect.unseen)
                    && *variant.versions.end() + 1 >= *world.versions.start()
                    && *variant.versions.start() <= *world.versions.end() + 1
            });
            if let Some((_, variant)) = same {
                variant.versions = (*variant.versions.start()).min(*world.versions.start())..=(*variant.versions.end()).max(*world.versions.end());
                continue;
            }
            let mut own = server.clone();
            let unknown = layer(&mut own, effect, *world.versions.end());
            seen.push((effect, Variant { server: Cow::Owned(own), versions: world.versions.clone(), is_alone, unknown }));
        }
        seen.into_iter().map(|(_, variant)| variant).collect()
    }

    /// Facts on settings that ALTER ROLE and ALTER DATABASE make, for the intents that they override.
    pub(in crate::targets::postgres) fn overrides(&self, policy: &Policy) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        for world in &self.worlds {
            for ((scope, name), write) in &world.effect.overrides {
                let name = catalogue::current_name(name, *world.versions.end());
                let Some(intent) = policy.intent(&format!("{SETTINGS}{name}")) else { continue };
                let fact = overriding(intent, name, scope, write, &world.versions);
                if !facts.iter().any(|f| f.at == fact.at && f.intent == fact.intent && f.found == fact.found) {
                    facts.push(fact);
                }
            }
        }
        facts
    }
}

/// Adds the end of a run to the files of a server: above postgresql.auto.conf, of which RESET takes lines away. Gives
/// the reasons of values that are not known.
fn layer(server: &mut Server, effect: &Effect, version: u32) -> BTreeMap<Span, String> {
    let mut unknown = BTreeMap::new();
    let auto = server.auto;
    let current = |name: &str| catalogue::current_name(name, version).to_owned();
    let written: BTreeSet<String> = effect.system.keys().map(|name| current(name)).collect();
    if let Some(auto) = auto {
        server.events.retain(|event| match event {
            Event::Set(set) => set.span.source != auto || !(effect.cleared.is_some() || written.contains(&current(&set.name))),
            Event::NotRead { at, .. } | Event::Broken { at, .. } => at.source != auto || effect.cleared.is_none(),
        });
    }
    let mut events: Vec<(usize, Event)> = Vec::new();
    for (name, Write { order, written, at, .. }) in &effect.system {
        match written {
            Written::Text(value) => events.push((*order, Event::Set(Assignment { name: name.clone(), value: value.clone(), span: *at }))),
            Written::Nothing => {}
            Written::Unknown(why) => {
                unknown.insert(*at, why.clone());
                events.push((*order, Event::Broken { at: *at, name: Some(name.clone()), is_template: false }));
            }
        }
    }
    events.extend(effect.unseen.iter().map(|(order, what, at)| (*order, Event::NotRead { at: *at, path: what.clone() })));
    events.sort_by_key(|(order, _)| *order);
    server.events.extend(events.into_iter().map(|(_, event)| event));
    unknown
}

impl Variant<'_> {
    /// Whether an intent is for versions that this is about.
    pub(in crate::targets::postgres) fn concerns(&self, intent: &Intent) -> bool {
        match &intent.value {
            Value::Setting(required) => required.versions.start() <= self.versions.end() && self.versions.start() <= required.versions.end(),
            _ => true,
        }
    }

    /// Puts into words that a script decides.
    pub(in crate::targets::postgres) fn settle(&self, run: &Run, intent: &Intent, mut fact: Fact) -> Fact {
        let is_script = |span: Span| run.sources().any(|id| id == span.source);
        match &mut fact.at {
            Some(at) if is_script(at.span) => {
                if at.message.starts_with("in force") {
                    at.message = "in force after the script".into();
                }
                if let (Found::Unverifiable(why), Some(reason)) = (&mut fact.found, self.unknown.get(&at.span)) {
                    why.clone_from(reason);
                    fact.cause = Cause::Dynamic;
                    fact.help = vec!["write the value itself, or check the server that the script has run on".to_owned()];
                } else if fact.cause == Cause::NotRead {
                    let help = "write the statements out in the script, or include a file that lies in the root; or check the server that the script has run on (--live)";
                    fact.help = vec![help.to_owned()];
                } else if let Value::Setting(required) = &intent.value
                    && !matches!(fact.found, Found::Unverifiable(_))
                {
                    fact.help = alter(required).into_iter().collect();
                }
            }
            None if self.is_alone && fact.cause == Cause::NotRead => {
                fact.found = Found::Unverifiable(format!("{} does not decide it, and no postgresql.conf was given", run.place()));
                fact.rule = &target_rules::SETTING;
            }
            _ => {}
        }
        fact
    }
}

/// The statement that sets what is required.
fn alter(required: &Setting) -> Option<String> {
    if required.is_secret() {
        return Some(format!("set {} as the policy has it", required.name));
    }
    if required.value.is_empty() {
        return Some(format!("write ALTER SYSTEM RESET {}", required.name));
    }
    let literals: Result<Vec<String>, String> = required.value.iter().map(|v| crate::targets::postgres::encode::sql(v)).collect();
    literals.ok().map(|l| format!("write ALTER SYSTEM SET {} = {}", required.name, l.join(", ")))
}

/// Whether a value that is stored stops the server, and what to do.
fn trap(name: &str, write: &Write, version: u32) -> Option<(String, String)> {
    let entry = catalogue::at(catalogue::current_name(name, version), version);
    let texts = || write.arguments.iter().filter_map(|a| if let Argument::Text { text, folded_from } = a { Some((text.as_str(), folded_from)) } else { None });
    if entry.as_ref().is_some_and(|e| e.list == catalogue::List::Quoted) {
        if let Some((text, _)) = texts().find(|(text, _)| text.contains(',')) {
            let literals: Vec<String> = text.split(',').map(|item| format!("'{}'", item.trim().replace('\'', "''"))).collect();
            return Some((
                format!("{name} becomes one name with a comma in it, \"{}\"", short(text)),
                format!("write each name as a literal of its own: ALTER SYSTEM SET {name} = {}", short(&literals.join(", "))),
            ));
        }
        if name.ends_with("_libraries") && texts().any(|(text, _)| text.is_empty()) {
            return Some((
                format!("{name} becomes one empty name, with which the server does not start"),
                format!("write ALTER SYSTEM RESET {name}: '' is no empty list here"),
            ));
        }
    }
    if matches!(name, "ssl_ciphers" | "ssl_tls13_ciphers")
        && let Some((text, Some(written))) = texts().next()
        && (name != "ssl_ciphers" || CipherString::parse(text).is_err())
    {
        return Some((
            format!("{name} is folded to \"{}\", as {} has no quotes, and OpenSSL tells letter case apart", short(text), short(written)),
            format!("write the value in single quotes: ALTER SYSTEM SET {name} = '{}'", short(written)),
        ));
    }
    None
}

fn short(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(77).chain("...".chars()).collect() }
}

fn overriding(intent: &Intent, name: &str, scope: &Scope, write: &Write, versions: &RangeInclusive<u32>) -> Fact {
    let place = match (&scope.role, &scope.database) {
        (Some(role), Some(database)) => format!("role {role} in database {database}"),
        (Some(role), None) => format!("role {role}"),
        (None, Some(database)) => format!("database {database}"),
        (None, None) => "every role".to_owned(),
    };
    let place: String = place.chars().take(140).map(|c| if c.is_control() { '?' } else { c }).collect();
    let (found, cause) = match &write.written {
        Written::Text(text) => {
            let shown = settings::redact(name, text).into_owned();
            match Setting::from_text(name, text, versions) {
                Ok(value) => {
                    let value = Value::Setting(value);
                    let is_met = matches!(intent.value.compare(&value).order, Order::Equal | Order::Stricter);
                    (Found::Set { value, text: shown }, if is_met { Cause::Value } else { Cause::Shadowed })
                }
                Err(why) => (Found::Invalid { text: shown, why }, Cause::Invalid),
            }
        }
        Written::Nothing => (Found::Unverifiable("nothing sets it here".to_owned()), Cause::Missing),
        Written::Unknown(why) => (Found::Unverifiable(why.clone()), Cause::Dynamic),
    };
    // Words for the role of the session are no names.
    let quoted = |name: &String| match name.as_str() {
        "current_user" | "current_role" | "session_user" => name.clone(),
        name => quote_identifier(name),
    };
    let whose = match (scope.role.as_ref().map(quoted), scope.database.as_ref().map(quoted)) {
        (Some(role), Some(database)) => format!("ROLE {role} IN DATABASE {database}"),
        (None, Some(database)) => format!("DATABASE {database}"),
        (Some(role), None) => format!("ROLE {role}"),
        (None, None) => "ROLE ALL".to_owned(),
    };
    let who = format!("ALTER {whose} RESET {name}");
    Fact {
        intent: intent.key.clone(),
        place,
        found,
        cause,
        at: Some(Label::new(write.at, "overrides the configuration files")),
        related: Vec::new(),
        rule: target_rules::of_setting(name),
        help: vec![format!("delete the line; where it has run, {who} takes it back")],
        group: None,
    }
}
