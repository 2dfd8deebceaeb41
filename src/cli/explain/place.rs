//! A line of a file: which line of the spec a rendered line came from, what the line decides, what was found there, and who
//! accepted it.

use super::super::args::{Args, Command};
use super::super::check::{examine, given_path};
use super::super::{CANNOT, Session, print_err, print_out};
use crate::check::Report;
use crate::finding::{Cause, Disposition, Finding, Kind, redact};
use crate::policy::{Loaded, flatten};
use crate::render::{self, Selection};
use crate::report::rule::{hang, hang_at, heading, strong};
use crate::report::{self, safe};
use crate::source::{SourceId, Sources, Span};
use crate::targets;
use clap::Parser;
use std::fmt::Write;

/// Verdicts of one line that are shown.
const CHECKS: usize = 40;

/// Prints what is known of a line.
pub(super) fn run(session: &Session, file: &str, line: usize) -> u8 {
    let (mut sources, mut loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "explain"),
    };
    let path = given_path(file, &mut sources);
    // As a plain `secgen check` sees it.
    let Ok(Args { command: Command::Check(options), .. }) = Args::try_parse_from(["secgen", "check"]) else { return CANNOT };
    let mut found = match examine(session, &options, None, &mut loaded, &mut sources) {
        Ok(found) => found,
        Err(findings) => return session.print(session.failed(findings), &sources, "explain"),
    };
    report::clean(&mut found, true);
    let Some(id) = sources.iter().filter(|(_, s)| s.path == path).map(|(id, _)| id).last() else {
        print_err(&format!("error: {} is neither the spec, nor rendered, nor checked by it\n", safe(&path)));
        print_err(&format!("  = help: name a file that {} renders or lists under check\n", safe(&loaded.path)));
        return CANNOT;
    };
    let count = sources.get(id).line_count();
    if line == 0 || line > count {
        print_err(&format!("error: {} has {count} lines, and no line {line}\n", safe(&path)));
        return CANNOT;
    }
    let place = Place { sources: &sources, loaded: &loaded, path: &path, line };
    print_out(&place.screen(id, &found, session.style.color));
    0
}

struct Place<'a> {
    sources: &'a Sources,
    loaded: &'a Loaded,
    path: &'a str,
    line: usize,
}

impl Place<'_> {
    /// Whether a span touches the line. A file may have been read more than once.
    fn holds(&self, span: Span) -> bool {
        let position = self.sources.position(span);
        self.sources.get(span.source).path == self.path && (position.line..=position.end_line.max(position.line)).contains(&self.line)
    }

    fn screen(&self, id: SourceId, report: &Report, color: bool) -> String {
        let mut out = format!("{}\n", strong(&format!("{}:{}", safe(self.path), self.line), color));
        let text = safe(&redact::line(&self.sources.get(id).shown_line(self.line)));
        let _ = writeln!(out, "  | {}", text.trim_end());
        let before = out.len();
        self.spec(&mut out, color);
        self.comes_to(&mut out, report, color);
        self.rendered(&mut out, report, color);
        self.decides(&mut out, report, color);
        self.findings(&mut out, report, color);
        if out.len() == before {
            out.push_str("\n  Nothing that the spec asks for is decided in this line, and nothing was found there.\n");
        }
        out
    }

    /// Keys that a line of the spec, or of a layer, sets.
    fn spec(&self, out: &mut String, color: bool) {
        let mut blocks: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
        for policy in &self.loaded.policies {
            let value = serde_json::to_value(&policy.spec).unwrap_or_default();
            let lines: Vec<String> = flatten(&value)
                .into_iter()
                .filter(|(key, _)| policy.origin(key).is_some_and(|span| self.holds(span)))
                .map(|(key, value)| safe(&format!("{key}: {value}")))
                .collect();
            let env = policy.env.as_deref();
            match blocks.iter_mut().find(|(_, known)| *known == lines) {
                Some((envs, _)) => envs.extend(env),
                None => blocks.push((env.into_iter().collect(), lines)),
            }
        }
        blocks.retain(|(_, lines)| !lines.is_empty());
        if blocks.is_empty() {
            return;
        }
        heading(out, "Sets", color);
        for (envs, lines) in blocks {
            let env = if envs.is_empty() { String::new() } else { format!("  (env {})", envs.join(", ")) };
            for line in lines {
                let _ = writeln!(out, "  {line}{env}");
            }
        }
    }

    /// What was found of that which a line of the spec asks for: verdicts by target, with how many places.
    fn comes_to(&self, out: &mut String, report: &Report, color: bool) {
        let mut rows: Vec<(String, usize)> = Vec::new();
        for check in &report.checks {
            let policy = self.loaded.policies.iter().find(|p| p.env == check.env);
            let origin = policy.and_then(|p| p.intent(&check.intent)).and_then(|i| i.origin);
            if !origin.is_some_and(|span| self.holds(span)) {
                continue;
            }
            let env = check.env.as_ref().map_or_else(String::new, |env| format!(" (env {env})"));
            let target = if check.target.is_empty() { String::new() } else { format!(" in {}", check.target) };
            let row = format!("{}: {}{target}{env}", check.intent, check.verdict.name());
            match rows.iter_mut().find(|(known, _)| *known == row) {
                Some((_, count)) => *count += 1,
                None => rows.push((row, 1)),
            }
        }
        if rows.is_empty() {
            return;
        }
        heading(out, "Comes to", color);
        for (row, count) in rows {
            let places = if count == 1 { String::new() } else { format!(", at {count} places") };
            let _ = writeln!(out, "  {}{places}", safe(&row));
        }
    }

    /// Where a line of a rendered file comes from.
    fn rendered(&self, out: &mut String, report: &Report, color: bool) {
        let Ok(rendered) = render::render(self.loaded, &Selection::default(), self.sources) else { return };
        let Some(file) = rendered.iter().find(|r| r.artifact.path == self.path) else { return };
        let state = report.files.iter().find(|(path, _)| path == self.path).map_or("", |(_, state)| state.name());
        heading(out, "Rendered", color);
        let env = if file.envs.is_empty() { String::new() } else { format!(", env {}", file.envs.join(", ")) };
        let _ = writeln!(out, "  by target {}{env}; the file is {state}", file.artifact.target);
        // A file that environments share has values of each.
        let policies = self.loaded.policies.iter().filter(|p| p.env.as_ref().is_none_or(|env| file.envs.contains(env)));
        let Some(target) = targets::by_name(file.artifact.target) else { return };
        // What stands there, and not what should: the file may be of an older policy, or edited.
        let Some(id) = self.sources.iter().filter(|(_, s)| s.path == self.path).map(|(id, _)| id).last() else { return };
        let mut from: Vec<(String, String)> = Vec::new();
        for policy in policies {
            let facts = match target.read_artifact(file.artifact.kind, policy, self.sources, id) {
                Ok(facts) => facts,
                Err(why) => {
                    hang(out, "  ", &format!("where its lines come from cannot be told: {}", safe(&why)));
                    return;
                }
            };
            for fact in facts.iter().filter(|f| f.at.as_ref().is_some_and(|label| self.holds(label.span))) {
                let origin = policy.intent(&fact.intent).and_then(|i| i.origin).or_else(|| policy.origin(&fact.intent));
                let origin = origin.map_or_else(|| "by default".to_owned(), |span| self.sources.place(span));
                let row = (origin, fact.intent.clone());
                if !from.contains(&row) {
                    from.push(row);
                }
            }
        }
        if from.is_empty() {
            out.push_str("  no value of the spec stands in this line\n");
        }
        let width = from.iter().map(|(place, _)| place.len()).max().unwrap_or(0);
        for (place, key) in from {
            let _ = writeln!(out, "  from {place:<width$}  {}", safe(&key));
        }
    }

    /// What the line decides, fine or not.
    fn decides(&self, out: &mut String, report: &Report, color: bool) {
        let checks: Vec<_> = report.checks.iter().filter(|c| c.location.as_ref().is_some_and(|label| self.holds(label.span))).collect();
        if checks.is_empty() {
            return;
        }
        heading(out, "Decides", color);
        let width = checks.iter().map(|c| c.intent.len()).max().unwrap_or(0);
        for check in checks.iter().take(CHECKS) {
            let env = check.env.as_ref().map_or_else(String::new, |env| format!(" (env {env})"));
            let origin = self.loaded.policies.iter().find(|p| p.env == check.env).and_then(|p| p.intent(&check.intent)).and_then(|i| i.origin);
            let cause = if check.cause == Cause::Value { String::new() } else { format!(" ({})", check.cause.name()) };
            let _ = writeln!(out, "  {:<width$}  {}{cause}{env} at {}", check.intent, check.verdict.name(), check.place);
            let asked = origin.map_or_else(String::new, |span| format!(", by {}", self.sources.place(span)));
            hang(out, "    ", &format!("the policy requires {}{asked}", check.expected));
            // That something cuts it off, the cause says already.
            if !check.why.is_empty() && check.cause != Cause::Shadowed {
                hang(out, "    ", &check.why);
            }
        }
        if checks.len() > CHECKS {
            let _ = writeln!(out, "  and {} verdicts more; all are in secgen check --format json", checks.len() - CHECKS);
        }
    }

    /// What was found there, and what was decided about it.
    fn findings(&self, out: &mut String, report: &Report, color: bool) {
        let points = |f: &Finding| {
            let labels = f.primary.iter().chain(&f.related).chain(f.also.iter().filter_map(|a| a.at.as_ref())).map(|l| l.span);
            labels.chain(f.spec).chain(f.also.iter().filter_map(|a| a.spec)).any(|span| self.holds(span))
        };
        let found: Vec<&Finding> = report.findings.iter().filter(|f| points(f)).collect();
        if found.is_empty() {
            return;
        }
        heading(out, "Findings", color);
        for finding in found {
            let level = report.level(finding).name();
            let elsewhere = finding.primary.as_ref().filter(|l| !self.holds(l.span)).map(|l| format!(" ({})", self.sources.place(l.span))).unwrap_or_default();
            hang_at(out, &format!("  {level}[{}]: ", finding.rule.name), 4, &format!("{}{elsewhere}", finding.message));
            let terms = finding.disposition.waiver().and_then(|id| report.waivers.iter().find(|used| used.id == id));
            let terms = terms.map(|used| format!(" ({}, until {}: {})", used.owner, used.until, used.reason)).unwrap_or_default();
            let decided = match &finding.disposition {
                Disposition::Open => "open: nobody accepted it".to_owned(),
                Disposition::Waived(id) => format!("accepted by the waiver {id}{terms}"),
                Disposition::ExpiredWaiver(id) => format!("open: the waiver {id} has ended{terms}"),
                Disposition::Baseline(id) => format!("accepted by the baseline {id}{terms}"),
            };
            if finding.kind != Kind::Note {
                hang(out, "    ", &safe(&decided));
            }
            for help in &finding.help {
                hang(out, "    = ", help);
            }
            let _ = writeln!(out, "    = secgen explain {}", finding.rule.name);
        }
    }
}
