//! `secgen render --merge`: hand-written files brought up to the policy, as steps of a render.

use super::render::Step;
use crate::finding::{FileState, Finding, Language, Rule, Severity, Snippet, cited};
use crate::policy::Loaded;
use crate::render::{self, Rendered, Selection, state, write};
use crate::source::{MAX_CONFIG_BYTES, ReadError, Sources};
use crate::targets::Merged;
use std::collections::BTreeMap;

/// A file that must be mended by hand before it can be merged.
pub(super) static MERGE_REFUSED: Rule = Rule {
    name: "merge-refused",
    title: "A hand-written file cannot be brought up to the policy.",
    severity: Severity::High,
    explain: "The file is not valid, or its program refuses it for more than its age, or what the policy adds would contradict it. Mend what is \
              named by hand and run `secgen render --merge` again; nothing was written.",
    language: Language::Toml,
    spec: Snippet(
        r"
        dependencies:
          licenses: { allow: [MIT, Apache-2.0] }
          bans: { wildcards: deny }
        targets: { cargo: { out: . } }
    ",
    ),
    bad: Snippet(
        r#"
        # file: deny.toml
        [licenses]
        allow = ["MIT"
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [licenses]
        allow = ["MIT"]
    "#,
    ),
    keys: &["dependencies"],
    references: cited::CHANGE,
    sources: &[cited::DENY_CONFIG],
};

/// What a merge does not do.
pub(super) static MERGE_LEFT: Rule = Rule {
    name: "merge-left-weaker",
    title: "A merge left something that only a deletion would mend.",
    severity: Severity::Medium,
    explain: "A merge raises and adds, and never deletes: an ignored advisory or an extra licence was written for a reason. Delete it, or take it \
              into the spec; until then `secgen check` says that the file is weaker.",
    language: Language::Toml,
    spec: Snippet(
        r"
        dependencies:
          licenses: { allow: [MIT, Apache-2.0] }
          bans: { wildcards: deny }
        targets: { cargo: { out: . } }
    ",
    ),
    bad: Snippet(
        r#"
        # file: deny.toml
        [licenses]
        allow = ["MIT", "GPL-3.0-only"]
    "#,
    ),
    good: Snippet(
        r#"
        # file: deny.toml
        [licenses]
        allow = ["MIT"]
    "#,
    ),
    keys: &["dependencies"],
    references: cited::CHANGE,
    sources: &[cited::DENY_LICENSES],
};

/// A hand-written file: its text on disk, what it becomes, and what was done for it.
struct File {
    old: String,
    merged: Merged,
    refused: Vec<String>,
}

/// The steps for all hand-written files that can be merged: at the path of an artifact, or named by `check`. Several
/// environments are merged one after the other, which only ever raises.
pub(super) fn steps(loaded: &Loaded, selection: &Selection, rendered: &[Rendered], sources: &mut Sources) -> (Vec<Step>, Vec<Finding>) {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    let mut findings = Vec::new();
    for policy in selection.policies(loaded) {
        for target in selection.targets(policy) {
            let is_own = |r: &&Rendered| r.artifact.target == target.name() && (r.envs.is_empty() || policy.env.as_ref().is_some_and(|e| r.envs.contains(e)));
            let mut paths: Vec<String> = Vec::new();
            for file in rendered.iter().filter(is_own) {
                if state::of(file, sources).state == FileState::HandWritten {
                    paths.push(file.artifact.path.clone());
                }
            }
            for pattern in target.check_patterns(policy) {
                paths.extend(sources.expand(&pattern.replace("{env}", policy.env.as_deref().unwrap_or("default"))));
            }
            paths.sort();
            paths.dedup();
            for path in paths {
                let text = match sources.read(&path, MAX_CONFIG_BYTES) {
                    Ok(id) => sources.get(id).text().map(str::to_owned),
                    // `check` names it; a render has nothing to do with it.
                    Err(ReadError::NotFound(_)) => continue,
                    Err(error) => {
                        findings.push(Finding::unreadable(&error));
                        continue;
                    }
                };
                let current = files.get(&path).map(|f| f.merged.text.clone()).or_else(|| text.clone()).unwrap_or_default();
                // Rendered files have their own way.
                if render::header::parse(&current).is_some() {
                    continue;
                }
                let Some(result) = target.merge(&path, &current, policy) else { continue };
                let result = match (text.is_some(), state::merge_marker(&current)) {
                    (false, _) => Err(vec!["it is not UTF-8".to_owned()]),
                    (_, Some(line)) => Err(vec![format!("line {line} is a merge marker")]),
                    _ => result,
                };
                merged(files.entry(path), text.unwrap_or_default(), result);
            }
        }
    }
    let steps = files.into_iter().map(|(path, file)| step(path, file, &mut findings)).collect();
    (steps, findings)
}

fn merged(entry: std::collections::btree_map::Entry<'_, String, File>, old: String, result: Result<Merged, Vec<String>>) {
    let nothing = Merged { text: old.clone(), changes: Vec::new(), left: Vec::new() };
    let file = entry.or_insert_with(|| File { old, merged: nothing, refused: Vec::new() });
    match result {
        Ok(merged) => {
            file.merged.text = merged.text;
            file.merged.changes.extend(merged.changes);
            file.merged.left.extend(merged.left);
        }
        Err(reasons) => file.refused.extend(reasons),
    }
    file.merged.left.dedup();
    file.refused.dedup();
}

fn step(path: String, file: File, findings: &mut Vec<Finding>) -> Step {
    let File { old, merged: Merged { text, changes, left }, refused } = file;
    for reason in &refused {
        let finding = Finding::error(&MERGE_REFUSED, format!("{path} cannot be merged: {reason}; nothing was written")).path(&path);
        findings.push(finding.help("mend it by hand, and run `secgen render --merge` again"));
    }
    if !refused.is_empty() {
        return Step { path, verb: "refuse", why: "hand-written".to_owned(), change: None, diff: None, refusal: None };
    }
    for way in left {
        findings.push(Finding::warning(&MERGE_LEFT, format!("{path} is still weaker than the policy, and a merge deletes nothing")).path(&path).help(way));
    }
    if text == old {
        return Step { path, verb: "keep", why: "hand-written, nothing to raise or add".to_owned(), change: None, diff: None, refusal: None };
    }
    let why = format!("hand-written: {}", changes.join("; "));
    let change = Some(write::Change::Write { path: path.clone(), text: text.clone() });
    Step { path, verb: "merge", why, change, diff: Some((old, text)), refusal: None }
}
