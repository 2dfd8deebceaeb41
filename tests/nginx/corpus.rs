//! Real files: which of them are nginx configuration, and that reading them never goes wrong.

use super::policy;
use crate::support::shared;
use secgen::source::Sources;
use secgen::targets::nginx::{Nginx, tree};
use secgen::targets::{Input, Target};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Files that nginx's own tokenizer refuses (of 1,158).
const INVALID: [&str; 9] = [
    "allow_without_deny/include_and_deny_fp.conf",
    "origins/map_origin_allowlist_fp.conf",
    "regex_redos/bounded_quantifier_fp.conf",
    "includes-globbed/servers/locations/not-included.conf",
    "includes-regular/conf.d/foo.conf",
    "includes-regular/conf.d/bar.conf",
    "missing-semicolon/broken-above.conf",
    "missing-semicolon/broken-below.conf",
    "quote-behavior/nginx.conf",
];

fn files() -> Option<(PathBuf, Vec<String>)> {
    let root = shared("the nginx corpus")?.join("corpus/nginx");
    let mut files: Vec<String> = walk(&root).iter().map(|p| p.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()).collect();
    files.retain(|f| f != "MANIFEST.tsv");
    files.sort_unstable();
    Some((root, files))
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn verdicts_of_the_corpus() {
    let Some((root, files)) = files() else { return };
    let mut sources = Sources::new(&root);
    let mut refused = Vec::new();
    for file in &files {
        let id = sources.read(file, 1 << 20).unwrap();
        let bytes = sources.get(id).bytes();
        if let Err(error) = tree::parse(id, bytes, 0..bytes.len()) {
            refused.push((file.as_str(), sources.place(error.span), error.why));
        }
    }
    let wrong: Vec<_> = refused.iter().filter(|(file, ..)| !INVALID.iter().any(|i| file.ends_with(i))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((files.len(), refused.len()), (1158, 9), "{refused:#?}");
    assert!(refused.iter().all(|(file, place, _)| place.starts_with(file)));
}

/// Every file as a main file of its own: no panic, an error exactly where a file does not parse or an include is missing,
/// and never a fact of a file that does not parse.
#[test]
fn every_file_is_read() {
    let Some((root, files)) = files() else { return };
    let policy = policy(json!({ "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } } }));
    let (mut facts, mut servers) = (0, 0);
    for file in &files {
        let mut sources = Sources::new(&root);
        let reading = Nginx.read(&policy, &mut sources, &[Input { path: file.clone(), id: None }]);
        if INVALID.iter().any(|i| file.ends_with(i)) {
            assert!(reading.facts.is_empty(), "{file}");
            assert!(reading.findings.iter().any(|f| f.rule.name == "nginx-syntax"), "{file}");
        } else if std::fs::read(root.join(file)).unwrap().starts_with(b"# configuration file") {
            assert!(reading.facts.is_empty() && !reading.findings.is_empty(), "{file}: a dump of several files");
        } else {
            assert!(!reading.sources.is_empty(), "{file}");
        }
        facts += reading.facts.len();
        servers += usize::from(reading.facts.iter().any(|f| f.place.starts_with("server")));
    }
    assert!(facts > 10_000 && servers > 500, "{facts} facts, {servers} files with a server");
}

#[test]
fn files_are_claimed_by_what_they_are() {
    let Some((root, files)) = files() else { return };
    let claimed = files.iter().filter(|f| Nginx.claims(f, &std::fs::read(root.join(f)).unwrap())).count();
    // Many of the rest are named otherwise (`.conf.sample`), or hold plain directives only.
    assert!((400..600).contains(&claimed), "{claimed}");
    assert!(!Nginx.claims("postgresql.conf", b"listen_addresses = '*'\nport = 5432\n"));
    assert!(!Nginx.claims("app.conf", b"server {\n  port = 8080\n}\n"), "another grammar");
    assert!(Nginx.claims("site.conf", b"server {\n  listen 80;\n  add_header X \"a"), "cut off in the middle");
}
