//! Cross-Origin-Resource-Policy (Fetch, "cross-origin resource policy check"): who may load the answer into a page.

use super::field::{joined, trim};
use super::{Comparison, Order, Strictness};
use std::fmt;

/// Cross-Origin-Resource-Policy as a browser reads it, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corp {
    /// `cross-origin`, no header, or one that is ignored: everybody. (To a page with a Cross-Origin-Embedder-Policy no
    /// header is more than that; that depends on the other page.)
    CrossOrigin,
    /// `same-site`: pages of the same registrable domain.
    SameSite,
    /// `same-origin`: pages of the same origin.
    SameOrigin,
}

impl Corp {
    /// All values, loosest first.
    pub const ALL: [Self; 3] = [Self::CrossOrigin, Self::SameSite, Self::SameOrigin];

    /// As in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossOrigin => "cross-origin",
            Self::SameSite => "same-site",
            Self::SameOrigin => "same-origin",
        }
    }

    /// Reads a field value: exactly one of the three words, without parameters.
    ///
    /// # Errors
    /// Any other value, which browsers ignore.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::from_lines(&[text])
    }

    /// The field lines of one response, joined as Fetch does: twice the same is ignored. No line is
    /// [`Corp::CrossOrigin`].
    ///
    /// # Errors
    /// As for [`Corp::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() {
            return Ok(Self::CrossOrigin);
        }
        let text = joined(lines)?;
        let text = trim(&text);
        let known = Self::ALL.into_iter().find(|v| v.name() == text);
        known.ok_or_else(|| format!("browsers know same-origin, same-site and cross-origin only, each alone and in lower case, not `{text}`"))
    }
}

impl fmt::Display for Corp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Strictness for Corp {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found >= self, self >= found);
        let why = match found {
            _ if order == Order::Equal => "",
            Self::CrossOrigin => "pages of every site may load it",
            Self::SameSite => "pages of the same site may load it, other subdomains included",
            Self::SameOrigin => "pages of the same origin only may load it",
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::CrossOrigin)
    }
}
