//! Hostile values of a spec through every encoder, in a whole run.

use super::{SPEC, project};
use secgen::targets::templates::encode::ENCODERS;

/// Values that some grammar would take for more than a value.
const VALUES: [&str; 14] = [
    "a\"; return 200 \"x",
    "a'; DROP TABLE x; --",
    "{env.HOME}",
    "{$HOME}",
    "{{ service | word }}",
    "{% include \"a.tera\" %}",
    "$(id)`id`",
    "a\\",
    "a # b // c -- d ; e % f",
    "</script><!-- -->",
    "[x](javascript:1)|`",
    "a\u{85}b",
    "a\u{2028}b",
    "a\u{202e}b",
];

#[test]
fn values_stay_in_their_line_and_are_never_run_as_templates() {
    for (name, _) in &ENCODERS {
        let template = format!("first\n# {{{{ jwt.issuer | {name} }}}}\nlast\n");
        for value in VALUES {
            let issuer = serde_json::to_string(value).unwrap();
            let spec = SPEC.replace("templates:\n", &format!("jwt: {{ issuer: {issuer} }}\ntemplates:\n")).replace("      carries: [http.headers]\n", "");
            let project = crate::cli::project::Project::with_spec(&spec);
            project.write("t/a.tera", &template);
            // A value that the schema refuses goes no further.
            if !project.run(&["validate"]).out.contains("templates-not-pinned") {
                continue;
            }
            super::pin(&project);
            let run = project.run(&["render"]);
            let out = project.path().join("out/a.conf");
            if run.code == Some(2) {
                assert!(!out.exists(), "{name} {value:?}: refused and written");
                continue;
            }
            run.exits(0);
            let text = std::fs::read_to_string(out).unwrap();
            let lines: Vec<&str> = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).collect();
            assert_eq!(lines.len(), 7, "{name} {value:?}: {text}");
            assert_eq!((lines[3], lines[5]), ("first", "last"), "{name} {value:?}: {text}");
            assert!(lines[4].starts_with("# ") && !text.contains('\u{202e}'), "{name} {value:?}");
            assert!(!lines[4].contains("payments-api"), "{name} {value:?} was run as a template: {text}");
        }
    }
}

#[test]
fn random_templates_never_panic_read_files_or_run_long() {
    const PIECES: [&str; 34] = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{%-",
        "-%}",
        "if",
        "for",
        "in",
        "endif",
        "endfor",
        "else",
        "elif",
        "include",
        "http",
        ".headers",
        "h",
        "|",
        "word",
        "number",
        "\"a.tera\"",
        "'",
        "(",
        ")",
        "==",
        "not",
        "\n",
        " ",
        "range",
        "service",
        "{",
        "é",
    ];
    let project = project(&SPEC.replace("      carries: [http.headers]\n", ""), &[("a.tera", super::TEMPLATE)]);
    let mut sources = secgen::source::Sources::new(project.path());
    let loaded = secgen::policy::load(&mut sources, "secgen.yaml", 20_784).unwrap();
    let mut random = crate::support::Random(7);
    let (mut rendered, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let text: String = (0..random.below(24)).flat_map(|_| [PIECES[random.below(PIECES.len())], " "]).collect();
        let mut policy = loaded.policies[0].clone();
        let mut folder = policy.templates.as_deref().unwrap().clone();
        folder.files[0].text.clone_from(&text);
        policy.templates = Some(std::sync::Arc::new(folder));
        match secgen::targets::by_name("templates").unwrap().artifacts(&policy) {
            Err(findings) => {
                refused += 1;
                assert!(!findings.is_empty());
            }
            Ok(artifacts) => {
                let engine = secgen::render::engine::Engine::new(secgen::targets::by_name("templates").unwrap()).unwrap();
                rendered += artifacts.iter().filter(|artifact| engine.body(artifact).is_ok()).count();
            }
        }
    }
    assert!(refused > 1000 && rendered > 1000, "{rendered} rendered, {refused} refused");
}
