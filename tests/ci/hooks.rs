//! The hooks of `.pre-commit-hooks.yaml`, run by pre-commit itself.

use super::{secgen, yaml};
use crate::cli::project::Project;
use crate::support::{program, project, tools};
use std::process::{Command, Output};

/// A repository with rendered files, all of them committed, and a hook that pre-commit runs on each commit.
struct Repository {
    project: Project,
    bin: tempfile::TempDir,
}

impl Repository {
    /// `None` where pre-commit is missing.
    fn new() -> Option<Self> {
        let pre_commit = program("pre-commit", tools().join("venv/bin/pre-commit"))?;
        let project = Project::empty();
        std::fs::remove_dir(project.path().join(".git")).unwrap();
        project.write(
            "secgen.yaml",
            "version: 1\nservice: pay\nhttp: { headers: { content_type_options: nosniff } }\ntargets: { nginx: { out: deploy/nginx } }\n",
        );
        project.write("README.md", "# Pay\n");
        let bin = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(secgen(), bin.path().join("secgen")).unwrap();
        std::os::unix::fs::symlink(&pre_commit, bin.path().join("pre-commit")).unwrap();
        let repository = Self { project, bin };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.publish();
        repository.project.run(&["render"]).exits(0);
        let install = repository.command("pre-commit").args(["install"]).output().unwrap();
        assert!(install.status.success(), "{}", super::said(&install));
        repository.git(&["add", "-A"]);
        let first = repository.commit();
        assert!(first.status.success(), "{}", super::said(&first));
        Some(repository)
    }

    /// The hooks as pre-commit gets them: by cloning the repository that has their manifest. The configuration is the one of
    /// `docs/ci.md`, with that repository in place of the one on the network, and the hook that is run by hand.
    fn publish(&self) {
        let published = self.bin.path().join("published");
        std::fs::create_dir(&published).unwrap();
        std::fs::copy(project().join(".pre-commit-hooks.yaml"), published.join(".pre-commit-hooks.yaml")).unwrap();
        let tag = format!("v{}", env!("CARGO_PKG_VERSION"));
        for args in [&["init", "-q", "-b", "main"][..], &["add", "-A"], &["commit", "-q", "-m", "hooks"], &["tag", &tag]] {
            let output = self.command("git").args(args).current_dir(&published).output().unwrap();
            assert!(output.status.success(), "{}", super::said(&output));
        }
        let page = std::fs::read_to_string(project().join("docs/ci.md")).unwrap();
        let config = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
        let (url, id) = ("https://github.com/secgen/secgen", "      - id: secgen-check\n");
        assert!(config.contains(url) && config.ends_with(id) && config.contains(&format!("rev: {tag}\n")), "{config}");
        let config = config.replace(url, &published.display().to_string()) + &id.replace("check", "render");
        self.project.write(".pre-commit-config.yaml", config);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.bin.path().display(), std::env::var("PATH").unwrap_or_default());
        command.current_dir(self.project.path()).env("PATH", path).env("PRE_COMMIT_HOME", self.bin.path().join("cache"));
        for name in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
            command.env(name, "A developer");
        }
        for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
            command.env(name, "developer@example.com");
        }
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command
    }

    fn git(&self, args: &[&str]) {
        let output = self.command("git").args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", super::said(&output));
    }

    fn commit(&self) -> Output {
        self.command("git").args(["commit", "-q", "-m", "a change"]).output().unwrap()
    }

    fn count(&self) -> String {
        String::from_utf8(self.command("git").args(["rev-list", "--count", "HEAD"]).output().unwrap().stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn a_commit_that_touches_nothing_of_the_policy_passes() {
    let Some(repository) = Repository::new() else { return };
    repository.project.write("README.md", "# Pay, again\n");
    repository.git(&["add", "-A"]);
    let output = repository.commit();
    assert!(output.status.success(), "{}", super::said(&output));
    assert_eq!(repository.count(), "2");
}

#[test]
fn a_hand_edit_stops_the_commit_and_says_so_in_one_line() {
    let Some(repository) = Repository::new() else { return };
    let file = "deploy/nginx/security-headers.conf";
    let text = repository.project.read(file);
    repository.project.write(file, text.replace(" always;", ";"));
    repository.git(&["add", "-A"]);
    let output = repository.commit();
    let words = super::said(&output);
    assert!(!output.status.success() && words.contains("artifact-hand-edited") && words.contains("gate standard: failed"), "{words}");
    assert_eq!(repository.count(), "1");
}

/// A hook that is given file names sees no name here, and pre-commit skips it: this one must run all the same.
#[test]
fn a_commit_that_only_deletes_is_stopped() {
    let Some(repository) = Repository::new() else { return };
    repository.git(&["rm", "-q", "deploy/nginx/security-headers.conf"]);
    let output = repository.commit();
    let words = super::said(&output);
    assert!(!output.status.success() && words.contains("artifact-missing"), "{words}");
    assert_eq!(repository.count(), "1");
}

/// A commit never renders: that is done by hand.
#[test]
fn rendering_is_asked_for() {
    let Some(repository) = Repository::new() else { return };
    let file = "deploy/nginx/security-headers.conf";
    let text = repository.project.read(file);
    repository.git(&["rm", "-q", file]);
    assert!(!super::said(&repository.commit()).contains("secgen render"));
    assert!(!repository.project.path().join(file).exists());
    let output = repository.command("pre-commit").args(["run", "--hook-stage", "manual", "secgen-render"]).output().unwrap();
    assert_eq!(repository.project.read(file), text, "{}", super::said(&output));
    repository.git(&["add", "-A"]);
    repository.project.write("README.md", "# Pay, again\n");
    repository.git(&["add", "-A"]);
    let output = repository.commit();
    assert!(output.status.success(), "{}", super::said(&output));
}

/// What pre-commit itself asks of the published file.
#[test]
fn the_manifest_is_valid() {
    let Some(pre_commit) = program("pre-commit", tools().join("venv/bin/pre-commit")) else { return };
    let output = Command::new(pre_commit).args(["validate-manifest", ".pre-commit-hooks.yaml"]).current_dir(project()).output().unwrap();
    assert!(output.status.success(), "{}", super::said(&output));
    for hook in yaml(".pre-commit-hooks.yaml").as_array().unwrap() {
        assert!(hook["always_run"] == true && hook["pass_filenames"] == false && hook["require_serial"] == true, "{hook}");
    }
}
