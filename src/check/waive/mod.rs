//! Waivers: what somebody accepts knowingly, for a reason, up to a bound and a date.
//!
//! [`load`] reads `secgen.waivers.yaml`, [`apply`] decides about each finding before findings are grouped, and [`append`]
//! writes entries into the file's text.

mod append;
mod apply;
mod read;
mod rules;

pub use append::{Terms, append, entries};
pub use apply::{InForce, Outcome, Run, apply, ends, see, show_ended};
pub use read::{is_filler, load};
pub use rules::{ENDS_SOON, INVALID, LOOSE, MISNAMED, RULES, UNUSED};

use crate::source::{SourceId, Span};
use crate::spec::Waiver;
pub use crate::spec::WaiverKind;
use crate::spec::scalar::Date;

/// The file's name, beside the spec.
pub const NAME: &str = "secgen.waivers.yaml";
/// Days before its end from which on a waiver that is in use is worth a word.
const SOON: i64 = 14;

/// The list of waivers as it was read.
#[derive(Debug)]
pub struct Waivers {
    /// Its path, relative to the root.
    pub path: String,
    /// Its text.
    pub id: SourceId,
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One entry with its places in the file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub waiver: Waiver,
    /// Where its id stands.
    pub at: Span,
    /// Where its bound stands.
    pub accept: Span,
    /// Where its last day stands.
    pub until: Span,
    /// The whole entry.
    pub whole: Span,
}

impl Entry {
    /// Whether it has ended; its last day still counts.
    #[must_use]
    pub fn has_ended(&self, today: i64) -> bool {
        self.waiver.until.days() < today
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
