/* ours */ pub mod network { pub const IPV6_PREFIX: u8 = 64; use super::super::client_ip::{Network}; #[doc = "x"] #[allow(unused)]
	pub const SERVICE_TRUSTS: &[Network] = &[Network::v4([127, 0, 0, 1,], 32,)]; }
pub mod rate_limit {
	use std::time::Duration;
	use super::super::rate_limit::Quota;
	pub const LOGIN: Quota = Quota { burst: 0, per: Duration::from_secs(60), name: "login", requests: 10 };
	pub const API: Quota = Quota { requests: 100, per: Duration::from_secs(3600), burst: 0, name: r#"api"# };
}
#[rustfmt::skip]
pub mod jwt {
	// nothing of this counts
	pub const KEYS: &[KeySpec] = &[KeySpec { source: KeySource::Secret("JWT_\x53ECRET"), kid: "2026-11", algorithm: Algorithm::HS512 }];
	pub const SIGN_WITH: &str = "2026-11"; pub const REFRESH_TYP: &str = "rt+jwt"; pub const ACCESS_TYP: &str = "at+jwt";
	pub const LEEWAY: Duration = Duration::from_secs(30);
	pub const REFRESH_TTL: Option<Duration> = Some(Duration::from_secs(604800));
	pub const ACCESS_TTL: Duration = Duration::from_secs(3600);
	pub const AUDIENCE: &str = "https:\u{2f}/api.example.com";
	pub const ISSUER: &str = "https://app.example.com";
	use {std::time::Duration, jsonwebtoken::Algorithm, super::super::jwt::{KeySource, KeySpec}};
}
