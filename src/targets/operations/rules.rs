//! The kinds of findings of this target.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Cause, Finding, Kind, Snippet, Verdict, cited, nist, pci, rules};
use crate::policy::Policy;
use crate::source::{SourceId, Span};

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
    SCHEDULE_LEFT_OUT = "workflow-schedule-left-out", High, "A workflow starts less often than the policy asks for.",
        "Advisories come out on any day, so they are looked for daily; everything runs weekly, a report is made monthly, and each proposed change is checked before \
         it is taken. Without its schedule a job waits for somebody to think of it; with a filter, or by another event such as pull_request_target, changes are \
         left out. Render the workflow again.",
        Text {
            spec: Snippet("operations: { ci: [github] }"),
            bad: Snippet("on: { workflow_dispatch: {} }"),
            good: Snippet("on: { pull_request: {}, schedule: [{ cron: '17 4 * * *' }, { cron: '47 4 * * 1' }, { cron: '7 5 1 * *' }] }"),
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

rules! {
    pub(super), pub(super) DOCUMENTS;

    RUNBOOK_CHANGED = "runbook-differs", High, "The runbook names another contact or answer time than the spec.",
        "Whoever opens incident-response.md at night does what it says. An old address or a longer time that stands only there is found out too late. Change \
         operations.incident_response in the spec, and run `secgen render`; text of your own goes between its marks.",
        Text {
            spec: Snippet("operations: { incident_response: { contact: security@example.com } }"),
            bad: Snippet("**Call first:** <old@example.com>"),
            good: Snippet("**Call first:** <security@example.com>"),
            keys: &["operations.incident_response"],
            references: &[nist("IR-8", Supports, "the plan says who is told, and how soon")],
            sources: &[cited::NIST_800_61],
        };
    USER_MARKS = "runbook-marks-broken", High, "Marks of user text in a runbook do not fit.",
        "What stands between <!-- user:begin NAME --> and <!-- user:end --> is kept when the runbook is rendered again. Without a fitting pair of marks nobody \
         knows what is to be kept, so nothing is written, not even with --force. Each mark stands alone on its line, each name once, none inside another, \
         and only under names that the runbook has.",
        Text {
            spec: Snippet("operations: { incident_response: { contact: security@example.com } }"),
            bad: Snippet("<!-- user:begin containment -->\nCall the bank.\n<!-- user:begin recovery -->"),
            good: Snippet("<!-- user:begin containment -->\nCall the bank.\n<!-- user:end -->\n<!-- user:begin recovery -->\n<!-- user:end -->"),
            keys: &["operations.incident_response"],
            references: cited::CHANGE,
            sources: &[],
        };
    SECURITY_TXT_INVALID = "security-txt-invalid", High, "security.txt is not as RFC 9116 says.",
        "Whoever found a hole reads it with a program as often as by eye. It needs at least one Contact and exactly one Expires; contacts are URIs (https, mailto, \
         tel), pages are https, and a blank follows each colon.",
        Text {
            spec: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }"),
            bad: Snippet("Contact: security@example.com"),
            good: Snippet("Contact: mailto:security@example.com\nExpires: 2027-06-30T23:59:59Z"),
            keys: &["operations.security_txt"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
    SECURITY_TXT_DIFFERS = "security-txt-differs", Medium, "security.txt says something else than the spec.",
        "What is served is what strangers use. Serve the file that secgen renders, or change operations.security_txt in the spec.",
        Text {
            spec: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }"),
            bad: Snippet("Contact: mailto:old@example.com\nExpires: 2027-06-30T23:59:59Z"),
            good: Snippet("Contact: mailto:security@example.com\nExpires: 2027-06-30T23:59:59Z"),
            keys: &["operations.security_txt"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
    CONTACT_NOT_NAMED = "security-md-without-contact", Medium, "SECURITY.md does not name the contact of the policy.",
        "GitHub shows SECURITY.md to whoever wants to report a hole. Name the first contact of operations.security_txt (or of incident_response) in it; \
         everything else in the file is yours.",
        Text {
            spec: Snippet("operations: { incident_response: { contact: security@example.com } }"),
            bad: Snippet("Please write to us."),
            good: Snippet("Please write to <security@example.com>."),
            keys: &["operations.write_once"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::SECURITY_POLICY],
        };
    UPDATES_LEFT_OUT = "dependabot-left-out", Medium, "dependabot.yml does not look for updates of everything, or takes them on the first day.",
        "Crates and actions that nobody updates keep their holes; a release that was taken over is mostly found within days, so updates wait: cooldown with \
         default-days of 1 or more. Everything else in the file is yours.",
        Text {
            spec: Snippet("operations: { write_once: [dependabot] }"),
            bad: Snippet("updates: [{ package-ecosystem: cargo, directory: /, schedule: { interval: weekly } }]"),
            good: Snippet("updates: [{ package-ecosystem: cargo, directory: /, schedule: { interval: weekly }, cooldown: { default-days: 7 } }]"),
            keys: &["operations.write_once"],
            references: &[nist("SI-2", Supports, "updates are looked for again and again"), pci("6.3.3", Related, "known vulnerabilities are patched in time")],
            sources: &[cited::DEPENDABOT],
        };
}

/// What RFC 9116 does not allow in a file.
pub(super) fn no_security_txt(id: SourceId, path: &str, range: std::ops::Range<usize>, why: &str, help: &str) -> Finding {
    let mut finding = Finding::new(&SECURITY_TXT_INVALID, Kind::Verdict(Verdict::Weaker), format!("{path}: {why}"));
    finding.cause = Some(Cause::Invalid);
    finding.place = Some(format!("{path}: {why}"));
    finding.at(Span::new(id, range.start, range.end), "").intent("operations.security_txt").path(path).help(help)
}

/// All rules of the target.
pub(super) static EVERY: std::sync::LazyLock<Vec<&'static crate::finding::Rule>> = std::sync::LazyLock::new(|| [ALL, DOCUMENTS].concat());
