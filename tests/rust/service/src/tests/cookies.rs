//! Cookies.

use crate::security::cookies::{InvalidValue, Settings};
use crate::security::policy::PROD;
use axum::http::{HeaderMap, HeaderValue};
use cookie::SameSite;

const SESSION: Settings = PROD.cookies.session;

#[test]
fn the_attributes_are_those_of_the_policy() {
    let set = SESSION.set("abc.DEF-_~").unwrap();
    assert_eq!(
        set,
        "__Host-session=abc.DEF-_~; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800"
    );
    let plain = Settings {
        name: "theme",
        secure: false,
        http_only: false,
        same_site: SameSite::Strict,
        max_age: None,
        path: "/app",
    };
    assert_eq!(
        plain.set("dark").unwrap(),
        "theme=dark; SameSite=Strict; Path=/app"
    );
    let none = Settings {
        same_site: SameSite::None,
        ..SESSION
    };
    assert!(
        none.set("x")
            .unwrap()
            .to_str()
            .unwrap()
            .contains("SameSite=None; Secure")
    );
}

#[test]
fn a_removal_hits_the_same_cookie() {
    let removal = SESSION.remove().unwrap();
    let removal = removal.to_str().unwrap();
    assert!(
        removal.starts_with("__Host-session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0")
    );
    assert!(removal.contains("Expires="), "{removal}");
}

#[test]
fn a_value_cannot_become_an_attribute() {
    for value in [
        "a; Domain=evil.example.com",
        "a;b",
        "a b",
        "a\r\nSet-Cookie: x=y",
        "\"quoted\"",
        "a,b",
        "a\\b",
        "ä",
        "\0",
        "\x7f",
    ] {
        assert_eq!(SESSION.set(value), Err(InvalidValue), "{value:?}");
    }
    assert!(SESSION.set("").is_ok());
}

fn read(lines: &[&'static str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("cookie", HeaderValue::from_static(line));
    }
    SESSION.read(&headers)
}

#[test]
fn one_cookie_of_the_name_is_read() {
    assert_eq!(read(&["__Host-session=abc"]), Some("abc".to_owned()));
    assert_eq!(
        read(&["a=b; __Host-session=abc; c=d"]),
        Some("abc".to_owned())
    );
    assert_eq!(
        read(&["a=b", "__Host-session=a=b=="]),
        Some("a=b==".to_owned())
    );
    assert_eq!(read(&["__Host-session="]), Some(String::new()));
    assert_eq!(read(&[]), None);
    assert_eq!(read(&["__host-session=abc"]), None, "names have a case");
    assert_eq!(read(&["x__Host-session=abc; __Host-session2=abc"]), None);
    assert_eq!(read(&["__Host-session"]), None);
}

#[test]
fn of_two_cookies_of_the_name_none_is_ours() {
    assert_eq!(read(&["__Host-session=abc; __Host-session=def"]), None);
    assert_eq!(read(&["__Host-session=abc", "__Host-session=abc"]), None);
    assert_eq!(read(&["__Host-session=\"abc\""]), None);
}
