//! Lints of `jwt`: what is missing, keys that cannot do what they are for, and lifetimes.

use super::{JWT_INCOMPLETE, JWT_KEY, JWT_MIXED, JWT_TTL, Lint};
use crate::spec::JwtRole;

impl Lint<'_> {
    pub(super) fn jwt(&mut self) {
        let Some(jwt) = self.spec().jwt.clone() else { return };
        let issues = jwt.role == Some(JwtRole::Issue);
        let needed = [
            ("role", jwt.role.is_some()),
            ("issuer", jwt.issuer.is_some()),
            ("audience", jwt.audience.is_some()),
            ("access_ttl", jwt.access_ttl.is_some()),
            ("keys", jwt.keys.as_ref().is_some_and(|k| !k.is_empty())),
            ("refresh_ttl", jwt.refresh_ttl.is_some() || !issues),
            ("sign_with", jwt.sign_with.is_some() || !issues),
        ];
        for (field, _) in needed.into_iter().filter(|(_, there)| !there) {
            self.error(&JWT_INCOMPLETE, "jwt", format!("jwt.{field} is missing"), &format!("add {field} under jwt"));
        }
        if jwt.sign_with.is_some() && jwt.role == Some(JwtRole::Verify) {
            self.error(&JWT_KEY, "jwt.sign_with", "jwt.role is verify, but sign_with names a key to sign with", "remove sign_with, or write role: issue");
        }
        let keys = jwt.keys.clone().unwrap_or_default();
        if let Some(signer) = jwt.sign_with.as_ref().filter(|k| !keys.is_empty() && !keys.contains_key(k)) {
            let names: Vec<&str> = keys.keys().map(crate::spec::scalar::KeyId::as_str).collect();
            self.error(
                &JWT_KEY,
                "jwt.sign_with",
                format!("jwt.sign_with names {signer}, which is none of jwt.keys"),
                &format!("write one of {}", names.join(", ")),
            );
        }
        for (kid, key) in &keys {
            let place = format!("jwt.keys.{kid}");
            let signs = issues && jwt.sign_with.as_ref() == Some(kid);
            let name = key.algorithm.name();
            let problem = if key.algorithm.is_hmac() {
                match (&key.secret, &key.private_key, &key.public_key) {
                    (Some(_), None, None) => None,
                    (None, ..) => Some(format!("{name} needs a secret")),
                    _ => Some(format!("{name} has a secret only, no private_key or public_key")),
                }
            } else if key.secret.is_some() {
                Some(format!("{name} has a key pair, not a secret"))
            } else if key.public_key.is_none() {
                Some(format!("{name} needs a public_key"))
            } else {
                (signs && key.private_key.is_none()).then(|| format!("{name} needs a private_key to sign with"))
            };
            if let Some(problem) = problem {
                let help = if key.algorithm.is_hmac() {
                    "write secret: { env: NAME } and nothing else"
                } else {
                    "write public_key: { env: NAME } (and private_key: { env: NAME } to sign)"
                };
                self.error(&JWT_KEY, &place, format!("{place}: {problem}"), help);
            }
        }
        let hmac = keys.values().filter(|k| k.algorithm.is_hmac()).count();
        if hmac > 0 && hmac < keys.len() {
            self.warn(&JWT_MIXED, "jwt.keys", "jwt.keys mixes HMAC secrets and key pairs", "remove the older kind as soon as its last token has expired");
        }
        if let (Some(access), Some(refresh)) = (jwt.access_ttl, jwt.refresh_ttl)
            && access >= refresh
        {
            self.error(
                &JWT_TTL,
                "jwt.access_ttl",
                format!("jwt.access_ttl ({access}) is not shorter than jwt.refresh_ttl ({refresh})"),
                "shorten access_ttl, or lengthen refresh_ttl",
            );
        }
        for (field, value) in [("access_ttl", jwt.access_ttl), ("refresh_ttl", jwt.refresh_ttl)] {
            if value.is_some_and(|v| v.as_secs() == 0) {
                self.error(&JWT_TTL, &format!("jwt.{field}"), format!("jwt.{field} is 0: no token would ever be valid"), "write a lifetime such as 1h");
            }
        }
        if let Some(leeway) = jwt.leeway.filter(|l| l.as_secs() > 60) {
            self.error(&JWT_TTL, "jwt.leeway", format!("jwt.leeway is {leeway}; clocks may differ by 60s at most"), "write leeway: 30s");
        }
    }
}
