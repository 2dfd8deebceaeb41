//! Cache-Control of a response (RFC 9111 5.2.2): who may keep an answer, and how long it is used again without asking.
//!
//! Compared by that effect, for the visitor's own cache and for caches that visitors share. Where directives contradict
//! each other, caches disagree, and the weaker reading counts.

use super::field::{is_token, joined, list_of, split_unquoted, trim, unquote};
use super::{Comparison, Order, Strictness};
use std::fmt;

/// The directives of a response that decide about storing and using again.
#[allow(clippy::struct_excessive_bools)] // each is a directive of its own
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    no_store: bool,
    private: bool,
    no_cache: bool,
    public: bool,
    must_revalidate: bool,
    proxy_revalidate: bool,
    max_age: Option<u64>,
    s_maxage: Option<u64>,
}

/// Directives that caches know and that decide nothing here.
const OTHER: [&str; 5] = ["no-transform", "must-understand", "immutable", "stale-while-revalidate", "stale-if-error"];

/// What one kind of cache may do: nothing, or use the answer for some seconds, and perhaps when they are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    NotStored,
    /// Fresh for so long (`u64::MAX` where the cache guesses, RFC 9111 4.2.2), and whether it may be used stale.
    Stored {
        fresh: u64,
        stale: bool,
    },
}

impl Use {
    fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::NotStored, _) => true,
            (Self::Stored { .. }, Self::NotStored) => false,
            (Self::Stored { fresh: a, stale: x }, Self::Stored { fresh: b, stale: y }) => a <= b && x <= y,
        }
    }

    fn words(self) -> String {
        match self {
            Self::NotStored => "must not keep it".to_owned(),
            Self::Stored { fresh: 0, stale: false } => "may keep it, and must ask before using it".to_owned(),
            Self::Stored { fresh: u64::MAX, .. } => "may keep it and use it as long as it guesses".to_owned(),
            Self::Stored { fresh, stale } => format!("may use it for {fresh} s{}", if stale { ", and stale if nobody answers" } else { "" }),
        }
    }
}

impl CacheControl {
    /// `no-store`.
    #[must_use]
    pub fn no_store() -> Self {
        Self { no_store: true, ..Self::default() }
    }

    /// `private`.
    #[must_use]
    pub fn private() -> Self {
        Self { private: true, ..Self::default() }
    }

    /// `no-cache`.
    #[must_use]
    pub fn no_cache() -> Self {
        Self { no_cache: true, ..Self::default() }
    }

    /// Reads a field value.
    ///
    /// # Errors
    /// As for [`CacheControl::from_lines`].
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::from_lines(&[text])
    }

    /// The field lines of one response, read as one list. Names have any letter case, numbers may stand in quotes; of a
    /// directive that is given twice the most restrictive counts. `private` and `no-cache` with field names restrict only
    /// those fields (RFC 9111 5.2.2.4, 5.2.2.7), so they do not count. No line leaves all to the caches.
    ///
    /// # Errors
    /// A value that names no directive that caches know.
    pub fn from_lines(lines: &[&str]) -> Result<Self, String> {
        let text = joined(lines)?;
        let (mut out, mut known) = (Self::default(), lines.is_empty());
        for part in split_unquoted(&text, b',')? {
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (name, Some(trim(value))));
            let name = trim(name).to_ascii_lowercase();
            if !is_token(&name) {
                continue;
            }
            let seconds =
                || unquote(value?).filter(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit())).map(|v| v.parse().unwrap_or(u64::MAX).min(u64::MAX - 1));
            let least = |old: Option<u64>| seconds().map_or(old, |n| Some(old.map_or(n, |old| old.min(n))));
            match name.as_str() {
                "no-store" => out.no_store = true,
                "private" => out.private |= value.is_none(),
                "no-cache" => out.no_cache |= value.is_none(),
                "public" => out.public = true,
                "must-revalidate" => out.must_revalidate = true,
                "proxy-revalidate" => out.proxy_revalidate = true,
                "max-age" => out.max_age = least(out.max_age),
                "s-maxage" => out.s_maxage = least(out.s_maxage),
                other if OTHER.contains(&other) => {}
                _ => continue,
            }
            known = true;
        }
        if known { Ok(out) } else { Err(format!("`{}` names no directive that caches know", trim(&text))) }
    }

    fn own_cache(self) -> Use {
        match () {
            () if self.no_store => Use::NotStored,
            () if self.no_cache => Use::Stored { fresh: 0, stale: false },
            () => Use::Stored { fresh: self.max_age.unwrap_or(u64::MAX), stale: !self.must_revalidate },
        }
    }

    fn shared_cache(self) -> Use {
        // `public` and `s-maxage` say that shared caches may keep it: beside no-store and private a contradiction.
        let shared = self.public || self.s_maxage.is_some();
        match () {
            () if (self.no_store || self.private) && !shared => Use::NotStored,
            () if self.no_cache => Use::Stored { fresh: 0, stale: false },
            () => {
                let stale = !(self.must_revalidate || self.proxy_revalidate || self.s_maxage.is_some());
                Use::Stored { fresh: self.s_maxage.or(self.max_age).unwrap_or(u64::MAX), stale }
            }
        }
    }

    fn uses(self) -> [(&'static str, Use); 2] {
        [("a visitor's own cache", self.own_cache()), ("a shared cache", self.shared_cache())]
    }
}

impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            ("no-store", self.no_store),
            ("private", self.private),
            ("no-cache", self.no_cache),
            ("public", self.public),
            ("must-revalidate", self.must_revalidate),
            ("proxy-revalidate", self.proxy_revalidate),
        ];
        let mut parts: Vec<String> = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_owned()).collect();
        parts.extend(self.max_age.map(|n| format!("max-age={n}")));
        parts.extend(self.s_maxage.map(|n| format!("s-maxage={n}")));
        if parts.is_empty() { f.write_str("(none)") } else { f.write_str(&parts.join(", ")) }
    }
}

impl Strictness for CacheControl {
    fn compare(&self, found: &Self) -> Comparison {
        let at_most = |a: Self, b: Self| a.uses().iter().zip(b.uses()).all(|((_, a), (_, b))| a.at_most(b));
        let order = Order::from_covers(at_most(*found, *self), at_most(*self, *found));
        // Where it is weaker, what is allowed on top matters; where it is stricter, what is not.
        let pairs = self.uses().into_iter().zip(found.uses());
        let differs = |a: Use, b: Use| if order == Order::Stricter { !a.at_most(b) } else { !b.at_most(a) };
        let why = pairs.filter(|((_, required), (_, found))| differs(*required, *found)).map(|(_, (who, found))| format!("{who} {}", found.words())).collect();
        Comparison::new(order, list_of(why))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}
