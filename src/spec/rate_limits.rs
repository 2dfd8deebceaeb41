//! `rate_limits`: how many requests a client may make.

use super::Match;
use super::scalar::{Duration, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rate limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimits {
    /// Where the service counts. `memory`: each instance for itself.
    pub store: Option<Store>,
    /// Limits by name.
    pub limits: Option<BTreeMap<Name, Limit>>,
}

/// Where the service counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// In each instance's memory.
    Memory,
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
