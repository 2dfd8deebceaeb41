//! One report in eight formats: they agree, nothing in them is a command or a secret, and the programs that read them
//! take them.

mod agree;
mod controls;
mod files;
mod fingerprints;
mod live;
mod many;
mod safety;
mod secrets;
mod specs;

use crate::cli::project::{Project, Run};
use crate::waivers;
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

/// Controls of the user's own, for a key and for a rule.
const OWN: &str = "controls:\n  acme-policy:\n    title: Acme information security policy\n    version: \"2026\"\n    controls:\n      SEC-4.2:\n        \
     for: [tls.min_version, \"rule:header-cut-by-location\"]\n        relation: supports\n        rationale: old TLS is off everywhere\n";

/// Three services below one root: one is fine; of one a waiver and an emergency accept; of one a waiver of the same name
/// has ended, and its gate and controls are its own.
fn workspace() -> Project {
    let project = Project::with_spec("version: 1\nservice: site\nhttp: { headers: { framing: deny } }\ntargets: { nginx: { out: deploy/site } }\n");
    project.run(&["render"]).exits(0);
    for (name, more) in [("pay", String::new()), ("admin", format!("gate: security\n{OWN}"))] {
        let file = format!("services/{name}/nginx.conf");
        let spec = waivers::SPEC.replace("service: pay", &format!("service: {name}")).replace("[nginx.conf]", &format!("[{file}]"));
        project.write(&format!("services/{name}/secgen.yaml"), spec + &more);
        project.write(&file, waivers::NGINX);
    }
    let entry = |name: &'static str, lines: &[(&'static str, &'static str)]| {
        let lines = lines.to_vec();
        waivers::entry(move |line| {
            let line = lines.iter().find(|(old, _)| *old == line).map_or(line, |(_, new)| new);
            line.replace("nginx.conf", &format!("services/{name}/nginx.conf"))
        })
    };
    let emergency = [
        ("id: W-2026-004", "id: E-2026-001"),
        ("rule: tls-protocols", "kind: emergency\n    rule: header-value"),
        ("where: { file: nginx.conf, intent: tls.min_version }", "where: { file: nginx.conf, intent: http.headers.hsts }"),
        ("accept: TLSv1.1", "accept: max-age=300"),
        ("created: 2026-11-02", "created: 2026-11-25"),
        ("until: 2027-03-31", "until: 2026-11-27"),
    ];
    project.write("services/pay/secgen.waivers.yaml", waivers::file(&[entry("pay", &[]), entry("pay", &emergency)]));
    let ended = [("owner: \"@acme/payments\"", "owner: \"@acme/admin\""), ("until: 2027-03-31", "until: 2026-11-10")];
    project.write("services/admin/secgen.waivers.yaml", waivers::file(&[entry("admin", &ended)]));
    project
}
