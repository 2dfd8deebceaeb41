//! The fact of one setting: the line in force with the ones that it overrides, or the default.

use super::super::files::{Assignment, Layer};
use super::effective::Effective;
use super::{Judge, MAX_RELATED};
use crate::finding::{Cause, Label};
use crate::policy::Intent;
use crate::strictness::ciphers::CipherString;
use crate::strictness::postgres::{self as settings, Setting, catalogue};
use crate::strictness::{Order, Strictness, Value};
use crate::targets::{Fact, Found};

impl Judge<'_> {
    pub(super) fn setting(&self, intent: &Intent, required: &Setting) -> Fact {
        let name = required.name.as_str();
        let mut fact = match self.effective(name, *required.versions.end()) {
            Effective::Unknown(at, why, cause) => {
                let mut fact = self.make(intent, name, Found::Unverifiable(why), cause);
                fact.at = at;
                fact
            }
            Effective::Nothing => {
                let found = self.default(required);
                let mut fact = self.make(intent, name, found, Cause::Missing);
                fact.at = self.nowhere(name);
                fact
            }
            Effective::Line(winner, overridden) => self.line(intent, required, winner, &overridden),
        };
        // A value that the server refuses stops it, whether it would have an effect or not.
        if !matches!(fact.found, Found::Invalid { .. })
            && let Some(why) = self.not_applicable(name)
        {
            fact.found = Found::NotApplicable(why);
            return fact;
        }
        let shown = if let Found::Set { text, .. } = &fact.found { Some(text.clone()) } else { None };
        if matches!(name, "ssl" | "ssl_ciphers")
            && let Some(text) = &shown
            && (name == "ssl" || CipherString::parse(text).is_err())
            && let Some(obstructed) = self.obstructed(intent, text.clone())
        {
            return obstructed;
        }
        if let ("ssl_ciphers", Some(Err(why))) = (name, shown.as_deref().map(CipherString::parse)) {
            fact.found = Found::Unverifiable(why);
            fact.cause = Cause::NotUnderstood;
        }
        if let (Some(text), Some(why)) = (shown, self.unread(name)) {
            fact.found = Found::Invalid { text, why };
            fact.cause = Cause::Invalid;
        }
        fact.help = self.help(name, &required.value, &fact);
        fact
    }

    pub(super) fn line(&self, intent: &Intent, required: &Setting, winner: &Assignment, overridden: &[&Assignment]) -> Fact {
        let name = required.name.as_str();
        let shown = settings::redact(name, &winner.value).into_owned();
        let passes = |line: &Assignment| self.parse(name, line).is_ok_and(|found| matches!(required.compare(&found).order, Order::Equal | Order::Stricter));
        let (found, cause) = match self.parse(name, winner) {
            Ok(value) => (Found::Set { value: Value::Setting(value), text: shown.clone() }, Cause::Value),
            Err(why) => (
                Found::Invalid { text: shown.clone(), why: format!("{why}; a running server keeps its old value, and does not start with this one") },
                Cause::Invalid,
            ),
        };
        let cause = if cause == Cause::Value && !passes(winner) && overridden.iter().any(|line| passes(line)) { Cause::Shadowed } else { cause };
        let mut fact = self.make(intent, name, found, cause);
        let layer = self.server.layer(winner.span);
        let by = match layer {
            Layer::File => "in force",
            Layer::Auto => "in force: postgresql.auto.conf wins over every other file",
            Layer::CommandLine => "in force: the server's command line, as of its last start, wins over every file",
        };
        fact.at = Some(Label::new(winner.span, by));
        fact.related = Self::overridden(name, overridden, layer);
        fact
    }

    pub(super) fn overridden(name: &str, lines: &[&Assignment], by: Layer) -> Vec<Label> {
        let by = if by == Layer::CommandLine { " by the server's command line" } else { "" };
        let kept = &lines[lines.len().saturating_sub(MAX_RELATED)..];
        kept.iter().map(|line| Label::new(line.span, format!("{} here is overridden{by}", settings::redact(name, &line.value)))).collect()
    }

    /// The default that is weakest for the requirement, over the declared versions.
    pub(super) fn default(&self, required: &Setting) -> Found {
        let runs = Setting::defaults(&required.name, self.versions);
        let rank = |run: &Setting| match required.compare(run).order {
            Order::Weaker => 0,
            Order::Incomparable => 1,
            Order::Equal => 2,
            Order::Stricter => 3,
        };
        let Some(weakest) = runs.iter().min_by_key(|run| rank(run)) else { return Found::Missing };
        Found::Default { of: Self::default_of(weakest, &runs), value: Value::Setting(weakest.clone()) }
    }

    /// Whose default a run is, and what the others have.
    pub(super) fn default_of(weakest: &Setting, runs: &[Setting]) -> String {
        let show = |run: &Setting| {
            let text = run.to_string();
            if text.is_empty() { "''".to_owned() } else { text }
        };
        let others: Vec<String> = runs
            .iter()
            .filter(|run| run.versions != weakest.versions)
            .map(|run| format!("{} has {}", catalogue::versions_text(&run.versions), show(run)))
            .collect();
        let own = catalogue::versions_text(&weakest.versions);
        if others.is_empty() { own } else { format!("{own} ({})", others.join(", ")) }
    }
}
