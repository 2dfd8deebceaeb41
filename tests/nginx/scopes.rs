//! Scopes meet places.

use super::{Tree, fact, messages, policy, read, short};
use secgen::targets::Reading;
use serde_json::{Value, json};

fn reading(matches: Value, http: &str) -> Reading {
    let policy = policy(json!({
        "http": { "headers": { "content_type_options": "nosniff", "referrer_policy": "no-referrer" } },
        "scopes": { "embed": { "match": matches, "http": { "headers": { "referrer_policy": "origin" } } } } }));
    read(&policy, &format!("events {{}} http {{ {http} }}")).1
}

fn judged(reading: &Reading, field: &str) -> Vec<String> {
    reading
        .facts
        .iter()
        .filter(|f| f.intent.ends_with(field))
        .map(|f| format!("{} @ {}", f.intent.split(".http.").next().unwrap_or_default().trim_end_matches(&format!("http.headers.{field}")), f.place))
        .collect()
}

const HTTP: &str = "server { listen 80; server_name a; add_header Referrer-Policy no-referrer always; location / { } \
                    location /embed/ { add_header Referrer-Policy origin always; location /embed/x/ { } } location = /embed/y { } }";

#[test]
fn a_place_inside_a_scope_is_judged_by_it_alone() {
    let reading = reading(json!({ "prefix": "/embed/" }), HTTP);
    assert_eq!(
        judged(&reading, "referrer_policy"),
        [
            " @ server a",
            " @ server a > location /",
            "scopes.embed @ server a > location /embed/",
            "scopes.embed @ server a > location /embed/ > location /embed/x/",
            "scopes.embed @ server a > location = /embed/y"
        ]
    );
    assert_eq!(short(&fact(&reading, "scopes.embed.http.headers.referrer_policy", "server a > location /embed/").found), "origin");
    let missing = fact(&reading, "scopes.embed.http.headers.content_type_options", "server a > location /embed/");
    assert_eq!(missing.help, ["add `include snippets/security-headers.embed.conf;` to this block"]);
}

#[test]
fn a_place_that_serves_both_satisfies_both() {
    let reading = reading(json!({ "exact": "/only" }), HTTP);
    assert_eq!(judged(&reading, "referrer_policy").iter().filter(|f| f.ends_with("location /")).count(), 2);
}

#[test]
fn where_a_place_serves_both_the_scope_gets_a_block_of_its_own() {
    let own =
        "this block answers other requests too: write `location = /only { include snippets/security-headers.embed.conf; }` with what it does for these ones";
    let of_scope = |http: &str| {
        let reading = reading(json!({ "exact": "/only" }), http);
        fact(&reading, "scopes.embed.http.headers.referrer_policy", "server a > location /").help.clone()
    };
    assert_eq!(of_scope(HTTP), [own]);
    assert_eq!(of_scope("server { listen 80; server_name a; location / { } }"), [own]);
}

#[test]
fn the_file_of_another_scope_is_not_to_be_edited() {
    let policy = policy(json!({
        "http": { "headers": { "referrer_policy": "no-referrer" } },
        "scopes": { "embed": { "match": { "prefix": "/embed/" }, "http": { "headers": { "referrer_policy": "origin" } } } } }));
    let location = |location: &str, file: &str, intent: &str| {
        let http = format!("events {{}} http {{ server {{ listen 80; server_name a; {location} {{ include snippets/{file}; }} }} }}");
        let lines = [
            ("nginx.conf", http.as_str()),
            ("snippets/security-headers.conf", "add_header Referrer-Policy no-referrer always;"),
            ("snippets/security-headers.embed.conf", "add_header Referrer-Policy origin always;"),
        ];
        let mut tree = Tree::new(&lines);
        let reading = tree.read(&policy, "nginx.conf");
        fact(&reading, intent, &format!("server a > {location}")).help.join("; ")
    };
    assert_eq!(
        location("location /embed/", "security-headers.conf", "scopes.embed.http.headers.referrer_policy"),
        "include the file of these requests in this block, whose lines take the place of those in snippets/security-headers.conf: `include snippets/security-headers.embed.conf;`"
    );
    assert_eq!(
        location("location /", "security-headers.embed.conf", "http.headers.referrer_policy"),
        "include the file of these requests in this block, whose lines take the place of those in snippets/security-headers.embed.conf: `include snippets/security-headers.conf;`"
    );
}

#[test]
fn hosts_and_nothing() {
    let http = format!("{HTTP} server {{ listen 80; server_name e.test; location / {{ }} }}");
    let by_host = reading(json!({ "host": "e.test" }), &http);
    assert!(judged(&by_host, "referrer_policy").contains(&"scopes.embed @ server e.test".to_owned()));
    assert!(!judged(&by_host, "referrer_policy").contains(&" @ server e.test".to_owned()));
    let none = reading(json!({ "host": "nowhere.test" }), HTTP);
    assert!(messages(&none)[0].contains("answers the requests of the scope scopes.embed"), "{:?}", messages(&none));
}

#[test]
fn a_scope_by_content_type_is_judged_at_every_place() {
    let reading = reading(json!({ "content_type": "text/html" }), HTTP);
    let place = "server a > location /embed/ (responses of type text/html)";
    assert_eq!(short(&fact(&reading, "scopes.embed.http.headers.referrer_policy", place).found), "origin");
    assert!(!reading.facts.iter().any(|f| f.intent == "http.headers.referrer_policy"), "the scope is about all pages");
    assert!(reading.facts.iter().any(|f| f.intent == "http.headers.content_type_options"), "and about nothing but pages");
    assert!(messages(&reading).is_empty());
}

#[test]
fn requests_that_go_on_inside_the_server_take_the_scope_with_them() {
    let http = "server { listen 80; server_name a; add_header Referrer-Policy no-referrer always; \
                location /embed/ { try_files $uri /index.php?$args; } location ~ \\.php$ { add_header Referrer-Policy unsafe-url always; } \
                location = /other { try_files $uri /index.html; } }";
    let reading = reading(json!({ "prefix": "/embed/" }), http);
    let sent_on = fact(&reading, "scopes.embed.http.headers.referrer_policy", "server a > location ~ \\.php$");
    assert_eq!(short(&sent_on.found), "unsafe-url");
    assert!(sent_on.related.iter().any(|label| label.message == "sends requests of the scope on to here"));
    assert!(!reading.facts.iter().any(|f| f.intent.starts_with("scopes.") && f.place.ends_with("/other")));
}
