//! Characters that a spec must not have: controls, and those that make text look like other text.

use super::{FORBIDDEN_CHARACTER, MAX_FINDINGS, NOT_UTF8, limit_findings};
use crate::finding::Finding;
use crate::source::{SourceId, Span};

/// The byte-order mark: accepted at the start of a file only.
pub(super) const BOM: char = '\u{feff}';

/// What is wrong with a character, or `None`. Line ends are the caller's affair.
///
/// Sources: YAML 1.2.2, 5.1 (C0 and C1 controls); Unicode Standard Annex 9 (bidirectional controls); Unicode chapter 23
/// (format characters without width, tag characters).
pub(super) fn forbidden(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' => None,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("a control character"),
        '\u{2028}' | '\u{2029}' => Some("a line separator that looks like a blank"),
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a direction control: text shows in another order than it is read")
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{180e}' | BOM => Some("a character without width"),
        '\u{e0000}'..='\u{e007f}' => Some("an invisible tag character"),
        _ => None,
    }
}

/// Forbidden in comments too: all but the characters without width, which some scripts need to write plain words.
fn forbidden_anywhere(c: char) -> Option<&'static str> {
    forbidden(c).filter(|_| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{180e}'))
}

/// The text of a file without its byte-order mark.
///
/// # Errors
/// The first byte that is not UTF-8, or each character that no file may have, comments included.
pub(super) fn check(id: SourceId, bytes: &[u8]) -> Result<&str, Vec<Finding>> {
    let text = std::str::from_utf8(bytes).map_err(|error| vec![not_utf8(id, bytes, error.valid_up_to())])?;
    let mut findings = Vec::new();
    let mut rest = text.char_indices().peekable();
    if rest.peek().is_some_and(|(_, c)| *c == BOM) {
        rest.next();
    }
    while let Some((at, c)) = rest.next() {
        if c == '\r' && rest.peek().is_some_and(|(_, next)| *next == '\n') {
            continue;
        }
        if let Some(what) = forbidden_anywhere(c)
            && findings.len() <= MAX_FINDINGS
        {
            findings.push(finding(c, what, Span::new(id, at, at + c.len_utf8())));
        }
    }
    if findings.is_empty() {
        return Ok(text.strip_prefix(BOM).unwrap_or(text));
    }
    limit_findings(&mut findings);
    Err(findings)
}

/// A finding about the first forbidden character of a value or key, given its decoded text, its source text and where
/// that stands. Characters written as escapes count too.
pub(super) fn in_scalar(decoded: &str, raw: &str, span: Span) -> Option<Finding> {
    let (c, what) = decoded.chars().find_map(|c| forbidden(c).map(|what| (c, what)))?;
    let span = raw.find(c).map_or(span, |at| {
        let start = span.range().start + at;
        Span::new(span.source, start, start + c.len_utf8())
    });
    Some(finding(c, what, span))
}

fn finding(c: char, what: &str, span: Span) -> Finding {
    let code = format!("U+{:04X}", u32::from(c));
    let found = Finding::error(&FORBIDDEN_CHARACTER, format!("the text has {code}, {what}")).at(span, code);
    found.help("delete the character, or type the text anew: text that was pasted from a web page or a chat often has it")
}

fn not_utf8(id: SourceId, bytes: &[u8], at: usize) -> Finding {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message =
        if utf16 { "the file is UTF-16, not UTF-8".to_owned() } else { format!("the byte {:#04x} is not UTF-8", bytes.get(at).copied().unwrap_or_default()) };
    Finding::error(&NOT_UTF8, message).at(Span::new(id, at, at + 1), "").help("save the file as UTF-8")
}
