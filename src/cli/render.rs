//! `secgen render`: writes the artifacts, all or none.

use super::{Session, args, merge, plain_report, print_err, print_out, selection};
use crate::check::Report;
use crate::finding::{FileState, Finding, Kind, Language, Rule, Severity, Snippet, cited};
use crate::policy::Loaded;
use crate::render::{self, Rendered, Selection, lock, state, write};
use crate::report::Format;
use crate::source::{MAX_SPEC_BYTES, ReadError, Sources, folder_of, join};
use crate::targets::Keeper;
use std::collections::BTreeMap;

/// A file that must not be lost.
pub(super) static REFUSED: Rule = Rule {
    name: "render-refused",
    title: "A file would be overwritten that must not be lost.",
    severity: Severity::High,
    explain: "The file was edited by hand, has merge markers, or is not of secgen. One refusal refuses all: nothing was written. Look at it with \
              `secgen check --diff`; keep the change in the spec, or drop it with --force.",
    language: Language::Shell,
    spec: Snippet(""),
    bad: Snippet("vim deploy/nginx/secgen/tls.conf && secgen render"),
    good: Snippet("vim secgen.yaml && secgen render"),
    keys: &["targets"],
    references: cited::CHANGE,
    sources: &[],
};

/// What happens to one path.
pub(super) struct Step {
    pub(super) path: String,
    pub(super) verb: &'static str,
    pub(super) why: String,
    pub(super) change: Option<write::Change>,
    pub(super) diff: Option<(String, String)>,
    pub(super) refusal: Option<Box<Finding>>,
}

/// Renders, stages, writes.
pub(super) fn run(session: &Session, options: &args::Render) -> u8 {
    let (mut sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "render"),
    };
    let selection = match selection(&loaded, &options.which.env, &options.which.target) {
        Ok(selection) => selection,
        Err(finding) => return session.print(session.failed(vec![*finding]), &sources, "render"),
    };
    let rendered = match render::render(&loaded, &selection, &sources) {
        Ok(rendered) => rendered,
        Err(findings) => return session.print(Report { findings, ..plain_report(&loaded, &selection) }, &sources, "render"),
    };
    let (merges, mut findings) = if options.merge { merge::steps(&loaded, &selection, &rendered, &mut sources) } else { (Vec::new(), Vec::new()) };
    if rendered.is_empty() && merges.is_empty() && findings.is_empty() {
        let finding = Finding::error(&crate::check::NOTHING_TO_CHECK, "there is nothing to render: no target has out").help("add out: FOLDER to a target");
        return session.print(session.failed(vec![finding]), &sources, "render");
    }
    let force: Vec<String> = options.force.iter().filter_map(|f| join("", f)).collect();
    if let Some(unknown) = force.iter().find(|f| !rendered.iter().any(|r| r.artifact.path == **f)) {
        let finding = Finding::error(&super::locate::USAGE, format!("--force {unknown} names no file that the spec renders"))
            .help("name a path as `secgen render --dry-run` prints it");
        return session.print(session.failed(vec![finding]), &sources, "render");
    }
    let lock_path = lock_path(&loaded);
    let old_lock = match read_lock(&mut sources, &lock_path) {
        Ok(lock) => lock,
        Err(error) => return session.print(session.failed(vec![Finding::unreadable(&error)]), &sources, "render"),
    };
    // A file that is to be replaced is not merged.
    let merges: Vec<Step> = merges.into_iter().filter(|m| !force.contains(&m.path)).collect();
    findings.retain(|f| f.path.as_ref().is_none_or(|p| !force.contains(p)));
    let mut steps: Vec<Step> = rendered.iter().filter(|r| !merges.iter().any(|m| m.path == r.artifact.path)).map(|r| step(r, &force, &mut sources)).collect();
    steps.extend(merges);
    steps.extend(removals(&old_lock, &rendered, &selection, &mut sources));
    steps.extend(lock_step(&old_lock, &rendered, &steps, &selection, &lock_path));
    finish(session, options, steps, findings, &sources, &loaded, &selection, &lock_path)
}

/// The lock lies beside the spec.
pub(super) fn lock_path(loaded: &Loaded) -> String {
    join(folder_of(&loaded.path), lock::NAME).unwrap_or_else(|| lock::NAME.to_owned())
}

/// The lock's text; empty where there is none.
pub(super) fn read_lock(sources: &mut Sources, path: &str) -> Result<String, ReadError> {
    match sources.read(path, MAX_SPEC_BYTES) {
        Ok(id) => Ok(sources.get(id).text().unwrap_or_default().to_owned()),
        Err(ReadError::NotFound(_)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

fn step(file: &Rendered, force: &[String], sources: &mut Sources) -> Step {
    let path = file.artifact.path.clone();
    let disk = state::of(file, sources);
    let old = disk.id.and_then(|id| sources.get(id).text()).unwrap_or_default().to_owned();
    let forced = force.contains(&path);
    let text = disk.kept.clone().unwrap_or_else(|| file.text.clone());
    if let Some(finding) = render::lost(file, &disk, sources) {
        let diff = Some((old, text));
        return Step { path, verb: "refuse", why: "user text that does not fit".to_owned(), change: None, diff, refusal: Some(Box::new(finding)) };
    }
    let write = |why: &str| Step {
        path: path.clone(),
        verb: "write",
        why: why.to_owned(),
        change: Some(write::Change::Write { path: path.clone(), text: text.clone() }),
        diff: Some((old.clone(), text.clone())),
        refusal: None,
    };
    if file.artifact.keeper == Keeper::User && !forced && !matches!(disk.state, FileState::Missing) {
        return Step {
            path,
            verb: "keep",
            why: (if owned_is_read(file) { "owned by the user, checked by a few facts" } else { "owned by the user, not examined" }).to_owned(),
            change: None,
            diff: None,
            refusal: None,
        };
    }
    match disk.state {
        FileState::InSync if !forced => Step { path, verb: "keep", why: "in sync".to_owned(), change: None, diff: None, refusal: None },
        FileState::Missing | FileState::Stale | FileState::Outdated | FileState::InSync => write(disk.state.name()),
        FileState::HandWritten if !forced => {
            let why = "hand-written, checked by value; --merge brings it up to the policy".to_owned();
            Step { path, verb: "keep", why, change: None, diff: None, refusal: None }
        }
        FileState::HandEdited | FileState::HandWritten | FileState::Unmanaged | FileState::Conflicted if forced => {
            write(&format!("{}, forced", disk.state.name()))
        }
        state => {
            let finding = if let Some(error) = &disk.error {
                Finding::unreadable(error)
            } else {
                let what = match state {
                    FileState::HandEdited => "was edited by hand",
                    FileState::Conflicted => "has merge markers",
                    _ => "is not a file of secgen",
                };
                Finding::error(&REFUSED, format!("{path} {what}; nothing was written"))
                    .path(&path)
                    .help("look at it: secgen check --diff")
                    .help(format!("to drop what is there: secgen render --force {path}"))
            };
            Step { path, verb: "refuse", why: state.name().to_owned(), change: None, diff: Some((old, text)), refusal: Some(Box::new(finding)) }
        }
    }
}

/// Whether a few facts of a file of the user are read all the same.
fn owned_is_read(file: &Rendered) -> bool {
    crate::targets::by_name(file.artifact.target).is_some_and(|target| target.is_read_in_place(file.artifact.kind))
}

/// Files of the lock that are no longer rendered: removed if nobody edited them. Only on a run over everything.
fn removals(lock_text: &str, rendered: &[Rendered], selection: &Selection, sources: &mut Sources) -> Vec<Step> {
    if !selection.is_all() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    for (path, target) in lock::parse(lock_text) {
        if rendered.iter().any(|r| r.artifact.path == path) {
            continue;
        }
        let Ok(id) = sources.read(&path, crate::source::MAX_CONFIG_BYTES) else { continue };
        let Some(text) = sources.get(id).text().map(str::to_owned) else { continue };
        if render::header::parse(&text).is_none() {
            continue;
        }
        let removable = state::is_removable(&target, &text);
        let refusal = (!removable).then(|| {
            let message = format!("{path} is no longer in the spec, but was edited by hand; nothing was written");
            Box::new(Finding::error(&REFUSED, message).path(&path).help(format!("save what you need, remove {path} yourself, and run `secgen render` again")))
        });
        steps.push(Step {
            path: path.clone(),
            verb: if removable { "remove" } else { "refuse" },
            why: "orphaned".to_owned(),
            change: removable.then(|| write::Change::Remove { path: path.clone() }),
            diff: Some((text, String::new())),
            refusal,
        });
    }
    steps
}

fn lock_step(old: &str, rendered: &[Rendered], steps: &[Step], selection: &Selection, path: &str) -> Option<Step> {
    // A partial run knows nothing about the rest.
    let mut paths: BTreeMap<String, String> = if selection.is_all() { BTreeMap::new() } else { lock::parse(old) };
    // What belongs to users is never an orphan.
    paths.extend(rendered.iter().filter(|r| r.artifact.keeper == Keeper::Secgen).map(|r| (r.artifact.path.clone(), r.artifact.target.to_owned())));
    paths.retain(|p, _| !steps.iter().any(|s| s.path == *p && s.verb == "remove"));
    let text = lock::format(&paths);
    (text != old).then(|| Step {
        path: path.to_owned(),
        verb: "write",
        why: "list of outputs".to_owned(),
        change: Some(write::Change::Write { path: path.to_owned(), text }),
        diff: None,
        refusal: None,
    })
}

#[allow(clippy::too_many_arguments)] // the last step of one run
fn finish(
    session: &Session,
    options: &args::Render,
    mut steps: Vec<Step>,
    findings: Vec<Finding>,
    sources: &Sources,
    loaded: &Loaded,
    selection: &Selection,
    lock_path: &str,
) -> u8 {
    let mut report = plain_report(loaded, selection);
    let (errors, warnings): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(|f| f.kind == Kind::Error);
    report.findings.extend(warnings);
    report.files = steps.iter().filter(|s| s.why != "list of outputs").map(|s| (s.path.clone(), FileState::InSync)).collect();
    let reserved = vec![loaded.path.clone(), super::waivers::path(loaded), lock_path.to_owned()];
    // A dry run says what a real run would refuse.
    for step in steps.iter_mut().filter(|s| s.change.is_some() && s.path != lock_path) {
        if let Err(finding) = write::output(sources.root(), &step.path, &reserved) {
            step.verb = "refuse";
            step.refusal = Some(finding);
        }
    }
    let refusals: Vec<Finding> = steps.iter_mut().filter_map(|s| s.refusal.take()).map(|f| *f).chain(errors).collect();
    let changes: Vec<write::Change> = steps.iter().filter_map(|s| s.change.clone()).collect();
    let text = session.format == Format::Text;
    if options.diff && text {
        for step in &steps {
            if let Some((old, new)) = &step.diff {
                print_out(&super::check::diff(&step.path, old, new));
            }
        }
    }
    if text && !session.style.quiet {
        let width = steps.iter().map(|s| s.path.len()).max().unwrap_or(0);
        for step in &steps {
            let verb = match (step.verb, options.dry_run || !refusals.is_empty()) {
                ("write", false) => "wrote",
                ("write", true) => "would write",
                ("merge", false) => "merged",
                ("merge", true) => "would merge",
                ("remove", false) => "removed",
                ("remove", true) => "would remove",
                ("keep", _) => "kept",
                _ => "refused",
            };
            print_err(&format!("{verb:<12} {:<width$}  {}\n", crate::report::path(&step.path), step.why));
        }
    }
    if !refusals.is_empty() {
        report.findings.extend(refusals.into_iter().map(|f| Finding { kind: Kind::Error, ..f }));
        return session.print(report, sources, "render");
    }
    if options.dry_run {
        report.pending = changes.len();
        return session.print(report, sources, "render");
    }
    if let Err(findings) = write::apply(sources.root(), &changes, &reserved) {
        report.findings.extend(findings);
        return session.print(report, sources, "render");
    }
    session.print(report, sources, "render")
}
