//! The Rust service: several environments in one file, modules that are taken over, and what the spec refuses.

use super::project::Project;
use insta::assert_snapshot;
use secgen::policy::{Policy, lints};
use serde_json::{Value, json};

const POLICY: &str = "src/security/policy.rs";

const SPEC: &str = r#"version: 1
service: payments-api
jwt:
  role: issue
  issuer: https://app.example.com
  audience: https://api.example.com
  access_ttl: 1h
  refresh_ttl: 7d
  sign_with: "2026-11"
  keys: { "2026-11": { algorithm: HS512, secret: { env: JWT_SECRET } } }
lockout:
  per_client: { failures: 5, window: 15m, base: 30s, max: 1h }
  per_account: { failures: 50, window: 1h, base: 5s, max: 5m }
access:
  roles: [viewer, admin]
  permissions:
    report.read: [{ roles: [viewer, admin], scope: "reports:read", when: [same_tenant] }]
targets: { rust: { out: src/security } }
environments:
  prod: {}
  dev:
    jwt: { access_ttl: 24h }
    access: { roles: [viewer, admin, tester], permissions: { report.test: [{ roles: [tester], scope: "reports:test" }] } }
    weakens: { jwt.access_ttl: { reason: local test clients } }
"#;

fn project() -> Project {
    let project = Project::with_spec(SPEC);
    project.run(&["render"]).exits(0);
    project
}

/// Rule, environment, intent and line of each finding.
fn findings(project: &Project, args: &[&str]) -> Vec<String> {
    let mut all = vec!["check", "--format", "json"];
    all.extend(args);
    let report = project.run(&all).json();
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let line = |f: &Value| f["location"]["line"].as_u64().unwrap_or(0);
    report["findings"].as_array().unwrap().iter().map(|f| format!("{} {} {} {}", text(&f["rule"]), text(&f["env"]), text(&f["intent"]), line(f))).collect()
}

fn line_of(project: &Project, path: &str, text: &str) -> usize {
    project.read(path).lines().position(|l| l.contains(text)).unwrap() + 1
}

#[test]
fn environments_share_one_file_with_a_constant_each() {
    let project = project();
    let text = project.read(POLICY);
    assert!(text.contains("(env prod, dev, target rust)"), "{text}");
    assert!(text.contains("pub const PROD: Policy") && text.contains("pub const DEV: Policy"), "{text}");
    assert!(text.contains(r#"&[("dev", &DEV), ("prod", &PROD)]"#), "{text}");
    // Types fit both: a role of one environment is there for all.
    assert!(text.contains("    /// `tester`\n    Tester,"), "{text}");
    project.run(&["check"]).exits(0);
    // One environment alone renders and compares the whole file.
    let before = project.files();
    project.run(&["render", "--env", "prod"]).exits(0);
    project.run(&["check", "--env", "dev"]).exits(0);
    assert_eq!(project.files(), before);
    project.edit(POLICY, "Duration::from_secs(86_400)", "Duration::from_secs(90_000)");
    let dev = line_of(&project, POLICY, "from_secs(90_000)");
    let expected = vec!["artifact-hand-edited prod, dev - 1".to_owned(), format!("rust-policy-edited dev jwt.access_ttl {dev}")];
    assert_eq!(findings(&project, &[]), expected);
    assert_eq!(findings(&project, &["--env", "prod"]), expected);
    assert_snapshot!("shared_policy_edited", project.run(&["check"]).exits(1).shown(&project));
}

#[test]
fn each_environment_is_judged_for_itself() {
    let project = project();
    // The prod constant with the values of dev.
    project.edit(POLICY, r#"("prod", &PROD)"#, r#"("prod", &DEV)"#);
    let found = findings(&project, &[]);
    assert!(found.iter().any(|f| f.starts_with("rust-policy-edited prod jwt.access_ttl ")), "{found:?}");
    assert!(!found.iter().any(|f| f.starts_with("rust-policy-edited dev")), "{found:?}");
}

#[test]
fn equal_environments_share_one_constant() {
    let spec = SPEC.split("  dev:").next().unwrap().to_owned() + "  staging: {}\n";
    let project = Project::with_spec(&spec);
    project.run(&["render"]).exits(0);
    let text = project.read(POLICY);
    assert!(text.contains("pub const POLICY: Policy") && text.contains(r#"&[("prod", &POLICY), ("staging", &POLICY)]"#), "{text}");
    assert!(project.read("src/security/mod.rs").contains("pub mod environment;"));
    project.run(&["check"]).exits(0);
    // A third one that differs.
    project.edit("secgen.yaml", "  staging: {}\n", "  staging: {}\n  ci: { jwt: { access_ttl: 5m } }\n");
    project.run(&["render"]).exits(0);
    let text = project.read(POLICY);
    assert!(text.contains(r#"&[("ci", &CI), ("prod", &PROD), ("staging", &PROD)]"#), "{text}");
    assert!(text.contains("/// The policy of prod, staging."), "{text}");
    project.run(&["check"]).exits(0);
}

#[test]
fn controls_of_some_environments_are_optional() {
    let project =
        Project::with_spec(&SPEC.replace("    jwt: { access_ttl: 24h }\n", "    jwt: { access_ttl: 24h }\n    data: { input: { max_body: 1MiB } }\n"));
    project.run(&["render"]).exits(0);
    let text = project.read(POLICY);
    assert!(text.contains("pub input: Option<input::Settings>,") && text.contains("input: None,") && text.contains("input: Some(input::Settings {"), "{text}");
    project.run(&["check"]).exits(0);
    project.edit(POLICY, "input: Some(input::Settings {", "input: None, /* { */");
    assert_eq!(project.run(&["check"]).code, Some(1), "an edit that does not compile, or a control that is gone");
}

#[test]
fn with_a_folder_each_environment_has_a_file_of_its_own() {
    let project = Project::with_spec(&SPEC.replace("out: src/security", "out: \"gen/{env}/security\""));
    project.run(&["render"]).exits(0);
    for env in ["prod", "dev"] {
        let text = project.read(&format!("gen/{env}/security/policy.rs"));
        assert!(text.contains("pub const POLICY: Policy") && !text.contains("ENVIRONMENTS"), "{text}");
    }
    project.run(&["check"]).exits(0);
}

#[test]
fn an_unknown_environment_is_refused_with_the_known_ones() {
    let project = project();
    assert_snapshot!("unknown_environment", project.run(&["render", "--env", "production"]).exits(2).shown(&project));
}

#[test]
fn environments_that_are_one_name_in_rust_are_refused() {
    for (name, what) in
        [("pre-prod: {}\n  pre_prod: { jwt: { access_ttl: 5m } }", "both PRE_PROD"), ("environments: { jwt: { access_ttl: 5m } }", "ENVIRONMENTS")]
    {
        let project = Project::with_spec(&(SPEC.to_owned() + "  " + name + "\n"));
        let run = project.run(&["render"]);
        assert!(run.exits(2).out.contains(what), "{}", run.out);
    }
}

#[test]
fn a_module_can_be_taken_over() {
    let project = Project::with_spec(&SPEC.replace("out: src/security", "out: src/security, modules: { jwt: { owner: user } }"));
    project.run(&["render"]).exits(0);
    project.edit("src/security/jwt.rs", "use ", "// ours\nuse ");
    project.edit("src/security/jwt.rs", "pub fn verify", "pub fn verify_as_we_like");
    let before = project.read("src/security/jwt.rs");
    let render = project.run(&["render"]);
    assert!(render.exits(0).err.contains("owned by the user, not examined"), "{}", render.err);
    assert_eq!(project.read("src/security/jwt.rs"), before);
    let check = project.run(&["check", "-v"]);
    assert_snapshot!("module_of_the_user", check.exits(0).shown(&project));
    // The constants are still checked.
    project.edit(POLICY, "Duration::from_secs(3_600)", "Duration::from_secs(36_000)");
    project.run(&["check"]).exits(1);
    // Once gone, it is written again.
    std::fs::remove_file(project.path().join("src/security/jwt.rs")).unwrap();
    project.run(&["render", "--force", POLICY]).exits(0);
    assert!(project.read("src/security/jwt.rs").contains("pub fn verify("));
}

#[test]
fn an_edited_module_has_both_ways_out() {
    let project = project();
    project.edit("src/security/lockout.rs", "pub fn ", "pub  fn ");
    project.edit("src/security/jwt.rs", "claims.sub.is_empty()", "false");
    assert_snapshot!("module_edited", project.run(&["check"]).exits(1).shown(&project));
    project.run(&["render"]).exits(2);
    project.run(&["render", "--force", "src/security/jwt.rs"]).exits(0);
    project.run(&["check"]).exits(0);
}

/// A module as an older secgen rendered it: the same policy, so a note and no failure.
#[test]
fn an_older_revision_is_outdated_and_not_edited() {
    let project = project();
    let path = "src/security/client_ip.rs";
    let rendered = project.read(path);
    let (header, _) = rendered.split_once("\n\n").unwrap();
    let digest = |text: &[u8]| secgen::render::header::digest(text);
    let current: Vec<&str> = header.split_whitespace().filter(|word| word.starts_with("body=") || word.starts_with("rev=")).collect();
    let [body, revision] = current.as_slice() else { panic!("{header}") };
    let old = header.replace(body, &format!("body=sha256:{}", digest(b"client_ip r1"))).replace(revision, "rev=1");
    let text = std::fs::read_to_string(crate::support::project().join("tests/targets/rust/outdated/client_ip.rs")).unwrap();
    project.write(path, format!("{old}\n\n{text}"));
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("artifact-outdated"), "{}", run.out);
    // With one token changed it is an edit, whatever the header says.
    project.edit(path, "is_trusted(client)", "false");
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("artifact-hand-edited"), "{}", run.out);
    project.write(path, format!("{old}\n\n{text}"));
    project.run(&["render"]).exits(0);
    assert_eq!(project.read(path), rendered);
}

#[test]
fn a_module_that_nobody_keeps_is_removed() {
    let project = project();
    project.edit(
        "secgen.yaml",
        "out: src/security",
        "out: src/security, modules: { jwt_issue: { owner: none }, refresh: { owner: none }, lockout: { owner: none } }",
    );
    let run = project.run(&["render"]);
    assert!(run.exits(0).err.contains("removed") && !project.path().join("src/security/lockout.rs").exists(), "{}", run.err);
    assert!(project.read(POLICY).contains("pub mod lockout {"));
    project.run(&["check"]).exits(0);
    // Nobody needs tls here, and both environments share the folder.
    project.edit("secgen.yaml", "modules: {", "modules: { tls: { owner: user },");
    project.edit(
        "secgen.yaml",
        "    jwt: { access_ttl: 24h }",
        "    jwt: { access_ttl: 24h }\n    targets: { rust: { modules: { access: { owner: user } } } }",
    );
    assert_snapshot!("modules_misowned", project.run(&["render"]).exits(2).shown(&project));
}

/// Rules of the errors, and of the warnings, with their keys, on 2026-11-25.
fn told(changes: &[(&str, Value)]) -> (Vec<String>, Vec<String>) {
    let mut spec = json!({
        "version": 1,
        "service": "a",
        "jwt": { "role": "issue", "issuer": "a", "audience": "b", "access_ttl": "1h", "refresh_ttl": "1d", "sign_with": "k",
            "keys": { "k": { "algorithm": "HS512", "secret": { "env": "A" } }, "old": { "algorithm": "HS512", "secret": { "env": "B" } } } },
        "http": { "headers": { "content_type_options": "nosniff" }, "cookies": { "s": { "name": "s", "secure": true } } },
        "network": { "service_trusts": ["127.0.0.1"] },
        "rate_limits": { "limits": { "a": { "requests": 1, "per": "1s", "key": "client_ip", "match": { "prefix": "/" } } } },
        "lockout": { "per_client": { "failures": 5, "window": "15m", "base": "30s", "max": "1h" }, "per_account": { "failures": 50, "window": "1h", "base": "5s", "max": "5m" } },
        "access": { "roles": ["viewer", "admin"], "permissions": { "p": [{ "roles": ["viewer", "admin"], "scope": "s" }] } },
        "data": { "input": { "max_body": "1MiB", "content_types": ["text/plain"] } },
        "targets": { "nginx": { "out": "n" }, "rust": { "out": "src" } },
    });
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = spec.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
        match value {
            Value::Null => drop(parent.as_object_mut().unwrap().remove(name)),
            value => parent[name] = value.clone(),
        }
    }
    let (errors, warnings) = lints::check(&Policy::from_json(spec).unwrap(), 20_782);
    let text = |f: &secgen::finding::Finding| format!("{} {}", f.rule.name, f.intent.as_deref().unwrap_or_default());
    (errors.iter().map(text).collect(), warnings.iter().map(text).collect())
}

#[test]
fn what_a_service_cannot_do_with_is_an_error() {
    assert_eq!(told(&[]), (vec![], vec![]));
    let rule = |roles: Value| json!([{ "roles": roles, "scope": "s" }]);
    let when = |when: Value| json!([{ "roles": ["viewer", "admin"], "scope": "s", "when": when }]);
    for (pointer, value, expected) in [
        ("/lockout/per_account", Value::Null, "lockout-incomplete lockout"),
        ("/lockout/per_client/window", Value::Null, "lockout-incomplete lockout.per_client"),
        ("/lockout/per_client/base", json!("0s"), "lockout-incomplete lockout.per_client"),
        ("/lockout/per_account/failures", json!(101), "lockout-too-many-failures lockout.per_account.failures"),
        ("/lockout/per_client/failures", json!(51), "lockout-levels-swapped lockout.per_client"),
        ("/lockout/per_client/base", json!("2h"), "lockout-times lockout.per_client.base"),
        ("/access/permissions/p", rule(json!(["viewer", "admin", "editor"])), "access-unknown-role access.permissions.p[0]"),
        ("/access/permissions", Value::Null, "access-incomplete access"),
        ("/access/permissions/p", when(json!(["owner", "owner"])), "access-condition-unclear access.permissions.p[0]"),
        ("/access/permissions/p", when(json!([{ "authenticated_within": "0s" }])), "access-condition-unclear access.permissions.p[0]"),
        ("/data/input/max_body", json!("0B"), "input-admits-nothing data.input.max_body"),
        ("/data/input/content_types", json!([]), "spec-empty-list data.input.content_types"),
        ("/jwt/keys/k/verify_until", json!("2027-01-01"), "jwt-key-until jwt.keys.k.verify_until"),
        ("/jwt/access_ttl", json!("1d"), "jwt-lifetimes jwt.access_ttl"),
        ("/http/cookies/s/max_age", json!("0s"), "cookie-incomplete http.cookies.s.max_age"),
        ("/http/cookies/s/same_site", json!("none"), ""),
        ("/network", Value::Null, "network-no-service-trusts lockout"),
    ] {
        let (errors, _) = told(&[(pointer, value)]);
        assert_eq!(errors, if expected.is_empty() { vec![] } else { vec![expected.to_owned()] }, "{pointer}");
    }
    // An environment that counts in memory inherits it from those that do not.
    let (errors, warnings) = told(&[("/rate_limits/limits/a/on_store_error", json!("allow"))]);
    assert_eq!((errors, warnings), (vec![], vec!["rate-limit-store-error rate_limits.limits.a.on_store_error".to_owned()]));
    // Roles that no rule names come with it.
    let (errors, warnings) = told(&[("/access/permissions/p", json!([])), ("/jwt/keys/old/verify_until", json!("2026-11-24"))]);
    let expected = ["access-unused access.permissions.p", "access-unused access.roles", "access-unused access.roles", "jwt-key-over jwt.keys.old.verify_until"];
    assert_eq!((errors, warnings), (vec![], expected.map(str::to_owned).to_vec()));
    let scope = json!({ "match": { "prefix": "/e/" }, "http": { "headers": { "framing": "deny" } } });
    let (errors, _) = told(&[("/http/sent_by", json!("rust")), ("/scopes", json!({ "e": scope }))]);
    assert_eq!(errors, ["spec-not-supported scopes.e"]);
}

#[test]
fn the_messages_about_the_service_read_well() {
    let spec = SPEC
        .replace("keys: { \"2026-11\": {", "keys: { \"2026-11\": { verify_until: 2026-12-31,")
        .replace("failures: 5,", "failures: 500,")
        .replace("roles: [viewer, admin], scope", "roles: [viever, admin], scope")
        .replace("environments:", "rate_limits: { store: { redis: {} } }\nenvironments:");
    let project = Project::with_spec(&spec);
    assert_snapshot!("service_spec_errors", project.run(&["validate"]).exits(2).shown(&project));
    let project = Project::with_spec(&spec.replace("store: { redis: {} }", "store: memory"));
    assert_snapshot!("service_spec_lints", project.run(&["validate"]).exits(2).shown(&project));
}

#[test]
fn headers_of_the_service_are_not_asked_of_nginx() {
    let spec = "version: 1\nservice: a\nhttp: { sent_by: rust, headers: { content_type_options: nosniff, remove: [Server] } }\n\
                targets: { nginx: { out: n, check: [nginx.conf] }, rust: { out: src/security } }\n";
    let project = Project::with_spec(spec);
    project.write(
        "nginx.conf",
        "events {}\nhttp {\n    include n/security-headers.conf;\n    server { listen 443 ssl; location / { proxy_pass http://127.0.0.1:1; } }\n}\n",
    );
    project.run(&["render"]).exits(0);
    assert!(!project.read("n/security-headers.conf").contains("nosniff"));
    assert!(project.read(POLICY).contains(r#"("x-content-type-options", "nosniff")"#));
    let report = project.run(&["check", "--format", "json"]).json();
    let checks: Vec<String> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| format!("{} {} {}", c["intent"].as_str().unwrap(), c["target"].as_str().unwrap(), c["verdict"].as_str().unwrap()))
        .collect();
    assert!(checks.contains(&"http.headers.content_type_options rust rendered".to_owned()), "{checks:?}");
    assert!(!checks.iter().any(|c| c.starts_with("http.headers.content_type_options nginx")), "{checks:?}");
}
