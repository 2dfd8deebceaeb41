//! What keeps a server from TLS although `ssl` is on: it says on, offers none, and does not start again.
//!
//! Source: `be_tls_init` and `check_ssl_key_file_permissions` of the server (src/backend/libpq).

use super::super::rules;
use super::Judge;
use super::effective::Effective;
use crate::finding::{Cause, Finding, Label};
use crate::policy::Intent;
use crate::source::{ReadError, join};
use crate::strictness::ciphers::CipherString;
use crate::strictness::tls::Version;
use crate::targets::{Fact, Found};

/// One such thing.
#[derive(Clone, Debug)]
pub(super) struct Obstacle {
    /// The line that decides, if one does.
    at: Option<Label>,
    why: String,
    help: String,
}

impl Judge<'_> {
    /// The first obstacle, where `ssl` is on.
    pub(super) fn find_obstacle(&self) -> Option<Obstacle> {
        if self.word("ssl").as_deref() != Some("on") {
            return None;
        }
        self.bad_range().or_else(|| self.bad_ciphers()).or_else(|| self.bad_file("ssl_cert_file", false)).or_else(|| self.bad_file("ssl_key_file", true))
    }

    fn line_of(&self, name: &'static str, message: &'static str) -> Option<Label> {
        match self.effective(name, self.newest()) {
            Effective::Line(winner, _) => Some(Label::new(winner.span, message)),
            _ => None,
        }
    }

    fn bad_range(&self) -> Option<Obstacle> {
        const MAX: &str = "ssl_max_protocol_version";
        let max = self.word(MAX).and_then(|word| Version::parse(&word))?;
        let min = self.minimum().filter(|min| *min > max)?;
        Some(Obstacle {
            at: self.line_of(MAX, "the newest version that is spoken"),
            why: format!(
                "ssl_min_protocol_version ({}) is newer than {MAX} ({}), so that TLS is not set up, and the server does not start again",
                min.name(),
                max.name()
            ),
            help: format!("write `{MAX} = ''`, then reload the server"),
        })
    }

    /// OpenSSL up to 1.1.1c takes a string without a known suite, and offers TLS 1.3 only; what came later refuses it.
    fn bad_ciphers(&self) -> Option<Obstacle> {
        let text = self.text("ssl_ciphers").filter(|text| !CipherString::is_system_profile(text.trim()))?;
        let why = CipherString::parse(&text).err()?;
        Some(Obstacle {
            at: self.line_of("ssl_ciphers", "in force"),
            why: format!("OpenSSL refuses the cipher string ({why}), so that TLS is not set up, and the server does not start again"),
            help: "name suites that OpenSSL knows for TLS 1.2, such as `ssl_ciphers = 'ECDHE+AESGCM:ECDHE+CHACHA20'`, then reload the server".to_owned(),
        })
    }

    /// A certificate or key that is not there, or that others may read; only where the data folder can be seen.
    fn bad_file(&self, name: &'static str, is_key: bool) -> Option<Obstacle> {
        let named = self.text(name)?;
        // Keys are seldom in a repository: only a whole data folder says what is missing.
        let data = self.server.data.as_deref().filter(|data| join(data, "PG_VERSION").is_some_and(|path| self.sources.exists(&path)))?;
        let path = join(data, &named)?;
        let at = self.line_of(name, "named here").or_else(|| self.line_of("ssl", "TLS is switched on here"));
        let and_so = "so that the server offers no TLS, and does not start again";
        match self.sources.permissions(&path) {
            // An absolute path may be one of another machine.
            Err(ReadError::NotFound(_)) if !named.starts_with('/') => Some(Obstacle {
                at,
                why: format!("{named}, which {name} names, does not exist in the data folder, {and_so}"),
                help: format!("put the {} in place with the name {named}, or name the file that is there", if is_key { "key" } else { "certificate" }),
            }),
            Ok(Some((mode, owner))) if is_key => {
                let allowed = if owner == 0 { 0o640 } else { 0o600 };
                (mode & 0o077 & !allowed != 0).then(|| Obstacle {
                    at,
                    why: format!("others may use the key {named} (mode {mode:04o}), {and_so}"),
                    help: format!("run chmod {allowed:04o} on {named}, then reload the server"),
                })
            }
            _ => None,
        }
    }

    /// The fact of an intent that asks for TLS, while there is an obstacle.
    pub(super) fn obstructed(&self, intent: &Intent, text: String) -> Option<Fact> {
        let obstacle = self.obstacle.as_ref()?;
        let mut fact = self.make(intent, "ssl", Found::Invalid { text, why: obstacle.why.clone() }, Cause::Invalid);
        fact.rule = &rules::TLS_UNUSABLE;
        fact.at.clone_from(&obstacle.at);
        fact.help = vec![obstacle.help.clone()];
        Some(fact)
    }

    /// The obstacle as a finding, where no intent says it.
    pub(super) fn obstacle_finding(&self) -> Option<Finding> {
        let obstacle = self.obstacle.as_ref()?;
        if self.asks_for_tls() {
            return None;
        }
        let mut finding = Finding::warning(&rules::TLS_UNUSABLE, format!("ssl is on without effect: {}", obstacle.why)).help(obstacle.help.clone());
        finding.primary.clone_from(&obstacle.at);
        Some(finding)
    }
}
