//! OpenSSL cipher strings.

use crate::support;
use proptest::prelude::*;
use secgen::strictness::ciphers::{Build, CipherString};
use secgen::strictness::{Order, Strictness};
use std::collections::BTreeSet;

const NGINX_DEFAULT: &str = "HIGH:!aNULL:!MD5";
const INTERMEDIATE: [&str; 6] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
];

fn parse(text: &str) -> CipherString {
    CipherString::parse(text).unwrap()
}

fn order(required: &str, found: &str) -> Order {
    parse(required).compare(&parse(found)).order
}

#[test]
fn every_measured_string_gives_the_set_that_openssl_gives() {
    let Some(shared) = support::shared("OpenSSL's own answers") else { return };
    let text = std::fs::read_to_string(shared.join("vectors/openssl_ciphers.json")).unwrap();
    let data: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = |value: &serde_json::Value| value.as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    let vectors = data["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 109);
    for vector in vectors {
        let string = vector["string"].as_str().unwrap();
        let read = CipherString::parse_for(string, Build::Stock);
        assert_eq!(read.is_ok(), vector["ok"].as_bool().unwrap(), "{string}");
        let Ok(read) = read else { continue };
        let set = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(set(read.suites()), names(&vector["expanded"]), "{string}");
        assert_eq!(set(read.offered(2)), names(&vector["offered_tls12"]), "offered: {string}");
    }
    // What each word selects, beyond the strings above. The aliases were measured with TLS 1.3 suites left in.
    let tls13 = |name: &String| name.starts_with("TLS_");
    for (word, suites) in data["aliases"].as_object().unwrap() {
        let expected: BTreeSet<String> = suites.as_array().map(|_| names(suites)).unwrap_or_default().into_iter().filter(|n| !tls13(n)).collect();
        let read = CipherString::parse_for(word, Build::Stock).map(|c| c.suites()).unwrap_or_default();
        assert_eq!(read.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected, "{word}");
    }
    // Every row.
    for suite in data["ciphers"].as_array().unwrap() {
        let name = suite["openssl"].as_str().unwrap();
        let Some(highest) = suite["max_seclevel"].as_u64() else { continue };
        for level in 0..=5 {
            let read = CipherString::parse_for(&format!("{name}:@SECLEVEL={level}"), Build::Stock).unwrap();
            let shared_secret = name.contains("PSK") || name.starts_with("SRP");
            assert_eq!(read.offered(0).contains(&name), level <= highest && !shared_secret, "{name} at level {level}");
        }
        assert_eq!(parse(suite["iana"].as_str().unwrap()).suites(), [name]);
    }
}

/// The local OpenSSL, where it is the version that the table was measured with (suites of others differ).
fn openssl_3_0() -> Option<std::path::PathBuf> {
    let openssl = support::program("openssl", "/usr/bin/openssl".into())?;
    let version = std::process::Command::new(&openssl).arg("version").output().ok()?.stdout;
    let is_measured = version.starts_with(b"OpenSSL 3.0.");
    if !is_measured {
        eprintln!("SKIPPED: {} is not OpenSSL 3.0", openssl.display());
    }
    is_measured.then_some(openssl)
}

#[test]
fn random_strings_give_what_openssl_itself_gives() {
    let Some(openssl) = openssl_3_0() else { return };
    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let ran = runner.run(&strings(), |string| {
        // The colon keeps a leading `-` from being taken for an option.
        let output = std::process::Command::new(&openssl).env("OPENSSL_CONF", "/dev/null").args(["ciphers", &format!(":{string}")]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let expected: BTreeSet<&str> = stdout.trim().split(':').filter(|name| !name.is_empty() && !name.starts_with("TLS_")).collect();
        let read = CipherString::parse_for(&format!(":{string}"), Build::Stock);
        prop_assert_eq!(read.is_ok(), output.status.success(), "{}", &string);
        prop_assert_eq!(read.map(|c| c.suites().into_iter().collect::<BTreeSet<_>>()).unwrap_or_default(), expected, "{}", string);
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn the_table_is_complete_without_the_measurements() {
    let stock = |text: &str| CipherString::parse_for(text, Build::Stock).unwrap();
    let counts = [(NGINX_DEFAULT, 125, 71), ("DEFAULT", 57, 27), ("ALL:eNULL", 155, 71), ("ECDHE+AESGCM:ECDHE+CHACHA20", 6, 6), ("CBC", 76, 36)];
    for (string, expanded, offered) in counts {
        assert_eq!((stock(string).suites().len(), stock(string).offered(2).len()), (expanded, offered), "{string}");
    }
}

#[test]
fn the_grammar_is_openssls() {
    let both = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"];
    let cases: [(&str, &[&str]); 9] = [
        ("ECDHE-RSA-AES128-GCM-SHA256,ECDHE-RSA-AES256-GCM-SHA384", &both),
        ("ECDHE-RSA-AES128-GCM-SHA256; ECDHE-RSA-AES256-GCM-SHA384::", &both),
        ("ECDHE-RSA-AES128-GCM-SHA256:-ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", &both[..1]),
        ("!ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", &both[1..]),
        // An item ends at the second `!`, and both exclusions hold.
        ("ECDHE+AESGCM+aRSA:!AES128!SHA1", &both[1..]),
        // After an unknown word the rest of the item is thrown away, exclusions included.
        ("ECDHE+AESGCM+aRSA:!BOGUS!AES128", &both),
        ("ECDHE+AESGCM+aRSA+BOGUS:ECDHE-RSA-AES128-GCM-SHA256", &both[..1]),
        // The same where no suite can have both words.
        ("ECDHE+AESGCM+aRSA:!kRSA+kDHE!AES128", &both),
        ("SUITEB192:ALL", &["ECDHE-ECDSA-AES256-GCM-SHA384"]),
    ];
    for (string, expected) in cases {
        let (mut suites, mut expected) = (parse(string).suites(), expected.to_vec());
        suites.sort_unstable();
        expected.sort_unstable();
        assert_eq!(suites, expected, "{string}");
    }
    for broken in ["", " ", "*", "HIGH:*", "HIGH:!", "HIGH:ECDHE+", "HIGH:@BOGUS", "HIGH:@SECLEVEL=6", "high", "!ALL", "AES128-SHA:!AES", "HIGH:ä"] {
        assert!(CipherString::parse(broken).is_err(), "{broken}");
    }
    assert_eq!(parse("HIGH:@SECLEVEL=3").security_level(), Some(3));
}

#[test]
fn the_widest_build_is_assumed() {
    // Debian's OpenSSL has none of these; another may.
    for weak in ["RC4", "3DES", "MEDIUM", "DES-CBC3-SHA", "EXP-RC4-MD5", "LOW", "EDH-RSA-DES-CBC3-SHA"] {
        assert!(CipherString::parse_for(weak, Build::Stock).is_err(), "{weak}");
        assert_eq!(order("ECDHE+AESGCM", &format!("ECDHE+AESGCM:{weak}")), Order::Weaker, "{weak}");
    }
    // A family of the past is added by its own words only.
    assert_eq!(order("ECDHE+AESGCM", "ECDH+AESGCM"), Order::Equal);
    assert_eq!(order("ECDHE+AESGCM", "ECDH+AESGCM:kECDH+AESGCM"), Order::Weaker);
    // OpenSSL 3.2 reads IANA's names: they may add, and must not be trusted to exclude.
    assert_eq!(order("ECDHE+AESGCM", "ECDHE+AESGCM:TLS_RSA_WITH_AES_128_CBC_SHA"), Order::Weaker);
    let found = parse("AES128-SHA:AES256-SHA:!TLS_RSA_WITH_AES_128_CBC_SHA");
    assert_eq!((found.suites().len(), found.ignored_exclusions()), (2, &["!TLS_RSA_WITH_AES_128_CBC_SHA".to_owned()][..]));
}

#[test]
fn unknown_words_are_reported() {
    let found = parse("TLS_AES_128_GCM_SHA256:ECDHE+AESGCM:!aNUL:!RC4:!EXP:!KRB5-DES-CBC3-SHA:-BOGUS+AES");
    assert_eq!(found.unknown_words(), ["TLS_AES_128_GCM_SHA256", "aNUL", "BOGUS"]);
    assert_eq!(found.ignored_exclusions(), ["!aNUL", "-BOGUS+AES"]);
    let why = CipherString::parse("PROFILE=SYSTEM").unwrap_err();
    assert!(why.contains("system-wide") && CipherString::is_system_profile("PROFILE=SYSTEM"), "{why}");
}

#[test]
fn nginxs_default_is_weaker_than_mozillas_intermediate_list() {
    let required = CipherString::from_names(INTERMEDIATE.into_iter().chain(["TLS_AES_128_GCM_SHA256"])).unwrap();
    let comparison = required.compare(&parse(NGINX_DEFAULT));
    assert_eq!(comparison.order, Order::Weaker);
    assert!(comparison.why.contains("65 suites (36 CBC, 16 without forward secrecy)"), "{}", comparison.why);
    assert!(comparison.why.ends_with("and 62 more"), "{}", comparison.why);
    assert_eq!(required.compare(&parse("EECDH+AESGCM:EECDH+CHACHA20")).order, Order::Equal);
    let stricter = required.compare(&parse("ECDHE+AESGCM"));
    assert_eq!((stricter.order, stricter.why.starts_with("does not offer 2 suites:")), (Order::Stricter, true), "{}", stricter.why);
    // What a server offers to nobody changes nothing, unless the security level is 0.
    assert_eq!(required.compare(&parse("ECDHE+AESGCM:ECDHE+CHACHA20:aNULL:PSK")).order, Order::Equal);
    let anonymous = required.compare(&parse("ECDHE+AESGCM:ECDHE+CHACHA20:aNULL:@SECLEVEL=0"));
    assert_eq!(anonymous.order, Order::Weaker);
    assert!(anonymous.why.contains("without authentication"), "{}", anonymous.why);
    let low = required.compare(&parse("ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=0"));
    assert_eq!((low.order, low.why.starts_with("@SECLEVEL=0 also permits")), (Order::Weaker, true), "{}", low.why);
    assert_eq!(parse("ECDHE+AESGCM:@SECLEVEL=0").compare(&parse("ECDHE+AESGCM")).order, Order::Stricter);
    assert_eq!(parse("ECDHE+AESGCM").compare(&parse("ECDHE+AESGCM:@SECLEVEL=2")).order, Order::Equal);
    assert!(CipherString::from_names(["ECDHE-RSA-AES129"]).is_err());
    assert!(CipherString::from_names(["TLS_AES_128_GCM_SHA256"]).is_err());
}

/// Strings of every kind of item, with separators of every kind.
fn strings() -> impl Strategy<Value = String> {
    let words =
        ["ECDHE", "AESGCM", "HIGH", "ALL", "kRSA", "aRSA", "SHA1", "AES128-SHA", "DES-CBC3-SHA", "CHACHA20", "BOGUS", "RC4", "eNULL", "TLSv1.2", "kECDH"];
    let item = (prop::sample::select(vec!["", "", "", "-", "!", "+"]), prop::collection::vec(prop::sample::select(words.to_vec()), 1..3));
    let item = item.prop_map(|(command, words)| format!("{command}{}", words.join("+")));
    let separated = (item, prop::sample::select(vec![":", " ", ",", ";", "::", "!"])).prop_map(|(item, separator)| format!("{item}{separator}"));
    prop::collection::vec(separated, 1..6).prop_map(|parts| parts.concat().trim_end_matches(['!', ':', ' ', ',', ';']).to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn strings_are_ordered(a in strings(), b in strings(), c in strings()) {
        let (Ok(a), Ok(b), Ok(c)) = (CipherString::parse(&a), CipherString::parse(&b), CipherString::parse(&c)) else { return Ok(()) };
        super::laws(&a, &b, &c)?;
        prop_assert_eq!(a.compare(&CipherString::parse(&a.to_string()).unwrap()).order, Order::Equal);
        let equal = a.compare(&b).order == Order::Equal;
        prop_assert_eq!(equal, a.offered(1) == b.offered(1));
    }

    #[test]
    fn separators_and_white_space_change_nothing(a in strings()) {
        let other = format!("  {}: ", a.replace([':', ' ', ';'], " , "));
        match (CipherString::parse(&a), CipherString::parse(&other)) {
            (Ok(a), Ok(b)) => prop_assert_eq!(a.suites(), b.suites()),
            (a, b) => prop_assert_eq!(a.is_err(), b.is_err()),
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[A-Za-z0-9:+!@ ä=_.-]{0,40}") {
        let _ = CipherString::parse(&text);
    }
}
