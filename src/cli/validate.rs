//! `secgen validate`: the spec and its waivers alone.

use super::{Session, plain_report};
use crate::check::{self, Report};
use crate::finding::{Finding, Kind};
use crate::policy::Loaded;
use crate::render::{self, Selection};
use crate::source::Sources;

/// Loads the spec, and renders in memory: a value that its target cannot hold is a fault of the spec too.
pub(super) fn run(session: &Session) -> u8 {
    let (mut sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "validate"),
    };
    let report = report(&loaded, &mut sources);
    session.print(report, &sources, "validate")
}

/// What is to say about a spec that could be loaded.
pub(super) fn report(loaded: &Loaded, sources: &mut Sources) -> Report {
    let selection = Selection::default();
    let mut report = plain_report(loaded, &selection);
    match render::render(loaded, &selection, sources) {
        Ok(rendered) => report.outputs = check::outputs(loaded, &rendered),
        Err(findings) => report.findings.extend(findings.into_iter().map(|f| Finding { kind: Kind::Error, ..f })),
    }
    if let Err(findings) = super::waivers::load(loaded, sources) {
        report.findings.extend(findings);
    }
    report.name_findings(&loaded.path);
    report
}
