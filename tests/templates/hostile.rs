//! Hostile values of a spec through every encoder, in a whole run.

use super::{SPEC, project};
use secgen::render::engine::Engine;
use secgen::targets::templates::encode::ENCODERS;
use secgen::targets::{Artifact, Body};

/// Values that each of the grammars has a use for, and the characters that no line may hold.
const VALUES: [&str; 44] = [
    "a",
    "TLSv1.3",
    "a\"; return 200 \"x",
    "a'; DROP TABLE x; --",
    "{env.HOME}",
    "{$HOME}",
    "{{ service | word }}",
    "{% include \"a.tera\" %}",
    "$(id)`id`",
    "$HOME",
    "${HOME}",
    "$$",
    "%PATH%",
    "a\\",
    "a\\n",
    "a # b // c -- d ; e % f",
    "#",
    "a#b",
    "a & b",
    "&quot;",
    "<b>",
    "user@example.com",
    "[id]",
    "</script><!-- -->",
    "[x](javascript:1)|`",
    "a: b",
    "a:",
    "- a",
    "? a",
    "*a",
    "!a",
    "no",
    "1:30",
    "-x",
    "--x",
    "~/x",
    "",
    " a ",
    "it's",
    "\u{e9}\u{1f600}",
    "a\u{fffe}",
    "a\u{85}b",
    "a\u{2028}b",
    "a\u{202e}b",
];

/// What the engine writes of a value through an encoder, as in a whole run; `None` where it is refused.
fn encoded(encoder: &str, value: &str) -> Option<String> {
    let mut sources = secgen::source::Sources::new(std::path::Path::new("."));
    let text = format!("first\n{{{{ service | {encoder} }}}}\nlast\n");
    let file = secgen::policy::TemplateFile::new("a.tera".to_owned(), sources.add("t/a.tera", text.as_str()), &text);
    let folder = secgen::policy::TemplateFolder { path: "t".to_owned(), sha256: String::new(), files: vec![file] };
    let artifact = Artifact {
        body: Body::Own { folder: folder.into(), name: "a.tera".to_owned(), context: serde_json::json!({ "service": value }) },
        ..Artifact::default()
    };
    let written = Engine::new(secgen::targets::by_name("templates").unwrap()).unwrap().body(&artifact).ok()?;
    let lines: Vec<&str> = written.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']).collect();
    assert_eq!(lines.len(), 4, "{encoder} {value:?}: {written:?}");
    assert_eq!((lines[0], lines[2]), ("first", "last"), "{encoder} {value:?}: {written:?}");
    assert!(!written.contains('\u{202e}') && !written.contains("payments-api"), "{encoder} {value:?}: {written:?}");
    Some(lines[1].to_owned())
}

/// The values that an encoder lets through, with what it writes of each.
fn let_through(encoder: &str) -> Vec<(&'static str, String)> {
    let all: Vec<_> = VALUES.into_iter().filter_map(|value| Some((value, encoded(encoder, value)?))).collect();
    assert!(all.iter().any(|(value, _)| *value == "a"), "{encoder} refuses everything");
    all
}

#[test]
fn values_stay_in_their_line_and_read_back_in_their_grammar() {
    let yaml = |text: &str| {
        let mut sources = secgen::source::Sources::new(std::path::Path::new("."));
        let id = sources.add("a.yaml", format!("a: {text}\nb: last\n"));
        let node = secgen::document::parse(&sources, id).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        let json = node.to_json();
        assert_eq!(json["b"], "last", "{text}");
        json["a"].as_str().map(str::to_owned)
    };
    let toml = |text: &str| {
        let document = format!("a = {text}\nb = \"last\"\n").parse::<toml_edit::DocumentMut>().unwrap();
        document["a"].as_str().map(str::to_owned)
    };
    for (name, _) in &ENCODERS {
        for (value, text) in let_through(name) {
            let read = match *name {
                "yaml" => yaml(&text),
                "toml" => toml(&text),
                "json" => serde_json::from_str(&text).ok(),
                "rust" => syn::parse_str::<syn::LitStr>(&text).ok().map(|literal| literal.value()),
                "nginx" | "nginx_word" => {
                    let line = format!("a {text};\nb last;\n");
                    let mut sources = secgen::source::Sources::new(std::path::Path::new("."));
                    let id = sources.add("a.conf", line.as_str());
                    let directives = secgen::targets::nginx::tree::parse(id, line.as_bytes(), 0..line.len()).unwrap();
                    assert_eq!(directives.len(), 2, "{value:?}: {line}");
                    directives[0].words().get(1).map(|word| String::from_utf8_lossy(word.value.as_ref()).into_owned())
                }
                // What a plain word or a text in quotes is in every grammar, it is in these. A word may be a number or the like.
                "word" => {
                    let _ = yaml(&text);
                    toml(&format!("\"{text}\"")).filter(|_| !text.ends_with(':'))
                }
                "quoted" => toml(&text).filter(|read| yaml(&text).as_ref() == Some(read)),
                _ => continue,
            };
            assert_eq!(read.as_deref(), Some(value), "{name}: {text}");
        }
    }
    for (name, _) in &ENCODERS {
        for value in ["a\u{85}b", "a\u{2028}b", "a\u{202e}b"] {
            assert_eq!(encoded(name, value), None, "{name} {value:?}");
        }
    }
}

/// Programs that take `word` and `quoted` for more than they are would show here: a shell, make, Perl.
#[test]
fn a_word_and_a_text_in_quotes_are_the_same_for_programs_that_fill_in() {
    type Reader = (&'static str, &'static [&'static str], fn(&str) -> String);
    let readers: [Reader; 3] = [
        ("bash", &["-s"], |text| format!("x={text}\nprintf '%s' \"$x\"\n")),
        ("perl", &["-"], |text| format!("use strict; my $x = {text};\nprint $x;\n")),
        ("make", &["-s", "-f", "-"], |text| format!("x := {text}\n$(info $(x))\nall: ;\n")),
    ];
    for (program, args, script) in readers {
        if std::process::Command::new(program).arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "{program} is not there");
            eprintln!("SKIPPED: {program} is not there");
            continue;
        }
        for encoder in ["word", "quoted"] {
            for (value, text) in let_through(encoder) {
                // A bare word is no text in Perl; in make the quotes belong to the text.
                if (program, encoder) == ("perl", "word") {
                    continue;
                }
                let wanted = if program == "make" { format!("{text}\n") } else { value.to_owned() };
                let project = crate::cli::project::Project::empty();
                let mut run = std::process::Command::new(program);
                run.args(args).current_dir(project.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/canary");
                project.write("script", script(&text));
                let output = run.stdin(std::fs::File::open(project.path().join("script")).unwrap()).output().unwrap();
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(said == wanted && output.stderr.is_empty(), "{program} {encoder} {text}: {said:?} {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

/// The same in a whole run, with the values that a spec may hold.
#[test]
fn hostile_values_of_a_spec_are_written_whole_or_nothing_is() {
    let (mut written, mut refused) = (0, 0);
    for value in ["it's", "{env.HOME}", "{{service}}", "$(id)`id`", "#a", "a&b", "</script><!---->", "[x](javascript:1)|`", "a:", "--x"] {
        let jwt = format!(
            "jwt: {{ issuer: {}, audience: a, role: verify, access_ttl: 1h, refresh_ttl: 7d, keys: {{ k: {{ algorithm: HS512, secret: {{ env: JWT_SECRET }} }} }} }}\n",
            serde_json::to_string(value).unwrap()
        );
        let spec = SPEC.replace("templates:\n", &format!("{jwt}templates:\n"));
        let project = project(&spec, &[("a.tera", super::TEMPLATE)]);
        for (name, _) in &ENCODERS {
            project.write("t/a.tera", format!("{}first\n# {{{{ jwt.issuer | {name} }}}}\nlast\n", super::TEMPLATE));
            super::pin(&project);
            let out = project.path().join("out/a.conf");
            let _ = std::fs::remove_file(&out);
            let run = project.run(&["render"]);
            let Some(text) = encoded(name, value) else {
                refused += 1;
                assert!(run.exits(2).out.contains("out/a.conf cannot be rendered: t/a.tera:3:"), "{name} {value:?}: {}", run.out);
                assert!(!out.exists(), "{name} {value:?}: refused and written");
                continue;
            };
            written += 1;
            run.exits(0);
            assert!(project.read("out/a.conf").ends_with(&format!("\nfirst\n# {text}\nlast\n")), "{name} {value:?}");
        }
    }
    assert!(written > 50 && refused > 20, "{written} written, {refused} refused");
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
