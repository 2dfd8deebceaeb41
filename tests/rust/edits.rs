//! Hand edits of `policy.rs`, judged by value: what must be found of each, and nothing else.

use super::{document, policy, read};
use secgen::policy::Policy;
use secgen::strictness::Order;
use secgen::targets::rust::Rust;
use secgen::targets::{Fact, Found, Target};
use std::collections::BTreeSet;
use std::path::Path;

/// What a fact says that the policy does not.
fn drift(policy: &Policy, expected: &[(String, String)], fact: &Fact) -> Option<String> {
    let intent = &fact.intent;
    match &fact.found {
        Found::Set { value, .. } => {
            let comparison = policy.intent(intent)?.value.compare(value);
            let order = match comparison.order {
                Order::Equal => return None,
                Order::Stricter => "stricter",
                Order::Weaker => "weaker",
                Order::Incomparable => "incomparable",
            };
            Some(format!("{intent} {order}: {}", comparison.why))
        }
        Found::Text(text) => (!expected.contains(&(intent.clone(), text.clone()))).then(|| format!("{intent} says: {text}")),
        Found::Missing => Some(format!("{intent} missing")),
        Found::Unverifiable(why) => Some(format!("{intent} unverifiable: {why}")),
        other => Some(format!("{intent} {other:?}")),
    }
}

fn drifts(text: &str) -> Vec<String> {
    let policy = policy(document());
    let expected = Rust.artifacts(&policy).expect("artifacts").into_iter().find(|a| a.kind == "policy").expect("policy.rs").expected;
    let facts = read(&policy, "policy", text).expect("facts");
    facts.iter().filter_map(|fact| drift(&policy, &expected, fact)).collect()
}

fn rendered() -> String {
    super::text(&policy(document()), "policy")
}

/// The rendered text with one place changed.
fn edited(from: &str, to: &str) -> String {
    let text = rendered();
    assert!(text.contains(from), "policy.rs does not have {from}");
    text.replacen(from, to, 1)
}

#[test]
fn another_layout_is_no_edit() {
    let canonical = Rust.canonical("policy", &rendered());
    for (from, to) in [
        ("from_secs(3_600)", "from_secs(60 * 60)"),
        ("from_secs(3_600)", "from_hours(1)"),
        ("from_secs(604_800)", "from_days(7)"),
        ("1_048_576", "1024 * 1024"),
        ("65_536", "0x1_0000_usize"),
        ("Duration::from_secs(900)", "std::time::Duration::from_mins(15)"),
        ("        failures: 5,\n            window: Duration::from_secs(900),", "            window: Duration::from_secs(900),\n            failures: 5,"),
        ("&[Role::Admin, Role::Editor, Role::Viewer]", "&[Role::Viewer, Role::Admin, Role::Editor]"),
        ("    Admin,\n    /// `editor`\n    Editor,", "    Editor,\n    /// `admin`\n    Admin,"),
        ("b\"admin\" => Some(Self::Admin),", "b\"admin\" => {\n                Some(Self::Admin)\n            }"),
        ("use cookie::SameSite;", "// ours\nuse cookie::{SameSite};"),
        ("#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]", "#[allow(missing_docs)]\n#[derive(Hash, Eq, PartialEq, Debug, Copy, Clone)]"),
        ("\"__Host-session\"", "\"__Host\\x2dsession\""),
    ] {
        let text = edited(from, to);
        assert_eq!(drifts(&text), Vec::<String>::new(), "{to}");
        assert!(Rust.canonical("policy", &text) == canonical, "{to} counts as edited");
    }
    // Items and rules in another order.
    let text = rendered();
    let (head, rest) = text.split_once("\n/// Rate limits by name.").expect("the struct");
    let (structs, constants) = rest.split_once("\n/// The policy.\n").expect("the constant");
    let swapped = format!("{head}\n/// The policy.\n{constants}\n/// Rate limits by name.{structs}");
    assert_eq!(drifts(&swapped), Vec::<String>::new());
    assert!(Rust.canonical("policy", &swapped) == canonical);
}

/// Text, its replacement, and all that must be found.
const EDITS: &[(&str, &str, &[&str])] = &[
    // The five of the research notes.
    (
        "algorithm: Algorithm::HS512,",
        "algorithm: Algorithm::HS256,",
        &["jwt.keys.2026-05 incomparable: HS256 from OLD_JWT_SECRET instead of HS512 from OLD_JWT_SECRET"],
    ),
    ("access_ttl: Duration::from_secs(3_600)", "access_ttl: Duration::from_hours(24)", &["jwt.access_ttl weaker: 86400 s is more than 3600 s"]),
    ("requests: 100,", "requests: 10_000,", &["rate_limits.limits.api weaker: 10000 requests in 3600 s, the policy admits 100 requests in 3600 s"]),
    (
        "when: &[access::Condition::SameTenant, access::Condition::Owner],",
        "when: &[access::Condition::SameTenant],",
        &["access.permissions.report.write weaker: grants it to editor with reports:write if same tenant"],
    ),
    ("secure: true,", "secure: false,", &["http.cookies.session weaker: Secure is missing"]),
    // Tokens.
    ("leeway: Duration::from_secs(30)", "leeway: Duration::from_secs(5)", &["jwt.leeway stricter: 5 s is less than 30 s"]),
    ("verify_until: Some(1_798_761_600)", "verify_until: None", &["jwt.keys.2026-05.verify_until weaker: never is later than 2026-12-31"]),
    (
        "verify_until: Some(1_798_761_600)",
        "verify_until: Some(1_798_761_600 - 86_400)",
        &["jwt.keys.2026-05.verify_until stricter: 2026-12-30 is earlier than 2026-12-31"],
    ),
    ("sign_with: Some(\"2026-11\")", "sign_with: Some(\"2026-05\")", &["jwt.sign_with incomparable: 2026-05 instead of 2026-11"]),
    ("sign_with: Some(\"2026-11\")", "sign_with: None", &["jwt.role incomparable: verify instead of issue", "jwt.sign_with missing"]),
    (
        "Secret(\"JWT_SECRET\")",
        "Secret(\"canary-0123456789abcdef\")",
        &["jwt.keys.2026-11 incomparable: HS512 from a name that is not shown instead of HS512 from JWT_SECRET"],
    ),
    // Limits.
    ("burst: 0,", "burst: 50,", &["rate_limits.limits.api weaker: 150 requests in 3600 s, the policy admits 100 requests in 3600 s"]),
    (
        "on_store_error: rate_limit::OnStoreError::Deny,",
        "on_store_error: rate_limit::OnStoreError::Allow,",
        &["rate_limits.limits.api.on_store_error weaker: allow instead of deny"],
    ),
    ("name: \"api\",", "name: \"other\",", &["rate_limits.limits.api.name says: a quota api of another name, which secgen did not render"]),
    ("prefix: \"payments-api\"", "prefix: \"\"", &["rate_limits.store.prefix says: "]),
    ("url: \"REDIS_URL\"", "url: \"OTHER_URL\"", &["rate_limits.store incomparable: redis from OTHER_URL instead of redis from REDIS_URL"]),
    ("ipv6_prefix: 64", "ipv6_prefix: 128", &["network.ipv6_prefix says: 128"]),
    (
        "client_ip::Cidr::v4([127, 0, 0, 1], 32)",
        "client_ip::Cidr::v4([0, 0, 0, 0], 0)",
        &["network.service_trusts incomparable: also allows 0.0.0.0/0; does not allow 127.0.0.1/32"],
    ),
    // Lockout.
    ("failures: 5,", "failures: 500,", &["lockout.per_client weaker: 500 failures instead of 5"]),
    ("base: Duration::from_secs(30),", "base: Duration::from_secs(60),", &["lockout.per_client stricter: 60 s of first pause instead of 30"]),
    // Cookies.
    ("max_age: Some(Duration::from_secs(604_800))", "max_age: None", &["http.cookies.session.max_age missing"]),
    ("path: \"/\",", "path: \"/app\",", &["http.cookies.session.path says: /app"]),
    ("same_site: SameSite::Lax", "same_site: SameSite::None", &["http.cookies.session weaker: SameSite is None instead of Lax"]),
    // Access.
    (
        "AuthenticatedWithin(Duration::from_secs(900))",
        "AuthenticatedWithin(Duration::from_secs(60))",
        &["access.permissions.user.manage stricter: does not grant it to admin with users:manage if same tenant and logged in within 900 s"],
    ),
    (
        "scope: \"users:manage\"",
        "scope: \"reports:read\"",
        &[
            "access.permissions.user.manage incomparable: grants it to admin with reports:read if same tenant and logged in within 900 s; does not grant it to admin with users:manage if same tenant and logged in within 900 s",
        ],
    ),
    ("    Viewer,\n}", "    Viewer,\n    Intruder,\n}", &["access unverifiable"]),
    ("b\"viewer\" => Some(Self::Viewer),", "b\"viewer\" => Some(Self::Admin),", &["access unverifiable"]),
    ("b\"viewer\" => Some(Self::Viewer),", "b\"viewer\" if true => Some(Self::Viewer),", &["access unverifiable"]),
    ("_ => None,", "_ => Some(Self::ReportRead),", &["access unverifiable"]),
    // Headers.
    (
        "\"max-age=31536000; includeSubDomains\"",
        "\"max-age=300\"",
        &["http.headers.hsts weaker: max-age 300 is less than 31536000, includeSubDomains is missing"],
    ),
    ("(\"x-content-type-options\", \"nosniff\"),", "", &["http.headers.content_type_options missing"]),
    (
        "(\"x-content-type-options\", \"nosniff\"),",
        "(\"x-content-type-options\", \"nosniff\"), (\"access-control-allow-origin\", \"*\"),",
        &["http.headers.access-control-allow-origin says: a header access-control-allow-origin, which secgen did not render"],
    ),
    // Input and TLS.
    ("max_body: 1_048_576", "max_body: 1 << 30", &["data.input.max_body unverifiable: it is not a number that can be worked out"]),
    ("max_body: 1_048_576", "max_body: 2 * 1_048_576", &["data.input.max_body weaker: 2097152 B is more than 1048576 B"]),
    ("max_depth: Some(16)", "max_depth: None", &["data.input.max_depth missing"]),
    (
        "content_types: &[\"application/json\"]",
        "content_types: &[]",
        &["data.input.content_types incomparable: also allows any type; does not allow application/json"],
    ),
    ("tls::Version::Tls13", "tls::Version::Tls12", &["tls.min_version weaker: permits TLSv1.2"]),
    ("            tls::Group::X25519MlKem768,\n", "", &["tls.groups says: X25519:prime256v1:secp384r1"]),
    // What surrounds the constants.
    ("use std::time::Duration;", "use std::time::Duration;\nuse std::env;", &["policy::use says: use std::env, which secgen did not render"]),
    ("/// Rate limits by name.", "fn helper() {}\n/// Rate limits by name.", &["policy::helper says: fn helper, which secgen did not render"]),
    ("/// Rate limits by name.", "const LIMIT: u32 = 1;\n/// Rate limits by name.", &["policy::LIMIT says: const LIMIT, which secgen did not render"]),
    ("/// Rate limits by name.", "pub struct More {}\n/// Rate limits by name.", &["policy::More says: struct More, which secgen did not render"]),
    (
        "pub struct RateLimits {",
        "pub struct RateLimits {\n    pub more: u32,",
        &["policy::RateLimits::more says: another type of the field more of RateLimits, which secgen did not render"],
    ),
    (
        "    pub input: input::Settings,",
        "    pub input: other::Settings,",
        &["policy::Policy::input says: another type of the field input of Policy, which secgen did not render"],
    ),
];

#[test]
fn each_edit_is_found_and_nothing_else() {
    let canonical = Rust.canonical("policy", &rendered());
    let mut wrong = Vec::new();
    for (from, to, expected) in EDITS {
        let text = edited(from, to);
        let found = drifts(&text);
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        if *expected == ["access unverifiable"] {
            // The names of an enum decide what every rule means.
            let of_access = |line: &&str| line.starts_with("access") || line.starts_with("policy");
            if found.is_empty() || !found.iter().all(of_access) || !found.iter().any(|line| line.contains("unverifiable")) {
                wrong.push(format!("{to}: {found:#?}"));
            }
        } else if found != expected.iter().copied().collect() {
            wrong.push(format!("{to}: {found:#?}"));
        }
        assert_ne!(Rust.canonical("policy", &text), canonical, "{to} counts as unedited");
        assert!(!found.iter().any(|line| line.contains("canary")), "{to} shows what it may not show");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What makes every value doubtful.
#[test]
fn what_is_built_under_a_condition_is_not_known() {
    for (from, to, why) in [
        ("pub const POLICY", "#[cfg(not(test))]\npub const POLICY", "the attribute `cfg` decides what is built"),
        ("#![allow(clippy::enum", "#![cfg(feature = \"x\")]\n#![allow(clippy::enum", "the attribute `cfg` decides what is built"),
        ("use std::time::Duration;", "use std::time::Duration;\nuse crate::ours::*;", "`use crate::ours::*` may change what other names mean"),
        ("use std::time::Duration;", "use std::time::Duration;\nuse crate::ours::Some;", "`use crate::ours::Some` may change what other names mean"),
        ("pub const POLICY: Policy = Policy {", "pub const POLICY: Policy = Other {", "POLICY is not a policy"),
        ("pub const POLICY: Policy = Policy {", "pub const POLICY: Policy = Policy {\n    ..OTHER,", ""),
    ] {
        let text = edited(from, to);
        let Ok(facts) = read(&policy(document()), "policy", &text) else { continue };
        let carried = Rust.carries(&policy(document()));
        for key in carried {
            let fact = facts.iter().find(|fact| fact.intent == key).expect("a fact of every key");
            assert!(matches!(fact.found, Found::Unverifiable(_) | Found::Missing), "{to}: {key} {:?}", fact.found);
        }
        let said = facts.iter().any(|fact| matches!(&fact.found, Found::Unverifiable(found) if found.contains(why)));
        assert!(said, "{to}: {facts:#?}");
    }
    // A name that is not imported may be anything.
    for (import, keys) in [
        ("use std::time::Duration;\n", vec!["jwt.access_ttl", "rate_limits.limits.api", "lockout.per_client"]),
        ("use jsonwebtoken::Algorithm;\n", vec!["jwt.keys.2026-11"]),
        ("use cookie::SameSite;\n", vec!["http.cookies.session"]),
    ] {
        let found = drifts(&edited(import, ""));
        let named = import.trim_end_matches([';', '\n']).rsplit("::").next().expect("a name");
        for key in keys {
            assert!(found.iter().any(|line| line.starts_with(key) && line.contains(&format!("`{named}` may be anything"))), "{import} {key}: {found:#?}");
        }
    }
}

#[test]
fn each_fact_points_to_its_line() {
    let policy = policy(document());
    // A mark of byte order, wide characters and CRLF before it must not shift the place.
    let text = edited("/// The policy of one environment.", "/// The pölicy 💥.").replace("from_secs(3_600)", "from_hours(24)").replace('\n', "\r\n");
    let text = format!("\u{feff}{text}");
    let mut sources = secgen::source::Sources::new(Path::new("/"));
    let id = sources.add("src/security/policy.rs", text.as_str());
    let facts = Rust.read_artifact("policy", &policy, &sources, id).expect("facts");
    let line_of = |needle: &str| text.lines().position(|line| line.contains(needle)).expect(needle) + 1;
    for (intent, needle) in [
        ("jwt.access_ttl", "access_ttl:"),
        ("jwt.issuer", "issuer:"),
        ("jwt.role", "sign_with:"),
        ("rate_limits.limits.login", "login: rate_limit::Quota {"),
        ("network.service_trusts", "trusts:"),
        ("lockout.per_account", "per_account:"),
        ("http.cookies.theme", "theme: cookies::Settings {"),
        ("data.input.max_body", "max_body:"),
        ("tls.min_version", "min_version:"),
        ("access.permissions.report.read", "access::Rule {"),
    ] {
        let fact = facts.iter().find(|fact| fact.intent == intent).expect(intent);
        let span = fact.at.as_ref().expect("a place").span;
        assert_eq!(sources.position(span).line, line_of(needle), "{intent}");
        assert!(fact.help.len() == 2 && fact.help[0].contains("src/security/policy.rs"));
    }
    let ttl = facts.iter().find(|fact| fact.intent == "jwt.access_ttl").and_then(|fact| fact.at.as_ref()).expect("a place");
    assert_eq!(sources.slice(ttl.span), b"access_ttl: Duration::from_hours(24)");
}

#[test]
fn a_policy_that_stands_there_twice_is_refused() {
    let policy = policy(document());
    for text in ["pub mod jwt {}\npub mod jwt {}\n", "pub const A: u8 = 1; pub const A: u8 = 2;", "struct A {} struct A {}", "enum A {} enum A {}"] {
        assert!(read(&policy, "policy", text).expect_err("a refusal").contains("twice"));
    }
}
