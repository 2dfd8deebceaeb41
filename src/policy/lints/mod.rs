//! Lints of the spec itself: what is allowed and probably not meant, and what contradicts itself.

mod cross_origin;
pub mod csp;
pub mod gate;
mod incident;
mod jwt;
mod postgres;
mod rules;
pub mod service;
mod tasks;

pub use incident::expiry;
pub use rules::*;

use super::{Policy, guideline, intents};
use crate::finding::{Cause, Finding, Kind, Rule, Verdict, redact};
use crate::spec::{Framing, Guideline, MozillaProfile, SettingValue, Spec, TlsVersion, XssProtection};
use crate::strictness::Order;
use crate::strictness::csp::Csp;

/// How many days before its end an accepted advisory is told.
const SOON_DAYS: i64 = 30;

/// Errors and warnings of a policy. `today` is in days since 1970-01-01.
#[must_use]
pub fn check(policy: &Policy, today: i64) -> (Vec<Finding>, Vec<Finding>) {
    let mut lint = Lint { policy, errors: Vec::new(), warnings: Vec::new() };
    lint.headers();
    lint.cookies();
    lint.cors();
    lint.tls();
    lint.hba();
    lint.postgres_form();
    lint.jwt();
    lint.rate_limits();
    lint.service(today);
    lint.scopes();
    lint.attestations();
    lint.tasks(today);
    lint.dependencies(today);
    lint.targets();
    lint.gate(today);
    lint.incidents(today);
    lint.secrets();
    (lint.errors, lint.warnings)
}

struct Lint<'a> {
    policy: &'a Policy,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Lint<'_> {
    fn spec(&self) -> &Spec {
        &self.policy.spec
    }

    fn place(&self, finding: Finding, key: &str, help: &str) -> Finding {
        let finding = finding.intent(key).help(help);
        match self.policy.origin(key) {
            Some(span) => finding.at(span, ""),
            None => finding,
        }
    }

    fn error(&mut self, rule: &'static Rule, key: &str, message: impl Into<String>, help: &str) {
        let finding = self.place(Finding::error(rule, message), key, help);
        self.errors.push(finding);
    }

    fn warn(&mut self, rule: &'static Rule, key: &str, message: impl Into<String>, help: &str) {
        // A built-in profile is what it is; its own reasons are in its dated text.
        if self.policy.intent(key).is_some_and(|i| i.builtin) {
            return;
        }
        let finding = self.place(Finding::warning(rule, message), key, help);
        self.warnings.push(finding);
    }

    fn headers(&mut self) {
        let Some(headers) = self.spec().http.as_ref().and_then(|h| h.headers.clone()) else { return };
        if let Some(hsts) = &headers.hsts {
            let key = "http.headers.hsts";
            let max_age = hsts.max_age.map_or(0, crate::spec::scalar::Duration::as_secs);
            if hsts.max_age.is_none() {
                self.error(&HSTS_ZERO, key, "http.headers.hsts has no max_age", "write max_age: 365d");
            } else if max_age == 0 {
                self.error(
                    &HSTS_ZERO,
                    key,
                    "http.headers.hsts.max_age is 0, which makes browsers forget the protection",
                    "write max_age: 365d, or leave hsts out",
                );
            } else if hsts.preload == Some(true) && (max_age < 31_536_000 || hsts.include_subdomains != Some(true)) {
                self.error(
                    &HSTS_PRELOAD,
                    key,
                    "http.headers.hsts.preload needs max_age of 365d or more and include_subdomains: true",
                    "set both, or preload: false",
                );
            } else if max_age < 31_536_000 {
                self.warn(&HSTS_SHORT, key, format!("http.headers.hsts.max_age is {max_age} s, less than a year"), "write max_age: 365d");
            }
        }
        if headers.xss_protection == Some(XssProtection::Block) {
            self.warn(
                &XSS,
                "http.headers.xss_protection",
                "xss_protection: block asks for a filter that no current browser has",
                "write xss_protection: \"off\", or remove the line",
            );
        }
        if let Some(referrer) = headers.referrer_policy {
            let default = crate::strictness::referrer::ReferrerPolicy::parse("strict-origin-when-cross-origin");
            let own = crate::strictness::referrer::ReferrerPolicy::parse(referrer.name());
            if let (Ok(default), Ok(own)) = (default, own) {
                use crate::strictness::Strictness;
                if matches!(default.compare(&own).order, Order::Weaker | Order::Incomparable) {
                    let message = format!("referrer_policy: {} tells other sites more than browsers do by default", referrer.name());
                    self.warn(&REFERRER, "http.headers.referrer_policy", message, "write strict-origin-when-cross-origin or a stricter policy");
                }
            }
        }
        self.csp(&headers, "http.headers");
        self.other_headers(&headers, "http.headers");
        if matches!(headers.framing, Some(Framing::Origins(_))) {
            self.warn(
                &HTTP_SITE,
                "http.headers.framing",
                "framing names origins, so X-Frame-Options is not sent",
                "nothing to do if all your visitors have a browser of 2017 or later",
            );
        }
    }

    fn csp(&mut self, headers: &crate::spec::Headers, prefix: &str) {
        if headers.csp.as_ref().and_then(|c| c.directives.as_ref()).is_none() {
            return;
        }
        let key = format!("{prefix}.csp");
        if headers.framing.is_none() {
            self.warn(&CSP_FRAME, &key, "nothing says who may show the pages in a frame", "add framing: deny or framing: sameorigin under http.headers");
        }
        // Read as a browser reads what is rendered; a policy that browsers skip is refused elsewhere.
        let Some(read) = intents::header_texts(headers).csp.and_then(|text| Csp::parse(&text).ok()) else { return };
        for problem in read.policies().iter().flat_map(csp::problems).filter(|p| p.directive != "frame-ancestors") {
            let place = if problem.word.is_some() { format!("{key}.directives.{}", problem.directive) } else { key.clone() };
            if *problem.rule == CSP_NONE {
                self.error(problem.rule, &place, problem.message, problem.help);
            } else {
                self.warn(problem.rule, &place, problem.message, problem.help);
            }
        }
    }

    fn tls(&mut self) {
        let Some(tls) = self.spec().tls.clone() else { return };
        if let Some(min) = tls.min_version.filter(|m| *m < TlsVersion::TLSv12) {
            self.warn(&TLS_OLD, "tls.min_version", format!("tls.min_version {} is forbidden by RFC 8996", min.name()), "write min_version: TLSv1.2");
        }
        if let Some(profile) = &tls.profile {
            if profile.mozilla == MozillaProfile::Old && profile.guideline == Guideline::V60 {
                self.error(&TLS_GUIDELINE, "tls.profile", "Mozilla's guideline 6.0 has no profile old", "write guideline: \"5.8\", or mozilla: intermediate");
            }
            let least = guideline::min_version(profile.mozilla);
            match tls.min_version {
                Some(min) if min < least => {
                    let message = format!("tls.min_version {} is older than the profile allows ({})", min.name(), least.name());
                    self.error(&TLS_PROFILE, "tls.min_version", message, &format!("write min_version: {}, or take another profile", least.name()));
                }
                None => self.error(&TLS_PROFILE, "tls.profile", "tls.profile needs tls.min_version beside it", &format!("add min_version: {}", least.name())),
                _ => {}
            }
        }
        if let Some(groups) = &tls.groups {
            if groups.is_empty() {
                self.error(&EMPTY_LIST, "tls.groups", "tls.groups is empty", "name the groups, or leave tls.groups out for those of the profile");
            }
            let openssl =
                self.spec().targets.as_ref().and_then(|t| t.nginx.as_ref()).map(|n| n.openssl.as_ref().map_or((1, 1), |v| (v.numbers().0, v.numbers().1)));
            for group in groups.iter().filter(|g| openssl.is_some_and(|own| g.since() > own)) {
                let (major, minor) = group.since();
                let message = format!("{} is left out of nginx's list: it needs OpenSSL {major}.{minor}", group.name());
                self.warn(&TLS_GROUP, "tls.groups", message, "write the server's OpenSSL under targets.nginx.openssl, or take the group out");
            }
            let allowed = tls.profile.as_ref().map(|p| guideline::groups(p, (u32::MAX, 0)));
            if let Some(extra) = allowed.and_then(|allowed| groups.iter().find(|g| !allowed.contains(&g.name()))) {
                let message = format!("tls.groups has {}, which tls.profile does not allow", extra.name());
                self.error(&TLS_PROFILE, "tls.groups", message, "take it out, or leave tls.groups out for those of the profile");
            }
        }
        let hsts = self.spec().http.as_ref().and_then(|h| h.headers.as_ref()).is_some_and(|h| h.hsts.is_some());
        if tls.redirect_http.is_some() && !hsts {
            let message = "tls.redirect_http stands without http.headers.hsts";
            self.warn(&REDIRECT_ALONE, "tls.redirect_http", message, "add http.headers.hsts: { max_age: 365d }");
        }
        if tls.session_tickets == Some(true) {
            self.warn(&TLS_TICKETS, "tls.session_tickets", "tls.session_tickets is on", "write session_tickets: false, or leave it out");
        }
        let setting = self
            .spec()
            .postgres
            .as_ref()
            .and_then(|p| p.settings.as_ref())
            .and_then(|s| s.get(&crate::spec::SettingName("ssl_min_protocol_version".to_owned())).cloned());
        if let (Some(min), Some(SettingValue::One(own))) = (tls.min_version, setting)
            && !own.eq_ignore_ascii_case(min.name())
        {
            let message = format!("tls.min_version is {}, postgres.settings.ssl_min_protocol_version is {own}", min.name());
            self.error(&TLS_POSTGRES, "postgres.settings.ssl_min_protocol_version", message, "remove the setting: it follows tls.min_version");
        }
    }

    fn rate_limits(&mut self) {
        let limits = self.spec().rate_limits.as_ref().and_then(|r| r.limits.clone()).unwrap_or_default();
        let mut by_client = self.spec().lockout.map(|_| "lockout".to_owned());
        for (name, limit) in &limits {
            let key = format!("rate_limits.limits.{name}");
            let matches = limit.matches.as_ref().is_some_and(|m| m.host.is_some() || m.prefix.is_some() || m.exact.is_some());
            for (field, there) in [("requests", limit.requests.is_some()), ("per", limit.per.is_some()), ("match", matches), ("key", limit.key.is_some())] {
                if !there {
                    let example = match field {
                        "requests" => "requests: 100",
                        "per" => "per: 1h",
                        "key" => "key: client_ip",
                        _ => "match: { prefix: /api/ }",
                    };
                    self.error(&LIMIT, &key, format!("{key} has no {field}"), &format!("add {example}"));
                }
            }
            if limit.matches.as_ref().is_some_and(|m| m.prefix.is_some() && m.exact.is_some()) {
                self.error(&LIMIT, &key, format!("{key}.match has both prefix and exact"), "keep one of them");
            }
            if limit.matches.as_ref().is_some_and(|m| m.content_type.is_some()) {
                self.error(
                    &LIMIT,
                    &key,
                    format!("{key}.match cannot name a content_type: a request is counted before it is answered"),
                    "match by host, prefix or exact",
                );
            }
            if limit.per.is_some_and(|p| p.as_secs() == 0) {
                self.error(&LIMIT, &key, format!("{key}.per is 0"), "write a window such as per: 1h");
                continue;
            }
            if let (Some(requests), Some(per), Some(edge)) = (limit.requests, limit.per, &limit.edge) {
                let quota = u64::from(requests) + u64::from(limit.burst.unwrap_or(0));
                let slow = edge.per_minute.is_some_and(|m| u64::from(m) * per.as_secs() < u64::from(requests) * 60);
                let small = edge.burst.is_some_and(|b| u64::from(b) + 1 < quota);
                if slow || small {
                    self.warn(
                        &LIMIT_EDGE,
                        &key,
                        format!("{key}.edge refuses requests that the service would admit"),
                        "leave edge out, or raise per_minute and burst",
                    );
                }
            }
            by_client.get_or_insert(key);
        }
        let targets = self.spec().targets.clone().unwrap_or_default();
        let trusts = self.spec().network.as_ref().and_then(|n| n.service_trusts.as_ref()).is_some_and(|t| !t.is_empty());
        if let Some(key) = by_client.filter(|_| targets.nginx.is_some() && targets.rust.is_some() && !trusts) {
            let message =
                "limits count by client address in the service, but network.service_trusts names nobody: behind nginx all clients would share one limit";
            self.error(&TRUST, &key, message, "add network: { service_trusts: [127.0.0.1/32] } (the address nginx connects from)");
        }
        if self.spec().network.as_ref().and_then(|n| n.nginx_trusts.as_ref()).is_some_and(|t| !t.is_empty()) {
            self.error(
                &crate::schema::NOT_SUPPORTED,
                "network.nginx_trusts",
                "network.nginx_trusts with entries is not supported yet: secgen would not write real_ip rules for them",
                "write nginx_trusts: [], or leave it out, and keep set_real_ip_from in your own nginx.conf",
            );
        }
    }

    fn scopes(&mut self) {
        let scopes = self.spec().scopes.clone().unwrap_or_default();
        for (name, scope) in &scopes {
            let key = format!("scopes.{name}");
            let m = scope.matches.clone().unwrap_or_default();
            if m == crate::spec::Match::default() {
                self.error(&SCOPE, &key, format!("{key} has no match"), "add match: { prefix: /path/ }");
            }
            if m.prefix.is_some() && m.exact.is_some() {
                self.error(&SCOPE, &key, format!("{key}.match has both prefix and exact"), "keep one of them");
            }
            match scope.http.as_ref().and_then(|h| h.headers.as_ref()) {
                None => {
                    self.error(&SCOPE, &key, format!("{key} has nothing that differs"), "add http: { headers: ... } with what differs, or remove the scope");
                }
                Some(headers) => {
                    let (headers, prefix) = (headers.clone(), format!("{key}.http.headers"));
                    self.csp(&headers, &prefix);
                    self.other_headers(&headers, &prefix);
                }
            }
        }
    }

    fn dependencies(&mut self, today: i64) {
        let ignored = self.spec().dependencies.as_ref().and_then(|d| d.advisories.as_ref()).and_then(|a| a.ignore.clone()).unwrap_or_default();
        for (i, advisory) in ignored.iter().enumerate() {
            let owner = advisory.owner.as_ref().map(|o| format!(" (owner {o})")).unwrap_or_default();
            if let Some(until) = advisory.until.as_ref().filter(|d| d.days() < today) {
                let key = format!("dependencies.advisories.ignore[{i}]");
                // No error of the spec: the rest of the policy still stands, and is still checked.
                let message = format!("{} was accepted until {until}{owner}, and is ignored still", advisory.id);
                let finding = Finding::new(&IGNORE_EXPIRED, Kind::Verdict(Verdict::Weaker), message);
                let mut finding = self.place(finding, &key, "update the dependency, or agree on a new date and write it as until");
                finding.cause = Some(Cause::Value);
                self.warnings.push(finding);
            } else if let Some((until, left)) = advisory.until.as_ref().map(|d| (d, d.days() - today)).filter(|(_, left)| *left <= SOON_DAYS) {
                let key = format!("dependencies.advisories.ignore[{i}]");
                let left = match left {
                    0 => "today".to_owned(),
                    1 => "tomorrow".to_owned(),
                    left => format!("in {left} days"),
                };
                self.warn(
                    &IGNORE_ENDS_SOON,
                    &key,
                    format!("{} is accepted until {until}{owner}, which ends {left}", advisory.id),
                    "look for a fixed release now, or agree on a new date and write it as until",
                );
            }
        }
    }

    fn targets(&mut self) {
        let targets = self.spec().targets.clone().unwrap_or_default();
        let idle = [
            ("nginx", targets.nginx.as_ref().is_some_and(|t| t.out.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
            ("postgres", targets.postgres.as_ref().is_some_and(|t| t.out.is_none() && t.live.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
            ("rust", targets.rust.as_ref().is_some_and(|t| t.out.is_none() && t.clippy.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
            ("operations", targets.operations.as_ref().is_some_and(|t| t.out.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
            ("cargo", targets.cargo.as_ref().is_some_and(|t| t.out.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
        ];
        let pen_test = self.spec().operations.as_ref().and_then(|o| o.pen_test.as_ref());
        if pen_test.is_some_and(|p| p.image.is_some() && p.targets.as_ref().is_none_or(|t| t.is_empty())) {
            let message = "operations.pen_test.image tests nothing: no service may be tested".to_owned();
            self.warn(&REACHES_NOTHING, "operations.pen_test.image", message, "name a service of yours in operations.pen_test.targets, or remove image");
        }
        for (name, _) in idle.into_iter().filter(|(_, idle)| *idle) {
            let key = format!("targets.{name}");
            self.warn(&REACHES_NOTHING, &key, format!("{key} is neither rendered (out) nor checked (check)"), "add out or check, or remove the target");
        }
    }

    /// No text of the spec may have the shape of a secret, wherever it stands.
    fn secrets(&mut self) {
        let mut found = Vec::new();
        let json = serde_json::to_value(self.spec()).unwrap_or_default();
        texts(&json, "", &mut |key, text| {
            let setting = key.strip_prefix("postgres.settings.").map(|rest| rest.split('[').next().unwrap_or(rest));
            let secret = setting.map_or_else(|| redact::looks_secret(text), |name| redact::is_secret_setting(name, text));
            // The digest of the folder is one by its type.
            if secret && key != "templates.sha256" {
                found.push(key.to_owned());
            }
        });
        for key in found {
            self.error(
                &SECRET,
                &key,
                format!("{key} looks like a secret"),
                "put it into the environment, and write { env: NAME } where the spec takes a reference; elsewhere leave the key out",
            );
        }
    }
}

/// Every text of a value with its dotted key; map keys count as texts too.
fn texts(value: &serde_json::Value, key: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        serde_json::Value::String(text) => visit(key, text),
        serde_json::Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| texts(item, &format!("{key}[{i}]"), visit)),
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                visit(&key, name);
                texts(value, &key, visit);
            }
        }
        _ => {}
    }
}
