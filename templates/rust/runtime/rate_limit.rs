//! Counts the requests of each client. No stretch of time as long as the quota's period, wherever it
//! begins, admits more than the quota.
//!
//! The period is cut into 60 slots. A request is admitted while fewer than the quota were admitted in
//! the current slot and the 60 before it: together they cover every stretch that ends now. A client
//! that used up its quota therefore waits a sixtieth of the period too long at most, and never too
//! short.
//!
//! The counts live in this process: with several instances each counts for itself. Nothing here knows
//! HTTP; `rate_limit_axum` does.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::hash::Hash;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many slots the period is cut into.
const SLOTS: u32 = 60;
/// The current slot and the [`SLOTS`] before it.
const RING: usize = SLOTS as usize + 1;
/// How many clients a limiter keeps at most: about 40 MB when it is full.
const MAX_CLIENTS: usize = 100_000;

/// At most `requests` (and `burst`) in every stretch of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name in the policy and in the `RateLimit` header fields.
    pub name: &'static str,
    /// How many requests.
    pub requests: u32,
    /// In which time.
    pub per: Duration,
    /// How many more one stretch may admit.
    pub burst: u32,
    /// What happens to requests while the store that counts does not answer.
    pub on_store_error: OnStoreError,
}

/// What happens to a request that cannot be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStoreError {
    /// It is let through: the service stays up, and nobody is limited meanwhile.
    Allow,
    /// It is refused: nobody gets more than the quota, and the service is down with its store.
    Deny,
}

/// The store that counts does not answer, or not in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreDown;

impl fmt::Display for StoreDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store of the limits does not answer")
    }
}

impl std::error::Error for StoreDown {}

/// The answer of a [`Store`], on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreDown>> + Send + 'a>>;

/// Where requests are counted: in this process ([`Limiter`]), or in one server for all instances.
pub trait Store: Send + Sync {
    /// The quota.
    fn quota(&self) -> &Quota;

    /// Counts a request of a client, and says whether it may be served. A refused request costs nothing.
    fn check(&self, client: IpAddr) -> Pending<'_, Decision>;
}

impl Quota {
    /// Requests that a stretch of `per` admits, the burst included.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.requests.saturating_add(self.burst)
    }

    /// The length of a slot in nanoseconds, rounded up, so that [`SLOTS`] of them cover the period.
    fn slot(&self) -> u64 {
        nanos(self.per).div_ceil(u64::from(SLOTS)).max(1)
    }
}

/// The answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request may be served.
    pub allowed: bool,
    /// How many more requests would be admitted now.
    pub remaining: u32,
    /// Until the next request can be admitted; zero while one can be.
    pub retry_after: Duration,
    /// Until the whole quota is there again.
    pub reset_after: Duration,
    /// Whether the store keeps this client at all. One that is full refuses newcomers, who did nothing
    /// wrong: that is no 429 but a 503.
    pub counted: bool,
}

/// What one client was admitted: `counts[i]` requests, `i` slots before `newest`.
#[derive(Clone, Copy, Debug)]
struct Record {
    newest: u64,
    counts: [u32; RING],
}

impl Record {
    const fn new(slot: u64) -> Self {
        Self {
            newest: slot,
            counts: [0; RING],
        }
    }

    /// Lets the slots go that no stretch ending in `slot` reaches. Time never runs backwards: an older
    /// slot counts as the newest.
    fn advance(&mut self, slot: u64) {
        let steps = slot.saturating_sub(self.newest);
        let steps = usize::try_from(steps).unwrap_or(RING).min(RING);
        // `steps` is at most the length, so that neither of these can panic.
        self.counts.rotate_right(steps);
        self.counts
            .iter_mut()
            .take(steps)
            .for_each(|count| *count = 0);
        self.newest = self.newest.max(slot);
    }

    /// Never more than the limit, so it fits.
    fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// The first slot in which fewer than `limit` (at least one) are counted.
    fn free_slot(&self, limit: u32) -> u64 {
        let mut total = self.total();
        let mut slot = self.newest;
        for count in self.counts.iter().rev() {
            if total < limit {
                break;
            }
            total -= count;
            slot = slot.saturating_add(1);
        }
        slot
    }

    /// Whether nothing of it counts any more in `slot`.
    fn is_over(&self, slot: u64) -> bool {
        slot.saturating_sub(self.newest) > u64::from(SLOTS)
    }
}

#[derive(Debug)]
struct Table<K> {
    records: HashMap<K, Record>,
    /// The slot in which records were last looked through for those that are over.
    swept: u64,
}

/// Holds every client to one quota. Make one for each quota when the service starts, and share it.
#[derive(Debug)]
pub struct Limiter<K> {
    quota: Quota,
    max_clients: usize,
    started: Instant,
    table: Mutex<Table<K>>,
}

impl<K: Eq + Hash> Limiter<K> {
    /// A limiter that has not seen a request yet.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::with_max_clients(quota, MAX_CLIENTS)
    }

    /// As [`Limiter::new`], with another bound on the clients that are kept.
    #[must_use]
    pub fn with_max_clients(quota: Quota, max_clients: usize) -> Self {
        Self {
            quota,
            max_clients,
            started: Instant::now(),
            table: Mutex::new(Table {
                records: HashMap::new(),
                swept: 0,
            }),
        }
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// Counts a request of a client, and says whether it may be served. A refused request costs nothing.
    pub fn check(&self, client: K) -> Decision {
        // The clock is read under the lock, so that the counts see one order of time.
        let mut table = self.lock();
        let now = self.started.elapsed();
        self.decide(&mut table, client, now)
    }

    /// As [`Limiter::check`] at a time since the limiter was made: for tests. Times never go backwards.
    pub fn check_at(&self, client: K, now: Duration) -> Decision {
        self.decide(&mut self.lock(), client, now)
    }

    fn lock(&self) -> MutexGuard<'_, Table<K>> {
        // No code that can panic leaves a record half-written.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, table: &mut Table<K>, client: K, now: Duration) -> Decision {
        let (now, length) = (nanos(now), self.quota.slot());
        let slot = now / length;
        let until =
            |slot: u64| Duration::from_nanos(slot.saturating_mul(length).saturating_sub(now));
        if table.records.len() >= self.max_clients && !table.records.contains_key(&client) {
            // A record ends with a slot: looking more often would only cost time under attack.
            if table.swept != slot {
                table.swept = slot;
                table.records.retain(|_, record| !record.is_over(slot));
            }
            if table.records.len() >= self.max_clients {
                // Full of clients that still count: refuse new ones rather than forget limited ones.
                let next = until(slot.saturating_add(1));
                return Decision {
                    allowed: false,
                    remaining: 0,
                    retry_after: next,
                    reset_after: next,
                    counted: false,
                };
            }
        }
        let limit = self.quota.limit();
        let record = table.records.entry(client).or_insert(Record::new(slot));
        record.advance(slot);
        let allowed = record.total() < limit;
        if let (true, [current, ..]) = (allowed, &mut record.counts) {
            *current += 1;
        }
        Decision {
            allowed,
            remaining: limit - record.total(),
            retry_after: if record.total() < limit {
                Duration::ZERO
            } else {
                until(record.free_slot(limit))
            },
            reset_after: until(record.free_slot(1)),
            counted: true,
        }
    }
}

impl Store for Limiter<IpAddr> {
    fn quota(&self) -> &Quota {
        &self.quota
    }

    fn check(&self, client: IpAddr) -> Pending<'_, Decision> {
        Box::pin(ready(Ok(Limiter::check(self, client))))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
