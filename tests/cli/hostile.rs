//! Hostile values in every text of the spec: refused with the key named, or rendered, read back and equal.

use super::project::Project;

const EVIL: [&str; 22] = [
    "x\"; } server { listen 81; location / { root /; autoindex on; } #",
    "a\nb",
    "a\r\nSet-Cookie: x=1",
    "a\\",
    "a'b",
    "a''; DROP TABLE users; --",
    "$http_x_evil",
    "${host}",
    "#",
    "\"#",
    "{{ 7 * 7 }}",
    "{% include 'x' %}",
    "%0A",
    "::error::pwned",
    "##[command]x",
    "\u{1b}[31mred",
    "\u{202e}abc",
    "\u{0}",
    "a*/b/*",
    "*/ fn main() {} /*",
    "]\n[advisories]\nignore = []",
    "`id`",
];

/// Every text of the quickstart's spec, as a pointer into its JSON form.
fn texts(value: &serde_json::Value, path: String, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| texts(v, format!("{path}/{}", k.replace('~', "~0").replace('/', "~1")), out)),
        serde_json::Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| texts(v, format!("{path}/{i}"), out)),
        serde_json::Value::String(_) => out.push(path),
        _ => {}
    }
}

fn quickstart() -> serde_json::Value {
    let mut sources = secgen::source::Sources::new(crate::support::project());
    let id = sources.read("examples/quickstart/secgen.yaml", 1 << 20).unwrap();
    secgen::document::parse(&sources, id).unwrap().to_json()
}

#[test]
fn in_every_text_of_the_spec() {
    let spec = quickstart();
    let mut pointers = Vec::new();
    texts(&spec, String::new(), &mut pointers);
    assert!(pointers.len() > 50, "{}", pointers.len());
    // In memory, as `render` does it: the same code, without the cost of a process.
    let folder = tempfile::tempdir().unwrap();
    let mut accepted = 0;
    for pointer in &pointers {
        for (i, evil) in EVIL.iter().enumerate() {
            let mut changed = spec.clone();
            *changed.pointer_mut(pointer).unwrap() = serde_json::json!(evil);
            let mut sources = secgen::source::Sources::new(folder.path());
            // JSON is YAML.
            let text = serde_json::to_string_pretty(&changed).unwrap();
            std::fs::write(folder.path().join(format!("{i}.yaml")), text).unwrap();
            match secgen::policy::load(&mut sources, &format!("{i}.yaml"), 20_000) {
                Err(findings) => {
                    assert!(findings.iter().all(|f| f.primary.is_some() && !f.help.is_empty()), "{pointer} {evil:?}: {findings:?}");
                }
                Ok(loaded) => match secgen::render::render(&loaded, &secgen::render::Selection::default(), &sources) {
                    Err(findings) => assert!(findings.iter().all(|f| f.primary.is_some() || f.path.is_some()), "{pointer} {evil:?}: {findings:?}"),
                    // Proven by `render` itself: every value read back is the value of the spec.
                    Ok(files) => {
                        accepted += 1;
                        assert!(files.iter().all(|f| !f.text.contains('\u{1b}') && !f.text.contains('\0')), "{pointer} {evil:?}");
                    }
                },
            }
        }
    }
    // Prose takes nearly everything that is one line.
    assert!(accepted > 20, "only {accepted} hostile values were taken: is the test still reaching the renderer?");
}

#[test]
fn keys_too() {
    for evil in EVIL {
        let key = serde_json::to_string(evil).unwrap();
        for spec in [
            format!("version: 1\nservice: a\ntargets: {{ cargo: {{ out: . }} }}\n{key}: 1\n"),
            format!("version: 1\nservice: a\ntargets: {{ nginx: {{ out: n }} }}\nscopes: {{ {key}: {{ match: {{ prefix: /a }} }} }}\n"),
            format!("version: 1\nservice: a\ntargets: {{ postgres: {{ out: n }} }}\npostgres: {{ settings: {{ {key}: \"on\" }} }}\n"),
            format!("version: 1\nservice: a\ntargets: {{ cargo: {{ out: . }} }}\nenvironments: {{ {key}: {{}} }}\n"),
        ] {
            let run = Project::with_spec(&spec).run(&["check"]);
            run.exits(2);
            assert!(!run.out.contains('\u{1b}') && !run.out.lines().any(|l| l.trim_start().starts_with("::")), "{evil:?}: {}", run.out);
        }
    }
}

#[test]
fn a_secret_in_a_file_reaches_no_output() {
    let canary = "c4n4ryC4N4RYc4n4ry";
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let conf = project.read("deploy/postgres/postgresql.conf");
    project.write(
        "deploy/postgres/postgresql.conf",
        format!("{conf}primary_conninfo = 'host=db password={canary}' extra\nssl_passphrase_command = 'echo {canary}'\n"),
    );
    let nginx = project.read("deploy/nginx/nginx.conf");
    project.write(
        "deploy/nginx/nginx.conf",
        nginx.replace(
            "proxy_pass http://127.0.0.1:8080;",
            &format!("proxy_set_header X-Api-Token {canary}; add_header Authorization-Token {canary}; proxy_pass http://u:{canary}@127.0.0.1:8080;"),
        ),
    );
    project.edit("deny.toml", "[graph]", &format!("[graph]\ntoken = \"{canary}\""));
    for args in [
        &["check"][..],
        &["check", "-v"],
        &["check", "--format", "json"],
        &["check", "--diff"],
        &["render", "--diff", "--dry-run"],
        &["validate"],
        &["spec", "show"],
    ] {
        let run = project.run(args);
        let lines: Vec<&str> = run.out.lines().chain(run.err.lines()).filter(|l| l.contains(canary)).collect();
        assert!(lines.is_empty(), "{args:?}: {lines:#?}");
    }
}

/// The path of the spec stands on top of every rendered file.
#[test]
fn the_path_of_a_spec_has_no_character_that_nobody_sees() {
    let project = Project::empty();
    for name in ["a\rb.yaml", "a\nb.yaml", "a\u{2028}b.yaml", "a\u{202e}b.yaml"] {
        project.write(name, "version: 1\nservice: a\nhttp: { headers: { content_type_options: nosniff } }\ntargets: { nginx: { out: n } }\n");
        let run = project.run(&["--spec", name, "render"]);
        assert!(run.exits(2).out.contains("the path of the spec has characters that nobody can see"), "{}", run.out);
        assert!(!project.path().join("n").exists());
    }
}
