//! TLS protocol versions: a set; fewer old ones is stricter.
//!
//! A set that lacks what the policy requires is stricter as long as it is not empty: a server that speaks TLS 1.3 only
//! meets a minimum of TLS 1.2.

use super::{Comparison, Order, Strictness};
use std::collections::BTreeSet;
use std::fmt;

/// A protocol version that a server may speak, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SSL 2.0.
    Ssl2,
    /// SSL 3.0 (RFC 7568 forbids it).
    Ssl3,
    /// TLS 1.0 (RFC 8996 forbids it).
    Tls10,
    /// TLS 1.1 (RFC 8996 forbids it).
    Tls11,
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 6] = [Self::Ssl2, Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// As nginx and PostgreSQL write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSLv2",
            Self::Ssl3 => "SSLv3",
            Self::Tls10 => "TLSv1",
            Self::Tls11 => "TLSv1.1",
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }

    /// The version of a name, by its exact spelling in nginx (case-insensitive, as both readers are).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.name().eq_ignore_ascii_case(text))
    }
}

/// The versions that a server speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols(BTreeSet<Version>);

impl Protocols {
    /// A set of versions.
    pub fn new(versions: impl IntoIterator<Item = Version>) -> Self {
        Self(versions.into_iter().collect())
    }

    /// Reads names as nginx's `ssl_protocols` has them, separated by white space.
    ///
    /// # Errors
    /// What stops nginx: a name that is no version, or none at all.
    pub fn parse(text: &str) -> Result<Self, String> {
        let version = |name: &str| Version::parse(name).ok_or_else(|| format!("`{name}` is not a version of TLS"));
        let versions = text.split_ascii_whitespace().map(version).collect::<Result<BTreeSet<_>, _>>()?;
        if versions.is_empty() { Err("no version of TLS is named".to_owned()) } else { Ok(Self(versions)) }
    }

    /// Every version from `min` to TLS 1.3.
    #[must_use]
    pub fn at_least(min: Version) -> Self {
        Self::between(min, Version::Tls13)
    }

    /// Every version from `min` to `max`; empty where `max` is older.
    #[must_use]
    pub fn between(min: Version, max: Version) -> Self {
        Self::new(Version::ALL.into_iter().filter(|v| (min..=max).contains(v)))
    }

    /// The versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = Version> + '_ {
        self.0.iter().copied()
    }

    /// Whether a version is spoken.
    #[must_use]
    pub fn contains(&self, version: Version) -> bool {
        self.0.contains(&version)
    }
}

impl fmt::Display for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.versions().map(Version::name).collect();
        if names.is_empty() { f.write_str("(none)") } else { f.write_str(&names.join(" ")) }
    }
}

impl Strictness for Protocols {
    fn compare(&self, found: &Self) -> Comparison {
        if found.0.is_empty() && !self.0.is_empty() {
            return Comparison::new(Order::Stricter, "no protocol version is left: no client can connect");
        }
        let extra: Vec<&str> = found.0.difference(&self.0).map(|v| v.name()).collect();
        let order = Order::from_covers(extra.is_empty(), self.0.is_subset(&found.0));
        match order {
            Order::Equal => Comparison::equal(),
            Order::Stricter => Comparison::new(order, format!("speaks {found} only")),
            Order::Weaker | Order::Incomparable => Comparison::new(order, format!("permits {}", extra.join(" and "))),
        }
    }

    fn absent() -> Option<Self> {
        None
    }
}
