//! X-Frame-Options and CSP frame-ancestors: one requirement.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// X-Frame-Options and CSP frame-ancestors: one requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing(String);

impl Framing {
    /// Reads a value.
    ///
    /// # Errors
    /// Why its reader would ignore it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl Framing {
    /// What the spec requires: X-Frame-Options, and the `frame-ancestors ...` directive.
    ///
    /// # Errors
    /// A directive that no browser would read.
    pub fn required(xfo: Option<&str>, ancestors: &str) -> Result<Self, String> {
        Ok(Self(format!("{} {ancestors}", xfo.unwrap_or_default())))
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Strictness for Framing {
    fn compare(&self, found: &Self) -> Comparison {
        if self == found { Comparison::equal() } else { Comparison::new(Order::Incomparable, "differs") }
    }

    fn absent() -> Option<Self> {
        None
    }
}
