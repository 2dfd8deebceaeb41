//! The embedded JSON schema to findings with spans.

use crate::document::Node;
use crate::finding::Finding;
use crate::source::Sources;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Main.
    Main,
    /// Layer.
    Layer,
}

/// Validates.
#[must_use]
pub fn validate(_sources: &Sources, _node: &Node, _kind: Kind) -> Vec<Finding> {
    Vec::new()
}

/// Decodes.
///
/// # Errors
/// Findings.
pub fn decode_findings(_sources: &Sources, _node: &Node) -> Result<crate::spec::Spec, Vec<Finding>> {
    Err(Vec::new())
}

/// Not supported.
pub static NOT_SUPPORTED: crate::finding::Rule =
    crate::finding::Rule { name: "spec-not-supported", title: "", severity: crate::finding::Severity::High, explain: "" };

/// Rules.
pub static RULES: &[&crate::finding::Rule] = &[&NOT_SUPPORTED];

/// Generates.
#[must_use]
pub fn generate() -> serde_json::Value {
    serde_json::Value::Null
}
