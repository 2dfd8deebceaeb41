//! The fact of one setting: the line in force with the ones that it overrides, or the default.

use super::super::files::Assignment;
use super::effective::Effective;
use super::{Judge, MAX_RELATED};
use crate::finding::{Cause, Label};
use crate::policy::Intent;
use crate::strictness::ciphers::CipherString;
use crate::strictness::postgres::{self as settings, Setting, catalogue};
use crate::strictness::tls::Version;
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
        if name == "ssl_ciphers" && self.minimum() == Some(Version::Tls13) {
            fact.found = Found::NotApplicable("ssl_ciphers does not govern TLS 1.3, and the server speaks nothing older".to_owned());
        } else if let ("ssl_ciphers", Found::Set { text, .. }) = (name, &fact.found)
            && let Err(why) = CipherString::parse(text)
        {
            fact.found = Found::Unverifiable(why);
            fact.cause = Cause::NotUnderstood;
        }
        if !matches!(fact.found, Found::NotApplicable(_)) {
            fact.help = self.help(name, &required.value, &fact);
        }
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
        let by = if self.server.is_auto(winner.span) { "in force: postgresql.auto.conf wins over every other file" } else { "in force" };
        fact.at = Some(Label::new(winner.span, by));
        fact.related = Self::overridden(name, overridden);
        fact
    }

    pub(super) fn overridden(name: &str, lines: &[&Assignment]) -> Vec<Label> {
        let kept = &lines[lines.len().saturating_sub(MAX_RELATED)..];
        kept.iter().map(|line| Label::new(line.span, format!("{} here is overridden", settings::redact(name, &line.value)))).collect()
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
