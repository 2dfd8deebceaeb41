//! Source expressions that match addresses, as sets of plain patterns (CSP3 2.3.1 and 6.7.2).
//!
//! A browser upgrades what an expression matches: `http:` matches https, `ws:` matches wss. Here each upgrade is written
//! out, so that one pattern covers another part by part.

use std::collections::HashMap;

/// The origin of the page that sends a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::strictness) struct Page {
    scheme: String,
    /// Host and port; `None` where they are not known, so that `'self'` equals itself only.
    host: Option<(String, Option<u16>)>,
}

impl Page {
    /// An https page of an unknown host.
    pub(in crate::strictness) fn unknown() -> Self {
        Self { scheme: "https".to_owned(), host: None }
    }

    /// A page of an origin such as `https://app.example.com:8443`; `None` if it is not one.
    pub(in crate::strictness) fn parse(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.trim().split_once("://")?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
            None => (authority, None),
        };
        let is_valid = is_scheme(scheme) && !host.is_empty() && host.split('.').all(is_label);
        is_valid.then(|| Self { scheme: scheme.to_ascii_lowercase(), host: Some((host.to_ascii_lowercase(), port)) })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Host {
    /// Any.
    Any,
    /// Those below a name: `*.example.com`.
    Below(String),
    /// One.
    Exact(String),
    /// The page's own, unknown.
    Own,
}

impl Host {
    fn covers(&self, other: &Self) -> bool {
        let is_below = |name: &str, parent: &str| name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Below(a), Self::Below(b)) => a == b || is_below(b, a),
            (Self::Below(a), Self::Exact(b)) => is_below(b, a),
            (a, b) => a == b,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Port {
    /// Any.
    Any,
    /// One.
    Number(u16),
    /// What the scheme has, where no default is known.
    Default,
    /// The page's own, unknown.
    Own,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Path {
    /// Any.
    Any,
    /// Below a folder: decoded segments.
    Below(Vec<Vec<u8>>),
    /// One: decoded segments.
    Exact(Vec<Vec<u8>>),
}

impl Path {
    fn parse(text: &str) -> Self {
        // Query and fragment are ignored, as browsers do after a warning.
        let text = text.split(['?', '#']).next().unwrap_or_default();
        let Some(inner) = text.strip_prefix('/').filter(|inner| !inner.is_empty()) else { return Self::Any };
        let segments = |text: &str| text.split('/').map(decode).collect();
        match inner.strip_suffix('/') {
            Some(folder) => Self::Below(segments(folder)),
            None => Self::Exact(segments(inner)),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Below(a), Self::Below(b)) => b.starts_with(a),
            (Self::Below(a), Self::Exact(b)) => b.len() > a.len() && b.starts_with(a),
            (a, b) => a == b,
        }
    }
}

/// Percent-decodes; what is not an escape stays.
fn decode(text: &str) -> Vec<u8> {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(escape.unwrap_or(*byte));
        at += if escape.is_some() { 3 } else { 1 };
    }
    out
}

/// A pattern for addresses: each part is one value or any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::strictness) struct Pattern {
    scheme: String,
    host: Host,
    port: Port,
    path: Path,
}

impl Pattern {
    fn any_of(scheme: &str) -> Self {
        Self { scheme: scheme.to_owned(), host: Host::Any, port: Port::Any, path: Path::Any }
    }

    /// Whether every address that `other` matches is matched.
    pub(in crate::strictness) fn covers(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host.covers(&other.host) && (self.port == Port::Any || self.port == other.port) && self.path.covers(&other.path)
    }

    /// What matches both: of each part the narrower one, as two parts that overlap are nested.
    pub(in crate::strictness) fn meet(&self, other: &Self) -> Option<Self> {
        fn narrower<T: Clone>(a: &T, b: &T, covers: impl Fn(&T, &T) -> bool) -> Option<T> {
            if covers(a, b) { Some(b.clone()) } else { covers(b, a).then(|| a.clone()) }
        }
        if self.scheme != other.scheme {
            return None;
        }
        Some(Self {
            scheme: self.scheme.clone(),
            host: narrower(&self.host, &other.host, Host::covers)?,
            port: narrower(&self.port, &other.port, |a, b| *a == Port::Any || a == b)?,
            path: narrower(&self.path, &other.path, Path::covers)?,
        })
    }
}

/// Patterns by host, so that long lists are compared in about linear time.
pub(in crate::strictness) struct Index<'a>(HashMap<(&'static str, &'a str), Vec<&'a Pattern>>);

impl<'a> Index<'a> {
    pub(in crate::strictness) fn new(patterns: impl Iterator<Item = &'a Pattern>) -> Self {
        let mut map: HashMap<_, Vec<&Pattern>> = HashMap::new();
        for pattern in patterns {
            let key = match &pattern.host {
                Host::Any => ("any", ""),
                Host::Own => ("own", ""),
                Host::Below(name) => ("below", name.as_str()),
                Host::Exact(name) => ("exact", name.as_str()),
            };
            map.entry(key).or_default().push(pattern);
        }
        Self(map)
    }

    /// Whether one pattern covers another.
    pub(in crate::strictness) fn covers(&self, other: &Pattern) -> bool {
        let covered = |kind: &'static str, name: &str| self.0.get(&(kind, name)).is_some_and(|list| list.iter().any(|p| p.covers(other)));
        let below = |name: &str| name.match_indices('.').any(|(i, _)| covered("below", &name[i + 1..]));
        covered("any", "")
            || match &other.host {
                Host::Any => false,
                Host::Own => covered("own", ""),
                Host::Below(name) => covered("below", name) || below(name),
                Host::Exact(name) => covered("exact", name) || below(name),
            }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The grammar has letters, digits and `-`; browsers take `_` as well.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

/// Patterns of a scheme and what browsers upgrade it to. No port, or the scheme's default, is each scheme's default.
fn upgraded(scheme: &str, host: &Host, port: Option<Port>, path: &Path) -> Vec<Pattern> {
    let schemes: &[&str] = match scheme {
        "http" => &["http", "https"],
        "ws" => &["ws", "wss"],
        other => &[other],
    };
    let is_default = port.is_none() || matches!(port, Some(Port::Number(n)) if Some(n) == default_port(scheme));
    let port_of = |scheme: &str| {
        let default = default_port(scheme).map_or(Port::Default, Port::Number);
        if is_default { default } else { port.unwrap_or(default) }
    };
    schemes.iter().map(|s| Pattern { scheme: (*s).to_owned(), host: host.clone(), port: port_of(s), path: path.clone() }).collect()
}

/// `'self'`: the page's origin, and its upgrades. `sockets` whether WebSockets of it count, as for `connect-src`
/// (CSP3 6.7.2.8).
pub(in crate::strictness) fn own_origin(page: &Page, sockets: bool) -> Vec<Pattern> {
    let own = |scheme: &str| match &page.host {
        Some((host, port)) => upgraded(scheme, &Host::Exact(host.clone()), port.map(Port::Number), &Path::Any),
        None => upgraded(scheme, &Host::Own, Some(Port::Own), &Path::Any),
    };
    let mut patterns = own(&page.scheme);
    match page.scheme.as_str() {
        "http" if sockets => patterns.extend(own("ws")),
        "https" if sockets => patterns.extend(own("wss")),
        _ => {}
    }
    patterns
}

/// What a scheme or host expression matches; `None` if it is neither (CSP3 2.3.1: `scheme-source`, `host-source`).
pub(in crate::strictness) fn patterns(text: &str, page: &Page) -> Option<Vec<Pattern>> {
    if text == "*" {
        let mut schemes = vec!["http", "https", "ws", "wss", "ftp"];
        if !schemes.contains(&page.scheme.as_str()) {
            schemes.push(&page.scheme);
        }
        return Some(schemes.into_iter().map(Pattern::any_of).collect());
    }
    let text = text.to_owned();
    if let Some(scheme) = text.strip_suffix(':').filter(|s| is_scheme(s)) {
        return Some(upgraded(&scheme.to_ascii_lowercase(), &Host::Any, Some(Port::Any), &Path::Any));
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        Some(_) => return None,
        None => (page.scheme.clone(), text.as_str()),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.split_once(':') {
        Some((host, "*")) => (host, Some(Port::Any)),
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(Port::Number(port.parse().ok()?))),
        Some(_) => return None,
        None => (authority, None),
    };
    let is_name = |name: &str| !name.is_empty() && name.split('.').all(is_label);
    let host = match host.strip_prefix("*.") {
        _ if host == "*" => Host::Any,
        Some(name) if is_name(name) => Host::Below(name.to_ascii_lowercase()),
        None if is_name(host) => Host::Exact(host.to_ascii_lowercase()),
        _ => return None,
    };
    Some(upgraded(&scheme, &host, port, &Path::parse(path)))
}
