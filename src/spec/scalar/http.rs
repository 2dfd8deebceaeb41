//! Words of HTTP: methods, headers, cookies, and who may do what.

use super::{BadScalar, Origin, all, scalar, word};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

scalar! {
    /// A method of requests, in upper case as browsers send it.
    Method, "method", pattern: "^[A-Z]+$", max: 16, examples: ["GET", "PUT"],
    hint: "a method is written in upper case, such as PUT"
}
impl Method {
    fn accepts(text: &str) -> bool {
        all(text, 16, |c| c.is_ascii_uppercase())
    }
}

scalar! {
    /// A response or request header's name: letters, digits and `-` (a part of RFC 9110 5.1 that every program takes).
    HeaderName, "header name", pattern: "^[A-Za-z][A-Za-z0-9-]*$", max: 64, examples: ["X-Powered-By"],
    hint: "a header's name has letters, digits and - only, such as X-Powered-By"
}
impl HeaderName {
    fn accepts(text: &str) -> bool {
        all(text, 64, |c| c.is_ascii_alphanumeric() || c == '-') && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

scalar! {
    /// A cookie's name: a part of RFC 6265 4.1.1 that every program takes.
    CookieName, "cookie name", pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max: 128, examples: ["__Host-session"],
    hint: "a cookie's name has letters, digits, _ . and - only, such as __Host-session"
}
impl CookieName {
    fn accepts(text: &str) -> bool {
        all(text, 128, |c| word(c) || c == '.') && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    }
}

scalar! {
    /// A media type without parameters.
    MediaType, "media type", pattern: "^[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+$", max: 255, examples: ["text/html"],
    hint: "a media type such as text/html"
}
impl MediaType {
    fn accepts(text: &str) -> bool {
        let token = |t: &str| all(t, 127, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
        text.split_once('/').is_some_and(|(a, b)| token(a) && token(b))
    }
}

scalar! {
    /// The name of a browser feature (Permissions Policy), in lower case.
    FeatureName, "feature", pattern: "^[a-z][a-z0-9-]*[a-z0-9]$", max: 64, examples: ["camera", "geolocation"],
    hint: "a feature's name has lower-case letters, digits and - only, such as camera"
}
impl FeatureName {
    fn accepts(text: &str) -> bool {
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        text.len() > 1 && all(text, 64, |c| ends(c) || c == '-') && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.ends_with(ends)
    }
}

scalar! {
    /// Who may have a browser feature: `self`, or an origin, perhaps with `*.` in front of its host.
    PermissionSource, "who may have a feature", pattern: "^(self|https?://(\\*\\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?)$", max: 270, examples: ["self", "https://pay.example.com"],
    hint: "self, or an origin such as https://pay.example.com or https://*.example.com; write [] for nobody"
}
impl PermissionSource {
    fn accepts(text: &str) -> bool {
        text == "self" || Origin::accepts(&text.replacen("://*.", "://", 1))
    }
}

scalar! {
    /// Who may read answers of another origin: an origin, `*`, or `null` (which every sandboxed frame has).
    CorsOrigin, "origin", pattern: "^(\\*|null|https?://[a-z0-9.-]+(:[0-9]{1,5})?)$", max: 268, examples: ["https://app.example.com"],
    hint: "an origin as browsers write it, in lower case, such as https://app.example.com; or * for everybody"
}
impl CorsOrigin {
    fn accepts(text: &str) -> bool {
        matches!(text, "*" | "null") || (Origin::accepts(text) && !text.bytes().any(|b| b.is_ascii_uppercase()))
    }
}
