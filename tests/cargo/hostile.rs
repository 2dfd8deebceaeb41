//! Values of the spec never break out of their place: refused with the key named, or read back equal.

use super::{full, policy, proven};
use secgen::policy::Policy;
use secgen::targets::Target;
use secgen::targets::cargo::Cargo;
use serde_json::{Value, json};

/// Texts that mean something to TOML, to a terminal or to a reader of lines.
pub(crate) const HOSTILE: &[&str] = &[
    "",
    " ",
    "x\" y",
    "x' y",
    "\"\"\"",
    "'''",
    "it''''s \"\"\"\" quoted",
    "x # y",
    "\\",
    "x\\",
    "\\u0041 \\n",
    "a\nb",
    "a\r\nignore = []",
    "\"]\nignore = [\"RUSTSEC-2020-0001\"]\n#",
    "a\tb",
    "\u{0}",
    "\u{7f}",
    "\u{1b}[31m",
    "\u{85}",
    "\u{2028}x",
    "\u{202e}x",
    "\u{feff}",
    "Übergröße 日本語 🦀",
    "${HOME}",
    "{{ x }}",
    "[advisories]",
    "= 1",
    "}, { crate = \"a\" }",
];

fn with(pointer: &str, text: &str) -> Result<Policy, String> {
    let mut dependencies = full();
    *dependencies.pointer_mut(pointer).unwrap() = Value::from(text);
    policy(dependencies)
}

#[test]
fn every_string_of_the_spec_is_refused_or_read_back_equal() {
    let places = [
        ("/advisories/ignore/0/id", "dependencies.advisories.ignore"),
        ("/advisories/ignore/0/reason", "dependencies.advisories.ignore"),
        ("/advisories/ignore/0/owner", "dependencies.advisories.ignore"),
        ("/licenses/allow/0", "dependencies.licenses.allow"),
        ("/bans/deny/0/crate", "dependencies.bans.deny"),
        ("/bans/deny/1/reason", "dependencies.bans.deny"),
        ("/bans/deny/0/use_instead", "dependencies.bans.deny"),
        ("/sources/allow_git/0", "dependencies.sources.allow_git"),
    ];
    let (mut rendered, mut refused) = (0, 0);
    for (pointer, key) in places {
        for text in HOSTILE {
            // The types of the spec refuse some themselves.
            let Ok(policy) = with(pointer, text) else { continue };
            match Cargo.artifacts(&policy) {
                Ok(_) => {
                    rendered += 1;
                    proven(&policy);
                }
                Err(findings) => {
                    refused += 1;
                    assert!(findings.iter().all(|f| f.intent.as_deref() == Some(key)), "{pointer} {text:?}: {findings:?}");
                    assert!(findings.iter().all(|f| !f.help.is_empty() && !f.message.contains(char::is_control)), "{findings:?}");
                }
            }
        }
    }
    assert!(rendered > 40 && refused > 60, "{rendered} rendered, {refused} refused");
}

#[test]
fn a_name_that_is_none_is_refused_and_a_password_is_not_repeated() {
    for (pointer, text) in [
        ("/licenses/allow/0", "MIT OR Apache-2.0"),
        ("/licenses/allow/0", "Foo-1.0"),
        ("/licenses/allow/0", "apache-2.0"),
        ("/bans/deny/0/crate", "openssl@latest"),
        ("/bans/deny/0/crate", "openssl:<"),
        ("/advisories/ignore/0/id", "openssl"),
        ("/sources/allow_git/0", "https://user:hunter2@git.example.com/x"),
        ("/sources/allow_git/0", "https://hunter2@git.example.com/x"),
        ("/sources/allow_git/0", "ssh://git:hunter2@git.example.com/x"),
        ("/sources/allow_git/0", "https://:443/x"),
        ("/sources/allow_git/0", "https://h:99999/x"),
    ] {
        let findings = Cargo.artifacts(&with(pointer, text).unwrap()).unwrap_err();
        assert!(findings.iter().all(|f| !f.message.contains("hunter2")), "{findings:?}");
    }
    assert!(Cargo.artifacts(&with("/sources/allow_git/0", "ssh://git@git.example.com:22/x").unwrap()).is_ok());
}

#[test]
fn an_element_that_stands_twice_is_refused() {
    for (pointer, element) in [("/advisories/ignore", json!({ "id": "CVE-2024-12345", "reason": "another" })), ("/bans/deny", json!({ "crate": "openssl" }))] {
        let mut dependencies = full();
        dependencies.pointer_mut(pointer).unwrap().as_array_mut().unwrap().push(element);
        assert!(Cargo.artifacts(&policy(dependencies).unwrap()).unwrap_err()[0].message.contains("twice"));
    }
}
