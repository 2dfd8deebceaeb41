//! Connections that do not look at the certificate of the other side.

use super::names::unraw;
use super::rules;
use super::values::bare;
use super::walk::{Walk, Weight};
use syn::spanned::Spanned;

/// Methods that switch the check off with `true`, and the crates that have them.
const SWITCHES: [(&str, &[&str]); 6] = [
    ("danger_accept_invalid_certs", &["reqwest", "native_tls", "async_native_tls", "reqwest_middleware"]),
    ("danger_accept_invalid_hostnames", &["reqwest", "native_tls", "async_native_tls", "reqwest_middleware"]),
    ("tls_danger_accept_invalid_certs", &["reqwest"]),
    ("tls_danger_accept_invalid_hostnames", &["reqwest"]),
    ("dangerous_accept_invalid_certs", &["lettre"]),
    ("dangerous_accept_invalid_hostnames", &["lettre"]),
];

/// Modes of a connection to PostgreSQL that do not look at the certificate.
const LOOSE: [&str; 8] = [
    "sqlx::postgres::PgSslMode::Disable",
    "sqlx::postgres::PgSslMode::Allow",
    "sqlx::postgres::PgSslMode::Prefer",
    "tokio_postgres::config::SslMode::Disable",
    "tokio_postgres::config::SslMode::Prefer",
    "postgres::config::SslMode::Disable",
    "postgres::config::SslMode::Prefer",
    "deadpool_postgres::SslMode::Disable",
];

/// A method call.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    let method = unraw(&call.method);
    let Some(argument) = call.args.first() else { return };
    if let Some((name, crates)) = SWITCHES.iter().find(|(name, _)| *name == method) {
        let is_on = matches!(bare(argument), syn::Expr::Lit(e) if matches!(&e.lit, syn::Lit::Bool(b) if b.value));
        if is_on && crates.iter().any(|name| walk.names.mentions(name)) {
            let what = if name.ends_with("certs") { "any certificate" } else { "a certificate of any host" };
            let help = "remove the call; for a private authority add its certificate (reqwest: add_root_certificate)";
            let message = format!("{method}(true) accepts {what}: anyone on the way can be the server");
            walk.switch(&rules::TLS_UNVERIFIED, call.method.span(), Weight::Rule, message, help);
        }
    } else if method == "ssl_mode"
        && let syn::Expr::Path(path) = bare(argument)
        && let Some(mode) = walk.names.resolve(&path.path).filter(|mode| LOOSE.contains(&mode.as_str()))
    {
        let name = mode.rsplit("::").next().unwrap_or_default().to_owned();
        let message = format!("ssl_mode({name}) connects to the database without looking at its certificate");
        walk.hint(&rules::DATABASE_PLAIN, argument.span(), message, "use VerifyFull with the authority's certificate");
    }
}
