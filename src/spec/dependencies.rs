//! `dependencies`: what cargo-deny and cargo-audit enforce.

use super::scalar::{Date, Owner, Prose, SetOf};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Rust dependencies: `deny.toml` and `.cargo/audit.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependencies {
    /// Known vulnerabilities.
    pub advisories: Option<Advisories>,
    /// Licences.
    pub licenses: Option<Licenses>,
    /// Crates that must not be used.
    pub bans: Option<Bans>,
    /// Where crates may come from.
    pub sources: Option<CrateSources>,
}

/// Known vulnerabilities, from the RustSec advisory database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advisories {
    /// Which crates must not be unmaintained.
    pub unmaintained: Option<Reach>,
    /// Which crates must not be unsound.
    pub unsound: Option<Reach>,
    /// Crate versions that were taken back by their authors.
    pub yanked: Option<LintLevel>,
    /// Advisories that are accepted, each with a reason.
    pub ignore: Option<Vec<IgnoredAdvisory>>,
}

/// Which crates of the dependency tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// All of them.
    All,
    /// Direct dependencies of the workspace.
    Workspace,
    /// Dependencies of dependencies.
    Transitive,
    /// None.
    None,
}

impl Reach {
    /// As in deny.toml.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Workspace => "workspace",
            Self::Transitive => "transitive",
            Self::None => "none",
        }
    }
}

/// What cargo-deny does about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LintLevel {
    /// Nothing.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

impl LintLevel {
    /// As in deny.toml.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// An advisory that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoredAdvisory {
    /// The advisory's number.
    #[schemars(regex(pattern = "^(RUSTSEC|CVE|GHSA)-[A-Za-z0-9-]{4,40}$"), example = "RUSTSEC-2023-0071")]
    pub id: String,
    /// Why it does not matter here.
    pub reason: Prose,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The last day on which it is accepted, UTC.
    pub until: Option<Date>,
}

/// Licences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Licenses {
    /// SPDX identifiers that are allowed; all others are not.
    pub allow: Option<SetOf<SpdxId>>,
}

/// An SPDX licence identifier, maybe with an exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpdxId(pub String);

impl JsonSchema for SpdxId {
    fn schema_name() -> Cow<'static, str> {
        "SpdxId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "licence", "description": "an SPDX licence identifier such as Apache-2.0, maybe with an exception",
            "pattern": "^[A-Za-z0-9.+-]{1,64}( WITH [A-Za-z0-9.-]{1,64})?$", "examples": ["Apache-2.0", "MIT"] })
    }
}

/// Crates that must not be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bans {
    /// Two versions of one crate.
    pub multiple_versions: Option<LintLevel>,
    /// `*` as a version.
    pub wildcards: Option<LintLevel>,
    /// Crates that must not be used.
    pub deny: Option<Vec<BannedCrate>>,
}

/// A crate that must not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BannedCrate {
    /// Its name, maybe with versions: `openssl`, `jsonwebtoken:<11`.
    #[serde(rename = "crate")]
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}([:@][0-9A-Za-z.,<>=~^* +-]{1,64})?$"))]
    pub name: String,
    /// Why not.
    pub reason: Option<Prose>,
    /// What to use instead.
    pub use_instead: Option<Prose>,
}

/// Where crates may come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrateSources {
    /// Registries that are not allowed by name.
    pub unknown_registry: Option<LintLevel>,
    /// Git repositories that are not allowed by name.
    pub unknown_git: Option<LintLevel>,
    /// Git repositories that are allowed.
    pub allow_git: Option<SetOf<GitUrl>>,
}

/// The address of a git repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GitUrl(pub String);

impl JsonSchema for GitUrl {
    fn schema_name() -> Cow<'static, str> {
        "GitUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "repository", "description": "the address of a git repository, such as https://git.example.com/acme/lib",
            "pattern": "^(https|ssh)://[A-Za-z0-9.@:_~/-]+$", "maxLength": 500, "examples": ["https://git.example.com/acme/lib"] })
    }
}
