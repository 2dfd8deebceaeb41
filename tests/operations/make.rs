//! Each goal of `security.mk`, run.

use super::{SPEC, Stubs, rendered, said};

const SCAN: [&str; 3] = ["secgen check", "cargo deny --locked --all-features check", "cargo audit --deny warnings"];

#[test]
fn make_reads_it_and_runs_nothing_by_itself() {
    let (project, stubs) = (rendered(SPEC), Stubs::all());
    for goals in [&["-n", "security-scan", "pen-test"][..], &["-n"], &["-n", "security-drift"], &["-n", "security-deny"], &["-n", "security-audit"]] {
        let output = stubs.make(&project, goals);
        assert!(output.status.success(), "{goals:?}: {}", said(&output));
        assert!(!said(&output).contains("warning:"), "{}", said(&output));
    }
    assert_eq!(stubs.calls(), [] as [&str; 0]);
}

#[test]
fn a_scan_runs_everything_once() {
    let (project, stubs) = (rendered(SPEC), Stubs::all());
    let output = stubs.make(&project, &["security-scan"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(stubs.calls(), SCAN);
    // As most would have it: included from a makefile of one's own, whose first goal stays the first.
    project.write("Makefile", "all:\n\t@echo own\n\ninclude ops/security.mk\n");
    let output = stubs.command("make", project.path()).output().unwrap();
    assert_eq!(said(&output), "own\n");
    assert!(stubs.command("make", project.path()).arg("security-scan").output().unwrap().status.success());
    assert_eq!(stubs.calls().len(), 6);
}

#[test]
fn what_is_not_asked_for_is_not_run() {
    let spec = SPEC.replace("static_analysis: [cargo-deny, cargo-audit]", "static_analysis: [cargo-audit]");
    let (project, stubs) = (rendered(&spec), Stubs::all());
    assert!(stubs.make(&project, &["security-scan"]).status.success());
    assert_eq!(stubs.calls(), ["secgen check", "cargo audit --deny warnings"]);
    let spec = SPEC.replace("  static_analysis: [cargo-deny, cargo-audit]\n", "").replace("  cargo: { out: . }\n", "").replace("dependencies", "#");
    let (project, stubs) = (rendered(&spec), Stubs::all());
    assert!(stubs.make(&project, &["security-scan"]).status.success());
    assert_eq!(stubs.calls(), ["secgen check"]);
}

#[test]
fn crates_below_the_root_are_looked_at_where_they_are() {
    let spec = SPEC.replace("cargo: { out: . }", "cargo: { out: backend }");
    let (project, stubs) = (rendered(&spec), Stubs::all().with("cargo", "pwd >> \"${PWD%/backend}/where\""));
    let output = stubs.make(&project, &["security-scan"]);
    assert!(output.status.success(), "{}", said(&output));
    let place = project.read("where");
    assert!(place.lines().filter(|line| line.ends_with("/backend")).count() == 2, "{place}");
}

#[test]
fn a_failure_stops_the_scan() {
    let project = rendered(SPEC);
    let fails = |name: &str, does: &str, before: usize| {
        let stubs = Stubs::all().with(name, does);
        let output = stubs.make(&project, &["security-scan"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", said(&output));
        assert_eq!(stubs.calls(), SCAN[..before], "{name}");
    };
    fails("secgen", "exit 1", 1);
    fails("cargo", "[ \"$1 $2\" != 'deny --locked' ]", 2);
    fails("cargo", "[ \"$1 $2\" != 'audit --deny' ]", 3);
}

#[test]
fn what_is_missing_is_said_with_the_way_to_get_it() {
    let project = rendered(SPEC);
    let says = |stubs: Stubs, goal: &str, words: &str| {
        let output = stubs.make(&project, &[goal, "PEN_TEST_TARGET=https://staging.example.com"]);
        assert_eq!(output.status.code(), Some(2), "{goal}: {}", said(&output));
        assert!(said(&output).contains(words), "{goal}: {}", said(&output));
    };
    says(Stubs::all().without("secgen"), "security-drift", "security-drift: secgen is missing. Get it: cargo install --locked secgen@");
    let lacks = |what: &str| Stubs::all().with("cargo", &format!("[ \"$1\" != {what} ]"));
    says(lacks("deny"), "security-deny", "security-deny: cargo-deny is missing. Get it: cargo install --locked cargo-deny@");
    says(lacks("audit"), "security-audit", "security-audit: cargo-audit is missing. Get it: cargo install --locked cargo-audit@");
    says(Stubs::all().without("cargo"), "security-deny", "cargo-deny is missing");
    says(Stubs::all().without("docker"), "pen-test", "pen-test: docker is missing, which OWASP ZAP runs in. Get it: https://");
    std::fs::remove_file(project.path().join("ops/zap-baseline.conf")).unwrap();
    says(Stubs::all(), "pen-test", "pen-test: ops/zap-baseline.conf is missing. Get it: secgen render");
}

#[test]
fn a_service_of_the_list_is_tested() {
    let project = rendered(SPEC);
    for target in ["https://staging.example.com", "http://127.0.0.1:8080/app"] {
        for way in [true, false] {
            let stubs = Stubs::all();
            let mut make = stubs.command("make", project.path());
            make.args(["-f", "ops/security.mk", "pen-test"]);
            if way {
                make.arg(format!("PEN_TEST_TARGET={target}"))
            } else {
                make.env("PEN_TEST_TARGET", target)
            };
            let output = make.output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
            let calls = stubs.calls();
            let [call] = &calls[..] else { panic!("{calls:?}") };
            assert!(call.starts_with("docker run --rm --network host -v /") && call.contains("/target/zap:/zap/wrk:rw -v /"), "{call}");
            assert!(call.contains("/ops/zap-baseline.conf:/zap/wrk/zap-baseline.conf:ro ghcr.io/zaproxy/zaproxy:2.17.0@sha256:"), "{call}");
            assert!(call.ends_with(&format!(" zap-baseline.py -I -t {target} -c zap-baseline.conf -J zap.json -r zap.html")), "{call}");
        }
    }
    assert!(project.path().join("target/zap").is_dir());
    let stubs = Stubs::all().with("docker", "exit 1");
    assert_eq!(stubs.make(&project, &["pen-test", "PEN_TEST_TARGET=https://staging.example.com"]).status.code(), Some(2));
}

/// Far services need no network of the machine.
#[test]
fn the_network_of_the_machine_is_for_services_on_it() {
    let project = rendered(&SPEC.replace(", \"http://127.0.0.1:8080/app\"", ""));
    let stubs = Stubs::all();
    assert!(stubs.make(&project, &["pen-test", "PEN_TEST_TARGET=https://staging.example.com"]).status.success());
    assert!(!stubs.calls()[0].contains("--network"), "{:?}", stubs.calls());
}

/// Empty, foreign, and whatever a shell, make or an option parser could take for something else.
#[test]
fn every_other_service_is_refused() {
    let project = rendered(SPEC);
    let hostile = [
        "",
        " ",
        "https://www.example.net",
        "https://staging.example.com.example.net",
        "https://staging.example.com/",
        "HTTPS://STAGING.EXAMPLE.COM",
        "https://staging.example.com'; touch pwned; '",
        "https://staging.example.com\"; touch pwned; \"",
        "https://staging.example.com; touch pwned",
        "https://staging.example.com\ntouch pwned",
        "https://staging.example.com'|'x",
        "$(touch pwned)",
        "$$(touch pwned)",
        "`touch pwned`",
        "$(shell touch pwned)",
        "${shell touch pwned}",
        "$(eval x:=$(shell touch pwned))",
        "') touch pwned;; *) exit 0;; esac #",
        "*",
        "?*",
        "-h",
        "#",
        "\\",
        "%",
        "--help",
        "https://staging.example.com -I",
    ];
    for target in hostile {
        for way in [true, false] {
            let stubs = Stubs::all();
            let mut make = stubs.command("make", project.path());
            make.args(["-f", "ops/security.mk", "pen-test"]);
            if way {
                make.arg(format!("PEN_TEST_TARGET={target}"))
            } else {
                make.env("PEN_TEST_TARGET", target)
            };
            let output = make.output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{target:?}: {}", said(&output));
            // make takes blanks at the ends away, where it is told on its own command line.
            let words = if target.is_empty() || (way && target == " ") {
                "pen-test: which service?"
            } else {
                "pen-test: this service is not in operations.pen_test.targets of secgen.yaml"
            };
            assert!(said(&output).contains(words), "{target:?}: {}", said(&output));
            assert_eq!(stubs.calls(), [] as [&str; 0], "{target:?}");
            assert!(!project.path().join("pwned").exists(), "{target:?}");
        }
    }
    let stubs = Stubs::all();
    assert_eq!(stubs.make(&project, &["pen-test"]).status.code(), Some(2));
}

#[test]
fn without_a_list_nothing_is_tested() {
    let project = rendered(&SPEC.replace("  pen_test: { targets: [\"https://staging.example.com\", \"http://127.0.0.1:8080/app\"] }\n", ""));
    let stubs = Stubs::all();
    let output = stubs.make(&project, &["pen-test", "PEN_TEST_TARGET=https://staging.example.com"]);
    assert_eq!((output.status.code(), stubs.calls().len()), (Some(2), 0), "{}", said(&output));
}
