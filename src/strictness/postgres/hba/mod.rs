//! Access rules (`pg_hba.conf`) as a value: ordered records, compared by which clients reach which method over which
//! transport.
//!
//! The first record that matches a connection decides, and nothing falls through to a later one; where none matches, the
//! connection is refused. Sources: PostgreSQL documentation, 21.1 "The pg_hba.conf File"; `check_hba`, `check_db` and
//! `check_role` of the server.

pub mod address;
mod compare;
pub mod method;
pub mod reach;
mod regions;

pub use self::address::Address;
pub use self::compare::{Detail, Difference};
pub use self::method::Method;

use super::super::{Comparison, Order, Strictness};
use std::collections::BTreeMap;
use std::fmt;

/// The first column: which transports a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connection {
    /// The Unix socket.
    Local,
    /// TCP, encrypted or not.
    Host,
    /// TCP with TLS.
    Hostssl,
    /// TCP without TLS.
    Hostnossl,
    /// TCP with GSSAPI encryption.
    Hostgssenc,
    /// TCP without GSSAPI encryption.
    Hostnogssenc,
}

impl Connection {
    /// Letter case counts.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Local, Self::Host, Self::Hostssl, Self::Hostnossl, Self::Hostgssenc, Self::Hostnogssenc].into_iter().find(|c| c.name() == word)
    }

    /// As in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Host => "host",
            Self::Hostssl => "hostssl",
            Self::Hostnossl => "hostnossl",
            Self::Hostgssenc => "hostgssenc",
            Self::Hostnogssenc => "hostnogssenc",
        }
    }

    /// Whether a record of this type is looked at for a transport. A connection has TLS or GSSAPI encryption, not both.
    #[must_use]
    pub fn is_for(self, transport: Transport) -> bool {
        match self {
            Self::Local => transport == Transport::Local,
            Self::Host => transport != Transport::Local,
            Self::Hostssl => transport == Transport::Tls,
            Self::Hostnossl => matches!(transport, Transport::Plain | Transport::Gss),
            Self::Hostgssenc => transport == Transport::Gss,
            Self::Hostnogssenc => matches!(transport, Transport::Plain | Transport::Tls),
        }
    }
}

/// How a connection travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP without encryption.
    Plain,
    /// TCP with TLS.
    Tls,
    /// TCP with GSSAPI encryption.
    Gss,
    /// The Unix socket.
    Local,
}

impl Transport {
    /// All of them; the order in which examples are looked for.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Tls, Self::Gss, Self::Local];
}

/// One element of the column of databases or of users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `all`. As a database it does not match physical replication.
    All,
    /// `sameuser`: the database is named as the user.
    SameUser,
    /// `samerole`, `samegroup`: the user is a member of the role that is named as the database.
    SameRole,
    /// `replication`: physical replication, and nothing else.
    Replication,
    /// `+role`: the members of a role, itself included.
    Member(String),
    /// `/expression`, from 16 on.
    Regex(String),
    /// `@file`: the names in a file that was not read.
    File(String),
    /// A name.
    Is(String),
}

impl Name {
    /// A word of the column of databases. In quotes a keyword is a name; a regular expression is one all the same.
    #[must_use]
    pub fn database(word: &str, quoted: bool, has_regex: bool) -> Self {
        match word {
            "all" if !quoted => Self::All,
            "sameuser" if !quoted => Self::SameUser,
            "samerole" | "samegroup" if !quoted => Self::SameRole,
            "replication" if !quoted => Self::Replication,
            word => Self::other(word, has_regex),
        }
    }

    /// A word of the column of users.
    #[must_use]
    pub fn user(word: &str, quoted: bool, has_regex: bool) -> Self {
        match word.strip_prefix('+') {
            Some(role) if !quoted => Self::Member(role.to_owned()),
            _ if word == "all" && !quoted => Self::All,
            _ => Self::other(word, has_regex),
        }
    }

    fn other(word: &str, has_regex: bool) -> Self {
        match word.strip_prefix('/') {
            Some(regex) if has_regex => Self::Regex(regex.to_owned()),
            _ => Self::Is(word.to_owned()),
        }
    }

    fn write(&self, is_database: bool) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::SameUser => "sameuser".to_owned(),
            Self::SameRole => "samerole".to_owned(),
            Self::Replication => "replication".to_owned(),
            Self::Member(role) => format!("+{}", quoted(role, false)),
            Self::File(path) => format!("@{}", quoted(path, false)),
            Self::Regex(regex) => quoted(&format!("/{regex}"), false),
            Self::Is(name) => {
                let reread = if is_database { Self::database(name, false, true) } else { Self::user(name, false, true) };
                quoted(name, reread != *self || name.starts_with('@'))
            }
        }
    }
}

/// A word of the file's grammar, in quotes where it must or shall be.
fn quoted(word: &str, must: bool) -> String {
    let breaks = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | ',' | '#' | '"' | '\\') || c.is_control();
    if must || word.is_empty() || word.chars().any(breaks) { format!("\"{}\"", word.replace('"', "\"\"")) } else { word.to_owned() }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first column.
    pub connection: Connection,
    /// Databases; one that matches is enough.
    pub databases: Vec<Name>,
    /// Users; one that matches is enough.
    pub users: Vec<Name>,
    /// `None` for `local`.
    pub address: Option<Address>,
    /// How the client proves who it is.
    pub method: Method,
    /// Options that differ from their defaults, by name. The values of secrets are not kept.
    pub options: BTreeMap<String, String>,
}

/// Options whose value is a secret.
pub const SECRETS: [&str; 2] = ["ldapbindpasswd", "radiussecrets"];

/// Options that are on with the value 1, and off with any other: name, and whether they are on by default.
const SWITCHES: [(&str, bool); 6] = [
    ("include_realm", true),
    ("compat_realm", true),
    ("upn_username", false),
    ("ldaptls", false),
    ("pam_use_hostname", false),
    ("delegate_ident_mapping", false),
];

impl Record {
    /// A record with its options brought to one spelling.
    ///
    /// On local connections `ident` is `peer` (the server says so itself); `cert` implies `clientcert=verify-full`; an
    /// empty map is none; of an option that is given twice the last counts.
    #[must_use]
    pub fn new(
        connection: Connection,
        databases: Vec<Name>,
        users: Vec<Name>,
        address: Option<Address>,
        method: Method,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let method = if connection == Connection::Local && method == Method::Ident { Method::Peer } else { method };
        let mut kept = BTreeMap::new();
        for (name, value) in options {
            kept.insert(name, value);
        }
        for (name, default) in SWITCHES {
            if let Some(value) = kept.get_mut(name) {
                let on = value == "1";
                if on == default {
                    kept.remove(name);
                } else {
                    if on { "1" } else { "0" }.clone_into(value);
                }
            }
        }
        for name in SECRETS {
            if let Some(value) = kept.get_mut(name) {
                "***".clone_into(value);
            }
        }
        match kept.get("clientcert").map(String::as_str) {
            Some("0" | "no-verify") => drop(kept.remove("clientcert")),
            Some("1") => drop(kept.insert("clientcert".to_owned(), "verify-ca".to_owned())),
            _ => {}
        }
        if method == Method::Cert {
            kept.remove("clientcert");
        }
        if kept.get("clientname").is_some_and(|name| name == "CN") {
            kept.remove("clientname");
        }
        if kept.get("map").is_some_and(String::is_empty) {
            kept.remove("map");
        }
        Self { connection, databases, users, address, method, options: kept }
    }

    /// Whether the client's certificate must be that of the user.
    #[must_use]
    pub fn needs_own_certificate(&self) -> bool {
        self.method == Method::Cert || self.options.get("clientcert").is_some_and(|value| value == "verify-full")
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[Name], is_database| names.iter().map(|name| name.write(is_database)).collect::<Vec<_>>().join(",");
        write!(f, "{} {} {}", self.connection.name(), list(&self.databases, true), list(&self.users, false))?;
        if let Some(address) = &self.address {
            write!(f, " {address}")?;
        }
        write!(f, " {}", self.method.name())?;
        for (name, value) in &self.options {
            write!(f, " {}", quoted(&format!("{name}={value}"), false))?;
        }
        Ok(())
    }
}

/// What stands in the order of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record(Record),
    /// Records that were not read: what they decide is not known. How they are named.
    Unseen(String),
}

impl Entry {
    /// The record, where it was read.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            Self::Unseen(_) => None,
        }
    }
}

/// Access rules in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRules {
    /// The first that matches decides.
    pub entries: Vec<Entry>,
}

impl AccessRules {
    /// Of records that were all read.
    #[must_use]
    pub fn new(records: impl IntoIterator<Item = Record>) -> Self {
        Self { entries: records.into_iter().map(Entry::Record).collect() }
    }

    /// How `found` differs from `self`, the required rules, with an example client for each direction; `None` where
    /// there are too many records to compare each against each.
    #[must_use]
    pub fn compare_in_detail(&self, found: &Self) -> Option<Detail> {
        compare::compare(self, found)
    }

    /// The entry that decides a connection, of those that were read and need nothing that only the server knows (role
    /// membership, host names, its networks). `None`: nothing matches, and the connection is refused. An error names
    /// what is not known.
    ///
    /// # Errors
    /// What decides and is not known.
    pub fn decide(&self, client: &Client<'_>) -> Result<Option<usize>, String> {
        regions::decide(&self.entries, client)
    }
}

/// A connection, for [`AccessRules::decide`].
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// How it travels.
    pub transport: Transport,
    /// Where it comes from; `None` for the Unix socket.
    pub ip: Option<std::net::IpAddr>,
    /// The database it asks for; `None` for physical replication.
    pub database: Option<&'a str>,
    /// The user it asks for.
    pub user: &'a str,
}

impl fmt::Display for AccessRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match entry {
                Entry::Record(record) => record.fmt(f)?,
                Entry::Unseen(what) => write!(f, "include {}", quoted(what, false))?,
            }
        }
        Ok(())
    }
}

impl Strictness for AccessRules {
    fn compare(&self, found: &Self) -> Comparison {
        let Some(detail) = self.compare_in_detail(found) else {
            return Comparison::new(Order::Incomparable, "the rules are too many to compare each with each");
        };
        let why = detail.worst().map(|difference| difference.why.clone()).unwrap_or_default();
        Comparison { order: detail.order, why }
    }

    fn absent() -> Option<Self> {
        None
    }
}
