//! Passwords: Argon2id with the parameters that OWASP asks for (19 MiB, two passes), which are the
//! defaults of the crate.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How many passwords are checked at once: each takes a core and 19 MiB.
const AT_ONCE: usize = 4;

/// Checks passwords, and takes as long for accounts that do not exist.
pub struct Passwords {
    /// What the password of nobody is compared with.
    nobody: String,
    slots: Semaphore,
}

impl Passwords {
    /// # Errors
    /// No randomness.
    pub fn new() -> Result<Self, Error> {
        let mut unknown = [0_u8; 32];
        getrandom::fill(&mut unknown).map_err(|_| Error::Crypto)?;
        Ok(Self {
            nobody: hash(&unknown)?,
            slots: Semaphore::new(AT_ONCE),
        })
    }

    /// Whether the password is that of the hash; never where there is no hash.
    pub async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        // The login limit bounds how many wait here.
        let Ok(_slot) = self.slots.acquire().await else {
            return false;
        };
        let matches = spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
                verified.is_ok()
            })
        });
        matches.await.unwrap_or(false) && is_known
    }
}

/// A new hash in PHC form.
///
/// # Errors
/// No randomness, or a password that Argon2 cannot take.
pub fn hash(password: &[u8]) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password)?.to_string())
}
