//! What a limiter and a lockout take at most. A process of its own, and one test: resident memory is that of nothing else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../src/security/mod.rs"]
mod security;

use security::lockout::{Attempt, Lockout, Pause, Settings};
use security::rate_limit::{Limiter, OnStoreError, Quota};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Clients in networks of their own.
fn client(number: u32) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64))
}

const PAUSE: Pause = Pause {
    failures: 5,
    window: Duration::from_secs(900),
    base: Duration::from_secs(30),
    max: Duration::from_secs(3600),
};

/// `cargo test --release --test memory -- --nocapture` prints the figures.
#[test]
fn a_flood_of_clients_and_names_has_a_bound() {
    let before = resident();
    let limiter = Limiter::new(Quota {
        name: "api",
        requests: 100,
        per: Duration::from_secs(3600),
        burst: 0,
        on_store_error: OnStoreError::Deny,
    });
    for number in 0..200_000 {
        let decision = limiter.check(client(number));
        assert_eq!(decision.allowed, number < 100_000);
    }
    let limited = resident() - before;

    let before = resident();
    let lockout = Lockout::new(Settings {
        per_client: PAUSE,
        per_account: PAUSE,
    });
    for number in 0..200_000 {
        drop(lockout.begin(&format!("name{number}"), client(number)));
    }
    let failures = resident() - before;
    for number in 0..200_000_u32 {
        for place in 0..8 {
            let attempt = lockout.begin(&format!("user{number}"), client(place));
            if let Attempt::Allowed(ticket) = attempt {
                lockout.succeeded(&ticket);
            }
        }
    }
    let known = resident() - before;

    let mb = |bytes: usize| bytes / 1_000_000;
    println!("limiter, full: {} MB", mb(limited));
    println!("lockout, full of failures: {} MB", mb(failures));
    println!("lockout, with known addresses: {} MB", mb(known));
    // It counts at all, and stays below its bound.
    assert!((10_000_000..50_000_000).contains(&limited), "{limited}");
    assert!((3_000_000..80_000_000).contains(&failures), "{failures}");
    assert!((failures..120_000_000).contains(&known), "{known}");
}
