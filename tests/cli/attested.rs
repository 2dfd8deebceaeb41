//! Statements about what no file can show: never verified, and only for their time.

use super::project::{Project, Run};

fn spec(at_rest: &str) -> Project {
    Project::with_spec(&format!("version: 1\nservice: a\ndata:\n  at_rest: {at_rest}\n"))
}

const STATED: &str = "{ method: volume-encryption, attested: { by: \"@acme/platform\", date: 2026-10-01, until: 2027-10-01 } }";

fn check(project: &Project, date: &str) -> Run {
    project.run(&["check", "--date", date])
}

fn counts(project: &Project, date: &str) -> (u64, u64, String) {
    let json = project.run(&["check", "--date", date, "--format", "json"]).json();
    let count = |name: &str| json["summary"][name].as_u64().unwrap();
    (count("verified"), count("attested"), json["checks"][0]["verdict"].as_str().unwrap().to_owned())
}

#[test]
fn a_statement_counts_in_its_time_and_is_never_verified() {
    let project = spec(STATED);
    for date in ["2026-10-01", "2026-11-25", "2027-08-31"] {
        let run = check(&project, date);
        run.exits(0);
        assert!(run.out.contains("intents  1, 0 verified in 0 checked sources, 1 attested"), "{}", run.out);
        assert_eq!(counts(&project, date), (0, 1, "attested".to_owned()));
    }
    // Thirty days before its end it is worth a word, and does not fail the gate yet.
    let soon = check(&project, "2027-09-01");
    soon.exits(0);
    assert!(soon.out.contains("attestation-ends-soon"), "{}", soon.out);
    project.run(&["check", "--date", "2027-09-01", "--fail-on", "strict"]).exits(1);
    // Its last day counts, the day after does not.
    check(&project, "2027-10-01").exits(0);
    let ended = check(&project, "2027-10-02");
    ended.exits(1);
    insta::assert_snapshot!("attestation_ended", ended.shown(&project));
    assert_eq!(counts(&project, "2027-10-02"), (0, 0, "unattested".to_owned()));
    // Nobody can look tomorrow.
    let early = check(&project, "2026-09-30");
    early.exits(1);
    assert!(early.out.contains("is in the future"), "{}", early.out);
}

#[test]
fn what_nobody_states_is_a_finding() {
    let project = spec("{ method: volume-encryption }");
    let run = check(&project, "2026-11-25");
    run.exits(1);
    insta::assert_snapshot!("attestation_missing", run.shown(&project));
    project.run(&["check", "--date", "2026-11-25", "--fail-on", "security"]).exits(1);
}

#[test]
fn statements_that_state_nothing_are_errors_of_the_spec() {
    let whole = |attested: &str| spec(&format!("{{ method: volume-encryption, attested: {attested} }}"));
    for (project, told) in [
        (whole("{ by: \"@a\", date: 2026-10-01 }"), "until"),
        (whole("{ date: 2026-10-01, until: 2027-10-01 }"), "by"),
        (whole("{ by: \"@a\", date: 2026-02-30, until: 2027-10-01 }"), "date"),
        (whole("{ by: \"@a\", date: 2026-10-02, until: 2026-10-01 }"), "before it was made"),
        (whole("{ by: \"@a\", date: 2026-10-01, until: 2029-10-01 }"), "longer than two years"),
        (whole("yes"), "attested"),
        (spec("{ attested: { by: \"@a\", date: 2026-10-01, until: 2027-10-01 } }"), "method"),
        (spec("{ method: rot13 }"), "volume-encryption"),
    ] {
        let run = project.run(&["validate"]);
        run.exits(2);
        assert!(run.out.contains(told), "{told}: {}", run.out);
    }
    spec(STATED).run(&["validate"]).exits(0);
}

#[test]
fn each_environment_has_its_own_statement() {
    let environments = "environments:\n  prod: {}\n  dev: { data: { at_rest: { attested: { by: \"@acme/dev\", date: 2026-11-01, until: 2026-11-20 } } } }\n";
    let project = Project::with_spec(&format!("version: 1\nservice: a\ndata:\n  at_rest: {STATED}\n{environments}"));
    project.run(&["check", "--date", "2026-11-25", "--env", "prod"]).exits(0);
    let dev = project.run(&["check", "--date", "2026-11-25", "--env", "dev"]);
    dev.exits(1);
    assert!(dev.out.contains("stated by @acme/dev on 2026-11-01, until 2026-11-20: that has ended"), "{}", dev.out);
    assert!(dev.out.contains("in environment dev"), "{}", dev.out);
}

const EVERYTHING: &str = "version: 1\nservice: a\ndata:\n  at_rest: { method: volume-encryption, attested: { by: \"@acme/platform\", date: 2026-10-01, until: 2027-10-01, evidence: docs/disks.md } }\n  \
     output: { encoding: contextual-autoescape, attested: { by: \"@acme/web\", date: 2026-10-02, until: 2027-10-02, evidence: \"https://tickets.example.com/SEC-12?a=b&c=d\" } }\n\
     operations:\n  attested:\n    access_review: { by: \"@acme/security\", date: 2026-11-01, until: 2027-02-01 }\n    \
     penetration_test: { by: \"@acme/red\", date: 2026-11-02, until: 2027-11-02, evidence: docs/pentest.pdf }\n";

/// Every statement that a spec can hold, with evidence, and a task.
pub(crate) fn everything() -> Project {
    let project = Project::with_spec(EVERYTHING);
    project.write("docs/disks.md", "all volumes are encrypted\n");
    project.write("docs/pentest.pdf", b"%PDF-1.7 \xff\xfe canary-in-evidence");
    project
}

/// sha256 of `all volumes are encrypted\n` and of the PDF above.
fn digests(project: &Project) -> [String; 2] {
    let hex = |path: &str| secgen::render::header::digest(&std::fs::read(project.path().join(path)).unwrap());
    [hex("docs/disks.md"), hex("docs/pentest.pdf")]
}

#[test]
fn every_report_says_who_until_when_and_on_what_it_rests() {
    let project = everything();
    let run = project.run(&["check"]);
    insta::assert_snapshot!("attested_text", run.exits(0).shown(&project));
    let digests = digests(&project);
    for format in ["json", "markdown", "html", "oscal", "sarif", "junit"] {
        let out = project.run(&["check", "--format", format]);
        let plain = out.exits(0).out.replace("<wbr>", "").replace("<!-- -->", "").replace('\\', "").replace("&amp;", "&").replace("&#64;", "@");
        for word in [
            "@acme/platform",
            "2027-10-01",
            "docs/disks.md",
            "@acme/web",
            "tickets.example.com/SEC-12",
            "@acme/security",
            "2027-02-01",
            "@acme/red",
            "docs/pentest.pdf",
        ] {
            assert!(plain.contains(word), "{format} has no {word}:\n{plain}");
        }
        assert!(!plain.contains("canary-in-evidence") && !plain.contains("all volumes"), "{format} shows what evidence says");
        if format != "junit" {
            assert!(digests.iter().all(|digest| plain.contains(digest.as_str())), "{format}");
        }
    }
    let json = project.run(&["check", "--format", "json"]).json();
    assert_eq!((json["summary"]["verified"].as_u64(), json["summary"]["attested"].as_u64(), json["summary"]["intents"].as_u64()), (Some(0), Some(4), Some(4)));
    // Neither a file that was examined by a target, nor one that verifies anything.
    let text = project.run(&["check"]).out;
    assert!(text.contains("0 verified in 0 checked sources, 4 attested"), "{text}");
    let oscal = project.run(&["check", "--format", "oscal"]).json();
    let methods: Vec<&str> =
        oscal["assessment-results"]["results"][0]["observations"].as_array().unwrap().iter().map(|o| o["methods"][0].as_str().unwrap()).collect();
    assert_eq!(methods, ["INTERVIEW"; 4]);
}

#[test]
fn evidence_that_is_gone_takes_the_statement_with_it() {
    let project = everything();
    std::fs::remove_file(project.path().join("docs/pentest.pdf")).unwrap();
    let run = project.run(&["check"]);
    insta::assert_snapshot!("attested_evidence_missing", run.exits(1).shown(&project));
    project.run(&["check", "--fail-on", "security"]).exits(1);
    // A folder in its place cannot be read at all.
    std::fs::create_dir(project.path().join("docs/pentest.pdf")).unwrap();
    assert!(project.run(&["check"]).exits(2).out.contains("docs/pentest.pdf is a folder"));
    #[cfg(unix)]
    {
        std::fs::remove_dir(project.path().join("docs/pentest.pdf")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", project.path().join("docs/pentest.pdf")).unwrap();
        assert!(project.run(&["check"]).exits(2).out.contains("outside the root"));
    }
}

#[test]
fn evidence_is_a_path_or_a_link() {
    for (evidence, is_right) in [
        ("docs/a.pdf", true),
        ("a", true),
        (".evidence/a-b_c.md", true),
        ("https://tickets.example.com/SEC-12", true),
        ("https://example.com:8443/a?b=c&d=%20#e", true),
        ("we looked", false),
        ("../a.pdf", false),
        ("docs/../../a.pdf", false),
        ("/etc/passwd", false),
        ("http://tickets.example.com/SEC-12", false),
        ("https://user:pw@example.com/a", false),
        ("https:///a", false),
        ("https://example.com/a b", false),
        ("https://example.com/\\\"><script>", false),
        ("javascript:alert(1)", false),
        ("file:///etc/passwd", false),
        ("docs\\\\a.pdf", false),
        ("", false),
    ] {
        let stated = format!("{{ by: \"@a\", date: 2026-10-01, until: 2027-10-01, evidence: \"{evidence}\" }}");
        let project = spec(&format!("{{ method: volume-encryption, attested: {stated} }}"));
        let run = project.run(&["validate"]);
        run.exits(if is_right { 0 } else { 2 });
    }
}

#[test]
fn a_layer_asks_and_the_service_states() {
    let project = Project::with_spec("version: 1\nservice: a\nextends: [base.yaml]\nenvironments: { prod: {}, dev: {} }\n");
    project.write("base.yaml", "operations: { attested: { access_review: required } }\n");
    let run = project.run(&["check"]);
    insta::assert_snapshot!("attested_required", run.exits(1).shown(&project));
    project.edit(
        "secgen.yaml",
        "environments",
        "operations: { attested: { access_review: { by: \"@acme/security\", date: 2026-11-01, until: 2027-02-01 } } }\nenvironments",
    );
    project.run(&["check"]).exits(0);
    project.run(&["check", "--date", "2027-02-02"]).exits(1);
    // And a floor from outside holds whoever extends nothing.
    let other = Project::with_spec("version: 1\nservice: b\noperations: { weekly: [audit-logs], since: 2026-11-20 }\n");
    other.write("floor.yaml", "version: 1\nservice: floor\noperations: { weekly: [audit-logs, failed-logins], attested: { access_review: required } }\n");
    other.run(&["check"]).exits(0);
    let held = other.run(&["check", "--floor", "floor.yaml"]);
    assert!(held.exits(1).out.contains("list failed-logins under operations: weekly of secgen.yaml"), "{}", held.out);
    assert!(held.out.contains("operations.attested.access_review is not required"), "{}", held.out);
}

#[test]
fn output_is_stated_like_storage() {
    let output = |text: &str| Project::with_spec(&format!("version: 1\nservice: a\ndata: {{ output: {text} }}\n"));
    let missing = output("{ encoding: serializer }").run(&["check"]);
    assert!(missing.exits(1).out.contains("attestation-missing"), "{}", missing.out);
    output("{ encoding: serializer, attested: { by: \"@a\", date: 2026-10-01, until: 2027-10-01 } }").run(&["check"]).exits(0);
    let none = output("{ attested: { by: \"@a\", date: 2026-10-01, until: 2027-10-01 } }").run(&["validate"]);
    assert!(none.exits(2).out.contains("output-without-encoding"), "{}", none.out);
    output("{ encoding: rot13 }").run(&["validate"]).exits(2);
}
