//! Annotations of GitHub Actions. A step shows ten of each kind and no more, so that the worst come first, and the
//! tenth says how many there are beside them; those stand in the log.

use super::escape::{cut, github_message, github_property, guarded};
use super::path;
use super::share::{anchor, outcome, place, plural, terms, worst_first};
use super::waivers::emergencies;
use crate::check::Report;
use crate::check::gate::Level;
use crate::finding::Finding;
use crate::source::Sources;
use std::fmt::Write;

/// Annotations of one kind that GitHub shows for a step.
const SHOWN: usize = 10;
/// Findings beyond these that have a line in the log.
const LINES: usize = 200;
/// Characters of one message.
const MOST_TEXT: usize = 2_000;

/// Commands, then what has none, then the outcome.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    let mut plain = String::new();
    let findings = worst_first(report);
    for kind in ["error", "warning", "notice"] {
        let all: Vec<&&Finding> = findings.iter().filter(|f| command(report.level(f)) == Some(kind)).collect();
        let shown = if all.len() > SHOWN { SHOWN - 1 } else { all.len() };
        all[..shown].iter().for_each(|finding| annotate(&mut out, kind, finding, sources));
        let rest = &all[shown..];
        if !rest.is_empty() {
            let text = format!("{} and {} more: the log of this step lists them", plural(shown, kind), rest.len());
            let _ = writeln!(out, "::{kind} title=secgen::{}", github_message(&text));
        }
        for finding in rest.iter().take(LINES) {
            let place = place(finding, sources).map(|p| format!("{p}: ")).unwrap_or_default();
            let _ = writeln!(plain, "{kind}: {place}{} [{}]", finding.message, finding.rule.name);
        }
        if rest.len() > LINES {
            let _ = writeln!(plain, "{kind}: {} more; all are in the JSON report", rest.len() - LINES);
        }
    }
    // Only the commands above are commands.
    out.push_str(&guarded(&plain));
    for emergency in emergencies(report) {
        let _ = writeln!(out, "{}", guarded(&emergency));
    }
    for (term, value) in terms(report) {
        let _ = writeln!(out, "{}", guarded(&format!("{}: {value}", term.to_lowercase())));
    }
    for part in &report.parts {
        let _ = writeln!(out, "{}", guarded(&format!("{}: {}", path(part.spec_path().unwrap_or_default()), outcome(part))));
    }
    let accepted = report.totals().accepted;
    if accepted > 0 {
        let _ = writeln!(out, "accepted by waivers: {}", plural(accepted, "finding"));
    }
    let _ = writeln!(out, "{}", guarded(&outcome(report)));
    out
}

fn command(level: Level) -> Option<&'static str> {
    match level {
        Level::Error | Level::Failure => Some("error"),
        Level::Warning => Some("warning"),
        Level::Note => Some("notice"),
        Level::Accepted => None,
    }
}

fn annotate(out: &mut String, kind: &str, finding: &Finding, sources: &Sources) {
    let mut properties: Vec<(&str, String)> = Vec::new();
    match anchor(finding, sources) {
        // Columns would hold for one line only.
        Some((path, at)) => {
            properties.extend([("file", path.to_owned()), ("line", at.line.to_string()), ("endLine", at.end_line.to_string())]);
        }
        None => properties.extend(finding.path.clone().map(|path| ("file", path))),
    }
    properties.push(("title", format!("secgen: {}", finding.rule.name)));
    let properties: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", github_property(&super::visible(value)))).collect();
    let mut text = finding.message.clone();
    for line in finding.env.iter().map(|env| format!("in environment {env}")).chain(finding.help.iter().cloned()) {
        text.push('\n');
        text.push_str(&line);
    }
    // The runner looks for these in what a command says, too.
    let text = github_message(&guarded(&cut(&text, MOST_TEXT)));
    let _ = writeln!(out, "::{kind} {}::{text}", guarded(&properties.join(",")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::UNREADABLE;

    #[test]
    fn the_tenth_counts_the_rest() {
        let finding = |i: usize| Finding::error(&UNREADABLE, format!("100% ::error::{i}\u{1}")).path(format!("a,b:{i}")).help("##[x]");
        let mut all = Report { command: "check", findings: (0..12).map(finding).collect(), ..Report::default() };
        super::super::clean(&mut all, false);
        let text = report(&all, &Sources::new(std::path::Path::new(".")));
        let commands: Vec<&str> = text.lines().filter(|l| l.starts_with("::")).collect();
        assert_eq!(commands.len(), 10);
        assert_eq!(commands[0], "::error file=a%2Cb%3A0,title=secgen%3A input-unreadable::100%25 ::error::0\\u{1}%0A#\\u{23}[x]");
        assert_eq!(commands[9], "::error title=secgen::9 errors and 3 more: the log of this step lists them");
        assert_eq!(text.lines().filter(|l| l.starts_with("error: a,b:")).count(), 3);
        assert_eq!(text.lines().last(), Some("could not do the job: 12 errors"));
    }
}
