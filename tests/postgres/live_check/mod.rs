//! `check --live postgres`: whole runs against servers of 15 and 18, and against what is no server.

mod access;
mod hostile;
mod privileges;
mod session;
mod tls;
mod values;

use super::live::{Cluster, servers};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// The variable that the specs of these tests name.
const VARIABLE: &str = "SECGEN_TEST_DATABASE";

/// The access rules of the servers: nothing to say about them.
const RULES: &str = "local all all peer map=tests\nhost all all 127.0.0.0/8 scram-sha-256\nhost all all all reject\n";

/// A server that listens on a loopback address of its own.
struct Server {
    cluster: Cluster,
    version: &'static str,
    host: String,
}

/// Servers of every version, with these lines in their configuration; not started.
fn prepared(conf: &str) -> Vec<Server> {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    servers()
        .into_iter()
        .map(|(version, bin)| {
            // Test processes may run side by side, and each cluster has port 5432.
            let pid = std::process::id();
            let host = format!("127.{}.{}.{}", 1 + pid / 250 % 250, 1 + pid % 250, NEXT.fetch_add(1, Ordering::Relaxed));
            let cluster = Cluster::new(&bin);
            cluster.append_conf(&format!("listen_addresses = '{host}'\n{conf}"));
            cluster.write("pg_hba.conf", RULES);
            // Whoever runs the tests is the superuser over the socket.
            cluster.write("pg_ident.conf", "tests /^.*$ postgres\n");
            Server { cluster, version, host }
        })
        .collect()
}

/// The same, started, with a role `auditor` whose password is `pw`, and no privilege.
fn started(conf: &str) -> Vec<Server> {
    let servers = prepared(conf);
    for server in &servers {
        server.cluster.start();
        server.role();
    }
    servers
}

impl Server {
    fn role(&self) {
        self.cluster.query("CREATE ROLE auditor LOGIN PASSWORD 'pw'");
    }

    fn url(&self, parameters: &str) -> String {
        format!("postgres://auditor:pw@{}:5432/postgres?connect_timeout=10&{parameters}", self.host)
    }

    /// The same for the superuser, over the Unix socket.
    fn superuser(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.cluster.folder().display())
    }

    fn check(&self, policy: &str) -> Run {
        check(policy, Some(&self.url("")), &[])
    }

    /// Reloads the configuration, and waits until new sessions have it.
    fn reload(&self) {
        let before = self.cluster.query("SELECT pg_conf_load_time()");
        // The time of a load is kept in whole milliseconds or finer; files in whole seconds.
        self.cluster.query("SELECT pg_reload_conf()");
        for _ in 0..200 {
            if self.cluster.query("SELECT pg_conf_load_time()") != before {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{}", self.cluster.log());
    }

    /// Output without what differs between runs and versions.
    fn shown(&self, run: &Run) -> String {
        let version = self.cluster.query("SHOW server_version");
        let folder = self.cluster.folder().display().to_string();
        let text = run.out.replace(&version, "[VERSION]").replace(&self.host, "[HOST]").replace(&folder, "[FOLDER]");
        text.lines().map(|line| without_number(line) + "\n").collect()
    }
}

/// A line of a screen without the numbers of lines in what the server said and in its sample file: each minor release has
/// other lists of settings.
fn without_number(line: &str) -> String {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let in_front = digits(line);
    let mut line = if in_front == 3 && line[in_front..].starts_with(" | ") { format!("NNN{}", &line[in_front..]) } else { line.to_owned() };
    for before in ["live:[HOST]:5432:", ".s.PGSQL.5432:", "[FOLDER]/data/postgresql.conf:"] {
        if let Some(at) = line.find(before).map(|at| at + before.len()) {
            line = format!("{}NNN{}", &line[..at], &line[at + digits(&line[at..])..]);
        }
    }
    // The way to accept a finding: its fingerprint has the server's folder in it.
    if let Some(at) = line.find("secgen waivers add ") {
        line.truncate(at + "secgen waivers add ".len());
        line.push_str("...");
    }
    line
}

/// What a run gave.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
    took: Duration,
}

impl Run {
    /// Place and verdict of every check of an intent, sorted.
    #[track_caller]
    fn verdicts(&self, intent: &str) -> Vec<(String, String)> {
        let json: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err));
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let checks = json["checks"].as_array().unwrap();
        let mut found: Vec<_> = checks.iter().filter(|c| c["intent"] == intent).map(|c| (text(&c["place"]), text(&c["verdict"]))).collect();
        found.sort();
        found
    }

    /// The verdict on the server itself.
    #[track_caller]
    fn verdict(&self, intent: &str) -> String {
        self.verdicts(intent).into_iter().find(|(place, _)| place == "live server").map(|(_, verdict)| verdict).unwrap_or_default()
    }

    #[track_caller]
    fn has(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "{words} in:\n{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn lacks(&self, words: &str) -> &Self {
        assert!(!self.out.contains(words) && !self.err.contains(words), "no {words} in:\n{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

/// Runs a check with a policy (YAML below `version` and `service`), and a connection string.
fn check(policy: &str, url: Option<&str>, arguments: &[&str]) -> Run {
    let targets = "targets: { postgres: { versions: \"15-18\", live: { url: { env: SECGEN_TEST_DATABASE } } } }";
    check_spec(&format!("version: 1\nservice: shop\n{policy}\n{targets}\n"), url, arguments)
}

fn check_spec(spec: &str, url: Option<&str>, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secgen.yaml"), spec).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_secgen"));
    command.args(["check", "--live", "postgres", "--root"]).arg(folder.path()).args(arguments).env_remove(VARIABLE).env_remove("CLICOLOR_FORCE");
    if let Some(url) = url {
        command.env(VARIABLE, url);
    }
    let start = Instant::now();
    let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr), took: start.elapsed() }
}

const JSON: [&str; 2] = ["--format", "json"];
