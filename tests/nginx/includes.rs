//! Includes: the vectors N01 to N10, mappings, and what cannot be read.

use super::{Tree, fact, messages, policy, short};
use secgen::finding::{Cause, Kind};
use secgen::policy::Policy;
use secgen::targets::nginx::Nginx;
use secgen::targets::{Found, Input, Reading, Target};
use serde_json::json;

fn nosniff() -> Policy {
    policy(json!({ "http": { "headers": { "content_type_options": "nosniff" } } }))
}

const KEY: &str = "http.headers.content_type_options";
const SET: &str = "add_header X-Content-Type-Options nosniff always;";

fn with(http: &str) -> String {
    format!("events {{}}\nhttp {{\n{http}\n}}\n")
}

fn found(reading: &Reading, place: &str) -> String {
    short(&fact(reading, KEY, place).found)
}

#[test]
fn n01_paths_are_relative_to_the_main_file() {
    let one = "server { listen 80; server_name a; include two.conf; location /img/ { include sub/three.conf; } }";
    let mut tree = Tree::new(&[
        ("etc/nginx.conf", &with("include sub/one.conf;")),
        ("etc/sub/one.conf", one),
        ("etc/two.conf", SET),
        ("etc/sub/two.conf", "add_header X-Content-Type-Options wrong always;"),
        ("etc/sub/three.conf", "add_header X 1;"),
    ]);
    let reading = tree.read(&nosniff(), "etc/nginx.conf");
    assert_eq!(found(&reading, "server a"), "nosniff");
    let cut = fact(&reading, KEY, "server a > location /img/");
    assert_eq!(cut.found, Found::Missing);
    assert_eq!((tree.at(cut).as_str(), tree.sources.place(cut.related[0].span).as_str()), ("etc/sub/three.conf:1", "etc/two.conf:1"));
    let mut read: Vec<&str> = reading.sources.iter().map(|id| tree.sources.get(*id).path.as_str()).collect();
    read.sort_unstable();
    assert_eq!(read, ["etc/nginx.conf", "etc/sub/one.conf", "etc/sub/three.conf", "etc/two.conf"]);
}

#[test]
fn n02_a_missing_file_is_an_error_and_the_rest_is_judged() {
    let http =
        format!("server {{ listen 80; server_name a; include nope.conf; }} server {{ listen 81; server_name b; {SET} location /x/ {{ include nope.conf; }} }}");
    let mut tree = Tree::new(&[("nginx.conf", &with(&http))]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert_eq!(reading.findings.len(), 1, "{:?}", messages(&reading));
    assert_eq!((reading.findings[0].rule.name, reading.findings[0].kind), ("input-unreadable", Kind::Error));
    assert_eq!(reading.findings[0].related.len(), 1, "the other include of the same file");
    let unknown = fact(&reading, KEY, "server a");
    assert_eq!(unknown.cause, Cause::NotRead);
    assert!(matches!(unknown.found, Found::Unverifiable(_)));
    assert_eq!(found(&reading, "server b"), "nosniff");
    assert!(found(&reading, "server b > location /x/").starts_with("unverifiable"));
}

#[test]
fn n02b_n09_patterns_come_in_byte_order_and_may_match_nothing() {
    let named = |name: &str| format!("server {{ listen 80; server_name {name}; }}");
    let files = [
        ("conf.d/.hidden.conf", named("hidden")),
        ("conf.d/b.conf", named("b")),
        ("conf.d/a.conf", named("a")),
        ("conf.d/10.conf", named("n10")),
        ("conf.d/9.conf", named("n9")),
        ("conf.d/B.conf", named("big")),
    ];
    let mut all: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let main = with("include conf.d/*.conf; include none.d/*;");
    all.push(("nginx.conf", &main));
    let mut tree = Tree::new(&all);
    let reading = tree.read(&nosniff(), "nginx.conf");
    let places: Vec<&str> = reading.facts.iter().map(|f| f.place.as_str()).collect();
    assert_eq!(places, ["server n10", "server n9", "server big", "server a", "server b"]);
    assert!(reading.findings.is_empty());
    let main = with("include conf.d/[ab].conf; include conf.d/[^ab0-9].conf; include */?0.conf;");
    std::fs::write(tree.folder.path().join("main.conf"), main).unwrap();
    let reading = tree.read(&nosniff(), "main.conf");
    let places: Vec<&str> = reading.facts.iter().map(|f| f.place.as_str()).collect();
    assert_eq!(places, ["server a", "server b", "server big", "server n10"]);
}

#[test]
fn n03_n04_a_folder_and_a_block_that_crosses_files_are_errors() {
    let mut tree =
        Tree::new(&[("nginx.conf", &with("server { listen 80; include conf.d; include half.conf; }")), ("conf.d/a", ""), ("half.conf", "add_header X 1; }")]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    let mut rules: Vec<&str> = reading.findings.iter().map(|f| f.rule.name).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["input-unreadable", "nginx-syntax"]);
    assert!(reading.findings.iter().all(|f| f.kind == Kind::Error));
}

#[test]
fn n05_a_circle_is_reported_at_its_closing_edge() {
    let mut tree = Tree::new(&[
        ("nginx.conf", &with("server { listen 80; server_name a;\ninclude a.conf; }")),
        ("a.conf", "\ninclude b.conf;"),
        ("b.conf", "\n\ninclude a.conf;"),
    ]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    let cycle = reading.findings.iter().find(|f| f.rule.name == "nginx-include-cycle").unwrap();
    assert_eq!(tree.sources.place(cycle.primary.as_ref().unwrap().span), "b.conf:3");
    assert!(found(&reading, "server a").starts_with("unverifiable"));
}

#[test]
fn n06_n07_includes_in_if_and_literal_variables() {
    let http =
        format!("server {{ listen 80; server_name a; {SET} location / {{ if ($arg_y) {{ include y.conf; }} }} location /v/ {{ include $host.conf; }} }}");
    let mut tree = Tree::new(&[("nginx.conf", &with(&http)), ("y.conf", "add_header X-Y y;"), ("$host.conf", "add_header X 1;")]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert_eq!(found(&reading, "server a > location / > if ($arg_y)"), "missing");
    assert_eq!(found(&reading, "server a > location /v/"), "missing");
    assert!(reading.findings.is_empty());
}

#[test]
fn n08_n10_one_file_in_many_places() {
    let http = "server { listen 80; server_name a; include s.conf; include s*.conf; location /img/ { include s.conf; add_header X 1; } location /sub/ { add_header X 1; } }";
    let mut tree = Tree::new(&[("nginx.conf", &with(http)), ("s.conf", SET)]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert_eq!(found(&reading, "server a"), "nosniff, nosniff", "included twice: sent twice");
    assert_eq!(found(&reading, "server a > location /img/"), "nosniff");
    assert_eq!(found(&reading, "server a > location /sub/"), "missing");
}

#[test]
fn absolute_paths_follow_the_longest_mapping() {
    let target = json!({ "targets": { "nginx": { "check": ["deploy/nginx.conf"], "map": { "/etc/nginx": "deploy", "/etc/nginx/snippets": "shared/snippets" } } },
        "http": { "headers": { "content_type_options": "nosniff" } } });
    let http = "include /etc/nginx/sites/*.conf; server { listen 81; server_name b; include /etc/nginx-other/x.conf; }";
    let mut tree = Tree::new(&[
        ("deploy/nginx.conf", &with(http)),
        ("deploy/sites/a.conf", "server { listen 80; server_name a; include /etc/nginx/snippets/s.conf; }"),
        ("shared/snippets/s.conf", SET),
    ]);
    let reading = tree.read(&policy(target), "deploy/nginx.conf");
    assert_eq!(found(&reading, "server a"), "nosniff");
    let unknown = fact(&reading, KEY, "server b");
    assert_eq!((unknown.cause, unknown.rule.name), (Cause::NotRead, "nginx-not-read"));
    assert_eq!(reading.not_examined.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(), ["/etc/nginx-other/x.conf"]);
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
}

#[test]
fn what_cannot_be_read_is_unknown_only_where_it_counts() {
    let http = format!(
        "include /etc/nginx/mime.types; include mime.types; include /etc/nginx/sites-enabled/*; server {{ listen 80; server_name a; {SET} location /f/ {{ include /etc/nginx/fastcgi_params; }} }} \
         server {{ listen 81; server_name b; }}"
    );
    let mut tree = Tree::new(&[("nginx.conf", &with(&http))]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert_eq!(found(&reading, "server a"), "nosniff", "its own list counts, whatever stands above");
    assert_eq!(found(&reading, "server a > location /f/"), "nosniff");
    assert!(found(&reading, "server b").starts_with("unverifiable"), "the unread file stands on the level that it inherits from");
    assert!(found(&reading, "http > include /etc/nginx/sites-enabled/*").starts_with("unverifiable"), "servers may stand there");
    let what: Vec<&str> = reading.not_examined.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["/etc/nginx/mime.types", "mime.types", "/etc/nginx/sites-enabled/*", "/etc/nginx/fastcgi_params"]);
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
}

#[test]
fn a_path_out_of_the_root_is_never_read() {
    let mut tree = Tree::new(&[("nginx.conf", &with("server { listen 80; server_name a; include ../../etc/passwd; include /etc/passwd; }"))]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert!(found(&reading, "server a").starts_with("unverifiable"));
    assert!(tree.sources.iter().all(|(_, s)| !s.path.contains("passwd")));
}

#[test]
fn depth_and_size_are_bounded() {
    let chain: Vec<(String, String)> = (0..60).map(|i| (format!("f{i}.conf"), format!("include f{}.conf;", i + 1))).collect();
    let mut files: Vec<(&str, &str)> = chain.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let main = with("server { listen 80; include f0.conf; }");
    files.push(("nginx.conf", &main));
    files.push(("f60.conf", ""));
    let reading = Tree::new(&files).read(&nosniff(), "nginx.conf");
    assert!(messages(&reading)[0].contains("nested more than 32 files deep"), "{:?}", messages(&reading));
    // Each of 25 files includes the next ten times: 10^25 lines, if one unfolded it.
    let bomb: Vec<(String, String)> = (0..25).map(|i| (format!("f{i}.conf"), format!("include f{}.conf;", i + 1).repeat(10))).collect();
    let mut files: Vec<(&str, &str)> = bomb.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    files.push(("nginx.conf", &main));
    files.push(("f25.conf", "add_header X 1;"));
    let reading = Tree::new(&files).read(&nosniff(), "nginx.conf");
    assert!(messages(&reading)[0].contains("directives"), "{:?}", messages(&reading));
    assert!(reading.facts.is_empty());
}

#[test]
fn a_file_that_a_main_file_includes_is_judged_there() {
    let mut tree = Tree::new(&[("nginx.conf", &with(&format!("{SET} include site.conf;"))), ("site.conf", "server { listen 80; server_name a; }")]);
    let inputs = ["site.conf", "nginx.conf"].map(|path| Input { path: path.to_owned(), id: None });
    let reading = Nginx.read(&nosniff(), &mut tree.sources, &inputs);
    assert_eq!(found(&reading, "server a"), "nosniff");
}

#[test]
fn what_stands_outside_of_its_block_is_an_error_and_never_a_pass() {
    let stray = format!("{} server {{ listen 80; }}", with(""));
    let reading = Tree::new(&[("nginx.conf", &stray)]).read(&nosniff(), "nginx.conf");
    assert!(messages(&reading)[0].contains("server stands outside of http"), "{:?}", messages(&reading));
    assert_eq!(reading.findings[0].kind, Kind::Error);
}

/// An error in one file is said once, and everything else of the tree is judged.
#[test]
fn a_broken_file_hides_nothing_of_the_others() {
    let http = "include broken.conf; include weak.conf; include broken.conf;";
    let weak =
        "server { listen 80; server_name a;\nadd_header X-Content-Type-Options wrong always; }\nserver { listen 81; server_name b; include broken.conf; }";
    let mut tree = Tree::new(&[("nginx.conf", &with(http)), ("broken.conf", "\nserver { listen 80 }"), ("weak.conf", weak)]);
    let inputs = ["nginx.conf", "broken.conf"].map(|path| Input { path: path.to_owned(), id: None });
    let reading = Nginx.read(&nosniff(), &mut tree.sources, &inputs);
    assert_eq!(reading.findings.len(), 1, "{:?}", messages(&reading));
    assert_eq!(tree.sources.place(reading.findings[0].primary.as_ref().unwrap().span), "broken.conf:2");
    let weak = fact(&reading, KEY, "server a");
    assert_eq!((short(&weak.found).split(':').next().unwrap(), tree.at(weak).as_str()), ("invalid wrong", "weak.conf:2"));
    assert!(found(&reading, "server b").starts_with("unverifiable"));
}

/// Every file that a pattern matches is read: a part of them would be a silent pass for the rest.
#[test]
fn a_pattern_is_never_followed_in_part() {
    let mut tree = Tree::new(&[("nginx.conf", "http { include sites/*.conf; }")]);
    let sites = tree.folder.path().join("sites");
    std::fs::create_dir(&sites).unwrap();
    for i in 0..10_050 {
        std::fs::write(sites.join(format!("{i}.conf")), "map $a $b { }\n").unwrap();
    }
    let reading = tree.read(&policy(json!({})), "nginx.conf");
    assert_eq!(reading.sources.len(), 10_051);
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
}

#[test]
fn a_broken_main_file_does_not_hide_the_faults_of_what_it_includes() {
    // nginx reads in order, and names the first fault: here that of a.conf.
    let mut tree = Tree::new(&[
        ("nginx.conf", "events {}\nhttp {\n  include conf.d/*.conf;\n  server { listen 80;\n"),
        ("conf.d/a.conf", "add_header X 1; }\n"),
        ("conf.d/b.conf", "include gone.conf;\n"),
    ]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    let mut at: Vec<String> = reading.findings.iter().filter_map(|f| f.primary.as_ref()).map(|l| tree.sources.place(l.span)).collect();
    at.sort_unstable();
    assert!(reading.findings.iter().all(|f| f.kind == Kind::Error) && reading.facts.is_empty());
    assert_eq!(at, ["conf.d/a.conf:1", "conf.d/b.conf:1", "nginx.conf:4"]);
}
