//! Statements about who may do what: roles, grants, row level security, functions that run as their owner.

use super::statement::{Action, Cursor};
use super::tokens::{Kind, Token};

/// A role's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::targets::postgres) enum Power {
    Superuser,
    BypassRls,
    CreateRole,
    CreateDb,
    Replication,
    Login,
}

impl Power {
    /// As in CREATE ROLE.
    pub(in crate::targets::postgres) fn name(self) -> &'static str {
        match self {
            Self::Superuser => "SUPERUSER",
            Self::BypassRls => "BYPASSRLS",
            Self::CreateRole => "CREATEROLE",
            Self::CreateDb => "CREATEDB",
            Self::Replication => "REPLICATION",
            Self::Login => "LOGIN",
        }
    }

    fn parse(word: &str) -> Option<(Self, bool)> {
        let of = |word: &str| {
            Some(match word {
                "superuser" => Self::Superuser,
                "bypassrls" => Self::BypassRls,
                "createrole" | "createuser" => Self::CreateRole,
                "createdb" => Self::CreateDb,
                "replication" => Self::Replication,
                "login" => Self::Login,
                _ => return None,
            })
        };
        of(word).map(|power| (power, true)).or_else(|| Some((of(word.strip_prefix("no")?)?, false)))
    }
}

/// How a password is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Password {
    /// As it is.
    Clear,
    /// Its MD5 hash.
    Md5,
    /// A SCRAM verifier.
    Scram,
}

/// What privileges are on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::targets::postgres) struct Object {
    /// `table`, `schema`, `function`, `parameter`, `default` (what comes later) or `all` of a kind in a schema.
    pub(in crate::targets::postgres) kind: String,
    pub(in crate::targets::postgres) name: String,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Access {
    /// CREATE ROLE makes all powers anew, ALTER ROLE changes those named.
    Role {
        name: String,
        is_new: bool,
        powers: Vec<(Power, bool)>,
        password: Option<Password>,
    },
    /// Also what a dropped role was a member of.
    DropRole(String),
    RenameRole(String, String),
    Member {
        group: String,
        member: String,
        is_granted: bool,
    },
    Privileges {
        object: Object,
        grantee: String,
        privileges: Vec<String>,
        is_granted: bool,
        is_option_only: bool,
    },
    RowSecurity {
        table: String,
        change: RowSecurity,
    },
    Policy(String),
    DropPolicy(String),
    DropTable(String),
    /// `None`: the statement does not say.
    Function {
        name: String,
        /// As written, without layout.
        arguments: String,
        is_new: bool,
        runs_as_owner: Option<bool>,
        fixes_path: Option<bool>,
    },
    DropFunction(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

/// A table by its full name: without a schema it is made in `public`, unless `search_path` says otherwise.
fn table(name: &str) -> String {
    name.strip_prefix("public.").unwrap_or(name).to_owned()
}

/// `CREATE ROLE`, `CREATE USER`, `CREATE GROUP`: the options behind the name.
fn role(cursor: &mut Cursor<'_>, is_new: bool, logs_in: bool) -> Action {
    let Some(name) = cursor.name() else { return Action::NotUnderstood("CREATE ROLE") };
    let mut powers = if is_new { vec![(Power::Login, logs_in)] } else { Vec::new() };
    let mut password = None;
    let mut also = Vec::new();
    let _ = cursor.eat(&["with"]);
    if !is_new && cursor.eat(&["rename", "to"]) {
        return cursor.name().map_or(Action::Other, |to| Action::Access(vec![Access::RenameRole(name, to)]));
    }
    while let Some(token) = cursor.next() {
        let Kind::Word(word) = &token.kind else { continue };
        if let Some(power) = Power::parse(word) {
            powers.push(power);
            continue;
        }
        match word.as_str() {
            "password" => {
                if let Some(Token { kind: Kind::Text(text), .. }) = cursor.peek() {
                    cursor.next();
                    password = Some(how(text));
                }
            }
            "in" if cursor.eat_any(&["role", "group"]).is_some() => {
                also.extend(cursor.names().into_iter().map(|group| Access::Member { group, member: name.clone(), is_granted: true }));
            }
            "role" | "user" | "admin" if is_new => {
                also.extend(cursor.names().into_iter().map(|member| Access::Member { group: name.clone(), member, is_granted: true }));
            }
            _ => {}
        }
    }
    let mut all = vec![Access::Role { name, is_new, powers, password }];
    all.append(&mut also);
    Action::Access(all)
}

/// What a literal behind PASSWORD is (`get_password_type` of the server).
fn how(text: &str) -> Password {
    let is_md5 = text.strip_prefix("md5").is_some_and(|hash| hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    // SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>
    let is_scram = text.strip_prefix("SCRAM-SHA-256$").is_some_and(|rest| {
        let parts: Vec<&str> = rest.split(['$', ':']).collect();
        parts.len() == 4 && parts[0].bytes().all(|b| b.is_ascii_digit()) && parts.iter().all(|p| !p.is_empty())
    });
    match (is_md5, is_scram) {
        (true, _) => Password::Md5,
        (_, true) => Password::Scram,
        _ => Password::Clear,
    }
}

/// Options of a function, over what stands behind its arguments.
fn function(cursor: &mut Cursor<'_>, is_new: bool) -> Action {
    let Some(name) = cursor.qualified() else { return Action::Other };
    let arguments = cursor.parentheses().unwrap_or_default().iter().map(|t| match &t.kind {
        Kind::Word(text) | Kind::Quoted(text) | Kind::Text(text) | Kind::Number(text) | Kind::Symbol(text) | Kind::Unknown(text) => text.as_str(),
    });
    let arguments = arguments.collect::<Vec<_>>().join(" ");
    let (mut runs_as_owner, mut fixes_path) = (None, None);
    while let Some(token) = cursor.next() {
        let Kind::Word(word) = &token.kind else { continue };
        match word.as_str() {
            "security" if cursor.eat(&["definer"]) => runs_as_owner = Some(true),
            "security" if cursor.eat(&["invoker"]) => runs_as_owner = Some(false),
            "set" if cursor.eat(&["search_path"]) => fixes_path = Some(!cursor.eat(&["to", "default"])),
            "reset" if cursor.eat_any(&["search_path", "all"]).is_some() => fixes_path = Some(false),
            // The body of SQL-standard functions.
            "begin" | "return" if is_new && (word == "return" || cursor.is("atomic")) => break,
            _ => {}
        }
    }
    Action::Access(vec![Access::Function { name: table(&name), arguments, is_new, runs_as_owner, fixes_path }])
}

pub(super) fn create(cursor: &mut Cursor<'_>) -> Action {
    let _ = cursor.eat(&["or", "replace"]);
    match cursor.eat_any(&["role", "user", "group", "function", "procedure", "policy"]) {
        Some("user") if cursor.is("mapping") => Action::Other,
        Some(word @ ("role" | "user" | "group")) => role(cursor, true, word == "user"),
        Some("policy") => {
            let _ = cursor.name();
            let found = if cursor.eat(&["on"]) { cursor.qualified() } else { None };
            found.map_or(Action::NotUnderstood("CREATE POLICY"), |name| Action::Access(vec![Access::Policy(table(&name))]))
        }
        Some(_) => function(cursor, true),
        None => Action::Other,
    }
}

pub(super) fn alter(cursor: &mut Cursor<'_>) -> Action {
    match cursor.eat_any(&["role", "user", "group", "function", "procedure", "routine", "default", "table"]) {
        Some("user") if cursor.is("mapping") => Action::Other,
        Some("group") => {
            let Some(group) = cursor.name() else { return Action::Other };
            let is_granted = match cursor.eat_any(&["add", "drop"]) {
                Some(word) if cursor.eat(&["user"]) => word == "add",
                _ => return Action::Other,
            };
            Action::Access(cursor.names().into_iter().map(|member| Access::Member { group: group.clone(), member, is_granted }).collect())
        }
        Some("role" | "user") => role(cursor, false, false),
        Some("default") if cursor.eat(&["privileges"]) => default_privileges(cursor),
        Some("table") => row_security(cursor),
        Some("function" | "procedure" | "routine") => function(cursor, false),
        _ => Action::Other,
    }
}

fn row_security(cursor: &mut Cursor<'_>) -> Action {
    let _ = cursor.eat(&["if", "exists"]);
    let _ = cursor.eat(&["only"]);
    let Some(name) = cursor.qualified().map(|name| table(&name)) else { return Action::Other };
    let _ = cursor.symbol("*");
    let mut all = Vec::new();
    // Each of the actions, which commas separate.
    while cursor.peek().is_some() {
        let change = match cursor.eat_any(&["enable", "disable", "force", "no"]) {
            Some("enable") => Some(RowSecurity::Enable),
            Some("disable") => Some(RowSecurity::Disable),
            Some("force") => Some(RowSecurity::Force),
            Some(_) if cursor.eat(&["force"]) => Some(RowSecurity::NoForce),
            _ => None,
        };
        if let Some(change) = change
            && cursor.eat(&["row", "level", "security"])
        {
            all.push(Access::RowSecurity { table: name.clone(), change });
        }
        while cursor.peek().is_some_and(|t| !t.is_symbol(",")) {
            if cursor.parentheses().is_none() && cursor.next().is_none() {
                break;
            }
        }
        let _ = cursor.symbol(",");
    }
    if all.is_empty() { Action::Other } else { Action::Access(all) }
}

pub(super) fn drop(cursor: &mut Cursor<'_>) -> Action {
    let Some(what) = cursor.eat_any(&["role", "user", "group", "policy", "table", "function", "procedure", "routine"]) else { return Action::Other };
    if what == "user" && cursor.is("mapping") {
        return Action::Other;
    }
    let _ = cursor.eat(&["if", "exists"]);
    let of = match what {
        "policy" => {
            let _ = cursor.name();
            let found = if cursor.eat(&["on"]) { cursor.qualified() } else { None };
            return found.map_or(Action::Other, |name| Action::Access(vec![Access::DropPolicy(table(&name))]));
        }
        "table" => |name: String| Access::DropTable(table(&name)),
        "role" | "user" | "group" => Access::DropRole,
        _ => |name: String| Access::DropFunction(table(&name)),
    };
    let mut all = Vec::new();
    while let Some(name) = cursor.qualified() {
        let _ = cursor.parentheses();
        all.push(of(name));
        if !cursor.symbol(",") {
            break;
        }
    }
    Action::Access(all)
}

fn default_privileges(cursor: &mut Cursor<'_>) -> Action {
    let mut place = String::new();
    loop {
        if cursor.eat_any(&["for"]).is_some() {
            let _ = cursor.eat_any(&["role", "user"]);
            let _ = cursor.names();
        } else if cursor.eat(&["in", "schema"]) {
            place = cursor.names().join(", ");
        } else {
            break;
        }
    }
    let is_granted = match cursor.eat_any(&["grant", "revoke"]) {
        Some(word) => word == "grant",
        None => return Action::NotUnderstood("ALTER DEFAULT PRIVILEGES"),
    };
    let is_option_only = !is_granted && cursor.eat(&["grant", "option", "for"]);
    let privileges = privileges(cursor);
    if !cursor.eat(&["on"]) {
        return Action::NotUnderstood("ALTER DEFAULT PRIVILEGES");
    }
    let kind = cursor.name().unwrap_or_default();
    let name = if place.is_empty() { kind } else { format!("{kind} in schema {place}") };
    let object = Object { kind: "default".to_owned(), name };
    grantees(cursor, &[object], &privileges, is_granted, is_option_only)
}

/// Words up to ON or TO or FROM, columns left out.
fn privileges(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let mut words: Vec<String> = Vec::new();
    loop {
        if cursor.parentheses().is_some() {
            continue;
        }
        if cursor.symbol(",") {
            all.push(std::mem::take(&mut words).join(" "));
            continue;
        }
        if ["on", "to", "from"].iter().any(|w| cursor.is(w)) {
            break;
        }
        match cursor.name() {
            Some(word) => words.push(word),
            None => break,
        }
    }
    all.push(words.join(" "));
    all.into_iter().filter(|p| !p.is_empty()).map(|p| if p == "all privileges" { "all".to_owned() } else { p }).collect()
}

/// Behind the objects: to whom, or from whom.
fn grantees(cursor: &mut Cursor<'_>, objects: &[Object], privileges: &[String], is_granted: bool, is_option_only: bool) -> Action {
    if cursor.eat_any(&["to", "from"]).is_none() {
        return Action::NotUnderstood(if is_granted { "GRANT" } else { "REVOKE" });
    }
    let mut all = Vec::new();
    loop {
        let _ = cursor.eat(&["group"]);
        let is_quoted = cursor.peek().is_some_and(|t| matches!(t.kind, Kind::Quoted(_)));
        let Some(name) = cursor.name() else { break };
        // A role whose name is public in quotes cannot exist.
        let grantee = if name == "public" && !is_quoted { "PUBLIC".to_owned() } else { name };
        all.extend(objects.iter().map(|object| Access::Privileges {
            object: object.clone(),
            grantee: grantee.clone(),
            privileges: privileges.to_vec(),
            is_granted,
            is_option_only,
        }));
        if all.len() > MAX_EFFECTS {
            return Action::NotUnderstood("GRANT");
        }
        if !cursor.symbol(",") {
            break;
        }
    }
    Action::Access(all)
}

/// Effects of one statement beyond these: no person writes it.
const MAX_EFFECTS: usize = 100_000;
/// Objects of one statement beyond these are not told apart from a mistake.
const MAX_OBJECTS: usize = 10_000;

pub(super) fn grant(cursor: &mut Cursor<'_>, is_granted: bool) -> Action {
    let mut is_option_only = false;
    if !is_granted {
        is_option_only = cursor.eat(&["grant", "option", "for"]) || ["admin", "inherit", "set"].iter().any(|word| cursor.eat(&[word, "option", "for"]));
    }
    let privileges = privileges(cursor);
    if !cursor.eat(&["on"]) {
        // Roles.
        if cursor.eat_any(&["to", "from"]).is_none() {
            return Action::NotUnderstood(if is_granted { "GRANT" } else { "REVOKE" });
        }
        let members = cursor.names();
        if is_option_only || members.len().saturating_mul(privileges.len()) > MAX_OBJECTS {
            return if is_option_only { Action::Other } else { Action::NotUnderstood("GRANT") };
        }
        let all = privileges.iter().flat_map(|group| members.iter().map(|member| Access::Member { group: group.clone(), member: member.clone(), is_granted }));
        return Action::Access(all.collect());
    }
    let object = |kind: &str, name: String| Object { kind: kind.to_owned(), name };
    let mut objects = Vec::new();
    if cursor.eat(&["all"]) {
        let kind = cursor.eat_any(&["tables", "sequences", "functions", "procedures", "routines"]).unwrap_or("tables");
        let _ = cursor.eat(&["in", "schema"]);
        objects.extend(cursor.names().into_iter().map(|schema| object("all", format!("{kind} in schema {schema}"))));
    } else {
        let kind = match cursor.eat_any(&[
            "table",
            "sequence",
            "database",
            "domain",
            "function",
            "procedure",
            "routine",
            "language",
            "schema",
            "tablespace",
            "type",
            "parameter",
            "foreign",
            "large",
        ]) {
            Some("foreign") => cursor.eat_any(&["data", "server"]).map_or("table", |word| {
                let _ = word == "data" && cursor.eat(&["wrapper"]);
                "foreign server or wrapper"
            }),
            Some("large") => {
                let _ = cursor.eat(&["object"]);
                "large object"
            }
            Some(kind) => kind,
            None => "table",
        };
        while objects.len() <= MAX_OBJECTS {
            let name = match cursor.peek().map(|t| &t.kind) {
                Some(Kind::Number(number)) => {
                    cursor.next();
                    Some(number.clone())
                }
                _ => cursor.qualified(),
            };
            let Some(name) = name else { break };
            let _ = cursor.parentheses();
            objects.push(object(kind, if kind == "table" { table(&name) } else { name }));
            if !cursor.symbol(",") {
                break;
            }
        }
    }
    grantees(cursor, &objects, &privileges, is_granted, is_option_only)
}
