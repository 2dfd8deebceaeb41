//! What is rendered reads back exactly, whatever the values; and nothing hides in an edited script.

use super::{policy, read_back, rendered};
use secgen::policy::Policy;
use secgen::targets::{Target, postgres::Postgres};
use serde_json::{Value, json};

fn hardened() -> Value {
    json!({
        "ssl": "on", "ssl_ciphers": "HIGH:!aNULL:!MD5", "ssl_min_protocol_version": "TLSv1.3", "password_encryption": "scram-sha-256",
        "log_connections": true, "log_disconnections": "yes", "log_file_mode": "0600", "authentication_timeout": "60s",
        "log_line_prefix": "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ", "scram_iterations": 8192, "log_destination": ["stderr", "csvlog"],
        "search_path": ["$user", "public"], "vacuum_cost_delay": "2.5ms"
    })
}

fn assert_reads_back(policy: &Policy) -> Vec<String> {
    let texts = rendered(policy);
    for (artifact, text) in &texts {
        let found = read_back(policy, artifact.kind, text).unwrap_or_else(|why| panic!("{}: {why}\n{text}", artifact.path));
        assert_eq!(found, artifact.expected, "{}:\n{text}", artifact.path);
        // Line ends are no edit.
        let windows = text.replace('\n', "\r\n");
        assert_eq!(Postgres.canonical(artifact.kind, &windows), Postgres.canonical(artifact.kind, text), "{}", artifact.path);
        assert_eq!(read_back(policy, artifact.kind, &windows), Ok(artifact.expected.clone()), "{}", artifact.path);
    }
    texts.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_whole_policy_reads_back_for_every_range_of_versions() {
    for versions in ["12-18", "13-18", "15-18", "16-17", "18"] {
        let texts = assert_reads_back(&policy(versions, &hardened()));
        assert_eq!(texts.len(), 3);
    }
}

#[test]
fn the_script_guards_what_only_some_versions_know_and_ends_with_ssl() {
    let texts = assert_reads_back(&policy("13-18", &hardened()));
    insta::assert_snapshot!(texts[0]);
    insta::assert_snapshot!(texts[1]);
    insta::assert_snapshot!(texts[2]);
}

#[test]
fn tls_min_version_alone_is_a_setting() {
    let spec = json!({ "version": 1, "service": "test", "tls": { "min_version": "TLSv1.2" }, "targets": { "postgres": { "versions": "15", "out": "db" } } });
    let policy = Policy::from_json(spec).expect("a policy");
    let texts = assert_reads_back(&policy);
    assert!(texts[0].contains("\nALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.2';\n"), "{}", texts[0]);
    assert!(texts[2].contains("\nssl_min_protocol_version = 'TLSv1.2'\n"), "{}", texts[2]);
    assert_eq!(Postgres.carries(&policy), ["tls.min_version"]);
}

#[test]
fn a_list_is_one_literal_each_and_an_empty_one_is_reset() {
    let texts = assert_reads_back(&policy(
        "13-18",
        &json!({ "unix_socket_directories": ["/run/a", "/run/b c"], "shared_preload_libraries": [], "listen_addresses": "" }),
    ));
    for line in [
        "ALTER SYSTEM SET unix_socket_directories = '/run/a, /run/b c';",
        "ALTER SYSTEM SET unix_socket_directories = '/run/a', '/run/b c';",
        "ALTER SYSTEM RESET shared_preload_libraries;",
        "ALTER SYSTEM SET listen_addresses = '';",
    ] {
        assert!(texts[0].contains(line), "{line}\n{}", texts[0]);
    }
    assert!(texts[2].contains("shared_preload_libraries = ''"), "{}", texts[2]);
}

#[test]
fn hostile_values_stay_in_their_place() {
    for value in HOSTILE {
        assert_reads_back(&policy("15-18", &json!({ "log_line_prefix": value, "ssl_cert_file": value, "cluster_name": "x" })));
    }
    for value in ["a\nb", "a\rb", "a\u{0}b", "a\u{1b}b"] {
        let spec =
            json!({ "version": 1, "service": "t", "postgres": { "settings": { "log_line_prefix": value } }, "targets": { "postgres": { "out": "db" } } });
        assert!(Policy::from_json(spec).expect_err("refused").contains("control character"));
    }
}

/// Values that try to leave their place.
pub(super) const HOSTILE: [&str; 24] = [
    "'",
    "''",
    "\\",
    "\\'",
    "'; DROP TABLE x; --",
    "\\'; ALTER SYSTEM SET ssl = off; --",
    "$$",
    "$secgen$",
    ":var",
    ":'var'",
    ":{?var}",
    "\\! touch /tmp/owned",
    "\\gexec",
    "-- comment",
    "/* comment",
    "*/",
    "# comment",
    "a;b",
    "\"quoted\"",
    "{{ x }}",
    "ünïcödé ☃ 𝕏",
    "%m [%p] ",
    "`id`",
    "${HOME}",
];

#[test]
fn an_edited_script_is_noticed() {
    let policy = policy("13-18", &hardened());
    let texts = rendered(&policy);
    let (artifact, text) = &texts[0];
    let edits: [(&str, &str); 12] = [
        ("ALTER SYSTEM SET ssl = 'on';", "ALTER SYSTEM SET ssl = 'on';\nCREATE ROLE intruder SUPERUSER;"),
        ("ALTER SYSTEM SET ssl = 'on';", "ALTER SYSTEM SET ssl = 'on';\n\\! id"),
        ("ALTER SYSTEM SET ssl = 'on';", "ALTER SYSTEM SET ssl = 'on'; SELECT 1;"),
        ("ALTER SYSTEM SET ssl = 'on';", "ALTER SYSTEM SET ssl = 'on'; ALTER ROLE x SUPERUSER;"),
        ("\\set ON_ERROR_STOP on", "\\set ON_ERROR_STOP off"),
        ("IF NOT (SELECT rolsuper", "IF (SELECT rolsuper"),
        ("secgen_ge16 \\gset", "secgen_ge16 \\gexec"),
        (">= 160000", ">= 150000"),
        ("SELECT pg_reload_conf() AS secgen_reloaded \\gset\n", ""),
        ("\\connect\n", ""),
        ("\\connect\n", "\\connect - intruder\n"),
        ("\\endif\n", ""),
    ];
    for (old, new) in edits {
        assert!(text.contains(old), "{old}");
        let edited = text.replacen(old, new, 1);
        let found = read_back(&policy, artifact.kind, &edited);
        assert!(found.as_ref() != Ok(&artifact.expected), "{old} -> {new}: {found:?}");
        assert_ne!(Postgres.canonical(artifact.kind, &edited), Postgres.canonical(artifact.kind, text), "{old} -> {new}");
    }
    // A changed value is a fact of its own, to be judged by value.
    let edited = text.replace("'scram-sha-256'", "'md5'");
    let found = read_back(&policy, artifact.kind, &edited).expect("readable");
    assert!(found.contains(&("postgres.settings.password_encryption".to_owned(), "md5".to_owned())));
}

fn with_rules(rules: &Value) -> Result<Policy, String> {
    Policy::from_json(json!({ "version": 1, "service": "t", "postgres": { "hba": rules }, "targets": { "postgres": { "versions": "13-18", "out": "db" } } }))
}

#[test]
fn access_rules_read_back_whatever_the_names() {
    for name in HOSTILE.into_iter().filter(|n| !n.starts_with('/')).chain(["sameuser", "All", "+x y", "a,b", "replication", "#"]) {
        let admin = json!({ "type": "local", "database": "all", "user": "postgres", "method": "peer" });
        let rule = json!({ "type": "hostssl", "database": name, "user": name, "address": "10.0.0.0/8", "method": "scram-sha-256", "options": { "clientcert": "verify-full" } });
        let policy = with_rules(&json!([admin, rule])).expect("a policy");
        let texts = assert_reads_back(&policy);
        assert!(texts[0].contains("\nlocal\tall\tpostgres\t\tpeer\n"), "{}", texts[0]);
    }
    // What a name in the file really means is read back, too: quoted, it is no keyword.
    let policy = with_rules(&json!([{ "type": "local", "database": "all", "user": "all", "method": "peer" }])).expect("a policy");
    let (artifact, text) = rendered(&policy).remove(0);
    let edited = text.replace("local\tall", "local\t\"all\"");
    assert_ne!(read_back(&policy, artifact.kind, &edited), Ok(artifact.expected));
}

#[test]
fn what_must_not_be_rendered_is_refused_with_its_key() {
    let refused = |policy: &Policy| {
        let findings = Postgres.artifacts(policy).expect_err("refused");
        (findings[0].rule.name, findings[0].message.clone())
    };
    let rules = with_rules(&json!([{ "type": "hostssl", "database": "app", "user": "app", "address": "10.0.0.0/8", "method": "scram-sha-256" }]));
    assert_eq!(refused(&rules.expect("a policy")).0, "hba-no-local-administrator");
    let rules = json!([{ "type": "local", "database": "all", "user": "all", "method": "peer" }, { "type": "host", "database": "a", "user": "b", "address": "10.0.0.1", "method": "scram-sha-256" }]);
    let (rule, message) = refused(&with_rules(&rules).expect("a policy"));
    assert_eq!((rule, message.as_str()), ("hba-rule-invalid", "rule 2: the address 10.0.0.1 needs the length of its network: 10.0.0.1/32 for one machine"));
    let (rule, message) = refused(&policy("15", &json!({ "ssl_min_protocol_version": "TLSv1.3", "ssl_max_protocol_version": "TLSv1.2" })));
    assert_eq!(rule, "postgres-setting-not-renderable");
    assert!(message.contains("no server starts with both"), "{message}");
    let (_, message) = refused(&policy("15", &json!({ "listen_addresses": "\"a b\"" })));
    assert!(message.contains("joins the elements with commas"), "{message}");
    let spec = json!({ "version": 1, "service": "t", "tls": { "min_version": "TLSv1.3" }, "postgres": { "settings": { "ssl_min_protocol_version": "TLSv1.2" } },
        "targets": { "postgres": { "out": "db" } } });
    assert!(refused(&Policy::from_json(spec).expect("a policy")).1.contains("the spec must ask for one"));
}
