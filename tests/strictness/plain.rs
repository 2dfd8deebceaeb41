//! Ranked words, numbers, sets, TLS versions and rates.

use super::laws;
use proptest::prelude::*;
use secgen::strictness::access::{Conditions, Grant, Grants};
use secgen::strictness::levels::{Allowed, AtLeast, AtMost, Deadline, Exact, Forbidden, Level};
use secgen::strictness::lockout::Pause;
use secgen::strictness::rate::{Quota, Rate};
use secgen::strictness::tls::{Protocols, Version};
use secgen::strictness::{Order, Strictness, Value};
use std::collections::BTreeSet;

fn levels() -> impl Strategy<Value = Level> {
    let words = [("none", Some(0)), ("workspace", None), ("transitive", None), ("some", Some(1)), ("likewise", Some(1)), ("all", Some(2))];
    prop::sample::select(words.to_vec()).prop_map(|(word, rank)| Level { word: word.to_owned(), rank, top: 2 })
}

fn sets() -> impl Strategy<Value = BTreeSet<String>> {
    prop::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_map(|items| items.into_iter().map(str::to_owned).collect())
}

fn protocols() -> impl Strategy<Value = Protocols> {
    prop::sample::subsequence(Version::ALL.to_vec(), 0..=6).prop_map(Protocols::new)
}

fn quotas() -> impl Strategy<Value = Quota> {
    (0..6_u64, 0..6_u64).prop_map(|(requests, seconds)| Quota { requests, seconds })
}

fn rates() -> impl Strategy<Value = Rate> {
    prop_oneof![Just(Rate::Off), (0..4_u64, 0..4_u64).prop_map(|(per_minute, burst)| Rate::On { per_minute, burst })]
}

fn pauses() -> impl Strategy<Value = Pause> {
    (0..3_u64, 0..3_u64, 0..3_u64, 0..3_u64).prop_map(|(failures, window, base, max)| Pause { failures, window, base, max })
}

fn grants_in_parts() -> impl Strategy<Value = Vec<Grant>> {
    let when = (any::<bool>(), any::<bool>(), prop::option::of(0..3_u64));
    let when = when.prop_map(|(same_tenant, owner, authenticated_within)| Conditions { same_tenant, owner, authenticated_within });
    let grant = (prop::sample::select(vec!["viewer", "admin"]), prop::sample::select(vec!["read", "write"]), when);
    let grant = grant.prop_map(|(role, scope, when)| Grant { role: role.to_owned(), scope: scope.to_owned(), when });
    prop::collection::vec(grant, 0..4)
}

fn grants() -> impl Strategy<Value = Grants> {
    grants_in_parts().prop_map(Grants::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn pauses_and_deadlines_are_ordered(p in [pauses(), pauses(), pauses()], d in prop::array::uniform3(prop::option::of(0..4_u64))) {
        laws(&p[0], &p[1], &p[2])?;
        let [a, b, c] = d.map(|second| Deadline { second, text: format!("{second:?}") });
        laws(&a, &b, &c)?;
    }

    #[test]
    fn grants_are_ordered(g in [grants(), grants(), grants()]) {
        laws(&g[0], &g[1], &g[2])?;
    }

    /// The order of grants is what callers may do: found is at least as strict exactly if every caller that it lets in
    /// is let in by the required one.
    #[test]
    fn grants_within_others_let_nobody_more_in(required in grants_in_parts(), found in grants_in_parts()) {
        let lets_in = |grants: &[Grant], caller: (&str, &str, bool, bool, u64)| {
            let (role, scope, tenant, owner, age) = caller;
            let holds = |when: Conditions| (tenant || !when.same_tenant) && (owner || !when.owner) && when.authenticated_within.is_none_or(|most| age <= most);
            grants.iter().any(|grant| grant.role == role && grant.scope == scope && holds(grant.when))
        };
        let mut more = false;
        for role in ["viewer", "admin"] {
            for scope in ["read", "write"] {
                for bits in 0..4 {
                    for age in 0..4 {
                        let caller = (role, scope, bits & 1 > 0, bits & 2 > 0, age);
                        more |= lets_in(&found, caller) && !lets_in(&required, caller);
                    }
                }
            }
        }
        let order = Grants::new(required).compare(&Grants::new(found)).order;
        prop_assert_eq!(matches!(order, Order::Equal | Order::Stricter), !more);
    }

    #[test]
    fn each_is_an_order(l in [levels(), levels(), levels()], s in [sets(), sets(), sets()], t in [protocols(), protocols(), protocols()], r in [rates(), rates(), rates()]) {
        laws(&l[0], &l[1], &l[2])?;
        let [a, b, c] = s;
        laws(&Allowed(a.clone()), &Allowed(b.clone()), &Allowed(c.clone()))?;
        laws(&Forbidden(a), &Forbidden(b), &Forbidden(c))?;
        laws(&t[0], &t[1], &t[2])?;
        laws(&r[0], &r[1], &r[2])?;
        if let Ok(read) = Protocols::parse(&t[0].to_string().to_ascii_uppercase()) {
            prop_assert_eq!(&read, &t[0]);
        }
    }

    #[test]
    fn numbers_are_ordered(n in [0..4_u64, 0..4, 0..4]) {
        let [a, b, c] = n.map(|number| AtMost { number, unit: " s" });
        laws(&a, &b, &c)?;
        let [a, b, c] = n.map(|number| AtLeast { number, text: number.to_string() });
        laws(&a, &b, &c)?;
        let [a, b, c] = n.map(|number| Exact(number.to_string()));
        laws(&a, &b, &c)?;
    }

    #[test]
    fn quotas_are_ordered(a in quotas(), b in quotas(), c in quotas()) {
        laws(&a, &b, &c)?;
    }

    /// The order of quotas is what clients can do: found is at least as strict exactly if no client that keeps to it
    /// breaks the required one.
    #[test]
    fn a_quota_within_another_never_lets_more_through(required in quotas(), found in quotas()) {
        let seconds = |q: Quota| q.seconds.max(1);
        // The worst client makes all its requests at the start of each of its windows.
        let worst = |start: u64| (start..start + seconds(required)).filter(|t| t % seconds(found) == 0).count() as u64 * found.requests;
        let most = (0..seconds(found)).map(worst).max().unwrap();
        let at_least = matches!(required.compare(&found).order, Order::Equal | Order::Stricter);
        prop_assert_eq!(at_least, most <= required.requests, "{} {}", required, found);
    }
}

#[test]
fn versions_of_tls_are_a_set() {
    let set = |text: &str| Protocols::parse(text).unwrap();
    assert_eq!(set("tlsv1.2\tTLSv1.3"), Protocols::at_least(Version::Tls12));
    assert_eq!(set("TLSv1.2 TLSv1.3").compare(&set("TLSv1.3")).order, Order::Stricter);
    let weaker = set("TLSv1.3").compare(&set("TLSv1 TLSv1.1 TLSv1.3"));
    assert_eq!((weaker.order, weaker.why.as_str()), (Order::Weaker, "permits TLSv1 and TLSv1.1"));
    assert_eq!(set("TLSv1.3").compare(&set("TLSv1.2")).order, Order::Incomparable);
    assert_eq!(set("TLSv1.3").compare(&Protocols::between(Version::Tls13, Version::Tls12)).order, Order::Stricter);
    assert!(Protocols::parse("").is_err() && Protocols::parse("TLSv1.4").is_err() && Protocols::parse("TLSv1.2,TLSv1.3").is_err());
}

#[test]
fn pauses_and_grants_say_what_differs() {
    let pause = Pause { failures: 5, window: 900, base: 30, max: 3600 };
    let other = Pause { failures: 3, window: 60, ..pause };
    let mixed = pause.compare(&other);
    assert_eq!((mixed.order, mixed.why.as_str()), (Order::Incomparable, "3 failures instead of 5, 60 s of memory instead of 900"));
    // A first pause above the longest one is that one.
    assert_eq!(Pause { base: 7200, ..pause }.compare(&Pause { base: 3600, ..pause }).order, Order::Equal);
    let grant = |role: &str, owner| Grant { role: role.to_owned(), scope: "s".to_owned(), when: Conditions { owner, ..Conditions::default() } };
    let (required, found) = (Grants::new([grant("editor", true)]), Grants::new([grant("editor", false)]));
    assert_eq!((required.compare(&found).order, required.compare(&found).why.as_str()), (Order::Weaker, "grants it to editor with s"));
    assert_eq!(required.compare(&Grants::absent().unwrap()).order, Order::Stricter);
    // One rule for two roles is as good as two rules.
    assert_eq!(Grants::new([grant("a", true), grant("b", true), grant("a", true)]), Grants::new([grant("b", true), grant("a", true)]));
}

#[test]
fn words_of_lists_without_an_order_lie_between() {
    let level = |word: &str, rank| Level { word: word.to_owned(), rank, top: 2 };
    let (none, workspace, transitive, all) = (level("none", Some(0)), level("workspace", None), level("transitive", None), level("all", Some(2)));
    assert_eq!(workspace.compare(&transitive).order, Order::Incomparable);
    assert_eq!((workspace.compare(&all).order, workspace.compare(&none).order), (Order::Stricter, Order::Weaker));
}

#[test]
fn rates_and_quotas_tell_both_numbers() {
    let on = |per_minute, burst| Rate::On { per_minute, burst };
    let mixed = on(60, 10).compare(&on(30, 20));
    assert_eq!((mixed.order, mixed.why.as_str()), (Order::Incomparable, "30 requests a minute are fewer than 60, a burst of 20 is more than 10"));
    assert_eq!(on(60, 10).compare(&Rate::Off).why, "nothing limits the rate");
    // 100 an hour as 2 a minute is more; as 1 a minute it is less.
    let hour = Quota { requests: 100, seconds: 3600 };
    assert_eq!(hour.compare(&Quota { requests: 2, seconds: 60 }).order, Order::Incomparable);
    assert_eq!(hour.compare(&Quota { requests: 1, seconds: 60 }).order, Order::Stricter);
    assert_eq!(hour.compare(&Quota { requests: 100, seconds: 1800 }).order, Order::Weaker);
}

#[test]
fn values_of_different_kinds_are_not_compared() {
    let allowed = Value::Allowed(Allowed(BTreeSet::new()));
    let forbidden = Value::Forbidden(Forbidden(BTreeSet::from(["a".to_owned()])));
    assert_eq!(allowed.compare(&forbidden).order, Order::Incomparable);
    // Nothing is forbidden where no list says so.
    let absent = forbidden.absent().unwrap();
    assert_eq!((forbidden.compare(&absent).order, forbidden.compare(&absent).why.as_str()), (Order::Weaker, "does not forbid a"));
    assert_eq!(allowed.absent(), None);
}
