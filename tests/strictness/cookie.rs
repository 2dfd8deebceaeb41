//! Set-Cookie.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::cookie::{CookieFlags, SameSite, SetCookie};
use secgen::strictness::{Order, Strictness};

fn parse(line: &str) -> SetCookie {
    SetCookie::parse(line).unwrap()
}

fn order(required: &str, found: &str) -> Order {
    parse(required).compare(&parse(found)).order
}

#[test]
fn attributes_are_read_as_browsers_do() {
    let cookie = parse(" id = secret ; PATH=/ ; domain=.Example.COM; max-age=60; Secure=no; HTTPONLY ; samesite=LAX; Partitioned; priority=high");
    assert_eq!(
        cookie,
        SetCookie {
            name: "id".to_owned(),
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            domain: Some("example.com".to_owned()),
            path: Some("/".to_owned()),
            max_age: Some(60),
            partitioned: true,
        }
    );
    // The value is a secret, and kept nowhere.
    assert!(!format!("{cookie:?} {cookie}").contains("secret"));
    // The last of an attribute counts.
    assert_eq!(parse("a=b; SameSite=Strict; SameSite=Lax").same_site, SameSite::Lax);
    assert_eq!(parse("a=b; SameSite=Strict; SameSite=maybe").same_site, SameSite::Unset);
    assert_eq!(parse("a=b; Domain=a.example; Domain=").domain, None);
    assert_eq!(parse("a=b; Path=/; Path=x").path, None);
    // A Max-Age that is no number is skipped.
    assert_eq!(parse("a=b; Max-Age=5; Max-Age=5s").max_age, Some(5));
    assert_eq!((parse("a=b; Max-Age=-1").max_age, parse("a=b; Max-Age=+1").max_age), (Some(0), None));
    assert_eq!(SetCookie::from_lines(&["a=b", "c", "a=d; Secure"]).iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn rejected_cookies_are_told() {
    let rejected = [
        ("a=b; SameSite=None", "SameSite=None needs Secure"),
        ("a=b; Partitioned", "Partitioned needs Secure"),
        ("__Secure-a=b", "the name begins with __Secure-, which needs Secure"),
        ("__secure-a=b", "the name begins with __secure-, which needs Secure"),
        ("__Host-a=b; Path=/", "the name begins with __Host-, which needs Secure"),
        ("__Host-a=b; Secure; Path=/; Domain=a.example", "the name begins with __Host-, which allows no Domain"),
        ("__Host-a=b; Secure", "the name begins with __Host-, which needs Path=/"),
        ("__Host-a=b; Secure; Path=/app", "the name begins with __Host-, which needs Path=/"),
        ("__Http-a=b; Secure", "the name begins with __Http-, which needs HttpOnly"),
        ("__Host-Http-a=b; Secure; Path=/", "the name begins with __Host-, which needs HttpOnly"),
        ("", "it has no name"),
        ("; Secure", "it has no name"),
        ("=b", "a cookie without a name is not judged"),
        ("a=b\u{7}c", "it holds a control character"),
    ];
    for (line, why) in rejected {
        assert_eq!(SetCookie::parse(line), Err(why.to_owned()), "{line}");
    }
    assert!(SetCookie::parse(&format!("a={}", "b".repeat(4096))).is_err());
    for line in
        ["__Host-a=b; Secure; Path=/", "__Secure-a=b; Secure; Domain=a.example", "__Host-Http-a=b; Secure; HttpOnly; Path=/", "a=b; SameSite=None; Secure"]
    {
        assert!(SetCookie::parse(line).is_ok(), "{line}");
    }
}

#[test]
fn each_part_has_its_direction() {
    let stricter = [
        ("a=", "a=; Secure"),
        ("a=", "a=; HttpOnly"),
        ("a=; SameSite=Lax", "a=; SameSite=Strict"),
        // Not set is the browser's choice: below Lax, above None.
        ("a=", "a=; SameSite=Lax"),
        ("a=; Secure; SameSite=None", "a=; Secure"),
        ("a=; Domain=example.com", "a=; Domain=app.example.com"),
        ("a=; Domain=app.example.com", "a="),
        ("a=; Max-Age=60", "a=; Max-Age=59"),
        ("a=", "a=; Max-Age=60"),
        ("a=; Secure; Path=/", "__Secure-a=; Secure; Path=/"),
        ("__Secure-a=; Secure; Path=/", "__Host-a=; Secure; Path=/"),
        ("__Host-a=; Secure; HttpOnly; Path=/", "__Host-Http-a=; Secure; HttpOnly; Path=/"),
        ("a=; Secure", "a=; Secure; Partitioned"),
    ];
    for (required, found) in stricter {
        assert_eq!((order(required, found), order(found, required)), (Order::Stricter, Order::Weaker), "{required} | {found}");
    }
    for (a, b) in [("a=; Path=/app", "b="), ("a=; Secure; Path=/x", "a=; secure")] {
        assert_eq!(order(a, b), Order::Equal, "{a} | {b}");
    }
    for (a, b) in [("a=; Secure", "a=; HttpOnly"), ("a=; Domain=a.example", "a=; Domain=b.example"), ("a=; Domain=example.com", "a=; Domain=badexample.com")] {
        assert_eq!(order(a, b), Order::Incomparable, "{a} | {b}");
    }
    let why = parse("s=; Secure; HttpOnly; SameSite=Lax; Max-Age=60").compare(&parse("s=; Domain=example.com")).why;
    assert_eq!(
        why,
        "Secure is missing; HttpOnly is missing; SameSite is not set instead of Lax; Domain=example.com shares it with every host below; and 1 more"
    );
}

#[test]
fn flags_of_a_proxy_change_a_cookie() {
    let flags = |words: &str| CookieFlags::parse(words.split(' '));
    let set = parse("a=b; Path=/").with_flags(flags("secure HttpOnly samesite=Strict").unwrap()).unwrap();
    assert_eq!(set.to_string(), "a=; Path=/; Secure; HttpOnly; SameSite=Strict");
    let gone = set.clone().with_flags(flags("nosecure nohttponly nosamesite").unwrap()).unwrap();
    assert_eq!(gone, parse("a=b; Path=/"));
    assert_eq!(set.compare(&gone).order, Order::Weaker);
    assert_eq!(set.clone().with_flags(CookieFlags::default()), Ok(set.clone()));
    // What browsers would reject is said.
    assert_eq!(parse("a=b").with_flags(flags("samesite=none").unwrap()), Err("SameSite=None needs Secure".to_owned()));
    assert!(parse("__Host-a=b; Secure; Path=/").with_flags(flags("nosecure").unwrap()).is_err());
    for words in ["secure nosecure", "samesite=lax nosamesite", "samesite", "samesite=", "off", ""] {
        assert!(flags(words).is_err(), "{words}");
    }
    assert!(flags("secure SECURE").is_ok());
}

fn lines() -> impl Strategy<Value = Vec<&'static str>> {
    let parts = [
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "SameSite=Strict",
        "SameSite=None",
        "Domain=example.com",
        "Domain=a.example.com",
        "Path=/",
        "Max-Age=1",
        "Max-Age=0",
        "Partitioned",
        "x=y",
    ];
    let names = prop::sample::select(vec!["a=", "__Secure-a=", "__Host-a=", "__Host-Http-a="]);
    (names, prop::sample::subsequence(parts.to_vec(), 0..7)).prop_map(|(name, parts)| std::iter::once(name).chain(parts).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn cookies_are_ordered(a in lines(), b in lines(), c in lines()) {
        let read = |parts: &[&str]| SetCookie::parse(&parts.join("; "));
        let (Ok(one), Ok(two), Ok(three)) = (read(&a), read(&b), read(&c)) else { return Err(TestCaseError::reject("rejected by browsers")) };
        laws(&one, &two, &three)?;
        prop_assert_eq!(&parse(&one.to_string()), &one);
        // White space and letter case of attributes.
        let loud = a.iter().enumerate().map(|(i, part)| if i == 0 { format!(" {part}") } else { format!("\t{} ", part.to_ascii_uppercase()) });
        prop_assert_eq!(one.compare(&parse(&loud.collect::<Vec<_>>().join(";;"))).order, Order::Equal);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-zA-Z0-9=;,\" \t_.ä]{0,60}") {
        let _ = SetCookie::parse(&text);
    }
}
