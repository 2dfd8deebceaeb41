//! The only ways of a value into a rendered file.

/// The longest word that is rendered. nginx reads a word through a buffer of 4096 bytes.
pub const MAX_WORD: usize = 4000;

/// A header's value as one quoted argument.
///
/// # Errors
/// What nginx or a header line cannot hold: other than visible ASCII and blanks inside (RFC 9110 5.5), `$` (which nginx
/// expands and has no escape for), nothing at all (which nginx does not send), and more than nginx reads.
pub fn nginx(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Err("an empty value: nginx sends no header then".to_owned());
    }
    if let Some(c) = value.chars().find(|c| !matches!(c, ' '..='~')) {
        return Err(format!("the character {c:?}: a header value is visible ASCII and blanks"));
    }
    if value.contains('$') {
        return Err("a $, which nginx takes for a variable and which it has no escape for".to_owned());
    }
    if value.starts_with(' ') || value.ends_with(' ') {
        return Err("a blank at the start or the end, which is no part of a header's value".to_owned());
    }
    let quoted = quote(value);
    if quoted.len() > MAX_WORD {
        return Err(format!("{} bytes as one word; nginx reads 4096 at most", quoted.len()));
    }
    Ok(quoted)
}

/// In double quotes, with `\` and `"` protected: the two that nginx undoes and that could end the word.
#[must_use]
pub fn quote(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        if matches!(c, '\\' | '"') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Whether a text is a word without quotes, whatever stands around it.
#[must_use]
pub fn is_bare(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'/' | b'=' | b',' | b'+'))
}

/// A name or a list of names without quotes.
///
/// # Errors
/// Any character that could be more than itself in nginx's grammar.
pub fn bare(value: &str) -> Result<String, String> {
    if !is_bare(value) {
        return Err(format!("{value:?}: only letters, digits and . _ - : / = , + stand without quotes"));
    }
    if value.len() > MAX_WORD {
        return Err(format!("{} bytes as one word; nginx reads 4096 at most", value.len()));
    }
    Ok(value.to_owned())
}

/// An origin as a part of a regular expression, which stands in double quotes.
///
/// # Errors
/// Any character that could be more than itself there.
pub fn pattern(origin: &str) -> Result<String, String> {
    if !origin.is_empty() && origin.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'/')) && origin.len() <= MAX_WORD / 2 {
        Ok(origin.replace('.', "\\."))
    } else {
        Err(format!("{origin:?}: only letters, digits and . - : / stand in the pattern of an origin"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::targets::nginx::tree;

    #[test]
    fn quoted_values_come_back_equal() {
        for value in ["a", "a b", "\"", "\\", "a\\", "\\\"", "'self'", "a;b{c}d#e", "\\t\\n", "}", "default-src 'self'; script-src 'self'"] {
            let text = format!("add_header X {};", nginx(value).unwrap_or_default());
            let mut sources = Sources::new(std::path::Path::new("."));
            let id = sources.add("x", text.clone());
            let parsed = tree::parse(id, text.as_bytes(), 0..text.len()).unwrap_or_default();
            assert_eq!(parsed.len(), 1, "{text}");
            assert_eq!(parsed[0].arg(1).map(super::super::lex::Word::text).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn what_nginx_cannot_hold_is_refused() {
        let long = "a".repeat(MAX_WORD);
        for value in ["", " a", "a ", "a\nb", "a\rb", "a\0b", "a\tb", "a\u{7f}", "caf\u{e9}", "$host", "a$", "\u{2028}", long.as_str()] {
            assert!(nginx(value).is_err(), "{value:?}");
        }
        for value in ["", "a b", "a;b", "a{", "}", "#", "$x", "\"", "'", "\\", "a\nb", "(", "~"] {
            assert!(bare(value).is_err() && pattern(value).is_err(), "{value:?}");
        }
        assert_eq!(pattern("https://a.example:8443").as_deref(), Ok(r"https://a\.example:8443"));
    }
}
