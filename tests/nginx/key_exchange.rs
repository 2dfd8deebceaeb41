//! Groups of the key exchange and session tickets: the vectors T10, T11, T11b and T29c, and OpenSSL's own lists.

use super::judge;
use super::{fact, policy, read, short};
use secgen::finding::{Cause, Verdict};
use secgen::policy::Policy;
use secgen::targets::{Found, Reading};
use serde_json::{Value, json};

fn the_policy(nginx: Value, openssl: Value) -> Policy {
    let mut target = json!({ "check": ["nginx.conf"] });
    for (key, version) in [("version", nginx), ("openssl", openssl)] {
        if !version.is_null() {
            target[key] = version;
        }
    }
    policy(json!({ "tls": { "groups": ["X25519MLKEM768", "X25519"], "session_tickets": false }, "targets": { "nginx": target }, "http": {} }))
}

fn reading(policy: &Policy, http: &str) -> Reading {
    read(policy, &format!("events {{}} http {{ {http} }}")).1
}

fn verdict(policy: &Policy, reading: &Reading, key: &str, place: &str) -> Verdict {
    judge(policy, "nginx", policy.intent(key).unwrap(), fact(reading, key, place)).0.verdict
}

#[test]
fn t10_the_default_server_decides_about_groups_in_every_version() {
    let http = "server { listen 443 ssl default_server; server_name a.test; ssl_ecdh_curve secp384r1; } server { listen 443 ssl; server_name b.test; ssl_ecdh_curve X25519; }";
    for version in ["1.22.1", "1.31.3"] {
        let policy = the_policy(json!(version), json!("3.0"));
        let reading = reading(&policy, http);
        for place in ["server a.test", "server b.test"] {
            let fact = fact(&reading, "tls.groups", place);
            assert_eq!((short(&fact.found).as_str(), fact.rule.name), ("secp384r1", "tls-groups"), "{version} {place}");
            assert_eq!(verdict(&policy, &reading, "tls.groups", place), Verdict::Incomparable);
        }
        let b = fact(&reading, "tls.groups", "server b.test");
        assert!(b.at.as_ref().unwrap().message.starts_with("server a.test is the default server of *:443"), "{b:?}");
        assert_eq!(b.related.len(), 1, "{b:?}");
    }
}

#[test]
fn one_socket_after_another_decides() {
    let http = "server { listen 443 ssl; server_name a; ssl_ecdh_curve secp384r1; } server { listen 8443 ssl; server_name b; ssl_ecdh_curve X25519; } \
                server { listen 443 ssl; listen 8443 ssl; server_name c; }";
    let policy = the_policy(json!("1.26"), json!("3.0"));
    let reading = reading(&policy, http);
    assert_eq!(short(&fact(&reading, "tls.groups", "server c, server a deciding").found), "secp384r1");
    assert_eq!(short(&fact(&reading, "tls.groups", "server c, server b deciding").found), "X25519");
}

#[test]
fn groups_of_ssl_conf_command_come_after_the_directive() {
    let at = |lines: &str| {
        let policy = the_policy(json!("1.26"), json!("3.5"));
        let reading = reading(&policy, &format!("server {{ listen 443 ssl; server_name a; {lines} }}"));
        short(&fact(&reading, "tls.groups", "server a").found)
    };
    assert_eq!(at("ssl_ecdh_curve X25519; ssl_conf_command Groups P-256;"), "P-256");
    assert_eq!(at("ssl_ecdh_curve X25519; ssl_conf_command Curves P-384:X25519;"), "P-384:X25519");
    assert!(at("ssl_ecdh_curve X25519:;").starts_with("unverifiable: of the groups"));
    assert!(at("ssl_conf_command Groups DEFAULT;").starts_with("unverifiable"));
    assert!(at("include /etc/nginx/tls.conf;").starts_with("unverifiable"));
}

#[test]
fn without_a_line_openssl_decides_by_its_version() {
    let http = "server { listen 443 ssl; server_name a; }";
    let five = "X25519:X448:prime256v1:secp384r1:secp521r1";
    for (openssl, expected) in [
        ("1.1.1", format!("default {five}")),
        ("3.0", "default X25519:X448:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192:prime256v1:secp384r1:secp521r1".to_owned()),
        ("3.5", "default X25519:X25519MLKEM768:X448:ffdhe2048:ffdhe3072:prime256v1:secp384r1:secp521r1".to_owned()),
    ] {
        let policy = the_policy(json!("1.26"), json!(openssl));
        let reading = reading(&policy, http);
        let fact = fact(&reading, "tls.groups", "server a");
        assert_eq!((short(&fact.found), fact.cause), (expected, Cause::Missing), "{openssl}");
        // One cause for all servers of the block.
        assert!(fact.group.is_some() && fact.help[0].contains("ssl_ecdh_curve"), "{fact:?}");
        assert_eq!(verdict(&policy, &reading, "tls.groups", "server a"), if openssl == "3.5" { Verdict::Absent } else { Verdict::Incomparable });
    }
    // As a word, `auto` is the same list.
    let policy = the_policy(json!("1.26"), json!("1.1.1"));
    let auto = reading(&policy, "ssl_ecdh_curve auto; server { listen 443 ssl; server_name a; }");
    let auto = fact(&auto, "tls.groups", "server a");
    assert!(matches!(&auto.found, Found::Set { value, text } if text == "auto" && value.to_string() == five), "{auto:?}");
    let policy = the_policy(json!("1.26"), Value::Null);
    let unknown = reading(&policy, http);
    assert!(short(&fact(&unknown, "tls.groups", "server a").found).contains("targets.nginx.openssl names none"));
}

#[test]
fn t11_tickets_by_version() {
    let t11 = "server { listen 443 ssl default_server; server_name a.test; ssl_session_tickets off; } server { listen 443 ssl; server_name b.test; ssl_session_tickets on; }";
    let t11b = "server { listen 443 ssl default_server; server_name a.test; } server { listen 443 ssl; server_name b.test; ssl_session_tickets off; }";
    for (version, b) in [(json!("1.22.1"), "off"), (json!("1.31.3"), "on"), (Value::Null, "on")] {
        let policy = the_policy(version.clone(), Value::Null);
        let reading = reading(&policy, t11);
        assert_eq!(short(&fact(&reading, "tls.session_tickets", "server a.test").found), "off");
        assert_eq!(short(&fact(&reading, "tls.session_tickets", "server b.test").found), b, "{version}");
        let wanted = if b == "on" { Verdict::Weaker } else { Verdict::Equal };
        assert_eq!(verdict(&policy, &reading, "tls.session_tickets", "server b.test"), wanted);
        let reading = self::reading(&policy, t11b);
        let a = fact(&reading, "tls.session_tickets", "server a.test");
        assert_eq!((short(&a.found).as_str(), a.rule.name, a.group.is_some()), ("default on", "tls-tickets-on", true), "{version}");
        assert_eq!(short(&fact(&reading, "tls.session_tickets", "server b.test").found), "off", "{version}");
    }
}

#[test]
fn t29c_options_come_after_the_directive() {
    let at = |lines: &str| {
        let policy = the_policy(json!("1.26"), Value::Null);
        let reading = reading(&policy, &format!("server {{ listen 443 ssl; server_name a; {lines} }}"));
        short(&fact(&reading, "tls.session_tickets", "server a").found)
    };
    assert_eq!(at("ssl_conf_command Options -SessionTicket;"), "off");
    assert_eq!(at("ssl_session_tickets off; ssl_conf_command Options PrioritizeChaCha,SessionTicket;"), "on");
    assert_eq!(at("ssl_session_tickets off; ssl_conf_command Options PrioritizeChaCha;"), "off");
    assert!(at("ssl_session_tickets maybe;").starts_with("unverifiable"));
}

#[test]
fn stream_and_mail_count_and_plain_servers_do_not() {
    let policy = the_policy(json!("1.26"), json!("3.0"));
    let text = "events {} stream { ssl_ecdh_curve X25519; ssl_session_tickets off; server { listen 8443 ssl; } server { listen 8080; } } \
                mail { server { listen 993 ssl; protocol imap; } }";
    let (_, reading) = read(&policy, text);
    assert_eq!(short(&fact(&reading, "tls.groups", "stream > server (no name) on *:8443").found), "X25519");
    assert_eq!(short(&fact(&reading, "tls.session_tickets", "stream > server (no name) on *:8443").found), "off");
    assert_eq!(short(&fact(&reading, "tls.session_tickets", "mail > server (no name) on *:993").found), "default on");
    for key in ["tls.groups", "tls.session_tickets"] {
        assert_eq!(verdict(&policy, &reading, key, "stream > server (no name) on *:8080"), Verdict::NotApplicable);
    }
}
