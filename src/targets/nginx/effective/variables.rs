//! Values of variables, as far as a file decides them: `set` along the way of a request, `map`, `geo`, `split_clients`,
//! and the few variables of nginx that a place decides (ngx_http_rewrite_module, ngx_http_map_module; reference vectors
//! H12, H29, X12, X25, N06).
//!
//! A value that a request decides stays undecided: unknown is never a pass.

use super::regex::Pattern;
use crate::source::Span;
use crate::targets::nginx::lex::Word;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// Values that one text may have; more are not told apart.
const MAX_VALUES: usize = 64;
/// Variables inside of variables.
const MAX_DEPTH: usize = 16;
/// Bytes of one value: `set $a "$a$a"` doubles each time.
const MAX_TEXT: usize = 64 << 10;

/// `set`.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a> {
    /// The name, without `$`.
    pub name: &'a [u8],
    /// The value as written.
    pub value: &'a [u8],
    /// Whether some requests never come by: it stands in an `if`, or after a line that may end the run of directives.
    pub is_conditional: bool,
    /// The line.
    pub span: Span,
}

/// One line of a `map`, `geo` or `split_clients`.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The key: a text, a pattern, a network or a share.
    pub key: &'a Word,
    /// The value; texts of `map` may hold variables.
    pub value: &'a Word,
    /// The line.
    pub span: Span,
    pattern: OnceCell<Option<Pattern>>,
}

impl<'a> Entry<'a> {
    /// A line with its key and value.
    #[must_use]
    pub fn new(key: &'a Word, value: &'a Word, span: Span) -> Self {
        Self { key, value, span, pattern: OnceCell::new() }
    }

    /// Whether its key is an expression that matches; `None` if it cannot be tried.
    fn matches(&self, text: &str) -> Option<bool> {
        let key = self.key.text();
        let Some(expression) = key.strip_prefix('~') else { return Some(false) };
        let make = || {
            let (expression, any_case) = expression.strip_prefix('*').map_or((expression, false), |rest| (rest, true));
            Pattern::new(expression, any_case)
        };
        self.pattern.get_or_init(make).as_ref()?.matches(text)
    }
}

/// Where a variable gets its value.
#[derive(Clone, Debug)]
pub enum Definition<'a> {
    /// One line of a list is chosen.
    Choice {
        /// What is looked up; `None` where only a request decides (`geo`, `split_clients`).
        source: Option<&'a Word>,
        /// Without `default`.
        entries: Vec<Entry<'a>>,
        /// `default`; without it, the value is empty.
        default: Option<Entry<'a>>,
        /// Why not all lines are known.
        unread: Option<(String, Span)>,
        /// The line that opens the list.
        span: Span,
    },
    /// Another module decides.
    Elsewhere(Span),
}

/// The variables of an `http` block.
#[derive(Clone, Debug, Default)]
pub struct Variables<'a> {
    pub(super) definitions: HashMap<&'a [u8], Definition<'a>>,
    /// Names that a `set` anywhere defines.
    pub(super) set: HashSet<&'a [u8]>,
    /// Whether other modules, or parts that were not read, may define more.
    pub(super) is_open: bool,
}

/// What decides variables at a place.
#[derive(Clone, Debug, Default)]
pub struct Scene<'s, 'a> {
    /// The variables; `None`: none is known.
    pub variables: Option<&'s Variables<'a>>,
    /// The `set` lines on the way of a request to this place, in order.
    pub sets: Vec<Set<'a>>,
    /// Whether the request came over TLS; `None`: both.
    pub tls: Option<bool>,
    /// The texts that `$sent_http_content_type` may have; empty: anything.
    pub content_types: Vec<String>,
    /// The server's first name.
    pub server_name: Option<&'s str>,
}

/// Which value a variable was taken to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// With `$`.
    pub variable: String,
    /// The value.
    pub text: String,
    /// The line that gives it.
    pub span: Span,
}

/// One value that a text may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternative {
    /// The value.
    pub text: String,
    /// The choices that it takes.
    pub picks: Vec<Pick>,
}

/// Why a value cannot be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// A part of a sentence.
    pub why: String,
    /// The line behind it, where that is another.
    pub span: Option<Span>,
    /// Whether nginx refuses it.
    pub is_refused: bool,
}

impl Undecided {
    fn at_run_time(name: &[u8]) -> Self {
        Self::new(format!("${} is decided when the server runs", String::from_utf8_lossy(name)), None)
    }

    fn new(why: String, span: Option<Span>) -> Self {
        Self { why, span, is_refused: false }
    }
}

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'v> {
    Text(&'v [u8]),
    Variable(&'v [u8]),
}

/// Splits a value at its variables, as nginx does (`ngx_http_script_compile`): `$name`, `${name}`, `$1`.
pub(super) fn pieces(value: &[u8]) -> Result<Vec<Piece<'_>>, Undecided> {
    let refused = || Undecided { why: "nginx refuses a $ without the name of a variable".to_owned(), span: None, is_refused: true };
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let (mut found, mut rest) = (Vec::new(), value);
    while let Some(at) = rest.iter().position(|b| *b == b'$') {
        if at > 0 {
            found.push(Piece::Text(&rest[..at]));
        }
        let after = &rest[at + 1..];
        let (name, end) = match after.first() {
            Some(b'1'..=b'9') => (&after[..1], 1),
            Some(b'{') => {
                let len = after[1..].iter().take_while(|b| is_name(b)).count();
                if after.get(len + 1) != Some(&b'}') {
                    return Err(refused());
                }
                (&after[1..=len], len + 2)
            }
            _ => {
                let len = after.iter().take_while(|b| is_name(b)).count();
                (&after[..len], len)
            }
        };
        if name.is_empty() {
            return Err(refused());
        }
        found.push(Piece::Variable(name));
        rest = &after[end..];
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Ok(found)
}

/// Why nginx refuses a text with variables; `None` if it does not.
#[must_use]
pub fn refused(value: &[u8]) -> Option<String> {
    pieces(value).err().map(|undecided| undecided.why)
}

impl Variables<'_> {
    fn knows(&self, name: &[u8]) -> bool {
        self.is_open || self.set.iter().any(|n| n.eq_ignore_ascii_case(name)) || self.definitions.contains_key(name) || is_builtin(name)
    }

    /// The first variable of a text that nothing defines.
    #[must_use]
    pub fn unknown_in(&self, value: &[u8]) -> Option<String> {
        let unknown = |piece: &Piece| matches!(piece, Piece::Variable(name) if !self.knows(&name.to_ascii_lowercase()));
        let found = pieces(value).ok()?.into_iter().find(unknown)?;
        let Piece::Variable(name) = found else { return None };
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

impl<'a> Scene<'_, 'a> {
    /// Every value that a text may have.
    ///
    /// # Errors
    /// Why that cannot be known.
    pub fn values(&self, value: &[u8]) -> Result<Vec<Alternative>, Undecided> {
        if !value.contains(&b'$') {
            return Ok(vec![Alternative { text: String::from_utf8_lossy(value).into_owned(), picks: Vec::new() }]);
        }
        self.expand(value, self.sets.len(), 0)
    }

    /// Whether a text has at least one character, whatever the request.
    #[must_use]
    pub fn is_never_empty(&self, value: &[u8]) -> bool {
        self.has_text(value, 0)
    }

    /// The line that may leave a text empty: of a list, the first with an empty value, or the list itself where it has no
    /// `default`. `None` where it is never empty, or where no line is behind it.
    #[must_use]
    pub fn emptied_by(&self, value: &[u8]) -> Option<Span> {
        self.emptying(value, 0)
    }

    fn emptying(&self, value: &[u8], depth: usize) -> Option<Span> {
        let pieces = pieces(value).ok()?;
        let [Piece::Variable(name)] = pieces[..] else { return None };
        let name = name.to_ascii_lowercase();
        let Definition::Choice { source, entries, default, span, .. } = self.variables?.definitions.get(&*name)? else { return None };
        for entry in entries.iter().chain(default) {
            let text = &entry.value.value;
            let is_full = if source.is_some() { self.has_text(text, depth) } else { !text.is_empty() };
            if !is_full {
                let inner = (source.is_some() && depth < MAX_DEPTH).then(|| self.emptying(text, depth + 1)).flatten();
                return inner.or(Some(entry.span));
            }
        }
        default.is_none().then_some(*span)
    }

    fn has_text(&self, value: &[u8], depth: usize) -> bool {
        let has = |piece: &Piece| match piece {
            Piece::Text(_) => true,
            Piece::Variable(name) => {
                let name = name.to_ascii_lowercase();
                match self.variables.and_then(|v| v.definitions.get(&*name)) {
                    _ if depth > MAX_DEPTH => false,
                    Some(Definition::Choice { source, entries, default: Some(default), unread: None, .. }) => {
                        let full = |e: &Entry| if source.is_some() { self.has_text(&e.value.value, depth + 1) } else { !e.value.value.is_empty() };
                        entries.iter().chain([default]).all(full)
                    }
                    Some(_) => false,
                    None => NEVER_EMPTY.contains(&&*name) || (name == b"server_name" && self.server_name.is_some_and(|n| !n.is_empty())),
                }
            }
        };
        pieces(value).is_ok_and(|pieces| pieces.iter().any(has))
    }

    /// Only the first `upto` lines of `set` have run.
    fn expand(&self, value: &[u8], upto: usize, depth: usize) -> Result<Vec<Alternative>, Undecided> {
        if depth > MAX_DEPTH {
            return Err(Undecided::new(format!("variables are nested more than {MAX_DEPTH} deep"), None));
        }
        let mut all = vec![Alternative::default()];
        for piece in pieces(value)? {
            let parts = match piece {
                Piece::Text(text) => vec![Alternative { text: String::from_utf8_lossy(text).into_owned(), picks: Vec::new() }],
                // A value that is new for each response: what it is does not matter, as browsers take any nonce.
                Piece::Variable(b"request_id") if all.iter().all(|a| a.text.ends_with("'nonce-")) => {
                    vec![Alternative { text: "$request_id".to_owned(), picks: Vec::new() }]
                }
                Piece::Variable(name) => self.variable(name, upto, depth + 1)?,
            };
            let mut next = Vec::new();
            for before in &all {
                for part in &parts {
                    // The same variable has one value within one response.
                    let differs = |p: &Pick| before.picks.iter().any(|b| b.variable == p.variable && b.span != p.span);
                    if part.picks.iter().any(differs) {
                        continue;
                    }
                    let mut picks = before.picks.clone();
                    picks.extend(part.picks.iter().filter(|p| !before.picks.contains(p)).cloned());
                    let text = format!("{}{}", before.text, part.text);
                    if text.len() > MAX_TEXT {
                        return Err(Undecided::new(format!("the value is longer than {MAX_TEXT} bytes"), None));
                    }
                    next.push(Alternative { text, picks });
                }
            }
            all = distinct(next)?;
        }
        Ok(all)
    }

    fn variable(&self, name: &[u8], upto: usize, depth: usize) -> Result<Vec<Alternative>, Undecided> {
        // nginx knows variables by their names in lower case.
        let name = name.to_ascii_lowercase();
        let text = |text: &str| Ok(vec![Alternative { text: text.to_owned(), picks: Vec::new() }]);
        if let Some(variables) = self.variables {
            if variables.set.contains(&*name) {
                return self.assigned(&name, upto, depth);
            }
            if let Some(definition) = variables.definitions.get(&*name) {
                return self.chosen(&name, definition, depth);
            }
        }
        match (&*name, self.tls) {
            (b"https", Some(tls)) => text(if tls { "on" } else { "" }),
            (b"scheme", Some(tls)) => text(if tls { "https" } else { "http" }),
            (b"https", None) => Ok(["on", ""].map(|t| Alternative { text: t.to_owned(), picks: Vec::new() }).to_vec()),
            (b"scheme", None) => Ok(["https", "http"].map(|t| Alternative { text: t.to_owned(), picks: Vec::new() }).to_vec()),
            (b"server_name", _) if self.server_name.is_some() => text(self.server_name.unwrap_or_default()),
            (b"sent_http_content_type", _) if !self.content_types.is_empty() => {
                Ok(self.content_types.iter().map(|t| Alternative { text: t.clone(), picks: Vec::new() }).collect())
            }
            _ if self.variables.is_some_and(|v| !v.knows(&name)) => {
                let why = format!("nginx knows no variable ${}, and nothing here defines it", String::from_utf8_lossy(&name));
                Err(Undecided { why, span: None, is_refused: true })
            }
            _ => Err(Undecided::at_run_time(&name)),
        }
    }

    /// What the first `upto` lines of `set` leave in a variable.
    fn assigned(&self, name: &[u8], upto: usize, depth: usize) -> Result<Vec<Alternative>, Undecided> {
        let sets = self.sets.get(..upto).unwrap_or_default();
        let mut found = Vec::new();
        for (index, set) in sets.iter().enumerate().rev() {
            if !set.name.eq_ignore_ascii_case(name) {
                continue;
            }
            let mut values = self.expand(set.value, index, depth)?;
            if set.is_conditional || !found.is_empty() {
                let variable = format!("${}", String::from_utf8_lossy(name));
                for value in &mut values {
                    value.picks.push(Pick { variable: variable.clone(), text: value.text.clone(), span: set.span });
                }
            }
            found.extend(values);
            found = distinct(found)?;
            if !set.is_conditional {
                return Ok(found);
            }
        }
        // A variable that nothing has set yet is empty; nginx only warns.
        found.push(Alternative::default());
        distinct(found)
    }

    fn chosen(&self, name: &[u8], definition: &Definition<'a>, depth: usize) -> Result<Vec<Alternative>, Undecided> {
        let Definition::Choice { source, entries, default, unread, span } = definition else {
            let Definition::Elsewhere(span) = definition else { return Err(Undecided::at_run_time(name)) };
            let why = format!("another module gives ${} its value when the server runs", String::from_utf8_lossy(name));
            return Err(Undecided::new(why, Some(*span)));
        };
        if let Some((why, span)) = unread {
            return Err(Undecided::new(why.clone(), Some(*span)));
        }
        let known = match source {
            Some(source) => self.expand(&source.value, self.sets.len(), depth).ok(),
            None => None,
        };
        let mut chosen: Vec<Option<&Entry>> = Vec::new();
        match known {
            Some(texts) => {
                for text in texts {
                    match lookup(entries, &text.text) {
                        Ok(entry) => chosen.push(entry.or(default.as_ref())),
                        // An expression that cannot be tried: any line may be the one.
                        Err(()) => chosen.extend(entries.iter().map(Some).chain([default.as_ref()])),
                    }
                }
            }
            None => chosen.extend(entries.iter().map(Some).chain([default.as_ref()])),
        }
        let variable = format!("${}", String::from_utf8_lossy(name));
        let mut found = Vec::new();
        for entry in chosen {
            let Some(entry) = entry else {
                found.push(Alternative { text: String::new(), picks: vec![Pick { variable: variable.clone(), text: String::new(), span: *span }] });
                continue;
            };
            // `geo` and `split_clients` take their values as they are written.
            let values = match source {
                Some(_) => self.expand(&entry.value.value, self.sets.len(), depth)?,
                None => vec![Alternative { text: entry.value.text(), picks: Vec::new() }],
            };
            for mut value in values {
                value.picks.push(Pick { variable: variable.clone(), text: value.text.clone(), span: entry.span });
                found.push(value);
            }
        }
        distinct(found)
    }
}

/// One alternative a text.
fn distinct(mut all: Vec<Alternative>) -> Result<Vec<Alternative>, Undecided> {
    let mut seen = HashSet::new();
    all.retain(|a| seen.insert(a.text.clone()));
    if all.len() > MAX_VALUES {
        return Err(Undecided::new(format!("the value may be one of more than {MAX_VALUES}"), None));
    }
    Ok(all)
}

/// The line of a `map` for a text: the same text first (letter case does not count), then the first expression that
/// matches. `Err` if an expression cannot be tried.
fn lookup<'e, 'a>(entries: &'e [Entry<'a>], text: &str) -> Result<Option<&'e Entry<'a>>, ()> {
    let literal = |key: &str| key.strip_prefix('\\').unwrap_or(key).eq_ignore_ascii_case(text);
    if let Some(entry) = entries.iter().find(|e| !e.key.text().starts_with('~') && literal(&e.key.text())) {
        return Ok(Some(entry));
    }
    for entry in entries {
        if entry.matches(text).ok_or(())? {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// Variables that every request fills.
const NEVER_EMPTY: [&[u8]; 8] = [b"binary_remote_addr", b"remote_addr", b"connection", b"request_id", b"request_uri", b"uri", b"request_method", b"scheme"];

/// Beginnings of names that nginx defines one by one (ngx_http_core_module and others, "Embedded Variables").
const FAMILIES: [&str; 10] = ["http_", "sent_http_", "sent_trailer_", "arg_", "cookie_", "upstream_", "ssl_", "jwt_", "limit_", "otel_"];

/// Variables of nginx's own modules.
const BUILTIN: [&str; 92] = [
    "ancient_browser",
    "args",
    "binary_remote_addr",
    "body_bytes_sent",
    "bytes_received",
    "bytes_sent",
    "connection",
    "connection_requests",
    "connection_time",
    "connections_active",
    "connections_reading",
    "connections_waiting",
    "connections_writing",
    "content_length",
    "content_type",
    "date_gmt",
    "date_local",
    "document_root",
    "document_uri",
    "fastcgi_path_info",
    "fastcgi_script_name",
    "geoip_area_code",
    "geoip_city",
    "geoip_city_continent_code",
    "geoip_city_country_code",
    "geoip_city_country_code3",
    "geoip_city_country_name",
    "geoip_country_code",
    "geoip_country_code3",
    "geoip_country_name",
    "geoip_dma_code",
    "geoip_latitude",
    "geoip_longitude",
    "geoip_org",
    "geoip_postal_code",
    "geoip_region",
    "geoip_region_name",
    "grpc_internal_trailers",
    "gzip_ratio",
    "host",
    "hostname",
    "http2",
    "http3",
    "https",
    "invalid_referer",
    "is_args",
    "is_request_port",
    "memcached_key",
    "modern_browser",
    "msec",
    "msie",
    "nginx_version",
    "pid",
    "pipe",
    "proxy_add_x_forwarded_for",
    "proxy_host",
    "proxy_internal_body_length",
    "proxy_internal_chunked",
    "proxy_port",
    "proxy_protocol_addr",
    "proxy_protocol_port",
    "proxy_protocol_server_addr",
    "proxy_protocol_server_port",
    "query_string",
    "quic",
    "realip_remote_addr",
    "realip_remote_port",
    "realpath_root",
    "remote_addr",
    "remote_port",
    "remote_user",
    "request",
    "request_body",
    "request_body_file",
    "request_completion",
    "request_filename",
    "request_id",
    "request_length",
    "request_method",
    "request_port",
    "request_time",
    "request_uri",
    "scheme",
    "secure_link",
    "secure_link_expires",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "status",
    "time_iso8601",
    "time_local",
];

/// Families with names of any ending.
fn is_builtin(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let others = ["tcpinfo_", "proxy_protocol_tlv_", "slice_range", "spdy", "uid_got", "uid_set", "uid_reset", "uri", "msie", "date_"];
    BUILTIN.binary_search(&name).is_ok()
        || name.as_bytes().first().is_some_and(u8::is_ascii_digit)
        || FAMILIES.iter().chain(&others).any(|f| name.starts_with(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_for_the_search() {
        assert!(BUILTIN.is_sorted());
    }

    #[test]
    fn pieces_are_those_of_nginx() {
        let show = |value: &str| pieces(value.as_bytes()).map(|p| format!("{p:?}")).map_err(|u| u.why);
        assert!(show("a$").is_err() && show("cost $ 5").is_err() && show("${x").is_err());
        assert_eq!(
            pieces(b"$host-${host}x$1y").unwrap(),
            [Piece::Variable(b"host"), Piece::Text(b"-"), Piece::Variable(b"host"), Piece::Text(b"x"), Piece::Variable(b"1"), Piece::Text(b"y")]
        );
    }
}
