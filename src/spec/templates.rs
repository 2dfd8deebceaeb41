//! `templates`: files of kinds that secgen does not know, from templates of the user's own.

use super::scalar::{HeaderName, LinePattern, Name, PathPattern, RelPath, Sha256, SpecKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files of kinds that secgen does not know (a Caddyfile, a HAProxy configuration), from templates of your own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// The folder with the templates (`*.tera`), relative to the root.
    pub dir: Option<RelPath>,
    /// The digest that pins every file of the folder. A wrong one is answered with the right one.
    pub sha256: Option<Sha256>,
    /// The files to render, by a name of your own.
    pub outputs: Option<BTreeMap<Name, TemplateOutput>>,
}

/// One file that a template renders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateOutput {
    /// The template, relative to the folder: `Caddyfile.tera`.
    pub template: RelPath,
    /// The file to write, relative to the root. `{env}` stands for the environment's name.
    pub out: RelPath,
    /// How a line of comment starts there. Left out: `#`.
    pub comment: Option<CommentMark>,
    /// Keys of the policy that the file carries, with all below them: `tls.min_version`. They are reported as rendered, never
    /// as verified; a key whose value the template does not use is refused.
    pub carries: Option<Vec<SpecKey>>,
    /// The line that sends a response header, with `{value}` where its value stands, by the header's name. `check` then
    /// compares the values that these lines have, and render refuses a file without them.
    pub lines: Option<BTreeMap<HeaderName, LinePattern>>,
    /// Hand-written files of the same kind, whose lines are compared too.
    pub check: Option<Vec<PathPattern>>,
}

/// How a line of comment starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CommentMark {
    /// Caddyfile, HAProxy, Apache, YAML, TOML, shell.
    #[default]
    #[serde(rename = "#")]
    Hash,
    /// Rust, Go, JavaScript, BIND's named.conf.
    #[serde(rename = "//")]
    Slashes,
    /// SQL, Lua, Haskell.
    #[serde(rename = "--")]
    Dashes,
    /// INI files, zone files.
    #[serde(rename = ";")]
    Semicolon,
    /// TeX, Erlang.
    #[serde(rename = "%")]
    Percent,
}

impl CommentMark {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Hash, Self::Slashes, Self::Dashes, Self::Semicolon, Self::Percent];

    /// The characters.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Hash => "#",
            Self::Slashes => "//",
            Self::Dashes => "--",
            Self::Semicolon => ";",
            Self::Percent => "%",
        }
    }
}
