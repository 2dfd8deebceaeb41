//! The vectors of what nginx does: configurations, with what nginx 1.22.1 and 1.31.3 were seen to answer. Each runs
//! through the evaluator, and on the real programs that are installed; all must agree, header by header.
//!
//! A request names the server (by its index) and the place that answers it where they are not the first server and the
//! place that the path leads to: `as` is the path after internal redirects, `at` a place by its name. `dynamic` lists
//! headers whose value only a request decides.

mod live;

use super::Tree;
use secgen::finding::{Finding, Kind};
use secgen::strictness::tls::Version;
use secgen::targets::nginx::effective::backend::Hidden;
use secgen::targets::nginx::effective::headers::{By, Effective, Sent, cache_control};
use secgen::targets::nginx::effective::limits::{self, Limit};
use secgen::targets::nginx::effective::routes::{Block, block_of};
use secgen::targets::nginx::effective::variables::{Scene, Set};
use secgen::targets::nginx::effective::{self, Level, Location, Matches, Server, Servers, Speaks, cookies, tls};
use secgen::targets::nginx::include::{Notes, load};
use secgen::targets::nginx::versions::Versions;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The versions that the vectors were seen on.
const OLD: &str = "1.22.1";
const NEW: &str = "1.31.3";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    id: String,
    /// What it shows, for readers of the file.
    about: String,
    config: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// By version, or `both`.
    expect: BTreeMap<String, Expected>,
    /// The line of `nginx.conf` that is refused, or `FILE:LINE`.
    #[serde(default)]
    line: Option<String>,
    /// Why the evaluator does not say so.
    #[serde(default)]
    beyond: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// nginx does not start, and says this.
    refused: Option<String>,
    /// nginx starts, and says this.
    warns: Option<String>,
    #[serde(default)]
    requests: Vec<Request>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
// Each of them is a word of the file.
#[allow(clippy::struct_excessive_bools)]
struct Request {
    path: Option<String>,
    host: Option<String>,
    method: Option<String>,
    body: Option<String>,
    header: Option<String>,
    raw: Option<String>,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    http2: bool,
    /// Plain HTTP to a socket that speaks TLS.
    #[serde(default)]
    plain: bool,
    status: Option<u16>,
    /// Of requests in a row.
    statuses: Option<Vec<u16>>,
    lines: Option<Vec<String>>,
    trailers: Option<Vec<String>>,
    #[serde(default)]
    any_order: bool,
    #[serde(default)]
    server: usize,
    /// The server that is asked behind this one.
    backend: Option<usize>,
    at: Option<String>,
    r#as: Option<String>,
    #[serde(default)]
    dynamic: Vec<String>,
    /// Arguments of `openssl s_client`.
    handshake: Option<Vec<String>>,
    /// What it says: version and suite, or `refused (why)`.
    gives: Option<String>,
}

const FILES: [(&str, usize); 9] = [("H", 36), ("I", 15), ("M", 9), ("Q", 17), ("N", 11), ("T", 41), ("R", 20), ("K", 3), ("X", 32)];

fn vectors(group: &str) -> Vec<Vector> {
    let path = crate::support::project().join(format!("tests/nginx/vectors/{group}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|why| panic!("{group}: {why}"))
}

impl Vector {
    fn expected(&self, version: &str) -> Option<&Expected> {
        self.expect.get("both").or_else(|| self.expect.get(version))
    }

    /// With ports in place of their names.
    fn fill(text: &str, ports: [u16; 3]) -> String {
        let [port, second, backend] = ports.map(|p| p.to_string());
        text.replace("@PORT@", &port).replace("@PORT2@", &second).replace("@BACKEND@", &backend)
    }

    /// The http block's content, which may close it and open others.
    fn main(&self, ports: [u16; 3]) -> String {
        format!("events {{ }}\nhttp {{\n{}\n}}\n", Self::fill(&self.config, ports))
    }
}

const PORTS: [u16; 3] = [18080, 18081, 18082];

fn versions(version: &str) -> Versions {
    if version == OLD { Versions { nginx: Some((1, 22, 1)), openssl: Some((3, 0)) } } else { Versions { nginx: Some((1, 31, 3)), openssl: Some((3, 5)) } }
}

#[test]
fn all_are_here() {
    let mut ids = BTreeSet::new();
    for (group, count) in FILES {
        let all = vectors(group);
        assert_eq!(all.len(), count, "{group}");
        for vector in &all {
            assert!(!vector.about.is_empty() && !vector.expect.is_empty(), "{}", vector.id);
            assert!(ids.insert(vector.id.clone()), "{} twice", vector.id);
        }
    }
    assert_eq!(ids.len(), 184);
}

/// Runs the vectors of a group through the evaluator.
fn evaluate(group: &str) {
    let mut failed = Vec::new();
    for vector in vectors(group) {
        for version in [OLD, NEW] {
            if let Some(expected) = vector.expected(version)
                && let Err(why) = agrees(&vector, version, expected)
            {
                failed.push(format!("{} ({}) by nginx {version}: {why}", vector.id, vector.about));
            }
        }
    }
    assert!(failed.is_empty(), "{} fail:\n{}", failed.len(), failed.join("\n"));
}

macro_rules! groups {
    ($($name:ident = $group:literal),*) => { $(#[test] fn $name() { evaluate($group); })* };
}

groups!(h_headers = "H", i_inherit = "I", m_headers_more = "M", q_lexing = "Q", n_includes = "N", t_tls = "T", r_limits = "R", k_cookies = "K", x_others = "X");

fn agrees(vector: &Vector, version: &str, expected: &Expected) -> Result<(), String> {
    let main = vector.main(PORTS);
    let files: Vec<(String, String)> = vector.files.iter().map(|(path, text)| (path.clone(), Vector::fill(text, PORTS))).collect();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    all.push(("nginx.conf", &main));
    let mut tree = Tree::new(&all);
    let id = tree.sources.read("nginx.conf", 1 << 20).map_err(|e| e.to_string())?;
    let mut notes = Notes::default();
    let loaded = load(&mut tree.sources, id, &[], &mut notes);
    let mut findings: Vec<Finding> = notes.findings;
    let parsed = loaded.as_ref().map(|tree| effective::servers(tree, versions(version), &mut findings));
    let is_refusal = |f: &&Finding| f.kind == Kind::Error || f.rule.name == "nginx-refused";
    let refusals: Vec<String> =
        findings.iter().filter(is_refusal).map(|f| f.primary.as_ref().map(|p| tree.sources.place(p.span)).unwrap_or_default() + " " + &f.message).collect();
    if let Some(said) = &expected.refused {
        if vector.beyond.is_some() {
            return if refusals.is_empty() { Ok(()) } else { Err(format!("{refusals:?}, though it is marked as beyond")) };
        }
        let line = vector.line.clone().unwrap_or_else(|| "3".to_owned());
        let place = if line.contains(':') { line } else { format!("nginx.conf:{line}") };
        let right = refusals.iter().any(|r| r.starts_with(&format!("{place} ")));
        return if right { Ok(()) } else { Err(format!("nginx says {said:?} about {place}; found {refusals:?}")) };
    }
    if !refusals.is_empty() {
        return Err(format!("nginx starts, and this is said: {refusals:?}"));
    }
    let Some(all) = parsed else { return Err("nothing was read".to_owned()) };
    for request in &expected.requests {
        let answer = if request.handshake.is_some() { handshake(&all, request, version) } else { answer(&all, request, version) };
        answer.map_err(|why| format!("{request:?}: {why}"))?;
    }
    Ok(())
}

/// A header's name, and the values that it may have; `None` if a request decides.
type Line = (String, Option<Vec<String>>);

/// A place that answers, with all that holds there.
struct Place<'s, 'a> {
    headers: Effective<'a>,
    limits: limits::Effective<'a>,
    hidden: Hidden<'a>,
    cookies: cookies::Effective<'a>,
    sets: Vec<Set<'a>>,
    level: &'s Level<'a>,
    /// `return` of the server ends every request.
    ends: bool,
}

fn chain<'s, 'a>(server: &'s Server<'a>, location: &'s Location<'a>) -> Vec<&'s Location<'a>> {
    let mut chain = vec![location];
    while let Some(parent) = chain.last().and_then(|l| l.parent) {
        chain.push(&server.locations[parent]);
    }
    chain.reverse();
    chain
}

fn place<'s, 'a>(servers: &'s Servers<'a>, request: &Request) -> Result<Place<'s, 'a>, String> {
    let server = servers.servers.get(request.server).ok_or("no such server")?;
    let path = request.r#as.clone().or_else(|| request.path.clone()).unwrap_or_else(|| "/".to_owned());
    let path = path.split('?').next().unwrap_or_default();
    let name = |location: &Location| chain(server, location).iter().map(|l| l.label.clone()).collect::<Vec<_>>().join(" > ");
    let block = match request.at.as_deref() {
        Some("server") => Block::Server,
        Some(at) => Block::Location(server.locations.iter().position(|l| name(l) == at).ok_or_else(|| format!("no place {at}"))?),
        None if request.raw.is_some() || request.plain => Block::Server,
        None => block_of(server, path).ok_or("the place is not known")?,
    };
    let top = &servers.level;
    let mut place = Place {
        headers: Effective::top(top).below(&server.level, server.span),
        limits: limits::Effective::default().below(top).below(&server.level),
        hidden: Hidden::default().below(top).below(&server.level),
        cookies: cookies::Effective::default().below(top).below(&server.level),
        sets: server.level.sets.clone(),
        level: &server.level,
        ends: server.level.returns.is_some(),
    };
    if let Block::Location(index) = block {
        let chain = chain(server, &server.locations[index]);
        for (depth, location) in chain.iter().enumerate() {
            place.headers = place.headers.below(&location.level, location.span);
            place.limits = place.limits.below(&location.level);
            place.hidden = place.hidden.below(&location.level);
            place.cookies = place.cookies.below(&location.level);
            place.level = &location.level;
            let is_last = depth + 1 == chain.len();
            let runs_on = chain.last().is_some_and(|l| l.matches == Matches::If) && depth + 2 == chain.len();
            if is_last || runs_on {
                place.sets.extend(&location.level.sets);
            }
        }
    }
    Ok(place)
}

fn media(path: &str, status: u16) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    match path.rsplit('.').next() {
        Some("html") => "text/html",
        Some("png") => "image/png",
        _ if path.ends_with('/') || status >= 300 => "text/html",
        _ => "text/plain",
    }
}

/// The values that one line of the wire may have; `None` if a request decides.
fn values(scene: &Scene, line: &Sent) -> Option<Vec<String>> {
    let values = scene.values(line.value).ok()?;
    Some(values.into_iter().map(|v| if line.by == By::Expires { cache_control(&v.text).unwrap_or_default() } else { v.text }).collect())
}

fn answer(all: &[Servers], request: &Request, version: &str) -> Result<(), String> {
    let servers = all.iter().find(|s| s.speaks == Speaks::Http).ok_or("no http")?;
    let server = servers.servers.get(request.server).ok_or("no such server")?;
    let place = place(servers, request)?;
    limited(servers, server, &place, request)?;
    let Some(expected) = &request.lines else { return Ok(()) };
    let status = request.status.ok_or("no status")?;
    let path = request.r#as.as_deref().or(request.path.as_deref()).unwrap_or("/");
    let media = media(path, status);
    let scene = Scene {
        variables: Some(&servers.variables),
        sets: place.sets.clone(),
        tls: Some(request.tls),
        content_types: vec![media.to_owned()],
        server_name: server.names.first().map(String::as_str),
    };
    // What nginx makes by itself is not what is shown here.
    let by_itself =
        |line: &String| ["Content-Range: ", "Expires: ", "Server: nginx", "Date: <t>", "Content-Type: text/plain"].iter().any(|own| line.starts_with(own));
    if let Some(line) = expected.iter().find(|l| l.starts_with("Server: nginx")) {
        let tokens = place.headers.server_tokens().ok().flatten().and_then(|d| d.arg(0)).is_none_or(|w| !w.is("off"));
        let says = if tokens { format!("Server: nginx/{version}") } else { "Server: nginx".to_owned() };
        if *line != says {
            return Err(format!("{says} instead of {line}"));
        }
    }
    let mut expected: Vec<String> = expected.iter().filter(|line| !by_itself(line)).cloned().collect();
    let mut found: Vec<Line> = Vec::new();
    for line in backend(servers, &place, request, status)? {
        found.push(line);
    }
    let wire = place.headers.wire(status, Some(media));
    let of = |line: &Sent| (String::from_utf8_lossy(line.name).into_owned(), values(&scene, line));
    found.extend(wire.iter().map(of));
    if request.http2 {
        for (name, _) in &mut found {
            *name = name.to_ascii_lowercase();
        }
    }
    if request.any_order {
        expected.sort();
        found.sort();
    }
    match_lines(&expected, &found, &request.dynamic)?;
    if let Some(trailers) = &request.trailers {
        let found: Vec<_> = place.headers.trailers(status).iter().map(of).collect();
        match_lines(trailers, &found, &[])?;
    }
    Ok(())
}

/// The lines of the wire against those that were seen, in order.
fn match_lines(expected: &[String], found: &[Line], dynamic: &[String]) -> Result<(), String> {
    let mut seen = expected.iter().peekable();
    for (name, values) in found {
        let is_next = seen.peek().and_then(|line| line.split_once(": ")).filter(|(n, _)| n == name);
        match (is_next, values) {
            (Some(_), None) if dynamic.contains(name) => drop(seen.next()),
            (_, None) => return Err(format!("{name} is not decided")),
            (Some((_, value)), Some(values)) if values.iter().any(|v| v == value) => drop(seen.next()),
            // An empty value sends nothing.
            (_, Some(values)) if values.iter().any(String::is_empty) => {}
            (_, Some(values)) => return Err(format!("{name} would be {values:?}; seen {expected:?}")),
        }
        if dynamic.contains(name) && values.is_some() {
            return Err(format!("{name} is decided, and should not be"));
        }
    }
    match seen.next() {
        Some(line) => Err(format!("{line:?} is not expected; found {found:?}")),
        None => Ok(()),
    }
}

/// The lines of the backend that are passed on.
fn backend(servers: &Servers, place: &Place, request: &Request, status: u16) -> Result<Vec<Line>, String> {
    let Some(index) = request.backend else { return Ok(Vec::new()) };
    let (kind, _) = place.level.pass.ok_or("the place asks no backend")?;
    let server = servers.servers.get(index).ok_or("no such backend")?;
    let sent = Effective::top(&servers.level).below(&server.level, server.span);
    let mut lines = Vec::new();
    for line in sent.wire(status, None) {
        let name = String::from_utf8_lossy(line.name).into_owned();
        let value = String::from_utf8_lossy(line.value).into_owned();
        if place.hidden.has(kind, &name) || place.headers.replaces(&name) {
            continue;
        }
        let value = if name == "Set-Cookie" { with_flags(place, &value)? } else { value };
        lines.push((name, Some(vec![value])));
    }
    Ok(lines)
}

/// A cookie as nginx passes it on: flags that the line in force sets are added at the end, in nginx's order.
fn with_flags(place: &Place, cookie: &str) -> Result<String, String> {
    let name = cookie.split('=').next().unwrap_or_default();
    let Some(line) = place.cookies.line_for(name).map_err(|_| "an expression cannot be tried")? else { return Ok(cookie.to_owned()) };
    let mut parts: Vec<String> = cookie.split("; ").map(str::to_owned).collect();
    for flag in line.args().iter().skip(1).map(secgen::targets::nginx::lex::Word::text) {
        let (attribute, set) = match flag.as_str() {
            "secure" => ("Secure", true),
            "httponly" => ("HttpOnly", true),
            "nosecure" => ("Secure", false),
            "nohttponly" => ("HttpOnly", false),
            "samesite=strict" => ("SameSite=Strict", true),
            "samesite=lax" => ("SameSite=Lax", true),
            other => return Err(format!("flag {other}")),
        };
        let stem = attribute.split('=').next().unwrap_or_default();
        let has = parts.iter().any(|p| p.eq_ignore_ascii_case(attribute));
        if !(set && has) {
            parts.retain(|p| !p.split('=').next().unwrap_or_default().eq_ignore_ascii_case(stem));
            parts.extend(set.then(|| attribute.to_owned()));
        }
    }
    Ok(parts.join("; "))
}

/// Whether requests in a row are limited as was seen, and with which status.
fn limited(servers: &Servers, server: &Server, place: &Place, request: &Request) -> Result<(), String> {
    let Some(statuses) = &request.statuses else { return Ok(()) };
    let refused = statuses.iter().find(|s| **s >= 400);
    let bypassed = place.ends || place.level.returns.is_some();
    let scene = Scene { variables: Some(&servers.variables), server_name: server.names.first().map(String::as_str), ..Scene::default() };
    let mut limits = false;
    for line in &place.limits.lines {
        let Limit::Bucket { key, burst, per_minute, .. } = limits::limit(servers, line) else { return Err("no limit".to_owned()) };
        let counts = limits::always_counts(&scene, &key);
        // A key that may be empty limits some requests and not others.
        let asks = request.path.as_deref().unwrap_or_default().contains("k=") || key == "$host";
        limits |= per_minute < 60 && burst < statuses.len() as u64 && (counts || asks);
    }
    let limits = limits && !bypassed && place.limits.dry_run.is_none();
    let says = limits::status(place.limits.status);
    match refused {
        None if limits => Err("nothing was refused, and the evaluator sees a limit".to_owned()),
        Some(_) if !limits => Err("requests were refused, and the evaluator sees no limit".to_owned()),
        Some(status) if *status != says => Err(format!("refused with {status}, not {says}")),
        _ => Ok(()),
    }
}

/// What a client is given: the versions and suites that the evaluator sees for the server that it asks for.
fn handshake(all: &[Servers], request: &Request, version: &str) -> Result<(), String> {
    let arguments = request.handshake.as_deref().unwrap_or_default();
    let gives = request.gives.as_deref().unwrap_or_default();
    let servers = all.iter().find(|s| s.servers.iter().any(|server| s.speaks_tls(server) == Some(true))).ok_or("nobody speaks TLS")?;
    let asked = arguments.iter().position(|a| a == "-servername").and_then(|i| arguments.get(i + 1));
    let of_name = |name: &&String| servers.servers.iter().position(|s| s.names.contains(name));
    let socket = servers.servers.iter().flat_map(|s| s.listens.iter().flatten()).find(|l| servers.is_tls(&l.socket)).ok_or("no socket")?;
    let index = asked.as_ref().and_then(of_name).or_else(|| servers.default_of(&socket.socket)).ok_or("no server")?;
    let server = &servers.servers[index];
    if server.level.rejects == Some(true) {
        return if gives.starts_with("FAIL") { Ok(()) } else { Err("the server refuses handshakes".to_owned()) };
    }
    let answers = tls::answers(servers, index, versions(version));
    let [answer] = &answers[..] else { return Err(format!("{} answers", answers.len())) };
    let Ok(spoken) = &answer.protocols else { return Err("the versions are not known".to_owned()) };
    let offers: Vec<Version> = [("-tls1", Version::Tls10), ("-tls1_1", Version::Tls11), ("-tls1_2", Version::Tls12), ("-tls1_3", Version::Tls13)]
        .into_iter()
        .filter(|(flag, _)| !arguments.iter().any(|a| a.starts_with("-tls1")) || arguments.iter().any(|a| a == flag))
        .map(|(_, v)| v)
        .collect();
    let agreed = offers.iter().copied().filter(|v| spoken.value.contains(*v)).max();
    if gives.starts_with("refused") {
        return agreed.map_or(Ok(()), |v| Err(format!("refused, and the evaluator sees {v:?}")));
    }
    let agreed = agreed.ok_or_else(|| format!("agreed on {gives}, and the evaluator sees {}", spoken.value))?;
    let suite = gives.split(' ').nth(1).unwrap_or_default();
    let default = servers.default_of(&socket.socket).unwrap_or(index);
    let Ok(suites) = tls::suites(servers, index, default, &spoken.value, versions(version)) else { return Err("the suites are not known".to_owned()) };
    if !suites.value.contains(suite) {
        return Err(format!("agreed on {suite} by {agreed:?}, and the evaluator sees {:?}", suites.value));
    }
    if let Some(group) = gives.split("tempkey=ECDH, ").nth(1).and_then(|rest| rest.split(',').next()) {
        let groups = tls::groups(servers, index, tls::defaults(servers, index)[0].0).map_err(|_| "the groups are not known")?;
        if groups.text != group {
            return Err(format!("agreed on the group {group}, and the evaluator sees {}", groups.text));
        }
    }
    if arguments.iter().all(|a| !a.starts_with("-tls1_3")) && agreed == Version::Tls12 {
        let tickets = tls::tickets(servers, index, versions(version)).map_err(|_| "tickets are not known")?;
        let has = gives.ends_with(" ticket");
        // Only the vectors about tickets look for them.
        if (has || tickets.at.is_some()) && tickets.value != has {
            return Err(format!("ticket: {has}, and the evaluator sees {}", tickets.value));
        }
    }
    Ok(())
}
