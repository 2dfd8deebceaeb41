//! The stage between comparing and the gate: each finding alone, before findings of one cause become one, so that what
//! is accepted and what is open are never mixed.

use super::super::NEEDS_APPROVAL;
use super::{ENDS_SOON, Entry, LOOSE, SOON, UNUSED, UsedWaiver, Waivers};
use crate::finding::{Cause, Disposition, FileState, Finding, Kind, Seen, Verdict, redact};
use crate::policy::{Loaded, bound};
use crate::render::header;
use crate::source::Sources;
use crate::spec::{Texts, WaiverKind};
use crate::strictness::{Order, Value};
use std::collections::{BTreeSet, HashMap};

/// The longest bound that is written out, in characters; a longer one is named by its digest, and accepts exactly itself.
const MAX_ACCEPT: usize = 1000;
/// Words that say what was found, and are never read as a value.
const WORDS: [&str; 5] = ["absent", "shadowed", "unenforced", "unattested", "not-shown"];

/// The values in force behind findings, by the finding's index.
pub type InForce = HashMap<usize, Value>;

/// What a run looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Everything that the spec lists: only then what is not used is no longer needed.
    pub is_full: bool,
    /// Rules whose findings come from what this run was not given: a server that was not asked, captured responses.
    pub elsewhere: BTreeSet<&'static str>,
}

/// What the waivers came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that decided about findings, emergencies first.
    pub used: Vec<UsedWaiver>,
    /// What is to be said about the waivers themselves.
    pub findings: Vec<Finding>,
}

/// Whether a waiver may accept a finding of this kind at all: what could not be read never passes.
fn is_waivable(kind: Kind) -> bool {
    !matches!(kind, Kind::Error | Kind::File(FileState::Unreadable))
}

/// Notes with each finding what a waiver of exactly it would name.
pub fn see(findings: &mut [Finding], in_force: &InForce, sources: &Sources) {
    for (index, finding) in findings.iter_mut().enumerate().filter(|(_, f)| is_waivable(f.kind)) {
        let file = finding.primary.as_ref().map(|l| sources.get(l.span.source).path.clone()).or_else(|| finding.path.clone());
        finding.seen = Some(Seen { file: file.map(|file| printed(&file)), accept: words(finding, in_force.get(&index)) });
    }
}

/// What was found, as reports print it: the one bound that accepts it and nothing weaker.
fn words(finding: &Finding, value: Option<&Value>) -> String {
    let text = match finding.kind {
        Kind::Verdict(Verdict::Absent) if finding.cause == Some(Cause::Shadowed) => "shadowed".to_owned(),
        Kind::Verdict(Verdict::Absent) => "absent".to_owned(),
        Kind::Verdict(verdict @ (Verdict::Unenforced | Verdict::Unattested)) => verdict.name().to_owned(),
        Kind::Verdict(Verdict::Unverifiable) if !finding.why.is_empty() => finding.why.clone(),
        Kind::Verdict(Verdict::Unverifiable) if finding.cause == Some(Cause::NotShown) => Cause::NotShown.name().to_owned(),
        Kind::Verdict(Verdict::Unverifiable) => finding.message.clone(),
        Kind::File(state) => state.name().to_owned(),
        _ => match (value, &finding.found) {
            (Some(value), _) => bound::text(value),
            // The message of a judged finding is not made yet; that of a danger names what others of its file do not share.
            (None, Some(found)) if finding.message.is_empty() => found.clone(),
            (None, _) => finding.message.clone(),
        },
    };
    let text = printed(&text);
    match text.chars().count() {
        0 => "(empty)".to_owned(),
        n if n > MAX_ACCEPT => format!("sha256:{}", &header::digest(text.as_bytes())[..32]),
        _ => text,
    }
}

/// One line, with secrets masked and nothing that a terminal obeys.
pub(super) fn printed(text: &str) -> String {
    redact::safe(&text.replace('\n', "; ")).trim().to_owned()
}

/// How a waiver stands to a finding that lies where it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// What was found is the bound, or cannot be better.
    Exact,
    /// What was found is stricter than the bound.
    Better,
    /// What was found is not accepted.
    Not,
}

/// What came of one waiver.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Findings that lie where it says.
    there: usize,
    /// Findings that it decided about.
    decided: usize,
    /// Whether one of them needs all of the bound.
    needs_all: bool,
    /// What was found that is better than the bound.
    better: BTreeSet<String>,
    /// It lies where something could not be read.
    has_error: bool,
}

/// Entries by what they can match.
struct Index<'a>(HashMap<(&'a str, Part, &'a str), Vec<usize>>);

/// The part of a place that an entry is found by: the one that says most.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Place,
    File,
    Intent,
    Environment,
}

impl<'a> Index<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let mut index: HashMap<_, Vec<usize>> = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let place = &entry.waiver.r#where;
            let parts = [(Part::Place, &place.place), (Part::File, &place.file), (Part::Intent, &place.intent), (Part::Environment, &place.environment)];
            let Some((part, texts)) = parts.into_iter().find_map(|(part, texts)| Some((part, texts.as_ref()?))) else { continue };
            for text in texts.iter().collect::<BTreeSet<_>>() {
                index.entry((entry.waiver.rule.as_str(), part, text)).or_default().push(i);
            }
        }
        Self(index)
    }

    /// Entries that lie where a finding does, in the order of the file.
    fn at(&self, entries: &[Entry], finding: &Finding) -> Vec<usize> {
        let rule = finding.rule.name;
        let place = finding.place.as_deref().map(printed);
        let file = finding.seen.as_ref().and_then(|seen| seen.file.as_deref());
        let envs: Vec<&str> = finding.env.iter().flat_map(|envs| envs.split(", ")).collect();
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let parts = [(Part::Place, place.as_deref()), (Part::File, file), (Part::Intent, finding.intent.as_deref())];
        let keys = parts.into_iter().filter_map(|(part, text)| Some((part, text?))).chain(envs.iter().map(|env| (Part::Environment, *env)));
        for (part, text) in keys {
            found.extend(self.0.get(&(rule, part, text)).into_iter().flatten());
        }
        found.retain(|i| {
            let wanted = &entries[*i].waiver.r#where;
            let has = |texts: &Option<Texts>, found: Option<&str>| texts.as_ref().is_none_or(|texts| texts.iter().any(|text| Some(text) == found));
            // A file that environments share is accepted only for all of them.
            let in_envs = wanted.environment.as_ref().is_none_or(|texts| !envs.is_empty() && envs.iter().all(|env| texts.iter().any(|text| text == *env)));
            in_envs && has(&wanted.file, file) && has(&wanted.place, place.as_deref()) && has(&wanted.intent, finding.intent.as_deref())
        });
        found.into_iter().collect()
    }
}

/// Bounds that were read, by entry, environment and intent: most places of a tree say the same.
type Bounds = HashMap<(usize, Option<String>, String), Result<Value, String>>;

/// Decides about every finding; [`see`] must have run.
pub fn apply(waivers: &Waivers, run: &Run, findings: &mut [Finding], in_force: &InForce, loaded: &Loaded, sources: &Sources) -> Outcome {
    let entries = waivers.entries.as_slice();
    let index = Index::new(entries);
    let mut tallies = vec![Tally::default(); entries.len()];
    let mut bounds = Bounds::new();
    for (n, finding) in findings.iter_mut().enumerate() {
        let candidates = index.at(entries, finding);
        if !is_waivable(finding.kind) {
            for i in candidates {
                tallies[i].has_error = true;
            }
            continue;
        }
        // What holds goes before what has ended, and what was agreed on before what was only taken in.
        let rank = |i: &usize| (entries[*i].has_ended(loaded.today), entries[*i].waiver.kind(), *i);
        let mut chosen: Option<(usize, Fit)> = None;
        let mut narrow = None;
        for i in candidates {
            tallies[i].there += 1;
            // What another team's layer or floor asks for is not lowered by its own word.
            if NEEDS_APPROVAL.contains(&finding.rule) && entries[i].waiver.approved_by.is_none() {
                let id = &entries[i].waiver.id;
                finding.help.push(format!("{id} does not accept it: add approved_by, as the owner of that bar agreed"));
                continue;
            }
            match fit(i, &entries[i], finding, in_force.get(&n), loaded, &mut bounds) {
                Fit::Not => narrow = narrow.or(Some(i).filter(|i| !entries[*i].has_ended(loaded.today))),
                fit if chosen.is_none_or(|(best, _)| rank(&i) < rank(&best)) => chosen = Some((i, fit)),
                _ => {}
            }
        }
        let Some((i, fit)) = chosen else {
            if let Some(entry) = narrow.map(|i| &entries[i]) {
                let no_value = narrow.and_then(|i| unreadable(i, finding, &bounds));
                finding.help.push(match no_value {
                    // A mistyped bound would look like one that was passed.
                    Some(why) => format!("{} accepts nothing here: its accept is not what was found, and no bound: {why}", entry.waiver.id),
                    None => format!("{} accepts {} here, and nothing weaker", entry.waiver.id, entry.waiver.accept),
                });
            }
            continue;
        };
        let (entry, tally) = (&entries[i], &mut tallies[i]);
        tally.decided += 1;
        match (fit, &finding.seen) {
            (Fit::Better, Some(seen)) => drop(tally.better.insert(seen.accept.clone())),
            _ => tally.needs_all = true,
        }
        let id = entry.waiver.id.as_str().to_owned();
        finding.disposition = match entry.waiver.kind() {
            _ if entry.has_ended(loaded.today) => Disposition::ExpiredWaiver(id),
            WaiverKind::Baseline => Disposition::Baseline(id),
            WaiverKind::Waiver | WaiverKind::Emergency => Disposition::Waived(id),
        };
    }
    let mut run = run.clone();
    run.is_full &= !findings.iter().any(|f| !is_waivable(f.kind));
    outcome(entries, &tallies, &run, loaded.today, sources)
}

/// Why an entry's bound is no value of the order that it would have to be of.
fn unreadable(i: usize, finding: &Finding, bounds: &Bounds) -> Option<String> {
    let env = finding.env.as_ref().and_then(|envs| envs.split(", ").next()).map(str::to_owned);
    let read = bounds.get(&(i, env, finding.intent.clone()?))?;
    read.as_ref().err().filter(|why| !why.is_empty()).cloned()
}

/// Whether what was found is within a waiver's bound.
fn fit(i: usize, entry: &Entry, finding: &Finding, value: Option<&Value>, loaded: &Loaded, bounds: &mut Bounds) -> Fit {
    let accept = entry.waiver.accept.as_str();
    if finding.seen.as_ref().is_some_and(|seen| seen.accept == accept) {
        return Fit::Exact;
    }
    let (Some(value), Some(key)) = (value, finding.intent.as_ref()) else { return Fit::Not };
    if WORDS.contains(&accept) {
        return Fit::Not;
    }
    // A finding on a file that environments share is judged by the first of them.
    let env = finding.env.as_ref().and_then(|envs| envs.split(", ").next()).map(str::to_owned);
    let read = || {
        let policy = loaded.policies.iter().find(|p| p.env == env);
        let intent = policy.and_then(|policy| Some((policy, policy.intent(key)?)));
        intent.map_or_else(|| Err(String::new()), |(policy, intent)| bound::read(policy, intent, accept))
    };
    let limit = bounds.entry((i, env.clone(), key.clone())).or_insert_with(read);
    match limit.as_ref().map(|limit| limit.compare(value).order) {
        Ok(Order::Equal) => Fit::Exact,
        Ok(Order::Stricter) => Fit::Better,
        Ok(Order::Weaker | Order::Incomparable) | Err(_) => Fit::Not,
    }
}

/// The used ones, and what is to be said about all.
fn outcome(entries: &[Entry], tallies: &[Tally], run: &Run, today: i64, sources: &Sources) -> Outcome {
    let mut outcome = Outcome::default();
    for (entry, tally) in entries.iter().zip(tallies) {
        if tally.decided > 0 {
            outcome.used.push(used(entry, tally.decided));
        }
        outcome.findings.extend(said(entry, tally, run, today, sources));
    }
    outcome.used.sort_by_key(|used| used.kind != WaiverKind::Emergency);
    outcome
}

fn used(entry: &Entry, findings: usize) -> UsedWaiver {
    let waiver = &entry.waiver;
    UsedWaiver {
        id: waiver.id.to_string(),
        kind: waiver.kind(),
        rule: waiver.rule.to_string(),
        owner: waiver.owner.to_string(),
        reason: waiver.reason.to_string(),
        created: waiver.created.clone(),
        until: waiver.until.clone(),
        approved_by: waiver.approved_by.as_ref().map(ToString::to_string),
        ticket: waiver.ticket.as_ref().map(ToString::to_string),
        accepts: waiver.accept.to_string(),
        findings,
        position: entry.at,
    }
}

fn said(entry: &Entry, tally: &Tally, run: &Run, today: i64, sources: &Sources) -> Option<Finding> {
    let waiver = &entry.waiver;
    let id = &waiver.id;
    let left = waiver.until.days() - today;
    if tally.decided == 0 {
        // What lies there and is not accepted says so itself; what was not looked at cannot be told.
        if !run.is_full || tally.there > 0 || tally.has_error || run.elsewhere.contains(waiver.rule.as_str()) {
            return None;
        }
        let lines = sources.position(entry.whole);
        let (what, help) = match waiver.kind() {
            WaiverKind::Baseline => ("is no longer needed", "a baseline only shrinks"),
            _ => ("accepts nothing that is still there", "or correct its rule and where"),
        };
        let help = format!("remove lines {} to {}: {help}", lines.line, lines.end_line);
        return Some(Finding::warning(&UNUSED, format!("{id} {what} ({})", waiver.rule)).at(entry.whole, "").help(help));
    }
    // An emergency is short, and heads the report anyhow.
    if (0..=SOON).contains(&left) && waiver.kind() != WaiverKind::Emergency {
        let when = ends(left);
        let message = format!("{id} of {} {when}, on {}", waiver.owner, waiver.until);
        let help = "mend what it accepts, or agree on a new day";
        return Some(Finding::warning(&ENDS_SOON, message).at(entry.until, when).help(help));
    }
    if run.is_full && !tally.needs_all && left >= 0 {
        let better: Vec<&str> = tally.better.iter().map(String::as_str).collect();
        let help = if let [one] = better.as_slice() { format!("write accept: {one}") } else { format!("the values there are {}", better.join("; ")) };
        let message = format!("{id} accepts {}, and what is there is stricter", waiver.accept);
        return Some(Finding::new(&LOOSE, Kind::Note, message).at(entry.accept, "").help(help));
    }
    None
}

/// When a waiver ends, by the days that are left: 0 on its last day.
#[must_use]
pub fn ends(left: i64) -> String {
    match left {
        0 => "ends today".to_owned(),
        1 => "ends tomorrow".to_owned(),
        n if n > 0 => format!("ends in {n} days"),
        -1 => "ended yesterday".to_owned(),
        n => format!("ended {} days ago", n.unsigned_abs()),
    }
}

/// Shows with each finding that fails because its waiver has ended where that waiver stands.
pub fn show_ended(waivers: &Waivers, findings: &mut [Finding]) {
    for finding in findings {
        let Disposition::ExpiredWaiver(id) = &finding.disposition else { continue };
        let Some(entry) = waivers.entries.iter().find(|e| e.waiver.id.as_str() == id) else { continue };
        let owner = entry.waiver.owner.as_str();
        finding.related.push(crate::finding::Label::new(entry.until, format!("{id} of {owner} accepted it, and has ended")));
        finding.help.push(format!("mend it, or agree on a new day for {id} with {owner}"));
    }
}
