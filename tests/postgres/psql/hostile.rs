//! Scripts that want to hurt their reader: it must come to an end soon, and lose nothing silently.

use super::{policy, read, rules};
use secgen::targets::postgres::psql::{statements, stored_settings};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const GOOD: &str = "ALTER SYSTEM SET log_statement = 'ddl';\n";

/// Reads a script, quickly.
fn soon(name: &str, text: &str) -> Vec<String> {
    let start = Instant::now();
    let found = rules(text);
    assert!(start.elapsed() < Duration::from_secs(30), "{name} took {:?}", start.elapsed());
    found
}

#[test]
fn depth_and_length_do_no_harm() {
    let n = 100_000;
    let nested = format!("{}{GOOD}{}", "\\if :a\n".repeat(n), "\\endif\n".repeat(n));
    let _ = soon("nested conditions", &nested);
    let known = format!("{}{GOOD}{}", "\\if true\n".repeat(n), "\\endif\n".repeat(n));
    assert_eq!(soon("nested known conditions", &known), [""; 0]);
    assert_eq!(stored_settings(known.as_bytes(), 15).len(), 1);
    let many: String = (0..10_000).fold(String::new(), |mut s, i| {
        let _ = writeln!(s, "\\if :a{i}\n{GOOD}\\endif");
        s
    });
    assert!(soon("many conditions", &many).contains(&"sql-not-read".to_owned()));
    let comments = format!("{}{}{GOOD}", "/*".repeat(n), "*/".repeat(n));
    assert_eq!(stored_settings(comments.as_bytes(), 15).len(), 1);
    let parentheses = format!("GRANT {} ON t TO PUBLIC;{GOOD}", "(".repeat(n));
    let _ = soon("parentheses", &parentheses);
    let long = format!("GRANT SELECT ON {} t TO PUBLIC;\n{GOOD}", "a, ".repeat(3_500_000));
    assert!(soon("a long line", &long).contains(&"sql-not-read".to_owned()), "not passed over silently");
    let inserted = format!("INSERT INTO t VALUES {} (1);\n{GOOD}", "('x''y'), ".repeat(1_000_000));
    assert_eq!(soon("a long insert", &inserted), [""; 0]);
    assert_eq!(stored_settings(inserted.as_bytes(), 15).len(), 1);
}

#[test]
fn what_never_closes_is_said() {
    for open in ["'", "\"", "/*", "$$", "$a$", "E'\\'", "(", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; "] {
        let text = format!("SELECT 1;\n{open}\n{GOOD}");
        let found = rules(&text);
        assert!(found.contains(&"sql-not-read".to_owned()) || open == "(" || open.starts_with("CREATE"), "{open}: {found:?}");
        // Behind it, what is good is no proof, and what is bad is found.
        let policy = policy("15", &json!({ "log_statement": "ddl" }));
        let (sources, reading) = read(&policy, &[("a.sql", &text)]);
        assert!(super::verdicts(&policy, &sources, &reading).iter().any(|v| !v.contains("equal")), "{open}");
        let bad = rules(&format!("{open}\nCREATE ROLE a SUPERUSER;"));
        assert!(bad.contains(&"role-superuser".to_owned()) || open == "(" || open.starts_with("CREATE"), "{open}: {bad:?}");
    }
    let tags: String = (0..50_000).fold(String::new(), |mut s, i| {
        let _ = writeln!(s, "$t{i}$ x");
        s
    });
    let found = soon("many open quotes", &tags);
    assert_eq!(found.len(), 9, "eight tries, and the rest given up");
}

#[test]
fn data_that_never_ends_swallows_nothing() {
    let policy = policy("15", &json!({ "log_statement": "ddl" }));
    let text = format!("COPY t FROM stdin; -- refused by the server\n{GOOD}CREATE ROLE a SUPERUSER;\n");
    let (sources, reading) = read(&policy, &[("a.sql", &text)]);
    assert!(super::verdicts(&policy, &sources, &reading).iter().any(|v| v.contains("unverifiable")), "no proof");
    assert!(reading.findings.iter().any(|f| f.rule.name == "role-superuser"));
    assert_eq!(reading.not_examined[0].0, "a.sql, from line 2");
    let found = soon("many", &"COPY t FROM stdin;\n".repeat(100_000));
    assert_eq!(found, [""; 0]);
    assert_eq!(rules("SET standard_conforming_strings = off;\nSELECT 1;"), ["sql-not-read"]);
    assert_eq!(rules("SET standard_conforming_strings = on;"), [""; 0]);
}

#[test]
fn statements_that_sweep_are_bounded() {
    let n = 20_000;
    let grants: String = (0..n).fold(String::new(), |mut s, i| {
        let _ = writeln!(s, "GRANT g{i} TO a;");
        s
    });
    let drops: String = (0..n).fold(String::new(), |mut s, i| {
        let _ = writeln!(s, "DROP ROLE x{i};");
        s
    });
    assert_eq!(soon("drops", &(grants + &drops)), ["sql-not-read"]);
    let _ = soon("savepoints", &format!("BEGIN;{}{}", "SAVEPOINT a;".repeat(20_000), "ROLLBACK TO b;".repeat(20_000)));
    let words: String = (0..30_000).fold(String::new(), |s, i| s + if i > 0 { ", " } else { "" } + "a" + &i.to_string());
    let _ = soon("privileges", &format!("GRANT {words} ON t TO PUBLIC; REVOKE {words} ON t FROM PUBLIC; GRANT a TO {words}; GRANT {words} TO {words};"));
    let steps = "GRANT a TO b;\n".repeat(60_000);
    assert!(soon("steps", &steps).contains(&"sql-not-read".to_owned()));
}

#[test]
fn bytes_that_are_no_text() {
    for bytes in [
        &b"\xff\xfe"[..],
        b"\0",
        b"\\",
        b"\\\\",
        b"\\;",
        b":",
        b"::",
        b":'",
        b"$",
        b"$\xff$",
        b"E",
        b"U&",
        b"U&'",
        b"\\if",
        b"\\endif\n\\else\n",
        b"--",
        b"/",
        b"\xef\xbb\xbf",
        b"\\set",
        b"\\i",
        b"\\i ''",
        b"\\g",
        b"; \\gset\n\\gexec",
        b"\\copy t from stdin",
        b"COPY t FROM stdin;",
    ] {
        let _ = statements(bytes);
        let _ = stored_settings(bytes, 15);
        let mut sources = secgen::source::Sources::new(std::path::Path::new("/nonexistent"));
        let id = sources.add("a.sql", bytes);
        let _ = secgen::targets::Target::read(
            &secgen::targets::postgres::Postgres,
            &policy("15", &json!({})),
            &mut sources,
            &[secgen::targets::Input { path: "a.sql".to_owned(), id: Some(id) }],
        );
    }
    let mut latin = b"INSERT INTO t VALUES ('caf\xe9');\nCREATE ROLE caf\xe9 SUPERUSER;\n".to_vec();
    latin.extend_from_slice(GOOD.as_bytes());
    assert_eq!(stored_settings(&latin, 15).len(), 1);
    assert_eq!(statements(&latin).len(), 3);
}

#[test]
fn a_bomb_of_includes_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..30 {
        std::fs::write(folder.path().join(format!("{i}.sql")), format!("\\ir {}.sql\n", i + 1).repeat(4)).unwrap();
    }
    std::fs::write(folder.path().join("30.sql"), "SELECT 1;").unwrap();
    let mut sources = secgen::source::Sources::new(folder.path());
    let start = Instant::now();
    let input = secgen::targets::Input { path: "0.sql".to_owned(), id: None };
    let reading = secgen::targets::Target::read(&secgen::targets::postgres::Postgres, &policy("15", &json!({})), &mut sources, &[input]);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["sql-not-read"]);
}
