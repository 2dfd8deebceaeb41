//! Files for servers that are set up by a managed service or an operator, and what such a service decides by itself.

use super::render::HOSTILE;
use super::{read_back, rendered};
use secgen::policy::Policy;
use secgen::targets::{Found, Target, postgres::Postgres};
use serde_json::{Value, json};

const FORMS: [&str; 4] = ["cnpg", "rds", "cloud-sql", "azure"];

fn policy(form: &str, versions: &str, settings: &Value) -> Policy {
    let spec = json!({ "version": 1, "service": "test", "postgres": { "settings": settings },
        "targets": { "postgres": { "versions": versions, "form": form, "out": "db" } } });
    Policy::from_json(spec).expect("a policy")
}

fn settings() -> Value {
    json!({ "log_connections": "on", "log_disconnections": "yes", "log_statement": "ddl", "log_min_messages": "warning", "password_encryption": "scram-sha-256",
        "idle_in_transaction_session_timeout": "10min", "ssl": "on", "unix_socket_permissions": "0770" })
}

fn assert_reads_back(policy: &Policy) -> Vec<String> {
    let texts = rendered(policy);
    for (artifact, text) in &texts {
        let found = read_back(policy, artifact.kind, text).unwrap_or_else(|why| panic!("{}: {why}\n{text}", artifact.path));
        assert_eq!(found, artifact.expected, "{}:\n{text}", artifact.path);
    }
    texts.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn each_form_has_one_file_and_reads_back() {
    for form in FORMS {
        let texts = assert_reads_back(&policy(form, "15-17", &settings()));
        assert_eq!(texts.len(), 1, "{form}");
        insta::assert_snapshot!(form, texts[0]);
    }
}

#[test]
fn a_drop_in_alone_is_the_only_file_of_its_form() {
    let texts = rendered(&policy("drop-in", "15-17", &settings()));
    assert_eq!(texts.iter().map(|(a, _)| a.path.as_str()).collect::<Vec<_>>(), ["db/conf.d/90-secgen.conf"]);
    let default = rendered(&policy("alter-system", "15-17", &settings()));
    assert_eq!(default.len(), 3);
}

/// The same text read by another parser, where one is there.
fn oracle(yaml: &str) -> Option<Value> {
    use std::io::Write as _;
    let program = "import sys, json, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)";
    let mut python = std::process::Command::new("python3");
    let mut child = python
        .args(["-c", program])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(yaml.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn hostile_values_stay_in_their_place() {
    for value in HOSTILE {
        for form in FORMS.into_iter().filter(|form| !(*form == "azure" && value.contains('\'') || *form == "cnpg" && value.contains('\\'))) {
            let texts = assert_reads_back(&policy(form, "16", &json!({ "log_line_prefix": value, "log_connections": "on" })));
            let Some(text) = texts.first().filter(|_| form != "azure") else { continue };
            let Some(read) = oracle(text) else { continue };
            let pointer = match form {
                "cnpg" => "/spec/postgresql/parameters",
                "rds" => "/Resources/SecurityParameters/Properties/Parameters",
                _ => "/--database-flags",
            };
            let found = read.pointer(pointer).unwrap_or_else(|| panic!("{read}"));
            if let Some(prefix) = found.get("log_line_prefix") {
                assert_eq!(prefix.as_str(), Some(value), "{form}:\n{text}");
            }
        }
    }
}

#[test]
fn an_edited_file_is_noticed() {
    for (form, old, new) in [
        ("cnpg", "\nkind: Cluster", "\nkind: Pooler"),
        ("cnpg", "spec:\n", "spec:\n  superuserSecret: { name: x }\n"),
        ("rds", "Type: AWS::RDS::DBParameterGroup", "Type: AWS::IAM::Role"),
        ("rds", "Outputs:\n", "Outputs:\n  Other: { Value: x }\n"),
        ("cloud-sql", "--database-flags:", "--no-assign-ip: \"\"\n--database-flags:"),
        ("azure", "parent: server", "parent: other"),
        ("azure", "source: 'user-override'", "source: 'user-override'\n    other: 'x'"),
        ("azure", "param serverName string\n", "param serverName string\nresource x 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n}\n"),
    ] {
        let policy = policy(form, "16", &settings());
        let (artifact, text) = rendered(&policy).remove(0);
        assert!(text.contains(old), "{form} {old}:\n{text}");
        let edited = text.replacen(old, new, 1);
        assert!(read_back(&policy, artifact.kind, &edited).is_err(), "{form}: {edited}");
        assert_ne!(Postgres.canonical(artifact.kind, &edited), Postgres.canonical(artifact.kind, &text), "{form}: {old}");
        let layout = if form == "azure" { text.replace("parent: server", "  parent: server") } else { text.replace(": \"", ":   \"") };
        assert_eq!(Postgres.canonical(artifact.kind, &layout), Postgres.canonical(artifact.kind, &text), "{form}: layout");
    }
}

#[test]
fn what_a_service_fixes_is_not_applicable_and_what_nobody_says_is_unknown() {
    let policy = policy("azure", "16", &json!({ "fsync": "on", "log_connections": "on", "cluster_name": "x" }));
    let given = Postgres.given(&policy);
    let of = |name: &str| given.iter().find(|f| f.intent == format!("postgres.settings.{name}")).map(|f| &f.found);
    assert!(of("log_connections").is_none(), "it is written");
    let Some(Found::NotApplicable(why)) = of("fsync") else { panic!("{given:?}") };
    assert!(why.contains("Azure Database for PostgreSQL fixes fsync at on") && why.contains("https://"), "{why}");
    let Some(Found::Unverifiable(why)) = of("cluster_name") else { panic!("{given:?}") };
    assert!(why.contains("whether the service lets cluster_name be set is not known"), "{why}");
    // On servers of one's own nothing is given.
    assert!(Postgres.given(&super::policy("16", &settings())).is_empty());
}

#[test]
fn what_only_some_versions_know_is_not_written_for_all() {
    let only_18 = policy("cnpg", "17-18", &json!({ "md5_password_warnings": "on", "log_statement": "ddl" }));
    let given = Postgres.given(&only_18);
    assert!(matches!(&given[0].found, Found::Unverifiable(why) if why.contains("is for PostgreSQL 18 only")), "{given:?}");
    assert_eq!(given.len(), 1);
    let text = &assert_reads_back(&only_18)[0];
    assert!(text.contains("log_statement: \"ddl\"") && !text.contains("md5_password_warnings"), "{text}");
}

#[test]
fn what_a_service_does_not_take_is_refused_with_its_source() {
    let refused = |form: &str, settings: Value| {
        let findings = Postgres.artifacts(&policy(form, "16", &settings)).expect_err("refused");
        findings[0].message.clone()
    };
    let message = refused("azure", json!({ "log_line_prefix": "it's" }));
    assert!(message.starts_with("Azure Database for PostgreSQL takes a text without single quotes for log_line_prefix, and not it's (https://"), "{message}");
    let message = refused("azure", json!({ "ssl_min_protocol_version": "TLSv1.1" }));
    assert!(message.contains("takes TLSv1.2, TLSv1.3 for ssl_min_protocol_version"), "{message}");
    let message = refused("cnpg", json!({ "log_line_prefix": "a\\b" }));
    assert!(message.contains("holds a backslash"), "{message}");
    let message = refused("rds", json!({ "log_destination": ["stderr", "syslog"] }));
    assert!(message.contains("takes stderr, csvlog for log_destination, and not stderr, syslog"), "{message}");
}

#[test]
fn access_rules_are_written_for_the_operator_and_unknown_elsewhere() {
    let with_rules = |form: &str| {
        let rules = json!([{ "type": "local", "database": "all", "user": "postgres", "method": "peer" },
            { "type": "hostssl", "database": "my \"db", "user": "+app", "address": "10.0.0.0/8", "method": "cert", "options": { "map": "a: b" } }]);
        let spec = json!({ "version": 1, "service": "test", "postgres": { "hba": rules }, "targets": { "postgres": { "versions": "16", "form": form, "out": "db" } } });
        Policy::from_json(spec).expect("a policy")
    };
    let text = &assert_reads_back(&with_rules("cnpg"))[0];
    assert!(text.contains(r#"- "hostssl \"my \"\"db\" +app 10.0.0.0/8 cert \"map=a: b\"""#), "{text}");
    for form in ["rds", "cloud-sql", "azure"] {
        let policy = with_rules(form);
        assert!(rendered(&policy).is_empty(), "{form}");
        let given = Postgres.given(&policy);
        assert!(matches!(&given[0].found, Found::Unverifiable(why) if why.contains("writes pg_hba.conf itself")), "{given:?}");
    }
}

fn plain(versions: &str, settings: &Value, runner: Option<&str>) -> Policy {
    let mut target = json!({ "versions": versions, "form": "plain-sql", "out": "db" });
    if let Some(runner) = runner {
        target["runner"] = json!(runner);
    }
    Policy::from_json(json!({ "version": 1, "service": "test", "postgres": { "settings": settings }, "targets": { "postgres": target } })).expect("a policy")
}

fn plain_settings() -> Value {
    json!({ "ssl": "on", "password_encryption": "scram-sha-256", "log_connections": "on", "unix_socket_directories": ["/run/a", "/run/b"],
        "shared_preload_libraries": [], "log_line_prefix": "it's %m" })
}

#[test]
fn statements_alone_read_back_and_hold_no_command_of_psql() {
    let names = |policy: &Policy| rendered(policy).into_iter().map(|(a, _)| a.path).collect::<Vec<_>>();
    let policy = plain("15-17", &plain_settings(), None);
    assert_eq!(names(&policy), ["db/preflight.sql", "db/settings.sql", "db/reset.sql"]);
    let texts = assert_reads_back(&policy);
    assert!(texts.iter().all(|text| !text.lines().any(|line| line.starts_with('\\'))), "{texts:#?}");
    insta::assert_snapshot!("plain", texts[1..].join("\n=====\n"));
    for (runner, marks) in [
        ("goose", ["-- +goose NO TRANSACTION", "-- +goose Up", "-- +goose Down"]),
        ("dbmate", ["-- migrate:up transaction:false", "-- migrate:down transaction:false", "SELECT"]),
    ] {
        let policy = plain("16", &plain_settings(), Some(runner));
        assert_eq!(names(&policy), ["db/preflight.sql", "db/settings.sql"]);
        let text = &assert_reads_back(&policy)[1];
        assert!(marks.iter().all(|mark| text.contains(mark)), "{text}");
        let (artifact, text) = rendered(&policy).remove(1);
        for mark in &marks[..2] {
            let edited = text.replace(&format!("{mark}\n"), "");
            assert_ne!(
                Postgres.canonical(artifact.kind, &edited),
                Postgres.canonical(artifact.kind, &text),
                "{mark}: a line that the runner reads is no comment"
            );
        }
    }
    for value in HOSTILE {
        assert_reads_back(&plain("16", &json!({ "log_line_prefix": value }), Some("goose")));
    }
}

#[test]
fn statements_alone_cannot_ask_for_a_version() {
    let refused = |versions: &str, settings: Value| Postgres.artifacts(&plain(versions, &settings, None)).expect_err("refused")[0].message.clone();
    assert!(refused("15-18", json!({ "scram_iterations": 8192 })).contains("for PostgreSQL 16-18 only"));
    assert!(refused("16", json!({ "pgaudit.log": "ddl" })).contains("only where its library is loaded"));
    assert!(!rendered(&plain("17", &json!({ "pgaudit.log": "ddl" }), None)).is_empty());
}

#[test]
fn forms_that_contradict_the_policy_are_errors_of_the_spec() {
    let told = |target: Value, settings: Value| {
        let spec = json!({ "version": 1, "service": "test", "postgres": { "settings": settings }, "targets": { "postgres": target } });
        let policy = Policy::from_json(spec).expect("a policy");
        secgen::policy::lints::check(&policy, 20_000).0.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let off = json!({ "allow_alter_system": "off" });
    assert!(told(json!({ "versions": "17-18", "out": "db" }), off.clone()).contains("refuses every ALTER SYSTEM"));
    assert!(told(json!({ "versions": "17-18", "out": "db", "form": "plain-sql" }), off.clone()).contains("refuses every ALTER SYSTEM"));
    assert_eq!(told(json!({ "versions": "17-18", "out": "db", "form": "drop-in" }), off.clone()), "");
    assert_eq!(told(json!({ "versions": "17-18", "check": ["postgresql.conf"] }), off), "");
    let on = json!({ "log_connections": "on" });
    assert!(told(json!({ "versions": "16", "out": "db", "runner": "goose" }), on.clone()).contains("only for the form plain-sql"));
    assert_eq!(told(json!({ "versions": "16", "out": "db", "form": "plain-sql", "runner": "goose" }), on), "");
}

#[test]
fn statements_alone_do_on_servers_what_they_say() {
    for (version, bin) in super::live::servers() {
        let cluster = super::live::Cluster::new(&bin);
        cluster.start();
        let policy = plain(version, &json!({ "ssl": "on", "log_statement": "ddl", "log_line_prefix": "it's \\ %m " }), None);
        let text = |kind: &str| super::live::artifact(&policy, kind);
        // Without a certificate the checks fail, and nothing was changed.
        let (code, said) = cluster.script(&text("preflight"));
        assert!(code == 3 && said.contains("nothing was changed"), "{version}: {said}");
        cluster.certificate();
        assert_eq!(cluster.script(&text("preflight")).0, 0, "{version}");
        assert_eq!(cluster.query("SHOW log_statement"), "none", "the checks change nothing");
        assert_eq!(cluster.script(&text("plain-sql")).0, 0, "{version}");
        cluster.query("SELECT pg_sleep(1)");
        assert_eq!([cluster.query("SHOW ssl"), cluster.query("SHOW log_statement")], ["on", "ddl"], "{version}");
        assert_eq!(cluster.query("SELECT quote_literal(current_setting('log_line_prefix'))"), "E'it''s \\\\ %m '", "{version}");
        assert_eq!(cluster.script(&text("plain-reset")).0, 0, "{version}");
        cluster.query("SELECT pg_sleep(1)");
        assert_eq!(cluster.query("SHOW log_statement"), "none", "{version}");
    }
}
