//! Incidents: whom to call, how fast somebody answers, and what strangers read who found a hole.

use crate::spec::scalar::{Contact, Date, Duration, HttpsUrl, LanguageTag, Name, SetOf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `incident-response.md` is made of, beside everything else that the spec says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentResponse {
    /// Who is called first: an e-mail address, an `https://` address, or `tel:` with a number.
    pub contact: Option<Contact>,
    /// Further contacts by role, such as `database`.
    pub contacts: Option<BTreeMap<Name, Contact>>,
    /// The phases that the runbook has. Left out: default.
    pub phases: Option<Phases>,
    /// How fast somebody answers, by severity.
    pub severities: Option<Severities>,
    /// Who has to be told, and how soon after somebody knew, such as `data-protection-authority`.
    pub notify: Option<BTreeMap<Name, Notice>>,
}

/// The phases of a runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phases {
    /// Detection, analysis, containment, eradication, recovery, documentation, each with its functions of NIST CSF 2.0.
    Default,
}

/// How long it takes at most until somebody works on it, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Severities {
    /// Somebody is inside, or a key or data leaked. Left out: 15m.
    pub critical: Option<Duration>,
    /// An attack that gets somewhere, or a hole that is used elsewhere. Left out: 1h.
    pub high: Option<Duration>,
    /// A protection is off, and nobody seems to use that. Left out: 8h.
    pub medium: Option<Duration>,
    /// Noise and attempts that get nowhere. Left out: 3d.
    pub low: Option<Duration>,
}

impl Severities {
    /// Name, answer time, and what it means, worst first.
    #[must_use]
    pub fn all(&self) -> [(&'static str, Duration, &'static str); 4] {
        let or = |own: Option<Duration>, seconds: u64| own.unwrap_or(Duration::from_secs(seconds));
        [
            ("critical", or(self.critical, 900), "somebody is inside, or a key or data leaked"),
            ("high", or(self.high, 3600), "an attack gets somewhere, or a hole is open that others use"),
            ("medium", or(self.medium, 28_800), "a protection is off, and nobody seems to use that"),
            ("low", or(self.low, 259_200), "attempts that get nowhere"),
        ]
    }
}

/// Who has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// How soon after somebody knew, such as 72h.
    pub within: Duration,
    /// Where.
    pub contact: Option<Contact>,
}

/// `security.txt` (RFC 9116): where strangers report a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityTxt {
    /// Where to report, the preferred way first (RFC 9116, 2.5.3). Left out: the contact of `incident_response`.
    pub contact: Option<Vec<Contact>>,
    /// The last day, UTC, on which the file counts (2.5.5): less than a year ahead.
    pub expires: Option<Date>,
    /// The page that says how reports are handled (2.5.7).
    pub policy: Option<HttpsUrl>,
    /// Languages that reports may be written in (2.5.8).
    pub languages: Option<SetOf<LanguageTag>>,
    /// Addresses that the file lies at, such as `https://app.example.com/.well-known/security.txt` (2.5.2).
    pub canonical: Option<SetOf<HttpsUrl>>,
    /// The page with the key for encrypted reports (2.5.4).
    pub encryption: Option<HttpsUrl>,
    /// The page that thanks those who reported (2.5.1).
    pub acknowledgments: Option<HttpsUrl>,
}

/// A file that is written once where it is missing, and is the user's afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnceFile {
    /// `SECURITY.md`: how to report a hole.
    SecurityMd,
    /// `.github/dependabot.yml`: weekly updates of crates and actions, each a few days after its release.
    Dependabot,
}
