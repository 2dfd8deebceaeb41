//! What a request may carry at most (ASVS 5.0, 2.2.1): the size and media type of a body, and the shape
//! of JSON.

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;
use tower_http::limit::RequestBodyLimitLayer;

/// The limits of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The largest body, in bytes.
    pub max_body: usize,
    /// The media types that a body may have, in lower case and without parameters; empty: any.
    pub content_types: &'static [&'static str],
    /// The longest text in a body, in bytes of UTF-8.
    pub max_string: Option<usize>,
    /// The most elements of a list or fields of an object in a body.
    pub max_list: Option<usize>,
    /// How deep lists and objects may be nested in a body: a list of numbers has depth 1.
    pub max_depth: Option<usize>,
}

/// The router, where a body that is larger is answered with 413 (RFC 9110, 15.5.14) and one of another
/// type with 415 (15.5.16).
///
/// A length that is announced is refused before the body is read; one that is not is counted while it
/// comes in, and reading ends at the limit. [`CheckedJson`] needs this layer.
pub fn apply<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    settings: &'static Settings,
) -> Router<S> {
    router
        // What extractors read; without it they have a limit of their own, which may be lower.
        .layer(DefaultBodyLimit::max(settings.max_body))
        .layer(RequestBodyLimitLayer::new(settings.max_body))
        .layer(from_fn_with_state(settings, check_type))
}

async fn check_type(
    State(settings): State<&'static Settings>,
    mut request: Request,
    next: Next,
) -> Response {
    let types = settings.content_types;
    if !request.body().is_end_stream() && !is_one_of(types, request.headers()) {
        return unsupported(&types.join(", "));
    }
    request.extensions_mut().insert(settings);
    next.run(request).await
}

/// 415, and in `Accept` what would be understood (RFC 9110, 15.5.16).
fn unsupported(accepted: &str) -> Response {
    let mut response = StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    if let Ok(accepted) = HeaderValue::from_str(accepted) {
        response.headers_mut().insert(header::ACCEPT, accepted);
    }
    response
}

/// The media type without its parameters. `None` where there is none, and where there are several:
/// another reader might take the other one.
fn media_type(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let line = lines.next()?.to_str().ok()?;
    let bare = line.split_once(';').map_or(line, |(bare, _)| bare);
    lines.next().is_none().then(|| bare.trim())
}

/// Whether the body is of one of these media types.
fn is_one_of(types: &[&str], headers: &HeaderMap) -> bool {
    let found = media_type(headers);
    let is = |known: &&str| found.is_some_and(|found| known.eq_ignore_ascii_case(found));
    types.is_empty() || types.iter().any(is)
}

/// Why a body is not the JSON that the service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// No JSON (RFC 8259).
    Syntax,
    /// Lists and objects are nested too deep.
    TooDeep,
    /// A text, or the name of a field, is too long.
    TextTooLong,
    /// A list or an object has too many elements.
    TooMany,
    /// JSON, but not of the fields and types that are expected.
    Shape,
}

impl JsonError {
    /// 400 (RFC 9110, 15.5.1) where it is no JSON, else 422 (15.5.21).
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Syntax => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "the body is no JSON",
            Self::TooDeep => "the body is nested too deep",
            Self::TextTooLong => "a text in the body is too long",
            Self::TooMany => "a list or an object in the body has too many elements",
            Self::Shape => "the body has not the fields and types that are expected",
        })
    }
}

impl std::error::Error for JsonError {}

impl IntoResponse for JsonError {
    fn into_response(self) -> Response {
        (self.status(), self.to_string()).into_response()
    }
}

/// Reads JSON that is within the limits. Nothing is built before all of it has been checked.
///
/// # Errors
/// It is no JSON, beyond a limit, or of another shape.
pub fn parse_json<T: DeserializeOwned>(body: &[u8], settings: &Settings) -> Result<T, JsonError> {
    check_json(body, settings)?;
    serde_json::from_slice(body).map_err(|_| JsonError::Shape)
}

/// Whether JSON is within the limits, for a body that something else reads.
///
/// # Errors
/// It is no JSON, or beyond a limit.
pub fn check_json(body: &[u8], settings: &Settings) -> Result<(), JsonError> {
    let refusal = Cell::new(None);
    let check = Check {
        settings,
        depth: 0,
        refusal: &refusal,
    };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let checked = check.deserialize(&mut reader).and_then(|()| reader.end());
    checked.map_err(|_| refusal.get().unwrap_or(JsonError::Syntax))
}

/// An extractor as `axum::Json`, for JSON within the limits. It needs [`apply`] around the router, and
/// answers 500 without it.
///
/// ```ignore
/// async fn create(CheckedJson(report): CheckedJson<NewReport>) -> StatusCode { /* ... */ }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckedJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for CheckedJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let settings = request.extensions().get::<&'static Settings>().copied();
        let settings = settings.ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())?;
        // A form of another site can send JSON as text/plain, without asking first.
        let found = media_type(request.headers()).map(str::to_ascii_lowercase);
        if !found.is_some_and(|found| found == "application/json" || found.ends_with("+json")) {
            return Err(unsupported("application/json"));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let parsed = parse_json(&body, settings);
        parsed.map(Self).map_err(IntoResponse::into_response)
    }
}

/// Walks through JSON without keeping any of it. `serde_json` itself ends at a depth of 128.
#[derive(Clone, Copy)]
struct Check<'a> {
    settings: &'a Settings,
    depth: usize,
    refusal: &'a Cell<Option<JsonError>>,
}

impl Check<'_> {
    fn refuse<E: serde::de::Error>(self, why: JsonError) -> E {
        self.refusal.set(Some(why));
        E::custom(why)
    }

    /// The check of what is one level further in.
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        match self.settings.max_depth {
            Some(max) if depth > max => Err(self.refuse(JsonError::TooDeep)),
            _ => Ok(Self { depth, ..self }),
        }
    }

    fn count<E: serde::de::Error>(self, elements: usize) -> Result<(), E> {
        match self.settings.max_list {
            Some(max) if elements > max => Err(self.refuse(JsonError::TooMany)),
            _ => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match self.settings.max_string {
            Some(max) if text.len() > max => Err(self.refuse(JsonError::TextTooLong)),
            _ => Ok(()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let (inside, mut elements) = (self.inside()?, 0_usize);
        while list.next_element_seed(inside)?.is_some() {
            elements = elements.saturating_add(1);
            self.count(elements)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let (inside, mut elements) = (self.inside()?, 0_usize);
        // A key is a text like others.
        while object.next_key_seed(inside)?.is_some() {
            elements = elements.saturating_add(1);
            self.count(elements)?;
            object.next_value_seed(inside)?;
        }
        Ok(())
    }
}
