//! What a backend may send beside nginx, as one note.

use super::{Place, Required};
use crate::finding::{Finding, Kind, Label};
use crate::source::Span;
use crate::targets::nginx::effective::backend;
use crate::targets::nginx::rules;

/// Where a backend is asked, and the headers of the policy that it may send beside those of nginx.
pub(super) struct PassedOn {
    pub(super) span: Span,
    pub(super) kind: usize,
    pub(super) names: Vec<&'static str>,
}

pub(super) fn passed_on(required: &Required, place: &Place) -> Option<PassedOn> {
    let (kind, line) = place.level.pass?;
    let names = required.fields.iter().flat_map(|(field, _)| field.headers()).copied();
    let wire = place.headers.wire(200, Some("text/html"));
    let is_sent = |name: &str| wire.iter().any(|line| line.is(name));
    let mut names: Vec<&str> = names.filter(|name| is_sent(name) && !place.hidden.has(kind, name) && !place.headers.replaces(name)).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then_some(PassedOn { span: line.span, kind, names })
}

/// One note for all of them: whether the backends send these headers at all is not in these files.
pub(super) fn backends(passed: &[PassedOn]) -> Option<Finding> {
    let (first, others) = passed.split_first()?;
    let names = first.names.join(", ");
    let places = if others.is_empty() { String::new() } else { format!(" (and at {} more places)", others.len()) };
    let message = format!("if the backend sends {names} too, clients get its value first, then that of nginx{places}");
    let hide = backend::KINDS[first.kind];
    let lines = first.names.iter().map(|name| format!("{hide}_hide_header {name};")).collect::<Vec<_>>().join(" ");
    let mut finding = Finding::new(&rules::BACKEND, Kind::Note, message).at(first.span, "passes on the headers of the backend");
    finding.related = others.iter().take(9).map(|other| Label::new(other.span, "here too")).collect();
    Some(finding.help(format!("add `{lines}` to this block or around it")))
}
