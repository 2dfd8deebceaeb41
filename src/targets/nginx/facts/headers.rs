//! What the header lines of a place say about each header intent.

use super::Judged;
use crate::finding::{Cause, Label};
use crate::source::Span;
use crate::strictness::Value;
use crate::targets::Found;
use crate::targets::field::{Field, XFO, ancestors};
use crate::targets::nginx::effective::AddHeader;
use crate::targets::nginx::effective::headers::{self, By, Effective, Sent};
use crate::targets::nginx::effective::variables::{Alternative, Pick, Scene, Undecided};
use crate::targets::nginx::rules;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Ways in which the lines of one response may come together; more are not told apart.
const MAX_COMBINATIONS: usize = 64;
/// Bytes of a variable's value in the name of a place.
const SHOWN: usize = 60;
/// The statuses that stand for error responses, beside those that a line singles out.
const ERRORS: [u16; 2] = [404, 500];

/// A place, and what decides there.
#[derive(Clone, Copy)]
pub struct Here<'h, 's, 'a> {
    /// The lines in force.
    pub wires: &'h Wires<'h, 'a>,
    /// The variables.
    pub scene: &'h Scene<'s, 'a>,
    /// The line that opens the block.
    pub block: Span,
    /// The origin of the pages, where the spec names it.
    pub site: Option<&'h str>,
    /// Only responses of this media type; `None`: those that the header is about.
    pub media: Option<&'h str>,
    /// What was parsed before.
    pub parsed: &'h Parsed,
}

/// What a field says by the texts of its lines: most places of a tree say the same.
type Meaning = Option<Result<Value, String>>;

/// Values that were parsed already, by field and texts.
#[derive(Debug, Default)]
pub struct Parsed(RefCell<HashMap<(Field, Texts), Meaning>>);

/// The values of each header of a field.
type Texts = Vec<Vec<String>>;

impl Parsed {
    fn value(&self, field: Field, by_name: Texts, site: Option<&str>) -> Meaning {
        let parse = |by_name: &[Vec<String>]| {
            let lines: Vec<Vec<&str>> = by_name.iter().map(|lines| lines.iter().map(String::as_str).collect()).collect();
            field.value(&lines, site)
        };
        let mut known = self.0.borrow_mut();
        // A tree with ever new values gains nothing from being remembered.
        if known.len() >= 4096 {
            return parse(&by_name);
        }
        match known.entry((field, by_name)) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.get().clone(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let value = parse(&entry.key().1);
                entry.insert(value).clone()
            }
        }
    }
}

/// The lines of a place's responses, worked out once for all fields.
#[derive(Debug)]
pub struct Wires<'h, 'a> {
    effective: &'h Effective<'a>,
    known: RefCell<Vec<Wire<'a>>>,
}

type Wire<'a> = ((u16, Option<String>), Rc<[Sent<'a>]>);

impl<'h, 'a> Wires<'h, 'a> {
    /// Of a place.
    #[must_use]
    pub fn new(effective: &'h Effective<'a>) -> Self {
        Self { effective, known: RefCell::default() }
    }

    /// See [`Effective::identity`].
    #[must_use]
    pub fn identity(&self) -> Option<usize> {
        self.effective.identity()
    }

    fn of(&self, status: u16, media: Option<&str>) -> Rc<[Sent<'a>]> {
        // Without a line that asks for a status or a type, only two kinds of responses differ.
        let status = match self.effective.statuses().next() {
            Some(_) => status,
            None if headers::is_common(status) => 200,
            None => ERRORS[0],
        };
        let media = media.filter(|_| self.effective.asks_media());
        let mut known = self.known.borrow_mut();
        if let Some((_, wire)) = known.iter().find(|((s, m), _)| *s == status && m.as_deref() == media) {
            return Rc::clone(wire);
        }
        let wire: Rc<[Sent]> = self.effective.wire(status, media).into();
        known.push(((status, media.map(str::to_owned)), Rc::clone(&wire)));
        wire
    }
}

/// What a response says of a field.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Value(Value),
    Nothing,
    /// Clients ignore it, and why.
    Ignored(String),
}

/// One way in which responses of a status may come out.
#[derive(Clone, Debug)]
struct Outcome<'a> {
    said: Said,
    text: String,
    lines: Vec<Sent<'a>>,
    picks: Vec<Pick>,
}

impl Outcome<'_> {
    fn is_same(&self, other: &Self) -> bool {
        self.said == other.said
    }
}

fn are_same(one: &[Outcome], other: &[Outcome]) -> bool {
    one.len() == other.len() && one.iter().all(|o| other.iter().any(|p| p.is_same(o)))
}

/// What the lines of a place say about a field. More than one answer, each with what to add to the place's name, where
/// responses differ.
#[must_use]
pub fn judge(field: Field, here: &Here) -> Vec<(String, Judged)> {
    let names = field.headers();
    if let Some(doubt) = names.iter().find_map(|name| here.wires.effective.doubt(name)) {
        return vec![(String::new(), Judged::unknown(doubt, here.block))];
    }
    let mut classes: Vec<Option<String>> = Vec::new();
    match (here.media, field.is_of_documents()) {
        (Some(media), _) => classes.push(Some(media.to_owned())),
        (None, true) => classes.push(Some("text/html".to_owned())),
        (None, false) => {
            classes.push(None);
            classes.extend(here.wires.effective.media(names).map(|m| Some(m.to_owned())));
            classes.sort();
            classes.dedup();
        }
    }
    let (mut all, many) = (Vec::new(), classes.len() > 1);
    for class in classes {
        let suffix = class.as_ref().filter(|_| many).map(|media| format!(" (responses of type {media})")).unwrap_or_default();
        let judged = of_class(field, here, class.as_deref());
        all.extend(judged.into_iter().map(|(more, judged)| (format!("{suffix}{more}"), judged)));
    }
    // Types that answer alike are one answer.
    if many && all.iter().all(|(_, j)| all.first().is_some_and(|(_, first)| first.found == j.found && first.at == j.at)) {
        all.truncate(1);
        for (suffix, _) in &mut all {
            suffix.clear();
        }
    }
    all
}

/// Answers for responses of one media type.
fn of_class(field: Field, here: &Here, media: Option<&str>) -> Vec<(String, Judged)> {
    let normal = match outcomes(field, here, 200, media) {
        Ok(normal) => Rc::new(normal),
        Err(judged) => return vec![(String::new(), *judged)],
    };
    let mut statuses: Vec<u16> = ERRORS.into_iter().chain(here.wires.effective.statuses().filter(|s| !headers::is_common(*s))).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let mut groups: Vec<(Vec<u16>, Rc<Vec<Outcome>>)> = Vec::new();
    let usual = lines_of(field, here, 200, media);
    for status in &statuses {
        let lines = lines_of(field, here, *status, media);
        let of_status = if lines.len() == usual.len() && lines.iter().zip(&usual).all(|(one, other)| one.span == other.span && one.by == other.by) {
            Rc::clone(&normal)
        } else {
            match outcomes(field, here, *status, media) {
                Ok(outcomes) => Rc::new(outcomes),
                Err(judged) => return vec![(String::new(), *judged)],
            }
        };
        match groups.iter_mut().find(|(_, outcomes)| are_same(outcomes, &of_status)) {
            Some((statuses, _)) => statuses.push(*status),
            None => groups.push((vec![*status], of_status)),
        }
    }
    let is_silent = |outcomes: &[Outcome]| outcomes.iter().all(|o| o.said == Said::Nothing);
    let not_always = |text: String, outcome: &Outcome, why: &str| {
        let (at, related) = labels(outcome, here.block);
        Judged {
            found: Found::Invalid { text, why: why.to_owned() },
            cause: Cause::Invalid,
            at,
            related,
            rule: &rules::HEADER_NOT_ALWAYS,
            help: Vec::new(),
            group: None,
        }
    };
    let lost_on_errors = !is_silent(&normal) && groups.iter().all(|(_, outcomes)| is_silent(outcomes));
    let many = normal.len() > 1;
    let mut all = Vec::new();
    for outcome in &*normal {
        let suffix = if many { choice(outcome) } else { String::new() };
        let judged = if lost_on_errors && matches!(outcome.said, Said::Value(_)) {
            not_always(outcome.text.clone(), outcome, "without always, nginx does not send it with error responses")
        } else {
            judged(field, here, outcome)
        };
        all.push((suffix, judged));
    }
    if lost_on_errors {
        return all;
    }
    for (of, outcomes) in groups.iter().filter(|(_, outcomes)| !are_same(outcomes, &normal)) {
        let which = if of.len() == statuses.len() {
            " (error responses)".to_owned()
        } else {
            format!(" (status {})", of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        for outcome in &**outcomes {
            let suffix = if outcomes.len() > 1 { format!("{which}{}", choice(outcome)) } else { which.clone() };
            all.push((suffix, judged(field, here, outcome)));
        }
    }
    all
}

/// ` (where $hsts is "max-age=1")`
fn choice(outcome: &Outcome) -> String {
    let one = |pick: &Pick| {
        if pick.text.is_empty() {
            return format!("{} is empty", pick.variable);
        }
        let shown: String = pick.text.chars().take(SHOWN).collect();
        let more = if shown.len() < pick.text.len() { "..." } else { "" };
        format!("{} is \"{shown}{more}\"", pick.variable)
    };
    let picks: Vec<String> = outcome.picks.iter().map(one).collect();
    if picks.is_empty() { String::new() } else { format!(" (where {})", picks.join(" and ")) }
}

/// One way of a response's lines to come together: the text of each line, and the choices behind them.
struct Combination {
    texts: Vec<String>,
    picks: Vec<Pick>,
}

/// The lines of a field's headers in responses of a status.
fn lines_of<'a>(field: Field, here: &Here<'_, '_, 'a>, status: u16, media: Option<&str>) -> Vec<Sent<'a>> {
    let names = field.headers();
    here.wires.of(status, media).iter().filter(|line| names.iter().any(|n| line.is(n))).copied().collect()
}

/// Every way in which responses of a status may come out for a field.
fn outcomes<'a>(field: Field, here: &Here<'_, '_, 'a>, status: u16, media: Option<&str>) -> Result<Vec<Outcome<'a>>, Box<Judged>> {
    let names = field.headers();
    let wire = lines_of(field, here, status, media);
    let mut all = vec![Combination { texts: Vec::new(), picks: Vec::new() }];
    let scene = wire.iter().any(|line| line.value.contains(&b'$')).then(|| Scene {
        // nginx puts the character set behind the type.
        content_types: media.map(|m| vec![m.to_owned(), format!("{m}; charset=utf-8")]).unwrap_or_default(),
        ..here.scene.clone()
    });
    for line in &wire {
        let values = scene.as_ref().unwrap_or(here.scene).values(line.value).map_err(|why| Box::new(undecided(line, &why)))?;
        all = all.iter().flat_map(|before| values.iter().filter_map(|value| with(before, line, value))).collect();
        if all.len() > MAX_COMBINATIONS {
            let why =
                Undecided { why: format!("there are more than {MAX_COMBINATIONS} ways in which its variables come together"), span: None, is_refused: false };
            return Err(Box::new(undecided(line, &why)));
        }
    }
    let mut outcomes: Vec<Outcome> = Vec::new();
    for Combination { texts, picks } in all {
        let of_name = |name: &&str| wire.iter().zip(&texts).filter(|(line, text)| line.is(name) && !text.is_empty()).map(|(_, text)| text.clone()).collect();
        let by_name: Texts = names.iter().map(of_name).collect();
        let text = field.text(&by_name.iter().map(|lines| lines.iter().map(String::as_str).collect()).collect::<Vec<_>>());
        let breaks = by_name.iter().flatten().any(|t| t.contains(['\r', '\n']));
        let said = match here.parsed.value(field, by_name, here.site) {
            None => Said::Nothing,
            Some(_) if breaks => Said::Ignored("the value holds a line break, which ends the header line".to_owned()),
            Some(Ok(value)) => Said::Value(value),
            Some(Err(why)) => Said::Ignored(why),
        };
        // Of an outcome that says nothing, the lines whose values are empty.
        let speaks = |(line, text): &(&Sent, &String)| if said == Said::Nothing { text.is_empty() } else { !text.is_empty() && says(field, line, text) };
        let lines: Vec<Sent> = wire.iter().zip(&texts).filter(speaks).map(|(line, _)| *line).collect();
        let outcome = Outcome { text: if said == Said::Nothing { String::new() } else { text }, said, lines, picks };
        if !outcomes.iter().any(|o| o.is_same(&outcome)) {
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}

/// A combination with the value of one line more; `None` where a variable would have two values at once.
fn with(before: &Combination, line: &Sent, value: &Alternative) -> Option<Combination> {
    let differs = |p: &Pick| before.picks.iter().any(|b| b.variable == p.variable && b.text != p.text);
    if value.picks.iter().any(differs) {
        return None;
    }
    let mut picks = before.picks.clone();
    picks.extend(value.picks.iter().filter(|p| !before.picks.contains(p)).cloned());
    let text = if line.by == By::Expires { headers::cache_control(&value.text).unwrap_or_default() } else { value.text.clone() };
    Some(Combination { texts: before.texts.iter().cloned().chain([text]).collect(), picks })
}

/// A line whose value a file does not decide.
pub(super) fn undecided(line: &Sent, why: &Undecided) -> Judged {
    let value = String::from_utf8_lossy(line.value);
    let (rule, cause) = if why.is_refused { (&rules::REFUSED, Cause::Invalid) } else { (&rules::HEADER_DYNAMIC, Cause::Dynamic) };
    let at = Label::new(line.span, "the value holds a variable");
    let related = why.span.map(|span| Label::new(span, "this decides it")).into_iter().collect();
    Judged { found: Found::Unverifiable(format!("of the value {value}, {}", why.why)), cause, at, related, rule, help: Vec::new(), group: None }
}

/// Whether a line says something about a field: of Content-Security-Policy, only frame-ancestors is about framing.
fn says(field: Field, line: &Sent, text: &str) -> bool {
    field != Field::Framing || line.is(XFO) || ancestors(text).is_some()
}

fn labels(outcome: &Outcome, block: Span) -> (Label, Vec<Label>) {
    let line = outcome.lines.first().map_or_else(|| Label::new(block, ""), |line| Label::new(line.span, "in force here"));
    let others = outcome.lines.iter().skip(1).map(|line| Label::new(line.span, "nginx sends this line too"));
    // What is to be changed is where the value comes from.
    match outcome.picks.last() {
        Some(pick) => {
            let gives = |pick: &Pick| {
                Label::new(
                    pick.span,
                    if pick.text.is_empty() { format!("leaves {} empty", pick.variable) } else { format!("gives {} its value", pick.variable) },
                )
            };
            let related = outcome.picks.iter().rev().skip(1).map(gives);
            (gives(pick), related.chain([line]).chain(others).collect())
        }
        None => (line, others.collect()),
    }
}

fn judged(field: Field, here: &Here, outcome: &Outcome) -> Judged {
    let (at, related) = labels(outcome, here.block);
    let make = |found, cause, rule| Judged { found, cause, at: at.clone(), related: related.clone(), rule, help: Vec::new(), group: None };
    match &outcome.said {
        Said::Value(value) => make(Found::Set { value: value.clone(), text: outcome.text.clone() }, Cause::Value, &rules::HEADER_VALUE),
        Said::Ignored(why) => make(Found::Invalid { text: outcome.text.clone(), why: why.clone() }, Cause::Invalid, &rules::HEADER_INVALID),
        Said::Nothing if outcome.picks.is_empty() => missing(field, here),
        Said::Nothing => make(Found::Missing, Cause::Value, &rules::HEADER_EMPTY),
    }
}

fn missing(field: Field, here: &Here) -> Judged {
    let names = field.headers();
    let is_said = |line: &AddHeader| {
        field != Field::Framing || line.name.eq_ignore_ascii_case(XFO.as_bytes()) || ancestors(&String::from_utf8_lossy(line.value)).is_some()
    };
    if let Some((line, by)) = names.iter().find_map(|name| here.wires.effective.cut_off(name).find(|(line, _)| is_said(line))) {
        let at = Label::new(*by, "cuts off the headers of the blocks around it");
        let related = vec![Label::new(line.span, "set here")];
        return Judged { found: Found::Missing, cause: Cause::Shadowed, at, related, rule: &rules::HEADER_CUT, help: Vec::new(), group: None };
    }
    let at = Label::new(here.block, "not set in this block or around it");
    // All blocks of a server that sets it nowhere lack it for one cause.
    let outermost = here.wires.effective.outermost.filter(|server| *server != here.block);
    let related = outermost.map(|server| Label::new(server, "the server does not set it either"));
    let group = here.wires.effective.outermost;
    Judged { found: Found::Missing, cause: Cause::Missing, at, related: related.into_iter().collect(), rule: &rules::HEADER_MISSING, help: Vec::new(), group }
}
