//! What goes on while Redis does not answer: `on_store_error` of each limit, `on_error` of the lockout.

use crate::stack::Stack;
use std::process::Command;

fn signal(stack: &Stack, signal: &str) {
    let pid = stack.read("redis.pid");
    let sent = Command::new("kill").args([signal, pid.trim()]).status();
    assert!(sent.unwrap().success());
}

pub fn down(stack: &Stack) {
    let (token, _) = stack.tokens("ann");
    let read = || {
        stack
            .request("GET", "/reports/1")
            .from("127.0.7.8")
            .bearer(&token)
            .send()
    };
    assert_eq!(read().remaining("api"), 99);
    // It takes requests and answers none.
    signal(stack, "-STOP");
    let (answer, login) = (
        read(),
        stack.login("127.0.7.8", "ann", stack.value("PASSWORD")),
    );
    signal(stack, "-CONT");
    assert_eq!(
        (answer.status, answer.fields("ratelimit").len()),
        (200, 0),
        "{answer:?}"
    );
    assert_eq!(
        (login.status, login.field("retry-after")),
        (503, "1"),
        "{login:?}"
    );
    assert_eq!(
        stack
            .login(&stack.client(), "ann", stack.value("PASSWORD"))
            .status,
        200
    );
    assert!(read().remaining("api") <= 98);
}
