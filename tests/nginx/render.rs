//! Rendering: what the files say, that they read back equal, and that no value leaves its place.

use super::{policy, short};
use proptest::prelude::*;
use secgen::policy::Policy;
use secgen::render::{engine::Engine, header};
use secgen::source::Sources;
use secgen::targets::nginx::Nginx;
use secgen::targets::{Artifact, Found, Target};
use serde_json::{Value, json};
use std::path::Path;

/// Path and whole text of every artifact, read back and proven.
#[track_caller]
pub(super) fn render(policy: &Policy) -> Vec<(Artifact, String)> {
    let engine = Engine::new(&Nginx).unwrap();
    let artifacts = Nginx.artifacts(policy).unwrap();
    artifacts
        .into_iter()
        .map(|artifact| {
            let body = engine.body(&artifact).unwrap();
            let canonical = Nginx.canonical(artifact.kind, &body).unwrap();
            let text = header::stamp(&artifact, "secgen.yaml", None, &canonical) + &body;
            assert_eq!(Nginx.canonical(artifact.kind, &text).unwrap(), canonical, "the header is a comment");
            assert_eq!(read_back(policy, &artifact, &text), artifact.expected, "{}", artifact.path);
            (artifact, text)
        })
        .collect()
}

pub(super) fn read_back(policy: &Policy, artifact: &Artifact, text: &str) -> Vec<(String, String)> {
    let mut sources = Sources::new(Path::new("."));
    let id = sources.add(artifact.path.clone(), text);
    let facts = Nginx.read_artifact(artifact.kind, policy, &sources, id).unwrap();
    facts.into_iter().map(|f| (f.intent, if let Found::Text(text) = f.found { text } else { short(&f.found) })).collect()
}

pub(super) fn full(nginx: &str, openssl: &str, extra: Value) -> Policy {
    let mut all = json!({
        "http": { "headers": {
            "hsts": { "max_age": "365d", "include_subdomains": true }, "framing": "sameorigin", "xss_protection": "block", "content_type_options": "nosniff",
            "csp": { "directives": { "default-src": ["self"], "script-src": ["self"], "object-src": ["none"] } }, "referrer_policy": "strict-origin-when-cross-origin" } },
        "tls": { "min_version": "TLSv1.3", "profile": { "mozilla": "modern", "guideline": "6.0" } },
        "scopes": { "embed": { "match": { "prefix": "/embed/" }, "http": { "headers": { "framing": ["https://partner.example.com"] } } } },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } }, "login": { "requests": 3, "per": "1m", "match": { "exact": "/login" } } } },
        "targets": { "nginx": { "out": "snippets", "check": ["nginx.conf"], "version": nginx, "openssl": openssl } },
    });
    all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    policy(all)
}

fn directives(text: &str) -> Vec<&str> {
    text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
}

#[test]
fn files_and_what_they_say() {
    let files = render(&full("1.22.1", "3.0", json!({})));
    let paths: Vec<&str> = files.iter().map(|(a, _)| a.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "snippets/security-headers.conf",
            "snippets/security-headers.embed.conf",
            "snippets/tls.conf",
            "snippets/rate-limit-zones.conf",
            "snippets/rate-limit.api.conf",
            "snippets/rate-limit.login.conf"
        ]
    );
    assert_eq!(
        directives(&files[0].1),
        [
            r#"add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;"#,
            r#"add_header X-Frame-Options "SAMEORIGIN" always;"#,
            r#"add_header X-XSS-Protection "1; mode=block" always;"#,
            r#"add_header X-Content-Type-Options "nosniff" always;"#,
            r#"add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'self'; object-src 'none'; script-src 'self'" always;"#,
            r#"add_header Referrer-Policy "strict-origin-when-cross-origin" always;"#,
            "proxy_hide_header Strict-Transport-Security;",
            "proxy_hide_header X-Frame-Options;",
            "proxy_hide_header X-XSS-Protection;",
            "proxy_hide_header X-Content-Type-Options;",
            "proxy_hide_header Content-Security-Policy;",
            "proxy_hide_header Referrer-Policy;",
        ]
    );
    assert!(!files[1].1.contains("X-Frame-Options"), "only frame-ancestors can name origins");
    assert!(files[1].1.contains("frame-ancestors https://partner.example.com;"));
    assert_eq!(
        directives(&files[2].1),
        [
            "ssl_protocols TLSv1.3;",
            "ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;",
            "ssl_ecdh_curve X25519:prime256v1:secp384r1;",
            "ssl_prefer_server_ciphers off;",
            "ssl_session_tickets off;",
            "ssl_early_data off;",
        ]
    );
    assert_eq!(
        directives(&files[3].1),
        [
            "limit_req_zone $binary_remote_addr zone=secgen_api:10m rate=2r/m;",
            "limit_req_zone $binary_remote_addr zone=secgen_login:10m rate=3r/m;",
            "limit_req_status 429;",
        ]
    );
    assert!(files[3].1.contains("# api: the service admits 100 requests in 3600 s, nginx 2 a minute and 100 more at once."), "{}", files[3].1);
    assert_eq!(directives(&files[4].1), ["limit_req zone=secgen_api burst=100 nodelay;"]);
    for (artifact, text) in &files {
        assert!(artifact.usage.len() <= 3 && text.ends_with('\n') && !text.contains('\r') && !text.contains(" \n"), "{text}");
        assert!(text.lines().skip(2).take(artifact.usage.len()).all(|l| l.starts_with("# ")));
    }
}

#[test]
fn versions_decide_what_may_be_rendered() {
    let tls =
        |nginx: &str, openssl: &str, tls: Value| render(&full(nginx, openssl, json!({ "tls": tls }))).into_iter().find(|(a, _)| a.kind == "tls").unwrap().1;
    let intermediate = json!({ "profile": { "mozilla": "intermediate", "guideline": "6.0" } });
    let old = tls("1.18", "1.1.1", intermediate.clone());
    assert!(!old.contains("ssl_conf_command") && old.contains("ssl_protocols TLSv1.2 TLSv1.3;"), "{old}");
    assert!(old.contains("ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:") && !old.contains("MLKEM"));
    let new = tls("1.29", "3.5", intermediate);
    assert!(new.contains("ssl_conf_command Ciphersuites ") && new.contains("ssl_ecdh_curve X25519MLKEM768:X25519:"), "{new}");
    let min_only = tls("1.29", "3.5", json!({ "min_version": "TLSv1.2" }));
    assert!(!min_only.contains("ssl_ciphers") && !min_only.contains("ssl_ecdh_curve"), "{min_only}");
    let below = tls("1.29", "3.5", json!({ "min_version": "TLSv1.2", "profile": { "mozilla": "modern", "guideline": "6.0" } }));
    assert!(below.contains("ssl_protocols TLSv1.3;"), "the stricter of both: {below}");
}

#[test]
fn nothing_without_out_and_the_same_bytes_each_time() {
    let silent = policy(json!({ "targets": { "nginx": { "check": ["nginx.conf"] } } }));
    assert!(Nginx.artifacts(&silent).unwrap().is_empty());
    let texts = |p: &Policy| render(p).into_iter().map(|(_, t)| t).collect::<Vec<_>>();
    let policy = full("1.22.1", "3.0", json!({}));
    assert_eq!(texts(&policy), texts(&policy));
}

#[test]
fn layout_is_no_edit_and_a_value_is() {
    let (artifact, text) = render(&full("1.22.1", "3.0", json!({}))).remove(0);
    let canonical = |t: &str| Nginx.canonical(artifact.kind, t);
    let laid_out = text
        .replace('\n', "\r\n")
        .replace("\r\nadd_header ", "\r\n# note\r\n  add_header\t")
        .replace("\"nosniff\"", "nosniff")
        .replace("\"SAMEORIGIN\"", "'SAMEORIGIN'");
    assert_eq!(canonical(&laid_out), canonical(&text));
    assert_ne!(canonical(&text.replace("nosniff", "nosnif")), canonical(&text));
    assert_ne!(canonical(&text.replace("\"nosniff\" always", "\"nosniff always\"")), canonical(&text));
    assert_eq!(canonical("add_header X"), None);
}

#[test]
fn an_edit_is_read_by_value() {
    let policy = full("1.22.1", "3.0", json!({}));
    let (artifact, text) = render(&policy).remove(0);
    let edited =
        text.replace("max-age=31536000", "max-age=300").replace("\"nosniff\" always", "\"nosniff\"").replace("add_header X-Frame", "# add_header X-Frame");
    let facts = read_back(&policy, &artifact, &edited);
    let of = |key: &str| facts.iter().find(|(k, _)| k == key).map(|(_, t)| t.clone()).unwrap();
    assert_eq!(of("http.headers.hsts"), r#"Strict-Transport-Security "max-age=300; includeSubDomains" always"#);
    assert!(of("http.headers.content_type_options").starts_with("invalid X-Content-Type-Options nosniff"));
    assert!(of("http.headers.framing").starts_with("Content-Security-Policy "));
    for added in ["add_header X-Evil 1;", "include other.conf;", "more_set_headers \"X-Frame-Options: ALLOWALL\";", "add_header X-Content-Type-Options \"\";"] {
        assert_ne!(read_back(&policy, &artifact, &format!("{text}{added}\n")), artifact.expected, "{added}");
    }
    // A key stands once, so that a report can say which value was edited.
    for (artifact, _) in render(&policy) {
        let keys: std::collections::BTreeSet<&String> = artifact.expected.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), artifact.expected.len(), "{}", artifact.path);
    }
}

/// Hostile texts where a source of the policy stands: the schema would refuse them, and this target does not rely on it.
pub(super) const HOSTILE: [&str; 24] = [
    "\"; add_header X-Evil 1; #",
    "'; add_header X-Evil 1; #",
    "\\",
    "\\\"",
    "a\\\"; add_header X-Evil 1; add_header Y \"",
    "$host",
    "${host}",
    "a$",
    "a\nX-Evil: 1",
    "a\r\nX-Evil: 1",
    "a\0b",
    "}",
    "{",
    "#",
    ";",
    "{{ 7*7 }}",
    "{% raw %}",
    "\u{2028}",
    "caf\u{e9}",
    "\u{1b}[31m",
    "\\n",
    "\\t",
    " a",
    "'\"`",
];

/// A policy with a text that the schema would not let through.
pub(super) fn hostile(text: &str) -> Policy {
    full(
        "1.22.1",
        "3.0",
        json!({ "http": { "headers": { "content_type_options": "nosniff", "csp": { "directives": { "default-src": ["self"], "img-src": [text] } } } } }),
    )
}

#[test]
fn hostile_values_are_refused_or_come_back_equal() {
    for text in HOSTILE {
        let policy = hostile(text);
        match Nginx.artifacts(&policy) {
            Err(findings) => {
                assert!(findings.iter().all(|f| f.rule.name == "nginx-value" && f.intent.as_deref().is_some_and(|i| i.ends_with(".csp"))), "{text:?}");
            }
            Ok(_) => assert!(render(&policy).iter().all(|(_, t)| !directives(t).iter().any(|l| l.starts_with("add_header X-Evil"))), "{text:?}"),
        }
    }
}

#[test]
fn a_policy_that_is_too_long_for_nginx_is_refused() {
    let hosts: Vec<String> = (0..300).map(|i| format!("https://host{i}.example.com")).collect();
    let policy = full("1.22.1", "3.0", json!({ "http": { "headers": { "csp": { "directives": { "img-src": hosts } } } } }));
    let findings = Nginx.artifacts(&policy).unwrap_err();
    assert!(findings[0].message.contains("nginx reads 4096 at most"), "{}", findings[0].message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_text_is_refused_or_comes_back_equal(text in "\\PC{1,20}|[ -~]{1,30}") {
        let policy = hostile(&text);
        if Nginx.artifacts(&policy).is_ok() {
            render(&policy);
        }
    }
}

/// The line that a file says to write is the one that finds it: by the server's path, or from the main file's folder,
/// as nginx resolves it (reference vector N01).
#[test]
fn a_file_says_the_include_that_finds_it() {
    let usage = |nginx: serde_json::Value| {
        let policy = policy(json!({ "tls": { "min_version": "TLSv1.3" }, "targets": { "nginx": nginx } }));
        let (_, text) = render(&policy).into_iter().find(|(artifact, _)| artifact.kind == "tls").unwrap();
        text.lines().find_map(|line| line.split_once("in them: ").map(|(_, include)| include.to_owned())).unwrap()
    };
    assert_eq!(usage(json!({ "out": "deploy/nginx/secgen", "map": { "/etc/nginx": "deploy/nginx" } })), "include /etc/nginx/secgen/tls.conf;");
    assert_eq!(usage(json!({ "out": "deploy/nginx/secgen", "check": ["deploy/nginx/nginx.conf"] })), "include secgen/tls.conf;");
    assert_eq!(usage(json!({ "out": "deploy/nginx/secgen" })), "include deploy/nginx/secgen/tls.conf;");
}
