//! What a body may be.

use crate::http::{Answer, Request};
use crate::stack::Stack;
use serde_json::{Value, json};

pub fn bodies(stack: &Stack) {
    let (token, _) = stack.tokens("ann");
    let write = || {
        stack
            .request("PUT", "/reports/1")
            .from("127.0.7.6")
            .bearer(&token)
    };
    let direct = || {
        stack
            .direct(stack.instances()[1], "PUT", "/reports/1")
            .bearer(&token)
    };
    let json = |value: Value| write().json(&value).send();
    let typed = |request: Request, body: &str| {
        request
            .field("content-type: application/json")
            .body(body)
            .send()
    };
    assert_eq!(
        json(json!({ "body": "x".repeat(4_096) })).status,
        204,
        "all that is allowed"
    );

    // 64 KiB: nginx refuses more, and so does the service alone, with and without an announced length.
    let large = " ".repeat(65_537);
    assert_eq!(typed(write(), &large).status, 413);
    assert_eq!(typed(direct(), &large).status, 413);
    assert_eq!(
        typed(direct().field("transfer-encoding: chunked"), &large).status,
        413
    );
    assert_eq!(
        typed(direct(), &" ".repeat(65_536)).status,
        400,
        "the largest, and no JSON"
    );

    let body = r#"{"body":"x"}"#;
    let answer = write().field("content-type: text/plain").body(body).send();
    assert_eq!(
        (answer.status, answer.field("accept")),
        (415, "application/json")
    );
    assert_eq!(
        write()
            .field("content-type: application/x-www-form-urlencoded")
            .body(body)
            .send()
            .status,
        415
    );
    assert_eq!(write().body(body).send().status, 415, "no type");
    let parameters = write()
        .field("content-type: Application/JSON; charset=utf-8")
        .body(body)
        .send();
    assert_eq!(parameters.status, 204, "{parameters:?}");

    let refused = |answer: Answer, status: u16, what: &str| {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
    };
    refused(typed(write(), r#"{"body":"#), 400, "no JSON");
    refused(typed(write(), &format!("{body} {body}")), 400, "twice");
    refused(
        json(json!({ "body": "x".repeat(4_097) })),
        422,
        "a long text",
    );
    refused(json(json!({ "body": vec![0; 101] })), 422, "a long list");
    refused(
        typed(write(), &format!("{}{}", "[".repeat(9), "]".repeat(9))),
        422,
        "a deep list",
    );
    refused(json(json!({ "body": 1 })), 422, "another type");
    refused(
        json(json!({ "body": "x", "owner": "eve" })),
        422,
        "a field too many",
    );
    let read = stack
        .request("GET", "/reports/1")
        .from("127.0.7.6")
        .bearer(&token)
        .send();
    assert_eq!(read.json()["body"], "x", "a refused body was written");
}
