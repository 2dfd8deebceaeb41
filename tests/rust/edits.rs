//! Hand edits of `policy.rs`, judged by value. Each fixture says in its first lines what must be found, and nothing else.

use super::{document, policy, read};
use crate::support;
use secgen::policy::Policy;
use secgen::strictness::Order;
use secgen::targets::{Fact, Found, Target};
use secgen::targets::rust::Rust;
use std::collections::BTreeSet;
use std::path::Path;

/// What a fact says that the policy does not, as a fixture writes it.
fn drift(policy: &Policy, expected: &[(String, String)], fact: &Fact) -> Option<String> {
    let intent = &fact.intent;
    match &fact.found {
        Found::Set { value, .. } => {
            let comparison = policy.intent(intent)?.value.compare(value);
            let order = match comparison.order {
                Order::Equal => return None,
                Order::Stricter => "stricter",
                Order::Weaker => "weaker",
                Order::Incomparable => "incomparable",
            };
            Some(format!("{intent} {order} {}", comparison.why))
        }
        Found::Text(text) => (!expected.contains(&(intent.clone(), text.clone()))).then(|| format!("{intent} foreign {text}")),
        Found::Missing => Some(format!("{intent} missing")),
        Found::Unverifiable(why) => Some(format!("{intent} unverifiable {why}")),
        other => Some(format!("{intent} {other:?}")),
    }
}

fn fixtures(kind: &str) -> Vec<(String, String)> {
    let folder = support::project().join("tests/targets/rust").join(kind);
    let entries = std::fs::read_dir(&folder).expect("the folder of fixtures").flatten();
    let mut all: Vec<_> = entries.map(|e| (e.file_name().into_string().expect("a name"), std::fs::read_to_string(e.path()).expect("a text"))).collect();
    all.sort();
    assert!(!all.is_empty(), "{kind}");
    all
}

fn drifts(text: &str) -> Vec<String> {
    let policy = policy(document());
    let expected = Rust.artifacts(&policy).expect("artifacts").into_iter().find(|a| a.kind == "policy").expect("policy.rs").expected;
    let facts = read(&policy, "policy", text).expect("facts");
    facts.iter().filter_map(|fact| drift(&policy, &expected, fact)).collect()
}

#[test]
fn another_layout_is_no_edit() {
    let rendered = Rust.canonical("policy", &super::text(&policy(document()), "policy"));
    for (name, text) in fixtures("good") {
        assert_eq!(drifts(&text), Vec::<String>::new(), "{name}");
        assert!(Rust.canonical("policy", &text) == rendered, "{name} counts as edited");
    }
}

#[test]
fn each_edit_is_found_and_nothing_else() {
    for (name, text) in ["weak", "broken"].into_iter().flat_map(fixtures) {
        let expected: BTreeSet<&str> = text.lines().map_while(|line| line.strip_prefix("// expect: ")).collect();
        assert!(!expected.is_empty(), "{name} expects nothing");
        let found = drifts(&text);
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{name}");
        let rendered = Rust.canonical("policy", &super::text(&policy(document()), "policy"));
        assert_ne!(Rust.canonical("policy", &text), rendered, "{name} counts as unedited");
        assert!(!found.join("\n").contains("canary"), "{name} shows what it may not show");
    }
}

#[test]
fn each_fact_points_to_its_line() {
    let policy = policy(document());
    // A mark of byte order, wide characters and CRLF before it must not shift the place.
    let text = include_str!("../targets/rust/weak/access-ttl.rs").replace("/// JSON Web Tokens.", "/// JSON Web Tökens 💥.").replace('\n', "\r\n");
    let text = format!("\u{feff}{text}");
    let mut sources = secgen::source::Sources::new(Path::new("/"));
    let id = sources.add("src/security/policy.rs", text.as_str());
    let facts = Rust.read_artifact("policy", &policy, &sources, id).expect("facts");
    let line_of = |needle: &str| text.lines().position(|line| line.contains(needle)).expect(needle) + 1;
    for (intent, needle) in [
        ("jwt.access_ttl", "ACCESS_TTL"),
        ("jwt.issuer", "ISSUER"),
        ("jwt.role", "SIGN_WITH"),
        ("jwt.keys.2026-11", "        KeySpec {"),
        ("rate_limits.limits.login", "LOGIN"),
        ("network.service_trusts", "SERVICE_TRUSTS"),
    ] {
        let fact = facts.iter().find(|fact| fact.intent == intent).expect(intent);
        let span = fact.at.as_ref().expect("a place").span;
        assert_eq!(sources.position(span).line, line_of(needle), "{intent}");
        assert!(fact.help.len() == 2 && fact.help[0].contains("src/security/policy.rs"));
    }
    let ttl = facts.iter().find(|fact| fact.intent == "jwt.access_ttl").and_then(|fact| fact.at.as_ref()).expect("a place");
    assert_eq!(sources.slice(ttl.span), b"ACCESS_TTL: Duration = Duration::from_hours(24);");
}

#[test]
fn a_policy_that_stands_there_twice_is_refused() {
    let policy = policy(document());
    for text in ["pub mod jwt {}\npub mod jwt {}\n", "pub mod jwt { pub const A: u8 = 1; pub const A: u8 = 2; }"] {
        assert!(read(&policy, "policy", text).expect_err("a refusal").contains("twice"));
    }
}
