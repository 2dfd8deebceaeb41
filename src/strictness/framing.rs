//! Who may show the page in a frame: X-Frame-Options and CSP `frame-ancestors` as one requirement.
//!
//! Where an enforced policy has `frame-ancestors`, browsers do not read X-Frame-Options (HTML 7.4.2.2).

use super::csp::Csp;
use super::{Comparison, Strictness};
use std::fmt;

/// The framing in effect: source lists of which an ancestor must match each. None at all lets everybody frame the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing(Csp);

/// What X-Frame-Options alone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameOptions {
    Deny,
    SameOrigin,
    /// Nothing that browsers honour: `ALLOW-FROM` and the like.
    Ignored,
}

impl FrameOptions {
    /// The rule of HTML 7.4.2.2 for the set of values of all field lines.
    fn parse(lines: &[&str]) -> Self {
        let mut values: Vec<String> = lines.iter().flat_map(|l| l.split(',')).map(|v| v.trim_matches([' ', '\t']).to_ascii_lowercase()).collect();
        values.sort_unstable();
        values.dedup();
        match values.as_slice() {
            [one] if one == "deny" => Self::Deny,
            [one] if one == "sameorigin" => Self::SameOrigin,
            [] | [_] => Self::Ignored,
            // Values that contradict each other block every frame.
            several if several.iter().any(|v| matches!(v.as_str(), "deny" | "sameorigin" | "allowall")) => Self::Deny,
            _ => Self::Ignored,
        }
    }

    fn sources(self) -> Option<Vec<String>> {
        match self {
            Self::Deny => Some(vec!["'none'".to_owned()]),
            Self::SameOrigin => Some(vec!["'self'".to_owned()]),
            Self::Ignored => None,
        }
    }
}

impl Framing {
    /// Reads either header's text: `DENY`, `SAMEORIGIN`, or a policy with `frame-ancestors`.
    ///
    /// # Errors
    /// A text that restricts nobody.
    pub fn parse(text: &str) -> Result<Self, String> {
        let framing = match FrameOptions::parse(&[text]) {
            FrameOptions::Ignored => Csp::parse(text).map(|csp| Self::from_headers(&[], Some(&csp))).ok(),
            _ => Some(Self::from_headers(&[text], None)),
        };
        framing.filter(Framing::is_restricted).ok_or_else(|| format!("`{}` is neither DENY, SAMEORIGIN nor frame-ancestors with its sources", text.trim()))
    }

    /// What the spec requires: X-Frame-Options, and the `frame-ancestors ...` directive.
    ///
    /// # Errors
    /// A directive that no browser would read.
    pub fn required(xfo: Option<&str>, ancestors: &str) -> Result<Self, String> {
        let csp = if ancestors.trim().is_empty() { None } else { Some(Csp::parse(ancestors)?) };
        let framing = Self::from_headers(xfo.as_slice(), csp.as_ref());
        if framing.is_restricted() { Ok(framing) } else { Err(format!("neither `{}` nor `{ancestors}` restricts framing", xfo.unwrap_or_default())) }
    }

    /// The framing in effect for a response: `frame-ancestors` of its enforced policies if any has it, else
    /// X-Frame-Options by its set rule. The page's origin is that of `csp`.
    #[must_use]
    pub fn from_headers(xfo_lines: &[&str], csp: Option<&Csp>) -> Self {
        let from_csp = Csp::framing(csp.into_iter().flat_map(Csp::frame_ancestors), csp);
        if !from_csp.policies().is_empty() {
            return Self(from_csp);
        }
        let sources = FrameOptions::parse(xfo_lines).sources();
        Self(Csp::framing(sources.iter().map(Vec::as_slice), csp))
    }

    /// With the origin of the page, which makes `'self'` the same as that origin.
    #[must_use]
    pub fn with_self_origin(self, origin: Option<&str>) -> Self {
        Self(self.0.with_self_origin(origin))
    }

    /// Whether anybody is kept from framing the page.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        !self.0.policies().is_empty()
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Strictness for Framing {
    /// By the order of source lists.
    fn compare(&self, found: &Self) -> Comparison {
        let mut comparison = self.0.compare_framing(&found.0);
        if self.is_restricted() && !found.is_restricted() {
            "everybody may frame the page".clone_into(&mut comparison.why);
        }
        comparison
    }

    fn absent() -> Option<Self> {
        Some(Self(Csp::framing(std::iter::empty(), None)))
    }
}
