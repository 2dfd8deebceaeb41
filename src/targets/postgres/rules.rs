//! The rules of PostgreSQL: kinds of findings.

use crate::finding::{Rule, Severity};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $severity:ident, $title:literal, $explain:literal;)*) => {
        $($(#[$doc])* pub(super) static $id: Rule = Rule { name: $name, title: $title, severity: Severity::$severity, explain: $explain };)*
        /// All of them, in the order above.
        pub(super) static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// `ssl`.
    TLS_OFF = "postgres-tls-off", High, "PostgreSQL accepts connections without TLS only.",
        "With ssl = off the server answers every request for TLS with no: passwords and data cross the network in clear text. ssl = on needs the \
         server's certificate and key in place first; without them the server keeps running, says that ssl is on, offers no TLS, and does not start again.";
    /// `ssl_min_protocol_version`, `tls.min_version`.
    TLS_VERSION = "postgres-tls-version", High, "PostgreSQL speaks an older TLS version than the policy permits.",
        "ssl_min_protocol_version is the oldest version that the server speaks: TLSv1 where nothing sets it on PostgreSQL 12, TLSv1.2 from 13. It has no effect while ssl is off.";
    /// `ssl_ciphers`, `ssl_tls13_ciphers`, `ssl_groups`.
    CIPHERS = "postgres-ciphers", Medium, "PostgreSQL offers cipher suites or groups that the policy does not.",
        "ssl_ciphers governs TLS 1.2 and older only; the suites of TLS 1.3 have a setting of their own from PostgreSQL 18. Cipher strings are compared by the suites they \
         stand for, not as text. A string that OpenSSL does not know stops the server from starting.";
    /// `password_encryption`.
    PASSWORDS = "postgres-password-encryption", High, "New passwords are not stored as the policy asks for.",
        "password_encryption decides how PASSWORD of CREATE ROLE and ALTER ROLE is stored. An MD5 verifier can be used to log in without knowing the password. Passwords \
         that are stored already stay as they are until they are set again.";
    /// `log_*`, `pgaudit.log`.
    LOGGING = "postgres-logging", Medium, "PostgreSQL records less than the policy asks for.",
        "Logged connections, failed logins and changes of the schema are the evidence that remains after an incident. What is not recorded cannot be found later.";
    /// `listen_addresses`.
    LISTEN = "postgres-listen-addresses", Medium, "PostgreSQL listens on addresses that the policy does not name.",
        "listen_addresses decides where the server can be reached at all; pg_hba.conf only decides who may log in there. A change takes effect at the next start.";
    /// Every other setting.
    SETTING = "postgres-setting", Medium, "A PostgreSQL setting differs from the policy.",
        "The value in force is the last one of postgresql.conf with its includes, then of postgresql.auto.conf, which ALTER SYSTEM writes. The server's command line, \
         and ALTER ROLE and ALTER DATABASE, override both.";
    /// The server's grammar.
    SYNTAX = "postgres-config-syntax", High, "A configuration file does not parse.",
        "With one such line the server ignores a reload as a whole, and does not start.";
    /// A name that no declared version knows.
    UNKNOWN = "postgres-setting-unknown", High, "A configuration file sets a name that the server does not know.",
        "With an unknown name the server ignores a reload as a whole, and does not start. Names with a dot belong to extensions and are accepted unseen.";
    /// A name that some declared version does not know.
    VERSION = "postgres-setting-version", Medium, "A configuration file sets a name that only some of the declared versions know.",
        "A server that does not know a name does not start. Declare the versions that really read the file (targets.postgres.versions), or keep the setting in a file of its own for those versions.";
    /// A value that no server takes.
    VALUE = "postgres-value-invalid", High, "A configuration file sets a value that the server refuses.",
        "A running server keeps its old value when it reads such a line; it does not start with it.";
    /// Includes.
    INCLUDE = "postgres-include", High, "An include of a configuration file cannot be followed.",
        "Includes are expanded in place, and a later line wins: what an include sets may change every setting above it. A missing include, one that includes itself, and more than ten \
         levels stop the server from starting.";
    /// `postmaster.opts`.
    COMMAND_LINE = "postgres-command-line", Low, "The server's command line has something that is no switch.",
        "postmaster.opts holds the command line of the server's last start. What it sets wins over postgresql.conf and postgresql.auto.conf, and ALTER SYSTEM cannot change it.";
    /// `ssl = on` without effect.
    TLS_UNUSABLE = "postgres-tls-unusable", High, "PostgreSQL is told to use TLS and cannot.",
        "With ssl = on and a certificate or key that is missing, a key that others may read, a cipher string that OpenSSL refuses, or a minimum version above the maximum, a reload \
         leaves TLS as it was and the server does not start again, while ssl says on. Put the files in place first; the key has mode 0600, or 0640 where root owns it.";
    /// Lists of libraries.
    LIBRARY = "postgres-library-name", High, "A list of libraries holds one name that is meant as several, or an empty one.",
        "The server loads each element of shared_preload_libraries as one library, and does not start if one cannot be found. ALTER SYSTEM stores one literal as one element: write a literal for \
         each library, and ALTER SYSTEM RESET in place of ''.";
    /// `--live`: no connection string.
    LIVE_SPEC = "postgres-live-connection", High, "There is no connection string for the running server.",
        "`secgen check --live postgres` takes it from the environment variable that targets.postgres.live names: a URL, or libpq's words. sslmode decides about the login: disable uses no TLS; \
         prefer (without a word: this) and require take any certificate; verify-ca and verify-full verify it by sslrootcert, or by the system's certificates. A password never reaches an output.";
    /// `--live`: no answers.
    LIVE_UNREACHABLE = "postgres-live-unreachable", High, "The running server cannot be asked.",
        "Nothing is known of a server that does not answer, and a check of nothing must not look like a pass. Any role that may log in can ask; pg_read_all_settings shows every setting.";
    /// `--live`: words against the wire.
    LIVE_TLS = "postgres-live-tls", High, "What PostgreSQL says of TLS is not what the network shows.",
        "PostgreSQL shows the new value of a TLS setting also when it could not load it: with ssl = on and no certificate it says on, offers no TLS, and does not start again. Only the answer \
         to a request for TLS counts. secgen asks for TLS without a login, then tries a handshake with TLS 1.2 and one with TLS 1.3. Older versions it cannot speak: they are judged by the setting.";
    /// `--live`: the next start.
    LIVE_PENDING = "postgres-live-pending-restart", Medium, "A new value waits for the next start of the server.",
        "What is in force is the old value. The next start, whenever it comes, brings the new one.";
    /// `--live`: files as they are now.
    LIVE_FILE = "postgres-live-file-error", High, "The server reports an error in a configuration file.",
        "pg_file_settings and pg_hba_file_rules show the files as they are now. A running server goes on with what it has; it does not start with such a line.";
    /// `--live`: files newer than the load.
    LIVE_NOT_LOADED = "postgres-live-not-loaded", Medium, "A configuration file was changed after the server read it.",
        "The running server goes by what it read last. What the file says now holds after the next reload, and nobody has seen whether the server takes it.";
    /// Rendering: nobody could repair the server.
    HBA_ADMINISTRATOR = "hba-no-local-administrator", High, "The access rules leave no local way in for an administrator.",
        "A pg_hba.conf without a local rule for the administrator locks everybody out who could repair it. Keep a rule of type local for the user postgres, or for all, with method peer or scram-sha-256, \
         and put it before any rule that rejects.";
    /// Rendering.
    HBA_RULE = "hba-rule-invalid", High, "An access rule is not one that the server would take.",
        "One rule that the server does not accept makes it ignore the whole file on reload, and stops it from starting.";
    /// Rendering.
    NOT_RENDERABLE = "postgres-setting-not-renderable", High, "A setting of the spec cannot be written as it stands.",
        "secgen renders what a server of every declared version accepts, and nothing that would stop it from starting.";
}

/// The rule of a setting.
pub(super) fn of_setting(name: &str) -> &'static Rule {
    match name {
        "ssl" => &TLS_OFF,
        "ssl_min_protocol_version" | "ssl_max_protocol_version" => &TLS_VERSION,
        "ssl_ciphers" | "ssl_tls13_ciphers" | "ssl_groups" | "ssl_ecdh_curve" => &CIPHERS,
        "password_encryption" | "scram_iterations" => &PASSWORDS,
        "listen_addresses" => &LISTEN,
        name if name.starts_with("log_") || name.starts_with("pgaudit.") || name == "logging_collector" => &LOGGING,
        _ => &SETTING,
    }
}
