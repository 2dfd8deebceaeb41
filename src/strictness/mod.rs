//! Comparable values, each with one partial order: "at least as strict as". Pure; no input, no target.
//!
//! Laws, property-tested for each: reflexive; transitive; both ways means equal in effect; text of a value, parsed
//! again, compares equal; white space, letter case and order never matter where the reader's grammar says they don't;
//! an invalid value behaves as an absent one.

pub mod access;
pub mod cache;
pub mod ciphers;
pub mod coep;
pub mod cookie;
pub mod coop;
pub mod corp;
pub mod cors;
pub mod csp;
pub mod disclosure;
mod field;
pub mod framing;
pub mod groups;
pub mod hsts;
pub mod levels;
pub mod lockout;
pub mod nosniff;
pub mod permissions;
pub mod postgres;
pub mod rate;
pub mod referrer;
pub mod tls;
pub mod xss;

use std::fmt;

/// How a found value stands to a required one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The same effect.
    Equal,
    /// Allows less to an attacker.
    Stricter,
    /// Allows something that the required value does not.
    Weaker,
    /// Allows something more and something less.
    Incomparable,
}

impl Order {
    /// From "found is at least as strict as required" and the reverse; where neither holds, each allows something that
    /// the other does not.
    #[must_use]
    pub fn from_covers(found_covers_required: bool, required_covers_found: bool) -> Self {
        match (found_covers_required, required_covers_found) {
            (true, true) => Self::Equal,
            (true, false) => Self::Stricter,
            (false, true) => Self::Weaker,
            (false, false) => Self::Incomparable,
        }
    }
}

/// An order and the words to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How found stands to required.
    pub order: Order,
    /// What differs, naming values: `max-age 300 is less than 31536000`. Empty where equal.
    pub why: String,
}

impl Comparison {
    /// Equal in effect.
    #[must_use]
    pub fn equal() -> Self {
        Self { order: Order::Equal, why: String::new() }
    }

    /// An order with its reason.
    #[must_use]
    pub fn new(order: Order, why: impl Into<String>) -> Self {
        Self { order, why: why.into() }
    }
}

/// A value with a strictness order. `Display` writes it as its own reader would read it.
pub trait Strictness: Clone + fmt::Debug + fmt::Display + PartialEq + Sized {
    /// How `found` stands to `self`, the required value.
    fn compare(&self, found: &Self) -> Comparison;

    /// What no setting at all amounts to, if the order says so without knowing where. `None`: a missing value cannot
    /// be compared (its reader's default must be given instead), and is weaker.
    fn absent() -> Option<Self>;
}

/// Any comparable value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Strict-Transport-Security.
    Hsts(hsts::Hsts),
    /// X-Frame-Options and frame-ancestors.
    Framing(framing::Framing),
    /// X-Content-Type-Options.
    Nosniff(nosniff::Nosniff),
    /// X-XSS-Protection.
    Xss(xss::XssProtection),
    /// Referrer-Policy.
    Referrer(referrer::ReferrerPolicy),
    /// Content-Security-Policy.
    Csp(Box<csp::Csp>),
    /// Permissions-Policy.
    Permissions(Box<permissions::PermissionsPolicy>),
    /// Cross-Origin-Opener-Policy.
    Coop(coop::Coop),
    /// Cross-Origin-Embedder-Policy.
    Coep(coep::Coep),
    /// Cross-Origin-Resource-Policy.
    Corp(corp::Corp),
    /// Cache-Control.
    Cache(cache::CacheControl),
    /// Set-Cookie.
    Cookie(Box<cookie::SetCookie>),
    /// Cross-origin resource sharing.
    Cors(Box<cors::Cors>),
    /// Server, X-Powered-By and the like.
    Disclosure(disclosure::Disclosure),
    /// TLS versions.
    Tls(tls::Protocols),
    /// TLS groups.
    Groups(groups::Groups),
    /// OpenSSL cipher strings.
    Ciphers(ciphers::CipherString),
    /// nginx `limit_req`.
    Rate(rate::Rate),
    /// Requests in a window.
    Quota(rate::Quota),
    /// A PostgreSQL setting.
    Setting(postgres::Setting),
    /// Access rules of PostgreSQL.
    Hba(Box<postgres::hba::AccessRules>),
    /// A word of an ordered list: lint levels, reaches.
    Level(levels::Level),
    /// Pauses after failed logins.
    Pause(lockout::Pause),
    /// Who is granted a permission.
    Grants(access::Grants),
    /// A day after which something is over.
    Deadline(levels::Deadline),
    /// A number where less is stricter.
    AtMost(levels::AtMost),
    /// A number where more is stricter.
    AtLeast(levels::AtLeast),
    /// A set where less is stricter: allowed things.
    Allowed(levels::Allowed),
    /// A set where more is stricter: forbidden things.
    Forbidden(levels::Forbidden),
    /// A set where more is stricter: needed things.
    Needed(levels::Needed),
    /// A text with no order: equal or incomparable.
    Exact(levels::Exact),
}

macro_rules! each {
    ($value:expr, $v:ident => $body:expr) => {
        match $value {
            Value::Hsts($v) => $body,
            Value::Framing($v) => $body,
            Value::Nosniff($v) => $body,
            Value::Xss($v) => $body,
            Value::Referrer($v) => $body,
            Value::Csp($v) => $body,
            Value::Permissions($v) => $body,
            Value::Coop($v) => $body,
            Value::Coep($v) => $body,
            Value::Corp($v) => $body,
            Value::Cache($v) => $body,
            Value::Cookie($v) => $body,
            Value::Cors($v) => $body,
            Value::Disclosure($v) => $body,
            Value::Groups($v) => $body,
            Value::Tls($v) => $body,
            Value::Ciphers($v) => $body,
            Value::Rate($v) => $body,
            Value::Quota($v) => $body,
            Value::Setting($v) => $body,
            Value::Hba($v) => $body,
            Value::Level($v) => $body,
            Value::Pause($v) => $body,
            Value::Grants($v) => $body,
            Value::Deadline($v) => $body,
            Value::AtMost($v) => $body,
            Value::AtLeast($v) => $body,
            Value::Allowed($v) => $body,
            Value::Forbidden($v) => $body,
            Value::Needed($v) => $body,
            Value::Exact($v) => $body,
        }
    };
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, v => v.fmt(f))
    }
}

impl Value {
    /// How `found` stands to `self`, the required value. Values of different kinds are incomparable.
    #[must_use]
    pub fn compare(&self, found: &Self) -> Comparison {
        match (self, found) {
            (Self::Hsts(a), Self::Hsts(b)) => a.compare(b),
            (Self::Framing(a), Self::Framing(b)) => a.compare(b),
            (Self::Nosniff(a), Self::Nosniff(b)) => a.compare(b),
            (Self::Xss(a), Self::Xss(b)) => a.compare(b),
            (Self::Referrer(a), Self::Referrer(b)) => a.compare(b),
            (Self::Csp(a), Self::Csp(b)) => a.compare(b),
            (Self::Permissions(a), Self::Permissions(b)) => a.compare(b),
            (Self::Coop(a), Self::Coop(b)) => a.compare(b),
            (Self::Coep(a), Self::Coep(b)) => a.compare(b),
            (Self::Corp(a), Self::Corp(b)) => a.compare(b),
            (Self::Cache(a), Self::Cache(b)) => a.compare(b),
            (Self::Cookie(a), Self::Cookie(b)) => a.compare(b),
            (Self::Cors(a), Self::Cors(b)) => a.compare(b),
            (Self::Disclosure(a), Self::Disclosure(b)) => a.compare(b),
            (Self::Groups(a), Self::Groups(b)) => a.compare(b),
            (Self::Tls(a), Self::Tls(b)) => a.compare(b),
            (Self::Ciphers(a), Self::Ciphers(b)) => a.compare(b),
            (Self::Rate(a), Self::Rate(b)) => a.compare(b),
            (Self::Quota(a), Self::Quota(b)) => a.compare(b),
            (Self::Setting(a), Self::Setting(b)) => a.compare(b),
            (Self::Hba(a), Self::Hba(b)) => a.compare(b),
            (Self::Level(a), Self::Level(b)) => a.compare(b),
            (Self::Pause(a), Self::Pause(b)) => a.compare(b),
            (Self::Grants(a), Self::Grants(b)) => a.compare(b),
            (Self::Deadline(a), Self::Deadline(b)) => a.compare(b),
            (Self::AtMost(a), Self::AtMost(b)) => a.compare(b),
            (Self::AtLeast(a), Self::AtLeast(b)) => a.compare(b),
            (Self::Allowed(a), Self::Allowed(b)) => a.compare(b),
            (Self::Forbidden(a), Self::Forbidden(b)) => a.compare(b),
            (Self::Needed(a), Self::Needed(b)) => a.compare(b),
            (Self::Exact(a), Self::Exact(b)) => a.compare(b),
            _ => Comparison::new(Order::Incomparable, "the two values are of different kinds"),
        }
    }

    /// What no setting at all amounts to, for a value of this kind.
    #[must_use]
    pub fn absent(&self) -> Option<Self> {
        match self {
            Self::Hsts(_) => hsts::Hsts::absent().map(Self::Hsts),
            Self::Framing(_) => framing::Framing::absent().map(Self::Framing),
            Self::Nosniff(_) => nosniff::Nosniff::absent().map(Self::Nosniff),
            Self::Xss(_) => xss::XssProtection::absent().map(Self::Xss),
            Self::Referrer(_) => referrer::ReferrerPolicy::absent().map(Self::Referrer),
            Self::Csp(_) => csp::Csp::absent().map(|v| Self::Csp(Box::new(v))),
            Self::Permissions(_) => permissions::PermissionsPolicy::absent().map(|v| Self::Permissions(Box::new(v))),
            Self::Coop(_) => coop::Coop::absent().map(Self::Coop),
            Self::Coep(_) => coep::Coep::absent().map(Self::Coep),
            Self::Corp(_) => corp::Corp::absent().map(Self::Corp),
            Self::Cache(_) => cache::CacheControl::absent().map(Self::Cache),
            Self::Cookie(_) => cookie::SetCookie::absent().map(|v| Self::Cookie(Box::new(v))),
            Self::Cors(_) => cors::Cors::absent().map(|v| Self::Cors(Box::new(v))),
            Self::Disclosure(_) => disclosure::Disclosure::absent().map(Self::Disclosure),
            Self::Groups(_) => groups::Groups::absent().map(Self::Groups),
            Self::Tls(_) => tls::Protocols::absent().map(Self::Tls),
            Self::Ciphers(_) => ciphers::CipherString::absent().map(Self::Ciphers),
            Self::Rate(_) => rate::Rate::absent().map(Self::Rate),
            Self::Quota(_) => rate::Quota::absent().map(Self::Quota),
            Self::Grants(_) => access::Grants::absent().map(Self::Grants),
            Self::Deadline(_) => levels::Deadline::absent().map(Self::Deadline),
            Self::Forbidden(_) => levels::Forbidden::absent().map(Self::Forbidden),
            Self::Needed(_) => levels::Needed::absent().map(Self::Needed),
            Self::Setting(_) | Self::Hba(_) | Self::Pause(_) | Self::Level(_) | Self::AtMost(_) | Self::AtLeast(_) | Self::Allowed(_) | Self::Exact(_) => None,
        }
    }
}
