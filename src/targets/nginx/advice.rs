//! Where the rendered files lie for the server: the paths that an `include` would name.

use super::facts::mappings;
use crate::policy::Policy;
use crate::source;

/// Which lines would help, in the words of this spec.
#[derive(Debug)]
pub struct Advice {
    /// The rendered folder as an `include` would name it; `None` where nothing is rendered.
    folder: Option<String>,
    /// The same folder relative to the root.
    pub(super) out: Option<String>,
}

impl Advice {
    /// For a policy, and the folder of the main file; without one, the first that the spec checks is taken for it.
    #[must_use]
    pub fn of(policy: &Policy, main_folder: Option<&str>) -> Self {
        let target = policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref());
        let env = policy.env.as_deref().unwrap_or("default");
        let checked = || Some(source::folder_of(target?.check.as_ref()?.first()?.as_str()).replace("{env}", env));
        let main_folder = main_folder.map(str::to_owned).or_else(checked).unwrap_or_default();
        let out = target.and_then(|t| t.out.as_ref()).map(|out| policy.out_folder(out));
        let folder = out.clone().map(|out| {
            let below = |folder: &str| out.strip_prefix(folder).filter(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/')).map(str::to_owned);
            let mapped = mappings(policy).iter().filter_map(|m| Some((m.folder.len(), format!("{}{}", m.server, slashed(&below(&m.folder)?))))).max();
            // Relative to the main file's folder, as nginx resolves it.
            mapped.map(|(_, path)| path).or_else(|| below(&main_folder).map(|rest| rest.trim_start_matches('/').to_owned())).unwrap_or(out)
        });
        Self { folder, out }
    }

    /// `include snippets/tls.conf;`
    #[must_use]
    pub fn include(&self, file: &str) -> Option<String> {
        let folder = self.folder.as_deref()?;
        Some(if folder.is_empty() { format!("include {file};") } else { format!("include {folder}/{file};") })
    }
}

fn slashed(rest: &str) -> String {
    if rest.is_empty() || rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") }
}
