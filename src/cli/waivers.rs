//! `secgen waivers`: what is accepted knowingly, and accepting more.

use super::words::{parsed, table, usage};
use super::{Session, args, check, locate, print_err, print_out};
use crate::check::floor::FLOOR;
use crate::check::waive::{self, Terms, Waivers};
use crate::check::{NEEDS_APPROVAL, Report, fingerprint};
use crate::finding::{Finding, Kind};
use crate::policy::{Loaded, profiles};
use crate::render::write;
use crate::report::{Format, guarded, json_text, safe};
use crate::source::{Sources, folder_of, join};
use crate::spec::scalar::{Date, format_date};
use crate::spec::{Texts, Waiver, WaiverKind};
use crate::targets;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// Names that people write instead.
const NEAR_MISSES: [&str; 6] =
    ["secgen.waivers.yml", ".secgen.waivers.yaml", ".secgen.waivers.yml", "secgen-waivers.yaml", "secgen.waiver.yaml", "Secgen.waivers.yaml"];
/// Digits of a fingerprint that are enough.
const SHORTEST: usize = 8;

/// The waivers lie beside the spec.
pub(super) fn path(loaded: &Loaded) -> String {
    join(folder_of(&loaded.path), waive::NAME).unwrap_or_else(|| waive::NAME.to_owned())
}

/// Reads them; a built-in profile has none.
pub(super) fn load(loaded: &Loaded, sources: &mut Sources) -> Result<Option<Waivers>, Vec<Finding>> {
    if profiles::is_builtin(&loaded.path) {
        return Ok(None);
    }
    let path = path(loaded);
    let folder = sources.root().join(folder_of(&path));
    if let Some(wrong) = NEAR_MISSES.iter().find(|name| locate::has_file(&folder, name)) {
        let wrong = join(folder_of(&path), wrong).unwrap_or_default();
        let message = format!("{wrong} is not read: waivers are in {}", waive::NAME);
        return Err(vec![Finding::error(&waive::MISNAMED, message).help(format!("keep one file, named {}", waive::NAME)).path(wrong)]);
    }
    waive::load(sources, &path, loaded, &super::catalogue::rules())
}

/// Rules whose findings come from what a run was not given: what only captured responses show, what only a server that
/// the spec names and that was not asked shows, and what only a floor asks for.
pub(super) fn elsewhere(loaded: &Loaded, asked: &[&'static str], has_floor: bool) -> BTreeSet<&'static str> {
    let names_server = loaded.policies.iter().any(|p| p.spec.targets.as_ref().and_then(|t| t.postgres.as_ref()).is_some_and(|p| p.live.is_some()));
    let is_elsewhere =
        |target: &&&'static dyn targets::Target| target.is_observation() || (names_server && target.name() == "postgres" && !asked.contains(&"postgres"));
    let floor = (!has_floor).then_some(FLOOR.name);
    targets::ALL.iter().filter(is_elsewhere).flat_map(|target| target.rules()).map(|rule| rule.name).chain(floor).collect()
}

/// The arguments of a check that `waivers add` needs too, to find the same finding again.
pub(super) fn command(session: &Session, options: &args::Check, loaded: &Loaded, sources: &Sources) -> String {
    let quoted = |text: &str| {
        let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:@".contains(c));
        if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
    };
    let mut out = String::new();
    let mut add = |flag: &str, value: &str| out.push_str(&format!(" {flag} {}", quoted(value)));
    if session.workspace {
        let path = sources.root().join(&loaded.path);
        let here = locate::here();
        add("--spec", &path.strip_prefix(&here).unwrap_or(&path).display().to_string());
    }
    session.spec.iter().for_each(|spec| add("--spec", spec));
    session.root.iter().for_each(|root| add("--root", &root.display().to_string()));
    options.which.env.iter().for_each(|env| add("--env", env));
    options.which.target.iter().for_each(|target| add("--target", target));
    options.source.iter().for_each(|source| add("--source", source));
    options.live.iter().for_each(|live| add("--live", live.target()));
    options.floor.iter().for_each(|floor| add("--floor", floor));
    out
}

/// Lists or adds.
pub(super) fn run(session: &Session, options: &args::Waivers) -> u8 {
    let (mut sources, mut loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "waivers"),
    };
    let done = match &options.command {
        args::WaiversCommand::List => list(session, &mut loaded, &mut sources),
        args::WaiversCommand::Add(add) => self::add(session, add, &mut loaded, &mut sources),
    };
    match done {
        Ok(()) => 0,
        Err(findings) => session.print(session.failed(findings), &sources, "waivers"),
    }
}

/// What a check over everything finds.
fn checked(session: &Session, add: Option<&args::Add>, loaded: &mut Loaded, sources: &mut Sources) -> Result<Report, Vec<Finding>> {
    let options = args::Check {
        paths: Vec::new(),
        which: add.map_or_else(
            || args::Which { env: Vec::new(), target: Vec::new() },
            |add| args::Which { env: add.which.env.clone(), target: add.which.target.clone() },
        ),
        source: add.map(|add| add.source.clone()).unwrap_or_default(),
        live: add.map(|add| add.live.clone()).unwrap_or_default(),
        floor: add.and_then(|add| add.floor.clone()),
        fail_on: None,
        diff: false,
        no_waivers: false,
        reports: args::Reports::default(),
    };
    let floor = check::floor(session, &options, sources)?;
    check::examine(session, &options, floor.as_ref(), loaded, sources)
}

fn list(session: &Session, loaded: &mut Loaded, sources: &mut Sources) -> Result<(), Vec<Finding>> {
    let waivers = load(loaded, sources)?;
    // What cannot be checked leaves it open which are used.
    let report = checked(session, None, loaded, sources).ok().filter(|report| !report.findings.iter().any(|f| f.kind == Kind::Error));
    let used: Option<BTreeMap<&str, usize>> = report.as_ref().map(|r| r.waivers.iter().map(|used| (used.id.as_str(), used.findings)).collect());
    let unseen = elsewhere(loaded, &[], false);
    let entries = waivers.as_ref().map(|w| w.entries.as_slice()).unwrap_or_default();
    let findings = |waiver: &Waiver| {
        let found = used.as_ref()?.get(waiver.id.as_str()).copied();
        if found.is_none() && unseen.contains(waiver.rule.as_str()) { None } else { Some(found.unwrap_or(0)) }
    };
    if session.format == Format::Json {
        let rows: Vec<serde_json::Value> = entries
            .iter()
            .map(|entry| {
                let w = &entry.waiver;
                let texts = |texts: &Option<Texts>| texts.iter().flat_map(Texts::iter).map(safe).collect::<Vec<_>>();
                serde_json::json!({
                    "id": safe(w.id.as_str()), "kind": w.kind(), "rule": w.rule,
                    "where": { "file": texts(&w.r#where.file), "place": texts(&w.r#where.place), "intent": texts(&w.r#where.intent), "environment": texts(&w.r#where.environment) },
                    "accept": safe(w.accept.as_str()), "reason": safe(w.reason.as_str()), "owner": safe(w.owner.as_str()),
                    "approved_by": w.approved_by.as_ref().map(|o| safe(o.as_str())), "ticket": w.ticket.as_ref().map(|t| safe(t.as_str())),
                    "created": w.created, "until": w.until, "days_left": w.until.days() - session.today, "findings": findings(w),
                    "line": sources.position(entry.whole).line,
                })
            })
            .collect();
        print_out(&json_text(&serde_json::json!({ "path": path(loaded), "date": format_date(session.today), "waivers": rows })));
        return Ok(());
    }
    if entries.is_empty() {
        print_out(&format!("no waivers in {}\n", path(loaded)));
        return Ok(());
    }
    let mut rows = vec![["id", "rule", "where", "until", "days left", "owner", "findings"].map(str::to_owned)];
    for entry in entries {
        let w = &entry.waiver;
        let left = w.until.days() - session.today;
        let kind = if w.kind() == WaiverKind::Waiver { String::new() } else { format!(" ({})", w.kind().name()) };
        rows.push([
            format!("{}{kind}", safe(w.id.as_str())),
            w.rule.to_string(),
            shown_where(w),
            w.until.to_string(),
            if left < 0 { "ended".to_owned() } else { left.to_string() },
            safe(w.owner.as_str()),
            findings(w).map_or_else(|| "unknown".to_owned(), |n| if n == 0 { "unused".to_owned() } else { n.to_string() }),
        ]);
    }
    print_out(&guarded(&table(&rows)));
    Ok(())
}

/// The part of a place that says most, and how many more there are.
fn shown_where(waiver: &Waiver) -> String {
    let place = &waiver.r#where;
    let one = |texts: &Texts| {
        let more = texts.iter().count().saturating_sub(1);
        let first = texts.iter().next().unwrap_or_default();
        let first: String = if first.chars().count() > 60 { first.chars().take(57).chain("...".chars()).collect() } else { first.to_owned() };
        if more > 0 { format!("{first} and {more} more") } else { first }
    };
    let said = [&place.intent, &place.place, &place.file].into_iter().flatten().take(2).map(one);
    let envs = place.environment.iter().map(|envs| format!("[{}]", envs.iter().collect::<Vec<_>>().join(", ")));
    safe(&said.chain(envs).collect::<Vec<_>>().join(" at "))
}

/// What the command line says about the entries.
fn terms(add: &args::Add, today: i64) -> Result<Terms, Vec<Finding>> {
    let kind = match add.kind {
        args::AddKind::Waiver => WaiverKind::Waiver,
        args::AddKind::Emergency => WaiverKind::Emergency,
        args::AddKind::Baseline => WaiverKind::Baseline,
    };
    if add.all != (kind == WaiverKind::Baseline) {
        let message =
            if add.all { "--all takes in a whole tree, which only a baseline may" } else { "a baseline takes in everything that fails, and no single finding" };
        return Err(usage(message, "write --all --kind baseline, or a fingerprint with --kind waiver or emergency"));
    }
    let day = |text: String| Date::from_str(&text).map_err(|error| usage(format!("--until {text} is no date"), error.to_string()));
    let until = match (&add.until, kind) {
        (Some(until), _) => day(until.clone())?,
        (None, WaiverKind::Emergency) => day(format_date(today + WaiverKind::Emergency.most_days()))?,
        (None, _) => {
            return Err(usage("--until is missing", format!("write the last day on which it holds, {} at the latest", format_date(today + kind.most_days()))));
        }
    };
    if until.days() < today || until.days() > today + kind.most_days() {
        let most = if kind == WaiverKind::Emergency { "72 hours, today included," } else { "a year" };
        let help = format!("write a day from {} to {}: {most} at most", format_date(today), format_date(today + kind.most_days()));
        return Err(usage(format!("--until {until} is out of range"), help));
    }
    let created = day(format_date(today))?;
    let reason = match (&add.reason, kind) {
        (Some(reason), _) => parsed("reason", reason)?,
        (None, WaiverKind::Baseline) => parsed("reason", &format!("there when the tree was taken in on {created}"))?,
        (None, _) => return Err(usage("--reason is missing", "write why it is accepted, in one line")),
    };
    Ok(Terms {
        kind,
        reason,
        owner: parsed("owner", &add.owner)?,
        created,
        until,
        approved_by: add.approved_by.as_deref().map(|text| parsed("approved-by", text)).transpose()?,
        ticket: add.ticket.as_deref().map(|text| parsed("ticket", text)).transpose()?,
    })
}

fn add(session: &Session, add: &args::Add, loaded: &mut Loaded, sources: &mut Sources) -> Result<(), Vec<Finding>> {
    if profiles::is_builtin(&loaded.path) {
        return Err(usage("a built-in profile has no waivers", "write a spec of your own with `secgen init`; waivers lie beside it"));
    }
    let terms = terms(add, session.today)?;
    let existing = load(loaded, sources)?;
    if terms.kind == WaiverKind::Baseline && existing.iter().flat_map(|w| &w.entries).any(|e| e.waiver.kind() == WaiverKind::Baseline) {
        return Err(usage(
            format!("{} has a baseline, and a baseline can only shrink", path(loaded)),
            "mend what is new, or accept it by a waiver of its own; to take in the tree anew, remove all entries of the baseline first",
        ));
    }
    let mut report = checked(session, Some(add), loaded, sources)?;
    fingerprint::name(&mut report.findings, sources);
    let chosen = match &add.fingerprint {
        Some(fingerprint) => by_fingerprint(&report, fingerprint)?,
        None => all(&report, &terms)?,
    };
    if let Some(finding) = chosen.iter().find(|f| NEEDS_APPROVAL.contains(&f.rule) && terms.approved_by.is_none()) {
        return Err(usage(
            format!("a finding of {} is accepted only with the word of whoever owns that bar", finding.rule.name),
            "name who agreed: --approved-by \"...\"",
        ));
    }
    let count = chosen.len();
    let new = waive::entries(&chosen, &terms, existing.as_ref(), loaded).map_err(|why| usage(format!("the finding cannot be waived: {why}"), "mend it"))?;
    let old = existing.as_ref().and_then(|waivers| Some((sources.get(waivers.id).text()?, waivers)));
    let text = waive::append(old, &new, loaded, &super::catalogue::rules(), sources)?;
    let path = path(loaded);
    let reserved = vec![loaded.path.clone(), super::render::lock_path(loaded)];
    let change = write::Change::Write { path: path.clone(), text };
    write::apply(sources.root(), &[change], &reserved).map_err(|findings| {
        let help = |f: &Finding| {
            if f.rule == &write::NOT_WRITTEN {
                "make the file writable for the user who runs secgen, and run the command again"
            } else {
                "put a regular file there, or none, and run the command again"
            }
        };
        findings.into_iter().map(|f| Finding { help: vec![help(&f).to_owned()], ..f }).collect::<Vec<_>>()
    })?;
    let ids: Vec<&str> = new.iter().map(|w| w.id.as_str()).collect();
    if session.format == Format::Json {
        print_out(&json_text(&serde_json::json!({ "path": path, "added": ids, "findings": count, "until": terms.until })));
        return Ok(());
    }
    let named = match ids.as_slice() {
        [first, .., last] if ids.len() > 3 => format!("{first} to {last} ({} entries)", ids.len()),
        few => few.join(", "),
    };
    let what = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
    print_out(&format!("added {named} to {path}: {what} accepted until {}\n", terms.until));
    if terms.kind == WaiverKind::Emergency {
        print_err("an emergency heads every report until it ends; agree on a waiver or mend it before\n");
    }
    Ok(())
}

/// The findings of a fingerprint, in full or by its first digits.
fn by_fingerprint<'r>(report: &'r Report, asked: &str) -> Result<Vec<&'r Finding>, Vec<Finding>> {
    let asked = asked.to_ascii_lowercase();
    if asked.len() < SHORTEST || !asked.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(usage(
            format!("{} is no fingerprint", safe(&asked)),
            format!("write {SHORTEST} hexadecimal digits or more, as `secgen check` prints them"),
        ));
    }
    let found: Vec<(&str, &Finding)> = report.findings.iter().map(|f| (f.fingerprint.as_str(), f)).filter(|(own, _)| own.starts_with(&asked)).collect();
    let distinct: BTreeSet<&str> = found.iter().map(|(own, _)| *own).collect();
    if distinct.len() > 1 {
        let all: Vec<&str> = distinct.into_iter().collect();
        return Err(usage(format!("{asked} is the beginning of {} fingerprints", all.len()), format!("write one of {}", all.join(", "))));
    }
    let open: Vec<&Finding> = found.iter().map(|(_, f)| *f).filter(|f| f.seen.is_some() && !f.disposition.is_accepted()).collect();
    match (open.is_empty(), found.first()) {
        (false, _) => Ok(open),
        (true, None) => Err(usage(
            format!("no finding has the fingerprint {asked}"),
            "run `secgen check`, which prints it with each finding, and give both commands the same --env, --target and --source",
        )),
        (true, Some((_, finding))) => match finding.disposition.waiver() {
            Some(id) => Err(usage(format!("the finding is accepted already, by {id}"), "nothing is to be done")),
            None => Err(usage(format!("a finding of {} cannot be waived", finding.rule.name), "mend it: what could not be read never passes")),
        },
    }
}

/// Everything that fails, and that may be accepted on these terms.
fn all<'r>(report: &'r Report, terms: &Terms) -> Result<Vec<&'r Finding>, Vec<Finding>> {
    if let Some(error) = report.findings.iter().find(|f| report.gate.level(f) == crate::check::gate::Level::Error) {
        let mut finding = error.clone();
        finding.help.insert(0, "a baseline is taken of what was read in full: mend this first".to_owned());
        return Err(vec![finding]);
    }
    let failing = report.findings.iter().filter(|f| report.gate.fails(f) && f.seen.is_some());
    let failing: Vec<&Finding> = failing.filter(|f| terms.approved_by.is_some() || !NEEDS_APPROVAL.contains(&f.rule)).collect();
    if failing.is_empty() { Err(usage("nothing fails the gate, so there is nothing to take in", "go on without a baseline")) } else { Ok(failing) }
}
