//! What a script of roles and grants does to the gate.

use super::project::Project;

fn check(script: &str) -> super::project::Run {
    let spec = "version: 1\nservice: a\npostgres: { privileged_roles: [postgres, deploy] }\ntargets: { postgres: { versions: \"16\", check: [roles.sql] } }\n";
    let project = Project::with_spec(spec);
    project.write("roles.sql", script);
    project.run(&["check"])
}

#[test]
fn a_dangerous_role_fails_the_gate_and_a_listed_one_does_not() {
    for (script, rule) in [
        ("CREATE ROLE app LOGIN SUPERUSER;\n", "role-superuser"),
        ("CREATE ROLE app LOGIN BYPASSRLS;\n", "role-bypasses-row-security"),
        ("CREATE ROLE app LOGIN PASSWORD 'hunter2';\n", "password-in-script"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';\n", "security-definer-search-path"),
        ("ALTER SYSTEM SET shared_preload_libraries = 'a, b';\n", "sql-setting-breaks-start"),
    ] {
        let run = check(script);
        run.exits(1);
        assert!(run.out.contains(rule) && !run.out.contains("hunter2"), "{rule}: {}", run.out);
    }
    let verifier = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$qiU1NyQVO/6gXlFbHTTHjcDpZ8JR8YVYX0PPPwdFnTM=:2Rz5ZTY2lrDgmMN6KWs0BGeTKEWbLDXuAXPLeZ9rXtE=";
    for script in [
        "CREATE ROLE deploy LOGIN SUPERUSER;\n".to_owned(),
        "CREATE ROLE app LOGIN SUPERUSER;\nALTER ROLE app NOSUPERUSER;\n".to_owned(),
        format!("CREATE ROLE app LOGIN PASSWORD '{verifier}';\n"),
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';\n".to_owned(),
    ] {
        let run = check(&script);
        run.exits(0);
        assert!(!run.out.contains("error["), "{script}: {}", run.out);
    }
}
