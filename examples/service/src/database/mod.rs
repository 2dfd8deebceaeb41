//! The database, over connections whose certificate and host name are verified.

mod accounts;
mod families;
mod reports;

pub use accounts::Account;
pub use reports::Report;

use crate::security::tls;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::ChannelBinding;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How many connections one instance has at most.
const CONNECTIONS: usize = 16;
/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

/// A pool of connections.
pub struct Database(Pool);

impl Database {
    /// A pool for a connection string with `sslmode=verify-full`, and the file with the root certificates
    /// that the server's must lead up to.
    ///
    /// # Errors
    /// The string asks for less, or there are no certificates.
    pub fn new(settings: &tls::Settings, url: &str, roots: &Path) -> Result<Self, Box<dyn Error>> {
        let mut config: Config = tls::for_verifying_client(url)?.parse()?;
        // The password is proven to the server of this certificate alone (RFC 5929, RFC 5802).
        config.channel_binding(ChannelBinding::Require);
        config.connect_timeout(WAIT);
        config.options("-c statement_timeout=5s -c lock_timeout=5s");
        let tls = MakeRustlsConnect::new(tls::client_from_file(settings, roots)?);
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .build()?;
        Ok(Self(pool))
    }

    /// Connects once: a service with a wrong password or certificate does not start.
    ///
    /// # Errors
    /// There is no connection.
    pub async fn probe(&self) -> Result<(), Fault> {
        self.client().await.map(drop)
    }

    async fn client(&self) -> Result<Object, Fault> {
        Ok(self.0.get().await?)
    }
}

/// The database did not do what it was asked.
#[derive(Debug)]
pub enum Fault {
    /// There is no connection.
    Connection(PoolError),
    /// A statement failed.
    Statement(tokio_postgres::Error),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut error, what): (&dyn Error, _) = match self {
            Self::Connection(error) => (error, "no connection to the database"),
            Self::Statement(error) => (error, "a statement of the database failed"),
        };
        write!(f, "{what}: {error}")?;
        while let Some(source) = error.source() {
            write!(f, ": {source}")?;
            error = source;
        }
        Ok(())
    }
}

impl Error for Fault {}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        Self::Connection(error)
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(error)
    }
}
