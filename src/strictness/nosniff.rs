//! X-Content-Type-Options.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// X-Content-Type-Options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nosniff(String);

impl Nosniff {
    /// Reads a value.
    ///
    /// # Errors
    /// Why its reader would ignore it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Nosniff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Strictness for Nosniff {
    fn compare(&self, found: &Self) -> Comparison {
        if self == found { Comparison::equal() } else { Comparison::new(Order::Incomparable, "differs") }
    }

    fn absent() -> Option<Self> {
        None
    }
}
