//! What a script leaves behind when it has run, for each version and each way that its open conditions may turn out.

use super::access::{Access, Object, Power, RowSecurity};
use super::command::Condition;
use super::read::Step;
use super::statement::{Action, Scope};
use super::stored::{self, Argument, To};
use crate::source::Span;
use crate::strictness::postgres::{self as settings, Setting, catalogue};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

/// Conditions that are looked at in every combination.
const MAX_OPEN: usize = 6;
/// Steps of all worlds together.
const MAX_WORK: usize = 20_000_000;
/// Entries that the statements of one run may look at all together.
const MAX_SWEPT: usize = 1_000_000;
/// Savepoints of one transaction.
const MAX_SAVEPOINTS: usize = 1000;

/// What is stored for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Written {
    Text(String),
    /// RESET, or SET to DEFAULT.
    Nothing,
    /// Why nobody can tell.
    Unknown(String),
}

/// A value, the arguments that made it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Write {
    pub(in crate::targets::postgres) order: usize,
    pub(in crate::targets::postgres) written: Written,
    pub(in crate::targets::postgres) arguments: Vec<Argument>,
    pub(in crate::targets::postgres) at: Span,
}

/// What is known of a table's row level security.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Table {
    pub(in crate::targets::postgres) enabled: Option<(bool, Span)>,
    pub(in crate::targets::postgres) forced: Option<(bool, Span)>,
    /// The first of its policies.
    pub(in crate::targets::postgres) policy: Option<Span>,
    policies: usize,
}

/// What is known of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Function {
    pub(in crate::targets::postgres) runs_as_owner: Option<Span>,
    pub(in crate::targets::postgres) fixes_path: bool,
}

/// The end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::targets::postgres) struct Effect {
    pub(in crate::targets::postgres) system: BTreeMap<String, Write>,
    /// The last ALTER SYSTEM RESET ALL: nothing of before is left.
    pub(in crate::targets::postgres) cleared: Option<usize>,
    pub(in crate::targets::postgres) unseen: Vec<(usize, String, Span)>,
    pub(in crate::targets::postgres) overrides: BTreeMap<(Scope, String), Write>,
    pub(in crate::targets::postgres) sessions: BTreeMap<String, Span>,
    pub(in crate::targets::postgres) roles: BTreeMap<String, BTreeMap<Power, Span>>,
    /// Group and member.
    pub(in crate::targets::postgres) members: BTreeMap<(String, String), Span>,
    pub(in crate::targets::postgres) privileges: BTreeMap<(Object, String), BTreeMap<String, Span>>,
    pub(in crate::targets::postgres) tables: BTreeMap<String, Table>,
    /// By name and arguments.
    pub(in crate::targets::postgres) functions: BTreeMap<(String, String), Function>,
    /// Statements that the server refuses, and why.
    pub(in crate::targets::postgres) refused: Vec<(Span, String)>,
    /// A `\q` that depends on a condition ended the script.
    has_quit: bool,
    /// Entries looked at by statements that concern many.
    swept: usize,
}

/// One way that a run may go.
#[derive(Clone, Debug)]
pub(in crate::targets::postgres) struct World {
    pub(in crate::targets::postgres) versions: RangeInclusive<u32>,
    pub(in crate::targets::postgres) effect: Effect,
}

/// All ways that a run may go, those with the same end once; and whether every combination was looked at.
pub(in crate::targets::postgres) fn worlds(steps: &[(Step, Span)], versions: &RangeInclusive<u32>) -> (Vec<World>, bool) {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut has_doubt = false;
    for (step, _) in steps {
        match step {
            Step::If(Condition::Open(key)) | Step::ElseIf(Condition::Open(key)) if seen.insert(key.as_str()) => open.push(key),
            Step::Doubt => has_doubt = true,
            _ => {}
        }
    }
    if has_doubt {
        open.push("");
    }
    let count = versions.clone().count();
    let work = |combinations: usize| steps.len().saturating_mul(combinations).saturating_mul(count);
    let is_complete = open.len() <= MAX_OPEN && work(1 << open.len()) <= MAX_WORK;
    let combinations: Vec<HashMap<&str, bool>> = if is_complete {
        (0..1_usize << open.len()).map(|bits| open.iter().enumerate().map(|(i, key)| (*key, bits >> i & 1 == 0)).collect()).collect()
    } else {
        [true, false].map(|all| open.iter().map(|key| (*key, all)).collect()).into()
    };
    let mut worlds: Vec<World> = Vec::new();
    for truth in &combinations {
        for version in versions.clone() {
            let effect = run(steps, version, truth);
            match worlds.iter_mut().find(|w| w.effect == effect && *w.versions.end() + 1 >= version && *w.versions.start() <= version) {
                Some(world) => world.versions = *world.versions.start()..=version.max(*world.versions.end()),
                None => worlds.push(World { versions: version..=version, effect }),
            }
        }
    }
    // A script that stops itself on a condition is not one that has run.
    if worlds.iter().any(|w| !w.effect.has_quit) {
        worlds.retain(|w| !w.effect.has_quit);
    }
    (worlds, is_complete)
}

#[derive(Clone, Copy)]
struct Frame {
    is_outer_live: bool,
    is_taken: bool,
    is_live: bool,
}

#[derive(Default)]
struct File {
    frames: Vec<Frame>,
    is_over: bool,
}

/// The statements that run, in order, those of transactions that are taken back left out; the rest goes to the effect.
fn run(steps: &[(Step, Span)], version: u32, truth: &HashMap<&str, bool>) -> Effect {
    let holds = |condition: &Condition| match condition {
        Condition::Known(holds) => *holds,
        Condition::Version { at_least, version: from } => (version >= *from) == *at_least,
        Condition::Open(key) => truth.get(key.as_str()).copied().unwrap_or(false),
    };
    let mut effect = Effect::default();
    let mut files: Vec<File> = Vec::new();
    let mut kept: Vec<(usize, &Action, Span)> = Vec::new();
    // Where the open transaction and its savepoints began.
    let mut transaction: Option<usize> = None;
    let mut savepoints: Vec<(&str, usize)> = Vec::new();
    for (order, (step, at)) in steps.iter().enumerate() {
        let outer_over = files.last().is_some_and(|f| f.is_over);
        match step {
            Step::File => {
                let is_live = is_live(&files);
                files.push(File { frames: Vec::new(), is_over: outer_over || !is_live });
                continue;
            }
            Step::EndOfFile => {
                files.pop();
                continue;
            }
            _ => {}
        }
        let is_live = is_live(&files);
        let Some(file) = files.last_mut() else { continue };
        match step {
            Step::If(condition) => {
                let now = is_live && holds(condition);
                file.frames.push(Frame { is_outer_live: is_live, is_taken: now, is_live: now });
            }
            Step::ElseIf(condition) => {
                if let Some(frame) = file.frames.last_mut() {
                    frame.is_live = frame.is_outer_live && !frame.is_taken && holds(condition);
                    frame.is_taken |= frame.is_live;
                }
            }
            Step::EndIf => {
                file.frames.pop();
            }
            Step::Quit if is_live => {
                file.is_over = true;
                effect.has_quit = true;
            }
            Step::Doubt if is_live && !truth.get("").copied().unwrap_or(true) => file.is_over = true,
            Step::Unseen(what) if is_live => effect.unseen.push((order, what.clone(), *at)),
            Step::Act(action, joined) if is_live => match action {
                Action::Begin => transaction = transaction.or(Some(kept.len())),
                Action::Commit => {
                    transaction = None;
                    savepoints.clear();
                }
                Action::Rollback => {
                    if let Some(start) = transaction.take() {
                        kept.truncate(start);
                    }
                    savepoints.clear();
                }
                Action::Savepoint(name) if savepoints.len() < MAX_SAVEPOINTS => savepoints.push((name, kept.len())),
                Action::RollbackTo(name) => {
                    if let Some(index) = savepoints.iter().rposition(|(own, _)| own == name) {
                        kept.truncate(savepoints[index].1);
                        savepoints.truncate(index + 1);
                    }
                }
                Action::System(..) if transaction.is_some() || *joined => {
                    let why = if transaction.is_some() {
                        "ALTER SYSTEM cannot run inside of a transaction block"
                    } else {
                        "ALTER SYSTEM cannot be sent together with another statement"
                    };
                    effect.refused.push((*at, why.to_owned()));
                }
                Action::Unseen => effect.unseen.push((order, "a statement that a variable stands for".to_owned(), *at)),
                Action::NotUnderstood("ALTER SYSTEM") => effect.unseen.push((order, "an ALTER SYSTEM that secgen does not understand".to_owned(), *at)),
                _ => kept.push((order, action, *at)),
            },
            _ => {}
        }
    }
    for (order, action, at) in kept {
        effect.apply(action, order, at, version);
    }
    effect
}

fn is_live(files: &[File]) -> bool {
    files.last().is_none_or(|file| !file.is_over && file.frames.last().is_none_or(|frame| frame.is_live))
}

/// What a version stores for a change.
///
/// # Errors
/// Why the server refuses the statement.
fn value(name: &str, to: &To, version: u32, is_system: bool) -> Result<(Written, Vec<Argument>), String> {
    let arguments = match to {
        To::Refused(why) => return Err(why.clone()),
        To::Reset => return Ok((Written::Nothing, Vec::new())),
        To::Set(arguments) => arguments,
    };
    let current = catalogue::current_name(name, version);
    let entry = catalogue::at(current, version);
    match &entry {
        _ if settings::is_custom(name) || catalogue::is_vestige(name) || catalogue::is_of_newer_minor(name) => {}
        None => return Err(format!("PostgreSQL {version} has no setting {name}")),
        Some(entry) if is_system && !entry.alterable => return Err(format!("{name} cannot be changed by ALTER SYSTEM")),
        Some(entry) if !is_system && !matches!(entry.context, "user" | "superuser") => return Err(format!("{name} cannot be set for a role or a database")),
        Some(_) => {}
    }
    if let Some(Argument::Unknown(what)) = arguments.iter().find(|a| matches!(a, Argument::Unknown(_))) {
        let why = if what.is_empty() { format!("a variable of psql decides {name}") } else { format!("{what} decides {name}") };
        return Ok((Written::Unknown(why), arguments.clone()));
    }
    let text = stored::stored(name, arguments, version)?;
    Setting::from_text(current, &text, &(version..=version)).map_err(|why| match settings::redact(name, &text) {
        std::borrow::Cow::Owned(_) => format!("{name} has a value that the server refuses"),
        std::borrow::Cow::Borrowed(_) => why,
    })?;
    Ok((Written::Text(text), arguments.clone()))
}

impl Effect {
    /// Whether statements that concern many entries were more than can be followed.
    pub(in crate::targets::postgres) fn is_exhausted(&self) -> bool {
        self.swept > MAX_SWEPT
    }

    fn may_sweep(&mut self, entries: usize) -> bool {
        self.swept += entries;
        !self.is_exhausted()
    }

    fn apply(&mut self, action: &Action, order: usize, at: Span, version: u32) {
        match action {
            Action::System(None, _) => {
                self.system.clear();
                self.cleared = Some(order);
            }
            Action::System(Some(name), to) => match value(name, to, version, true) {
                Ok((written, arguments)) => {
                    self.system.insert(name.clone(), Write { order, written, arguments, at });
                }
                Err(why) => self.refused.push((at, why)),
            },
            Action::Override(scope, None, _) if self.may_sweep(self.overrides.len()) => self.overrides.retain(|(own, _), _| own != scope),
            Action::Override(_, None, _) => {}
            Action::Override(scope, Some(name), to) => match value(name, to, version, false) {
                Ok((Written::Nothing, _)) => {
                    self.overrides.remove(&(scope.clone(), name.clone()));
                }
                Ok((written, arguments)) => {
                    self.overrides.insert((scope.clone(), name.clone()), Write { order, written, arguments, at });
                }
                Err(why) => self.refused.push((at, why)),
            },
            Action::Session(name) => {
                self.sessions.insert(name.clone(), at);
            }
            Action::Access(all) => all.iter().for_each(|access| self.access(access, at)),
            _ => {}
        }
    }

    fn access(&mut self, access: &Access, at: Span) {
        match access {
            Access::Role { name, is_new, powers, .. } => {
                let own = self.roles.entry(name.clone()).or_default();
                if *is_new {
                    own.clear();
                }
                for (power, is_on) in powers {
                    if *is_on {
                        own.insert(*power, at);
                    } else {
                        own.remove(power);
                    }
                }
            }
            Access::DropRole(name) => {
                self.roles.remove(name);
                if !self.may_sweep(self.members.len()) {
                    return;
                }
                self.members.retain(|(group, member), _| group != name && member != name);
            }
            Access::RenameRole(from, to) => {
                if let Some(own) = self.roles.remove(from) {
                    self.roles.insert(to.clone(), own);
                }
                if !self.may_sweep(self.members.len()) {
                    return;
                }
                let renamed = |name: &String| if name == from { to.clone() } else { name.clone() };
                self.members = std::mem::take(&mut self.members).into_iter().map(|((g, m), at)| ((renamed(&g), renamed(&m)), at)).collect();
            }
            Access::Member { group, member, is_granted } => {
                let key = (group.clone(), member.clone());
                if *is_granted {
                    self.members.entry(key).or_insert(at);
                } else {
                    self.members.remove(&key);
                }
            }
            Access::Privileges { object, grantee, privileges, is_granted: true, .. } => {
                let own = self.privileges.entry((object.clone(), grantee.clone())).or_default();
                own.extend(privileges.iter().map(|p| (p.clone(), at)));
            }
            Access::Privileges { is_option_only: true, .. } => {}
            Access::Privileges { object, grantee, privileges, .. } => self.revoke(object, grantee, privileges),
            Access::RowSecurity { table, change } => {
                let own = self.tables.entry(table.clone()).or_default();
                match change {
                    RowSecurity::Enable => own.enabled = Some((true, at)),
                    RowSecurity::Disable => own.enabled = Some((false, at)),
                    RowSecurity::Force => own.forced = Some((true, at)),
                    RowSecurity::NoForce => own.forced = Some((false, at)),
                }
            }
            Access::Policy(table) => {
                let own = self.tables.entry(table.clone()).or_default();
                own.policy.get_or_insert(at);
                own.policies += 1;
            }
            Access::DropPolicy(table) => {
                if let Some(own) = self.tables.get_mut(table) {
                    own.policies = own.policies.saturating_sub(1);
                    own.policy = own.policy.filter(|_| own.policies > 0);
                }
            }
            Access::DropTable(table) => {
                self.tables.remove(table);
                let object = Object { kind: "table".to_owned(), name: table.clone() };
                let of_table = self.privileges.range((object.clone(), String::new())..).take_while(|((own, _), _)| *own == object);
                let keys: Vec<(Object, String)> = of_table.map(|(key, _)| key.clone()).collect();
                for key in &keys {
                    self.privileges.remove(key);
                }
            }
            Access::Function { name, arguments, is_new, runs_as_owner, fixes_path } => {
                let mut key = (name.clone(), arguments.clone());
                // ALTER names types only, or nothing at all.
                if !is_new && !self.functions.contains_key(&key) {
                    let mut same = self.functions.range((name.clone(), String::new())..).take_while(|((own, _), _)| own == name);
                    if let (Some((only, _)), None) = (same.next(), same.next()) {
                        key = only.clone();
                    }
                }
                let own = self.functions.entry(key).or_default();
                if *is_new {
                    *own = Function::default();
                }
                match runs_as_owner {
                    Some(true) => own.runs_as_owner = Some(at),
                    Some(false) => own.runs_as_owner = None,
                    None => {}
                }
                own.fixes_path = fixes_path.unwrap_or(own.fixes_path);
            }
            Access::DropFunction(name) => {
                if self.may_sweep(self.functions.len()) {
                    self.functions.retain(|(own, _), _| own != name);
                }
            }
        }
    }

    fn revoke(&mut self, object: &Object, grantee: &str, privileges: &[String]) {
        let all = privileges.iter().any(|p| p == "all");
        let take = |own: &mut BTreeMap<String, Span>| {
            if all {
                own.clear();
            } else {
                // What is left of all is still more than was asked for.
                for privilege in privileges {
                    own.remove(privilege);
                }
            }
        };
        if let Some(own) = self.privileges.get_mut(&(object.clone(), grantee.to_owned())) {
            take(own);
        }
        // On all tables of a schema: also what was granted one by one.
        let Some(schema) = object.name.strip_prefix("tables in schema ").filter(|_| object.kind == "all") else { return };
        if !self.may_sweep(self.privileges.len()) {
            return;
        }
        for ((own, of), privileges) in &mut self.privileges {
            let of_schema = own.name.rsplit_once('.').map_or("public", |(schema, _)| schema);
            if own.kind == "table" && of == grantee && of_schema == schema {
                take(privileges);
            }
        }
    }
}
