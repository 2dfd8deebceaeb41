//! Cross-Origin-Resource-Policy.

use super::laws;
use secgen::strictness::corp::Corp;
use secgen::strictness::{Order, Strictness};

#[test]
fn it_is_one_word_without_parameters() {
    for value in Corp::ALL {
        assert_eq!(Corp::parse(&format!(" {}\t", value.name())), Ok(value));
    }
    for text in ["", "Same-Origin", "same-origin; report-to=\"x\"", "\"same-origin\"", "same-origin, same-origin", "none"] {
        assert!(Corp::parse(text).is_err(), "{text}");
    }
    assert!(Corp::from_lines(&["same-origin", "same-origin"]).is_err());
    assert_eq!(Corp::from_lines(&[]).ok(), Corp::absent());
}

#[test]
fn each_is_stricter_than_those_before_it() {
    for (i, required) in Corp::ALL.into_iter().enumerate() {
        for (j, found) in Corp::ALL.into_iter().enumerate() {
            let expected = match j.cmp(&i) {
                std::cmp::Ordering::Less => Order::Weaker,
                std::cmp::Ordering::Equal => Order::Equal,
                std::cmp::Ordering::Greater => Order::Stricter,
            };
            assert_eq!(required.compare(&found).order, expected, "required {required}, found {found}");
            for third in Corp::ALL {
                laws(&required, &found, &third).unwrap();
            }
        }
    }
    assert_eq!(Corp::SameOrigin.compare(&Corp::SameSite).why, "pages of the same site may load it, other subdomains included");
}
