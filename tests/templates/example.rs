//! The worked example, as its README has it, and what a real Caddy makes of the file.

use crate::cli::project::Project;
use crate::support;
use std::process::Command;

#[test]
fn the_committed_example_is_fresh() {
    let project = Project::example("caddy");
    project.run(&["validate"]).exits(0);
    project.run(&["render"]).exits(0);
    for file in ["deploy/Caddyfile", "secgen.lock"] {
        let committed = std::fs::read_to_string(support::project().join("examples/caddy").join(file)).unwrap();
        assert!(committed == project.read(file), "examples/caddy/{file} is stale: render it anew");
    }
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("0 verified in 0 checked sources, 7 rendered and not shown in force"), "{}", run.out);
}

#[test]
fn what_the_readme_says_to_try() {
    let project = Project::example("caddy");
    project.run(&["render"]).exits(0);
    project.edit("secgen.yaml", "max_age: 365d", "max_age: 730d");
    assert!(project.run(&["check"]).exits(1).out.contains("artifact-stale"));
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
    project.edit("deploy/Caddyfile", "max-age=63072000", "max-age=60");
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("http.headers.hsts is weaker than the policy at deploy/Caddyfile"), "{}", run.out);
    assert!(run.out.contains("deploy/Caddyfile:9:30"), "{}", run.out);
    project.run(&["render", "--force", "deploy/Caddyfile"]).exits(0);
    project.edit("security/templates/headers.tera", "header {", "header  {");
    assert!(project.run(&["check"]).exits(2).out.contains("templates-not-pinned"));
}

/// The first handler of headers in Caddy's JSON.
fn headers(value: &serde_json::Value) -> Option<serde_json::Value> {
    if value["handler"] == "headers" {
        return Some(value["response"].clone());
    }
    value.as_array().map(|items| items.iter().collect()).or_else(|| value.as_object().map(|o| o.values().collect::<Vec<_>>()))?.into_iter().find_map(headers)
}

/// The headers that Caddy's own reader finds in a Caddyfile, by name.
fn adapted(caddy: &std::path::Path, project: &Project) -> (serde_json::Value, String) {
    let file = project.path().join("deploy/Caddyfile");
    let output = Command::new(caddy).args(["adapt", "--adapter", "caddyfile", "--config"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = json.to_string();
    (headers(&json).unwrap_or_default(), text)
}

#[test]
fn a_real_caddy_reads_what_the_policy_says() {
    let Some(caddy) = support::caddy() else { return };
    let project = Project::example("caddy");
    // Values that need Caddy's own quoting.
    project.edit("secgen.yaml", "    framing: deny\n", "    framing: deny\n    permissions_policy: { geolocation: [self, \"https://maps.example.com\"] }\n");
    project.run(&["render"]).exits(0);
    let (headers, text) = adapted(&caddy, &project);
    let set = &headers["set"];
    assert_eq!(set["Strict-Transport-Security"][0], "max-age=31536000; includeSubDomains");
    assert_eq!(set["X-Frame-Options"][0], "DENY");
    assert_eq!(set["Permissions-Policy"][0], "geolocation=(self \"https://maps.example.com\")");
    let csp = set["Content-Security-Policy"][0].as_str().unwrap();
    assert!(csp.contains("default-src 'self'") && csp.contains("frame-ancestors 'none'"), "{csp}");
    assert_eq!(headers["delete"][0].as_str().map(str::to_lowercase).as_deref(), Some("server"));
    assert!(text.contains(r#""protocol_min":"tls1.2""#) && text.contains(r#""protocol_max":"tls1.3""#), "{text}");
    let file = project.path().join("deploy/Caddyfile");
    let home = tempfile::tempdir().unwrap();
    let validated = Command::new(&caddy).args(["validate", "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", home.path()).output().unwrap();
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
    // The layout is its own formatter's, so that nobody has to choose between the two.
    let formatted = Command::new(&caddy).arg("fmt").arg(&file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&formatted.stdout), project.read("deploy/Caddyfile"));
}

#[test]
fn a_real_caddy_takes_what_the_encoder_writes_for_the_value_that_was_meant() {
    let Some(caddy) = support::caddy() else { return };
    let project = Project::empty();
    let encode = secgen::targets::templates::encode::ENCODERS.iter().find(|(name, _)| *name == "caddy").unwrap().1;
    for value in ["a", "a b", "a\"b", "\"", "\"\"", "a # b", "`a`", "'a'", "a;b,c", "<<EOF", "@a", "~!$%^&*()[]|", "import x", "$HOME", "/*", "a$"] {
        project.write("deploy/Caddyfile", format!("http://localhost:1 {{\n\theader X-A {}\n\theader X-B last\n}}\n", encode(value).unwrap()));
        let (_, text) = adapted(&caddy, &project);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let wanted = format!("\"X-A\":[{}]", serde_json::to_string(value).unwrap());
        assert!(json.to_string().contains(&wanted), "{value:?}: {text}");
        assert!(text.contains("\"X-B\":[\"last\"]"), "{value:?}: {text}");
    }
}
