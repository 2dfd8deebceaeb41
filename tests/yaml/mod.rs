//! Tests of `yaml`: text to tree, tree against the schema, and what people are told when it does not fit.

mod fresh;
mod hostile;
mod traps;

use secgen::document::{self, Node};
use secgen::finding::Finding;
use secgen::source::{SourceId, Sources};
use std::fmt::Write as _;
use std::path::Path;

/// A text as `secgen.yaml`, in a root that does not exist.
fn source(text: impl Into<Vec<u8>>) -> (Sources, SourceId) {
    let mut sources = Sources::new(Path::new("/nonexistent"));
    let id = sources.add("secgen.yaml", text);
    (sources, id)
}

/// What a document's findings say; empty where there are none.
fn parse(text: impl Into<Vec<u8>>) -> String {
    let (sources, id) = source(text);
    match document::parse(&sources, id) {
        Ok(_) => String::new(),
        Err(findings) => draw(&sources, &findings),
    }
}

/// The tree of a text that is fine.
#[track_caller]
fn tree(text: &str) -> (Sources, Node) {
    let (sources, id) = source(text);
    match document::parse(&sources, id) {
        Ok(node) => (sources, node),
        Err(findings) => panic!("{}", draw(&sources, &findings)),
    }
}

/// Findings as text: place, rule and message, then labels, other places and help.
fn draw(sources: &Sources, findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let label = finding.primary.as_ref().expect("every finding has a place");
        let at = sources.position(label.span);
        let path = &sources.get(label.span.source).path;
        let shown = String::from_utf8_lossy(sources.slice(label.span));
        writeln!(out, "{path}:{}:{}: {}: {}", at.line, at.column, finding.rule.name, finding.message).unwrap();
        writeln!(out, "    at `{}` {}", shown.chars().take(40).collect::<String>().escape_debug(), label.message).unwrap();
        for other in &finding.related {
            let at = sources.position(other.span);
            writeln!(out, "    see {}:{}: {}", at.line, at.column, other.message).unwrap();
        }
        for help in &finding.help {
            writeln!(out, "    help: {}", help.replace('\n', "\n          ")).unwrap();
        }
    }
    out
}
