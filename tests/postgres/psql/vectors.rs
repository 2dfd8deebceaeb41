//! Scripts with what they leave in postgresql.auto.conf: by our reader, and by psql on real servers of 15 and 18.

use crate::postgres::live::{Cluster, servers};
use secgen::targets::postgres::psql::stored_settings;
use serde_json::Value;
use std::collections::BTreeMap;

fn vectors() -> Vec<(String, String, Value)> {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    all.into_iter().map(|v| (v["name"].as_str().unwrap().to_owned(), v["script"].as_str().unwrap().to_owned(), v)).collect()
}

fn wanted(vector: &Value, version: &str) -> BTreeMap<String, Option<String>> {
    vector[version].as_object().unwrap().iter().map(|(name, text)| (name.clone(), Some(text.as_str().unwrap().to_owned()))).collect()
}

/// Read as cut in pieces by a condition: what the script stores is not said, and a finding says so.
const NOT_SAID: [&str; 1] = ["a condition in a statement"];

#[test]
fn the_reader_says_what_is_stored() {
    let mut wrong = Vec::new();
    for (name, script, vector) in vectors().into_iter().filter(|(name, ..)| !NOT_SAID.contains(&name.as_str())) {
        for version in ["15", "18"] {
            let found = stored_settings(script.as_bytes(), version.parse().unwrap());
            if found != wanted(&vector, version) {
                wrong.push(format!("{name} on {version}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for name in NOT_SAID {
        let script = vectors().into_iter().find(|(n, ..)| n == name).unwrap().1;
        assert_eq!(super::rules(&script), ["sql-not-read"], "{name}");
    }
}

/// The vectors are what servers do, not what we think they do.
#[test]
fn servers_store_it() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.start();
        let mut wrong = Vec::new();
        for (name, script, vector) in vectors() {
            cluster.query("ALTER SYSTEM RESET ALL");
            cluster.run_script(&script);
            let stored = "SELECT coalesce(json_object_agg(lower(name), setting), '{}') FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf'";
            let found: BTreeMap<String, Option<String>> = serde_json::from_str(&cluster.query(stored)).unwrap();
            if found != wanted(&vector, version) {
                wrong.push(format!("{name}: {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{version}:\n{}", wrong.join("\n"));
    }
}
