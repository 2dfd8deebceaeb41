//! The whole stack over HTTP, as clients and attackers see it. `./run` starts it; what one part does to
//! its clients and accounts touches no other part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod access;
mod alone;
mod database;
mod edge;
mod http;
mod input;
mod limits;
mod lockout;
mod sessions;
mod stack;
mod store;
mod tokens;

use stack::Stack;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Part = (&'static str, fn(&Stack));

/// Runs every part, also after one has failed.
fn run(environment: &str, parts: &[Part]) {
    let stack = Stack::start(environment);
    let mut failed = Vec::new();
    for (name, part) in parts {
        println!("{environment}: {name}");
        if catch_unwind(AssertUnwindSafe(|| part(&stack))).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}

#[test]
fn behind_nginx() {
    run(
        "test",
        &[
            ("a login gives tokens and a cookie", sessions::login),
            (
                "a refresh token works once, and its reuse ends the family",
                sessions::refresh,
            ),
            (
                "two refreshes at once are a reuse",
                sessions::refreshes_at_once,
            ),
            ("a logout ends the family", sessions::logout),
            (
                "role, scope, tenant, owner and login time decide",
                access::matrix,
            ),
            ("a token that is not ours is none", tokens::forgeries),
            ("a token in another place is none", tokens::places),
            ("the pause after wrong passwords grows", lockout::back_off),
            ("an attacker does not lock the owner out", lockout::owner),
            ("eleven logins in a minute are one too many", limits::login),
            (
                "exactly the quota passes at once, over two instances",
                limits::at_once,
            ),
            ("nobody but nginx speaks for a client", limits::forwarded),
            ("bodies have a size, a type and a shape", input::bodies),
            (
                "every answer has the headers, and HTTP leads to HTTPS",
                edge::headers,
            ),
            ("nothing older than TLS 1.3", edge::tls),
            (
                "the database speaks to verified clients alone",
                database::access,
            ),
            (
                "a service that would be weak does not start",
                database::refuses_to_start,
            ),
            (
                "while Redis is down logins wait and readers read",
                store::down,
            ),
        ],
    );
}

#[test]
fn without_nginx() {
    run(
        "dev",
        &[
            ("the service sends the headers itself", alone::headers),
            ("the service speaks TLS 1.3 itself", edge::tls),
            ("a login gives tokens and a cookie", sessions::login),
            ("nobody speaks for a client", alone::forwarded),
            (
                "exactly the quota passes at once, from memory",
                alone::at_once,
            ),
        ],
    );
}
