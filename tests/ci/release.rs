//! What is packed and published: the archive of a release, the crate, and the lines of the README that install them.

use super::{said, secgen};
use crate::support::project;
use std::path::{Path, PathBuf};
use std::process::Command;

fn pack(folder: &Path) -> PathBuf {
    let output = Command::new(project().join("packaging/pack")).arg(secgen()).arg("x86_64-unknown-linux-gnu").arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let file = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(file.is_file(), "{}", file.display());
    file
}

#[test]
fn an_archive_holds_program_completions_and_pages() {
    let folder = tempfile::tempdir().unwrap();
    let file = pack(folder.path());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(file.file_name().unwrap().to_str(), Some(format!("secgen-{version}-x86_64-unknown-linux-gnu.tar.gz").as_str()));
    let listed = Command::new("tar").arg("-tvzf").arg(&file).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for part in [
        "bin/secgen",
        "share/bash-completion/completions/secgen",
        "share/zsh/site-functions/_secgen",
        "share/fish/vendor_completions.d/secgen.fish",
        "share/man/man1/secgen.1",
        "share/man/man1/secgen-check.1",
        "share/man/man1/secgen-spec-diff.1",
        "share/man/man1/secgen-waivers-add.1",
        "share/doc/secgen/LICENSE-MIT",
        "share/doc/secgen/LICENSE-APACHE",
        "share/doc/secgen/README.md",
        "share/doc/secgen/CHANGELOG.md",
    ] {
        assert!(listed.lines().any(|line| line.ends_with(&format!("/{part}"))), "{part} is not packed:\n{listed}");
    }
    // Nobody's name, and no file that others may write.
    for line in listed.lines() {
        assert!(line.contains(" 0/0 ") && !line[..10].ends_with("rw-") && line.contains("1970-01-01"), "{line}");
    }
    let unpacked = Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(folder.path()).status().unwrap();
    assert!(unpacked.success());
    let top = folder.path().join(file.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz"));
    let run = Command::new(top.join("bin/secgen")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(run.stdout).unwrap(), format!("secgen {version}\n"));
    // bash itself takes the completions, and finds the options of a command.
    let script = format!(
        "source {}; COMP_WORDS=(secgen check --fl); COMP_CWORD=2; _secgen secgen --fl check; echo \"${{COMPREPLY[*]}}\"",
        top.join("share/bash-completion/completions/secgen").display()
    );
    let completed = Command::new("bash").args(["--norc", "-c", &script]).output().unwrap();
    assert!(said(&completed).contains("--floor"), "{}", said(&completed));
    // A page is what `man` lays out: its heading and its synopsis.
    let page = std::fs::read_to_string(top.join("share/man/man1/secgen-check.1")).unwrap();
    assert!(page.contains(".TH secgen-check 1") && page.contains(".SH SYNOPSIS") && page.contains("\\-\\-floor"), "{page}");
}

#[test]
fn an_archive_is_the_same_each_time() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (pack(one.path()), pack(two.path()));
    assert!(std::fs::read(first).unwrap() == std::fs::read(second).unwrap(), "two archives of one program differ");
}

/// A program of another version is not packed under this one's name.
#[test]
fn a_wrong_version_is_refused() {
    let stubs = super::Stubs::new();
    let other = stubs.add("other", "echo secgen 9.9.9");
    let output = Command::new(project().join("packaging/pack")).arg(other).args(["x86_64-unknown-linux-gnu"]).arg(stubs.path().join("out")).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("9.9.9") && !stubs.path().join("out").exists(), "{}", said(&output));
}

/// The crate has what it is built from, and no more than it needs; it is then built and installed by the README's line.
#[test]
fn the_packaged_crate_installs() {
    let folder = tempfile::tempdir().unwrap();
    let cargo = |here: &Path| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(here).env_remove("RUSTFLAGS").env("CARGO_NET_OFFLINE", "true");
        command
    };
    let package =
        cargo(project()).args(["package", "--locked", "--no-verify", "--allow-dirty", "--quiet", "--target-dir"]).arg(folder.path()).output().unwrap();
    assert!(package.status.success(), "{}", said(&package));
    let name = format!("secgen-{}", env!("CARGO_PKG_VERSION"));
    let unpacked = Command::new("tar").arg("-xzf").arg(folder.path().join(format!("package/{name}.crate"))).arg("-C").arg(folder.path()).status().unwrap();
    assert!(unpacked.success());
    let crate_folder = folder.path().join(&name);
    let files: Vec<String> = walkdir::WalkDir::new(&crate_folder)
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .map(|e| e.path().strip_prefix(&crate_folder).unwrap().display().to_string())
        .collect();
    for needed in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.lock", "schemas/secgen.schema.json"] {
        assert!(files.iter().any(|file| file == needed), "{needed} is not in the crate");
    }
    let beside = |top: &str| files.iter().find(|file| file.starts_with(top)).cloned();
    for top in ["tests/", "fuzz/", "benches/", ".ci/", ".github/", "examples/"] {
        assert_eq!(beside(top), None, "{top} does not belong into the crate");
    }
    // The line of the README, in the crate's own folder; without the optimiser, and beside what is built already.
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let line = "cargo install --locked --path .";
    assert!(readme.contains(&format!("    {line}\n")), "the README does not say {line}");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let target = PathBuf::from(env!("CARGO_BIN_EXE_secgen")).ancestors().nth(2).unwrap().to_owned();
    let install = cargo(&crate_folder)
        .args(words)
        .args(["--debug", "--quiet", "--root"])
        .arg(folder.path().join("installed"))
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(install.status.success(), "{}", said(&install));
    let run = Command::new(folder.path().join("installed/bin/secgen")).arg("--version").output().unwrap();
    assert!(said(&run).starts_with("secgen "), "{}", said(&run));
    let project = crate::cli::project::Project::example("quickstart");
    let run = Command::new(folder.path().join("installed/bin/secgen")).args(["render", "--root"]).arg(project.path()).output().unwrap();
    assert!(run.status.success(), "{}", said(&run));
}
