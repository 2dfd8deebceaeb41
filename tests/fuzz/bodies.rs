//! What a fuzzer runs: each reader on any bytes. None may panic; what is reported lies inside of the text; laws hold.
//!
//! The crate in `fuzz/` includes this file, and `tests/fuzz` runs every body over its seeds and over damaged ones.

use secgen::check::tasks::{log, schedule};
use secgen::policy::{self, Policy, TemplateFile, TemplateFolder, lints};
use secgen::render::engine::Engine;
use secgen::source::Sources;
use secgen::strictness::ciphers::{Build, CipherString};
use secgen::strictness::csp::Csp;
use secgen::strictness::framing::Framing;
use secgen::strictness::postgres::hba::AccessRules;
use secgen::strictness::{Order, Strictness};
use secgen::targets::nginx::{dump, tree};
use secgen::targets::{self, Input, Target};
use secgen::{compare, document, schema};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A body: name, as of its file in `fuzz/fuzz_targets`, and function.
pub(crate) type Body = (&'static str, fn(&[u8]));

/// All bodies.
pub(crate) const ALL: [Body; 15] = [
    ("nginx_text", nginx_text),
    ("nginx_dump", nginx_dump),
    ("http_response", http_response),
    ("csp", csp),
    ("ciphers", ciphers),
    ("spec", spec),
    ("cargo_deny", cargo_deny),
    ("postgres_conf", postgres_conf),
    ("postgres_script", postgres_script),
    ("postgres_hba", postgres_hba),
    ("psql", psql),
    ("rust_code", rust_code),
    ("operations", operations),
    ("task_log", task_log),
    ("templates", templates),
];

/// A folder that does not exist: whatever a text includes, nothing of this machine is read.
const NOWHERE: &str = "/nonexistent";

/// Asks for something of each kind that a reader judges.
fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| Policy::from_json(spec_of_all()).unwrap_or_else(|why| panic!("the policy of the bodies: {why}")))
}

fn spec_of_all() -> serde_json::Value {
    serde_json::json!({
            "version": 1, "service": "fuzz",
            "http": {
                "site": "https://app.example.com",
                "headers": {
                    "hsts": { "max_age": "365d" }, "framing": "sameorigin", "xss_protection": "off", "content_type_options": "nosniff",
                    "csp": { "directives": { "default-src": ["self"], "script-src": ["self", "https://cdn.example.com"] } },
                    "referrer_policy": "strict-origin", "permissions_policy": { "camera": [] },
                    "coop": "same-origin", "coep": "require-corp", "corp": "same-site", "cache": "private", "remove": ["Server", "X-Powered-By"],
                },
                "cookies": { "session": { "name": "sid", "secure": true, "http_only": true, "same_site": "lax" } },
            },
            "scopes": { "embed": { "match": { "prefix": "/embed/" }, "http": { "headers": { "framing": ["https://partner.example.com"] } } } },
            "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
            "rate_limits": { "store": "memory", "limits": { "api": { "requests": 10, "per": "1m", "key": "client_ip", "match": { "prefix": "/api/" } } } },
            "postgres": { "settings": { "ssl": "on", "password_encryption": "scram-sha-256", "statement_timeout": "30s", "log_connections": "on" }, "hba": [
                { "type": "local", "database": "all", "user": "postgres", "method": "peer" },
                { "type": "hostssl", "database": "app", "user": "+team", "address": "10.0.0.0/8", "method": "scram-sha-256" },
            ] },
            "dependencies": {
                "advisories": { "yanked": "deny", "unmaintained": "workspace", "ignore": [] },
                "licenses": { "allow": ["MIT"] }, "bans": { "wildcards": "deny" }, "sources": { "unknown_git": "deny" },
            },
            "jwt": { "issuer": "https://a.example.com", "audience": "api", "access_ttl": "1h", "refresh_ttl": "7d",
                "keys": { "k": { "algorithm": "HS512", "secret": { "env": "JWT_SECRET" } } } },
            "operations": {
                "static_analysis": ["cargo-deny", "cargo-audit"], "ci": ["github", "gitlab"], "pen_test": { "targets": ["https://staging.example.com"] },
                "incident_response": { "contact": "security@example.com" }, "security_txt": { "contact": ["security@example.com"], "expires": "2027-06-30" },
                "weekly": ["audit-logs"],
            },
            "targets": { "nginx": { "version": "1.26" }, "postgres": { "versions": "15-18" }, "cargo": {}, "rust": {}, "operations": { "out": "ops" } },
    })
}

/// A text as a hand-written source of a target.
pub(crate) fn source(target: &dyn Target, policy: &Policy, path: &str, bytes: &[u8]) {
    let mut sources = Sources::new(Path::new(NOWHERE));
    let id = sources.add(path, bytes);
    let _ = target.claims(path, bytes);
    let reading = target.read(policy, &mut sources, &[Input { path: path.to_owned(), id: Some(id) }]);
    let of_findings = reading.findings.iter().flat_map(|f| f.primary.iter().chain(&f.related));
    let of_facts = reading.facts.iter().flat_map(|f| f.at.iter().chain(&f.related));
    for label in of_findings.chain(of_facts) {
        assert!(label.span.range().end <= sources.get(label.span.source).bytes().len(), "{label:?} lies outside of the file");
        let _ = sources.place(label.span);
    }
    for fact in &reading.facts {
        if let Some(intent) = policy.intent(&fact.intent) {
            let _ = compare::judge(policy, target.name(), intent, fact, &mut compare::Memo::default());
        }
    }
}

/// A text as a file of our own, of each kind.
fn artifact(target: &dyn Target, bytes: &[u8]) {
    let mut sources = Sources::new(Path::new(NOWHERE));
    let id = sources.add("file", bytes);
    let text = String::from_utf8_lossy(bytes);
    for kind in target.kinds() {
        let _ = target.canonical(kind, &text);
        let _ = target.read_artifact(kind, policy(), &sources, id);
    }
}

/// A main file, or a part of one: lexer, tree, effective values, facts.
pub(crate) fn nginx_text(data: &[u8]) {
    let mut sources = Sources::new(Path::new(NOWHERE));
    let id = sources.add("nginx.conf", data);
    if let Ok(directives) = tree::parse(id, data, 0..data.len()) {
        assert!(directives.iter().all(|d| d.span.range().end <= data.len() && !d.words().is_empty()));
    }
    source(&targets::nginx::Nginx, policy(), "nginx.conf", data);
    artifact(&targets::nginx::Nginx, data);
}

/// What `nginx -T` prints.
pub(crate) fn nginx_dump(data: &[u8]) {
    let marked = [b"# configuration file /etc/nginx/nginx.conf:\n", data].concat();
    let data = if dump::begins(data) { data } else { &marked };
    source(&targets::nginx::Nginx, policy(), "<stdin>", data);
}

/// What curl prints.
pub(crate) fn http_response(data: &[u8]) {
    source(&targets::http_response::HttpResponse, policy(), "<stdin>", data);
}

/// Policies, a field line each; the first is what is required.
pub(crate) fn csp(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let Some(required) = lines.next().and_then(|line| Csp::parse(line).ok()) else { return };
    let Ok(found) = Csp::from_lines(&lines.collect::<Vec<_>>()) else { return };
    for site in [None, Some("https://app.example.com")] {
        let (required, found) = (required.clone().with_self_origin(site), found.clone().with_self_origin(site));
        for one in [&required, &found] {
            assert_eq!(one.compare(one).order, Order::Equal, "reflexive: {one}");
            let again = Csp::parse(&one.to_string()).map(|csp| csp.with_self_origin(site));
            assert!(again.is_ok_and(|again| one.compare(&again).order == Order::Equal), "its own text says the same: {one}");
        }
        mirrored(&required, &found);
        mirrored(&Framing::from_headers(&[], Some(&required)), &Framing::from_headers(&["SAMEORIGIN"], Some(&found)));
    }
    found.policies().iter().for_each(|policy| drop(lints::csp::problems(policy)));
    let _ = found.ignored_words();
}

/// Cipher strings: the first line is what is required, the second what is found.
pub(crate) fn ciphers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let (required, found) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let _ = CipherString::parse_for(required, Build::Widest);
    let (Ok(required), Ok(found)) = (CipherString::parse(required), CipherString::parse(found)) else { return };
    for one in [&required, &found] {
        assert_eq!(one.compare(one).order, Order::Equal, "reflexive: {one}");
        let _ = (one.suites(), one.offered(2), one.unknown_words(), one.ignored_exclusions());
    }
    mirrored(&required, &found);
}

/// Seen from the other side, each order is its mirror.
fn mirrored<T: Strictness>(one: &T, other: &T) {
    let mirror = match one.compare(other).order {
        Order::Stricter => Order::Weaker,
        Order::Weaker => Order::Stricter,
        same => same,
    };
    assert_eq!(other.compare(one).order, mirror, "{one} and {other}");
}

/// A spec: YAML, schema, policy, lints, and all that is rendered of it.
pub(crate) fn spec(data: &[u8]) {
    let mut sources = Sources::new(Path::new(NOWHERE));
    let id = sources.add("secgen.yaml", data);
    let inside = |findings: &[secgen::finding::Finding]| {
        let labels = findings.iter().flat_map(|f| f.primary.iter().chain(&f.related));
        labels.for_each(|label| assert!(label.span.range().end <= sources.get(label.span.source).bytes().len(), "{label:?}"));
    };
    let node = match document::parse(&sources, id) {
        Ok(node) => node,
        Err(findings) => return inside(&findings),
    };
    let findings = schema::validate(&sources, &node, schema::Kind::Main);
    if !findings.is_empty() {
        return inside(&findings);
    }
    let spec = match schema::decode_findings(&sources, &node) {
        Ok(spec) => spec,
        Err(findings) => return inside(&findings),
    };
    let Ok(policy) = Policy::new(spec, None, BTreeMap::new(), &|_| false, "secgen.yaml") else { return };
    let _ = lints::check(&policy, 20_000);
    for target in targets::ALL {
        let _ = (target.carries(&policy), target.artifacts(&policy));
    }
}

/// cargo-deny's configuration.
pub(crate) fn cargo_deny(data: &[u8]) {
    source(&targets::cargo::Cargo, policy(), "deny.toml", data);
    artifact(&targets::cargo::Cargo, data);
}

/// postgresql.conf and what ALTER SYSTEM writes.
pub(crate) fn postgres_conf(data: &[u8]) {
    for path in ["postgresql.conf", "postgresql.auto.conf"] {
        source(&targets::postgres::Postgres, policy(), path, data);
    }
}

/// Access rules; two parts between lines of `---` are compared.
pub(crate) fn postgres_hba(data: &[u8]) {
    let hba = &targets::postgres::Postgres;
    source(hba, policy(), "pg_hba.conf", data);
    artifact(hba, data);
    let mut sources = Sources::new(Path::new(NOWHERE));
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(2, "\n---\n").map(|part| {
        let id = sources.add("pg_hba.conf", part);
        let lines = targets::postgres::hba::lines(&mut sources, id, 18);
        AccessRules::new(lines.into_iter().filter_map(|line| line.record.ok().flatten()))
    });
    let required = parts.next().unwrap_or_default();
    let found = parts.next().unwrap_or_else(|| required.clone());
    assert_eq!(required.compare(&required).order, Order::Equal, "reflexive: {required}");
    mirrored(&required, &found);
}

/// Scripts for psql: statements in order and inside of the text, settings, facts.
pub(crate) fn psql(data: &[u8]) {
    let ranges = targets::postgres::psql::statements(data);
    assert!(ranges.iter().all(|r| r.start < r.end && r.end <= data.len()), "{ranges:?}");
    assert!(ranges.is_sorted_by(|a, b| a.end <= b.start), "{ranges:?}");
    for version in [15, 18] {
        let _ = targets::postgres::psql::stored_settings(data, version);
    }
    source(&targets::postgres::Postgres, policy(), "script.sql", data);
}

/// Files of ours for PostgreSQL: scripts, a drop-in, access rules.
pub(crate) fn postgres_script(data: &[u8]) {
    artifact(&targets::postgres::Postgres, data);
}

/// Hand-written Rust code, and clippy's configuration.
pub(crate) fn rust_code(data: &[u8]) {
    let rust = &targets::rust::Rust;
    source(rust, policy(), "src/main.rs", data);
    source(rust, policy(), "clippy.toml", data);
    artifact(rust, data);
}

/// Makefile, workflows, runbook, `security.txt` and what is written once.
pub(crate) fn operations(data: &[u8]) {
    let operations = &targets::operations::Operations;
    for path in ["security.txt", "SECURITY.md", ".github/dependabot.yml", "incident-response.md", ".github/workflows/secgen.yml"] {
        source(operations, policy(), path, data);
    }
    artifact(operations, data);
    let text = String::from_utf8_lossy(data);
    // What people wrote between the marks of one text is kept in the other, or nothing is.
    let _ = operations.keep("runbook", "# A\n\n<!-- user:begin contacts -->\n<!-- user:end -->\n", &text);
    let _ = operations.keep("runbook", &text, &text);
}

/// The log of tasks: each line is a record or has a place; what is appended is read as it was written, and nothing before it
/// changes.
pub(crate) fn task_log(data: &[u8]) {
    let read = |bytes: &[u8]| {
        let mut sources = Sources::new(Path::new(NOWHERE));
        let id = sources.add("tasks.log", bytes);
        log::parse(&sources, id, "tasks.log")
    };
    let before = match read(data) {
        Ok(log) => log,
        Err(findings) => {
            assert!(!findings.is_empty());
            for finding in &findings {
                let span = finding.primary.as_ref().map(|label| label.span);
                assert!(span.is_some_and(|span| span.range().end <= data.len()), "{finding:?}");
            }
            return;
        }
    };
    let text = std::str::from_utf8(data).unwrap_or_else(|why| panic!("a log of records is text: {why}"));
    let record = serde_json::json!({ "date": "2026-11-27", "task": "audit-logs", "by": "@acme/ops", "note": "a \"b\" \\ é" });
    let only = read(record.to_string().as_bytes()).unwrap_or_else(|why| panic!("a record: {why:?}"));
    let longer = log::appended(Some(text), &only.records[0].0);
    assert!(longer.starts_with(text), "what was there stays as it was");
    let after = read(longer.as_bytes()).unwrap_or_else(|why| panic!("a log with one more record: {why:?}"));
    let records = |log: &log::Log| log.records.iter().map(|(record, _)| record.clone()).collect::<Vec<_>>();
    assert_eq!(records(&after), [records(&before), records(&only)].concat());
    let tasks = policy::intents::schedule(&tasks_policy().spec);
    let today = 20_784;
    for (now, then) in schedule::status(&tasks, Some(&after), today).iter().zip(schedule::status(&tasks, Some(&before), today)) {
        assert!(now.due >= then.due, "one more record makes nothing due earlier");
    }
}

fn tasks_policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| {
        let operations = serde_json::json!({ "daily": ["error-logs"], "weekly": ["audit-logs"], "monthly": ["access-review"] });
        Policy::from_json(serde_json::json!({ "version": 1, "service": "fuzz", "operations": operations })).unwrap_or_else(|why| panic!("{why}"))
    })
}

/// A template with one that it may include, parted by a byte 0: it is refused with a place in its text, or it renders,
/// and is no longer than it may be.
pub(crate) fn templates(data: &[u8]) {
    static LOADED: OnceLock<Policy> = OnceLock::new();
    let mut policy = LOADED
        .get_or_init(|| {
            let mut spec = spec_of_all();
            spec["templates"] = serde_json::json!({ "dir": "t", "outputs": { "a": { "template": "a.tera", "out": "out/a" } } });
            Policy::from_json(spec).unwrap_or_else(|why| panic!("{why}"))
        })
        .clone();
    let text = String::from_utf8_lossy(data).replace("\r\n", "\n");
    let (first, second) = text.split_once('\0').unwrap_or((text.as_str(), "{{ service | word }}"));
    let mut sources = Sources::new(Path::new(NOWHERE));
    let files = [("a.tera", first), ("b.tera", second)];
    let files: Vec<TemplateFile> = files.map(|(name, text)| TemplateFile::new(name.to_owned(), sources.add(format!("t/{name}"), text), text)).into();
    policy.templates = Some(Arc::new(TemplateFolder { path: "t".to_owned(), sha256: String::new(), files }));
    let Some(target) = targets::by_name("templates") else { panic!("the target is there") };
    match target.artifacts(&policy) {
        Err(findings) => {
            for label in findings.iter().flat_map(|f| &f.primary) {
                assert!(label.span.range().end <= sources.get(label.span.source).bytes().len(), "{label:?} lies outside of the template");
            }
            assert!(!findings.is_empty());
        }
        Ok(artifacts) => {
            let engine = Engine::new(target).unwrap_or_else(|why| panic!("{why}"));
            for artifact in &artifacts {
                let Ok(text) = engine.body(artifact) else { continue };
                assert!(text.len() <= 1 << 20);
                let _ = target.canonical(artifact.kind, &text);
            }
        }
    }
}
