//! YAML by structure: a tree is written, and the tree that is read back must be the same.
//!
//! Text of a value is always a string of JSON, which YAML takes as it is (YAML 1.2.2, 1.3), so none can be a boolean, a
//! number, an anchor or the end of its line.

use crate::policy::programs;
use serde_json::Value;
use std::fmt::Write as _;

/// The text of a tree. Actions get the version of their commit as a comment, which people and updaters read.
pub(super) fn text(tree: &Value) -> String {
    let mut out = String::new();
    block(tree, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (i, (key, value)) in map.iter().enumerate() {
                // Parts of a workflow are told apart by an empty line.
                if i > 0 && (depth == 0 || (depth == 1 && value.get("steps").is_some())) {
                    out.push('\n');
                }
                let _ = write!(out, "{indent}{}:", word(key));
                after(key, value, depth, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                // The first line of an item stands behind its dash.
                let rest = inner.strip_prefix(&"  ".repeat(depth + 1)).unwrap_or(&inner);
                let _ = write!(out, "{indent}- {rest}");
            }
        }
        scalar => {
            let _ = writeln!(out, "{indent}{}", flow(scalar));
        }
    }
}

/// What stands behind a key.
fn after(key: &str, value: &Value, depth: usize, out: &mut String) {
    let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    if (value.is_object() || value.is_array()) && !is_empty {
        out.push('\n');
        block(value, depth + 1, out);
    } else {
        let _ = writeln!(out, " {}{}", flow(value), comment(key, value));
    }
}

/// The version that a commit stands for.
fn comment(key: &str, value: &Value) -> String {
    let pinned = value.as_str().filter(|_| key == "uses").unwrap_or_default();
    programs::all().find(|p| p.pinned() == pinned).map(|p| format!(" # {}", p.version)).unwrap_or_default()
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => other.to_string(),
    }
}

/// A text: bare where it is a plain word of our own tables, else a string of JSON.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
    // What YAML 1.1 or 1.2 takes for something else than a text.
    let is_other = ["true", "false", "yes", "no", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_plain) && !is_other {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

/// The leaves of a tree by their path, in its order: `jobs.drift.steps[1].run`.
pub(super) fn leaves(tree: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(tree, String::new(), &mut out);
    out
}

fn walk(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, path, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{i}]"), out);
            }
        }
        Value::String(text) => out.push((path, text.clone())),
        other => out.push((path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::source::Sources;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read() {
        let hostile = [
            "", " ", "a: b", "- x", "#c", "*a", "&a", "!t", "|", ">", "%d", "@x", "`x`", "'", "\"", "\\", "no", "1", "1e3", "0x1", "~", "null", "a #b",
            "${{ x }}", "é", "{a}", "[a]", "a,b", "?", "---", "<<",
        ];
        for text_of in hostile {
            let tree = json!({ "on": { "x": text_of }, "list": [text_of, { text_of: "k", "b": [text_of] }], "none": {}, "n": 5, "f": false });
            let mut sources = Sources::new(std::path::Path::new("."));
            let id = sources.add("x.yml", text(&tree).into_bytes());
            let read = document::parse(&sources, id).map_err(|e| format!("{text_of:?}: {:?}\n{}", e[0].message, text(&tree)));
            assert_eq!(read.map(|r| r.to_json()), Ok(tree), "{text_of:?}");
        }
    }

    #[test]
    fn a_commit_has_its_version_behind_it() {
        let pinned = programs::pinned("actions/checkout");
        assert_eq!(text(&json!({ "uses": pinned })), format!("uses: {pinned} # v7.0.1\n"));
        assert_eq!(text(&json!({ "uses": "a/b@v1" })), "uses: a/b@v1\n");
    }
}
