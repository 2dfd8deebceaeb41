//! Statements to a tree of directives, for one file. Includes stay directives here; [`super::include`] splices them.

use super::lex::{End, Lexer, Quote, SyntaxError, Word};
use crate::source::{SourceId, Span};

/// The deepest nesting of blocks in one file.
pub const MAX_DEPTH: usize = 64;

/// A directive with its arguments, and its block where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Name and arguments; never empty.
    words: Vec<Word>,
    /// From the name to `;` or `{`.
    pub span: Span,
    /// What follows.
    pub body: Body,
}

/// What follows a directive's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// `;`
    None,
    /// `{ ... }` with directives, or with lines of the block's own kind (`map`, `types`).
    Block(Vec<Directive>),
    /// `{ ... }` in another language, not read.
    Foreign(Span),
}

impl Directive {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &Word {
        &self.words[0]
    }

    /// The arguments.
    #[must_use]
    pub fn args(&self) -> &[Word] {
        &self.words[1..]
    }

    /// An argument, from 0.
    #[must_use]
    pub fn arg(&self, index: usize) -> Option<&Word> {
        self.words.get(index + 1)
    }

    /// Whether its name is exactly this.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().is(name)
    }

    /// Name and arguments.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Rewrites every span, where the text that was parsed is not the file's own.
    pub(super) fn map_spans(&mut self, map: &dyn Fn(Span) -> Span) {
        self.span = map(self.span);
        self.words.iter_mut().for_each(|word| word.span = map(word.span));
        match &mut self.body {
            Body::None => {}
            // As deep as the parser allows, no deeper.
            Body::Block(children) => children.iter_mut().for_each(|child| child.map_spans(map)),
            Body::Foreign(span) => *span = map(*span),
        }
    }

    /// Its block's directives; none without a block.
    #[must_use]
    pub fn children(&self) -> &[Directive] {
        match &self.body {
            Body::Block(children) => children,
            Body::None | Body::Foreign(_) => &[],
        }
    }
}

/// Whether a directive of this name has a block of Lua.
pub(super) fn is_lua_block(word: &Word) -> bool {
    word.value.ends_with(b"_by_lua_block")
}

/// Reads a whole text (or the part of it in `range`).
///
/// # Errors
/// The first place where nginx would refuse it. Nothing of such a text may be used.
pub fn parse(source: SourceId, bytes: &[u8], range: std::ops::Range<usize>) -> Result<Vec<Directive>, SyntaxError> {
    let bytes = bytes.get(..range.end).unwrap_or(bytes);
    if bytes.get(range.start..).is_some_and(|b| b.starts_with(b"\xef\xbb\xbf")) {
        let span = Span::new(source, range.start, range.start + 3);
        let why = "a byte order mark, which nginx takes for a part of the first directive's name".to_owned();
        return Err(SyntaxError { span, why, at_end: false });
    }
    let mut lexer = Lexer::new(source, bytes, range.start);
    let mut quantifier = None;
    blocks(&mut lexer, bytes, &mut quantifier).map_err(|error| match quantifier {
        // The braces of `^/a{1,3}$` without quotes open and close blocks; what nginx stumbles over stands far below.
        Some(span) => {
            SyntaxError { span, why: "this \"{\" ends the word and opens a block: put an expression that holds braces in quotes".to_owned(), ..error }
        }
        None => error,
    })
}

/// Reads directives up to the end. `quantifier` gets the first `{` that looks like one of an expression.
fn blocks(lexer: &mut Lexer, bytes: &[u8], quantifier: &mut Option<Span>) -> Result<Vec<Directive>, SyntaxError> {
    let mut words = Vec::new();
    let mut level: Vec<Directive> = Vec::new();
    // The blocks that are open: their directive, and the directives before it on its level.
    let mut open: Vec<(Vec<Word>, Span, Vec<Directive>)> = Vec::new();
    loop {
        let end = lexer.next(&mut words)?;
        let span = words.first().map_or_else(|| lexer.span(lexer.pos(), lexer.pos()), |first| lexer.span(first.span.start as usize, lexer.pos()));
        match end {
            End::Statement => level.push(Directive { words: std::mem::take(&mut words), span, body: Body::None }),
            End::BlockStart if words.first().is_some_and(is_lua_block) => {
                let body = Body::Foreign(lexer.skip_lua()?);
                level.push(Directive { words: std::mem::take(&mut words), span, body });
            }
            End::BlockStart => {
                let brace = lexer.pos() - 1;
                let is_glued = words.last().is_some_and(|w| w.quote == Quote::None && w.span.end as usize == brace);
                if is_glued && bytes.get(brace + 1).is_some_and(u8::is_ascii_digit) {
                    quantifier.get_or_insert(lexer.span(brace, brace + 1));
                }
                if open.len() == MAX_DEPTH {
                    return Err(SyntaxError { span, why: format!("blocks are nested more than {MAX_DEPTH} deep"), at_end: false });
                }
                open.push((std::mem::take(&mut words), span, std::mem::take(&mut level)));
            }
            End::BlockEnd => {
                let Some((words, span, before)) = open.pop() else {
                    let span = lexer.span(lexer.pos() - 1, lexer.pos());
                    return Err(SyntaxError { span, why: "unexpected \"}\": no block is open here".to_owned(), at_end: false });
                };
                let body = Body::Block(std::mem::replace(&mut level, before));
                level.push(Directive { words, span, body });
            }
            End::Text => {
                return match open.pop() {
                    None => Ok(level),
                    Some((_, span, _)) => Err(SyntaxError { span, why: "the file ends before the \"}\" of this block".to_owned(), at_end: true }),
                };
            }
        }
    }
}

/// The `include` lines of a text up to where it breaks: span and path. For a text that does not parse, whose includes
/// nginx has read by then.
#[must_use]
pub fn includes_before(source: SourceId, bytes: &[u8]) -> Vec<(Span, String)> {
    let mut lexer = Lexer::new(source, bytes, 0);
    let (mut words, mut found) = (Vec::new(), Vec::new());
    loop {
        match lexer.next(&mut words) {
            Ok(End::Text) | Err(_) => return found,
            Ok(End::Statement) => {
                if let [name, path] = words.as_slice()
                    && name.is("include")
                {
                    found.push((lexer.span(name.span.start as usize, lexer.pos()), path.text()));
                }
            }
            Ok(End::BlockStart) if words.first().is_some_and(is_lua_block) => {
                if lexer.skip_lua().is_err() {
                    return found;
                }
            }
            Ok(End::BlockStart | End::BlockEnd) => {}
        }
    }
}

/// Whether a directive at the top of a text passes a test by its name and whether it opens a block. The text may be cut
/// off, or break later on; one that breaks before has none.
#[must_use]
pub fn has_at_top(source: SourceId, bytes: &[u8], test: impl Fn(&[u8], bool) -> bool) -> bool {
    let mut lexer = Lexer::new(source, bytes, 0);
    let (mut words, mut depth) = (Vec::new(), 0_usize);
    loop {
        match lexer.next(&mut words) {
            Ok(End::Text) | Err(_) => return false,
            Ok(End::BlockEnd) => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return false,
            },
            Ok(end) => {
                let Some(first) = words.first() else { continue };
                let is_block = end == End::BlockStart;
                if depth == 0 && test(&first.value, is_block) {
                    return true;
                }
                if is_block && is_lua_block(first) {
                    if lexer.skip_lua().is_err() {
                        return false;
                    }
                } else if is_block {
                    depth += 1;
                }
            }
        }
    }
}
