//! Connections to the database, and what keeps the service from starting.

use crate::stack::Stack;
use std::process::Command;

pub fn access(stack: &Stack) {
    // How far somebody comes who has no password.
    let connect = |words: &str| {
        let port = stack.value("DATABASE_PORT");
        let roots = stack.path("tls/ca.pem");
        let target = format!(
            "host=localhost hostaddr=127.0.0.1 port={port} dbname=reports user=reports sslrootcert={roots} {words}"
        );
        let mut psql = Command::new("psql");
        psql.args(["-X", "-w", "-c", "SELECT 1", &target])
            .env_remove("PGPASSWORD")
            .env("PGPASSFILE", "/dev/null");
        String::from_utf8(psql.output().unwrap().stderr).unwrap()
    };
    let verified = connect("sslmode=verify-full");
    assert!(verified.contains("no password supplied"), "{verified}");
    let plain = connect("sslmode=disable");
    assert!(
        plain.contains("no pg_hba.conf entry") && plain.contains("no encryption"),
        "{plain}"
    );
    let older = connect("sslmode=verify-full ssl_max_protocol_version=TLSv1.2");
    assert!(older.contains("protocol version"), "{older}");
    let other = connect("sslmode=verify-full user=postgres");
    assert!(other.contains("no pg_hba.conf entry"), "{other}");
}

pub fn refuses_to_start(stack: &Stack) {
    let port = stack.value("DATABASE_PORT");
    let url =
        |rest: &str| format!("postgresql://reports:hunter2hunter2@localhost:{port}/reports{rest}");
    let verified = url("?sslmode=verify-full");
    let start = |changed: &[(&str, &str)]| {
        let mut service = Command::new(env!("CARGO_BIN_EXE_reports"));
        service
            .env_clear()
            .env("APP_ENV", "prod")
            .env("LISTEN", "127.0.0.1:0");
        service
            .env("REDIS_URL", "redis://127.0.0.1/")
            .env("DATABASE_URL", &verified);
        service.env("DATABASE_CA", stack.path("tls/ca.pem"));
        service.env("JWT_2026_11_PRIVATE", stack.path("keys/2026-11.pem"));
        service.env("JWT_2026_11_PUBLIC", stack.path("keys/2026-11.pub.pem"));
        service.env("JWT_2026_08_SECRET_FILE", stack.path("keys/2026-08.secret"));
        for (name, value) in changed {
            service.env(name, value);
        }
        let output = service.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{changed:?}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
        said
    };
    let stranger = stack.path("tls/edge.pem");
    for (changed, why) in [
        // All is right but the password.
        (("LISTEN", "127.0.0.1:0"), "password authentication failed"),
        (("APP_ENV", "production"), "write one of: dev, prod, test"),
        (("APP_ENV", ""), "write one of: dev, prod, test"),
        (("LISTEN", "0.0.0.0:0"), "TLS_CERTIFICATE"),
        (("DATABASE_URL", &url("")), "sslmode"),
        (
            ("DATABASE_URL", &url("?sslmode=require")),
            "weaker than verify-full",
        ),
        (
            ("DATABASE_URL", &verified.replace("localhost", "127.0.0.1")),
            "certificate",
        ),
        (("DATABASE_CA", &stranger), "certificate"),
        (("JWT_2026_08_SECRET", "changeme"), "JWT_2026_08_SECRET"),
        (("JWT_2026_11_PRIVATE", "/dev/null"), "JWT_2026_11_PRIVATE"),
        (("REDIS_URL", "http://127.0.0.1/"), "REDIS_URL"),
    ] {
        let said = start(&[changed]);
        assert!(said.contains(why), "{changed:?}: {said}");
    }
}
