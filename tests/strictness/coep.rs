//! Cross-Origin-Embedder-Policy.

use super::laws;
use secgen::strictness::coep::Coep;
use secgen::strictness::{Order, Strictness};

#[test]
fn it_is_one_token_in_exact_case() {
    for value in Coep::ALL {
        assert_eq!(Coep::parse(value.name()), Ok(value));
        assert_eq!(Coep::parse(&format!(" {};report-to=\"x\"", value.name())), Ok(value));
    }
    for text in ["", "Require-Corp", "\"require-corp\"", "whimsy", "require-corp, require-corp", "require-corp; report-to=a b"] {
        assert!(Coep::parse(text).is_err(), "{text}");
    }
    assert!(Coep::from_lines(&["require-corp", "require-corp"]).is_err());
    assert_eq!(Coep::from_lines(&[]).ok(), Coep::absent());
}

#[test]
fn each_is_stricter_than_those_before_it() {
    for (i, required) in Coep::ALL.into_iter().enumerate() {
        for (j, found) in Coep::ALL.into_iter().enumerate() {
            let expected = match j.cmp(&i) {
                std::cmp::Ordering::Less => Order::Weaker,
                std::cmp::Ordering::Equal => Order::Equal,
                std::cmp::Ordering::Greater => Order::Stricter,
            };
            assert_eq!(required.compare(&found).order, expected, "required {required}, found {found}");
            for third in Coep::ALL {
                laws(&required, &found, &third).unwrap();
            }
        }
    }
    assert_eq!(Coep::RequireCorp.compare(&Coep::Credentialless).why, "the page loads from other origins without their consent, but without cookies");
}
