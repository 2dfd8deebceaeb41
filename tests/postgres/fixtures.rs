//! Hand-written files, read as a server reads them: `good` meets its policy, `weak` does not, `broken` stops a server.

use crate::support;
use secgen::finding::Kind;
use secgen::policy::Policy;
use secgen::source::{Sources, Span};
use secgen::strictness::Order;
use secgen::targets::{Found, Input, Reading, Target, postgres::Postgres};
use std::fmt::Write as _;
use std::path::Path;

fn read(folder: &Path) -> (Policy, Sources, Reading) {
    let spec = std::fs::read_to_string(folder.join("spec.json")).unwrap();
    let policy = Policy::from_json(serde_json::from_str(&spec).unwrap()).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut sources = Sources::new(folder);
    let names = ["postgresql.conf", "postgresql.auto.conf"];
    let inputs: Vec<Input> = names.into_iter().filter(|name| folder.join(name).exists()).map(|name| Input { path: name.to_owned(), id: None }).collect();
    let reading = Postgres.read(&policy, &mut sources, &inputs);
    (policy, sources, reading)
}

/// Whether a fact meets the policy. `None`: it has nothing to meet.
pub(super) fn meets(policy: &Policy, intent: &str, found: &Found) -> Option<bool> {
    let required = &policy.intent(intent).expect("the intent").value;
    match found {
        Found::Set { value, .. } | Found::Default { value, .. } => Some(matches!(required.compare(value).order, Order::Equal | Order::Stricter)),
        Found::NotApplicable(_) => None,
        _ => Some(false),
    }
}

/// Everything that a reading says, as text.
fn text(policy: &Policy, sources: &Sources, reading: &Reading) -> String {
    let mut out = String::new();
    let place = |span: Span| format!("{} `{}`", sources.place(span), String::from_utf8_lossy(sources.slice(span)).replace("hunter2", "(the file's own text)"));
    for fact in &reading.facts {
        let found = match &fact.found {
            Found::Set { value, text } => {
                let comparison = policy.intent(&fact.intent).expect("the intent").value.compare(value);
                format!("{value} (written {text:?}): {:?} {}", comparison.order, comparison.why)
            }
            Found::Default { value, of } => {
                let comparison = policy.intent(&fact.intent).expect("the intent").value.compare(value);
                format!("default {value} of {of}: {:?} {}", comparison.order, comparison.why)
            }
            other => format!("{other:?}"),
        };
        writeln!(out, "{} at {}: {} [{}, {}]", fact.intent, fact.place, found.trim_end(), fact.cause.name(), fact.rule.name).unwrap();
        for label in fact.at.iter().chain(&fact.related) {
            writeln!(out, "    {}: {}", place(label.span), label.message).unwrap();
        }
        for help in &fact.help {
            writeln!(out, "    help: {help}").unwrap();
        }
    }
    for finding in &reading.findings {
        let kind = if finding.kind == Kind::Error { "error" } else { "warning" };
        writeln!(out, "{kind} [{}] {}", finding.rule.name, finding.message).unwrap();
        for label in finding.primary.iter().chain(&finding.related) {
            writeln!(out, "    {}: {}", place(label.span), label.message).unwrap();
        }
        for help in &finding.help {
            writeln!(out, "    help: {help}").unwrap();
        }
    }
    let read: Vec<&str> = reading.sources.iter().map(|id| sources.get(*id).path.as_str()).collect();
    writeln!(out, "read: {}", read.join(", ")).unwrap();
    for (what, why) in &reading.not_examined {
        writeln!(out, "not examined: {what}: {why}").unwrap();
    }
    out
}

fn each(class: &str, check: impl Fn(&str, &Policy, &Reading)) {
    let root = support::project().join("tests/targets/postgres").join(class);
    let mut names: Vec<String> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let (policy, sources, reading) = read(&root.join(&name));
        assert_eq!(reading.facts.len(), Postgres.carries(&policy).len(), "{class}/{name}: each intent has a fact");
        let all = text(&policy, &sources, &reading);
        assert!(!all.contains("hunter2"), "{all}");
        insta::assert_snapshot!(format!("{class}-{name}"), all);
        check(&name, &policy, &reading);
    }
}

fn errors(reading: &Reading) -> usize {
    reading.findings.iter().filter(|f| f.kind == Kind::Error).count()
}

#[test]
fn good_files_meet_their_policy() {
    each("good", |name, policy, reading| {
        assert_eq!(reading.findings.len(), 0, "{name}");
        for fact in &reading.facts {
            assert_ne!(meets(policy, &fact.intent, &fact.found), Some(false), "{name}: {}", fact.intent);
        }
    });
}

#[test]
fn weak_files_do_not() {
    each("weak", |name, policy, reading| {
        assert_eq!(errors(reading), 0, "{name}");
        assert!(reading.facts.iter().any(|fact| meets(policy, &fact.intent, &fact.found) == Some(false)), "{name}");
    });
}

#[test]
fn broken_files_are_errors() {
    each("broken", |name, _, reading| assert!(errors(reading) > 0, "{name}"));
}

pub(super) fn sources_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let sources = Sources::new(folder.path());
    (folder, sources)
}

pub(super) fn input(path: &str) -> Input {
    Input { path: path.to_owned(), id: None }
}

#[test]
fn each_main_file_is_a_server_of_its_own_and_included_inputs_are_none() {
    let files = [
        ("a/postgresql.conf", "include 'extra.conf'\n"),
        ("a/extra.conf", "log_statement = ddl\n"),
        ("a/postgresql.auto.conf", "log_statement = mod\n"),
        ("b/postgresql.conf", "log_statement = none\n"),
        ("b/pg_hba.conf", "local all all peer\n"),
    ];
    let (_folder, mut sources) = sources_of(&files);
    let policy = super::policy("15", &serde_json::json!({ "log_statement": "ddl" }));
    let reading = Postgres.read(&policy, &mut sources, &["a/extra.conf", "a/postgresql.conf", "b/postgresql.conf", "b/pg_hba.conf"].map(input));
    let found: Vec<(String, String)> = reading
        .facts
        .iter()
        .map(|fact| match &fact.found {
            Found::Set { text, .. } => (fact.place.clone(), text.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    // The file that ALTER SYSTEM writes is read where the server would read it.
    assert_eq!(found, [("server (a/postgresql.conf)".into(), "mod".into()), ("server (b/postgresql.conf)".into(), "none".into())]);
    // The access rules beside a configuration are read, too.
    assert!(reading.sources.iter().any(|id| sources.get(*id).path == "b/pg_hba.conf"));
    assert_eq!(reading.findings.iter().map(|f| (f.rule.name, f.kind)).collect::<Vec<_>>(), [("hba-no-last-reject", Kind::Note)]);
}

#[test]
fn deep_and_exploding_includes_end() {
    // Ten levels below the main file are read, as the server does; the eleventh is refused.
    let chain: Vec<(String, String)> =
        (0..13).map(|i| (if i == 0 { "postgresql.conf".into() } else { format!("{i}.conf") }, format!("include '{}.conf'\n", i + 1))).collect();
    let (_folder, mut sources) = sources_of(&chain.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());
    let policy = super::policy("15", &serde_json::json!({ "log_statement": "ddl" }));
    let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
    assert_eq!(reading.findings.iter().map(|f| f.message.as_str()).collect::<Vec<_>>(), ["11.conf is included more than 10 levels deep"]);
    assert_eq!(reading.sources.len(), 11);
    assert!(matches!(reading.facts[0].found, Found::Unverifiable(_)));

    // Each file includes the next a hundred times: 100^8 lines, with and without a setting at the end.
    for end in ["log_statement = ddl\n", ""] {
        let text = |i: usize| if i == 8 { end.to_owned() } else { format!("include '{}.conf'\n", i + 1).repeat(100) };
        let bomb: Vec<(String, String)> = (0..9).map(|i| (if i == 0 { "postgresql.conf".into() } else { format!("{i}.conf") }, text(i))).collect();
        let (_folder, mut sources) = sources_of(&bomb.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>());
        let reading = Postgres.read(&policy, &mut sources, &[input("postgresql.conf")]);
        assert!(reading.findings.iter().any(|f| f.message.starts_with("more than 200000 lines")), "{:?}", reading.findings);
        assert!(matches!(reading.facts[0].found, Found::Unverifiable(_)));
    }
}

#[test]
fn standard_input_and_odd_bytes_are_read() {
    let policy = super::policy("15", &serde_json::json!({ "log_statement": "ddl" }));
    let mut sources = Sources::new(Path::new("/"));
    for bytes in [&b"\xff\xfe\0log_statement = ddl"[..], b"\0\0\0", b"", b"'", b"include '", &b"\x80 = 1\n".repeat(1000)] {
        let id = sources.add("<stdin>", bytes);
        let reading = Postgres.read(&policy, &mut sources, &[Input { path: "<stdin>".into(), id: Some(id) }]);
        assert_eq!(reading.facts.len(), 1);
    }
}

#[test]
fn files_are_claimed_by_name_or_by_what_they_set() {
    for (path, bytes, claimed) in [
        ("deploy/postgresql.conf", "", true),
        ("postgresql.auto.conf", "", true),
        ("conf.d/10-x.conf", "log_connections = on\nssl = on\nlog_sta", true),
        ("nginx.conf", "ssl_ciphers HIGH:!aNULL;\nssl_prefer_server_ciphers on;\n", false),
        ("redis.conf", "port 6379\nbind 127.0.0.1\nappendonly yes\nmaxmemory 1gb\nsave 900\n", false),
        ("conf.d/x.conf", "", false),
        ("x.txt", "ssl = on\n", false),
    ] {
        assert_eq!(Postgres.claims(path, bytes.as_bytes()), claimed, "{path}");
    }
}
