//! Reports into files: whole or not at all, after everything else was printed, and never over a file that the run is
//! about.

use super::{Session, locate, print_err};
use crate::check::Report;
use crate::check::discover::SPEC;
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::report::{self, Format, text};
use crate::source::Sources;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A report that could not be written.
pub(super) static REPORT: Rule = Rule {
    name: "report-not-written",
    title: "A report could not be written into its file.",
    severity: Severity::High,
    explain: "The result stands on standard output all the same, and the other reports are complete; but something waits for this file, so the run ends with \
              exit code 2. A report never replaces the spec, a file that was read or rendered, or a file of git.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("secgen check --report sarif=secgen.yaml"),
    good: Snippet("secgen check --report sarif=secgen.sarif"),
    keys: &[],
    references: cited::EVIDENCE,
    sources: &[],
};

/// Names that are never a report.
const OURS: [&str; 3] = [SPEC, "secgen.waivers.yaml", "secgen.lock"];

/// Writes every report that was asked for. Says whether all were written; what was not is printed.
pub(super) fn write(session: &Session, report: &Report, sources: &Sources) -> bool {
    let mut taken: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    for (format, file) in &session.reports {
        let file = locate::absolute(&locate::here(), file);
        let shown = file.display().to_string();
        let style = text::Style { color: false, ..session.style };
        let done = place(&file, report, sources, &taken).and_then(|real| {
            stage(&real, &report::write(*format, report, sources, style)).map_err(|error| format!("it cannot be written: {error}"))?;
            Ok(real)
        });
        match done {
            Ok(real) => taken.push(real),
            Err(why) => {
                let name = shown_format(*format);
                let finding = Finding::error(&REPORT, format!("no {name} report in {}: {why}", report::path(&shown)))
                    .help(format!("name a new file in a folder that can be written: --report {name}=FILE"));
                problems.push(finding);
            }
        }
    }
    for finding in &mut problems {
        finding.message = report::safe(&finding.message);
        print_err(&format!("{}\n", report::guarded(&text::frame(report, finding, sources, false))));
    }
    problems.is_empty()
}

fn shown_format(format: Format) -> String {
    clap::ValueEnum::to_possible_value(&format).map(|v| v.get_name().to_owned()).unwrap_or_default()
}

/// Where a report really goes, if it may go there.
fn place(file: &Path, report: &Report, sources: &Sources, taken: &[PathBuf]) -> Result<PathBuf, String> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Err("it is no file".to_owned()) };
    let folder = fs::canonicalize(folder).map_err(|error| format!("its folder cannot be used: {error}"))?;
    let real = folder.join(name);
    match fs::symlink_metadata(&real) {
        Ok(meta) if !meta.is_file() => return Err("something is there that is not a regular file".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("it cannot be looked at: {error}")),
    }
    // Letter case tells no files apart on some systems.
    let is = |other: &str| name.to_string_lossy().eq_ignore_ascii_case(other);
    if OURS.iter().any(|ours| is(ours)) || sources.iter().any(|(_, source)| is_same(&real, &source.path, sources)) {
        return Err("that file is read by this run".to_owned());
    }
    if report.files.iter().any(|(path, _)| is_same(&real, path, sources)) {
        return Err("that file is rendered by secgen".to_owned());
    }
    if real.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git")) {
        return Err("it lies in git's own folder".to_owned());
    }
    if taken.contains(&real) {
        return Err("another report was written there".to_owned());
    }
    Ok(real)
}

fn is_same(real: &Path, path: &str, sources: &Sources) -> bool {
    let other = sources.root().join(path);
    if real == other {
        return true;
    }
    let same_name = match (real.file_name(), other.file_name()) {
        (Some(one), Some(two)) => one.eq_ignore_ascii_case(two),
        _ => false,
    };
    // One of the two may lead through a link, or be one.
    let resolved = fs::canonicalize(&other);
    resolved.as_ref().is_ok_and(|other| fs::canonicalize(real).is_ok_and(|real| real == *other))
        || (same_name && other.parent().and_then(|f| fs::canonicalize(f).ok()).is_some_and(|folder| real.parent() == Some(folder.as_path())))
}

/// Writes beside the place, then renames: a reader never sees half a report.
fn stage(real: &Path, text: &str) -> std::io::Result<()> {
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let temp = real.with_file_name(format!(".{name}.{}.secgen-staged", std::process::id()));
    let written = fs::OpenOptions::new().write(true).create_new(true).open(&temp).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if let Ok(meta) = fs::metadata(real) {
            file.set_permissions(meta.permissions())?;
        }
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&temp, real));
    if done.is_err() {
        let _ = fs::remove_file(&temp);
    }
    done
}
