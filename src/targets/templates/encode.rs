//! The ways of a value into a file of the user's own. Each refuses what its grammar cannot hold, and none lets a line end.

use super::super::{Encoder, nginx, postgres, rust};

/// Filter names and encoders, as `docs/templates.md` lists them.
pub static ENCODERS: [(&str, Encoder); 12] = [
    ("caddy", caddy),
    ("json", json),
    ("md", md),
    ("nginx", nginx_value),
    ("nginx_word", nginx_word),
    ("pg_conf", pg_conf),
    ("quoted", quoted),
    ("rust", rust_str),
    ("sql", sql),
    ("toml", toml),
    ("word", word),
    ("yaml", yaml),
];

/// Filters that only change a text's case, and go before an encoder.
pub static BEFORE: [&str; 2] = ["lower", "upper"];

/// The longest value.
const MAX: usize = 8192;

/// A character that ends a line for some reader, moves the cursor, or is not seen.
fn one_line(text: &str) -> Result<(), String> {
    if text.len() > MAX {
        return Err(format!("{} bytes, {MAX} are the most", text.len()));
    }
    // Those that Unicode keeps for no character at all are refused by YAML 1.2 (5.1) and others.
    let is_none = |c: char| matches!(c, '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe;
    match text.chars().find(|c| c.is_control() || crate::finding::redact::is_unsafe(*c) || is_none(*c)) {
        Some(c) => Err(format!("it holds U+{:04X}, which may end a line or is not seen", c as u32)),
        None => Ok(()),
    }
}

/// Of another target's encoder: the same refusals, and one line in any case.
fn of(encode: Encoder, value: &str) -> Result<String, String> {
    one_line(value)?;
    let text = encode(value)?;
    one_line(&text).map(|()| text)
}

fn nginx_value(value: &str) -> Result<String, String> {
    of(nginx::encode::nginx, value)
}

fn nginx_word(value: &str) -> Result<String, String> {
    of(nginx::encode::bare, value)
}

fn sql(value: &str) -> Result<String, String> {
    of(postgres::encode::sql, value)
}

fn pg_conf(value: &str) -> Result<String, String> {
    of(postgres::encode::conf, value)
}

fn rust_str(value: &str) -> Result<String, String> {
    of(rust::encode::rust_str, value)
}

fn yaml(value: &str) -> Result<String, String> {
    of(postgres::encode::yaml, value)
}

/// A string of JSON (RFC 8259, 7).
fn json(value: &str) -> Result<String, String> {
    one_line(value)?;
    serde_json::to_string(value).map_err(|e| e.to_string())
}

/// A basic string of TOML (TOML 1.0, "String"): of printable text, only `"` and `\` need an escape, as in JSON.
fn toml(value: &str) -> Result<String, String> {
    json(value)
}

/// A word that is one word in every grammar that we know of: it has no character that any of them treats specially.
fn word(value: &str) -> Result<String, String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'/');
    // `//` is a comment in some files, and so is `--`; an option begins with `-`, and some paths with `/` or `.`; a key of YAML
    // ends with `:`.
    let is_plain = |text: &str| !text.is_empty() && text.bytes().all(fits) && !text.contains("//") && !text.contains("--");
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://")).unwrap_or(value);
    if value.len() <= MAX && is_plain(rest) && !rest.starts_with(['-', '/', ':', '.']) && !rest.ends_with(':') {
        Ok(value.to_owned())
    } else {
        Err(format!("{} is no plain word: letters, digits and . _ - : / only, no -- and no // but in an origin, and no : at the end", shown(value)))
    }
}

/// In double quotes, where nothing needs an escape: such a text is the same in every grammar with double quotes. What some
/// grammar looks at in there is refused: escapes; variables and calls (`$` `%` `` ` `` `!` `{}` of shells, `@` of Perl, `[` of
/// Tcl); `#`, which begins a comment in a makefile all the same; `&` and `<` of markup.
fn quoted(value: &str) -> Result<String, String> {
    one_line(value)?;
    let bad = |c: char| !matches!(c, ' '..='~') || matches!(c, '"' | '\\' | '$' | '%' | '`' | '{' | '}' | '!' | '@' | '[' | '#' | '&' | '<');
    match value.chars().find(|c| bad(*c)) {
        Some(c) => Err(format!("it holds {c:?}, which some grammars treat specially in double quotes: use the encoder of the file's own grammar")),
        None => Ok(format!("\"{value}\"")),
    }
}

/// A token of a Caddyfile in double quotes, where only `"` has an escape. Braces are placeholders, which Caddy fills
/// with variables of the environment and files (Caddyfile concepts, "Tokens and quotes", "Placeholders"), and a backslash
/// cannot be written before a quote: both are refused.
fn caddy(value: &str) -> Result<String, String> {
    one_line(value)?;
    match value.chars().find(|c| matches!(c, '{' | '}' | '\\') || !matches!(c, ' '..='~')) {
        Some(c) => Err(format!("it holds {c:?}, which a quoted token of a Caddyfile cannot hold as it is")),
        None => Ok(format!("\"{}\"", value.replace('"', "\\\""))),
    }
}

/// Text in Markdown: every mark has a backslash (CommonMark 0.31, 2.4), so that nothing is markup or a link.
fn md(value: &str) -> Result<String, String> {
    one_line(value)?;
    if value.starts_with(' ') || value.ends_with(' ') {
        return Err("it begins or ends with a blank, which may be markup".to_owned());
    }
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_punctuation() {
            text.push('\\');
        }
        text.push(c);
    }
    Ok(text)
}

fn shown(value: &str) -> String {
    format!("{:?}", value.chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(name: &str, value: &str) -> Result<String, String> {
        ENCODERS.iter().find(|(n, _)| *n == name).map_or_else(|| Err("no such encoder".to_owned()), |(_, encode)| encode(value))
    }

    #[test]
    fn what_each_writes() {
        for (name, value, text) in [
            ("caddy", "geolocation=(self \"https://a.example.com\")", "\"geolocation=(self \\\"https://a.example.com\\\")\""),
            ("quoted", "default-src 'self'; object-src 'none'", "\"default-src 'self'; object-src 'none'\""),
            ("word", "https://app.example.com:8443", "https://app.example.com:8443"),
            ("word", "TLSv1.3", "TLSv1.3"),
            ("json", "a\"b\\", "\"a\\\"b\\\\\""),
            ("toml", "a\"b\\", "\"a\\\"b\\\\\""),
            ("md", "[a](b) <c>", "\\[a\\]\\(b\\) \\<c\\>"),
            ("sql", "it's", "'it''s'"),
            ("nginx", "a;b", "\"a;b\""),
        ] {
            assert_eq!(encode(name, value).as_deref(), Ok(text), "{name}");
        }
        for (name, value) in [
            ("caddy", "{env.HOME}"),
            ("caddy", "{$HOME}"),
            ("caddy", "a\\"),
            ("quoted", "a\"b"),
            ("quoted", "$HOME"),
            ("quoted", "a\\"),
            ("quoted", "user@example.com"),
            ("quoted", "a#b"),
            ("quoted", "a&b"),
            ("quoted", "[id]"),
            ("yaml", "a\u{fffe}"),
            ("word", "a:"),
            ("word", "https://a:"),
            ("word", ""),
            ("word", "a b"),
            ("word", "--x"),
            ("word", "a//b"),
            ("word", "http://a//b"),
            ("word", "//a"),
            ("word", "-x"),
            ("word", "a#b"),
            ("nginx", "$host"),
        ] {
            assert!(encode(name, value).is_err(), "{name} {value}");
        }
    }

    /// What a grammar reads of a text in double quotes with backslashes; `None` if the text is not one whole string.
    fn unquoted(text: &str, escapes: &[char]) -> Option<String> {
        let mut chars = text.strip_prefix('"')?.chars();
        let mut value = String::new();
        loop {
            match chars.next()? {
                '"' => return chars.next().is_none().then_some(value),
                '\\' => match chars.next()? {
                    c if escapes.contains(&c) => value.push(c),
                    _ => return None,
                },
                c => value.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn no_value_ends_a_line_or_leaves_its_place(value in "(.|\n|\r|[\"'`{}\\\\$%#;:/<>|\u{85}\u{2028}\u{202e}\u{0}]){0,24}") {
            for (name, encode) in &ENCODERS {
                let Ok(text) = encode(&value) else { continue };
                prop_assert!(!text.chars().any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{202e}')), "{name} {text:?}");
                match *name {
                    "json" | "yaml" => prop_assert_eq!(serde_json::from_str::<String>(&text).ok(), Some(value.clone())),
                    "toml" => {
                        let read = format!("a = {text}\n").parse::<toml_edit::DocumentMut>().ok();
                        prop_assert_eq!(read.as_ref().and_then(|d| d["a"].as_str()), Some(value.as_str()));
                    }
                    "caddy" | "quoted" => prop_assert_eq!(unquoted(&text, &['"']), Some(value.clone())),
                    "nginx" => prop_assert_eq!(unquoted(&text, &['"', '\\']), Some(value.clone())),
                    "rust" => prop_assert_eq!(syn::parse_str::<syn::LitStr>(&text).ok().map(|l| l.value()), Some(value.clone())),
                    "sql" => {
                        let escapes = text.starts_with('E');
                        let inside = text.trim_start_matches('E').strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or("'");
                        let inside = if escapes { inside.replace("\\\\", "\u{1}") } else { inside.to_owned() };
                        prop_assert!(!inside.replace("''", "").contains('\'') && !inside.contains('\\') || inside.contains('\u{1}'), "{text:?}");
                        prop_assert_eq!(inside.replace("''", "'").replace('\u{1}', "\\"), value.clone());
                    }
                    "pg_conf" => {
                        let inside = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or("'");
                        prop_assert_eq!(inside.replace("\\\\", "\u{1}").replace("''", "'").replace('\u{1}', "\\"), value.clone());
                    }
                    "md" => {
                        let mut plain = text.chars().peekable();
                        let mut read = String::new();
                        while let Some(c) = plain.next() {
                            prop_assert!(!c.is_ascii_punctuation() || c == '\\', "{text:?}");
                            read.extend(if c == '\\' { plain.next() } else { Some(c) });
                        }
                        prop_assert_eq!(read, value.clone());
                    }
                    _ => prop_assert!(text == value && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:/=,+".contains(&b)), "{name} {text:?}"),
                }
            }
        }
    }
}
