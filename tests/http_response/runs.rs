//! Whole runs: what the user sees, and the exit codes.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Exit code and standard output of a run.
pub(super) fn run(folder: &Path, args: &[&str], input: &[u8]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_secgen"));
    command.args(["--date", "2026-11-25", "check"]).args(args).current_dir(folder).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

const SPEC: &str = "\
version: 1
service: shop
http:
  site: https://shop.example.com
  headers:
    hsts: { max_age: 365d, include_subdomains: true }
    framing: sameorigin
    content_type_options: nosniff
    csp: { directives: { default-src: [self], object-src: [none], base-uri: [none], form-action: [self] } }
    remove: [Server, X-Powered-By]
  cookies:
    session: { name: sid, secure: true, http_only: true, same_site: lax }
";

const GOOD: &str = "\
HTTP/2 200 \r
server: nginx\r
content-type: text/html; charset=utf-8\r
strict-transport-security: max-age=31536000; includeSubDomains\r
x-frame-options: SAMEORIGIN\r
x-content-type-options: nosniff\r
content-security-policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'\r
set-cookie: sid=topsecretvalue; Secure; HttpOnly; SameSite=Lax; Path=/\r
\r
<!doctype html>
";

const WEAK: &str = "\
HTTP/1.1 301 Moved Permanently\r
Server: nginx\r
Location: https://shop.example.com/\r
\r
HTTP/2 200 \r
server: Apache/2.4.62 (Debian)\r
x-powered-by: PHP/8.2.26\r
content-type: text/html; charset=utf-8\r
strict-transport-security: max-age=300\r
x-frame-options: ALLOW-FROM https://shop.example.com\r
content-security-policy-report-only: default-src 'self'\r
set-cookie: sid=topsecretvalue; Path=/\r
authorization: Bearer alsosecret\r
\r
<!doctype html> a secret of the body
";

fn project(spec: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("secgen.yaml"), spec).unwrap();
    folder
}

fn shown((code, out): (i32, String)) -> String {
    for secret in ["topsecret", "alsosecret", "secret of the body"] {
        assert!(!out.contains(secret), "{out}");
    }
    format!("exit {code}\n{}", out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

const PIPED: [&str; 2] = ["--source", "http-response=-"];

#[test]
fn all_met() {
    insta::assert_snapshot!("good", shown(run(project(SPEC).path(), &PIPED, GOOD.as_bytes())));
}

#[test]
fn weaker_behind_a_redirect() {
    insta::assert_snapshot!("weak", shown(run(project(SPEC).path(), &PIPED, WEAK.as_bytes())));
}

#[test]
fn every_check() {
    insta::assert_snapshot!("weak_verbose", shown(run(project(SPEC).path(), &["-v", "--source", "http-response=-"], WEAK.as_bytes())));
}

#[test]
fn texts_that_cannot_be_read() {
    let folder = project(SPEC);
    insta::assert_snapshot!("broken", shown(run(folder.path(), &PIPED, b"HTTP/2 200\r\nserver: x\r\na secret of the body\r\n")));
    let (code, out) = run(folder.path(), &PIPED, b"");
    assert!(code == 2 && out.contains("the text is empty") && !out.contains("cannot be verified"), "{code} {out}");
    let (code, out) = run(folder.path(), &["--source", "http-response=gone.txt"], b"");
    assert!(code == 2 && out.contains("gone.txt does not exist"), "{code} {out}");
    let (code, out) = run(folder.path(), &["--source", "http=-"], b"");
    assert!(code == 2 && out.contains("KIND one of nginx, postgres, rust, cargo, operations, templates, http-response"), "{code} {out}");
}

/// One that cannot be read does not hide what the other says.
#[test]
fn several_captures() {
    let folder = project(SPEC);
    fs::write(folder.path().join("weak.txt"), WEAK).unwrap();
    fs::write(folder.path().join("good.txt"), GOOD).unwrap();
    let both = ["--source", "http-response=weak.txt", "--source", "http-response=good.txt", "--format", "json"];
    let (code, out) = run(folder.path(), &both, b"");
    let report: Value = serde_json::from_str(&out).unwrap();
    let places: std::collections::BTreeSet<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["place"].as_str().unwrap()).collect();
    let want = ["response (200) in good.txt", "response (200) in weak.txt", "response 1 (301) in weak.txt"];
    assert_eq!((code, places.into_iter().collect::<Vec<_>>()), (1, want.to_vec()));
    fs::write(folder.path().join("good.txt"), "bogus").unwrap();
    let (code, out) = run(folder.path(), &both, b"");
    assert!(code == 2 && out.contains("weaker"), "{code} {out}");
}

/// A capture is told by its first line, where a built-in profile is asked about a file.
#[test]
fn files_are_recognised() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("capture.txt"), GOOD).unwrap();
    let (code, out) = run(folder.path(), &["--spec", "secgen:recommended", "capture.txt"], b"");
    assert!(code == 0 && out.contains("observed in one response: 5 intents met") && out.contains("0 verified in 0 checked sources"), "{code} {out}");
}

/// One response proves nothing of what nginx renders: its intents stay rendered only.
#[test]
fn what_was_observed_is_never_verified() {
    let folder = project(&format!("{SPEC}targets: {{ nginx: {{ out: n, version: '1.26' }} }}\n"));
    let rendered = Command::new(env!("CARGO_BIN_EXE_secgen")).arg("render").current_dir(folder.path()).output().unwrap();
    assert!(rendered.status.success());
    let (code, out) = run(folder.path(), &[&PIPED[..], &["--format", "json"]].concat(), GOOD.as_bytes());
    let report: Value = serde_json::from_str(&out).unwrap();
    let summary = |name: &str| report["summary"][name].as_u64().unwrap();
    assert_eq!((code, summary("intents"), summary("verified"), summary("observed")), (0, 6, 0, 6), "{out}");
    assert_eq!(report["summary"]["verdicts"]["rendered"].as_u64(), Some(6), "{out}");
    let kinds: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["target"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"nginx") && kinds.contains(&"http-response"));
    // A weaker response takes the word `verified` from what a file shows.
    fs::write(folder.path().join("nginx.conf"), "events {}\nhttp { server { listen 443 ssl; include n/security-headers.conf; } }\n").unwrap();
    let args = ["--source", "nginx=nginx.conf", "--format", "json"];
    let of = |input: &str, source: &[&str]| {
        let (_, out) = run(folder.path(), &[&args[..], source].concat(), input.as_bytes());
        let report: Value = serde_json::from_str(&out).unwrap();
        (report["summary"]["verified"].as_u64().unwrap(), report["summary"]["observed"].as_u64().unwrap())
    };
    let alone = of("", &[]);
    let with = |input: &str| of(input, &PIPED);
    assert_eq!((alone.1, with(GOOD)), (0, (alone.0, 6)));
    assert_eq!(with(WEAK), (0, 0), "hsts, framing, nosniff and csp are met in the file, and not in the response");
}

/// The response alone, whatever else the spec has.
#[test]
fn only_the_response() {
    let folder = project(&format!("{SPEC}targets: {{ nginx: {{ out: n, version: '1.26' }} }}\n"));
    let (code, out) = run(folder.path(), &PIPED, GOOD.as_bytes());
    assert!(code == 1 && out.contains("artifact-missing"), "{code} {out}");
    let (code, out) = run(folder.path(), &[&PIPED[..], &["--target", "http-response"]].concat(), GOOD.as_bytes());
    assert!(code == 0 && out.contains("observed in one response: 6 intents met"), "{code} {out}");
    let (code, out) = run(folder.path(), &["--target", "http-response"], b"");
    assert!(code == 2 && out.contains("nothing to check"), "{code} {out}");
}

/// Values of cookies and of headers that hold secrets are masked, whatever the format.
#[test]
fn secrets_stay_inside() {
    let folder = project(SPEC);
    for format in ["text", "json"] {
        for text in [WEAK.to_owned(), WEAK.replace("set-cookie: sid=topsecretvalue; Path=/", "Set-Cookie:sid = topsecretvalue")] {
            let (_, out) = run(folder.path(), &["-v", "--source", "http-response=-", "--format", format], text.as_bytes());
            assert!(out.contains("http.cookies.session"), "{out}");
            shown((1, out));
        }
    }
}
