//! The vectors on the real programs: what they answer must be what the files say, and so what the evaluator says.

use super::super::server::{Program, free_port, programs, write};
use super::{Expected, FILES, OLD, Request, Vector, vectors};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A certificate for all servers, made once.
fn certificate() -> &'static (Vec<u8>, Vec<u8>) {
    static PAIR: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    PAIR.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        super::super::server::certificate(folder.path());
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        (read("cert.pem"), read("key.pem"))
    })
}

/// Header lines that nginx sends by itself; they count where a vector names them.
const OWN: [&str; 12] = [
    "server",
    "date",
    "content-type",
    "content-length",
    "connection",
    "last-modified",
    "etag",
    "accept-ranges",
    "location",
    "transfer-encoding",
    "expires",
    "content-range",
];

/// The main file with the vector on the line where the evaluator had it.
fn prepare(folder: &Path, vector: &Vector, program: &Program, ports: [u16; 3]) {
    let (cert, key) = certificate();
    std::fs::write(folder.join("cert.pem"), cert).unwrap();
    std::fs::write(folder.join("key.pem"), key).unwrap();
    for (page, text) in
        [("index.html", "index"), ("a.txt", "twenty-one bytes text"), ("sub/index.html", "xxxxxxxxxxxxxxxxxxxx"), ("404.html", "none"), ("50x.html", "50x")]
    {
        write(&folder.join("html").join(page), text);
    }
    write(&folder.join("html/img/x.png"), "xxxxxxxxxxxxxxxxxxxx");
    for (path, text) in &vector.files {
        write(&folder.join(path), &Vector::fill(text, ports));
    }
    let root = folder.display();
    let module = "/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so";
    let modules = if vector.id.starts_with('M') && program.nginx == OLD { format!("load_module {module}; ") } else { String::new() };
    let mut temp = String::new();
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = std::fmt::Write::write_fmt(&mut temp, format_args!("{name}_temp_path {root}/{name}_temp; "));
    }
    let types = if vector.config.contains("types {") { "" } else { "types { text/html html; text/plain txt; image/png png; }" };
    let text = format!(
        "{modules}daemon off; master_process off; pid {root}/nginx.pid; error_log {root}/error.log notice; events {{ }}\n\
         http {{ access_log off; {temp} {types}\n{}\n}}\n",
        Vector::fill(&vector.config, ports)
    );
    write(&folder.join("nginx.conf"), &text);
}

/// A running nginx; stopped when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn check(vector: &Vector, program: &Program, expected: &Expected) -> Result<(), String> {
    let ports = [free_port(), free_port(), free_port()];
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), vector, program, ports);
    let test = program.command(folder.path(), &["-t"]).output().unwrap();
    let said = String::from_utf8_lossy(&test.stderr).into_owned();
    if let Some(refused) = &expected.refused {
        if test.status.success() {
            return Err(format!("it starts, instead of {refused:?}"));
        }
        return refusal(vector, refused, &said);
    }
    if !test.status.success() {
        return Err(format!("it does not start: {said}"));
    }
    let warning = expected.warns.as_deref().map(|w| w.split("127.0.0.1").next().unwrap_or(w));
    if !warning.is_none_or(|w| said.contains(w)) || (warning.is_none() && said.contains("[warn]")) {
        return Err(format!("warnings differ: {said}"));
    }
    if expected.requests.is_empty() {
        return Ok(());
    }
    let child = program.command(folder.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _running = Running(child);
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", ports[0])).is_err() {
        if Instant::now() > until {
            return Err(format!("it does not answer: {:?}", std::fs::read_to_string(folder.path().join("error.log"))));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    expected.requests.iter().try_for_each(|request| answered(vector, request, program, ports).map_err(|why| format!("{request:?}: {why}")))
}

/// Whether nginx refuses what was said, at the line that secgen names.
fn refusal(vector: &Vector, refused: &str, said: &str) -> Result<(), String> {
    let Some(message) = refused.strip_prefix("emerg: ") else { return Ok(()) };
    let message = ["$P", "/conf.d", "127.0.0.1"].iter().filter_map(|mark| message.split(mark).next()).min_by_key(|m| m.len()).unwrap_or(message);
    if !said.contains(message) {
        return Err(format!("it says {said:?} instead of {message:?}"));
    }
    let line = vector.line.clone().unwrap_or_else(|| "3".to_owned());
    let place = if line.contains(':') { line } else { format!("nginx.conf:{line}") };
    let named = said.lines().find(|l| l.contains("[emerg]")).and_then(|l| l.rsplit(" in ").next().filter(|p| p.contains(".conf:")));
    match named {
        Some(named) if !named.ends_with(&format!("/{place}")) => Err(format!("it names {named} instead of {place}")),
        _ => Ok(()),
    }
}

fn answered(vector: &Vector, request: &Request, program: &Program, ports: [u16; 3]) -> Result<(), String> {
    if let Some(arguments) = &request.handshake {
        return shaken(arguments, request.gives.as_deref().unwrap_or_default(), ports[0]);
    }
    if let Some(statuses) = &request.statuses {
        let seen: Vec<u16> = statuses.iter().map(|_| send(vector, request, ports).map_or(0, |r| r.status)).collect();
        return if seen == *statuses { Ok(()) } else { Err(format!("{seen:?}")) };
    }
    let response = send(vector, request, ports)?;
    if Some(response.status) != request.status {
        return Err(format!("{response:?}"));
    }
    let expected = request.lines.clone().unwrap_or_default();
    let names: Vec<String> = expected.iter().filter_map(|l| l.split(':').next()).map(str::to_ascii_lowercase).collect();
    let seen: Vec<String> = response
        .lines
        .iter()
        .filter(|(name, _)| !OWN.contains(&&*name.to_ascii_lowercase()) || names.contains(&name.to_ascii_lowercase()))
        .map(shown)
        .collect();
    // The version that a vector was seen on may be another than the installed one.
    let expected: Vec<String> =
        expected.iter().map(|l| if l.starts_with("Server: nginx/") { format!("Server: nginx/{}", program.nginx) } else { l.clone() }).collect();
    if seen != expected {
        return Err(format!("it sends {seen:?}"));
    }
    match &request.trailers {
        Some(trailers) if response.trailers != *trailers => Err(format!("trailers {:?}", response.trailers)),
        _ => Ok(()),
    }
}

fn shown((name, value): &(String, String)) -> String {
    let is_time = matches!(name.to_ascii_lowercase().as_str(), "date" | "expires") && value.ends_with("GMT");
    format!("{name}: {}", if is_time { "<t>" } else { value })
}

#[derive(Debug, Default)]
struct Response {
    status: u16,
    lines: Vec<(String, String)>,
    trailers: Vec<String>,
}

fn parse(bytes: &[u8]) -> Result<Response, String> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("no response: {text:?}"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).ok_or_else(|| format!("no status: {head:?}"))?;
    let lines: Vec<(String, String)> = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let trailers = body.rsplit_once("\r\n0\r\n").map(|(_, rest)| rest.split("\r\n").filter(|l| !l.is_empty()).map(str::to_owned).collect()).unwrap_or_default();
    Ok(Response { status, lines, trailers })
}

fn send(vector: &Vector, request: &Request, ports: [u16; 3]) -> Result<Response, String> {
    // The second port is the TLS one where a vector has both.
    let second = request.tls && vector.config.contains("@PORT2@ ssl");
    let port = ports[usize::from(second)];
    let path = request.path.as_deref().unwrap_or("/");
    if request.tls {
        let host = request.host.as_deref().unwrap_or("127.0.0.1");
        let mut curl = Command::new("curl");
        curl.args(["-sk", "-m", "20", "-i", "--resolve", &format!("{host}:{port}:127.0.0.1"), if request.http2 { "--http2" } else { "--http1.1" }]);
        let output = curl.arg(format!("https://{host}:{port}{path}")).output().map_err(|e| e.to_string())?;
        return parse(&output.stdout);
    }
    let text = request.raw.clone().unwrap_or_else(|| {
        let (method, host, body) =
            (request.method.as_deref().unwrap_or("GET"), request.host.as_deref().unwrap_or("127.0.0.1"), request.body.as_deref().unwrap_or_default());
        let header = request.header.as_ref().map(|h| format!("{h}\r\n")).unwrap_or_default();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}{length}\r\n{body}")
    });
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|e| e.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(|e| e.to_string())?;
    stream.write_all(text.as_bytes()).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    // A server that closes early may reset the connection after its answer.
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

fn shaken(arguments: &[String], gives: &str, port: u16) -> Result<(), String> {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let agreed = text.lines().find_map(|l| l.strip_prefix("New, ")).and_then(|l| l.split_once(", Cipher is ")).filter(|(version, _)| *version != "(NONE)");
    let Some((version, suite)) = agreed else {
        let ok = gives.starts_with("refused") || gives.starts_with("FAIL");
        return if ok { Ok(()) } else { Err(format!("no handshake: {}", String::from_utf8_lossy(&output.stderr))) };
    };
    let mut seen = format!("{version} {suite}");
    if gives.contains("tempkey=") {
        let key = text.lines().find_map(|l| l.strip_prefix("Server Temp Key: ")).unwrap_or_default();
        seen += &format!(" tempkey={key}");
    }
    // Only the vectors about tickets look for them; those of TLS 1.3 come later than the handshake.
    if gives.ends_with(" ticket") && text.contains("TLS session ticket:") {
        seen += " ticket";
    }
    if seen == gives { Ok(()) } else { Err(format!("it gives {seen}")) }
}

#[test]
fn the_real_programs_answer_as_the_vectors_say() {
    let mut failed = Vec::new();
    let mut ran = 0;
    for program in programs() {
        for (group, _) in FILES {
            for vector in vectors(group) {
                let Some(expected) = vector.expected(&program.nginx) else { continue };
                ran += 1;
                if let Err(why) = check(&vector, &program, expected) {
                    failed.push(format!("{} ({}) on nginx {}: {why}", vector.id, vector.about, program.nginx));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} of {ran} fail:\n{}", failed.len(), failed.join("\n"));
    assert!(ran == 0 || ran > 150, "{ran}");
}
