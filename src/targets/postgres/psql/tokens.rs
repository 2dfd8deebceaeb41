//! The tokens of one statement, by sqlparser's tokenizer, after masking what psql handles.
//!
//! Masking keeps every offset: comments and dollar-quoted bodies become blanks (a body is data, and never read as
//! statements), variables become a word. So the tokenizer sees plain SQL, and no text of a function costs anything.

use super::command::Variables;
use super::scan::{Part, PartKind, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token as Sql, Tokenizer, Whitespace};
use std::ops::Range;

/// A statement with more bytes outside of comments and bodies than this is not read.
const MAX_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Kind {
    /// A word without quotes, in lower case as the server folds it.
    Word(String),
    /// `"Name"`.
    Quoted(String),
    /// A string: its text.
    Text(String),
    Number(String),
    Symbol(String),
    /// A variable of psql whose value the script does not show: as written.
    Unknown(String),
}

/// One token, with its bytes in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Token {
    pub(in crate::targets::postgres) kind: Kind,
    pub(in crate::targets::postgres) range: Range<usize>,
}

impl Token {
    pub(in crate::targets::postgres) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }

    pub(in crate::targets::postgres) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(&self.kind, Kind::Symbol(own) if own == symbol)
    }
}

/// Everything that the tokenizer must not see becomes blanks.
fn masked(bytes: &[u8], statement: &Statement) -> Result<String, &'static str> {
    let start = statement.span.start;
    let mut text = bytes[statement.span.clone()].to_vec();
    for part in &statement.parts {
        let range = part.range.start - start..(part.range.end - start).min(text.len());
        let Some(part_bytes) = text.get_mut(range) else { continue };
        match part.kind {
            PartKind::Text => continue,
            PartKind::Blank | PartKind::Dollar => part_bytes.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' '),
            PartKind::Variable => {
                part_bytes.fill(b'x');
                part_bytes[0] = b' ';
                continue;
            }
        }
        if part.kind == PartKind::Dollar && part_bytes.len() >= 4 {
            // An empty string, apart from its neighbours.
            part_bytes[1] = b'\'';
            part_bytes[2] = b'\'';
        }
    }
    let blank = text.iter().filter(|b| b.is_ascii_whitespace()).count();
    if text.len() - blank > MAX_BYTES {
        return Err("is longer than any statement that a person writes");
    }
    String::from_utf8(text).map_err(|_| "is not UTF-8")
}

/// Turns line and column of the tokenizer, which counts characters, into bytes; forward only.
struct Walker<'a> {
    chars: std::str::CharIndices<'a>,
    end: usize,
    line: u64,
    column: u64,
}

impl Walker<'_> {
    fn at(&self) -> usize {
        self.end - self.chars.as_str().len()
    }

    fn to(&mut self, line: u64, column: u64) -> usize {
        while (self.line, self.column) < (line, column) {
            match self.chars.next() {
                Some((_, '\n')) => (self.line, self.column) = (self.line + 1, 1),
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.at()
    }
}

/// The body of a dollar-quoted string.
fn body(bytes: &[u8], range: &Range<usize>) -> String {
    let whole = &bytes[range.clone()];
    let tag = whole.iter().skip(1).position(|b| *b == b'$').map_or(whole.len(), |n| n + 2);
    String::from_utf8_lossy(whole.get(tag..whole.len().saturating_sub(tag)).unwrap_or_default()).into_owned()
}

fn convert(token: Sql) -> Option<Kind> {
    Some(match token {
        Sql::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_) | Whitespace::Space | Whitespace::Newline | Whitespace::Tab)
        | Sql::EOF => return None,
        Sql::Word(word) if word.quote_style.is_none() => Kind::Word(word.value.to_ascii_lowercase()),
        Sql::Word(word) => Kind::Quoted(word.value),
        Sql::Number(text, _) => Kind::Number(text),
        Sql::SingleQuotedString(text) | Sql::EscapedStringLiteral(text) | Sql::UnicodeStringLiteral(text) | Sql::NationalStringLiteral(text) => {
            Kind::Text(text)
        }
        other => Kind::Symbol(other.to_string()),
    })
}

/// A token as the tokenizer has it, its bytes, and the part of the statement that was masked there.
type Found<'a> = (Sql, Range<usize>, Option<&'a Part>);

fn located<'a>(bytes: &[u8], statement: &'a Statement) -> Result<Vec<Found<'a>>, &'static str> {
    let text = masked(bytes, statement)?;
    let found = Tokenizer::new(&PostgreSqlDialect {}, &text).tokenize_with_location().map_err(|_| "holds a string or a character that SQL does not have")?;
    let mut walker = Walker { chars: text.char_indices(), end: text.len(), line: 1, column: 1 };
    let mut parts = statement.parts.iter().filter(|p| matches!(p.kind, PartKind::Dollar | PartKind::Variable)).peekable();
    let mut out = Vec::new();
    for token in found {
        let from = statement.span.start + walker.to(token.span.start.line, token.span.start.column);
        let to = statement.span.start + walker.to(token.span.end.line, token.span.end.column);
        if matches!(token.token, Sql::Whitespace(_) | Sql::EOF) {
            continue;
        }
        while parts.next_if(|part| part.range.end <= from).is_some() {}
        let part = parts.peek().copied().filter(|part| part.range.contains(&from));
        out.push((token.token, part.map_or(from..to.max(from), |part| part.range.clone()), part));
    }
    Ok(out)
}

/// The tokens of a statement, without blanks and comments.
///
/// # Errors
/// Why it cannot be read, as words behind "the statement".
pub(super) fn tokens(bytes: &[u8], statement: &Statement, variables: &Variables) -> Result<Vec<Token>, &'static str> {
    let mut out = Vec::new();
    for (token, range, part) in located(bytes, statement)? {
        let kind = match part.map(|p| p.kind) {
            Some(PartKind::Dollar) => Kind::Text(body(bytes, &range)),
            Some(_) => {
                out.extend(variable(&String::from_utf8_lossy(&bytes[range.clone()]), &range, variables));
                continue;
            }
            _ => match convert(token) {
                Some(kind) => kind,
                None => continue,
            },
        };
        out.push(Token { kind, range });
    }
    Ok(out)
}

/// The tokens of a statement without variables, each with its text in one spelling: what of a statement counts.
///
/// # Errors
/// As [`tokens`].
pub(in crate::targets::postgres) fn spelled(bytes: &[u8], statement: &Statement) -> Result<Vec<(Token, String)>, &'static str> {
    let mut out = Vec::new();
    for (token, range, part) in located(bytes, statement)? {
        let written = || String::from_utf8_lossy(&bytes[range.clone()]).into_owned();
        let (kind, text) = match part.map(|p| p.kind) {
            Some(PartKind::Dollar) => (Kind::Text(body(bytes, &range)), written()),
            Some(_) => (Kind::Unknown(written()), written()),
            None => {
                let text = token.to_string();
                match convert(token) {
                    Some(kind) => (kind, text),
                    None => continue,
                }
            }
        };
        out.push((Token { kind, range }, text));
    }
    Ok(out)
}

/// What a variable stands for.
fn variable(written: &str, range: &Range<usize>, variables: &Variables) -> Vec<Token> {
    let one = |kind: Kind| vec![Token { kind, range: range.clone() }];
    let name = written.trim_matches(|c| matches!(c, ':' | '\'' | '"' | '{' | '}' | '?'));
    let Some(text) = variables.text(name) else { return one(Kind::Unknown(written.to_owned())) };
    match written.as_bytes().get(1) {
        Some(b'\'') => one(Kind::Text(text.to_owned())),
        Some(b'"') => one(Kind::Quoted(text.to_owned())),
        Some(b'{') => one(Kind::Word("true".to_owned())),
        // Text that psql puts in place: read where it is plain words, numbers and strings.
        _ if text.len() > 4096 || text.contains(['\\', ';', '$', ':', '"']) || text.contains("--") || text.contains("/*") => {
            one(Kind::Unknown(written.to_owned()))
        }
        _ => match Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() {
            Ok(tokens) => tokens.into_iter().filter_map(convert).map(|kind| Token { kind, range: range.clone() }).collect(),
            Err(_) => one(Kind::Unknown(written.to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Piece, Scanner};
    use super::*;

    fn read(text: &str) -> Vec<Token> {
        let pieces: Vec<Piece> = Scanner::new(text.as_bytes(), |_| true).collect();
        let [Piece::Statement(statement)] = pieces.as_slice() else { panic!("{text}: {pieces:?}") };
        tokens(text.as_bytes(), statement, &Variables::default()).unwrap_or_else(|why| panic!("{text} {why}"))
    }

    #[test]
    fn tokens_have_their_bytes() {
        let text = "/* é */ ALTER /* ü\n*/ \"Zoë\" 'it''s' $t$ a;b $t$ :'v' E'\\n' ;";
        let found = read(text);
        let slices: Vec<&str> = found.iter().map(|t| &text[t.range.clone()]).collect();
        assert_eq!(slices, ["ALTER", "\"Zoë\"", "'it''s'", "$t$ a;b $t$", ":'v'", "E'\\n'"]);
        let kinds: Vec<Kind> = found.into_iter().map(|t| t.kind).collect();
        assert_eq!(
            kinds,
            [
                Kind::Word("alter".to_owned()),
                Kind::Quoted("Zoë".to_owned()),
                Kind::Text("it's".to_owned()),
                Kind::Text(" a;b ".to_owned()),
                Kind::Unknown(":'v'".to_owned()),
                Kind::Text("\n".to_owned()),
            ]
        );
    }

    #[test]
    fn strings_stay_apart() {
        assert_eq!(read("$$a$$'b'").len(), 2);
        assert_eq!(read("$$$$").len(), 1);
        assert_eq!(read(r"U&'\0041'")[0].kind, Kind::Text("A".to_owned()));
        assert_eq!(read("E'a'\n'b\\'").len(), 2, "psql takes them for two");
    }
}
