//! Rendered files on disk: their state, judged by value too where somebody edited them.

use super::Report;
use super::waive::InForce;
use crate::compare;
use crate::finding::{FileState, Finding, Kind, Rule, Severity};
use crate::policy::{Loaded, Policy};
use crate::render::{Rendered, fact_text, lock, state};
use crate::source::{MAX_CONFIG_BYTES, Sources, Span};
use crate::strictness::Order;
use crate::targets::{self, Fact, Found};

macro_rules! rules {
    ($($id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $(static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*
        /// Every rule of file states.
        pub static RULES: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    MISSING = "artifact-missing", Medium, "A file that the spec renders does not exist.",
        "What the policy asks for is not there to be included or run. Run `secgen render` and commit the file.";
    STALE = "artifact-stale", Medium, "A rendered file is of an older policy.",
        "Nobody edited the file; the spec changed since it was rendered. Run `secgen render` and commit the result.";
    OUTDATED = "artifact-outdated", Info, "A rendered file is of an older layout.",
        "The file says what the policy says; a newer secgen lays it out otherwise. Run `secgen render` when it suits you.";
    EDITED = "artifact-hand-edited", Medium, "A rendered file was edited by hand.",
        "The next `secgen render` would have to drop the edit, so it refuses. Move the change into the spec, or drop it with --force.";
    CONFLICTED = "artifact-conflicted", High, "A rendered file has merge markers.",
        "Two branches rendered different policies. Resolve the spec, and render again.";
    UNMANAGED = "artifact-unmanaged", Medium, "A file that is not of secgen lies where one of secgen belongs.",
        "secgen never overwrites what it did not write. Move the file away, or let secgen replace it with --force.";
    ORPHANED = "artifact-orphaned", Medium, "A rendered file is no longer in the spec.",
        "The file is still there to be included, but the spec no longer stands behind it. `secgen render` removes it if nobody edited it.";
    REFORMATTED = "artifact-reformatted", Info, "A rendered file was reformatted.",
        "It says the same; only layout, comments or line ends differ. Nothing to do.";
}

/// Judges one rendered path.
pub(super) fn check(file: &Rendered, loaded: &Loaded, sources: &mut Sources, report: &mut Report, in_force: &mut InForce) {
    let path = &file.artifact.path;
    let mut disk = state::of(file, sources);
    let policy = loaded.policies.iter().find(|p| p.env.as_ref() == file.envs.first());
    let span = disk.id.map(|id| Span::new(id, 0, sources.get(id).line(1).len()));
    let facts = disk.id.filter(|_| matches!(disk.state, FileState::Outdated | FileState::HandEdited)).and_then(|id| {
        let target = targets::by_name(file.artifact.target)?;
        Some(target.read_artifact(file.artifact.kind, policy?, sources, id))
    });
    // Whoever edits a file can write a fitting digest and revision: only what the file says counts.
    if disk.state == FileState::Outdated && !says_the_same(file, facts.as_ref()) {
        disk.state = FileState::HandEdited;
    }
    report.files.push((path.clone(), disk.state));
    let finding = |rule: &'static Rule, message: String| {
        let mut finding = Finding::new(rule, Kind::File(disk.state), message).path(path);
        finding.env = (!file.envs.is_empty()).then(|| file.envs.join(", "));
        finding.target = Some(file.artifact.target);
        finding.place = Some(path.clone());
        if let Some(span) = span {
            finding = finding.at(span, "");
        }
        finding
    };
    let force = format!("or drop the change: secgen render --force {path}");
    let finding = match disk.state {
        FileState::InSync if disk.reformatted => Finding { kind: Kind::Note, ..finding(&REFORMATTED, format!("{path} was reformatted, and says the same")) },
        FileState::InSync => return,
        FileState::Missing => {
            let mut finding = finding(&MISSING, format!("{path} does not exist")).help("run `secgen render`, and commit the file");
            if let Some(span) = policy.and_then(|p| p.origin(&format!("targets.{}.out", file.artifact.target))) {
                finding = finding.at(span, "to be written here");
            }
            finding
        }
        FileState::Stale => finding(&STALE, format!("{path} is of an older policy")).help("run `secgen render`, and commit the file"),
        FileState::Outdated => {
            finding(&OUTDATED, format!("{path} says what the policy says, in an older layout")).help("run `secgen render` when it suits you")
        }
        FileState::Conflicted => {
            let mut finding =
                finding(&CONFLICTED, format!("{path} has merge markers")).help(format!("resolve the spec first, then: secgen render --force {path}"));
            if let (Some(id), Some(line)) = (disk.id, disk.marker_line) {
                let range = sources.get(id).line_range(line);
                finding = finding.at(Span::new(id, range.start, range.end), "a merge marker");
            }
            finding
        }
        FileState::Unmanaged => finding(&UNMANAGED, format!("{path} is not a file of secgen, but one belongs there"))
            .help("move the file away, and run `secgen render`")
            .help(format!("or replace it: secgen render --force {path}")),
        FileState::HandEdited => edited(finding(&EDITED, String::new()), file, policy, facts, report, in_force).help(force),
        FileState::Unreadable => {
            if let Some(error) = &disk.error {
                report.findings.push(Finding::unreadable(error));
            }
            return;
        }
        FileState::Orphaned => return,
    };
    report.findings.push(finding);
}

/// Whether a file on disk says, by text and value, what would be rendered.
fn says_the_same(file: &Rendered, facts: Option<&Result<Vec<Fact>, String>>) -> bool {
    let Some(Ok(facts)) = facts else { return false };
    let found: Vec<(&str, &str)> = facts.iter().map(|f| (f.intent.as_str(), fact_text(f))).collect();
    let expected: Vec<(&str, &str)> = file.artifact.expected.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    !expected.is_empty() && found == expected
}

/// A hand edit, judged value by value: how many are as the policy says, and what is not.
fn edited(
    mut finding: Finding,
    file: &Rendered,
    policy: Option<&Policy>,
    facts: Option<Result<Vec<Fact>, String>>,
    report: &mut Report,
    in_force: &mut InForce,
) -> Finding {
    let path = &file.artifact.path;
    let facts = match facts {
        Some(Ok(facts)) => facts,
        Some(Err(why)) => {
            finding.message = format!("{path} was edited by hand, and cannot be read any more: {why}");
            return finding.help("move what you need into the spec");
        }
        None => {
            finding.message = format!("{path} was edited by hand");
            return finding.help("move the change into the spec");
        }
    };
    let Some(policy) = policy else { return finding };
    let mut equal = 0;
    let mut differing = Vec::new();
    let mut weaker = Vec::new();
    for (key, text) in &file.artifact.expected {
        let fact = facts.iter().find(|f| f.intent == *key);
        match (fact, policy.intent(key)) {
            (Some(fact), Some(intent)) => {
                let (check, judged) =
                    compare::judge(policy, targets::by_name(file.artifact.target).map_or("", |t| t.name()), intent, fact, &mut compare::Memo::default());
                match &fact.found {
                    Found::Set { value, .. } if intent.value.compare(value).order == Order::Equal => equal += 1,
                    _ => differing.push(format!("{key} {} ({} instead of {})", check.verdict.name(), fact_text(fact), intent.value)),
                }
                if let Some(judged) = judged.filter(|j| j.kind != Kind::Note) {
                    in_force.extend(compare::in_force(intent, fact).map(|value| (report.findings.len() + weaker.len(), value)));
                    weaker.push(Finding { env: finding.env.clone(), message: compare::message(&judged), ..judged });
                }
            }
            (Some(fact), None) if fact_text(fact) == text => equal += 1,
            (Some(fact), None) => differing.push(format!("{key} changed ({} instead of {text})", fact_text(fact))),
            (None, _) => differing.push(format!("{key} is gone")),
        }
    }
    for fact in facts.iter().filter(|f| !file.artifact.expected.iter().any(|(key, _)| *key == f.intent)) {
        differing.push(format!("{} was added", fact.intent));
    }
    let values = if equal == 1 { "value is" } else { "values are" };
    finding.message = if differing.is_empty() {
        format!("{path} was edited by hand; its {equal} {values} still as the policy says")
    } else {
        format!("{path} was edited by hand: {}; {equal} other {values} as the policy says", differing.join("; "))
    };
    report.findings.extend(weaker);
    // Not everything in a file has a key of its own in the spec.
    let way = differing.iter().filter_map(|d| d.split(' ').next()).find(|key| policy.intent(key).is_some()).map_or_else(
        || "move the change into the spec, if it is meant to stay".to_owned(),
        |key| format!("to keep the change, change {key} in the spec and run `secgen render --force {path}`"),
    );
    finding.help(way)
}

/// Files of the lock that are no longer rendered.
pub(super) fn orphans(lock_text: &str, rendered: &[Rendered], sources: &mut Sources, report: &mut Report) {
    for (path, target) in lock::parse(lock_text) {
        if rendered.iter().any(|r| r.artifact.path == path) || targets::by_name(&target).is_none() {
            continue;
        }
        let Ok(id) = sources.read(&path, MAX_CONFIG_BYTES) else { continue };
        let source = sources.get(id);
        let Some(text) = source.text() else { continue };
        if crate::render::header::parse(text).is_none() {
            continue;
        }
        let help = if state::is_removable(&target, text) {
            "run `secgen render`, which removes it, and take out the include of it".to_owned()
        } else {
            format!("it was edited by hand: save what you need, then remove {path} yourself")
        };
        let span = Span::new(id, 0, source.line(1).len());
        report.files.push((path.clone(), FileState::Orphaned));
        let mut finding =
            Finding::new(&ORPHANED, Kind::File(FileState::Orphaned), format!("{path} is no longer in the spec")).path(&path).at(span, "").help(help);
        finding.place = Some(path);
        report.findings.push(finding);
    }
}
