//! The house rules that a machine can hold: imports run one way, printing stays in `cli`, templates let no value out
//! without an encoder, every rule can be explained.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules, highest first: one may use those below it in this list, never one above.
const ORDER: [&str; 13] = ["cli", "report", "check", "render", "compare", "targets", "policy", "spec", "strictness", "schema", "document", "finding", "source"];

/// Uses upwards that are meant: the schema is made from the types of the spec.
const EXCEPTIONS: [(&str, &str); 1] = [("schema", "spec")];

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    walk.into_iter().flatten().filter(|e| e.file_type().is_file() && e.path().to_string_lossy().ends_with(ending)).map(walkdir::DirEntry::into_path).collect()
}

/// A line without its string literals: names of other crates are data there.
fn code(line: &str) -> String {
    line.split('"').step_by(2).collect()
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The module of a file below src/: its folder or file name at the top.
fn module(path: &Path) -> String {
    let inside = path.strip_prefix(project().join("src")).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_run_one_way() {
    let rank: BTreeMap<&str, usize> = ORDER.iter().enumerate().map(|(i, m)| (*m, i)).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files(&project().join("src"), ".rs") {
        let own = module(&path);
        let Some(own_rank) = rank.get(own.as_str()) else {
            assert!(matches!(own.as_str(), "lib" | "main"), "{own} has no place in the order");
            continue;
        };
        let text = fs::read_to_string(&path).expect("a source file");
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let names: Vec<String> = match used.strip_prefix('{') {
                    Some(list) => list.split(',').map(|n| n.trim().split("::").next().unwrap_or_default().to_owned()).collect(),
                    None => vec![used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
                };
                for name in names {
                    seen += 1;
                    if rank.get(name.as_str()).is_some_and(|r| r < own_rank) && !EXCEPTIONS.contains(&(own.as_str(), name.as_str())) {
                        wrong.push(format!("{}:{}: {own} uses {name}", path.display(), i + 1));
                    }
                }
            }
        }
    }
    assert!(seen > 100, "the test reads no imports any more");
    assert!(wrong.is_empty(), "imports run one way:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let words = ["println!", "eprintln!", "print!(", "dbg!", "std::env::", "process::exit", "SystemTime", "stdout()", "stderr()"];
    for path in files(&project().join("src"), ".rs").iter().filter(|p| module(p) != "cli" && module(p) != "main") {
        let text = fs::read_to_string(path).expect("a source file");
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for word in words {
                assert!(!code(line).contains(word), "{}:{}: {word} belongs in cli/", path.display(), i + 1);
            }
        }
    }
}

#[test]
fn files_are_touched_in_few_places() {
    let allowed = ["cli/", "source.rs", "render/write.rs", "check/discover.rs", "targets/postgres/live/"];
    for path in files(&project().join("src"), ".rs") {
        let inside = path.strip_prefix(project().join("src")).expect("below src").to_string_lossy().into_owned();
        if allowed.iter().any(|a| inside.starts_with(a)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for (i, line) in text.lines().enumerate() {
            assert!(
                !line.contains("std::fs") && !line.contains("fs::"),
                "{inside}:{}: reading and writing files belongs in source.rs and render/write.rs",
                i + 1
            );
        }
    }
}

#[test]
fn the_network_is_used_in_one_place() {
    for path in files(&project().join("src"), ".rs") {
        let inside = path.strip_prefix(project().join("src")).expect("below src").to_string_lossy().into_owned();
        if inside.starts_with("targets/postgres/live/") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for (i, line) in text.lines().enumerate() {
            for word in ["TcpStream", "UdpSocket", "UnixStream", "ToSocketAddrs", "tokio::", "rustls::"] {
                assert!(!code(line).contains(word), "{inside}:{}: {word} belongs in targets/postgres/live/", i + 1);
            }
        }
    }
}

#[test]
fn no_value_leaves_a_template_without_an_encoder() {
    let templates = files(&project().join("templates"), ".tera");
    assert!(!templates.is_empty());
    for path in templates {
        let text = fs::read_to_string(&path).expect("a template");
        for banned in ["| safe", "|safe", "get_env", "now(", "autoescape", "| default", "|default"] {
            assert!(!text.contains(banned), "{}: {banned}", path.display());
        }
        for (i, line) in text.lines().enumerate() {
            for value in line.split("{{").skip(1) {
                let value = value.split("}}").next().unwrap_or_default();
                assert!(value.contains('|'), "{}:{}: {{{{{value}}}}} has no encoder", path.display(), i + 1);
            }
        }
    }
}

#[test]
fn nothing_names_this_machine() {
    let mut listed = files(&project().join("src"), "");
    for folder in ["templates", "tests", "examples", ".ci", ".github", "packaging", "docs", "schemas"] {
        listed.extend(files(&project().join(folder), ""));
    }
    for path in listed.iter().filter(|p| !p.components().any(|c| c.as_os_str() == "target") && p.file_name().is_none_or(|n| n != "Cargo.lock")) {
        let text = String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
        for word in [concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
            assert!(!text.contains(word), "{} names a path of one machine: {word}", path.display());
        }
    }
}

#[test]
fn code_leaves_nothing_undone() {
    for path in files(&project().join("src"), ".rs") {
        let text = fs::read_to_string(&path).expect("a source file");
        for word in [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME"), concat!("XX", "X")] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
