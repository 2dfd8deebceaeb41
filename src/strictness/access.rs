//! Rules that grant a permission: role and scope and conditions.

use super::{Comparison, Order, Strictness};
use std::collections::BTreeSet;
use std::fmt;

/// What must hold as well. More is stricter; a shorter time is stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conditions {
    /// The resource is of the caller's tenant.
    pub same_tenant: bool,
    /// The caller owns the resource.
    pub owner: bool,
    /// The caller logged in at most this many seconds ago.
    pub authenticated_within: Option<u64>,
}

impl Conditions {
    /// Whether whoever meets `self` meets `other`.
    fn imply(self, other: Self) -> bool {
        let recent = match (self.authenticated_within, other.authenticated_within) {
            (_, None) => true,
            (Some(own), Some(other)) => own <= other,
            (None, Some(_)) => false,
        };
        self.same_tenant >= other.same_tenant && self.owner >= other.owner && recent
    }
}

/// A rule for one role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role.
    pub role: String,
    /// The scope of the token.
    pub scope: String,
    /// What must hold as well.
    pub when: Conditions,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.role, self.scope)?;
        let words = [(self.when.same_tenant, "same tenant"), (self.when.owner, "owner")];
        let words: Vec<&str> = words.into_iter().filter_map(|(there, word)| there.then_some(word)).collect();
        let recent = self.when.authenticated_within.map(|s| format!("logged in within {s} s"));
        let all: Vec<String> = words.into_iter().map(str::to_owned).chain(recent).collect();
        if all.is_empty() { Ok(()) } else { write!(f, " if {}", all.join(" and ")) }
    }
}

impl Grant {
    fn is_within(&self, other: &Self) -> bool {
        self.role == other.role && self.scope == other.scope && self.when.imply(other.when)
    }
}

/// All that grants one permission. A rule for several roles is a grant for each, so that it does not matter how rules
/// share roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// Of grants in any order. One that lies within another adds nothing and is left out.
    #[must_use]
    pub fn new(grants: impl IntoIterator<Item = Grant>) -> Self {
        let all: BTreeSet<Grant> = grants.into_iter().collect();
        let redundant = |grant: &Grant| all.iter().any(|other| other != grant && grant.is_within(other));
        Self(all.iter().filter(|grant| !redundant(grant)).cloned().collect())
    }

    /// Grants of `self` that `other` does not cover.
    fn beyond<'a>(&'a self, other: &Self) -> Vec<&'a Grant> {
        self.0.iter().filter(|grant| !other.0.iter().any(|wider| grant.is_within(wider))).collect()
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl Strictness for Grants {
    fn compare(&self, found: &Self) -> Comparison {
        let (more, less) = (found.beyond(self), self.beyond(found));
        let words = |grants: &[&Grant], verb: &str| {
            let first: Vec<String> = grants.iter().take(3).map(ToString::to_string).collect();
            let rest = if grants.len() > 3 { format!(" and {} more", grants.len() - 3) } else { String::new() };
            (!grants.is_empty()).then(|| format!("{verb} {}{rest}", first.join("; ")))
        };
        let why: Vec<String> = [words(&more, "grants it to"), words(&less, "does not grant it to")].into_iter().flatten().collect();
        Comparison::new(Order::from_covers(more.is_empty(), less.is_empty()), why.join("; "))
    }

    fn absent() -> Option<Self> {
        // What no rule grants is denied.
        Some(Self::default())
    }
}
