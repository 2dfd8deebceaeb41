//! The shared store, with a real server.

use super::client;
use crate::security::lockout::{self, Attempt, Pause};
use crate::security::lockout_redis::RedisLockout;
use crate::security::rate_limit::{Decision, OnStoreError, Quota, Store as _, StoreDown};
use crate::security::rate_limit_redis::{RedisLimiter, Settings, connect, connect_to};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const SETTINGS: Settings = Settings {
    url: "REDIS_URL",
    prefix: "tests",
    on_error: OnStoreError::Deny,
};

const PATIENCE: Duration = Duration::from_secs(20);

fn quota(requests: u32, per: Duration) -> Quota {
    Quota {
        name: "api",
        requests,
        per,
        burst: 0,
        on_store_error: OnStoreError::Deny,
    }
}

/// A server of this test's own, on a socket in a folder of its own.
struct Server {
    program: &'static str,
    child: Child,
    folder: PathBuf,
}

impl Server {
    /// `None`, loudly, where the program is missing; that fails under `CI=true`.
    fn start() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let programs = ["/usr/bin/redis-server", "/usr/bin/valkey-server"];
        let mut installed = programs.into_iter().filter(|path| Path::new(path).exists());
        let Some(program) = installed.next() else {
            let missing = "Debian's redis-server is missing: run ./test, which installs it";
            assert!(
                !std::env::var("CI").is_ok_and(|ci| ci == "true"),
                "{missing}"
            );
            eprintln!("SKIPPED: {missing}");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("secgen-redis-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut server = Self {
            program,
            child: Self::spawn(program, &folder),
            folder,
        };
        server.wait();
        Some(server)
    }

    fn spawn(program: &str, folder: &Path) -> Child {
        Command::new(program)
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--unixsocket", "s", "--dir", "."])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while !self.folder.join("s").exists() {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended");
            assert!(start.elapsed() < Duration::from_secs(20), "it is too slow");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn url(&self) -> String {
        format!("unix://{}", self.folder.join("s").display())
    }

    /// A patient connection: the machine of a test may be busy.
    fn connect(&self) -> ConnectionManager {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let client = redis::Client::open(self.url()).unwrap();
        ConnectionManager::new_lazy_with_config(client, config).unwrap()
    }

    fn limiter(&self, quota: Quota) -> RedisLimiter {
        RedisLimiter::new(quota, &SETTINGS, self.connect()).with_time_limit(PATIENCE)
    }

    fn lockout(&self, pauses: lockout::Settings) -> RedisLockout {
        RedisLockout::new(pauses, &SETTINGS, self.connect()).with_time_limit(PATIENCE)
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        drop(std::fs::remove_file(self.folder.join("s")));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn check(limiter: &RedisLimiter, number: u32) -> Decision {
    limiter.check(client(number)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_the_quota_passes_two_instances() {
    let Some(server) = Server::start() else {
        return;
    };
    let hour = quota(100, Duration::from_secs(3600));
    let instances = [(); 2].map(|()| Arc::new(server.limiter(hour)));
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let limiter = Arc::clone(&instances[task % 2]);
            tokio::spawn(async move {
                let mut admitted = 0;
                for _ in 0..10 {
                    admitted += u32::from(check(&limiter, 1).await.allowed);
                }
                admitted
            })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += task.await.unwrap();
    }
    assert_eq!(admitted, 100);
    // One call a request, and one key a client that expires.
    let mut connection = server.connect();
    let stats: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(&mut connection)
        .await
        .unwrap();
    let calls = |name: &str| {
        let line = stats.lines().find_map(|l| l.strip_prefix(name));
        let calls = line.and_then(|l| l.strip_prefix(":calls=")).unwrap_or("0");
        calls.split(',').next().unwrap().parse::<u32>().unwrap()
    };
    // Some of the first found no script yet and called again.
    assert!((400..=440).contains(&calls("cmdstat_evalsha")), "{stats}");
    assert_eq!(calls("cmdstat_eval"), 0);
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys, ["tests:limit:api:3600000000:10.0.0.1"]);
    let ttl: i64 = redis::cmd("PTTL")
        .arg(&keys)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!((3_600_000..=3_661_000).contains(&ttl), "{ttl}");
    // Other clients and quotas are counted for themselves.
    assert!(check(&instances[0], 2).await.allowed);
    let login = Quota {
        name: "login",
        ..hour
    };
    let login = server.limiter(login);
    assert_eq!(check(&login, 1).await.remaining, 99);
}

#[tokio::test]
async fn a_decision_says_what_is_left_and_when_to_come_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let limiter = server.limiter(quota(3, Duration::from_secs(60)));
    for left in [2, 1, 0] {
        let decision = check(&limiter, 1).await;
        assert!(decision.allowed && decision.counted);
        assert_eq!(decision.remaining, left);
        let expected = Duration::from_secs(50)..=Duration::from_secs(61);
        assert!(expected.contains(&decision.reset_after), "{decision:?}");
        assert_eq!(decision.retry_after > Duration::ZERO, left == 0);
    }
    let refused = check(&limiter, 1).await;
    assert!(!refused.allowed && refused.remaining == 0);
    let wait = refused.retry_after.as_secs();
    assert!((50..=61).contains(&wait), "{wait}");
    let nobody = server.limiter(quota(0, Duration::from_secs(60)));
    let refused = check(&nobody, 1).await;
    assert!(!refused.allowed && refused.retry_after > Duration::ZERO);
    let endless = Quota {
        requests: u32::MAX,
        per: Duration::MAX,
        burst: u32::MAX,
        ..quota(1, Duration::MAX)
    };
    let endless = server.limiter(endless);
    assert_eq!(check(&endless, 1).await.remaining, u32::MAX - 1);
}

#[tokio::test]
async fn no_window_of_the_shared_store_admits_more_than_the_quota() {
    let Some(server) = Server::start() else {
        return;
    };
    let per = Duration::from_millis(300);
    let limiter = server.limiter(quota(7, per));
    let mut random = super::Random(0x1234_5678_9abc_def1);
    let start = Instant::now();
    let mut admitted = Vec::new();
    let mut refused = 0;
    while start.elapsed() < Duration::from_secs(4) {
        let sent = start.elapsed();
        let decision = check(&limiter, 1).await;
        if decision.allowed {
            admitted.push((sent, start.elapsed()));
        } else {
            refused += 1;
            assert!(decision.retry_after <= per + per / 30, "{decision:?}");
        }
        let pause = match random.below(10) {
            0..6 => 0,
            6..9 => random.below(40),
            _ => 290 + random.below(20),
        };
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    // The server counted each somewhere between sending and answer.
    for (index, (sent, _)) in admitted.iter().enumerate() {
        let window = admitted.iter().skip(index);
        let count = window.take_while(|(_, got)| *got - *sent <= per).count();
        assert!(count <= 7, "{count} from {sent:?}");
    }
    assert!(admitted.len() > 10 && refused > 10, "{}", admitted.len());
}

#[tokio::test]
async fn who_waits_as_told_is_admitted_and_not_before() {
    let Some(server) = Server::start() else {
        return;
    };
    let limiter = server.limiter(quota(2, Duration::from_millis(600)));
    for _ in 0..3 {
        while check(&limiter, 1).await.allowed {}
        let asked = Instant::now();
        let wait = check(&limiter, 1).await.retry_after;
        assert!(wait > Duration::ZERO);
        tokio::time::sleep(wait.saturating_sub(Duration::from_millis(40))).await;
        let early = check(&limiter, 1).await;
        // A busy machine may have slept for longer.
        assert!(!early.allowed || asked.elapsed() >= wait);
        if !early.allowed {
            tokio::time::sleep(early.retry_after + Duration::from_millis(2)).await;
            assert!(check(&limiter, 1).await.allowed);
        }
    }
    // What counts no more is gone from the server as well.
    let start = Instant::now();
    loop {
        let mut connection = server.connect();
        let size = redis::cmd("DBSIZE").to_owned();
        let keys: u32 = size.query_async(&mut connection).await.unwrap();
        if keys == 0 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{keys} keys");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_script_that_the_server_forgot_is_loaded_again() {
    let Some(server) = Server::start() else {
        return;
    };
    let mut connection = server.connect();
    let limiter = server.limiter(quota(3, Duration::from_secs(60)));
    for left in [2, 1, 0] {
        assert_eq!(check(&limiter, 1).await.remaining, left);
        let flushed = redis::cmd("SCRIPT").arg("FLUSH").to_owned();
        flushed.exec_async(&mut connection).await.unwrap();
    }
    assert!(!check(&limiter, 1).await.allowed);
}

#[tokio::test]
async fn a_store_that_does_not_answer_in_time_is_down() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let connection = connect_to(&server.url(), &SETTINGS).unwrap();
    let limiter = RedisLimiter::new(quota(100, Duration::from_secs(60)), &SETTINGS, connection);
    recovers(&limiter).await;
    let down = async |why: &str| {
        let start = Instant::now();
        assert_eq!(limiter.check(client(1)).await, Err(StoreDown), "{why}");
        assert!(start.elapsed() < Duration::from_secs(3), "{why}");
    };
    server.signal("-STOP");
    down("it hangs").await;
    down("it still hangs").await;
    server.signal("-CONT");
    recovers(&limiter).await;
    server.kill();
    down("it is gone").await;
    down("it is still gone").await;
    server.child = Server::spawn(server.program, &server.folder);
    server.wait();
    recovers(&limiter).await;
}

async fn recovers(limiter: &RedisLimiter) {
    let start = Instant::now();
    while limiter.check(client(2)).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "it stays down");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_service_starts_while_its_store_is_down() {
    let nowhere = std::env::temp_dir().join("no-redis-listens-here");
    let url = format!("unix://{}", nowhere.display());
    let connection = connect_to(&url, &SETTINGS).unwrap();
    let limiter = RedisLimiter::new(quota(1, Duration::from_secs(1)), &SETTINGS, connection);
    assert_eq!(limiter.check(client(1)).await, Err(StoreDown));
}

#[tokio::test]
async fn an_error_shows_no_password() {
    for url in [
        "",
        "hunter2",
        "http://u:hunter2@host",
        "redis://u:hunter2@host:port",
        "rediss://u:hunter2@host",
        "redis://u:hunter2@",
    ] {
        let error = connect_to(url, &SETTINGS).err().unwrap();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains("REDIS_URL") && !text.contains("hunter2"),
            "{text}"
        );
    }
    let unset = Settings {
        url: "NO_VARIABLE_HAS_THIS_NAME",
        ..SETTINGS
    };
    let error = connect(&unset).err().unwrap().to_string();
    assert_eq!(error, "NO_VARIABLE_HAS_THIS_NAME is not set, or not text");
}

/// Pauses short enough to wait for.
const PAUSES: lockout::Settings = lockout::Settings {
    per_client: Pause {
        failures: 5,
        window: Duration::from_secs(3),
        base: Duration::from_secs(1),
        max: Duration::from_secs(2),
    },
    per_account: Pause {
        failures: 20,
        window: Duration::from_secs(60),
        base: Duration::from_secs(5),
        max: Duration::from_secs(10),
    },
};

/// How long to wait: zero where the attempt was allowed, and failed.
async fn fail(lockout: &dyn lockout::Store, account: &str, number: u32) -> Duration {
    match lockout.begin(account, client(number)).await.unwrap() {
        Attempt::Allowed(_) => Duration::ZERO,
        Attempt::Locked { retry_after } => retry_after,
    }
}

async fn log_in(lockout: &dyn lockout::Store, account: &str, number: u32) {
    match lockout.begin(account, client(number)).await.unwrap() {
        Attempt::Allowed(ticket) => lockout.succeeded(ticket).await.unwrap(),
        Attempt::Locked { retry_after } => panic!("locked for {retry_after:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_count_the_same_guesses() {
    let Some(server) = Server::start() else {
        return;
    };
    let long = Duration::from_secs(900);
    let pause = Pause {
        window: long,
        base: long,
        max: long,
        ..PAUSES.per_client
    };
    let settings = lockout::Settings {
        per_client: pause,
        ..PAUSES
    };
    let instances = [(); 2].map(|()| Arc::new(server.lockout(settings)));
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let lockout = Arc::clone(&instances[task % 2]);
            tokio::spawn(async move { fail(&*lockout, "ann", 1).await.is_zero() })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += u32::from(task.await.unwrap());
    }
    assert_eq!(allowed, 5);
    let mut connection = server.connect();
    let ttl: i64 = redis::cmd("PTTL")
        .arg("tests:lockout:ann")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!((1_790_000..=1_800_001).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn shared_pauses_double_and_end() {
    let Some(server) = Server::start() else {
        return;
    };
    let lockout = server.lockout(PAUSES);
    for _ in 0..5 {
        assert!(fail(&lockout, "ann", 1).await.is_zero());
    }
    for pause in [1000, 2000, 2000] {
        let wait = fail(&lockout, "ann", 1).await;
        let wait = u64::try_from(wait.as_millis()).unwrap();
        assert!((pause - 900..=pause).contains(&wait), "{wait} of {pause}");
        tokio::time::sleep(Duration::from_millis(wait + 5)).await;
        assert!(fail(&lockout, "ann", 1).await.is_zero(), "{pause}");
    }
    // Elsewhere the owner logs in.
    log_in(&lockout, "ann", 2).await;
    // Quiet for a window after the pause: forgotten, and so is the key but for the login.
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    for _ in 0..5 {
        assert!(fail(&lockout, "ann", 1).await.is_zero());
    }
    assert!(!fail(&lockout, "ann", 1).await.is_zero());
}

#[tokio::test]
async fn the_shared_lockout_cannot_be_turned_on_the_owner() {
    let Some(server) = Server::start() else {
        return;
    };
    let lockout = server.lockout(PAUSES);
    log_in(&lockout, "ann", 1).await;
    for number in 100..120 {
        assert!(fail(&lockout, "ann", number).await.is_zero());
    }
    assert!(!fail(&lockout, "ann", 200).await.is_zero(), "from anywhere");
    log_in(&lockout, "ann", 1).await;
    assert!(!fail(&lockout, "ann", 200).await.is_zero(), "still");
    // The owner's address has five tries as well, and forgiveness reaches no further.
    for _ in 0..5 {
        assert!(fail(&lockout, "ann", 1).await.is_zero());
    }
    assert!(!fail(&lockout, "ann", 1).await.is_zero());
    // Others do not notice.
    assert!(fail(&lockout, "bob", 100).await.is_zero());
}

#[tokio::test]
async fn a_shared_success_forgives_this_client_only() {
    let Some(server) = Server::start() else {
        return;
    };
    let lockout = server.lockout(PAUSES);
    for _ in 0..10 {
        for _ in 0..4 {
            assert!(fail(&lockout, "ann", 1).await.is_zero());
        }
        log_in(&lockout, "ann", 1).await;
    }
    for number in 100..119 {
        assert!(fail(&lockout, "ann", number).await.is_zero());
    }
    log_in(&lockout, "ann", 1).await;
    assert!(fail(&lockout, "ann", 150).await.is_zero());
    assert!(!fail(&lockout, "ann", 151).await.is_zero());
}

#[tokio::test]
async fn many_addresses_free_no_guesser_at_a_known_one() {
    let Some(server) = Server::start() else {
        return;
    };
    let settings = lockout::Settings {
        per_account: Pause {
            failures: 1_000_000,
            ..PAUSES.per_account
        },
        ..PAUSES
    };
    let lockout = server.lockout(settings);
    log_in(&lockout, "ann", 5_000).await;
    for number in 0..1_000 {
        assert!(fail(&lockout, "ann", number).await.is_zero());
    }
    for _ in 0..5 {
        assert!(fail(&lockout, "ann", 5_000).await.is_zero());
    }
    assert!(!fail(&lockout, "ann", 5_000).await.is_zero());
}

#[tokio::test]
async fn one_account_fills_no_server() {
    let Some(server) = Server::start() else {
        return;
    };
    let pause = Pause {
        failures: 1_000_000,
        window: Duration::from_secs(900),
        ..PAUSES.per_account
    };
    let settings = lockout::Settings {
        per_client: pause,
        per_account: pause,
    };
    let lockout = server.lockout(settings);
    for number in 0..1_000 {
        assert!(fail(&lockout, "ann", number).await.is_zero());
    }
    for number in 0..20 {
        log_in(&lockout, "ann", number).await;
    }
    let mut connection = server.connect();
    let fields: Vec<String> = redis::cmd("HKEYS")
        .arg("tests:lockout:ann")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(fields.len() <= 256 + 8, "{}", fields.len());
    let known = fields.iter().filter(|field| field.starts_with('k'));
    assert_eq!(known.count(), 8);
    // A name is as long as somebody likes, its key is not.
    let long = "ä".repeat(100_000);
    assert!(fail(&lockout, &long, 1).await.is_zero());
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(keys.iter().all(|key| key.len() < 300), "{keys:?}");
}

#[tokio::test]
async fn the_policy_says_whether_logins_go_on_without_the_store() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let impatient = || connect_to(&server.url(), &SETTINGS).unwrap();
    let deny = RedisLockout::new(PAUSES, &SETTINGS, impatient());
    let settings = Settings {
        on_error: OnStoreError::Allow,
        ..SETTINGS
    };
    let allow = RedisLockout::new(PAUSES, &settings, impatient());
    server.kill();
    let answer = lockout::Store::begin(&deny, "ann", client(1)).await;
    assert_eq!(answer, Err(lockout::StoreDown));
    // Guesses are counted here meanwhile.
    for _ in 0..5 {
        assert!(fail(&allow, "ann", 1).await.is_zero());
    }
    assert!(!fail(&allow, "ann", 1).await.is_zero());
    log_in(&allow, "ann", 2).await;
}
