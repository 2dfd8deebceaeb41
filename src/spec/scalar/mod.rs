//! The scalars of the spec: each a text with a grammar of its own, checked once, here.
//!
//! Every type refuses control characters and line breaks, so that no value can leave its line in an artifact; each
//! target's encoder proves the rest.

mod addresses;
mod http;
mod names;
mod paths;
mod size;
mod text;
mod time;

pub use addresses::{Cidr, Contact, Evidence, Host, HttpsUrl, ImageName, Origin, ScanTarget};
pub use http::{CookieName, CorsOrigin, FeatureName, HeaderName, MediaType, Method, PermissionSource};
pub use names::{ControlId, EnvName, KeyId, LayerVersion, Name, PermissionName, ScopeToken, Sha256, SpecKey, Subject, TaskId, TokenParty, WaiverId};
pub use paths::{PathPattern, RelPath, ServerPath, UrlPath};
pub use size::Size;
pub use text::{LanguageTag, LinePattern, Owner, Prose, WaivedText};
pub use time::{Date, Duration, format_date, parse_date};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

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
use scalar;

fn all(text: &str, max: usize, ok: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.len() <= max && text.chars().all(ok)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
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
