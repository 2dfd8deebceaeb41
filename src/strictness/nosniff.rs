//! X-Content-Type-Options (Fetch, "determine nosniff").

use super::{Comparison, Order, Strictness};
use std::fmt;

/// Whether browsers guess media types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nosniff {
    on: bool,
}

impl Nosniff {
    /// Reads a field value: the first element of the list decides, in any letter case. `nosniff, foo` is on,
    /// `foo, nosniff` and `nosniff;` are off.
    ///
    /// # Errors
    /// Any other first element: browsers then guess.
    pub fn parse(text: &str) -> Result<Self, String> {
        let first = text.split(',').next().unwrap_or_default().trim_matches([' ', '\t']);
        if first.eq_ignore_ascii_case("nosniff") { Ok(Self { on: true }) } else { Err(format!("browsers know `nosniff` only, not `{first}`")) }
    }

    /// The field lines of one response, joined as Fetch does. No line is off.
    ///
    /// # Errors
    /// As for [`Nosniff::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() { Ok(Self { on: false }) } else { Self::parse(&lines.join(",")) }
    }

    /// Whether guessing is off.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }
}

impl fmt::Display for Nosniff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.on { "nosniff" } else { "(none)" })
    }
}

impl Strictness for Nosniff {
    fn compare(&self, found: &Self) -> Comparison {
        match Order::from_covers(found.on >= self.on, self.on >= found.on) {
            Order::Equal => Comparison::equal(),
            Order::Stricter => Comparison::new(Order::Stricter, "browsers do not guess media types"),
            order => Comparison::new(order, "browsers guess media types"),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self { on: false })
    }
}
