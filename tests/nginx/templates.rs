//! Files that a template engine makes.

use super::{Tree, fact, messages, policy, short};
use secgen::finding::{Cause, Kind};
use secgen::policy::Policy;
use serde_json::{Value, json};

const KEY: &str = "http.headers.content_type_options";

fn with(values: Value) -> Policy {
    policy(json!({ "http": { "headers": { "content_type_options": "nosniff" } },
        "targets": { "nginx": { "check": ["nginx.conf"], "version": "1.22.1", "values": values } } }))
}

const TEMPLATE: &str = "server {\n  listen ${PORT} ssl; ssl_certificate c;\n  server_name $NAMES;\n  add_header X-Content-Type-Options ${MODE} always;\n  location $PATH { add_header X $host; }\n}\n";

#[test]
fn declared_values_are_read_in_their_places() {
    let values = json!({ "PORT": "8443", "NAMES": "a.example b.example", "MODE": "nosniff", "PATH": "/x/" });
    let mut tree = Tree::new(&[("nginx.conf", "http {\ninclude site.conf.template;\n}"), ("site.conf.template", TEMPLATE)]);
    let reading = tree.read(&with(values), "nginx.conf");
    assert!(reading.findings.is_empty() && reading.not_examined.is_empty(), "{:?}", messages(&reading));
    let set = fact(&reading, KEY, "server a.example");
    assert_eq!((short(&set.found).as_str(), tree.at(set).as_str()), ("nosniff", "site.conf.template:4"));
    let cut = fact(&reading, KEY, "server a.example > location /x/");
    assert_eq!((short(&cut.found).as_str(), tree.at(cut).as_str()), ("missing", "site.conf.template:5"));
    let span = set.at.as_ref().unwrap().span;
    assert_eq!(tree.sources.slice(span), b"add_header X-Content-Type-Options ${MODE} always;");
}

#[test]
fn a_placeholder_that_nothing_fills_is_unknown() {
    let values = json!({ "PORT": "8443", "MODE": "nosniff" });
    let mut tree = Tree::new(&[
        (
            "nginx.conf",
            "http {\nserver { listen 1; server_name own; add_header X-Content-Type-Options nosniff always; }\nserver { listen 1; server_name with; include site.conf.template; }\n}",
        ),
        ("site.conf.template", "# ${COMMENT}\n\nset $x ${PATH_OF};\nset $y $NAMES;"),
    ]);
    let reading = tree.read(&with(values), "nginx.conf");
    assert_eq!(short(&fact(&reading, KEY, "server own").found), "nosniff");
    assert!(short(&fact(&reading, KEY, "server with").found).contains("is a template"), "{}", short(&fact(&reading, KEY, "server with").found));
    let template = fact(&reading, KEY, "site.conf.template");
    assert_eq!((template.cause, template.rule.name, tree.at(template).as_str()), (Cause::Template, "nginx-template", "site.conf.template:3"));
    assert!(
        template.help[0].contains("{ NAMES: \"...\", PATH_OF: \"...\" }") && template.help[1].contains("secgen check --source nginx=-"),
        "{:?}",
        template.help
    );
    assert!(reading.findings.is_empty(), "unknown is no error: {:?}", messages(&reading));
    assert_eq!(reading.not_examined[0].0, "site.conf.template");
    assert!(reading.sources.iter().all(|id| tree.sources.get(*id).path != "site.conf.template"));
}

#[test]
fn another_engine_is_unknown_with_the_line_of_its_first_mark() {
    for (text, line) in [
        ("http {\n{% for s in sites %}\nserver { listen {{ s.port }}; }\n{% endfor %}\n}", 2),
        ("http {\nserver { listen 80; }\n{{- range .Hosts }}\nserver { }\n{{- end }}\n}", 3),
        ("http {\nserver {\nserver_name <%= @name %>;\n}\n}", 3),
        ("http {\nserver {\nlisten @@PORT@@;\n}\n}", 3),
    ] {
        let mut tree = Tree::new(&[("nginx.conf", text)]);
        let reading = tree.read(&with(json!({})), "nginx.conf");
        let template = fact(&reading, KEY, "nginx.conf");
        assert_eq!((template.cause, tree.at(template)), (Cause::Template, format!("nginx.conf:{line}")), "{text}");
        assert!(template.help.len() == 1 && template.help[0].contains("pipe the rendered file"), "{:?}", template.help);
        assert!(reading.findings.is_empty() && reading.sources.is_empty());
    }
}

#[test]
fn a_value_that_would_change_the_structure_is_refused() {
    for bad in ["1; add_header X-Evil 1", "a\"b", "x {", "a\nb", "#"] {
        let mut tree = Tree::new(&[("nginx.conf", "http { server { listen ${PORT}; server_name a; add_header X-Content-Type-Options nosniff; } }")]);
        let reading = tree.read(&with(json!({ "PORT": bad })), "nginx.conf");
        assert_eq!((reading.findings[0].rule.name, reading.findings[0].kind), ("nginx-value", Kind::Error), "{bad:?}");
        assert_eq!(reading.findings[0].intent.as_deref(), Some("targets.nginx.values.PORT"));
    }
}

/// The schema says the same, with the line.
#[test]
fn the_schema_refuses_such_values_too() {
    let spec = |value: &str| format!("version: 1\nservice: x\ntargets:\n  nginx:\n    check: [nginx.conf]\n    values:\n      PORT: {value}\n");
    for (value, good) in [("'8080'", true), ("'a.example b.example'", true), ("'a;b'", false), ("'a{'", false), ("'it''s'", false)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secgen.yaml"), spec(value)).unwrap();
        let mut sources = secgen::source::Sources::new(folder.path());
        let loaded = secgen::policy::load(&mut sources, "secgen.yaml", 20_000);
        assert_eq!(loaded.is_ok(), good, "{value}");
        if let Err(findings) = loaded {
            assert_eq!(sources.place(findings[0].primary.as_ref().unwrap().span), "secgen.yaml:7");
        }
    }
}
