//! Pieces of the grammars that response headers share (RFC 9110 5.6, RFC 9651).

use sfv::{BareItem, Item, Parser};

/// The longest value that is read, in bytes: more than servers send (nginx takes 4096 in one word).
const MAX_BYTES: usize = 64 << 10;

/// Splits on a separator outside of quoted strings.
///
/// # Errors
/// A quoted string that does not end.
pub(super) fn split_unquoted(text: &str, separator: u8) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err("a quoted string does not end".to_owned());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// Without the white space that fields may have around a value (RFC 9110 5.5).
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A token of RFC 9110 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// A token as it is, or the content of a quoted string (RFC 9110 5.6.4).
pub(super) fn unquote(text: &str) -> Option<String> {
    if is_token(text) {
        return Some(text.to_owned());
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let (mut out, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next()?),
            '"' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// The field lines of one response as one value (RFC 9110 5.3).
///
/// # Errors
/// A value beyond all use: more than 64 KiB.
pub(super) fn joined(lines: &[&str]) -> Result<String, String> {
    if lines.iter().map(|l| l.len()).sum::<usize>() > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes, which no server sends"));
    }
    Ok(lines.join(", "))
}

/// The token of a structured field that is one item (RFC 9651 3.3); its parameters are dropped.
///
/// # Errors
/// Why browsers ignore the whole field: no item, several, or one that is no token.
pub(super) fn token_item(lines: &[&str]) -> Result<String, String> {
    let text = joined(lines)?;
    let shown = trim(&text);
    match Parser::new(&text).parse::<Item>() {
        Ok(Item { bare_item: BareItem::Token(token), .. }) => Ok(token.as_str().to_owned()),
        Ok(_) => Err(format!("`{shown}` is not a token: the value stands without quotes (RFC 9651 3.3.4)")),
        Err(_) if lines.len() > 1 => Err(format!("{} field lines together are no single value, so browsers ignore all of them (RFC 9651 4.2)", lines.len())),
        Err(_) => Err(format!("`{shown}` is not one token, perhaps with parameters (RFC 9651 3.3)")),
    }
}

/// The first few of many parts, as one text.
pub(super) fn list_of(parts: Vec<String>) -> String {
    const TOLD: usize = 4;
    let more = parts.len().saturating_sub(TOLD);
    let mut told: Vec<String> = parts.into_iter().take(TOLD).collect();
    told.extend((more > 0).then(|| format!("and {more} more")));
    told.join("; ")
}
