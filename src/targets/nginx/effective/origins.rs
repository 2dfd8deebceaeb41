//! Whom a value of Access-Control-Allow-Origin lets in: one origin, or whoever a `map` of `$http_origin` picks out.

use super::regex::Pattern;
use super::variables::{Definition, Entry, Piece, Scene, Undecided, pieces};
use crate::source::Span;

/// Variables inside of variables.
const MAX_DEPTH: usize = 8;
/// The variable with the origin of the page that asks.
const ASKING: &[u8] = b"http_origin";

/// Whom one line of a map, or the value itself, lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Every request gets this text; empty: no header is sent.
    Text(String),
    /// Requests from this origin get it back.
    Origin(String),
    /// Requests from an origin that the expression matches get it back.
    Matching {
        /// The expression.
        expression: String,
        /// Whether letter case does not count.
        any_case: bool,
    },
    /// Every request gets its own origin back.
    Anyone,
    /// Some requests get their own origin back, and why it is not known which.
    Some(String),
}

/// One way of a value, and the lines that give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Who.
    pub who: Who,
    /// The lines of maps, the outermost first.
    pub by: Vec<Span>,
}

/// All ways of a value.
///
/// # Errors
/// Why they cannot be known.
pub fn granted(scene: &Scene, value: &[u8]) -> Result<Vec<Granted>, Undecided> {
    of_value(scene, value, 0)
}

fn of_value(scene: &Scene, value: &[u8], depth: usize) -> Result<Vec<Granted>, Undecided> {
    let texts = || {
        let values = scene.values(value)?;
        Ok(values.into_iter().map(|v| Granted { who: Who::Text(v.text), by: v.picks.iter().map(|p| p.span).collect() }).collect())
    };
    let pieces = pieces(value)?;
    let [Piece::Variable(name)] = pieces[..] else { return texts() };
    let name = name.to_ascii_lowercase();
    if name == ASKING {
        return Ok(vec![Granted { who: Who::Anyone, by: Vec::new() }]);
    }
    if depth >= MAX_DEPTH {
        return texts();
    }
    let set: Vec<_> = scene.sets.iter().filter(|set| set.name.eq_ignore_ascii_case(&name)).collect();
    if !set.is_empty() {
        let from = set.iter().rposition(|set| !set.is_conditional).unwrap_or(0);
        let mut found = Vec::new();
        for set in &set[from..] {
            for mut granted in of_value(scene, set.value, depth + 1)? {
                if set.is_conditional && !matches!(granted.who, Who::Text(_)) {
                    granted.who = Who::Some("an if decides for which requests that is so".to_owned());
                }
                granted.by.insert(0, set.span);
                found.push(granted);
            }
        }
        return Ok(found);
    }
    let Some(Definition::Choice { source: Some(source), entries, default, unread, .. }) = scene.variables.and_then(|v| v.definitions.get(&*name)) else {
        return texts();
    };
    if let Some((why, span)) = unread {
        return Err(Undecided { why: why.clone(), span: Some(*span), is_refused: false });
    }
    let is_of_origin = matches!(super::variables::pieces(&source.value)?[..], [Piece::Variable(name)] if name.eq_ignore_ascii_case(ASKING));
    let mut found = Vec::new();
    for (entry, is_default) in entries.iter().map(|e| (e, false)).chain(default.iter().map(|e| (e, true))) {
        for mut granted in of_value(scene, &entry.value.value, depth + 1)? {
            if granted.who == Who::Anyone {
                granted.who = match (is_default, is_of_origin) {
                    (true, _) => Who::Anyone,
                    (false, true) => of_key(entry),
                    (false, false) => Who::Some(format!("{} decides for which requests that is so", source.text())),
                };
            }
            granted.by.insert(0, entry.span);
            found.push(granted);
        }
    }
    Ok(found)
}

/// Whom a line of a map of origins picks out.
fn of_key(entry: &Entry) -> Who {
    let key = entry.key.text();
    if let Some(expression) = key.strip_prefix('~') {
        return match expression.strip_prefix('*') {
            Some(expression) => of_expression(expression, true),
            None => of_expression(expression, false),
        };
    }
    if key.starts_with(['*', '.']) || key.ends_with(".*") {
        return Who::Some(format!("{key} matches more than one origin where the map has the word hostnames"));
    }
    let origin = key.strip_prefix('\\').unwrap_or(&key).to_ascii_lowercase();
    // A request without an origin asks for nothing.
    if origin.is_empty() { Who::Text(String::new()) } else { Who::Origin(origin) }
}

/// Whom an expression lets in: one origin where it is one, written out from end to end.
#[must_use]
pub fn of_expression(expression: &str, any_case: bool) -> Who {
    literal(expression).map_or_else(|| Who::Matching { expression: expression.to_owned(), any_case }, |origin| Who::Origin(origin.to_ascii_lowercase()))
}

/// The one text that an expression matches: `^https://a\.example$`.
fn literal(expression: &str) -> Option<String> {
    let mut rest = expression.strip_prefix('^')?.strip_suffix('$')?.chars();
    let mut text = String::new();
    while let Some(c) = rest.next() {
        let plain = c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '/' | '_');
        text.push(match c {
            '\\' => rest.next().filter(char::is_ascii_punctuation)?,
            _ if plain => c,
            _ => return None,
        });
    }
    // Before an `$` that is escaped, the text has no end.
    (!expression.ends_with("\\$")).then_some(text)
}

/// Origins of others that an expression lets in beside those that are meant, tried one by one; `None` if it cannot be tried.
#[must_use]
pub fn strangers(expression: &str, any_case: bool, meant: &[&str]) -> Option<Vec<String>> {
    let pattern = Pattern::new(expression, any_case)?;
    let mut tried = vec!["https://evil.example".to_owned(), "http://evil.example".to_owned(), "null".to_owned()];
    for origin in meant {
        let (scheme, host) = origin.split_once("://").unwrap_or(("https", origin));
        tried.extend([format!("{origin}.evil.example"), format!("{scheme}://evil-{host}"), format!("{scheme}://evil.{host}")]);
        tried.push(format!("{origin}evil"));
        // A dot that is not escaped matches any character.
        tried.extend(host.match_indices('.').map(|(at, _)| format!("{scheme}://{}x{}", &host[..at], &host[at + 1..])));
        tried.extend(scheme.strip_suffix('s').map(|plain| format!("{plain}://{host}")));
    }
    tried.retain(|origin| !meant.contains(&origin.as_str()));
    let mut found = Vec::new();
    for origin in tried {
        if pattern.matches(&origin)? {
            found.push(origin);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_one_origin_or_tried() {
        assert_eq!(of_expression(r"^https://a\.example$", false), Who::Origin("https://a.example".to_owned()));
        assert_eq!(of_expression(r"^https:\/\/A\.example:8443$", true), Who::Origin("https://a.example:8443".to_owned()));
        for open in [r"^https://a.example$", r"https://a\.example$", r"^https://a\.example", r"^https://a\.example\$", r"^https://(a|b)\.example$", r"^a\d$"] {
            assert!(matches!(of_expression(open, false), Who::Matching { .. }), "{open}");
        }
        let of = |expression: &str| strangers(expression, false, &["https://a.example"]).unwrap();
        assert!(of(r"^https://a\.example").contains(&"https://a.example.evil.example".to_owned()));
        assert_eq!(of(r"a\.example$"), ["https://evil-a.example", "https://evil.a.example", "http://a.example"]);
        assert_eq!(of("^https://a.example$"), ["https://axexample"]);
        assert!(of(r"^https://(a|b)\.example$").is_empty());
        assert!(strangers("(?(1)a", false, &[]).is_none());
    }
}
