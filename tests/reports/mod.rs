//! One report in eight formats: they agree, nothing in them is a command or a secret, and the programs that read them
//! take them.

mod agree;
mod files;
mod live;
mod many;
mod safety;

use crate::cli::project::{Project, Run};
use std::path::PathBuf;

/// Every format.
const FORMATS: [&str; 8] = ["text", "json", "sarif", "github", "junit", "markdown", "html", "oscal"];

/// One run with the report in every format, each in a file of its own.
struct All {
    folder: tempfile::TempDir,
    run: Run,
}

impl All {
    fn new(project: &Project, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<String> = FORMATS.iter().map(|format| format!("{format}={}", folder.path().join(format).display())).collect();
        let mut all: Vec<&str> = args.to_vec();
        for file in &files {
            all.extend(["--report", file]);
        }
        let run = project.run(&all);
        Self { folder, run }
    }

    fn path(&self, format: &str) -> PathBuf {
        self.folder.path().join(format)
    }

    fn text(&self, format: &str) -> String {
        std::fs::read_to_string(self.path(format)).unwrap_or_else(|e| panic!("{format}: {e}; stderr: {}", self.run.err))
    }

    fn json(&self, format: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(format)).unwrap_or_else(|e| panic!("{format}: {e}"))
    }
}

/// The quickstart, rendered, then with a weaker value, an edit by hand, a missing file and a line that is not
/// understood.
fn weak() -> Project {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    project.edit("deploy/nginx/secgen/tls.conf", "ssl_protocols TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3");
    project.edit("deploy/postgres/postgresql.conf", "max_connections = 100", "max_connections = 100\npassword_encryption = md5");
    std::fs::remove_file(project.path().join("deny.toml")).unwrap();
    project
}
