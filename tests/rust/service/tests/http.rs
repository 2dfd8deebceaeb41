//! The service itself, over HTTP on the loopback.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

fn command(secret: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    command
        .env_clear()
        .env("APP_ENV", "dev")
        .env("JWT_SECRET", secret)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn random_secret() -> String {
    let mut bytes = [0_u8; 64];
    getrandom::fill(&mut bytes).unwrap();
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start() -> Self {
        let mut child = command(&random_secret()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    /// Status and header lines in lower case, and the body.
    fn ask(&self, method: &str, path: &str, fields: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: service\r\nconnection: close\r\n{fields}\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), body.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn field<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    head.lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .collect()
}

#[test]
fn a_weak_secret_keeps_the_service_from_starting() {
    for secret in ["", "secret", &"changeme".repeat(10), &"a".repeat(64)] {
        let Output {
            status,
            stdout,
            stderr,
        } = command(secret).output().unwrap();
        assert_eq!(status.code(), Some(1));
        assert!(stdout.is_empty(), "it listened");
        let why = String::from_utf8(stderr).unwrap();
        assert!(
            why.contains("JWT_SECRET") && (secret.is_empty() || !why.contains(secret)),
            "{why}"
        );
    }
}

#[test]
fn an_unknown_environment_keeps_the_service_from_starting() {
    for (name, why) in [
        ("staging", "there is no environment \"staging\""),
        ("PROD", "there is no environment \"PROD\""),
        ("", "there is no environment \"\""),
    ] {
        let mut command = command(&random_secret());
        let output = command.env("APP_ENV", name).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        let expected = format!("Error: {why}; write one of: dev, prod\n");
        assert_eq!(text, expected);
    }
    // In prod the limits are counted in a store that all instances share.
    let mut prod = command(&random_secret());
    let output = prod.env("APP_ENV", "prod").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "Error: REDIS_URL is not set, or not text\n");
}

#[test]
fn a_body_without_a_length_has_a_limit_too() {
    let service = Service::start();
    let chunk = format!("400\r\n{}\r\n", "1".repeat(1024));
    let ask = |chunks: usize| {
        let fields = format!(
            "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n",
            chunk.repeat(chunks)
        );
        service.ask("POST", "/echo", &fields)
    };
    let (status, head, _) = ask(64);
    assert_ne!(status, 413, "64 KiB are allowed: {head}");
    let (status, head, body) = ask(65);
    assert_eq!((status, body.contains("111")), (413, false), "{head}");
    assert_eq!(field(&head, "x-content-type-options"), ["nosniff"]);
}

#[test]
fn request_101_is_refused_whatever_the_client_claims() {
    let service = Service::start();
    for number in 1..=100 {
        let (status, head, body) = service.ask(
            "GET",
            "/ping",
            &format!("x-forwarded-for: 192.0.2.{number}\r\n"),
        );
        assert_eq!((status, body.as_str()), (200, "pong"), "request {number}");
        assert_eq!(field(&head, "ratelimit-policy"), ["\"api\";q=100;w=3600"]);
        let remaining = format!("\"api\";r={};t=", 100 - number);
        assert!(
            field(&head, "ratelimit")[0].starts_with(&remaining),
            "{head}"
        );
        assert!(field(&head, "retry-after").is_empty());
    }
    for fields in [
        "",
        "x-forwarded-for: 198.51.100.7\r\n",
        "forwarded: for=198.51.100.7\r\n",
        "x-real-ip: 198.51.100.7\r\n",
    ] {
        let (status, head, _) = service.ask("GET", "/ping", fields);
        assert_eq!(status, 429, "{fields}");
        let wait: u64 = field(&head, "retry-after")[0].parse().unwrap();
        assert!((3600 - 120..=3661).contains(&wait), "{wait}");
        assert_eq!(field(&head, "ratelimit").len(), 1);
    }
}

#[test]
fn two_quotas_hold_for_one_request() {
    let service = Service::start();
    for _ in 0..5 {
        let (status, head, token) = service.ask("POST", "/login", "content-length: 0\r\n");
        assert_eq!(status, 200);
        assert_eq!(
            field(&head, "ratelimit-policy"),
            ["\"login\";q=5;w=60", "\"api\";q=100;w=3600"]
        );
        let (status, _, body) =
            service.ask("GET", "/me", &format!("authorization: Bearer {token}\r\n"));
        assert_eq!((status, body.as_str()), (200, "ann"));
    }
    let (status, head, _) = service.ask("POST", "/login", "content-length: 0\r\n");
    assert_eq!((status, field(&head, "ratelimit").len()), (429, 2));
    let wait: u64 = field(&head, "retry-after")[0].parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(service.ask("GET", "/me", "").0, 401);
    assert_eq!(
        service
            .ask("GET", "/me", "authorization: Bearer a.b.c\r\n")
            .0,
        401
    );
}
