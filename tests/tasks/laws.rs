//! Laws of the schedule: later work is due later, one more record never makes a task due earlier, and neither the order of
//! the log nor a line that is there twice says anything.

use proptest::prelude::*;
use secgen::check::tasks::log::{self, Log, Record};
use secgen::check::tasks::schedule::{due, status};
use secgen::policy::intents::Scheduled;
use secgen::source::Sources;
use secgen::spec::Every;
use secgen::spec::scalar::format_date;

const IDS: [&str; 3] = ["audit-logs", "access-review", "error-logs"];

fn schedule() -> Vec<Scheduled> {
    let task = |(id, every): (&str, Every)| Scheduled {
        id: id.to_owned(),
        title: "t".to_owned(),
        how: "h".to_owned(),
        every,
        since: None,
        listed: "operations.weekly[0]".to_owned(),
    };
    IDS.into_iter().zip(Every::ALL).map(task).collect()
}

fn record(day: i64, id: &str, by: &str, note: &str) -> Record {
    Record { date: format_date(day).parse().unwrap(), task: id.parse().unwrap(), by: by.parse().unwrap(), note: note.parse().unwrap() }
}

fn read(text: &str) -> Log {
    let mut sources = Sources::new(std::path::Path::new("."));
    let id = sources.add("tasks.log", text);
    log::parse(&sources, id, "tasks.log").unwrap()
}

fn text(records: &[Record]) -> String {
    records.iter().fold("# head\n".to_owned(), |text, record| log::appended(Some(&text), record))
}

/// What anybody is told of a log: who, when, when again.
fn told(records: &[Record], today: i64) -> Vec<(Option<Record>, Option<i64>, bool)> {
    let (log, tasks) = (read(&text(records)), schedule());
    status(&tasks, Some(&log), today).into_iter().map(|s| (s.last.cloned(), s.due, s.is_overdue())).collect()
}

fn any_record() -> impl Strategy<Value = Record> {
    (20_000..20_400_i64, 0..IDS.len(), "[a-z@/#\"\\\\]{1,8}", "[ -~é]{0,20}x").prop_map(|(day, id, by, note)| record(day, IDS[id], &by, &note))
}

proptest! {
    /// Each frequency: later is due no earlier, and always after the day itself; more often is due no later.
    #[test]
    fn due_days_are_monotone(a in 0..2_000_000_i64, b in 0..2_000_000_i64) {
        let (early, late) = (a.min(b), a.max(b));
        for every in Every::ALL {
            prop_assert!(due(every, early) <= due(every, late), "{every:?}: {early} {late}");
            prop_assert!(due(every, early) > early);
        }
        prop_assert!(due(Every::Day, a) <= due(Every::Week, a) && due(Every::Week, a) <= due(Every::Month, a));
        prop_assert!((28..=31).contains(&(due(Every::Month, a) - a)));
    }

    #[test]
    fn the_order_of_lines_and_lines_twice_say_nothing(records in prop::collection::vec(any_record(), 0..12), twice in prop::collection::vec(any::<prop::sample::Index>(), 0..4), seed in any::<u64>(), today in 20_000..20_500_i64) {
        let mut others = records.clone();
        if !records.is_empty() {
            others.extend(twice.iter().map(|index| index.get(&records).clone()));
        }
        let mut state = seed;
        for i in (1..others.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            others.swap(i, (state >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(told(&records, today), told(&others, today));
    }

    /// Doing a task never makes it, or another one, due earlier; and what is written is what is read.
    #[test]
    fn one_more_record_never_hurts(records in prop::collection::vec(any_record(), 0..12), more in any_record(), today in 20_000..20_500_i64) {
        let mut after = records.clone();
        after.push(more);
        for ((_, before, was), (_, now, is)) in told(&records, today).into_iter().zip(told(&after, today)) {
            prop_assert!(now >= before, "{now:?} {before:?}");
            prop_assert!(was || !is);
        }
        let read: Vec<Record> = read(&text(&after)).records.into_iter().map(|(record, _)| record).collect();
        prop_assert_eq!(read, after);
    }

    /// As time goes on, a task only becomes overdue, if nobody does it.
    #[test]
    fn time_alone_makes_nothing_better(records in prop::collection::vec(any_record(), 0..12), today in 20_400..20_500_i64) {
        for ((_, before, was), (_, now, is)) in told(&records, today).into_iter().zip(told(&records, today + 1)) {
            prop_assert_eq!(before, now);
            prop_assert!(is || !was);
        }
    }

    /// Whatever the file holds, reading it ends with records or with a place for each line that is none.
    #[test]
    fn no_text_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add("tasks.log", bytes);
        if let Err(findings) = log::parse(&sources, id, "tasks.log") {
            prop_assert!(!findings.is_empty() && findings.iter().all(|f| f.primary.is_some() && !f.help.is_empty()));
        }
    }
}
