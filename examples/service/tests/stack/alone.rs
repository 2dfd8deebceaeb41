//! One instance without nginx and Redis: the environment `dev`.

use crate::edge::has_headers;
use crate::http::Request;
use crate::limits::quota_at_once;
use crate::stack::Stack;

pub fn headers(stack: &Stack) {
    let large = " ".repeat(65_537);
    let json = |request: Request| request.field("content-type: application/json");
    for (status, request) in [
        (200, stack.request("GET", "/health")),
        (401, stack.request("GET", "/reports/1")),
        (404, stack.request("GET", "/nothing")),
        (405, stack.request("DELETE", "/reports/1")),
        (413, json(stack.request("POST", "/login")).body(&large)),
        (415, stack.request("POST", "/login").body("{}")),
    ] {
        let answer = request.send();
        assert_eq!(answer.status, status, "{answer:?}");
        has_headers(&answer);
    }
}

pub fn forwarded(stack: &Stack) {
    for number in 1..=3 {
        let request = stack.request("GET", "/reports/1").from("127.0.6.2");
        let answer = request
            .field(&format!("x-forwarded-for: 198.51.100.{number}"))
            .send();
        assert_eq!(answer.remaining("api"), 100 - number);
    }
}

pub fn at_once(stack: &Stack) {
    assert_eq!(quota_at_once(stack), (100, 50));
}
