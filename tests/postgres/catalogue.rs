//! The settings catalogue is what the servers say: it is compiled here from seven servers' `pg_settings`, and must be
//! what `src/strictness/postgres/settings.tsv` holds.

use crate::support;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// How the file was made; its first lines.
const HEAD: &str = "\
# Settings of PostgreSQL 12-18, one line for each name and run of versions that describe it alike; sorted by bytes.
# From pg_settings of 12.22, 13.23, 14.23, 15.18 (Debian), 16.14, 17.10 and 18.4, freshly initialised; list kind and
# `alter` (whether ALTER SYSTEM takes it) were tried on each. What a build decides is unified (compression methods,
# the socket folder, the Kerberos key file). Written by tests/postgres/catalogue.rs; not edited by hand.
# name\tversions\ttype\tcontext\tlist\talter\tunit\tmin\tmax\tenum\tdefault
";

/// One version's description of a setting, without its name.
fn describe(row: &BTreeMap<&str, &str>) -> String {
    let name = row["name"];
    let of_server = name.starts_with("server_version");
    let field = |key: &str| if of_server { "" } else { row[key] };
    let enums = match (name, row["vartype"]) {
        ("default_toast_compression", _) => "pglz,lz4",
        ("wal_compression", "enum") => "pglz,lz4,zstd,on,off",
        _ => row["enumvals"].trim_start_matches('{').trim_end_matches('}'),
    };
    let default = match name {
        "unix_socket_directories" => "/tmp",
        "krb_server_keyfile" => "",
        _ if row["boot_val"] == "<null>" => "",
        _ => field("boot_val"),
    };
    let list = match row["list_kind"] {
        "scalar" => "-",
        "list_quote" => "quoted",
        other => other,
    };
    let columns = [row["vartype"], row["context"], list, row["alter_system"], row["unit"], field("min"), field("max"), enums, default];
    columns.join("\t")
}

fn compile(folder: &Path) -> String {
    let mut all: BTreeMap<String, Vec<(u32, u32, String)>> = BTreeMap::new();
    for version in 12..=18 {
        let text = std::fs::read_to_string(folder.join(format!("{version}.tsv"))).unwrap();
        let mut lines = text.lines();
        let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
        for line in lines {
            let row: BTreeMap<&str, &str> = columns.iter().copied().zip(line.split('\t')).collect();
            let described = describe(&row);
            let runs = all.entry(row["name"].to_ascii_lowercase()).or_default();
            match runs.last_mut() {
                Some((_, last, same)) if *last + 1 == version && *same == described => *last = version,
                _ => runs.push((version, version, described)),
            }
        }
    }
    let mut out = HEAD.to_owned();
    for (name, runs) in all {
        for (first, last, described) in runs {
            writeln!(out, "{name}\t{first}-{last}\t{described}").unwrap();
        }
    }
    out
}

#[test]
fn the_catalogue_is_what_seven_servers_say() {
    let Some(shared) = support::shared("the settings of seven servers") else { return };
    let compiled = compile(&shared.join("corpus/postgres/_guc"));
    let file = support::project().join("src/strictness/postgres/settings.tsv");
    if std::env::var_os("UPDATE_CATALOGUE").is_some() {
        std::fs::write(&file, &compiled).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), compiled, "run this test with UPDATE_CATALOGUE=1 to write the file anew");
}
