//! The login and the queries: one transaction that cannot write, rolled back.

use super::tls::{self, Connector};
use super::url::{Connection, Mode, Place};
use super::wire;
use crate::targets::postgres::snapshot::{FileLine, HbaRow, Member, Override, Readable, Role, Row, Snapshot, Wire};
use rustls::pki_types::ServerName;
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

/// Connection timeouts from the login to the last answer.
const DEADLINE: u32 = 3;
/// Bytes that are read from a server at most: `pg_settings` has about 50 KB.
const MAX_BYTES: usize = 16 << 20;
/// Rows of one answer at most.
const MAX_ROWS: usize = 20_000;
/// The longest single value.
const MAX_TEXT: usize = 64 << 10;

/// Why the questions could not be asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// No login; `is_login` where the server said no to it.
    Connect { why: String, is_login: bool },
    /// No answer that could be used.
    Query(String),
}

/// A stream that gives up after so many bytes, and before a password goes out in clear text.
struct Bounded<S> {
    stream: S,
    left: usize,
    /// Whether whoever listens on the way reads what is sent.
    is_open: bool,
    /// The first bytes of what the server says.
    head: Vec<u8>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        let new = &buf.filled()[before..];
        this.left = match this.left.checked_sub(new.len()) {
            Some(left) => left,
            None => return Poll::Ready(Err(io::Error::other(format!("the server sent more than {} MiB", MAX_BYTES >> 20)))),
        };
        if this.is_open && this.head.len() < 10 {
            this.head.extend(new.iter().take(10 - this.head.len()));
            // The answer to the request for TLS may stand before it.
            let message = this.head.strip_prefix(b"N").unwrap_or(&this.head);
            // AuthenticationCleartextPassword (documentation, 55.7).
            if message.starts_with(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]) {
                return Poll::Ready(Err(io::Error::other("the server asks for the password in clear text, over a connection without TLS")));
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Logs in and asks everything.
///
/// # Errors
/// As [`Failure`].
pub(super) fn ask(connection: &Connection, wire: Wire) -> Result<Snapshot, Failure> {
    let broken = |error: &io::Error| Failure::Connect { why: wire::words(error), is_login: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| broken(&e))?;
    let deadline = connection.connect_timeout * DEADLINE;
    let late = || Failure::Query(format!("nothing more came within {} s", deadline.as_secs()));
    let done = runtime.block_on(async {
        let work = async {
            let connect_error = |why: String| Failure::Connect { why, is_login: false };
            match &connection.place {
                Place::Tcp(name, address, port) => {
                    let stream = wire::connect(name, *address, *port, connection.connect_timeout).map_err(connect_error)?;
                    stream.set_nonblocking(true).map_err(|e| broken(&e))?;
                    let stream = tokio::net::TcpStream::from_std(stream).map_err(|e| broken(&e))?;
                    login(connection, stream, true, wire).await
                }
                #[cfg(unix)]
                Place::Unix(path) => login(connection, tokio::net::UnixStream::connect(path).await.map_err(|e| broken(&e))?, false, wire).await,
                #[cfg(not(unix))]
                Place::Unix(_) => Err(connect_error("this system has no Unix sockets".to_owned())),
            }
        };
        tokio::time::timeout(deadline, work).await
    });
    // A driver that still waits is dropped, and its connection closed.
    runtime.shutdown_background();
    done.unwrap_or_else(|_| Err(late()))
}

async fn login<S>(connection: &Connection, stream: S, is_network: bool, wire: Wire) -> Result<Snapshot, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |why: String| Failure::Connect { why: connection.scrub(&why), is_login: false };
    let name = match &connection.place {
        Place::Tcp(name, ..) => ServerName::try_from(name.clone()).map_err(|_| failed("the host's name cannot stand in a certificate".to_owned()))?,
        Place::Unix(_) => ServerName::try_from("localhost").map_err(|e| failed(e.to_string()))?,
    };
    let connector = Connector { config: Arc::new(tls::login(connection).map_err(failed)?), name };
    let stream = Bounded { stream, left: MAX_BYTES, is_open: is_network, head: Vec::new() };
    let (client, driver) = connection.config.connect_raw(stream, connector).await.map_err(|error| login_failure(connection, &error))?;
    let driver = tokio::spawn(driver);
    let asked = Questions { client: &client, connection }.all(wire).await;
    drop(client);
    // The driver says goodbye (Terminate), and ends; if it does not, nothing waits for it.
    let _ = tokio::time::timeout(Duration::from_secs(1), driver).await;
    asked
}

fn login_failure(connection: &Connection, error: &tokio_postgres::Error) -> Failure {
    if let Some(said) = error.as_db_error() {
        return Failure::Connect { why: connection.scrub(said.message()), is_login: true };
    }
    let source = std::error::Error::source(error);
    let system = source.and_then(|s| s.downcast_ref::<io::Error>());
    let words = match (system, source) {
        (Some(io), _) => io.get_ref().map_or_else(|| wire::words(io), ToString::to_string),
        (None, Some(source)) => source.to_string(),
        (None, None) => error.to_string(),
    };
    Failure::Connect { why: connection.scrub(&words), is_login: false }
}

struct Questions<'a> {
    client: &'a Client,
    connection: &'a Connection,
}

/// Operators and functions are looked up in `search_path`, which ALTER ROLE may set: the first question has none.
const SETTINGS: &str = "SELECT name, setting, context, source, sourcefile, sourceline, pending_restart FROM pg_catalog.pg_settings LIMIT 20000";
const SAFE: &str =
    "SET default_transaction_read_only = on; SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'";
const WHO: &str = "SELECT current_user AS role, current_setting('server_version') AS version, current_setting('server_version_num') AS number, \
     pg_has_role('pg_read_all_settings', 'USAGE') AS reads_all, \
     has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS reads_files, \
     has_table_privilege('pg_hba_file_rules', 'SELECT') AND has_function_privilege('pg_hba_file_rules()', 'EXECUTE') AS reads_hba, \
     has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE') AND pg_has_role('pg_read_server_files', 'USAGE') AS reads_times";
const FILES: &str = "SELECT sourcefile, sourceline, name, setting, applied, error FROM pg_file_settings ORDER BY seqno LIMIT 20000";
const OVERRIDES: &str = "SELECT r.rolname AS role, d.datname AS database, s.setrole <> 0 AS of_role, s.setdatabase <> 0 AS of_database, u.entry \
     FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS u(entry) \
     LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase ORDER BY 1, 2, 5 LIMIT 20000";
const ROLES: &str = "SELECT rolname, oid = 10 AS bootstrap, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication \
     FROM pg_roles WHERE NOT starts_with(rolname, 'pg_') ORDER BY 1 LIMIT 20000";
/// Memberships that reach files and programs of the server, over any number of steps; UNION keeps each once.
const MEMBERS: &str = "SELECT g.rolname AS of, m.rolname AS member FROM ( \
     WITH RECURSIVE reach (roleid, member) AS ( \
     SELECT a.roleid, a.member FROM pg_auth_members a JOIN pg_roles p ON p.oid = a.roleid \
     WHERE p.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') \
     UNION SELECT a.roleid, a.member FROM pg_auth_members a JOIN reach r ON a.roleid = r.member) SELECT roleid, member FROM reach) AS x \
     JOIN pg_roles g ON g.oid = x.roleid JOIN pg_roles m ON m.oid = x.member ORDER BY 1, 2 LIMIT 20000";

/// Files that were written after the last load; files have times in whole seconds.
fn newer(version: u32, reads_hba: bool) -> String {
    let included = if version >= 16 && reads_hba { " UNION SELECT file_name FROM pg_hba_file_rules" } else { "" };
    format!(
        "SELECT f.path FROM (SELECT sourcefile FROM pg_settings WHERE sourcefile IS NOT NULL UNION SELECT current_setting('hba_file') \
         UNION SELECT current_setting('data_directory') || '/postgresql.auto.conf'{included}) AS f(path) \
         WHERE (pg_stat_file(f.path, true)).modification > pg_conf_load_time() ORDER BY 1 LIMIT 20000"
    )
}

fn hba(version: u32) -> String {
    // Line numbers are those of each file.
    let (file, order) = if version >= 16 { ("file_name", "rule_number NULLS LAST, file_name, line_number") } else { ("NULL AS file_name", "line_number") };
    format!(
        "SELECT {file}, line_number, type, array_to_json(database) AS databases, array_to_json(user_name) AS users, address, netmask, auth_method, \
         array_to_json(options) AS options, error FROM pg_hba_file_rules ORDER BY {order} LIMIT 20000"
    )
}

impl Questions<'_> {
    async fn all(&self, wire: Wire) -> Result<Snapshot, Failure> {
        self.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let mut settings = BTreeMap::new();
        for row in self.run(SETTINGS).await? {
            let name = text(&row, "name")?.to_ascii_lowercase();
            settings.insert(name, setting(&row)?);
        }
        self.run(SAFE).await?;
        let who = self.run(WHO).await?;
        let who = who.first().ok_or_else(|| Failure::Query("the server does not say who it is".to_owned()))?;
        let number: u32 = text(who, "number")?.parse().map_err(|_| Failure::Query("the server's version is no number".to_owned()))?;
        let major = number / 10_000;
        let files = self.readable(is(who, "reads_files")?, FILES, file_line).await?;
        let overrides = self.rows(OVERRIDES, over).await?;
        let reads_hba = is(who, "reads_hba")?;
        let hba = self.readable(reads_hba, &hba(major), hba_row).await?;
        let roles = self.rows(ROLES, role).await?;
        let members = self.rows(MEMBERS, |row| Ok(Member { of: text(row, "of")?, role: text(row, "member")? })).await?;
        // Where the files lie is a setting that is hidden from others.
        let reads_times = is(who, "reads_times")? && is(who, "reads_all")?;
        let newer_files = self.readable(reads_times, &newer(major, reads_hba), |row| text(row, "path")).await?;
        let snapshot = Snapshot {
            at: self.connection.at(),
            role: text(who, "role")?,
            major,
            version: text(who, "version")?,
            unproven: unproven(self.connection, &wire),
            wire,
            reads_all: is(who, "reads_all")?,
            settings,
            files,
            overrides: overrides.into_iter().flatten().collect(),
            hba,
            roles,
            members,
            newer_files,
        };
        self.run("ROLLBACK").await?;
        Ok(snapshot)
    }

    async fn rows<T>(&self, sql: &str, read: impl Fn(&SimpleQueryRow) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        self.run(sql).await?.iter().map(read).collect()
    }

    async fn readable<T>(&self, may: bool, sql: &str, read: impl Fn(&SimpleQueryRow) -> Result<T, Failure>) -> Result<Readable<T>, Failure> {
        if may { self.rows(sql, read).await.map(Some) } else { Ok(None) }
    }

    async fn run(&self, sql: &str) -> Result<Vec<SimpleQueryRow>, Failure> {
        let answer = self.client.simple_query(sql).await.map_err(|error| {
            let what = error.as_db_error().map_or_else(|| "the connection broke".to_owned(), |said| said.message().to_owned());
            Failure::Query(self.connection.scrub(&what))
        })?;
        let rows: Vec<SimpleQueryRow> = answer.into_iter().filter_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None }).collect();
        if rows.len() >= MAX_ROWS {
            return Err(Failure::Query(format!("an answer has {MAX_ROWS} rows or more")));
        }
        Ok(rows)
    }
}

fn field(row: &SimpleQueryRow, name: &str) -> Result<Option<String>, Failure> {
    let value = row.try_get(name).map_err(|_| Failure::Query(format!("an answer lacks the column {name}, or is no text")))?;
    match value {
        Some(text) if text.len() > MAX_TEXT => Err(Failure::Query(format!("a value has {} bytes, more than {MAX_TEXT}", text.len()))),
        other => Ok(other.map(str::to_owned)),
    }
}

/// A column; empty for NULL.
fn text(row: &SimpleQueryRow, name: &str) -> Result<String, Failure> {
    field(row, name).map(Option::unwrap_or_default)
}

fn is(row: &SimpleQueryRow, name: &str) -> Result<bool, Failure> {
    Ok(field(row, name)?.as_deref() == Some("t"))
}

fn list(row: &SimpleQueryRow, name: &str) -> Result<Vec<String>, Failure> {
    let Some(json) = field(row, name)? else { return Ok(Vec::new()) };
    serde_json::from_str(&json).map_err(|_| Failure::Query(format!("the column {name} is no list")))
}

fn setting(row: &SimpleQueryRow) -> Result<Row, Failure> {
    Ok(Row {
        setting: text(row, "setting")?,
        context: text(row, "context")?,
        source: text(row, "source")?,
        file: field(row, "sourcefile")?,
        line: field(row, "sourceline")?,
        pending_restart: is(row, "pending_restart")?,
    })
}

fn file_line(row: &SimpleQueryRow) -> Result<FileLine, Failure> {
    Ok(FileLine {
        file: text(row, "sourcefile")?,
        line: text(row, "sourceline")?,
        name: text(row, "name")?.to_ascii_lowercase(),
        setting: text(row, "setting")?,
        applied: is(row, "applied")?,
        error: text(row, "error")?,
    })
}

/// An override; `None` for what is left of a role or database that is gone.
fn over(row: &SimpleQueryRow) -> Result<Option<Override>, Failure> {
    let (role, database) = (field(row, "role")?, field(row, "database")?);
    let is_gone = is(row, "of_role")? && role.is_none() || is(row, "of_database")? && database.is_none();
    let entry = text(row, "entry")?;
    let Some((name, value)) = entry.split_once('=').filter(|_| !is_gone) else { return Ok(None) };
    Ok(Some(Override { role, database, name: name.to_ascii_lowercase(), value: value.to_owned() }))
}

fn hba_row(row: &SimpleQueryRow) -> Result<HbaRow, Failure> {
    let mut options = list(row, "options")?;
    for option in &mut options {
        // The view shows them in clear text.
        if let Some(key) = ["ldapbindpasswd", "radiussecrets"].into_iter().find(|key| option.starts_with(key)) {
            *option = format!("{key}=(hidden)");
        }
    }
    Ok(HbaRow {
        file: field(row, "file_name")?,
        line: text(row, "line_number")?,
        kind: text(row, "type")?,
        databases: list(row, "databases")?,
        users: list(row, "users")?,
        address: field(row, "address")?,
        mask: field(row, "netmask")?,
        method: text(row, "auth_method")?,
        options,
        error: text(row, "error")?,
    })
}

fn role(row: &SimpleQueryRow) -> Result<Role, Failure> {
    Ok(Role {
        name: text(row, "rolname")?,
        is_bootstrap: is(row, "bootstrap")?,
        can_login: is(row, "rolcanlogin")?,
        is_superuser: is(row, "rolsuper")?,
        bypasses_rls: is(row, "rolbypassrls")?,
        creates_roles: is(row, "rolcreaterole")?,
        creates_databases: is(row, "rolcreatedb")?,
        replicates: is(row, "rolreplication")?,
    })
}

/// Why the login does not prove who answered.
fn unproven(connection: &Connection, wire: &Wire) -> Option<String> {
    use crate::targets::postgres::snapshot::Answer;
    let verify = "add sslmode=verify-full and sslrootcert=FILE to the connection string";
    match (&connection.place, connection.mode) {
        (Place::Unix(_), _) | (_, Mode::VerifyCa | Mode::VerifyFull) => None,
        (_, Mode::Disable) => Some(format!("the login used no TLS (sslmode=disable): {verify}")),
        (_, Mode::Prefer) if wire.answer != Answer::Offered => {
            Some(format!("the login used no TLS, which the server does not offer (sslmode=prefer): {verify}"))
        }
        _ => Some(format!("the login used TLS without verifying the server's certificate: {verify}")),
    }
}
