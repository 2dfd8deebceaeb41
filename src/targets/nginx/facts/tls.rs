//! Facts about TLS: `tls.min_version` and `tls.profile`.

use super::{Judge, Judged, groups, server_name, tickets};
use crate::finding::{Cause, Label};
use crate::policy::{Policy, guideline};
use crate::source::Span;
use crate::strictness::Value;
use crate::strictness::levels::Allowed;
use crate::strictness::tls::Protocols;
use crate::targets::Found;
use crate::targets::nginx::effective::Servers;
use crate::targets::nginx::effective::tls::{self, Answer, Setting, Unknown};
use crate::targets::nginx::rules;

const MIN_VERSION: &str = "tls.min_version";
const PROFILE: &str = "tls.profile";

/// The way out where a line overrides the plain directives.
const PLAIN: &str = "write ssl_protocols and ssl_ciphers at the http level, and drop this line";
/// The way out where a file is missing.
const NOT_READ: &str = "name the server's folder and where the repository keeps it under targets.nginx.map, or check the main file";

/// The intents about TLS that the policy has.
pub(super) fn carried(policy: &Policy) -> Vec<String> {
    [MIN_VERSION, PROFILE, groups::KEY, tickets::KEY].into_iter().filter(|key| policy.intent(key).is_some()).map(str::to_owned).collect()
}

/// Something about TLS that cannot be known; `help` for a line that is not understood.
pub(super) fn unknown(unknown: &Unknown, block: Span, rule: &'static crate::finding::Rule, help: Vec<String>) -> Judged {
    match unknown {
        Unknown::Doubt(doubt) => Judged::unknown(doubt, block),
        Unknown::Line(span, why) => {
            let at = Label::new(*span, "what this does is not known");
            Judged { found: Found::Unverifiable(why.clone()), cause: Cause::NotUnderstood, at, related: Vec::new(), rule, help, group: None }
        }
    }
}

impl Judge<'_, '_> {
    /// Facts of one server, in `http`, `stream` or `mail`.
    pub(super) fn tls(&mut self, servers: &Servers, index: usize) {
        let server = &servers.servers[index];
        let place = server_name(servers.speaks, server);
        let keys = carried(self.policy);
        let same = |this: &mut Self, make: &dyn Fn() -> Judged| keys.iter().for_each(|key| this.push(key, &place, server.span, make()));
        if server.level.rejects == Some(true) {
            return same(self, &|| Judged::not_applicable("this server refuses every handshake (ssl_reject_handshake)", server.span));
        }
        match servers.speaks_tls(server) {
            Some(true) => {}
            Some(false) => return same(self, &|| Judged::not_applicable("this server speaks no TLS", server.span)),
            None => {
                let why = "on which sockets this server listens stands in a file that was not read".to_owned();
                let help = vec![NOT_READ.to_owned()];
                return same(self, &|| unknown(&Unknown::Line(server.span, why.clone()), server.span, &rules::NOT_READ, help.clone()));
            }
        }
        let answers = tls::answers(servers, index, self.versions);
        if self.policy.intent(MIN_VERSION).is_some() {
            for answer in &answers {
                let place = if answers.len() > 1 { format!("{place}, {} deciding", deciding(servers, answer.decider, index)) } else { place.clone() };
                let judged = self.protocols(servers, index, answer);
                self.push(MIN_VERSION, &place, server.span, judged);
            }
        }
        if self.policy.intent(PROFILE).is_some() {
            let judged = self.suites(servers, index, &answers);
            self.push(PROFILE, &place, server.span, judged);
        }
        if self.policy.intent(groups::KEY).is_some() {
            self.groups(servers, index, &place);
        }
        if self.policy.intent(tickets::KEY).is_some() {
            self.tickets(servers, index, &place);
        }
    }

    pub(super) fn tls_help(&self, lines: &str) -> Vec<String> {
        let include = self.advice.include("tls.conf");
        vec![include.map_or_else(
            || format!("write `{lines}` at the http level, and remove it from the servers"),
            |include| format!("add `{include}` to the http block, and remove what it sets from the servers"),
        )]
    }

    fn protocols(&self, servers: &Servers, index: usize, answer: &Answer) -> Judged {
        let setting = match &answer.protocols {
            Ok(setting) => setting,
            Err(why) => return unknown(why, servers.servers[index].span, &rules::TLS_PROTOCOLS, vec![PLAIN.to_owned()]),
        };
        let decider = &servers.servers[answer.decider];
        // What no server of the block sets is set once, for all of them.
        let block = servers.servers.first().map(|s| s.span);
        let (mut at, mut related) = lines(setting, decider.span, "no ssl_protocols in this server or around it");
        let value = Value::Tls(setting.value.clone());
        let is_default = setting.at.is_none() && setting.overrides.is_empty();
        let found = if is_default { Found::Default { value, of: self.versions.name() } } else { Found::Set { value, text: setting.text.clone() } };
        let (mut cause, mut rule) = if is_default { (Cause::Missing, &rules::TLS_DEFAULT) } else { (Cause::Value, &rules::TLS_PROTOCOLS) };
        if answer.decider != index {
            let own = servers.servers[index].level.protocols.first().map_or(servers.servers[index].span, |d| d.span);
            at.message = format!("{} is the default server of {} and decides for this one", server_name(servers.speaks, decider), answer.socket).into();
            related.push(Label::new(own, "this server does not decide about TLS versions itself"));
            (cause, rule) = (Cause::Shadowed, &rules::TLS_OTHER_SERVER);
        }
        let min = self.policy.spec.tls.as_ref().and_then(|t| t.min_version);
        let wanted = min.map(|v| Protocols::at_least(crate::policy::intents::tls_version(v)).to_string()).unwrap_or_default();
        Judged { found, cause, at, related, rule, help: self.tls_help(&format!("ssl_protocols {wanted};")), group: block.filter(|_| is_default) }
    }

    fn suites(&self, servers: &Servers, index: usize, answers: &[Answer]) -> Judged {
        let mut spoken = Vec::new();
        for answer in answers {
            match &answer.protocols {
                Ok(setting) => spoken.extend(setting.value.versions()),
                Err(why) => return unknown(why, servers.servers[index].span, &rules::TLS_SUITES, vec![PLAIN.to_owned()]),
            }
        }
        let server = &servers.servers[index];
        let default = server.listens.iter().flatten().find(|l| servers.is_tls(&l.socket)).and_then(|l| servers.default_of(&l.socket)).unwrap_or(index);
        let setting = match tls::suites(servers, index, default, &Protocols::new(spoken), self.versions) {
            Ok(setting) => setting,
            Err(why) => return unknown(&why, server.span, &rules::TLS_SUITES, vec![PLAIN.to_owned()]),
        };
        let (at, related) = lines(&setting, server.span, "no ssl_ciphers in this server or around it");
        let value = Value::Allowed(Allowed(setting.value));
        let found = match setting.at {
            Some(_) => Found::Set { value, text: setting.text },
            None => Found::Default { value, of: self.versions.name() },
        };
        let cause = if setting.at.is_some() { Cause::Value } else { Cause::Missing };
        let allowed = self.policy.spec.tls.as_ref().and_then(|t| t.profile.as_ref()).map(guideline::tls12_suites).unwrap_or_default();
        // A profile without suites for TLS 1.2 wants TLS 1.3 alone.
        let line = if allowed.is_empty() { "ssl_protocols TLSv1.3;".to_owned() } else { format!("ssl_ciphers {};", allowed.join(":")) };
        Judged {
            found,
            cause,
            at,
            related,
            rule: &rules::TLS_SUITES,
            help: self.tls_help(&line),
            group: servers.servers.first().map(|s| s.span).filter(|_| cause == Cause::Missing),
        }
    }
}

/// How reports call the server that decides for another one.
pub(super) fn deciding(servers: &Servers, decider: usize, index: usize) -> String {
    if decider == index { "itself".to_owned() } else { server_name(servers.speaks, &servers.servers[decider]) }
}

/// The line that decides, and those that it overrides.
pub(super) fn lines<T>(setting: &Setting<T>, block: Span, nothing: &'static str) -> (Label, Vec<Label>) {
    let mut spans = setting.overrides.iter().rev().copied().chain(setting.at);
    match spans.next() {
        Some(first) => (Label::new(first, "in force here"), spans.map(|s| Label::new(s, "this line is overridden, or adds to it")).collect()),
        None => (Label::new(block, nothing), Vec::new()),
    }
}
