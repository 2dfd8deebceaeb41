//! The kinds of findings of this target.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Finding, nist, pci, rules};
use crate::policy::Policy;

rules! {
    pub(super), pub(super) ALL;

    SCAN_LEFT_OUT = "scan-left-out", High, "`make security-scan` leaves a program out that the policy asks for.",
        "Whoever runs security-scan believes that all of operations.static_analysis has looked. A goal that is missing, changed, or whose failure is \
         ignored has not. Change operations.static_analysis in the spec, and run `secgen render`.",
        Text {
            spec: crate::finding::Snippet("operations: { static_analysis: [cargo-deny, cargo-audit] }"),
            bad: crate::finding::Snippet("security-scan: security-drift security-deny"),
            good: crate::finding::Snippet("security-scan: security-drift security-deny security-audit"),
            keys: &["operations.static_analysis"],
            references: &[nist("RA-5", Supports, "scans run as often and as widely as decided")],
            sources: &[],
        };
    FOREIGN_TARGET = "pen-test-target-foreign", High, "`make pen-test` tests a service that the policy does not name.",
        "To scan what belongs to somebody else is an attack, whatever was meant. Services that may be tested stand in operations.pen_test.targets of the \
         spec, where a review sees them; a list that was edited in the makefile is none.",
        Text {
            spec: crate::finding::Snippet("operations: { pen_test: { targets: [\"https://staging.example.com\"] } }"),
            bad: crate::finding::Snippet("'https://staging.example.com'|'https://www.example.net') ;;"),
            good: crate::finding::Snippet("'https://staging.example.com') ;;"),
            keys: &["operations.pen_test.targets"],
            references: &[nist("CA-8", Supports, "tests run against the systems that are named"), pci("11.4.1", Related, "what is tested is defined")],
            sources: &[],
        };
    UNSAYABLE = "operations-not-renderable", High, "A path or folder cannot stand in a makefile or workflow.",
        "Makefiles and workflows hold one command a line, so a path with a line break or a control character cannot be written into them. Operations are of \
         the whole service, so their folder cannot differ by environment either.",
        Yaml {
            spec: crate::finding::Snippet(""),
            bad: crate::finding::Snippet(r"
                environments: { prod: {}, dev: {} }
                targets: { operations: { out: 'ops/{env}' } }
            "),
            good: crate::finding::Snippet(r"
                environments: { prod: {}, dev: {} }
                targets: { operations: { out: ops } }
            "),
            keys: &["targets"],
            references: crate::finding::cited::CHANGE,
            sources: &[],
        };
    PIN_LOOSE = "workflow-pin-loose", High, "A program of others runs in another version than the one that was decided.",
        "A tag or a branch of somebody else's repository can be moved to other code, which then runs with what the job may do. A commit of 40 digits, or \
         an image's digest, cannot. Take the line back to the one that secgen renders, or render with a newer secgen.",
        Text {
            spec: crate::finding::Snippet("operations: { ci: [github] }"),
            bad: crate::finding::Snippet("- uses: actions/checkout@v7"),
            good: crate::finding::Snippet("- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"),
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
