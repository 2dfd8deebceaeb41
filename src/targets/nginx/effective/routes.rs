//! Which blocks answer the requests that a `match` of the spec names (ngx_http_core_module, `location`, `server_name`).
//!
//! Among locations of one level an exact one wins, then the longest prefix; then the first regular expression that
//! matches, unless that prefix stands with `^~`. Locations inside the winner are searched the same way.

use super::{Location, Matches, Server, Servers};
use crate::spec::Match;

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
    if !search(server, None, wanted, &mut found) {
        found.push((Block::Server, Meets::Partly));
    }
    found
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
            if matches!(&location.matches, Matches::Regex(regex) if may_match(regex, wanted)) {
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
        let ifs = server.inside(Some(index)).iter().filter(|i| server.locations.get(**i).is_some_and(|l| l.matches == Matches::If));
        found.extend(ifs.map(|i| (Block::Location(*i), Meets::Partly)));
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
