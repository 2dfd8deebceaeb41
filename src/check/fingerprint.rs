//! The stable name of a finding, which reports carry and waivers are written from.

use crate::finding::{Finding, Kind, redact};
use crate::render::header;
use crate::source::Sources;
use std::collections::{HashMap, HashSet};

/// Names every finding that has no name yet, each so that no two have the same: those that differ in nothing that counts
/// are numbered in the order in which they stand. Once a finding is named, it keeps its name in every output.
pub fn name(findings: &mut [Finding], sources: &Sources) {
    let mut taken: HashSet<String> = findings.iter().filter(|f| !f.fingerprint.is_empty()).map(|f| f.fingerprint.clone()).collect();
    let mut unnamed: Vec<usize> = (0..findings.len()).filter(|i| findings[*i].fingerprint.is_empty()).collect();
    let at = |finding: &Finding| finding.primary.as_ref().map(|label| label.span);
    unnamed.sort_by(|a, b| (at(&findings[*a]), &findings[*a].message).cmp(&(at(&findings[*b]), &findings[*b].message)));
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for index in unnamed {
        let text = identity(&findings[index], sources);
        let number = numbers.entry(text.clone()).or_insert(0);
        findings[index].fingerprint = loop {
            *number += 1;
            let own = if *number == 1 { digest(&text) } else { digest(&format!("{text}\u{1}{number}")) };
            if taken.insert(own.clone()) {
                break own;
            }
        };
    }
}

/// 16 hexadecimal digits.
fn digest(text: &str) -> String {
    header::digest(text.as_bytes())[..16].to_owned()
}

/// Rule, intent, environment, target, place, file, spec, and [`words`]: no line number and no value of the policy, so that it
/// stays while the file is edited, and is the same whether the spec is checked alone or with others. Each part counts as it
/// is printed, so that nothing of a secret stays in it.
fn identity(finding: &Finding, sources: &Sources) -> String {
    let file = finding.primary.as_ref().map(|l| sources.get(l.span.source).path.clone()).or_else(|| finding.path.clone());
    // What is about one file and stands in another, as an output that a spec names.
    let about = finding.path.clone().filter(|path| file.as_ref() != Some(path));
    let Finding { intent, env, place, spec_path, .. } = finding;
    let (rule, target) = (Some(finding.rule.name.to_owned()), finding.target.map(str::to_owned));
    let parts = [rule, intent.clone(), env.clone(), target, place.clone(), file, spec_path.clone()];
    let parts = parts.into_iter().map(Option::unwrap_or_default).chain([about, words(finding, sources)].into_iter().flatten());
    let text: Vec<String> = parts.map(|part| redact::safe(&part).into_owned()).collect();
    text.join("\u{1}")
}

/// The longest line that names what stands in it; in a longer one, many things do.
const LONGEST: usize = 400;

/// What a finding without a spec key points at, as it is shown, and the line around it: a record, a statement and an unknown
/// key have no other name. Where it points at nothing, what it says.
fn words(finding: &Finding, sources: &Sources) -> Option<String> {
    if finding.intent.is_some() || matches!(finding.kind, Kind::File(_)) {
        return None;
    }
    let pointed = finding.primary.as_ref().and_then(|label| {
        let at = sources.position(label.span);
        // Of a long statement the first line.
        let most = if at.end_line == at.line { at.end_column.saturating_sub(at.column) } else { usize::MAX };
        let line = redact::line(&sources.get(label.span.source).shown_line(at.line));
        let words = spaced(&line.chars().skip(at.column.saturating_sub(1)).take(most).collect::<String>());
        let line = spaced(&line);
        match line.len() {
            0 => None,
            1..=LONGEST => Some(format!("{words}\u{1}{line}")),
            _ => Some(words),
        }
    });
    pointed.or_else(|| Some(finding.message.clone()))
}

/// With one blank where there are several.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
