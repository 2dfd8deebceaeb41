//! Lints of the spec itself: what is allowed and probably not meant, and what contradicts itself.

/// Declares the lints of a file. It stands before the files that use it.
macro_rules! rules {
    ($($id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $(#[doc = $title] pub static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*
        /// Every lint of this file.
        pub static RULES: &[&Rule] = &[$(&$id),*];
    };
}

mod cross_origin;
pub mod csp;
pub mod gate;
mod jwt;
mod postgres;
pub mod service;

use super::{Policy, guideline, intents};
use crate::finding::{Cause, Finding, Kind, Rule, Severity, Verdict, redact};
use crate::spec::{Framing, Guideline, MozillaProfile, SettingValue, Spec, TlsVersion, XssProtection};
use crate::strictness::Order;
use crate::strictness::csp::Csp;

rules! {
    CSP_OBJECT = "csp-missing-object-src", Medium, "The Content-Security-Policy leaves plug-ins open.",
        "Without object-src (and without default-src: [none]) a page may load plug-ins from wherever default-src allows. Write object-src: [none]. \
         Source: CSP3 6.1.8, ASVS 5.0 3.4.3.";
    CSP_BASE = "csp-missing-base-uri", Medium, "The Content-Security-Policy does not hold <base>.",
        "base-uri has no fallback to default-src: an injected <base> element redirects every relative script. Write base-uri: [none] or [self]. \
         Source: CSP3 6.3.1, ASVS 5.0 3.4.3.";
    CSP_FRAME = "csp-missing-frame-ancestors", Medium, "Nothing says who may show the pages in a frame.",
        "frame-ancestors has no fallback to default-src, and X-Frame-Options alone is not to be relied on. Set http.headers.framing; secgen writes both \
         headers from it. Source: CSP3 6.4.2, ASVS 5.0 3.4.6.";
    CSP_FORM = "csp-missing-form-action", Low, "The Content-Security-Policy does not hold forms.",
        "form-action has no fallback to default-src: an injected form can send data anywhere. Write form-action: [self]. Source: CSP3 6.4.1.";
    CSP_DEFAULT = "csp-no-default-src", Medium, "The Content-Security-Policy has no default-src.",
        "A resource type without a directive of its own is then not held at all. Write default-src: [self] or [none]. Source: CSP3 6.1.3.";
    CSP_SCRIPT = "csp-missing-script-src", High, "The Content-Security-Policy does not hold scripts.",
        "Without script-src and default-src a page runs scripts from anywhere, inline ones included. Write default-src: [self]. Source: CSP3 6.1.10, ASVS 5.0 3.4.3.";
    CSP_UNSAFE = "csp-unsafe-script", High, "The Content-Security-Policy lets injected scripts run.",
        "'unsafe-inline' and 'unsafe-eval' in a script directive switch off what the policy is for. Use hashes or strict-dynamic. Source: CSP3 8.2, ASVS 5.0 3.4.3.";
    CSP_WILDCARD = "csp-wildcard-script", High, "The Content-Security-Policy lets scripts come from anywhere.",
        "*, https:, http: or data: in a script, object or base directive allows every attacker's host. Name the hosts. Source: CSP3 8.4.";
    CSP_NONE = "csp-none-mixed", High, "none stands beside other sources.",
        "Browsers ignore 'none' as soon as another source stands beside it, so the list is wider than it looks. Source: CSP3 6.7.2.3.";
    CSP_HASHES = "csp-unsafe-hashes", Low, "The Content-Security-Policy lets handlers in attributes run.",
        "'unsafe-hashes' lets the hash of a script also stand for an event handler, so that an injected element can carry it. Move handlers into scripts. \
         Source: CSP3 8.3.";
    CSP_HTTP = "csp-http-source", Low, "The Content-Security-Policy names a source over plain HTTP.",
        "What comes over http:// can be changed by anybody on the way, and a page over HTTPS mostly cannot load it anyhow. Write https://. \
         Source: Mixed Content 5.";
    CSP_DYNAMIC_ALONE = "csp-strict-dynamic-alone", High, "strict-dynamic stands without a nonce or hash.",
        "'strict-dynamic' puts hosts out of force and trusts what trusted scripts load: without a nonce or a hash no script is trusted, and none runs. \
         Source: CSP3 8.2.";
    CSP_DEPRECATED = "csp-deprecated-directive", Low, "The Content-Security-Policy has a directive that browsers have dropped.",
        "block-all-mixed-content, plugin-types, prefetch-src, referrer, reflected-xss, navigate-to, require-sri-for and disown-opener do nothing. \
         Source: CSP3 7, MDN.";
    HSTS_PRELOAD = "hsts-preload-conditions", High, "preload is set without what the preload lists ask for.",
        "Browsers' preload lists take a site only with a max-age of a year or more and includeSubDomains; asking for less is refused, and being on a list is hard to \
         undo. Set max_age: 365d or more and include_subdomains: true, or preload: false. Source: hstspreload.org, RFC 6797 14.";
    HSTS_ZERO = "hsts-zero", High, "max_age: 0s makes browsers forget the protection.",
        "max-age=0 deletes what browsers have stored: it is weaker than no header. Source: RFC 6797 6.1.1.";
    HSTS_SHORT = "hsts-under-a-year", Low, "Strict-Transport-Security is remembered for less than a year.",
        "ASVS 5.0 3.4.1 asks for a year.";
    XSS = "xss-protection-deprecated", Low, "xss_protection: block is deprecated.",
        "No current browser has the filter, and where it existed it opened holes of its own. OWASP advises against the header: write \"off\", or leave the key out. \
         Source: OWASP Secure Headers Project.";
    REFERRER = "referrer-policy-leaks", Low, "Referrer-Policy sends more than the browser's default.",
        "origin, origin-when-cross-origin, no-referrer-when-downgrade and unsafe-url tell others more than strict-origin-when-cross-origin, which browsers do by \
         default. Source: Referrer Policy 3, ASVS 5.0 3.4.5.";
    PERMISSIONS_UNKNOWN = "permissions-unknown-feature", Low, "Permissions-Policy names a feature that no browser is known to have.",
        "Browsers skip names that they do not know, so that a misspelt feature stays at its default. Source: Permissions Policy 9.1, Chromium's list of features.";
    ISOLATION = "cross-origin-isolation-half", Info, "Only one half of cross-origin isolation is asked for.",
        "Pages are isolated from other origins only with Cross-Origin-Opener-Policy: same-origin and a Cross-Origin-Embedder-Policy together. Each alone still \
         protects, so that nothing need be done if isolation is not needed. Source: HTML 7.1.4, OWASP Secure Headers Project.";
    EMPTY_LIST = "spec-empty-list", High, "A list that must name something is empty.",
        "An empty list of headers to remove, or of TLS groups, asks for nothing, and would take back without a word what a layer below asks for. Name what is meant, \
         or leave the key out.";
    REMOVE_SENT = "remove-contradicts", High, "A header is both asked for and removed.",
        "remove drops what a backend sends under a name. A header that the policy sends itself replaces a backend's copy already. Leave it out of remove.";
    COOKIE_INCOMPLETE = "cookie-incomplete", High, "A cookie's entry lacks its name, or asks for nothing.",
        "An entry of http.cookies has the name of one cookie and at least one of secure, http_only and same_site. nginx applies the first line that names a cookie, \
         so that two entries for one cookie would not both count. Source: ngx_http_proxy_module, proxy_cookie_flags.";
    COOKIE_SAMESITE = "samesite-none-insecure", High, "same_site: none stands without secure.",
        "Browsers reject a cookie with SameSite=None and without Secure. Source: rfc6265bis 5.7.";
    COOKIE_PREFIX = "cookie-prefix-rules", High, "A cookie's name promises what its entry does not ask for.",
        "Browsers reject a cookie whose name begins with __Secure-, __Host- or __Http- and that lacks what the name promises: Secure for each, HttpOnly for __Http-. \
         Source: rfc6265bis 4.1.3, ASVS 5.0 3.3.1.";
    COOKIE_OPEN = "cookie-not-secure", Medium, "A cookie is also sent over plain HTTP.",
        "Without Secure anybody on the way can read the cookie and set another. Write secure: true. Source: RFC 6265 8.3, ASVS 5.0 3.3.1.";
    CORS_INCOMPLETE = "cors-incomplete", High, "An entry of http.cors lacks match or origins.",
        "An entry names the requests (`match`) and who may read their answers (`origins`): origins, or * alone.";
    CORS_WILDCARD = "cors-wildcard-credentials", High, "Every origin is allowed, with credentials.",
        "Browsers refuse a request with credentials where the answer says *; and what would allow it for every origin lets every site read a visitor's data. \
         Name the origins. Source: Fetch 3.3.5, ASVS 5.0 3.4.2.";
    CORS_NULL = "cors-null-origin", High, "The origin null may read answers.",
        "Every page can make a frame with the origin null (sandbox), so that null is as good as everybody. Source: Fetch 3.3, HTML 7.1.1, ASVS 5.0 3.4.2.";
    TLS_GROUP = "tls-group-unsupported", Medium, "A group is left out, because the declared OpenSSL does not know it.",
        "OpenSSL refuses a whole list with one name that it does not know, and nginx would not start. X25519MLKEM768 came with OpenSSL 3.5. Write the server's \
         version under targets.nginx.openssl. Source: OpenSSL CHANGES 3.5.";
    TLS_TICKETS = "tls-session-tickets", Low, "Session tickets are on.",
        "nginx makes the key of its tickets when it starts and keeps it: who gets the key can read every recorded connection of that time, but for those of TLS 1.3 \
         with a new key exchange. Source: RFC 8446 8.1, Mozilla server-side TLS.";
    REDIRECT_ALONE = "redirect-without-hsts", Low, "Plain HTTP is sent on to HTTPS, and no browser is told to keep to it.",
        "A redirect is itself sent in plain text, where somebody between can replace it (RFC 6797 2.3.1). Strict-Transport-Security has browsers use HTTPS by themselves \
         after the first visit.";
    TLS_PROFILE = "tls-below-profile", High, "tls.min_version is older than tls.profile allows.",
        "The profile's suites do not exist for older versions, or the guideline forbids them. Raise min_version, or take another profile. Source: Mozilla server-side TLS.";
    TLS_GUIDELINE = "tls-unknown-profile", High, "The guideline has no such profile.",
        "Mozilla's guideline 6.0 dropped `old`. Pin guideline 5.8 for it, or take intermediate. Source: Mozilla server-side TLS 6.0.";
    TLS_OLD = "tls-version-forbidden", Medium, "TLS 1.0 and 1.1 must not be used.",
        "RFC 8996 forbids both. Raise tls.min_version to TLSv1.2.";
    TLS_POSTGRES = "tls-versions-contradict", High, "tls.min_version and ssl_min_protocol_version ask for different versions.",
        "Both decide the oldest version that PostgreSQL speaks. Leave postgres.settings.ssl_min_protocol_version out: it follows tls.min_version.";
    POSTGRES_FORM = "postgres-form-contradiction", High, "The form of the PostgreSQL files and the policy exclude each other.",
        "ALTER SYSTEM cannot be the way to a server that forbids it (allow_alter_system, from PostgreSQL 17), and a runner of migrations runs only a script that has no commands of psql. \
         Choose the form that fits: drop-in for servers that are set up by files. Source: PostgreSQL documentation, 19.2.";
    HBA_METHOD = "hba-weak-method", High, "An access rule of the spec asks for no proof, or for a weak one.",
        "trust lets in everybody who reaches the server, password sends the password in clear text, md5 is deprecated, and ident over TCP believes the client's machine. A checked file that does what \
         the spec asks for has no finding of its own, so that the spec is the place to look. Write scram-sha-256, cert, gss, or peer for local connections. Source: PostgreSQL documentation, 21.4 to 21.8.";
    JWT_INCOMPLETE = "jwt-incomplete", High, "jwt lacks what a token needs.",
        "A service that issues or verifies tokens needs role, issuer, audience, access_ttl and keys; one that issues also refresh_ttl and sign_with. \
         Source: RFC 8725 3.8, 3.9, 3.12.";
    JWT_KEY = "jwt-key-unusable", High, "A key of jwt.keys cannot work.",
        "HS256, HS384 and HS512 have one `secret` for both sides; ES256, ES384 and EdDSA have a `public_key`, and a `private_key` where they sign. \
         sign_with names one of the keys. Source: RFC 7518 3, RFC 8037.";
    JWT_MIXED = "jwt-mixed-keys", Low, "HMAC and public-key algorithms stand side by side.",
        "Whoever may verify an HMAC token may also make one. Beside public keys that is rarely meant; while you change from one to the other it is. \
         Source: RFC 8725 3.1, ASVS 5.0 9.1.2.";
    JWT_TTL = "jwt-lifetimes", High, "The lifetimes of tokens contradict each other.",
        "An access token must expire before its refresh token, and clocks may differ by a minute at most. Source: RFC 8725, RFC 9700 2.2.2.";
    LIMIT = "rate-limit-incomplete", High, "A rate limit lacks requests, per or match.",
        "A limit is `requests` in `per` for the requests of `match`; without one of them nothing is limited.";
    LIMIT_EDGE = "rate-limit-edge-tighter", Medium, "The guard in nginx refuses what the service admits.",
        "nginx would answer 429 before the service's own limit is reached, so the exact quota would never be the one that counts. Raise edge.per_minute or edge.burst.";
    TRUST = "network-no-service-trusts", High, "Limits by client address count nginx itself.",
        "Behind nginx every request comes from nginx's own address, so all clients would share one limit. Name nginx under network.service_trusts, \
         usually [127.0.0.1/32]. Source: OWASP API4:2023.";
    HTTP_SITE = "http-framing-list", Low, "Only frame-ancestors can say who may frame.",
        "X-Frame-Options knows no list of origins, so it is left out; browsers older than 2016 then show the pages in any frame. Source: RFC 7034 2.1, CSP3 6.4.2.";
    SCOPE = "scope-without-match", High, "A scope matches everything or nothing.",
        "A scope needs `match` with host, prefix, exact or content_type, and `http.headers` with what differs; prefix and exact exclude each other.";
    SECRET = "spec-literal-secret", High, "A value of the spec looks like a secret.",
        "The spec is committed and read by many. Put the secret into the environment and refer to it: { env: NAME }.";
    IGNORE_EXPIRED = "advisory-ignore-expired", High, "An accepted advisory is past its date.",
        "cargo-deny knows no dates, so secgen watches them: from the day after `until` on, `secgen check` fails. Fix the dependency, or agree on a new date.";
    IGNORE_ENDS_SOON = "advisory-ignore-ends-soon", Low, "An accepted advisory is about to be past its date.",
        "From the day after `until` on, `secgen check` fails. Look for a fixed release of the dependency now, or agree on a new date.";
    ATTESTATION_TIME = "attestation-time", High, "A statement ends before it begins, or holds for too long.",
        "A statement counts from `date`, on which somebody looked, up to and including `until`, two years later at most: what nobody looks at for longer is not known any more.";
    AT_REST_METHOD = "at-rest-without-method", High, "data.at_rest does not say what encrypts the data.",
        "A statement without a method states nothing. Write method: volume-encryption, filesystem-encryption, table-encryption or column-encryption.";
    REACHES_NOTHING = "target-without-use", Low, "A target is listed, but neither rendered nor checked.",
        "A target does something only with `out` (rendered) or `check` (compared).";
}

/// How many days before its end an accepted advisory is told.
const SOON_DAYS: i64 = 30;

/// Two years, one of them a leap year.
const MAX_ATTESTED_DAYS: i64 = 731;

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
    lint.dependencies(today);
    lint.targets();
    lint.gate(today);
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

    fn attestations(&mut self) {
        let Some(at_rest) = self.spec().data.as_ref().and_then(|d| d.at_rest.clone()) else { return };
        if at_rest.method.is_none() {
            self.error(
                &AT_REST_METHOD,
                "data.at_rest",
                "data.at_rest has no method".to_owned(),
                "write method: with what encrypts the data, such as volume-encryption",
            );
        }
        if let Some(attested) = at_rest.attested {
            let (date, until) = (attested.date.days(), attested.until.days());
            let key = "data.at_rest.attested";
            if until < date {
                let message = format!("the statement of {} ends on {}, before it was made on {}", attested.by, attested.until, attested.date);
                self.error(&ATTESTATION_TIME, key, message, "write the last day on which the statement counts as until");
            } else if until - date > MAX_ATTESTED_DAYS {
                let message =
                    format!("the statement of {} counts from {} until {}, which is longer than two years", attested.by, attested.date, attested.until);
                self.error(&ATTESTATION_TIME, key, message, "write a day within two years of date as until, and look again before it");
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
            ("rust", targets.rust.as_ref().is_some_and(|t| t.out.is_none())),
            ("cargo", targets.cargo.as_ref().is_some_and(|t| t.out.is_none() && t.check.as_ref().is_none_or(Vec::is_empty))),
        ];
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
            if secret {
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
