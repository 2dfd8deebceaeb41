//! Texts to the disk: everything is checked and staged before the first rename, and each file is whole at any moment.

use super::OUTPUT_PATH;
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that could not be written.
pub static NOT_WRITTEN: Rule = Rule {
    name: "output-not-written",
    title: "A file could not be written.",
    severity: Severity::High,
    explain: "The system refused: a read-only folder, a full disk, a missing permission. Everything is staged beside its place before the first file is \
              replaced, so after this message no file of yours has changed.",
    language: Language::Text,
    spec: Snippet(""),
    bad: Snippet("dr-xr-xr-x root  deploy/nginx     # nobody else may write here"),
    good: Snippet("drwxr-xr-x alice deploy/nginx"),
    keys: &["targets"],
    references: cited::CHANGE,
    sources: &[],
};

/// One change of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Write a text to a path relative to the root.
    Write {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Remove a regular file.
    Remove {
        /// Where.
        path: String,
    },
}

impl Change {
    fn path(&self) -> &str {
        match self {
            Self::Write { path, .. } | Self::Remove { path } => path,
        }
    }
}

/// The suffix of staged files. A staged file that a killed run left behind is replaced by the next one.
const STAGED: &str = ".secgen-staged";

/// Where a path really lies, if it may be written: relative, below the root, no symbolic link on the way, not a file
/// of ours or of git. `reserved` are the spec, the waivers and the lock.
///
/// # Errors
/// Why not, as a finding.
pub fn output(root: &Path, path: &str, reserved: &[String]) -> Result<PathBuf, Box<Finding>> {
    let refuse = |why: String, help: &str| Err(Box::new(Finding::error(&OUTPUT_PATH, format!("{path} {why}")).help(help).path(path)));
    let parts: Vec<&str> = path.split('/').collect();
    if path.is_empty() || path.contains('\\') || path.contains('\0') || path.contains(':') || parts.iter().any(|p| matches!(*p, "" | "." | "..")) {
        return refuse("is no path inside the root".to_owned(), "write a relative path without .. into out");
    }
    if parts.iter().any(|p| p.eq_ignore_ascii_case(".git")) {
        return refuse("lies in git's own folder".to_owned(), "choose another folder for out");
    }
    if reserved.iter().any(|r| r.eq_ignore_ascii_case(path)) {
        return refuse("is a file of secgen itself (spec, waivers or lock)".to_owned(), "choose another folder for out");
    }
    let mut real = root.to_path_buf();
    for (i, part) in parts.iter().enumerate() {
        real.push(part);
        let last = i + 1 == parts.len();
        match fs::symlink_metadata(&real) {
            Ok(meta) if meta.file_type().is_symlink() => {
                return refuse("leads through a symbolic link".to_owned(), "replace the link by a real folder or file, or choose another folder for out");
            }
            Ok(meta) if !last && !meta.is_dir() => {
                return refuse(format!("needs a folder where {part} is a file"), "move the file away, or choose another folder for out");
            }
            Ok(meta) if last && !meta.is_file() => return refuse("is not a regular file".to_owned(), "move it away, or choose another folder for out"),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return refuse(format!("cannot be looked at: {error}"), "make the folder readable for the user who runs secgen"),
        }
    }
    Ok(real)
}

/// A file that waits beside its place.
struct Staged {
    temp: PathBuf,
    real: PathBuf,
}

/// Carries out all changes, or none: every path is checked and every text is on disk beside its place before the
/// first rename.
///
/// # Errors
/// Why nothing was changed.
pub fn apply(root: &Path, changes: &[Change], reserved: &[String]) -> Result<(), Vec<Finding>> {
    let mut findings = Vec::new();
    let mut paths = Vec::new();
    for change in changes {
        // The lock is ours to write.
        let allowed: Vec<String> = reserved.iter().filter(|r| !(r.ends_with(super::lock::NAME) && change.path() == r.as_str())).cloned().collect();
        match output(root, change.path(), &allowed) {
            Ok(real) => paths.push(real),
            Err(finding) => findings.push(*finding),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut staged: Vec<Staged> = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    for (change, real) in changes.iter().zip(&paths) {
        if let Change::Write { path, text } = change {
            match stage(real, text, &mut folders) {
                Ok(temp) => staged.push(Staged { temp, real: real.clone() }),
                Err(error) => {
                    undo(&staged, &folders);
                    return Err(vec![not_written(path, &error, "nothing was changed")]);
                }
            }
        }
    }
    for file in &staged {
        if let Err(error) = fs::rename(&file.temp, &file.real) {
            undo(&staged, &[]);
            let path = file.real.strip_prefix(root).unwrap_or(&file.real).display().to_string();
            return Err(vec![not_written(&path, &error, "files before it are already new; run `secgen render` again")]);
        }
    }
    for (change, real) in changes.iter().zip(&paths) {
        if let Change::Remove { path } = change {
            fs::remove_file(real).map_err(|error| vec![not_written(path, &error, "all files were written; only this one was not removed")])?;
        }
    }
    // The names themselves must reach the disk too; some file systems cannot, and then the data is safe all the same.
    for folder in paths.iter().filter_map(|p| p.parent()) {
        let _ = fs::File::open(folder).and_then(|f| f.sync_all());
    }
    Ok(())
}

fn not_written(path: &str, error: &std::io::Error, what: &str) -> Finding {
    Finding::error(&NOT_WRITTEN, format!("{path} cannot be written: {error} ({what})"))
        .help("make room, or make the folder writable for the user who runs secgen, and run `secgen render` again")
        .path(path)
}

/// Writes a text beside its place and brings it to the disk.
fn stage(real: &Path, text: &str, folders: &mut Vec<PathBuf>) -> std::io::Result<PathBuf> {
    let folder = real.parent().ok_or_else(|| std::io::Error::other("no folder"))?;
    let mut missing: Vec<&Path> = folder.ancestors().take_while(|f| !f.exists()).collect();
    while let Some(new) = missing.pop() {
        fs::create_dir(new)?;
        folders.push(new.to_path_buf());
    }
    let name = real.file_name().ok_or_else(|| std::io::Error::other("no file name"))?.to_string_lossy();
    let temp = folder.join(format!(".{name}{STAGED}"));
    if fs::symlink_metadata(&temp).is_ok() {
        // Left behind by a run that was killed.
        fs::remove_file(&temp)?;
    }
    let written = fs::OpenOptions::new().write(true).create_new(true).open(&temp).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if let Ok(meta) = fs::metadata(real) {
            file.set_permissions(meta.permissions())?;
        }
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&temp);
        return Err(error);
    }
    Ok(temp)
}

fn undo(staged: &[Staged], folders: &[PathBuf]) {
    for file in staged {
        let _ = fs::remove_file(&file.temp);
    }
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}
