//! Rules that are rendered, and every step away from them: what weakens is found, what only looks different is not.

use super::{policy, verdict};
use secgen::finding::Verdict;
use serde_json::{Value, json};

fn required() -> Value {
    json!([
        { "type": "local", "database": "all", "user": "postgres", "method": "peer" },
        { "type": "hostnossl", "database": "all", "user": "all", "address": "all", "method": "reject" },
        { "type": "hostssl", "database": "app", "user": "blocked", "address": "10.0.0.0/8", "method": "reject" },
        { "type": "hostssl", "database": "app", "user": "app", "address": "10.0.0.0/8", "method": "scram-sha-256" },
        { "type": "hostssl", "database": "app", "user": "+team", "address": "10.1.0.0/16", "method": "scram-sha-256", "options": { "clientcert": "verify-full" } },
        { "type": "hostssl", "database": "replication", "user": "standby", "address": "10.0.0.5/32", "method": "cert", "options": { "map": "standbys" } },
        { "type": "host", "database": "all", "user": "all", "address": "all", "method": "reject" },
    ])
}

const TEXT: &str = "\
local all postgres peer
hostnossl all all all reject
hostssl app blocked 10.0.0.0/8 reject
hostssl app app 10.0.0.0/8 scram-sha-256
hostssl app +team 10.1.0.0/16 scram-sha-256 clientcert=verify-full
hostssl replication standby 10.0.0.5/32 cert map=standbys
host all all all reject
";

#[test]
fn steps_that_weaken_are_found() {
    let policy = policy("14-18", Some(&required()));
    assert_eq!(verdict(&policy, TEXT).0, Verdict::Equal);
    let steps = [
        // The method.
        ("postgres peer", "postgres trust"),
        ("postgres peer", "postgres md5"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 md5"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 password"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 trust"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 trust clientcert=verify-ca"),
        (" clientcert=verify-full", ""),
        (" clientcert=verify-full", " clientcert=verify-ca"),
        ("cert map=standbys", "scram-sha-256"),
        ("cert map=standbys", "cert"),
        ("map=standbys", "map=others"),
        // The address.
        ("app 10.0.0.0/8 scram", "app 10.0.0.0/7 scram"),
        ("app 10.0.0.0/8 scram", "app 0.0.0.0/0 scram"),
        ("app 10.0.0.0/8 scram", "app all scram"),
        ("10.1.0.0/16", "10.0.0.0/15"),
        ("10.0.0.5/32", "10.0.0.4/31"),
        ("10.0.0.5/32", "samenet"),
        ("10.0.0.0/8 reject", "10.0.0.0/16 reject"),
        // The transport.
        ("hostssl replication standby 10.0.0.5/32 cert map=standbys", "host replication standby 10.0.0.5/32 scram-sha-256"),
        ("hostnossl all all all reject", "hostnossl app all all reject\nhost app2 x all trust"),
        // Who and what.
        ("hostssl app app", "hostssl all app"),
        ("hostssl app app", "hostssl app,other app"),
        ("hostssl app app", "hostssl app app,other"),
        ("hostssl app app", "hostssl app all"),
        ("hostssl app app", "hostssl app /^app"),
        ("app +team", "app \"+team\""),
        ("replication standby", "all,replication standby"),
        ("replication standby", "\"replication\" standby"),
        ("local all postgres", "local all all"),
        ("local all postgres", "local all,replication postgres"),
        // Rejects that are gone, or come too late.
        ("hostssl app blocked 10.0.0.0/8 reject\n", "hostssl app blocked 10.0.0.0/8 scram-sha-256\n"),
        (
            "hostssl app blocked 10.0.0.0/8 reject\nhostssl app app",
            "hostssl app app,blocked 10.0.0.0/8 cert\nhostssl app blocked 10.0.0.0/8 reject\nhostssl app app",
        ),
        ("host all all all reject", "hostssl other all all scram-sha-256\nhost all all all reject"),
        ("local all postgres peer", "local all app trust\nlocal all postgres peer"),
    ];
    for (old, new) in steps {
        assert!(TEXT.contains(old), "{old}");
        let (verdict, why, finding) = verdict(&policy, &TEXT.replacen(old, new, 1));
        assert!(matches!(verdict, Verdict::Weaker | Verdict::Incomparable), "{old} -> {new}: {verdict:?} {why}");
        let finding = finding.unwrap();
        assert!(finding.primary.is_some() && !finding.help.is_empty() && !why.is_empty(), "{old} -> {new}: {finding:?}");
    }
}

/// The record for connections without TLS, moved to the end, leaves nothing open here; moved below one that lets in, it does.
#[test]
fn order_is_looked_at_for_what_it_does() {
    let policy = policy("14-18", Some(&required()));
    let host = TEXT.replace("hostssl app app", "host app app");
    assert_eq!(verdict(&policy, &host).0, Verdict::Equivalent, "the record above rejects what has no TLS");
    let late = host.replace("hostnossl all all all reject\n", "").replace("host all all all reject", "hostnossl all all all reject\nhost all all all reject");
    let (weaker, why, finding) = verdict(&policy, &late);
    assert_eq!(weaker, Verdict::Weaker);
    assert_eq!(why, "a client from 10.0.0.0/8 without TLS reaches database app as user app with scram-sha-256; the policy rejects it");
    let finding = finding.unwrap();
    assert_eq!(finding.related.len(), 1, "the policy's record stands below: {finding:?}");
    assert!(finding.help[0].contains("below"), "{:?}", finding.help);
}

#[test]
fn steps_that_only_look_different_are_not_found() {
    let policy = policy("14-18", Some(&required()));
    let steps = [
        ("local all", "# a comment\n\nlocal all"),
        ("local all", "local\t  all"),
        ("peer", "peer # why"),
        ("peer", "ident"),
        ("app app 10.0.0.0/8", "\"app\" \"app\" \"10.0.0.0/8\""),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0 255.0.0.0 scram-sha-256"),
        ("10.0.0.0/8 scram-sha-256", "10.9.8.7/8 scram-sha-256"),
        ("hostssl app app 10.0.0.0/8 scram-sha-256", "hostssl app app 10.0.0.0/9 scram-sha-256\nhostssl app app 10.128.0.0/9 scram-sha-256"),
        ("hostssl app app 10.0.0.0/8 scram-sha-256", "hostssl app app \\\n 10.0.0.0/8 scram-sha-256"),
        ("hostssl app app", "host app app"),
        ("cert map=standbys", "cert clientcert=verify-full map=standbys"),
        ("cert map=standbys", "cert clientname=CN \"map=standbys\""),
        ("host all all all reject\n", ""),
        ("host all all all reject", "host all all 0.0.0.0/0 reject\nhost all all ::/0 reject"),
        ("host all all all reject", "host all all all reject\nhost all all all trust\nhost all all all reject"),
        ("hostssl app blocked", "hostssl app app 10.0.0.0/8 scram-sha-256\nhostssl app blocked"),
        ("scram-sha-256\n", "scram-sha-256 \r\n"),
        ("+team", "+\"team\""),
    ];
    for (old, new) in steps {
        assert!(TEXT.contains(old), "{old}");
        let (verdict, why, _) = verdict(&policy, &TEXT.replacen(old, new, 1));
        assert!(matches!(verdict, Verdict::Equal | Verdict::Equivalent), "{old} -> {new}: {verdict:?} {why}");
    }
}

#[test]
fn more_than_is_asked_for_is_stricter() {
    let policy = policy("14-18", Some(&required()));
    for (old, new) in [
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/9 scram-sha-256"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 scram-sha-256 clientcert=verify-full"),
        ("10.0.0.0/8 scram-sha-256", "10.0.0.0/8 reject"),
        ("hostssl app app", "host app other all reject\nhostssl app app"),
        ("local all postgres", "local postgres postgres"),
        // A role is a member of itself.
        ("app +team", "app team"),
    ] {
        let (verdict, why, _) = verdict(&policy, &TEXT.replacen(old, new, 1));
        assert_eq!(verdict, Verdict::Stricter, "{old} -> {new}: {why}");
    }
}

#[test]
fn what_a_server_does_not_load_or_what_was_not_read_is_no_pass() {
    let policy = policy("16-18", Some(&required()));
    for text in [format!("{TEXT}nonsense\n"), format!("include /elsewhere/rules.conf\n{TEXT}"), TEXT.replace("app app", "app @/elsewhere/names")] {
        let (verdict, why, finding) = verdict(&policy, &text);
        assert!(matches!(verdict, Verdict::Unverifiable | Verdict::Incomparable), "{verdict:?} {why}\n{text}");
        assert!(finding.is_some());
    }
    // What stands below the last reject for everybody decides nothing but replication.
    let (verdict, _, _) = verdict(&policy, &TEXT.replace("hostssl app app", "host all all all trust\nhostssl app app"));
    assert_eq!(verdict, Verdict::Weaker);
}
