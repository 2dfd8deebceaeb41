//! Issues access and refresh tokens, signed with the one key that the policy names.

use super::jwt::{
    Audience, Claims, KeyError, KeySource, Settings, TokenError, TokenKind, Verifier, pem,
    process_env, secret, unix_now,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use std::fmt;
use zeroize::Zeroizing;

/// What the caller knows about the one whom a token is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Who it is.
    pub sub: String,
    /// When they last logged in by hand, in seconds since 1970. A refresh keeps it.
    pub auth_time: u64,
    /// What the token may be used for, separated by blanks.
    pub scope: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// Their tenant.
    pub tenant: String,
}

/// The signing key. Make it once, when the service starts.
pub struct Issuer {
    settings: &'static Settings,
    kid: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Issuer {
    /// Loads the signing key as the environment says, and signs a token for the verifier to verify.
    ///
    /// # Errors
    /// A key that is missing, short, guessable, of another algorithm, or that does not belong to the
    /// key that verifies: the service must not start.
    pub fn from_env(verifier: &Verifier) -> Result<Self, KeyError> {
        Self::load(verifier, &process_env)
    }

    /// As [`Issuer::from_env`], with the environment given: for tests.
    ///
    /// # Errors
    /// As [`Issuer::from_env`].
    pub fn load(
        verifier: &Verifier,
        env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
    ) -> Result<Self, KeyError> {
        let settings = verifier.settings();
        let kid = settings.sign_with.ok_or(KeyError::VerifiesOnly)?;
        let mut specs = settings.keys.iter();
        // Tokens of a key that ends would end with it, before their time.
        let spec = specs.find(|spec| spec.kid == kid && spec.verify_until.is_none());
        let spec = spec.ok_or(KeyError::NoSigningKey(kid))?;
        let (algorithm, source) = (spec.algorithm, spec.source);
        let key = match source {
            KeySource::Secret(name) => {
                EncodingKey::from_secret(secret(name, algorithm, env)?.as_bytes())
            }
            KeySource::PemFiles { private, .. } => {
                let name = private.ok_or(KeyError::NoSigningKey(kid))?;
                let pem = pem(name, env)?;
                let key = match algorithm {
                    Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
                    _ => EncodingKey::from_ec_pem(pem.as_bytes()),
                };
                key.map_err(|_| KeyError::WrongKey(name))?
            }
        };
        let issuer = Self {
            settings,
            kid,
            algorithm,
            key,
        };
        let probe = issuer.issue(TokenKind::Access, &probe_subject());
        let (token, _) = probe.map_err(|_| KeyError::Mismatch(kid))?;
        match verifier.verify(TokenKind::Access, &token) {
            Ok(_) => Ok(issuer),
            Err(_) => Err(KeyError::Mismatch(kid)),
        }
    }

    /// A signed token, and what it says.
    ///
    /// # Errors
    /// [`TokenError::WrongType`] where the policy has no tokens of this kind, [`TokenError::Sign`] when
    /// there is no randomness or no signature.
    pub fn issue(
        &self,
        kind: TokenKind,
        subject: &Subject,
    ) -> Result<(String, Claims), TokenError> {
        self.issue_in(kind, subject, None, u64::MAX)
    }

    /// As [`Issuer::issue`], for a family of tokens and with a time that none of them outlives, in
    /// seconds since 1970.
    pub(super) fn issue_in(
        &self,
        kind: TokenKind,
        subject: &Subject,
        family: Option<&str>,
        end: u64,
    ) -> Result<(String, Claims), TokenError> {
        let settings = self.settings;
        let ttl = kind.ttl(settings).ok_or(TokenError::WrongType)?;
        let now = unix_now();
        let claims = Claims {
            iss: settings.issuer.to_owned(),
            sub: subject.sub.clone(),
            aud: Audience::One(settings.audience.to_owned()),
            iat: now,
            exp: now.saturating_add(ttl.as_secs()).min(end),
            jti: random_id()?,
            auth_time: subject.auth_time,
            scope: subject.scope.clone(),
            roles: subject.roles.clone(),
            tenant: subject.tenant.clone(),
            family: family.map(str::to_owned),
        };
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.to_owned());
        header.typ = Some(kind.typ().to_owned());
        let token = encode(&header, &claims, &self.key).map_err(|_| TokenError::Sign)?;
        Ok((token, claims))
    }
}

/// Whom the token is about that shows that the keys fit. It leaves this module as a verdict only.
fn probe_subject() -> Subject {
    Subject {
        sub: "probe".to_owned(),
        ..Subject::default()
    }
}

/// 128 random bits, hexadecimal.
pub(super) fn random_id() -> Result<String, TokenError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| TokenError::Sign)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
