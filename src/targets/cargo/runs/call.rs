//! Words of a command to a call of cargo-deny or cargo-audit: what it checks, and what it lets pass.

use super::shell::{self, Failure, MAX_DEPTH, Shell, UNKNOWN};
use std::collections::BTreeMap;

/// The programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// cargo-deny.
    Deny,
    /// cargo-audit.
    Audit,
}

/// The checks of cargo-deny, in the order of its documentation.
pub(super) const CHECKS: [&str; 4] = ["advisories", "bans", "licenses", "sources"];

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Of which program.
    pub(super) tool: Tool,
    /// Which checks of cargo-deny it runs, by their place in [`CHECKS`].
    pub(super) checks: [bool; 4],
    /// Checks that it runs and that cannot fail, and why.
    pub(super) lost: Vec<(usize, String)>,
    /// The option with which several versions of a crate pass, which only some policies refuse.
    pub(super) lets_versions_pass: Option<String>,
    /// What becomes of its failure.
    pub(super) failure: Failure,
    /// The configuration that it names.
    pub(super) config: Option<String>,
    /// The folder of the manifest, relative to where the text runs; `None` where that is not known.
    pub(super) folder: Option<String>,
    /// Options that leave crates out of every check.
    pub(super) narrows: Vec<String>,
    /// Advisories that it ignores on the command line.
    pub(super) ignores: Vec<String>,
    /// The first byte of the command in its text.
    pub(super) start: usize,
}

/// Names that cargo knows for other words: `[alias]` of its configuration.
pub(super) type Aliases = BTreeMap<String, Vec<String>>;

/// Programs that start what follows them, with the number of words of their own.
const WRAPPERS: [(&str, usize); 18] = [
    ("sudo", 0),
    ("time", 0),
    ("env", 0),
    ("exec", 0),
    ("command", 0),
    ("nice", 0),
    ("nohup", 0),
    ("stdbuf", 0),
    ("timeout", 1),
    ("retry", 0),
    ("rustup", 2),
    ("mise", 1),
    ("nix", 1),
    ("direnv", 2),
    ("devbox", 1),
    ("uv", 1),
    ("pixi", 1),
    ("poetry", 1),
];

/// Programs whose arguments are no commands.
const TALKERS: [&str; 35] = [
    "echo", "printf", "cat", "grep", "rg", "which", "type", "hash", "test", "[", "[[", "git", "apt", "apt-get", "brew", "curl", "wget", "pip", "npm", "rm",
    "ls", "cp", "mv", "mkdir", "sed", "awk", "find", "tar", "alias", "export", "local", "return", "exit", "gh", "read",
];

/// Whether the arguments of a command are no command.
pub(super) fn only_talks(words: &[String]) -> bool {
    let Some((name, rest)) = words.split_first() else { return true };
    let name = base(name);
    TALKERS.contains(&name) || (name == "command" && rest.first().is_some_and(|word| word.eq_ignore_ascii_case("-v")))
}

/// The calls of a text.
pub(super) fn calls(text: &str, shell: Shell, aliases: &Aliases) -> Vec<Call> {
    text_calls(text, shell, aliases, 0)
}

fn text_calls(text: &str, shell: Shell, aliases: &Aliases, depth: usize) -> Vec<Call> {
    if depth > MAX_DEPTH || !mentions(text, aliases) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for command in shell::commands(text, shell) {
        let inner = words_calls(&command.words, aliases, depth);
        out.extend(inner.into_iter().map(|call| Call {
            failure: worse(call.failure, command.failure.clone()),
            folder: match (&command.folder, &call.folder) {
                (Some(folder), Some(inner)) => crate::source::join(folder, inner),
                _ => None,
            },
            start: command.start,
            ..call
        }));
        // The last of these is open: the shell's reader has stopped looking at what becomes of failures.
        if out.len() > shell::MOST_CALLS {
            break;
        }
    }
    out
}

/// Whether a text can hold a call at all: the quick way out for nearly every text.
pub(super) fn mentions(text: &str, aliases: &Aliases) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("cargo") && (lower.contains("deny") || lower.contains("audit") || aliases.keys().any(|name| text.contains(name.as_str())))
}

/// What becomes of a failure on its way through two places.
pub(super) fn worse(one: Failure, other: Failure) -> Failure {
    match (&one, &other) {
        (Failure::Lost(_), _) => one,
        (_, Failure::Lost(_)) => other,
        (Failure::Open(_), _) => one,
        _ => other,
    }
}

fn base(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

fn is_cargo(word: &str) -> bool {
    base(word) == "cargo" || matches!(word, "$CARGO" | "${CARGO}" | "$(CARGO)")
}

/// The program of a word that is cargo-deny or cargo-audit itself.
fn own_name(word: &str) -> Option<Tool> {
    match base(word) {
        "cargo-deny" => Some(Tool::Deny),
        "cargo-audit" => Some(Tool::Audit),
        _ => None,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// The calls of one command, in its words.
pub(super) fn words_calls(words: &[String], aliases: &Aliases, depth: usize) -> Vec<Call> {
    if depth > MAX_DEPTH {
        return Vec::new();
    }
    // A command that another one's output is made of.
    let strict = Shell { errexit: true, pipefail: false };
    let substituted = words.iter().filter(|w| w.contains("$(") || w.contains('`')).flat_map(|w| {
        let inner: String = w.replace('`', "\n").replace("$(", "\n").replace(')', "\n");
        text_calls(&inner, strict, aliases, depth + 1)
            .into_iter()
            .map(|call| Call { failure: worse(call.failure.clone(), Failure::Open("it stands in a command substitution".to_owned())), ..call })
    });
    let mut out: Vec<Call> = substituted.collect();
    let Some(first) = words.iter().position(|w| !is_assignment(w)) else { return out };
    let words = &words[first..];
    let name = base(&words[0]);
    if only_talks(words) {
        return out;
    }
    // `sh -c TEXT` and the like, wherever they stand: `docker run image sh -c TEXT`.
    let shells = ["sh", "bash", "dash", "zsh", "ash"];
    if let Some(at) = words.iter().position(|w| shells.contains(&base(w))) {
        let flag = words[at + 1..].iter().position(|w| w.starts_with('-') && !w.starts_with("--") && w.ends_with('c')).map(|n| at + 1 + n);
        if let Some((flag, text)) = flag.and_then(|f| Some((&words[f], words.get(f + 1)?))) {
            let shell = Shell { errexit: flag.contains('e'), pipefail: words.iter().any(|w| w == "pipefail") };
            let sure = at == 0 || is_wrapped(words, at);
            out.extend(text_calls(text, shell, aliases, depth + 1).into_iter().map(|call| unsure(call, sure, name)));
            return out;
        }
    }
    // `nix-shell --run TEXT`, `nix develop -c TEXT...`, `just --command TEXT...`
    for pair in words.windows(2).filter(|p| matches!(p[0].as_str(), "--run" | "--command" | "-c") && p[1].contains(' ')) {
        out.extend(text_calls(&pair[1], strict, aliases, depth + 1));
    }
    let Some(at) = words.iter().position(|w| is_cargo(w) || own_name(w).is_some()) else { return out };
    let sure = at == 0 || is_wrapped(words, at);
    let (tool, arguments) = match own_name(&words[at]) {
        // `docker run image cargo-deny check` is a call, `snap install cargo-deny` is none.
        Some(tool) => {
            let rest = &words[at + 1..];
            let rest = if rest.first().is_some_and(|w| w == "deny" || w == "audit") { &rest[1..] } else { rest };
            if !sure && tool == Tool::Deny && !rest.iter().any(|w| w == "check") {
                return out;
            }
            (tool, rest.to_vec())
        }
        None => match subcommand(&words[at + 1..], aliases, 0) {
            Some(both) => both,
            None => return out,
        },
    };
    let call = match tool {
        Tool::Deny => deny(&arguments),
        Tool::Audit => audit(&arguments),
    };
    out.extend(call.map(|call| unsure(call, sure, name)));
    out
}

/// A call whose program stands behind one that is not known is not decided.
fn unsure(call: Call, sure: bool, name: &str) -> Call {
    if sure {
        return call;
    }
    let why = format!("{} starts it, and secgen does not know what that does with a failure", super::super::generation::shown(name));
    Call { failure: worse(call.failure, Failure::Open(why)), ..call }
}

/// Whether all words before `at` belong to programs that start what follows them.
fn is_wrapped(words: &[String], at: usize) -> bool {
    let mut i = 0;
    while i < at {
        let word = words[i].as_str();
        if word.starts_with('-') || is_assignment(word) {
            // An option, or an assignment behind `env`.
            i += 1;
            continue;
        }
        let Some((_, own)) = WRAPPERS.iter().find(|(name, _)| *name == base(word)) else { return false };
        i += 1;
        let mut own = *own;
        while own > 0 && i < at {
            own -= usize::from(!words[i].starts_with('-'));
            i += 1;
        }
    }
    i == at
}

/// The program behind `cargo`, and its arguments.
fn subcommand(words: &[String], aliases: &Aliases, depth: usize) -> Option<(Tool, Vec<String>)> {
    let mut i = 0;
    loop {
        let word = words.get(i)?;
        match word.as_str() {
            "--color" | "--config" | "-Z" | "-C" => i += 2,
            w if w.starts_with('+') || w.starts_with('-') => i += 1,
            "deny" => return Some((Tool::Deny, words[i + 1..].to_vec())),
            "audit" => return Some((Tool::Audit, words[i + 1..].to_vec())),
            name => {
                let expanded = aliases.get(name).filter(|_| depth < MAX_DEPTH)?;
                let all: Vec<String> = expanded.iter().chain(&words[i + 1..]).cloned().collect();
                return subcommand(&all, aliases, depth + 1);
            }
        }
    }
}

/// Options of cargo-deny 0.20 and of releases before it that take a value (`main.rs`, `check.rs`).
const DENY_VALUES: [&str; 22] = [
    "-L",
    "--log-level",
    "-f",
    "--format",
    "-c",
    "--color",
    "--manifest-path",
    "--metadata-path",
    "--config",
    "--exclude",
    "-t",
    "--target",
    "--features",
    "-g",
    "--graph",
    "-W",
    "--warn",
    "-A",
    "--allow",
    "-D",
    "--deny",
    "--feature-depth",
];

/// The check that a diagnostic of cargo-deny belongs to, where letting it pass voids what the check is for
/// (`diags.rs` of each check).
fn check_of(lint: &str) -> Option<usize> {
    match lint {
        "vulnerability" | "notice" | "unmaintained" | "unsound" | "yanked" => Some(0),
        "banned"
        | "not-allowed"
        | "wildcard"
        | "build-script-not-allowed"
        | "detected-executable"
        | "denied-by-extension"
        | "checksum-mismatch"
        | "feature-banned" => Some(1),
        "rejected" | "unlicensed" => Some(2),
        "source-not-allowed" | "git-source-underspecified" => Some(3),
        _ => None,
    }
}

/// `cargo deny ...`: `None` where it checks nothing.
pub(super) fn deny(arguments: &[String]) -> Option<Call> {
    let mut call = Call {
        tool: Tool::Deny,
        checks: [false; 4],
        lost: Vec::new(),
        lets_versions_pass: None,
        failure: Failure::Counts,
        config: None,
        folder: Some(String::new()),
        narrows: Vec::new(),
        ignores: Vec::new(),
        start: 0,
    };
    let mut positional: Vec<&str> = Vec::new();
    let mut i = 0;
    while let Some(word) = arguments.get(i) {
        i += 1;
        if !word.starts_with('-') {
            positional.extend(word.split_whitespace());
            continue;
        }
        if matches!(word.as_str(), "--help" | "-h" | "--version" | "-V") {
            return None;
        }
        // `--config=x`, and `-Ax` of one letter.
        let short = word.len() > 2 && !word.starts_with("--");
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            _ if short && word.is_char_boundary(2) && DENY_VALUES.contains(&&word[..2]) => (&word[..2], Some(word[2..].trim_start_matches('='))),
            _ => (word.as_str(), None),
        };
        let value = if DENY_VALUES.contains(&name) {
            attached.map(str::to_owned).or_else(|| {
                i += 1;
                arguments.get(i - 1).cloned()
            })
        } else {
            None
        };
        option(&mut call, name, value.as_deref().unwrap_or_default());
    }
    let (first, which) = positional.split_first()?;
    if first.contains(['$', UNKNOWN, '{']) {
        call.failure = Failure::Open("what cargo-deny does here is decided elsewhere".to_owned());
        call.checks = [true; 4];
        return Some(call);
    }
    if *first != "check" {
        return None;
    }
    for name in which {
        match CHECKS.iter().position(|c| c == name) {
            Some(at) => call.checks[at] = true,
            None if *name == "all" => call.checks = [true; 4],
            None => {
                call.failure = Failure::Open("which checks it runs is decided elsewhere".to_owned());
                call.checks = [true; 4];
            }
        }
    }
    if which.is_empty() {
        call.checks = [true; 4];
    }
    Some(call)
}

fn option(call: &mut Call, name: &str, value: &str) {
    match name {
        // Before 0.20 `-c` of `check` named the configuration; today it is the colour.
        "--config" => call.config = Some(value.to_owned()),
        "-c" if value.ends_with(".toml") => call.config = Some(value.to_owned()),
        "--manifest-path" if !value.contains(['$', UNKNOWN]) => {
            call.folder = crate::source::join("", value).map(|path| crate::source::folder_of(&path).to_owned());
        }
        "--manifest-path" => call.folder = None,
        "--exclude" | "-t" | "--target" => call.narrows.push(format!("{name} {}", super::super::generation::shown(value))),
        "--exclude-dev" | "--exclude-unpublished" | "--no-default-features" => call.narrows.push(name.to_owned()),
        "-A" | "--allow" | "-W" | "--warn" => {
            let shown = format!("{name} {}", super::super::generation::shown(value));
            match value {
                "denied" => call.failure = Failure::Lost(format!("`{shown}` makes every error pass")),
                // Warnings pass anyway.
                "warnings" | "allowed" => {}
                lint if lint.contains(['$', UNKNOWN]) => call.failure = Failure::Open("what it lets pass is decided elsewhere".to_owned()),
                "duplicate" => call.lets_versions_pass = Some(format!("`{shown}` lets several versions of a crate pass")),
                lint => call.lost.extend(check_of(lint).map(|check| (check, format!("`{shown}` lets it pass")))),
            }
        }
        _ => {}
    }
}

/// `cargo audit ...`: `None` where it checks nothing.
pub(super) fn audit(arguments: &[String]) -> Option<Call> {
    let mut ignores = Vec::new();
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--help" | "-h" | "--version" | "-V" | "help" => return None,
            "--ignore" => ignores.extend(words.next().map(str::to_owned)),
            _ => ignores.extend(word.strip_prefix("--ignore=").map(str::to_owned)),
        }
    }
    let failure = Failure::Counts;
    let folder = Some(String::new());
    Some(Call {
        tool: Tool::Audit,
        checks: [true, false, false, false],
        lost: Vec::new(),
        lets_versions_pass: None,
        failure,
        config: None,
        folder,
        narrows: Vec::new(),
        ignores,
        start: 0,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const STRICT: Shell = Shell { errexit: true, pipefail: false };

    fn all(text: &str) -> Vec<Call> {
        let aliases = Aliases::from([("lint-deps".to_owned(), vec!["deny".to_owned(), "check".to_owned()])]);
        calls(text, STRICT, &aliases)
    }

    fn one(text: &str) -> Call {
        let mut all = all(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn each_way_to_call_it_is_seen() {
        for text in [
            "cargo deny check",
            "cargo +stable deny check",
            "cargo-deny check",
            "cargo --locked deny --all-features check all",
            "/usr/local/bin/cargo-deny --workspace check",
            "CI=1 cargo deny check",
            "sudo -E env A=b cargo deny check",
            "time cargo deny check advisories bans licenses sources",
            "timeout 10m cargo deny check",
            "$CARGO deny check",
            "bash -c 'cargo deny check'",
            "sh -ec \"cargo deny check\"",
            "nix-shell --run 'cargo deny check'",
            "nix develop -c cargo deny check",
            "mise exec -- cargo deny check",
            "rustup run stable cargo deny check",
            "cargo deny \\\n  --locked \\\n  check",
            "cargo deny -L error check --hide-inclusion-graph",
            "cargo lint-deps",
            "if [ -f deny.toml ]; then cargo deny check; fi",
        ] {
            let call = one(text);
            assert_eq!((call.tool, call.checks, &call.failure), (Tool::Deny, [true; 4], &Failure::Counts), "{text}: {call:?}");
        }
        for text in ["cargo audit", "cargo audit --deny warnings", "cargo +stable audit", "cargo-audit audit"] {
            assert_eq!((one(text).tool, one(text).failure), (Tool::Audit, Failure::Counts), "{text}");
        }
    }

    #[test]
    fn what_is_no_call_is_none() {
        for text in [
            "# cargo deny check",
            "echo cargo deny check",
            "echo \"run cargo deny check\"",
            "cargo install --locked cargo-deny",
            "cargo binstall cargo-deny cargo-audit",
            "which cargo-deny",
            "command -v cargo-deny",
            "cargo deny --version",
            "cargo deny fetch",
            "cargo deny list",
            "cargo deny init",
            "cargo deny check --help",
            "cargo clippy -- --deny warnings",
            "cargo test deny",
            "grep -r 'cargo deny check' .",
            "cat <<EOF\ncargo deny check\nEOF",
            "snap install cargo-deny",
        ] {
            assert!(all(text).is_empty(), "{text}: {:?}", all(text));
        }
    }

    #[test]
    fn what_voids_a_call_is_told() {
        assert_eq!(one("cargo deny check licenses").checks, [false, false, true, false]);
        assert_eq!(one("cargo deny check bans sources").checks, [false, true, false, true]);
        for text in ["cargo deny check || true", "cargo deny check -A denied", "cargo deny check --warn denied", "! cargo deny check"] {
            assert!(matches!(one(text).failure, Failure::Lost(_)), "{text}");
        }
        for (text, check) in [
            ("cargo deny check -A vulnerability", 0),
            ("cargo deny check -Ayanked", 0),
            ("cargo deny check --allow=banned", 1),
            ("cargo deny check -W rejected", 2),
            ("cargo deny check -A source-not-allowed", 3),
        ] {
            assert_eq!(one(text).lost.iter().map(|(c, _)| *c).collect::<Vec<_>>(), [check], "{text}");
        }
        // What is not used, and what only speaks of the file itself.
        for text in
            ["cargo deny check -A license-not-encountered", "cargo deny check -A duplicate", "cargo deny check -D warnings", "cargo deny check -A warnings"]
        {
            assert!(one(text).lost.is_empty() && one(text).failure == Failure::Counts, "{text}");
        }
        for text in ["cargo deny check $CHECKS", "docker run x cargo deny check", "cargo deny $COMMAND", "OUT=$(cargo deny check)", "xtool cargo-deny check"] {
            assert!(matches!(one(text).failure, Failure::Open(_)), "{text}: {:?}", one(text));
        }
        assert_eq!(one("cargo deny --config ci/deny.toml check").config.as_deref(), Some("ci/deny.toml"));
        assert_eq!(one("cargo deny check --config=ci/deny.toml").config.as_deref(), Some("ci/deny.toml"));
        assert_eq!(one("cargo deny check -c ci/deny.toml").config.as_deref(), Some("ci/deny.toml"));
        assert_eq!(one("cargo deny -c always check").config, None);
        assert_eq!(one("cargo deny --manifest-path backend/Cargo.toml check").folder.as_deref(), Some("backend"));
        assert_eq!(one("cd backend && cargo deny check").folder.as_deref(), Some("backend"));
        assert_eq!(one("cargo deny --exclude a --exclude-dev check").narrows, ["--exclude a", "--exclude-dev"]);
        assert_eq!(one("cargo audit --ignore RUSTSEC-2020-0001 --ignore=CVE-1").ignores, ["RUSTSEC-2020-0001", "CVE-1"]);
    }
}
