//! The gate: which findings fail a run.

use crate::finding::{FileState, Finding, Kind, Verdict};

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

    /// The loosest gate that a finding fails; `None` for what always means exit 2.
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

    /// Whether a finding fails this gate.
    #[must_use]
    pub fn fails(self, kind: Kind) -> bool {
        self != Self::None && Self::least(kind).is_none_or(|least| least <= self)
    }

    /// The exit code: 2 where an input could not be used, 1 where the gate failed, else 0.
    #[must_use]
    pub fn exit(self, findings: &[Finding]) -> u8 {
        if findings.iter().any(|f| Self::least(f.kind).is_none()) { 2 } else { u8::from(findings.iter().any(|f| self.fails(f.kind))) }
    }
}
