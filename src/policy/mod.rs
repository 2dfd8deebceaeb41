//! What the spec means: layers and environments resolved, every value with its origin.

pub mod bound;
pub mod difference;
mod flat;
pub mod guideline;
pub mod intents;
pub mod lints;
mod load;
mod lock;
mod merge;
mod pin;
pub mod profiles;
pub mod programs;
mod rules;
mod templates;

pub use flat::flatten;
pub use load::{Loaded, Purpose, load, load_for, sort};
pub use lock::{LOCK_UNKNOWN, LOCKED, Lock};
pub use merge::SET_CHANGE;
pub use pin::{LayerInfo, PIN};
pub use rules::{LAYER, SAME_OUTPUT, UNUSABLE, WEAKENS, WEAKENS_UNUSED};
pub use templates::{TEMPLATE_RULES, TEMPLATES_PIN, TEMPLATES_UNUSABLE, TemplateFile, TemplateFolder};

use crate::source::Span;
use crate::spec::Spec;
use crate::strictness::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The spec resolved for one environment.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The environment's name; `None` where the spec declares none.
    pub env: Option<String>,
    /// The merged spec.
    pub spec: Spec,
    /// What it requires, sorted by key.
    pub intents: Vec<Intent>,
    /// Where each key of the merged spec was set: dotted path to the key's span.
    pub origins: BTreeMap<String, Span>,
    /// The spec file's path, for headers.
    pub spec_path: String,
    /// The folder of the user's own templates, as it was pinned.
    pub templates: Option<Arc<TemplateFolder>>,
}

impl Policy {
    /// A policy of a merged spec. `origins` maps dotted keys to where they were set; keys in `builtin` were set by a
    /// built-in profile.
    ///
    /// # Errors
    /// Values that pass the schema and still cannot be required (an unknown PostgreSQL setting).
    pub fn new(
        spec: Spec,
        env: Option<String>,
        origins: BTreeMap<String, Span>,
        is_builtin: &dyn Fn(Span) -> bool,
        spec_path: &str,
    ) -> Result<Self, Vec<intents::Refused>> {
        let mut policy = Self { env, spec, intents: Vec::new(), origins, spec_path: spec_path.to_owned(), templates: None };
        let origin = |key: &str| {
            let span = policy.origin(key);
            (span, span.is_some_and(is_builtin))
        };
        let (intents, refused) = intents::collect(&policy.spec, &origin);
        if refused.is_empty() {
            policy.intents = intents;
            Ok(policy)
        } else {
            Err(refused)
        }
    }

    /// A policy of a spec given as JSON, without positions. For tests and examples.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_json(json: serde_json::Value) -> Result<Self, String> {
        let spec: Spec = serde_json::from_value(json).map_err(|e| e.to_string())?;
        Self::new(spec, None, BTreeMap::new(), &|_| false, "secgen.yaml")
            .map_err(|refused| refused.iter().map(|r| format!("{}: {}", r.key, r.why)).collect::<Vec<_>>().join("; "))
    }

    /// The intent of a key.
    #[must_use]
    pub fn intent(&self, key: &str) -> Option<&Intent> {
        self.intents.iter().find(|i| i.key == key)
    }

    /// Where a key was set, or the nearest key above it.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<Span> {
        let mut key = key;
        loop {
            if let Some(span) = self.origins.get(key) {
                return Some(*span);
            }
            key = &key[..key.rfind('.')?];
        }
    }

    /// A path or pattern with `{env}` filled in.
    #[must_use]
    pub fn filled(&self, text: &str) -> String {
        text.replace("{env}", self.env.as_deref().unwrap_or("default"))
    }

    /// The folder of an `out`, with `{env}` filled in and no slash at the end; empty for `.`.
    #[must_use]
    pub fn out_folder(&self, out: &crate::spec::scalar::RelPath) -> String {
        crate::source::join("", &self.filled(out.as_str())).unwrap_or_default()
    }
}

/// One thing that the policy requires.
#[derive(Clone, Debug)]
pub struct Intent {
    /// `http.headers.hsts`; in a scope `scopes.embed.http.headers.framing`.
    pub key: String,
    /// The scope's name.
    pub scope: Option<String>,
    /// What is required.
    pub value: Value,
    /// The same in words, as reports and files show it.
    pub text: String,
    /// Where the spec says so.
    pub origin: Option<Span>,
    /// Whether a built-in profile says so, and no file of the user.
    pub builtin: bool,
}
