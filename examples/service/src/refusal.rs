//! Every answer that is not the one asked for. What a client learns is a word; the log has the rest.

use crate::database::Fault;
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::fmt::Display;

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No valid token, a wrong password, or a pause after wrong ones: which of them is not said.
    Unauthenticated,
    /// Known, and not allowed.
    Forbidden,
    /// Not there, or of another tenant: nobody learns which.
    NotFound,
    /// Something that the service needs does not answer.
    Unavailable,
    /// A fault of the service.
    Internal,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, word) = match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let mut response = (status, Json(json!({ "error": word }))).into_response();
        if self == Self::Unauthenticated {
            // A 401 names a scheme (RFC 9110, 15.5.2): this one (RFC 6750, 3).
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        unavailable(&fault)
    }
}

/// Something that the service needs does not answer: logged here, once.
pub fn unavailable(error: &dyn Display) -> Refusal {
    tracing::error!(%error, "something that the service needs does not answer");
    Refusal::Unavailable
}

/// A fault of the service: logged here, once.
pub fn internal(error: &dyn Display) -> Refusal {
    tracing::error!(%error, "a request failed");
    Refusal::Internal
}
