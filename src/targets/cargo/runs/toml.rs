//! Tasks and names in TOML: cargo-make, mise, and `[alias]` of cargo.

use super::super::tree::{Kind, Node};
use super::call::{self, Aliases, Call};
use super::lines::At;
use super::shell::{Failure, Shell};

fn texts(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Text(text) => vec![text.clone()],
        Kind::Array(elements) => elements.iter().filter_map(Node::text).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `[alias]` of `.cargo/config.toml`, with where each name stands.
pub(super) fn aliases(root: &Node) -> Vec<(String, Vec<String>, usize)> {
    let entries = root.entry("alias").map(|e| e.node.entries()).unwrap_or_default();
    let words = |node: &Node| match &node.kind {
        Kind::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
        _ => texts(node),
    };
    entries.iter().map(|e| (e.key.clone(), words(&e.node), e.key_span.start)).collect()
}

/// The calls of tasks.
pub(super) fn tasks(root: &Node, aliases: &Aliases) -> Vec<At> {
    let mut out = Vec::new();
    for task in root.entry("tasks").map(|e| e.node.entries()).unwrap_or_default() {
        let get = |key: &str| task.node.entry(key);
        let soft = get("ignore_errors").and_then(|e| e.node.boolean()) == Some(true);
        let mut calls: Vec<Call> = Vec::new();
        if let Some(command) = get("command").and_then(|e| e.node.text()) {
            let arguments = get("args").map(|e| texts(&e.node)).unwrap_or_default();
            let words: Vec<String> = std::iter::once(command.to_owned()).chain(arguments).collect();
            calls.extend(call::words_calls(&words, aliases, 0));
        }
        for key in ["script", "run"] {
            let text = get(key).map(|e| texts(&e.node).join("\n")).unwrap_or_default();
            calls.extend(call::calls(&text, Shell { errexit: true, pipefail: false }, aliases));
        }
        out.extend(calls.into_iter().map(|call| {
            let failure = if soft { Failure::Lost("`ignore_errors = true` lets it pass when it fails".to_owned()) } else { call.failure.clone() };
            (Call { failure, ..call }, task.key_span.start)
        }));
    }
    out
}
