//! `check --floor`: a repository held to a minimum from outside of it.

use super::project::Project;
use insta::assert_snapshot;

const SPEC: &str = "version: 1\nservice: a\nhttp: { headers: { framing: sameorigin, hsts: { max_age: 365d } } }\ntls: { min_version: TLSv1.3 }\ntargets: { nginx: { out: n } }\n";

/// A rendered project, and a folder outside of it with a floor.
fn projects(floor: &str) -> (Project, Project) {
    let (project, outside) = (Project::with_spec(SPEC), Project::empty());
    project.run(&["render"]).exits(0);
    outside.write("floor.yaml", floor);
    (project, outside)
}

fn path(outside: &Project) -> String {
    outside.path().join("floor.yaml").display().to_string()
}

#[test]
fn what_is_below_the_floor_fails_the_gate() {
    let (project, outside) = projects("tls: { min_version: TLSv1.2 }\nhttp: { headers: { hsts: { max_age: 180d } } }\n");
    project.run(&["check"]).exits(0);
    let run = project.run(&["check", "--floor", &path(&outside)]);
    run.exits(0);
    assert!(run.out.contains("floor "), "{}", run.out);
    outside.write("floor.yaml", "http: { headers: { framing: deny, content_type_options: nosniff } }\npostgres: { settings: { ssl: \"on\" } }\n");
    let run = project.run(&["check", "--floor", &path(&outside), "--fail-on", "security"]);
    let shown = run.exits(1).shown(&project).replace(&std::fs::canonicalize(outside.path()).unwrap().display().to_string(), "[ELSEWHERE]");
    assert_snapshot!("floor", shown.replace(&outside.path().display().to_string(), "[ELSEWHERE]"));
    let json = project.run(&["check", "--floor", &path(&outside), "--format", "json"]).json();
    let rows: Vec<(&str, &str)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule"] == "floor-not-met")
        .map(|f| (f["intent"].as_str().unwrap(), f["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(rows, [("http.headers.content_type_options", "absent"), ("http.headers.framing", "weaker")]);
    // What no target could carry is said, and not passed over.
    assert!(json["not_examined"].as_array().unwrap().iter().any(|n| n["what"].as_str().unwrap().starts_with("postgres.settings.ssl of the floor")), "{json}");
    assert_eq!(json["floor"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(project.run(&["check", "--floor", &path(&outside), "--fail-on", "none"]).code, Some(0));
}

#[test]
fn environments_and_scopes_are_held_too() {
    let (project, outside) = projects("http: { headers: { framing: sameorigin } }\ntls: { min_version: TLSv1.3 }\n");
    let spec = SPEC.replace("out: n", "out: \"n/{env}\"")
        + "environments: { prod: {}, dev: { tls: { min_version: TLSv1.2 }, weakens: { tls.min_version: { reason: a } } } }\n"
        + "scopes: { e: { match: { prefix: /e/ }, http: { headers: { framing: [\"https://b.example\"] } }, weakens: { http.headers.framing: { reason: a } } } }\n";
    project.write("secgen.yaml", spec);
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
    let json = project.run(&["check", "--floor", &path(&outside), "--format", "json"]).json();
    let mut rows: Vec<(String, String)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["rule"] == "floor-not-met")
        .map(|f| (f["env"].as_str().unwrap().to_owned(), f["intent"].as_str().unwrap().to_owned()))
        .collect();
    rows.sort();
    let row = |env: &str, intent: &str| (env.to_owned(), intent.to_owned());
    assert_eq!(rows, [row("dev", "tls.min_version"), row("prod, dev", "scopes.e.http.headers.framing")]);
    let one = project.run(&["check", "--env", "prod", "--floor", &path(&outside), "--format", "json"]).json();
    assert!(one["findings"].as_array().unwrap().iter().all(|f| f["rule"] != "floor-not-met" || f["env"] == "prod"));
}

#[test]
fn a_floor_may_be_a_profile_or_build_on_files_beside_it() {
    let (project, outside) = projects("extends: [base.yaml]\n");
    outside.write("base.yaml", "http: { headers: { framing: deny } }\n");
    assert!(project.run(&["check", "--floor", &path(&outside)]).exits(1).out.contains("http.headers.framing is weaker than the floor"));
    // A file of that name in the repository has no say.
    project.write("base.yaml", "http: { headers: { framing: sameorigin } }\n");
    project.run(&["check", "--floor", &path(&outside)]).exits(1);
    let run = project.run(&["check", "--floor", "secgen:recommended@2026-11"]);
    run.exits(1);
    assert!(run.out.contains("http.headers.csp is not required, and the floor secgen:recommended@2026-11 asks for it"), "{}", run.out);
    // Whoever extends the profile meets it.
    project.write("secgen.yaml", "version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: n } }\n");
    project.run(&["render"]).exits(0);
    project.run(&["check", "--floor", "secgen:recommended@2026-11"]).exits(0);
}

#[test]
fn a_floor_that_cannot_be_used_is_exit_2() {
    let (project, outside) = projects("tls: [\n");
    project.run(&["check", "--floor", &path(&outside)]).exits(2);
    project.run(&["check", "--floor", "gone.yaml"]).exits(2);
    outside.write("floor.yaml", "tls: { min_version: TLSv1.2 }\nenvironments: { prod: {} }\n");
    assert!(project.run(&["check", "--floor", &path(&outside)]).exits(2).out.contains("must not hold environments"));
    outside.write("floor.yaml", "extends: [gone.yaml]\n");
    project.run(&["check", "--floor", &path(&outside)]).exits(2);
}
