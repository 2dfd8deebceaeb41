//! Which blocks answer the requests that a `match` of the spec names (ngx_http_core_module, `location`, `server_name`).
//!
//! Among locations of one level an exact one wins, then the longest prefix; then the first regular expression that
//! matches, unless that prefix stands with `^~`. Locations inside the winner are searched the same way.

use super::regex::Pattern;
use super::{Level, Location, Matches, Server, Servers};
use crate::source::Span;
use crate::spec::Match;
use crate::targets::nginx::lex::Word;

/// How the requests of a block and those of a `match` meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meets {
    /// A regular expression decides; it may answer some of them.
    Maybe,
    /// It answers some of them, and others too.
    Partly,
    /// It answers nothing else.
    Whole,
}

/// A block of a server: the server itself, or a location by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The server's own level.
    Server,
    /// One of its locations.
    Location(usize),
}

impl Block {
    /// What a location is for; `None` of the server itself.
    #[must_use]
    pub fn location<'s>(self, server: &'s Server) -> Option<&'s Matches> {
        match self {
            Self::Server => None,
            Self::Location(i) => server.locations.get(i).map(|location| &location.matches),
        }
    }
}

/// How each server meets the requests for a host, by its index.
#[must_use]
pub fn servers_of(servers: &Servers, host: Option<&str>) -> Vec<Option<Meets>> {
    let mut all = vec![None; servers.servers.len()];
    for (i, meets) in answering(servers, host) {
        all[i] = Some(meets);
    }
    all
}

/// The servers that answer for a host.
fn answering(servers: &Servers, host: Option<&str>) -> Vec<(usize, Meets)> {
    let Some(host) = host.map(str::to_ascii_lowercase) else {
        return (0..servers.servers.len()).map(|i| (i, Meets::Whole)).collect();
    };
    let by = |test: &dyn Fn(&str) -> bool| -> Vec<(usize, Meets)> {
        let meets = |server: &Server| match server.names.iter().filter(|n| test(n)).count() {
            0 => None,
            n if n == server.names.len() => Some(Meets::Whole),
            _ => Some(Meets::Partly),
        };
        servers.servers.iter().enumerate().filter_map(|(i, server)| Some((i, meets(server)?))).collect()
    };
    if let Some(domain) = host.strip_prefix("*.") {
        let below = |name: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        return by(&below);
    }
    // nginx looks for the exact name, then for the longest wildcard, then for regular expressions.
    let exact = by(&|name| name == host || name.strip_prefix('.') == Some(&host));
    if !exact.is_empty() {
        return exact;
    }
    let wild = |name: &str| {
        let tail = name.strip_prefix('*').or_else(|| name.starts_with('.').then_some(name));
        let head = name.strip_suffix(".*");
        tail.is_some_and(|t| t.starts_with('.') && host.ends_with(t)) || head.is_some_and(|h| host.strip_prefix(h).is_some_and(|rest| rest.starts_with('.')))
    };
    let wildcards: Vec<_> = by(&wild).into_iter().map(|(i, _)| (i, Meets::Partly)).collect();
    if !wildcards.is_empty() {
        return wildcards;
    }
    let regexes: Vec<_> = by(&|name| name.starts_with('~')).into_iter().map(|(i, _)| (i, Meets::Maybe)).collect();
    if !regexes.is_empty() {
        return regexes;
    }
    // The default server of a socket answers for every other host, where it is made for that: without a name.
    let is_default = |i: usize, server: &Server| server.listens.iter().flatten().any(|l| servers.default_of(&l.socket) == Some(i));
    let nameless = |server: &Server| server.names.iter().all(|n| matches!(n.as_str(), "" | "_"));
    servers.servers.iter().enumerate().filter(|(i, s)| nameless(s) && is_default(*i, s)).map(|(i, _)| (i, Meets::Partly)).collect()
}

/// The blocks of a server that answer the requests of a `match`, by its path.
#[must_use]
pub fn blocks_of(server: &Server, matches: &Match) -> Vec<(Block, Meets)> {
    let wanted = match (&matches.exact, &matches.prefix) {
        (Some(path), _) => Wanted::Exact(path.as_str()),
        (None, Some(path)) => Wanted::Prefix(path.as_str()),
        (None, None) => {
            let locations = (0..server.locations.len()).map(Block::Location);
            return std::iter::once(Block::Server).chain(locations).map(|b| (b, Meets::Whole)).collect();
        }
    };
    // A `return` of the server answers before any location is looked for.
    if server.level.returns.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Wanted::Exact(path) = wanted
        && let Some(block) = block_of(server, path)
    {
        let exact = |i: usize| server.locations.get(i).is_some_and(|l| l.matches == Matches::Exact(path.to_owned()));
        found.push((block, if matches!(block, Block::Location(i) if exact(i)) { Meets::Whole } else { Meets::Partly }));
        if let Block::Location(i) = block {
            ifs(server, i, &mut found);
        }
        return found;
    }
    if !search(server, None, wanted, &mut found) {
        found.push((Block::Server, Meets::Partly));
    }
    found
}

/// The block that answers a path; `None` where an expression decides that cannot be tried
/// (`ngx_http_core_find_location`).
#[must_use]
pub fn block_of(server: &Server, path: &str) -> Option<Block> {
    let mut found = None;
    find(server, None, path, &mut found)?;
    Some(found.map_or(Block::Server, Block::Location))
}

/// Whether the search has ended with what was found.
fn find(server: &Server, parent: Option<usize>, path: &str, found: &mut Option<usize>) -> Option<bool> {
    let children = || server.inside(parent).iter().filter_map(|i| Some((*i, server.locations.get(*i)?)));
    if let Some((i, _)) = children().find(|(_, l)| matches!(&l.matches, Matches::Exact(p) if p == path)) {
        *found = Some(i);
        return Some(true);
    }
    let prefixes = children().filter_map(|(i, l)| match &l.matches {
        Matches::Prefix { path: p, stops } if path.starts_with(p.as_str()) => Some((i, p.len(), *stops)),
        _ => None,
    });
    let mut stops = false;
    if let Some((i, _, of_longest)) = prefixes.max_by_key(|(_, len, _)| *len) {
        *found = Some(i);
        stops = of_longest;
        // Locations inside the longest prefix are searched before the expressions beside it.
        if find(server, Some(i), path, found)? {
            return Some(true);
        }
    }
    if stops {
        return Some(false);
    }
    for (i, location) in children() {
        let Matches::Regex { expression, any_case } = &location.matches else { continue };
        if Pattern::new(expression, *any_case)?.matches(path)? {
            *found = Some(i);
            find(server, Some(i), path, found)?;
            return Some(true);
        }
    }
    Some(false)
}

/// How often a request may go on inside a server (`NGX_HTTP_MAX_URI_CHANGES`).
const MAX_REDIRECTS: usize = 10;

/// The blocks that answer the requests of a `match`, and those to which they send requests on (`try_files`,
/// `error_page`, `index`, `rewrite ... last`), with the line that does. What such a block sends is what the client gets
/// (reference vectors H15, H17, H18, H28, X14).
#[must_use]
pub fn reached(servers: &Servers, server: &Server, matches: &Match) -> Vec<(Block, Meets, Option<Span>)> {
    let mut found: Vec<(Block, Meets, Option<Span>)> = blocks_of(server, matches).into_iter().map(|(block, meets)| (block, meets, None)).collect();
    if matches.exact.is_none() && matches.prefix.is_none() {
        return found;
    }
    let mut from: Vec<Block> = found.iter().filter(|(_, meets, _)| *meets != Meets::Maybe).map(|(block, ..)| *block).collect();
    let path = matches.exact.as_ref().map(|p| p.as_str().to_owned());
    for _ in 0..MAX_REDIRECTS {
        let targets: Vec<(Block, Span)> = from.iter().flat_map(|block| redirects(servers, server, *block, path.as_deref())).collect();
        from.clear();
        for (block, span) in targets {
            match found.iter_mut().find(|(b, ..)| *b == block) {
                None => found.push((block, Meets::Partly, Some(span))),
                // An expression that may answer some requests gets others for certain.
                Some(known) if known.1 == Meets::Maybe => *known = (block, Meets::Partly, Some(span)),
                Some(_) => continue,
            }
            from.push(block);
        }
        if from.is_empty() {
            break;
        }
    }
    found
}

/// Where a block sends requests on, as far as the file says.
fn redirects(servers: &Servers, server: &Server, block: Block, path: Option<&str>) -> Vec<(Block, Span)> {
    let mut around: Vec<&Level> = Vec::new();
    if let Block::Location(i) = block {
        let mut next = server.locations.get(i);
        while let Some(location) = next {
            around.push(&location.level);
            next = location.parent.and_then(|p| server.locations.get(p));
        }
    }
    around.extend([&server.level, &servers.level]);
    let Some(own) = around.first() else { return Vec::new() };
    let mut targets: Vec<(String, Span)> = Vec::new();
    for line in &own.redirects {
        let words: Vec<String> = line.args().iter().map(Word::text).collect();
        if line.is("try_files") {
            targets.extend(words.last().map(|last| (last.clone(), line.span)));
        } else if line.is("rewrite") && (words.len() == 2 || words.get(2).is_some_and(|flag| flag == "last")) {
            targets.extend(words.get(1).map(|to| (to.clone(), line.span)));
        }
    }
    let errors = around.iter().find(|level| level.redirects.iter().any(|d| d.is("error_page")));
    for line in errors.iter().flat_map(|level| &level.redirects).filter(|d| d.is("error_page")) {
        targets.extend(line.args().last().map(|last| (last.text(), line.span)));
    }
    let is_static = own.pass.is_none() && own.returns.is_none() && !own.redirects.iter().any(|d| d.is("try_files"));
    if let (true, Some(folder), Block::Location(i)) = (is_static, path.filter(|p| p.ends_with('/')), block) {
        let index = around.iter().find_map(|level| level.index);
        let name = index.and_then(|d| d.arg(0)).map_or_else(|| "index.html".to_owned(), Word::text);
        let span = index.map_or_else(|| server.locations.get(i).map_or(server.span, |l| l.span), |d| d.span);
        targets.push((format!("{folder}{name}"), span));
    }
    let block = |target: &str| {
        if target.starts_with('@') {
            let label = format!("location {target}");
            return server.locations.iter().position(|l| l.matches == Matches::Named && l.label == label).map(Block::Location);
        }
        let path = target.split('?').next().unwrap_or_default();
        // What variables make of it is decided by the request.
        (path.starts_with('/') && !path.contains('$')).then(|| block_of(server, path)).flatten()
    };
    targets.into_iter().filter_map(|(target, span)| Some((block(&target)?, span))).collect()
}

/// The `if` blocks of a location, which answer some of its requests.
fn ifs(server: &Server, index: usize, found: &mut Vec<(Block, Meets)>) {
    let ifs = server.inside(Some(index)).iter().filter(|i| server.locations.get(**i).is_some_and(|l| l.matches == Matches::If));
    found.extend(ifs.map(|i| (Block::Location(*i), Meets::Partly)));
}

#[derive(Clone, Copy)]
enum Wanted<'a> {
    Exact(&'a str),
    Prefix(&'a str),
}

/// Searches the locations directly inside `parent`. Whether some location answers every wanted request.
fn search(server: &Server, parent: Option<usize>, wanted: Wanted, found: &mut Vec<(Block, Meets)>) -> bool {
    let children: Vec<(usize, &Location)> = server.inside(parent).iter().filter_map(|i| Some((*i, server.locations.get(*i)?))).collect();
    let path = match wanted {
        Wanted::Exact(path) | Wanted::Prefix(path) => path,
    };
    if let Wanted::Exact(path) = wanted
        && let Some((i, _)) = children.iter().find(|(_, l)| l.matches == Matches::Exact(path.to_owned()))
    {
        whole(server, *i, found);
        return true;
    }
    // The prefix that wins for the path itself, and with it for all paths below that no longer prefix takes.
    let above = children.iter().filter_map(|(i, l)| match &l.matches {
        Matches::Prefix { path: p, stops } if path.starts_with(p.as_str()) => Some((*i, p.as_str(), *stops)),
        _ => None,
    });
    let above = above.max_by_key(|(_, p, _)| p.len());
    let mut stops_all = above.is_none_or(|(_, _, stops)| stops);
    if let Some((i, p, _)) = above {
        if matches!(wanted, Wanted::Prefix(path) if path == p) {
            whole(server, i, found);
        } else {
            partly(server, i, wanted, found);
        }
    }
    if matches!(wanted, Wanted::Prefix(_)) {
        for (i, location) in &children {
            match &location.matches {
                Matches::Prefix { path: p, stops } if p.len() > path.len() && p.starts_with(path) => {
                    stops_all &= stops;
                    whole(server, *i, found);
                }
                Matches::Exact(p) if p.starts_with(path) => whole(server, *i, found),
                _ => {}
            }
        }
    }
    if above.is_none() || !stops_all {
        for (i, location) in &children {
            if matches!(&location.matches, Matches::Regex { expression, .. } if may_match(expression, wanted)) {
                maybe(server, *i, found);
            }
        }
    }
    above.is_some()
}

/// A block and all inside of it.
fn whole(server: &Server, index: usize, found: &mut Vec<(Block, Meets)>) {
    found.push((Block::Location(index), Meets::Whole));
    for i in server.inside(Some(index)) {
        whole(server, *i, found);
    }
}

fn maybe(server: &Server, index: usize, found: &mut Vec<(Block, Meets)>) {
    let from = found.len();
    whole(server, index, found);
    found[from..].iter_mut().for_each(|(_, meets)| *meets = Meets::Maybe);
}

/// A block that answers other requests too; locations inside of it may take the wanted ones.
fn partly(server: &Server, index: usize, wanted: Wanted, found: &mut Vec<(Block, Meets)>) {
    if !search(server, Some(index), wanted, found) {
        found.push((Block::Location(index), Meets::Partly));
        ifs(server, index, found);
    }
}

/// Whether a regular expression can match a wanted path, as far as its beginning shows: `^/static/` cannot match below
/// `/api/`. In doubt it can.
fn may_match(regex: &str, wanted: Wanted) -> bool {
    let Some(anchored) = regex.strip_prefix('^') else { return true };
    if anchored.contains('|') {
        return true;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '~' | '%' | '@' | ':');
    let mut literal: String = anchored.chars().take_while(|c| plain(*c)).collect();
    // A quantifier makes the last character optional.
    if anchored[literal.len()..].starts_with(['?', '*', '{']) {
        literal.pop();
    }
    // Letter case may not count (`~*`).
    let (literal, path) = (
        literal.to_ascii_lowercase(),
        match wanted {
            Wanted::Exact(path) | Wanted::Prefix(path) => path.to_ascii_lowercase(),
        },
    );
    match wanted {
        Wanted::Exact(_) => path.starts_with(&literal),
        Wanted::Prefix(_) => path.starts_with(&literal) || literal.starts_with(&path),
    }
}
