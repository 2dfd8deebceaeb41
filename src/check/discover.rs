//! Which files a check is about, where the spec or the command line leaves it open.

use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::policy::Policy;
use crate::source::{MAX_CONFIG_BYTES, ReadError, Sources};
use crate::targets::{self, Target};
use std::path::Path;

/// A pattern without a file.
pub static NO_MATCH: Rule = Rule {
    name: "check-matches-nothing",
    title: "A path or pattern under `check` matches no file.",
    severity: Severity::High,
    explain: "A mistyped path would make the check pass by looking at nothing. Correct it, or remove it.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        http: { headers: { content_type_options: nosniff } }
        targets: { nginx: { check: [deploy/ngnix/*.conf] } }
    ",
    ),
    good: Snippet(
        r"
        http: { headers: { content_type_options: nosniff } }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    keys: &["targets"],
    references: cited::EVIDENCE,
    sources: &[],
};

/// A source of no known kind.
pub static UNKNOWN_KIND: Rule = Rule {
    name: "source-kind-unknown",
    title: "A file is of no kind that secgen can read.",
    severity: Severity::High,
    explain: "secgen tells nginx, PostgreSQL and cargo-deny files by their names and contents. Say what it is: --source nginx=FILE.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("secgen check --spec secgen:recommended site.txt"),
    good: Snippet("secgen check --spec secgen:recommended --source nginx=site.txt"),
    keys: &[],
    references: cited::EVIDENCE,
    sources: &[],
};

/// The finding on a pattern that matches no file.
#[must_use]
pub fn no_match(pattern: &str, target: &dyn Target, policy: &Policy) -> Finding {
    let key = target.check_key(policy, pattern);
    let mut finding = Finding::error(&NO_MATCH, format!("{pattern} under {key} matches no file"))
        .help("correct the path (it is relative to the root), or remove it")
        .intent(&key);
    if let Some(span) = policy.origin(&key) {
        finding = finding.at(span, "listed here");
    }
    finding
}

/// The target that reads a file, by its name and contents.
///
/// # Errors
/// The file cannot be read, or no target claims it.
pub fn kind(sources: &mut Sources, path: &str) -> Result<&'static dyn Target, Box<Finding>> {
    let id = sources.read(path, MAX_CONFIG_BYTES).map_err(|e: ReadError| Box::new(Finding::unreadable(&e)))?;
    let bytes = sources.get(id).bytes();
    let unknown = || {
        let names: Vec<&str> = targets::ALL.iter().map(|t| t.name()).collect();
        let help = format!("say what it is, such as --source nginx={path} (kinds: {})", names.join(", "));
        Box::new(Finding::error(&UNKNOWN_KIND, format!("{path} is of no kind that secgen can read")).help(help).path(path))
    };
    targets::ALL.into_iter().find(|t| t.claims(path, bytes)).ok_or_else(unknown)
}

/// Hand-written files below the root by target, for `init`: at most `most` files are looked at.
#[must_use]
pub fn survey(sources: &mut Sources, most: usize) -> Vec<(&'static str, String)> {
    let root = sources.root().to_path_buf();
    let walk = walkdir::WalkDir::new(&root).max_depth(8).follow_links(false).sort_by_file_name();
    let entries = walk.into_iter().filter_entry(|e| {
        let name = e.file_name().to_string_lossy();
        e.depth() == 0 || !(e.file_type().is_dir() && (name.starts_with('.') && name != ".cargo" || matches!(&*name, "target" | "node_modules" | "vendor")))
    });
    let candidates: Vec<String> = entries
        .flatten()
        .filter(|e| e.file_type().is_file() && e.metadata().is_ok_and(|m| m.len() < 1 << 20))
        .filter_map(|e| Some(e.path().strip_prefix(&root).ok()?.to_str()?.replace('\\', "/")))
        .filter(|p| p.ends_with(".conf") || p.ends_with("deny.toml") || p.ends_with("Cargo.toml"))
        .take(most)
        .collect();
    let mut found = Vec::new();
    for path in candidates {
        if path.ends_with("Cargo.toml") {
            found.push(("Cargo.toml", path));
        } else if let Ok(target) = kind(sources, &path) {
            found.push((target.name(), path));
        }
    }
    found
}

/// How many files named `secgen.yaml` lie below the root, beside the one in use.
#[must_use]
pub fn other_specs(root: &Path, spec: &str) -> usize {
    specs(root, 50_000).found.iter().filter(|found| *found != spec).count()
}

/// What lies below a root.
#[derive(Debug, Default)]
pub struct Specs {
    /// Every `secgen.yaml`, by path.
    pub found: Vec<String>,
    /// Files of a similar name, which would silently not be read.
    pub misnamed: Vec<String>,
    /// What was passed over, and why.
    pub passed_over: Vec<(String, String)>,
    /// Folders that cannot be listed.
    pub unreadable: Vec<ReadError>,
}

/// The spec's file name.
pub const SPEC: &str = "secgen.yaml";
/// Names that people write instead.
pub const NEAR_MISSES: [&str; 5] = ["secgen.yml", ".secgen.yaml", ".secgen.yml", "Secgen.yaml", "secgen.YAML"];

/// Every spec below a root, of at most `most` files and folders. Hidden folders, `target`, `node_modules` and `vendor`
/// are not entered, nor are other repositories, whose paths start from their own root; symbolic links are not followed.
#[must_use]
pub fn specs(root: &Path, most: usize) -> Specs {
    let mut specs = Specs::default();
    let relative = |path: &Path| path.strip_prefix(root).ok().and_then(Path::to_str).map(|p| p.replace('\\', "/"));
    let mut walk = walkdir::WalkDir::new(root).follow_links(false).sort_by_file_name().into_iter();
    let mut seen = 0;
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().and_then(relative).unwrap_or_default();
                specs.unreadable.push(ReadError::Io { path, error: error.io_error().map_or_else(|| error.to_string(), ToString::to_string) });
                continue;
            }
        };
        seen += 1;
        if seen > most {
            break;
        }
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_dir() {
            let is_skipped = name.starts_with('.') || matches!(&*name, "target" | "node_modules" | "vendor");
            let is_repository = || entry.path().join(".git").symlink_metadata().is_ok();
            if entry.depth() > 0 && (is_skipped || is_repository()) {
                if let (false, Some(path)) = (is_skipped, relative(entry.path())) {
                    specs.passed_over.push((path, "a repository of its own: run secgen there".to_owned()));
                }
                walk.skip_current_dir();
            }
            continue;
        }
        let Some(path) = relative(entry.path()) else { continue };
        if name == SPEC && entry.file_type().is_file() {
            specs.found.push(path);
        } else if name == SPEC {
            specs.passed_over.push((path, "no regular file, and links are not followed: name it with --spec".to_owned()));
        } else if NEAR_MISSES.contains(&&*name) && entry.file_type().is_file() {
            specs.misnamed.push(path);
        }
    }
    specs
}
