//! Roles, grants, row level security and functions, as they are at the end of a script.

use super::{findings, outputs, policy, read, rules};
use secgen::policy::Policy;
use serde_json::json;

#[test]
fn what_is_left_at_the_end_counts() {
    for (script, wanted) in [
        // Powers.
        ("CREATE ROLE app SUPERUSER;", &["role-superuser"][..]),
        ("CREATE ROLE app SUPERUSER; ALTER ROLE app NOSUPERUSER;", &[]),
        ("CREATE ROLE app; ALTER USER app WITH SUPERUSER;", &["role-superuser"]),
        ("CREATE ROLE app SUPERUSER; DROP ROLE app;", &[]),
        ("CREATE ROLE a SUPERUSER; ALTER ROLE a RENAME TO postgres;", &[]),
        ("CREATE ROLE postgres SUPERUSER;", &[]),
        (
            "CREATE USER app BYPASSRLS CREATEROLE CREATEDB REPLICATION;",
            &["role-bypasses-row-security", "role-creates-roles", "role-privileged", "role-privileged"],
        ),
        ("CREATE ROLE \"App\" SUPERUSER; ALTER ROLE app NOSUPERUSER;", &["role-superuser"]),
        ("CREATE ROLE app LOGIN NOSUPERUSER NOCREATEDB;", &[]),
        ("DO $$ BEGIN CREATE ROLE app SUPERUSER; END $$;", &[]),
        ("-- CREATE ROLE app SUPERUSER;\n/* CREATE ROLE app SUPERUSER; */", &[]),
        ("BEGIN; CREATE ROLE app SUPERUSER; ROLLBACK;", &[]),
        ("BEGIN; CREATE ROLE app SUPERUSER; SAVEPOINT s; ALTER ROLE app NOSUPERUSER; ROLLBACK TO s; COMMIT;", &["role-superuser"]),
        ("\\if :dev\nCREATE ROLE app SUPERUSER;\n\\endif", &["role-superuser"]),
        ("\\if false\nCREATE ROLE app SUPERUSER;\n\\endif", &[]),
        // Files of the server.
        ("CREATE ROLE app LOGIN; GRANT pg_execute_server_program TO app;", &["role-reaches-server-files"]),
        ("CREATE ROLE app NOLOGIN; GRANT pg_read_server_files TO app;", &[]),
        ("CREATE ROLE g; CREATE USER app IN ROLE g; GRANT pg_write_server_files TO g;", &["role-reaches-server-files"]),
        ("GRANT pg_write_server_files TO elsewhere;", &["role-reaches-server-files"]),
        ("GRANT pg_write_server_files TO app; REVOKE pg_write_server_files FROM app;", &[]),
        // PUBLIC.
        ("GRANT SELECT ON t TO PUBLIC;", &["grant-to-public"]),
        ("GRANT SELECT ON t TO PUBLIC; REVOKE ALL ON TABLE public.t FROM PUBLIC;", &[]),
        ("GRANT ALL PRIVILEGES ON DATABASE app TO PUBLIC;", &["grant-to-public"]),
        ("GRANT SELECT ON t TO \"public\";", &[]),
        ("GRANT SELECT (a, b), UPDATE (c) ON s.t TO public;", &["grant-to-public", "grant-to-public"]),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA s TO PUBLIC;", &["grant-to-public"]),
        ("GRANT SELECT ON s.t TO PUBLIC; REVOKE SELECT ON ALL TABLES IN SCHEMA s FROM PUBLIC;", &[]),
        ("GRANT SELECT ON s.t TO PUBLIC; REVOKE SELECT ON ALL TABLES IN SCHEMA other FROM PUBLIC;", &["grant-to-public"]),
        ("GRANT USAGE ON SCHEMA s TO PUBLIC; GRANT CONNECT, TEMP ON DATABASE d TO PUBLIC; GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC;", &[]),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC;", &["grant-create-on-schema-public"]),
        ("GRANT ALL ON SCHEMA public TO PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC;", &["grant-create-on-schema-public"]),
        ("GRANT SELECT ON t TO app WITH GRANT OPTION;", &[]),
        ("GRANT SELECT ON t TO PUBLIC; REVOKE GRANT OPTION FOR SELECT ON t FROM PUBLIC;", &["grant-to-public"]),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;", &["default-privileges-to-public"]),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC;", &[]),
        ("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;", &[]),
        ("GRANT SET ON PARAMETER log_statement TO app; GRANT ALTER SYSTEM ON PARAMETER ssl TO app;", &["grant-on-parameter", "grant-on-parameter"]),
        // Row level security.
        ("CREATE POLICY p ON t USING (true);", &["policy-without-row-security"]),
        ("CREATE POLICY p ON t; DROP POLICY p ON t;", &[]),
        ("CREATE POLICY p ON t; CREATE POLICY q ON t; DROP POLICY q ON t;", &["policy-without-row-security"]),
        ("CREATE POLICY p ON public.t; ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;", &[]),
        ("CREATE POLICY p ON t; ALTER TABLE ONLY t ENABLE ROW LEVEL SECURITY;", &["row-security-not-forced"]),
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; ALTER TABLE t NO FORCE ROW LEVEL SECURITY;",
            &["row-security-not-forced"],
        ),
        ("ALTER TABLE IF EXISTS t ENABLE ROW LEVEL SECURITY; ALTER TABLE t DISABLE ROW LEVEL SECURITY;", &["row-security-disabled"]),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY; DROP TABLE t;", &[]),
        ("ALTER TABLE t ADD COLUMN force int;", &[]),
        // Functions.
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';", &["security-definer-search-path"]),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';", &[]),
        ("CREATE OR REPLACE PROCEDURE p(a int DEFAULT g(1)) LANGUAGE sql SECURITY DEFINER AS $$ SET search_path = x $$;", &["security-definer-search-path"]),
        ("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS ''; ALTER FUNCTION f(int) SET search_path TO pg_catalog;", &[]),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''; CREATE FUNCTION f(int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path TO a AS '';",
            &["security-definer-search-path"],
        ),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''; ALTER FUNCTION f() SECURITY INVOKER;", &[]),
        ("ALTER FUNCTION f() SECURITY DEFINER;", &["security-definer-search-path"]),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''; DROP FUNCTION IF EXISTS f();", &[]),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path FROM CURRENT SECURITY DEFINER BEGIN ATOMIC SELECT 1; END;", &[]),
        // Others.
        ("CREATE EXTENSION pgcrypto; CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'a', password 'hunter2');", &[]),
    ] {
        assert_eq!(rules(script), wanted, "{script}");
    }
}

#[test]
fn the_spec_names_privileged_roles() {
    let spec = json!({ "version": 1, "service": "t", "postgres": { "privileged_roles": ["Admin"] }, "targets": { "postgres": { "versions": "15" } } });
    let policy = Policy::from_json(spec).unwrap();
    let (_, reading) = read(&policy, &[("a.sql", "CREATE ROLE \"Admin\" SUPERUSER; CREATE ROLE postgres SUPERUSER; GRANT pg_read_server_files TO \"Admin\";")]);
    let found: Vec<&str> = reading.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(found, ["role postgres is SUPERUSER, and passes every check of privileges"], "only those named");
}

#[test]
fn passwords_are_found_by_kind() {
    let scram = "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVka2V5:c2VydmVya2V5";
    for (script, wanted) in [
        ("CREATE USER a PASSWORD 'hunter2';".to_owned(), &["password-in-script"][..]),
        ("ALTER ROLE a WITH ENCRYPTED PASSWORD E'hunter2';".to_owned(), &["password-in-script"]),
        ("CREATE ROLE a LOGIN PASSWORD $$hunter2$$;".to_owned(), &["password-in-script"]),
        ("\\set pw hunter2\nALTER ROLE a PASSWORD :'pw';".to_owned(), &["password-in-script"]),
        ("ALTER ROLE a PASSWORD :'pw';".to_owned(), &[]),
        ("ALTER ROLE a PASSWORD NULL;".to_owned(), &[]),
        (format!("ALTER ROLE a PASSWORD '{scram}';"), &[]),
        ("ALTER ROLE a PASSWORD 'SCRAM-SHA-256$hunter2';".to_owned(), &["password-in-script"]),
        ("ALTER ROLE a PASSWORD 'md5d41d8cd98f00b204e9800998ecf8427e';".to_owned(), &["md5-password-in-script"]),
        ("ALTER ROLE a PASSWORD 'md5hunter2';".to_owned(), &["password-in-script"]),
        ("\\if false\nALTER ROLE a PASSWORD 'hunter2';\n\\endif".to_owned(), &[]),
    ] {
        assert_eq!(rules(&script), wanted, "{script}");
    }
}

/// What is a secret in a script, in every way that a script may hold one, on lines that findings show.
#[test]
fn secrets_reach_no_output() {
    let md5 = "md5d41d8cd98f00b204e9800998ecf8427e";
    let lines = [
        "CREATE USER a SUPERUSER PASSWORD 'hunter2';".to_owned(),
        "CREATE USER b SUPERUSER PASSWORD E'hunter2\\n';".to_owned(),
        "CREATE USER c SUPERUSER PASSWORD $x$hunter2$x$;".to_owned(),
        "CREATE USER d SUPERUSER\n PASSWORD\n 'hunter2' CREATEDB;".to_owned(),
        format!("CREATE USER e SUPERUSER PASSWORD '{md5}';"),
        "CREATE ROLE f SUPERUSER; -- the password is hunter2".to_owned(),
        "CREATE ROLE g SUPERUSER; SELECT dblink('host=h password=hunter2');".to_owned(),
        "CREATE USER MAPPING FOR x SERVER s OPTIONS (password 'hunter2'); CREATE ROLE h SUPERUSER;".to_owned(),
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p; CREATE ROLE i SUPERUSER;".to_owned(),
        "\\set pw hunter2\nCREATE USER j SUPERUSER PASSWORD :'pw';".to_owned(),
        "ALTER SYSTEM SET primary_conninfo = 'host=h password=hunter2 sslmode=prefer';".to_owned(),
        "ALTER SYSTEM SET primary_conninfo = 'postgres://u:hunter2@h/';".to_owned(),
        "ALTER SYSTEM SET ssl_passphrase_command = 'echo hunter2';".to_owned(),
        "ALTER SYSTEM SET primary_conninfo = 'hunter2', 'hunter2';".to_owned(),
        "ALTER ROLE a SET my.password = 'hunter2'; CREATE ROLE k SUPERUSER;".to_owned(),
        "CREATE FUNCTION f() RETURNS int SECURITY DEFINER AS $$ SELECT 'hunter2' $$ LANGUAGE sql;".to_owned(),
        "COPY t FROM stdin; CREATE ROLE l SUPERUSER;\nhunter2\n\\.\n".to_owned(),
        "GRANT SELECT ON t TO PUBLIC; INSERT INTO t VALUES ('hunter2');".to_owned(),
        "CREATE USER m SUPERUSER PASSWORD 'hunter2'; 'hunter2".to_owned(),
    ];
    let policy = policy("15", &json!({ "primary_conninfo": "sslmode=verify-full", "ssl_passphrase_command": "get-it" }));
    for line in &lines {
        let all = outputs(&policy, &[("a.sql", line)]);
        assert!(!all.contains("hunter2") && !all.contains("d41d8cd98f"), "{line}\n{all}");
        assert!(all.contains("a.sql:"), "shown: {line}\n{all}");
    }
    let all = outputs(&policy, &[("a.sql", lines.join("\n").as_str())]);
    assert!(!all.contains("hunter2") && !all.contains("d41d8cd98f"), "{all}");
    assert!(all.contains("CREATE USER a SUPERUSER PASSWORD *********"), "the rest of the line is shown:\n{all}");
}

#[test]
fn the_body_of_do_is_not_passed_over_in_silence() {
    let not_examined = |text: &str| read(&policy("15", &json!({})), &[("a.sql", text)]).1.not_examined.len();
    for (body, is_said, has_password) in [
        ("CREATE ROLE app SUPERUSER PASSWORD 'hunter2';", true, true),
        ("EXECUTE 'CREATE USER app PASSWORD ''hunter2''';", true, true),
        ("ALTER ROLE app PASSWORD E'hunter2';", true, true),
        ("EXECUTE format('ALTER USER app PASSWORD %L', pw);", true, false),
        ("EXECUTE 'ALTER USER app PASSWORD ' || quote_literal(pw);", true, false),
        ("ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:a$b:c';", true, false),
        ("GRANT ALL ON t TO PUBLIC;", true, false),
        ("RAISE NOTICE 'hello % %', current_user, now();", false, false),
    ] {
        let text = format!("DO $x$ BEGIN {body} END $x$;");
        assert_eq!(not_examined(&text), usize::from(is_said), "{body}");
        let expected: &[&str] = if has_password { &["password-in-script"] } else { &[] };
        assert_eq!(rules(&text), expected, "{body}");
        assert!(!outputs(&policy("15", &json!({})), &[("a.sql", &text)]).contains("hunter2"));
    }
    assert_eq!(rules("\\if false\nDO $$ BEGIN CREATE ROLE a PASSWORD 'x'; END $$;\n\\endif\n"), [""; 0]);
}

#[test]
fn the_way_back_names_roles_as_the_server_reads_them() {
    for (script, back) in [
        ("ALTER ROLE app SET log_statement = none;", "ALTER ROLE app RESET log_statement"),
        ("ALTER ROLE \"My Role\" SET log_statement = none;", "ALTER ROLE \"My Role\" RESET log_statement"),
        ("ALTER ROLE \"user\" IN DATABASE \"a-b\" SET log_statement = none;", "ALTER ROLE \"user\" IN DATABASE \"a-b\" RESET log_statement"),
        ("ALTER DATABASE D SET log_statement = none;", "ALTER DATABASE d RESET log_statement"),
        ("ALTER ROLE CURRENT_USER SET log_statement = none;", "ALTER ROLE current_user RESET log_statement"),
        ("ALTER ROLE ALL SET log_statement = none;", "ALTER ROLE ALL RESET log_statement"),
    ] {
        let (_, reading) = read(&policy("15", &json!({ "log_statement": "ddl" })), &[("a.sql", script)]);
        let help = &reading.facts.iter().find(|fact| !fact.place.starts_with("script")).expect("an override").help[0];
        assert_eq!(help, &format!("delete the line; where it has run, {back} takes it back"));
    }
}

#[test]
fn what_was_not_read_has_a_way_out_of_its_own() {
    let (_, reading) = read(&policy("15", &json!({ "ssl": "on" })), &[("a.sql", "SELECT 'ALTER SYSTEM SET ssl = off' \\gexec\n")]);
    assert!(reading.facts[0].help[0].starts_with("write the statements out in the script"), "{:?}", reading.facts[0].help);
}

#[test]
fn findings_say_what_and_what_to_do() {
    let found = findings("CREATE ROLE \"a\u{1}b\" SUPERUSER;");
    assert_eq!(found[0].1, "role a?b is SUPERUSER, and passes every check of privileges");
    let (_, reading) = read(&policy("15", &json!({})), &[("a.sql", "GRANT CREATE ON SCHEMA public TO PUBLIC; BEGIN; ALTER SYSTEM SET ssl = on; COMMIT;")]);
    for finding in &reading.findings {
        assert!(finding.primary.is_some() && !finding.help.is_empty() && !finding.message.ends_with('.'), "{finding:?}");
    }
    assert_eq!(reading.findings.len(), 2);
}
