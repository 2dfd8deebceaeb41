//! Cross-origin resource sharing (Fetch, "CORS protocol"): which other origins may read answers, and with what requests.

use super::field::{is_token, joined, list_of, trim};
use super::{Comparison, Order, Strictness};
use std::collections::BTreeSet;
use std::fmt;

/// Origins that may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// These; none at all where the header is missing. `null` is one like any other: sandboxed frames and files have it.
    These(BTreeSet<String>),
    /// `*`: all, without credentials.
    Any,
    /// Whoever asks, by repeating the request's own origin: all, with credentials where they are allowed.
    Reflected,
}

/// Methods or header names that are allowed on top of those that need no permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// `*`: all, but only in requests without credentials.
    pub any: bool,
    /// These.
    pub names: BTreeSet<String>,
}

/// Methods that need no permission (Fetch, "CORS-safelisted method").
const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "POST"];
/// Headers that need no permission (Fetch, "CORS-safelisted request-header"). `content-type` needs it for most values.
const SAFE_HEADERS: [&str; 3] = ["accept", "accept-language", "content-language"];
/// The header that `*` leaves out (Fetch, "CORS non-wildcard request-header name").
const NOT_BY_WILDCARD: &str = "authorization";

impl Names {
    /// What a list of field values names. A value that is no list names nothing: the preflight fails.
    fn parse(lines: &[&str], lower: bool) -> Self {
        let Ok(text) = joined(lines) else { return Self::default() };
        let words: Vec<&str> = text.split(',').map(trim).filter(|w| !w.is_empty()).collect();
        if !words.iter().all(|w| is_token(w)) {
            return Self::default();
        }
        let case = |w: &&str| if lower { w.to_ascii_lowercase() } else { (*w).to_owned() };
        Self { any: words.contains(&"*"), names: words.iter().filter(|w| **w != "*").map(case).collect() }
    }

    /// As granted to requests with credentials, where `*` is a name like any other.
    fn with_credentials(&self) -> Self {
        Self { any: false, names: self.names.clone() }
    }

    /// What of `other` is neither covered nor free (`safe`).
    fn extra(&self, other: &Self, safe: &[&str]) -> Vec<String> {
        let allows = |name: &str| self.names.contains(name) || safe.contains(&name) || (self.any && name != NOT_BY_WILDCARD);
        let named = other.names.iter().filter(|n| !allows(n)).cloned();
        (other.any && !self.any).then(|| "*".to_owned()).into_iter().chain(named).collect()
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.any.then_some("*").into_iter().chain(self.names.iter().map(String::as_str)).collect();
        f.write_str(&all.join(", "))
    }
}

/// The field lines that say it, of one response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines<'l> {
    /// Access-Control-Allow-Origin.
    pub origin: &'l [&'l str],
    /// Access-Control-Allow-Credentials.
    pub credentials: &'l [&'l str],
    /// Access-Control-Allow-Methods.
    pub methods: &'l [&'l str],
    /// Access-Control-Allow-Headers.
    pub headers: &'l [&'l str],
    /// Access-Control-Max-Age.
    pub max_age: &'l [&'l str],
}

/// What other origins may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// Who.
    pub origins: Origins,
    /// With the visitor's cookies. Without effect beside [`Origins::Any`].
    pub credentials: bool,
    /// Methods beside GET, HEAD and POST. Letter case counts.
    pub methods: Names,
    /// Request headers, in lower case.
    pub headers: Names,
    /// Seconds that a browser remembers the permission. Not part of the order.
    pub max_age: Option<u64>,
}

impl Cors {
    /// Nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self { origins: Origins::These(BTreeSet::new()), credentials: false, methods: Names::default(), headers: Names::default(), max_age: None }
    }

    /// The field lines of one response. A value that repeats the request's origin cannot be told from one that names it:
    /// who sees the configuration says [`Origins::Reflected`].
    ///
    /// # Errors
    /// An Access-Control-Allow-Origin that matches no origin: several values, or a text that is no origin.
    pub fn from_lines(lines: Lines<'_>) -> Result<Self, String> {
        let origins = match lines.origin {
            [] => Origins::These(BTreeSet::new()),
            some => Origins::parse(trim(&joined(some)?), false)?,
        };
        Ok(Self {
            origins,
            credentials: joined(lines.credentials).is_ok_and(|text| trim(&text) == "true"),
            methods: Names::parse(lines.methods, false),
            headers: Names::parse(lines.headers, true),
            max_age: joined(lines.max_age).ok().and_then(|text| trim(&text).parse().ok()),
        })
    }

    /// Reads the text of [`Cors`]: header fields between `;`, with all origins in one Access-Control-Allow-Origin.
    ///
    /// # Errors
    /// A part that is no such field, and as for [`Cors::from_lines`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut cors = Self::nobody();
        if trim(text) == NOBODY {
            return Ok(cors);
        }
        for part in text.split(';') {
            let (name, value) = part.split_once(':').ok_or_else(|| format!("`{}` is no header field", trim(part)))?;
            let value = trim(value);
            match trim(name).to_ascii_lowercase().as_str() {
                "access-control-allow-origin" => cors.origins = Origins::parse(value, true)?,
                "access-control-allow-credentials" => cors.credentials = value == "true",
                "access-control-allow-methods" => cors.methods = Names::parse(&[value], false),
                "access-control-allow-headers" => cors.headers = Names::parse(&[value], true),
                "access-control-max-age" => cors.max_age = value.parse().ok(),
                other => return Err(format!("{other} is no header of cross-origin sharing")),
            }
        }
        Ok(cors)
    }

    /// Whether `*` stands beside credentials: browsers then refuse every request with them, so that something is not as
    /// it was meant.
    #[must_use]
    pub fn credentials_are_refused(&self) -> bool {
        self.origins == Origins::Any && self.credentials
    }

    /// Whether the origin `null` may read, which every sandboxed frame has.
    #[must_use]
    pub fn allows_null(&self) -> bool {
        matches!(&self.origins, Origins::These(origins) if origins.contains("null"))
    }

    /// Who may read in requests with (or without) credentials, by which methods, with which headers; `None` for nobody.
    fn readers(&self, credentials: bool) -> Option<(&Origins, Names, Names)> {
        let nobody = matches!(&self.origins, Origins::These(origins) if origins.is_empty());
        let refused = credentials && (!self.credentials || self.origins == Origins::Any);
        let as_sent = |names: &Names| if credentials { names.with_credentials() } else { names.clone() };
        (!nobody && !refused).then(|| (&self.origins, as_sent(&self.methods), as_sent(&self.headers)))
    }

    /// What `other` lets readers do that `self` does not.
    fn extra(&self, other: &Self) -> Vec<String> {
        let mut extra = Vec::new();
        for credentials in [false, true] {
            let Some((origins, methods, headers)) = other.readers(credentials) else { continue };
            let how = if credentials { " with credentials" } else { "" };
            let Some((own, own_methods, own_headers)) = self.readers(credentials) else {
                extra.push(format!("{origins} may read{how}"));
                continue;
            };
            if let Some(who) = own.extra(origins) {
                extra.push(format!("{who} may read{how}"));
            }
            let names = [("methods", own_methods.extra(&methods, &SAFE_METHODS)), ("headers", own_headers.extra(&headers, &SAFE_HEADERS))];
            extra.extend(names.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| format!("{what}{how}: {}", names.join(", "))));
        }
        extra
    }
}

impl Origins {
    fn parse(text: &str, several: bool) -> Result<Self, String> {
        let is_origin = |origin: &str| {
            let Some((scheme, host)) = origin.split_once("://") else { return origin == "null" };
            let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            !scheme.is_empty()
                && scheme.bytes().all(|b| lower(b) || matches!(b, b'+' | b'-' | b'.'))
                && !host.is_empty()
                && host.bytes().all(|b| lower(b) || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
        };
        match text {
            "*" => Ok(Self::Any),
            REFLECTED => Ok(Self::Reflected),
            _ if several => match text.split(' ').find(|o| !is_origin(o)) {
                Some(bad) => Err(format!("`{bad}` is no origin")),
                None => Ok(Self::These(text.split(' ').map(str::to_owned).collect())),
            },
            _ if is_origin(text) => Ok(Self::These(BTreeSet::from([text.to_owned()]))),
            _ => Err(format!("`{text}` is not one origin as browsers write it (scheme and host in lower case, no slash at the end), so it matches none")),
        }
    }

    /// The first of `other` that is not covered.
    fn extra(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Any | Self::Reflected, _) => None,
            (Self::These(_), Self::Any | Self::Reflected) => Some(other.to_string()),
            (Self::These(own), Self::These(other)) => {
                let extra: Vec<&str> = other.difference(own).map(String::as_str).collect();
                (!extra.is_empty()).then(|| extra.join(" "))
            }
        }
    }
}

/// What nginx's variable for the request's origin is called: as a value it repeats it.
const REFLECTED: &str = "$http_origin";
/// Nobody, in reports.
const NOBODY: &str = "(none)";

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::These(origins) => f.write_str(&origins.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
            Self::Any => f.write_str("*"),
            Self::Reflected => f.write_str(REFLECTED),
        }
    }
}

impl fmt::Display for Cors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.readers(false).is_none() {
            return f.write_str(NOBODY);
        }
        write!(f, "Access-Control-Allow-Origin: {}", self.origins)?;
        if self.credentials {
            f.write_str("; Access-Control-Allow-Credentials: true")?;
        }
        for (name, names) in [("Methods", &self.methods), ("Headers", &self.headers)].into_iter().filter(|(_, names)| **names != Names::default()) {
            write!(f, "; Access-Control-Allow-{name}: {names}")?;
        }
        if let Some(age) = self.max_age {
            write!(f, "; Access-Control-Max-Age: {age}")?;
        }
        Ok(())
    }
}

impl Strictness for Cors {
    /// By who may read, how: apart for requests with the visitor's credentials and without.
    fn compare(&self, found: &Self) -> Comparison {
        let (weaker, stricter) = (self.extra(found), found.extra(self));
        let order = Order::from_covers(weaker.is_empty(), stricter.is_empty());
        let why = if order == Order::Stricter { stricter.into_iter().map(|s| format!("not allowed: {s}")).collect() } else { weaker };
        Comparison::new(order, list_of(why))
    }

    fn absent() -> Option<Self> {
        Some(Self::nobody())
    }
}
