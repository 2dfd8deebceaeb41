//! A spec as dotted keys and values.

/// Dotted keys of every scalar and every list of scalars, with the values in words.
#[must_use]
pub fn flatten(value: &serde_json::Value) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    walk(value, String::new(), &mut lines);
    lines
}

fn walk(value: &serde_json::Value, path: String, lines: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, path, lines);
            }
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            for (i, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{i}]"), lines);
            }
        }
        serde_json::Value::Array(items) => {
            let words: Vec<String> = items.iter().map(plain).collect();
            lines.push((path, format!("[{}]", words.join(", "))));
        }
        other => lines.push((path, plain(other))),
    }
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
