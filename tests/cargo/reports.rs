//! Public reports that the product should catch or prevent, each with a small file of the same shape.

use super::{full, policy, proven};
use secgen::compare;
use secgen::finding::{Finding, Kind, Verdict};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::cargo::{Cargo, accepts, merge};
use secgen::targets::{Input, Target};

fn tree(policy: &Policy, files: &[(&str, &str)]) -> (Sources, Vec<Finding>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut sources = Sources::new(folder.path());
    let inputs: Vec<Input> = files.iter().filter(|(p, _)| Cargo.claims(p, b"")).map(|(p, _)| Input { path: (*p).to_owned(), id: None }).collect();
    let reading = Cargo.read(policy, &mut sources, &inputs);
    let mut all = reading.findings;
    for fact in &reading.facts {
        all.extend(compare::judge(policy, "cargo", policy.intent(&fact.intent).unwrap(), fact, &mut compare::Memo::default()).1);
    }
    (sources, all)
}

fn has<'f>(findings: &'f [Finding], rule: &str) -> &'f Finding {
    findings.iter().find(|f| f.rule.name == rule).unwrap_or_else(|| panic!("{rule} is not among {findings:#?}"))
}

/// rpm-software-management/rpm-sequoia#88: a file of an older generation no longer parses, and the check is red for a
/// reason that nobody understands. Each line is told what to write, and a merge writes it.
#[test]
fn rpm_sequoia_88_a_file_of_an_older_generation() {
    let old = "\
[advisories]
vulnerability = \"deny\"
unmaintained = \"warn\"
notice = \"warn\"
ignore = []

[licenses]
unlicensed = \"deny\"
copyleft = \"allow\"
allow-osi-fsf-free = \"both\"
default = \"deny\"
allow = [\"MIT\"]
";
    assert!(!accepts(old));
    let policy = policy(full()).unwrap();
    let (sources, findings) = tree(&policy, &[("deny.toml", old)]);
    let outdated: Vec<(usize, &str)> = findings
        .iter()
        .filter(|f| f.rule.name == "deny-schema-outdated")
        .map(|f| (sources.position(f.primary.as_ref().unwrap().span).line, f.help[0].as_str()))
        .collect();
    assert_eq!(outdated.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 8, 9, 10, 11]);
    assert_eq!(outdated[1].1, "write unmaintained = \"workspace\"");
    assert!(accepts(&merge(old, &policy).unwrap().text));
}

/// samyama-ai/samyama-graph#1042: "deny.toml is a 32-line policy that nothing runs".
#[test]
fn samyama_graph_1042_a_policy_that_nothing_runs() {
    let policy = policy(full()).unwrap();
    let (_, text) = proven(&policy).remove(0);
    let ci = "name: CI\non:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - uses: dtolnay/rust-toolchain@stable\n      - run: cargo fmt --all -- --check\n      - run: cargo clippy -- -D warnings\n      - run: cargo test\n";
    let (_, findings) = tree(&policy, &[("deny.toml", &text), (".github/workflows/ci.yml", ci)]);
    let finding = has(&findings, "dependency-policy-not-run");
    assert_eq!(finding.kind, Kind::Verdict(Verdict::Absent));
    assert!(finding.message.contains("deny.toml is a policy that nothing enforces") && !finding.help.is_empty());
    let (_, findings) = tree(&policy, &[("deny.toml", &text), (".github/workflows/ci.yml", &format!("{ci}      - run: cargo deny check\n"))]);
    assert!(findings.iter().all(|f| !f.rule.name.starts_with("dependency-")), "{findings:#?}");
}

/// tari-project/tari-ootle#2669: an old schema that was never run, so nobody saw that; and a git source that no list
/// names.
#[test]
fn tari_ootle_2669_an_old_schema_that_was_never_run() {
    let policy = policy(full()).unwrap();
    let old = "[advisories]\nunmaintained = \"deny\"\nunsound = \"deny\"\n[sources]\nunknown-git = \"deny\"\nallow-git = [\"https://github.com/acme/fork\"]\n";
    let lint = "on: pull_request\njobs:\n  lint:\n    steps:\n      - run: cargo install cargo-deny\n      # - run: cargo deny check\n";
    let (_, findings) = tree(&policy, &[("deny.toml", old), (".github/workflows/lint.yml", lint)]);
    has(&findings, "deny-schema-outdated");
    has(&findings, "dependency-policy-not-run");
    let source = findings.iter().find(|f| f.intent.as_deref() == Some("dependencies.sources.allow_git")).unwrap();
    assert!(source.primary.as_ref().unwrap().message.contains("https://github.com/acme/fork"), "{source:#?}");
}

/// Juwan-Hwang/Zephyr#1346: the end of an ignored advisory stands in a comment only, which nothing reads. An ignore that
/// the policy does not know is a finding, whatever its comment says; the policy has the date, and the rendered files say
/// it. (That the date is kept: `cli::cargo::an_accepted_advisory_ends_with_its_date`.)
#[test]
fn zephyr_1346_the_end_of_an_ignore_in_a_comment() {
    let policy = policy(full()).unwrap();
    let text = "[advisories]\nignore = [\n    # expires 2025-01-31, owner: platform\n    \"RUSTSEC-2024-0001\",\n    \"RUSTSEC-2023-0071\",\n]\n";
    let (sources, findings) = tree(&policy, &[("deny.toml", text)]);
    let ignored = has(&findings, "advisory-ignored");
    assert_eq!(sources.position(ignored.primary.as_ref().unwrap().span).line, 4);
    // One that the policy accepts, and that does not say why here, is a warning.
    let bare = has(&findings, "advisory-ignored-without-reason");
    assert_eq!(bare.kind, Kind::Warning);
    let files = proven(&policy);
    for (path, text) in files {
        assert!(text.contains("no RSA key is in use (owner @acme/security, until 2027-03-31)"), "{path}: {text}");
    }
}

/// EmbarkStudios/cargo-deny#861 and #454: how to fail on warnings. Most levels are warnings by default, and pass; the
/// policy asks for `deny`, so a default is a finding, and what is rendered leaves none of them to a default.
#[test]
fn cargo_deny_861_and_454_warnings_pass() {
    let policy = policy(full()).unwrap();
    let (_, findings) = tree(&policy, &[("deny.toml", "")]);
    let weaker: Vec<&str> =
        findings.iter().filter(|f| matches!(f.kind, Kind::Verdict(Verdict::Weaker | Verdict::Absent))).filter_map(|f| f.intent.as_deref()).collect();
    for key in ["advisories.yanked", "bans.wildcards", "sources.unknown_git", "sources.unknown_registry"] {
        assert!(weaker.contains(&format!("dependencies.{key}").as_str()), "{key}: {weaker:?}");
    }
    let (_, text) = proven(&policy).remove(0);
    for line in ["yanked = \"deny\"", "wildcards = \"deny\"", "unknown-git = \"deny\"", "unknown-registry = \"deny\"", "unused-ignored-advisory = \"deny\""] {
        assert!(text.lines().any(|l| l == line), "{line}");
    }
}
