//! Findings of one cause become one finding: a thousand locations that lose a header to the same line, and six headers
//! that one location loses, are one thing to mend.

use crate::finding::{Finding, Kind};
use crate::source::Sources;
use std::collections::BTreeMap;

/// How many places a grouped finding names.
const NAMED: usize = 5;

/// Groups verdict findings that share rule, intent, environment, verdict, cause, found value and the related lines: the
/// first stands for all, and names the other places.
pub(super) fn group(findings: &mut Vec<Finding>, sources: &Sources) {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<(Finding, Vec<String>)> = Vec::new();
    for finding in findings.drain(..) {
        let Kind::Verdict(verdict) = finding.kind else {
            kept.push((finding, Vec::new()));
            continue;
        };
        let related: Vec<String> = finding.related.iter().map(|l| sources.place(l.span)).collect();
        // A value in force at one line is one thing to mend, wherever it reaches. What is missing is missing place by
        // place, unless another line explains it.
        let at = finding.primary.as_ref().map(|l| sources.place(l.span)).unwrap_or_default();
        let own = if related.is_empty() || finding.cause == Some(crate::finding::Cause::Value) { at.clone() } else { String::new() };
        let key = format!(
            "{}\u{1}{:?}\u{1}{:?}\u{1}{}\u{1}{:?}\u{1}{:?}\u{1}{related:?}\u{1}{own}",
            finding.rule.name,
            finding.intent,
            finding.env,
            verdict.name(),
            finding.cause.map(crate::finding::Cause::name),
            finding.found
        );
        let place = format!("{} ({at})", finding.place.clone().unwrap_or_default());
        if let Some(index) = groups.get(&key) {
            let (first, others) = &mut kept[*index];
            others.push(place);
            for help in finding.help {
                if !first.help.contains(&help) {
                    first.help.push(help);
                }
            }
        } else {
            groups.insert(key, kept.len());
            kept.push((finding, Vec::new()));
        }
    }
    findings.extend(kept.into_iter().map(|(mut finding, mut others)| {
        others.sort();
        others.dedup();
        if !others.is_empty() {
            let more = if others.len() > NAMED { format!(", and {} more", others.len() - NAMED) } else { String::new() };
            let names: Vec<String> = others.iter().take(NAMED).cloned().collect();
            let places = if others.len() == 1 { "1 more place".to_owned() } else { format!("{} more places", others.len()) };
            finding.message = format!("{} (and at {places})", finding.message);
            finding.help.push(format!("the same at {}{more}", names.join(", ")));
        }
        finding
    }));
}
