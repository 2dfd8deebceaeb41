//! `clippy.toml`: rendered, read back, and taken by the real clippy.

use super::required;
use crate::support;
use secgen::finding::{Kind, Verdict};
use secgen::policy::Policy;
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// With `targets.rust.clippy`.
fn policy() -> Policy {
    let mut document = crate::rust::document();
    document["targets"] = json!({ "rust": { "clippy": "." } });
    crate::rust::policy(document)
}

fn rendered(policy: &Policy) -> String {
    let mut all = crate::rust::render(policy);
    assert_eq!(all.len(), 1);
    let (artifact, text) = all.remove(0);
    assert_eq!((artifact.path.as_str(), artifact.kind), ("clippy.toml", "clippy"));
    text
}

#[test]
fn what_is_rendered_says_so_and_lacks_nothing() {
    let policy = policy();
    let text = rendered(&policy);
    insta::assert_snapshot!("clippy_toml", text);
    let artifact = Rust.artifacts(&policy).expect("artifacts").remove(0);
    let facts = crate::rust::read(&policy, "clippy", &text).expect("facts");
    assert_eq!(crate::rust::said(&facts), artifact.expected);
    // As a file of somebody else it bans all that is asked for.
    let (_, reading) = super::read(&policy, "x/clippy.toml", text.as_bytes());
    assert!(reading.findings.is_empty(), "{:?}", reading.findings);
    // Another layout is the same file, another ban is not.
    let reordered = text.replace("disallowed-macros", "\ndisallowed-macros").replace("    {", "  {");
    assert_eq!(Rust.canonical("clippy", &reordered), Rust.canonical("clippy", &text));
    assert_ne!(Rust.canonical("clippy", &text.replace("std::dbg", "std::todo")), Rust.canonical("clippy", &text));
    // A spec without tokens needs no bans of tokens.
    let (_, reading) = super::read(&crate::rust::policy(json!({ "version": 1, "service": "a", "targets": { "rust": { "clippy": "." } } })), "clippy.toml", b"");
    assert!(reading.findings.is_empty(), "the file is in its place: its state is judged");
}

#[test]
fn the_lines_to_add_mend_a_file() {
    let policy = required();
    let (_, reading) = super::read(&policy, "clippy.toml", b"msrv = \"1.89\"\n");
    let mut text = "msrv = \"1.89\"\n".to_owned();
    for finding in &reading.findings {
        assert_eq!(finding.kind, Kind::Verdict(Verdict::Absent));
        let (first, lines) = finding.help.split_first().expect("lines to add");
        assert_eq!(first, "add this list:");
        text.push_str(&format!("{}\n", lines.join("\n")));
    }
    let (_, reading) = super::read(&policy, "clippy.toml", text.as_bytes());
    assert!(reading.findings.is_empty(), "{text}\n{:?}", reading.findings);
}

/// A crate with stand-ins for the crates that the bans name.
fn project(folder: &Path, main: &str) {
    let write = |path: &str, text: &str| {
        let at = folder.join(path);
        fs::create_dir_all(at.parent().expect("a parent")).expect("a folder");
        fs::write(at, text).expect("a file");
    };
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n{rest}");
    write(
        "Cargo.toml",
        &manifest("service", "[workspace]\n[dependencies]\njsonwebtoken = { path = \"jsonwebtoken\" }\ntower_governor = { path = \"tower_governor\" }\n"),
    );
    write("jsonwebtoken/Cargo.toml", &manifest("jsonwebtoken", ""));
    write("jsonwebtoken/src/lib.rs", "pub mod dangerous { pub fn insecure_decode(token: &str) -> usize { token.len() } }\n");
    write("tower_governor/Cargo.toml", &manifest("tower_governor", ""));
    write("tower_governor/src/lib.rs", "pub mod key_extractor { pub struct SmartIpKeyExtractor; }\n");
    write("src/main.rs", main);
    write("clippy.toml", &rendered(&policy()));
}

fn clippy(folder: &Path) -> Option<(bool, String)> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).args(["clippy", "--offline", "--quiet", "--", "-D", "warnings"]).env("CARGO_TARGET_DIR", folder.join("target"));
    for name in ["CARGO_MANIFEST_DIR", "RUSTC_WRAPPER", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CLIPPY_CONF_DIR", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    let output = command.output().expect("cargo runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if text.contains("no such command: `clippy`") || text.contains("is not installed") {
        let _ = support::program("cargo clippy", folder.join("no-such-program"));
        return None;
    }
    Some((output.status.success(), text))
}

#[test]
fn the_real_clippy_takes_it_and_catches_what_a_search_would_not() {
    let folder = tempfile::tempdir().expect("a folder");
    project(folder.path(), "fn main() {\n    println!(\"{}\", std::env::args().count());\n}\n");
    let Some((passes, text)) = clippy(folder.path()) else { return };
    assert!(passes, "a service that uses nothing that is banned, and not all of the crates: {text}");
    let main = "use jsonwebtoken::dangerous::insecure_decode as read;\nuse tower_governor::key_extractor::SmartIpKeyExtractor as Key;\n\nfn main() {\n    let pointer: fn(&str) -> usize = read;\n    let _key = Key;\n    println!(\"{}\", dbg!(pointer(\"a.b.c\")) + read(\"a.b.c\"));\n}\n";
    project(folder.path(), main);
    let (passes, text) = clippy(folder.path()).expect("clippy is there");
    assert!(!passes, "{text}");
    for caught in [
        "src/main.rs:5",
        "src/main.rs:7",
        "disallowed method `jsonwebtoken::dangerous::insecure_decode`",
        "disallowed type `tower_governor::key_extractor::SmartIpKeyExtractor`",
        "disallowed macro `std::dbg`",
        "nobody checks the signature",
    ] {
        assert!(text.contains(caught), "{caught}:\n{text}");
    }
    assert!(!text.contains("clippy.toml"), "clippy has nothing to say about the file:\n{text}");
}
