//! cargo-deny itself reads what is rendered, and accepts and refuses what we say it does.

use super::hostile::HOSTILE;
use super::{full, policy, proven};
use crate::support;
use secgen::targets::Target;
use secgen::targets::cargo::{Cargo, accepts, merge};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// A crate without dependencies, and its stored metadata, so that a run takes milliseconds.
struct Crate {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Crate {
    fn new(dependencies: &str) -> Option<Self> {
        let program = support::cargo_deny()?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("src")).unwrap();
        std::fs::write(at("src/lib.rs"), "").unwrap();
        std::fs::create_dir_all(at("victim/src")).unwrap();
        std::fs::write(at("victim/src/lib.rs"), "").unwrap();
        std::fs::write(at("victim/Cargo.toml"), "[package]\nname = \"victim\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n").unwrap();
        let manifest =
            format!("[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n[dependencies]\n{dependencies}\n\n[workspace]\n");
        std::fs::write(at("Cargo.toml"), manifest).unwrap();
        let metadata = Command::new("cargo").args(["metadata", "--offline", "--format-version", "1"]).current_dir(folder.path()).output().unwrap();
        assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
        std::fs::write(at("metadata.json"), metadata.stdout).unwrap();
        Some(Self { program, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, config: &Path, checks: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(["--offline", "--color", "never", "--manifest-path"]).arg(self.path("Cargo.toml"));
        command.arg("--metadata-path").arg(self.path("metadata.json")).arg("--config").arg(config).arg("check").args(checks);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    /// Whether cargo-deny takes a configuration, and what it says.
    fn takes(&self, name: &str, text: &str) -> (bool, String) {
        let config = self.path(name);
        std::fs::write(&config, text).unwrap();
        let output = self.run(&config, &["bans", "licenses", "sources"]);
        std::fs::remove_file(&config).unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // Given a string where it needs a table with a crate, cargo-deny 0.20.2 panics: that takes nothing either.
        let words = ["failed to deserialize config", "failed to validate configuration", "failed to parse config", "the value has already been taken"];
        let refused = words.iter().any(|w| said.contains(w));
        assert!(refused || output.status.success() || said.contains("error["), "{text}\n{said}");
        (!refused, said)
    }
}

/// Runs each text in as many threads as there are cores, and returns what differs from our own verdict.
fn differences(tiny: &Crate, texts: &[String]) -> Vec<String> {
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let wrong = &wrong;
            scope.spawn(move || {
                for text in texts.iter().skip(thread).step_by(2) {
                    let (taken, said) = tiny.takes(&format!("deny-{thread}.toml"), text);
                    if taken != accepts(text) {
                        wrong.lock().unwrap().push(format!("cargo-deny {}: {text}\n{said}", if taken { "takes" } else { "refuses" }));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn cargo_deny_takes_every_rendered_deny_toml() {
    let Some(tiny) = Crate::new("") else { return };
    let mut policies: Vec<Value> = vec![json!({}), full(), json!({ "licenses": { "allow": [] } })];
    for reach in ["all", "workspace", "transitive", "none"] {
        policies.push(json!({ "advisories": { "unmaintained": reach, "unsound": reach } }));
    }
    for level in ["allow", "warn", "deny"] {
        let sources = json!({ "unknown_registry": level, "unknown_git": level, "allow_git": [] });
        policies.push(json!({ "advisories": { "yanked": level }, "bans": { "multiple_versions": level, "wildcards": level, "deny": [] }, "sources": sources }));
    }
    for licence in ["GPL-2.0", "GPL-3.0-only", "LicenseRef-Ours", "GPL-2.0-only WITH Classpath-exception-2.0", "0BSD", "Apache-2.0+", "GPL-2.0+"] {
        policies.push(json!({ "licenses": { "allow": [licence] } }));
    }
    for name in ["a", "a@1", "a@1.2.3", "a:*", "a:<1, >0.2", "a:^1.2", "a:~1", "a@=1", "a:1.x", "a@1.2.3-beta+b"] {
        policies.push(json!({ "bans": { "deny": [{ "crate": name, "reason": "x" }] } }));
    }
    for url in [
        "https://h/x",
        "ssh://git@h:22/x.git",
        "https://h:8443/~a/b/",
        "ssh://h",
        "https://1.2.3.4/x",
        "https://a_b/x",
        "https://-/x",
        "https://h//",
        "https://.",
        "ssh://:1/",
    ] {
        policies.push(json!({ "sources": { "allow_git": [url] } }));
    }
    for text in HOSTILE {
        for pointer in ["/advisories/ignore/0/id", "/advisories/ignore/0/reason", "/advisories/ignore/0/owner", "/licenses/allow/0", "/bans/deny/0/crate"] {
            let mut dependencies = full();
            *dependencies.pointer_mut(pointer).unwrap() = json!(text);
            policies.push(dependencies);
        }
        for pointer in ["/bans/deny/1/reason", "/bans/deny/0/use_instead", "/sources/allow_git/0"] {
            let mut dependencies = full();
            *dependencies.pointer_mut(pointer).unwrap() = json!(text);
            policies.push(dependencies);
        }
    }
    let mut texts: Vec<String> = Vec::new();
    for dependencies in policies {
        let Ok(policy) = policy(dependencies) else { continue };
        if Cargo.artifacts(&policy).is_ok() {
            texts.push(proven(&policy).remove(0).1);
        }
    }
    texts.sort();
    texts.dedup();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (tiny, texts) = (&tiny, &texts);
            scope.spawn(move || {
                for text in texts.iter().skip(thread).step_by(2) {
                    let (taken, said) = tiny.takes(&format!("deny-{thread}.toml"), text);
                    assert!(taken && accepts(text), "{text}\n{said}");
                    assert!(!said.contains("error"), "a crate without dependencies has no error\n{said}");
                }
            });
        }
    });
    eprintln!("cargo-deny takes {} rendered deny.toml files", texts.len());
    assert!(texts.len() > 70, "{}", texts.len());
}

/// Keys of cargo-deny 0.20.2, and names near to them.
const KEYS: &[&str] = &[
    "advisories.db-urls",
    "advisories.disable-yank-checking",
    "advisories.ignore",
    "advisories.maximum-db-staleness",
    "advisories.notice",
    "advisories.severity-threshold",
    "advisories.unmaintained",
    "advisories.unsound",
    "advisories.unused-ignored-advisory",
    "advisories.version",
    "advisories.vulnerability",
    "advisories.yanked",
    "bans.allow",
    "bans.allow-build-scripts",
    "bans.allow-wildcard-paths",
    "bans.build",
    "bans.build.allow-build-scripts",
    "bans.build.bypass",
    "bans.build.executables",
    "bans.build.script-extensions",
    "bans.deny",
    "bans.external-default-features",
    "bans.features",
    "bans.highlight",
    "bans.multiple-versions",
    "bans.skip",
    "bans.skip-tree",
    "bans.std-replacements.ignore",
    "bans.std-replacements.scope",
    "bans.std-replacements.rust-version",
    "bans.workspace-dependencies",
    "bans.workspace-dependencies.unused",
    "exclude",
    "feature-depth",
    "graph.all-features",
    "graph.exclude",
    "graph.targets",
    "licenses.allow",
    "licenses.clarify",
    "licenses.confidence-threshold",
    "licenses.copyleft",
    "licenses.deny",
    "licenses.exceptions",
    "licenses.include-build",
    "licenses.private",
    "licenses.private.ignore-sources",
    "output.feature-depth",
    "sources.allow-git",
    "sources.allow-org",
    "sources.allow-org.github",
    "sources.allow-registry",
    "sources.private",
    "sources.required-git-spec",
    "sources.unknown-git",
    "targets",
    "unknown",
];

/// Values of every type and of every grammar that a key can ask for.
const VALUES: &[&str] = &[
    "true",
    "1",
    "-1",
    "0.5",
    "\"deny\"",
    "\"all\"",
    "\"rev\"",
    "\"P7D\"",
    "\"1.85.0\"",
    "1979-05-27",
    "[]",
    "{}",
    "[1]",
    "[\"sh\"]",
    "[\"MIT\", \"RUSTSEC-2020-0001\"]",
    "[\"a@1.2\", \"b:<2\"]",
    "[\"a@1.y\"]",
    "[\"https://h/x\"]",
    "[\"h/x\"]",
    "[{ id = \"CVE-1\", reason = \"x\" }]",
    "[{ id = \"CVE-1\", more = \"x\" }]",
    "[{ crate = \"a\" }]",
    "[{ name = \"a\", version = \"=1\" }]",
    "[{ crate = \"a\", version = \"1\" }]",
    "[{ crate = \"a\", reason = \"x\" }]",
    "[{ crate = \"a\", reason = \"x\", more = 1 }]",
    "[{ crate = \"a\", reason = 1 }]",
    "[{ crate = \"a\", depth = 2 }]",
    "[{ crate = \"a\", allow = [\"MIT\"] }]",
    "[{ crate = \"a\", allow = [\"x\"], deny = [\"x\"] }]",
    "[{ crate = \"a\", allow = [{ path = \"/x\" }] }]",
    "[{ crate = \"a\", build-script = \"00\" }]",
    "[{ crate = \"a\", expression = \"MIT OR ISC\", license-files = [{ path = \"x\", hash = 1 }] }]",
    "[{ crate = \"a\", wrappers = [\"b\"], deny-multiple-versions = true }]",
    "[{ triple = \"a\", features = [\"b\"] }]",
    "[{ reason = \"x\" }]",
    "{ ignore = true }",
    "{ github = [\"a\"] }",
];

/// TOML that two parsers could read differently, and what only the whole file shows.
const TEXTS: &[&str] = &[
    "",
    "\u{feff}graph.all-features = true",
    "graph.all-features = true\r\n[bans]\r\n",
    "[graph]\n[graph]",
    "graph.all-features = true\n[graph]",
    "[[graph]]",
    "[bans]\ndeny = [\n  { crate = \"a\",\n    reason = \"x\",\n  },\n]",
    "[[bans.deny]]\ncrate = \"a\"\n[[bans.deny]]\ncrate = \"b\"",
    "[[bans.deny]]\ncrate = \"a\"\n[bans]\nwildcards = \"deny\"",
    "bans.deny = [\"a\"]\n[[bans.deny]]",
    "bans.wildcards = \"\\u0064eny\"",
    "bans.wildcards = \"\\x64eny\"",
    "bans.wildcards = \"\"\"\ndeny\"\"\"",
    "bans.wildcards = 'deny'",
    "\"bans\".'wildcards' = 'deny'",
    "bans.wildcards = \"deny\" # x\n# y",
    "bans.wildcards = \"deny\" x",
    "bans.wildcards = deny",
    "bans.wildcards = \"deny",
    "bans.highlight = \"al\\l\"",
    "licenses.confidence-threshold = +0.8",
    "licenses.confidence-threshold = 8e-1",
    "licenses.confidence-threshold = 0_0.8",
    "licenses.confidence-threshold = inf",
    "licenses.confidence-threshold = 1.",
    "output.feature-depth = 0x10",
    "output.feature-depth = 1_000",
    "output.feature-depth = 01",
    "output.feature-depth = 4294967296",
    "advisories.version = 9223372036854775808",
    "bans.deny = [\"a\"]\nbans.skip = [{ name = \"a\" }]",
    "bans.deny = [\"a@1\"]\nbans.allow = [\"a:=1\"]",
    "bans.deny = [\"a@1\"]\nbans.allow = [\"a:1\"]",
    "bans.allow = [\"a\"]\nbans.skip = [\"a\"]",
    "bans.deny = [{ crate = \"a\", deny-multiple-versions = true }]\nbans.skip = [\"a\"]",
    "bans.build.script-extensions = [\"*.sh\"]",
    "bans.build.script-extensions = [\"ü\"]",
    "licenses.allow = [\"MIT OR ISC\"]",
    "licenses.allow = [\"mit\"]",
    "licenses.allow = [\"GPL-2.0\", \"GPL-2.0-only WITH Classpath-exception-2.0\"]",
    "licenses.allow = [\"Apache-2.0+\"]",
    "licenses.allow = [\"GPL-2.0+\"]",
    "licenses.allow = [\" MIT \"]",
    "licenses.clarify = [{ crate = \"a\", expression = \"MIT AND\", license-files = [] }]",
    "sources.allow-git = [\"https://\"]",
    "sources.allow-git = [\"https://h:99999\"]",
    "sources.allow-git = [\"git@github.com:a/b\"]",
    "sources.allow-git = [\"github.com/a/b\"]",
    "sources.allow-git = [\"git+https://h/x\"]",
    "sources.allow-git = [\"ssh://git@h/x\"]",
    "sources.allow-git = [\"https://a b/x\"]",
    "sources.allow-git = [\"https://[::1]/x\"]",
    "sources.allow-git = [\"\"]",
    "advisories.db-urls = [\"https://h\", \"file:///x\"]",
    "advisories.db-urls = [\"https://127.0.0.1/x\"]",
    "advisories.maximum-db-staleness = \"P1Y2M\"",
    "advisories.maximum-db-staleness = \"PT\"",
    "advisories.maximum-db-staleness = \"P1.2.3D\"",
    "bans.std-replacements.rust-version = \"1.85\"",
    "bans.std-replacements.rust-version = \"1.85.0.0.0\"",
    "bans.std-replacements.rust-version = \"+1.85.0\"",
];

#[test]
fn our_verdict_is_cargo_denys_for_every_kind_of_key_and_value() {
    let Some(tiny) = Crate::new("") else { return };
    let pairs: Vec<String> = KEYS.iter().flat_map(|key| VALUES.iter().map(move |value| format!("{key} = {value}\n"))).collect();
    // All pairs take a minute; each run takes another share of them, and CI the whole.
    let share = if std::env::var("CI").is_ok_and(|ci| ci == "true") { 1 } else { 7 };
    let texts: Vec<String> = TEXTS.iter().map(|t| (*t).to_owned()).chain(pairs.into_iter().step_by(share)).collect();
    let wrong = differences(&tiny, &texts);
    eprintln!("{} configurations, {} verdicts differ", texts.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

/// A database with one advisory, as cargo-deny keeps it: a git repository with a commit of now.
fn database(folder: &Path) {
    let db = folder.join("advisory-db-3157b0e258782691");
    std::fs::create_dir_all(db.join("crates/victim")).unwrap();
    let advisory = "```toml\n[advisory]\nid = \"RUSTSEC-2023-0071\"\npackage = \"victim\"\ndate = \"2023-11-22\"\n\n[versions]\npatched = []\n```\n\n# A hole\n\nIt is one.\n";
    std::fs::write(db.join("crates/victim/RUSTSEC-2023-0071.md"), advisory).unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(&db).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one"]);
    // The age of a database is that of its last fetch.
    std::fs::write(db.join(".git/FETCH_HEAD"), "").unwrap();
}

#[test]
fn what_the_spec_accepts_is_accepted_and_nothing_else() {
    let Some(tiny) = Crate::new("victim = { path = \"victim\" }") else { return };
    let victim = |yes: bool| {
        // A stored metadata file stands for a crate that comes from crates.io, without network.
        let text = std::fs::read_to_string(tiny.path("metadata.json")).unwrap();
        let mut metadata: Value = serde_json::from_str(&text).unwrap();
        let packages = metadata["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|p| p["name"] == "victim").unwrap();
        package["source"] = if yes { json!("registry+https://github.com/rust-lang/crates.io-index") } else { Value::Null };
        std::fs::write(tiny.path("metadata.json"), metadata.to_string()).unwrap();
    };
    victim(true);
    database(&tiny.path("db"));
    let check = |ignore: Value| {
        let policy = policy(json!({ "advisories": { "unmaintained": "all", "unsound": "all", "yanked": "deny", "ignore": ignore } })).unwrap();
        let (_, text) = proven(&policy).remove(0);
        let text = text.replacen("[advisories]\n", &format!("[advisories]\ndb-path = {:?}\n", tiny.path("db").to_str().unwrap()), 1);
        std::fs::write(tiny.path("deny.toml"), &text).unwrap();
        // Yanked crates are looked up in an index, which a folder without network does not have.
        let output = tiny.run(&tiny.path("deny.toml"), &["-A", "index-failure", "-A", "yanked", "advisories"]);
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (passed, said) = check(json!([]));
    assert!(!passed && said.contains("RUSTSEC-2023-0071"), "{said}");
    let (passed, said) = check(json!([{ "id": "RUSTSEC-2023-0071", "reason": "say \"why\" # not", "owner": "@acme/security" }]));
    assert!(passed, "{said}");
    let (passed, said) = check(json!([{ "id": "RUSTSEC-2023-0071", "reason": "x" }, { "id": "RUSTSEC-2020-0001", "reason": "gone" }]));
    assert!(!passed && said.contains("advisory-not-detected"), "{said}");
}

#[test]
fn cargo_deny_takes_what_was_merged() {
    let (Some(tiny), Some(shared)) = (Crate::new(""), support::shared("the corpus of deny.toml files")) else { return };
    let folder = shared.join("corpus/cargo");
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let policy = policy(full()).unwrap();
    let mut taken = 0;
    // All take minutes on a busy machine; CI tries the whole.
    let share = if std::env::var("CI").is_ok_and(|ci| ci == "true") { 1 } else { 9 };
    for line in manifest.lines().skip(1).filter(|l| l.split('\t').nth(6) == Some("deny")).step_by(share) {
        let text = std::fs::read_to_string(folder.join(line.split('\t').nth(2).unwrap())).unwrap();
        if let Ok(merged) = merge(&text, &policy) {
            let (accepted, said) = tiny.takes("deny.toml", &merged.text);
            assert!(accepted, "{}\n{said}", merged.text);
            taken += 1;
        }
    }
    eprintln!("cargo-deny takes {taken} merged deny.toml files");
    assert!(taken > 225 / share, "{taken}");
}
