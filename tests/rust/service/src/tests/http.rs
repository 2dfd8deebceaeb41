//! Headers, limits of bodies and quotas, over the router as it is served.

use super::{client, ip};
use crate::security::client_ip::{Cidr, Network};
use crate::security::headers::{self, Settings};
use crate::security::input::{self, CheckedJson};
use crate::security::policy::PROD;
use crate::security::rate_limit::{
    Decision, Limiter, OnStoreError, Pending, Quota, Store, StoreDown,
};
use crate::security::rate_limit_axum::{PerClient, per_client};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde_json::Value;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

fn service() -> Router {
    let router = Router::new()
        .route("/json", post(|_: CheckedJson<Value>| async { "read" }))
        .route(
            "/raw",
            post(|body: Bytes| async move { body.len().to_string() }),
        )
        .route(
            "/own",
            get(|| async { ([("cache-control", "max-age=60")], "own") }),
        );
    headers::apply(input::apply(router, &PROD.input), &PROD.headers).unwrap()
}

async fn ask(router: &Router, request: Request) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers, String::from_utf8_lossy(&body).into_owned())
}

fn request(method: &str, path: &str, content_type: &[&str], body: impl Into<Body>) -> Request {
    let mut request = Request::builder().method(method).uri(path);
    for line in content_type {
        request = request.header("content-type", *line);
    }
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn every_response_has_the_headers() {
    let router = service();
    let large = vec![b'x'; PROD.input.max_body + 1];
    for (request, status) in [
        (
            request("POST", "/json", &["application/json"], "[]"),
            StatusCode::OK,
        ),
        (request("GET", "/missing", &[], ""), StatusCode::NOT_FOUND),
        (
            request("GET", "/json", &[], ""),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            request("POST", "/json", &["application/json"], "["),
            StatusCode::BAD_REQUEST,
        ),
        (
            request("POST", "/raw", &["text/csv"], large),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (
            request("POST", "/raw", &["text/plain"], "x"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let (found, headers, _) = ask(&router, request).await;
        assert_eq!(found, status);
        for (name, value) in PROD.headers.response {
            let lines: Vec<_> = headers.get_all(*name).iter().collect();
            assert_eq!(lines, [value], "{name} of {status}");
        }
    }
}

#[tokio::test]
async fn a_header_that_is_there_stays() {
    let (status, headers, _) = ask(&service(), request("GET", "/own", &[], "")).await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<_> = headers.get_all("cache-control").iter().collect();
    assert_eq!(lines, ["max-age=60"]);
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[test]
fn a_header_that_http_does_not_allow_is_refused_at_start() {
    for response in [
        &[("bad name", "x")],
        &[("", "x")],
        &[("x-bad", "a\r\nset-cookie: b")],
        &[("x-bad", "\0")],
    ] {
        let refused = headers::apply(Router::<()>::new(), &Settings { response });
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(response[0].0) && !text.contains("set-cookie"));
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let router = service();
    let max = PROD.input.max_body;
    for (size, status) in [
        (0, StatusCode::OK),
        (1, StatusCode::OK),
        (max, StatusCode::OK),
        (max + 1, StatusCode::PAYLOAD_TOO_LARGE),
        (4 * max, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = vec![b'x'; size];
        let (found, ..) = ask(&router, request("POST", "/raw", &["text/csv"], body)).await;
        assert_eq!(found, status, "{size}");
    }
    // What is announced is refused unread.
    let mut announced = request("POST", "/raw", &["text/csv"], "x");
    let length = (max + 1).to_string().parse().unwrap();
    announced.headers_mut().insert("content-length", length);
    let (found, ..) = ask(&router, announced).await;
    assert_eq!(found, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_limit_above_that_of_axum_holds_too() {
    static LARGE: input::Settings = input::Settings {
        max_body: 5 << 20,
        ..PROD.input
    };
    let router = Router::new().route("/raw", post(|_: Bytes| async {}));
    let router = input::apply(router, &LARGE);
    for (size, status) in [
        (4 << 20, StatusCode::OK),
        (6 << 20, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = vec![b'x'; size];
        let (found, ..) = ask(&router, request("POST", "/raw", &["text/csv"], body)).await;
        assert_eq!(found, status, "{size}");
    }
}

#[tokio::test]
async fn a_body_is_of_a_listed_type() {
    let router = service();
    let refused = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    for (content_type, status) in [
        (&["text/csv"][..], StatusCode::OK),
        (&["Text/CSV; charset=utf-8"], StatusCode::OK),
        (&["application/json"], StatusCode::OK),
        (&["text/csv "], StatusCode::OK),
        (&[], refused),
        (&["text/plain"], refused),
        (&["text/csv2"], refused),
        (&["text"], refused),
        (&[""], refused),
        (&["text/plain; text/csv"], refused),
        (&["text/csv, text/plain"], refused),
        (&["text/csv", "text/plain"], refused),
    ] {
        let (found, headers, _) = ask(&router, request("POST", "/raw", content_type, "x")).await;
        assert_eq!(found, status, "{content_type:?}");
        if status == refused {
            assert_eq!(headers["accept"], "application/json, text/csv");
        }
    }
    // No body, no type.
    let (found, ..) = ask(&router, request("POST", "/raw", &[], Body::empty())).await;
    assert_eq!(found, StatusCode::OK);
}

#[tokio::test]
async fn json_has_limits() {
    let router = service();
    let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
    let long = format!("\"{}\"", "x".repeat(1025));
    let many = format!("[{}0]", "0,".repeat(100));
    for (body, status) in [
        ("{\"a\": [1]}", StatusCode::OK),
        ("{\"a\": ", StatusCode::BAD_REQUEST),
        (&deep, StatusCode::UNPROCESSABLE_ENTITY),
        (&long, StatusCode::UNPROCESSABLE_ENTITY),
        (&many, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let request = request("POST", "/json", &["application/json"], body.to_owned());
        let (found, _, text) = ask(&router, request).await;
        assert_eq!(found, status, "{body}");
        assert!(
            !text.contains("xxx"),
            "an error repeats nothing of the body"
        );
    }
    // Another listed type is no JSON; and without the layer nothing is read.
    let csv = request("POST", "/json", &["text/csv"], "[]");
    assert_eq!(
        ask(&router, csv).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let bare = Router::new().route("/json", post(|_: CheckedJson<Value>| async {}));
    let json = request("POST", "/json", &["application/json"], "[]");
    assert_eq!(ask(&bare, json).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

/// A store that does not answer.
struct Down(Quota);

impl Store for Down {
    fn quota(&self) -> &Quota {
        &self.0
    }

    fn check(&self, _: IpAddr) -> Pending<'_, Decision> {
        Box::pin(ready(Err(StoreDown)))
    }
}

fn limited(store: Arc<dyn Store>) -> Router {
    static NETWORK: Network = Network {
        trusts: &[Cidr::v4([192, 0, 2, 1], 32)],
        ipv6_prefix: 64,
    };
    Router::new()
        .route("/", get(|| async { "served" }))
        .layer(from_fn_with_state(
            PerClient::new(store, &NETWORK),
            per_client,
        ))
}

async fn from(router: &Router, peer: IpAddr, forwarded: &str) -> (StatusCode, HeaderMap) {
    let mut request = request("GET", "/", &[], "");
    if !forwarded.is_empty() {
        let value = forwarded.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", value);
    }
    let peer = ConnectInfo(SocketAddr::from((peer, 4711)));
    request.extensions_mut().insert(peer);
    let (status, headers, _) = ask(router, request).await;
    (status, headers)
}

const TWO: Quota = Quota {
    name: "two",
    requests: 2,
    per: Duration::from_secs(60),
    burst: 0,
    on_store_error: OnStoreError::Deny,
};

#[tokio::test]
async fn a_client_that_used_up_its_quota_is_answered_429() {
    let router = limited(Arc::new(Limiter::new(TWO)));
    for left in ["1", "0"] {
        let (status, headers) = from(&router, client(1), "").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["ratelimit-policy"], "\"two\";q=2;w=60");
        let state = headers["ratelimit"].to_str().unwrap().to_owned();
        assert!(
            state.starts_with(&format!("\"two\";r={left};t=")),
            "{state}"
        );
        assert!(!headers.contains_key("retry-after"));
    }
    let (status, headers) = from(&router, client(1), "").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((59..=61).contains(&wait), "{wait}");
    assert_eq!(from(&router, client(2), "").await.0, StatusCode::OK);
    // A stranger's word is not believed; that of our proxy is.
    let forged = from(&router, client(1), "203.0.113.5").await.0;
    assert_eq!(forged, StatusCode::TOO_MANY_REQUESTS);
    let proxy = ip("192.0.2.1");
    let own = from(&router, proxy, "10.0.0.1").await.0;
    assert_eq!(own, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(&router, proxy, "10.0.0.3").await.0, StatusCode::OK);
}

#[tokio::test]
async fn ipv6_neighbours_share_a_quota() {
    let router = limited(Arc::new(Limiter::new(TWO)));
    for (address, status) in [
        ("2001:db8:1:2::1", StatusCode::OK),
        ("2001:db8:1:2::2", StatusCode::OK),
        ("2001:db8:1:2:ffff::3", StatusCode::TOO_MANY_REQUESTS),
        ("2001:db8:1:3::1", StatusCode::OK),
    ] {
        assert_eq!(from(&router, ip(address), "").await.0, status, "{address}");
    }
}

#[tokio::test]
async fn the_policy_says_what_happens_while_the_store_is_down() {
    let (status, headers) = from(&limited(Arc::new(Down(TWO))), client(1), "").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers["retry-after"], "1");
    assert!(!headers.contains_key("ratelimit") && !headers.contains_key("ratelimit-policy"));
    let allow = Quota {
        on_store_error: OnStoreError::Allow,
        ..TWO
    };
    let (status, headers) = from(&limited(Arc::new(Down(allow))), client(1), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn a_full_limiter_answers_newcomers_503() {
    let router = limited(Arc::new(Limiter::with_max_clients(TWO, 1)));
    assert_eq!(from(&router, client(1), "").await.0, StatusCode::OK);
    let (status, headers) = from(&router, client(2), "").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(from(&router, client(1), "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn without_the_address_nothing_is_served() {
    let router = limited(Arc::new(Limiter::new(TWO)));
    let (status, ..) = ask(&router, request("GET", "/", &[], "")).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}
