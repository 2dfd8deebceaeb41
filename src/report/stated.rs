//! What people state, because no file shows it: one list for all formats. None of it counts as verified.

use super::share::plural;
use crate::check::Report;
use crate::compare::{Check, Stated};
use crate::finding::Verdict;
use crate::policy::intents;
use crate::render::header;
use crate::source::Sources;
use std::fmt::Write;

/// Statements that the text report lists.
const LINES: usize = 10;

/// A statement, and how it stands on the day of the report.
pub(super) struct Row<'a> {
    /// What it is about.
    pub(super) check: &'a Check,
    /// Who, when, until when, and on what it rests.
    pub(super) stated: &'a Stated,
    /// The digest of its evidence, where that is a file.
    pub(super) sha256: Option<String>,
}

/// Every statement of a report, those about tasks last.
pub(super) fn rows<'a>(report: &'a Report, sources: &Sources) -> Vec<Row<'a>> {
    let row = |check: &'a Check| {
        let stated = check.stated.as_ref()?;
        Some(Row { check, stated, sha256: stated.file.map(|id| header::digest(sources.get(id).bytes())) })
    };
    let mut rows: Vec<Row<'a>> = report.singles().iter().flat_map(|single| &single.checks).filter_map(row).collect();
    rows.sort_by_key(|row| is_task(row.check));
    rows
}

fn is_task(check: &Check) -> bool {
    intents::is_task(&check.intent)
}

/// The intent with its environment, as tables name it.
pub(super) fn name(check: &Check) -> String {
    check.env.as_ref().map_or_else(|| check.intent.clone(), |env| format!("{} [{env}]", check.intent))
}

/// The lines of the text report: a line a statement that counts, and the tasks in one.
pub(super) fn lines(out: &mut String, report: &Report) {
    let counted = report.checks.iter().filter(|c| !is_task(c) && c.verdict == Verdict::Attested);
    let all: Vec<String> = counted.filter_map(|c| Some(format!("attested {}: {}", name(c), c.stated.as_ref()?.words()))).collect();
    for line in all.iter().take(LINES) {
        let _ = writeln!(out, "{}", super::safe(line));
    }
    if all.len() > LINES {
        let _ = writeln!(out, "attested {} more; all are in --format json", all.len() - LINES);
    }
    let tasks: Vec<&Check> = report.checks.iter().filter(|c| is_task(c)).collect();
    if tasks.is_empty() {
        return;
    }
    let words =
        [(Verdict::Attested, "done in time"), (Verdict::Unattested, "overdue"), (Verdict::NotApplicable, "not due yet"), (Verdict::Unverifiable, "unknown")];
    let counts = words.iter().map(|(verdict, words)| (tasks.iter().filter(|c| c.verdict == *verdict).count(), words)).filter(|(n, _)| *n > 0);
    let counts: Vec<String> = counts.map(|(n, words)| format!("{n} {words}")).collect();
    let _ = writeln!(out, "tasks    {}: {}; see `secgen tasks list`", plural(tasks.len(), "task"), counts.join(", "));
}
