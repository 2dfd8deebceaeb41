//! `operations`: what people and CI do again and again.

mod incident;
mod tasks;

pub use incident::*;
pub use tasks::*;

use super::scalar::{Date, ImageName, RelPath, ScanTarget, SetOf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What people and CI do again and again: scans, tests, tasks. It is of the service, and the same in every environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Tasks of every day: names that secgen knows, or `{ id, title, how }`. `secgen tasks list` shows what is due.
    pub daily: Option<Tasks>,
    /// Tasks of every week.
    pub weekly: Option<Tasks>,
    /// Tasks of every month.
    pub monthly: Option<Tasks>,
    /// What an overdue task comes to in `secgen check`.
    pub overdue: Option<Overdue>,
    /// The file that `secgen tasks done` appends to, one record a line. Left out: `secgen.tasks.log` beside the spec.
    pub log: Option<RelPath>,
    /// The day on which the clock of tasks starts that nobody has done yet, UTC. Left out: what was never done is overdue.
    pub since: Option<Date>,
    /// What people state about operations, with its evidence. A statement never counts as verified.
    pub attested: Option<StatedControls>,
    /// Programs that `make security-scan` and the workflows run beside `secgen check`. Left out: both where the spec lists
    /// the target cargo or rust, else none.
    pub static_analysis: Option<SetOf<Analysis>>,
    /// Tests of a running service.
    pub pen_test: Option<PenTest>,
    /// CI systems that a scheduled workflow is rendered for. Left out: github.
    pub ci: Option<SetOf<CiSystem>>,
    /// Incidents: whom to call and how fast somebody answers. With it, `incident-response.md` is rendered.
    pub incident_response: Option<IncidentResponse>,
    /// Where strangers report a hole. With it, `security.txt` is rendered.
    pub security_txt: Option<SecurityTxt>,
    /// Files that are written once where they are missing, and are yours afterwards: `check` looks only at a few facts in
    /// them. Left out: security-md where a contact is named, dependabot where GitHub runs the workflows and the spec lists the
    /// target cargo or rust.
    pub write_once: Option<SetOf<OnceFile>>,
}

/// A program that analyses dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Analysis {
    /// cargo-deny: advisories, licences, bans, sources.
    CargoDeny,
    /// cargo-audit: advisories.
    CargoAudit,
}

impl Analysis {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CargoDeny => "cargo-deny",
            Self::CargoAudit => "cargo-audit",
        }
    }
}

/// Tests of a running service with OWASP ZAP's baseline scan, which attacks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PenTest {
    /// Services of yours that may be tested. `make pen-test` refuses every other.
    pub targets: Option<SetOf<ScanTarget>>,
    /// The container image of ZAP, with a tag or a digest. Left out: the one that this secgen was made with.
    pub image: Option<ImageName>,
}

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CiSystem {
    /// GitHub Actions: `.github/workflows/secgen.yml`.
    Github,
    /// GitLab CI: `.gitlab/secgen.yml`, to be included.
    Gitlab,
}

impl CiSystem {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }
}
