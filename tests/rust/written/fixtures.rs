//! Small files. A line that a finding points at names the rule, `// <- rule`, or stands in `// line N: rule` below; a file
//! that a finding is about as a whole says `# file: rule`. There must be these findings and no other.

use super::{judged, read, required, rules};
use crate::support;
use secgen::finding::Kind;
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use std::collections::BTreeSet;

/// Name and text of every fixture of a kind, those of clippy too.
fn cases(kind: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["tests/targets/rust/written", "tests/targets/rust/written/clippy"] {
        for entry in std::fs::read_dir(support::project().join(folder).join(kind)).expect("fixtures").flatten() {
            let name = entry.file_name().into_string().expect("a name");
            let name = if name.ends_with(".toml") { format!("{name}/clippy.toml") } else { name };
            all.push((name, std::fs::read_to_string(entry.path()).expect("a text")));
        }
    }
    all.sort();
    assert!(all.len() >= 2, "{kind}");
    all
}

/// Line and rule of each finding that a text names.
fn wanted(text: &str) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let each = |rules: &str, at: usize| rules.split(' ').map(move |rule| (at, rule.to_owned())).collect::<Vec<_>>();
        if let Some((_, rules)) = line.split_once(" <- ") {
            all.extend(each(rules, number + 1));
        } else if let Some((at, rules)) = line.strip_prefix("// line ").and_then(|rest| rest.split_once(": ")) {
            all.extend(each(rules, at.parse().expect("a line")));
        } else if let Some(rules) = line.strip_prefix("# file: ") {
            all.extend(each(rules, 0));
        }
    }
    all.sort();
    all
}

fn found(name: &str, text: &str) -> (Vec<(usize, String)>, Vec<Kind>) {
    let policy = required();
    let (sources, reading) = read(&policy, name, text.as_bytes());
    let findings = judged(&policy, &reading);
    for finding in &findings {
        assert!(!finding.help.is_empty(), "{name}: {finding:?}");
        let all = format!("{finding:?}");
        assert!(!all.contains("unter2"), "{name}: a secret reaches a finding: {all}");
        for label in finding.primary.iter().chain(&finding.related).filter(|l| sources.get(l.span.source).path == name) {
            for line in sources.position(label.span).line.saturating_sub(2)..=sources.position(label.span).line + 2 {
                let shown = sources.get(label.span.source).shown_line(line);
                assert!(!shown.contains("unter2"), "{name}: a secret is shown: {shown}");
            }
        }
    }
    let line = |f: &secgen::finding::Finding| f.primary.as_ref().map_or(0, |l| sources.position(l.span).line);
    let mut all: Vec<(usize, String)> = findings.iter().map(|f| (line(f), f.rule.name.to_owned())).collect();
    all.sort();
    (all, findings.iter().map(|f| f.kind).collect())
}

#[test]
fn good_files_have_no_finding() {
    for (name, text) in cases("good") {
        assert_eq!(found(&name, &text).0, [], "{name}");
    }
}

#[test]
fn weak_files_have_exactly_the_findings_they_name() {
    for (name, text) in cases("weak") {
        let (found, kinds) = found(&name, &text);
        assert_eq!(found, wanted(&text), "{name}");
        assert!(!found.is_empty() && !kinds.contains(&Kind::Error), "{name}");
    }
}

#[test]
fn broken_files_are_never_fine() {
    for (name, text) in cases("broken") {
        let (found, kinds) = found(&name, &text);
        assert_eq!(found, wanted(&text), "{name}");
        assert!(kinds.contains(&Kind::Error), "{name}");
    }
}

#[test]
fn every_rule_has_a_fixture() {
    let named: BTreeSet<String> = ["weak", "broken"].into_iter().flat_map(cases).flat_map(|(_, text)| wanted(&text)).map(|(_, rule)| rule).collect();
    // Rules of the spec and of policy.rs have their own fixtures; that code is no proof is said once for all files.
    let of_code = Rust.rules().iter().map(|r| r.name).skip_while(|name| *name != "rust-syntax").filter(|name| *name != "rust-code-not-proof");
    assert_eq!(named, of_code.map(str::to_owned).collect());
}

#[test]
fn line_ends_marks_and_scripts_keep_their_places() {
    let text = "use jsonwebtoken::EncodingKey;\nfn f() {\n    // Größe 💥\n    EncodingKey::from_secret(b\"hunter2\"); // <- secret-in-code\n}\n";
    let wanted = wanted(text);
    for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(found("x.rs", &text).0, wanted, "{text:?}");
    }
    assert_eq!(found("x.rs", &format!("#!/usr/bin/env run\n{text}")).0, [(5, "secret-in-code".to_owned())]);
    let allowed = text.replace("    // Größe 💥", "    // secgen: allow(secret-in-code) a published vector 💥");
    for text in [allowed.clone(), format!("\u{feff}#!/run\n{allowed}")] {
        assert_eq!(found("x.rs", &text).0, [], "{text:?}");
    }
}

#[test]
fn many_globs_and_renames_cost_no_more_than_their_number() {
    let globs = (0..5_000).map(|i| format!("use a{i}::*;\nuse b{i}::{{self as b{}, c as d{i}}};\n", i + 1)).collect::<Vec<_>>().concat();
    let nested = (0..40).map(|i| format!("mod m{i} {{ use super::*; use super::super::*; use x::*; ")).collect::<Vec<_>>().concat();
    let text =
        format!("use jsonwebtoken::Validation;\n{globs}{nested}fn f(v: &mut Validation) {{ b1::X; d9::Y::new(); v.validate_exp = false; }}{}", "}".repeat(40));
    let start = std::time::Instant::now();
    let found = rules(&text);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(found.len() <= 1, "{found:?}");
    // A few globs beside the import that counts.
    let few = "use a::*; use b::*; use c::*; use d::*; use e::*; use f::*; use g::*; use h::*; use i::*; use j::*;\n";
    let text = format!("{few}use jsonwebtoken::*;\nfn f(v: &mut Validation) {{\n    v.validate_exp = false;\n}}\n");
    assert_eq!(rules(&text), [(4, "jwt-expiry-unchecked".to_owned())]);
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let policy = required();
    let deep = |open: &str, close: &str| format!("use jsonwebtoken::X; const A: u8 = {}1{};", open.repeat(30_000), close.repeat(30_000)).into_bytes();
    for (text, told) in [
        (b"use jsonwebtoken::Validation; // \xff\n".to_vec(), "not UTF-8"),
        (deep("(", ")"), "nested deeper"),
        (deep("- ", ""), "nested deeper"),
        (deep("[", "]"), "nested deeper"),
        (format!("use jsonwebtoken::X;{}", " ".repeat(5 << 20)).into_bytes(), "more than"),
        (b"use jsonwebtoken::X; fn f( {".to_vec(), "not Rust"),
        (b"use jsonwebtoken::X;\nfn 1() {}".to_vec(), "line 2"),
    ] {
        let (_, reading) = read(&policy, "src/x.rs", &text);
        assert_eq!(reading.findings.len(), 1, "{told}");
        assert!(reading.findings[0].kind == Kind::Error && reading.findings[0].message.contains(told), "{told}: {:?}", reading.findings[0].message);
        assert!(reading.sources.is_empty() && reading.facts.is_empty());
    }
    // Whatever nests, the stack holds what the limit lets through.
    for times in [400, 1000, 2000, 2040, 2100] {
        for (what, text) in crate::rust::depth::nested(times) {
            let (_, reading) = read(&policy, "src/x.rs", format!("use jsonwebtoken::X; {text}").as_bytes());
            assert!(reading.findings.iter().all(|f| f.rule.name == "rust-syntax"), "{what} {times}");
        }
    }
    // As deep as people and programs write, within the limit.
    let routes = (0..400).map(|i| format!(".route(\"/{i}\", get(f))")).collect::<Vec<_>>().concat();
    let (_, reading) = read(&policy, "src/x.rs", format!("use jsonwebtoken::X; fn f() {{ Router::new(){routes}; }}").as_bytes());
    assert!(reading.findings.is_empty() && reading.sources.len() == 1, "{:?}", reading.findings);
}
