//! Cross-Origin-Opener-Policy.

use super::laws;
use secgen::strictness::coop::Coop;
use secgen::strictness::{Order, Strictness};

#[test]
fn it_is_one_token_in_exact_case() {
    for value in Coop::ALL {
        assert_eq!(Coop::parse(value.name()), Ok(value));
        assert_eq!(Coop::parse(&format!("  {}; report-to=\"x\"; y ", value.name())), Ok(value), "parameters and white space change nothing");
    }
    for text in [
        "",
        "Same-Origin",
        "SAME-ORIGIN",
        "\"same-origin\"",
        "whimsy",
        "same-origin, same-origin",
        "same-origin; report-to=a b",
        "same-origin;",
        "1",
        "same origin",
    ] {
        assert!(Coop::parse(text).is_err(), "{text}");
    }
    // Twice the same turns it off, as when nginx and what it passes to both send it.
    let why = Coop::from_lines(&["same-origin", "same-origin"]).unwrap_err();
    assert!(why.starts_with("2 field lines together are no single value"), "{why}");
    assert_eq!(Coop::from_lines(&[]).ok(), Coop::absent());
}

#[test]
fn the_order_is_a_table() {
    // Rows required, columns found, in the order of `Coop::ALL`.
    let table = ["= > > >", "< = | |", "< | = >", "< | < ="];
    for (required, row) in Coop::ALL.into_iter().zip(table) {
        for (found, sign) in Coop::ALL.into_iter().zip(row.split(' ')) {
            assert_eq!(required.compare(&found).order, super::sign(sign), "required {required}, found {found}");
            for third in Coop::ALL {
                laws(&required, &found, &third).unwrap();
            }
        }
    }
    assert_eq!(Coop::SameOrigin.compare(&Coop::UnsafeNone).why, "pages of any origin keep a handle on the window");
    assert_eq!(Coop::absent().unwrap().compare(&Coop::UnsafeNone).order, Order::Equal);
}
