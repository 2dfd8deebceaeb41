//! Cross-Origin-Embedder-Policy (HTML 7.1.4): what the page may load from other origins without their consent.

use super::field::token_item;
use super::{Comparison, Order, Strictness};
use std::fmt;

/// Cross-Origin-Embedder-Policy as a browser reads it, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coep {
    /// `unsafe-none`, no header, or one that is ignored: everything.
    UnsafeNone,
    /// `credentialless`: without cookies.
    Credentialless,
    /// `require-corp`: only with the other side's consent.
    RequireCorp,
}

impl Coep {
    /// All values, loosest first.
    pub const ALL: [Self; 3] = [Self::UnsafeNone, Self::Credentialless, Self::RequireCorp];

    /// As in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnsafeNone => "unsafe-none",
            Self::Credentialless => "credentialless",
            Self::RequireCorp => "require-corp",
        }
    }

    /// Reads a field value: a structured item that is a token, in exactly this letter case; parameters such as
    /// `report-to` are allowed.
    ///
    /// # Errors
    /// Why browsers ignore the field and take `unsafe-none`: an unknown token, a string, several values.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::from_lines(&[text])
    }

    /// The field lines of one response, which must be one value together: twice the same is ignored. No line is
    /// [`Coep::UnsafeNone`].
    ///
    /// # Errors
    /// As for [`Coep::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() {
            return Ok(Self::UnsafeNone);
        }
        let token = token_item(lines)?;
        Self::ALL.into_iter().find(|v| v.name() == token).ok_or_else(|| format!("`{token}` is no value that browsers know (letter case counts)"))
    }
}

impl fmt::Display for Coep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Strictness for Coep {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found >= self, self >= found);
        let why = match found {
            _ if order == Order::Equal => "",
            Self::UnsafeNone => "the page loads from other origins without their consent, with cookies",
            Self::Credentialless => "the page loads from other origins without their consent, but without cookies",
            Self::RequireCorp => "the page loads from other origins with their consent only",
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::UnsafeNone)
    }
}
