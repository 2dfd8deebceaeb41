//! Proof of the examples: the bad one of a rule, checked under the rule's spec, has that finding, and the good one has
//! not, nor any error.
//!
//! An example is one file, or a folder of files, each below a line `# file: NAME`. A folder is checked by a whole run of
//! the program: with the floor that is in it, or as a workspace where no spec is at its top.

use crate::cli::project::Project;
use secgen::check::{self, Extra};
use secgen::cli::catalogue;
use secgen::finding::{Finding, Kind, Language, Rule, Snippet};
use secgen::policy::Policy;
use secgen::render::Selection;
use secgen::source::Sources;
use secgen::targets::{self, Input};
use std::fmt::{self, Write as _};

/// 2026-11-27, on which the dates of the examples are judged.
const TODAY: i64 = 20_784;

/// Rules whose examples are no input of a check, and where their finding is shown instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("usage", "a command line: tests/cli"),
    ("control-for-nothing", "rules are known to the command line: tests/cli/explain.rs"),
    ("spec-not-found", "a folder without a spec: tests/cli"),
    ("input-unreadable", "permissions: tests/cli/hostile.rs"),
    ("source-kind-unknown", "a command line: tests/cli"),
    ("output-path-refused", "a link on the disk: tests/cli/disk.rs"),
    ("output-not-written", "permissions: tests/cli/disk.rs"),
    ("render-refused", "a file that was edited: tests/cli/states.rs"),
    ("artifact-unproven", "no value of a spec leads there, as encoders refuse it before: src/render"),
    ("artifact-missing", "a state of the disk: tests/cli/states.rs"),
    ("artifact-stale", "a state of the disk: tests/cli/states.rs"),
    ("artifact-outdated", "another secgen: tests/cli/states.rs"),
    ("artifact-hand-edited", "a state of the disk: tests/cli/states.rs"),
    ("artifact-conflicted", "a state of the disk: tests/cli/states.rs"),
    ("artifact-unmanaged", "a state of the disk: tests/cli/states.rs"),
    ("artifact-orphaned", "a state of the disk: tests/cli/states.rs"),
    ("artifact-reformatted", "a state of the disk: tests/cli/states.rs"),
    ("yaml-forbidden-character", "a character that cannot be seen: tests/yaml"),
    ("csp-deprecated-directive", "the schema knows no such directive: tests/strictness/csp_lints.rs"),
    ("yaml-not-utf8", "bytes that are no text: tests/yaml"),
    ("yaml-too-complex", "size: tests/yaml"),
    ("nginx-include-limit", "forty files: tests/nginx/includes.rs"),
    ("postgres-live-connection", "the environment: tests/postgres/live_check"),
    ("postgres-live-unreachable", "a server: tests/postgres/live_check"),
    ("postgres-live-tls", "a server: tests/postgres/live_check"),
    ("postgres-live-pending-restart", "a server: tests/postgres/live_check"),
    ("postgres-live-file-error", "a server: tests/postgres/live_check"),
    ("postgres-live-not-loaded", "a server: tests/postgres/live_check"),
    ("runbook-differs", "a rendered file: tests/operations/documents.rs"),
    ("runbook-marks-broken", "a rendered file: tests/operations/documents.rs"),
    ("security-txt-invalid", "a file of the user: tests/operations/documents.rs"),
    ("security-txt-differs", "a file of the user: tests/operations/documents.rs"),
    ("security-md-without-contact", "a file of the user: tests/operations/documents.rs"),
    ("dependabot-left-out", "a file of the user: tests/operations/documents.rs"),
    ("scan-left-out", "a rendered file: tests/operations/edits.rs"),
    ("pen-test-target-foreign", "a rendered file: tests/operations/edits.rs"),
    ("workflow-pin-loose", "a rendered file: tests/operations/edits.rs"),
    ("workflow-run-left-out", "a rendered file: tests/operations/edits.rs"),
    ("workflow-schedule-left-out", "a rendered file: tests/operations/edits.rs"),
    ("workflow-failure-ignored", "a rendered file: tests/operations/edits.rs"),
    ("workflow-permission-wide", "a rendered file: tests/operations/edits.rs"),
    ("rust-policy-edited", "a rendered file: tests/rust/edits.rs"),
    ("rust-policy-not-constant", "a rendered file: tests/rust/edits.rs"),
    ("report-not-written", "a command line: tests/reports/files.rs"),
    ("diff-layer-unknown", "standard input and a commit: tests/cli/spec_diff.rs"),
];

/// Where an example is a folder: names and texts of its files.
fn folder_of(snippet: Snippet) -> Vec<(&'static str, String)> {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in snippet.lines() {
        if let Some(name) = line.strip_prefix("# file: ") {
            files.push((name, String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            let _ = writeln!(text, "{line}");
        }
    }
    for (_, text) in &mut files {
        text.truncate(text.trim_end().len() + 1);
    }
    files
}

/// A spec with the two keys that every spec has.
fn with_head(own: &str) -> String {
    let has = |key: &str| own.lines().any(|l| l.starts_with(&format!("{key}:")));
    let head = [("version", "version: 1\n"), ("service", "service: example\n")];
    own.to_owned() + &head.into_iter().filter(|(key, _)| !has(key)).map(|(_, line)| line).collect::<String>()
}

/// The whole spec of an example.
fn spec_of(rule: &Rule, snippet: Snippet) -> String {
    let own = if rule.language == Language::Yaml { snippet.to_string() } else { rule.spec.to_string() };
    if rule.language == Language::Yaml && ["yaml-syntax", "spec-empty", "spec-missing-key"].contains(&rule.name) {
        return own;
    }
    let has = |key: &str| own.lines().any(|l| l.starts_with(&format!("{key}:")));
    let mut text = with_head(&own);
    if own.trim().is_empty() {
        text.push_str(match rule.language {
            Language::Rust => "network: { service_trusts: [127.0.0.1/32] }\n",
            Language::Nginx | Language::Http => "http: { headers: { content_type_options: nosniff } }\n",
            Language::Toml => "dependencies: { advisories: { yanked: deny } }\n",
            _ => "postgres: { settings: { log_connections: \"on\" } }\n",
        });
    }
    if !has("targets") {
        let _ = writeln!(
            text,
            "targets: {}",
            match rule.language {
                Language::Nginx => r#"{ nginx: { check: [nginx.conf], version: "1.22.1", openssl: "3.0" } }"#,
                Language::Conf => r#"{ postgres: { check: [postgresql.conf], versions: "15-17" } }"#,
                Language::Hba => r#"{ postgres: { check: [pg_hba.conf], versions: "15-17" } }"#,
                Language::Sql => r#"{ postgres: { check: [setup.sql], versions: "15-17" } }"#,
                Language::Rust => r#"{ rust: { check: ["src/**/*.rs"] } }"#,
                Language::Toml if snippet.0.contains("audit.toml") => "{ cargo: { check: [.cargo/audit.toml] } }",
                Language::Toml => "{ cargo: { check: [deny.toml] } }",
                _ => r#"{ nginx: { out: deploy/nginx, version: "1.26", openssl: "3.0" } }"#,
            }
        );
    }
    text
}

/// The file of an example, whole: a part of nginx's configuration stands in a server's main file.
fn file_of(rule: &Rule, snippet: Snippet) -> Option<(&'static str, String)> {
    let text = snippet.to_string();
    Some(match rule.language {
        Language::Nginx if text.contains("events {}") || text.contains("secgen: context=") => ("nginx.conf", text),
        Language::Nginx => {
            let head = "events {}\nhttp {\nssl_certificate /etc/ssl/app.pem;\nssl_certificate_key /etc/ssl/app.key;\n";
            ("nginx.conf", format!("{head}{text}}}\n"))
        }
        Language::Conf => ("postgresql.conf", text),
        Language::Hba => ("pg_hba.conf", text),
        Language::Sql => ("setup.sql", text),
        Language::Toml if text.contains("audit.toml") => (".cargo/audit.toml", text),
        Language::Toml => ("deny.toml", text),
        Language::Http => ("response.txt", format!("{}\r\n", text.replace('\n', "\r\n"))),
        Language::Rust => ("src/auth.rs", text),
        Language::Yaml | Language::Shell | Language::Text => return None,
    })
}

/// A finding, of a run in this process or of a whole run of the program.
struct Said {
    rule: String,
    is_error: bool,
    text: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    {}{}: {}", if self.is_error { "error " } else { "" }, self.rule, self.text)
    }
}

impl From<&Finding> for Said {
    fn from(finding: &Finding) -> Self {
        Self { rule: finding.rule.name.to_owned(), is_error: finding.kind == Kind::Error, text: finding.message.clone() }
    }
}

/// All findings of an example.
fn findings(rule: &Rule, snippet: Snippet) -> Vec<Said> {
    let files = folder_of(snippet);
    if files.is_empty() { of_file(rule, snippet).iter().map(Said::from).collect() } else { of_folder(rule, snippet, &files) }
}

fn of_file(rule: &Rule, snippet: Snippet) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secgen.yaml"), spec_of(rule, snippet)).unwrap();
    let mut extra = Vec::new();
    if let Some((name, text)) = file_of(rule, snippet) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        if rule.language == Language::Http {
            extra.push(Extra { target: "http-response", input: Input { path: name.to_owned(), id: None } });
        }
    }
    let mut sources = Sources::new(folder.path());
    match secgen::policy::load(&mut sources, "secgen.yaml", TODAY) {
        Err(findings) => findings,
        Ok(loaded) => match check::run(&loaded, &Selection::default(), &extra, None, None, None, &mut sources) {
            Err(findings) => findings,
            Ok(report) => report.findings,
        },
    }
}

fn of_folder(rule: &Rule, snippet: Snippet, files: &[(&str, String)]) -> Vec<Said> {
    let project = Project::empty();
    let has = |name: &str| files.iter().any(|(own, _)| *own == name);
    for (name, text) in files {
        let is_spec = name.rsplit('/').next() == Some("secgen.yaml");
        project.write(name, if is_spec { with_head(text) } else { text.clone() });
    }
    if rule.language != Language::Yaml {
        project.write("secgen.yaml", spec_of(rule, snippet));
    }
    let command: &[&str] = match rule.name {
        name if name.starts_with("merge-") => &["render", "--merge"],
        _ if has("floor.yaml") => &["check", "--floor", "floor.yaml"],
        _ if !has("secgen.yaml") && files.iter().any(|(name, _)| name.ends_with("/secgen.yaml")) => &["check", "--workspace"],
        _ => &["check"],
    };
    let report = project.run(&[command, &["--format", "json"]].concat()).json();
    let said = |finding: &serde_json::Value| Said {
        rule: finding["rule"].as_str().unwrap().to_owned(),
        is_error: finding["level"] == "error",
        text: finding["message"].as_str().unwrap().to_owned(),
    };
    report["findings"].as_array().unwrap().iter().map(said).collect()
}

#[test]
fn a_bad_example_has_the_finding_and_the_good_one_has_not() {
    let mut wrong = String::new();
    let mut proven = 0;
    for rule in catalogue::rules().into_iter().filter(|r| !ELSEWHERE.iter().any(|(name, _)| *name == r.name)) {
        let has = |findings: &[Said]| findings.iter().any(|f| f.rule == rule.name);
        let all = |findings: &[Said]| findings.iter().map(Said::to_string).collect::<String>();
        let bad = findings(rule, rule.bad);
        if !has(&bad) {
            let _ = writeln!(wrong, "{}: the bad example has not the finding, but\n{}", rule.name, all(&bad));
        }
        let good = findings(rule, rule.good);
        if has(&good) || good.iter().any(|f| f.is_error) {
            let _ = writeln!(wrong, "{}: the good example has\n{}", rule.name, all(&good));
        }
        proven += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(proven > 240, "{proven}");
}

#[test]
fn every_exception_is_a_rule() {
    for (name, why) in ELSEWHERE {
        assert!(catalogue::rule(name).is_some() && !why.is_empty(), "{name}");
    }
}

/// A policy that has an intent of every kind, with headers that one target sends.
pub(super) fn everything(sent_by: &str) -> Policy {
    let settings: serde_json::Map<String, serde_json::Value> = [
        ("ssl", "on"),
        ("ssl_min_protocol_version", "TLSv1.2"),
        ("ssl_ciphers", "ECDHE+AESGCM"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "localhost"),
        ("log_destination", "stderr"),
        ("logging_collector", "on"),
        ("log_file_mode", "0600"),
        ("log_min_messages", "warning"),
        ("log_min_error_statement", "error"),
        ("log_connections", "on"),
        ("log_disconnections", "on"),
        ("log_error_verbosity", "verbose"),
        ("log_line_prefix", "%m %p %u %d %h"),
        ("log_statement", "ddl"),
        ("log_timezone", "UTC"),
        ("pgaudit.log", "ddl"),
        ("row_security", "on"),
        ("authentication_timeout", "30s"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.into()))
    .collect();
    Policy::from_json(serde_json::json!({
        "version": 1, "service": "example",
        "http": {
            "sent_by": sent_by,
            "headers": {
                "hsts": { "max_age": "365d" }, "framing": "deny", "xss_protection": "off", "content_type_options": "nosniff",
                "csp": { "directives": { "default-src": ["self"] } }, "referrer_policy": "no-referrer", "permissions_policy": { "camera": [] },
                "coop": "same-origin", "coep": "require-corp", "corp": "same-origin", "cache": "no-store", "remove": ["Server"],
            },
            "cookies": { "session": { "name": "sid", "secure": true, "same_site": "lax", "max_age": "7d" } },
            "cors": { "api": { "match": { "prefix": "/api/" }, "origins": ["https://app.example.com"] } },
        },
        "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" }, "groups": ["X25519"], "session_tickets": false, "redirect_http": 301 },
        "rate_limits": { "store": { "redis": { "url": { "env": "REDIS_URL" }, "on_error": "deny" } }, "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } },
        "network": { "service_trusts": ["127.0.0.1/32"], "ipv6_prefix": 64 },
        "jwt": { "role": "issue", "issuer": "https://a.example", "audience": "https://b.example", "access_ttl": "15m", "refresh_ttl": "7d", "leeway": "30s",
            "sign_with": "k", "keys": { "k": { "algorithm": "HS512", "secret": { "env": "JWT_SECRET" } },
                "old": { "algorithm": "HS512", "secret": { "env": "JWT_SECRET_OLD" }, "verify_until": "2027-01-31" } } },
        "lockout": { "per_client": { "failures": 5, "window": "15m", "base": "30s", "max": "1h" }, "per_account": { "failures": 50, "window": "1h", "base": "5s", "max": "5m" } },
        "access": { "roles": ["viewer"], "permissions": { "report.read": [{ "roles": ["viewer"], "scope": "reports:read" }] } },
        "data": {
            "at_rest": { "method": "volume-encryption" },
            "output": { "encoding": "serializer" },
            "input": { "max_body": "1MiB", "content_types": ["application/json"], "max_string": "64KiB", "max_list": 1000, "max_depth": 16 },
        },
        "postgres": { "settings": settings, "hba": [{ "type": "local", "database": "all", "user": "postgres", "method": "peer" }] },
        "dependencies": {
            "advisories": { "unmaintained": "workspace", "unsound": "all", "yanked": "deny", "ignore": [] },
            "licenses": { "allow": ["MIT"] }, "bans": { "wildcards": "deny", "multiple_versions": "warn", "deny": [{ "crate": "openssl" }] },
            "sources": { "unknown_registry": "deny", "unknown_git": "deny", "allow_git": ["https://git.example.com/acme/lib"] },
        },
        "templates": { "outputs": { "all": { "template": "all.tera", "out": "all.conf", "carries": ["http", "tls", "network", "rate_limits", "data", "jwt"] } } },
        "targets": { "nginx": { "out": "n", "openssl": "3.0" }, "postgres": { "out": "p", "versions": "15-17" }, "rust": { "out": "r" }, "cargo": { "out": "." }, "operations": { "out": "ops" } },
        "operations": {
            "weekly": ["audit-logs"], "attested": { "access_review": "required", "penetration_test": "required" },
            "incident_response": { "contact": "security@example.com" }, "security_txt": { "expires": "2027-06-30" },
            "pen_test": { "targets": ["https://staging.example.com"] },
        },
    }))
    .unwrap()
}

/// Every target is named as it calls itself.
#[test]
fn targets_of_keys_exist() {
    for key in targets::keys::all() {
        assert!(key.targets.iter().all(|name| targets::by_name(name).is_some()), "{}", key.pattern);
    }
}
