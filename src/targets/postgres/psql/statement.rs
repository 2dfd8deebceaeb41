//! What a statement does, by the shape of its tokens. What is not one of the shapes here is no error: it does nothing
//! to settings, roles and grants.
//!
//! Source: the synopses of the PostgreSQL documentation, part VI "SQL Commands".

use super::access::{self, Access};
use super::stored::{self, To};
use super::tokens::{Kind, Token};

/// The effect of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Action {
    /// ALTER SYSTEM of a name; none is RESET ALL.
    System(Option<String>, To),
    /// ALTER ROLE .. SET, ALTER DATABASE .. SET.
    Override(Scope, Option<String>, To),
    /// SET: for this session only.
    Session(String),
    /// Roles, grants, policies, functions.
    Access(Vec<Access>),
    Begin,
    Commit,
    Rollback,
    Savepoint(String),
    RollbackTo(String),
    /// COPY .. FROM STDIN.
    CopyData,
    /// A variable of psql stands where the statement begins.
    Unseen,
    /// Of a recognised kind, but not understood.
    NotUnderstood(&'static str),
    Other,
}

/// Whose setting ALTER ROLE and ALTER DATABASE change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::targets::postgres) struct Scope {
    /// `None` for all roles.
    pub(in crate::targets::postgres) role: Option<String>,
    /// `None` for all databases.
    pub(in crate::targets::postgres) database: Option<String>,
}

/// First words of the statements that are read.
pub(in crate::targets::postgres) fn is_read(verb: &[u8]) -> bool {
    const VERBS: [&str; 18] = [
        "alter",
        "create",
        "drop",
        "grant",
        "revoke",
        "set",
        "reset",
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "prepare",
        "copy",
        "select",
        "reassign",
    ];
    // Without a word of its own, a statement may begin with a variable.
    verb.is_empty() || VERBS.iter().any(|known| verb.eq_ignore_ascii_case(known.as_bytes()))
}

/// Walks over tokens.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) rest: &'a [Token],
}

impl<'a> Cursor<'a> {
    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|t| t.is_word(word))
    }

    /// Takes the words if they stand here in this order.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let fits = words.len() <= self.rest.len() && self.rest.iter().zip(words).all(|(token, word)| token.is_word(word));
        if fits {
            self.rest = &self.rest[words.len()..];
        }
        fits
    }

    pub(super) fn eat_any(&mut self, words: &[&str]) -> Option<&'a str> {
        match self.peek().map(|t| &t.kind) {
            Some(Kind::Word(word)) if words.contains(&word.as_str()) => {
                self.next();
                Some(word)
            }
            _ => None,
        }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let fits = self.peek().is_some_and(|t| t.is_symbol(symbol));
        if fits {
            self.next();
        }
        fits
    }

    /// One name, folded; a variable of psql as it is written.
    pub(super) fn name(&mut self) -> Option<String> {
        let name = match &self.peek()?.kind {
            Kind::Word(name) | Kind::Quoted(name) | Kind::Unknown(name) => name.clone(),
            _ => return None,
        };
        self.next();
        Some(name)
    }

    /// `schema.name`.
    pub(super) fn qualified(&mut self) -> Option<String> {
        let mut name = self.name()?;
        while self.symbol(".") {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Some(name)
    }

    /// Over everything in parentheses that begins here; its tokens.
    pub(super) fn parentheses(&mut self) -> Option<&'a [Token]> {
        if !self.symbol("(") {
            return None;
        }
        let inner = self.rest;
        let mut depth = 1_usize;
        for (index, token) in inner.iter().enumerate() {
            match &token.kind {
                Kind::Symbol(s) if s == "(" => depth += 1,
                Kind::Symbol(s) if s == ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.rest = &inner[index + 1..];
                return Some(&inner[..index]);
            }
        }
        None
    }

    /// Names separated by commas.
    pub(super) fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(name) = self.qualified() {
            names.push(name);
            if !self.symbol(",") {
                break;
            }
        }
        names
    }
}

/// The name of a setting: letter case never counts, with quotes neither.
fn setting(cursor: &mut Cursor<'_>) -> Option<String> {
    if matches!(cursor.peek().map(|t| &t.kind), Some(Kind::Unknown(_))) {
        return None;
    }
    cursor.qualified().map(|name| name.to_ascii_lowercase())
}

/// `SET name = value` and `RESET name`, behind ALTER SYSTEM, a role or a database.
fn change(cursor: &mut Cursor<'_>, is_system: bool) -> Option<(Option<String>, To)> {
    if cursor.eat(&["reset"]) {
        if cursor.rest.len() == 1 && cursor.is("all") {
            return Some((None, To::Reset));
        }
        let name = setting(cursor)?;
        return Some((Some(name), if cursor.rest.is_empty() { To::Reset } else { To::Refused("words follow the name".to_owned()) }));
    }
    if !cursor.eat(&["set"]) {
        return None;
    }
    if cursor.is("time") && cursor.rest.get(1).is_some_and(|t| t.is_word("zone")) {
        if is_system {
            return Some((Some("timezone".to_owned()), To::Refused("ALTER SYSTEM has no TIME ZONE; write timezone = '..'".to_owned())));
        }
        cursor.rest = &cursor.rest[2..];
        return Some((Some("timezone".to_owned()), stored::arguments(cursor.bytes, cursor.rest)));
    }
    if is_system && (cursor.is("local") || cursor.is("session")) && cursor.rest.get(1).is_some_and(|t| matches!(t.kind, Kind::Word(_))) {
        cursor.next();
        let name = setting(cursor)?;
        return Some((Some(name), To::Refused("ALTER SYSTEM has no LOCAL and no SESSION".to_owned())));
    }
    let name = setting(cursor)?;
    if cursor.eat(&["from", "current"]) {
        let to = if is_system {
            To::Refused("ALTER SYSTEM has no FROM CURRENT".to_owned())
        } else {
            To::Set(vec![stored::Argument::Unknown("the value of the session that runs the script".to_owned())])
        };
        return Some((Some(name), to));
    }
    if !(cursor.symbol("=") || cursor.eat(&["to"])) {
        return Some((Some(name), To::Refused("neither = nor TO follows the name".to_owned())));
    }
    Some((Some(name), stored::arguments(cursor.bytes, cursor.rest)))
}

fn alter(cursor: &mut Cursor<'_>) -> Action {
    if cursor.eat(&["system"]) {
        return change(cursor, true).map_or(Action::NotUnderstood("ALTER SYSTEM"), |(name, to)| Action::System(name, to));
    }
    if cursor.eat(&["database"]) {
        let Some(database) = cursor.name() else { return Action::Other };
        let scope = Scope { role: None, database: Some(database) };
        return change(cursor, false).map_or(Action::Other, |(name, to)| Action::Override(scope, name, to));
    }
    let before = cursor.clone();
    if cursor.eat_any(&["role", "user"]).is_some() {
        let role = if cursor.eat(&["all"]) { None } else { cursor.name() };
        let is_all = role.is_none();
        let database = if cursor.eat(&["in", "database"]) { cursor.name() } else { None };
        if let Some((name, to)) = change(cursor, false) {
            return Action::Override(Scope { role, database }, name, to);
        }
        if is_all {
            return Action::NotUnderstood("ALTER ROLE");
        }
        *cursor = before;
    }
    access::alter(cursor)
}

fn transaction(cursor: &mut Cursor<'_>, verb: &str) -> Action {
    match verb {
        "begin" => Action::Begin,
        "start" if cursor.is("transaction") => Action::Begin,
        "commit" if cursor.is("prepared") => Action::Other,
        "commit" | "end" => Action::Commit,
        "prepare" if cursor.is("transaction") => Action::Commit,
        "abort" => Action::Rollback,
        "rollback" => {
            if cursor.is("prepared") {
                return Action::Other;
            }
            let _ = cursor.eat_any(&["work", "transaction"]);
            if !cursor.eat(&["to"]) {
                return Action::Rollback;
            }
            cursor.eat(&["savepoint"]);
            cursor.name().map_or(Action::Other, Action::RollbackTo)
        }
        "savepoint" => cursor.name().map_or(Action::Other, Action::Savepoint),
        _ => Action::Other,
    }
}

/// `COPY .. FROM STDIN`, outside of parentheses.
fn takes_data(cursor: &mut Cursor<'_>) -> bool {
    loop {
        if cursor.peek().is_some_and(|t| t.is_symbol("(")) {
            if cursor.parentheses().is_none() {
                return false;
            }
        } else if cursor.eat(&["from"]) {
            return cursor.is("stdin");
        } else if cursor.next().is_none() {
            return false;
        }
    }
}

/// What a statement does.
pub(in crate::targets::postgres) fn read(bytes: &[u8], tokens: &[Token]) -> Action {
    let mut cursor = Cursor { bytes, rest: tokens };
    let Some(first) = cursor.next() else { return Action::Other };
    let verb = match &first.kind {
        Kind::Word(verb) => verb.as_str(),
        Kind::Unknown(_) => return Action::Unseen,
        _ => return Action::Other,
    };
    match verb {
        "alter" => alter(&mut cursor),
        "set" => {
            let _ = cursor.eat_any(&["session", "local"]);
            match setting(&mut cursor) {
                Some(name) if cursor.symbol("=") || cursor.is("to") => Action::Session(name),
                _ => Action::Other,
            }
        }
        "create" => access::create(&mut cursor),
        "drop" => access::drop(&mut cursor),
        "grant" => access::grant(&mut cursor, true),
        "revoke" => access::grant(&mut cursor, false),
        "copy" if takes_data(&mut cursor) => Action::CopyData,
        "begin" | "start" | "commit" | "end" | "prepare" | "abort" | "rollback" | "savepoint" => transaction(&mut cursor, verb),
        _ => Action::Other,
    }
}

/// A name that `\gset` sets, and from (true) or below which major version it is true.
type Guard = (String, Option<(bool, u32)>);

/// Guards on the server's version in a query whose result becomes variables.
/// Names that the query sets otherwise have `None`. No list at all: the names are not known.
pub(in crate::targets::postgres) fn gset(tokens: &[Token], prefix: &str) -> Option<Vec<Guard>> {
    let (first, rest) = tokens.split_first()?;
    if !first.is_word("select") {
        return None;
    }
    let mut out = Vec::new();
    let mut item: Vec<&Token> = Vec::new();
    let mut depth = 0_usize;
    for token in rest.iter().chain(std::iter::once(&Token { kind: Kind::Symbol(",".to_owned()), range: 0..0 })) {
        match &token.kind {
            Kind::Symbol(s) if s == "(" => depth += 1,
            Kind::Symbol(s) if s == ")" => depth = depth.saturating_sub(1),
            Kind::Word(w) if depth == 0 && matches!(w.as_str(), "from" | "where" | "union" | "order" | "limit") => {
                out.push(select_item(&item, prefix)?);
                return Some(out);
            }
            Kind::Symbol(s) if s == "," && depth == 0 => {
                out.push(select_item(&item, prefix)?);
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(token);
    }
    Some(out)
}

fn select_item(item: &[&Token], prefix: &str) -> Option<Guard> {
    let [rest @ .., r#as, name] = item else { return None };
    let (Kind::Word(name) | Kind::Quoted(name)) = &name.kind else { return None };
    if !r#as.is_word("as") {
        return None;
    }
    let name = format!("{prefix}{name}");
    let words: Vec<String> = rest
        .iter()
        .map(|token| match &token.kind {
            Kind::Word(text) | Kind::Number(text) | Kind::Symbol(text) => text.clone(),
            Kind::Text(text) => format!("'{text}'"),
            Kind::Quoted(text) | Kind::Unknown(text) => text.clone(),
        })
        .collect();
    let text = words.join(" ");
    let behind = ["current_setting ( 'server_version_num' ) :: int ", "current_setting ( 'server_version_num' ) :: integer ", ":SERVER_VERSION_NUM "]
        .into_iter()
        .find_map(|start| text.strip_prefix(start));
    let guard = behind.and_then(|behind| {
        let (operator, number) = behind.split_once(' ')?;
        let number: u32 = number.parse().ok()?;
        // Only whole major versions are told apart.
        match (operator, number % 10_000) {
            (">=", 0) => Some((true, number / 10_000)),
            ("<", 0) => Some((false, number / 10_000)),
            _ => None,
        }
    });
    Some((name, guard))
}
