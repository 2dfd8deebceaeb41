//! `secgen spec diff`: what lowers the bar, from files, commits, profiles and standard input.

use super::project::Project;
use insta::assert_snapshot;
use std::process::Command;

const OLD: &str = r#"version: 1
service: a
http:
  headers:
    hsts: { max_age: 365d, include_subdomains: true }
    framing: deny
    referrer_policy: no-referrer
    content_type_options: nosniff
tls: { min_version: TLSv1.2 }
postgres: { settings: { ssl: "on", log_connections: "on" } }
targets:
  nginx: { out: deploy/nginx, check: [deploy/a.conf, deploy/b.conf] }
  postgres: { out: deploy/postgres }
"#;

/// Each change of one line has its verdict, and the exit code follows from the verdict.
#[test]
fn every_change_has_a_verdict() {
    let cases = [
        ("nothing", "", "", 0, ""),
        ("weaker value", "max_age: 365d", "max_age: 30d", 1, "weaker       http.headers.hsts"),
        ("stricter value", "min_version: TLSv1.2", "min_version: TLSv1.3", 0, "stricter     tls.min_version"),
        ("key gone", "    framing: deny\n", "", 1, "removed      http.headers.framing: no longer required"),
        ("key added", "    framing: deny\n", "    framing: deny\n    corp: same-origin\n", 0, "added        http.headers.corp"),
        ("setting weaker", "ssl: \"on\"", "ssl: \"off\"", 1, "weaker       postgres.settings.ssl"),
        ("target gone", "  postgres: { out: deploy/postgres }\n", "", 1, "removed      targets.postgres: nothing of it is rendered or checked any more"),
        ("check path gone", ", deploy/b.conf", "", 1, "removed      targets.nginx.check: no longer checked"),
        ("check path in a pattern", "deploy/a.conf, deploy/b.conf", "deploy/*.conf", 0, "added        targets.nginx.check"),
        ("out gone", "out: deploy/nginx, ", "", 1, "removed      targets.nginx.out: nothing is rendered any more"),
        ("out moved", "out: deploy/nginx,", "out: deploy/edge,", 0, "changed      targets.nginx.out"),
        ("server version", "nginx: { out", "nginx: { version: \"1.26\", out", 0, "changed      targets.nginx.version"),
        ("what browsers do", "referrer_policy: no-referrer", "referrer_policy: unsafe-url", 1, "weaker       http.headers.referrer_policy"),
        (
            "scope opens",
            "targets:\n",
            "scopes: { e: { match: { prefix: /e/ }, http: { headers: { framing: sameorigin } } } }\ntargets:\n",
            1,
            "weaker       scopes.e.http.headers.framing",
        ),
        (
            "scope shuts",
            "targets:\n",
            "scopes: { e: { match: { prefix: /e/ }, http: { headers: { hsts: { max_age: 730d, include_subdomains: true } } } } }\ntargets:\n",
            0,
            "stricter     scopes.e.http.headers.hsts",
        ),
        ("gate lowered", "targets:\n", "gate: security\ntargets:\n", 1, "weaker       gate.level: more passes the gate"),
        ("gate raised", "targets:\n", "gate: strict\ntargets:\n", 0, "stricter     gate.level"),
        (
            "gate of a target lowered",
            "targets:\n",
            "gate: { targets: { nginx: { level: none, until: 2027-01-31 } } }\ntargets:\n",
            1,
            "weaker       gate.targets.nginx: more passes the gate",
        ),
        ("other origins", "tls: {", "  cors: { a: { match: { prefix: /a/ }, origins: [\"https://b.example\"] } }\ntls: {", 1, "weaker       http.cors.a"),
    ];
    let project = Project::with_spec(OLD);
    for (what, from, to, code, line) in cases {
        assert!(from.is_empty() || OLD.contains(from), "{what}");
        project.write("new.yaml", if from.is_empty() { OLD.to_owned() } else { OLD.replacen(from, to, 1) });
        let run = project.run(&["spec", "diff", "secgen.yaml", "new.yaml"]);
        assert_eq!(run.code, Some(code), "{what}:\n{}{}", run.out, run.err);
        assert!(run.out.contains(line), "{what}: {line}\n{}", run.out);
        // The other formats and gates agree.
        let json = project.run(&["spec", "diff", "secgen.yaml", "new.yaml", "--format", "json"]);
        assert_eq!(json.code, Some(code), "{what}");
        assert_eq!(json.json()["exit"], code, "{what}");
        let lowers = json.json()["differences"].as_array().unwrap().iter().any(|d| d["lowers"] == true);
        assert_eq!(lowers, code == 1, "{what}");
        project.run(&["spec", "diff", "secgen.yaml", "new.yaml", "--fail-on", "none"]).exits(0);
        project.run(&["spec", "diff", "secgen.yaml", "new.yaml", "--fail-on", "any"]).exits(i32::from(!from.is_empty()));
    }
}

#[test]
fn the_screen() {
    let project = Project::with_spec(OLD);
    let new = OLD.replace("max_age: 365d", "max_age: 30d").replace("    framing: deny\n", "").replace("TLSv1.2", "TLSv1.3").replace(", deploy/b.conf", "");
    project.write("new.yaml", new);
    assert_snapshot!("spec_diff", project.run(&["spec", "diff", "secgen.yaml", "new.yaml"]).exits(1).shown(&project));
    assert_snapshot!("spec_diff_quiet", project.run(&["-q", "spec", "diff", "secgen.yaml", "new.yaml"]).exits(1).shown(&project));
}

/// A reason explains, and excuses nothing; one that has ended is no obstacle, or the change that mends it could not pass.
#[test]
fn reasons_excuse_nothing() {
    let base = "version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: n } }\n";
    let project = Project::with_spec(base);
    let weak =
        format!("{base}http: {{ headers: {{ hsts: {{ max_age: 30d }} }} }}\nweakens: {{ http.headers.hsts: {{ reason: new site, until: 2026-01-01 }} }}\n");
    project.write("weak.yaml", &weak);
    let run = project.run(&["spec", "diff", "secgen.yaml", "weak.yaml"]);
    run.exits(1);
    assert!(run.out.contains("weaker       http.headers.hsts: max-age"), "{}", run.out);
    let run = project.run(&["spec", "diff", "weak.yaml", "secgen.yaml"]);
    run.exits(0);
    assert!(run.out.contains("stricter     http.headers.hsts"), "{}", run.out);
}

#[test]
fn environments_are_compared_by_name() {
    let spec =
        |environments: &str| format!("version: 1\nservice: a\ntls: {{ min_version: TLSv1.3 }}\ntargets: {{ nginx: {{ out: \"n/{{env}}\" }} }}\n{environments}");
    let weak = "dev: { tls: { min_version: TLSv1.2 }, weakens: { tls.min_version: { reason: old clients } } }";
    let project = Project::empty();
    let diff = |old: &str, new: &str, code: i32, line: &str| {
        project.write("old.yaml", spec(old));
        project.write("new.yaml", spec(new));
        let run = project.run(&["spec", "diff", "old.yaml", "new.yaml"]);
        run.exits(code);
        assert!(run.out.contains(line), "{line}\n{}", run.out);
    };
    diff("environments: { prod: {}, dev: {} }\n", &format!("environments: {{ prod: {{}}, {weak} }}\n"), 1, "weaker       tls.min_version [dev]");
    diff("environments: { prod: {}, dev: {} }\n", "environments: { dev: {} }\n", 1, "removed      environments.prod");
    diff("environments: { prod: {} }\n", "environments: { prod: {}, dev: {} }\n", 0, "added        environments.dev");
    // A policy for all is held by each environment that comes.
    diff("", &format!("environments: {{ prod: {{}}, {weak} }}\n"), 1, "weaker       tls.min_version [dev]");
    diff(&format!("environments: {{ prod: {{}}, {weak} }}\n"), "", 0, "stricter     tls.min_version [dev]");
}

/// A scope that is only renamed, moved or taken out.
#[test]
fn scopes_are_compared_by_what_they_mean() {
    let spec = |scopes: &str| format!("version: 1\nservice: a\nhttp: {{ headers: {{ framing: deny }} }}\ntargets: {{ nginx: {{ out: n }} }}\n{scopes}");
    let scope = |name: &str, prefix: &str, framing: &str| {
        let reason = "weakens: { http.headers.framing: { reason: shown by partners } }";
        format!("scopes: {{ {name}: {{ match: {{ prefix: {prefix} }}, http: {{ headers: {{ framing: {framing} }} }}, {reason} }} }}\n")
    };
    let project = Project::empty();
    let diff = |old: &str, new: &str, code: i32, line: &str| {
        project.write("old.yaml", spec(old));
        project.write("new.yaml", spec(new));
        let run = project.run(&["spec", "diff", "old.yaml", "new.yaml"]);
        run.exits(code);
        assert!(run.out.contains(line), "{line}\n{}", run.out);
    };
    let open = scope("embed", "/embed/", "sameorigin");
    diff(&open, &scope("frames", "/embed/", "sameorigin"), 0, "nothing weaker: 3 equal");
    diff(&open, "", 0, "stricter     scopes.embed.http.headers.framing");
    diff(&open, &scope("embed", "/", "sameorigin"), 1, "incomparable scopes.embed.match.prefix: the scope holds for other requests");
    diff("", &open, 1, "weaker       scopes.embed.http.headers.framing");
}

/// The layers of a commit are read from that commit, not from the disk.
#[test]
fn commits_have_their_own_layers() {
    let Some(project) = repository() else { return };
    project.write("org.yaml", "tls: { min_version: TLSv1.2 }\n");
    let run = project.run(&["spec", "diff", "HEAD:secgen.yaml", "secgen.yaml"]);
    run.exits(1);
    assert!(
        run.out.contains("weaker       tls.min_version") && run.out.contains("HEAD:org.yaml:1") && run.out.contains("old  HEAD:secgen.yaml  on org.yaml"),
        "{}",
        run.out
    );
    project.run(&["spec", "diff", "HEAD:secgen.yaml", "HEAD:secgen.yaml"]).exits(0);
    // Two files of the disk share the layer as it lies there, and the screen says so.
    project.write("old.yaml", project.read("secgen.yaml"));
    let run = project.run(&["spec", "diff", "old.yaml", "secgen.yaml"]);
    run.exits(0);
    assert!(run.out.contains("both read org.yaml as it lies here"), "{}", run.out);
    let missing = project.run(&["spec", "diff", "HEAD:services/secgen.yaml", "secgen.yaml"]);
    assert_snapshot!("spec_diff_no_such_file", missing.exits(2).shown(&project));
    assert!(project.run(&["spec", "diff", "nowhere:secgen.yaml", "secgen.yaml"]).exits(2).out.contains("nowhere"));
    project.run(&["spec", "diff", "--", "--help:secgen.yaml", "secgen.yaml"]).exits(2);
}

#[test]
fn standard_input_has_no_layers_of_another_time() {
    let project = Project::with_spec("version: 1\nservice: a\nextends: [org.yaml]\ntargets: { nginx: { out: n } }\n");
    project.write("org.yaml", "tls: { min_version: TLSv1.2 }\n");
    let run = project.run_with(&["spec", "diff", "-", "secgen.yaml"], project.read("secgen.yaml").as_bytes());
    run.exits(2);
    assert!(run.out.contains("extends org.yaml, whose text of that time is not known"), "{}", run.out);
    let alone = "version: 1\nservice: a\ntls: { min_version: TLSv1.3 }\ntargets: { nginx: { out: n } }\n";
    let run = project.run_with(&["spec", "diff", "-", "secgen.yaml"], alone.as_bytes());
    run.exits(1);
    assert!(run.out.contains("<stdin>:3"), "{}", run.out);
}

#[test]
fn what_cannot_be_read_is_never_nothing_weaker() {
    let project = Project::with_spec(OLD);
    for broken in ["", "version: 1\n", "version: 1\nservice: a\nhttp: [\n", "version: 1\nservice: a\nextends: [gone.yaml]\ntargets: { nginx: { out: n } }\n"] {
        project.write("broken.yaml", broken);
        for pair in [["broken.yaml", "secgen.yaml"], ["secgen.yaml", "broken.yaml"]] {
            let run = project.run(&["spec", "diff", pair[0], pair[1], "--fail-on", "none"]);
            run.exits(2);
            assert!(!run.out.contains("nothing weaker"), "{}", run.out);
        }
    }
    project.run(&["spec", "diff", "gone.yaml", "secgen.yaml"]).exits(2);
    project.run(&["spec", "diff", "secgen:none", "secgen.yaml"]).exits(2);
    project.run(&["spec", "diff", "secgen.yaml"]).exits(2);
}

/// A repository with one commit: a spec on a layer.
fn repository() -> Option<Project> {
    let project = Project::with_spec("version: 1\nservice: a\nextends: [org.yaml]\ntargets: { nginx: { out: n } }\n");
    project.write("org.yaml", "tls: { min_version: TLSv1.3 }\n");
    super::paths::commit(&project).then_some(project)
}

/// Whether git is here.
pub(super) fn git(project: &Project, args: &[&str]) -> bool {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
    Command::new("git").args(identity).args(args).current_dir(project.path()).output().is_ok_and(|o| o.status.success())
}

/// A ramp that ends later lets more through; one that ends sooner, or at all, less.
#[test]
fn the_end_of_a_ramp_counts() {
    let project = Project::with_spec(OLD);
    let gate = |text: &str| format!("gate: {text}\n{OLD}");
    let ramp = |until: &str| gate(&format!("{{ level: strict, targets: {{ nginx: {{ level: security, until: {until} }} }} }}"));
    project.write("old.yaml", ramp("2027-01-31"));
    for (new, code, line) in [
        (ramp("2027-02-28"), 1, "weaker       gate.targets.nginx"),
        (ramp("2027-01-01"), 0, "stricter     gate.targets.nginx"),
        (gate("strict"), 0, "stricter     gate.targets.nginx"),
        (gate("standard"), 1, "weaker       gate.level"),
    ] {
        project.write("new.yaml", new);
        let run = project.run(&["spec", "diff", "old.yaml", "new.yaml", "--date", "2026-11-27"]);
        assert!(run.code == Some(code) && run.out.contains(line), "{line}\n{}{}", run.out, run.err);
    }
}
