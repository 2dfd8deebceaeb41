//! `secgen validate`: the spec and its waivers alone.

use super::{Session, plain_report};
use crate::finding::{Finding, Kind};
use crate::render::{self, Selection};

/// Loads the spec, and renders in memory: a value that its target cannot hold is a fault of the spec too.
pub(super) fn run(session: &Session) -> u8 {
    let (mut sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "validate"),
    };
    let selection = Selection::default();
    let mut report = plain_report(&loaded, &selection);
    if let Err(findings) = render::render(&loaded, &selection, &sources) {
        report.findings.extend(findings.into_iter().map(|f| Finding { kind: Kind::Error, ..f }));
    }
    if let Err(findings) = super::waivers::load(&loaded, &mut sources) {
        report.findings.extend(findings);
    }
    session.print(report, &sources, "validate")
}
