//! Whose request it is.

use super::ip;
use crate::security::client_ip::{Cidr, Network};
use axum::http::{HeaderMap, HeaderValue};

const NETWORK: Network = Network {
    trusts: &[Cidr::v4([10, 0, 0, 0], 8), Cidr::v6(0xfd00 << 112, 8)],
    ipv6_prefix: 64,
};

fn client(peer: &str, lines: &[&[u8]]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
    }
    NETWORK.client_ip(ip(peer), &headers).to_string()
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
fn other_headers_say_nothing() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("forwarded", "for=1.2.3.4"),
        ("x-real-ip", "1.2.3.4"),
        ("x-client-ip", "1.2.3.4"),
        ("true-client-ip", "1.2.3.4"),
        ("cf-connecting-ip", "1.2.3.4"),
    ] {
        headers.append(name, HeaderValue::from_static(value));
    }
    assert_eq!(
        NETWORK.client_ip(ip("10.0.0.1"), &headers),
        ip("10.0.0.1"),
        "only what our proxies write"
    );
}

#[test]
fn the_bounds_of_networks_are_exact() {
    let cases: [(Cidr, &str, bool); 13] = [
        (Cidr::v4([0, 0, 0, 0], 0), "255.255.255.255", true),
        (Cidr::v4([0, 0, 0, 0], 0), "::1", false),
        (Cidr::v4([10, 0, 0, 0], 8), "10.255.255.255", true),
        (Cidr::v4([10, 0, 0, 0], 8), "11.0.0.0", false),
        (Cidr::v4([10, 1, 2, 3], 32), "10.1.2.3", true),
        (Cidr::v4([10, 1, 2, 3], 32), "10.1.2.2", false),
        (Cidr::v4([10, 1, 2, 3], 255), "10.1.2.2", false),
        (Cidr::v4([10, 1, 2, 3], 31), "10.1.2.2", true),
        (Cidr::v6(0, 0), "ffff::", true),
        (Cidr::v6(0, 0), "10.0.0.1", false),
        (Cidr::v6(0xfd00 << 112, 8), "fdff::1", true),
        (Cidr::v6(0xfd00 << 112, 8), "fe00::", false),
        (Cidr::v6(1, 128), "::2", false),
    ];
    for (net, address, inside) in cases {
        assert_eq!(net.contains(ip(address)), inside, "{net:?} {address}");
    }
}

#[test]
fn ipv6_clients_are_counted_by_network() {
    let key = |address: &str, ipv6_prefix| {
        let network = Network {
            ipv6_prefix,
            ..NETWORK
        };
        network.rate_key(ip(address)).to_string()
    };
    let v6 = "2001:db8:1:2:3:4:5:6";
    assert_eq!(key(v6, 64), "2001:db8:1:2::");
    assert_eq!(key(v6, 48), "2001:db8:1::");
    assert_eq!(key(v6, 128), v6);
    assert_eq!(key(v6, 0), "::");
    assert_eq!(key(v6, 255), v6);
    assert_eq!(key("::ffff:1.2.3.4", 64), "1.2.3.4");
    assert_eq!(key("1.2.3.4", 64), "1.2.3.4");
}
