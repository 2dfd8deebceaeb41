//! `secgen explain`: rules, spec keys, lines of files, and the user's own controls.

use super::project::Project;
use insta::assert_snapshot;

const OWN: &str = "controls:\n  acme-policy:\n    title: Acme information security policy\n    version: \"2026\"\n    controls:\n      \
    SEC-4.2: { for: [tls.min_version, \"rule:header-cut-by-location\"], relation: supports, rationale: old TLS is off everywhere }\n      \
    SEC-7: { for: [http.headers], relation: related, rationale: browsers are told what pages may do }\n";

/// The example, rendered, with a header in a location that cuts off the others, and controls of its own.
fn weakened() -> Project {
    let project = Project::example("quickstart");
    project.write("secgen.yaml", project.read("secgen.yaml") + OWN);
    project.run(&["render"]).exits(0);
    project.edit(
        "deploy/nginx/nginx.conf",
        "include /etc/nginx/secgen/rate-limit.api.conf;",
        "include /etc/nginx/secgen/rate-limit.api.conf; add_header Via edge;",
    );
    project
}

/// `FILE:LINE` of the first line with a text.
fn at(project: &Project, file: &str, text: &str) -> String {
    let line = project.read(file).lines().position(|l| l.contains(text)).unwrap() + 1;
    format!("{file}:{line}")
}

#[test]
fn rules_are_explained() {
    let project = weakened();
    assert_snapshot!("explain_rule", project.run(&["explain", "header-cut-by-location"]).exits(0).shown(&project));
    // As `for` of a control writes it, and without a spec.
    let bare = Project::empty();
    let run = bare.run(&["explain", "rule:hba-trust-local"]);
    assert!(run.exits(0).out.starts_with("hba-trust-local  high\n") && run.out.contains("CIS PostgreSQL 17"), "{}", run.out);
}

#[test]
fn keys_are_explained() {
    let project = weakened();
    assert_snapshot!("explain_key", project.run(&["explain", "tls.min_version"]).exits(0).shown(&project));
    let header = project.run(&["explain", "scopes.embed.http.headers.framing"]);
    assert!(header.exits(0).out.contains("scopes.embed.http.headers.framing: [https://partner.example.com]"), "{}", header.out);
    assert!(header.out.contains("SEC-7") && header.out.contains("3.4.6"), "{}", header.out);
    let bare = Project::empty();
    let run = bare.run(&["explain", "data.at_rest"]);
    assert!(run.exits(0).out.contains("No spec without errors is here") && run.out.contains("a person states it"), "{}", run.out);
}

#[test]
fn values_are_shown_for_each_environment() {
    let project = Project::with_spec(
        "version: 1\nservice: a\ntls: { min_version: TLSv1.3 }\nenvironments:\n  prod: {}\n  stage: {}\n  dev:\n    tls: { min_version: TLSv1.2 }\n    \
         weakens: { tls.min_version: { reason: test clients } }\ntargets: { nginx: { out: \"n/{env}\" } }\n",
    );
    let run = project.run(&["explain", "tls.min_version"]);
    let shown = "  env dev\n    tls.min_version: TLSv1.2  secgen.yaml:8\n  env prod, stage\n    tls.min_version: TLSv1.3  secgen.yaml:3\n";
    let other = "  env prod, stage\n    tls.min_version: TLSv1.3  secgen.yaml:3\n  env dev\n    tls.min_version: TLSv1.2  secgen.yaml:8\n";
    assert!(run.exits(0).out.contains(shown) || run.out.contains(other), "{}", run.out);
    assert!(run.out.contains("carried by  nginx; in this spec not by postgres"), "{}", run.out);
}

#[test]
fn lines_are_explained() {
    let project = weakened();
    let shown = |place: &str| project.run(&["explain", place]).exits(0).shown(&project);
    assert_snapshot!("explain_source_line", shown(&at(&project, "deploy/nginx/nginx.conf", "add_header Via")));
    assert_snapshot!("explain_rendered_line", shown(&at(&project, "deploy/nginx/secgen/tls.conf", "ssl_protocols TLS")));
    assert_snapshot!("explain_spec_line", shown(&at(&project, "secgen.yaml", "framing: sameorigin")));
    // A scope's file has headers of the service too: each from its own line.
    let nosniff = at(&project, "deploy/nginx/secgen/security-headers.embed.conf", "X-Content-Type-Options");
    let origin = at(&project, "secgen.yaml", "content_type_options: nosniff");
    assert!(shown(&nosniff).contains(&format!("from {origin}  scopes.embed.http.headers.content_type_options")), "{}", shown(&nosniff));
    assert!(shown("deploy/nginx/nginx.conf:1").contains("Nothing that the spec asks for is decided in this line"));
    assert!(shown("deploy/nginx/secgen/tls.conf:1").contains("no value of the spec stands in this line"));
    // A file that somebody edited: what stands there, and its state.
    project.edit("deploy/nginx/secgen/tls.conf", "TLSv1.3;", "TLSv1.2 TLSv1.3;");
    let edited = shown(&at(&project, "deploy/nginx/secgen/tls.conf", "ssl_protocols TLS"));
    assert!(edited.contains("the file is hand-edited") && edited.contains("weaker"), "{edited}");
}

/// A path is that of the working directory, wherever the spec is.
#[test]
fn paths_are_relative_to_the_working_directory() {
    let project = weakened();
    let run = project.command(&["explain", "nginx.conf:1"]).current_dir(project.path().join("deploy/nginx")).output().unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && out.starts_with("deploy/nginx/nginx.conf:1\n"), "{out}{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn what_does_not_exist_is_an_error_that_says_what_was_meant() {
    let project = weakened();
    let text: Vec<String> =
        ["min_versoin", "header-mising", "http.headers.cps", "nothing like it", "\u{1b}[31m", "nope.conf:1", "secgen.yaml:9999", "secgen.yaml:0"]
            .iter()
            .map(|what| format!("$ secgen explain {}\n{}", what.escape_default(), project.run(&["explain", what]).exits(2).shown(&project)))
            .collect();
    assert_snapshot!("explain_unknown", text.join("\n"));
    // A broken spec is reported as everywhere, and keys are explained all the same.
    project.edit("secgen.yaml", "min_version: TLSv1.3", "min_version: 9");
    project.run(&["explain", "deploy/nginx/nginx.conf:1"]).exits(2);
    assert!(project.run(&["explain", "tls.min_version"]).exits(0).out.contains("No spec without errors is here"));
}

#[test]
fn own_controls_stand_in_the_report() {
    let project = weakened();
    let json = project.run(&["check", "--format", "json"]).exits(1).json();
    let findings = json["findings"].as_array().unwrap();
    let cut = findings.iter().find(|f| f["rule"] == "header-cut-by-location").unwrap();
    let ids: Vec<String> =
        cut["controls"].as_array().unwrap().iter().map(|c| format!("{} {} {}", c["framework"], c["id"], c["named_by"]).replace('"', "")).collect();
    for id in ["owasp-asvs 3.4.1 secgen", "owasp-asvs 3.4.3 secgen", "nist-800-53 CM-6 secgen", "acme-policy SEC-4.2 spec", "acme-policy SEC-7 spec"] {
        assert!(ids.contains(&id.to_owned()), "{ids:?}");
    }
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "each control once: {ids:?}");
}

#[test]
fn controls_for_nothing_are_errors() {
    let project = Project::with_spec(
        "version: 1\nservice: a\ntls: { min_version: TLSv1.3 }\ncontrols:\n  acme-policy:\n    controls:\n      \
         A-1: { for: [tls.min_versoin], relation: supports, rationale: r }\n      \
         A-2: { for: [\"rule:tls-protocol\"], relation: supports, rationale: r }\n      \
         A-3: { for: [\"rule:tls.min_version\"], relation: supports, rationale: r }\n      \
         A-4: { for: [nothing.at.all], relation: implements, rationale: r }\n      \
         A-6: { for: [tls-protocols], relation: supports, rationale: r }\n      \
         A-5: { for: [tls, http.cookies.any, \"rule:tls-protocols\"], relation: related, rationale: r }\ntargets: { nginx: { out: n } }\n",
    );
    assert_snapshot!("control_for_nothing", project.run(&["validate"]).exits(2).shown(&project));
    for (bad, key) in [
        ("{ for: [tls], relation: supports }", "rationale"),
        ("{ for: [], relation: supports, rationale: r }", "for"),
        ("{ for: [tls], relation: satisfies, rationale: r }", "relation"),
    ] {
        let spec = format!("version: 1\nservice: a\ncontrols: {{ acme: {{ controls: {{ A-1: {bad} }} }} }}\ntargets: {{ nginx: {{ out: n }} }}\n");
        let run = Project::with_spec(&spec).run(&["validate"]);
        assert!(run.exits(2).out.contains(&format!("controls.acme.controls.A-1.{key}")), "{}", run.out);
    }
}
