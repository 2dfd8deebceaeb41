//! `lockout`: pauses after failed logins (NIST SP 800-63B-4, 3.2.2; ASVS 5.0, 6.3.1).

use super::scalar::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Pauses after failed logins, on two levels: nobody can lock an owner out from elsewhere, and nobody can guess from many places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// For one account from one client address.
    pub per_client: Option<Pause>,
    /// For one account from anywhere. Looser than `per_client`, and its pauses shorter.
    pub per_account: Option<Pause>,
}

/// A pause that doubles with each further failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The failure with which pauses begin; 100 at most (NIST SP 800-63B-4, 3.2.2).
    #[schemars(range(min = 1, max = 1_000_000))]
    pub failures: Option<u32>,
    /// For how long without a new one failures are remembered.
    pub window: Option<Duration>,
    /// The first pause.
    pub base: Option<Duration>,
    /// The longest pause.
    pub max: Option<Duration>,
}
