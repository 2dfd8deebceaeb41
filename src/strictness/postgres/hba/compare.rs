//! Two sets of rules, kind of client by kind of client.

use super::regions::{Atom, Explorer, Leaf, Place};
use super::{AccessRules, Entry, Method, Order, Record, Transport, method};
use std::collections::BTreeSet;

/// One kind of client that the two sets treat differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The entry of the required rules that decides; `None`: nothing matches.
    pub required: Option<usize>,
    /// The entry of the found rules that decides.
    pub found: Option<usize>,
    /// In words.
    pub why: String,
}

/// How found rules stand to required ones, with an example for each direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Over all clients.
    pub order: Order,
    /// Found lets somebody in with less.
    pub weaker: Option<Difference>,
    /// Found asks for another proof, neither more nor less.
    pub other: Option<Difference>,
    /// Found asks for more.
    pub stricter: Option<Difference>,
    /// Found is decided by records that were not read.
    pub unseen: Option<Difference>,
    /// Entries of the found rules that let somebody in with less than required, or with another proof.
    pub exceeding: BTreeSet<usize>,
}

impl Detail {
    /// The difference that matters most.
    #[must_use]
    pub fn worst(&self) -> Option<&Difference> {
        self.weaker.as_ref().or(self.other.as_ref()).or(self.unseen.as_ref()).or(self.stricter.as_ref())
    }
}

enum Decision<'a> {
    Refused,
    Admits(&'a Record),
    Unseen,
}

fn decision(entries: &[Entry], index: Option<usize>) -> Decision<'_> {
    match index.and_then(|index| entries.get(index)) {
        None => Decision::Refused,
        Some(Entry::Record(record)) if record.method == Method::Reject => Decision::Refused,
        Some(Entry::Record(record)) => Decision::Admits(record),
        Some(Entry::Unseen(_)) => Decision::Unseen,
    }
}

/// The first client of a direction. Ranges that follow each other and are treated alike are one.
type Example = Option<(Place, Leaf)>;

fn keep(example: &mut Example, place: Place, leaf: &Leaf) {
    let Some((own, known)) = example else {
        *example = Some((place, leaf.clone()));
        return;
    };
    let is_same = own.transport == place.transport && known.decided == leaf.decided && known.database == leaf.database && known.user == leaf.user;
    if let (true, Some(range), Some(next)) = (is_same && known.assumed == leaf.assumed, &mut own.range, place.range)
        && range.is_v6 == next.is_v6
        && range.last.checked_add(1) == Some(next.first)
    {
        range.last = next.last;
    }
}

#[derive(Default)]
struct Found {
    weaker: Example,
    other: Example,
    stricter: Example,
    unseen: Example,
    exceeding: BTreeSet<usize>,
}

impl Found {
    fn add(&mut self, required: &AccessRules, found: &AccessRules, place: Place, leaf: &Leaf) {
        let (a, b) = (leaf.decided[0], leaf.decided[1]);
        // At least as strict: found, and required.
        let (holds, reverse) = match (decision(&required.entries, a), decision(&found.entries, b)) {
            (Decision::Refused, Decision::Refused) => return,
            (Decision::Refused, Decision::Admits(_)) => (false, true),
            (Decision::Admits(_), Decision::Refused) => (true, false),
            (Decision::Admits(a), Decision::Admits(b)) => (method::is_at_least(b, a, place.transport), method::is_at_least(a, b, place.transport)),
            (Decision::Unseen, Decision::Unseen) if required.entries.get(a.unwrap_or_default()) == found.entries.get(b.unwrap_or_default()) => return,
            (Decision::Unseen, _) | (_, Decision::Unseen) => return keep(&mut self.unseen, place, leaf),
        };
        if !holds && let Some(index) = b {
            self.exceeding.insert(index);
        }
        match (holds, reverse) {
            (true, true) => {}
            (true, false) => keep(&mut self.stricter, place, leaf),
            (false, true) => keep(&mut self.weaker, place, leaf),
            (false, false) => keep(&mut self.other, place, leaf),
        }
    }
}

pub(super) fn compare(required: &AccessRules, found: &AccessRules) -> Option<Detail> {
    let mut all = Found::default();
    if required != found {
        let mut explorer = Explorer::new(vec![&required.entries, &found.entries], false);
        explorer.run(|place, leaves| leaves.iter().for_each(|leaf| all.add(required, found, place, leaf))).ok()?;
    }
    let order = match (&all.weaker, &all.stricter) {
        _ if all.other.is_some() || all.unseen.is_some() => Order::Incomparable,
        (Some(_), Some(_)) => Order::Incomparable,
        (Some(_), None) => Order::Weaker,
        (None, Some(_)) => Order::Stricter,
        (None, None) => Order::Equal,
    };
    let words = |example: Example| example.map(|(place, leaf)| difference(required, found, place, &leaf));
    Some(Detail {
        order,
        weaker: words(all.weaker),
        other: words(all.other),
        stricter: words(all.stricter),
        unseen: words(all.unseen),
        exceeding: all.exceeding,
    })
}

/// `reaches database app as user app with md5`, or that it is refused.
fn difference(required: &AccessRules, found: &AccessRules, place: Place, leaf: &Leaf) -> Difference {
    let client = client(place, leaf);
    let what = reached(leaf);
    let why = match (decision(&required.entries, leaf.decided[0]), decision(&found.entries, leaf.decided[1])) {
        (Decision::Refused, Decision::Admits(found)) => format!("{client} reaches {what} with {}; the policy rejects it", proof(found)),
        (Decision::Admits(required), Decision::Admits(found)) => {
            format!("{client} reaches {what} with {}; the policy asks for {}", proof(found), proof(required))
        }
        (Decision::Admits(required), Decision::Refused) => format!("{client} cannot reach {what}, which the policy lets it with {}", proof(required)),
        _ => format!("what decides for {client} that asks for {what} was not read"),
    };
    Difference { required: leaf.decided[0], found: leaf.decided[1], why }
}

fn proof(record: &Record) -> String {
    let options: Vec<String> = record.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(" ")) };
    format!("{}{options}", record.method.name())
}

/// `a client from 10.0.0.0/8 without TLS`.
pub(super) fn client(place: Place, leaf: &Leaf) -> String {
    let from = place.range.map_or_else(String::new, |range| format!(" from {range}"));
    let transport = match place.transport {
        Transport::Plain => " without TLS",
        Transport::Tls => " with TLS",
        Transport::Gss => " with GSSAPI encryption",
        Transport::Local => " on the Unix socket",
    };
    let conditions: Vec<String> = leaf.assumed.iter().filter(|(_, holds)| *holds).map(|(condition, _)| condition.words()).collect();
    let when = if conditions.is_empty() { String::new() } else { format!(" (where {})", conditions.join(" and ")) };
    format!("a client{from}{transport}{when}")
}

/// `database app as user app`.
pub(super) fn reached(leaf: &Leaf) -> String {
    let database = match &leaf.database {
        Atom::Is(name) => format!("database {name}"),
        Atom::Other => "any other database".to_owned(),
        Atom::Replication => "physical replication".to_owned(),
    };
    let user = match &leaf.user {
        Atom::Is(name) => format!("user {name}"),
        Atom::Other | Atom::Replication => "any other user".to_owned(),
    };
    format!("{database} as {user}")
}
