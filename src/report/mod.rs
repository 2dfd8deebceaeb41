//! One file a format; each turns the same report value into bytes.

pub mod json;
pub mod text;
mod waivers;

use crate::check::Report;
pub use crate::finding::redact::is_unsafe;
use crate::finding::{Finding, Label, redact};

/// Makes a report safe to print: no control character, no direction mark, no secret by its shape. Values that are
/// secret by their key are masked where they are read. `with_checks`: verdicts that are no findings are printed too.
pub fn clean(report: &mut Report, with_checks: bool) {
    report.findings.iter_mut().for_each(clean_finding);
    // They are many, and few formats print them.
    for check in report.checks.iter_mut().filter(|_| with_checks) {
        [&mut check.place, &mut check.why, &mut check.expected, &mut check.found].into_iter().for_each(make_safe);
    }
    for used in &mut report.waivers {
        [&mut used.reason, &mut used.owner, &mut used.accepts].into_iter().for_each(make_safe);
        [&mut used.approved_by, &mut used.ticket].into_iter().flatten().for_each(make_safe);
    }
    for (what, why) in &mut report.not_examined {
        make_safe(what);
        make_safe(why);
    }
}

fn clean_finding(finding: &mut Finding) {
    [&mut finding.message, &mut finding.why].into_iter().chain(&mut finding.help).for_each(make_safe);
    // Access rules are several lines, and a report has one for them.
    [&mut finding.expected, &mut finding.found].into_iter().flatten().filter(|t| t.contains('\n')).for_each(|t| *t = t.replace('\n', "; "));
    [&mut finding.place, &mut finding.expected, &mut finding.found, &mut finding.path].into_iter().flatten().for_each(make_safe);
    finding.primary.iter_mut().chain(&mut finding.related).for_each(make_label_safe);
    for also in &mut finding.also {
        [&mut also.place, &mut also.expected].into_iter().flatten().for_each(make_safe);
        also.at.iter_mut().for_each(make_label_safe);
    }
}

fn make_safe(text: &mut String) {
    if !is_plain(text) {
        *text = safe(text);
    }
}

fn make_label_safe(label: &mut Label) {
    if !is_plain(&label.message) {
        label.message = safe(&label.message).into();
    }
}

/// As nearly all texts are.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~')) && !redact::may_be_secret(text)
}

/// One line that no terminal and no CI system takes for a command.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in redact::shapes(text).chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push(' '),
            c if is_unsafe(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
