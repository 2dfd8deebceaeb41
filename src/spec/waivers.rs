//! `secgen.waivers.yaml`: what somebody accepts knowingly, for a reason, up to a bound and a date.

use super::scalar::{Date, Name, Owner, Prose, WaivedText, WaiverId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Findings of `secgen check` that are accepted knowingly.
///
/// Each entry binds to one rule, a place, a bound, a reason, a person and a last day. It lies beside `secgen.yaml`, so that
/// CODEOWNERS can give it to other reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "secgen waivers")]
pub struct WaiverFile {
    /// The version of this format. Always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The waivers.
    pub waivers: Vec<Waiver>,
}

/// One acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Its name, as reports print it.
    pub id: WaiverId,
    /// waiver (a year at most), emergency (72 hours at most, heads every report) or baseline (taken in at once, can only
    /// shrink). Left out: waiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<WaiverKind>,
    /// Exactly one rule: what findings print in brackets.
    pub rule: Name,
    /// Which findings of the rule. Each part may be left out, not all.
    pub r#where: Where,
    /// The bound. For a value: the weakest that is accepted, as reports print it (`TLSv1.1`). Else what was found: absent,
    /// shadowed, the state of a file, or the words of the report.
    pub accept: WaivedText,
    /// Why, in one line.
    pub reason: Prose,
    /// Who answers for it.
    pub owner: Owner,
    /// The day on which it was made, UTC.
    pub created: Date,
    /// The last day on which it holds, UTC: a year after `created` at most.
    pub until: Date,
    /// Who agreed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Owner>,
    /// Where the work is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Prose>,
}

impl Waiver {
    /// What kind of acceptance it is.
    #[must_use]
    pub fn kind(&self) -> WaiverKind {
        self.kind.unwrap_or(WaiverKind::Waiver)
    }
}

/// What kind of acceptance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverKind {
    /// Agreed on, for a year at most.
    Waiver,
    /// For 72 hours at most, the day of `created` included; every report says it first.
    Emergency,
    /// What was there when the tree was taken in; it can only shrink.
    Baseline,
}

impl WaiverKind {
    /// As written: `emergency`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiver => "waiver",
            Self::Emergency => "emergency",
            Self::Baseline => "baseline",
        }
    }

    /// The most days from `created` to `until`. An emergency lasts 72 hours: the day of `created` and the two after it.
    #[must_use]
    pub fn most_days(self) -> i64 {
        if self == Self::Emergency { 2 } else { 365 }
    }
}

/// Which findings: every part that is named must hold. One text or a list of which one must hold; no patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Where {
    /// The file that they lie in, relative to the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Texts>,
    /// The place, as reports print it: `server app.example.com > location /static/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Texts>,
    /// The spec key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Texts>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Texts>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(description = "one text, or a list of texts")]
pub enum Texts {
    /// One.
    One(WaivedText),
    /// Several.
    Many(#[schemars(length(min = 1))] Vec<WaivedText>),
}

impl Texts {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        };
        all.iter().map(WaivedText::as_str)
    }
}
