//! A scratch project and whole runs of the program in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run gave.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// For snapshots: exit code and both streams, without what differs between machines.
    pub(crate) fn shown(&self, project: &Project) -> String {
        let code = self.code.map_or_else(|| "killed".to_owned(), |c| c.to_string());
        let mut text = format!("exit {code}\n");
        for (name, stream) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
            }
        }
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").replace(&project.real().display().to_string(), "[ROOT]").replace(&project.path().display().to_string(), "[ROOT]")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// A folder that goes away by itself.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// An empty folder with `.git`, so that it is a root.
    pub(crate) fn empty() -> Self {
        let project = Self { folder: tempfile::Builder::new().prefix("payments-api-").tempdir().unwrap() };
        fs::create_dir(project.path().join(".git")).unwrap();
        project
    }

    /// A copy of an example.
    pub(crate) fn example(name: &str) -> Self {
        let project = Self::empty();
        let from = crate::support::project().join("examples").join(name);
        // Somebody may have rendered the example in place, as the README says.
        let lock = fs::read_to_string(from.join("secgen.lock")).unwrap_or_default();
        let rendered: Vec<&str> = lock.lines().filter_map(|l| l.split_once(' ').map(|(_, path)| path)).chain(["secgen.lock"]).collect();
        for entry in walkdir::WalkDir::new(&from).into_iter().flatten().filter(|e| e.file_type().is_file()) {
            let path = entry.path().strip_prefix(&from).unwrap();
            if !rendered.iter().any(|r| path == Path::new(r)) {
                project.write(path.to_str().unwrap(), fs::read(entry.path()).unwrap());
            }
        }
        project
    }

    /// With a spec.
    pub(crate) fn with_spec(text: &str) -> Self {
        let project = Self::empty();
        project.write("secgen.yaml", text);
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn real(&self) -> PathBuf {
        fs::canonicalize(self.path()).unwrap()
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Replaces a text in a file; it must be there.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, text.replace(from, to));
    }

    /// Every file with its bytes, but those of git.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let walk = walkdir::WalkDir::new(self.path()).sort_by_file_name();
        walk.into_iter()
            .flatten()
            .filter(|e| e.file_type().is_file())
            .map(|e| (e.path().strip_prefix(self.path()).unwrap().display().to_string(), fs::read(e.path()).unwrap()))
            .collect()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_secgen"));
        command.args(args).current_dir(self.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("RUST_BACKTRACE", "1");
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program on a fixed day.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let mut all = vec!["--date", "2026-11-25"];
        all.extend(args);
        let output = self.command(&all).output().unwrap();
        Run { code: output.status.code(), out: String::from_utf8_lossy(&output.stdout).into_owned(), err: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Runs the program with standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &[u8]) -> Run {
        use std::io::Write;
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        Run { code: output.status.code(), out: String::from_utf8_lossy(&output.stdout).into_owned(), err: String::from_utf8_lossy(&output.stderr).into_owned() }
    }
}
