//! Facts about the groups of key exchange: `tls.groups`.

use super::tls::{deciding, lines, unknown};
use super::{Judge, Judged, server_name};
use crate::finding::{Cause, Label};
use crate::strictness::Value;
use crate::strictness::groups::Groups;
use crate::targets::Found;
use crate::targets::nginx::effective::Servers;
use crate::targets::nginx::effective::tls::{self, Unknown};
use crate::targets::nginx::rules;

pub(super) const KEY: &str = "tls.groups";

impl Judge<'_, '_> {
    /// Facts of one server that speaks TLS, once for each default server that decides for one of its sockets.
    pub(super) fn groups(&mut self, servers: &Servers, index: usize, place: &str) {
        let defaults = tls::defaults(servers, index);
        for (default, socket) in &defaults {
            let place = if defaults.len() > 1 { format!("{place}, {} deciding", deciding(servers, *default, index)) } else { place.to_owned() };
            let judged = self.groups_of(servers, index, *default, socket);
            self.push(KEY, &place, servers.servers[index].span, judged);
        }
    }

    fn groups_of(&self, servers: &Servers, index: usize, default: usize, socket: &str) -> Judged {
        let (server, decider) = (&servers.servers[index], &servers.servers[default]);
        let help = self.tls_help(&format!("ssl_ecdh_curve {};", self.wanted_groups()));
        let setting = match tls::groups(servers, index, default) {
            Ok(setting) => setting,
            Err(why) => return unknown(&why, server.span, &rules::TLS_GROUPS, help),
        };
        let (mut at, mut related) = lines(&setting, decider.span, "no ssl_ecdh_curve in this server or around it");
        if default != index {
            at.message = format!("{} is the default server of {socket} and decides for this one", server_name(servers.speaks, decider)).into();
            related.extend(server.level.groups.map(|own| Label::new(own.span, "this server does not decide about groups itself")));
        }
        // What no server sets is set once, for all of them.
        let group = servers.servers.first().map(|s| s.span).filter(|_| setting.at.is_none());
        let cause = if setting.at.is_some() { Cause::Value } else { Cause::Missing };
        let judged = |found, cause| Judged { found, cause, at: at.clone(), related: related.clone(), rule: &rules::TLS_GROUPS, help: help.clone(), group };
        if !setting.value.is_empty() {
            return match Groups::parse(&setting.text) {
                Ok(groups) => judged(Found::Set { value: Value::Groups(groups), text: setting.text }, Cause::Value),
                Err(why) => unknown(&Unknown::Line(at.span, format!("of the groups, {why}")), server.span, &rules::TLS_GROUPS, help),
            };
        }
        match (self.versions.default_groups(), setting.at) {
            (Some((groups, _)), Some(_)) => judged(Found::Set { value: Value::Groups(groups), text: setting.text }, cause),
            (Some((value, of)), None) => judged(Found::Default { value: Value::Groups(value), of }, cause),
            (None, _) => {
                let why = "which groups OpenSSL offers by itself differs by its version, and targets.nginx.openssl names none".to_owned();
                judged(Found::Unverifiable(why), cause)
            }
        }
    }

    /// The groups of the spec that the server's OpenSSL knows: another one would stop nginx.
    fn wanted_groups(&self) -> String {
        let wanted = self.policy.spec.tls.iter().filter_map(|t| t.groups.as_ref()).flat_map(|g| g.iter());
        wanted.filter(|g| g.since() <= self.versions.openssl()).map(|g| g.name()).collect::<Vec<_>>().join(":")
    }
}
