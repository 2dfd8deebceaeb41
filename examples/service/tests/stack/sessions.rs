//! Login, refresh, logout.

use crate::http::Answer;
use crate::stack::Stack;
use serde_json::json;
use std::thread;

pub fn login(stack: &Stack) {
    let (client, password) = (stack.client(), stack.value("PASSWORD"));
    let answer = stack.login(&client, " Ann ", password);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["token_type"], "Bearer");
    let expires_in = answer.json()["expires_in"].as_u64().unwrap();
    assert!((890..=900).contains(&expires_in), "{expires_in}");
    let mut attributes: Vec<&str> = answer.field("set-cookie").split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        [
            "HttpOnly",
            "Max-Age=604800",
            "Path=/",
            "SameSite=Strict",
            "Secure"
        ]
    );
    assert_eq!(answer.field("cache-control"), "no-store");

    // A wrong password and an account that does not exist look alike.
    let wrong = stack.login(&client, "ann", "not the password");
    let unknown = stack.login(&client, "nobody", "not the password");
    for refused in [wrong, unknown] {
        assert_eq!(
            (refused.status, refused.json()),
            (401, json!({ "error": "unauthenticated" }))
        );
        assert_eq!(refused.field("www-authenticate"), "Bearer");
        assert!(refused.fields("set-cookie").is_empty(), "{refused:?}");
    }
}

fn refresh_with(stack: &Stack, token: &str) -> Answer {
    stack
        .request("POST", "/refresh")
        .from("127.0.7.1")
        .session(token)
        .send()
}

pub fn refresh(stack: &Stack) {
    let (_, first) = stack.tokens("ann");
    let (_, other) = stack.tokens("ann");
    let answer = refresh_with(stack, &first);
    assert_eq!(answer.status, 200, "{answer:?}");
    let second = answer.cookie();
    assert_ne!(first, second);
    let read = stack
        .request("GET", "/reports/1")
        .bearer(&answer.access_token())
        .send();
    assert_eq!(read.status, 200, "{read:?}");
    let third = refresh_with(stack, &second).cookie();

    let reused = refresh_with(stack, &first);
    assert_eq!(reused.status, 401, "{reused:?}");
    assert!(
        reused.field("set-cookie").starts_with("__Host-session=;"),
        "{reused:?}"
    );
    assert!(
        reused.field("set-cookie").contains("Max-Age=0"),
        "{reused:?}"
    );
    assert!(stack.log().contains("the refresh token was used before"));
    // The thief's token, or the owner's: nobody knows, so it works no more.
    assert_eq!(refresh_with(stack, &third).status, 401);
    // Another login of the same account is another family.
    assert_eq!(refresh_with(stack, &other).status, 200);

    assert_eq!(stack.request("POST", "/refresh").send().status, 401);
    let (access, _) = stack.tokens("ann");
    assert_eq!(
        refresh_with(stack, &access).status,
        401,
        "an access token is no refresh token"
    );
}

pub fn refreshes_at_once(stack: &Stack) {
    for _ in 0..3 {
        let (_, token) = stack.tokens("bob");
        let mut answers: Vec<Answer> = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| refresh_with(stack, &token)));
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        answers.sort_by_key(|answer| answer.status);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 401, 401, 401]);
        assert_eq!(refresh_with(stack, &answers[0].cookie()).status, 401);
    }
}

pub fn logout(stack: &Stack) {
    let (_, token) = stack.tokens("bob");
    let answer = stack.request("POST", "/logout").session(&token).send();
    assert_eq!(answer.status, 204, "{answer:?}");
    assert!(
        answer.field("set-cookie").starts_with("__Host-session=;"),
        "{answer:?}"
    );
    assert_eq!(refresh_with(stack, &token).status, 401);
    // Logged out already: nothing to complain about.
    assert_eq!(
        stack
            .request("POST", "/logout")
            .session("a.b.c")
            .send()
            .status,
        204
    );
}
