//! The compiler reads in the rendered constants what the spec says, however odd it is.

use crate::hostile::policy as hostile;
use crate::security::policy as security;
use crate::verify_only::policy as verify_only;
use jsonwebtoken::Algorithm;
use serde_json::Value;
use std::time::Duration;

fn spec(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn hostile_texts_are_texts() {
    let jwt = &spec(include_str!("../../specs/hostile.json"))["jwt"];
    assert_eq!(jwt["issuer"], hostile::jwt::ISSUER);
    assert_eq!(jwt["audience"], hostile::jwt::AUDIENCE);
    assert_eq!(jwt["sign_with"], hostile::jwt::SIGN_WITH);
    let kids: Vec<&str> = hostile::jwt::KEYS.iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["1", "2", "3.-_fn"]);
    assert_eq!(jwt["keys"].as_object().unwrap().len(), kids.len());
    assert_eq!(hostile::jwt::REFRESH_TTL, None);
    assert_eq!(hostile::jwt::LEEWAY, Duration::ZERO);
}

#[test]
fn numbers_are_numbers() {
    let quota = hostile::rate_limit::QUOTA;
    assert_eq!(
        (quota.name, quota.requests, quota.burst, quota.limit()),
        ("Quota", 1_000_000, 1_000_000, 2_000_000)
    );
    assert_eq!(quota.per, Duration::from_secs(100 * 31_536_000));
    assert_eq!(hostile::rate_limit::DURATION__9.name, "duration-_9");
    assert_eq!(hostile::network::IPV6_PREFIX, 48);
    assert_eq!(security::jwt::ACCESS_TTL, Duration::from_secs(3600));
    assert_eq!(
        security::jwt::REFRESH_TTL,
        Some(Duration::from_secs(7 * 86_400))
    );
}

#[test]
fn networks_are_networks() {
    let [ten, loopback, documentation, all] = hostile::network::SERVICE_TRUSTS else {
        panic!("{:?}", hostile::network::SERVICE_TRUSTS)
    };
    let contains = |network: &crate::hostile::client_ip::Network, address: &str| {
        network.contains(address.parse().unwrap())
    };
    assert!(contains(ten, "10.255.0.1") && !contains(ten, "11.0.0.1") && !contains(ten, "::a00:1"));
    assert!(contains(loopback, "127.0.0.1") && !contains(loopback, "127.0.0.2"));
    assert!(contains(documentation, "2001:db8:1::") && !contains(documentation, "2001:db9::"));
    assert!(contains(all, "::1") && contains(all, "ffff::") && !contains(all, "1.1.1.1"));
}

#[test]
fn who_only_verifies_has_nothing_to_sign_with() {
    let [key] = verify_only::jwt::KEYS else {
        panic!("{:?}", verify_only::jwt::KEYS)
    };
    assert_eq!((key.kid, key.algorithm), ("a", Algorithm::ES384));
    let source = crate::verify_only::jwt::KeySource::PemFiles {
        public: "EC_PUBLIC",
        private: None,
    };
    assert_eq!(key.source, source);
    assert!(
        !std::path::Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/verify_only/jwt_issue.rs"
        ))
        .exists()
    );
}
