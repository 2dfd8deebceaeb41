//! Scripts as sources of a check: a layer above the files of a server, or a place of their own.

use super::{findings, policy, read, rules, verdicts};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::{Input, Target, postgres::Postgres};
use serde_json::json;

/// The verdicts on these files.
fn judged(policy: &Policy, files: &[(&str, &str)]) -> Vec<String> {
    let (sources, reading) = read(policy, files);
    verdicts(policy, &sources, &reading)
}

const CONF: &str = "log_statement = 'ddl'\nlog_hostname = off\n";
const AUTO: &str = "log_statement = 'none'\nlog_hostname = 'off'\n";

#[test]
fn a_script_is_a_layer_above_the_files() {
    let policy = policy("15-18", &json!({ "log_statement": "ddl" }));
    let with = |script: &str| judged(&policy, &[("postgresql.conf", CONF), ("postgresql.auto.conf", AUTO), ("harden.sql", script)]);
    assert_eq!(with("SELECT 1;"), ["log_statement server weaker shadowed postgresql.auto.conf:1"]);
    assert_eq!(with("ALTER SYSTEM SET log_statement = 'ddl';"), ["log_statement server equal value harden.sql:1"]);
    assert_eq!(with("ALTER SYSTEM SET log_statement = all;"), ["log_statement server weaker shadowed postgresql.auto.conf:1"], "refused");
    assert_eq!(with("ALTER SYSTEM SET log_statement = 'all';"), ["log_statement server stricter value harden.sql:1"]);
    // What was there before comes to the fore.
    assert_eq!(with("ALTER SYSTEM RESET log_statement;"), ["log_statement server equal value postgresql.conf:1"]);
    assert_eq!(with("ALTER SYSTEM RESET ALL;"), ["log_statement server equal value postgresql.conf:1"]);
    assert_eq!(with("ALTER SYSTEM SET log_statement = 'none';"), ["log_statement server weaker shadowed harden.sql:1"]);
}

#[test]
fn arms_are_judged_one_by_one() {
    let policy = policy("15-18", &json!({ "log_statement": "ddl" }));
    let alone = |script: &str| judged(&policy, &[("a.sql", script)]);
    let (good, weak) = ("ALTER SYSTEM SET log_statement = 'ddl';\n", "ALTER SYSTEM SET log_statement = 'none';\n");
    assert_eq!(
        alone(&format!("\\if :x\n{good}\\else\n{weak}\\endif\n")),
        ["log_statement script a.sql equal value a.sql:2", "log_statement script a.sql weaker value a.sql:4"]
    );
    assert_eq!(
        alone(&format!("\\if :x\n{good}\\endif\n")),
        ["log_statement script a.sql equal value a.sql:2", "log_statement script a.sql unverifiable not-read"],
        "one arm alone decides nothing"
    );
    assert_eq!(alone(&format!("\\if :x\n{good}\\else\n{good}\\endif\n")).iter().filter(|v| v.contains("equal")).count(), 2);
    assert_eq!(alone(&format!("\\if :x\n{weak}\\endif\n{good}")), ["log_statement script a.sql equal value a.sql:4"]);
    // The same condition decides alike.
    assert_eq!(alone(&format!("\\if :x\n{weak}\\endif\n\\if :x\n{good}\\else\n{good}\\endif\n")).iter().filter(|v| v.contains("weaker")).count(), 0);
    // Guards on the version cover the declared ones.
    let guards = "SELECT current_setting('server_version_num')::int >= 180000 AS ge18 \\gset\n";
    assert_eq!(
        alone(&format!("{guards}\\if :ge18\n{good}\\else\n{good}\\endif\n")),
        ["log_statement script a.sql equal value a.sql:5", "log_statement script a.sql equal value a.sql:3"]
    );
    // A script that stops itself has not run.
    assert_eq!(alone(&format!("\\if :ok\n\\else\n\\q\n\\endif\n{good}")), ["log_statement script a.sql equal value a.sql:5"]);
}

#[test]
fn what_is_not_known_is_no_pass() {
    let policy = policy("15", &json!({ "log_statement": "ddl" }));
    let alone = |script: &str| judged(&policy, &[("a.sql", script)]);
    assert_eq!(alone("ALTER SYSTEM SET log_statement = :level;"), ["log_statement script a.sql unverifiable dynamic a.sql:1"]);
    assert_eq!(alone("ALTER SYSTEM SET log_statement = 'ddl';\n\\i /etc/other.sql\n"), ["log_statement script a.sql unverifiable not-read a.sql:2"]);
    assert_eq!(alone("\\i /etc/other.sql\nALTER SYSTEM SET log_statement = 'ddl';\n"), ["log_statement script a.sql equal value a.sql:2"]);
    assert_eq!(alone("ALTER SYSTEM SET log_statement = 'ddl';\n:what;\n"), ["log_statement script a.sql unverifiable not-read a.sql:2"]);
    assert_eq!(
        alone("ALTER SYSTEM SET log_statement = 'ddl';\nSELECT 'ALTER SYSTEM ' || x FROM t \\gexec\n"),
        ["log_statement script a.sql unverifiable not-read a.sql:2"]
    );
    let (_, reading) = read(&policy, &[("a.sql", "SELECT 'CREATE DATABASE x' \\gexec\n\\ir b.sql\n:what;")]);
    let what: Vec<&str> = reading.not_examined.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["a.sql, line 1", "b.sql", ":what in a.sql"]);
}

/// A script is not asked for all that it does not set, one by one.
#[test]
fn a_small_script_is_not_drowned() {
    let settings = json!({ "log_statement": "ddl", "ssl": "on", "log_hostname": "off", "password_encryption": "scram-sha-256", "log_line_prefix": "%m" });
    let policy = policy("15", &settings);
    let (_, reading) = read(&policy, &[("a.sql", "ALTER SYSTEM SET log_statement = 'ddl';")]);
    let unknown: Vec<_> = reading.facts.iter().filter(|f| matches!(f.found, secgen::targets::Found::Unverifiable(_))).collect();
    assert_eq!(unknown.len(), 4);
    for fact in &unknown {
        assert_eq!((&fact.found, fact.rule.name), (&unknown[0].found, unknown[0].rule.name), "alike, so that they are one finding");
    }
}

#[test]
fn roles_and_databases_override() {
    let policy = policy("15", &json!({ "log_statement": "ddl", "password_encryption": "scram-sha-256" }));
    let conf = "log_statement = 'ddl'\npassword_encryption = 'scram-sha-256'\n";
    let with = |script: &str| {
        let all = judged(&policy, &[("postgresql.conf", conf), ("a.sql", script)]);
        all.into_iter().filter(|v| !v.contains(" server ")).collect::<Vec<_>>()
    };
    assert_eq!(with("ALTER ROLE app SET log_statement = 'none';"), ["log_statement role app weaker shadowed a.sql:1"]);
    assert_eq!(with("ALTER USER app IN DATABASE d SET log_statement TO none;"), ["log_statement role app in database d weaker shadowed a.sql:1"]);
    assert_eq!(with("ALTER DATABASE d SET password_encryption = md5;"), ["password_encryption database d weaker shadowed a.sql:1"]);
    assert_eq!(with("ALTER ROLE ALL SET log_statement = 'none';"), ["log_statement every role weaker shadowed a.sql:1"]);
    assert_eq!(with("ALTER ROLE app SET log_statement = 'none'; ALTER ROLE app RESET log_statement;"), [""; 0]);
    assert_eq!(with("ALTER ROLE app SET log_statement = 'none'; ALTER ROLE app RESET ALL;"), [""; 0]);
    assert_eq!(with("ALTER ROLE app SET log_statement = 'none'; ALTER ROLE other RESET ALL;"), ["log_statement role app weaker shadowed a.sql:1"]);
    assert_eq!(with("ALTER ROLE app SET log_statement = 'all';"), ["log_statement role app stricter value a.sql:1"]);
    assert_eq!(with("ALTER ROLE app SET log_statement FROM CURRENT;"), ["log_statement role app unverifiable dynamic a.sql:1"]);
    assert_eq!(with("ALTER ROLE app SET log_hostname = on;"), [""; 0]);
    assert_eq!(rules("ALTER ROLE app SET log_hostname = on;"), ["sql-statement-refused"], "a setting of the server");
}

#[test]
fn values_that_break_the_server_are_found() {
    for (script, rule) in [
        ("ALTER SYSTEM SET shared_preload_libraries = 'auth_delay, passwordcheck';", "sql-setting-breaks-start"),
        ("ALTER SYSTEM SET shared_preload_libraries = '';", "sql-setting-breaks-start"),
        ("ALTER SYSTEM SET ssl_ciphers = HIGH;", "sql-setting-breaks-start"),
        ("ALTER SYSTEM SET ssl_min_protocol_version = TLSv1.3;", "sql-statement-refused"),
        ("ALTER SYSTEM SET log_file_mode = 0600;", "sql-statement-refused"),
        ("BEGIN; ALTER SYSTEM SET ssl = on; COMMIT;", "sql-statement-refused"),
        ("ALTER SYSTEM SET ssl = 'on', 'off';", "sql-statement-refused"),
        ("SELECT 1;\n'", "sql-not-read"),
    ] {
        assert_eq!(rules(script), [rule], "{script}");
    }
    for script in ["ALTER SYSTEM SET search_path = '';", "ALTER SYSTEM SET shared_preload_libraries = 'a', 'b';", "ALTER SYSTEM SET ssl_ciphers = 'HIGH';"] {
        assert_eq!(rules(script), [""; 0], "{script}");
    }
}

/// sqlfluff#7446, community.postgresql#84 and #78, enclavr/infra#45, OurPlanscape/Planscape#2464: the smallest input of each.
#[test]
fn public_reports() {
    let judge = |settings: serde_json::Value, script: &str| judged(&policy("15-17", &settings), &[("a.sql", script)]);
    assert_eq!(judge(json!({ "max_wal_size": "2GB" }), "ALTER SYSTEM SET max_wal_size = '2GB';"), ["max_wal_size script a.sql equal value a.sql:1"]);
    let libraries = json!({ "shared_preload_libraries": ["somelib", "someotherlib"] });
    let script = "ALTER SYSTEM SET shared_preload_libraries = 'somelib,someotherlib';";
    assert!(!judge(libraries.clone(), script)[0].contains("equal"), "one library of that name");
    let found = findings(script);
    assert_eq!(
        found,
        [("sql-setting-breaks-start".to_owned(), "shared_preload_libraries becomes one name with a comma in it, \"somelib,someotherlib\"".to_owned())]
    );
    assert_eq!(
        judge(libraries, "ALTER SYSTEM SET shared_preload_libraries = 'somelib', 'someotherlib';"),
        ["shared_preload_libraries script a.sql equal value a.sql:1"]
    );
    // An init script: the library is set, and takes effect at the next start only.
    let init = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';\nCREATE EXTENSION pg_stat_statements;\n";
    let policy = policy("15", &json!({ "shared_preload_libraries": ["pgaudit"] }));
    let (_, reading) = read(&policy, &[("init.sql", init)]);
    assert!(reading.facts[0].help.iter().any(|h| h.contains("ALTER SYSTEM SET shared_preload_libraries = 'pgaudit'")), "{:?}", reading.facts[0].help);
    // A migration runner wraps each script in a transaction: nothing is set.
    let migration = "BEGIN;\nALTER SYSTEM SET log_statement = 'ddl';\nCOMMIT;\n";
    assert_eq!(judge(json!({ "log_statement": "ddl" }), migration), ["log_statement script a.sql unverifiable not-read"]);
    assert_eq!(findings(migration)[0].1, "the server refuses a statement: ALTER SYSTEM cannot run inside of a transaction block");
}

#[test]
fn includes_are_followed_as_psql_follows_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("db/main.sql", "\\ir parts/a.sql\n\\i db/parts/b.sql\n\\i parts/missing.sql\n\\ir ../../outside.sql\n");
    write("db/parts/a.sql", "ALTER SYSTEM SET log_statement = 'none';\n\\if true\n\\q\n\\endif\nALTER SYSTEM SET log_hostname = on;\n");
    write("db/parts/b.sql", "ALTER SYSTEM SET log_statement = 'ddl'\n");
    write("db/loop.sql", "\\ir loop.sql\n");
    let policy = policy("15", &json!({ "log_statement": "ddl", "log_hostname": "off" }));
    let run = |names: &[&str]| {
        let mut sources = Sources::new(folder.path());
        let inputs: Vec<Input> = names.iter().map(|name| Input { path: (*name).to_owned(), id: None }).collect();
        let reading = Postgres.read(&policy, &mut sources, &inputs);
        (verdicts(&policy, &sources, &reading), reading, sources)
    };
    let (_, reading, sources) = run(&["db/main.sql"]);
    let read: Vec<&str> = reading.sources.iter().map(|id| sources.get(*id).path.as_str()).collect();
    assert_eq!(read, ["db/main.sql", "db/parts/a.sql", "db/parts/b.sql"]);
    let what: Vec<&str> = reading.not_examined.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["parts/missing.sql", "../../outside.sql"], "\\i is relative to where psql runs, \\ir to the script");
    let (found, ..) = run(&["db/parts/a.sql", "db/parts/b.sql"]);
    assert_eq!(
        found,
        ["log_hostname script db/parts/a.sql and 1 more unverifiable not-read", "log_statement script db/parts/a.sql and 1 more equal value db/parts/b.sql:1"]
    );
    let (_, reading, _) = run(&["db/loop.sql"]);
    assert_eq!(reading.findings.len(), 1);
    assert_eq!(reading.findings[0].message, "loop.sql includes itself, so that psql never comes to an end");
}

/// Our own script, checked like one of somebody else's, meets the policy that it was rendered from.
#[test]
fn a_rendered_script_meets_its_policy() {
    let settings = json!({ "log_statement": "ddl", "ssl": "on", "ssl_min_protocol_version": "TLSv1.3", "log_connections": "on", "shared_preload_libraries": [],
        "search_path": ["$user", "public"], "log_file_mode": "0600", "log_rotation_age": "1d" });
    for versions in ["15", "12-18"] {
        let policy = super::super::policy(versions, &settings);
        let script = super::super::rendered(&policy).into_iter().find(|(a, _)| a.kind == "alter-system").unwrap().1;
        let (sources, reading) = read(&policy, &[("postgresql.conf", ""), ("alter-system.sql", &script)]);
        assert_eq!(reading.findings.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), [""; 0], "{versions}");
        for verdict in verdicts(&policy, &sources, &reading) {
            assert!(["equal", "equivalent", "not-applicable"].iter().any(|pass| verdict.contains(pass)), "{versions}: {verdict}\n{script}");
        }
    }
}
