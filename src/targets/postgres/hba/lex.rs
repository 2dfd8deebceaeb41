//! The words of `pg_hba.conf`, as `tokenize_auth_file` and `next_token` of the server's `hba.c` have them.
//!
//! A word ends at a blank or a comma, outside of double quotes; `""` inside quotes is a quote; `#` outside of quotes ends the
//! line, glued to a word too; a quote that never closes ends with the line, and is no error. From 14 on a backslash at the
//! end of a line joins the next one to it, inside quotes and comments too. A zero byte ends the line for the server.

use crate::source::{SourceId, Span};

/// The longest word in bytes, on servers that have a limit.
const LONGEST_WORD: usize = 10_239;
/// The longest line in bytes, on servers that have a limit.
const LONGEST_LINE: usize = 8_190;

/// What depends on the server's major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Dialect(pub(super) u32);

impl Dialect {
    /// A backslash at the end of a line joins the next.
    pub(super) fn joins_lines(self) -> bool {
        self.0 >= 14
    }

    /// `include`, `include_if_exists`, `include_dir`.
    pub(super) fn has_includes(self) -> bool {
        self.0 >= 16
    }

    /// A database or user that begins with a slash is a regular expression.
    pub(super) fn has_regex(self) -> bool {
        self.0 >= 16
    }

    fn longest_word(self) -> Option<usize> {
        (self.0 < 17).then_some(LONGEST_WORD)
    }

    fn longest_line(self) -> Option<usize> {
        (!self.joins_lines()).then_some(LONGEST_LINE)
    }
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Without its quotes.
    pub(super) text: String,
    /// A quote stands before its first character: it is no keyword and names no file.
    pub(super) quoted: bool,
    /// Where it stands.
    pub(super) span: Span,
}

/// One line with those that are joined to it.
#[derive(Debug)]
pub(super) struct Line {
    source: SourceId,
    bytes: Vec<u8>,
    /// Where the pieces of `bytes` begin, there and in the file.
    pieces: Vec<(usize, usize)>,
    /// Longer than the server takes.
    pub(super) is_too_long: bool,
}

/// The lines of a file.
pub(super) struct Lines<'a> {
    source: SourceId,
    rest: std::slice::SplitInclusive<'a, u8, fn(&u8) -> bool>,
    at: usize,
    dialect: Dialect,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: SourceId, bytes: &'a [u8], dialect: Dialect) -> Self {
        let is_end: fn(&u8) -> bool = |b| *b == b'\n';
        Self { source, rest: bytes.split_inclusive(is_end), at: 0, dialect }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut line = Line { source: self.source, bytes: Vec::new(), pieces: Vec::new(), is_too_long: false };
        let mut joined = 0;
        let mut any = false;
        for raw in self.rest.by_ref() {
            any = true;
            line.pieces.push((line.bytes.len(), self.at));
            self.at += raw.len();
            line.is_too_long |= self.dialect.longest_line().is_some_and(|most| raw.len() > most);
            let seen = raw.iter().position(|b| *b == 0).map_or(raw, |zero| &raw[..zero]);
            let end = seen.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
            line.bytes.extend_from_slice(&seen[..end]);
            // Not twice at one place: two backslashes and two line ends would otherwise go on.
            if self.dialect.joins_lines() && line.bytes.len() > joined && line.bytes.last() == Some(&b'\\') {
                line.bytes.pop();
                joined = line.bytes.len();
                continue;
            }
            break;
        }
        any.then_some(line)
    }
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r')
}

impl Line {
    /// The place in the file of a range of the joined bytes.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let place = |at: usize| {
            let index = self.pieces.partition_point(|(begin, _)| *begin <= at).saturating_sub(1);
            self.pieces.get(index).map_or(0, |(begin, file)| file + at - begin)
        };
        let start = place(from);
        // The end belongs to the piece of the last byte.
        let end = if to > from { place(to - 1) + 1 } else { start };
        Span::new(self.source, start, end.max(start))
    }

    /// All of it without the blanks around it.
    pub(super) fn whole(&self) -> Span {
        let from = self.bytes.iter().position(|b| !is_blank(*b)).unwrap_or(0);
        let to = self.bytes.iter().rposition(|b| !is_blank(*b)).map_or(from, |last| last + 1);
        self.span(from, to)
    }

    /// The word from `at` on, and whether a comma ends it. `at` is then behind it, and at the comma.
    ///
    /// # Errors
    /// A word that is longer than the server takes.
    pub(super) fn word(&self, at: &mut usize, dialect: Dialect) -> Result<Option<(Word, bool)>, ()> {
        let byte = |at: usize| self.bytes.get(at).copied();
        while byte(*at).is_some_and(|b| is_blank(b) || b == b',') {
            *at += 1;
        }
        let start = *at;
        let mut text: Vec<u8> = Vec::new();
        let (mut in_quote, mut was_quote, mut saw_quote, mut quoted, mut comma) = (false, false, false, false, false);
        while let Some(b) = byte(*at) {
            if is_blank(b) && !in_quote {
                break;
            }
            if b == b'#' && !in_quote {
                let end = *at;
                *at = self.bytes.len();
                return self.finish(text, saw_quote, quoted, start, end, false, dialect);
            }
            if b == b',' && !in_quote {
                comma = true;
                break;
            }
            if b != b'"' || was_quote {
                text.push(b);
            }
            was_quote = in_quote && b == b'"' && !was_quote;
            if b == b'"' {
                in_quote = !in_quote;
                saw_quote = true;
                quoted |= text.is_empty();
            }
            *at += 1;
        }
        self.finish(text, saw_quote, quoted, start, *at, comma, dialect)
    }

    #[allow(clippy::too_many_arguments)]
    fn finish(
        &self,
        text: Vec<u8>,
        saw_quote: bool,
        quoted: bool,
        start: usize,
        end: usize,
        comma: bool,
        dialect: Dialect,
    ) -> Result<Option<(Word, bool)>, ()> {
        if dialect.longest_word().is_some_and(|most| text.len() > most) {
            return Err(());
        }
        if !saw_quote && text.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8(text).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Ok(Some((Word { text, quoted, span: self.span(start, end) }, comma)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn words(text: &[u8], version: u32) -> Vec<Vec<String>> {
        let mut sources = Sources::new(std::path::Path::new("/"));
        let id = sources.add("pg_hba.conf", text);
        let dialect = Dialect(version);
        let mut all = Vec::new();
        for line in Lines::new(id, text, dialect) {
            let (mut at, mut found) = (0, Vec::new());
            while let Ok(Some((word, comma))) = line.word(&mut at, dialect) {
                let raw = String::from_utf8_lossy(sources.slice(word.span)).into_owned();
                assert!(raw.contains(word.text.trim_matches('"')) || raw.contains(['"', '\\', '\n']) || word.text.contains('\u{fffd}'), "{raw} {word:?}");
                found.push(format!("{}{}{}", if word.quoted { "'" } else { "" }, word.text, if comma { "," } else { "" }));
            }
            all.push(found);
        }
        all
    }

    #[test]
    fn words_as_the_server_splits_them() {
        for (text, expected) in [
            ("local all  all\tpeer", vec!["local", "all", "all", "peer"]),
            ("a,b c", vec!["a,", "b", "c"]),
            ("a,  b", vec!["a,", "b"]),
            ("a ,b", vec!["a", "b"]),
            ("a,,b", vec!["a,", "b"]),
            ("peer#x", vec!["peer"]),
            ("\"a # b\" c", vec!["'a # b", "c"]),
            ("\"a, b\"", vec!["'a, b"]),
            ("\"a\"\"b\"", vec!["'a\"b"]),
            ("x\"y z\"", vec!["xy z"]),
            ("@\"a b\"", vec!["@a b"]),
            ("\"\"", vec!["'"]),
            ("\"never closed all", vec!["'never closed all"]),
            ("# only", vec![]),
            ("a\x0bb", vec!["a\x0bb"]),
        ] {
            assert_eq!(words(text.as_bytes(), 18).concat(), expected, "{text}");
        }
    }

    #[test]
    fn lines_join_from_14_on() {
        assert_eq!(words(b"a \\\nb\nc", 14), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(words(b"a \\\nb\nc", 13), [vec!["a", "\\"], vec!["b"], vec!["c"]]);
        assert_eq!(words(b"# no \\\nb\nc", 14), [vec![], vec!["c"]], "a comment goes on, too");
        assert_eq!(words(b"\"a\\\nb\" c", 14), [vec!["'ab", "c"]]);
        assert_eq!(words(b"a\\\n\\\nb", 14), [vec!["ab"]]);
        assert_eq!(words(b"a\\\\\n\nb", 14), [vec!["a\\"], vec!["b"]], "not twice at one place");
        assert_eq!(words(b"a\0 b\nc\r\n", 14), [vec!["a"], vec!["c"]]);
        assert_eq!(words(b"a \\", 14), [vec!["a"]]);
    }

    #[test]
    fn limits_are_those_of_the_versions() {
        let long = "a".repeat(10_240);
        assert_eq!(words(long.as_bytes(), 15).concat().len(), 0);
        assert_eq!(words(long.as_bytes(), 18).concat().len(), 1);
        assert_eq!(words("a".repeat(10_239).as_bytes(), 15).concat().len(), 1);
    }
}
