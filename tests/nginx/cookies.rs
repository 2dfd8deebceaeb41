//! Cookies: the vectors K01 to K03, and what ngx_http_proxy_module's documentation says of `proxy_cookie_path`.

use super::judge;
use super::{fact, policy, read, short};
use secgen::finding::Verdict;
use secgen::policy::Policy;
use secgen::targets::{Found, Reading};
use serde_json::{Value, json};

const KEY: &str = "http.cookies.session";

fn the_policy(cookie: Value) -> Policy {
    policy(json!({ "http": { "cookies": { "session": cookie } } }))
}

fn sid() -> Policy {
    the_policy(json!({ "name": "sid", "secure": true, "http_only": true, "same_site": "lax" }))
}

fn reading(policy: &Policy, http: &str) -> Reading {
    read(policy, &format!("events {{}} http {{ {http} }}")).1
}

fn verdict(policy: &Policy, reading: &Reading, place: &str) -> (Verdict, &'static str) {
    let fact = fact(reading, KEY, place);
    (judge(policy, "nginx", policy.intent(KEY).unwrap(), fact).0.verdict, fact.rule.name)
}

/// At a location with these lines and a backend.
fn at(policy: &Policy, lines: &str) -> (Verdict, &'static str) {
    let reading = reading(policy, &format!("server {{ listen 80; server_name a; location / {{ proxy_pass http://up; {lines} }} }}"));
    verdict(policy, &reading, "server a > location /")
}

#[test]
fn k01_the_nearest_list_and_its_first_line_that_matches_count() {
    let http = "server { listen 80; server_name a; proxy_cookie_flags ~ secure httponly samesite=lax; location /a { proxy_pass http://up; }
        location /b { proxy_cookie_flags sid samesite=strict; proxy_pass http://up; } location /c { proxy_cookie_flags off; proxy_pass http://up; }
        location /d { add_header Set-Cookie \"sid=1\"; proxy_pass http://up; } }";
    let policy = sid();
    let reading = reading(&policy, http);
    let expected = [
        ("/a", Verdict::Equivalent, "cookie-flags"),
        ("/b", Verdict::Unverifiable, "cookie-from-backend"),
        ("/c", Verdict::Unverifiable, "cookie-from-backend"),
        ("/d", Verdict::Equivalent, "cookie-flags"),
        // proxy_cookie_flags does not touch what add_header sets.
        ("/d (set by nginx)", Verdict::Weaker, "cookie-flags"),
    ];
    for (place, verdict, rule) in expected {
        assert_eq!(self::verdict(&policy, &reading, &format!("server a > location {place}")), (verdict, rule), "{place}");
    }
    let b = fact(&reading, KEY, "server a > location /b");
    assert!(short(&b.found).contains("Secure is missing") && !short(&b.found).contains("SameSite"), "{b:?}");
    assert_eq!(
        b.help,
        [
            "add `include snippets/cookies.conf;` to the http block, and `proxy_cookie_flags sid secure httponly samesite=lax;` to each block with proxy_cookie_flags lines of its own"
        ]
    );
}

#[test]
fn k02_names_expressions_and_flags_that_are_taken_away() {
    let policy = sid();
    assert_eq!(at(&policy, "proxy_cookie_flags SID secure httponly samesite=strict;").0, Verdict::Stricter);
    assert_eq!(at(&policy, "proxy_cookie_flags ~^SI secure httponly samesite=lax;").0, Verdict::Equivalent);
    assert_eq!(at(&policy, "proxy_cookie_flags other secure; proxy_cookie_flags sid secure httponly samesite=lax;").0, Verdict::Equivalent);
    assert_eq!(at(&policy, "proxy_cookie_flags ~^s nosecure; proxy_cookie_flags sid secure httponly samesite=lax;"), (Verdict::Weaker, "cookie-flags"));
    assert_eq!(at(&policy, "proxy_cookie_flags sid nohttponly;").0, Verdict::Weaker);
    assert_eq!(at(&policy, "proxy_cookie_flags sid samesite=none;").0, Verdict::Weaker);
    assert_eq!(at(&policy, "proxy_cookie_flags sid nosamesite;").0, Verdict::Weaker);
    assert_eq!(at(&policy, "proxy_cookie_flags sid secure httponly;").0, Verdict::Unverifiable);
    assert_eq!(at(&policy, "proxy_cookie_flags sid secure httponly samesite=$arg_s;").0, Verdict::Unverifiable);
    assert_eq!(at(&policy, "proxy_cookie_flags sid sure;"), (Verdict::Unverifiable, "nginx-refused"));
    assert_eq!(at(&policy, "proxy_cookie_flags ~(?(1)a sid secure httponly samesite=lax;").0, Verdict::Unverifiable);
    // Where the policy does not ask for SameSite, the backend may do what it likes.
    let two = the_policy(json!({ "name": "sid", "secure": true, "http_only": true }));
    assert_eq!(at(&two, "proxy_cookie_flags sid secure httponly;").0, Verdict::Equivalent);
}

#[test]
fn k03_what_nginx_refuses_decides_nothing() {
    assert_eq!(at(&sid(), "proxy_cookie_flags sid secure httponly samesite=lax; proxy_cookie_flags off;"), (Verdict::Unverifiable, "nginx-refused"));
    let old = policy(
        json!({ "http": { "cookies": { "session": { "name": "sid", "secure": true } } }, "targets": { "nginx": { "check": ["nginx.conf"], "version": "1.18" } } }),
    );
    assert_eq!(at(&old, "proxy_cookie_flags sid secure;"), (Verdict::Unverifiable, "nginx-refused"));
}

#[test]
fn flags_behind_a_path_reach_cookies_with_a_path_only() {
    let hack = "proxy_cookie_path / \"/; HttpOnly; Secure; SameSite=Lax\";";
    let (verdict, rule) = at(&sid(), hack);
    assert_eq!((verdict, rule), (Verdict::Unverifiable, "cookie-from-backend"));
    // Browsers take a cookie of such a name with the path / only.
    let host = the_policy(json!({ "name": "__Host-sid", "secure": true, "http_only": true, "same_site": "lax" }));
    assert_eq!(at(&host, hack).0, Verdict::Equivalent);
    assert_eq!(at(&host, "proxy_cookie_path ~^/(.*)$ \"/$1; HttpOnly; Secure; SameSite=Strict\";").0, Verdict::Stricter);
    assert_eq!(at(&host, "proxy_cookie_path /app/ \"/; HttpOnly; Secure; SameSite=Lax\";").0, Verdict::Unverifiable);
    assert_eq!(at(&host, "proxy_cookie_path / /app/;").0, Verdict::Unverifiable);
    assert_eq!(at(&host, &format!("{hack} proxy_cookie_flags ~ samesite=none;")).0, Verdict::Weaker);
}

#[test]
fn backends_of_other_kinds_and_programs_decide_themselves() {
    let policy = sid();
    let found = |lines: &str| {
        let reading = reading(&policy, &format!("server {{ listen 80; server_name a; location / {{ {lines} }} }}"));
        let fact = fact(&reading, KEY, "server a > location /");
        assert!(!fact.help.is_empty());
        (short(&fact.found), fact.rule.name)
    };
    for pass in ["fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass"] {
        let (why, rule) = found(&format!("{pass} up; proxy_cookie_flags sid secure httponly samesite=lax;"));
        assert!(why.starts_with("unverifiable: the backend decides") && why.ends_with(pass) && rule == "cookie-from-backend", "{why}");
    }
    assert!(found("content_by_lua_block { }").0.contains("a program answers"));
    assert!(found("include /etc/nginx/x.conf; proxy_pass http://up;").0.starts_with("unverifiable"));
    let dropped = reading(&policy, "server { listen 80; server_name a; location / { proxy_pass http://up; proxy_hide_header Set-Cookie; } }");
    assert!(matches!(fact(&dropped, KEY, "server a > location /").found, Found::NotApplicable(_)));
    let none = reading(&policy, "server { listen 80; server_name a; location / { root html; } location /r { proxy_pass http://up; return 204; } }");
    assert!(matches!(fact(&none, KEY, "server a").found, Found::NotApplicable(_)));
    assert_eq!(none.facts.len(), 1);
}

#[test]
fn backends_that_no_line_is_about_are_one_finding() {
    let policy = sid();
    let reading = reading(&policy, "server { listen 80; server_name a; location / { proxy_pass http://up; } location /b { proxy_pass http://up; } }");
    let facts: Vec<_> = ["/", "/b"].map(|path| fact(&reading, KEY, &format!("server a > location {path}"))).to_vec();
    assert!(facts[0].group.is_some() && facts[0].group == facts[1].group && facts[0].found == facts[1].found, "{facts:?}");
}

#[test]
fn a_cookie_of_nginx_is_judged_as_it_stands_and_its_value_never_shown() {
    let policy = sid();
    let at = |line: &str| {
        let reading = reading(
            &policy,
            &format!("map $arg_a $m {{ a \"; Secure\"; default \"\"; }} server {{ listen 80; server_name a; add_header Set-Cookie {line}; }}"),
        );
        let facts: Vec<_> = reading.facts.iter().filter(|f| f.intent == KEY).map(|f| judge(&policy, "nginx", policy.intent(KEY).unwrap(), f).0).collect();
        assert_eq!(facts.len(), 1);
        assert!(!format!("{facts:?}").contains("s3cret"), "{facts:?}");
        facts[0].verdict
    };
    assert_eq!(at("\"sid=s3cret; Secure; HttpOnly; SameSite=Strict\""), Verdict::Stricter);
    assert_eq!(at("\"sid=s3cret; Secure; HttpOnly; SameSite=Lax\""), Verdict::Equal);
    assert_eq!(at("\"sid=s3cret; Secure; SameSite=Lax\""), Verdict::Weaker);
    assert_eq!(at("\"sid=$request_id; Secure; HttpOnly; SameSite=Lax\""), Verdict::Equal);
    assert_eq!(at("\"sid=s3cret; HttpOnly; SameSite=Lax$m\""), Verdict::Weaker);
    assert_eq!(at("\"sid=s3cret; Secure; HttpOnly; SameSite=$arg_x\""), Verdict::Unverifiable);
    assert_eq!(at("\"$arg_n=s3cret; Secure; HttpOnly\""), Verdict::Unverifiable);
    // Browsers refuse it, so that it opens nothing.
    assert_eq!(at("\"sid=s3cret; SameSite=None\""), Verdict::NotApplicable);
    assert_eq!(at("\"other=s3cret\""), Verdict::NotApplicable);
}
