//! Rendered files on disk: their state, judged by value too where somebody edited them.

use super::Report;
use super::waive::InForce;
use crate::compare;
use crate::finding::{FileState, Finding, Kind, Rule, Severity};
use crate::policy::{Loaded, Policy};
use crate::render::{Rendered, fact_text, lock, state};
use crate::source::{MAX_CONFIG_BYTES, Sources, Span};
use crate::strictness::Order;
use crate::targets::{self, Fact, Found, Keeper};

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
    HAND_WRITTEN = "artifact-hand-written", Info, "A hand-written file lies where one of secgen could.",
        "It is compared with the policy value by value and never replaced. `secgen render --merge` raises what is weaker and adds what is missing; \
         `secgen render --force FILE` replaces it by a rendered one.";
    REFORMATTED = "artifact-reformatted", Info, "A rendered file was reformatted.",
        "It says the same; only layout, comments or line ends differ. Nothing to do.";
}

/// Judges one rendered path.
pub(super) fn check(file: &Rendered, loaded: &Loaded, sources: &mut Sources, report: &mut Report, in_force: &mut InForce) {
    let path = &file.artifact.path;
    let mut disk = state::of(file, sources);
    // The environments that a shared file is for are judged one by one.
    let policies: Vec<&Policy> = loaded.policies.iter().filter(|p| p.env.as_ref().is_none_or(|env| file.envs.contains(env))).collect();
    let policy = policies.first().copied();
    if file.artifact.keeper == Keeper::User && !matches!(disk.state, FileState::Missing) {
        report.not_examined.push((path.clone(), "owned by the user, by targets.rust.modules".to_owned()));
        return;
    }
    let span = disk.id.map(|id| Span::new(id, 0, sources.get(id).line(1).len()));
    let read = disk.id.filter(|_| matches!(disk.state, FileState::Outdated | FileState::HandEdited)).and_then(|id| {
        let target = targets::by_name(file.artifact.target)?;
        Some(policies.iter().map(|policy| (*policy, target.read_artifact(file.artifact.kind, policy, sources, id))).collect::<Vec<Read<'_>>>())
    });
    let read = read.unwrap_or_default();
    // Whoever edits a file can write a fitting digest and revision: only what the file says counts.
    if disk.state == FileState::Outdated && !says_the_same(file, &read) {
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
        FileState::HandWritten => {
            Finding { kind: Kind::Note, ..finding(&HAND_WRITTEN, format!("{path} is hand-written: it is compared by value, and render leaves it as it is")) }
        }
        FileState::HandEdited => edited(finding(&EDITED, String::new()), file, read, report, in_force).help(force),
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

/// A file as one environment's policy reads it.
type Read<'p> = (&'p Policy, Result<Vec<Fact>, String>);

/// Whether a file on disk says, by text and value, what would be rendered.
fn says_the_same(file: &Rendered, read: &[Read<'_>]) -> bool {
    let same = |(policy, facts): &Read<'_>| {
        let Ok(facts) = facts else { return false };
        let found: Vec<(&str, &str)> = facts.iter().map(|f| (f.intent.as_str(), fact_text(f))).collect();
        let expected: Vec<(&str, &str)> = file.artifact.expected_in(policy.env.as_deref()).iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        !expected.is_empty() && found == expected
    };
    !read.is_empty() && read.iter().all(same)
}

/// A hand edit, judged value by value: how many are as the policy says, and what is not.
fn edited(mut finding: Finding, file: &Rendered, read: Vec<Read<'_>>, report: &mut Report, in_force: &mut InForce) -> Finding {
    let path = &file.artifact.path;
    if read.is_empty() {
        finding.message = format!("{path} was edited by hand");
        return finding.help("move the change into the spec");
    }
    let mut equal = 0;
    let mut differing: Vec<String> = Vec::new();
    let mut weaker: Vec<Finding> = Vec::new();
    let mut values = Vec::new();
    let mut changed: Option<String> = None;
    for (i, (policy, facts)) in read.into_iter().enumerate() {
        let facts = match facts {
            Ok(facts) => facts,
            Err(why) => {
                finding.message = format!("{path} was edited by hand, and cannot be read any more: {why}");
                return finding.help("move what you need into the spec");
            }
        };
        let of =
            policy.env.as_ref().filter(|_| !file.artifact.by_environment.is_empty() && file.envs.len() > 1).map(|env| format!(" of {env}")).unwrap_or_default();
        // What is not of one environment is said once.
        let mut add = |text: String, is_common: bool| {
            if !is_common || i == 0 {
                differing.push(text);
            }
        };
        let expected = file.artifact.expected_in(policy.env.as_deref());
        for (key, text) in expected {
            let is_common = file.artifact.by_environment.is_empty() || (policy.intent(key).is_none() && key.contains("::"));
            let fact = facts.iter().find(|f| f.intent == *key);
            match (fact, policy.intent(key)) {
                (Some(fact), Some(intent)) => {
                    let target = targets::by_name(file.artifact.target).map_or("", |t| t.name());
                    let (check, judged) = compare::judge(policy, target, intent, fact, &mut compare::Memo::default());
                    match &fact.found {
                        Found::Set { value, .. } if intent.value.compare(value).order == Order::Equal => equal += 1,
                        _ => {
                            changed.get_or_insert_with(|| key.clone());
                            add(format!("{key}{of} {} ({} instead of {})", check.verdict.name(), said(fact), intent.value), false);
                        }
                    }
                    if let Some(judged) = judged.filter(|j| j.kind != Kind::Note) {
                        values.extend(compare::in_force(intent, fact).map(|value| (weaker.len(), value)));
                        weaker.push(Finding { env: policy.env.clone().or_else(|| finding.env.clone()), message: compare::message(&judged), ..judged });
                    }
                }
                (Some(fact), None) if fact_text(fact) == text => equal += usize::from(!is_common || i == 0),
                (Some(fact), None) => add(format!("{key}{} changed ({} instead of {text})", if is_common { "" } else { &of }, said(fact)), is_common),
                (None, _) => add(format!("{key}{} is gone", if is_common { "" } else { &of }), is_common),
            }
        }
        for fact in facts.iter().filter(|f| !expected.iter().any(|(key, _)| *key == f.intent)) {
            let is_common = file.artifact.by_environment.is_empty() || fact.intent.contains("::");
            add(format!("{}{} was added", fact.intent, if is_common { "" } else { &of }), is_common);
        }
    }
    let unit = if equal == 1 { "value is" } else { "values are" };
    finding.message = if equal == 0 && !differing.is_empty() {
        format!("{path} was edited by hand: {}", differing.join("; "))
    } else if differing.is_empty() {
        format!("{path} was edited by hand; its {equal} {unit} still as the policy says")
    } else {
        format!("{path} was edited by hand: {}; {equal} other {unit} as the policy says", differing.join("; "))
    };
    let first = report.findings.len();
    in_force.extend(values.into_iter().map(|(i, value)| (first + i, value)));
    report.findings.extend(weaker);
    // Not everything in a file has a key of its own in the spec.
    let way = changed.map_or_else(
        || file.artifact.way_to_keep.clone().unwrap_or_else(|| "move the change into the spec, if it is meant to stay".to_owned()),
        |key| format!("to keep the change, change {key} in the spec and run `secgen render --force {path}`"),
    );
    finding.help(way)
}

/// The text of a fact, or that there is none.
fn said(fact: &Fact) -> &str {
    match fact_text(fact) {
        "" => "nothing",
        text => text,
    }
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
