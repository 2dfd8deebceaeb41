//! Set-Cookie (RFC 6265, and its revision "rfc6265bis" where browsers already follow that): what a cookie is protected by.
//!
//! Values of cookies are secrets: they are not kept.

use super::field::{list_of, trim};
use super::{Comparison, Order, Strictness};
use std::fmt;

/// The longest name with value that browsers take (rfc6265bis 5.6), in bytes.
const MAX_PAIR: usize = 4096;
/// The longest value of an attribute that browsers read (rfc6265bis 5.6), in bytes.
const MAX_ATTRIBUTE: usize = 1024;

/// On which requests from other sites a cookie is sent, most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SameSite {
    /// `None`: on all.
    None,
    /// No attribute, or an unknown value: as `Lax` in some browsers, as `None` in others.
    Unset,
    /// `Lax`: on links that are followed.
    Lax,
    /// `Strict`: on none.
    Strict,
}

impl SameSite {
    /// As in the attribute; `None` where there is none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::None => Some("None"),
            Self::Unset => None,
            Self::Lax => Some("Lax"),
            Self::Strict => Some("Strict"),
        }
    }

    fn parse(text: &str) -> Self {
        [Self::None, Self::Lax, Self::Strict].into_iter().find(|s| s.name().is_some_and(|n| n.eq_ignore_ascii_case(text))).unwrap_or(Self::Unset)
    }
}

/// What a cookie's name promises (rfc6265bis 4.1.3, and `__Http-` of its later drafts). Letter case does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// Set over HTTPS only.
    pub secure: bool,
    /// Set by this host, for this host.
    pub host: bool,
    /// Set by a response, never by a script.
    pub http: bool,
}

impl Prefix {
    /// Of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let both = starts("__Host-Http-");
        let (host, http) = (starts("__Host-"), both || starts("__Http-"));
        Self { secure: host || http || starts("__Secure-"), host, http }
    }

    fn at_least(self, other: Self) -> bool {
        self.secure >= other.secure && self.host >= other.host && self.http >= other.http
    }
}

/// A cookie that a response sets, as a browser stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// The name.
    pub name: String,
    /// Sent over HTTPS only.
    pub secure: bool,
    /// Out of reach of scripts.
    pub http_only: bool,
    /// On which requests from other sites.
    pub same_site: SameSite,
    /// The domain whose subdomains get it too; `None`: this host alone.
    pub domain: Option<String>,
    /// The path; it protects nothing (RFC 6265 8.6), but `__Host-` asks for `/`.
    pub path: Option<String>,
    /// Seconds until it is deleted. `None`: as long as the browser likes, which many extend beyond a session, or until a
    /// date, which is not compared.
    pub max_age: Option<u64>,
    /// Kept apart for each site that embeds this one.
    pub partitioned: bool,
}

impl SetCookie {
    /// A cookie with no attribute.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), secure: false, http_only: false, same_site: SameSite::Unset, domain: None, path: None, max_age: None, partitioned: false }
    }

    /// Reads one field line: of an attribute that is given twice the last counts, unknown ones are ignored.
    ///
    /// # Errors
    /// Why browsers reject the cookie: it is none, it is too long, or it breaks a rule of its name or of SameSite.
    pub fn parse(line: &str) -> Result<Self, String> {
        if line.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return Err("it holds a control character".to_owned());
        }
        let mut parts = line.split(';');
        let pair = trim(parts.next().unwrap_or_default());
        // Without `=` all of it is the value of a cookie without a name.
        let (name, value) = pair.split_once('=').map_or(("", pair), |(name, value)| (trim(name), trim(value)));
        if name.is_empty() {
            let hidden = if value.is_empty() || Prefix::of(value) != Prefix::default() { "it has no name" } else { "a cookie without a name is not judged" };
            return Err(hidden.to_owned());
        }
        if name.len() + value.len() > MAX_PAIR {
            return Err(format!("name and value are longer than {MAX_PAIR} bytes"));
        }
        let mut cookie = Self::new(name);
        for part in parts {
            let (attribute, value) = part.split_once('=').map_or((trim(part), ""), |(a, v)| (trim(a), trim(v)));
            if value.len() > MAX_ATTRIBUTE {
                continue;
            }
            match attribute.to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "partitioned" => cookie.partitioned = true,
                "samesite" => cookie.same_site = SameSite::parse(value),
                "path" => cookie.path = value.starts_with('/').then(|| value.to_owned()),
                "domain" => {
                    let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                    cookie.domain = (!domain.is_empty()).then_some(domain);
                }
                "max-age" => cookie.max_age = max_age(value).or(cookie.max_age),
                _ => {}
            }
        }
        cookie.checked()
    }

    /// The field lines of one response: each is a cookie of its own.
    #[must_use]
    pub fn from_lines(lines: &[&str]) -> Vec<Result<Self, String>> {
        lines.iter().map(|line| Self::parse(line)).collect()
    }

    /// The cookie, if browsers take it.
    ///
    /// # Errors
    /// Why they reject it: `SameSite=None` or `Partitioned` without `Secure`, or a prefix whose rules are broken.
    pub fn checked(self) -> Result<Self, String> {
        let prefix = Prefix::of(&self.name);
        let shown = self.name.split('-').next().unwrap_or_default();
        let broken = [
            (self.same_site == SameSite::None && !self.secure, "SameSite=None needs Secure".to_owned()),
            (self.partitioned && !self.secure, "Partitioned needs Secure".to_owned()),
            (prefix.secure && !self.secure, format!("the name begins with {shown}-, which needs Secure")),
            (prefix.http && !self.http_only, format!("the name begins with {shown}-, which needs HttpOnly")),
            (prefix.host && self.domain.is_some(), format!("the name begins with {shown}-, which allows no Domain")),
            (prefix.host && self.path.as_deref() != Some("/"), format!("the name begins with {shown}-, which needs Path=/")),
        ];
        match broken.into_iter().find(|(broken, _)| *broken) {
            Some((_, why)) => Err(why),
            None => Ok(self),
        }
    }

    /// What the cookie is after a proxy changed its flags.
    ///
    /// # Errors
    /// Why browsers reject the result.
    pub fn with_flags(mut self, flags: CookieFlags) -> Result<Self, String> {
        self.secure = flags.secure.unwrap_or(self.secure);
        self.http_only = flags.http_only.unwrap_or(self.http_only);
        self.same_site = flags.same_site.unwrap_or(self.same_site);
        self.checked()
    }

    fn domain_at_least(&self, other: &Self) -> bool {
        match (&self.domain, &other.domain) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => own.strip_suffix(other.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        }
    }

    fn lifetime(&self) -> u64 {
        self.max_age.unwrap_or(u64::MAX)
    }

    /// Each part, whether `found` is at least as strict in it, and the reverse, with words for what was found.
    fn parts(&self, found: &Self) -> Vec<(bool, bool, String)> {
        let (own, other) = (Prefix::of(&self.name), Prefix::of(&found.name));
        let flag = |name: &str, required: bool, found: bool| {
            (found >= required, required >= found, format!("{name} is {}", if found { "set on top" } else { "missing" }))
        };
        let same_site = found.same_site.name().map_or_else(|| "SameSite is not set".to_owned(), |name| format!("SameSite is {name}"));
        let required = self.same_site.name().map_or_else(String::new, |name| format!(" instead of {name}"));
        let domain = found.domain.as_ref().map_or_else(|| "Domain is not set".to_owned(), |domain| format!("Domain={domain} shares it with every host below"));
        let lifetime = found.max_age.map_or_else(|| "no Max-Age limits its life".to_owned(), |age| format!("Max-Age is {age}"));
        let asked = self.max_age.map_or_else(String::new, |age| format!("; required is {age} s at most"));
        vec![
            flag("Secure", self.secure, found.secure),
            flag("HttpOnly", self.http_only, found.http_only),
            (found.same_site >= self.same_site, self.same_site >= found.same_site, format!("{same_site}{required}")),
            (found.domain_at_least(self), self.domain_at_least(found), domain),
            (
                other.at_least(own),
                own.at_least(other),
                format!("the name {} has {} prefix", found.name, if other.at_least(own) { "a stronger" } else { "not the required" }),
            ),
            (found.lifetime() <= self.lifetime(), self.lifetime() <= found.lifetime(), format!("{lifetime}{asked}")),
            flag("Partitioned", self.partitioned, found.partitioned),
        ]
    }
}

/// RFC 6265 5.2.2: digits, perhaps behind `-`; anything else is ignored. Zero and less delete the cookie.
fn max_age(value: &str) -> Option<u64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(if value.starts_with('-') { 0 } else { digits.parse().unwrap_or(u64::MAX - 1) })
}

/// As a line without its value.
impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.name)?;
        if let Some(path) = &self.path {
            write!(f, "; Path={path}")?;
        }
        if let Some(domain) = &self.domain {
            write!(f, "; Domain={domain}")?;
        }
        if let Some(age) = self.max_age {
            write!(f, "; Max-Age={age}")?;
        }
        for (name, _) in [("Secure", self.secure), ("HttpOnly", self.http_only)].into_iter().filter(|(_, set)| *set) {
            write!(f, "; {name}")?;
        }
        if let Some(name) = self.same_site.name() {
            write!(f, "; SameSite={name}")?;
        }
        f.write_str(if self.partitioned { "; Partitioned" } else { "" })
    }
}

impl Strictness for SetCookie {
    /// Part by part. The name counts by its prefix only, the path not at all.
    fn compare(&self, found: &Self) -> Comparison {
        let parts = self.parts(found);
        let order = Order::from_covers(parts.iter().all(|p| p.0), parts.iter().all(|p| p.1));
        let why = parts.into_iter().filter(|(at_least, at_most, _)| if order == Order::Stricter { !at_most } else { !at_least });
        Comparison::new(order, list_of(why.map(|(.., words)| words).collect()))
    }

    /// A cookie that is not set has no attributes to compare.
    fn absent() -> Option<Self> {
        None
    }
}

/// Flags that nginx's `proxy_cookie_flags` sets or takes away (ngx_http_proxy_module, 1.19.3); `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CookieFlags {
    /// `secure`, `nosecure`.
    pub secure: Option<bool>,
    /// `httponly`, `nohttponly`.
    pub http_only: Option<bool>,
    /// `samesite=strict`, `samesite=lax`, `samesite=none`; `nosamesite` takes the attribute away.
    pub same_site: Option<SameSite>,
}

impl CookieFlags {
    /// Reads the words behind a cookie's name, in any letter case.
    ///
    /// # Errors
    /// A word that is no flag, or two that contradict each other.
    pub fn parse<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Self, String> {
        fn once<T: PartialEq>(slot: &mut Option<T>, value: T, word: &str) -> Result<(), String> {
            match slot.replace(value) {
                Some(old) if Some(&old) != slot.as_ref() => Err(format!("{word} contradicts a flag before it")),
                _ => Ok(()),
            }
        }
        let mut flags = Self::default();
        for word in words {
            match word.to_ascii_lowercase().as_str() {
                "secure" => once(&mut flags.secure, true, word)?,
                "nosecure" => once(&mut flags.secure, false, word)?,
                "httponly" => once(&mut flags.http_only, true, word)?,
                "nohttponly" => once(&mut flags.http_only, false, word)?,
                "samesite=strict" => once(&mut flags.same_site, SameSite::Strict, word)?,
                "samesite=lax" => once(&mut flags.same_site, SameSite::Lax, word)?,
                "samesite=none" => once(&mut flags.same_site, SameSite::None, word)?,
                "nosamesite" => once(&mut flags.same_site, SameSite::Unset, word)?,
                _ => return Err(format!("`{word}` is no flag of a cookie")),
            }
        }
        Ok(flags)
    }
}
