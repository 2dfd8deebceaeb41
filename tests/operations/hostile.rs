//! Hostile values in each field that reaches a shell, a makefile or YAML.

use super::{SPEC, Stubs, rendered, said};
use crate::cli::project::Project;

/// What breaks out of quotes, lines, recipes, lists, comments and expressions.
const HOSTILE: [&str; 22] = [
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "$(touch pwned)",
    "$$(touch pwned)",
    "$(shell touch pwned)",
    "`touch pwned`",
    "a\\nb: touch pwned",
    "a\\tb",
    "a\\rb",
    "a\\0b",
    "a\\u2028b",
    "${{ github.token }}",
    "#x",
    "a #b",
    "a: b",
    "- a",
    "*",
    "|",
    "a%b",
    "a|b",
    "a)b",
    "a\\\\",
];

/// A JSON string is one of YAML; the escapes above are its own.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

#[track_caller]
fn refused(spec: &str, key: &str) {
    let project = Project::with_spec(spec);
    let before = project.files();
    for command in ["validate", "render", "check"] {
        let run = project.run(&[command]);
        assert_eq!(run.code, Some(2), "{command}: {spec}\n{}{}", run.out, run.err);
        // A character that YAML itself forbids is refused before anybody knows whose it is.
        let words = format!("{}{}", run.out, run.err);
        assert!(words.contains(key) || words.contains("[yaml-forbidden-character]"), "{command}: {spec}\n{}{}", run.out, run.err);
        assert!(run.out.contains("secgen.yaml:") || run.err.contains("secgen.yaml:"), "no place: {}{}", run.out, run.err);
    }
    assert_eq!(project.files(), before);
}

#[test]
fn addresses_to_scan_are_addresses() {
    let more = [
        "",
        "staging.example.com",
        "ftp://a.example.com",
        "https://",
        "https://u:p@a.example.com",
        "https://a.example.com?x",
        "https://*.example.com",
        "https://a.example.com:0",
        "https://a.example.com:99999",
        "https://-a",
    ];
    let behind = HOSTILE.iter().map(|text| format!("https://a.example.com/{text}"));
    for text in HOSTILE.iter().chain(&more).map(|text| (*text).to_owned()).chain(behind) {
        refused(&SPEC.replace("\"https://staging.example.com\"", &quoted(&text)), "operations.pen_test.targets");
    }
}

#[test]
fn images_are_images() {
    let more = [
        "",
        "zap",
        "zaproxy:1",
        "ghcr.io/zaproxy/zaproxy",
        "ghcr.io/ZAP/x:1",
        "ghcr.io/x:1@sha256:00",
        "ghcr.io//x:1",
        "ghcr.io/x:",
        "-v/ghcr.io/x:1",
        "ghcr.io/x:1 --privileged",
    ];
    let behind = HOSTILE.iter().map(|text| format!("ghcr.io/zaproxy/zaproxy:2{text}"));
    for text in HOSTILE.iter().chain(&more).map(|text| (*text).to_owned()).chain(behind) {
        refused(&SPEC.replace("pen_test: { ", &format!("pen_test: {{ image: {}, ", quoted(&text))), "operations.pen_test.image");
    }
}

#[test]
fn names_and_folders_are_plain() {
    for text in HOSTILE {
        refused(&SPEC.replace("[github, gitlab]", &format!("[{}]", quoted(text))), "operations.ci");
        refused(&SPEC.replace("[cargo-deny, cargo-audit]", &format!("[{}]", quoted(text))), "operations.static_analysis");
        refused(&SPEC.replace("out: ops", &format!("out: {}", quoted(text))), "targets.operations.out");
        refused(&SPEC.replace("cargo: { out: . }", &format!("cargo: {{ out: {} }}", quoted(text))), "targets.cargo.out");
    }
    refused(&SPEC.replace("[github, gitlab]", "[github, github]"), "operations.ci");
}

/// An image and services as they may be go through shell, makefile and YAML whole.
#[test]
fn what_is_accepted_stays_whole() {
    let digest = "a".repeat(64);
    let image = format!("registry.example.com:5000/sec/zap_x:v1.2-a@sha256:{digest}");
    let spec = SPEC
        .replace("pen_test: { ", &format!("pen_test: {{ image: \"{image}\", "))
        .replace("https://staging.example.com", "https://a.example.com:8443/x~y/z-1_2/");
    let project = rendered(&spec);
    let stubs = Stubs::all();
    let output = stubs.make(&project, &["pen-test", "PEN_TEST_TARGET=https://a.example.com:8443/x~y/z-1_2/"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(stubs.calls()[0].contains(&format!(" {image} zap-baseline.py -I -t https://a.example.com:8443/x~y/z-1_2/ ")), "{:?}", stubs.calls());
    project.run(&["check"]).exits(0);
}

/// The path of the spec is nobody's type: it is quoted, and proven by running.
#[test]
fn the_path_of_the_spec_stays_one_word() {
    for folder in ["a b", "it's", "$(touch pwned)", "`touch pwned`", "a;touch pwned", "a&b", "a\"b", "#a", "$$x", "a%b", "-x", "a\\b", "é", "{a}", "*"] {
        let project = Project::empty();
        let path = format!("{folder}/secgen.yaml");
        project.write(&path, SPEC);
        let run = project.run(&["--spec", &path, "render"]);
        if run.code == Some(2) {
            assert_eq!(project.files().len(), 1, "{folder}: something was written");
            continue;
        }
        run.exits(0);
        let stubs = Stubs::all();
        let output = stubs.make(&project, &["security-drift"]);
        assert!(output.status.success(), "{folder}: {}", said(&output));
        let github = project.read(".github/workflows/secgen.yml");
        let line = github.lines().find(|line| line.trim_start().starts_with("run: ") && line.contains("secgen --spec") && !line.contains("report")).unwrap();
        let command: String = serde_json::from_str(line.split_once("run: ").unwrap().1).unwrap();
        assert!(stubs.command("bash", project.path()).args(["-e", "-c", &command]).output().unwrap().status.success());
        let wanted = format!("secgen --spec {path} check");
        assert_eq!(stubs.calls(), [wanted.as_str(), &wanted], "{folder}");
        assert!(!project.path().join("pwned").exists(), "{folder}");
    }
}

#[test]
fn the_path_of_the_spec_is_no_expression_of_github_and_one_line() {
    for folder in ["${{ github.token }}", "a\nb", "a\tb", "a\u{2028}b"] {
        let project = Project::empty();
        let path = format!("{folder}/secgen.yaml");
        project.write(&path, SPEC);
        let run = project.run(&["--spec", &path, "render"]);
        assert_eq!(run.code, Some(2), "{folder:?}: {}{}", run.out, run.err);
        assert_eq!(project.files().len(), 1, "{folder:?}");
    }
}

#[test]
fn a_folder_for_each_environment_is_refused() {
    let spec = SPEC.replace("out: ops", "out: \"ops/{env}\"") + "environments: { prod: {}, dev: {} }\n";
    let run = Project::with_spec(&spec).run(&["render"]);
    run.exits(2);
    assert!(run.out.contains("operations-not-renderable") || run.err.contains("operations-not-renderable"), "{}{}", run.out, run.err);
}
