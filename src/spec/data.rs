//! `data`: what happens to stored data, which no configuration file can show and a person states.

use super::scalar::{Date, Owner, Prose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stored data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Encryption of stored data. No file of PostgreSQL can show it, so a person states it.
    pub at_rest: Option<AtRest>,
}

/// How stored data is encrypted, and who says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtRest {
    /// What encrypts it.
    pub method: Option<AtRestMethod>,
    /// Who looked, and for how long that counts. Left out: nobody has.
    pub attested: Option<Attestation>,
}

/// What encrypts stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AtRestMethod {
    /// The volume below the file system: dm-crypt, LUKS, or the provider's disk encryption.
    VolumeEncryption,
    /// The file system.
    FilesystemEncryption,
    /// The server, for whole tables (an extension or a build of PostgreSQL that has it).
    TableEncryption,
    /// The service or pgcrypto, for single columns.
    ColumnEncryption,
}

impl AtRestMethod {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VolumeEncryption => "volume-encryption",
            Self::FilesystemEncryption => "filesystem-encryption",
            Self::TableEncryption => "table-encryption",
            Self::ColumnEncryption => "column-encryption",
        }
    }
}

/// A person's statement about something that no file shows. It never counts as verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Who looked.
    pub by: Owner,
    /// The day on which they looked, UTC.
    pub date: Date,
    /// The last day on which it counts, UTC: two years after `date` at most.
    pub until: Date,
    /// What they saw: a ticket, a link, a sentence.
    pub evidence: Option<Prose>,
}
