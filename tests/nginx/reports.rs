//! Public reports about checkers and configurations, each with its smallest input: what was asked for must come out.

use super::{Tree, fact, messages, policy, read, short};
use secgen::finding::Cause;
use secgen::source::Sources;
use secgen::strictness::Order;
use secgen::targets::nginx::Nginx;
use secgen::targets::{Found, Input, Reading, Target};
use serde_json::json;

const HEADERS: &str = "add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;\nadd_header X-Frame-Options SAMEORIGIN always;\n\
                       add_header Content-Security-Policy \"frame-ancestors 'self'\" always;\nadd_header X-Content-Type-Options nosniff always;\n\
                       add_header Referrer-Policy strict-origin-when-cross-origin always;\n";

fn https(body: &str) -> String {
    format!("events {{}}\nhttp {{\nserver {{\nlisten 443 ssl; ssl_certificate c; ssl_certificate_key k;\nserver_name a.test;\n{body}\n}}\n}}\n")
}

/// Every fact meets the policy.
#[track_caller]
fn clean(reading: &Reading, policy: &secgen::policy::Policy) {
    for fact in &reading.facts {
        let intent = policy.intent(&fact.intent).unwrap();
        let meets = match &fact.found {
            Found::Set { value, .. } => matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter),
            Found::NotApplicable(_) => true,
            _ => false,
        };
        assert!(meets, "{} at {}: {}", fact.intent, fact.place, short(&fact.found));
    }
    assert!(!reading.facts.is_empty() && messages(reading).is_empty(), "{:?}", messages(reading));
}

/// yandex/gixy#114: the location includes the server's snippet again, and adds one header.
#[test]
fn a_snippet_included_again_beside_a_header_is_clean() {
    let body = "include headers.conf;\nlocation /assets/ {\ninclude headers.conf;\nadd_header Cache-Control public;\n}";
    let mut tree = Tree::new(&[("nginx.conf", &https(body)), ("headers.conf", HEADERS)]);
    let policy = policy(json!({}));
    clean(&tree.read(&policy, "nginx.conf"), &policy);
}

/// NixOS/nixpkgs#546462: `add_header_inherit merge` in an `if`.
#[test]
fn merge_in_an_if_is_clean_from_1_29_3_and_refused_before() {
    let body = format!("{HEADERS}location / {{\nif ($arg_v) {{\nadd_header Cache-Control immutable;\nadd_header_inherit merge;\n}}\n}}");
    let new = policy(json!({ "targets": { "nginx": { "version": "1.29.3" } } }));
    clean(&read(&new, &https(&body)).1, &new);
    let (tree, reading) = read(&policy(json!({})), &https(&body));
    assert!(messages(&reading)[0].contains("does not know add_header_inherit, which came with 1.29.3"), "{:?}", messages(&reading));
    assert_eq!(tree.sources.place(reading.findings[0].primary.as_ref().unwrap().span), "nginx.conf:14");
}

/// nginx-proxy/nginx-proxy#1136: a snippet in `location /` loses the server's HSTS.
#[test]
fn a_location_snippet_that_cuts_is_named_with_what_it_cuts() {
    let body = format!("{HEADERS}location / {{\ninclude vhost.d/default_location;\n}}");
    let mut tree = Tree::new(&[("nginx.conf", &https(&body)), ("vhost.d/default_location", "add_header X-Served-By me;\n")]);
    let reading = tree.read(&policy(json!({})), "nginx.conf");
    let fact = fact(&reading, "http.headers.hsts", "server a.test > location /");
    assert_eq!((fact.cause, tree.at(fact).as_str()), (Cause::Shadowed, "vhost.d/default_location:1"));
    assert_eq!(tree.sources.place(fact.related[0].span), "nginx.conf:6");
}

/// h5bp/server-configs-nginx#193: an `expires` snippet with a Cache-Control header in a location by expression.
#[test]
fn a_cache_header_in_a_location_by_expression_cuts_all_security_headers() {
    let body = format!("{HEADERS}location ~* \\.(?:css|js)$ {{\nexpires 1y;\nadd_header Cache-Control public;\n}}");
    let (tree, reading) = read(&policy(json!({})), &https(&body));
    for field in ["hsts", "framing", "content_type_options", "referrer_policy"] {
        let fact = fact(&reading, &format!("http.headers.{field}"), "server a.test > location ~* \\.(?:css|js)$");
        assert_eq!((fact.rule.name, tree.at(fact).as_str()), ("header-cut-by-location", "nginx.conf:13"), "{field}");
    }
}

/// getodk/central#1651: the header is there, and error pages lack it.
#[test]
fn a_header_without_always_is_said_to_miss_on_error_pages() {
    let (_, reading) = read(&policy(json!({})), &https(&HEADERS.replace("nosniff always", "nosniff")));
    let fact = fact(&reading, "http.headers.content_type_options", "server a.test");
    assert_eq!(fact.rule.name, "header-not-always");
    assert!(short(&fact.found).contains("not send it with error responses"), "{}", short(&fact.found));
}

/// NginxProxyManager/nginx-proxy-manager#2896: the backend sends the header too, and two lines reach the client.
#[test]
fn a_backend_that_may_send_the_same_header_is_noted_with_the_line_that_helps() {
    let (_, reading) = read(&policy(json!({})), &https(&format!("{HEADERS}location / {{\nproxy_pass http://127.0.0.1:8080;\n}}")));
    let note = reading.findings.iter().find(|f| f.rule.name == "header-from-backend").unwrap();
    assert!(note.help[0].contains("proxy_hide_header X-Frame-Options;"), "{:?}", note.help);
    let hidden = ["Strict-Transport-Security", "X-Frame-Options", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"];
    let hide: String = hidden.iter().map(|name| "proxy_hide_header NAME;\n".replace("NAME", name)).collect();
    let policy = policy(json!({}));
    clean(&read(&policy, &https(&format!("{HEADERS}{hide}location / {{\nproxy_pass http://127.0.0.1:8080;\n}}"))).1, &policy);
}

/// NginxProxyManager/nginx-proxy-manager#2822, nginx-proxy/nginx-proxy#1177: the socket's default server decides.
#[test]
fn the_default_server_of_the_socket_decides_about_tls_versions() {
    let text = "events {}\nhttp {\nssl_certificate c; ssl_certificate_key k;\nserver { listen 443 ssl default_server; }\n\
                server { listen 443 ssl; server_name a.test; ssl_protocols TLSv1.2 TLSv1.3; }\n}\n";
    let of = |version: &str| policy(json!({ "tls": { "min_version": "TLSv1.2" }, "targets": { "nginx": { "version": version } } }));
    let (tree, old) = read(&of("1.22.1"), text);
    let fact = fact(&old, "tls.min_version", "server a.test");
    assert_eq!((fact.rule.name, tree.at(fact).as_str()), ("tls-default-server-decides", "nginx.conf:4"));
    let (_, new) = read(&of("1.29.2"), text);
    assert_eq!(short(&super::fact(&new, "tls.min_version", "server a.test").found), "TLSv1.2 TLSv1.3");
}

/// mozilla/ssl-config-generator#141: HSTS at the http level is lost in servers with a header of their own.
#[test]
fn hsts_of_the_http_level_is_lost_in_servers_with_headers_of_their_own() {
    let text = "events {}\nhttp {\nssl_certificate c; ssl_certificate_key k;\nadd_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;\n\
                server { listen 443 ssl; server_name a.test;\nadd_header X 1;\n}\nserver { listen 443 ssl; server_name b.test; }\n}\n";
    let (tree, reading) = read(&policy(json!({})), text);
    let lost = fact(&reading, "http.headers.hsts", "server a.test");
    assert_eq!((lost.rule.name, tree.at(lost).as_str()), ("header-cut-by-location", "nginx.conf:6"));
    assert!(matches!(fact(&reading, "http.headers.hsts", "server b.test").found, Found::Set { .. }));
}

/// mozilla/ssl-config-generator#124: `ssl_conf_command Ciphersuites` of another server than the default one.
#[test]
fn suites_of_tls_1_3_are_those_of_the_default_server_before_1_29_2() {
    let text = "events {}\nhttp {\nssl_certificate c; ssl_certificate_key k; ssl_protocols TLSv1.3;\nserver { listen 443 ssl; server_name a.test; }\n\
                server { listen 443 ssl; server_name b.test; ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256; }\n}\n";
    let of =
        |version: &str| policy(json!({ "tls": { "profile": { "mozilla": "modern", "guideline": "6.0" } }, "targets": { "nginx": { "version": version } } }));
    let suites = |version: &str| {
        let (_, reading) = read(&of(version), text);
        match &fact(&reading, "tls.profile", "server b.test").found {
            Found::Set { value, .. } | Found::Default { value, .. } => value.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert!(suites("1.22.1").contains("TLS_AES_128_GCM_SHA256"));
    assert_eq!(suites("1.29.2"), "TLS_CHACHA20_POLY1305_SHA256");
}

/// nginxinc/nginx-go-crossplane#72, nginxinc/crossplane#108: includes inside of `if` and `limit_except`.
#[test]
fn includes_stand_in_if_and_limit_except() {
    let body = format!("{HEADERS}location / {{\nif ($arg_x) {{ include empty.conf; }}\nlimit_except GET {{ include deny.conf; }}\n}}");
    let mut tree = Tree::new(&[("nginx.conf", &https(&body)), ("empty.conf", "# nothing\n"), ("deny.conf", "deny all;\n")]);
    let policy = policy(json!({}));
    let reading = tree.read(&policy, "nginx.conf");
    clean(&reading, &policy);
    assert_eq!(reading.sources.len(), 3);
}

/// dvershinin/gixy#64 (and #6): what an include brings keeps its place among the lines around it, in a dump too.
#[test]
fn the_order_across_an_include_is_kept_also_in_a_dump() {
    let main = |lines: &str| {
        format!(
            "# configuration file /etc/nginx/nginx.conf:\nevents {{}}\nhttp {{\nserver {{\nlisten 80;\nserver_name a.test;\n{lines}\n}}\n}}\n\n\
             # configuration file /etc/nginx/referrer.conf:\nadd_header Referrer-Policy no-referrer always;\n\n"
        )
    };
    let own = "add_header Referrer-Policy unsafe-url always;";
    for (lines, found) in
        [(format!("include referrer.conf;\n{own}"), "no-referrer, unsafe-url"), (format!("{own}\ninclude referrer.conf;"), "unsafe-url, no-referrer")]
    {
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add("<stdin>", main(&lines));
        let reading = Nginx.read(&policy(json!({})), &mut sources, &[Input { path: "<stdin>".to_owned(), id: Some(id) }]);
        assert!(messages(&reading).is_empty(), "{:?}", messages(&reading));
        // Of several the last counts.
        assert_eq!(short(&fact(&reading, "http.headers.referrer_policy", "server a.test").found), found);
    }
}

/// internetstandards/Internet.nl#2093: two includes in one location both add headers, and HSTS is reset on purpose. Both
/// lines are sent and nothing is cut off; what is on purpose is a scope or a waiver, and not silence.
#[test]
fn two_includes_in_one_location_add_up_and_a_reset_is_said_at_its_line() {
    let body = format!("{HEADERS}location /test/ {{\ninclude one.conf;\ninclude two.conf;\n}}");
    let one = HEADERS.replace("max-age=31536000; includeSubDomains", "max-age=0");
    let mut tree = Tree::new(&[("nginx.conf", &https(&body)), ("one.conf", &one), ("two.conf", "add_header Referrer-Policy no-referrer always;\n")]);
    let reading = tree.read(&policy(json!({})), "nginx.conf");
    let place = "server a.test > location /test/";
    let reset = fact(&reading, "http.headers.hsts", place);
    assert_eq!((short(&reset.found).as_str(), reset.rule.name, tree.at(reset).as_str()), ("max-age=0", "header-value", "one.conf:1"));
    assert_eq!(short(&fact(&reading, "http.headers.referrer_policy", place).found), "strict-origin-when-cross-origin, no-referrer");
    assert!(reading.facts.iter().all(|f| f.cause != Cause::Shadowed));
}
