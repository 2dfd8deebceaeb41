//! What was reported to other tools about settings, each as its smallest input, and what other checkers get wrong.

use super::fixtures::{input, meets, sources_of};
use secgen::finding::Cause;
use secgen::source::Sources;
use secgen::strictness::postgres::Setting;
use secgen::strictness::{Order, Strictness};
use secgen::targets::{Found, Reading, Target, postgres::Postgres};
use serde_json::{Value, json};

fn order(name: &str, required: &str, found: &str) -> Order {
    let read = |text: &str| Setting::from_text(name, text, &(15..=15)).unwrap_or_else(|why| panic!("{name}: {why}"));
    read(required).compare(&read(found)).order
}

/// The reading of a tree for some settings, and whether each is met.
fn read(files: &[(&str, &str)], versions: &str, settings: &Value) -> (Sources, Reading, Vec<Option<bool>>) {
    let (_folder, mut sources) = sources_of(files);
    let policy = super::policy(versions, settings);
    let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
    let met = reading.facts.iter().map(|fact| meets(&policy, &fact.intent, &fact.found)).collect();
    (sources, reading, met)
}

/// HexaCluster/pgdsat#16: a standby that verifies the primary was called critical.
#[test]
fn verification_of_the_primary_is_better_than_require() {
    let standby = |mode: &str| format!("host=primary user=replicator sslmode={mode}");
    for (required, found, expected) in [
        ("require", "verify-ca", Order::Stricter),
        ("require", "verify-full", Order::Stricter),
        ("verify-ca", "verify-full", Order::Stricter),
        ("verify-full", "verify-full", Order::Equal),
        ("verify-full", "require", Order::Weaker),
    ] {
        assert_eq!(order("primary_conninfo", &format!("sslmode={required}"), &standby(found)), expected, "{found}");
    }
    // A primary has no primary to connect to, and is no failure.
    let (_, reading, met) = read(&[("postgresql.conf", "wal_level = replica\n")], "15", &json!({ "primary_conninfo": "sslmode=verify-full" }));
    assert_eq!(met, [None], "{:?}", reading.facts);
}

/// ansible-collections/community.postgresql#84 and #78: two libraries written as one quoted name; the service fails.
#[test]
fn two_libraries_in_one_pair_of_quotes_are_found() {
    let files = [("postgresql.conf", ""), ("postgresql.auto.conf", "shared_preload_libraries = '\"somelib,someotherlib\"'\n")];
    let (sources, reading, met) = read(&files, "15", &json!({ "shared_preload_libraries": ["somelib", "someotherlib"] }));
    assert_eq!(met, [Some(false)]);
    let finding = reading.findings.iter().find(|finding| finding.rule.name == "postgres-library-name").unwrap();
    assert_eq!(sources.place(finding.primary.as_ref().unwrap().span), "postgresql.auto.conf:1");
    assert_eq!(
        finding.help,
        ["run ALTER SYSTEM SET shared_preload_libraries = 'somelib', 'someotherlib', or write `shared_preload_libraries = 'somelib, someotherlib'`"]
    );
}

/// postgrespro/pg_probackup#238: an include inside postgresql.auto.conf, which ALTER SYSTEM writes out.
#[test]
fn an_include_in_the_file_of_alter_system_is_followed() {
    let files = [
        ("postgresql.conf", "log_statement = ddl\n"),
        ("postgresql.auto.conf", "include 'probackup_recovery.conf'\nlog_connections = 'on'\n"),
        ("probackup_recovery.conf", "log_statement = 'none'\n"),
    ];
    let (sources, reading, met) = read(&files, "15", &json!({ "log_connections": "on", "log_statement": "ddl" }));
    assert_eq!(met, [Some(true), Some(false)]);
    assert_eq!(sources.place(reading.facts[1].at.as_ref().unwrap().span), "probackup_recovery.conf:1");
    assert_eq!(reading.facts[1].cause, Cause::Shadowed);
}

/// citusdata/citus#7666, sameersbn/docker-postgresql#2, zalando/spilo#568: ssl on, and no certificate; the server does not start.
#[test]
fn ssl_without_a_certificate_is_no_tls() {
    let (_, reading, met) = read(&[("postgresql.conf", "ssl = on\n"), ("PG_VERSION", "16\n")], "16", &json!({ "ssl": "on" }));
    assert_eq!(met, [Some(false)]);
    assert!(matches!(&reading.facts[0].found, Found::Invalid { why, .. } if why.starts_with("server.crt, which ssl_cert_file names, does not exist")));
}

/// hapostgres/pg_auto_failover#872 and #1102: an include at the top is overridden by the lines below it.
#[test]
fn an_include_at_the_top_loses_to_the_lines_below() {
    let files = [
        ("postgresql.conf", "include 'postgresql-auto-failover.conf'\nssl = off\npassword_encryption = md5\n"),
        ("postgresql-auto-failover.conf", "ssl = on\npassword_encryption = 'scram-sha-256'\n"),
    ];
    let (sources, reading, met) = read(&files, "15", &json!({ "ssl": "on", "password_encryption": "scram-sha-256" }));
    assert_eq!(met, [Some(false), Some(false)]);
    for (fact, line) in reading.facts.iter().zip([3, 2]) {
        assert_eq!(fact.cause, Cause::Shadowed);
        assert_eq!(sources.place(fact.at.as_ref().unwrap().span), format!("postgresql.conf:{line}"));
        assert!(sources.place(fact.related[0].span).starts_with("postgresql-auto-failover.conf:"));
    }
}

/// patroni/patroni#3003: names on the command line are compared whatever their letter case, and what the command line
/// sets is no drift of the files.
#[test]
fn letter_case_of_names_does_not_count_on_the_command_line() {
    let files = [
        ("postgresql.conf", "DateStyle = 'iso, mdy'\nListen_Addresses = '*'\n"),
        ("PG_VERSION", "15\n"),
        ("postmaster.opts", "postgres \"-D\" \"data\" \"--Listen_Addresses=127.0.0.1\" \"--DATESTYLE=ISO, MDY\"\n"),
    ];
    let (_, reading, met) = read(&files, "15", &json!({ "listen_addresses": "127.0.0.1", "datestyle": "ISO, MDY" }));
    assert_eq!(met, [Some(true), Some(true)], "{:?}", reading.facts);
}

/// cloudnative-pg PR #3773 (and #2725), sorintlab/stolon#189: postgresql.auto.conf overrides the operator's file.
#[test]
fn alter_system_overrides_the_operators_file() {
    let files =
        [("postgresql.conf", "include 'custom.conf'\n"), ("custom.conf", "log_connections = 'on'\n"), ("postgresql.auto.conf", "log_connections = 'off'\n")];
    let (sources, reading, met) = read(&files, "16", &json!({ "log_connections": "on" }));
    assert_eq!(met, [Some(false)]);
    let fact = &reading.facts[0];
    assert_eq!(
        (sources.place(fact.at.as_ref().unwrap().span).as_str(), sources.place(fact.related[0].span).as_str()),
        ("postgresql.auto.conf:1", "custom.conf:1")
    );
    assert!(fact.help[0].starts_with("run ALTER SYSTEM SET log_connections = 'on'"), "{:?}", fact.help);
}

/// pgdsat and dev-sec want `log_connections = 'on'` as text, and so fail 18's lists.
#[test]
fn a_list_of_18_that_means_on_is_on() {
    let conf = [("postgresql.conf", "log_connections = 'authorization, receipt,authentication'\n")];
    assert_eq!(read(&conf, "18", &json!({ "log_connections": "on" })).2, [Some(true)]);
    let conf = [("postgresql.conf", "log_connections = 'receipt'\n")];
    assert_eq!(read(&conf, "18", &json!({ "log_connections": "on" })).2, [Some(false)]);
}

/// STIG V-73015 asks for md5: a SCRAM server is better than that, and md5 never passes for SCRAM.
#[test]
fn scram_is_better_than_what_an_old_rule_asks_for() {
    assert_eq!(order("password_encryption", "md5", "scram-sha-256"), Order::Stricter);
    assert_eq!(order("password_encryption", "scram-sha-256", "md5"), Order::Weaker);
    // `on` was md5 once, and stops a server from 14 on.
    for (versions, text, met) in [("13", "on", Some(false)), ("13", "yes", Some(false)), ("14", "on", Some(false)), ("14", "scram-sha-256", Some(true))] {
        let conf = format!("password_encryption = {text}\n");
        assert_eq!(read(&[("postgresql.conf", &conf)], versions, &json!({ "password_encryption": "scram-sha-256" })).2, [met], "{versions}: {text}");
    }
}

/// InSpec's postgres_conf merges an include behind the whole main file, takes every file of a folder, and needs `=`.
#[test]
fn includes_are_expanded_in_place() {
    let files = [
        ("postgresql.conf", "include 'a.conf'\ninclude_dir 'd'\nlog_statement none\nlog_connections on\n"),
        ("a.conf", "log_statement = ddl\n"),
        ("d/readme.txt", "log_connections = off\n"),
        ("d/z.conf.disabled", "log_disconnections = off\n"),
        ("d/a.conf", "log_disconnections on\n"),
    ];
    let (_, _, met) = read(&files, "15", &json!({ "log_statement": "ddl", "log_connections": "on", "log_disconnections": "on" }));
    assert_eq!(met, [Some(true), Some(true), Some(false)]);
}

/// hercules-team/augeas#700: scram-sha-256 without quotes.
#[test]
fn scram_needs_no_quotes() {
    let (_, reading, met) = read(&[("postgresql.conf", "password_encryption = scram-sha-256\n")], "15", &json!({ "password_encryption": "scram-sha-256" }));
    assert_eq!((met, reading.findings.len()), (vec![Some(true)], 0));
}

/// dev-sec and pgdsat compare cipher strings as text, and so fail one and the same set.
#[test]
fn cipher_strings_are_what_they_stand_for() {
    assert_eq!(order("ssl_ciphers", "HIGH:!aNULL:!MD5", "HIGH:!MD5:!aNULL"), Order::Equal);
    for weak in ["HIGH:!aNULL:!MD5", "HIGH:MEDIUM:+3DES:!aNULL", "ALL:!ADH:!LOW:!EXP:!MD5:@STRENGTH"] {
        assert_eq!(order("ssl_ciphers", "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM", weak), Order::Weaker, "{weak}");
    }
}

/// dev-sec and the STIG want log_hostname on, CIS off: the spec says which.
#[test]
fn the_spec_decides_about_host_names() {
    for (required, found, met) in [("on", "on", true), ("off", "off", true), ("on", "off", false), ("off", "on", false)] {
        let conf = format!("log_hostname = {found}\n");
        assert_eq!(read(&[("postgresql.conf", &conf)], "15", &json!({ "log_hostname": required })).2, [Some(met)], "{required}: {found}");
    }
}

/// HexaCluster/pgdsat#4 and #5: what cannot be read is called a success. Nothing is known of it, and the run fails. What a
/// role of a running server may not see: `live_check::privileges`.
#[test]
fn what_cannot_be_read_is_no_success() {
    let (folder, mut sources) = sources_of(&[("conf.d/10.conf", "ssl = on\n")]);
    std::fs::create_dir(folder.path().join("postgresql.conf")).unwrap();
    let policy = super::policy("15", &json!({ "ssl": "on" }));
    let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
    assert!(reading.facts.iter().all(|fact| meets(&policy, &fact.intent, &fact.found) != Some(true)), "{:?}", reading.facts);
    assert!(reading.findings.iter().any(|f| f.kind == secgen::finding::Kind::Error), "{:?}", reading.findings);
    // One file that cannot be read makes what it may set unknown, and nothing else.
    std::fs::remove_dir(folder.path().join("postgresql.conf")).unwrap();
    std::fs::write(folder.path().join("postgresql.conf"), "ssl = off\ninclude 'gone'\n").unwrap();
    let mut sources = Sources::new(folder.path());
    let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
    assert!(matches!(reading.facts[0].found, Found::Unverifiable(_)), "{:?}", reading.facts);
}

/// klouddb/klouddbshield#11: an extension that is not there is shown as passed.
#[test]
fn a_setting_of_an_extension_that_is_not_loaded_is_not_met() {
    let settings = json!({ "pgaudit.log": "ddl, write" });
    let (_, reading, met) = read(&[("postgresql.conf", "pgaudit.log = 'ddl, write'\n")], "15", &settings);
    assert_eq!(met, [Some(false)], "{:?}", reading.facts);
    let loaded = "pgaudit.log = 'ddl, write'\nshared_preload_libraries = 'pgaudit'\n";
    assert_eq!(read(&[("postgresql.conf", loaded)], "15", &settings).2, [Some(true)]);
}
