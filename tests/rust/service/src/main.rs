//! A service as a user would have it, around the modules that secgen renders into `src/security/`.

mod security;

#[cfg(test)]
#[path = "../specs/hostile/rendered/mod.rs"]
mod hostile;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../specs/verify_only/rendered/mod.rs"]
mod verify_only;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use security::input::CheckedJson;
use security::jwt::{TokenKind, Verifier};
use security::jwt_issue::{Issuer, Subject};
use security::policy::Policy;
use security::rate_limit::{Limiter, Quota, Store};
use security::rate_limit_axum::{PerClient, per_client};
use security::rate_limit_redis::{self, RedisLimiter};
use security::{environment, headers, input};
use serde_json::Value;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

struct App {
    verifier: Verifier,
    issuer: Issuer,
}

/// Counts where the policy says.
fn store(policy: &Policy, quota: Quota) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    Ok(match &policy.redis {
        Some(redis) => {
            let connection = rate_limit_redis::connect(redis)?;
            Arc::new(RedisLimiter::new(quota, redis, connection))
        }
        None => Arc::new(Limiter::new(quota)),
    })
}

fn router(policy: &'static Policy, app: Arc<App>) -> Result<Router, Box<dyn Error>> {
    let limit = |quota| store(policy, quota).map(|store| PerClient::new(store, &policy.network));
    let api = limit(policy.rate_limits.api)?;
    let logins = limit(policy.rate_limits.login)?;
    let router = Router::new()
        .route(
            "/login",
            post(login).layer(from_fn_with_state(logins, per_client)),
        )
        .route("/me", get(me))
        .route("/ping", get(|| async { "pong" }))
        .route("/echo", post(echo))
        .with_state(app);
    let router = input::apply(router, &policy.input).layer(from_fn_with_state(api, per_client));
    Ok(headers::apply(router, &policy.headers)?)
}

/// Everybody is welcome: the tests are about what comes after.
async fn login(State(app): State<Arc<App>>) -> Result<String, StatusCode> {
    let subject = Subject {
        sub: "ann".to_owned(),
        ..Subject::default()
    };
    let issued = app.issuer.issue(TokenKind::Access, &subject);
    let (token, _) = issued.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(token)
}

async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<String, StatusCode> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or(StatusCode::UNAUTHORIZED)?;
    let claims = app.verifier.verify(TokenKind::Access, token);
    Ok(claims.map_err(|_| StatusCode::UNAUTHORIZED)?.sub)
}

async fn echo(CheckedJson(body): CheckedJson<Value>) -> Json<Value> {
    Json(body)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = environment::from_env("APP_ENV")?;
    let verifier = Verifier::from_env(&policy.jwt)?;
    let issuer = Issuer::from_env(&verifier)?;
    let app = router(policy, Arc::new(App { verifier, issuer }))?;
    let listener = tokio::net::TcpListener::bind((IpAddr::from([127, 0, 0, 1]), 0)).await?;
    println!("{}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
