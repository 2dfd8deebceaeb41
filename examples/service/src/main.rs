//! Reports of several tenants: a small service around the modules that secgen renders into
//! `src/security/`.
//!
//! `reports` serves; `reports hash-password` reads a password from its input and prints what
//! `accounts.password_hash` holds for it.

mod app;
mod caller;
mod database;
mod listen;
mod passwords;
mod refusal;
mod reports;
mod routes;
mod security;
mod sessions;
mod settings;

use app::{App, Counters};
use database::Database;
use passwords::Passwords;
use security::jwt::Verifier;
use security::jwt_issue::Issuer;
use security::tls;
use settings::Settings;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let done = match (words.next().as_deref(), words.next()) {
        (None, _) => serve(),
        (Some("hash-password"), None) => hash_password(),
        _ => Err("usage: reports [hash-password]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reports: {error}");
            ExitCode::FAILURE
        }
    }
}

fn hash_password() -> Result<(), Box<dyn Error>> {
    let mut password = String::new();
    io::stdin().read_line(&mut password)?;
    println!(
        "{}",
        passwords::hash(password.trim_end_matches('\n').as_bytes())?
    );
    Ok(())
}

#[tokio::main]
async fn serve() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let settings = Settings::from_env()?;
    let policy = settings.policy;
    let counters = Counters::new(policy)?;
    let verifier = Verifier::from_env(&policy.jwt)?;
    let issuer = Issuer::from_env(&verifier)?;
    let database = Database::new(&policy.tls, &settings.database, &settings.database_roots)?;
    database.probe().await?;
    let app = App {
        policy,
        verifier,
        issuer,
        lockout: counters.lockout(),
        passwords: Passwords::new()?,
        database,
    };
    let router = routes::router(Arc::new(app), &counters)?;
    let listener = TcpListener::bind(settings.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    match &settings.tls {
        Some(files) => {
            let config = tls::server_from_files(&policy.tls, &files.chain, &files.key)?;
            listen::tls(listener, router, config).await?;
        }
        None => listen::plain(listener, router).await?,
    }
    Ok(())
}
