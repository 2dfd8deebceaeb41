//! Our own files, read back: facts of one file from its bytes alone, and what of it counts.

use super::effective::headers::Effective;
/// The header that keeps its name and loses its version, as `remove` has it.
pub(super) use super::effective::headers::SERVER;
use super::effective::variables::Scene;
use super::effective::{self, AddHeader, Level, tls};
use super::encode;
use super::facts;
use super::facts::headers;
use super::include::Tree;
use super::lex::Word;
use super::rules;
use super::tree::{self, Body, Directive};
use super::versions::Versions;
use crate::finding::{Cause, Label};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::strictness::Value;
use crate::strictness::levels::Allowed;
use crate::targets::field::Field;
use crate::targets::{Fact, Found};

/// What of a text counts: its directives, without comments, blanks and kinds of quotes.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
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

/// Facts of an artifact: first what it says about intents, then every directive that no intent covers, in the order of
/// the file. No byte that counts is left out.
///
/// # Errors
/// Why it is not nginx configuration.
pub(super) fn read(kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
    let source = sources.get(id);
    let bytes = source.bytes();
    let directives = tree::parse(id, bytes, 0..bytes.len()).map_err(|error| format!("line {}: {}", sources.position(error.span).line, error.why))?;
    let start = Span::new(id, 0, 0);
    let place = source.path.clone();
    let versions = Versions::of(policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref()));
    let tree = Tree::single(id, directives);
    let level = effective::top_level(&tree, versions, &mut Vec::new());
    let (mut facts, mut covered) = match kind {
        "security-headers" => header_facts(policy, &level, start, &place),
        "tls" => tls_facts(policy, versions, level, start, &place),
        _ => (Vec::new(), Vec::new()),
    };
    let more = match kind {
        "security-headers" => removed(policy, tree.top(), &place),
        "cors" => Some(shared(tree.top(), &place)),
        _ => None,
    };
    if let Some((fact, spans)) = more {
        facts.push(fact);
        covered.extend(spans);
    }
    facts.extend(tree.top().iter().filter(|d| !covered.contains(&d.span)).map(|directive| as_text(directive, policy, &place)));
    Ok(facts)
}

/// Facts about headers, and the lines that they cover.
fn header_facts(policy: &Policy, level: &Level, start: Span, place: &str) -> (Vec<Fact>, Vec<Span>) {
    let prefix = prefix_of(place);
    let list = Effective::top(level);
    let (mut facts, mut covered) = (Vec::new(), Vec::new());
    for field in Field::ALL {
        let key = format!("{prefix}.{}", field.name());
        if policy.intent(&key).is_none() || !super::sends_headers(policy) {
            continue;
        }
        let is_of = |line: &&AddHeader| field.headers().iter().any(|name| line.name.eq_ignore_ascii_case(name.as_bytes()));
        let lines: Vec<&AddHeader> = level.headers.lines.iter().filter(is_of).collect();
        covered.extend(lines.iter().map(|line| line.span));
        let whole =
            lines.iter().map(|l| header_line(&String::from_utf8_lossy(l.name), &String::from_utf8_lossy(l.value), l.always)).collect::<Vec<_>>().join("; ");
        let here = headers::Here {
            wires: &headers::Wires::new(&list),
            scene: &Scene::default(),
            block: start,
            site: facts::site(policy),
            media: None,
            parsed: &headers::Parsed::default(),
        };
        for (_, mut judged) in headers::judge(field, &here) {
            // Name and `always` count too, not the value alone.
            if let Found::Set { text, .. } | Found::Invalid { text, .. } = &mut judged.found {
                text.clone_from(&whole);
            }
            facts.push(judged.fact(&key, place));
        }
    }
    (facts, covered)
}

/// What hides the headers of `remove`, and the lines that do.
fn removed(policy: &Policy, directives: &[Directive], place: &str) -> Option<(Fact, Vec<Span>)> {
    let key = format!("{}.remove", prefix_of(place));
    let Value::Forbidden(names) = &policy.intent(&key)?.value else { return None };
    let is_of = |directive: &&Directive| {
        let hides = |name: &Word| names.0.contains(&name.text().to_ascii_lowercase());
        match directive.name().text().as_str() {
            "server_tokens" => names.0.contains(SERVER),
            "proxy_hide_header" => directive.arg(0).is_some_and(hides),
            _ => false,
        }
    };
    let lines: Vec<&Directive> = directives.iter().filter(is_of).collect();
    let text = lines.iter().map(|d| words(d.words().iter().map(Word::text).collect::<Vec<_>>().iter().map(String::as_str))).collect::<Vec<_>>().join("; ");
    Some(of_lines(key, place, &lines, text))
}

/// The fact of an intent that these lines say together, and the lines.
fn of_lines(intent: String, place: &str, lines: &[&Directive], text: String) -> (Fact, Vec<Span>) {
    let fact = Fact {
        intent,
        place: place.to_owned(),
        found: if lines.is_empty() { Found::Missing } else { Found::Text(text) },
        cause: Cause::Value,
        at: lines.first().map(|d| Label::new(d.span, "")),
        related: Vec::new(),
        rule: &rules::HEADER_VALUE,
        help: Vec::new(),
        group: None,
    };
    (fact, lines.iter().map(|d| d.span).collect())
}

/// What one file says to other origins, and the lines that do.
fn shared(directives: &[Directive], place: &str) -> (Fact, Vec<Span>) {
    let is_of = |d: &&Directive| d.name().is("add_header") && d.arg(0).is_some_and(|name| name.text().to_ascii_lowercase().starts_with("access-control-"));
    let lines: Vec<&Directive> = directives.iter().filter(is_of).collect();
    let of_line = |d: &Directive| words(d.args().iter().map(Word::text).collect::<Vec<_>>().iter().map(String::as_str));
    let text = lines.iter().map(|d| of_line(d)).collect::<Vec<_>>().join("; ");
    let own = place.rsplit('/').next().and_then(|file| file.strip_prefix("cors.")?.strip_suffix(".conf")).unwrap_or_default();
    of_lines(cors_key(own), place, &lines, text)
}

/// The spec key of a cookie's flags.
pub(super) fn cookie_key(own: &str) -> String {
    format!("http.cookies.{own}")
}

/// The spec key of what other origins may do.
pub(super) fn cors_key(own: &str) -> String {
    format!("http.cors.{own}")
}

/// The spec key of which other origins may.
pub(super) fn cors_origins_key(own: &str) -> String {
    format!("http.cors.{own}.origins")
}

/// The variable with the origin that an entry allows; no two entries have the same.
pub(super) fn cors_variable(own: &str) -> String {
    format!("secgen_cors_{}", own.replace('_', "_u").replace('-', "_d"))
}

/// A block in one text: what stands in front of it, and its lines.
pub(super) fn block_text(arguments: &str, lines: &[String]) -> String {
    format!("{arguments} {{ {} }}", lines.iter().map(|line| format!("{line};")).collect::<Vec<_>>().join(" "))
}

/// An `add_header` line in one text.
pub(super) fn header_line(name: &str, value: &str, always: bool) -> String {
    words([name, value].into_iter().chain(always.then_some("always")))
}

/// What the keys of a file's headers begin with.
fn prefix_of(place: &str) -> String {
    scope_of(place).map_or_else(|| "http.headers".to_owned(), |scope| format!("scopes.{scope}.http.headers"))
}

/// The scope of `security-headers.NAME.conf`.
fn scope_of(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.strip_prefix("security-headers.")?.strip_suffix(".conf")
}

/// The key of a directive that no intent covers: the spec's own where one decides it, else `nginx.` and its name.
pub(super) fn key_of(name: &str, arguments: &[String], policy: &Policy) -> String {
    let zone = arguments.iter().find_map(|a| a.strip_prefix("zone=secgen_")).and_then(|z| z.split(':').next());
    let of_spec = match name {
        "ssl_ecdh_curve" => "tls.groups",
        "ssl_session_tickets" => "tls.session_tickets",
        "return" => "tls.redirect_http",
        _ => "",
    };
    let http = policy.spec.http.as_ref();
    let cookie = |name: &String| {
        http?.cookies.iter().flatten().find(|(_, c)| c.name.as_ref().is_some_and(|n| n.as_str() == name)).map(|(own, _)| cookie_key(own.as_str()))
    };
    let origins = |variable: &String| {
        let is_of = |own: &str| variable.strip_prefix('$').is_some_and(|v| v == cors_variable(own));
        http?.cors.iter().flatten().map(|(own, _)| own.as_str()).find(|own| is_of(own)).map(cors_origins_key)
    };
    let known = match (name, arguments) {
        ("proxy_cookie_flags", [first, ..]) => cookie(first),
        ("map", [_, variable, ..]) => origins(variable),
        _ => None,
    };
    match (name, zone, arguments.first()) {
        _ if known.is_some() => known.unwrap_or_default(),
        _ if policy.intent(of_spec).is_some() => of_spec.to_owned(),
        ("limit_req_zone", Some(limit), _) => per_minute_key(limit),
        ("limit_req", Some(limit), _) => burst_key(limit),
        ("add_header" | "proxy_hide_header" | "ssl_conf_command", _, Some(what)) => format!("nginx.{name}.{what}"),
        _ => format!("nginx.{name}"),
    }
}

/// The spec key that a zone's rate comes from.
pub(super) fn per_minute_key(limit: &str) -> String {
    format!("rate_limits.limits.{limit}.edge.per_minute")
}

/// The spec key that a burst comes from.
pub(super) fn burst_key(limit: &str) -> String {
    format!("rate_limits.limits.{limit}.edge.burst")
}

fn as_text(directive: &Directive, policy: &Policy, place: &str) -> Fact {
    let arguments: Vec<String> = directive.args().iter().map(Word::text).collect();
    let mut text = words(arguments.iter().map(String::as_str));
    let is_flat = directive.children().iter().all(|d| d.body == Body::None);
    if directive.name().is("map") && is_flat {
        let line = |d: &Directive| words(d.words().iter().map(Word::text).collect::<Vec<_>>().iter().map(String::as_str));
        text = block_text(&text, &directive.children().iter().map(line).collect::<Vec<_>>());
    } else if directive.body != Body::None {
        text.push_str(" {...}");
    }
    Fact {
        intent: key_of(&directive.name().text(), &arguments, policy),
        place: place.to_owned(),
        found: Found::Text(text),
        cause: Cause::Value,
        at: Some(Label::new(directive.span, "")),
        related: Vec::new(),
        rule: &rules::SYNTAX,
        help: Vec::new(),
        group: None,
    }
}

/// Arguments in one line, so that no two lists of arguments look the same.
pub(super) fn words<'w>(arguments: impl IntoIterator<Item = &'w str>) -> String {
    let word = |text: &str| if encode::is_bare(text) { text.to_owned() } else { encode::quote(text) };
    arguments.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Facts about TLS, and the lines that they cover.
fn tls_facts(policy: &Policy, versions: Versions, level: effective::Level, start: Span, place: &str) -> (Vec<Fact>, Vec<Span>) {
    let of_protocols: Vec<Span> = level.protocols.iter().map(|d| d.span).collect();
    let suite_commands = level.conf_commands.iter().filter(|d| d.arg(0).is_some_and(|w| w.is("Ciphersuites")));
    let of_suites: Vec<Span> = level.ciphers.iter().chain(suite_commands).map(|d| d.span).collect();
    let (mut facts, mut covered) = (Vec::new(), Vec::new());
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
        group: None,
    };
    let Some(server) = servers.servers.first() else { return (facts, covered) };
    let Ok(protocols) = tls::own_protocols(&servers, server, true, versions) else { return (facts, covered) };
    if policy.intent("tls.min_version").is_some() {
        let found = Found::Set { value: Value::Tls(protocols.value.clone()), text: protocols.text.clone() };
        facts.push(fact("tls.min_version", found, protocols.at, &rules::TLS_PROTOCOLS));
        covered.extend(of_protocols);
    }
    if policy.intent("tls.profile").is_some()
        && let Ok(suites) = tls::suites(&servers, 0, 0, &protocols.value, versions)
    {
        // A file that names no suite leaves them to OpenSSL.
        if suites.at.is_some() {
            let found = Found::Set { value: Value::Allowed(Allowed(suites.value)), text: suites.text };
            facts.push(fact("tls.profile", found, suites.at, &rules::TLS_SUITES));
            covered.extend(of_suites);
        }
    }
    (facts, covered)
}
