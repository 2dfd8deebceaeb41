//! Laws of the order, and a second opinion on it by asking client after client.

use super::rules;
use proptest::prelude::*;
use secgen::strictness::postgres::hba::{AccessRules, Client, Entry, Method, Record, Transport, method, reach};
use secgen::strictness::{Order, Strictness};
use std::net::IpAddr;

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(words)
}

/// A line of a file: of plain names only, or of everything.
fn line(plain: bool) -> impl Strategy<Value = String> {
    let databases: &[&str] = if plain {
        &["a", "b", "a,b", "all", "replication", "\"all\"", "sameuser"]
    } else {
        &["a", "b", "all", "replication", "/a", "sameuser", "samerole", "all,replication"]
    };
    let users: &[&str] = if plain { &["a", "b", "b,c", "all", "\"all\""] } else { &["a", "b", "all", "+r", "+a", "/b"] };
    let addresses: &[&str] = if plain {
        &["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "0.0.0.0/0", "127.0.0.1/32", "::/0", "::1/128", "all"]
    } else {
        &["10.0.0.0/8", "all", "samenet", "samehost", "db.example.com", ".example.com", "10.0.0.0 255.0.255.0", "::/0"]
    };
    let methods = &["trust", "reject", "reject", "password", "md5", "scram-sha-256", "scram-sha-256", "ldap ldapbasedn=x ldaptls=1", "gss"];
    let types = &["local", "host", "hostssl", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
    let tls = &["", "", " clientcert=verify-ca", " clientcert=verify-full"];
    (one_of(types), one_of(databases), one_of(users), one_of(addresses), one_of(methods), one_of(tls)).prop_map(
        |(kind, database, user, address, method, tls)| {
            if kind == "local" {
                return format!("local {database} {user} {}", method.replace("gss", "peer"));
            }
            format!("{kind} {database} {user} {address} {method}{}", if kind == "hostssl" { tls } else { "" })
        },
    )
}

fn file(plain: bool) -> impl Strategy<Value = AccessRules> {
    proptest::collection::vec(line(plain), 0..6).prop_map(|lines| rules(&lines.join("\n")))
}

fn covers(required: &AccessRules, found: &AccessRules) -> bool {
    matches!(required.compare(found).order, Order::Equal | Order::Stricter)
}

fn front(rules: &AccessRules, text: &str) -> AccessRules {
    AccessRules { entries: super::rules(text).entries.into_iter().chain(rules.entries.iter().cloned()).collect() }
}

/// Every kind of client of the plain vocabulary.
fn clients() -> Vec<Client<'static>> {
    let addresses: Vec<IpAddr> = ["10.1.0.1", "10.200.0.1", "127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"].iter().map(|a| a.parse().unwrap()).collect();
    let mut all = Vec::new();
    for database in [Some("a"), Some("b"), Some("all"), Some("c"), Some("other"), None] {
        for user in ["a", "b", "c", "all", "other"] {
            all.push(Client { transport: Transport::Local, ip: None, database, user });
            for transport in [Transport::Plain, Transport::Tls, Transport::Gss] {
                all.extend(addresses.iter().map(|ip| Client { transport, ip: Some(*ip), database, user }));
            }
        }
    }
    all
}

fn decided<'a>(rules: &'a AccessRules, client: &Client<'_>) -> Option<&'a Record> {
    let index = rules.decide(client).expect("plain names only");
    index.and_then(|index| rules.entries[index].record()).filter(|record| record.method != Method::Reject)
}

fn at_least(found: Option<&Record>, required: Option<&Record>, transport: Transport) -> bool {
    match (found, required) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(found), Some(required)) => method::is_at_least(found, required, transport),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_order_is_one(a in file(false), b in file(false), c in file(false)) {
        prop_assert_eq!(a.compare(&a).order, Order::Equal);
        let mirrored = match a.compare(&b).order { Order::Stricter => Order::Weaker, Order::Weaker => Order::Stricter, same => same };
        prop_assert_eq!(b.compare(&a).order, mirrored);
        if covers(&a, &b) && covers(&b, &c) {
            prop_assert!(covers(&a, &c), "{}\n\n{}\n\n{}", a, b, c);
        }
        let said = a.compare(&b);
        prop_assert_eq!(said.why.is_empty(), said.order == Order::Equal);
        // Its own text says the same.
        prop_assert_eq!(&rules(&a.to_string()), &a);
    }

    #[test]
    fn asking_client_after_client_gives_the_same(a in file(true), b in file(true)) {
        let (mut found_holds, mut required_holds) = (true, true);
        for client in clients() {
            let (required, found) = (decided(&a, &client), decided(&b, &client));
            found_holds &= at_least(found, required, client.transport);
            required_holds &= at_least(required, found, client.transport);
        }
        prop_assert_eq!(a.compare(&b).order, Order::from_covers(found_holds, required_holds), "{}\n\n{}", a, b);
    }

    #[test]
    fn a_reject_in_front_never_weakens(a in file(false), at in line(false)) {
        let words: Vec<&str> = at.split(' ').collect();
        let count = if words[0] == "local" { 3 } else if at.contains("255.0.255.0") { 5 } else { 4 };
        let reject = format!("{} reject", words[..count].join(" "));
        prop_assert!(covers(&a, &front(&a, &reject)), "{}\n\n{}", reject, a);
        // And trust in front never strengthens.
        let trust = format!("{} trust", words[..count].join(" "));
        prop_assert!(covers(&front(&a, &trust), &a), "{}\n\n{}", trust, a);
    }

    #[test]
    fn a_record_that_decides_nothing_may_go(a in file(false)) {
        let reaches = reach::of(&a).unwrap();
        for (index, reach) in reaches.iter().enumerate().filter(|(_, reach)| !reach.decides) {
            let mut without = a.clone();
            without.entries.remove(index);
            prop_assert_eq!(a.compare(&without).order, Order::Equal, "line {} of\n{}", index + 1, a);
            prop_assert!(!reach.behind.is_empty() || a.entries[index].record().is_some());
        }
        // A last reject says what holds anyhow.
        let mut with_reject = a.clone();
        with_reject.entries.extend(rules("host all,replication all all reject\nlocal all,replication all reject").entries);
        prop_assert_eq!(a.compare(&with_reject).order, Order::Equal);
    }
}

#[test]
fn records_that_were_not_read_are_no_pass() {
    let required = rules("local all all peer\nhost all all all reject");
    let unseen = AccessRules { entries: vec![Entry::Unseen("x".to_owned()), required.entries[0].clone()] };
    assert_eq!(required.compare(&unseen).order, Order::Incomparable);
    assert_eq!(unseen.compare(&unseen).order, Order::Equal);
    let behind = AccessRules { entries: required.entries.iter().cloned().chain([Entry::Unseen("x".to_owned())]).collect() };
    assert_eq!(required.compare(&behind).order, Order::Incomparable, "replication may be let in there");
}

#[test]
fn methods_are_ordered_by_what_they_prove() {
    let at_least = |a: &str, b: &str, transport| {
        let record = |method: &str| rules(&format!("hostssl all all all {method}")).entries[0].record().cloned().unwrap();
        method::is_at_least(&record(a), &record(b), transport)
    };
    let tls = Transport::Tls;
    let rising = ["trust", "trust clientcert=verify-ca"];
    assert!(at_least(rising[1], rising[0], tls) && !at_least(rising[0], rising[1], tls));
    for (strict, loose) in [
        ("password", "trust"),
        ("md5", "password"),
        ("md5", "ident"),
        ("scram-sha-256", "md5"),
        ("cert", "md5"),
        ("cert", "trust"),
        ("gss", "md5"),
        ("scram-sha-256 clientcert=verify-full", "cert"),
        ("scram-sha-256 clientcert=verify-full", "scram-sha-256"),
        ("scram-sha-256 clientcert=verify-full", "scram-sha-256 clientcert=verify-ca"),
        ("ldap ldapbasedn=x ldaptls=1", "ldap ldapbasedn=x"),
    ] {
        assert!(at_least(strict, loose, tls) && !at_least(loose, strict, tls), "{strict} and {loose}");
    }
    for (a, b) in
        [("scram-sha-256", "cert"), ("scram-sha-256", "gss"), ("password", "ident"), ("cert map=a", "cert"), ("scram-sha-256 clientcert=verify-ca", "cert")]
    {
        assert!(!(at_least(a, b, tls) && at_least(b, a, tls)), "{a} and {b}");
    }
    assert!(at_least("trust clientcert=verify-full", "cert", tls) && at_least("cert", "trust clientcert=verify-full", tls), "the same proof");
    assert!(at_least("md5", "ldap ldapbasedn=x ldaptls=1", Transport::Plain), "the password crosses the network in clear");
}
