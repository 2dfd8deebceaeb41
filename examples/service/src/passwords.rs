//! Passwords: Argon2id with the parameters that OWASP asks for (19 MiB, two passes), which are the
//! defaults of the crate.

use argon2::Argon2;
use argon2::password_hash::{self, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;

/// How many hashes are computed at once: each takes a core and 19 MiB.
const AT_ONCE: usize = 4;

/// Verifies passwords, and takes as long for accounts that do not exist.
pub struct Passwords {
    /// Compared with where there is no account. Nobody knows its password.
    nobody: String,
    slots: Semaphore,
}

impl Passwords {
    /// # Errors
    /// No randomness.
    pub fn new() -> Result<Self, password_hash::Error> {
        let mut unknown = [0_u8; 32];
        fill(&mut unknown)?;
        Ok(Self {
            nobody: hash(&unknown)?,
            slots: Semaphore::new(AT_ONCE),
        })
    }

    /// Whether the password is that of the hash; never where there is no hash.
    pub async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        // Waiting is bounded by the login limit: the queue is no longer than the admitted logins.
        let Ok(_slot) = self.slots.acquire().await else {
            return false;
        };
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &hash)
                    .is_ok()
            })
        });
        matches.await.unwrap_or(false) && is_known
    }
}

/// A new hash in PHC form.
///
/// # Errors
/// No randomness, or a password that Argon2 cannot take.
pub fn hash(password: &[u8]) -> Result<String, password_hash::Error> {
    let mut salt = [0_u8; 16];
    fill(&mut salt)?;
    let salt = SaltString::encode_b64(&salt)?;
    Ok(Argon2::default()
        .hash_password(password, &salt)?
        .to_string())
}

fn fill(bytes: &mut [u8]) -> Result<(), password_hash::Error> {
    getrandom::fill(bytes).map_err(|_| password_hash::Error::Crypto)
}
