//! What is accepted, and which gate holds, in lines for people.

use crate::check::{Report, UsedWaiver, WaiverKind, waive};
use crate::source::Sources;

/// Waivers that the summary names.
const NAMED: usize = 5;

/// One line for each emergency that accepts something: they stand before everything else.
pub(super) fn emergencies(report: &Report) -> Vec<String> {
    let line = |used: &UsedWaiver| {
        let left = used.days_left(report.date);
        let holds = if left < 0 { "has accepted" } else { "accepts" };
        let what = if used.findings == 1 { "1 finding".to_owned() } else { format!("{} findings", used.findings) };
        format!("EMERGENCY {} {holds} {what} of {} and {}: {} ({})", used.id, used.rule, waive::ends(left), used.reason, used.owner)
    };
    report.waivers.iter().filter(|used| used.kind == WaiverKind::Emergency).map(line).collect()
}

/// `waived: 2 (W-2026-004 ends in 126 days, W-2026-007 ends tomorrow)`; the baseline is one of them.
pub(super) fn summary(report: &Report) -> Option<String> {
    let mut holding: Vec<&UsedWaiver> = report.waivers.iter().filter(|used| used.days_left(report.date) >= 0).collect();
    holding.sort_by_key(|used| (used.until.days(), used.kind));
    let (baseline, own): (Vec<&UsedWaiver>, Vec<&UsedWaiver>) = holding.into_iter().partition(|used| used.kind == WaiverKind::Baseline);
    let mut parts: Vec<String> = own.iter().take(NAMED).map(|used| format!("{} {}", used.id, waive::ends(used.days_left(report.date)))).collect();
    if own.len() > NAMED {
        parts.push(format!("{} more", own.len() - NAMED));
    }
    if let Some(first) = baseline.first() {
        let entries = if baseline.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", baseline.len()) };
        parts.push(format!("baseline of {entries} {}", waive::ends(first.days_left(report.date))));
    }
    (!parts.is_empty()).then(|| format!("waived: {} ({})", report.totals().accepted, parts.join(", ")))
}

/// Which gate holds and where it is set; nothing where only the default does.
pub(super) fn gate(report: &Report, sources: &Sources) -> Option<String> {
    let said = report.gate.said();
    let parts: Vec<String> =
        said.into_iter().map(|said| said.at.map_or_else(|| said.words.clone(), |at| format!("{} ({})", said.words, sources.place(at)))).collect();
    (!parts.is_empty()).then(|| format!("gate     {}", parts.join("; ")))
}
