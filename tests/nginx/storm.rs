//! A formatting storm: trees of the corpus, written anew with other indentation, comments, quotes, line ends and order of
//! sets, say the same at every place. The printer knows words and blocks only, nothing of what they mean.

use super::corpus::{corpus, everything, files};
use super::short;
use crate::support::Random;
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::nginx::Nginx;
use secgen::targets::nginx::lex::{Quote, Word};
use secgen::targets::nginx::tree::{self, Body, Directive};
use secgen::targets::{Input, Reading, Target};
use serde_json::{Value, json};
use std::path::Path;

struct Printer<'t> {
    random: Random,
    text: &'t [u8],
    out: Vec<u8>,
    newline: &'static [u8],
}

/// What may stand in a comment and must not be read.
const COMMENTS: [&str; 5] = ["# add_header X-Frame-Options ALLOWALL;", "# } server {", "# \" unclosed", "#'; include nothing.conf;", "# caf\u{e9} {{ x }}"];

impl Printer<'_> {
    fn push(&mut self, text: impl AsRef<[u8]>) {
        self.out.extend_from_slice(text.as_ref());
    }

    /// A line end with what may stand at it.
    fn line_end(&mut self) {
        let newline = self.newline;
        if self.random.below(6) == 0 {
            self.push(" ");
            let comment = COMMENTS[self.random.below(COMMENTS.len())];
            self.push(comment);
        }
        for _ in 0..=(self.random.below(8) / 6) {
            self.push(newline);
        }
    }

    /// What stands between two words.
    fn gap(&mut self) {
        match self.random.below(12) {
            0 => self.push("\t"),
            1 => self.push("   "),
            2 => {
                self.line_end();
                self.push("  ");
            }
            _ => self.push(" "),
        }
    }

    fn indent(&mut self) {
        let n = self.random.below(9);
        let unit = if self.random.below(3) == 0 { "\t" } else { " " };
        self.push(unit.repeat(n));
    }

    /// A word in any way of writing it that has the same value, or as it stood.
    fn word(&mut self, word: &Word) {
        let raw = &self.text[word.span.range()];
        // Escapes are left alone: what they mean is the lexer's own business.
        let plain = !raw.contains(&b'\\') && !word.value.is_empty() && word.value.len() < 4000;
        let special = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b'}' | b'"' | b'\'' | b'#' | b'$');
        // A condition begins with its parenthesis; nginx keeps what stands in quotes there as text.
        let may_quote = plain && !word.value.contains(&b'(') && !word.value.contains(&b')');
        let quote = match self.random.below(4) {
            0 if may_quote && !word.value.contains(&b'"') => Some(Quote::Double),
            1 if may_quote && !word.value.contains(&b'\'') => Some(Quote::Single),
            2 if may_quote && !word.value.iter().any(special) => Some(Quote::None),
            _ => None,
        };
        let value = word.value.clone();
        match quote {
            Some(Quote::Double) => self.push([b"\"", &*value, b"\""].concat()),
            Some(Quote::Single) => self.push([b"'", &*value, b"'"].concat()),
            Some(Quote::None) => self.push(&*value),
            None => self.push(raw),
        }
    }

    fn directive(&mut self, directive: &Directive) {
        self.indent();
        let mut words: Vec<&Word> = directive.words().iter().collect();
        // The order of these does not count: all arguments, or all behind the address.
        let from = if directive.is("ssl_protocols") { 1 } else { 2 };
        if directive.is("ssl_protocols") || directive.is("listen") {
            for i in (from + 1..words.len()).rev() {
                words.swap(i, from + self.random.below(i + 1 - from));
            }
        }
        for (i, word) in words.into_iter().enumerate() {
            if i > 0 {
                self.gap();
            }
            self.word(word);
        }
        match &directive.body {
            Body::None => {
                if self.random.below(8) == 0 {
                    self.push(" ");
                }
                self.push(";");
                if self.random.below(10) != 0 {
                    self.line_end();
                }
            }
            Body::Foreign(span) => {
                let text = self.text[span.range()].to_vec();
                self.push(" ");
                self.push(text);
                self.line_end();
            }
            Body::Block(children) => {
                let blank: &[u8] = if self.random.below(6) == 0 { self.newline } else { b" " };
                self.push(blank);
                self.push("{");
                self.line_end();
                for child in children {
                    self.directive(child);
                }
                self.push(" }");
                self.line_end();
            }
        }
    }
}

/// Another text with the same words in the same blocks. What a comment at the top says about the file is kept.
fn rewritten(text: &[u8], seed: u64) -> Option<Vec<u8>> {
    let mut sources = Sources::new(Path::new("."));
    let id = sources.add("x", text);
    let directives = tree::parse(id, text, 0..text.len()).ok()?;
    let mut printer = Printer { random: Random(seed), text, out: Vec::new(), newline: b"\n" };
    if printer.random.below(2) == 0 {
        printer.newline = b"\r\n";
    }
    printer.line_end();
    for directive in &directives {
        printer.directive(directive);
    }
    Some(printer.out)
}

/// Intent, place and value of every fact, and the kinds of findings. Lines move, and `listen` is quoted as it stands in
/// the text, so neither counts; the order of protocols does not either.
fn told(reading: &Reading) -> Vec<String> {
    let sorted = |text: String| {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.sort_unstable();
        words.join(" ")
    };
    let mut told: Vec<String> = reading
        .facts
        .iter()
        .map(|f| {
            let found = short(&f.found);
            format!("{} @ {}: {} {:?} {}", f.intent, f.place, if f.intent == "tls.min_version" { sorted(found) } else { found }, f.cause, f.rule.name)
        })
        .collect();
    told.extend(reading.findings.iter().map(|f| format!("{} {:?}", f.rule.name, f.kind)));
    told.extend(reading.not_examined.iter().map(|(what, _)| what.clone()));
    told
}

fn read(policy: &Policy, folder: &Path, inputs: &[Input]) -> Vec<String> {
    let mut sources = Sources::new(folder);
    told(&Nginx.read(policy, &mut sources, inputs))
}

/// The trees: a folder of the corpus, the main file (none: every file is read by itself), and its mappings.
fn trees() -> [(&'static str, Option<&'static str>, Value); 5] {
    [
        ("h5bp__server-configs-nginx", Some("nginx.conf"), json!({})),
        ("lasseh__nginx-conf", Some("nginx.conf"), json!({ "/etc/nginx": "." })),
        ("trimstray__nginx-admins-handbook", Some("lib/nginx/nginx.conf"), json!({ "/etc/nginx": "lib/nginx" })),
        ("nginx-proxy__nginx-proxy", None, json!({})),
        ("certbot__certbot", None, json!({})),
    ]
}

#[test]
fn layout_changes_no_fact() {
    let Some(root) = corpus() else { return };
    for (name, main, map) in trees() {
        let folder = root.join(name);
        let all = files(&folder);
        let inputs: Vec<Input> = main.map_or_else(|| all.clone(), |main| vec![main.to_owned()]).into_iter().map(|path| Input { path, id: None }).collect();
        let policy = everything(map);
        let before = read(&policy, &folder, &inputs);
        assert!(before.len() > 5, "{name}: {before:?}");
        let mut changed = 0;
        for seed in [0x9e37_79b9_7f4a_7c15, 0xdead_beef_cafe, 3, 44] {
            let storm = tempfile::tempdir().unwrap();
            for (i, file) in all.iter().enumerate() {
                let text = std::fs::read(folder.join(file)).unwrap();
                // A file that is no configuration stays as it is, as does one for a template engine.
                let new = rewritten(&text, seed + i as u64 * 7919).unwrap_or_else(|| text.clone());
                changed += usize::from(new != text);
                super::server::write_bytes(&storm.path().join(file), &new);
            }
            let after = read(&policy, storm.path(), &inputs);
            let first = before.iter().zip(&after).position(|(a, b)| a != b).unwrap_or_else(|| before.len().min(after.len()));
            assert_eq!(before.get(first), after.get(first), "{name}, seed {seed}");
            assert_eq!(before.len(), after.len(), "{name}, seed {seed}");
        }
        assert!(changed >= all.len() * 3, "{name}: {changed} of {} files were written anew", all.len());
    }
}
