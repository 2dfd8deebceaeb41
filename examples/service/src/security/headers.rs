//! Response headers of the policy, on every response: refusals, unknown paths and errors included.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::Entry;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use std::fmt;
use std::sync::Arc;

/// The response headers of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name, in any letter case, and value.
    pub response: &'static [(&'static str, &'static str)],
}

/// A header that HTTP does not allow (RFC 9110, 5.1 and 5.5): the service must not start.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidHeader {
    name: &'static str,
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        write!(f, "the policy's header {name:?} is not one of HTTP")
    }
}

/// As `Display`, because `fn main() -> Result<_, Box<dyn Error>>` prints this.
impl fmt::Debug for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InvalidHeader {}

/// The router with the headers on every response that does not have them yet.
///
/// Call it last, on the whole router: a layer that is added later lies outside, and what it refuses
/// would go out without the headers.
///
/// # Errors
/// A header that HTTP does not allow.
pub fn apply<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    settings: &Settings,
) -> Result<Router<S>, InvalidHeader> {
    let parse = |&(name, value): &(&'static str, &'static str)| {
        let invalid = InvalidHeader { name };
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid.clone())?;
        let value = HeaderValue::from_str(value).map_err(|_| invalid)?;
        Ok((parsed, value))
    };
    let headers: Result<Vec<_>, _> = settings.response.iter().map(parse).collect();
    Ok(router.layer(from_fn_with_state(Fields(headers?.into()), set)))
}

/// The parsed headers, shared by all requests.
#[derive(Clone)]
struct Fields(Arc<[(HeaderName, HeaderValue)]>);

async fn set(State(Fields(fields)): State<Fields>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in fields.iter() {
        // A handler may have a reason for its own value. `try_` because a map of headers has a limit.
        if let Ok(Entry::Vacant(vacant)) = headers.try_entry(name) {
            // Only a map that is full refuses, which the entry has just checked.
            drop(vacant.try_insert(value.clone()));
        }
    }
    response
}
