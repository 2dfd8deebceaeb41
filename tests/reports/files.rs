//! Reports into files: where they may go, and what happens when they cannot.

use super::weak;
use crate::cli::project::Project;
use insta::assert_snapshot;

fn clean() -> Project {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    project
}

#[test]
fn a_report_replaces_an_older_one_as_a_whole() {
    let project = clean();
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("r.json");
    std::fs::write(&file, "x".repeat(1 << 20)).unwrap();
    let report = format!("json={}", file.display());
    let run = project.run(&["check", "--report", &report, "--report", "html=reports.html"]);
    run.exits(0);
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(json["exit"], 0);
    assert!(project.read("reports.html").starts_with("<!doctype html>"));
    let left: Vec<_> = std::fs::read_dir(outside.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["r.json"]);
    // Beside the project's own files, none of which changed.
    project.run(&["check"]).exits(0);
}

/// Everything else is there: the result, the exit code of an error, and the other reports.
#[test]
fn what_cannot_be_written_is_exit_2_after_all_the_rest() {
    let project = weak();
    let run = project.run(&["check", "-q", "--report", "sarif=no/such/folder/r.sarif", "--report", "json=r.json"]);
    run.exits(2);
    assert_snapshot!("not_written", run.shown(&project));
    let json: serde_json::Value = serde_json::from_str(&project.read("r.json")).unwrap();
    assert_eq!((json["exit"].as_u64(), run.out.lines().last()), (Some(1), project.run(&["check", "-q"]).out.lines().last()));
}

#[test]
fn nothing_of_the_project_is_ever_replaced() {
    let project = clean();
    std::fs::create_dir(project.path().join("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("secgen.yaml", project.path().join("link.json")).unwrap();
    let before = project.files();
    for (file, why) in [
        ("secgen.yaml", "that file is read by this run"),
        ("SECGEN.YAML", "that file is read by this run"),
        ("./deploy/../secgen.yaml", "that file is read by this run"),
        ("elsewhere/secgen.lock", "its folder cannot be used"),
        ("folder/secgen.waivers.yaml", "that file is read by this run"),
        ("secgen.lock", "that file is read by this run"),
        ("deploy/nginx/nginx.conf", "that file is read by this run"),
        ("deploy/nginx/mime.types", "that file is read by this run"),
        ("src/security/policy.rs", "that file is read by this run"),
        (".git/config", "it lies in git's own folder"),
        ("folder", "something is there that is not a regular file"),
        #[cfg(unix)]
        ("link.json", "something is there that is not a regular file"),
        #[cfg(unix)]
        ("/dev/null", "something is there that is not a regular file"),
    ] {
        let run = project.run(&["check", "--report", &format!("json={file}")]);
        run.exits(2);
        assert!(run.err.contains(why), "{file}: {}", run.err);
        assert!(run.out.ends_with("gate standard: passed, 1 finding below it\n"), "{}", run.out);
        assert_eq!(before, project.files(), "{file}");
    }
    // Also where the run comes to nothing.
    for args in [&["check", "--env", "x"][..], &["validate"], &["render", "--dry-run"]] {
        project.run(&[args, &["--report", "json=secgen.yaml"]].concat()).exits(2);
        assert_eq!(before, project.files());
    }
}

#[test]
fn a_rendered_file_is_no_place_for_a_report() {
    let project = Project::with_spec("version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: n } }\n");
    project.run(&["render"]).exits(0);
    std::fs::remove_file(project.path().join("n/tls.conf")).unwrap();
    let run = project.run(&["check", "--report", "json=n/tls.conf"]);
    run.exits(2);
    assert!(run.err.contains("that file is rendered by secgen") && !project.path().join("n/tls.conf").exists(), "{}", run.err);
}

#[test]
fn two_reports_do_not_share_a_file() {
    let project = clean();
    let run = project.run(&["check", "--report", "json=r", "--report", "html=./r"]);
    run.exits(2);
    assert!(run.err.contains("no html report in") && run.err.contains("another report was written there"), "{}", run.err);
    assert!(project.read("r").starts_with('{'));
}

#[test]
fn words_that_are_no_report_are_refused_at_once() {
    let project = clean();
    for (word, why) in [
        ("json", "write FMT=FILE, FMT one of text, json, sarif, github, junit, markdown, html, oscal"),
        ("pdf=x", "pdf is no format; write one of text, json"),
        ("json=", "the file has no name"),
        ("json=-", "a report goes to a file; for standard output use --format json"),
    ] {
        let run = project.run(&["check", "--report", word]);
        run.exits(2);
        assert!(run.err.contains(why) && run.out.is_empty(), "{word}: {}", run.err);
    }
}
