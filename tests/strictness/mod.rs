//! The orders of strictness: their laws as properties, and their rules by examples and measured vectors.

mod cache;
mod ciphers;
mod coep;
mod cookie;
mod coop;
mod corp;
mod cors;
mod csp;
mod csp_lints;
mod disclosure;
mod groups;
mod headers;
mod ignored;
mod observatory;
mod permissions;
mod plain;

use proptest::test_runner::TestCaseError;
use secgen::strictness::{Order, Strictness};

/// A sign of a table: `=` equal, `>` found is stricter, `<` weaker, `|` incomparable.
fn sign(sign: &str) -> Order {
    match sign {
        "=" => Order::Equal,
        ">" => Order::Stricter,
        "<" => Order::Weaker,
        _ => Order::Incomparable,
    }
}

/// Reflexive, transitive, a relation that reads the same from both sides, and words exactly where something differs.
fn laws<T: Strictness>(a: &T, b: &T, c: &T) -> Result<(), TestCaseError> {
    let order = |required: &T, found: &T| required.compare(found).order;
    let at_least = |required: &T, found: &T| matches!(order(required, found), Order::Equal | Order::Stricter);
    let fail = |law: &str| Err(TestCaseError::fail(format!("{law}: {a} | {b} | {c}")));
    if order(a, a) != Order::Equal {
        return fail("reflexive");
    }
    if at_least(a, b) && at_least(b, c) && !at_least(a, c) {
        return fail("transitive");
    }
    let mirrored = match order(a, b) {
        Order::Stricter => Order::Weaker,
        Order::Weaker => Order::Stricter,
        same => same,
    };
    if order(b, a) != mirrored {
        return fail("the same from both sides");
    }
    // Equal means equal in effect: no third value tells them apart.
    if order(a, b) == Order::Equal && (order(a, c) != order(b, c) || order(c, a) != order(c, b)) {
        return fail("equal in effect");
    }
    let comparison = a.compare(b);
    if comparison.why.is_empty() != (comparison.order == Order::Equal) {
        return fail("words where something differs");
    }
    Ok(())
}
