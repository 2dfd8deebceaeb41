//! Checks each control of a policy, and gives its constant: every value decided, or refused.

use super::layout::Value;
use super::rules;
use crate::finding::{Finding, Rule};
use crate::policy::intents::last_day;
use crate::policy::{Policy, guideline};
use crate::spec::scalar::Cidr;
use crate::spec::{self, JwtRole, OnStoreError, TlsVersion};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Clocks that are kept by NTP differ by far less.
pub(super) const DEFAULT_LEEWAY: u64 = 30;
/// RFC 8725 asks for short lifetimes; a leeway lengthens them.
const MAX_LEEWAY: u64 = 60;
/// A customer's network has at least a /64 (RFC 6177).
pub(super) const DEFAULT_IPV6_PREFIX: u8 = 64;
/// Where neither `tls.groups` nor a profile names any.
const DEFAULT_GROUPS: [&str; 4] = ["X25519MLKEM768", "X25519", "prime256v1", "secp384r1"];

/// Groups of the module `tls`: OpenSSL's name, and the variant.
pub(super) const GROUPS: [(&str, &str); 4] =
    [("X25519MLKEM768", "X25519MlKem768"), ("X25519", "X25519"), ("prime256v1", "Secp256r1"), ("secp384r1", "Secp384r1")];

/// `rate_limit::OnStoreError::Deny`
pub(super) fn store_error(word: OnStoreError) -> Value {
    Value::path(match word {
        OnStoreError::Deny => "rate_limit::OnStoreError::Deny",
        OnStoreError::Allow => "rate_limit::OnStoreError::Allow",
    })
}

/// Groups that the service's TLS offers: those of the spec, of its profile, or the usual ones.
pub(super) fn groups(tls: &spec::Tls) -> Vec<&'static str> {
    match (tls.groups.as_ref().filter(|groups| !groups.is_empty()), &tls.profile) {
        (Some(groups), _) => groups.iter().map(|group| group.name()).collect(),
        (None, Some(profile)) => guideline::groups(profile, (3, 5)).into_iter().filter(|name| GROUPS.iter().any(|(known, _)| known == name)).collect(),
        (None, None) => DEFAULT_GROUPS.to_vec(),
    }
}

/// The oldest version that the service speaks; `None` where that is one that rustls does not know.
pub(super) fn min_version(tls: &spec::Tls) -> Option<TlsVersion> {
    let of_profile = tls.profile.as_ref().map(|profile| guideline::min_version(profile.mozilla));
    let oldest = tls.min_version.or(of_profile).unwrap_or(TlsVersion::TLSv12);
    (oldest >= TlsVersion::TLSv12).then_some(oldest)
}

/// Collects what cannot be rendered.
pub(super) struct Refusals<'a> {
    pub(super) policy: &'a Policy,
    pub(super) findings: Vec<Finding>,
}

impl Refusals<'_> {
    pub(super) fn add(&mut self, rule: &'static Rule, key: &str, message: impl Into<String>, help: impl Into<String>) {
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

    pub(super) fn jwt(&mut self, jwt: &spec::Jwt) -> Option<Value> {
        if jwt.issuer.is_none() {
            self.missing("jwt.issuer", "every token is checked for who issued it", "jwt.issuer, such as `issuer: https://app.example.com`");
        }
        if jwt.audience.is_none() {
            self.missing("jwt.audience", "every token is checked for whom it is meant", "jwt.audience, such as `audience: https://api.example.com`");
        }
        if jwt.access_ttl.is_none() {
            self.missing("jwt.access_ttl", "a token that lives longer is refused", "jwt.access_ttl, such as `access_ttl: 1h`");
        }
        let keys: Vec<Value> = jwt.keys.iter().flatten().filter_map(|(kid, key)| self.key(jwt, kid.as_str(), key)).collect();
        if jwt.keys.as_ref().is_none_or(BTreeMap::is_empty) {
            let example = "a key, such as `keys: { \"2026-11\": { algorithm: HS512, secret: { env: JWT_SECRET } } }`";
            self.missing("jwt.keys", "without a key no token can be verified", example);
        }
        let sign_with = self.sign_with(jwt);
        let leeway = jwt.leeway.map_or(DEFAULT_LEEWAY, spec::scalar::Duration::as_secs);
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
        Some(Value::structure(
            "jwt::Settings",
            [
                ("issuer", Value::text(jwt.issuer.as_ref()?.as_str())),
                ("audience", Value::text(jwt.audience.as_ref()?.as_str())),
                ("access_ttl", Value::Seconds(access?)),
                ("refresh_ttl", Value::option(refresh.map(Value::Seconds))),
                ("leeway", Value::Seconds(leeway)),
                ("sign_with", Value::option(sign_with.map(Value::Text))),
                ("keys", Value::Slice(keys)),
            ],
        ))
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

    fn key(&mut self, jwt: &spec::Jwt, kid: &str, key: &spec::JwtKey) -> Option<Value> {
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
        let env = |reference: &Option<spec::EnvReference>| reference.as_ref().map(|r| Value::text(r.env.as_str()));
        let source = match (env(&key.secret), env(&key.public_key)) {
            (Some(secret), _) => Value::Call("jwt::KeySource::Secret".to_owned(), vec![secret]),
            (None, public) => Value::structure("jwt::KeySource::PemFiles", [("public", public?), ("private", Value::option(env(&key.private_key)))]),
        };
        let until = key.verify_until.as_ref().and_then(|day| last_day(day.days()).second);
        (self.findings.len() == before).then(|| {
            Value::structure(
                "jwt::KeySpec",
                [
                    ("kid", Value::text(kid)),
                    ("algorithm", Value::Path(format!("Algorithm::{algorithm}"))),
                    ("source", source),
                    ("verify_until", Value::option(until.map(Value::Int))),
                ],
            )
        })
    }

    pub(super) fn limit(&mut self, name: &str, limit: &spec::Limit, on_store_error: OnStoreError) -> Option<Value> {
        let at = format!("rate_limits.limits.{name}");
        let (requests, per) = (limit.requests.map_or(0, u64::from), limit.per.map_or(0, spec::scalar::Duration::as_secs));
        for (field, value, example) in [("requests", requests, "requests: 100"), ("per", per, "per: 1h")] {
            if value == 0 {
                let message = format!("the limit {name} does not say {field}, or says 0");
                self.add(&rules::RATE_LIMIT_INCOMPLETE, &at, message, format!("set {at}.{field}, such as `{example}`"));
            }
        }
        let burst = u64::from(limit.burst.unwrap_or(0));
        (requests > 0 && per > 0).then(|| {
            Value::structure(
                "rate_limit::Quota",
                [
                    ("name", Value::text(name)),
                    ("requests", Value::Int(requests)),
                    ("per", Value::Seconds(per)),
                    ("burst", Value::Int(burst)),
                    ("on_store_error", store_error(on_store_error)),
                ],
            )
        })
    }

    pub(super) fn network(&mut self, network: Option<&spec::Network>) -> Value {
        let trusts = network.and_then(|n| n.service_trusts.as_ref());
        let trusts = trusts.into_iter().flatten().map(|cidr| self.net(cidr)).collect();
        let prefix = network.and_then(|n| n.ipv6_prefix).unwrap_or(DEFAULT_IPV6_PREFIX);
        Value::structure("client_ip::Network", [("trusts", Value::Slice(trusts)), ("ipv6_prefix", Value::Int(u64::from(prefix)))])
    }

    fn net(&mut self, cidr: &Cidr) -> Value {
        let prefix = u64::from(cidr.prefix);
        match cidr.address {
            IpAddr::V4(v4) => Value::Call("client_ip::Cidr::v4".to_owned(), vec![Value::V4(v4.to_string()), Value::Int(prefix)]),
            IpAddr::V6(v6) => {
                if let (Some(v4), 96..) = (v6.to_ipv4_mapped(), prefix) {
                    let message = format!("network.service_trusts has {cidr}, which no address is compared to");
                    let help = format!("write {v4}/{} instead", prefix - 96);
                    self.add(&rules::NETWORK_NEVER_MATCHES, "network.service_trusts", message, help);
                }
                Value::Call("client_ip::Cidr::v6".to_owned(), vec![Value::V6(v6.to_string()), Value::Int(prefix)])
            }
        }
    }

    pub(super) fn lockout(&mut self, lockout: &spec::Lockout) -> Option<Value> {
        let mut level = |name: &str, pause: Option<&spec::Pause>| {
            let at = format!("lockout.{name}");
            let values = pause.and_then(|p| Some((p.failures?, p.window?.as_secs(), p.base?.as_secs(), p.max?.as_secs())));
            let Some((failures, window, base, max)) = values.filter(|(failures, window, base, max)| *failures > 0 && *window > 0 && *base > 0 && *max > 0)
            else {
                let message = format!("{at} does not say failures, window, base and max, each above 0");
                self.add(&rules::LOCKOUT_INCOMPLETE, &at, message, format!("write {name}: {{ failures: 5, window: 15m, base: 30s, max: 1h }} under lockout"));
                return None;
            };
            Some(Value::structure(
                "lockout::Pause",
                [
                    ("failures", Value::Int(u64::from(failures))),
                    ("window", Value::Seconds(window)),
                    ("base", Value::Seconds(base)),
                    ("max", Value::Seconds(max)),
                ],
            ))
        };
        let (client, account) = (level("per_client", lockout.per_client.as_ref()), level("per_account", lockout.per_account.as_ref()));
        Some(Value::structure("lockout::Settings", [("per_client", client?), ("per_account", account?)]))
    }

    pub(super) fn cookie(&mut self, own: &str, cookie: &spec::Cookie) -> Option<Value> {
        let at = format!("http.cookies.{own}");
        let Some(name) = &cookie.name else {
            self.add(&rules::COOKIE_INCOMPLETE, &at, format!("{at} has no name"), format!("add the cookie's own name to {at}, such as name: __Host-session"));
            return None;
        };
        let same_site = match cookie.same_site {
            Some(spec::SameSite::Strict) => "SameSite::Strict",
            Some(spec::SameSite::Lax) => "SameSite::Lax",
            Some(spec::SameSite::None) => "SameSite::None",
            None => {
                let message = format!("{at} does not say same_site, and browsers differ in what they do without");
                self.add(&rules::COOKIE_INCOMPLETE, &at, message, format!("add same_site: lax to {at}"));
                return None;
            }
        };
        Some(Value::structure(
            "cookies::Settings",
            [
                ("name", Value::text(name.as_str())),
                ("secure", Value::Bool(cookie.secure == Some(true))),
                ("http_only", Value::Bool(cookie.http_only == Some(true))),
                ("same_site", Value::path(same_site)),
                ("max_age", Value::option(cookie.max_age.map(|age| Value::Seconds(age.as_secs())))),
                ("path", Value::text("/")),
            ],
        ))
    }

    pub(super) fn input(&mut self, input: &spec::DataInput) -> Option<Value> {
        let Some(max_body) = input.max_body else {
            let message = "data.input.max_body is missing: without it a request may be as large as the memory";
            self.add(&rules::INPUT_INCOMPLETE, "data.input", message, "add max_body to data.input, such as max_body: 1MiB");
            return None;
        };
        let types = input.content_types.iter().flat_map(|types| types.iter()).map(|t| Value::Text(t.as_str().to_ascii_lowercase()));
        let number = |number: Option<u64>| Value::option(number.map(Value::Int));
        Some(Value::structure(
            "input::Settings",
            [
                ("max_body", Value::Int(max_body.bytes())),
                ("content_types", Value::Slice(types.collect())),
                ("max_string", number(input.max_string.map(spec::scalar::Size::bytes))),
                ("max_list", number(input.max_list.map(u64::from))),
                ("max_depth", number(input.max_depth.map(u64::from))),
            ],
        ))
    }

    pub(super) fn tls(&mut self, tls: &spec::Tls) -> Option<Value> {
        let version = match min_version(tls) {
            Some(TlsVersion::TLSv13) => "tls::Version::Tls13",
            Some(_) => "tls::Version::Tls12",
            None => {
                let message = "tls.min_version is older than what the service can speak: rustls begins with TLS 1.2";
                self.add(
                    &rules::TLS_UNKNOWN,
                    "tls.min_version",
                    message,
                    "raise tls.min_version to TLSv1.2, or write modules: { tls: { owner: none } } under targets.rust",
                );
                return None;
            }
        };
        let unknown: Vec<&str> = groups(tls).into_iter().filter(|name| !GROUPS.iter().any(|(known, _)| known == name)).collect();
        if !unknown.is_empty() {
            let message = format!("tls.groups names {}, which the service's TLS (rustls with aws-lc) does not have", unknown.join(", "));
            let known: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
            let help =
                format!("leave it out of tls.groups (there are {}), or write modules: {{ tls: {{ owner: none }} }} under targets.rust", known.join(", "));
            self.add(&rules::TLS_UNKNOWN, "tls.groups", message, help);
            return None;
        }
        let variant = |name: &str| GROUPS.iter().find(|(known, _)| *known == name).map(|(_, variant)| Value::Path(format!("tls::Group::{variant}")));
        let groups = groups(tls).into_iter().filter_map(variant).collect();
        Some(Value::structure("tls::Settings", [("min_version", Value::path(version)), ("groups", Value::Slice(groups))]))
    }
}
