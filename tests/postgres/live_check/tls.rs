//! What the server says of TLS, and what the wire shows (documentation, 19.9; each state was seen on real servers).

use super::super::live::self_signed;
use super::{JSON, Server, check, prepared, started};
use std::path::Path;
use std::process::Command;

const POLICY: &str = "tls: { min_version: TLSv1.3 }\npostgres: { settings: { ssl: \"on\", listen_addresses: \"*\" } }";

impl Server {
    /// A certificate for this server's address, and for no other.
    fn own_certificate(&self) {
        self.cluster.certificate();
        let data = self.cluster.data();
        let mut openssl = self_signed(Command::new("openssl"), "db", &data.join("server.key"), &data.join("server.crt"));
        let made = openssl.arg("-addext").arg(format!("subjectAltName=IP:{}", self.host)).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    }
}

#[test]
fn ssl_without_a_certificate_is_on_in_words_only() {
    for server in started("") {
        server.cluster.query("ALTER SYSTEM SET ssl = on");
        server.reload();
        assert_eq!(server.cluster.query("SHOW ssl"), "on");
        let run = server.check(POLICY);
        run.exits(1).has("PostgreSQL says ssl = on and offers no TLS").has("postgres-live-tls");
        if server.version == "15" {
            insta::assert_snapshot!("ssl_in_words_only", server.shown(&run));
        }
        let run = check(POLICY, Some(&server.url("")), &JSON);
        assert_eq!((run.verdict("postgres.settings.ssl"), run.verdict("tls.min_version")), ("absent".to_owned(), "absent".to_owned()));
        // No silent way around: who asks for TLS gets TLS or nothing, and the password stays here.
        for mode in ["require", "verify-full"] {
            check(POLICY, Some(&server.url(&format!("sslmode={mode}"))), &[]).exits(2).has("server does not support TLS");
        }
    }
}

#[test]
fn the_handshake_proves_the_minimum() {
    for server in prepared("ssl = on\n") {
        server.own_certificate();
        server.cluster.start();
        server.role();
        server.cluster.query("GRANT pg_read_all_settings TO auditor");
        let run = check(POLICY, Some(&server.url("")), &JSON);
        run.exits(1);
        assert_eq!((run.verdict("postgres.settings.ssl"), run.verdict("tls.min_version")), ("equal".to_owned(), "absent".to_owned()));
        server.cluster.query("ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.3'");
        server.reload();
        let run = check(POLICY, Some(&server.url("")), &JSON);
        assert_eq!(run.verdict("tls.min_version"), "equal", "{}", run.out);
        // The role needs no privilege for what the wire shows.
        server.cluster.query("REVOKE pg_read_all_settings FROM auditor");
        assert_eq!(check(POLICY, Some(&server.url("")), &JSON).verdict("tls.min_version"), "equivalent");
    }
}

#[test]
fn a_configuration_that_was_not_loaded_is_seen() {
    for server in prepared("ssl = on\nssl_min_protocol_version = 'TLSv1.2'\n") {
        server.own_certificate();
        server.cluster.start();
        server.role();
        server.cluster.query("GRANT pg_read_all_settings TO auditor");
        // From here on the key is refused, and the server keeps what it has.
        assert!(Command::new("chmod").arg("0644").arg(server.cluster.data().join("server.key")).status().unwrap().success());
        server.cluster.query("ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.3'");
        server.reload();
        assert_eq!(server.cluster.query("SHOW ssl_min_protocol_version"), "TLSv1.3");
        let run = server.check(POLICY);
        run.exits(1).has("PostgreSQL says ssl_min_protocol_version = TLSv1.3 and accepts TLSv1.2");
        if server.version == "15" {
            insta::assert_snapshot!("tls_not_loaded", server.shown(&run));
        }
    }
}

#[test]
fn the_login_verifies_as_sslmode_says() {
    for server in prepared("ssl = on\n") {
        server.own_certificate();
        server.cluster.start();
        server.role();
        let root = server.cluster.data().join("server.crt");
        let other = tempfile::NamedTempFile::new().unwrap();
        foreign(other.path());
        let run = |parameters: String| check(POLICY, Some(&server.url(&parameters)), &[]);
        let (root, other) = (root.display(), other.path().display());
        for good in [format!("sslmode=verify-full&sslrootcert={root}"), format!("sslmode=verify-ca&sslrootcert={root}"), format!("sslrootcert={root}")] {
            run(good).exits(1).lacks("without verifying").lacks("used no TLS");
        }
        for good in ["", "sslmode=prefer", "sslmode=require", "sslmode=require&channel_binding=require"] {
            run(good.to_owned()).exits(1).has("the login used TLS without verifying the server's certificate");
        }
        run("sslmode=disable".to_owned()).exits(1).has("the login used no TLS (sslmode=disable)");
        for bad in [
            format!("sslmode=verify-full&sslrootcert={other}"),
            format!("sslmode=verify-ca&sslrootcert={other}"),
            format!("sslmode=require&sslrootcert={other}"),
        ] {
            run(bad).exits(2).has("invalid peer certificate").lacks(":pw@");
        }
        run("sslmode=verify-full&sslrootcert=/no/such.pem".to_owned()).exits(2).has("sslrootcert /no/such.pem cannot be read");
        // The right certificate under another name.
        let address = &server.host;
        let named = |mode: &str| {
            check(POLICY, Some(&format!("host=db.invalid hostaddr={address} user=auditor password=pw dbname=postgres sslmode={mode} sslrootcert={root}")), &[])
        };
        named("verify-ca").exits(1);
        named("verify-full").exits(2).has("invalid peer certificate");
    }
}

/// A certificate of somebody else.
fn foreign(path: &Path) {
    let made = self_signed(Command::new("openssl"), "other", Path::new("/dev/null"), path).output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn over_a_unix_socket_tls_is_not_shown() {
    for server in prepared("ssl = on\n") {
        server.own_certificate();
        server.cluster.start();
        let socket = server.cluster.folder().display().to_string();
        let run = check(POLICY, Some(&format!("host={socket} user=postgres dbname=postgres")), &JSON);
        assert_eq!((run.verdict("postgres.settings.ssl"), run.verdict("tls.min_version")), ("unverifiable".to_owned(), "unverifiable".to_owned()));
    }
}
