//! The report for people: findings as source frames, then what was looked at and the verdict of the gate.

use super::escape::{disarmed, guarded};
use super::matrix::{Cell, Matrix, Row, is_fine};
use super::share::{label_place, outcome, place, plural, worst_first};
use super::{is_unsafe, path, stated, waivers};
use crate::check::{Intents, Report};
use crate::finding::{FileState, Finding, Kind, Label, Verdict, redact};
use crate::source::Sources;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How much to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// One line a finding that fails, and the last line.
    pub quiet: bool,
    /// Notes in full, and every check.
    pub verbose: bool,
    /// With colour.
    pub color: bool,
}

/// Findings of one rule that are shown with their source lines; more of them teach nothing new.
const FRAMES: usize = 20;
/// Findings beyond these that have a line each.
const LINES: usize = 100;
/// Places that a finding names beside its own.
const PLACES: usize = 5;
/// Intents of the table by target.
const ROWS: usize = 40;
/// Lines longer than this are cut around what matters.
const MAX_LINE: usize = 240;

/// The whole report.
#[must_use]
pub fn report(report: &Report, sources: &Sources, style: Style) -> String {
    let mut out = String::new();
    for line in waivers::emergencies(report) {
        let _ = writeln!(out, "{line}");
    }
    if !out.is_empty() && !style.quiet {
        out.push('\n');
    }
    if report.is_workspace {
        workspace(&mut out, report, sources, style);
    } else {
        body(&mut out, report, sources, style);
    }
    out.push_str(&outcome(report));
    out.push('\n');
    guarded(&out).into_owned()
}

/// Spec by spec, each with its own verdict; then what is about all of them.
fn workspace(out: &mut String, report: &Report, sources: &Sources, style: Style) {
    for part in &report.parts {
        if let (false, None, Some(spec)) = (style.quiet, &part.spec, part.spec_path()) {
            let _ = writeln!(out, "spec  {}\n", path(spec));
        }
        body(out, part, sources, style);
        if !style.quiet {
            let _ = writeln!(out, "{}\n", outcome(part));
        }
    }
    for finding in report.own_findings() {
        if style.quiet {
            let _ = writeln!(out, "{}", line(finding, sources));
        } else {
            let _ = writeln!(out, "{}\n", frame(report, finding, sources, style.color));
        }
    }
    if style.quiet {
        return;
    }
    for (what, why) in report.own_not_examined() {
        let _ = writeln!(out, "not examined: {what}: {why}");
    }
    let count = |exit: u8, words: &str| match report.parts.iter().filter(|p| p.exit() == exit).count() {
        0 => String::new(),
        n => format!(", {n} {words}"),
    };
    let counts = [count(0, if report.command == "check" { "passed" } else { "ok" }), count(1, "failed"), count(2, "could not be used")].concat();
    let _ = writeln!(out, "workspace  {}{counts}", plural(report.parts.len(), "spec"));
}

/// A report on one spec, without its last line.
fn body(out: &mut String, report: &Report, sources: &Sources, style: Style) {
    if !style.quiet {
        head(out, report);
    }
    let findings = worst_first(report);
    let mut notes = 0;
    let (mut of_rule, mut in_short): (BTreeMap<&str, usize>, Vec<&Finding>) = (BTreeMap::new(), Vec::new());
    for finding in &findings {
        match (style.quiet, finding.kind) {
            _ if finding.disposition.is_accepted() => {}
            (true, kind) if kind == Kind::Error || report.fails(finding) => {
                let _ = writeln!(out, "{}", line(finding, sources));
            }
            (true, _) => {}
            (false, kind) if is_note(kind) && !style.verbose && !report.fails(finding) => notes += 1,
            (false, _) if !style.verbose && *of_rule.entry(finding.rule.name).and_modify(|n| *n += 1).or_insert(1) > FRAMES => in_short.push(finding),
            (false, _) => {
                out.push_str(&frame(report, finding, sources, style.color));
                out.push_str("\n\n");
            }
        }
    }
    short(out, report, &in_short, sources);
    if notes > 0 {
        for finding in findings.iter().filter(|f| is_note(f.kind) && !f.disposition.is_accepted()).take(20) {
            let _ = writeln!(out, "note: {}", line(finding, sources));
        }
        if notes > 20 {
            let _ = writeln!(out, "note: {} more notes; see them with -v", notes - 20);
        }
        out.push('\n');
    }
    if style.verbose {
        accepted(out, &findings, sources);
        checks(out, report, sources);
    }
    if report.command == "check" && !style.quiet {
        intents(out, &Matrix::new(report), style.verbose);
        tail(out, report, sources);
    }
}

/// What is accepted, a line each.
fn accepted(out: &mut String, findings: &[&Finding], sources: &Sources) {
    let all: Vec<&&Finding> = findings.iter().filter(|f| f.disposition.is_accepted()).collect();
    for finding in &all {
        let _ = writeln!(out, "{}: {} by {}", finding.disposition.name(), line(finding, sources), finding.disposition.waiver().unwrap_or_default());
    }
    if !all.is_empty() {
        out.push('\n');
    }
}

/// What is beyond the first findings of a rule, a line each.
fn short(out: &mut String, report: &Report, findings: &[&Finding], sources: &Sources) {
    for finding in findings.iter().take(LINES) {
        let level = if report.fails(finding) || finding.kind == Kind::Error { "error" } else { "warning" };
        let fingerprint = if report.fails(finding) { format!(" {}", finding.fingerprint) } else { String::new() };
        let _ = writeln!(out, "{level}: {}{fingerprint}", line(finding, sources));
    }
    if findings.len() > LINES {
        let _ = writeln!(out, "and {} findings more; see them with -v or --format json", findings.len() - LINES);
    }
    if !findings.is_empty() {
        out.push('\n');
    }
}

/// Findings that are a line and no more, unless the gate fails on them.
fn is_note(kind: Kind) -> bool {
    matches!(kind, Kind::Note | Kind::File(FileState::Outdated))
}

fn head(out: &mut String, report: &Report) {
    let Some(spec) = &report.spec else { return };
    let _ = write!(out, "spec  {}", path(&spec.path));
    if !spec.service.is_empty() {
        let _ = write!(out, "  service {}", spec.service);
    }
    if !spec.environments.is_empty() {
        let _ = write!(out, "  env {}", spec.environments.join(", "));
    }
    out.push('\n');
    if let Some(floor) = &report.floor {
        let _ = writeln!(out, "floor {}", floor.path);
    }
    if !report.limited_to.is_empty() {
        let _ = writeln!(out, "      only what lies at {} is reported", report.limited_to.join(", "));
    }
    if report.other_specs > 0 {
        let (n, verb) = if report.other_specs == 1 { ("1 other spec".to_owned(), "was") } else { (format!("{} other specs", report.other_specs), "were") };
        let _ = writeln!(out, "      {n} below the root {verb} not looked at; --workspace looks at all");
    }
    out.push('\n');
}

/// One line: where, what, which rule.
fn line(finding: &Finding, sources: &Sources) -> String {
    let place = place(finding, sources).map(|p| format!("{p}: ")).unwrap_or_default();
    format!("{place}{} [{}]", finding.message, finding.rule.name)
}

/// A finding with its source lines.
#[must_use]
pub fn frame(report: &Report, finding: &Finding, sources: &Sources, color: bool) -> String {
    let level = match finding.kind {
        Kind::Error => Level::ERROR,
        _ if report.fails(finding) => Level::ERROR,
        Kind::Note => Level::NOTE,
        _ => Level::WARNING,
    };
    let mut group: Group<'_> = Group::with_title(level.primary_title(finding.message.clone()).id(finding.rule.name));
    let mut any = false;
    for (file, labels) in by_file(finding, sources) {
        let mut lines: Vec<usize> = labels.iter().map(|(l, _)| sources.position(l.span).line).collect();
        lines.sort_unstable();
        lines.dedup();
        // The one that the finding is about comes first: its place heads the frame.
        lines.sort_by_key(|line| !labels.iter().any(|(l, primary)| *primary && sources.position(l.span).line == *line));
        // Each line is a snippet of its own: nothing else of the file is shown.
        for line in lines {
            let text = Shown::new(sources, labels[0].0.span.source, line, &labels);
            let annotations: Vec<_> = labels
                .iter()
                .filter(|(l, _)| sources.position(l.span).line == line)
                .map(|(label, primary)| {
                    let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let annotation = kind.span(text.range(label, sources));
                    if label.message.is_empty() { annotation } else { annotation.label(label.message.clone()) }
                })
                .collect();
            group = group.element(Snippet::source(text.text.clone()).line_start(line).path(path(&file)).fold(false).annotations(annotations));
            any = true;
        }
    }
    if !any && let Some(file) = &finding.path {
        group = group.element(Origin::path(path(file)));
    }
    if let Some((whole, line)) = finding.primary.as_ref().and_then(|label| sources.place_in_whole(label.span)) {
        group = group.element(Level::NOTE.message(format!("this is line {line} of {}", path(whole))));
    }
    let includes: Vec<String> = finding.related.iter().filter(|l| l.is_include()).map(|l| label_place(l, sources)).collect();
    if !includes.is_empty() {
        group = group.element(Level::NOTE.message(format!("included at {}", includes.join(", "))));
    }
    if let Some(env) = &finding.env {
        group = group.element(Level::NOTE.message(format!("in environment {env}")));
    }
    if let Some(places) = also_at(finding, sources) {
        group = group.element(Level::NOTE.message(places));
    }
    for help in &finding.help {
        group = group.element(Level::HELP.message(help.clone()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(140).render(&[group])
}

/// The labels of a finding by file, the main one's file first; the spec's last.
fn by_file<'a>(finding: &'a Finding, sources: &Sources) -> Vec<(String, Vec<(Label, bool)>)> {
    let mut files: Vec<(String, Vec<(Label, bool)>)> = Vec::new();
    let mut add = |label: Label, primary: bool| {
        let path = sources.get(label.span.source).path.clone();
        match files.iter_mut().find(|(p, labels)| *p == path && labels[0].0.span.source == label.span.source) {
            Some((_, labels)) => {
                if !labels.iter().any(|(l, _)| l.span == label.span) {
                    labels.push((label, primary));
                }
            }
            None => files.push((path, vec![(label, primary)])),
        }
    };
    finding.primary.iter().for_each(|l: &'a Label| add(l.clone(), true));
    finding.related.iter().filter(|l| !l.is_include()).for_each(|l| add(l.clone(), false));
    let also = finding.also.iter().map(|a| (a.spec, &a.expected));
    for (span, expected) in std::iter::once((finding.spec, &finding.expected)).chain(also) {
        if let Some(span) = span {
            let words = expected.as_ref().map_or_else(|| "required here".to_owned(), |e| format!("the policy requires {}", shorten(e)));
            add(Label::new(span, words), false);
        }
    }
    files
}

/// The other places that a finding stands for, a line each, whole servers first.
fn also_at(finding: &Finding, sources: &Sources) -> Option<String> {
    let mut places: Vec<(usize, String)> = Vec::new();
    let mut seen: std::collections::HashSet<&str> = finding.place.as_deref().into_iter().collect();
    for also in &finding.also {
        let Some(place) = also.place.as_deref().filter(|p| seen.insert(p)) else { continue };
        let at = also.at.as_ref().map(|l| format!(" ({})", label_place(l, sources))).unwrap_or_default();
        places.push((place.matches(" > ").count(), format!("{place}{at}")));
    }
    places.sort_by_key(|(depth, _)| *depth);
    let more = if places.len() > PLACES { format!("\nand {} more; all are in --format json", places.len() - PLACES) } else { String::new() };
    let shown: Vec<&str> = places.iter().take(PLACES).map(|(_, place)| place.as_str()).collect();
    (!places.is_empty()).then(|| format!("also at\n{}{more}", shown.join("\n")))
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 100 { text.to_owned() } else { text.chars().take(97).chain("...".chars()).collect() }
}

/// One line of a source as it may be printed: redacted, cut, without control characters. Characters stay one for one.
struct Shown {
    text: String,
    /// First character that is shown.
    from: usize,
}

impl Shown {
    fn new(sources: &Sources, source: crate::source::SourceId, line: usize, labels: &[(Label, bool)]) -> Self {
        let raw = sources.get(source).shown_line(line);
        let masked: Vec<char> = redact::line(&raw).chars().map(|c| if c != '\t' && is_unsafe(c) { '\u{fffd}' } else { c }).collect();
        let first = labels.iter().map(|(l, _)| sources.position(l.span)).filter(|p| p.line == line).map(|p| p.column).min().unwrap_or(1);
        let from = if masked.len() > MAX_LINE { first.saturating_sub(60) } else { 0 };
        let text: String = masked.iter().skip(from).take(MAX_LINE).map(|c| if *c == '\t' { ' ' } else { *c }).collect();
        Self { text: disarmed(&text), from }
    }

    /// The bytes of a label in the shown text.
    fn range(&self, label: &Label, sources: &Sources) -> std::ops::Range<usize> {
        let position = sources.position(label.span);
        let at = |column: usize| {
            let index = (column - 1).saturating_sub(self.from);
            self.text.char_indices().nth(index).map_or(self.text.len(), |(i, _)| i)
        };
        let start = at(position.column);
        let end = if position.end_line == position.line { at(position.end_column) } else { self.text.len() };
        start..end.max(start)
    }
}

fn checks(out: &mut String, report: &Report, sources: &Sources) {
    for check in &report.checks {
        let at = check.location.as_ref().map(|l| format!("  {}", label_place(l, sources))).unwrap_or_default();
        let env = check.env.as_ref().map(|e| format!(" [{e}]")).unwrap_or_default();
        let _ = writeln!(out, "{:<14} {}{env}  {} {}{at}", check.verdict.name(), check.intent, check.target, check.place);
    }
    if !report.checks.is_empty() {
        out.push('\n');
    }
}

/// How the intents stand in each target: those that are not in force as they should be; all of them when verbose.
fn intents(out: &mut String, matrix: &Matrix, verbose: bool) {
    if matrix.targets.len() < 2 {
        return;
    }
    // Only rendered, or stated by a person: the counts below say so.
    let is_quiet = |cell: &Cell| is_fine(cell.verdict) || cell.verdict == Verdict::Rendered;
    let rows: Vec<&Row> = matrix.rows.iter().filter(|row| verbose || !row.cells.iter().flatten().all(is_quiet)).collect();
    let most = if verbose { rows.len() } else { ROWS };
    let shown: Vec<(String, Vec<String>)> = rows
        .iter()
        .take(most)
        .map(|row| {
            let cells = row.cells.iter().map(|cell| cell.as_ref().map_or_else(|| "-".to_owned(), Cell::text)).collect();
            (
                path(&row.name()),
                if let Some(verdict) = row.apart.filter(|_| row.cells.iter().all(Option::is_none)) { vec![verdict.name().to_owned()] } else { cells },
            )
        })
        .collect();
    if shown.is_empty() {
        return;
    }
    let first = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max("intent".len());
    let head: Vec<String> = matrix.targets.iter().map(|t| (*t).to_owned()).collect();
    let widths: Vec<usize> =
        (0..head.len()).map(|i| shown.iter().filter_map(|(_, cells)| cells.get(i)).chain([&head[i]]).map(String::len).max().unwrap_or(0)).collect();
    let mut line = |name: &str, cells: &[String]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "{}", format!("{name:<first$}  {}", cells.join("  ")).trim_end());
    };
    line("intent", &head);
    for (name, cells) in &shown {
        line(name, cells);
    }
    if rows.len() > most {
        let _ = writeln!(out, "and {} intents more; see them with -v", rows.len() - most);
    }
    out.push('\n');
}

fn tail(out: &mut String, report: &Report, sources: &Sources) {
    let count = |counts: BTreeMap<&str, usize>| counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ");
    if !report.files.is_empty() {
        let states = report.states().into_iter().map(|(s, n)| (s.name(), n)).collect();
        let _ = writeln!(out, "files    {} rendered by secgen: {}", report.files.len(), count(states));
    }
    let Intents { all, verified, rendered, attested, observed } = report.intents();
    let checked = report.checked_sources();
    if all > 0 {
        let _ = write!(out, "intents  {all}, {verified} verified in {checked} checked source{}", if checked == 1 { "" } else { "s" });
        if rendered > 0 {
            let _ = write!(out, ", {rendered} rendered and not shown in force by any checked source");
        }
        if attested > 0 {
            let _ = write!(out, ", {attested} attested");
        }
        out.push('\n');
    }
    stated::lines(out, report);
    match report.observations() {
        0 => {}
        1 => drop(writeln!(out, "observed in one response: {}", plural(observed, "intent") + " met")),
        n => drop(writeln!(out, "observed in {n} responses: {}", plural(observed, "intent") + " met")),
    }
    for line in waivers::summary(report).into_iter().chain(waivers::gate(report, sources)) {
        let _ = writeln!(out, "{line}");
    }
    for (what, why) in report.not_examined.iter().take(10) {
        let _ = writeln!(out, "not examined: {what}: {why}");
    }
    if report.not_examined.len() > 10 {
        let _ = writeln!(out, "not examined: {} more; all are in --format json", report.not_examined.len() - 10);
    }
}
