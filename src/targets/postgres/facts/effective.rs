//! Which line decides a setting: the last one in the server's order, and what may stand behind it unseen.

use super::super::files::Assignment;
use super::Judge;
use crate::finding::{Cause, Label};
use crate::strictness::postgres::{self as settings, Setting, value::Meaning};

/// Where the value of a name comes from.
pub(super) enum Effective<'a> {
    /// The line that wins, and the ones that it overrides, oldest first.
    Line(&'a Assignment, Vec<&'a Assignment>),
    /// Nothing sets it.
    Nothing,
    /// Something that was not read may set it.
    Unknown(Option<Label>, String, Cause),
}

impl<'a> Judge<'a> {
    pub(super) fn effective(&self, name: &'a str, version: u32) -> Effective<'a> {
        let lines: Vec<(usize, &Assignment)> = self.server.assignments(name, version).collect();
        let last = lines.last().map(|(order, _)| *order);
        if let Some((order, label, why, cause)) = self.server.last_unseen(name)
            && last.is_none_or(|last| last < order)
        {
            return Effective::Unknown(Some(label), why, cause);
        }
        match lines.split_last() {
            Some(((_, winner), rest)) => Effective::Line(winner, rest.iter().map(|(_, set)| *set).collect()),
            None if self.server.main.is_none() => Effective::Unknown(None, format!("postgresql.conf was not given, and may set {name}"), Cause::NotRead),
            None => Effective::Nothing,
        }
    }

    /// The name as the file spells it may be an older one; its value is read as the required setting's.
    pub(super) fn parse(&self, name: &str, line: &Assignment) -> Result<Setting, String> {
        Setting::from_text(name, &line.value, self.versions).map_err(|why| match settings::redact(name, &line.value) {
            std::borrow::Cow::Owned(_) => format!("{name} has a value that the server refuses"),
            std::borrow::Cow::Borrowed(_) => why,
        })
    }

    /// A word of an enum that is in force on every declared version; the oldest version's default where nothing sets it.
    pub(super) fn word(&self, name: &'a str) -> Option<String> {
        let meaning = |setting: &Setting| match setting.meaning(*setting.versions.start()) {
            Some(Meaning::Word(word)) => Some(word.clone()),
            Some(Meaning::Bool(flag)) => Some(if *flag { "on" } else { "off" }.to_owned()),
            _ => None,
        };
        match self.effective(name, self.newest()) {
            Effective::Line(winner, _) => meaning(&self.parse(name, winner).ok()?),
            Effective::Nothing => meaning(Setting::defaults(name, self.versions).first()?),
            Effective::Unknown(..) => None,
        }
    }

    /// The text in force on every declared version, or the oldest version's default where nothing sets it; unquoted.
    pub(super) fn text(&self, name: &'a str) -> Option<String> {
        match self.effective(name, self.newest()) {
            Effective::Line(winner, _) => Some(winner.value.clone()),
            Effective::Nothing => Setting::defaults(name, self.versions).first().map(|setting| setting.value.join(", ")),
            Effective::Unknown(..) => None,
        }
    }

    /// The elements of a list that is in force.
    pub(super) fn list(&self, name: &'a str) -> Option<Vec<String>> {
        let elements = |setting: &Setting| match setting.meaning(*setting.versions.start()) {
            Some(Meaning::List(items)) => Some(items.clone()),
            _ => None,
        };
        match self.effective(name, self.newest()) {
            Effective::Line(winner, _) => elements(&self.parse(name, winner).ok()?),
            Effective::Nothing => elements(Setting::defaults(name, self.versions).first()?),
            Effective::Unknown(..) => None,
        }
    }
}
