//! Declared lines: the only thing that is read of a file whose grammar secgen does not know. A line that fits a pattern
//! of the spec has a header's value where `{value}` stands. That shows what the file says, never what a server does.

use crate::finding::{Cause, Label};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::spec::TemplateOutput;
use crate::targets::field::Field;
use crate::targets::{Fact, Found};
use std::ops::Range;

/// The values of an output's lines, for each header of a field.
type Values<'t> = Vec<Vec<(&'t str, Range<usize>)>>;

/// The fields that an output has a line for, of those that the policy asks for.
pub(super) fn fields(policy: &Policy, output: &TemplateOutput) -> Vec<(Field, String)> {
    let has = |header: &&str| output.lines.iter().flatten().any(|(name, _)| name.as_str().eq_ignore_ascii_case(header));
    let sent = super::header_lines(policy);
    let all = Field::ALL.into_iter().filter(|field| {
        // Of a field that two headers say, both must be seen, where both are sent.
        let mut needed = field.headers().iter().filter(|header| sent.iter().any(|(name, _)| name == *header)).peekable();
        needed.peek().is_some() && needed.all(has)
    });
    all.map(|field| (field, format!("http.headers.{}", field.name()))).filter(|(_, key)| policy.intent(key).is_some()).collect()
}

/// What stands before and behind the value, with each run of blanks as one.
fn parts(pattern: &str) -> (String, String) {
    let (before, behind) = pattern.split_once("{value}").unwrap_or((pattern, ""));
    (squeezed(before.trim_start()), squeezed(behind.trim_end()))
}

fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The bytes of a text that a pattern takes from its start; blanks may be more than one.
fn take(text: &str, wanted: &str) -> Option<usize> {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    let bytes = text.as_bytes();
    let mut at = 0;
    for b in wanted.bytes() {
        if b == b' ' {
            let blanks = bytes.get(at..)?.iter().take_while(|b| is_blank(b)).count();
            if blanks == 0 {
                return None;
            }
            at += blanks;
        } else if bytes.get(at) == Some(&b) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// The value in a line, if the line fits the pattern.
fn value(line: &str, pattern: &str) -> Option<Range<usize>> {
    let (before, behind) = parts(pattern);
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let whole = line.trim_end_matches([' ', '\t', '\r']);
    let from = start + take(whole.get(start..)?, &before)?;
    // What stands behind the value is looked for from the end on.
    let to = (from..=whole.len()).rev().find(|at| whole.get(*at..).is_some_and(|rest| take(rest, &behind) == Some(rest.len())))?;
    Some(from..to)
}

/// The values of every line that fits the pattern of a header.
fn values<'t>(text: &'t str, output: &TemplateOutput, field: Field) -> Values<'t> {
    let of = |header: &&str| {
        let pattern = output.lines.iter().flatten().find(|(name, _)| name.as_str().eq_ignore_ascii_case(header));
        let Some((_, pattern)) = pattern else { return Vec::new() };
        let mut at = 0;
        let mut found = Vec::new();
        for line in text.split_inclusive('\n') {
            let inside = value(line.trim_end_matches('\n'), pattern.as_str());
            found.extend(inside.and_then(|range| Some((line.get(range.clone())?, at + range.start..at + range.end))));
            at += line.len();
        }
        found
    };
    field.headers().iter().map(of).collect()
}

/// What the lines of a file say. `cause` is why: a value, or one that nothing shows in force.
pub(super) fn facts(policy: &Policy, output: &TemplateOutput, cause: Cause, sources: &Sources, id: SourceId) -> Vec<Fact> {
    let source = sources.get(id);
    let text = source.text().unwrap_or_default();
    let site = policy.spec.http.as_ref().and_then(|h| h.site.as_ref()).map(crate::spec::scalar::Origin::as_str);
    let fact = |(field, intent): (Field, String)| {
        let values = values(text, output, field);
        let lines: Vec<Vec<&str>> = values.iter().map(|lines| lines.iter().map(|(value, _)| *value).collect()).collect();
        let twice = field.headers().iter().zip(&lines).find(|(_, lines)| lines.len() > 1);
        let found = match (twice, field.value(&lines, site)) {
            // Which one counts is a matter of the grammar.
            (Some((header, lines)), _) => Found::Unverifiable(format!("{} lines fit the pattern of {header}, and which one counts is not known", lines.len())),
            (None, None) => Found::Unverifiable(format!("no line fits the pattern of {}", field.headers().join(" or "))),
            (None, Some(Ok(value))) => Found::Set { value, text: field.text(&lines) },
            (None, Some(Err(why))) => Found::Invalid { text: field.text(&lines), why },
        };
        let mut at: Vec<Label> = values.iter().flatten().map(|(_, range)| Label::new(Span::new(id, range.start, range.end), "")).collect();
        let first = (!at.is_empty()).then(|| at.remove(0));
        Fact {
            intent,
            place: source.path.clone(),
            found,
            cause,
            at: first,
            related: at,
            rule: &super::rules::LINE,
            help: vec!["correct the line, or its pattern under templates.outputs".to_owned()],
            group: None,
        }
    };
    fields(policy, output).into_iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_as_a_whole() {
        let of = |line: &str, pattern: &str| value(line, pattern).map(|range| line[range].to_owned());
        for (line, pattern, found) in [
            ("\tX-A \"b c\"", "X-A \"{value}\"", Some("b c")),
            ("  header   X-A  \"b\"  \r", "header X-A \"{value}\"", Some("b")),
            ("set X-A b", "set X-A {value}", Some("b")),
            ("set X-A b if ok", "set X-A {value} if ok", Some("b")),
            ("X-A \"b\" \"c\"", "X-A \"{value}\"", Some("b\" \"c")),
            ("X-A \"\"", "X-A \"{value}\"", Some("")),
            ("# X-A \"b\"", "X-A \"{value}\"", None),
            ("X-A \"b\" # c", "X-A \"{value}\"", None),
            ("X-AB \"b\"", "X-A \"{value}\"", None),
            ("X-A \"", "X-A \"{value}\"", None),
            ("", "X-A \"{value}\"", None),
            ("é", "{value}é", Some("")),
        ] {
            assert_eq!(of(line, pattern).as_deref(), found, "{line}");
        }
    }
}
