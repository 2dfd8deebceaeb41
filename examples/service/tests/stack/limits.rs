//! Quotas: 10 logins in a minute, 100 requests in an hour.

use crate::stack::Stack;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

pub fn login(stack: &Stack) {
    let client = stack.client();
    let attempt = |number: u32| {
        let request = stack.request("POST", "/login").from(&client);
        let login =
            serde_json::json!({ "account": format!("nobody-{number}"), "password": "wrong" });
        // Whatever the client says about its address.
        let request = request.field(&format!("x-forwarded-for: 192.0.2.{number}"));
        let request = request.field(&format!("forwarded: for=192.0.2.{number}"));
        request
            .field(&format!("x-real-ip: 192.0.2.{number}"))
            .json(&login)
            .send()
    };
    for number in 1..=10 {
        let answer = attempt(number);
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(
            (answer.remaining("login"), answer.remaining("api")),
            (10 - number, 100 - number)
        );
        assert_eq!(
            answer.fields("ratelimit-policy"),
            ["\"login\";q=10;w=60", "\"api\";q=100;w=3600"]
        );
        assert!(answer.fields("retry-after").is_empty(), "{answer:?}");
    }
    let refused = attempt(11);
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(
        (refused.remaining("login"), refused.remaining("api")),
        (0, 89)
    );
    let wait: u64 = refused.field("retry-after").parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(refused.field("x-content-type-options"), "nosniff");
    let refresh = stack.request("POST", "/refresh").from(&client).send();
    assert_eq!(refresh.status, 401, "the quota of logins is for logins");
    assert_eq!(
        stack.login(&stack.client(), "nobody", "wrong").status,
        401,
        "another client"
    );
}

/// The status of a request of nginx for a client.
fn for_client(instance: u16, client: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", instance)).unwrap();
    let request = format!(
        "GET /reports/1 HTTP/1.1\r\nhost: reports\r\nconnection: close\r\nx-forwarded-for: {client}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn at_once(stack: &Stack) {
    let instances = stack.instances();
    assert_eq!(instances.len(), 2);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..24)
            .map(|thread| {
                let instance = instances[thread % 2];
                scope.spawn(move || [(); 10].map(|()| for_client(instance, "203.0.113.7")))
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(401), count(429)), (100, 140), "{statuses:?}");

    // The same as the world sees it: nginx lets as many through, and the service counts them.
    assert_eq!(quota_at_once(stack), (100, 50));
}

/// 150 requests of one new client at once: how many are served (which is 401), and how many are not.
pub fn quota_at_once(stack: &Stack) -> (usize, usize) {
    let (client, urls) = (
        stack.client(),
        format!("{}/reports/[1-150]", stack.value("URL")),
    );
    let mut curl = Command::new("curl");
    curl.args([
        "-s",
        "-o",
        "/dev/null",
        "-Z",
        "--parallel-max",
        "20",
        "-w",
        "%{http_code}\n",
    ]);
    curl.args([
        "--cacert",
        &stack.path("tls/ca.pem"),
        "--interface",
        &client,
        &urls,
    ]);
    let statuses = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    let count = |status: &str| statuses.lines().filter(|found| *found == status).count();
    (count("401"), count("429"))
}

pub fn forwarded(stack: &Stack) {
    let instance = stack.instances()[0];
    let ask = |peer: &str, forwarded: &str| {
        let request = stack.direct(instance, "GET", "/reports/1").from(peer);
        request
            .field(&format!("x-forwarded-for: {forwarded}"))
            .send()
            .remaining("api")
    };
    // Not from nginx's address: what it says about others is nothing.
    assert_eq!(ask("127.0.6.1", "198.51.100.1"), 99);
    assert_eq!(ask("127.0.6.1", "198.51.100.2"), 98);
    assert_eq!(ask("127.0.6.1", "127.0.0.1"), 97);
    // From nginx's: the right-most, which nginx wrote.
    assert_eq!(ask("127.0.0.1", "198.51.100.3"), 99);
    assert_eq!(ask("127.0.0.1", "192.0.2.1, 198.51.100.3"), 98);
    assert_eq!(ask("127.0.0.1", "192.0.2.2, 198.51.100.3"), 97);
    // An IPv6 client is its network.
    assert_eq!(ask("127.0.0.1", "2001:db8:1:2::1"), 99);
    assert_eq!(ask("127.0.0.1", "2001:db8:1:2:ffff::2"), 98);
    assert_eq!(ask("127.0.0.1", "2001:db8:1:3::1"), 99);
    // Through nginx it is replaced.
    let client = stack.client();
    for number in 1..=3 {
        let request = stack.request("GET", "/reports/1").from(&client);
        let answer = request
            .field(&format!("x-forwarded-for: 198.51.100.{number}"))
            .send();
        assert_eq!(answer.remaining("api"), 100 - number);
    }
}
