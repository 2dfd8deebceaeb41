//! Files that are only a part of a configuration: what can be said of them, and never that something is missing.

use super::{Tree, fact, messages, policy, read, short};
use secgen::finding::{Cause, Kind};
use secgen::policy::Policy;
use secgen::targets::{Found, Reading};
use serde_json::json;

fn all() -> Policy {
    policy(json!({ "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } } }))
}

const NOSNIFF: &str = "http.headers.content_type_options";
const HSTS: &str = "http.headers.hsts";

fn told(reading: &Reading) -> Vec<String> {
    reading.facts.iter().map(|f| format!("{} @ {}: {}", f.intent, f.place, short(&f.found))).collect()
}

fn only(text: &str) -> Vec<String> {
    let (_, reading) = read(&all(), text);
    assert!(reading.findings.iter().all(|f| f.kind != Kind::Error), "{:?}", messages(&reading));
    assert!(reading.not_examined.iter().any(|(what, _)| what == "what surrounds nginx.conf"), "{:?}", reading.not_examined);
    told(&reading)
}

#[test]
fn a_server_says_what_its_own_list_says() {
    let text = "server {\nlisten 443 ssl; server_name a;\nadd_header X-Content-Type-Options nosniff always;\nadd_header X-Frame-Options SAMEORIGIN;\nssl_protocols TLSv1 TLSv1.2;\nlocation /x/ { }\n}\nserver { listen 443 ssl; server_name b; }";
    let (tree, reading) = read(&all(), text);
    assert_eq!(short(&fact(&reading, NOSNIFF, "server a").found), "nosniff");
    assert_eq!(fact(&reading, "http.headers.framing", "server a").rule.name, "header-not-always");
    assert_eq!(fact(&reading, HSTS, "server a").found, Found::Missing, "its own list takes the place of any other");
    let versions = fact(&reading, "tls.min_version", "server a");
    assert_eq!((short(&versions.found).as_str(), tree.at(versions).as_str()), ("TLSv1 TLSv1.2", "nginx.conf:5"));
    for intent in [NOSNIFF, HSTS, "tls.min_version", "tls.profile"] {
        let unknown: Vec<_> = reading.facts.iter().filter(|f| f.intent == intent && f.place.starts_with("server b")).collect();
        assert!(!unknown.is_empty() && unknown.iter().all(|f| matches!(f.found, Found::Unverifiable(_))), "{intent}: {:?}", told(&reading));
    }
    assert_eq!(fact(&reading, NOSNIFF, "server b").cause, Cause::NotRead);
}

#[test]
fn good_tls_of_a_server_may_still_be_overridden() {
    let (_, reading) = read(&all(), "server { listen 443 ssl default_server; server_name a; ssl_protocols TLSv1.2 TLSv1.3; }");
    assert!(matches!(fact(&reading, "tls.min_version", "server a").found, Found::Unverifiable(_)), "ssl_conf_command may stand in http");
}

#[test]
fn locations_say_what_their_own_lists_say() {
    let text = "location / { proxy_pass http://x; }\nlocation /a/ { add_header X-Content-Type-Options wrong always; }\nlocation /b/ { add_header X-Content-Type-Options nosniff always; }";
    let (_, reading) = read(&all(), text);
    let place = |path: &str| format!("server (the block that includes this file) > location {path}");
    let at = |path: &str| short(&fact(&reading, NOSNIFF, &place(path)).found);
    assert!(at("/").starts_with("unverifiable") && at("/a/").starts_with("invalid wrong") && at("/b/") == "nosniff", "{:?}", told(&reading));
    assert_eq!(fact(&reading, "http.headers.framing", &place("/b/")).found, Found::Missing, "cut off, whatever the server sends");
    assert!(matches!(fact(&reading, HSTS, &place("/b/")).found, Found::Unverifiable(_)), "the server may speak plain HTTP");
    assert!(reading.facts.iter().all(|f| f.place.contains(" > ")), "the server itself is not here: {:?}", told(&reading));
}

#[test]
fn plain_directives_say_only_what_is_wrong() {
    assert_eq!(only("add_header X-Content-Type-Options nosniff always;\nadd_header X-Frame-Options SAMEORIGIN always;"), [""; 0]);
    let wrong = only("add_header X-Content-Type-Options nosniff;\nadd_header Strict-Transport-Security max-age=1 always;\nssl_protocols TLSv1.1;");
    let intents: Vec<&str> = wrong.iter().map(|f| f.split(' ').next().unwrap()).collect();
    assert_eq!(intents, ["tls.min_version", HSTS, NOSNIFF], "{wrong:?}");
    for nothing in [
        "proxy_set_header Host $host;",
        "gzip on;",
        "default 0;\n10.0.0.0/8 1;",
        "server 10.0.0.1:80;\nserver 10.0.0.2:80;",
        "allow 10.0.0.1;\ndeny all;",
        "",
        "# nothing\n",
    ] {
        let (_, reading) = read(&all(), nothing);
        assert!(reading.facts.is_empty() && reading.findings.is_empty(), "{nothing}: {:?}", told(&reading));
    }
}

#[test]
fn upstreams_and_maps_say_nothing() {
    assert_eq!(only("upstream u { server 10.0.0.1:80; }\nmap $a $b { default 1; }"), [""; 0]);
    let wrong = only("map $a $b { default 1; }\nadd_header X-Content-Type-Options wrong always;\nssl_ciphers RC4;");
    assert!(wrong.iter().all(|f| f.contains("@ server (a server without settings of its own)")) && wrong.len() == 2, "{wrong:?}");
}

#[test]
fn stream_and_mail_have_no_headers() {
    for (text, block) in [
        ("upstream u { server 10.0.0.1:53; }\nserver { listen 53 udp; proxy_pass u; }", "stream"),
        ("server { listen 443 ssl; proxy_pass 10.0.0.1:80; ssl_protocols TLSv1; }", "stream"),
        ("listen 443 ssl;\nproxy_pass 10.0.0.1:80;\nssl_protocols TLSv1;", "stream"),
        ("server { listen 993 ssl; protocol imap; ssl_protocols TLSv1; }", "mail"),
    ] {
        let facts = only(text);
        assert!(!facts.is_empty() || block == "stream", "{text}");
        assert!(facts.iter().all(|f| f.starts_with("tls.") && f.contains(&format!("@ {block} > server"))), "{text}: {facts:?}");
        assert_eq!(facts.iter().any(|f| f.contains("tls.min_version") && f.ends_with(": TLSv1")), text.contains("TLSv1"), "{text}: {facts:?}");
    }
}

#[test]
fn an_error_log_makes_no_main_file() {
    let wrong = only("error_log off;\nadd_header X-Content-Type-Options wrong always;");
    assert!(wrong.len() == 1 && wrong[0].contains("(the block that includes this file)"), "{wrong:?}");
}

#[test]
fn a_comment_says_where_a_file_stands() {
    let header = "add_header X-Content-Type-Options wrong always;";
    for (context, place) in [
        ("http", "(a server without settings of its own)"),
        ("server", "(the block that includes this file)"),
        ("location", "(the block that includes this file)"),
    ] {
        let facts = only(&format!("# a snippet\n\n#secgen: context={context} \n{header}"));
        assert!(facts.len() == 1 && facts[0].contains(place), "{context}: {facts:?}");
    }
    let nested = only("# secgen: context=location\nlocation /a/ { add_header X 1; }");
    assert!(nested.iter().any(|f| f == "http.headers.framing @ server (the block that includes this file) > location /a/: missing"), "{nested:?}");
    let later = only(&format!("{header}\n# secgen: context=http"));
    assert!(later[0].contains("(the block that includes this file)"), "not among the first comments: {later:?}");
}

#[test]
fn a_comment_that_cannot_be_true_is_an_error() {
    for (text, said) in [
        ("# secgen: context=sever\nlisten 80;", "names no place"),
        ("# secgen: context=location\nlisten 80;", "nginx refuses listen there"),
        ("# secgen: context=server\nserver { }", "nginx refuses server there"),
        ("# secgen: context=http\nlocation / { }", "nginx refuses location there"),
        ("# secgen: context=http\nhttp { }", "nginx refuses http there"),
    ] {
        let (tree, reading) = read(&all(), text);
        let error = reading.findings.iter().find(|f| f.kind == Kind::Error).unwrap_or_else(|| panic!("{text}: {:?}", messages(&reading)));
        assert!(error.rule.name == "nginx-context" && error.message.contains(said), "{}", error.message);
        assert_eq!(tree.sources.place(error.primary.as_ref().unwrap().span), "nginx.conf:1");
    }
}

/// The paths of a part are relative to the folder of a main file that is not given: where `nginx.conf` lies, if anywhere.
#[test]
fn includes_of_a_part() {
    let site = "server { listen 443 ssl; server_name a; include snippets/s.conf; location /x/ { include snippets/gone.conf; } }";
    let snippet = ("etc/snippets/s.conf", "add_header X-Content-Type-Options nosniff always;");
    let mut tree = Tree::new(&[("etc/nginx.conf", "http { }"), ("etc/sites/a.conf", site), snippet]);
    let reading = tree.read(&all(), "etc/sites/a.conf");
    assert_eq!(short(&fact(&reading, NOSNIFF, "server a").found), "nosniff");
    assert!(short(&fact(&reading, NOSNIFF, "server a > location /x/").found).starts_with("unverifiable: etc/snippets/gone.conf was not read"));
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
    let mut tree = Tree::new(&[("etc/sites/a.conf", site), snippet]);
    let reading = tree.read(&all(), "etc/sites/a.conf");
    assert!(short(&fact(&reading, NOSNIFF, "server a").found).starts_with("unverifiable: etc/sites/snippets/s.conf was not read"));
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
    // A pattern that matches nothing is nothing only where it is known what it is relative to.
    let site = "server { listen 443 ssl; server_name a; add_header X-Content-Type-Options nosniff always; include extra/*.conf; }";
    for (main, known) in [("nginx.conf", true), ("other.conf", false)] {
        let mut tree = Tree::new(&[(main, "http { }"), ("sites/a.conf", site)]);
        let reading = tree.read(&all(), "sites/a.conf");
        assert_eq!(short(&fact(&reading, NOSNIFF, "server a").found) == "nosniff", known, "{main}");
    }
}
