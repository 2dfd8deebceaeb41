//! What is built for tests alone is not judged, as far as it can be known; everything else is.

use super::{judged, required};
use secgen::source::Sources;
use secgen::targets::rust::Rust;
use secgen::targets::{Input, Target};

const FAULT: &str = "fn f() {\n    jsonwebtoken::EncodingKey::from_secret(b\"x\");\n}\n";

/// The paths of a project with findings; every file is given, as a pattern would give them.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut inputs = Vec::new();
    for (path, text) in files {
        let at = folder.path().join(path);
        std::fs::create_dir_all(at.parent().expect("a parent")).expect("a folder");
        std::fs::write(at, text).expect("a file");
        inputs.extend(path.ends_with(".rs").then(|| Input { path: (*path).to_owned(), id: None }));
    }
    let policy = required();
    let mut sources = Sources::new(folder.path());
    let reading = Rust.read(&policy, &mut sources, &inputs);
    let findings = judged(&policy, &reading);
    findings.iter().map(|f| f.primary.as_ref().map_or_else(String::new, |l| sources.get(l.span.source).path.clone())).collect()
}

#[test]
fn folders_of_a_package_that_are_no_service() {
    let files = [
        ("Cargo.toml", ""),
        ("build.rs", FAULT),
        ("tests/a.rs", FAULT),
        ("benches/a.rs", FAULT),
        ("examples/a/main.rs", FAULT),
        ("src/main.rs", FAULT),
        ("src/build.rs", FAULT),
    ];
    assert_eq!(found(&files), ["src/main.rs", "src/build.rs"]);
    // A member of a workspace has its own.
    assert_eq!(found(&[("Cargo.toml", ""), ("api/Cargo.toml", ""), ("api/tests/a.rs", FAULT), ("api/src/lib.rs", FAULT)]), ["api/src/lib.rs"]);
    // A package may lie in a folder of that name, and a folder of that name in the sources of a package.
    assert_eq!(found(&[("tests/Cargo.toml", ""), ("tests/src/main.rs", FAULT)]), ["tests/src/main.rs"]);
    assert_eq!(found(&[("Cargo.toml", ""), ("src/examples/a.rs", FAULT)]), ["src/examples/a.rs"]);
    assert_eq!(found(&[("tests/a.rs", FAULT)]), ["tests/a.rs"], "without Cargo.toml nothing says that it is a test");
}

#[test]
fn modules_that_were_declared_for_tests() {
    let gated = "mod api;\n#[cfg(test)]\nmod tests;\n";
    assert_eq!(found(&[("src/lib.rs", gated), ("src/tests.rs", FAULT), ("src/api.rs", FAULT)]), ["src/api.rs"]);
    assert_eq!(found(&[("src/lib.rs", gated), ("src/tests/mod.rs", "mod deep;"), ("src/tests/deep.rs", FAULT)]), Vec::<String>::new());
    assert_eq!(found(&[("src/main.rs", gated), ("src/api/mod.rs", gated), ("src/api/tests.rs", FAULT)]), Vec::<String>::new());
    assert_eq!(found(&[("src/main.rs", gated), ("src/api.rs", gated), ("src/api/tests.rs", FAULT)]), Vec::<String>::new());
    // Declared for everyone, or not known to be declared at all.
    assert_eq!(found(&[("src/lib.rs", "mod tests;"), ("src/tests.rs", FAULT)]), ["src/tests.rs"]);
    assert_eq!(found(&[("src/lib.rs", "#[cfg(any(test, feature = \"x\"))] mod tests;"), ("src/tests.rs", FAULT)]), ["src/tests.rs"]);
    assert_eq!(found(&[("src/lib.rs", ""), ("src/tests.rs", FAULT)]), ["src/tests.rs"]);
    assert_eq!(found(&[("src/lib.rs", &format!("#![cfg(test)]\n{FAULT}"))]), Vec::<String>::new());
    // Modules that lead in a circle are left.
    assert_eq!(found(&[("a/mod.rs", "mod mod_; mod a;"), ("a/a.rs", FAULT)]), ["a/a.rs"]);
}

#[test]
fn rendered_files_are_not_hand_written_and_would_pass_all_the_same() {
    let policy = required();
    for (artifact, text) in crate::rust::render(&policy) {
        let (_, reading) = super::read(&policy, "elsewhere/x.rs", text.as_bytes());
        assert!(artifact.kind == "clippy" || judged(&policy, &reading).is_empty(), "{}: {:?}", artifact.path, reading.findings);
        let (_, reading) = super::read(&policy, &artifact.path, format!("{text}\n{FAULT}").as_bytes());
        assert!(reading.findings.is_empty() && reading.sources.is_empty(), "{} is judged by its state", artifact.path);
    }
    // A header alone makes nothing ours.
    let (artifact, text) = crate::rust::render(&policy).swap_remove(1);
    let (_, reading) = super::read(&policy, "src/auth.rs", format!("{text}\n{FAULT}").as_bytes());
    assert_eq!(reading.findings.len(), 1, "{}", artifact.path);
}

#[test]
fn without_rendered_constants_nothing_is_proven() {
    let mut document = crate::rust::document();
    document["targets"] = serde_json::json!({ "rust": { "check": ["src/**/*.rs"] } });
    let policy = crate::rust::policy(document);
    let (_, reading) = super::read(&policy, "src/main.rs", b"fn main() {}");
    let findings = judged(&policy, &reading);
    assert_eq!(findings.len(), Rust.carries(&policy).len());
    assert!(findings.len() > 8 && findings.iter().all(|f| f.rule.name == "rust-code-not-proof"), "{findings:?}");
}
