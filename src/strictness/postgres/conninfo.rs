//! The words of a connection string, as libpq reads them.
//!
//! Source: `conninfo_parse` and `conninfo_uri_parse_options` of fe-connect.c; documentation, 34.1.1 "Connection Strings".

use std::collections::BTreeMap;

/// The parameters, the last of each name. Of a URL only those behind `?`: the others decide nothing here. `None` for
/// what libpq refuses.
pub(super) fn words(text: &str) -> Option<BTreeMap<String, String>> {
    match ["postgresql://", "postgres://"].iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => of_url(rest.split_once('?').map_or("", |(_, query)| query)),
        None => of_pairs(text),
    }
}

fn of_pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let mut words = BTreeMap::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        // Blanks may stand on both sides of the sign.
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace())?;
        let (name, after) = rest.split_at(end);
        let after = after.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
        let (value, left) = value(after)?;
        words.insert(name.to_owned(), value);
        rest = left.trim_ascii_start();
    }
    Some(words)
}

/// A value with or without quotes, and what follows. A backslash escapes one character in both.
fn value(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('\'');
    let mut out = String::new();
    let mut chars = inner.unwrap_or(text).chars();
    loop {
        let before = chars.as_str();
        match chars.next() {
            Some('\\') => out.extend(chars.next()),
            Some('\'') if inner.is_some() => return Some((out, chars.as_str())),
            Some(c) if inner.is_none() && c.is_ascii_whitespace() => return Some((out, before)),
            Some(c) => out.push(c),
            None => return inner.is_none().then_some((out, "")),
        }
    }
}

fn of_url(query: &str) -> Option<BTreeMap<String, String>> {
    let mut words = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        match (decoded(name)?.as_str(), decoded(value)?) {
            // The spelling of JDBC.
            ("ssl", value) if value == "true" => words.insert("sslmode".to_owned(), "require".to_owned()),
            (name, value) => words.insert(name.to_owned(), value),
        };
    }
    Some(words)
}

/// Percent signs decoded.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let code = digit()? * 16 + digit()?;
            out.push(u8::try_from(code).ok().filter(|code| *code != 0)?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::words;

    fn mode(text: &str) -> Option<String> {
        words(text).map(|words| words.get("sslmode").cloned().unwrap_or_default())
    }

    #[test]
    fn as_libpq_reads_them() {
        for (text, expected) in [
            ("", Some("")),
            ("host=h sslmode=require", Some("require")),
            ("sslmode=verify-full sslmode = disable", Some("disable")),
            ("sslmode=disable application_name='x sslmode=verify-full'", Some("disable")),
            ("application_name='it\\'s' sslmode='verify-\\full'", Some("verify-full")),
            (r"application_name=a\ sslmode=disable sslmode=allow", Some("allow")),
            ("sslmode=", Some("")),
            ("sslmode", None),
            ("sslmode 'x'", None),
            ("host='h", None),
            ("postgresql://u@h/db?sslmode=verify%2Dfull&application_name=sslmode", Some("verify-full")),
            ("postgres://h?ssl=true", Some("require")),
            ("postgres://h/db", Some("")),
            ("postgres://h?sslmode=%zz", None),
            ("postgres://h?sslmode=%", None),
        ] {
            assert_eq!(mode(text).as_deref(), expected, "{text}");
        }
    }
}
