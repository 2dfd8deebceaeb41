//! What users write into a rendered document: text between `<!-- user:begin NAME -->` and `<!-- user:end -->` stays when the
//! document is rendered again. Marks that do not fit are refused, so that nothing is lost.

use crate::targets::Lost;
use std::ops::Range;

/// What stands between a pair of marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub name: String,
    /// The line of its first mark, from 1.
    pub line: usize,
    /// The bytes between the lines of its marks.
    pub body: Range<usize>,
}

/// A line of a text that is a mark.
enum Mark<'a> {
    Begin(&'a str),
    End,
    /// Something like a mark.
    Broken,
}

fn mark(line: &str) -> Option<Mark<'_>> {
    let line = line.trim();
    // A value in a rendered line may look like a mark, but no line begins with a value.
    if !line.strip_prefix("<!--").is_some_and(|rest| rest.trim_start().starts_with("user:")) {
        return None;
    }
    let Some(inner) = line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")).map(str::trim) else { return Some(Mark::Broken) };
    if inner == "user:end" {
        return Some(Mark::End);
    }
    let name = inner.strip_prefix("user:begin ").map(str::trim);
    let fits = |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    Some(name.filter(fits).map_or(Mark::Broken, Mark::Begin))
}

/// All blocks of a text, in its order.
///
/// # Errors
/// The first mark that does not fit.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, Lost> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<(String, usize, usize)> = None;
    let lost = |line: usize, why: String, help: &str| Lost { line, why, help: help.to_owned() };
    let mut at = 0;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let number = i + 1;
        match (mark(line), open.take()) {
            (None, still) => open = still,
            (Some(Mark::Broken), _) => {
                let help = "write <!-- user:begin NAME --> or <!-- user:end --> alone on its line, the name in lower-case letters, digits and -";
                return Err(lost(number, "a mark of user text cannot be read".to_owned(), help));
            }
            (Some(Mark::Begin(name)), None) => {
                if let Some(other) = found.iter().find(|block| block.name == name) {
                    let why = format!("the user text {name} begins a second time; the first is in line {}", other.line);
                    return Err(lost(number, why, "move both texts into one pair of marks"));
                }
                open = Some((name.to_owned(), number, at + line.len()));
            }
            (Some(Mark::Begin(name)), Some((outer, first, _))) => {
                let why = format!("the user text {name} begins inside {outer}, which began in line {first}");
                return Err(lost(number, why, "end the first with <!-- user:end --> before the next begins"));
            }
            (Some(Mark::End), Some((name, line, start))) => found.push(Block { name, line, body: start..at }),
            (Some(Mark::End), None) => {
                return Err(lost(number, "user text ends that never began".to_owned(), "write <!-- user:begin NAME --> above the text, or remove this line"));
            }
        }
        at += line.len();
    }
    match open {
        Some((name, line, _)) => Err(lost(line, format!("the user text {name} has no end"), "write <!-- user:end --> on a line of its own below the text")),
        None => Ok(found),
    }
}

/// A rendered text with what the user wrote in an existing one.
///
/// # Errors
/// A mark of the existing text that does not fit, or user text that has no place in the rendered one.
pub(in super::super) fn keep(rendered: &str, existing: &str) -> Result<String, Lost> {
    let places = blocks(rendered)?;
    let kept = blocks(existing)?;
    if let Some(block) = kept.iter().find(|block| !places.iter().any(|place| place.name == block.name)) {
        let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
        return Err(Lost {
            line: block.line,
            why: format!("there is no place for the user text {}", block.name),
            help: format!("move it into one of {}", names.join(", ")),
        });
    }
    let mut out = String::new();
    let mut done = 0;
    for place in &places {
        out.push_str(rendered.get(done..place.body.start).unwrap_or_default());
        let own = kept.iter().find(|block| block.name == place.name).unwrap_or(place);
        let from = if kept.iter().any(|block| block.name == place.name) { existing } else { rendered };
        out.push_str(from.get(own.body.clone()).unwrap_or_default());
        done = place.body.end;
    }
    out.push_str(rendered.get(done..).unwrap_or_default());
    Ok(out)
}

/// A text without what users wrote; as it is where its marks do not fit.
pub(super) fn without(text: &str) -> String {
    let Ok(blocks) = blocks(text) else { return text.to_owned() };
    let mut out = String::new();
    let mut done = 0;
    for block in &blocks {
        out.push_str(text.get(done..block.body.start).unwrap_or_default());
        done = block.body.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENDERED: &str = "# a\n<!-- user:begin x -->\n<!-- user:end -->\nnew\n<!-- user:begin y -->\n<!-- user:end -->\n";

    #[test]
    fn what_users_wrote_stays() {
        let existing = "old\n<!-- user:begin y -->\n- mine\n\n  <b>too</b>\n<!-- user:end -->\n<!-- user:begin x -->\n1\n<!-- user:end -->";
        let kept = "# a\n<!-- user:begin x -->\n1\n<!-- user:end -->\nnew\n<!-- user:begin y -->\n- mine\n\n  <b>too</b>\n<!-- user:end -->\n";
        assert_eq!(keep(RENDERED, existing).as_deref(), Ok(kept));
        assert_eq!(keep(RENDERED, kept).as_deref(), Ok(kept));
        assert_eq!(keep(RENDERED, "no marks").as_deref(), Ok(RENDERED));
        assert_eq!(without(kept), RENDERED);
    }

    #[test]
    fn marks_that_do_not_fit_are_told_by_their_line() {
        for (text, line, why) in [
            ("a\n<!-- user:begin x -->\ntext", 2, "has no end"),
            ("<!-- user:begin x -->\n<!-- user:begin y -->\n<!-- user:end -->\n<!-- user:end -->", 2, "begins inside x"),
            ("<!-- user:end -->", 1, "never began"),
            ("<!-- user:begin x -->\n<!-- user:end -->\n<!-- user:begin x -->\n<!-- user:end -->", 3, "a second time"),
            ("<!-- user:begin X -->\n<!-- user:end -->", 1, "cannot be read"),
            ("<!-- user:begin x --> text\n<!-- user:end -->", 1, "cannot be read"),
            ("<!-- user:begin\nx -->", 1, "cannot be read"),
            ("<!-- user:begin z -->\n1\n<!-- user:end -->", 1, "no place for the user text z"),
        ] {
            let lost = keep(RENDERED, text).unwrap_err();
            assert!(lost.line == line && lost.why.contains(why), "{text}: {lost:?}");
        }
    }
}
