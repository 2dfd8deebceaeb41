//! Intents of `http`: the header texts that are asked for, and what they mean.

use super::Collect;
use crate::spec::scalar::{Origin, PermissionSource};
use crate::spec::{self, Framing, FramingWord, Headers, Spec, XssProtection};
use crate::strictness::levels::{AtMost, Forbidden};
use crate::strictness::{Value, cache, coep, cookie, coop, corp, cors, csp, framing, hsts, nosniff, permissions, referrer, xss};
use std::collections::BTreeSet;

/// Response headers of the policy or of a scope: header name in lower case is not needed, the values are what matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderTexts {
    /// Strict-Transport-Security.
    pub hsts: Option<String>,
    /// X-Frame-Options; `None` where only frame-ancestors can say it.
    pub x_frame_options: Option<String>,
    /// Content-Security-Policy, frame-ancestors of `framing` included.
    pub csp: Option<String>,
    /// X-Content-Type-Options.
    pub content_type_options: Option<String>,
    /// X-XSS-Protection.
    pub xss_protection: Option<String>,
    /// Referrer-Policy.
    pub referrer_policy: Option<String>,
    /// Permissions-Policy.
    pub permissions_policy: Option<String>,
    /// Cross-Origin-Opener-Policy.
    pub coop: Option<String>,
    /// Cross-Origin-Embedder-Policy.
    pub coep: Option<String>,
    /// Cross-Origin-Resource-Policy.
    pub corp: Option<String>,
    /// Cache-Control.
    pub cache: Option<String>,
    /// Headers that must not be sent, in lower case: names, not lines.
    pub remove: BTreeSet<String>,
}

impl HeaderTexts {
    /// Header name and value, in the order of rendering.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("Strict-Transport-Security", &self.hsts),
            ("X-Frame-Options", &self.x_frame_options),
            ("X-XSS-Protection", &self.xss_protection),
            ("X-Content-Type-Options", &self.content_type_options),
            ("Content-Security-Policy", &self.csp),
            ("Referrer-Policy", &self.referrer_policy),
            ("Permissions-Policy", &self.permissions_policy),
            ("Cross-Origin-Opener-Policy", &self.coop),
            ("Cross-Origin-Embedder-Policy", &self.coep),
            ("Cross-Origin-Resource-Policy", &self.corp),
            ("Cache-Control", &self.cache),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }
}

/// The header texts that a set of header fields asks for.
#[must_use]
pub fn header_texts(headers: &Headers) -> HeaderTexts {
    let hsts = headers.hsts.as_ref().and_then(|h| {
        let mut text = format!("max-age={}", h.max_age?.as_secs());
        if h.include_subdomains == Some(true) {
            text.push_str("; includeSubDomains");
        }
        if h.preload == Some(true) {
            text.push_str("; preload");
        }
        Some(text)
    });
    let (x_frame_options, ancestors) = match &headers.framing {
        None => (None, None),
        Some(Framing::Word(FramingWord::Deny)) => (Some("DENY".to_owned()), Some("'none'".to_owned())),
        Some(Framing::Word(FramingWord::Sameorigin)) => (Some("SAMEORIGIN".to_owned()), Some("'self'".to_owned())),
        Some(Framing::Origins(origins)) => (None, Some(origins.iter().map(Origin::as_str).collect::<Vec<_>>().join(" "))),
    };
    let mut directives: Vec<(&str, String)> = headers
        .csp
        .as_ref()
        .and_then(|c| c.directives.as_ref())
        .map(|d| d.header_parts().into_iter().map(|(name, words)| (name, words.join(" "))).collect())
        .unwrap_or_default();
    if let Some(ancestors) = ancestors {
        directives.push(("frame-ancestors", ancestors));
    }
    // default-src first, the rest by name: the same policy always gives the same bytes.
    directives.sort_by_key(|(name, _)| (*name != "default-src", *name));
    let csp = directives.iter().map(|(name, words)| if words.is_empty() { (*name).to_owned() } else { format!("{name} {words}") }).collect::<Vec<_>>();
    HeaderTexts {
        hsts,
        x_frame_options,
        csp: (!csp.is_empty()).then(|| csp.join("; ")),
        content_type_options: headers.content_type_options.map(|_| "nosniff".to_owned()),
        xss_protection: headers.xss_protection.map(|x| match x {
            XssProtection::Off => "0".to_owned(),
            XssProtection::Block => "1; mode=block".to_owned(),
        }),
        referrer_policy: headers.referrer_policy.map(|r| r.name().to_owned()),
        permissions_policy: headers.permissions_policy.as_ref().filter(|p| !p.is_empty()).map(|features| {
            let list = |sources: &[PermissionSource]| {
                // `self` first, as in the order's own text.
                let own = sources.iter().any(|s| s.as_str() == "self").then(|| "self".to_owned());
                let others = sources.iter().filter(|s| s.as_str() != "self").map(|s| format!("\"{s}\""));
                own.into_iter().chain(others).collect::<Vec<_>>().join(" ")
            };
            features.iter().map(|(feature, sources)| format!("{feature}=({})", list(sources))).collect::<Vec<_>>().join(", ")
        }),
        coop: headers.coop.map(|c| coop_of(c).to_string()),
        coep: headers.coep.map(|c| coep_of(c).to_string()),
        corp: headers.corp.map(|c| corp_of(c).to_string()),
        cache: headers.cache.map(|c| cache_of(c).to_string()),
        remove: headers.remove.iter().flat_map(|r| r.iter()).map(|name| name.as_str().to_ascii_lowercase()).collect(),
    }
}

/// The headers of a scope: those of the policy, and what differs.
#[must_use]
pub fn scope_headers(spec: &Spec, scope: &spec::Scope) -> Headers {
    let base = spec.http.as_ref().and_then(|h| h.headers.clone()).unwrap_or_default();
    let own = scope.http.as_ref().and_then(|h| h.headers.clone()).unwrap_or_default();
    Headers {
        hsts: own.hsts.or(base.hsts),
        framing: own.framing.or(base.framing),
        xss_protection: own.xss_protection.or(base.xss_protection),
        content_type_options: own.content_type_options.or(base.content_type_options),
        csp: own.csp.or(base.csp),
        referrer_policy: own.referrer_policy.or(base.referrer_policy),
        permissions_policy: own.permissions_policy.or(base.permissions_policy),
        coop: own.coop.or(base.coop),
        coep: own.coep.or(base.coep),
        corp: own.corp.or(base.corp),
        cache: own.cache.or(base.cache),
        remove: own.remove.or(base.remove),
    }
}

fn coop_of(value: spec::Coop) -> coop::Coop {
    match value {
        spec::Coop::SameOrigin => coop::Coop::SameOrigin,
        spec::Coop::SameOriginAllowPopups => coop::Coop::SameOriginAllowPopups,
        spec::Coop::NoopenerAllowPopups => coop::Coop::NoopenerAllowPopups,
        spec::Coop::UnsafeNone => coop::Coop::UnsafeNone,
    }
}

fn coep_of(value: spec::Coep) -> coep::Coep {
    match value {
        spec::Coep::RequireCorp => coep::Coep::RequireCorp,
        spec::Coep::Credentialless => coep::Coep::Credentialless,
        spec::Coep::UnsafeNone => coep::Coep::UnsafeNone,
    }
}

fn corp_of(value: spec::Corp) -> corp::Corp {
    match value {
        spec::Corp::SameOrigin => corp::Corp::SameOrigin,
        spec::Corp::SameSite => corp::Corp::SameSite,
        spec::Corp::CrossOrigin => corp::Corp::CrossOrigin,
    }
}

fn cache_of(value: spec::Cache) -> cache::CacheControl {
    match value {
        spec::Cache::NoStore => cache::CacheControl::no_store(),
        spec::Cache::Private => cache::CacheControl::private(),
        spec::Cache::NoCache => cache::CacheControl::no_cache(),
    }
}

/// What a cookie must be protected by; `None` without a name.
#[must_use]
pub fn cookie_of(cookie: &spec::Cookie) -> Option<cookie::SetCookie> {
    let mut required = cookie::SetCookie::new(cookie.name.as_ref()?.as_str());
    required.secure = cookie.secure == Some(true);
    required.http_only = cookie.http_only == Some(true);
    required.same_site = match cookie.same_site {
        None => cookie::SameSite::Unset,
        Some(spec::SameSite::None) => cookie::SameSite::None,
        Some(spec::SameSite::Lax) => cookie::SameSite::Lax,
        Some(spec::SameSite::Strict) => cookie::SameSite::Strict,
    };
    Some(required)
}

/// What other origins may do at most.
#[must_use]
pub fn cors_of(rule: &spec::Cors) -> cors::Cors {
    let origins = rule.origins.as_ref().map(|o| o.iter().map(|o| o.as_str().to_owned()).collect::<BTreeSet<_>>()).unwrap_or_default();
    let names = |names: BTreeSet<String>| cors::Names { any: false, names };
    cors::Cors {
        origins: if origins.contains("*") { cors::Origins::Any } else { cors::Origins::These(origins) },
        credentials: rule.credentials == Some(true),
        methods: names(rule.methods.iter().flat_map(|m| m.iter()).map(|m| m.as_str().to_owned()).collect()),
        headers: names(rule.headers.iter().flat_map(|h| h.iter()).map(|h| h.as_str().to_ascii_lowercase()).collect()),
        max_age: rule.max_age.map(spec::scalar::Duration::as_secs),
    }
}

impl Collect<'_> {
    pub(super) fn cookies(&mut self, http: &spec::Http) {
        for (name, cookie) in http.cookies.iter().flatten() {
            if let Some(required) = cookie_of(cookie) {
                self.add(format!("http.cookies.{name}"), Value::Cookie(Box::new(required)));
            }
            // Apart from the flags, which a proxy can set: only who sets the cookie decides how long it lives.
            if let Some(age) = cookie.max_age {
                self.add(format!("http.cookies.{name}.max_age"), Value::AtMost(AtMost { number: age.as_secs(), unit: " s" }));
            }
        }
    }

    pub(super) fn cors(&mut self, http: &spec::Http) {
        for (name, rule) in http.cors.iter().flatten() {
            self.add(format!("http.cors.{name}"), Value::Cors(Box::new(cors_of(rule))));
        }
    }

    pub(super) fn headers(&mut self, prefix: &str, scope: Option<&str>, headers: &Headers, own: Option<&Headers>) {
        let texts = header_texts(headers);
        let site = self.site.clone();
        // A field that the scope does not set comes from the policy.
        let from = |field: &str, set: bool| if set { None } else { Some(format!("http.headers.{field}")) };
        let put = |this: &mut Self, field: &str, set: bool, value: Option<Value>| {
            if let Some(value) = value {
                this.add_from(format!("{prefix}.{field}"), from(field, set).as_deref(), scope, value);
            }
        };
        let has = |test: fn(&Headers) -> bool| own.is_none_or(test);
        let value = texts.hsts.as_deref().and_then(|t| self.parsed(&format!("{prefix}.hsts"), hsts::Hsts::parse(t))).map(Value::Hsts);
        put(self, "hsts", has(|h| h.hsts.is_some()), value);
        let framing_text = headers.framing.as_ref().map(|_| (texts.x_frame_options.clone(), texts.csp.clone().unwrap_or_default()));
        let value = framing_text.and_then(|(xfo, csp)| {
            let ancestors = csp.split("; ").find(|d| d.starts_with("frame-ancestors ")).unwrap_or_default().to_owned();
            self.parsed(&format!("{prefix}.framing"), framing::Framing::required(xfo.as_deref(), &ancestors)).map(|f| f.with_self_origin(site.as_deref()))
        });
        put(self, "framing", has(|h| h.framing.is_some()), value.map(Value::Framing));
        let value =
            texts.xss_protection.as_deref().and_then(|t| self.parsed(&format!("{prefix}.xss_protection"), xss::XssProtection::parse(t))).map(Value::Xss);
        put(self, "xss_protection", has(|h| h.xss_protection.is_some()), value);
        let value = texts.content_type_options.as_deref().and_then(|t| self.parsed(&format!("{prefix}.content_type_options"), nosniff::Nosniff::parse(t)));
        put(self, "content_type_options", has(|h| h.content_type_options.is_some()), value.map(Value::Nosniff));
        if headers.csp.as_ref().is_some_and(|c| c.directives.as_ref().is_some_and(|d| !d.header_parts().is_empty())) {
            let text = texts.csp.as_deref().unwrap_or_default();
            let value = self.parsed(&format!("{prefix}.csp"), csp::Csp::parse(text));
            put(self, "csp", has(|h| h.csp.is_some()), value.map(|c| Value::Csp(Box::new(c.with_self_origin(site.as_deref())))));
        }
        let value = texts.referrer_policy.as_deref().and_then(|t| self.parsed(&format!("{prefix}.referrer_policy"), referrer::ReferrerPolicy::parse(t)));
        put(self, "referrer_policy", has(|h| h.referrer_policy.is_some()), value.map(Value::Referrer));
        let value =
            texts.permissions_policy.as_deref().and_then(|t| self.parsed(&format!("{prefix}.permissions_policy"), permissions::PermissionsPolicy::parse(t)));
        let value = value.map(|p| Value::Permissions(Box::new(p.with_self_origin(site.as_deref()))));
        put(self, "permissions_policy", has(|h| h.permissions_policy.is_some()), value);
        put(self, "coop", has(|h| h.coop.is_some()), headers.coop.map(|c| Value::Coop(coop_of(c))));
        put(self, "coep", has(|h| h.coep.is_some()), headers.coep.map(|c| Value::Coep(coep_of(c))));
        put(self, "corp", has(|h| h.corp.is_some()), headers.corp.map(|c| Value::Corp(corp_of(c))));
        put(self, "cache", has(|h| h.cache.is_some()), headers.cache.map(|c| Value::Cache(cache_of(c))));
        let value = (!texts.remove.is_empty()).then(|| Value::Forbidden(Forbidden(texts.remove.clone())));
        put(self, "remove", has(|h| h.remove.is_some()), value);
    }
}
