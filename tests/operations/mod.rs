//! What people and CI do again and again: the makefile, run with stub programs; the workflows, as their linters and shells
//! see them; and edits of both, judged by value.

mod documents;
mod edits;
mod hidden;
mod hostile;
mod make;
mod workflows;

use crate::cli::project::Project;
use crate::support::write_program;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A service with everything that this target renders.
pub(super) const SPEC: &str = r#"version: 1
service: payments-api
http: { headers: { hsts: { max_age: 365d }, content_type_options: nosniff } }
dependencies: { advisories: { yanked: deny } }
operations:
  static_analysis: [cargo-deny, cargo-audit]
  pen_test: { targets: ["https://staging.example.com", "http://127.0.0.1:8080/app"] }
  ci: [github, gitlab]
targets:
  nginx: { out: deploy/nginx }
  cargo: { out: . }
  operations: { out: ops }
"#;

/// A project whose files are rendered.
pub(super) fn rendered(spec: &str) -> Project {
    let project = Project::with_spec(spec);
    project.run(&["render"]).exits(0);
    project
}

/// Programs that are there, and no others: each notes how it was called, and does what a line of shell says.
pub(super) struct Stubs {
    folder: tempfile::TempDir,
}

impl Stubs {
    /// With the programs of a bare system.
    pub(super) fn new() -> Self {
        let stubs = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(stubs.bin()).unwrap();
        for name in ["sh", "bash", "make", "mkdir", "chmod", "touch", "cat", "cp", "echo"] {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name)).into_iter().find(|file| file.exists());
            symlink(found.unwrap_or_else(|| panic!("{name} is on every system that builds this")), stubs.bin().join(name)).unwrap();
        }
        stubs
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Adds or replaces a program.
    pub(super) fn with(self, name: &str, does: &str) -> Self {
        let file = self.bin().join(name);
        let log = self.folder.path().join("calls");
        let text =
            format!("#!/bin/sh\nprintf '%s' '{name}' >> '{0}'\nfor a in \"$@\"; do printf ' %s' \"$a\" >> '{0}'; done\necho >> '{0}'\n{does}\n", log.display());
        write_program(&file, &text);
        self
    }

    /// All programs of a scan, each as it is when nothing is wrong.
    pub(super) fn all() -> Self {
        Self::new().with("secgen", "exit 0").with("cargo", "exit 0").with("docker", "exit 0").with("zap-baseline.py", "exit 0")
    }

    /// Without a program.
    pub(super) fn without(self, name: &str) -> Self {
        std::fs::remove_file(self.bin().join(name)).unwrap();
        self
    }

    /// Calls so far, but for those that ask whether a program is there.
    pub(super) fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        text.lines().filter(|line| !line.ends_with("--version")).map(str::to_owned).collect()
    }

    /// A command that sees these programs only.
    pub(super) fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.bin().join(program));
        command.current_dir(folder).env_clear().env("PATH", self.bin());
        command
    }

    /// `make` with the rendered file.
    pub(super) fn make(&self, project: &Project, args: &[&str]) -> Output {
        self.command("make", project.path()).args(["-f", "ops/security.mk"]).args(args).output().unwrap()
    }
}

/// Both streams.
pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
