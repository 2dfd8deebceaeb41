//! `jwt`: JSON Web Tokens (RFC 7519), as RFC 8725 asks.

use super::scalar::{Date, Duration, EnvName, KeyId, TokenParty};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// JSON Web Tokens that the service issues or accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// Whether the service issues tokens, or only verifies those of another.
    pub role: Option<JwtRole>,
    /// Who issues the tokens (`iss`); checked on every token.
    pub issuer: Option<TokenParty>,
    /// Whom the tokens are for (`aud`); checked on every token.
    pub audience: Option<TokenParty>,
    /// How long an access token lives.
    pub access_ttl: Option<Duration>,
    /// How long a refresh token lives.
    pub refresh_ttl: Option<Duration>,
    /// How far clocks may differ; 60 s at most.
    pub leeway: Option<Duration>,
    /// The key that signs. Every key verifies.
    pub sign_with: Option<KeyId>,
    /// Keys by `kid`. One key has one algorithm.
    pub keys: Option<BTreeMap<KeyId, JwtKey>>,
}

/// Whether the service issues tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JwtRole {
    /// It issues and verifies.
    Issue,
    /// It only verifies.
    Verify,
}

/// One key: its algorithm, and where the service finds it when it starts. The spec never holds the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtKey {
    /// The algorithm (RFC 7518, RFC 8037).
    pub algorithm: JwtAlgorithm,
    /// HS256, HS384, HS512: the environment variable with the secret.
    pub secret: Option<EnvReference>,
    /// ES256, ES384, EdDSA: the environment variable with the path of the private key's PEM file. Needed to sign.
    pub private_key: Option<EnvReference>,
    /// ES256, ES384, EdDSA: the environment variable with the path of the public key's PEM file.
    pub public_key: Option<EnvReference>,
    /// The last day, UTC, on which a key that no longer signs still verifies. Left out: as long as it stands here.
    pub verify_until: Option<Date>,
}

/// A value that the service reads from its environment when it starts; secgen never sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvReference {
    /// The variable's name.
    pub env: EnvName,
}

/// A signature algorithm of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256; the secret has at least 32 bytes.
    HS256,
    /// HMAC with SHA-384; the secret has at least 48 bytes.
    HS384,
    /// HMAC with SHA-512; the secret has at least 64 bytes.
    HS512,
    /// ECDSA on P-256.
    ES256,
    /// ECDSA on P-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

impl JwtAlgorithm {
    /// As in a token's header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// Whether signing and verifying use one shared secret.
    #[must_use]
    pub fn is_hmac(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }
}
