//! Controls of others that a finding or a key has to do with: those that secgen knows, and those of the spec.

use super::Report;
use crate::finding::{Finding, Framework, Reference};
use crate::policy::Loaded;
use crate::spec::ControlRelation;
use crate::targets::keys;

/// A control, whoever names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// `owasp-asvs`, or the user's own name.
    pub framework: String,
    /// As people say it.
    pub title: String,
    /// The edition; may be empty.
    pub version: String,
    /// Its number.
    pub id: String,
    /// implements, supports or related.
    pub relation: &'static str,
    /// Why.
    pub rationale: String,
    /// Whether the spec names it, and not secgen.
    pub is_own: bool,
}

impl Control {
    /// One that secgen knows.
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        Self {
            framework: reference.framework.id().to_owned(),
            title: reference.framework.name().to_owned(),
            version: reference.framework.version().to_owned(),
            id: reference.number.to_owned(),
            relation: reference.relation.name(),
            rationale: reference.rationale.to_owned(),
            is_own: false,
        }
    }
}

/// A control that the spec names, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The control.
    pub control: Control,
    /// Spec keys and `rule:NAME`.
    pub subjects: Vec<String>,
}

impl Own {
    /// Whether it is for a rule.
    #[must_use]
    pub fn is_for_rule(&self, name: &str) -> bool {
        self.subjects.iter().any(|s| s.strip_prefix("rule:") == Some(name))
    }

    /// Whether it is for a key, or for one above it.
    #[must_use]
    pub fn is_for_key(&self, key: &str) -> bool {
        self.subjects.iter().any(|s| keys::is_within(key, s) || keys::is_within(keys::unscoped(key), s))
    }
}

/// The controls that a spec names. They are the same in every environment.
#[must_use]
pub fn own(loaded: &Loaded) -> Vec<Own> {
    let named = loaded.policies.first().and_then(|p| p.spec.controls.as_ref());
    let mut all = Vec::new();
    for (name, framework) in named.into_iter().flatten() {
        for (id, control) in framework.controls.iter().flatten() {
            all.push(Own {
                control: Control {
                    framework: name.to_string(),
                    title: framework.title.as_ref().map_or_else(|| name.to_string(), ToString::to_string),
                    version: framework.version.as_ref().map_or_else(String::new, ToString::to_string),
                    id: id.to_string(),
                    relation: match control.relation {
                        ControlRelation::Implements => "implements",
                        ControlRelation::Supports => "supports",
                        ControlRelation::Related => "related",
                    },
                    rationale: control.rationale.to_string(),
                    is_own: true,
                },
                subjects: control.subjects.iter().map(ToString::to_string).collect(),
            });
        }
    }
    all
}

/// Each control once, by framework; where it is named twice, the stronger relation.
#[must_use]
pub fn once(mut all: Vec<Reference>) -> Vec<Reference> {
    all.sort_by_key(|r| (r.framework, r.relation));
    let mut seen: Vec<(Framework, &str)> = Vec::new();
    all.retain(|r| {
        let is_new = !seen.contains(&(r.framework, r.number));
        seen.push((r.framework, r.number));
        is_new
    });
    all
}

/// The controls of a key: those that secgen knows, then the spec's own.
#[must_use]
pub fn of_key(key: &str, own: &[Own]) -> Vec<Control> {
    let known = once(keys::references(key));
    known.iter().map(Control::of).chain(own.iter().filter(|o| o.is_for_key(key)).map(|o| o.control.clone())).collect()
}

impl Report {
    /// The controls of a finding: of its rule, and of every key that it stands for.
    #[must_use]
    pub fn controls_of(&self, finding: &Finding) -> Vec<Control> {
        let intents: Vec<&str> = std::iter::once(&finding.intent).chain(finding.also.iter().map(|a| &a.intent)).flatten().map(String::as_str).collect();
        let mut known = finding.rule.references.to_vec();
        let mut seen: Vec<&str> = Vec::new();
        for key in &intents {
            if !seen.contains(key) {
                seen.push(key);
                known.extend(keys::references(key));
            }
        }
        let own = self.about(finding).own_controls.iter().filter(|o| o.is_for_rule(finding.rule.name) || intents.iter().any(|key| o.is_for_key(key)));
        once(known).iter().map(Control::of).chain(own.map(|o| o.control.clone())).collect()
    }
}
