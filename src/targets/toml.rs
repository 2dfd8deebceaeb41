//! TOML text to a tree with byte ranges, within limits.
//!
//! The parser is `toml_edit`. Before it sees a text, [`nesting`] bounds how deep keys, tables and arrays can nest, so
//! that neither parsing nor walking nor freeing the tree can exhaust the stack.

use std::collections::BTreeMap;
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};

/// The largest `deny.toml`, `audit.toml` or `clippy.toml`: 1 MiB. The largest of 339 public ones has 30 KiB.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// How deep a text may nest. cargo-deny's own keys nest six deep.
const MAX_NESTING: usize = 48;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it is written; for a table, its header or first key.
    pub(super) span: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// cargo-deny's parser does not know dates.
    Date,
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

/// Why a text is no TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// One sentence without a full stop.
    pub(super) message: String,
    /// Where.
    pub(super) span: Range<usize>,
}

impl Node {
    /// The entries, of a table.
    pub(super) fn entries(&self) -> &[Entry] {
        if let Kind::Table(entries) = &self.kind { entries } else { &[] }
    }

    /// The elements, of an array.
    pub(super) fn elements(&self) -> &[Self] {
        if let Kind::Array(elements) = &self.kind { elements } else { &[] }
    }

    /// The text, of a string.
    pub(super) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// The truth value.
    pub(super) fn boolean(&self) -> Option<bool> {
        if let Kind::Boolean(value) = self.kind { Some(value) } else { None }
    }

    /// The entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// The entry at the end of a path of keys.
    pub(super) fn find(&self, path: &[&str]) -> Option<&Entry> {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(self, |node, key| node.entry(key).map(|e| &e.node))?;
        table.entry(last)
    }

    /// As messages name the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "a string",
            Kind::Integer(_) => "a whole number",
            Kind::Float(_) => "a number with a fraction",
            Kind::Boolean(_) => "true or false",
            Kind::Date => "a date",
            Kind::Array(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }

    /// The value in one fixed form: keys sorted, and lists too, since the order of no list counts in either file.
    /// Strings are written as in JSON, so that no two values share a form.
    pub(super) fn canonical(&self) -> String {
        match &self.kind {
            Kind::Text(text) => quoted(text),
            Kind::Integer(number) => number.to_string(),
            // `0.93` and `0.930` are one number; a whole one keeps its point.
            Kind::Float(number) => serde_json::Number::from_f64(*number).map_or_else(|| number.to_string(), |n| n.to_string()),
            Kind::Boolean(value) => value.to_string(),
            Kind::Date => "date".to_owned(),
            Kind::Array(elements) => {
                let mut elements: Vec<String> = elements.iter().map(Self::canonical).collect();
                elements.sort_unstable();
                format!("[{}]", elements.join(","))
            }
            Kind::Table(entries) => {
                let sorted: BTreeMap<&str, String> = entries.iter().map(|e| (e.key.as_str(), e.node.canonical())).collect();
                let pairs: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
                format!("{{{}}}", pairs.join(","))
            }
        }
    }

    /// Every key that holds no table, by its dotted path and canonical value, sorted by path.
    pub(super) fn leaves(&self) -> Vec<(String, String)> {
        fn collect(node: &Node, path: &str, out: &mut BTreeMap<String, String>) {
            for entry in node.entries() {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                match &entry.node.kind {
                    Kind::Table(entries) if !entries.is_empty() => collect(&entry.node, &path, out),
                    _ => {
                        out.insert(path, entry.node.canonical());
                    }
                }
            }
        }
        let mut out = BTreeMap::new();
        collect(self, "", &mut out);
        out.into_iter().collect()
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Parses a text.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    if let Some(at) = nesting(text, MAX_NESTING) {
        return Err(SyntaxError { message: format!("tables and lists nest deeper than the {MAX_NESTING} levels that secgen reads"), span: at..at + 1 });
    }
    let document = Document::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        SyntaxError { message: error.message().lines().next().unwrap_or("not valid TOML").trim_end_matches('.').to_owned(), span }
    })?;
    Ok(Node { span: 0..text.len().min(1), kind: table(document.as_table()) })
}

fn table(table: &dyn TableLike) -> Kind {
    let entries = table.iter().filter_map(|(name, item)| {
        let key = table.key(name)?;
        let key_span = key.span().unwrap_or(0..0);
        Some(Entry { key: name.to_owned(), node: item_node(item, &key_span)?, key_span })
    });
    Kind::Table(entries.collect())
}

fn item_node(item: &Item, key_span: &Range<usize>) -> Option<Node> {
    let span = item.span().unwrap_or_else(|| key_span.clone());
    let kind = match item {
        Item::None => return None,
        Item::Value(value) => return Some(value_node(value, key_span)),
        Item::Table(inner) => table(inner),
        Item::ArrayOfTables(tables) => {
            let node = |t: &toml_edit::Table| Node { span: t.span().unwrap_or_else(|| key_span.clone()), kind: table(t) };
            Kind::Array(tables.iter().map(node).collect())
        }
    };
    Some(Node { span, kind })
}

/// The tree of a value that was built and not read: it has no places.
pub(super) fn of_value(value: &Value) -> Node {
    value_node(value, &(0..0))
}

fn value_node(value: &Value, key_span: &Range<usize>) -> Node {
    let kind = match value {
        Value::String(text) => Kind::Text(text.value().clone()),
        Value::Integer(number) => Kind::Integer(*number.value()),
        Value::Float(number) => Kind::Float(*number.value()),
        Value::Boolean(value) => Kind::Boolean(*value.value()),
        Value::Datetime(_) => Kind::Date,
        Value::Array(elements) => Kind::Array(elements.iter().map(|v| value_node(v, key_span)).collect()),
        Value::InlineTable(inner) => table(inner),
    };
    Node { span: value.span().unwrap_or_else(|| key_span.clone()), kind }
}

/// Where a text nests deeper than `limit`, if it does: brackets and the dots of keys, outside strings and comments.
///
/// It never counts less than the parser would build, because it sees the same strings and comments; where the text is
/// not valid TOML the parser refuses it before it nests.
fn nesting(text: &str, limit: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    // Dots of the key that each open bracket belongs to.
    let mut open: Vec<usize> = Vec::new();
    let mut dots = 0;
    let mut depth = 0;
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'#' => i += bytes[i..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - i),
            b'"' | b'\'' => i = end_of_string(bytes, i),
            b'.' => dots += 1,
            b'[' | b'{' => {
                open.push(dots);
                depth += 1 + dots;
                dots = 0;
            }
            b']' | b'}' => {
                depth -= open.pop().map_or(0, |dots| 1 + dots);
                dots = 0;
            }
            b',' | b'\n' => dots = 0,
            _ => {}
        }
        if depth + dots > limit {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// The last byte of the string that starts at `start`, or of the text if it does not end.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut i = start + if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'\\' if quote == b'"' => i += 1,
            b'\n' if !triple => return i,
            b if *b == quote && !triple => return i,
            b if *b == quote && bytes[i..].starts_with(&[quote; 3]) => {
                // Up to two quotes may stand before the closing three.
                let run = bytes[i..].iter().take(5).take_while(|b| **b == quote).count();
                return i + run - 1;
            }
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let text = "[a]\nb = [\"x\", { c = 1 }]\n[[d]]\ne.f = true\n";
        let node = parse(text).unwrap();
        let b = node.find(&["a", "b"]).unwrap();
        assert_eq!(&text[b.key_span.clone()], "b");
        assert_eq!(&text[b.node.elements()[0].span.clone()], "\"x\"");
        assert_eq!(&text[b.node.elements()[1].span.clone()], "{ c = 1 }");
        assert_eq!(node.entry("d").unwrap().node.elements()[0].find(&["e", "f"]).unwrap().node.boolean(), Some(true));
        assert_eq!(node.leaves().len(), 2);
    }

    #[test]
    fn layout_order_and_comments_are_not_canonical() {
        let one = parse("[a]\nx = 1 # one\ny = [\"b\", \"a\"]\n[b]\nz = 0.930\n").unwrap().canonical();
        let two = parse("b = { z = 0.93 }\na.y = [\n  'a',\n  \"\"\"b\"\"\",\n]\na.x = 0x1\n").unwrap().canonical();
        assert_eq!(one, two);
        assert_ne!(one, parse("a = { x = 1, y = [\"b\"] }\nb = { z = 0.93 }").unwrap().canonical());
        // A value never looks like another of another type.
        assert_ne!(parse("a = \"1\"").unwrap().canonical(), parse("a = 1").unwrap().canonical());
        assert_ne!(parse("a = [\"b,c\"]").unwrap().canonical(), parse("a = [\"b\", \"c\"]").unwrap().canonical());
    }

    #[test]
    fn nesting_is_bounded_whatever_it_is_made_of() {
        let deep = 10_000;
        let texts = [
            format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
            format!("a = {}", "[".repeat(deep)),
            format!("a = {}1{}", "{ b = ".repeat(deep), "}".repeat(deep)),
            format!("{}a = 1", "a.".repeat(deep)),
            format!("[{}a]", "a.".repeat(deep)),
            format!("[[{}a]]", "a.".repeat(deep)),
            format!("a = {}1{}", "{ b.c.d.e = ".repeat(40), "}".repeat(40)),
            format!("a = {}1{}", "[{ \"x]\".'y' = ".repeat(deep), "}]".repeat(deep)),
            format!("x = \"\"\"{}\"\"\"\"\"\na = {}", "]", "[".repeat(deep)),
            format!("x = '''it''s'''\n# ]]]]\na = {}", "[".repeat(deep)),
        ];
        for text in texts {
            let error = parse(&text).unwrap_err();
            assert!(error.message.contains("nest deeper"), "{} for {}", error.message, &text[..40]);
        }
        assert!(parse(&format!("a = {}{}", "[".repeat(40), "]".repeat(40))).is_ok());
        // Brackets in strings and comments are no nesting, whatever quotes surround them.
        let quiet = format!("a = \"{0}\" # {0}\nb = '''\n{0}'''\nc = \"\\\"{0}\"\nd = \"\"\"\\\"\"\"\\\"{0}\"\"\"\ne = 1", "[".repeat(deep));
        assert!(parse(&quiet).is_ok(), "{:?}", parse(&quiet).err());
    }

    #[test]
    fn what_is_no_toml_is_refused_at_its_place() {
        for (text, at) in [("a = ", 4), ("a = 1\na = 2\n", 6), ("[a]\n[a]\n", 4), ("a == 1", 3), ("a = \"x", 6), ("\u{0}", 0)] {
            let error = parse(text).unwrap_err();
            assert!(error.span.start.abs_diff(at) <= 2, "{text:?} {error:?}");
            assert!(!error.message.is_empty() && !error.message.contains('\n'));
        }
        assert!(parse("").unwrap().entries().is_empty());
        assert!(parse("\u{feff}a = 1\r\n").is_ok());
    }
}
