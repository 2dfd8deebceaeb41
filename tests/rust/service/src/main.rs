//! A service as a user would have it, around the modules that secgen renders into `src/security/`.

mod security;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod verify_only;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use security::jwt::{TokenKind, Verifier};
use security::jwt_issue::{Issuer, Subject};
use security::policy;
use security::rate_limit::Limiter;
use security::rate_limit_axum::{IpLimiter, per_ip};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

struct App {
    verifier: Verifier,
    issuer: Issuer,
}

fn router(app: Arc<App>) -> Router {
    let api: IpLimiter = Arc::new(Limiter::new(policy::rate_limit::API));
    let logins: IpLimiter = Arc::new(Limiter::new(policy::rate_limit::LOGIN));
    Router::new()
        .route(
            "/login",
            post(login).layer(from_fn_with_state(logins, per_ip)),
        )
        .route("/me", get(me))
        .route("/ping", get(|| async { "pong" }))
        .layer(from_fn_with_state(api, per_ip))
        .with_state(app)
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let verifier = Verifier::from_env()?;
    let issuer = Issuer::from_env(&verifier)?;
    let app = router(Arc::new(App { verifier, issuer }));
    let listener = tokio::net::TcpListener::bind((IpAddr::from([127, 0, 0, 1]), 0)).await?;
    println!("{}", listener.local_addr()?);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
