use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio_postgres::config::SslMode;

fn clients() {
    let _ = reqwest::Client::builder().danger_accept_invalid_certs(true).build(); // <- tls-verification-off
    let _ = reqwest::blocking::ClientBuilder::new().danger_accept_invalid_hostnames(true).build(); // <- tls-verification-off
    let mut builder = native_tls::TlsConnector::builder();
    builder.danger_accept_invalid_certs(true); // <- tls-verification-off
    let _ = lettre::transport::smtp::client::TlsParameters::builder(host).dangerous_accept_invalid_certs(true); // <- tls-verification-off
}

fn database(config: &mut tokio_postgres::Config) {
    let _ = PgConnectOptions::new().ssl_mode(PgSslMode::Prefer); // <- database-connection-unverified
    config.ssl_mode(SslMode::Disable); // <- database-connection-unverified
}

fn by_a_switch(insecure: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder();
    if insecure { builder.danger_accept_invalid_certs(true) } else { builder } // <- tls-verification-off
}
