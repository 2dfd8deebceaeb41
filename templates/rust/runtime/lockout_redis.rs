//! The lockout in Redis or Valkey, for all instances together.
//!
//! The pauses are those of `lockout`. One call of one script an attempt, which runs as a whole or not at
//! all, by the clock of the server. Each account has one key, which expires with what it counts.

use super::lockout::{
    Attempt, KNOWN_CLIENTS, KNOWN_FOR, Lockout, Pause, Pending, Settings, Store, StoreDown, Ticket,
};
use super::rate_limit::OnStoreError;
use super::rate_limit_redis::{Settings as RedisSettings, TIME_LIMIT};
use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Script, ScriptInvocation};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How many addresses an account is counted for; attempts from others count for the account. Known ones are
/// always counted: the account's pause does not hold them back.
const MAX_CLIENTS: usize = 256;
/// Names are cut to this many bytes. Those of accounts are shorter: an e-mail address has 254 at most.
const MAX_NAME: usize = 256;

/// `KEYS`: the account's. `ARGV`: what to do, the client, and times in milliseconds. A field is `a` (the
/// account), `p` and a client (a pair), `k` and a client (known since), or `s` (when pairs were last looked
/// through for those that are over). The value of the first two is the failures, and when the last one or
/// its pause ended.
const SCRIPT: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local key, what, client = KEYS[1], ARGV[1], ARGV[2]
local function pause(i)
  return { failures = tonumber(ARGV[i]), window = tonumber(ARGV[i + 1]), base = tonumber(ARGV[i + 2]), max = tonumber(ARGV[i + 3]) }
end
local per_client, per_account = pause(3), pause(7)
local known_for, known_clients, max_clients = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local pair, known = 'p' .. client, 'k' .. client

local function read(value, of)
  local failures, rest = string.match(value or '', '^(%d+) (%d+)$')
  if not failures then return { failures = 0, rest = 0 } end
  -- After a jump of the clock nobody waits for longer than the longest pause.
  rest = math.min(tonumber(rest), now + of.max)
  if now > rest + of.window then return { failures = 0, rest = 0 } end
  return { failures = tonumber(failures), rest = rest }
end
local function load(field, of) return read(redis.call('HGET', key, field), of) end
local function store(field, record)
  redis.call('HSET', key, field, string.format('%.0f %.0f', record.failures, record.rest))
end
local function keep(ms)
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(redis.call('PTTL', key), math.ceil(ms) + 1)))
end
local function is_paused(record, of) return record.failures >= of.failures and record.rest > now end
local function count(record, of)
  record.failures = record.failures + 1
  local over = record.failures - of.failures
  record.rest = over < 0 and now or now + math.min(of.base * 2 ^ math.min(over, 31), of.max)
end
local function each(prefix, visit)
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 1) == prefix then visit(all[i], all[i + 1]) end
  end
end

local mine, all = load(pair, per_client), load('a', per_account)

if what == 'begin' then
  if is_paused(mine, per_client) then return { 0, string.format('%.0f', mine.rest - now) } end
  local since = tonumber(redis.call('HGET', key, known) or 0)
  local is_known = since > 0 and now < since + known_for
  if is_paused(all, per_account) and not is_known then
    return { 0, string.format('%.0f', all.rest - now) }
  end
  count(all, per_account)
  store('a', all)
  local has_room = is_known or redis.call('HEXISTS', key, pair) == 1 or redis.call('HLEN', key) < max_clients
  if not has_room and now - tonumber(redis.call('HGET', key, 's') or 0) >= 1000 then
    redis.call('HSET', key, 's', string.format('%.0f', now))
    each('p', function(field, value)
      if read(value, per_client).failures == 0 then redis.call('HDEL', key, field) end
    end)
    has_room = redis.call('HLEN', key) < max_clients
  end
  if has_room then
    count(mine, per_client)
    store(pair, mine)
  end
  keep(math.max(mine.rest + per_client.window, all.rest + per_account.window) - now)
  return { 1, '0' }
end

redis.call('HDEL', key, pair)
all.failures = math.max(all.failures - math.max(mine.failures, 1), 0)
if all.failures < per_account.failures then all.rest = math.min(all.rest, now) end
if all.failures == 0 then redis.call('HDEL', key, 'a') else store('a', all) end
redis.call('HSET', key, known, string.format('%.0f', now))
local logins = {}
each('k', function(field, value) logins[#logins + 1] = { field, tonumber(value) } end)
table.sort(logins, function(a, b) return a[2] > b[2] end)
for i = known_clients + 1, #logins do
  redis.call('HDEL', key, logins[i][1], 'p' .. string.sub(logins[i][1], 2))
end
keep(known_for)
return { 1, '0' }
";

/// Counts attempts with all instances together.
///
/// `C` is a connection that several requests share: that of `rate_limit_redis::connect`, or one to a
/// cluster.
pub struct RedisLockout<C = ConnectionManager> {
    settings: Settings,
    prefix: &'static str,
    on_error: OnStoreError,
    /// Counts while the store does not answer and the policy lets logins go on: without it that would be
    /// the time to guess.
    local: Lockout,
    time_limit: Duration,
    script: Script,
    connection: C,
}

impl<C> fmt::Debug for RedisLockout<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLockout")
            .field("settings", &self.settings)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl<C> RedisLockout<C> {
    /// A lockout on a connection to the store.
    #[must_use]
    pub fn new(settings: Settings, redis: &RedisSettings, connection: C) -> Self {
        Self {
            settings,
            prefix: redis.prefix,
            on_error: redis.on_error,
            local: Lockout::new(settings),
            time_limit: TIME_LIMIT,
            script: Script::new(SCRIPT),
            connection,
        }
    }

    /// With another time to wait for a store that is far away. A shorter one of the connection still holds.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    fn call(&self, what: &str, account: &str, client: IpAddr) -> ScriptInvocation<'_> {
        let prefix = self.prefix;
        let mut call = self
            .script
            .key(format!("{prefix}:lockout:{}", cut(account)));
        call.arg(what).arg(client.to_string());
        for pause in [self.settings.per_client, self.settings.per_account] {
            let Pause {
                failures,
                window,
                base,
                max,
            } = pause;
            call.arg(failures.max(1));
            call.arg(millis(window)).arg(millis(base)).arg(millis(max));
        }
        call.arg(millis(KNOWN_FOR))
            .arg(KNOWN_CLIENTS)
            .arg(MAX_CLIENTS);
        call
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> RedisLockout<C> {
    async fn ask(&self, what: &str, account: &str, client: IpAddr) -> Option<(u8, u64)> {
        let mut connection = self.connection.clone();
        let call = self.call(what, account, client);
        let answer = timeout(self.time_limit, call.invoke_async(&mut connection)).await;
        answer.ok()?.ok()
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> Store for RedisLockout<C> {
    fn begin<'a>(&'a self, account: &'a str, client: IpAddr) -> Pending<'a, Attempt> {
        Box::pin(async move {
            match (self.ask("begin", account, client).await, self.on_error) {
                (Some((1, _)), _) => Ok(Attempt::Allowed(Ticket {
                    account: account.to_owned(),
                    client,
                })),
                (Some((_, wait)), _) => Ok(Attempt::Locked {
                    retry_after: Duration::from_millis(wait),
                }),
                (None, OnStoreError::Allow) => Ok(self.local.begin(account, client)),
                (None, OnStoreError::Deny) => Err(StoreDown),
            }
        })
    }

    /// An error means that what the client failed stays counted. It is no reason to refuse the login.
    fn succeeded(&self, ticket: Ticket) -> Pending<'_, ()> {
        Box::pin(async move {
            let Ticket { account, client } = &ticket;
            let answer = self.ask("succeeded", account, *client).await;
            match (answer, self.on_error) {
                (Some(_), _) => Ok(()),
                (None, OnStoreError::Allow) => {
                    self.local.succeeded(&ticket);
                    Ok(())
                }
                (None, OnStoreError::Deny) => Err(StoreDown),
            }
        })
    }
}

/// The name up to a bound: keys of a store shared by many should not be as long as a client likes.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    name.get(..end).unwrap_or_default()
}

/// In milliseconds, bounded so that sums stay numbers that Lua keeps exactly.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .min(1 << 46)
}
