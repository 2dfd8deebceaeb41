//! Headers to remove: the vectors H21, H13, M03, M06, M07 and X30, and what nginx's documentation says of backends.

use super::judge;
use super::{fact, policy, read, short};
use secgen::finding::Verdict;
use secgen::targets::Reading;
use serde_json::json;

const KEY: &str = "http.headers.remove";

fn reading(http: &str) -> (secgen::policy::Policy, Reading) {
    let policy = policy(json!({ "http": { "headers": { "remove": ["Server", "X-Powered-By"] } } }));
    let reading = read(&policy, &format!("events {{}} http {{ {http} }}")).1;
    (policy, reading)
}

/// Verdict and rule at a place.
fn at(http: &str, place: &str) -> (Verdict, &'static str) {
    let (policy, reading) = reading(http);
    let fact = fact(&reading, KEY, place);
    (judge(&policy, "nginx", policy.intent(KEY).unwrap(), fact).0.verdict, fact.rule.name)
}

fn server(lines: &str, header: &str) -> Verdict {
    at(&format!("server {{ listen 80; server_name a; {lines} }}"), &format!("server a ({header})")).0
}

fn location(lines: &str, header: &str) -> Verdict {
    at(&format!("server_tokens off; server {{ listen 80; server_name a; location / {{ {lines} }} }}"), &format!("server a > location / ({header})")).0
}

#[test]
fn h21_server_tokens_off_keeps_the_name_and_drops_the_version() {
    assert_eq!(server("server_tokens off;", "server"), Verdict::Equivalent);
    assert_eq!(server("server_tokens on;", "server"), Verdict::Weaker);
    assert_eq!(server("server_tokens build;", "server"), Verdict::Weaker);
    assert_eq!(server("", "server"), Verdict::Absent);
    // The commercial build takes a text.
    assert_eq!(server("server_tokens gateway;", "server"), Verdict::Equivalent);
    assert_eq!(server("server_tokens gateway/2.1;", "server"), Verdict::Weaker);
    assert_eq!(server("server_tokens \"v$nginx_version\";", "server"), Verdict::Weaker);
    // H22c: twice on one level, and nginx does not start.
    assert_eq!(server("server_tokens off; server_tokens off;", "server"), Verdict::Unverifiable);
    let http = "server_tokens off; server { listen 80; server_name a; server_tokens on; location / { server_tokens off; } location /b { } }";
    for (place, verdict) in [("server a", Verdict::Weaker), ("server a > location /", Verdict::Equivalent), ("server a > location /b", Verdict::Weaker)] {
        assert_eq!(at(http, &format!("{place} (server)")).0, verdict, "{place}");
    }
}

#[test]
fn without_server_tokens_one_block_is_to_be_mended() {
    let (_, reading) = reading("server { listen 80; server_name a; location / { } } server { listen 80; server_name b; }");
    let groups: Vec<_> = reading.facts.iter().filter(|f| f.place.ends_with("(server)")).map(|f| f.group).collect();
    assert!(groups.len() == 3 && groups[0].is_some() && groups.iter().all(|g| *g == groups[0]), "{groups:?}");
    let fact = fact(&reading, KEY, "server b (server)");
    assert_eq!((fact.help.as_slice(), fact.rule.name), (["add `server_tokens off;` to the http block".to_owned()].as_slice(), "header-disclosed"));
}

#[test]
fn m03_m06_m07_headers_more_sets_and_clears_server() {
    assert_eq!(server("more_clear_headers Server;", "server"), Verdict::Equivalent);
    assert_eq!(server("more_clear_headers 'Ser*';", "server"), Verdict::Equivalent);
    assert_eq!(server("more_set_headers 'Server: x';", "server"), Verdict::Equivalent);
    assert_eq!(server("more_set_headers 'Server: x/1.0';", "server"), Verdict::Weaker);
    assert_eq!(server("more_set_headers 'Server: x' 'Server:';", "server"), Verdict::Equivalent);
    // Only of some responses.
    assert_eq!(server("more_clear_headers -s 404 Server;", "server"), Verdict::Absent);
    assert_eq!(server("more_clear_headers -t text/html Server;", "server"), Verdict::Absent);
    // It runs before add_header, whose line it does not touch; H13: that is a second line.
    assert_eq!(server("more_clear_headers X-Powered-By; add_header X-Powered-By PHP/8;", "x-powered-by"), Verdict::Weaker);
    assert_eq!(server("server_tokens off; add_header Server \"x 2\";", "server"), Verdict::Weaker);
    assert_eq!(server("server_tokens off; add_header Server x;", "server"), Verdict::Equivalent);
}

#[test]
fn x30_a_backend_is_unknown_until_a_line_drops_its_header() {
    assert_eq!(location("proxy_pass http://up;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("proxy_pass http://up; proxy_hide_header x-POWERED-by;", "x-powered-by"), Verdict::Equivalent);
    // H19: a list of its own hides that of the block around it.
    let around = "proxy_hide_header X-Powered-By; server { listen 80; server_name a; location / { proxy_pass http://up; } \
                  location /b { proxy_hide_header Via; proxy_pass http://up; } }";
    assert_eq!(at(around, "server a > location / (x-powered-by)").0, Verdict::Equivalent);
    assert_eq!(at(around, "server a > location /b (x-powered-by)"), (Verdict::Unverifiable, "header-passed-on"));
    // One kind's list says nothing of another kind.
    assert_eq!(location("fastcgi_pass up; proxy_hide_header X-Powered-By;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("fastcgi_pass up; fastcgi_hide_header X-Powered-By;", "x-powered-by"), Verdict::Equivalent);
    assert_eq!(location("fastcgi_pass up; more_clear_headers X-Powered-By;", "x-powered-by"), Verdict::Equivalent, "M07");
    // What nginx answers itself has no such header, and one that nginx adds has it.
    assert_eq!(location("", "x-powered-by"), Verdict::Equivalent);
    assert_eq!(location("return 200 ok;", "x-powered-by"), Verdict::Equivalent);
    assert_eq!(location("add_header X-Powered-By secgen;", "x-powered-by"), Verdict::Weaker);
    assert_eq!(location("add_header X-Powered-By $arg_x;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("add_header X-Powered-By \"\";", "x-powered-by"), Verdict::Equivalent);
    let (_, reading) = reading("server { listen 80; server_name a; return 444; }");
    assert!(short(&fact(&reading, KEY, "server a").found).starts_with("not applicable"));
}

/// ngx_http_proxy_module, `proxy_hide_header`: "Server" is not passed; the FastCGI module's list does not have it.
#[test]
fn server_of_a_backend() {
    assert_eq!(location("proxy_pass http://up;", "server"), Verdict::Equivalent);
    assert_eq!(location("grpc_pass up;", "server"), Verdict::Equivalent);
    assert_eq!(location("proxy_pass http://up; proxy_pass_header Server;", "server"), Verdict::Unverifiable);
    assert_eq!(location("proxy_pass http://up; proxy_hide_header X-Powered-By; proxy_pass_header X-Powered-By;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("fastcgi_pass up;", "server"), Verdict::Unverifiable);
    assert_eq!(location("fastcgi_pass up; fastcgi_hide_header Server;", "server"), Verdict::Equivalent);
}

#[test]
fn programs_inside_of_nginx_and_files_that_were_not_read_are_unknown() {
    assert_eq!(location("content_by_lua_block { ngx.say(1) }", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("passenger_enabled on;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(location("passenger_enabled off;", "x-powered-by"), Verdict::Equivalent);
    assert_eq!(location("include /etc/nginx/more.conf; proxy_pass http://up; proxy_hide_header X-Powered-By;", "x-powered-by"), Verdict::Unverifiable);
    assert_eq!(server("include /etc/nginx/more.conf;", "server"), Verdict::Unverifiable);
    assert_eq!(server("header_filter_by_lua_block { }  server_tokens off;", "server"), Verdict::Unverifiable);
    // An `if` asks the backend of its location.
    let http = "server_tokens off; server { listen 80; server_name a; location / { proxy_pass http://up; if ($arg_x) { add_header X-Y 1; } } }";
    assert_eq!(at(http, "server a > location / > if ($arg_x) (x-powered-by)").0, Verdict::Unverifiable);
}

#[test]
fn a_scope_may_remove_less() {
    let policy = policy(json!({
        "http": { "headers": { "remove": ["X-Powered-By", "Via"] } },
        "scopes": { "api": { "match": { "prefix": "/api/" }, "http": { "headers": { "remove": ["Via"] } } } },
    }));
    let (_, reading) = read(&policy, "events {} http { server { listen 80; server_name a; location /api/ { proxy_pass http://up; proxy_hide_header Via; } } }");
    let place = "server a > location /api/ (via)";
    assert_eq!(short(&fact(&reading, "scopes.api.http.headers.remove", place).found), "no via header");
    assert!(!reading.facts.iter().any(|f| f.place.contains("location") && f.intent == KEY));
}
