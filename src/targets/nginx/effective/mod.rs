//! What a tree of directives effectively sets: the blocks that answer requests, each with the settings on its own level.
//!
//! Levels are http, server, location, nested location and `if` in a location. How a setting passes from one to the next
//! is the business of [`headers`], [`tls`] and [`limits`]; which requests a block answers, of [`routes`].

pub mod headers;
pub mod limits;
pub mod routes;
pub mod tls;

use super::include::{Item, Tree};
use super::lex::Word;
use super::rules;
use super::tree::{Body, Directive};
use super::versions::Versions;
use crate::finding::{Cause, Finding, Rule};
use crate::source::Span;
use std::rc::Rc;

/// Locations inside locations, includes counted.
const MAX_LOCATION_DEPTH: usize = 64;

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

/// One `add_header` line.
#[derive(Clone, Copy, Debug)]
pub struct AddHeader<'a> {
    /// The header's name.
    pub name: &'a Word,
    /// The value; empty: nothing is sent.
    pub value: &'a Word,
    /// Whether it is sent with every status.
    pub always: bool,
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
    /// The lines in order.
    pub headers: Vec<AddHeader<'a>>,
    /// The mode, if it is set here.
    pub inherit: Option<(Inherit, Span)>,
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
    /// `return`, not inside an `if`: every request ends here, before limits are looked at.
    pub returns: Option<&'a Directive>,
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
    /// Includes on this level that were not read: servers may stand in them.
    pub unread: Vec<Rc<Doubt>>,
    /// Whether the file is only a part: other servers may share its sockets.
    pub is_part: bool,
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
    Regex(String),
    /// `@name`
    Named,
    /// `if (...)`
    If,
}

/// Reads the servers of a tree. What nginx would refuse becomes a finding, and a doubt where it stands.
pub fn servers<'a>(tree: &'a Tree, versions: Versions, findings: &mut Vec<Finding>) -> Vec<Servers<'a>> {
    let mut build = Build { tree, versions, findings };
    let top = tree.splice(tree.top());
    let has = |names: &[&str]| top.iter().any(|item| matches!(item, Item::Directive(d) if names.iter().any(|n| d.is(n))));
    if has(&["http", "events", "stream", "mail", "worker_processes", "user", "pid", "daemon", "load_module", "error_log"]) {
        let kinds = [("http", Speaks::Http), ("stream", Speaks::Stream), ("mail", Speaks::Mail)];
        let mut found: Vec<Servers> = Vec::new();
        for item in &top {
            let Item::Directive(directive) = item else { continue };
            let Some((name, speaks)) = kinds.iter().find(|(name, _)| directive.is(name)) else { continue };
            if found.iter().any(|s| s.speaks == *speaks) {
                build.refused(directive.span, &format!("a second {name} block"));
                continue;
            }
            let items = tree.splice(directive.children());
            found.push(build.servers(*speaks, &items));
        }
        return found;
    }
    // A part of a configuration: everything above it, and beside it, is unknown.
    let Some(first) = top
        .iter()
        .map(|item| match item {
            Item::Directive(d) | Item::Unread(d, _) => d.span,
        })
        .next()
    else {
        return Vec::new();
    };
    let unknown = |block: &str| {
        let why = format!("this file is only a part of a configuration: the {block} block that includes it was not given");
        Rc::new(Doubt { about: About::All, cause: Cause::NotRead, why, span: first, rule: &rules::NOT_READ })
    };
    let of_http = ["server", "upstream", "map", "geo", "split_clients", "limit_req_zone", "limit_conn_zone", "log_format", "proxy_cache_path", "types"];
    let mut part = if has(&of_http) {
        build.servers(Speaks::Http, &top)
    } else {
        let mut server = build.server(first, &top);
        server.label = "(the block that includes this file)".to_owned();
        server.level.doubts.push(unknown("server or location"));
        if server.listens.as_ref().is_some_and(Vec::is_empty) || !has(&["listen"]) {
            server.listens = None;
        }
        Servers { speaks: Speaks::Http, level: Level::default(), servers: vec![server], zones: Vec::new(), unread: Vec::new(), is_part: true }
    };
    part.level.doubts.push(unknown("http"));
    part.is_part = true;
    vec![part]
}

/// The settings directly at the top of a tree.
pub fn top_level<'a>(tree: &'a Tree, versions: Versions, findings: &mut Vec<Finding>) -> Level<'a> {
    Build { tree, versions, findings }.level(&tree.splice(tree.top()))
}

/// A block with one TLS server that says nothing itself: what a snippet for the http level amounts to.
#[must_use]
pub fn as_http(level: Level<'_>, span: Span) -> Servers<'_> {
    let listens = Some(vec![Listen { socket: "*:443".to_owned(), tls: true, default: true, span }]);
    let server = Server { level: Level::default(), span, names: Vec::new(), listens, label: String::new(), locations: Vec::new() };
    Servers { speaks: Speaks::Http, level, servers: vec![server], zones: Vec::new(), unread: Vec::new(), is_part: false }
}

struct Build<'a, 'f> {
    tree: &'a Tree,
    versions: Versions,
    findings: &'f mut Vec<Finding>,
}

/// Directives of other modules that may change any response header.
const OPAQUE: [&str; 6] =
    ["header_filter_by_lua", "header_filter_by_lua_block", "header_filter_by_lua_file", "js_header_filter", "security_headers", "perl_header_filter"];

impl<'a> Build<'a, '_> {
    fn refused(&mut self, span: Span, why: &str) -> Rc<Doubt> {
        self.refused_about(About::All, span, why)
    }

    /// A line that nginx refuses: a finding, and a doubt about what it would set.
    fn refused_about(&mut self, about: About, span: Span, why: &str) -> Rc<Doubt> {
        // A file that is included in many places is one finding.
        if !self.findings.iter().any(|f| f.rule == &rules::REFUSED && f.primary.as_ref().is_some_and(|p| p.span == span)) {
            let finding = Finding::warning(&rules::REFUSED, format!("nginx refuses to start with this line: {why}"));
            self.findings.push(finding.at(span, "refused").help("correct the line; `nginx -t` names it too"));
        }
        Rc::new(Doubt { about, cause: Cause::Invalid, why: format!("nginx refuses to start with this line: {why}"), span, rule: &rules::REFUSED })
    }

    fn servers(&mut self, speaks: Speaks, items: &[Item<'a>]) -> Servers<'a> {
        let level = self.level(items);
        let (mut servers, mut zones) = (Vec::new(), Vec::new());
        for item in items {
            let Item::Directive(directive) = item else { continue };
            if directive.is("server") && matches!(directive.body, Body::Block(_)) {
                let items = self.tree.splice(directive.children());
                servers.push(self.server(directive.span, &items));
            } else if directive.is("limit_req_zone") {
                zones.push(*directive);
            }
        }
        self.check_defaults(&servers);
        name_apart(&mut servers);
        let unread = level.doubts.iter().filter(|d| d.cause == Cause::NotRead).cloned().collect();
        Servers { speaks, level, servers, zones, unread, is_part: false }
    }

    /// Two default servers on one socket stop nginx.
    fn check_defaults(&mut self, servers: &[Server]) {
        let mut seen: Vec<&str> = Vec::new();
        let mut twice = Vec::new();
        for listen in servers.iter().filter_map(|s| s.listens.as_ref()).flatten().filter(|l| l.default) {
            if seen.contains(&listen.socket.as_str()) {
                twice.push((listen.span, listen.socket.clone()));
            }
            seen.push(&listen.socket);
        }
        for (span, socket) in twice {
            self.refused(span, &format!("a second default server for {socket}"));
        }
    }

    fn server(&mut self, span: Span, items: &[Item<'a>]) -> Server<'a> {
        let level = self.level(items);
        let (mut names, mut listens, mut locations) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_whole = true;
        for item in items {
            match item {
                Item::Unread(..) => is_whole = false,
                Item::Directive(d) if d.is("server_name") => names.extend(d.args().iter().map(|w| w.text().to_ascii_lowercase())),
                Item::Directive(d) if d.is("listen") => match listen(d) {
                    Some(listen) => listens.push(listen),
                    None => {
                        self.refused(d.span, "listen without an address");
                    }
                },
                Item::Directive(_) => {}
            }
        }
        self.locations(items, None, 0, &mut locations);
        if listens.is_empty() && is_whole {
            // nginx's own default, when it is started by root.
            listens.push(Listen { socket: "*:80".to_owned(), tls: false, default: false, span });
        }
        let listens = (is_whole || !listens.is_empty()).then_some(listens);
        let label = names.iter().find(|n| !matches!(n.as_str(), "" | "_")).cloned().unwrap_or_else(|| "(no name)".to_owned());
        Server { level, span, names, listens, label, locations }
    }

    fn locations(&mut self, items: &[Item<'a>], parent: Option<usize>, depth: usize, found: &mut Vec<Location<'a>>) {
        for item in items {
            let Item::Directive(directive) = item else { continue };
            // `if` in a server is a level for rewriting only: no header or limit may stand in it.
            let is_if = directive.is("if") && parent.is_some();
            if !is_if && !directive.is("location") {
                continue;
            }
            let items = self.tree.splice(directive.children());
            let mut level = self.level(&items);
            let matches = if is_if { Some(Matches::If) } else { location_match(directive.args()) };
            let matches = matches.unwrap_or_else(|| {
                level.doubts.push(self.refused(directive.span, "location takes a path, or = ^~ ~ ~* and a path"));
                Matches::Named
            });
            let words: Vec<String> = directive.words().iter().map(Word::text).collect();
            let location = Location { level, span: directive.span, parent, matches, label: words.join(" ") };
            let index = found.len();
            found.push(location);
            if depth < MAX_LOCATION_DEPTH {
                self.locations(&items, Some(index), depth + 1, found);
            } else {
                let message = format!("locations are nested more than {MAX_LOCATION_DEPTH} deep");
                self.findings.push(Finding::error(&rules::INCLUDE_LIMIT, message).at(directive.span, "not followed").help("flatten the locations"));
            }
        }
    }

    /// The settings that stand directly among these directives.
    fn level(&mut self, items: &[Item<'a>]) -> Level<'a> {
        let mut level = Level::default();
        for item in items {
            match *item {
                Item::Unread(include, why) => {
                    let doubt = Doubt { about: About::All, cause: Cause::NotRead, why: why.to_owned(), span: include.span, rule: &rules::NOT_READ };
                    level.doubts.push(Rc::new(doubt));
                }
                Item::Directive(directive) => self.setting(&mut level, directive),
            }
        }
        level
    }

    fn setting(&mut self, level: &mut Level<'a>, d: &'a Directive) {
        let Ok(name) = std::str::from_utf8(&d.name().value) else { return };
        match name {
            "add_header" => self.add_header(level, d),
            "add_header_inherit" => self.inherit(level, d),
            "ssl_protocols" => {
                if let Some(unknown) = d.args().iter().find(|w| !tls::is_protocol(w)) {
                    let why = format!("ssl_protocols knows no {}", unknown.text());
                    level.doubts.push(self.refused_about(About::Tls, d.span, &why));
                }
                level.protocols.push(d);
            }
            "ssl_ciphers" => {
                if level.ciphers.is_some() {
                    level.doubts.push(self.refused_about(About::Tls, d.span, "ssl_ciphers stands twice on one level"));
                } else {
                    level.ciphers = Some(d);
                }
            }
            "ssl_conf_command" => level.conf_commands.push(d),
            "ssl_reject_handshake" => level.rejects = flag(d),
            "ssl" => {
                if self.versions.has_ssl_directive() {
                    level.ssl = flag(d);
                } else {
                    level.doubts.push(self.refused_about(About::Tls, d.span, "nginx 1.25.1 and later know no ssl directive; write `listen ... ssl`"));
                }
            }
            "starttls" => level.ssl = d.arg(0).map(|word| word.is("on") || word.is("only")),
            "limit_req" => level.limits.push(d),
            "limit_req_dry_run" => level.dry_run = flag(d).map(|on| (on, d.span)),
            "return" => level.returns = level.returns.or(Some(d)),
            "more_set_headers" => level.opaque.extend(more_set_headers(d).into_iter().map(Rc::new)),
            _ if OPAQUE.contains(&name) => {
                let why = format!("{name} may change any response header when the server runs");
                level.opaque.push(Rc::new(Doubt { about: About::Headers, cause: Cause::NotUnderstood, why, span: d.span, rule: &rules::HEADER_OPAQUE }));
            }
            _ => {}
        }
    }

    fn add_header(&mut self, level: &mut Level<'a>, d: &'a Directive) {
        let refused = match d.args() {
            [name, value] => {
                level.headers.push(AddHeader { name, value, always: false, span: d.span });
                return;
            }
            [name, value, third] if third.is("always") => {
                level.headers.push(AddHeader { name, value, always: true, span: d.span });
                return;
            }
            [_, _, third] => format!("the third argument of add_header can only be always, not {}", third.text()),
            args => format!("add_header takes a name, a value and maybe always, not {} arguments", args.len()),
        };
        level.doubts.push(self.refused_about(About::Headers, d.span, &refused));
    }

    fn inherit(&mut self, level: &mut Level<'a>, d: &'a Directive) {
        let mode = match d.args() {
            [word] if word.is("on") => Some(Inherit::On),
            [word] if word.is("off") => Some(Inherit::Off),
            [word] if word.is("merge") => Some(Inherit::Merge),
            _ => None,
        };
        let refused = match mode {
            _ if !self.versions.has_header_inherit() => format!("{} does not know add_header_inherit, which came with 1.29.3", self.versions.name()),
            None => "add_header_inherit takes on, off or merge".to_owned(),
            Some(_) if level.inherit.is_some() => "add_header_inherit stands twice on one level".to_owned(),
            Some(mode) => {
                level.inherit = Some((mode, d.span));
                return;
            }
        };
        level.doubts.push(self.refused_about(About::Headers, d.span, &refused));
    }
}

fn flag(d: &Directive) -> Option<bool> {
    d.arg(0).map(|word| word.is("on"))
}

/// The headers that a line of headers-more sets. It runs before add_header, so what it clears, and what it sets to
/// nothing, does not touch add_header (reference vectors M02, M03).
fn more_set_headers(d: &Directive) -> Vec<Doubt> {
    let (mut doubts, mut skip) = (Vec::new(), false);
    for word in d.args().iter().map(Word::text) {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word.starts_with('-') {
            skip = matches!(word.as_str(), "-s" | "-t");
            continue;
        }
        let Some((name, value)) = word.split_once(':') else { continue };
        if !value.trim().is_empty() {
            let name = name.trim();
            let why = format!("more_set_headers sets {name} too, which secgen does not evaluate yet");
            let about = About::Header(name.to_ascii_lowercase());
            doubts.push(Doubt { about, cause: Cause::NotUnderstood, why, span: d.span, rule: &rules::HEADER_OPAQUE });
        }
    }
    doubts
}

/// Reads `listen`; `None` without an address.
fn listen(d: &Directive) -> Option<Listen> {
    let address = d.arg(0)?.text().to_ascii_lowercase();
    let has = |names: &[&str]| d.args().iter().skip(1).any(|w| names.iter().any(|n| w.is(n)));
    let socket = if address.starts_with("unix:") {
        address
    } else if address.bytes().all(|b| b.is_ascii_digit()) {
        format!("*:{address}")
    } else if let Some(inside) = address.strip_prefix('[') {
        let (host, port) = inside.split_once(']').unwrap_or((inside, ""));
        format!("[{host}]:{}", port.strip_prefix(':').unwrap_or("80"))
    } else {
        let (host, port) = address.split_once(':').unwrap_or((&address, "80"));
        format!("{}:{port}", if host == "0.0.0.0" { "*" } else { host })
    };
    Some(Listen { socket, tls: has(&["ssl", "quic"]), default: has(&["default_server", "default"]), span: d.span })
}

fn location_match(args: &[Word]) -> Option<Matches> {
    let path = |word: &Word| word.text();
    match args {
        [one] => {
            // `=/path` and `~regex` may be written without a blank (ngx_http_core_location).
            let text = one.text();
            let rest = |mark: &str| text.strip_prefix(mark).map(str::to_owned);
            Some(if text.starts_with('@') {
                Matches::Named
            } else if let Some(path) = rest("=") {
                Matches::Exact(path)
            } else if let Some(path) = rest("^~") {
                Matches::Prefix { path, stops: true }
            } else if let Some(regex) = rest("~*").or_else(|| rest("~")) {
                Matches::Regex(regex)
            } else {
                Matches::Prefix { path: text, stops: false }
            })
        }
        [mark, what] if mark.is("=") => Some(Matches::Exact(path(what))),
        [mark, what] if mark.is("^~") => Some(Matches::Prefix { path: path(what), stops: true }),
        [mark, what] if mark.is("~") || mark.is("~*") => Some(Matches::Regex(path(what))),
        _ => None,
    }
}

/// Adds the socket to labels that several servers share.
fn name_apart(servers: &mut [Server]) {
    let mut counts = std::collections::HashMap::new();
    for server in servers.iter() {
        *counts.entry(server.label.clone()).or_insert(0_usize) += 1;
    }
    for server in servers {
        let is_nameless = server.label == "(no name)";
        if let Some(listen) = server.listens.as_ref().and_then(|l| l.first()).filter(|_| is_nameless || counts.get(&server.label).is_some_and(|n| *n > 1)) {
            server.label = format!("{} on {}", server.label, listen.socket);
        }
    }
}

impl Servers<'_> {
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
        self.servers.iter().filter_map(|s| s.listens.as_ref()).flatten().any(|l| l.tls && l.socket == socket)
    }

    /// The server that answers on a socket what no other does.
    #[must_use]
    pub fn default_of(&self, socket: &str) -> Option<usize> {
        let on = |flag: bool| self.servers.iter().position(|s| s.listens.iter().flatten().any(|l| l.socket == socket && (l.default || !flag)));
        on(true).or_else(|| on(false))
    }
}
