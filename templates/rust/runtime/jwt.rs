//! Verifies access and refresh tokens as RFC 8725 asks: the key decides the algorithm, `iss`, `aud`,
//! `exp`, `iat` and `typ` are always checked, and a service with a weak key does not start.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// A longer token is refused before it is decoded.
const MAX_TOKEN_BYTES: usize = 8_192;
/// The `typ` of access tokens (RFC 9068, 2.1).
const ACCESS_TYP: &str = "at+jwt";
/// The `typ` of refresh tokens.
const REFRESH_TYP: &str = "rt+jwt";

/// The tokens of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who issues the tokens: checked on every token.
    pub issuer: &'static str,
    /// Whom the tokens are for: checked on every token.
    pub audience: &'static str,
    /// How long an access token lives.
    pub access_ttl: Duration,
    /// How long a refresh token lives; `None`: there are no refresh tokens.
    pub refresh_ttl: Option<Duration>,
    /// How far the clocks of issuer and verifier may differ.
    pub leeway: Duration,
    /// The `kid` of the key that signs; `None` where the service only verifies.
    pub sign_with: Option<&'static str>,
    /// The keys. Every one of them verifies.
    pub keys: &'static [KeySpec],
}

/// Where the service finds a key when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The environment variable with an HMAC secret; `<NAME>_FILE` may name a file with it instead.
    Secret(&'static str),
    /// Environment variables with the paths of PEM files.
    PemFiles {
        /// The public key.
        public: &'static str,
        /// The private key, of a key that signs.
        private: Option<&'static str>,
    },
}

/// One key of the policy. A key has one algorithm (RFC 8725, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// Its name in the header of tokens.
    pub kid: &'static str,
    /// Its algorithm.
    pub algorithm: Algorithm,
    /// Where it comes from.
    pub source: KeySource,
    /// When it stops verifying, in seconds since 1970; `None`: not until it leaves the policy.
    pub verify_until: Option<u64>,
}

/// Why the keys cannot be used: the service must not start. It never holds a part of a key.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyError {
    /// The variable is not set, or not text.
    Missing(String),
    /// The secret is shorter than its algorithm needs (RFC 7518, 3.2).
    TooShort {
        /// The variable.
        name: &'static str,
        /// How long the secret is.
        bytes: usize,
        /// How long it must be.
        min: usize,
    },
    /// The secret is a placeholder, repeats itself, or follows a simple sequence.
    Guessable(&'static str),
    /// The file that the variable names cannot be read.
    Unreadable(String),
    /// The file that the variable names holds no key of the policy's algorithm.
    WrongKey(&'static str),
    /// The key of this `kid` cannot sign: there is none, no private key of it, or it has an end.
    NoSigningKey(&'static str),
    /// The policy names no key that signs.
    VerifiesOnly,
    /// No key of the policy verifies any more.
    NoKey,
    /// Two keys have this `kid`.
    Twice(&'static str),
    /// The private and the public key of this `kid` do not belong together.
    Mismatch(&'static str),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "{name} is not set, or not text"),
            Self::TooShort { name, bytes, min } => {
                write!(f, "{name} has {bytes} bytes and needs at least {min}")
            }
            Self::Guessable(name) => write!(f, "{name} can be guessed: use random bytes"),
            Self::Unreadable(name) => write!(f, "the file that {name} names cannot be read"),
            Self::WrongKey(name) => {
                write!(
                    f,
                    "the file that {name} names holds no key of its algorithm"
                )
            }
            Self::NoSigningKey(kid) => {
                write!(f, "key {kid} cannot sign: it has no private key, or an end")
            }
            Self::VerifiesOnly => f.write_str("the policy names no key that signs"),
            Self::NoKey => f.write_str("no key of the policy verifies any more"),
            Self::Twice(kid) => write!(f, "two keys are called {kid}"),
            Self::Mismatch(kid) => write!(f, "the private and public key of {kid} do not match"),
        }
    }
}

/// As `Display`, because `fn main() -> Result<_, Box<dyn Error>>` prints this.
impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for KeyError {}

/// Why a token is refused. Log it; tell the client no more than "invalid token".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Longer than any of ours.
    TooLarge,
    /// Not a token with the claims of ours.
    Malformed,
    /// No `kid`, or none of ours.
    UnknownKey,
    /// Of a key whose time to verify is over.
    RetiredKey,
    /// Another `typ`: a refresh token is no access token (RFC 8725, 3.11).
    WrongType,
    /// Not the algorithm of the key.
    WrongAlgorithm,
    /// Header fields that must be understood and are not (RFC 7515, 4.1.11).
    Critical,
    /// Not signed by the key.
    BadSignature,
    /// Expired.
    Expired,
    /// Issued in the future, or not valid yet.
    NotYetValid,
    /// Another issuer.
    WrongIssuer,
    /// For another audience.
    WrongAudience,
    /// A claim that every token has is missing.
    MissingClaim,
    /// Valid for longer than the policy allows.
    LifetimeTooLong,
    /// A token could not be signed.
    Sign,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the token is too long",
            Self::Malformed => "not a token, or not of the expected claims",
            Self::UnknownKey => "the key is not known",
            Self::RetiredKey => "the key does not verify any more",
            Self::WrongType => "the token is of another type",
            Self::WrongAlgorithm => "the algorithm is not that of the key",
            Self::Critical => "the header asks for something that is not understood",
            Self::BadSignature => "the signature is wrong",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::WrongIssuer => "the issuer is another",
            Self::WrongAudience => "the audience is another",
            Self::MissingClaim => "a claim is missing",
            Self::LifetimeTooLong => "the token lives longer than the policy allows",
            Self::Sign => "the token could not be signed",
        })
    }
}

impl std::error::Error for TokenError {}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// To call the service.
    Access,
    /// To get new tokens.
    Refresh,
}

impl TokenKind {
    /// The `typ` of such a token's header.
    pub(super) const fn typ(self) -> &'static str {
        match self {
            Self::Access => ACCESS_TYP,
            Self::Refresh => REFRESH_TYP,
        }
    }

    /// How long such a token lives; `None` where the policy has no such tokens.
    pub(super) const fn ttl(self, settings: &Settings) -> Option<Duration> {
        match self {
            Self::Access => Some(settings.access_ttl),
            Self::Refresh => settings.refresh_ttl,
        }
    }
}

/// Whom a token is for: RFC 7519 allows one text or a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What a token says. Each field without a default is required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    /// Whom it is for.
    pub aud: Audience,
    /// When it was issued, in seconds since 1970.
    pub iat: u64,
    /// When it expires, in seconds since 1970.
    pub exp: u64,
    /// Unique for each token: what a revocation or the detection of reused refresh tokens goes by.
    pub jti: String,
    /// When the subject last logged in by hand, in seconds since 1970; 0 where nobody said so.
    #[serde(default)]
    pub auth_time: u64,
    /// What the token may be used for, separated by blanks.
    #[serde(default)]
    pub scope: String,
    /// The subject's roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The subject's tenant.
    #[serde(default)]
    pub tenant: String,
    /// The login that the token goes back to: all tokens that were refreshed from one another are one
    /// family, which is revoked as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

/// One key, ready to verify.
struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
    verify_until: Option<u64>,
}

/// All keys of the policy, by `kid`. Make it once, when the service starts.
pub struct Verifier {
    settings: &'static Settings,
    keys: BTreeMap<&'static str, Key>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("kids", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

impl Verifier {
    /// Loads the keys of the policy as the environment says. A key whose time to verify is over is not
    /// loaded, so that its variable can be taken away.
    ///
    /// # Errors
    /// A key that is missing, short, guessable or of another algorithm: the service must not start.
    pub fn from_env(settings: &'static Settings) -> Result<Self, KeyError> {
        Self::load(settings, &process_env)
    }

    /// As [`Verifier::from_env`], with the environment given: for tests.
    ///
    /// # Errors
    /// As [`Verifier::from_env`].
    pub fn load(
        settings: &'static Settings,
        env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
    ) -> Result<Self, KeyError> {
        let now = unix_now();
        let mut keys = BTreeMap::new();
        for spec in settings.keys {
            let algorithm = spec.algorithm;
            if is_over(spec.verify_until, now) {
                continue;
            }
            let decoding = match spec.source {
                KeySource::Secret(name) => {
                    DecodingKey::from_secret(secret(name, algorithm, env)?.as_bytes())
                }
                KeySource::PemFiles { public, .. } => public_key(public, algorithm, env)?,
            };
            let key = Key {
                algorithm,
                decoding,
                verify_until: spec.verify_until,
            };
            if keys.insert(spec.kid, key).is_some() {
                return Err(KeyError::Twice(spec.kid));
            }
        }
        if keys.is_empty() {
            return Err(KeyError::NoKey);
        }
        Ok(Self { settings, keys })
    }

    /// The tokens of the policy.
    #[must_use]
    pub const fn settings(&self) -> &'static Settings {
        self.settings
    }

    /// What a token says, if it is a valid one of this kind.
    ///
    /// # Errors
    /// Why it is not.
    pub fn verify(&self, kind: TokenKind, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        // jsonwebtoken reads `crit` and does not act on it; we understand no extension.
        if header.crit.is_some() {
            return Err(TokenError::Critical);
        }
        // `kid` only chooses among our own keys; `jku`, `jwk`, `x5u` and `x5c` are never used.
        let key = header.kid.as_deref().and_then(|kid| self.keys.get(kid));
        let key = key.ok_or(TokenError::UnknownKey)?;
        let now = unix_now();
        if is_over(key.verify_until, now) {
            return Err(TokenError::RetiredKey);
        }
        let ttl = kind.ttl(self.settings).ok_or(TokenError::WrongType)?;
        if !header.typ.is_some_and(|typ| is_typ(&typ, kind.typ())) {
            return Err(TokenError::WrongType);
        }
        let validation = validation(self.settings, key.algorithm);
        let data = decode::<Claims>(token, &key.decoding, &validation);
        let claims = data.map_err(|error| refusal(&error))?.claims;
        if claims.iat > now.saturating_add(self.settings.leeway.as_secs()) {
            return Err(TokenError::NotYetValid);
        }
        if claims.exp.saturating_sub(claims.iat) > ttl.as_secs() {
            return Err(TokenError::LifetimeTooLong);
        }
        // An empty one would be the same for every token that has it.
        if claims.sub.is_empty() || claims.jti.is_empty() {
            return Err(TokenError::MissingClaim);
        }
        Ok(claims)
    }
}

/// Whether the time of a key is over. No leeway: what comes after the policy's day is too late.
const fn is_over(verify_until: Option<u64>, now: u64) -> bool {
    matches!(verify_until, Some(end) if now >= end)
}

/// Media types ignore case, and `application/` may be left out (RFC 7515, 4.1.9).
fn is_typ(found: &str, expected: &str) -> bool {
    let bare = match found.split_at_checked("application/".len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case("application/") => rest,
        _ => found,
    };
    bare.eq_ignore_ascii_case(expected)
}

fn validation(settings: &Settings, algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = settings.leeway.as_secs();
    validation.validate_exp = true;
    validation.validate_nbf = true;
    validation.validate_aud = true;
    validation.set_issuer(&[settings.issuer]);
    validation.set_audience(&[settings.audience]);
    // An issuer or audience is only compared where there is one, so they are required too. Other names
    // are ignored here: `iat` and `jti` are required by `Claims`.
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

fn refusal(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::NotYetValid,
        ErrorKind::InvalidIssuer => TokenError::WrongIssuer,
        ErrorKind::InvalidAudience => TokenError::WrongAudience,
        ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        ErrorKind::MissingRequiredClaim(_) => TokenError::MissingClaim,
        _ => TokenError::Malformed,
    }
}

/// Seconds since 1970. A clock before that makes every token one of the future.
pub(super) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// A variable of the process.
pub(super) fn process_env(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().map(Zeroizing::new)
}

/// The HMAC secret of a variable, or of the file that `<NAME>_FILE` names.
pub(super) fn secret(
    name: &'static str,
    algorithm: Algorithm,
    env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
) -> Result<Zeroizing<String>, KeyError> {
    let text = match env(name) {
        Some(text) => text,
        None => match env(&format!("{name}_FILE")) {
            Some(path) => read(&format!("{name}_FILE"), &path)?,
            None => return Err(KeyError::Missing(name.to_owned())),
        },
    };
    // Files end with a line break, which is no part of the secret.
    let text = Zeroizing::new(text.trim().to_owned());
    // RFC 7518, 3.2: at least as long as the hash.
    let min = match algorithm {
        Algorithm::HS256 => 32,
        Algorithm::HS384 => 48,
        _ => 64,
    };
    if text.len() < min {
        return Err(KeyError::TooShort {
            name,
            bytes: text.len(),
            min,
        });
    }
    if is_guessable(text.as_bytes()) {
        return Err(KeyError::Guessable(name));
    }
    Ok(text)
}

/// What no random secret looks like, and many hand-written ones do.
fn is_guessable(secret: &[u8]) -> bool {
    const WORDS: [&str; 8] = [
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "example",
        "password",
        "secret",
        "default",
    ];
    let lower = Zeroizing::new(secret.to_ascii_lowercase());
    let few = secret.iter().collect::<BTreeSet<_>>().len() < 10;
    let repeats = (1..=secret.len() / 2).take(64).any(|period| {
        secret
            .iter()
            .zip(secret.iter().skip(period))
            .all(|(a, b)| a == b)
    });
    let steps = secret
        .iter()
        .zip(secret.iter().skip(1))
        .filter(|(a, b)| a.abs_diff(**b) <= 1)
        .count();
    let word = |word: &str| {
        lower
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    few || repeats || steps > secret.len() / 2 || WORDS.into_iter().any(word)
}

fn public_key(
    name: &'static str,
    algorithm: Algorithm,
    env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
) -> Result<DecodingKey, KeyError> {
    let pem = pem(name, env)?;
    let key = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem.as_bytes()),
        _ => DecodingKey::from_ec_pem(pem.as_bytes()),
    };
    let key = key.map_err(|_| KeyError::WrongKey(name))?;
    // A key of another curve would load, and then refuse every token.
    let bytes = match algorithm {
        Algorithm::EdDSA => 32,
        Algorithm::ES256 => 65,
        _ => 97,
    };
    match key.try_get_as_bytes() {
        Ok(point) if point.len() == bytes => Ok(key),
        _ => Err(KeyError::WrongKey(name)),
    }
}

/// The PEM text of the file that a variable names.
pub(super) fn pem(
    name: &str,
    env: &dyn Fn(&str) -> Option<Zeroizing<String>>,
) -> Result<Zeroizing<String>, KeyError> {
    let path = env(name).ok_or_else(|| KeyError::Missing(name.to_owned()))?;
    read(name, &path)
}

fn read(name: &str, path: &str) -> Result<Zeroizing<String>, KeyError> {
    let text = std::fs::read_to_string(path).map_err(|_| KeyError::Unreadable(name.to_owned()))?;
    Ok(Zeroizing::new(text))
}
