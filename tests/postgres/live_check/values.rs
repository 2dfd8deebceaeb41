//! What is in force, and what sets it: files, command line, roles, databases, and the next start.

use super::{JSON, RULES, check, prepared, started};

const POLICY: &str = "postgres: { settings: { log_statement: ddl, log_disconnections: \"on\", logging_collector: \"off\" } }";

fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(place, verdict)| (place.as_str(), verdict.as_str())).collect()
}

#[test]
fn roles_and_databases_override_the_server() {
    for server in started("log_statement = ddl\nlog_disconnections = on\n") {
        server.check(POLICY).exits(0);
        server.cluster.query("CREATE ROLE app LOGIN");
        server.cluster.query("CREATE DATABASE shop");
        server.cluster.query("ALTER ROLE app SET log_statement = none");
        server.cluster.query("ALTER DATABASE shop SET log_statement = 'all'");
        server.cluster.query("ALTER ROLE app IN DATABASE shop SET log_statement = 'none'");
        let run = check(POLICY, Some(&server.url("")), &JSON);
        run.exits(1);
        let found = run.verdicts("postgres.settings.log_statement");
        let wanted = [("database shop", "stricter"), ("live server", "equal"), ("role app", "weaker"), ("role app in database shop", "weaker")];
        assert_eq!(pairs(&found), wanted);
        let run = server.check(POLICY);
        run.has("ALTER ROLE \"app\" RESET log_statement");
        if server.version == "15" {
            insta::assert_snapshot!("overrides", server.shown(&run));
        }
        // The session's own value hides what holds for others.
        server.cluster.query("ALTER ROLE auditor SET log_statement = 'all'");
        assert_eq!(check(POLICY, Some(&server.url("")), &JSON).verdict("postgres.settings.log_statement"), "unverifiable");
        server.cluster.query("ALTER ROLE auditor RESET log_statement");
        // For all roles: in force, above every file.
        server.cluster.query("ALTER ROLE ALL SET log_statement = 'none'");
        let run = check(POLICY, Some(&server.url("")), &JSON);
        assert_eq!(run.verdict("postgres.settings.log_statement"), "weaker");
        server.check(POLICY).has("ALTER ROLE ALL RESET log_statement");
    }
}

#[test]
fn the_command_line_wins_and_is_named() {
    for server in prepared("log_statement = ddl\nlog_disconnections = on\n") {
        server.cluster.start_with("-c log_disconnections=off -c max_connections=40");
        server.role();
        server.cluster.query("ALTER SYSTEM SET log_disconnections = on");
        server.cluster.query("ALTER SYSTEM SET max_connections = 50");
        server.reload();
        let superuser = format!("host={} user=postgres dbname=postgres", server.cluster.folder().display());
        let run = check(POLICY, Some(&superuser), &[]);
        run.exits(1).has("the command line overrides on in").has("postgresql.auto.conf:3").has("out of the server's command line");
        if server.version == "15" {
            insta::assert_snapshot!("command_line", server.shown(&run));
        }
        // Nothing waits for a restart, and no file is wrong: the command line stays.
        run.lacks("postgres-live-pending-restart").lacks("postgres-live-file-error");
        let connections = POLICY.replace("logging_collector: \"off\"", "max_connections: 40");
        check(&connections, Some(&superuser), &[]).exits(1).lacks("postgres-live-pending-restart").lacks("postgres.settings.max_connections");
    }
}

#[test]
fn a_value_that_waits_is_judged_as_the_next_start() {
    const MODE: &str = "postgres: { settings: { unix_socket_permissions: \"0770\" } }";
    for server in started("unix_socket_permissions = 0770\n") {
        server.cluster.query("ALTER SYSTEM SET unix_socket_permissions = '0777'");
        server.reload();
        let superuser = format!("host={} user=postgres dbname=postgres", server.cluster.folder().display());
        let run = check(MODE, Some(&superuser), &JSON);
        let found = run.verdicts("postgres.settings.unix_socket_permissions");
        assert_eq!(pairs(&found), [("live server", "equal"), ("live server after its next start", "weaker")]);
        let run = check(MODE, Some(&superuser), &[]);
        run.exits(1).has("a new value of unix_socket_permissions (0777 in").has("waits for the next start").lacks("postgres-live-file-error");
        if server.version == "15" {
            insta::assert_snapshot!("pending_restart", server.shown(&run));
        }
        // Without the view of the files the wait still shows.
        server.check(MODE).exits(0).has("a new value of unix_socket_permissions waits for the next start");
    }
}

#[test]
fn errors_that_would_stop_the_next_start_are_findings() {
    for server in started("log_statement = ddl\nlog_disconnections = on\n") {
        let superuser = format!("host={} user=postgres dbname=postgres", server.cluster.folder().display());
        check(POLICY, Some(&superuser), &["--fail-on", "strict"]).exits(0);
        // Files and loads have times in whole seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        server.cluster.append_conf("log_min_messages = loud\n");
        server.cluster.write("pg_hba.conf", &format!("{RULES}host all all 10.0.0.1 md5\n"));
        let run = check(POLICY, Some(&superuser), &["--fail-on", "strict"]);
        run.exits(1).has("postgres-live-file-error").has("log_min_messages").has("invalid IP mask").has("was changed after the server read it last");
        if server.version == "15" {
            let shown = server.shown(&run);
            let lines: Vec<String> = shown.lines().filter(|line| line.starts_with("error") || line.contains("help")).map(str::to_owned).collect();
            insta::assert_snapshot!("file_errors", lines.join("\n"));
        }
    }
}
