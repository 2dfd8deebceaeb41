//! Every answer that is not the one asked for. What a client learns is one word; the log has the rest.

use axum::Json;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The body is not what the route takes.
    Malformed,
    /// No valid token, or a wrong password: which of them is not said.
    Unauthenticated,
    /// Known, and not allowed.
    Forbidden,
    /// Not there, or of another tenant: nobody learns which.
    NotFound,
    /// A fault of ours.
    Internal,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, word) = match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let mut response = (status, Json(json!({ "error": word }))).into_response();
        if self == Self::Unauthenticated {
            // RFC 9110, 15.5.2: a 401 names a scheme; RFC 6750, 3: this one.
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// A fault of ours: logged here, once.
pub fn internal(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a request failed");
    Refusal::Internal
}
