//! How a file on disk stands to what would be rendered there.

use super::{Rendered, header};
use crate::finding::FileState;
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources};
use crate::targets::{self, Lost};

/// A file's state.
#[derive(Clone, Debug)]
pub struct OnDisk {
    /// Its state.
    pub state: FileState,
    /// Its text, where it could be read.
    pub id: Option<SourceId>,
    /// Whether it is in sync by effect only: other layout or comments.
    pub reformatted: bool,
    /// Line (from 1) of a merge marker.
    pub marker_line: Option<usize>,
    /// Why it could not be read.
    pub error: Option<ReadError>,
    /// What is to be written: the rendered text with what users wrote where they may. `None`: the rendered text.
    pub kept: Option<String>,
    /// Text of users that would be lost, so that nothing may be written.
    pub lost: Option<Lost>,
}

impl OnDisk {
    fn new(state: FileState, id: Option<SourceId>) -> Self {
        Self { state, id, reformatted: false, marker_line: None, error: None, kept: None, lost: None }
    }
}

/// Compares a rendered file with the disk.
#[must_use]
pub fn of(file: &Rendered, sources: &mut Sources) -> OnDisk {
    let disk = compared(file, sources);
    let (Some(target), Some(existing)) = (targets::by_name(file.artifact.target), disk.id.and_then(|id| sources.get(id).text())) else { return disk };
    match target.keep(file.artifact.kind, &file.text, &existing.replace("\r\n", "\n")) {
        Ok(kept) => {
            let is_same = kept.as_deref() == Some(existing);
            OnDisk { reformatted: disk.reformatted && !is_same, kept, ..disk }
        }
        // In sync or not: what is there cannot be told from what users wrote.
        Err(lost) if matches!(disk.state, FileState::Conflicted) => OnDisk { lost: Some(lost), ..disk },
        Err(lost) => OnDisk { lost: Some(lost), state: FileState::HandEdited, reformatted: false, ..disk },
    }
}

fn compared(file: &Rendered, sources: &mut Sources) -> OnDisk {
    let id = match sources.read(&file.artifact.path, MAX_CONFIG_BYTES) {
        Ok(id) => id,
        Err(ReadError::NotFound(_)) if !sources.exists(&file.artifact.path) => return OnDisk::new(FileState::Missing, None),
        Err(error) => return OnDisk { error: Some(error), ..OnDisk::new(FileState::Unreadable, None) },
    };
    let source = sources.get(id);
    let Some(text) = source.text() else { return OnDisk::new(FileState::Unmanaged, Some(id)) };
    if let Some(line) = merge_marker(text) {
        return OnDisk { marker_line: Some(line), ..OnDisk::new(FileState::Conflicted, Some(id)) };
    }
    if text == file.text {
        return OnDisk::new(FileState::InSync, Some(id));
    }
    let Some(head) = header::parse(text) else {
        let in_place = targets::by_name(file.artifact.target).is_some_and(|t| t.is_read_in_place(file.artifact.kind));
        return OnDisk::new(if in_place { FileState::HandWritten } else { FileState::Unmanaged }, Some(id));
    };
    let Some(target) = targets::by_name(file.artifact.target) else { return OnDisk::new(FileState::HandEdited, Some(id)) };
    // Line ends and a BOM are a matter of the checkout.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let canonical = target.canonical(file.artifact.kind, &text);
    // What readers of many kinds take for the end of a line, or do not see, is no layout; neither is what follows our own lines.
    if has_hidden(&text) && !has_hidden(&file.text) || !header::is_whole(&text) {
        return OnDisk::new(FileState::HandEdited, Some(id));
    }
    if canonical.as_deref() == Some(&file.canonical[..]) {
        return OnDisk { reformatted: true, ..OnDisk::new(FileState::InSync, Some(id)) };
    }
    let intact = canonical.is_some_and(|c| header::digest(&c) == head.body);
    let state = match (intact, head.policy == header::policy_digest(&file.artifact)) {
        (false, _) => FileState::HandEdited,
        (true, false) => FileState::Stale,
        // Of the same policy: an older layout if its revision says so, else somebody wrote a new digest.
        (true, true) if head.revision < file.artifact.revision => FileState::Outdated,
        (true, true) => FileState::HandEdited,
    };
    OnDisk::new(state, Some(id))
}

/// Whether a text has control characters but tabs and line ends: a carriage return alone ends a line for some readers and not for
/// others.
fn has_hidden(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The line (from 1) of git's conflict marks, if a text has a pair of them at line starts.
#[must_use]
pub fn merge_marker(text: &str) -> Option<usize> {
    let starts = |mark: &str| text.lines().position(|l| l.starts_with(mark));
    let (open, close) = (starts("<<<<<<< ")?, starts(">>>>>>> ")?);
    (open < close).then_some(open + 1)
}

/// Whether a file that is no longer rendered may be removed: ours, of that target, and not edited.
#[must_use]
pub fn is_removable(target: &str, text: &str) -> bool {
    let Some(head) = header::parse(text) else { return false };
    let Some(target) = targets::by_name(target) else { return false };
    // Without the spec nobody knows the kind any more: one of the target's canonical forms must fit.
    target.kinds().iter().any(|kind| target.canonical(kind, text).is_some_and(|c| header::digest(&c) == head.body))
}
