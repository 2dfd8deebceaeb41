//! Small configurations of each kind. A line that a finding points at names the rule: `# <- rule`; a file that a finding
//! is about as a whole names it in its first line: `# file: rule`. There must be these findings and no other.

use super::policy;
use crate::support;
use secgen::compare;
use secgen::finding::{Finding, Kind, Verdict};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::cargo::{Cargo, accepts};
use secgen::targets::{Input, Target};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What every fixture is held against.
fn required() -> Policy {
    policy(json!({
        "advisories": { "unmaintained": "workspace", "unsound": "all", "yanked": "deny", "ignore": [{ "id": "RUSTSEC-2023-0071", "reason": "no RSA key" }] },
        "licenses": { "allow": ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"] },
        "bans": { "multiple_versions": "deny", "wildcards": "deny", "deny": [{ "crate": "openssl" }, { "crate": "jsonwebtoken:<11" }] },
        "sources": { "unknown_registry": "deny", "unknown_git": "deny", "allow_git": ["https://git.example.com/acme/lib"] },
    }))
    .unwrap()
}

/// Rules about who runs the programs.
const OF_RUNS: [&str; 3] = ["dependency-policy-not-run", "dependency-check-void", "dependency-run-not-seen"];

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = support::project().join("tests/targets/cargo").join(kind);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["deny.toml", ".deny.toml", ".cargo/deny.toml", "audit.toml", ".cargo/audit.toml", ".deny.exceptions.toml", "deny.exceptions.toml"] {
        if folder.join(name).exists() {
            found.push(name.to_owned());
        }
    }
    assert!(!found.is_empty(), "{}", folder.display());
    found
}

/// Rules by file and line (0 for the whole file), as the files say.
fn wanted(folder: &Path) -> Vec<(String, usize, String)> {
    let mut wanted = Vec::new();
    for name in files(folder) {
        for (i, line) in std::fs::read_to_string(folder.join(&name)).unwrap().lines().enumerate() {
            if let Some(rules) = line.split_once("# <- ") {
                wanted.extend(rules.1.split(' ').map(|rule| (name.clone(), i + 1, rule.to_owned())));
            } else if let Some(rule) = line.strip_prefix("# file: ") {
                wanted.push((name.clone(), 0, rule.to_owned()));
            }
        }
    }
    wanted.sort();
    wanted
}

/// All findings of a case that are more than a note.
fn findings(folder: &Path) -> (Sources, Vec<Finding>) {
    let policy = required();
    let mut sources = Sources::new(folder);
    let inputs: Vec<Input> = files(folder).into_iter().filter(|p| Cargo.claims(p, b"")).map(|path| Input { path, id: None }).collect();
    let reading = Cargo.read(&policy, &mut sources, &inputs);
    let mut all = reading.findings;
    for fact in &reading.facts {
        let intent = policy.intent(&fact.intent).unwrap();
        let (check, finding) = compare::judge(&policy, "cargo", intent, fact, &mut compare::Memo::default());
        // Nothing runs cargo-deny here, so what is right is not in force.
        let is_fine = check.verdict.is_pass() || check.verdict == Verdict::Rendered;
        assert_eq!(is_fine, finding.as_ref().is_none_or(|f| f.kind == Kind::Note), "{fact:?}");
        all.extend(finding);
    }
    // A fixture is a configuration alone; who runs it is the matter of `runs.rs`.
    all.retain(|f| f.kind != Kind::Note && !OF_RUNS.contains(&f.rule.name));
    (sources, all)
}

fn found(sources: &Sources, findings: &[Finding]) -> Vec<(String, usize, String)> {
    let place = |f: &Finding| match (&f.primary, &f.path) {
        (Some(label), _) => (sources.get(label.span.source).path.clone(), sources.position(label.span).line),
        (None, path) => (path.clone().unwrap_or_default(), 0),
    };
    let mut found: Vec<_> = findings.iter().map(|f| (place(f).0, place(f).1, f.rule.name.to_owned())).collect();
    found.sort();
    found
}

#[test]
fn good_files_have_no_finding() {
    for case in cases("good") {
        let (sources, findings) = findings(&case);
        assert_eq!(found(&sources, &findings), [], "{}", case.display());
    }
}

#[test]
fn weak_files_have_exactly_the_findings_they_name() {
    for case in cases("weak") {
        let (sources, findings) = findings(&case);
        assert_eq!(found(&sources, &findings), wanted(&case), "{}: {findings:#?}", case.display());
        assert!(!findings.is_empty(), "{}", case.display());
        for finding in &findings {
            assert_ne!(finding.kind, Kind::Error, "{}: {finding:?}", case.display());
            assert!(!finding.help.is_empty(), "{finding:?}");
            let all = format!("{finding:?}");
            assert!(!all.contains("hunter2"), "a password reaches a finding: {all}");
        }
        for name in files(&case).iter().filter(|n| n.ends_with("deny.toml")) {
            assert!(accepts(&std::fs::read_to_string(case.join(name)).unwrap()), "a weak file is one that cargo-deny takes: {}", case.display());
        }
    }
}

#[test]
fn broken_files_are_refused_with_the_findings_they_name() {
    for case in cases("broken") {
        let (sources, findings) = findings(&case);
        assert_eq!(found(&sources, &findings), wanted(&case), "{}: {findings:#?}", case.display());
        assert!(findings.iter().any(|f| f.kind == Kind::Error), "{}", case.display());
        assert!(findings.iter().all(|f| !f.help.is_empty()), "{findings:?}");
    }
}

#[test]
fn every_rule_has_a_fixture() {
    let named: BTreeSet<String> = ["weak", "broken"].into_iter().flat_map(cases).flat_map(|c| wanted(&c)).map(|(_, _, rule)| rule).collect();
    // A value of the spec that is refused stands in no file of this kind; tests of hostile values prove that rule.
    let rules: BTreeSet<String> =
        Cargo.rules().iter().map(|r| r.name.to_owned()).filter(|r| r != "dependency-value-refused" && !OF_RUNS.contains(&r.as_str())).collect();
    assert_eq!(named, rules);
}

#[test]
fn what_is_extra_is_pointed_at_one_by_one() {
    let folder = support::project().join("tests/targets/cargo/weak/sources");
    let (sources, findings) = findings(&folder);
    let git = findings.iter().find(|f| f.intent.as_deref() == Some("dependencies.sources.allow_git")).unwrap();
    assert_eq!(git.kind, Kind::Verdict(Verdict::Weaker));
    let lines: Vec<usize> = git.related.iter().map(|l| sources.position(l.span).line).collect();
    assert_eq!(lines.len(), 2, "{git:#?}");
    assert!(git.related[1].message.contains("github organisation acme"), "{git:#?}");
    assert!(git.primary.as_ref().unwrap().message.contains("https://***@git.example.com/other"), "{git:#?}");
}

#[test]
fn what_the_policy_leaves_open_is_told_too() {
    // Neither a list of repositories nor a reach of advisories: what opens them is a warning.
    let policy = policy(json!({ "advisories": { "yanked": "deny" }, "sources": { "unknown_git": "deny" } })).unwrap();
    let mut sources = Sources::new(Path::new("."));
    let text = "\
[advisories]
yanked = \"deny\"
db-urls = [\"https://github.com/acme/advisory-db\"]
[licenses]
private = { ignore = true, ignore-sources = [\"https://crates.example.com\"] }
[sources]
unknown-git = \"deny\"
allow-git = [\"https://git.example.com/acme/lib\"]
private = [\"https://git.example.com\"]
allow-org = { github = [\"acme\"] }
";
    assert!(accepts(text));
    let id = sources.add("deny.toml", text);
    let reading = Cargo.read(&policy, &mut sources, &[Input { path: "deny.toml".to_owned(), id: Some(id) }]);
    let lines: Vec<(usize, &str)> = reading.findings.iter().map(|f| (sources.position(f.primary.as_ref().unwrap().span).line, f.rule.name)).collect();
    let (narrowed, source) = ("deny-check-narrowed", "crate-source-not-in-policy");
    assert_eq!(lines, [(5, narrowed), (3, narrowed), (8, source), (9, source), (10, source)], "{:#?}", reading.findings);
    assert!(reading.findings.iter().all(|f| f.kind == Kind::Warning));
}

#[test]
fn a_text_that_is_no_file_is_read_like_one_and_limits_hold() {
    let policy = required();
    let mut sources = Sources::new(Path::new("."));
    for (text, rule) in [
        (b"a = \"\xff\"".to_vec(), "cargo-config-syntax"),
        (format!("#{}", "x".repeat(1 << 20)).into_bytes(), "cargo-config-syntax"),
        (format!("a = {}", "[".repeat(10_000)).into_bytes(), "cargo-config-syntax"),
        ("[licenses]\nallow = [\"MIT\",\n".repeat(20_000).into_bytes(), "cargo-config-syntax"),
    ] {
        let id = sources.add("deny.toml", text);
        let reading = Cargo.read(&policy, &mut sources, &[Input { path: "deny.toml".to_owned(), id: Some(id) }]);
        assert_eq!(reading.findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), [rule]);
        assert!(reading.facts.is_empty() && reading.sources.is_empty());
    }
    let reading = Cargo.read(&policy, &mut sources, &[Input { path: "no-such/deny.toml".to_owned(), id: None }]);
    assert_eq!(reading.findings[0].rule.name, "input-unreadable");
}

#[test]
fn long_lists_are_answered_in_short() {
    let policy = required();
    let ids: Vec<String> = (0..500).map(|i| format!("{{ id = \"RUSTSEC-2020-{i:04}\", reason = \"x\" }}")).collect();
    let unknown = (0..500).map(|i| format!("k{i} = 1\n")).collect::<Vec<_>>().concat();
    let mut sources = Sources::new(Path::new("."));
    let id = sources.add("deny.toml", format!("{unknown}[advisories]\nignore = [{}]\n", ids.join(", ")));
    let reading = Cargo.read(&policy, &mut sources, &[Input { path: "deny.toml".to_owned(), id: Some(id) }]);
    let fact = reading.facts.iter().find(|f| f.intent == "dependencies.advisories.ignore").unwrap();
    assert!(fact.help.len() < 30 && fact.help.last().unwrap().contains("480 others"), "{:?}", fact.help);
    assert!(reading.findings.len() < 120 && reading.findings[0].message.contains("400 more"), "{}", reading.findings[0]);
    assert!(reading.findings.iter().any(|f| f.kind == Kind::Error));
}
