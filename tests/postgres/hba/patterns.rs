//! Each dangerous pattern, where it is one and where it is none.

use super::{check, dangers, notes, policy};
use secgen::finding::{Kind, Verdict};
use secgen::targets::{Input, Target, postgres::Postgres};
use serde_json::json;

/// A record that ends a file, so that nothing else is found.
const END: &str = "\nhost all all all reject\n";

fn only(record: &str, expected: &[&str]) {
    assert_eq!(dangers(&format!("{record}{END}")), expected, "{record}");
}

#[test]
fn one_record_has_one_finding_which_is_the_worst() {
    for (record, expected) in [
        // H1
        ("host all all 0.0.0.0/0 trust", "hba-trust-network"),
        ("host app app 10.0.0.1/32 trust", "hba-trust-network"),
        ("hostssl app app samenet trust", "hba-trust-network"),
        ("hostssl app app 10.0.0.0/8 trust clientcert=verify-ca", "hba-trust-network"),
        ("host app app 127.0.0.1/32 trust", "hba-trust-loopback"),
        ("host app app ::1/128 trust", "hba-trust-loopback"),
        ("host app app samehost trust", "hba-trust-loopback"),
        // H2
        ("local app app trust", "hba-trust-local"),
        // H3
        ("host app app 127.0.0.1/32 password", "hba-password-cleartext"),
        ("local app app password", "hba-password-cleartext"),
        ("hostssl app app 10.0.0.0/8 password", "hba-password-tls"),
        // H4
        ("hostssl app app 10.0.0.0/8 md5", "hba-md5"),
        ("local app app md5", "hba-md5"),
        // H5
        ("host app app 127.0.0.1/32 ident", "hba-ident"),
        // H6
        ("host app app 10.0.0.0/8 scram-sha-256", "hba-plaintext"),
        ("hostnossl app app 10.0.0.0/8 gss", "hba-plaintext"),
        ("hostnogssenc app app db.example.com scram-sha-256", "hba-plaintext"),
        // H7
        ("hostssl app app all scram-sha-256", "hba-address-wide"),
        ("hostssl app app 0.0.0.0/0 scram-sha-256", "hba-address-wide"),
        ("hostssl app app 0.0.0.0/1 scram-sha-256", "hba-address-wide"),
        ("hostssl app app ::/0 scram-sha-256", "hba-address-wide"),
        ("hostssl app app samenet scram-sha-256", "hba-address-wide"),
        // H9
        ("hostssl app postgres 10.0.0.0/8 scram-sha-256", "hba-superuser-network"),
        ("hostssl app app,postgres 127.0.0.1/32 scram-sha-256", "hba-superuser-network"),
        // H13
        ("hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapprefix=y", "hba-ldap-radius-cleartext"),
        ("hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapprefix=y ldaptls=true", "hba-ldap-radius-cleartext"),
        // H16
        ("hostssl replication standby all scram-sha-256", "hba-replication-wide"),
    ] {
        only(record, &[expected]);
    }
}

#[test]
fn the_exceptions_are_none() {
    for record in [
        // H1: a certificate of the user's own is the proof.
        "hostssl app app 10.0.0.0/8 trust clientcert=verify-full",
        "local app app peer",
        "local app app ident",
        "hostssl app app 10.0.0.0/8 scram-sha-256",
        // H6: the machine itself, and what is not plain.
        "host app app 127.0.0.0/8 scram-sha-256",
        "host app app ::1/128 scram-sha-256",
        "host app app samehost scram-sha-256",
        "hostgssenc app app 10.0.0.0/8 gss",
        // H7: reject and cert.
        "hostssl app app all cert",
        "hostssl app app all scram-sha-256 clientcert=verify-full",
        "hostnossl all all all reject",
        // H8 and H9: reject.
        "host all postgres all reject",
        // H13
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapprefix=y ldaptls=1",
        "hostssl app app 10.0.0.0/8 ldap ldapurl=ldaps://x/dc=y",
        // H16
        "hostssl replication standby 10.0.0.5/32 scram-sha-256",
    ] {
        only(record, &[]);
    }
}

#[test]
fn what_is_rejected_before_is_no_danger() {
    // H6 with its exception, and without, because it comes too late or does not cover.
    assert_eq!(dangers(&format!("hostnossl all all all reject\nhost app app 10.0.0.0/8 scram-sha-256{END}")), [""; 0]);
    assert_eq!(dangers(&format!("host app app 10.0.0.0/8 scram-sha-256\nhostnossl all all all reject{END}")), ["hba-plaintext"]);
    assert_eq!(dangers(&format!("hostnossl app app 10.0.0.0/9 reject\nhost app app 10.0.0.0/8 scram-sha-256{END}")), ["hba-plaintext"]);
    assert_eq!(dangers(&format!("hostnossl all +team all reject\nhost app app 10.0.0.0/8 scram-sha-256{END}")), ["hba-plaintext"], "membership covers nothing");
    assert_eq!(dangers(&format!("hostnossl all all 0.0.0.0/0 reject\nhost app app 10.0.0.0/8 scram-sha-256{END}")), [""; 0]);
    // `all` does not reject replication.
    let text = format!("hostnossl all all all reject\nhost replication standby 10.0.0.5/32 scram-sha-256{END}");
    assert_eq!(dangers(&text), ["hba-plaintext"]);
    // H1 that is never reached; the reject is the one that counts.
    let text = format!("host all all all reject\nhost app app all trust{END}");
    assert_eq!((dangers(&text), notes(&text)), (vec![], vec!["hba-record-shadowed", "hba-record-shadowed"]));
}

#[test]
fn records_that_are_never_reached() {
    // H11: a reject below what it should except is a danger; another record is worth a note.
    assert_eq!(dangers("hostssl app app 10.0.0.0/8 scram-sha-256\nhostssl app app 10.1.0.0/16 reject\nhost all all all reject"), ["hba-reject-shadowed"]);
    assert_eq!(dangers("hostssl app app 10.1.0.0/16 reject\nhostssl app app 10.0.0.0/8 scram-sha-256\nhost all all all reject"), [""; 0]);
    let text = "hostssl app app 10.0.0.0/8 scram-sha-256\nhostssl app app 10.0.0.0/9 scram-sha-256\nhostssl app app 10.0.0.0/8 cert\nhost all all all reject";
    assert_eq!((dangers(text), notes(text)), (vec![], vec!["hba-record-shadowed", "hba-record-shadowed"]));
    // Two halves cover the whole.
    let text = "hostssl app app 10.0.0.0/9 cert\nhostssl app app 10.128.0.0/9 cert\nhostssl app app 10.0.0.0/8 reject\nhost all all all reject";
    assert_eq!(dangers(text), ["hba-reject-shadowed"]);
    // What only the server knows covers nothing, unless it is the same text.
    assert_eq!(notes("hostssl app +a 10.0.0.0/8 cert\nhostssl app +b 10.0.0.0/8 cert\nhost all all all reject"), [""; 0]);
    assert_eq!(notes("hostssl app +a 10.0.0.0/8 cert\nhostssl app +a 10.0.0.0/9 cert\nhost all all all reject"), ["hba-record-shadowed"]);
    let (sources, reading) = check(&policy("15", None), &[("pg_hba.conf", "hostssl app app 10.0.0.0/8 cert\nhostssl app app 10.1.0.0/16 reject\n")]);
    let finding = reading.findings.iter().find(|f| f.rule.name == "hba-reject-shadowed").unwrap();
    assert_eq!(finding.kind, Kind::Verdict(Verdict::Weaker));
    assert_eq!(sources.place(finding.primary.as_ref().unwrap().span), "pg_hba.conf:2");
    assert_eq!(finding.related.iter().map(|l| sources.place(l.span)).collect::<Vec<_>>(), ["pg_hba.conf:1"]);
}

#[test]
fn notes_fail_no_gate() {
    // H8 and H17.
    assert_eq!(notes(&format!("hostssl all app 10.0.0.0/8 scram-sha-256{END}")), ["hba-all-names"]);
    assert_eq!(notes(&format!("hostssl app all 10.0.0.0/8 scram-sha-256{END}")), ["hba-all-names"]);
    assert_eq!(notes("local app app peer\n"), ["hba-no-last-reject"]);
    assert_eq!(notes(&format!("local all all peer{END}")), [""; 0]);
}

#[test]
fn records_for_tls_without_tls() {
    // H10, with the configuration that is read in the same run.
    let hba = "hostssl app app 10.0.0.0/8 scram-sha-256\nhost all all all reject\n";
    for (conf, expected) in [
        ("ssl = off\n", Some(Kind::Verdict(Verdict::Weaker))),
        ("ssl = on\nssl = of\n", Some(Kind::Verdict(Verdict::Weaker))),
        ("port = 5432\n", Some(Kind::Warning)),
        ("ssl = on\n", None),
        ("ssl = off\ninclude '/etc/other.conf'\n", None),
    ] {
        let (sources, reading) = check(&policy("15", None), &[("postgresql.conf", conf), ("pg_hba.conf", hba)]);
        assert!(reading.sources.iter().any(|id| sources.get(*id).path == "pg_hba.conf"), "the rules beside the configuration are read");
        assert_eq!(reading.findings.iter().find(|f| f.rule.name == "hba-hostssl-without-tls").map(|f| f.kind), expected, "{conf}");
    }
}

#[test]
fn nobody_is_told_to_write_hostssl_where_tls_is_off() {
    for (conf, is_off) in [("ssl = off\n", true), ("fsync = on\n", true), ("ssl = on\n", false)] {
        let (_, reading) =
            check(&policy("15", None), &[("postgresql.conf", conf), ("pg_hba.conf", "host app app 10.0.0.0/8 scram-sha-256\nhost app app all trust\n")]);
        let helps: Vec<&String> = reading.findings.iter().flat_map(|f| &f.help).filter(|help| help.contains("hostssl")).collect();
        assert_eq!(helps.len(), 2, "{conf}");
        assert!(helps.iter().all(|help| help.starts_with("switch TLS on first") == is_off), "{conf}: {helps:?}");
    }
}

#[test]
fn the_file_that_the_configuration_names_is_read() {
    let (_folder, mut sources) = super::sources_of(&[
        ("etc/postgresql.conf", "hba_file = '/etc/postgresql/15/main/rules.conf'\n"),
        ("etc/rules.conf", "host all all all trust\n"),
        ("etc/pg_hba.conf", "local all all trust\n"),
    ]);
    let reading = Postgres.read(&policy("15", None), &mut sources, &[Input { path: "etc/postgresql.conf".into(), id: None }]);
    assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["hba-trust-network", "hba-no-last-reject"]);
    let guess = reading.not_examined.iter().find(|(what, _)| what == "/etc/postgresql/15/main/rules.conf");
    assert!(guess.is_some_and(|(_, why)| why.ends_with("etc/rules.conf is taken for it")), "{:?}", reading.not_examined);
    let (_, reading) = check(&policy("15", None), &[("postgresql.conf", "hba_file = '/elsewhere/rules.conf'\n")]);
    assert!(reading.not_examined.iter().any(|(what, _)| what == "/elsewhere/rules.conf"), "{:?}", reading.not_examined);
}

#[test]
fn secrets_are_found_and_printed_nowhere() {
    // H12
    let texts = [
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y ldapbindpasswd=hunter2 ldaptls=1",
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y \"ldapbindpasswd=is, hunter2 #\" ldaptls=1",
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y ldaptls=1 ldapbindpasswd=is\\\nhunter2",
        "hostssl app app 10.0.0.0/8 radius radiusservers=127.0.0.1 radiussecrets=hunter2",
        "hostssl app app 10.0.0.0/8 radius radiusservers=127.0.0.1 \"radiussecrets=\"\"hunter2\"\"\"",
        // Lines that the server refuses.
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y ldapbindpasswd=is hunter2",
        "hostssl app app 10.0.0.0/8 ldap ldapserver=x ldapbasedn=y ldapbindpasswd=is hunter2=x",
        "hostssl app app 10.0.0.0/8 md5 ldapbindpasswd=hunter2",
    ];
    let required = json!([{ "type": "hostssl", "database": "app", "user": "app", "address": "10.0.0.0/8", "method": "cert" }]);
    for (index, text) in texts.iter().enumerate() {
        let (sources, reading) = check(&policy("15", Some(&required)), &[("pg_hba.conf", &format!("{text}{END}"))]);
        let has_secret = reading.findings.iter().any(|f| f.rule.name == "hba-secret-in-file");
        assert_eq!(has_secret, index < 5, "{text}");
        let mut out = String::new();
        for finding in &reading.findings {
            out += &secgen::report::text::frame(&secgen::check::Report::default(), finding, &sources, false);
        }
        for fact in &reading.facts {
            out += &format!("{:?} {:?}", fact.found, fact.help);
        }
        assert!(!out.contains("hunter2"), "{text}\n{out}");
        assert!(!out.is_empty());
    }
}

#[test]
fn lines_that_stop_a_server_are_errors() {
    // H15
    for text in ["local all @missing peer\n", "host all all 10.0.0.1 md5\n", "nonsense\n", "# nothing\n", "include missing\n", "HOST all all all reject\n"] {
        let (_, reading) = check(&policy("16-18", None), &[("pg_hba.conf", text)]);
        assert!(reading.findings.iter().any(|f| f.rule.name == "hba-line-refused" && f.kind == Kind::Error), "{text}");
    }
    // What only some of the versions refuse.
    for (text, versions) in [
        ("include_if_exists x\nlocal all all peer\n", "15"),
        ("hostssl a b all cert clientcert=1\n", "14, 15, 16"),
        ("host a b all oauth issuer=x scope=y\n", "13, 14, 15, 16"),
    ] {
        let (_, reading) = check(&policy("13-18", None), &[("pg_hba.conf", text)]);
        let finding = reading.findings.iter().find(|f| f.rule.name == "hba-line-version").unwrap_or_else(|| panic!("{text}: {:?}", reading.findings));
        assert!(finding.kind == Kind::Warning && finding.message.contains(versions), "{}", finding.message);
    }
    // H14
    let (_, reading) = check(&policy("12-13", None), &[("pg_hba.conf", "hostssl a b 10.0.0.0/8 scram-sha-256 clientcert=1\nhost all all all reject\n")]);
    assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["hba-clientcert-number"]);
    // A template is named as one.
    let (_, reading) = check(&policy("15", None), &[("pg_hba.conf.j2", "{% for x in y %}\nlocal all all peer\n{% endfor %}\n")]);
    assert!(reading.findings.iter().any(|f| f.kind == Kind::Error && f.help.iter().any(|h| h.contains("template"))));
}

#[test]
fn what_the_spec_permits_is_no_danger() {
    let required = json!([
        { "type": "local", "database": "all", "user": "all", "method": "trust" },
        { "type": "host", "database": "app", "user": "app", "address": "127.0.0.0/8", "method": "trust" },
    ]);
    let permitted = policy("15", Some(&required));
    let named = |text: &str| {
        let (_, reading) = check(&permitted, &[("pg_hba.conf", text)]);
        reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>()
    };
    assert_eq!(named("local all all trust\nhost app app 127.0.0.1/32 trust\n"), [""; 0]);
    assert_eq!(named("local all all trust\nhost app app 127.0.0.1/32 md5\n"), [""; 0], "it asks for more than the spec");
    assert_eq!(named("local all all trust\nhost other app 127.0.0.1/32 trust\n"), ["hba-trust-loopback"]);
    assert_eq!(named("local all,replication all trust\n"), ["hba-trust-local"]);
}

#[test]
fn every_rule_can_be_explained_and_each_name_is_used_once() {
    let names: Vec<&str> = Postgres.rules().iter().map(|rule| rule.name).collect();
    assert!(names.iter().filter(|name| name.starts_with("hba-")).count() >= 22);
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
}

#[test]
fn the_spec_itself_is_warned_of_weak_methods() {
    let rules = json!([
        { "type": "local", "database": "all", "user": "all", "method": "trust" },
        { "type": "hostssl", "database": "a", "user": "a", "address": "all", "method": "password" },
        { "type": "hostssl", "database": "a", "user": "a", "address": "all", "method": "md5" },
        { "type": "hostssl", "database": "a", "user": "a", "address": "all", "method": "ident" },
        { "type": "hostssl", "database": "a", "user": "a", "address": "all", "method": "trust", "options": { "clientcert": "verify-full" } },
        { "type": "hostssl", "database": "a", "user": "a", "address": "all", "method": "scram-sha-256" },
        { "type": "local", "database": "all", "user": "all", "method": "peer" },
    ]);
    let (errors, warnings) = secgen::policy::lints::check(&policy("15", Some(&rules)), 20_000);
    let of_rules: Vec<&str> = warnings.iter().filter(|f| f.rule.name == "hba-weak-method").map(|f| &f.message[..6]).collect();
    assert_eq!((of_rules, errors.len()), (vec!["rule 1", "rule 2", "rule 3", "rule 4"], 0));
}

/// What a user sees: exit code and output of the program.
#[test]
fn a_check_of_a_file_fails_and_passes() {
    let spec = "version: 1\nservice: t\npostgres:\n  hba:\n    - { type: local, database: all, user: postgres, method: peer }\n    - { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }\ntargets:\n  postgres: { versions: \"15-18\", check: [pg_hba.conf] }\n";
    let run = |hba: &str| {
        let (folder, _) = super::sources_of(&[("secgen.yaml", spec), ("pg_hba.conf", hba)]);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_secgen")).args(["check", "--color", "never"]).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, out) = run("local all postgres peer\nhostssl app app 10.0.0.0/8 scram-sha-256\n");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("1 verified in 1 checked source"), "{out}");
    let (code, out) = run("local all postgres peer\nhost app app 10.0.0.0/8 scram-sha-256\n");
    assert_eq!(code, Some(1), "{out}");
    let message = "a client from 10.0.0.0/8 without TLS reaches database app as user app with scram-sha-256; the policy rejects it";
    assert!(out.contains(message) && out.contains("pg_hba.conf:2"), "{out}");
    let (code, out) = run("nonsense\n");
    assert_eq!(code, Some(2), "{out}");
}
