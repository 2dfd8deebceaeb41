//! When a task is due: a day for each task, from its last record and how often it is to be done. Days are UTC, since 1970.

use super::log::{Log, Record};
use crate::policy::intents::Scheduled;
use crate::spec::Every;
use crate::spec::scalar::{format_date, parse_date};

/// How a task stands on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// The task.
    pub task: &'a Scheduled,
    /// The last time that it was done; records of days to come do not count.
    pub last: Option<&'a Record>,
    /// The last day on which it is in time. `None` where it was never done and no clock has started: it is overdue.
    pub due: Option<i64>,
    /// Days until it is due: 0 on the day itself, less than 0 where it is overdue.
    pub left: Option<i64>,
}

impl Status<'_> {
    /// Whether it should have been done before this day.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.left.is_none_or(|left| left < 0)
    }

    /// Whether it is to be done on this day at the latest.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.left.is_none_or(|left| left <= 0)
    }

    /// `overdue by 3 days`, `due today`, `in 4 days`.
    #[must_use]
    pub fn words(&self) -> String {
        let days = |n: i64| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
        match self.left {
            None => "overdue, never done".to_owned(),
            Some(left) if left < 0 => format!("overdue by {}", days(-left)),
            Some(0) => "due today".to_owned(),
            Some(left) => format!("in {}", days(left)),
        }
    }
}

/// How each task stands, in the order of the schedule.
#[must_use]
pub fn status<'a>(tasks: &'a [Scheduled], log: Option<&'a Log>, today: i64) -> Vec<Status<'a>> {
    let of = |task: &'a Scheduled| {
        let last = log.and_then(|log| log.last(&task.id, today));
        let start = last.map(|record| record.date.days()).or_else(|| task.since.as_ref().map(crate::spec::scalar::Date::days));
        let due = start.map(|start| due(task.every, start));
        Status { task, last, due, left: due.map(|due| due - today) }
    };
    tasks.iter().map(of).collect()
}

/// The last day on which a task is in time that was done, or whose clock started, on a day. A month ends on the same day of
/// the next one, or on the last day that it has.
#[must_use]
pub fn due(every: Every, start: i64) -> i64 {
    match every {
        Every::Day => start + 1,
        Every::Week => start + 7,
        Every::Month => next_month(start).unwrap_or(start + 31),
    }
}

fn next_month(start: i64) -> Option<i64> {
    let text = format_date(start);
    let mut parts = text.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (day.min(28)..=day).rev().find_map(|day| parse_date(&format!("{year:04}-{month:02}-{day:02}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_one_does() {
        for (start, want) in [
            ("2026-11-27", "2026-12-27"),
            ("2026-12-31", "2027-01-31"),
            ("2027-01-31", "2027-02-28"),
            ("2028-01-31", "2028-02-29"),
            ("2027-02-28", "2027-03-28"),
            ("2026-10-31", "2026-11-30"),
        ] {
            assert_eq!(format_date(due(Every::Month, parse_date(start).unwrap())), want, "{start}");
        }
        assert_eq!(due(Every::Day, 5), 6);
        assert_eq!(due(Every::Week, 5), 12);
    }
}
