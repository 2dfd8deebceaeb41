//! Rules about who may log in, who may do what, and what comes in.

use crate::finding::{Snippet, cited, rules};

rules! {
    pub, pub(super) ALL;

    LOCKOUT_INCOMPLETE = "lockout-incomplete", High, "lockout does not say all that its pauses need.",
        "Both levels are needed: per_client stops one guesser without locking the owner out, per_account slows guessers who come from many addresses. Each says failures, window, \
         base and max, all above zero. Source: ASVS 5.0 6.3.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            keys: &["lockout"],
            references: cited::LOCKOUT,
            sources: &[cited::ASVS],
        };
    LOCKOUT_FAILURES = "lockout-too-many-failures", High, "An account may be guessed at more than 100 times.",
        "NIST SP 800-63B-4 (3.2.2) limits the failed attempts on one account to 100 in a row. Write failures: 100 or less.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 500, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            keys: &["lockout"],
            references: cited::LOCKOUT,
            sources: &[cited::SP800_63B],
        };
    LOCKOUT_LEVELS = "lockout-levels-swapped", High, "One address may guess more often than all together.",
        "per_account counts what comes from everywhere, so a lower number there always acts first: whoever fails that often locks the owner out, and per_client never \
         comes into play. Give per_client the lower number. Source: OWASP Authentication Cheat Sheet.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                lockout:
                  per_client: { failures: 50, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 5, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            keys: &["lockout"],
            references: cited::LOCKOUT,
            sources: &[cited::OWASP_LOGIN],
        };
    LOCKOUT_TIMES = "lockout-times", Medium, "The first pause is longer than the longest.",
        "Pauses double from base up to max. With base above max all of them are max.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 2h, max: 1h }
                  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                lockout:
                  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
                  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
                targets: { rust: { out: src/security } }
            "),
            keys: &["lockout"],
            references: cited::LOCKOUT,
            sources: &[],
        };
    ACCESS_ROLE = "access-unknown-role", High, "A rule names a role that access.roles does not have.",
        "A role that is not declared is mostly a misspelt one, and its rule would grant nothing. Add the role to access.roles, or correct the rule. Source: ASVS 5.0 8.1.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                access:
                  roles: [viewer, admin]
                  permissions:
                    report.read: [{ roles: [viewr, admin], scope: "reports:read" }]
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                access:
                  roles: [viewer, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read" }]
                targets: { rust: { out: src/security } }
            "#),
            keys: &["access"],
            references: cited::ACCESS,
            sources: &[cited::ASVS],
        };
    ACCESS_INCOMPLETE = "access-incomplete", High, "access lacks roles or permissions.",
        "Rules grant permissions to roles: both must be there. What no rule grants is denied. Source: ASVS 5.0 8.1.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                access:
                  roles: [viewer, admin]
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r#"
                access:
                  roles: [viewer, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read" }]
                targets: { rust: { out: src/security } }
            "#),
            keys: &["access"],
            references: cited::ACCESS,
            sources: &[cited::ASVS],
        };
    ACCESS_UNUSED = "access-unused", Low, "A role or a permission is declared and never used.",
        "A permission without a rule is denied to everybody, and a role that no rule names may do nothing. Both are safe, and mostly a rule was forgotten.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                access:
                  roles: [viewer, editor, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read" }]
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                access:
                  roles: [viewer, editor, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read" }]
                    report.write: [{ roles: [editor], scope: "reports:write", when: [owner] }]
                targets: { rust: { out: src/security } }
            "#),
            keys: &["access"],
            references: cited::ACCESS,
            sources: &[],
        };
    ACCESS_CONDITION = "access-condition-unclear", Medium, "A rule says one condition twice, or one that never holds.",
        "Of two times the shorter one counts, so the other one is noise; within 0s nobody has logged in.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                access:
                  roles: [viewer, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read", when: [{ authenticated_within: 0s }] }]
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                access:
                  roles: [viewer, admin]
                  permissions:
                    report.read: [{ roles: [viewer, admin], scope: "reports:read", when: [{ authenticated_within: 15m }] }]
                targets: { rust: { out: src/security } }
            "#),
            keys: &["access.permissions"],
            references: cited::ACCESS,
            sources: &[],
        };
    INPUT_NOTHING = "input-admits-nothing", High, "A limit of data.input admits nothing.",
        "With a limit of 0, or without a content type, every request with a body would be refused. Leave the key out if there is no limit.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                data: { input: { max_body: 0B } }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                data: { input: { max_body: 1MiB } }
                targets: { rust: { out: src/security } }
            "),
            keys: &["data.input"],
            references: cited::INPUT,
            sources: &[],
        };
    STORE_ERROR = "rate-limit-store-error", Medium, "on_store_error is set, and the store cannot fail.",
        "on_store_error says what happens while Redis does not answer. With store: memory there is nothing that could fail, so the key would have no effect.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                rate_limits:
                  limits:
                    login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login }, on_store_error: deny }
                targets: { rust: { out: src/security } }
            "),
            good: Snippet(r"
                rate_limits:
                  store: { redis: { url: { env: REDIS_URL } } }
                  limits:
                    login: { requests: 5, per: 1m, key: client_ip, match: { exact: /login }, on_store_error: deny }
                targets: { rust: { out: src/security } }
            "),
            keys: &["rate_limits"],
            references: cited::FLOOD,
            sources: &[],
        };
    KEY_UNTIL = "jwt-key-until", High, "The key that signs has a last day.",
        "verify_until is for a key that was replaced: it verifies until the last token that it signed has expired. The key that signs would stop on that day, and every new token with it. \
         Let another key sign, and keep verify_until for the old one. Source: RFC 8725 3.5, NIST SP 800-57.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  refresh_ttl: 7d
                  sign_with: "2026-11"
                  keys:
                    "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET }, verify_until: 2027-01-31 }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  refresh_ttl: 7d
                  sign_with: "2026-11"
                  keys:
                    "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } }
                    "2026-05": { algorithm: HS512, secret: { env: JWT_SECRET_OLD }, verify_until: 2027-01-31 }
                targets: { rust: { out: src/security } }
            "#),
            keys: &["jwt.keys", "jwt.sign_with"],
            references: cited::KEYS,
            sources: &[cited::RFC8725, cited::SP800_57],
        };
    KEY_OVER = "jwt-key-over", Low, "A key's last day is over.",
        "The service does not verify with it any more. Remove it from jwt.keys.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  refresh_ttl: 7d
                  sign_with: "2026-11"
                  keys:
                    "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } }
                    "2025-11": { algorithm: HS512, secret: { env: JWT_SECRET_OLD }, verify_until: 2026-01-31 }
                targets: { rust: { out: src/security } }
            "#),
            good: Snippet(r#"
                jwt:
                  role: issue
                  issuer: https://login.example.com
                  audience: https://api.example.com
                  access_ttl: 15m
                  refresh_ttl: 7d
                  sign_with: "2026-11"
                  keys:
                    "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } }
                targets: { rust: { out: src/security } }
            "#),
            keys: &["jwt.keys"],
            references: cited::KEYS,
            sources: &[],
        };
}
