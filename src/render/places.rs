//! Each output has a place of its own: none lies below another one, and none takes the place of a file that the spec itself
//! needs and secgen did not make, not even by `--force`.

use super::{OUTPUT_PATH, Rendered};
use crate::finding::Finding;
use crate::policy::{Loaded, Policy};

/// Whether a path is another one, or lies in it as if that were a folder. File systems may not tell letter case apart.
fn is_within(path: &str, above: &str) -> bool {
    let (path, above) = (path.to_lowercase(), above.to_lowercase());
    path.strip_prefix(&above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Outputs that cannot be where the spec puts them. Two at the same path are told where they are rendered.
pub(super) fn refused(loaded: &Loaded, rendered: &[Rendered]) -> Vec<Finding> {
    let Some(first) = loaded.policies.first() else { return Vec::new() };
    let mut needed: Vec<(&str, &str)> = loaded.layers.iter().map(|layer| (layer.name.as_str(), "a layer of the spec")).collect();
    let log = loaded.task_log();
    needed.extend(log.as_deref().map(|log| (log, "the log of tasks")));
    // What the spec pins may not change by rendering. Outputs of templates are refused where the folder is read.
    let pinned = loaded.policies.iter().find_map(|policy| policy.templates.as_ref()).map(|folder| folder.path.clone()).filter(|path| !path.is_empty());
    let mut findings = Vec::new();
    for file in rendered {
        let path = &file.artifact.path;
        let policy = loaded.policies.iter().find(|p| p.env.as_ref().is_none_or(|env| file.envs.contains(env))).unwrap_or(first);
        let mut refuse = |why: String, help: &str| findings.push(placed(file, policy, format!("{path} {why}"), help));
        if pinned.as_deref().is_some_and(|folder| is_within(path, folder)) && file.artifact.target != "templates" {
            refuse("lies in the folder of templates, which the spec pins".to_owned(), "choose another place for out");
        } else if let Some((_, what)) = needed.iter().find(|(needed, _)| is_within(path, needed) || is_within(needed, path)) {
            refuse(format!("is the place of {what}"), "choose another place for out");
        } else if let Some(other) = rendered.iter().find(|r| r.artifact.path.len() < path.len() && is_within(path, &r.artifact.path)) {
            refuse(format!("needs a folder where the file {} is written", other.artifact.path), "give the two different places in out");
        }
    }
    findings
}

fn placed(file: &Rendered, policy: &Policy, message: String, help: &str) -> Finding {
    let out = file.artifact.out_key();
    let mut finding = Finding::error(&OUTPUT_PATH, message).help(help);
    if let Some(span) = policy.origin(&out) {
        finding = finding.at(span, "written here");
    }
    finding.intent(out).path(&file.artifact.path)
}
