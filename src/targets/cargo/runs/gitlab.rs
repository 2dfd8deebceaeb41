//! Which files GitLab reads: `.gitlab-ci.yml`, and what that brings in. A file in `.gitlab/` that nothing includes runs nothing.
//!
//! Source: GitLab, "CI/CD YAML syntax reference" (`include:local`, `trigger:include`).

use super::files::{self, Kind};
use super::shell::Failure;
use super::{Found, yaml};
use crate::document;
use crate::source::{SourceId, Sources};
use std::collections::BTreeSet;

/// How many files are read at most that files of GitLab bring in.
const MOST_INCLUDED: usize = 50;

/// Folders that GitLab does not look into by itself.
const FOLDERS: [&str; 2] = [".gitlab/", ".gitlab-ci/"];

/// Reads what GitLab's file brings in from the same repository, wherever it lies, and notes files that nothing brings in.
pub(super) fn included(sources: &mut Sources, read: &mut Vec<(String, Kind, SourceId)>, found: &mut Found) {
    let mut queue: Vec<(String, SourceId)> =
        read.iter().filter(|(path, ..)| path.starts_with(".gitlab-ci.y")).map(|(path, _, id)| (path.clone(), *id)).collect();
    let mut reached: BTreeSet<String> = queue.iter().map(|(path, _)| path.clone()).collect();
    let has_root = !queue.is_empty();
    // Why there may be more than was seen.
    let mut unsure: Option<String> = None;
    let mut at = 0;
    while let Some((from, id)) = queue.get(at).cloned() {
        at += 1;
        let Ok(root) = document::parse(sources, id) else {
            unsure.get_or_insert(format!("whether {from} includes this file cannot be told: secgen cannot read its YAML (anchors, tags and the like)"));
            continue;
        };
        for pattern in yaml::local(&root) {
            if pattern.contains('$') {
                unsure.get_or_insert(format!("whether {from} includes this file is decided by a variable"));
                continue;
            }
            for path in sources.expand(&pattern) {
                if reached.contains(&path) {
                    continue;
                }
                if queue.len() > MOST_INCLUDED {
                    unsure.get_or_insert(format!("{from} includes more files than secgen follows"));
                    break;
                }
                let known = read.iter_mut().find(|(known, ..)| *known == path);
                let id = if let Some((_, kind, id)) = known {
                    *kind = Kind::Ci;
                    *id
                } else {
                    let Ok(id) = sources.read(&path, files::MAX_BYTES) else { continue };
                    // Only the calls are shown: the rest may hold secrets.
                    sources.cover(id);
                    read.push((path.clone(), Kind::Ci, id));
                    id
                };
                reached.insert(path.clone());
                queue.push((path, id));
            }
        }
    }
    for (path, kind, _) in read.iter() {
        if *kind == Kind::Ci && FOLDERS.iter().any(|folder| path.starts_with(folder)) && !reached.contains(path) {
            let failure = match (&unsure, has_root) {
                (Some(why), _) => Failure::Open(why.clone()),
                (None, true) => Failure::Lost(".gitlab-ci.yml does not include this file, so GitLab never runs it".to_owned()),
                // The setting "CI/CD configuration file" of a project may name any file.
                (None, false) => Failure::Open("there is no .gitlab-ci.yml: only the settings of the project say whether GitLab runs this file".to_owned()),
            };
            found.apart.insert(path.clone(), failure);
        }
    }
}
