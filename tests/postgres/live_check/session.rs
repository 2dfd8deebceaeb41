//! The session itself: it only reads, whatever role it has and however the server is set up.

use super::{JSON, check, started};

const POLICY: &str =
    "postgres: { settings: { log_statement: all, statement_timeout: 5min, search_path: [\"$user\", public], default_transaction_read_only: \"off\" } }";

#[test]
fn nothing_is_written_and_every_statement_is_a_question() {
    for server in started("log_statement = all\nlog_line_prefix = '%a|%u|'\nstatement_timeout = 5min\n") {
        let superuser = format!("host={} user=postgres dbname=postgres", server.cluster.folder().display());
        let state = "SELECT md5(string_agg(c::text, '' ORDER BY c::text)) FROM (SELECT (relname, relfilenode, relpages)::text AS c FROM pg_class UNION ALL SELECT (rolname, rolsuper)::text FROM pg_roles) x";
        let before = server.cluster.query(state);
        for url in [superuser, server.url("")] {
            let run = check(POLICY, Some(&url), &JSON);
            // What the session sets for itself is not taken for the server's.
            for name in ["log_statement", "statement_timeout", "search_path", "default_transaction_read_only"] {
                let verdict = run.verdict(&format!("postgres.settings.{name}"));
                assert!(["equal", "equivalent"].contains(&&*verdict), "{name}: {verdict}");
            }
        }
        assert_eq!(server.cluster.query(state), before);
        let log = server.cluster.log();
        let said: Vec<&str> = log.lines().filter_map(|l| l.strip_prefix("secgen|")).filter_map(|l| l.split_once("statement: ").map(|(_, sql)| sql)).collect();
        assert!(said.len() >= 14, "{log}");
        for sql in &said {
            let sql = sql.trim_start();
            let first = sql.split_whitespace().next().unwrap_or_default();
            assert!(["BEGIN", "SELECT", "SET", "ROLLBACK"].contains(&first), "{sql}");
        }
        assert!(said[0].ends_with("READ ONLY"), "{}", said[0]);
        assert!(log.lines().filter(|l| l.starts_with("secgen|")).all(|l| !l.contains("ERROR") && !l.contains("WARNING")), "{log}");
    }
}

/// ALTER ROLE may put anything in front of `pg_catalog`.
#[test]
fn functions_of_others_are_never_run() {
    for server in started("log_statement = all\n") {
        server.cluster.write(
            "trap.sql",
            "CREATE TABLE trapped (at text);\nGRANT ALL ON trapped TO PUBLIC;\nCREATE SCHEMA trap;\nGRANT USAGE ON SCHEMA trap TO PUBLIC;\n\
             CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.trapped VALUES ('x'); RETURN '150000'; END $$;\n\
             CREATE FUNCTION trap.starts_with(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';\n\
             CREATE VIEW trap.pg_settings AS SELECT name, 'all'::text AS setting, context, source, sourcefile, sourceline, pending_restart FROM pg_catalog.pg_settings;\n\
             GRANT SELECT ON trap.pg_settings TO PUBLIC;\nALTER ROLE auditor SET search_path = trap, pg_catalog;\nALTER ROLE auditor SET statement_timeout = '1d';\n",
        );
        server.cluster.psql_file("trap.sql");
        server.cluster.query("ALTER SYSTEM SET log_statement = 'none'");
        server.reload();
        let run = check("postgres: { settings: { log_statement: all } }", Some(&server.url("")), &JSON);
        assert_eq!(run.verdict("postgres.settings.log_statement"), "weaker", "{}", run.out);
        assert_eq!(server.cluster.query("SELECT count(*) FROM trapped"), "0");
    }
}
