//! The outermost layer: headers, redirects, TLS.

use crate::http::Answer;
use crate::stack::Stack;

const HEADERS: [(&str, &str); 6] = [
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
];

/// Each header of the policy once.
#[track_caller]
pub fn has_headers(answer: &Answer) {
    for (name, value) in HEADERS {
        assert_eq!(answer.fields(name), [value], "{name} of {answer:?}");
    }
    assert!(answer.fields("x-powered-by").is_empty(), "{answer:?}");
    let servers = answer.fields("server");
    assert!(
        servers.iter().all(|server| *server == "nginx"),
        "{servers:?}"
    );
}

pub fn headers(stack: &Stack) {
    let (token, _) = stack.tokens("ann");
    for (method, path, status) in [
        ("GET", "/health", 200),
        ("GET", "/reports/1", 200),
        ("GET", "/reports/3", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/reports/1", 405),
        ("POST", "/refresh", 401),
    ] {
        let answer = stack
            .request(method, path)
            .from("127.0.7.7")
            .bearer(&token)
            .send();
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        has_headers(&answer);
    }
    let answer = stack
        .plain("POST", "/reports/1?page=2")
        .field("host: reports.example.com")
        .send();
    assert_eq!(
        (answer.status, answer.field("location")),
        (308, "https://reports.example.com/reports/1?page=2")
    );
    has_headers(&answer);
}

pub fn tls(stack: &Stack) {
    let ask = |arguments: &[&str]| stack.request("GET", "/health").with(arguments).try_send();
    assert_eq!(ask(&["--tlsv1.3"]).unwrap().status, 200);
    assert_eq!(ask(&["--curves", "X25519"]).unwrap().status, 200);
    // 35: no handshake.
    assert_eq!(ask(&["--tls-max", "1.2"]).unwrap_err(), 35);
    assert_eq!(
        ask(&["--curves", "secp521r1"]).unwrap_err(),
        35,
        "a group that the policy does not name"
    );
}
