//! One file a format; each turns the same report value into bytes.

pub mod json;
pub mod text;

use crate::check::Report;
use crate::finding::{Finding, redact};

/// Makes a report safe to print: no control character, no direction mark, no secret by its shape. Values that are
/// secret by their key are masked where they are read.
pub fn clean(report: &mut Report) {
    report.findings.iter_mut().for_each(clean_finding);
    for check in &mut report.checks {
        for text in [&mut check.place, &mut check.why, &mut check.expected, &mut check.found] {
            *text = safe(text);
        }
    }
    for (what, why) in &mut report.not_examined {
        *what = safe(what);
        *why = safe(why);
    }
}

fn clean_finding(finding: &mut Finding) {
    finding.message = safe(&finding.message);
    finding.help.iter_mut().for_each(|h| *h = safe(h));
    for text in [&mut finding.place, &mut finding.expected, &mut finding.found, &mut finding.path].into_iter().flatten() {
        *text = safe(text);
    }
    finding.primary.iter_mut().chain(&mut finding.related).for_each(|l| l.message = safe(&l.message));
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

/// Control characters, direction marks, and characters without a width.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}' | '\u{2028}' | '\u{2029}')
}
