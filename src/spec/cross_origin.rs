//! `http`: what other origins may do, who may keep answers, and how cookies are protected.

use super::Match;
use super::scalar::{CookieName, CorsOrigin, Duration, HeaderName, Method, SetOf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cross-Origin-Opener-Policy (HTML 7.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Coop {
    /// Pages of the same origin only.
    SameOrigin,
    /// As same-origin, but for windows that the page opens itself.
    SameOriginAllowPopups,
    /// Whoever opens the page loses it; windows that the page opens are kept.
    NoopenerAllowPopups,
    /// Everybody: the browsers' default.
    UnsafeNone,
}

/// Cross-Origin-Embedder-Policy (HTML 7.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Coep {
    /// Only what consents, by Cross-Origin-Resource-Policy or CORS.
    RequireCorp,
    /// Everything, but without cookies.
    Credentialless,
    /// Everything: the browsers' default.
    UnsafeNone,
}

/// Cross-Origin-Resource-Policy (Fetch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corp {
    /// Pages of the same origin.
    SameOrigin,
    /// Pages of the same site, other subdomains included.
    SameSite,
    /// Everybody.
    CrossOrigin,
}

/// Cache-Control (RFC 9111 5.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// Nobody keeps it.
    NoStore,
    /// Only the visitor's own browser keeps it.
    Private,
    /// Everybody may keep it, and must ask before using it.
    NoCache,
}

/// A cookie that the service sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// Its name. `__Host-` in front makes browsers refuse a cookie that other hosts could set.
    pub name: Option<CookieName>,
    /// Sent over HTTPS only.
    pub secure: Option<bool>,
    /// Out of reach of scripts.
    pub http_only: Option<bool>,
    /// On which requests from other sites it is sent.
    pub same_site: Option<SameSite>,
    /// How long the browser keeps it. Left out: until the browser ends its session.
    pub max_age: Option<Duration>,
}

/// On which requests from other sites a cookie is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// On none.
    Strict,
    /// On links that are followed.
    Lax,
    /// On all; needs secure.
    None,
}

/// Which other origins may read the answers of some requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Which requests.
    #[serde(rename = "match")]
    pub matches: Option<Match>,
    /// Who may read: origins, or `*` for everybody (then without credentials).
    pub origins: Option<SetOf<CorsOrigin>>,
    /// Whether requests may carry the visitor's cookies. Default: false.
    #[schemars(default)]
    pub credentials: Option<bool>,
    /// Methods that are allowed beside GET, HEAD and POST, which need no permission.
    pub methods: Option<SetOf<Method>>,
    /// Request headers that are allowed.
    pub headers: Option<SetOf<HeaderName>>,
    /// How long browsers remember the permission.
    pub max_age: Option<Duration>,
}
