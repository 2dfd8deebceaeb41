//! What the network shows without a login: the answer to a request for TLS, and the TLS versions that are spoken.
//!
//! `SHOW ssl` says `on` also where the server has no certificate and offers no TLS: only this can tell.

use super::tls;
use super::url::Place;
use crate::targets::postgres::snapshot::{Answer, Handshake, Wire};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConnection, SupportedProtocolVersion};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `SSLRequest`: its length, and a version number that no protocol has (documentation, 55.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// A connection over the network.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn connect(name: &str, address: Option<IpAddr>, port: u16, timeout: Duration) -> Result<TcpStream, String> {
    let addresses: Vec<SocketAddr> = match address {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => (name, port).to_socket_addrs().map_err(|_| format!("the name {name} has no address"))?.take(MAX_ADDRESSES).collect(),
    };
    let deadline = Instant::now() + timeout;
    let mut why = format!("the name {name} has no address");
    for address in addresses {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                // Answers are short.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => why = words(&error),
        }
    }
    Err(why)
}

/// What the system says of a connection, in words that are the same everywhere.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "nothing answered in time".to_owned(),
        ErrorKind::NotFound => "there is no such socket".to_owned(),
        ErrorKind::PermissionDenied => "the socket may not be used by this user".to_owned(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => "the connection was closed".to_owned(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "there is no way to the host".to_owned(),
        _ => error.to_string(),
    }
}

/// A stream whose reads and writes end at a deadline, however slowly bytes trickle in.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buf)
    }
}

impl Write for Timed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buf)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Looks at what a server offers. `timeout`: for each connection, and again for each exchange.
///
/// # Errors
/// It cannot be reached at all, or does not answer as PostgreSQL does.
pub(super) fn look(place: &Place, timeout: Duration) -> Result<Wire, String> {
    let not_asked = |why: &str| Wire { answer: Answer::NotAsked(why.to_owned()), tls12: Handshake::NotTried, tls13: Handshake::NotTried };
    let Place::Tcp(name, address, port) = place else { return Ok(not_asked("PostgreSQL offers no TLS on a Unix socket, whatever its settings")) };
    let open = || connect(name, *address, *port, timeout).map(|stream| Timed { stream, deadline: Instant::now() + timeout });
    let answer = ask(&mut open()?)?;
    let (mut tls12, mut tls13) = (Handshake::NotTried, Handshake::NotTried);
    if answer == Answer::Offered {
        let attempt = |version| match open() {
            Ok(mut stream) => match ask(&mut stream) {
                Ok(Answer::Offered) => shake(stream, name, version),
                _ => Handshake::Failed("asked again, the server offered no TLS".to_owned()),
            },
            Err(why) => Handshake::Failed(why),
        };
        tls12 = attempt(&rustls::version::TLS12);
        tls13 = attempt(&rustls::version::TLS13);
    }
    Ok(Wire { answer, tls12, tls13 })
}

/// Asks for TLS. What answers neither yes nor no nor with an error message is no PostgreSQL.
fn ask(stream: &mut Timed) -> Result<Answer, String> {
    let mut answer = [0];
    match stream.write_all(&SSL_REQUEST).and_then(|()| stream.read_exact(&mut answer)) {
        Ok(()) => match answer[0] {
            b'S' => Ok(Answer::Offered),
            b'N' => Ok(Answer::Denied),
            b'E' => Ok(Answer::Unknown("an error message".to_owned())),
            other => Err(format!("what answers there is no PostgreSQL (its first byte is 0x{other:02x})")),
        },
        Err(error) => Err(words(&error)),
    }
}

/// A handshake that offers one version.
fn shake(mut stream: Timed, name: &str, version: &'static SupportedProtocolVersion) -> Handshake {
    // Whatever is sent as the name: the certificate is not what is looked at.
    let name = ServerName::try_from(name.to_owned()).or_else(|_| ServerName::try_from("localhost"));
    let client = tls::any(&[version]).and_then(|config| ClientConnection::new(Arc::new(config), name.map_err(|e| e.to_string())?).map_err(|e| e.to_string()));
    let mut client = match client {
        Ok(client) => client,
        Err(why) => return Handshake::Failed(why),
    };
    while client.is_handshaking() {
        if let Err(error) = client.complete_io(&mut stream) {
            let tls = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
            return match tls {
                Some(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)) => Handshake::Refused,
                // `rustls` says no more of itself than the kind of message.
                Some(error) => Handshake::Failed(error.to_string()),
                None => Handshake::Failed(words(&error)),
            };
        }
    }
    Handshake::Accepted
}
