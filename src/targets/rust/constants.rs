//! What of a policy the Rust modules hold: each control as a constant, and what reading it back must find.

use super::layout::Value;
use super::refusals::{self, Refusals};
use super::{names, rules};
use crate::finding::Finding;
use crate::policy::{Policy, intents};
use crate::spec::{self, SentBy};
use std::collections::{BTreeMap, BTreeSet};

/// The controls of one policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Controls {
    /// Fields of `Policy` that are one value: name and value.
    pub(super) single: BTreeMap<&'static str, Value>,
    /// `RateLimits`, by field.
    pub(super) limits: BTreeMap<String, Value>,
    /// `Cookies`, by field.
    pub(super) cookies: BTreeMap<String, Value>,
    /// Roles and permissions, by the spec's names.
    pub(super) roles: BTreeSet<String>,
    pub(super) permissions: BTreeSet<String>,
    /// Whether tokens are issued, and refreshed.
    pub(super) issues: bool,
    pub(super) refreshes: bool,
    /// What reading it back must find, by intent or other key.
    pub(super) expected: BTreeMap<String, String>,
}

/// The fields of `Policy` in order: name, type, module, and what it is.
pub(super) const FIELDS: [(&str, &str, &str, &str); 10] = [
    ("jwt", "jwt::Settings", "jwt", "JSON Web Tokens (`jwt` in the spec)."),
    ("rate_limits", "RateLimits", "rate_limit", "Rate limits (`rate_limits`)."),
    ("redis", "rate_limit_redis::Settings", "rate_limit_redis", "The store that all instances share (`rate_limits.store`)."),
    ("network", "client_ip::Network", "client_ip", "Who may speak for a client (`network`)."),
    ("lockout", "lockout::Settings", "lockout", "Pauses after failed logins (`lockout`)."),
    ("cookies", "Cookies", "cookies", "Cookies (`http.cookies`)."),
    ("access", "&'static [access::Rule]", "access", "Who may do what (`access`). What no rule grants is denied."),
    ("headers", "headers::Settings", "headers", "Response headers (`http.headers`)."),
    ("input", "input::Settings", "input", "What a request may carry at most (`data.input`)."),
    ("tls", "tls::Settings", "tls", "TLS (`tls`)."),
];

/// Further fixed text of the file: types and documentation.
pub(super) const FIXED: [&str; 4] = ["rate_limit::Quota", "cookies::Settings", "The roles (`access.roles`).", "The permissions (`access.permissions`)."];

/// Whether the service itself sends the response headers.
pub(super) fn sends_headers(spec: &spec::Spec) -> bool {
    spec.http.as_ref().and_then(|http| http.sent_by) == Some(SentBy::Rust)
}

/// Whether `policy.rs` holds a key of the policy.
pub(super) fn holds(policy: &Policy, key: &str) -> bool {
    let spec = &policy.spec;
    let starts = ["jwt.", "rate_limits.", "lockout.", "access.permissions.", "http.cookies.", "data.input."];
    match key {
        "network.service_trusts" | "network.ipv6_prefix" => true,
        "tls.min_version" | "tls.groups" => super::owner(spec, "tls") != spec::ModuleOwner::None,
        "http.headers.remove" => false,
        _ if key.ends_with(".edge") => false,
        _ => starts.iter().any(|start| key.starts_with(start)) || (key.starts_with("http.headers.") && sends_headers(spec)),
    }
}

impl Controls {
    /// The controls of a policy.
    ///
    /// # Errors
    /// Every value that the modules cannot do without, or cannot hold.
    pub(super) fn new(policy: &Policy) -> Result<Self, Vec<Finding>> {
        let spec = &policy.spec;
        let mut refuse = Refusals { policy, findings: Vec::new() };
        let mut all = Self::default();
        let carried = policy.intents.iter().filter(|intent| intent.scope.is_none() && holds(policy, &intent.key));
        all.expected = carried.map(|intent| (intent.key.clone(), intent.text.clone())).collect();
        if let Some(jwt) = &spec.jwt {
            all.jwt(jwt, &mut refuse);
        }
        all.limits(spec, &mut refuse);
        if let Some(value) = spec.lockout.as_ref().and_then(|lockout| refuse.lockout(lockout)) {
            all.single.insert("lockout", value);
        }
        for (own, cookie) in spec.http.iter().filter_map(|http| http.cookies.as_ref()).flatten() {
            if let Some(value) = refuse.cookie(own.as_str(), cookie) {
                all.cookies.insert(names::field(own.as_str()), value);
                all.expected.insert(format!("http.cookies.{own}.path"), "/".to_owned());
            }
        }
        if let Some(access) = &spec.access {
            all.access(access);
        }
        if let Some(headers) = spec.http.as_ref().and_then(|http| http.headers.as_ref()).filter(|_| sends_headers(spec)) {
            let texts = intents::header_texts(headers);
            let pair = |(name, value): (&str, &str)| Value::Tuple(vec![Value::Text(name.to_ascii_lowercase()), Value::text(value)]);
            let lines: Vec<Value> = texts.lines().into_iter().map(pair).collect();
            if !lines.is_empty() {
                all.single.insert("headers", Value::structure("headers::Settings", [("response", Value::Slice(lines))]));
            }
        }
        if let Some(value) = spec.data.as_ref().and_then(|d| d.input.as_ref()).and_then(|input| refuse.input(input)) {
            all.single.insert("input", value);
        }
        if let Some(tls) = spec.tls.as_ref().filter(|tls| has_versions(tls) && super::owner(spec, "tls") != spec::ModuleOwner::None) {
            all.tls(tls, &mut refuse);
        }
        all.check_names(spec, &mut refuse);
        if refuse.findings.is_empty() { Ok(all) } else { Err(refuse.findings) }
    }

    /// Whether the spec asks for anything of the service.
    pub(super) fn is_empty(&self) -> bool {
        self.single.is_empty() && self.limits.is_empty() && self.cookies.is_empty()
    }

    /// The value of a field of `Policy`, where this policy has it.
    pub(super) fn has(&self, field: &str) -> bool {
        match field {
            "rate_limits" => !self.limits.is_empty(),
            "cookies" => !self.cookies.is_empty(),
            _ => self.single.contains_key(field),
        }
    }

    fn must_say(&mut self, key: &str, value: impl Into<String>) {
        self.expected.entry(key.to_owned()).or_insert_with(|| value.into());
    }

    fn jwt(&mut self, jwt: &spec::Jwt, refuse: &mut Refusals<'_>) {
        let Some(value) = refuse.jwt(jwt) else { return };
        self.issues = jwt.sign_with.is_some();
        self.refreshes = self.issues && jwt.refresh_ttl.is_some();
        self.single.insert("jwt", value);
        self.must_say("jwt.role", if self.issues { "issue" } else { "verify" });
        self.must_say("jwt.leeway", format!("{} s", refusals::DEFAULT_LEEWAY));
    }

    fn limits(&mut self, spec: &spec::Spec, refuse: &mut Refusals<'_>) {
        if let Some(limits) = &spec.rate_limits {
            for (name, limit) in limits.limits.iter().flatten() {
                let on_error = limits.on_store_error(limit);
                if let Some(value) = refuse.limit(name.as_str(), limit, on_error) {
                    self.limits.insert(names::field(name.as_str()), value);
                    self.must_say(&format!("rate_limits.limits.{name}.on_store_error"), on_error.name());
                }
            }
            if let Some(redis) = limits.redis() {
                let prefix = spec.service.as_ref().map_or_else(String::new, ToString::to_string);
                let on_error = redis.on_error.unwrap_or(spec::OnStoreError::Deny);
                self.must_say("rate_limits.store.prefix", prefix.clone());
                self.must_say("rate_limits.store.on_error", on_error.name());
                let fields = [("url", Value::text(redis.url.env.as_str())), ("prefix", Value::Text(prefix)), ("on_error", refusals::store_error(on_error))];
                self.single.insert("redis", Value::structure("rate_limit_redis::Settings", fields));
            }
        }
        let named = spec.network.as_ref().filter(|n| n.service_trusts.is_some() || n.ipv6_prefix.is_some());
        if named.is_some() || !self.limits.is_empty() || spec.lockout.is_some() {
            let value = refuse.network(named);
            self.single.insert("network", value);
            self.must_say("network.service_trusts", "(none)");
            self.must_say("network.ipv6_prefix", refusals::DEFAULT_IPV6_PREFIX.to_string());
        }
    }

    fn access(&mut self, access: &spec::Access) {
        self.roles = access.roles.iter().flat_map(|roles| roles.iter()).map(ToString::to_string).collect();
        let mut rules = Vec::new();
        for (name, granted) in access.permissions.iter().flatten() {
            self.permissions.insert(name.to_string());
            rules.extend(granted.iter().map(|rule| {
                let when = intents::conditions_of(rule);
                let words = [(when.same_tenant, "access::Condition::SameTenant"), (when.owner, "access::Condition::Owner")];
                let words = words.into_iter().filter(|(there, _)| *there).map(|(_, word)| Value::path(word));
                let recent = when.authenticated_within.map(|s| Value::Call("access::Condition::AuthenticatedWithin".to_owned(), vec![Value::Seconds(s)]));
                let roles: BTreeSet<String> = rule.roles.iter().map(|role| format!("Role::{}", names::variant(role.as_str()))).collect();
                Value::structure(
                    "access::Rule",
                    [
                        ("permission", Value::Path(format!("Permission::{}", names::variant(name.as_str())))),
                        ("roles", Value::Slice(roles.into_iter().map(Value::Path).collect())),
                        ("scope", Value::text(rule.scope.as_str())),
                        ("when", Value::Slice(words.chain(recent).collect())),
                    ],
                )
            }));
        }
        if !self.roles.is_empty() && !self.permissions.is_empty() {
            self.single.insert("access", Value::Slice(rules));
        }
    }

    fn tls(&mut self, tls: &spec::Tls, refuse: &mut Refusals<'_>) {
        let Some(value) = refuse.tls(tls) else { return };
        self.single.insert("tls", value);
        if let Some(version) = refusals::min_version(tls) {
            let protocols = crate::strictness::tls::Protocols::at_least(intents::tls_version(version));
            self.must_say("tls.min_version", protocols.to_string());
        }
        self.must_say("tls.groups", crate::strictness::groups::Groups::new(refusals::groups(tls)).to_string());
    }

    /// Names that become one in Rust, or that Rust does not take.
    fn check_names(&self, spec: &spec::Spec, refuse: &mut Refusals<'_>) {
        let limits = spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten();
        let cookies = spec.http.iter().filter_map(|h| h.cookies.as_ref()).flatten();
        let of = |prefix: &'static str, name: &str, rust: String| (prefix, name.to_owned(), rust);
        let fields = limits.map(|(name, _)| of("rate_limits.limits", name.as_str(), names::field(name.as_str())));
        let fields = fields.chain(cookies.map(|(name, _)| of("http.cookies", name.as_str(), names::field(name.as_str()))));
        let variants = self.permissions.iter().map(|name| of("access.permissions", name, names::variant(name)));
        let variants = variants.chain(self.roles.iter().map(|name| of("access.roles", name, names::variant(name))));
        let mut seen: BTreeMap<(&str, String), String> = BTreeMap::new();
        for (prefix, name, rust) in fields.chain(variants) {
            let key = if prefix == "access.roles" { prefix.to_owned() } else { format!("{prefix}.{name}") };
            if super::encode::rust_ident(&rust).is_err() {
                let message = format!("{name} of {prefix} would be {rust} in Rust, which is a word of the language");
                refuse.add(&rules::NAME_CLASH, &key, message, format!("rename {name}"));
            }
            if let Some(other) = seen.insert((prefix, rust.clone()), name.clone()) {
                let message = format!("{other} and {name} of {prefix} are both {rust} in Rust");
                refuse.add(&rules::NAME_CLASH, &key, message, format!("rename {other} or {name}"));
            }
        }
    }
}

/// Whether TLS is about versions or groups at all.
fn has_versions(tls: &spec::Tls) -> bool {
    tls.min_version.is_some() || tls.profile.is_some() || tls.groups.as_ref().is_some_and(|groups| !groups.is_empty())
}
