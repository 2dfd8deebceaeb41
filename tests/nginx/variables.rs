//! Values that variables give to headers (ngx_http_map_module, ngx_http_geo_module, ngx_http_split_clients_module,
//! ngx_http_rewrite_module): each value that a header may have is judged, and what only a request decides never passes.

use super::{fact, messages, policy, read, short};
use secgen::finding::Cause;
use secgen::targets::{Found, Reading};
use serde_json::json;

/// A server with a certificate, inside of an http block with these lines.
fn judge(http: &str, server: &str) -> Reading {
    let text =
        format!("events {{}}\nhttp {{\n{http}\nssl_certificate c; ssl_certificate_key k;\nserver {{ listen 443 ssl; server_name a.test;\n{server}\n}}\n}}\n");
    read(&policy(json!({})), &text).1
}

/// What is found of a field, place by place.
fn found(reading: &Reading, field: &str) -> Vec<String> {
    let all = reading.facts.iter().filter(|f| f.intent == format!("http.headers.{field}"));
    all.map(|f| format!("{}: {}", f.place.trim_start_matches("server a.test"), short(&f.found))).collect()
}

#[test]
fn every_value_of_a_map_is_judged_and_its_line_is_named() {
    let http = "map $http_x $referrer {\ndefault no-referrer;\nold unsafe-url;\n}";
    let (tree, reading) = read(
        &policy(json!({})),
        &format!("events {{}}\nhttp {{\n{http}\nserver {{ listen 80; server_name a.test;\nadd_header Referrer-Policy $referrer always;\n}}\n}}\n"),
    );
    assert_eq!(found(&reading, "referrer_policy"), [" (where $referrer is \"unsafe-url\"): unsafe-url", " (where $referrer is \"no-referrer\"): no-referrer"]);
    let weak = fact(&reading, "http.headers.referrer_policy", "server a.test (where $referrer is \"unsafe-url\")");
    assert_eq!(tree.at(weak), "nginx.conf:5", "the line of the map that gives the value");
    assert_eq!(tree.sources.place(weak.related[0].span), "nginx.conf:8", "and the header line");
}

#[test]
fn a_map_without_a_default_leaves_the_header_out() {
    let reading = judge("map $http_host $sniff { a.test nosniff; }", "add_header X-Content-Type-Options $sniff always;");
    assert_eq!(found(&reading, "content_type_options"), [" (where $sniff is \"nosniff\"): nosniff", " (where $sniff is empty): missing"]);
    let empty = fact(&reading, "http.headers.content_type_options", "server a.test (where $sniff is empty)");
    assert_eq!(empty.rule.name, "header-empty");
}

/// Vector X25: `$https` and `$scheme` are known at a place.
#[test]
fn a_map_on_the_scheme_is_decided_by_the_socket() {
    for (source, key) in [("$https", "on"), ("$scheme", "https")] {
        let reading = judge(
            &format!("map {source} $hsts {{ {key} \"max-age=31536000; includeSubDomains\"; default \"\"; }}"),
            "listen 80; add_header Strict-Transport-Security $hsts always;",
        );
        assert_eq!(found(&reading, "hsts"), [": max-age=31536000; includeSubDomains"], "{source}: HSTS counts over TLS alone");
    }
    let weak = judge("map $https $hsts { on max-age=1; }", "add_header Strict-Transport-Security $hsts always;");
    assert_eq!(found(&weak, "hsts"), [": max-age=1"]);
}

#[test]
fn maps_of_maps_geo_and_split_clients_are_enumerated() {
    let http =
        "geo $near { default 0; 10.0.0.0/8 1; }\nmap $near $a { 0 no-referrer; 1 $b; }\nsplit_clients $remote_addr $b { 50% same-origin; * unsafe-url; }";
    let reading = judge(http, "add_header Referrer-Policy $a always;");
    let mut values: Vec<String> = found(&reading, "referrer_policy").iter().map(|f| f.rsplit(": ").next().unwrap().to_owned()).collect();
    values.sort();
    assert_eq!(values, ["no-referrer", "same-origin", "unsafe-url"]);
}

/// Vector H29, and what an `if` may skip.
#[test]
fn set_is_folded_along_the_way_of_the_request() {
    let server = "set $r no-referrer; add_header Referrer-Policy $r always;\nlocation /a/ { set $r \"${r}, origin\"; }\n\
                  location /b/ { if ($arg_x) { set $r unsafe-url; } }\nlocation /c/ { location /c/d/ { } set $r origin; }";
    let reading = judge("", server);
    let all = found(&reading, "referrer_policy");
    assert!(all.contains(&": no-referrer".to_owned()) && all.contains(&" > location /a/: no-referrer, origin".to_owned()), "{all:?}");
    assert!(all.iter().any(|f| f.starts_with(" > location /b/ (where $r is \"unsafe-url\")")), "{all:?}");
    assert!(all.contains(&" > location /b/ > if ($arg_x): unsafe-url".to_owned()), "{all:?}");
    // The lines of a location around do not run.
    assert!(all.contains(&" > location /c/ > location /c/d/: no-referrer".to_owned()), "{all:?}");
}

#[test]
fn what_a_request_decides_never_passes() {
    for value in ["$http_x_referrer", "no-referrer$arg_a", "$upstream_http_referrer_policy", "$1"] {
        let reading = judge("", &format!("location ~ ^/(.*)$ {{ add_header Referrer-Policy {value} always; }}"));
        let fact = fact(&reading, "http.headers.referrer_policy", "server a.test > location ~ ^/(.*)$");
        assert!(matches!(&fact.found, Found::Unverifiable(why) if why.contains("decided when the server runs")), "{value}: {:?}", fact.found);
        assert_eq!(fact.cause, Cause::Dynamic);
    }
    let other = judge("", "auth_request_set $r $upstream_http_x; add_header Referrer-Policy $r always;");
    assert!(found(&other, "referrer_policy")[0].contains("another module gives $r its value"), "{other:?}");
}

#[test]
fn more_values_than_are_told_apart_are_unknown() {
    use std::fmt::Write as _;
    let mut map = String::from("map $host $r {");
    for i in 0..70 {
        write!(map, " h{i} origin{i};").unwrap();
    }
    let reading = judge(&(map + " }"), "add_header Referrer-Policy $r always;");
    assert!(found(&reading, "referrer_policy")[0].contains("one of more than 64"), "{:?}", found(&reading, "referrer_policy"));
    // Doubling and circles end too.
    let doubling: String = (0..40).map(|_| "set $a \"$a$a\"; ").collect();
    let reading = judge("map $x $y { default $z; } map $z $x { default $y; }", &format!("set $a x; {doubling} add_header Referrer-Policy $a$y always;"));
    assert!(found(&reading, "referrer_policy")[0].contains("unverifiable"), "{:?}", found(&reading, "referrer_policy"));
}

/// h5bp's way: headers of documents are sent with documents.
#[test]
fn headers_of_documents_by_media_type() {
    let http = "map $sent_http_content_type $referrer { ~*text/(css|html|javascript)|application\\/pdf|xml no-referrer; }\n\
                map $sent_http_content_type $sniff { text/html nosniff; }";
    let reading = judge(http, "add_header Referrer-Policy $referrer always; add_header X-Content-Type-Options $sniff always;");
    assert_eq!(found(&reading, "referrer_policy"), [": no-referrer"], "pages have it");
    // Sniffing is about every response, and `text/html` is not `text/html; charset=utf-8`.
    assert!(found(&reading, "content_type_options").contains(&" (where $sniff is empty): missing".to_owned()));
    let exact = judge("map $sent_http_content_type $r { text/html no-referrer; }", "add_header Referrer-Policy $r always;");
    assert_eq!(found(&exact, "referrer_policy").len(), 2, "a charset behind the type misses the key: {:?}", found(&exact, "referrer_policy"));
}

/// headers-more by status and by type (vector M04), beside add_header (vectors M01, M02).
#[test]
fn headers_more_is_judged_by_status_and_type() {
    let reading = judge("", "more_set_headers -s \"404\" \"Referrer-Policy: unsafe-url\"; more_set_headers \"X-Content-Type-Options: nosniff\";");
    assert_eq!(found(&reading, "content_type_options"), [": nosniff"], "every status has it");
    assert_eq!(found(&reading, "referrer_policy"), [": missing", " (status 404): unsafe-url"]);
    let typed = judge("", "more_set_headers -t \"text/html\" \"Referrer-Policy: no-referrer\" \"X-Content-Type-Options: nosniff\";");
    assert_eq!(found(&typed, "referrer_policy"), [": no-referrer"]);
    assert_eq!(found(&typed, "content_type_options"), [": missing", " (responses of type text/html): nosniff"]);
}

#[test]
fn an_unknown_variable_is_refused_where_all_is_known() {
    let reading = judge("", "add_header X-Other $nope;");
    assert!(messages(&reading)[0].contains("nginx knows no variable $nope"), "{:?}", messages(&reading));
    for known in ["set $nope 1;", "auth_request_set $nope $upstream_status;", "location ~ ^/(?<nope>.*)$ { }"] {
        let reading = judge("", &format!("{known} add_header X-Other $nope;"));
        assert!(messages(&reading).is_empty(), "{known}: {:?}", messages(&reading));
    }
}
