//! Which files of a repository start programs, and of which kind each is.

use crate::source::Sources;

/// The largest file that is read here: 1 MiB.
pub(super) const MAX_BYTES: u64 = 1 << 20;
/// How many files are read at most.
const MOST_FILES: usize = 500;
/// How many names are looked at at most.
const MOST_NAMES: usize = 50_000;
/// How many folders deep a file may lie.
const MAX_DEPTH: usize = 5;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A workflow of GitHub, Forgejo or Gitea.
    Workflow,
    /// An action of its own.
    Action,
    /// Another CI system's YAML.
    Ci,
    /// The YAML of pre-commit.
    PreCommit,
    /// YAML of a program that runs tasks.
    Tasks,
    /// A makefile.
    Make,
    /// A justfile.
    Just,
    /// A shell script.
    Script,
    /// A Dockerfile or Earthfile.
    Docker,
    /// Tasks in TOML: cargo-make, mise.
    TomlTasks,
    /// `.cargo/config.toml`.
    CargoConfig,
    /// Rust code of an xtask.
    Rust,
    /// The scripts of `package.json`.
    Package,
    /// A CI system whose files are not understood, such as a Jenkinsfile.
    OtherCi,
    /// Not understood: only looked through.
    Other,
}

impl Kind {
    /// Whether a server starts it by itself.
    pub(super) fn is_ci(self) -> bool {
        matches!(self, Self::Workflow | Self::Ci | Self::OtherCi)
    }
}

/// CI systems by the path of their file in the root.
const CI_FILES: [&str; 20] = [
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".travis.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    "bitbucket-pipelines.yml",
    ".cirrus.yml",
    "appveyor.yml",
    ".appveyor.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    "cloudbuild.yaml",
    "cloudbuild.yml",
    "buildspec.yml",
    "buildspec.yaml",
    ".build.yml",
    "codefresh.yml",
    ".rultor.yml",
    "wercker.yml",
];

/// Folders of the root whose YAML belongs to a CI system.
const CI_FOLDERS: [&str; 10] =
    [".circleci/", ".buildkite/", ".gitlab/", ".woodpecker/", ".builds/", ".semaphore/", ".azure-pipelines/", ".azure/", ".tekton/", ".gitlab-ci/"];

/// Folders whose files are scripts, whatever their names.
const SCRIPT_FOLDERS: [&str; 16] = [
    "scripts",
    "script",
    "ci",
    ".ci",
    "bin",
    "tools",
    "hack",
    "dev",
    "contrib",
    ".github",
    ".gitlab",
    ".husky",
    ".githooks",
    "githooks",
    "hooks",
    "build-scripts",
];

/// The kind of a file, by its path from the root.
pub(super) fn kind(path: &str) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let (_, ending) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let is_yaml = matches!(ending, "yml" | "yaml");
    let below = |folder: &str| path.strip_prefix(folder);
    for folder in [".github/workflows/", ".forgejo/workflows/", ".gitea/workflows/"] {
        if let Some(rest) = below(folder).filter(|_| is_yaml) {
            return (!rest.contains('/')).then_some(Kind::Workflow);
        }
    }
    if matches!(lower.as_str(), "action.yml" | "action.yaml") {
        return Some(Kind::Action);
    }
    let parts: Vec<&str> = path.split('/').collect();
    let in_ci = parts.len() > 1 && matches!(parts[0], "ci" | ".ci");
    if CI_FILES.contains(&path) || (is_yaml && (in_ci || CI_FOLDERS.iter().any(|f| path.starts_with(f)))) {
        return Some(Kind::Ci);
    }
    match lower.as_str() {
        ".pre-commit-config.yaml" | ".pre-commit-config.yml" => return Some(Kind::PreCommit),
        "lefthook.yml" | "lefthook.yaml" | ".lefthook.yml" | ".lefthook.yaml" | "taskfile.yml" | "taskfile.yaml" | "taskfile.dist.yml"
        | "taskfile.dist.yaml" => {
            return Some(Kind::Tasks);
        }
        "makefile" | "gnumakefile" => return Some(Kind::Make),
        "justfile" | ".justfile" => return Some(Kind::Just),
        "makefile.toml" | "mise.toml" | ".mise.toml" => return Some(Kind::TomlTasks),
        "earthfile" | "containerfile" => return Some(Kind::Docker),
        "package.json" => return Some(Kind::Package),
        "jenkinsfile" => return Some(Kind::OtherCi),
        "noxfile.py" | "tasks.py" | "dangerfile" | "rakefile" => return Some(Kind::Other),
        _ => {}
    }
    if lower.starts_with("dockerfile") || ending == "dockerfile" {
        return Some(Kind::Docker);
    }
    if ending == "rs" {
        let is_tool = parts.len() > 1 && SCRIPT_FOLDERS.contains(&parts[0]);
        return (is_tool || parts.iter().any(|p| p.contains("xtask"))).then_some(Kind::Rust);
    }
    if path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config") {
        return Some(Kind::CargoConfig);
    }
    match ending {
        "mk" | "mak" => return Some(Kind::Make),
        "just" => return Some(Kind::Just),
        "sh" | "bash" | "zsh" => return Some(Kind::Script),
        "nix" | "groovy" | "star" => return Some(Kind::Other),
        _ => {}
    }
    let among_scripts = parts[..parts.len() - 1].iter().any(|p| SCRIPT_FOLDERS.contains(p) || *p == ".cargo-husky");
    match ending {
        "" if among_scripts => Some(Kind::Script),
        "py" | "ps1" | "js" | "mjs" | "ts" | "rb" | "pl" | "nu" | "fish" if among_scripts => Some(Kind::Other),
        // Programs that run tasks are many: what lies in the root, or in a folder of settings, is looked through.
        "toml" | "yml" | "yaml" | "json" | "pkl" | "kdl" | "ini" | "cfg" if is_setting(&parts, &lower) => Some(Kind::Other),
        _ => None,
    }
}

/// Whether a file may be the settings of a program that runs tasks. Files of cargo, of the programs themselves and of
/// secgen name them without running them.
fn is_setting(parts: &[&str], name: &str) -> bool {
    let is_own = name.ends_with("deny.toml") || name.ends_with("exceptions.toml") || name.ends_with("audit.toml") || name.starts_with("secgen");
    let is_other = matches!(name, "cargo.toml" | "package-lock.json" | "renovate.json" | "renovate.json5" | "typos.toml" | "dist-workspace.toml");
    let place = parts.len() == 1 || (parts.len() == 2 && matches!(parts[0], ".config" | ".moon" | ".mise" | ".trunk" | ".vscode"));
    place && !is_own && !is_other
}

/// The files of a repository that start programs, in byte order, and whether more were left out.
pub(super) fn find(sources: &Sources) -> (Vec<(String, Kind)>, bool) {
    let (paths, more) = sources.survey(MAX_DEPTH, MOST_NAMES, &|path| kind(path).is_some());
    let mut found: Vec<(String, Kind)> = paths.into_iter().filter_map(|path| kind(&path).map(|kind| (path, kind))).collect();
    // What a CI server reads comes first, so that it is never among those left out.
    found.sort_by(|a, b| (!a.1.is_ci(), &a.0).cmp(&(!b.1.is_ci(), &b.0)));
    let more = more || found.len() > MOST_FILES;
    found.truncate(MOST_FILES);
    (found, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_path() {
        for (path, wanted) in [
            (".github/workflows/ci.yml", Some(Kind::Workflow)),
            ("example/.github/workflows/ci.yml", None),
            (".github/workflows/old/ci.yml", None),
            (".github/actions/deny/action.yml", Some(Kind::Action)),
            (".gitlab-ci.yml", Some(Kind::Ci)),
            ("sub/.gitlab-ci.yml", None),
            ("ci/rust.yml", Some(Kind::Ci)),
            (".circleci/config.yml", Some(Kind::Ci)),
            ("Makefile", Some(Kind::Make)),
            ("backend/GNUmakefile", Some(Kind::Make)),
            ("build/rules.mk", Some(Kind::Make)),
            ("justfile", Some(Kind::Just)),
            ("Taskfile.yml", Some(Kind::Tasks)),
            ("scripts/check", Some(Kind::Script)),
            ("check.sh", Some(Kind::Script)),
            (".husky/pre-push", Some(Kind::Script)),
            ("scripts/check.py", Some(Kind::Other)),
            ("src/check.py", None),
            ("xtask/src/main.rs", Some(Kind::Rust)),
            ("tools/ci/src/main.rs", Some(Kind::Rust)),
            ("src/main.rs", None),
            ("moon.yml", Some(Kind::Other)),
            ("Cargo.toml", None),
            ("secgen.yaml", None),
            (".cargo/config.toml", Some(Kind::CargoConfig)),
            ("Makefile.toml", Some(Kind::TomlTasks)),
            ("docker/Dockerfile.ci", Some(Kind::Docker)),
            ("Jenkinsfile", Some(Kind::OtherCi)),
            ("flake.nix", Some(Kind::Other)),
            ("README", None),
            ("deny.toml", None),
        ] {
            assert_eq!(kind(path), wanted, "{path}");
        }
    }
}
