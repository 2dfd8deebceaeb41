//! Real files: which of them are nginx configuration, and that reading them never goes wrong.

use super::{policy, short};
use crate::support::shared;
use secgen::finding::{Cause, Kind};
use secgen::policy::Policy;
use secgen::source::{Sources, Span};
use secgen::targets::nginx::tree::Directive;
use secgen::targets::nginx::{Nginx, tree};
use secgen::targets::{Fact, Found, Input, Reading, Target};
use serde_json::{Value, json};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

/// Files that nginx's own tokenizer refuses (of 1,158), each with the line that is wrong in it: a comment that is none,
/// braces of an expression without quotes, a statement without its end (nginx stumbles at the brace after it), and a
/// quote in the middle of a word.
const INVALID: [(&str, usize); 9] = [
    ("allow_without_deny/include_and_deny_fp.conf", 1),
    ("origins/map_origin_allowlist_fp.conf", 3),
    ("regex_redos/bounded_quantifier_fp.conf", 5),
    ("includes-globbed/servers/locations/not-included.conf", 2),
    ("includes-regular/conf.d/foo.conf", 2),
    ("includes-regular/conf.d/bar.conf", 2),
    ("missing-semicolon/broken-above.conf", 5),
    ("missing-semicolon/broken-below.conf", 8),
    ("quote-behavior/nginx.conf", 1),
];

fn invalid(file: &str) -> Option<usize> {
    INVALID.iter().find(|(end, _)| file.ends_with(end)).map(|(_, line)| *line)
}

pub(super) fn corpus() -> Option<PathBuf> {
    Some(shared("the nginx corpus")?.join("corpus/nginx"))
}

/// Every file below a folder of the corpus, relative to it.
pub(super) fn files(root: &Path) -> Vec<String> {
    let mut files: Vec<String> = walk(root).iter().map(|p| p.strip_prefix(root).unwrap().to_str().unwrap().to_owned()).collect();
    files.retain(|f| f != "MANIFEST.tsv");
    files.sort_unstable();
    files
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// The repositories, and where the files of each think that they lie.
fn repositories(root: &Path) -> Vec<(String, Value)> {
    let mut names: Vec<String> =
        std::fs::read_dir(root).unwrap().map(|e| e.unwrap()).filter(|e| e.path().is_dir()).map(|e| e.file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    let map = |name: &str| match name {
        "VirtuBox__ubuntu-nginx-web-server" => json!({ "/etc/nginx": "etc/nginx" }),
        "trimstray__nginx-admins-handbook" => json!({ "/etc/nginx": "lib/nginx" }),
        _ => json!({}),
    };
    names.into_iter().map(|name| (name.clone(), map(&name))).collect()
}

/// A policy with every kind of intent that nginx carries.
pub(super) fn everything(map: Value) -> Policy {
    policy(json!({ "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
        "http": { "headers": {
            "hsts": { "max_age": "365d", "include_subdomains": true }, "framing": "sameorigin", "xss_protection": "off", "content_type_options": "nosniff",
            "csp": { "directives": { "default-src": ["self"], "object-src": ["none"] } }, "referrer_policy": "strict-origin-when-cross-origin" } },
        "scopes": { "embed": { "match": { "prefix": "/embed/" }, "http": { "headers": { "framing": ["https://partner.example.com"] } } } },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } },
        "targets": { "nginx": { "check": ["nginx.conf"], "version": "1.22.1", "openssl": "3.0", "map": map } } }))
}

fn is_dump(root: &Path, file: &str) -> bool {
    std::fs::read(root.join(file)).unwrap().starts_with(b"# configuration file")
}

/// What a reading says, with the places of all of it.
#[allow(clippy::use_debug)]
pub(super) fn told(reading: &Reading, sources: &Sources) -> String {
    let mut out = String::new();
    let place = |span: Option<Span>| span.map(|s| sources.place(s)).unwrap_or_default();
    for f in &reading.facts {
        let related: Vec<String> = f.related.iter().map(|l| place(Some(l.span))).collect();
        writeln!(
            out,
            "{} @ {}: {} {:?} {} {} {related:?} {:?}",
            f.intent,
            f.place,
            short(&f.found),
            f.cause,
            f.rule.name,
            place(f.at.as_ref().map(|l| l.span)),
            f.help
        )
        .unwrap();
    }
    for f in &reading.findings {
        writeln!(out, "{} {:?} {} {}", f.rule.name, f.kind, f.message, place(f.primary.as_ref().map(|l| l.span))).unwrap();
    }
    writeln!(out, "{:?} {:?}", reading.not_examined, reading.sources.iter().map(|id| &sources.get(*id).path).collect::<Vec<_>>()).unwrap();
    out
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[test]
fn verdicts_of_the_corpus() {
    let Some(root) = corpus() else { return };
    let files = files(&root);
    let mut sources = Sources::new(&root);
    let mut refused = Vec::new();
    for file in &files {
        let id = sources.read(file, 1 << 20).unwrap();
        let bytes = sources.get(id).bytes();
        match (tree::parse(id, bytes, 0..bytes.len()), invalid(file)) {
            (Err(error), Some(line)) => assert_eq!(sources.place(error.span), format!("{file}:{line}"), "{}", error.why),
            (Err(error), None) => refused.push((file.as_str(), sources.place(error.span), error.why)),
            (Ok(_), Some(line)) => panic!("{file}:{line} is accepted"),
            (Ok(_), None) => {}
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert_eq!((files.len(), files.iter().filter(|f| invalid(f).is_some()).count()), (1158, 9));
}

/// The directive that begins at a span, with those around it.
fn around<'d>(directives: &'d [Directive], span: Span, path: &mut Vec<&'d Directive>) -> bool {
    directives.iter().any(|d| {
        path.push(d);
        let found = d.span == span || around(d.children(), span, path);
        if !found {
            path.pop();
        }
        found
    })
}

/// Whether a part of a configuration may be said to lack a header here: this block or one around it has a list of its own.
fn has_a_list(sources: &Sources, fact: &Fact) -> bool {
    let lists = |d: &&Directive| d.is("add_header") || d.children().iter().any(|c| c.is("add_header") || c.is("add_header_inherit") || c.is("include"));
    // In the block itself, or in the server that is to be mended.
    fact.at.iter().map(|l| l.span).chain(fact.group).any(|span| {
        let bytes = sources.get(span.source).bytes();
        let directives = tree::parse(span.source, bytes, 0..bytes.len()).unwrap();
        let mut path = Vec::new();
        assert!(around(&directives, span, &mut path), "{}", sources.place(span));
        path.iter().any(lists)
    })
}

/// Every file as a main file of its own: no panic, an error exactly where a file does not parse, an include is missing or
/// something stands outside of its block; never a fact of a file that does not parse, and never that something is missing
/// where only a part is known.
#[test]
fn every_file_is_read() {
    let Some(root) = corpus() else { return };
    let policy = everything(json!({}));
    let (mut facts, mut servers, mut parts, mut absent, mut dumps) = (0, 0, 0, 0, 0);
    let mut all = [String::new(), String::new()];
    for all in &mut all {
        (facts, servers, parts, absent, dumps) = (0, 0, 0, 0, 0);
        for file in &files(&root) {
            let mut sources = Sources::new(&root);
            let reading = Nginx.read(&policy, &mut sources, &[Input { path: file.clone(), id: None }]);
            let errors: Vec<&str> = reading.findings.iter().filter(|f| f.kind == Kind::Error).map(|f| f.rule.name).collect();
            *all += &told(&reading, &sources);
            if let Some(line) = invalid(file) {
                assert!(reading.facts.is_empty() && errors == ["nginx-syntax"], "{file}: {errors:?}");
                assert_eq!(sources.place(reading.findings[0].primary.as_ref().unwrap().span), format!("{file}:{line}"));
                continue;
            }
            let is_template = reading.facts.iter().any(|f| f.cause == Cause::Template);
            assert!(reading.sources.is_empty() == is_template, "{file}");
            assert!(errors.iter().all(|e| ["input-unreadable", "nginx-refused", "nginx-include-cycle", "nginx-syntax"].contains(e)), "{file}: {errors:?}");
            // Only an included file may be broken.
            let syntax = reading.findings.iter().filter(|f| f.rule.name == "nginx-syntax");
            assert!(syntax.into_iter().all(|f| !sources.place(f.primary.as_ref().unwrap().span).starts_with(&format!("{file}:"))), "{file}");
            dumps += usize::from(is_dump(&root, file));
            facts += reading.facts.len();
            servers += usize::from(reading.facts.iter().any(|f| f.place.starts_with("server")));
            if reading.not_examined.iter().any(|(what, _)| *what == format!("what surrounds {file}")) {
                parts += 1;
                assert!(errors.is_empty() || errors == ["nginx-syntax"] && file.contains("crossplane"), "{file}: {errors:?}");
                for fact in &reading.facts {
                    assert!(!matches!(fact.found, Found::Default { .. }), "{file}: {} at {}", fact.intent, fact.place);
                    if fact.found == Found::Missing {
                        assert!(fact.intent.contains("http.headers.") && has_a_list(&sources, fact), "{file}: {} at {}", fact.intent, fact.place);
                        absent += 1;
                    }
                }
            }
        }
    }
    assert_eq!(digest(&all[0]), digest(&all[1]), "two runs say the same");
    assert!(facts > 5_000 && servers > 400 && absent > 100, "{facts} facts, {servers} files with a server, {absent} headers cut off in parts");
    assert_eq!((parts > 950, dumps), (true, 2), "{parts} parts");
}

/// Each repository as one tree: main files first, with all that they include, then what is left.
#[test]
fn every_repository_is_read() {
    let Some(root) = corpus() else { return };
    let repositories = repositories(&root);
    assert_eq!(repositories.len(), 16);
    for (name, map) in repositories {
        let folder = root.join(&name);
        let inputs: Vec<Input> = files(&folder).into_iter().map(|path| Input { path, id: None }).collect();
        let policy = everything(map);
        let read = || {
            let mut sources = Sources::new(&folder);
            let reading = Nginx.read(&policy, &mut sources, &inputs);
            let told = told(&reading, &sources);
            (sources, reading, told)
        };
        let ((sources, reading, first), (_, _, second)) = (read(), read());
        assert_eq!(digest(&first), digest(&second), "{name}: two runs say the same");
        // Each file is read, or an error or a template says why not; an error is said once.
        let broken: Vec<String> =
            reading.findings.iter().filter(|f| f.rule.name == "nginx-syntax").map(|f| sources.place(f.primary.as_ref().unwrap().span)).collect();
        let expected: Vec<String> = inputs.iter().filter_map(|i| Some(format!("{}:{}", i.path, invalid(&i.path)?))).collect();
        let (mut sorted, mut wanted) = (broken.clone(), expected.clone());
        sorted.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(sorted, wanted, "{name}");
        let read: Vec<&str> = reading.sources.iter().map(|id| sources.get(*id).path.as_str()).collect();
        for input in &inputs {
            let is_template = reading.facts.iter().any(|f| f.cause == Cause::Template && f.place == input.path);
            let is_read = read.contains(&input.path.as_str()) || is_dump(&folder, &input.path);
            assert!(is_read || is_template || invalid(&input.path).is_some(), "{name}: {} is in no list", input.path);
        }
    }
}

#[test]
fn files_are_claimed_by_what_they_are() {
    let Some(root) = corpus() else { return };
    let claimed = files(&root).iter().filter(|f| Nginx.claims(f, &std::fs::read(root.join(f)).unwrap())).count();
    // Many of the rest are named otherwise (`.conf.sample`), or hold plain directives only.
    assert!((400..600).contains(&claimed), "{claimed}");
    assert!(!Nginx.claims("postgresql.conf", b"listen_addresses = '*'\nport = 5432\n"));
    assert!(!Nginx.claims("app.conf", b"server {\n  port = 8080\n}\n"), "another grammar");
    assert!(Nginx.claims("site.conf", b"server {\n  listen 80;\n  add_header X \"a"), "cut off in the middle");
    assert!(Nginx.claims("default.conf.template", b"server {\n  listen ${PORT};\n}\n"));
    assert!(Nginx.claims("prod.txt", b"nginx: configuration file /a test is successful\n# configuration file /a:\nuser x;\n"));
    assert!(!Nginx.claims("prod.txt", b"# a note\nuser x;\n"));
}
