//! What several formats say alike: places, counts, the outcome in words.

use super::path;
use crate::check::controls::Control;
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
    let used = report.about(finding).waivers.iter().find(|used| used.id == id);
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
    let gate = report.gate_name();
    match &report.gate {
        _ if report.command != "check" => {
            let warnings = if others > 0 { format!(", {}", plural(others, "warning")) } else { String::new() };
            if report.pending > 0 { format!("{} would change{warnings}", plural(report.pending, "file")) } else { format!("ok{warnings}") }
        }
        of_all if of_all.is_off() => format!("gate off: {}", plural(report.findings.len() - accepted, "finding")),
        _ if failing > 0 => format!("gate {gate}: failed by {}{rest}", plural(failing, "finding")),
        _ => format!("gate {gate}: passed{rest}"),
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
    /// Its spec, where the report is about several: each has ids of its own.
    pub(super) spec: Option<&'a str>,
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

/// The waivers that decided about findings: emergencies first, then spec by spec in the order of their file.
pub(super) fn waivers(report: &Report) -> Vec<Waiver<'_>> {
    let mut all: Vec<Waiver<'_>> = report.singles().iter().flat_map(|single| of_spec(single, single.spec_path().filter(|_| report.is_workspace))).collect();
    all.sort_by_key(|w| w.used.is_none_or(|used| used.kind != WaiverKind::Emergency));
    all
}

fn of_spec<'a>(report: &'a Report, spec: Option<&'a str>) -> Vec<Waiver<'a>> {
    let mut all: Vec<Waiver<'a>> = Vec::new();
    for finding in &report.findings {
        let Some(id) = finding.disposition.waiver() else { continue };
        if let Some(waiver) = all.iter_mut().find(|w| w.id == id) {
            waiver.findings.push(finding);
        } else {
            let used = report.waivers.iter().find(|used| used.id == id);
            all.push(Waiver { spec, id, state: finding.disposition.name(), used, findings: vec![finding] });
        }
    }
    let at = |id: &str| report.waivers.iter().position(|used| used.id == id).unwrap_or(usize::MAX);
    all.sort_by_key(|w| at(w.id));
    all
}

/// What the run was held to or limited to beyond the spec: a term and its value each.
pub(super) fn terms(report: &Report) -> Vec<(&'static str, String)> {
    let floor = report.floor_in_force().map(|floor| ("Floor", path(&floor.path)));
    let places = report.reported_at();
    let limited = (!places.is_empty()).then(|| ("Reported only", places.iter().map(|place| path(place)).collect::<Vec<_>>().join(", ")));
    floor.into_iter().chain(limited).collect()
}

/// `passed`, `failed` or `not completed`, by exit code.
pub(super) fn word(report: &Report) -> &'static str {
    match (report.exit(), report.command) {
        (0, "check") => "passed",
        (0, _) => "ok",
        (1, "render") => "would change files",
        (1, _) => "failed",
        _ => "not completed",
    }
}

/// How much of a limit a part gets that has `others` behind it: what earlier parts did not need is left to later ones.
pub(super) fn fair(left: usize, others: usize) -> usize {
    left / (others + 1)
}

/// `OWASP ASVS 5.0 3.4.1`.
pub(super) fn control_name(control: &Control) -> String {
    let parts = [control.title.as_str(), &control.version, &control.id];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
