//! Facts about response headers: what is in force, and the line that says so or cuts it off.

use super::{Tree, fact, messages, policy, read, short};
use secgen::finding::Cause;
use secgen::targets::Found;
use serde_json::json;

const ALL: &str = "add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always; add_header X-Frame-Options SAMEORIGIN always; \
                   add_header Content-Security-Policy \"frame-ancestors 'self'\" always; add_header X-Content-Type-Options nosniff always; \
                   add_header Referrer-Policy strict-origin-when-cross-origin always;";

fn https(body: &str) -> String {
    format!("events {{}}\nhttp {{\nserver {{\nlisten 443 ssl; ssl_certificate c; ssl_certificate_key k;\nserver_name a.test;\n{body}\n}}\n}}\n")
}

#[test]
fn everything_set_is_found_at_every_place() {
    let (tree, reading) = read(&policy(json!({})), &https(&format!("{ALL}\nlocation /static/ {{ expires 1h; }}")));
    for place in ["server a.test", "server a.test > location /static/"] {
        for (field, text) in [
            ("hsts", "max-age=31536000; includeSubDomains"),
            ("framing", "SAMEORIGIN, frame-ancestors 'self'"),
            ("content_type_options", "nosniff"),
            ("referrer_policy", "strict-origin-when-cross-origin"),
        ] {
            let fact = fact(&reading, &format!("http.headers.{field}"), place);
            assert_eq!(short(&fact.found), text);
            assert!(matches!(fact.found, Found::Set { .. }));
            assert_eq!((fact.cause, tree.at(fact).as_str()), (Cause::Value, "nginx.conf:6"));
        }
    }
    assert!(reading.findings.is_empty() && reading.not_examined.is_empty());
}

#[test]
fn a_nested_add_header_cuts_all_and_both_lines_are_named() {
    let body = format!("{ALL}\nlocation /static/ {{\nadd_header Cache-Control public;\n}}");
    let (tree, reading) = read(&policy(json!({})), &https(&body));
    let fact = fact(&reading, "http.headers.hsts", "server a.test > location /static/");
    assert_eq!(fact.found, Found::Missing);
    assert_eq!((fact.cause, fact.rule.name), (Cause::Shadowed, "header-cut-by-location"));
    assert_eq!(tree.at(fact), "nginx.conf:8", "the line that cuts");
    assert_eq!(tree.sources.place(fact.related[0].span), "nginx.conf:6", "the line that is cut off");
    assert_eq!(fact.help, ["add `include snippets/security-headers.conf;` to this block"]);
}

#[test]
fn a_cut_further_out_is_named_in_the_inner_location() {
    let body = format!("{ALL}\nlocation /a/ {{\nadd_header X 1;\nlocation /a/b/ {{ }}\n}}");
    let (tree, reading) = read(&policy(json!({})), &https(&body));
    let fact = fact(&reading, "http.headers.framing", "server a.test > location /a/ > location /a/b/");
    assert_eq!((fact.cause, tree.at(fact).as_str()), (Cause::Shadowed, "nginx.conf:8"));
}

#[test]
fn off_on_a_server_empties_its_locations() {
    let policy = policy(json!({ "targets": { "nginx": { "version": "1.29.3" } } }));
    let body = format!("add_header_inherit off;\n{ALL}\nlocation / {{ }}");
    let (_, reading) = read(&policy, &https(&body));
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test").found, Found::Set { .. }));
    let inner = fact(&reading, "http.headers.hsts", "server a.test > location /");
    assert_eq!((&inner.found, inner.cause), (&Found::Missing, Cause::Shadowed));
    assert!(inner.help.iter().any(|h| h.contains("add_header_inherit merge")), "{:?}", inner.help);
}

#[test]
fn an_old_nginx_does_not_know_inherit() {
    let body = format!("{ALL}\nlocation / {{ add_header_inherit merge; add_header X 1; }}");
    let (_, reading) = read(&policy(json!({})), &https(&body));
    assert!(messages(&reading)[0].contains("does not know add_header_inherit"), "{:?}", messages(&reading));
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test > location /").found, Found::Unverifiable(_)));
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test").found, Found::Set { .. }));
}

#[test]
fn nothing_set_is_missing_at_the_block() {
    let (tree, reading) = read(&policy(json!({})), &https(""));
    let fact = fact(&reading, "http.headers.content_type_options", "server a.test");
    assert_eq!((&fact.found, fact.cause, fact.rule.name), (&Found::Missing, Cause::Missing, "header-missing"));
    assert_eq!(tree.at(fact), "nginx.conf:3");
}

#[test]
fn without_always_error_responses_lack_it() {
    let (_, reading) = read(&policy(json!({})), &https("add_header X-Content-Type-Options nosniff;"));
    let fact = fact(&reading, "http.headers.content_type_options", "server a.test");
    assert!(matches!(&fact.found, Found::Invalid { text, .. } if text == "nosniff"), "{:?}", fact.found);
    assert_eq!((fact.cause, fact.rule.name), (Cause::Invalid, "header-not-always"));
    // With a second line that says something else, both answers count.
    let body = "add_header Referrer-Policy no-referrer; add_header Referrer-Policy unsafe-url always;";
    let (_, reading) = read(&policy(json!({})), &https(body));
    let facts: Vec<String> =
        reading.facts.iter().filter(|f| f.intent.ends_with("referrer_policy")).map(|f| format!("{}: {}", f.place, short(&f.found))).collect();
    assert_eq!(facts.len(), 1, "unsafe-url wins in both: {facts:?}");
    let body = "add_header Referrer-Policy unsafe-url always; add_header Referrer-Policy no-referrer;";
    let (_, reading) = read(&policy(json!({})), &https(body));
    assert_eq!(short(&super::fact(&reading, "http.headers.referrer_policy", "server a.test").found), "unsafe-url, no-referrer");
    assert_eq!(short(&super::fact(&reading, "http.headers.referrer_policy", "server a.test (error responses)").found), "unsafe-url");
}

#[test]
fn variables_and_line_breaks_never_pass() {
    let body = "add_header X-Frame-Options $cookie_xfo always; add_header X-Content-Type-Options \"nosniff\nX-Evil: 1\" always;";
    let (_, reading) = read(&policy(json!({})), &https(body));
    let framing = fact(&reading, "http.headers.framing", "server a.test");
    assert!(matches!(framing.found, Found::Unverifiable(_)));
    assert_eq!((framing.cause, framing.rule.name), (Cause::Dynamic, "header-dynamic"));
    let sniff = fact(&reading, "http.headers.content_type_options", "server a.test");
    assert!(short(&sniff.found).contains("line break"), "{}", short(&sniff.found));
}

#[test]
fn other_modules_make_headers_unknown_and_headers_more_does_not() {
    let body =
        format!("{ALL} more_set_headers \"X-Frame-Options: DENY\" \"Referrer-Policy:\"; location /lua {{ header_filter_by_lua_block {{ ngx.header.x = 1 }} }}");
    let (_, reading) = read(&policy(json!({})), &https(&body));
    assert_eq!(short(&fact(&reading, "http.headers.framing", "server a.test").found), "DENY, SAMEORIGIN, frame-ancestors 'self'", "both lines are sent");
    assert!(matches!(fact(&reading, "http.headers.referrer_policy", "server a.test").found, Found::Set { .. }), "set to nothing: cleared before add_header");
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test > location /lua").found, Found::Unverifiable(_)));
}

#[test]
fn hsts_counts_over_tls_only() {
    let text = "events {} http { server { listen 80; server_name a.test; return 301 https://a.test$request_uri; } server { listen 127.0.0.1:8443 ssl; server_name b.test; } \
                server { listen 127.0.0.1:8443; server_name c.test; } server { listen 8443; server_name d.test; } }";
    let (_, reading) = read(&policy(json!({})), text);
    let hsts = |place: &str| short(&fact(&reading, "http.headers.hsts", place).found);
    assert!(hsts("server a.test").starts_with("not applicable: HSTS"), "{}", hsts("server a.test"));
    assert_eq!(hsts("server b.test"), "missing");
    assert_eq!(hsts("server c.test"), "missing", "another server makes the socket a TLS one (T16)");
    assert!(hsts("server d.test").starts_with("not applicable"), "8443 alone is no TLS");
    assert_eq!(short(&fact(&reading, "http.headers.framing", "server a.test").found), "missing", "a redirect is a response too");
}

#[test]
fn a_server_that_refuses_handshakes_sends_nothing() {
    let text = "events {} http { server { listen 443 ssl default_server; ssl_reject_handshake on; location / { } } }";
    let (_, reading) = read(&policy(json!({})), text);
    assert!(!reading.facts.is_empty());
    assert!(reading.facts.iter().all(|f| matches!(f.found, Found::NotApplicable(_))));
}

#[test]
fn an_if_with_headers_is_a_place_and_one_without_is_not() {
    let body = format!("{ALL}\nlocation / {{\nif ($arg_a) {{ add_header X 1; }}\nif ($arg_b) {{ set $c 1; }}\n}}");
    let (_, reading) = read(&policy(json!({})), &https(&body));
    assert_eq!(fact(&reading, "http.headers.hsts", "server a.test > location / > if ($arg_a)").found, Found::Missing);
    assert!(!reading.facts.iter().any(|f| f.place.contains("$arg_b")));
}

#[test]
fn what_nginx_refuses_is_said_and_never_passes() {
    for (line, why) in [
        ("add_header X-Content-Type-Options nosniff Always;", "can only be always"),
        ("add_header Strict-Transport-Security max-age=31536000 includeSubDomains always;", "takes 2 to 3 arguments, not 4"),
        ("add_header X-Content-Type-Options;", "takes 2 to 3 arguments, not 1"),
    ] {
        let (_, reading) = read(&policy(json!({})), &https(&format!("{ALL} {line}")));
        assert!(messages(&reading)[0].contains(why), "{:?}", messages(&reading));
        assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test").found, Found::Unverifiable(_)), "{line}");
    }
}

#[test]
fn a_syntax_error_is_an_error_and_no_fact() {
    let (tree, reading) = read(&policy(json!({})), "events {}\nhttp {\nserver {\nlisten 443 ssl\n}\n}\n");
    assert!(reading.facts.is_empty() && reading.sources.is_empty());
    assert_eq!(reading.findings.len(), 1);
    assert_eq!((reading.findings[0].rule.name, reading.findings[0].kind), ("nginx-syntax", secgen::finding::Kind::Error));
    assert_eq!(tree.sources.place(reading.findings[0].primary.as_ref().unwrap().span), "nginx.conf:5");
}

#[test]
fn a_part_of_a_configuration_is_judged_where_it_decides() {
    let mut tree = Tree::new(&[(
        "site.conf",
        &format!(
            "server {{ listen 443 ssl; ssl_certificate c; server_name a.test; location / {{ }} location /own/ {{ {ALL} }} location /cut/ {{ add_header X 1; }} }}"
        ),
    )]);
    let reading = tree.read(&policy(json!({})), "site.conf");
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test > location /").found, Found::Unverifiable(_)), "the http block may set it");
    assert!(matches!(fact(&reading, "http.headers.hsts", "server a.test > location /own/").found, Found::Set { .. }));
    assert_eq!(fact(&reading, "http.headers.hsts", "server a.test > location /cut/").found, Found::Missing);
    let mut tree = Tree::new(&[("loc.conf", "location /x/ { add_header X 1; }")]);
    let reading = tree.read(&policy(json!({})), "loc.conf");
    assert_eq!(fact(&reading, "http.headers.framing", "server (the block that includes this file) > location /x/").found, Found::Missing);
}

#[test]
fn what_a_backend_may_send_too_is_one_note() {
    let hide = "proxy_hide_header strict-transport-security; proxy_hide_header X-FRAME-OPTIONS; proxy_hide_header Content-Security-Policy; \
                proxy_hide_header X-Content-Type-Options; proxy_hide_header Referrer-Policy;";
    let body = format!(
        "{ALL} {hide} location /a {{ proxy_pass http://b; }}\nlocation /b {{ proxy_hide_header X-Powered-By; proxy_pass http://b; }}\n\
         location /c {{ fastcgi_pass b; }}\nlocation /d {{ add_header X 1; proxy_pass http://b; proxy_hide_header Y; }}"
    );
    let (tree, reading) = read(&policy(json!({})), &https(&body));
    let notes: Vec<_> = reading.findings.iter().filter(|f| f.rule.name == "header-from-backend").collect();
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].kind, notes[0].related.len()), (secgen::finding::Kind::Note, 1));
    assert_eq!(tree.sources.place(notes[0].primary.as_ref().unwrap().span), "nginx.conf:7", "a list of its own hides the server's");
    assert_eq!(tree.sources.place(notes[0].related[0].span), "nginx.conf:8", "fastcgi has its own list");
}

#[test]
fn an_edited_snippet_is_to_be_rendered_again() {
    let mut tree = Tree::new(&[
        ("nginx.conf", &https("include snippets/security-headers.conf;")),
        ("snippets/security-headers.conf", "add_header X-Content-Type-Options nosniff;"),
    ]);
    let reading = tree.read(&policy(json!({})), "nginx.conf");
    let help = &fact(&reading, "http.headers.content_type_options", "server a.test").help;
    assert!(help[0].contains("secgen render --force snippets/security-headers.conf"), "{help:?}");
}
