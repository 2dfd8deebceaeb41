//! Cross-Origin-Opener-Policy (HTML 7.1.3): who keeps a handle on the page's window.

use super::field::token_item;
use super::{Comparison, Order, Strictness};
use std::fmt;

/// Cross-Origin-Opener-Policy as a browser reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coop {
    /// `unsafe-none`, no header, or one that is ignored.
    UnsafeNone,
    /// `noopener-allow-popups`: whoever opened the page loses it, of its own origin too.
    NoopenerAllowPopups,
    /// `same-origin-allow-popups`: the page keeps the windows that it opens.
    SameOriginAllowPopups,
    /// `same-origin`: pages of the same origin only.
    SameOrigin,
}

impl Coop {
    /// All values, loosest first.
    pub const ALL: [Self; 4] = [Self::UnsafeNone, Self::NoopenerAllowPopups, Self::SameOriginAllowPopups, Self::SameOrigin];

    /// As in the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnsafeNone => "unsafe-none",
            Self::NoopenerAllowPopups => "noopener-allow-popups",
            Self::SameOriginAllowPopups => "same-origin-allow-popups",
            Self::SameOrigin => "same-origin",
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
    /// [`Coop::UnsafeNone`].
    ///
    /// # Errors
    /// As for [`Coop::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() {
            return Ok(Self::UnsafeNone);
        }
        let token = token_item(lines)?;
        Self::ALL.into_iter().find(|v| v.name() == token).ok_or_else(|| format!("`{token}` is no value that browsers know (letter case counts)"))
    }

    fn at_least(self, other: Self) -> bool {
        self == other || other == Self::UnsafeNone || (self == Self::SameOrigin && other == Self::SameOriginAllowPopups)
    }
}

impl fmt::Display for Coop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Strictness for Coop {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found.at_least(*self), self.at_least(*found));
        let why = match found {
            _ if order == Order::Equal => String::new(),
            Self::UnsafeNone => "pages of any origin keep a handle on the window".to_owned(),
            Self::NoopenerAllowPopups => format!("{found} cuts off whoever opens the page, and keeps the windows that it opens"),
            Self::SameOriginAllowPopups => format!("{found} keeps a handle on the windows that the page opens"),
            Self::SameOrigin => format!("{found} leaves a handle to pages of the same origin only"),
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::UnsafeNone)
    }
}
