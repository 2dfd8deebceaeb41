//! What the process is told by its environment. Everything about security is in the policy instead.

use crate::security::environment;
use crate::security::policy::Policy;
use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What the process is told.
pub struct Settings {
    /// `APP_ENV`: the environment's name in the spec.
    pub policy: &'static Policy,
    /// `LISTEN`: an address and a port.
    pub listen: SocketAddr,
    /// `DATABASE_URL`, with the password.
    pub database: Zeroizing<String>,
    /// `DATABASE_CA`: the root certificates of the database.
    pub database_roots: PathBuf,
    /// `TLS_CERTIFICATE` and `TLS_KEY`, where the service speaks TLS itself.
    pub tls: Option<Tls>,
}

/// PEM files.
pub struct Tls {
    /// The certificate and those that lead up to its root.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Settings {
    /// # Errors
    /// A variable is missing or wrong; or the service would speak without TLS to other machines.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        let policy = environment::from_env("APP_ENV")?;
        let listen = text("LISTEN")?;
        let listen: SocketAddr = listen.parse().map_err(|error| format!("LISTEN: {error}"))?;
        let tls = match (env::var_os("TLS_CERTIFICATE"), env::var_os("TLS_KEY")) {
            (Some(chain), Some(key)) => Some(Tls {
                chain: chain.into(),
                key: key.into(),
            }),
            (None, None) if listen.ip().is_loopback() => None,
            (None, None) => {
                return Err("beyond the loopback, set TLS_CERTIFICATE and TLS_KEY".into());
            }
            _ => return Err("set both TLS_CERTIFICATE and TLS_KEY, or neither".into()),
        };
        Ok(Self {
            policy,
            listen,
            database: Zeroizing::new(text("DATABASE_URL")?),
            database_roots: text("DATABASE_CA")?.into(),
            tls,
        })
    }
}

fn text(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not text"))
}
