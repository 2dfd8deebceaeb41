//! Bytes to statements: a port of `ngx_conf_read_token` (nginx `src/core/ngx_conf_file.c`), on bytes and with spans.
//!
//! The rules that surprise: `#` and quotes count at the start of a word only; `;` and `{` end an unquoted word, `}` does
//! not; a backslash protects the next byte, and only `\" \' \\ \t \r \n` are undone; nothing but a blank, `;`, `{` or `)`
//! may follow a closing quote; a word may not be longer than nginx's read buffer.

use crate::source::{SourceId, Span};

/// nginx reads through a buffer of this size, and no word (or comment) may outgrow it (`NGX_CONF_BUFFER`).
pub const BUFFER: usize = 4096;

/// How a word was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// Bare.
    None,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
}

/// One word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where, with the quotes.
    pub span: Span,
    /// What nginx makes of it: quotes and escapes undone.
    pub value: Box<[u8]>,
    /// How it was written.
    pub quote: Quote,
}

impl Word {
    /// Whether it is exactly this text.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        *self.value == *text.as_bytes()
    }

    /// As text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// What ends a run of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `;`
    Statement,
    /// `{`
    BlockStart,
    /// `}`, without words before it.
    BlockEnd,
    /// The end of the text, without words before it.
    Text,
}

/// Why a text is not nginx configuration: the bytes that nginx stumbles over, and what about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What, as a sentence without a full stop.
    pub why: String,
    /// Whether more text could have mended it: the text ends in the middle of something.
    pub at_end: bool,
}

/// Reads statements from a part of a text.
#[derive(Debug)]
pub struct Lexer<'a> {
    source: SourceId,
    bytes: &'a [u8],
    pos: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Undoes nginx's escapes.
fn unescape(raw: &[u8]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let undone = match (byte, bytes.peek()) {
            (b'\\', Some(next @ (b'"' | b'\'' | b'\\'))) => Some(*next),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        if undone.is_some() {
            bytes.next();
        }
        out.push(undone.unwrap_or(byte));
    }
    out.into_boxed_slice()
}

impl<'a> Lexer<'a> {
    /// Reads `bytes[start..]` of a text.
    #[must_use]
    pub fn new(source: SourceId, bytes: &'a [u8], start: usize) -> Self {
        Self { source, bytes, pos: start }
    }

    /// The next byte to read.
    #[must_use]
    pub fn pos(&self) -> usize {
        self.pos
    }

    /// A span of this text.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn error(&self, start: usize, end: usize, why: impl Into<String>) -> SyntaxError {
        SyntaxError { span: self.span(start, end), why: why.into(), at_end: false }
    }

    fn unexpected(&self, byte: u8) -> SyntaxError {
        let shown = if byte.is_ascii_graphic() { format!("\"{}\"", char::from(byte)) } else { format!("byte {byte:#04x}") };
        self.error(self.pos - 1, self.pos, format!("unexpected {shown}"))
    }

    /// Reads words into `words` (which it empties first) up to what ends them.
    ///
    /// # Errors
    /// Where nginx would refuse the text.
    pub fn next(&mut self, words: &mut Vec<Word>) -> Result<End, SyntaxError> {
        words.clear();
        // Names as in nginx: whether the last byte left us between words, after a closing quote, ...
        let (mut between, mut need_space, mut comment, mut escaped, mut variable) = (true, false, false, false, false);
        let mut quote = Quote::None;
        let mut start = self.pos;
        loop {
            let Some(&byte) = self.bytes.get(self.pos) else {
                if words.is_empty() && between {
                    return Ok(End::Text);
                }
                let from = words.first().map_or(start, |w| w.span.start as usize).min(self.bytes.len());
                let why = match quote {
                    Quote::None => "the file ends before \";\" or \"}\"",
                    Quote::Single | Quote::Double => "the file ends inside a quoted value",
                };
                let line_end = self.bytes[from..].iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |i| from + i);
                return Err(SyntaxError { at_end: true, ..self.error(from, line_end, why) });
            };
            if self.pos - start == BUFFER {
                let why = match quote {
                    Quote::None => "longer than the 4096 bytes that nginx reads as one word or comment".to_owned(),
                    Quote::Single => "no closing ' within the 4096 bytes that nginx reads as one word".to_owned(),
                    Quote::Double => "no closing \" within the 4096 bytes that nginx reads as one word".to_owned(),
                };
                return Err(self.error(start, start + 20, why));
            }
            self.pos += 1;
            if comment {
                comment = byte != b'\n';
                between = true;
                continue;
            }
            if escaped {
                escaped = false;
                continue;
            }
            if need_space {
                if is_blank(byte) {
                    (between, need_space) = (true, false);
                    continue;
                }
                match byte {
                    b';' => return Ok(End::Statement),
                    b'{' => return Ok(End::BlockStart),
                    b')' => (between, need_space) = (true, false),
                    _ => return Err(self.unexpected(byte)),
                }
            }
            if between {
                start = self.pos - 1;
                if is_blank(byte) {
                    continue;
                }
                match byte {
                    b';' | b'{' if words.is_empty() => return Err(self.unexpected(byte)),
                    b';' => return Ok(End::Statement),
                    b'{' => return Ok(End::BlockStart),
                    b'}' if words.is_empty() => return Ok(End::BlockEnd),
                    b'}' => return Err(self.error(self.pos - 1, self.pos, "unexpected \"}\": the line before it lacks its \";\"")),
                    b'#' => {
                        comment = true;
                        continue;
                    }
                    b'\\' => escaped = true,
                    b'"' | b'\'' => {
                        quote = if byte == b'"' { Quote::Double } else { Quote::Single };
                        start += 1;
                    }
                    b'$' => variable = true,
                    _ => {}
                }
                between = false;
                continue;
            }
            if byte == b'{' && variable {
                continue;
            }
            variable = false;
            let ended = match (byte, quote) {
                (b'\\', _) => {
                    escaped = true;
                    false
                }
                (b'$', _) => {
                    variable = true;
                    false
                }
                (b'"', Quote::Double) | (b'\'', Quote::Single) => true,
                (_, Quote::None) => is_blank(byte) || matches!(byte, b';' | b'{'),
                _ => false,
            };
            if !ended {
                continue;
            }
            let end = self.pos - 1;
            let value = unescape(&self.bytes[start..end]);
            let quoted = quote != Quote::None;
            let span = if quoted { self.span(start - 1, self.pos) } else { self.span(start, end) };
            words.push(Word { span, value, quote });
            quote = Quote::None;
            if quoted {
                need_space = true;
                continue;
            }
            match byte {
                b';' => return Ok(End::Statement),
                b'{' => return Ok(End::BlockStart),
                _ => between = true,
            }
        }
    }

    /// Skips a block of Lua whose `{` was just read, up to and with its `}`: strings, long brackets and comments of Lua
    /// hide braces (lua-nginx-module reads its `*_by_lua_block` the same way).
    ///
    /// # Errors
    /// The text ends first.
    pub fn skip_lua(&mut self) -> Result<Span, SyntaxError> {
        let open = self.pos - 1;
        let mut depth = 1_usize;
        while let Some(&byte) = self.bytes.get(self.pos) {
            self.pos += 1;
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.span(open, self.pos));
                    }
                }
                b'"' | b'\'' => self.skip_lua_string(byte),
                b'[' => {
                    if let Some(level) = self.lua_long_bracket() {
                        self.skip_lua_long(level);
                    }
                }
                b'-' if self.bytes.get(self.pos) == Some(&b'-') => {
                    self.pos += 1;
                    let long = (self.bytes.get(self.pos) == Some(&b'[')).then(|| {
                        self.pos += 1;
                        self.lua_long_bracket()
                    });
                    match long.flatten() {
                        Some(level) => self.skip_lua_long(level),
                        None => self.skip_past(b'\n'),
                    }
                }
                _ => {}
            }
        }
        Err(SyntaxError { at_end: true, ..self.error(open, open + 1, "this block of Lua is never closed") })
    }

    fn skip_past(&mut self, byte: u8) {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        self.pos = rest.iter().position(|b| *b == byte).map_or(self.bytes.len(), |i| self.pos + i + 1);
    }

    fn skip_lua_string(&mut self, quote: u8) {
        while let Some(&byte) = self.bytes.get(self.pos) {
            self.pos += 1;
            match byte {
                b'\\' => self.pos += 1,
                // A Lua string does not span lines: an apostrophe that is none ends here.
                b'\n' => return,
                _ if byte == quote => return,
                _ => {}
            }
        }
    }

    /// After `[`: the number of `=` of a long bracket, which is then consumed.
    fn lua_long_bracket(&mut self) -> Option<usize> {
        let rest = self.bytes.get(self.pos..)?;
        let level = rest.iter().take_while(|b| **b == b'=').count();
        (rest.get(level) == Some(&b'[')).then(|| {
            self.pos += level + 1;
            level
        })
    }

    fn skip_lua_long(&mut self, level: usize) {
        let close: Vec<u8> = std::iter::once(b']').chain(std::iter::repeat_n(b'=', level)).chain([b']']).collect();
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        self.pos = rest.windows(close.len()).position(|w| w == close).map_or(self.bytes.len(), |i| self.pos + i + close.len());
    }
}
