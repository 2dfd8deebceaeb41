//! Markdown for a job summary or a comment: the outcome, what fails, intents by target, waivers. Cut below the limits
//! of both (1 MiB, 65,536 characters), and it says what was cut.

use super::escape::{cut, markdown};
use super::matrix::Matrix;
use super::share::{Waiver, counts, fair, outcome, place, plural, terms, waivers, word, worst_first};
use super::waivers::emergencies;
use crate::check::gate::Level;
use crate::check::{Intents, Report};
use crate::finding::Finding;
use crate::source::Sources;
use crate::spec::scalar::format_date;
use std::fmt::Write;

/// Bytes of the whole; a comment may have 65,536 characters.
const MOST: usize = 65_000;
/// Bytes that stay for what comes after the findings.
const REST: usize = 20_000;
/// Bytes that stay for the count of rows that were cut.
const NOTE: usize = 200;
/// Bytes without which a spec of several gets no part of its own.
const LEAST: usize = 1_500;
/// Controls that a finding names.
const CONTROLS: usize = 4;
/// Characters of one message.
const MOST_TEXT: usize = 500;

/// The whole text.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    let mut out = Limited { text: String::new(), most: MOST };
    let mark = match report.exit() {
        0 => "✅",
        1 => "❌",
        _ => "⛔",
    };
    let _ = writeln!(out.text, "## {mark} secgen {}: {}\n", report.command, markdown(&outcome(report)));
    let mut facts: Vec<String> = Vec::new();
    if let Some(spec) = &report.spec {
        facts.push(format!("spec {}", code(&spec.path)));
        if !spec.environments.is_empty() {
            facts.push(format!("environments {}", markdown(&spec.environments.join(", "))));
        }
    }
    facts.extend(terms(report).iter().map(|(term, value)| format!("{} {}", term.to_lowercase(), markdown(value))));
    facts.extend([format_date(report.date), format!("exit {}", report.exit()), counts(report)]);
    let _ = writeln!(out.text, "{}\n", facts.join(" · "));
    let emergencies = emergencies(report);
    out.most = MOST / 4;
    if !emergencies.is_empty() {
        out.table("", emergencies.iter().map(|text| format!("**{}**\n\n", markdown(&cut(text, MOST_TEXT)))), "emergency");
    }
    if report.is_workspace {
        workspace(&mut out, report, sources);
    } else {
        out.most = MOST - REST;
        findings(&mut out, report, worst_first(report), sources);
        out.most = MOST;
        intents(&mut out, report, "### Intents by target");
    }
    out.most = MOST;
    let waivers = waivers(report);
    if !waivers.is_empty() {
        out.text.push_str("### Waivers\n\n");
        out.table("| waiver | owner | until | reason | findings |\n| --- | --- | --- | --- | --- |\n", waivers.iter().map(waiver), "waiver");
    }
    if !report.not_examined.is_empty() {
        out.text.push_str("### Not examined\n\n");
        let rows = report.not_examined.iter().map(|(what, why)| format!("- {}: {}\n", markdown(what), markdown(&cut(why, MOST_TEXT))));
        out.table("", rows, "entry");
    }
    out.text
}

/// Every spec with what it came to, then spec by spec, the worst first: a part of the room for each.
fn workspace(out: &mut Limited, report: &Report, sources: &Sources) {
    let mut parts: Vec<&Report> = report.parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.exit()));
    out.most = MOST / 3;
    out.table("| spec | | gate | verified | findings |\n| --- | --- | --- | --- | --- |\n", parts.iter().map(|part| spec(part)), "spec");
    out.most = MOST / 2;
    findings(out, report, report.own_findings().iter().collect(), sources);
    let parts: Vec<&Report> = parts.into_iter().filter(|part| part.exit() > 0 || !part.findings.is_empty() || !part.checks.is_empty()).collect();
    let mut unsaid = 0;
    for (i, part) in parts.iter().enumerate() {
        let title = format!("### {}: {}", code(part.spec_path().unwrap_or_default()), word(part));
        let left = (MOST - REST / 2).saturating_sub(out.text.len());
        let room = fair(left, parts.len() - 1 - i);
        // A heading with nothing below it says no more than the table above.
        if room < title.len() + LEAST {
            unsaid += 1;
            continue;
        }
        let _ = writeln!(out.text, "{title}\n");
        let end = out.text.len() + room;
        out.most = end - LEAST / 2;
        findings(out, part, worst_first(part), sources);
        out.most = end;
        intents(out, part, "");
    }
    if unsaid > 0 {
        let _ = writeln!(out.text, "{} more do not fit here; all are in the other reports.\n", plural(unsaid, "spec"));
    }
}

/// A row of the table of specs.
fn spec(part: &Report) -> String {
    let mark = match part.exit() {
        0 => "✅",
        1 => "❌",
        _ => "⛔",
    };
    let Intents { all, verified, .. } = part.intents();
    let verified = if part.command == "check" { format!("{verified} of {}", plural(all, "intent")) } else { String::new() };
    format!("| {} | {mark} {} | {} | {verified} | {} |\n", code(part.spec_path().unwrap_or_default()), word(part), part.gate_name(), counts(part))
}

/// A table of what is not accepted.
fn findings(out: &mut Limited, report: &Report, all: Vec<&Finding>, sources: &Sources) {
    let open: Vec<&Finding> = all.into_iter().filter(|f| report.level(f) != Level::Accepted).collect();
    if !open.is_empty() {
        out.table("| | finding | where | rule |\n| --- | --- | --- | --- |\n", open.iter().map(|f| row(report, f, sources)), "finding");
    }
}

/// A text that stays below a size.
struct Limited {
    text: String,
    most: usize,
}

impl Limited {
    /// As many rows as there is room for, and how many there is none for.
    fn table(&mut self, head: &str, rows: impl ExactSizeIterator<Item = String>, what: &str) {
        let all = rows.len();
        self.text.push_str(head);
        for (i, row) in rows.enumerate() {
            if self.text.len() + row.len() + NOTE > self.most {
                let what = plural(all - i, what).replace("ys", "ies");
                let _ = writeln!(self.text, "\n{what} of {all} more do not fit here; all are in the other reports.");
                break;
            }
            self.text.push_str(&row);
        }
        self.text.push('\n');
    }
}

/// A path in a code span: it may hold anything but a backtick.
fn code(text: &str) -> String {
    let text = super::path(text);
    if text.contains(['`', '|', '<', '&', '@', '#']) { markdown(&text) } else { format!("`{text}`") }
}

fn row(report: &Report, finding: &Finding, sources: &Sources) -> String {
    let at = place(finding, sources).map(|p| code(&p)).unwrap_or_default();
    let also = if finding.also.is_empty() { String::new() } else { format!(" (and {})", plural(finding.also.len(), "place")) };
    let env = finding.env.as_ref().map(|env| format!(" \\[{}\\]", markdown(env))).unwrap_or_default();
    let help = finding.help.first().map(|help| format!("<br>{}", markdown(&cut(help, MOST_TEXT)))).unwrap_or_default();
    let message = markdown(&cut(&finding.message, MOST_TEXT));
    format!("| {} | {message}{also}{env}{help} | {at} | {}{} |\n", report.level(finding).name(), finding.rule.name, controls(report, finding))
}

/// Numbers of controls, and no more of them than a cell has room for.
fn controls(report: &Report, finding: &Finding) -> String {
    let all = report.controls_of(finding);
    let mut names: Vec<String> = all.iter().take(CONTROLS).map(|c| markdown(&cut(&format!("{} {}", c.title, c.id), 60))).collect();
    if all.len() > CONTROLS {
        names.push(format!("{} more", all.len() - CONTROLS));
    }
    if names.is_empty() { String::new() } else { format!("<br>{}", names.join(", ")) }
}

fn waiver(waiver: &Waiver<'_>) -> String {
    let of = |text: fn(&crate::check::UsedWaiver) -> String| waiver.used.map(|used| markdown(&cut(&text(used), MOST_TEXT))).unwrap_or_default();
    let (owner, until, reason) = (of(|w| w.owner.clone()), of(|w| w.until.to_string()), of(|w| w.reason.clone()));
    let of_spec = waiver.spec.map(|spec| format!(" of {}", code(spec))).unwrap_or_default();
    format!("| {} ({}){of_spec} | {owner} | {until} | {reason} | {} |\n", markdown(waiver.id), waiver.kind(), waiver.findings.len())
}

/// What is not in force everywhere; the rest is a count, as it may be long.
fn intents(out: &mut Limited, report: &Report, title: &str) {
    let matrix = Matrix::new(report);
    if matrix.rows.is_empty() {
        return;
    }
    let rest: Vec<_> = matrix.rows.iter().filter(|row| !row.is_fine()).collect();
    let Intents { all, verified, rendered, attested, .. } = report.intents();
    if !title.is_empty() {
        let _ = writeln!(out.text, "{title}\n");
    }
    let words = [(rendered, "rendered and not shown in force"), (attested, "attested")];
    let words: Vec<String> = words.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect();
    let _ = writeln!(out.text, "{verified} of {} verified{}.\n", plural(all, "intent"), words.concat());
    if rest.is_empty() {
        return;
    }
    let head = format!("| intent | {} |\n| --- |{}\n", matrix.targets.join(" | "), " --- |".repeat(matrix.targets.len().max(1)));
    let rows = rest.iter().map(|row| {
        let cells: Vec<String> = match row.apart {
            Some(verdict) if row.cells.iter().all(Option::is_none) => vec![verdict.name().to_owned()],
            _ => row.cells.iter().map(|cell| cell.as_ref().map_or_else(|| "-".to_owned(), super::matrix::Cell::text)).collect(),
        };
        format!("| {} | {} |\n", markdown(&row.name()), cells.join(" | "))
    });
    out.table(&head, rows, "intent");
}
