//! What a file of this target says: values of intents, and everything else by its place.

use super::makefile;
use super::plan::Plan;
use super::rules;
use crate::finding::{Cause, Label, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Span};
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, Exact, Needed};
use crate::targets::{Fact, Found};
use std::ops::Range;

/// Where facts come from.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub policy: &'a Policy,
    pub id: SourceId,
    pub path: &'a str,
}

impl From<'_> {
    /// A fact of an intent; none where the policy has no such intent.
    pub(super) fn value(&self, key: &str, found: Found, rule: &'static Rule, at: Option<Range<usize>>, help: &str) -> Option<Fact> {
        self.policy.intent(key)?;
        Some(Fact {
            intent: key.to_owned(),
            place: self.path.to_owned(),
            found,
            cause: Cause::Value,
            at: at.map(|range| Label::new(Span::new(self.id, range.start, range.end), "")),
            related: Vec::new(),
            rule,
            help: vec![help.to_owned()],
            group: None,
        })
    }

    /// What no intent says.
    pub(super) fn other(&self, key: String, text: String) -> Fact {
        Fact {
            intent: key,
            place: self.path.to_owned(),
            found: Found::Text(text),
            cause: Cause::Value,
            at: None,
            related: Vec::new(),
            rule: &rules::SCAN_LEFT_OUT,
            help: Vec::new(),
            group: None,
        }
    }
}

/// A value with its own text.
pub(super) fn set(value: Value) -> Found {
    let text = value.to_string();
    Found::Set { value, text }
}

/// The facts of `security.mk`.
pub(super) fn makefile(from: From<'_>, plan: &Plan, text: &str) -> Vec<Fact> {
    let read = makefile::read(text, plan);
    let known = |found: Found| read.unknown.as_ref().map_or(found, |why| Found::Unverifiable(why.clone()));
    let back = "change the spec and run `secgen render`; this file follows it";
    let targets = match read.targets {
        Some(targets) => set(Value::Allowed(Allowed(targets))),
        None => Found::Unverifiable("the line that refuses other services was changed".to_owned()),
    };
    let image = match read.image {
        Some(image) => set(Value::Exact(Exact(image))),
        None => Found::Unverifiable("the line that runs ZAP was changed".to_owned()),
    };
    let analyses = set(Value::Needed(Needed(read.analyses)));
    let values = [
        from.value("operations.static_analysis", known(analyses), &rules::SCAN_LEFT_OUT, read.scan_at, back),
        from.value("operations.pen_test.targets", known(targets), &rules::FOREIGN_TARGET, read.guard_at, back),
        from.value("operations.pen_test.image", known(image), &rules::PIN_LOOSE, read.image_at, back),
    ];
    let others = read.others.into_iter().map(|(place, text)| from.other(format!("security.mk:{place}"), text));
    values.into_iter().flatten().chain(others).collect()
}
