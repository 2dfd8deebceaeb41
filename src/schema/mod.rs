//! The embedded JSON schema to findings with spans: every error at once, in plain words, at its key or value.

mod describe;
mod generate;
mod reserved;

pub use describe::{Described, describe, keys};
pub use generate::{generate, generate_waivers};

use crate::document::{Node, Value, quoted};
use crate::finding::{Finding, Snippet, cited, rules};
use crate::source::Sources;
use jsonschema::error::ValidationErrorKind as Kind_;
use std::sync::OnceLock;

/// Whether a document is the spec itself or a layer below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The spec: `version` and `service` are required.
    Main,
    /// A layer, which may hold any part.
    Layer,
    /// `secgen.waivers.yaml`.
    Waivers,
}

impl Kind {
    /// What messages call the whole document.
    fn name(self) -> &'static str {
        if self == Self::Waivers { "the list of waivers" } else { "the spec" }
    }

    /// The command that prints its schema.
    fn command(self) -> &'static str {
        if self == Self::Waivers { "secgen schema waivers" } else { "secgen schema" }
    }
}

rules! {
    pub, pub RULES;

    UNKNOWN_KEY = "spec-unknown-key", High, "The spec has a key that secgen does not know.",
        "A mistyped key would silently not be enforced, so secgen refuses it. Correct its spelling, or remove it.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("tls: { min_versoin: TLSv1.3 }"),
            good: Snippet("tls: { min_version: TLSv1.3 }"),
            keys: &[],
            references: cited::SPEC,
            sources: &[],
        };
    WRONG_VALUE = "spec-wrong-value", High, "A value of the spec has the wrong form.",
        "The message says what the key takes. Your editor shows the same from the JSON schema (`secgen schema`).",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("tls: { min_version: 1.2 }"),
            good: Snippet("tls: { min_version: TLSv1.2 }"),
            keys: &[],
            references: cited::SPEC,
            sources: &[],
        };
    MISSING_KEY = "spec-missing-key", High, "The spec lacks a key that it needs.",
        "A spec needs at least version, service and targets.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                version: 1
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            good: Snippet(r"
                version: 1
                service: payments-api
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            keys: &["version", "service"],
            references: cited::SPEC,
            sources: &[],
        };
    NOT_SUPPORTED = "spec-not-supported", High, "This version of secgen does not support a part of the spec.",
        "secgen never accepts a key and ignores it: what it cannot enforce yet it refuses by name. Remove the key until a later version supports it.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("http: { routes: { api: { prefix: /api/ } } }"),
            good: Snippet("http: { headers: { content_type_options: nosniff } }"),
            keys: &[],
            references: cited::SPEC,
            sources: &[],
        };
}

/// The schema as it is published; a test keeps it equal to [`generate`].
const SCHEMA: &str = include_str!("../../schemas/secgen.schema.json");

/// Compiled into the program: compiling the schema at run time takes longer than everything else that a run does.
#[jsonschema::validator(
    path = "schemas/secgen.schema.json",
    draft = Draft7,
    validate_formats = false,
    pattern_options = { engine = regex },
    methods = { is_valid = true, validate = false, iter_errors = false }
)]
struct Schema;

/// The schema of waivers as it is published.
const WAIVERS: &str = include_str!("../../schemas/secgen.waivers.schema.json");

/// Compiled into the program, as [`Schema`] is.
#[jsonschema::validator(
    path = "schemas/secgen.waivers.schema.json",
    draft = Draft7,
    validate_formats = false,
    pattern_options = { engine = regex },
    methods = { is_valid = true, validate = false, iter_errors = false }
)]
struct WaiversSchema;

/// A schema as JSON, and the validator that says what is wrong with a document which the compiled one refuses.
type Explaining = (serde_json::Value, jsonschema::Validator);

fn schema(kind: Kind) -> Option<&'static Explaining> {
    static SPEC: OnceLock<Option<Explaining>> = OnceLock::new();
    static OF_WAIVERS: OnceLock<Option<Explaining>> = OnceLock::new();
    let (compiled, text) = if kind == Kind::Waivers { (&OF_WAIVERS, WAIVERS) } else { (&SPEC, SCHEMA) };
    let build = || {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let validator = validator(&json)?;
        Some((json, validator))
    };
    compiled.get_or_init(build).as_ref()
}

fn validator(schema: &serde_json::Value) -> Option<jsonschema::Validator> {
    jsonschema::draft7::options().with_pattern_options(jsonschema::PatternOptions::regex()).should_validate_formats(false).build(schema).ok()
}

/// Every error of a document against the schema, sorted by place.
#[must_use]
pub fn validate(sources: &Sources, node: &Node, kind: Kind) -> Vec<Finding> {
    let instance = node.to_json();
    if if kind == Kind::Waivers { WaiversSchema::is_valid(&instance) } else { Schema::is_valid(&instance) } {
        return Vec::new();
    }
    let Some((json, validator)) = schema(kind) else {
        return vec![Finding::error(&WRONG_VALUE, "the built-in schema cannot be read").at(node.span, "").help("this is a fault of secgen: please report it")];
    };
    let mut findings = Vec::new();
    let mut has_errors = false;
    for error in validator.iter_errors(&instance) {
        has_errors = true;
        explain(sources, node, json, &error, kind, &mut findings);
    }
    if !has_errors {
        // Never a pass: the document was refused.
        let finding = Finding::error(&WRONG_VALUE, format!("{} is refused by the schema, and secgen cannot say where", kind.name()));
        let help = format!("this is a fault of secgen: please report it; your editor may show the place from `{}`", kind.command());
        findings.push(finding.at(first_line(sources, node), "").help(help));
    }
    findings.sort_by_key(|f: &Finding| f.primary.as_ref().map(|l| l.span));
    // One value, one message: the last keyword of a schema says the most (what it may be, after what type it must have).
    findings.dedup_by(|later, first| {
        let same = later.primary.is_some() && later.primary == first.primary && later.rule == first.rule && later.rule != &MISSING_KEY;
        if same {
            std::mem::swap(later, first);
        }
        same
    });
    crate::document::limit_findings(&mut findings);
    findings
}

/// The typed spec of a merged tree.
///
/// # Errors
/// What the types refuse although the schema does not, at the nearest key.
pub fn decode_findings(_sources: &Sources, node: &Node) -> Result<crate::spec::Spec, Vec<Finding>> {
    let json = node.to_json();
    serde_json::from_value(json.clone()).map_err(|error| {
        // The smallest part that still fails is where the error lies.
        let mut best = (node, String::new());
        if let Value::Map(entries) = &node.value {
            for entry in entries {
                let mut alone = serde_json::Map::new();
                alone.insert(entry.key.clone(), entry.value.to_json());
                if serde_json::from_value::<crate::spec::Spec>(serde_json::Value::Object(alone)).is_err() {
                    best = (&entry.value, entry.key.clone());
                    break;
                }
            }
        }
        let path = if best.1.is_empty() { "the spec".to_owned() } else { best.1.clone() };
        vec![
            Finding::error(&WRONG_VALUE, format!("{path} has a value that cannot be used: {error}"))
                .at(best.0.span, "in here")
                .help("correct the value as the message says")
                .intent(best.1),
        ]
    })
}

/// `a.b[0]` of a JSON pointer, and the node there.
fn locate<'a>(node: &'a Node, pointer: &str) -> (String, &'a Node) {
    let mut path = String::new();
    let mut current = node;
    for part in pointer.split('/').skip(1).map(|p| p.replace("~1", "/").replace("~0", "~")) {
        match &current.value {
            Value::Map(entries) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&part);
                match entries.iter().find(|e| e.key == part) {
                    Some(entry) => current = &entry.value,
                    None => break,
                }
            }
            Value::Seq(items) => {
                path.push_str(&format!("[{part}]"));
                match part.parse::<usize>().ok().and_then(|i| items.get(i)) {
                    Some(item) => current = item,
                    None => break,
                }
            }
            _ => break,
        }
    }
    (path, current)
}

/// The subschema that an error is about, references resolved.
fn subschema<'a>(json: &'a serde_json::Value, pointer: &str) -> Option<&'a serde_json::Value> {
    let mut current = json;
    for part in pointer.split('/').skip(1).map(|p| p.replace("~1", "/").replace("~0", "~")) {
        current = resolve(json, current);
        current = if part == "$ref" { resolve(json, current) } else { current.get(&part).or_else(|| current.get(part.parse::<usize>().ok()?))? };
    }
    Some(resolve(json, current))
}

fn resolve<'a>(json: &'a serde_json::Value, mut current: &'a serde_json::Value) -> &'a serde_json::Value {
    for _ in 0..16 {
        let Some(reference) = current.get("$ref").and_then(serde_json::Value::as_str) else { break };
        match json.pointer(reference.trim_start_matches('#')) {
            Some(next) => current = next,
            None => break,
        }
    }
    current
}

fn explain(sources: &Sources, root: &Node, json: &serde_json::Value, error: &jsonschema::ValidationError<'_>, kind: Kind, findings: &mut Vec<Finding>) {
    let (path, node) = locate(root, error.instance_path().as_str());
    let at = if path.is_empty() { kind.name().to_owned() } else { path.clone() };
    let shown = quoted(&crate::finding::redact::shapes(node.raw(sources)));
    // The keyword's own parent holds the words.
    let schema_path = error.schema_path().as_str();
    let parent = schema_path.rfind('/').map_or("", |i| &schema_path[..i]);
    let owner = subschema(json, parent);
    let hint = owner.and_then(|o| o.get("description")).and_then(serde_json::Value::as_str);
    let wrong = |message: String, help: String| Finding::error(&WRONG_VALUE, message).at(node.span, "").help(help).intent(&path);
    match error.kind() {
        Kind_::AdditionalProperties { unexpected } => {
            for key in unexpected {
                findings.push(unknown_key(node, owner, &path, key));
            }
        }
        Kind_::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            if kind != Kind::Layer || !path.is_empty() {
                let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                findings.push(
                    Finding::error(&MISSING_KEY, format!("{full} is missing"))
                        .at(first_line(sources, node), "in here")
                        .help(format!("add {name}: ..."))
                        .intent(full),
                );
            }
        }
        Kind_::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(|o| o.as_str().map_or_else(|| o.to_string(), str::to_owned)).collect();
            let raw = node.raw(sources).trim_matches(['"', '\'']);
            let distance = |w: &String| strsim::damerau_levenshtein(&w.to_lowercase(), &raw.to_lowercase());
            // A version number alone is the end of a version's name.
            let near =
                words.iter().find(|w| !raw.is_empty() && w.ends_with(raw)).or_else(|| words.iter().min_by_key(|w| distance(w)).filter(|w| distance(w) <= 2));
            let help = near.map_or_else(
                || hint.filter(|_| words.len() < 3).map_or_else(|| format!("write one of {}", words.join(", ")), str::to_owned),
                |w| format!("write {w}"),
            );
            let must = if let [one] = words.as_slice() { one.clone() } else { format!("one of {}", words.join(", ")) };
            findings.push(wrong(format!("{at} must be {must}, found {shown}"), help));
        }
        Kind_::Pattern { .. } => {
            findings.push(wrong(format!("{at} has the wrong form, found {shown}"), pattern_hint(json, owner).to_owned()));
        }
        Kind_::MaxLength { limit } => {
            findings.push(wrong(format!("{at} is longer than {limit} characters"), format!("shorten it to {limit} characters")));
        }
        Kind_::MinLength { .. } => findings.push(wrong(format!("{at} is empty"), "write a text, or remove the key".to_owned())),
        Kind_::Minimum { limit } | Kind_::ExclusiveMinimum { limit } => {
            findings.push(wrong(format!("{at} must be {limit} or more, found {shown}"), format!("write a number from {limit} on")));
        }
        Kind_::Maximum { limit } | Kind_::ExclusiveMaximum { limit } => {
            findings.push(wrong(format!("{at} must be {limit} or less, found {shown}"), format!("write a number up to {limit}")));
        }
        Kind_::MinItems { .. } | Kind_::MinProperties { .. } => {
            findings.push(wrong(format!("{at} must not be empty"), "write at least one entry, or remove the key".to_owned()));
        }
        Kind_::UniqueItems => findings.push(wrong(format!("{at} names one entry twice"), "remove the second one".to_owned())),
        Kind_::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default().to_owned();
            let names = owner.and_then(|o| o.get("propertyNames")).map(|n| resolve(json, n)).or(owner);
            let span = node.entry(&key).map_or(node.span, |e| e.key_span);
            let message = format!("the key {} in {at} has the wrong form", quoted(&key));
            findings.push(Finding::error(&WRONG_VALUE, message).at(span, "").help(pattern_hint(json, names)).intent(&path));
        }
        Kind_::Type { .. } if node.value == Value::Null => {
            findings.push(wrong(format!("{at} has no value"), "write one, or remove the line".to_owned()));
        }
        Kind_::Type { .. } => {
            let wants = owner.and_then(|o| o.get("type")).map(type_words).unwrap_or_default();
            // `https:` without quotes is a map with one empty key.
            let short_map = matches!(&node.value, Value::Map(_)) && node.raw(sources).len() <= 40;
            let scalar = (short_map || matches!(node.value, Value::Int(_) | Value::Float(_) | Value::Bool(_))) && wants.contains("text");
            // Quotes help only where the text itself would do.
            let quotes_help = scalar && owner.is_none_or(|o| accepts_text(json, o, node.raw(sources)));
            let help = if scalar && !quotes_help && owner.is_some_and(|o| o.get("pattern").is_some()) {
                pattern_hint(json, owner).to_owned()
            } else if scalar && quotes_help {
                format!("write it in quotes: \"{}\"", node.raw(sources))
            } else {
                format!("write {wants}")
            };
            findings.push(wrong(format!("{at} must be {wants}, found {} {shown}", node.kind()), help));
        }
        Kind_::AnyOf { context } | Kind_::OneOfNotValid { context } => {
            // The branch that was meant is the one whose type fits.
            let at_root = |errors: &&Vec<jsonschema::ValidationError<'_>>| {
                errors
                    .iter()
                    .filter(|e| e.instance_path().as_str() == error.instance_path().as_str() && matches!(e.kind(), Kind_::Type { .. } | Kind_::Enum { .. }))
                    .count()
            };
            match context.iter().min_by_key(at_root).filter(|b| !b.is_empty()) {
                Some(branch) => {
                    let before = findings.len();
                    for error in branch {
                        explain(sources, root, json, error, kind, findings);
                    }
                    // The choice knows all its branches; a branch only itself.
                    if let (Some(hint), [only]) = (hint, &mut findings[before..])
                        && only.primary.as_ref().is_some_and(|l| l.span == node.span)
                    {
                        only.help = vec![hint.to_owned()];
                    }
                }
                None => findings.push(wrong(format!("{at} has a value that it cannot take, found {shown}"), hint.unwrap_or("see `secgen schema`").to_owned())),
            }
        }
        _ => findings.push(wrong(format!("{at}: {}", error.masked()), hint.unwrap_or("correct the value; see `secgen schema`").to_owned())),
    }
}

/// What a text must look like: the words of the type that has this pattern.
fn pattern_hint<'a>(json: &'a serde_json::Value, owner: Option<&'a serde_json::Value>) -> &'a str {
    let words = |schema: &'a serde_json::Value| schema.get("description").and_then(serde_json::Value::as_str);
    let pattern = owner.and_then(|o| o.get("pattern"));
    let typed =
        json.get("definitions").and_then(serde_json::Value::as_object).and_then(|d| d.values().find(|t| pattern.is_some() && t.get("pattern") == pattern));
    typed.and_then(words).or_else(|| owner.and_then(words)).unwrap_or("it has a form of its own; see `secgen schema`")
}

/// Whether a schema would take a text.
fn accepts_text(json: &serde_json::Value, schema: &serde_json::Value, text: &str) -> bool {
    let mut alone = serde_json::Map::new();
    for key in ["type", "pattern", "enum"] {
        if let Some(value) = resolve(json, schema).get(key) {
            alone.insert(key.to_owned(), value.clone());
        }
    }
    validator(&serde_json::Value::Object(alone)).is_some_and(|v| v.is_valid(&serde_json::Value::String(text.to_owned())))
}

/// A map is long: only its first line is marked.
fn first_line(sources: &Sources, node: &Node) -> crate::source::Span {
    let bytes = sources.slice(node.span);
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    crate::source::Span::new(node.span.source, node.span.start as usize, node.span.start as usize + end)
}

fn type_words(types: &serde_json::Value) -> String {
    let word = |t: &str| match t {
        "object" => "a map (lines of key: value)",
        "array" => "a list",
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        _ => "nothing",
    };
    match types {
        serde_json::Value::String(t) => word(t).to_owned(),
        serde_json::Value::Array(all) => all.iter().filter_map(serde_json::Value::as_str).map(word).collect::<Vec<_>>().join(" or "),
        _ => "of another kind".to_owned(),
    }
}

fn unknown_key(node: &Node, owner: Option<&serde_json::Value>, path: &str, key: &str) -> Finding {
    let span = node.entry(key).map_or(node.span, |e| e.key_span);
    let full = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if reserved::is_reserved(&full) {
        return Finding::error(&NOT_SUPPORTED, format!("{full} is not supported yet"))
            .at(span, "")
            .help("remove it: this version would not enforce it, and secgen accepts no key that it ignores")
            .intent(full);
    }
    let known: Vec<&str> =
        owner.and_then(|o| o.get("properties")).and_then(serde_json::Value::as_object).into_iter().flat_map(|p| p.keys().map(String::as_str)).collect();
    let near = known.iter().map(|k| (strsim::damerau_levenshtein(k, key), *k)).min().filter(|(d, k)| *d <= (k.len() / 3).max(1));
    let place = if path.is_empty() { String::new() } else { format!(" in {path}") };
    let key = quoted(key);
    let (message, help) = match near {
        Some((_, near)) => (format!("unknown key {key}{place}: did you mean \"{near}\"?"), format!("write {near}, or remove the line")),
        None => (format!("unknown key {key}{place}"), format!("remove it; known keys are {}", known.join(", "))),
    };
    Finding::error(&UNKNOWN_KEY, message).at(span, "").help(help).intent(full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Every place of a document, as JSON pointers.
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found)),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| places(value, &format!("{at}/{i}"), found)),
            _ => {}
        }
    }

    /// What is compiled into the program and what says what is wrong are generated apart from one schema: they must
    /// refuse the same, or a document would be refused without a word, or taken without a look.
    #[test]
    fn both_forms_of_the_schema_refuse_the_same() {
        let mut sources = Sources::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR")));
        let Ok(id) = sources.read("examples/quickstart/secgen.yaml", 1 << 20) else { unreachable!("the example") };
        let Ok(node) = crate::document::parse(&sources, id) else { unreachable!("the example is YAML") };
        let good = node.to_json();
        let Some((_, validator)) = schema(Kind::Main) else { unreachable!("the schema compiles") };
        assert!(Schema::is_valid(&good) && validator.is_valid(&good));
        let long = "a".repeat(5000);
        let bad = [json!(null), json!(true), json!(-1), json!(1.5), json!(u64::MAX), json!(""), json!("a\nb"), json!("no; such"), json!(long), json!([])];
        let more = [json!({}), json!({ "x": 1 }), json!(["self", "self"]), json!([[1]]), json!("TLSv1.3"), json!("1h")];
        let mut found = Vec::new();
        places(&good, "", &mut found);
        let mut refused = 0;
        for place in &found {
            for value in bad.iter().chain(&more) {
                let mut document = good.clone();
                let Some(target) = document.pointer_mut(place) else { continue };
                *target = value.clone();
                assert_eq!(Schema::is_valid(&document), validator.is_valid(&document), "{value} at {place}");
                refused += usize::from(!validator.is_valid(&document));
            }
            let mut document = good.clone();
            if let Some(Value::Object(map)) = document.pointer_mut(place) {
                map.insert("unknown key".to_owned(), json!("x"));
                assert_eq!(Schema::is_valid(&document), validator.is_valid(&document), "a key more at {place}");
            }
        }
        assert!(refused > found.len() * 8, "{refused} of {} places", found.len());
    }
}
