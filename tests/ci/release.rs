//! What is packed and published: the archive of a release, the crate, and the lines of the README that install them.

use super::{said, secgen};
use crate::support::{program, project};
use std::path::{Path, PathBuf};
use std::process::Command;

fn pack(folder: &Path) -> PathBuf {
    // As a release has it; what a debugger reads would take most of the time.
    let stripped = folder.join("stripped");
    assert!(Command::new("strip").arg("-o").arg(&stripped).arg(secgen()).status().unwrap().success());
    let output = Command::new(project().join("packaging/pack")).arg(stripped).arg("x86_64-unknown-linux-musl").arg(folder).output().unwrap();
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
    assert_eq!(file.file_name().unwrap().to_str(), Some(format!("secgen-{version}-x86_64-unknown-linux-musl.tar.gz").as_str()));
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
        "share/doc/secgen/LICENSES-THIRD-PARTY.txt",
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
    // Every crate that is linked has a text of its licence, or a word that it has none; what is only for tests is not in it.
    let licences = std::fs::read_to_string(top.join("share/doc/secgen/LICENSES-THIRD-PARTY.txt")).unwrap();
    for linked in ["serde ", "clap ", "tera ", "ring "] {
        assert!(licences.lines().any(|line| line.starts_with(linked) && line.ends_with(')')), "no licence of {linked}");
    }
    assert!(!licences.lines().any(|line| line.starts_with("proptest ") || line.starts_with("secgen ")));
    assert!(licences.contains("Permission is hereby granted") && licences.contains("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"));
    // fish and zsh take the completions whole: one that they stumble over prints an error at every start of a shell.
    if let Some(fish) = program("fish", PathBuf::from("/usr/bin/fish")) {
        let script = format!("source '{}'; complete -C 'secgen check --fail-on '", top.join("share/fish/vendor_completions.d/secgen.fish").display());
        let output = Command::new(fish).args(["--no-config", "-c", &script]).env("HOME", folder.path()).output().unwrap();
        assert!(output.stderr.is_empty() && said(&output).contains("strict\tThese, and every warning"), "{}", said(&output));
    }
    if let Some(zsh) = program("zsh", PathBuf::from("/usr/bin/zsh")) {
        let script = format!("fpath=('{}'); autoload -U +X _secgen && functions _secgen >/dev/null", top.join("share/zsh/site-functions").display());
        let output = Command::new(zsh).args(["-f", "-c", &script]).env("HOME", folder.path()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    }
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

/// The script of a step of the release workflow.
fn step(job: &str, name: &str) -> String {
    let workflow = super::yaml(".github/workflows/release.yml");
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap().clone();
    steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name}"))["run"].as_str().unwrap().to_owned()
}

/// What the workflow packs on three machines becomes a release, and the lines of the page install it from there.
#[test]
fn the_lines_of_the_page_install_a_release() {
    let stubs = super::Stubs::new();
    let version = env!("CARGO_PKG_VERSION");
    let targets = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "aarch64-apple-darwin"];
    let artifacts = |folder: &Path| {
        for target in targets {
            let own = folder.join("artifacts").join(format!("packed-{target}"));
            std::fs::create_dir_all(&own).unwrap();
            std::fs::write(own.join(format!("secgen-{version}-{target}.tar.gz")), target).unwrap();
        }
    };
    let here = stubs.path().join("job");
    artifacts(&here);
    std::fs::copy(pack(stubs.path()), here.join(format!("artifacts/packed-{0}/secgen-{version}-{0}.tar.gz", targets[0]))).unwrap();
    let tag = format!("v{version}");
    let sums = stubs.bash(&step("publish", "Checksums"), &here, &[("GITHUB_REF_NAME", &tag)]);
    assert!(sums.status.success(), "{}", said(&sums));
    let release = here.join("release");
    assert_eq!(std::fs::read_to_string(release.join("SHA256SUMS")).unwrap().lines().count(), 3);
    // One that is missing, or of another version than the tag, ends the job.
    for wrong in ["v9.9.9", "v"] {
        let other = stubs.path().join(wrong);
        artifacts(&other);
        assert!(!stubs.bash(&step("publish", "Checksums"), &other, &[("GITHUB_REF_NAME", wrong)]).status.success(), "{wrong}");
    }

    let page = std::fs::read_to_string(project().join("docs/ci.md")).unwrap();
    let lines: Vec<&str> = page.split("## Releases").nth(1).unwrap().lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(lines.len(), 2);
    let fetch = format!(
        "for url; do case \"$url\" in https://github.com/secgen/secgen/releases/download/{tag}/*) cp '{}'/\"${{url##*/}}\" . ;; esac; done",
        release.display()
    );
    stubs.add("curl", &fetch);
    // The stubs' folder is the home.
    std::fs::create_dir(stubs.path().join(".local")).unwrap();
    let install = |name: &str| {
        let folder = stubs.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        stubs.bash(&lines.join("\n"), &folder, &[])
    };
    let output = install("downloads");
    assert!(output.status.success() && said(&output).contains("OK"), "{}", said(&output));
    let installed = stubs.path().join(".local/bin/secgen");
    let run = Command::new(&installed).arg("--version").output().unwrap();
    assert_eq!(said(&run), format!("secgen {version}\n"));
    assert!(stubs.path().join(".local/share/man/man1/secgen-check.1").is_file());
    // Another archive than the checksums say is not unpacked.
    std::fs::remove_dir_all(stubs.path().join(".local/bin")).unwrap();
    std::fs::write(release.join(format!("secgen-{version}-{}.tar.gz", targets[0])), "another").unwrap();
    let output = install("again");
    assert!(!output.status.success() && !installed.exists(), "{}", said(&output));
}

/// A tag that is not the version of Cargo.toml starts no release.
#[test]
fn a_tag_is_the_version() {
    let stubs = super::Stubs::new();
    let version = |tag: &str| stubs.bash(&step("test", "Version"), project(), &[("GITHUB_REF_NAME", tag)]).status.success();
    assert!(version(&format!("v{}", env!("CARGO_PKG_VERSION"))));
    assert!(!version("v9.9.9") && !version(env!("CARGO_PKG_VERSION")) && !version(""));
}

/// A program of another version is not packed under this one's name.
#[test]
fn a_wrong_version_is_refused() {
    let stubs = super::Stubs::new();
    let other = stubs.add("other", "echo secgen 9.9.9");
    let output = Command::new(project().join("packaging/pack")).arg(other).args(["x86_64-unknown-linux-musl"]).arg(stubs.path().join("out")).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("9.9.9") && !stubs.path().join("out").exists(), "{}", said(&output));
}

/// Another folder for cargo, with the crates that are built already. In the folder itself cargo would replace the program that
/// other tests run at this moment; with an empty one it would build every crate again.
fn borrow(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("deps")).unwrap();
    for entry in std::fs::read_dir(from.join("deps")).unwrap().flatten() {
        // Replaced by whoever builds it anew, never written into.
        if entry.path().extension().is_some_and(|e| e == "rlib" || e == "rmeta" || e == "so") {
            std::fs::hard_link(entry.path(), to.join("deps").join(entry.file_name())).unwrap();
        }
    }
    // With their times, which cargo compares.
    let copied = Command::new("cp").arg("-a").args([from.join("build"), from.join(".fingerprint")]).arg(to).status().unwrap();
    assert!(copied.success());
}

/// The crate has what it is built from, and no more than it needs; it is then built and installed by the README's line.
#[test]
fn the_packaged_crate_installs() {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_secgen")).parent().unwrap().to_owned();
    let folder = tempfile::tempdir_in(built.parent().unwrap()).unwrap();
    let target = folder.path().join("target");
    borrow(&built, &target.join("debug"));
    let cargo = |here: &Path| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(here).env_remove("RUSTFLAGS").env("CARGO_NET_OFFLINE", "true").env("CARGO_TARGET_DIR", &target);
        command
    };
    let package = cargo(project()).args(["package", "--locked", "--no-verify", "--allow-dirty", "--quiet"]).output().unwrap();
    assert!(package.status.success() && !said(&package).contains("warning: manifest"), "{}", said(&package));
    let name = format!("secgen-{}", env!("CARGO_PKG_VERSION"));
    let unpacked = Command::new("tar").arg("-xzf").arg(target.join(format!("package/{name}.crate"))).arg("-C").arg(folder.path()).status().unwrap();
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
    for entry in ["src", "templates", "schemas"].into_iter().flat_map(|top| walkdir::WalkDir::new(project().join(top))).flatten() {
        let file = entry.path().strip_prefix(project()).unwrap().display().to_string();
        assert!(!entry.file_type().is_file() || files.contains(&file), "{file} is not in the crate");
    }
    let beside = |top: &str| files.iter().find(|file| file.starts_with(top)).cloned();
    for top in ["tests/", "fuzz/", "benches/", ".ci/", ".github/", "examples/", "packaging/"] {
        assert_eq!(beside(top), None, "{top} does not belong into the crate");
    }
    // The line of the README, in the crate's own folder; without the optimiser, and beside what is built already.
    let readme = std::fs::read_to_string(project().join("README.md")).unwrap();
    let line = "cargo install --locked --path .";
    assert!(readme.contains(&format!("    {line}\n")), "the README does not say {line}");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let install = cargo(&crate_folder).args(words).args(["--debug", "--quiet", "--root"]).arg(folder.path().join("installed")).output().unwrap();
    assert!(install.status.success(), "{}", said(&install));
    let run = Command::new(folder.path().join("installed/bin/secgen")).arg("--version").output().unwrap();
    assert!(said(&run).starts_with("secgen "), "{}", said(&run));
    let project = crate::cli::project::Project::example("quickstart");
    let run = Command::new(folder.path().join("installed/bin/secgen")).args(["render", "--root"]).arg(project.path()).output().unwrap();
    assert!(run.status.success(), "{}", said(&run));
}
