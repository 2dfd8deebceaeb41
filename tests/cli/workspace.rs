//! `--workspace`: every spec below the root in one report.

use super::project::Project;
use insta::assert_snapshot;

fn spec(service: &str, out: &str) -> String {
    format!("version: 1\nservice: {service}\nhttp: {{ headers: {{ framing: deny }} }}\ntargets: {{ nginx: {{ out: {out} }} }}\n")
}

/// Three services, rendered; the specs are nested.
fn project() -> Project {
    let project = Project::with_spec(&spec("site", "deploy/site"));
    project.write("services/pay/secgen.yaml", spec("pay", "deploy/pay"));
    project.write("services/pay/admin/secgen.yaml", spec("admin", "deploy/admin"));
    for path in ["secgen.yaml", "services/pay/secgen.yaml", "services/pay/admin/secgen.yaml"] {
        project.run(&["render", "--spec", path]).exits(0);
    }
    project
}

#[test]
fn all_specs_are_in_one_report() {
    let project = project();
    assert_snapshot!("workspace_passed", project.run(&["check", "--workspace"]).exits(0).shown(&project));
    let alone = project.run(&["check", "--format", "json"]).json();
    let json = project.run(&["check", "--workspace", "--format", "json"]).json();
    let paths: Vec<&str> = json["specs"].as_array().unwrap().iter().map(|s| s["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["secgen.yaml", "services/pay/admin/secgen.yaml", "services/pay/secgen.yaml"]);
    assert_eq!(json["spec"], serde_json::Value::Null);
    assert_eq!(json["summary"]["intents"], 3 * alone["summary"]["intents"].as_u64().unwrap());
    assert_eq!(json["checks"].as_array().unwrap().len(), 3 * alone["checks"].as_array().unwrap().len());
    assert_eq!(alone["specs"][0]["path"], "secgen.yaml");
    // A plain run names what it did not look at.
    assert!(project.run(&["check"]).exits(0).out.contains("2 other specs below the root were not looked at; --workspace looks at all"));
    // From a folder inside, the root is the same.
    let inside = project.command(&["check", "--workspace", "-q"]).current_dir(project.path().join("services/pay")).output().unwrap();
    assert_eq!(inside.status.code(), Some(0));
}

/// The worst exit code counts, each finding names its spec, and its fingerprint is that of a run alone.
#[test]
fn one_failing_spec_fails_the_run() {
    let project = project();
    project.edit("deploy/pay/security-headers.conf", "DENY", "SAMEORIGIN");
    let run = project.run(&["check", "--workspace"]);
    assert_snapshot!("workspace_failed", run.exits(1).shown(&project));
    assert_eq!(project.run(&["-q", "check", "--workspace"]).exits(1).out.lines().filter(|l| l.contains("deploy/pay")).count(), 1);
    let all = project.run(&["check", "--workspace", "--format", "json"]).json();
    let alone = project.run(&["check", "--spec", "services/pay/secgen.yaml", "--format", "json"]).json();
    assert_eq!(all["findings"], alone["findings"]);
    assert!(all["findings"].as_array().unwrap().iter().all(|f| f["spec_path"] == "services/pay/secgen.yaml"));
    let exits: Vec<u64> = all["specs"].as_array().unwrap().iter().map(|s| s["exit"].as_u64().unwrap()).collect();
    assert_eq!((exits, all["exit"].as_u64()), (vec![0, 0, 1], Some(1)));
    // What is reported can be limited, and the rest still counts as looked at.
    project.run(&["check", "--workspace", "deploy/site"]).exits(0);
    project.run(&["check", "--workspace", "deploy/pay"]).exits(1);
    project.run(&["check", "--workspace", "services/pay/secgen.yaml"]).exits(1);
    project.run(&["check", "--workspace", "deploy/gone"]).exits(2);
}

#[test]
fn a_broken_spec_hides_no_other() {
    let project = project();
    project.edit("deploy/pay/security-headers.conf", "DENY", "SAMEORIGIN");
    project.write("broken/secgen.yaml", "version: 1\nservice: b\nhtpp: {}\n");
    project.write("other/secgen.yml", "version: 1\n");
    let run = project.run(&["check", "--workspace"]);
    assert_snapshot!("workspace_broken", run.exits(2).shown(&project));
    let json = project.run(&["check", "--workspace", "--format", "json"]).json();
    assert_eq!(json["specs"][0]["path"], "broken/secgen.yaml");
    assert_eq!((json["specs"][0]["exit"].as_u64(), &json["specs"][0]["sha256"]), (Some(2), &serde_json::Value::Null));
    assert!(json["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "artifact-hand-edited"));
    project.run(&["check", "--workspace", "--fail-on", "none"]).exits(2);
    assert!(project.run(&["validate", "--workspace"]).exits(2).out.contains("htpp"));
}

#[test]
fn two_specs_must_not_write_one_path() {
    let project = Project::with_spec(&spec("site", "deploy"));
    project.write("pay/secgen.yaml", spec("pay", "deploy"));
    assert_snapshot!("workspace_shared_output", project.run(&["validate", "--workspace"]).exits(2).shown(&project));
    let run = project.run(&["check", "--workspace"]);
    run.exits(2);
    assert!(run.out.contains("pay/secgen.yaml and secgen.yaml both write deploy/security-headers.conf"), "{}", run.out);
    // Letter case is one path on many disks.
    project.write("pay/secgen.yaml", spec("pay", "Deploy"));
    assert!(project.run(&["validate", "--workspace"]).exits(2).out.contains("both write"));
    project.write("pay/secgen.yaml", spec("pay", "deploy/pay"));
    project.run(&["validate", "--workspace"]).exits(0);
}

#[test]
fn other_repositories_links_and_hidden_folders_are_not_entered() {
    let project = project();
    project.write("vendor/x/secgen.yaml", "no spec");
    project.write(".cache/secgen.yaml", "no spec");
    project.write("target/secgen.yaml", "no spec");
    project.write("sub/.git", "gitdir: ../.git/modules/sub\n");
    project.write("sub/secgen.yaml", "no spec");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(project.path().join("vendor"), project.path().join("linked")).unwrap();
        std::fs::create_dir(project.path().join("alias")).unwrap();
        std::os::unix::fs::symlink("../secgen.yaml", project.path().join("alias/secgen.yaml")).unwrap();
    }
    let run = project.run(&["check", "--workspace"]);
    run.exits(0);
    assert!(run.out.contains("not examined: sub: a repository of its own") && run.out.contains("workspace  3 specs, 3 passed"), "{}", run.out);
    #[cfg(unix)]
    assert!(run.out.contains("not examined: alias/secgen.yaml: no regular file"), "{}", run.out);
}

#[test]
fn a_floor_holds_every_spec() {
    let project = project();
    project.write("floor.yaml", "tls: { min_version: TLSv1.3 }\n");
    let json = project.run(&["check", "--workspace", "--floor", "floor.yaml", "--format", "json"]);
    json.exits(1);
    assert_eq!(json.json()["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "floor-not-met").count(), 3);
    project.write("floor.yaml", "tls: [\n");
    project.run(&["check", "--workspace", "--floor", "floor.yaml"]).exits(2);
}

#[test]
fn what_is_about_one_spec_is_refused() {
    let project = project();
    project.run(&["check", "--workspace", "--spec", "secgen.yaml"]).exits(2);
    project.run(&["check", "--workspace", "--source", "nginx=deploy/site/tls.conf"]).exits(2);
    project.run(&["render", "--workspace"]).exits(2);
    let empty = Project::empty();
    assert!(empty.run(&["check", "--workspace"]).exits(2).out.contains("no secgen.yaml lies below the root"));
}
