//! The rendered files on real servers of Debian's 15 and of 18: throwaway clusters on a Unix socket.

use super::render::HOSTILE;
use super::{policy, rendered};
use crate::support;
use secgen::policy::Policy;
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A cluster of its own in a folder of its own; stopped and removed when it goes out of scope, also by a panic.
pub(super) struct Cluster {
    bin: PathBuf,
    pub(super) folder: PathBuf,
}

/// A server does not run as root; Debian's package brings the user.
fn command(program: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    let mut command = Command::new(if is_root { Path::new("runuser") } else { program });
    if is_root {
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.current_dir("/");
    for name in ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGSSLMODE", "PGPASSWORD"] {
        command.env_remove(name);
    }
    command
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn must(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}\n{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
}

impl Cluster {
    pub(super) fn new(bin: &Path) -> Self {
        let folder = PathBuf::from(must(command(Path::new("mktemp")).args(["-d", "/tmp/secgen-pg-XXXXXX"])));
        let cluster = Self { bin: bin.to_owned(), folder };
        let data = cluster.data();
        must(command(&bin.join("initdb")).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data));
        cluster.write("postgresql.conf.add", "listen_addresses = ''\nfsync = off\n");
        cluster.append_conf("include 'postgresql.conf.add'\n");
        cluster
    }

    /// The folder of the Unix socket.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Writes a file into the data folder, as the server's user.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        must(command(Path::new("mkdir")).arg("-p").arg(path.parent().unwrap()));
        must(command(Path::new("touch")).arg(&path));
        std::fs::write(&path, text).unwrap();
    }

    pub(super) fn append_conf(&self, text: &str) {
        let path = self.data().join("postgresql.conf");
        let whole = std::fs::read_to_string(&path).unwrap() + text;
        std::fs::write(path, whole).unwrap();
    }

    fn auto_conf(&self) -> String {
        std::fs::read_to_string(self.data().join("postgresql.auto.conf")).unwrap()
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    pub(super) fn control(&self, action: &str) -> bool {
        self.control_with(action, "")
    }

    /// With more for the server's command line.
    pub(super) fn control_with(&self, action: &str, more: &str) -> bool {
        let mut pg_ctl = command(&self.bin.join("pg_ctl"));
        pg_ctl.arg(action).arg("-D").arg(self.data()).args(["-w", "-t", "60", "-l"]).arg(self.folder.join("log"));
        pg_ctl.arg("-o").arg(format!("-k {} {more}", self.folder.display()));
        // The server keeps the standard streams that it is given.
        pg_ctl.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap().success()
    }

    pub(super) fn start(&self) {
        self.start_with("");
    }

    /// Starts with options on the server's command line.
    pub(super) fn start_with(&self, options: &str) {
        assert!(self.control_with("start", options), "{}", self.log());
    }

    pub(super) fn restart(&self) {
        assert!(self.control("restart"), "{}", self.log());
    }

    pub(super) fn psql(&self) -> Command {
        let mut psql = command(Path::new("/usr/bin/psql"));
        psql.args(["-X", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"]).arg(&self.folder);
        psql
    }

    pub(super) fn query(&self, sql: &str) -> String {
        must(self.psql().args(["-At", "-c", sql]))
    }

    /// What a server that starts with these files would have for a setting (`postgres -C`), or what it says against them.
    pub(super) fn would_have(&self, name: &str) -> Result<String, String> {
        let output = run(command(&self.bin.join("postgres")).arg("-D").arg(self.data()).args(["-C", name]));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// What a script of queries answers, a line for each row.
    pub(super) fn psql_file(&self, name: &str) -> String {
        must(self.psql().args(["-At", "-f"]).arg(self.data().join(name)))
    }

    pub(super) fn setting(&self, name: &str) -> String {
        self.query(&format!("SELECT setting FROM pg_settings WHERE lower(name) = '{name}'"))
    }

    /// Runs a script as its first lines say; the exit code and what psql said.
    pub(super) fn script(&self, text: &str) -> (i32, String) {
        self.write("script.sql", text);
        let output = run(self.psql().arg("-f").arg(self.data().join("script.sql")));
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout))
    }

    /// Runs a script as psql does without ON_ERROR_STOP: errors are passed over.
    pub(super) fn run_script(&self, text: &str) {
        self.write("script.sql", text);
        run(self.psql().args(["-v", "ON_ERROR_STOP=0", "-f"]).arg(self.data().join("script.sql")));
    }

    pub(super) fn certificate(&self) {
        let (key, certificate) = (self.data().join("server.key"), self.data().join("server.crt"));
        must(&mut self_signed(command(Path::new("openssl")), "localhost", &key, &certificate));
        must(command(Path::new("chmod")).arg("0600").arg(key));
    }

    /// Changes the mode of a file in the data folder.
    pub(super) fn chmod(&self, name: &str, mode: &str) {
        must(command(Path::new("chmod")).arg(mode).arg(self.data().join(name)));
    }
}

/// Has openssl, called as given, make a certificate of its own for a name.
pub(super) fn self_signed(mut openssl: Command, name: &str, key: &Path, certificate: &Path) -> Command {
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj"]);
    openssl.arg(format!("/CN={name}")).arg("-keyout").arg(key).arg("-out").arg(certificate);
    openssl
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whatever state the test left: the immediate stop asks for nothing.
        let _ = run(command(&self.bin.join("pg_ctl")).args(["stop", "-m", "immediate", "-D"]).arg(self.data()));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn servers() -> Vec<(&'static str, PathBuf)> {
    [("15", support::postgres_15()), ("18", support::postgres_18())].into_iter().filter_map(|(version, bin)| Some((version, bin?))).collect()
}

pub(super) fn artifact(policy: &Policy, kind: &str) -> String {
    rendered(policy).into_iter().find(|(artifact, _)| artifact.kind == kind).map(|(_, text)| text).unwrap()
}

/// Settings of every kind and context, with what `pg_settings` says once they are in force; on 15, and on 18.
fn everything() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        ("ssl", json!("on"), "on", "on"),
        ("ssl_ciphers", json!("HIGH:!aNULL:!MD5"), "HIGH:!aNULL:!MD5", "HIGH:!aNULL:!MD5"),
        ("ssl_min_protocol_version", json!("TLSv1.3"), "TLSv1.3", "TLSv1.3"),
        ("password_encryption", json!("scram-sha-256"), "scram-sha-256", "scram-sha-256"),
        ("scram_iterations", json!(8192), "", "8192"),
        ("log_connections", json!(true), "on", "on"),
        ("log_disconnections", json!("yes"), "on", "on"),
        ("log_destination", json!(["stderr", "csvlog"]), "stderr, csvlog", "stderr, csvlog"),
        ("log_file_mode", json!("0640"), "0640", "0640"),
        ("log_rotation_age", json!("12h"), "720", "720"),
        ("log_rotation_size", json!("10MB"), "10240", "10240"),
        ("log_statement", json!("DDL"), "ddl", "ddl"),
        ("log_line_prefix", json!("%m [%p]: it's \\ %u "), "%m [%p]: it's \\ %u ", "%m [%p]: it's \\ %u "),
        ("authentication_timeout", json!("30s"), "30", "30"),
        ("idle_in_transaction_session_timeout", json!("10min"), "600000", "600000"),
        ("vacuum_cost_delay", json!("2500us"), "2.5", "2.5"),
        ("search_path", json!(["$user", "my schema", "public"]), "\"$user\", \"my schema\", public", "\"$user\", \"my schema\", public"),
        ("logging_collector", json!("on"), "on", "on"),
        ("max_connections", json!(50), "50", "50"),
        ("datestyle", json!("ISO, DMY"), "ISO, DMY", "ISO, DMY"),
        ("jit_debugging_support", json!("off"), "off", "off"),
        ("shared_preload_libraries", json!([]), "", ""),
    ]
}

fn everything_policy() -> Policy {
    let settings: serde_json::Map<String, Value> = everything().into_iter().map(|(name, value, _, _)| (name.to_owned(), value)).collect();
    policy("15-18", &Value::Object(settings))
}

fn assert_everything(cluster: &Cluster, version: &str) {
    for (name, _, on_15, on_18) in everything() {
        assert_eq!(cluster.setting(name), if version == "15" { on_15 } else { on_18 }, "{name} on {version}");
    }
    assert_eq!(cluster.query("SHOW ssl"), "on");
}

#[test]
fn the_script_sets_everything_twice_alike_and_the_reset_takes_it_back() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.start();
        let policy = everything_policy();
        let alter = artifact(&policy, "alter-system");
        let all = "SELECT string_agg(name || '=' || coalesce(setting, ''), E'\\n' ORDER BY name) FROM pg_settings WHERE name NOT IN ('ssl_library')";
        let (start, start_auto) = (cluster.query(all), cluster.auto_conf());

        // Without a certificate: exit 3, and nothing is written.
        let (code, said) = cluster.script(&alter);
        assert_eq!(code, 3, "{version}: {said}");
        assert!(said.contains("server.crt (ssl_cert_file) server.key (ssl_key_file); nothing was changed"), "{version}: {said}");
        assert_eq!(cluster.auto_conf(), start_auto, "{version}");

        cluster.certificate();
        let (code, said) = cluster.script(&alter);
        assert_eq!(code, 0, "{version}: {said}");
        for name in ["logging_collector", "max_connections"] {
            assert!(said.contains(&format!("{name} takes effect at the next start")), "{version}: {said}");
        }
        assert!(!said.contains("WARNING"), "{version}: {said}");
        let first = cluster.auto_conf();
        let (code, said) = cluster.script(&alter);
        assert_eq!((code, cluster.auto_conf()), (0, first.clone()), "{version}: {said}");

        cluster.restart();
        assert_everything(&cluster, version);
        let (code, said) = cluster.script(&alter);
        assert_eq!((code, said.as_str(), cluster.auto_conf()), (0, "", first), "{version}");

        let (code, said) = cluster.script(&artifact(&policy, "reset"));
        assert_eq!(code, 0, "{version}: {said}");
        assert!(said.contains("logging_collector takes effect at the next start"), "{version}: {said}");
        assert_eq!(cluster.auto_conf(), start_auto, "{version}");
        cluster.restart();
        assert_eq!(cluster.query(all), start, "{version}");
    }
}

#[test]
fn the_checks_of_the_script_stop_before_the_first_change() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.start();
        let start = cluster.auto_conf();
        let stopped = |policy: &Policy, words: &str| {
            let (code, said) = cluster.script(&artifact(policy, "alter-system"));
            assert_eq!(code, 3, "{version}: {said}");
            assert!(said.contains(words), "{version}: {said}");
            assert_eq!(cluster.auto_conf(), start, "{version}");
        };
        let other = if version == "15" { "16-18" } else { "13-17" };
        stopped(&policy(other, &json!({ "log_statement": "ddl" })), "and the server is");
        stopped(&policy("15-18", &json!({ "ssl_cert_file": "no/such.crt" })), "no/such.crt (ssl_cert_file)");
        stopped(&policy("15-18", &json!({ "shared_preload_libraries": ["no_such_library"] })), "not installed: no_such_library");
        // Not a superuser.
        cluster.query("CREATE ROLE plain LOGIN");
        cluster.write("script.sql", &artifact(&policy("15-18", &json!({ "log_statement": "ddl" })), "alter-system"));
        let output = run(cluster.psql().args(["-U", "plain", "-f"]).arg(cluster.data().join("script.sql")));
        assert_eq!(output.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&output.stderr).contains("plain is no superuser"), "{version}: {output:?}");
        // A file that the server would ignore as a whole.
        cluster.append_conf("no_such_setting = 1\n");
        stopped(&policy("15-18", &json!({ "log_statement": "ddl" })), "would ignore its configuration files");
    }
}

#[test]
fn what_overrides_the_files_is_named() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.start();
        let policy = policy("15-18", &json!({ "log_statement": "ddl", "shared_preload_libraries": [], "auth_delay.milliseconds": "500" }));
        cluster.query("ALTER ROLE postgres SET log_statement = 'none'");
        let (code, said) = cluster.script(&artifact(&policy, "alter-system"));
        assert_eq!(code, 3, "{version}: {said}");
        assert!(said.contains("log_statement is none (source: user), wanted ddl"), "{version}: {said}");
        assert!(said.contains("auth_delay.milliseconds is not known to this server"), "{version}: {said}");
        cluster.query("ALTER ROLE postgres RESET log_statement");
        if version == "15" {
            // An installed library is found, and its setting follows after the restart.
            let policy = super::policy("15", &json!({ "shared_preload_libraries": ["auth_delay"], "auth_delay.milliseconds": "500" }));
            let (code, said) = cluster.script(&artifact(&policy, "alter-system"));
            assert_eq!(code, 3, "{said}");
            cluster.restart();
            let (code, said) = cluster.script(&artifact(&policy, "alter-system"));
            assert_eq!((code, said.as_str()), (0, ""));
            assert_eq!(cluster.query("SHOW auth_delay.milliseconds"), "500ms");
            assert_eq!(cluster.script(&artifact(&policy, "reset")).0, 0);
            cluster.restart();
            assert_eq!(cluster.setting("shared_preload_libraries"), "");
        }
    }
}

/// Settings that take any text and need no restart.
const TEXTS: [&str; 7] =
    ["log_line_prefix", "syslog_ident", "log_filename", "krb_server_keyfile", "archive_cleanup_command", "recovery_end_command", "restore_command"];

#[test]
fn hostile_values_reach_the_server_as_they_are() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.start();
        for values in HOSTILE.chunks(TEXTS.len()) {
            let settings: serde_json::Map<String, Value> = TEXTS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let (code, said) = cluster.script(&artifact(&policy("15-18", &Value::Object(settings)), "alter-system"));
            assert_eq!((code, said.as_str()), (0, ""), "{version}: {values:?}");
            for (name, value) in TEXTS.iter().zip(values) {
                assert_eq!(cluster.query(&format!("SHOW {name}")), *value, "{version}");
            }
        }
        let roles = cluster.query("SELECT count(*) FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'");
        assert_eq!((roles.as_str(), cluster.setting("ssl").as_str()), ("1", "off"), "{version}");
        assert!(!Path::new("/tmp/owned").exists());
        // The drop-in says the same.
        let all: serde_json::Map<String, Value> = TEXTS.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
        assert_eq!(cluster.script(&artifact(&policy("15-18", &Value::Object(all)), "reset")).0, 0);
        cluster.append_conf("include_dir 'conf.d'\n");
        for value in HOSTILE {
            cluster.write("conf.d/90-secgen.conf", &artifact(&policy("15-18", &json!({ "log_line_prefix": value, "cluster_name": "x" })), "drop-in"));
            let errors = "SELECT string_agg(format('%s: %s', name, error), ', ') FROM pg_file_settings WHERE error IS NOT NULL AND name <> 'cluster_name'";
            assert_eq!(cluster.query(errors), "", "{version}: {value}");
            let found = cluster.query("SELECT setting FROM pg_file_settings WHERE name = 'log_line_prefix' ORDER BY seqno DESC LIMIT 1");
            assert_eq!(found, value, "{version}");
        }
    }
}

#[test]
fn the_drop_in_starts_the_server_with_the_same_values() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.certificate();
        let policy = if version == "15" {
            let settings: serde_json::Map<String, Value> =
                everything().into_iter().filter(|(name, ..)| *name != "scram_iterations").map(|(name, value, ..)| (name.to_owned(), value)).collect();
            super::policy("15", &Value::Object(settings))
        } else {
            let settings: serde_json::Map<String, Value> = everything().into_iter().map(|(name, value, ..)| (name.to_owned(), value)).collect();
            super::policy("18", &Value::Object(settings))
        };
        cluster.write("conf.d/90-secgen.conf", &artifact(&policy, "drop-in"));
        cluster.append_conf("include_dir 'conf.d'\n");
        cluster.start();
        for (name, _, on_15, on_18) in everything() {
            let wanted = if version == "15" { on_15 } else { on_18 };
            assert_eq!(cluster.setting(name), wanted, "{name} on {version}");
        }
    }
}

#[test]
fn the_access_rules_are_accepted() {
    for (version, bin) in servers() {
        let cluster = Cluster::new(&bin);
        cluster.certificate();
        // Rules for TLS connections are errors where TLS is off.
        cluster.append_conf("ssl = on\n");
        cluster.start();
        let names =
            HOSTILE.into_iter().filter(|n| !n.starts_with('/')).chain(["all", "sameuser", "samerole", "replication", "+role", "+my role", "a,b", "All"]);
        let mut rules = vec![json!({ "type": "local", "database": "all", "user": "postgres", "method": "peer" })];
        for name in names {
            rules.push(json!({ "type": "hostssl", "database": name, "user": name, "address": "10.0.0.0/8", "method": "scram-sha-256", "options": { "clientcert": "verify-full" } }));
        }
        rules.push(json!({ "type": "hostssl", "database": "app", "user": "app", "address": "db.example.com", "method": "cert", "options": { "map": "a map, \"b\"", "clientname": "DN" } }));
        rules.push(json!({ "type": "hostnossl", "database": "all", "user": "all", "address": "all", "method": "reject" }));
        if version == "15" {
            // The other server is built without it.
            rules.push(json!({ "type": "host", "database": "all", "user": "all", "address": "::/0", "method": "ldap", "options": { "ldapserver": "ldap.example.com", "ldapbasedn": "dc=a, dc=b", "ldaptls": "1" } }));
        }
        let count = rules.len();
        let spec = json!({ "version": 1, "service": "t", "postgres": { "hba": rules }, "targets": { "postgres": { "versions": "15-18", "out": "db" } } });
        let policy = Policy::from_json(spec).unwrap();
        cluster.write("pg_hba.conf", &artifact(&policy, "hba"));
        assert_eq!(
            cluster.query("SELECT string_agg(error, ', ') FILTER (WHERE error NOT LIKE '%not supported by this build'), count(*) FROM pg_hba_file_rules"),
            format!("|{count}"),
            "{version}"
        );
        let found =
            cluster.query("SELECT json_agg(json_build_array(database, user_name) ORDER BY line_number) FROM pg_hba_file_rules WHERE address = '10.0.0.0'");
        let found: Value = serde_json::from_str(&found).unwrap();
        let wanted: Vec<Value> = rules.iter().filter(|r| r["address"] == "10.0.0.0/8").map(|r| json!([[r["database"]], [r["user"]]])).collect();
        assert_eq!(found, Value::Array(wanted), "{version}");
    }
}
