//! Whether anything runs cargo-deny and cargo-audit: small repositories, each with what must be said about it.

use super::policy;
use secgen::finding::{Finding, Kind};
use secgen::source::Sources;
use secgen::targets::cargo::Cargo;
use secgen::targets::{Input, Target};
use serde_json::json;

const DENY: &str = "[advisories]\nyanked = \"deny\"\n[bans]\nwildcards = \"deny\"\n[licenses]\nallow = [\"MIT\"]\n[sources]\nunknown-git = \"deny\"\n";

/// What is said about who runs the programs, in a repository of these files. `deny.toml` is there unless given.
fn said(files: &[(&str, &str)]) -> (Sources, Vec<Finding>) {
    said_of(files, "warn")
}

/// As [`said`], with a policy about several versions of a crate.
fn said_of(files: &[(&str, &str)], multiple_versions: &str) -> (Sources, Vec<Finding>) {
    let folder = tempfile::tempdir().unwrap();
    let mut inputs: Vec<String> = files.iter().map(|(p, _)| (*p).to_owned()).filter(|p| Cargo.claims(p, b"")).collect();
    if inputs.is_empty() {
        std::fs::write(folder.path().join("deny.toml"), DENY).unwrap();
        inputs.push("deny.toml".to_owned());
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let policy = policy(json!({
        "advisories": { "yanked": "deny", "ignore": [] }, "bans": { "wildcards": "deny", "multiple_versions": multiple_versions }, "licenses": { "allow": ["MIT"] }, "sources": { "unknown_git": "deny" },
    }))
    .unwrap();
    let mut sources = Sources::new(folder.path());
    let inputs: Vec<Input> = inputs.into_iter().map(|path| Input { path, id: None }).collect();
    let findings = Cargo.read(&policy, &mut sources, &inputs).findings;
    let of_runs = |f: &Finding| f.rule.name.starts_with("dependency-") || f.place.as_deref().is_some_and(|p| p.starts_with("runs of"));
    (sources, findings.into_iter().filter(of_runs).collect())
}

/// Rule, kind in one word, and message of each finding.
fn words(files: &[(&str, &str)]) -> Vec<(String, &'static str, String)> {
    let kind = |kind: Kind| match kind {
        Kind::Verdict(_) => "fails",
        Kind::Warning => "warning",
        Kind::Note => "note",
        _ => "other",
    };
    said(files).1.into_iter().map(|f| (f.rule.name.to_owned(), kind(f.kind), f.message)).collect()
}

/// A workflow with these steps, on pushes.
fn workflow(steps: &str) -> String {
    format!("name: ci\non: [push, pull_request]\njobs:\n  deps:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n{steps}")
}

fn step(run: &str) -> String {
    workflow(&format!("      - run: {run}\n"))
}

const CI: &str = ".github/workflows/ci.yml";

#[track_caller]
fn fine(files: &[(&str, &str)]) {
    assert_eq!(words(files), [], "{files:?}");
}

#[track_caller]
fn is(files: &[(&str, &str)], rule: &str, kind: &str, message: &str) {
    let all = words(files);
    let hit = all.iter().any(|(r, k, m)| r == rule && *k == kind && m.contains(message));
    assert!(hit && all.len() == 1, "{files:?}: {all:#?}");
}

#[test]
fn calls_that_count() {
    for run in [
        "cargo deny check",
        "cargo +stable deny check",
        "cargo-deny --all-features check all",
        "|\n          cargo install --locked cargo-deny\n          cargo deny check",
        "|\n          set -euo pipefail\n          cargo deny check 2>&1 | tee deny.log",
        ">-\n          cargo deny\n          --all-features check",
        "cargo deny --locked check advisories bans licenses sources",
        "cargo fmt --check && cargo deny check",
        "cargo deny check || exit 1",
        "cargo deny check --hide-inclusion-graph -A license-not-encountered",
    ] {
        fine(&[(CI, &step(run))]);
    }
    fine(&[(CI, &workflow("      - uses: EmbarkStudios/cargo-deny-action@v2\n"))]);
    fine(&[(
        CI,
        &workflow(
            "      - uses: EmbarkStudios/cargo-deny-action@15da055fe62394091f3e7da8dbd8b5238ec0c883 # v2\n        with:\n          command: check advisories bans licenses sources\n",
        ),
    )]);
    fine(&[(CI, &workflow("      - uses: taiki-e/install-action@v2\n        with:\n          tool: cargo-deny\n      - run: cargo deny check\n"))]);
    fine(&[(CI, &workflow("      - uses: actions-rs/cargo@v1\n        with:\n          command: deny\n          args: check all\n"))]);
    // One run for each check, in a matrix and in several jobs.
    let matrix = "on: push\njobs:\n  deny:\n    strategy:\n      matrix:\n        checks: [advisories, bans licenses sources]\n    steps:\n      - uses: EmbarkStudios/cargo-deny-action@v2\n        with:\n          command: check ${{ matrix.checks }}\n";
    fine(&[(CI, matrix)]);
    fine(&[(CI, &format!("{}      - run: cargo deny check bans licenses sources\n", step("cargo deny check advisories")))]);
    let variable = "on: push\nenv:\n  CHECKS: all\njobs:\n  deny:\n    steps:\n      - run: cargo deny check ${CHECKS}\n";
    fine(&[(CI, variable)]);
}

#[test]
fn other_places_that_count() {
    fine(&[(".gitlab-ci.yml", "stages: [test]\ndeny:\n  stage: test\n  before_script:\n    - cargo install cargo-deny\n  script:\n    - cargo deny check\n")]);
    fine(&[(
        ".circleci/config.yml",
        "version: 2.1\njobs:\n  deny:\n    steps:\n      - checkout\n      - run:\n          name: deny\n          command: cargo deny check\n",
    )]);
    fine(&[("azure-pipelines.yml", "steps:\n  - script: cargo deny check\n    displayName: deny\n")]);
    fine(&[("Makefile", "deny:\n\tcargo deny check\n"), (CI, &step("make deny"))]);
    fine(&[("justfile", "deny:\n    cargo deny check\n"), (CI, &step("just deny"))]);
    fine(&[("Taskfile.yml", "version: '3'\ntasks:\n  deny:\n    cmds:\n      - cargo deny check\n"), (CI, &step("task deny"))]);
    fine(&[("scripts/deps", "#!/bin/sh -e\ncargo deny check\necho fine\n"), (CI, &step("./scripts/deps"))]);
    fine(&[("xtask/src/main.rs", "fn main() { cmd!(sh, \"cargo deny check\").run()?; }\n"), (CI, &step("cargo xtask ci"))]);
    fine(&[(".cargo/config.toml", "[alias]\ndeps = \"deny check\"\n"), (CI, &step("cargo deps"))]);
    fine(&[("Makefile.toml", "[tasks.deny]\ncommand = \"cargo\"\nargs = [\"deny\", \"check\"]\n"), (CI, &step("cargo make deny"))]);
    let hook = "repos:\n  - repo: https://github.com/EmbarkStudios/cargo-deny\n    rev: 0.20.2\n    hooks:\n      - id: cargo-deny\n";
    fine(&[(".pre-commit-config.yaml", hook), (CI, &workflow("      - uses: pre-commit/action@v3\n"))]);
    let local = "repos:\n  - repo: local\n    hooks:\n      - id: deny\n        name: deny\n        language: system\n        entry: cargo deny\n        args: [check]\n";
    fine(&[(".pre-commit-config.yaml", local), (CI, &step("pre-commit run -a"))]);
    let action = "name: deps\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: cargo deny check\n";
    fine(&[(".github/actions/deps/action.yml", action), (CI, &workflow("      - uses: ./.github/actions/deps\n"))]);
    let reusable = "on:\n  workflow_call:\njobs:\n  deny:\n    steps:\n      - run: cargo deny check\n";
    fine(&[(".github/workflows/deny.yml", reusable), (CI, "on: push\njobs:\n  deny:\n    uses: ./.github/workflows/deny.yml\n")]);
    // Of the same repository too, at the commit that runs.
    fine(&[(".github/actions/install/action.yml", action), (CI, &workflow("      - uses: $/.github/actions/install\n"))]);
    fine(&[(".github/workflows/deny.yml", reusable), (CI, "on: push\njobs:\n  deny:\n    uses: $/.github/workflows/deny.yml\n")]);
}

#[test]
fn what_is_called_by_hand_only_is_a_note() {
    for (path, text) in
        [("Makefile", "deny:\n\tcargo deny check\n"), ("justfile", "deny:\n  cargo deny check\n"), (".cargo/config.toml", "[alias]\ndeps = \"deny check\"\n")]
    {
        is(&[(path, text), (CI, &step("cargo test"))], "dependency-run-not-seen", "note", "only");
        is(&[(path, text)], "dependency-run-not-seen", "note", "only");
    }
}

#[test]
fn who_starts_a_call_in_another_file_decides_whether_it_can_fail() {
    let reusable = (".github/workflows/deny.yml", "on:\n  workflow_call:\njobs:\n  deny:\n    steps:\n      - run: cargo deny check\n");
    let action = (".github/actions/deps/action.yml", "name: deps\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: cargo deny check\n");
    let makefile = ("Makefile", "deny:\n\tcargo deny check\n");
    let script = ("scripts/deps.sh", "#!/bin/sh -e\ncargo deny check\n");
    let steps = |steps: &str| workflow(steps);
    let called = |job: &str| format!("on: [push]\njobs:\n  deny:\n{job}    uses: ./.github/workflows/deny.yml\n");
    for (file, ci, why) in [
        (reusable, called("    if: false\n"), "its `if` is never true"),
        (reusable, called("    if: false\n").replace("./", "$/"), "its `if` is never true"),
        (reusable, called("").replace("[push]", "[workflow_dispatch]"), "only runs when somebody starts it by hand"),
        (action, steps("      - uses: ./.github/actions/deps\n        continue-on-error: true\n"), "`continue-on-error`"),
        (action, steps("      - uses: $/.github/actions/deps\n        if: false\n"), "its `if` is never true"),
        (action, steps("      - uses: ./.github/actions/deps\n        if: false\n"), "its `if` is never true"),
        (action, steps("      - uses: ./.github/actions/deps\n").replace("    steps", "    continue-on-error: true\n    steps"), "`continue-on-error`"),
        (makefile, step("make deny || true"), "`|| true` swallows its failure"),
        (makefile, step("'! make deny'"), "`!` turns its failure into success"),
        (makefile, steps("      - run: make deny\n        continue-on-error: true\n"), "`continue-on-error`"),
        (makefile, steps("      - run: make deny\n        if: failure()\n"), "only when something else has failed"),
        (script, step("./scripts/deps.sh || true"), "`|| true` swallows its failure"),
        (script, step("sh scripts/deps.sh | tee log"), "behind a pipe"),
    ] {
        is(&[file, (CI, &ci)], "dependency-check-void", "fails", why);
        is(&[file, (CI, &ci)], "dependency-check-void", "fails", "where .github/workflows/ci.yml starts it");
    }
    let gitlab = "deny:\n  script: [make deny]\n  allow_failure: true\n";
    is(&[makefile, (".gitlab-ci.yml", gitlab)], "dependency-check-void", "fails", "where .gitlab-ci.yml starts it");
    fine(&[makefile, (".gitlab-ci.yml", &gitlab.replace("true", "false"))]);
    // One start that counts is enough, and one may lead through another.
    fine(&[makefile, (CI, &steps("      - run: make deny || true\n      - run: make deny\n"))]);
    let through = (action.0, "name: deps\nruns:\n  using: composite\n  steps:\n    - shell: bash\n      run: make deny\n");
    fine(&[makefile, through, (CI, &steps("      - uses: ./.github/actions/deps\n"))]);
    let soft = steps("      - uses: ./.github/actions/deps\n        continue-on-error: true\n");
    is(&[makefile, through, (CI, &soft)], "dependency-check-void", "fails", "`continue-on-error`");
    is(&[makefile, through, (CI, &step("cargo test"))], "dependency-run-not-seen", "note", "no file of a CI system names that");
    // An action is started by its folder: that of the root by no other one, and none by a command that has its name.
    let root = ("action.yml", action.1);
    fine(&[root, (CI, &steps("      - uses: ./\n"))]);
    fine(&[root, (CI, &steps("      - uses: $/\n"))]);
    fine(&[action, (CI, &steps("      - uses: ./.github/actions/deps/\n"))]);
    for ci in [step("cargo test"), steps("      - uses: ./.github/actions/deps\n"), steps("      - uses: actions/checkout@v7\n")] {
        is(&[root, (CI, &ci)], "dependency-run-not-seen", "note", "no file of a CI system names that");
    }
    let deps = ("deps/action.yml", action.1);
    for ci in [step("make deps"), steps("      - uses: ./tools/deps\n"), steps("      - uses: acme/deps@v1\n")] {
        is(&[deps, (CI, &ci)], "dependency-run-not-seen", "note", "no file of a CI system names that");
    }
    // What only installs, talks or comments starts nothing.
    for ci in [step("echo make deny"), step("|\n          # make deny\n          cargo test")] {
        is(&[makefile, (CI, &ci)], "dependency-run-not-seen", "note", "no file of a CI system names that");
    }
    let just = ("justfile", "deny:\n    cargo deny check\n");
    is(&[just, (CI, &steps("      - uses: extractions/setup-just@v3\n"))], "dependency-run-not-seen", "note", "no file of a CI system names that");
    // What secgen does not read is never a pass.
    is(&[makefile, ("Jenkinsfile", "pipeline { sh 'make deny' }\n")], "dependency-run-not-seen", "note", "where Jenkinsfile starts it");
    is(
        &[makefile, (CI, &steps("      - uses: acme/retry@v1\n        with: { command: make deny }\n"))],
        "dependency-run-not-seen",
        "note",
        "what that does is not known",
    );
}

#[test]
fn a_policy_that_nothing_runs_fails_where_there_is_ci() {
    for run in [
        "cargo test",
        "cargo install cargo-deny",
        "'echo cargo deny check'",
        "|\n          # cargo deny check\n          cargo test",
        "cargo deny --version",
        "cargo clippy -- --deny warnings",
    ] {
        is(&[(CI, &step(run))], "dependency-policy-not-run", "fails", "nothing runs cargo-deny: deny.toml is a policy that nothing enforces");
    }
    is(&[(CI, "on: push\njobs:\n  deny:\n    steps:\n      - uses: taiki-e/install-action@cargo-deny\n")], "dependency-policy-not-run", "fails", "");
    is(&[(CI, "on: push\n# jobs:\n#  - run: cargo deny check\njobs: {}\n")], "dependency-policy-not-run", "fails", "");
    // A workflow where GitHub reads none.
    is(&[("example/.github/workflows/ci.yml", &step("cargo deny check")), (CI, &step("true"))], "dependency-policy-not-run", "fails", "");
}

#[test]
fn a_tree_without_ci_is_a_warning_that_says_what_was_looked_at() {
    let (_, findings) = said(&[("src/main.rs", "fn main() {}\n")]);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].rule.name, findings[0].kind), ("dependency-run-not-seen", Kind::Warning));
    assert!(findings[0].message.contains("no file of a CI system was found"), "{}", findings[0].message);
    assert!(findings[0].help.iter().any(|h| h.starts_with("looked at 0 files: workflows,")), "{:?}", findings[0].help);
}

#[test]
fn calls_that_cannot_fail_are_void() {
    for (run, why) in [
        ("cargo deny check || true", "`|| true` swallows its failure"),
        ("cargo deny check || echo \"deny failed\"", "`|| echo` swallows its failure"),
        ("cargo deny check | tee deny.log", "behind a pipe"),
        ("'! cargo deny check'", "turns its failure into success"),
        ("cargo deny check -A denied", "makes every error pass"),
        ("cargo deny --config other/strict.toml check", "it reads other/strict.toml in place of deny.toml"),
    ] {
        is(&[(CI, &step(run))], "dependency-check-void", "fails", why);
    }
    let soft = workflow("      - run: cargo deny check\n        continue-on-error: true\n");
    is(&[(CI, &soft)], "dependency-check-void", "fails", "`continue-on-error` lets the workflow pass");
    let job = "on: push\njobs:\n  deny:\n    continue-on-error: true\n    steps:\n      - uses: EmbarkStudios/cargo-deny-action@v2\n";
    is(&[(CI, job)], "dependency-check-void", "fails", "`continue-on-error`");
    let never = workflow("      - run: cargo deny check\n        if: false\n");
    is(&[(CI, &never)], "dependency-check-void", "fails", "its `if` is never true");
    is(&[(CI, "on: workflow_dispatch\njobs:\n  d:\n    steps:\n      - run: cargo deny check\n")], "dependency-check-void", "fails", "by hand");
    is(&[(".gitlab-ci.yml", "deny:\n  script: [cargo deny check]\n  allow_failure: true\n")], "dependency-check-void", "fails", "`allow_failure: true`");
    is(&[(".gitlab-ci.yml", "deny:\n  script: [cargo deny check]\n  when: manual\n")], "dependency-check-void", "fails", "by hand");
    is(&[(".gitlab-ci.yml", "t:\n  script: [cargo test]\n  after_script: [cargo deny check]\n")], "dependency-check-void", "fails", "after_script");
    is(&[("Makefile", "deny:\n\t-cargo deny check\n"), (CI, &step("make deny"))], "dependency-check-void", "fails", "`-` before the command");
    is(
        &[("Taskfile.yml", "tasks:\n  d:\n    cmds:\n      - cmd: cargo deny check\n        ignore_error: true\n"), (CI, &step("task d"))],
        "dependency-check-void",
        "fails",
        "ignore_error",
    );
}

#[test]
fn several_versions_that_the_policy_refuses_may_not_pass_on_the_command_line() {
    let files = [(CI, &step("cargo deny check -A duplicate")[..])];
    let found = said_of(&files, "warn").1;
    assert!(found.is_empty(), "{found:?}");
    let found = said_of(&files, "deny").1;
    assert!(found.len() == 1 && found[0].rule.name == "dependency-check-void", "{found:?}");
    assert!(found[0].message.contains("for bans: `-A duplicate` lets several versions of a crate pass"), "{}", found[0].message);
}

#[test]
fn a_part_that_is_not_run_is_named() {
    is(&[(CI, &step("cargo deny check licenses"))], "dependency-policy-not-run", "fails", "nothing runs cargo-deny for advisories, bans, sources");
    is(
        &[(CI, &step("cargo deny check -A vulnerability"))],
        "dependency-check-void",
        "fails",
        "no call of cargo-deny can fail for advisories: `-A vulnerability`",
    );
    // The example of cargo-deny's own documentation lets advisories pass.
    let matrix = "on: push\njobs:\n  deny:\n    strategy:\n      matrix:\n        checks:\n          - advisories\n          - bans licenses sources\n    continue-on-error: ${{ matrix.checks == 'advisories' }}\n    steps:\n      - uses: EmbarkStudios/cargo-deny-action@v2\n        with:\n          command: check ${{ matrix.checks }}\n";
    is(&[(CI, matrix)], "dependency-check-void", "fails", "for advisories: `continue-on-error`");
    // Only on pull requests, while a schedule fails: that counts.
    let scheduled = matrix
        .replace("on: push", "on:\n  pull_request:\n  schedule:\n    - cron: '17 4 * * *'")
        .replace("== 'advisories' }}", "== 'advisories' && github.event_name == 'pull_request' }}");
    fine(&[(CI, &scheduled)]);
    // cargo-audit looks for advisories, by another file.
    let both = format!("{}      - run: cargo audit\n", step("cargo deny check bans licenses sources"));
    is(&[(CI, &both)], "dependency-run-not-seen", "warning", "advisories are looked for by cargo-audit only");
}

#[test]
fn what_cannot_be_decided_is_a_note() {
    for run in [
        "cargo deny check ${{ inputs.checks }}",
        "docker run --rm -v .:/src rust cargo deny check",
        "if cargo deny check; then echo fine; fi",
        "if ! cargo deny check; then echo broken; fi",
        "|\n          set +e\n          cargo deny check\n          echo $?",
    ] {
        is(&[(CI, &step(run))], "dependency-run-not-seen", "note", "cannot be told");
    }
    is(&[(CI, &workflow("      - uses: acme/cargo-deny-action@v1\n"))], "dependency-run-not-seen", "note", "acme/cargo-deny-action is not known");
    is(&[("Jenkinsfile", "sh 'cargo deny check'\n")], "dependency-run-not-seen", "note", "does not read files of this kind");
    is(
        &[(".gitlab-ci.yml", ".x: &x\n  script: [true]\ndeny:\n  <<: *x\n  script:\n    - cargo deny check\n")],
        "dependency-run-not-seen",
        "note",
        "cannot read this YAML",
    );
    let remote = "on: push\njobs:\n  rust:\n    uses: acme/ci/.github/workflows/rust.yml@main\n";
    is(&[(CI, remote)], "dependency-run-not-seen", "warning", "brings in acme/ci/.github/workflows/rust.yml@main");
    is(&[(".gitlab-ci.yml", "include:\n  - project: acme/ci\n    file: rust.yml\n")], "dependency-run-not-seen", "warning", "brings in acme/ci");
}

#[test]
fn a_deny_toml_below_the_root_needs_a_run_that_finds_it() {
    let file = ("backend/deny.toml", DENY);
    is(&[file, (CI, &step("cargo deny check"))], "dependency-check-void", "fails", "it runs in the root, where backend/deny.toml is not read");
    fine(&[file, (CI, &step("cargo deny --manifest-path backend/Cargo.toml check"))]);
    fine(&[file, (CI, &step("cd backend && cargo deny check"))]);
    fine(&[file, (CI, &workflow("      - run: cargo deny check\n        working-directory: backend\n"))]);
    fine(&[file, (CI, &workflow("      - uses: EmbarkStudios/cargo-deny-action@v2\n        with:\n          manifest-path: ./backend/Cargo.toml\n"))]);
    fine(&[file, (CI, &step("cargo deny --config backend/deny.toml check"))]);
    fine(&[file, ("backend/Makefile", "deny:\n\tcargo deny check\n"), (CI, &step("make -C backend deny"))]);
}

#[test]
fn cargo_audit_must_run_too_where_its_file_is() {
    let file = (".cargo/audit.toml", "[advisories]\nignore = []\n");
    is(&[file, (CI, &step("cargo deny check"))], "dependency-policy-not-run", "fails", "nothing runs cargo-audit: .cargo/audit.toml");
    fine(&[file, (CI, &step("cargo audit --deny warnings"))]);
    fine(&[file, (CI, &workflow("      - uses: rustsec/audit-check@v2\n"))]);
    is(&[file, (CI, &step("cargo audit || true"))], "dependency-check-void", "fails", "no call of cargo-audit can fail");
    is(&[file, (CI, &step("cargo audit --ignore RUSTSEC-2023-0071"))], "advisory-ignored", "fails", "RUSTSEC-2023-0071 is ignored on the command line");
}

#[test]
fn options_that_leave_crates_out_are_told() {
    is(&[(CI, &step("cargo deny --exclude openssl-sys --exclude-dev check"))], "deny-check-narrowed", "warning", "--exclude openssl-sys, --exclude-dev");
    fine(&[(CI, &format!("{}      - run: cargo deny check\n", step("cargo deny --exclude-dev check")))]);
}

#[test]
fn secrets_of_ci_files_are_not_shown() {
    let text = "on: push\njobs:\n  deny:\n    steps:\n      - run: REGISTRY=hunter2 cargo deny check || true\n";
    let (sources, findings) = said(&[(CI, text)]);
    let label = findings[0].primary.as_ref().unwrap();
    let line = sources.position(label.span).line;
    assert_eq!(line, 5);
    let shown = sources.get(label.span.source).shown_line(line);
    assert!(shown.contains("cargo deny check || true") && !shown.contains("hunter2"), "{shown}");
    assert!(!format!("{findings:?}").contains("hunter2"));
    // Nor what stands behind the call, wherever that is.
    for behind in ["|| curl -H 'Authorization: hunter2' https://h", "|| echo hunter2", "&& hunter2=1 true\n          true", "; echo hunter2", "| tee hunter2"] {
        let text = format!("on: push\njobs:\n  deny:\n    steps:\n      - run: |\n          hunter2=1 cargo deny check -A denied {behind}\n");
        let (sources, findings) = said(&[(CI, &text)]);
        assert!(!findings.is_empty());
        let label = findings[0].primary.as_ref().unwrap();
        let shown = sources.get(label.span.source).shown_line(sources.position(label.span).line);
        assert!(!format!("{findings:?}{shown}").contains("hunter2") && shown.contains("cargo deny check"), "{shown}");
    }
    let remote = "include:\n  - remote: https://user:hunter2@git.example.com/ci.yml\n";
    assert!(!format!("{:?}", said(&[(".gitlab-ci.yml", remote)]).1).contains("hunter2"));
}

#[test]
fn files_beside_the_one_that_is_read_are_told() {
    let rules = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let mut sources = Sources::new(folder.path());
        let input = Input { path: "deny.toml".to_owned(), id: None };
        let findings = Cargo.read(&policy(json!({})).unwrap(), &mut sources, &[input]).findings;
        findings.into_iter().map(|f| (f.rule.name, f.path.unwrap_or_default())).collect::<Vec<_>>()
    };
    assert_eq!(rules(&[("deny.toml", DENY)]), []);
    assert_eq!(rules(&[("deny.toml", DENY), (".cargo/deny.toml", DENY)]), [("deny-config-shadowed", ".cargo/deny.toml".to_owned())]);
    assert_eq!(rules(&[("deny.toml", DENY), ("audit.toml", "")]), [("audit-config-unread", "audit.toml".to_owned())]);
}

#[test]
fn hostile_files_end() {
    let deep = format!("deny:\n\t{}cargo deny check\n", "(".repeat(20_000));
    let chain = format!("#!/bin/sh\n{}", "cargo deny check && ".repeat(20_000));
    let shells = format!("{}cargo deny check", "sh -c ".repeat(20_000));
    let matrix = format!(
        "on: push\njobs:\n  d:\n    strategy:\n      matrix:\n        a: [{0}]\n        b: [{0}]\n        c: [{0}]\n    steps:\n      - run: cargo deny check ${{{{ matrix.a }}}}\n",
        (0..300).map(|i| i.to_string()).collect::<Vec<_>>().join(", ")
    );
    let start = std::time::Instant::now();
    said(&[("Makefile", &deep), ("scripts/a.sh", &chain), ("scripts/b.sh", &shells), (CI, &matrix), ("xtask/src/main.rs", &"(".repeat(100_000))]);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Shapes of real repositories for which a quick reader says the wrong thing.
#[test]
fn shapes_that_look_like_another() {
    let matrix = |include: &str, rest: &str| format!("on: push\njobs:\n  lint:\n    strategy:\n      matrix:\n        include:\n{include}    steps:\n{rest}");
    // Commands of a matrix, one of which is ours.
    let include = "          - { name: fmt, run: cargo fmt --check }\n          - { name: deny, run: cargo deny check }\n";
    fine(&[(CI, &matrix(include, "      - run: ${{ matrix.run }}\n"))]);
    // Only one system of several runs it.
    let systems = "on: push\njobs:\n  t:\n    strategy:\n      matrix:\n        os: [ubuntu-latest, windows-latest]\n    runs-on: ${{ matrix.os }}\n    steps:\n      - run: cargo deny check\n        if: matrix.os == 'ubuntu-latest'\n";
    fine(&[(CI, systems)]);
    fine(&[(CI, &systems.replace("        if:", "        continue-on-error: ${{ matrix.os == 'windows-latest' }}\n        if:"))]);
    is(&[(CI, &systems.replace("== 'ubuntu-latest'", "== 'macos-latest'"))], "dependency-check-void", "fails", "its `if` is never true");
    // Experimental toolchains may fail, the stable one may not.
    let toolchains = "on: push\njobs:\n  t:\n    continue-on-error: ${{ matrix.experimental }}\n    strategy:\n      matrix:\n        include:\n          - { rust: stable, experimental: false }\n          - { rust: nightly, experimental: true }\n    steps:\n      - run: cargo deny check\n";
    fine(&[(CI, toolchains)]);
    is(&[(CI, &toolchains.replace("experimental: false", "experimental: true"))], "dependency-check-void", "fails", "`continue-on-error`");
    // The failure is turned into words and then into a failure.
    fine(&[(
        CI,
        &step("|\n          if ! cargo deny check; then\n            echo '::error::see above'\n            exit 1\n          fi\n          echo fine"),
    )]);
    fine(&[(CI, &step("cargo deny check || { echo 'see above' && exit 1; }"))]);
    // A pipe under `shell: bash` and on GitLab fails, elsewhere it does not.
    fine(&[(CI, &workflow("      - run: cargo deny check | tee log\n        shell: bash\n"))]);
    fine(&[(CI, &format!("defaults:\n  run:\n    shell: bash\n{}", step("cargo deny check | tee log")))]);
    fine(&[(".gitlab-ci.yml", "deny:\n  script:\n    - cargo deny check | tee log\n")]);
    is(&[("azure-pipelines.yml", "steps:\n  - script: |\n      cargo deny check\n      echo done\n")], "dependency-run-not-seen", "note", "without `set -e`");
    // Templates and files of GitLab.
    fine(&[(".gitlab-ci.yml", ".rust:\n  script: [cargo deny check]\n.more:\n  extends: .rust\ndeny:\n  extends: [.more]\n  stage: test\n")]);
    is(&[(".gitlab-ci.yml", ".rust:\n  script: [cargo deny check]\n")], "dependency-run-not-seen", "note", ".rust is a template");
    is(
        &[(".gitlab-ci.yml", ".rust:\n  script: [cargo deny check]\nd:\n  extends: .rust\n  allow_failure: true\n")],
        "dependency-run-not-seen",
        "note",
        "template",
    );
    fine(&[(".gitlab-ci.yml", "include:\n  - local: /build/rust.yml\n"), ("build/rust.yml", "deny:\n  script: [cargo deny check]\n")]);
    // A workflow that GitHub can read and secgen cannot: never said to be missing.
    let anchors = "on: push\njobs:\n  a: &a\n    steps:\n      - uses: EmbarkStudios/cargo-deny-action@v2\n  b: *a\n";
    is(&[(CI, anchors)], "dependency-run-not-seen", "note", "cannot read this YAML");
    // Disabled by its name, by its trigger, by a comment.
    is(&[(".github/workflows/deny.yml.disabled", &step("cargo deny check")), (CI, &step("cargo test"))], "dependency-policy-not-run", "fails", "");
    is(
        &[(CI, "on:\n  workflow_dispatch:\n    inputs: {}\njobs:\n  d:\n    steps:\n      - run: cargo deny check\n")],
        "dependency-check-void",
        "fails",
        "by hand",
    );
    is(
        &[(CI, &workflow("      - run: cargo deny check\n        if: github.event_name == 'workflow_dispatch'\n"))],
        "dependency-check-void",
        "fails",
        "never true",
    );
    fine(&[(CI, &workflow("      - run: cargo deny check\n        if: github.event_name == 'push' || always()\n"))]);
    // Names that are near.
    is(&[(CI, &workflow("      - uses: acme/denylist-action@v1\n"))], "dependency-policy-not-run", "fails", "");
    is(&[(CI, &step("cargo make deny")), ("Cargo.toml", "# cargo deny check\n")], "dependency-policy-not-run", "fails", "");
    is(&[("README.md", "Run `cargo deny check`.\n"), (CI, &step("cargo test"))], "dependency-policy-not-run", "fails", "");
    // Programs that run tasks and that secgen does not know: a note, not a failure.
    is(
        &[("moon.yml", "tasks:\n  deny:\n    command: 'cargo deny check'\n"), (CI, &step("moon run :deny"))],
        "dependency-run-not-seen",
        "note",
        "does not read files of this kind",
    );
    is(&[("flake.nix", "{ checks.deny = craneLib.cargoDeny { inherit src; }; }\n"), (CI, &step("nix flake check"))], "dependency-run-not-seen", "note", "");
    is(
        &[("tools/ci/src/main.rs", "fn main() { Command::new(\"cargo\").args([\"deny\", \"check\"]).status(); }\n"), (CI, &step("cargo run -p ci"))],
        "dependency-run-not-seen",
        "note",
        "piece by piece",
    );
    // Line ends and a byte order mark of Windows.
    fine(&[(CI, &format!("\u{feff}{}", step("cargo deny check").replace('\n', "\r\n")))]);
    fine(&[("Makefile", "deny:\r\n\tcargo deny check\r\n"), (CI, &step("make deny"))]);
    // A variable of the job, one of another job, and one that nobody sets.
    fine(&[(CI, "on: push\njobs:\n  d:\n    env: { WHAT: advisories bans licenses sources }\n    steps:\n      - run: cargo deny check $WHAT\n")]);
    is(&[(CI, &step("cargo deny check $WHAT"))], "dependency-run-not-seen", "note", "which checks it runs is decided elsewhere");
}

/// GitLab reads `.gitlab-ci.yml` and what that brings in; a job in a file of `.gitlab/` beside it runs nowhere.
#[test]
fn a_file_of_gitlab_counts_only_where_it_is_included() {
    let job = (".gitlab/secgen.yml", "deny:\n  script: [cargo deny check]\n");
    let other = "build:\n  script: [cargo build]\n";
    is(&[job], "dependency-run-not-seen", "note", "only the settings of the project say whether GitLab runs this file");
    is(&[job, (".gitlab-ci.yml", other)], "dependency-check-void", "fails", ".gitlab-ci.yml does not include this file, so GitLab never runs it");
    is(
        &[job, (".gitlab-ci.yml", "# include: .gitlab/secgen.yml\ninclude: { local: .gitlab/other.yml }\n")],
        "dependency-check-void",
        "fails",
        "does not include",
    );
    for include in [
        "include: .gitlab/secgen.yml\n",
        "include: { local: /.gitlab/secgen.yml }\n",
        "include: [{ local: .gitlab/secgen.yml }]\n",
        "include:\n  - local: '/.gitlab/*.yml'\n",
        "child:\n  trigger: { include: .gitlab/secgen.yml }\n",
        "child:\n  trigger:\n    include:\n      - local: .gitlab/secgen.yml\n    strategy: depend\n",
    ] {
        fine(&[job, (".gitlab-ci.yml", include)]);
    }
    let through = (".gitlab/all.yml", "include: [.gitlab/secgen.yml]\n");
    fine(&[job, through, (".gitlab-ci.yml", "include:\n  - /.gitlab/all.yml\n")]);
    is(&[job, through, (".gitlab-ci.yml", other)], "dependency-check-void", "fails", "does not include");
    fine(&[job, (".gitlab-ci.yml", "include: ci/all.yml\n"), ("ci/all.yml", "include: .gitlab/secgen.yml\n")]);
    is(&[job, (".gitlab-ci.yml", "include: $WHERE/secgen.yml\n")], "dependency-run-not-seen", "note", "decided by a variable");
    is(&[job, (".gitlab-ci.yml", "x:\n  script: !reference [.a, script]\n")], "dependency-run-not-seen", "note", "cannot be told");
}
