//! Edits of rendered files, judged by what they let through.

use super::{SPEC, rendered};

const MAKE: &str = "ops/security.mk";
const GITHUB: &str = ".github/workflows/secgen.yml";
const GITLAB: &str = ".gitlab/secgen.yml";

/// Findings after an edit, under the gate that looks at protections only: rule, verdict and message.
#[track_caller]
fn findings(path: &str, from: &str, to: &str) -> Vec<(String, String, String)> {
    let project = rendered(SPEC);
    project.edit(path, from, to);
    let run = project.run(&["check", "--fail-on", "security", "--format", "json"]);
    let report = run.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let found = report["findings"].as_array().unwrap().iter().filter(|f| !f["verdict"].is_null());
    found.map(|f| (text(&f["rule"]), text(&f["verdict"]), text(&f["message"]))).collect()
}

#[test]
fn an_edit_that_lets_more_through_is_weaker() {
    let cases = [
        (
            MAKE,
            "'https://staging.example.com')",
            "'https://staging.example.com'|'https://www.example.net')",
            "pen-test-target-foreign",
            "weaker",
            "also allows https://www.example.net",
        ),
        (MAKE, "*) echo", "'x') ;; *) echo", "pen-test-target-foreign", "unverifiable", "were changed"),
        (
            MAKE,
            "security-scan: security-drift security-deny security-audit",
            "security-scan: security-drift security-deny",
            "scan-left-out",
            "weaker",
            "lacks cargo-audit",
        ),
        (MAKE, "cargo audit --deny warnings", "-cargo audit --deny warnings", "scan-left-out", "weaker", "lacks cargo-audit"),
        (
            MAKE,
            "cargo deny --locked --all-features check\n",
            "cargo deny --locked --all-features check || true\n",
            "scan-left-out",
            "weaker",
            "lacks cargo-deny",
        ),
        (MAKE, "\tdocker run", "\t@docker run --rm zap https://www.example.net\n\tdocker run", "pen-test-target-foreign", "unverifiable", "were changed"),
        (MAKE, "\tsecgen check\n", "\ttrue\n", "scan-left-out", "unverifiable", "security-drift, which runs secgen, was changed"),
        (MAKE, ".PHONY:", ".IGNORE:\n.PHONY:", "scan-left-out", "unverifiable", "can change what every goal does"),
        (MAKE, ".PHONY:", "SHELL := /bin/true\n.PHONY:", "pen-test-target-foreign", "unverifiable", "can change what every goal does"),
        (MAKE, "zaproxy:2.17.0@", "zaproxy:latest@", "workflow-pin-loose", "incomparable", "zaproxy:latest@"),
        (GITHUB, "      contents: read\n    steps", "      contents: write\n    steps", "workflow-permission-wide", "weaker", "also allows contents: write"),
        (GITHUB, "permissions: {}", "permissions: write-all", "", "", ""),
        (
            GITHUB,
            "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
            "actions/checkout@v7",
            "workflow-pin-loose",
            "incomparable",
            "also allows actions/checkout@v7",
        ),
        (
            GITHUB,
            "    timeout-minutes: 30",
            "    continue-on-error: true\n    timeout-minutes: 30",
            "workflow-failure-ignored",
            "weaker",
            "ignored instead of counted",
        ),
        (GITHUB, "    - cron: \"17 4 * * *\"\n", "", "workflow-schedule-left-out", "weaker", "lacks daily"),
        (GITHUB, "run: \"secgen check\"", "run: \"secgen check || true\"", "workflow-run-left-out", "weaker", "lacks secgen-check"),
        (GITHUB, "cargo audit --deny warnings", "true", "workflow-run-left-out", "weaker", "lacks cargo-audit"),
        (
            GITHUB,
            "          - \"https://staging.example.com\"",
            "          - \"https://staging.example.com\"\n          - \"https://www.example.net\"",
            "pen-test-target-foreign",
            "weaker",
            "also allows https://www.example.net",
        ),
        (GITHUB, "\npermissions: {}", "\nenv: { BASH_ENV: x }\npermissions: {}", "workflow-run-left-out", "weaker", "lacks cargo-audit"),
        (GITLAB, "secgen-drift:", "secgen-drift:\n  allow_failure: true", "workflow-failure-ignored", "weaker", "ignored"),
        (GITLAB, "    - \"secgen check\"", "    - \"secgen check || true\"", "workflow-run-left-out", "weaker", "lacks secgen-check"),
        (
            GITLAB,
            "          - \"https://staging.example.com\"",
            "          - \"https://www.example.net\"",
            "pen-test-target-foreign",
            "incomparable",
            "also allows https://www.example.net",
        ),
        (
            GITLAB,
            "zaproxy:2.17.0@sha256:781a2bdaea47324e7bab583e2263f21d257b0aee61ed51521a5be45f5f5081ef",
            "zaproxy:stable",
            "workflow-pin-loose",
            "incomparable",
            "zaproxy:stable",
        ),
        (GITHUB, "  pull_request: {}\n", "", "workflow-schedule-left-out", "weaker", "lacks change"),
        (GITHUB, "  pull_request: {}\n", "  pull_request_target: {}\n", "workflow-schedule-left-out", "weaker", "lacks change"),
        (GITHUB, "  pull_request: {}\n", "  pull_request: { branches: [never] }\n", "workflow-schedule-left-out", "weaker", "lacks change"),
        (GITLAB, "== \\\"daily\\\"", "== \\\"never\\\"", "workflow-schedule-left-out", "weaker", "lacks daily"),
    ];
    for (path, from, to, rule, verdict, words) in cases {
        let found = findings(path, from, to);
        let fits = found.iter().any(|(r, v, m)| r == rule && v == verdict && m.contains(words));
        // A permission above jobs that have their own gives nothing to any of them.
        assert!(fits || (rule.is_empty() && found.is_empty()), "{path}: {from:?} -> {to:?}: {found:#?}");
    }
}

#[test]
fn an_edit_that_changes_no_value_is_told_by_its_line() {
    for (path, from, to, words) in [
        (MAKE, "@mkdir -p target/zap", "@mkdir -p /tmp/zap", "security.mk:pen-test:4 changed"),
        (GITHUB, "retention-days: 90", "retention-days: 5", "retention-days changed (5 instead of 90)"),
        (GITLAB, "expire_in: \"90 days\"", "expire_in: \"1 day\"", "expire_in changed"),
        ("ops/zap-baseline.conf", "10035\tFAIL", "10035\tIGNORE", "zap-baseline.conf:10035 changed (IGNORE instead of FAIL)"),
    ] {
        let project = rendered(SPEC);
        project.edit(path, from, to);
        let run = project.run(&["check"]);
        run.exits(1);
        assert!(run.out.contains("artifact-hand-edited") && run.out.contains(words), "{path}: {}", run.out);
    }
}

#[test]
fn layout_is_no_edit() {
    for (path, from, to) in [
        (MAKE, "security-drift:\n", "# a comment\n\nsecurity-drift:\n"),
        (GITHUB, "name: security\n", "# a comment\nname: \"security\"\n"),
        (GITLAB, "stage: test", "stage: 'test'"),
        ("ops/zap-baseline.conf", "(Anti-clickjacking header)", "(Framing)"),
    ] {
        let project = rendered(SPEC);
        project.edit(path, from, to);
        project.run(&["check"]).exits(0);
    }
}

/// What an edit looks like at two in the morning.
#[test]
fn an_edit_is_shown_with_its_line() {
    let project = rendered(SPEC);
    project.edit(GITHUB, "    timeout-minutes: 30", "    continue-on-error: true\n    timeout-minutes: 30");
    project.edit(MAKE, "'https://staging.example.com')", "'https://staging.example.com'|'https://www.example.net')");
    let shown = project.run(&["check"]).shown(&project);
    insta::assert_snapshot!(shown);
}
