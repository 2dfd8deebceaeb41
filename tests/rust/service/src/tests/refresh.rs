//! Refresh tokens that work once.

use super::{env, random_secret};
use crate::security::jwt::{TokenError, TokenKind, Verifier};
use crate::security::jwt_issue::{Issuer, Subject};
use crate::security::policy::PROD;
use crate::security::refresh::{
    Families, Family, Presented, RefreshError, Tokens, begin, revoke, rotate,
};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a database does, with its statements as the trait's documentation has them.
#[derive(Default)]
struct Database {
    rows: Mutex<BTreeMap<String, Family>>,
    is_down: AtomicBool,
}

impl Database {
    fn rows(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Family>>, &'static str> {
        if self.is_down.load(Ordering::Relaxed) {
            Err("down")
        } else {
            Ok(self.rows.lock().unwrap())
        }
    }
}

impl Families for Database {
    type Error = &'static str;

    async fn begin(&self, family: &Family) -> Result<(), Self::Error> {
        self.rows()?.insert(family.id.clone(), family.clone());
        Ok(())
    }

    async fn rotate(&self, id: &str, presented: &str, next: &str) -> Result<bool, Self::Error> {
        let mut rows = self.rows()?;
        match rows.get_mut(id) {
            Some(family)
                if family.current == presented && family.expires > super::tokens::now() =>
            {
                next.clone_into(&mut family.current);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn revoke(&self, id: &str) -> Result<bool, Self::Error> {
        Ok(self.rows()?.remove(id).is_some())
    }
}

struct Service {
    verifier: Verifier,
    issuer: Issuer,
    database: Database,
}

impl Service {
    fn new() -> Self {
        let secret = random_secret();
        let environment = env(&[("JWT_SECRET", &secret)]);
        let verifier = Verifier::load(&PROD.jwt, &environment).unwrap();
        let issuer = Issuer::load(&verifier, &environment).unwrap();
        Self {
            verifier,
            issuer,
            database: Database::default(),
        }
    }

    async fn log_in(&self) -> Tokens {
        begin(&self.issuer, &self.database, &ann()).await.unwrap()
    }

    async fn refresh(&self, token: &str) -> Result<Tokens, RefreshError<&'static str>> {
        self.refresh_as(token, &ann()).await
    }

    async fn refresh_as(
        &self,
        token: &str,
        subject: &Subject,
    ) -> Result<Tokens, RefreshError<&'static str>> {
        let presented = Presented::verify(&self.verifier, token).map_err(RefreshError::Token)?;
        rotate(&self.issuer, &self.database, &presented, subject).await
    }
}

fn ann() -> Subject {
    Subject {
        sub: "ann".to_owned(),
        auth_time: 1_800_000_000,
        scope: "reports:read reports:write".to_owned(),
        roles: vec!["editor".to_owned()],
        tenant: "t1".to_owned(),
    }
}

#[tokio::test]
async fn each_refresh_token_works_once() {
    let service = Service::new();
    let mut tokens = service.log_in().await;
    let first = service
        .verifier
        .verify(TokenKind::Refresh, &tokens.refresh)
        .unwrap();
    for _ in 0..5 {
        let next = service.refresh(&tokens.refresh).await.unwrap();
        assert_ne!(next.refresh, tokens.refresh);
        let access = service.verifier.verify(TokenKind::Access, &next.access);
        let access = access.unwrap();
        assert_eq!(access.family, first.family);
        assert_eq!(
            (access.sub, access.auth_time),
            (first.sub.clone(), first.auth_time)
        );
        // The family ends when its first token would have.
        assert_eq!(next.refresh_expires, first.exp);
        tokens = next;
    }
    let rows = service.database.rows().unwrap();
    assert_eq!(rows.len(), 1);
    let family = rows.values().next().unwrap();
    assert_eq!(
        (family.subject.as_str(), family.expires),
        ("ann", first.exp)
    );
}

#[tokio::test]
async fn a_token_that_comes_back_ends_the_family() {
    let service = Service::new();
    let stolen = service.log_in().await.refresh;
    let owners = service.refresh(&stolen).await.unwrap();
    assert_eq!(service.refresh(&stolen).await, Err(RefreshError::Reused));
    // Neither the thief nor the owner goes on; another login does.
    assert_eq!(service.refresh(&stolen).await, Err(RefreshError::Ended));
    let owner = service.refresh(&owners.refresh).await;
    assert_eq!(owner, Err(RefreshError::Ended));
    let again = service.log_in().await;
    assert!(service.refresh(&again.refresh).await.is_ok());
}

#[tokio::test]
async fn the_thief_who_is_first_is_found_too() {
    let service = Service::new();
    let stolen = service.log_in().await.refresh;
    let thiefs = service.refresh(&stolen).await.unwrap();
    let thiefs = service.refresh(&thiefs.refresh).await.unwrap();
    assert_eq!(service.refresh(&stolen).await, Err(RefreshError::Reused));
    let thief = service.refresh(&thiefs.refresh).await;
    assert_eq!(thief, Err(RefreshError::Ended));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_refreshes_at_the_same_time_one_wins() {
    for _ in 0..50 {
        let service = Service::new();
        let token = service.log_in().await.refresh;
        let (one, other) = tokio::join!(service.refresh(&token), service.refresh(&token));
        let errors: Vec<_> = [one.err(), other.err()].into_iter().flatten().collect();
        assert_eq!(errors, [RefreshError::Reused]);
        assert!(service.database.rows().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_logout_ends_the_family_and_no_other() {
    let service = Service::new();
    let (here, there) = (service.log_in().await, service.log_in().await);
    let presented = Presented::verify(&service.verifier, &here.refresh).unwrap();
    revoke(&service.database, &presented).await.unwrap();
    revoke(&service.database, &presented).await.unwrap();
    let ended = service.refresh(&here.refresh).await;
    assert_eq!(ended, Err(RefreshError::Ended));
    assert!(service.refresh(&there.refresh).await.is_ok());
}

#[tokio::test]
async fn only_a_refresh_token_of_a_family_refreshes() {
    let service = Service::new();
    let tokens = service.log_in().await;
    let verify = |token: &str| Presented::verify(&service.verifier, token).unwrap_err();
    assert_eq!(verify(&tokens.access), TokenError::WrongType);
    assert_eq!(verify("a.b.c"), TokenError::Malformed);
    let (alone, _) = service.issuer.issue(TokenKind::Refresh, &ann()).unwrap();
    assert_eq!(verify(&alone), TokenError::MissingClaim);
    let other = Service::new().log_in().await;
    assert_eq!(verify(&other.refresh), TokenError::BadSignature);
}

#[tokio::test]
async fn a_refresh_widens_nothing() {
    let service = Service::new();
    let tokens = service.log_in().await;
    let more = Subject {
        auth_time: 1_900_000_000,
        scope: "users:manage reports:read".to_owned(),
        roles: vec!["admin".to_owned()],
        ..ann()
    };
    let next = service.refresh_as(&tokens.refresh, &more).await.unwrap();
    let claims = service.verifier.verify(TokenKind::Access, &next.access);
    let claims = claims.unwrap();
    assert_eq!(claims.scope, "reports:read");
    assert_eq!(claims.auth_time, ann().auth_time, "no login took place");
    assert_eq!(claims.roles, ["admin"], "roles are those of now");
    let bob = Subject {
        sub: "bob".to_owned(),
        ..ann()
    };
    let refused = service.refresh_as(&next.refresh, &bob).await;
    assert_eq!(refused, Err(RefreshError::WrongSubject));
    assert!(service.refresh(&next.refresh).await.is_ok(), "not used up");
}

#[tokio::test]
async fn without_the_database_nothing_is_given_out() {
    let service = Service::new();
    let tokens = service.log_in().await;
    service.database.is_down.store(true, Ordering::Relaxed);
    let down = Err(RefreshError::Database("down"));
    assert_eq!(service.refresh(&tokens.refresh).await, down);
    let login = begin(&service.issuer, &service.database, &ann()).await;
    assert_eq!(login, down);
    service.database.is_down.store(false, Ordering::Relaxed);
    assert!(service.refresh(&tokens.refresh).await.is_ok());
}

#[tokio::test]
async fn tokens_do_not_reach_a_log() {
    let tokens = Service::new().log_in().await;
    let text = format!("{tokens:?}");
    assert!(!text.contains(&tokens.access) && !text.contains(&tokens.refresh));
    assert!(!text.contains("eyJ"), "{text}");
}
