//! Rate limits: the vectors R01 to R14, and the places that a limit's `match` names.

use super::{fact, messages, policy, read, short};
use secgen::finding::Cause;
use secgen::targets::{Found, Reading};
use serde_json::{Value, json};

fn reading(matches: Value, http: &str) -> Reading {
    let limit = json!({ "requests": 100, "per": "1h", "match": matches });
    let policy = policy(json!({ "http": {}, "rate_limits": { "limits": { "api": limit } } }));
    let zones = "limit_req_zone $binary_remote_addr zone=z:1m rate=2r/m; limit_req_zone $binary_remote_addr zone=fast:1m rate=10r/s; limit_req_zone $uri zone=u:1m rate=1r/m;";
    read(&policy, &format!("events {{}} http {{ {zones} {http} }}")).1
}

const KEY: &str = "rate_limits.limits.api.edge";

fn found(reading: &Reading, place: &str) -> String {
    short(&fact(reading, KEY, place).found)
}

fn places(reading: &Reading) -> Vec<&str> {
    reading.facts.iter().map(|f| f.place.as_str()).collect()
}

#[test]
fn r01_r14_the_nearest_level_holds_alone() {
    let http = "server { listen 80; server_name a; limit_req zone=z burst=100; location /api/ { location ~ png$ { } } location /api/x/ { limit_req zone=fast burst=5; } }";
    let reading = reading(json!({ "prefix": "/api/" }), http);
    assert_eq!(found(&reading, "server a > location /api/"), "2r/m burst=100");
    assert_eq!(found(&reading, "server a > location /api/ > location ~ png$"), "2r/m burst=100");
    assert_eq!(found(&reading, "server a > location /api/x/"), "600r/m burst=5");
    assert_eq!(reading.facts.len(), 3, "{:?}", places(&reading));
}

#[test]
fn nothing_limits() {
    let reading = reading(json!({ "prefix": "/api/" }), "server { listen 80; server_name a; location / { } location /api/ { } }");
    let missing = fact(&reading, KEY, "server a > location /api/");
    assert_eq!((&missing.found, missing.cause, missing.rule.name), (&Found::Missing, Cause::Missing, "rate-limit-missing"));
    assert_eq!(missing.help, ["add `include snippets/rate-limit.api.conf;` to this block"]);
    assert_eq!(reading.facts.len(), 1, "location / does not answer below /api/");
}

#[test]
fn a_limit_of_some_requests_does_not_belong_into_a_block_that_answers_others_too() {
    let help = |matches: Value, location: &str| {
        let reading = reading(matches, &format!("server {{ listen 80; server_name a b; {location} {{ proxy_pass http://127.0.0.1:8080; }} }}"));
        reading.facts.iter().map(|fact| fact.help.join("; ")).collect::<Vec<_>>().join(" | ")
    };
    let own = |block: &str| {
        format!("this block answers other requests too: write `{block} include snippets/rate-limit.api.conf; }}` with what it does for these ones")
    };
    let here = "add `include snippets/rate-limit.api.conf;` to this block";
    assert_eq!(help(json!({ "exact": "/login" }), "location /"), own("location = /login {"));
    assert_eq!(help(json!({ "exact": "/login" }), "location /login"), own("location = /login {"));
    assert_eq!(help(json!({ "prefix": "/api/" }), "location /"), own("location /api/ {"));
    assert_eq!(help(json!({ "exact": "/login" }), "location = /login"), here);
    assert_eq!(help(json!({ "prefix": "/api/" }), "location ^~ /api/"), here);
    assert_eq!(help(json!({}), "location /"), here);
    assert_eq!(help(json!({ "host": "a", "exact": "/login" }), "location = /login"), own("server { server_name a;"));
    assert_eq!(help(json!({ "host": "a", "exact": "/login" }), "location /"), own("location = /login {"));
}

#[test]
fn of_several_limits_one_that_is_strict_enough_counts() {
    let http = "server { listen 80; server_name a; location /api/ { limit_req zone=fast burst=5; limit_req zone=z burst=100; limit_req zone=u; } }";
    assert_eq!(found(&reading(json!({ "prefix": "/api/" }), http), "server a > location /api/"), "2r/m burst=100");
}

#[test]
fn what_limits_nothing_never_passes() {
    let at = |line: &str| {
        let reading = reading(json!({ "prefix": "/api/" }), &format!("server {{ listen 80; server_name a; location /api/ {{ {line} }} }}"));
        (found(&reading, "server a > location /api/"), messages(&reading).join("; "))
    };
    assert!(at("limit_req zone=z; limit_req_dry_run on;").0.starts_with("invalid"), "R06");
    assert!(at("limit_req zone=u;").0.starts_with("unverifiable: the limit counts by $uri"), "R04");
    let (found, finding) = at("limit_req zone=nope;");
    assert!(found.starts_with("unverifiable") && finding.contains("no limit_req_zone declares the zone nope"), "R05: {found} {finding}");
    assert!(at("limit_req burst=5;").0.starts_with("unverifiable"));
    assert!(at("limit_req zone=z burst=x;").0.starts_with("unverifiable"));
    assert!(at("limit_req zone=z; return 200 ok;").0.starts_with("not applicable"), "R03");
}

#[test]
fn r05b_zones_count_wherever_they_stand() {
    let http = "server { listen 80; server_name a; location /api/ { limit_req zone=late; } } limit_req_zone $remote_addr zone=late:1m rate=1r/s;";
    assert_eq!(found(&reading(json!({ "prefix": "/api/" }), http), "server a > location /api/"), "60r/m burst=0");
}

#[test]
fn the_place_that_answers_is_judged_even_without_a_location_of_its_own() {
    let http = "server { listen 80; server_name a; limit_req zone=z burst=100; location / { } location = /login { limit_req zone=fast; } }";
    assert_eq!(places(&reading(json!({ "prefix": "/api/" }), http)), ["server a > location /"]);
    assert_eq!(places(&reading(json!({ "exact": "/login" }), http)), ["server a > location = /login"]);
    assert_eq!(places(&reading(json!({ "exact": "/other" }), http)), ["server a > location /"]);
    assert_eq!(places(&reading(json!({}), http)), ["server a > location /", "server a > location = /login"]);
    assert_eq!(places(&reading(json!({ "prefix": "/api/" }), "server { listen 80; server_name a; }")), ["server a"]);
}

#[test]
fn hosts_choose_servers() {
    let http = "server { listen 80; server_name a.test; } server { listen 80; server_name b.test *.c.test; } server { listen 80; server_name ~^r\\d; }";
    assert_eq!(places(&reading(json!({ "host": "b.test" }), http)), ["server b.test"]);
    assert_eq!(places(&reading(json!({ "host": "x.c.test" }), http)), ["server b.test"]);
    assert_eq!(places(&reading(json!({ "host": "A.TEST" }), http)), ["server a.test"]);
    let none = reading(json!({ "host": "zz.test" }), "server { listen 80; server_name a.test; }");
    assert!(none.facts.is_empty());
    assert!(messages(&none)[0].contains("no server that was read answers the requests of the limit"), "{:?}", messages(&none));
}

#[test]
fn a_regular_expression_passes_or_is_unknown() {
    let at = |regex: &str, line: &str, mark: &str| {
        let http = format!("server {{ listen 80; server_name a; location {mark} /api/ {{ limit_req zone=z burst=100; }} location ~ {regex} {{ {line} }} }}");
        let reading = reading(json!({ "prefix": "/api/" }), &http);
        reading.facts.iter().filter(|f| f.place.contains('~') && !f.place.contains("^~")).map(|f| short(&f.found)).collect::<Vec<_>>()
    };
    assert!(at(r"\.php$", "", "")[0].starts_with("unverifiable"), "{:?}", at(r"\.php$", "", ""));
    assert_eq!(at(r"\.php$", "limit_req zone=z burst=100;", ""), ["2r/m burst=100"]);
    assert!(at("^/static/", "", "").is_empty(), "cannot match below /api/");
    assert!(at("^/api/v1", "", "")[0].starts_with("unverifiable"));
    assert!(at("^/ap?i", "", "")[0].starts_with("unverifiable"));
    assert!(at(r"\.php$", "", "^~").is_empty(), "^~ stops regular expressions");
}

#[test]
fn a_redirecting_server_answers_before_limits() {
    let http = "server { listen 80; server_name a; return 301 https://a; } server { listen 443 ssl; server_name b; location /api/ { limit_req zone=z; } }";
    assert_eq!(places(&reading(json!({ "prefix": "/api/" }), http)), ["server b > location /api/"]);
}

#[test]
fn a_zone_may_stand_in_a_file_that_was_not_read() {
    let http = "include /etc/nginx/conf.d/zones.conf; server { listen 80; server_name a; location /api/ { limit_req zone=elsewhere; } }";
    let reading = reading(json!({ "prefix": "/api/" }), http);
    let unknown = fact(&reading, KEY, "server a > location /api/");
    assert!(matches!(unknown.found, Found::Unverifiable(_)));
    assert_eq!((unknown.cause, unknown.rule.name), (Cause::NotRead, "nginx-not-read"));
    assert!(messages(&reading).is_empty());
}

fn notes(http: &str) -> Vec<&'static str> {
    let reading = reading(json!({ "prefix": "/api/" }), http);
    reading.findings.iter().map(|f| f.rule.name).collect()
}

#[test]
fn r02_r07_another_status_than_429_is_noted_once() {
    let server = |lines: &str| format!("{lines} server {{ listen 80; location /api/ {{ limit_req zone=z burst=100; location /api/b/ {{ }} }} }}");
    assert_eq!(notes(&server("")), ["rate-limit-status"]);
    assert_eq!(notes(&server("limit_req_status 444;")), ["rate-limit-status"]);
    assert!(notes(&server("limit_req_status 429;")).is_empty());
    // R07: it passes on by itself.
    assert!(notes("server { listen 80; limit_req zone=z; location /api/ { limit_req_status 429; } }").is_empty());
    assert!(notes("server { listen 80; location /api/ { } }").is_empty(), "no limit, no status");
}

#[test]
fn r03_r12_a_return_before_the_limit_is_noted() {
    let all = "limit_req_status 429; server { listen 80; limit_req zone=z burst=100;";
    assert_eq!(notes(&format!("{all} location /api/ {{ return 200 ok; }} }}")), ["rate-limit-bypassed"]);
    assert_eq!(notes(&format!("{all} location /api/ {{ if ($arg_x) {{ return 200 x; }} }} }}")), ["rate-limit-bypassed"]);
    assert!(notes(&format!("{all} location /api/ {{ }} location /r {{ return 200 ok; }} }}")).is_empty(), "not a place of the limit");
    assert!(notes("limit_req_status 429; server { listen 80; location /api/ { return 200 ok; } }").is_empty(), "no limit to go around");
}

#[test]
fn r04_r11_the_line_that_leaves_a_key_empty_is_named() {
    let key = |lists: &str, key: &str| {
        let zone = format!("{lists} limit_req_zone {key} zone=k:1m rate=2r/m;");
        let http = format!("{zone} server {{ listen 80; server_name a; location /api/ {{ limit_req zone=k burst=100; }} }}");
        let reading = reading(json!({ "prefix": "/api/" }), &http);
        let fact = fact(&reading, KEY, "server a > location /api/");
        (short(&fact.found), fact.related.iter().map(|l| l.message.clone()).collect::<Vec<_>>())
    };
    let (why, related) = key("map $arg_k $key { default \"\"; ~. $arg_k; }", "$key");
    assert!(why.contains("requests for which that is empty are not limited") && related.contains(&"may leave $key empty".into()), "{why} {related:?}");
    // The usual list of addresses that are not limited.
    let (_, related) = key("geo $limited { default 1; 10.0.0.0/8 0; } map $limited $key { 0 \"\"; 1 $binary_remote_addr; }", "$key");
    assert_eq!(related.len(), 2, "{related:?}");
    let (why, related) = key("map $arg_k $key { default all; a one; }", "$key");
    assert!(why.ends_with("not by the client's address") && related.len() == 1, "{why}");
    assert!(key("", "$arg_x").0.contains("not limited"));
    // R11: it is empty without server_name.
    assert!(key("", "$server_name").0.ends_with("not by the client's address"));
}
