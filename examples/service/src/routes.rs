//! Which path is served by what, and behind which controls.

use crate::app::{App, Counters};
use crate::security::rate_limit_axum::per_client;
use crate::security::{headers, input};
use crate::{reports, sessions};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::error::Error;
use std::sync::Arc;

/// The whole service. Each layer lies around those before it.
///
/// # Errors
/// The policy's headers are none of HTTP.
pub fn router(app: Arc<App>, counters: &Counters) -> Result<Router, Box<dyn Error>> {
    let policy = app.policy;
    let api = counters.limit(policy.rate_limits.api);
    let logins = counters.limit(policy.rate_limits.login);
    let login = post(sessions::login).layer(from_fn_with_state(logins, per_client));
    let router = Router::new()
        .route("/login", login)
        .route("/refresh", post(sessions::refresh))
        .route("/logout", post(sessions::logout))
        .route("/reports/{id}", get(reports::read).put(reports::write))
        .with_state(app);
    let router = input::apply(router, &policy.input).layer(from_fn_with_state(api, per_client));
    // Whoever looks whether this instance lives is no client with a quota.
    let router = router.route("/health", get(async || "well"));
    Ok(match &policy.headers {
        // Last, so that refusals of all other layers have them too.
        Some(settings) => headers::apply(router, settings)?,
        // nginx sends them.
        None => router,
    })
}
