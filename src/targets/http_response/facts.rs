//! Facts of captured responses.

use super::parse::{self, FieldLine, Response};
use super::rules;
use crate::finding::{Cause, Finding, Kind, Label, Rule};
use crate::policy::{Policy, intents};
use crate::source::{MAX_CONFIG_BYTES, SourceId, Sources, Span};
use crate::strictness::cookie::SetCookie;
use crate::strictness::disclosure::Disclosure;
use crate::strictness::levels::Forbidden;
use crate::strictness::{Order, Value};
use crate::targets::field::{Field, XFO, ancestors};
use crate::targets::{Fact, Found, Input, Reading};
use std::collections::BTreeSet;

/// A header that reports violations of a policy, and enforces nothing (CSP3 2.2.2, and the same for the others).
const REPORT_ONLY: &str = "-Report-Only";
/// The header that keeps its name and loses its version, as `remove` has it.
const SERVER: &str = "server";

/// Reads captured responses.
pub(super) fn read(policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
    let mut reading = Reading::default();
    let mut ids: Vec<SourceId> = Vec::new();
    for input in inputs {
        match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
            Ok(id) if !ids.contains(&id) => ids.push(id),
            Ok(_) => {}
            Err(error) => reading.findings.push(Finding::unreadable(&error)),
        }
    }
    for id in &ids {
        let source = sources.get(*id);
        let span = |range: &std::ops::Range<usize>| Span::new(*id, range.start, range.end);
        let capture = match parse::parse(source.bytes()) {
            Ok(capture) => capture,
            Err(problem) => {
                // The line itself may be of a body, or a part of a secret: it is not shown.
                let line = sources.position(span(&problem.line)).line;
                let message = format!("line {line} of {} is not what curl prints of a response: {}", source.path, problem.message);
                reading.findings.push(Finding::error(&rules::SYNTAX, message).help(problem.help).path(&source.path));
                continue;
            }
        };
        reading.sources.push(*id);
        // Several captures are told apart by their files.
        let of = if ids.len() > 1 { format!(" in {}", source.path) } else { String::new() };
        let (mut scheme, mut is_unknown) = (Scheme::Unknown, false);
        let last = capture.responses.len() - 1;
        for (index, response) in capture.responses.iter().enumerate() {
            if index == 0 && leads_to_https(response) {
                scheme = Scheme::RedirectToHttps;
            }
            let number = if index < last { format!(" {}", index + 1) } else { String::new() };
            let place = format!("response{number} ({}){of}", response.status);
            let mut judge = Judge { policy, id: *id, response, scheme, place, facts: &mut reading.facts };
            judge.headers();
            judge.removed();
            judge.cookies();
            is_unknown |= scheme == Scheme::Unknown;
            scheme = scheme.after(response);
            for line in response.fields.iter().filter(|line| line.is_folded) {
                let message = format!("the header {} goes on over several lines, and was read as one", line.name);
                let note = Finding::new(&rules::FOLDED, Kind::Note, message).at(span(&line.line), "");
                reading.findings.push(note.help("make the server send it as one line"));
            }
        }
        if let Some(line) = &capture.behind_body {
            let what = format!("{} from line {}", source.path, sources.position(span(line)).line);
            reading.not_examined.push((what, "it stands behind a body, and may be one more response: check each one by itself".to_owned()));
        }
        let asks_hsts = policy.intent("http.headers.hsts").is_some();
        if asks_hsts && is_unknown {
            reading
                .not_examined
                .push((format!("whether {} came over HTTPS", source.path), "a response does not say, and it was taken for one that did".to_owned()));
        }
    }
    if !reading.sources.is_empty() {
        reading.not_examined.push(("other pages, statuses and error pages".to_owned(), "a captured response shows only itself".to_owned()));
    }
    reading
}

/// How a response came, as far as the redirects of the capture tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// Nothing tells; taken for HTTPS.
    Unknown,
    /// The first response sends the client to `https://`, so that it was most likely asked for by plain HTTP.
    RedirectToHttps,
    /// A redirect led to `http://`.
    Http,
    /// A redirect led to `https://`.
    Https,
}

impl Scheme {
    /// That of the response which follows this one.
    fn after(self, response: &Response) -> Self {
        let starts = |location: &str, scheme: &str| location.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        match response.redirects_to() {
            Some(location) if starts(location, "https://") => Self::Https,
            Some(location) if starts(location, "http://") => Self::Http,
            _ => self,
        }
    }

    fn is_plain(self) -> bool {
        matches!(self, Self::RedirectToHttps | Self::Http)
    }
}

fn leads_to_https(response: &Response) -> bool {
    Scheme::Unknown.after(response) == Scheme::Https
}

/// Media types that browsers never show as a page with scripts and frames of its own. What is not listed here may be
/// one: SVG images and XML run scripts, and a type that is missing is guessed (MIME Sniffing Standard).
fn is_no_document(media: &str) -> bool {
    let (kind, name) = media.split_once('/').unwrap_or((media, ""));
    match kind {
        "image" => name != "svg+xml" && !name.is_empty(),
        "font" | "audio" | "video" => !name.is_empty(),
        "text" => matches!(name, "css" | "javascript" | "ecmascript"),
        "application" => {
            matches!(name, "json" | "javascript" | "x-javascript" | "ecmascript" | "wasm" | "octet-stream" | "manifest+json") || name.ends_with("+json")
        }
        _ => false,
    }
}

struct Judge<'p, 'r, 'f> {
    policy: &'p Policy,
    id: SourceId,
    response: &'r Response<'r>,
    scheme: Scheme,
    place: String,
    facts: &'f mut Vec<Fact>,
}

impl Judge<'_, '_, '_> {
    fn span(&self, line: &FieldLine) -> Span {
        Span::new(self.id, line.line.start, line.line.end)
    }

    fn start(&self) -> Span {
        Span::new(self.id, self.response.line.start, self.response.line.end)
    }

    fn push(&mut self, intent: &str, found: Found, cause: Cause, labels: Vec<Label>, rule: &'static Rule, help: Vec<String>) {
        let mut labels = labels.into_iter();
        let at = labels.next().or_else(|| Some(Label::new(self.start(), "")));
        let (intent, place) = (intent.to_owned(), self.place.clone());
        self.facts.push(Fact { intent, place, found, cause, at, related: labels.collect(), rule, help, group: None });
    }

    /// The media type of the response where it is no document; if there are several, each of them.
    fn no_document(&self) -> Option<String> {
        let types: Vec<String> = self
            .response
            .lines("Content-Type")
            .flat_map(|line| line.value.split(','))
            .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
            .collect();
        types.iter().all(|media| is_no_document(media)).then(|| types.first().cloned()).flatten()
    }

    /// Why a field has no effect in this response.
    fn without_effect(&self, field: Field) -> Option<String> {
        let is_of_pages = field.is_of_documents() || matches!(field, Field::Permissions | Field::Coop | Field::Coep);
        let sends = field.headers().iter().any(|name| self.response.lines(name).next().is_some());
        if matches!(field, Field::Hsts | Field::Coop | Field::Coep) && self.scheme.is_plain() {
            // RFC 6797 8.1; HTML 7.1.3 and 7.1.4: "secure context".
            return match self.scheme {
                Scheme::Http => Some("browsers read it over HTTPS only, and the redirect before this response leads to http://".to_owned()),
                _ if sends => None,
                _ => Some("browsers read it over HTTPS only, and a redirect to https:// is the answer to a request by plain HTTP".to_owned()),
            };
        }
        // Fetch 4.4: of a redirect, browsers read where it leads and what it says about the request, not its content.
        let is_of_content = (is_of_pages && !matches!(field, Field::Referrer | Field::Coop)) || field == Field::ContentType;
        if is_of_content && self.response.redirects_to().is_some() {
            return Some("browsers follow the redirect, and show nothing of this response".to_owned());
        }
        let media = self.no_document().filter(|_| is_of_pages)?;
        Some(format!("it is about documents, and {media} is none"))
    }

    fn headers(&mut self) {
        let headers = self.policy.spec.http.as_ref().and_then(|h| h.headers.clone()).unwrap_or_default();
        let texts = intents::header_texts(&headers);
        let site = self.policy.spec.http.as_ref().and_then(|h| h.site.as_ref()).map(crate::spec::scalar::Origin::as_str);
        for field in Field::ALL {
            let key = format!("http.headers.{}", field.name());
            if self.policy.intent(&key).is_none() {
                continue;
            }
            if let Some(why) = self.without_effect(field) {
                self.push(&key, Found::NotApplicable(why), Cause::Value, Vec::new(), &rules::MISSING, Vec::new());
                continue;
            }
            let lines: Vec<Vec<&FieldLine>> = field.headers().iter().map(|name| self.response.lines(name).collect()).collect();
            let values: Vec<Vec<&str>> = lines.iter().map(|lines| lines.iter().map(|l| l.value.as_ref()).collect()).collect();
            let says = |line: &&&FieldLine| field != Field::Framing || line.name.eq_ignore_ascii_case(XFO) || ancestors(&line.value).is_some();
            let spans: Vec<Span> = lines.iter().flatten().filter(says).map(|line| self.span(line)).collect();
            let labels = spans.iter().enumerate().map(|(i, span)| Label::new(*span, if i == 0 { "sent here" } else { "sent again here" })).collect();
            let wanted: Vec<String> =
                texts.lines().into_iter().filter(|(name, _)| field.headers().contains(name)).map(|(name, value)| format!("`{name}: {value}`")).collect();
            let send = format!("make the server send {}", wanted.join(" and "));
            let (found, cause, labels, rule, help) = match field.value(&values, site) {
                None => (Found::Missing, Cause::Missing, self.missing(field), &rules::MISSING, send),
                Some(Ok(value)) => {
                    let found = Found::Set { value, text: field.text(&values) };
                    (found, Cause::Value, labels, &rules::VALUE, send)
                }
                Some(Err(why)) => (Found::Invalid { text: field.text(&values), why }, Cause::Invalid, labels, &rules::INVALID, send),
            };
            let mut help = vec![help];
            help.extend(self.scopes_that_fit(field, &found));
            self.push(&key, found, cause, labels, rule, help);
        }
    }

    /// Where a field is missing, and its twin that only reports.
    fn missing(&self, field: Field) -> Vec<Label> {
        let twin = |name: &&'static str| self.response.lines(&format!("{name}{REPORT_ONLY}")).next().map(|line| self.span(line));
        let twin = field.headers().iter().filter_map(twin);
        let twin = twin.map(|span| Label::new(span, "this one only reports, and enforces nothing"));
        std::iter::once(Label::new(self.start(), "this response does not have it")).chain(twin).collect()
    }

    /// A response does not say which scope it belongs to: where it would do for one, the reader is told.
    fn scopes_that_fit(&self, field: Field, found: &Found) -> Option<String> {
        let key = format!("http.headers.{}", field.name());
        let meets = |key: &str| {
            let required = &self.policy.intent(key)?.value;
            let value = if let Found::Set { value, .. } = found { Some(value.clone()) } else { required.absent() };
            Some(matches!(required.compare(&value?).order, Order::Equal | Order::Stricter))
        };
        if meets(&key) != Some(false) {
            return None;
        }
        let scopes = self.policy.spec.scopes.iter().flatten();
        let fitting: Vec<&str> = scopes.map(|(name, _)| name.as_str()).filter(|name| meets(&format!("scopes.{name}.{key}")) == Some(true)).collect();
        let all = fitting.join(", ");
        let (scope, does) = if fitting.len() == 1 { ("scope", "asks") } else { ("scopes", "ask") };
        (!fitting.is_empty()).then(|| format!("or, if this response belongs to the {scope} {all}, which {does} for no more: capture a page outside of it"))
    }

    /// Headers that must not be sent.
    fn removed(&mut self) {
        let key = "http.headers.remove";
        let Some(Value::Forbidden(names)) = self.policy.intent(key).map(|i| i.value.clone()) else { return };
        let (mut met, mut sent): (BTreeSet<String>, Vec<&FieldLine>) = (BTreeSet::new(), Vec::new());
        for name in names.0 {
            let lines: Vec<&FieldLine> = self.response.lines(&name).collect();
            let values: Vec<&str> = lines.iter().map(|l| l.value.as_ref()).collect();
            // The name of the server may stay, its version may not: no server but by modules removes it altogether.
            let is_met = if name == SERVER { !matches!(Disclosure::from_lines(&values), Disclosure::Version(_)) } else { lines.is_empty() };
            if is_met {
                met.insert(name);
            } else {
                sent.extend(lines);
            }
        }
        let named: Vec<&str> = sent.iter().map(|line| line.name).collect();
        let help: Vec<String> = named
            .iter()
            .map(|name| if name.eq_ignore_ascii_case(SERVER) { "drop the version from Server".to_owned() } else { format!("remove {name}") })
            .collect();
        let labels = sent.iter().map(|line| Label::new(self.span(line), "sent here")).collect();
        let text = if named.is_empty() { met.iter().cloned().collect::<Vec<_>>().join(", ") } else { format!("{} sent", named.join(", ")) };
        self.push(key, Found::Set { value: Value::Forbidden(Forbidden(met)), text }, Cause::Value, labels, &rules::SENT, help);
    }

    /// Cookies that the policy names.
    fn cookies(&mut self) {
        let cookies = self.policy.spec.http.as_ref().and_then(|h| h.cookies.as_ref());
        for (name, cookie) in cookies.into_iter().flatten() {
            let key = format!("http.cookies.{name}");
            let Some(required) = intents::cookie_of(cookie).filter(|_| self.policy.intent(&key).is_some()) else { continue };
            // Names are compared by letter case (RFC 6265 5.3).
            let is_it = |line: &&FieldLine| {
                line.value.split(';').next().and_then(|pair| pair.split_once('=')).is_some_and(|(name, _)| name.trim_matches([' ', '\t']) == required.name)
            };
            let lines: Vec<&FieldLine> = self.response.lines("Set-Cookie").filter(is_it).collect();
            if lines.is_empty() {
                let why = format!("this response does not set the cookie {}", required.name);
                self.push(&key, Found::NotApplicable(why), Cause::Value, Vec::new(), &rules::COOKIE, Vec::new());
            }
            for line in lines {
                let labels = vec![Label::new(self.span(line), "set here")];
                let help = vec![format!("set it with what the policy asks for: {required}")];
                let (found, cause) = match SetCookie::parse(&line.value) {
                    // What deletes a cookie protects nothing that is left.
                    Ok(cookie) if cookie.max_age == Some(0) => (Found::NotApplicable("this line deletes the cookie".to_owned()), Cause::Value),
                    Ok(cookie) => {
                        let text = cookie.to_string();
                        (Found::Set { value: Value::Cookie(Box::new(cookie)), text }, Cause::Value)
                    }
                    Err(why) => (Found::Invalid { text: format!("{}=", required.name), why }, Cause::Invalid),
                };
                self.push(&key, found, cause, labels, &rules::COOKIE, help);
            }
        }
    }
}
