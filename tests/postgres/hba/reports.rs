//! Public reports about other tools, each with its smallest input, and mistakes that were seen in the source of others.

use super::{check, dangers, notes, policy, records, rules};
use secgen::finding::Kind;
use secgen::strictness::postgres::hba::{Connection, Method};

fn reads(text: &str, version: u32) {
    for (line, record) in records(text, version) {
        assert!(record.is_ok(), "line {line}: {record:?}\n{text}");
    }
}

/// ansible-collections/community.postgresql#795: a file with include_dir makes the tool fail. Servers read it from 16 on.
#[test]
fn includes_are_followed() {
    let files = [
        ("pg_hba.conf", "local all postgres peer\ninclude_dir hba.d\nhost all all all reject\n"),
        ("hba.d/10.conf", "host app app 10.0.0.1/32 trust\n"),
        ("hba.d/x.txt", "!\n"),
    ];
    let (sources, reading) = check(&policy("16-18", None), &files);
    let found: Vec<_> = reading.findings.iter().map(|f| (f.rule.name, sources.place(f.primary.as_ref().unwrap().span))).collect();
    assert_eq!(found, [("hba-trust-network", "hba.d/10.conf:1".to_owned())]);
}

/// The order of a folder is that of bytes, and the first record decides.
#[test]
fn a_folder_is_read_in_the_order_of_bytes() {
    let files = [
        ("pg_hba.conf", "include_dir hba.d\n"),
        ("hba.d/9.conf", "local all all peer\n"),
        ("hba.d/10.conf", "local all all trust\n"),
        ("hba.d/.hidden.conf", "!\n"),
    ];
    let (_, reading) = check(&policy("16", None), &files);
    assert!(reading.findings.iter().any(|f| f.rule.name == "hba-trust-local"), "10 comes before 9");
    assert!(reading.findings.iter().any(|f| f.rule.name == "hba-record-shadowed"));
}

/// hercules-team/augeas#700 and #775: scram-sha-256 cannot be parsed.
#[test]
fn a_method_with_hyphens_is_a_method() {
    reads("local all all scram-sha-256\nhost all all 10.0.0.0/8 scram-sha-256\n", 15);
    assert_eq!(rules("hostgssenc all \"my db\" all scram-sha-256").entries[0].record().unwrap().connection, Connection::Hostgssenc);
}

/// zalando/postgres-operator#2975: a reject for connections without TLS is put below the record that lets them in.
#[test]
fn a_reject_below_what_it_excepts_is_found() {
    let text = "local all all peer\nhost all all 10.0.0.0/8 scram-sha-256\nhostnossl all all 10.0.0.0/8 reject\n";
    assert_eq!(dangers(text), ["hba-plaintext", "hba-reject-shadowed"]);
}

/// sameersbn/docker-postgresql#68: a record that is added below the one for everybody never matches.
#[test]
fn a_record_below_the_one_for_everybody_is_found() {
    let text = "hostssl all all 0.0.0.0/0 cert\nhostssl app app 10.0.0.5/32 scram-sha-256\nhost all all all reject\n";
    assert!(notes(text).contains(&"hba-record-shadowed"));
}

/// ansible-collections/community.postgresql#420: names in quotes, with blanks. #705: a comment glued to a word.
#[test]
fn quotes_and_comments_are_those_of_the_server() {
    let text = "local \"my db\" \"my user\" peer\nlocal all all md5#comment\nlocal \"a#b\" all peer # why\n";
    reads(text, 15);
    let rules = rules(text);
    assert_eq!(rules.to_string(), "local \"my db\" \"my user\" peer\nlocal all all md5\nlocal \"a#b\" all peer");
}

/// HexaCluster/pgdsat#23: a record for everybody that rejects is reported as open.
#[test]
fn a_reject_for_everybody_is_no_danger() {
    let text = "hostnossl all all 0.0.0.0/0 reject\nhostnossl all all ::/0 reject\nhost all all all reject\n";
    assert_eq!((dangers(text), notes(text)), (vec![], vec![]));
}

/// klouddb/klouddbshield compares the address with 0.0.0.0/0, and the view it asks has address and mask apart.
#[test]
fn every_spelling_of_everybody_is_one() {
    for address in ["0.0.0.0/0", "0.0.0.0 0.0.0.0", "::/0", "::0/0", ":: ::", "all", "10.0.0.1/0", "0/0", "0x0/00"] {
        let found = dangers(&format!("hostssl app app {address} scram-sha-256\nhost all all all reject\n"));
        assert_eq!(found, ["hba-address-wide"], "{address}");
    }
}

/// dev-sec/postgres-baseline looks for lines that begin with `host `: a tab or an indented line is not seen, and a reject is
/// reported.
#[test]
fn blanks_of_every_kind_are_blanks() {
    for text in ["host\tapp\tapp\t10.0.0.1/32\ttrust\n", "   host app app 10.0.0.1/32 trust\r\n", "\"host\" app app 10.0.0.1/32 trust"] {
        assert_eq!(dangers(text), ["hba-trust-network"], "{text:?}");
    }
}

/// pgdsat splits at blanks and skips what it does not know; a line that goes on is two to it.
#[test]
fn nothing_is_skipped_silently() {
    assert_eq!(dangers("host all all \\\n  0.0.0.0/0 trust\n"), ["hba-trust-network"]);
    let (_, reading) = check(&policy("15", None), &[("pg_hba.conf", "hots all all 0.0.0.0/0 trust\n")]);
    assert!(reading.findings.iter().any(|f| f.kind == Kind::Error && f.message.contains("\"hots\" is no type of connection")));
}

/// InSpec reads no mask, and comments at the start of a line only.
#[test]
fn masks_are_masks() {
    let record = rules("host app app 10.0.0.0 255.0.0.0 md5 # trust").entries[0].record().cloned().unwrap();
    assert_eq!((record.address.unwrap().to_string().as_str(), record.method), ("10.0.0.0/8", Method::Md5));
}

/// supabase's rules let in every program of the machine over TCP.
#[test]
fn trust_on_loopback_has_a_rule_of_its_own() {
    assert_eq!(dangers("host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\n"), ["hba-trust-loopback", "hba-trust-loopback"]);
}

/// GoogleCloudPlatform/inspec-gcp-cis-benchmark#116: a server that takes connections with TLS only is reported all the same.
#[test]
fn a_server_with_tls_only_is_no_finding() {
    let files = [
        ("postgresql.conf", "ssl = on\nhba_file = 'pg_hba.conf'\n"),
        ("pg_hba.conf", "local all postgres peer\nhostssl app app 10.0.0.0/24 scram-sha-256\nhost all all all reject\n"),
    ];
    let (_, reading) = check(&policy("16", None), &files);
    assert!(reading.findings.iter().all(|f| !f.rule.name.starts_with("hba-")), "{:?}", reading.findings);
}
