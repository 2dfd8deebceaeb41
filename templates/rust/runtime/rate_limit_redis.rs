//! Counts the requests of each client in Redis or Valkey, for all instances together.
//!
//! The window is that of `rate_limit`: 60 slots of the period and the current one. One call of one
//! script a request, which runs as a whole or not at all, by the clock of the server. Each client has
//! one key, which expires with what it counts; so a cluster serves it too.

use super::rate_limit::{Decision, OnStoreError, Pending, Quota, Store, StoreDown};
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Script};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long a request waits for the store if nothing else is said, new connections included, before the
/// policy's `on_store_error` decides.
pub(super) const TIME_LIMIT: Duration = Duration::from_millis(250);

/// How many slots the period is cut into, as in `rate_limit`.
const SLOTS: u64 = 60;

/// `KEYS`: the client's. `ARGV`: the length of a slot in microseconds, the limit. A field is a slot, and
/// its value the requests that were admitted in it. All numbers stay below 2^53, which Lua keeps exactly.
const WINDOW: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local length, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local slot = math.floor(now / length)
local slots, counts, total = {}, {}, 0
local found = redis.call('HGETALL', KEYS[1])
for i = 1, #found, 2 do
  local at = tonumber(found[i])
  if at > slot then slot = at end
end
for i = 1, #found, 2 do
  local at = tonumber(found[i])
  if at + 60 < slot then
    redis.call('HDEL', KEYS[1], found[i])
  else
    slots[#slots + 1] = at
    counts[at] = tonumber(found[i + 1])
    total = total + counts[at]
  end
end
local allowed = total < limit
if allowed then
  if not counts[slot] then slots[#slots + 1] = slot end
  counts[slot] = (counts[slot] or 0) + 1
  total = total + 1
  redis.call('HSET', KEYS[1], string.format('%.0f', slot), string.format('%.0f', counts[slot]))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((slot + 61) * length / 1000 - now / 1000) + 1))
end
table.sort(slots)
local function free(target)
  local left, at = total, nil
  for _, s in ipairs(slots) do
    if left < target then break end
    left = left - counts[s]
    at = s + 61
  end
  return at and math.max(at * length - now, 0) or 0
end
local wait = 0
if total >= limit then wait = limit > 0 and free(limit) or (slot + 1) * length - now end
return { allowed and 1 or 0, string.format('%.0f', math.max(limit - total, 0)), string.format('%.0f', wait), string.format('%.0f', free(1)) }
";

/// Where the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The environment variable with the URL, such as `redis://user:password@host:6379/0`; `rediss://`
    /// for TLS. `<NAME>_FILE` may name a file with it instead.
    pub url: &'static str,
    /// What all keys begin with, so that several services can share one store.
    pub prefix: &'static str,
    /// What the controls do while the store does not answer that have no word of their own: the lockout.
    pub on_error: OnStoreError,
}

/// Why the store cannot be used: the service must not start. It never holds the URL, which has a
/// password in it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The variable is not set, or not text.
    Missing(&'static str),
    /// The file that the variable names cannot be read.
    Unreadable(String),
    /// No URL of a Redis server.
    WrongUrl(&'static str),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "{name} is not set, or not text"),
            Self::Unreadable(name) => write!(f, "the file that {name} names cannot be read"),
            Self::WrongUrl(name) => write!(
                f,
                "{name} holds no URL of Redis, such as redis://host:6379 \
                 (rediss:// needs the feature tokio-rustls-comp of the crate redis)"
            ),
        }
    }
}

/// As `Display`, because `fn main() -> Result<_, Box<dyn Error>>` prints this.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StoreError {}

/// A connection to the store, as the environment says. It is made with the first request and again
/// whenever it was lost: a service starts, and says what the policy says, while its store is down.
///
/// Call it within a tokio runtime, once, and give clones of it to every limiter.
///
/// # Errors
/// No URL: the service must not start.
pub fn connect(settings: &Settings) -> Result<ConnectionManager, StoreError> {
    let name = settings.url;
    let url = if let Ok(url) = std::env::var(name) {
        url
    } else {
        let file = format!("{name}_FILE");
        let path = std::env::var(&file).map_err(|_| StoreError::Missing(name))?;
        std::fs::read_to_string(path).map_err(|_| StoreError::Unreadable(file))?
    };
    connect_to(url.trim(), settings)
}

/// As [`connect`], with the URL given: for tests.
///
/// # Errors
/// No URL of a Redis server.
pub fn connect_to(url: &str, settings: &Settings) -> Result<ConnectionManager, StoreError> {
    let wrong = |_| StoreError::WrongUrl(settings.url);
    let client = Client::open(url).map_err(wrong)?;
    // A request does not wait for more than one attempt; the next one makes the next.
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(TIME_LIMIT))
        .set_response_timeout(Some(TIME_LIMIT))
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)
}

/// Holds every client to one quota, with all instances together.
///
/// `C` is a connection that several requests share: that of [`connect`], or one to a cluster.
pub struct RedisLimiter<C = ConnectionManager> {
    quota: Quota,
    prefix: String,
    slot: u64,
    time_limit: Duration,
    script: Script,
    connection: C,
}

impl<C> fmt::Debug for RedisLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter")
            .field("quota", &self.quota)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl<C> RedisLimiter<C> {
    /// A limiter of a quota, on a connection to the store.
    #[must_use]
    pub fn new(quota: Quota, settings: &Settings, connection: C) -> Self {
        let period = u64::try_from(quota.per.as_micros()).unwrap_or(u64::MAX);
        // The period is in the key, because slots of another length mean other times.
        let prefix = format!("{}:limit:{}:{period}:", settings.prefix, quota.name);
        Self {
            quota,
            prefix,
            slot: period.div_ceil(SLOTS).clamp(1, 1 << 46),
            time_limit: TIME_LIMIT,
            script: Script::new(WINDOW),
            connection,
        }
    }

    /// With another time to wait for a store that is far away. A shorter one of the connection still holds.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> Store for RedisLimiter<C> {
    fn quota(&self) -> &Quota {
        &self.quota
    }

    fn check(&self, client: IpAddr) -> Pending<'_, Decision> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let mut call = self.script.key(format!("{}{client}", self.prefix));
            call.arg(self.slot).arg(self.quota.limit());
            let answer = call.invoke_async::<(u8, u32, u64, u64)>(&mut connection);
            match timeout(self.time_limit, answer).await {
                Ok(Ok((allowed, remaining, wait, reset))) => Ok(Decision {
                    allowed: allowed == 1,
                    remaining,
                    retry_after: Duration::from_micros(wait),
                    reset_after: Duration::from_micros(reset),
                    counted: true,
                }),
                Ok(Err(_)) | Err(_) => Err(StoreDown),
            }
        })
    }
}
