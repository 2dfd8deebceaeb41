//! Settings that say nothing because another one decides first, and combinations that stop a server or silence TLS.

use super::fixtures::{input, meets, sources_of};
use super::live::{Cluster, servers};
use crate::support;
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::{Found, Input, Reading, Target, postgres::Postgres};
use serde_json::json;

fn read_conf(versions: &str, settings: &serde_json::Value, conf: &str) -> (Policy, Reading) {
    let policy = super::policy(versions, settings);
    let mut sources = Sources::new(std::path::Path::new("/"));
    let id = sources.add("x.conf", conf);
    let reading = Postgres.read(&policy, &mut sources, &[Input { path: "x.conf".into(), id: Some(id) }]);
    (policy, reading)
}

#[test]
fn what_another_setting_makes_void_does_not_apply() {
    for (name, required, conf, applies) in [
        ("ssl_ciphers", "ECDHE+AESGCM", "ssl = on\nssl_min_protocol_version = TLSv1.3\nssl_ciphers = 'HIGH'\n", false),
        ("ssl_ciphers", "ECDHE+AESGCM", "ssl = on\nssl_min_protocol_version = TLSv1.2\nssl_ciphers = 'HIGH'\n", true),
        ("ssl_ciphers", "ECDHE+AESGCM", "ssl = on\nssl_ciphers = 'HIGH'\n", true),
        ("log_file_mode", "0600", "log_file_mode = 0644\n", false),
        ("log_file_mode", "0600", "logging_collector = on\nlog_file_mode = 0644\n", true),
        ("log_truncate_on_rotation", "on", "log_truncate_on_rotation = off\n", false),
        ("log_truncate_on_rotation", "on", "logging_collector = yes\n", true),
        ("log_rotation_age", "1d", "log_rotation_age = 0\n", false),
        ("log_rotation_age", "1d", "logging_collector = 1\nlog_rotation_age = 0\n", true),
        ("logging_collector", "on", "log_destination = 'syslog'\n", false),
        ("logging_collector", "on", "log_destination = 'syslog, stderr'\n", true),
        ("logging_collector", "on", "log_destination = ''\n", true),
        ("syslog_split_messages", "on", "syslog_split_messages = off\n", false),
        ("syslog_split_messages", "on", "log_destination = 'stderr,syslog'\nsyslog_split_messages = off\n", true),
        ("syslog_sequence_numbers", "on", "log_destination = 'stderr'\nsyslog_sequence_numbers = off\n", false),
        ("primary_conninfo", "sslmode=verify-full", "", false),
        ("primary_conninfo", "sslmode=verify-full", "primary_conninfo = ''\n", false),
        ("primary_conninfo", "sslmode=verify-full", "primary_conninfo = 'host=a password=hunter2'\n", true),
    ] {
        let (_, reading) = read_conf("15", &json!({ name: required }), conf);
        let fact = &reading.facts[0];
        assert_eq!(!matches!(fact.found, Found::NotApplicable(_)), applies, "{name}: {conf} {:?}", fact.found);
        assert!(!format!("{:?}", fact.help).contains("hunter2"));
    }
    // While ssl is off, that is the finding, and the rest of TLS is not.
    let settings = json!({ "ssl": "on", "ssl_ciphers": "ECDHE+AESGCM", "ssl_prefer_server_ciphers": "on" });
    let (policy, reading) = read_conf("15", &settings, "ssl = off\nssl_ciphers = 'HIGH'\n");
    let met: Vec<Option<bool>> = reading.facts.iter().map(|fact| meets(&policy, &fact.intent, &fact.found)).collect();
    assert_eq!(met, [Some(false), None, None]);
    // Nobody asks for ssl: then the ciphers are judged.
    let (policy, reading) = read_conf("15", &json!({ "ssl_ciphers": "ECDHE+AESGCM" }), "ssl_ciphers = 'HIGH'\n");
    assert_eq!(meets(&policy, &reading.facts[0].intent, &reading.facts[0].found), Some(false));
}

#[test]
fn classes_of_pgaudit_count_only_where_it_is_loaded() {
    for (conf, met) in [
        ("shared_preload_libraries = 'pg_stat_statements, pgaudit'\npgaudit.log = 'all, -misc'\n", true),
        ("shared_preload_libraries = '$libdir/pgaudit'\npgaudit.log = 'write,ddl,role'\n", true),
        ("shared_preload_libraries = 'pgaudit'\npgaudit.log = 'ddl'\n", false),
        ("shared_preload_libraries = 'pg_stat_statements'\npgaudit.log = 'all'\n", false),
        ("pgaudit.log = 'all'\n", false),
    ] {
        let (policy, reading) = read_conf("15-18", &json!({ "pgaudit.log": "ddl, role, write" }), conf);
        assert_eq!(meets(&policy, &reading.facts[0].intent, &reading.facts[0].found), Some(met), "{conf}: {:?}", reading.facts[0].found);
    }
}

#[test]
fn libraries_that_are_none() {
    for (conf, message) in [
        ("shared_preload_libraries = '\"auth_delay, passwordcheck\"'", "shared_preload_libraries names one library \"auth_delay, passwordcheck\", and means 2"),
        ("shared_preload_libraries = '\"\"'", "shared_preload_libraries has an empty name among its libraries"),
        ("session_preload_libraries = 'a, \"\"'", "session_preload_libraries has an empty name among its libraries"),
        ("shared_preload_libraries = 'auth_delay, passwordcheck'", ""),
        ("shared_preload_libraries = ''", ""),
        ("search_path = '\"\"'", ""),
        // The last line counts.
        ("shared_preload_libraries = '\"\"'\nshared_preload_libraries = 'auth_delay'", ""),
    ] {
        let (_, reading) = read_conf("15-18", &json!({}), conf);
        let found: Vec<&str> = reading.findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found.join("; "), message, "{conf}");
        assert!(reading.findings.iter().all(|finding| finding.rule.name == "postgres-library-name" && !finding.help.is_empty()));
    }
}

#[test]
fn servers_do_not_start_with_such_libraries() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        for (value, starts, is_clean) in
            [("'\"auth_delay, passwordcheck\"'", false, false), ("'\"\"'", false, false), ("'auth_delay,'", true, false), ("''", true, true)]
        {
            cluster.write("postgresql.auto.conf", &format!("shared_preload_libraries = {value}\n"));
            let policy = super::policy(version, &json!({}));
            let mut sources = Sources::new(&cluster.data());
            let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
            let found = reading.findings.iter().any(|f| !f.rule.name.starts_with("hba-"));
            assert_eq!((cluster.control("start"), !found), (starts, is_clean), "{version}: {value}");
            if starts {
                assert_eq!(cluster.query("SELECT count(*) FROM pg_settings WHERE name LIKE 'auth_delay.%'"), "0", "{version}: {value}");
                assert!(cluster.control("stop"));
            }
        }
    }
}

#[test]
fn certificates_are_looked_for_only_where_the_data_folder_can_be_seen() {
    let conf = ("postgresql.conf", "ssl = on\n");
    for (files, met) in [
        (&[conf][..], Some(true)),
        (&[conf, ("PG_VERSION", "15\n")], Some(false)),
        (&[conf, ("postgresql.auto.conf", "")], Some(true)),
        (&[conf, ("PG_VERSION", "15\n"), ("server.crt", ""), ("server.key", "")], Some(true)),
        (&[conf, ("PG_VERSION", "15\n"), ("server.crt", "")], Some(false)),
        (
            &[("postgresql.conf", "ssl = on\nssl_cert_file = '/etc/ssl/no-such.pem'\nssl_key_file = '/etc/ssl/no-such.key'\n"), ("PG_VERSION", "15\n")],
            Some(true),
        ),
        (&[("postgresql.conf", "ssl = on\nssl_cert_file = 'tls/a.crt'\n"), ("PG_VERSION", "15\n"), ("tls/a.crt", ""), ("server.key", "")], Some(true)),
    ] {
        let (folder, mut sources) = sources_of(files);
        let key = folder.path().join("server.key");
        if key.exists() {
            std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        let policy = super::policy("15", &json!({ "ssl": "on" }));
        let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
        assert_eq!(meets(&policy, &reading.facts[0].intent, &reading.facts[0].found), met, "{files:?}: {:?}", reading.facts[0].found);
        // Without a wish of the policy it is a finding of the files.
        let policy = super::policy("15", &json!({}));
        let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
        assert_eq!(reading.findings.iter().any(|f| f.rule.name == "postgres-tls-unusable"), met == Some(false), "{files:?}");
    }
}

/// States of TLS, with whether a server starts (`vectors/tls.tsv`): our reading of its own files says the same.
#[test]
fn a_server_starts_with_tls_exactly_when_nothing_stands_in_its_way() {
    let vectors = std::fs::read_to_string(support::project().join("tests/postgres/vectors/tls.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = vectors.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() >= 12);
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        let base = std::fs::read_to_string(cluster.data().join("postgresql.conf")).unwrap();
        for row in &rows {
            let [state, files, conf, since, on_15, on_18] = row.as_slice() else { panic!("{row:?}") };
            if since.parse::<u32>().unwrap() > version.parse().unwrap() {
                continue;
            }
            if *files != "none" && !cluster.data().join("server.crt").exists() {
                cluster.certificate();
            }
            if *files != "none" {
                cluster.chmod("server.key", if *files == "open-key" { "0644" } else { "0600" });
            }
            cluster.write("postgresql.conf", &format!("{base}{}", conf.replace("\\n", "\n")));
            let policy = super::policy(version, &json!({ "ssl": "on" }));
            let mut sources = Sources::new(&cluster.data());
            let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
            let ours = meets(&policy, &reading.facts[0].intent, &reading.facts[0].found);
            assert_eq!(ours, Some(*on_15 == "yes"), "{version}: {state}: {:?}", reading.facts[0].found);
            let started = cluster.control("start");
            assert_eq!(started, (if version == "15" { *on_15 } else { *on_18 }) == "yes", "{version}: {state}");
            if started {
                assert_eq!(cluster.setting("ssl"), "on", "{version}: {state}");
                assert!(cluster.control("stop"), "{version}: {state}");
            }
        }
    }
}

/// 18 calls `ssl_ecdh_curve` `ssl_groups`, and reads the old name too.
#[test]
fn the_old_and_the_new_name_of_the_groups_are_one() {
    for (conf, met) in [
        ("ssl_ecdh_curve = 'prime256v1'\n", true),
        ("ssl_ecdh_curve = 'secp224r1'\n", false),
        ("ssl_groups = 'X25519:secp224r1'\nssl_ecdh_curve = 'P-256'\n", true),
        ("ssl_ecdh_curve = 'prime256v1'\nssl_groups = 'X25519:secp224r1'\n", false),
    ] {
        let (policy, reading) = read_conf("18", &json!({ "ssl_groups": "X25519:prime256v1" }), conf);
        assert_eq!(meets(&policy, &reading.facts[0].intent, &reading.facts[0].found), Some(met), "{conf}: {:?}", reading.facts[0].found);
        assert_eq!(reading.findings.len(), 0, "{conf}");
    }
    let (policy, reading) = read_conf("15-17", &json!({ "ssl_ecdh_curve": "prime256v1" }), "ssl_ecdh_curve = 'secp224r1'\n");
    assert_eq!(meets(&policy, &reading.facts[0].intent, &reading.facts[0].found), Some(false));
    // A spec for 18 is told the name of today.
    let spec = json!({ "version": 1, "service": "a", "postgres": { "settings": { "ssl_ecdh_curve": "prime256v1" } }, "targets": { "postgres": { "versions": "18", "out": "db" } } });
    let why = Policy::from_json(spec).unwrap_err();
    assert!(why.contains("PostgreSQL 18 calls it ssl_groups"), "{why}");
}
