//! Names and numbers of things: what people and programs call them by.

use super::{BadScalar, all, scalar, word};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

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
