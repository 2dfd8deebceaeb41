//! Content-Security-Policy: subsumption.

use super::laws;
use crate::support;
use proptest::prelude::*;
use secgen::strictness::csp::{Csp, subsumes};
use secgen::strictness::{Order, Strictness};

fn parse(text: &str) -> Csp {
    Csp::parse(text).unwrap()
}

fn order(required: &str, found: &str) -> Order {
    parse(required).compare(&parse(found)).order
}

fn why(required: &str, found: &str) -> String {
    parse(required).compare(&parse(found)).why
}

#[test]
fn browsers_and_hand_made_vectors_agree() {
    let Some(shared) = support::shared("vectors of CSP subsumption") else { return };
    let text = std::fs::read_to_string(shared.join("vectors/csp_subsumption.json")).unwrap();
    let data: serde_json::Value = serde_json::from_str(&text).unwrap();
    let vectors = data["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 438);
    let mut wrong = Vec::new();
    for vector in vectors {
        let returned: Vec<&str> = vector["returned"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let (required, origin) = (vector["required"].as_str(), vector["self_origin"].as_str());
        let expected = vector["subsumed"].as_bool().unwrap();
        // In the one case with a note the browser is conservative, and either answer is sound.
        if subsumes(required, &returned, origin) != expected && vector.get("note").is_none() {
            wrong.push(format!("{expected}: {required:?} | {returned:?} | {origin:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn a_gap_names_directive_source_and_fallback_chain() {
    let cases = [
        (
            "script-src 'self'",
            "script-src 'self'; script-src-elem https://evil.example",
            "script-src-elem: https://evil.example is not covered by the required script-src 'self' (script-src-elem is set explicitly in found)",
        ),
        (
            "object-src 'none'",
            "default-src 'self'",
            "object-src: 'self' is not covered by the required object-src 'none' (object-src is not set, so default-src applies in found)",
        ),
        ("default-src 'self'", "default-src 'self' https:", "default-src: https: is not covered by the required default-src 'self'"),
        ("base-uri 'none'", "default-src 'none'", "base-uri: not set in found, and nothing stands in for it; required is base-uri 'none'"),
        (
            "script-src-elem 'self'",
            "img-src 'self'",
            "script-src-elem: not set in found, and script-src or default-src is not set either; required is script-src-elem 'self'",
        ),
        ("sandbox allow-scripts", "sandbox allow-scripts allow-forms", "sandbox: allow-forms beyond the required sandbox allow-scripts"),
        ("upgrade-insecure-requests", "img-src *", "upgrade-insecure-requests: not set in found"),
        ("trusted-types app 'none'", "trusted-types * 'allow-duplicates'", "trusted-types: * 'allow-duplicates' beyond the required trusted-types app 'none'"),
        (
            "require-trusted-types-for 'script'",
            "require-trusted-types-for",
            "require-trusted-types-for: no guard for 'script' beyond the required require-trusted-types-for 'script'",
        ),
        ("img-src 'self'", "img-src self", "img-src: self is not covered by the required img-src 'self' (without quotes, self is a host name)"),
    ];
    for (required, found, expected) in cases {
        assert_eq!(why(required, found), expected);
    }
    let missing = why("default-src 'self'", "script-src 'self'");
    assert!(missing.starts_with("default-src: not set in found, so nothing restricts connect-src, font-src"), "{missing}");
    assert_eq!(parse("default-src 'self'").compare(&Csp::absent().unwrap()).why, "no policy is in force");
    assert_eq!(
        why("script-src 'self' https://cdn.example", "script-src 'self'; base-uri 'none'"),
        "script-src: does not allow https://cdn.example; base-uri: also restricted"
    );
    // Many gaps are not a wall of text.
    let many = why("base-uri 'none'; form-action 'none'; img-src 'none'; font-src 'none'; media-src 'none'; sandbox", "upgrade-insecure-requests");
    assert!(many.ends_with("; and 2 more"), "{many}");
}

#[test]
fn a_nonce_instead_of_unsafe_inline_is_no_plain_answer() {
    let (required, found) = ("script-src 'self' 'unsafe-inline'", "script-src 'self' 'nonce-$request_id'");
    assert_eq!(order(required, found), Order::Incomparable);
    assert!(why(required, found).contains("hardening"), "{}", why(required, found));
}

#[test]
fn several_policies_are_all_in_force() {
    assert_eq!(order("default-src 'self'", "default-src *, default-src 'self'"), Order::Equal);
    let lines = Csp::from_lines(&["default-src *", "default-src 'self'"]).unwrap();
    assert_eq!(parse("default-src 'self'").compare(&lines).order, Order::Equal);
    // Neither alone is enough; what passes both is.
    assert_eq!(order("img-src https://a.example", "img-src https://a.example https://b.example, img-src https://a.example https://c.example"), Order::Equal);
    let gap = why("img-src 'self'", "img-src https:, img-src *");
    assert_eq!(gap, "img-src: https: is not covered by the required img-src 'self' (and the other policy is not shown to stop it)");
    // A required value of two policies is what passes both.
    assert_eq!(order("img-src 'self', font-src 'self'", "img-src 'self'; font-src 'self'"), Order::Equal);
    assert_eq!(order("img-src 'self', font-src 'self'", "img-src 'self'"), Order::Weaker);
}

#[test]
fn frame_ancestors_is_left_to_framing() {
    assert_eq!(order("default-src 'self'; frame-ancestors 'none'", "default-src 'self'"), Order::Equal);
    assert_eq!(order("frame-ancestors 'none'", "frame-ancestors *"), Order::Equal);
    let lists: Vec<Vec<String>> =
        parse("frame-ancestors 'none', img-src *, frame-ancestors 'self' https://a.example").frame_ancestors().map(<[String]>::to_vec).collect();
    assert_eq!(lists, [vec!["'none'".to_owned()], vec!["'self'".to_owned(), "https://a.example".to_owned()]]);
    assert!(!subsumes(Some("frame-ancestors 'none'"), &["frame-ancestors *"], None));
}

#[test]
fn self_is_the_page_where_it_is_known() {
    let required = parse("img-src 'self'");
    let found = parse("img-src https://app.example.com");
    assert_eq!(required.compare(&found).order, Order::Incomparable);
    assert_eq!(required.compare(&found.clone().with_self_origin(Some("https://app.example.com"))).order, Order::Equal);
    assert_eq!(required.clone().with_self_origin(Some("https://app.example.com:443")).compare(&found).order, Order::Equal);
    assert_eq!(required.compare(&found.clone().with_self_origin(Some("https://other.example.com"))).order, Order::Incomparable);
    assert_eq!(required.compare(&found.with_self_origin(Some("not an origin"))).order, Order::Incomparable);
    // WebSockets of the page are part of it, for connections.
    let required = parse("connect-src 'self'").with_self_origin(Some("https://app.example.com"));
    assert_eq!(required.compare(&parse("connect-src 'self' wss://app.example.com")).order, Order::Equal);
    assert_eq!(required.compare(&parse("connect-src 'self' wss://b.example.com")).order, Order::Weaker);
    assert_eq!(order("img-src https: data:", "img-src 'self'"), Order::Stricter);
}

#[test]
fn what_browsers_skip_is_told() {
    let found = parse("script-src 'self' 'slef' 'nonce-' a_b.example; sandbox allow-everything; img-src http://[::1]");
    assert_eq!(found.ignored_words(), [("script-src", "'slef'"), ("script-src", "'nonce-'"), ("img-src", "http://[::1]")]);
    // A policy without a directive is none.
    for nothing in ["", " ; ;", ",", "default-src 'self' \u{e9}"] {
        assert!(Csp::parse(nothing).is_err(), "{nothing}");
    }
    assert!(Csp::parse(&"img-src a;".repeat(7000)).is_err());
    assert!(Csp::parse(&"img-src a,".repeat(65)).is_err());
}

#[test]
fn long_lists_are_compared_in_time() {
    let hosts = |from: usize| (from..from + 2000).map(|i| format!("h{i}.example")).collect::<Vec<_>>().join(" ");
    let started = std::time::Instant::now();
    assert_eq!(order(&format!("default-src {}", hosts(0)), &format!("default-src {}", hosts(1))), Order::Incomparable);
    // Two lists that are met pair by pair.
    assert_eq!(order("img-src h5.example h6.example", &format!("img-src h5.example {}, img-src h6.example {}", hosts(10), hosts(3000))), Order::Incomparable);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// Policies of the words that matter.
fn policies() -> impl Strategy<Value = String> {
    let sources = [
        "'none'",
        "'self'",
        "*",
        "https:",
        "http:",
        "wss:",
        "data:",
        "https://a.example",
        "http://a.example",
        "a.example",
        "*.example",
        "https://a.example/x/",
        "https://a.example/x/y",
        "https://a.example:8443",
        "https://*:*",
        "'unsafe-inline'",
        "'unsafe-eval'",
        "'wasm-unsafe-eval'",
        "'strict-dynamic'",
        "'unsafe-hashes'",
        "'nonce-a'",
        "'nonce-b'",
        "'sha256-abc'",
        "'sha256-def'",
        "'report-sample'",
        "nonsense:://",
        "self",
    ];
    let names =
        ["default-src", "script-src", "script-src-elem", "style-src", "child-src", "worker-src", "connect-src", "base-uri", "frame-ancestors", "img-src"];
    let list = (prop::sample::select(names.to_vec()), prop::collection::vec(prop::sample::select(sources.to_vec()), 0..4))
        .prop_map(|(name, words)| format!("{name} {}", words.join(" ")));
    let other = prop::sample::select(vec![
        "sandbox",
        "sandbox allow-scripts",
        "sandbox allow-scripts allow-forms",
        "upgrade-insecure-requests",
        "require-trusted-types-for 'script'",
        "trusted-types a b",
        "trusted-types a",
        "trusted-types *",
        "trusted-types a 'allow-duplicates'",
        "report-uri /x",
    ]);
    let directive = prop_oneof![5 => list, 1 => other.prop_map(str::to_owned)];
    prop::collection::vec(directive, 1..4).prop_map(|d| d.join("; "))
}

fn responses() -> impl Strategy<Value = String> {
    prop::collection::vec(policies(), 1..3).prop_map(|p| p.join(", "))
}

/// Policies close to one another, so that orders other than incomparable are common.
fn relatives() -> impl Strategy<Value = (String, String, String)> {
    let words = [
        "'self'",
        "https:",
        "a.example",
        "'unsafe-inline'",
        "'nonce-a'",
        "'nonce-b'",
        "'strict-dynamic'",
        "'sha256-abc'",
        "https://a.example/x/",
        "'unsafe-eval'",
    ];
    let list = prop::sample::subsequence(words.to_vec(), 0..4).prop_map(|w| format!("script-src {}", w.join(" ")));
    let response = prop::collection::vec(list, 1..4).prop_map(|p| p.join(", "));
    (response.clone(), response.clone(), response)
}

fn shuffled(text: &str) -> String {
    // Upper-case names, more white space, and the words of each list in reverse.
    let directive = |d: &str| {
        let mut words: Vec<&str> = d.split_ascii_whitespace().collect();
        words[1..].reverse();
        format!("\t{}   {} ", words[0].to_ascii_uppercase(), words[1..].join("  "))
    };
    text.split(", ").map(|p| p.split("; ").map(directive).collect::<Vec<_>>().join(" ;; ")).collect::<Vec<_>>().join(" , ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn policies_are_ordered(a in responses(), b in responses(), c in responses()) {
        laws(&parse(&a), &parse(&b), &parse(&c))?;
    }

    #[test]
    fn related_policies_are_ordered((a, b, c) in relatives()) {
        laws(&parse(&a), &parse(&b), &parse(&c))?;
    }

    #[test]
    fn text_and_layout_change_nothing(a in responses()) {
        let csp = parse(&a);
        prop_assert_eq!(csp.compare(&parse(&csp.to_string())).order, Order::Equal);
        prop_assert_eq!(csp.compare(&parse(&shuffled(&a))).order, Order::Equal, "{}", shuffled(&a));
        prop_assert_eq!(csp.to_string(), parse(&csp.to_string()).to_string());
    }

    #[test]
    fn one_more_policy_never_makes_it_weaker(a in responses(), b in responses(), c in policies()) {
        let at_least = |found: &str| matches!(order(&a, found), Order::Equal | Order::Stricter);
        let more = format!("{b}, {c}");
        prop_assert!(!at_least(&b) || at_least(&more));
        let raw = |found: &[&str]| subsumes(Some(&a), found, Some("https://a.example"));
        prop_assert!(!raw(&[&b]) || raw(&[&b, &c]));
    }

    #[test]
    fn any_text_is_read_without_a_panic(a in "[-a-z'*:/.%;, ü0-9]{0,60}", b in "(img|script|default)-src [-a-z'*:/.%?# 0-9]{0,40}") {
        if let Ok(a) = Csp::parse(&a) {
            let _ = (a.compare(&parse(&b)), parse(&b).compare(&a), a.ignored_words());
        }
        let _ = subsumes(Some(&a), &[&b], Some(&a));
    }
}
