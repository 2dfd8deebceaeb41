//! What nginx refuses: where a directive may stand, how many arguments it takes, and which may stand only once on a
//! level. A line that nginx refuses keeps the server from starting, so what it would set is unknown.
//!
//! The table holds the directives that secgen evaluates, from their documentation on nginx.org ("Context", "Syntax");
//! of others, only a name that no module can have is refused. Reference vectors H06, H07, H22 to H31d, I08 to I12, K03,
//! M05b, Q04, Q11, R05 to R09, T04c, T12 to T22, X01 to X05, X21, X22.

use super::About;
use crate::source::Span;
use crate::strictness::ciphers::CipherString;
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::tree::{Body, Directive};
use crate::targets::nginx::versions::Versions;
use std::collections::HashMap;

/// The block around a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Not known: the file is only a part.
    Unknown,
    /// The top of the main file.
    Main,
    /// `http`
    Http,
    /// `server` in `http`
    Server,
    /// `if` in a server
    ServerIf,
    /// `location`
    Location,
    /// `if` in a location
    LocationIf,
    /// `limit_except`
    LimitExcept,
    /// `upstream`
    Upstream,
    /// `stream`
    Stream,
    /// `server` in `stream`
    StreamServer,
    /// `mail`
    Mail,
    /// `server` in `mail`
    MailServer,
}

impl Around {
    const fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// How messages call the block.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "this file",
            Self::Main => "the top of the main file",
            Self::Http => "http",
            Self::Server => "server",
            Self::ServerIf => "an if of a server",
            Self::Location => "location",
            Self::LocationIf => "an if of a location",
            Self::LimitExcept => "limit_except",
            Self::Upstream => "upstream",
            Self::Stream => "stream",
            Self::StreamServer => "a server of stream",
            Self::Mail => "mail",
            Self::MailServer => "a server of mail",
        }
    }
}

const HTTP: u16 = Around::Http.bit();
const SERVER: u16 = Around::Server.bit();
const SERVER_IF: u16 = Around::ServerIf.bit();
const LOCATION: u16 = Around::Location.bit();
const LOCATION_IF: u16 = Around::LocationIf.bit();
const STREAM: u16 = Around::Stream.bit();
const STREAM_SERVER: u16 = Around::StreamServer.bit();
const MAIL: u16 = Around::Mail.bit();
const MAIL_SERVER: u16 = Around::MailServer.bit();
const LEVELS: u16 = HTTP | SERVER | LOCATION;
const TLS: u16 = HTTP | SERVER | STREAM | STREAM_SERVER | MAIL | MAIL_SERVER;

struct Known {
    name: &'static str,
    contexts: u16,
    /// Least and most arguments.
    args: (usize, usize),
    once: bool,
    about: About,
}

const fn known(name: &'static str, contexts: u16, args: (usize, usize), once: bool, about: About) -> Known {
    Known { name, contexts, args, once, about }
}

const MANY: usize = usize::MAX;

/// Sorted by name.
static KNOWN: [Known; 46] = [
    known("add_header", LEVELS | LOCATION_IF, (2, 3), false, About::Headers),
    known("add_header_inherit", LEVELS | LOCATION_IF, (1, 1), true, About::Headers),
    known("add_trailer", LEVELS | LOCATION_IF, (2, 3), false, About::Nothing),
    known("add_trailer_inherit", LEVELS | LOCATION_IF, (1, 1), true, About::Nothing),
    known("error_page", LEVELS | LOCATION_IF, (2, MANY), false, About::Nothing),
    known("expires", LEVELS | LOCATION_IF, (1, 2), true, About::Headers),
    known("http2", HTTP | SERVER, (1, 1), true, About::Nothing),
    known("if", SERVER | SERVER_IF | LOCATION | LOCATION_IF, (1, MANY), false, About::All),
    known("limit_conn", LEVELS, (2, 2), false, About::Nothing),
    known("limit_conn_status", LEVELS, (1, 1), true, About::Nothing),
    known("limit_conn_zone", HTTP, (2, 2), false, About::Nothing),
    known("limit_except", LOCATION, (1, MANY), false, About::Nothing),
    known("limit_req", LEVELS, (1, 3), false, About::Limits),
    known("limit_req_dry_run", LEVELS, (1, 1), true, About::Limits),
    known("limit_req_status", LEVELS, (1, 1), true, About::Nothing),
    known("limit_req_zone", HTTP, (3, 4), false, About::Limits),
    known("listen", SERVER | STREAM_SERVER | MAIL_SERVER, (1, MANY), false, About::All),
    known("location", SERVER | LOCATION, (1, 2), false, About::All),
    known("more_clear_headers", LEVELS | LOCATION_IF, (1, MANY), false, About::Headers),
    known("more_set_headers", LEVELS | LOCATION_IF, (1, MANY), false, About::Headers),
    known("proxy_cookie_flags", LEVELS, (1, 4), false, About::Cookies),
    known("proxy_hide_header", LEVELS, (1, 1), false, About::Nothing),
    known("return", SERVER | SERVER_IF | LOCATION | LOCATION_IF | STREAM_SERVER, (1, 2), false, About::Nothing),
    known("rewrite", SERVER | SERVER_IF | LOCATION | LOCATION_IF, (2, 3), false, About::Nothing),
    known("server_name", SERVER | STREAM_SERVER | MAIL_SERVER, (1, MANY), false, About::Nothing),
    known("server_tokens", LEVELS, (1, 1), true, About::Nothing),
    known("set", SERVER | SERVER_IF | LOCATION | LOCATION_IF | STREAM_SERVER, (2, 2), false, About::Nothing),
    known("ssl", TLS, (1, 1), true, About::Tls),
    known("ssl_certificate", TLS, (1, 1), false, About::Nothing),
    known("ssl_certificate_key", TLS, (1, 1), false, About::Nothing),
    known("ssl_ciphers", TLS, (1, 1), true, About::Tls),
    known("ssl_client_certificate", TLS, (1, 1), true, About::Nothing),
    known("ssl_conf_command", TLS, (2, 2), false, About::Tls),
    known("ssl_dhparam", TLS, (1, 1), true, About::Nothing),
    known("ssl_early_data", HTTP | SERVER, (1, 1), true, About::Nothing),
    known("ssl_ecdh_curve", TLS, (1, 1), true, About::Tls),
    known("ssl_prefer_server_ciphers", TLS, (1, 1), true, About::Tls),
    known("ssl_protocols", TLS, (1, MANY), false, About::Tls),
    known("ssl_reject_handshake", HTTP | SERVER | STREAM | STREAM_SERVER, (1, 1), true, About::Tls),
    known("ssl_session_cache", TLS, (1, 2), true, About::Nothing),
    known("ssl_session_tickets", TLS, (1, 1), true, About::Tls),
    known("ssl_session_timeout", TLS, (1, 1), true, About::Nothing),
    known("ssl_stapling", HTTP | SERVER, (1, 1), true, About::Nothing),
    known("ssl_verify_client", HTTP | SERVER | STREAM | STREAM_SERVER | MAIL | MAIL_SERVER, (1, 1), true, About::Nothing),
    known("starttls", MAIL | MAIL_SERVER, (1, 1), true, About::Tls),
    known("try_files", SERVER | LOCATION, (2, MANY), true, About::Nothing),
];

/// What stands on one level already.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    /// Directives that may stand once, and keys of lists that may hold a key once, with their first line.
    once: HashMap<(&'static str, Vec<u8>), Span>,
    cookie_flags: Option<&'a Directive>,
}

/// A refused line: what it would have decided, and why nginx refuses it.
#[derive(Debug)]
pub struct Refused {
    /// What is unknown now.
    pub about: About,
    /// A part of a sentence.
    pub why: String,
}

/// Why nginx refuses a directive at this place; `None` if it does not, as far as is known here.
pub fn check<'a>(directive: &'a Directive, around: Around, versions: Versions, seen: &mut Seen<'a>) -> Option<Refused> {
    let name = std::str::from_utf8(&directive.name().value).unwrap_or_default();
    let Ok(index) = KNOWN.binary_search_by(|k| k.name.cmp(name)) else {
        // Modules choose their names freely, but all of them write them like this. The lines of a part may be those of a
        // `map`, which have any name.
        let possible = around == Around::Unknown || !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let why = || format!("no module of nginx has a directive {}", directive.name().text());
        return (!possible).then(|| Refused { about: About::Nothing, why: why() });
    };
    let known = &KNOWN[index];
    let about = || if name == "server_tokens" { About::Header(super::headers::SERVER.to_owned()) } else { known.about.clone() };
    let refused = |why: String| Some(Refused { about: about(), why });
    if around != Around::Unknown && known.contexts & around.bit() == 0 {
        return refused(format!("{name} may not stand in {}", around.name()));
    }
    let count = directive.args().len();
    if count < known.args.0 || count > known.args.1 {
        let takes = match known.args {
            (least, MANY) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        return refused(format!("{name} takes {takes} argument{}, not {count}", if known.args == (1, 1) { "" } else { "s" }));
    }
    if known.once && seen.once.insert((known.name, Vec::new()), directive.span).is_some() {
        return refused(format!("{name} stands twice on one level"));
    }
    argument(directive, name, versions, seen).and_then(refused)
}

/// What is wrong with the arguments.
fn argument<'a>(directive: &'a Directive, name: &str, versions: Versions, seen: &mut Seen<'a>) -> Option<String> {
    let first = directive.arg(0).map(Word::text).unwrap_or_default();
    let one_of = |words: &[&str]| (!words.contains(&first.as_str())).then(|| format!("{name} takes {}, not {first}", words.join(", ")));
    // The same key twice in one list.
    let mut twice = |list: &'static str, key: &str| seen.once.insert((list, key.as_bytes().to_vec()), directive.span).is_some();
    match name {
        "add_header" | "add_trailer" => match directive.arg(2) {
            Some(third) if !third.is("always") => Some(format!("the third argument of {name} can only be always, not {}", third.text())),
            _ => super::variables::refused(&directive.arg(1)?.value),
        },
        "add_header_inherit" | "add_trailer_inherit" => {
            if !versions.has_header_inherit() {
                return Some(format!("{} does not know {name}, which came with 1.29.3", versions.name()));
            }
            one_of(&["on", "off", "merge"])
        }
        // The commercial build takes any text here; an empty one none does.
        "server_tokens" => first.is_empty().then(|| "server_tokens takes on, off or build".to_owned()),
        "http2" => (!versions.has_http2_directive()).then(|| format!("{} does not know http2, which came with 1.25.1", versions.name())),
        "ssl" => (!versions.has_ssl_directive()).then(|| "nginx 1.25.1 and later know no ssl directive; write `listen ... ssl`".to_owned()),
        "ssl_protocols" => directive.args().iter().find(|w| !super::tls::is_protocol(w)).map(|word| format!("ssl_protocols knows no {}", word.text())),
        // A list in brackets is BoringSSL's.
        "ssl_ciphers" if !first.contains(['$', '[']) => CipherString::parse(&first).err().map(|why| format!("OpenSSL does not take this cipher string: {why}")),
        "ssl_reject_handshake" | "ssl_session_tickets" | "ssl_prefer_server_ciphers" | "limit_req_dry_run" => one_of(&["on", "off"]),
        "limit_conn" => twice("limit_conn", &first).then(|| format!("limit_conn names the zone {first} twice on one level")),
        "limit_req" => {
            let zone = super::limits::parameter(directive, "zone=")?;
            twice("limit_req", &zone).then(|| format!("limit_req names the zone {zone} twice on one level"))
        }
        "limit_req_zone" => zone(directive, &mut twice),
        "if" => (!is_condition(directive)).then(|| "the condition of if must be a variable, a comparison of one, or a test of a file".to_owned()),
        "proxy_cookie_flags" if versions.nginx.is_some_and(|v| v < (1, 19, 3)) => {
            Some(format!("{} does not know proxy_cookie_flags, which came with 1.19.3", versions.name()))
        }
        "proxy_cookie_flags" => {
            let off = |d: &Directive| d.args().len() == 1 && d.arg(0).is_some_and(|w| w.is("off"));
            let before = seen.cookie_flags.replace(directive);
            (before.is_some_and(off) || (before.is_some() && off(directive))).then(|| "proxy_cookie_flags off stands beside another one".to_owned())
        }
        _ => None,
    }
}

/// Whether nginx reads the words after `if` as a condition: a parenthesis, then a variable or a test of a file
/// (`ngx_http_rewrite_if_condition`; vector Q12).
fn is_condition(directive: &Directive) -> bool {
    let Some(first) = directive.arg(0).and_then(|w| w.value.strip_prefix(b"(")) else { return false };
    let first = if first.is_empty() { directive.arg(1).map_or(&[][..], |w| &w.value) } else { first };
    let ends = directive.args().last().is_some_and(|w| w.value.ends_with(b")"));
    ends && [&b"$"[..], b"-", b"!-"].iter().any(|start| first.starts_with(start))
}

/// The smallest zone that nginx takes: eight pages of memory (ngx_http_limit_req_module.c).
const LEAST_ZONE: u64 = 8 * 4096;

fn zone(directive: &Directive, twice: &mut dyn FnMut(&'static str, &str) -> bool) -> Option<String> {
    let Some(zone) = super::limits::parameter(directive, "zone=") else { return Some("limit_req_zone names no zone".to_owned()) };
    let (name, size) = zone.split_once(':').unwrap_or((&zone, ""));
    let (digits, unit) = match size.as_bytes().last() {
        Some(b'k' | b'K') => (&size[..size.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&size[..size.len() - 1], 1 << 20),
        _ => (size, 1_u64),
    };
    match digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)) {
        None => return Some(format!("the zone {name} has no size such as 10m")),
        Some(bytes) if bytes < LEAST_ZONE => return Some(format!("the zone {name} is smaller than the 32k that nginx needs")),
        Some(_) => {}
    }
    if super::limits::per_minute(directive).is_none() {
        return Some(format!("the zone {name} has no rate in whole requests, such as rate=10r/s or rate=100r/m"));
    }
    twice("limit_req_zone", name).then(|| format!("the zone {name} is declared twice"))
}

/// The context inside of a block that secgen does not evaluate any further, where it has one that is known.
#[must_use]
pub fn inside(directive: &Directive, around: Around) -> Option<Around> {
    if !matches!(directive.body, Body::Block(_)) {
        return None;
    }
    match (std::str::from_utf8(&directive.name().value).unwrap_or_default(), around) {
        ("if", Around::Server) => Some(Around::ServerIf),
        ("limit_except", Around::Location) => Some(Around::LimitExcept),
        ("upstream", Around::Http) => Some(Around::Upstream),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_for_the_search() {
        assert!(KNOWN.is_sorted_by_key(|k| k.name));
    }
}
