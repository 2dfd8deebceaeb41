//! Rate limits: zones, and which `limit_req` lines hold where (ngx_http_limit_req_module; reference vectors R01 to R14).
//!
//! Any line of its own hides all lines of the levels above. Every line in force is applied.

use super::variables::Scene;
use super::{About, Doubt, Level, Servers};
use crate::source::Span;
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::tree::Directive;
use std::rc::Rc;

/// The limits in force on a level.
#[derive(Clone, Debug, Default)]
pub struct Effective<'a> {
    /// The lines.
    pub lines: Vec<&'a Directive>,
    /// Lines of levels above that these hide.
    pub cut: Vec<&'a Directive>,
    /// `limit_req_dry_run on`: nothing is limited.
    pub dry_run: Option<Span>,
    /// `limit_req_status`, which passes on by itself (vector R07).
    pub status: Option<&'a Directive>,
    /// Whether a file that was not read may set the status.
    pub is_status_open: bool,
    /// What makes the lines unknown.
    doubts: Vec<Rc<Doubt>>,
}

impl<'a> Effective<'a> {
    /// The limits of a level inside of this one.
    #[must_use]
    pub fn below(&self, level: &Level<'a>) -> Self {
        let mut doubts: Vec<Rc<Doubt>> = level.doubts.iter().filter(|d| d.touches(&About::Limits)).cloned().collect();
        let (lines, cut) = if level.limits.is_empty() {
            doubts.extend(self.doubts.iter().cloned());
            (self.lines.clone(), self.cut.clone())
        } else {
            (level.limits.clone(), self.lines.clone())
        };
        let dry_run = match level.dry_run {
            Some((on, span)) => on.then_some(span),
            None => self.dry_run,
        };
        let is_status_open = level.limit_status.is_none() && (self.is_status_open || level.doubts.iter().any(|d| d.about == About::All));
        Self { lines, cut, dry_run, status: level.limit_status.or(self.status), is_status_open, doubts }
    }

    /// Why the lines cannot be known.
    #[must_use]
    pub fn doubt(&self) -> Option<&Doubt> {
        self.doubts.first().map(Rc::as_ref)
    }
}

/// What one `limit_req` line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A leaky bucket for each value of the key.
    Bucket {
        /// Requests a minute.
        per_minute: u64,
        /// On top of it.
        burst: u64,
        /// The key, as written.
        key: String,
        /// The line of the zone.
        zone: Span,
    },
    /// No zone of that name is declared in what was read.
    NoZone(String),
    /// nginx refuses to start with it, and why.
    Refused(String),
}

/// A parameter of the form `name=value`.
pub(super) fn parameter(d: &Directive, name: &str) -> Option<String> {
    d.args().iter().map(Word::text).find_map(|word| word.strip_prefix(name).map(str::to_owned))
}

/// Reads a line and its zone.
#[must_use]
pub fn limit(servers: &Servers, line: &Directive) -> Limit {
    let Some(name) = parameter(line, "zone=") else { return Limit::Refused("limit_req names no zone".to_owned()) };
    let named = |d: &&&Directive| parameter(d, "zone=").is_some_and(|z| z.split(':').next() == Some(&name));
    let Some(zone) = servers.zones.iter().find(named) else {
        return Limit::NoZone(name);
    };
    let burst = match parameter(line, "burst=") {
        None => 0,
        Some(text) => match text.parse::<u64>() {
            Ok(burst) if burst > 0 => burst,
            _ => return Limit::Refused(format!("burst={text} is not a positive number")),
        },
    };
    match (per_minute(zone), zone.arg(0)) {
        (Some(per_minute), Some(key)) => Limit::Bucket { per_minute, burst, key: key.text(), zone: zone.span },
        _ => Limit::Refused(format!("the zone {name} has no rate in whole requests, such as rate=10r/s or rate=100r/m")),
    }
}

/// The rate of a zone, in requests a minute: nginx reads whole numbers only.
pub(super) fn per_minute(zone: &Directive) -> Option<u64> {
    let rate = parameter(zone, "rate=")?;
    let (number, factor) = rate.strip_suffix("r/s").map(|n| (n, 60)).or_else(|| rate.strip_suffix("r/m").map(|n| (n, 1)))?;
    number.parse::<u64>().ok().filter(|n| *n > 0)?.checked_mul(factor)
}

/// The status of refused requests; without `limit_req_status` it is 503 (vector R02).
#[must_use]
pub fn status(line: Option<&Directive>) -> u16 {
    line.and_then(|d| d.arg(0)?.text().parse().ok()).unwrap_or(503)
}

/// Whether a zone counts every request: one whose key is empty is not limited (vectors R04, R11).
#[must_use]
pub fn always_counts(scene: &Scene, key: &str) -> bool {
    scene.is_never_empty(key.as_bytes())
}
