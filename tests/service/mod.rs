//! `examples/service`: fresh, without a finding, and a stack that does what its policy says. Its own end-to-end test speaks HTTP to all of it.

use crate::support;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

fn example() -> PathBuf {
    support::project().join("examples/service")
}

fn run(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, text)
}

/// On a fixed day: the old key of the policy ends.
fn secgen(arguments: &[&str]) -> (Output, String) {
    run(Command::new(env!("CARGO_BIN_EXE_secgen")).args(["--date", "2026-11-27", "--root"]).arg(example()).args(arguments).current_dir(example()))
}

/// cargo in the example's folder, with a target folder of its own.
fn cargo(arguments: &[&str]) {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(example()).args(arguments).env("CARGO_TARGET_DIR", support::project().join("target/service"));
    // What this test run itself was started with is not for the example.
    for name in ["CARGO_MANIFEST_DIR", "RUSTC_WRAPPER", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    let (output, text) = run(&mut command);
    assert!(output.status.success(), "cargo {}\n{text}", arguments.join(" "));
}

#[test]
fn the_rendered_files_are_fresh() {
    let (output, text) = secgen(&["render", "--dry-run"]);
    assert_eq!(output.status.code(), Some(0), "run `secgen render --root examples/service`\n{text}");
}

#[test]
fn the_check_finds_nothing_but_the_rotation_of_keys() {
    let (output, text) = secgen(&["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    // An HMAC key until its last day, beside the key pair that replaces it: the README of the example says so.
    assert_eq!(rules, ["jwt-mixed-keys"], "{text}");
    let states: Vec<&Value> = report["checks"].as_array().unwrap().iter().filter(|check| check["target"] == "nginx").collect();
    assert!(states.len() > 20, "nginx is not checked any more");
}

#[test]
fn the_service_is_written_as_its_lints_ask() {
    cargo(&["clippy", "--locked", "--quiet", "--all-targets", "--", "-D", "warnings"]);
    cargo(&["fmt", "--check"]);
}

#[test]
fn the_whole_stack_holds() {
    let programs = [support::nginx_debian(), support::postgres_15(), support::redis()];
    if programs.iter().any(Option::is_none) {
        return;
    }
    cargo(&["test", "--locked", "--quiet"]);
}

#[test]
fn the_dependencies_pass_the_rendered_deny_toml() {
    let Some(deny) = support::cargo_deny() else { return };
    // Crates of other systems too: their licences count as well.
    cargo(&["fetch", "--locked", "--quiet"]);
    let mut command = Command::new(deny);
    command.current_dir(example()).args(["--offline", "--locked", "--color", "never", "check", "bans", "licenses", "sources"]);
    let (output, text) = run(&mut command);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("bans ok, licenses ok, sources ok"), "{text}");
}
