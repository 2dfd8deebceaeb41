//! The rules of this target, for findings and `explain`.

use crate::finding::Relation::Supports;
use crate::finding::{Language, Rule, Severity, Snippet, asvs, cited, nist};

/// What the lints of the spec say too: a policy may come without them.
pub(super) use crate::policy::lints::{
    JWT_INCOMPLETE, JWT_KEY as JWT_KEY_UNUSABLE, JWT_TTL as JWT_LIFETIMES, LIMIT as RATE_LIMIT_INCOMPLETE, LOCKOUT_INCOMPLETE,
};

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
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }
        targets: { rust: { out: src/security, modules: { jwt: { owner: user } } } }
    ",
    ),
    good: Snippet(
        r"
        http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }
        targets: { rust: { out: src/security, modules: { cookies: { owner: user } } } }
    ",
    ),
    keys: &["targets.rust"],
    references: cited::SPEC,
    sources: &[],
};

/// A cookie that browsers would treat differently.
pub(super) static COOKIE_INCOMPLETE: Rule = Rule {
    name: "rust-cookie-incomplete",
    title: "A cookie of the service lacks its name or same_site.",
    severity: Severity::Medium,
    explain: "The service sets the cookie itself, so the spec must say all of it. Without SameSite some browsers take Lax and some None. \
              Source: rfc6265bis 5.7.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        http: { cookies: { session: { name: sid, secure: true, http_only: true } } }
        targets: { rust: { out: src/security } }
    ",
    ),
    good: Snippet(
        r"
        http: { cookies: { session: { name: sid, secure: true, http_only: true, same_site: lax } } }
        targets: { rust: { out: src/security } }
    ",
    ),
    keys: &["http.cookies"],
    references: &[asvs("3.3.2", Supports, "asks for the SameSite that fits the cookie's purpose")],
    sources: &[cited::RFC6265BIS],
};

/// Input without a limit.
pub(super) static INPUT_INCOMPLETE: Rule = Rule {
    name: "rust-input-incomplete",
    title: "data.input does not say how large a body may be.",
    severity: Severity::High,
    explain: "The other limits look at a body that was read already, so its size must be limited first. Write max_body. Source: ASVS 5.0 2.2.1, \
              OWASP API4:2023.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        data: { input: { max_depth: 16 } }
        targets: { rust: { out: src/security } }
    ",
    ),
    good: Snippet(
        r"
        data: { input: { max_body: 1MiB, max_depth: 16 } }
        targets: { rust: { out: src/security } }
    ",
    ),
    keys: &["data.input"],
    references: cited::INPUT,
    sources: &[cited::ASVS, cited::API4],
};

/// TLS that the service cannot speak.
pub(super) static TLS_UNKNOWN: Rule = Rule {
    name: "rust-tls-unknown",
    title: "The policy asks for TLS that the service's library does not have.",
    severity: Severity::High,
    explain: "rustls speaks TLS 1.2 and 1.3 and, with aws-lc, X25519MLKEM768, X25519, P-256 and P-384. Take other groups or versions, or leave the module out: \
              `modules: { tls: { owner: none } }` under targets.rust. Source: rustls documentation.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        tls: { min_version: TLSv1.2, groups: [X25519, X448] }
        targets: { rust: { out: src/security } }
    ",
    ),
    good: Snippet(
        r"
        tls: { min_version: TLSv1.2, groups: [X25519MLKEM768, X25519] }
        targets: { rust: { out: src/security } }
    ",
    ),
    keys: &["tls.min_version", "tls.groups"],
    references: &[nist("SC-13", Supports, "cryptography is of the kinds that were decided on")],
    sources: &[cited::RUSTLS],
};

/// Two names that become one.
pub(super) static NAME_CLASH: Rule = Rule {
    name: "rust-name-clash",
    title: "Two names of the spec become the same Rust constant.",
    severity: Severity::Low,
    explain: "A limit's name becomes a Rust constant: upper case, with _ for -. So login-page and login_page are one name in Rust. \
              Rename one of them.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        rate_limits:
          limits:
            login-page: { requests: 10, per: 1m, key: client_ip, match: { exact: /login } }
            login_page: { requests: 20, per: 1m, key: client_ip, match: { exact: /signin } }
        targets:
          rust: { out: src/security }
    ",
    ),
    good: Snippet(
        r"
        rate_limits:
          limits:
            login-page: { requests: 10, per: 1m, key: client_ip, match: { exact: /login } }
            signin-page: { requests: 20, per: 1m, key: client_ip, match: { exact: /signin } }
        targets:
          rust: { out: src/security }
    ",
    ),
    keys: &["rate_limits.limits"],
    references: cited::SPEC,
    sources: &[cited::RUST_CONST],
};

/// A network that no address can be in.
pub(super) static NETWORK_NEVER_MATCHES: Rule = Rule {
    name: "network-never-matches",
    title: "A trusted network is written as IPv4 inside IPv6, which no address is compared to.",
    severity: Severity::Low,
    explain: "The service turns an IPv4-mapped IPv6 address such as ::ffff:10.0.0.1 into plain IPv4 before it compares, so a network that is \
              written that way never matches. Write the IPv4 network.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        rate_limits:
          limits:
            api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } }
        network: { service_trusts: ["::ffff:10.0.0.0/104"] }
        targets:
          rust: { out: src/security }
    "#,
    ),
    good: Snippet(
        r"
        rate_limits:
          limits:
            api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } }
        network: { service_trusts: [10.0.0.0/8] }
        targets:
          rust: { out: src/security }
    ",
    ),
    keys: &["network.service_trusts"],
    references: &[asvs("15.3.4", Supports, "the client's address comes from proxies that are trusted, and is used for limits")],
    sources: &[cited::RFC4291],
};

/// A constant that is not what the policy says.
pub(super) static POLICY_EDITED: Rule = Rule {
    name: "rust-policy-edited",
    title: "The rendered Rust module does not say what the policy says.",
    severity: Severity::High,
    explain: "policy.rs and the modules beside it are rendered from the spec and compiled into the service, so what they say is what the \
              service does. Change the spec and render again, or drop the edit.",
    language: Language::Rust,
    spec: Snippet(""),
    bad: Snippet(
        r"
        // src/security/policy.rs, where the spec says per: 1h
        pub const API: Quota = Quota { requests: 100, per: Duration::from_secs(60) };
    ",
    ),
    good: Snippet(
        r"
        // src/security/policy.rs, as rendered
        pub const API: Quota = Quota { requests: 100, per: Duration::from_secs(3600) };
    ",
    ),
    keys: &["jwt", "rate_limits", "network"],
    references: cited::CHANGE,
    sources: &[],
};

/// Something that cannot be evaluated.
pub(super) static POLICY_NOT_CONSTANT: Rule = Rule {
    name: "rust-policy-not-constant",
    title: "A constant of the rendered Rust module cannot be worked out.",
    severity: Severity::High,
    explain: "secgen evaluates whole numbers with + - * /, Duration constructors, text, and the structs that it renders. A constant that \
              depends on anything else (another constant, a macro, `#[cfg]`) may be anything when the service is built, so it counts as \
              unknown. Write the value itself, or render the file again.",
    language: Language::Rust,
    spec: Snippet(""),
    bad: Snippet("pub const API: Quota = Quota { requests: LIMITS.api, per: Duration::from_secs(3600) };"),
    good: Snippet("pub const API: Quota = Quota { requests: 100, per: Duration::from_secs(3600) };"),
    keys: &["jwt", "rate_limits", "network"],
    references: cited::EVIDENCE,
    sources: &[cited::RUST_CONST],
};
