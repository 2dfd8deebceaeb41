//! What a running server effectively sets, for each intent of the policy: a snapshot, judged. Knows no network.
//!
//! What a server says of itself is believed in no case where the wire says otherwise, and what it does not show is
//! unverifiable, never a pass.

mod access;

use super::{SETTINGS, TLS_MIN};
use crate::finding::{Cause, Finding, Kind, Label, Verdict};
use crate::policy::{Intent, Policy};
use crate::source::{SourceId, Sources, Span};
use crate::strictness::ciphers::CipherString;
use crate::strictness::postgres::{self as settings, Setting, catalogue};
use crate::strictness::tls::{Protocols, Version};
use crate::strictness::{Order, Strictness, Value};
use crate::targets::postgres::rules;
use crate::targets::postgres::snapshot::{Answer, Handshake, Line, Listing, Row, Snapshot, answer_text, provenance};
use crate::targets::{Fact, Found, Reading};
use std::ops::RangeInclusive;

/// Where most facts hold.
const SERVER: &str = "live server";
const MIN: &str = "ssl_min_protocol_version";
const MAX: &str = "ssl_max_protocol_version";

/// Judges what a server said. Its text becomes a source, so that each finding has a line.
pub(in crate::targets::postgres) fn judge(policy: &Policy, declared: &RangeInclusive<u32>, snapshot: &Snapshot, sources: &mut Sources) -> Reading {
    let hidden: Vec<&str> = {
        let mut names: Vec<&str> = catalogue::names().filter(|name| catalogue::at(name, snapshot.major).is_some()).collect();
        names.dedup();
        names.retain(|name| !snapshot.settings.contains_key(*name));
        names
    };
    let listing = Listing::new(snapshot, &hidden);
    let id = sources.add(format!("live:{}", snapshot.at), listing.text.clone());
    let judge = Judge { snapshot, declared, listing, id };
    let mut reading = Reading { sources: vec![id], ..Reading::default() };
    for intent in &policy.intents {
        match &intent.value {
            Value::Setting(required) if intent.key.starts_with(SETTINGS) => judge.setting(intent, required, &mut reading),
            Value::Tls(_) if intent.key == TLS_MIN => reading.facts.push(judge.tls(intent)),
            _ => {}
        }
    }
    judge.wire(&mut reading);
    judge.files(&mut reading);
    judge.access(policy, &mut reading);
    judge.roles(policy, &mut reading);
    if let Some(why) = &snapshot.unproven {
        reading.not_examined.push((format!("who answers at {}", snapshot.at), why.clone()));
    }
    reading
}

struct Judge<'a> {
    snapshot: &'a Snapshot,
    declared: &'a RangeInclusive<u32>,
    listing: Listing,
    id: SourceId,
}

impl Judge<'_> {
    fn span(&self, line: &Line) -> Span {
        let range = self.listing.at(line);
        Span::new(self.id, range.start, range.end)
    }

    fn at_setting(&self, name: &str) -> Span {
        self.span(&Line::Setting(name.to_owned()))
    }

    fn make(&self, intent: &Intent, name: &str, found: Found, cause: Cause) -> Fact {
        let (help, at) = (Vec::new(), Some(Label::new(self.at_setting(name), "")));
        Fact { intent: intent.key.clone(), place: SERVER.to_owned(), found, cause, at, related: Vec::new(), rule: rules::of_setting(name), help, group: None }
    }

    fn unverifiable(&self, intent: &Intent, name: &str, why: String, cause: Cause, help: String) -> Fact {
        let mut fact = self.make(intent, name, Found::Unverifiable(why), cause);
        fact.help = vec![help];
        fact
    }

    fn versions(&self) -> RangeInclusive<u32> {
        self.snapshot.major..=self.snapshot.major
    }

    fn parse(&self, name: &str, text: &str) -> Result<Setting, String> {
        Setting::from_text(name, text, &self.versions()).map_err(|why| match settings::redact(name, text) {
            std::borrow::Cow::Owned(_) => format!("the value of {name} cannot be read"),
            std::borrow::Cow::Borrowed(_) => why,
        })
    }

    /// What speaks against judging this server by this policy at all.
    fn other_version(&self, intent: &Intent, name: &str) -> Option<Fact> {
        let Snapshot { major, .. } = self.snapshot;
        if !catalogue::VERSIONS.contains(major) {
            let why = format!("the server is PostgreSQL {major}, and secgen knows {}", catalogue::versions_text(&catalogue::VERSIONS));
            return Some(self.unverifiable(intent, name, why, Cause::NotUnderstood, "check it with a secgen that knows this version".to_owned()));
        }
        if self.declared.contains(major) {
            return None;
        }
        let why = format!("the server is PostgreSQL {major}, and the spec is for {}", catalogue::versions_text(self.declared));
        let help = format!("declare it in the spec: targets.postgres.versions must contain {major}");
        Some(self.unverifiable(intent, name, why, Cause::NotUnderstood, help))
    }

    /// What is to be done where a row does not show.
    fn hidden(&self, intent: &Intent, name: &str) -> Fact {
        let role = &self.snapshot.role;
        if self.snapshot.reads_all {
            let why = format!("this server does not list {name}, which PostgreSQL {} has", self.snapshot.major);
            return self.unverifiable(intent, name, why, Cause::NotUnderstood, format!("see whether this server is built without {name}"));
        }
        let why = format!("{name} is not shown to the role {role}: needs pg_read_all_settings");
        let help = format!("run GRANT pg_read_all_settings TO {}, or check with a role that has it", quoted(role));
        self.unverifiable(intent, name, why, Cause::Privilege, help)
    }

    fn setting(&self, intent: &Intent, required: &Setting, reading: &mut Reading) {
        let name = required.name.as_str();
        if let Some(fact) = self.other_version(intent, name) {
            reading.facts.push(fact);
            return;
        }
        self.overrides(intent, required, reading);
        let major = self.snapshot.major;
        let Some(row) = self.snapshot.settings.get(name) else {
            let current = catalogue::current_name(name, major);
            let fact = if current != name {
                let why = format!("PostgreSQL {major} calls it {current}");
                self.unverifiable(intent, current, why, Cause::NotUnderstood, format!("name {current} in the spec, for the versions that have it"))
            } else if settings::is_custom(name) && self.snapshot.reads_all {
                let mut fact = self.make(intent, name, Found::Missing, Cause::Missing);
                fact.help = vec![format!("load the library that {name} belongs to (shared_preload_libraries), set {name}, then restart the server")];
                fact
            } else if settings::is_custom(name) || catalogue::at(name, major).is_some() {
                self.hidden(intent, name)
            } else {
                self.make(intent, name, Found::NotApplicable(format!("PostgreSQL {major} has no {name}")), Cause::Value)
            };
            reading.facts.push(fact);
            return;
        };
        // What only the server as a whole can have is never the session's own.
        let is_shared = matches!(row.context.as_str(), "internal" | "postmaster" | "sighup");
        let mut fact = match row.source.as_str() {
            // What others get does not show behind it.
            "database" | "user" | "database user" | "client" | "session" | "override" if !is_shared => {
                let why = format!("the session sees a value of its own ({}), and not what holds for others", provenance(row));
                let help = format!("check with a role and a database that have no {name} of their own, and with no options in the connection string");
                self.unverifiable(intent, name, why, Cause::Shadowed, help)
            }
            _ => self.value(intent, required, row),
        };
        if name == "ssl" {
            self.ssl(&mut fact, row);
        }
        if name == "ssl_ciphers" && self.minimum() == Some(Version::Tls13) && self.snapshot.wire.tls12 == Handshake::Refused {
            fact.found = Found::NotApplicable("ssl_ciphers does not govern TLS 1.3, and the server speaks nothing older".to_owned());
        } else if let ("ssl_ciphers", Found::Set { text, .. }) = (name, &fact.found)
            && let Err(why) = CipherString::parse(text)
        {
            fact.found = Found::Unverifiable(why);
            fact.cause = Cause::NotUnderstood;
        }
        reading.facts.push(fact);
        if row.waits() {
            self.pending(intent, required, reading);
        }
    }

    /// The value in force, and what sets it.
    fn value(&self, intent: &Intent, required: &Setting, row: &Row) -> Fact {
        let name = required.name.as_str();
        let text = settings::redact(name, &row.setting).into_owned();
        let from = provenance(row);
        let (found, cause) = match (self.parse(name, &row.setting), row.source.as_str()) {
            (Ok(value), "default") => (Found::Default { value: Value::Setting(value), of: format!("PostgreSQL {}", self.snapshot.major) }, Cause::Missing),
            (Ok(value), _) => (Found::Set { value: Value::Setting(value), text }, Cause::Value),
            (Err(why), _) => (Found::Unverifiable(why), Cause::NotUnderstood),
        };
        let mut fact = self.make(intent, name, found, cause);
        // The command line, an environment variable or ALTER ROLE ALL wins over this line.
        let line = self.snapshot.files.iter().flatten().rev().find(|line| line.name == name && line.error.is_empty());
        let label = match (row.source.as_str(), line) {
            ("default", _) => "in force: nothing sets it".to_owned(),
            ("command line" | "environment variable" | "global", Some(line)) => {
                format!("in force: the {from} overrides {} in {}:{}", settings::redact(name, &line.setting), line.file, line.line)
            }
            ("configuration file", _) if row.file.is_none() => "in force: set in a file that this role is not shown".to_owned(),
            _ => format!("in force: set by {from}"),
        };
        fact.at = Some(Label::new(self.at_setting(name), label));
        fact.help = Self::help(required, row);
        fact
    }

    /// How to mend a value.
    fn help(required: &Setting, row: &Row) -> Vec<String> {
        let name = required.name.as_str();
        let effect = match row.context.as_str() {
            "postmaster" => "then restart the server",
            "superuser-backend" | "backend" => "then run SELECT pg_reload_conf(): it holds for new connections",
            "internal" => return vec![format!("{name} is fixed when the cluster is made or the server is started; see PostgreSQL's documentation of it")],
            _ => "then run SELECT pg_reload_conf()",
        };
        let text = required.value.join(", ");
        if settings::redact(name, &text) != text {
            return vec![format!("set {name} to the spec's value, {effect}")];
        }
        let literals: Result<Vec<String>, String> = required.value.iter().map(|v| crate::targets::postgres::encode::sql(v)).collect();
        let value = literals.map(|l| l.join(", ")).unwrap_or_default();
        match row.source.as_str() {
            "command line" => vec![format!("take {name} out of the server's command line, or set it there to {value}, and restart the server")],
            "environment variable" => vec![format!("take {name} out of the server's environment, and restart the server")],
            "global" => vec![format!("run ALTER ROLE ALL RESET {name}, or ALTER ROLE ALL SET {name} = {value}")],
            _ if value.is_empty() => vec![format!("run ALTER SYSTEM RESET {name}, {effect}")],
            _ if name == "ssl" => vec![format!("put the server's certificate and key in place, run ALTER SYSTEM SET ssl = {value}, {effect}")],
            _ => vec![format!("run ALTER SYSTEM SET {name} = {value}, {effect}")],
        }
    }

    /// `ssl = on` means nothing until the wire shows it (reference: a server without a certificate says on, too).
    fn ssl(&self, fact: &mut Fact, row: &Row) {
        if row.setting != "on" || matches!(fact.found, Found::Unverifiable(_)) {
            return;
        }
        fact.related.push(Label::new(self.span(&Line::Tls), "what the network shows"));
        let no_network = self.snapshot.settings.get("listen_addresses").is_some_and(|row| row.setting.trim().is_empty());
        match &self.snapshot.wire.answer {
            Answer::Offered => {}
            Answer::Denied => {
                let why = "the server says that ssl is on, and answers a request for TLS with no".to_owned();
                fact.found = Found::Invalid { text: "on".to_owned(), why };
                fact.cause = Cause::Invalid;
                fact.help = vec![NO_TLS_HELP.to_owned()];
            }
            Answer::NotAsked(_) if no_network => {
                fact.found = Found::NotApplicable("the server listens on no network address (listen_addresses is empty), and TLS is for those only".to_owned());
            }
            answer => {
                let why = format!("PostgreSQL says that ssl is on, which it also says without a certificate, and on the wire TLS was {}", answer_text(answer));
                fact.found = Found::Unverifiable(why);
                fact.cause = Cause::NotShown;
                fact.help =
                    vec!["connect by host name and port, straight to the server: only an answer over the network shows whether it offers TLS".to_owned()];
            }
        }
    }

    /// Values of single roles and databases: they override what holds for the server.
    fn overrides(&self, intent: &Intent, required: &Setting, reading: &mut Reading) {
        let name = required.name.as_str();
        for (i, set) in self.snapshot.overrides.iter().enumerate().filter(|(_, set)| catalogue::current_name(&set.name, self.snapshot.major) == name) {
            let text = settings::redact(name, &set.value).into_owned();
            let found = match self.parse(name, &set.value) {
                Ok(value) => Found::Set { value: Value::Setting(value), text },
                Err(why) => Found::Unverifiable(why),
            };
            let mut fact = self.make(intent, name, found, Cause::Value);
            fact.place = set.place();
            fact.at = Some(Label::new(self.span(&Line::Override(i)), "overrides the server's value here"));
            if self.snapshot.settings.contains_key(name) {
                fact.related.push(Label::new(self.at_setting(name), "as the session sees it"));
            }
            fact.help = vec![format!("run {}: the server's value holds there for new sessions", set.reset())];
            reading.facts.push(fact);
        }
    }

    /// A value that waits for the next start.
    fn pending(&self, intent: &Intent, required: &Setting, reading: &mut Reading) {
        let name = required.name.as_str();
        let line = self.snapshot.files.iter().flatten().rev().find(|line| line.name == name);
        let shown = line.map(|line| format!(" ({} in {}:{})", settings::redact(name, &line.setting), line.file, line.line)).unwrap_or_default();
        let mut finding = Finding::warning(&rules::LIVE_PENDING, format!("a new value of {name}{shown} waits for the next start of the server"));
        finding = finding.at(self.at_setting(name), "the old value is in force").intent(&intent.key);
        let holds = line.and_then(|line| self.parse(name, &line.setting).ok()).map(|value| required.compare(&value).order);
        reading.findings.push(match holds {
            Some(Order::Equal | Order::Stricter) => finding.help("restart the server: the new value is as the policy says"),
            Some(_) => finding.help(format!("correct the value before the next start: it does not meet the policy, which asks for {}", intent.text)),
            None => finding.help("see the value in postgresql.conf and postgresql.auto.conf, then restart the server"),
        });
        // The next start is a place of its own, where the policy must hold too.
        if let Some(line) = line {
            let found = match self.parse(name, &line.setting) {
                Ok(value) => Found::Set { value: Value::Setting(value), text: settings::redact(name, &line.setting).into_owned() },
                Err(why) => Found::Invalid { text: settings::redact(name, &line.setting).into_owned(), why },
            };
            let mut fact = self.make(intent, name, found, Cause::Value);
            fact.place = format!("{SERVER} after its next start");
            fact.at = Some(Label::new(self.at_setting(name), "a new value waits"));
            fact.help = vec![format!("correct {name} in {}:{} before the next start", line.file, line.line)];
            reading.facts.push(fact);
        }
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.snapshot.settings.get(name).map(|row| row.setting.as_str())
    }

    /// The oldest TLS version that the server says it speaks.
    fn minimum(&self) -> Option<Version> {
        Version::parse(self.word(MIN)?)
    }

    /// The least TLS version: what the server says, and what the wire shows.
    fn tls(&self, intent: &Intent) -> Fact {
        if let Some(fact) = self.other_version(intent, MIN) {
            return fact;
        }
        let wire = &self.snapshot.wire;
        let label = |line: &Line, words: String| Label::new(self.span(line), words);
        let with_wire = |mut fact: Fact| {
            fact.related.push(label(&Line::Handshakes, "what the network shows; versions before TLSv1.2 cannot be tried".to_owned()));
            fact
        };
        let Some(ssl) = self.snapshot.settings.get("ssl") else { return self.hidden(intent, "ssl") };
        // The words on `ssl` are those of the setting itself.
        let mut switch = self.make(intent, "ssl", Found::Missing, Cause::Value);
        self.ssl(&mut switch, ssl);
        if ssl.setting != "on" {
            let why = "ssl is off: the server offers no TLS at all, so its minimum has no effect".to_owned();
            switch.found = Found::Invalid { text: self.word(MIN).unwrap_or_default().to_owned(), why };
            switch.cause = Cause::Shadowed;
            switch.help = vec![NO_TLS_HELP.to_owned()];
            return switch;
        }
        if switch.found != Found::Missing {
            return switch;
        }
        let Value::Tls(required) = &intent.value else { return switch };
        let asked = required.versions().next().unwrap_or(Version::Tls13);
        let help = vec![format!("run ALTER SYSTEM SET {MIN} = '{}', then run SELECT pg_reload_conf()", asked.name())];
        let said = self.minimum().zip(self.word(MAX).map(|max| Version::parse(max).unwrap_or(Version::Tls13)));
        let mut fact = match (said, &wire.tls12, &wire.tls13) {
            (Some((min, _)), Handshake::Accepted, _) if min > Version::Tls12 => {
                let why = format!("the server says {}, and accepts TLSv1.2: it still runs with an older TLS configuration", min.name());
                let mut fact = self.make(intent, MIN, Found::Invalid { text: min.name().to_owned(), why }, Cause::Invalid);
                fact.help = vec![NOT_LOADED_HELP.to_owned()];
                fact
            }
            (Some(_), Handshake::Failed(_) | Handshake::NotTried, Handshake::Failed(_) | Handshake::NotTried) => {
                let why = "no handshake came about, so the network does not show what is spoken".to_owned();
                let help = "connect straight to the server; if this is it, look for the reason of the failed handshakes in its log".to_owned();
                return with_wire(self.unverifiable(intent, MIN, why, Cause::NotShown, help));
            }
            (Some((min, max)), ..) => {
                let value = Value::Tls(Protocols::between(min, max));
                let row = self.snapshot.settings.get(MIN);
                let is_default = row.is_some_and(|row| row.source == "default");
                let (found, cause) = if is_default {
                    (Found::Default { value, of: format!("PostgreSQL {}", self.snapshot.major) }, Cause::Missing)
                } else {
                    (Found::Set { value, text: min.name().to_owned() }, Cause::Value)
                };
                let mut fact = self.make(intent, MIN, found, cause);
                let from = row.map(provenance).unwrap_or_default();
                fact.at = Some(label(&Line::Setting(MIN.to_owned()), format!("in force: set by {from}")));
                fact
            }
            // The row is hidden, and the wire proves it all the same.
            (None, Handshake::Refused, Handshake::Accepted) => {
                let found = Found::Set { value: Value::Tls(Protocols::at_least(Version::Tls13)), text: "TLSv1.3 (on the wire)".to_owned() };
                self.make(intent, MIN, found, Cause::Value)
            }
            (None, Handshake::Accepted, _) if asked > Version::Tls12 => {
                let found = Found::Set { value: Value::Tls(Protocols::at_least(Version::Tls12)), text: "TLSv1.2 (on the wire) or older".to_owned() };
                self.make(intent, MIN, found, Cause::Value)
            }
            (None, ..) => return with_wire(self.hidden(intent, MIN)),
        };
        if fact.help.is_empty() {
            fact.help = help;
        }
        with_wire(fact)
    }

    /// Where the server's own words and the wire disagree, whatever the policy says.
    fn wire(&self, reading: &mut Reading) {
        let on = self.word("ssl").map(|word| word == "on");
        let tls = self.span(&Line::Tls);
        let finding =
            |message: String| Finding::new(&rules::LIVE_TLS, Kind::Verdict(Verdict::Weaker), message).see(self.at_setting("ssl"), "what the server says");
        match (on, &self.snapshot.wire.answer) {
            (Some(true), Answer::Denied) => {
                let message = "PostgreSQL says ssl = on and offers no TLS".to_owned();
                reading.findings.push(finding(message).at(tls, "what the network shows").help(NO_TLS_HELP));
            }
            (Some(false), Answer::Offered) => {
                let message = "PostgreSQL says ssl = off and TLS is offered: something else answers, such as a pooler, or the setting is not loaded".to_owned();
                let help = "connect straight to the server; behind a pooler, check the pooler's TLS settings too: what PostgreSQL says does not hold for it";
                reading.findings.push(finding(message).at(tls, "what the network shows").help(help));
            }
            (_, Answer::Unknown(what)) => {
                let what = format!("whether TLS is offered at {} ({what})", self.snapshot.at);
                reading.not_examined.push((what, "the request for TLS got no answer that PostgreSQL would give".to_owned()));
            }
            (_, Answer::NotAsked(why)) => reading.not_examined.push(("TLS on the wire".to_owned(), why.clone())),
            _ => {}
        }
        if self.minimum() == Some(Version::Tls13) && self.snapshot.wire.tls12 == Handshake::Accepted {
            let message = format!("PostgreSQL says {MIN} = TLSv1.3 and accepts TLSv1.2");
            let finding = Finding::new(&rules::LIVE_TLS, Kind::Verdict(Verdict::Weaker), message).see(self.at_setting(MIN), "what the server says");
            reading.findings.push(finding.at(self.span(&Line::Handshakes), "what the network shows").help(NOT_LOADED_HELP));
        }
    }

    /// Files that the next reload or start will not take, and files that are not loaded yet.
    fn files(&self, reading: &mut Reading) {
        for file in self.snapshot.newer_files.iter().flatten() {
            let message = format!("{file} was changed after the server read it last");
            let finding = Finding::warning(&rules::LIVE_NOT_LOADED, message).at(self.span(&Line::Head), "what is in force is older than the file");
            reading.findings.push(finding.help("run SELECT pg_reload_conf(), and check again"));
        }
        let role = quoted(&self.snapshot.role);
        let Some(files) = &self.snapshot.files else {
            let grant = format!("needs GRANT SELECT ON pg_file_settings TO {role}; GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO {role}");
            reading.not_examined.push(("errors in the configuration files, which would stop the next start".to_owned(), grant));
            return;
        };
        for (i, line) in files.iter().enumerate().filter(|(_, line)| !line.error.is_empty()) {
            // That a value waits for a restart is no error of the file.
            let waits = self.snapshot.settings.get(&line.name).is_some_and(|row| row.context == "postmaster" && self.parse(&line.name, &line.setting).is_ok());
            if waits {
                continue;
            }
            let what = if line.name.is_empty() { String::new() } else { format!("{}: ", line.name) };
            let message = format!("{}:{} has an error that the server reports: {what}{}", line.file, line.line, line.error);
            let finding = Finding::warning(&rules::LIVE_FILE, message).at(self.span(&Line::File(i)), "the server does not start with this line");
            reading.findings.push(finding.help("correct the line: a running server keeps its old value, and does not start again with this one"));
        }
    }
}

const NO_TLS_HELP: &str = "put the server's certificate and key in place (ssl_cert_file, ssl_key_file; the key readable for its owner only), set ssl = on, run \
                           SELECT pg_reload_conf(), and look for \"SSL configuration was not reloaded\" in the server's log";
const NOT_LOADED_HELP: &str = "run SELECT pg_reload_conf(), and look for \"SSL configuration was not reloaded\" in the server's log, which says why";

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    let is_plain =
        name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests;
