//! What a spec key means, in the words of the schema: the same that an editor shows.

use super::{Kind, resolve, schema};
use serde_json::Value;

/// A key of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it means.
    pub text: String,
    /// What it takes: `TLSv1.2 or TLSv1.3`, `a list of texts`.
    pub takes: String,
    /// Keys below it, each with what it means; `*` stands for a name of the user's own.
    pub below: Vec<(String, String)>,
}

/// What a dotted key means; `None` where the schema has no such key. A name of the user's own is any one word, and the
/// last one may have dots (`postgres.settings.pgaudit.log`).
#[must_use]
pub fn describe(key: &str) -> Option<Described> {
    let (json, _) = schema(Kind::Main)?;
    let mut current = json;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return None;
        }
        current = match step(json, current, part)? {
            Step::Key(next) => next,
            Step::Name(next) => {
                if branches(json, next).iter().all(|b| b.get("properties").is_none()) {
                    parts.by_ref().for_each(drop);
                }
                next
            }
        };
    }
    let below = branches(json, current)
        .into_iter()
        .flat_map(|branch| {
            let keys = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
            let named = names(branch).map(|next| ("*".to_owned(), words(json, next)));
            keys.map(|(k, v)| (k.clone(), words(json, v))).chain(named).collect::<Vec<_>>()
        })
        .filter(|(name, _)| name != "add" && name != "remove")
        .collect();
    Some(Described { text: words(json, current), takes: takes(json, current, 0), below })
}

/// Every key of the schema that has a name of its own, with `*` for names of the user's own: what a mistyped key can
/// have meant.
#[must_use]
pub fn keys() -> Vec<String> {
    fn walk(json: &Value, at: &Value, path: &str, depth: usize, out: &mut Vec<String>) {
        if depth > 8 {
            return;
        }
        for branch in branches(json, at) {
            let own = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
            for (name, next) in own.map(|(k, v)| (k.as_str(), v)).chain(names(branch).map(|next| ("*", next))) {
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                walk(json, next, &path, depth + 1, out);
                out.push(path);
            }
        }
    }
    let mut out = Vec::new();
    if let Some((json, _)) = schema(Kind::Main) {
        walk(json, json, "", 0, &mut out);
    }
    out.retain(|k| !k.starts_with("environments.*."));
    out.sort();
    out.dedup();
    out
}

enum Step<'a> {
    Key(&'a Value),
    Name(&'a Value),
}

fn step<'a>(json: &'a Value, at: &'a Value, part: &str) -> Option<Step<'a>> {
    let all = branches(json, at);
    let key = all.iter().find_map(|b| b.get("properties")?.get(part));
    key.map(Step::Key).or_else(|| all.into_iter().find_map(names).map(Step::Name))
}

/// What the values of a map with free names are.
fn names(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|a| a.is_object())
}

/// The schema itself, or what it is any one of; references resolved.
fn branches<'a>(json: &'a Value, at: &'a Value) -> Vec<&'a Value> {
    let at = resolve(json, at);
    match at.get("anyOf").or_else(|| at.get("oneOf")).and_then(Value::as_array) {
        Some(all) => all.iter().map(|b| resolve(json, b)).collect(),
        None => vec![at],
    }
}

/// The words to a schema: its own before those of what it refers to.
fn words(json: &Value, at: &Value) -> String {
    let own = at.get("description").or_else(|| resolve(json, at).get("description"));
    own.and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

fn takes(json: &Value, at: &Value, depth: usize) -> String {
    let at = resolve(json, at);
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    if let Some(all) = at.get("anyOf").or_else(|| at.get("oneOf")).and_then(Value::as_array) {
        let mut parts: Vec<String> = Vec::new();
        for branch in all {
            let part = takes(json, branch, depth);
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        return parts.join(", or ");
    }
    if let Some(options) = at.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = options.iter().map(text).collect();
        return words.join(" | ");
    }
    if let Some(one) = at.get("const") {
        return text(one);
    }
    let title = at.get("title").and_then(Value::as_str);
    let example = at.get("examples").and_then(Value::as_array).and_then(|e| e.first()).map(text);
    match at.get("type").and_then(Value::as_str) {
        Some("boolean") => "true | false".to_owned(),
        Some("integer" | "number") => match (at.get("minimum").and_then(Value::as_u64), at.get("maximum").and_then(Value::as_u64)) {
            (Some(from), Some(to)) if from == to => from.to_string(),
            (Some(from), Some(to)) => format!("a whole number from {from} to {to}"),
            (Some(from), None) if from > 0 => format!("a whole number from {from} on"),
            _ => "a whole number".to_owned(),
        },
        Some("string") => match (title, example) {
            (Some(title), Some(example)) => format!("{title}, such as {example}"),
            (Some(title), None) => title.to_owned(),
            (None, Some(example)) => format!("a text, such as {example}"),
            (None, None) => "a text".to_owned(),
        },
        Some("array") if depth < 2 => match at.get("items").map(|items| takes(json, items, depth + 1)) {
            Some(item) if !item.is_empty() => format!("a list of: {item}"),
            _ => "a list".to_owned(),
        },
        Some("array") => "a list".to_owned(),
        Some("object") => {
            let keys: Vec<&str> = at.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(k, _)| k.as_str()).collect();
            match keys.as_slice() {
                [] => "names of your own, each with a value".to_owned(),
                ["add", "remove"] => "{ add, remove } to change the list of the layer below".to_owned(),
                keys => format!("a map of {}", keys.join(", ")),
            }
        }
        // Of several types: its words say which.
        _ => words(json, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_described_by_the_schema() {
        let known = describe("tls.min_version").unwrap();
        assert_eq!(known.text, "The oldest protocol version that is spoken.");
        assert!(known.takes.contains("TLSv1.3"), "{}", known.takes);
        assert_eq!(describe("tls.groups").unwrap().takes.matches("add, remove").count(), 1);
        assert!(describe("http.cookies.session").unwrap().below.iter().any(|(k, _)| k == "same_site"));
        assert!(describe("scopes.embed.http.headers.csp.directives.script-src").is_some());
        assert!(describe("postgres.settings.pgaudit.log").is_some());
        assert!(describe("environments.prod.tls.min_version").is_some());
        for unknown in ["", "tls.", "tls.min_versoin", "tls.min_version.x", ".tls", "nothing"] {
            assert_eq!(describe(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_key_can_be_described() {
        let keys = keys();
        assert!(keys.contains(&"http.cookies.*.same_site".to_owned()) && keys.len() > 150);
        for key in keys {
            let known = describe(&key.replace('*', "name")).unwrap_or_else(|| panic!("{key}"));
            assert!(!known.takes.is_empty(), "{key}");
        }
    }
}
