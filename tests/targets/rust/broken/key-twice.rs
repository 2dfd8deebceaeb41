// expect: jwt.keys.2026-11 unverifiable 2026-11 stands in KEYS twice
//! The values of the security policy.

/// JSON Web Tokens.
pub mod jwt {
    use super::super::jwt::{KeySource, KeySpec};
    use jsonwebtoken::Algorithm;
    use std::time::Duration;

    pub const ISSUER: &str = "https://app.example.com";
    pub const AUDIENCE: &str = "https://api.example.com";
    pub const ACCESS_TTL: Duration = Duration::from_secs(3_600);
    pub const REFRESH_TTL: Option<Duration> = Some(Duration::from_secs(604_800));
    pub const LEEWAY: Duration = Duration::from_secs(30);
    pub const ACCESS_TYP: &str = "at+jwt";
    pub const REFRESH_TYP: &str = "rt+jwt";
    pub const SIGN_WITH: &str = "2026-11";
    pub const KEYS: &[KeySpec] = &[
        KeySpec {
            kid: "2026-11",
            algorithm: Algorithm::HS512,
            source: KeySource::Secret("JWT_SECRET"),
        },
        KeySpec { kid: "2026-11", algorithm: Algorithm::HS256, source: KeySource::Secret("JWT_SECRET") },
    ];
}

/// Rate limits.
pub mod rate_limit {
    use super::super::rate_limit::Quota;
    use std::time::Duration;

    pub const API: Quota = Quota {
        name: "api",
        requests: 100,
        per: Duration::from_secs(3_600),
        burst: 0,
    };
    pub const LOGIN: Quota = Quota {
        name: "login",
        requests: 10,
        per: Duration::from_secs(60),
        burst: 0,
    };
}

/// Who may speak for a client.
pub mod network {
    use super::super::client_ip::Network;

    pub const SERVICE_TRUSTS: &[Network] = &[
        Network::v4([127, 0, 0, 1], 32),
    ];
    pub const IPV6_PREFIX: u8 = 64;
}
