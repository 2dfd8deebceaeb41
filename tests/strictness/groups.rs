//! TLS groups.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::groups::Groups;
use secgen::strictness::{Order, Strictness};

fn parse(text: &str) -> Groups {
    Groups::parse(text).unwrap()
}

#[test]
fn names_of_one_group_are_the_same() {
    for (a, b) in [
        ("prime256v1", "P-256"),
        ("secp256r1", "P-256"),
        ("secp384r1", "p-384"),
        ("X25519", "x25519"),
        ("SECP521R1", "P-521"),
        ("x25519mlkem768", "X25519MLKEM768"),
    ] {
        assert_eq!(parse(a), parse(b), "{a} {b}");
    }
    assert_eq!(parse("X25519:prime256v1").to_string(), "X25519:prime256v1");
    // OpenSSL 3.5: tuples, optional groups, and groups taken out.
    assert_eq!(parse("?X25519MLKEM768:*X25519/P-256:-P-256"), parse("X25519:X25519MLKEM768"));
    for text in ["", "auto", "DEFAULT", "X25519:auto", "X25519::P-256", "X25519 P-256", "X25519:-X25519", "a;b"] {
        assert!(Groups::parse(text).is_err(), "{text}");
    }
    assert_eq!(Groups::absent(), None);
}

#[test]
fn fewer_groups_are_stricter() {
    let order = |required: &str, found: &str| parse(required).compare(&parse(found)).order;
    assert_eq!(order("X25519:P-256:P-384", "secp256r1:x25519"), Order::Stricter);
    assert_eq!(order("X25519", "X25519:brainpoolP256r1"), Order::Weaker);
    assert_eq!(order("X25519:P-256", "X25519:X448"), Order::Incomparable);
    assert_eq!(parse("X25519").compare(&parse("X25519:secp521r1")).why, "also allows secp521r1");
}

fn lists() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["X25519", "P-256", "secp256r1", "X448", "new-group", "ffdhe2048"], 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn groups_are_ordered(a in lists(), b in lists(), c in lists()) {
        let read = |names: &[&str]| parse(&names.join(":"));
        laws(&read(&a), &read(&b), &read(&c))?;
        prop_assert_eq!(parse(&read(&a).to_string()), read(&a));
        let mut other = a.clone();
        other.reverse();
        prop_assert_eq!(parse(&format!(" {} ", other.join(" : ")).to_ascii_uppercase()), read(&a));
    }
}
