//! Access rules as a running server shows them (`pg_hba_file_rules`), judged as those of a file.

use super::facts::{self, Shown};
use super::include::{Item, Read, Rules};
use super::parse::Bad;
use super::patterns::SslOff;
use super::row::{Row, parsed};
use crate::policy::Intent;
use crate::source::Span;
use crate::targets::Reading;
use crate::targets::postgres::snapshot::HbaRow;

/// A row, where it stands in the text of the snapshot, and `file:line` in the server's words.
pub(in super::super) struct Seen<'a> {
    pub(in super::super) row: &'a HbaRow,
    pub(in super::super) span: Span,
    pub(in super::super) name: String,
}

/// All rows of a server.
pub(in super::super) struct Server<'a> {
    /// Where they hold.
    pub(in super::super) place: &'a str,
    /// The file.
    pub(in super::super) path: &'a str,
    /// What is pointed at where no row is.
    pub(in super::super) start: Span,
    /// The major version.
    pub(in super::super) version: u32,
    /// Where the server says that TLS is off, if it does.
    pub(in super::super) ssl_off: Option<Span>,
    /// In the order of the server.
    pub(in super::super) rows: &'a [Seen<'a>],
}

const UNREAD: (&str, &str) = ("secgen does not understand this rule", "check pg_hba.conf itself, or use a secgen that knows this server");

/// Patterns, and the fact of the policy's intent.
pub(in super::super) fn judge(intent: Option<&Intent>, server: &Server<'_>, reading: &mut Reading) {
    let lines = server.rows.iter().map(|seen| Read { span: seen.span, item: item(seen, server.version) }).collect();
    let rules = Rules { lines, ..Rules::default() };
    let off = server.ssl_off.map(|at| SslOff { at: Some(at) });
    // Lines have the spans of their rows.
    let in_words = |span: Span| server.rows.iter().find(|seen| seen.span == span).map_or_else(|| server.path.to_owned(), |seen| seen.name.clone());
    let shown =
        Shown { place: server.place, path: server.path, start: server.start, rules: &rules, ssl_off: off.as_ref(), in_words: &in_words, unread: UNREAD };
    facts::judge(intent, &shown, reading);
}

/// A row with an error is no rule, and the server does not load the file; unless it shows the rule as well: then it loads
/// it, and says that it never matches.
fn item(seen: &Seen<'_>, version: u32) -> Item {
    let row = seen.row;
    if row.is_refused() {
        return Item::Bad(Bad::new(row.error.clone(), "correct the rule"), false);
    }
    let row = Row {
        connection: &row.kind,
        databases: &row.databases,
        users: &row.users,
        address: row.address.as_deref(),
        netmask: row.mask.as_deref(),
        method: &row.method,
        options: &row.options,
    };
    match parsed(&row, version, seen.span) {
        Ok(parsed) => Item::Record(Box::new(parsed)),
        Err(_) => Item::Unseen(seen.name.clone()),
    }
}
