//! From directives to levels, servers and locations.

use super::accept::{self, Around, Seen};
use super::limits::{self, Limit};
use super::setting::setting;
use super::variables::{Definition, Entry, Set, Variables};
use super::{About, Doubt, Level, Listen, Location, Matches, Server, Servers, Speaks, inside};
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
    let mut build = Build { tree, versions, findings, elsewhere: Variables::default() };
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
            let servers = build.servers(*speaks, &items);
            build.check_certificates(&servers);
            build.check_zones(&servers);
            build.check_variables(&servers);
            found.push(servers);
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
    Build { tree, versions, findings, elsewhere: Variables::default() }.level(Around::Unknown, &tree.splice(tree.top()))
}

/// A block with one TLS server that says nothing itself: what a snippet for the http level amounts to.
#[must_use]
pub fn as_http(level: Level<'_>, span: Span) -> Servers<'_> {
    let listens = Some(vec![Listen { socket: "*:443".to_owned(), tls: true, default: true, span }]);
    let server = Server { level: Level::default(), span, names: Vec::new(), listens, label: String::new(), locations: Vec::new(), inside: Vec::new() };
    Servers::new(Speaks::Http, level, vec![server], Vec::new(), Variables::default())
}

struct Build<'a, 'f> {
    tree: &'a Tree,
    versions: Versions,
    findings: &'f mut Vec<Finding>,
    /// What other modules define, as it is met.
    elsewhere: Variables<'a>,
}

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
        let says = !part.level.headers.lines.is_empty() || !part.level.more.is_empty() || !part.level.protocols.is_empty() || part.level.ciphers.is_some();
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
        let (speaks, around) = match context {
            Context::Server(speaks @ Speaks::Http) => (speaks, Around::Server),
            Context::Server(speaks @ Speaks::Stream) => (speaks, Around::StreamServer),
            Context::Server(speaks @ Speaks::Mail) => (speaks, Around::MailServer),
            Context::Location => (Speaks::Http, Around::Location),
            _ => (Speaks::Http, Around::Unknown),
        };
        let mut server = self.server(speaks, around, first, top);
        if server.names.is_empty() {
            context.label().clone_into(&mut server.label);
        }
        let named = |name: &'static str| top.iter().filter_map(move |item| if let Item::Directive(d) = item { d.is(name).then_some(*d) } else { None });
        // An `if` that may hold headers stands in a location.
        for d in named("if").filter(|_| matches!(context, Context::Location | Context::Block)) {
            let level = self.level(Around::LocationIf, &self.tree.splice(d.children()));
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
        let variables = Variables { is_open: true, ..Variables::default() };
        Servers::new(speaks, Level::default(), vec![server], Vec::new(), variables)
    }

    fn servers(&mut self, speaks: Speaks, items: &[Item<'a>]) -> Servers<'a> {
        let (around, inside) = match speaks {
            Speaks::Http => (Around::Http, Around::Server),
            Speaks::Stream => (Around::Stream, Around::StreamServer),
            Speaks::Mail => (Around::Mail, Around::MailServer),
        };
        let level = self.level(around, items);
        let (mut servers, mut zones) = (Vec::new(), Vec::new());
        for item in items {
            let Item::Directive(directive) = item else { continue };
            if directive.is("server") && matches!(directive.body, Body::Block(_)) {
                let items = self.tree.splice(directive.children());
                servers.push(self.server(speaks, inside, directive.span, &items));
            } else if directive.is("limit_req_zone") {
                zones.push(*directive);
            }
        }
        self.check_defaults(&servers);
        name_apart(&mut servers);
        let variables = self.variables(items, &level, &servers);
        Servers::new(speaks, level, servers, zones, variables)
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

    fn server(&mut self, speaks: Speaks, around: Around, span: Span, items: &[Item<'a>]) -> Server<'a> {
        let level = self.level(around, items);
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
        if speaks == Speaks::Http {
            self.locations(items, None, 0, &mut locations);
        }
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
        let mut taken: HashSet<(bool, String)> = HashSet::new();
        for item in items {
            let Item::Directive(directive) = item else { continue };
            // `if` in a server is a level for rewriting only: no header or limit may stand in it.
            let is_if = directive.is("if") && parent.is_some();
            if !is_if && !directive.is("location") {
                continue;
            }
            let items = self.tree.splice(directive.children());
            let mut level = self.level(if is_if { Around::LocationIf } else { Around::Location }, &items);
            let matches = if is_if { Some(Matches::If) } else { location_match(directive.args()) };
            let matches = matches.unwrap_or_else(|| {
                level.doubts.push(self.refused(directive.span, "location takes a path, or = ^~ ~ ~* and a path"));
                Matches::Named
            });
            let words: Vec<String> = directive.words().iter().map(Word::text).collect();
            let location = Location { level, span: directive.span, parent, matches, label: words.join(" ") };
            if let Some(why) = misplaced(&location, parent.and_then(|p| found.get(p)), &mut taken) {
                self.refused(directive.span, &why);
            }
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

    /// A limit whose zone nothing declares stops nginx (vector R05), where all files were read.
    fn check_zones(&mut self, servers: &Servers<'a>) {
        if servers.speaks != Speaks::Http || !servers.level.doubts.is_empty() {
            return;
        }
        let levels = servers.servers.iter().flat_map(|s| std::iter::once(&s.level).chain(s.locations.iter().map(|l| &l.level)));
        for line in std::iter::once(&servers.level).chain(levels).flat_map(|level| &level.limits) {
            if let Limit::NoZone(name) = limits::limit(servers, line) {
                self.refused(line.span, &format!("no limit_req_zone declares the zone {name}"));
            }
        }
    }

    /// A socket that speaks TLS needs a certificate from each server on it that takes part in a handshake (vector T13).
    fn check_certificates(&mut self, servers: &Servers) {
        let knows = |level: &Level| level.doubts.is_empty();
        let has = |level: &Level| level.certificate.is_some();
        if servers.speaks != Speaks::Http || !knows(&servers.level) || has(&servers.level) {
            return;
        }
        for server in &servers.servers {
            let rejects = server.level.rejects.or(servers.level.rejects) == Some(true);
            if rejects || !knows(&server.level) || has(&server.level) {
                continue;
            }
            if let Some(listen) = server.listens.iter().flatten().find(|l| l.tls) {
                self.refused(listen.span, "this server listens with ssl and has no ssl_certificate");
            }
        }
    }

    /// The variables that lists and `set` lines define, wherever they stand.
    fn variables(&mut self, items: &[Item<'a>], level: &Level<'a>, servers: &[Server<'a>]) -> Variables<'a> {
        let mut variables = std::mem::take(&mut self.elsewhere);
        variables.is_open |= level.doubts.iter().any(|d| d.cause == Cause::NotRead);
        for item in items {
            let Item::Directive(d) = item else { continue };
            if !["map", "geo", "split_clients"].iter().any(|list| d.is(list)) {
                continue;
            }
            // The variable is the last argument; `geo` may look at another address than the client's.
            if let Some(variable) = d.args().last().and_then(|w| w.value.strip_prefix(b"$")) {
                let choice = self.choice(d, d.arg(0).filter(|_| d.is("map")));
                variables.definitions.insert(variable, choice);
            }
        }
        let levels = servers.iter().flat_map(|s| std::iter::once(&s.level).chain(s.locations.iter().map(|l| &l.level)));
        for level in levels {
            variables.set.extend(level.sets.iter().map(|s| s.name));
            variables.is_open |= level.doubts.iter().any(|d| d.cause == Cause::NotRead);
        }
        // Other modules bring variables of their own.
        variables.is_open |= self.tree.splice(self.tree.top()).iter().any(|i| matches!(i, Item::Directive(d) if d.is("load_module")));
        variables
    }

    /// Header lines with a variable that nothing defines (vector H30).
    fn check_variables(&mut self, servers: &Servers) {
        let locations = servers.servers.iter().flat_map(|s| std::iter::once(&s.level).chain(s.locations.iter().map(|l| &l.level)));
        let lines = std::iter::once(&servers.level).chain(locations).flat_map(|level| &level.headers.lines);
        for line in lines {
            if let Some(name) = servers.variables.unknown_in(line.value) {
                self.refused(line.span, &format!("nginx knows no variable ${name}, and nothing here defines it"));
            }
        }
    }

    fn choice(&self, d: &'a Directive, source: Option<&'a Word>) -> Definition<'a> {
        let (mut entries, mut default, mut unread) = (Vec::new(), None, None);
        for item in self.tree.splice(d.children()) {
            match item {
                Item::Unread(include, why) => unread = Some((why.why.clone(), include.span)),
                Item::Directive(line) => {
                    let Some(value) = line.arg(0) else { continue };
                    let entry = Entry::new(line.name(), value, line.span);
                    match &*line.name().value {
                        b"default" => default = Some(entry),
                        // Of `geo`: how addresses are found, and what is taken back.
                        b"proxy" | b"delete" if source.is_none() => {}
                        // Of `split_clients`: the rest.
                        b"*" if source.is_none() => default = Some(entry),
                        _ => entries.push(entry),
                    }
                }
            }
        }
        Definition::Choice { source, entries, default, unread, span: d.span }
    }

    /// The settings that stand directly among these directives.
    fn level(&mut self, around: Around, items: &[Item<'a>]) -> Level<'a> {
        let mut level = Level::default();
        let (mut seen, mut may_end) = (Seen::default(), false);
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
                Item::Directive(d) => {
                    if let Some(refused) = accept::check(d, around, self.versions, &mut seen) {
                        let doubt = self.refused_about(refused.about, d.span, &refused.why);
                        if doubt.about != About::Nothing {
                            level.doubts.push(doubt);
                        }
                        continue;
                    }
                    self.below(d, around);
                    self.sets(&mut level, d, false, &mut may_end);
                    if d.is("if") {
                        let inside = self.tree.splice(d.children());
                        let answer = inside.iter().find_map(|item| if let Item::Directive(d) = item { d.is("return").then_some(*d) } else { None });
                        level.ifs.push((d, answer));
                    }
                    setting(&mut level, d);
                }
            }
        }
        level
    }

    /// Blocks that are not evaluated, and in which nginx refuses what would matter.
    fn below(&mut self, d: &'a Directive, around: Around) {
        let Some(around) = accept::inside(d, around) else { return };
        let mut seen = Seen::default();
        for item in self.tree.splice(d.children()) {
            if let Item::Directive(d) = item
                && let Some(refused) = accept::check(d, around, self.versions, &mut seen)
            {
                self.refused(d.span, &refused.why);
            }
        }
    }

    /// Lines that give variables a value, those in an `if` too. `may_end`: a line before may have ended the run.
    fn sets(&mut self, level: &mut Level<'a>, d: &'a Directive, in_if: bool, may_end: &mut bool) {
        if d.is("set")
            && let (Some(name), Some(value)) = (d.arg(0).and_then(|w| w.value.strip_prefix(b"$")), d.arg(1))
        {
            level.sets.push(Set { name, value: &value.value, is_conditional: in_if || *may_end, span: d.span });
        } else if d.is("if") && !in_if {
            for item in self.tree.splice(d.children()) {
                if let Item::Directive(d) = item {
                    self.sets(level, d, true, may_end);
                }
            }
        } else if d.is("break") || d.is("return") || d.is("rewrite") {
            *may_end = true;
        }
        elsewhere(d, &mut self.elsewhere);
    }
}

/// Why nginx refuses a location at its place (vectors X05, X21).
fn misplaced(location: &Location, parent: Option<&Location>, taken: &mut HashSet<(bool, String)>) -> Option<String> {
    if location.matches == Matches::If {
        return None;
    }
    if let Some(Location { matches: Matches::Exact(outer), .. }) = parent {
        return Some(format!("no location may stand in the exact location {outer}"));
    }
    let key = match &location.matches {
        Matches::Exact(path) => (true, path.clone()),
        Matches::Prefix { path, .. } => (false, path.clone()),
        Matches::Named | Matches::Regex { .. } | Matches::If => return None,
    };
    let path = key.1.clone();
    (!taken.insert(key)).then(|| format!("the location {path} stands twice"))
}

/// A directive of another module that gives a variable its value.
fn elsewhere<'a>(d: &'a Directive, variables: &mut Variables<'a>) {
    let at = match d.name().text().as_str() {
        "auth_request_set" | "js_set" | "js_var" | "perl_set" | "set_by_lua" | "set_by_lua_block" | "set_by_lua_file" | "userid_map" => d.arg(0),
        "geoip2"
        | "keyval"
        | "set_random"
        | "set_secure_random_alphanum"
        | "set_unescape_uri"
        | "set_escape_uri"
        | "set_md5"
        | "set_sha1"
        | "set_hmac_sha256"
        | "set_if_empty"
        | "echo_set"
        | "auth_jwt_claim_set"
        | "num_map" => {
            for word in d.args() {
                if let Some(name) = word.value.strip_prefix(b"$") {
                    variables.definitions.entry(name).or_insert(Definition::Elsewhere(d.span));
                }
            }
            return;
        }
        // Expressions with names for what they match.
        "server_name" | "location" | "if" | "rewrite" if d.args().iter().any(|w| w.value.windows(2).any(|b| b == b"?<" || b == b"?P")) => {
            variables.is_open = true;
            return;
        }
        _ => return,
    };
    if let Some(name) = at.and_then(|w| w.value.strip_prefix(b"$")) {
        variables.definitions.entry(name).or_insert(Definition::Elsewhere(d.span));
    }
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
            } else if let Some(expression) = rest("~*") {
                Matches::Regex { expression, any_case: true }
            } else if let Some(expression) = rest("~") {
                Matches::Regex { expression, any_case: false }
            } else {
                Matches::Prefix { path: text, stops: false }
            })
        }
        [mark, what] if mark.is("=") => Some(Matches::Exact(path(what))),
        [mark, what] if mark.is("^~") => Some(Matches::Prefix { path: path(what), stops: true }),
        [mark, what] if mark.is("~") || mark.is("~*") => Some(Matches::Regex { expression: path(what), any_case: mark.is("~*") }),
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
