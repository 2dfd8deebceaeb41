//! When a setting has no effect, because another one decides first.

use super::{Judge, SETTINGS, TLS_MIN};
use crate::strictness::tls::Version;

/// Settings that say nothing while `ssl` is off.
const OF_TLS: [&str; 5] = ["ssl_ciphers", "ssl_tls13_ciphers", "ssl_groups", "ssl_ecdh_curve", "ssl_prefer_server_ciphers"];

impl Judge<'_> {
    /// Why a required setting does not apply to this server, if it does not.
    pub(super) fn not_applicable(&self, name: &str) -> Option<String> {
        let is = |name: &'static str, word: &str| self.word(name).as_deref() == Some(word);
        let why = match name {
            "ssl_ciphers" if self.minimum() == Some(Version::Tls13) => "ssl_ciphers does not govern TLS 1.3, and the server speaks nothing older",
            _ if OF_TLS.contains(&name) && is("ssl", "off") && self.asks_for_tls() => "ssl is off, so that nothing is encrypted anyway",
            "log_file_mode" | "log_truncate_on_rotation" | "log_rotation_age" | "log_rotation_size" | "log_directory" | "log_filename"
                if is("logging_collector", "off") =>
            {
                "logging_collector is off, so that the server writes no log files of its own"
            }
            "logging_collector" if self.list("log_destination").is_some_and(|all| !all.is_empty() && all.iter().all(|one| is_elsewhere(one))) => {
                "log_destination sends the whole log elsewhere"
            }
            "syslog_sequence_numbers" | "syslog_split_messages" | "syslog_facility" | "syslog_ident"
                if self.list("log_destination").is_some_and(|all| !all.iter().any(|one| one == "syslog")) =>
            {
                "log_destination does not have syslog"
            }
            "primary_conninfo" if self.text("primary_conninfo").is_some_and(|text| text.trim().is_empty()) => {
                "primary_conninfo is empty: the server is no standby"
            }
            _ => return None,
        };
        Some(why.to_owned())
    }

    /// Whether TLS that is off or cannot work is a finding of its own.
    pub(super) fn asks_for_tls(&self) -> bool {
        self.policy.intent(TLS_MIN).is_some() || self.policy.intent(&format!("{SETTINGS}ssl")).is_some()
    }

    /// Why nothing reads an extension's setting, if nothing does.
    pub(super) fn unread(&self, name: &str) -> Option<String> {
        let library = name.strip_prefix("pgaudit.").map(|_| "pgaudit")?;
        let loaded = self.list("shared_preload_libraries")?;
        let has = loaded.iter().any(|one| one.rsplit('/').next() == Some(library));
        (!has).then(|| format!("shared_preload_libraries does not have {library}, so that nothing reads {name}"))
    }
}

/// Whether a destination of the log is none of the server's own files.
fn is_elsewhere(destination: &str) -> bool {
    matches!(destination, "syslog" | "eventlog")
}
