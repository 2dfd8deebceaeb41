//! Cross-origin sharing at its places: lists of origins in maps, expressions, reflected origins, preflights, backends.

use super::judge;
use super::{fact, messages, policy, read};
use secgen::finding::Verdict;
use secgen::policy::Policy;
use secgen::targets::Reading;
use serde_json::json;

const KEY: &str = "http.cors.api";

fn the_policy() -> Policy {
    policy(json!({ "http": { "cors": { "api": {
        "match": { "prefix": "/api/" }, "origins": ["https://a.example", "https://b.example"], "credentials": true, "methods": ["PUT"], "headers": ["x-token"] } } } }))
}

fn reading(policy: &Policy, http: &str) -> Reading {
    read(policy, &format!("events {{}} http {{ {http} }}")).1
}

/// Verdict, rule and words at `location /api/` with these lines.
fn at(http: &str, lines: &str) -> (Verdict, &'static str, String) {
    let policy = the_policy();
    let reading = reading(&policy, &format!("{http} server {{ listen 80; server_name a; location /api/ {{ {lines} }} }}"));
    let fact = fact(&reading, KEY, "server a > location /api/");
    assert!(!fact.help.is_empty());
    let check = judge(&policy, "nginx", policy.intent(KEY).unwrap(), fact).0;
    (check.verdict, fact.rule.name, check.why)
}

/// With a map of origins.
fn mapped(lines: &str) -> (Verdict, &'static str, String) {
    at(
        &format!("map $http_origin $cors {{ {lines} }}"),
        "add_header Access-Control-Allow-Origin $cors always; add_header Access-Control-Allow-Credentials true always; add_header Vary Origin;",
    )
}

#[test]
fn a_map_of_whole_origins_is_a_list() {
    assert_eq!(mapped(r#"default ""; https://a.example $http_origin; "~^https://b\.example$" $http_origin;"#).0, Verdict::Stricter);
    assert_eq!(mapped("https://a.example $http_origin;").0, Verdict::Stricter);
    assert_eq!(mapped(r#""" ""; "HTTPS://A.example" "https://a.example";"#).0, Verdict::Stricter);
    let (verdict, rule, why) = mapped("https://a.example $http_origin; https://c.example $http_origin;");
    assert!(verdict == Verdict::Incomparable && rule == "cors-value" && why.contains("https://c.example may read"), "{verdict:?} {why}");
    assert_eq!(mapped("null $http_origin;").0, Verdict::Incomparable);
    // The default lets everybody in.
    assert_eq!(mapped("default $http_origin; https://a.example $http_origin;").1, "cors-reflected");
    assert_eq!(mapped("default *;").0, Verdict::Incomparable);
    // A list of another variable, and one in another one.
    let nested = "map $http_origin $ok { https://a.example 1; } map $ok $cors { 1 $http_origin; }";
    assert_eq!(at(nested, "add_header Access-Control-Allow-Origin $cors;").0, Verdict::Unverifiable);
    let chained = "map $http_origin $one { https://a.example $http_origin; } map $request_method $cors { default $one; }";
    assert_eq!(at(chained, "add_header Access-Control-Allow-Origin $cors; add_header Vary Origin;").0, Verdict::Stricter);
}

#[test]
fn an_expression_lets_in_whom_it_matches() {
    for open in [r"~^https://a\.example", r"~*a\.example", "~^https://a.example$", r"~^https://.*\.example$", "~."] {
        let (verdict, rule, why) = mapped(&format!("\"{open}\" $http_origin;"));
        assert!(matches!(verdict, Verdict::Weaker | Verdict::Incomparable) && rule == "cors-expression", "{open}: {verdict:?} {rule} {why}");
    }
    // Nobody else that was tried gets in, and still it is no list.
    for open in [r"~^https://(a|b)\.example$", r"~https://a\.example$"] {
        let (verdict, rule, why) = mapped(&format!("\"{open}\" $http_origin;"));
        assert!(verdict == Verdict::Unverifiable && rule == "cors-expression" && why.contains("write whole origins"), "{verdict:?} {why}");
    }
}

#[test]
fn a_reflected_origin_is_the_worst() {
    let (verdict, rule, why) = at("", "add_header Access-Control-Allow-Origin $http_origin;");
    assert!(rule == "cors-reflected" && why.contains("$http_origin may read") && verdict != Verdict::Unverifiable, "{verdict:?} {why}");
    assert_eq!(at("", "set $c $http_origin; add_header Access-Control-Allow-Origin $c;").1, "cors-reflected");
    assert_eq!(at("", "set $c ''; if ($http_origin ~ a) { set $c $http_origin; } add_header Access-Control-Allow-Origin $c;").0, Verdict::Unverifiable);
    assert_eq!(at("", "add_header Access-Control-Allow-Origin *;").1, "cors-value");
    assert_eq!(at("", "add_header Access-Control-Allow-Origin https://$host;").0, Verdict::Unverifiable);
    assert_eq!(at("", "add_header Access-Control-Allow-Origin https://a.example;").0, Verdict::Stricter);
    // Nobody is let in: nothing that other origins may do, and of two lines browsers take none.
    assert_eq!(at("", "").0, Verdict::Stricter);
    assert_eq!(at("", "add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Origin https://c.example;").0, Verdict::Stricter);
}

#[test]
fn credentials_methods_and_headers_count() {
    let with = |more: &str| at("", &format!("add_header Access-Control-Allow-Origin https://a.example; {more}")).0;
    assert_eq!(with("add_header Access-Control-Allow-Methods \"GET, PUT\"; add_header Access-Control-Allow-Headers X-Token;"), Verdict::Stricter);
    assert_eq!(with("add_header Access-Control-Allow-Methods \"GET, DELETE\";"), Verdict::Incomparable);
    assert_eq!(with("add_header Access-Control-Allow-Headers x-other;"), Verdict::Incomparable);
    assert_eq!(with("add_header Access-Control-Allow-Headers $http_access_control_request_headers;"), Verdict::Incomparable);
    assert_eq!(with("add_header Access-Control-Allow-Headers $arg_x;"), Verdict::Unverifiable);
    assert_eq!(with("add_header Access-Control-Allow-Credentials $arg_x;"), Verdict::Unverifiable);
    let quiet = policy(json!({ "http": { "cors": { "api": { "match": { "prefix": "/api/" }, "origins": ["https://a.example"] } } } }));
    let http = "server { listen 80; server_name a; location /api/ { add_header Access-Control-Allow-Origin https://a.example; add_header Access-Control-Allow-Credentials true; } }";
    let reading = reading(&quiet, http);
    let check = judge(&quiet, "nginx", quiet.intent(KEY).unwrap(), fact(&reading, KEY, "server a > location /api/")).0;
    assert!(check.verdict == Verdict::Weaker && check.why.contains("with credentials"), "{}", check.why);
}

#[test]
fn preflights_in_an_if_are_places_and_conditions_pick_out_origins() {
    let policy = the_policy();
    let place = |condition: &str, value: &str| {
        let lines = format!("add_header Access-Control-Allow-Origin {value}; add_header Vary Origin; return 204;");
        let reading = reading(&policy, &format!("server {{ listen 80; server_name a; location /api/ {{ if ({condition}) {{ {lines} }} }} }}"));
        let found = reading.facts.iter().find(|f| f.intent == KEY && f.place.contains(" > if ")).unwrap();
        (judge(&policy, "nginx", policy.intent(KEY).unwrap(), found).0.verdict, found.rule.name)
    };
    assert_eq!(place("$request_method = OPTIONS", "*").1, "cors-value");
    assert_eq!(place("$request_method = OPTIONS", "$http_origin").1, "cors-reflected");
    assert_eq!(place("$http_origin = https://a.example", "$http_origin").0, Verdict::Stricter);
    assert_eq!(place("$http_origin ~ ^https://a\\.example$", "$http_origin").0, Verdict::Stricter);
    assert_eq!(place("$http_origin ~* https://a\\.example", "$http_origin").1, "cors-expression");
    assert_eq!(place("$arg_x", "$http_origin").0, Verdict::Unverifiable);
}

#[test]
fn a_backend_may_let_others_in_itself() {
    let hide = |names: &[&str]| names.iter().map(|n| format!("proxy_hide_header Access-Control-Allow-{n};")).collect::<Vec<_>>().join(" ");
    let pass = "proxy_pass http://up; add_header Access-Control-Allow-Origin https://a.example always;";
    assert_eq!(at("", pass).1, "cors-from-backend");
    assert_eq!(at("", &format!("{pass} {}", hide(&["Origin"]))).0, Verdict::Unverifiable);
    assert_eq!(at("", &format!("{pass} {}", hide(&["Origin", "Credentials", "Methods", "Headers"]))).0, Verdict::Stricter);
    // Who is not let in cannot do anything.
    assert_eq!(at("", &format!("proxy_pass http://up; {}", hide(&["Origin"]))).0, Verdict::Stricter);
    assert_eq!(at("", "proxy_pass http://up;").0, Verdict::Unverifiable);
    assert_eq!(at("", "js_content x;").0, Verdict::Unverifiable);
    assert_eq!(at("", "include /etc/nginx/x.conf;").0, Verdict::Unverifiable);
    // What nginx says is too much already.
    assert_eq!(at("", "proxy_pass http://up; add_header Access-Control-Allow-Origin *;").1, "cors-value");
}

#[test]
fn an_answer_that_differs_says_so_to_caches() {
    let policy = the_policy();
    let warned = |lines: &str| {
        let http =
            format!("map $http_origin $cors {{ https://a.example $http_origin; }} server {{ listen 80; location /api/ {{ {lines} location /api/x/ {{ }} }} }}");
        messages(&reading(&policy, &http)).iter().filter(|m| m.contains("no Vary: Origin")).count()
    };
    assert_eq!(warned("add_header Access-Control-Allow-Origin $cors;"), 1);
    assert_eq!(warned("add_header Access-Control-Allow-Origin $cors; add_header Vary \"Accept, origin\";"), 0);
    assert_eq!(warned("add_header Access-Control-Allow-Origin $cors; add_header Vary Accept;"), 1);
    assert_eq!(warned("add_header Access-Control-Allow-Origin https://a.example;"), 0);
}

#[test]
fn only_places_of_the_match_count_and_one_without_a_place_is_told() {
    let policy = the_policy();
    let reading = reading(&policy, "server { listen 80; server_name a; location / { add_header Access-Control-Allow-Origin *; } location /api/ { } }");
    assert_eq!(reading.facts.iter().filter(|f| f.intent == KEY).count(), 1);
    let none = policy_of_host();
    let text = messages(&self::reading(&none, "server { listen 80; server_name a; }"));
    assert!(text.iter().any(|m| m.contains("the entry http.cors.api")), "{text:?}");
}

fn policy_of_host() -> Policy {
    policy(json!({ "http": { "cors": { "api": { "match": { "host": "z.example" }, "origins": ["https://a.example"] } } } }))
}
