//! `rate_limits`: how many requests a client may make.

use super::Match;
use super::jwt::EnvReference;
use super::scalar::{Duration, Name};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Rate limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimits {
    /// Where the service counts. `memory`: each instance for itself; `{ redis: ... }`: all instances together.
    pub store: Option<Store>,
    /// Limits by name.
    pub limits: Option<BTreeMap<Name, Limit>>,
}

/// Where the service counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Store {
    /// In each instance's memory.
    Memory(MemoryStore),
    /// In one server for all instances.
    Shared(SharedStore),
}

/// In each instance's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryStore {
    /// The only word for it.
    Memory,
}

/// In one server for all instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedStore {
    /// Redis 6 or later, or Valkey.
    pub redis: Redis,
}

/// Redis or Valkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// The environment variable with the server's URL, such as `rediss://...`. The spec never holds it.
    pub url: EnvReference,
    /// What happens to requests while the server does not answer. Default: deny.
    pub on_error: Option<OnStoreError>,
}

/// What happens to a request that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnStoreError {
    /// It is refused.
    Deny,
    /// It is let through.
    Allow,
}

impl OnStoreError {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

impl JsonSchema for Store {
    fn schema_name() -> Cow<'static, str> {
        "Store".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let shared = generator.subschema_for::<SharedStore>();
        json_schema!({ "title": "store", "description": "memory, or { redis: { url: { env: REDIS_URL } } } for several instances",
            "anyOf": [ { "type": "string", "enum": ["memory"] }, shared ], "examples": ["memory"] })
    }
}

impl RateLimits {
    /// The server that counts for all instances.
    #[must_use]
    pub fn redis(&self) -> Option<&Redis> {
        match &self.store {
            Some(Store::Shared(shared)) => Some(&shared.redis),
            _ => None,
        }
    }

    /// What happens to a request of a limit while the store does not answer.
    #[must_use]
    pub fn on_store_error(&self, limit: &Limit) -> OnStoreError {
        limit.on_store_error.or_else(|| self.redis()?.on_error).unwrap_or(OnStoreError::Deny)
    }
}

/// One limit: no window of `per` admits more than `requests` (and `burst`, where given) of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many requests.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests: Option<u32>,
    /// In which time.
    pub per: Option<Duration>,
    /// Requests that one window may admit on top. Left out: none.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub burst: Option<u32>,
    /// Whose requests are counted together.
    pub key: Option<LimitKey>,
    /// What happens to its requests while the store does not answer, where that is not what the store says.
    pub on_store_error: Option<OnStoreError>,
    /// Which requests count.
    #[serde(rename = "match")]
    pub matches: Option<Match>,
    /// The coarse guard in nginx, in front of the exact limit of the service. Left out: the coarsest whole rate that
    /// never refuses what the service would admit.
    pub edge: Option<EdgeLimit>,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKey {
    /// Those of one client address.
    ClientIp,
}

/// nginx `limit_req`: a leaky bucket of whole requests a second or a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeLimit {
    /// Whole requests a minute; nginx knows no finer rate.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub per_minute: Option<u32>,
    /// How many may come at once on top of the rate.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub burst: Option<u32>,
}
