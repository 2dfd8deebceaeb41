//! One file a format; each turns the same report value into bytes.

mod escape;
mod github;
mod html;
pub mod json;
mod junit;
mod markdown;
mod matrix;
mod oscal;
pub mod rule;
mod sarif;
mod share;
mod stated;
pub mod text;
mod waivers;

use crate::check::Report;
pub use crate::finding::redact::{is_unsafe, visible};
use crate::finding::{Disposition, Finding, Label, redact};
use crate::source::Sources;
pub use escape::{guarded, path};
use std::borrow::Cow;

/// The formats of a report. Each says the same, and none changes the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// secgen-report/1: everything, for programs
    Json,
    /// SARIF 2.1.0, within the limits of GitHub code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// JUnit XML: a suite for each target and environment
    Junit,
    /// A job summary, or a comment on a pull request
    Markdown,
    /// One page for an auditor
    Html,
    /// OSCAL 1.1.2 assessment results
    Oscal,
}

/// A report in one format. `style` counts for text only.
#[must_use]
pub fn write(format: Format, report: &Report, sources: &Sources, style: text::Style) -> String {
    match format {
        Format::Text => text::report(report, sources, style),
        Format::Json => json::report(report, sources),
        Format::Sarif => sarif::report(report, sources),
        Format::Github => github::report(report, sources),
        Format::Junit => junit::report(report, sources),
        Format::Markdown => markdown::report(report, sources),
        Format::Html => html::report(report, sources),
        Format::Oscal => oscal::report(report, sources),
    }
}

/// JSON of another command, with only harmless characters.
#[must_use]
pub fn json_text(value: &serde_json::Value) -> String {
    escape::json(&format!("{value:#}"))
}

impl Format {
    /// Whether verdicts that are no findings are printed, each with its words.
    #[must_use]
    pub fn has_checks(self) -> bool {
        matches!(self, Self::Json | Self::Junit | Self::Html | Self::Oscal)
    }
}

/// Makes a report safe to print: no control character, no direction mark, no secret by its shape. Values that are
/// secret by their key are masked where they are read. `with_checks`: verdicts that are no findings are printed too.
pub fn clean(report: &mut Report, with_checks: bool) {
    report.findings.iter_mut().for_each(clean_finding);
    report.parts.iter_mut().for_each(|part| clean(part, with_checks));
    // They are many, and few formats print them.
    for check in report.checks.iter_mut().filter(|_| with_checks) {
        [&mut check.intent, &mut check.place, &mut check.why, &mut check.expected, &mut check.found].into_iter().for_each(make_safe);
    }
    // The user's own words.
    for own in &mut report.own_controls {
        let control = &mut own.control;
        [&mut control.framework, &mut control.title, &mut control.version, &mut control.id, &mut control.rationale].into_iter().for_each(make_safe);
    }
    report.limited_to.iter_mut().for_each(make_safe);
    for stated in report.checks.iter_mut().filter_map(|check| check.stated.as_mut()) {
        std::iter::once(&mut stated.by).chain(&mut stated.evidence).for_each(make_safe);
    }
    for waiver in &mut report.waivers {
        let texts = [&mut waiver.id, &mut waiver.rule, &mut waiver.owner, &mut waiver.reason, &mut waiver.accepts];
        texts.into_iter().chain(&mut waiver.approved_by).chain(&mut waiver.ticket).for_each(make_safe);
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
    [&mut finding.intent, &mut finding.place, &mut finding.expected, &mut finding.found, &mut finding.path].into_iter().flatten().for_each(make_safe);
    if let Disposition::Waived(id) | Disposition::ExpiredWaiver(id) | Disposition::Baseline(id) = &mut finding.disposition {
        make_safe(id);
    }
    finding.primary.iter_mut().chain(&mut finding.related).for_each(make_label_safe);
    for also in &mut finding.also {
        [&mut also.intent, &mut also.place, &mut also.expected].into_iter().flatten().for_each(make_safe);
        also.at.iter_mut().for_each(make_label_safe);
    }
}

fn make_safe(text: &mut String) {
    if let Cow::Owned(safe) = redact::safe(text) {
        *text = safe;
    }
}

fn make_label_safe(label: &mut Label) {
    if let Cow::Owned(safe) = redact::safe(&label.message) {
        label.message = safe.into();
    }
}

/// One line without a control character or a secret by its shape: see [`redact::safe`]. What a CI system would take for a
/// command is the business of each format: see [`guarded`] and the escapes of the others.
#[must_use]
pub fn safe(text: &str) -> String {
    redact::safe(text).into_owned()
}
