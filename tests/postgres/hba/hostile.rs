//! Files that nobody writes by hand: they end, soon, and with words to them.

use super::{check, policy, sources_of};
use secgen::finding::Kind;
use secgen::targets::{Input, Target, postgres::Postgres};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

fn soon<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    assert!(start.elapsed() < Duration::from_secs(60), "{what} took {:?}", start.elapsed());
    result
}

fn required() -> serde_json::Value {
    json!([{ "type": "hostssl", "database": "app", "user": "app", "address": "10.0.0.0/8", "method": "scram-sha-256" }])
}

#[test]
fn a_hundred_thousand_records_end() {
    let mut text = String::new();
    for i in 0..100_000 {
        writeln!(text, "hostssl db{i} user{i} 10.{}.{}.{}/32 scram-sha-256", i / 65_536, i / 256 % 256, i % 256).unwrap();
    }
    let (_, reading) = soon("many records", || check(&policy("15", Some(&required())), &[("pg_hba.conf", &text)]));
    assert!(reading.not_examined.iter().any(|(what, why)| what.contains("order") && why.contains("too many")), "{:?}", reading.not_examined);
    assert_eq!(reading.facts.len(), 1);
    // Its findings are as many as a person reads.
    let (_, reading) = soon("many dangers", || check(&policy("15", None), &[("pg_hba.conf", &text.replace("scram-sha-256", "trust"))]));
    assert!(reading.findings.len() <= 102 && reading.findings.iter().any(|f| f.message.contains("more records")), "{}", reading.findings.len());
}

#[test]
fn a_few_thousand_records_are_compared() {
    let mut text = String::new();
    for i in 0..700 {
        writeln!(text, "hostssl app{} user{} 10.0.{}.{}/32 scram-sha-256", i % 30, i % 70, i / 256, i % 256).unwrap();
    }
    let (_, reading) = soon("records of a large company", || check(&policy("15", Some(&required())), &[("pg_hba.conf", &text)]));
    assert!(reading.not_examined.iter().all(|(what, _)| !what.contains("order")), "{:?}", reading.not_examined);
}

#[test]
fn long_lines_and_lists_end() {
    let names: Vec<String> = (0..100_000).map(|i| format!("user{i}")).collect();
    let list = format!("hostssl app {} 10.0.0.0/8 scram-sha-256\nhost all all all reject\n", names.join(","));
    let (_, reading) = soon("a long list", || check(&policy("18", Some(&required())), &[("pg_hba.conf", &list)]));
    assert_eq!(reading.facts.len(), 1);
    for text in ["a".repeat(2 << 20), "\"".repeat(2 << 20), ",".repeat(2 << 20), "a,".repeat(1 << 20), "\\\n".repeat(1 << 20), "@".repeat(1 << 20)] {
        let (_, reading) = soon("a long line", || check(&policy("13-14", None), &[("pg_hba.conf", &text)]));
        assert!(reading.findings.iter().any(|f| f.kind == Kind::Error), "{}", &text[..10]);
        assert!(reading.findings.iter().all(|f| f.message.len() < 1000));
    }
    let conditions: String = (0..40).fold(String::new(), |mut text, i| {
        writeln!(text, "hostssl app +role{i},/regex{i} host{i}.example.com scram-sha-256").unwrap();
        text
    });
    soon("many conditions", || check(&policy("18", Some(&required())), &[("pg_hba.conf", &conditions)]));
}

#[test]
fn files_that_name_themselves_end() {
    let cases: [&[(&str, &str)]; 5] = [
        &[("pg_hba.conf", "local all @list peer\n"), ("list", "a @list\n")],
        &[("pg_hba.conf", "local all @one peer\n"), ("one", "@two @two"), ("two", "@one @one")],
        &[("pg_hba.conf", "include pg_hba.conf\nlocal all all peer\n")],
        &[("pg_hba.conf", "include a\ninclude a\n"), ("a", "include b\ninclude b\n"), ("b", "include a\ninclude a\n")],
        &[("pg_hba.conf", "include_dir d\n"), ("d/x.conf", "include_dir ../d\ninclude_dir ../d\nlocal all all peer\n")],
    ];
    for files in cases {
        let (_, reading) = soon("a circle", || check(&policy("16-18", None), files));
        let refused = reading.findings.iter().filter(|f| f.rule.name == "hba-line-refused" && f.kind == Kind::Error).count();
        assert!((1..=110).contains(&refused), "{files:?}: {refused}");
    }
}

#[test]
fn what_is_no_file_of_rules_is_none() {
    let (_folder, mut sources) = sources_of(&[("pg_hba.conf/x", ""), ("db/pg_hba.secgen.conf", "host all all all trust\n")]);
    let inputs = ["pg_hba.conf", "missing/pg_hba.conf", "db/pg_hba.secgen.conf"].map(|path| Input { path: path.to_owned(), id: None });
    let reading = Postgres.read(&policy("15", None), &mut sources, &inputs);
    assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["input-unreadable", "input-unreadable"]);
    assert!(reading.not_examined.iter().any(|(what, _)| what == "db/pg_hba.secgen.conf"), "what is to be pasted is in force nowhere");
    for (path, text, is_ours) in
        [("pg_hba.conf", "", true), ("x/00_pg_hba.conf.j2", "", true), ("rules", "# a\nlocal all all peer\n", true), ("rules", "server {}\n", false)]
    {
        assert_eq!(Postgres.claims(path, text.as_bytes()), is_ours, "{path}");
    }
}
