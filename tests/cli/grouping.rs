//! One cause is one finding, with all its places: what a reviewer would say once.

use super::project::{Project, Run};
use serde_json::Value;

const SPEC: &str = "version: 1\nservice: a\nhttp:\n  headers:\n    content_type_options: nosniff\n    referrer_policy: no-referrer\ntargets: { nginx: { version: \"1.26\", check: [nginx.conf] } }\n";
const BOTH: &str = "add_header X-Content-Type-Options nosniff always;\nadd_header Referrer-Policy no-referrer always;\n";

fn check(http: &str) -> (Run, Vec<Value>) {
    let project = Project::with_spec(SPEC);
    project.write("nginx.conf", format!("events {{ }}\nhttp {{\n{http}\n}}\n"));
    let run = project.run(&["check", "--format", "json"]);
    run.exits(1);
    let findings = run.json()["findings"].as_array().unwrap().clone();
    (project.run(&["check"]), findings)
}

fn text<'v>(finding: &'v Value, key: &str) -> &'v str {
    finding[key].as_str().unwrap_or_default()
}

#[test]
fn a_thousand_locations_that_cut_the_same_lines_are_one_finding() {
    use std::fmt::Write as _;
    let mut locations = String::new();
    for i in 0..1000 {
        write!(locations, "location /{i}/ {{\nadd_header Cache-Control public;\n}}\n").unwrap();
    }
    let (run, findings) = check(&format!("server {{\nlisten 80;\n{BOTH}{locations}}}"));
    assert_eq!(findings.len(), 1, "{}", run.out);
    let finding = &findings[0];
    assert_eq!(text(finding, "rule"), "header-cut-by-location");
    assert!(text(finding, "message").ends_with("location /0/ (and at 999 more places)"), "{}", text(finding, "message"));
    // Every intent at every place but the first stands in `also`, with its line.
    let also = finding["also"].as_array().unwrap();
    assert_eq!(also.len(), 2 * 1000 - 1);
    assert_eq!(also.last().unwrap()["location"]["line"], 8 + 3 * 999);
    assert!(run.out.contains("and 994 more; all are in --format json") && run.out.len() < 4000, "{}", run.out);
}

#[test]
fn what_no_server_sets_is_one_finding_and_names_servers_first() {
    let server = "server {\nlisten 80;\nserver_name NAME;\nlocation /x/ { }\n}\n";
    let http: String = ["a.test", "b.test", "c.test"].iter().map(|name| server.replace("NAME", name)).collect();
    let (run, findings) = check(&http);
    assert_eq!(findings.len(), 1, "{}", run.out);
    assert_eq!(text(&findings[0], "message"), "content_type_options and referrer_policy of http.headers are absent at server a.test (and at 5 more places)");
    let at = run.out.find("also at").unwrap();
    assert!(run.out[at..].find("server c.test (").unwrap() < run.out[at..].find("server a.test > location /x/").unwrap(), "{}", run.out);
}

#[test]
fn different_causes_stay_apart() {
    let (run, findings) = check(&format!(
        "server {{\nlisten 80;\nserver_name a.test;\n{BOTH}location /cut/ {{\nadd_header X 1;\n}}\nlocation /weak/ {{\nadd_header X-Content-Type-Options nosniff;\nadd_header Referrer-Policy no-referrer;\n}}\n\
         location /value/ {{\nadd_header X-Content-Type-Options nosniff always;\nadd_header Referrer-Policy unsafe-url always;\n}}\n}}"
    ));
    let mut rules: Vec<&str> = findings.iter().map(|f| text(f, "rule")).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["header-cut-by-location", "header-not-always", "header-value"], "{}", run.out);
    let not_always = findings.iter().find(|f| text(f, "rule") == "header-not-always").unwrap();
    assert_eq!(not_always["related"].as_array().unwrap().len(), 1, "both lines are shown");
    insta::assert_snapshot!("three_causes", run.out);
}

#[test]
fn a_value_in_a_shared_snippet_is_one_finding_at_its_line() {
    let project = Project::with_spec(SPEC);
    project.write("headers.conf", "add_header X-Content-Type-Options nosniff always;\nadd_header Referrer-Policy origin always;\n");
    let locations = "location /NAME/ { include headers.conf; }\n";
    let locations: String = (0..20).map(|i| locations.replace("NAME", &i.to_string())).collect();
    project.write("nginx.conf", format!("events {{ }}\nhttp {{ server {{ listen 80; include headers.conf;\n{locations} }} }}\n"));
    let run = project.run(&["check", "--format", "json"]);
    let findings = run.json()["findings"].as_array().unwrap().clone();
    assert_eq!(findings.len(), 1, "{}", run.out);
    assert_eq!((findings[0]["location"]["path"].as_str(), findings[0]["location"]["line"].as_u64()), (Some("headers.conf"), Some(2)));
    assert!(text(&findings[0], "message").contains("(and at 20 more places)"));
}

/// A colleague's review has an end: after twenty of a kind a line each, and after a hundred lines a count.
#[test]
fn many_findings_of_one_rule_are_shown_in_short() {
    let server =
        "server {\nlisten 80;\nserver_name NAME.test;\nadd_header X-Content-Type-Options nosniff always;\nadd_header Referrer-Policy unsafe-url always;\n}\n";
    let http: String = (0..150).map(|i| server.replace("NAME", &format!("h{i}"))).collect();
    let (run, findings) = check(&http);
    assert_eq!(findings.len(), 150);
    assert_eq!(run.out.matches("error[header-value]: ").count(), 20);
    assert_eq!(run.out.matches("\nerror: nginx.conf:").count(), 100);
    assert!(run.out.contains("\nand 30 findings more; see them with -v or --format json\n"), "{}", run.out);
}

/// Of a line in a snippet, the block that includes it is named, for each place.
#[test]
fn the_block_behind_an_include_is_named() {
    let project = Project::with_spec(SPEC);
    project.write("cut.conf", "add_header X 1;\n");
    let http = format!("server {{\nlisten 80;\n{BOTH}location /a/ {{\ninclude cut.conf;\n}}\nlocation /b/ {{\ninclude cut.conf;\n}}\n}}");
    project.write("nginx.conf", format!("events {{ }}\nhttp {{\n{http}\n}}\n"));
    let run = project.run(&["check", "--format", "json"]);
    let findings = run.json()["findings"].as_array().unwrap().clone();
    assert_eq!(findings.len(), 1, "{}", run.out);
    assert_eq!(findings[0]["location"]["path"], "cut.conf");
    let block = findings[0]["related"].as_array().unwrap().iter().find(|l| l["message"] == "by an include in this block").unwrap();
    assert_eq!((block["path"].as_str(), block["line"].as_u64()), (Some("nginx.conf"), Some(7)));
    let lines: Vec<u64> = findings[0]["also"].as_array().unwrap().iter().filter_map(|a| a["location"]["line"].as_u64()).collect();
    assert!(lines.contains(&10), "{lines:?}: the location /b/, not the line of the snippet");
    // And the line that brings the snippet there.
    let includes: Vec<_> = findings[0]["related"].as_array().unwrap().iter().filter(|l| l["message"] == "includes it").collect();
    assert_eq!(includes.len(), 1, "{includes:?}");
    assert_eq!((includes[0]["path"].as_str(), includes[0]["line"].as_u64()), (Some("nginx.conf"), Some(8)));
}

/// The `include` lines that a finding about a place names, as `path:line`.
fn includes(project: &Project, place: &str) -> Vec<String> {
    let json = project.run(&["check", "--format", "json"]).json();
    let findings = json["findings"].as_array().unwrap().clone();
    let finding = findings.iter().find(|f| f["place"].as_str() == Some(place)).unwrap_or_else(|| panic!("no finding at {place}: {findings:#?}"));
    let related = finding["related"].as_array().unwrap();
    let at = |l: &serde_json::Value| format!("{}:{}", l["path"].as_str().unwrap_or_default(), l["line"]);
    related.iter().filter(|l| l["message"] == "includes it").map(at).collect()
}

#[test]
fn the_whole_way_to_a_line_is_named() {
    let project = Project::with_spec(SPEC);
    // nginx.conf > sites/a.conf > common.conf > cut.conf; sites/b.conf takes another way to cut.conf, in a nested location.
    project.write("nginx.conf", "events { }\nhttp {\ninclude sites/*.conf;\n}\n");
    project.write("sites/a.conf", format!("server {{\nlisten 80;\nserver_name a;\n{BOTH}include common.conf;\n}}\n"));
    project.write("common.conf", "location /x/ {\ninclude cut.conf;\n}\n");
    let nested = "location /y/ {\nlocation /y/z/ {\ninclude cut.conf;\n}\n}\n";
    project.write("sites/b.conf", format!("server {{\nlisten 80;\nserver_name b;\n{BOTH}{nested}}}\n"));
    project.write("cut.conf", "add_header X 1;\n");
    let a = includes(&project, "server a > location /x/");
    assert_eq!(a, ["common.conf:2", "sites/a.conf:6", "nginx.conf:3"]);
    // Alone, so that it is no further place of the finding about the first.
    project.write("sites/a.conf", "server {\nlisten 80;\nserver_name a;\nreturn 444;\n}\n");
    let b = includes(&project, "server b > location /y/ > location /y/z/");
    assert_eq!(b, ["sites/b.conf:8", "nginx.conf:3"]);
    let text = project.run(&["check"]).out;
    assert!(text.contains("= note: included at sites/b.conf:8, nginx.conf:3"), "{text}");
}
