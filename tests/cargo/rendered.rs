//! What is rendered, as the user sees it, and what it claims.

use super::{full, policy, proven, read_back, text_of};
use secgen::policy::Policy;
use secgen::targets::Target;
use secgen::targets::cargo::Cargo;
use serde_json::json;

#[test]
fn the_files_of_the_full_policy() {
    let files = proven(&policy(full()).unwrap());
    assert_eq!(files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["deny.toml", ".cargo/audit.toml"]);
    insta::assert_snapshot!("deny.toml", files[0].1);
    insta::assert_snapshot!("audit.toml", files[1].1);
}

#[test]
fn what_the_spec_leaves_out_is_written_and_not_claimed() {
    let policy = policy(json!({ "advisories": { "yanked": "warn" } })).unwrap();
    let artifact = Cargo.artifacts(&policy).unwrap().remove(0);
    let intents: Vec<&str> = artifact.expected.iter().map(|(key, _)| key.as_str()).filter(|k| k.starts_with("dependencies.")).collect();
    assert_eq!(intents, ["dependencies.advisories.yanked"]);
    let text = text_of(&policy, &artifact);
    for line in ["yanked = \"warn\"", "unsound = \"all\"", "unmaintained = \"all\"", "wildcards = \"deny\"", "unknown-git = \"deny\"", "allow = []"] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    assert_eq!(Cargo.carries(&policy), ["dependencies.advisories.yanked"]);
}

#[test]
fn order_and_repetition_in_the_spec_do_not_matter() {
    let one = json!({ "licenses": { "allow": ["MIT", "ISC"] }, "bans": { "deny": [{ "crate": "b" }, { "crate": "a" }] } });
    let two = json!({ "licenses": { "allow": ["ISC", "MIT", "ISC"] }, "bans": { "deny": [{ "crate": "a" }, { "crate": "b" }] } });
    assert_eq!(proven(&policy(one).unwrap()), proven(&policy(two).unwrap()));
}

#[test]
fn a_reformatted_file_says_the_same_and_an_edited_one_does_not() {
    let policy = policy(full()).unwrap();
    let artifact = Cargo.artifacts(&policy).unwrap().remove(0);
    let text = text_of(&policy, &artifact);
    // Another order of tables, other quotes, no comments, other line ends.
    let (head, sources) = text.split_at(text.find("[sources]").unwrap());
    let moved = format!("{sources}\n{head}").replace("\"deny\"", "'deny'").replace('\n', "\r\n");
    assert_eq!(Cargo.canonical("deny", &moved), Cargo.canonical("deny", &text));
    assert_eq!(read_back(&policy, "deny", &moved).unwrap(), artifact.expected);
    for (from, to) in [
        ("yanked = \"deny\"", "yanked = \"warn\""),
        ("all-features = true", "all-features = false"),
        ("0.93", "0.5"),
        ("no RSA key is in use", "no"),
        ("    \"ISC\",\n", "    \"ISC\",\n    \"GPL-3.0-only\",\n"),
        ("executables = \"deny\"\n", ""),
    ] {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        assert_ne!(read_back(&policy, "deny", &edited).ok(), Some(artifact.expected.clone()), "{from}");
        assert_ne!(Cargo.canonical("deny", &edited), Cargo.canonical("deny", &text));
    }
    for (added, why) in [("[output]\nfeature-depth = 1\n", "output.feature-depth"), ("[bans.x]\n", "unknown key"), ("x =", ""), ("[graph]\n", "")] {
        assert!(read_back(&policy, "deny", &format!("{text}\n{added}")).unwrap_err().contains(why), "{added}");
    }
    let excluded = text.replacen("[graph]\n", "[graph]\nexclude = [\"a\"]\n", 1);
    assert!(read_back(&policy, "deny", &excluded).unwrap_err().contains("graph.exclude"));
}

#[test]
fn a_reason_changes_the_policy_digest_of_both_files() {
    let digests = |reason: &str| {
        let ignore = json!([{ "id": "RUSTSEC-2023-0071", "reason": reason }]);
        let policy = policy(json!({ "advisories": { "ignore": ignore } })).unwrap();
        Cargo.artifacts(&policy).unwrap().iter().map(secgen::render::header::policy_digest).collect::<Vec<_>>()
    };
    let (one, two) = (digests("one"), digests("two"));
    assert!(one[0] != two[0] && one[1] != two[1]);
}

#[test]
fn nothing_is_rendered_without_out_and_the_folder_is_filled_in() {
    let of = |targets: serde_json::Value| Policy::from_json(json!({ "version": 1, "service": "demo", "targets": targets })).unwrap();
    assert!(Cargo.artifacts(&of(json!({ "cargo": { "check": ["**/deny.toml"] } }))).unwrap().is_empty());
    assert_eq!(Cargo.check_patterns(&of(json!({ "cargo": { "check": ["**/deny.toml"] } }))), ["**/deny.toml"]);
    assert!(!Cargo.is_used(&of(json!({}))));
    let artifacts = Cargo.artifacts(&of(json!({ "cargo": { "out": "backend/{env}/", "audit": true } }))).unwrap();
    assert_eq!(artifacts[0].path, "backend/default/deny.toml");
    assert_eq!(artifacts[1].path, "backend/default/.cargo/audit.toml");
    assert!(artifacts.iter().all(|a| Cargo.is_in_force(a)));
    assert_eq!(Cargo.artifacts(&of(json!({ "cargo": { "out": "." } }))).unwrap().len(), 1, "audit.toml only where the spec asks for it");
    for (path, claimed) in
        [("deny.toml", true), ("a/.deny.toml", true), (".cargo/deny.toml", true), ("audit.toml", true), ("Cargo.toml", false), ("xdeny.toml", false)]
    {
        assert_eq!(Cargo.claims(path, b""), claimed, "{path}");
    }
}
