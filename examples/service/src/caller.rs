//! Who calls: the claims of the access token.

use crate::app::App;
use crate::refusal::Refusal;
use crate::security::access;
use crate::security::jwt::{Claims, TokenKind};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::sync::Arc;

/// The claims of a verified access token.
pub struct Caller(Claims);

impl Caller {
    /// As the rules of access see it.
    pub fn rights(&self) -> access::Caller<'_> {
        let Claims {
            sub,
            tenant,
            roles,
            scope,
            auth_time,
            ..
        } = &self.0;
        access::Caller {
            subject: sub,
            tenant,
            roles,
            scope,
            auth_time: *auth_time,
        }
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers).ok_or(Refusal::Unauthenticated)?;
        let claims = app.verifier.verify(TokenKind::Access, token);
        claims.map(Self).map_err(|why| {
            tracing::warn!(%why, "an access token is refused");
            Refusal::Unauthenticated
        })
    }
}

/// The token of the one `Authorization` field (RFC 6750, 2.1): of two, nobody knows which is meant.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = fields.next()?.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && fields.next().is_none();
    is_bearer.then_some(token)
}
