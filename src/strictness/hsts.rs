//! Strict-Transport-Security (RFC 6797).
//!
//! `max-age=0` (forget this site) is weaker than no header at all, which leaves what browsers remember; and a policy in
//! force is stricter by each of its three parts.

use super::field::{is_token, split_unquoted, trim, unquote};
use super::{Comparison, Order, Strictness};
use std::fmt;

/// Strict-Transport-Security as a browser reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hsts {
    /// `max-age=0`: browsers forget an earlier policy (RFC 6797 6.1.1).
    Reset,
    /// No header, or one that is ignored.
    Off,
    /// A policy in force.
    On {
        /// Seconds that browsers remember it; at least 1.
        max_age: u64,
        /// Whether subdomains are covered (RFC 6797 6.1.2).
        include_subdomains: bool,
        /// Whether the site agrees to be built into browsers (hstspreload.org; not in RFC 6797).
        preload: bool,
    },
}

impl Hsts {
    /// Reads one field value by the grammar of RFC 6797 6.1. Numbers beyond 64 bits count as the largest.
    ///
    /// # Errors
    /// Why browsers ignore the whole field: no `max-age`, a directive twice, a value that the grammar does not hold.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut max_age, mut include_subdomains, mut preload) = (None, false, false);
        let mut seen: Vec<String> = Vec::new();
        for part in split_unquoted(text, b';')? {
            let part = trim(part);
            if part.is_empty() {
                continue;
            }
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim_end_matches([' ', '\t']), Some(value.trim_start_matches([' ', '\t']))),
                None => (part, None),
            };
            if !is_token(name) {
                return Err(format!("`{part}` is not a directive (RFC 6797 6.1)"));
            }
            let value = value.map(|v| unquote(v).ok_or_else(|| format!("the value of {name} is neither a token nor a quoted string"))).transpose()?;
            let name = name.to_ascii_lowercase();
            if seen.contains(&name) {
                return Err(format!("{name} is given twice"));
            }
            match (name.as_str(), value) {
                ("max-age", Some(digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                    max_age = Some(digits.parse::<u64>().unwrap_or(u64::MAX));
                }
                ("max-age", _) => return Err("max-age is not a whole number of seconds".to_owned()),
                ("includesubdomains", None) => include_subdomains = true,
                ("includesubdomains", Some(_)) => return Err("includeSubDomains takes no value".to_owned()),
                ("preload", None) => preload = true,
                // RFC 6797 6.1: directives that a browser does not know are ignored.
                _ => {}
            }
            seen.push(name);
        }
        match max_age {
            None => Err("max-age is missing".to_owned()),
            Some(0) => Ok(Self::Reset),
            Some(max_age) => Ok(Self::On { max_age, include_subdomains, preload }),
        }
    }

    /// The field lines of one response: only the first counts (RFC 6797 8.1). No line is [`Hsts::Off`].
    ///
    /// # Errors
    /// As for [`Hsts::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        lines.first().map_or(Ok(Self::Off), |line| Self::parse(line))
    }

    /// Seconds that browsers remember the policy; `None` without a policy.
    #[must_use]
    pub fn max_age(&self) -> Option<u64> {
        match self {
            Self::Reset => Some(0),
            Self::Off => None,
            Self::On { max_age, .. } => Some(*max_age),
        }
    }

    /// Whether subdomains are covered.
    #[must_use]
    pub fn include_subdomains(&self) -> bool {
        matches!(self, Self::On { include_subdomains: true, .. })
    }

    /// Whether the site agrees to be built into browsers.
    #[must_use]
    pub fn preload(&self) -> bool {
        matches!(self, Self::On { preload: true, .. })
    }

    fn at_least(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::Reset) | (Self::On { .. } | Self::Off, Self::Off) => true,
            (Self::Reset, _) | (Self::Off, Self::On { .. }) => false,
            (Self::On { max_age: a, include_subdomains: sub, preload }, Self::On { max_age: b, include_subdomains: other_sub, preload: other_preload }) => {
                a >= b && sub >= other_sub && preload >= other_preload
            }
        }
    }
}

impl fmt::Display for Hsts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => f.write_str("max-age=0"),
            Self::Off => f.write_str("(none)"),
            Self::On { max_age, include_subdomains, preload } => {
                write!(f, "max-age={max_age}")?;
                if *include_subdomains {
                    f.write_str("; includeSubDomains")?;
                }
                if *preload {
                    f.write_str("; preload")?;
                }
                Ok(())
            }
        }
    }
}

impl Strictness for Hsts {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found.at_least(*self), self.at_least(*found));
        let mut why = Vec::new();
        match (*self, *found) {
            _ if order == Order::Equal => {}
            (_, Self::Reset) => why.push("max-age=0 makes browsers forget the policy".to_owned()),
            (Self::On { .. }, Self::Off) => why.push("no Strict-Transport-Security in force".to_owned()),
            (Self::On { max_age, include_subdomains, preload }, Self::On { max_age: found_age, include_subdomains: found_sub, preload: found_preload }) => {
                if found_age != max_age {
                    why.push(format!("max-age {found_age} is {} than {max_age}", if found_age < max_age { "less" } else { "more" }));
                }
                let flags = [("includeSubDomains", include_subdomains, found_sub), ("preload", preload, found_preload)];
                why.extend(
                    flags.into_iter().filter(|(_, a, b)| a != b).map(
                        |(name, required, _)| {
                            if required { format!("{name} is missing") } else { format!("{name} is set on top") }
                        },
                    ),
                );
            }
            (Self::Reset | Self::Off, _) => why.push(format!("{found} where {self} is enough")),
        }
        Comparison::new(order, why.join(", "))
    }

    fn absent() -> Option<Self> {
        Some(Self::Off)
    }
}
