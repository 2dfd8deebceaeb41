//! Rules about who may log in, who may do what, and what comes in.

use crate::finding::{Snippet, rules};

rules! {
    pub, pub(super) ALL;

    LOCKOUT_INCOMPLETE = "lockout-incomplete", High, "lockout does not say all that its pauses need.",
        "Both levels are needed: per_client stops one guesser without locking the owner out, per_account slows guessers who come from many addresses. Each says failures, window, \
         base and max, all above zero. Source: ASVS 5.0 6.3.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    LOCKOUT_FAILURES = "lockout-too-many-failures", High, "An account may be guessed at more than 100 times.",
        "NIST SP 800-63B-4 (3.2.2) limits the failed attempts on one account to 100 in a row. Write failures: 100 or less.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    LOCKOUT_LEVELS = "lockout-levels-swapped", High, "One address may guess more often than all together.",
        "per_account counts what comes from everywhere, so a lower number there always acts first: whoever fails that often locks the owner out, and per_client never \
         comes into play. Give per_client the lower number. Source: OWASP Authentication Cheat Sheet.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    LOCKOUT_TIMES = "lockout-times", Medium, "The first pause is longer than the longest.",
        "Pauses double from base up to max. With base above max all of them are max.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    ACCESS_ROLE = "access-unknown-role", High, "A rule names a role that access.roles does not have.",
        "A role that is not declared is mostly a misspelt one, and its rule would grant nothing. Add the role to access.roles, or correct the rule. Source: ASVS 5.0 8.1.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    ACCESS_INCOMPLETE = "access-incomplete", High, "access lacks roles or permissions.",
        "Rules grant permissions to roles: both must be there. What no rule grants is denied. Source: ASVS 5.0 8.1.1.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    ACCESS_UNUSED = "access-unused", Low, "A role or a permission is declared and never used.",
        "A permission without a rule is denied to everybody, and a role that no rule names may do nothing. Both are safe, and mostly a rule was forgotten.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    ACCESS_CONDITION = "access-condition-unclear", Medium, "A rule says one condition twice, or one that never holds.",
        "Of two times the shorter one counts, so the other one is noise; within 0s nobody has logged in.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    INPUT_NOTHING = "input-admits-nothing", High, "A limit of data.input admits nothing.",
        "With a limit of 0, or without a content type, every request with a body would be refused. Leave the key out if there is no limit.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    STORE_ERROR = "rate-limit-store-error", Medium, "on_store_error is set, and the store cannot fail.",
        "on_store_error says what happens while Redis does not answer. With store: memory there is nothing that could fail, so the key would have no effect.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    KEY_UNTIL = "jwt-key-until", High, "The key that signs has a last day.",
        "verify_until is for a key that was replaced: it verifies until the last token that it signed has expired. The key that signs would stop on that day, and every new token with it. \
         Let another key sign, and keep verify_until for the old one. Source: RFC 8725 3.5, NIST SP 800-57.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
    KEY_OVER = "jwt-key-over", Low, "A key's last day is over.",
        "The service does not verify with it any more. Remove it from jwt.keys.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(""),
            good: Snippet(""),
            keys: &[],
            references: &[],
            sources: &[],
        };
}
