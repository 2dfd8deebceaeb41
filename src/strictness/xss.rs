//! X-XSS-Protection: a filter that no browser runs any more. It could be turned against the page, so that off is the
//! safe side, and `mode=block` the lesser evil of the two ways to have it (OWASP Secure Headers Project).

use super::{Comparison, Order, Strictness};
use std::fmt;

/// X-XSS-Protection, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum XssProtection {
    /// `1`: the filter rewrites the page.
    Filter,
    /// `1; mode=block`: the filter stops the page.
    Block,
    /// `0`, no header, or one that is ignored: no filter.
    Off,
}

impl XssProtection {
    /// Reads a field value as the last engines with a filter did.
    ///
    /// # Errors
    /// What they ignored: a value that begins with neither `0` nor `1`, an unknown or repeated directive.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches([' ', '\t']);
        if text.starts_with('0') {
            return Ok(Self::Off);
        }
        let Some(rest) = text.strip_prefix('1') else { return Err(format!("`{text}` begins with neither 0 nor 1")) };
        let mut directives = rest.split(';').map(|d| d.trim_matches([' ', '\t']));
        if directives.next().is_some_and(|d| !d.is_empty()) {
            return Err(format!("`{rest}` where a semicolon is needed"));
        }
        let (mut block, mut report) = (false, false);
        for directive in directives.filter(|d| !d.is_empty()) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
            if name.eq_ignore_ascii_case("mode") && value.eq_ignore_ascii_case("block") && !block {
                block = true;
            } else if name.eq_ignore_ascii_case("report") && !value.is_empty() && !report {
                report = true;
            } else {
                return Err(format!("`{directive}` is unknown or repeated"));
            }
        }
        Ok(if block { Self::Block } else { Self::Filter })
    }

    /// The field lines of one response, joined with commas: twice the same is ignored. No line is [`XssProtection::Off`].
    ///
    /// # Errors
    /// As for [`XssProtection::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.is_empty() { Ok(Self::Off) } else { Self::parse(&lines.join(", ")) }
    }
}

impl fmt::Display for XssProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filter => "1",
            Self::Block => "1; mode=block",
            Self::Off => "0",
        })
    }
}

impl Strictness for XssProtection {
    fn compare(&self, found: &Self) -> Comparison {
        let order = Order::from_covers(found >= self, self >= found);
        let why = match found {
            _ if order == Order::Equal => "",
            Self::Filter => "the filter rewrites pages, which attackers can use",
            Self::Block => "the filter is on, in its blocking mode",
            Self::Off => "no filter is asked for, which is the safe side",
        };
        Comparison::new(order, why)
    }

    fn absent() -> Option<Self> {
        Some(Self::Off)
    }
}
