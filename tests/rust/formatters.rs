//! A formatter is no edit: the real rustfmt, with settings as users have them.

use super::{document, policy, read, render, said, with};
use secgen::targets::Target;
use secgen::targets::rust::Rust;
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};

/// The text as rustfmt leaves it, or `None` without rustfmt.
fn rustfmt(text: &str, edition: &str, config: &str) -> Option<String> {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", edition, "--config", config]).current_dir(std::env::temp_dir());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    assert!(output.status.success());
    String::from_utf8(output.stdout).ok()
}

const CONFIGS: [(&str, &str); 7] = [
    ("2024", "max_width=60"),
    ("2024", "max_width=200,use_small_heuristics=Max"),
    ("2024", "use_small_heuristics=Off,hard_tabs=true"),
    ("2021", "style_edition=2015"),
    ("2021", "match_block_trailing_comma=true,tab_spaces=2"),
    ("2024", "newline_style=Windows"),
    ("2024", "max_width=40,reorder_imports=false,reorder_modules=false"),
];

#[test]
fn rustfmt_changes_nothing_that_counts() {
    if rustfmt("", "2024", "max_width=100").is_none() {
        assert!(std::env::var("CI").is_err(), "rustfmt is missing: rustup component add rustfmt");
        eprintln!("SKIPPED: rustfmt is missing");
        return;
    }
    let networks = json!({ "service_trusts": ["10.0.0.0/8", "2001:db8::/32"], "ipv6_prefix": 56 });
    let keys = json!({ "2026-11": { "algorithm": "EdDSA", "public_key": { "env": "A_RATHER_LONG_NAME" }, "private_key": { "env": "B" } } });
    let policy = policy(with(with(document(), "/network", networks), "/jwt/keys", keys));
    for (artifact, text) in render(&policy) {
        let canonical = Rust.canonical(artifact.kind, &text).expect("a canonical form");
        let formatted = rustfmt(&text, "2024", "max_width=100").expect("rustfmt");
        let differs = formatted.lines().zip(text.lines()).find(|(a, b)| a != b);
        assert!(formatted == text, "{} is not formatted as rustfmt would: {differs:?}", artifact.path);
        let mut changed = 0;
        for (edition, config) in CONFIGS {
            let formatted = rustfmt(&text, edition, config).expect("rustfmt");
            changed += usize::from(formatted != text);
            let again = Rust.canonical(artifact.kind, &formatted).expect("a canonical form");
            let again: Vec<&str> = std::str::from_utf8(&again).expect("text").split(' ').collect();
            let before: Vec<&str> = std::str::from_utf8(&canonical).expect("text").split(' ').collect();
            let differs = before.iter().zip(&again).position(|(a, b)| a != b).unwrap_or(before.len().min(again.len()));
            let near = |words: &[&str]| words[differs.saturating_sub(10)..words.len().min(differs + 10)].join(" ");
            assert_eq!(near(&again), near(&before), "{} with {config}", artifact.path);
            let facts = read(&policy, artifact.kind, &formatted).expect("facts");
            assert_eq!(said(&facts), artifact.expected, "{} with {config}", artifact.path);
        }
        assert!(changed > 0, "{}: no setting changed a byte", artifact.path);
    }
}

/// Constants are laid out as rustfmt does, whatever their lengths.
#[test]
fn every_policy_is_formatted() {
    if rustfmt("", "2024", "max_width=100").is_none() {
        assert!(std::env::var("CI").is_err(), "rustfmt is missing: rustup component add rustfmt");
        eprintln!("SKIPPED: rustfmt is missing");
        return;
    }
    let issuers = (60..100).map(|length| with(document(), "/jwt/issuer", json!("i".repeat(length))));
    let names = (30..64).map(|length| {
        let (role, permission) = ("r".repeat(length), "p".repeat(length));
        let rules = json!({ permission: [{ "roles": ["a", role], "scope": "s".repeat(length) }] });
        with(document(), "/access", json!({ "roles": ["a", role], "permissions": rules }))
    });
    let roles = (1..16).map(|count| {
        let roles: Vec<String> = (0..count).map(|i| format!("r{i}")).collect();
        with(document(), "/access", json!({ "roles": roles, "permissions": { "p": [{ "roles": roles, "scope": "s" }] } }))
    });
    let variables = (40..80).map(|length| {
        let (secret, public) = ("S".repeat(length), "P".repeat(length));
        let pair = json!({ "algorithm": "EdDSA", "public_key": { "env": public }, "private_key": { "env": secret } });
        with(document(), "/jwt/keys", json!({ "2026-11": { "algorithm": "HS512", "secret": { "env": secret } }, "old": pair }))
    });
    let types = (1..16).map(|count| with(document(), "/data/input/content_types", json!((0..count).map(|i| format!("a/b{i}")).collect::<Vec<_>>())));
    let variables = variables.chain(types);
    for document in super::render::many().into_iter().chain(issuers).chain(names).chain(roles).chain(variables) {
        let text = super::text(&policy(document), "policy");
        let formatted = rustfmt(&text, "2024", "max_width=100").expect("rustfmt");
        let differs = text.lines().zip(formatted.lines()).find(|(ours, theirs)| ours != theirs);
        assert!(formatted == text, "{differs:?}");
    }
}

#[test]
fn what_counts_is_seen() {
    let policy = policy(document());
    for (artifact, text) in render(&policy).into_iter().filter(|(a, _)| a.kind != "policy") {
        let canonical = Rust.canonical(artifact.kind, &text);
        // Leaving out any one line of code is either no Rust any more, or another canonical form.
        for (number, line) in text.lines().enumerate() {
            let code = line.trim();
            if code.is_empty() || code.starts_with("//") || matches!(code, "}" | ")" | "{" | "(" | ",") {
                continue;
            }
            let without: Vec<&str> = text.lines().enumerate().filter(|(n, _)| *n != number).map(|(_, line)| line).collect();
            let changed = Rust.canonical(artifact.kind, &without.join("\n"));
            assert_ne!(changed, canonical, "{}:{} {line}", artifact.path, number + 1);
        }
    }
}

#[test]
fn an_edited_module_is_not_ours() {
    let policy = policy(document());
    let edits = [
        ("jwt", "validation.validate_exp = true", "validation.validate_exp = false"),
        ("jwt", "let few = ", "let few = false && "),
        ("jwt_issue", "now.saturating_add(ttl.as_secs())", "u64::MAX"),
        ("client_ip", "line.rsplit(',')", "line.split(',')"),
        ("rate_limit", "record.total() < limit", "record.total() <= limit"),
        ("rate_limit_axum", "StatusCode::TOO_MANY_REQUESTS", "StatusCode::OK"),
    ];
    for (kind, from, to) in edits {
        let text = super::text(&policy, kind);
        assert!(text.contains(from), "{kind}: {from}");
        let facts = read(&policy, kind, &text.replace(from, to)).expect("facts");
        assert_eq!(said(&facts), [("module".to_owned(), "other code".to_owned())]);
    }
    let list = super::text(&policy, "mod");
    for (from, to) in
        [("pub mod jwt;", "#[cfg(test)]\npub mod jwt;"), ("pub mod jwt;", "#[path = \"x.rs\"]\npub mod jwt;"), ("#![allow", "#![cfg(test)]\n#![allow")]
    {
        let edited = list.replace(from, to);
        assert_ne!(edited, list);
        assert_ne!(read(&policy, "mod", &edited).map(|facts| said(&facts)), read(&policy, "mod", &list).map(|facts| said(&facts)), "{to}");
    }
}
