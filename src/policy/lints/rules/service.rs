//! TLS, PostgreSQL, tokens, rate limits.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Snippet, asvs, cited, pci, rules};

rules! {
    pub, pub(super) ALL;

    TLS_GROUP = "tls-group-unsupported", Medium, "A group is left out, because the declared OpenSSL does not know it.",
        "OpenSSL refuses a whole list with one name that it does not know, and nginx would not start. X25519MLKEM768 came with OpenSSL 3.5. Write the server's \
         version under targets.nginx.openssl. Source: OpenSSL CHANGES 3.5.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                tls: { groups: [X25519MLKEM768, X25519] }
                targets: { nginx: { out: deploy/nginx, openssl: "3.0" } }
            "#),
            good: Snippet(r#"
                tls: { groups: [X25519MLKEM768, X25519] }
                targets: { nginx: { out: deploy/nginx, openssl: "3.5" } }
            "#),
            keys: &["tls.groups"],
            references: cited::SPEC,
            sources: &[cited::OPENSSL_GROUPS],
        };
    TLS_TICKETS = "tls-session-tickets", Low, "Session tickets are on.",
        "nginx makes the key of its tickets when it starts and keeps it: who gets the key can read every recorded connection of that time, but for those of TLS 1.3 \
         with a new key exchange. Source: RFC 8446 8.1, Mozilla server-side TLS.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("tls: { session_tickets: true }"),
            good: Snippet("tls: { session_tickets: false }"),
            keys: &["tls.session_tickets"],
            references: cited::SPEC,
            sources: &[cited::RFC8446, cited::MOZILLA_TLS],
        };
    TLS_PROFILE = "tls-below-profile", High, "tls.min_version is older than tls.profile allows.",
        "The profile's suites do not exist for older versions, or the guideline forbids them. Raise min_version, or take another profile. Source: Mozilla server-side TLS.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"tls: { min_version: TLSv1.2, profile: { mozilla: modern, guideline: "6.0" } }"#),
            good: Snippet(r#"tls: { min_version: TLSv1.3, profile: { mozilla: modern, guideline: "6.0" } }"#),
            keys: &["tls.min_version", "tls.profile"],
            references: cited::SPEC,
            sources: &[cited::MOZILLA_TLS],
        };
    TLS_GUIDELINE = "tls-unknown-profile", High, "The guideline has no such profile.",
        "Mozilla's guideline 6.0 dropped `old`. Pin guideline 5.8 for it, or take intermediate. Source: Mozilla server-side TLS 6.0.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"tls: { min_version: TLSv1.2, profile: { mozilla: old, guideline: "6.0" } }"#),
            good: Snippet(r#"tls: { min_version: TLSv1.2, profile: { mozilla: intermediate, guideline: "6.0" } }"#),
            keys: &["tls.profile"],
            references: cited::SPEC,
            sources: &[cited::MOZILLA_TLS],
        };
    TLS_OLD = "tls-version-forbidden", Medium, "TLS 1.0 and 1.1 must not be used.",
        "RFC 8996 forbids both. Raise tls.min_version to TLSv1.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("tls: { min_version: TLSv1.1 }"),
            good: Snippet("tls: { min_version: TLSv1.2 }"),
            keys: &["tls.min_version"],
            references: &[
                asvs("12.1.1", Supports, "only TLS versions that are recommended are spoken"),
                pci("4.2.1", Related, "strong cryptography protects account data on open networks"),
            ],
            sources: &[cited::RFC8996],
        };
    TLS_POSTGRES = "tls-versions-contradict", High, "tls.min_version and ssl_min_protocol_version ask for different versions.",
        "Both decide the oldest version that PostgreSQL speaks. Leave postgres.settings.ssl_min_protocol_version out: it follows tls.min_version.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                tls: { min_version: TLSv1.3 }
                postgres: { settings: { ssl: "on", ssl_min_protocol_version: TLSv1.2 } }
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            good: Snippet(r#"
                tls: { min_version: TLSv1.3 }
                postgres: { settings: { ssl: "on" } }
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            keys: &["tls.min_version", "postgres.settings.ssl_min_protocol_version"],
            references: cited::SPEC,
            sources: &[cited::PG_CONNECTION],
        };
    POSTGRES_FORM = "postgres-form-contradiction", High, "The form of the PostgreSQL files and the policy exclude each other.",
        "ALTER SYSTEM cannot be the way to a server that forbids it (allow_alter_system, from PostgreSQL 17), and a runner of migrations runs only a script that has no commands of psql. \
         Choose the form that fits: drop-in for servers that are set up by files. Source: PostgreSQL documentation, 19.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                postgres: { settings: { allow_alter_system: "off" } }
                targets: { postgres: { versions: "17-18", form: alter-system, out: deploy/postgres } }
            "#),
            good: Snippet(r#"
                postgres: { settings: { allow_alter_system: "off" } }
                targets: { postgres: { versions: "17-18", form: drop-in, out: deploy/postgres } }
            "#),
            keys: &["targets.postgres", "postgres.settings"],
            references: cited::SPEC,
            sources: &[cited::PG_ALTER_SYSTEM],
        };
    HBA_METHOD = "hba-weak-method", High, "An access rule of the spec asks for no proof, or for a weak one.",
        "trust lets in everybody who reaches the server, password sends the password in clear text, md5 is deprecated, and ident over TCP believes the client's machine. A checked file that does what \
         the spec asks for has no finding of its own, so that the spec is the place to look. Write scram-sha-256, cert, gss, or peer for local connections. Source: PostgreSQL documentation, 21.4 to 21.8.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                postgres:
                  hba: [{ type: local, database: all, user: postgres, method: peer }, { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: md5 }]
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            good: Snippet(r#"
                postgres:
                  hba: [{ type: local, database: all, user: postgres, method: peer }, { type: hostssl, database: app, user: app, address: 10.0.0.0/8, method: scram-sha-256 }]
                targets: { postgres: { versions: "15-18", out: deploy/postgres } }
            "#),
            keys: &["postgres.hba"],
            references: cited::LOGIN,
            sources: &[cited::PG_HBA],
        };
    JWT_INCOMPLETE = "jwt-incomplete", High, "jwt lacks what a token needs.",
        "A service that issues or verifies tokens needs role, issuer, audience, access_ttl and keys; one that issues also refresh_ttl and sign_with. \
         Source: RFC 8725 3.8, 3.9, 3.12.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: EdDSA, public_key: { env: JWT_PUBLIC_KEY } } }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: EdDSA, public_key: { env: JWT_PUBLIC_KEY } } }
                targets: { rust: { out: src/security } }
            "#),
            keys: &["jwt"],
            references: &[
                asvs("9.1.1", Supports, "a token is verified with its key before anything in it is believed"),
                asvs("9.2.3", Supports, "a service takes only tokens that are meant for it"),
            ],
            sources: &[cited::RFC8725],
        };
    JWT_KEY = "jwt-key-unusable", High, "A key of jwt.keys cannot work.",
        "HS256, HS384 and HS512 have one `secret` for both sides; ES256, ES384 and EdDSA have a `public_key`, and a `private_key` where they sign. \
         sign_with names one of the keys. Source: RFC 7518 3, RFC 8037.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: EdDSA, secret: { env: JWT_SECRET } } }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys: { "2026-11": { algorithm: EdDSA, public_key: { env: JWT_PUBLIC_KEY } } }
                targets: { rust: { out: src/security } }
            "#),
            keys: &["jwt.keys", "jwt.sign_with"],
            references: &[asvs("9.1.2", Supports, "each key has one algorithm, of a list that is allowed")],
            sources: &[cited::RFC7518],
        };
    JWT_MIXED = "jwt-mixed-keys", Low, "HMAC and public-key algorithms stand side by side.",
        "Whoever may verify an HMAC token may also make one. Beside public keys that is rarely meant; while you change from one to the other it is. \
         Source: RFC 8725 3.1, ASVS 5.0 9.1.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys:
                    old: { algorithm: HS512, secret: { env: JWT_SECRET } }
                    new: { algorithm: EdDSA, public_key: { env: JWT_PUBLIC_KEY } }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                jwt:
                  role: verify
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  keys:
                    new: { algorithm: EdDSA, public_key: { env: JWT_PUBLIC_KEY } }
                targets: { rust: { out: src/security } }
            "),
            keys: &["jwt.keys"],
            references: &[asvs("9.1.2", Supports, "each key has one algorithm, of a list that is allowed")],
            sources: &[cited::RFC8725],
        };
    JWT_TTL = "jwt-lifetimes", High, "The lifetimes of tokens contradict each other.",
        "An access token must expire before its refresh token, and clocks may differ by a minute at most. Source: RFC 8725, RFC 9700 2.2.2.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://app.example.com
                  audience: https://api.example.com
                  access_ttl: 8h
                  refresh_ttl: 1h
                  sign_with: "2026-11"
                  keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://app.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  refresh_ttl: 7d
                  sign_with: "2026-11"
                  keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
                targets: { rust: { out: src/security } }
            "#),
            keys: &["jwt.access_ttl", "jwt.refresh_ttl", "jwt.leeway"],
            references: &[asvs("9.2.1", Supports, "a token counts within its time only")],
            sources: &[cited::RFC7519, cited::RFC9700],
        };
    LIMIT = "rate-limit-incomplete", High, "A rate limit lacks requests, per or match.",
        "A limit is `requests` in `per` for the requests of `match`; without one of them nothing is limited.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("rate_limits: { limits: { api: { requests: 100, key: client_ip, match: { prefix: /api/ } } } }"),
            good: Snippet("rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }"),
            keys: &["rate_limits.limits"],
            references: cited::SPEC,
            sources: &[cited::API4],
        };
    LIMIT_EDGE = "rate-limit-edge-tighter", Medium, "The guard in nginx refuses what the service admits.",
        "nginx would answer 429 before the service's own limit is reached, so the exact quota would never be the one that counts. Raise edge.per_minute or edge.burst.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("rate_limits: { limits: { api: { requests: 600, per: 1m, key: client_ip, match: { prefix: /api/ }, edge: { per_minute: 10, burst: 5 } } } }"),
            good: Snippet("rate_limits: { limits: { api: { requests: 600, per: 1m, key: client_ip, match: { prefix: /api/ }, edge: { per_minute: 600, burst: 600 } } } }"),
            keys: &["rate_limits.limits"],
            references: cited::SPEC,
            sources: &[cited::NGINX_LIMIT],
        };
    TRUST = "network-no-service-trusts", High, "Limits by client address count nginx itself.",
        "Behind nginx every request comes from nginx's own address, so all clients would share one limit. Name nginx under network.service_trusts, \
         usually [127.0.0.1/32]. Source: OWASP API4:2023.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }
                targets: { nginx: { out: deploy/nginx }, rust: { out: src/security } }
            "),
            good: Snippet(r"
                rate_limits: { limits: { api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } } } }
                network: { service_trusts: [127.0.0.1/32] }
                targets: { nginx: { out: deploy/nginx }, rust: { out: src/security } }
            "),
            keys: &["network.service_trusts", "rate_limits.limits"],
            references: &[asvs("15.3.4", Supports, "the client's address comes from proxies that are trusted, and is used for limits")],
            sources: &[cited::API4],
        };
}
