//! Whose request it is.

use crate::security::client_ip::{Network, rate_key, resolve};
use axum::http::{HeaderMap, HeaderValue};
use std::net::IpAddr;

const PROXIES: &[Network] = &[Network::v4([10, 0, 0, 0], 8), Network::v6(0xfd00 << 112, 8)];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn client(peer: &str, lines: &[&[u8]]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
    }
    resolve(ip(peer), &headers, PROXIES).to_string()
}

#[test]
fn strangers_speak_for_nobody() {
    assert_eq!(client("203.0.113.9", &[b"1.2.3.4"]), "203.0.113.9");
    assert_eq!(
        client("2001:db8::1", &[b"1.2.3.4", b"10.0.0.1"]),
        "2001:db8::1"
    );
    assert_eq!(client("203.0.113.9", &[]), "203.0.113.9");
}

#[test]
fn the_right_most_stranger_is_the_client() {
    assert_eq!(client("10.0.0.1", &[b"203.0.113.9"]), "203.0.113.9");
    assert_eq!(
        client("10.0.0.1", &[b"1.2.3.4, 203.0.113.9, 10.0.0.2"]),
        "203.0.113.9"
    );
    assert_eq!(
        client("10.0.0.1", &[b"1.2.3.4", b"203.0.113.9"]),
        "203.0.113.9",
        "the last line is our proxy's"
    );
    assert_eq!(client("fd00::1", &[b"2001:db8::7"]), "2001:db8::7");
    assert_eq!(
        client("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"]),
        "10.0.0.3",
        "all are ours"
    );
    assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
}

#[test]
fn garbage_ends_the_search() {
    for garbage in [
        &b"1.2.3.4, x"[..],
        b"1.2.3.4,",
        b"",
        b"1.2.3.4 5.6.7.8",
        b"999.1.1.1",
        b"1.2.3.4\xff",
        b"unknown",
        b"_hidden",
    ] {
        assert_eq!(client("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage:?}");
    }
    assert_eq!(client("10.0.0.1", &[b"1.2.3.4, x, 10.0.0.2"]), "10.0.0.2");
}

#[test]
fn addresses_have_many_forms() {
    assert_eq!(
        client("::ffff:10.0.0.1", &[b"203.0.113.9:4711"]),
        "203.0.113.9"
    );
    assert_eq!(client("10.0.0.1", &[b"[2001:db8::7]:443"]), "2001:db8::7");
    assert_eq!(client("10.0.0.1", &[b"[2001:db8::7]"]), "2001:db8::7");
    assert_eq!(client("10.0.0.1", &[b"::ffff:203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("10.0.0.1", &[b"::ffff:10.0.0.2"]), "10.0.0.2");
}

#[test]
fn ipv6_clients_are_counted_by_network() {
    assert_eq!(
        rate_key(ip("2001:db8:1:2:3:4:5:6"), 64),
        ip("2001:db8:1:2::")
    );
    assert_eq!(
        rate_key(ip("2001:db8:1:2:3:4:5:6"), 128),
        ip("2001:db8:1:2:3:4:5:6")
    );
    assert_eq!(rate_key(ip("2001:db8:1:2:3:4:5:6"), 0), ip("::"));
    assert_eq!(
        rate_key(ip("2001:db8:1:2:3:4:5:6"), 255),
        ip("2001:db8:1:2:3:4:5:6")
    );
    assert_eq!(rate_key(ip("::ffff:1.2.3.4"), 64), ip("1.2.3.4"));
    assert_eq!(rate_key(ip("1.2.3.4"), 64), ip("1.2.3.4"));
}
