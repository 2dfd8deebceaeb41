//! Content-Security-Policy (CSP Level 3): all enforced policies of a response as one value, ordered by what they let
//! through together.

mod list;
mod policy;
pub(super) mod source;
mod subsume;

pub use policy::{Directive, Policy};

use super::{Comparison, Order, Strictness};
use list::Nonces;
use policy::{DEFAULT_SRC, FETCH, FRAME_ANCESTORS, WITHOUT_FALLBACK};
use source::Page;
use std::fmt;
use subsume::{Judge, Part, Side};

/// The longest value that is read, in bytes: more than servers send (nginx takes 4096 in one word).
const MAX_BYTES: usize = 64 << 10;
/// The most policies of one response that are read.
const MAX_POLICIES: usize = 64;
/// The most directives of one policy that are read; there are about thirty.
const MAX_DIRECTIVES: usize = 128;
/// How many gaps a comparison tells.
const MAX_GAPS: usize = 4;

/// Every enforced policy of a response. What each of them allows is allowed; no policy allows everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp {
    policies: Vec<Policy>,
    page: Option<Page>,
}

impl Csp {
    /// Reads a field value: one or more policies, separated by commas (CSP3 2.2.2).
    ///
    /// # Errors
    /// Why browsers take it as no policy at all: it has no directive. And a value beyond all use: more than 64 KiB, or
    /// more than 64 policies.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::from_lines(&[text])
    }

    /// Reads the field lines of one response; each adds its policies. `Content-Security-Policy-Report-Only` is not
    /// enforced and does not belong here.
    ///
    /// # Errors
    /// As for [`Csp::parse`].
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        if lines.iter().map(|l| l.len()).sum::<usize>() > MAX_BYTES {
            return Err(format!("it is longer than {MAX_BYTES} bytes, which no server sends"));
        }
        let policies: Vec<Policy> = lines.iter().flat_map(|line| line.split(',')).map(Policy::parse).filter(|p| !p.is_empty()).take(MAX_POLICIES + 1).collect();
        match policies.len() {
            0 => Err("it has no directive".to_owned()),
            n if n > MAX_POLICIES => Err(format!("it has more than {MAX_POLICIES} policies")),
            _ => Ok(Self { policies, page: None }),
        }
    }

    /// With the origin of the page that sends it, which makes `'self'` the same as that origin. Without one, or with
    /// a text that is no origin, `'self'` is a host of its own on an https page.
    #[must_use]
    pub fn with_self_origin(mut self, origin: Option<&str>) -> Self {
        self.page = origin.and_then(Page::parse);
        self
    }

    /// The policies, in order.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The source lists of `frame-ancestors`, one for each policy that has it. [`Strictness::compare`] leaves them to
    /// [`super::framing::Framing`].
    pub fn frame_ancestors(&self) -> impl Iterator<Item = &[String]> {
        self.policies.iter().filter_map(|p| p.directive(FRAME_ANCESTORS)).map(Directive::words)
    }

    /// Words of source lists that browsers skip, each with its directive: `'slef'`, `https//example.com`.
    #[must_use]
    pub fn ignored_words(&self) -> Vec<(&str, &str)> {
        let page = self.page.clone().unwrap_or_else(Page::unknown);
        let is_list = |name: &str| [FRAME_ANCESTORS, "child-src", DEFAULT_SRC].contains(&name) || FETCH.contains(&name) || WITHOUT_FALLBACK.contains(&name);
        let lists = self.policies.iter().flat_map(Policy::directives).filter(|d| is_list(d.name()));
        lists.flat_map(|d| d.words().iter().filter(|w| !list::is_source(w, &page)).map(|w| (d.name(), w.as_str())).collect::<Vec<_>>()).collect()
    }

    /// Only who may frame the page, for a comparison of its own.
    pub(super) fn framing<'a>(lists: impl Iterator<Item = &'a [String]>, page: Option<&Self>) -> Self {
        Self { policies: lists.map(Policy::framing).collect(), page: page.and_then(|c| c.page.clone()) }
    }

    /// How `found` stands to `self` in framing alone.
    pub(super) fn compare_framing(&self, found: &Self) -> Comparison {
        self.judge(found, Part::Framing)
    }

    fn judge(&self, found: &Self, part: Part) -> Comparison {
        // `'self'` is the page that sends the found value; the required one holds for the same page.
        let page = found.page.clone().or_else(|| self.page.clone()).unwrap_or_else(Page::unknown);
        let gaps = |side, required: &Self, found: &Self| {
            let judge = Judge { page: &page, nonces: Nonces::Alike, part, side };
            let mut gaps: Vec<String> = Vec::new();
            for gap in required.policies.iter().flat_map(|policy| judge.gaps(policy, &found.policies)) {
                if !gaps.contains(&gap) {
                    gaps.push(gap);
                }
            }
            gaps
        };
        let (weaker, stricter) = (gaps(Side::Weaker, self, found), gaps(Side::Stricter, found, self));
        let order = Order::from_covers(weaker.is_empty(), stricter.is_empty());
        let shown = if order == Order::Stricter { stricter } else { weaker };
        if part == Part::Rest && found.policies.is_empty() && order != Order::Equal {
            return Comparison::new(order, "no policy is in force");
        }
        let more = shown.len().saturating_sub(MAX_GAPS);
        let mut parts: Vec<String> = shown.into_iter().take(MAX_GAPS).collect();
        parts.extend((more > 0).then(|| format!("and {more} more")));
        Comparison::new(order, parts.join("; "))
    }
}

/// Whether `required` allows all that the `returned` field values let through together, `frame-ancestors` included: the
/// question of CSP Embedded Enforcement, with nonces of several policies met by value as in one response. No required
/// policy, or an empty one, allows everything.
#[must_use]
pub fn subsumes(required: Option<&str>, returned: &[&str], self_origin: Option<&str>) -> bool {
    let page = self_origin.and_then(Page::parse).unwrap_or_else(Page::unknown);
    let policies = |text: &str| text.split(',').map(Policy::parse).filter(|p| !p.is_empty()).collect::<Vec<_>>();
    let found: Vec<Policy> = returned.iter().flat_map(|text| policies(text)).collect();
    let judge = Judge { page: &page, nonces: Nonces::ByValue, part: Part::All, side: Side::Weaker };
    required.map(policies).unwrap_or_default().iter().all(|policy| judge.gaps(policy, &found).is_empty())
}

impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.policies.is_empty() {
            return f.write_str("(none)");
        }
        for (i, policy) in self.policies.iter().enumerate() {
            write!(f, "{}{policy}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Strictness for Csp {
    /// By subsumption both ways, without `frame-ancestors`, reporting, and what browsers have dropped.
    fn compare(&self, found: &Self) -> Comparison {
        self.judge(found, Part::Rest)
    }

    fn absent() -> Option<Self> {
        Some(Self { policies: Vec::new(), page: None })
    }
}
