//! Facts about rate limits: `rate_limits.limits.NAME.edge`.

use super::{Judge, Judged, OfServer, Place, hosts, meeting};
use crate::finding::{Cause, Finding, Kind, Label};
use crate::source::Span;
use crate::spec::Match;
use crate::strictness::Value;
use crate::strictness::rate::Rate;
use crate::targets::Found;
use crate::targets::nginx::advice::{add, own_block};
use crate::targets::nginx::effective::limits::{Limit, always_counts, limit, status};
use crate::targets::nginx::effective::routes::Block;
use crate::targets::nginx::effective::routes::Meets;
use crate::targets::nginx::effective::{Matches, Servers};
use crate::targets::nginx::rules;

/// Keys that are one value for each client address, and never empty.
const ADDRESS: [&str; 2] = ["$binary_remote_addr", "$remote_addr"];

/// A limit of the policy, and which servers it is about.
pub(super) struct Wanted {
    name: String,
    key: String,
    matches: Match,
    hosts: Vec<Option<Meets>>,
}

impl Judge<'_, '_> {
    /// The limits of the policy that nginx carries.
    pub(super) fn wanted(&self, servers: &Servers) -> Vec<Wanted> {
        let limits = self.policy.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten();
        let wanted = limits.map(|(name, limit)| {
            let matches = everything(limit.matches.clone().unwrap_or_default());
            Wanted { name: name.to_string(), key: format!("rate_limits.limits.{name}.edge"), hosts: hosts(servers, &matches), matches }
        });
        wanted.filter(|wanted| self.policy.intent(&wanted.key).is_some()).collect()
    }

    /// Facts of one server for every limit.
    pub(super) fn limits(&mut self, of: &OfServer, index: usize, places: &[Place], limits: &[Wanted], findings: &mut Vec<Finding>) {
        let server = of.server;
        for Wanted { name, key, matches, hosts } in limits {
            if let (Some(media), Some(place)) = (&matches.content_type, places.first()) {
                let why = format!("a limit for responses of type {media} cannot be decided before the response is there");
                let at = Label::new(server.span, "");
                let help = vec!["match the limit by host or path instead".to_owned()];
                let found = Found::Unverifiable(why);
                self.served.keys.insert(format!("rate_limits.limits.{name}"));
                self.push(
                    key,
                    &place.name,
                    place.span,
                    Judged { found, cause: Cause::NotUnderstood, at, related: Vec::new(), rule: &rules::LIMIT_MISSING, help, group: None },
                );
                continue;
            }
            for (block, meets) in meeting(server, hosts[index], matches) {
                let Some(place) = places.get(match block {
                    Block::Server => 0,
                    Block::Location(i) => i + 1,
                }) else {
                    continue;
                };
                // Limits may not stand in `if`, and a named location is reached from one where they were applied.
                if let Block::Location(i) = block
                    && matches!(server.locations[i].matches, Matches::If | Matches::Named)
                {
                    continue;
                }
                self.served.keys.insert(format!("rate_limits.limits.{name}"));
                notes(of, place, findings);
                let judged = if place.level.returns.is_some() {
                    Judged::not_applicable("a return answers here, before any limit is looked at", place.span)
                } else {
                    let mut judged = self.limit(of, key, place, findings);
                    if judged.help.is_empty() {
                        let own = own_block(matches, meets, block.location(server));
                        judged.help = self.limit_help(name, own.as_deref());
                    }
                    self.or_unknown(key, judged, meets, place)
                };
                self.push(key, &place.name, place.span, judged);
            }
        }
    }

    fn limit_help(&self, name: &str, own: Option<&str>) -> Vec<String> {
        if let Some(include) = self.advice.include(&format!("rate-limit.{name}.conf")) {
            return vec![add(&include, own)];
        }
        let limits = self.policy.spec.rate_limits.as_ref().and_then(|r| r.limits.as_ref());
        let limit = limits.and_then(|l| l.iter().find(|(n, _)| n.as_str() == name)).map(|(_, limit)| limit);
        let (per_minute, burst) = limit.and_then(crate::policy::intents::edge_rate).unwrap_or_default();
        let zone = format!("limit_req_zone $binary_remote_addr zone={name}:10m rate={per_minute}r/m;");
        vec![format!("add `{zone}` to the http block"), add(&format!("limit_req zone={name} burst={burst} nodelay;"), own)]
    }

    fn limit(&self, of: &OfServer, key: &str, place: &Place, findings: &mut Vec<Finding>) -> Judged {
        let (servers, effective) = (of.servers, &place.limits);
        if let Some(doubt) = effective.doubt() {
            return Judged::unknown(doubt, place.span);
        }
        let judged = |found, cause, at, related, rule| Judged { found, cause, at, related, rule, help: Vec::new(), group: None };
        let Some(first) = effective.lines.first() else {
            let at = Label::new(place.span, "no limit_req in this block or around it");
            return judged(Found::Missing, Cause::Missing, at, Vec::new(), &rules::LIMIT_MISSING);
        };
        let text = |span| String::from_utf8_lossy(self.sources.slice(span)).into_owned();
        let cut: Vec<Label> = effective.cut.iter().map(|d| Label::new(d.span, "hidden by the limit_req of the block inside")).collect();
        if let Some(span) = effective.dry_run {
            let why = "limit_req_dry_run is on: requests are counted, and none is refused".to_owned();
            let related = vec![Label::new(first.span, "the limit")];
            return judged(
                Found::Invalid { text: text(first.span), why },
                Cause::Invalid,
                Label::new(span, "switches the limit off"),
                related,
                &rules::LIMIT_OFF,
            );
        }
        let (mut best, mut foreign): (Option<Judged>, Option<Judged>) = (None, None);
        for line in &effective.lines {
            let at = Label::new(line.span, "in force here");
            match limit(servers, line) {
                // The zone may stand in a file that was not read.
                Limit::NoZone(_) if !servers.level.doubts.is_empty() => return Judged::unknown(&servers.level.doubts[0], place.span),
                Limit::NoZone(name) => return refused(&format!("no limit_req_zone declares the zone {name}"), line.span, findings),
                Limit::Refused(why) => return refused(&why, line.span, findings),
                Limit::Bucket { key: counted, zone, .. } if !ADDRESS.contains(&counted.as_str()) => {
                    let scene = place.scene(of, false);
                    let mut related = vec![Label::new(zone, "the key")];
                    let why = if always_counts(&scene, &counted) {
                        format!("the limit counts by {counted}, not by the client's address")
                    } else {
                        let empty = scene.emptied_by(counted.as_bytes());
                        related.extend(empty.map(|span| Label::new(span, format!("may leave {counted} empty"))));
                        format!("the limit counts by {counted}, and requests for which that is empty are not limited")
                    };
                    foreign = Some(judged(Found::Unverifiable(why), Cause::Dynamic, at, related, &rules::LIMIT_KEY));
                }
                Limit::Bucket { per_minute, burst, zone, .. } => {
                    let value = Value::Rate(Rate::On { per_minute, burst });
                    let found = Found::Set { value, text: format!("{per_minute}r/m burst={burst}") };
                    // All lines are applied: one that meets the policy is enough.
                    if best.as_ref().is_none_or(|b| !self.passes(key, &b.found)) {
                        let related = std::iter::once(Label::new(zone, "the rate")).chain(cut.iter().cloned()).collect();
                        best = Some(judged(found, Cause::Value, at, related, &rules::LIMIT_VALUE));
                    }
                }
            }
        }
        match (best, foreign) {
            (Some(best), Some(foreign)) => {
                if self.passes(key, &best.found) {
                    best
                } else {
                    foreign
                }
            }
            (Some(best), None) => best,
            (None, Some(foreign)) => foreign,
            (None, None) => judged(Found::Missing, Cause::Missing, Label::new(place.span, ""), Vec::new(), &rules::LIMIT_MISSING),
        }
    }
}

/// The status that tells a client to come back later (RFC 6585 4).
const TOO_MANY: u16 = 429;

/// What is good to know of the limits in force at a place.
fn notes(of: &OfServer, place: &Place, findings: &mut Vec<Finding>) {
    let Some(first) = place.limits.lines.first() else { return };
    let mut note = |rule, span: Span, message: String, label: &'static str, see: Option<Span>, help: &str| {
        if findings.iter().any(|f| f.rule == rule && f.primary.as_ref().is_some_and(|p| p.span == span)) {
            return;
        }
        let mut finding = Finding::new(rule, Kind::Note, message).at(span, label);
        finding.related = see.map(|span| Label::new(span, "the limit")).into_iter().collect();
        findings.push(finding.help(help));
    };
    // A `return` answers before any limit is looked at (vectors R03, R12).
    let of_ifs = place.level.ifs.iter().filter_map(|(_, answer)| *answer);
    for line in place.level.returns.into_iter().chain(of_ifs) {
        let message = format!("requests that this return answers at {} are not limited", place.name);
        let help = "nothing to do where the answer costs nothing; else have a location answer that reads a file or asks a backend";
        note(&rules::LIMIT_BYPASSED, line.span, message, "answers before any limit is looked at", Some(first.span), help);
    }
    let answered = status(place.limits.status);
    // What is around a part may set it too.
    let is_open = place.limits.is_status_open || (of.servers.is_part && place.limits.status.is_none());
    if place.level.returns.is_none() && answered != TOO_MANY && !is_open {
        let (span, see) = place.limits.status.map_or((first.span, None), |line| (line.span, Some(first.span)));
        let message = format!("requests over the limit get status {answered}, which does not say that they were too many");
        note(&rules::LIMIT_STATUS, span, message, "decides the status", see, "write `limit_req_status 429;` in the http block");
    }
}

/// A line that nginx refuses: a finding once, and never a pass.
fn refused(why: &str, span: Span, findings: &mut Vec<Finding>) -> Judged {
    let why = format!("nginx refuses to start with this line: {why}");
    if !findings.iter().any(|f| f.primary.as_ref().is_some_and(|p| p.span == span)) {
        findings.push(Finding::warning(&rules::REFUSED, why.clone()).at(span, "refused").help("correct the line; `nginx -t` names it too"));
    }
    let at = Label::new(span, "refused");
    Judged { found: Found::Unverifiable(why), cause: Cause::Invalid, at, related: Vec::new(), rule: &rules::REFUSED, help: Vec::new(), group: None }
}

/// A limit without a path counts for every path.
fn everything(mut matches: Match) -> Match {
    if matches.prefix.is_none() && matches.exact.is_none() {
        matches.prefix = "/".parse().ok();
    }
    matches
}
