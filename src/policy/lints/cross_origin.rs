//! Lints of `http` beyond the Content-Security-Policy: other origins, browser features, headers to remove, cookies.

use super::{
    COOKIE_INCOMPLETE, COOKIE_OPEN, COOKIE_PREFIX, COOKIE_SAMESITE, CORS_INCOMPLETE, CORS_NULL, CORS_WILDCARD, EMPTY_LIST, ISOLATION, Lint,
    PERMISSIONS_UNKNOWN, REMOVE_SENT,
};
use crate::policy::intents;
use crate::spec::{Coep, Cookie, Coop, Cors, Headers, SameSite};
use crate::strictness::cookie::Prefix;
use crate::strictness::permissions;
use std::collections::BTreeMap;

/// How close a known name must be to be offered, from 0 to 1.
const SIMILAR: f64 = 0.8;

impl Lint<'_> {
    /// Headers of the policy or of a scope.
    pub(super) fn other_headers(&mut self, headers: &Headers, prefix: &str) {
        for feature in headers.permissions_policy.iter().flat_map(BTreeMap::keys).filter(|f| !permissions::is_known(f.as_str())) {
            let near = permissions::known().map(|name| (strsim::jaro_winkler(name, feature.as_str()), name)).filter(|(score, _)| *score >= SIMILAR);
            let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name);
            let help = near.map_or_else(|| "correct the name, or remove it".to_owned(), |name| format!("write {name}, if that is meant"));
            let message = format!("{feature} is no feature that a browser is known to have");
            self.warn(&PERMISSIONS_UNKNOWN, &format!("{prefix}.permissions_policy.{feature}"), message, &help);
        }
        if headers.remove.as_ref().is_some_and(|names| names.is_empty()) {
            let help = "name the headers, or leave remove out: what a layer below removes stays removed";
            self.error(&EMPTY_LIST, &format!("{prefix}.remove"), format!("{prefix}.remove is empty"), help);
        }
        let texts = intents::header_texts(headers);
        for (name, _) in texts.lines().into_iter().filter(|(name, _)| texts.remove.contains(&name.to_ascii_lowercase())) {
            let message = format!("{prefix}.remove names {name}, which {prefix} also asks for");
            self.error(&REMOVE_SENT, &format!("{prefix}.remove"), message, &format!("take {name} out of remove: a backend's own copy is dropped anyhow"));
        }
        let (opener, embedder) = (headers.coop == Some(Coop::SameOrigin), headers.coep.is_some_and(|c| c != Coep::UnsafeNone));
        if opener != embedder {
            let (key, other) = if opener { ("coop", "coep: require-corp") } else { ("coep", "coop: same-origin") };
            let message = format!("{prefix}.{key} alone gives no cross-origin isolation");
            self.warn(&ISOLATION, &format!("{prefix}.{key}"), message, &format!("add {other} if the pages need it (SharedArrayBuffer), else nothing to do"));
        }
    }

    pub(super) fn cookies(&mut self) {
        let cookies = self.spec().http.as_ref().and_then(|h| h.cookies.clone()).unwrap_or_default();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (own, cookie) in &cookies {
            let key = format!("http.cookies.{own}");
            let Some(name) = &cookie.name else {
                self.error(&COOKIE_INCOMPLETE, &key, format!("{key} has no name"), "add name: __Host-session (the cookie's own name)");
                continue;
            };
            if name.as_str() == "off" {
                self.error(&COOKIE_INCOMPLETE, &key, format!("{key} names the cookie off, which nginx takes for a word of its own"), "rename the cookie");
            }
            if *cookie == (Cookie { name: Some(name.clone()), ..Cookie::default() }) {
                self.error(&COOKIE_INCOMPLETE, &key, format!("{key} asks for nothing"), "add secure: true, http_only: true and same_site: lax");
            }
            if let Some(first) = seen.insert(name.as_str().to_owned(), key.clone()) {
                self.error(&COOKIE_INCOMPLETE, &key, format!("{key} and {first} name the same cookie"), "keep one of them");
            }
            let prefix = Prefix::of(name.as_str());
            for (needed, what) in [(prefix.secure && cookie.secure != Some(true), "secure"), (prefix.http && cookie.http_only != Some(true), "http_only")] {
                if needed {
                    let message = format!("browsers reject {name} without {what}, because of how its name begins");
                    self.error(&COOKIE_PREFIX, &key, message, &format!("add {what}: true"));
                }
            }
            if cookie.same_site == Some(SameSite::None) && cookie.secure != Some(true) {
                self.error(&COOKIE_SAMESITE, &key, format!("browsers reject {name} with same_site: none and without secure"), "add secure: true");
            } else if cookie.secure != Some(true) && !prefix.secure {
                self.warn(&COOKIE_OPEN, &key, format!("{name} is also sent over plain HTTP"), "add secure: true");
            }
        }
    }

    pub(super) fn cors(&mut self) {
        let rules = self.spec().http.as_ref().and_then(|h| h.cors.clone()).unwrap_or_default();
        for (own, rule) in &rules {
            let key = format!("http.cors.{own}");
            self.cors_match(&key, rule);
            let origins: Vec<&str> = rule.origins.iter().flat_map(|o| o.iter()).map(crate::spec::scalar::CorsOrigin::as_str).collect();
            if origins.is_empty() {
                self.error(&CORS_INCOMPLETE, &key, format!("{key} has no origins"), "add origins: [\"https://app.example.com\"], or remove the entry");
            }
            if origins.contains(&"*") && origins.len() > 1 {
                self.error(&CORS_INCOMPLETE, &key, format!("{key} names * beside other origins"), "keep the origins, or * alone");
            }
            if origins.contains(&"*") && rule.credentials == Some(true) {
                let message = format!("{key} allows every origin with credentials, which browsers refuse");
                self.error(&CORS_WILDCARD, &key, message, "name the origins, or write credentials: false");
            }
            if origins.contains(&"null") {
                let message = format!("{key} allows the origin null, which every sandboxed frame has, on any site");
                self.warn(&CORS_NULL, &key, message, "take null out, and serve what needs it from an origin of its own");
            }
        }
    }

    fn cors_match(&mut self, key: &str, rule: &Cors) {
        let m = rule.matches.clone().unwrap_or_default();
        if m.host.is_none() && m.prefix.is_none() && m.exact.is_none() {
            self.error(&CORS_INCOMPLETE, key, format!("{key} has no match"), "add match: { prefix: /api/ }");
        }
        if m.prefix.is_some() && m.exact.is_some() {
            self.error(&CORS_INCOMPLETE, key, format!("{key}.match has both prefix and exact"), "keep one of them");
        }
        if m.content_type.is_some() {
            let message = format!("{key}.match cannot name a content_type: a preflight is answered before there is one");
            self.error(&CORS_INCOMPLETE, key, message, "match by host, prefix or exact");
        }
    }
}
