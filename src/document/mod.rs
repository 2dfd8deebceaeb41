//! YAML text to a tree with spans.
//!
//! The dialect is the core schema of YAML 1.2 (YAML 1.2.2, 10.3) without the parts in which a reviewer and a program can
//! read different things: one document, no anchors, aliases, merge keys, tags or directives, no duplicate keys, keys that
//! are text, and no characters that are invisible or change the order of reading. What the core schema would damage stays
//! text as written: `no`, `on`, `0755`, `1_000`, `.inf`, and numbers that do not fit.
//!
//! Reading is one pass over the parser's events with limits on size, depth and number of nodes, so it takes linear time
//! whatever the text. Only `read.rs` names the YAML crate.

mod characters;
mod read;
mod scalar;
mod shown;

pub use shown::{looks_like_secret, quoted, shown};

use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::source::{MAX_SPEC_BYTES, ReadError, SourceId, Sources, Span};

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 32;
/// The most nodes (values and keys) that are read.
pub const MAX_NODES: usize = 50_000;
/// The most findings of one document; the last one says that there are more.
pub const MAX_FINDINGS: usize = 100;

/// How much of a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: u64,
    /// Values and keys.
    pub nodes: usize,
    /// What to do with a longer one.
    pub help: &'static str,
}

impl Limits {
    /// Of a spec and its layers.
    pub const SPEC: Self =
        Self { bytes: MAX_SPEC_BYTES, nodes: MAX_NODES, help: "divide it: name shared parts under extends, and give each service a spec of its own" };
    /// Of waivers: an old tree may be taken in with some ten thousand.
    pub const WAIVERS: Self = Self { bytes: 16 << 20, nodes: 600_000, help: "mend a part of what is waived: nobody can review this many" };
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where: a scalar with its quotes; a map or list from its first to its last character. Empty, after the key's colon,
    /// where nothing is written.
    pub span: Span,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map. Keys are unique, in the order of the text.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of a key, where this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its value, where this is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key)
    }

    /// The node at a dotted path, as messages print it: `http.headers.hsts`, `postgres.hba[0].method`. A key that has dots
    /// itself needs no quotes: `weakens.tls.min_version.reason` finds the key `tls.min_version`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Node> {
        if path.is_empty() {
            return Some(self);
        }
        match &self.value {
            Value::Map(entries) => entries.iter().find_map(|entry| {
                let rest = path.strip_prefix(entry.key.as_str())?;
                let rest = if rest.is_empty() || rest.starts_with('[') { rest } else { rest.strip_prefix('.')? };
                entry.value.at(rest)
            }),
            Value::Seq(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                items.get(index.parse::<usize>().ok()?)?.at(rest.strip_prefix('.').unwrap_or(rest))
            }
            _ => None,
        }
    }

    /// The kind of value, as messages name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The source text of the node, so that a number can be shown as written (`1.10`, not 1.1).
    #[must_use]
    pub fn raw<'a>(&self, sources: &'a Sources) -> &'a str {
        std::str::from_utf8(sources.slice(self.span)).unwrap_or_default()
    }

    /// The value without positions, for the JSON schema.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Int(number) => (*number).into(),
            Value::Float(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::Seq(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => serde_json::Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect()),
        }
    }
}

/// Reads one YAML document.
///
/// # Errors
/// Everything that is wrong with the text, in its order: every forbidden feature and duplicate key up to
/// [`MAX_FINDINGS`], and the first place where it is not YAML.
pub fn parse(sources: &Sources, id: SourceId) -> Result<Node, Vec<Finding>> {
    parse_within(sources, id, Limits::SPEC)
}

/// Reads one YAML document of a stated size.
///
/// # Errors
/// As for [`parse`].
pub fn parse_within(sources: &Sources, id: SourceId, limits: Limits) -> Result<Node, Vec<Finding>> {
    let source = sources.get(id);
    let size = source.bytes().len() as u64;
    if size > limits.bytes {
        return Err(vec![Finding::unreadable(&ReadError::TooLarge { path: source.path.clone(), size, limit: limits.bytes })]);
    }
    let text = characters::check(id, source.bytes())?;
    read::tree(sources, id, text, limits)
}

/// The most findings of one kind of pass: the rest is counted in the last one.
pub(crate) fn limit_findings(findings: &mut Vec<Finding>) {
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    if more > 0 {
        findings.truncate(MAX_FINDINGS);
        if let Some(last) = findings.last_mut() {
            last.help.push(format!("correct these first: {more} more errors are not listed"));
        }
    }
}

/// The rules of this stage.
pub static RULES: &[&Rule] = &[&SYNTAX, &EMPTY, &DUPLICATE_KEY, &KEY_NOT_TEXT, &FORBIDDEN_FEATURE, &FORBIDDEN_CHARACTER, &NOT_UTF8, &TOO_COMPLEX];

/// Not YAML.
pub static SYNTAX: Rule = Rule {
    name: "yaml-syntax",
    title: "The file is not valid YAML.",
    severity: Severity::High,
    explain: "The text cannot be read as YAML 1.2, so nothing after this place was looked at. Usual causes are a value with `: `, `#`, `@`, `%` \
              or a backtick that needs quotes, a bracket or quote that is not closed, a tab used for indentation, or a line that is indented \
              differently from its neighbours.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        version: 1
        service: payments-api
        http:
          headers: { content_type_options: nosniff
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    good: Snippet(
        r"
        version: 1
        service: payments-api
        http:
          headers: { content_type_options: nosniff }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::YAML],
};

/// Nothing in the file.
pub static EMPTY: Rule = Rule {
    name: "spec-empty",
    title: "The file holds no spec.",
    severity: Severity::High,
    explain: "The file is empty or has only comments. An empty spec would require nothing and every check would pass, so it is an error. The \
              smallest spec names the format's version, the service, a profile to extend and one target.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet("# nothing yet"),
    good: Snippet(
        r#"
        version: 1
        service: payments-api
        extends: ["secgen:recommended@2026-11"]
        targets: { nginx: { out: deploy/nginx } }
    "#,
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[],
};

/// One key twice.
pub static DUPLICATE_KEY: Rule = Rule {
    name: "yaml-duplicate-key",
    title: "A key stands twice in one map.",
    severity: Severity::High,
    explain: "YAML forbids a key that stands twice in one map (YAML 1.2.2, 3.2.1.1), and programs that accept it disagree on which of the two \
              counts. In a security spec the weaker one may be the one in force. Keep one of them.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        tls:
          min_version: TLSv1.3
          min_version: TLSv1.2
    ",
    ),
    good: Snippet(
        r"
        tls:
          min_version: TLSv1.3
    ",
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::YAML],
};

/// A key that is not text.
pub static KEY_NOT_TEXT: Rule = Rule {
    name: "yaml-key-not-text",
    title: "A key is not text.",
    severity: Severity::High,
    explain: "A key that looks like a number, true, false or null is not text in YAML: `2026:` is a number, and programs differ in how they turn \
              it back into text (`1.10` may become `1.1`). Write the key in quotes.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        jwt:
          role: verify
          issuer: https://login.example.com
          audience: https://api.example.com
          access_ttl: 15m
          keys:
            2026: { algorithm: HS512, secret: { env: JWT_SECRET } }
        targets: { rust: { out: src/security } }
    ",
    ),
    good: Snippet(
        r#"
        jwt:
          role: verify
          issuer: https://login.example.com
          audience: https://api.example.com
          access_ttl: 15m
          keys:
            "2026": { algorithm: HS512, secret: { env: JWT_SECRET } }
        targets: { rust: { out: src/security } }
    "#,
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::YAML],
};

/// Anchors and so on.
pub static FORBIDDEN_FEATURE: Rule = Rule {
    name: "yaml-forbidden-feature",
    title: "The file uses a part of YAML that secgen does not read.",
    severity: Severity::High,
    explain: "A spec is reviewed by people, so what stands in a line must be what is in force. Anchors, aliases and merge keys move values from \
              one place to another, tags change what a value is, directives change how the file is read, and a second document would be \
              ignored by some programs. Write values out; put what several specs share into a file and name it under `extends`.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        tls: &strict { min_version: TLSv1.3 }
        environments:
          prod: { tls: *strict }
    ",
    ),
    good: Snippet(
        r"
        tls: { min_version: TLSv1.3 }
        environments:
          prod: {}
    ",
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::YAML],
};

/// Invisible characters.
pub static FORBIDDEN_CHARACTER: Rule = Rule {
    name: "yaml-forbidden-character",
    title: "The file has a character that cannot be seen or that changes how text is read.",
    severity: Severity::High,
    explain: "Control characters can leave their line in a generated file or a terminal. Characters that change the direction of text or have no \
              width make a reviewer see something else than the program reads (CVE-2021-42574, Trojan Source). Line feed and tab are the only \
              control characters that are allowed.",
    language: Language::Text,
    spec: Snippet(""),
    bad: Snippet("service: payments-api    # <- a right-to-left mark (U+202E) hides in this line"),
    good: Snippet("service: payments-api"),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::TROJAN],
};

/// Not UTF-8.
pub static NOT_UTF8: Rule = Rule {
    name: "yaml-not-utf8",
    title: "The file is not UTF-8 text.",
    severity: Severity::High,
    explain: "secgen reads UTF-8 only, with or without a byte-order mark, so that every program sees the same characters. Save the file as UTF-8.",
    language: Language::Text,
    spec: Snippet(""),
    bad: Snippet("secgen.yaml: ISO-8859 text"),
    good: Snippet("secgen.yaml: UTF-8 text"),
    keys: &[],
    references: cited::SPEC,
    sources: &[cited::YAML],
};

/// Too deep or too many nodes.
pub static TOO_COMPLEX: Rule = Rule {
    name: "yaml-too-complex",
    title: "The file is nested too deeply or has too many values.",
    severity: Severity::High,
    explain: "No hand-written spec comes near these limits (32 levels, 50,000 keys and values). They keep a file from a stranger's pull request \
              from using up the memory of a build machine.",
    language: Language::Text,
    spec: Snippet(""),
    bad: Snippet("a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ 1 ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    good: Snippet("a: [1]"),
    keys: &[],
    references: cited::SPEC,
    sources: &[],
};
