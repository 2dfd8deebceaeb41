//! One layer over another: maps merge, scalars and lists replace, `{ add, remove }` changes a set.

use crate::document::{Entry, Node, Value};
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};

/// A change of a list that cannot be made.
pub static SET_CHANGE: Rule = Rule {
    name: "layer-impossible-change",
    title: "A layer adds to or removes from a list that does not allow it.",
    severity: Severity::High,
    explain: "`{ add: [...], remove: [...] }` changes the list of the layer below. It needs a list below, and every removed member must be in \
              it: otherwise the change would be accepted without effect.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        tls: { groups: [X25519] }
        environments:
          prod: { tls: { groups: { remove: [secp384r1] } } }    # not in the list below
    ",
    ),
    good: Snippet(
        r"
        tls: { groups: [X25519, secp384r1] }
        environments:
          prod: { tls: { groups: { remove: [secp384r1] } } }
    ",
    ),
    keys: &["extends", "environments"],
    references: cited::BASELINE,
    sources: &[],
};

/// `over` laid on `base`. Problems go to `findings`; the result is then not to be used.
#[must_use]
pub(super) fn merge(base: &Node, over: &Node, path: &str, findings: &mut Vec<Finding>) -> Node {
    if let Some(change) = set_change(over, path) {
        return if let Value::Seq(items) = &base.value {
            change_set(items, &change, over, path, findings)
        } else {
            findings.push(no_list_below(over, path));
            over.clone()
        };
    }
    let (Value::Map(base_entries), Value::Map(over_entries)) = (&base.value, &over.value) else { return over.clone() };
    let mut entries = base_entries.clone();
    for entry in over_entries {
        let path = join(path, &entry.key);
        match entries.iter_mut().find(|e| e.key == entry.key) {
            Some(below) => *below = Entry { key: entry.key.clone(), key_span: entry.key_span, value: merge(&below.value, &entry.value, &path, findings) },
            None => entries.push(entry.clone()),
        }
    }
    Node { value: Value::Map(entries), ..over.clone() }
}

/// Changes of sets that no layer below answers: each is a finding.
pub(super) fn refuse_changes(node: &Node, path: &str, findings: &mut Vec<Finding>) {
    if set_change(node, path).is_some() {
        findings.push(no_list_below(node, path));
        return;
    }
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|e| refuse_changes(&e.value, &join(path, &e.key), findings)),
        Value::Seq(items) => items.iter().for_each(|n| refuse_changes(n, path, findings)),
        _ => {}
    }
}

/// `a.b`, or `b` at the top.
#[must_use]
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn no_list_below(node: &Node, path: &str) -> Finding {
    Finding::error(&SET_CHANGE, format!("{path} changes a list with add or remove, but no layer below has that list"))
        .at(node.span, "nothing to change")
        .help(format!("write the whole list: {path}: [...]"))
        .intent(path)
}

struct Change<'a> {
    add: &'a [Node],
    remove: &'a [Node],
}

/// A change of the list at a path. `remove` of `http.headers` is a list of headers, and no change.
fn set_change<'n>(node: &'n Node, path: &str) -> Option<Change<'n>> {
    let Value::Map(entries) = &node.value else { return None };
    if path == "http.headers" || path.ends_with(".http.headers") {
        return None;
    }
    if entries.is_empty() || !entries.iter().all(|e| matches!(e.key.as_str(), "add" | "remove") && matches!(e.value.value, Value::Seq(_))) {
        return None;
    }
    let list = |key: &str| match node.get(key).map(|n| &n.value) {
        Some(Value::Seq(items)) => items.as_slice(),
        _ => &[],
    };
    Some(Change { add: list("add"), remove: list("remove") })
}

fn change_set(items: &[Node], change: &Change<'_>, over: &Node, path: &str, findings: &mut Vec<Finding>) -> Node {
    let mut result = items.to_vec();
    for gone in change.remove {
        let before = result.len();
        result.retain(|n| n.value != gone.value);
        if result.len() == before {
            findings.push(
                Finding::error(&SET_CHANGE, format!("{path} removes a member that the layer below does not have"))
                    .at(gone.span, "not in the list below")
                    .help("take it out of remove, or correct its spelling")
                    .intent(path),
            );
        }
    }
    for new in change.add {
        if !result.iter().any(|n| n.value == new.value) {
            result.push(new.clone());
        }
    }
    Node { value: Value::Seq(result), ..over.clone() }
}
