//! What git knows, asked without network, hooks, filters or a question to the user.

use super::locate;
use crate::source::{ReadError, Sources};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

/// `git` in a folder: plumbing only, which runs no hook and no program of the repository's configuration.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-pager").arg("-C").arg(folder);
    // A partial clone fetches what it lacks, unless told not to; locks would disturb a user who works beside us.
    for (name, value) in [("GIT_NO_LAZY_FETCH", "1"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")] {
        command.env(name, value);
    }
    command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// `REV` and `PATH` of `REV:PATH`, where no file of that name lies here.
pub(super) fn revision(text: &str) -> Option<(&str, &str)> {
    let (revision, path) = text.split_once(':')?;
    let is_file = locate::absolute(&locate::here(), Path::new(text)).exists();
    // A leading `-` would be an option of git.
    (!is_file && !revision.is_empty() && !revision.starts_with('-') && !path.is_empty()).then_some((revision, path))
}

/// Texts of a commit, below a root: the spec and its layers as they were.
pub(super) fn sources(root: &Path, revision: &str) -> Sources {
    let (folder, rev) = (root.to_path_buf(), revision.to_owned());
    Sources::elsewhere(root, revision, move |path, limit| blob(&folder, &rev, path, limit))
}

fn blob(root: &Path, revision: &str, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
    let name = format!("{revision}:{path}");
    let failed = |error: String| ReadError::Io { path: name.clone(), error };
    let mut child = git(root).args(["cat-file", "blob"]).arg(format!("{revision}:./{path}")).spawn().map_err(|e| failed(format!("git cannot be run ({e})")))?;
    let mut bytes = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |out| out.take(limit + 1).read_to_end(&mut bytes));
    let size = bytes.len() as u64;
    if size > limit {
        let _ = child.kill();
        let _ = child.wait();
        return Err(ReadError::TooLarge { path: name, size, limit });
    }
    let done = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
    match (done.status.success(), read) {
        (true, Ok(_)) => Ok(bytes),
        (true, Err(error)) => Err(failed(error.to_string())),
        (false, _) => {
            let words = String::from_utf8_lossy(&done.stderr).lines().next().unwrap_or("git failed").to_owned();
            let is_gone = [" does not exist in ", " exists on disk, but not in "].iter().any(|w| words.contains(w));
            Err(if is_gone { ReadError::NotFound(name.clone()) } else { failed(words.trim_start_matches("fatal: ").to_owned()) })
        }
    }
}

/// Whether the history of the checked-out commit ever had a file at a path that lies below the root. `false` where git
/// cannot tell.
pub(super) fn had(root: &Path, path: &str) -> bool {
    let answer = git(root).args(["rev-list", "--max-count=1", "HEAD", "--"]).arg(format!(":(top,literal){path}")).output();
    let at_top =
        || git(root).args(["rev-parse", "--show-prefix"]).output().ok().filter(|o| o.status.success()).is_some_and(|o| o.stdout.trim_ascii().is_empty());
    answer.is_ok_and(|o| o.status.success() && !o.stdout.trim_ascii().is_empty()) && at_top()
}
