//! What headers such as Server and X-Powered-By tell about the software (RFC 9110 10.2.4, ASVS 5.0 13.4.6).

use super::field::trim;
use super::{Comparison, Order, Strictness};
use std::fmt;

/// What a product header tells, by amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// No header, or an empty one.
    Nothing,
    /// A product without a version: `nginx`.
    Product(String),
    /// A text with digits, which are taken for a version: `nginx/1.26.2`, `PHP 8`.
    Version(String),
}

impl Disclosure {
    /// The field lines of one response. Every text tells something, so none is ignored.
    #[must_use]
    pub fn from_lines(lines: &[&str]) -> Self {
        let text = lines.iter().map(|l| trim(l)).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(", ");
        match text {
            text if text.is_empty() => Self::Nothing,
            text if text.bytes().any(|b| b.is_ascii_digit()) => Self::Version(text),
            text => Self::Product(text),
        }
    }

    fn amount(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Product(_) => 1,
            Self::Version(_) => 2,
        }
    }
}

impl fmt::Display for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("(none)"),
            Self::Product(text) | Self::Version(text) => f.write_str(text),
        }
    }
}

impl Strictness for Disclosure {
    /// By the amount told; one product is as good as another.
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found.amount() <= self.amount(), self.amount() <= found.amount());
        let why = match found {
            _ if order == Order::Equal => String::new(),
            Self::Nothing => "the header is not sent".to_owned(),
            Self::Product(text) => format!("`{text}` names the software, without a version"),
            Self::Version(text) => format!("`{text}` names the software and its version"),
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::Nothing)
    }
}
