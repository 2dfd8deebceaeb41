//! The ways of a text into each format: what would leave its place there is written otherwise.

use super::{is_unsafe, visible};
use std::borrow::Cow;
use std::fmt::Write;

/// Words that CI systems take for a command wherever they stand in a line (GitHub, Azure Pipelines, TeamCity).
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Text of several lines, none of which a CI system takes for a command: `::error::` at the start of a line (the
/// runner of GitHub ignores blanks before it), and `##[error]` anywhere.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    let mut out = broken(text);
    // `:::`, as frames have it, names no command.
    let is_command = |line: &str| line.trim_start().strip_prefix("::").is_some_and(|rest| !rest.starts_with(':'));
    if out.contains("::") && out.lines().any(is_command) {
        let lines = out.split_inclusive('\n').map(|line| if is_command(line) { format!("| {line}") } else { line.to_owned() });
        out = Cow::Owned(lines.collect());
    }
    out
}

/// Text without the words that are commands anywhere.
fn broken(text: &str) -> Cow<'_, str> {
    if COMMANDS.iter().any(|word| text.contains(word)) {
        return Cow::Owned(COMMANDS.iter().fold(text.to_owned(), |text, word| text.replace(word, &word.replacen("##", "#\\u{23}", 1))));
    }
    Cow::Borrowed(text)
}

/// Text of the same length without such words, for a line of a source: marks below it point at its characters.
pub(super) fn disarmed(text: &str) -> String {
    COMMANDS.iter().fold(text.to_owned(), |text, word| text.replace(word, &word.replacen("##", "#\u{fffd}", 1)))
}

/// A path as text: one line, and nothing that looks like a command at its start.
#[must_use]
pub fn path(path: &str) -> String {
    let shown = broken(&visible(path)).into_owned();
    if shown.starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '#' | '-')) { format!("./{shown}") } else { shown }
}

/// JSON with the same values and only harmless characters: what a terminal or a CI system would obey stands as `\u`.
pub(super) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| (is_unsafe(c) && c != '\n') || c == '#') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let c = rest.chars().next().unwrap_or_default();
        // These stand inside strings only, where such an escape means the same.
        if c != '#' || COMMANDS.iter().any(|word| rest.starts_with(word)) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out.push_str(rest);
    out.push('\n');
    out
}

/// Text in XML and HTML, attributes included. XML 1.0 has no place for some characters, escaped or not.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in guarded(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if is_unsafe(c) && c != '\n' => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Text in Markdown, in tables and lists too: nothing is markup, a link, a mention, or a reference to an issue.
pub(super) fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut is_number = true;
    while let Some(c) = chars.next() {
        let is_first = out.is_empty();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // GitHub looks for mentions and references in the finished page, so that only splitting the text helps.
            '@' | '#' => {
                out.push(c);
                out.push_str("<!-- -->");
            }
            // Of a link, or of a picture by its name.
            ':' if chars.peek().is_some_and(|next| !next.is_whitespace()) => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            // Lists, numbered ones too, and underlines of headings.
            '-' | '+' | '=' if is_first => out.extend(['\\', c]),
            '.' | ')' if !is_first && is_number => out.extend(['\\', c]),
            '.' if out.ends_with("www") => out.push_str("\\."),
            c => out.push(c),
        }
        is_number &= c.is_ascii_digit();
    }
    out
}

/// The message of a GitHub command.
pub(super) fn github_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a GitHub command.
pub(super) fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a reference: relative to the root, or a file of this machine.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

/// At most so many characters, with the cut shown.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}...", &text[..at])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(
            guarded("a ##[b] ::c\n  ::d::e\n  ::: f:1\n##vso[x]\n##teamcity[y]"),
            "a #\\u{23}[b] ::c\n|   ::d::e\n  ::: f:1\n#\\u{23}vso[x]\n#\\u{23}teamcity[y]"
        );
        assert_eq!(
            (path("::a"), path("a::b"), path("a\nb"), path("##[x")),
            ("./::a".to_owned(), "a::b".to_owned(), "a\\nb".to_owned(), "./#\\u{23}[x".to_owned())
        );
        assert!(matches!(guarded("plain\ntext"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a": "##[x] ##vso[ ##teamcity[ # ## \u{1b}\u{202e}\u{200b}\u{feff}\u{85}\u{7f}\n\u{2028}é" });
        let text = json(&serde_json::to_string(&value).unwrap());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(text.chars().all(|c| c == '\n' || !is_unsafe(c)) && !text.contains("##[") && !text.contains("##vso["), "{text}");
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(xml("<a b=\"c\">&'\u{1b}\u{ffff}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\\u{1b}\u{fffd}");
        assert_eq!(markdown("a|b `c` [d](e) <f> @g #1 http://h: i"), "a\\|b \\`c\\` \\[d\\](e) &lt;f&gt; @<!-- -->g #<!-- -->1 http&#58;//h: i");
        assert_eq!((markdown("- a"), markdown("1. b"), markdown("a.b www.c")), ("\\- a".to_owned(), "1\\. b".to_owned(), "a.b www\\.c".to_owned()));
        assert_eq!(github_property("100%:a,b\nc"), "100%25%3Aa%2Cb%0Ac");
        assert_eq!((uri("a b/ü:c"), uri("/x")), ("a%20b/%C3%BC%3Ac".to_owned(), "file:///x".to_owned()));
        assert_eq!((cut("äöü", 2), cut("äöü", 3)), ("äö...".into(), "äöü".into()));
    }
}
