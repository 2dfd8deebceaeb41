//! `operations.daily`, `weekly`, `monthly`: what people do again and again, and what they state about it.

use super::super::data::Attestation;
use super::super::scalar::{BadScalar, Date, Prose, SetOf, TaskId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The file's name of the log of tasks beside the spec, where the spec names no other.
pub const TASK_LOG: &str = "secgen.tasks.log";

/// How often a task is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Every {
    /// Each month: due on the same day of the next month, or on its last one.
    Month,
    /// Each week.
    Week,
    /// Each day.
    Day,
}

impl Every {
    /// All, the most frequent first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The key of the spec: `weekly`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
        }
    }

    /// As in a sentence: `week`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// More often is stricter.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Week => 2,
            Self::Day => 3,
        }
    }
}

/// A task of the table that secgen has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTask {
    /// `access-review`.
    pub id: &'static str,
    /// How often it is usual: `monthly`.
    pub usual: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What is to be done.
    pub how: &'static str,
}

static TABLE: &str = include_str!("tasks.tsv");

impl KnownTask {
    /// Every task that secgen knows, sorted by id.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut fields = line.split('\t');
            Some(Self { id: fields.next()?, usual: fields.next()?, title: fields.next()?, how: fields.next()? })
        })
    }

    /// The one of a name.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|task| task.id == id)
    }
}

/// A task: the name of one that secgen knows, or one of your own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(description = "a task that secgen knows, such as access-review, or { id: restore-test, title: Restore a backup, how: Start the service on it }")]
pub enum Task {
    /// One that secgen knows.
    Known(TaskName),
    /// One of your own, or a known one with other words.
    Own(OwnTask),
}

impl Task {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Known(name) => name.0.id,
            Self::Own(task) => task.id.as_str(),
        }
    }
}

/// The name of a task that secgen knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskName(pub KnownTask);

impl std::str::FromStr for TaskName {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        KnownTask::find(text).map(Self).ok_or(BadScalar("the name of a task that secgen knows; one of your own is { id, title, how }"))
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

impl Serialize for TaskName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.id)
    }
}

impl<'de> Deserialize<'de> for TaskName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TaskName {
    fn schema_name() -> Cow<'static, str> {
        "TaskName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = KnownTask::all().map(|task| task.id).collect();
        json_schema!({ "type": "string", "title": "task", "description": "the name of a task that secgen knows; one of your own is { id, title, how }",
            "enum": names, "examples": ["access-review"] })
    }
}

/// A task of your own. With the id of one that secgen knows, what is left out is as secgen has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnTask {
    /// Its name, as `secgen tasks done` takes it and the log has it.
    pub id: TaskId,
    /// What it is, in a few words.
    pub title: Option<Prose>,
    /// What is to be done, in a sentence or two.
    pub how: Option<Prose>,
    /// The day on which its clock starts, UTC, as long as nobody has done it. Left out: `operations.since`.
    pub since: Option<Date>,
}

/// What a task that is overdue comes to, by how often it is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overdue {
    /// Daily tasks. Left out: warn.
    pub daily: Option<OverdueLevel>,
    /// Weekly tasks. Left out: fail.
    pub weekly: Option<OverdueLevel>,
    /// Monthly tasks. Left out: fail.
    pub monthly: Option<OverdueLevel>,
}

/// What a task that is overdue comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverdueLevel {
    /// A warning, which fails the gate `strict` only.
    Warn,
    /// Fails `secgen check`.
    Fail,
}

impl OverdueLevel {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// Controls of people that no file shows: each is stated, or required and not stated yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatedControls {
    /// Somebody went through who may do what, and took away what nobody needs.
    pub access_review: Option<StatedControl>,
    /// Somebody tried to break in, by order.
    pub penetration_test: Option<StatedControl>,
}

/// `required`, or who states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(description = "required, or { by: \"@acme/security\", date: 2026-10-01, until: 2027-10-01, evidence: docs/report.pdf }")]
pub enum StatedControl {
    /// A layer asks for it; nobody states it.
    Word(Required),
    /// Who states it.
    By(Attestation),
}

impl StatedControl {
    /// The statement, where there is one.
    #[must_use]
    pub fn attestation(&self) -> Option<&Attestation> {
        match self {
            Self::Word(_) => None,
            Self::By(attestation) => Some(attestation),
        }
    }
}

/// The word of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// Somebody has to state it.
    Required,
}

/// Tasks, as a list of the spec.
pub type Tasks = SetOf<Task>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        let rows: Vec<&str> = TABLE.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(rows.len(), KnownTask::all().count());
        assert!(rows.len() >= 12 && rows.is_sorted());
        for task in KnownTask::all() {
            assert!(task.id.parse::<TaskId>().is_ok(), "{}", task.id);
            assert!(Every::ALL.iter().any(|every| every.key() == task.usual), "{}", task.id);
            assert!(task.title.parse::<Prose>().is_ok() && task.how.parse::<Prose>().is_ok(), "{}", task.id);
            assert!(!task.title.ends_with('.') && task.how.ends_with('.'), "{}", task.id);
            assert_eq!(rows.iter().filter(|row| row.split('\t').next() == Some(task.id)).count(), 1);
        }
    }
}
