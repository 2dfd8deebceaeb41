//! Lints of the spec about headers for other origins, cookies and cross-origin sharing.

use secgen::policy::{Policy, lints};
use serde_json::{Value, json};

/// Rules of the errors, and of the warnings, with their keys.
#[allow(clippy::needless_pass_by_value)] // `json!({...})` reads best as an argument
fn told(http: Value, tls: Value) -> (Vec<String>, Vec<String>) {
    let spec = json!({ "version": 1, "service": "a", "http": http, "tls": tls, "targets": { "nginx": { "out": "n", "openssl": "3.0" } } });
    let (errors, warnings) = lints::check(&Policy::from_json(spec).unwrap(), 20_000);
    let text = |f: &secgen::finding::Finding| format!("{} {}", f.rule.name, f.intent.as_deref().unwrap_or_default());
    (errors.iter().map(text).collect(), warnings.iter().map(text).collect())
}

fn errors(http: Value) -> Vec<String> {
    let (errors, warnings) = told(http, json!({}));
    assert!(warnings.is_empty(), "{warnings:?}");
    errors
}

fn warnings(http: Value) -> Vec<String> {
    let (errors, warnings) = told(http, json!({}));
    assert!(errors.is_empty(), "{errors:?}");
    warnings
}

#[test]
fn a_sound_spec_has_none() {
    let http = json!({
        "headers": { "permissions_policy": { "camera": [], "sync-xhr": ["self"] }, "coop": "same-origin", "coep": "require-corp", "remove": ["Server"] },
        "cookies": { "a": { "name": "__Host-a", "secure": true, "same_site": "none" }, "b": { "name": "b", "secure": true } },
        "cors": { "a": { "match": { "prefix": "/a/" }, "origins": ["*"] }, "b": { "match": { "host": "b.example" }, "origins": ["https://a.example"], "credentials": true } },
    });
    assert_eq!(told(http, json!({ "min_version": "TLSv1.3", "profile": { "mozilla": "modern", "guideline": "6.0" }, "groups": ["X25519"] })), (vec![], vec![]));
}

#[test]
fn headers_that_are_not_meant_are_told() {
    let one = |headers: Value| warnings(json!({ "headers": headers }));
    assert_eq!(one(json!({ "permissions_policy": { "cammera": [] } })), ["permissions-unknown-feature http.headers.permissions_policy.cammera"]);
    assert_eq!(one(json!({ "coop": "same-origin" })), ["cross-origin-isolation-half http.headers.coop"]);
    assert_eq!(one(json!({ "coep": "require-corp", "coop": "unsafe-none" })), ["cross-origin-isolation-half http.headers.coep"]);
    assert_eq!(errors(json!({ "headers": { "remove": [] } })), ["spec-empty-list http.headers.remove"]);
    assert_eq!(errors(json!({ "headers": { "referrer_policy": "no-referrer", "remove": ["referrer-POLICY"] } })), ["remove-contradicts http.headers.remove"]);
}

#[test]
fn cookies_that_browsers_reject_are_errors() {
    let one = |cookie: Value| errors(json!({ "cookies": { "a": cookie } }));
    assert_eq!(one(json!({ "name": "a", "same_site": "none" })), ["samesite-none-insecure http.cookies.a"]);
    assert_eq!(one(json!({ "name": "__Host-a", "http_only": true })), ["cookie-prefix-rules http.cookies.a"]);
    assert_eq!(one(json!({ "name": "__secure-a", "secure": false })), ["cookie-prefix-rules http.cookies.a"]);
    assert_eq!(one(json!({ "name": "__Http-a", "secure": true })), ["cookie-prefix-rules http.cookies.a"]);
    assert_eq!(one(json!({ "secure": true })), ["cookie-incomplete http.cookies.a"]);
    assert_eq!(one(json!({ "name": "off", "secure": true })), ["cookie-incomplete http.cookies.a"]);
    assert_eq!(
        errors(json!({ "cookies": { "a": { "name": "x", "secure": true }, "b": { "name": "x", "secure": true } } })),
        ["cookie-incomplete http.cookies.b"]
    );
    assert_eq!(warnings(json!({ "cookies": { "a": { "name": "a", "http_only": true } } })), ["cookie-not-secure http.cookies.a"]);
}

#[test]
fn other_origins_are_named_and_few() {
    let one = |rule: Value| errors(json!({ "cors": { "a": rule } }));
    let at = json!({ "prefix": "/a/" });
    assert_eq!(one(json!({ "match": at, "origins": ["*"], "credentials": true })), ["cors-wildcard-credentials http.cors.a"]);
    assert_eq!(one(json!({ "match": at, "origins": ["*", "https://a.example"] })), ["cors-incomplete http.cors.a"]);
    assert_eq!(one(json!({ "match": at })), ["cors-incomplete http.cors.a"]);
    assert_eq!(one(json!({ "origins": ["https://a.example"] })), ["cors-incomplete http.cors.a"]);
    assert_eq!(one(json!({ "match": { "prefix": "/a/", "exact": "/a" }, "origins": ["*"] })), ["cors-incomplete http.cors.a"]);
    assert_eq!(one(json!({ "match": { "prefix": "/a/", "content_type": "text/html" }, "origins": ["*"] })), ["cors-incomplete http.cors.a"]);
    assert_eq!(warnings(json!({ "cors": { "a": { "match": at, "origins": ["null"] } } })), ["cors-null-origin http.cors.a"]);
}

#[test]
fn groups_beyond_the_profile_are_an_error() {
    let tls = |tls: Value| told(json!({}), tls);
    let profile = json!({ "mozilla": "modern", "guideline": "5.7" });
    let (errors, _) = tls(json!({ "min_version": "TLSv1.3", "profile": profile, "groups": ["X25519", "X448"] }));
    assert_eq!(errors, ["tls-below-profile tls.groups"]);
    assert_eq!(tls(json!({ "groups": [] })).0, ["spec-empty-list tls.groups"]);
    let (_, warnings) = tls(json!({ "groups": ["X25519MLKEM768", "X25519"], "session_tickets": true }));
    assert_eq!(warnings, ["tls-group-unsupported tls.groups", "tls-session-tickets tls.session_tickets"]);
    // The redirect itself goes in plain text (RFC 6797 2.3.1).
    assert_eq!(tls(json!({ "redirect_http": 308 })).1, ["redirect-without-hsts tls.redirect_http"]);
}
