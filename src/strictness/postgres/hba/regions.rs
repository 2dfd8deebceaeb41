//! First-match decisions for every kind of client that a set of rules tells apart.
//!
//! The space of clients is transport x address x database x user. The literals of the rules cut each axis into atoms: a name
//! that is mentioned, any other name, physical replication; ranges of addresses between the ends of the networks. Within
//! one atom every literal matches all clients or none.
//!
//! What only the server knows (members of a role, host names, its networks, regular expressions, whether a name that is
//! not mentioned is both the database's and the user's) is a condition: equal text is the same condition, and a decision is
//! looked for under each combination of conditions that can be. Nothing is claimed to cover such a thing.

use super::address::Range;
use super::{Address, Client, Entry, Name, Record, Transport};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Steps after which an exploration gives up: a step looks at one entry for one kind of client.
const MAX_STEPS: usize = 20_000_000;

/// Something that only the server can decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Condition {
    Member(String),
    DatabaseRegex(String),
    UserRegex(String),
    DatabaseFile(String),
    UserFile(String),
    SameUser,
    SameRole,
    SameHost,
    SameNet,
    Masked(String),
    Host(String),
}

impl Condition {
    /// In words, of a client.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Member(role) => format!("the user is a member of {role}"),
            Self::DatabaseRegex(regex) => format!("the database matches /{regex}"),
            Self::UserRegex(regex) => format!("the user matches /{regex}"),
            Self::DatabaseFile(path) => format!("the database is listed in {path}"),
            Self::UserFile(path) => format!("the user is listed in {path}"),
            Self::SameUser => "the database is named as the user".to_owned(),
            Self::SameRole => "the user is a member of the role that is named as the database".to_owned(),
            Self::SameHost => "the client is on the server itself".to_owned(),
            Self::SameNet => "the client is in a network of the server".to_owned(),
            Self::Masked(text) => format!("the address matches {text}"),
            Self::Host(name) => format!("the client's host name is {name}"),
        }
    }
}

/// Whether two conditions with these values can hold of one client.
fn can_be(a: (&Condition, bool), b: (&Condition, bool)) -> bool {
    use Condition::{Host, SameHost, SameNet, SameRole, SameUser};
    let one_way = |a: (&Condition, bool), b: (&Condition, bool)| match (a, b) {
        ((SameUser, true), (SameRole, false)) | ((SameHost, true), (SameNet, false)) => false,
        // A client has one host name.
        ((Host(name), true), (Host(other), holds)) => match (name.starts_with('.'), other.starts_with('.')) {
            (false, true) => name.ends_with(other.as_str()) == holds,
            (false, false) => !holds,
            (true, true) => holds || !name.ends_with(other.as_str()),
            (true, false) => true,
        },
        _ => true,
    };
    one_way(a, b) && one_way(b, a)
}

/// A database or user that stands for all that the rules treat alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    /// A name that is mentioned.
    Is(String),
    /// Any name that is not.
    Other,
    /// Physical replication, on the axis of databases.
    Replication,
}

/// What was assumed of the conditions.
pub(super) type Assumed = Vec<(Condition, bool)>;

/// One kind of client, and which entry decides it in each set of rules.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) database: Atom,
    pub(super) user: Atom,
    pub(super) assumed: Assumed,
    /// For each side the entry that decides; `None`: nothing matches.
    pub(super) decided: Vec<Option<usize>>,
    /// For the first side, where it was asked for: entries behind the one that decides that match too, or may.
    pub(super) behind: Vec<usize>,
}

/// Where the leaves are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) transport: Transport,
    /// `None` for the Unix socket.
    pub(super) range: Option<Range>,
}

/// Whether something matches.
enum Match {
    Yes,
    No,
    /// Depends on this condition.
    Ask(Condition),
}

fn any(conditions: impl Iterator<Item = Match>, assumed: &[(Condition, bool)]) -> Match {
    let mut open = None;
    for one in conditions {
        match one {
            Match::Yes => return Match::Yes,
            Match::No => {}
            Match::Ask(condition) => match assumed.iter().find(|(known, _)| *known == condition) {
                Some((_, true)) => return Match::Yes,
                Some((_, false)) => {}
                None => open = open.or(Some(condition)),
            },
        }
    }
    open.map_or(Match::No, Match::Ask)
}

fn is(name: &str, atom: &Atom) -> Match {
    if matches!(atom, Atom::Is(own) if own == name) { Match::Yes } else { Match::No }
}

fn database(names: &[Name], own: &Atom, user: &Atom, assumed: &[(Condition, bool)]) -> Match {
    let same = || match (own, user) {
        (Atom::Is(a), Atom::Is(b)) => Some(a == b),
        (Atom::Other, Atom::Other) => None,
        _ => Some(false),
    };
    let one = |name: &Name| match (name, own) {
        (Name::Replication, Atom::Replication) => Match::Yes,
        (_, Atom::Replication) | (Name::Replication, _) => Match::No,
        (Name::All, _) => Match::Yes,
        (Name::SameUser, _) => match same() {
            Some(true) => Match::Yes,
            Some(false) => Match::No,
            None => Match::Ask(Condition::SameUser),
        },
        // A role is a member of itself.
        (Name::SameRole, _) if same() == Some(true) => Match::Yes,
        (Name::SameRole, _) => Match::Ask(Condition::SameRole),
        (Name::Regex(regex), _) => Match::Ask(Condition::DatabaseRegex(regex.clone())),
        (Name::File(path), _) => Match::Ask(Condition::DatabaseFile(path.clone())),
        (Name::Is(name), _) => is(name, own),
        (Name::Member(role), _) => is(&format!("+{role}"), own),
    };
    any(names.iter().map(one), assumed)
}

fn user(names: &[Name], own: &Atom, assumed: &[(Condition, bool)]) -> Match {
    let one = |name: &Name| match name {
        Name::All => Match::Yes,
        Name::Member(role) if matches!(own, Atom::Is(own) if own == role) => Match::Yes,
        Name::Member(role) => Match::Ask(Condition::Member(role.clone())),
        Name::Regex(regex) => Match::Ask(Condition::UserRegex(regex.clone())),
        Name::File(path) => Match::Ask(Condition::UserFile(path.clone())),
        Name::Is(name) => is(name, own),
        Name::SameUser => is("sameuser", own),
        Name::SameRole => is("samerole", own),
        Name::Replication => is("replication", own),
    };
    any(names.iter().map(one), assumed)
}

fn address(record: &Record, range: Option<Range>, assumed: &[(Condition, bool)]) -> Match {
    let ask = |condition| any(std::iter::once(Match::Ask(condition)), assumed);
    match (&record.address, range) {
        (None | Some(Address::All), _) | (_, None) => Match::Yes,
        (Some(Address::Net(net)), Some(range)) => {
            if net.covers(&range) {
                Match::Yes
            } else {
                Match::No
            }
        }
        (Some(Address::SameHost), _) => ask(Condition::SameHost),
        (Some(Address::SameNet), _) => ask(Condition::SameNet),
        (Some(Address::Masked(text)), Some(range)) if text.contains(':') == range.is_v6 => ask(Condition::Masked(text.clone())),
        (Some(Address::Masked(_)), _) => Match::No,
        (Some(Address::Host(name)), _) => ask(Condition::Host(name.clone())),
    }
}

/// Whether an entry matches, given what is assumed. What is surely not so is said before anything is asked.
fn matches(entry: &Entry, place: Place, own: &Atom, by: &Atom, assumed: &[(Condition, bool)]) -> Match {
    let Entry::Record(record) = entry else { return Match::Yes };
    if !record.connection.is_for(place.transport) {
        return Match::No;
    }
    let mut open = None;
    for one in [address(record, place.range, assumed), database(&record.databases, own, by, assumed), user(&record.users, by, assumed)] {
        match one {
            Match::No => return Match::No,
            Match::Yes => {}
            Match::Ask(condition) => open = open.or(Some(condition)),
        }
    }
    open.map_or(Match::Yes, Match::Ask)
}

/// Decides one connection.
pub(super) fn decide(entries: &[Entry], client: &Client<'_>) -> Result<Option<usize>, String> {
    let place = Place { transport: client.transport, range: client.ip.map(Range::one) };
    let own = client.database.map_or(Atom::Replication, |name| Atom::Is(name.to_owned()));
    let by = Atom::Is(client.user.to_owned());
    for (index, entry) in entries.iter().enumerate() {
        match matches(entry, place, &own, &by, &[]) {
            Match::No => {}
            Match::Yes => {
                return match entry {
                    Entry::Record(_) => Ok(Some(index)),
                    Entry::Unseen(what) => Err(format!("{what} was not read")),
                };
            }
            Match::Ask(condition) => return Err(format!("whether {}", condition.words())),
        }
    }
    Ok(None)
}

/// Explores the rules of some sides together.
pub(super) struct Explorer<'a> {
    sides: Vec<&'a [Entry]>,
    /// Whether the entries behind the one that decides are asked for.
    want_behind: bool,
    steps: Cell<usize>,
    /// Leaves of the same candidates are the same at every address.
    known: HashMap<(Transport, Vec<u32>), Rc<Vec<Leaf>>>,
}

/// More steps than allowed.
pub(super) struct TooMany;

impl<'a> Explorer<'a> {
    pub(super) fn new(sides: Vec<&'a [Entry]>, want_behind: bool) -> Self {
        Self { sides, want_behind, steps: Cell::new(0), known: HashMap::new() }
    }

    fn step(&self, count: usize) -> Result<(), TooMany> {
        self.steps.set(self.steps.get() + count);
        if self.steps.get() > MAX_STEPS { Err(TooMany) } else { Ok(()) }
    }

    /// Visits the leaves of every place.
    pub(super) fn run(&mut self, mut visit: impl FnMut(Place, &[Leaf])) -> Result<(), TooMany> {
        let ranges = self.ranges();
        let entries: usize = self.sides.iter().map(|side| side.len()).sum();
        self.step(ranges.len().saturating_mul(entries))?;
        for transport in Transport::ALL {
            if transport == Transport::Local {
                let place = Place { transport, range: None };
                let leaves = self.leaves(place)?;
                visit(place, &leaves);
                continue;
            }
            for range in &ranges {
                let place = Place { transport, range: Some(*range) };
                let leaves = self.leaves(place)?;
                visit(place, &leaves);
            }
        }
        Ok(())
    }

    /// The address space, cut at both ends of every network and of the loopback networks.
    fn ranges(&self) -> Vec<Range> {
        let nets = self.sides.iter().flat_map(|side| side.iter()).filter_map(|entry| match entry.record()?.address {
            Some(Address::Net(net)) => Some(net),
            _ => None,
        });
        let nets: Vec<Range> = nets.chain(Range::LOOPBACK).collect();
        let mut ranges = Vec::new();
        for whole in [Range::V4, Range::V6] {
            let of_family = nets.iter().filter(|net| net.is_v6 == whole.is_v6);
            let starts: BTreeSet<u128> =
                of_family.flat_map(|net| [Some(net.first), net.last.checked_add(1)]).flatten().chain([0]).filter(|start| *start <= whole.last).collect();
            let starts: Vec<u128> = starts.into_iter().collect();
            for (index, first) in starts.iter().enumerate() {
                let last = starts.get(index + 1).map_or(whole.last, |next| next - 1);
                ranges.push(Range { is_v6: whole.is_v6, first: *first, last });
            }
        }
        ranges
    }

    fn leaves(&mut self, place: Place) -> Result<Rc<Vec<Leaf>>, TooMany> {
        // Entries that may match somewhere here, each as one number over all sides.
        let mut candidates: Vec<u32> = Vec::new();
        let mut number = 0_u32;
        for side in &self.sides {
            for entry in *side {
                let may = entry.record().is_none_or(|r| r.connection.is_for(place.transport) && !matches!(address(r, place.range, &[]), Match::No));
                if may {
                    candidates.push(number);
                }
                number += 1;
            }
        }
        let key = (place.transport, candidates);
        if let Some(leaves) = self.known.get(&key) {
            return Ok(leaves.clone());
        }
        let mut sides: Vec<Vec<(usize, &Entry)>> = Vec::new();
        let mut from = 0;
        for side in &self.sides {
            let own = key.1.iter().filter_map(|number| (*number as usize).checked_sub(from).and_then(|index| Some((index, side.get(index)?))));
            sides.push(own.collect());
            from += side.len();
        }
        let leaves = Rc::new(self.explore(place, &sides)?);
        self.known.insert(key, leaves.clone());
        Ok(leaves)
    }

    fn explore(&self, place: Place, sides: &[Vec<(usize, &Entry)>]) -> Result<Vec<Leaf>, TooMany> {
        let (databases, users) = self.atoms(sides)?;
        let mut seen = HashSet::new();
        let mut leaves = Vec::new();
        for own in &databases {
            for by in &users {
                let mut open: Vec<Assumed> = vec![Vec::new()];
                while let Some(assumed) = open.pop() {
                    match self.decide(place, sides, own, by, &assumed)? {
                        Ok((decided, behind)) => {
                            if seen.insert((*own == Atom::Replication, assumed.is_empty(), decided.clone(), behind.clone())) {
                                leaves.push(Leaf { database: own.clone(), user: by.clone(), assumed, decided, behind });
                            }
                        }
                        Err(condition) => {
                            // What holds is looked at last, so that an example needs as little as possible.
                            for holds in [true, false] {
                                if assumed.iter().all(|(known, value)| can_be((known, *value), (&condition, holds))) {
                                    open.push(assumed.iter().cloned().chain([(condition.clone(), holds)]).collect());
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(leaves)
    }

    /// The entries that decide, or the condition that must be known first.
    #[allow(clippy::type_complexity)]
    fn decide(
        &self,
        place: Place,
        sides: &[Vec<(usize, &Entry)>],
        own: &Atom,
        by: &Atom,
        assumed: &[(Condition, bool)],
    ) -> Result<Result<(Vec<Option<usize>>, Vec<usize>), Condition>, TooMany> {
        let mut all = Vec::with_capacity(sides.len());
        let mut behind = Vec::new();
        for (number, side) in sides.iter().enumerate() {
            let mut decided = None;
            for (index, entry) in side {
                self.step(1)?;
                match matches(entry, place, own, by, assumed) {
                    Match::No => {}
                    Match::Yes | Match::Ask(_) if decided.is_some() => behind.push(*index),
                    Match::Yes => {
                        decided = Some(*index);
                        if !(self.want_behind && number == 0) {
                            break;
                        }
                    }
                    Match::Ask(condition) => return Ok(Err(condition)),
                }
            }
            all.push(decided);
        }
        Ok(Ok((all, behind)))
    }

    /// The atoms of both axes of names. Names that no entry tells apart are one.
    fn atoms(&self, sides: &[Vec<(usize, &Entry)>]) -> Result<(Vec<Atom>, Vec<Atom>), TooMany> {
        let records: Vec<&Record> = sides.iter().flatten().filter_map(|(_, entry)| entry.record()).collect();
        let relates = records.iter().any(|r| r.databases.iter().any(|name| matches!(name, Name::SameUser | Name::SameRole)));
        let literals = |column: fn(&Record) -> &[Name]| -> Vec<BTreeSet<&str>> { records.iter().map(|record| mentioned(column(record))).collect() };
        let (databases, users) = (literals(|r| &r.databases), literals(|r| &r.users));
        let names = |own: &[BTreeSet<&str>], other: &[BTreeSet<&str>]| -> Result<Vec<Atom>, TooMany> {
            let mut all: BTreeSet<&str> = own.iter().flatten().copied().collect();
            if relates {
                all.extend(other.iter().flatten());
            }
            let mut seen: HashSet<Vec<bool>> = HashSet::new();
            let mut atoms = Vec::new();
            for name in all {
                self.step(own.len())?;
                // A role's name is told apart even where only its members are named.
                if relates || seen.insert(own.iter().map(|set| set.contains(name)).collect()) {
                    atoms.push(Atom::Is(name.to_owned()));
                }
            }
            atoms.push(Atom::Other);
            Ok(atoms)
        };
        let mut own = names(&databases, &users)?;
        own.push(Atom::Replication);
        Ok((own, names(&users, &databases)?))
    }
}

/// The names that a column mentions; of a role's members the role, which is one of them.
fn mentioned(names: &[Name]) -> BTreeSet<&str> {
    names
        .iter()
        .filter_map(|name| match name {
            Name::Is(text) | Name::Member(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
