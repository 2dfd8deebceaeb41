//! `secgen check`: the gate.

use super::{Session, args, locate, print_out, selection};
use crate::check::gate::{Gate, Threshold};
use crate::check::{self, Extra, Report, discover, fingerprint};
use crate::finding::{FileState, Finding, Kind, redact};
use crate::policy::{Loaded, Policy, profiles};
use crate::render::{self, Selection};
use crate::report::{Format, guarded, is_unsafe, path};
use crate::source::{MAX_CONFIG_BYTES, Sources, Span};
use crate::targets::{self, Input};
use std::io::Read;
use std::path::Path;

/// Reads, compares, reports.
pub(super) fn run(session: &Session, options: &args::Check) -> u8 {
    let (mut sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "check"),
    };
    let asked = options.fail_on.map(|fail_on| match fail_on {
        args::FailOn::None => Threshold::None,
        args::FailOn::Security => Threshold::Security,
        args::FailOn::Standard => Threshold::Standard,
        args::FailOn::Strict => Threshold::Strict,
    });
    let is_chosen = |p: &&Policy| options.which.env.is_empty() || p.env.as_ref().is_some_and(|e| options.which.env.contains(e));
    let gate = Gate::new(loaded.policies.iter().filter(is_chosen), asked, session.today);
    let mut report = match report(session, options, &loaded, &mut sources) {
        Ok(report) => report,
        Err(findings) => Report { findings, spec: Some(check::SpecInfo::new(&loaded, &Selection::default())), ..session.failed(Vec::new()) },
    };
    let command = super::waivers::command(session, options);
    for finding in report.findings.iter_mut().filter(|f| f.seen.is_some() && gate.fails(f) && !profiles::is_builtin(&loaded.path)) {
        let fingerprint = fingerprint::of(finding, &sources);
        finding.help.push(format!("or accept it: secgen waivers add {fingerprint} --reason \"...\" --owner \"...\" --until DATE{command}"));
    }
    session.print(Report { gate, ..report }, &sources, "check")
}

/// What `check` finds, before it is known which gate holds.
pub(super) fn report(session: &Session, options: &args::Check, loaded: &Loaded, sources: &mut Sources) -> Result<Report, Vec<Finding>> {
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
    let run = check::waive::Run { is_full: selection.is_all() && options.paths.is_empty(), elsewhere: super::waivers::elsewhere(loaded, &servers) };
    let waiving = waivers.as_ref().map(|waivers| (waivers, run));
    let mut report = check::run(loaded, &selection, &extra, live, lock.as_deref(), waiving, sources)?;
    // The report of all the rest is complete.
    report.findings.extend(unusable);
    if !builtin {
        report.other_specs = discover::other_specs(sources.root(), &loaded.path);
        limit(&mut report, &options.paths, sources);
    }
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
fn given_path(path: &str, sources: &mut Sources) -> String {
    let file = locate::absolute(&locate::here(), Path::new(path));
    locate::relative(sources.root(), &file).unwrap_or_else(|| {
        if let Some(folder) = file.parent() {
            sources.allow(folder);
        }
        file.display().to_string()
    })
}

/// Reports only what lies at the given paths; errors stay.
fn limit(report: &mut Report, paths: &[String], sources: &mut Sources) {
    if paths.is_empty() {
        return;
    }
    let wanted: Vec<String> = paths.iter().map(|p| given_path(p, sources)).map(|p| p.trim_end_matches('/').to_owned()).collect();
    let inside = |path: &str| wanted.iter().any(|w| w.is_empty() || path == w || path.strip_prefix(w.as_str()).is_some_and(|rest| rest.starts_with('/')));
    let known = |w: &String| {
        let at = |path: &str| w.is_empty() || path == w || path.strip_prefix(w.as_str()).is_some_and(|rest| rest.starts_with('/'));
        report.files.iter().any(|(p, _)| at(p)) || sources.iter().any(|(_, s)| at(&s.path))
    };
    let unknown: Vec<Finding> = wanted
        .iter()
        .filter(|w| !known(w))
        .map(|w| {
            Finding::error(&locate::USAGE, format!("{w} is neither rendered nor checked by this spec"))
                .help("name a file that the spec renders or lists under check")
                .path(w)
        })
        .collect();
    // What lies in one text of several (`nginx -T`) lies at the path of the whole, too.
    let at = |span: Span| inside(&sources.get(span.source).path) || sources.place_in_whole(span).is_some_and(|(path, _)| inside(path));
    report.findings.retain(|f| f.kind == Kind::Error || f.primary.as_ref().map_or_else(|| f.path.as_deref().is_some_and(inside), |l| at(l.span)));
    report.findings.extend(unknown);
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
        print_out(&diff(&file.artifact.path, &old, &file.text));
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
