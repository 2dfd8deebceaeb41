//! An entry that cannot be used stops the run, at its line.

use super::{entry, file, weak};

#[track_caller]
fn refused(change: (&str, &str), said: &str) {
    let project = weak();
    let (from, to) = change;
    project.write("secgen.waivers.yaml", file(&[entry(|line| if line.starts_with(from) { to.to_owned() } else { line.to_owned() })]));
    for command in ["validate", "check"] {
        let run = project.run(&[command]);
        assert_eq!(run.code, Some(2), "{command}: {}", run.out);
        assert!(run.out.contains("error[waiver-invalid]") && run.out.contains("secgen.waivers.yaml:"), "{command}: {}", run.out);
        assert!(run.out.contains(said), "{said}\n{}", run.out);
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    refused(("rule", "rule: tls-protocol"), "write tls-protocols");
    refused(("rule", "rule: nothing-like-it"), "is no rule");
    refused(("where", "where: { intent: tls.min_versio }"), "write tls.min_version");
    refused(("where", "where: { intent: tls.min_version, environment: prod }"), "the spec declares no environments");
    refused(("where", "where: { intnt: tls.min_version }"), "did you mean \"intent\"?");
    refused(("ticket", "tickett: SEC-812"), "did you mean \"ticket\"?");
}

#[test]
fn everything_that_binds_is_required() {
    for key in ["rule", "where", "accept", "reason", "owner", "created", "until"] {
        refused((key, ""), &format!("waivers[0].{key} is missing"));
    }
    refused(("where", "where: {}"), "must not be empty");
    refused(("reason", "reason: \"...\""), "says nothing");
    refused(("owner", "owner: TODO"), "says nothing");
}

#[test]
fn nothing_is_a_pattern() {
    refused(("where", "where: { file: \"*.conf\" }"), "is a pattern");
    refused(("rule", "rule: \"tls-*\""), "wrong form");
    refused(("where", "where: { file: ../nginx.conf }"), "no path below the root");
}

#[test]
fn dates_are_a_year_at_most_and_in_order() {
    refused(("until", "until: 2026-11-01"), "before it begins");
    refused(("until", "until: 2027-11-03"), "366 days after 2026-11-02: a waiver lasts a year at most");
    refused(("created", "created: 2026-11-26"), "still to come");
    refused(("until", "until: 2027-02-30"), "year-month-day");
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(|line| if line.starts_with("until") { "until: 2027-11-02".to_owned() } else { line.to_owned() })]));
    project.run(&["validate"]).exits(0);
}

#[test]
fn a_name_stands_for_one_waiver() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned), entry(str::to_owned)]));
    let run = project.run(&["validate"]);
    assert!(run.exits(2).out.contains("two waivers are named W-2026-004"), "{}", run.out);
}

/// An entry of another day would let the baseline grow.
#[test]
fn a_baseline_is_of_one_day() {
    let project = weak();
    let of_day = |id: &str, day: &str| {
        let (id, day) = (format!("id: {id}\n    kind: baseline"), format!("created: {day}"));
        entry(move |line| {
            if line.starts_with("id") {
                id.clone()
            } else if line.starts_with("created") {
                day.clone()
            } else {
                line.to_owned()
            }
        })
    };
    project.write("secgen.waivers.yaml", file(&[of_day("B-1", "2026-11-02"), of_day("B-2", "2026-11-03")]));
    let run = project.run(&["validate"]);
    assert!(run.exits(2).out.contains("the baseline was taken on 2026-11-02: it can only shrink"), "{}", run.out);
}

#[test]
fn a_file_of_another_name_is_not_passed_over() {
    for name in ["secgen.waivers.yml", ".secgen.waivers.yaml", "secgen-waivers.yaml"] {
        let project = weak();
        project.write(name, file(&[entry(str::to_owned)]));
        for command in ["check", "validate"] {
            let run = project.run(&[command]);
            assert!(run.exits(2).out.contains("waivers are in secgen.waivers.yaml"), "{}", run.out);
        }
    }
}

/// What could not be read is never accepted, and then no waiver is called unused.
#[test]
fn errors_cannot_be_waived() {
    let project = weak();
    project.write("nginx.conf", "events { }\nhttp {\nserver { listen 80;\n");
    let rule = project.run(&["check", "--format", "json"]).json()["findings"][0]["rule"].as_str().unwrap().to_owned();
    let rule = format!("rule: {rule}");
    project.write(
        "secgen.waivers.yaml",
        file(&[entry(|line| {
            if line.starts_with("rule") {
                rule.clone()
            } else if line.starts_with("where") {
                "where: { file: nginx.conf }".to_owned()
            } else {
                line.to_owned()
            }
        })]),
    );
    let run = project.run(&["check", "--format", "json"]);
    assert!(run.exits(2).json()["findings"].as_array().unwrap().iter().all(|f| f["disposition"] == "open" && f["rule"] != "waiver-unused"), "{}", run.out);
}

/// The list is never an output of `render`.
#[test]
fn the_list_is_never_written_over() {
    let project = crate::cli::project::Project::empty();
    project.write("svc/secgen.yaml", "version: 1\nservice: a\nextends: [\"secgen:recommended@2026-11\"]\ntargets: { nginx: { out: out } }\n");
    project.write("svc/secgen.waivers.yaml", "version: 1\nwaivers: []\n");
    project.run(&["render", "--spec", "svc/secgen.yaml"]).exits(0);
    assert_eq!(project.read("svc/secgen.waivers.yaml"), "version: 1\nwaivers: []\n");
}

/// A mistyped bound accepts nothing, and does not look like one that was passed.
#[test]
fn a_bound_of_no_order_says_so() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(|line| line.replace("accept: TLSv1.1", "accept: TLSv9"))]));
    let run = project.run(&["check"]);
    let words = "W-2026-004 accepts nothing here: its accept is not what was found, and no bound: ";
    assert!(run.exits(1).out.contains(words) && run.out.contains("TLSv9"), "{}", run.out);
    project.write("secgen.waivers.yaml", file(&[entry(|line| line.replace("accept: TLSv1.1", "accept: TLSv1.2"))]));
    assert!(project.run(&["check"]).exits(1).out.contains("W-2026-004 accepts TLSv1.2 here, and nothing weaker"));
}
