//! `clippy.toml`: functions, types and macros that the policy bans, resolved by the compiler.
//!
//! What a hand-written file lacks is named line by line; secgen never writes over it.

use super::written::rules;
use crate::finding::{Finding, Kind, Label, Verdict};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span, join};
use crate::targets::toml::{self, Node};
use crate::targets::{Artifact, Body, Keeper, Reading};
use std::collections::{BTreeMap, BTreeSet};
use toml_edit::{Array, DocumentMut, InlineTable, RawString, Value};

/// Grows when the layout changes.
const REVISION: u32 = 1;

/// Why a group of things is banned, and when.
struct Group {
    key: &'static str,
    paths: &'static [&'static str],
    reason: &'static str,
    needed: fn(&Policy) -> bool,
}

fn always(_: &Policy) -> bool {
    true
}

fn has_jwt(policy: &Policy) -> bool {
    policy.spec.jwt.is_some()
}

fn has_limits(policy: &Policy) -> bool {
    policy.spec.rate_limits.is_some()
}

/// The bans. Paths as the compiler resolves them: a re-export is the same thing.
static GROUPS: [Group; 4] = [
    Group {
        key: "disallowed-methods",
        paths: &[
            "jsonwebtoken::Validation::insecure_disable_signature_validation",
            "jsonwebtoken::dangerous::insecure_decode",
            "jsonwebtoken::dangerous::insecure_decode_claims",
        ],
        reason: "nobody checks the signature",
        needed: has_jwt,
    },
    Group {
        key: "disallowed-methods",
        paths: &[
            "native_tls::TlsConnectorBuilder::danger_accept_invalid_certs",
            "native_tls::TlsConnectorBuilder::danger_accept_invalid_hostnames",
            "reqwest::ClientBuilder::danger_accept_invalid_certs",
            "reqwest::ClientBuilder::danger_accept_invalid_hostnames",
            "reqwest::blocking::ClientBuilder::danger_accept_invalid_certs",
            "reqwest::blocking::ClientBuilder::danger_accept_invalid_hostnames",
        ],
        reason: "anyone on the way can be the server",
        needed: always,
    },
    Group {
        key: "disallowed-types",
        paths: &["tower_governor::key_extractor::SmartIpKeyExtractor"],
        reason: "the client writes the address that it takes",
        needed: has_limits,
    },
    Group { key: "disallowed-macros", paths: &["std::dbg"], reason: "it prints values, secrets included", needed: always },
];

/// The keys of a file, in its order, with a line about each.
const KEYS: [(&str, &str); 3] = [
    ("disallowed-methods", "Functions and methods that switch a protection off; allow-invalid: a crate that is not used is no error."),
    ("disallowed-types", "Types that do not protect as they seem to."),
    ("disallowed-macros", "Macros that have no place in a service."),
];

/// What a policy bans: key, path and reason.
fn bans(policy: &Policy) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> + '_ {
    GROUPS.iter().filter(|group| (group.needed)(policy)).flat_map(|group| group.paths.iter().map(|path| (group.key, *path, group.reason)))
}

fn entry(path: &str, reason: &str) -> InlineTable {
    [("path", Value::from(path)), ("reason", Value::from(reason)), ("allow-invalid", Value::from(true))].into_iter().collect()
}

/// Whether a file is clippy's configuration, by its name.
pub(super) fn is_config(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("clippy.toml" | ".clippy.toml"))
}

/// The files to render, where the spec asks for some. One that several policies share has the bans of all of them.
pub(super) fn artifacts(policies: &[&Policy]) -> Vec<Artifact> {
    let path = |policy: &Policy| join(&policy.out_folder(policy.spec.targets.as_ref()?.rust.as_ref()?.clippy.as_ref()?), "clippy.toml");
    let paths: BTreeSet<String> = policies.iter().filter_map(|policy| path(policy)).collect();
    let file = |path_of: String| {
        let sharing: Vec<&Policy> = policies.iter().filter(|policy| path(policy).as_ref() == Some(&path_of)).copied().collect();
        let text = render(&sharing);
        Artifact {
            out_key: None,
            carries: Vec::new(),
            path: path_of,
            target: "rust",
            kind: "clippy",
            comment: "#",
            usage: vec!["Clippy finds it here by its name: `cargo clippy -- -D warnings`, and editors that run clippy.".to_owned()],
            expected: leaves(&text).unwrap_or_default(),
            by_environment: BTreeMap::new(),
            body: Body::Text(text),
            inputs: vec![("clippy".to_owned(), "1.95".to_owned())],
            revision: REVISION,
            keeper: Keeper::Secgen,
            way_to_keep: None,
        }
    };
    paths.into_iter().map(file).collect()
}

fn render(policies: &[&Policy]) -> String {
    let mut document = DocumentMut::new();
    for (position, (key, why)) in KEYS.into_iter().enumerate() {
        let mut all: Vec<(&str, &str)> =
            policies.iter().flat_map(|policy| bans(policy)).filter(|(k, _, _)| *k == key).map(|(_, path, reason)| (path, reason)).collect();
        if all.is_empty() {
            continue;
        }
        all.sort_unstable();
        all.dedup();
        let mut list = Array::new();
        for (path, reason) in all {
            let mut element = Value::from(entry(path, reason));
            *element.decor_mut() = toml_edit::Decor::new("\n    ", "");
            list.push_formatted(element);
        }
        list.set_trailing_comma(true);
        list.set_trailing("\n");
        document.insert(key, toml_edit::value(list));
        if let Some(mut key) = document.key_mut(key) {
            let gap = if position == 0 { "" } else { "\n" };
            key.leaf_decor_mut().set_prefix(RawString::from(format!("{gap}# {why}\n")));
        }
    }
    document.to_string()
}

/// What counts of a file.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
    Some(toml::parse(text).ok()?.canonical().into_bytes())
}

/// Every key with its canonical value.
///
/// # Errors
/// Why the text cannot be read.
pub(super) fn leaves(text: &str) -> Result<Vec<(String, String)>, String> {
    if text.len() as u64 > toml::MAX_BYTES {
        return Err("it is longer than the 1 MiB that secgen reads".to_owned());
    }
    Ok(toml::parse(text).map_err(|error| error.message)?.leaves())
}

/// Reads a hand-written file: which bans it lacks.
pub(super) fn read(policy: &Policy, sources: &Sources, id: SourceId, reading: &mut Reading) {
    let source = sources.get(id);
    let path = source.path.as_str();
    let broken = |message: &str, at: std::ops::Range<usize>| {
        let finding = Finding::error(&rules::CLIPPY_SYNTAX, format!("{path} cannot be read: {message}")).path(path);
        finding.at(Span::new(id, at.start, at.end), "").help("correct the text here; until then nothing of the file is in force")
    };
    let text = match source.text() {
        Some(text) if text.len() as u64 <= toml::MAX_BYTES => text,
        Some(_) => return reading.findings.push(broken("it is longer than the 1 MiB that secgen reads", 0..0)),
        None => return reading.findings.push(broken("it is not UTF-8", 0..0)),
    };
    let root = match toml::parse(text) {
        Ok(root) => root,
        Err(error) => return reading.findings.push(broken(&error.message, error.span)),
    };
    reading.sources.push(id);
    for (key, _) in KEYS {
        let list = root.entry(key).or_else(|| root.entries().iter().find(|e| e.key.replace('_', "-") == key));
        if let Some(entry) = list.filter(|entry| !matches!(entry.node.kind, toml::Kind::Array(_))) {
            reading.findings.push(broken(&format!("{key} is {}, and clippy wants a list", entry.node.type_name()), entry.node.span.clone()));
            continue;
        }
        let elements = list.map(|entry| entry.node.elements()).unwrap_or_default();
        let missing: Vec<(&str, &str)> = bans(policy)
            .filter(|(k, path, _)| *k == key && !elements.iter().any(|e| banned(e) == Some(*path)))
            .map(|(_, path, reason)| (path, reason))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let names: Vec<&str> = missing.iter().take(3).map(|(path, _)| *path).collect();
        let more = missing.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let mut finding =
            Finding::new(&rules::BAN_MISSING, Kind::Verdict(Verdict::Absent), format!("{path} does not ban {}{more}", names.join(", "))).path(path);
        finding.place = Some(format!("{path} > {key}"));
        finding.primary = list.map(|entry| Label::new(Span::new(id, entry.key_span.start, entry.key_span.end), "this list"));
        let lines = missing.iter().map(|(path, reason)| format!("{},", entry(path, reason)));
        if list.is_some() {
            finding.help.push(format!("add to {key}:"));
            finding.help.extend(lines);
        } else {
            finding.help.push("add this list:".to_owned());
            finding.help.push(format!("{key} = ["));
            finding.help.extend(lines);
            finding.help.push("]".to_owned());
        }
        reading.findings.push(finding);
    }
}

/// The path that an element bans: `"a::b"` or `{ path = "a::b", .. }`.
fn banned(element: &Node) -> Option<&str> {
    element.text().or_else(|| element.entry("path")?.node.text())
}
