//! Pauses after failed logins, with the short ones of the environment `test`: from the fifth failure of
//! one client on 2 s, 4 s, 8 s; from the eighth of an account on 4 s.

use crate::stack::Stack;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The time that a pause has to end before the next attempt.
const MARGIN: Duration = Duration::from_millis(150);

/// What was seen until now was seen within a pause that began after `began`.
#[track_caller]
fn in_time(began: Instant, seconds: u64) {
    let pause = Duration::from_secs(seconds);
    assert!(began.elapsed() < pause, "too slow to see the pause");
}

pub fn back_off(stack: &Stack) {
    let (client, password) = (stack.client(), stack.value("PASSWORD"));
    let login = |password: &str| stack.login(&client, "dora", password).status;
    for attempt in 1..=4 {
        assert_eq!(login("wrong"), 401, "{attempt}");
    }
    assert_eq!(login("wrong"), 401);
    let began = Instant::now();
    assert_eq!(login(password), 401, "the right one during a pause");
    in_time(began, 2);
    sleep(Duration::from_secs(2) + MARGIN);
    assert_eq!(login("wrong"), 401);
    let began = Instant::now();
    sleep(Duration::from_secs(2) + MARGIN);
    assert_eq!(login(password), 401, "the pause has not doubled");
    in_time(began, 4);
    sleep(Duration::from_secs(2));
    assert_eq!(login(password), 200);
}

pub fn owner(stack: &Stack) {
    let (home, password) = (stack.client(), stack.value("PASSWORD"));
    assert_eq!(stack.login(&home, "carol", password).status, 200);
    // Three attackers, none of whom fails often enough to be stopped alone.
    for _ in 0..3 {
        let attacker = stack.client();
        for _ in 0..3 {
            assert_eq!(stack.login(&attacker, "carol", "wrong").status, 401);
        }
    }
    let began = Instant::now();
    assert_eq!(
        stack.login(&stack.client(), "carol", password).status,
        401,
        "no pause for the account"
    );
    assert_eq!(
        stack.login(&home, "carol", password).status,
        200,
        "the owner is locked out"
    );
    in_time(began, 4);
    // Who speaks for others without being nginx is nobody else than before.
    let forged = stack
        .request("POST", "/login")
        .from(&stack.client())
        .field(&format!("x-forwarded-for: {home}"));
    let login = serde_json::json!({ "account": "carol", "password": password });
    assert_eq!(
        forged.json(&login).send().status,
        401,
        "an attacker with the owner's address"
    );
    sleep(Duration::from_secs(4) + MARGIN);
    assert_eq!(
        stack.login(&stack.client(), "carol", password).status,
        200,
        "from anywhere, after the pause"
    );
}
