//! The intents of a spec: each requirement under its key, as a comparable value.

mod http;
mod incident;
mod operations;
mod tasks;

pub use http::{HeaderTexts, cookie_of, cors_of, header_texts, scope_headers};
pub use incident::{ecosystems, once_files, report_contacts, security_txt_fields};
pub use operations::{analyses, ci_systems, is_here, scan_targets, zap_image};
pub use tasks::{Scheduled, is_of_service, is_task, lists, overdue_level, schedule, stated_controls};

use super::Intent;
use crate::source::Span;
use crate::spec::scalar::{MediaType, SetOf};
use crate::spec::{self, Limit, Reach, Spec};
use crate::strictness::access::{Conditions, Grant, Grants};
use crate::strictness::levels::{Allowed, AtMost, Deadline, Exact, Forbidden, Level};
use crate::strictness::lockout::Pause;
use crate::strictness::postgres::hba;
use crate::strictness::rate::{Quota, Rate};
use crate::strictness::tls::{Protocols, Version};
use crate::strictness::{Value, groups, postgres};
use std::collections::{BTreeMap, BTreeSet};

/// A value of the spec that passes the schema and still cannot be required: its key, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The spec key.
    pub key: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// The guard in nginx of a limit: as the spec says, else the coarsest that never refuses what the service admits.
///
/// nginx drains whole requests a minute (`rate=Nr/m`), and admits `burst` more at once; a client of the service may
/// make all its requests of a window at once.
#[must_use]
pub fn edge_rate(limit: &Limit) -> Option<(u64, u64)> {
    let (requests, per) = (u64::from(limit.requests?), limit.per?.as_secs().max(1));
    let edge = limit.edge.as_ref();
    let per_minute = edge.and_then(|e| e.per_minute).map_or_else(|| (requests * 60).div_ceil(per), u64::from);
    let burst = edge.and_then(|e| e.burst).map_or_else(|| requests + u64::from(limit.burst.unwrap_or(0)), u64::from);
    Some((per_minute, burst))
}

/// Whether an intent follows from another one only where something can carry it: the guard in nginx of a limit, which nobody
/// wrote down and which a service without nginx does not need.
#[must_use]
pub fn is_implied(spec: &Spec, key: &str) -> bool {
    let name = key.strip_prefix("rate_limits.limits.").and_then(|rest| rest.strip_suffix(".edge"));
    let limits = spec.rate_limits.as_ref().and_then(|rates| rates.limits.as_ref());
    let limit = limits.zip(name).and_then(|(limits, name)| limits.iter().find(|(own, _)| own.as_str() == name));
    limit.is_some_and(|(_, limit)| limit.edge.is_none())
}

/// The oldest protocol version of the spec, as the strictness order names it.
#[must_use]
pub fn tls_version(version: spec::TlsVersion) -> Version {
    match version {
        spec::TlsVersion::TLSv1 => Version::Tls10,
        spec::TlsVersion::TLSv11 => Version::Tls11,
        spec::TlsVersion::TLSv12 => Version::Tls12,
        spec::TlsVersion::TLSv13 => Version::Tls13,
    }
}

struct Collect<'a> {
    /// The site's origin, which makes `'self'` concrete.
    site: Option<String>,
    intents: Vec<Intent>,
    refused: Vec<Refused>,
    origin: &'a dyn Fn(&str) -> (Option<Span>, bool),
}

impl Collect<'_> {
    fn add(&mut self, key: impl Into<String>, value: Value) {
        self.add_from(key, None, None, value);
    }

    /// With the key that the value really comes from, where that is another.
    fn add_from(&mut self, key: impl Into<String>, from: Option<&str>, scope: Option<&str>, value: Value) {
        let key = key.into();
        let (origin, builtin) = (self.origin)(from.unwrap_or(&key));
        let text = value.to_string();
        self.intents.push(Intent { key, scope: scope.map(str::to_owned), value, text, origin, builtin });
    }

    fn parsed<T>(&mut self, key: &str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|why| self.refused.push(Refused { key: key.to_owned(), why })).ok()
    }

    fn jwt(&mut self, jwt: &spec::Jwt) {
        let exact = |text: &str| Value::Exact(Exact(text.to_owned()));
        let seconds = |d: spec::scalar::Duration| Value::AtMost(AtMost { number: d.as_secs(), unit: " s" });
        let role = jwt.role.map(|r| exact(if r == spec::JwtRole::Issue { "issue" } else { "verify" }));
        let single = [
            ("jwt.role", role),
            ("jwt.issuer", jwt.issuer.as_ref().map(|t| exact(t.as_str()))),
            ("jwt.audience", jwt.audience.as_ref().map(|t| exact(t.as_str()))),
            ("jwt.access_ttl", jwt.access_ttl.map(seconds)),
            ("jwt.refresh_ttl", jwt.refresh_ttl.map(seconds)),
            ("jwt.leeway", jwt.leeway.map(seconds)),
            ("jwt.sign_with", jwt.sign_with.as_ref().map(|t| exact(t.as_str()))),
        ];
        for (key, value) in single {
            if let Some(value) = value {
                self.add(key, value);
            }
        }
        for (kid, key) in jwt.keys.iter().flatten() {
            let from = [&key.secret, &key.private_key, &key.public_key];
            let names: Vec<&str> = from.into_iter().flatten().map(|r| r.env.as_str()).collect();
            self.add(format!("jwt.keys.{kid}"), exact(&format!("{} from {}", key.algorithm.name(), names.join(", "))));
            if let Some(until) = &key.verify_until {
                self.add(format!("jwt.keys.{kid}.verify_until"), Value::Deadline(last_day(until.days())));
            }
        }
    }

    fn input(&mut self, input: &spec::DataInput) {
        let most = |number: u64, unit| Value::AtMost(AtMost { number, unit });
        let types = |types: &SetOf<MediaType>| Value::Allowed(Allowed(types.iter().map(|t| t.as_str().to_ascii_lowercase()).collect()));
        let all = [
            ("max_body", input.max_body.map(|size| most(size.bytes(), " B"))),
            ("content_types", input.content_types.as_ref().map(types)),
            ("max_string", input.max_string.map(|size| most(size.bytes(), " B"))),
            ("max_list", input.max_list.map(|n| most(u64::from(n), ""))),
            ("max_depth", input.max_depth.map(|n| most(u64::from(n), ""))),
        ];
        for (name, value) in all {
            if let Some(value) = value {
                self.add(format!("data.input.{name}"), value);
            }
        }
    }

    fn dependencies(&mut self, d: &spec::Dependencies) {
        let level = |l: spec::LintLevel| Value::Level(lint_level(l.name()));
        let set = |items: Vec<String>| items.into_iter().collect::<BTreeSet<_>>();
        let mut all: BTreeMap<&str, Value> = BTreeMap::new();
        if let Some(a) = &d.advisories {
            let reach = |r: Reach| Value::Level(reach_level(r.name()));
            all.extend(a.unmaintained.map(|r| ("advisories.unmaintained", reach(r))));
            all.extend(a.unsound.map(|r| ("advisories.unsound", reach(r))));
            all.extend(a.yanked.map(|l| ("advisories.yanked", level(l))));
            all.extend(a.ignore.as_ref().map(|i| ("advisories.ignore", Value::Allowed(Allowed(set(i.iter().map(|i| i.id.clone()).collect()))))));
        }
        if let Some(allow) = d.licenses.as_ref().and_then(|l| l.allow.as_ref()) {
            all.insert("licenses.allow", Value::Allowed(Allowed(set(allow.iter().map(|l| l.0.clone()).collect()))));
        }
        if let Some(b) = &d.bans {
            all.extend(b.multiple_versions.map(|l| ("bans.multiple_versions", level(l))));
            all.extend(b.wildcards.map(|l| ("bans.wildcards", level(l))));
            all.extend(b.deny.as_ref().map(|d| ("bans.deny", Value::Forbidden(Forbidden(set(d.iter().map(|c| c.name.clone()).collect()))))));
        }
        if let Some(s) = &d.sources {
            all.extend(s.unknown_registry.map(|l| ("sources.unknown_registry", level(l))));
            all.extend(s.unknown_git.map(|l| ("sources.unknown_git", level(l))));
            all.extend(s.allow_git.as_ref().map(|g| ("sources.allow_git", Value::Allowed(Allowed(set(g.iter().map(|g| g.0.clone()).collect()))))));
        }
        for (key, value) in all {
            self.add(format!("dependencies.{key}"), value);
        }
    }

    fn postgres(&mut self, pg: &spec::Postgres, versions: spec::VersionRange) {
        for (name, value) in pg.settings.iter().flatten() {
            let key = format!("postgres.settings.{}", name.0);
            let elements = match value {
                spec::SettingValue::One(text) => vec![text.clone()],
                spec::SettingValue::List(items) => items.clone(),
            };
            // A built-in profile names settings of all versions; those of no declared one are not asked for.
            if (self.origin)(&key).1 && postgres::catalogue::window(&name.0, &(versions.first..=versions.last)).is_none() {
                continue;
            }
            if let Some(setting) = self.parsed(&key, postgres::Setting::parse(&name.0, &elements, versions.first..=versions.last)) {
                self.add(key, Value::Setting(setting));
            }
        }
        if let Some(rules) = &pg.hba {
            self.add("postgres.hba", Value::Hba(Box::new(access_rules(rules))));
        }
    }
}

/// Access rules as they are written to `pg_hba.conf`: words that are keywords there are keywords, all others names.
#[must_use]
pub fn access_rules(rules: &[spec::HbaRule]) -> hba::AccessRules {
    let record = |rule: &spec::HbaRule| {
        let is_word = ["all", "sameuser", "samerole", "replication"].contains(&rule.database.as_str());
        let address = rule.address.as_deref().map(|text| hba::Address::parse(text, false, None).unwrap_or_else(|_| hba::Address::Host(text.to_owned())));
        hba::Record::new(
            hba::Connection::parse(rule.connection.name()).unwrap_or(hba::Connection::Host),
            vec![hba::Name::database(&rule.database, !is_word, false)],
            vec![hba::Name::user(&rule.user, false, false)],
            address,
            hba::Method::parse(rule.method.name()).unwrap_or(hba::Method::Reject),
            rule.options.iter().flatten().map(|(name, value)| (name.0.clone(), value.clone())),
        )
    };
    hba::AccessRules::new(rules.iter().map(record))
}

/// Over after a day, in days since 1970-01-01: the whole day still counts, UTC.
#[must_use]
pub fn last_day(days: i64) -> Deadline {
    let second = u64::try_from(days + 1).unwrap_or(0).saturating_mul(86_400);
    Deadline { second: Some(second), text: spec::scalar::format_date(days) }
}

/// allow < deny.
#[must_use]
pub fn on_store_error(word: spec::OnStoreError) -> Level {
    Level { word: word.name().to_owned(), rank: Some(u8::from(word == spec::OnStoreError::Deny)), top: 1 }
}

/// A pause of the spec, where all of it is given.
#[must_use]
pub fn pause_of(pause: &spec::Pause) -> Option<Pause> {
    Some(Pause { failures: u64::from(pause.failures?), window: pause.window?.as_secs(), base: pause.base?.as_secs(), max: pause.max?.as_secs() })
}

/// The conditions of a rule; of two times the shorter one counts.
#[must_use]
pub fn conditions_of(rule: &spec::AccessRule) -> Conditions {
    let mut all = Conditions::default();
    for condition in rule.when.iter().flatten() {
        match condition {
            spec::AccessCondition::Word(spec::AccessWord::SameTenant) => all.same_tenant = true,
            spec::AccessCondition::Word(spec::AccessWord::Owner) => all.owner = true,
            spec::AccessCondition::Login(login) => {
                let seconds = login.authenticated_within.as_secs();
                all.authenticated_within = Some(all.authenticated_within.map_or(seconds, |before| before.min(seconds)));
            }
        }
    }
    all
}

/// All that grants a permission.
#[must_use]
pub fn grants_of(rules: &[spec::AccessRule]) -> Grants {
    let of = |rule: &spec::AccessRule| {
        let (scope, when) = (rule.scope.as_str().to_owned(), conditions_of(rule));
        rule.roles.iter().map(move |role| Grant { role: role.as_str().to_owned(), scope: scope.clone(), when }).collect::<Vec<_>>()
    };
    Grants::new(rules.iter().flat_map(of))
}

/// allow < warn < deny.
#[must_use]
pub fn lint_level(word: &str) -> Level {
    let rank = match word {
        "allow" => Some(0),
        "warn" => Some(1),
        "deny" => Some(2),
        _ => None,
    };
    Level { word: word.to_owned(), rank, top: 2 }
}

/// on < off: something that is best not there.
#[must_use]
pub fn off_or_on(on: bool) -> Level {
    Level { word: if on { "on" } else { "off" }.to_owned(), rank: Some(u8::from(!on)), top: 1 }
}

/// No redirect < a temporary one < a permanent one (RFC 9110 15.4): 301 and 308 are remembered, 302, 303 and 307 asked for
/// anew, in plain text, each time. That 307 and 308 keep the method protects nothing.
#[must_use]
pub fn redirect_level(status: Option<u16>) -> Level {
    let rank = match status {
        Some(301 | 308) => 2,
        Some(302 | 303 | 307) => 1,
        _ => 0,
    };
    Level { word: status.map_or_else(|| "no redirect".to_owned(), |s| s.to_string()), rank: Some(rank), top: 2 }
}

/// none < workspace < all, none < transitive < all; workspace and transitive are unordered.
#[must_use]
pub fn reach_level(word: &str) -> Level {
    let rank = match word {
        "none" => Some(0),
        "workspace" => Some(1),
        "all" => Some(2),
        _ => None,
    };
    Level { word: word.to_owned(), rank, top: 2 }
}

/// All intents of a spec, sorted by key, and what of it cannot be required. `origin` gives a key's span and whether a
/// built-in profile set it.
#[must_use]
pub fn collect(spec: &Spec, origin: &dyn Fn(&str) -> (Option<Span>, bool)) -> (Vec<Intent>, Vec<Refused>) {
    let site = spec.http.as_ref().and_then(|h| h.site.as_ref()).map(|s| s.as_str().to_owned());
    let mut out = Collect { site, intents: Vec::new(), refused: Vec::new(), origin };
    if let Some(headers) = spec.http.as_ref().and_then(|h| h.headers.as_ref()) {
        out.headers("http.headers", None, headers, None);
    }
    for (name, scope) in spec.scopes.iter().flatten() {
        let own = scope.http.as_ref().and_then(|h| h.headers.clone()).unwrap_or_default();
        let prefix = format!("scopes.{name}.http.headers");
        out.headers(&prefix, Some(name.as_str()), &scope_headers(spec, scope), Some(&own));
    }
    if let Some(http) = &spec.http {
        out.cookies(http);
        out.cors(http);
    }
    if let Some(tls) = &spec.tls {
        if let Some(min) = tls.min_version {
            out.add("tls.min_version", Value::Tls(Protocols::at_least(tls_version(min))));
        }
        if let Some(profile) = &tls.profile {
            let suites = super::guideline::suites(profile, tls.min_version);
            out.add("tls.profile", Value::Allowed(Allowed(suites.into_iter().map(str::to_owned).collect())));
        }
        if let Some(groups) = tls.groups.as_ref().filter(|g| !g.is_empty()) {
            out.add("tls.groups", Value::Groups(groups::Groups::new(groups.iter().map(|g| g.name()))));
        }
        if let Some(tickets) = tls.session_tickets {
            out.add("tls.session_tickets", Value::Level(off_or_on(tickets)));
        }
        if let Some(status) = tls.redirect_http {
            out.add("tls.redirect_http", Value::Level(redirect_level(Some(status.into()))));
        }
    }
    if let Some(method) = spec.data.as_ref().and_then(|d| d.at_rest.as_ref()).and_then(|a| a.method) {
        out.add("data.at_rest", Value::Exact(Exact(method.name().to_owned())));
    }
    if let Some(encoding) = spec.data.as_ref().and_then(|d| d.output.as_ref()).and_then(|o| o.encoding) {
        out.add("data.output", Value::Exact(Exact(encoding.name().to_owned())));
    }
    if let Some(network) = &spec.network {
        if let Some(trusts) = &network.service_trusts {
            out.add("network.service_trusts", Value::Allowed(Allowed(trusts.iter().map(ToString::to_string).collect())));
        }
        if let Some(prefix) = network.ipv6_prefix {
            out.add("network.ipv6_prefix", Value::Exact(Exact(prefix.to_string())));
        }
    }
    for (name, limit) in spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten() {
        let (Some(requests), Some(per)) = (limit.requests, limit.per) else { continue };
        let key = format!("rate_limits.limits.{name}");
        let quota = Quota { requests: u64::from(requests) + u64::from(limit.burst.unwrap_or(0)), seconds: per.as_secs() };
        out.add(&key, Value::Quota(quota));
        if let (Some(limits), true) = (&spec.rate_limits, spec.rate_limits.as_ref().is_some_and(|r| r.redis().is_some())) {
            out.add(format!("{key}.on_store_error"), Value::Level(on_store_error(limits.on_store_error(limit))));
        }
        if let Some((per_minute, burst)) = edge_rate(limit) {
            out.add(format!("{key}.edge"), Value::Rate(Rate::On { per_minute, burst }));
        }
    }
    if let Some(redis) = spec.rate_limits.as_ref().and_then(spec::RateLimits::redis) {
        out.add("rate_limits.store", Value::Exact(Exact(format!("redis from {}", redis.url.env))));
        if let Some(on_error) = redis.on_error {
            out.add("rate_limits.store.on_error", Value::Level(on_store_error(on_error)));
        }
    }
    out.operations(spec);
    out.incidents(spec);
    out.tasks(spec);
    if let Some(jwt) = &spec.jwt {
        out.jwt(jwt);
    }
    for (name, pause) in spec.lockout.iter().flat_map(|l| [("per_client", &l.per_client), ("per_account", &l.per_account)]) {
        if let Some(pause) = pause.as_ref().and_then(pause_of) {
            out.add(format!("lockout.{name}"), Value::Pause(pause));
        }
    }
    for (name, rules) in spec.access.iter().filter_map(|a| a.permissions.as_ref()).flatten() {
        out.add(format!("access.permissions.{name}"), Value::Grants(grants_of(rules)));
    }
    if let Some(input) = spec.data.as_ref().and_then(|d| d.input.as_ref()) {
        out.input(input);
    }
    if let Some(pg) = &spec.postgres {
        let versions = spec.targets.as_ref().and_then(|t| t.postgres.as_ref()).and_then(|p| p.versions).unwrap_or(spec::VersionRange::DEFAULT);
        out.postgres(pg, versions);
    }
    if let Some(dependencies) = &spec.dependencies {
        out.dependencies(dependencies);
    }
    out.intents.sort_by(|a, b| a.key.cmp(&b.key));
    (out.intents, out.refused)
}
