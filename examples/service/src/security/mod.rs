//! The security policy and what enforces it, rendered by secgen.
#![allow(dead_code, reason = "a service need not use all of it")]

pub mod access;
pub mod client_ip;
pub mod cookies;
pub mod environment;
pub mod headers;
pub mod input;
pub mod jwt;
pub mod jwt_issue;
pub mod lockout;
pub mod lockout_redis;
pub mod policy;
pub mod rate_limit;
pub mod rate_limit_axum;
pub mod rate_limit_redis;
pub mod refresh;
pub mod tls;
