//! Keys: a service with a bad one does not start.

use super::{env, hmac, pem_file, random_secret, scratch, settings};
use crate::security::jwt::{KeyError, KeySource, KeySpec, TokenError, TokenKind, Verifier};
use crate::security::jwt_issue::{Issuer, Subject};
use crate::security::policy::PROD;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use jsonwebtoken::Algorithm;

fn ann() -> Subject {
    Subject {
        sub: "ann".to_owned(),
        ..Subject::default()
    }
}

fn refused(secret: &str) -> KeyError {
    Verifier::load(&PROD.jwt, &env(&[("JWT_SECRET", secret)])).unwrap_err()
}

#[test]
fn a_weak_secret_is_refused() {
    let random = random_secret();
    assert_eq!(
        refused(&random[..63]),
        KeyError::TooShort {
            name: "JWT_SECRET",
            bytes: 63,
            min: 64
        }
    );
    assert_eq!(
        refused(""),
        KeyError::TooShort {
            name: "JWT_SECRET",
            bytes: 0,
            min: 64
        }
    );
    // Blanks around a secret are no part of it.
    assert_eq!(
        refused(&format!("{}{}", &random[..60], " ".repeat(40))),
        KeyError::TooShort {
            name: "JWT_SECRET",
            bytes: 60,
            min: 64
        }
    );
    let guessable = [
        "a".repeat(64),
        "0123456789abcdef".repeat(4),
        "correct horse battery staple... ".repeat(3),
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/".to_owned(),
        "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA9876543210+/".to_owned(),
        format!("ChangeMe{random}"),
        format!("{random}-my-SECRET-key"),
        format!("{}your-256-bit-secret{}", &random[..40], &random[40..80]),
        "password1password2password3password4password5password6password7password8".to_owned(),
    ];
    for secret in guessable {
        assert_eq!(
            refused(&secret),
            KeyError::Guessable("JWT_SECRET"),
            "{secret}"
        );
    }
    assert_eq!(
        Verifier::load(&PROD.jwt, &env(&[])).unwrap_err(),
        KeyError::Missing("JWT_SECRET".to_owned())
    );
}

#[test]
fn a_random_secret_is_accepted() {
    for _ in 0..1000 {
        let secret = random_secret();
        for secret in [&secret[..64], &secret] {
            assert!(Verifier::load(&PROD.jwt, &env(&[("JWT_SECRET", secret)])).is_ok());
        }
    }
}

#[test]
fn each_algorithm_has_its_own_minimum() {
    let random = random_secret();
    for (algorithm, min) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        let keys = [hmac("k", algorithm, "S")];
        let tokens = settings(&keys, None);
        assert!(Verifier::load(tokens, &env(&[("S", &random[..min])])).is_ok());
        let short = Verifier::load(tokens, &env(&[("S", &random[..min - 1])])).unwrap_err();
        assert_eq!(
            short,
            KeyError::TooShort {
                name: "S",
                bytes: min - 1,
                min
            }
        );
    }
}

#[test]
fn an_error_shows_no_key() {
    let secret = "hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2";
    let error = refused(secret);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert_eq!(format!("{error}"), format!("{error:?}"));
    let secret = random_secret();
    let loaded = Verifier::load(&PROD.jwt, &env(&[("JWT_SECRET", &secret)])).unwrap();
    assert!(!format!("{loaded:?}").contains(&secret));
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let path = scratch("secret");
    let (name, secret) = (path.to_str().unwrap(), random_secret());
    std::fs::write(&path, format!("{secret}\n")).unwrap();
    let from_file = Verifier::load(&PROD.jwt, &env(&[("JWT_SECRET_FILE", name)])).unwrap();
    let environment = env(&[("JWT_SECRET", &secret)]);
    let direct = Verifier::load(&PROD.jwt, &environment).unwrap();
    let issuer = Issuer::load(&direct, &environment).unwrap();
    let (token, _) = issuer.issue(TokenKind::Access, &ann()).unwrap();
    assert!(
        from_file.verify(TokenKind::Access, &token).is_ok(),
        "the line break is no part of the secret"
    );
    std::fs::remove_file(&path).unwrap();
    let gone = Verifier::load(&PROD.jwt, &env(&[("JWT_SECRET_FILE", name)])).unwrap_err();
    assert_eq!(gone, KeyError::Unreadable("JWT_SECRET_FILE".to_owned()));
}

struct Pair {
    private: String,
    public: String,
}

/// SubjectPublicKeyInfo of Ed25519 (RFC 8410) and of ECDSA keys (RFC 5480), up to the key itself.
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P384: &[u8] =
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";

fn ed25519(name: &str) -> Pair {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let public = [ED25519, pair.public_key().as_ref()].concat();
    Pair {
        private: pem_file(name, "PRIVATE KEY", private.as_ref()),
        public: pem_file(&format!("{name}-pub"), "PUBLIC KEY", &public),
    }
}

fn ecdsa(name: &str, algorithm: &'static EcdsaSigningAlgorithm, info: &[u8]) -> Pair {
    let private = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref()).unwrap();
    let public = [info, pair.public_key().as_ref()].concat();
    Pair {
        private: pem_file(name, "PRIVATE KEY", private.as_ref()),
        public: pem_file(&format!("{name}-pub"), "PUBLIC KEY", &public),
    }
}

fn pem(kid: &'static str, algorithm: Algorithm) -> KeySpec {
    KeySpec {
        kid,
        algorithm,
        source: KeySource::PemFiles {
            public: "PUBLIC",
            private: Some("PRIVATE"),
        },
        verify_until: None,
    }
}

#[test]
fn key_pairs_sign_and_verify() {
    let pairs = [
        (Algorithm::EdDSA, ed25519("ed")),
        (
            Algorithm::ES256,
            ecdsa("p256", &ECDSA_P256_SHA256_FIXED_SIGNING, P256),
        ),
        (
            Algorithm::ES384,
            ecdsa("p384", &ECDSA_P384_SHA384_FIXED_SIGNING, P384),
        ),
    ];
    for (algorithm, pair) in &pairs {
        let keys = settings(&[pem("k", *algorithm)], Some("k"));
        let (private, public) = (
            ("PRIVATE", pair.private.as_str()),
            ("PUBLIC", pair.public.as_str()),
        );
        let verifier = Verifier::load(keys, &env(&[public])).unwrap();
        let issuer = Issuer::load(&verifier, &env(&[public, private])).unwrap();
        let (token, claims) = issuer.issue(TokenKind::Refresh, &ann()).unwrap();
        assert_eq!(verifier.verify(TokenKind::Refresh, &token), Ok(claims));
        let missing = Issuer::load(&verifier, &env(&[public])).unwrap_err();
        assert_eq!(missing, KeyError::Missing("PRIVATE".to_owned()));
        // A key of another algorithm is found when the service starts, not with the first token.
        for (other, _) in pairs.iter().filter(|(other, _)| other != algorithm) {
            let wrong = Verifier::load(settings(&[pem("k", *other)], None), &env(&[public]));
            assert_eq!(
                wrong.unwrap_err(),
                KeyError::WrongKey("PUBLIC"),
                "{algorithm:?} as {other:?}"
            );
        }
    }
    let (one, other) = (ed25519("one"), ed25519("other"));
    let keys = settings(&[pem("k", Algorithm::EdDSA)], Some("k"));
    let mixed = env(&[
        ("PRIVATE", one.private.as_str()),
        ("PUBLIC", other.public.as_str()),
    ]);
    let verifier = Verifier::load(keys, &mixed).unwrap();
    assert_eq!(
        Issuer::load(&verifier, &mixed).unwrap_err(),
        KeyError::Mismatch("k")
    );
}

#[test]
fn a_key_pair_is_no_secret_and_a_secret_no_key_pair() {
    let pair = ed25519("confused");
    // The public key is no secret to sign with: the algorithm of its `kid` is fixed.
    let keys = settings(&[pem("k", Algorithm::EdDSA)], Some("k"));
    let verifier = Verifier::load(keys, &env(&[("PUBLIC", pair.public.as_str())])).unwrap();
    let public = std::fs::read_to_string(&pair.public).unwrap();
    let forged = super::tokens::forge(
        &super::tokens::header("HS512", "k"),
        &super::tokens::claims(),
        public.as_bytes(),
    );
    assert_eq!(
        verifier.verify(TokenKind::Access, &forged),
        Err(TokenError::WrongAlgorithm)
    );
    let path = pem_file("garbage", "PUBLIC KEY", b"garbage");
    let garbage = Verifier::load(keys, &env(&[("PUBLIC", path.as_str())]));
    assert_eq!(garbage.unwrap_err(), KeyError::WrongKey("PUBLIC"));
}

#[test]
fn a_new_key_signs_and_the_old_one_verifies() {
    let (old, new) = (random_secret(), random_secret());
    let environment = env(&[("OLD", &old), ("NEW", &new)]);
    let (old_key, new_key) = (
        hmac("2026-10", Algorithm::HS512, "OLD"),
        hmac("2026-11", Algorithm::HS512, "NEW"),
    );
    let issue = |keys: &[KeySpec], kid| {
        let verifier = Verifier::load(settings(keys, Some(kid)), &environment).unwrap();
        let issuer = Issuer::load(&verifier, &environment).unwrap();
        let (token, _) = issuer.issue(TokenKind::Access, &ann()).unwrap();
        (verifier, token)
    };
    let (before, first) = issue(&[old_key], "2026-10");
    let (during, second) = issue(&[old_key, new_key], "2026-11");
    let (after, _) = issue(&[new_key], "2026-11");
    assert!(before.verify(TokenKind::Access, &first).is_ok());
    assert_eq!(
        before.verify(TokenKind::Access, &second),
        Err(TokenError::UnknownKey)
    );
    assert!(
        during.verify(TokenKind::Access, &first).is_ok()
            && during.verify(TokenKind::Access, &second).is_ok()
    );
    assert_eq!(
        after.verify(TokenKind::Access, &first),
        Err(TokenError::UnknownKey)
    );
    let cannot_sign = |keys: &[KeySpec], kid| {
        let verifier = Verifier::load(settings(keys, kid), &environment).unwrap();
        Issuer::load(&verifier, &environment).unwrap_err()
    };
    assert_eq!(
        cannot_sign(&[old_key], Some("2026-12")),
        KeyError::NoSigningKey("2026-12")
    );
    assert_eq!(cannot_sign(&[old_key], None), KeyError::VerifiesOnly);
    let ends = KeySpec {
        verify_until: Some(u64::MAX),
        ..old_key
    };
    assert_eq!(
        cannot_sign(&[ends], Some("2026-10")),
        KeyError::NoSigningKey("2026-10")
    );
    let pair = ed25519("public-only");
    let public_only = KeySpec {
        source: KeySource::PemFiles {
            public: "PUBLIC",
            private: None,
        },
        ..pem("p", Algorithm::EdDSA)
    };
    let environment = env(&[("PUBLIC", pair.public.as_str())]);
    let verifier = Verifier::load(settings(&[public_only], Some("p")), &environment).unwrap();
    assert_eq!(
        Issuer::load(&verifier, &environment).unwrap_err(),
        KeyError::NoSigningKey("p")
    );
}

#[test]
fn a_key_stops_verifying_when_its_time_has_come() {
    let (old, new) = (random_secret(), random_secret());
    let both = env(&[("OLD", &old), ("NEW", &new)]);
    let old_key = hmac("old", Algorithm::HS512, "OLD");
    let before = Verifier::load(settings(&[old_key], Some("old")), &both).unwrap();
    let issuer = Issuer::load(&before, &both).unwrap();
    let (token, claims) = issuer.issue(TokenKind::Access, &ann()).unwrap();
    let now = super::tokens::now();
    let with_end = |end| {
        let ends = KeySpec {
            verify_until: Some(end),
            ..old_key
        };
        settings(&[ends, hmac("new", Algorithm::HS512, "NEW")], Some("new"))
    };
    // While the service runs.
    let running = Verifier::load(with_end(now + 5), &both).unwrap();
    assert_eq!(running.verify(TokenKind::Access, &token), Ok(claims));
    while super::tokens::now() < now + 5 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(
        running.verify(TokenKind::Access, &token),
        Err(TokenError::RetiredKey)
    );
    // When it starts: the variable is not needed any more.
    let restarted = Verifier::load(with_end(now), &env(&[("NEW", &new)])).unwrap();
    assert_eq!(
        restarted.verify(TokenKind::Access, &token),
        Err(TokenError::UnknownKey)
    );
    let needed = Verifier::load(with_end(now + 3600), &env(&[("NEW", &new)])).unwrap_err();
    assert_eq!(needed, KeyError::Missing("OLD".to_owned()));
    let ended = KeySpec {
        verify_until: Some(now),
        ..old_key
    };
    assert_eq!(
        Verifier::load(settings(&[ended], None), &both).unwrap_err(),
        KeyError::NoKey
    );
    assert_eq!(
        Verifier::load(settings(&[], None), &both).unwrap_err(),
        KeyError::NoKey
    );
    assert_eq!(
        Verifier::load(settings(&[old_key, old_key], None), &both).unwrap_err(),
        KeyError::Twice("old")
    );
}
