//! Permissions-Policy.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::permissions::{PermissionsPolicy, is_known};
use secgen::strictness::{Order, Strictness};

fn parse(text: &str) -> PermissionsPolicy {
    PermissionsPolicy::parse(text).unwrap()
}

fn order(required: &str, found: &str) -> Order {
    parse(required).compare(&parse(found)).order
}

fn why(required: &str, found: &str) -> String {
    parse(required).compare(&parse(found)).why
}

#[test]
fn it_is_a_dictionary_or_nothing() {
    // securityheaders/securityheaders-bugs#97, #98: wrong syntax is no policy.
    let ignored = [
        "",
        "camera=();geolocation=()",
        "payment=(self 'https://p.example')",
        "geolocation 'none'; camera 'none'",
        "Camera=()",
        "camera=(),",
        "camera=(",
        "camera=1",
        "camera",
    ];
    for text in ignored {
        // The last two are dictionaries, and still say nothing of the feature.
        assert!(PermissionsPolicy::parse(text).is_err(), "{text}");
    }
    assert_eq!(PermissionsPolicy::from_lines(&[]).ok(), PermissionsPolicy::absent());
    // Of two members the last counts, over lines too; parameters are dropped, white space is free.
    assert_eq!(parse("camera=*,  camera=()"), parse("camera=()"));
    assert_eq!(PermissionsPolicy::from_lines(&["camera=*", "camera=(self);report-to=x"]).unwrap(), parse("camera=self"));
    let mixed = parse("camera=1, usb=(), nonsense=()");
    assert_eq!((mixed.ignored_features(), mixed.unknown_features()), (&["camera".to_owned()][..], vec!["nonsense"]));
    // Unknown words of a list are dropped.
    // (An origin without quotes is one: RFC 9651 takes it as a token.)
    assert_eq!(parse("geolocation=(self https://p.example)"), parse("geolocation=self"));
    assert_eq!(parse("camera=(self src 1 \"\" \"self\" \"a b\")"), parse("camera=self"));
    assert_eq!(parse("camera=(self * \"https://a.example\")"), parse("camera=*"));
    assert_eq!(parse("camera=\"https://a.example\""), parse("camera=(\"https://a.example\")"));
    assert_eq!(parse("usb=(), camera=(\"https://a.example\" self)").to_string(), "camera=(self \"https://a.example\"), usb=()");
    assert!(is_known("camera") && is_known("sync-xhr") && !is_known("cammera"));
}

#[test]
fn allowlists_are_ordered_by_inclusion() {
    let table = [
        ("camera=()", "camera=()", Order::Equal),
        ("camera=(self)", "camera=()", Order::Stricter),
        ("camera=*", "camera=(self)", Order::Stricter),
        ("camera=()", "camera=self", Order::Weaker),
        ("camera=self", "camera=*", Order::Weaker),
        ("camera=(self)", "camera=(\"https://a.example\")", Order::Incomparable),
        ("camera=(\"https://*.a.example\")", "camera=(\"https://x.a.example\")", Order::Stricter),
        ("camera=(\"https://*.a.example\")", "camera=(\"https://a.example\")", Order::Incomparable),
        ("camera=(\"https://a.example\")", "camera=(\"https://A.example:443\")", Order::Equal),
        ("camera=(\"https://a.example\")", "camera=(\"http://a.example\")", Order::Weaker),
        // Not named: the default. `()` is then always missed, `self` only where it is not the default.
        ("camera=()", "usb=()", Order::Incomparable),
        ("camera=(self)", "usb=()", Order::Stricter),
        ("sync-xhr=(self)", "usb=()", Order::Incomparable),
        ("no-such-feature=(self)", "no-such-feature=self, other=()", Order::Stricter),
        ("camera=self", "camera=self, usb=self", Order::Equal),
        ("camera=()", "camera=(), usb=()", Order::Stricter),
        ("camera=()", "camera=(), sync-xhr=*", Order::Equal),
    ];
    for (required, found, expected) in table {
        assert_eq!(order(required, found), expected, "required {required}, found {found}");
    }
    let absent = PermissionsPolicy::absent().unwrap();
    let against = |text: &str| parse(text).compare(&absent).order;
    assert_eq!(
        (against("camera=()"), against("camera=self"), against("sync-xhr=self"), against("no-such-feature=self")),
        (Order::Weaker, Order::Equal, Order::Weaker, Order::Weaker)
    );
}

#[test]
fn words_name_the_feature() {
    assert_eq!(why("camera=(self)", "camera=(self \"https://evil.example\")"), "camera: https://evil.example is not covered by the required (self)");
    assert_eq!(why("camera=(), usb=()", "usb=()"), "camera: not set in found, so its default (self) applies; required is ()");
    assert_eq!(why("camera=(self)", "camera=()"), "camera: () instead of (self)");
    assert_eq!(why("camera=()", "camera=(), usb=*"), "usb: * is not covered by its default (self), which is required");
}

#[test]
fn self_is_the_page_where_it_is_known() {
    let (required, found) = (parse("camera=self"), parse("camera=(\"https://app.example.com\")"));
    assert_eq!(required.compare(&found).order, Order::Incomparable);
    assert_eq!(required.compare(&found.clone().with_self_origin(Some("https://app.example.com"))).order, Order::Equal);
    assert_eq!(required.clone().with_self_origin(Some("https://app.example.com")).compare(&found).order, Order::Equal);
}

fn members() -> impl Strategy<Value = Vec<(&'static str, Vec<&'static str>)>> {
    let sources = vec!["self", "*", "\"https://a.example\"", "\"https://*.example\"", "\"http://a.example\"", "\"https://a.example:8443\"", "1"];
    let member = (prop::sample::select(vec!["camera", "sync-xhr", "usb", "new-one"]), prop::sample::subsequence(sources, 0..3));
    prop::collection::vec(member, 1..4)
}

fn text(members: &[(&str, Vec<&str>)], comma: &str, blank: &str) -> String {
    members.iter().map(|(feature, sources)| format!("{feature}=({blank}{}{blank})", sources.join(&format!(" {blank}")))).collect::<Vec<_>>().join(comma)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn policies_are_ordered(a in members(), b in members(), c in members()) {
        let read = |members: &[(&str, Vec<&str>)]| parse(&text(members, ", ", ""));
        laws(&read(&a), &read(&b), &read(&c))?;
        prop_assert_eq!(&parse(&read(&a).to_string()), &read(&a));
        let mut other = a.clone();
        for (_, sources) in &mut other {
            sources.reverse();
        }
        prop_assert_eq!(read(&a).compare(&parse(&format!("  {} ", text(&other, "\t,  ", " ")))).order, Order::Equal);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-z=(),*\" \t:/.;0-9ä]{0,60}") {
        if let Ok(read) = PermissionsPolicy::parse(&text) {
            let _ = (read.compare(&parse("camera=()")), parse("camera=()").compare(&read), read.to_string());
        }
    }
}
