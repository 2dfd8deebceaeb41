//! Keys that a later version will know. They are refused by name, so that nobody takes silence for enforcement.

/// Dotted paths; `*` stands for any one name.
const RESERVED: [&str; 13] = [
    "access",
    "lockout",
    "data.input",
    "data.output",
    "operations",
    "gate",
    "templates",
    "http.cookies.*.max_age",
    "http.routes",
    "http.headers.extra",
    "targets.operations",
    "targets.rust.check",
    "jwt.keys.*.verify_until",
];

/// Whether a value is one that a later version will know.
pub(super) fn is_reserved_value(path: &str, raw: &str) -> bool {
    let path = path.strip_prefix("environments.").and_then(|rest| rest.split_once('.')).map_or(path, |(_, rest)| rest);
    matches!((path, raw), ("http.sent_by", "rust")) || (path == "rate_limits.store" && raw.contains("redis"))
}

/// Whether a key is one of a later version, at the top or in an environment.
pub(super) fn is_reserved(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('.').collect();
    if parts.first() == Some(&"environments") && parts.len() > 2 {
        parts.drain(..2);
    }
    RESERVED.iter().any(|reserved| {
        let wanted: Vec<&str> = reserved.split('.').collect();
        wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(w, p)| *w == "*" || w == p)
    })
}
