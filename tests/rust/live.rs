//! The rendered modules in a real crate: formatted, without a warning, and doing what the policy says.

use crate::support;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies a folder; what is not part of the crate is not in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the crate").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            write(&target, &fs::read(entry.path()).expect("a file"));
        }
    }
}

/// Leaves a file alone that is the same already: cargo builds by the time of the last change.
fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

/// The crate of `tests/rust/service` with its specs rendered into it.
fn service() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| support::project().join("target"), PathBuf::from);
    let folder = target.join("tmp/rust-service");
    for old in ["src", "tests", "specs"] {
        // A file that is gone from the crate must not stay in the copy; what is written again has the old time.
        prune(&folder.join(old), &support::project().join("tests/rust/service").join(old));
    }
    copy(&support::project().join("tests/rust/service"), &folder);
    for root in ["", "specs/hostile", "specs/verify_only"] {
        secgen_render(&folder.join(root));
    }
    folder
}

/// `secgen render`, as a user runs it: files that are the same already are left alone.
fn secgen_render(root: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_secgen"));
    let output = command.current_dir(root).args(["render", "--root", "."]).output().expect("secgen runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "secgen render in {} failed:\n{text}", root.display());
}

/// Removes files below `copy` that are neither in `original` nor rendered.
fn prune(copy: &Path, original: &Path) {
    for entry in fs::read_dir(copy).into_iter().flatten().flatten() {
        let (path, same) = (entry.path(), original.join(entry.file_name()));
        if entry.file_name() == "secgen.lock" {
            continue;
        }
        if path.is_dir() && same.is_dir() {
            prune(&path, &same);
        } else if !path.is_dir() && !same.exists() {
            fs::remove_file(path).expect("an old file");
        }
    }
}

fn cargo(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).args(arguments);
    command.env("CARGO_TARGET_DIR", support::project().join("target/service"));
    // What this test run itself was started with is not for the crate.
    for name in ["CARGO_MANIFEST_DIR", "RUSTC_WRAPPER", "CARGO_ENCODED_RUSTFLAGS", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    let output = command.output().expect("cargo runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo {} failed:\n{text}", arguments.join(" "));
    assert!(!text.contains("warning:"), "cargo {} warns:\n{text}", arguments.join(" "));
}

#[test]
fn the_modules_hold_in_a_real_service() {
    let folder = service();
    if support::redis().is_some() {
        cargo(&folder, &["test", "--locked", "--quiet"]);
    } else {
        cargo(&folder, &["test", "--locked", "--quiet", "--", "--skip", "tests::redis"]);
    }
    let lints = [
        "-Dwarnings",
        "-Wclippy::pedantic",
        "-Wmissing_docs",
        "-Dclippy::unwrap_used",
        "-Dclippy::expect_used",
        "-Dclippy::panic",
        "-Dclippy::indexing_slicing",
        "-Dclippy::unreachable",
        "-Dclippy::todo",
    ];
    cargo(&folder, &[&["clippy", "--locked", "--quiet", "--"], &lints[..]].concat());
    cargo(&folder, &["clippy", "--locked", "--quiet", "--all-targets", "--", "-Dwarnings"]);
    cargo(&folder, &["fmt", "--check"]);
}

/// The modules are read by people: rustc asks for documentation of libraries only, so this does.
#[test]
fn every_public_item_of_the_modules_is_documented() {
    let folder = support::project().join("templates/rust/runtime");
    let mut items = 0;
    for entry in fs::read_dir(folder).expect("the modules").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a module");
        assert!(text.starts_with("//! "), "{} says what it is for", entry.path().display());
        assert!(text.lines().count() < 600, "{} is too long", entry.path().display());
        let mut documented = false;
        for (index, line) in text.lines().map(str::trim_start).enumerate() {
            if line.starts_with("pub ") {
                assert!(documented, "{}:{}: {line}", entry.path().display(), index + 1);
                items += 1;
            }
            documented = line.starts_with("///") || (documented && line.starts_with("#["));
        }
    }
    assert!(items > 150, "{items}");
}
