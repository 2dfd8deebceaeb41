//! The statements of real scripts, compared with those that squawk's parser finds, which shares no code with ours.

use super::{policy, read};
use crate::support;
use secgen::targets::postgres::psql::statements;
use serde_json::json;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::AstNode;
use std::fmt::Write as _;
use std::path::PathBuf;

fn scripts() -> Vec<(String, String)> {
    let Some(root) = support::shared("scripts of PostgreSQL").map(|root| root.join("corpus/postgres")) else { return Vec::new() };
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().flatten();
    let files: Vec<PathBuf> = walk.map(walkdir::DirEntry::into_path).filter(|p| p.extension().is_some_and(|e| e == "sql")).collect();
    files.into_iter().filter_map(|path| Some((path.strip_prefix(&root).ok()?.to_str()?.to_owned(), std::fs::read_to_string(&path).ok()?))).collect()
}

/// A script without what only psql knows: its commands and the data of COPY become blanks, by lines and without our
/// scanner; every offset stays.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut data = false;
    // Data that no line ends is none: the statement fails.
    let last_end = text.lines().enumerate().filter(|(_, line)| line.trim() == "\\.").last().map_or(0, |(i, _)| i);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let blank = |line: &str| line.chars().map(|c| if c == '\n' { c.to_string() } else { " ".repeat(c.len_utf8()) }).collect::<String>();
        let trimmed = line.trim();
        if data {
            data = trimmed != "\\.";
            out += &blank(line);
        } else if trimmed.starts_with('\\') {
            out += &blank(line);
        } else if line.contains("/* \\") {
            out += line;
        } else if let Some(at) = [" \\gset", " \\gexec", " \\g ", "\\gexec", "\\gset"].iter().find_map(|c| line.find(c)) {
            // These end the statement.
            let rest = blank(&line[at..]);
            out += &line[..at];
            out.push(';');
            out += &rest[1..];
        } else {
            let lower = trimmed.to_ascii_lowercase();
            data = lower.starts_with("copy ") && lower.contains(" from stdin") && lower.contains(';') && number < last_end;
            out += line;
        }
    }
    out
}

/// Variables as plain strings and names, in the same place.
fn without_variables(text: &str) -> String {
    let mut out: Vec<u8> = text.as_bytes().to_vec();
    for at in 1..out.len().saturating_sub(1) {
        let (before, after) = (out[at - 1], out[at + 1]);
        if out[at] == b':' && before != b':' && (after.is_ascii_alphabetic() || after == b'\'' || after == b'"') {
            out[at] = b' ';
        }
    }
    String::from_utf8(out).unwrap()
}

/// Over blanks and comments.
fn begin(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let skip = rest.len() - rest.trim_start().len();
        at += match () {
            () if skip > 0 => skip,
            () if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            () if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |n| n + 2),
            () => return at,
        };
    }
}

/// Starts of statements by the other parser.
fn theirs(text: &str) -> Vec<usize> {
    let text = without_variables(&plain(text));
    let parsed = SourceFile::parse(&text);
    parsed.tree().stmts().map(|s| begin(&text, usize::from(s.syntax().text_range().start()))).collect()
}

/// Where the two do not agree, and why: syntax of PostgreSQL 19 that the other parser does not know yet, at which it begins
/// new statements in the middle of one, or finds none; and one kind of statement that it does not list.
const DIFFERING: [(&str, &str); 6] = [
    ("alter_generic.sql", "CREATE and ALTER PROPERTY GRAPH"),
    ("event_trigger.sql", "CREATE PROPERTY GRAPH"),
    ("object_address.sql", "CREATE PROPERTY GRAPH"),
    ("privileges.sql", "CREATE PROPERTY GRAPH and GRAPH_TABLE"),
    ("rowsecurity.sql", "ON CONFLICT DO SELECT; and a bare UNION ALL, which is in no list of its statements"),
    ("subscription.sql", "CREATE SUBSCRIPTION .. SERVER, behind which it finds no statement any more"),
];

#[test]
fn statements_are_those_of_another_parser() {
    let all = scripts();
    let (mut same, mut count) = (0, 0);
    let mut differing = String::new();
    for (path, text) in &all {
        let ours: Vec<usize> = statements(text.as_bytes()).into_iter().map(|r| r.start).collect();
        let theirs = theirs(text);
        count += ours.len();
        if ours == theirs {
            same += 1;
            continue;
        }
        assert!(DIFFERING.iter().any(|(name, _)| path.ends_with(name)), "{path} is not one of those where the two are known to differ");
        let only_ours = ours.iter().filter(|o| !theirs.contains(o)).count();
        let only_theirs: Vec<&usize> = theirs.iter().filter(|t| !ours.contains(t)).collect();
        let example = |at: usize| text[at..].lines().next().unwrap_or_default().chars().take(60).collect::<String>();
        let first = ours.iter().find(|o| !theirs.contains(o)).map(|o| example(*o)).or_else(|| only_theirs.first().map(|t| example(**t)));
        writeln!(differing, "{path}: {only_ours} ours alone, {} theirs alone; first at `{}`", only_theirs.len(), first.unwrap_or_default()).unwrap();
    }
    if all.is_empty() {
        return;
    }
    insta::assert_snapshot!("oracle", format!("{same} of {} scripts alike, {count} statements\n{differing}", all.len()));
}

#[test]
fn the_corpus_is_read_whole() {
    let all = scripts();
    let mut out = String::new();
    let policy = policy("12-18", &json!({ "log_statement": "ddl", "ssl": "on" }));
    for (path, text) in &all {
        let (_, reading) = read(&policy, &[(path, text)]);
        let mut rules: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        reading.findings.iter().for_each(|f| *rules.entry(f.rule.name).or_default() += 1);
        let rules: Vec<String> = rules.into_iter().map(|(rule, n)| format!("{n} {rule}")).collect();
        writeln!(out, "{path}: {} statements; {}", statements(text.as_bytes()).len(), rules.join(", ")).unwrap();
    }
    if !all.is_empty() {
        assert!(all.len() > 80);
        insta::assert_snapshot!("corpus", out);
    }
}
