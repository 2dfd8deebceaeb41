//! Pinned layers: a copied file is held to one text, and to the version that it states.

use crate::document::{Node, Value};
use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::source::{SourceId, Sources, digest};
use crate::spec::{LayerHead, PinnedLayer};

/// A copied layer that is not what was pinned.
pub static PIN: Rule = Rule {
    name: "layer-not-as-pinned",
    title: "A layer is not the text that the spec pins.",
    severity: Severity::High,
    explain: "`extends: [{ file, version, sha256 }]` holds a copied layer to one text (SHA-256 with line ends as LF) and to the version that the file \
              states under `layer`. The file was edited, or a newer version was copied. If the new text is meant, write the digest and version that the \
              message names; else take the file back.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        # file: secgen.yaml
        extends: [{ file: security/org.yaml, version: "2026.3", sha256: 8d187fadb499f9fbb142c8940948f8e5e75c65cb9a0ae6f698910f52c64bb8fa }]
        targets: { nginx: { out: deploy/nginx } }

        # file: security/org.yaml
        layer: { name: org-baseline, version: "2026.3" }
        tls: { min_version: TLSv1.2 }
    "#,
    ),
    good: Snippet(
        r#"
        # file: secgen.yaml
        extends: [{ file: security/org.yaml, version: "2026.3", sha256: 8d187fadb499f9fbb142c8940948f8e5e75c65cb9a0ae6f698910f52c64bb8fa }]
        targets: { nginx: { out: deploy/nginx } }

        # file: security/org.yaml
        layer: { name: org-baseline, version: "2026.3" }
        tls: { min_version: TLSv1.3 }
    "#,
    ),
    keys: &["extends"],
    references: cited::BASELINE,
    sources: &[],
};

/// A layer as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerInfo {
    /// The built-in profile's name, or the file.
    pub name: String,
    /// The version that the file states.
    pub version: Option<String>,
    /// Whether the spec pins its text.
    pub pinned: bool,
}

impl std::fmt::Display for LayerInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, " {version}"),
            None => Ok(()),
        }
    }
}

/// What one entry of `extends` names.
pub(super) enum Entry {
    Named(String),
    Pinned(PinnedLayer),
}

impl Entry {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Pinned(pinned) => pinned.file.as_str(),
        }
    }
}

/// An entry of `extends`; what the schema lets through and the types refuse is said where it stands.
pub(super) fn entry(node: &Node) -> Result<Entry, Box<Finding>> {
    if let Value::Text(name) = &node.value {
        return Ok(Entry::Named(name.clone()));
    }
    serde_json::from_value(node.to_json()).map(Entry::Pinned).map_err(|error| {
        let place = node.get("sha256").map_or(node.span, |n| n.span);
        Box::new(
            Finding::error(&PIN, format!("an entry of extends cannot be used: {error}"))
                .at(place, "")
                .help("write { file: PATH, version: \"...\", sha256: \"...\" }"),
        )
    })
}

/// What a layer's file says about itself.
pub(super) fn head(layer: &Node) -> Option<LayerHead> {
    serde_json::from_value(layer.get("layer")?.to_json()).ok()
}

/// The digest that pins a text: the same on systems that check out other line ends.
fn layer_digest(sources: &Sources, id: SourceId) -> String {
    let bytes = sources.get(id).bytes();
    let mut text = Vec::with_capacity(bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(i + 1) != Some(&b'\n') {
            text.push(*byte);
        }
    }
    digest(&text)
}

/// Whether a file is the text that was pinned. Before it is parsed: what is not the text has no say.
pub(super) fn hold_text(sources: &Sources, entry: &Node, pinned: &PinnedLayer, id: SourceId, spec: &str) -> Result<(), Box<Finding>> {
    let found = layer_digest(sources, id);
    if found == pinned.sha256.as_str() {
        return Ok(());
    }
    let place = entry.get("sha256").map_or(entry.span, |n| n.span);
    let version = pinned.version.as_ref().map(|v| format!(" version {}", v.as_str())).unwrap_or_default();
    let mut finding = Finding::error(&PIN, format!("{} is not the text that {spec} pins", pinned.file.as_str()))
        .at(place, "the pinned text")
        .help(format!("if the text that lies there now was reviewed, pin it: sha256: {found}"))
        .help(format!("else take the pinned text back: copy{version} again, or restore {} from version control", pinned.file.as_str()));
    finding.expected = Some(format!("sha256: {}", pinned.sha256.as_str()));
    finding.found = Some(format!("sha256: {found}"));
    Err(Box::new(finding))
}

/// Whether a file states the version that was pinned.
pub(super) fn hold_version(entry: &Node, pinned: &PinnedLayer, layer: &Node) -> Result<(), Box<Finding>> {
    let Some(wanted) = &pinned.version else { return Ok(()) };
    let file = pinned.file.as_str();
    let place = entry.get("version").map_or(entry.span, |n| n.span);
    let finding = |message: String| Finding::error(&PIN, message).at(place, "the pinned version");
    match head(layer) {
        Some(stated) if stated.version == *wanted => Ok(()),
        Some(stated) => {
            let mut finding = finding(format!("{file} states version {}, not {}", stated.version.as_str(), wanted.as_str()))
                .help(format!("write version: \"{}\" where it is pinned, if that version is meant", stated.version.as_str()));
            if let Some(node) = layer.get("layer") {
                finding = finding.see(node.span, "stated here");
            }
            Err(Box::new(finding))
        }
        None => Err(Box::new(
            finding(format!("{file} states no version"))
                .help(format!("leave version out where it is pinned, or have the layer state it: layer: {{ name: ..., version: \"{}\" }}", wanted.as_str())),
        )),
    }
}
