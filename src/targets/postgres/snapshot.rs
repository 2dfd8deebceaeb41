//! What a running server said, as plain data, and as a text that findings point into.

use crate::finding::redact;
use crate::strictness::postgres as settings;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// The answer to a request for TLS, which needs no login (PostgreSQL documentation, 55.2.11 and 55.7 `SSLRequest`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// `S`: TLS may begin.
    Offered,
    /// `N`: no TLS here.
    Denied,
    /// Anything else, and what.
    Unknown(String),
    /// Not asked, and why.
    NotAsked(String),
}

/// How an attempt to speak one TLS version ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// Agreed on.
    Accepted,
    /// Refused for the version (alert `protocol_version`, RFC 8446 6.2): a proof.
    Refused,
    /// Failed for another reason, which proves nothing.
    Failed(String),
    /// Not tried.
    NotTried,
}

/// What the network shows, whatever the server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    /// The answer to a request for TLS.
    pub(super) answer: Answer,
    /// A handshake that offers TLS 1.2 and nothing newer.
    pub(super) tls12: Handshake,
    /// A handshake that offers TLS 1.3 alone.
    pub(super) tls13: Handshake,
}

/// A row of `pg_settings` (documentation, 54.24).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// In the session that asked; a number in the setting's unit.
    pub(super) setting: String,
    /// When a change takes effect.
    pub(super) context: String,
    /// Where the value comes from, in the server's words.
    pub(super) source: String,
    /// The file that sets it; unknown without the privilege.
    pub(super) file: Option<String>,
    /// The line in it.
    pub(super) line: Option<String>,
    /// A new value waits for the next start.
    pub(super) pending_restart: bool,
}

impl Row {
    /// Whether the next start brings another value. The server also says that it is pending where a file differs from
    /// the command line, which wins at the next start as well.
    pub(super) fn waits(&self) -> bool {
        self.pending_restart && self.source != "command line"
    }
}

/// A row of `pg_file_settings` (54.7): the files as they are now, read by the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileLine {
    /// The file; empty where none can be named.
    pub(super) file: String,
    /// The line in it.
    pub(super) line: String,
    /// The setting; empty for a line that does not parse.
    pub(super) name: String,
    /// Its value.
    pub(super) setting: String,
    /// Whether it is the last of its name (and can be applied without a restart).
    pub(super) applied: bool,
    /// What is wrong with it; empty for nothing.
    pub(super) error: String,
}

/// A value that ALTER ROLE or ALTER DATABASE sets (`pg_db_role_setting`, 53.15).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Override {
    /// For this role only.
    pub(super) role: Option<String>,
    /// In this database only.
    pub(super) database: Option<String>,
    /// The setting.
    pub(super) name: String,
    /// Its value as written.
    pub(super) value: String,
}

impl Override {
    /// Where it holds.
    pub(super) fn place(&self) -> String {
        match (&self.role, &self.database) {
            (Some(role), Some(database)) => format!("role {role} in database {database}"),
            (Some(role), None) => format!("role {role}"),
            (None, Some(database)) => format!("database {database}"),
            (None, None) => "all roles".to_owned(),
        }
    }

    /// The statement that takes it back.
    pub(super) fn reset(&self) -> String {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        match (&self.role, &self.database) {
            (Some(role), Some(database)) => format!("ALTER ROLE {} IN DATABASE {} RESET {}", quote(role), quote(database), self.name),
            (Some(role), None) => format!("ALTER ROLE {} RESET {}", quote(role), self.name),
            (None, Some(database)) => format!("ALTER DATABASE {} RESET {}", quote(database), self.name),
            (None, None) => format!("ALTER ROLE ALL RESET {}", self.name),
        }
    }
}

/// A row of `pg_hba_file_rules` (54.9): the file as it is now. The view cannot tell `"all"` from `all`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HbaRow {
    /// The file, from 16 on.
    pub(super) file: Option<String>,
    /// Its line.
    pub(super) line: String,
    /// `local`, `host`, ...
    pub(super) kind: String,
    /// Databases.
    pub(super) databases: Vec<String>,
    /// Users.
    pub(super) users: Vec<String>,
    /// The address, or a word such as `all`; `None` for `local`.
    pub(super) address: Option<String>,
    /// The mask of an address.
    pub(super) mask: Option<String>,
    /// The method.
    pub(super) method: String,
    /// `name=value` options; values of secrets are masked when the row is read.
    pub(super) options: Vec<String>,
    /// Why the line is no rule; empty for nothing.
    pub(super) error: String,
}

impl HbaRow {
    /// Whether the server does not load the file for it. A row that shows a rule beside the error is loaded, and never
    /// matches (`hostssl` while ssl is off).
    pub(super) fn is_refused(&self) -> bool {
        !self.error.is_empty() && self.kind.is_empty()
    }
}

/// A role (`pg_roles`, 54.20).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Columns of the view.
pub(super) struct Role {
    /// Its name.
    pub(super) name: String,
    /// The superuser that initdb made, and that every cluster has.
    pub(super) is_bootstrap: bool,
    /// Whether it may log in.
    pub(super) can_login: bool,
    /// Whether it is above every rule.
    pub(super) is_superuser: bool,
    /// Whether row level security does not hold for it.
    pub(super) bypasses_rls: bool,
    /// Whether it may make roles.
    pub(super) creates_roles: bool,
    /// Whether it may make databases.
    pub(super) creates_databases: bool,
    /// Whether it may copy the whole cluster.
    pub(super) replicates: bool,
}

/// A membership (`pg_auth_members`, 53.9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// The role that others are members of.
    pub(super) of: String,
    /// The member.
    pub(super) role: String,
}

/// Rows that a privilege may withhold.
pub(super) type Readable<T> = Option<Vec<T>>;

/// Everything that was asked of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// Host and port, or the socket.
    pub(super) at: String,
    /// The role that asked.
    pub(super) role: String,
    /// The major version.
    pub(super) major: u32,
    /// The version in the server's words.
    pub(super) version: String,
    /// What the network shows.
    pub(super) wire: Wire,
    /// Why the login does not prove who the server is; `None` where it does.
    pub(super) unproven: Option<String>,
    /// Whether the role may read every setting (`pg_read_all_settings`).
    pub(super) reads_all: bool,
    /// `pg_settings` by name in lower case.
    pub(super) settings: BTreeMap<String, Row>,
    /// `pg_file_settings`, in the order of reading.
    pub(super) files: Readable<FileLine>,
    /// `pg_db_role_setting`.
    pub(super) overrides: Vec<Override>,
    /// `pg_hba_file_rules`.
    pub(super) hba: Readable<HbaRow>,
    /// `pg_roles` without the predefined ones.
    pub(super) roles: Vec<Role>,
    /// Members of the predefined roles that reach files and programs of the server, and their members in turn.
    pub(super) members: Vec<Member>,
    /// Files that were changed after the server read them last; `None` where the role may not ask.
    pub(super) newer_files: Readable<String>,
}

impl Snapshot {
    /// The main file of access rules, as far as the role is shown it.
    pub(super) fn hba_file(&self) -> &str {
        self.settings.get("hba_file").map(|row| row.setting.as_str()).filter(|path| !path.is_empty()).unwrap_or("pg_hba.conf")
    }

    /// File and line of an access rule.
    pub(super) fn hba_place(&self, row: &HbaRow) -> String {
        format!("{}:{}", row.file.as_deref().unwrap_or_else(|| self.hba_file()), row.line)
    }
}

/// A line of the text of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// The first one.
    Head,
    /// The answer to a request for TLS.
    Tls,
    /// The handshakes.
    Handshakes,
    /// A setting, or the note that it is not shown.
    Setting(String),
    /// An override, by its place in the list.
    Override(usize),
    /// A line of a file, by its place in the list.
    File(usize),
    /// An access rule, by its place in the list.
    Hba(usize),
    /// A role, by its place in the list.
    Role(usize),
    /// A membership, by its place in the list.
    Member(usize),
}

/// The text of a snapshot, and where each thing stands in it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// One line for each thing; no secret, no control character.
    pub(super) text: String,
    lines: BTreeMap<Line, Range<usize>>,
}

impl Listing {
    /// The text of a snapshot. `hidden`: settings that the version has and the server did not show.
    pub(super) fn new(snapshot: &Snapshot, hidden: &[&str]) -> Self {
        let mut listing = Self::default();
        let Snapshot { wire, at, role, version, .. } = snapshot;
        listing.put(Line::Head, &format!("# PostgreSQL {version} at {at}, asked by the role {role}"));
        listing.put(Line::Tls, &format!("# on the wire, TLS: {}", answer_text(&wire.answer)));
        let handshakes = format!("# on the wire, TLSv1.2: {}; TLSv1.3: {}", handshake_text(&wire.tls12), handshake_text(&wire.tls13));
        listing.put(Line::Handshakes, &handshakes);
        for (name, row) in &snapshot.settings {
            let restart = if row.waits() { "; a new value waits for the next start" } else { "" };
            let value = settings::redact(name, &row.setting);
            listing.put(Line::Setting(name.clone()), &format!("{name} = '{value}'  # {}{restart}", provenance(row)));
        }
        for name in hidden {
            listing.put(Line::Setting((*name).to_owned()), &format!("# {name}: not shown to the role {role}"));
        }
        for (i, set) in snapshot.overrides.iter().enumerate() {
            let value = settings::redact(&set.name, &set.value);
            listing.put(Line::Override(i), &format!("# {}: {} = '{value}'", set.place(), set.name));
        }
        for (i, line) in snapshot.files.iter().flatten().enumerate().filter(|(_, line)| !line.error.is_empty()) {
            listing.put(Line::File(i), &format!("# {}:{}: {}: {}", line.file, line.line, line.name, line.error));
        }
        for (i, row) in snapshot.hba.iter().flatten().enumerate() {
            let words = [&row.kind, &row.databases.join(","), &row.users.join(","), row.address.as_ref().unwrap_or(&row.method)];
            let rest = if row.address.is_some() { format!(" {} {}", row.mask.as_deref().unwrap_or_default(), row.method) } else { String::new() };
            let rule = if row.is_refused() { row.error.clone() } else { words.map(String::as_str).join(" ") + &rest };
            listing.put(Line::Hba(i), &format!("# {}: {rule} {}", snapshot.hba_place(row), row.options.join(" ")));
        }
        for (i, role) in snapshot.roles.iter().enumerate() {
            let attributes = [
                (role.can_login, "LOGIN"),
                (role.is_superuser, "SUPERUSER"),
                (role.bypasses_rls, "BYPASSRLS"),
                (role.creates_roles, "CREATEROLE"),
                (role.creates_databases, "CREATEDB"),
                (role.replicates, "REPLICATION"),
            ];
            let words: Vec<&str> = attributes.into_iter().filter_map(|(has, word)| has.then_some(word)).collect();
            listing.put(Line::Role(i), &format!("# role {}: {}", role.name, words.join(" ")));
        }
        for (i, member) in snapshot.members.iter().enumerate() {
            listing.put(Line::Member(i), &format!("# role {}: member of {}", member.role, member.of));
        }
        listing
    }

    fn put(&mut self, line: Line, text: &str) {
        let start = self.text.len();
        for c in redact::line(text.trim_end()).chars() {
            if c.is_control() { self.text.extend(c.escape_default()) } else { self.text.push(c) }
        }
        self.lines.insert(line, start..self.text.len());
        self.text.push('\n');
    }

    /// Where something stands; the first line for what has none.
    pub(super) fn at(&self, line: &Line) -> Range<usize> {
        self.lines.get(line).or_else(|| self.lines.get(&Line::Head)).cloned().unwrap_or(0..0)
    }
}

/// Where a value comes from, in words: `/etc/postgresql/15/main/postgresql.conf:12`, `command line`, `default`.
pub(super) fn provenance(row: &Row) -> String {
    match (row.source.as_str(), &row.file, &row.line) {
        ("configuration file", Some(file), Some(line)) => format!("{file}:{line}"),
        ("global", ..) => "ALTER ROLE ALL SET".to_owned(),
        ("database", ..) => "ALTER DATABASE .. SET of the session's database".to_owned(),
        ("user", ..) => "ALTER ROLE .. SET of the session's role".to_owned(),
        ("database user", ..) => "ALTER ROLE .. IN DATABASE .. SET of the session's role".to_owned(),
        (source, ..) => source.to_owned(),
    }
}

pub(super) fn answer_text(answer: &Answer) -> String {
    match answer {
        Answer::Offered => "offered".to_owned(),
        Answer::Denied => "denied".to_owned(),
        Answer::Unknown(what) => format!("no answer that PostgreSQL would give ({what})"),
        Answer::NotAsked(why) => format!("not asked ({why})"),
    }
}

fn handshake_text(handshake: &Handshake) -> String {
    let mut text = String::new();
    let _ = match handshake {
        Handshake::Accepted => write!(text, "accepted"),
        Handshake::Refused => write!(text, "refused"),
        Handshake::Failed(why) => write!(text, "failed ({why})"),
        Handshake::NotTried => write!(text, "not tried"),
    };
    text
}
