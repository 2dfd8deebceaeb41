//! Facts about plain HTTP: `tls.redirect_http`.
//!
//! Every request that comes without TLS must be sent on to HTTPS. What answers is the server itself (`return` and
//! `rewrite` come before any location), or each of its locations; certificates may be renewed over plain HTTP.

use super::{Judge, Judged, OfServer, Place};
use crate::finding::{Cause, Label};
use crate::policy::intents::redirect_level;
use crate::source::Span;
use crate::strictness::Value;
use crate::targets::Found;
use crate::targets::nginx::effective::{About, Doubt, Level, Location, Matches};
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::rules;
use crate::targets::nginx::tree::Directive;

const KEY: &str = "tls.redirect_http";
/// Where certificate authorities ask over plain HTTP (RFC 8555 8.3).
const ACME: &str = "/.well-known/acme-challenge";
/// Expressions of `rewrite` that match every path.
const EVERY: [&str; 10] = ["^", "$", ".*", "^.*", "^.*$", "(.*)", "^(.*)", "^(.*)$", "^/(.*)$", "^/(.*)"];

/// What a level answers to every plain request.
enum Answer {
    /// A redirect to HTTPS: its status, and the line.
    Redirect(u16, Span),
    /// A refusal without content.
    Refused(Span),
    /// Something else of its own.
    Other(Span),
    /// Why it cannot be known.
    Unknown(String, Span),
    /// What stands inside of it answers.
    Inside,
}

impl Judge<'_, '_> {
    /// Facts of one server of `http`.
    pub(super) fn redirect(&mut self, places: &[Place], of: &OfServer) {
        if self.policy.intent(KEY).is_none() {
            return;
        }
        let Some(whole) = places.first() else { return };
        let server = of.server;
        let not_here = |why: &str| Judged::not_applicable(why, server.span);
        let Some(listens) = &server.listens else {
            let why = "on which sockets this server listens stands in a file that was not read".to_owned();
            return self.push(KEY, &whole.name, server.span, self.unclear(why, server.span, Cause::NotRead));
        };
        let is_on = server.level.ssl.or(of.servers.level.ssl) == Some(true);
        let plain: Vec<&str> = listens.iter().map(|l| l.socket.as_str()).filter(|socket| !is_on && !of.servers.is_tls(socket)).collect();
        if plain.is_empty() {
            return self.push(KEY, &whole.name, server.span, not_here("this server speaks TLS only"));
        }
        if plain.iter().all(|socket| is_local(socket)) {
            return self.push(KEY, &whole.name, server.span, not_here("this server listens on its own machine only"));
        }
        let answer = answer(&server.level, &plain, &server.names);
        if !matches!(answer, Answer::Inside) {
            let judged = self.answered(answer, whole);
            return self.push(KEY, &whole.name, server.span, judged);
        }
        let (mut is_whole, mut found) = (false, Vec::new());
        for (location, place) in server.locations.iter().zip(places.iter().skip(1)) {
            if matches!(location.matches, Matches::If | Matches::Named) || is_acme(location, &server.locations) {
                continue;
            }
            is_whole |= location.parent.is_none() && matches!(&location.matches, Matches::Prefix { path, .. } if path == "/");
            found.push((place.name.clone(), self.answered(self::answer(&location.level, &plain, &server.names), place)));
        }
        if !is_whole {
            // Paths that no location takes are answered by the server's own files.
            found.insert(0, (whole.name.clone(), self.answered(Answer::Inside, whole)));
        }
        let listen = listens.iter().find(|l| plain.contains(&l.socket.as_str())).map(|l| l.span);
        for (place, mut judged) in found {
            if judged.rule == &rules::REDIRECT {
                // What all of them lack is a server of its own for these sockets.
                judged.group = Some(server.span).filter(|_| judged.cause == Cause::Missing);
                judged.related.extend(listen.map(|span| Label::new(span, "listens without TLS")));
            }
            self.push(KEY, &place, server.span, judged);
        }
    }

    fn answered(&self, answer: Answer, place: &Place) -> Judged {
        let doubt = |d: &&Doubt| d.about == About::All;
        if let Some(doubt) = place.level.doubts.iter().map(AsRef::as_ref).find(doubt) {
            return Judged::unknown(doubt, place.span);
        }
        let judged = |found, cause, span, words: &'static str| {
            let at = Label::new(span, words);
            Judged { found, cause, at, related: Vec::new(), rule: &rules::REDIRECT, help: self.redirect_help(), group: None }
        };
        let set = |status: Option<u16>| {
            let level = redirect_level(status);
            Found::Set { text: level.word.clone(), value: Value::Level(level) }
        };
        match answer {
            Answer::Redirect(status, span) => judged(set(Some(status)), Cause::Value, span, "answers every plain request"),
            Answer::Refused(span) => Judged::not_applicable("plain requests are refused here", span),
            Answer::Other(span) => judged(set(None), Cause::Value, span, "answers plain requests itself"),
            Answer::Unknown(why, span) => self.unclear(why, span, Cause::NotUnderstood),
            Answer::Inside => judged(set(None), Cause::Missing, place.span, "answers over plain HTTP"),
        }
    }

    fn unclear(&self, why: String, span: Span, cause: Cause) -> Judged {
        let at = Label::new(span, "decides this");
        Judged { found: Found::Unverifiable(why), cause, at, related: Vec::new(), rule: &rules::REDIRECT, help: self.redirect_help(), group: None }
    }

    fn redirect_help(&self) -> Vec<String> {
        let status = self.policy.spec.tls.as_ref().and_then(|t| t.redirect_http).map_or(308, u16::from);
        let line = self.advice.include("redirect-https.conf").unwrap_or_else(|| format!("return {status} https://$host$request_uri;"));
        vec![format!("write `{line}` in a server for the sockets without TLS, in place of all that answers there but {ACME}/")]
    }
}

/// Reached from this machine alone.
fn is_local(socket: &str) -> bool {
    ["unix:", "127.", "localhost:", "[::1]:"].iter().any(|local| socket.starts_with(local))
}

/// Whether a location, or one around it, is for the renewal of certificates.
fn is_acme(location: &Location, all: &[Location]) -> bool {
    let is_it = match &location.matches {
        Matches::Exact(path) | Matches::Prefix { path, .. } => path.starts_with(ACME),
        Matches::Regex { expression, .. } => expression.trim_start_matches('^').replace('\\', "").starts_with(ACME),
        Matches::Named | Matches::If => false,
    };
    is_it || location.parent.and_then(|i| all.get(i)).is_some_and(|outer| is_acme(outer, all))
}

/// What a level answers by itself, before anything inside of it is asked.
fn answer(level: &Level, plain: &[&str], names: &[String]) -> Answer {
    let mut covered: Vec<String> = Vec::new();
    let mut unknown = None;
    let mut least: Option<(u16, Span)> = None;
    let weaker = |one: u16, other: u16| redirect_level(Some(one)).rank < redirect_level(Some(other)).rank;
    for (condition, inside) in &level.ifs {
        let (status, span) = match inside.map(of_return) {
            Some(Answer::Redirect(status, span)) => (status, span),
            Some(Answer::Other(span)) => return Answer::Other(span),
            _ => continue,
        };
        match holds(condition, plain) {
            Holds::Always => return Answer::Redirect(status, span),
            Holds::ForHost(host) => covered.push(host),
            Holds::Sometimes => unknown = Some((format!("{} decides which requests are sent on to HTTPS", text(condition)), condition.span)),
        }
        if least.is_none_or(|(other, _)| weaker(status, other)) {
            least = Some((status, span));
        }
    }
    let own = level.returns.map(of_return).or_else(|| level.redirects.iter().find_map(|d| of_rewrite(d)));
    // As certbot writes it: an `if` for each name, and a refusal for all others.
    if let (Some((status, span)), true) = (least, !names.is_empty() && names.iter().all(|name| covered.contains(name))) {
        return match own {
            None | Some(Answer::Refused(_) | Answer::Redirect(..)) => Answer::Redirect(status, span),
            Some(other) => other,
        };
    }
    match (own, unknown) {
        (Some(Answer::Redirect(status, span)), _) => match least.filter(|(other, _)| weaker(*other, status)) {
            Some((status, span)) => Answer::Redirect(status, span),
            None => Answer::Redirect(status, span),
        },
        (Some(own), _) => own,
        (None, Some((why, span))) => Answer::Unknown(why, span),
        (None, None) => Answer::Inside,
    }
}

fn text(d: &Directive) -> String {
    d.words().iter().map(Word::text).collect::<Vec<_>>().join(" ")
}

fn of_return(d: &Directive) -> Answer {
    let words: Vec<String> = d.args().iter().map(Word::text).collect();
    match words.as_slice() {
        [url] if url.parse::<u16>().is_err() => to(url, 302, d.span),
        [status, rest @ ..] => match (status.parse::<u16>(), rest.first()) {
            (Ok(status @ (301 | 302 | 303 | 307 | 308)), Some(url)) => to(url, status, d.span),
            (Ok(400..), _) => Answer::Refused(d.span),
            _ => Answer::Other(d.span),
        },
        [] => Answer::Other(d.span),
    }
}

/// A `rewrite` of every path to another address answers with a redirect (ngx_http_rewrite_module).
fn of_rewrite(d: &Directive) -> Option<Answer> {
    let words: Vec<String> = d.args().iter().map(Word::text).collect();
    let is_redirect = words.get(1).is_some_and(|to| ["http://", "https://", "$scheme"].iter().any(|start| to.starts_with(start)));
    if !d.is("rewrite") || !is_redirect || !EVERY.contains(&words.first()?.as_str()) {
        return None;
    }
    let status = if words.get(2).is_some_and(|flag| flag == "permanent") { 301 } else { 302 };
    Some(to(words.get(1)?, status, d.span))
}

fn to(url: &str, status: u16, span: Span) -> Answer {
    if url.to_ascii_lowercase().starts_with("https://") {
        Answer::Redirect(status, span)
    } else if url.starts_with('$') && !url.starts_with("$scheme") {
        Answer::Unknown(format!("where {url} leads is decided when the server runs"), span)
    } else {
        Answer::Other(span)
    }
}

/// When the condition of an `if` holds for plain requests.
enum Holds {
    Always,
    ForHost(String),
    Sometimes,
}

fn holds(condition: &Directive, plain: &[&str]) -> Holds {
    let words: Vec<String> = condition.args().iter().map(Word::text).collect();
    let inside = words.join(" ");
    let inside = inside.trim_start_matches('(').trim_end_matches(')').trim();
    let parts: Vec<&str> = inside.split_ascii_whitespace().collect();
    let is_port = |port: &str| plain.iter().all(|socket| socket.rsplit(':').next() == Some(port));
    match parts.as_slice() {
        ["$scheme", "=" | "~" | "~*", "http" | "^http$"] | ["$scheme", "!=", "https"] | ["$https", "="] | ["$https", "!=", "on"] => Holds::Always,
        ["$server_port", "=", port] if is_port(port) => Holds::Always,
        ["$server_port", "!=", "443"] if !plain.iter().any(|socket| socket.ends_with(":443")) => Holds::Always,
        ["$host" | "$http_host", "=", host] => Holds::ForHost(host.to_ascii_lowercase()),
        _ => Holds::Sometimes,
    }
}
