//! `check PATH...` limits what is reported, not what is read.

use super::project::Project;
use super::spec_diff::git;
use insta::assert_snapshot;

const SPEC: &str = r"version: 1
service: a
http: { headers: { framing: deny } }
targets: { nginx: { check: [conf/nginx.conf] } }
";

/// A server whose header stands in an included file.
fn project(header: &str) -> Project {
    let project = Project::with_spec(SPEC);
    project.write("conf/nginx.conf", "events {}\nhttp {\n  server {\n    listen 80;\n    server_name a.example;\n    include headers.conf;\n  }\n}\n");
    project.write("conf/headers.conf", header);
    project
}

/// Commits all that lies there; `false`, loudly, where there is no git.
pub(super) fn commit(project: &Project) -> bool {
    std::fs::remove_dir(project.path().join(".git")).unwrap();
    let done = git(project, &["init", "-q"]) && git(project, &["add", "-A"]) && git(project, &["commit", "-q", "-m", "a"]);
    assert!(done || std::env::var_os("CI").is_none(), "git is needed");
    if !done {
        eprintln!("SKIPPED: git is missing");
    }
    done
}

#[test]
fn an_include_outside_the_path_still_counts() {
    let good = project("add_header X-Frame-Options DENY always;\nadd_header Content-Security-Policy \"frame-ancestors 'none'\" always;\n");
    good.run(&["check", "conf/nginx.conf"]).exits(0);
    let weak = project("add_header X-Frame-Options SAMEORIGIN always;\n");
    // At the line, at the file that includes it, in a folder, and everywhere.
    for path in ["conf/headers.conf", "conf/nginx.conf", "conf", "conf/", "."] {
        let run = weak.run(&["check", path]);
        run.exits(1);
        assert!(run.out.contains("http.headers.framing"), "{path}\n{}", run.out);
    }
    // Elsewhere nothing is reported, and the report says that it was limited.
    weak.write("other/nginx.conf", "events {}\nhttp { server { listen 80; server_name b.example; add_header X-Frame-Options DENY always; add_header Content-Security-Policy \"frame-ancestors 'none'\" always; } }\n");
    weak.edit("secgen.yaml", "[conf/nginx.conf]", "[conf/nginx.conf, other/nginx.conf]");
    let run = weak.run(&["check", "other"]);
    run.exits(0);
    assert!(run.out.contains("only what lies at other is reported"), "{}", run.out);
    assert_eq!(weak.run(&["check", "other", "--format", "json"]).json()["limited_to"], serde_json::json!(["other"]));
}

#[test]
fn a_path_that_means_nothing_is_an_error() {
    let project = project("add_header X-Frame-Options DENY always;\n");
    project.write("README.md", "hello\n");
    assert_snapshot!("path_unknown", project.run(&["check", "README.md", "conf/nginx.cnf"]).exits(2).shown(&project));
    // A sibling with the same beginning is another path.
    project.write("conf2/x", "");
    project.run(&["check", "conf2"]).exits(2);
}

/// What a policy asks for shows everywhere but in the spec.
#[test]
fn the_spec_and_its_layers_are_about_everything() {
    let project = project("add_header X-Frame-Options SAMEORIGIN always;\n");
    project.run(&["check", "secgen.yaml"]).exits(1);
    project.write("org.yaml", "http: { headers: { framing: deny } }\n");
    project.write("secgen.yaml", "version: 1\nservice: a\nextends: [org.yaml]\ntargets: { nginx: { check: [conf/nginx.conf] } }\n");
    project.run(&["check", "org.yaml"]).exits(1);
}

/// A hook passes paths of files that are gone: what that does shows in other files.
#[test]
fn a_file_that_is_gone_limits_nothing() {
    let project = project("add_header X-Frame-Options DENY always;\nadd_header Content-Security-Policy \"frame-ancestors 'none'\" always;\n");
    project.write("conf/old.conf", "# nothing\n");
    if !commit(&project) {
        return;
    }
    std::fs::remove_file(project.path().join("conf/old.conf")).unwrap();
    project.run(&["check", "conf/old.conf"]).exits(0);
    std::fs::remove_file(project.path().join("conf/headers.conf")).unwrap();
    let run = project.run(&["check", "conf/headers.conf"]);
    assert_ne!(run.code, Some(0), "{}", run.out);
    assert!(run.out.contains("headers.conf"), "{}", run.out);
    // Deleted and never there are not the same.
    project.run(&["check", "conf/typo.conf"]).exits(2);
    // A deletion of some commits ago is in the history.
    assert!(git(&project, &["add", "-A"]) && git(&project, &["commit", "-q", "-m", "b"]));
    assert!(!project.run(&["check", "conf/old.conf"]).out.contains("does not exist, and git knows"));
}

/// A rendered file that was deleted is missing, with and without git.
#[test]
fn a_rendered_file_that_is_gone_is_missing() {
    let project = Project::with_spec("version: 1\nservice: a\nhttp: { headers: { framing: deny } }\ntargets: { nginx: { out: n } }\n");
    project.run(&["render"]).exits(0);
    let file = project.files().into_iter().map(|(path, _)| path).find(|p| p.starts_with("n/")).unwrap();
    project.run(&["check", &file]).exits(0);
    std::fs::remove_file(project.path().join(&file)).unwrap();
    let run = project.run(&["check", &file]);
    run.exits(1);
    assert!(run.out.contains("artifact-missing"), "{}", run.out);
}
