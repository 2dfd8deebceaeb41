//! The kinds of findings of this target.

use super::runs::rules as runs;
use crate::finding::Relation::{Related, Supports};
use crate::finding::{Language, Rule, Severity, Snippet, asvs, cited, nist};

/// Every rule, for `explain`.
pub(super) static ALL: &[&Rule] = &[
    &ADVISORY_CHECK,
    &ADVISORY_IGNORED,
    &IGNORE_WITHOUT_REASON,
    &LICENCE_ALLOWED,
    &BAN_MISSING,
    &VERSIONS_LOOSE,
    &SOURCE_ALLOWED,
    &LEFT_OUT,
    &NARROWED,
    &SYNTAX,
    &OUTDATED,
    &UNKNOWN_KEY,
    &BAD_VALUE,
    &DEPRECATED_KEY,
    &SHADOWED,
    &AUDIT_UNREAD,
    &AUDIT_NARROWED,
    &UNSAYABLE,
    &runs::NOT_RUN,
    &runs::RUN_VOID,
    &runs::RUN_NOT_SEEN,
];

pub(super) static ADVISORY_CHECK: Rule = Rule {
    name: "advisory-check-loose",
    title: "cargo-deny looks for fewer advisories than the policy asks for.",
    severity: Severity::High,
    explain: "advisories.unmaintained and advisories.unsound say for which crates an advisory of that kind is an error; advisories.yanked \
              says what a crate version does that its author took back. A narrower reach, or warn in place of deny, lets such a crate \
              pass. A check of yanked crates that is switched off, or a database other than RustSec's, voids them whatever the levels say.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { unmaintained: workspace, yanked: deny } }"),
    bad: Snippet(
        r#"
        [advisories]
        unmaintained = "none"
        yanked = "warn"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        unmaintained = "workspace"
        yanked = "deny"
    "#,
    ),
    keys: &["dependencies.advisories"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ADVISORIES, cited::RUSTSEC],
};

pub(super) static ADVISORY_IGNORED: Rule = Rule {
    name: "advisory-ignored",
    title: "An advisory is ignored that the policy does not accept.",
    severity: Severity::High,
    explain: "An identifier in advisories.ignore passes every later check in silence. Each one that the spec does not name was decided \
              outside the policy: upgrade the crate and delete the line, or add the identifier with its reason to \
              dependencies.advisories.ignore in the spec.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { ignore: [] } }"),
    bad: Snippet(
        r#"
        [advisories]
        ignore = [{ id = "RUSTSEC-2023-0071", reason = "later" }]
    "#,
    ),
    good: Snippet(
        r"
        [advisories]
        ignore = []
    ",
    ),
    keys: &["dependencies.advisories.ignore"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ADVISORIES],
};

pub(super) static IGNORE_WITHOUT_REASON: Rule = Rule {
    name: "advisory-ignored-without-reason",
    title: "An advisory is ignored and the file does not say why.",
    severity: Severity::Low,
    explain: "Who reads the line later cannot tell whether it still holds. cargo-deny takes { id = \"...\", reason = \"...\" } in place of the \
              bare identifier, and prints the reason where it applies.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { ignore: [{ id: RUSTSEC-2023-0071, reason: no RSA key is in use }] } }"),
    bad: Snippet(
        r#"
        [advisories]
        ignore = ["RUSTSEC-2023-0071"]
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        ignore = [{ id = "RUSTSEC-2023-0071", reason = "no RSA key is in use" }]
    "#,
    ),
    keys: &["dependencies.advisories.ignore"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ADVISORIES],
};

pub(super) static LICENCE_ALLOWED: Rule = Rule {
    name: "licence-not-in-policy",
    title: "A licence is allowed that the policy does not allow.",
    severity: Severity::Medium,
    explain: "cargo-deny accepts a crate when one licence of its expression is in licenses.allow, or in an exception for that crate \
              (licenses.exceptions, or a file deny.exceptions.toml beside deny.toml or above it). Remove the licence, or add it to \
              dependencies.licenses.allow in the spec.",
    language: Language::Toml,
    spec: Snippet("dependencies: { licenses: { allow: [MIT, Apache-2.0] } }"),
    bad: Snippet(
        r#"
        [licenses]
        allow = ["MIT", "Apache-2.0", "GPL-3.0"]
    "#,
    ),
    good: Snippet(
        r#"
        [licenses]
        allow = ["MIT", "Apache-2.0"]
    "#,
    ),
    keys: &["dependencies.licenses"],
    references: &[nist("CM-10", Related, "software is used in accordance with its licence")],
    sources: &[cited::DENY_LICENSES],
};

pub(super) static BAN_MISSING: Rule = Rule {
    name: "crate-ban-missing",
    title: "A crate that the policy bans is not banned.",
    severity: Severity::Medium,
    explain: "bans.deny must name every crate of dependencies.bans.deny, for at least the same versions. An element with wrappers lets the \
              named crates use it, and one with deny-multiple-versions bans nothing but a second version.",
    language: Language::Toml,
    spec: Snippet("dependencies: { bans: { deny: [{ crate: openssl }] } }"),
    bad: Snippet(
        r"
        [bans]
        deny = []
    ",
    ),
    good: Snippet(
        r#"
        [bans]
        deny = [{ crate = "openssl" }]
    "#,
    ),
    keys: &["dependencies.bans"],
    references: &[nist("CM-7(4)", Related, "software that is not to run is named"), asvs("15.2.1", Related, "components that are not to be used are kept out")],
    sources: &[cited::DENY_BANS],
};

pub(super) static VERSIONS_LOOSE: Rule = Rule {
    name: "crate-versions-loose",
    title: "Wildcard versions or several versions of a crate pass that the policy refuses.",
    severity: Severity::Low,
    explain: "bans.wildcards and bans.multiple-versions say what cargo-deny does about `*` as a version and about two versions of one crate. \
              wildcards is allow by default, whatever the documentation of cargo-deny says: the code decides.",
    language: Language::Toml,
    spec: Snippet("dependencies: { bans: { wildcards: deny } }"),
    bad: Snippet(
        r#"
        [bans]
        wildcards = "allow"
    "#,
    ),
    good: Snippet(
        r#"
        [bans]
        wildcards = "deny"
    "#,
    ),
    keys: &["dependencies.bans"],
    references: &[nist("CM-2", Related, "which version of a component is in use is decided, and not left to the day of the build")],
    sources: &[cited::DENY_BANS],
};

pub(super) static SOURCE_ALLOWED: Rule = Rule {
    name: "crate-source-not-in-policy",
    title: "Crates may come from a place that the policy does not allow.",
    severity: Severity::High,
    explain: "sources.unknown-registry and sources.unknown-git decide about places that no list names; both are only a warning by default. \
              Besides allow-git, the lists allow-org and private let whole organisations or hosts pass (private matches by prefix).",
    language: Language::Toml,
    spec: Snippet("dependencies: { sources: { unknown_registry: deny, unknown_git: deny } }"),
    bad: Snippet(
        r#"
        [sources]
        unknown-registry = "warn"
        unknown-git = "allow"
    "#,
    ),
    good: Snippet(
        r#"
        [sources]
        unknown-registry = "deny"
        unknown-git = "deny"
    "#,
    ),
    keys: &["dependencies.sources"],
    references: &[
        asvs("15.2.4", Supports, "components come from the repositories that are expected"),
        nist("SR-3", Supports, "what comes from an unknown supplier is stopped"),
    ],
    sources: &[cited::DENY_SOURCES],
};

pub(super) static LEFT_OUT: Rule = Rule {
    name: "crates-left-out-of-checks",
    title: "Crates are left out of every check.",
    severity: Severity::High,
    explain: "graph.exclude and graph.exclude-unpublished take crates, with everything only they depend on, out of the graph that cargo-deny \
              looks at: neither advisories nor licences nor bans nor sources apply to them. A service is usually not published, so \
              exclude-unpublished can leave nothing to check.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { yanked: deny } }"),
    bad: Snippet(
        r#"
        [graph]
        exclude-unpublished = true

        [advisories]
        yanked = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &["dependencies"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static NARROWED: Rule = Rule {
    name: "deny-check-narrowed",
    title: "A setting of deny.toml narrows a check below cargo-deny's default.",
    severity: Severity::Low,
    explain: "The policy says nothing about this setting, and the file is still looser than cargo-deny would be without it. Delete the line, \
              or keep it knowing what passes.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { yanked: deny } }"),
    bad: Snippet(
        r#"
        [graph]
        exclude-dev = true

        [advisories]
        yanked = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &["dependencies"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static SYNTAX: Rule = Rule {
    name: "cargo-config-syntax",
    title: "A deny.toml or audit.toml is not valid TOML.",
    severity: Severity::High,
    explain: "cargo-deny and cargo-audit stop with an error, so nothing is checked until the file is repaired.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        [advisories
        yanked = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &[],
    references: cited::REFUSED,
    sources: &[cited::TOML],
};

pub(super) static OUTDATED: Rule = Rule {
    name: "deny-schema-outdated",
    title: "A deny.toml is written for an older cargo-deny, and today's refuses it.",
    severity: Severity::High,
    explain: "cargo-deny reads its configuration strictly. Since 0.19 unmaintained and unsound hold a reach (all, workspace, transitive, none) \
              in place of a lint level, and vulnerability, notice, severity-threshold, unlicensed, copyleft, default, \
              allow-osi-fsf-free and licenses.deny are gone. Each finding says what to write.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        [advisories]
        vulnerability = "deny"
        unmaintained = "warn"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        unmaintained = "workspace"
    "#,
    ),
    keys: &["dependencies"],
    references: cited::REFUSED,
    sources: &[cited::DENY_ADVISORIES],
};

pub(super) static UNKNOWN_KEY: Rule = Rule {
    name: "cargo-config-unknown-key",
    title: "A deny.toml or audit.toml has a key that its reader does not know.",
    severity: Severity::High,
    explain: "cargo-deny and cargo-audit refuse a file with an unknown key: a misspelt one is never silently without effect, it stops the \
              whole check.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        [advisories]
        yankd = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &[],
    references: cited::REFUSED,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static BAD_VALUE: Rule = Rule {
    name: "cargo-config-bad-value",
    title: "A key of deny.toml or audit.toml holds what it cannot hold.",
    severity: Severity::High,
    explain: "cargo-deny and cargo-audit refuse the file, so nothing is checked until the value is corrected.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        [advisories]
        yanked = "denied"
    "#,
    ),
    good: Snippet(
        r#"
        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &[],
    references: cited::REFUSED,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static DEPRECATED_KEY: Rule = Rule {
    name: "deny-key-deprecated",
    title: "A key of deny.toml has moved.",
    severity: Severity::Info,
    explain: "cargo-deny still reads the key at its old place and warns about it. A later release will refuse the file.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { yanked: deny } }"),
    bad: Snippet(
        r#"
        exclude-dev = true

        [advisories]
        yanked = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        [graph]
        exclude-dev = true

        [advisories]
        yanked = "deny"
    "#,
    ),
    keys: &[],
    references: cited::SETTINGS,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static SHADOWED: Rule = Rule {
    name: "deny-config-shadowed",
    title: "A configuration of cargo-deny is never read, because another one comes first.",
    severity: Severity::Medium,
    explain: "In each folder cargo-deny takes the first of deny.toml, .deny.toml and .cargo/deny.toml, and no other. Keep one.",
    language: Language::Toml,
    spec: Snippet(
        r"
        dependencies: { advisories: { yanked: deny } }
        targets: { cargo: { check: [deny.toml] } }
    ",
    ),
    bad: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .cargo/deny.toml
        [bans]
        wildcards = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"
        [bans]
        wildcards = "deny"
    "#,
    ),
    keys: &["dependencies"],
    references: cited::SETTINGS,
    sources: &[cited::DENY_CONFIG],
};

pub(super) static AUDIT_UNREAD: Rule = Rule {
    name: "audit-config-unread",
    title: "An audit.toml lies where cargo-audit never reads it.",
    severity: Severity::Medium,
    explain: "cargo-audit reads .cargo/audit.toml of the folder it runs in, or audit.toml of the cargo home. One beside Cargo.toml has no \
              effect: what it ignores is not ignored, and what it denies is not denied.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: secgen.yaml
        dependencies: { advisories: { yanked: deny } }
        targets: { cargo: { check: [audit.toml] } }

        # file: audit.toml
        [yanked]
        enabled = true
    ",
    ),
    good: Snippet(
        r"
        # file: secgen.yaml
        dependencies: { advisories: { yanked: deny } }
        targets: { cargo: { check: [.cargo/audit.toml] } }

        # file: .cargo/audit.toml
        [yanked]
        enabled = true
    ",
    ),
    keys: &["dependencies.advisories"],
    references: cited::SETTINGS,
    sources: &[cited::CARGO_AUDIT],
};

pub(super) static AUDIT_NARROWED: Rule = Rule {
    name: "audit-check-narrowed",
    title: "A setting of .cargo/audit.toml makes cargo-audit pass over advisories.",
    severity: Severity::High,
    explain: "severity_threshold drops every advisory below it in silence, another database may hold none at all, and target hides what \
              concerns other platforms. Delete the line.",
    language: Language::Toml,
    spec: Snippet("dependencies: { advisories: { yanked: deny } }"),
    bad: Snippet(
        r#"
        # .cargo/audit.toml
        [advisories]
        severity_threshold = "critical"
    "#,
    ),
    good: Snippet(
        r"
        # .cargo/audit.toml
        [advisories]
        ignore = []
    ",
    ),
    keys: &["dependencies.advisories"],
    references: cited::COMPONENTS,
    sources: &[cited::CARGO_AUDIT],
};

pub(super) static UNSAYABLE: Rule = Rule {
    name: "dependency-value-refused",
    title: "A value of the spec cannot be written into deny.toml.",
    severity: Severity::High,
    explain: "cargo-deny would refuse the file, or read something else than the spec says. Nothing is written until the value is corrected.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        dependencies:
          bans: { deny: [{ crate: "openssl:one" }] }
        targets:
          cargo: { out: . }
    "#,
    ),
    good: Snippet(
        r#"
        dependencies:
          bans: { deny: [{ crate: "openssl:<1" }] }
        targets:
          cargo: { out: . }
    "#,
    ),
    keys: &["dependencies"],
    references: cited::SPEC,
    sources: &[cited::DENY_CONFIG],
};
