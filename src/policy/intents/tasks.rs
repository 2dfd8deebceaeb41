//! Tasks of people, and what people state about operations. All of it is of the service, and the same in every environment.

use super::{Collect, Level, Value};
use crate::spec::scalar::{Date, Prose};
use crate::spec::{Every, KnownTask, OverdueLevel, Spec, StatedControl, Task};

/// A task of the schedule, with everything decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Its name.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What is to be done.
    pub how: String,
    /// How often.
    pub every: Every,
    /// The day on which its clock starts, as long as nobody has done it.
    pub since: Option<Date>,
    /// Where the spec lists it: `operations.weekly[2]`.
    pub listed: String,
}

impl Scheduled {
    /// The key of its intent.
    #[must_use]
    pub fn key(&self) -> String {
        format!("operations.tasks.{}", self.id)
    }
}

/// Lists of the spec, most frequent first.
pub fn lists(spec: &Spec) -> impl Iterator<Item = (Every, &[Task])> {
    let operations = spec.operations.as_ref();
    Every::ALL.into_iter().filter_map(move |every| {
        let list = match every {
            Every::Day => &operations?.daily,
            Every::Week => &operations?.weekly,
            Every::Month => &operations?.monthly,
        };
        Some((every, list.as_ref()?.0.as_slice()))
    })
}

/// All tasks of a spec, most frequent first, in the order of its lists. What is listed twice counts where it is done more
/// often; a lint says so.
#[must_use]
pub fn schedule(spec: &Spec) -> Vec<Scheduled> {
    let mut all: Vec<Scheduled> = Vec::new();
    let since = spec.operations.as_ref().and_then(|o| o.since.as_ref());
    for (every, tasks) in lists(spec) {
        for (i, task) in tasks.iter().enumerate().filter(|(_, task)| KnownTask::find(task.id()).is_some() || matches!(task, Task::Own(_))) {
            if all.iter().any(|known| known.id == task.id()) {
                continue;
            }
            let known = KnownTask::find(task.id());
            let own = if let Task::Own(own) = task { Some(own) } else { None };
            let words = |own: Option<&str>, known: Option<&'static str>| own.or(known).unwrap_or_default().to_owned();
            all.push(Scheduled {
                id: task.id().to_owned(),
                title: words(own.and_then(|o| o.title.as_ref()).map(Prose::as_str), known.map(|k| k.title)),
                how: words(own.and_then(|o| o.how.as_ref()).map(Prose::as_str), known.map(|k| k.how)),
                every,
                since: own.and_then(|o| o.since.as_ref()).or(since).cloned(),
                listed: format!("operations.{}[{i}]", every.key()),
            });
        }
    }
    all
}

/// What an overdue task comes to: as the spec says, else a warning for daily tasks and a failure for the others.
#[must_use]
pub fn overdue_level(spec: &Spec, every: Every) -> OverdueLevel {
    let overdue = spec.operations.as_ref().and_then(|o| o.overdue.as_ref());
    let (own, default) = match every {
        Every::Day => (overdue.and_then(|o| o.daily), OverdueLevel::Warn),
        Every::Week => (overdue.and_then(|o| o.weekly), OverdueLevel::Fail),
        Every::Month => (overdue.and_then(|o| o.monthly), OverdueLevel::Fail),
    };
    own.unwrap_or(default)
}

/// Controls that people state about operations, by key.
pub fn stated_controls(spec: &Spec) -> impl Iterator<Item = (&'static str, &StatedControl)> {
    let attested = spec.operations.as_ref().and_then(|o| o.attested.as_ref());
    let all = attested.map(|a| [("operations.attested.access_review", &a.access_review), ("operations.attested.penetration_test", &a.penetration_test)]);
    all.into_iter().flatten().filter_map(|(key, control)| Some((key, control.as_ref()?)))
}

/// Whether an intent is a task of the schedule.
#[must_use]
pub fn is_task(key: &str) -> bool {
    key.starts_with("operations.tasks.")
}

/// Whether an intent is of the service as a whole and judged once, whatever the environments: tasks and statements about
/// operations.
#[must_use]
pub fn is_of_service(key: &str) -> bool {
    is_task(key) || ["operations.overdue.", "operations.attested."].iter().any(|prefix| key.starts_with(prefix))
}

impl Collect<'_> {
    pub(super) fn tasks(&mut self, spec: &Spec) {
        let level = |word: &str, rank: u8, top: u8| Value::Level(Level { word: word.to_owned(), rank: Some(rank), top });
        for task in schedule(spec) {
            self.add_from(task.key(), Some(&task.listed), None, level(task.every.key(), task.every.rank(), 3));
        }
        for (every, _) in lists(spec).filter(|(_, tasks)| !tasks.is_empty()) {
            let word = overdue_level(spec, every);
            self.add(format!("operations.overdue.{}", every.key()), level(word.name(), u8::from(word == OverdueLevel::Fail), 1));
        }
        for (key, _) in stated_controls(spec) {
            self.add(key, level("required", 1, 1));
        }
    }
}
