//! Paths: in the repository, on a server, of a request.

use super::{BadScalar, all, scalar, word};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

scalar! {
    /// A path relative to the root, with `/`. Letters, digits and `._-/{}` only; never upwards, never hidden git data.
    RelPath, "path", pattern: "^(\\.|\\.?[A-Za-z0-9_{}-][A-Za-z0-9._{}-]*(/\\.?[A-Za-z0-9_{}-][A-Za-z0-9._{}-]*)*)/?$", max: 1024, examples: ["deploy/nginx/{env}"],
    hint: "a path is relative to the root, with /, and has letters, digits, dot, -, _ only ({env} stands for the environment)"
}
impl RelPath {
    fn accepts(text: &str) -> bool {
        // No `..` and no `.` on the way: a path never leaves the folder that it names.
        let part = |p: &str| !p.starts_with("..") && p != "." && !p.is_empty() && p.chars().all(|c| word(c) || matches!(c, '.' | '{' | '}'));
        let body = text.strip_suffix('/').unwrap_or(text);
        text.len() <= 1024 && (body == "." || body.split('/').all(part))
    }
}

scalar! {
    /// A path or pattern of files to check, relative to the root. `*`, `?`, `[...]` and `**` are patterns.
    PathPattern, "path or pattern", pattern: "^[^/\\u0000-\\u001f\\u007f\\\\][^\\u0000-\\u001f\\u007f\\\\]*$", max: 1024, examples: ["deploy/nginx/nginx.conf", "src/**/*.rs"],
    hint: "a path or pattern is relative to the root, with /, such as src/**/*.rs"
}
impl PathPattern {
    fn accepts(text: &str) -> bool {
        !text.is_empty() && text.len() <= 1024 && !text.starts_with('/') && !text.chars().any(|c| c.is_control() || c == '\\')
    }
}

scalar! {
    /// An absolute path on a server, as configuration names it.
    ServerPath, "server path", pattern: "^/[A-Za-z0-9._/@:+-]*$", max: 1024, examples: ["/etc/nginx"],
    hint: "an absolute path with letters, digits and ._@:+- only, such as /etc/nginx"
}
impl ServerPath {
    fn accepts(text: &str) -> bool {
        text.starts_with('/') && all(text, 1024, |c| word(c) || matches!(c, '.' | '/' | '@' | ':' | '+'))
    }
}

scalar! {
    /// The path of a request: starts with `/`; unreserved characters of RFC 3986 and `/`.
    UrlPath, "request path", pattern: "^/[A-Za-z0-9._~/@:%+-]*$", max: 1024, examples: ["/api/", "/login"],
    hint: "a request path starts with / and has letters, digits and ._~@:%+- only, such as /api/"
}
impl UrlPath {
    fn accepts(text: &str) -> bool {
        text.starts_with('/') && all(text, 1024, |c| word(c) || matches!(c, '.' | '~' | '/' | '@' | ':' | '%' | '+'))
    }
}
