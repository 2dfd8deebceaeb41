//! `controls`: how the policy answers to a framework of the user's own, or to one that secgen does not know.

use super::scalar::{ControlId, Name, Prose, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A framework: a company's policy, a contract, a standard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlFramework {
    /// How reports name it. Left out: its key.
    pub title: Option<Prose>,
    /// The edition whose numbers are used.
    pub version: Option<Prose>,
    /// Its controls by number.
    pub controls: Option<BTreeMap<ControlId, OwnControl>>,
}

/// What of the policy has to do with one control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnControl {
    /// Spec keys, with all below them, and rules as `rule:NAME`.
    #[serde(rename = "for")]
    #[schemars(length(min = 1))]
    pub subjects: Vec<Subject>,
    /// How much they do for it.
    pub relation: ControlRelation,
    /// Why, in one line.
    pub rationale: Prose,
}

/// How a setting stands to a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ControlRelation {
    /// The control asks for this very thing.
    Implements,
    /// It is a part of what the control asks for.
    Supports,
    /// The control is about the same.
    Related,
}

/// Frameworks by a name of the user's own.
pub type Controls = BTreeMap<Name, ControlFramework>;
