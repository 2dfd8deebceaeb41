//! No server, no answer, wrong answers, and words that cannot be used: exit 2, in bounded time, and no password anywhere.

use super::{Run, VARIABLE, check, check_spec, started};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

const POLICY: &str = "postgres: { settings: { log_statement: ddl } }";

/// Something that listens and is no PostgreSQL, for as long as `f` runs; all that it was sent.
fn listener(answer: impl Fn(&mut TcpStream, u16) + Send + Sync + 'static, f: impl Fn(&str) -> Run) -> (Run, Vec<u8>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let (sent, received) = mpsc::channel();
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for (stream, number) in socket.incoming().zip(0u16..) {
            let (Ok(mut stream), sent, answer) = (stream, sent.clone(), answer.clone()) else { return };
            std::thread::spawn(move || {
                let mut copy = stream.try_clone().unwrap();
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(n @ 1..) = copy.read(&mut buffer) {
                        let _ = sent.send(buffer[..n].to_vec());
                    }
                });
                answer(&mut stream, number);
            });
        }
    });
    let run = f(&format!("postgres://auditor:c%40n%27ary@{at}/postgres?connect_timeout=1"));
    (run, received.try_iter().flatten().collect())
}

fn wait() {
    std::thread::sleep(Duration::from_secs(20));
}

/// `AuthenticationOk`, `ReadyForQuery` (documentation, 55.7).
const WELCOME: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

#[test]
fn wrong_answers_end_soon_and_get_no_password() {
    type Answer = fn(&mut TcpStream, u16);
    let answers: [(&str, &str, Answer); 10] = [
        ("closes at once", "the connection was closed", |s, _| {
            let _ = s.shutdown(std::net::Shutdown::Both);
        }),
        ("never answers", "nothing answered in time", |_, _| wait()),
        ("speaks HTTP", "is no PostgreSQL", |s, _| {
            let _ = s.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }),
        ("offers TLS, and speaks none", "", |s, _| {
            let _ = s.write_all(b"Sgarbage garbage garbage garbage");
            std::thread::sleep(Duration::from_millis(300));
        }),
        ("offers TLS, and is silent", "", |s, _| {
            let _ = s.write_all(b"S");
            wait();
        }),
        ("is silent behind the first answer", "nothing more came", |s, _| {
            let _ = s.write_all(b"N");
            wait();
        }),
        ("asks for the password in clear text", "asks for the password in clear text", |s, _| {
            let _ = s.write_all(b"N");
            std::thread::sleep(Duration::from_millis(100));
            let _ = s.write_all(b"R\0\0\0\x08\0\0\0\x03");
            std::thread::sleep(Duration::from_millis(500));
        }),
        ("is silent after the login", "nothing more came", |s, _| {
            let _ = s.write_all(b"N");
            std::thread::sleep(Duration::from_millis(100));
            let _ = s.write_all(WELCOME);
            wait();
        }),
        ("sends without an end", "", |s, _| {
            let _ = s.write_all(b"N");
            std::thread::sleep(Duration::from_millis(100));
            let _ = s.write_all(WELCOME);
            // NoticeResponse after NoticeResponse.
            let notice = [b"N\0\0\x10\x04".as_slice(), &[b'M'; 4096]].concat();
            while s.write_all(&notice).is_ok() {}
        }),
        ("claims a message of two gigabytes", "", |s, _| {
            let _ = s.write_all(b"N");
            std::thread::sleep(Duration::from_millis(100));
            let _ = s.write_all(b"R\x7f\xff\xff\xff");
            while s.write_all(&[0; 4096]).is_ok() {}
        }),
    ];
    for (what, words, answer) in answers {
        let (run, sent) = listener(answer, |url| check(POLICY, Some(url), &[]));
        run.exits(2).has(words).lacks("c@n'ary").lacks("c%40n").lacks("ary");
        assert!(run.took < Duration::from_secs(9), "{what}: {:?}", run.took);
        assert!(!sent.windows(7).any(|bytes| bytes == b"c@n'ary"), "{what}");
    }
}

#[test]
fn the_password_stays_hidden_when_the_server_says_it() {
    let message = b"SFATAL\0C28000\0Mno c@n'ary for you \x1b[31m\n::error::x\0\0";
    let length = u32::try_from(message.len() + 4).unwrap().to_be_bytes();
    let error = [b"E".as_slice(), &length, message].concat();
    let (run, _) = listener(
        move |s, _| {
            let _ = s.write_all(b"N");
            std::thread::sleep(Duration::from_millis(100));
            let _ = s.write_all(&error);
            std::thread::sleep(Duration::from_millis(300));
        },
        |url| check(POLICY, Some(url), &[]),
    );
    run.exits(2).has("refuses the login: no (hidden) for you").lacks("ary").lacks("\u{1b}").lacks("\n::error");
}

#[test]
fn a_refused_login_says_what_to_look_at_and_no_password() {
    for server in started("") {
        for password in ["wr0ng", "p@s's\\w rd", "%/?#[]&=+", "ünï-\"quoted\""] {
            let encoded = password.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
            let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
            let at = &server.host;
            for url in [format!("postgres://auditor:{encoded}@{at}/postgres"), format!("host={at} user=auditor password='{quoted}' dbname=postgres")] {
                for format in [["--format", "text"], ["--format", "json"]] {
                    let run = check(POLICY, Some(&url), &format);
                    run.exits(2).has("password authentication failed for user").lacks(password).lacks(&encoded);
                }
            }
            // The same as the real password: it works, and does not show either.
            server.cluster.query(&format!("ALTER ROLE auditor PASSWORD '{}'", password.replace('\'', "''")));
            check(POLICY, Some(&format!("postgres://auditor:{encoded}@{at}/postgres")), &["-v"]).exits(1).lacks(password).lacks(&encoded);
        }
        let run = check(POLICY, Some(&format!("postgres://nobody:x@{}/nowhere", server.host)), &[]);
        insta::allow_duplicates! { insta::assert_snapshot!("login_refused", server.shown(&run)) }
    }
}

#[test]
fn what_cannot_be_used_is_said_without_showing_it() {
    let run = check(POLICY, None, &[]);
    run.exits(2);
    insta::assert_snapshot!("variable_not_set", run.out);
    let run = check(POLICY, Some("postgres://auditor:canary@canary@db/x"), &[]);
    run.exits(2).lacks("canary");
    insta::assert_snapshot!("malformed", run.out);
    for text in ["", "canary", "postgres://u:canary", "host=h canary=1", "host=a,b password=canary", "mysql://u:canary@h/d", "host=h password='canary"] {
        check(POLICY, Some(text), &[]).exits(2).has(VARIABLE).lacks("canary");
    }
    let run =
        check_spec("version: 1\nservice: shop\npostgres: { settings: { log_statement: ddl } }\ntargets: { postgres: { versions: \"15\" } }\n", Some("x"), &[]);
    run.exits(2);
    insta::assert_snapshot!("no_live_in_the_spec", run.out);
    // Nothing listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let run = check(POLICY, Some(&format!("postgres://auditor:canary@127.0.0.1:{port}/postgres")), &[]);
    run.exits(2).has("the connection was refused").lacks("canary");
    insta::assert_snapshot!("unreachable", run.out.replace(&port.to_string(), "[PORT]"));
    check(POLICY, Some("postgres://auditor:canary@no-such-host.invalid/postgres"), &[]).exits(2).has("no-such-host.invalid has no address").lacks("canary");
    check(POLICY, Some("host=/no/such/folder user=x"), &[]).exits(2).has("there is no such socket");
}
