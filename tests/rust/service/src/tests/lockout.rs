//! The lockout in memory.

use super::{client, ip};
use crate::security::lockout::{Attempt, Lockout, Pause, Settings, Ticket};
use crate::security::policy::PROD;
use std::net::IpAddr;
use std::time::Duration;

const SETTINGS: Settings = PROD.lockout;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Begins an attempt, and fails it.
fn fail(lockout: &Lockout, account: &str, from: IpAddr, at: u64) -> bool {
    matches!(
        lockout.begin_at(account, from, secs(at)),
        Attempt::Allowed(_)
    )
}

fn ticket(lockout: &Lockout, account: &str, from: IpAddr, at: u64) -> Ticket {
    match lockout.begin_at(account, from, secs(at)) {
        Attempt::Allowed(ticket) => ticket,
        Attempt::Locked { retry_after } => panic!("locked for {retry_after:?}"),
    }
}

fn log_in(lockout: &Lockout, account: &str, from: IpAddr, at: u64) {
    lockout.succeeded_at(&ticket(lockout, account, from, at), secs(at));
}

fn wait(lockout: &Lockout, account: &str, from: IpAddr, at: u64) -> u64 {
    match lockout.begin_at(account, from, secs(at)) {
        Attempt::Allowed(_) => 0,
        Attempt::Locked { retry_after } => retry_after.as_secs(),
    }
}

#[test]
fn pauses_double_up_to_the_longest() {
    let pause = SETTINGS.per_client;
    let seconds: Vec<u64> = (0..14).map(|n| pause.after(n).as_secs()).collect();
    assert_eq!(
        seconds,
        [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    );
    assert_eq!(pause.after(u32::MAX), secs(3600));
    let none = Pause {
        failures: 0,
        ..pause
    };
    assert_eq!((none.after(0), none.after(1)), (secs(0), secs(30)));
}

#[test]
fn a_guesser_is_paused_longer_and_longer() {
    let lockout = Lockout::new(SETTINGS);
    let mut now = 0;
    for _ in 0..5 {
        assert!(fail(&lockout, "ann", client(1), now));
    }
    for pause in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] {
        assert_eq!(wait(&lockout, "ann", client(1), now), pause);
        assert_eq!(wait(&lockout, "ann", client(1), now + pause - 1), 1);
        now += pause;
        assert!(fail(&lockout, "ann", client(1), now));
    }
}

#[test]
fn attempts_while_locked_do_not_make_it_longer() {
    let lockout = Lockout::new(SETTINGS);
    for _ in 0..5 {
        fail(&lockout, "ann", client(1), 0);
    }
    for second in 0..30 {
        assert_eq!(wait(&lockout, "ann", client(1), second), 30 - second);
    }
    assert!(fail(&lockout, "ann", client(1), 30));
}

#[test]
fn failures_are_forgotten_after_a_quiet_window() {
    let lockout = Lockout::new(SETTINGS);
    for at in [0, 1, 2, 3] {
        assert!(fail(&lockout, "ann", client(1), at));
    }
    // The window is over at 903: four more.
    for at in [904, 905, 906, 907] {
        assert!(fail(&lockout, "ann", client(1), at));
    }
    assert!(fail(&lockout, "ann", client(1), 907 + 900));
    assert_eq!(wait(&lockout, "ann", client(1), 907 + 900), 30);
}

#[test]
fn attempts_at_the_same_time_do_not_slip_through() {
    let lockout = Lockout::new(SETTINGS);
    let admitted: usize = std::thread::scope(|scope| {
        let guess = || {
            let attempts = (0..50).map(|_| lockout.begin("ann", client(1)));
            attempts
                .filter(|a| matches!(a, Attempt::Allowed(_)))
                .count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(guess)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(admitted, 5);
}

#[test]
fn a_success_forgives_what_this_client_failed() {
    let lockout = Lockout::new(SETTINGS);
    for round in 0..100 {
        for _ in 0..4 {
            assert!(fail(&lockout, "ann", client(1), round), "round {round}");
        }
        log_in(&lockout, "ann", client(1), round);
    }
    // Nothing is left for the account either.
    for number in 2..51 {
        assert!(fail(&lockout, "ann", client(number), 100));
    }
}

#[test]
fn a_success_does_not_forgive_what_others_failed() {
    let lockout = Lockout::new(SETTINGS);
    for number in 0..49 {
        assert!(fail(&lockout, "ann", client(1000 + number), 0));
    }
    // A guesser cannot have the owner reset the count.
    log_in(&lockout, "ann", client(1), 1);
    assert!(fail(&lockout, "ann", client(2000), 2));
    assert_eq!(wait(&lockout, "ann", client(2001), 2), 5);
}

#[test]
fn an_attacker_cannot_lock_the_owner_out() {
    let lockout = Lockout::new(SETTINGS);
    let home = ip("203.0.113.7");
    log_in(&lockout, "ann", home, 0);
    // From everywhere, for a day.
    let mut refused = 0;
    for second in 1..86_400_u64 {
        let from = client(u32::try_from(second % 10_000).unwrap());
        refused += usize::from(!fail(&lockout, "ann", from, second));
        if second % 3600 == 0 {
            log_in(&lockout, "ann", home, second);
        }
    }
    // And the guesser had one try in five minutes, once it was noticed.
    let tried = 86_399 - refused;
    assert!(tried < 50 + 86_400 / 300 + 100, "{tried}");
    // The owner's own address is not free either: five tries.
    let own = (0..20).filter(|_| fail(&lockout, "ann", home, 86_400));
    assert_eq!(own.count(), 5);
}

#[test]
fn an_owner_somewhere_new_waits_for_the_account() {
    let lockout = Lockout::new(SETTINGS);
    for number in 0..50 {
        assert!(fail(&lockout, "ann", client(number), 0));
    }
    let new = ip("203.0.113.7");
    assert_eq!(wait(&lockout, "ann", new, 1), 4);
    log_in(&lockout, "ann", new, 5);
    for number in 0..3 {
        fail(&lockout, "ann", client(number), 500);
    }
    log_in(&lockout, "ann", new, 501);
}

#[test]
fn a_known_address_is_known_for_thirty_days_and_for_its_account_only() {
    let lockout = Lockout::new(SETTINGS);
    let home = ip("203.0.113.7");
    log_in(&lockout, "ann", home, 0);
    let attack = |account: &str, at| {
        for number in 0..60 {
            fail(&lockout, account, client(number), at);
        }
    };
    let days = 86_400;
    attack("ann", 29 * days);
    attack("bob", 29 * days);
    assert_eq!(wait(&lockout, "ann", home, 29 * days), 0);
    assert!(wait(&lockout, "bob", home, 29 * days) > 0);
    attack("ann", 31 * days);
    assert!(wait(&lockout, "ann", home, 31 * days) > 0);
}

#[test]
fn an_account_has_eight_known_addresses() {
    let lockout = Lockout::new(SETTINGS);
    for number in 0..9 {
        log_in(&lockout, "ann", client(number), u64::from(number));
    }
    // Again from the second: it is the newest now.
    log_in(&lockout, "ann", client(1), 9);
    for number in 100..150 {
        fail(&lockout, "ann", client(number), 10);
    }
    assert!(wait(&lockout, "ann", client(0), 10) > 0, "the oldest");
    for number in 1..9 {
        assert_eq!(wait(&lockout, "ann", client(number), 10), 0, "{number}");
    }
}

#[test]
fn unknown_accounts_are_counted_alike() {
    let lockout = Lockout::new(SETTINGS);
    for name in ["", "nobody", &"x".repeat(1 << 20), "nobody\0", "Nobody"] {
        for _ in 0..5 {
            assert!(fail(&lockout, name, client(1), 0));
        }
        assert_eq!(wait(&lockout, name, client(1), 0), 30);
    }
}

#[test]
fn a_flood_of_names_frees_no_guesser_and_locks_nobody_out() {
    let lockout = Lockout::with_max_pairs(SETTINGS, 1000);
    let home = ip("203.0.113.7");
    for _ in 0..5 {
        fail(&lockout, "ann", client(1), 0);
    }
    log_in(&lockout, "bob", home, 0);
    for number in 0..20_000 {
        fail(&lockout, &format!("name{number}"), client(number), 1);
    }
    // The guesser is still paused; owners log in, also those who were never seen before.
    assert!(wait(&lockout, "ann", client(1), 2) > 0);
    log_in(&lockout, "bob", home, 2);
    log_in(&lockout, "eve", ip("198.51.100.1"), 2);
    // A newcomer for whom there is no room is held by the account's own pause.
    // (One name in thirteen shares its cell with one of the flood, or with two.)
    let tries = (0..200).filter(|_| fail(&lockout, "carl", client(7), 3));
    assert!((45..=50).contains(&tries.count()));
    // When the flood is over, there is room again.
    let tries = (0..20).filter(|_| fail(&lockout, "dora", client(7), 3000));
    assert_eq!(tries.count(), 5);
}

#[test]
fn a_flood_of_names_frees_no_guesser_at_a_known_address() {
    let lockout = Lockout::with_max_pairs(SETTINGS, 1000);
    // Somebody behind the owner's own address: the account's pause does not hold it back.
    let home = ip("203.0.113.7");
    log_in(&lockout, "ann", home, 0);
    for number in 0..20_000 {
        fail(&lockout, &format!("name{number}"), client(number), 1);
    }
    let tries = (0..200).filter(|_| fail(&lockout, "ann", home, 2));
    assert_eq!(tries.count(), 5);
    assert_eq!(wait(&lockout, "ann", home, 2), 30);
    log_in(&lockout, "ann", home, 40);
    let tries = (0..200).filter(|_| fail(&lockout, "ann", home, 41));
    assert_eq!(tries.count(), 5);
}

#[test]
fn extremes_do_not_overflow() {
    let extreme = Pause {
        failures: u32::MAX,
        window: Duration::MAX,
        base: Duration::MAX,
        max: Duration::MAX,
    };
    let zero = Pause {
        failures: 0,
        window: Duration::ZERO,
        base: Duration::ZERO,
        max: Duration::ZERO,
    };
    for (per_client, per_account) in [(extreme, zero), (zero, extreme), (extreme, extreme)] {
        let lockout = Lockout::new(Settings {
            per_client,
            per_account,
        });
        for now in [Duration::ZERO, Duration::MAX, Duration::ZERO] {
            for _ in 0..3 {
                if let Attempt::Allowed(ticket) = lockout.begin_at("ann", client(1), now) {
                    lockout.succeeded_at(&ticket, now);
                }
            }
        }
    }
}
