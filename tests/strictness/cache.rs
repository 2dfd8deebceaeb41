//! Cache-Control.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::cache::CacheControl;
use secgen::strictness::{Order, Strictness};

fn parse(text: &str) -> CacheControl {
    CacheControl::parse(text).unwrap()
}

fn order(required: &str, found: &str) -> Order {
    parse(required).compare(&parse(found)).order
}

fn meets(required: &str, found: &str) -> bool {
    matches!(order(required, found), Order::Equal | Order::Stricter)
}

#[test]
fn requirements_are_met_by_effect() {
    for requirement in ["no-store", "private", "no-cache", "max-age=60"] {
        assert!(meets(requirement, "no-store"), "no-store meets {requirement}");
        assert!(!meets(requirement, "public"), "{requirement}");
    }
    let table = [
        ("private", "private, max-age=600", true),
        ("private", "public, max-age=600", false),
        ("private", "no-cache", false),
        ("no-cache", "no-cache", true),
        ("no-cache", "max-age=0, must-revalidate", true),
        ("no-cache", "max-age=0", false),
        ("no-cache", "max-age=0, proxy-revalidate", false),
        ("max-age=60", "max-age=30", true),
        ("max-age=60", "no-cache", true),
        ("max-age=60", "max-age=61", false),
        ("max-age=60", "max-age=60, s-maxage=600", false),
        // Shared caches are asked to keep it, whatever stands beside.
        ("private", "private, s-maxage=60", false),
        ("private", "private, public", false),
        ("no-store", "no-store, s-maxage=60", false),
        ("no-store", "no-store, public", false),
        ("no-store", "private, no-cache", false),
        // Only the named fields.
        ("private", "private=\"set-cookie\"", false),
        ("no-cache", "no-cache=\"set-cookie, x\"", false),
    ];
    for (required, found, expected) in table {
        assert_eq!(meets(required, found), expected, "required {required}, found {found}");
    }
    assert_eq!(parse("no-store").compare(&parse("private")).why, "a visitor's own cache may keep it and use it as long as it guesses");
    assert_eq!(parse("private").compare(&parse("s-maxage=60")).why, "a shared cache may use it for 60 s");
    assert_eq!(parse("private").compare(&CacheControl::absent().unwrap()).order, Order::Weaker);
    assert_eq!([CacheControl::no_store(), CacheControl::private(), CacheControl::no_cache()].map(|c| c.to_string()), ["no-store", "private", "no-cache"]);
}

#[test]
fn directives_are_a_list_of_all_lines() {
    assert_eq!(parse("No-Store , MAX-AGE = \"60\",, x=\"a,no-cache\""), parse("max-age=60,no-store"));
    // The most restrictive of duplicates.
    assert_eq!(parse("max-age=600, max-age=60"), parse("max-age=60"));
    assert_eq!(CacheControl::from_lines(&["max-age=600", "no-store"]), CacheControl::parse("max-age=600, no-store"));
    // A number that is none limits nothing.
    assert_eq!(order("max-age=60", "max-age=a"), Order::Weaker);
    assert_eq!(order("max-age=99999999999999999999", "no-transform"), Order::Weaker);
    // `Pragma: no-cache` is no response directive, and unknown words say nothing.
    for text in ["", " , ", "nostore", "\"no-store\"", "no-store=\"", "no store"] {
        assert!(CacheControl::parse(text).is_err(), "{text}");
    }
    assert_eq!(CacheControl::from_lines(&[]).ok(), CacheControl::absent());
}

fn values() -> impl Strategy<Value = Vec<&'static str>> {
    let all = [
        "no-store",
        "private",
        "no-cache",
        "public",
        "must-revalidate",
        "proxy-revalidate",
        "max-age=0",
        "max-age=60",
        "s-maxage=0",
        "s-maxage=90",
        "immutable",
    ];
    prop::sample::subsequence(all.to_vec(), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn values_are_ordered(a in values(), b in values(), c in values()) {
        let read = |parts: &[&str]| parse(&parts.join(", "));
        laws(&read(&a), &read(&b), &read(&c))?;
        if read(&a).to_string() != "(none)" {
            prop_assert_eq!(parse(&read(&a).to_string()), read(&a));
        }
        let mut other = a.clone();
        other.reverse();
        prop_assert_eq!(parse(&format!("\t{} ", other.join("\t,  ")).to_ascii_uppercase()), read(&a));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-z=,\" \t\\\\0-9ä]{0,40}") {
        let _ = CacheControl::parse(&text);
    }
}
