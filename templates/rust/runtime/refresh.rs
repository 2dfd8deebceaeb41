//! Refreshes tokens with rotation: each refresh token works once, and one that comes back ends the whole
//! family (RFC 9700, 4.14.2), because then somebody has a copy of it.
//!
//! A family is what goes back to one login. It ends when its first refresh token would have: rotation
//! does not make a session longer. Two refreshes with the same token at the same time are a reuse as
//! well, without a period of grace, in which a thief could not be told from the owner: a client refreshes
//! once at a time, and logs in again when it missed the answer.

use super::jwt::{Claims, TokenError, TokenKind, Verifier, unix_now};
use super::jwt_issue::{Issuer, Subject, random_id};
use std::fmt;
use std::future::Future;

/// A family, as the service stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name: 32 hexadecimal digits.
    pub id: String,
    /// Whom it belongs to, so that all families of a user can be ended at once.
    pub subject: String,
    /// The `jti` of the one refresh token that works.
    pub current: String,
    /// When it ends, in seconds since 1970; after that the row can be deleted.
    pub expires: u64,
}

/// What the service's database does. Each function is one statement, which the database runs as a whole
/// or not at all:
///
/// ```sql
/// CREATE TABLE refresh_families (
///     id text PRIMARY KEY, subject text NOT NULL, current text NOT NULL, expires timestamptz NOT NULL);
/// -- begin
/// INSERT INTO refresh_families VALUES ($1, $2, $3, to_timestamp($4));
/// -- rotate: whether one row was changed
/// UPDATE refresh_families SET current = $3 WHERE id = $1 AND current = $2 AND expires > now();
/// -- revoke: whether one row was deleted
/// DELETE FROM refresh_families WHERE id = $1;
/// ```
pub trait Families: Sync {
    /// Why the database did not do it.
    type Error: Send;

    /// Stores a new family.
    fn begin(&self, family: &Family) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Replaces the current token of a family by the next, if it is still the one that was presented and
    /// the family has not ended. `false` where it is not: nothing was changed. It must be one atomic
    /// step: of two calls with the same token one at most may answer `true`.
    fn rotate(
        &self,
        family: &str,
        presented: &str,
        next: &str,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Ends a family. `false` where there is none of this name (any more).
    fn revoke(&self, family: &str) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// An access token and the refresh token that goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For each request.
    pub access: String,
    /// When that expires, in seconds since 1970.
    pub access_expires: u64,
    /// For the next refresh.
    pub refresh: String,
    /// When that expires, in seconds since 1970.
    pub refresh_expires: u64,
}

/// Without the tokens: who has them is the user.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("access_expires", &self.access_expires)
            .field("refresh_expires", &self.refresh_expires)
            .finish_non_exhaustive()
    }
}

/// Why there are no new tokens. Log it; tell the client no more than 401, and 500 for [`Self::Database`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshError<E> {
    /// The token is no valid refresh token, or none could be signed.
    Token(TokenError),
    /// The token worked before. Somebody has a copy, so its family was ended: the user logs in again.
    /// Worth an alarm.
    Reused,
    /// The family has ended: logged out, revoked, or over.
    Ended,
    /// The new tokens would be for another subject than the old one.
    WrongSubject,
    /// The database did not answer. Whether it did its step is not known.
    Database(E),
}

impl<E: fmt::Display> fmt::Display for RefreshError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Reused => f.write_str("the refresh token was used before: its family is ended"),
            Self::Ended => f.write_str("the refresh token's family has ended"),
            Self::WrongSubject => f.write_str("the refresh token belongs to another subject"),
            Self::Database(error) => write!(f, "the refresh tokens' database: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for RefreshError<E> {}

/// A refresh token that was verified, but not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    claims: Claims,
    family: String,
}

impl Presented {
    /// Verifies a refresh token. Nothing is used up.
    ///
    /// # Errors
    /// Why it is none of ours.
    pub fn verify(verifier: &Verifier, token: &str) -> Result<Self, TokenError> {
        let claims = verifier.verify(TokenKind::Refresh, token)?;
        let family = claims.family.clone().ok_or(TokenError::MissingClaim)?;
        Ok(Self { claims, family })
    }

    /// What it says: load the account of its `sub` anew before [`rotate`], for it may be closed by now.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// The first tokens of a new family: after a login.
///
/// # Errors
/// No token could be signed, or the database did not store the family.
pub async fn begin<F: Families>(
    issuer: &Issuer,
    families: &F,
    subject: &Subject,
) -> Result<Tokens, RefreshError<F::Error>> {
    let id = random_id().map_err(RefreshError::Token)?;
    let (tokens, refresh) = sign(issuer, subject, &id, u64::MAX).map_err(RefreshError::Token)?;
    let family = Family {
        id,
        subject: refresh.sub,
        current: refresh.jti,
        expires: refresh.exp,
    };
    let stored = families.begin(&family).await;
    stored.map_err(RefreshError::Database)?;
    Ok(tokens)
}

/// New tokens for a refresh token, which does not work any more afterwards.
///
/// `subject` is the account as it is now. Of its scope remains what the old token had as well (RFC 6749,
/// 6), and the time of the login is that of the old token.
///
/// # Errors
/// The token was used before or its family has ended; then there is no family any more.
pub async fn rotate<F: Families>(
    issuer: &Issuer,
    families: &F,
    presented: &Presented,
    subject: &Subject,
) -> Result<Tokens, RefreshError<F::Error>> {
    let Presented { claims, family } = presented;
    if claims.sub != subject.sub {
        return Err(RefreshError::WrongSubject);
    }
    // Within the leeway after its end: no reuse, just late.
    if unix_now() >= claims.exp {
        let revoked = families.revoke(family).await;
        revoked.map_err(RefreshError::Database)?;
        return Err(RefreshError::Ended);
    }
    let granted = |word: &&str| claims.scope.split(' ').any(|old| old == *word);
    let scope: Vec<&str> = subject.scope.split(' ').filter(granted).collect();
    let subject = Subject {
        scope: scope.join(" "),
        auth_time: claims.auth_time,
        ..subject.clone()
    };
    // Signed first: a fault here must not use the old token up.
    let (tokens, next) = sign(issuer, &subject, family, claims.exp).map_err(RefreshError::Token)?;
    let rotated = families.rotate(family, &claims.jti, &next.jti).await;
    if rotated.map_err(RefreshError::Database)? {
        return Ok(tokens);
    }
    let revoked = families.revoke(family).await;
    if revoked.map_err(RefreshError::Database)? {
        Err(RefreshError::Reused)
    } else {
        Err(RefreshError::Ended)
    }
}

/// Ends the family of a refresh token: at logout, or for an account that is closed. A token that was used
/// before ends it as well. Access tokens that are out work until they expire: keep their time short.
///
/// # Errors
/// The database did not do it.
pub async fn revoke<F: Families>(families: &F, presented: &Presented) -> Result<(), F::Error> {
    families.revoke(&presented.family).await.map(drop)
}

/// The tokens, and what the refresh token says.
fn sign(
    issuer: &Issuer,
    subject: &Subject,
    family: &str,
    end: u64,
) -> Result<(Tokens, Claims), TokenError> {
    let (access, access_claims) = issuer.issue_in(TokenKind::Access, subject, Some(family), end)?;
    let (refresh, claims) = issuer.issue_in(TokenKind::Refresh, subject, Some(family), end)?;
    let tokens = Tokens {
        access,
        access_expires: access_claims.exp,
        refresh,
        refresh_expires: claims.exp,
    };
    Ok((tokens, claims))
}
