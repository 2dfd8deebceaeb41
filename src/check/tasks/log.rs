//! The log of tasks: one record a line, as JSON. It is kept in the repository, so it is untrusted input. Only the last record of
//! each task counts, so that the order of lines does not matter and one line twice does no harm: two branches that append are
//! merged by keeping the lines of both (`merge=union`).

use super::{BROKEN, REFUSED};
use crate::finding::{Finding, redact};
use crate::render::write;
use crate::source::{ReadError, SourceId, Sources, Span};
use crate::spec::scalar::{BadScalar, Date, Owner, Prose, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a new file begins with.
const HEAD: &str = "# Tasks that were done, one record a line; lines are only ever appended. Add one with `secgen tasks done`.\n";
/// Bytes of the file: some twenty years of a long schedule.
pub const MAX_BYTES: u64 = 8 << 20;
/// Bytes of a line.
const MAX_LINE: usize = 8 << 10;
/// Broken lines that are told one by one.
const MAX_TOLD: usize = 20;
/// What git writes where two sides differ.
const MARKERS: [&str; 4] = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

/// One time that a task was done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Record {
    /// The day on which it was done, UTC.
    pub date: Date,
    /// Which.
    pub task: TaskId,
    /// Who did it.
    pub by: Owner,
    /// What came of it.
    pub note: Prose,
}

/// A record before its texts are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    date: String,
    task: String,
    by: String,
    note: String,
}

impl TryFrom<Raw> for Record {
    type Error = String;
    fn try_from(raw: Raw) -> Result<Self, String> {
        let wrong = |key: &'static str| move |error: BadScalar| format!("has a wrong {key}: {error}");
        Ok(Self {
            date: raw.date.parse().map_err(wrong("date"))?,
            task: raw.task.parse().map_err(wrong("task"))?,
            by: raw.by.parse().map_err(wrong("by"))?,
            note: raw.note.parse().map_err(wrong("note"))?,
        })
    }
}

/// The log as it was read.
#[derive(Debug)]
pub struct Log {
    /// Its path, relative to the root.
    pub path: String,
    /// Its text.
    pub id: SourceId,
    /// Records with their lines, in the order of the file.
    pub records: Vec<(Record, Span)>,
    /// By task and day, the records that count: sorted, so that the order of the file does not matter.
    by_task: BTreeMap<String, Vec<usize>>,
}

impl Log {
    fn new(path: &str, id: SourceId, records: Vec<(Record, Span)>) -> Self {
        let mut by_task: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, (record, _)) in records.iter().enumerate() {
            by_task.entry(record.task.as_str().to_owned()).or_default().push(i);
        }
        for indices in by_task.values_mut() {
            indices.sort_by(|a, b| records[*a].0.cmp(&records[*b].0));
        }
        Self { path: path.to_owned(), id, records, by_task }
    }

    fn last_index(&self, task: &str, today: i64) -> Option<usize> {
        let indices = self.by_task.get(task)?;
        let past = indices.partition_point(|i| self.records[*i].0.date.days() <= today);
        indices.get(past.checked_sub(1)?).copied()
    }

    /// The last record of a task up to a day. Of several on that day the last by name and note, wherever it stands.
    #[must_use]
    pub fn last(&self, task: &str, today: i64) -> Option<&Record> {
        self.last_index(task, today).map(|i| &self.records[i].0)
    }

    /// Where that record stands.
    #[must_use]
    pub fn line_of_last(&self, task: &str, today: i64) -> Option<Span> {
        self.last_index(task, today).map(|i| self.records[i].1)
    }

    /// Records of days after this one.
    pub fn ahead(&self, today: i64) -> impl Iterator<Item = &(Record, Span)> {
        self.records.iter().filter(move |(record, _)| record.date.days() > today)
    }

    /// Names of tasks that have records.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.by_task.keys().map(String::as_str)
    }
}

/// Reads a log; `None` where there is none yet. `reserved` are the files that it cannot be: spec, waivers, lock.
///
/// # Errors
/// A path that cannot be one of a log, a file that cannot be read, and each line that is no record: with its place.
pub fn load(sources: &mut Sources, path: &str, reserved: &[String]) -> Result<Option<Log>, Vec<Finding>> {
    refused(sources, path, reserved)?;
    let id = match sources.read(path, MAX_BYTES) {
        Ok(id) => id,
        Err(ReadError::NotFound(_)) => return Ok(None),
        Err(error @ ReadError::TooLarge { .. }) => {
            let help = "move the records of past years into another file: only the last one of each task counts";
            return Err(vec![Finding::error(&BROKEN, error.to_string()).help(help).path(path)]);
        }
        Err(error) => return Err(vec![Finding::unreadable(&error)]),
    };
    parse(sources, id, path).map(Some)
}

/// Whether a log may lie at a path: inside the root, no link on the way, no file of secgen or git.
///
/// # Errors
/// Why not.
pub fn refused(sources: &Sources, path: &str, reserved: &[String]) -> Result<(), Vec<Finding>> {
    write::output(sources.root(), path, reserved).map(|_| ()).map_err(|finding| {
        let help = "write a path of a file of its own inside the root as operations.log, without a symbolic link on the way";
        vec![Finding::error(&REFUSED, format!("the log of tasks cannot be there: {}", finding.message)).help(help).path(path)]
    })
}

/// The records of a text that was read.
///
/// # Errors
/// Each line that is no record.
pub fn parse(sources: &Sources, id: SourceId, path: &str) -> Result<Log, Vec<Finding>> {
    let source = sources.get(id);
    let (mut records, mut findings, mut broken) = (Vec::new(), Vec::new(), 0_usize);
    for number in 1..=source.line_count() {
        let line = source.line(number);
        // Some editors begin a file with a mark that says that it is UTF-8.
        let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line }.trim_ascii();
        // What is no text could not be kept when a record is added.
        if line.is_empty() || (line.starts_with(b"#") && std::str::from_utf8(line).is_ok()) {
            continue;
        }
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let range = source.line_range(number);
        let span = Span { source: id, start: at(range.start), end: at(range.end) };
        match record(line) {
            Ok(record) => records.push((record, span)),
            Err((what, help)) => {
                broken += 1;
                if broken <= MAX_TOLD {
                    let message = format!("line {number} of {path} {what}");
                    findings.push(Finding::error(&BROKEN, message).at(span, "no record").help(help));
                }
            }
        }
    }
    if let Some(last) = findings.last_mut()
        && broken > MAX_TOLD
    {
        last.help.push(format!("correct these first: {} more lines are broken", broken - MAX_TOLD));
    }
    if findings.is_empty() { Ok(Log::new(path, id, records)) } else { Err(findings) }
}

/// One line.
fn record(line: &[u8]) -> Result<Record, (String, String)> {
    let like = r#"write it as {"date":"2026-11-27","task":"access-review","by":"@acme/security","note":"..."}, or take the line out"#;
    let wrong = |what: &str| Err((what.to_owned(), like.to_owned()));
    if MARKERS.iter().any(|marker| line.starts_with(marker.as_bytes())) {
        return Err((
            "is a mark of a merge that was not finished".to_owned(),
            "keep the records of both sides, and delete the lines with marks; `LOG merge=union` in .gitattributes lets git do so".to_owned(),
        ));
    }
    if line.len() > MAX_LINE {
        return wrong("is longer than 8 KiB");
    }
    if std::str::from_utf8(line).is_err() {
        return wrong("is not UTF-8");
    }
    // A list would be taken for an object whose keys are left out.
    if !line.starts_with(b"{") {
        return wrong("is not one object of JSON");
    }
    match serde_json::from_slice::<Raw>(line).map(Record::try_from) {
        Ok(Err(what)) => wrong(&what),
        Ok(Ok(record)) if record.note.as_str().trim().is_empty() => wrong("has a note that says nothing"),
        Ok(Ok(record)) if [record.note.as_str(), record.by.as_str()].iter().any(|text| text.chars().any(redact::is_unsafe)) => {
            wrong("has characters that nobody can see")
        }
        Ok(Ok(record)) => Ok(record),
        Err(error) if error.is_data() => {
            // Nothing of the line itself is repeated: it may be anything, a secret too.
            let text = error.to_string();
            let known = ["date", "task", "by", "note"].into_iter();
            let about = |what: &str| known.clone().find(|key| text.starts_with(&format!("{what} field `{key}`")));
            wrong(&match (about("missing"), about("duplicate")) {
                (Some(key), _) => format!("has no {key}"),
                (_, Some(key)) => format!("has {key} twice"),
                _ if text.starts_with("unknown field") => "has a key beside date, task, by and note".to_owned(),
                _ => "is no object with the texts date, task, by and note".to_owned(),
            })
        }
        Err(_) => wrong("is not one object of JSON"),
    }
}

/// The text with one more record at its end; `None` of a text for a new file.
#[must_use]
pub fn appended(text: Option<&str>, record: &Record) -> String {
    let text = text.unwrap_or(HEAD);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let missing = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    // Serialising plain data into memory cannot fail.
    let line = serde_json::to_string(record).unwrap_or_default();
    format!("{text}{missing}{line}{end}")
}
