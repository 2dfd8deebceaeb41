//! Copied layers that are pinned, and keys that they lock.

use super::project::Project;
use insta::assert_snapshot;

const ORG: &str =
    "layer: { name: org-baseline, version: \"2026.3\" }\nhttp: { headers: { framing: deny, hsts: { max_age: 365d } } }\ntls: { min_version: TLSv1.3 }\n";

/// What `sha256sum` prints for [`ORG`].
fn digest(text: &str) -> String {
    secgen::source::digest(text.as_bytes())
}

fn spec(extends: &str, more: &str) -> String {
    format!("version: 1\nservice: a\nextends:\n  - {extends}\ntargets: {{ nginx: {{ out: n }} }}\n{more}")
}

fn pin(version: &str, sha256: &str) -> String {
    format!("{{ file: security/org.yaml, version: \"{version}\", sha256: {sha256} }}")
}

#[test]
fn a_pinned_layer_is_the_text_that_was_pinned() {
    let project = Project::with_spec(&spec(&pin("2026.3", &digest(ORG)), ""));
    project.write("security/org.yaml", ORG);
    project.run(&["validate"]).exits(0);
    assert!(project.run(&["spec", "show"]).exits(0).out.contains("tls.min_version: TLSv1.3"));
    // Line ends are no edit.
    project.write("security/org.yaml", ORG.replace('\n', "\r\n"));
    project.run(&["validate"]).exits(0);
    // A comment is one: what was reviewed is a text.
    project.write("security/org.yaml", format!("# edited\n{ORG}"));
    assert_snapshot!("pin_other_text", project.run(&["validate"]).exits(2).shown(&project));
    project.run(&["check"]).exits(2);
    project.run(&["render"]).exits(2);
    assert!(!project.path().join("n").exists());
    // The digest of the message is the right one.
    project.write("secgen.yaml", spec(&pin("2026.3", &digest(&format!("# edited\n{ORG}"))), ""));
    project.run(&["validate"]).exits(0);
}

#[test]
fn a_pinned_version_is_what_the_layer_states() {
    let project = Project::with_spec(&spec(&pin("2026.2", &digest(ORG)), ""));
    project.write("security/org.yaml", ORG);
    assert_snapshot!("pin_other_version", project.run(&["validate"]).exits(2).shown(&project));
    let silent = "tls: { min_version: TLSv1.3 }\n";
    project.write("security/org.yaml", silent);
    project.write("secgen.yaml", spec(&pin("2026.2", &digest(silent)), ""));
    assert!(project.run(&["validate"]).exits(2).out.contains("states no version"));
    project.write("secgen.yaml", spec(&format!("{{ file: security/org.yaml, sha256: {} }}", digest(silent)), ""));
    project.run(&["validate"]).exits(0);
}

#[test]
fn malformed_pins_are_refused() {
    let project = Project::empty();
    project.write("security/org.yaml", ORG);
    for (entry, word) in [
        ("{ file: security/org.yaml }".to_owned(), "sha256"),
        ("{ file: security/org.yaml, sha256: abc }".to_owned(), "64 hexadecimal digits"),
        (format!("{{ file: security/org.yaml, sha256: {} }}", digest(ORG).to_uppercase()), "sha256"),
        (format!("{{ file: ../org.yaml, sha256: {} }}", digest(ORG)), "file"),
        (format!("{{ file: security/org.yaml, version: 2026.3, sha256: {} }}", digest(ORG)), "version"),
        (format!("{{ file: security/org.yaml, sha: {} }}", digest(ORG)), "sha"),
        (format!("{{ file: security/gone.yaml, sha256: {} }}", digest(ORG)), "does not exist"),
    ] {
        project.write("secgen.yaml", spec(&entry, ""));
        let run = project.run(&["validate"]);
        run.exits(2);
        assert!(run.out.contains(word), "{entry}: {word}\n{}", run.out);
    }
    // A spec is no layer.
    project.write("secgen.yaml", spec("security/org.yaml", "layer: { name: a, version: \"1\" }\n"));
    assert!(project.run(&["validate"]).exits(2).out.contains("the spec is no layer"));
}

const LOCKED: &str = "http: { headers: { framing: deny, hsts: { max_age: 365d } } }\ntls: { min_version: TLSv1.2 }\nlock: [http.headers, tls.min_version]\n";

/// A locked key fails the gate, with a reason too; raised and equal values are always allowed.
#[test]
fn a_locked_key_may_only_be_raised() {
    let project = Project::empty();
    project.write("org.yaml", LOCKED);
    let with = |more: &str| project.write("secgen.yaml", spec("org.yaml", more));
    for (more, fails) in [
        ("", None),
        ("http: { headers: { hsts: { max_age: 730d } } }\ntls: { min_version: TLSv1.3 }\n", None),
        ("http: { headers: { hsts: { max_age: 365d } } }\n", None),
        (
            "http: { headers: { hsts: { max_age: 30d } } }\nweakens: { http.headers.hsts: { reason: new } }\n",
            Some("http.headers.hsts is weaker, and org.yaml locks it"),
        ),
        (
            "scopes: { e: { match: { prefix: /e/ }, http: { headers: { framing: sameorigin } }, weakens: { http.headers.framing: { reason: shown } } } }\n",
            Some("scopes.e.http.headers.framing is weaker, and org.yaml locks it"),
        ),
        ("scopes: { e: { match: { prefix: /e/ }, http: { headers: { hsts: { max_age: 730d } } } } }\n", None),
    ] {
        with(more);
        project.run(&["validate"]).exits(0);
        project.run(&["render"]).exits(0);
        let run = project.run(&["check"]);
        run.exits(i32::from(fails.is_some()));
        assert!(fails.is_none_or(|words| run.out.contains(words)), "{more}\n{}", run.out);
        project.run(&["check", "--fail-on", "security"]).exits(i32::from(fails.is_some()));
    }
    with("http: { headers: { hsts: { max_age: 30d } } }\nweakens: { http.headers.hsts: { reason: new } }\n");
    project.run(&["render"]).exits(0);
    assert_snapshot!("locked", project.run(&["check"]).exits(1).shown(&project));
}

#[test]
fn an_environment_may_not_weaken_a_locked_key() {
    let project = Project::empty();
    project.write("org.yaml", LOCKED.replace("TLSv1.2", "TLSv1.3"));
    let environments = "environments:\n  prod: {}\n  dev: { tls: { min_version: TLSv1.2 }, weakens: { tls.min_version: { reason: old clients } } }\n";
    project.write("secgen.yaml", spec("org.yaml", environments).replace("out: n", "out: \"n/{env}\""));
    project.run(&["render"]).exits(0);
    let json = project.run(&["check", "--format", "json"]);
    json.exits(1);
    let findings = json.json()["findings"].as_array().unwrap().clone();
    let locked: Vec<_> = findings.iter().filter(|f| f["rule"] == "locked-key-weakened").collect();
    assert_eq!(locked.len(), 1, "{findings:?}");
    assert_eq!((&locked[0]["env"], &locked[0]["intent"], &locked[0]["verdict"]), (&"dev".into(), &"tls.min_version".into(), &"weaker".into()));
    assert_eq!(locked[0]["location"]["path"], "secgen.yaml");
    // Lifted later, nothing is weaker in the end: a lock is about what holds.
    project.edit("secgen.yaml", "dev: { tls: { min_version: TLSv1.2 }", "dev: { tls: { min_version: TLSv1.3 }");
    project.edit("secgen.yaml", ", weakens: { tls.min_version: { reason: old clients } }", "");
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_lock_on_nothing_is_an_error() {
    let project = Project::with_spec(&spec("org.yaml", ""));
    project.write("org.yaml", "tls: { min_version: TLSv1.2 }\nlock: [tls.min_version, http.headers.hst]\n");
    assert_snapshot!("lock_unknown", project.run(&["validate"]).exits(2).shown(&project));
    // The spec itself may lock what its environments hold.
    let own = "version: 1\nservice: a\ntls: { min_version: TLSv1.3 }\nlock: [tls]\ntargets: { nginx: { out: \"n/{env}\" } }\nenvironments: { dev: { tls: { min_version: TLSv1.2 }, weakens: { tls.min_version: { reason: a } } } }\n";
    project.write("secgen.yaml", own);
    project.run(&["render"]).exits(0);
    assert!(project.run(&["check"]).exits(1).out.contains("locked-key-weakened"));
}
