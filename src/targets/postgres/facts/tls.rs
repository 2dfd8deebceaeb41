//! The fact of `tls.min_version`: it lies in three settings.

use super::super::files::Assignment;
use super::super::rules;
use super::Judge;
use super::effective::Effective;
use crate::finding::{Cause, Label};
use crate::policy::Intent;
use crate::strictness::postgres::{self as settings, Setting};
use crate::strictness::tls::{Protocols, Version};
use crate::strictness::{Order, Value};
use crate::targets::{Fact, Found};

impl Judge<'_> {
    /// The oldest TLS version that the server speaks, where that can be said.
    pub(super) fn minimum(&self) -> Option<Version> {
        Version::parse(&self.word("ssl_min_protocol_version")?)
    }

    pub(super) fn tls(&self, intent: &Intent) -> Fact {
        const MIN: &str = "ssl_min_protocol_version";
        const MAX: &str = "ssl_max_protocol_version";
        let unknown = ["ssl", MIN, MAX].into_iter().find_map(|name| match self.effective(name, self.newest()) {
            Effective::Unknown(at, why, cause) => Some((at, why, cause)),
            _ => None,
        });
        let line = |name: &'static str| match self.effective(name, self.newest()) {
            Effective::Line(winner, overridden) => Some((winner, overridden)),
            _ => None,
        };
        let label = |name: &'static str, message: &'static str| line(name).map(|(winner, _)| Label::new(winner.span, message));
        let invalid = ["ssl", MIN, MAX].into_iter().find_map(|name| {
            let (winner, _) = line(name)?;
            Some((name, winner, self.parse(name, winner).err()?))
        });
        let min_text = || line(MIN).map_or_else(|| self.word(MIN).unwrap_or_default(), |(winner, _)| winner.value.clone());
        let max = self.word(MAX).filter(|word| !word.is_empty()).and_then(|word| Version::parse(&word)).unwrap_or(Version::Tls13);
        let mut fact = if let Some((at, why, cause)) = unknown {
            let mut fact = self.make(intent, MIN, Found::Unverifiable(why), cause);
            fact.at = at;
            fact
        } else if let Some((name, winner, why)) = invalid {
            let found = Found::Invalid { text: settings::redact(name, &winner.value).into_owned(), why: format!("{why}; the server does not start with it") };
            let mut fact = self.make(intent, MIN, found, Cause::Invalid);
            fact.at = Some(Label::new(winner.span, "in force"));
            fact
        } else if self.word("ssl").as_deref() == Some("off") {
            let found = Found::Invalid { text: min_text(), why: "ssl is off: the server offers no TLS at all, so its minimum has no effect".to_owned() };
            let mut fact = self.make(intent, "ssl", found, Cause::Shadowed);
            fact.at = label("ssl", "TLS is switched off here").or_else(|| self.nowhere("ssl"));
            fact.related.extend(label(MIN, "has no effect while ssl is off"));
            fact
        } else if let Some(mut fact) = self.obstructed(intent, min_text()) {
            fact.related.extend(label(MIN, "the oldest version that is asked for"));
            return fact;
        } else {
            let min = self.minimum().unwrap_or(Version::Tls10);
            let value = Value::Tls(Protocols::between(min, max));
            let mut fact = if let Some((winner, overridden)) = line(MIN) {
                let mut fact = self.make(intent, MIN, Found::Set { value: value.clone(), text: winner.value.clone() }, Cause::Value);
                fact.at = Some(Label::new(winner.span, "in force"));
                fact.related = Self::overridden(MIN, &overridden, self.server.layer(winner.span));
                let passes = |value: &Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
                let earlier = |line: &&Assignment| Version::parse(&line.value).is_some_and(|min| passes(&Value::Tls(Protocols::between(min, max))));
                if !passes(&value) && overridden.iter().any(earlier) {
                    fact.cause = Cause::Shadowed;
                }
                fact
            } else {
                let runs = Setting::defaults(MIN, self.versions);
                let of = runs.first().map_or_else(String::new, |oldest| Self::default_of(oldest, &runs));
                let mut fact = self.make(intent, MIN, Found::Default { value, of }, Cause::Missing);
                fact.at = self.nowhere(MIN);
                fact
            };
            fact.related.extend(label(MAX, "the newest version that is spoken"));
            fact
        };
        let required = match &intent.value {
            Value::Tls(protocols) => protocols.versions().next().map_or("TLSv1.3", Version::name),
            _ => "TLSv1.3",
        };
        fact.help = if fact.rule == &rules::TLS_OFF {
            self.help("ssl", &["on".to_owned()], &fact)
        } else if fact.at.is_some() && max < Version::parse(required).unwrap_or(Version::Tls13) {
            self.help(MAX, &[String::new()], &fact)
        } else {
            self.help(MIN, &[required.to_owned()], &fact)
        };
        fact
    }
}
