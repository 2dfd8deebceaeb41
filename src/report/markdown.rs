//! Markdown for a job summary or a comment: the outcome, what fails, intents by target, waivers. Cut below the limits
//! of both (1 MiB, 65,536 characters), and it says what was cut.

use super::escape::{cut, markdown};
use super::matrix::Matrix;
use super::share::{Waiver, counts, outcome, place, plural, waivers, worst_first};
use super::stated;
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
    facts.extend([format_date(report.date), format!("exit {}", report.exit()), counts(report)]);
    let _ = writeln!(out.text, "{}\n", facts.join(" · "));
    let open: Vec<&Finding> = worst_first(report).into_iter().filter(|f| report.level(f) != Level::Accepted).collect();
    for emergency in emergencies(report) {
        let _ = writeln!(out.text, "**{}**\n", markdown(&cut(&emergency, MOST_TEXT)));
    }
    out.most = MOST - REST;
    if !open.is_empty() {
        out.table("| | finding | where | rule |\n| --- | --- | --- | --- |\n", open.iter().map(|f| row(report, f, sources)), "finding");
    }
    out.most = MOST;
    intents(&mut out, report, &Matrix::new(report));
    let rows = stated::rows(report, sources);
    if !rows.is_empty() {
        out.text.push_str("### Stated by people\n\nNo file shows it, and none of it counts as verified.\n\n");
        let head = "| intent | verdict | by | on | until | evidence |\n| --- | --- | --- | --- | --- | --- |\n";
        out.table(head, rows.iter().map(statement), "statement");
    }
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
                let what = plural(all - i, what).replace("entrys", "entries");
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
    format!("| {} | {message}{also}{env}{help} | {at} | {} |\n", report.level(finding).name(), finding.rule.name)
}

fn statement(row: &stated::Row<'_>) -> String {
    let stated = row.stated;
    let sha256 = row.sha256.as_ref().map(|digest| format!(" (sha256:{digest})")).unwrap_or_default();
    let evidence = stated.evidence.as_ref().map(|e| format!("{}{sha256}", markdown(e))).unwrap_or_default();
    let (name, verdict) = (markdown(&stated::name(row.check)), row.check.verdict.name());
    format!("| {name} | {verdict} | {} | {} | {} | {evidence} |\n", markdown(&stated.by), stated.date, stated.until)
}

fn waiver(waiver: &Waiver<'_>) -> String {
    let of = |text: fn(&crate::check::UsedWaiver) -> String| waiver.used.map(|used| markdown(&cut(&text(used), MOST_TEXT))).unwrap_or_default();
    let (owner, until, reason) = (of(|w| w.owner.clone()), of(|w| w.until.to_string()), of(|w| w.reason.clone()));
    format!("| {} ({}) | {owner} | {until} | {reason} | {} |\n", markdown(waiver.id), waiver.kind(), waiver.findings.len())
}

/// What is not in force everywhere; the rest is a count, as it may be long.
fn intents(out: &mut Limited, report: &Report, matrix: &Matrix) {
    if matrix.rows.is_empty() {
        return;
    }
    let rest: Vec<_> = matrix.rows.iter().filter(|row| !row.is_fine()).collect();
    let Intents { all, verified, rendered, attested, .. } = report.intents();
    out.text.push_str("### Intents by target\n\n");
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
