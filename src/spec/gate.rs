//! `gate`: which findings fail a run.

use super::scalar::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which findings fail `secgen check`: a level for all, or a level with targets that differ for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(description = "security, standard or strict; or { level: standard, targets: { postgres: { level: none, until: 2027-01-31 } } }")]
pub enum Gate {
    /// One level for all targets.
    Level(GateLevel),
    /// A level, and targets that differ.
    Levels(GateLevels),
}

impl Gate {
    /// What may have a level of its own; the empty name is everything else.
    pub const NAMES: [&str; 7] = ["", "nginx", "postgres", "rust", "cargo", "operations", "templates"];

    /// The key that says the level of a target, below `gate`.
    #[must_use]
    pub fn key(target: &str) -> String {
        if target.is_empty() { "gate.level".to_owned() } else { format!("gate.targets.{target}") }
    }

    /// The level of what no target differs in; `None` where nothing says it.
    #[must_use]
    pub fn level(&self) -> Option<GateLevel> {
        match self {
            Self::Level(level) => Some(*level),
            Self::Levels(levels) => levels.level,
        }
    }

    /// The level of a target, as long as it holds; of everything else for an empty name.
    #[must_use]
    pub fn of(&self, target: &str) -> TargetLevel {
        let own = self.targets().into_iter().find(|(name, _)| *name == target).map(|(_, gate)| gate.level);
        own.unwrap_or_else(|| self.level().unwrap_or(GateLevel::Standard).into())
    }

    /// Targets that differ, by name.
    #[must_use]
    pub fn targets(&self) -> Vec<(&'static str, &TargetGate)> {
        let Self::Levels(GateLevels { targets: Some(targets), .. }) = self else { return Vec::new() };
        let TargetGates { nginx, postgres, rust, cargo, operations, templates } = targets;
        let all = [("nginx", nginx), ("postgres", postgres), ("rust", rust), ("cargo", cargo), ("operations", operations), ("templates", templates)];
        all.into_iter().filter_map(|(name, gate)| Some((name, gate.as_ref()?))).collect()
    }
}

/// What fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GateLevel {
    /// Protections that are weaker, absent or unknown.
    Security,
    /// These, and the state of rendered files. The level where nothing else is said.
    Standard,
    /// These, and every warning and note.
    Strict,
}

/// A level, and targets that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateLevels {
    /// The level of everything else.
    pub level: Option<GateLevel>,
    /// Targets that differ.
    pub targets: Option<TargetGates>,
}

/// Targets that differ from the level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetGates {
    /// nginx.
    pub nginx: Option<TargetGate>,
    /// PostgreSQL.
    pub postgres: Option<TargetGate>,
    /// The Rust service.
    pub rust: Option<TargetGate>,
    /// Rust dependencies.
    pub cargo: Option<TargetGate>,
    /// Scans, workflows and documents of operations.
    pub operations: Option<TargetGate>,
    /// Files of templates of your own.
    pub templates: Option<TargetGate>,
}

/// The level of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetGate {
    /// What fails the run in this target.
    pub level: TargetLevel,
    /// The last day on which it holds, UTC; then the level of everything else holds. Needed for a looser level.
    pub until: Option<Date>,
}

/// What fails a run in one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetLevel {
    /// Nothing: findings are reported only.
    None,
    /// Protections that are weaker, absent or unknown.
    Security,
    /// These, and the state of rendered files.
    Standard,
    /// These, and every warning and note.
    Strict,
}

/// The one order of both.
impl From<GateLevel> for TargetLevel {
    fn from(level: GateLevel) -> Self {
        match level {
            GateLevel::Security => Self::Security,
            GateLevel::Standard => Self::Standard,
            GateLevel::Strict => Self::Strict,
        }
    }
}

impl TargetLevel {
    /// How much fails; more is stricter.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Security => 1,
            Self::Standard => 2,
            Self::Strict => 3,
        }
    }

    /// As written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Security => "security",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }
}
