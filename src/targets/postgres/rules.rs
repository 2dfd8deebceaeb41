//! The rules of PostgreSQL: kinds of findings.

use crate::finding::Relation::Supports;
use crate::finding::{Rule, Snippet, cited, nist, pci, rules};

rules! {
    pub(super), pub(super) ALL;

    /// `ssl`.
    TLS_OFF = "postgres-tls-off", High, "PostgreSQL accepts connections without TLS only.",
        "With ssl = off the server answers every request for TLS with no: passwords and data cross the network in clear text. ssl = on needs the \
         server's certificate and key in place first; without them the server keeps running, says that ssl is on, offers no TLS, and does not start again.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { ssl: "on" } }"#),
            bad: Snippet("ssl = off"),
            good: Snippet("ssl = on"),
            keys: &["postgres.settings.ssl"],
            references: cited::SETTINGS,
            sources: &[cited::PG_SSL],
        };
    /// `ssl_min_protocol_version`, `tls.min_version`.
    TLS_VERSION = "postgres-tls-version", High, "PostgreSQL speaks an older TLS version than the policy permits.",
        "ssl_min_protocol_version is the oldest version that the server speaks: TLSv1 where nothing sets it on PostgreSQL 12, TLSv1.2 from 13. It has no effect while ssl is off.",
        Conf {
            spec: Snippet(r#"
                postgres: { settings: { ssl: "on" } }
                tls: { min_version: TLSv1.2 }
            "#),
            bad: Snippet(r"
                ssl = on
                ssl_min_protocol_version = 'TLSv1.1'
            "),
            good: Snippet(r"
                ssl = on
                ssl_min_protocol_version = 'TLSv1.2'
            "),
            keys: &["tls.min_version", "postgres.settings.ssl_min_protocol_version", "postgres.settings.ssl_max_protocol_version"],
            references: cited::SETTINGS,
            sources: &[cited::PG_CONNECTION, cited::RFC8996],
        };
    /// `ssl_ciphers`, `ssl_tls13_ciphers`, `ssl_groups`.
    CIPHERS = "postgres-ciphers", Medium, "PostgreSQL offers cipher suites or groups that the policy does not.",
        "ssl_ciphers governs TLS 1.2 and older only; the suites of TLS 1.3 have a setting of their own from PostgreSQL 18. Cipher strings are compared by the suites they \
         stand for, not as text. A string that OpenSSL does not know stops the server from starting.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { ssl: "on", ssl_ciphers: "ECDHE+AESGCM" } }"#),
            bad: Snippet(r"
                ssl = on
                ssl_ciphers = 'HIGH:MEDIUM:+3DES:!aNULL'
            "),
            good: Snippet(r"
                ssl = on
                ssl_ciphers = 'ECDHE+AESGCM'
            "),
            keys: &["postgres.settings.ssl_ciphers", "postgres.settings.ssl_tls13_ciphers", "postgres.settings.ssl_groups", "postgres.settings.ssl_ecdh_curve"],
            references: cited::SETTINGS,
            sources: &[cited::PG_CONNECTION, cited::OPENSSL_CIPHERS],
        };
    /// `password_encryption`.
    PASSWORDS = "postgres-password-encryption", High, "New passwords are not stored as the policy asks for.",
        "password_encryption decides how PASSWORD of CREATE ROLE and ALTER ROLE is stored. An MD5 verifier can be used to log in without knowing the password. Passwords \
         that are stored already stay as they are until they are set again.",
        Conf {
            spec: Snippet("postgres: { settings: { password_encryption: scram-sha-256 } }"),
            bad: Snippet("password_encryption = md5"),
            good: Snippet("password_encryption = scram-sha-256"),
            keys: &["postgres.settings.password_encryption", "postgres.settings.scram_iterations"],
            references: cited::PASSWORDS,
            sources: &[cited::PG_PASSWORD],
        };
    /// `log_*`, `pgaudit.log`.
    LOGGING = "postgres-logging", Medium, "PostgreSQL records less than the policy asks for.",
        "Logged connections, failed logins and changes of the schema are the evidence that remains after an incident. What is not recorded cannot be found later.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { log_connections: "on" } }"#),
            bad: Snippet("log_connections = off"),
            good: Snippet("log_connections = on"),
            keys: &["postgres.settings"],
            references: &[
                nist("AU-2", Supports, "logins and changes are among the events that are logged"),
                pci("10.2.1", Supports, "audit logs are active"),
            ],
            sources: &[cited::PG_LOGGING],
        };
    /// `listen_addresses`.
    LISTEN = "postgres-listen-addresses", Medium, "PostgreSQL listens on addresses that the policy does not name.",
        "listen_addresses decides where the server can be reached at all; pg_hba.conf only decides who may log in there. A change takes effect at the next start.",
        Conf {
            spec: Snippet("postgres: { settings: { listen_addresses: localhost } }"),
            bad: Snippet("listen_addresses = '*'"),
            good: Snippet("listen_addresses = 'localhost'"),
            keys: &["postgres.settings.listen_addresses"],
            references: &[
                nist("SC-7", Supports, "the server is reached from the networks that the policy names"),
                nist("CM-7", Supports, "a port that nobody needs is not open"),
            ],
            sources: &[cited::PG_CONNECTION],
        };
    /// Every other setting.
    SETTING = "postgres-setting", Medium, "A PostgreSQL setting differs from the policy.",
        "The value in force is the last one of postgresql.conf with its includes, then of postgresql.auto.conf, which ALTER SYSTEM writes. The server's command line, \
         and ALTER ROLE and ALTER DATABASE, override both.",
        Conf {
            spec: Snippet("postgres: { settings: { authentication_timeout: 1min } }"),
            bad: Snippet("authentication_timeout = 10min"),
            good: Snippet("authentication_timeout = 30s"),
            keys: &["postgres.settings"],
            references: cited::SETTINGS,
            sources: &[cited::PG_FILES],
        };
    /// The server's grammar.
    SYNTAX = "postgres-config-syntax", High, "A configuration file does not parse.",
        "With one such line the server ignores a reload as a whole, and does not start.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { ssl: "on" } }"#),
            bad: Snippet(r"
                ssl = on
                log_line_prefix = '%m [%p]
            "),
            good: Snippet(r"
                ssl = on
                log_line_prefix = '%m [%p] '
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_FILES],
        };
    /// A name that no declared version knows.
    UNKNOWN = "postgres-setting-unknown", High, "A configuration file sets a name that the server does not know.",
        "With an unknown name the server ignores a reload as a whole, and does not start. Names with a dot belong to extensions and are accepted unseen.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { log_connections: "on" } }"#),
            bad: Snippet(r"
                log_connections = on
                log_conections_age = on
            "),
            good: Snippet(r"
                log_connections = on
                log_disconnections = on
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_FILES],
        };
    /// A name that some declared version does not know.
    VERSION = "postgres-setting-version", Medium, "A configuration file sets a name that only some of the declared versions know.",
        "A server that does not know a name does not start. Declare the versions that really read the file (targets.postgres.versions), or keep the setting in a file of its own for those versions.",
        Conf {
            spec: Snippet(r#"
                postgres: { settings: { log_connections: "on" } }
                targets: { postgres: { versions: "13-16", check: [postgresql.conf] } }
            "#),
            bad: Snippet(r"
                log_connections = on
                idle_session_timeout = 10min    # came with 14
            "),
            good: Snippet(r"
                log_connections = on
                idle_in_transaction_session_timeout = 10min
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_CLIENT],
        };
    /// A value that no server takes.
    VALUE = "postgres-value-invalid", High, "A configuration file sets a value that the server refuses.",
        "A running server keeps its old value when it reads such a line; it does not start with it.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { log_connections: "on" } }"#),
            bad: Snippet(r"
                log_connections = on
                authentication_timeout = soon
            "),
            good: Snippet(r"
                log_connections = on
                authentication_timeout = 30s
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_FILES],
        };
    /// Includes.
    INCLUDE = "postgres-include", High, "An include of a configuration file cannot be followed.",
        "Includes are expanded in place, and a later line wins: what an include sets may change every setting above it. A missing include, one that includes itself, and more than ten \
         levels stop the server from starting.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { log_connections: "on" } }"#),
            bad: Snippet(r"
                log_connections = on
                include 'conf.d/security.conf'    # not there
            "),
            good: Snippet(r"
                log_connections = on
                include_if_exists 'conf.d/local.conf'
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_FILES],
        };
    /// `postmaster.opts`.
    COMMAND_LINE = "postgres-command-line", Low, "The server's command line has something that is no switch.",
        "postmaster.opts holds the command line of the server's last start. What it sets wins over postgresql.conf and postgresql.auto.conf, and ALTER SYSTEM cannot change it.",
        Text {
            spec: Snippet(r#"
                postgres: { settings: { log_connections: "on" } }
                targets: { postgres: { check: [postgresql.conf], versions: "15-17" } }
            "#),
            bad: Snippet(r#"
                # file: PG_VERSION
                17

                # file: postgresql.conf
                log_disconnections = on

                # file: postmaster.opts
                /usr/lib/postgresql/17/bin/postgres "-D" "/var/lib/postgresql/17/main" "log_connections=on"
            "#),
            good: Snippet(r#"
                # file: PG_VERSION
                17

                # file: postgresql.conf
                log_disconnections = on

                # file: postmaster.opts
                /usr/lib/postgresql/17/bin/postgres "-D" "/var/lib/postgresql/17/main" "-c" "log_connections=on"
            "#),
            keys: &["postgres.settings"],
            references: cited::EVIDENCE,
            sources: &[cited::PG_SERVER],
        };
    /// `ssl = on` without effect.
    TLS_UNUSABLE = "postgres-tls-unusable", High, "PostgreSQL is told to use TLS and cannot.",
        "With ssl = on and a certificate or key that is missing, a key that others may read, a cipher string that OpenSSL refuses, or a minimum version above the maximum, a reload \
         leaves TLS as it was and the server does not start again, while ssl says on. Put the files in place first; the key has mode 0600, or 0640 where root owns it.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { ssl: "on" } }"#),
            bad: Snippet(r"
                ssl = on
                ssl_min_protocol_version = 'TLSv1.3'
                ssl_max_protocol_version = 'TLSv1.2'
            "),
            good: Snippet(r"
                ssl = on
                ssl_min_protocol_version = 'TLSv1.2'
            "),
            keys: &["postgres.settings.ssl", "tls.min_version"],
            references: cited::REFUSED,
            sources: &[cited::PG_SSL, cited::PG_CONNECTION],
        };
    /// Lists of libraries.
    LIBRARY = "postgres-library-name", High, "A list of libraries holds one name that is meant as several, or an empty one.",
        "The server loads each element of shared_preload_libraries as one library, and does not start if one cannot be found. ALTER SYSTEM stores one literal as one element: write a literal for \
         each library, and ALTER SYSTEM RESET in place of ''.",
        Conf {
            spec: Snippet(r#"postgres: { settings: { log_connections: "on" } }"#),
            bad: Snippet(r#"
                log_connections = on
                shared_preload_libraries = '"pgaudit, auth_delay"'    # one name with a comma in it
            "#),
            good: Snippet(r"
                log_connections = on
                shared_preload_libraries = 'pgaudit, auth_delay'
            "),
            keys: &["postgres.settings.shared_preload_libraries"],
            references: cited::REFUSED,
            sources: &[cited::PG_CLIENT, cited::PG_ALTER_SYSTEM],
        };
    /// `--live`: no connection string.
    LIVE_SPEC = "postgres-live-connection", High, "There is no connection string for the running server.",
        "`secgen check --live postgres` takes it from the environment variable that targets.postgres.live names: a URL, or libpq's words. sslmode decides about the login: disable uses no TLS; \
         prefer (without a word: this) and require take any certificate; verify-ca and verify-full verify it by sslrootcert, or by the system's certificates. A password never reaches an output.",
        Shell {
            spec: Snippet(""),
            bad: Snippet("secgen check --live postgres                    # DATABASE_URL is not set"),
            good: Snippet("DATABASE_URL='postgres://auditor@db.example.com/postgres?sslmode=verify-full' secgen check --live postgres"),
            keys: &["targets.postgres.live"],
            references: cited::EVIDENCE,
            sources: &[cited::PG_LIBPQ],
        };
    /// `--live`: no answers.
    LIVE_UNREACHABLE = "postgres-live-unreachable", High, "The running server cannot be asked.",
        "Nothing is known of a server that does not answer, and a check of nothing must not look like a pass. Any role that may log in can ask; pg_read_all_settings shows every setting.",
        Shell {
            spec: Snippet(""),
            bad: Snippet(r"
                # nobody listens on this port
                DATABASE_URL='postgres://auditor@db.example.com:5433/postgres' secgen check --live postgres
            "),
            good: Snippet("DATABASE_URL='postgres://auditor@db.example.com:5432/postgres' secgen check --live postgres"),
            keys: &["targets.postgres.live"],
            references: cited::EVIDENCE,
            sources: &[cited::PG_PREDEFINED],
        };
    /// `--live`: words against the wire.
    LIVE_TLS = "postgres-live-tls", High, "What PostgreSQL says of TLS is not what the network shows.",
        "PostgreSQL shows the new value of a TLS setting also when it could not load it: with ssl = on and no certificate it says on, offers no TLS, and does not start again. Only the answer \
         to a request for TLS counts. secgen asks for TLS without a login, then tries a handshake with TLS 1.2 and one with TLS 1.3. Older versions it cannot speak: they are judged by the setting.",
        Text {
            spec: Snippet(""),
            bad: Snippet(r"
                SHOW ssl;          on
                SSLRequest         N      (the certificate was missing at the last reload)
            "),
            good: Snippet(r"
                SHOW ssl;          on
                SSLRequest         S
                handshake          TLSv1.3
            "),
            keys: &["postgres.settings.ssl", "tls.min_version"],
            references: cited::EVIDENCE,
            sources: &[cited::PG_SSL, cited::RFC8446],
        };
    /// `--live`: the next start.
    LIVE_PENDING = "postgres-live-pending-restart", Medium, "A new value waits for the next start of the server.",
        "What is in force is the old value. The next start, whenever it comes, brings the new one.",
        Text {
            spec: Snippet(""),
            bad: Snippet(r"
                postgres=# SELECT name, setting, pending_restart FROM pg_settings WHERE name = 'listen_addresses';
                 listen_addresses | localhost | t
            "),
            good: Snippet(r"
                postgres=# SELECT name, setting, pending_restart FROM pg_settings WHERE name = 'listen_addresses';
                 listen_addresses | localhost | f
            "),
            keys: &["postgres.settings"],
            references: cited::SETTINGS,
            sources: &[cited::PG_SETTINGS_VIEW],
        };
    /// `--live`: files as they are now.
    LIVE_FILE = "postgres-live-file-error", High, "The server reports an error in a configuration file.",
        "pg_file_settings and pg_hba_file_rules show the files as they are now. A running server goes on with what it has; it does not start with such a line.",
        Text {
            spec: Snippet(""),
            bad: Snippet(r"
                postgres=# SELECT sourceline, name, error FROM pg_file_settings WHERE error IS NOT NULL;
                 12 | log_conections | unrecognized configuration parameter
            "),
            good: Snippet(r"
                postgres=# SELECT sourceline, name, error FROM pg_file_settings WHERE error IS NOT NULL;
                (0 rows)
            "),
            keys: &[],
            references: cited::REFUSED,
            sources: &[cited::PG_CONFIG_VIEWS, cited::PG_HBA_VIEW],
        };
    /// `--live`: files newer than the load.
    LIVE_NOT_LOADED = "postgres-live-not-loaded", Medium, "A configuration file was changed after the server read it.",
        "The running server goes by what it read last. What the file says now holds after the next reload, and nobody has seen whether the server takes it.",
        Shell {
            spec: Snippet(""),
            bad: Snippet("cp postgresql.conf /etc/postgresql/17/main/"),
            good: Snippet("cp postgresql.conf /etc/postgresql/17/main/ && pg_ctl reload -D /var/lib/postgresql/17/main"),
            keys: &[],
            references: cited::SETTINGS,
            sources: &[cited::PG_SERVER],
        };
    /// Rendering: nobody could repair the server.
    HBA_ADMINISTRATOR = "hba-no-local-administrator", High, "The access rules leave no local way in for an administrator.",
        "A pg_hba.conf without a local rule for the administrator locks everybody out who could repair it. Keep a rule of type local for the user postgres, or for all, with method peer or scram-sha-256, \
         and put it before any rule that rejects.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                postgres:
                  hba:
                    - { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }
                targets:
                  postgres: { versions: "15-18", out: deploy/postgres }
            "#),
            good: Snippet(r#"
                postgres:
                  hba:
                    - { type: local, database: all, user: postgres, method: peer }
                    - { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }
                targets:
                  postgres: { versions: "15-18", out: deploy/postgres }
            "#),
            keys: &["postgres.hba"],
            references: cited::SPEC,
            sources: &[cited::PG_HBA],
        };
    /// Rendering.
    HBA_RULE = "hba-rule-invalid", High, "An access rule is not one that the server would take.",
        "One rule that the server does not accept makes it ignore the whole file on reload, and stops it from starting.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                postgres:
                  hba:
                    - { type: local, database: all, user: postgres, method: peer }
                    - { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: peer }    # peer is for local only
                targets:
                  postgres: { versions: "15-18", out: deploy/postgres }
            "#),
            good: Snippet(r#"
                postgres:
                  hba:
                    - { type: local, database: all, user: postgres, method: peer }
                    - { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }
                targets:
                  postgres: { versions: "15-18", out: deploy/postgres }
            "#),
            keys: &["postgres.hba"],
            references: cited::SPEC,
            sources: &[cited::PG_HBA],
        };
    /// Rendering.
    NOT_RENDERABLE = "postgres-setting-not-renderable", High, "A setting of the spec cannot be written as it stands.",
        "secgen renders what a server of every declared version accepts, and nothing that would stop it from starting.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                tls: { min_version: TLSv1.3 }
                postgres: { settings: { ssl: "on", ssl_max_protocol_version: TLSv1.2 } }
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            good: Snippet(r#"
                tls: { min_version: TLSv1.2 }
                postgres: { settings: { ssl: "on", ssl_max_protocol_version: TLSv1.3 } }
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            keys: &["postgres.settings"],
            references: cited::SPEC,
            sources: &[cited::PG_ALTER_SYSTEM],
        };
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
