//! Configuration that is made by a template engine.
//!
//! Files for `envsubst` (the official image runs it over `*.template`) are read with the values that the spec declares,
//! put in before parsing just as `envsubst` does, so that they count at every place; spans still name the file's own
//! lines. A file that any other engine renders, or that lacks a value, cannot be read: unknown, never an error of syntax.
//!
//! `{{` may stand in quoted values, expressions and Lua of a plain file. A file is a template by a mark outside of those,
//! or, where its name says so, by any mark.

use super::lex::{End, Lexer, SyntaxError, Word};
use super::rules;
use super::tree::{self, Directive};
use crate::finding::{Cause, Finding, Label};
use crate::policy::Policy;
use crate::source::{MAX_CONFIG_BYTES, SourceId, Span};
use crate::targets::{Fact, Found};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Names of files for `envsubst`, by their end.
const ENVSUBST: [&str; 2] = [".template", ".tmpl"];
/// Names of files for other engines, by their end.
const ENGINES: [&str; 12] = [".j2", ".jinja", ".jinja2", ".erb", ".tpl", ".gotmpl", ".tmpl", ".template", ".mustache", ".hbs", ".epp", ".ejs"];
/// What opens an expression of a template engine.
const MARKS: [&[u8]; 3] = [b"{{", b"{%", b"<%"];

/// A file's name without what says that `envsubst` makes it.
#[must_use]
pub fn without_end(name: &str) -> &str {
    ENVSUBST.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// What the spec declares under `targets.nginx.values`.
pub type Values = BTreeMap<String, String>;

/// Why a file gives no directives.
#[derive(Debug)]
pub enum Problem {
    /// nginx would refuse it.
    Syntax(SyntaxError),
    /// It is a template.
    Template(Template),
    /// With its values put in, it is larger than any file that is read.
    TooLarge,
}

/// A file that only its template engine can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The first mark.
    pub span: Span,
    /// Placeholders of `envsubst` without a declared value; empty for another engine.
    pub undeclared: Vec<String>,
}

impl Template {
    /// Why the file is not read, as a sentence without a full stop.
    #[must_use]
    pub fn why(&self) -> String {
        match self.undeclared.split_first() {
            None => "a template: which lines nginx gets to read is decided by its engine".to_owned(),
            Some((first, [])) => format!("a template: nothing says what ${{{first}}} stands for"),
            Some((first, others)) => format!("a template: nothing says what ${{{first}}} and {} more placeholders stand for", others.len()),
        }
    }

    fn help(&self) -> Vec<String> {
        let rendered = "check what the engine makes of it: pipe the rendered file into secgen, as in `RENDER-COMMAND | secgen check --source nginx=-`";
        let lines: Vec<String> = self.undeclared.iter().take(8).map(|name| format!("{name}: \"...\"")).collect();
        let more = if self.undeclared.len() > 8 { ", ..." } else { "" };
        let declare = (!lines.is_empty()).then(|| format!("state what stands for them: targets.nginx.values: {{ {}{more} }}", lines.join(", ")));
        declare.into_iter().chain([rendered.to_owned()]).collect()
    }

    /// Facts about every intent: unknown.
    #[must_use]
    pub fn facts(&self, intents: &[String], path: &str) -> Vec<Fact> {
        let fact = |intent: &String| Fact {
            intent: intent.clone(),
            place: path.to_owned(),
            found: Found::Unverifiable(format!("{path} is {}", self.why())),
            cause: Cause::Template,
            at: Some(Label::new(self.span, "the first line that only its engine can read")),
            related: Vec::new(),
            rule: &rules::TEMPLATE,
            help: self.help(),
            group: None,
        };
        intents.iter().map(fact).collect()
    }
}

/// The values that the spec declares, without those that are refused: these become findings.
#[must_use]
pub fn values(policy: &Policy, findings: &mut Vec<Finding>) -> Values {
    let declared = policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref()).and_then(|t| t.values.as_ref());
    let mut values = Values::new();
    for (name, value) in declared.into_iter().flatten() {
        let Some(why) = refuses(value.as_str()) else {
            values.insert(name.to_string(), value.to_string());
            continue;
        };
        let key = format!("targets.nginx.values.{name}");
        let mut finding =
            Finding::error(&rules::VALUE, format!("{key} holds {why}")).help("put what it adds into the file itself, and let the value be plain words");
        if let Some(span) = policy.origin(&key) {
            finding = finding.at(span, "this value");
        }
        findings.push(finding.intent(key));
    }
    values
}

/// What of a value would change the structure of a file, as a part of a sentence; `None` if nothing does.
#[must_use]
pub fn refuses(value: &str) -> Option<&'static str> {
    if value.contains([';', '{', '}']) {
        return Some("a semicolon or brace, which ends statements and opens blocks");
    }
    if value.contains(['"', '\'', '\\']) {
        return Some("a quote or backslash, which changes where words end");
    }
    if value.contains(char::is_control) {
        return Some("a line break or another control character");
    }
    (value.starts_with('#') || value.contains(" #")).then_some("a # at the start of a word, which makes the rest of the line a comment")
}

/// Reads a file's directives, with the declared values put in.
///
/// # Errors
/// As [`Problem`].
pub fn parse(id: SourceId, path: &str, bytes: &[u8], values: &Values) -> Result<Vec<Directive>, Problem> {
    let named = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    let template = |span: Span| Problem::Template(Template { span, undeclared: Vec::new() });
    let by_name = named(&ENGINES);
    if by_name && let Some(span) = mark(id, bytes, true) {
        return Err(template(span));
    }
    let (text, map) = substitute(bytes, values).ok_or(Problem::TooLarge)?;
    let mut directives = match tree::parse(id, &text, 0..text.len()) {
        Ok(directives) => directives,
        Err(error) => {
            let error = SyntaxError { span: map.span(error.span), ..error };
            return Err(mark(id, bytes, false).or_else(|| mark_near(bytes, error.span)).map_or(Problem::Syntax(error), template));
        }
    };
    let suspicious = |mark: &[u8]| bytes.windows(2).any(|w| w == mark);
    if [&b"<%"[..], b"@@", b"{%"].into_iter().any(suspicious)
        && let Some(span) = mark(id, bytes, false)
    {
        return Err(template(span));
    }
    if !map.is_empty() {
        for directive in &mut directives {
            directive.map_spans(&|span| map.span(span));
        }
    }
    if named(&ENVSUBST) {
        let (mut first, mut names) = (None, BTreeSet::new());
        undeclared(&directives, &mut first, &mut names);
        if let Some(span) = first {
            return Err(Problem::Template(Template { span, undeclared: names.into_iter().collect() }));
        }
    }
    Ok(directives)
}

/// Where the pieces of a text that were put in came from, in order.
#[derive(Debug, Default)]
struct Map(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    new: std::ops::Range<usize>,
    old: std::ops::Range<usize>,
}

impl Map {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A span of the new text in the old one: a value stands for its whole placeholder.
    fn span(&self, span: Span) -> Span {
        let at = |offset: usize, is_end: bool| {
            let before = self.0.partition_point(|p| if is_end { p.new.start < offset } else { p.new.start <= offset });
            match before.checked_sub(1).and_then(|i| self.0.get(i)) {
                None => offset,
                Some(p) if is_end && offset <= p.new.end => p.old.end,
                Some(p) if !is_end && offset < p.new.end => p.old.start,
                Some(p) => p.old.end + (offset - p.new.end),
            }
        };
        Span::new(span.source, at(span.start as usize, false), at(span.end as usize, span.end > span.start))
    }
}

/// The placeholder at the start of a text, as `envsubst` reads it (`$NAME` or `${NAME}`): its name and length.
fn placeholder(text: &[u8]) -> Option<(&str, usize)> {
    let rest = text.strip_prefix(b"$")?;
    let (rest, braces) = rest.strip_prefix(b"{").map_or((rest, false), |rest| (rest, true));
    let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let name = std::str::from_utf8(&rest[..length]).ok().filter(|n| n.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))?;
    match (braces, rest.get(length)) {
        (true, Some(b'}')) => Some((name, length + 3)),
        (true, _) => None,
        (false, _) => Some((name, length + 1)),
    }
}

/// Puts the declared values in. `None` if the text grows too large.
fn substitute<'b>(bytes: &'b [u8], values: &Values) -> Option<(Cow<'b, [u8]>, Map)> {
    let (mut out, mut map, mut copied) = (Vec::new(), Map::default(), 0);
    if values.is_empty() {
        return Some((Cow::Borrowed(bytes), map));
    }
    let mut pos = 0;
    while let Some(found) = bytes[pos..].iter().position(|b| *b == b'$') {
        let start = pos + found;
        pos = start + 1;
        let Some((value, length)) = placeholder(&bytes[start..]).and_then(|(name, length)| Some((values.get(name)?, length))) else { continue };
        out.extend_from_slice(&bytes[copied..start]);
        map.0.push(Piece { new: out.len()..out.len() + value.len(), old: start..start + length });
        out.extend_from_slice(value.as_bytes());
        pos = start + length;
        copied = pos;
        if out.len() as u64 > MAX_CONFIG_BYTES {
            return None;
        }
    }
    if map.is_empty() {
        return Some((Cow::Borrowed(bytes), map));
    }
    out.extend_from_slice(&bytes[copied..]);
    Some((Cow::Owned(out), map))
}

/// Placeholders that nothing fills: names in capital letters, which no variable of nginx has. Comments and Lua are left out.
fn undeclared(directives: &[Directive], first: &mut Option<Span>, names: &mut BTreeSet<String>) {
    for directive in directives {
        for word in directive.words() {
            for (i, _) in word.value.iter().enumerate().filter(|(_, b)| **b == b'$') {
                let Some((name, _)) = placeholder(&word.value[i..]) else { continue };
                if name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
                    first.get_or_insert(word.span);
                    names.insert(name.to_owned());
                }
            }
        }
        // As deep as the parser allows, no deeper.
        undeclared(directive.children(), first, names);
    }
}

/// The first mark of a template engine outside of comments and Lua; in quoted words only where `quoted` says so.
fn mark(id: SourceId, bytes: &[u8], quoted: bool) -> Option<Span> {
    let mut lexer = Lexer::new(id, bytes, 0);
    let mut words: Vec<Word> = Vec::new();
    loop {
        let end = match lexer.next(&mut words) {
            Ok(End::Text) => return None,
            Ok(end) => end,
            // At the start of a statement nginx stops at the first brace.
            Err(error) => {
                let at = error.span.start as usize;
                let opens = bytes.get(at..at + 2).is_some_and(|b| matches!(b, b"{{" | b"{%" | b"{#"));
                return opens.then(|| lexer.span(at, at + 2));
            }
        };
        for word in &words {
            let start = word.span.start as usize;
            let raw = &bytes[word.span.range()];
            let bare = word.quote == super::lex::Quote::None;
            if bare && (raw.starts_with(b"<%") || is_at_mark(raw)) {
                return Some(word.span);
            }
            if quoted && let Some(i) = raw.windows(2).position(|w| MARKS.contains(&w)) {
                return Some(lexer.span(start + i, start + i + 2));
            }
        }
        if end == End::BlockStart {
            let pos = lexer.pos();
            let rest = bytes.get(pos..).unwrap_or_default();
            // A block whose first byte is one more brace is an error; `{%` is a block with an odd name, unless it is closed.
            if rest.starts_with(b"{") || rest.starts_with(b"%") && rest.windows(2).any(|w| w == b"%}") {
                return Some(lexer.span(pos - 1, pos + 1));
            }
            if words.first().is_some_and(tree::is_lua_block) && lexer.skip_lua().is_err() {
                return None;
            }
        }
    }
}

/// `@@NAME@@`
fn is_at_mark(word: &[u8]) -> bool {
    let Some(start) = word.windows(2).position(|w| w == b"@@") else { return false };
    let name = &word[start + 2..];
    let length = name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    length > 0 && name[length..].starts_with(b"@@")
}

/// A mark on the line of an error: an expression with quotes of its own ends a quoted value too early.
fn mark_near(bytes: &[u8], error: Span) -> Option<Span> {
    let at = (error.start as usize).min(bytes.len());
    let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| at + i);
    let line = &bytes[start..end];
    let found = line.windows(2).position(|w| MARKS.contains(&w))?;
    let closed = line[found..].windows(2).any(|w| matches!(w, b"}}" | b"%}" | b"%>"));
    closed.then(|| Span::new(error.source, start + found, start + found + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn read(path: &str, text: &str, values: &[(&str, &str)]) -> Result<Vec<Directive>, String> {
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add(path, text);
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        parse(id, path, text.as_bytes(), &values).map_err(|problem| match problem {
            Problem::Syntax(error) => format!("syntax {}", sources.position(error.span).line),
            Problem::Template(template) => format!("template {} {}", sources.position(template.span).line, template.undeclared.join(",")),
            Problem::TooLarge => "too large".to_owned(),
        })
    }

    fn words(directives: &[Directive]) -> Vec<Vec<String>> {
        directives.iter().map(|d| d.words().iter().map(Word::text).collect()).collect()
    }

    #[test]
    fn values_are_put_in_as_envsubst_does() {
        let text = "listen ${PORT} $FLAGS;\nserver_name $NAMES;\nx \"${PORT}\" $PORTS ${PORT$PORT} $$PORT $lower a${PORT}b;";
        let directives = read("site.conf", text, &[("PORT", "8080"), ("FLAGS", ""), ("NAMES", "a.example b.example"), ("lower", "l")]).unwrap();
        let expected = [&["listen", "8080"][..], &["server_name", "a.example", "b.example"], &["x", "8080", "$PORTS", "${PORT8080}", "$8080", "l", "a8080b"]];
        assert_eq!(words(&directives), expected);
        assert_eq!(&text[directives[0].words()[1].span.range()], "${PORT}");
        assert_eq!(&text[directives[1].span.range()], "server_name $NAMES;");
        assert_eq!(&text[directives[1].words()[2].span.range()], "$NAMES");
        assert_eq!(&text[directives[2].words()[6].span.range()], "a${PORT}b");
    }

    #[test]
    fn errors_name_the_line_of_the_file() {
        assert_eq!(read("a", "x $A;\ny $A\n\"b\"c;", &[("A", "a long value here")]).unwrap_err(), "syntax 3");
        assert_eq!(read("a", "x $A;\n}", &[("A", "1 2 3 4 5 6 7 8")]).unwrap_err(), "syntax 2");
    }

    #[test]
    fn a_placeholder_without_a_value_makes_a_template() {
        let text = "listen 80;\nserver_name ${HOST}; # ${NOT}\nx $host $H ${lower};\ny \"a $OTHER\";";
        assert_eq!(read("a.conf.template", text, &[]).unwrap_err(), "template 2 HOST,OTHER");
        assert_eq!(read("a.conf.template", text, &[("HOST", "h")]).unwrap_err(), "template 4 OTHER");
        assert!(read("a.conf.template", text, &[("HOST", "h"), ("OTHER", "o")]).is_ok());
        assert!(read("a.conf", text, &[]).is_ok(), "a variable like any other");
    }

    #[test]
    fn other_engines_are_known_by_their_marks() {
        for (text, line) in [
            ("server {\n  listen {{ port }};\n}", 2),
            ("{% if tls %}\nlisten 443;\n{% endif %}", 1),
            ("listen 80;\n{{- range .Hosts }}\nserver { }\n{{- end }}", 2),
            ("listen 80 {% if tls %}ssl{% endif %};", 1),
            ("\n{# a comment #}\nlisten 80;", 2),
            ("x 1;\n<% if tls %>\nlisten 443;\n<% end %>", 2),
            ("x 1;\nserver_name <%= name %>;", 2),
            ("x 1;\n@@EXTRA@@\ny 2;", 2),
            ("x 1;\nserver_name a.@@DOMAIN@@;", 2),
            ("x 1;\nadd_header X \"{{ x | default(\"a\") }}\";", 2),
            ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n", 4),
        ] {
            assert_eq!(read("a.conf", text, &[]).unwrap_err(), format!("template {line} "), "{text}");
        }
    }

    #[test]
    fn marks_may_stand_in_plain_files() {
        for text in [
            "log_format j '{{ \"a\": 1 }}';",
            "location ~ \"^/a{{1,2}}$\" { }",
            "# {{ x }} {% y %} <% z %> @@A@@\nx 1;",
            "a_by_lua_block { local t = {{1}, {2}} -- {% %}\n}",
            "map $a $b {%20 1; }",
            "x \"<% a %>\" '@@A@@' a@@b c@@;",
        ] {
            assert!(read("a.conf", text, &[]).is_ok(), "{text}: {:?}", read("a.conf", text, &[]));
        }
        assert_eq!(read("a.conf.j2", "x 1;\nadd_header X \"{{ x }}\";", &[]).unwrap_err(), "template 2 ");
        assert_eq!(read("a.conf", "log_format j '{{ a }}';\nx \"a\"b;", &[]).unwrap_err(), "syntax 2", "the mark is not what is wrong");
    }

    #[test]
    fn values_that_change_the_structure_are_refused() {
        for bad in ["a;b", "a{", "}", "a\"", "'", "a\\", "a\nb", "#a", "a #b"] {
            assert!(refuses(bad).is_some(), "{bad:?}");
        }
        for good in ["", "a b", "https://x.example/#a", "$host", "max-age=1, x=2"] {
            assert!(refuses(good).is_none(), "{good:?}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let text = "x $A$A$A$A$A$A$A$A;\n".repeat(5000);
        assert_eq!(read("a", &text, &[("A", &"a".repeat(1000))]).unwrap_err(), "too large");
    }
}
