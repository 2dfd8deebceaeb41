//! The rules of this target, for findings and `explain`.

use crate::finding::{Rule, Severity};

/// All of them.
pub(super) static ALL: [&Rule; 13] = [
    &JWT_INCOMPLETE,
    &JWT_KEY_UNUSABLE,
    &JWT_LIFETIMES,
    &RATE_LIMIT_INCOMPLETE,
    &LOCKOUT_INCOMPLETE,
    &COOKIE_INCOMPLETE,
    &INPUT_INCOMPLETE,
    &TLS_UNKNOWN,
    &MODULE_OWNER,
    &NAME_CLASH,
    &NETWORK_NEVER_MATCHES,
    &POLICY_EDITED,
    &POLICY_NOT_CONSTANT,
];

/// A module that is taken over without need, or for some only.
pub(super) static MODULE_OWNER: Rule = Rule {
    name: "rust-module-owner",
    title: "A module is taken over that is not rendered, or not for every environment.",
    severity: Severity::Medium,
    explain: "targets.rust.modules says who keeps a module that the spec needs: secgen (the default), user (written once, then yours), or none (no module; \
              policy.rs has its types). The environments of one folder share its files, so they must agree.",
};

/// A pause without numbers.
pub(super) static LOCKOUT_INCOMPLETE: Rule = Rule {
    name: "rust-lockout-incomplete",
    title: "The pauses after failed logins lack a level or a number.",
    severity: Severity::High,
    explain: "The module needs both levels, each with failures, window, base and max above zero: per_client stops one guesser without \
              locking the owner out, per_account slows guessers who come from many addresses.",
};

/// A cookie that browsers would treat differently.
pub(super) static COOKIE_INCOMPLETE: Rule = Rule {
    name: "rust-cookie-incomplete",
    title: "A cookie of the service lacks its name or same_site.",
    severity: Severity::Medium,
    explain: "The service sets the cookie itself, so the spec must say all of it. Without SameSite some browsers take Lax and some None. \
              Source: rfc6265bis 5.7.",
};

/// Input without a limit.
pub(super) static INPUT_INCOMPLETE: Rule = Rule {
    name: "rust-input-incomplete",
    title: "data.input does not say how large a body may be.",
    severity: Severity::High,
    explain: "The other limits look at a body that was read already, so its size must be limited first. Write max_body. Source: ASVS 5.0 2.2.1, \
              OWASP API4:2023.",
};

/// TLS that the service cannot speak.
pub(super) static TLS_UNKNOWN: Rule = Rule {
    name: "rust-tls-unknown",
    title: "The policy asks for TLS that the service's library does not have.",
    severity: Severity::High,
    explain: "rustls speaks TLS 1.2 and 1.3 and, with aws-lc, X25519MLKEM768, X25519, P-256 and P-384. Take other groups or versions, or leave the module out: \
              `modules: { tls: { owner: none } }` under targets.rust. Source: rustls documentation.",
};

/// A part of `jwt` is missing.
pub(super) static JWT_INCOMPLETE: Rule = Rule {
    name: "jwt-incomplete",
    title: "The spec does not say all that a service needs to verify its tokens.",
    severity: Severity::High,
    explain: "A token is only worth something if issuer, audience, lifetime and key are checked on every one of them (RFC 8725, sections \
              3.1, 3.8, 3.9). So the Rust modules are rendered only when the spec says jwt.issuer, jwt.audience, jwt.access_ttl, at least \
              one key in jwt.keys, and, for a service that issues tokens, which of the keys signs (jwt.sign_with).",
};

/// A key that cannot do what the spec asks of it.
pub(super) static JWT_KEY_UNUSABLE: Rule = Rule {
    name: "jwt-key-unusable",
    title: "A token key of the spec cannot do what the spec asks of it.",
    severity: Severity::High,
    explain: "HS256, HS384 and HS512 sign and verify with one secret, so such a key has `secret` and nothing else. ES256, ES384 and EdDSA \
              verify with `public_key` and sign with `private_key`; the key that signs needs both. A service that only verifies must not \
              hold a private key at all.",
};

/// Lifetimes that make no sense.
pub(super) static JWT_LIFETIMES: Rule = Rule {
    name: "jwt-lifetimes",
    title: "The lifetimes of tokens do not fit together.",
    severity: Severity::Medium,
    explain: "A refresh token exists to outlive the access token, and the leeway only covers clocks that differ: RFC 7519, section 4.1.4, \
              speaks of no more than a few minutes, and every second of it lengthens the life of a stolen token. secgen allows 60 s.",
};

/// A limit without numbers.
pub(super) static RATE_LIMIT_INCOMPLETE: Rule = Rule {
    name: "rate-limit-incomplete",
    title: "A rate limit does not say how many requests in which time.",
    severity: Severity::High,
    explain: "A limit is `requests` in `per`, both more than zero: no window of that length admits more. Without both there is nothing to \
              enforce.",
};

/// Two names that become one.
pub(super) static NAME_CLASH: Rule = Rule {
    name: "rust-name-clash",
    title: "Two names of the spec become the same Rust constant.",
    severity: Severity::Low,
    explain: "A limit's name becomes a Rust constant: upper case, with _ for -. So login-page and login_page are one name in Rust. \
              Rename one of them.",
};

/// A network that no address can be in.
pub(super) static NETWORK_NEVER_MATCHES: Rule = Rule {
    name: "network-never-matches",
    title: "A trusted network is written as IPv4 inside IPv6, which no address is compared to.",
    severity: Severity::Low,
    explain: "The service turns an IPv4-mapped IPv6 address such as ::ffff:10.0.0.1 into plain IPv4 before it compares, so a network that is \
              written that way never matches. Write the IPv4 network.",
};

/// A constant that is not what the policy says.
pub(super) static POLICY_EDITED: Rule = Rule {
    name: "rust-policy-edited",
    title: "The rendered Rust module does not say what the policy says.",
    severity: Severity::High,
    explain: "policy.rs and the modules beside it are rendered from the spec and compiled into the service, so what they say is what the \
              service does. Change the spec and render again, or drop the edit.",
};

/// Something that cannot be evaluated.
pub(super) static POLICY_NOT_CONSTANT: Rule = Rule {
    name: "rust-policy-not-constant",
    title: "A constant of the rendered Rust module cannot be worked out.",
    severity: Severity::High,
    explain: "secgen evaluates whole numbers with + - * /, Duration constructors, text, and the structs that it renders. A constant that \
              depends on anything else (another constant, a macro, `#[cfg]`) may be anything when the service is built, so it counts as \
              unknown. Write the value itself, or render the file again.",
};
