//! `data`: what the service lets in; and what happens to stored data and to output, which no configuration file can show and a
//! person states.

use super::scalar::{Date, Evidence, MediaType, Owner, SetOf, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Data that comes in, and data that is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Encryption of stored data. No file of PostgreSQL can show it, so a person states it.
    pub at_rest: Option<AtRest>,
    /// What a request may carry at most (ASVS 5.0, 2.2.1).
    pub input: Option<DataInput>,
    /// Encoding of output. No file shows that every page and answer is encoded, so a person states it.
    pub output: Option<DataOutput>,
}

/// How output is encoded, and who says so (ASVS 5.0, 1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataOutput {
    /// What encodes it.
    pub encoding: Option<OutputEncoding>,
    /// Who looked, and for how long that counts. Left out: nobody has.
    pub attested: Option<Attestation>,
}

/// What encodes output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputEncoding {
    /// The template engine escapes every value for HTML, and no template turns that off.
    HtmlAutoescape,
    /// The template engine escapes by context: text, attribute, script, style, address.
    ContextualAutoescape,
    /// Answers are data only (JSON and the like), and a serializer writes them.
    Serializer,
}

impl OutputEncoding {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HtmlAutoescape => "html-autoescape",
            Self::ContextualAutoescape => "contextual-autoescape",
            Self::Serializer => "serializer",
        }
    }
}

/// What a request may carry at most. The service answers 413 to a larger body, 415 to another type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataInput {
    /// The largest body.
    pub max_body: Option<Size>,
    /// The media types that a body may have.
    pub content_types: Option<SetOf<MediaType>>,
    /// The longest text in a body, in bytes of UTF-8.
    pub max_string: Option<Size>,
    /// The most elements of a list or fields of an object in a body.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_list: Option<u32>,
    /// How deep lists and objects may be nested in a body.
    #[schemars(range(min = 1, max = 128))]
    pub max_depth: Option<u32>,
}

/// How stored data is encrypted, and who says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtRest {
    /// What encrypts it.
    pub method: Option<AtRestMethod>,
    /// Who looked, and for how long that counts. Left out: nobody has.
    pub attested: Option<Attestation>,
}

/// What encrypts stored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AtRestMethod {
    /// The volume below the file system: dm-crypt, LUKS, or the provider's disk encryption.
    VolumeEncryption,
    /// The file system.
    FilesystemEncryption,
    /// The server, for whole tables (an extension or a build of PostgreSQL that has it).
    TableEncryption,
    /// The service or pgcrypto, for single columns.
    ColumnEncryption,
}

impl AtRestMethod {
    /// As in the spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VolumeEncryption => "volume-encryption",
            Self::FilesystemEncryption => "filesystem-encryption",
            Self::TableEncryption => "table-encryption",
            Self::ColumnEncryption => "column-encryption",
        }
    }
}

/// A person's statement about something that no file shows. It never counts as verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Who looked.
    pub by: Owner,
    /// The day on which they looked, UTC.
    pub date: Date,
    /// The last day on which it counts, UTC: two years after `date` at most.
    pub until: Date,
    /// What it rests on: a file inside the root, which must be there and whose digest reports show, or an https link, which
    /// nobody fetches.
    pub evidence: Option<Evidence>,
}
