//! Facts about headers that must not be sent: `http.headers.remove`.
//!
//! What nginx adds itself stands in its files. What a backend sends does not: there a header is gone for certain only
//! where a line drops it. Of `Server`, the version must go; nginx without other modules keeps its name.

use super::{Asked, Judge, Judged, OfServer, Place, Required, headers as fields};
use crate::finding::{Cause, Label, Rule};
use crate::source::Span;
use crate::strictness::Value;
use crate::strictness::disclosure::Disclosure;
use crate::strictness::levels::Forbidden;
use crate::targets::Found;
use crate::targets::nginx::effective::backend;
use crate::targets::nginx::effective::headers::{SERVER, is_common};
use crate::targets::nginx::effective::variables::Scene;
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::rules;
use std::collections::BTreeSet;

/// What is known of one header at one place.
enum Seen {
    /// It is not sent, or (of `Server`) without a version; by which line.
    Gone(Span),
    /// It is sent: as which text, by which line; `None`: by default.
    Sent(String, Option<Span>),
    /// Nobody knows.
    Unknown(Box<Judged>),
}

impl Judge<'_, '_> {
    /// Facts of the headers to remove at one place, one for each.
    pub(super) fn removed(&mut self, required: &Required, place: &Place, of: &OfServer, asked: &Asked) {
        let Some(key) = &required.remove else { return };
        let Some(Value::Forbidden(wanted)) = self.policy.intent(key).map(|i| i.value.clone()) else { return };
        if place.is_its_location() {
            return;
        }
        let of_media = asked.media.map(|media| format!(" (responses of type {media})")).unwrap_or_default();
        if place.closes() {
            let why = "return 444 closes the connection without a response";
            return self.push(key, &format!("{}{of_media}", place.name), place.span, Judged::not_applicable(why, place.span));
        }
        let scene = place.scene(of, false);
        for name in &wanted.0 {
            let seen = self.seen(name, place, &scene, of, asked.media);
            let mut judged = forbidden(&wanted.0, name, seen, place, of);
            judged.related.extend(asked.by.map(|span| Label::new(span, "sends requests of the scope on to here")));
            let judged = self.or_unknown(key, judged, asked.meets, place);
            self.push(key, &format!("{} ({name}){of_media}", place.name), place.span, judged);
        }
    }

    fn seen(&self, name: &str, place: &Place, scene: &Scene, of: &OfServer, media: Option<&str>) -> Seen {
        let effective = &place.headers;
        let unknown = |judged| Seen::Unknown(Box::new(judged));
        if let Some(doubt) = effective.doubt(name) {
            return unknown(Judged::unknown(doubt, place.span));
        }
        let names = [name];
        let mut classes: Vec<Option<&str>> = vec![media];
        if media.is_none() {
            classes.extend(effective.media(&names).map(Some).collect::<Vec<_>>());
        }
        let mut statuses: Vec<u16> = [200, 404].into_iter().chain(effective.statuses().filter(|s| !is_common(*s))).collect();
        statuses.dedup();
        let mut gone = None;
        for class in classes {
            for status in &statuses {
                // Lines of nginx itself.
                for line in effective.wire(*status, class).iter().filter(|line| line.is(name)) {
                    match scene.values(line.value) {
                        Err(why) => return unknown(fields::undecided(line, &why)),
                        Ok(values) => {
                            let told = |text: &str| if name == SERVER { tells(text) } else { !text.is_empty() };
                            if let Some(value) = values.into_iter().find(|v| told(&v.text)) {
                                return Seen::Sent(value.text, Some(line.span));
                            }
                        }
                    }
                }
                match (effective.replacing(name, *status, class), name == SERVER) {
                    (Some(more), _) => gone = Some(more.span),
                    (None, true) => match self.own_server(place, of) {
                        Seen::Gone(span) => gone = gone.or(Some(span)),
                        other => return other,
                    },
                    (None, false) => match self.of_backend(name, place, of) {
                        Seen::Gone(span) => gone = gone.or(Some(span)),
                        other => return other,
                    },
                }
            }
        }
        Seen::Gone(gone.unwrap_or(place.span))
    }

    /// The `Server` that nothing replaces.
    fn own_server(&self, place: &Place, of: &OfServer) -> Seen {
        let line = match place.headers.server_tokens() {
            Ok(line) => line,
            Err(doubt) => return Seen::Unknown(Box::new(Judged::unknown(doubt, place.span))),
        };
        let word = line.and_then(|d| d.arg(0)).map(Word::text);
        match (word.as_deref(), line) {
            (Some("off"), Some(line)) => match self.of_backend(SERVER, place, of) {
                Seen::Gone(_) => Seen::Gone(line.span),
                other => other,
            },
            (Some(word @ ("on" | "build")), Some(line)) => Seen::Sent(format!("nginx and its version (server_tokens {word})"), Some(line.span)),
            // A text of the commercial build.
            (Some(text), Some(line)) if text.contains('$') || tells(text) => Seen::Sent(text.to_owned(), Some(line.span)),
            (Some(_), Some(line)) => Seen::Gone(line.span),
            _ => Seen::Sent(String::new(), None),
        }
    }

    /// What answers behind nginx, or inside of it, and may send the header.
    fn of_backend(&self, name: &str, place: &Place, of: &OfServer) -> Seen {
        if place.level.returns.is_some() {
            return Seen::Gone(place.span);
        }
        let unverifiable = |why: String, at: Label, help: Vec<String>| {
            let group = of.servers.servers.first().map(|s| s.span);
            let found = Found::Unverifiable(why);
            Seen::Unknown(Box::new(Judged { found, cause: Cause::Dynamic, at, related: Vec::new(), rule: &rules::HEADER_PASSED_ON, help, group }))
        };
        if let Some(program) = place.program {
            let why = "a program answers inside of nginx, and may send it".to_owned();
            return unverifiable(
                why,
                Label::new(program.span, "a program answers here"),
                vec![format!("add `more_clear_headers {name};` to this block, or have the program not send it")],
            );
        }
        let Some((kind, line)) = place.pass else { return Seen::Gone(place.span) };
        if place.hidden.has(kind, name) {
            return match place.hidden.doubt(kind) {
                Some(doubt) => Seen::Unknown(Box::new(Judged::unknown(doubt, place.span))),
                None => Seen::Gone(line.span),
            };
        }
        let module = backend::KINDS[kind];
        let why = "the backend may send it, which these files do not say".to_owned();
        let hide = format!("`{module}_hide_header {name};`");
        let include = self.advice.include("security-headers.conf").filter(|_| module == "proxy" && name != SERVER);
        let help = match (place.hidden.passed(kind, name), include) {
            (Some(_), _) => vec![format!("drop the line with {module}_pass_header {name}")],
            (None, Some(include)) => vec![format!("add `{include}` to this block, or {hide} beside the {module}_hide_header lines in force here")],
            (None, None) => vec![format!("add {hide} to the http block, and to each block with {module}_hide_header lines of its own")],
        };
        let at = place.hidden.passed(kind, name).map_or_else(|| Label::new(line.span, "asks a backend"), |d| Label::new(d.span, "passes it on"));
        unverifiable(why, at, help)
    }
}

/// What was seen of a header, as a fact about all that are forbidden: the others count as gone, each has a fact of its own.
fn forbidden(wanted: &BTreeSet<String>, name: &str, seen: Seen, place: &Place, of: &OfServer) -> Judged {
    let without = || wanted.iter().filter(|w| *w != name).cloned().collect::<BTreeSet<_>>();
    let judged = |found, cause, at, rule: &'static Rule| Judged { found, cause, at, related: Vec::new(), rule, help: Vec::new(), group: None };
    let value = |names| Value::Forbidden(Forbidden(names));
    match seen {
        Seen::Unknown(judged) => *judged,
        Seen::Gone(span) => {
            let which = if name == SERVER { " that tells a version" } else { "" };
            let found = Found::Set { value: value(wanted.clone()), text: format!("no {name} header{which}") };
            judged(found, Cause::Value, Label::new(span, "removed here"), &rules::HEADER_DISCLOSED)
        }
        Seen::Sent(text, Some(span)) => {
            let found = Found::Set { value: value(without()), text: format!("{name}: {text}") };
            let mut judged = judged(found, Cause::Value, Label::new(span, "sends it"), &rules::HEADER_DISCLOSED);
            let line = if name == SERVER { "write `server_tokens off;` in the http block, and drop this line" } else { "drop this line" };
            judged.help = vec![line.to_owned()];
            judged
        }
        Seen::Sent(_, None) => {
            let found = Found::Default { value: value(without()), of: "nginx".to_owned() };
            let at = Label::new(place.span, "no server_tokens in this block or around it");
            let mut judged = judged(found, Cause::Missing, at, &rules::HEADER_DISCLOSED);
            judged.help = vec!["add `server_tokens off;` to the http block".to_owned()];
            // What nothing sets is set once, for all of them.
            judged.group = of.servers.servers.first().map(|s| s.span);
            judged
        }
    }
}

/// Whether a value of `Server` tells more than a name.
fn tells(text: &str) -> bool {
    matches!(Disclosure::from_lines(&[text]), Disclosure::Version(_))
}
