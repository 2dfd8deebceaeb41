//! What the user may write. The JSON schema comes from these types, and so do the words an editor shows.
//!
//! Every field is optional here, because a layer may hold any part of a policy; what a whole policy needs is decided
//! in [`crate::policy`].

mod access;
mod controls;
mod cross_origin;
mod data;
mod dependencies;
mod gate;
mod http;
mod jwt;
mod layer;
mod lockout;
mod operations;
mod postgres;
mod rate_limits;
pub mod scalar;
mod targets;
mod templates;
mod tls;
mod waivers;

pub use access::*;
pub use controls::*;
pub use cross_origin::*;
pub use data::*;
pub use dependencies::*;
pub use gate::*;
pub use http::*;
pub use jwt::*;
pub use layer::*;
pub use lockout::*;
pub use operations::*;
pub use postgres::*;
pub use rate_limits::*;
pub use targets::*;
pub use templates::*;
pub use tls::*;
pub use waivers::*;

use scalar::{Cidr, Date, Host, MediaType, Name, Owner, Prose, SpecKey, UrlPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The security policy of one service.
///
/// `secgen render` turns it into the configuration that enforces it, `secgen check` tells where what is really in
/// force is weaker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "secgen spec")]
pub struct Spec {
    /// The version of this format. Always 1.
    #[schemars(range(min = 1, max = 1), required)]
    pub version: Option<u32>,
    /// The service's name, as reports show it.
    #[schemars(required)]
    pub service: Option<Name>,
    /// Layers below this one, weakest first: `secgen:recommended@2026-11`, `secgen:hardened@2026-11`, or a file inside
    /// the root, as a path or pinned: `{ file, version, sha256 }`. This file's values win.
    #[schemars(example = ["secgen:recommended@2026-11"])]
    pub extends: Option<Vec<Layer>>,
    /// Name and version of a layer, in the layer's own file.
    pub layer: Option<LayerHead>,
    /// Keys that no layer above may weaken, nor an environment or scope: `tls.min_version`, or `tls` for all below it. Only
    /// an approved waiver accepts it.
    pub lock: Option<Vec<SpecKey>>,
    /// JSON Web Tokens that the service issues or accepts.
    pub jwt: Option<Jwt>,
    /// Response headers.
    pub http: Option<Http>,
    /// TLS in transit, for nginx, PostgreSQL and the Rust service alike.
    pub tls: Option<Tls>,
    /// Named parts of the service whose policy differs, by host, path or content type.
    pub scopes: Option<BTreeMap<Name, Scope>>,
    /// Who may speak for a client.
    pub network: Option<Network>,
    /// Rate limits.
    pub rate_limits: Option<RateLimits>,
    /// Pauses after failed logins.
    pub lockout: Option<Lockout>,
    /// Who may do what.
    pub access: Option<Access>,
    /// What data is let in, and what happens to stored data.
    pub data: Option<Data>,
    /// PostgreSQL settings and access rules.
    pub postgres: Option<Postgres>,
    /// Rust dependencies: `deny.toml` and `.cargo/audit.toml`.
    pub dependencies: Option<Dependencies>,
    /// What people and CI do again and again: scans, tests, tasks.
    pub operations: Option<Operations>,
    /// Controls of frameworks of your own that the policy has to do with; findings and `secgen explain` name them.
    pub controls: Option<Controls>,
    /// What is written where, and what is checked. A target is in use exactly when it stands here.
    pub targets: Option<Targets>,
    /// Files of kinds that secgen does not know, from templates of your own.
    pub templates: Option<Templates>,
    /// Which findings fail a run. Left out: standard.
    pub gate: Option<Gate>,
    /// Environments by name. Each holds what differs there; `{}` is the policy as it stands.
    pub environments: Option<BTreeMap<Name, Environment>>,
    /// Where this file is weaker than a layer that it extends, by spec key.
    pub weakens: Option<BTreeMap<String, Weakening>>,
}

/// What differs in one environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// JSON Web Tokens that the service issues or accepts.
    pub jwt: Option<Jwt>,
    /// Response headers.
    pub http: Option<Http>,
    /// TLS in transit.
    pub tls: Option<Tls>,
    /// Named parts of the service whose policy differs.
    pub scopes: Option<BTreeMap<Name, Scope>>,
    /// Who may speak for a client.
    pub network: Option<Network>,
    /// Rate limits.
    pub rate_limits: Option<RateLimits>,
    /// Pauses after failed logins.
    pub lockout: Option<Lockout>,
    /// Who may do what.
    pub access: Option<Access>,
    /// What data is let in, and what happens to stored data.
    pub data: Option<Data>,
    /// PostgreSQL settings and access rules.
    pub postgres: Option<Postgres>,
    /// Rust dependencies.
    pub dependencies: Option<Dependencies>,
    /// What is written where, and what is checked.
    pub targets: Option<Targets>,
    /// Which findings fail a run.
    pub gate: Option<Gate>,
    /// Where this environment is weaker than the policy, by spec key.
    pub weakens: Option<BTreeMap<String, Weakening>>,
}

/// Why a value may be weaker than in the layer below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weakening {
    /// Why, in one line.
    pub reason: Prose,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The last day on which it holds, UTC. Left out: for ever.
    pub until: Option<Date>,
}

/// A named part of the service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Which requests belong to it.
    #[serde(rename = "match")]
    pub matches: Option<Match>,
    /// What differs in its response headers.
    pub http: Option<ScopeHttp>,
    /// Where it is weaker than the policy, by spec key.
    pub weakens: Option<BTreeMap<String, Weakening>>,
}

/// Which requests: every named condition must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The host that is asked for.
    pub host: Option<Host>,
    /// The start of the path.
    pub prefix: Option<UrlPath>,
    /// The whole path.
    pub exact: Option<UrlPath>,
    /// The media type of the answer.
    pub content_type: Option<MediaType>,
}

/// What differs in a scope's response headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeHttp {
    /// The headers that differ; all others are those of the service.
    pub headers: Option<Headers>,
}

/// Who may speak for a client, by `X-Forwarded-For`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Proxies in front of nginx whose word about the client's address is taken. An edge nginx trusts nobody: `[]`.
    pub nginx_trusts: Option<Vec<Cidr>>,
    /// Proxies in front of the Rust service: usually nginx itself.
    pub service_trusts: Option<Vec<Cidr>>,
    /// IPv6 clients are counted per network of this length, because each owns a whole one.
    #[schemars(range(min = 32, max = 128))]
    pub ipv6_prefix: Option<u8>,
}
