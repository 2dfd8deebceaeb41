//! The gate: which findings fail a run.

use crate::finding::{Disposition, FileState, Finding, Kind, Verdict};

/// What fails a run (design section 6), loosest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Nothing; the output says so.
    None,
    /// Protections that are weaker, absent or unknown.
    Security,
    /// These, and the state of rendered files.
    #[default]
    Standard,
    /// These, and every warning and note.
    Strict,
}

impl Gate {
    /// As on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Security => "security",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }

    /// The loosest gate that findings of a kind fail; `None` for what always means exit 2.
    #[must_use]
    pub fn least(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Error => None,
            Kind::Verdict(Verdict::Weaker | Verdict::Absent | Verdict::Incomparable | Verdict::Unverifiable | Verdict::Unenforced | Verdict::Unattested) => {
                Some(Self::Security)
            }
            Kind::File(FileState::InSync | FileState::Outdated | FileState::HandWritten) => Some(Self::Strict),
            Kind::File(FileState::Unreadable) => None,
            Kind::File(_) => Some(Self::Standard),
            Kind::Verdict(_) | Kind::Warning | Kind::Note => Some(Self::Strict),
        }
    }

    /// What a finding comes to under this gate. An ended waiver is no better than none: what it accepted fails as
    /// security does, whatever it is.
    #[must_use]
    pub fn level(self, finding: &Finding) -> Level {
        let least = Self::least(finding.kind).map(|least| match finding.disposition {
            Disposition::ExpiredWaiver(_) => least.min(Self::Security),
            _ => least,
        });
        match (least, finding.kind) {
            (None, _) => Level::Error,
            _ if finding.disposition.is_accepted() => Level::Accepted,
            (Some(least), _) if self != Self::None && least <= self => Level::Failure,
            (_, Kind::Note | Kind::File(FileState::Outdated)) => Level::Note,
            _ => Level::Warning,
        }
    }

    /// Whether a finding fails this gate.
    #[must_use]
    pub fn fails(self, finding: &Finding) -> bool {
        self.level(finding) == Level::Failure
    }

    /// The exit code: 2 where an input could not be used, 1 where the gate failed, else 0.
    #[must_use]
    pub fn exit(self, findings: &[Finding]) -> u8 {
        match findings.iter().map(|f| self.level(f)).min() {
            Some(Level::Error) => 2,
            Some(Level::Failure) => 1,
            _ => 0,
        }
    }
}

/// What a finding comes to, worst first. Every format says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The job could not be done: exit 2.
    Error,
    /// It fails the gate: exit 1.
    Failure,
    /// To look at; below the gate.
    Warning,
    /// Good to know; below the gate.
    Note,
    /// A waiver accepts it.
    Accepted,
}

impl Level {
    /// As printed: `failure`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Failure => "failure",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Accepted => "accepted",
        }
    }
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The job could not be done.
    pub errors: usize,
    /// They fail the gate.
    pub failures: usize,
    /// To look at.
    pub warnings: usize,
    /// Good to know.
    pub notes: usize,
    /// A waiver accepts them.
    pub accepted: usize,
}
