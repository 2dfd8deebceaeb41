//! Pauses after failed logins (NIST SP 800-63B-4, 3.2.2; ASVS 5.0, 6.3.1).

use std::net::IpAddr;
use std::time::Duration;

/// The lockout of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For one account from one client address: stops a guesser, and never the owner elsewhere.
    pub per_client: Pause,
    /// For one account from anywhere: stops guessing from many addresses.
    pub per_account: Pause,
}

/// A pause that doubles with each further failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The failure with which pauses begin.
    pub failures: u32,
    /// For how long without a new one failures are remembered.
    pub window: Duration,
    /// The first pause.
    pub base: Duration,
    /// The longest pause.
    pub max: Duration,
}
