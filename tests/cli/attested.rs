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
