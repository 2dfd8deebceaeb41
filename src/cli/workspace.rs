//! `--workspace`: every spec below the root in one report.

use super::given::Given;
use super::{Session, args, check, locate, validate};
use crate::check::discover::{self, SPEC, Specs};
use crate::check::{Report, workspace};
use crate::finding::Finding;
use crate::policy::Loaded;
use crate::source::Sources;

/// `secgen check --workspace`.
pub(super) fn check(session: &Session, options: &args::Check) -> u8 {
    let (mut sources, specs) = match find(session) {
        Ok(found) => found,
        Err(failed) => return session.print(failed.1, &failed.0, "check"),
    };
    let refused = if options.source.is_empty() && options.live.is_empty() {
        check::floor(session, options, &mut sources)
    } else {
        let finding = Finding::error(&locate::USAGE, "--source and --live are about one spec, and --workspace about all");
        Err(vec![finding.help("leave --workspace out, and name the spec with --spec")])
    };
    let floor = match refused {
        Ok(floor) => floor,
        Err(findings) => return session.print(session.failed(findings), &sources, "check"),
    };
    let mut parts: Vec<(Report, Option<Loaded>)> = specs
        .found
        .iter()
        .map(|spec| match session.policy(&mut sources, spec) {
            Ok(mut loaded) => (check::of_spec(session, options, floor.as_ref(), &mut loaded, &mut sources), Some(loaded)),
            Err(findings) => (session.broken(spec, findings), None),
        })
        .collect();
    let given = Given::new(options, &mut sources);
    let mut findings = given.unknown(&parts.iter().map(|(report, _)| report).collect::<Vec<_>>(), &sources);
    for (report, loaded) in &mut parts {
        given.limit(report, loaded.as_ref(), &sources);
    }
    findings.extend(misplaced(&specs));
    let report = workspace::merge(parts.into_iter().map(|(report, _)| report).collect(), findings, specs.passed_over);
    session.print(report, &sources, "check")
}

/// `secgen validate --workspace`.
pub(super) fn validate(session: &Session) -> u8 {
    let (mut sources, specs) = match find(session) {
        Ok(found) => found,
        Err(failed) => return session.print(failed.1, &failed.0, "validate"),
    };
    let parts = specs
        .found
        .iter()
        .map(|spec| match session.policy(&mut sources, spec) {
            Ok(loaded) => validate::report(&loaded, &mut sources),
            Err(findings) => session.broken(spec, findings),
        })
        .collect();
    let report = workspace::merge(parts, misplaced(&specs), specs.passed_over);
    session.print(report, &sources, "validate")
}

type Failed = Box<(Sources, Report)>;

/// One home for the texts of all specs: a file that several read is read once.
fn find(session: &Session) -> Result<(Sources, Specs), Failed> {
    let root = locate::workspace(session.root.as_deref()).map_err(|(root, finding)| Box::new((Sources::new(&root), session.failed(vec![*finding]))))?;
    let sources = Sources::new(&root);
    let specs = discover::specs(sources.root(), usize::MAX);
    Ok((sources, specs))
}

/// Files that look like specs and are none, and folders that nobody could look into.
fn misplaced(specs: &Specs) -> Vec<Finding> {
    let misnamed = specs.misnamed.iter().map(|path| {
        let message = format!("{path} is not read: a spec is named {SPEC}");
        Finding::error(&locate::NEAR_MISS, message).path(path).help(format!("rename it to {SPEC}, or remove it"))
    });
    misnamed.chain(specs.unreadable.iter().map(Finding::unreadable)).collect()
}
