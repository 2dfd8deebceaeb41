//! Lines with what servers make of them (`vectors/lines.tsv`): our reader and the servers themselves say the same.

use super::live::{Cluster, servers};
use crate::support;
use secgen::source::Sources;
use secgen::strictness::Value;
use secgen::strictness::postgres::value::Meaning;
use secgen::strictness::postgres::{Setting, catalogue};
use secgen::targets::{Found, Input, Target, postgres::Postgres};
use serde_json::json;

struct Vector {
    text: String,
    name: String,
    on_15: String,
    on_18: String,
}

fn vectors() -> Vec<Vector> {
    let file = std::fs::read_to_string(support::project().join("tests/postgres/vectors/lines.tsv")).unwrap();
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let text = columns[0].replace("\\n", "\n").replace("\\r", "\r").replace("\\u{feff}", "\u{feff}") + "\n";
        let on_18 = columns.get(3).unwrap_or(&columns[2]);
        Vector { text, name: columns[1].to_owned(), on_15: columns[2].to_owned(), on_18: (*on_18).to_owned() }
    };
    file.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

/// A value as `pg_settings` shows it.
fn shown(setting: &Setting, version: u32) -> String {
    let entry = catalogue::at(&setting.name, version);
    match setting.meaning(version) {
        Some(Meaning::Bool(flag)) => if *flag { "on" } else { "off" }.to_owned(),
        Some(Meaning::Integer(mode)) if entry.is_some_and(|e| e.is_octal()) => format!("{mode:04o}"),
        Some(Meaning::Integer(number)) => number.to_string(),
        Some(Meaning::Real(number)) => number.to_string(),
        Some(Meaning::Word(text) | Meaning::Text(text)) => text.clone(),
        Some(Meaning::List(_)) => setting.value.join(", "),
        None => "nothing".to_owned(),
    }
}

/// What we read: the effective value, or the kind of error that keeps the server from starting.
fn ours(vector: &Vector, version: u32) -> String {
    // Any value of the setting will do as the required one; its default is one.
    let required = Setting::defaults(&vector.name, &(version..=version)).remove(0).value;
    let policy = super::policy(&version.to_string(), &json!({ &vector.name: required.join(", ") }));
    let mut sources = Sources::new(std::path::Path::new("/"));
    let id = sources.add("x.conf", vector.text.as_bytes());
    let reading = Postgres.read(&policy, &mut sources, &[Input { path: "x.conf".into(), id: Some(id) }]);
    for (rule, word) in [("postgres-config-syntax", "syntax"), ("postgres-setting-unknown", "unknown"), ("postgres-value-invalid", "invalid")] {
        if reading.findings.iter().any(|finding| finding.rule.name == rule) {
            return word.to_owned();
        }
    }
    match &reading.facts[0].found {
        Found::Set { value: Value::Setting(setting), .. } | Found::Default { value: Value::Setting(setting), .. } => shown(setting, version),
        Found::NotApplicable(_) => {
            // Void here, and read all the same: from its own line.
            let (_, value) = vector.text.trim_end().split_once(" = ").unwrap();
            shown(&Setting::from_text(&vector.name, value.trim_matches('\''), &(version..=version)).unwrap(), version)
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn lines_mean_to_us_what_they_mean_to_servers() {
    let vectors = vectors();
    assert!(vectors.len() > 80, "{}", vectors.len());
    for vector in &vectors {
        for (version, expected) in [(15, &vector.on_15), (18, &vector.on_18)] {
            assert_eq!(&ours(vector, version), expected, "{:?} on {version}", vector.text);
        }
    }
}

#[test]
fn servers_say_the_same_of_the_lines() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        for vector in vectors() {
            let expected = if version == "15" { &vector.on_15 } else { &vector.on_18 };
            cluster.write("postgresql.conf", &vector.text);
            let said = cluster.would_have(&vector.name).unwrap_or_else(|error| {
                let kind = if error.contains("syntax error") {
                    "syntax"
                } else if error.contains("unrecognized configuration parameter") {
                    "unknown"
                } else {
                    "invalid"
                };
                kind.to_owned()
            });
            // `-C` shows a mode as a decimal number.
            let is_mode = vector.name == "log_file_mode" && said.parse::<u32>().is_ok();
            let said = if is_mode { format!("{:04o}", said.parse::<u32>().unwrap()) } else { said };
            assert_eq!(&said, expected, "{:?} on {version}", vector.text);
        }
    }
}
