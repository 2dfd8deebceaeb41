//! The connection string: a URL or libpq's `key = value` words (PostgreSQL documentation, 34.1.1).
//!
//! No error here holds any part of the text: it may be a password, or one that was not encoded and taken for a host.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::config::{ChannelBinding, Host, SslMode, SslNegotiation};

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A name or an address, the address to use for it where it is given, and a port.
    Tcp(String, Option<IpAddr>, u16),
    /// A Unix socket.
    Unix(PathBuf),
}

/// What the login asks of TLS, as libpq's `sslmode` says. `allow` is taken as `prefer`, which asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// No TLS.
    Disable,
    /// TLS where the server offers it; anybody's certificate.
    Prefer,
    /// TLS or nothing; anybody's certificate, unless roots are named (as libpq has it).
    Require,
    /// TLS with a certificate of a known root.
    VerifyCa,
    /// The same, and for this host.
    VerifyFull,
}

/// Whose certificates count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those of the system.
    System,
    /// Those of a PEM file.
    File(PathBuf),
}

/// A connection string, understood.
pub(super) struct Connection {
    /// User, password, database, options.
    pub(super) config: tokio_postgres::Config,
    /// Where.
    pub(super) place: Place,
    /// What is asked of TLS.
    pub(super) mode: Mode,
    /// For the modes that verify.
    pub(super) roots: Roots,
    /// For each connection; everything else is bounded by it too.
    pub(super) connect_timeout: Duration,
}

/// Words of libpq that mean a file or a way to log in that secgen does not have.
const UNSUPPORTED: [&str; 12] = [
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcrl",
    "sslcrldir",
    "service",
    "passfile",
    "gssencmode",
    "krbsrvname",
    "require_auth",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
];
/// Words of libpq that change nothing here.
const WITHOUT_EFFECT: [&str; 4] = ["fallback_application_name", "client_encoding", "sslcompression", "sslsni"];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Connection {
    /// Reads a connection string.
    ///
    /// # Errors
    /// What is wrong, without any part of it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let (mut mode, mut roots) = (None, None);
        let mut problem = None;
        let mut keep = |key: &str, value: &str| {
            match key {
                "sslmode" => mode = Some(value.to_owned()),
                "sslrootcert" => roots = Some(if value == "system" { Roots::System } else { Roots::File(PathBuf::from(value)) }),
                _ if WITHOUT_EFFECT.contains(&key) => {}
                _ => {
                    if let Some(known) = UNSUPPORTED.iter().find(|k| **k == key) {
                        problem = Some(format!("secgen does not support {known}"));
                    }
                    return true;
                }
            }
            false
        };
        let plain = if text.starts_with("postgres://") || text.starts_with("postgresql://") { url(text, &mut keep)? } else { words(text, &mut keep)? };
        if let Some(problem) = problem {
            return Err(problem);
        }
        let mode = match mode.as_deref() {
            None if roots.is_some() => Mode::VerifyFull,
            None | Some("allow" | "prefer") => Mode::Prefer,
            Some("disable") => Mode::Disable,
            Some("require") if roots.is_some() => Mode::VerifyCa,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            Some(_) => return Err("its sslmode is none of disable, allow, prefer, require, verify-ca and verify-full".to_owned()),
        };
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|_| "it is no connection string of PostgreSQL, or has a word that secgen does not know".to_owned())?;
        let place = place(&config)?;
        let is_socket = matches!(place, Place::Unix(_));
        // libpq ignores sslmode on a Unix socket.
        let mode = if is_socket { Mode::Disable } else { mode };
        if config.get_ssl_negotiation() == SslNegotiation::Direct && matches!(mode, Mode::Disable | Mode::Prefer) {
            return Err("sslnegotiation=direct needs sslmode=require or stricter".to_owned());
        }
        if config.get_channel_binding() == ChannelBinding::Require && mode == Mode::Disable {
            return Err("channel_binding=require needs TLS".to_owned());
        }
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        config.application_name("secgen");
        let connect_timeout = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT).clamp(Duration::from_secs(1), CONNECT_TIMEOUT);
        Ok(Self { config, place, mode, roots: roots.unwrap_or(Roots::System), connect_timeout })
    }

    /// Host and port, or the socket, for messages.
    pub(super) fn at(&self) -> String {
        match &self.place {
            Place::Tcp(host, _, port) if host.contains(':') => format!("[{host}]:{port}"),
            Place::Tcp(host, _, port) => format!("{host}:{port}"),
            Place::Unix(path) => path.display().to_string(),
        }
    }

    /// Words of others (the server, libraries) without the password.
    pub(super) fn scrub(&self, text: &str) -> String {
        let password = self.config.get_password().map(|p| String::from_utf8_lossy(p).into_owned()).filter(|p| !p.is_empty());
        password.map_or_else(|| text.to_owned(), |p| text.replace(&p, "(hidden)"))
    }
}

fn place(config: &tokio_postgres::Config) -> Result<Place, String> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    if hosts.len() > 1 || addresses.len() > 1 || ports.len() > 1 {
        return Err("it names several servers: name one, so that it is clear which one is judged".to_owned());
    }
    let port = ports.first().copied().unwrap_or(5432);
    let address = addresses.first().copied();
    match (hosts.first(), address) {
        (Some(Host::Tcp(name)), _) => {
            // What follows an `@` in a password that was not encoded must not be shown as a host.
            let is_host = !name.is_empty() && name.len() <= 255 && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c));
            if is_host { Ok(Place::Tcp(name.clone(), address, port)) } else { Err("its host is no host name; encode @ in the password as %40".to_owned()) }
        }
        #[cfg(unix)]
        (Some(Host::Unix(folder)), _) => Ok(Place::Unix(folder.join(format!(".s.PGSQL.{port}")))),
        (None, Some(address)) => Ok(Place::Tcp(address.to_string(), Some(address), port)),
        _ => Err("it names no host".to_owned()),
    }
}

/// The URL without the parameters that `keep` takes.
fn url(text: &str, keep: &mut dyn FnMut(&str, &str) -> bool) -> Result<String, String> {
    // Credentials end at the first `@`, as in the client's own parser.
    let after = text.find('@').map_or(0, |at| at + 1);
    let Some(query) = text[after..].find('?').map(|at| after + at) else { return Ok(text.to_owned()) };
    let mut kept = Vec::new();
    for pair in text[query + 1..].split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("a parameter behind ? has no =")?;
        if keep(&decode(key)?, &decode(value)?) {
            kept.push(pair);
        }
    }
    let start = &text[..query];
    Ok(if kept.is_empty() { start.to_owned() } else { format!("{start}?{}", kept.join("&")) })
}

/// `%40` and the like (RFC 3986 2.1).
fn decode(text: &str) -> Result<String, String> {
    let wrong = || "a parameter behind ? is not encoded as it should be".to_owned();
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// `key = 'value'` words without those that `keep` takes.
fn words(text: &str, keep: &mut dyn FnMut(&str, &str) -> bool) -> Result<String, String> {
    let mut kept = String::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(kept);
        }
        let mut key = String::new();
        while let Some(c) = chars.next_if(|c| !c.is_whitespace() && *c != '=') {
            key.push(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.next() != Some('=') {
            return Err("it is neither a URL (postgres://user:password@host:5432/database) nor words such as host=db user=auditor".to_owned());
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let mut value = String::new();
        let is_quoted = chars.next_if_eq(&'\'').is_some();
        loop {
            match chars.next() {
                Some('\'') if is_quoted => break,
                Some(c) if !is_quoted && c.is_whitespace() => break,
                Some('\\') => value.extend(chars.next()),
                Some(c) => value.push(c),
                None if is_quoted => return Err("a quoted value has no closing quote".to_owned()),
                None => break,
            }
        }
        if keep(&key, &value) {
            kept.push_str(&format!("{key}='{}' ", value.replace('\\', "\\\\").replace('\'', "\\'")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> Connection {
        Connection::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    fn why(text: &str) -> String {
        Connection::parse(text).err().unwrap_or_else(|| panic!("{text} is refused"))
    }

    #[test]
    fn urls_and_words_say_the_same() {
        let password = "p@s's\\w rd?&=#%";
        let url =
            ok("postgres://app:p%40s%27s%5Cw%20rd%3F%26%3D%23%25@db.example.com:5433/shop?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=3");
        let words = ok(
            "host=db.example.com port = 5433 user=app password='p@s\\'s\\\\w rd?&=#%' dbname=shop sslmode=verify-full sslrootcert=/etc/ca.pem connect_timeout=3",
        );
        for connection in [url, words] {
            assert_eq!(connection.config.get_password(), Some(password.as_bytes()));
            assert_eq!(connection.config.get_dbname(), Some("shop"));
            assert_eq!(connection.place, Place::Tcp("db.example.com".to_owned(), None, 5433));
            assert_eq!((connection.mode, &connection.roots), (Mode::VerifyFull, &Roots::File("/etc/ca.pem".into())));
            assert_eq!(connection.connect_timeout, Duration::from_secs(3));
            assert_eq!(connection.scrub(&format!("x{password}y")), "x(hidden)y");
        }
    }

    #[test]
    fn modes_ask_for_what_libpq_asks_or_more() {
        let mode = |text: &str| ok(&format!("postgres://h/?{text}")).mode;
        assert_eq!(mode(""), Mode::Prefer);
        assert_eq!(mode("sslmode=allow"), Mode::Prefer);
        assert_eq!(mode("sslmode=disable"), Mode::Disable);
        assert_eq!(mode("sslmode=require"), Mode::Require);
        assert_eq!(mode("sslmode=require&sslrootcert=ca.pem"), Mode::VerifyCa);
        assert_eq!(mode("sslmode=verify-ca"), Mode::VerifyCa);
        assert_eq!(mode("sslrootcert=system"), Mode::VerifyFull);
        assert_eq!(ok("host=/run/postgresql sslmode=verify-full").mode, Mode::Disable);
        assert!(why("postgres://h/?sslmode=requier").contains("sslmode"));
        assert!(why("postgres://h/?sslnegotiation=direct").contains("sslnegotiation"));
    }

    #[test]
    fn places() {
        assert_eq!(ok("host=/run/postgresql").at(), "/run/postgresql/.s.PGSQL.5432");
        assert_eq!(ok("postgres://[::1]:5433/x").at(), "[::1]:5433");
        assert_eq!(ok("hostaddr=10.0.0.1").at(), "10.0.0.1:5432");
        assert!(why("host=a,b").contains("several"));
        assert!(why("user=x").contains("host"));
    }

    #[test]
    fn errors_hold_no_part_of_the_text() {
        let texts = [
            "postgres://u:canary@canary@host/x",
            "postgres://u:can/ary",
            "postgres://canary:canary",
            "postgres://u:x@h/d?canary",
            "postgres://u:x@h/d?canary=canary",
            "postgres://u:x@h/d?sslmode=%zzcanary",
            "host=h password=x canary=1",
            "host=h password='canary",
            "canary",
            "mysql://u:canary@h/d",
            "",
            "host=h sslcert=canary",
            "host=h port=canary",
        ];
        for text in texts {
            let why = why(text);
            assert!(!why.contains("canary") && !why.is_empty(), "{text}: {why}");
        }
    }
}
