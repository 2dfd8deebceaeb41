//! Laws of the rendered rate limiter's arithmetic, on the module as users get it.

#[allow(dead_code, clippy::pedantic, unreachable_pub)]
#[rustfmt::skip] // formatted as users' code is, not as ours
#[path = "../../templates/rust/runtime/rate_limit.rs"]
mod module;

use module::{Limiter, OnStoreError, Quota};
use proptest::prelude::*;
use std::time::Duration;

/// A quota, and pauses between requests that fit its period.
fn quota() -> impl Strategy<Value = Quota> {
    let per = prop_oneof![1_u64..5, Just(60), Just(3600), 1_u64..100_000];
    (1_u32..30, per, prop_oneof![Just(0_u32), 0_u32..20]).prop_map(|(requests, per, burst)| Quota {
        name: "api",
        requests,
        per: Duration::from_secs(per),
        burst,
        on_store_error: OnStoreError::Deny,
    })
}

/// Pauses in millionths of the period: bursts, trickles, and long silences.
fn pauses() -> impl Strategy<Value = Vec<u64>> {
    let pause = prop_oneof![4 => 0_u64..2_000, 3 => 0_u64..60_000, 2 => 900_000_u64..1_100_000, 1 => 0_u64..5_000_000, 1 => Just(1_000_000), 1 => Just(16_667)];
    prop::collection::vec(pause, 1..400)
}

fn millionths(per: Duration, share: u64) -> Duration {
    Duration::from_nanos(u64::try_from(per.as_nanos() * u128::from(share) / 1_000_000).expect("fits"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_window_admits_more_than_the_quota(quota in quota(), pauses in pauses(), start in 0_u64..10_000_000) {
        let limiter = Limiter::new(quota);
        let mut now = millionths(quota.per, start);
        let mut admitted: Vec<Duration> = Vec::new();
        for pause in pauses {
            now += millionths(quota.per, pause);
            let decision = limiter.check_at("client", now);
            if decision.allowed {
                admitted.push(now);
                // The window that ends now, both ends included: every window's count is largest at some request.
                let window = admitted.iter().filter(|at| **at + quota.per >= now).count() as u64;
                prop_assert!(window <= u64::from(quota.limit()), "{window} of {} at {now:?}", quota.limit());
            } else {
                prop_assert!(decision.retry_after > Duration::ZERO);
                prop_assert_eq!(decision.remaining, 0);
            }
        }
    }

    #[test]
    fn who_pauses_a_sixtieth_longer_has_the_whole_quota(quota in quota(), pauses in pauses(), start in 0_u64..10_000_000) {
        let limiter = Limiter::new(quota);
        let mut now = millionths(quota.per, start);
        for pause in pauses {
            now += millionths(quota.per, pause);
            limiter.check_at("client", now);
        }
        now += quota.per + quota.per / 60;
        for request in 0..quota.limit() {
            let decision = limiter.check_at("client", now);
            prop_assert!(decision.allowed, "request {request} of {}", quota.limit());
            prop_assert_eq!(decision.remaining, quota.limit() - request - 1);
        }
        prop_assert!(!limiter.check_at("client", now).allowed);
    }

    #[test]
    fn who_waits_as_told_is_admitted_and_not_before(quota in quota(), pauses in pauses(), start in 0_u64..10_000_000) {
        let limiter = Limiter::new(quota);
        let mut now = millionths(quota.per, start);
        for pause in pauses {
            now += millionths(quota.per, pause);
            let decision = limiter.check_at("client", now);
            if !decision.allowed {
                let back = now + decision.retry_after;
                prop_assert!(decision.retry_after <= quota.per + quota.per / 60 + Duration::from_nanos(61));
                prop_assert!(!limiter.check_at("client", back.saturating_sub(Duration::from_nanos(1))).allowed);
                prop_assert!(limiter.check_at("client", back).allowed);
                now = back;
            }
        }
    }

    #[test]
    fn clients_do_not_share(quota in quota(), pauses in pauses()) {
        let (alone, together) = (Limiter::new(quota), Limiter::new(quota));
        let mut now = Duration::ZERO;
        for pause in pauses {
            now += millionths(quota.per, pause);
            together.check_at("other", now);
            prop_assert_eq!(alone.check_at("client", now), together.check_at("client", now));
        }
    }
}

const HOURLY: Quota = Quota { name: "api", requests: 100, per: Duration::from_secs(3600), burst: 0, on_store_error: OnStoreError::Deny };

#[test]
fn a_burst_comes_on_top_once() {
    let limiter = Limiter::new(Quota { burst: 20, ..HOURLY });
    let admitted = (0..300).filter(|_| limiter.check_at("a", Duration::ZERO).allowed).count();
    assert_eq!(admitted, 120);
}

#[test]
fn the_cheapest_attack_on_a_token_bucket_gains_nothing() {
    // One request a second for two hours: a bucket of 100 an hour that starts full admits 199 in the first hour.
    let limiter = Limiter::new(HOURLY);
    let admitted: Vec<u64> = (0..7200).filter(|second| limiter.check_at("a", Duration::from_secs(*second)).allowed).collect();
    for start in 0..3600 {
        assert!(admitted.iter().filter(|at| (start..=start + 3600).contains(*at)).count() <= 100, "from {start}");
    }
    // Two quotas in two hours, no more and no less.
    assert_eq!(admitted.len(), 200);
}

#[test]
fn a_full_table_refuses_newcomers_and_forgets_nobody() {
    let limiter = Limiter::with_max_clients(Quota { requests: 1, ..HOURLY }, 1000);
    for client in 0..1000 {
        assert!(limiter.check_at(client, Duration::from_secs(1)).allowed);
    }
    let decision = limiter.check_at(1000, Duration::from_secs(2));
    assert!(!decision.allowed && decision.retry_after > Duration::ZERO && decision.retry_after <= Duration::from_secs(60));
    for client in 0..1000 {
        assert!(!limiter.check_at(client, Duration::from_secs(3)).allowed, "client {client} was forgotten");
    }
    // Once the old ones count no more, there is room again.
    assert!(limiter.check_at(1000, Duration::from_secs(3600 + 61)).allowed);
}

#[test]
fn time_that_runs_backwards_gives_nothing() {
    let limiter = Limiter::new(Quota { requests: 2, ..HOURLY });
    assert!(limiter.check_at("a", Duration::from_secs(7200)).allowed);
    assert!(limiter.check_at("a", Duration::from_secs(10)).allowed);
    assert!(!limiter.check_at("a", Duration::from_secs(20)).allowed);
    assert!(!limiter.check_at("a", Duration::from_secs(7300)).allowed);
}

#[test]
fn extremes_do_not_overflow() {
    for quota in [
        Quota { requests: 0, ..HOURLY },
        Quota { per: Duration::ZERO, ..HOURLY },
        Quota { per: Duration::from_nanos(1), ..HOURLY },
        Quota { requests: u32::MAX, per: Duration::MAX, burst: u32::MAX, ..HOURLY },
    ] {
        let limiter = Limiter::new(quota);
        for now in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX] {
            assert_eq!(limiter.check_at("a", now).allowed, quota.requests > 0, "{quota:?} at {now:?}");
        }
    }
}

#[test]
fn the_clock_of_the_process_is_used() {
    let limiter = Limiter::new(Quota { requests: 1, per: Duration::from_millis(60), ..HOURLY });
    assert!(limiter.check("a").allowed);
    let refused = limiter.check("a");
    assert!(!refused.allowed);
    std::thread::sleep(refused.retry_after + Duration::from_millis(5));
    assert!(limiter.check("a").allowed);
    assert_eq!(limiter.quota().requests, 1);
}
