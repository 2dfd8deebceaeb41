//! Plain HTTP is sent on to HTTPS: vectors H25, H26, T16 and T18, and the forms that certbot and old guides write.

use super::judge;
use super::{policy, read, short};
use secgen::finding::Verdict;
use secgen::policy::Policy;
use serde_json::{Value, json};

fn the_policy(status: u16) -> Policy {
    policy(json!({ "tls": { "redirect_http": status } }))
}

/// Place and verdict of each fact.
fn all(http: &str) -> Vec<(String, Verdict)> {
    let policy = the_policy(308);
    let (_, reading) = read(&policy, &format!("events {{}} http {{ {http} }}"));
    let facts = reading.facts.iter().filter(|f| f.intent == "tls.redirect_http");
    facts.map(|f| (f.place.clone(), judge(&policy, "nginx", policy.intent(&f.intent).unwrap(), f).0.verdict)).collect()
}

/// The one verdict of a plain server with these lines.
fn of(lines: &str) -> Verdict {
    let all = all(&format!("server {{ listen 80; server_name a.test b.test; {lines} }}"));
    assert_eq!(all.len(), 1, "{lines}: {all:?}");
    all[0].1
}

#[test]
fn h25_a_return_of_the_server_answers_all() {
    assert_eq!(of("return 308 https://$host$request_uri;"), Verdict::Equal);
    assert_eq!(of("return 301 https://a.test$request_uri; location / { proxy_pass http://up; }"), Verdict::Equivalent);
    for weak in [
        "return 302 https://$host;",
        "return 307 https://$host;",
        "return https://$host;",
        "return 301 http://other.test;",
        "return 301 $scheme://x;",
        "return 200 ok;",
        "root html;",
    ] {
        assert_eq!(of(weak), Verdict::Weaker, "{weak}");
    }
    assert_eq!(of("return 301 $target;"), Verdict::Unverifiable);
    for refusal in ["return 444;", "return 403;", "return 404 gone;"] {
        assert_eq!(of(refusal), Verdict::NotApplicable, "{refusal}");
    }
}

#[test]
fn old_and_generated_forms() {
    assert_eq!(of("rewrite ^(.*)$ https://$host$1 permanent;"), Verdict::Equivalent);
    assert_eq!(of("rewrite ^ https://$host$request_uri?;"), Verdict::Weaker);
    assert_eq!(of("rewrite ^/old$ https://$host/new permanent;"), Verdict::Weaker, "only one path");
    for always in ["$scheme = http", "$scheme != https", "$scheme != \"https\"", "$https = \"\"", "$https != on", "$server_port = 80", "$server_port != 443"] {
        assert_eq!(of(&format!("if ({always}) {{ return 301 https://$host$request_uri; }}")), Verdict::Equivalent, "{always}");
    }
    assert_eq!(of("if ($server_port = 8080) { return 301 https://$host; }"), Verdict::Unverifiable);
    assert_eq!(of("if ($http_x_forwarded_proto = http) { return 301 https://$host; }"), Verdict::Unverifiable);
    // Some requests get something else.
    assert_eq!(of("if ($request_uri = /health) { return 200 ok; } return 301 https://$host;"), Verdict::Weaker);
    assert_eq!(of("if ($arg_x) { return 302 https://$host/x; } return 301 https://$host;"), Verdict::Weaker);
    assert_eq!(of("if ($arg_x) { return 403; } return 301 https://$host;"), Verdict::Equivalent);
    let certbot = "if ($host = a.test) { return 301 https://$host$request_uri; } if ($host = b.test) { return 301 https://$host$request_uri; }";
    assert_eq!(of(&format!("{certbot} return 404;")), Verdict::Equivalent);
    assert_eq!(of("if ($host = a.test) { return 301 https://$host$request_uri; } return 404;"), Verdict::NotApplicable, "the rest is refused");
    assert_eq!(of(&certbot.replacen("301", "302", 1)), Verdict::Weaker);
}

#[test]
fn each_location_answers_where_the_server_does_not() {
    let http = "server { listen 80; server_name a; location ^~ /.well-known/acme-challenge/ { root acme; } location / { return 301 https://$host$request_uri; }
        location /health { return 200 ok; } location @x { proxy_pass http://up; } }";
    let found = all(http);
    assert_eq!(found, [("server a > location /".to_owned(), Verdict::Equivalent), ("server a > location /health".to_owned(), Verdict::Weaker)]);
    // Without a location for all paths the server's own files answer.
    let found = all("server { listen 80; server_name a; location /b { return 308 https://$host$request_uri; } }");
    assert_eq!(found, [("server a".to_owned(), Verdict::Weaker), ("server a > location /b".to_owned(), Verdict::Equal)]);
    let found =
        all("server { listen 80; server_name a; location ~ ^/\\.well-known/acme-challenge/ { location ~ x { } } location / { return 308 https://$host; } }");
    assert_eq!(found, [("server a > location /".to_owned(), Verdict::Equal)]);
}

#[test]
fn t16_t18_only_sockets_without_tls_count() {
    let at = |listen: &str| all(&format!("server {{ {listen} server_name a; location / {{ }} }}"))[0].1;
    assert_eq!(at("listen 443 ssl;"), Verdict::NotApplicable);
    assert_eq!(at("listen 80; listen 443 ssl;"), Verdict::Weaker, "T18: the same server answers both");
    assert_eq!(at("listen 127.0.0.1:80; listen unix:/run/a.sock; listen [::1]:80;"), Verdict::NotApplicable);
    assert_eq!(at("listen 127.0.0.1:80; listen 80;"), Verdict::Weaker);
    assert_eq!(at("include /etc/nginx/listen.conf;"), Verdict::Unverifiable);
    let shared = all("server { listen 443 ssl; server_name a; } server { listen 443; server_name b; }");
    assert!(shared.iter().all(|(_, verdict)| *verdict == Verdict::NotApplicable), "T16: {shared:?}");
}

#[test]
fn the_rendered_answer_is_that_of_the_spec() {
    for status in [301, 308] {
        let policy = the_policy(status);
        let (artifact, text) = super::render::render(&policy).into_iter().find(|(a, _)| a.path.ends_with("redirect-https.conf")).unwrap();
        assert!(text.contains(&format!("\nreturn {status} https://$host$request_uri;\n")), "{text}");
        let facts = super::render::read_back(&policy, &artifact, &text);
        assert_eq!(facts, artifact.expected);
        assert_ne!(super::render::read_back(&policy, &artifact, &text.replace("https:", "http:")), artifact.expected);
    }
    let wrong = |status: Value| Policy::from_json(json!({ "version": 1, "service": "a", "tls": { "redirect_http": status } })).is_err();
    assert!(wrong(json!(302)) && wrong(json!("308")) && wrong(json!(true)) && !wrong(json!(308)));
    let (_, reading) = read(&the_policy(308), "events {} http { server { listen 80; server_name a; return 302 https://$host; } }");
    let fact = super::fact(&reading, "tls.redirect_http", "server a");
    assert_eq!((short(&fact.found).as_str(), fact.rule.name), ("302", "http-not-redirected"));
    assert!(fact.help[0].contains("`include snippets/redirect-https.conf;`"), "{:?}", fact.help);
}
