//! Whole runs with `--source nginx=-`: main files, parts, templates, and what `nginx -T` prints.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Exit code and standard output.
fn run(folder: &Path, args: &[&str], input: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_secgen"));
    command.args(["--date", "2026-11-25", "check"]).args(args).current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

const SPEC: &str = "version: 1\nservice: x\nhttp: { headers: { content_type_options: nosniff } }\n";

fn piped(input: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secgen.yaml"), SPEC).unwrap();
    run(folder.path(), &["--source", "nginx=-"], input)
}

const GOOD: &str = "add_header X-Content-Type-Options nosniff always;";
const WEAK: &str = "add_header X-Content-Type-Options none always;";

#[test]
fn main_files() {
    let (code, out) = piped(&format!("http {{\nserver {{ listen 80; server_name a;\n{GOOD} }}\n}}"));
    assert!(code == 0 && out.contains("1 verified in 1 checked source"), "{code} {out}");
    let (code, out) = piped(&format!("http {{\nserver {{ listen 80; server_name a;\n{WEAK} }}\n}}"));
    assert!(code == 1 && out.contains("--> <stdin>:3:1"), "{code} {out}");
    let (code, out) = piped("http {\nserver { listen 80\n}\n");
    assert!(code == 2 && out.contains("--> <stdin>:3:1") && out.contains("nginx-syntax"), "{code} {out}");
    let (code, out) = piped("");
    assert!(code == 1 && out.contains("0 verified"), "nothing is no pass: {code} {out}");
}

#[test]
fn parts() {
    let (code, out) = piped(&format!("server {{ listen 80; server_name a; {GOOD} }}"));
    assert!(code == 0 && out.contains("not examined: what surrounds <stdin>"), "{code} {out}");
    let (code, out) = piped(&format!("# secgen: context=server\n{WEAK}"));
    assert!(code == 1 && out.contains("--> <stdin>:2:1"), "{code} {out}");
    let (code, out) = piped("location / { proxy_pass http://x; }");
    assert!(code == 1 && out.contains("cannot be verified") | out.contains("unverifiable") | out.contains("part of a configuration"), "{code} {out}");
    let (code, out) = piped("# secgen: context=nowhere\nlocation / { }");
    assert!(code == 2 && out.contains("nginx-context"), "{code} {out}");
}

#[test]
fn output_of_nginx() {
    let dump = |sec: &str| {
        format!(
            "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n\
             # configuration file /etc/nginx/nginx.conf:\nhttp {{\n  include sec.conf;\n  server {{ listen 80; server_name a; }}\n}}\n\n# configuration file /etc/nginx/sec.conf:\n# own\n{sec}\n\n"
        )
    };
    let (code, out) = piped(&dump(GOOD));
    assert!(code == 0 && out.contains("verified in 2 checked sources"), "{code} {out}");
    let (code, out) = piped(&dump(WEAK));
    assert!(code == 1 && out.contains("--> /etc/nginx/sec.conf:2:1") && out.contains("this is line 11 of <stdin>"), "{code} {out}");
}

/// A file with such output may be listed under `check` too, and named on the command line.
#[test]
fn output_of_nginx_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secgen.yaml"), format!("{SPEC}targets: {{ nginx: {{ check: [prod.txt, other.conf] }} }}\n")).unwrap();
    std::fs::write(folder.path().join("other.conf"), format!("http {{ server {{ listen 80; server_name o; {WEAK} }} }}")).unwrap();
    let dump = format!(
        "# configuration file /etc/nginx/nginx.conf:\nhttp {{ include a.conf; }}\n\n# configuration file /etc/nginx/a.conf:\nserver {{ listen 80;\n{WEAK} }}\n"
    );
    std::fs::write(folder.path().join("prod.txt"), dump).unwrap();
    let (code, out) = run(folder.path(), &["prod.txt", "--format", "json"], "");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, report["findings"].as_array().unwrap().len()), (1, 1), "only what lies in prod.txt: {out}");
    let location = &report["findings"][0]["location"];
    assert_eq!((location["path"].as_str(), location["line"].as_u64()), (Some("/etc/nginx/a.conf"), Some(2)));
    assert_eq!((location["within"]["path"].as_str(), location["within"]["line"].as_u64()), (Some("prod.txt"), Some(6)));
}

#[test]
fn templates() {
    let text = "http {\nserver {\nlisten 80;\nserver_name {{ name }};\n}\n}";
    let (code, out) = piped(text);
    assert!(code == 1 && out.contains("nginx-template") && out.contains("--> <stdin>:4:"), "unknown is no error and no pass: {code} {out}");
    assert!(out.contains("RENDER-COMMAND | secgen check --source nginx=-") && out.contains("not examined: <stdin>: a template"), "{out}");
    let folder = tempfile::tempdir().unwrap();
    let spec = format!("{SPEC}targets: {{ nginx: {{ check: [site.template], values: {{ MODE: nosniff }} }} }}\n");
    std::fs::write(folder.path().join("secgen.yaml"), spec).unwrap();
    std::fs::write(folder.path().join("site.template"), "http { server { listen 80; server_name a; add_header X-Content-Type-Options ${MODE} always; } }")
        .unwrap();
    let (code, out) = run(folder.path(), &[], "");
    assert_eq!(code, 0, "{out}");
}
