//! What all requests share.

use crate::database::Database;
use crate::passwords::Passwords;
use crate::security::jwt::Verifier;
use crate::security::jwt_issue::Issuer;
use crate::security::lockout::{self, Lockout};
use crate::security::lockout_redis::RedisLockout;
use crate::security::policy::Policy;
use crate::security::rate_limit::{self, Limiter, Quota};
use crate::security::rate_limit_axum::PerClient;
use crate::security::rate_limit_redis::{self, RedisLimiter};
use axum::http::HeaderMap;
use redis::aio::ConnectionManager;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What all requests share.
pub struct App {
    /// The policy of this environment.
    pub policy: &'static Policy,
    /// Verifies tokens.
    pub verifier: Verifier,
    /// Signs tokens.
    pub issuer: Issuer,
    /// Pauses after failed logins.
    pub lockout: Box<dyn lockout::Store>,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Accounts, reports and refresh tokens.
    pub database: Database,
}

impl App {
    /// The address to count a request under.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let network = &self.policy.network;
        network.rate_key(network.client_ip(peer.ip(), headers))
    }
}

/// Where limits and failed logins are counted: in Redis where the policy says so, else in this process.
pub struct Counters {
    policy: &'static Policy,
    redis: Option<ConnectionManager>,
}

impl Counters {
    /// # Errors
    /// The policy says Redis, and the environment does not say where.
    pub fn new(policy: &'static Policy) -> Result<Self, Box<dyn Error>> {
        let redis = policy.redis.as_ref().map(rate_limit_redis::connect);
        let redis = redis.transpose()?;
        Ok(Self { policy, redis })
    }

    /// The failed logins.
    pub fn lockout(&self) -> Box<dyn lockout::Store> {
        let settings = self.policy.lockout;
        match (&self.policy.redis, &self.redis) {
            (Some(store), Some(redis)) => {
                Box::new(RedisLockout::new(settings, store, redis.clone()))
            }
            _ => Box::new(Lockout::new(settings)),
        }
    }

    /// One quota for each client.
    pub fn limit(&self, quota: Quota) -> PerClient {
        let store: Arc<dyn rate_limit::Store> = match (&self.policy.redis, &self.redis) {
            (Some(store), Some(redis)) => Arc::new(RedisLimiter::new(quota, store, redis.clone())),
            _ => Arc::new(Limiter::new(quota)),
        };
        PerClient::new(store, &self.policy.network)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs())
}
