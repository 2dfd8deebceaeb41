//! Hand-written Rust code, as users see it.

use super::project::Project;

const SPEC: &str = "version: 1
service: payments-api
jwt:
  role: issue
  issuer: https://app.example.com
  audience: https://api.example.com
  access_ttl: 1h
  refresh_ttl: 7d
  sign_with: main
  keys:
    main: { algorithm: HS512, secret: { env: JWT_SECRET } }
network: { service_trusts: [127.0.0.1/32] }
rate_limits:
  limits:
    api: { requests: 100, per: 1h, key: client_ip, match: { prefix: /api/ } }
targets:
  nginx: { version: \"1.26\", out: deploy }
  rust:
    out: src/security
    check: [\"src/**/*.rs\", clippy.toml]
";

const MAIN: &str = "mod security;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode_header};
use std::env;
use std::time::Duration;

fn config() -> jwt::Config {
    jwt::Config {
        secret: env::var(\"JWT_SECRET\").unwrap_or_else(|_| \"correct-horse-battery\".to_string()),
        expiration: Duration::from_secs(24 * 3600),
        refresh_expiration: Duration::from_secs(7 * 24 * 3600),
        algorithm: jwt::Algorithm::HS256,
    }
}

fn verify(token: &str) -> Option<Claims> {
    let mut validation = Validation::new(decode_header(token).ok()?.alg);
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(b\"correct-horse-battery\");
    jsonwebtoken::decode::<Claims>(token, &key, &validation).ok().map(|t| t.claims)
}

fn limits() -> RateLimit {
    // secgen: allow(rate-limit-loser) a load test
    RateLimit::new(\"api_calls\", 1000, 3600)
}
";

fn project(main: &str) -> Project {
    let project = Project::with_spec(SPEC);
    project.run(&["render"]).exits(0);
    project.write("src/main.rs", main);
    project.write("clippy.toml", "disallowed-methods = [\n    \"jsonwebtoken::dangerous::insecure_decode\",\n]\n");
    project
}

#[test]
fn what_contradicts_the_policy() {
    let project = project(MAIN);
    let run = project.run(&["check"]);
    run.exits(1);
    insta::assert_snapshot!("rust_code", run.shown(&project));
}

#[test]
fn a_secret_in_code_reaches_no_output() {
    for (main, code) in [(MAIN.to_owned(), 1), (MAIN.replace("fn limits() ->", "fn limits( ->"), 2)] {
        let project = project(&main);
        for format in ["text", "json", "sarif", "github", "junit", "markdown"] {
            for more in [&["-v"][..], &["-q"], &[]] {
                let run = project.run(&[&["check", "--format", format], more].concat());
                if run.code == Some(2) && run.err.contains("--format") {
                    continue;
                }
                run.exits(code);
                assert!(!run.out.contains("correct-horse") && !run.err.contains("correct-horse"), "{format} {more:?}: {}", run.out);
                assert!(run.out.contains("rust-syntax") || run.out.contains("secret-in-code"), "{format}: {}", run.out);
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_read() {
    let project = project(&MAIN.replace("fn limits() ->", "fn limits( ->"));
    let run = project.run(&["check"]);
    run.exits(2);
    insta::assert_snapshot!("rust_code_unreadable", run.shown(&project));
}

#[test]
fn what_is_right_is_fine_and_verifies_nothing() {
    let project = project("mod security;\n\nfn main() {\n    let _ = RateLimit::new(\"api\", 100, 3600);\n}\n");
    project.edit("secgen.yaml", ", clippy.toml", "");
    let run = project.run(&["check"]);
    run.exits(0);
    assert!(run.out.contains("0 verified"), "{}", run.out);
    // The same by name, and without a spec's list.
    let one = project.run(&["check", "--source", "rust=src/main.rs"]);
    one.exits(0);
    project.write("src/main.rs", MAIN);
    project.run(&["check", "src/main.rs"]).exits(1);
}

#[test]
fn rules_can_be_explained_and_the_key_is_known() {
    let project = Project::empty();
    for rule in ["jwt-signature-unchecked", "secret-default", "rate-limit-inverted", "clippy-ban-missing"] {
        project.run(&["explain", rule]).exits(0);
    }
    let clippy = Project::with_spec(&SPEC.replace("    check: [\"src/**/*.rs\", clippy.toml]", "    clippy: ."));
    clippy.run(&["render"]).exits(0);
    assert!(clippy.read("clippy.toml").contains("insecure_decode"));
    clippy.run(&["check"]).exits(0);
    // A hand edit is judged element by element, and a file of somebody else is never written over.
    clippy.edit("clippy.toml", "std::dbg", "std::todo");
    let edited = clippy.run(&["check"]);
    edited.exits(1);
    assert!(edited.out.contains("disallowed-macros"), "{}", edited.out);
    clippy.write("clippy.toml", "msrv = \"1.80\"\n");
    clippy.run(&["render"]).exits(2);
    assert_eq!(clippy.read("clippy.toml"), "msrv = \"1.80\"\n");
}

/// A target that is checked and not rendered is in use, and so is one that gets a `clippy.toml` only.
#[test]
fn a_target_without_a_module_is_in_use() {
    let is_idle = |target: &str| {
        let project = Project::with_spec(&format!("version: 1\nservice: a\nnetwork: {{ service_trusts: [127.0.0.1/32] }}\ntargets: {{ rust: {target} }}\n"));
        let run = project.run(&["validate"]);
        run.exits(0);
        run.out.contains("target-without-use")
    };
    assert!(is_idle("{}") && is_idle("{ check: [] }"));
    assert!(!is_idle("{ check: [src/main.rs] }") && !is_idle("{ clippy: . }") && !is_idle("{ out: src/security }"));
}
