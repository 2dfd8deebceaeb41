//! TLS for the service itself and for its connections to databases, with the versions and groups of the
//! policy (RFC 9325), and the check that a connection string asks for a verified connection.

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The TLS of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The oldest version that is spoken.
    pub min_version: Version,
    /// Groups for the key exchange, the preferred ones first; no others are used.
    pub groups: &'static [Group],
}

/// A version of TLS. Older ones are not spoken at all (RFC 8996).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// A group for the key exchange (RFC 8446, 4.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// X25519 together with ML-KEM-768: holds against quantum computers too.
    X25519MlKem768,
    /// Curve25519 (RFC 7748).
    X25519,
    /// NIST P-256.
    Secp256r1,
    /// NIST P-384.
    Secp384r1,
}

/// Why there is no TLS: the service must not start. It never holds a part of a key.
#[derive(Clone, PartialEq, Eq)]
pub enum TlsError {
    /// The policy names no group.
    NoGroup,
    /// The file cannot be read, or holds nothing of the kind.
    Unreadable(PathBuf),
    /// The certificate and the key do not belong together, or one of them cannot be used.
    Unusable(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGroup => f.write_str("the policy names no group for the key exchange"),
            Self::Unreadable(path) => {
                write!(
                    f,
                    "{} cannot be read, or holds no PEM of the kind",
                    path.display()
                )
            }
            Self::Unusable(why) => write!(f, "certificate or key cannot be used: {why}"),
        }
    }
}

/// As `Display`, because `fn main() -> Result<_, Box<dyn Error>>` prints this.
impl fmt::Debug for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TlsError {}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// The cryptography of aws-lc-rs, with the groups of the policy and no others.
///
/// # Errors
/// The policy names no group.
pub fn provider(settings: &Settings) -> Result<CryptoProvider, TlsError> {
    let group = |group: &Group| -> &'static dyn SupportedKxGroup {
        match group {
            Group::X25519MlKem768 => aws_lc_rs::kx_group::X25519MLKEM768,
            Group::X25519 => aws_lc_rs::kx_group::X25519,
            Group::Secp256r1 => aws_lc_rs::kx_group::SECP256R1,
            Group::Secp384r1 => aws_lc_rs::kx_group::SECP384R1,
        }
    };
    if settings.groups.is_empty() {
        return Err(TlsError::NoGroup);
    }
    Ok(CryptoProvider {
        kx_groups: settings.groups.iter().map(group).collect(),
        ..aws_lc_rs::default_provider()
    })
}

fn versions(settings: &Settings) -> &'static [&'static SupportedProtocolVersion] {
    static FROM_12: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    static FROM_13: [&SupportedProtocolVersion; 1] = [&TLS13];
    match settings.min_version {
        Version::Tls12 => &FROM_12,
        Version::Tls13 => &FROM_13,
    }
}

/// What the service speaks: with a certificate, those that lead up to its root, and its key.
///
/// # Errors
/// The certificate and the key do not belong together, or the policy names no group.
pub fn server_config(
    settings: &Settings,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(provider(settings)?);
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(settings))?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(config)
}

/// As [`server_config`], from PEM files.
///
/// # Errors
/// A file cannot be read, or as [`server_config`].
pub fn server_from_files(
    settings: &Settings,
    chain: &Path,
    key: &Path,
) -> Result<ServerConfig, TlsError> {
    let private = PrivateKeyDer::from_pem_file(key);
    let private = private.map_err(|_| TlsError::Unreadable(key.to_owned()))?;
    server_config(settings, certificates(chain)?, private)
}

/// What the service speaks to others, such as a database: the certificate's chain up to one of the roots,
/// its dates and the host name are always verified.
///
/// # Errors
/// The policy names no group.
pub fn client_config(settings: &Settings, roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(provider(settings)?);
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(settings))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// As [`client_config`], with the roots of a PEM file (libpq's `sslrootcert`).
///
/// # Errors
/// The file cannot be read, or as [`client_config`].
pub fn client_from_file(settings: &Settings, roots: &Path) -> Result<ClientConfig, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(roots)? {
        store.add(certificate)?;
    }
    client_config(settings, store)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = || TlsError::Unreadable(path.to_owned());
    let found = CertificateDer::pem_file_iter(path).map_err(|_| unreadable())?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|_| unreadable())?;
    if found.is_empty() {
        return Err(unreadable());
    }
    Ok(found)
}

/// Why a connection string is refused. It never holds a part of the string, which has a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakConnection {
    /// There is no `sslmode`: the default takes a connection without TLS.
    NoMode,
    /// Another `sslmode` than `verify-full`: `require` takes any certificate, and `verify-ca` that of any
    /// host.
    WeakMode,
    /// There are several words about TLS (`sslmode`, `ssl-mode`, `ssl`), and libraries differ in which
    /// one they take.
    Ambiguous,
    /// It can be read in several ways. In a URL, write `?`, `#` and `@` of a password as `%3F`, `%23`
    /// and `%40`.
    Unreadable,
}

impl fmt::Display for WeakConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMode => "the connection string has no sslmode; write sslmode=verify-full",
            Self::WeakMode => "the connection string's sslmode is weaker than verify-full",
            Self::Ambiguous => {
                "the connection string must say sslmode once, and neither ssl nor ssl-mode"
            }
            Self::Unreadable => {
                "the connection string is neither a URL of PostgreSQL nor key=value words"
            }
        })
    }
}

impl std::error::Error for WeakConnection {}

/// Whether a connection string of libpq, a URL or `key=value` words, asks for a connection with the
/// server's certificate and host name verified (`sslmode=verify-full`; SSL Support in libpq's manual).
///
/// # Errors
/// It asks for less, or does not say so beyond doubt: do not connect.
pub fn require_verify_full(connection: &str) -> Result<(), WeakConnection> {
    mode(connection).map(drop)
}

/// The same string with `sslmode=require`, for libraries such as tokio-postgres which know no other mode
/// and leave verification to the TLS that they are given. Give them [`client_config`], which verifies.
///
/// # Errors
/// As [`require_verify_full`]: the string itself must ask for verification.
pub fn for_verifying_client(connection: &str) -> Result<String, WeakConnection> {
    let (start, end) = mode(connection)?;
    let parts = (connection.get(..start), connection.get(end..));
    let (Some(before), Some(after)) = parts else {
        return Err(WeakConnection::Unreadable);
    };
    Ok(format!("{before}sslmode=require{after}"))
}

/// A word of a connection string: its key, its value, and where it begins and ends.
struct Word {
    key: String,
    value: String,
    span: (usize, usize),
}

/// Where the string says `sslmode=verify-full`.
fn mode(connection: &str) -> Result<(usize, usize), WeakConnection> {
    let scheme = ["postgres://", "postgresql://"];
    let words = if scheme.iter().any(|scheme| connection.starts_with(scheme)) {
        url_words(connection)
    } else {
        plain_words(connection)
    };
    let words = words.ok_or(WeakConnection::Unreadable)?;
    let is_about_tls = |word: &&Word| {
        let key = word.key.to_ascii_lowercase().replace(['-', '_'], "");
        key == "sslmode" || key == "ssl"
    };
    let mut found = words.iter().filter(is_about_tls);
    let word = found.next().ok_or(WeakConnection::NoMode)?;
    if found.next().is_some() || word.key != "sslmode" {
        return Err(WeakConnection::Ambiguous);
    }
    if word.value == "verify-full" {
        Ok(word.span)
    } else {
        Err(WeakConnection::WeakMode)
    }
}

/// The words after the `?` of a URL.
fn url_words(url: &str) -> Option<Vec<Word>> {
    let Some((before, query)) = url.split_once('?') else {
        return Some(Vec::new());
    };
    // Libraries differ in where the parts of such a URL begin.
    if query.contains(['?', '#', '@']) || before.contains('#') {
        return None;
    }
    let mut start = before.len() + 1;
    let mut words = Vec::new();
    for part in query.split('&') {
        let end = start + part.len();
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        words.push(Word {
            key: percent_decoded(key)?,
            value: percent_decoded(value)?,
            span: (start, end),
        });
        start = end + 1;
    }
    Some(words)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Words as libpq reads them: `key = value`, quoted with `'`, `\` before a character that is meant as it
/// is.
fn plain_words(text: &str) -> Option<Vec<Word>> {
    let mut chars = text.char_indices().peekable();
    let mut words = Vec::new();
    loop {
        while chars.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        let Some(&(start, _)) = chars.peek() else {
            return Some(words);
        };
        let mut key = String::new();
        while let Some((_, c)) = chars.next_if(|(_, c)| *c != '=' && !c.is_ascii_whitespace()) {
            key.push(c);
        }
        // Such as a URL of another scheme.
        if key.contains([':', '/']) {
            return None;
        }
        while chars.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        chars.next_if(|(_, c)| *c == '=')?;
        while chars.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        let quoted = chars.next_if(|(_, c)| *c == '\'').is_some();
        let mut value = String::new();
        loop {
            match chars.peek().map(|(_, c)| *c) {
                Some('\'') if quoted => break,
                None if quoted => return None,
                None => break,
                Some(c) if !quoted && c.is_ascii_whitespace() => break,
                Some('\\') => {
                    chars.next();
                    value.extend(chars.next().map(|(_, c)| c));
                }
                Some(c) => {
                    chars.next();
                    value.push(c);
                }
            }
        }
        if quoted {
            chars.next();
        }
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        words.push(Word {
            key,
            value,
            span: (start, end),
        });
    }
}
