//! `secgen.lock`: the list of output paths, to find what is no longer rendered. Untrusted input: it only names
//! candidates, and a file is removed only if it carries our own proof.

use std::collections::BTreeMap;

/// The file's name, beside the spec.
pub const NAME: &str = "secgen.lock";

const HEAD: &str = "# Output paths of secgen, to find files that are no longer rendered. Do not edit.\n";

/// Path to target.
#[must_use]
pub fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|l| !l.starts_with('#')).take(10_000);
    lines.filter_map(|l| l.split_once(' ')).map(|(target, path)| (path.trim().to_owned(), target.to_owned())).collect()
}

/// The file's text.
#[must_use]
pub fn format(paths: &BTreeMap<String, String>) -> String {
    let mut text = HEAD.to_owned();
    for (path, target) in paths {
        text.push_str(&format!("{target} {path}\n"));
    }
    text
}
