//! Where the root is, and which spec is in use.

use crate::check::discover::{NEAR_MISSES, SPEC};
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::policy::profiles;
use std::path::{Component, Path, PathBuf};

/// Words on the command line that cannot be used.
pub(super) static USAGE: Rule = Rule {
    name: "usage",
    title: "The command line names something that does not exist.",
    severity: Severity::High,
    explain: "Correct the argument; each command's --help has an example.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("secgen check --env prd"),
    good: Snippet("secgen check --env prod"),
    keys: &[],
    references: cited::EVIDENCE,
    sources: &[],
};

/// No spec.
pub(super) static NO_SPEC: Rule = Rule {
    name: "spec-not-found",
    title: "There is no spec.",
    severity: Severity::High,
    explain: "secgen looks for secgen.yaml from the working directory up to the root (the nearest folder with .git). Write one with `secgen init`, or \
              use a built-in profile: --spec secgen:recommended.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("cd /tmp && secgen check"),
    good: Snippet("cd services/payments && secgen check    # secgen.yaml is here or above"),
    keys: &[],
    references: cited::SPEC,
    sources: &[],
};

/// A spec under another name.
pub(super) static NEAR_MISS: Rule = Rule {
    name: "spec-misnamed",
    title: "A file looks like the spec, but has another name.",
    severity: Severity::High,
    explain: "The spec is named secgen.yaml. A file of a similar name would silently not be read, so secgen stops.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: secgen.yml
        http: { headers: { content_type_options: nosniff } }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    good: Snippet(
        r"
        # file: secgen.yaml
        http: { headers: { content_type_options: nosniff } }
        targets: { nginx: { out: deploy/nginx } }
    ",
    ),
    keys: &[],
    references: cited::SPEC,
    sources: &[],
};

/// The root, and the spec as [`crate::policy::load`] wants it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) spec: String,
}

type Failure = (PathBuf, Box<Finding>);

/// Decides root and spec.
pub(super) fn locate(spec: Option<&str>, root: Option<&Path>) -> Result<Place, Failure> {
    let here = here();
    let fail = |root: &Path, finding: Finding| (root.to_path_buf(), Box::new(finding));
    if let Some(root) = root
        && !root.is_dir()
    {
        return Err(fail(&here, Finding::error(&USAGE, format!("--root {} is no folder", root.display())).help("name an existing folder")));
    }
    let given = root.map(|r| absolute(&here, r));
    if let Some(name) = spec.filter(|s| profiles::is_builtin(s)) {
        let root = given.or_else(|| git_root(&here)).unwrap_or(here);
        return Ok(Place { root, spec: name.to_owned() });
    }
    if let Some(file) = spec {
        let file = absolute(&here, Path::new(file));
        let folder = file.parent().unwrap_or(&here).to_path_buf();
        let root = given.or_else(|| git_root(&folder)).unwrap_or(folder);
        return match relative(&root, &file) {
            Some(spec) => Ok(Place { root, spec }),
            None => Err(fail(
                &root,
                Finding::error(&USAGE, format!("--spec {} lies outside the root {}", file.display(), root.display())).help("name a --root that holds it"),
            )),
        };
    }
    let top = given.clone().or_else(|| git_root(&here));
    // A root that is named and lies elsewhere is where the search starts.
    let start = given.clone().filter(|root| !here.starts_with(root)).unwrap_or_else(|| here.clone());
    let mut folder = Some(start.as_path());
    while let Some(current) = folder {
        if let Some(wrong) = NEAR_MISSES.iter().find(|n| has_file(current, n)) {
            let both =
                if current.join(SPEC).is_file() { format!("{wrong} lies beside {SPEC}") } else { format!("{wrong} is not read: the spec is named {SPEC}") };
            let root = top.clone().unwrap_or_else(|| current.to_path_buf());
            return Err(fail(
                &root,
                Finding::error(&NEAR_MISS, both).path(current.join(wrong).display().to_string()).help(format!("keep one file, named {SPEC}")),
            ));
        }
        if current.join(SPEC).symlink_metadata().is_ok() {
            let root = top.unwrap_or_else(|| current.to_path_buf());
            let file = current.join(SPEC);
            return match relative(&root, &file) {
                Some(spec) => Ok(Place { root, spec }),
                None => Err(fail(&root, no_spec(&start))),
            };
        }
        // Without a repository only the working directory itself is looked at: a spec above is somebody else's.
        if top.as_deref() == Some(current) || top.is_none() {
            break;
        }
        folder = current.parent();
    }
    let root = top.unwrap_or_else(|| here.clone());
    Err(fail(&root, no_spec(&start)))
}

/// The root of a run over all specs below it.
pub(super) fn workspace(root: Option<&Path>) -> Result<PathBuf, Failure> {
    let here = here();
    match root {
        Some(root) if !root.is_dir() => {
            let finding = Finding::error(&USAGE, format!("--root {} is no folder", root.display())).help("name an existing folder");
            Err((here, Box::new(finding)))
        }
        Some(root) => Ok(absolute(&here, root)),
        None => Ok(git_root(&here).unwrap_or(here)),
    }
}

fn no_spec(here: &Path) -> Finding {
    Finding::error(&NO_SPEC, format!("no {SPEC} in {} or above it, up to the root", here.display()))
        .help("write one: secgen init")
        .help("or use a built-in profile: secgen check --spec secgen:recommended nginx.conf")
}

/// Exact spelling, also where the file system ignores case.
pub(super) fn has_file(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file() && std::fs::read_dir(folder).is_ok_and(|mut d| d.any(|e| e.is_ok_and(|e| e.file_name() == name)))
}

/// The working directory.
pub(super) fn here() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The nearest folder with `.git`: a folder, or a file in worktrees and submodules.
pub(super) fn git_root(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|f| f.join(".git").symlink_metadata().is_ok()).map(Path::to_path_buf)
}

/// Absolute and without `.` and `..`.
pub(super) fn absolute(here: &Path, path: &Path) -> PathBuf {
    let joined = here.join(path);
    let mut out = PathBuf::new();
    for part in joined.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// `/`-separated path below the root.
pub(super) fn relative(root: &Path, file: &Path) -> Option<String> {
    let inside = |root: &Path, file: &Path| Some(file.strip_prefix(root).ok()?.to_str()?.replace('\\', "/"));
    inside(root, file).or_else(|| {
        // One of the two may lead through a symbolic link.
        let real = std::fs::canonicalize(file.parent()?).ok()?.join(file.file_name()?);
        inside(&std::fs::canonicalize(root).ok()?, &real)
    })
}
