//! A disk that refuses: every file is whole at any moment, and a refusal changes nothing.

use super::project::Project;
use std::path::Path;
use std::process::Command;

fn mount(args: &[&str], on: &Path) -> Option<Mounted> {
    let done = Command::new("mount").args(args).arg(on).output().is_ok_and(|o| o.status.success());
    if !done {
        let ci = std::env::var("CI").is_ok_and(|c| c == "true");
        assert!(!ci, "mount {} is not possible here", args.join(" "));
        eprintln!("SKIPPED: mount {} is not possible here; run as root", args.join(" "));
        return None;
    }
    Some(Mounted(on.to_path_buf()))
}

struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_read_only_folder() {
    let project = Project::example("quickstart");
    let folder = project.path().join("deploy/postgres");
    let path = folder.display().to_string();
    let Some(_mounted) = mount(&["--bind", &path], &folder) else { return };
    assert!(Command::new("mount").args(["-o", "remount,ro,bind", &path]).status().unwrap().success());
    let before = project.files();
    let run = project.run(&["render"]);
    run.exits(2);
    assert!(run.out.contains("cannot be written") && run.out.contains("nothing was changed"), "{}", run.out);
    assert_eq!(before, project.files());
}

#[test]
fn a_full_disk() {
    let project = Project::example("quickstart");
    let folder = project.path().join("src");
    let Some(_mounted) = mount(&["-t", "tmpfs", "-o", "size=8k", "tmpfs"], &folder) else { return };
    let before = project.files();
    let run = project.run(&["render"]);
    run.exits(2);
    assert!(run.out.contains("cannot be written"), "{}", run.out);
    assert_eq!(before, project.files());
}

#[test]
fn a_kill_between_staging_and_renaming() {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    project.edit("secgen.yaml", "access_ttl: 1h", "access_ttl: 30m");
    let rendered: Vec<_> = project.files();
    // The system ends a process that writes more than the limit: the first file of some size stays staged.
    let secgen = env!("CARGO_BIN_EXE_secgen");
    let status = Command::new("bash").args(["-c", &format!("ulimit -f 2; exec {secgen} render")]).current_dir(project.path()).status().unwrap();
    assert!(!status.success());
    let whole = |files: &[(String, Vec<u8>)]| files.iter().filter(|(p, _)| !p.contains(".secgen-staged")).cloned().collect::<Vec<_>>();
    assert_eq!(whole(&rendered), whole(&project.files()), "a file changed although the run was ended");
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
    assert!(project.files().iter().all(|(p, _)| !p.contains("staged")));
}

#[test]
fn a_staged_file_left_behind_is_no_obstacle() {
    let project = Project::example("quickstart");
    project.write(".deny.toml.secgen-staged", "half");
    project.run(&["render"]).exits(0);
    assert!(!project.path().join(".deny.toml.secgen-staged").exists());
}

#[test]
fn symbolic_links_are_never_followed() {
    let outside = tempfile::tempdir().unwrap();
    for path in ["deploy/nginx/secgen", "src/security"] {
        let project = Project::example("quickstart");
        std::os::unix::fs::symlink(outside.path(), project.path().join(path)).unwrap();
        let run = project.run(&["render"]);
        run.exits(2);
        assert!(run.out.contains("symbolic link") || run.out.contains("outside the root"), "{}", run.out);
        assert!(std::fs::read_dir(outside.path()).unwrap().next().is_none());
        assert!(!project.path().join("deny.toml").exists());
    }
    let project = Project::example("quickstart");
    let victim = outside.path().join("victim");
    std::fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, project.path().join("deny.toml")).unwrap();
    project.run(&["render", "--force", "deny.toml"]).exits(2);
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn outputs_never_hit_git_or_the_spec() {
    let project = Project::with_spec("version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: .git/hooks } }\n");
    let run = project.run(&["render"]);
    run.exits(2);
    assert!(run.out.contains("git's own folder"), "{}", run.out);
    for out in ["../up", "/abs", "a/../../b", "a//b"] {
        let project =
            Project::with_spec(&format!("version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: {{ nginx: {{ out: \"{out}\" }} }}\n"));
        project.run(&["render"]).exits(2);
    }
}
