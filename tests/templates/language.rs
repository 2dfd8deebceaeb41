//! What templates may do, and that everything else is refused with its place.

use super::{SPEC, pin, project};
use insta::assert_snapshot;

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
    // The output has an end too.
    let page = "x".repeat(4000);
    let wide = format!("{}{{% for c in http.cors %}}{{% for a in c.origins %}}{page}{{% endfor %}}{{% endfor %}}", super::TEMPLATE);
    let large = project(&spec, &[("a.tera", &wide)]);
    assert!(large.run(&["render"]).exits(2).out.contains("larger than 1 MiB"));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn the_context_is_what_its_schema_says_whatever_the_policy_holds() {
    let schema = secgen::targets::templates::context::schema();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let shared = "http: { site: https://a.example.com, headers: { framing: deny }, cookies: { s: { name: s, secure: true } }, cors: { a: { match: { prefix: /api }, origins: [\"https://b.example.com\"] } } }";
    for spec in [
        "version: 1\nservice: a\n".to_owned(),
        format!(
            "version: 1\nservice: a\n{shared}\ntls: {{ min_version: TLSv1.2, redirect_http: 308 }}\nscopes: {{ e: {{ match: {{ prefix: /e }}, http: {{ headers: {{ framing: deny }} }} }} }}\n"
        ),
    ] {
        let json: serde_json::Value = {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("secgen.yaml"), spec).unwrap();
            let mut sources = secgen::source::Sources::new(folder.path());
            let loaded = secgen::policy::load(&mut sources, "secgen.yaml", 20_784).unwrap();
            serde_json::to_value(secgen::targets::templates::context::TemplateContext::new(&loaded.policies[0])).unwrap()
        };
        let errors: Vec<String> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{json:#}");
        // Complete: every key of the schema is there, at every depth.
        complete(&schema, &json, "");
    }
}

fn complete(schema: &serde_json::Value, value: &serde_json::Value, at: &str) {
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        assert_eq!(properties.keys().collect::<Vec<_>>(), object.keys().collect::<Vec<_>>(), "{at}");
        properties.iter().for_each(|(key, schema)| complete(schema, &object[key], &format!("{at}.{key}")));
    }
    for item in value.as_array().into_iter().flatten() {
        complete(&schema["items"], item, &format!("{at}[]"));
    }
    assert!(!value.is_f64(), "{at}: templates get no fractions");
}
