//! The limiter in memory: by brute force, and what it costs.

use super::{Random, client};
use crate::security::rate_limit::{Limiter, OnStoreError, Quota};
use std::time::Duration;

#[test]
fn no_window_admits_more_than_the_quota() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..300 {
        let quota = Quota {
            name: "api",
            requests: 1 + u32::try_from(random.below(20)).unwrap(),
            per: Duration::from_millis(1 + random.below(100_000)),
            burst: u32::try_from(random.below(5)).unwrap(),
            on_store_error: OnStoreError::Deny,
        };
        let per = u64::try_from(quota.per.as_micros()).unwrap();
        let limiter = Limiter::new(quota);
        let mut now = random.below(per * 3);
        let mut admitted = Vec::new();
        for _ in 0..500 {
            // Bursts, trickles, and pauses of about the period.
            now += match random.below(10) {
                0..5 => random.below(per / 500 + 1),
                5..8 => random.below(per / 10 + 1),
                8 => per - per / 60 + random.below(per / 30 + 1),
                _ => random.below(per * 2),
            };
            if limiter
                .check_at(client(1), Duration::from_micros(now))
                .allowed
            {
                admitted.push(now);
            }
        }
        // Every window that begins with a request: every other one has no more in it.
        for (index, start) in admitted.iter().enumerate() {
            let window = admitted.iter().skip(index);
            let count = window.take_while(|at| **at <= start + per).count();
            let limit = usize::try_from(quota.limit()).unwrap();
            assert!(count <= limit, "round {round}: {count} of {limit}");
        }
        assert!(!admitted.is_empty());
    }
}

#[test]
fn threads_do_not_get_more_together() {
    let quota = Quota {
        name: "api",
        requests: 1000,
        per: Duration::from_secs(3600),
        burst: 0,
        on_store_error: OnStoreError::Deny,
    };
    let limiter = Limiter::new(quota);
    let admitted: usize = std::thread::scope(|scope| {
        let ask = || {
            (0..500)
                .filter(|_| limiter.check(client(1)).allowed)
                .count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(admitted, 1000);
}
