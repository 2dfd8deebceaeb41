//! Keys that a later version will know. They are refused by name, so that nobody takes silence for enforcement.

/// Dotted paths; `*` stands for any one name.
const RESERVED: [&str; 2] = ["http.routes", "http.headers.extra"];

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
