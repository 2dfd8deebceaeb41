//! `postgres`: settings (GUCs) and access rules (`pg_hba.conf`).

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// PostgreSQL settings and access rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// Settings by name, as in postgresql.conf. Only names that every declared server version knows.
    pub settings: Option<BTreeMap<SettingName, SettingValue>>,
    /// Access rules in order; the first that matches decides. A block to paste into pg_hba.conf.
    pub hba: Option<Vec<HbaRule>>,
    /// Roles that may be superusers, bypass row level security, create roles and databases, and replicate. Without it,
    /// only postgres.
    pub privileged_roles: Option<Vec<RoleName>>,
}

/// The name of a role, as the server has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleName(pub String);

impl JsonSchema for RoleName {
    fn schema_name() -> Cow<'static, str> {
        "RoleName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "role", "description": "the name of a role, in the letter case that the server has it in", "minLength": 1, "maxLength": 63,
            "pattern": "^[^\\u0000-\\u001f\\u007f]+$", "examples": ["postgres"] })
    }
}

/// The name of a setting (GUC): lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SettingName(pub String);

impl JsonSchema for SettingName {
    fn schema_name() -> Cow<'static, str> {
        "SettingName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "setting", "description": "the name of a PostgreSQL setting in lower case, such as ssl or log_connections",
            "pattern": "^[a-z_][a-z0-9_]{0,62}(\\.[a-z_][a-z0-9_]{0,62})?$", "examples": ["ssl", "password_encryption"] })
    }
}

/// The value of a setting: text, a number, `true`/`false`, or a list for settings that are lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// One value, as the server would read it.
    One(String),
    /// One element each.
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for SettingValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Ok(text.clone()),
            serde_json::Value::Number(number) => Ok(number.to_string()),
            serde_json::Value::Bool(flag) => Ok(if *flag { "on" } else { "off" }.to_owned()),
            _ => Err(serde::de::Error::custom("a setting is a text, a number, true or false, or a list of these")),
        };
        match serde_json::Value::deserialize(d)? {
            serde_json::Value::Array(items) => items.iter().map(text).collect::<Result<_, _>>().map(Self::List),
            one => text(&one).map(Self::One),
        }
    }
}

impl JsonSchema for SettingValue {
    fn schema_name() -> Cow<'static, str> {
        "SettingValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "title": "setting value", "description": "a text, a number, true or false; a list for settings that are lists",
            "type": ["string", "number", "boolean", "array"], "pattern": "^[^\\u0000-\\u001f\\u007f]*$", "maxLength": 1000,
            "items": { "type": ["string", "number", "boolean"], "pattern": "^[^\\u0000-\\u001f\\u007f]+$", "maxLength": 1000 },
            "examples": ["on", "TLSv1.3", "60s"] })
    }
}

/// One rule of pg_hba.conf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HbaRule {
    /// The kind of connection.
    #[serde(rename = "type")]
    pub connection: HbaConnection,
    /// The database, `all`, `sameuser`, `samerole` or `replication`.
    #[schemars(length(max = 63), regex(pattern = "^[^\\u0000-\\u001f\\u007f]+$"))]
    pub database: String,
    /// The role, `+role` for its members, or `all`.
    #[schemars(length(max = 64), regex(pattern = "^[^\\u0000-\\u001f\\u007f]+$"))]
    pub user: String,
    /// The client's network, host name, `samehost`, `samenet` or `all`. Not for `local`.
    #[schemars(length(max = 255), regex(pattern = "^[A-Za-z0-9.:/_-]+$"))]
    pub address: Option<String>,
    /// How the client proves who it is.
    pub method: HbaMethod,
    /// Options of the method, such as `clientcert: verify-full`.
    pub options: Option<BTreeMap<HbaOption, String>>,
}

/// The name of an option of an authentication method.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HbaOption(pub String);

impl JsonSchema for HbaOption {
    fn schema_name() -> Cow<'static, str> {
        "HbaOption".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["clientcert", "clientname", "map", "ldapserver", "ldapport", "ldaptls", "ldapscheme", "ldapprefix",
            "ldapsuffix", "ldapbasedn", "ldapsearchattribute", "ldapsearchfilter", "include_realm", "krb_realm", "compat_realm", "upn_username", "pamservice"] })
    }
}

/// The kind of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HbaConnection {
    /// The Unix socket.
    Local,
    /// TCP with or without TLS.
    Host,
    /// TCP with TLS.
    Hostssl,
    /// TCP without TLS; only with `reject`.
    Hostnossl,
    /// TCP with GSSAPI encryption.
    Hostgssenc,
    /// TCP without GSSAPI encryption.
    Hostnogssenc,
}

impl HbaConnection {
    /// As in pg_hba.conf.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Host => "host",
            Self::Hostssl => "hostssl",
            Self::Hostnossl => "hostnossl",
            Self::Hostgssenc => "hostgssenc",
            Self::Hostnogssenc => "hostnogssenc",
        }
    }
}

/// How the client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HbaMethod {
    /// Refuse.
    Reject,
    /// Password by SCRAM (RFC 7677).
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// Client certificate.
    Cert,
    /// The operating system's user, on the Unix socket.
    Peer,
    /// GSSAPI.
    Gss,
    /// SSPI.
    Sspi,
    /// LDAP.
    Ldap,
    /// PAM.
    Pam,
    /// Password by MD5; deprecated.
    Md5,
    /// Password in clear text.
    Password,
    /// No proof at all.
    Trust,
    /// Ident (RFC 1413).
    Ident,
}

impl HbaMethod {
    /// As in pg_hba.conf.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::ScramSha256 => "scram-sha-256",
            Self::Cert => "cert",
            Self::Peer => "peer",
            Self::Gss => "gss",
            Self::Sspi => "sspi",
            Self::Ldap => "ldap",
            Self::Pam => "pam",
            Self::Md5 => "md5",
            Self::Password => "password",
            Self::Trust => "trust",
            Self::Ident => "ident",
        }
    }
}
