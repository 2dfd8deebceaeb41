//! `secgen tasks`: what people are to do and when, and noting that it was done.

use super::words::{parsed, table, usage};
use super::{Session, args, print_err, print_out};
use crate::check::tasks::log::{self, Log, Record};
use crate::check::tasks::reserved;
use crate::check::tasks::schedule::{Status, status};
use crate::finding::{Finding, redact};
use crate::policy::intents::{self, Scheduled};
use crate::policy::{Loaded, Policy};
use crate::render::write;
use crate::report::{Format, guarded, json_text, safe};
use crate::source::Sources;
use crate::spec::KnownTask;
use crate::spec::scalar::{Date, Owner, Prose, format_date};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::time::Duration;

/// How often, and how long each time, a second run of `tasks done` waits for the first.
const WAITS: (u32, Duration) = (100, Duration::from_millis(100));

/// Lists, or appends.
pub(super) fn run(session: &Session, options: &args::Tasks) -> u8 {
    let (mut sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "tasks"),
    };
    let done = match &options.command {
        args::TasksCommand::List { due } => list(session, *due, &loaded, &mut sources),
        args::TasksCommand::Done(done) => self::done(session, done, &loaded, &mut sources),
    };
    match done {
        Ok(()) => 0,
        Err(findings) => session.print(session.failed(findings), &sources, "tasks"),
    }
}

/// The policy, its tasks, and where their log lies. Tasks are the same in every environment.
fn schedule_of(loaded: &Loaded) -> Option<(&Policy, Vec<Scheduled>, String)> {
    let policy = loaded.policies.first()?;
    Some((policy, intents::schedule(&policy.spec), loaded.task_log().unwrap_or_default()))
}

const NONE: &str = "the spec lists no tasks";
const HOW_TO_LIST: &str = "list them under operations: daily, weekly or monthly, such as monthly: [access-review]";

fn list(session: &Session, only_due: bool, loaded: &Loaded, sources: &mut Sources) -> Result<(), Vec<Finding>> {
    let Some((policy, tasks, path)) = schedule_of(loaded) else { return Err(usage(NONE, HOW_TO_LIST)) };
    let log = if tasks.is_empty() { None } else { log::load(sources, &path, &reserved(loaded))? };
    let all = status(&tasks, log.as_ref(), session.today);
    let shown: Vec<&Status<'_>> = all.iter().filter(|s| !only_due || s.is_due()).collect();
    let listed: BTreeSet<&str> = tasks.iter().map(|t| t.id.as_str()).collect();
    let unlisted: Vec<&str> = log.iter().flat_map(Log::tasks).filter(|id| !listed.contains(id)).collect();
    let ahead = log.as_ref().map_or(0, |log| log.ahead(session.today).count());
    if session.format == Format::Json {
        let rows: Vec<serde_json::Value> = shown.iter().map(|s| row(s, log.as_ref(), policy, session.today, sources)).collect();
        print_out(&json_text(&serde_json::json!({
            "log": path, "date": format_date(session.today), "tasks": rows, "unlisted": unlisted, "records_in_future": ahead,
        })));
        return Ok(());
    }
    let mut out = String::new();
    if tasks.is_empty() {
        out.push_str(&format!("{NONE}: {HOW_TO_LIST}\n"));
    } else if shown.is_empty() {
        out.push_str("nothing is due\n");
    } else {
        let mut rows = vec![["task", "every", "last done", "by", "due", "state", "title"].map(str::to_owned)];
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        rows.extend(shown.iter().map(|s| {
            [
                s.task.id.clone(),
                s.task.every.noun().to_owned(),
                s.last.map_or_else(|| "never".to_owned(), |r| r.date.to_string()),
                or_dash(s.last.map(|r| said(r.by.as_str()))),
                or_dash(s.due.map(format_date)),
                s.words(),
                said(&s.task.title),
            ]
        }));
        out.push_str(&table(&rows));
        if session.style.verbose {
            for s in &shown {
                out.push_str(&format!("\n{}: {}\n", s.task.id, said(&s.task.how)));
                if let Some(last) = s.last {
                    out.push_str(&format!("  last: {}\n", said(last.note.as_str())));
                }
            }
        }
    }
    print_out(&guarded(&out));
    if ahead > 0 {
        print_err(&format!("{ahead} records of {} are of days still to come, and do not count yet\n", safe(&path)));
    }
    if !unlisted.is_empty() {
        print_err(&format!("{} has records of tasks that the spec does not list: {}\n", safe(&path), unlisted.join(", ")));
    }
    Ok(())
}

/// Text of a file or a spec, as it may be printed.
fn said(text: &str) -> String {
    safe(&redact::shapes(text))
}

fn row(s: &Status<'_>, log: Option<&Log>, policy: &Policy, today: i64, sources: &Sources) -> serde_json::Value {
    let line = log.and_then(|log| log.line_of_last(&s.task.id, today)).map(|span| sources.position(span).line);
    let last = s.last.map(|r| serde_json::json!({ "date": r.date, "by": said(r.by.as_str()), "note": said(r.note.as_str()), "line": line }));
    serde_json::json!({
        "id": s.task.id, "title": said(&s.task.title), "how": said(&s.task.how), "every": s.task.every.noun(),
        "since": s.task.since, "last": last, "due": s.due.map(format_date), "days_left": s.left,
        "is_due": s.is_due(), "is_overdue": s.is_overdue(), "overdue_by": s.left.filter(|left| *left < 0).map(|left| -left),
        "when_overdue": intents::overdue_level(&policy.spec, s.task.every).name(),
    })
}

fn done(session: &Session, done: &args::Done, loaded: &Loaded, sources: &mut Sources) -> Result<(), Vec<Finding>> {
    let Some((_, tasks, path)) = schedule_of(loaded).filter(|(_, tasks, _)| !tasks.is_empty()) else {
        return Err(usage(NONE, HOW_TO_LIST));
    };
    let task = tasks.iter().find(|task| task.id == done.id).ok_or_else(|| unknown(&done.id, &tasks))?;
    let record = record(session, done, task)?;
    // Nobody appends between our reading and our writing.
    let _lock = lock(loaded, sources)?;
    let log = log::load(sources, &path, &reserved(loaded))?;
    let (old, is_known) = match &log {
        Some(log) => (
            Some(sources.get(log.id).text().ok_or_else(|| usage(format!("{path} is not UTF-8"), "save it as UTF-8; nothing was written"))?),
            log.records.iter().any(|(known, _)| *known == record),
        ),
        None => (None, false),
    };
    if !is_known {
        let text = log::appended(old, &record);
        if text.len() as u64 > log::MAX_BYTES {
            let help = "move the records of past years into another file: only the last one of each task counts; nothing was written";
            return Err(usage(format!("{path} would have more than 8 MiB, which nobody could read again"), help));
        }
        let change = write::Change::Write { path: path.clone(), text };
        write::apply(sources.root(), &[change], &reserved(loaded)).map_err(|findings| {
            let help = || vec!["make the file and its folder writable for the user who runs secgen, and run the command again".to_owned()];
            findings.into_iter().map(|f| Finding { help: help(), ..f }).collect::<Vec<_>>()
        })?;
    }
    let last = log.as_ref().and_then(|log| log.last(&task.id, super::today())).map_or(record.date.days(), |last| last.date.days().max(record.date.days()));
    let due = format_date(crate::check::tasks::schedule::due(task.every, last));
    if session.format == Format::Json {
        print_out(&json_text(&serde_json::json!({ "log": path, "appended": !is_known, "record": record, "due": due })));
        return Ok(());
    }
    let what = if is_known { "is in" } else { "was added to" };
    print_out(&format!("{} on {} {what} {}; due again by {due}\n", task.id, record.date, safe(&path)));
    if log.is_none() {
        print_err(&format!(
            "commit the new file, and let git keep the records of both sides of a merge: echo '{} merge=union' >> .gitattributes\n",
            safe(&path)
        ));
    }
    Ok(())
}

/// The record of a command line.
fn record(session: &Session, done: &args::Done, task: &Scheduled) -> Result<Record, Vec<Finding>> {
    // The clock, and not --date: what is judged as of another day was still done when it was done.
    if session.today > super::today() {
        return Err(usage(
            format!("--date {} is in the future: nobody has done it yet", format_date(session.today)),
            "leave --date out for today, UTC, or write the day on which it was done",
        ));
    }
    let by: Owner = parsed("by", &done.by)?;
    let note: Prose = parsed("note", done.note.trim())?;
    for (flag, text) in [("by", by.as_str()), ("note", note.as_str())] {
        if text.chars().any(redact::is_unsafe) {
            return Err(usage(format!("--{flag} has characters that nobody can see"), "write it in plain text, in one line"));
        }
        if gives_a_secret(text) {
            return Err(usage(format!("--{flag} holds what looks like a secret"), "take it out: the file is committed, and everybody reads it"));
        }
    }
    let cannot = |error: crate::spec::scalar::BadScalar| usage(error.to_string(), "correct the spec");
    Ok(Record { date: format_date(session.today).parse::<Date>().map_err(cannot)?, task: task.id.parse().map_err(cannot)?, by, note })
}

/// Whether a text gives a secret by its name, whatever its shape: `password=...`, `password = ...`, `"password": "..."`,
/// `password:...`. A sentence may speak of one: `the password: rotated`.
fn gives_a_secret(text: &str) -> bool {
    let text = ["\": ", "' : ", "': ", "\" : "].iter().fold(text.to_owned(), |text, joint| text.replace(joint, ":"));
    let text = text.split('=').map(str::trim).collect::<Vec<_>>().join("=");
    // An address of a page may have such a word in its path; a password in it is told by its shape.
    text.split_whitespace().any(|word| word.contains(['=', ':']) && !word.contains("://") && redact::line(word) != word) || masks_a_value(&text)
}

/// Whether masking takes away a word that is more than a word: eight characters or more, digits and letters, and no number of a
/// ticket (`the token SEC-12345 is about`).
fn masks_a_value(text: &str) -> bool {
    let masked = redact::line(text);
    let mut words = text.split_whitespace().zip(masked.split_whitespace()).filter(|(word, masked)| word != masked).map(|(word, _)| word);
    words.any(|word| {
        let is_ticket = word.trim_end_matches(['.', ',', ';', ')']).split_once('-').is_some_and(|(project, number)| {
            project.bytes().all(|b| b.is_ascii_uppercase()) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        });
        word.len() >= 8 && word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_alphabetic()) && !is_ticket
    })
}

/// A name that the spec does not list, with those that were probably meant.
fn unknown(id: &str, tasks: &[Scheduled]) -> Vec<Finding> {
    let mut near: Vec<(usize, &str)> = tasks.iter().map(|t| (strsim::damerau_levenshtein(&t.id, id), t.id.as_str())).collect();
    near.sort_unstable();
    let close: Vec<&str> = near.iter().filter(|(distance, name)| *distance <= (name.len() / 3).max(1)).map(|(_, name)| *name).take(3).collect();
    let shown: String = id.chars().take(80).collect();
    let message = format!("the spec lists no task {}", said(&shown));
    let help = if let Some(known) = KnownTask::find(id) {
        format!("list it first: operations: {}: [..., {id}]", known.usual)
    } else if close.is_empty() {
        let all: Vec<&str> = tasks.iter().map(|t| t.id.as_str()).collect();
        format!("write one of {}", all.join(", "))
    } else {
        format!("write {}, if that is meant; `secgen tasks list` shows all", close.join(" or "))
    };
    usage(message, help)
}

/// Holds the spec's file as long as it lives: two runs at once would each keep the other's record out.
fn lock(loaded: &Loaded, sources: &Sources) -> Result<File, Vec<Finding>> {
    let cannot =
        |why: String| usage(format!("{} cannot be locked: {why}", loaded.path), "run the command again when no other run of `secgen tasks done` works on it");
    let file = File::open(sources.root().join(&loaded.path)).map_err(|e| cannot(e.to_string()))?;
    for _ in 0..WAITS.0 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(WAITS.1),
            // A file system without locks: as before there were any.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(cannot(error.to_string())),
        }
    }
    Err(cannot("another run holds it".to_owned()))
}
