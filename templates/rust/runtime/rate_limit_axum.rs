//! Holds clients of an axum service to a quota, by their address.

use super::client_ip::{client_ip, rate_key};
use super::policy::network::IPV6_PREFIX;
use super::rate_limit::{Decision, Limiter, Quota};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A limiter that is shared by all requests of a route.
pub type IpLimiter = Arc<Limiter<IpAddr>>;

/// Middleware: answers 429 to a client that used up its quota.
///
/// ```ignore
/// let api: IpLimiter = Arc::new(Limiter::new(policy::rate_limit::API));
/// let app = Router::new()
///     .route("/api/items", get(items))
///     .layer(axum::middleware::from_fn_with_state(api, rate_limit_axum::per_ip));
/// let service = app.into_make_service_with_connect_info::<SocketAddr>();
/// axum::serve(listener, service).await
/// ```
///
/// Without `into_make_service_with_connect_info` the address is not known, and every request is a 500.
pub async fn per_ip(
    State(limiter): State<IpLimiter>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = rate_key(client_ip(peer.ip(), request.headers()), IPV6_PREFIX);
    let decision = limiter.check(client);
    let mut response = if decision.allowed {
        next.run(request).await
    } else {
        StatusCode::TOO_MANY_REQUESTS.into_response()
    };
    write_headers(response.headers_mut(), limiter.quota(), &decision);
    response
}

/// Adds `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After`
/// (RFC 9110, 10.2.3) to a refusal.
pub fn write_headers(headers: &mut HeaderMap, quota: &Quota, decision: &Decision) {
    let Quota { name, per, .. } = quota;
    let policy = format!("\"{name}\";q={};w={}", quota.limit(), seconds_up(*per));
    append(headers, "ratelimit-policy", &policy);
    let (remaining, reset) = (decision.remaining, seconds_up(decision.reset_after));
    append(
        headers,
        "ratelimit",
        &format!("\"{name}\";r={remaining};t={reset}"),
    );
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
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
