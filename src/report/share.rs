//! What several formats say alike: places, counts, the outcome in words.

use super::path;
use crate::check::gate::{Level, Totals};
use crate::check::{Report, UsedWaiver, WaiverKind};
use crate::finding::{Finding, Label};
use crate::source::{Position, Sources};

/// Findings from the worst to the least: by level, then severity; else in their order.
pub(super) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|f| (report.level(f), std::cmp::Reverse(f.rule.severity)));
    findings
}

/// Where a format that wants a line points: the main place, else where the spec requires it.
pub(super) fn anchor<'a>(finding: &Finding, sources: &'a Sources) -> Option<(&'a str, Position)> {
    let span = finding.primary.as_ref().map(|l| l.span).or(finding.spec)?;
    Some((&sources.get(span.source).path, sources.position(span)))
}

/// The place of a finding as text: `nginx.conf:3`, or its file alone.
pub(super) fn place(finding: &Finding, sources: &Sources) -> Option<String> {
    let at = |label: &Label| label_place(label, sources);
    finding.primary.as_ref().map(at).or_else(|| finding.path.as_deref().map(path))
}

/// `nginx.conf:3`.
pub(super) fn label_place(label: &Label, sources: &Sources) -> String {
    path(&sources.place(label.span))
}

/// `1 finding`, `2 findings`.
pub(super) fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// Why a finding is accepted: by which waiver, whose, until when.
pub(super) fn accepted_by(report: &Report, finding: &Finding) -> String {
    let Some(id) = finding.disposition.waiver() else { return String::new() };
    let used = report.waivers.iter().find(|used| used.id == id);
    let words = used.map(|w| format!(" ({}, until {}: {})", w.owner, w.until, w.reason)).unwrap_or_default();
    format!("{} by {id}{words}", finding.disposition.name())
}

/// The last line of a report: what the run came to.
pub(super) fn outcome(report: &Report) -> String {
    let Totals { errors, failures: failing, warnings, notes, accepted } = report.totals();
    let others = warnings + notes;
    let rest = if others > 0 { format!(", {} below it", plural(others, "finding")) } else { String::new() };
    if errors > 0 {
        let also = if failing > 0 { format!(", and {}", plural(failing, "finding")) } else { String::new() };
        return format!("could not do the job: {}{also}", plural(errors, "error"));
    }
    match &report.gate {
        _ if report.command != "check" => {
            let warnings = if others > 0 { format!(", {}", plural(others, "warning")) } else { String::new() };
            if report.pending > 0 { format!("{} would change{warnings}", plural(report.pending, "file")) } else { format!("ok{warnings}") }
        }
        gate if gate.is_off() => format!("gate off: {}", plural(report.findings.len() - accepted, "finding")),
        gate if failing > 0 => format!("gate {}: failed by {}{rest}", gate.name(), plural(failing, "finding")),
        gate => format!("gate {}: passed{rest}", gate.name()),
    }
}

/// Counts of findings by level: `1 error, 2 failures`; those that accept none are left out.
pub(super) fn counts(report: &Report) -> String {
    let Totals { errors, failures, warnings, notes, accepted } = report.totals();
    let all = [(errors, "error"), (failures, "failure"), (warnings, "warning"), (notes, "note")];
    let mut words: Vec<String> = all.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| plural(n, what)).collect();
    if accepted > 0 {
        words.push(format!("{accepted} accepted"));
    }
    if words.is_empty() { "no findings".to_owned() } else { words.join(", ") }
}

/// `error` for what fails the run, as most formats name it.
pub(super) fn fails(level: Level) -> bool {
    matches!(level, Level::Error | Level::Failure)
}

/// A waiver behind findings of a report.
pub(super) struct Waiver<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// `waived`, `expired-waiver` or `baseline`.
    pub(super) state: &'static str,
    /// What its file says of it.
    pub(super) used: Option<&'a UsedWaiver>,
    /// What it decided about.
    pub(super) findings: Vec<&'a Finding>,
}

impl Waiver<'_> {
    /// As printed: `baseline, ended`.
    pub(super) fn kind(&self) -> String {
        let kind = self.used.map_or(self.state, |used| used.kind.name());
        if self.is_ended() { format!("{kind}, ended") } else { kind.to_owned() }
    }

    /// Whether it accepts nothing any more.
    pub(super) fn is_ended(&self) -> bool {
        self.state == "expired-waiver"
    }
}

/// The waivers that decided about findings, in the order of their file, emergencies first.
pub(super) fn waivers(report: &Report) -> Vec<Waiver<'_>> {
    let mut all: Vec<Waiver<'_>> = Vec::new();
    for finding in &report.findings {
        let Some(id) = finding.disposition.waiver() else { continue };
        if let Some(waiver) = all.iter_mut().find(|w| w.id == id) {
            waiver.findings.push(finding);
        } else {
            let used = report.waivers.iter().find(|used| used.id == id);
            all.push(Waiver { id, state: finding.disposition.name(), used, findings: vec![finding] });
        }
    }
    let at = |id: &str| report.waivers.iter().position(|used| used.id == id).unwrap_or(usize::MAX);
    all.sort_by_key(|w| (w.used.is_none_or(|used| used.kind != WaiverKind::Emergency), at(w.id)));
    all
}
