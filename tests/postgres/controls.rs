//! The table of settings: it agrees with the profiles, the catalogue and the documentation; each setting's order finds
//! what is a little weaker, and knows other spellings.

use super::live::{Cluster, artifact, servers};
use crate::support;
use proptest::prelude::*;
use secgen::policy::profiles;
use secgen::source::Sources;
use secgen::strictness::postgres::{Setting, catalogue, is_custom};
use secgen::strictness::{Order, Strictness};
use secgen::targets::postgres::Postgres;
use secgen::targets::postgres::controls::{self, Asked, Control};
use secgen::targets::{Input, Target};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

fn versions_of(name: &str) -> RangeInclusive<u32> {
    catalogue::window(name, &catalogue::VERSIONS).unwrap_or(catalogue::VERSIONS)
}

/// What a profile asks for of a control.
fn asked(control: &Control, is_hardened: bool) -> Option<&'static str> {
    match control.asked {
        Asked::Always => Some(control.value),
        Asked::Hardened => is_hardened.then_some(control.value),
        Asked::Graded(value) => Some(if is_hardened { control.value } else { value }),
        Asked::BySpec | Asked::By(_) | Asked::ReportOnly => None,
    }
}

/// The settings of a profile, by the table.
fn profile(is_hardened: bool) -> Vec<(&'static str, &'static str)> {
    controls::ALL.iter().filter_map(|control| Some((control.name, asked(control, is_hardened)?))).collect()
}

#[test]
fn the_table_is_complete_and_the_catalogue_knows_its_names() {
    let numbers: BTreeSet<u8> = controls::ALL.iter().map(|control| control.number).collect();
    assert_eq!(numbers, (1..=45).collect());
    for control in controls::ALL {
        let name = control.name;
        assert!(is_custom(name) || catalogue::window(name, &catalogue::VERSIONS).is_some(), "{name}");
        let parsed = Setting::from_text(name, control.value, &versions_of(name));
        assert!(parsed.is_ok(), "{name}: {parsed:?}");
        let askable = Setting::parse(name, &[control.value.to_owned()], versions_of(name)).is_ok();
        assert_eq!(askable, control.asked != Asked::ReportOnly, "{name}");
        assert!(control.reason.ends_with('.') && (control.note.is_empty() || control.note.ends_with('.')), "{name}");
    }
}

#[test]
fn the_profiles_are_what_the_table_says() {
    for (name, is_hardened) in [("secgen:recommended", false), ("secgen:hardened", true)] {
        let text = profiles::find(name).unwrap().text;
        let section = text.split("postgres:\n  settings:\n").nth(1).unwrap();
        let lines: Vec<&str> = section.lines().take_while(|line| line.starts_with("    ")).collect();
        let written: Vec<(&str, &str)> = lines.iter().map(|line| line.trim_start().split_once(": ").unwrap()).map(|(k, v)| (k, v.trim_matches('"'))).collect();
        assert_eq!(written, profile(is_hardened), "{name}");
    }
}

/// `SECGEN_BLESS=1` writes the page anew.
#[test]
fn the_documented_table_is_fresh() {
    let path = support::project().join("docs/postgresql-settings.md");
    let fresh = controls::page();
    if std::env::var_os("SECGEN_BLESS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == fresh, "docs/postgresql-settings.md is stale: run the tests with SECGEN_BLESS=1");
}

/// What is a little weaker than the control's value (or only not it, where there is no order), and other spellings of it.
const MUTATIONS: [(&str, &[&str], &[&str]); 54] = [
    ("ssl", &["off", "false"], &["true", "YES", "1", "tr"]),
    ("ssl_min_protocol_version", &["TLSv1.2"], &["tlsv1.3"]),
    ("ssl_max_protocol_version", &["TLSv1.2"], &["TLSv1.3"]),
    (
        "ssl_ciphers",
        &["ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:AES128-GCM-SHA256", "HIGH:!aNULL:!MD5"],
        &["DHE+AESGCM:ECDHE+CHACHA20:ECDHE+AESGCM", "AESGCM+DHE:ECDHE+CHACHA20:ECDHE+AESGCM"],
    ),
    (
        "ssl_tls13_ciphers",
        &["TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_8_SHA256"],
        &["TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"],
    ),
    ("ssl_groups", &["X25519:prime256v1:secp224r1"], &["prime256v1:X25519", "x25519:P-256"]),
    ("ssl_prefer_server_ciphers", &["off"], &["yes"]),
    ("ssl_cert_file", &["", "other.crt"], &["server.crt"]),
    ("ssl_key_file", &["", "other.key"], &["server.key"]),
    ("password_encryption", &["md5"], &["SCRAM-SHA-256"]),
    ("scram_iterations", &["4095", "1"], &["0x1000", "010000"]),
    ("md5_password_warnings", &["off"], &["1"]),
    ("authentication_timeout", &["61s", "2min"], &["1min", "60000ms", "60", "59.6s"]),
    ("listen_addresses", &["localhost, 10.0.0.1", "*", "0.0.0.0"], &["127.0.0.1, ::1", "LOCALHOST"]),
    ("unix_socket_permissions", &["0771", "0777"], &["504", "0x1F8"]),
    ("log_destination", &["", "syslog"], &["STDERR", " stderr "]),
    ("logging_collector", &["off"], &["y"]),
    ("log_file_mode", &["0640", "0601"], &["384", "0x180"]),
    ("log_truncate_on_rotation", &["off"], &["t"]),
    ("log_rotation_age", &["1441", "0"], &["24h", "1440min", "1440"]),
    ("log_min_messages", &["error", "log", "panic"], &["WARNING"]),
    ("log_min_error_statement", &["log", "fatal"], &["Error"]),
    ("debug_print_parse", &["on"], &["fal"]),
    ("debug_print_rewritten", &["on"], &["no"]),
    ("debug_print_plan", &["on"], &["0"]),
    ("log_connections", &["off", "no"], &["yes", "true", "1"]),
    ("log_disconnections", &["of"], &["tRuE"]),
    ("log_error_verbosity", &["default", "terse"], &["VERBOSE"]),
    ("log_hostname", &["on"], &["n"]),
    (
        "log_line_prefix",
        &["%m [%p]: [%l-1] db=%d,user=%u,app=%a ", "%q%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ", ""],
        &["%h %a %u %d %l %p %t", "%10u|%-5d|%a|%h|%l|%p|%n"],
    ),
    ("log_statement", &["none"], &["DDL"]),
    ("log_timezone", &["Europe/Berlin"], &["utc", "GMT", "Etc/UTC"]),
    ("syslog_sequence_numbers", &["off"], &["true"]),
    ("syslog_split_messages", &["off"], &["true"]),
    ("log_replication_commands", &["off"], &["true"]),
    ("log_parameter_max_length_on_error", &["1", "-1"], &["0kB", "0x0"]),
    ("shared_preload_libraries", &["", "\"pgaudit, auth_delay\""], &["\"pgaudit\"", " pgaudit , pgaudit"]),
    ("pgaudit.log", &["ddl, role", "all, -write", "none"], &["write,role,ddl", "DDL,WRITE,ROLE", "all,-read,-function,-misc,-misc_set"]),
    ("ignore_system_indexes", &["on"], &["0"]),
    ("jit_debugging_support", &["on"], &["0"]),
    ("jit_profiling_support", &["on"], &["0"]),
    ("post_auth_delay", &["1"], &["0min", "400ms"]),
    ("allow_system_table_mods", &["on"], &["false"]),
    ("row_security", &["off"], &["yes"]),
    ("db_user_namespace", &["on"], &["false"]),
    ("idle_in_transaction_session_timeout", &["601s", "0"], &["600s", "600000", "0.16666666666666666h"]),
    ("idle_session_timeout", &["3601s", "0"], &["60min", "3600000"]),
    ("fsync", &["off"], &["true"]),
    ("full_page_writes", &["off"], &["true"]),
    ("archive_mode", &["off"], &["yes", "true"]),
    ("primary_conninfo", &["sslmode=verify-ca", "host=a", "sslmode=disable"], &["host=a sslmode=verify-full", "postgresql://a/?sslmode=verify-full"]),
    ("data_checksums", &["off"], &["true"]),
    ("allow_alter_system", &["on"], &["no"]),
    // The second of the name: see below.
    ("shared_preload_libraries auth_delay", &["", "pgaudit"], &["auth_delay, auth_delay"]),
];

#[test]
fn a_little_weaker_is_found_and_other_spellings_are_equal() {
    assert_eq!(MUTATIONS.len(), controls::ALL.len());
    for (key, weaker, same) in MUTATIONS {
        let (name, value) = match key.split_once(' ') {
            Some(named) => named,
            None => (key, controls::of(key).unwrap_or_else(|| panic!("{key} is not in the table")).value),
        };
        for version in versions_of(name) {
            let read = |text: &str| Setting::from_text(name, text, &(version..=version));
            let required = read(value).unwrap_or_else(|why| panic!("{name} {version}: {why}"));
            for text in weaker {
                // A value that the server refuses is not met either.
                let order = read(text).map(|found| required.compare(&found).order);
                assert!(matches!(order, Err(_) | Ok(Order::Weaker | Order::Incomparable)), "{name} {version}: {text} is {order:?} to {value}");
            }
            for text in same {
                let order = read(text).map(|found| required.compare(&found).order);
                assert_eq!(order, Ok(Order::Equal), "{name} {version}: {text}");
            }
        }
    }
    // What has an order has it both ways: the control's value is stricter than each weaker one that is no other thing.
    for (name, weaker) in [
        ("log_file_mode", "0640"),
        ("authentication_timeout", "61s"),
        ("scram_iterations", "4095"),
        ("log_rotation_age", "0"),
        ("ssl_groups", "X25519:prime256v1:secp224r1"),
    ] {
        let range = versions_of(name);
        let (strict, weak) = (Setting::from_text(name, controls::of(name).unwrap().value, &range).unwrap(), Setting::from_text(name, weaker, &range).unwrap());
        assert_eq!((strict.compare(&weak).order, weak.compare(&strict).order), (Order::Weaker, Order::Stricter), "{name}");
    }
}

#[test]
fn log_connections_of_18_is_a_list_and_of_17_a_switch() {
    let on = Setting::from_text("log_connections", "on", &(18..=18)).unwrap();
    for (text, order) in [
        ("receipt,authentication,authorization", Order::Equal),
        ("authorization, receipt, authentication", Order::Equal),
        ("all", Order::Stricter),
        ("receipt,authentication,authorization,setup_durations", Order::Stricter),
        ("receipt,authentication", Order::Weaker),
        ("", Order::Weaker),
        ("off", Order::Weaker),
    ] {
        assert_eq!(on.compare(&Setting::from_text("log_connections", text, &(18..=18)).unwrap()).order, order, "{text}");
    }
    for refused in ["receipt,authentication,authorization", "all", ""] {
        assert!(Setting::from_text("log_connections", refused, &(17..=17)).is_err(), "{refused}");
    }
}

proptest! {
    #[test]
    fn numbers_modes_and_lists_are_ordered_as_their_words_say(a in 0_u32..0o1000, b in 0_u32..0o1000, n in 1_u32..600, m in 1_u32..600, left in 0_usize..16, right in 0_usize..16) {
        let order = |name: &str, required: &str, found: &str| {
            let read = |text: &str| Setting::from_text(name, text, &(18..=18)).unwrap();
            read(required).compare(&read(found)).order
        };
        let covers = |order: Order| matches!(order, Order::Equal | Order::Stricter);
        for name in ["log_file_mode", "unix_socket_permissions"] {
            prop_assert_eq!(covers(order(name, &format!("{a:#o}").replace("0o", "0"), &b.to_string())), b & !a == 0);
        }
        prop_assert_eq!(covers(order("authentication_timeout", &format!("{n}s"), &format!("{}ms", m * 1000))), m <= n);
        prop_assert_eq!(covers(order("scram_iterations", &n.to_string(), &format!("{m:#x}"))), m >= n);
        let aspects = |bits: usize| ["receipt", "authentication", "authorization", "setup_durations"].into_iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, w)| w).collect::<Vec<_>>().join(",");
        prop_assert_eq!(covers(order("log_connections", &aspects(left), &aspects(right))), left & !right == 0);
        let destinations = |bits: usize| ["stderr", "csvlog", "jsonlog", "syslog"].into_iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, w)| w).rev().collect::<Vec<_>>().join(", ");
        prop_assert_eq!(covers(order("log_destination", &destinations(left), &destinations(right))), left & !right == 0);
    }
}

/// What a configuration of one line gives on a version: the rules of its findings.
fn rules_of(line: &str, versions: &str) -> Vec<&'static str> {
    let policy = super::policy(versions, &json!({}));
    let mut sources = Sources::new(std::path::Path::new("/"));
    let id = sources.add("postgresql.conf", line);
    let reading = Postgres.read(&policy, &mut sources, &[Input { path: "x.conf".into(), id: Some(id) }]);
    reading.findings.iter().map(|finding| finding.rule.name).collect()
}

#[test]
fn each_name_is_unknown_to_the_versions_outside_its_window() {
    let mut outside = 0;
    for control in controls::ALL.iter().filter(|control| !is_custom(control.name) && control.asked != Asked::ReportOnly) {
        for version in catalogue::VERSIONS {
            let line = format!("{} = '{}'\n", control.name, control.value);
            let known = versions_of(control.name).contains(&version);
            let expected: &[&str] = if known { &[] } else { &["postgres-setting-unknown"] };
            let found: Vec<&str> = rules_of(&line, &version.to_string()).into_iter().filter(|rule| *rule != "postgres-tls-unusable").collect();
            assert_eq!(found, expected, "{} on {version}", control.name);
            outside += usize::from(!known);
        }
    }
    assert!(outside > 20, "{outside}");
    assert_eq!(rules_of("scram_iterations = 4096", "15-18"), ["postgres-setting-version"]);
    assert_eq!(rules_of("db_user_namespace = off", "15-18"), ["postgres-setting-version"]);
    // 18 reads the old name.
    assert_eq!(rules_of("ssl_ecdh_curve = prime256v1", "12-18"), [""; 0]);
}

#[test]
fn both_profiles_are_put_in_force_and_survive_a_restart() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.certificate();
        cluster.start();
        for is_hardened in [false, true] {
            let mut settings: BTreeMap<&str, Value> = profile(is_hardened).into_iter().map(|(name, value)| (name, json!(value))).collect();
            settings.insert("ssl_min_protocol_version", json!(if is_hardened { "TLSv1.3" } else { "TLSv1.2" }));
            let policy = super::policy("15-18", &json!(settings));
            let (code, said) = cluster.script(&artifact(&policy, "alter-system"));
            assert_eq!(code, 0, "{version}: {said}");
            cluster.restart();
            let lacking = cluster.query("SELECT string_agg(name, ', ') FROM pg_settings WHERE pending_restart");
            assert_eq!(lacking, "", "{version}");
            // Our reader says of the server's own files that the profile is met.
            let mut sources = Sources::new(&cluster.data());
            let reading = Postgres.read(&policy, &mut sources, &[super::fixtures::input("postgresql.conf")]);
            // Its initdb wrote names of its own version, and access rules that trust the machine.
            let findings = reading.findings.iter().filter(|f| f.rule.name != "postgres-setting-version" && !f.rule.name.starts_with("hba-"));
            assert_eq!(findings.map(|f| f.message.as_str()).collect::<Vec<_>>(), [""; 0], "{version}");
            for fact in &reading.facts {
                assert_ne!(super::fixtures::meets(&policy, &fact.intent, &fact.found), Some(false), "{version}: {fact:?}");
            }
        }
    }
}
