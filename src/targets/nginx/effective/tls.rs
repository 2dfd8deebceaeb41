//! TLS of a server: versions and suites (ngx_http_ssl_module; reference vectors T01 to T29).
//!
//! `ssl_protocols` adds up on one level, and the nearest level wins as a whole. `ssl_conf_command` is applied after it:
//! `Protocol` switches versions on and off, `MinProtocol` and `MaxProtocol` only take versions away. Before nginx
//! 1.29.2 the default server of the socket decides about versions, whatever name the client asks for; suites of TLS 1.2
//! and older are always those of the server that is asked for.

use super::{About, Doubt, Level, Server, Servers};
use crate::source::Span;
use crate::strictness::ciphers::CipherString;
use crate::strictness::tls::{Protocols, Version};
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::tree::Directive;
use crate::targets::nginx::versions::Versions;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Suites without `ssl_ciphers` (ngx_http_ssl_module).
pub const DEFAULT_CIPHERS: &str = "HIGH:!aNULL:!MD5";
/// The security level of an OpenSSL that nobody configured: 1 before 3.2, 2 since. The lower one lets more through.
const SECURITY_LEVEL: u8 = 1;
/// What OpenSSL offers for TLS 1.3 where nobody chooses (SSL_CTX_set_ciphersuites).
const DEFAULT_13: [&str; 3] = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];
/// All suites of TLS 1.3 (RFC 8446 B.4).
const ALL_13: [&str; 5] =
    ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"];

/// Whether `ssl_protocols` knows the word.
#[must_use]
pub fn is_protocol(word: &Word) -> bool {
    protocol(word).is_some()
}

fn protocol(word: &Word) -> Option<Version> {
    // nginx compares these words without regard to letter case (ngx_conf_set_bitmask_slot).
    std::str::from_utf8(&word.value).ok().and_then(Version::parse)
}

/// A setting in force: its value, where it stands, and how it is written. Without a line it is a default.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// The line that decides.
    pub at: Option<Span>,
    /// The arguments as written, or the default's.
    pub text: String,
    /// Lines that override the main one.
    pub overrides: Vec<Span>,
}

/// Why a setting cannot be known.
pub enum Unknown<'d> {
    /// Something on a level that counts.
    Doubt(&'d Doubt),
    /// A line that is not understood, and why.
    Line(Span, String),
}

fn text_of(directives: &[&Directive]) -> String {
    directives.iter().flat_map(|d| d.args()).map(Word::text).collect::<Vec<_>>().join(" ")
}

/// The nearest level on which `has` holds, and what makes that unknown.
fn nearest<'s, 'a>(inner: &'s Level<'a>, outer: &'s Level<'a>, has: impl Fn(&Level<'a>) -> bool) -> (Option<&'s Level<'a>>, Option<&'s Doubt>) {
    let doubt = |level: &'s Level<'a>| level.doubts.iter().map(AsRef::as_ref).find(|d: &&Doubt| d.touches(&About::Tls));
    for level in [inner, outer] {
        // A file that was not read may add to this level, or be the nearest itself.
        if let Some(doubt) = doubt(level) {
            return (None, Some(doubt));
        }
        if has(level) {
            return (Some(level), None);
        }
    }
    (None, None)
}

/// The `ssl_conf_command` lines in force: all of the nearest level that has any.
fn commands<'s, 'a>(servers: &'s Servers<'a>, server: &'s Server<'a>) -> Result<&'s [&'a Directive], Unknown<'s>> {
    match nearest(&server.level, &servers.level, |l| !l.conf_commands.is_empty()) {
        (_, Some(doubt)) => Err(Unknown::Doubt(doubt)),
        (level, None) => Ok(level.map_or(&[][..], |l| &l.conf_commands)),
    }
}

/// Lines of one command (names know no letter case), with its value.
fn command<'a>(commands: &[&'a Directive], name: &str) -> Vec<(&'a Directive, String)> {
    let is = |d: &&&Directive| d.arg(0).is_some_and(|w| w.value.eq_ignore_ascii_case(name.as_bytes()));
    commands.iter().filter(is).map(|d| (*d, d.arg(1).map(Word::text).unwrap_or_default())).collect()
}

/// The versions that a server's own settings admit. `is_default`: it answers its socket's clients first, so that
/// `MinProtocol` and `MaxProtocol` of its own count (vectors T25, T25b).
///
/// # Errors
/// Why they cannot be known.
pub fn own_protocols<'s>(servers: &'s Servers<'_>, server: &'s Server<'_>, is_default: bool, versions: Versions) -> Result<Setting<Protocols>, Unknown<'s>> {
    let mut setting = match nearest(&server.level, &servers.level, |l| !l.protocols.is_empty()) {
        (_, Some(doubt)) => return Err(Unknown::Doubt(doubt)),
        (Some(level), None) => {
            let words = level.protocols.iter().flat_map(|d| d.args());
            let value = Protocols::new(words.filter_map(protocol));
            Setting { value, at: level.protocols.last().map(|d| d.span), text: text_of(&level.protocols), overrides: Vec::new() }
        }
        (None, None) => {
            let value = versions.default_protocols();
            Setting { text: value.to_string(), value, at: None, overrides: Vec::new() }
        }
    };
    let commands = commands(servers, server)?;
    for (line, list) in command(commands, "Protocol") {
        let mut spoken: BTreeSet<Version> = setting.value.versions().collect();
        for item in list.split(',').map(str::trim) {
            let (on, name) = match item.strip_prefix('-') {
                Some(name) => (false, name),
                None => (true, item.strip_prefix('+').unwrap_or(item)),
            };
            let meant: Vec<Version> = if name.eq_ignore_ascii_case("ALL") {
                // SSLv2 is gone from every OpenSSL that nginx builds with.
                Version::ALL.into_iter().filter(|v| *v != Version::Ssl2).collect()
            } else if let Some(version) = Version::parse(name) {
                vec![version]
            } else {
                return Err(Unknown::Line(line.span, format!("ssl_conf_command Protocol with {item} is not understood")));
            };
            for version in meant {
                if on {
                    spoken.insert(version)
                } else {
                    spoken.remove(&version)
                };
            }
        }
        setting.value = Protocols::new(spoken);
        setting.overrides.push(line.span);
    }
    if is_default {
        bound(&mut setting, commands)?;
    }
    Ok(setting)
}

/// Takes away what `MinProtocol` and `MaxProtocol` forbid.
fn bound(setting: &mut Setting<Protocols>, commands: &[&Directive]) -> Result<(), Unknown<'static>> {
    for (name, is_min) in [("MinProtocol", true), ("MaxProtocol", false)] {
        // Of several the last counts: each sets the bound anew.
        let Some((line, value)) = command(commands, name).pop() else { continue };
        if value.eq_ignore_ascii_case("None") {
            continue;
        }
        let Some(limit) = Version::parse(&value) else {
            return Err(Unknown::Line(line.span, format!("ssl_conf_command {name} {value} is not understood")));
        };
        let keeps = |v: &Version| if is_min { *v >= limit } else { *v <= limit };
        setting.value = Protocols::new(setting.value.versions().filter(keeps));
        setting.overrides.push(line.span);
    }
    Ok(())
}

/// One way in which a server may answer a handshake: the server whose settings decide, and what they admit.
pub struct Answer<'s> {
    /// The server that decides, by its index.
    pub decider: usize,
    /// The socket on which it does.
    pub socket: String,
    /// What it admits.
    pub protocols: Result<Setting<Protocols>, Unknown<'s>>,
}

/// What a server speaks, once for each server that may decide about it.
#[must_use]
pub fn answers<'s>(servers: &'s Servers<'_>, index: usize, versions: Versions) -> Vec<Answer<'s>> {
    let Some(server) = servers.servers.get(index) else { return Vec::new() };
    let mut found: Vec<Answer> = Vec::new();
    for listen in server.listens.iter().flatten() {
        if !servers.is_tls(&listen.socket) && server.level.ssl.or(servers.level.ssl) != Some(true) {
            continue;
        }
        let default = servers.default_of(&listen.socket).unwrap_or(index);
        let deciders = match versions.named_server_decides() {
            Some(true) => vec![index],
            Some(false) => vec![default],
            None => vec![default, index],
        };
        for decider in deciders {
            if found.iter().any(|a| a.decider == decider) {
                continue;
            }
            let protocols = spoken(servers, index, decider, default, versions);
            found.push(Answer { decider, socket: listen.socket.clone(), protocols });
        }
    }
    found
}

/// The versions spoken when `decider` decides for a client that asks for the server `index`.
fn spoken<'s>(servers: &'s Servers<'_>, index: usize, decider: usize, default: usize, versions: Versions) -> Result<Setting<Protocols>, Unknown<'s>> {
    let server = &servers.servers[decider];
    let mut setting = own_protocols(servers, server, decider == default, versions)?;
    if decider == default
        && let Some(unknown) = elsewhere(servers, index, default)
    {
        return Err(unknown);
    }
    if decider != default {
        // The bounds of the default server hold for every server on the socket (vectors T25, T25b); whether its
        // `Protocol` does is not known.
        let outer = commands(servers, &servers.servers[default])?;
        if let Some((line, _)) = command(outer, "Protocol").first() {
            return Err(Unknown::Line(line.span, "ssl_conf_command Protocol of the socket's default server may change this".to_owned()));
        }
        bound(&mut setting, outer)?;
    }
    Ok(setting)
}

/// The suites that a server may agree on, for the versions that it speaks.
///
/// # Errors
/// Why they cannot be known.
pub fn suites<'s>(
    servers: &'s Servers<'_>,
    index: usize,
    default: usize,
    spoken: &Protocols,
    versions: Versions,
) -> Result<Setting<BTreeSet<String>>, Unknown<'s>> {
    let server = &servers.servers[index];
    let own = commands(servers, server)?;
    let mut setting = Setting { value: BTreeSet::new(), at: None, text: String::new(), overrides: Vec::new() };
    let mut texts = Vec::new();
    if spoken.versions().any(|v| v < Version::Tls13) {
        let (text, at) = match nearest(&server.level, &servers.level, |l| l.ciphers.is_some()) {
            (_, Some(doubt)) => return Err(Unknown::Doubt(doubt)),
            (Some(level), None) => (level.ciphers.and_then(|d| d.arg(0)).map(Word::text).unwrap_or_default(), level.ciphers.map(|d| d.span)),
            (None, None) => (DEFAULT_CIPHERS.to_owned(), None),
        };
        let (text, at) = match command(own, "CipherString").pop() {
            Some((line, value)) => (value, Some(line.span)),
            None => (text, at),
        };
        let offered = servers
            .expanded
            .expand(&text)
            .map_err(|why| Unknown::Line(at.unwrap_or(server.span), format!("the cipher string {text:?} cannot be expanded: {why}")))?;
        setting.value.extend(offered.iter().cloned());
        setting.at = at;
        texts.push(text);
    }
    if spoken.contains(Version::Tls13) {
        // Before 1.29.2 those of the default server count (vector T26); without a version, both may.
        let deciders = match versions.named_server_decides() {
            Some(true) => vec![index],
            Some(false) => vec![default],
            None => vec![index, default],
        };
        for decider in deciders {
            let Some((line, list)) = command(commands(servers, &servers.servers[decider])?, "Ciphersuites").pop() else {
                setting.value.extend(DEFAULT_13.map(str::to_owned));
                continue;
            };
            for name in list.split(':').filter(|n| !n.is_empty()) {
                if !ALL_13.contains(&name) {
                    return Err(Unknown::Line(line.span, format!("{name} is not a suite of TLS 1.3")));
                }
                setting.value.insert(name.to_owned());
            }
            setting.at = setting.at.or(Some(line.span));
            texts.push(list);
        }
    }
    setting.text = texts.join(" ");
    Ok(setting)
}

/// Cipher strings and what they expand to: servers of one tree share them.
#[derive(Debug, Default)]
pub struct Expanded(RefCell<HashMap<String, Suites>>);

/// The suites that a text names, or why it cannot be read.
type Suites = Result<Rc<[String]>, String>;

impl Expanded {
    /// The suites that a cipher string lets a server of any supported OpenSSL offer.
    fn expand(&self, text: &str) -> Suites {
        let expand = || Ok(CipherString::parse(text)?.offered(SECURITY_LEVEL).into_iter().map(str::to_owned).collect());
        self.0.borrow_mut().entry(text.to_owned()).or_insert_with(expand).clone()
    }
}

/// The servers that are first to answer on the sockets of a server that speak TLS, each once, with its socket. Where
/// none is known to, the server itself.
#[must_use]
pub fn defaults(servers: &Servers, index: usize) -> Vec<(usize, String)> {
    let Some(server) = servers.servers.get(index) else { return Vec::new() };
    let is_on = server.level.ssl.or(servers.level.ssl) == Some(true);
    let mut found: Vec<(usize, String)> = Vec::new();
    for listen in server.listens.iter().flatten().filter(|l| is_on || servers.is_tls(&l.socket)) {
        let default = servers.default_of(&listen.socket).unwrap_or(index);
        if !found.iter().any(|(known, _)| *known == default) {
            found.push((default, listen.socket.clone()));
        }
    }
    if found.is_empty() {
        found.push((index, String::new()));
    }
    found
}

/// Why the default server of a socket may be another one, in a file that was not given.
fn elsewhere<'s>(servers: &'s Servers<'_>, index: usize, default: usize) -> Option<Unknown<'s>> {
    let server = servers.servers.get(default)?;
    let may_be = servers.is_part && index != default && !server.listens.iter().flatten().any(|l| l.default);
    may_be.then(|| Unknown::Line(server.span, "another file may hold the default server of its socket, which decides this".to_owned()))
}

/// The groups for key exchange that a client of the server `index` is offered where `default` is the default server of
/// the socket, which decides in every version (vector T10). The value is the list in order; without a line it is nginx's
/// `auto`, OpenSSL's own choice.
///
/// # Errors
/// Why they cannot be known.
pub fn groups<'s>(servers: &'s Servers<'_>, index: usize, default: usize) -> Result<Setting<Vec<String>>, Unknown<'s>> {
    if let Some(unknown) = elsewhere(servers, index, default) {
        return Err(unknown);
    }
    let server = &servers.servers[default];
    let (text, at) = match nearest(&server.level, &servers.level, |l| l.groups.is_some()) {
        (_, Some(doubt)) => return Err(Unknown::Doubt(doubt)),
        (Some(level), None) => (level.groups.and_then(|d| d.arg(0)).map(Word::text).unwrap_or_default(), level.groups.map(|d| d.span)),
        (None, None) => ("auto".to_owned(), None),
    };
    let own = commands(servers, server)?;
    let command = command(own, "Groups").pop().or_else(|| command(own, "Curves").pop());
    let overrides = at.filter(|_| command.is_some()).into_iter().collect();
    let (text, at) = command.map_or((text, at), |(line, value)| (value, Some(line.span)));
    let value = if text == "auto" { Vec::new() } else { text.split(':').map(str::to_owned).collect() };
    Ok(Setting { value, at, text, overrides })
}

/// Whether a server gives out session tickets: up to 1.29.1 not where it or the default servers of its sockets switch them
/// off (vectors T11, T11b), then by its own setting. Without a declared version: by its own, the worse of both.
/// `ssl_conf_command Options` comes after `ssl_session_tickets` (vector T29c).
///
/// # Errors
/// Why that cannot be known.
pub fn tickets<'s>(servers: &'s Servers<'_>, index: usize, versions: Versions) -> Result<Setting<bool>, Unknown<'s>> {
    let own = own_tickets(servers, index)?;
    let is_on = |of: Option<(bool, Span)>| of.is_none_or(|(on, _)| on);
    let mut decides = own;
    if is_on(own) && versions.named_server_decides() == Some(false) {
        let mut off = None;
        for (default, _) in defaults(servers, index) {
            if let Some(unknown) = elsewhere(servers, index, default) {
                return Err(unknown);
            }
            let of_default = own_tickets(servers, default)?;
            if is_on(of_default) {
                off = None;
                break;
            }
            off = of_default;
        }
        decides = off.or(own);
    }
    let text = if is_on(decides) { "on" } else { "off" }.to_owned();
    Ok(Setting { value: is_on(decides), at: decides.map(|(_, span)| span), text, overrides: Vec::new() })
}

/// What a server says of tickets itself, and the line.
fn own_tickets<'s>(servers: &'s Servers<'_>, index: usize) -> Result<Option<(bool, Span)>, Unknown<'s>> {
    let server = &servers.servers[index];
    let mut own = match nearest(&server.level, &servers.level, |l| l.tickets.is_some()) {
        (_, Some(doubt)) => return Err(Unknown::Doubt(doubt)),
        (level, None) => level.and_then(|l| l.tickets),
    };
    for (line, list) in command(commands(servers, server)?, "Options") {
        for item in list.split(',').map(str::trim) {
            let (on, name) = item.strip_prefix('-').map_or((true, item.strip_prefix('+').unwrap_or(item)), |name| (false, name));
            if name.eq_ignore_ascii_case("SessionTicket") {
                own = Some((on, line.span));
            }
        }
    }
    Ok(own)
}
