//! The rules of hand-written code, for findings and `explain`.

use crate::finding::Relation::Supports;
use crate::finding::{Rule, Snippet, asvs, cited, nist, rules};

/// A spec of tokens, for examples that another one would make fine.
const TOKENS: Snippet = Snippet(
    r#"
    jwt:
      role: verify
      issuer: https://login.example.com
      audience: https://api.example.com
      access_ttl: 15m
      keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
"#,
);

rules! {
    pub(in crate::targets::rust), pub(in crate::targets::rust) ALL;

    SYNTAX = "rust-syntax", High, "A Rust file cannot be read.",
        "secgen reads Rust with the parser of the crate syn. A file that it cannot read is never called fine: correct it, or, if the compiler takes it \
         (newer syntax, a file that is a template), leave it out of targets.rust.check.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                fn checks(leeway: u64 -> jsonwebtoken::Validation {
                    jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS512)
                }
            "),
            good: Snippet(r"
                fn checks(leeway: u64) -> jsonwebtoken::Validation {
                    jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS512)
                }
            "),
            keys: &["targets.rust"],
            references: cited::EVIDENCE,
            sources: &[cited::SYN],
        };
    SIGNATURE_UNCHECKED = "jwt-signature-unchecked", High, "Code takes the claims of a token without checking its signature.",
        "Whoever sends the token decides what its claims say. jsonwebtoken 10 and older switch the check off with \
         insecure_disable_signature_validation, version 11 has dangerous::insecure_decode and insecure_decode_claims (RFC 8725, section 3.2; ASVS \
         9.1.1). Use decode with a key. To choose the key by a claim, read `kid` with decode_header, and look it up in a table of your own.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                use jsonwebtoken::dangerous::insecure_decode;

                fn subject(token: &str) -> Option<String> {
                    insecure_decode::<Claims>(token).ok().map(|data| data.claims.sub)
                }
            "),
            good: Snippet(r"
                use jsonwebtoken::{DecodingKey, Validation, decode};

                fn subject(token: &str, key: &DecodingKey, checks: &Validation) -> Option<String> {
                    decode::<Claims>(token, key, checks).ok().map(|data| data.claims.sub)
                }
            "),
            keys: &["jwt"],
            references: cited::SIGNATURES,
            sources: &[cited::RFC8725, cited::JSONWEBTOKEN_DANGEROUS, cited::ASVS],
        };
    EXPIRY_UNCHECKED = "jwt-expiry-unchecked", High, "Code accepts tokens that have expired.",
        "With validate_exp = false a token that was stolen once is good for ever (RFC 7519, section 4.1.4; ASVS 9.2.1). Leave the check on; leeway covers \
         clocks that differ.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.validate_exp = false;
                    checks
                }
            "),
            good: Snippet(r"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.leeway = 30;
                    checks
                }
            "),
            keys: &["jwt.access_ttl", "jwt.leeway"],
            references: cited::LIFETIMES,
            sources: &[cited::RFC7519, cited::JSONWEBTOKEN, cited::ASVS],
        };
    EXPIRY_OPTIONAL = "jwt-expiry-optional", Medium, "A token without an expiry is accepted.",
        "set_required_spec_claims replaces the default list, which is `exp` alone. Where `exp` is not in it, jsonwebtoken checks an expiry that is there and \
         accepts a token that has none (jsonwebtoken 11, src/validation.rs). Only a field `exp` of the claims without a default still asks for it.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r#"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_required_spec_claims(&["aud", "iss"]);
                    checks
                }
            "#),
            good: Snippet(r#"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_required_spec_claims(&["exp", "aud", "iss"]);
                    checks
                }
            "#),
            keys: &["jwt.access_ttl"],
            references: cited::LIFETIMES,
            sources: &[cited::JSONWEBTOKEN],
        };
    AUDIENCE_UNCHECKED = "jwt-audience-unchecked", High, "Code accepts tokens that were made for somebody else.",
        "With validate_aud = false jsonwebtoken does not look at `aud`, whatever set_audience said: a token of the same issuer for another service passes \
         (RFC 7519, section 4.1.3; RFC 8725, section 3.9). Call set_audience, and require the claim.",
        Rust {
            spec: TOKENS,
            bad: Snippet(r"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.validate_aud = false;
                    checks
                }
            "),
            good: Snippet(r#"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_audience(&["https://api.example.com"]);
                    checks.set_required_spec_claims(&["exp", "aud"]);
                    checks
                }
            "#),
            keys: &["jwt.audience"],
            references: cited::AUDIENCES,
            sources: &[cited::RFC7519, cited::RFC8725, cited::JSONWEBTOKEN],
        };
    AUDIENCE_OPEN = "jwt-audience-open", Medium, "Tokens are decoded without saying for whom they must be.",
        "Without set_audience jsonwebtoken accepts every token that has no `aud` (and, from version 9 on, refuses those that have one; before, it accepted \
         them too: Keats/jsonwebtoken#329). Call set_audience with the audience of the policy, and add `aud` to set_required_spec_claims.",
        Rust {
            spec: TOKENS,
            bad: Snippet(r"
                use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

                fn subject(token: &str, key: &DecodingKey) -> Option<String> {
                    let checks = Validation::new(Algorithm::HS512);
                    decode::<Claims>(token, key, &checks).ok().map(|data| data.claims.sub)
                }
            "),
            good: Snippet(r#"
                use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

                fn subject(token: &str, key: &DecodingKey) -> Option<String> {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_audience(&["https://api.example.com"]);
                    checks.set_required_spec_claims(&["exp", "aud"]);
                    decode::<Claims>(token, key, &checks).ok().map(|data| data.claims.sub)
                }
            "#),
            keys: &["jwt.audience"],
            references: cited::AUDIENCES,
            sources: &[cited::JSONWEBTOKEN_329, cited::JSONWEBTOKEN],
        };
    CLAIM_IGNORED = "jwt-required-claim-ignored", Medium, "A claim that looks required is not.",
        "set_required_spec_claims looks at exp, nbf, aud, iss and sub; every other name is ignored in silence (jsonwebtoken 11, src/validation.rs). Make \
         the claim a field of your claims type, without Option and without #[serde(default)]: then a token without it cannot be decoded.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r#"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_required_spec_claims(&["exp", "tenant"]);
                    checks
                }
            "#),
            good: Snippet(r#"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    let mut checks = Validation::new(Algorithm::HS512);
                    checks.set_required_spec_claims(&["exp"]);
                    checks
                }

                #[derive(serde::Deserialize)]
                struct Claims {
                    tenant: String, // neither Option nor default: a token without it is refused
                }
            "#),
            keys: &["jwt"],
            references: cited::SIGNATURES,
            sources: &[cited::JSONWEBTOKEN],
        };
    ALGORITHM_FROM_TOKEN = "jwt-algorithm-from-token", High, "The token decides by which algorithm it is verified.",
        "The header is what the sender wrote. Who verifies by it accepts every algorithm that the key could be used with, and not the one of the policy \
         (RFC 8725, section 3.1). Take the algorithm from where the key comes from.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                use jsonwebtoken::{Validation, decode_header};

                fn checks(token: &str) -> Option<Validation> {
                    let header = decode_header(token).ok()?;
                    Some(Validation::new(header.alg))
                }
            "),
            good: Snippet(r"
                use jsonwebtoken::{Algorithm, Validation};

                fn checks() -> Validation {
                    Validation::new(Algorithm::HS512)
                }
            "),
            keys: &["jwt.keys"],
            references: cited::ALGORITHMS,
            sources: &[cited::RFC8725],
        };
    ALGORITHM_DIFFERS = "jwt-algorithm-differs", High, "Code signs or verifies with another algorithm than the policy's keys.",
        "Each key of the spec has one algorithm (RFC 8725, section 3.1). A shorter hash of the same kind is weaker; another kind of algorithm cannot be \
         compared. Validation::default() and Header::default() mean HS256. If the token is of another issuer, say so: `// secgen: allow(jwt-algorithm-differs) why`.",
        Rust {
            spec: TOKENS,
            bad: Snippet(r"
                use jsonwebtoken::Validation;

                fn validation() -> Validation {
                    Validation::default()
                }
            "),
            good: Snippet(r"
                use jsonwebtoken::{Algorithm, Validation};

                fn validation() -> Validation {
                    Validation::new(Algorithm::HS512)
                }
            "),
            keys: &["jwt.keys"],
            references: cited::ALGORITHMS,
            sources: &[cited::RFC8725, cited::JSONWEBTOKEN],
        };
    LIFETIME_LONGER = "jwt-lifetime-longer", High, "A configuration in code lets tokens live longer than the policy.",
        "A stolen token is good until it expires. Durations that stand in a struct literal are compared with jwt.access_ttl and jwt.refresh_ttl. That a \
         value is right here shows nothing about what is in force, and is never counted as verified.",
        Rust {
            spec: TOKENS,
            bad: Snippet(r"
                use std::time::Duration;

                fn config(secret: String) -> jwt::Config {
                    jwt::Config { secret, expiration: Duration::from_secs(86_400) }
                }
            "),
            good: Snippet(r"
                use std::time::Duration;

                fn config(secret: String) -> jwt::Config {
                    jwt::Config { secret, expiration: Duration::from_secs(900) }
                }
            "),
            keys: &["jwt.access_ttl", "jwt.refresh_ttl"],
            references: cited::LIFETIMES,
            sources: &[cited::RFC7519],
        };
    SECRET_IN_CODE = "secret-in-code", High, "A secret key stands in the code.",
        "Whoever can read the repository, an image or a crash dump can sign tokens and cookies; and a key in code cannot be changed without a release \
         (ASVS 13.3.1, CWE-798). Read it when the service starts, and refuse to start without it. What stood here once is known: make a new one.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r#"
                use jsonwebtoken::EncodingKey;

                fn key() -> EncodingKey {
                    EncodingKey::from_secret(b"a key that everybody can read")
                }
            "#),
            good: Snippet(r#"
                use jsonwebtoken::EncodingKey;
                use std::env;

                fn key() -> Result<EncodingKey, env::VarError> {
                    Ok(EncodingKey::from_secret(env::var("JWT_SECRET")?.as_bytes()))
                }
            "#),
            keys: &["jwt.keys"],
            references: cited::SECRETS,
            sources: &[cited::CWE798, cited::ASVS],
        };
    SECRET_DEFAULT = "secret-default", High, "A secret has a default in the code.",
        "Where the variable is missing, the service starts with a secret that everybody can read, and says nothing (CWE-798, CWE-1188). Refuse to start: \
         `env::var(\"JWT_SECRET\")?`, or expect with a message.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r#"
                use std::env;

                fn secret() -> String {
                    env::var("JWT_SECRET").unwrap_or_else(|_| "changeme".to_owned())
                }
            "#),
            good: Snippet(r#"
                use std::env;

                fn secret() -> Result<String, env::VarError> {
                    env::var("JWT_SECRET")
                }
            "#),
            keys: &["jwt.keys"],
            references: cited::SECRETS,
            sources: &[cited::CWE798, cited::CWE1188],
        };
    LIMIT_LOOSER = "rate-limit-looser", High, "A rate limit in code admits more than the policy.",
        "A call such as RateLimit::new(\"api\", 100, 3600) is read as a name, requests and seconds, and compared with the limit of that name in the spec.",
        Rust {
            spec: Snippet("rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }"),
            bad: Snippet(r#"
                use crate::limits::RateLimit;

                fn login() -> RateLimit {
                    RateLimit::new("login", 50, 60)
                }
            "#),
            good: Snippet(r#"
                use crate::limits::RateLimit;

                fn login() -> RateLimit {
                    RateLimit::new("login", 5, 60)
                }
            "#),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::API4],
        };
    LIMIT_INVERTED = "rate-limit-inverted", Medium, "A rate limit means one request in N seconds, not N requests a second.",
        "per_second(n) of tower_governor and actix-governor sets the time in which one request is given back, in seconds: per_second(2) is one request in \
         two seconds (AaronErhardt/actix-governor#49). For n requests a second write requests_per_second (actix-governor), or per_millisecond(1000 / n).",
        Rust {
            spec: Snippet("rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }"),
            bad: Snippet(r"
                use tower_governor::governor::GovernorConfigBuilder;

                fn limit() {
                    let mut config = GovernorConfigBuilder::default();
                    config.per_second(20).burst_size(5); // one request in 20 s
                }
            "),
            good: Snippet(r"
                use tower_governor::governor::GovernorConfigBuilder;

                fn limit() {
                    let mut config = GovernorConfigBuilder::default();
                    config.per_millisecond(50).burst_size(5); // 20 requests a second
                }
            "),
            keys: &["rate_limits.limits"],
            references: cited::FLOOD,
            sources: &[cited::ACTIX_GOVERNOR_49],
        };
    ADDRESS_FORGEABLE = "client-address-forgeable", Medium, "The client's address is taken from where the client can write it.",
        "Each proxy adds the address that it saw at the right end of X-Forwarded-For; what stands on the left is what the client sent. Limits and locks by \
         that address are passed by sending another one each time (everruns/everruns#2643). Go from the right, past the proxies that you know; the \
         module client_ip that secgen renders does so.",
        Rust {
            spec: Snippet("network: { service_trusts: [10.0.0.0/8] }"),
            bad: Snippet(r#"
                use axum::http::HeaderMap;
                use std::net::IpAddr;

                fn client(headers: &HeaderMap) -> Option<IpAddr> {
                    headers.get("x-forwarded-for")?.to_str().ok()?.split(',').next()?.trim().parse().ok()
                }
            "#),
            good: Snippet(r#"
                use axum::http::HeaderMap;
                use std::net::IpAddr;

                fn client(headers: &HeaderMap, is_ours: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
                    let all = headers.get("x-forwarded-for")?.to_str().ok()?;
                    all.rsplit(',').map_while(|part| part.trim().parse().ok()).find(|address| !is_ours(address))
                }
            "#),
            keys: &["network.service_trusts"],
            references: &[asvs("15.3.4", Supports, "asks that the client's address comes from fields that the client cannot forge")],
            sources: &[cited::EVERRUNS_2643],
        };
    COOKIE_INSECURE = "cookie-flag-off-in-code", High, "A cookie is sent over plain HTTP too.",
        "Without Secure a browser sends the cookie with every request to the host, also those that anyone on the network can read or provoke (RFC 6265bis, \
         section 4.1.2.5; ASVS 3.3.1). Leave Secure on; browsers accept it on http://localhost.",
        Rust {
            spec: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }"),
            bad: Snippet(r#"
                use axum_extra::extract::cookie::Cookie;

                fn session(value: String) -> Cookie<'static> {
                    Cookie::build(("sid", value)).secure(false).http_only(true).build()
                }
            "#),
            good: Snippet(r#"
                use axum_extra::extract::cookie::Cookie;

                fn session(value: String) -> Cookie<'static> {
                    Cookie::build(("sid", value)).secure(true).http_only(true).build()
                }
            "#),
            keys: &["http.cookies"],
            references: &[
                asvs("3.3.1", Supports, "asks for Secure, and a prefix of the name that says so"),
                nist("SC-23", Supports, "protects sessions against being taken over"),
            ],
            sources: &[cited::RFC6265BIS, cited::ASVS],
        };
    COOKIE_READABLE = "cookie-readable-by-scripts", Medium, "A cookie can be read by scripts of the page.",
        "Without HttpOnly one injected script is enough to take the session away (ASVS 3.3.4). Cookies that scripts must read, such as that of a CSRF token, \
         hold no session.",
        Rust {
            spec: Snippet("http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }"),
            bad: Snippet(r#"
                use axum_extra::extract::cookie::Cookie;

                fn session(value: String) -> Cookie<'static> {
                    Cookie::build(("sid", value)).secure(true).http_only(false).build()
                }
            "#),
            good: Snippet(r#"
                use axum_extra::extract::cookie::Cookie;

                fn session(value: String) -> Cookie<'static> {
                    Cookie::build(("sid", value)).secure(true).http_only(true).build()
                }
            "#),
            keys: &["http.cookies"],
            references: &[
                asvs("3.3.4", Supports, "asks for HttpOnly where scripts need not read the cookie"),
                nist("SC-23", Supports, "protects sessions against being taken over"),
            ],
            sources: &[cited::RFC6265BIS, cited::ASVS],
        };
    TLS_UNVERIFIED = "tls-verification-off", High, "A connection accepts any certificate.",
        "With danger_accept_invalid_certs(true) or danger_accept_invalid_hostnames(true) anyone on the way can be the server: encrypted, and read all the \
         same (ASVS 12.3.2, CWE-295). For a private authority add its certificate: reqwest's add_root_certificate.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    reqwest::Client::builder().danger_accept_invalid_certs(true).build()
                }
            "),
            good: Snippet(r"
                fn client(authority: reqwest::Certificate) -> reqwest::Result<reqwest::Client> {
                    reqwest::Client::builder().add_root_certificate(authority).build()
                }
            "),
            keys: &[],
            references: cited::PEERS,
            sources: &[cited::REQWEST, cited::CWE295, cited::ASVS],
        };
    DATABASE_PLAIN = "database-connection-unverified", Medium, "A connection to a database is not encrypted, or with anyone.",
        "disable sends everything in plain text, allow and prefer fall back to it, and none of them looks at the certificate (PostgreSQL, SSL Mode \
         Descriptions). Use verify-full, with the authority's certificate.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r#"
                use sqlx::postgres::{PgConnectOptions, PgSslMode};

                fn database() -> PgConnectOptions {
                    PgConnectOptions::new().host("db.example.com").ssl_mode(PgSslMode::Prefer)
                }
            "#),
            good: Snippet(r#"
                use sqlx::postgres::{PgConnectOptions, PgSslMode};

                fn database() -> PgConnectOptions {
                    PgConnectOptions::new().host("db.example.com").ssl_mode(PgSslMode::VerifyFull).ssl_root_cert("/etc/ssl/db-ca.pem")
                }
            "#),
            keys: &[],
            references: cited::PEERS,
            sources: &[cited::PG_LIBPQ],
        };
    NOT_PROOF = "rust-code-not-proof", Medium, "Hand-written Rust code cannot show what the policy asks for.",
        "Which value is in force is decided when the service runs, by code that secgen does not run. So hand-written code is searched for what contradicts \
         the policy for sure, and whatever else it does is unknown, which is never a pass. The constants that secgen renders (targets.rust.out) are \
         compared by value.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }
                targets: { rust: { check: ["src/**/*.rs"] } }

                # file: src/limits.rs
                pub const LOGIN: (u32, u64) = (5, 60);
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }
                targets: { rust: { out: src/security, check: ["src/**/*.rs"] } }

                # file: src/limits.rs
                pub const LOGIN: (u32, u64) = (5, 60);
            "#),
            keys: &["targets.rust"],
            references: cited::EVIDENCE,
            sources: &[],
        };
    ALLOW_WITHOUT_REASON = "allow-without-reason", Medium, "An opt-out in a comment does not say why.",
        "A comment `// secgen: allow(RULE) reason` takes back a finding on its line or the next. Without a reason nobody can tell later whether it still \
         holds, so it has no effect.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    // secgen: allow(tls-verification-off)
                    reqwest::Client::builder().danger_accept_invalid_certs(true).build()
                }
            "),
            good: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    // secgen: allow(tls-verification-off) the certificate is pinned by its digest in connect()
                    reqwest::Client::builder().danger_accept_invalid_certs(true).build()
                }
            "),
            keys: &["targets.rust"],
            references: cited::DEVIATION,
            sources: &[],
        };
    ALLOW_UNKNOWN = "allow-of-unknown-rule", Medium, "An opt-out in a comment names no rule of Rust code.",
        "A misspelt name takes back nothing. `secgen explain RULE` knows all rules; those that can be allowed in Rust files stand in docs/rust-code.md.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    // secgen: allow(tls-verify-off) the certificate is pinned by its digest in connect()
                    reqwest::Client::builder().danger_accept_invalid_certs(true).build()
                }
            "),
            good: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    // secgen: allow(tls-verification-off) the certificate is pinned by its digest in connect()
                    reqwest::Client::builder().danger_accept_invalid_certs(true).build()
                }
            "),
            keys: &["targets.rust"],
            references: cited::DEVIATION,
            sources: &[],
        };
    ALLOW_UNUSED = "allow-unused", Low, "An opt-out in a comment takes back nothing.",
        "There is no such finding on its line or the next any more. Remove the comment, so that it cannot hide a new one.",
        Rust {
            spec: Snippet(""),
            bad: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    // secgen: allow(tls-verification-off) the certificate is pinned by its digest in connect()
                    reqwest::Client::builder().build()
                }
            "),
            good: Snippet(r"
                fn client() -> reqwest::Result<reqwest::Client> {
                    reqwest::Client::builder().build()
                }
            "),
            keys: &["targets.rust"],
            references: cited::DEVIATION,
            sources: &[],
        };
    BAN_MISSING = "clippy-ban-missing", Medium, "A clippy.toml does not ban what the policy bans.",
        "disallowed-methods, disallowed-types and disallowed-macros are resolved by the compiler: a renamed import or a function pointer is caught too, where a \
         text search is not. The lints clippy::disallowed_methods, _types and _macros are on by default.",
        Toml {
            spec: Snippet(r"
                rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }
                targets: { rust: { check: [clippy.toml] } }
            "),
            bad: Snippet(r#"
                # file: clippy.toml
                disallowed-methods = ["std::mem::forget"]
            "#),
            good: Snippet(r#"
                # file: clippy.toml
                disallowed-methods = [
                    "std::mem::forget",
                    "native_tls::TlsConnectorBuilder::danger_accept_invalid_certs",
                    "native_tls::TlsConnectorBuilder::danger_accept_invalid_hostnames",
                    "reqwest::ClientBuilder::danger_accept_invalid_certs",
                    "reqwest::ClientBuilder::danger_accept_invalid_hostnames",
                    "reqwest::blocking::ClientBuilder::danger_accept_invalid_certs",
                    "reqwest::blocking::ClientBuilder::danger_accept_invalid_hostnames",
                ]
                disallowed-types = ["tower_governor::key_extractor::SmartIpKeyExtractor"]
                disallowed-macros = ["std::dbg"]
            "#),
            keys: &["targets.rust"],
            references: cited::SETTINGS,
            sources: &[cited::CLIPPY],
        };
    CLIPPY_SYNTAX = "clippy-config-broken", High, "A clippy.toml cannot be read.",
        "Clippy stops with an error, or ignores the file, so nothing in it is in force.",
        Toml {
            spec: Snippet(r"
                rate_limits: { limits: { login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login } } } }
                targets: { rust: { check: [clippy.toml] } }
            "),
            bad: Snippet(r#"
                # file: clippy.toml
                disallowed-methods = ["std::mem::forget"
            "#),
            good: Snippet(r#"
                # file: clippy.toml
                disallowed-methods = ["std::mem::forget"]
            "#),
            keys: &["targets.rust"],
            references: cited::EVIDENCE,
            sources: &[cited::CLIPPY],
        };
}

/// The rules that a comment in a Rust file may take back.
pub(super) fn allowable(name: &str) -> Option<&'static Rule> {
    let fixed = [&SYNTAX, &NOT_PROOF, &ALLOW_WITHOUT_REASON, &ALLOW_UNKNOWN, &ALLOW_UNUSED, &BAN_MISSING, &CLIPPY_SYNTAX];
    ALL.iter().copied().find(|rule| rule.name == name && !fixed.contains(rule))
}
