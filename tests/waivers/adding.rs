//! `secgen waivers add`: exactly what a finding stands for, into a file whose layout stays.

use super::{NGINX, SPEC, entry, file, findings, of, weak};
use crate::cli::project::Project;
use serde_json::Value;

const BY: [&str; 6] = ["--reason", "until the firmware of March", "--owner", "@acme/pay", "--until", "2027-03-31"];

fn add(project: &Project, fingerprint: &str) -> crate::cli::project::Run {
    let mut args = vec!["waivers", "add", fingerprint];
    args.extend(BY);
    project.run(&args)
}

fn fingerprint(project: &Project, rule: &str) -> String {
    of(&findings(project, &[]), rule)["fingerprint"].as_str().unwrap().to_owned()
}

/// Every failure prints the command, and pasting each leaves nothing that fails.
#[test]
fn pasted_commands_accept_what_they_stand_for() {
    let project = weak();
    let all = findings(&project, &[]);
    for finding in &all {
        let own = finding["fingerprint"].as_str().unwrap();
        let command = format!("or accept it: secgen waivers add {own} --reason \"...\" --owner \"...\" --until DATE");
        assert!(finding["help"].as_array().unwrap().iter().any(|h| h == &command), "{finding:#}");
        add(&project, own).exits(0);
    }
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("waived: 3 (W-2026-001 ends in 126 days, "), "{}", run.out);
    project.run(&["check", "--no-waivers"]).exits(1);
    // Nothing else is: a new location with the same fault fails.
    project.write("nginx.conf", NGINX.replace("location /static/", "location /new/ { add_header A b; }\n  location /static/"));
    let after = findings(&project, &[]);
    let open: Vec<&str> = after.iter().filter(|f| f["disposition"] == "open").map(|f| f["place"].as_str().unwrap()).collect();
    assert_eq!(open, ["server app.example.com > location /new/"]);
}

/// A command that is pasted as it stands is refused: nobody's reason is `...`.
#[test]
fn what_is_not_filled_in_is_refused() {
    let project = weak();
    let own = fingerprint(&project, "tls-protocols");
    for (reason, owner, until, said) in [
        ("...", "@acme/pay", "2027-03-31", "--reason says nothing"),
        ("fine", "...", "2027-03-31", "--owner says nothing"),
        ("fine", "a b", "2027-03-31", "without blanks"),
        ("fine", "@acme/pay", "DATE", "--until DATE is no date"),
        ("fine", "@acme/pay", "2026-11-24", "out of range"),
        ("fine", "@acme/pay", "2027-11-26", "a year at most"),
        ("a\nb", "@acme/pay", "2027-03-31", "--reason cannot be used"),
        ("key AKIAIOSFODNN7EXAMPLE123", "@acme/pay", "2027-03-31", "looks like a secret"),
    ] {
        let run = project.run(&["waivers", "add", &own, "--reason", reason, "--owner", owner, "--until", until]);
        assert!(run.exits(2).out.contains(said), "{said}: {}", run.out);
        assert!(!run.out.contains("AKIAIOSFODNN7EXAMPLE123"));
        assert!(!project.path().join("secgen.waivers.yaml").exists());
    }
}

#[test]
fn a_finding_is_named_by_its_first_digits() {
    let project = weak();
    let own = fingerprint(&project, "tls-protocols");
    for (text, said) in [(&own[..7], "is no fingerprint"), ("zzzzzzzzzz", "is no fingerprint"), ("0000000000000000", "no finding has the fingerprint")] {
        let run = add(&project, text);
        assert!(run.exits(2).out.contains(said), "{}", run.out);
    }
    add(&project, &own[..8].to_ascii_uppercase()).exits(0);
    let again = add(&project, &own);
    assert!(again.exits(2).out.contains("is accepted already, by W-2026-001"), "{}", again.out);
}

/// Comments, order, spelling and line ends of what is there stay, byte by byte.
#[test]
fn the_rest_of_the_file_stays() {
    let wide = "# ours\nversion: 1\n\nwaivers:\n    # the readers\n    - id: W-2026-007   # named by hand\n      rule: tls-protocols\n      where: {file: other.conf}\n      accept: TLSv1.1\n      reason: >-\n        two\n        lines\n      owner: '@a/b'\n      created: 2026-11-02\n      until: 2027-03-31\n\n# the end\n";
    let at_edge = "version: 1\nwaivers:\n- id: A\n  rule: tls-protocols\n  where: { file: other.conf }\n  accept: x\n  reason: y\n  owner: z\n  created: 2026-11-02\n  until: 2027-03-31\n\n- id: B\n  rule: tls-protocols\n  where: { file: other.conf }\n  accept: x\n  reason: y\n  owner: z\n  created: 2026-11-02\n  until: 2027-03-31";
    let plain = file(&[entry(|line| line.replace("nginx.conf", "other.conf"))]);
    let crlf = plain.replace('\n', "\r\n");
    let empty = "version: 1\nwaivers: [] # none\n# the end\n";
    for old in [wide, at_edge, plain.as_str(), crlf.as_str(), empty] {
        let project = weak();
        project.write("secgen.waivers.yaml", old);
        add(&project, &fingerprint(&project, "tls-protocols")).exits(0);
        let new = project.read("secgen.waivers.yaml");
        // What was there is there in its order, and everything else is one block.
        let kept = old.replace("waivers: [] # none", "waivers: # none");
        let start = kept.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
        let end = kept.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
        assert!(start + end >= kept.len(), "{old}\n---\n{new}");
        assert_eq!(new.contains("\r\n"), old.contains("\r\n"));
        assert!(!new.replace("\r\n", "").contains('\r') && (!old.contains("\r\n") || !new.replace("\r\n", "").contains('\n')), "{new:?}");
        let all = findings(&project, &[]);
        assert_eq!(of(&all, "tls-protocols")["disposition"], "waived", "{new}");
        project.run(&["validate"]).exits(0);
    }
}

/// A layout that cannot be appended to is left alone.
#[test]
fn what_cannot_be_appended_to_is_not_touched() {
    let project = weak();
    let flow = "version: 1\nwaivers: [{ id: A, rule: tls-protocols, where: { file: o.conf }, accept: x, reason: y, owner: z, created: 2026-11-02, until: 2027-03-31 }]\n";
    project.write("secgen.waivers.yaml", flow);
    let run = add(&project, &fingerprint(&project, "tls-protocols"));
    assert!(run.exits(2).out.contains("no entry can be appended"), "{}", run.out);
    assert_eq!(project.read("secgen.waivers.yaml"), flow);
    // Nor is a broken file.
    project.write("secgen.waivers.yaml", "version: 1\nwaivers: nothing\n");
    add(&project, "0000000000000000").exits(2);
    assert_eq!(project.read("secgen.waivers.yaml"), "version: 1\nwaivers: nothing\n");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let project = weak();
    let own = fingerprint(&project, "tls-protocols");
    project.write("elsewhere.yaml", "version: 1\nwaivers: []\n");
    std::os::unix::fs::symlink("elsewhere.yaml", project.path().join("secgen.waivers.yaml")).unwrap();
    let run = add(&project, &own);
    assert!(run.exits(2).out.contains("symbolic link"), "{}", run.out);
    assert_eq!(project.read("elsewhere.yaml"), "version: 1\nwaivers: []\n");
}

/// A whole tree at once, and then only less of it.
#[test]
fn a_baseline_takes_in_a_tree_and_only_shrinks() {
    let project = weak();
    let baseline = ["waivers", "add", "--all", "--kind", "baseline", "--owner", "@acme/pay", "--until", "2027-06-30"];
    project.run(&baseline).exits(0);
    let first = project.read("secgen.waivers.yaml");
    let all = findings(&project, &[]);
    assert!(all.iter().all(|f| f["disposition"] == "baseline" && f["level"] == "accepted"), "{all:#?}");
    project.run(&["check"]).exits(0);
    // It is sorted, and the same tree gives the same bytes.
    let rules: Vec<&str> = first.lines().filter_map(|line| line.trim().strip_prefix("rule: ")).collect();
    assert!(rules.is_sorted() && rules.len() == 3, "{first}");
    std::fs::remove_file(project.path().join("secgen.waivers.yaml")).unwrap();
    project.run(&baseline).exits(0);
    assert_eq!(project.read("secgen.waivers.yaml"), first);
    // What is new needs a waiver of its own.
    project.write("nginx.conf", NGINX.replace("location /static/", "location /new/ { add_header A b; }\n  location /static/"));
    project.run(&["check"]).exits(1);
    let refused = project.run(&baseline);
    assert!(refused.exits(2).out.contains("a baseline can only shrink"), "{}", refused.out);
    let single = project.run(&["waivers", "add", "0000000000000000", "--kind", "baseline", "--owner", "@a/b", "--until", "2027-06-30"]);
    assert!(single.exits(2).out.contains("no single finding"), "{}", single.out);
    // What is mended is no longer needed.
    project.write("nginx.conf", NGINX.replace("TLSv1.1 TLSv1.2", "TLSv1.2"));
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("B-2026-003 is no longer needed") && run.out.contains("remove lines "), "{}", run.out);
    project.run(&["check", "--fail-on", "strict"]).exits(1);
}

#[test]
fn a_baseline_is_not_taken_of_a_part() {
    let project = weak();
    project.write("nginx.conf", "events { }\nhttp {\n");
    let run = project.run(&["waivers", "add", "--all", "--kind", "baseline", "--owner", "@acme/pay", "--until", "2027-06-30"]);
    assert!(run.exits(2).out.contains("read in full"), "{}", run.out);
    assert!(!project.path().join("secgen.waivers.yaml").exists());
}

/// Rendered files have states; what a waiver of one accepts is that state.
#[test]
fn the_state_of_a_file_is_accepted_as_it_was() {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let path = findings(&project, &["-v"]);
    assert!(path.iter().all(|f| f["level"] != "failure"), "{path:#?}");
    std::fs::remove_file(project.path().join("deploy/nginx/secgen/tls.conf")).unwrap();
    let missing = findings(&project, &[]);
    let finding = of(&missing, "artifact-missing");
    let run = project.run(&["waivers", "add", finding["fingerprint"].as_str().unwrap(), "--reason", "moves", "--owner", "@a/b", "--until", "2027-01-31"]);
    run.exits(0);
    assert!(project.read("secgen.waivers.yaml").contains("accept: missing"));
    assert_eq!(of(&findings(&project, &[]), "artifact-missing")["disposition"], "waived");
    project.write("deploy/nginx/secgen/tls.conf", "# ours\n");
    let unmanaged = findings(&project, &[]);
    assert_eq!(of(&unmanaged, "artifact-unmanaged")["disposition"], "open");
}

/// What is dangerous whatever the policy says is accepted alone: another such line of the same file fails.
#[test]
fn a_danger_is_accepted_alone() {
    let project = Project::with_spec("version: 1\nservice: a\ntargets: { postgres: { versions: \"16\", check: [pg_hba.conf] } }\n");
    let first = "local all all peer\nhost app app 10.0.0.0/8 trust\n";
    project.write("pg_hba.conf", first);
    let failing = |project: &Project| findings(project, &[]).into_iter().filter(|f| f["level"] == "failure").collect::<Vec<_>>();
    let before = failing(&project);
    assert!(!before.is_empty());
    for finding in &before {
        add(&project, finding["fingerprint"].as_str().unwrap()).exits(0);
    }
    assert!(failing(&project).is_empty(), "{:#?}\n{}", failing(&project), project.read("secgen.waivers.yaml"));
    project.write("pg_hba.conf", format!("{first}host other other 10.0.0.0/8 trust\n"));
    assert!(!failing(&project).is_empty());
}

#[test]
fn a_place_that_holds_a_secret_has_one_fingerprint_in_every_format() {
    let project = Project::with_spec(SPEC);
    project.write("nginx.conf", NGINX.replace("app.example.com", "ghp_c4n4ry0123456789ABCD.example.com"));
    let all = findings(&project, &[]);
    let failing: Vec<&Value> = all.iter().filter(|f| f["level"] == "failure").collect();
    assert!(failing.len() > 1);
    let text = project.run(&["check"]);
    let sarif = project.run(&["check", "--format", "sarif"]).json();
    for finding in failing {
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        let command = format!("secgen waivers add {fingerprint} ");
        assert!(finding["help"].as_array().unwrap().iter().any(|help| help.as_str().unwrap().contains(&command)), "{finding:#}");
        assert!(text.out.contains(&command), "{command}");
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert!(results.iter().any(|r| r["partialFingerprints"].to_string().contains(fingerprint)), "{fingerprint}");
        add(&project, fingerprint).exits(0);
    }
    let waivers = project.read("secgen.waivers.yaml");
    assert!(!waivers.contains("c4n4ry"), "{waivers}");
    project.run(&["check"]).exits(0);
}
