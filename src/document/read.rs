//! Parser events to the tree. The only file that names the YAML crate.

use super::characters;
use super::shown::{quoted, shown};
use super::{DUPLICATE_KEY, EMPTY, Entry, FORBIDDEN_FEATURE, KEY_NOT_TEXT, Limits, MAX_DEPTH, MAX_FINDINGS, Node, SYNTAX, TOO_COMPLEX, Value, scalar};
use crate::finding::Finding;
use crate::source::{SourceId, Sources, Span};
use serde_yaml::granit_parser::{self, ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// The tree of a text that has no byte-order mark any more.
pub(super) fn tree(sources: &Sources, id: SourceId, text: &str, limits: Limits) -> Result<Node, Vec<Finding>> {
    // Positions count from the first byte of the file.
    let offset = sources.get(id).bytes().len() - text.len();
    let mut reader = Reader { sources, id, text, offset, limits, open: Vec::new(), root: None, documents: 0, nodes: 0, findings: Vec::new() };
    let mut options = granit_parser::Options::default();
    options.disallow_directives = true;
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    // One more than is read, so that the limit is reported in our words and at the value that breaks it.
    options.flow_nesting_limit = MAX_DEPTH + 1;
    options.block_nesting_limit = MAX_DEPTH + 1;
    options.set_emit_comments(false);
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => reader.event(event, span),
            Err(error) => {
                reader.syntax(&error);
                ControlFlow::Break(())
            }
        };
        if step.is_break() || reader.findings.len() >= MAX_FINDINGS {
            break;
        }
    }
    reader.finish()
}

/// A map or list that is not closed yet.
enum Open {
    Seq { start: usize, flow: bool, items: Vec<Node> },
    Map { start: usize, flow: bool, entries: Vec<Entry>, seen: HashMap<String, Span>, key: Option<Key> },
}

/// A key that waits for its value; `name` is `None` where the key is an error already.
struct Key {
    name: Option<String>,
    span: Span,
}

struct Reader<'a> {
    sources: &'a Sources,
    id: SourceId,
    limits: Limits,
    text: &'a str,
    offset: usize,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> ControlFlow<()> {
        let at = self.span(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.forbid(
                        at,
                        "a second document starts here, and a spec is one document".to_owned(),
                        "remove the line with ---, or put the second document into a file of its own",
                    );
                    return ControlFlow::Break(());
                }
            }
            Event::Scalar(decoded, style, _, tag) => {
                self.tag(tag.is_some(), span);
                self.count(at)?;
                self.scalar(&decoded, style, at);
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.count(at)?;
                let alias = shown(self.slice(at));
                self.forbid(
                    at,
                    format!("{alias} is an alias, which secgen does not read"),
                    "write the value out; put what several specs share into a file and name it under extends",
                );
                self.node(Node { value: Value::Text(alias), span: at }, false);
            }
            Event::Anchor(..) => {
                let anchor = shown(self.slice(at));
                self.forbid(
                    at,
                    format!("{anchor} is an anchor, which secgen does not read"),
                    &format!("remove {anchor}, and write the value out wherever it is needed"),
                );
            }
            Event::SequenceStart(style, _, tag) => {
                self.tag(tag.is_some(), span);
                self.start(at, Open::Seq { start: at.range().start, flow: style == StructureStyle::Flow, items: Vec::new() })?;
            }
            Event::MappingStart(style, _, tag) => {
                self.tag(tag.is_some(), span);
                let flow = style == StructureStyle::Flow;
                self.start(at, Open::Map { start: at.range().start, flow, entries: Vec::new(), seen: HashMap::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// The span in the file's own bytes.
    fn span(&self, span: granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let end = range.end.min(self.text.len());
        Span::new(self.id, range.start.min(end) + self.offset, end + self.offset)
    }

    fn slice(&self, span: Span) -> &str {
        let range = span.range();
        self.text.get(range.start.saturating_sub(self.offset)..range.end.saturating_sub(self.offset)).unwrap_or_default()
    }

    fn count(&mut self, at: Span) -> ControlFlow<()> {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return ControlFlow::Continue(());
        }
        let message = format!("the file has more than {} keys and values", self.limits.nodes);
        self.findings.push(Finding::error(&TOO_COMPLEX, message).at(at, "").help(self.limits.help));
        ControlFlow::Break(())
    }

    fn start(&mut self, at: Span, open: Open) -> ControlFlow<()> {
        self.count(at)?;
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(at);
            return ControlFlow::Break(());
        }
        self.open.push(open);
        ControlFlow::Continue(())
    }

    fn too_deep(&mut self, at: Span) {
        let message = format!("the value is nested more than {MAX_DEPTH} levels deep");
        self.findings.push(Finding::error(&TOO_COMPLEX, message).at(at, "").help("no key of a spec is this deep: check the brackets and the indentation"));
    }

    fn scalar(&mut self, decoded: &str, style: ScalarStyle, at: Span) {
        let raw = self.slice(at);
        if let Some(finding) = characters::in_scalar(decoded, raw, at) {
            self.findings.push(finding);
        }
        let plain = style == ScalarStyle::Plain;
        let value = if plain { scalar::plain(decoded) } else { Value::Text(decoded.to_owned()) };
        if plain && decoded == "<<" && self.wants_key() {
            self.forbid(
                at,
                "<< is a merge key, which secgen does not read".to_owned(),
                "write the keys out; put what several specs share into a file and name it under extends",
            );
        }
        self.node(Node { value, span: at }, true);
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn tag(&mut self, tagged: bool, span: granit_parser::Span) {
        if !tagged {
            return;
        }
        let at = self.span(span.tag_span().unwrap_or(span));
        let tag = shown(self.slice(at));
        self.forbid(at, format!("{tag} is a tag, which secgen does not read"), &format!("remove {tag}; to make a value text, write it in quotes"));
    }

    fn forbid(&mut self, at: Span, message: String, help: &str) {
        self.findings.push(Finding::error(&FORBIDDEN_FEATURE, message).at(at, "").help(help));
    }

    fn end(&mut self, at: Span) {
        let Some(open) = self.open.pop() else { return };
        // The end event of a block collection stands after blank lines and comments that do not belong to it.
        let close = |start: usize, flow: bool, last: Option<Span>| {
            let end = if flow { at.range().end } else { last.map_or(start, |span| span.range().end) };
            Span::new(at.source, start, end)
        };
        let node = match open {
            Open::Seq { start, flow, items } => Node { span: close(start, flow, items.last().map(|node| node.span)), value: Value::Seq(items) },
            Open::Map { start, flow, entries, .. } => {
                let last = entries.last().map(|entry| Span { end: entry.value.span.end.max(entry.key_span.end), ..entry.value.span });
                Node { span: close(start, flow, last), value: Value::Map(entries) }
            }
        };
        self.node(node, false);
    }

    /// Puts a finished node where it belongs: the root, a list's item, a map's key or value.
    fn node(&mut self, node: Node, is_scalar: bool) {
        if self.wants_key() {
            let new = self.key(node, is_scalar);
            if let Some(Open::Map { key, .. }) = self.open.last_mut() {
                *key = Some(new);
            }
            return;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq { items, .. }) => items.push(node),
            Some(Open::Map { key, entries, seen, .. }) => {
                let Some(Key { name: Some(name), span }) = key.take() else { return };
                if let Some(first) = seen.get(&name) {
                    let line = self.sources.position(*first).line;
                    let finding = Finding::error(&DUPLICATE_KEY, format!("duplicate key {}: it already stands on line {line}", quoted(&name)));
                    let finding = finding.at(span, "the second").see(*first, "the first");
                    self.findings.push(finding.help("keep one of the two: programs disagree on which of them counts"));
                    return;
                }
                seen.insert(name.clone(), span);
                entries.push(Entry { key: name, key_span: span, value: node });
            }
        }
    }

    fn key(&mut self, node: Node, is_scalar: bool) -> Key {
        let Node { value, span } = node;
        let raw = shown(self.slice(span));
        match value {
            Value::Text(name) if is_scalar => return Key { name: Some(name), span },
            // An alias: reported already.
            Value::Text(_) => {}
            Value::Seq(_) | Value::Map(_) => {
                let finding = Finding::error(&KEY_NOT_TEXT, "a map or list cannot be a key").at(span, "");
                self.findings.push(finding.help("write one word before the colon; a value that starts with { or [ needs a key of its own"));
            }
            Value::Null if raw.is_empty() => {
                let finding = Finding::error(&KEY_NOT_TEXT, "a key is missing before this colon").at(span, "");
                self.findings.push(finding.help("write the key, or remove the line"));
            }
            _ => {
                let finding = Finding::error(&KEY_NOT_TEXT, format!("the key {raw} is not text")).at(span, "");
                self.findings.push(finding.help(format!("write it in quotes: \"{raw}\":")));
            }
        }
        Key { name: None, span }
    }

    fn syntax(&mut self, error: &ScanError) {
        let start = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let end = start + self.text.get(start..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let at = Span::new(self.id, start + self.offset, end + self.offset);
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            self.too_deep(at);
            return;
        }
        let (message, help) = explain(error.kind());
        let mut finding = Finding::error(&SYNTAX, message).at(at, "").help(help);
        if let Some(bracket) = self.open_bracket(at) {
            finding = finding.see(bracket, "this bracket is still open");
        }
        self.findings.push(finding);
    }

    /// The innermost bracket that is open on an earlier line: usually the real cause.
    fn open_bracket(&self, at: Span) -> Option<Span> {
        let start = self.open.iter().rev().find_map(|open| match open {
            Open::Seq { start, flow: true, .. } | Open::Map { start, flow: true, .. } => Some(*start),
            _ => None,
        })?;
        let bracket = Span::new(self.id, start, start + 1);
        (self.sources.position(bracket).line < self.sources.position(at).line && "[{".contains(self.slice(bracket))).then_some(bracket)
    }

    fn finish(mut self) -> Result<Node, Vec<Finding>> {
        match self.root {
            Some(node) if self.findings.is_empty() && !(node.value == Value::Null && node.span.range().is_empty()) => Ok(node),
            _ if self.findings.is_empty() => {
                let at = Span::new(self.id, 0, 0);
                Err(vec![Finding::error(&EMPTY, "the file is empty").at(at, "").help(
                    "write version: 1, service: NAME and targets: ..., or remove the file and run `secgen init`, which writes a spec that fits this folder",
                )])
            }
            _ => {
                self.findings.sort_by_key(|finding| finding.primary.as_ref().map(|label| label.span));
                if self.findings.len() >= MAX_FINDINGS {
                    self.findings.truncate(MAX_FINDINGS);
                    if let Some(last) = self.findings.last_mut() {
                        last.help.push("correct these first: the rest of the file was not read".to_owned());
                    }
                }
                Err(self.findings)
            }
        }
    }
}

/// What is wrong, and what to do, in our words.
fn explain(kind: &ErrorKind) -> (String, &'static str) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::UnclosedFlowCollection { open } => {
            return (format!("the {open} is never closed"), "close it, or put the value in quotes if the bracket belongs to it");
        }
        E::UnexpectedCharacter { character } => {
            return (format!("{} cannot start a value", quoted(&character.to_string())), "write the value in quotes");
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("{close} closes a bracket that {open} opened"), "close brackets in the order in which they were opened");
        }
        E::UnexpectedEofFlowSequence | E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            ("the file ends before a bracket is closed", "close every [ with ] and every { with }")
        }
        E::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "remove it, or put the value in quotes if the bracket belongs to it"),
        E::ExpectedFlowMappingSeparator => ("a comma or } is missing here", "separate the entries with commas, and close the { with }"),
        E::ExpectedFlowSequenceSeparator => ("a comma or ] is missing here", "separate the items with commas, and close the [ with ]"),
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => {
            ("a quote is never closed", "close the quote on the line where it starts; a quote within single quotes is written twice")
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            ("text stands after the closing quote", "put the whole value within the quotes, or remove what follows them")
        }
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => ("this escape does not exist in double quotes", "write \\\\ for a backslash, or use single quotes, which have no escapes"),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart | E::TabInPlainScalar => {
            ("a tab stands where only blanks are allowed", "indent with blanks")
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::FlowMappingValueAdjacentCollection | E::InvalidMappingValueWhitespace => (
            "a colon stands where no key can end",
            "put the value in quotes if the colon belongs to it; otherwise give the key a line of its own, indented like its neighbours",
        ),
        E::ExpectedBlockMappingKey => ("this line does not continue the map above it", "begin it with a key and a colon, indented like its neighbours"),
        E::ExpectedBlockSequenceEntry => {
            ("this line does not continue the list above it", "begin it with - like its neighbours, or indent it like the key that it belongs to")
        }
        E::InvalidIndentation | E::InvalidBlockScalarIndent | E::InvalidFlowScalarIndent | E::InvalidQuotedScalarIndent => {
            ("this line is not indented like its neighbours", "give the keys of one map the same number of blanks in front")
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => ("a key without a colon stands here", "write a colon and a blank after the key, on the same line"),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection | E::InvalidBlockEntryWhitespace => {
            ("a list item (- ) cannot stand here", "put each item on a line of its own, all indented alike, or write [a, b]")
        }
        E::CommentNotSeparated | E::CommentInterceptedScalar => {
            ("a comment cuts a value here", "put a blank before the #, or the value in quotes if the # belongs to it")
        }
        E::DirectiveDisallowed | E::MissingDocumentEndBeforeDirective => ("directives (%YAML, %TAG) are not read", "remove the line that starts with %"),
        E::InvalidBlockScalarHeader | E::ZeroBlockScalarIndent => ("text stands after | or >", "begin the text on the next line, indented"),
        E::InvalidDocumentEnd | E::ExpectedDocumentStart => {
            ("text stands after the end of the document", "remove the line with ... or ---, and what follows it")
        }
        E::MissingAnchorOrAliasName => {
            ("& and * start an anchor or an alias, which secgen does not read", "write the value in quotes if the character belongs to it")
        }
        E::ExpectedTagBang
        | E::InvalidGlobalTagCharacter
        | E::InvalidTagTerminator
        | E::MissingTagUri
        | E::UnclosedVerbatimTag
        | E::InvalidTagEscape
        | E::InvalidTagUtf8
        | E::InvalidTagUtf8LeadingByte
        | E::InvalidTagUtf8TrailingByte
        | E::UndeclaredTagHandle => ("! starts a tag, which secgen does not read", "write the value in quotes if the ! belongs to it"),
        E::MappingKeyNotAllowed => ("a key cannot stand here", "begin a new line for the key, indented like its neighbours"),
        E::PlainScalarStartsWithDashFlowIndicator => ("- and a bracket cannot start a value", "write the value in quotes"),
        _ => ("this is not YAML", "check quotes, brackets, colons and indentation here and in the line above"),
    };
    (message.to_owned(), help)
}
