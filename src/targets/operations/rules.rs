//! The kinds of findings of this target.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Finding, Snippet, cited, nist, pci, rules};
use crate::policy::Policy;

rules! {
    pub(super), pub(super) ALL;

    SCAN_LEFT_OUT = "scan-left-out", High, "`make security-scan` leaves a program out that the policy asks for.",
        "Whoever runs security-scan believes that all of operations.static_analysis has looked. A goal that is missing, changed, or whose failure is \
         ignored has not. Change operations.static_analysis in the spec, and run `secgen render`.",
        Text {
            spec: Snippet("operations: { static_analysis: [cargo-deny, cargo-audit] }"),
            bad: Snippet("security-scan: security-drift security-deny"),
            good: Snippet("security-scan: security-drift security-deny security-audit"),
            keys: &["operations.static_analysis"],
            references: &[nist("RA-5", Supports, "scans run as often and as widely as decided")],
            sources: &[],
        };
    FOREIGN_TARGET = "pen-test-target-foreign", High, "`make pen-test` tests a service that the policy does not name.",
        "To scan what belongs to somebody else is an attack, whatever was meant. Services that may be tested stand in operations.pen_test.targets of the \
         spec, where a review sees them; a list that was edited in the makefile is none.",
        Text {
            spec: Snippet("operations: { pen_test: { targets: [\"https://staging.example.com\"] } }"),
            bad: Snippet("'https://staging.example.com'|'https://www.example.net') ;;"),
            good: Snippet("'https://staging.example.com') ;;"),
            keys: &["operations.pen_test.targets"],
            references: &[nist("CA-8", Supports, "tests run against the systems that are named"), pci("11.4.1", Related, "what is tested is defined")],
            sources: &[],
        };
    RUN_LEFT_OUT = "workflow-run-left-out", High, "A scheduled workflow no longer runs what the policy asks for.",
        "A job counts when it runs what secgen renders, under the same conditions: `|| true` behind a command, another `if`, another shell or a step that is \
         gone all mean that nobody looks any more. Change the spec, and run `secgen render`.",
        Text {
            spec: Snippet("operations: { static_analysis: [cargo-audit] }"),
            bad: Snippet("- run: cargo audit --deny warnings || true"),
            good: Snippet("- run: cargo audit --deny warnings"),
            keys: &["operations.ci"],
            references: &[nist("RA-5", Supports, "scans run as often and as widely as decided")],
            sources: &[cited::GITHUB_WORKFLOWS, cited::GITLAB_YAML],
        };
    SCHEDULE_LEFT_OUT = "workflow-schedule-left-out", High, "A scheduled workflow starts less often than the policy asks for.",
        "Advisories come out on any day, so they are looked for daily; everything runs weekly, and a report is made monthly. Without its schedule a job \
         waits for somebody to think of it. Render the workflow again.",
        Text {
            spec: Snippet("operations: { ci: [github] }"),
            bad: Snippet("on: { workflow_dispatch: {} }"),
            good: Snippet("on: { schedule: [{ cron: '17 4 * * *' }, { cron: '47 4 * * 1' }, { cron: '7 5 1 * *' }] }"),
            keys: &["operations.ci"],
            references: &[nist("CA-7", Supports, "how often is decided, and kept")],
            sources: &[cited::GITHUB_WORKFLOWS, cited::GITLAB_YAML],
        };
    FAILURE_IGNORED = "workflow-failure-ignored", High, "A scheduled workflow passes when a job fails.",
        "With continue-on-error (GitHub) or allow_failure (GitLab) a run is green whatever its job found, so nobody is told. Take the key out.",
        Text {
            spec: Snippet("operations: { ci: [github] }"),
            bad: Snippet("drift: { continue-on-error: true }"),
            good: Snippet("drift: {}"),
            keys: &["operations.ci"],
            references: &[nist("CA-7", Supports, "what is found reaches somebody")],
            sources: &[cited::GITHUB_WORKFLOWS, cited::GITLAB_YAML],
        };
    PERMISSION_WIDE = "workflow-permission-wide", High, "A job's token may do more than the job needs.",
        "Every program that a job runs has the job's token. Scans read the repository and write nothing, so contents: read is enough; with more, an action \
         that was taken over can change code or releases. Take the permission out.",
        Text {
            spec: Snippet("operations: { ci: [github] }"),
            bad: Snippet("permissions: { contents: write }"),
            good: Snippet("permissions: { contents: read }"),
            keys: &["operations.ci"],
            references: &[nist("AC-6", Supports, "a job has the privileges that it needs, and no others")],
            sources: &[cited::GITHUB_WORKFLOWS],
        };
    UNSAYABLE = "operations-not-renderable", High, "A path or folder cannot stand in a makefile or workflow.",
        "Makefiles and workflows hold one command a line, so a path with a line break or a control character cannot be written into them. Operations are of \
         the whole service, so their folder cannot differ by environment either.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                environments: { prod: {}, dev: {} }
                targets: { operations: { out: 'ops/{env}' } }
            "),
            good: Snippet(r"
                environments: { prod: {}, dev: {} }
                targets: { operations: { out: ops } }
            "),
            keys: &["targets"],
            references: cited::CHANGE,
            sources: &[],
        };
    PIN_LOOSE = "workflow-pin-loose", High, "A program of others runs in another version than the one that was decided.",
        "A tag or a branch of somebody else's repository can be moved to other code, which then runs with what the job may do. A commit of 40 digits, or \
         an image's digest, cannot. Take the line back to the one that secgen renders, or render with a newer secgen.",
        Text {
            spec: Snippet("operations: { ci: [github] }"),
            bad: Snippet("- uses: actions/checkout@v7"),
            good: Snippet("- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"),
            keys: &["operations.ci", "operations.pen_test.image"],
            references: &[nist("SR-3", Supports, "what comes from an unknown supplier is stopped")],
            sources: &[],
        };
}

/// A policy whose files cannot be written.
pub(super) fn refused(policy: &Policy, why: &str) -> Finding {
    let mut finding = Finding::error(&UNSAYABLE, format!("the files of operations cannot be written: {why}")).intent("targets.operations");
    if let Some(span) = policy.origin("targets.operations.out") {
        finding = finding.at(span, "to be written here");
    }
    finding.help("write one plain folder, such as out: ops; nothing was written")
}
