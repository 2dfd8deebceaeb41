//! Lines of text: for people, and of files.

use super::{BadScalar, all, scalar};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

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
