//! Tasks of people: when each is due ([`schedule`]), the log that says when it was done ([`log`]), and what an overdue one comes to.
//!
//! A record is a statement of a person: a task that was done in time is reported as attested, and never counts as verified.

pub mod log;
pub mod schedule;

use super::Report;
use crate::compare::{Check, Stated};
use crate::finding::{Also, Cause, Finding, Kind, Label, Snippet, Verdict, cited, rules};
use crate::policy::intents::{self, Scheduled};
use crate::policy::{Loaded, Policy};
use crate::source::{Sources, folder_of, join};
use crate::spec::OverdueLevel;
use crate::spec::scalar::{Date, format_date};
use log::Log;
use schedule::Status;

rules! {
    pub, pub RULES;

    OVERDUE = "task-overdue", Medium, "A task of the schedule was not done in time.",
        "The spec says how often the task is to be done, and the log says when it was done last. A daily task is due on the next day, a weekly one after seven days, a monthly one \
         on the same day of the next month; the day itself still counts, UTC. What was never done is overdue, unless since says when the clock starts. Do it, and log it with \
         `secgen tasks done`. operations.overdue says for each list whether this warns or fails.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                operations:
                  weekly: [audit-logs]
                  since: 2026-11-01            # today is 2026-11-27, and no record says that anybody did it
            "),
            good: Snippet(r"
                operations:
                  weekly: [audit-logs]
                  since: 2026-11-24            # the first time is due on 2026-12-01
            "),
            keys: &["operations.daily", "operations.weekly", "operations.monthly", "operations.overdue"],
            references: cited::ROUTINE,
            sources: &[],
        };
    BROKEN = "task-log-broken", High, "A line of the log of tasks cannot be read.",
        "Each line of the log is one record: a JSON object with date, task, by and note; empty lines and lines that begin with # are skipped. A line that is something else could hide \
         that a task was not done, so secgen stops. Nothing is written to a log that has such a line.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                # file: secgen.yaml
                operations: { weekly: [audit-logs] }
                # file: secgen.tasks.log
                audit-logs done on Friday (bob)
            "),
            good: Snippet(r#"
                # file: secgen.yaml
                operations: { weekly: [audit-logs] }
                # file: secgen.tasks.log
                {"date":"2026-11-24","task":"audit-logs","by":"@acme/ops","note":"nothing new"}
            "#),
            keys: &["operations.log"],
            references: cited::EVIDENCE,
            sources: &[cited::GIT_ATTRIBUTES],
        };
    REFUSED = "task-log-refused", High, "The log of tasks cannot be at this path.",
        "The log is a file of its own inside the root, so that it is reviewed and kept with the rest. secgen neither reads nor writes it through a symbolic link, outside the root, in git's \
         own folder, or in place of the spec, the waivers or the lock.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                # file: secgen.yaml
                operations: { weekly: [audit-logs], since: 2026-11-24, log: .git/tasks.log }
            "),
            good: Snippet(r"
                # file: secgen.yaml
                operations: { weekly: [audit-logs], since: 2026-11-24, log: ops/tasks.log }
            "),
            keys: &["operations.log"],
            references: cited::EVIDENCE,
            sources: &[],
        };
    AHEAD = "task-record-in-future", Low, "A record of the log of tasks has a day that is still to come.",
        "Nobody has done a task on a day that is still to come, so the record does not count until then. It is a slip of whoever wrote it by hand, or the run judges an earlier day (--date). \
         Correct the day, or take the line out.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                operations: { weekly: [audit-logs] }
                # file: secgen.tasks.log
                {"date":"2026-11-24","task":"audit-logs","by":"@acme/ops","note":"nothing new"}
                {"date":"2062-11-25","task":"audit-logs","by":"@acme/ops","note":"nothing new"}
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                operations: { weekly: [audit-logs] }
                # file: secgen.tasks.log
                {"date":"2026-11-24","task":"audit-logs","by":"@acme/ops","note":"nothing new"}
                {"date":"2026-11-25","task":"audit-logs","by":"@acme/ops","note":"nothing new"}
            "#),
            keys: &["operations.log"],
            references: cited::EVIDENCE,
            sources: &[],
        };
}

/// The files that the log cannot be.
#[must_use]
pub fn reserved(loaded: &Loaded) -> Vec<String> {
    let beside = |name: &str| join(folder_of(&loaded.path), name).unwrap_or_else(|| name.to_owned());
    let mut all = vec![loaded.path.clone(), beside(super::waive::NAME), beside(crate::render::lock::NAME)];
    all.extend(loaded.layers.iter().map(|layer| layer.name.clone()));
    all
}

/// Judges the tasks of a spec into a report. Says whether there are any.
pub(super) fn check(loaded: &Loaded, policy: &Policy, sources: &mut Sources, report: &mut Report) -> bool {
    let tasks = intents::schedule(&policy.spec);
    if tasks.is_empty() {
        return false;
    }
    let Some(path) = loaded.task_log() else { return false };
    match log::load(sources, &path, &reserved(loaded)) {
        Ok(log) => {
            report.sources.extend(log.as_ref().map(|log| (log.id, "tasks")));
            report.findings.extend(log.as_ref().and_then(|log| ahead(log, loaded.today)));
            for status in schedule::status(&tasks, log.as_ref(), loaded.today) {
                let (check, finding) = judge(policy, &status, log.as_ref(), loaded.today);
                report.checks.push(check);
                report.findings.extend(finding);
            }
        }
        Err(findings) => {
            report.findings.extend(findings);
            let unknown = |task: &Scheduled| Check {
                verdict: Verdict::Unverifiable,
                cause: Cause::NotRead,
                ..blank(policy, task, "the log of tasks cannot be read".to_owned())
            };
            report.checks.extend(tasks.iter().map(unknown));
        }
    }
    true
}

/// A check of a task that says nothing yet.
fn blank(policy: &Policy, task: &Scheduled, why: String) -> Check {
    Check {
        intent: task.key(),
        env: None,
        target: "",
        place: String::new(),
        verdict: Verdict::Unattested,
        cause: Cause::Missing,
        location: policy.origin(&task.listed).map(|span| Label::new(span, "")),
        why,
        expected: task.every.key().to_owned(),
        found: String::new(),
        stated: None,
    }
}

fn judge(policy: &Policy, status: &Status<'_>, log: Option<&Log>, today: i64) -> (Check, Option<Finding>) {
    let task = status.task;
    let due = status.due.map(format_date).unwrap_or_default();
    let why = match (status.last, &task.since) {
        (Some(last), _) if !status.is_overdue() => format!("done by {} on {}, due again on {due}", last.by, last.date),
        (Some(last), _) => format!("last done by {} on {}, due on {due}", last.by, last.date),
        (None, Some(since)) => format!("nobody has done it since its clock started on {since}, due on {due}"),
        (None, None) => "nobody has ever done it".to_owned(),
    };
    let until = status.due.and_then(|due| format_date(due).parse::<Date>().ok());
    let stated = status.last.zip(until).map(|(last, until)| Stated { by: last.by.to_string(), date: last.date.clone(), until, evidence: None, file: None });
    let location = log.and_then(|log| log.line_of_last(&task.id, today));
    let mut check = Check { cause: if status.last.is_some() { Cause::Value } else { Cause::Missing }, stated, ..blank(policy, task, why.clone()) };
    if let Some(span) = location {
        check.location = Some(Label::new(span, ""));
    }
    if !status.is_overdue() {
        // Before its first day is over nobody has to have done it.
        check.verdict = if status.last.is_some() { Verdict::Attested } else { Verdict::NotApplicable };
        return (check, None);
    }
    let kind = match intents::overdue_level(&policy.spec, task.every) {
        OverdueLevel::Fail => Kind::Verdict(Verdict::Unattested),
        OverdueLevel::Warn => Kind::Warning,
    };
    let joint = if status.last.is_some() { ", " } else { ", and " };
    let mut finding = Finding::new(&OVERDUE, kind, format!("the task {} is overdue: due every {}{joint}{why}", task.id, task.every.noun()))
        .intent(task.key())
        .help(format!("do it: {}. {}", task.title, task.how))
        .help(format!("then log it: secgen tasks done {} --by OWNER --note TEXT", task.id));
    if status.due.is_none() {
        finding = finding.help("or write under operations the day on which the schedule starts: since: YYYY-MM-DD");
    }
    if status.due.is_none() {
        NO_CLOCK.clone_into(&mut finding.why);
    }
    finding.cause = Some(check.cause);
    finding.expected = Some(task.every.key().to_owned());
    if let Some(span) = policy.origin(&task.listed) {
        finding = finding.at(span, status.words());
    }
    if let Some(span) = location {
        finding = finding.see(span, "last done here");
    }
    (check, Some(finding))
}

/// Why a task is overdue whose clock has not started.
const NO_CLOCK: &str = "nobody has ever done it, and no clock has started";

/// A schedule that nobody has started is one thing to mend, whatever it lists: its tasks that fail, or warn, alike become one
/// finding for each list.
pub(super) fn together(findings: &mut Vec<Finding>) {
    let (never, mut kept): (Vec<Finding>, Vec<Finding>) = std::mem::take(findings).into_iter().partition(|f| f.rule == &OVERDUE && f.why == NO_CLOCK);
    let mut lists: Vec<Finding> = Vec::new();
    for finding in never {
        let is_alike = |first: &Finding| first.kind == finding.kind && first.expected == finding.expected && first.disposition == finding.disposition;
        match lists.iter_mut().find(|first| is_alike(first)) {
            Some(first) => {
                let Finding { intent, place, expected, primary, spec, seen, .. } = finding;
                first.related.extend(primary.clone());
                first.also.push(Also { intent, place, expected, at: primary, spec, seen });
            }
            None => lists.push(finding),
        }
    }
    for first in lists.iter_mut().filter(|first| !first.also.is_empty()) {
        let keys = std::iter::once(&first.intent).chain(first.also.iter().map(|also| &also.intent)).flatten();
        let names: Vec<&str> = keys.filter_map(|key| key.rsplit('.').next()).collect();
        let every = first.expected.as_deref().unwrap_or_default();
        first.message = format!("{} {every} tasks are overdue, and nobody has ever done them: {}", names.len(), names.join(", "));
        first.help = vec![
            "write under operations the day on which the schedule starts: since: YYYY-MM-DD".to_owned(),
            "or do them, and log each: secgen tasks done TASK --by OWNER --note TEXT; `secgen tasks list` says what is due".to_owned(),
        ];
    }
    kept.append(&mut lists);
    *findings = kept;
}

/// Records of days to come: one finding, at the first of them.
fn ahead(log: &Log, today: i64) -> Option<Finding> {
    let count = log.ahead(today).count();
    let (record, span) = log.ahead(today).min_by_key(|(_, span)| span.start)?;
    let more = if count > 1 { format!(", and {} records more", count - 1) } else { String::new() };
    let message = format!("a record of {} is of {}, which is in the future{more}: it does not count", record.task, record.date);
    Some(Finding::warning(&AHEAD, message).at(*span, "does not count yet").help("correct the day, or take the line out"))
}
