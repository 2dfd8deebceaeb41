//! Issues access and refresh tokens, signed with the one key that the policy names.

use super::jwt::{
    Audience, Claims, KeyError, KeySource, KeySpec, TokenError, TokenKind, Verifier, pem,
    process_env, secret, unix_now,
};
use super::policy::jwt as policy;
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
        Self::load(policy::KEYS, policy::SIGN_WITH, verifier, &process_env)
    }

    /// As [`Issuer::from_env`], with the keys and the environment given: for tests.
    ///
    /// # Errors
    /// As [`Issuer::from_env`].
    pub fn load(
        specs: &[KeySpec],
        sign_with: &'static str,
        verifier: &Verifier,
        env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
    ) -> Result<Self, KeyError> {
        let spec = specs.iter().find(|spec| spec.kid == sign_with);
        let &KeySpec {
            kid,
            algorithm,
            source,
        } = spec.ok_or(KeyError::NoSigningKey(sign_with))?;
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
            kid,
            algorithm,
            key,
        };
        let probe = issuer.issue(TokenKind::Access, &Subject::default());
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
        let ttl = kind.ttl().ok_or(TokenError::WrongType)?;
        let now = unix_now();
        let claims = Claims {
            iss: policy::ISSUER.to_owned(),
            sub: subject.sub.clone(),
            aud: Audience::One(policy::AUDIENCE.to_owned()),
            iat: now,
            exp: now.saturating_add(ttl.as_secs()),
            jti: random_id()?,
            auth_time: subject.auth_time,
            scope: subject.scope.clone(),
            roles: subject.roles.clone(),
            tenant: subject.tenant.clone(),
        };
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.to_owned());
        header.typ = Some(kind.typ().to_owned());
        let token = encode(&header, &claims, &self.key).map_err(|_| TokenError::Sign)?;
        Ok((token, claims))
    }
}

/// 128 random bits, hexadecimal.
fn random_id() -> Result<String, TokenError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| TokenError::Sign)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
