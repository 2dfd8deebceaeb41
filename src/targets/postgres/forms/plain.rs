//! Scripts for clients other than psql, and for runners of migrations: statements alone. Such a script cannot ask which
//! version it runs on, so it must be the same for all declared ones, and it cannot stop before its first statement, so
//! the checks are a file of their own.

use crate::finding::Finding;
use crate::policy::Policy;
use crate::spec::MigrationRunner;
use crate::strictness::postgres as settings;
use crate::strictness::postgres::catalogue;
use crate::targets::postgres::{script, sql};
use serde_json::{Value as Json, json};

/// Lines that a runner reads: before the statements, and before those that take them back. ALTER SYSTEM cannot run in
/// a transaction, which runners open by themselves (goose: "Annotations", dbmate: "Migration options").
fn marks(runner: Option<MigrationRunner>) -> (&'static [&'static str], &'static [&'static str]) {
    match runner {
        None => (&[], &[]),
        Some(MigrationRunner::Goose) => (&["+goose NO TRANSACTION", "+goose Up"], &["+goose Down"]),
        Some(MigrationRunner::Dbmate) => (&["migrate:up transaction:false"], &["migrate:down transaction:false"]),
    }
}

/// A comment line that a runner reads.
fn mark(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("--")?.trim();
    (rest.starts_with("+goose") || rest.starts_with("migrate:")).then_some(rest)
}

/// What a plan needs that statements alone cannot say.
///
/// # Errors
/// Statements for some of the declared versions only.
pub(super) fn refusals(policy: &Policy, plan: &script::Plan) -> Vec<Finding> {
    let refuse = |statement: &script::Statement| {
        let why = if settings::is_custom(&statement.name) && *plan.versions.start() <= 16 {
            format!("{} is accepted up to PostgreSQL 16 only where its library is loaded, which statements alone cannot ask", statement.name)
        } else if statement.versions != plan.versions {
            let own = catalogue::versions_text(&statement.versions);
            format!("{} is written so for {own} only, and statements alone cannot ask for the version", statement.name)
        } else {
            return None;
        };
        Some(script::refuse(policy, &statement.key, why).help("declare one major version in targets.postgres.versions, or write form: alter-system"))
    };
    plan.statements.iter().filter_map(refuse).collect()
}

/// The values of `plain.sql.tera`.
pub(super) fn context(plan: &script::Plan, runner: Option<MigrationRunner>) -> Json {
    let (up, down) = marks(runner);
    json!({ "up": up, "down": down, "notes": plan.script_notes, "statements": plan.statements_json(&plan.statements), "resets": plan.statements_json(&plan.resets()) })
}

/// The same for the script that takes everything back.
pub(super) fn reset_context(plan: &script::Plan) -> Json {
    json!({ "up": [], "down": [], "notes": [], "statements": plan.statements_json(&plan.resets()), "resets": [] })
}

/// What reading the script back must find.
pub(super) fn expected(plan: &script::Plan, runner: Option<MigrationRunner>) -> Vec<(String, String)> {
    let (up, down) = marks(runner);
    let marked = |marks: &[&str]| marks.iter().map(|mark| ("script.mark".to_owned(), (*mark).to_owned())).collect::<Vec<_>>();
    let sets = plan.statements.iter().map(|s| (s.key.clone(), sql::values_text(&s.name, &s.values, *s.versions.end())));
    let mut all = marked(up);
    all.extend(sets.chain([reload()]));
    if !down.is_empty() {
        all.extend(marked(down));
        all.extend(reset_expected(plan));
    }
    all
}

/// What reading the script back that takes everything back must find.
pub(super) fn reset_expected(plan: &script::Plan) -> Vec<(String, String)> {
    plan.resets().into_iter().map(|s| (format!("script.{}", s.name), script::RESET.to_owned())).chain([reload()]).collect()
}

/// What reading the checks back must find.
pub(super) fn preflight_expected(plan: &script::Plan) -> Vec<(String, String)> {
    script::Plan::before_expected(&plan.before).into_iter().chain([("script.checks".to_owned(), String::new())]).collect()
}

fn reload() -> (String, String) {
    ("script.reload".to_owned(), String::new())
}

/// The text between the lines that a runner reads, and those lines, in order.
fn segments(text: &str) -> Vec<(Option<String>, String)> {
    let mut segments = vec![(None, String::new())];
    for line in text.lines() {
        match mark(line) {
            Some(mark) => segments.push((Some(mark.to_owned()), String::new())),
            None => {
                if let Some((_, segment)) = segments.last_mut() {
                    segment.push_str(line);
                    segment.push('\n');
                }
            }
        }
    }
    segments
}

/// What a script says: names and texts, in order.
pub(in crate::targets::postgres) enum Said {
    /// Something beside the settings: its key, and its text.
    Word(String, String),
    /// A setting.
    Set(String, Vec<String>),
}

/// Reads a script of ours. `takes_back`: every statement of it is to reset.
///
/// # Errors
/// What in it is not what secgen renders.
pub(super) fn read(text: &str, takes_back: bool) -> Result<Vec<Said>, String> {
    let mut said = Vec::new();
    // Behind a second block of marks, and where everything is taken back, statements reset.
    let mut resets = takes_back;
    for (mark, segment) in segments(text) {
        if let Some(mark) = mark {
            resets |= mark == "+goose Down" || mark.starts_with("migrate:down");
            said.push(Said::Word("script.mark".to_owned(), mark));
        }
        for plain in sql::read_plain(&segment)? {
            said.push(match plain {
                sql::Plain::Set(name, values) if resets && values.is_empty() => Said::Word(format!("script.{name}"), script::RESET.to_owned()),
                sql::Plain::Set(name, _) if resets => return Err(format!("it sets {name} where everything is taken back")),
                sql::Plain::Set(name, values) => Said::Set(name, values),
                sql::Plain::Reload => Said::Word("script.reload".to_owned(), String::new()),
                sql::Plain::Parameter(name, value) => Said::Word(format!("script.{name}"), value),
                sql::Plain::Checks => Said::Word("script.checks".to_owned(), String::new()),
            });
        }
    }
    Ok(said)
}

/// What of a script counts: its statements, and the lines that a runner reads.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for (mark, segment) in segments(text) {
        if let Some(mark) = mark {
            out.extend_from_slice(format!("-- {mark}\n").as_bytes());
        }
        out.extend(sql::canonical(&segment)?);
    }
    Some(out)
}
