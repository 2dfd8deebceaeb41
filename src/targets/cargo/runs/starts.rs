//! What CI files start that stands in another file: tasks, scripts, actions, reusable workflows. Whether a call in one of
//! those can fail is decided by who starts it, too.

use super::call;
use super::shell::{self, Failure, Shell};
use super::{Seen, Way};
use std::collections::BTreeMap;

/// Starts that go through other files are followed this far: a workflow, an action that it names, a task of that.
const MOST_ROUNDS: usize = 4;

/// The most starts that are kept.
pub(super) const MOST_STARTS: usize = 10_000;

/// The longest text of a start that is read as shell.
const MAX_TEXT: usize = 1 << 16;

/// A text in a CI file that may start something.
#[derive(Debug)]
pub(super) struct Start {
    /// The file that it stands in, and how that comes to run.
    pub(super) path: String,
    pub(super) way: Way,
    /// Shell text, or a name that starts what it names.
    pub(super) text: String,
    /// The shell that runs it; `None` for a name.
    pub(super) shell: Option<Shell>,
    /// What becomes of its failure as a whole.
    pub(super) failure: Failure,
}

/// What becomes of a failure where something is started, by the words that start it. `None`: nothing does.
pub(super) type Outcomes = BTreeMap<Vec<String>, Option<Failure>>;

/// Finds out, for everything that has to be started, what becomes of a failure there.
pub(super) fn outcomes(starts: &[Start], seen: &[Seen]) -> Outcomes {
    let ways = seen.iter().map(|s| &s.way).chain(starts.iter().map(|s| &s.way));
    let mut all: Outcomes = ways.filter_map(|way| if let Way::Named(words) = way { Some((words.clone(), None)) } else { None }).collect();
    for _ in 0..MOST_ROUNDS {
        let next: Outcomes = all.keys().map(|words| (words.clone(), best(starts, words, &all))).collect();
        if next == all {
            break;
        }
        all = next;
    }
    all
}

/// The start that takes a failure most seriously.
fn best(starts: &[Start], words: &[String], known: &Outcomes) -> Option<Failure> {
    // An action is started by its folder and nothing else: a folder `deps` by no command that has the word.
    let is_named = |text: &str| words.iter().any(|word| !word.starts_with("./") && text.contains(word.as_str()));
    let is_folder = |start: &Start| start.shell.is_none() && local(&start.text).is_some_and(|folder| words.contains(&folder));
    let mut best: Option<Failure> = None;
    for start in starts.iter().filter(|start| is_named(&start.text) || is_folder(start)) {
        let above = match &start.way {
            Way::Ci => Some(Failure::Counts),
            Way::Named(words) => known.get(words).cloned().flatten(),
        };
        let Some(above) = above else { continue };
        let own: Vec<Failure> = match start.shell {
            None => vec![Failure::Counts],
            Some(_) if start.text.len() > MAX_TEXT => vec![Failure::Open("the script is too long to be read".to_owned())],
            Some(shell) => {
                let starts_it = |words: &[String]| !call::only_talks(words) && is_named(&words.join(" "));
                let commands = shell::commands_where(&start.text, shell, starts_it).into_iter();
                commands.filter(|command| starts_it(&command.words)).map(|command| command.failure).collect()
            }
        };
        let whole = call::worse(above, placed(start.failure.clone(), &start.path));
        let each = own.into_iter().map(|own| call::worse(whole.clone(), placed(own, &start.path)));
        best = best.into_iter().chain(each).min_by_key(Failure::rank);
        if best == Some(Failure::Counts) {
            break;
        }
    }
    best
}

/// The folder or file below the root that `uses` names in the same repository, as `./PATH`: in the workspace (`./`), or at the
/// commit that runs (`$/`, "Workflow syntax for GitHub Actions", `jobs.<job_id>.steps[*].uses`).
pub(super) fn local(uses: &str) -> Option<String> {
    let path = uses.strip_prefix("./").or_else(|| uses.strip_prefix("$/"))?;
    crate::source::join("", path).map(|path| format!("./{path}"))
}

/// With the file in which it is lost.
fn placed(failure: Failure, path: &str) -> Failure {
    let place = |why: String| format!("{why}, where {path} starts it");
    match failure {
        Failure::Counts => Failure::Counts,
        Failure::Lost(why) => Failure::Lost(place(why)),
        Failure::Open(why) => Failure::Open(place(why)),
    }
}
