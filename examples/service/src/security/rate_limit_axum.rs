//! Holds clients of an axum service to a quota, by their address.

use super::client_ip::Network;
use super::rate_limit::{Decision, OnStoreError, Quota, Store, StoreDown};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// When to come back while the store does not answer.
const STORE_DOWN_RETRY: Duration = Duration::from_secs(1);

/// One quota for the clients of some routes.
#[derive(Clone)]
pub struct PerClient {
    store: Arc<dyn Store>,
    network: &'static Network,
}

impl PerClient {
    /// Counts in a store, which may be shared by several routes.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, network: &'static Network) -> Self {
        Self { store, network }
    }
}

impl fmt::Debug for PerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerClient")
            .field("quota", self.store.quota())
            .finish_non_exhaustive()
    }
}

/// Middleware: answers 429 (RFC 6585, 4) to a client that used up its quota, and 503 where the policy
/// refuses what cannot be counted.
///
/// ```ignore
/// let api = PerClient::new(Arc::new(Limiter::new(policy.rate_limits.api)), &policy.network);
/// let app = Router::new()
///     .route("/api/items", get(items))
///     .layer(axum::middleware::from_fn_with_state(api, rate_limit_axum::per_client));
/// let service = app.into_make_service_with_connect_info::<SocketAddr>();
/// axum::serve(listener, service).await
/// ```
///
/// Without `into_make_service_with_connect_info` the address is not known, and every request is a 500.
pub async fn per_client(
    State(limit): State<PerClient>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let network = limit.network;
    let client = network.rate_key(network.client_ip(peer.ip(), request.headers()));
    let quota = limit.store.quota();
    let decision = match limit.store.check(client).await {
        Ok(decision) => decision,
        Err(StoreDown) => {
            return match quota.on_store_error {
                // Nothing is known about the quota, so no field says anything about it.
                OnStoreError::Allow => next.run(request).await,
                OnStoreError::Deny => unavailable(STORE_DOWN_RETRY),
            };
        }
    };
    if !decision.counted {
        return unavailable(decision.retry_after);
    }
    let mut response = if decision.allowed {
        next.run(request).await
    } else {
        StatusCode::TOO_MANY_REQUESTS.into_response()
    };
    write_headers(response.headers_mut(), quota, &decision);
    response
}

/// 503 (RFC 9110, 15.6.4): the service cannot count, and the client did nothing wrong.
fn unavailable(retry_after: Duration) -> Response {
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    let wait = HeaderValue::from(seconds_up(retry_after).max(1));
    response.headers_mut().insert(RETRY_AFTER, wait);
    response
}

/// Adds `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After`
/// (RFC 9110, 10.2.3) to a refusal.
pub fn write_headers(headers: &mut HeaderMap, quota: &Quota, decision: &Decision) {
    let Quota { name, per, .. } = quota;
    let policy = format!("\"{name}\";q={};w={}", quota.limit(), seconds_up(*per));
    append(headers, "ratelimit-policy", &policy);
    let (remaining, reset) = (decision.remaining, seconds_up(decision.reset_after));
    let state = format!("\"{name}\";r={remaining};t={reset}");
    append(headers, "ratelimit", &state);
    if !decision.allowed {
        let wait = seconds_up(decision.retry_after).max(1);
        headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    }
}

/// Appends: several quotas may hold for one request, and each says its own.
fn append(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(HeaderName::from_static(name), value);
    }
}

/// Whole seconds, rounded up: nobody should come back too early.
fn seconds_up(time: Duration) -> u64 {
    let part = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(part)
}
