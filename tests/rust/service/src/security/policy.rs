//! Values of the security policy. Constants only: no logic, no I/O.
#![allow(dead_code)]
// a service need not use every control
// All times are in seconds; older compilers know neither the larger units nor this lint.
#![allow(unknown_lints, clippy::duration_suboptimal_units)]

use super::access::{Condition, Rule};
use super::client_ip::{Cidr, Network};
use super::lockout::Pause;
use super::rate_limit::{OnStoreError, Quota};
use super::{cookies, headers, input, jwt, lockout, rate_limit_redis, tls};
use cookie::SameSite;
use jsonwebtoken::Algorithm;
use std::time::Duration;

/// The policy of one environment.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub jwt: jwt::Settings,
    pub rate_limits: RateLimits,
    pub redis: Option<rate_limit_redis::Settings>,
    pub network: Network,
    pub lockout: lockout::Settings,
    pub cookies: Cookies,
    pub access: &'static [Rule],
    pub headers: headers::Settings,
    pub input: input::Settings,
    pub tls: tls::Settings,
}

/// Rate limits by name.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    pub api: Quota,
    pub login: Quota,
}

/// Cookies by name.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    pub session: cookies::Settings,
}

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Viewer,
    Editor,
    Admin,
}

impl Role {
    /// The role of this name.
    #[must_use]
    pub const fn parse(name: &str) -> Option<Self> {
        match name.as_bytes() {
            b"viewer" => Some(Self::Viewer),
            b"editor" => Some(Self::Editor),
            b"admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    ReportRead,
    ReportWrite,
    UserManage,
    /// No rule allows it.
    ReportDelete,
}

/// The policy of the environment prod.
pub const PROD: Policy = Policy {
    jwt: jwt::Settings {
        issuer: "https://app.example.com",
        audience: "https://api.example.com",
        access_ttl: Duration::from_secs(3_600),
        refresh_ttl: Some(Duration::from_secs(604_800)),
        leeway: Duration::from_secs(30),
        sign_with: Some("2026-11"),
        keys: &[
            jwt::KeySpec {
                kid: "2026-11",
                algorithm: Algorithm::HS512,
                source: jwt::KeySource::Secret("JWT_SECRET"),
                verify_until: None,
            },
            jwt::KeySpec {
                kid: "2024-10",
                algorithm: Algorithm::HS512,
                source: jwt::KeySource::Secret("JWT_SECRET_OLD"),
                verify_until: Some(1_735_689_600),
            },
        ],
    },
    rate_limits: RateLimits {
        api: Quota {
            name: "api",
            requests: 100,
            per: Duration::from_secs(3_600),
            burst: 0,
            on_store_error: OnStoreError::Allow,
        },
        login: Quota {
            name: "login",
            requests: 3,
            per: Duration::from_secs(60),
            burst: 2,
            on_store_error: OnStoreError::Deny,
        },
    },
    redis: Some(rate_limit_redis::Settings {
        url: "REDIS_URL",
        prefix: "payments-api",
        on_error: OnStoreError::Deny,
    }),
    network: Network {
        trusts: &[],
        ipv6_prefix: 64,
    },
    lockout: lockout::Settings {
        per_client: Pause {
            failures: 5,
            window: Duration::from_secs(900),
            base: Duration::from_secs(30),
            max: Duration::from_secs(3_600),
        },
        per_account: Pause {
            failures: 50,
            window: Duration::from_secs(3_600),
            base: Duration::from_secs(5),
            max: Duration::from_secs(300),
        },
    },
    cookies: Cookies {
        session: cookies::Settings {
            name: "__Host-session",
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            max_age: Some(Duration::from_secs(604_800)),
            path: "/",
        },
    },
    access: &[
        Rule {
            permission: Permission::ReportRead,
            roles: &[Role::Viewer, Role::Editor, Role::Admin],
            scope: "reports:read",
            when: &[Condition::SameTenant],
        },
        Rule {
            permission: Permission::ReportWrite,
            roles: &[Role::Editor],
            scope: "reports:write",
            when: &[Condition::SameTenant, Condition::Owner],
        },
        Rule {
            permission: Permission::ReportWrite,
            roles: &[Role::Admin],
            scope: "reports:write",
            when: &[Condition::SameTenant],
        },
        Rule {
            permission: Permission::UserManage,
            roles: &[Role::Admin],
            scope: "users:manage",
            when: &[
                Condition::SameTenant,
                Condition::AuthenticatedWithin(Duration::from_secs(900)),
            ],
        },
    ],
    headers: headers::Settings {
        response: &[
            (
                "Strict-Transport-Security",
                "max-age=63072000; includeSubDomains",
            ),
            (
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ],
    },
    input: input::Settings {
        max_body: 65_536,
        content_types: &["application/json", "text/csv"],
        max_string: Some(1_024),
        max_list: Some(100),
        max_depth: Some(8),
    },
    tls: tls::Settings {
        min_version: tls::Version::Tls13,
        groups: &[tls::Group::X25519MlKem768, tls::Group::X25519],
    },
};

/// The policy of the environment dev.
pub const DEV: Policy = Policy {
    redis: None,
    network: Network {
        trusts: &[Cidr::v4([127, 0, 0, 1], 32)],
        ipv6_prefix: 64,
    },
    ..PROD
};

/// Environments by name, for `environment::policy`.
pub const ENVIRONMENTS: &[(&str, &Policy)] = &[("dev", &DEV), ("prod", &PROD)];
