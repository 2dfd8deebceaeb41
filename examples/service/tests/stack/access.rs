//! Who may do what.

use crate::stack::Stack;
use crate::tokens::{Keys, claims};
use serde_json::json;

pub fn matrix(stack: &Stack) {
    // Account, report, status of a read and of a write.
    let rows = [
        ("ann", 1, 200, 204),   // editor and owner
        ("ann", 2, 200, 403),   // not the owner
        ("bob", 2, 200, 403),   // owner, and only a viewer
        ("carol", 1, 200, 204), // admin
        ("dora", 1, 200, 403),  // editor whose tokens are not for writing
        ("ann", 3, 404, 404),   // another tenant's
        ("carol", 3, 404, 404),
        ("eve", 3, 200, 204),
        ("eve", 1, 404, 404),
        ("eve", 99, 404, 404), // nobody's
    ];
    for (account, report, reads, writes) in rows {
        let (token, _) = stack.tokens(account);
        let path = format!("/reports/{report}");
        let read = stack
            .request("GET", &path)
            .from("127.0.7.2")
            .bearer(&token)
            .send();
        let text = format!("written by {account}");
        let write = stack.request("PUT", &path).from("127.0.7.2").bearer(&token);
        let write = write.json(&json!({ "body": text })).send();
        assert_eq!(
            (read.status, write.status),
            (reads, writes),
            "{account} {report}\n{read:?}\n{write:?}"
        );
        let seen = stack
            .request("GET", &path)
            .from("127.0.7.2")
            .bearer(&token)
            .send();
        match writes {
            204 => assert_eq!(seen.json()["body"], text),
            _ => assert_eq!(seen.body, read.body, "a refused write changed it"),
        }
    }

    // A report of another tenant and one that is not there look alike.
    let (token, _) = stack.tokens("eve");
    let [theirs, none] = ["/reports/1", "/reports/99"].map(|path| {
        stack
            .request("PUT", path)
            .bearer(&token)
            .json(&json!({ "body": "" }))
            .send()
    });
    assert_eq!((theirs.status, &theirs.body), (none.status, &none.body));

    // Carol may write only soon after a login; and what the policy does not know is worth nothing.
    let keys = Keys::of(stack);
    let write = |change: serde_json::Value| {
        let mut claims = claims("carol");
        claims["roles"] = json!(["admin"]);
        claims
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let request = stack
            .request("PUT", "/reports/1")
            .from("127.0.7.3")
            .bearer(&keys.access(&claims));
        request.json(&json!({ "body": "later" })).send().status
    };
    let now = claims("carol")["iat"].as_u64().unwrap();
    assert_eq!(write(json!({})), 204);
    assert_eq!(write(json!({ "auth_time": now - 890 })), 204);
    assert_eq!(write(json!({ "auth_time": now - 910 })), 403);
    assert_eq!(write(json!({ "auth_time": 0 })), 403);
    assert_eq!(write(json!({ "roles": ["superuser", "ADMIN"] })), 403);
    assert_eq!(write(json!({ "scope": "reports:writes reports" })), 403);
    assert_eq!(write(json!({ "tenant": "" })), 404);
}
