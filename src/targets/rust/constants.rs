//! What of a policy the Rust modules hold: every value decided, or refused.

use super::rules;
use crate::finding::{Finding, Rule};
use crate::policy::Policy;
use crate::spec::scalar::Cidr;
use crate::spec::{self, JwtRole};
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, AtMost, Exact};
use crate::strictness::rate::Quota;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Clocks that are kept by NTP differ by far less.
const DEFAULT_LEEWAY: u64 = 30;
/// RFC 8725 asks for short lifetimes; a leeway lengthens them.
const MAX_LEEWAY: u64 = 60;
/// A customer's network has at least a /64 (RFC 6177).
const DEFAULT_IPV6_PREFIX: u8 = 64;

/// The constants of `policy.rs`, as its template sees them: numbers as text, for the encoders.
#[derive(Debug, Default, Serialize)]
pub(super) struct Constants {
    pub(super) jwt: Option<Jwt>,
    pub(super) limits: Vec<Limit>,
    pub(super) network: Option<Network>,
}

#[derive(Debug, Serialize)]
pub(super) struct Jwt {
    issuer: String,
    audience: String,
    #[serde(serialize_with = "digits")]
    access_ttl: u64,
    #[serde(serialize_with = "maybe_digits")]
    refresh_ttl: Option<u64>,
    #[serde(serialize_with = "digits")]
    leeway: u64,
    /// Only where the service issues tokens.
    pub(super) sign_with: Option<String>,
    keys: Vec<Key>,
}

#[derive(Debug, Serialize)]
struct Key {
    kid: String,
    algorithm: &'static str,
    secret: Option<String>,
    public: Option<String>,
    private: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Limit {
    ident: String,
    name: String,
    #[serde(serialize_with = "digits")]
    requests: u64,
    #[serde(serialize_with = "digits")]
    per: u64,
    #[serde(serialize_with = "digits")]
    burst: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Network {
    trusts: Vec<Net>,
    #[serde(serialize_with = "digits")]
    ipv6_prefix: u64,
}

#[derive(Debug, Serialize)]
struct Net {
    v4: Option<String>,
    v6: Option<String>,
    #[serde(serialize_with = "digits")]
    prefix: u64,
}

fn digits<S: serde::Serializer>(number: &u64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(number)
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn maybe_digits<S: serde::Serializer>(number: &Option<u64>, s: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => s.collect_str(number),
        None => s.serialize_none(),
    }
}

/// The Rust constant of a limit's name: upper case, `_` for `-`.
pub(super) fn constant_name(limit: &str) -> String {
    limit.to_ascii_uppercase().replace('-', "_")
}

/// A key of the policy in words, as its intent says it.
pub(super) fn key_words(algorithm: &str, names: &[&str]) -> String {
    format!("{algorithm} from {}", names.join(", "))
}

impl Constants {
    /// The constants of a policy.
    ///
    /// # Errors
    /// Every value that the modules cannot do without, or cannot hold.
    pub(super) fn new(policy: &Policy) -> Result<Self, Vec<Finding>> {
        let mut refuse = Refusals { policy, findings: Vec::new() };
        let jwt = policy.spec.jwt.as_ref().and_then(|jwt| refuse.jwt(jwt));
        let limits = policy.spec.rate_limits.as_ref().and_then(|r| r.limits.as_ref());
        let limits: Vec<Limit> = limits.into_iter().flatten().filter_map(|(name, limit)| refuse.limit(name.as_str(), limit)).collect();
        refuse.clashes(&limits);
        let named = policy.spec.network.as_ref().filter(|n| n.service_trusts.is_some() || n.ipv6_prefix.is_some());
        let network = (named.is_some() || !limits.is_empty()).then(|| refuse.network(named));
        if refuse.findings.is_empty() { Ok(Self { jwt, limits, network }) } else { Err(refuse.findings) }
    }

    /// Whether the spec asks for anything of the service.
    pub(super) fn is_empty(&self) -> bool {
        self.jwt.is_none() && self.limits.is_empty() && self.network.is_none()
    }

    /// What the file must say, as intent and value, sorted by intent; defaults that the spec leaves open included.
    pub(super) fn expected(&self) -> Vec<(String, String)> {
        let mut all = BTreeMap::new();
        let mut add = |key: &str, value: Value| drop(all.insert(key.to_owned(), value.to_string()));
        if let Some(jwt) = &self.jwt {
            let seconds = |number| Value::AtMost(AtMost { number, unit: " s" });
            let exact = |text: &str| Value::Exact(Exact(text.to_owned()));
            add("jwt.role", exact(if jwt.sign_with.is_some() { "issue" } else { "verify" }));
            add("jwt.issuer", exact(&jwt.issuer));
            add("jwt.audience", exact(&jwt.audience));
            add("jwt.access_ttl", seconds(jwt.access_ttl));
            add("jwt.leeway", seconds(jwt.leeway));
            if let Some(ttl) = jwt.refresh_ttl {
                add("jwt.refresh_ttl", seconds(ttl));
            }
            if let Some(kid) = &jwt.sign_with {
                add("jwt.sign_with", exact(kid));
            }
            for key in &jwt.keys {
                let names: Vec<&str> = [&key.secret, &key.private, &key.public].into_iter().flatten().map(String::as_str).collect();
                add(&format!("jwt.keys.{}", key.kid), exact(&key_words(key.algorithm, &names)));
            }
        }
        for limit in &self.limits {
            let quota = Quota { requests: limit.requests + limit.burst, seconds: limit.per };
            add(&format!("rate_limits.limits.{}", limit.name), Value::Quota(quota));
        }
        if let Some(network) = &self.network {
            let trusts = network.trusts.iter().filter_map(|n| Some(format!("{}/{}", n.v4.as_ref().or(n.v6.as_ref())?, n.prefix)));
            add("network.service_trusts", Value::Allowed(Allowed(trusts.collect())));
            add("network.ipv6_prefix", Value::Exact(Exact(network.ipv6_prefix.to_string())));
        }
        all.into_iter().collect()
    }
}

/// Collects what cannot be rendered.
struct Refusals<'a> {
    policy: &'a Policy,
    findings: Vec<Finding>,
}

impl Refusals<'_> {
    fn add(&mut self, rule: &'static Rule, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let mut finding = Finding::error(rule, message).intent(key).help(help);
        finding.target = Some("rust");
        if let Some(span) = self.policy.origin(key) {
            finding = finding.at(span, "");
        }
        self.findings.push(finding);
    }

    fn missing(&mut self, key: &str, why: &str, example: &str) {
        self.add(&rules::JWT_INCOMPLETE, key, format!("{key} is missing: {why}"), format!("add {example}"));
    }

    fn jwt(&mut self, jwt: &spec::Jwt) -> Option<Jwt> {
        if jwt.issuer.is_none() {
            self.missing("jwt.issuer", "every token is checked for who issued it", "jwt.issuer, such as `issuer: https://app.example.com`");
        }
        if jwt.audience.is_none() {
            self.missing("jwt.audience", "every token is checked for whom it is meant", "jwt.audience, such as `audience: https://api.example.com`");
        }
        if jwt.access_ttl.is_none() {
            self.missing("jwt.access_ttl", "a token that lives longer is refused", "jwt.access_ttl, such as `access_ttl: 1h`");
        }
        let keys: Vec<Key> = jwt.keys.iter().flatten().filter_map(|(kid, key)| self.key(jwt, kid.as_str(), key)).collect();
        if jwt.keys.as_ref().is_none_or(BTreeMap::is_empty) {
            let example = "a key, such as `keys: { \"2026-11\": { algorithm: HS512, secret: { env: JWT_SECRET } } }`";
            self.missing("jwt.keys", "without a key no token can be verified", example);
        }
        let sign_with = self.sign_with(jwt);
        let leeway = jwt.leeway.map_or(DEFAULT_LEEWAY, crate::spec::scalar::Duration::as_secs);
        if leeway > MAX_LEEWAY {
            let message = format!("jwt.leeway of {leeway} s is more than {MAX_LEEWAY} s");
            self.add(&rules::JWT_LIFETIMES, "jwt.leeway", message, "set jwt.leeway to 60s or less, and keep the clocks in step with NTP");
        }
        let (access, refresh) = (jwt.access_ttl.map(spec::scalar::Duration::as_secs), jwt.refresh_ttl.map(spec::scalar::Duration::as_secs));
        if access == Some(0) {
            self.add(&rules::JWT_LIFETIMES, "jwt.access_ttl", "jwt.access_ttl of 0 s makes every token expired", "set jwt.access_ttl, for example to 15m");
        }
        if let (Some(access), Some(refresh)) = (access, refresh)
            && access >= refresh
        {
            let message = format!("jwt.access_ttl of {access} s is not shorter than jwt.refresh_ttl of {refresh} s");
            let help = "shorten jwt.access_ttl, or leave jwt.refresh_ttl out if the service has no refresh tokens";
            self.add(&rules::JWT_LIFETIMES, "jwt.access_ttl", message, help);
        }
        Some(Jwt {
            issuer: jwt.issuer.as_ref()?.as_str().to_owned(),
            audience: jwt.audience.as_ref()?.as_str().to_owned(),
            access_ttl: access?,
            refresh_ttl: refresh,
            leeway,
            sign_with,
            keys,
        })
    }

    /// The key that signs. A spec that says `sign_with` and no role has a service that issues.
    fn sign_with(&mut self, jwt: &spec::Jwt) -> Option<String> {
        let key = "jwt.sign_with";
        match (jwt.role, &jwt.sign_with) {
            (Some(JwtRole::Issue), None) => {
                self.missing(
                    key,
                    "a service that issues tokens needs a key to sign with",
                    "jwt.sign_with with the kid of one of jwt.keys, or set jwt.role to verify",
                );
                None
            }
            (Some(JwtRole::Verify), Some(_)) => {
                let message = "jwt.sign_with names a signing key, and jwt.role says that the service only verifies";
                self.add(&rules::JWT_INCOMPLETE, key, message, "remove jwt.sign_with, or set jwt.role to issue");
                None
            }
            (_, None) => None,
            (_, Some(kid)) if jwt.keys.as_ref().is_none_or(BTreeMap::is_empty) => Some(kid.as_str().to_owned()),
            (_, Some(kid)) if jwt.keys.as_ref().is_some_and(|keys| keys.contains_key(kid)) => Some(kid.as_str().to_owned()),
            (_, Some(kid)) => {
                let known: Vec<&str> = jwt.keys.iter().flatten().map(|(kid, _)| kid.as_str()).collect();
                let message = format!("jwt.sign_with names the key {kid}, which is not in jwt.keys");
                self.add(&rules::JWT_INCOMPLETE, key, message, format!("set jwt.sign_with to one of {}, or add the key {kid} to jwt.keys", known.join(", ")));
                None
            }
        }
    }

    fn key(&mut self, jwt: &spec::Jwt, kid: &str, key: &spec::JwtKey) -> Option<Key> {
        let at = format!("jwt.keys.{kid}");
        let algorithm = key.algorithm.name();
        let signs = jwt.sign_with.as_ref().is_some_and(|signs| signs.as_str() == kid) && jwt.role != Some(JwtRole::Verify);
        let before = self.findings.len();
        let mut refuse = |field: &str, message: String, help: String| {
            self.add(&rules::JWT_KEY_UNUSABLE, &if field.is_empty() { at.clone() } else { format!("{at}.{field}") }, message, help);
        };
        if key.algorithm.is_hmac() {
            if key.secret.is_none() {
                refuse(
                    "",
                    format!("key {kid} has no secret, which {algorithm} signs and verifies with"),
                    format!("add `secret: {{ env: JWT_SECRET }}` to {at}"),
                );
            }
            for (field, given) in [("private_key", &key.private_key), ("public_key", &key.public_key)] {
                if given.is_some() {
                    refuse(
                        field,
                        format!("key {kid} has a {field}, which {algorithm} does not use"),
                        format!("remove {field} from {at}, or set its algorithm to EdDSA"),
                    );
                }
            }
        } else {
            if key.public_key.is_none() {
                let message = format!("key {kid} has no public_key, which {algorithm} verifies with");
                refuse("", message, format!("add `public_key: {{ env: JWT_PUBLIC_KEY_FILE }}` to {at}"));
            }
            if signs && key.private_key.is_none() {
                let message = format!("key {kid} has no private_key, and jwt.sign_with says that it signs");
                refuse("", message, format!("add `private_key: {{ env: JWT_PRIVATE_KEY_FILE }}` to {at}"));
            }
            if key.secret.is_some() {
                refuse(
                    "secret",
                    format!("key {kid} has a secret, which {algorithm} does not use"),
                    format!("remove secret from {at}, or set its algorithm to HS512"),
                );
            }
            let verifies_only = jwt.role == Some(JwtRole::Verify) || (jwt.role.is_none() && jwt.sign_with.is_none());
            if verifies_only && key.private_key.is_some() {
                let message = format!("key {kid} has a private_key, and the service only verifies");
                refuse("private_key", message, format!("remove private_key from {at}: a service that only verifies must not hold it"));
            }
        }
        let env = |reference: &Option<spec::EnvReference>| reference.as_ref().map(|r| r.env.as_str().to_owned());
        (self.findings.len() == before).then(|| Key {
            kid: kid.to_owned(),
            algorithm,
            secret: env(&key.secret),
            public: env(&key.public_key),
            private: env(&key.private_key),
        })
    }

    fn limit(&mut self, name: &str, limit: &spec::Limit) -> Option<Limit> {
        let at = format!("rate_limits.limits.{name}");
        let (requests, per) = (limit.requests.map_or(0, u64::from), limit.per.map_or(0, spec::scalar::Duration::as_secs));
        for (field, value, example) in [("requests", requests, "requests: 100"), ("per", per, "per: 1h")] {
            if value == 0 {
                let message = format!("the limit {name} does not say {field}, or says 0");
                self.add(&rules::RATE_LIMIT_INCOMPLETE, &at, message, format!("set {at}.{field}, such as `{example}`"));
            }
        }
        let burst = u64::from(limit.burst.unwrap_or(0));
        (requests > 0 && per > 0).then(|| Limit { ident: constant_name(name), name: name.to_owned(), requests, per, burst })
    }

    fn clashes(&mut self, limits: &[Limit]) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for limit in limits {
            if let Some(other) = seen.insert(&limit.ident, &limit.name) {
                let message = format!("the limits {other} and {} are both {} in Rust", limit.name, limit.ident);
                let key = format!("rate_limits.limits.{}", limit.name);
                self.add(&rules::NAME_CLASH, &key, message, format!("rename the limit {other} or {}", limit.name));
            }
        }
    }

    fn network(&mut self, network: Option<&spec::Network>) -> Network {
        let trusts = network.and_then(|n| n.service_trusts.as_ref());
        let trusts = trusts.into_iter().flatten().map(|cidr| self.net(cidr)).collect();
        Network { trusts, ipv6_prefix: u64::from(network.and_then(|n| n.ipv6_prefix).unwrap_or(DEFAULT_IPV6_PREFIX)) }
    }

    fn net(&mut self, cidr: &Cidr) -> Net {
        let prefix = u64::from(cidr.prefix);
        match cidr.address {
            IpAddr::V4(v4) => Net { v4: Some(v4.to_string()), v6: None, prefix },
            IpAddr::V6(v6) => {
                if let (Some(v4), 96..) = (v6.to_ipv4_mapped(), prefix) {
                    let message = format!("network.service_trusts has {cidr}, which no address is compared to");
                    let help = format!("write {v4}/{} instead", prefix - 96);
                    self.add(&rules::NETWORK_NEVER_MATCHES, "network.service_trusts", message, help);
                }
                Net { v4: None, v6: Some(v6.to_string()), prefix }
            }
        }
    }
}
