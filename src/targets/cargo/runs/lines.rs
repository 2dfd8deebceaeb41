//! Files of lines: makefiles, justfiles, scripts, Dockerfiles, and what is only looked through.

use super::call::{self, Aliases, Call, Tool};
use super::shell::{Failure, Shell, UNKNOWN};
use std::collections::BTreeMap;

/// How often a value of a variable is filled in within others.
const MAX_ROUNDS: usize = 4;
/// The longest line after filling in.
const MAX_LINE: usize = 1 << 16;

/// A call and the byte of the file at which it stands.
pub(super) type At = (Call, usize);

/// A line with its continuations joined, and where it starts.
fn joined(text: &str) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = Vec::new();
    let (mut at, mut open) = (0, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let (part, continues) = bare.strip_suffix('\\').map_or((bare, false), |b| (b, true));
        match out.last_mut().filter(|_| open) {
            Some((last, _)) => {
                last.push(' ');
                last.push_str(part.trim_start());
            }
            None => out.push((part.to_owned(), at)),
        }
        open = continues;
        at += line.len();
    }
    out
}

/// Fills in variables by name.
fn filled(line: &str, variables: &BTreeMap<String, String>, forms: &[(&str, &str)]) -> String {
    let mut out = line.to_owned();
    for _ in 0..MAX_ROUNDS {
        let before = out.len();
        let mut changed = false;
        for (name, value) in variables {
            for (open, close) in forms {
                let mark = format!("{open}{name}{close}");
                if out.contains(&mark) && out.len() < MAX_LINE {
                    out = out.replace(&mark, value);
                    changed = true;
                }
            }
        }
        if !changed || (out.len() == before && !out.contains(forms[0].0)) {
            break;
        }
    }
    out
}

/// `name = value`, with any of the signs of make and just.
fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    plain.then(|| (name.to_owned(), value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()))
}

/// A recipe's line without its prefixes, and whether its failure is ignored.
fn recipe(line: &str) -> (&str, bool) {
    let bare = line.trim_start_matches([' ', '\t', '@', '-', '+']);
    let prefixes = &line[..line.len() - bare.len()];
    (bare, prefixes.contains('-'))
}

fn softened(calls: Vec<Call>, soft: bool, at: usize) -> impl Iterator<Item = At> {
    calls.into_iter().map(move |call| {
        let failure = if soft { Failure::Lost("`-` before the command makes its failure pass".to_owned()) } else { call.failure.clone() };
        (Call { failure, ..call }, at)
    })
}

/// The calls of a makefile.
pub(super) fn make(text: &str, aliases: &Aliases) -> Vec<At> {
    let lines = joined(text);
    let variables: BTreeMap<String, String> = lines.iter().filter(|(l, _)| !l.starts_with('\t')).filter_map(|(l, _)| assignment(l)).collect();
    let shell = Shell { errexit: true, pipefail: variables.get(".SHELLFLAGS").is_some_and(|f| f.contains("pipefail")) || text.contains("-o pipefail") };
    let ignore = lines.iter().any(|(l, _)| l.starts_with(".IGNORE:"));
    let mut out = Vec::new();
    for (line, at) in &lines {
        let body = match line.strip_prefix('\t') {
            Some(body) => body,
            // `target: prerequisites ; command`
            None if !line.starts_with('#') && assignment(line).is_none() => match line.split_once(';') {
                Some((head, body)) if head.contains(':') => body,
                _ => continue,
            },
            None => continue,
        };
        let (body, soft) = recipe(body);
        let body = filled(body, &variables, &[("$(", ")"), ("${", "}")]).replace("$$", "$");
        out.extend(softened(call::calls(&body, shell, aliases), soft || ignore, *at));
    }
    out
}

/// The calls of a justfile.
pub(super) fn just(text: &str, aliases: &Aliases) -> Vec<At> {
    let lines = joined(text);
    let variables: BTreeMap<String, String> = lines.iter().filter(|(l, _)| !l.starts_with([' ', '\t'])).filter_map(|(l, _)| assignment(l)).collect();
    let pipefail = lines.iter().any(|(l, _)| l.starts_with("set shell") && l.contains("pipefail"));
    let mut out = Vec::new();
    let mut i = 0;
    while i < lines.len() {
        let (line, at) = &lines[i];
        i += 1;
        if !line.starts_with([' ', '\t']) {
            continue;
        }
        if line.trim_start().starts_with("#!") {
            // The whole recipe is one script.
            let body: Vec<&str> = lines[i..].iter().map(|(l, _)| l.as_str()).take_while(|l| l.trim().is_empty() || l.starts_with([' ', '\t'])).collect();
            i += body.len();
            let text = templates(&body.join("\n"), &variables);
            out.extend(script(&format!("{}\n{text}", line.trim_start()), aliases).into_iter().map(|(call, _)| (call, *at)));
            continue;
        }
        let (body, soft) = recipe(line);
        let body = templates(body, &variables);
        out.extend(softened(call::calls(&body, Shell { errexit: true, pipefail }, aliases), soft, *at));
    }
    out
}

/// Fills in `{{ name }}`; what is no name becomes unknown.
fn templates(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let Some(end) = rest[at..].find("}}") else { break };
        out.push_str(&rest[..at]);
        out.push_str(&variables.get(rest[at + 2..at + end].trim()).cloned().unwrap_or_else(|| UNKNOWN.to_string()));
        rest = &rest[at + end + 2..];
    }
    out.push_str(rest);
    out
}

/// The calls of a shell script.
pub(super) fn script(text: &str, aliases: &Aliases) -> Vec<At> {
    let first = text.lines().next().unwrap_or_default();
    let interpreter = first.strip_prefix("#!").unwrap_or("sh");
    if !interpreter.split(['/', ' ']).any(|w| matches!(w, "sh" | "bash" | "dash" | "zsh" | "ash" | "ksh")) {
        return mentioned(text, "secgen does not read scripts of this kind");
    }
    let errexit = interpreter.split_whitespace().any(|w| w.starts_with('-') && w.contains('e'));
    call::calls(text, Shell { errexit, pipefail: false }, aliases).into_iter().map(|call| (call.clone(), call.start)).collect()
}

/// The calls of a Dockerfile or Earthfile: what `RUN` starts.
pub(super) fn docker(text: &str, aliases: &Aliases) -> Vec<At> {
    let mut out = Vec::new();
    for (line, at) in joined(text) {
        let Some(body) = line.trim_start().strip_prefix("RUN ") else { continue };
        let body = body.split_whitespace().skip_while(|w| w.starts_with("--")).collect::<Vec<_>>().join(" ");
        if body.starts_with('[') {
            let words: Vec<String> = serde_json::from_str(&body).unwrap_or_default();
            out.extend(call::words_calls(&words, aliases, 0).into_iter().map(|call| (call, at)));
        } else {
            out.extend(call::calls(&body, Shell { errexit: true, pipefail: line.contains("pipefail") }, aliases).into_iter().map(|call| (call, at)));
        }
    }
    out
}

/// Lines of a text that is not understood in which one of the programs is named as a command, comments left out.
pub(super) fn mentioned(text: &str, why: &str) -> Vec<At> {
    let mut out = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let is_comment = ["#", "//", "--", "*", ";", "<!--"].iter().any(|mark| bare.starts_with(mark));
        let plain: String = line.chars().map(|c| if matches!(c, '"' | '\'' | ',' | '[' | ']' | '(' | ')') { ' ' } else { c }).collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let named = |tool: &str| {
            let own = format!("cargo-{tool}");
            let pair = words.windows(2).any(|w| w[0].ends_with("cargo") && w[1] == tool)
                || words.windows(3).any(|w| w[0].ends_with("cargo") && w[1].starts_with('+') && w[2] == tool);
            let action = if tool == "deny" { "cargo-deny-action@" } else { "audit-check@" };
            if line.contains(action) || (line.contains("id:") && words.last() == Some(&own.as_str())) {
                return true;
            }
            let installs = words.iter().any(|w| matches!(*w, "install" | "binstall" | "echo" | "add"));
            pair || (!installs && words.iter().any(|w| w.ends_with(own.as_str())) && (tool == "audit" || words.contains(&"check")))
        };
        let nix = |name: &str| line.contains(name);
        if !is_comment {
            for (tool, found) in [(Tool::Deny, named("deny") || nix("cargoDeny")), (Tool::Audit, named("audit") || nix("cargoAudit"))] {
                let call = if !found {
                    None
                } else if tool == Tool::Deny {
                    call::deny(&["check".to_owned()])
                } else {
                    call::audit(&[])
                };
                out.extend(call.map(|call| (Call { failure: Failure::Open(why.to_owned()), ..call }, at)));
            }
        }
        at += line.len();
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fate(calls: &[At]) -> Vec<&'static str> {
        let word = |f: &Failure| match f {
            Failure::Counts => "counts",
            Failure::Lost(_) => "lost",
            Failure::Open(_) => "open",
        };
        calls.iter().map(|(c, _)| word(&c.failure)).collect()
    }

    #[test]
    fn makefiles() {
        let none = Aliases::new();
        for (text, wanted) in [
            ("deny:\n\tcargo deny check\n", vec!["counts"]),
            ("deny:\n\t@cargo deny \\\n\t  check\n", vec!["counts"]),
            ("deny:\n\t-cargo deny check\n", vec!["lost"]),
            ("deny:\n\t@-cargo deny check\n", vec!["lost"]),
            ("deny:\n\tcargo deny check || true\n", vec!["lost"]),
            ("deny:\n#\tcargo deny check\n\t# cargo deny check\n", vec![]),
            ("CARGO ?= cargo\nDENY = $(CARGO) deny\nd:\n\t$(DENY) check\n", vec!["counts"]),
            ("A = $(A)$(A)$(A)\nd:\n\t$(A) cargo deny check\n", vec!["open"]),
            ("d: ; cargo deny check\n", vec!["counts"]),
            ("d:\n\tcargo deny check | tee log\n", vec!["lost"]),
            (".IGNORE:\nd:\n\tcargo deny check\n", vec!["lost"]),
            ("d:\n\tcargo install cargo-deny\n\t@echo cargo deny check\n", vec![]),
            ("DENY = cargo deny check\n", vec![]),
        ] {
            assert_eq!(fate(&make(text, &none)), wanted, "{text}");
        }
        assert_eq!(make("a:\n\ttrue\nb:\n\tcargo deny check\n", &none)[0].1, 12);
    }

    #[test]
    fn justfiles() {
        let none = Aliases::new();
        for (text, wanted) in [
            ("deny:\n    cargo deny check\n", vec!["counts"]),
            ("deny:\n    -@cargo deny check\n", vec!["lost"]),
            ("deny *args:\n    cargo deny check {{ args }}\n", vec!["open"]),
            ("cargo := 'cargo +stable'\ndeny:\n    {{cargo}} deny check\n", vec!["counts"]),
            ("deny:\n    #!/usr/bin/env bash\n    set -e\n    cargo deny check\n    echo\nother:\n    true\n", vec!["counts"]),
            ("deny:\n    #!/usr/bin/env bash\n    cargo deny check\n    echo\n", vec!["open"]),
            ("# cargo deny check\ndeny:\n    echo no\n", vec![]),
        ] {
            assert_eq!(fate(&just(text, &none)), wanted, "{text}");
        }
    }

    #[test]
    fn scripts_dockerfiles_and_the_rest() {
        let none = Aliases::new();
        assert_eq!(fate(&script("#!/bin/sh\nset -e\ncargo deny check\necho done\n", &none)), ["counts"]);
        assert_eq!(fate(&script("#!/bin/bash -e\ncargo deny check\necho done\n", &none)), ["counts"]);
        assert_eq!(fate(&script("#!/bin/sh\ncargo deny check\necho done\n", &none)), ["open"]);
        assert_eq!(fate(&script("#!/bin/sh\ncargo deny check\n", &none)), ["counts"]);
        assert_eq!(fate(&script("#!/usr/bin/env python3\nrun(['cargo', 'deny', 'check'])\n", &none)), ["open"]);
        assert_eq!(fate(&docker("FROM rust\nRUN --mount=type=cache cargo deny \\\n  check\nRUN [\"cargo\", \"audit\"]\n", &none)), ["counts", "counts"]);
        assert_eq!(fate(&mentioned("sh 'cargo deny check'\n// cargo deny check\ncargo-audit = craneLib.cargoAudit { };\n", "x")), ["open", "open"]);
        assert_eq!(fate(&mentioned("- uses: EmbarkStudios/cargo-deny-action@v2\n  - id: cargo-deny\n", "x")), ["open", "open"]);
        assert!(mentioned("cargo install cargo-deny\npackages = [ cargo-deny ]\n", "x").is_empty());
    }
}
