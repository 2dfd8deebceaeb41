//! What a response says about each intent.

use super::{judged, policy, response, verdict, verdicts};
use secgen::finding::Verdict::{self, Absent, Equal, Equivalent, Incomparable, NotApplicable, Stricter, Weaker};
use serde_json::{Value, json};

fn headers(headers: Value) -> Value {
    json!({ "headers": headers })
}

/// The rules for several lines of one header (reference notes 2.0; RFC 6797 8.1, Fetch, HTML 7.4.2.2, CSP3 2.2.2, RFC 9651 4.2).
#[test]
fn several_lines_of_one_header() {
    let hsts = "strict-transport-security: max-age=31536000";
    let hsts_short = "strict-transport-security: max-age=60";
    let mut wrong = Vec::new();
    for (field, value, lines, want) in [
        ("hsts", json!({ "max_age": "365d" }), vec![hsts, hsts_short], Equivalent),
        ("hsts", json!({ "max_age": "365d" }), vec![hsts_short, hsts], Weaker),
        ("hsts", json!({ "max_age": "365d" }), vec!["strict-transport-security: max-age=0"], Weaker),
        ("hsts", json!({ "max_age": "365d" }), vec!["strict-transport-security: max-age=x"], Absent),
        ("hsts", json!({ "max_age": "365d" }), vec![], Absent),
        ("content_type_options", json!("nosniff"), vec!["x-content-type-options: nosniff", "x-content-type-options: foo"], Equivalent),
        ("content_type_options", json!("nosniff"), vec!["x-content-type-options: foo", "x-content-type-options: nosniff"], Absent),
        ("framing", json!("sameorigin"), vec!["x-frame-options: SAMEORIGIN", "x-frame-options: sameorigin"], Equivalent),
        ("framing", json!("sameorigin"), vec!["x-frame-options: SAMEORIGIN", "x-frame-options: DENY"], Stricter),
        ("framing", json!("sameorigin"), vec!["x-frame-options: ALLOW-FROM https://a.example"], Weaker),
        ("framing", json!("sameorigin"), vec!["content-security-policy: frame-ancestors 'none'"], Stricter),
        ("framing", json!("sameorigin"), vec!["x-frame-options: DENY", "content-security-policy: frame-ancestors https://a.example"], Incomparable),
        ("framing", json!("sameorigin"), vec!["content-security-policy-report-only: frame-ancestors 'none'"], Absent),
        ("framing", json!("sameorigin"), vec!["content-security-policy: default-src 'none'"], Absent),
        ("referrer_policy", json!("no-referrer"), vec!["referrer-policy: unsafe-url", "referrer-policy: no-referrer, bogus"], Equivalent),
        ("referrer_policy", json!("no-referrer"), vec!["referrer-policy: no-referrer", "referrer-policy: unsafe-url"], Weaker),
        ("referrer_policy", json!("strict-origin-when-cross-origin"), vec![], Equivalent),
        ("coop", json!("same-origin"), vec!["cross-origin-opener-policy: same-origin"], Equal),
        ("coop", json!("same-origin"), vec!["cross-origin-opener-policy: same-origin", "cross-origin-opener-policy: same-origin"], Absent),
        ("corp", json!("same-origin"), vec!["cross-origin-resource-policy: same-origin", "cross-origin-resource-policy: same-origin"], Absent),
        ("coep", json!("require-corp"), vec!["cross-origin-embedder-policy: credentialless"], Weaker),
        ("permissions_policy", json!({ "camera": [] }), vec!["permissions-policy: camera=*", "permissions-policy: camera=()"], Equivalent),
        ("permissions_policy", json!({ "camera": [] }), vec!["permissions-policy: camera=()", "permissions-policy: camera=*"], Weaker),
        ("xss_protection", json!("block"), vec![], Stricter),
        ("xss_protection", json!("off"), vec!["x-xss-protection: 1"], Weaker),
        ("cache", json!("no-store"), vec!["cache-control: private", "cache-control: no-store"], Equivalent),
        ("cache", json!("no-store"), vec!["cache-control: public"], Weaker),
        ("remove", json!(["X-Powered-By", "Server"]), vec!["server: nginx"], Equal),
        ("remove", json!(["X-Powered-By", "Server"]), vec!["server: nginx/1.26.2"], Weaker),
        ("remove", json!(["X-Powered-By", "Server"]), vec!["x-POWERED-by: PHP"], Weaker),
        ("remove", json!(["X-Powered-By", "Server"]), vec![], Equal),
    ] {
        let key = format!("http.headers.{field}");
        let found = verdict(&headers(json!({ field: value })), &key, &lines);
        if found != want {
            wrong.push(format!("{field} {lines:?}: {}", found.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policies_that_only_report_enforce_nothing() {
    let http = headers(json!({ "csp": { "directives": { "default-src": ["self"] } } }));
    let all = judged(&policy(http), &response(&["content-security-policy-report-only: default-src 'none'"]));
    let (check, finding) = &all[0];
    assert_eq!(check.verdict, Absent);
    let finding = finding.as_ref().unwrap();
    assert_eq!(finding.related[0].message, "this one only reports, and enforces nothing");
    let both = ["content-security-policy: default-src *", "content-security-policy-report-only: default-src 'none'"];
    assert_eq!(verdict(&headers(json!({ "csp": { "directives": { "default-src": ["self"] } } })), "http.headers.csp", &both), Weaker);
    // Every enforced line counts, and only those.
    let two = ["content-security-policy: default-src *", "content-security-policy: default-src 'self'"];
    assert_eq!(verdict(&headers(json!({ "csp": { "directives": { "default-src": ["self"] } } })), "http.headers.csp", &two), Equivalent);
}

#[test]
fn headers_of_documents_do_not_count_elsewhere() {
    let all = json!({ "csp": { "directives": { "default-src": ["self"] } }, "framing": "deny", "coop": "same-origin", "content_type_options": "nosniff" });
    let lines = |media: &str| [format!("content-type: {media}")];
    for (media, is_document) in [
        ("text/html", true),
        ("TEXT/HTML; charset=utf-8", true),
        ("", true),
        ("nonsense", true),
        ("image", true),
        ("text/plain", true),
        ("application/xml", true),
        ("application/pdf", true),
        ("image/svg+xml", true),
        ("image/png", false),
        ("Image/PNG ; x=y", false),
        ("text/css; charset=utf-8", false),
        ("application/json", false),
        ("application/problem+json", false),
        ("font/woff2", false),
        ("image/png, text/html", true),
    ] {
        let lines = lines(media);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let want = if is_document { Absent } else { NotApplicable };
        for field in ["csp", "framing", "coop"] {
            assert_eq!(verdict(&headers(all.clone()), &format!("http.headers.{field}"), &lines), want, "{field} with {media}");
        }
        assert_eq!(verdict(&headers(all.clone()), "http.headers.content_type_options", &lines), Absent, "{media}");
    }
    let none: Vec<&str> = Vec::new();
    assert_eq!(verdict(&headers(all.clone()), "http.headers.csp", &none), Absent, "without a type it may be a page");
    let two = ["content-type: image/png", "content-type: text/html"];
    assert_eq!(verdict(&headers(all), "http.headers.csp", &two), Absent);
}

#[test]
fn error_pages_are_judged_like_others() {
    let http = headers(json!({ "framing": "deny" }));
    assert_eq!(verdicts(&http, "http.headers.framing", "HTTP/1.1 404 Not Found\r\n\r\n"), ["response (404): absent, nothing sets it"]);
    assert_eq!(verdicts(&http, "http.headers.framing", "HTTP/1.1 500 X\r\nX-Frame-Options: DENY\r\n\r\n"), ["response (500): equivalent"]);
}

/// RFC 6797 8.1: HSTS counts over HTTPS only.
#[test]
fn schemes_and_redirects() {
    let http = headers(json!({ "hsts": { "max_age": "365d" }, "framing": "deny" }));
    let hsts = |text: &str| verdicts(&http, "http.headers.hsts", text);
    let plain = "not-applicable, browsers read it over HTTPS only, and a redirect to https:// is the answer to a request by plain HTTP";
    let sts = "strict-transport-security: max-age=31536000\r\n";
    for status in [301, 302, 303, 307, 308] {
        let text = format!("HTTP/1.1 {status} X\r\nLocation: HTTPS://a.example/\r\n\r\nHTTP/2 200\r\n{sts}\r\n");
        assert_eq!(hsts(&text), [format!("response 1 ({status}): {plain}"), "response (200): equal".to_owned()]);
    }
    // Not a redirect that browsers follow.
    let text = "HTTP/1.1 200 X\r\nLocation: https://a.example/\r\n\r\n";
    assert_eq!(hsts(text), ["response (200): absent, nothing sets it"]);
    // A redirect that sends it is judged: it may be one over HTTPS.
    let text = "HTTP/1.1 301 X\r\nLocation: https://a.example/\r\nStrict-Transport-Security: max-age=0\r\n\r\n";
    assert_eq!(hsts(text), ["response (301): weaker, max-age=0 makes browsers forget the policy"]);
    // Only the first one can be plain HTTP by this reading.
    let text = format!("HTTP/1.1 301 X\r\nLocation: https://a.example/\r\n\r\nHTTP/2 301\r\nlocation: https://b.example/\r\n\r\nHTTP/2 200\r\n{sts}\r\n");
    assert_eq!(hsts(&text), [format!("response 1 (301): {plain}"), "response 2 (301): absent, nothing sets it".to_owned(), "response (200): equal".to_owned()]);
    // Down to plain HTTP, where the header is worth nothing.
    let text = format!("HTTP/2 302\r\n{sts}location: http://a.example/\r\n\r\nHTTP/1.1 302 X\r\nLocation: /b\r\n\r\nHTTP/1.1 200 X\r\n{sts}\r\n");
    let down = "not-applicable, browsers read it over HTTPS only, and the redirect before this response leads to http://";
    assert_eq!(hsts(&text), ["response 1 (302): equal".to_owned(), format!("response 2 (302): {down}"), format!("response (200): {down}")]);
    // A relative redirect says nothing of the scheme.
    assert_eq!(
        hsts("HTTP/2 302\r\nlocation: /b\r\n\r\nHTTP/2 200\r\n\r\n"),
        ["response 1 (302): absent, nothing sets it", "response (200): absent, nothing sets it"]
    );
    // What a redirect shows, browsers do not look at.
    let framing = verdicts(&http, "http.headers.framing", "HTTP/2 302\r\nlocation: /b\r\n\r\nHTTP/2 302\r\n\r\n");
    assert_eq!(
        framing,
        ["response 1 (302): not-applicable, browsers follow the redirect, and show nothing of this response", "response (302): absent, nothing sets it"]
    );
}

/// That a response came over HTTPS is taken for granted only in the open.
#[test]
fn what_one_response_does_not_show() {
    let said = |http: Value, text: &str| super::read(&policy(http), text.as_bytes()).1.not_examined.into_iter().map(|(what, _)| what).collect::<Vec<_>>();
    let hsts = || headers(json!({ "hsts": { "max_age": "365d" } }));
    let others = "other pages, statuses and error pages";
    assert_eq!(said(hsts(), "HTTP/2 200\r\n\r\n"), ["whether <stdin> came over HTTPS", others]);
    assert_eq!(said(hsts(), "HTTP/1.1 301 X\r\nLocation: https://a.example\r\n\r\nHTTP/2 200\r\n\r\n"), [others]);
    assert_eq!(said(headers(json!({ "framing": "deny" })), "HTTP/2 200\r\n\r\n"), [others]);
    assert!(said(hsts(), "bogus").is_empty());
}

#[test]
fn cookies() {
    let http = json!({ "cookies": {
        "session": { "name": "__Host-session", "secure": true, "http_only": true, "same_site": "lax" },
        "theme": { "name": "theme", "same_site": "strict" },
    } });
    for (intent, lines, want) in [
        ("session", vec!["set-cookie: __Host-session=x; Secure; HttpOnly; Path=/; SameSite=Lax"], vec![Equivalent]),
        ("session", vec!["set-cookie: __Host-session=x; Secure; HttpOnly; Path=/; SameSite=Strict"], vec![Stricter]),
        ("session", vec!["set-cookie: __Host-session=x; Secure; Path=/; SameSite=Lax"], vec![Weaker]),
        ("session", vec!["set-cookie: __Host-session=x; HttpOnly; Path=/; SameSite=Lax"], vec![Absent]),
        ("session", vec!["set-cookie: session=x"], vec![NotApplicable]),
        ("session", vec!["set-cookie: __host-session=x"], vec![NotApplicable]),
        ("session", vec![], vec![NotApplicable]),
        ("session", vec!["set-cookie: __Host-session=; Secure; Path=/; Max-Age=0"], vec![NotApplicable]),
        ("theme", vec!["set-cookie: a=b", "Set-Cookie: theme=x; SameSite=Strict", "set-cookie: theme=y"], vec![Equal, Weaker]),
        ("theme", vec!["set-cookie: theme=x; SameSite=None"], vec![Absent]),
        ("theme", vec!["cookie: theme=x"], vec![NotApplicable]),
    ] {
        let key = format!("http.cookies.{intent}");
        let all = judged(&policy(http.clone()), &response(&lines));
        let found: Vec<Verdict> = all.iter().filter(|(c, _)| c.intent == key).map(|(c, _)| c.verdict).collect();
        assert_eq!(found, want, "{intent} {lines:?}");
    }
}

/// Scopes and cross-origin rules belong to places, and a response does not say its own.
#[test]
fn what_depends_on_the_place_is_left_out() {
    let spec = json!({
        "version": 1, "service": "x",
        "http": {
            "headers": { "framing": "deny" },
            "cors": { "api": { "match": { "prefix": "/api/" }, "origins": ["https://a.example"] } },
        },
        "scopes": { "embed": { "match": { "prefix": "/e/" }, "http": { "headers": { "framing": ["https://p.example"] } } } },
    });
    let policy = secgen::policy::Policy::from_json(spec).unwrap();
    let all = judged(&policy, &response(&["content-security-policy: frame-ancestors https://p.example"]));
    assert_eq!(all.iter().map(|(c, _)| c.intent.as_str()).collect::<Vec<_>>(), ["http.headers.framing"]);
    let help = &all[0].1.as_ref().unwrap().help;
    assert_eq!(help[1], "or, if this response belongs to the scope embed, which asks for no more: capture a page outside of it");
    let all = judged(&policy, &response(&["content-security-policy: frame-ancestors https://q.example"]));
    assert_eq!(all[0].1.as_ref().unwrap().help.len(), 1, "of no use for the scope either");
}

#[test]
fn the_lines_to_send_are_named() {
    let all = judged(&policy(headers(json!({ "framing": "deny" }))), &response(&["server: x"]));
    let finding = all[0].1.as_ref().unwrap();
    assert_eq!(finding.help, ["make the server send `X-Frame-Options: DENY` and `Content-Security-Policy: frame-ancestors 'none'`"]);
}

/// A second line of the same header is shown, too.
#[test]
fn every_line_is_shown() {
    let lines = ["cross-origin-opener-policy: same-origin", "x: y", "cross-origin-opener-policy: same-origin"];
    let wanted = policy(headers(json!({ "coop": "same-origin" })));
    let text = response(&lines);
    let (sources, reading) = super::read(&wanted, text.as_bytes());
    let fact = &reading.facts[0];
    assert_eq!(sources.place(fact.at.as_ref().unwrap().span), "<stdin>:2");
    assert_eq!(fact.related.iter().map(|l| sources.place(l.span)).collect::<Vec<_>>(), ["<stdin>:4"]);
}
