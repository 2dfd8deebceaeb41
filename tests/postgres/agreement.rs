//! Our reading of configuration lines against the servers' own: `pg_file_settings` of 15 and 18 for hand-written
//! files of other projects, and for a thousand lines that try the grammar and every kind of value.

use super::live::Cluster;
use super::live::servers;
use crate::support;
use secgen::source::Sources;
use secgen::targets::{Input, Target, postgres::Postgres};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is said of a line: nothing, its name and value, or the kind of error.
#[derive(Debug, PartialEq)]
enum Said {
    Nothing,
    Set(String, String),
    Syntax,
    Unknown,
    Invalid,
}

/// How we read a line on its own.
fn ours(line: &str, version: &str) -> Said {
    let Some(canonical) = Postgres.canonical("drop-in", line) else { return Said::Syntax };
    let canonical = String::from_utf8(canonical).unwrap();
    let Some((name, value)) = canonical.trim_end().split_once(" = ") else { return Said::Nothing };
    let policy = super::policy(version, &json!({}));
    let mut sources = Sources::new(std::path::Path::new("/"));
    let id = sources.add("line", line);
    let reading = Postgres.read(&policy, &mut sources, &[Input { path: "line".into(), id: Some(id) }]);
    match reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>().as_slice() {
        [] => Said::Set(name.to_owned(), value.to_owned()),
        ["postgres-setting-unknown", ..] => Said::Unknown,
        ["postgres-value-invalid"] => Said::Invalid,
        other => panic!("{line}: {other:?}"),
    }
}

/// How a server says the same.
fn theirs(name: Option<&str>, setting: Option<&str>, error: Option<&str>) -> Said {
    match error.unwrap_or_default() {
        "" => Said::Set(name.unwrap_or_default().to_ascii_lowercase(), format!("{:?}", setting.unwrap_or_default())),
        "syntax error" => Said::Syntax,
        "unrecognized configuration parameter" => Said::Unknown,
        "setting could not be applied" => Said::Invalid,
        other => panic!("{other}"),
    }
}

/// Texts that try each kind of value, as they stand in a file.
const VALUES: [&str; 96] = [
    "on",
    "off",
    "ON",
    "tr",
    "y",
    "1",
    "0",
    "o",
    "of",
    "'tRuE'",
    "' on '",
    "''",
    "01",
    "2",
    "enable",
    "no",
    "n",
    "\"on\"",
    "10",
    "30s",
    "'30 s'",
    "30 s",
    "30000ms",
    "1.4",
    "1.5",
    "0.5min",
    "'0.5min'",
    "1e1",
    "'1e1'",
    "'1.5e1'",
    "30S",
    "1m",
    "601",
    "600",
    "0600",
    "0x180",
    "'0600'",
    "'0x1F'",
    "08",
    "'08'",
    "-1",
    "+5",
    "--1",
    "'- 1'",
    "' 12'",
    "'12 '",
    "1d",
    "24h",
    "10MB",
    "10mb",
    "'1 GB'",
    "10240",
    "250us",
    "2.5",
    "'2,5'",
    "'1 s x'",
    ".5",
    "5.",
    "'.'",
    "'1_000'",
    "9999999999999",
    "'0x'",
    "1e400",
    "'1e400'",
    "'nan'",
    "'inf'",
    "DDL",
    "ddl",
    "Mod",
    "none",
    "debug",
    "debug2",
    "TLSv1.3",
    "tlsv1.2",
    "1.2",
    "scram-sha-256",
    "md5",
    "true",
    "stderr",
    "STDERR",
    "'stderr,csvlog'",
    "'stderr, csvlog'",
    "stderr,csvlog",
    "'stderr csvlog'",
    "'stderr,'",
    "',stderr'",
    "jsonlog",
    "'\"stderr\"'",
    "receipt",
    "'receipt,authentication'",
    "'on,receipt'",
    "all",
    "'all,receipt'",
    "'it''s'",
    "'it\\'s \\101 \\t \\\\'",
    "'%m # x'",
];

/// One of each kind that a reload applies.
const NAMES: [&str; 13] = [
    "log_disconnections",
    "log_statement",
    "log_min_messages",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "password_encryption",
    "authentication_timeout",
    "log_rotation_size",
    "log_file_mode",
    "vacuum_cost_delay",
    "log_destination",
    "log_connections",
    "log_line_prefix",
];

/// Lines that try the grammar around the value.
const LINES: [&str; 40] = [
    "log_statement ddl",
    "log_statement=ddl",
    "LOG_STATEMENT = ddl",
    "log_statement = ddl#c",
    "log_statement = ddl # c",
    "\tlog_statement\t=\tddl\t",
    "log_statement = = ddl",
    "log_statement =",
    "log_statement",
    "= ddl",
    "log_statement = ddl;",
    "log_statement = ddl mod",
    "log_statement == ddl",
    "'log_statement' = ddl",
    "log-statement = ddl",
    "log_statement = 'ddl",
    "log_statement = ddl'",
    "log_statement = 'dd''l'",
    "log_statement = 'ddl' 'x'",
    "log_line_prefix = a.b",
    "log_line_prefix = a.1",
    "log_line_prefix = a:b/c-d_e",
    "log_line_prefix = 1.2.3",
    "log_line_prefix = 1a",
    "log_line_prefix = a,b",
    "log_line_prefix = *",
    "log_line_prefix = %m",
    "log_line_prefix = $x",
    "log_line_prefix = ünï",
    "log_line_prefix = 0x1g",
    "log_line_prefix = 12ab34",
    "log_line_prefix = '\\'",
    "log_line_prefix = '\\\\'",
    "log_line_prefix = '''",
    "log_line_prefix = ''''",
    "my.custom = 1",
    "my.custom.deep = 1",
    "ünï = 1",
    "default_with_oids = off",
    "no_such = 1",
];

#[test]
fn a_thousand_lines_are_read_as_servers_read_them() {
    let mut lines: Vec<String> = NAMES.iter().flat_map(|name| VALUES.iter().map(move |value| format!("{name} = {value}"))).collect();
    lines.extend(LINES.iter().map(|line| (*line).to_owned()));
    for old in [
        "ssl_renegotiation_limit = 0",
        "sort_mem = 4MB",
        "vacuum_mem = 4MB",
        "ssl_ecdh_curve = prime256v1",
        "wal_keep_segments = 1",
        "db_user_namespace = off",
        "scram_iterations = 4096",
    ] {
        lines.push(old.to_owned());
    }
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.write("line.conf", "");
        cluster.append_conf("include 'line.conf'\n");
        cluster.start();
        // One psql writes each line into the file, and asks the server how it reads it.
        let file = cluster.data().join("line.conf");
        let ask = "SELECT coalesce(json_agg(json_build_array(name, setting, error)), '[]') FROM pg_file_settings WHERE sourcefile LIKE '%/line.conf';";
        let mut script = String::new();
        for line in &lines {
            let quoted = line.replace('\\', "\\\\").replace('\'', "''");
            writeln!(script, "\\o {}\n\\qecho '{quoted}'\n\\o\n{ask}", file.display()).unwrap();
        }
        cluster.write("lines.sql", &script);
        let answers = cluster.psql_file("lines.sql");
        assert_eq!(answers.lines().count(), lines.len());
        let mut differ = BTreeMap::new();
        for (line, answer) in lines.iter().zip(answers.lines()) {
            let rows: Value = serde_json::from_str(answer).unwrap();
            let their = match rows.as_array().unwrap().as_slice() {
                [] => Said::Nothing,
                [row, ..] => theirs(row[0].as_str(), row[1].as_str(), row[2].as_str()),
            };
            let our = ours(line, version);
            // A custom setting is listed under its own name, and an old name under the new one.
            let same = match (&our, &their) {
                (Said::Set(a, x), Said::Set(b, y)) => {
                    x == y && (a == b || line.starts_with("sort_mem") || line.starts_with("vacuum_mem") || line.starts_with("ssl_ecdh_curve"))
                }
                (a, b) => a == b,
            };
            if !same {
                differ.insert(line.clone(), (our, their));
            }
        }
        assert!(differ.is_empty(), "PostgreSQL {version} reads {} of {} lines otherwise (ours, theirs): {differ:#?}", differ.len(), lines.len());
    }
}

/// Lines that we read otherwise than the servers, each with the reason: the file, the line's number, why.
const OTHERWISE: [(&str, usize, &str); 0] = [];

/// Each line of the corpus' files that a server listed, and each that it did not list: name, value and error, line by
/// line. (What `pg_file_settings` has under `applied` was not recorded; `layers` and `live` hold which line wins.)
#[test]
fn files_of_other_projects_are_read_as_servers_read_them() {
    let Some(shared) = support::shared("what servers said of files of other projects") else { return };
    let corpus = shared.join("corpus/postgres");
    for version in ["15", "18"] {
        let root = corpus.join(format!("_expected/pg{version}"));
        let (mut files, mut agreed, mut undecided) = (0, 0, 0);
        let mut differ: Vec<(String, usize, String)> = Vec::new();
        let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(Result::unwrap);
        for entry in walk.filter(|e| e.file_type().is_file() && !e.path().to_string_lossy().contains("hba")) {
            files += 1;
            let relative = entry.path().strip_prefix(&root).unwrap().with_extension("").display().to_string();
            let text = std::fs::read_to_string(corpus.join(&relative)).unwrap();
            let listed = std::fs::read_to_string(entry.path()).unwrap();
            // A server that cannot open an include or parse a line stops there, and does not look at the names above it.
            let stops = listed.contains("could not open file") || listed.contains("syntax error");
            let mut rows: BTreeMap<usize, (&str, &str, &str)> = BTreeMap::new();
            for row in listed.lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>()) {
                rows.insert(row[0].parse().unwrap(), (row[1], row[2], row[3]));
            }
            let last = rows.keys().next_back().copied().unwrap_or(usize::MAX);
            for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line)) {
                let our = if line.trim_start().starts_with("include") { Said::Nothing } else { ours(line, version) };
                let Some((name, setting, error)) = rows.get(&number) else {
                    if our != Said::Nothing && !(stops && number > last) {
                        differ.push((relative.clone(), number, format!("`{line}`: {our:?}, and PostgreSQL {version} does not list it")));
                    }
                    continue;
                };
                if error.starts_with("could not open file") {
                    assert!(line.trim_start().starts_with("include"), "{line}");
                    continue;
                }
                let restart = secgen::strictness::postgres::catalogue::at(&name.to_ascii_lowercase(), version.parse().unwrap())
                    .is_some_and(|e| e.context == "postmaster");
                let their = theirs(Some(name), Some(setting), Some(error));
                if our == their || (our == Said::Unknown && stops) {
                    agreed += 1;
                } else if their == Said::Invalid && restart && our == Said::Set(name.to_ascii_lowercase(), format!("{setting:?}")) {
                    // The server says the same of a value that waits for a restart as of one that it refuses.
                    agreed += 1;
                    undecided += 1;
                } else {
                    differ.push((relative.clone(), number, format!("`{line}`: {our:?}, PostgreSQL {version} says {their:?}")));
                }
            }
        }
        let all = agreed + differ.len();
        #[allow(clippy::cast_precision_loss)]
        let percent = agreed as f64 * 100.0 / all as f64;
        eprintln!("PostgreSQL {version}: {agreed} of {all} lines of {files} files are read alike, {percent:.1} %; of {undecided} only a restart decides");
        assert!(files > 20 && agreed > 230, "{agreed} lines of {files} files");
        differ.retain(|(file, number, _)| !OTHERWISE.iter().any(|(known, line, _)| file == known && number == line));
        assert!(differ.is_empty(), "{} of {all} lines: {differ:#?}", differ.len());
    }
}
