//! Where the rendered files lie for the server: the paths that an `include` would name.

use super::effective::Matches;
use super::effective::routes::Meets;
use super::facts::mappings;
use crate::policy::Policy;
use crate::source;
use crate::spec::Match;

/// Which lines would help, in the words of this spec.
#[derive(Debug)]
pub struct Advice {
    /// The rendered folder as an `include` would name it; `None` where nothing is rendered.
    folder: Option<String>,
    /// The same folder relative to the root, as the spec writes it: with `{env}`.
    out: Option<String>,
}

impl Advice {
    /// For a policy, and the folder of the main file; without one, the first that the spec checks is taken for it.
    #[must_use]
    pub fn of(policy: &Policy, main_folder: Option<&str>) -> Self {
        let target = policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref());
        let env = policy.env.as_deref().unwrap_or("default");
        let checked = || Some(source::folder_of(target?.check.as_ref()?.first()?.as_str()).replace("{env}", env));
        let main_folder = main_folder.map(str::to_owned).or_else(checked).unwrap_or_default();
        let written = target.and_then(|t| t.out.as_ref());
        let out = written.and_then(|out| source::join("", out.as_str()));
        let folder = written.map(|out| policy.out_folder(out)).map(|out| {
            let below = |folder: &str| out.strip_prefix(folder).filter(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/')).map(str::to_owned);
            let mapped = mappings(policy).iter().filter_map(|m| Some((m.folder.len(), format!("{}{}", m.server, slashed(&below(&m.folder)?))))).max();
            // Relative to the main file's folder, as nginx resolves it.
            mapped.map(|(_, path)| path).or_else(|| below(&main_folder).map(|rest| rest.trim_start_matches('/').to_owned())).unwrap_or(out)
        });
        Self { folder, out }
    }

    /// Whether anything is rendered.
    pub(super) fn renders(&self) -> bool {
        self.out.is_some()
    }

    /// Whether a file stands in the rendered folder of this environment or another one.
    pub(super) fn is_rendered(&self, path: &str) -> bool {
        let (Some(out), folder) = (self.out.as_deref(), source::folder_of(path)) else { return false };
        match out.split_once("{env}") {
            Some((before, after)) => folder.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|env| !env.is_empty()),
            None => folder == out,
        }
    }

    /// `include snippets/tls.conf;`
    #[must_use]
    pub fn include(&self, file: &str) -> Option<String> {
        let folder = self.folder.as_deref()?;
        Some(if folder.is_empty() { format!("include {file};") } else { format!("include {folder}/{file};") })
    }
}

/// The block to write where one answers the requests of a `match` and others too: what is asked for these requests alone would
/// change the others there. `here` is what the block is for, where it is a location.
#[must_use]
pub fn own_block(matches: &Match, meets: Meets, here: Option<&Matches>) -> Option<String> {
    if meets != Meets::Partly {
        return None;
    }
    let host = matches.host.as_ref().map(|host| format!("server {{ server_name {host};"));
    match (&matches.exact, &matches.prefix) {
        (Some(path), _) if here != Some(&Matches::Exact(path.to_string())) => Some(format!("location = {path} {{")),
        (None, Some(path)) if path.as_str() != "/" && !matches!(here, Some(Matches::Prefix { path: own, .. }) if own == path.as_str()) => {
            Some(format!("location {path} {{"))
        }
        _ => host,
    }
}

/// How to add a line to a block, or to one of its own.
#[must_use]
pub fn add(line: &str, own: Option<&str>) -> String {
    match own {
        Some(own) => format!("this block answers other requests too: write `{own} {line} }}` with what it does for these ones"),
        None => format!("add `{line}` to this block"),
    }
}

fn slashed(rest: &str) -> String {
    if rest.is_empty() || rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}
