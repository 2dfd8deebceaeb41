//! What a list of `add_header` lines says about each header intent.

use super::Judged;
use super::field::{Field, XFO, ancestors};
use crate::finding::{Cause, Label};
use crate::source::Span;
use crate::strictness::Value;
use crate::targets::Found;
use crate::targets::nginx::effective::AddHeader;
use crate::targets::nginx::effective::headers::Effective;
use crate::targets::nginx::rules;

/// What a level's lines say about a field. More than one answer, each with what to add to the place's name, where
/// error responses differ. `block` is the line that opens the block, `site` the origin of the pages, where the spec names it.
#[must_use]
pub fn judge(field: Field, effective: &Effective, block: Span, site: Option<&str>) -> Vec<(&'static str, Judged)> {
    let names = field.headers();
    if let Some(doubt) = names.iter().find_map(|name| effective.doubt(name)) {
        return vec![("", Judged::unknown(doubt, block))];
    }
    let lines: Vec<Vec<&AddHeader>> = names.iter().map(|name| effective.sent(name).collect()).collect();
    if let Some(dynamic) = lines.iter().flatten().find(|line| line.value.value.contains(&b'$')) {
        let why = format!("the value {} is decided at run time", dynamic.value.text());
        let at = Label::new(dynamic.span, "the value holds a variable");
        let judged = Judged { found: Found::Unverifiable(why), cause: Cause::Dynamic, at, related: Vec::new(), rule: &rules::HEADER_DYNAMIC, help: Vec::new() };
        return vec![("", judged)];
    }
    let texts: Vec<Vec<String>> = lines.iter().map(|lines| lines.iter().map(|line| line.value.text()).collect()).collect();
    let all: Vec<Vec<&str>> = texts.iter().map(|t| t.iter().map(String::as_str).collect()).collect();
    let Some(value) = field.value(&all, site) else { return vec![("", missing(field, effective, block))] };
    let said: Vec<&AddHeader> = lines.iter().flatten().copied().filter(|line| says(field, line)).collect();
    let (at, related) = labels(&said, block);
    let make = |found, cause, rule| Judged { found, cause, at: at.clone(), related: related.clone(), rule, help: Vec::new() };
    let invalid = |text: String, why: String, rule| make(Found::Invalid { text, why }, Cause::Invalid, rule);
    let as_found = |value: Result<Value, String>, text: String| match value {
        Ok(value) => make(Found::Set { value, text }, Cause::Value, &rules::HEADER_VALUE),
        Err(why) => invalid(text, why, &rules::HEADER_INVALID),
    };
    let text = field.text(&all);
    if said.iter().any(|line| line.value.value.iter().any(|b| matches!(b, b'\r' | b'\n'))) {
        let why = "the value holds a line break, which ends the header line".to_owned();
        return vec![("", invalid(text, why, &rules::HEADER_INVALID))];
    }
    let on_errors: Vec<Vec<&str>> = lines
        .iter()
        .zip(&texts)
        .map(|(lines, texts)| lines.iter().zip(texts).filter(|(line, _)| line.always).map(|(_, text)| text.as_str()).collect())
        .collect();
    let Some(error_value) = field.value(&on_errors, site) else {
        let why = "without always, nginx does not send it with error responses".to_owned();
        return vec![("", invalid(text, why, &rules::HEADER_NOT_ALWAYS))];
    };
    let mut judged = vec![("", as_found(value.clone(), text))];
    if error_value != value {
        judged.push((" (error responses)", as_found(error_value, field.text(&on_errors))));
    }
    judged
}

/// Whether a line says something about a field: of Content-Security-Policy, only frame-ancestors is about framing.
fn says(field: Field, line: &AddHeader) -> bool {
    field != Field::Framing || line.name.value.eq_ignore_ascii_case(XFO.as_bytes()) || ancestors(&line.value.text()).is_some()
}

fn labels(said: &[&AddHeader], block: Span) -> (Label, Vec<Label>) {
    let at = said.first().map_or_else(|| Label::new(block, ""), |line| Label::new(line.span, "in force here"));
    (at, said.iter().skip(1).map(|line| Label::new(line.span, "nginx sends this line too")).collect())
}

fn missing(field: Field, effective: &Effective, block: Span) -> Judged {
    let names = field.headers();
    if let Some((line, by)) = names.iter().find_map(|name| effective.cut_off(name).filter(|(line, _)| says(field, line))) {
        let at = Label::new(*by, "cuts off the headers of the blocks around it");
        let related = vec![Label::new(line.span, "set here")];
        return Judged { found: Found::Missing, cause: Cause::Shadowed, at, related, rule: &rules::HEADER_CUT, help: Vec::new() };
    }
    let name = names.first().copied().unwrap_or_default();
    let at = Label::new(block, format!("nothing in this block or around it sets {name}"));
    // All blocks of a server that sets it nowhere lack it for one cause.
    let related = effective.outermost.filter(|server| *server != block).map(|server| Label::new(server, "the server does not set it either"));
    Judged { found: Found::Missing, cause: Cause::Missing, at, related: related.into_iter().collect(), rule: &rules::HEADER_MISSING, help: Vec::new() }
}
