//! What is found about who runs the programs, and whether their failure counts.

use crate::finding::{Language, Rule, Severity, Snippet, cited};

pub(in super::super) static NOT_RUN: Rule = Rule {
    name: "dependency-policy-not-run",
    title: "Nothing runs cargo-deny or cargo-audit, so its policy enforces nothing.",
    severity: Severity::High,
    explain: "A deny.toml decides nothing by lying there. No CI file, makefile, justfile, task file, hook, script, xtask or alias of the \
              repository calls the program. Lines that are comments, and lines that only install or print it, do not count. Add a step that \
              runs `cargo deny check`, for example with EmbarkStudios/cargo-deny-action.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .github/workflows/ci.yml
        on: push
        jobs:
          check:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - run: cargo test --locked
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .github/workflows/ci.yml
        on: push
        jobs:
          check:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - run: cargo deny check
    "#,
    ),
    keys: &["dependencies"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ACTION],
};

pub(in super::super) static RUN_VOID: Rule = Rule {
    name: "dependency-check-void",
    title: "cargo-deny or cargo-audit is called so that what the policy forbids still passes.",
    severity: Severity::High,
    explain: "Every call leaves one of the policy's checks out (`check licenses` alone), reads another file (--config), lets its errors pass \
              (-A, `|| true`, a pipe without pipefail, continue-on-error, allow_failure, a `-` in a makefile), or only runs when somebody \
              starts it by hand. One call that can fail for each check is enough.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .github/workflows/ci.yml
        on: push
        jobs:
          check:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - run: cargo deny check || true
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .github/workflows/ci.yml
        on: push
        jobs:
          check:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - run: cargo deny check
    "#,
    ),
    keys: &["dependencies"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ACTION],
};

pub(in super::super) static RUN_NOT_SEEN: Rule = Rule {
    name: "dependency-run-not-seen",
    title: "It cannot be seen whether cargo-deny or cargo-audit is run.",
    severity: Severity::Medium,
    explain: "No file of a CI system is here, or the call stands in something that secgen does not follow: a reusable workflow of another \
              repository, YAML with anchors, a program it does not know, a makefile that CI does not name. It is no pass: make sure by hand, \
              or add a plain step that runs `cargo deny check`.",
    language: Language::Toml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [advisories]
        yanked = "deny"

        # file: .github/workflows/ci.yml
        on: push
        jobs:
          check:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - run: cargo deny check
    "#,
    ),
    keys: &["dependencies"],
    references: cited::COMPONENTS,
    sources: &[cited::DENY_ACTION],
};
