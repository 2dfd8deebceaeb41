//! Splits the bytes of a script where psql splits them: statements, commands of psql's own, and the data of COPY.
//!
//! Source: the lexer of psql (`psqlscan.l`, `psqlscanslash.l`) and `mainloop.c` of PostgreSQL 18. Strings are taken to
//! follow the standard (`standard_conforming_strings`, on since 9.1). Every byte is looked at a bounded number of times.

use std::ops::Range;

/// After so many quotes and comments that never close, the rest of a file is not looked at.
const MAX_RECOVERIES: usize = 8;

/// What ends a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum End {
    /// A semicolon.
    Semicolon,
    /// `\;`: sent together with the next statement.
    Joined,
    /// A command such as `\g`, which follows.
    Command,
    /// The end of the file.
    Eof,
}

/// What stands inside of a statement and is no plain SQL word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum PartKind {
    /// A comment, or a command of psql in the middle of a statement.
    Blank,
    /// A string.
    Text,
    /// `$tag$ .. $tag$`.
    Dollar,
    /// `:name`, `:'name'`, `:"name"`, `:{?name}`.
    Variable,
}

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Part {
    pub(in crate::targets::postgres) kind: PartKind,
    pub(in crate::targets::postgres) range: Range<usize>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Statement {
    /// From its first word to just before what ends it.
    pub(in crate::targets::postgres) span: Range<usize>,
    /// Its first word; empty where it begins with something else.
    pub(in crate::targets::postgres) verb: Range<usize>,
    /// In order; only where the caller wants them for this verb.
    pub(in crate::targets::postgres) parts: Vec<Part>,
    pub(in crate::targets::postgres) end: End,
    /// An `\if`, `\elif`, `\else` or `\endif` stands in the middle of it.
    pub(in crate::targets::postgres) is_split: bool,
    /// It stands behind a quote that never closes, or behind COPY whose data never ends: perhaps psql does not see it.
    pub(in crate::targets::postgres) is_uncertain: bool,
}

/// A part of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Piece {
    Statement(Statement),
    /// A command of psql, from the backslash on, without blanks at its end.
    Command(Range<usize>),
    /// What never closes, from where it opens; the next pieces begin on the line after, if `resumes`.
    Broken {
        range: Range<usize>,
        what: &'static str,
        resumes: bool,
    },
}

/// Walks over a script.
pub(in crate::targets::postgres) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether the parts of a statement with this verb are wanted.
    wants_parts: fn(&[u8]) -> bool,
    statement: Option<Statement>,
    /// The statement before the pending one ended, and something waits to be given out.
    next: Option<Piece>,
    parens: usize,
    begins: usize,
    /// The first letters of the first words of a statement, as psql keeps them.
    initials: [u8; 4],
    words: usize,
    /// Blocks of data that begin on the next line.
    data: usize,
    /// No line ends the data any more: perhaps there is none, as the statement fails.
    has_no_end: bool,
    recoveries: usize,
}

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_name(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit() || b == b'$'
}

fn is_variable(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit()
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Whether a command of psql sends what was typed so far.
fn sends(name: &[u8]) -> bool {
    matches!(name, b"gset" | b"gexec" | b"gx" | b"gdesc" | b"crosstabview" | b"watch" | b"parse" | b"sendpipeline") || is_g(name)
}

/// `\g`, also with what follows it at once: `\g(format=unaligned)`.
fn is_g(name: &[u8]) -> bool {
    name == b"g" || name.starts_with(b"g(")
}

impl<'a> Scanner<'a> {
    pub(in crate::targets::postgres) fn new(bytes: &'a [u8], wants_parts: fn(&[u8]) -> bool) -> Self {
        // psql leaves out a byte order mark.
        let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self {
            bytes,
            at,
            wants_parts,
            statement: None,
            next: None,
            parens: 0,
            begins: 0,
            initials: [0; 4],
            words: 0,
            data: 0,
            has_no_end: false,
            recoveries: 0,
        }
    }

    /// The last statement or command takes data from the script: the lines after the current one, up to `\.`.
    pub(in crate::targets::postgres) fn data_follows(&mut self) {
        self.data += 1;
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn run(&self, from: usize, test: impl Fn(u8) -> bool) -> usize {
        self.bytes.get(from..).unwrap_or_default().iter().position(|b| !test(*b)).map_or(self.bytes.len(), |n| from + n)
    }

    fn line_end(&self, from: usize) -> usize {
        self.run(from, |b| b != b'\n')
    }

    /// Notes that something of a statement stands here.
    fn touch(&mut self, at: usize) -> &mut Statement {
        let is_uncertain = self.recoveries > 0 || self.has_no_end;
        self.statement.get_or_insert_with(|| Statement { span: at..at, verb: at..at, parts: Vec::new(), end: End::Eof, is_split: false, is_uncertain })
    }

    fn part(&mut self, kind: PartKind, range: Range<usize>) {
        let wants = self.wants_parts;
        let bytes = self.bytes;
        let statement = self.touch(range.start);
        if wants(&bytes[statement.verb.clone()]) {
            statement.parts.push(Part { kind, range });
        }
    }

    fn finish(&mut self, at: usize, end: End) -> Option<Piece> {
        (self.parens, self.begins, self.words) = (0, 0, 0);
        let mut statement = self.statement.take()?;
        let length = self.bytes[statement.span.start..at].trim_ascii_end().len();
        statement.span.end = statement.span.start + length;
        statement.end = end;
        Some(Piece::Statement(statement))
    }

    /// A word, and what psql makes of it to find the end of a function's body (`BEGIN ATOMIC .. END`).
    fn word(&mut self, range: Range<usize>) {
        let word = &self.bytes[range.clone()];
        let is = |other: &str| word.eq_ignore_ascii_case(other.as_bytes());
        if self.words == 0 {
            self.initials = [0; 4];
            let statement = self.touch(range.start);
            if statement.span.start == range.start {
                statement.verb = range;
            }
        }
        if ["create", "function", "procedure", "or", "replace"].iter().any(|w| is(w))
            && let Some(initial) = self.initials.get_mut(self.words)
        {
            *initial = word[0].to_ascii_lowercase();
        }
        self.words += 1;
        let [a, b, c, d] = self.initials;
        if a == b'c' && (matches!(b, b'f' | b'p') || (b == b'o' && c == b'r' && matches!(d, b'f' | b'p'))) && self.parens == 0 {
            if is("begin") || (is("case") && self.begins > 0) {
                self.begins += 1;
            } else if is("end") {
                self.begins = self.begins.saturating_sub(1);
            }
        }
    }

    /// The end of a string whose first quote stands at `open`.
    fn string_end(&self, open: usize, escapes: bool) -> Option<usize> {
        let mut i = open + 1;
        loop {
            match self.bytes.get(i)? {
                b'\\' if escapes => i += 2,
                b'\'' if self.byte(i + 1) == b'\'' => i += 2,
                b'\'' => return Some(i + 1),
                _ => i += 1,
            }
        }
    }

    fn comment_end(&self, open: usize) -> Option<usize> {
        let (mut i, mut depth) = (open + 2, 1_usize);
        while depth > 0 {
            match (self.bytes.get(i)?, self.byte(i + 1)) {
                (b'/', b'*') => (depth, i) = (depth + 1, i + 2),
                (b'*', b'/') => (depth, i) = (depth - 1, i + 2),
                _ => i += 1,
            }
        }
        Some(i)
    }

    /// The second dollar of a tag that opens a string, if one stands here.
    fn dollar_tag(&self, open: usize) -> Option<usize> {
        let end = if is_name_start(self.byte(open + 1)) { self.run(open + 1, is_variable) } else { open + 1 };
        (self.byte(end) == b'$').then_some(end)
    }

    /// The end of a dollar-quoted string; `None` where it never closes.
    fn dollar_end(&self, open: usize, tag_end: usize) -> Option<usize> {
        let tag = &self.bytes[open..=tag_end];
        let mut i = tag_end + 1;
        loop {
            i = self.run(i, |b| b != b'$');
            let rest = self.bytes.get(i..).filter(|rest| !rest.is_empty())?;
            if rest.starts_with(tag) {
                return Some(i + tag.len());
            }
            i += 1;
        }
    }

    /// The end of a variable that begins with the colon at `at`.
    fn variable_end(&self, at: usize) -> Option<usize> {
        let quoted = |open: usize, close: u8| {
            let end = self.run(open, is_variable);
            (end > open && self.byte(end) == close).then_some(end + 1)
        };
        match self.byte(at + 1) {
            quote @ (b'\'' | b'"') => quoted(at + 2, quote),
            b'{' if self.byte(at + 2) == b'?' => quoted(at + 3, b'}'),
            b if is_variable(b) => Some(self.run(at + 1, is_variable)),
            _ => None,
        }
    }

    /// The end of a command of psql that begins at `at`: its line's, or the next backslash outside of quotes.
    fn command_end(&self, at: usize) -> usize {
        let name_end = self.run(at + 1, |b| !is_blank(b) && b != b'\\');
        let line_end = self.line_end(at);
        let name = &self.bytes[at + 1..name_end];
        let argument = self.run(name_end, |b| is_blank(b) && b != b'\n');
        let is_whole_line = matches!(name, b"!" | b"copy" | b"ef" | b"ev" | b"sf" | b"sf+" | b"sv" | b"sv+" | b"h" | b"help") || name.starts_with(b"!");
        if is_whole_line || (self.byte(argument) == b'|' && (is_g(name) || matches!(name, b"gx" | b"o" | b"out" | b"w" | b"write"))) {
            return line_end;
        }
        let mut i = name_end;
        while i < line_end {
            match self.bytes[i] {
                b'\\' => return i,
                quote @ (b'\'' | b'"' | b'`') => {
                    i += 1;
                    while i < line_end && self.bytes[i] != quote {
                        i += if self.bytes[i] == b'\\' && quote == b'\'' { 2 } else { 1 };
                    }
                    i += 1;
                }
                _ => i += 1,
            }
        }
        line_end
    }

    /// Over the data that begins behind this line end. Data that no line ends goes on to the end of the file, or is none,
    /// where the server refuses the statement: what follows is read, and is uncertain.
    fn skip_data(&mut self) {
        let mut at = self.at;
        while self.data > 0 && at < self.bytes.len() && !self.has_no_end {
            let end = self.line_end(at);
            if self.bytes[at..end].trim_ascii_end() == br"\." {
                self.data -= 1;
                self.at = (end + 1).min(self.bytes.len());
            }
            at = end + 1;
        }
        self.has_no_end |= self.data > 0;
        self.data = 0;
    }

    fn broken(&mut self, open: usize, what: &'static str) -> Piece {
        (self.parens, self.begins, self.words, self.statement) = (0, 0, 0, None);
        self.recoveries += 1;
        let end = self.line_end(open);
        let resumes = self.recoveries <= MAX_RECOVERIES;
        self.at = if resumes { end } else { self.bytes.len() };
        Piece::Broken { range: open..end, what, resumes }
    }

    /// A backslash outside of quotes.
    fn backslash(&mut self) -> Option<Piece> {
        let at = self.at;
        match self.byte(at + 1) {
            b';' => {
                self.at += 2;
                return self.finish(at, End::Joined);
            }
            b':' => {
                self.touch(at);
                self.at += 2;
                return None;
            }
            // The end of the command before.
            b'\\' => {
                self.at += 2;
                return None;
            }
            _ => {}
        }
        let end = self.command_end(at);
        let length = self.bytes[at..end].trim_ascii_end().len();
        let name_end = self.run(at + 1, |b| !is_blank(b) && b != b'\\');
        let name = &self.bytes[at + 1..name_end];
        self.at = end;
        let command = Piece::Command(at..at + length);
        if self.statement.is_none() {
            return Some(command);
        }
        if sends(name) {
            self.next = Some(command);
            return self.finish(at, End::Command);
        }
        match name {
            b"r" | b"reset" => (self.parens, self.begins, self.words, self.statement) = (0, 0, 0, None),
            _ => {
                let is_structure = matches!(name, b"if" | b"elif" | b"else" | b"endif");
                self.part(PartKind::Blank, at..end);
                if is_structure && let Some(statement) = &mut self.statement {
                    statement.is_split = true;
                }
            }
        }
        Some(command)
    }

    /// A quote of some kind at `open`, with its end.
    fn literal(&mut self, kind: PartKind, start: usize, end: Option<usize>, what: &'static str) -> Option<Piece> {
        let Some(end) = end else { return Some(self.broken(start, what)) };
        self.part(kind, start..end);
        self.at = end;
        None
    }

    fn step(&mut self, b: u8) -> Option<Piece> {
        let at = self.at;
        match b {
            b'\n' => {
                self.at += 1;
                if self.data > 0 {
                    self.skip_data();
                }
            }
            _ if is_blank(b) => self.at += 1,
            b'-' if self.byte(at + 1) == b'-' => {
                // A carriage return alone ends it, too (`psqlscan.l`, `scan.l`: `non_newline [^\n\r]`).
                let end = self.run(at, |b| !matches!(b, b'\n' | b'\r'));
                if self.statement.is_some() {
                    self.part(PartKind::Blank, at..end);
                }
                self.at = end;
            }
            b'/' if self.byte(at + 1) == b'*' => match self.comment_end(at) {
                Some(end) => {
                    if self.statement.is_some() {
                        self.part(PartKind::Blank, at..end);
                    }
                    self.at = end;
                }
                None => return Some(self.broken(at, "a comment")),
            },
            b'\'' => return self.literal(PartKind::Text, at, self.string_end(at, false), "a quote"),
            b'"' => {
                let end = self.run(at + 1, |b| b != b'"');
                if end == self.bytes.len() {
                    return Some(self.broken(at, "a double quote"));
                }
                self.touch(at);
                self.at = end + 1;
            }
            b'$' => {
                if let Some(tag_end) = self.dollar_tag(at) {
                    return self.literal(PartKind::Dollar, at, self.dollar_end(at, tag_end), "a dollar quote");
                }
                self.touch(at);
                self.at = self.run(at + 1, |b| b.is_ascii_digit());
            }
            b'\\' => return self.backslash(),
            b':' => match (self.byte(at + 1), self.variable_end(at)) {
                (b':' | b'=', _) => {
                    self.touch(at);
                    self.at += 2;
                }
                (_, Some(end)) => {
                    self.part(PartKind::Variable, at..end);
                    self.at = end;
                }
                _ => {
                    self.touch(at);
                    self.at += 1;
                }
            },
            b';' if self.parens == 0 && self.begins == 0 => {
                self.at += 1;
                return self.finish(at, End::Semicolon);
            }
            b'(' => {
                self.touch(at);
                self.parens += 1;
                self.at += 1;
            }
            b')' => {
                self.touch(at);
                self.parens = self.parens.saturating_sub(1);
                self.at += 1;
            }
            _ if is_name_start(b) => {
                let end = self.run(at, is_name);
                let (quote, after) = (self.byte(end), self.byte(end + 1));
                match (b, end - at, quote) {
                    (b'e' | b'E', 1, b'\'') => {
                        // psql reads line by line: the string that the server takes to go on behind a line end is another
                        // one to psql, without escapes.
                        self.touch(at);
                        return self.literal(PartKind::Text, at, self.string_end(end, true), "a quote");
                    }
                    (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', 1, b'\'') => {
                        self.touch(at);
                        return self.literal(PartKind::Text, at, self.string_end(end, false), "a quote");
                    }
                    (b'u' | b'U', 1, b'&') if after == b'\'' => {
                        self.touch(at);
                        return self.literal(PartKind::Text, at, self.string_end(end + 1, false), "a quote");
                    }
                    _ => {
                        self.word(at..end);
                        self.at = end;
                    }
                }
            }
            _ if b.is_ascii_digit() => {
                self.touch(at);
                self.at = self.run(at, |b| b.is_ascii_alphanumeric() || b == b'_');
            }
            _ => {
                self.touch(at);
                self.at += 1;
            }
        }
        None
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(piece) = self.next.take() {
            return Some(piece);
        }
        while let Some(b) = self.bytes.get(self.at) {
            if let Some(piece) = self.step(*b) {
                return Some(piece);
            }
        }
        self.at = self.bytes.len();
        self.finish(self.at, End::Eof)
    }
}
