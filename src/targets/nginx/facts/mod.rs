//! Facts of hand-written configuration: what each place effectively says about each intent.

mod backends;
mod cookies;
mod cors;
mod groups;
pub mod headers;
mod limits;
mod place;
mod redirect;
mod removed;
mod tickets;
mod tls;

use super::advice::{self, Advice, own_block};
use super::context::{self, Part};
use super::dump::{self, Dump};
use super::effective::routes::{self, Block, Meets};
use super::effective::{self, Doubt, Server, Servers, Speaks};
use super::include::{Mapping, Notes, Reader, Tree};
use super::rules;
use super::sites::Sites;
use super::template;
use super::versions::Versions;
use crate::finding::{Cause, Finding, Label, Rule};
use crate::policy::{Policy, intents};
use crate::source::{MAX_CONFIG_BYTES, SourceId, Sources, Span};
use crate::spec::Match;
use crate::strictness::Order;
use crate::targets::field::Field;
use crate::targets::{Fact, Found, Input, Reading};
use backends::{backends, passed_on};
use place::{OfServer, Place, Top, places, server_name};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// A fact without its intent and place.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What it is.
    pub found: Found,
    /// Why.
    pub cause: Cause,
    /// The line that decides.
    pub at: Label,
    /// Lines that matter too.
    pub related: Vec<Label>,
    /// The kind of finding if it is not fine.
    pub rule: &'static Rule,
    /// Ways out.
    pub help: Vec<String>,
    /// See [`Fact::group`].
    pub group: Option<Span>,
}

impl Judged {
    /// Something that has no effect here.
    fn not_applicable(why: &str, span: Span) -> Self {
        let at = Label::new(span, "");
        Self {
            found: Found::NotApplicable(why.to_owned()),
            cause: Cause::Value,
            at,
            related: Vec::new(),
            rule: &rules::HEADER_MISSING,
            help: Vec::new(),
            group: None,
        }
    }

    /// Something at a block that cannot be known.
    fn unknown(doubt: &Doubt, block: Span) -> Self {
        let help = match doubt.cause {
            Cause::NotRead if doubt.is_error => "mend what the error about this file says, and check again",
            Cause::NotRead => "name the server's folder and where the repository keeps it under targets.nginx.map, or check the main file",
            Cause::Invalid => "correct the line; until then nginx keeps running with what it read before",
            _ => "set this with the directives of nginx itself, or judge a captured response",
        };
        let decides = Label::new(doubt.span, "what this line does is not known");
        // Where the line stands elsewhere, it is the one cause of all blocks that it makes unknown.
        let (at, related) = if doubt.span == block { (decides, Vec::new()) } else { (Label::new(block, "depends on another line"), vec![decides]) };
        Self { found: Found::Unverifiable(doubt.why.clone()), cause: doubt.cause, at, related, rule: doubt.rule, help: vec![help.to_owned()], group: None }
    }

    /// As a fact of an intent at a place.
    #[must_use]
    pub fn fact(self, intent: &str, place: &str) -> Fact {
        let Self { found, cause, at, related, rule, help, group } = self;
        Fact { intent: intent.to_owned(), place: place.to_owned(), found, cause, at: Some(at), related, rule, help, group }
    }
}

/// The server's folders, and where the repository has them.
#[must_use]
pub fn mappings(policy: &Policy) -> Vec<Mapping> {
    let map = policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref()).and_then(|t| t.map.as_ref());
    let folder = |path: &crate::spec::scalar::RelPath| policy.out_folder(path);
    map.into_iter().flatten().map(|(server, path)| Mapping { server: server.as_str().trim_end_matches('/').to_owned(), folder: folder(path) }).collect()
}

/// Reads main files with what they include, parts of a configuration, and what `nginx -T` prints of one.
pub fn read(policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let mut reading = Reading::default();
    let parsed = headers::Parsed::default();
    let base = required(policy, None);
    let mut notes = Notes::default();
    let mappings = mappings(policy);
    let versions = Versions::of(policy.spec.targets.as_ref().and_then(|t| t.nginx.as_ref()));
    let values = template::values(policy, &mut notes.findings);
    let (mut ids, mut given): (Vec<(SourceId, bool)>, HashSet<SourceId>) = (Vec::new(), HashSet::new());
    for input in inputs {
        match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
            Ok(id) if given.insert(id) => ids.push((id, input.id.is_some())),
            Ok(_) => {}
            Err(error) => notes.findings.push(Finding::unreadable(&error)),
        }
    }
    let dumps: Vec<Option<Dump>> = ids.iter().map(|(id, is_stream)| dump::split(sources, *id, *is_stream, &mut notes.findings)).collect();
    // The files of a dump, or the file itself.
    let mut roots: Vec<(SourceId, Option<&Dump>)> = Vec::new();
    for ((id, _), dump) in ids.iter().zip(&dumps) {
        match dump {
            Some(dump) => roots.extend(dump.parts.iter().map(|part| (*part, Some(dump)))),
            None => roots.push((*id, None)),
        }
    }
    // Whole configurations first: a file that one of them includes is judged there, with all that surrounds it.
    let mains: HashSet<SourceId> = roots.iter().map(|(id, _)| *id).filter(|id| is_main(sources, *id)).collect();
    roots.sort_by_key(|(id, _)| !mains.contains(id));
    let mut seen: HashSet<SourceId> = HashSet::new();
    let mut served = Served::default();
    let mut parts: Vec<SourceId> = Vec::new();
    for (id, dump) in roots {
        if seen.contains(&id) || notes.has_failed(id) {
            continue;
        }
        let folder = folder(sources, id, mains.contains(&id), dump);
        let reader = Reader { mappings: &mappings, values: &values, dump };
        let Some(tree) = reader.load(sources, id, folder.clone(), &mut notes) else { continue };
        seen.extend(tree.sources());
        notes.findings.extend(context::contradiction(&tree));
        let before = reading.facts.len();
        let mut judge = Judge {
            sites: Sites::of(&tree),
            around: HashMap::new(),
            policy,
            sources,
            versions,
            advice: Advice::of(policy, Some(&folder)),
            reading: &mut reading,
            served: &mut served,
            parsed: &parsed,
            base: &base,
        };
        judge.tree(&tree);
        if let Some(part) = Part::of(&tree) {
            let facts = reading.facts.split_off(before);
            reading.facts.extend(facts.into_iter().filter_map(|fact| part.weigh(policy, fact)));
            parts.push(id);
        }
    }
    reading.not_examined.extend(context::note(sources, &parts));
    for (id, template) in &notes.templates {
        reading.facts.extend(template.facts(&super::carried(policy), &sources.get(*id).path));
        reading.not_examined.push((sources.get(*id).path.clone(), template.why()));
    }
    served.report(policy, &mut reading);
    reading.findings.extend(notes.findings);
    reading.not_examined.extend(notes.not_examined);
    reading.sources = seen.into_iter().collect();
    reading.sources.sort_unstable();
    reading
}

/// The folder that a file's relative paths are relative to: that of the main file, which for a part is the first file of
/// its dump, or an `nginx.conf` in a folder around it.
fn folder(sources: &Sources, id: SourceId, is_main: bool, dump: Option<&Dump>) -> String {
    let of = |id: SourceId| crate::source::folder_of(&sources.get(id).path).to_owned();
    let own = of(id);
    if is_main {
        return own;
    }
    if let Some(first) = dump.and_then(|d| d.parts.first()) {
        return of(*first);
    }
    let mut folder = own.as_str();
    loop {
        let main = if folder.is_empty() { "nginx.conf".to_owned() } else { format!("{folder}/nginx.conf") };
        if !own.starts_with('/') && sources.exists(&main) {
            return folder.to_owned();
        }
        if folder.is_empty() {
            return own;
        }
        folder = crate::source::folder_of(folder);
    }
}

fn is_main(sources: &Sources, id: SourceId) -> bool {
    let is_main = |name: &[u8], is_block: bool| is_block && [&b"http"[..], b"events", b"stream", b"mail"].contains(&name);
    super::tree::has_at_top(id, sources.get(id).bytes(), is_main)
}

/// Which scopes and limits met a place.
#[derive(Debug, Default)]
struct Served {
    any_server: bool,
    keys: HashSet<String>,
}

impl Served {
    fn report(&self, policy: &Policy, reading: &mut Reading) {
        if !self.any_server {
            return;
        }
        let scopes = policy.spec.scopes.iter().flatten().map(|(name, _)| ("scope", format!("scopes.{name}")));
        let limits = policy.spec.rate_limits.iter().filter_map(|r| r.limits.as_ref()).flatten();
        let limits = limits.map(|(name, _)| ("limit", format!("rate_limits.limits.{name}")));
        let cors = policy.spec.http.iter().filter_map(|h| h.cors.as_ref()).flatten().map(|(name, _)| ("entry", format!("http.cors.{name}")));
        for (what, key) in scopes.chain(limits).chain(cors).filter(|(_, key)| !self.keys.contains(key)) {
            let mut finding = Finding::warning(&rules::NO_PLACE, format!("no server that was read answers the requests of the {what} {key}"));
            finding.spec = policy.origin(&key);
            reading.findings.push(finding.intent(key.clone()).help(format!("correct {key}.match, or add the files that serve it to targets.nginx.check")));
        }
    }
}

/// A set of header intents: those of the policy, or of a scope.
struct Required {
    scope: Option<String>,
    fields: Vec<(Field, String)>,
    /// The key of the headers to remove.
    remove: Option<String>,
    /// Each header's name, and the line to add.
    lines: Vec<(&'static str, String)>,
}

/// The header intents of the policy, or of a scope, that the policy really has.
fn required(policy: &Policy, scope: Option<(&str, &crate::spec::Scope)>) -> Required {
    let prefix = scope.map_or_else(|| "http.headers".to_owned(), |(name, _)| format!("scopes.{name}.http.headers"));
    let key = |field: Field| (field, format!("{prefix}.{}", field.name()));
    let sends = super::sends_headers(policy);
    let fields = Field::ALL.into_iter().map(key).filter(|(_, key)| sends && policy.intent(key).is_some()).collect();
    let headers = match scope {
        Some((_, scope)) => intents::scope_headers(&policy.spec, scope),
        None => policy.spec.http.as_ref().and_then(|h| h.headers.clone()).unwrap_or_default(),
    };
    let remove = Some(format!("{prefix}.remove")).filter(|key| policy.intent(key).is_some());
    let lines =
        intents::header_texts(&headers).lines().into_iter().filter(|_| sends).map(|(name, value)| (name, format!("`{}`", add_line(name, value)))).collect();
    Required { scope: scope.map(|(name, _)| name.to_owned()), fields, remove, lines }
}

struct Judge<'p, 'r> {
    sites: Sites,
    /// Of the server at hand: the block around each of its locations.
    around: HashMap<Span, Span>,
    policy: &'p Policy,
    sources: &'p Sources,
    versions: Versions,
    advice: Advice,
    reading: &'r mut Reading,
    served: &'r mut Served,
    parsed: &'p headers::Parsed,
    /// What the policy itself asks of headers.
    base: &'p Required,
}

impl Judge<'_, '_> {
    fn tree(&mut self, tree: &Tree) {
        let mut findings = Vec::new();
        let all = effective::servers(tree, self.versions, &mut findings);
        for servers in &all {
            self.unread(servers);
            for index in 0..servers.servers.len() {
                self.tls(servers, index);
            }
            if servers.speaks == Speaks::Http {
                self.served.any_server |= !servers.servers.is_empty();
                self.http(servers, &mut findings);
            }
        }
        self.reading.findings.append(&mut findings);
    }

    /// Adds a fact of a place; `block` is the place's own.
    fn push(&mut self, intent: &str, place: &str, block: Span, mut judged: Judged) {
        // A line of a rendered file is not to be mended by hand, and including the file again would not help.
        let values = [&rules::HEADER_VALUE, &rules::HEADER_INVALID, &rules::HEADER_NOT_ALWAYS, &rules::TLS_PROTOCOLS, &rules::TLS_SUITES, &rules::LIMIT_VALUE];
        if values.contains(&judged.rule) {
            let lines = std::iter::once(&judged.at).chain(&judged.related).map(|label| self.sources.get(label.span.source).path.as_str());
            let rendered = lines.into_iter().find(|path| self.advice.is_rendered(path));
            if let Some(path) = rendered.filter(|path| is_of(intent, path)) {
                judged.help = vec![format!(
                    "the line stands in a rendered file: change the spec and run `secgen render`, or drop the edit with `secgen render --force {path}`"
                )];
            }
        }
        self.add_way(block, &mut judged);
        self.reading.facts.push(judged.fact(intent, place));
    }

    /// Says by which includes the lines of other files count at a block, and the block itself comes to be.
    fn add_way(&self, block: Span, judged: &mut Judged) {
        // The file of the deciding line first: its way is the one that is asked for.
        let related = judged.related.iter().map(|l| l.span.source);
        let all: Vec<SourceId> = std::iter::once(judged.at.span.source).chain([block.source]).chain(related).collect();
        if all.iter().all(|file| Some(*file) == self.sites.main()) {
            return;
        }
        if judged.at.span.source != block.source {
            judged.related.push(Label::block(block));
        }
        let around = |block: &Span| self.around.get(block).copied();
        let blocks: Vec<Span> = std::iter::successors(Some(block), around).take(super::tree::MAX_DEPTH).collect();
        let mut lines: Vec<Span> = Vec::new();
        for line in all.into_iter().flat_map(|file| self.sites.way(file, &blocks)) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        judged.related.extend(lines.into_iter().map(Label::include));
    }

    /// Servers may stand in a file that was not read: all that the policy asks of servers is unknown there.
    fn unread(&mut self, servers: &Servers) {
        for doubt in &servers.unread {
            // As its words, however it is written.
            let bytes = self.sources.get(doubt.span.source).bytes();
            let line = super::tree::parse(doubt.span.source, bytes, doubt.span.range()).ok();
            let words = |d: &super::tree::Directive| d.words().iter().map(super::lex::Word::text).collect::<Vec<_>>().join(" ");
            let line = line.as_ref().and_then(|line| line.first()).map(words).unwrap_or_default();
            let place = format!("{} > {line}", block_name(servers.speaks));
            let keys: Vec<String> = if servers.speaks == Speaks::Http { super::carried(self.policy) } else { tls::carried(self.policy) };
            for key in keys {
                self.push(&key, &place, doubt.span, Judged::unknown(doubt, doubt.span));
            }
        }
    }

    fn http(&mut self, servers: &Servers, findings: &mut Vec<Finding>) {
        let base = self.base;
        let scope = |this: &Self, name: &str, scope: &crate::spec::Scope| {
            let matches = scope.matches.clone().unwrap_or_default();
            let hosts = hosts(servers, &matches);
            (required(this.policy, Some((name, scope))), matches, hosts)
        };
        let scopes: Vec<(Required, Match, Vec<Option<Meets>>)> = self.policy.spec.scopes.iter().flatten().map(|(n, s)| scope(self, n.as_str(), s)).collect();
        let wanted = self.wanted(servers);
        let entries = self.cors_entries(servers);
        let mut passed = Vec::new();
        let top = Top::of(&servers.level);
        for (index, server) in servers.servers.iter().enumerate() {
            let parent = |location: &effective::Location| location.parent.and_then(|p| server.locations.get(p)).map_or(server.span, |p| p.span);
            self.around = server.locations.iter().map(|location| (location.span, parent(location))).collect();
            let places = places(server, &top);
            let in_scopes: Vec<InScope> = scopes
                .iter()
                .map(|(required, matches, hosts)| InScope { required, matches, blocks: reached(servers, server, hosts[index], matches) })
                .collect();
            for required in in_scopes.iter().filter(|s| !s.blocks.is_empty()).map(|s| s.required) {
                if let Some(name) = &required.scope {
                    self.served.keys.insert(format!("scopes.{name}"));
                }
            }
            if server.level.rejects == Some(true) && server.listens.iter().flatten().all(|l| servers.is_tls(&l.socket)) {
                if let Some(place) = places.first() {
                    for key in base.fields.iter().map(|(_, key)| key).chain(&base.remove) {
                        self.push(
                            key,
                            &place.name,
                            server.span,
                            Judged::not_applicable("this server refuses every handshake (ssl_reject_handshake)", server.span),
                        );
                    }
                }
                continue;
            }
            let of_server = OfServer { servers, server, speaks_tls: servers.speaks_tls(server), known: RefCell::default() };
            for (i, place) in places.iter().enumerate() {
                let block = if i == 0 { Block::Server } else { Block::Location(i - 1) };
                let of_block = |scope: &InScope| scope.blocks.iter().filter(|(b, ..)| *b == block).map(|(_, meets, by)| (*meets, *by)).next();
                let here: Vec<(&InScope, Meets, Option<Span>)> = in_scopes.iter().filter_map(|s| of_block(s).map(|(meets, by)| (s, meets, by))).collect();
                let is_whole = |of: Option<&str>| here.iter().any(|(scope, meets, _)| *meets == Meets::Whole && media(scope.matches) == of);
                if !is_whole(None) {
                    // A scope of pages takes the place of the policy for what is about pages.
                    let pages = is_whole(Some("text/html"));
                    let fields: Vec<(Field, String)> = base.fields.iter().filter(|(f, _)| !(pages && f.is_of_documents())).cloned().collect();
                    let asked = Asked { media: None, meets: Meets::Whole, by: None, own: None };
                    self.headers(base, &fields, place, &of_server, &asked);
                    self.removed(base, place, &of_server, &asked);
                }
                for (scope, meets, by) in here {
                    let own = own_block(scope.matches, meets, block.location(server)).filter(|_| by.is_none());
                    let asked = Asked { media: media(scope.matches), meets, by, own };
                    self.headers(scope.required, &scope.required.fields, place, &of_server, &asked);
                    self.removed(scope.required, place, &of_server, &asked);
                }
            }
            self.redirect(&places, &of_server);
            self.cookies(&places, &of_server);
            self.cors(index, &places, &of_server, &entries, findings);
            passed.extend(places.iter().filter_map(|place| passed_on(base, place)));
            self.limits(&of_server, index, &places, &wanted, findings);
        }
        findings.extend(backends(&passed));
    }

    /// Facts of one set of headers at one place.
    fn headers(&mut self, required: &Required, fields: &[(Field, String)], place: &Place, of: &OfServer, asked: &Asked) {
        if place.is_silent_if() {
            return;
        }
        let media = asked.media;
        let of_media = media.map(|media| format!(" (responses of type {media})")).unwrap_or_default();
        let wires = headers::Wires::new(&place.headers);
        let parsed = self.parsed;
        for (field, key) in fields {
            if place.closes() {
                let why = "return 444 closes the connection without a response";
                self.push(key, &format!("{}{of_media}", place.name), place.span, Judged::not_applicable(why, place.span));
                continue;
            }
            if *field == Field::Hsts && of.speaks_tls == Some(false) {
                let why = "HSTS counts over HTTPS only, and this server speaks plain HTTP (RFC 6797 8.1)";
                self.push(key, &format!("{}{of_media}", place.name), place.span, Judged::not_applicable(why, place.span));
                continue;
            }
            let scene = place.scene(of, *field == Field::Hsts);
            let here = headers::Here { wires: &wires, parsed, scene: &scene, block: place.span, site: site(self.policy), media };
            for (suffix, mut judged) in of.judge(*field, &here) {
                if judged.cause != Cause::NotRead && judged.help.is_empty() {
                    judged.help = self.header_help(*field, required, &judged, of.server, asked.own.as_deref());
                }
                let mut judged = self.or_unknown(key, judged, asked.meets, place);
                if asked.by.is_some() && !self.passes(key, &judged.found) && self.is_enough(*field, key, &judged.found) {
                    continue;
                }
                judged.related.extend(asked.by.map(|span| Label::new(span, "sends requests of the scope on to here")));
                self.push(key, &format!("{}{of_media}{suffix}", place.name), place.span, judged);
            }
        }
    }

    /// Where a regular expression decides whether the place answers at all, only a pass is certain.
    fn or_unknown(&self, key: &str, judged: Judged, meets: Meets, place: &Place) -> Judged {
        if meets != Meets::Maybe || self.passes(key, &judged.found) || matches!(judged.found, Found::Unverifiable(_)) {
            return judged;
        }
        let why = "its regular expression may answer some of these requests, and what holds there does not meet the policy for them".to_owned();
        let help = "write the location of these requests with ^~, which no regular expression overrides".to_owned();
        let at = Label::new(place.span, judged.at.message);
        Judged { found: Found::Unverifiable(why), cause: Cause::NotUnderstood, at, related: Vec::new(), rule: &rules::REGEX, help: vec![help], group: None }
    }

    /// Whether what holds where requests of a scope are sent on to meets the policy itself, and the scope does not ask for
    /// more: an error page without the freedom that a scope grants is no hole.
    fn is_enough(&self, field: Field, key: &str, found: &Found) -> bool {
        let base = format!("http.headers.{}", field.name());
        let (Some(policy), Some(scope)) = (self.policy.intent(&base), self.policy.intent(key)) else { return false };
        self.passes(&base, found) && !matches!(policy.value.compare(&scope.value).order, Order::Stricter)
    }

    fn passes(&self, key: &str, found: &Found) -> bool {
        let Some(intent) = self.policy.intent(key) else { return false };
        let meets = |value: &crate::strictness::Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
        match found {
            Found::Set { value, .. } | Found::Default { value, .. } => meets(value),
            Found::Missing | Found::Invalid { .. } => intent.value.absent().is_some_and(|v| meets(&v)),
            Found::NotApplicable(_) => true,
            Found::Text(_) | Found::Unverifiable(_) => false,
        }
    }

    /// The exact lines for a header at a place.
    fn header_help(&self, field: Field, required: &Required, judged: &Judged, server: &Server, own: Option<&str>) -> Vec<String> {
        let lines: Vec<String> = required.lines.iter().filter(|(name, _)| field.headers().contains(name)).map(|(_, line)| line.clone()).collect();
        let file = required.scope.as_ref().map_or_else(|| "security-headers.conf".to_owned(), |scope| format!("security-headers.{scope}.conf"));
        let include = self.advice.include(&file);
        if let Some(own) = own.filter(|_| !matches!(judged.rule.name, "header-not-always" | "header-empty")) {
            let all = || required.lines.iter().map(|(_, line)| line.trim_matches('`')).collect::<Vec<_>>().join(" ");
            return vec![advice::add(&include.unwrap_or_else(all), Some(own))];
        }
        let at = self.sources.get(judged.at.span.source).path.as_str();
        let include = include.map(|include| format!("`{include}`"));
        match judged.rule.name {
            "header-missing" | "header-cut-by-location" => {
                let cuts = server.locations.iter().any(|l| !l.level.headers.lines.is_empty());
                let is_server = required.scope.is_none() && judged.cause == Cause::Missing;
                let block = if is_server { "the server" } else { "this block" };
                let mut help: Vec<String> = include.map_or(lines, |include| vec![include]).iter().map(|line| format!("add {line} to {block}")).collect();
                if is_server && cuts {
                    help.push("add the same to each location of the server that has an add_header of its own, which cuts off those of the server".to_owned());
                }
                if judged.cause == Cause::Shadowed && self.versions.nginx.is_some_and(|v| v >= (1, 29, 3)) {
                    help.push("or add `add_header_inherit merge;` to this block, which keeps the headers of the block around it".to_owned());
                }
                help
            }
            "header-not-always" => vec!["write `always` at the end of each of these lines, before its semicolon".to_owned()],
            "header-empty" => {
                vec![format!("give the variable a value for every request, or replace the line by {}", include.unwrap_or_else(|| lines.join(" and ")))]
            }
            _ if include.is_some() && self.advice.is_rendered(at) => {
                let include = include.unwrap_or_default();
                vec![format!("include the file of these requests in this block, whose lines take the place of those in {at}: {include}")]
            }
            _ => vec![format!("replace the line by {}", include.unwrap_or_else(|| lines.join(" and ")))],
        }
    }
}

/// Whether a rendered file is the one that carries an intent. Headers have one file for the policy, and one for each scope.
fn is_of(intent: &str, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let of_headers = file.strip_prefix("security-headers.").and_then(|rest| rest.strip_suffix("conf"));
    let scope = intent.strip_prefix("scopes.").and_then(|rest| rest.split('.').next());
    of_headers.is_none_or(|of| of.trim_end_matches('.') == scope.unwrap_or_default())
}

/// The media type that a scope is about.
fn media(matches: &Match) -> Option<&str> {
    matches.content_type.as_ref().map(crate::spec::scalar::MediaType::as_str)
}

/// A scope, and where in a server its requests are answered.
struct InScope<'r> {
    required: &'r Required,
    matches: &'r Match,
    blocks: Vec<(Block, Meets, Option<Span>)>,
}

/// Which responses of a place are asked about.
struct Asked<'r> {
    media: Option<&'r str>,
    meets: Meets,
    /// The line that sends requests on to the place, where they do not come straight.
    by: Option<Span>,
    /// The block to write for them, where the place answers others too: see [`own_block`].
    own: Option<String>,
}

/// The origin of the pages, which `'self'` in a policy stands for.
#[must_use]
pub fn site(policy: &Policy) -> Option<&str> {
    policy.spec.http.as_ref()?.site.as_ref().map(crate::spec::scalar::Origin::as_str)
}

/// `add_header NAME "VALUE" always;`
fn add_line(name: &str, value: &str) -> String {
    format!("add_header {name} \"{value}\" always;")
}

fn block_name(speaks: Speaks) -> &'static str {
    match speaks {
        Speaks::Http => "http",
        Speaks::Stream => "stream",
        Speaks::Mail => "mail",
    }
}

/// How each server meets the host of a `match`.
fn hosts(servers: &Servers, matches: &Match) -> Vec<Option<Meets>> {
    routes::servers_of(servers, matches.host.as_ref().map(crate::spec::scalar::Host::as_str))
}

/// The blocks of a server that answer the requests of a `match`, where the server meets its host.
fn meeting(server: &Server, of_host: Option<Meets>, matches: &Match) -> Vec<(Block, Meets)> {
    let Some(of_host) = of_host else { return Vec::new() };
    // A block answers no more of the wanted requests than its server does.
    routes::blocks_of(server, matches).into_iter().map(|(block, meets)| (block, meets.min(of_host))).collect()
}

/// As [`meeting`], with the blocks to which requests are sent on.
fn reached(servers: &Servers, server: &Server, of_host: Option<Meets>, matches: &Match) -> Vec<(Block, Meets, Option<Span>)> {
    let Some(of_host) = of_host else { return Vec::new() };
    routes::reached(servers, server, matches).into_iter().map(|(block, meets, by)| (block, meets.min(of_host), by)).collect()
}
