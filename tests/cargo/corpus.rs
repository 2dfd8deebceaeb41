//! Public `deny.toml` files: our verdict on the generation of their schema is that of cargo-deny 0.20.2.

use super::{full, policy};
use crate::support;
use secgen::source::Sources;
use secgen::targets::cargo::{Cargo, accepts};
use secgen::targets::{Input, Target};

#[test]
fn the_verdict_on_the_generation_is_the_tools() {
    let Some(shared) = support::shared("the corpus of deny.toml files") else { return };
    let folder = shared.join("corpus/cargo");
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let policy = policy(full()).unwrap();
    let (mut files, mut accepted, mut audits) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, kind, verdict) = (columns[2], columns[6], columns[8]);
        let bytes = std::fs::read(folder.join(file)).unwrap();
        // Every file is also read by value, whatever the verdict: a finding for each problem, and never a panic.
        let mut sources = Sources::new(&folder);
        let path = if kind == "audit" { ".cargo/audit.toml" } else { "deny.toml" };
        let id = sources.add(path, bytes.clone());
        let reading = Cargo.read(&policy, &mut sources, &[Input { path: path.to_owned(), id: Some(id) }]);
        let errors = reading.findings.iter().filter(|f| f.kind == secgen::finding::Kind::Error).count();
        for fact in &reading.facts {
            assert!(fact.at.is_some() || matches!(fact.found, secgen::targets::Found::Default { .. }), "{file} {fact:?}");
        }
        if kind == "audit" {
            audits += 1;
            continue;
        }
        files += 1;
        let ours = String::from_utf8(bytes).is_ok_and(|text| accepts(&text));
        accepted += usize::from(ours);
        assert_eq!(ours, errors == 0, "{file}");
        if ours != (verdict == "yes") {
            wrong.push(format!("{file}: cargo-deny says {verdict} ({})", columns[10]));
        }
    }
    eprintln!("{files} deny.toml files, {accepted} accepted; {audits} audit.toml files; {} verdicts differ", wrong.len());
    assert!(files >= 339 && audits >= 15, "the corpus has {files} files");
    assert_eq!(wrong, Vec::<String>::new());
}
