//! The rendered files on real nginx, Debian's and a current one: `nginx -t`, real responses, real handshakes.

use super::render::{HOSTILE, full, hostile, render};
use super::server::{Program, certificate, free_port, programs, write};
use super::short;
use secgen::policy::Policy;
use secgen::policy::intents::{header_texts, scope_headers};
use secgen::source::Sources;
use secgen::strictness::Order;
use secgen::targets::nginx::Nginx;
use secgen::targets::nginx::versions::Versions;
use secgen::targets::{Found, Input, Target};
use serde_json::json;
use std::fmt::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A running nginx in a folder of its own; stopped when it is dropped, also by a test that fails.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The program may be a wrapper: the server itself goes by its pid file.
        if let Ok(pid) = std::fs::read_to_string(self.folder.path().join("nginx.pid")) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes artifacts, pages and a certificate.
fn prepare(policy: &Policy) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (artifact, text) in render(policy) {
        write(&root.join(&artifact.path), &text);
    }
    for page in ["html/index.html", "html/embed/index.html", "html/login", "html/sub/page.html"] {
        write(&root.join(page), "page");
    }
    certificate(root);
    folder
}

/// A main file around the http block's content; everything that is written goes below the folder.
pub(super) fn main_file(folder: &Path, http: &str) -> String {
    let root = folder.display();
    let mut text = format!("daemon off; master_process off; pid {root}/nginx.pid; error_log {root}/error.log;\nevents {{ }}\nhttp {{\naccess_log off;\n");
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(text, "{name}_temp_path {root}/{name}_temp;").unwrap();
    }
    text + http + "\n}\n"
}

fn test_config(program: &Program, folder: &Path) -> Output {
    program.command(folder, &["-t"]).output().unwrap()
}

impl Server {
    fn start(program: &Program, folder: tempfile::TempDir, port: u16) -> Self {
        let output = test_config(program, folder.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "nginx {}: {said}", program.nginx);
        assert!(!said.contains("[warn]"), "nginx {}: {said}", program.nginx);
        let child = program.command(folder.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { child, folder, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nginx does not answer: {:?}", std::fs::read_to_string(server.folder.path().join("error.log")));
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Status and header lines of a response.
    fn get(&self, path: &str) -> (u16, Vec<(String, String)>) {
        self.get_from(path, "")
    }

    /// The same for a request of a page of another origin.
    fn get_from(&self, path: &str, origin: &str) -> (u16, Vec<(String, String)>) {
        let (url, header) = (format!("https://127.0.0.1:{}{path}", self.port), format!("Origin: {origin}"));
        let output = Command::new("curl").args(["-sk", "--http1.1", "-m", "20", "-D-", "-o", "/dev/null", "-H", &header, &url]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("{path}: {text:?}"));
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (status, headers)
    }

    /// Header lines that nginx does not send by itself.
    fn security_headers(&self, path: &str) -> (u16, Vec<(String, String)>) {
        let own = ["Server", "Date", "Content-Type", "Content-Length", "Connection", "Last-Modified", "ETag", "Accept-Ranges", "Location"];
        let (status, headers) = self.get(path);
        (status, headers.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect())
    }

    fn handshake(&self, arguments: &[&str]) -> bool {
        let to = format!("127.0.0.1:{}", self.port);
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &to]).args(arguments).stdin(Stdio::null());
        command.output().unwrap().status.success()
    }
}

fn owned(lines: &[(&'static str, &str)]) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn real_responses_carry_exactly_the_headers_of_the_spec() {
    for program in programs() {
        let policy = full(&program.nginx, &program.openssl, json!({}));
        let folder = prepare(&policy);
        let (port, backend) = (free_port(), free_port());
        let http = format!(
            "include snippets/tls.conf;\ninclude snippets/rate-limit-zones.conf;\n\
             server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\nroot html;\n\
             include snippets/security-headers.conf;\n\
             location / {{ }}\nlocation = /moved {{ return 301 /; }}\nlocation = /fail {{ return 500; }}\n\
             location /embed/ {{ include snippets/security-headers.embed.conf; }}\n\
             location /api/ {{ include snippets/rate-limit.api.conf; proxy_pass http://127.0.0.1:{backend}; }}\n\
             location = /login {{ include snippets/rate-limit.login.conf; }}\n}}\n\
             server {{\nlisten 127.0.0.1:{backend};\nserver_name backend;\nadd_header X-Frame-Options UPSTREAM always;\nadd_header Strict-Transport-Security max-age=0 always;\n\
             return 404 up;\n}}"
        );
        write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &http));
        reading_agrees(&policy, folder.path());

        let server = Server::start(&program, folder, port);
        let base = header_texts(policy.spec.http.as_ref().unwrap().headers.as_ref().unwrap());
        let base = owned(&base.lines());
        for (path, status) in [("/", 200), ("/none", 404), ("/moved", 301), ("/sub", 301), ("/fail", 500), ("/api/", 404)] {
            assert_eq!(server.security_headers(path), (status, base.clone()), "nginx {} {path}", program.nginx);
        }
        let scope = policy.spec.scopes.as_ref().unwrap().values().next().unwrap();
        let embed = header_texts(&scope_headers(&policy.spec, scope));
        assert_eq!(server.security_headers("/embed/"), (200, owned(&embed.lines())), "nginx {}", program.nginx);

        // Three a minute and three at once: the fifth of one moment is too many.
        let statuses: Vec<u16> = (0..6).map(|_| server.security_headers("/login").0).collect();
        assert_eq!(statuses[..4], [200; 4], "nginx {}: {statuses:?}", program.nginx);
        assert!(statuses[4..].contains(&429), "nginx {}: {statuses:?}", program.nginx);
        assert_eq!(server.security_headers("/login"), (429, base), "nginx {}", program.nginx);

        assert!(server.handshake(&["-tls1_3"]), "nginx {}", program.nginx);
        assert!(!server.handshake(&["-tls1_2"]), "nginx {}", program.nginx);
        assert!(!server.handshake(&["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"]), "nginx {}", program.nginx);
        assert!(!server.handshake(&["-tls1_3", "-groups", "P-521"]), "nginx {}: not a group of the profile", program.nginx);
    }
}

/// What the evaluator says of the same tree: every place meets the policy, but for what the backend does.
fn reading_agrees(policy: &Policy, folder: &Path) {
    let mut sources = Sources::new(folder);
    let reading = Nginx.read(policy, &mut sources, &[Input { path: "nginx.conf".to_owned(), id: None }]);
    assert!(reading.findings.is_empty() && reading.not_examined.is_empty(), "{:?}", reading.findings);
    let mut judged = 0;
    for fact in reading.facts.iter().filter(|f| !f.place.starts_with("server backend")) {
        let intent = policy.intent(&fact.intent).unwrap();
        let Found::Set { value, .. } = &fact.found else { panic!("{} at {}: {}", fact.intent, fact.place, short(&fact.found)) };
        assert_eq!(intent.value.compare(value).order, Order::Equal, "{} at {}", fact.intent, fact.place);
        judged += 1;
    }
    assert!(judged > 40, "{judged}");
}

#[test]
fn every_profile_is_accepted_and_means_what_it_says() {
    for program in programs() {
        for (profile, guideline) in [("intermediate", "6.0"), ("intermediate", "5.7"), ("old", "5.8")] {
            let tls = json!({ "tls": { "profile": { "mozilla": profile, "guideline": guideline } } });
            let policy = full(&program.nginx, &program.openssl, tls);
            let folder = prepare(&policy);
            let port = free_port();
            let http = format!(
                "include snippets/tls.conf;\nserver {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\nroot html;\n}}"
            );
            write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &http));
            let server = Server::start(&program, folder, port);
            assert!(server.handshake(&["-tls1_2"]) && server.handshake(&["-tls1_3"]), "nginx {} {profile}", program.nginx);
            if profile == "intermediate" {
                // The client's own level must not be what refuses.
                assert!(!server.handshake(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]), "nginx {}", program.nginx);
                assert!(!server.handshake(&["-tls1_2", "-cipher", "AES128-SHA"]), "nginx {}: no forward secrecy", program.nginx);
            }
        }
    }
}

/// What the encoder lets through comes back equal in a real response.
#[test]
fn hostile_values_come_back_equal_or_never_get_there() {
    for program in programs() {
        let accepted: Vec<Policy> = HOSTILE.iter().map(|text| hostile(text)).filter(|p| Nginx.artifacts(p).is_ok()).collect();
        assert!(accepted.len() >= 5, "{}", accepted.len());
        let folder = prepare(&full(&program.nginx, &program.openssl, json!({})));
        let port = free_port();
        let mut http =
            format!("server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\nroot html;\n");
        for (i, policy) in accepted.iter().enumerate() {
            let (_, text) = render(policy).into_iter().find(|(a, _)| a.path.ends_with("security-headers.conf")).unwrap();
            write(&folder.path().join(format!("hostile-{i}.conf")), &text);
            writeln!(http, "location = /{i} {{ include hostile-{i}.conf; return 200 ok; }}").unwrap();
        }
        write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &(http + "}")));
        let server = Server::start(&program, folder, port);
        for (i, policy) in accepted.iter().enumerate() {
            let wanted = header_texts(policy.spec.http.as_ref().unwrap().headers.as_ref().unwrap());
            assert_eq!(server.security_headers(&format!("/{i}")), (200, owned(&wanted.lines())), "nginx {} {i}", program.nginx);
        }
    }
}

/// The usage lines say it: the snippet may stand in http, server and location, and nginx refuses it in `if`.
#[test]
fn where_the_snippet_may_stand() {
    for program in programs() {
        let port = free_port();
        for (http, accepted) in [
            ("include snippets/security-headers.conf; server { LISTEN }", true),
            ("server { LISTEN include snippets/security-headers.conf; }", true),
            ("server { LISTEN location / { include snippets/security-headers.conf; } }", true),
            ("server { LISTEN location / { if ($arg_a) { include snippets/security-headers.conf; } } }", false),
        ] {
            let folder = prepare(&full(&program.nginx, &program.openssl, json!({})));
            let http = http.replace("LISTEN", &format!("listen 127.0.0.1:{port};"));
            write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &http));
            let output = test_config(&program, folder.path());
            assert_eq!(output.status.success(), accepted, "nginx {} {http}: {}", program.nginx, String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// Cookies, other origins, removed headers and TLS groups, as a client sees them.
#[test]
fn cookies_and_other_origins_in_real_responses() {
    for program in programs() {
        let policy = super::cross_origin::more(&program.nginx, &program.openssl);
        let folder = prepare(&policy);
        let (port, backend, plain) = (free_port(), free_port(), free_port());
        let http = format!(
            "include snippets/tls.conf;\ninclude snippets/cors-origins.conf;\ninclude snippets/cookies.conf;\n\
             server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\nroot html;\n\
             include snippets/security-headers.conf;\n\
             location /up/ {{ proxy_pass http://127.0.0.1:{backend}; }}\n\
             location /passed/ {{ proxy_hide_header Via; proxy_pass_header Via; proxy_pass_header Server; proxy_pass http://127.0.0.1:{backend}; }}\n\
             location /api/ {{ include snippets/security-headers.conf; include snippets/cors.api.conf; proxy_pass http://127.0.0.1:{backend}; }}\n\
             location /public/ {{ include snippets/security-headers.conf; include snippets/cors.pub-lic_1.conf; proxy_pass http://127.0.0.1:{backend}; }}\n}}\n\
             server {{\nlisten 127.0.0.1:{backend};\nserver_name backend;\nadd_header X-Powered-By PHP/8 always;\nadd_header Via proxy always;\n\
             add_header Access-Control-Allow-Origin https://backend.example always;\n\
             add_header Set-Cookie \"__Host-session=a; Path=/\" always;\nadd_header Set-Cookie \"theme=b; SameSite=None\" always;\nreturn 200 up;\n}}\n\
             server {{\nlisten 127.0.0.1:{plain};\nserver_name localhost;\ninclude snippets/redirect-https.conf;\n}}"
        );
        write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &http));
        let server = Server::start(&program, folder, port);
        let all = |path: &str, origin: &str, name: &str| -> Vec<String> {
            let (_, headers) = server.get_from(path, origin);
            headers.into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
        };
        // A request in plain text gets nothing but the address of the same path over HTTPS.
        let address = format!("http://127.0.0.1:{plain}/a?b=c");
        let output = Command::new("curl").args(["-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", &address]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "308 https://127.0.0.1/a?b=c", "nginx {}", program.nginx);
        assert_eq!(all("/up/", "x", "Server"), ["nginx"], "nginx {}", program.nginx);
        assert!(all("/up/", "x", "X-Powered-By").is_empty() && all("/api/", "x", "Via").is_empty(), "nginx {}", program.nginx);
        // What is passed is not hidden, whatever the other list says.
        assert_eq!(all("/passed/", "x", "Via"), ["proxy"], "nginx {}", program.nginx);
        assert!(all("/passed/", "x", "Server")[0].starts_with("nginx/"), "nginx {}", program.nginx);
        let cookies = ["__Host-session=a; Path=/; Secure; HttpOnly; SameSite=Lax", "theme=b; SameSite=Strict"];
        assert_eq!(all("/up/", "x", "Set-Cookie"), cookies, "nginx {}", program.nginx);
        assert_eq!(all("/up/", "x", "Cache-Control"), ["private"]);
        for origin in ["https://app.example.com", "https://a-very-long-name.of-a-partner.example.com:8443"] {
            assert_eq!(all("/api/", origin, "Access-Control-Allow-Origin"), [origin], "nginx {}", program.nginx);
        }
        // Of others, near ones too, nothing is repeated.
        for origin in ["https://evil.example", "https://app.example.com.evil.example", "https://a-very-long-nameXof-a-partner.example.com:8443", "null"] {
            assert!(all("/api/", origin, "Access-Control-Allow-Origin").is_empty(), "nginx {}: {origin}", program.nginx);
        }
        assert_eq!(all("/api/", "https://evil.example", "Vary"), ["Origin"]);
        assert_eq!(all("/public/", "https://evil.example", "Access-Control-Allow-Origin"), ["*"]);
        assert_eq!(all("/public/", "x", "Permissions-Policy").len(), 1, "nginx {}", program.nginx);
        assert!(server.handshake(&["-groups", "X25519"]) && !server.handshake(&["-groups", "P-256"]), "nginx {}", program.nginx);
    }
}

/// Without a line, OpenSSL's own list holds: the groups of `Versions::default_groups`, no more and no fewer.
#[test]
fn openssl_offers_by_itself_the_groups_that_are_listed_for_its_version() {
    for program in programs() {
        let policy = full(&program.nginx, &program.openssl, json!({ "tls": { "groups": ["X25519"] } }));
        let versions = Versions::of(policy.spec.targets.as_ref().unwrap().nginx.as_ref());
        let (listed, _) = versions.default_groups().unwrap();
        let (folder, port) = (prepare(&policy), free_port());
        let http = format!(
            "ssl_protocols TLSv1.3;\nserver {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\nroot html;\n}}"
        );
        write(&folder.path().join("nginx.conf"), &main_file(folder.path(), &http));
        let server = Server::start(&program, folder, port);
        let all = ["X25519", "X448", "prime256v1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"];
        for group in all {
            assert_eq!(
                server.handshake(&["-groups", group]),
                listed.names().any(|n| n == group),
                "nginx {} with OpenSSL {}: {group}",
                program.nginx,
                program.openssl
            );
        }
    }
}
