//! What people see.

use super::{NGINX, entry, file, weak};
use insta::assert_snapshot;

#[test]
fn waived_findings_are_a_line() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    assert_snapshot!("waived", project.run(&["check"]).exits(1).shown(&project));
    assert_snapshot!("waived_verbose", project.run(&["check", "-v", "--fail-on", "none"]).exits(0).shown(&project));
}

#[test]
fn an_ended_waiver_says_whose_it_was() {
    let project = weak();
    project.write("nginx.conf", NGINX.replace("max-age=300", "max-age=31536000").replace("location /static/ { add_header Cache-Control public; }", ""));
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    assert_snapshot!("ends_soon", project.run(&["check", "--date", "2027-03-30"]).exits(0).shown(&project));
    assert_snapshot!("ended", project.run(&["check", "--date", "2027-04-01"]).exits(1).shown(&project));
}

#[test]
fn the_list_is_a_table() {
    let project = weak();
    let other = entry(|line| match line.split(':').next() {
        Some("id") => "id: E-2026-001\n    kind: emergency".to_owned(),
        Some("rule") => "rule: header-cut-by-location".to_owned(),
        Some("where") => "where: { place: server old.example.com }".to_owned(),
        Some("created") => "created: 2026-11-23".to_owned(),
        Some("until") => "until: 2026-11-24".to_owned(),
        _ => line.to_owned(),
    });
    assert_snapshot!("list_empty", project.run(&["waivers", "list"]).exits(0).shown(&project));
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned), other]));
    assert_snapshot!("list", project.run(&["waivers", "list"]).exits(0).shown(&project));
    let json = project.run(&["waivers", "list", "--format", "json"]).json();
    assert_eq!(
        (json["waivers"][0]["findings"].as_u64(), json["waivers"][1]["findings"].as_u64(), json["waivers"][1]["days_left"].as_i64()),
        (Some(1), Some(0), Some(-1))
    );
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let project = weak();
    let text = entry(|line| match line.split(':').next() {
        Some("rule") => "rule: tls-protocol".to_owned(),
        Some("where") => "where: { file: \"*.conf\", intent: tls.min_versio }".to_owned(),
        Some("until") => "until: 2028-03-31".to_owned(),
        _ => line.to_owned(),
    });
    project.write("secgen.waivers.yaml", file(&[text]));
    assert_snapshot!("mistakes", project.run(&["validate"]).exits(2).shown(&project));
}

#[test]
fn a_new_file_explains_itself() {
    let project = weak();
    let own = super::of(&super::findings(&project, &[]), "header-cut-by-location")["fingerprint"].as_str().unwrap().to_owned();
    let run = project.run(&["waivers", "add", &own, "--kind", "emergency", "--reason", "cache outage, INC-7", "--owner", "@acme/ops"]);
    assert_snapshot!("added", format!("{}\n--- secgen.waivers.yaml\n{}", run.exits(0).shown(&project), project.read("secgen.waivers.yaml")));
    assert_snapshot!("emergency", project.run(&["check", "-q"]).exits(1).shown(&project));
}

#[test]
fn a_ramp_is_said() {
    let project = weak();
    project.write("secgen.yaml", format!("{}gate: {{ level: strict, targets: {{ nginx: {{ level: security, until: 2027-01-31 }} }} }}\n", super::SPEC));
    let run = project.run(&["check"]);
    let tail: Vec<&str> = run.out.lines().rev().take(3).collect();
    assert_snapshot!("ramp", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

/// The examples of the documentation are what they say.
#[test]
fn the_documented_examples_are_real() {
    let text = std::fs::read_to_string(crate::support::project().join("docs/waivers.md")).unwrap();
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [waivers, gate] = blocks.as_slice() else { panic!("{} examples", blocks.len()) };
    let project = weak();
    project.write("secgen.waivers.yaml", waivers);
    assert_eq!(super::of(&super::findings(&project, &[]), "tls-protocols")["disposition"], "waived");
    project.write("secgen.yaml", format!("{}{gate}", super::SPEC));
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("none for postgres until 2027-01-31"), "{}", run.out);
}
