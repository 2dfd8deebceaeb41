//! TLS: the vectors T01 to T29, as far as a file can say.

use super::{fact, messages, policy, read, short};
use secgen::finding::Cause;
use secgen::policy::Policy;
use secgen::targets::{Found, Reading};
use serde_json::{Value, json};

fn with_version(version: Value) -> Policy {
    let mut nginx = json!({ "check": ["nginx.conf"] });
    if !version.is_null() {
        nginx["version"] = version;
    }
    policy(json!({ "tls": { "min_version": "TLSv1.3", "profile": { "mozilla": "modern", "guideline": "6.0" } }, "targets": { "nginx": nginx }, "http": {} }))
}

fn reading(version: Value, http: &str) -> Reading {
    read(&with_version(version), &format!("events {{}} http {{ {http} }}")).1
}

fn versions(reading: &Reading, place: &str) -> String {
    short(&fact(reading, "tls.min_version", place).found)
}

const TWO: &str = "server { listen 443 ssl default_server; server_name a.test; ssl_protocols TLSv1.2; } server { listen 443 ssl; server_name b.test; ssl_protocols TLSv1.3; }";

#[test]
fn t01_t02_who_decides_depends_on_the_version() {
    let old = reading(json!("1.22.1"), TWO);
    assert_eq!(versions(&old, "server a.test"), "TLSv1.2");
    let b = old.facts.iter().find(|f| f.intent == "tls.min_version" && f.place.starts_with("server b.test")).unwrap();
    assert_eq!((short(&b.found).as_str(), b.cause, b.rule.name), ("TLSv1.2", Cause::Shadowed, "tls-default-server-decides"));
    let new = reading(json!("1.29.2"), TWO);
    assert_eq!(versions(&new, "server b.test"), "TLSv1.3");
    let any = reading(Value::Null, TWO);
    assert_eq!(versions(&any, "server b.test, server a.test deciding"), "TLSv1.2");
    assert_eq!(versions(&any, "server b.test, itself deciding"), "TLSv1.3");
}

#[test]
fn t03_defaults_by_version() {
    let none = "server { listen 443 ssl; server_name a.test; }";
    for (version, default) in [
        (json!("1.18"), "TLSv1 TLSv1.1 TLSv1.2"),
        (json!("1.23.3"), "TLSv1 TLSv1.1 TLSv1.2"),
        (json!("1.23.4"), "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        (json!("1.27.2"), "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        (json!("1.27.3"), "TLSv1.2 TLSv1.3"),
        (Value::Null, "TLSv1 TLSv1.1 TLSv1.2"),
    ] {
        let reading = reading(version, none);
        assert_eq!(versions(&reading, "server a.test"), format!("default {default}"));
        assert_eq!(fact(&reading, "tls.min_version", "server a.test").rule.name, "tls-protocols-default");
    }
}

#[test]
fn t04_t05_levels() {
    let same = "server { listen 443 ssl; server_name a.test; ssl_protocols TLSv1.2; ssl_protocols TLSv1.3; }";
    assert_eq!(versions(&reading(json!("1.22"), same), "server a.test"), "TLSv1.2 TLSv1.3");
    let over = "ssl_protocols TLSv1.3; server { listen 443 ssl; server_name a.test; ssl_protocols TLSv1.2; } server { listen 444 ssl; server_name b.test; }";
    let reading = reading(json!("1.22"), over);
    assert_eq!(versions(&reading, "server a.test"), "TLSv1.2");
    assert_eq!(versions(&reading, "server b.test"), "TLSv1.3");
}

#[test]
fn t06_t29_ssl_conf_command_overrides() {
    let spoken = |commands: &str| {
        let http = format!("server {{ listen 443 ssl; server_name a.test; {commands} }}");
        let reading = reading(json!("1.22"), &http);
        match &fact(&reading, "tls.min_version", "server a.test").found {
            Found::Set { value, .. } => value.to_string(),
            other => short(other),
        }
    };
    assert_eq!(spoken("ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command MinProtocol TLSv1.3;"), "TLSv1.3", "T06");
    assert_eq!(spoken("ssl_protocols TLSv1.3; ssl_conf_command Protocol \"ALL,-TLSv1.3\";"), "SSLv3 TLSv1 TLSv1.1 TLSv1.2", "T06c");
    assert_eq!(spoken("ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command MinProtocol TLSv1;"), "TLSv1.2 TLSv1.3", "T29");
    assert_eq!(spoken("ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command MaxProtocol TLSv1.2;"), "TLSv1.2");
    assert_eq!(spoken("ssl_protocols TLSv1.2; ssl_conf_command Options -SessionTicket;"), "TLSv1.2", "T29c");
    assert!(spoken("ssl_protocols TLSv1.3; ssl_conf_command Protocol Nonsense;").starts_with("unverifiable"));
    // T06b: a command of its own drops those of the level above.
    let http = "ssl_conf_command MinProtocol TLSv1.3; ssl_protocols TLSv1.2 TLSv1.3; server { listen 443 ssl; server_name a.test; ssl_conf_command Options PrioritizeChaCha; }";
    assert_eq!(versions(&reading(json!("1.22"), http), "server a.test"), "TLSv1.2 TLSv1.3");
}

#[test]
fn t25_bounds_of_the_default_server_hold_for_all() {
    let http = "ssl_protocols TLSv1.2 TLSv1.3; server { listen 443 ssl default_server; server_name a.test; ssl_conf_command MinProtocol TLSv1.3; } server { listen 443 ssl; server_name b.test; }";
    for version in ["1.22.1", "1.31.3"] {
        let reading = reading(json!(version), http);
        let b = reading.facts.iter().find(|f| f.intent == "tls.min_version" && f.place.starts_with("server b.test")).unwrap();
        assert!(matches!(&b.found, Found::Set { value, .. } if value.to_string() == "TLSv1.3"), "{version}: {:?}", b.found);
    }
}

#[test]
fn t14_t16_t20_t22_sockets() {
    let (_, on) = (0, reading(json!("1.22"), "ssl on; server { listen 443; server_name a.test; ssl_protocols TLSv1; }"));
    assert_eq!(versions(&on, "server a.test"), "TLSv1", "T14");
    let gone = reading(json!("1.25.1"), "server { listen 443; server_name a.test; ssl on; }");
    assert!(messages(&gone)[0].contains("no ssl directive"));
    let shared = reading(json!("1.31"), "server { listen 443 ssl; server_name a.test; } server { listen 443; server_name b.test; ssl_protocols TLSv1; }");
    assert_eq!(versions(&shared, "server b.test"), "TLSv1", "T16");
    let unknown = reading(json!("1.22"), "server { listen 443 ssl; server_name a.test; ssl_protocols TLSv1.4; }");
    assert!(versions(&unknown, "server a.test").starts_with("unverifiable"), "T20");
    let twice = reading(json!("1.22"), "server { listen 443 ssl default_server; } server { listen *:443 default_server; }");
    assert!(messages(&twice)[0].contains("second default server"), "T22");
    let quic = reading(json!("1.26"), "server { listen 443 quic; server_name a.test; ssl_protocols TLSv1.3; }");
    assert_eq!(versions(&quic, "server a.test"), "TLSv1.3");
}

#[test]
fn plain_servers_and_refused_handshakes_do_not_count() {
    let reading = reading(
        json!("1.22"),
        "server { listen 80; server_name a.test; ssl_protocols TLSv1; } server { listen 443 ssl; server_name b.test; ssl_reject_handshake on; }",
    );
    assert!(versions(&reading, "server a.test").starts_with("not applicable"));
    assert!(versions(&reading, "server b.test").starts_with("not applicable"));
}

#[test]
fn t28_stream_servers_count() {
    let text = "events {} stream { ssl_protocols TLSv1.2; server { listen 8443 ssl; } }";
    let (_, reading) = read(&with_version(json!("1.26")), text);
    assert_eq!(versions(&reading, "stream > server (no name) on *:8443"), "TLSv1.2");
}

#[test]
fn suites_of_both_kinds() {
    let suites = |lines: &str| {
        let reading = reading(json!("1.22"), &format!("server {{ listen 443 ssl; server_name a.test; {lines} }}"));
        match &fact(&reading, "tls.profile", "server a.test").found {
            Found::Set { value, .. } | Found::Default { value, .. } => value.to_string(),
            other => short(other),
        }
    };
    let three = "TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256";
    assert_eq!(suites("ssl_protocols TLSv1.3;"), three);
    assert_eq!(suites("ssl_protocols TLSv1.3; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;"), three, "T08: ssl_ciphers says nothing of TLS 1.3");
    let both = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";
    assert_eq!(suites(both), format!("ECDHE-RSA-AES128-GCM-SHA256, {three}"));
    let command = "ssl_protocols TLSv1.2; ssl_conf_command CipherString ECDHE-RSA-AES256-GCM-SHA384; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";
    assert_eq!(suites(command), "ECDHE-RSA-AES256-GCM-SHA384", "T06d");
    assert_eq!(suites("ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256;"), "TLS_CHACHA20_POLY1305_SHA256");
    assert!(suites("ssl_protocols TLSv1.2;").contains("AES128-SHA"), "the default allows CBC");
    assert!(suites("ssl_protocols TLSv1.2; ssl_ciphers PROFILE=SYSTEM;").starts_with("unverifiable"));
    assert!(suites("ssl_protocols TLSv1.2; ssl_ciphers NOPE;").starts_with("unverifiable"), "T20b: nginx refuses");
    assert!(suites("ssl_protocols TLSv1.2; ssl_ciphers HIGH; ssl_ciphers LOW;").starts_with("unverifiable"), "T04c");
}
