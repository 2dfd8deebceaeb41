//! The `postgres` target: an ALTER SYSTEM script with its reset, a drop-in file and access rules; and what
//! `postgresql.conf` with its includes and `postgresql.auto.conf` really set.

mod conf;
pub mod controls;
pub(super) mod encode;
mod facts;
mod files;
mod forms;
pub mod hba;
#[cfg(feature = "live")]
mod live;
mod options;
pub mod psql;
mod rules;
mod script;
#[cfg(feature = "live")]
mod snapshot;
mod sql;

use self::conf::Item;
use self::forms::{ALTER, DROP_IN, HBA, RESET};
use super::{Artifact, Encoder, Fact, Found, Input, Reading, Target};
use crate::finding::{Cause, Finding, Label, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::spec::VersionRange;
use crate::strictness::Value;
use crate::strictness::postgres::hba::AccessRules;
use crate::strictness::postgres::{Setting, catalogue};
use crate::strictness::tls::{Protocols, Version};
use std::ops::RangeInclusive;

/// The `postgres` target.
#[derive(Debug)]
pub struct Postgres;

fn spec(policy: &Policy) -> Option<&crate::spec::PostgresTarget> {
    policy.spec.targets.as_ref()?.postgres.as_ref()
}

/// The declared versions.
fn versions(policy: &Policy) -> RangeInclusive<u32> {
    let range = spec(policy).and_then(|t| t.versions).unwrap_or(VersionRange::DEFAULT);
    range.first..=range.last
}

impl Target for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        spec(policy).is_some()
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        spec(policy).and_then(|t| t.check.as_ref()).map(|c| c.iter().map(|p| p.as_str().to_owned()).collect()).unwrap_or_default()
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        let is_ours = |key: &str| key.starts_with(facts::SETTINGS) || key == facts::TLS_MIN || key == hba::KEY;
        policy.intents.iter().map(|i| i.key.clone()).filter(|key| is_ours(key)).collect()
    }

    fn given(&self, policy: &Policy) -> Vec<Fact> {
        forms::given(policy)
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        forms::artifacts(policy)
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("postgres/preflight.sql", sql::PREFLIGHT),
            ("postgres/postcheck.sql", sql::POSTCHECK),
            ("postgres/resetcheck.sql", sql::RESETCHECK),
            ("postgres/alter-system.sql.tera", include_str!("../../../templates/postgres/alter-system.sql.tera")),
            ("postgres/reset.sql.tera", include_str!("../../../templates/postgres/reset.sql.tera")),
            ("postgres/plain.sql.tera", include_str!("../../../templates/postgres/plain.sql.tera")),
            ("postgres/preflight-alone.sql.tera", include_str!("../../../templates/postgres/preflight-alone.sql.tera")),
            ("postgres/drop-in.conf.tera", include_str!("../../../templates/postgres/drop-in.conf.tera")),
            ("postgres/pg_hba.conf.tera", include_str!("../../../templates/postgres/pg_hba.conf.tera")),
            ("postgres/cnpg.yaml.tera", include_str!("../../../templates/postgres/cnpg.yaml.tera")),
            ("postgres/rds.yaml.tera", include_str!("../../../templates/postgres/rds.yaml.tera")),
            ("postgres/cloud-sql.yaml.tera", include_str!("../../../templates/postgres/cloud-sql.yaml.tera")),
        ]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[
            ("sql", encode::sql),
            ("guc", encode::guc),
            ("compare", encode::compare),
            ("conf", encode::conf),
            ("hba", encode::hba),
            ("word", encode::word),
            ("yaml", encode::yaml),
            ("comment", encode::comment),
        ]
    }

    fn kinds(&self) -> &'static [&'static str] {
        forms::KINDS
    }

    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>> {
        match kind {
            ALTER | RESET => sql::canonical(text),
            DROP_IN => canonical_conf(text),
            HBA => hba::canonical(text),
            _ => forms::canonical(kind, text),
        }
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let text = sources.get(id).text().ok_or("it is not UTF-8")?;
        let reader = ArtifactReader { policy, versions: versions(policy), id };
        match kind {
            ALTER | RESET => reader.script(text, kind == RESET),
            DROP_IN => reader.drop_in(sources),
            HBA => Ok(vec![ArtifactReader::rules(hba::read_own(text)?)]),
            forms::PLAIN | forms::PLAIN_RESET | forms::CHECKS => forms::read_plain(kind, text).map(|said| reader.plain(said)),
            _ => match forms::read_managed(kind, sources, id) {
                Some(read) => {
                    let (settings, rules) = read?;
                    let settings = settings.into_iter().map(|(name, text)| reader.setting(&name, text, "server", None));
                    Ok(settings.chain(rules.map(ArtifactReader::rules)).collect())
                }
                None => Err(format!("{kind} is no kind of file that secgen renders for PostgreSQL")),
            },
        }
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        // A script must be run, a drop-in included, rules pasted.
        false
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name {
            "postgresql.conf" | files::AUTO_CONF | options::FILE => true,
            // Only files that are named are asked about: no script of a repository is taken up by itself.
            _ if files::is_script(name) => true,
            _ if hba::is_rules(path, bytes) => true,
            _ if name.strip_suffix(".conf").is_some() => looks_like_settings(bytes),
            _ => false,
        }
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        facts::read(policy, &versions(policy), sources, inputs)
    }

    #[cfg(feature = "live")]
    fn live(&self, policy: &Policy, sources: &mut Sources, variable: super::Variable<'_>) -> Option<Reading> {
        Some(live::read(policy, sources, variable))
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &RULES
    }
}

/// Rules of files, and of scripts.
static RULES: std::sync::LazyLock<Vec<&'static Rule>> = std::sync::LazyLock::new(|| [rules::ALL, hba::rules::ALL, psql::rules::ALL].concat());

/// Whether most lines set what PostgreSQL knows. Other programs' files have the same grammar in places.
fn looks_like_settings(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(64 << 10)];
    // The last line may be cut.
    let whole = head.iter().rposition(|b| *b == b'\n').map_or(head, |end| &head[..end]);
    let mut scratch = Sources::new(std::path::Path::new(""));
    let id = scratch.add("", Vec::new());
    let lines = conf::parse(id, whole);
    let known = |item: &Item| matches!(item, Item::Set { name, .. } if catalogue::VERSIONS.clone().any(|v| catalogue::at(name, v).is_some()));
    let count = lines.iter().filter(|line| known(&line.item)).count();
    count > 0 && count * 2 > lines.len()
}

fn canonical_conf(text: &str) -> Option<Vec<u8>> {
    let mut scratch = Sources::new(std::path::Path::new(""));
    let id = scratch.add("", Vec::new());
    let lines = conf::parse(id, text.as_bytes()).into_iter().map(|line| match line.item {
        Item::Set { name, value } => Some(format!("{name} = {value:?}\n")),
        Item::Include { kind, path } => Some(format!("{kind:?} {path:?}\n")),
        Item::Error { .. } => None,
    });
    lines.collect::<Option<String>>().map(String::into_bytes)
}

/// Facts of our own files, from their bytes.
struct ArtifactReader<'a> {
    policy: &'a Policy,
    versions: RangeInclusive<u32>,
    id: SourceId,
}

impl ArtifactReader<'_> {
    fn fact(intent: String, place: &str, found: Found, at: Option<Span>) -> Fact {
        let rule = match intent.strip_prefix(facts::SETTINGS) {
            Some(name) => rules::of_setting(name),
            None if intent == hba::KEY => &hba::rules::DRIFT,
            None => &rules::SETTING,
        };
        let at = at.map(|span| Label::new(span, "here"));
        Fact { intent, place: place.to_owned(), found, cause: Cause::Value, at, related: Vec::new(), rule, help: Vec::new(), group: None }
    }

    fn rules(rules: AccessRules) -> Fact {
        let text = rules.to_string();
        Self::fact(hba::KEY.to_owned(), "pg_hba.conf", Found::Set { value: Value::Hba(Box::new(rules)), text }, None)
    }

    /// The key that a name is rendered for, and its value.
    fn setting(&self, name: &str, text: String, place: &str, at: Option<Span>) -> Fact {
        let key = format!("{}{name}", facts::SETTINGS);
        let is_tls = name == "ssl_min_protocol_version" && self.policy.intent(&key).is_none();
        let min = Version::parse(&text).filter(|_| is_tls);
        if let Some(min) = min {
            return Self::fact(facts::TLS_MIN.to_owned(), place, Found::Set { value: Value::Tls(Protocols::at_least(min)), text }, at);
        }
        match Setting::from_text(name, &text, &self.versions) {
            Ok(value) => Self::fact(key, place, Found::Set { value: Value::Setting(value), text }, at),
            Err(why) => Self::fact(key, place, Found::Invalid { text, why }, at),
        }
    }

    fn script(&self, text: &str, is_reset: bool) -> Result<Vec<Fact>, String> {
        let mut facts = Vec::new();
        let words = |key: &str, text: String| Self::fact(format!("script.{key}"), "script", Found::Text(text), None);
        // The newest version that the open guards let through.
        let mut newest = vec![*self.versions.end()];
        for said in sql::read(text, is_reset)? {
            let version = newest.last().copied().unwrap_or_default();
            facts.push(match said {
                sql::Said::Parameter(name, value) => words(&name, value),
                sql::Said::If(guard) => {
                    let below = guard.strip_prefix("lt").and_then(|v| v.parse::<u32>().ok());
                    newest.push(below.map_or(version, |below| version.min(below.saturating_sub(1))));
                    words("if", guard)
                }
                sql::Said::EndIf => {
                    newest.pop();
                    words("endif", String::new())
                }
                sql::Said::Set(name, values) if is_reset => {
                    if !values.is_empty() {
                        return Err(format!("it sets {name}, and a reset sets nothing"));
                    }
                    words(&name, script::RESET.to_owned())
                }
                sql::Said::Set(name, values) => self.literals(&name, &values, version),
            });
        }
        Ok(facts)
    }

    fn plain(&self, said: Vec<forms::PlainSaid>) -> Vec<Fact> {
        let newest = *self.versions.end();
        said.into_iter()
            .map(|said| match said {
                forms::PlainSaid::Word(key, text) => Self::fact(key, "script", Found::Text(text), None),
                forms::PlainSaid::Set(name, values) => self.literals(&name, &values, newest),
            })
            .collect()
    }

    /// A setting of ALTER SYSTEM; without literals the empty list.
    fn literals(&self, name: &str, values: &[String], version: u32) -> Fact {
        if !values.is_empty() {
            return self.setting(name, sql::values_text(name, values, version), "script", None);
        }
        let mut fact = self.setting(name, String::new(), "script", None);
        if let Found::Set { text, .. } | Found::Invalid { text, .. } = &mut fact.found {
            script::RESET.clone_into(text);
        }
        fact
    }

    fn drop_in(&self, sources: &Sources) -> Result<Vec<Fact>, String> {
        conf::parse(self.id, sources.get(self.id).bytes())
            .into_iter()
            .map(|line| match line.item {
                Item::Set { name, value } => Ok(self.setting(&name, value, "server", Some(line.span))),
                Item::Include { path, .. } => Err(format!("it includes {path}, and no file that secgen renders includes another")),
                Item::Error { why, .. } => Err(format!("line {}: {why}", sources.position(line.span).line)),
            })
            .collect()
    }
}
