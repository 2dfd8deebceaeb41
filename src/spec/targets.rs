//! `targets`: what is written where, and what is checked.

use super::jwt::EnvReference;
use super::scalar::{PathPattern, RelPath, ServerPath};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is written where, and what is checked. With `out` a target is rendered, with `check` it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// nginx: snippets to include.
    pub nginx: Option<NginxTarget>,
    /// PostgreSQL: an ALTER SYSTEM script, a drop-in and access rules.
    pub postgres: Option<PostgresTarget>,
    /// The Rust service: constants and runtime modules.
    pub rust: Option<RustTarget>,
    /// `deny.toml` and `.cargo/audit.toml`.
    pub cargo: Option<CargoTarget>,
    /// Makefile, scheduled workflows and documents of operations.
    pub operations: Option<OperationsTarget>,
}

/// nginx: snippets to include.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NginxTarget {
    /// The oldest nginx that reads the files. Left out: the worst case over supported versions.
    pub version: Option<ProgramVersion>,
    /// The OpenSSL that nginx is built with. Left out: 1.1.1, which every group and suite rendered is known to.
    pub openssl: Option<ProgramVersion>,
    /// The folder to write to. `{env}` stands for the environment's name.
    pub out: Option<RelPath>,
    /// Main configuration files to check; includes are followed.
    pub check: Option<Vec<PathPattern>>,
    /// Folders of the server, and where the repository keeps them: `/etc/nginx: deploy/nginx`.
    pub map: Option<BTreeMap<ServerPath, RelPath>>,
    /// What placeholders of templates for envsubst stand for: `DOMAIN: app.example.com`.
    pub values: Option<BTreeMap<ValueName, TemplateValue>>,
}

/// PostgreSQL: an ALTER SYSTEM script, a drop-in and access rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresTarget {
    /// Major versions of the servers: `15` or `15-18`. Left out: 13 to 18.
    pub versions: Option<VersionRange>,
    /// What the servers are set up by. Left out: a script of ALTER SYSTEM, its reset, and a drop-in file.
    pub form: Option<PostgresForm>,
    /// The runner of migrations that runs the script of the form plain-sql: it is told to open no transaction.
    pub runner: Option<MigrationRunner>,
    /// The folder to write to. `{env}` stands for the environment's name.
    pub out: Option<RelPath>,
    /// `postgresql.conf` and `postgresql.auto.conf` to check; includes are followed.
    pub check: Option<Vec<PathPattern>>,
    /// The running server that `secgen check --live postgres` asks.
    pub live: Option<PostgresLive>,
}

/// How to reach a running server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresLive {
    /// The environment variable with the connection string: a URL, or words such as `host=db user=auditor`. The spec
    /// never holds it.
    pub url: EnvReference,
}

/// What the servers are set up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PostgresForm {
    /// psql: a script of ALTER SYSTEM, its reset, and a drop-in file.
    AlterSystem,
    /// Any client: one ALTER SYSTEM statement a line and no commands of psql, with the checks before it in a file of their own.
    PlainSql,
    /// Files alone: containers, Patroni, configuration management.
    DropIn,
    /// The CloudNativePG operator: a patch of the Cluster resource.
    Cnpg,
    /// Amazon RDS: a CloudFormation template with a parameter group.
    Rds,
    /// Google Cloud SQL: a flags file of gcloud.
    CloudSql,
    /// Azure Database for PostgreSQL flexible server: a Bicep module.
    Azure,
}

/// A runner of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationRunner {
    /// goose.
    Goose,
    /// dbmate.
    Dbmate,
}

/// The Rust service: constants and runtime modules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RustTarget {
    /// The folder of the module, such as `src/security`. All environments share it; with `{env}` in it, each has one of its own.
    pub out: Option<RelPath>,
    /// Hand-written files to check: Rust code such as `src/**/*.rs`, and `clippy.toml`.
    pub check: Option<Vec<PathPattern>>,
    /// The folder to write a `clippy.toml` to, which bans what the policy bans; `.` is the root.
    pub clippy: Option<RelPath>,
    /// Modules that you take over, by name.
    pub modules: Option<RustModules>,
}

/// Declares the modules: field and documentation.
macro_rules! rust_modules {
    ($($field:ident $doc:literal),* $(,)?) => {
        /// The modules beside `policy.rs`, and who keeps each.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct RustModules {
            $(#[doc = $doc] pub $field: Option<RustModule>,)*
        }

        impl RustModules {
            /// Who keeps a module.
            #[must_use]
            pub fn owner(&self, module: &str) -> ModuleOwner {
                let named = match module {
                    $(stringify!($field) => self.$field.as_ref(),)*
                    _ => None,
                };
                named.and_then(|m| m.owner).unwrap_or(ModuleOwner::Secgen)
            }

            /// The modules that are named, each with its owner.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, ModuleOwner)> {
                [$((stringify!($field), &self.$field)),*].into_iter().filter_map(|(name, m)| Some((name, m.as_ref()?.owner.unwrap_or(ModuleOwner::Secgen))))
            }
        }
    };
}

rust_modules! {
    access "Roles, scopes and conditions.",
    client_ip "The client's address behind proxies.",
    cookies "Cookies with their attributes.",
    environment "The choice of the environment at start.",
    headers "Response headers.",
    input "Limits of what comes in.",
    jwt "Verifying tokens.",
    jwt_issue "Issuing tokens.",
    lockout "Pauses after failed logins.",
    lockout_redis "Pauses that all instances share.",
    rate_limit "Rate limits.",
    rate_limit_axum "Rate limits around an axum router.",
    rate_limit_redis "Rate limits that all instances share.",
    refresh "Refresh tokens, rotated.",
    tls "TLS of the service itself and of its connections.",
}

/// Who keeps a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RustModule {
    /// Who keeps its text. Default: secgen.
    pub owner: Option<ModuleOwner>,
}

/// Who keeps a module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModuleOwner {
    /// secgen renders it and reports edits.
    Secgen,
    /// You: secgen writes it once where it is missing, and never looks at it again. `policy.rs` is still checked.
    User,
    /// Nobody: the module is not there, and `policy.rs` has plain constants for it where that is possible.
    None,
}

/// `deny.toml` and `.cargo/audit.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CargoTarget {
    /// The folder with `Cargo.toml`; `.` is the root.
    pub out: Option<RelPath>,
    /// Hand-written `deny.toml` files to check.
    pub check: Option<Vec<PathPattern>>,
    /// Whether `.cargo/audit.toml` is rendered too, for cargo-audit: only where something runs it; cargo-deny looks for
    /// the same advisories.
    pub audit: Option<bool>,
}

/// Makefile, scheduled workflows and documents of operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationsTarget {
    /// The folder to write to, such as `ops`. All environments share it. Workflows are written where their CI system looks.
    pub out: Option<RelPath>,
    /// Files of yours to check: a `security.txt`, a `SECURITY.md`, a `dependabot.yml`, each known by its name.
    pub check: Option<Vec<PathPattern>>,
}

/// The name of a placeholder, as in `${NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueName(pub String);

/// What a placeholder stands for: one or more plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TemplateValue(pub String);

impl TemplateValue {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ValueName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for TemplateValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for ValueName {
    fn schema_name() -> Cow<'static, str> {
        "ValueName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "placeholder", "description": "the name of a placeholder without $ and braces: letters, digits and _, such as DOMAIN",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 64, "examples": ["DOMAIN"] })
    }
}

impl JsonSchema for TemplateValue {
    fn schema_name() -> Cow<'static, str> {
        "TemplateValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "value of a placeholder",
            "description": "plain words without ; { } quotes, backslashes and line breaks, which would change the structure of the file",
            "pattern": "^[^;{}\"'\\\\\\u0000-\\u001f\\u007f]*$", "maxLength": 1024, "examples": ["app.example.com"] })
    }
}

/// A program's version: `1.26` or `1.29.3`, in quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgramVersion(pub String);

impl ProgramVersion {
    /// The numbers; a missing one is 0.
    #[must_use]
    pub fn numbers(&self) -> (u32, u32, u32) {
        let mut parts = self.0.split('.').map(|p| p.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        (next(), next(), next())
    }
}

impl JsonSchema for ProgramVersion {
    fn schema_name() -> Cow<'static, str> {
        "ProgramVersion".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "version", "description": "a version such as \"1.26\" or \"1.29.3\", in quotes",
            "pattern": "^[0-9]{1,4}(\\.[0-9]{1,4}){0,2}$", "examples": ["1.26", "3.0"] })
    }
}

/// Major versions of PostgreSQL: `15` or `15-18`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The oldest.
    pub first: u32,
    /// The newest.
    pub last: u32,
}

impl VersionRange {
    /// All versions that secgen knows.
    pub const KNOWN: Self = Self { first: 12, last: 18 };
    /// Without a word of the spec: those that were supported when this secgen was made, and 13.
    pub const DEFAULT: Self = Self { first: 13, last: 18 };
}

impl std::str::FromStr for VersionRange {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hint = "PostgreSQL versions are a major version or a range in quotes, from 12 to 18: \"15\", \"15-18\"";
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |t: &str| if t.len() == 2 { t.parse::<u32>().map_err(|_| hint) } else { Err(hint) };
        let range = Self { first: number(first)?, last: number(last)? };
        let known = Self::KNOWN.first <= range.first && range.first <= range.last && range.last <= Self::KNOWN.last;
        if known { Ok(range) } else { Err(hint) }
    }
}

impl std::fmt::Display for VersionRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

impl Serialize for VersionRange {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VersionRange {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for VersionRange {
    fn schema_name() -> Cow<'static, str> {
        "VersionRange".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "versions", "description": "PostgreSQL versions are a major version or a range in quotes, from 12 to 18: \"15\", \"15-18\"",
            "pattern": "^1[2-8](-1[2-8])?$", "examples": ["15", "15-18"] })
    }
}
