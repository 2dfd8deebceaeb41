//! The part of the template language that templates of a user may use, read into a tree: output of one value through
//! encoders, `if`, `for` over a list of the context, `include`, comments. No calls, no assignments, no arithmetic: what
//! this reader does not know is refused, so that the engine never sees it.

use std::ops::Range;

/// How deep blocks and conditions may nest.
const MAX_DEPTH: usize = 24;
/// Values that one condition may hold, filters of one value, and branches of one `if`: the engine takes each of them for one
/// more level, and its stack has an end.
const MAX_OPERANDS: usize = 32;
const MAX_FILTERS: usize = 4;
const MAX_BRANCHES: usize = 32;

/// A name of the context with what stands behind its dots, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// `http`, `headers`.
    pub(super) parts: Vec<String>,
    /// Bytes of the template.
    pub(super) at: Range<usize>,
}

/// A piece of a template that does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// `{{ path | filter | encoder }}`.
    Output { path: Path, filters: Vec<(String, Range<usize>)> },
    /// `{% if %}` with the values that its conditions name, how many values of any kind they hold, and its bodies.
    If { asked: Vec<Path>, operands: usize, bodies: Vec<Vec<Self>> },
    /// `{% for name in path %}`, and what stands below `{% else %}`.
    For { name: String, list: Path, body: Vec<Self>, otherwise: Vec<Self> },
    /// `{% include "name" %}`.
    Include { name: String, at: Range<usize> },
}

/// What is wrong with a template, and where.
pub(super) type Wrong = (Range<usize>, String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number,
    /// `|`, `.`, `(`, `)`, `==`, `!=`, `<`, `<=`, `>`, `>=`.
    Sign(&'static str),
}

/// A tag: what it begins with, and what stands inside.
struct Tag {
    is_output: bool,
    tokens: Vec<(Token, Range<usize>)>,
    at: Range<usize>,
}

/// Reads a template.
///
/// # Errors
/// The first thing that is not of the language.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Wrong> {
    let mut tags = tags(text)?.into_iter().peekable();
    let nodes = body(&mut tags, &[], 0)?.0;
    Ok(nodes)
}

/// All tags of a text. Comments and raw text have none.
fn tags(text: &str) -> Result<Vec<Tag>, Wrong> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + found;
        let is_output = match text.as_bytes().get(start + 1) {
            Some(b'{') => true,
            Some(b'%') => false,
            // Where this one ends is a matter of taste.
            Some(b'#') if text[start..].starts_with("{#}") => return Err((start..start + 3, "{#} is no comment: write {# text #}".to_owned())),
            Some(b'#') => {
                let end = text[start + 2..].find("#}").ok_or_else(|| (start..start + 2, "the comment does not end: write #}".to_owned()))?;
                at = start + 2 + end + 2;
                continue;
            }
            _ => {
                at = start + 1;
                continue;
            }
        };
        let tag = tag(text, start, is_output)?;
        at = tag.at.end;
        tags.push(tag);
    }
    Ok(tags)
}

/// One tag from its opening on.
fn tag(text: &str, start: usize, is_output: bool) -> Result<Tag, Wrong> {
    let bytes = text.as_bytes();
    let close: &[u8] = if is_output { b"}}" } else { b"%}" };
    let mut tokens = Vec::new();
    let mut i = start + 2;
    if bytes.get(i) == Some(&b'-') {
        i += 1;
    }
    loop {
        let Some(c) = bytes.get(i).copied() else {
            return Err((start..start + 2, format!("the tag does not end: write {}", String::from_utf8_lossy(close))));
        };
        let from = i;
        if bytes[i..].starts_with(close) {
            return Ok(Tag { is_output, tokens, at: start..i + 2 });
        }
        let token = match c {
            b' ' | b'\t' | b'\n' => {
                i += 1;
                continue;
            }
            b'-' if bytes[i + 1..].starts_with(close) => {
                i += 1;
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                i += bytes[i..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                Token::Word(text[from..i].to_owned())
            }
            b'0'..=b'9' => {
                i += bytes[i..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                if !text[from..i].bytes().all(|b| b.is_ascii_digit()) || i - from > 15 {
                    return Err((from..i, format!("{} is no number that templates may hold", &text[from..i])));
                }
                Token::Number
            }
            b'"' | b'\'' => {
                // An escape would have to be read as the engine reads it.
                let inside = text[i + 1..].find(|x: char| x as u32 == u32::from(c) || x == '\\' || x == '\n');
                let end = inside.map(|n| i + 1 + n).filter(|end| bytes[*end] == c);
                let end = end.ok_or_else(|| (from..from + 1, "the text does not end in its line, or holds a backslash".to_owned()))?;
                i = end + 1;
                Token::Text(text[from + 1..end].to_owned())
            }
            _ => {
                let sign = ["==", "!=", "<=", ">=", "<", ">", "|", ".", "(", ")"].into_iter().find(|sign| bytes[i..].starts_with(sign.as_bytes()));
                let Some(sign) = sign else {
                    let shown = text[from..].chars().next().unwrap_or(' ');
                    return Err((
                        from..from + shown.len_utf8(),
                        format!("{shown:?} is not for templates: they hold names, filters, if, for and include, and no calls, assignments or arithmetic"),
                    ));
                };
                i += sign.len();
                Token::Sign(sign)
            }
        };
        tokens.push((token, from..i));
    }
}

type Tags = std::iter::Peekable<std::vec::IntoIter<Tag>>;

/// Nodes up to one of the closing words, and that tag.
fn body(tags: &mut Tags, ends: &[&str], depth: usize) -> Result<(Vec<Node>, Option<Reader>), Wrong> {
    let mut nodes = Vec::new();
    while let Some(tag) = tags.next() {
        if depth > MAX_DEPTH {
            return Err((tag.at, format!("blocks are nested more than {MAX_DEPTH} deep")));
        }
        let mut reader = Reader { tokens: tag.tokens.into_iter().peekable(), at: tag.at, kept: None };
        if tag.is_output {
            nodes.push(reader.output()?);
            continue;
        }
        let word = reader.word("a word such as if, for or include")?;
        match word.as_str() {
            end if ends.contains(&end) => {
                reader.kept = Some(word);
                return Ok((nodes, Some(reader)));
            }
            "if" => nodes.push(conditional(reader, tags, depth)?),
            "for" => {
                let name = reader.word("the name of each item")?;
                reader.keyword("in")?;
                let list = reader.path()?;
                reader.end()?;
                let open = reader.at.clone();
                let (body_nodes, close) = body(tags, &["endfor", "else"], depth + 1)?;
                let mut close = close.ok_or_else(|| (open.clone(), "the for does not end: write {% endfor %}".to_owned()))?;
                close.end()?;
                let mut otherwise = Vec::new();
                if close.kept.as_deref() == Some("else") {
                    let (nodes, end) = body(tags, &["endfor"], depth + 1)?;
                    otherwise = nodes;
                    end.ok_or_else(|| (open, "the for does not end: write {% endfor %}".to_owned()))?.end()?;
                }
                nodes.push(Node::For { name, list, body: body_nodes, otherwise });
            }
            "include" => {
                let Some((Token::Text(name), _)) = reader.tokens.next() else {
                    return Err((reader.at, "include takes one name in quotes, of a template in the folder".to_owned()));
                };
                reader.end()?;
                nodes.push(Node::Include { name, at: reader.at });
            }
            other => return Err((reader.at, format!("{other} is not for templates: they hold if, for and include"))),
        }
    }
    Ok((nodes, None))
}

/// An `if` with all its branches.
fn conditional(mut reader: Reader, tags: &mut Tags, depth: usize) -> Result<Node, Wrong> {
    let open = reader.at.clone();
    let (mut asked, mut operands, mut bodies) = (Vec::new(), 0, Vec::new());
    operands += reader.whole_condition(&mut asked)?;
    let mut ends: &[&str] = &["elif", "else", "endif"];
    loop {
        let (nodes, close) = body(tags, ends, depth + 1)?;
        bodies.push(nodes);
        let mut close = close.ok_or_else(|| (open.clone(), "the if does not end: write {% endif %}".to_owned()))?;
        match close.kept.take().as_deref() {
            Some("elif") if bodies.len() == MAX_BRANCHES => return Err((close.at, format!("the if has more than {MAX_BRANCHES} branches"))),
            Some("elif") => operands += close.whole_condition(&mut asked)?,
            Some("else") => {
                ends = &["endif"];
                close.end()?;
            }
            _ => {
                close.end()?;
                return Ok(Node::If { asked, operands, bodies });
            }
        }
    }
}

/// The inside of one tag.
struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<(Token, Range<usize>)>>,
    at: Range<usize>,
    kept: Option<String>,
}

impl Reader {
    fn sign(&mut self, wanted: &str) -> bool {
        self.tokens.next_if(|(token, _)| matches!(token, Token::Sign(sign) if *sign == wanted)).is_some()
    }

    fn word(&mut self, what: &str) -> Result<String, Wrong> {
        match self.tokens.next() {
            Some((Token::Word(word), _)) => Ok(word),
            Some((_, at)) => Err((at, format!("{what} belongs here"))),
            None => Err((self.at.clone(), format!("{what} is missing"))),
        }
    }

    fn keyword(&mut self, wanted: &str) -> Result<(), Wrong> {
        let found = self.tokens.next_if(|(token, _)| matches!(token, Token::Word(word) if word == wanted));
        found.map(|_| ()).ok_or_else(|| (self.at.clone(), format!("the word {wanted} is missing")))
    }

    fn end(&mut self) -> Result<(), Wrong> {
        match self.tokens.next() {
            None => Ok(()),
            Some((Token::Sign("("), at)) => Err((at, "calls are not for templates: get_env, now, range, throw and the like have no place".to_owned())),
            Some((_, at)) => Err((at, "nothing more belongs into this tag".to_owned())),
        }
    }

    fn path(&mut self) -> Result<Path, Wrong> {
        let start = self.tokens.peek().map_or(self.at.start, |(_, at)| at.start);
        let mut parts = vec![self.word("a name of the context")?];
        let mut end = start + parts[0].len();
        while self.sign(".") {
            end = self.tokens.peek().map_or(end, |(_, at)| at.end);
            parts.push(self.word("a name")?);
        }
        Ok(Path { parts, at: start..end })
    }

    fn output(&mut self) -> Result<Node, Wrong> {
        let path = self.path()?;
        let mut filters = Vec::new();
        while self.sign("|") {
            let at = self.tokens.peek().map_or(self.at.clone(), |(_, at)| at.clone());
            if filters.len() == MAX_FILTERS {
                return Err((at, format!("a value goes through {MAX_FILTERS} filters at most")));
            }
            filters.push((self.word("a filter")?, at));
        }
        self.end()?;
        Ok(Node::Output { path, filters })
    }

    /// The condition that is the rest of a tag. Says how many values it holds.
    fn whole_condition(&mut self, asked: &mut Vec<Path>) -> Result<usize, Wrong> {
        let mut operands = 0;
        self.condition(asked, &mut operands, 0)?;
        self.end()?;
        Ok(operands)
    }

    /// `a`, `not a`, `a == "x"`, `"x" in a`, with `and`, `or` and brackets.
    fn condition(&mut self, asked: &mut Vec<Path>, operands: &mut usize, depth: usize) -> Result<(), Wrong> {
        if depth > MAX_DEPTH {
            return Err((self.at.clone(), format!("conditions are nested more than {MAX_DEPTH} deep")));
        }
        loop {
            if self.keyword("not").is_ok() && self.keyword("not").is_ok() {
                return Err((self.at.clone(), "not stands twice: take both out".to_owned()));
            }
            if self.sign("(") {
                self.condition(asked, operands, depth + 1)?;
                if !self.sign(")") {
                    return Err((self.at.clone(), "a ) is missing".to_owned()));
                }
            } else {
                self.operand(asked, operands)?;
                let compares = ["==", "!=", "<=", ">=", "<", ">"].into_iter().any(|sign| self.sign(sign)) || self.keyword("in").is_ok();
                if compares {
                    self.operand(asked, operands)?;
                }
            }
            if self.keyword("and").is_err() && self.keyword("or").is_err() {
                return Ok(());
            }
        }
    }

    fn operand(&mut self, asked: &mut Vec<Path>, operands: &mut usize) -> Result<(), Wrong> {
        *operands += 1;
        if *operands > MAX_OPERANDS {
            return Err((self.at.clone(), format!("a condition holds more than {MAX_OPERANDS} values")));
        }
        let literal = |token: &Token| match token {
            Token::Text(_) | Token::Number => true,
            Token::Word(word) => matches!(word.as_str(), "true" | "false"),
            Token::Sign(_) => false,
        };
        if self.tokens.next_if(|(token, _)| literal(token)).is_none() {
            asked.push(self.path()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_may_hold() {
        for text in [
            "",
            "a { b } c",
            "{{ a.b | word }}",
            "{{- a|lower|word -}}",
            "{% if a and not (b == \"x\" or 1 < c.d) %}{% elif \"x\" in a %}{% else %}{% endif %}",
            "{%- for x in a.b -%}{{ x | word }}{% else %}-{% endfor %}",
            "{# {{ a }} {% now() %} #}{% include 'b.tera' %}",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "{{ get_env(name=\"HOME\") | word }}",
            "{{ now() }}",
            "{{ \"text\" | word }}",
            "{{ 1 }}",
            "{{ a | default(value=1) }}",
            "{{ a ~ b | word }}",
            "{{ a[0] | word }}",
            "{{ a.0 | word }}",
            "{{ a if b else c }}",
            "{{ -a }}",
            "{% set a = 1 %}",
            "{% set_global a = 1 %}",
            "{% for i in range(end=9) %}{% endfor %}",
            "{% for k, v in a %}{% endfor %}",
            "{% for x in [1, 2] %}{% endfor %}",
            "{% for x in a %}",
            "{% endfor %}",
            "{% if a %}",
            "{% if a %}{% else %}{% else %}{% endif %}",
            "{% if throw(message=\"x\") %}{% endif %}",
            "{% if a is defined %}{% endif %}",
            "{% if a.b() %}{% endif %}",
            "{% include a %}",
            "{% include [\"a\", \"b\"] %}",
            "{% include \"../a\" ignore missing %}",
            "{% extends \"a\" %}",
            "{% block a %}{% endblock %}",
            "{% filter upper %}{% endfilter %}",
            "{% component a() %}{% endcomponent %}",
            "{% raw %}{{ a }}{% endraw %}",
            "{{ a \"\\\"}}\" }}",
            "{# no end",
            "{#}{{ a }}#}",
            "{{ no end",
            "{{ a?.b | word }}",
            "{{<a/>}}",
            "{{ caf\u{e9} | word }}",
        ] {
            let accepted = parse(text).is_ok();
            assert!(!accepted, "{text}");
        }
        let deep = format!("{}{}", "{% if a %}".repeat(99), "{% endif %}".repeat(99));
        assert!(parse(&deep).is_err());
        assert!(parse(&format!("{{% if {}a{} %}}{{% endif %}}", "(".repeat(9999), ")".repeat(9999))).is_err());
        // Long is deep for the engine.
        for (head, piece, tail) in [
            ("{% if a %}", "{% elif a %}", "{% endif %}"),
            ("{% if a", " or a", " %}{% endif %}"),
            ("{% if a", " == a and a", " %}{% endif %}"),
            ("{% if ", "not ", "a %}{% endif %}"),
            ("{{ a ", "| lower ", "| word }}"),
        ] {
            assert!(parse(&format!("{head}{}{tail}", piece.repeat(9999))).is_err(), "{piece}");
        }
    }
}
