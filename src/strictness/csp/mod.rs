//! Content-Security-Policy.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// Content-Security-Policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp(String);

impl Csp {
    /// Reads a value.
    ///
    /// # Errors
    /// Why its reader would ignore it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Strictness for Csp {
    fn compare(&self, found: &Self) -> Comparison {
        if self == found { Comparison::equal() } else { Comparison::new(Order::Incomparable, "differs") }
    }

    fn absent() -> Option<Self> {
        None
    }
}
