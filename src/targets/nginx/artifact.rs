//! Our own files, read back: facts of one file from its bytes alone, and what of it counts.

use super::effective::headers::Effective;
use super::effective::{self, tls};
use super::facts::headers::{self, Field};
use super::include::Tree;
use super::lex::Word;
use super::render::{structure, words};
use super::rules;
use super::tree::{self, Body, Directive};
use super::versions::Versions;
use crate::finding::{Cause, Label};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::strictness::Value;
use crate::strictness::levels::Allowed;
use crate::targets::{Fact, Found};

/// What of a text counts: its directives, without comments, blanks and kinds of quotes.
pub fn canonical(text: &str) -> Option<Vec<u8>> {
    let mut sources = Sources::new(std::path::Path::new("."));
    let id = sources.add("", "");
    let directives = tree::parse(id, text.as_bytes(), 0..text.len()).ok()?;
    let mut out = Vec::new();
    write(&directives, &mut out);
    Some(out)
}

fn write(directives: &[Directive], out: &mut Vec<u8>) {
    for directive in directives {
        for word in directive.words() {
            // With its length, a word is unambiguous whatever it holds.
            out.extend_from_slice(word.value.len().to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(&word.value);
            out.push(b' ');
        }
        match &directive.body {
            Body::None => out.extend_from_slice(b";\n"),
            Body::Block(children) => {
                out.extend_from_slice(b"{\n");
                // As deep as the parser allows, no deeper.
                write(children, out);
                out.extend_from_slice(b"}\n");
            }
            Body::Foreign(span) => out.extend_from_slice(format!("foreign {}\n", span.range().len()).as_bytes()),
        }
    }
}

/// Facts of an artifact: first what it says about intents, then every directive as such, in the order of the file.
///
/// # Errors
/// Why it is not nginx configuration.
pub fn read(kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
    let source = sources.get(id);
    let bytes = source.bytes();
    let directives = tree::parse(id, bytes, 0..bytes.len()).map_err(|error| error.why)?;
    let start = Span::new(id, 0, 0);
    let place = source.path.clone();
    let versions = Versions::of(policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref()));
    let all: Vec<Fact> = directives.iter().map(|directive| as_text(directive, &place)).collect();
    let tree = Tree::single(id, directives);
    let mut facts = Vec::new();
    let level = effective::top_level(&tree, versions, &mut Vec::new());
    match kind {
        "security-headers" => {
            let prefix = scope_of(&place).map_or_else(|| "http.headers".to_owned(), |scope| format!("scopes.{scope}.http.headers"));
            let list = Effective::top(&level);
            for field in Field::ALL {
                let key = format!("{prefix}.{}", field.name());
                if policy.intent(&key).is_some() {
                    facts.extend(headers::judge(field, &list, start).into_iter().map(|(_, judged)| judged.fact(&key, &place)));
                }
            }
        }
        "tls" => facts.extend(tls_facts(policy, versions, level, start, &place)),
        _ => {}
    }
    facts.extend(all);
    Ok(facts)
}

/// The scope of `security-headers.NAME.conf`.
fn scope_of(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.strip_prefix("security-headers.")?.strip_suffix(".conf")
}

fn as_text(directive: &Directive, place: &str) -> Fact {
    let arguments: Vec<String> = directive.args().iter().map(Word::text).collect();
    let mut text = words(arguments.iter().map(String::as_str));
    if directive.body != Body::None {
        text.push_str(" {...}");
    }
    Fact {
        intent: structure(&directive.name().text()),
        place: place.to_owned(),
        found: Found::Text(text),
        cause: Cause::Value,
        at: Some(Label::new(directive.span, "")),
        related: Vec::new(),
        rule: &rules::SYNTAX,
        help: Vec::new(),
    }
}

fn tls_facts(policy: &Policy, versions: Versions, level: effective::Level, start: Span, place: &str) -> Vec<Fact> {
    let servers = effective::as_http(level, start);
    let fact = |intent: &str, found: Found, at: Option<Span>, rule| Fact {
        intent: intent.to_owned(),
        place: place.to_owned(),
        cause: Cause::Value,
        found,
        at: Some(Label::new(at.unwrap_or(start), "in force here")),
        related: Vec::new(),
        rule,
        help: Vec::new(),
    };
    let Some(server) = servers.servers.first() else { return Vec::new() };
    let Ok(protocols) = tls::own_protocols(&servers, server, versions) else { return Vec::new() };
    let mut facts = Vec::new();
    if policy.intent("tls.min_version").is_some() {
        let found = Found::Set { value: Value::Tls(protocols.value.clone()), text: protocols.text.clone() };
        facts.push(fact("tls.min_version", found, protocols.at, &rules::TLS_PROTOCOLS));
    }
    if policy.intent("tls.profile").is_some() {
        if let Ok(suites) = tls::suites(&servers, 0, 0, &protocols.value, versions) {
            // A file that names no suite leaves them to OpenSSL.
            if suites.at.is_some() {
                let found = Found::Set { value: Value::Allowed(Allowed(suites.value)), text: suites.text };
                facts.push(fact("tls.profile", found, suites.at, &rules::TLS_SUITES));
            }
        }
    }
    facts
}
