//! The scalars of the spec: each a text with a grammar of its own, checked once, here.
//!
//! Every type refuses control characters and line breaks, so that no value can leave its line in an artifact; each
//! target's encoder proves the rest.

pub use super::size::Size;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A text that is not of the grammar of its type: what it must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadScalar(pub &'static str);

impl fmt::Display for BadScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadScalar {}

/// Implements serde, schema and text conversion for a newtype over what `parse` returns.
macro_rules! scalar {
    ($(#[$doc:meta])* $name:ident, $title:literal, pattern: $pattern:literal, max: $max:literal, examples: [$($example:literal),*], hint: $hint:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadScalar;
            fn from_str(text: &str) -> Result<Self, BadScalar> {
                if $name::accepts(text) { Ok(Self(text.to_owned())) } else { Err(BadScalar($hint)) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                // `hint` is the message of the pattern: editors show the description, secgen prints the hint. Lengths are limited
                // by maxLength: a counted repetition would make the pattern's automaton a thousand times as large.
                json_schema!({ "type": "string", "title": $title, "description": $hint, "pattern": $pattern, "maxLength": $max, "examples": [$($example),*] })
            }
        }
    };
}

fn all(text: &str, max: usize, ok: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.len() <= max && text.chars().all(ok)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

scalar! {
    /// A name: ASCII letters, digits, `-` and `_`, at most 63.
    Name, "name", pattern: "^[A-Za-z][A-Za-z0-9_-]*$", max: 63, examples: ["api", "payments-api"],
    hint: "a name starts with a letter and has letters, digits, - and _ only, 63 at most"
}
impl Name {
    fn accepts(text: &str) -> bool {
        all(text, 63, word) && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

scalar! {
    /// A key id (`kid`) of a token key: printable ASCII without quotes and backslash, at most 64.
    KeyId, "key id", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$", max: 64, examples: ["2026-11"],
    hint: "a key id has letters, digits, dot, - and _ only, 64 at most, such as \"2026-11\" (in quotes)"
}
impl KeyId {
    fn accepts(text: &str) -> bool {
        all(text, 64, |c| word(c) || c == '.') && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    }
}

scalar! {
    /// The version of a layer: letters, digits, dot and `-`, at most 32.
    LayerVersion, "layer version", pattern: "^[A-Za-z0-9][A-Za-z0-9.-]*$", max: 32, examples: ["2026.3"],
    hint: "a layer's version has letters, digits, dot and - only, in quotes, such as \"2026.3\""
}
impl LayerVersion {
    fn accepts(text: &str) -> bool {
        all(text, 32, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    }
}

scalar! {
    /// A SHA-256 digest: 64 hexadecimal digits in lower case.
    Sha256, "SHA-256", pattern: "^[0-9a-f]+$", max: 64, examples: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    hint: "a SHA-256 digest has 64 hexadecimal digits, as sha256sum prints it"
}
impl Sha256 {
    fn accepts(text: &str) -> bool {
        text.len() == 64 && all(text, 64, |c| matches!(c, '0'..='9' | 'a'..='f'))
    }
}

scalar! {
    /// A key of the spec, dotted: `http.headers.hsts`.
    SpecKey, "spec key", pattern: "^[a-z][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$", max: 256, examples: ["tls.min_version"],
    hint: "a key of the spec is written with dots, such as http.headers.hsts"
}
impl SpecKey {
    fn accepts(text: &str) -> bool {
        text.len() <= 256 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('.').all(|part| all(part, 256, word))
    }
}

scalar! {
    /// The name of an environment variable.
    EnvName, "environment variable", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", max: 128, examples: ["JWT_SECRET"],
    hint: "an environment variable's name has letters, digits and _ only, such as JWT_SECRET"
}
impl EnvName {
    fn accepts(text: &str) -> bool {
        all(text, 128, |c| c.is_ascii_alphanumeric() || c == '_') && !text.starts_with(|c: char| c.is_ascii_digit())
    }
}

scalar! {
    /// The name of a permission: ASCII letters, digits, `.`, `:`, `-` and `_`, at most 63.
    PermissionName, "permission", pattern: "^[A-Za-z][A-Za-z0-9._:-]*$", max: 63, examples: ["report.read"],
    hint: "a permission starts with a letter and has letters, digits, . : - and _ only, 63 at most, such as report.read"
}
impl PermissionName {
    fn accepts(text: &str) -> bool {
        all(text, 63, |c| word(c) || matches!(c, '.' | ':')) && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

scalar! {
    /// A scope of an access token (RFC 6749 3.3).
    ScopeToken, "scope", pattern: "^[!#-\\[\\]-~]+$", max: 128, examples: ["reports:read"],
    hint: "a scope is printable ASCII without blanks, quotes and backslashes, such as reports:read"
}
impl ScopeToken {
    fn accepts(text: &str) -> bool {
        all(text, 128, |c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
    }
}

scalar! {
    /// One line of text for people: reasons, owners. Never part of an artifact's code.
    Prose, "text", pattern: "^[^\\u0000-\\u001f\\u007f]+$", max: 1000, examples: ["partner portal, SEC-12"],
    hint: "one line of text, 1000 characters at most"
}
impl Prose {
    fn accepts(text: &str) -> bool {
        !text.is_empty() && text.chars().count() <= 1000 && !text.chars().any(char::is_control)
    }
}

scalar! {
    /// The name of a waiver: letters, digits, dot, `-` and `_`, at most 64.
    WaiverId, "waiver id", pattern: "^[A-Za-z][A-Za-z0-9._-]*$", max: 64, examples: ["W-2026-004"],
    hint: "a waiver's id starts with a letter and has letters, digits, dot, - and _ only, 64 at most, such as W-2026-004"
}
impl WaiverId {
    fn accepts(text: &str) -> bool {
        all(text, 64, |c| word(c) || c == '.') && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

scalar! {
    /// The name of a task: small letters, digits and `-`, at most 63.
    TaskId, "task id", pattern: "^[a-z][a-z0-9-]*$", max: 63, examples: ["restore-test"],
    hint: "a task's id starts with a small letter and has small letters, digits and - only, 63 at most, such as restore-test"
}
impl TaskId {
    fn accepts(text: &str) -> bool {
        all(text, 63, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && text.starts_with(|c: char| c.is_ascii_lowercase())
    }
}

scalar! {
    /// What a statement rests on: a file inside the root, or an https link, which nobody fetches.
    Evidence, "evidence", pattern: "^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?|\\.?[A-Za-z0-9_-][A-Za-z0-9._-]*(/\\.?[A-Za-z0-9_-][A-Za-z0-9._-]*)*)$", max: 1000, examples: ["docs/evidence/pentest-2026.pdf", "https://tickets.example.com/SEC-12"],
    hint: "evidence is a file inside the root (letters, digits, dot, - and _ in each part of its path), or an https link without a user and blanks"
}
impl Evidence {
    fn accepts(text: &str) -> bool {
        if let Some(rest) = text.strip_prefix("https://") {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let origin = text.get(..text.len() - path.len()).unwrap_or_default();
            return text.len() <= 1000
                && !authority.is_empty()
                && Origin::accepts(origin)
                && path.chars().all(|c| word(c) || ".~:/?#@!$&'()*+,;=%".contains(c));
        }
        let part = |p: &str| !p.starts_with("..") && p != "." && all(p, 255, |c| word(c) || c == '.');
        text.len() <= 1000 && text.split('/').all(part)
    }

    /// Whether it is a link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.0.starts_with("https://")
    }
}

scalar! {
    /// A file, a place, or a value as reports print it: one line.
    WaivedText, "text as reports print it", pattern: "^[^\\u0000-\\u001f\\u007f]+$", max: 4000, examples: ["TLSv1.1", "absent"],
    hint: "one line of text as reports print it, 4000 characters at most"
}
impl WaivedText {
    fn accepts(text: &str) -> bool {
        !text.is_empty() && text.chars().count() <= 4000 && !text.chars().any(char::is_control)
    }
}

scalar! {
    /// The number of a control: letters, digits and `._-:()/`, at most 63.
    ControlId, "control", pattern: "^[A-Za-z0-9][A-Za-z0-9._:()/-]*$", max: 63, examples: ["SEC-4.2"],
    hint: "a control's number has letters, digits and ._-:()/ only, 63 at most, such as SEC-4.2"
}
impl ControlId {
    fn accepts(text: &str) -> bool {
        all(text, 63, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '(' | ')' | '/'))
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    }
}

scalar! {
    /// A spec key, or `rule:` with the name of a rule.
    Subject, "spec key or rule", pattern: "^(rule:)?[A-Za-z0-9_][A-Za-z0-9_.-]*$", max: 200, examples: ["tls.min_version", "rule:tls-protocols"],
    hint: "write a spec key such as tls.min_version, or rule: with the name of a rule"
}
impl Subject {
    fn accepts(text: &str) -> bool {
        let name = text.strip_prefix("rule:").unwrap_or(text);
        all(text, 200, |c| word(c) || matches!(c, '.' | ':')) && !name.contains(':') && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    }
}

scalar! {
    /// Who answers for something: a team, a person's handle or an address.
    Owner, "owner", pattern: "^[^\\u0000-\\u001f\\u007f ]+$", max: 200, examples: ["@acme/security"],
    hint: "a team, handle or address without blanks, such as \"@acme/security\""
}
impl Owner {
    fn accepts(text: &str) -> bool {
        !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(|c| c.is_control() || c == ' ')
    }
}

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
    /// A web origin: scheme, host, optional port, nothing else (RFC 6454).
    Origin, "origin", pattern: "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", max: 268, examples: ["https://app.example.com"],
    hint: "an origin is scheme, host and maybe a port, such as https://app.example.com (no path, no slash at the end)"
}
impl Origin {
    fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
        let (host, port) = rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p)));
        all(host, 253, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            && port.is_none_or(|p| (1..=5).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u32>().is_ok_and(|p| p > 0 && p <= 65535))
    }
}

scalar! {
    /// The address of a service to scan: scheme, host, maybe a port and a path; no user, no query.
    ScanTarget, "address to scan", pattern: "^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(/[A-Za-z0-9._~/-]*)?$", max: 500, examples: ["https://staging.example.com"],
    hint: "an address to scan is scheme, host and maybe a port and a path with letters, digits and ._~/- only, such as https://staging.example.com"
}
impl ScanTarget {
    fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.split(':').next().unwrap_or_default();
        text.len() <= 500
            && Host::accepts(host)
            && !host.starts_with('*')
            && !authority.strip_prefix(host).is_some_and(|port| port.starts_with(":0"))
            && Origin::accepts(&text[..text.len() - path.len()])
            && path.chars().all(|c| word(c) || matches!(c, '.' | '~' | '/'))
    }
}

scalar! {
    /// Somebody to turn to: an e-mail address, an `https://` address, or `tel:` with an international number.
    Contact, "contact", pattern: "^(https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+=?#-]*)?|tel:\\+[0-9]+(-[0-9]+)*|[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9.-]*)$", max: 254, examples: ["security@example.com", "https://example.com/security", "tel:+49-30-555-0100"],
    hint: "a contact is an e-mail address, an address with https://, or tel: with + and digits, such as security@example.com or tel:+49-30-555-0100"
}
impl Contact {
    fn accepts(text: &str) -> bool {
        if let Some(number) = text.strip_prefix("tel:+") {
            return all(text, 64, |c| c.is_ascii()) && number.split('-').all(|part| all(part, 20, |c| c.is_ascii_digit()));
        }
        if text.starts_with("https://") {
            return HttpsUrl::accepts(text) && text.len() <= 254;
        }
        text.len() <= 254
            && text.split_once('@').is_some_and(|(local, host)| {
                all(local, 64, |c| word(c) || matches!(c, '.' | '+'))
                    && local.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && Host::accepts(host)
                    && host.contains('.')
                    && !host.starts_with('*')
            })
    }

    /// As a URI, which RFC 9116 asks for.
    #[must_use]
    pub fn uri(&self) -> String {
        if self.0.contains('@') && !self.0.starts_with("https://") { format!("mailto:{}", self.0) } else { self.0.clone() }
    }
}

scalar! {
    /// The address of a page: `https`, host, maybe a port and a path.
    HttpsUrl, "https address", pattern: "^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+=?#-]*)?$", max: 500, examples: ["https://example.com/security"],
    hint: "an address starts with https:// and has letters, digits and ._~/%+=?#- only, such as https://example.com/security"
}
impl HttpsUrl {
    fn accepts(text: &str) -> bool {
        let Some(rest) = text.strip_prefix("https://") else { return false };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.split(':').next().unwrap_or_default();
        text.len() <= 500
            && Host::accepts(host)
            && !host.starts_with('*')
            && Origin::accepts(&text[..text.len() - path.len()])
            && path.chars().all(|c| word(c) || matches!(c, '.' | '~' | '/' | '%' | '+' | '=' | '?' | '#'))
    }
}

scalar! {
    /// A language (RFC 5646): `en`, `de-CH`.
    LanguageTag, "language", pattern: "^[A-Za-z]+(-[A-Za-z0-9]+)*$", max: 35, examples: ["en", "de"],
    hint: "a language is written as in RFC 5646, such as en or de-CH"
}
impl LanguageTag {
    fn accepts(text: &str) -> bool {
        let mut parts = text.split('-');
        text.len() <= 35
            && parts.next().is_some_and(|first| (2..=3).contains(&first.len()) && all(first, 3, |c| c.is_ascii_alphabetic()))
            && parts.all(|part| all(part, 8, |c| c.is_ascii_alphanumeric()))
    }
}

scalar! {
    /// A container image with a registry, and a tag, a digest, or both.
    ImageName, "container image", pattern: "^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+(:[A-Za-z0-9_][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$", max: 400, examples: ["ghcr.io/zaproxy/zaproxy:2.17.0"],
    hint: "an image is registry, path, and a tag or a digest, such as ghcr.io/zaproxy/zaproxy:2.17.0"
}
impl ImageName {
    fn accepts(text: &str) -> bool {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        let is_digest = |d: &str| d.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        let Some((registry, rest)) = name.split_once('/') else { return false };
        let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
        let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let part = |p: &str| all(p, 400, |c| lower(c) || matches!(c, '.' | '_' | '-')) && p.starts_with(lower) && p.ends_with(lower);
        text.len() <= 400
            && all(host, 400, |c| lower(c) || matches!(c, '.' | '-'))
            && host.starts_with(lower)
            && port.is_none_or(|p| all(p, 5, |c| c.is_ascii_digit()))
            && path.split('/').all(part)
            && tag.is_none_or(|t| all(t, 400, |c| word(c) || c == '.') && t.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
            && digest.is_none_or(is_digest)
            && (tag.is_some() || digest.is_some())
    }
}

scalar! {
    /// An issuer or audience of tokens (RFC 7519 StringOrURI), printable ASCII without quotes, backslash and blanks.
    TokenParty, "issuer or audience", pattern: "^[!#-\\[\\]-~]+$", max: 255, examples: ["https://api.example.com"],
    hint: "an issuer or audience is printable ASCII without blanks, quotes and backslashes, such as https://api.example.com"
}
impl TokenParty {
    fn accepts(text: &str) -> bool {
        all(text, 255, |c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'))
    }
}

scalar! {
    /// A host name as `server_name` or a browser writes it; `*.` may stand in front.
    Host, "host", pattern: "^(\\*\\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max: 255, examples: ["app.example.com"],
    hint: "a host name such as app.example.com, or *.example.com"
}
impl Host {
    fn accepts(text: &str) -> bool {
        let bare = text.strip_prefix("*.").unwrap_or(text);
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        all(bare, 253, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')) && edge(bare.chars().next()) && edge(bare.chars().last())
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
    /// A line of a file with `{value}` where a header's value stands.
    LinePattern, "line", pattern: "^[^\\u0000-\\u001f\\u007f]*\\{value\\}[^\\u0000-\\u001f\\u007f]*$", max: 512, examples: ["Strict-Transport-Security \"{value}\""],
    hint: "a line is written as it stands in the file, with {value} once in the place of the header's value and at least one other word"
}
impl LinePattern {
    fn accepts(text: &str) -> bool {
        let rest = text.replacen("{value}", " ", 1);
        text.len() <= 512 && rest.len() < text.len() && !rest.contains("{value}") && rest.contains(char::is_alphanumeric) && !text.chars().any(char::is_control)
    }
}

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

scalar! {
    /// A calendar day, UTC.
    Date, "date", pattern: "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|(([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29))$", max: 10, examples: ["2027-03-31"],
    hint: "a date is a day of the calendar, written year-month-day, such as 2027-03-31"
}
impl Date {
    fn accepts(text: &str) -> bool {
        parse_date(text).is_some()
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(&self) -> i64 {
        parse_date(&self.0).unwrap_or(0)
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, if that is a day of the (proleptic Gregorian) calendar.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let digits = |part: &str, len: usize| (part.len() == len && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok()).flatten();
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=*length).contains(&day) {
        return None;
    }
    // Days from civil, with March as the first month.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468)
}

/// `YYYY-MM-DD` of days since 1970-01-01.
#[must_use]
pub fn format_date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A network: address and prefix length (RFC 4632, RFC 4291), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// The address, host bits as written.
    pub address: std::net::IpAddr,
    /// Leading bits that count.
    pub prefix: u8,
}

impl FromStr for Cidr {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        let hint = BadScalar("a network such as 10.0.0.0/8 or 2001:db8::/32, or one address");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: std::net::IpAddr = address.parse().map_err(|_| hint)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(p) if (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) => p.parse().map_err(|_| hint)?,
            Some(_) => return Err(hint),
        };
        if prefix > most { Err(hint) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Serialize for Cidr {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "network", "description": "a network such as 10.0.0.0/8 or 2001:db8::/32, or one address",
            "pattern": "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$", "examples": ["127.0.0.1/32", "10.0.0.0/8"] })
    }
}

/// A length of time, in whole seconds. Written `30s`, `15m`, `1h`, `7d`, `52w`, `1y` (365 days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// From seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = BadScalar;
    fn from_str(text: &str) -> Result<Self, BadScalar> {
        let hint = BadScalar("a duration is a whole number with a unit: 30s, 15m, 1h, 7d, 52w or 1y (365 days), 100 years at most");
        let unit = text.chars().last().ok_or(hint)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            'y' => 31_536_000,
            _ => return Err(hint),
        };
        let number = &text[..text.len() - unit.len_utf8()];
        if number.is_empty() || number.len() > 10 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(hint);
        }
        let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).filter(|s| *s <= 3_153_600_000).ok_or(hint)?;
        Ok(Self(seconds))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = match self.0 {
            0 => (0, "s"),
            s if s % 86_400 == 0 => (s / 86_400, "d"),
            s if s % 3600 == 0 => (s / 3600, "h"),
            s if s % 60 == 0 => (s / 60, "m"),
            s => (s, "s"),
        };
        write!(f, "{n}{unit}")
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "duration",
            "description": "a duration is a whole number with a unit: 30s, 15m, 1h, 7d, 52w or 1y (365 days), 100 years at most",
            "pattern": "^[0-9]{1,10}[smhdwy]$", "examples": ["30s", "1h", "365d"] })
    }
}

/// A list that is a set: order and repetition do not matter. In a layer above another it may be written
/// `{ add: [...], remove: [...] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetOf<T>(pub Vec<T>);

impl<T> std::ops::Deref for SetOf<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: JsonSchema> JsonSchema for SetOf<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("SetOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [
            { "type": "array", "items": item, "uniqueItems": true },
            { "type": "object", "description": "changes the list of the layer below", "additionalProperties": false, "minProperties": 1, "properties": {
                "add": { "type": "array", "items": item, "description": "members to add to the list of the layer below" },
                "remove": { "type": "array", "items": item, "description": "members to take out of the list of the layer below; each must be in it" } } }
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(parse_date("1970-01-01"), Some(0));
        assert_eq!(parse_date("2026-11-25"), Some(20_782));
        assert_eq!(format_date(20_782), "2026-11-25");
        assert_eq!(parse_date("2024-02-29").map(format_date).as_deref(), Some("2024-02-29"));
        for bad in ["2023-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-11-31", "+026-11-01", ""] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!("1h".parse(), Ok(Duration::from_secs(3600)));
        assert_eq!("365d".parse::<Duration>().map(|d| d.to_string()), Ok("365d".to_owned()));
        for bad in ["", "1", "h", "1.5h", "-1h", "1 h", "1H", "99999999999y", "1é"] {
            assert!(bad.parse::<Duration>().is_err(), "{bad}");
        }
    }
}
