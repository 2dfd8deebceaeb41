//! Snapshots made by hand, judged without a server.

use super::*;
use crate::targets::postgres::snapshot::{FileLine, HbaRow, Override, Wire};
use serde_json::json;

mod access;

/// A server of 15 as a role with every privilege sees it; TLS 1.3 only.
fn snapshot() -> Snapshot {
    let mut settings: std::collections::BTreeMap<String, Row> = catalogue::names()
        .filter_map(|name| catalogue::at(name, 15))
        .map(|entry| {
            let setting = if entry.is_octal() { format!("{:04o}", entry.default.parse::<u32>().unwrap_or(0)) } else { entry.default.to_owned() };
            (entry.name.to_owned(), Row { setting, context: entry.context.to_owned(), source: "default".to_owned(), ..Row::default() })
        })
        .collect();
    for (name, value) in [("ssl", "on"), (MIN, "TLSv1.3"), ("listen_addresses", "*")] {
        settings.insert(name.to_owned(), file_row(value, "sighup"));
    }
    Snapshot {
        at: "db.example.com:5432".to_owned(),
        role: "auditor".to_owned(),
        major: 15,
        version: "15.18".to_owned(),
        wire: Wire { answer: Answer::Offered, tls12: Handshake::Refused, tls13: Handshake::Accepted },
        unproven: None,
        reads_all: true,
        settings,
        files: Some(Vec::new()),
        overrides: Vec::new(),
        hba: Some(vec![HbaRow {
            line: "1".to_owned(),
            kind: "local".to_owned(),
            databases: vec!["shop".to_owned()],
            users: vec!["app".to_owned()],
            method: "reject".to_owned(),
            ..HbaRow::default()
        }]),
        roles: Vec::new(),
        members: Vec::new(),
        newer_files: Some(Vec::new()),
    }
}

fn file_row(value: &str, context: &str) -> Row {
    Row {
        setting: value.to_owned(),
        context: context.to_owned(),
        source: "configuration file".to_owned(),
        file: Some("/etc/postgresql.conf".to_owned()),
        line: Some("12".to_owned()),
        pending_restart: false,
    }
}

fn policy(settings: &serde_json::Value) -> Policy {
    Policy::from_json(json!({ "version": 1, "service": "t", "tls": { "min_version": "TLSv1.3" }, "postgres": { "settings": settings },
        "targets": { "postgres": { "versions": "15-18" } } }))
    .unwrap_or_else(|why| panic!("{why}"))
}

fn reading(snapshot: &Snapshot, settings: &serde_json::Value) -> Reading {
    judge(&policy(settings), &(15..=18), snapshot, &mut Sources::new(std::path::Path::new("/")))
}

/// The verdict that a fact amounts to, as `compare` gives it.
fn verdict(intent: &Intent, fact: &Fact) -> (Verdict, String) {
    match &fact.found {
        Found::Set { value, text } => {
            let comparison = intent.value.compare(value);
            let verdict = match comparison.order {
                Order::Equal if *text == intent.text => Verdict::Equal,
                Order::Equal => Verdict::Equivalent,
                Order::Stricter => Verdict::Stricter,
                Order::Weaker => Verdict::Weaker,
                Order::Incomparable => Verdict::Incomparable,
            };
            (verdict, comparison.why)
        }
        Found::Default { value, .. } => match intent.value.compare(value).order {
            Order::Equal => (Verdict::Equivalent, String::new()),
            Order::Stricter => (Verdict::Stricter, String::new()),
            Order::Weaker => (Verdict::Absent, String::new()),
            Order::Incomparable => (Verdict::Incomparable, String::new()),
        },
        Found::Missing => (Verdict::Absent, String::new()),
        Found::Invalid { why, .. } => (Verdict::Absent, why.clone()),
        Found::Unverifiable(why) => (Verdict::Unverifiable, why.clone()),
        Found::NotApplicable(why) => (Verdict::NotApplicable, why.clone()),
        Found::Text(text) => panic!("no fact of a server is plain text: {text}"),
    }
}

/// Place, verdict and words of each fact about a setting, in order.
#[allow(clippy::needless_pass_by_value)] // Reads better with json!().
fn verdicts(snapshot: &Snapshot, name: &str, value: serde_json::Value) -> Vec<(String, Verdict, String)> {
    let policy = policy(&json!({ name: value }));
    let mut sources = Sources::new(std::path::Path::new("/"));
    let facts = judge(&policy, &(15..=18), snapshot, &mut sources).facts;
    let key = format!("{SETTINGS}{name}");
    let of = facts.into_iter().filter(|fact| fact.intent == key);
    of.map(|fact| {
        assert!(fact.at.as_ref().is_some_and(|at| at.span.end > at.span.start), "every fact has a line: {fact:?}");
        let (verdict, why) = verdict(policy.intent(&key).unwrap_or_else(|| panic!("{key}")), &fact);
        let text = format!("{why} | {} | {}", fact.at.map(|at| at.message).unwrap_or_default(), fact.help.join("; "));
        (fact.place, verdict, text)
    })
    .collect()
}

#[track_caller]
fn one(snapshot: &Snapshot, name: &str, value: serde_json::Value, verdict: Verdict, words: &[&str]) {
    let all = verdicts(snapshot, name, value);
    let [(place, found, text)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((place.as_str(), *found), (SERVER, verdict), "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
}

fn tls(snapshot: &Snapshot) -> (Verdict, String) {
    let policy = policy(&json!({}));
    let facts = judge(&policy, &(15..=18), snapshot, &mut Sources::new(std::path::Path::new("/"))).facts;
    let fact = facts.iter().find(|fact| fact.intent == TLS_MIN).unwrap_or_else(|| panic!("a fact"));
    verdict(policy.intent(TLS_MIN).unwrap_or_else(|| panic!("an intent")), fact)
}

#[test]
fn values_are_compared_by_meaning_and_say_what_sets_them() {
    let mut server = snapshot();
    for (name, found, required, verdict) in [
        ("authentication_timeout", "60", json!("1min"), Verdict::Equivalent),
        ("log_file_mode", "0640", json!("0600"), Verdict::Weaker),
        ("log_rotation_age", "1440", json!("1d"), Verdict::Equivalent),
        ("log_destination", "csvlog,stderr", json!(["stderr", "csvlog"]), Verdict::Equivalent),
        ("log_statement", "all", json!("ddl"), Verdict::Stricter),
        ("password_encryption", "md5", json!("scram-sha-256"), Verdict::Weaker),
    ] {
        server.settings.insert(name.to_owned(), file_row(found, "sighup"));
        one(&server, name, required, verdict, &["/etc/postgresql.conf:12"]);
    }
    one(&server, "log_disconnections", json!("on"), Verdict::Absent, &["nothing sets it", "ALTER SYSTEM SET log_disconnections = 'on'", "new connections"]);
    one(&server, "logging_collector", json!("on"), Verdict::Absent, &["restart the server"]);
}

#[test]
fn the_command_line_is_named_with_the_line_that_it_overrides() {
    let mut server = snapshot();
    server.settings.insert("log_connections".to_owned(), Row { setting: "off".to_owned(), source: "command line".to_owned(), ..Row::default() });
    let line = FileLine {
        file: "/data/postgresql.auto.conf".to_owned(),
        line: "3".to_owned(),
        name: "log_connections".to_owned(),
        setting: "on".to_owned(),
        applied: true,
        ..FileLine::default()
    };
    server.files = Some(vec![line]);
    one(
        &server,
        "log_connections",
        json!(true),
        Verdict::Weaker,
        &["the command line overrides on in /data/postgresql.auto.conf:3", "out of the server's command line"],
    );
}

#[test]
fn what_is_not_shown_never_passes() {
    let mut server = snapshot();
    server.settings.remove("ssl_ciphers");
    server.settings.remove("shared_preload_libraries");
    server.reads_all = false;
    one(&server, "ssl_ciphers", json!("HIGH:!aNULL:!MD5"), Verdict::Unverifiable, &["needs pg_read_all_settings", "GRANT pg_read_all_settings TO auditor"]);
    one(&server, "shared_preload_libraries", json!(["pgaudit"]), Verdict::Unverifiable, &["pg_read_all_settings"]);
    // An extension's setting may be hidden too.
    one(&server, "pgaudit.log", json!("ddl"), Verdict::Unverifiable, &["pg_read_all_settings"]);
    server.reads_all = true;
    one(&server, "shared_preload_libraries", json!(["pgaudit"]), Verdict::Unverifiable, &["does not list"]);
    one(&server, "pgaudit.log", json!("ddl"), Verdict::Absent, &["load the library"]);
    one(&server, "scram_iterations", json!(8192), Verdict::NotApplicable, &["PostgreSQL 15 has no scram_iterations"]);
    // Without any privilege no intent passes by a row that is not there.
    server.settings.clear();
    server.reads_all = false;
    for name in ["ssl", "log_connections", "password_encryption", "listen_addresses"] {
        one(&server, name, json!(if name == "password_encryption" { "md5" } else { "on" }), Verdict::Unverifiable, &["not shown"]);
    }
    // Every role sees `ssl`: where it is gone too, nothing is known.
    assert_eq!(tls(&server).0, Verdict::Unverifiable);
}

#[test]
fn the_session_s_own_value_says_nothing_of_the_server() {
    for source in ["user", "database", "database user", "client", "session", "override"] {
        let mut server = snapshot();
        server.settings.insert("log_statement".to_owned(), Row { setting: "all".to_owned(), source: source.to_owned(), ..Row::default() });
        one(&server, "log_statement", json!("ddl"), Verdict::Unverifiable, &["a value of its own"]);
    }
    let mut server = snapshot();
    server.settings.insert("wal_level".to_owned(), Row { source: "override".to_owned(), ..file_row("replica", "postmaster") });
    one(&server, "wal_level", json!("replica"), Verdict::Equal, &["set by override"]);
    server.settings.insert("log_statement".to_owned(), Row { setting: "none".to_owned(), source: "global".to_owned(), ..Row::default() });
    one(&server, "log_statement", json!("ddl"), Verdict::Weaker, &["ALTER ROLE ALL"]);
}

#[test]
fn overrides_are_judged_at_their_own_places() {
    let mut server = snapshot();
    server.settings.insert("log_statement".to_owned(), file_row("ddl", "superuser"));
    let set = |role: Option<&str>, database: Option<&str>, value: &str| Override {
        role: role.map(str::to_owned),
        database: database.map(str::to_owned),
        name: "log_statement".to_owned(),
        value: value.to_owned(),
    };
    server.overrides = vec![set(Some("app"), None, "none"), set(None, Some("Shop"), "all"), set(Some("a\"b"), Some("x"), "bogus"), set(None, None, "ddl")];
    let found = verdicts(&server, "log_statement", json!("ddl"));
    let short: Vec<(&str, Verdict)> = found.iter().map(|(place, verdict, _)| (place.as_str(), *verdict)).collect();
    assert_eq!(
        short,
        [
            ("role app", Verdict::Weaker),
            ("database Shop", Verdict::Stricter),
            ("role a\"b in database x", Verdict::Unverifiable),
            ("all roles", Verdict::Equal),
            (SERVER, Verdict::Equal)
        ]
    );
    assert!(found[0].2.contains("ALTER ROLE \"app\" RESET log_statement"), "{found:?}");
    assert!(found[2].2.contains("ALTER ROLE \"a\"\"b\" IN DATABASE \"x\" RESET log_statement"), "{found:?}");
}

#[test]
fn a_waiting_value_is_a_place_of_its_own() {
    let mut server = snapshot();
    server.settings.insert("logging_collector".to_owned(), Row { pending_restart: true, ..file_row("on", "postmaster") });
    let line = |setting: &str| FileLine {
        file: "/etc/postgresql.conf".to_owned(),
        line: "7".to_owned(),
        name: "logging_collector".to_owned(),
        setting: setting.to_owned(),
        error: "setting could not be applied".to_owned(),
        ..FileLine::default()
    };
    server.files = Some(vec![line("off")]);
    let found = verdicts(&server, "logging_collector", json!("on"));
    let short: Vec<(&str, Verdict)> = found.iter().map(|(place, verdict, _)| (place.as_str(), *verdict)).collect();
    assert_eq!(short, [(SERVER, Verdict::Equal), ("live server after its next start", Verdict::Weaker)]);
    let reading = self::reading(&server, &json!({ "logging_collector": "on" }));
    let rules: Vec<&str> = reading.findings.iter().map(|f| f.rule.name).collect();
    assert_eq!(rules, ["postgres-live-pending-restart"], "that it waits is no error of the file");
    assert!(reading.findings[0].message.contains("(off in /etc/postgresql.conf:7)"), "{}", reading.findings[0].message);
    // A value that no server takes is an error of the file.
    server.files = Some(vec![line("bogus")]);
    let reading = self::reading(&server, &json!({}));
    assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["postgres-live-file-error"]);
}

#[test]
fn ssl_is_believed_only_where_the_wire_shows_it() {
    let mut server = snapshot();
    one(&server, "ssl", json!("on"), Verdict::Equal, &["/etc/postgresql.conf:12"]);
    assert_eq!(tls(&server).0, Verdict::Equal);
    let rules = |server: &Snapshot| reading(server, &json!({})).findings.iter().map(|f| f.rule.name).collect::<Vec<_>>();
    assert!(rules(&server).is_empty());

    server.wire = Wire { answer: Answer::Denied, tls12: Handshake::NotTried, tls13: Handshake::NotTried };
    one(&server, "ssl", json!("on"), Verdict::Absent, &["answers a request for TLS with no", "SSL configuration was not reloaded"]);
    assert_eq!(tls(&server).0, Verdict::Absent);
    assert_eq!(rules(&server), ["postgres-live-tls"]);
    let finding = &reading(&server, &json!({})).findings[0];
    assert_eq!((finding.rule.severity, finding.kind), (crate::finding::Severity::High, Kind::Verdict(Verdict::Weaker)));

    for answer in [Answer::NotAsked("a Unix socket".to_owned()), Answer::Unknown("the byte 0x48".to_owned())] {
        server.wire.answer = answer;
        one(&server, "ssl", json!("on"), Verdict::Unverifiable, &["without a certificate"]);
        assert_eq!(tls(&server).0, Verdict::Unverifiable);
    }
    server.wire.answer = Answer::NotAsked("a Unix socket".to_owned());
    server.settings.insert("listen_addresses".to_owned(), file_row("", "postmaster"));
    one(&server, "ssl", json!("on"), Verdict::NotApplicable, &["listens on no network address"]);
    assert_eq!(tls(&server).0, Verdict::NotApplicable);

    let mut server = snapshot();
    server.settings.insert("ssl".to_owned(), file_row("off", "sighup"));
    one(&server, "ssl", json!("on"), Verdict::Weaker, &[]);
    assert_eq!(tls(&server).0, Verdict::Absent);
    assert_eq!(rules(&server), ["postgres-live-tls"], "something else offers TLS");
}

#[test]
fn the_wire_overrules_the_minimum() {
    let mut server = snapshot();
    server.wire.tls12 = Handshake::Accepted;
    let (verdict, why) = tls(&server);
    assert_eq!(verdict, Verdict::Absent);
    assert!(why.contains("accepts TLSv1.2"), "{why}");
    assert_eq!(reading(&server, &json!({})).findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["postgres-live-tls"]);
    // A handshake that failed for another reason proves nothing, and the setting is judged.
    server.wire.tls12 = Handshake::Failed("no common suite".to_owned());
    assert_eq!(tls(&server).0, Verdict::Equal);
    server.wire.tls13 = Handshake::Failed("closed".to_owned());
    assert_eq!(tls(&server).0, Verdict::Unverifiable, "nothing at all was shown");
    server.wire.tls13 = Handshake::Accepted;
    server.settings.insert(MIN.to_owned(), file_row("TLSv1.2", "sighup"));
    assert_eq!(tls(&server).0, Verdict::Weaker);
    // Without the row the wire decides where it can.
    server.reads_all = false;
    server.settings.remove(MIN);
    server.settings.remove(MAX);
    assert_eq!(tls(&server).0, Verdict::Unverifiable);
    server.wire.tls12 = Handshake::Accepted;
    assert_eq!(tls(&server).0, Verdict::Weaker);
    server.wire.tls12 = Handshake::Refused;
    assert_eq!(tls(&server).0, Verdict::Equivalent);
}

#[test]
fn cipher_strings_do_not_matter_to_tls_1_3() {
    let mut server = snapshot();
    server.settings.insert("ssl_ciphers".to_owned(), file_row("ALL", "sighup"));
    one(&server, "ssl_ciphers", json!("HIGH:!aNULL:!MD5"), Verdict::NotApplicable, &["does not govern TLS 1.3"]);
    server.wire.tls12 = Handshake::Failed("closed".to_owned());
    let found = verdicts(&server, "ssl_ciphers", json!("HIGH:!aNULL:!MD5"));
    assert_eq!(found[0].1, Verdict::Weaker, "{found:?}");
}

#[test]
fn another_version_than_declared_is_unverifiable() {
    for (major, words) in [(14, "the spec is for PostgreSQL 15-18"), (19, "secgen knows PostgreSQL 12-18"), (11, "secgen knows")] {
        let server = Snapshot { major, ..snapshot() };
        one(&server, "log_connections", json!(true), Verdict::Unverifiable, &[words]);
        assert_eq!(tls(&server).0, Verdict::Unverifiable);
    }
}

#[test]
fn errors_of_files_and_newer_files_are_findings() {
    let mut server = snapshot();
    server.files =
        Some(vec![FileLine { file: "/etc/postgresql.conf".to_owned(), line: "9".to_owned(), error: "syntax error".to_owned(), ..FileLine::default() }]);
    server.hba = Some(vec![HbaRow { line: "4".to_owned(), error: "invalid IP mask".to_owned(), ..HbaRow::default() }]);
    server.newer_files = Some(vec!["/etc/pg_hba.conf".to_owned()]);
    server.settings.insert("hba_file".to_owned(), Row { setting: "/etc/pg_hba.conf".to_owned(), ..Row::default() });
    let reading = reading(&server, &json!({}));
    let messages: Vec<&str> = reading.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "/etc/pg_hba.conf was changed after the server read it last",
            "/etc/postgresql.conf:9 has an error that the server reports: syntax error",
            "/etc/pg_hba.conf:4 has an error that the server reports: invalid IP mask",
        ]
    );
    assert!(reading.findings.iter().all(|f| f.primary.is_some() && !f.help.is_empty()));
    // A file that is newer is said so whoever may not read the files' lines.
    let server = Snapshot { files: None, ..server };
    assert!(super::tests::reading(&server, &json!({})).findings.iter().any(|f| f.rule == &rules::LIVE_NOT_LOADED));
}

#[test]
fn what_may_not_be_read_is_named_with_the_grant() {
    let server = Snapshot { files: None, hba: None, newer_files: None, role: "My Role".to_owned(), unproven: Some("no TLS".to_owned()), ..snapshot() };
    let all: Vec<String> = reading(&server, &json!({})).not_examined.into_iter().map(|(what, why)| format!("{what}: {why}")).collect();
    for words in ["GRANT SELECT ON pg_file_settings TO \"My Role\"", "GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO \"My Role\"", "no TLS"] {
        assert!(all.iter().any(|line| line.contains(words)), "{words}: {all:?}");
    }
}

#[test]
fn hostile_text_stays_in_its_line_and_secrets_stay_hidden() {
    let mut server = snapshot();
    server.settings.insert("primary_conninfo".to_owned(), file_row("host=x password=canary", "sighup"));
    server.settings.insert("cluster_name".to_owned(), file_row("a\nssl = 'off'\u{1b}[2J\r::error::x", "postmaster"));
    server.overrides =
        vec![Override { role: Some("x\ny".to_owned()), name: "primary_conninfo".to_owned(), value: "password=canary".to_owned(), ..Override::default() }];
    let mut sources = Sources::new(std::path::Path::new("/"));
    let reading = judge(&policy(&json!({ "primary_conninfo": "sslmode=verify-full" })), &(15..=18), &server, &mut sources);
    let text = sources.get(reading.sources[0]).text().unwrap_or_default().to_owned();
    assert!(!text.contains("canary") && !text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("ssl =")).count(), 1);
    assert!(reading.facts.iter().all(|fact| !format!("{:?}", (&fact.at, &fact.help, &fact.related)).contains("canary")));
}
