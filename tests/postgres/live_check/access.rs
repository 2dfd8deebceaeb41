//! The access rules and roles of a running server.

use super::{JSON, RULES, Run, check, prepared, started};
use std::time::Duration;

/// What [`RULES`] say.
const POLICY: &str = "postgres: { hba: [ { type: local, database: all, user: all, method: peer, options: { map: tests } }, \
    { type: host, database: all, user: all, address: 127.0.0.0/8, method: scram-sha-256 }, \
    { type: host, database: all, user: all, address: all, method: reject } ] }";
const GRANTS: [&str; 2] = ["GRANT SELECT ON pg_hba_file_rules TO auditor", "GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO auditor"];

#[track_caller]
fn holds(run: &Run, wanted: &[(&str, &str)]) {
    let found = run.verdicts("postgres.hba");
    let found: Vec<(&str, &str)> = found.iter().map(|(place, verdict)| (place.as_str(), verdict.as_str())).collect();
    assert_eq!(found, wanted, "{}", run.out);
}

#[test]
fn equal_rules_pass_for_those_who_may_see_them() {
    for server in started("") {
        let plain = check(POLICY, Some(&server.url("")), &JSON);
        holds(&plain, &[("live server", "unverifiable")]);
        let run = server.check(POLICY);
        run.exits(1).has(GRANTS[0]).has(GRANTS[1]);
        // One half of a grant is none.
        server.cluster.query(GRANTS[0]);
        holds(&check(POLICY, Some(&server.url("")), &JSON), &[("live server", "unverifiable")]);
        server.cluster.query(GRANTS[1]);
        // Who may not see the times of files is shown the file, and whether it is loaded is said to be unseen.
        let run = check(POLICY, Some(&server.url("")), &JSON);
        run.exits(0);
        holds(&run, &[("pg_hba.conf of the live server", "equal")]);
        server.check(POLICY).has("not examined: whether the access rules shown are in force").has("not examined: quoted names in the access rules");
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        run.exits(0);
        holds(&run, &[("live server", "equal")]);
        check(POLICY, Some(&server.superuser()), &["--fail-on", "strict"]).exits(0).lacks("are in force");
    }
}

#[test]
fn weaker_rules_are_found_with_their_line_once_they_are_loaded() {
    for server in started("") {
        // Files have times in whole seconds.
        std::thread::sleep(Duration::from_millis(1100));
        server.cluster.write("pg_hba.conf", "# changed\nlocal all all peer map=tests\nhost all all 0.0.0.0/0 trust\nhost all all all reject\n");
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        holds(&run, &[("live server", "unverifiable"), ("live server after its next reload", "weaker")]);
        check(POLICY, Some(&server.superuser()), &[]).exits(1).has("pg_hba.conf was changed after the server read it last").has("SELECT pg_reload_conf()");
        server.reload();
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        holds(&run, &[("live server", "weaker")]);
        let run = check(POLICY, Some(&server.superuser()), &[]);
        let line = format!("{}:3", server.cluster.data().join("pg_hba.conf").display());
        run.exits(1)
            .has("error[hba-trust-network]")
            .has("error[postgres-access-rules]")
            .has(&format!("# {line}: host all all 0.0.0.0 0.0.0.0 trust"))
            .has(&line);
        // Corrected, and not loaded: the old rules are in force.
        std::thread::sleep(Duration::from_millis(1100));
        server.cluster.write("pg_hba.conf", RULES);
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        run.exits(1);
        holds(&run, &[("live server", "unverifiable"), ("live server after its next reload", "equal")]);
        server.reload();
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        run.exits(0);
        holds(&run, &[("live server", "equal")]);
    }
}

/// Line numbers are those of each file: they are not the order of the rules.
#[test]
fn included_rules_stand_where_they_are_included() {
    for server in prepared("").into_iter().filter(|server| server.version == "18") {
        server.cluster.write("pg_hba.conf", "local all all peer map=tests\ninclude more.conf\nhost all all all reject\n");
        server.cluster.write("more.conf", "\n\n\n\n\n\nhost all all 127.0.0.0/8 scram-sha-256\n");
        server.cluster.start();
        holds(&check(POLICY, Some(&server.superuser()), &JSON), &[("live server", "equal")]);
        std::thread::sleep(Duration::from_millis(1100));
        server.cluster.write("more.conf", "\n\nhost all all 127.0.0.0/8 md5\n");
        let run = check(POLICY, Some(&server.superuser()), &JSON);
        holds(&run, &[("live server", "unverifiable"), ("live server after its next reload", "weaker")]);
        check(POLICY, Some(&server.superuser()), &[]).has("more.conf:3");
    }
}

#[test]
fn rules_for_tls_never_match_without_it_and_the_server_still_loads_them() {
    for server in prepared("ssl = off\n") {
        server.cluster.write("pg_hba.conf", &format!("hostssl shop shop 10.0.0.0/8 scram-sha-256\n{RULES}"));
        server.cluster.start();
        let run = check("postgres: { settings: { log_statement: none } }", Some(&server.superuser()), &[]);
        run.exits(1).has("error[hba-hostssl-without-tls]").lacks("postgres-live-file-error");
    }
}

#[test]
fn roles_above_the_rules_are_named_unless_the_policy_lists_them() {
    const NONE: &str = "postgres: { settings: { log_statement: none } }";
    const LISTED: &str = "postgres: { settings: { log_statement: none }, privileged_roles: [postgres, boss, report, files] }";
    for server in started("") {
        check(NONE, Some(&server.superuser()), &["--fail-on", "strict"]).exits(0);
        for sql in [
            "CREATE ROLE boss SUPERUSER CREATEROLE LOGIN",
            "CREATE ROLE report BYPASSRLS LOGIN",
            "CREATE ROLE \"group\"",
            "CREATE ROLE files LOGIN",
            "GRANT pg_execute_server_program TO \"group\"",
            "GRANT \"group\" TO files",
        ] {
            server.cluster.query(sql);
        }
        let run = check(NONE, Some(&server.superuser()), &["--fail-on", "strict"]);
        run.exits(1).has("role boss is SUPERUSER").has("run ALTER ROLE boss NOSUPERUSER").has("role report is BYPASSRLS").lacks("CREATEROLE, and");
        run.has("role files is a member of pg_execute_server_program through group").lacks("role group is a member").lacks("role postgres is");
        check(LISTED, Some(&server.superuser()), &["--fail-on", "strict"]).exits(0).lacks("role boss is").lacks("role report is").lacks("role files is");
    }
}

/// What a stranger sees of a server that is set up without care.
#[test]
fn a_weak_server_on_one_screen() {
    const WANTED: &str = "postgres: { hba: [ { type: local, database: all, user: postgres, method: peer }, \
        { type: hostssl, database: shop, user: shop, address: 10.1.0.0/16, method: scram-sha-256 }, \
        { type: host, database: all, user: all, address: all, method: reject } ] }";
    for server in started("").into_iter().filter(|server| server.version == "15") {
        server.cluster.write("pg_hba.conf", "local all all trust\nhostssl shop shop 10.1.0.0/16 scram-sha-256\nhost all all 0.0.0.0/0 md5\n");
        server.reload();
        for sql in [GRANTS[0], GRANTS[1], "CREATE ROLE shop LOGIN SUPERUSER"] {
            server.cluster.query(sql);
        }
        let run = server.check(WANTED);
        run.exits(1);
        insta::assert_snapshot!("weak_server", server.shown(&run));
    }
}
