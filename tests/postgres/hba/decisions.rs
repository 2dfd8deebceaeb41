//! First-match decisions on real servers: what a server asks of a connection is what we say that it asks.

use super::super::live::{Cluster, servers};
use super::rules;
use secgen::strictness::postgres::hba::{Client, Method, Transport};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// What a server answers to a start of a session, before any proof.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    ClearPassword,
    Md5,
    Sasl,
    Refused,
    /// Proved, or not, by other means than an answer of the client.
    Failed,
}

fn start(stream: &mut (impl Read + Write), user: &str, database: Option<&str>) -> Asked {
    let mut body = vec![0, 3, 0, 0];
    let mut pair = |name: &str, value: &str| body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    pair("user", user);
    match database {
        Some(name) => pair("database", name),
        None => pair("replication", "true"),
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap();
    stream.write_all(&[&length.to_be_bytes()[..], &body].concat()).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4];
    stream.read_exact(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    match (head[0], answer.get(..4)) {
        (b'R', Some([0, 0, 0, 0])) => Asked::Nothing,
        (b'R', Some([0, 0, 0, 3])) => Asked::ClearPassword,
        (b'R', Some([0, 0, 0, 5])) => Asked::Md5,
        (b'R', Some([0, 0, 0, 10])) => Asked::Sasl,
        (b'E', _) if text.contains("pg_hba.conf rejects") || text.contains("no pg_hba.conf entry") => Asked::Refused,
        (b'E', _) if text.contains("authentication failed") => Asked::Failed,
        _ => panic!("{} {text}", head[0]),
    }
}

fn asked(method: Option<Method>) -> Asked {
    match method {
        None | Some(Method::Reject) => Asked::Refused,
        Some(Method::Trust) => Asked::Nothing,
        Some(Method::Password) => Asked::ClearPassword,
        Some(Method::Md5) => Asked::Md5,
        Some(Method::Scram) => Asked::Sasl,
        Some(Method::Peer | Method::Ident) => Asked::Failed,
        other => panic!("{other:?}"),
    }
}

const TABLES: [&str; 12] = [
    "local all all md5\nhost all all 127.0.0.1/32 scram-sha-256\n",
    "host all all 127.0.0.0/8 reject\nhost all all 0.0.0.0/0 trust\n",
    "host all all 0.0.0.0/0 trust\nhost all all 127.0.0.0/8 reject\n",
    "local app app trust\nlocal app all password\nlocal all app md5\nlocal all all reject\n",
    "local sameuser all trust\nlocal all all scram-sha-256\nhost sameuser app all password\n",
    "local replication all password\nlocal all all trust\nhost replication app all trust\nhost all all all md5\n",
    "local \"all\" all trust\nlocal \"replication\" all password\nlocal all \"all\" md5\n",
    "local a,app,b x,app trust\nhost \"app\" \"app\" samehost trust\nhost all all samehost reject\n",
    "hostssl all all all trust\nhostnossl app all all password\nhost all all all md5\n",
    "hostgssenc all all all trust\nhostnogssenc all app 127.1/32 md5\nhost all all 127.0.0.1 255.255.255.255 scram-sha-256\n",
    "host all all 127.0.0.0/9 scram-sha-256\nhost all all ::/0 trust\n",
    "local all app peer\nlocal all other ident\nhost app other all trust\n",
];

#[test]
fn the_record_that_decides_is_the_one_that_we_name() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Of a role without a password the method md5 asks as new passwords are stored.
        cluster.append_conf(&format!("listen_addresses = '127.0.0.1'\nport = {port}\npassword_encryption = 'md5'\nunix_socket_directories = ''\n"));
        cluster.start();
        let socket = cluster.folder.join(format!(".s.PGSQL.{port}"));
        let unix = || {
            let stream = UnixStream::connect(&socket).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            stream
        };
        let mut checked = 0;
        for (number, table) in TABLES.iter().enumerate() {
            // The first record says that the server has read the rest.
            let marker = format!("marker{number}");
            let text = format!("local {marker} {marker} trust\n{table}");
            cluster.write("pg_hba.conf", &text);
            assert!(cluster.control("reload"));
            let since = Instant::now();
            while start(&mut unix(), &marker, Some(&marker)) != Asked::Nothing {
                assert!(since.elapsed() < Duration::from_secs(20), "{version}: {table} is not loaded");
                std::thread::sleep(Duration::from_millis(20));
            }
            let rules = rules(&text);
            for database in [Some("app"), Some("other"), Some("all"), Some("replication"), None] {
                for user in ["app", "other", "all"] {
                    for local in [true, false] {
                        let found = if local {
                            start(&mut unix(), user, database)
                        } else {
                            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
                            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                            start(&mut stream, user, database)
                        };
                        let (transport, ip) = if local { (Transport::Local, None) } else { (Transport::Plain, Some(IpAddr::V4(Ipv4Addr::LOCALHOST))) };
                        let decided = rules.decide(&Client { transport, ip, database, user });
                        let expected = match decided {
                            Ok(index) => asked(index.and_then(|index| rules.entries[index].record()).map(|record| record.method)),
                            // The server itself is asked here, and the client is on it.
                            Err(why) if why.contains("on the server itself") => {
                                let trusted = database == Some("app") && user == "app";
                                if trusted { Asked::Nothing } else { Asked::Refused }
                            }
                            Err(why) => panic!("{why}"),
                        };
                        assert_eq!(found, expected, "{version}, {transport:?}, {database:?} as {user}:\n{table}");
                        checked += 1;
                    }
                }
            }
        }
        eprintln!("decisions, PostgreSQL {version}: {checked} agree");
        assert_eq!(checked, TABLES.len() * 30);
    }
}

/// The transports that only a client with TLS can try.
#[test]
fn records_for_tls_decide_for_tls_only() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.certificate();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        cluster.append_conf(&format!("ssl = on\nlisten_addresses = '127.0.0.1'\nport = {port}\n"));
        let text = "hostssl postgres all 127.0.0.1/32 trust\nhostnossl all all all reject\nhostssl all all all reject\n";
        cluster.write("pg_hba.conf", text);
        cluster.start();
        let rules = rules(text);
        for (tls, database) in [(true, "postgres"), (false, "postgres"), (true, "template1"), (false, "template1")] {
            let mode = if tls { "require" } else { "disable" };
            let address = format!("host=127.0.0.1 port={port} user=postgres dbname={database} sslmode={mode} connect_timeout=20");
            let output = cluster.psql().args(["-w", "-At", "-c", "SELECT 1", "-d", &address]).output().unwrap();
            let transport = if tls { Transport::Tls } else { Transport::Plain };
            let client = Client { transport, ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), database: Some(database), user: "postgres" };
            let decided = rules.decide(&client).unwrap().and_then(|index| rules.entries[index].record());
            let is_in = decided.is_some_and(|record| record.method == Method::Trust);
            assert_eq!(output.status.success(), is_in, "{version} {mode} {database}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
