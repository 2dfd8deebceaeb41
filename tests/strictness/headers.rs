//! Headers with an order of their own: by the rules of each, and by public reports of what checkers get wrong.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::csp::Csp;
use secgen::strictness::framing::Framing;
use secgen::strictness::hsts::Hsts;
use secgen::strictness::nosniff::Nosniff;
use secgen::strictness::referrer::ReferrerPolicy;
use secgen::strictness::xss::XssProtection;
use secgen::strictness::{Comparison, Order, Strictness};

fn hsts(required: &str, found: &str) -> Comparison {
    Hsts::parse(required).unwrap().compare(&Hsts::parse(found).unwrap())
}

#[test]
fn hsts_is_read_by_the_grammar_of_rfc_6797() {
    let on = |max_age, include_subdomains, preload| Hsts::On { max_age, include_subdomains, preload };
    let read = [
        ("max-age=31536000", on(31_536_000, false, false)),
        ("max-age=\"31536000\"", on(31_536_000, false, false)),
        (" ;; MAX-AGE = 1 ;IncludeSubdomains; preload ; ", on(1, true, true)),
        // RFC 6797 6.1: unknown directives are ignored, and a semicolon in a quoted string separates nothing.
        ("max-age=1; report=\"a;\\\"max-age=2\"; foo; preload=yes", on(1, false, false)),
        // ssllabs/ssllabs-scan#102: a large number is no error.
        ("max-age=2592000000", on(2_592_000_000, false, false)),
        ("max-age=99999999999999999999", on(u64::MAX, false, false)),
        ("max-age=0; includeSubDomains", Hsts::Reset),
        ("max-age=00", Hsts::Reset),
    ];
    for (text, expected) in read {
        assert_eq!(Hsts::parse(text), Ok(expected), "{text}");
    }
    let ignored = [
        "",
        "includeSubDomains",
        "max-age",
        "max-age=",
        "max-age=-1",
        "max-age=1.5",
        "max-age=1y",
        "max-age=1; max-age=1",
        "max-age=1; includeSubDomains; includeSubdomains",
        "max-age=1; includeSubDomains=true",
        "max-age=1, max-age=1",
        "max-age=1; includeSubDomains,",
        "max-age=1 includeSubDomains",
        "max-age=\"1",
        "max-age=1; =",
        "max-age=1; foo; FOO",
        "max-age=1; foo=a b",
    ];
    for text in ignored {
        assert!(Hsts::parse(text).is_err(), "{text}");
    }
    // RFC 6797 8.1: the first line only.
    assert_eq!(Hsts::from_lines(&["max-age=1", "max-age=0"]), Ok(on(1, false, false)));
    assert_eq!(Hsts::from_lines(&[]), Ok(Hsts::Off));
}

#[test]
fn hsts_is_ordered_by_each_part() {
    // Santandersecurityresearch/DrHeader#250: a longer age is no violation.
    assert_eq!(hsts("max-age=31536000", "max-age=63072000; includeSubDomains").order, Order::Stricter);
    let less = hsts("max-age=31536000; includeSubDomains; preload", "max-age=300");
    assert_eq!((less.order, less.why.as_str()), (Order::Weaker, "max-age 300 is less than 31536000, includeSubDomains is missing, preload is missing"));
    assert_eq!(hsts("max-age=31536000; includeSubDomains", "max-age=63072000").order, Order::Incomparable);
    assert_eq!(hsts("max-age=1; preload", "max-age=1").order, Order::Weaker);
    // juerkkil/secheaders#40: max-age=0 passes as if it were a policy. It is worse than no header.
    let reset = hsts("max-age=1", "max-age=0");
    assert_eq!((reset.order, reset.why.as_str()), (Order::Weaker, "max-age=0 makes browsers forget the policy"));
    let absent = Hsts::absent().unwrap();
    assert_eq!(absent.compare(&Hsts::Reset).order, Order::Weaker);
    assert_eq!(Hsts::parse("max-age=1").unwrap().compare(&absent).why, "no Strict-Transport-Security in force");
    let on = Hsts::parse("max-age=1; preload").unwrap();
    assert_eq!((on.max_age(), on.include_subdomains(), on.preload()), (Some(1), false, true));
    assert_eq!((absent.max_age(), Hsts::Reset.max_age()), (None, Some(0)));
}

#[test]
fn nosniff_is_decided_by_the_first_element() {
    for text in ["nosniff", " NoSniff ", "nosniff, foo", "nosniff,nosniff"] {
        assert!(Nosniff::parse(text).unwrap().is_on(), "{text}");
    }
    for text in ["", "foo, nosniff", "nosniff;", "no sniff", "\"nosniff\""] {
        assert!(Nosniff::parse(text).is_err(), "{text}");
    }
    assert!(Nosniff::from_lines(&["nosniff", "x"]).unwrap().is_on());
    assert!(Nosniff::from_lines(&["x", "nosniff"]).is_err());
    let (on, off) = (Nosniff::parse("nosniff").unwrap(), Nosniff::absent().unwrap());
    assert_eq!((on.compare(&off).order, off.compare(&on).order), (Order::Weaker, Order::Stricter));
    laws(&on, &off, &Nosniff::from_lines(&[]).unwrap()).unwrap();
}

#[test]
fn the_xss_filter_is_best_off() {
    let read = [
        ("0", XssProtection::Off),
        ("0; mode=block", XssProtection::Off),
        ("1", XssProtection::Filter),
        ("1;", XssProtection::Filter),
        ("1; report=https://r.example/x", XssProtection::Filter),
        (" 1 ; MODE = Block ; report=/r", XssProtection::Block),
    ];
    for (text, expected) in read {
        assert_eq!(XssProtection::parse(text), Ok(expected), "{text}");
    }
    // mozilla/http-observatory#355: sent twice, it is ignored.
    for text in ["", "2", "1 mode=block", "1; mode=none", "1; mode=block; mode=block", "1; foo", "1; mode=block, 1; mode=block"] {
        assert!(XssProtection::parse(text).is_err(), "{text}");
    }
    assert!(XssProtection::from_lines(&["1; mode=block", "1; mode=block"]).is_err());
    let order = |required: &str, found: &str| XssProtection::parse(required).unwrap().compare(&XssProtection::parse(found).unwrap()).order;
    assert_eq!((order("1; mode=block", "0"), order("1; mode=block", "1"), order("0", "1; mode=block")), (Order::Stricter, Order::Weaker, Order::Weaker));
    for a in [XssProtection::Filter, XssProtection::Block, XssProtection::Off] {
        for b in [XssProtection::Filter, XssProtection::Block, XssProtection::Off] {
            laws(&a, &b, &XssProtection::absent().unwrap()).unwrap();
            assert_eq!(XssProtection::parse(&a.to_string()), Ok(a));
        }
    }
}

#[test]
fn referrer_policies_are_ordered_in_all_64_pairs() {
    // Rows required, columns found; `=` equal, `>` found is stricter, `<` weaker, `|` incomparable. The columns stand
    // in the order of the rows.
    let table = [
        ("no-referrer", "= < < < < < < <"),
        ("same-origin", "> = | | < < < <"),
        ("strict-origin", "> | = < < < < <"),
        ("origin", "> | > = | < | <"),
        ("strict-origin-when-cross-origin", "> > > | = < < <"),
        ("origin-when-cross-origin", "> > > > > = | <"),
        ("no-referrer-when-downgrade", "> > > | > | = <"),
        ("unsafe-url", "> > > > > > > ="),
    ];
    let policy = |name: &str| ReferrerPolicy::parse(name).unwrap();
    let mut pairs = 0;
    for (required, row) in table {
        for ((found, _), sign) in table.iter().zip(row.split(' ')) {
            assert_eq!(policy(required).compare(&policy(found)).order, super::sign(sign), "required {required}, found {found}");
            pairs += 1;
            for (third, _) in table {
                laws(&policy(required), &policy(found), &policy(third)).unwrap();
            }
        }
    }
    assert_eq!(pairs, 64);
    assert_eq!(
        policy("no-referrer").compare(&policy("unsafe-url")).why,
        "unsafe-url sends the full address to the same origin and the full address to other origins and the full address to plain HTTP"
    );
    assert_eq!(
        policy("unsafe-url").compare(&policy("strict-origin")).why,
        "strict-origin sends the origin to the same origin and the origin to other origins and nothing to plain HTTP"
    );
}

#[test]
fn the_last_known_referrer_policy_wins() {
    // nextcloud/server#19416: a list for older browsers.
    let last = |text: &str| ReferrerPolicy::parse(text).unwrap();
    assert_eq!(last("no-referrer,strict-origin-when-cross-origin"), ReferrerPolicy::StrictOriginWhenCrossOrigin);
    assert_eq!(last("No-Referrer , , future-policy"), ReferrerPolicy::NoReferrer);
    assert_eq!(ReferrerPolicy::from_lines(&["unsafe-url", "same-origin"]), Ok(ReferrerPolicy::SameOrigin));
    assert_eq!(ReferrerPolicy::from_lines(&[]).ok(), ReferrerPolicy::absent());
    for text in ["", "never", "no-referrer;", "no-referrer same-origin"] {
        assert!(ReferrerPolicy::parse(text).is_err(), "{text}");
    }
}

fn framing(xfo: &[&str], csp: Option<&str>) -> Framing {
    Framing::from_headers(xfo, csp.map(|text| Csp::parse(text).unwrap()).as_ref())
}

#[test]
fn x_frame_options_is_a_set() {
    let (deny, same, nobody) = (framing(&["DENY"], None), framing(&["SAMEORIGIN"], None), Framing::absent().unwrap());
    let cases: [(&[&str], &Framing); 11] = [
        (&["deny"], &deny),
        (&[" SameOrigin "], &same),
        // Twice the same is the same: the Observatory calls it invalid.
        (&["SAMEORIGIN, SAMEORIGIN"], &same),
        (&["SAMEORIGIN", "sameorigin"], &same),
        // Contradictions block every frame.
        (&["SAMEORIGIN, DENY"], &deny),
        (&["ALLOWALL, foo"], &deny),
        (&["SAMEORIGIN", "x"], &deny),
        // No protection at all.
        (&["ALLOW-FROM https://a.example"], &nobody),
        (&["ALLOWALL"], &nobody),
        (&["foo, bar"], &nobody),
        (&[], &nobody),
    ];
    for (lines, expected) in cases {
        assert_eq!(&framing(lines, None), expected, "{lines:?}");
    }
    assert_eq!((same.compare(&deny).order, deny.compare(&same).order), (Order::Stricter, Order::Weaker));
    let comparison = same.compare(&nobody);
    assert_eq!((comparison.order, comparison.why.as_str()), (Order::Weaker, "everybody may frame the page"));
}

#[test]
fn frame_ancestors_makes_x_frame_options_unread() {
    let required = Framing::required(Some("SAMEORIGIN"), "frame-ancestors 'self'").unwrap();
    assert_eq!(required.to_string(), "frame-ancestors 'self'");
    let order = |xfo: &[&str], csp| required.compare(&framing(xfo, csp)).order;
    assert_eq!(order(&["SAMEORIGIN"], None), Order::Equal);
    assert_eq!(order(&["SAMEORIGIN"], Some("default-src 'none'")), Order::Equal);
    assert_eq!(order(&["DENY"], Some("frame-ancestors https://partner.example")), Order::Incomparable);
    assert_eq!(order(&["DENY"], Some("frame-ancestors 'self' https://partner.example")), Order::Weaker);
    assert_eq!(order(&[], Some("frame-ancestors 'none'")), Order::Stricter);
    assert_eq!(order(&["ALLOW-FROM https://a.example"], None), Order::Weaker);
    // Each policy holds.
    assert_eq!(order(&[], Some("frame-ancestors *, frame-ancestors 'self'")), Order::Equal);
    // 'self' is the page's own origin.
    let csp = Csp::parse("frame-ancestors https://app.example.com").unwrap().with_self_origin(Some("https://app.example.com"));
    assert_eq!(required.compare(&Framing::from_headers(&[], Some(&csp))).order, Order::Equal);
    let why = required.compare(&framing(&["DENY"], Some("frame-ancestors 'self' https://partner.example"))).why;
    assert_eq!(why, "frame-ancestors: https://partner.example is not covered by the required frame-ancestors 'self'");
    assert!(Framing::required(None, "").is_err());
    assert!(Framing::required(Some("ALLOW-FROM https://a.example"), "").is_err());
    for text in ["", "ALLOWALL", "default-src 'self'"] {
        assert!(Framing::parse(text).is_err(), "{text}");
    }
    assert_eq!(Framing::parse("DENY"), Framing::parse("frame-ancestors 'none'"));
}

fn hsts_texts() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "max-age=0",
        "max-age=1",
        "max-age=31536000",
        "Max-Age=\"2\"",
        "includeSubDomains",
        "INCLUDESUBDOMAINS",
        "preload",
        "",
        "foo=bar",
    ]);
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.join(";"))
}

fn framings() -> impl Strategy<Value = Framing> {
    let xfo = prop::sample::select(vec![vec![], vec!["DENY"], vec!["SAMEORIGIN"], vec!["ALLOW-FROM x"], vec!["DENY", "SAMEORIGIN"]]);
    let sources = prop::sample::subsequence(vec!["'self'", "https://a.example", "https://*.example", "https:", "*"], 0..3);
    let csp = prop::option::of(prop::collection::vec(sources.prop_map(|s| format!("frame-ancestors {}", s.join(" "))), 1..3));
    (xfo, csp).prop_map(|(xfo, csp)| framing(&xfo, csp.map(|c| c.join(", ")).as_deref()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn hsts_is_an_order(a in hsts_texts(), b in hsts_texts(), c in hsts_texts()) {
        let read = |text: &str| Hsts::parse(text).unwrap_or(Hsts::Off);
        laws(&read(&a), &read(&b), &read(&c))?;
        if let Ok(value) = Hsts::parse(&a) {
            prop_assert_eq!(Hsts::parse(&value.to_string()), Ok(value));
            let mut parts: Vec<&str> = a.split(';').collect();
            parts.reverse();
            prop_assert_eq!(Hsts::parse(&format!(" {} ", parts.join(" ;\t")).to_ascii_uppercase()), Ok(value));
        }
    }

    #[test]
    fn framing_is_an_order(a in framings(), b in framings(), c in framings()) {
        laws(&a, &b, &c)?;
        if a.is_restricted() {
            prop_assert_eq!(a.compare(&Framing::parse(&a.to_string()).unwrap()).order, Order::Equal);
        }
    }

    /// Lists of values: white space, letter case and where one line ends and the next begins.
    #[test]
    fn layout_of_lists_changes_nothing(words in prop::collection::vec(prop::sample::select(vec!["deny", "sameorigin", "nosniff", "origin", "no-referrer", "x", ""]), 1..4)) {
        let plain = words.join(",");
        let loud = format!(" {}\t", words.join(" \t,  ").to_ascii_uppercase());
        prop_assert_eq!(Nosniff::parse(&plain).ok(), Nosniff::parse(&loud).ok());
        prop_assert_eq!(Nosniff::parse(&plain).ok(), Nosniff::from_lines(&words).ok());
        prop_assert_eq!(ReferrerPolicy::parse(&plain).ok(), ReferrerPolicy::parse(&loud).ok());
        prop_assert_eq!(ReferrerPolicy::parse(&plain).ok(), ReferrerPolicy::from_lines(&words).ok());
        let mut reversed = words.clone();
        reversed.reverse();
        prop_assert_eq!(framing(&[&plain], None), framing(&[&loud], None));
        prop_assert_eq!(framing(&[&plain], None), framing(&reversed, None));
    }

    #[test]
    fn layout_of_the_xss_filter_changes_nothing(parts in prop::sample::subsequence(vec!["mode=block", "report=/r", "", "x"], 0..4)) {
        let plain = format!("1;{}", parts.join(";"));
        let mut other = parts.clone();
        other.reverse();
        let loud = format!("\t1 ; {} ", other.join(" ;").replace('=', " = ").to_ascii_uppercase());
        prop_assert_eq!(XssProtection::parse(&plain).ok(), XssProtection::parse(&loud).ok());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-zA-Z0-9=;,\" \t\\\\ä]{0,40}") {
        let _ = (Hsts::parse(&text), Nosniff::parse(&text), XssProtection::parse(&text), ReferrerPolicy::parse(&text), Framing::parse(&text));
    }
}
