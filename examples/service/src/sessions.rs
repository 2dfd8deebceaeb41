//! Login, refresh and logout. The access token is in the answer, for the memory of a client; the refresh
//! token is in a cookie, out of reach of scripts.

use crate::app::{App, now};
use crate::database::{Account, Fault};
use crate::refusal::{Refusal, internal, unavailable};
use crate::security::input::CheckedJson;
use crate::security::jwt::TokenError;
use crate::security::jwt_issue::Subject;
use crate::security::lockout::Attempt;
use crate::security::refresh::{self, Presented, RefreshError, Tokens};
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a login brings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    account: String,
    password: String,
}

/// `POST /login`: tokens for an account and its password.
pub async fn login(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    CheckedJson(login): CheckedJson<Login>,
) -> Result<Response, Refusal> {
    let name = login.account.trim().to_lowercase();
    let client = app.client(peer, &headers);
    let attempt = app.lockout.begin(&name, client).await;
    let Attempt::Allowed(ticket) = attempt.map_err(|error| unavailable(&error))? else {
        tracing::warn!(account = ?name, %client, "a login during a pause");
        return Err(Refusal::Unauthenticated);
    };
    let account = app.database.account(&name).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let is_right = app.passwords.verify(login.password, hash).await;
    let Some(account) = account.filter(|_| is_right) else {
        tracing::warn!(account = ?name, %client, "a failed login");
        return Err(Refusal::Unauthenticated);
    };
    if let Err(error) = app.lockout.succeeded(ticket).await {
        // The attempt stays counted, which is no reason to refuse who knows the password.
        tracing::warn!(%error, "a login is not forgiven");
    }
    tracing::info!(account = ?name, %client, "a login");
    let tokens = refresh::begin(&app.issuer, &app.database, &subject(account, now())).await;
    signed_in(&app, &tokens.map_err(|error| fault(&error))?)
}

/// `POST /refresh`: new tokens for the refresh token in the cookie, which works once.
pub async fn refresh(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let refuse = |refusal: Refusal| refusal.into_response();
    let cookie = app.policy.cookies.session;
    let token = cookie.read(&headers);
    let token = token.ok_or_else(|| refuse(Refusal::Unauthenticated))?;
    match rotated(&app, &token).await {
        Ok(tokens) => signed_in(&app, &tokens).map_err(refuse),
        Err(why @ (RefreshError::Database(_) | RefreshError::Token(TokenError::Sign))) => {
            Err(refuse(fault(&why)))
        }
        Err(why) => {
            tracing::warn!(%why, "a refresh is refused");
            let removal = cookie.remove().map_err(|error| refuse(internal(&error)))?;
            Err(([(SET_COOKIE, removal)], Refusal::Unauthenticated).into_response())
        }
    }
}

/// `POST /logout`: ends the family of the refresh token, and takes the cookie away.
pub async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let cookie = app.policy.cookies.session;
    let token = cookie.read(&headers);
    let presented = token.and_then(|token| Presented::verify(&app.verifier, &token).ok());
    if let Some(presented) = presented {
        refresh::revoke(&app.database, &presented).await?;
    }
    let removal = cookie.remove().map_err(|error| internal(&error))?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, removal)]).into_response())
}

async fn rotated(app: &App, token: &str) -> Result<Tokens, RefreshError<Fault>> {
    let presented = Presented::verify(&app.verifier, token).map_err(RefreshError::Token)?;
    // The account as it is now: closed, or with other roles than at the login.
    let account = app.database.account(&presented.claims().sub).await;
    let account = account.map_err(RefreshError::Database)?;
    let account = account.ok_or(RefreshError::Ended)?;
    let subject = subject(account, presented.claims().auth_time);
    refresh::rotate(&app.issuer, &app.database, &presented, &subject).await
}

fn subject(account: Account, auth_time: u64) -> Subject {
    let Account {
        name,
        tenant,
        roles,
        scope,
        password_hash: _,
    } = account;
    Subject {
        sub: name,
        auth_time,
        scope,
        roles,
        tenant,
    }
}

/// The answer of RFC 6749, 5.1, with the refresh token in the cookie.
fn signed_in(app: &App, tokens: &Tokens) -> Result<Response, Refusal> {
    let cookie = app.policy.cookies.session.set(&tokens.refresh);
    let cookie = cookie.map_err(|error| internal(&error))?;
    let body = json!({
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": tokens.access_expires.saturating_sub(now()),
    });
    Ok(([(SET_COOKIE, cookie)], Json(body)).into_response())
}

fn fault(error: &RefreshError<Fault>) -> Refusal {
    match error {
        RefreshError::Database(fault) => unavailable(fault),
        other => internal(other),
    }
}
