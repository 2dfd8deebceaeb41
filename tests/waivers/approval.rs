//! What another team's layer or floor asks for is lowered only with its word: `approved_by`.

use crate::cli::project::Project;

const LAYER: &str = "layer: { name: acme, version: \"2026.1\" }\nlock: [tls.min_version]\ntls: { min_version: TLSv1.3 }\n";
const SPEC: &str = "version: 1\nservice: pay\nextends: [org.yaml]\ntls: { min_version: TLSv1.2 }\nweakens: { tls.min_version: { reason: old clients } }\n\
     targets: { nginx: { out: n } }\n";

fn project() -> Project {
    let project = Project::with_spec(SPEC);
    project.write("org.yaml", LAYER);
    project.run(&["render"]).exits(0);
    project
}

/// The command that a failure of a rule prints, without its placeholders.
fn fingerprint(project: &Project, args: &[&str], rule: &str) -> String {
    let run = project.run(&[&["check", "--date", "2026-11-27"], args].concat());
    let out = &run.exits(1).out;
    let part = out.split(&format!("[{rule}]")).nth(1).unwrap_or_else(|| panic!("{out}"));
    let help = part.lines().find(|line| line.contains("secgen waivers add")).unwrap();
    assert!(help.contains("--approved-by \"...\""), "{help}");
    help.split("secgen waivers add ").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

fn add<'a>(fingerprint: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let base = [
        "waivers",
        "add",
        fingerprint,
        "--reason",
        "The readers are replaced in March.",
        "--owner",
        "@acme/pay",
        "--until",
        "2027-03-31",
        "--date",
        "2026-11-27",
    ];
    [&base, more].concat()
}

#[test]
fn a_locked_key_needs_the_word_of_who_locked_it() {
    let project = project();
    let fingerprint = fingerprint(&project, &[], "locked-key-weakened");
    let refused = project.run(&add(&fingerprint, &[]));
    assert!(refused.exits(2).out.contains("--approved-by"), "{}", refused.out);
    assert!(!project.path().join("secgen.waivers.yaml").exists());
    project.run(&add(&fingerprint, &["--approved-by", "@acme/security"])).exits(0);
    project.run(&["check", "--date", "2026-11-27"]).exits(0);
    // The name is taken out by hand: the waiver accepts nothing, and the finding says what is missing.
    let text = project.read("secgen.waivers.yaml");
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("approved_by")).collect();
    assert!(without.len() < text.lines().count(), "{text}");
    project.write("secgen.waivers.yaml", without.join("\n") + "\n");
    let run = project.run(&["check", "--date", "2026-11-27"]);
    assert!(run.exits(1).out.contains("does not accept it: add approved_by"), "{}", run.out);
    // After its last day it fails like any other.
    project.write("secgen.waivers.yaml", text);
    project.run(&["check", "--date", "2027-04-01"]).exits(1);
}

#[test]
fn a_floor_needs_the_word_of_who_set_it() {
    let project = Project::with_spec(&SPEC.replace("extends: [org.yaml]\n", "").replace("weakens: { tls.min_version: { reason: old clients } }\n", ""));
    project.write("floor.yaml", "tls: { min_version: TLSv1.3 }\n");
    project.run(&["render"]).exits(0);
    let fingerprint = fingerprint(&project, &["--floor", "floor.yaml"], "floor-not-met");
    project.run(&add(&fingerprint, &["--floor", "floor.yaml"])).exits(2);
    project.run(&add(&fingerprint, &["--floor", "floor.yaml", "--approved-by", "@acme/security"])).exits(0);
    project.run(&["check", "--date", "2026-11-27", "--floor", "floor.yaml"]).exits(0);
    // Without the floor nothing is there to accept, and nothing says that the waiver is not needed: another run needs it.
    let run = project.run(&["check", "--date", "2026-11-27"]);
    assert!(!run.exits(0).out.contains("waiver-unused"), "{}", run.out);
}

/// A baseline takes in what a team may accept by itself, and no more.
#[test]
fn a_baseline_takes_in_no_locked_key() {
    let project = project();
    project.write("n/tls.conf", "ssl_protocols TLSv1.1;\n");
    let base = ["waivers", "add", "--all", "--kind", "baseline", "--owner", "@acme/pay", "--until", "2027-03-31", "--date", "2026-11-27"];
    project.run(&base).exits(0);
    let run = project.run(&["check", "--date", "2026-11-27"]);
    let out = &run.exits(1).out;
    assert!(out.contains("locked-key-weakened") && !out.contains("[artifact-unmanaged]"), "{out}");
}
