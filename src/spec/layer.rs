//! Layers: what a spec builds on, and what a layer says about itself.

use super::scalar::{LayerVersion, Name, RelPath, Sha256};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// A layer below: a built-in profile or a file inside the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Layer {
    /// By its name or path, as it is.
    Named(String),
    /// A file of exactly one text.
    Pinned(PinnedLayer),
}

/// A file below, copied from elsewhere and held to one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedLayer {
    /// The file, relative to the root.
    pub file: RelPath,
    /// The version that the file states under `layer`.
    pub version: Option<LayerVersion>,
    /// SHA-256 of the file with line ends as LF, hexadecimal.
    pub sha256: Sha256,
}

/// What a layer says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerHead {
    /// Its name, as reports show it.
    pub name: Name,
    /// Its version; who copies it pins this.
    pub version: LayerVersion,
}

impl JsonSchema for Layer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Layer".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let pinned = generator.subschema_for::<PinnedLayer>();
        schemars::json_schema!({ "title": "layer",
            "description": "a built-in profile (secgen:recommended@2026-11, secgen:hardened@2026-11), a path inside the root, or { file, version, sha256 }",
            "anyOf": [
                { "type": "string", "description": "a built-in profile (secgen:recommended@2026-11, secgen:hardened@2026-11) or a path inside the root",
                  "pattern": "^(secgen:[a-z]+(@[0-9]{4}-[0-9]{2})?|[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)$" },
                pinned
            ],
            "examples": ["secgen:recommended@2026-11", "security/organisation.yaml"] })
    }
}
