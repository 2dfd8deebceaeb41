//! Pauses after failed logins, with the short ones of the environment `test`: from the fifth failure of
//! one client on 1 s, 2 s, 4 s; from the eighth of an account on 2 s, 4 s.

use crate::stack::Stack;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The time that a pause has to end before the next attempt.
const MARGIN: Duration = Duration::from_millis(150);

pub fn back_off(stack: &Stack) {
    let (client, password) = (stack.client(), stack.value("PASSWORD"));
    let login = |password: &str| stack.login(&client, "dora", password).status;
    for attempt in 1..=4 {
        assert_eq!(login("wrong"), 401, "{attempt}");
    }
    assert_eq!(login("wrong"), 401);
    let began = Instant::now();
    assert_eq!(login(password), 401, "the right password during a pause");
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "too slow to see the pause"
    );
    sleep(Duration::from_secs(1) + MARGIN);
    assert_eq!(login("wrong"), 401);
    let began = Instant::now();
    sleep(Duration::from_secs(1) + MARGIN);
    assert_eq!(login(password), 401, "the pause has not doubled");
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "too slow to see the pause"
    );
    sleep(Duration::from_secs(1));
    assert_eq!(login(password), 200);
    // Forgiven: the next failure is the first.
    assert_eq!(login("wrong"), 401);
    assert_eq!(
        stack.login(&client, "dora", password).status,
        429,
        "eleven logins, see limits"
    );
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
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "too slow to see the pause"
    );
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
