//! From directives to levels, servers and locations.

use super::{About, AddHeader, Doubt, Inherit, Level, Listen, Location, Matches, Server, Servers, Speaks, backend, inside, tls};
use crate::finding::{Cause, Finding};
use crate::source::Span;
use crate::targets::nginx::context::{self, Context};
use crate::targets::nginx::include::{Item, Tree};
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::rules;
use crate::targets::nginx::tree::{Body, Directive};
use crate::targets::nginx::versions::Versions;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Locations inside locations, includes counted.
const MAX_LOCATION_DEPTH: usize = 64;

/// Directives that stand directly in http and not above it, and show that a file is a part of one.
const OF_HTTP: [&str; 9] = ["server", "upstream", "map", "geo", "split_clients", "limit_req_zone", "limit_conn_zone", "log_format", "proxy_cache_path"];

/// Reads the servers of a tree. What nginx would refuse becomes a finding, and a doubt where it stands.
pub fn servers<'a>(tree: &'a Tree, versions: Versions, findings: &mut Vec<Finding>) -> Vec<Servers<'a>> {
    let mut build = Build { tree, versions, findings };
    let top = tree.splice(tree.top());
    let context = Context::of(tree);
    if context == Context::Main {
        let kinds = [("http", Speaks::Http), ("stream", Speaks::Stream), ("mail", Speaks::Mail)];
        let mut found: Vec<Servers> = Vec::new();
        for item in &top {
            let Item::Directive(directive) = item else { continue };
            if OF_HTTP.iter().any(|name| directive.is(name)) {
                // What stands there is judged by nobody, so the run must not pass.
                let message = format!("{} stands outside of http, where nginx refuses it", directive.name().text());
                let help = "move it into the http block; this block was not judged";
                build.findings.push(Finding::error(&rules::REFUSED, message).at(directive.span, "refused").help(help));
                continue;
            }
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
    let mut part =
        if let Context::Servers(speaks) = context { build.part_of_http(context, speaks, &top, first) } else { build.part_of_server(context, &top, first) };
    let around = context::doubts(&part.level, "http block", first);
    part.level.doubts.extend(around);
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
    let server = Server { level: Level::default(), span, names: Vec::new(), listens, label: String::new(), locations: Vec::new(), inside: Vec::new() };
    Servers::new(Speaks::Http, level, vec![server], Vec::new())
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
        Rc::new(Doubt {
            about,
            cause: Cause::Invalid,
            why: format!("nginx refuses to start with this line: {why}"),
            span,
            rule: &rules::REFUSED,
            is_error: false,
        })
    }

    /// What stands directly in `http`, `stream` or `mail`, where the rest of that block was not given.
    fn part_of_http(&mut self, context: Context, speaks: Speaks, top: &[Item<'a>], first: Span) -> Servers<'a> {
        let part = self.servers(speaks, top);
        let says = !part.level.headers.is_empty() || !part.level.protocols.is_empty() || part.level.ciphers.is_some();
        if !part.servers.is_empty() || !says || speaks != Speaks::Http {
            return part;
        }
        // What a snippet says for all servers is judged at one that says nothing itself.
        let mut all = as_http(part.level, first);
        for server in &mut all.servers {
            context.label().clone_into(&mut server.label);
        }
        all.zones = part.zones;
        all
    }

    /// What stands in a block of one server, where the rest of that server was not given.
    fn part_of_server(&mut self, context: Context, top: &[Item<'a>], first: Span) -> Servers<'a> {
        let mut server = self.server(first, top);
        if server.names.is_empty() {
            context.label().clone_into(&mut server.label);
        }
        let named = |name: &'static str| top.iter().filter_map(move |item| if let Item::Directive(d) = item { d.is(name).then_some(*d) } else { None });
        // An `if` that may hold headers stands in a location.
        for d in named("if").filter(|_| matches!(context, Context::Location | Context::Block)) {
            let level = self.level(&self.tree.splice(d.children()));
            let words: Vec<String> = d.words().iter().map(Word::text).collect();
            server.locations.push(Location { level, span: d.span, parent: None, matches: Matches::If, label: words.join(" ") });
        }
        server.inside = inside(&server.locations);
        let level = &server.level;
        if named("listen").next().is_none() {
            let says_tls = !level.protocols.is_empty() || level.ciphers.is_some() || !level.conf_commands.is_empty();
            server.listens = says_tls.then(|| vec![Listen { socket: "*:443".to_owned(), tls: true, default: true, span: first }]);
        }
        server.level.doubts.extend(context::doubts(&server.level, "server or location", first));
        let speaks = if let Context::Server(speaks) = context { speaks } else { Speaks::Http };
        Servers::new(speaks, Level::default(), vec![server], Vec::new())
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
        Servers::new(speaks, level, servers, zones)
    }

    /// Two default servers on one socket stop nginx.
    fn check_defaults(&mut self, servers: &[Server]) {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut twice = Vec::new();
        for listen in servers.iter().filter_map(|s| s.listens.as_ref()).flatten().filter(|l| l.default) {
            if !seen.insert(&listen.socket) {
                twice.push((listen.span, listen.socket.clone()));
            }
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
        let inside = inside(&locations);
        Server { level, span, names, listens, label, locations, inside }
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
                Item::Unread(include, unread) => {
                    let doubt = Doubt {
                        about: About::All,
                        cause: Cause::NotRead,
                        why: unread.why.clone(),
                        span: include.span,
                        rule: &rules::NOT_READ,
                        is_error: unread.is_error,
                    };
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
                level.opaque.push(Rc::new(Doubt {
                    about: About::Headers,
                    cause: Cause::NotUnderstood,
                    why,
                    span: d.span,
                    rule: &rules::HEADER_OPAQUE,
                    is_error: false,
                }));
            }
            _ => {
                if let Some(kind) = backend::kind_of(name, "_pass") {
                    level.pass = Some((kind, d));
                } else if let Some(kind) = backend::kind_of(name, "_hide_header") {
                    level.hides[kind].push(d);
                }
            }
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
            doubts.push(Doubt { about, cause: Cause::NotUnderstood, why, span: d.span, rule: &rules::HEADER_OPAQUE, is_error: false });
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
    let mut counts = HashMap::new();
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
