//! Facts about session tickets: `tls.session_tickets`.

use super::tls::{lines, unknown};
use super::{Judge, Judged};
use crate::finding::{Cause, Label};
use crate::policy::intents::off_or_on;
use crate::strictness::Value;
use crate::targets::Found;
use crate::targets::nginx::effective::Servers;
use crate::targets::nginx::effective::tls;
use crate::targets::nginx::rules;

pub(super) const KEY: &str = "tls.session_tickets";

impl Judge<'_, '_> {
    /// The fact of one server that speaks TLS.
    pub(super) fn tickets(&mut self, servers: &Servers, index: usize, place: &str) {
        let judged = self.tickets_of(servers, index);
        self.push(KEY, place, servers.servers[index].span, judged);
    }

    fn tickets_of(&self, servers: &Servers, index: usize) -> Judged {
        let server = &servers.servers[index];
        let help = self.tls_help("ssl_session_tickets off;");
        let setting = match tls::tickets(servers, index, self.versions) {
            Ok(setting) => setting,
            Err(why) => return unknown(&why, server.span, &rules::TLS_TICKETS, help),
        };
        let (at, mut related) = lines(&setting, server.span, "no ssl_session_tickets in this server or around it");
        let own = server.level.tickets.map(|(_, span)| span).filter(|span| *span != at.span);
        related.extend(own.map(|span| Label::new(span, "this line does not decide alone")));
        let value = Value::Level(off_or_on(setting.value));
        let (found, cause) = match setting.at {
            Some(_) => (Found::Set { value, text: setting.text }, Cause::Value),
            None => (Found::Default { value, of: "nginx".to_owned() }, Cause::Missing),
        };
        let group = servers.servers.first().map(|s| s.span).filter(|_| setting.at.is_none());
        Judged { found, cause, at, related, rule: &rules::TLS_TICKETS, help, group }
    }
}
