//! Referrer-Policy (W3C Referrer Policy): compared by what is sent, and to whom.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// A policy that browsers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerPolicy {
    /// Nothing.
    NoReferrer,
    /// Nothing to other origins.
    SameOrigin,
    /// The origin only, and nothing to plain HTTP.
    StrictOrigin,
    /// The origin only.
    Origin,
    /// The origin to other origins, and nothing to plain HTTP: the browsers' default.
    StrictOriginWhenCrossOrigin,
    /// The origin to other origins.
    OriginWhenCrossOrigin,
    /// Everything, but nothing to plain HTTP.
    NoReferrerWhenDowngrade,
    /// Everything to everybody.
    UnsafeUrl,
}

/// The three kinds of request that policies tell apart, as reports name them.
const RECEIVERS: [&str; 3] = ["the same origin", "other origins", "plain HTTP"];
/// What is sent, by amount.
const AMOUNTS: [&str; 3] = ["nothing", "the origin", "the full address"];

impl ReferrerPolicy {
    /// All policies.
    pub const ALL: [Self; 8] = [
        Self::NoReferrer,
        Self::SameOrigin,
        Self::StrictOrigin,
        Self::Origin,
        Self::StrictOriginWhenCrossOrigin,
        Self::OriginWhenCrossOrigin,
        Self::NoReferrerWhenDowngrade,
        Self::UnsafeUrl,
    ];

    /// As in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
            Self::SameOrigin => "same-origin",
            Self::StrictOrigin => "strict-origin",
            Self::Origin => "origin",
            Self::StrictOriginWhenCrossOrigin => "strict-origin-when-cross-origin",
            Self::OriginWhenCrossOrigin => "origin-when-cross-origin",
            Self::NoReferrerWhenDowngrade => "no-referrer-when-downgrade",
            Self::UnsafeUrl => "unsafe-url",
        }
    }

    /// Reads a field value: tokens that a browser does not know are skipped, and the last of the rest wins, so that
    /// older browsers can be served first (Referrer Policy 8.1, 11.1).
    ///
    /// # Errors
    /// No known token: browsers use their default.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = |token: &str| Self::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(token.trim_matches([' ', '\t'])));
        text.split(',').rev().find_map(known).ok_or_else(|| format!("`{}` names no policy that browsers know", text.trim()))
    }

    /// The field lines of one response, read as one list. No line is the browsers' default.
    ///
    /// # Errors
    /// As for [`ReferrerPolicy::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() { Ok(Self::StrictOriginWhenCrossOrigin) } else { Self::parse(&lines.join(",")) }
    }

    /// What is sent to the same origin, to other origins, and from HTTPS to plain HTTP: 0 nothing, 1 the origin, 2 the
    /// full address (Referrer Policy 8.3).
    #[must_use]
    pub fn sent(self) -> [usize; 3] {
        match self {
            Self::NoReferrer => [0, 0, 0],
            Self::SameOrigin => [2, 0, 0],
            Self::StrictOrigin => [1, 1, 0],
            Self::Origin => [1, 1, 1],
            Self::StrictOriginWhenCrossOrigin => [2, 1, 0],
            Self::OriginWhenCrossOrigin => [2, 1, 1],
            Self::NoReferrerWhenDowngrade => [2, 2, 0],
            Self::UnsafeUrl => [2, 2, 2],
        }
    }

    fn sends_at_most(self, other: Self) -> bool {
        self.sent().iter().zip(other.sent()).all(|(a, b)| *a <= b)
    }
}

impl fmt::Display for ReferrerPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Strictness for ReferrerPolicy {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found.sends_at_most(*self), self.sends_at_most(*found));
        let (required, sent) = (self.sent(), found.sent());
        // Where it is weaker, what is sent on top matters; where it is stricter, what is not.
        let differs = |i: &usize| if order == Order::Stricter { sent[*i] < required[*i] } else { sent[*i] > required[*i] };
        let parts: Vec<String> = (0..3).filter(differs).map(|i| format!("{} to {}", AMOUNTS[sent[i]], RECEIVERS[i])).collect();
        let why = if order == Order::Equal { String::new() } else { format!("{found} sends {}", parts.join(" and ")) };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::StrictOriginWhenCrossOrigin)
    }
}
