//! Plain orders: ranked words, numbers with a direction, sets with a direction, and texts without any.

use super::{Comparison, Order, Strictness};
use std::collections::BTreeSet;
use std::fmt;

/// A word of a list that is ordered, loosest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The word.
    pub word: String,
    /// How strict: pairs of words that may be compared have comparable ranks. `None` compares with itself only, and
    /// lies between the loosest and the strictest.
    pub rank: Option<u8>,
    /// The rank of the strictest word.
    pub top: u8,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}

impl Strictness for Level {
    fn compare(&self, found: &Self) -> Comparison {
        if self.word == found.word {
            return Comparison::equal();
        }
        // A word without a rank is above the bottom (0) and below the top, and unordered to the rest.
        let at_least = |a: &Self, b: &Self| match (a.rank, b.rank) {
            (Some(a), Some(b)) => a >= b,
            (Some(a_rank), None) => a_rank == a.top,
            (None, Some(b)) => b == 0,
            (None, None) => false,
        };
        match Order::from_covers(at_least(found, self), at_least(self, found)) {
            Order::Equal => Comparison::equal(),
            order => Comparison::new(order, format!("{} instead of {}", found.word, self.word)),
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}

/// A number where less is stricter, such as a lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtMost {
    /// The number.
    pub number: u64,
    /// Its unit as printed, such as ` s`; may be empty.
    pub unit: &'static str,
}

impl fmt::Display for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit)
    }
}

impl Strictness for AtMost {
    fn compare(&self, found: &Self) -> Comparison {
        match found.number.cmp(&self.number) {
            std::cmp::Ordering::Equal => Comparison::equal(),
            std::cmp::Ordering::Less => Comparison::new(Order::Stricter, format!("{found} is less than {self}")),
            std::cmp::Ordering::Greater => Comparison::new(Order::Weaker, format!("{found} is more than {self}")),
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}

/// The first second, since 1970, at which something is over: earlier is stricter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// `None`: never.
    pub second: Option<u64>,
    /// As printed: the last day.
    pub text: String,
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Strictness for Deadline {
    fn compare(&self, found: &Self) -> Comparison {
        let (required, other) = (self.second.unwrap_or(u64::MAX), found.second.unwrap_or(u64::MAX));
        match other.cmp(&required) {
            std::cmp::Ordering::Equal => Comparison::equal(),
            std::cmp::Ordering::Less => Comparison::new(Order::Stricter, format!("{found} is earlier than {self}")),
            std::cmp::Ordering::Greater => Comparison::new(Order::Weaker, format!("{found} is later than {self}")),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self { second: None, text: "never".to_owned() })
    }
}

/// A number where more is stricter. In millionths where it is a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtLeast {
    /// The number.
    pub number: u64,
    /// As printed.
    pub text: String,
}

impl fmt::Display for AtLeast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Strictness for AtLeast {
    fn compare(&self, found: &Self) -> Comparison {
        match found.number.cmp(&self.number) {
            std::cmp::Ordering::Equal => Comparison::equal(),
            std::cmp::Ordering::Greater => Comparison::new(Order::Stricter, format!("{found} is more than {self}")),
            std::cmp::Ordering::Less => Comparison::new(Order::Weaker, format!("{found} is less than {self}")),
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}

fn list(items: &BTreeSet<String>) -> String {
    if items.is_empty() { "(none)".to_owned() } else { items.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// The first few of many.
fn short(items: &BTreeSet<String>) -> String {
    const NAMED: usize = 4;
    if items.len() <= NAMED + 1 {
        return list(items);
    }
    let first: Vec<&str> = items.iter().take(NAMED).map(String::as_str).collect();
    format!("{} and {} more", first.join(", "), items.len() - NAMED)
}

fn compare_sets(allowed: &BTreeSet<String>, found: &BTreeSet<String>, more: &str, less: &str) -> Comparison {
    let order = Order::from_covers(found.is_subset(allowed), allowed.is_subset(found));
    let extra: BTreeSet<String> = found.difference(allowed).cloned().collect();
    let lacking: BTreeSet<String> = allowed.difference(found).cloned().collect();
    let mut why = Vec::new();
    if !extra.is_empty() {
        why.push(format!("{more} {}", short(&extra)));
    }
    if !lacking.is_empty() {
        why.push(format!("{less} {}", short(&lacking)));
    }
    Comparison::new(order, why.join("; "))
}

/// A set of things that are allowed: fewer is stricter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub BTreeSet<String>);

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.0))
    }
}

impl Strictness for Allowed {
    fn compare(&self, found: &Self) -> Comparison {
        compare_sets(&self.0, &found.0, "also allows", "does not allow")
    }

    fn absent() -> Option<Self> {
        None
    }
}

/// A set of things that are forbidden: more is stricter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden(pub BTreeSet<String>);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.0))
    }
}

impl Strictness for Forbidden {
    fn compare(&self, found: &Self) -> Comparison {
        // Forbidding is the mirror of allowing.
        let mirrored = compare_sets(&found.0, &self.0, "does not forbid", "also forbids");
        Comparison::new(mirrored.order, mirrored.why)
    }

    fn absent() -> Option<Self> {
        Some(Self(BTreeSet::new()))
    }
}

/// A set of things that must be there: more is stricter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed(pub BTreeSet<String>);

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.0))
    }
}

impl Strictness for Needed {
    fn compare(&self, found: &Self) -> Comparison {
        // Needing is the mirror of allowing.
        let mirrored = compare_sets(&found.0, &self.0, "lacks", "also has");
        Comparison::new(mirrored.order, mirrored.why)
    }

    fn absent() -> Option<Self> {
        Some(Self(BTreeSet::new()))
    }
}

/// A text without an order: the same, or not comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact(pub String);

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Strictness for Exact {
    fn compare(&self, found: &Self) -> Comparison {
        if self == found { Comparison::equal() } else { Comparison::new(Order::Incomparable, format!("{found} instead of {self}")) }
    }

    fn absent() -> Option<Self> {
        None
    }
}
