//! The gate: which findings fail a run.

use crate::finding::{Disposition, FileState, Finding, Kind, Verdict};
use crate::policy::Policy;
use crate::source::Span;
use crate::spec::{self, TargetLevel};

/// How much fails a run (design section 6), loosest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threshold {
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

impl Threshold {
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

    /// The loosest threshold that findings of a kind fail; `None` for what always means exit 2.
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

    /// What a finding comes to under this threshold. An ended waiver is no better than none: what it accepted fails as
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
}

impl From<TargetLevel> for Threshold {
    fn from(level: TargetLevel) -> Self {
        match level {
            TargetLevel::None => Self::None,
            TargetLevel::Security => Self::Security,
            TargetLevel::Standard => Self::Standard,
            TargetLevel::Strict => Self::Strict,
        }
    }
}

/// Which threshold holds for what: the spec's, by environment and target, and the command line's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    policies: Vec<Rows>,
    asked: Option<Threshold>,
}

/// The gate of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rows {
    env: Option<String>,
    /// Where the spec sets it; `None` where it says nothing.
    level: Option<(Threshold, Option<Span>)>,
    targets: Vec<Row>,
}

/// A target that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    target: &'static str,
    threshold: Threshold,
    until: Option<spec::scalar::Date>,
    has_ended: bool,
    at: Option<Span>,
}

impl Rows {
    fn new(policy: &Policy, today: i64) -> Self {
        let gate = policy.spec.gate.as_ref();
        let origin = |key: &str| policy.origin(key);
        let level = gate.and_then(spec::Gate::level).map(|level| (TargetLevel::from(level).into(), origin("gate.level")));
        let row = |(target, gate): (&'static str, &spec::TargetGate)| Row {
            target,
            threshold: gate.level.into(),
            until: gate.until.clone(),
            has_ended: gate.until.as_ref().is_some_and(|until| until.days() < today),
            at: origin(&format!("gate.targets.{target}")),
        };
        Self { env: policy.env.clone(), level, targets: gate.map(spec::Gate::targets).into_iter().flatten().map(row).collect() }
    }

    fn of(&self, target: Option<&str>) -> Threshold {
        let own = self.targets.iter().find(|row| Some(row.target) == target && !row.has_ended);
        own.map_or_else(|| self.level.map(|(level, _)| level).unwrap_or_default(), |row| row.threshold)
    }
}

/// A part of the gate that is in force, in words, with where the spec sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `none for postgres until 2027-01-31`.
    pub words: String,
    /// The spec's line.
    pub at: Option<Span>,
}

impl Gate {
    /// One threshold for everything.
    #[must_use]
    pub fn only(threshold: Threshold) -> Self {
        Self { policies: Vec::new(), asked: Some(threshold) }
    }

    /// The gate of a spec on a day. What the command line asks for tightens it, or turns it off; it loosens only where the
    /// spec says nothing.
    pub fn new<'p>(policies: impl Iterator<Item = &'p Policy>, asked: Option<Threshold>, today: i64) -> Self {
        Self { policies: policies.map(|policy| Rows::new(policy, today)).collect(), asked }
    }

    /// Whether nothing at all fails.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.asked == Some(Threshold::None)
    }

    /// The threshold of a target in environments, by what `env` of a finding has; without one, the strictest.
    fn threshold(&self, env: Option<&str>, target: Option<&str>) -> Threshold {
        if self.is_off() {
            return Threshold::None;
        }
        // A finding on a file that environments share names them all.
        let is_of = |rows: &&Rows| match (&rows.env, env) {
            (Some(own), Some(named)) => named.split(", ").any(|name| name == own),
            _ => true,
        };
        let says = |rows: &&Rows| rows.level.is_some() || rows.targets.iter().any(|row| Some(row.target) == target);
        let ours: Vec<&Rows> = self.policies.iter().filter(is_of).collect();
        let of_spec = ours.iter().map(|rows| rows.of(target)).max();
        match (of_spec, self.asked) {
            (Some(of_spec), Some(asked)) if ours.iter().any(says) => of_spec.max(asked),
            (_, Some(asked)) => asked,
            (Some(of_spec), None) => of_spec,
            (None, None) => Threshold::default(),
        }
    }

    /// What a finding comes to.
    #[must_use]
    pub fn level(&self, finding: &Finding) -> Level {
        self.threshold(finding.env.as_deref(), finding.target).level(finding)
    }

    /// Whether a finding fails this gate.
    #[must_use]
    pub fn fails(&self, finding: &Finding) -> bool {
        self.level(finding) == Level::Failure
    }

    /// The exit code: 2 where an input could not be used, 1 where the gate failed, else 0.
    #[must_use]
    pub fn exit(&self, findings: &[Finding]) -> u8 {
        match findings.iter().map(|f| self.level(f)).min() {
            Some(Level::Error) => 2,
            Some(Level::Failure) => 1,
            _ => 0,
        }
    }

    /// The threshold of what no target differs in, as on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.threshold(None, None).name()
    }

    /// From where it comes, and where it differs by target or environment: empty where nothing but the default is in
    /// force, and where it is off.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let mut said = Vec::new();
        if self.is_off() {
            return said;
        }
        for rows in &self.policies {
            let env = rows.env.as_ref().map(|env| format!(" in environment {env}")).unwrap_or_default();
            if let Some((level, at)) = rows.level {
                said.push(Said { words: format!("{}{env}", level.name()), at });
            }
            for row in &rows.targets {
                let until = row.until.as_ref().map(|date| format!(" until {date}")).unwrap_or_default();
                let ended = if row.has_ended { format!(", which has ended: {} holds again", rows.of(None).name()) } else { String::new() };
                said.push(Said { words: format!("{} for {}{env}{until}{ended}", row.threshold.name(), row.target), at: row.at });
            }
        }
        // A setting of the whole spec is the same in each environment.
        if let [Rows { level, .. }, others @ ..] = self.policies.as_slice()
            && !others.is_empty()
            && self.policies.iter().all(|rows| rows.level == *level && rows.targets == self.policies[0].targets)
        {
            said = Self { policies: vec![Rows { env: None, ..self.policies[0].clone() }], asked: None }.said();
        }
        if let Some(asked) = self.asked {
            let is_set = self.policies.iter().any(|rows| rows.level.is_some());
            let looser = is_set && asked < self.threshold(None, None);
            let words = if looser { "--fail-on {}: only stricter than the spec counts" } else { "--fail-on {}" };
            said.push(Said { words: words.replace("{}", asked.name()), at: None });
        }
        said
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
