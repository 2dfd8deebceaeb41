//! Which of several layers wins, and what the report says of the others.

use super::fixtures::{input, sources_of};
use super::live::{Cluster, servers};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::{Fact, Found, Reading, Target, postgres::Postgres};
use serde_json::json;

/// Reads a folder's files for one setting that the policy asks for.
fn read(files: &[(&str, &str)], inputs: &[&str], settings: &serde_json::Value) -> (Policy, Sources, Reading) {
    let (folder, mut sources) = sources_of(files);
    let policy = super::policy("15", settings);
    let inputs: Vec<_> = inputs.iter().map(|path| input(path)).collect();
    let reading = Postgres.read(&policy, &mut sources, &inputs);
    drop(folder);
    (policy, sources, reading)
}

/// The text in force, the place of its line, and the places that it overrides.
fn decided(sources: &Sources, fact: &Fact) -> (String, String, Vec<String>) {
    let text = match &fact.found {
        Found::Set { text, .. } | Found::Invalid { text, .. } => text.clone(),
        other => format!("{other:?}"),
    };
    let place = |label: &secgen::finding::Label| sources.place(label.span);
    (text, fact.at.as_ref().map(place).unwrap_or_default(), fact.related.iter().map(place).collect())
}

/// Path and text of each file.
type Files = &'static [(&'static str, &'static str)];

/// Trees of files with what a server of 15 has for `log_statement`, and from where.
const TREES: [(Files, &str, &str); 9] = [
    (
        &[
            ("postgresql.conf", "log_statement = 'none'\ninclude_dir 'conf.d'\n"),
            ("conf.d/10-a.conf", "log_statement = ddl\n"),
            ("conf.d/9-b.conf", "log_statement = mod\n"),
            ("conf.d/.hidden.conf", "log_statement = all\n"),
            ("conf.d/zz.conf.bak", "log_statement = all\n"),
            ("conf.d/ZZ.CONF", "log_statement = all\n"),
            ("conf.d/sub/x.conf", "log_statement = all\n"),
        ],
        "mod",
        "conf.d/9-b.conf:1",
    ),
    (
        &[
            ("postgresql.conf", "include_dir = 'conf.d'\n"),
            ("conf.d/a.conf", "log_statement = ddl\n"),
            ("conf.d/B.conf", "log_statement = mod\n"),
            ("conf.d/_c.conf", "log_statement = all\n"),
        ],
        "ddl",
        "conf.d/a.conf:1",
    ),
    (&[("postgresql.conf", "log_statement = ddl\n"), ("postgresql.auto.conf", "log_statement = 'mod'\n")], "mod", "postgresql.auto.conf:1"),
    // Expanded in place: a later line of the main file wins over an included one.
    (&[("postgresql.conf", "include 'x.conf'\nlog_statement = none\n"), ("x.conf", "log_statement = all\n")], "none", "postgresql.conf:2"),
    (&[("postgresql.conf", "log_statement = none\ninclude 'x.conf'\n"), ("x.conf", "LOG_STATEMENT all\n")], "all", "x.conf:1"),
    // Relative to the including file.
    (
        &[
            ("postgresql.conf", "include 'a/x.conf'\n"),
            ("a/x.conf", "include 'y.conf'\n"),
            ("a/y.conf", "log_statement = mod\n"),
            ("y.conf", "log_statement = all\n"),
        ],
        "mod",
        "a/y.conf:1",
    ),
    (&[("postgresql.conf", "log_statement = ddl\ninclude_if_exists 'missing.conf'\n")], "ddl", "postgresql.conf:1"),
    // ALTER SYSTEM would write such an include out; until then it is followed.
    (&[("postgresql.conf", "log_statement = none\n"), ("postgresql.auto.conf", "include 'x.conf'\n"), ("x.conf", "log_statement = all\n")], "all", "x.conf:1"),
    (&[("postgresql.conf", "log_statement = mod\nlog_statement = ddl\n"), ("postgresql.auto.conf", "# Do not edit\n")], "ddl", "postgresql.conf:2"),
];

#[test]
fn the_last_line_in_the_servers_order_wins() {
    for (files, value, place) in TREES {
        let (_, sources, reading) = read(files, &["postgresql.conf"], &json!({ "log_statement": "ddl" }));
        let (found, at, _) = decided(&sources, &reading.facts[0]);
        assert_eq!((found.as_str(), at.as_str()), (value, place), "{files:?}");
        assert_eq!(reading.findings.len(), 0, "{files:?}");
    }
}

#[test]
fn servers_agree_on_the_order() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        for (files, value, _) in TREES {
            cluster.write("postgresql.auto.conf", "");
            for (name, text) in files {
                let base = if *name == "postgresql.conf" { "listen_addresses = ''\n" } else { "" };
                cluster.write(name, &format!("{base}{text}"));
            }
            assert_eq!(cluster.would_have("log_statement").as_deref(), Ok(value), "{version}: {files:?}");
            for (name, _) in files {
                std::fs::remove_file(cluster.data().join(name)).unwrap();
            }
        }
    }
}

const OPTS: &str = "/usr/lib/postgresql/15/bin/postgres \"-D\" \"/data\" \"-c\" \"log_statement=none\" \"--log-connections=off\" \"-p\" \"5433\" \"-i\"\n";

#[test]
fn the_command_line_of_the_last_start_wins_over_every_file() {
    let files = [
        ("postgresql.conf", "log_statement = ddl\nlog_connections = on\nlisten_addresses = 'localhost'\n"),
        ("postgresql.auto.conf", "log_statement = 'all'\n"),
        ("postmaster.opts", OPTS),
    ];
    let settings = json!({ "log_statement": "ddl", "log_connections": "on", "listen_addresses": "localhost", "port": "5433" });
    // It lies in the data folder; or it is named.
    for inputs in [&["postgresql.conf"][..], &["postgresql.conf", "postmaster.opts"], &["postmaster.opts", "postgresql.auto.conf", "postgresql.conf"]] {
        let (_, sources, reading) = read(&files, inputs, &settings);
        let found: Vec<(String, String, Vec<String>)> = reading.facts.iter().map(|fact| decided(&sources, fact)).collect();
        let line = |text: &str, over: &[&str]| (text.to_owned(), "postmaster.opts:1".to_owned(), over.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            found,
            [
                line("*", &["postgresql.conf:3"]),
                line("off", &["postgresql.conf:2"]),
                line("none", &["postgresql.conf:1", "postgresql.auto.conf:1"]),
                line("5433", &[]),
            ],
            "{inputs:?}"
        );
        let fact = &reading.facts[2];
        assert_eq!(fact.at.as_ref().unwrap().message, "in force: the server's command line, as of its last start, wins over every file");
        assert_eq!(fact.related[0].message, "ddl here is overridden by the server's command line");
        assert_eq!(
            fact.help,
            [
                "take it out of what starts the server (its service, pg_ctl -o, the container's command), write `log_statement = 'ddl'` in postgresql.conf, then restart the server (CIS 17: 3.1.25)"
            ]
        );
        // Only roles and databases are left to ask a server for.
        assert_eq!(reading.not_examined.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(), ["ALTER ROLE .. SET and ALTER DATABASE .. SET"]);
        assert_eq!(reading.findings.len(), 0);
    }
}

#[test]
fn a_server_may_have_been_started_with_another_main_file() {
    let main = "log_statement = ddl\n";
    let settings = json!({ "log_statement": "ddl", "log_connections": "on" });
    for (config_file, is_this) in [("/data/postgresql.conf", true), ("/etc/postgresql.conf", false), ("other.conf", false)] {
        let opts = format!("postgres \"-D\" \"/data\" \"-c\" \"config_file={config_file}\"\n");
        let files = [("postgresql.conf", main), ("postgresql.auto.conf", "log_connections = on\n"), ("postmaster.opts", opts.as_str())];
        let (_, _, reading) = read(&files, &["postgresql.conf"], &settings);
        let is_set: Vec<bool> = reading.facts.iter().map(|fact| matches!(fact.found, Found::Set { .. })).collect();
        assert_eq!(is_set, [true, is_this], "postgresql.auto.conf wins over any main file: {config_file}");
        assert_eq!(reading.not_examined.iter().any(|(what, _)| what == config_file), !is_this);
    }
    // Debian's main file lies elsewhere, and is the one that is checked.
    let files = [
        ("etc/postgresql.conf", "data_directory = '../var/main'\nlog_statement = ddl\n"),
        ("var/main/postgresql.auto.conf", ""),
        ("var/main/postmaster.opts", "postgres \"-D\" \"/var/main\" \"-c\" \"config_file=/etc/postgresql.conf\"\n"),
    ];
    let (_, _, reading) = read(&files, &["etc/postgresql.conf"], &json!({ "log_statement": "ddl" }));
    assert!(matches!(reading.facts[0].found, Found::Set { .. }), "{:?}", reading.facts[0]);
}

#[test]
fn a_byte_order_mark_is_named() {
    let (_, _, reading) = read(&[("postgresql.conf", "\u{feff}ssl = on\n")], &["postgresql.conf"], &json!({ "ssl": "on" }));
    assert!(reading.findings[0].help[0].contains("byte order mark"), "{:?}", reading.findings[0].help);
}

#[test]
fn a_script_beside_several_servers_says_what_it_decides_only() {
    let files = [("a/postgresql.conf", "log_statement = ddl\n"), ("b/postgresql.conf", "log_statement = ddl\n"), ("x.sql", "ALTER SYSTEM SET ssl = off;\n")];
    let (_, _, reading) = read(&files, &["a/postgresql.conf", "b/postgresql.conf", "x.sql"], &json!({ "ssl": "on", "log_statement": "ddl" }));
    let of_script: Vec<&str> = reading.facts.iter().filter(|fact| fact.place.starts_with("script")).map(|fact| fact.intent.as_str()).collect();
    assert_eq!(of_script, ["postgres.settings.ssl"]);
}

#[test]
fn what_was_not_given_is_said() {
    let (_, _, reading) = read(&[("deploy/postgresql.conf", "log_statement = ddl\n")], &["deploy/postgresql.conf"], &json!({ "log_statement": "ddl" }));
    let what: Vec<&str> = reading.not_examined.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["postgresql.auto.conf", "the server's command line, ALTER ROLE .. SET and ALTER DATABASE .. SET"]);
    assert!(reading.not_examined[0].1.contains("provisional"));
    // A command line alone: what it does not set is unknown.
    let (_, _, reading) = read(&[("x/postmaster.opts", OPTS)], &["x/postmaster.opts"], &json!({ "log_statement": "ddl", "fsync": "on" }));
    let found: Vec<bool> = reading.facts.iter().map(|fact| matches!(fact.found, Found::Set { .. })).collect();
    assert_eq!(found, [false, true]);
    assert!(matches!(&reading.facts[0].found, Found::Unverifiable(why) if why.contains("postgresql.conf was not given")));
}

#[test]
fn the_data_folder_is_followed() {
    // Debian keeps postgresql.conf apart from the data.
    let files = [
        ("etc/postgresql.conf", "data_directory = '../var/main'\nlog_statement = ddl\n"),
        ("var/main/postgresql.auto.conf", "log_statement = 'none'\n"),
        ("var/main/postmaster.opts", "postgres \"-c\" \"log_connections=off\"\n"),
        ("etc/postgresql.auto.conf", "log_statement = 'all'\n"),
    ];
    let (_, sources, reading) = read(&files, &["etc/postgresql.conf"], &json!({ "log_statement": "ddl", "log_connections": "on" }));
    let found: Vec<(String, String, Vec<String>)> = reading.facts.iter().map(|fact| decided(&sources, fact)).collect();
    assert_eq!(found[0].1, "var/main/postmaster.opts:1");
    assert_eq!(found[1], ("none".into(), "var/main/postgresql.auto.conf:1".into(), vec!["etc/postgresql.conf:2".into()]));
    // One of another machine is not read, and not an error either.
    let files = [("postgresql.conf", "data_directory = '/var/lib/postgresql/15/no-such-cluster'\nlog_statement = ddl\n")];
    let (_, _, reading) = read(&files, &["postgresql.conf"], &json!({ "log_statement": "ddl" }));
    assert_eq!((reading.findings.len(), reading.not_examined[0].0.as_str()), (0, "postgresql.auto.conf"));
}

#[test]
fn a_running_servers_own_files_are_read_as_it_runs() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.append_conf("log_disconnections = on\nlog_statement = ddl\nlog_error_verbosity = terse\n");
        assert!(cluster.control_with("start", "-F -c log_disconnections=off --log-hostname=on -d 1"));
        cluster.script(
            "ALTER SYSTEM SET log_disconnections = on;\nALTER SYSTEM SET log_error_verbosity = 'verbose';\nSELECT pg_reload_conf();\nSELECT pg_sleep(1);\n",
        );
        let names = ["fsync", "log_disconnections", "log_error_verbosity", "log_hostname", "log_min_messages", "log_statement"];
        let values = ["on", "on", "verbose", "off", "warning", "ddl"];
        let settings: serde_json::Map<String, serde_json::Value> = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let policy = super::policy(version, &settings.into());
        let mut sources = Sources::new(&cluster.data());
        let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
        for (fact, name) in reading.facts.iter().zip(names) {
            let Found::Set { value, .. } = &fact.found else { panic!("{name}: {fact:?}") };
            let secgen::strictness::Value::Setting(found) = value else { panic!("{name}") };
            let running = secgen::strictness::postgres::Setting::from_text(name, &cluster.setting(name), &found.versions).unwrap();
            assert_eq!(secgen::strictness::Strictness::compare(&running, found).order, secgen::strictness::Order::Equal, "{version}: {name}");
        }
        // The server itself names the command line as the source, of the same settings.
        let theirs = cluster.query("SELECT string_agg(name, ' ' ORDER BY name COLLATE \"C\") FROM pg_settings WHERE source = 'command line' AND name = ANY ('{fsync,log_disconnections,log_error_verbosity,log_hostname,log_min_messages,log_statement}')");
        let ours: Vec<&str> = names
            .into_iter()
            .zip(&reading.facts)
            .filter(|(_, fact)| fact.at.as_ref().is_some_and(|at| sources.get(at.span.source).path == "postmaster.opts"))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(ours.join(" "), theirs, "{version}");
    }
}
