use super::super::keys::{AUDIT, DENY};
use super::super::tree::parse;
use super::*;

const DENY_READER: Reader = Reader("cargo-deny 0.20");

fn problems(text: &str) -> Vec<Problem> {
    let root = parse(text).unwrap();
    let mut all = check(DENY_READER, &root, DENY);
    all.extend(contradictions(&root));
    all
}

/// The one problem of a text, and what its span covers.
fn problem(text: &str) -> (Problem, &str) {
    let mut all = problems(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    let problem = all.remove(0);
    let at = &text[problem.span.clone()];
    (problem, at)
}

#[test]
fn the_older_generation_is_told_what_to_write() {
    for (text, help, at) in [
        ("[advisories]\nunmaintained = \"deny\"", "write unmaintained = \"all\"", "\"deny\""),
        ("[advisories]\nunmaintained = \"warn\"", "write unmaintained = \"workspace\"", "\"warn\""),
        ("[advisories]\nunsound = \"allow\"", "write unsound = \"none\"", "\"allow\""),
        ("[advisories]\nvulnerability = \"deny\"", "delete the line: vulnerabilities are always an error", "vulnerability"),
        ("[advisories]\nseverity-threshold = 1", "", "severity-threshold"),
        ("[licenses]\ndeny = []", "delete the list: every licence that is not in licenses.allow is refused", "deny"),
        ("licenses.copyleft = \"warn\"", "", "copyleft"),
        ("licenses = { allow-osi-fsf-free = \"both\" }", "", "allow-osi-fsf-free"),
    ] {
        let (problem, place) = problem(text);
        assert_eq!(problem.kind, ProblemKind::Outdated, "{text}");
        assert_eq!(place, at);
        assert!(problem.help.contains(help) && !problem.help.is_empty(), "{}", problem.help);
    }
}

#[test]
fn a_misspelt_key_gets_its_neighbour() {
    let (problem, at) = problem("[advisories]\nyankd = \"deny\"");
    assert_eq!((problem.kind, at, problem.help.as_str()), (ProblemKind::UnknownKey, "yankd", "did you mean yanked?"));
    let (problem, _) = super::tests::problem("[sources]\nunknown_git = \"deny\"");
    assert_eq!(problem.help, "did you mean unknown-git?");
    // A removed key is never offered.
    let (problem, _) = super::tests::problem("[licenses]\nunlicensd = 1");
    assert!(!problem.help.contains("unlicensed"));
}

#[test]
fn values_are_held_against_their_keys() {
    for text in [
        "graph.all-features = 1",
        "graph.targets = [1]",
        "graph.targets = [{ features = [] }]",
        "bans.wildcards = \"Deny\"",
        "bans.wildcards = [\"deny\"]",
        "bans.deny = [\"a@y\"]",
        "bans.deny = [{ reason = \"x\" }]",
        "bans.deny = \"a\"",
        "bans.skip = [{ crate = \"a\", depth = 1 }]",
        "bans.features = [\"a\"]",
        "licenses.confidence-threshold = 1",
        "licenses.allow = [\"Apache 2\"]",
        "licenses.allow = [\"MIT OR Apache-2.0\"]",
        "licenses.exceptions = [{ crate = \"a\" }]",
        "licenses.clarify = [{ crate = \"a\", expression = \"MIT AND\", license-files = [] }]",
        "licenses.clarify = [{ crate = \"a\", expression = \"MIT\", license-files = [{ path = \"x\", hash = -1 }] }]",
        "advisories.maximum-db-staleness = \"7d\"",
        "advisories.ignore = [{ id = 1 }]",
        "advisories.ignore = [1]",
        "advisories.db-urls = [\"rustsec\"]",
        "advisories.version = 1979-05-27",
        "sources.required-git-spec = \"commit\"",
        "sources.allow-git = [\"https://\"]",
        "bans.deny = [{ crate = \"a\", wrappers = [\"b\"], deny-multiple-versions = true }]",
        "bans = { deny = [\"a\"], skip = [{ name = \"a\" }] }",
        "bans.features = [{ crate = \"a\", allow = [\"x\"], deny = [\"x\"] }]",
        "bans.build.bypass = [{ crate = \"a\", allow = [{ path = \"/x\" }] }]",
        "bans.std-replacements.rust-version = \"1\"",
    ] {
        let (problem, _) = problem(text);
        assert!(matches!(problem.kind, ProblemKind::BadValue | ProblemKind::UnknownKey), "{text}: {problem:?}");
    }
}

#[test]
fn what_is_accepted_has_no_problem() {
    for text in [
        "",
        "[advisories]\nversion = 2\nignore = [\"RUSTSEC-2020-0001\", { id = \"CVE-1\", reason = \"x\" }, \"a@1\", { crate = \"b\", reason = \"y\" }, { name = \"c\", version = \"1\" }]",
        "bans.skip = [{ crate = \"a\", reason = \"x\", more = 1 }]",
        "bans.skip-tree = [{ crate = \"a\", depth = 3, reason = \"x\" }, \"b\"]",
        "bans.build = { allow-build-scripts = [\"a\", { crate = \"b\", more = 1 }] }",
        "graph.targets = [\"x86_64-unknown-linux-gnu\", { triple = \"a\", features = [\"b\"] }]",
        "sources.allow-org = { github = [\"a\"] }",
        "bans.deny = [{ crate = \"a\", deny-multiple-versions = true }]\nbans.skip = [\"a\"]",
        "bans.std-replacements.rust-version = \"1.85.0\"",
    ] {
        assert_eq!(problems(text), [], "{text}");
    }
    let moved = problems("targets = []\nfeature-depth = 1");
    assert!(moved.iter().all(|p| p.kind == ProblemKind::Deprecated) && moved.len() == 2);
}

#[test]
fn lengths_of_time_are_read_as_cargo_deny_reads_them() {
    const DAY: f64 = 86_400.0;
    for (text, seconds) in
        [("P7D", 7.0 * DAY), ("P1Y3M2DT3H2M1S", 365.0 * DAY + 3.0 * 30.43 * DAY + 2.0 * DAY + 10_921.0), ("P1.5W", 10.5 * DAY), ("PT8.5S", 8.5)]
    {
        assert!((period_seconds(text).unwrap() - seconds).abs() < 0.001, "{text}");
    }
    for bad in ["no-P", "P", "PT", "P1H3", "P2TH3", "PT1HM", "PT1M3H", "P1M3Y", "P2W1Y", "PT2W1H", "P5H", "P5S", "PT1,5S", "P1é", "P-1D", "P1e3D"] {
        assert!(period_seconds(bad).is_err(), "{bad}");
    }
}

#[test]
fn passwords_and_control_characters_never_reach_a_message() {
    let text = "sources.allow-git = [\"https://u:hunter2@:1\"]\n\"\\u001b[31m\" = 1\n";
    for problem in problems(text) {
        let all = format!("{} {}", problem.message, problem.help);
        assert!(!all.contains("hunter2") && !all.contains('\u{1b}'), "{all}");
    }
}

#[test]
fn audit_toml_needs_what_cargo_audit_needs() {
    let all = |text: &str| check(Reader("cargo-audit"), &parse(text).unwrap(), AUDIT);
    assert_eq!(all(""), []);
    assert_eq!(all("[output]\nquiet = false\n[database]\nstale = false\n[target]\nos = \"linux\"\narch = [\"arm\"]"), []);
    assert_eq!(all("[output]\ndeny = [\"warnings\"]\n[database]\nfetch = true").len(), 2);
    assert_eq!(all("[advisories]\nseverity-threshold = \"low\"")[0].help, "did you mean severity_threshold?");
}
