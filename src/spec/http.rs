//! `http`: response headers.

use super::scalar::{Duration, FeatureName, HeaderName, Name, Origin, PermissionSource, SetOf};
use super::{Cache, Coep, Cookie, Coop, Corp, Cors};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Response headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The site's origin; makes `self` in a Content-Security-Policy concrete.
    pub site: Option<Origin>,
    /// Who sends the headers.
    pub sent_by: Option<SentBy>,
    /// The headers.
    pub headers: Option<Headers>,
    /// Cookies by a name of your own: which protection each must have.
    pub cookies: Option<BTreeMap<Name, Cookie>>,
    /// Cross-origin resource sharing by a name of your own: which other origins may read answers. Everything that is not
    /// listed stays closed.
    pub cors: Option<BTreeMap<Name, Cors>>,
}

/// Who sends the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SentBy {
    /// nginx.
    Nginx,
    /// The Rust service itself, by a layer around its router.
    Rust,
}

/// Security headers, as values and never as raw text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// Strict-Transport-Security (RFC 6797): browsers use HTTPS only.
    pub hsts: Option<Hsts>,
    /// Who may show the pages in a frame: X-Frame-Options and CSP frame-ancestors from one field.
    pub framing: Option<Framing>,
    /// X-XSS-Protection: a filter that no browser has any more. `off` is what OWASP advises.
    pub xss_protection: Option<XssProtection>,
    /// X-Content-Type-Options: no guessing of media types.
    pub content_type_options: Option<ContentTypeOptions>,
    /// Content-Security-Policy: where pages may load from.
    pub csp: Option<Csp>,
    /// Referrer-Policy: what other sites learn about where a visitor came from.
    pub referrer_policy: Option<ReferrerPolicy>,
    /// Permissions-Policy: for each browser feature, who may have it. An empty list is nobody; a feature that is not named
    /// keeps the browser's default.
    pub permissions_policy: Option<BTreeMap<FeatureName, SetOf<PermissionSource>>>,
    /// Cross-Origin-Opener-Policy: who keeps a handle on the page's window.
    pub coop: Option<Coop>,
    /// Cross-Origin-Embedder-Policy: what the page may load from other origins without their consent.
    pub coep: Option<Coep>,
    /// Cross-Origin-Resource-Policy: who may load the answers into a page.
    pub corp: Option<Corp>,
    /// Cache-Control: who may keep an answer. For a scope with personal data: no-store.
    pub cache: Option<Cache>,
    /// Headers that tell about the software. `Server` keeps its name and loses its version; all others are dropped from
    /// what a backend sends.
    pub remove: Option<SetOf<HeaderName>>,
}

/// Strict-Transport-Security.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hsts {
    /// How long browsers remember it; ASVS asks for a year.
    pub max_age: Option<Duration>,
    /// Subdomains too. Default: false.
    #[schemars(default)]
    pub include_subdomains: Option<bool>,
    /// Agree to be built into browsers; hard to undo. Default: false.
    #[schemars(default)]
    pub preload: Option<bool>,
}

/// Who may show the pages in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Framing {
    /// Nobody, or the site itself.
    Word(FramingWord),
    /// These origins; only frame-ancestors can say that.
    Origins(Vec<Origin>),
}

/// Nobody, or the site itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FramingWord {
    /// Nobody.
    Deny,
    /// The site itself.
    Sameorigin,
}

impl JsonSchema for Framing {
    fn schema_name() -> Cow<'static, str> {
        "Framing".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let origin = generator.subschema_for::<Origin>();
        json_schema!({ "title": "framing", "description": "deny, sameorigin, or a list of origins that may show the pages in a frame",
            "anyOf": [ { "type": "string", "enum": ["deny", "sameorigin"] }, { "type": "array", "items": origin, "minItems": 1, "uniqueItems": true } ],
            "examples": ["deny", "sameorigin"] })
    }
}

/// X-XSS-Protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum XssProtection {
    /// `0`: no filter.
    Off,
    /// `1; mode=block`: deprecated.
    Block,
}

/// X-Content-Type-Options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContentTypeOptions {
    /// No guessing of media types.
    Nosniff,
}

/// Referrer-Policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferrerPolicy {
    /// Nothing.
    NoReferrer,
    /// Nothing to other origins.
    SameOrigin,
    /// The origin only, and nothing to plain HTTP.
    StrictOrigin,
    /// The origin only.
    Origin,
    /// The origin to other origins, and nothing to plain HTTP.
    StrictOriginWhenCrossOrigin,
    /// The origin to other origins.
    OriginWhenCrossOrigin,
    /// Everything, but nothing to plain HTTP.
    NoReferrerWhenDowngrade,
    /// Everything to everybody.
    UnsafeUrl,
}

impl ReferrerPolicy {
    /// As in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
            Self::SameOrigin => "same-origin",
            Self::StrictOrigin => "strict-origin",
            Self::Origin => "origin",
            Self::StrictOriginWhenCrossOrigin => "strict-origin-when-cross-origin",
            Self::OriginWhenCrossOrigin => "origin-when-cross-origin",
            Self::NoReferrerWhenDowngrade => "no-referrer-when-downgrade",
            Self::UnsafeUrl => "unsafe-url",
        }
    }
}

/// Content-Security-Policy (CSP Level 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csp {
    /// Directives by name. `frame-ancestors` comes from `framing`.
    pub directives: Option<CspDirectives>,
}

/// A source expression without quotes: a keyword, a scheme, a host, or a hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CspSource(pub String);

impl CspSource {
    /// Keywords that stand in quotes in the header (CSP 2.3.1).
    pub const KEYWORDS: [&'static str; 10] = [
        "self",
        "none",
        "unsafe-inline",
        "unsafe-eval",
        "strict-dynamic",
        "unsafe-hashes",
        "report-sample",
        "wasm-unsafe-eval",
        "inline-speculation-rules",
        "trusted-types-eval",
    ];

    /// As in the header: keywords and hashes in single quotes.
    #[must_use]
    pub fn header_text(&self) -> String {
        let quoted = Self::KEYWORDS.contains(&self.0.as_str()) || ["sha256-", "sha384-", "sha512-"].iter().any(|p| self.0.starts_with(p));
        if quoted { format!("'{}'", self.0) } else { self.0.clone() }
    }
}

impl JsonSchema for CspSource {
    fn schema_name() -> Cow<'static, str> {
        "CspSource".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "source",
            "description": "a source without quotes: a keyword such as self, none or strict-dynamic, a scheme such as data:, a host such as cdn.example.com or https://cdn.example.com, or a hash such as sha256-...",
            "pattern": "^(self|none|unsafe-inline|unsafe-eval|strict-dynamic|unsafe-hashes|report-sample|wasm-unsafe-eval|inline-speculation-rules|trusted-types-eval|sha(256|384|512)-[A-Za-z0-9+/_-]{43,88}={0,2}|[A-Za-z][A-Za-z0-9+.-]*:|([A-Za-z][A-Za-z0-9+.-]*://)?(\\*|(\\*\\.)?[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+|localhost)(:([0-9]{1,5}|\\*))?(/[A-Za-z0-9._~/@:%+-]*)?)$",
            "examples": ["self", "none", "https://cdn.example.com"] })
    }
}

/// A word of `sandbox`, `trusted-types` or `require-trusted-types-for`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CspWord(pub String);

impl JsonSchema for CspWord {
    fn schema_name() -> Cow<'static, str> {
        "CspWord".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "title": "word", "description": "a word such as allow-scripts, or a policy name",
            "pattern": "^[A-Za-z0-9#=_/@.%-]{1,64}$" })
    }
}

/// Declares the directives: field, header name, documentation.
macro_rules! csp_directives {
    ($($(#[$doc:meta])* $field:ident = $name:literal : $kind:ty),* $(,)?) => {
        /// Directives of a Content-Security-Policy.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct CspDirectives {
            $($(#[$doc])* pub $field: Option<$kind>,)*
        }

        impl CspDirectives {
            /// Directives that are set, as header name and header words, in the order of this list.
            #[must_use]
            pub fn header_parts(&self) -> Vec<(&'static str, Vec<String>)> {
                let mut parts = Vec::new();
                $(if let Some(words) = self.$field.as_ref().and_then(CspValue::header_words) { parts.push(($name, words)); })*
                parts
            }
        }
    };
}

trait CspValue {
    /// The words of the directive, or `None` where it is switched off.
    fn header_words(&self) -> Option<Vec<String>>;
}

impl CspValue for SetOf<CspSource> {
    fn header_words(&self) -> Option<Vec<String>> {
        let mut words: Vec<String> = self.iter().map(CspSource::header_text).collect();
        if words.is_empty() {
            words.push("'none'".to_owned());
        }
        Some(words)
    }
}

impl CspValue for SetOf<CspWord> {
    fn header_words(&self) -> Option<Vec<String>> {
        Some(
            self.iter()
                .map(|word| if matches!(word.0.as_str(), "script" | "none" | "allow-duplicates") { format!("'{}'", word.0) } else { word.0.clone() })
                .collect(),
        )
    }
}

impl CspValue for bool {
    fn header_words(&self) -> Option<Vec<String>> {
        self.then(Vec::new)
    }
}

csp_directives! {
    /// Everything that has no directive of its own.
    default_src = "default-src": SetOf<CspSource>,
    /// What `<base>` may name. No fallback: set it.
    base_uri = "base-uri": SetOf<CspSource>,
    /// Frames and workers.
    child_src = "child-src": SetOf<CspSource>,
    /// fetch, XMLHttpRequest, WebSocket.
    connect_src = "connect-src": SetOf<CspSource>,
    /// Fonts.
    font_src = "font-src": SetOf<CspSource>,
    /// Where forms may go. No fallback: set it.
    form_action = "form-action": SetOf<CspSource>,
    /// Frames.
    frame_src = "frame-src": SetOf<CspSource>,
    /// Images.
    img_src = "img-src": SetOf<CspSource>,
    /// The manifest.
    manifest_src = "manifest-src": SetOf<CspSource>,
    /// Audio and video.
    media_src = "media-src": SetOf<CspSource>,
    /// Plug-ins; `none` on every modern site.
    object_src = "object-src": SetOf<CspSource>,
    /// Sinks that need a trusted type: `script`.
    require_trusted_types_for = "require-trusted-types-for": SetOf<CspWord>,
    /// Restrictions as of a sandboxed frame; the words are what stays allowed.
    sandbox = "sandbox": SetOf<CspWord>,
    /// Scripts.
    script_src = "script-src": SetOf<CspSource>,
    /// Scripts in attributes.
    script_src_attr = "script-src-attr": SetOf<CspSource>,
    /// Script elements.
    script_src_elem = "script-src-elem": SetOf<CspSource>,
    /// Styles.
    style_src = "style-src": SetOf<CspSource>,
    /// Styles in attributes.
    style_src_attr = "style-src-attr": SetOf<CspSource>,
    /// Style elements.
    style_src_elem = "style-src-elem": SetOf<CspSource>,
    /// Names of trusted-types policies.
    trusted_types = "trusted-types": SetOf<CspWord>,
    /// Load over HTTPS what a page names with http.
    upgrade_insecure_requests = "upgrade-insecure-requests": bool,
    /// Workers.
    worker_src = "worker-src": SetOf<CspSource>,
}
