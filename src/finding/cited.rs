//! Documents that rules cite, and controls that many rules share.

use super::Relation::{Related, Supports};
use super::{Reference, Source, asvs, nist, pci, source};

/// What is configured is not what the policy says.
pub(crate) const SETTINGS: &[Reference] = &[
    nist("CM-6", Supports, "what is configured is held against the settings that the policy documents"),
    pci("2.2.6", Supports, "security parameters are configured as decided, so that they cannot be misused"),
];
/// Something that decides was not or could not be read.
pub(crate) const EVIDENCE: &[Reference] = &[nist("CM-6(1)", Supports, "a program verifies settings only where it can read what decides them")];
/// Its server would not take it.
pub(crate) const REFUSED: &[Reference] =
    &[nist("CM-6", Supports, "a file that its server refuses leaves other settings in force than the ones that are written down")];
/// The spec itself.
pub(crate) const SPEC: &[Reference] = &[nist("CM-6", Supports, "the spec is where the settings are documented; what is wrong in it is wrong everywhere")];
/// A deviation.
pub(crate) const DEVIATION: &[Reference] =
    &[nist("CM-6", Supports, "a deviation from the established settings is identified, documented and approved (CM-6 c)")];
/// Layers and what a policy builds on.
pub(crate) const BASELINE: &[Reference] = &[nist("CM-2", Supports, "the layers below are the baseline, and are kept under version control")];
/// Rendered files.
pub(crate) const CHANGE: &[Reference] = &[
    nist("CM-3", Supports, "a change that did not go through the spec, or has not reached the file, is seen"),
    pci("6.5.1", Related, "changes to components in production follow an established procedure"),
];
/// What a person states.
pub(crate) const STATED: &[Reference] = &[nist("CA-7", Related, "what no program can see is looked at again before its date ends")];
/// Headers and pages.
pub(crate) const SCRIPTS: &[Reference] = &[
    asvs("3.4.3", Supports, "the Content-Security-Policy holds scripts, plug-ins and the base of a page"),
    pci("6.4.3", Related, "scripts of payment pages are authorised; the policy names where scripts may come from"),
];
/// Privileges.
pub(crate) const LEAST_PRIVILEGE: &[Reference] = &[
    nist("AC-6", Supports, "a role has the privileges that its task needs, and no others"),
    pci("7.2.5", Supports, "application and system accounts have the least privileges that they need"),
    asvs("13.2.2", Supports, "the service reaches the database with the least privileges that it needs"),
];
/// Secrets in files.
pub(crate) const SECRETS: &[Reference] = &[
    nist("IA-5(7)", Supports, "no password stands unencrypted in a file"),
    pci("8.6.2", Supports, "passwords of application and system accounts are not hard coded in files"),
    asvs("13.3.1", Supports, "secrets are not part of the source code or of what is built from it"),
];
/// Logins.
pub(crate) const LOGIN: &[Reference] = &[
    nist("IA-2", Supports, "whoever connects proves who it is"),
    pci("8.3.1", Supports, "access is authenticated by at least one factor"),
    asvs("13.2.1", Supports, "communication with the database is authenticated"),
];
/// Passwords on the way and at rest.
pub(crate) const PASSWORDS: &[Reference] = &[
    nist("IA-5(1)", Supports, "passwords are stored salted and hashed, and sent only over protected channels"),
    pci("8.3.2", Supports, "strong cryptography makes passwords unreadable when they are sent and stored"),
];
/// Dependencies.
pub(crate) const COMPONENTS: &[Reference] = &[
    nist("RA-5", Supports, "dependencies are scanned for known vulnerabilities"),
    pci("6.3.2", Related, "third-party components are known, so that vulnerabilities in them are found"),
    asvs("15.2.1", Supports, "only components within the agreed times for updates are in use"),
];
/// Requests beyond what is allowed.
pub(crate) const FLOOD: &[Reference] =
    &[nist("SC-5", Supports, "one client cannot use up the service by sending requests"), asvs("2.4.1", Supports, "calls in excess are held back")];
/// Failed logins.
pub(crate) const LOCKOUT: &[Reference] = &[
    asvs("6.3.1", Supports, "asks that guessing and trying stolen passwords are held back"),
    nist("AC-7", Supports, "failed logins in a row are limited, and what follows is decided"),
];
/// Who may do what.
pub(crate) const ACCESS: &[Reference] = &[
    asvs("8.1.1", Supports, "asks that the rules of who may do what are written down"),
    asvs("8.2.1", Supports, "asks that functions are open to those only who have a permission"),
    nist("AC-3", Supports, "what is not granted is denied"),
];
/// What comes in.
pub(crate) const INPUT: &[Reference] = &[
    asvs("2.2.1", Supports, "asks that input is held against what is expected"),
    nist("SC-5", Related, "one request cannot use up the memory of the service"),
];
/// Whether a token is genuine.
pub(crate) const SIGNATURES: &[Reference] = &[
    asvs("9.1.1", Supports, "asks that the signature of a token is checked before its content is used"),
    nist("SC-23", Supports, "a session cannot be made up by whoever sends the request"),
];
/// By which algorithm tokens are signed.
pub(crate) const ALGORITHMS: &[Reference] =
    &[asvs("9.1.2", Supports, "asks for a list of algorithms that are allowed"), nist("SC-13", Related, "cryptography is of the kinds that were decided on")];
/// For how long a token counts.
pub(crate) const LIFETIMES: &[Reference] =
    &[asvs("9.2.1", Supports, "asks that a token counts within its time only"), nist("AC-12", Related, "an old session ends by itself")];
/// For whom a token is.
pub(crate) const AUDIENCES: &[Reference] = &[asvs("9.2.3", Supports, "asks that a service takes only tokens that are meant for it")];
/// Keys of tokens.
pub(crate) const KEYS: &[Reference] = &[
    asvs("9.1.3", Supports, "asks that keys of tokens come from sources that are set for the issuer"),
    nist("SC-12", Related, "keys are established and replaced as planned"),
];
/// Whose certificate a client takes.
pub(crate) const PEERS: &[Reference] = &[
    asvs("12.3.2", Supports, "asks that clients check certificates before they speak with a server"),
    nist("SC-8(1)", Supports, "what is sent is protected by cryptography on the way"),
];

macro_rules! documents {
    ($($(#[$doc:meta])* $id:ident = $title:literal, $url:expr;)*) => { $(pub(crate) const $id: Source = source($title, $url);)* };
}

documents! {
    NGINX_CONF = "nginx: Beginner's Guide, configuration file's structure", "https://nginx.org/en/docs/beginners_guide.html#conf_structure";
    NGINX_CORE = "nginx: ngx_core_module, include", "https://nginx.org/en/docs/ngx_core_module.html#include";
    NGINX_HEADERS = "nginx: ngx_http_headers_module, add_header", "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header";
    NGINX_LOCATION = "nginx: ngx_http_core_module, location", "https://nginx.org/en/docs/http/ngx_http_core_module.html#location";
    NGINX_TOKENS = "nginx: ngx_http_core_module, server_tokens", "https://nginx.org/en/docs/http/ngx_http_core_module.html#server_tokens";
    NGINX_SERVERS = "nginx: how a server is chosen for a request", "https://nginx.org/en/docs/http/request_processing.html";
    NGINX_MAP = "nginx: ngx_http_map_module", "https://nginx.org/en/docs/http/ngx_http_map_module.html#map";
    NGINX_VARIABLES = "nginx: ngx_http_core_module, embedded variables", "https://nginx.org/en/docs/http/ngx_http_core_module.html#variables";
    NGINX_PROXY_HIDE = "nginx: ngx_http_proxy_module, proxy_hide_header", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header";
    NGINX_COOKIE_FLAGS = "nginx: ngx_http_proxy_module, proxy_cookie_flags", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cookie_flags";
    NGINX_SSL = "nginx: ngx_http_ssl_module", "https://nginx.org/en/docs/http/ngx_http_ssl_module.html";
    NGINX_HTTPS = "nginx: configuring HTTPS servers", "https://nginx.org/en/docs/http/configuring_https_servers.html";
    NGINX_LIMIT = "nginx: ngx_http_limit_req_module", "https://nginx.org/en/docs/http/ngx_http_limit_req_module.html";
    NGINX_REWRITE = "nginx: ngx_http_rewrite_module", "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html";
    NGINX_IMAGE = "nginx: the official image, environment variables in configuration", "https://hub.docker.com/_/nginx";
    LUA_HEADER = "lua-nginx-module, header_filter_by_lua_block", "https://github.com/openresty/lua-nginx-module#header_filter_by_lua_block";
    RFC6265BIS = "draft-ietf-httpbis-rfc6265bis", "https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/";
    RFC6585 = "RFC 6585, 4", "https://www.rfc-editor.org/rfc/rfc6585#section-4";
    RFC6797 = "RFC 6797", "https://www.rfc-editor.org/rfc/rfc6797";
    RFC7034 = "RFC 7034", "https://www.rfc-editor.org/rfc/rfc7034";
    RFC7518 = "RFC 7518, 3", "https://www.rfc-editor.org/rfc/rfc7518#section-3";
    RFC7519 = "RFC 7519, 4.1", "https://www.rfc-editor.org/rfc/rfc7519#section-4.1";
    RFC8446 = "RFC 8446", "https://www.rfc-editor.org/rfc/rfc8446";
    RFC8725 = "RFC 8725", "https://www.rfc-editor.org/rfc/rfc8725";
    RFC8996 = "RFC 8996", "https://www.rfc-editor.org/rfc/rfc8996";
    RFC9112 = "RFC 9112, 5.2", "https://www.rfc-editor.org/rfc/rfc9112#section-5.2";
    RFC9325 = "RFC 9325", "https://www.rfc-editor.org/rfc/rfc9325";
    RFC9700 = "RFC 9700, 2.2.2", "https://www.rfc-editor.org/rfc/rfc9700#section-2.2.2";
    RFC4291 = "RFC 4291, 2.5.5.2", "https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2";
    FETCH = "Fetch Standard, CORS protocol", "https://fetch.spec.whatwg.org/#http-cors-protocol";
    CSP3 = "Content Security Policy Level 3", "https://www.w3.org/TR/CSP3/";
    MIXED = "Mixed Content", "https://www.w3.org/TR/mixed-content/";
    REFERRER = "Referrer Policy", "https://www.w3.org/TR/referrer-policy/";
    PERMISSIONS = "Permissions Policy", "https://www.w3.org/TR/permissions-policy/";
    HTML_ISOLATION = "HTML Standard, cross-origin opener policies", "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies";
    PRELOAD = "HSTS preload list, submission requirements", "https://hstspreload.org/#submission-requirements";
    OSHP = "OWASP Secure Headers Project", "https://owasp.org/www-project-secure-headers/";
    API4 = "OWASP API Security Top 10, API4:2023", "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/";
    MOZILLA_TLS = "Mozilla, server-side TLS", "https://wiki.mozilla.org/Security/Server_Side_TLS";
    OPENSSL_CIPHERS = "OpenSSL, ciphers", "https://docs.openssl.org/master/man1/openssl-ciphers/";
    OPENSSL_GROUPS = "OpenSSL, SSL_CTX_set1_groups_list", "https://docs.openssl.org/master/man3/SSL_CTX_set1_curves/";
    CURL = "curl, --include", "https://curl.se/docs/manpage.html#-i";
    YAML = "YAML 1.2.2", "https://yaml.org/spec/1.2.2/";
    TROJAN = "CVE-2021-42574, Trojan Source", "https://trojansource.codes/";
    TOML = "TOML 1.0.0", "https://toml.io/en/v1.0.0";
    PG_FILES = "PostgreSQL: setting parameters", "https://www.postgresql.org/docs/current/config-setting.html";
    PG_CONNECTION = "PostgreSQL: connections and authentication", "https://www.postgresql.org/docs/current/runtime-config-connection.html";
    PG_LOGGING = "PostgreSQL: error reporting and logging", "https://www.postgresql.org/docs/current/runtime-config-logging.html";
    PG_CLIENT = "PostgreSQL: client connection defaults", "https://www.postgresql.org/docs/current/runtime-config-client.html";
    PG_SSL = "PostgreSQL: secure TCP/IP connections with SSL", "https://www.postgresql.org/docs/current/ssl-tcp.html";
    PG_LIBPQ = "PostgreSQL: libpq, SSL support", "https://www.postgresql.org/docs/current/libpq-ssl.html";
    PG_CONFIG_VIEWS = "PostgreSQL: pg_file_settings", "https://www.postgresql.org/docs/current/view-pg-file-settings.html";
    PG_SETTINGS_VIEW = "PostgreSQL: pg_settings", "https://www.postgresql.org/docs/current/view-pg-settings.html";
    PG_HBA = "PostgreSQL: the pg_hba.conf file", "https://www.postgresql.org/docs/current/auth-pg-hba-conf.html";
    PG_HBA_VIEW = "PostgreSQL: pg_hba_file_rules", "https://www.postgresql.org/docs/current/view-pg-hba-file-rules.html";
    PG_TRUST = "PostgreSQL: trust authentication", "https://www.postgresql.org/docs/current/auth-trust.html";
    PG_PASSWORD = "PostgreSQL: password authentication", "https://www.postgresql.org/docs/current/auth-password.html";
    PG_IDENT = "PostgreSQL: ident authentication", "https://www.postgresql.org/docs/current/auth-ident.html";
    PG_LDAP = "PostgreSQL: LDAP authentication", "https://www.postgresql.org/docs/current/auth-ldap.html";
    PG_CERT = "PostgreSQL: certificate authentication", "https://www.postgresql.org/docs/current/auth-cert.html";
    PG_REPLICATION = "PostgreSQL: streaming replication, authentication", "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-AUTHENTICATION";
    PG_ALTER_SYSTEM = "PostgreSQL: ALTER SYSTEM", "https://www.postgresql.org/docs/current/sql-altersystem.html";
    PG_SET = "PostgreSQL: SET", "https://www.postgresql.org/docs/current/sql-set.html";
    PG_PSQL = "PostgreSQL: psql", "https://www.postgresql.org/docs/current/app-psql.html";
    PG_ATTRIBUTES = "PostgreSQL: role attributes", "https://www.postgresql.org/docs/current/role-attributes.html";
    PG_PREDEFINED = "PostgreSQL: predefined roles", "https://www.postgresql.org/docs/current/predefined-roles.html";
    PG_GRANT = "PostgreSQL: privileges", "https://www.postgresql.org/docs/current/ddl-priv.html";
    PG_SCHEMAS = "PostgreSQL: schemas, usage patterns", "https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS";
    PG_DEFAULT_PRIVILEGES = "PostgreSQL: ALTER DEFAULT PRIVILEGES", "https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html";
    PG_RLS = "PostgreSQL: row security policies", "https://www.postgresql.org/docs/current/ddl-rowsecurity.html";
    PG_FUNCTION = "PostgreSQL: CREATE FUNCTION, writing SECURITY DEFINER functions safely", "https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY";
    PG_ROLE = "PostgreSQL: CREATE ROLE", "https://www.postgresql.org/docs/current/sql-createrole.html";
    PG_SERVER = "PostgreSQL: pg_ctl", "https://www.postgresql.org/docs/current/app-pg-ctl.html";
    DENY_ADVISORIES = "cargo-deny: advisories", "https://embarkstudios.github.io/cargo-deny/checks/advisories/cfg.html";
    DENY_LICENSES = "cargo-deny: licenses", "https://embarkstudios.github.io/cargo-deny/checks/licenses/cfg.html";
    DENY_BANS = "cargo-deny: bans", "https://embarkstudios.github.io/cargo-deny/checks/bans/cfg.html";
    DENY_SOURCES = "cargo-deny: sources", "https://embarkstudios.github.io/cargo-deny/checks/sources/cfg.html";
    DENY_CONFIG = "cargo-deny: configuration", "https://embarkstudios.github.io/cargo-deny/checks/cfg.html";
    CARGO_AUDIT = "cargo-audit", "https://github.com/rustsec/rustsec/tree/main/cargo-audit";
    RUSTSEC = "RustSec Advisory Database", "https://rustsec.org/";
    JSONWEBTOKEN = "jsonwebtoken: Validation", "https://docs.rs/jsonwebtoken/latest/jsonwebtoken/struct.Validation.html";
    JSONWEBTOKEN_DANGEROUS = "jsonwebtoken: dangerous", "https://docs.rs/jsonwebtoken/latest/jsonwebtoken/dangerous/index.html";
    JSONWEBTOKEN_329 = "Keats/jsonwebtoken#329", "https://github.com/Keats/jsonwebtoken/issues/329";
    ACTIX_GOVERNOR_49 = "AaronErhardt/actix-governor#49", "https://github.com/AaronErhardt/actix-governor/issues/49";
    EVERRUNS_2643 = "everruns/everruns#2643", "https://github.com/everruns/everruns/issues/2643";
    REQWEST = "reqwest: ClientBuilder", "https://docs.rs/reqwest/latest/reqwest/struct.ClientBuilder.html";
    RUSTLS = "rustls", "https://docs.rs/rustls/latest/rustls/";
    SYN = "syn", "https://docs.rs/syn/latest/syn/";
    CLIPPY = "Clippy: lint configuration", "https://doc.rust-lang.org/clippy/lint_configuration.html";
    CWE295 = "CWE-295, improper certificate validation", "https://cwe.mitre.org/data/definitions/295.html";
    CWE798 = "CWE-798, use of hard-coded credentials", "https://cwe.mitre.org/data/definitions/798.html";
    CWE1188 = "CWE-1188, insecure default", "https://cwe.mitre.org/data/definitions/1188.html";
    ASVS = "OWASP ASVS 5.0", "https://owasp.org/www-project-application-security-verification-standard/";
    OWASP_LOGIN = "OWASP Authentication Cheat Sheet", "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html";
    SP800_63B = "NIST SP 800-63B-4", "https://pages.nist.gov/800-63-4/sp800-63b.html";
    SP800_57 = "NIST SP 800-57 Part 1 Rev. 5", "https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final";
    DENY_ACTION = "EmbarkStudios/cargo-deny-action", "https://github.com/EmbarkStudios/cargo-deny-action";
    RUST_CONST = "The Rust Reference, constant evaluation", "https://doc.rust-lang.org/reference/const_eval.html";
}
