//! The `cargo` target: `deny.toml` of cargo-deny and `.cargo/audit.toml` of cargo-audit.
//!
//! Both programs read their configuration strictly, so a file is first held against the keys that today's release knows
//! ([`keys`], [`generation`]) and then read by value ([`deny`], [`audit`]).

mod audit;
mod deny;
mod generation;
mod keys;
mod merge;
mod narrowed;
mod package;
mod read;
mod render;
mod rules;
mod tree;

pub use merge::{Merged, Refusal, merge};
pub use read::accepts;

use super::{Artifact, Body, Encoder, Fact, Found, Input, Reading, Target};
use crate::finding::{Cause, Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::spec::CargoTarget;
use std::ops::Range;

/// The `cargo` target.
#[derive(Debug)]
pub struct Cargo;

/// Grows when the layout of `deny.toml` changes.
const DENY_REVISION: u32 = 1;
/// Grows when the layout of `audit.toml` changes.
const AUDIT_REVISION: u32 = 1;

fn target(policy: &Policy) -> Option<&CargoTarget> {
    policy.spec.targets.as_ref()?.cargo.as_ref()
}

/// Keys of `deny.toml` that an intent says in full.
static SAID_BY_INTENT: &[(&str, &str)] = &[
    ("advisories.unmaintained", "dependencies.advisories.unmaintained"),
    ("advisories.unsound", "dependencies.advisories.unsound"),
    ("advisories.yanked", "dependencies.advisories.yanked"),
    ("bans.multiple-versions", "dependencies.bans.multiple_versions"),
    ("bans.wildcards", "dependencies.bans.wildcards"),
    ("licenses.allow", "dependencies.licenses.allow"),
    ("sources.allow-git", "dependencies.sources.allow_git"),
    ("sources.unknown-git", "dependencies.sources.unknown_git"),
    ("sources.unknown-registry", "dependencies.sources.unknown_registry"),
];

/// The keys of an artifact that no intent says in full, such as the reasons of what is accepted and the fixed part:
/// name and canonical value, as facts and expectations hold them.
fn other_keys(policy: &Policy, kind: &str, leaves: Vec<(String, String)>) -> Vec<(String, String)> {
    let said = |path: &str| kind == "deny" && SAID_BY_INTENT.iter().any(|(p, key)| *p == path && policy.intent(key).is_some());
    leaves.into_iter().filter(|(path, _)| !said(path)).map(|(path, value)| (format!("{kind}.toml:{path}"), value)).collect()
}

/// What reading an artifact back must find: the intents that its grammar can say, then all other keys.
fn expected(policy: &Policy, kind: &str, leaves: Vec<(String, String)>) -> Vec<(String, String)> {
    let can_say = |key: &str| if kind == "deny" { key.starts_with("dependencies.") } else { key == "dependencies.advisories.ignore" };
    let intents = policy.intents.iter().filter(|i| can_say(&i.key)).map(|i| (i.key.clone(), i.value.to_string()));
    intents.chain(other_keys(policy, kind, leaves)).collect()
}

impl Target for Cargo {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        target(policy).is_some()
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        target(policy).and_then(|t| t.check.as_ref()).into_iter().flatten().map(|p| p.as_str().to_owned()).collect()
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        policy.intents.iter().filter(|i| i.key.starts_with("dependencies.")).map(|i| i.key.clone()).collect()
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        let Some(out) = target(policy).and_then(|t| t.out.as_ref()) else { return Ok(Vec::new()) };
        let folder = policy.out_folder(out);
        let at = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let (deny, audit) = (render::deny(policy)?, render::audit(policy)?);
        // The reasons stand in comments of audit.toml, which no reader sees: they count as an input.
        let reasons = deny.leaves.iter().filter(|(path, _)| path == "advisories.ignore").cloned();
        let audit_inputs = std::iter::once(("cargo-audit".to_owned(), "0.22".to_owned())).chain(reasons).collect();
        Ok(vec![
            Artifact {
                path: at("deny.toml"),
                target: "cargo",
                kind: "deny",
                comment: "#",
                usage: vec!["cargo-deny 0.20 or newer finds it here by its name: run `cargo deny check`.".to_owned()],
                expected: expected(policy, "deny", deny.leaves),
                body: Body::Text(deny.text),
                inputs: vec![("cargo-deny".to_owned(), "0.20".to_owned())],
                revision: DENY_REVISION,
                ..Artifact::default()
            },
            Artifact {
                path: at(".cargo/audit.toml"),
                target: "cargo",
                kind: "audit",
                comment: "#",
                usage: vec!["cargo-audit reads it from this folder only: run `cargo audit` one folder above.".to_owned()],
                expected: expected(policy, "audit", audit.leaves),
                body: Body::Text(audit.text),
                inputs: audit_inputs,
                revision: AUDIT_REVISION,
                ..Artifact::default()
            },
        ])
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["deny", "audit"]
    }

    fn canonical(&self, _kind: &str, text: &str) -> Option<Vec<u8>> {
        Some(tree::parse(text).ok()?.canonical().into_bytes())
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let source = sources.get(id);
        let text = source.text().ok_or("it is not UTF-8")?;
        if text.len() as u64 > tree::MAX_BYTES {
            return Err("it is longer than the 1 MiB that secgen reads".to_owned());
        }
        let at = |span: &Range<usize>, message: &str| format!("line {}: {message}", sources.position(Span::new(id, span.start, span.end)).line);
        let root = tree::parse(text).map_err(|e| at(&e.span, &e.message))?;
        let problems = if kind == "deny" { read::deny_problems(&root) } else { generation::check(read::CARGO_AUDIT, &root, keys::AUDIT) };
        if let Some(problem) = problems.first() {
            return Err(at(&problem.span, &problem.message));
        }
        let ours = if kind == "deny" { render::DENY_KEYS } else { render::AUDIT_KEYS };
        let leaves = root.leaves();
        if let Some((path, _)) = leaves.iter().find(|(path, _)| !ours.contains(&path.as_str())) {
            return Err(format!("{} is a key that secgen does not write", generation::shown(path)));
        }
        let mut facts = if kind == "deny" {
            let file = deny::DenyFile { id, root: &root, exceptions: Vec::new(), place: format!("crate graph of {}", source.path) };
            deny::facts(policy, &file)
        } else {
            audit::facts(policy, id, &root, &format!("cargo-audit by {}", source.path))
        };
        facts.extend(other_keys(policy, kind, leaves).into_iter().map(|(key, value)| Fact {
            intent: key,
            place: source.path.clone(),
            found: Found::Text(value),
            cause: Cause::Value,
            at: None,
            related: Vec::new(),
            rule: &rules::BAD_VALUE,
            help: Vec::new(),
            group: None,
        }));
        Ok(facts)
    }

    fn is_in_force(&self, artifact: &Artifact) -> bool {
        artifact.kind == "deny"
    }

    fn claims(&self, path: &str, _bytes: &[u8]) -> bool {
        matches!(read::file_name(path), "deny.toml" | ".deny.toml" | "audit.toml")
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        read::read(policy, sources, inputs)
    }

    fn rules(&self) -> &'static [&'static Rule] {
        rules::ALL
    }
}
