//! What templates may do, and that everything else is refused with its place.

use super::{SPEC, pin, project};
use crate::cli::project::Project;
use insta::assert_snapshot;
use std::collections::BTreeSet;

#[test]
fn a_mistyped_name_is_refused_with_those_that_are_there() {
    let project = project(SPEC, &[("a.tera", "{% for h in http.heders %}\n{% endfor %}\n")]);
    assert_snapshot!("mistyped", project.run(&["check"]).exits(2).shown(&project));
}

#[test]
fn what_templates_must_not_do() {
    let project = project(
        SPEC,
        &[("a.tera", ""), ("b.tera", "{{ h.name | word }}"), ("c.tera", "{{ loop.index | number }}"), ("loop.tera", "{% include \"loop.tera\" %}")],
    );
    for (template, why) in [
        ("{{ service }}", "has no encoder"),
        ("{{ service | upper }}", "no encoder"),
        ("{{ service | safe }}", "no encoder"),
        ("{{ service | word | safe }}", "goes before an encoder"),
        ("{{ service | safe | word }}", "goes before an encoder"),
        ("{{ service | default(value=1) | word }}", "not for templates"),
        ("{{ service | number }}", "is no number"),
        ("{{ tls.redirect_http | word }}", "is a number"),
        ("{{ http | word }}", "no single value"),
        ("{{ http.headers | word }}", "no single value"),
        ("{{ tls.session_tickets | word }}", "is true or false"),
        ("{{ nothing | word }}", "the context has no nothing"),
        ("{{ http.nothing | word }}", "http has no nothing"),
        ("{{ __tera_context | word }}", "has no __tera_context"),
        ("{% if http.hsts %}{% endif %}", "http has no hsts"),
        ("{% if not nothing %}{% endif %}", "has no nothing"),
        ("{% for x in service %}{% endfor %}", "is no list"),
        ("{% for http in http.headers %}{% endfor %}", "something else already"),
        ("{% for loop in http.headers %}{% endfor %}", "something else already"),
        ("{{ get_env(name=\"HOME\") }}", "not for templates"),
        ("{{ now() }}", "not for templates"),
        ("{{ get_random(start=1, end=2) }}", "not for templates"),
        ("{% if throw(message=\"x\") %}{% endif %}", "not for templates"),
        ("{% for i in range(end=99999999) %}{% endfor %}", "not for templates"),
        ("{% set a = 1 %}", "not for templates"),
        ("{% include \"nope.tera\" %}", "there is no template nope.tera"),
        ("{% include \"../secgen.yaml\" %}", "there is no template"),
        ("{% include \"/etc/passwd\" %}", "there is no template"),
        ("{% include \"loop.tera\" %}", "circle"),
        ("{% include \"b.tera\" %}", "the context has no h"),
        ("{% for x in http.headers %}{% include \"c.tera\" %}{% endfor %}", "has no loop"),
        ("{% extends \"b.tera\" %}", "extends is not for templates"),
        ("{% raw %}{{ a }}{% endraw %}", "raw is not for templates"),
        ("{% if service", "does not end"),
    ] {
        project.write("t/a.tera", template);
        pin(&project);
        let run = project.run(&["render"]);
        run.exits(2);
        assert!(run.out.contains("template-refused") && run.out.contains(why), "{template}: {}", run.out);
        assert!(!project.path().join("out").exists());
    }
}

#[test]
fn a_template_that_no_output_needs_is_never_looked_into() {
    let files = [("a.tera", super::TEMPLATE), ("other.tera", "{{ get_env(name=\"HOME\") | nothing }}{% if")];
    project(SPEC, &files).run(&["render"]).exits(0);
}

#[test]
fn a_value_that_the_policy_does_not_say_is_refused_with_its_place() {
    let project = project(SPEC, &[("a.tera", "{% for h in http.headers %}{% endfor %}\nmin {{ tls.min_version | word }}\n")]);
    assert_snapshot!("null", project.run(&["render"]).exits(2).shown(&project));
    project.write("t/a.tera", "{% for h in http.headers %}{% endfor %}{% if tls.min_version %}min {{ tls.min_version | word }}{% endif %}end\n");
    pin(&project);
    project.run(&["render"]).exits(0);
    assert!(project.read("out/a.conf").ends_with("\nend\n"));
}

/// However a null gets to where a value is needed, the message says what it is, and where.
#[test]
fn a_value_that_is_null_is_told_as_such() {
    for (template, place) in [
        ("{{ tls.min_version | lower | word }}", "t/a.tera:2:16"),
        ("{{ jwt.leeway_seconds | number }}", "t/a.tera:2:16"),
        ("{% if tls.redirect_http < 400 %}{% endif %}", "t/a.tera:2:19"),
        ("{% if \"x\" in tls.min_version %}{% endif %}", "t/a.tera:2:26"),
    ] {
        let run = project(SPEC, &[("a.tera", &format!("{}{template}", super::TEMPLATE))]).run(&["render"]);
        let why = format!("{place}: the policy does not say this value (it is null): ask first");
        assert!(run.exits(2).out.contains(&why), "{template}: {}", run.out);
    }
}

/// Whoever reviews a template sees all of it.
#[test]
fn a_template_holds_no_character_that_nobody_sees() {
    for hidden in ["\u{202e}", "\u{200b}", "\u{feff}", "\u{1b}[31m", "\r", "\0", "\u{2028}"] {
        let project = project(SPEC, &[("a.tera", &format!("{}ab{hidden}c{{# {hidden} #}}\n", super::TEMPLATE)), ("b.tera", hidden)]);
        for args in [&["check"][..], &["render"]] {
            let run = project.run(args);
            assert!(run.exits(2).out.contains("t/a.tera:2:15") && run.out.contains("template-refused"), "{hidden:?}: {}", run.out);
            assert!(!run.out.contains(hidden), "{hidden:?}");
        }
    }
}

#[test]
fn an_include_sees_what_is_in_force_where_it_stands() {
    let files = [("a.tera", "{% for h in http.headers %}{% include \"in/b.tera\" %}{% endfor %}"), ("in/b.tera", "{{ h.name | lower | word }}\n")];
    let project = project(SPEC, &files);
    project.run(&["render"]).exits(0);
    let text = project.read("out/a.conf");
    assert!(text.ends_with("\n\nstrict-transport-security\nreferrer-policy\n"), "{text}");
}

/// A chain of thousands of branches was a level of the engine's stack each, and ended the process by a signal.
#[test]
fn long_tags_are_refused_before_the_engine_sees_them() {
    let service = "service == \"x\"";
    for (template, why) in [
        (format!("{{% if {service} %}}{}{{% endif %}}", format!("{{% elif {service} %}}").repeat(20_000)), "more than 32 branches"),
        (format!("{{% if {}{service} %}}{{% endif %}}", format!("{service} or ").repeat(20_000)), "more than 32 values"),
        (format!("{{% if {}service %}}{{% endif %}}", "not ".repeat(20_000)), "not stands twice"),
        (format!("{{{{ service {}| word }}}}", "| upper ".repeat(20_000)), "4 filters at most"),
    ] {
        let run = project(SPEC, &[("a.tera", &format!("{}{template}", super::TEMPLATE))]).run(&["render"]);
        run.exits(2);
        assert!(run.out.contains("template-refused") && run.out.contains(why), "{why}: {}{}", run.out, run.err);
    }
}

#[test]
fn loops_and_includes_end_soon() {
    let origins: Vec<String> = (0..400).map(|i| format!("\"https://a{i}.example.com\"")).collect();
    let spec = SPEC.replace(
        "templates:\n",
        &format!("  cors: {{ api: {{ match: {{ prefix: /api }}, origins: [{}], methods: [GET] }} }}\ntemplates:\n", origins.join(", ")),
    );
    let spec = spec.replace("carries: [http.headers]", "carries: [http.headers, http.cors]");
    let nested =
        "{% for c in http.cors %}{% for a in c.origins %}{% for b in c.origins %}{% for d in c.origins %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}";
    let started = std::time::Instant::now();
    let slow = project(&spec, &[("a.tera", &format!("{}{nested}", super::TEMPLATE))]);
    assert!(slow.run(&["render"]).exits(2).out.contains("more than a million steps"));
    // What a condition or a chain of filters comes to counts as often as it is done.
    let twice = |inside: &str| {
        format!(
            "{}{{% for c in http.cors %}}{{% for a in c.origins %}}{{% for b in c.origins %}}{inside}{{% endfor %}}{{% endfor %}}{{% endfor %}}",
            super::TEMPLATE
        )
    };
    for inside in [
        format!("{{% if {}a == \"x\" %}}{{% endif %}}", "a == \"x\" or ".repeat(15)),
        format!("{{% if a == \"\" %}}{}{{% endif %}}", "{% elif a == \"\" %}".repeat(30)),
        "{% if \"x\" in c.origins %}{% endif %}".to_owned(),
        "{% if a == \"\" %}{{ a | upper | lower | upper | word }}{% endif %}".to_owned(),
    ] {
        let run = project(&spec, &[("a.tera", &twice(&inside))]).run(&["render"]);
        assert!(run.exits(2).out.contains("more than a million steps"), "{inside}: {}", run.out);
    }
    // Each file includes the next one twenty times over.
    let files: Vec<(String, String)> = (0..8).map(|i| (format!("f{i}.tera"), format!("{{% include \"f{}.tera\" %}}", i + 1).repeat(20))).collect();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    all.extend([("f8.tera", "x"), ("a.tera", "{% include \"f0.tera\" %}")]);
    let bomb = project(SPEC, &all);
    let run = bomb.run(&["render"]);
    assert!(run.exits(2).out.contains("million steps") || run.out.contains("deep"), "{}", run.out);
    // One file that is included again and again is read once.
    let again = format!("{}{{% if tls.min_version %}}{}{{% endif %}}", super::TEMPLATE, "{% include \"b.tera\" %}".repeat(15_000));
    project(SPEC, &[("a.tera", &again), ("b.tera", &"{x".repeat(200_000))]).run(&["render"]).exits(0);
    // The output has an end too.
    let page = "x".repeat(4000);
    let wide = format!("{}{{% for c in http.cors %}}{{% for a in c.origins %}}{page}{{% endfor %}}{{% endfor %}}", super::TEMPLATE);
    let large = project(&spec, &[("a.tera", &wide)]);
    assert!(large.run(&["render"]).exits(2).out.contains("larger than 1 MiB"));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// The contexts of a spec, one an environment.
fn contexts(root: &std::path::Path) -> Vec<serde_json::Value> {
    let mut sources = secgen::source::Sources::new(root);
    let loaded = secgen::policy::load(&mut sources, "secgen.yaml", 20_784).unwrap_or_else(|why| panic!("{}: {why:?}", root.display()));
    let context = |policy| serde_json::to_value(secgen::targets::templates::context::TemplateContext::new(policy)).unwrap();
    loaded.policies.iter().map(context).collect()
}

/// The schema is complete and true: over every example, every profile, a spec that says nothing and one that says
/// everything that templates get. Between them, each value is there at least once.
#[test]
fn the_context_is_what_its_schema_says_whatever_the_policy_holds() {
    let published: serde_json::Value = serde_json::from_str(&Project::with_spec(SPEC).run(&["schema", "template-context"]).exits(0).out).unwrap();
    let schema = secgen::targets::templates::context::schema();
    assert_eq!(published, schema);
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let mut all: Vec<serde_json::Value> = Vec::new();
    for entry in walkdir::WalkDir::new(crate::support::project().join("examples")).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_name() == "secgen.yaml" {
            all.extend(contexts(entry.path().parent().unwrap()));
        }
    }
    assert!(all.len() >= 3, "{} examples", all.len());
    for spec in [
        "version: 1\nservice: a\n",
        "version: 1\nservice: a\nextends: [secgen:recommended]\n",
        "version: 1\nservice: a\nextends: [secgen:hardened]\n",
        EVERYTHING,
        "version: 1\nservice: a\nhttp: { cookies: { s: { name: s, secure: true } }, cors: { a: { match: { exact: /a }, origins: [\"https://b.example.com\"] } } }\n",
    ] {
        all.extend(contexts(Project::with_spec(spec).path()));
    }
    let mut seen = BTreeSet::new();
    for json in &all {
        let errors: Vec<String> = validator.iter_errors(json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{json:#}");
        complete(&schema, json, "", &mut seen);
    }
    let mut wanted = BTreeSet::new();
    kinds(&schema, "", &mut wanted);
    // What a spec may not leave out is never null. Some conditions are not for limits and other origins, and no spec may
    // list proxies of the edge yet.
    let never: Vec<&String> = wanted.difference(&seen).filter(|kind| !kind.ends_with(": null")).collect();
    let not_yet = [
        ".http.cors[].match.content_type: string",
        ".network.edge_trusts[]: string",
        ".rate_limits[].match.content_type: string",
        ".rate_limits[].match.host: string",
    ];
    assert_eq!(never, not_yet);
}

/// All that templates get.
const EVERYTHING: &str = r#"version: 1
service: a
environments: { prod: {} }
http:
  site: https://a.example.com
  headers: { hsts: { max_age: 365d }, remove: [server] }
  cookies: { s: { name: s, secure: true, http_only: true, same_site: lax, max_age: 1h } }
  cors: { a: { match: { host: api.example.com, prefix: /api }, origins: ["https://b.example.com"], credentials: true, methods: [PUT], headers: [X-A], max_age: 1h } }
scopes:
  e: { match: { host: e.example.com, prefix: /e }, http: { headers: { framing: deny } } }
  f: { match: { exact: /f, content_type: text/html }, http: { headers: { framing: deny } } }
tls: { min_version: TLSv1.2, profile: { mozilla: intermediate, guideline: "6.0" }, groups: [X25519], session_tickets: false, redirect_http: 308 }
network: { service_trusts: [127.0.0.1/32] }
rate_limits: { store: memory, limits: { api: { requests: 10, per: 1m, burst: 5, key: client_ip, match: { prefix: /api/ } } } }
data: { input: { max_body: 1MiB, content_types: [application/json] } }
jwt: { issuer: "https://a.example.com", audience: api, role: verify, access_ttl: 1h, refresh_ttl: 7d, leeway: 30s, keys: { k: { algorithm: HS512, secret: { env: JWT_SECRET } } } }
"#;

/// Every kind of value that a schema names, by its place.
fn kinds(schema: &serde_json::Value, at: &str, all: &mut BTreeSet<String>) {
    match &schema["type"] {
        serde_json::Value::String(kind) => _ = all.insert(format!("{at}: {kind}")),
        serde_json::Value::Array(several) => all.extend(several.iter().map(|kind| format!("{at}: {}", kind.as_str().unwrap()))),
        other => panic!("{at} has no type: {other}"),
    }
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        kinds(schema, &format!("{at}.{key}"), all);
    }
    if let Some(items) = schema.get("items") {
        kinds(items, &format!("{at}[]"), all);
    }
}

/// Every key of the schema is there, at every depth; each kind of value is noted.
fn complete(schema: &serde_json::Value, value: &serde_json::Value, at: &str, seen: &mut BTreeSet<String>) {
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        assert_eq!(properties.keys().collect::<Vec<_>>(), object.keys().collect::<Vec<_>>(), "{at}");
        properties.iter().for_each(|(key, schema)| complete(schema, &object[key], &format!("{at}.{key}"), seen));
    }
    for item in value.as_array().into_iter().flatten() {
        complete(&schema["items"], item, &format!("{at}[]"), seen);
    }
    assert!(!value.is_f64(), "{at}: templates get no fractions");
    let kind = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "integer",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    seen.insert(format!("{at}: {kind}"));
}
