//! What `nginx -T` prints: every file of a configuration, one after the other, each below a line that names it.
//!
//! nginx writes `# configuration file PATH:` and a line end, the file as it is, and a line end (`ngx_dump_config` in
//! `src/core/nginx.c`); each file once, the main one first, by the path under which it was included. The line looks like
//! a comment, so it counts between statements at the top of a file only: not in a quoted value, not in a block.

use super::include::Matcher;
use super::lex::{End, Lexer, Word};
use super::rules;
use crate::finding::Finding;
use crate::source::{self, SourceId, Sources, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// How a line starts that names a file.
const MARK: &[u8] = b"# configuration file ";
/// Names that patterns of one dump are compared with, all together.
const MAX_COMPARISONS: usize = 5_000_000;

/// The files of one run of `nginx -T`.
#[derive(Debug)]
pub struct Dump {
    /// In the order of the text, the main file first.
    pub parts: Vec<SourceId>,
    /// By the path that nginx knows, without `.` and `..`.
    by_path: BTreeMap<String, SourceId>,
    compared: std::cell::Cell<usize>,
}

impl Dump {
    /// The text of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<SourceId> {
        self.by_path.get(path).copied()
    }

    /// Paths that match a pattern, in byte order. `None`: more work than any real configuration makes.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Option<Vec<String>> {
        let fixed = &pattern[..pattern.find(['*', '?', '[']).unwrap_or(pattern.len())];
        let matchers: Vec<Matcher> = pattern.split('/').map(Matcher::new).collect();
        let mut found = Vec::new();
        for path in self.by_path.range(fixed.to_owned()..).map(|(path, _)| path).take_while(|path| path.starts_with(fixed)) {
            self.compared.set(self.compared.get() + 1);
            if self.compared.get() > MAX_COMPARISONS {
                return None;
            }
            let mut names = path.split('/');
            if matchers.iter().all(|m| names.next().is_some_and(|name| m.accepts(name))) && names.next().is_none() {
                found.push(path.clone());
            }
        }
        Some(found)
    }
}

/// One file in the text.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    content: Range<usize>,
}

/// Cuts a text into the files that `nginx -T` printed; `None` if it is no such text. A file of a repository that only
/// begins with a line like that is none; `is_stream` says that the text has no folder in which its includes could lie.
pub fn split(sources: &mut Sources, id: SourceId, is_stream: bool, findings: &mut Vec<Finding>) -> Option<Dump> {
    let bytes = sources.get(id).bytes();
    let parts = match scan(id, bytes)? {
        Scan::Parts(parts) => parts,
        Scan::Behind(span) => {
            let message = "a line of `nginx -T` that names a file stands behind something else";
            let help = "give the output of `nginx -T` alone: remove what stands before the first line `# configuration file ...:`";
            findings.push(Finding::error(&rules::SYNTAX, message).at(span, "nginx prints this line first").help(help));
            return Some(Dump { parts: Vec::new(), by_path: BTreeMap::new(), compared: 0.into() });
        }
    };
    if let ([part], false) = (&parts[..], is_stream)
        && bytes[part.content.clone()].windows(7).any(|w| w == b"include")
    {
        return None;
    }
    let mut dump = Dump { parts: Vec::new(), by_path: BTreeMap::new(), compared: 0.into() };
    for Part { name, content } in parts {
        let path = source::join("", &name).unwrap_or_else(|| name.clone());
        let start = content.start;
        let part = sources.add_part(&path, id, content);
        match dump.get(&path) {
            // One file under two spellings of its path.
            Some(first) if sources.get(first).bytes() == sources.get(part).bytes() => {}
            Some(_) => {
                let message = format!("{path} stands twice in this output of `nginx -T`, with different contents");
                let help = "give the output of one run of `nginx -T` at a time; the second file of this name was not judged";
                findings.push(Finding::error(&rules::SYNTAX, message).at(Span::new(id, start, start), "the second file of this name").help(help));
            }
            None => {
                dump.by_path.insert(path, part);
                dump.parts.push(part);
            }
        }
    }
    Some(dump)
}

/// Whether a text begins as the output of `nginx -T` does.
#[must_use]
pub fn begins(bytes: &[u8]) -> bool {
    first(bytes).is_ok()
}

enum Scan {
    Parts(Vec<Part>),
    /// A marker in the middle of the first statement: something stands before the output.
    Behind(Span),
}

/// The name in a line that names a file, and where the line ends (at its line feed, or the end of the text).
fn marker(bytes: &[u8], start: usize) -> Option<(String, usize)> {
    let rest = bytes.get(start..)?.strip_prefix(MARK)?;
    let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let line = &rest[..length];
    let name = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b":")?).ok()?;
    let drive = |name: &str| name.as_bytes().get(1) == Some(&b':') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_path = (name.starts_with('/') || drive(name)) && !name.contains(char::is_control);
    is_path.then(|| (name.to_owned(), start + MARK.len() + length))
}

/// The line starts in a range that does not begin with one, and its markers.
fn markers(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = (usize, String, usize)> + '_ {
    let base = range.start;
    let gap = bytes.get(range).unwrap_or_default();
    let starts = gap.iter().enumerate().filter(|(_, b)| **b == b'\n').map(move |(i, _)| base + i + 1);
    starts.filter_map(|start| marker(bytes, start).map(|(name, end)| (start, name, end)))
}

/// What nginx says on standard error before it prints, and comments and blank lines that a person may have added.
fn is_said_before(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let Some(said) = line.strip_prefix(b"nginx: ") else { return line.is_empty() || line.starts_with(b"#") };
    let is_test = said.starts_with(b"the configuration file ") && said.ends_with(b" syntax is ok")
        || said.starts_with(b"configuration file ") && said.ends_with(b" test is successful");
    is_test || [&b"[warn] "[..], b"[notice] ", b"[alert] "].iter().any(|level| said.starts_with(level))
}

/// The first marker, if nothing but what nginx says stands before it; else where that begins.
fn first(bytes: &[u8]) -> Result<(String, usize), usize> {
    let mut start = 0;
    loop {
        if let Some(found) = marker(bytes, start) {
            return Ok(found);
        }
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty()).ok_or(bytes.len())?;
        let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        if !is_said_before(&rest[..length]) {
            return Err(start);
        }
        start += length + 1;
    }
}

fn scan(id: SourceId, bytes: &[u8]) -> Option<Scan> {
    // Most texts hold no such line at all.
    bytes.windows(MARK.len()).any(|w| w == MARK).then_some(())?;
    let (name, end) = match first(bytes) {
        Ok(found) => found,
        Err(start) => return behind(id, bytes, start),
    };
    let mut parts = vec![(name, end)];
    let mut starts = Vec::new();
    if walk(id, bytes, end, &mut parts, &mut starts).is_none() {
        // nginx prints only what it can read, so this text was changed. The file that cannot be read ends at the next
        // line that looks like a marker.
        let from = parts.last().map_or(end, |(_, end)| *end);
        for (start, name, end) in markers(bytes, from..bytes.len()) {
            starts.push(start);
            parts.push((name, end));
        }
    }
    starts.push(bytes.len());
    let part = |((name, end), next): ((String, usize), usize)| {
        let first = (end + 1).min(next);
        // The line end that nginx adds behind each file.
        let last = if next < bytes.len() && next > first { next - 1 } else { next };
        Part { name, content: first..last }
    };
    Some(Scan::Parts(parts.into_iter().zip(starts).map(part).collect()))
}

/// Reads statements from `from` on and collects the markers between those at the top. `None` where one cannot be read.
fn walk(id: SourceId, bytes: &[u8], from: usize, parts: &mut Vec<(String, usize)>, starts: &mut Vec<usize>) -> Option<()> {
    let mut lexer = Lexer::new(id, bytes, from);
    let mut words: Vec<Word> = Vec::new();
    let mut depth = 0_usize;
    loop {
        let before = lexer.pos();
        let end = lexer.next(&mut words).ok()?;
        if depth == 0 {
            let until = words.first().map_or(lexer.pos(), |w| w.span.start as usize);
            for (start, name, end) in markers(bytes, before..until) {
                starts.push(start);
                parts.push((name, end));
            }
        }
        match end {
            End::Text => return (depth == 0).then_some(()),
            End::BlockStart if super::tree::is_lua_block(words.first()?) => {
                lexer.skip_lua().ok()?;
            }
            End::BlockStart => depth += 1,
            End::BlockEnd => depth = depth.checked_sub(1)?,
            End::Statement => {}
        }
    }
}

/// Whether a marker stands inside of the first statement, as it does behind a line that is no configuration.
fn behind(id: SourceId, bytes: &[u8], from: usize) -> Option<Scan> {
    let mut lexer = Lexer::new(id, bytes, from);
    lexer.next(&mut Vec::new()).ok()?;
    let (start, _, end) = markers(bytes, from..lexer.pos()).next()?;
    Some(Scan::Behind(Span::new(id, start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, String)> {
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add("x", text);
        match scan(id, text.as_bytes()) {
            Some(Scan::Parts(parts)) => parts.into_iter().map(|p| (p.name, text[p.content].to_owned())).collect(),
            Some(Scan::Behind(span)) => vec![("behind".to_owned(), text[span.range()].to_owned())],
            None => Vec::new(),
        }
    }

    fn owned(parts: &[(&str, &str)]) -> Vec<(String, String)> {
        parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn files_are_cut_where_nginx_joined_them() {
        let text = "# configuration file /a:\nx 1;\n\n# configuration file /b:\n\n# configuration file /c d:\n# only\n";
        assert_eq!(parts(text), owned(&[("/a", "x 1;\n"), ("/b", ""), ("/c d", "# only\n")]));
        assert_eq!(parts("# configuration file /a:\r\nx 1;\r\n# configuration file /b:\r\n"), owned(&[("/a", "x 1;\r"), ("/b", "")]));
        assert_eq!(parts("# configuration file /a:"), owned(&[("/a", "")]));
    }

    #[test]
    fn what_nginx_says_may_stand_before_it() {
        let said = "nginx: [warn] conflicting server name\nnginx: the configuration file /a syntax is ok\nnginx: configuration file /a test is successful\n";
        assert_eq!(parts(&format!("{said}# configuration file /a:\nx 1;\n")), owned(&[("/a", "x 1;\n")]));
        for junk in ["$ nginx -T\n", "nginx: something else\n"] {
            assert_eq!(parts(&format!("{junk}# configuration file /a:\nx 1;\n")), owned(&[("behind", "# configuration file /a:")]), "{junk}");
        }
    }

    #[test]
    fn a_line_in_a_value_or_a_block_is_no_marker() {
        let value = "x \"a\n# configuration file /v:\nb\";\n";
        let block = "s {\n# configuration file /v:\ny 1;\n}\n";
        let lua = "a_by_lua_block {\n# configuration file /v:\n}\n";
        for content in [value, block, lua] {
            let text = format!("# configuration file /a:\n{content}\n# configuration file /b:\nz 1;\n");
            assert_eq!(parts(&text), owned(&[("/a", content), ("/b", "z 1;\n")]), "{content}");
        }
        for plain in ["x 1;\n# configuration file /a:\ny 1;\n", "# configuration file for the site:\nx 1;\n", "x 1; # configuration file /a:\n", ""] {
            assert_eq!(parts(plain), owned(&[]), "{plain}");
        }
    }

    #[test]
    fn behind_a_file_that_cannot_be_read_every_line_counts() {
        let text = "# configuration file /a:\nx {\n# configuration file /b:\ny 1;\n";
        assert_eq!(parts(text), owned(&[("/a", "x {"), ("/b", "y 1;\n")]));
        let text = "# configuration file /a:\nx 1;\n# configuration file /b:\ny \"1;\n# configuration file /c:\nz 1;\n";
        assert_eq!(parts(text), owned(&[("/a", "x 1;"), ("/b", "y \"1;"), ("/c", "z 1;\n")]));
    }
}
