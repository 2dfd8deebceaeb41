//! Facts about what other origins may do: `http.cors.NAME`.
//!
//! At each place of the entry's `match`, answers to `OPTIONS` in an `if` among them, all that its header lines may say to
//! any request is taken together: whoever some request lets in, is let in.

use super::{Judge, Judged, OfServer, Place, headers as fields, hosts, reached};
use crate::finding::{Cause, Finding, Kind, Label, Rule};
use crate::source::Span;
use crate::spec::Match;
use crate::strictness::Value;
use crate::strictness::cors::{Cors, Lines, Names, Origins};
use crate::targets::Found;
use crate::targets::nginx::advice::{add, own_block};
use crate::targets::nginx::effective::backend;
use crate::targets::nginx::effective::headers::Sent;
use crate::targets::nginx::effective::origins::{self, Who};
use crate::targets::nginx::effective::routes::{Block, Meets};
use crate::targets::nginx::effective::variables::Scene;
use crate::targets::nginx::effective::{Matches, Servers};
use crate::targets::nginx::rules;
use std::collections::BTreeSet;

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const METHODS: &str = "Access-Control-Allow-Methods";
const HEADERS: &str = "Access-Control-Allow-Headers";
const MAX_AGE: &str = "Access-Control-Max-Age";
/// What decides who may do what.
const DECIDING: [&str; 4] = [ORIGIN, CREDENTIALS, METHODS, HEADERS];

/// An entry of the policy, and which servers it is about.
pub(super) struct Entry {
    key: String,
    own: String,
    required: Cors,
    matches: Match,
    hosts: Vec<Option<Meets>>,
}

/// What is let in at a place, as far as nginx's own lines say.
struct Read {
    cors: Cors,
    /// The line that says who, and what stands behind it.
    lines: Vec<Label>,
    text: String,
    rule: &'static Rule,
    /// Two lines at once, of which browsers take none.
    is_double: bool,
    /// The answer differs by the origin that asks.
    varies: bool,
    /// Why nobody knows, and the lines behind it.
    unknown: Option<(String, Vec<Label>)>,
}

impl Judge<'_, '_> {
    /// The entries of the policy.
    pub(super) fn cors_entries(&self, servers: &Servers) -> Vec<Entry> {
        let rules = self.policy.spec.http.iter().filter_map(|h| h.cors.as_ref()).flatten();
        let entries = rules.filter_map(|(own, rule)| {
            let key = format!("http.cors.{own}");
            let Value::Cors(required) = &self.policy.intent(&key)?.value else { return None };
            let matches = rule.matches.clone().unwrap_or_default();
            Some(Entry { required: (**required).clone(), own: own.to_string(), hosts: hosts(servers, &matches), key, matches })
        });
        entries.collect()
    }

    /// Facts of one server, for every entry.
    pub(super) fn cors(&mut self, index: usize, places: &[Place], of: &OfServer, entries: &[Entry], findings: &mut Vec<Finding>) {
        for entry in entries {
            for (block, meets, by) in reached(of.servers, of.server, entry.hosts[index], &entry.matches) {
                let at = match block {
                    Block::Server => 0,
                    Block::Location(i) => i + 1,
                };
                let Some(place) = places.get(at).filter(|place| !place.is_its_location()) else { continue };
                self.served.keys.insert(entry.key.clone());
                let judged = if place.closes() {
                    Judged::not_applicable("return 444 closes the connection without a response", place.span)
                } else {
                    let condition = match block {
                        Block::Location(i) if of.server.locations[i].matches == Matches::If => Some(of.server.locations[i].label.as_str()),
                        _ => None,
                    };
                    let own = own_block(&entry.matches, meets, block.location(of.server));
                    let help = self.cors_help(entry, own.as_deref());
                    let mut judged = self.shared(entry, place, of, condition, help, findings);
                    judged.related.extend(by.map(|span| Label::new(span, "sends requests of the entry on to here")));
                    self.or_unknown(&entry.key, judged, meets, place)
                };
                self.push(&entry.key, &place.name, place.span, judged);
            }
        }
    }

    fn shared(&self, entry: &Entry, place: &Place, of: &OfServer, condition: Option<&str>, help: Vec<String>, findings: &mut Vec<Finding>) -> Judged {
        if let Some(doubt) = DECIDING.iter().find_map(|name| place.headers.doubt(name)) {
            return Judged::unknown(doubt, place.span);
        }
        let scene = place.scene(of, false);
        let read = match read(&entry.required, place, &scene, condition) {
            Ok(read) => read,
            Err(judged) => return Judged { help, ..*judged },
        };
        if let Some(line) = read.lines.first().filter(|_| read.varies && !says_vary(place)) {
            vary(line.span, findings);
        }
        if let Some(open) = self.open(entry, place, of, &read, &help) {
            return open;
        }
        let mut lines = read.lines.into_iter();
        let at = lines.next().unwrap_or_else(|| Label::new(place.span, "no other origin is let in here"));
        let judged = |found, cause| Judged { found, cause, at: at.clone(), related: lines.clone().collect(), rule: read.rule, help: help.clone(), group: None };
        let value = Value::Cors(Box::new(read.cors.clone()));
        let is_met = |this: &Self| this.passes(&entry.key, &Found::Set { value: value.clone(), text: String::new() });
        match read.unknown {
            // What is certain may be too much already.
            Some((why, labels)) if is_met(self) => {
                let mut labels = labels.into_iter();
                let at = labels.next().unwrap_or_else(|| at.clone());
                let help = help.clone();
                let (found, cause, rule) = (Found::Unverifiable(why), Cause::NotUnderstood, &rules::CORS_EXPRESSION);
                Judged { found, cause, at, related: labels.collect(), rule, help, group: None }
            }
            _ if read.is_double && read.cors.origins == Origins::These(BTreeSet::new()) => {
                let why = "of two lines at once browsers take none".to_owned();
                judged(Found::Invalid { text: String::new(), why }, Cause::Invalid)
            }
            _ if read.text.is_empty() => judged(Found::Missing, Cause::Missing),
            _ => judged(Found::Set { value: value.clone(), text: read.text.clone() }, Cause::Value),
        }
    }

    /// What a backend may say beside nginx, where that decides something.
    fn open(&self, entry: &Entry, place: &Place, of: &OfServer, read: &Read, help: &[String]) -> Option<Judged> {
        if place.level.returns.is_some() {
            return None;
        }
        let group = of.servers.servers.first().map(|s| s.span);
        let unverifiable = |why: &str, at: Label, help: Vec<String>| {
            let found = Found::Unverifiable(why.to_owned());
            Some(Judged { found, cause: Cause::Dynamic, at, related: Vec::new(), rule: &rules::CORS_BACKEND, help, group })
        };
        if let Some(program) = place.program {
            let why = "a program answers inside of nginx, and may let other origins in itself";
            return unverifiable(why, Label::new(program.span, "a program answers here"), vec!["judge a captured response".to_owned()]);
        }
        let (kind, pass) = place.pass?;
        let missing: Vec<&str> = DECIDING.into_iter().filter(|name| !place.hidden.has(kind, name) && !place.headers.replaces(name)).collect();
        let nobody = matches!(&read.cors.origins, Origins::These(origins) if origins.is_empty());
        if missing.is_empty() || (nobody && !missing.contains(&ORIGIN)) {
            let doubt = place.hidden.doubt(kind).filter(|_| !place.headers.replaces(ORIGIN));
            return doubt.map(|doubt| Judged::unknown(doubt, place.span));
        }
        let value = Found::Set { value: Value::Cors(Box::new(read.cors.clone())), text: String::new() };
        if !self.passes(&entry.key, &value) {
            return None;
        }
        let module = backend::KINDS[kind];
        let lines = missing.iter().map(|name| format!("{module}_hide_header {name};")).collect::<Vec<_>>().join(" ");
        let include = help.first().filter(|_| module == "proxy" && self.advice.renders());
        let line = include.cloned().unwrap_or_else(|| format!("add `{lines}` to this block"));
        unverifiable(
            "the backend may let other origins in itself, beside what nginx says",
            Label::new(pass.span, "passes on what the backend says"),
            vec![line],
        )
    }

    fn cors_help(&self, entry: &Entry, own: Option<&str>) -> Vec<String> {
        if let Some(include) = self.advice.include(&format!("cors.{}.conf", entry.own)) {
            return vec![format!("{}, and drop its own lines of Access-Control-*", add(&include, own))];
        }
        vec![format!("let in no more than {}; map $http_origin to a list of whole origins where there are several", entry.required)]
    }
}

/// Whether a line tells caches that the answer differs by origin.
fn says_vary(place: &Place) -> bool {
    let names = |line: &Sent| String::from_utf8_lossy(line.value).split(',').any(|name| name.trim().eq_ignore_ascii_case("origin") || name.trim() == "*");
    place.headers.wire(200, None).iter().any(|line| line.is("Vary") && names(line))
}

/// A warning for the line, once.
fn vary(span: Span, findings: &mut Vec<Finding>) {
    if findings.iter().any(|f| f.rule == &rules::CORS_VARY && f.primary.as_ref().is_some_and(|p| p.span == span)) {
        return;
    }
    let message = "the answer differs by the origin that asks, and no Vary: Origin tells caches so";
    let finding = Finding::new(&rules::CORS_VARY, Kind::Warning, message).at(span, "differs by origin");
    findings.push(finding.help("add `add_header Vary Origin always;` beside this line"));
}

/// All that nginx's own lines may say at a place.
fn read(required: &Cors, place: &Place, scene: &Scene, condition: Option<&str>) -> Result<Read, Box<Judged>> {
    let mut read =
        Read { cors: Cors::nobody(), lines: Vec::new(), text: String::new(), rule: &rules::CORS_VALUE, is_double: false, varies: false, unknown: None };
    let mut statuses: Vec<u16> = [200, 404].into_iter().chain(place.headers.statuses()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let meant: Vec<&str> = match &required.origins {
        Origins::These(origins) => origins.iter().map(String::as_str).collect(),
        Origins::Any | Origins::Reflected => Vec::new(),
    };
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for status in statuses {
        let wire = place.headers.wire(status, None);
        let who: Vec<&Sent> = wire.iter().filter(|line| line.is(ORIGIN)).collect();
        if let [first, second, ..] = who[..] {
            let mut all = Vec::new();
            for line in [first, second] {
                all.push(scene.values(line.value).is_ok_and(|values| values.iter().all(|v| !v.text.is_empty())));
            }
            if all.iter().all(|always| *always) {
                // A fault of function, and no hole.
                read.is_double = true;
                read.lines = vec![Label::new(first.span, "one of two lines"), Label::new(second.span, "nginx sends this line too")];
                continue;
            }
        }
        for line in who.iter().filter(|line| seen.insert(line.span)) {
            let granted = origins::granted(scene, line.value).map_err(|why| Box::new(fields::undecided(line, &why)))?;
            for granted in granted {
                let who = under(granted.who, condition);
                read.varies |= !matches!(who, Who::Text(_));
                let by = granted.by.iter().map(|span| Label::new(*span, "lets this origin in"));
                let labels: Vec<Label> = by.chain([Label::new(line.span, "sent here")]).collect();
                let (origins, rule) = read.let_in(who, &meant, &labels);
                if origins != Origins::These(BTreeSet::new()) {
                    let is_more = match (&origins, &required.origins) {
                        (Origins::These(found), Origins::These(allowed)) => !found.is_subset(allowed),
                        (found, allowed) => found != allowed && *allowed != Origins::Any,
                    };
                    read.note(labels, rule, is_more);
                }
                read.cors.origins = union(std::mem::replace(&mut read.cors.origins, Origins::Any), origins);
            }
        }
        for line in wire.iter().filter(|line| seen.insert(line.span)) {
            read.more(line, scene)?;
        }
    }
    if !read.lines.is_empty() {
        read.text = read.cors.to_string();
    }
    Ok(read)
}

/// Whom a value lets in where the block is an `if`: its condition may pick out origins too.
fn under(who: Who, condition: Option<&str>) -> Who {
    let Some(condition) = condition.filter(|_| who == Who::Anyone) else { return who };
    let inside = condition.trim_start_matches("if").trim().trim_start_matches('(').trim();
    let inside = inside.strip_suffix(')').unwrap_or(inside).trim();
    let (variable, rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let (operator, operand) = rest.trim().split_once(' ').unwrap_or((rest, ""));
    let operand = operand.trim();
    match (variable, operator) {
        ("$request_method", _) => who,
        ("$http_origin", "=") => Who::Origin(operand.to_ascii_lowercase()),
        ("$http_origin", "~") => origins::of_expression(operand, false),
        ("$http_origin", "~*") => origins::of_expression(operand, true),
        _ => Who::Some(format!("the condition {inside} decides for which requests that is so")),
    }
}

fn union(one: Origins, other: Origins) -> Origins {
    match (one, other) {
        (Origins::Reflected, _) | (_, Origins::Reflected) => Origins::Reflected,
        (Origins::Any, _) | (_, Origins::Any) => Origins::Any,
        (Origins::These(mut one), Origins::These(other)) => {
            one.extend(other);
            Origins::These(one)
        }
    }
}

impl Read {
    /// The line that lets in too much stands first.
    fn note(&mut self, labels: Vec<Label>, rule: &'static Rule, is_more: bool) {
        let is_worse = is_more && self.rule == &rules::CORS_VALUE;
        if is_worse || self.lines.is_empty() {
            let before = std::mem::replace(&mut self.lines, labels);
            self.lines.extend(before);
            self.rule = rule;
        }
        let mut seen = BTreeSet::new();
        self.lines.retain(|label| seen.insert(label.span));
    }

    /// The origins of one way, and the kind of finding if they are too many.
    fn let_in(&mut self, who: Who, meant: &[&str], labels: &[Label]) -> (Origins, &'static Rule) {
        let these = |origins: Vec<String>| Origins::These(origins.into_iter().collect());
        match who {
            Who::Text(text) if text.is_empty() => (these(Vec::new()), &rules::CORS_VALUE),
            Who::Text(text) => match Cors::from_lines(Lines { origin: &[&text], ..Lines::default() }) {
                Ok(cors) => (cors.origins, &rules::CORS_VALUE),
                // No browser's origin is the same text.
                Err(_) => (these(Vec::new()), &rules::CORS_VALUE),
            },
            Who::Origin(origin) => (these(vec![origin]), &rules::CORS_VALUE),
            Who::Anyone => (Origins::Reflected, &rules::CORS_REFLECTED),
            Who::Some(why) => {
                self.unknown.get_or_insert_with(|| (why, labels.to_vec()));
                (these(Vec::new()), &rules::CORS_EXPRESSION)
            }
            Who::Matching { expression, any_case } => match origins::strangers(&expression, any_case, meant) {
                Some(strangers) if !strangers.is_empty() => (these(strangers), &rules::CORS_EXPRESSION),
                _ => {
                    let why = format!(
                        "the expression {expression} may match origins that the policy does not name; write whole origins, or one expression for each with every dot escaped"
                    );
                    self.unknown.get_or_insert_with(|| (why, labels.to_vec()));
                    (these(Vec::new()), &rules::CORS_EXPRESSION)
                }
            },
        }
    }

    /// One of the other lines.
    fn more(&mut self, line: &Sent, scene: &Scene) -> Result<(), Box<Judged>> {
        if ![CREDENTIALS, METHODS, HEADERS, MAX_AGE].iter().any(|name| line.is(name)) {
            return Ok(());
        }
        let asked = [&b"$http_access_control_request_headers"[..], b"$http_access_control_request_method"];
        if asked.iter().any(|v| line.value.eq_ignore_ascii_case(v)) {
            // Whatever is asked for is granted, with credentials too.
            let all = Names { any: true, names: BTreeSet::from(["(whatever is asked for)".to_owned(), "authorization".to_owned()]) };
            *(if line.is(METHODS) { &mut self.cors.methods } else { &mut self.cors.headers }) = all;
            return Ok(());
        }
        let values = scene.values(line.value).map_err(|why| Box::new(fields::undecided(line, &why)))?;
        for value in values {
            let text = [value.text.as_str()];
            let cors =
                Cors::from_lines(Lines { origin: &[], credentials: &text, methods: &text, headers: &text, max_age: &text }).unwrap_or_else(|_| Cors::nobody());
            if line.is(CREDENTIALS) {
                self.cors.credentials |= cors.credentials;
            } else if line.is(METHODS) {
                join(&mut self.cors.methods, cors.methods);
            } else if line.is(HEADERS) {
                join(&mut self.cors.headers, cors.headers);
            } else {
                self.cors.max_age = self.cors.max_age.max(cors.max_age);
            }
        }
        self.lines.extend((!self.lines.is_empty()).then(|| Label::new(line.span, "in force too")));
        Ok(())
    }
}

fn join(one: &mut Names, other: Names) {
    one.any |= other.any;
    one.names.extend(other.names);
}
