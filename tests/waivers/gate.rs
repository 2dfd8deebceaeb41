//! `gate` of the spec: by target, until a day; the command line only tightens, or turns it off.

use super::{SPEC, weak};
use crate::cli::project::Project;

/// A weak project with a gate.
fn with(gate: &str) -> Project {
    let project = weak();
    project.write("secgen.yaml", format!("{SPEC}gate: {gate}\n"));
    project
}

/// A project with nothing but a warning: an unused waiver.
fn warned(gate: &str) -> Project {
    let project = with(gate);
    project.write(
        "nginx.conf",
        super::NGINX
            .replace("TLSv1.1 TLSv1.2", "TLSv1.2")
            .replace("max-age=300", "max-age=31536000")
            .replace("location /static/ { add_header Cache-Control public; }", ""),
    );
    project.write("secgen.waivers.yaml", super::file(&[super::entry(str::to_owned)]));
    project
}

#[test]
fn the_spec_sets_the_level() {
    warned("standard").run(&["check"]).exits(0);
    let run = warned("strict").run(&["check"]);
    assert!(run.exits(1).out.contains("gate     strict (secgen.yaml:10)"), "{}", run.out);
    with("security").run(&["check"]).exits(1);
}

#[test]
fn the_command_line_only_tightens() {
    let strict = warned("strict");
    let run = strict.run(&["check", "--fail-on", "security"]);
    assert!(run.exits(1).out.contains("--fail-on security: only stricter than the spec counts"), "{}", run.out);
    warned("standard").run(&["check", "--fail-on", "strict"]).exits(1);
    let off = with("strict").run(&["check", "--fail-on", "none"]);
    assert!(off.exits(0).out.contains("gate off: "), "{}", off.out);
    // Without a gate in the spec the command line decides.
    weak().run(&["check", "--fail-on", "security"]).exits(1);
}

#[test]
fn a_looser_target_needs_an_end() {
    let run = with("{ targets: { nginx: { level: none } } }").run(&["validate"]);
    assert!(run.exits(2).out.contains("gate.targets.nginx is none, looser than standard, and has no end"), "{}", run.out);
    with("{ targets: { nginx: { level: strict } } }").run(&["validate"]).exits(0);
    let unknown = with("{ targets: { ngnix: { level: strict } } }").run(&["validate"]);
    assert!(unknown.exits(2).out.contains("did you mean \"nginx\"?"), "{}", unknown.out);
    with("none").run(&["validate"]).exits(2);
}

#[test]
fn a_ramp_ends_after_its_last_day() {
    let project = with("{ level: standard, targets: { nginx: { level: none, until: 2027-01-31 } } }");
    for (date, code) in [("2026-11-25", 0), ("2027-01-31", 0), ("2027-02-01", 1)] {
        let run = project.run(&["check", "--date", date]);
        assert_eq!(run.code, Some(code), "{date}: {}", run.out);
    }
    let during = project.run(&["check"]);
    assert!(during.out.contains("gate     standard (secgen.yaml:10); none for nginx until 2027-01-31 (secgen.yaml:10)"), "{}", during.out);
    let after = project.run(&["check", "--date", "2027-02-01"]);
    assert!(after.out.contains("which has ended: standard holds again") && after.out.contains("[gate-ramp-ended]"), "{}", after.out);
    // Another target has no ramp.
    with("{ targets: { postgres: { level: none, until: 2027-01-31 } } }").run(&["check"]).exits(1);
}

#[test]
fn an_environment_has_its_own() {
    let project = weak();
    let envs =
        "environments:\n  dev: { gate: { targets: { nginx: { level: none, until: 2027-01-31 } } }, weakens: { gate: { reason: being set up } } }\n  prod: {}\n";
    project.write("secgen.yaml", format!("{SPEC}gate: standard\n{envs}"));
    project.run(&["check", "--env", "dev"]).exits(0);
    project.run(&["check", "--env", "prod"]).exits(1);
    project.run(&["check"]).exits(1);
    let json = project.run(&["check", "--format", "json"]).json();
    for finding in json["findings"].as_array().unwrap() {
        let expected = if finding["env"] == "dev" { "warning" } else { "failure" };
        assert_eq!(finding["level"], expected, "{finding:#}");
    }
    project.write("secgen.yaml", format!("{SPEC}gate: standard\n{}", envs.replace("weakens: { gate: { reason: being set up } }", "")));
    let run = project.run(&["check", "--env", "dev"]);
    assert!(run.exits(2).out.contains("gate of environment dev is weaker than the layer below"), "{}", run.out);
}

/// Exit code and levels agree over both formats, whatever the gate.
#[test]
fn formats_agree() {
    for gate in ["security", "strict", "{ targets: { nginx: { level: none, until: 2027-01-31 } } }"] {
        let project = with(gate);
        let (text, json) = (project.run(&["check"]), project.run(&["check", "--format", "json"]));
        assert_eq!(text.code, json.code);
        let failing = json.json()["findings"].as_array().unwrap().iter().filter(|f| f["level"] == "failure").count();
        assert_eq!(text.out.contains(&format!("failed by {failing} finding")), failing > 0, "{}", text.out);
    }
}
