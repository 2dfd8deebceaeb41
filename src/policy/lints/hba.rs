//! Access rules of the spec that ask for too little.

use super::{HBA_METHOD, Lint};
use crate::spec::{HbaConnection, HbaMethod};

impl Lint<'_> {
    /// Methods that a checked file would be warned of, if the spec did not ask for them.
    pub(super) fn hba(&mut self) {
        let Some(rules) = self.spec().postgres.as_ref().and_then(|p| p.hba.clone()) else { return };
        for (index, rule) in rules.iter().enumerate() {
            let is_local = rule.connection == HbaConnection::Local;
            let own_certificate = rule.options.iter().flatten().any(|(name, value)| name.0 == "clientcert" && value == "verify-full");
            let what = match rule.method {
                HbaMethod::Trust if own_certificate => continue,
                HbaMethod::Trust => "lets clients in without any proof (trust)",
                HbaMethod::Password => "has clients send their password in clear text (password)",
                HbaMethod::Md5 => "asks for a password by MD5, which is deprecated (md5)",
                HbaMethod::Ident if !is_local => "believes the client's machine (ident)",
                _ => continue,
            };
            let help = if is_local { "write method: peer, or scram-sha-256" } else { "write method: scram-sha-256, or cert with type: hostssl" };
            self.warn(&HBA_METHOD, "postgres.hba", format!("rule {} of postgres.hba {what}", index + 1), help);
        }
    }
}
