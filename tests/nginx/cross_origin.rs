//! Headers for other origins, browser features and caches; headers to remove; cookies; cross-origin sharing; TLS groups.

use super::render::{full, read_back, render};
use super::{fact, policy, read, short};
use secgen::compare::{Memo, judge};
use secgen::finding::Verdict;
use secgen::policy::Policy;
use secgen::targets::Target;
use secgen::targets::nginx::Nginx;
use serde_json::{Value, json};

/// Every kind that this file is about.
pub(super) fn more(nginx: &str, openssl: &str) -> Policy {
    full(
        nginx,
        openssl,
        json!({
            "http": {
                "site": "https://app.example.com",
                "headers": {
                    "hsts": { "max_age": "365d" },
                    "permissions_policy": { "camera": [], "geolocation": ["self"], "payment": ["https://pay.example.com", "self"] },
                    "coop": "same-origin", "coep": "require-corp", "corp": "same-site", "cache": "private", "remove": ["Server", "X-Powered-By", "Via"],
                },
                "cookies": {
                    "session": { "name": "__Host-session", "secure": true, "http_only": true, "same_site": "lax" },
                    "theme": { "name": "theme", "same_site": "strict" },
                },
                "cors": {
                    "api": {
                        "match": { "prefix": "/api/" }, "origins": ["https://app.example.com", "https://a-very-long-name.of-a-partner.example.com:8443"],
                        "credentials": true, "methods": ["GET", "PUT"], "headers": ["X-Token", "content-type"], "max_age": "10m",
                    },
                    "pub-lic_1": { "match": { "prefix": "/public/" }, "origins": ["*"] },
                    "pub_lic-1": { "match": { "prefix": "/other/" }, "origins": ["https://b.example"] },
                },
            },
            "tls": { "min_version": "TLSv1.3", "groups": ["X25519MLKEM768", "X25519"], "session_tickets": true, "redirect_http": 308 },
            "scopes": { "account": { "match": { "prefix": "/account/" }, "http": { "headers": { "cache": "no-store", "remove": ["Server"] } } } },
        }),
    )
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
}

fn file(policy: &Policy, name: &str) -> (secgen::targets::Artifact, String) {
    render(policy).into_iter().find(|(a, _)| a.path == format!("snippets/{name}")).unwrap()
}

#[test]
fn header_fields_and_removed_headers_are_one_file() {
    let policy = more("1.26.0", "3.5");
    let (artifact, text) = file(&policy, "security-headers.conf");
    assert_eq!(
        lines(&text),
        [
            r#"add_header Strict-Transport-Security "max-age=31536000" always;"#,
            r#"add_header Permissions-Policy "camera=(), geolocation=(self), payment=(self \"https://pay.example.com\")" always;"#,
            r#"add_header Cross-Origin-Opener-Policy "same-origin" always;"#,
            r#"add_header Cross-Origin-Embedder-Policy "require-corp" always;"#,
            r#"add_header Cross-Origin-Resource-Policy "same-site" always;"#,
            r#"add_header Cache-Control "private" always;"#,
            "server_tokens off;",
            "proxy_hide_header via;",
            "proxy_hide_header x-powered-by;",
            "proxy_hide_header Strict-Transport-Security;",
            "proxy_hide_header Permissions-Policy;",
            "proxy_hide_header Cross-Origin-Opener-Policy;",
            "proxy_hide_header Cross-Origin-Embedder-Policy;",
            "proxy_hide_header Cross-Origin-Resource-Policy;",
            "proxy_hide_header Cache-Control;",
        ]
    );
    let (_, scope) = file(&policy, "security-headers.account.conf");
    assert!(scope.contains("add_header Cache-Control \"no-store\" always;") && !scope.contains("x-powered-by"), "{scope}");
    assert!(
        artifact.expected.contains(&("http.headers.remove".to_owned(), "server_tokens off; proxy_hide_header via; proxy_hide_header x-powered-by".to_owned()))
    );
    // An edit of what is removed is told under its key.
    for (from, to) in [("server_tokens off", "server_tokens on"), ("proxy_hide_header via;\n", "")] {
        let facts = read_back(&policy, &artifact, &text.replace(from, to));
        let removed = facts.iter().find(|(key, _)| key == "http.headers.remove").unwrap();
        assert!(!artifact.expected.contains(removed), "{removed:?}");
    }
    // Nothing but what is removed is still a file.
    let only = policy_of(json!({ "headers": { "remove": ["X-Powered-By"] } }));
    assert_eq!(lines(&file(&only, "security-headers.conf").1), ["proxy_hide_header x-powered-by;"]);
}

fn policy_of(http: Value) -> Policy {
    policy(json!({ "http": http }))
}

#[test]
fn cookies_get_their_flags() {
    let (artifact, text) = file(&more("1.19.3", "3.0"), "cookies.conf");
    assert_eq!(lines(&text), ["proxy_cookie_flags __Host-session secure httponly samesite=lax;", "proxy_cookie_flags theme samesite=strict;"]);
    assert_eq!(artifact.expected[0], ("http.cookies.session".to_owned(), "__Host-session secure httponly samesite=lax".to_owned()));
    let refused = Nginx.artifacts(&more("1.19.2", "3.0")).unwrap_err();
    assert!(refused[0].message.contains("needs nginx 1.19.3 or later"), "{}", refused[0].message);
}

#[test]
fn other_origins_are_let_in_by_name() {
    let policy = more("1.26.0", "3.0");
    let (artifact, text) = file(&policy, "cors-origins.conf");
    assert_eq!(
        lines(&text),
        [
            "map $http_origin $secgen_cors_api {",
            "default \"\";",
            r#""~^https://a-very-long-name\.of-a-partner\.example\.com:8443$" $http_origin;"#,
            "https://app.example.com $http_origin;",
            "}",
            "map $http_origin $secgen_cors_pub_ulic_d1 {",
            "default \"\";",
            "https://b.example $http_origin;",
            "}",
        ]
    );
    let edited = read_back(&policy, &artifact, &text.replace("https://app.example.com", "https://evil.example"));
    assert!(edited[0].0 == "http.cors.api.origins" && edited[0].1.contains("evil") && edited[1] == artifact.expected[1], "{edited:?}");
    let (artifact, text) = file(&policy, "cors.api.conf");
    assert_eq!(
        lines(&text)[..6],
        [
            "add_header Access-Control-Allow-Origin $secgen_cors_api always;",
            "add_header Vary \"Origin\" always;",
            "add_header Access-Control-Allow-Credentials \"true\" always;",
            "add_header Access-Control-Allow-Methods \"GET, PUT\" always;",
            "add_header Access-Control-Allow-Headers \"content-type, x-token\" always;",
            "add_header Access-Control-Max-Age \"600\" always;",
        ]
    );
    assert_eq!(artifact.expected[0].0, "http.cors.api");
    for added in ["add_header Access-Control-Allow-Origin * always;", "add_header X-Other 1;"] {
        assert_ne!(read_back(&policy, &artifact, &format!("{text}{added}\n")), artifact.expected, "{added}");
    }
    let (_, public) = file(&policy, "cors.pub-lic_1.conf");
    assert_eq!(lines(&public)[0], "add_header Access-Control-Allow-Origin \"*\" always;");
    assert!(!public.contains("Vary"), "{public}");
}

#[test]
fn tls_groups_and_tickets_are_those_of_the_spec() {
    let tls = |openssl: &str| lines(&file(&more("1.26.0", openssl), "tls.conf").1).join("\n");
    assert!(tls("3.5").contains("ssl_ecdh_curve X25519MLKEM768:X25519;\n") && tls("3.5").contains("ssl_session_tickets on;"), "{}", tls("3.5"));
    // An older OpenSSL would stop nginx.
    assert!(tls("3.0").contains("ssl_ecdh_curve X25519;\n"), "{}", tls("3.0"));
    let (artifact, _) = file(&more("1.26.0", "3.5"), "tls.conf");
    for key in ["tls.groups", "tls.session_tickets"] {
        assert!(artifact.expected.iter().any(|(k, _)| k == key), "{key}: {:?}", artifact.expected);
    }
    let only_new = full("1.26.0", "3.0", json!({ "tls": { "groups": ["X25519MLKEM768"] } }));
    assert!(Nginx.artifacts(&only_new).unwrap_err()[0].message.contains("names no group that OpenSSL 3.0 knows"));
    // Without a version of TLS in the spec, none is written.
    let groups_only = full("1.26.0", "3.0", json!({ "tls": { "groups": ["secp384r1"] } }));
    assert_eq!(lines(&file(&groups_only, "tls.conf").1)[0], "ssl_ecdh_curve secp384r1;");
}

#[test]
fn places_are_judged_by_the_order_of_each_header() {
    let policy = policy(json!({
        "http": { "site": "https://app.example.com", "headers": {
            "permissions_policy": { "camera": [], "geolocation": ["self"] }, "coop": "same-origin", "coep": "credentialless", "corp": "same-site", "cache": "private" } },
    }));
    let all = "add_header Permissions-Policy \"geolocation=(), camera=()\" always; add_header Cross-Origin-Opener-Policy 'same-origin; report-to=\"x\"' always; \
               add_header Cross-Origin-Embedder-Policy require-corp always; add_header Cross-Origin-Resource-Policy same-origin always;";
    let (_, reading) = read(
        &policy,
        &format!(
            "http {{ server {{ listen 80; {all} add_header Cache-Control \"private, max-age=60\" always;
                location /twice/ {{ {all} {all} }}
                location /loose/ {{ add_header Permissions-Policy \"camera=(self), geolocation=(\\\"https://app.example.com\\\")\" always;
                    add_header Cross-Origin-Opener-Policy same-origin-allow-popups always; add_header Cross-Origin-Embedder-Policy Require-Corp always;
                    add_header Cross-Origin-Resource-Policy cross-origin always; add_header Cache-Control \"public, max-age=60\" always; }}
            }} }}"
        ),
    );
    let verdict = |field: &str, place: &str| {
        let key = format!("http.headers.{field}");
        let fact = fact(&reading, &key, place);
        let (check, _) = judge(&policy, "nginx", policy.intent(&key).unwrap(), fact, &mut Memo::default());
        (check.verdict, if check.why.is_empty() { short(&fact.found) } else { check.why })
    };
    let server = "server (no name) on *:80";
    let (twice, loose) = (format!("{server} > location /twice/"), format!("{server} > location /loose/"));
    let expected = [
        ("permissions_policy", Verdict::Stricter, Verdict::Stricter, Verdict::Weaker, "camera: self is not covered by the required ()"),
        ("coop", Verdict::Equivalent, Verdict::Absent, Verdict::Weaker, "keeps a handle on the windows"),
        ("coep", Verdict::Stricter, Verdict::Absent, Verdict::Absent, "letter case counts"),
        ("corp", Verdict::Stricter, Verdict::Absent, Verdict::Weaker, "pages of every site may load it"),
        ("cache", Verdict::Stricter, Verdict::Absent, Verdict::Incomparable, "a shared cache may use it for 60 s"),
    ];
    for (field, good, at_twice, bad, why) in expected {
        assert_eq!(verdict(field, server).0, good, "{field}");
        assert_eq!(verdict(field, &twice).0, at_twice, "{field} twice");
        let (found, words) = verdict(field, &loose);
        assert_eq!(found, bad, "{field}: {words}");
        assert!(words.contains(why), "{field}: {words}");
    }
}

/// What is rendered is also judged where a server includes it, with or without rendered files.
#[test]
fn all_is_carried() {
    for out in [true, false] {
        let policy = if out { more("1.26.0", "3.5") } else { without_out() };
        let carried = Nginx.carries(&policy);
        for key in ["http.cookies.session", "http.cors.api", "tls.groups", "tls.session_tickets", "tls.redirect_http", "http.headers.remove"] {
            assert!(carried.iter().any(|k| k == key), "{key}");
        }
    }
    let rendered = more("1.26.0", "3.5");
    // Each is in an artifact under its own key, so that a report can say where.
    let keys: Vec<String> = Nginx.artifacts(&rendered).unwrap().into_iter().flat_map(|a| a.expected).map(|(key, _)| key).collect();
    for intent in &rendered.intents {
        if !intent.key.starts_with("rate_limits.") || intent.key.ends_with(".edge.burst") {
            assert!(keys.contains(&intent.key), "{}", intent.key);
        }
    }
}

fn without_out() -> Policy {
    let http = json!({ "headers": { "remove": ["Server"] }, "cookies": { "session": { "name": "a", "secure": true } },
        "cors": { "api": { "match": { "prefix": "/" }, "origins": ["https://a.example"] } } });
    policy(
        json!({ "http": http, "tls": { "groups": ["X25519"], "session_tickets": false, "redirect_http": 301 }, "targets": { "nginx": { "check": ["nginx.conf"] } } }),
    )
}
