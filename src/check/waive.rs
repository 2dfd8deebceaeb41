//! Waivers: what somebody accepts knowingly, for a reason, up to a bound and a date.

use crate::source::Span;
use crate::spec::scalar::Date;

/// What kind of acceptance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaiverKind {
    /// Agreed on, for a year at most.
    Waiver,
    /// For three days at most; every report says it first.
    Emergency,
    /// What was there when the tree was taken in; it can only shrink.
    Baseline,
}

impl WaiverKind {
    /// As written: `emergency`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiver => "waiver",
            Self::Emergency => "emergency",
            Self::Baseline => "baseline",
        }
    }
}

/// A waiver that decided about findings of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedWaiver {
    /// `W-2026-004`.
    pub id: String,
    /// What kind of acceptance.
    pub kind: WaiverKind,
    /// The rule whose findings it accepts.
    pub rule: String,
    /// Who answers for it.
    pub owner: String,
    /// Why, in one line.
    pub reason: String,
    /// The day on which it was made, UTC.
    pub created: Date,
    /// The last day on which it holds, UTC.
    pub until: Date,
    /// Who agreed to it.
    pub approved_by: Option<String>,
    /// Where the work is tracked.
    pub ticket: Option<String>,
    /// The bound: what it accepts at worst.
    pub accepts: String,
    /// Findings that it decided about, each place counted.
    pub findings: usize,
    /// Where it stands.
    pub position: Span,
}

impl UsedWaiver {
    /// Days until it ends, 0 on its last day; below 0 where it has ended.
    #[must_use]
    pub fn days_left(&self, today: i64) -> i64 {
        self.until.days() - today
    }
}
