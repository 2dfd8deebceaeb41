//! `tls`: TLS in transit.

use super::scalar::SetOf;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// TLS in transit, for nginx, PostgreSQL and the Rust service alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The oldest protocol version that is spoken.
    pub min_version: Option<TlsVersion>,
    /// Cipher suites and groups, by the guideline of a named version.
    pub profile: Option<TlsProfile>,
    /// Groups for the key exchange, the preferred ones first. Left out: those of the profile.
    pub groups: Option<SetOf<TlsGroup>>,
    /// Session tickets: faster reconnects, at the price of forward secrecy while a ticket's key lives. Default: false.
    #[schemars(default)]
    pub session_tickets: Option<bool>,
    /// The status with which plain HTTP is sent on to HTTPS. Both are permanent; 308 keeps the method of the request.
    pub redirect_http: Option<RedirectStatus>,
}

/// The status of a permanent redirect (RFC 9110 15.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum RedirectStatus {
    /// 301: clients may send GET in place of another method.
    MovedPermanently,
    /// 308: clients send the same method again.
    PermanentRedirect,
}

impl From<RedirectStatus> for u16 {
    fn from(status: RedirectStatus) -> Self {
        match status {
            RedirectStatus::MovedPermanently => 301,
            RedirectStatus::PermanentRedirect => 308,
        }
    }
}

impl TryFrom<u16> for RedirectStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            301 => Ok(Self::MovedPermanently),
            308 => Ok(Self::PermanentRedirect),
            other => Err(format!("{other} is no permanent redirect; write 301 or 308")),
        }
    }
}

impl JsonSchema for RedirectStatus {
    fn schema_name() -> Cow<'static, str> {
        "RedirectStatus".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "301 or 308, the permanent redirects", "enum": [301, 308] })
    }
}

/// A group for the key exchange (RFC 8446 4.2.7), by OpenSSL's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TlsGroup {
    /// X25519 together with ML-KEM-768: holds against quantum computers too. OpenSSL 3.5 and later.
    X25519MLKEM768,
    /// Curve25519 (RFC 7748).
    X25519,
    /// Curve448 (RFC 7748).
    X448,
    /// NIST P-256.
    #[serde(rename = "prime256v1")]
    Prime256v1,
    /// NIST P-384.
    #[serde(rename = "secp384r1")]
    Secp384r1,
    /// NIST P-521.
    #[serde(rename = "secp521r1")]
    Secp521r1,
}

impl TlsGroup {
    /// As OpenSSL, nginx and the spec write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X25519MLKEM768 => "X25519MLKEM768",
            Self::X25519 => "X25519",
            Self::X448 => "X448",
            Self::Prime256v1 => "prime256v1",
            Self::Secp384r1 => "secp384r1",
            Self::Secp521r1 => "secp521r1",
        }
    }

    /// The oldest OpenSSL that has it, major and minor: an older one refuses the whole list, and the server stops.
    #[must_use]
    pub fn since(self) -> (u32, u32) {
        match self {
            Self::X25519MLKEM768 => (3, 5),
            _ => (1, 1),
        }
    }
}

/// A TLS protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// RFC 2246; broken, forbidden by RFC 8996.
    TLSv1,
    /// RFC 4346; forbidden by RFC 8996.
    #[serde(rename = "TLSv1.1")]
    TLSv11,
    /// RFC 5246.
    #[serde(rename = "TLSv1.2")]
    TLSv12,
    /// RFC 8446.
    #[serde(rename = "TLSv1.3")]
    TLSv13,
}

impl TlsVersion {
    /// As nginx, PostgreSQL and the spec write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TLSv1 => "TLSv1",
            Self::TLSv11 => "TLSv1.1",
            Self::TLSv12 => "TLSv1.2",
            Self::TLSv13 => "TLSv1.3",
        }
    }

    /// All versions, oldest first.
    pub const ALL: [Self; 4] = [Self::TLSv1, Self::TLSv11, Self::TLSv12, Self::TLSv13];
}

/// A profile of Mozilla's server-side TLS guideline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsProfile {
    /// The profile's name. `old` ends with guideline 5.8.
    pub mozilla: MozillaProfile,
    /// The guideline's version, so that a newer secgen asks for the same suites.
    pub guideline: Guideline,
}

/// The name of a Mozilla profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MozillaProfile {
    /// TLS 1.3 only.
    Modern,
    /// TLS 1.2 and 1.3 with forward secrecy and AEAD.
    Intermediate,
    /// Everything back to TLS 1.0.
    Old,
}

/// A version of Mozilla's guideline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Guideline {
    /// 5.7.
    #[serde(rename = "5.7")]
    V57,
    /// 5.8.
    #[serde(rename = "5.8")]
    V58,
    /// 6.0 of April 2026; has no `old`.
    #[serde(rename = "6.0")]
    V60,
}
