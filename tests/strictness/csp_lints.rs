//! Lints of a Content-Security-Policy, held against what csp-evaluator finds in the policies of its own tests.

use crate::support;
use secgen::policy::lints::csp::problems;
use secgen::strictness::csp::Csp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Its kinds that we share, with ours.
const SHARED: [(&str, &str); 9] = [
    ("SCRIPT_UNSAFE_INLINE", "csp-unsafe-script"),
    ("SCRIPT_UNSAFE_EVAL", "csp-unsafe-script"),
    ("SCRIPT_UNSAFE_HASHES", "csp-unsafe-hashes"),
    ("PLAIN_URL_SCHEMES", "csp-wildcard-script"),
    ("PLAIN_WILDCARD", "csp-wildcard-script"),
    ("SRC_HTTP", "csp-http-source"),
    ("DEPRECATED_DIRECTIVE", "csp-deprecated-directive"),
    ("STRICT_DYNAMIC_NOT_STANDALONE", "csp-strict-dynamic-alone"),
    // By directive: object-src, script-src, base-uri.
    ("MISSING_DIRECTIVES", "csp-missing-"),
];

/// Its kinds that we do not share, and why.
const OWN: [(&str, &str); 14] = [
    ("ALLOWLIST_FALLBACK", "asks for hosts beside strict-dynamic, for browsers older than 2022"),
    ("UNSAFE_INLINE_FALLBACK", "asks for unsafe-inline beside hashes, for browsers older than 2016"),
    ("STRICT_DYNAMIC", "advice that every list of hosts be replaced by strict-dynamic"),
    ("SCRIPT_ALLOWLIST_BYPASS", "a list of hosts with open redirects or JSONP: data of its own that ages"),
    ("OBJECT_ALLOWLIST_BYPASS", "a list of hosts with Flash files: data of its own that ages"),
    ("REQUIRE_TRUSTED_TYPES_FOR_SCRIPTS", "advice: few sites can have it yet"),
    ("REPORTING_DESTINATION_MISSING", "advice, and the spec has no reporting yet"),
    ("REPORT_TO_ONLY", "the spec has no reporting yet"),
    ("IGNORED", "tells which words older browsers skip"),
    ("NONCE_LENGTH", "the spec has no nonces: a file cannot make them"),
    ("NONCE_CHARSET", "the spec has no nonces: a file cannot make them"),
    ("INVALID_KEYWORD", "the spec's keywords have no quotes, and its schema refuses others"),
    ("UNKNOWN_DIRECTIVE", "the schema refuses it; so does it a directive's name as a source (MISSING_SEMICOLON)"),
    ("IP_SOURCE", "advice: browsers match 127.0.0.1 only, and the comparison says where a source matches nothing"),
];

/// Directive and word of a finding.
type Place = (String, String);

fn ours(csp: &str) -> BTreeSet<(&'static str, Place)> {
    let Ok(csp) = Csp::parse(csp) else { return BTreeSet::new() };
    let places = csp.policies().iter().flat_map(problems).map(|p| (p.rule.name, (p.directive, p.word.unwrap_or_default().to_ascii_lowercase())));
    places.collect()
}

/// Rule, directive and word of each problem.
fn told(csp: &str) -> Vec<String> {
    let csp = Csp::parse(csp).unwrap();
    csp.policies().iter().flat_map(problems).map(|p| format!("{} {} {}", p.rule.name, p.directive, p.word.unwrap_or_default()).trim_end().to_owned()).collect()
}

#[test]
fn a_sound_policy_has_no_problem() {
    let sound = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'";
    assert!(told(sound).is_empty(), "{:?}", told(sound));
    let dynamic = "default-src 'none'; script-src 'strict-dynamic' 'sha256-abc=' https: 'unsafe-inline'; base-uri 'none'; form-action 'self'";
    assert!(told(dynamic).is_empty(), "{:?}", told(dynamic));
}

#[test]
fn what_is_out_of_force_is_no_problem_and_the_rest_is() {
    let in_all = |scripts: &str| told(&format!("default-src 'none'; base-uri 'none'; form-action 'self'; {scripts}"));
    assert_eq!(in_all("script-src 'UNSAFE-inline'"), ["csp-unsafe-script script-src 'UNSAFE-inline'"]);
    assert_eq!(in_all("script-src 'unsafe-inline' 'sha256-not base64'"), ["csp-unsafe-script script-src 'unsafe-inline'"]);
    assert_eq!(in_all("script-src 'unsafe-inline' 'nonce-abc'"), [""; 0]);
    assert_eq!(in_all("script-src-attr 'unsafe-hashes' 'sha256-abc'"), ["csp-unsafe-hashes script-src-attr 'unsafe-hashes'"]);
    assert_eq!(in_all("script-src 'strict-dynamic' https:"), ["csp-strict-dynamic-alone script-src 'strict-dynamic'"]);
    assert_eq!(in_all("img-src http://a.example https:"), ["csp-http-source img-src http://a.example"]);
    assert_eq!(in_all("worker-src *; object-src data:"), ["csp-wildcard-script worker-src *", "csp-wildcard-script object-src data:"]);
    assert_eq!(in_all("style-src 'none' 'self'; plugin-types a/b"), ["csp-none-mixed style-src 'none'", "csp-deprecated-directive plugin-types"]);
    assert_eq!(told("img-src 'self'")[0], "csp-missing-script-src script-src");
    assert_eq!(told("script-src 'self'")[0], "csp-no-default-src default-src");
}

#[test]
fn csp_evaluators_findings_are_ours() {
    let Some(shared) = support::shared("findings of csp-evaluator") else { return };
    let text = std::fs::read_to_string(shared.join("vectors/csp_evaluator.json")).unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    let all = data["vectors"].as_array().unwrap();
    let single: Vec<&Value> = all.iter().filter(|v| v["csp"].is_string()).collect();
    // The others are of several policies each, below.
    assert_eq!((all.len(), single.len()), (124, 85));
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let mut more = BTreeMap::<&str, usize>::new();
    for vector in single {
        let csp = vector["csp"].as_str().unwrap();
        let ours = ours(csp);
        let mut theirs = BTreeSet::new();
        for finding in vector["expected_csp3_with_strict_checks"].as_array().unwrap() {
            let kind = finding["type"].as_str().unwrap();
            let directive = finding["directive"].as_str().unwrap_or_default().to_owned();
            let value = finding["value"].as_str().unwrap_or_default().to_ascii_lowercase();
            let Some((kind, own)) = SHARED.iter().find(|(theirs, _)| *theirs == kind) else {
                assert!(OWN.iter().any(|(own, _)| *own == kind) || kind == "MISSING_SEMICOLON", "{kind} is neither shared nor listed");
                continue;
            };
            *counts.entry(kind).or_default() += 1;
            // It names no word there.
            let value = if kind == &"STRICT_DYNAMIC_NOT_STANDALONE" { "'strict-dynamic'".to_owned() } else { value };
            let own = if own.ends_with('-') { format!("{own}{directive}") } else { (*own).to_owned() };
            theirs.insert((own, (directive, value)));
        }
        for (kind, place) in &theirs {
            if !ours.iter().any(|(own, at)| own == kind && at == place) {
                if place.1 == "//*" {
                    // No source of the grammar: it matches nothing.
                    *more.entry("//*").or_default() += 1;
                } else {
                    wrong.push(format!("only theirs: {kind} {place:?} in {csp}"));
                }
            }
        }
        for (kind, place) in &ours {
            if SHARED.iter().any(|(_, own)| kind.starts_with(own)) && !theirs.iter().any(|(own, at)| own == kind && at == place) {
                // What we ask for in more cases than it does.
                let default_is_open = || Csp::parse(csp).is_ok_and(|c| c.policies()[0].directive("default-src").is_some());
                match *kind {
                    "csp-missing-base-uri" => *more.entry("base-uri: it asks only where nonces or hashes stand (ASVS 3.4.3 asks always)").or_default() += 1,
                    "csp-missing-form-action" => *more.entry("form-action: it does not ask (ASVS, OWASP)").or_default() += 1,
                    "csp-missing-object-src" if default_is_open() => {
                        *more.entry("object-src: any default-src is enough for it, here only [none] (ASVS 3.4.3)").or_default() += 1;
                    }
                    "csp-deprecated-directive" if place.0 == "navigate-to" => *more.entry("navigate-to: CSP3 dropped it later").or_default() += 1,
                    "csp-wildcard-script" if place.0 == "worker-src" => *more.entry("worker-src: it does not look there").or_default() += 1,
                    _ => wrong.push(format!("only ours: {kind} {place:?} in {csp}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let shared = [
        ("DEPRECATED_DIRECTIVE", 3),
        ("MISSING_DIRECTIVES", 86),
        ("PLAIN_URL_SCHEMES", 25),
        ("PLAIN_WILDCARD", 17),
        ("SCRIPT_UNSAFE_EVAL", 8),
        ("SCRIPT_UNSAFE_HASHES", 2),
        ("SCRIPT_UNSAFE_INLINE", 7),
        ("SRC_HTTP", 7),
        ("STRICT_DYNAMIC_NOT_STANDALONE", 3),
    ];
    assert_eq!(counts, BTreeMap::from(shared));
    assert_eq!(more.values().copied().collect::<Vec<_>>(), [5, 59, 85, 1, 18, 1], "{more:?}");
}

/// Of several policies a response has only the problems that all of them have.
#[test]
fn several_policies_have_the_problems_that_all_have() {
    let Some(shared) = support::shared("findings of csp-evaluator") else { return };
    let text = std::fs::read_to_string(shared.join("vectors/csp_evaluator.json")).unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    let several: Vec<&Value> = data["vectors"].as_array().unwrap().iter().filter(|v| v["policies"].is_array()).collect();
    assert_eq!(several.len(), 39);
    let (mut found, mut beyond) = (0, BTreeMap::<String, usize>::new());
    for vector in several {
        let policies: Vec<&str> = vector["policies"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let common = policies.iter().map(|p| ours(p)).reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap();
        let mut theirs = BTreeSet::new();
        for finding in vector["expected_failures"].as_array().unwrap() {
            let kind = finding["type"].as_str().unwrap();
            let Some((_, own)) = SHARED.iter().find(|(theirs, _)| *theirs == kind) else {
                assert!(OWN.iter().any(|(own, _)| *own == kind), "{kind}");
                continue;
            };
            let directive = finding["directive"].as_str().unwrap();
            let own = if own.ends_with('-') { format!("{own}{directive}") } else { (*own).to_owned() };
            assert!(common.iter().any(|(rule, (at, _))| *rule == own && at == directive), "only theirs: {kind} {directive} in {policies:?}");
            theirs.insert(own);
            found += 1;
        }
        for (rule, _) in common.iter().filter(|(rule, _)| !theirs.contains(*rule)) {
            *beyond.entry((*rule).to_owned()).or_default() += 1;
        }
    }
    // What it does not ask of several policies: base-uri without nonces, and kinds of our own.
    let own =
        [("csp-deprecated-directive", 4), ("csp-missing-base-uri", 9), ("csp-missing-form-action", 39), ("csp-no-default-src", 18), ("csp-none-mixed", 1)];
    assert_eq!((found, beyond), (41, own.map(|(rule, count)| (rule.to_owned(), count)).into()));
}
