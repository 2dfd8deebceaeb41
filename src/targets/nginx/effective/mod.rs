//! What a tree of directives effectively sets: the blocks that answer requests, each with the settings on its own level.
//!
//! Levels are http, server, location, nested location and `if` in a location. How a setting passes from one to the next
//! is the business of [`headers`], [`tls`] and [`limits`]; which requests a block answers, of [`routes`].

pub mod accept;
pub mod backend;
mod build;
pub mod cookies;
pub mod headers;
pub mod limits;
pub mod origins;
mod regex;
pub mod routes;
mod setting;
pub mod tls;
pub mod variables;

pub use build::{as_http, servers, top_level};

use super::tree::Directive;
use crate::finding::{Cause, Rule};
use crate::source::Span;
use std::collections::HashMap;
use std::rc::Rc;
use variables::{Set, Variables};

/// What a doubt makes unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Everything on its level.
    All,
    /// The list of add_header.
    Headers,
    /// One header, by its name in lower case.
    Header(String),
    /// TLS.
    Tls,
    /// Rate limits.
    Limits,
    /// The flags of cookies.
    Cookies,
    /// Nothing that secgen judges.
    Nothing,
}

/// Why something on a level cannot be known. Unknown is never a pass.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// What is unknown.
    pub about: About,
    /// The kind of reason.
    pub cause: Cause,
    /// The reason, as a part of a sentence.
    pub why: String,
    /// The line.
    pub span: Span,
    /// The kind of finding.
    pub rule: &'static Rule,
    /// Whether an error says so already.
    pub is_error: bool,
}

impl Doubt {
    /// Whether it makes unknown what `about` names.
    #[must_use]
    pub fn touches(&self, about: &About) -> bool {
        match (&self.about, about) {
            (About::All, _) | (About::Headers, About::Header(_)) => true,
            (mine, asked) => mine == asked,
        }
    }
}

/// One `add_header` or `add_trailer` line.
#[derive(Clone, Copy, Debug)]
pub struct AddHeader<'a> {
    /// The header's name.
    pub name: &'a [u8],
    /// The value as written, variables included; empty: nothing is sent.
    pub value: &'a [u8],
    /// Whether it is sent with every status.
    pub always: bool,
    /// The line.
    pub span: Span,
}

/// A list of lines as it stands on one level.
#[derive(Clone, Debug, Default)]
pub struct List<'a> {
    /// The lines in order.
    pub lines: Vec<AddHeader<'a>>,
    /// `add_header_inherit` or `add_trailer_inherit`, if it is set here.
    pub inherit: Option<(Inherit, Span)>,
}

/// What headers-more does to one header (headers-more-nginx-module).
#[derive(Clone, Debug)]
pub struct More<'a> {
    /// The header's name; for clearing it may end in `*`.
    pub name: &'a [u8],
    /// The value; empty: the header is cleared.
    pub value: &'a [u8],
    /// Only for these statuses; empty: all.
    pub statuses: Vec<u16>,
    /// Only for these media types; empty: all.
    pub types: Vec<String>,
    /// `-a`: beside what is there, not in its place.
    pub appends: bool,
    /// The line.
    pub span: Span,
}

/// `add_header_inherit` (1.29.3 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// The list of the level above counts where this level has none.
    On,
    /// The list of the level above never counts.
    Off,
    /// Own lines first, then those of the level above.
    Merge,
}

/// The settings on one level, not looking at others.
#[derive(Debug, Default)]
pub struct Level<'a> {
    /// `add_header`.
    pub headers: List<'a>,
    /// `add_trailer`.
    pub trailers: List<'a>,
    /// `more_set_headers` and `more_clear_headers`, in order.
    pub more: Vec<More<'a>>,
    /// `expires`.
    pub expires: Option<&'a Directive>,
    /// `server_tokens`.
    pub server_tokens: Option<&'a Directive>,
    /// `proxy_cookie_flags`.
    pub cookie_flags: Vec<&'a Directive>,
    /// `proxy_cookie_path`.
    pub cookie_paths: Vec<&'a Directive>,
    /// `set`, in order.
    pub sets: Vec<Set<'a>>,
    /// Where requests go on inside the server: `try_files`, `error_page`, `rewrite`.
    pub redirects: Vec<&'a Directive>,
    /// `index`.
    pub index: Option<&'a Directive>,
    /// `ssl_certificate`.
    pub certificate: Option<&'a Directive>,
    /// `ssl_ecdh_curve`.
    pub groups: Option<&'a Directive>,
    /// `ssl_session_tickets`.
    pub tickets: Option<(bool, Span)>,
    /// `ssl_protocols` lines, which add up.
    pub protocols: Vec<&'a Directive>,
    /// `ssl_ciphers`.
    pub ciphers: Option<&'a Directive>,
    /// `ssl_conf_command` lines.
    pub conf_commands: Vec<&'a Directive>,
    /// `ssl_reject_handshake`.
    pub rejects: Option<bool>,
    /// The `ssl` directive of old versions.
    pub ssl: Option<bool>,
    /// `limit_req` lines.
    pub limits: Vec<&'a Directive>,
    /// `limit_req_dry_run`.
    pub dry_run: Option<(bool, Span)>,
    /// `limit_req_status`.
    pub limit_status: Option<&'a Directive>,
    /// `return`, not inside an `if`: every request ends here, before limits are looked at.
    pub returns: Option<&'a Directive>,
    /// `if` blocks directly on this level, each with the `return` in it.
    pub ifs: Vec<(&'a Directive, Option<&'a Directive>)>,
    /// The backend that is asked: its kind in [`backend::KINDS`], and the line.
    pub pass: Option<(usize, &'a Directive)>,
    /// `proxy_hide_header` and its kin, by kind.
    pub hides: [Vec<&'a Directive>; backend::KINDS.len()],
    /// `proxy_pass_header` and its kin, by kind.
    pub passes: [Vec<&'a Directive>; backend::KINDS.len()],
    /// A program that answers inside of nginx, and may send any header.
    pub program: Option<&'a Directive>,
    /// What is unknown on this level, and on levels that take over from it.
    pub doubts: Vec<Rc<Doubt>>,
    /// What is unknown on this level and on all inside of it.
    pub opaque: Vec<Rc<Doubt>>,
}

/// Which protocol a tree of servers speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// `http`
    Http,
    /// `stream`
    Stream,
    /// `mail`
    Mail,
}

/// An `http`, `stream` or `mail` block, or the part of one that a file holds.
#[derive(Debug)]
pub struct Servers<'a> {
    /// Which kind.
    pub speaks: Speaks,
    /// Its own level.
    pub level: Level<'a>,
    /// The servers in the order in which nginx reads them.
    pub servers: Vec<Server<'a>>,
    /// `limit_req_zone` lines, which count wherever they stand.
    pub zones: Vec<&'a Directive>,
    /// Its variables.
    pub variables: Variables<'a>,
    /// Includes on this level that were not read, without an error that says so: servers may stand in them.
    pub unread: Vec<Rc<Doubt>>,
    /// Whether the file is only a part: other servers may share its sockets.
    pub is_part: bool,
    sockets: HashMap<String, Socket>,
    /// Cipher strings that were expanded already.
    expanded: tls::Expanded,
}

/// What all servers together make of a socket.
#[derive(Clone, Copy, Debug)]
struct Socket {
    tls: bool,
    /// The server with `default_server`, else the first one.
    default: usize,
    is_marked: bool,
}

/// All sockets of some servers.
fn sockets(servers: &[Server]) -> HashMap<String, Socket> {
    let mut sockets: HashMap<String, Socket> = HashMap::new();
    for (index, server) in servers.iter().enumerate() {
        for listen in server.listens.iter().flatten() {
            let socket = sockets.entry(listen.socket.clone()).or_insert(Socket { tls: false, default: index, is_marked: false });
            socket.tls |= listen.tls;
            if listen.default && !socket.is_marked {
                (socket.default, socket.is_marked) = (index, true);
            }
        }
    }
    sockets
}

/// A `server` block.
#[derive(Debug)]
pub struct Server<'a> {
    /// Its own level.
    pub level: Level<'a>,
    /// The line that opens it.
    pub span: Span,
    /// Its names, in order; empty without `server_name`.
    pub names: Vec<String>,
    /// The sockets it listens on; `None` where they stand in a file that was not read.
    pub listens: Option<Vec<Listen>>,
    /// How reports call it.
    pub label: String,
    /// All locations, and `if` blocks in them, outer ones first.
    pub locations: Vec<Location<'a>>,
    /// Indices of the locations directly in the server (first), and in each location.
    inside: Vec<Vec<usize>>,
}

impl Server<'_> {
    /// The locations directly in the server, or in one of its locations.
    #[must_use]
    pub fn inside(&self, parent: Option<usize>) -> &[usize] {
        self.inside.get(parent.map_or(0, |i| i + 1)).map_or(&[], Vec::as_slice)
    }
}

/// See [`Server::inside`].
fn inside(locations: &[Location]) -> Vec<Vec<usize>> {
    let mut inside = vec![Vec::new(); locations.len() + 1];
    for (index, location) in locations.iter().enumerate() {
        inside[location.parent.map_or(0, |i| i + 1)].push(index);
    }
    inside
}

/// A socket of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Address and port, written one way: `*:443`.
    pub socket: String,
    /// TLS is spoken on it.
    pub tls: bool,
    /// This server answers what no other does.
    pub default: bool,
    /// The line.
    pub span: Span,
}

/// A `location` block, or an `if` block in one.
#[derive(Debug)]
pub struct Location<'a> {
    /// Its own level.
    pub level: Level<'a>,
    /// The line that opens it.
    pub span: Span,
    /// The location around it, as an index into the server's.
    pub parent: Option<usize>,
    /// What it matches.
    pub matches: Matches,
    /// As written: `location ~ \.png$`.
    pub label: String,
}

/// What a location matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches {
    /// `= /path`
    Exact(String),
    /// `/path`, or `^~ /path`, which stops regular expressions.
    Prefix {
        /// The path.
        path: String,
        /// `^~`
        stops: bool,
    },
    /// `~ expression` or `~* expression`
    Regex {
        /// The expression.
        expression: String,
        /// `~*`: letter case does not count.
        any_case: bool,
    },
    /// `@name`
    Named,
    /// `if (...)`
    If,
}

impl<'a> Servers<'a> {
    fn new(speaks: Speaks, level: Level<'a>, servers: Vec<Server<'a>>, zones: Vec<&'a Directive>, variables: Variables<'a>) -> Self {
        let unread = level.doubts.iter().filter(|d| d.cause == Cause::NotRead && !d.is_error).cloned().collect();
        let sockets = sockets(&servers);
        Self { speaks, level, servers, zones, variables, unread, is_part: false, sockets, expanded: tls::Expanded::default() }
    }

    /// Whether TLS is spoken on any socket of a server; `None` where its sockets are not known. A socket speaks TLS if
    /// any server says so (reference vector T16).
    #[must_use]
    pub fn speaks_tls(&self, server: &Server) -> Option<bool> {
        if server.level.ssl.or(self.level.ssl) == Some(true) {
            return Some(true);
        }
        Some(server.listens.as_ref()?.iter().any(|l| self.is_tls(&l.socket)))
    }

    /// Whether TLS is spoken on a socket.
    #[must_use]
    pub fn is_tls(&self, socket: &str) -> bool {
        self.sockets.get(socket).is_some_and(|s| s.tls)
    }

    /// The server that answers on a socket what no other does.
    #[must_use]
    pub fn default_of(&self, socket: &str) -> Option<usize> {
        self.sockets.get(socket).map(|s| s.default)
    }
}
