//! Tokens: one round trip, and everything that is not exactly one of ours.

use super::{base64url, env, random_secret, settings};
use crate::security::jwt::{Settings, TokenError, TokenKind, Verifier};
use crate::security::jwt_issue::{Issuer, Subject};
use crate::security::policy::PROD;
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub(super) fn header(algorithm: &str, kid: &str) -> Value {
    json!({ "alg": algorithm, "kid": kid, "typ": "at+jwt" })
}

pub(super) fn claims() -> Value {
    json!({ "iss": PROD.jwt.issuer, "aud": PROD.jwt.audience, "sub": "ann", "iat": now(), "exp": now() + 600, "jti": "1" })
}

/// A token with an HMAC of the hash that its header names (SHA-512 where it names none), whoever made it.
pub(super) fn forge(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let algorithm = match header["alg"].as_str() {
        Some("HS256") => hmac::HMAC_SHA256,
        Some("HS384") => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let message = format!(
        "{}.{}",
        base64url(header.to_string()),
        base64url(claims.to_string())
    );
    let signature = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", base64url(signature))
}

fn ann() -> Subject {
    Subject {
        sub: "ann".to_owned(),
        ..Subject::default()
    }
}

struct Service {
    secret: String,
    verifier: Verifier,
    issuer: Issuer,
}

impl Service {
    fn new() -> Self {
        let secret = random_secret();
        let environment = env(&[("JWT_SECRET", &secret)]);
        let verifier = Verifier::load(&PROD.jwt, &environment).unwrap();
        let issuer = Issuer::load(&verifier, &environment).unwrap();
        Self {
            secret: secret.clone(),
            verifier,
            issuer,
        }
    }

    /// The verdict on a token that is signed with our own secret.
    fn verdict(&self, header: &Value, claims: &Value) -> Result<(), TokenError> {
        self.verifier
            .verify(
                TokenKind::Access,
                &forge(header, claims, self.secret.as_bytes()),
            )
            .map(drop)
    }

    /// The verdict on a good token with one claim changed (`null` leaves it out).
    fn with(&self, name: &str, value: Value) -> Result<(), TokenError> {
        let mut changed = claims();
        changed[name] = value;
        if changed[name].is_null() {
            changed.as_object_mut().unwrap().remove(name);
        }
        self.verdict(&header("HS512", "2026-11"), &changed)
    }
}

#[test]
fn a_token_comes_back_as_it_was_issued() {
    let service = Service::new();
    let subject = Subject {
        sub: "ann".to_owned(),
        auth_time: 1,
        scope: "reports:read reports:write".to_owned(),
        roles: vec!["editor".to_owned()],
        tenant: "t\"1".to_owned(),
    };
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let (token, issued) = service.issuer.issue(kind, &subject).unwrap();
        assert_eq!(service.verifier.verify(kind, &token), Ok(issued.clone()));
        let other = if kind == TokenKind::Access {
            TokenKind::Refresh
        } else {
            TokenKind::Access
        };
        assert_eq!(
            service.verifier.verify(other, &token),
            Err(TokenError::WrongType)
        );
        let (_, again) = service.issuer.issue(kind, &subject).unwrap();
        assert_ne!(issued.jti, again.jti);
    }
    let (_, access) = service.issuer.issue(TokenKind::Access, &subject).unwrap();
    let (_, refresh) = service.issuer.issue(TokenKind::Refresh, &subject).unwrap();
    assert_eq!(
        (access.exp - access.iat, refresh.exp - refresh.iat),
        (3600, 7 * 86_400)
    );
}

#[test]
fn a_tampered_token_is_refused() {
    let service = Service::new();
    let (token, _) = service.issuer.issue(TokenKind::Access, &ann()).unwrap();
    // Any one character of the token, changed.
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let tampered = String::from_utf8(bytes).unwrap();
        let verdict = service.verifier.verify(TokenKind::Access, &tampered);
        // The last character holds two bits of the signature: changes of the others are no change.
        assert!(verdict.is_err() || at == token.len() - 1, "character {at}");
    }
    let parts: Vec<&str> = token.split('.').collect();
    for broken in [
        "",
        ".",
        "..",
        "...",
        &token[1..],
        &format!("{}.{}.", parts[0], parts[1]),
        &format!("{token}.x"),
        &"x".repeat(9000),
    ] {
        assert!(
            service.verifier.verify(TokenKind::Access, broken).is_err(),
            "{broken}"
        );
    }
    let other = Service::new();
    assert_eq!(
        other.verifier.verify(TokenKind::Access, &token),
        Err(TokenError::BadSignature)
    );
}

#[test]
fn the_key_decides_the_algorithm() {
    let service = Service::new();
    assert_eq!(
        service.verdict(&header("HS512", "2026-11"), &claims()),
        Ok(())
    );
    assert_eq!(
        service.verdict(&header("HS256", "2026-11"), &claims()),
        Err(TokenError::WrongAlgorithm)
    );
    assert_eq!(
        service.verdict(&header("HS384", "2026-11"), &claims()),
        Err(TokenError::WrongAlgorithm)
    );
    for none in ["none", "None", "NONE", "", "HS999"] {
        assert_eq!(
            service.verdict(&header(none, "2026-11"), &claims()),
            Err(TokenError::Malformed),
            "{none}"
        );
        let unsigned = format!(
            "{}.{}.",
            base64url(header(none, "2026-11").to_string()),
            base64url(claims().to_string())
        );
        assert_eq!(
            service.verifier.verify(TokenKind::Access, &unsigned),
            Err(TokenError::Malformed)
        );
    }
}

#[test]
fn the_header_must_name_our_key_and_type() {
    let service = Service::new();
    let verdict = |header: Value| service.verdict(&header, &claims());
    assert_eq!(
        verdict(json!({ "alg": "HS512", "typ": "at+jwt" })),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(
        verdict(header("HS512", "2026-12")),
        Err(TokenError::UnknownKey)
    );
    assert_eq!(
        verdict(header("HS512", "../../dev/null")),
        Err(TokenError::UnknownKey)
    );
    for typ in ["JWT", "rt+jwt", "", "application/rt+jwt", "at+jwt "] {
        assert_eq!(
            verdict(json!({ "alg": "HS512", "kid": "2026-11", "typ": typ })),
            Err(TokenError::WrongType),
            "{typ}"
        );
    }
    assert_eq!(
        verdict(json!({ "alg": "HS512", "kid": "2026-11" })),
        Err(TokenError::WrongType)
    );
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(
            verdict(json!({ "alg": "HS512", "kid": "2026-11", "typ": typ })),
            Ok(()),
            "{typ}"
        );
    }
    let critical = json!({ "alg": "HS512", "kid": "2026-11", "typ": "at+jwt", "crit": ["exp"] });
    assert_eq!(verdict(critical), Err(TokenError::Critical));
    // A key in the header is never used.
    let own_key = json!({ "alg": "HS512", "kid": "evil", "typ": "at+jwt", "jwk": { "kty": "oct", "k": base64url("x") } });
    assert_eq!(verdict(own_key), Err(TokenError::UnknownKey));
}

#[test]
fn every_claim_is_checked() {
    let service = Service::new();
    assert_eq!(service.with("sub", json!("bob")), Ok(()));
    for (claim, missing) in [
        ("iss", TokenError::MissingClaim),
        ("aud", TokenError::MissingClaim),
        ("sub", TokenError::MissingClaim),
        ("exp", TokenError::MissingClaim),
    ] {
        let verdict = service.with(claim, Value::Null);
        assert!(
            verdict == Err(missing) || verdict == Err(TokenError::Malformed),
            "{claim}: {verdict:?}"
        );
    }
    for claim in ["sub", "jti"] {
        assert_eq!(
            service.with(claim, json!("")),
            Err(TokenError::MissingClaim),
            "{claim}"
        );
    }
    for claim in ["iat", "jti"] {
        assert_eq!(
            service.with(claim, Value::Null),
            Err(TokenError::Malformed),
            "{claim}"
        );
    }
    assert_eq!(
        service.with("iss", json!("https://evil.example.com")),
        Err(TokenError::WrongIssuer)
    );
    assert_eq!(
        service.with("aud", json!("https://app.example.com")),
        Err(TokenError::WrongAudience)
    );
    assert_eq!(
        service.with("aud", json!([])),
        Err(TokenError::WrongAudience)
    );
    assert_eq!(
        service.with(
            "aud",
            json!(["https://other.example.com", PROD.jwt.audience])
        ),
        Ok(())
    );
    assert_eq!(
        service.with("nbf", json!(now() + 300)),
        Err(TokenError::NotYetValid)
    );
    assert_eq!(
        service.with("iat", json!(now() + 300)),
        Err(TokenError::NotYetValid)
    );
    assert_eq!(service.with("iat", json!(now() + 10)), Ok(()));
}

#[test]
fn lifetimes_are_those_of_the_policy() {
    let service = Service::new();
    let lives = |iat: u64, exp: u64| {
        let mut changed = claims();
        (changed["iat"], changed["exp"]) = (json!(iat), json!(exp));
        service.verdict(&header("HS512", "2026-11"), &changed)
    };
    assert_eq!(lives(now() - 600, now() - 300), Err(TokenError::Expired));
    assert_eq!(lives(now() - 600, now() - 35), Err(TokenError::Expired));
    assert_eq!(lives(now() - 600, now() - 10), Ok(()), "within the leeway");
    assert_eq!(lives(now(), now() + 3600), Ok(()));
    assert_eq!(lives(now(), now() + 3601), Err(TokenError::LifetimeTooLong));
    assert_eq!(lives(0, now() + 60), Err(TokenError::LifetimeTooLong));
    assert_eq!(
        service.with("exp", json!(u64::MAX)),
        Err(TokenError::LifetimeTooLong)
    );
    for odd in [
        json!("never"),
        json!(-1),
        json!(1e300),
        json!({}),
        json!(true),
    ] {
        assert!(service.with("exp", odd.clone()).is_err(), "{odd}");
    }
}

#[test]
fn a_policy_without_refresh_tokens_has_none() {
    let secret = random_secret();
    let environment = env(&[("S", &secret)]);
    let with_refresh = settings(
        &[super::hmac("k", jsonwebtoken::Algorithm::HS512, "S")],
        Some("k"),
    );
    let without: &'static Settings = Box::leak(Box::new(Settings {
        refresh_ttl: None,
        ..*with_refresh
    }));
    let issue = |settings| {
        let verifier = Verifier::load(settings, &environment).unwrap();
        let issuer = Issuer::load(&verifier, &environment).unwrap();
        (verifier, issuer.issue(TokenKind::Refresh, &ann()))
    };
    let (_, token) = issue(with_refresh);
    let (verifier, refused) = issue(without);
    assert_eq!(refused, Err(TokenError::WrongType));
    assert_eq!(
        verifier.verify(TokenKind::Refresh, &token.unwrap().0),
        Err(TokenError::WrongType)
    );
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    let service = Service::new();
    let body = claims().to_string();
    let twice = body.replacen('{', "{\"sub\":\"root\",", 1);
    let header = header("HS512", "2026-11").to_string();
    for (body, verdict) in [(body, true), (twice, false)] {
        let message = format!("{}.{}", base64url(&header), base64url(&body));
        let key = hmac::Key::new(hmac::HMAC_SHA512, service.secret.as_bytes());
        let signature = hmac::sign(&key, message.as_bytes());
        let token = format!("{message}.{}", base64url(signature));
        assert_eq!(
            service.verifier.verify(TokenKind::Access, &token).is_ok(),
            verdict,
            "{body}"
        );
    }
}
