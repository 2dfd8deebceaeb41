//! What carries secgen to where people look: hooks, the GitHub Action, CI examples, and the release.

mod action;
mod examples;
mod hooks;
mod release;
mod runner;
mod wiring;
mod workflows;

use crate::support::{project, write_program};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
fn secgen() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_secgen"))
}

/// A YAML file of the project.
fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(project().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A folder with programs that say how they were called.
struct Stubs {
    folder: tempfile::TempDir,
}

impl Stubs {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A program of this name; it notes each argument on a line of its own, and then does what `body` says.
    fn add(&self, name: &str, body: &str) -> PathBuf {
        let file = self.path().join(name);
        let log = self.path().join(format!("{name}.log"));
        write_program(&file, &format!("#!/bin/bash\nprintf '[%s]\\n' \"$@\" >>'{}'\n{body}\n", log.display()));
        file
    }

    /// How a program was called; empty where it was not.
    fn calls(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(format!("{name}.log"))).unwrap_or_default()
    }

    /// Runs a script under bash as a runner does, with the stubs first on the path and nothing of our environment.
    fn bash(&self, script: &str, here: &Path, env: &[(&str, &str)]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.path().display());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]).current_dir(here);
        command.env_clear().env("PATH", path).env("HOME", self.path()).envs(env.iter().copied()).output().unwrap()
    }
}

/// Both streams.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
