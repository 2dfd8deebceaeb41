//! A real response: nginx with the rendered headers, curl, and secgen behind it.

use super::runs::run;
use crate::support::{self, nginx_debian};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// nginx, stopped when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().flatten().filter(|e| e.file_type().is_file()) {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(entry.path(), target).unwrap();
    }
}

/// The quickstart, rendered, served over HTTPS with a redirect from plain HTTP; `more` goes into a location of its own.
fn serve(program: &Path, more: &str) -> (Server, tempfile::TempDir, u16, u16) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    copy(&support::project().join("examples/quickstart"), root);
    let rendered = Command::new(env!("CARGO_BIN_EXE_secgen")).arg("render").current_dir(root).output().unwrap();
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]);
    assert!(openssl.current_dir(root).output().unwrap().status.success());
    fs::create_dir(root.join("html")).unwrap();
    for page in ["index.html", "other.html"] {
        fs::write(root.join("html").join(page), "<!doctype html>\n\nHTTP/1.1 is what this page is about\n").unwrap();
    }
    let (https, http) = (free_port(), free_port());
    let mut text =
        format!("daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/error.log;\nevents {{ }}\nhttp {{\naccess_log off;\n", root.display());
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        text.push_str(&format!("{name}_temp_path {}/{name}_temp;\n", root.display()));
    }
    text.push_str(&format!(
        "types {{ text/html html; }}\ninclude {0}/deploy/nginx/secgen/tls.conf;\nserver {{ listen 127.0.0.1:{http}; return 301 https://127.0.0.1:{https}$request_uri; }}\n\
         server {{ listen 127.0.0.1:{https} ssl; ssl_certificate {0}/cert.pem; ssl_certificate_key {0}/key.pem; root {0}/html;\n\
         include {0}/deploy/nginx/secgen/security-headers.conf;\nlocation = /other.html {{ {more} }} }}\n}}\n",
        root.display()
    ));
    fs::write(root.join("main.conf"), text).unwrap();
    let mut command = Command::new(program);
    command.arg("-p").arg(root).arg("-c").arg(root.join("main.conf")).arg("-e").arg(root.join("error.log"));
    let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", https)).is_err() {
        assert!(Instant::now() < until, "nginx does not answer: {:?}", fs::read_to_string(root.join("error.log")));
        std::thread::sleep(Duration::from_millis(20));
    }
    (server, folder, https, http)
}

/// What curl prints, on both streams where it talks.
fn curl(args: &[&str], url: &str) -> Vec<u8> {
    let output = Command::new("curl").args(["-k", "-m", "20"]).args(args).arg(url).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    if args.contains(&"-sv") { [output.stderr, output.stdout].concat() } else { output.stdout }
}

const ONLY: [&str; 4] = ["--source", "http-response=-", "--target", "http-response"];

#[test]
fn a_real_server_meets_the_policy_that_it_was_rendered_from() {
    let Some(program) = nginx_debian() else { return };
    let (_server, folder, https, http) = serve(&program, "add_header Cache-Control no-store;");
    let url = |path: &str| format!("https://127.0.0.1:{https}{path}");
    let forms: [&[&str]; 6] = [&["-si"], &["-si", "--http1.1"], &["-sI"], &["-siL"], &["-sv"], &["-sv", "-o", "/dev/null"]];
    for path in ["/", "/no-such-page"] {
        for form in forms {
            let text = curl(form, &url(path));
            let (code, out) = run(folder.path(), &ONLY, &text);
            assert!(code == 0 && out.contains("observed in one response: 6 intents met"), "{form:?} {path}: {code} {out}\n{}", String::from_utf8_lossy(&text));
        }
    }
    // From plain HTTP on: what the redirect itself lacks, nobody needs.
    let text = curl(&["-siL"], &format!("http://127.0.0.1:{http}/"));
    let (code, out) = run(folder.path(), &ONLY, &text);
    assert!(code == 0 && out.contains("observed in 2 responses: 6 intents met"), "{code} {out}\n{}", String::from_utf8_lossy(&text));
    assert!(!out.contains("came over HTTPS"), "the redirect shows it: {out}");
    // A location that cuts the headers off.
    let text = curl(&["-si"], &url("/other.html"));
    let (code, out) = run(folder.path(), &ONLY, &text);
    assert!(code == 1 && out.contains("response-header-missing") && out.contains("observed in one response: 2 intents met"), "{code} {out}");
    assert!(!out.contains("what this page is about"), "{out}");
}
