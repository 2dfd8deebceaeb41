//! Pauses after failed logins (NIST SP 800-63B-4, 3.2.2; ASVS 5.0, 6.3.1), on two levels.
//!
//! - One account from one client address: a guesser is stopped early, and only there.
//! - One account from anywhere: guessing from many addresses is stopped too. Addresses from which the
//!   owner has logged in before are not, so that nobody locks an owner out.
//!
//! An attempt is counted when it begins and forgiven when it succeeds, so that guesses that run at the
//! same time do not slip through. Names that no account has are counted like others: nobody learns from
//! a pause which accounts there are.
//!
//! The counts live in this process: with several instances each counts for itself. Memory has a bound,
//! and no flood of names frees a guesser or locks out an owner: pairs of account and address are kept
//! until they count no more, and while there is no room for another pair its attempts still count for the
//! account. A known address has a place of its own for them, because the account's pause does not hold it
//! back. Accounts share a fixed number of cells by a secret hash, so none is ever dropped.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many pairs of account and client address are counted at most.
const MAX_PAIRS: usize = 100_000;
/// How many cells count the attempts on accounts: 4 MB. To fill them costs an attacker as many attempts
/// as to fill that many accounts by name.
const CELLS: usize = 1 << 18;
/// For how many accounts the addresses of earlier logins are kept at most.
const MAX_KNOWN: usize = 100_000;
/// How many addresses of earlier logins an account has at most.
pub(super) const KNOWN_CLIENTS: usize = 8;
/// For how long a login makes its address a known one.
pub(super) const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The lockout of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For one account from one client address.
    pub per_client: Pause,
    /// For one account from anywhere.
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

impl Pause {
    /// How long the pause after so many failures is.
    #[must_use]
    pub fn after(&self, failures: u32) -> Duration {
        match failures.checked_sub(self.failures.max(1)) {
            None => Duration::ZERO,
            Some(doubled) => {
                let factor = 2_u32.checked_pow(doubled).unwrap_or(u32::MAX);
                self.base.saturating_mul(factor).min(self.max)
            }
        }
    }
}

/// Whether a login may be tried.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Attempt {
    /// Check the password now. It counts as failed until [`Store::succeeded`] gets the ticket.
    Allowed(Ticket),
    /// Do not check the password, and answer as for a wrong one: a guesser learns nothing, and costs no
    /// hashing.
    Locked {
        /// Until the next attempt.
        retry_after: Duration,
    },
}

/// An attempt that is counted. To drop it is a failed login.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(super) account: String,
    pub(super) client: IpAddr,
}

/// The store that counts does not answer, or not in time. Answer 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreDown;

impl fmt::Display for StoreDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store of the lockout does not answer")
    }
}

impl std::error::Error for StoreDown {}

/// The answer of a [`Store`], on its way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreDown>> + Send + 'a>>;

/// Where attempts are counted: in this process ([`Lockout`]), or in one server for all instances.
///
/// ```ignore
/// let account = login.account.trim().to_lowercase();
/// let client = network.rate_key(network.client_ip(peer.ip(), &headers));
/// let Attempt::Allowed(ticket) = lockout.begin(&account, client).await? else {
///     return Err(StatusCode::UNAUTHORIZED); // as for a wrong password
/// };
/// // Hash for unknown accounts too: otherwise the time tells which there are.
/// if !password_is_right(&account, &login.password).await {
///     return Err(StatusCode::UNAUTHORIZED);
/// }
/// lockout.succeeded(ticket).await?;
/// ```
pub trait Store: Send + Sync {
    /// Counts an attempt that begins. `account` is the name as the service compares it, such as trimmed
    /// and in lower case, or each spelling has its own count; `client` is the address to count under,
    /// of an IPv6 client its network.
    fn begin<'a>(&'a self, account: &'a str, client: IpAddr) -> Pending<'a, Attempt>;

    /// Forgives what the client failed on this account, and makes its address a known one. Only when the
    /// whole login succeeded, a second factor included.
    fn succeeded(&self, ticket: Ticket) -> Pending<'_, ()>;
}

/// Failures, and when the last one or its pause ended, in nanoseconds since the start.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    failures: u32,
    rest: u64,
}

impl Record {
    fn is_over(self, pause: &Pause, now: u64) -> bool {
        now > self.rest.saturating_add(nanos(pause.window))
    }

    /// As it counts now.
    fn at(self, pause: &Pause, now: u64) -> Self {
        if self.is_over(pause, now) {
            Self::default()
        } else {
            self
        }
    }

    /// Until when attempts are refused.
    fn paused(self, pause: &Pause, now: u64) -> Option<Duration> {
        let is_paused = self.failures >= pause.failures.max(1) && self.rest > now;
        is_paused.then(|| Duration::from_nanos(self.rest - now))
    }

    fn count(&mut self, pause: &Pause, now: u64) {
        self.failures = self.failures.saturating_add(1);
        self.rest = now.saturating_add(nanos(pause.after(self.failures)));
    }

    fn forgive(&mut self, failures: u32, pause: &Pause, now: u64) {
        self.failures = self.failures.saturating_sub(failures);
        if self.failures < pause.failures.max(1) {
            self.rest = self.rest.min(now);
        }
    }
}

/// An address from which an account was logged in to, when, and its failures since then. At 0 it is empty.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    client: u64,
    at: u64,
    record: Record,
}

/// Addresses from which an account was logged in to.
#[derive(Clone, Copy, Debug, Default)]
struct Known([Place; KNOWN_CLIENTS]);

impl Known {
    fn place(&mut self, client: u64, now: u64) -> Option<&mut Place> {
        let until = |at: u64| at.saturating_add(nanos(KNOWN_FOR));
        let is_known =
            |place: &Place| place.at > 0 && place.client == client && now < until(place.at);
        self.0.iter_mut().find(|place| is_known(place))
    }

    /// In the place of the same client, or of the oldest login.
    fn add(&mut self, client: u64, now: u64) {
        let mut places = self.0.iter_mut();
        let place = match places.find(|place| place.client == client) {
            Some(place) => Some(place),
            None => self.0.iter_mut().min_by_key(|place| place.at),
        };
        if let Some(place) = place {
            *place = Place {
                client,
                at: now.max(1),
                record: Record::default(),
            };
        }
    }

    fn newest(&self) -> u64 {
        self.0.iter().map(|place| place.at).max().unwrap_or(0)
    }
}

#[derive(Debug)]
struct Table {
    pairs: HashMap<u64, Record>,
    cells: Vec<Record>,
    known: HashMap<u64, Known>,
    /// When pairs were last looked through for those that are over.
    swept: u64,
}

impl Table {
    /// The place of a known address.
    fn place(&mut self, account: u64, pair: u64, now: u64) -> Option<&mut Place> {
        self.known.get_mut(&account)?.place(pair, now)
    }

    /// Whether there is room for one more pair. Looks for some once a second at most: more often would
    /// only cost time under attack.
    fn has_room(&mut self, max_pairs: usize, pause: &Pause, now: u64) -> bool {
        if self.pairs.len() >= max_pairs && now.saturating_sub(self.swept) >= 1_000_000_000 {
            self.swept = now;
            self.pairs.retain(|_, record| !record.is_over(pause, now));
        }
        self.pairs.len() < max_pairs
    }

    /// Forgets the half of the accounts whose last login is the longest ago.
    fn forget_half(&mut self) {
        let mut times: Vec<u64> = self.known.values().map(Known::newest).collect();
        let half = times.len() / 2;
        if half < times.len() {
            let (_, median, _) = times.select_nth_unstable(half);
            let median = *median;
            self.known.retain(|_, known| known.newest() > median);
        }
    }
}

/// Counts in this process. Make one when the service starts, and share it.
#[derive(Debug)]
pub struct Lockout {
    settings: Settings,
    max_pairs: usize,
    started: Instant,
    /// With a secret: nobody outside can find names that share a cell.
    hasher: RandomState,
    table: Mutex<Table>,
}

impl Lockout {
    /// A lockout that has not seen an attempt yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_max_pairs(settings, MAX_PAIRS)
    }

    /// As [`Lockout::new`], with another bound on the pairs of account and address that are counted.
    #[must_use]
    pub fn with_max_pairs(settings: Settings, max_pairs: usize) -> Self {
        Self {
            settings,
            max_pairs,
            started: Instant::now(),
            hasher: RandomState::new(),
            table: Mutex::new(Table {
                pairs: HashMap::new(),
                cells: vec![Record::default(); CELLS],
                known: HashMap::new(),
                swept: 0,
            }),
        }
    }

    /// As [`Store::begin`], without waiting.
    pub fn begin(&self, account: &str, client: IpAddr) -> Attempt {
        // The clock is read under the lock, so that the counts see one order of time.
        let mut table = self.lock();
        let now = self.started.elapsed();
        self.count(&mut table, account, client, now)
    }

    /// As [`Lockout::begin`] at a time since the lockout was made: for tests. Times never go backwards.
    pub fn begin_at(&self, account: &str, client: IpAddr, now: Duration) -> Attempt {
        self.count(&mut self.lock(), account, client, now)
    }

    /// As [`Store::succeeded`], without waiting.
    pub fn succeeded(&self, ticket: &Ticket) {
        let mut table = self.lock();
        let now = self.started.elapsed();
        self.forgive(&mut table, ticket, now);
    }

    /// As [`Lockout::succeeded`] at a time since the lockout was made: for tests.
    pub fn succeeded_at(&self, ticket: &Ticket, now: Duration) {
        self.forgive(&mut self.lock(), ticket, now);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // No code that can panic leaves a record half-written.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    /// The cell of an account's hash.
    fn cell(cells: &mut [Record], account: u64) -> Option<&mut Record> {
        let cells_len = u64::try_from(cells.len()).unwrap_or(u64::MAX).max(1);
        let index = usize::try_from(account % cells_len).ok()?;
        cells.get_mut(index)
    }

    fn count(&self, table: &mut Table, account: &str, client: IpAddr, now: Duration) -> Attempt {
        let Settings {
            per_client,
            per_account,
        } = &self.settings;
        let now = nanos(now);
        let (name, pair) = (self.hash(account), self.hash((account, client)));
        let paused = |record: Record, pause| record.paused(pause, now);
        let known = table.place(name, pair, now).map(|place| place.record);
        let found = known.or_else(|| table.pairs.get(&pair).copied());
        let mut record = found.unwrap_or_default().at(per_client, now);
        if let Some(retry_after) = paused(record, per_client) {
            return Attempt::Locked { retry_after };
        }
        if let Some(cell) = Self::cell(&mut table.cells, name) {
            *cell = cell.at(per_account, now);
            if let Some(retry_after) = paused(*cell, per_account).filter(|_| known.is_none()) {
                return Attempt::Locked { retry_after };
            }
            cell.count(per_account, now);
        }
        record.count(per_client, now);
        if let Some(place) = table.place(name, pair, now) {
            place.record = record;
        } else if found.is_some() || table.has_room(self.max_pairs, per_client, now) {
            table.pairs.insert(pair, record);
        }
        Attempt::Allowed(Ticket {
            account: account.to_owned(),
            client,
        })
    }

    fn forgive(&self, table: &mut Table, ticket: &Ticket, now: Duration) {
        let Settings {
            per_client,
            per_account,
        } = &self.settings;
        let (account, client) = (ticket.account.as_str(), ticket.client);
        let now = nanos(now);
        let (name, pair) = (self.hash(account), self.hash((account, client)));
        let known = table.place(name, pair, now).map(|place| place.record);
        let record = known
            .or_else(|| table.pairs.remove(&pair))
            .unwrap_or_default();
        let failures = record.at(per_client, now).failures.max(1);
        // Failures from other addresses stay: they are not the owner's.
        if let Some(cell) = Self::cell(&mut table.cells, name) {
            *cell = cell.at(per_account, now);
            cell.forgive(failures, per_account, now);
        }
        if table.known.len() >= MAX_KNOWN && !table.known.contains_key(&name) {
            table.forget_half();
        }
        table.known.entry(name).or_default().add(pair, now);
    }
}

impl Store for Lockout {
    fn begin<'a>(&'a self, account: &'a str, client: IpAddr) -> Pending<'a, Attempt> {
        Box::pin(ready(Ok(Lockout::begin(self, account, client))))
    }

    fn succeeded(&self, ticket: Ticket) -> Pending<'_, ()> {
        Lockout::succeeded(self, &ticket);
        Box::pin(ready(Ok(())))
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
