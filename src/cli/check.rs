//! `secgen check`: the gate.

use super::given::Given;
use super::{Session, args, locate, print_out, selection};
use crate::check::gate::{Gate, Threshold};
use crate::check::{self, Extra, FloorInfo, Report, discover, fingerprint, floor};
use crate::finding::{FileState, Finding, redact};
use crate::policy::{Loaded, Policy, Purpose, load_for, profiles};
use crate::render::{self, Selection};
use crate::report::{Format, guarded, is_unsafe, path};
use crate::source::{MAX_CONFIG_BYTES, Sources};
use crate::targets::{self, Input};
use std::io::Read;
use std::path::Path;

/// Reads, compares, reports.
pub(super) fn run(session: &Session, options: &args::Check) -> u8 {
    let (mut sources, mut loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "check"),
    };
    let mut report = match floor(session, options, &mut sources) {
        Ok(floor) => of_spec(session, options, floor.as_ref(), &mut loaded, &mut sources),
        Err(findings) => Report { spec: Some(check::SpecInfo::new(&loaded, &Selection::default())), ..session.failed(findings) },
    };
    if !profiles::is_builtin(&loaded.path) {
        report.other_specs = discover::other_specs(sources.root(), &loaded.path);
        let given = Given::new(options, &mut sources);
        let unknown = given.unknown(&[&report], &sources);
        given.limit(&mut report, Some(&loaded), &sources);
        report.findings.extend(unknown);
    }
    session.print(report, &sources, "check")
}

/// The minimum that specs are held to.
pub(super) fn floor(session: &Session, options: &args::Check, sources: &mut Sources) -> Result<Option<Loaded>, Vec<Finding>> {
    let Some(name) = &options.floor else { return Ok(None) };
    let path = if profiles::is_builtin(name) { name.clone() } else { given_path(name, sources) };
    load_for(Purpose::Floor, sources, &path, session.today).map(Some)
}

/// The report on one spec; what makes a check of it impossible is all that it holds then. Each failure says how it is
/// accepted.
pub(super) fn of_spec(session: &Session, options: &args::Check, floor: Option<&Loaded>, loaded: &mut Loaded, sources: &mut Sources) -> Report {
    let mut report = examine(session, options, floor, loaded, sources)
        .unwrap_or_else(|findings| Report { spec: Some(check::SpecInfo::new(loaded, &Selection::default())), ..session.broken(&loaded.path, findings) });
    fingerprint::name(&mut report.findings, sources);
    let command = super::waivers::command(session, options, loaded, sources);
    for finding in report.findings.iter_mut().filter(|f| f.seen.is_some() && report.gate.fails(f) && !profiles::is_builtin(&loaded.path)) {
        let fingerprint = &finding.fingerprint;
        let approval = if check::NEEDS_APPROVAL.contains(&finding.rule) { " --approved-by \"...\"" } else { "" };
        finding.help.push(format!("or accept it: secgen waivers add {fingerprint} --reason \"...\" --owner \"...\" --until DATE{approval}{command}"));
    }
    report
}

/// The report on one spec under its gate.
///
/// # Errors
/// What makes a check impossible.
pub(super) fn examine(
    session: &Session,
    options: &args::Check,
    floor: Option<&Loaded>,
    loaded: &mut Loaded,
    sources: &mut Sources,
) -> Result<Report, Vec<Finding>> {
    let asked = options.fail_on.map(|fail_on| match fail_on {
        args::FailOn::None => Threshold::None,
        args::FailOn::Security => Threshold::Security,
        args::FailOn::Standard => Threshold::Standard,
        args::FailOn::Strict => Threshold::Strict,
    });
    let is_chosen = |p: &&Policy| options.which.env.is_empty() || p.env.as_ref().is_some_and(|e| options.which.env.contains(e));
    let gate = Gate::new(loaded.policies.iter().filter(is_chosen), asked, session.today);
    let mut not_examined = Vec::new();
    if let Some(floor) = floor {
        let selection = Selection { envs: options.which.env.clone(), targets: Vec::new() };
        let held = floor::hold(floor, loaded, &selection);
        loaded.warnings.extend(held.findings);
        not_examined = held.not_examined;
    }
    let mut report = report(session, options, loaded, sources)?;
    report.not_examined.extend(not_examined);
    report.floor = floor.map(|f| FloorInfo { path: f.path.clone(), id: f.source });
    Ok(Report { gate, ..report })
}

/// What `check` finds, whatever gate holds.
fn report(session: &Session, options: &args::Check, loaded: &Loaded, sources: &mut Sources) -> Result<Report, Vec<Finding>> {
    let selection = selection(loaded, &options.which.env, &options.which.target).map_err(|f| vec![*f])?;
    let builtin = profiles::is_builtin(&loaded.path);
    let mut extra = Vec::new();
    let mut problems = Vec::new();
    for source in &options.source {
        match named(source, sources) {
            Ok(source) => extra.push(source),
            Err(finding) => problems.push(*finding),
        }
    }
    for path in options.paths.iter().filter(|_| builtin) {
        let path = given_path(path, sources);
        match discover::kind(sources, &path) {
            Ok(target) => extra.push(Extra { target: target.name(), input: Input { path, id: None } }),
            Err(finding) => problems.push(*finding),
        }
    }
    if !options.live.is_empty() && !cfg!(feature = "live") {
        problems.push(
            Finding::error(&locate::USAGE, "--live needs the network, and this secgen was built without it")
                .help("use a secgen that was built with the cargo feature `live`, which is on by default"),
        );
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let lock = if builtin || !selection.is_all() {
        None
    } else {
        let path = super::render::lock_path(loaded);
        Some(super::render::read_lock(sources, &path).map_err(|e| vec![Finding::unreadable(&e)])?)
    };
    let servers: Vec<&'static str> = options.live.iter().map(|live| live.target()).collect();
    let variable = |name: &str| std::env::var(name).ok();
    let live = (!servers.is_empty()).then_some(check::Live { targets: &servers, variable: &variable });
    let (waivers, unusable) = match if options.no_waivers { Ok(None) } else { super::waivers::load(loaded, sources) } {
        Ok(waivers) => (waivers, Vec::new()),
        Err(findings) => (None, findings),
    };
    let run = check::waive::Run { is_full: selection.is_all(), elsewhere: super::waivers::elsewhere(loaded, &servers, options.floor.is_some()) };
    let waiving = waivers.as_ref().map(|waivers| (waivers, run));
    let mut report = check::run(loaded, &selection, &extra, live, lock.as_deref(), waiving, sources)?;
    // The report of all the rest is complete.
    report.findings.extend(unusable);
    if options.diff && session.format == Format::Text {
        print_diffs(loaded, &selection, sources);
    }
    Ok(report)
}

/// `KIND=FILE` or `KIND=-`.
fn named(source: &str, sources: &mut Sources) -> Result<Extra, Box<Finding>> {
    let usage = |message: String| {
        let names: Vec<&str> = targets::ALL.iter().map(|t| t.name()).collect();
        Box::new(Finding::error(&locate::USAGE, message).help(format!("write --source KIND=FILE, KIND one of {}", names.join(", "))))
    };
    let (kind, file) = source.split_once('=').ok_or_else(|| usage(format!("--source {source} has no kind")))?;
    let target = targets::by_name(kind).ok_or_else(|| usage(format!("--source {source}: {kind} is no kind of source")))?;
    if file == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() as u64 > MAX_CONFIG_BYTES {
            return Err(usage("standard input cannot be read, or is larger than 32 MiB".to_owned()));
        }
        let id = sources.add("<stdin>", bytes);
        return Ok(Extra { target: target.name(), input: Input { path: "<stdin>".to_owned(), id: Some(id) } });
    }
    let path = given_path(file, sources);
    sources.read(&path, MAX_CONFIG_BYTES).map_err(|e| Box::new(Finding::unreadable(&e)))?;
    Ok(Extra { target: target.name(), input: Input { path, id: None } })
}

/// A path of the command line: relative to the root if it lies there, else absolute, and its folder may be read.
pub(super) fn given_path(path: &str, sources: &mut Sources) -> String {
    let file = locate::absolute(&locate::here(), Path::new(path));
    locate::relative(sources.root(), &file).unwrap_or_else(|| {
        if let Some(folder) = file.parent() {
            sources.allow(folder);
        }
        file.display().to_string()
    })
}

/// Unified diffs of every rendered file that is not in sync, from the disk to what would be rendered.
fn print_diffs(loaded: &Loaded, selection: &Selection, sources: &mut Sources) {
    let Ok(rendered) = render::render(loaded, selection, sources) else { return };
    for file in &rendered {
        let disk = render::state::of(file, sources);
        if matches!(disk.state, FileState::InSync | FileState::HandWritten | FileState::Unreadable) {
            continue;
        }
        let old = disk.id.and_then(|id| sources.get(id).text()).unwrap_or_default().to_owned();
        print_out(&diff(&file.artifact.path, &old, disk.kept.as_deref().unwrap_or(&file.text)));
    }
}

/// A unified diff whose lines are redacted and safe to print; every line has a gutter, so that none can be taken for a
/// command by a CI system.
pub(super) fn diff(file: &str, old: &str, new: &str) -> String {
    let file = path(file);
    let (old, new) = (redact::text(old), redact::text(new));
    let mut config = similar::TextDiff::configure();
    let diff = config.timeout(std::time::Duration::from_millis(500)).diff_lines(&old, &new);
    let text = diff.unified_diff().context_radius(3).header(&format!("{file} (on disk)"), &format!("{file} (by the spec)")).to_string();
    let mut out = String::new();
    for line in text.lines() {
        out.push_str("| ");
        line.chars().for_each(|c| if c != '\t' && is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) });
        out.push('\n');
    }
    out.push('\n');
    guarded(&out).into_owned()
}
