//! Findings of one cause become one finding: a thousand locations that lose a header to the same line, and six headers
//! that one location loses, are one thing to mend.

use crate::compare;
use crate::finding::{Also, Cause, Disposition, Finding, Kind, Verdict};
use crate::source::Span;
use std::collections::HashMap;
use std::hash::Hash;

/// Ways out that a finding names: the lines to add for all of its intents.
const MAX_HELP: usize = 10;
/// Lines that explain a cause, of all that it has.
const MAX_RELATED: usize = 12;

/// What is the same for all findings that one stands for.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    rule: &'static str,
    kind: Kind,
    env: Option<String>,
    target: Option<&'static str>,
    cause: Option<Cause>,
    why: String,
    disposition: Disposition,
    of: Of,
}

/// The cause itself.
#[derive(PartialEq, Eq, Hash)]
enum Of {
    /// Something missing in a block.
    Block(Span),
    /// Something that was not read: the words say what.
    Unread,
    /// One place: first step, over its intents.
    Place(Option<String>, Option<Span>),
    /// The same intents for the same lines: second step, over places.
    Lines { intents: Vec<String>, found: Option<String>, lines: Vec<Span> },
}

fn key(finding: &Finding, of: Of) -> Key {
    let Finding { rule, kind, env, target, cause, why, disposition, .. } = finding;
    // Why a value is in force does not matter where it is better than it need be.
    let cause = cause.filter(|_| *kind != Kind::Note);
    Key { rule: rule.name, kind: *kind, env: env.clone(), target: *target, cause, why: why.clone(), disposition: disposition.clone(), of }
}

/// Whether the words of a finding hold for several intents at once.
fn is_shared(finding: &Finding) -> bool {
    matches!(finding.kind, Kind::Verdict(Verdict::Absent | Verdict::Unverifiable))
}

/// Groups findings on verdicts; the first of each cause stands for all.
pub(super) fn group(findings: &mut Vec<Finding>) {
    let all = std::mem::take(findings);
    let (mut kept, verdicts): (Vec<Finding>, Vec<Finding>) = all.into_iter().partition(|f| f.intent.is_none() || f.place.is_none() || !is_judged(f));
    let by_place = merge(verdicts, |finding| match (finding.group, is_shared(finding)) {
        _ if finding.cause == Some(Cause::NotRead) => Of::Unread,
        (Some(block), _) => Of::Block(block),
        // The same line, or the same fault of several lines (a missing `always`).
        (None, true) => Of::Place(finding.place.clone(), finding.primary.as_ref().map(|l| l.span).filter(|_| finding.why.is_empty())),
        (None, false) => lines(finding),
    });
    // Blocks that lack the same are mended by the same line.
    let mut grouped = merge(by_place, |finding| if finding.cause == Some(Cause::NotRead) { Of::Unread } else { lines(finding) });
    for finding in &mut grouped {
        finding.message = compare::message(finding);
    }
    kept.append(&mut grouped);
    *findings = kept;
}

fn is_judged(finding: &Finding) -> bool {
    match finding.kind {
        Kind::Verdict(verdict) => verdict != Verdict::Unenforced,
        Kind::Note => finding.rule == &compare::STRICTER,
        _ => false,
    }
}

/// The lines behind a finding. A value in force at one line is one thing to mend, wherever it reaches. What is missing
/// is missing place by place, unless another line explains it.
fn lines(finding: &Finding) -> Of {
    let mut intents: Vec<String> = finding.intent.iter().chain(finding.also.iter().filter_map(|a| a.intent.as_ref())).cloned().collect();
    intents.sort_unstable();
    intents.dedup();
    let primary = finding.primary.iter().map(|l| l.span);
    let lines = match (finding.kind, finding.cause) {
        _ if finding.group.is_some() => Vec::new(),
        (Kind::Note, _) => primary.collect(),
        (_, Some(Cause::Value | Cause::Invalid | Cause::Dynamic)) => primary.chain(finding.related.iter().filter(|l| !l.is_way()).map(|l| l.span)).collect(),
        _ if finding.related.iter().all(crate::finding::Label::is_way) => primary.collect(),
        _ => finding.related.iter().filter(|l| !l.is_way()).map(|l| l.span).collect(),
    };
    Of::Lines { intents, found: finding.found.clone(), lines }
}

fn merge(findings: Vec<Finding>, of: impl Fn(&Finding) -> Of) -> Vec<Finding> {
    let mut groups: HashMap<Key, usize> = HashMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        match groups.entry(key(&finding, of(&finding))) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(kept.len());
                kept.push(finding);
            }
            std::collections::hash_map::Entry::Occupied(entry) => join(&mut kept[*entry.get()], finding),
        }
    }
    kept
}

/// Lets a finding stand for another one too.
fn join(first: &mut Finding, other: Finding) {
    let Finding { intent, place, expected, primary, spec, also, related, help, found, seen, .. } = other;
    // Another line of the same place, such as the next header without `always`, is shown; another place is listed.
    let shown = |first: &Finding, span: Span| first.primary.as_ref().is_some_and(|l| l.span == span) || first.related.iter().any(|l| l.span == span);
    let here = place == first.place && first.cause != Some(Cause::NotRead);
    for label in primary.iter().filter(|_| here && first.group.is_none()).chain(related.iter().filter(|l| !l.is_way())) {
        if first.related.len() < MAX_RELATED && !shown(first, label.span) {
            first.related.push(label.clone());
        }
    }
    for line in help {
        if first.help.len() < MAX_HELP && !first.help.contains(&line) {
            first.help.push(line);
        }
    }
    if first.found != found {
        // Several values: each stands with its check.
        first.found = None;
    }
    // Of a line in a shared snippet, the block that includes it says more.
    let at = related.into_iter().find(crate::finding::Label::is_block).or(primary);
    first.also.push(Also { intent, place, expected, at, spec, seen });
    first.also.extend(also);
}
