//! Intents by target: the worst verdict of each, as the text, Markdown and HTML reports show it.

use crate::check::Report;
use crate::compare::Check;
use crate::finding::{Cause, Verdict};
use std::collections::{BTreeMap, HashSet};

/// A row for each intent and environment, a column for each target that carries one.
pub(super) struct Matrix {
    /// Columns.
    pub(super) targets: Vec<&'static str>,
    /// Rows, by environment and intent.
    pub(super) rows: Vec<Row>,
}

/// One intent of one environment.
pub(super) struct Row {
    /// The spec key.
    pub(super) intent: String,
    /// The environment.
    pub(super) env: Option<String>,
    /// One for each column; `None` where the target does not carry the intent.
    pub(super) cells: Vec<Option<Cell>>,
    /// What is said of it where no target carries it: attested, unattested, unenforced.
    pub(super) apart: Option<Verdict>,
}

/// How an intent stands in one target.
pub(super) struct Cell {
    /// The worst verdict.
    pub(super) verdict: Verdict,
    /// The word for it: the verdict's, or `shadowed`.
    pub(super) word: &'static str,
    /// Places with it.
    pub(super) places: usize,
    /// A waiver accepts each of them.
    pub(super) is_accepted: bool,
}

impl Cell {
    /// As printed: `weaker (3)`.
    pub(super) fn text(&self) -> String {
        let places = if self.places > 1 && !is_fine(self.verdict) { format!(" ({})", self.places) } else { String::new() };
        format!("{}{places}{}", self.word, if self.is_accepted { ", accepted" } else { "" })
    }
}

impl Row {
    /// Whether every target that carries the intent shows it in force.
    pub(super) fn is_fine(&self) -> bool {
        self.apart.is_none() && self.cells.iter().flatten().all(|cell| is_fine(cell.verdict))
    }

    /// As printed: the intent, with the environment where the spec has some.
    pub(super) fn name(&self) -> String {
        self.env.as_ref().map_or_else(|| self.intent.clone(), |env| format!("{} [{env}]", self.intent))
    }
}

/// In force, or without effect for a stated reason.
pub(super) fn is_fine(verdict: Verdict) -> bool {
    verdict.is_pass() || verdict == Verdict::NotApplicable
}

/// Worst first. What is unknown is worse than what is only not shown, and neither is a pass.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Weaker => 0,
        Verdict::Absent => 1,
        Verdict::Incomparable => 2,
        Verdict::Unenforced => 3,
        Verdict::Unattested => 4,
        Verdict::Unverifiable => 5,
        Verdict::Rendered => 6,
        Verdict::Attested => 7,
        Verdict::Equal => 8,
        Verdict::Equivalent => 9,
        Verdict::Stricter => 10,
        Verdict::NotApplicable => 11,
    }
}

type Place<'a> = (Option<&'a str>, &'a str, &'a str, &'a str);

impl Matrix {
    /// Of a report.
    pub(super) fn new(report: &Report) -> Self {
        let mut targets: Vec<&'static str> = Vec::new();
        let mut rows: BTreeMap<(Option<&str>, &str), Vec<&Check>> = BTreeMap::new();
        for check in &report.checks {
            if !check.target.is_empty() && !targets.contains(&check.target) {
                targets.push(check.target);
            }
            rows.entry((check.env.as_deref(), &check.intent)).or_default().push(check);
        }
        let accepted = accepted(report);
        let rows = rows.into_iter().map(|((env, intent), checks)| {
            let cells = targets.iter().map(|target| cell(checks.iter().copied().filter(|c| c.target == *target), &accepted)).collect();
            let apart = checks.iter().find(|c| c.target.is_empty()).map(|c| c.verdict);
            Row { intent: intent.to_owned(), env: env.map(str::to_owned), cells, apart }
        });
        Self { rows: rows.collect(), targets }
    }
}

/// Every place that an accepted finding stands for.
fn accepted(report: &Report) -> HashSet<Place<'_>> {
    let mut places = HashSet::new();
    for f in report.findings.iter().filter(|f| f.disposition.is_accepted()) {
        let own = (f.intent.as_deref(), f.place.as_deref());
        for (intent, place) in f.also.iter().map(|a| (a.intent.as_deref(), a.place.as_deref())).chain([own]) {
            if let (Some(intent), Some(place), Some(target)) = (intent, place, f.target) {
                places.insert((f.env.as_deref(), intent, target, place));
            }
        }
    }
    places
}

fn cell<'a>(checks: impl Iterator<Item = &'a Check>, accepted: &HashSet<Place<'_>>) -> Option<Cell> {
    let checks: Vec<&Check> = checks.collect();
    let verdict = checks.iter().map(|c| c.verdict).min_by_key(|v| rank(*v))?;
    let worst = || checks.iter().filter(|c| c.verdict == verdict);
    let is_accepted = |c: &&Check| accepted.contains(&(c.env.as_deref(), c.intent.as_str(), c.target, c.place.as_str()));
    // Set, and cut off: more to the point than absent.
    let word = if verdict == Verdict::Absent && worst().all(|c| c.cause == Cause::Shadowed) { Cause::Shadowed.name() } else { verdict.name() };
    Some(Cell { verdict, word, places: worst().count(), is_accepted: !is_fine(verdict) && worst().all(is_accepted) })
}
