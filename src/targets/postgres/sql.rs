//! Reads a psql script back: pieces of SQL and psql's own commands, statements, and what they set.
//!
//! A script of ours holds known statements only; anything else between them is an error, so that no edit hides.

use super::psql::scan::{Piece, Scanner};
use super::psql::tokens::{self, Kind, Token};
use super::script::RESET;
use crate::strictness::postgres::catalogue::{self, List};

/// The checks before the first change.
pub(super) const PREFLIGHT: &str = include_str!("../../../templates/postgres/preflight.sql");
/// What is in force afterwards.
pub(super) const POSTCHECK: &str = include_str!("../../../templates/postgres/postcheck.sql");
/// What waits for a restart after a reset.
pub(super) const RESETCHECK: &str = include_str!("../../../templates/postgres/resetcheck.sql");

/// A token, with its text in one spelling.
type Spelled = (Token, String);

/// A line of what a script does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A statement's tokens, without blanks and comments.
    Statement(Vec<Spelled>),
    /// A command of psql.
    Command(String),
}

fn steps(text: &str) -> Result<Vec<(usize, Step)>, String> {
    let bytes = text.as_bytes();
    let mut steps = Vec::new();
    // Lines are counted forward only.
    let (mut line, mut counted) = (1, 0);
    let mut line_of = |at: usize| {
        line += text.get(counted..at).unwrap_or_default().matches('\n').count();
        counted = counted.max(at);
        line
    };
    for piece in Scanner::new(bytes, |_| true) {
        match piece {
            Piece::Command(range) => {
                let command = text.get(range.clone()).unwrap_or_default().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                steps.push((line_of(range.start), Step::Command(command)));
            }
            Piece::Statement(found) => {
                let line = line_of(found.span.start);
                let tokens = tokens::spelled(bytes, &found).map_err(|why| format!("line {line}: a statement {why}"))?;
                steps.push((line, Step::Statement(tokens)));
            }
            Piece::Broken { range, what, .. } => return Err(format!("line {}: {what} is never closed", line_of(range.start))),
        }
    }
    Ok(steps)
}

/// The tokens of a script without layout and comments, as text. `None` if it does not parse.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
    let text = text.replace("\r\n", "\n");
    let mut out = String::new();
    for (_, step) in steps(&text).ok()? {
        match step {
            Step::Command(command) => out.push_str(&command),
            Step::Statement(tokens) => out.push_str(&tokens.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")),
        }
        out.push('\n');
    }
    Some(out.into_bytes())
}

/// What a script of ours sets, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// `secgen.NAME`: what a check needs to know.
    Parameter(String, String),
    /// A guard opens: its text.
    If(String),
    /// A guard closes.
    EndIf,
    /// ALTER SYSTEM: name and literals; none for RESET.
    Set(String, Vec<String>),
}

/// Words of a statement in one spelling, literals apart: what a fixed statement must equal.
fn shape(tokens: &[Spelled]) -> String {
    let word = |(token, text): &Spelled| match &token.kind {
        Kind::Word(word) => word.clone(),
        _ => text.clone(),
    };
    tokens.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A string in single quotes.
fn literal((token, text): &Spelled) -> Option<String> {
    match &token.kind {
        Kind::Text(value) if text.starts_with(['\'', 'E']) => Some(value.clone()),
        _ => None,
    }
}

/// `ALTER SYSTEM SET name = 'a', 'b'` or `ALTER SYSTEM RESET name`.
fn alter_system(tokens: &[Spelled]) -> Option<(String, Vec<String>)> {
    let words: Vec<String> = tokens.iter().take(3).map(|t| shape(std::slice::from_ref(t))).collect();
    let (is_set, rest) = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["alter", "system", "set"] => (true, &tokens[3..]),
        ["alter", "system", "reset"] => (false, &tokens[3..]),
        _ => return None,
    };
    let part = |(token, _): &Spelled| match &token.kind {
        Kind::Word(word) | Kind::Quoted(word) => Some(word.to_ascii_lowercase()),
        _ => None,
    };
    let is = |(token, _): &Spelled, symbol: &str| token.is_symbol(symbol);
    let (name, rest) = match rest {
        [first, dot, second, rest @ ..] if is(dot, ".") => (format!("{}.{}", part(first)?, part(second)?), rest),
        [first, rest @ ..] => (part(first)?, rest),
        [] => return None,
    };
    if !is_set {
        return rest.is_empty().then_some((name, Vec::new()));
    }
    let [equals, values @ ..] = rest else { return None };
    let mut literals = Vec::new();
    for (index, token) in values.iter().enumerate() {
        match index % 2 {
            0 => literals.push(literal(token)?),
            _ if is(token, ",") => {}
            _ => return None,
        }
    }
    (is(equals, "=") && values.len() % 2 == 1).then_some((name, literals))
}

/// The fixed parts of a script, in order, around its statements.
fn frame(is_reset: bool) -> [&'static str; 12] {
    let check = if is_reset { "resetcheck" } else { "postcheck" };
    [
        "\\set ON_ERROR_STOP on",
        "\\set QUIET on",
        "\\set AUTOCOMMIT on",
        "\\encoding UTF8",
        "preflight",
        "statements",
        "select pg_reload_conf ( ) as secgen_reloaded",
        "\\gset",
        "select pg_sleep ( 1 ) as secgen_slept",
        "\\gset",
        "\\connect",
        check,
    ]
}

fn body_name(body: &str) -> Option<&'static str> {
    let inner = |text: &'static str| text.trim().trim_start_matches("DO $secgen$").trim_end_matches("$secgen$;");
    [("preflight", PREFLIGHT), ("postcheck", POSTCHECK), ("resetcheck", RESETCHECK)].into_iter().find(|(_, text)| inner(text) == body).map(|(name, _)| name)
}

/// What a script of ours says.
///
/// # Errors
/// The first thing in it that is not ours, with its line.
pub(super) fn read(text: &str, is_reset: bool) -> Result<Vec<Said>, String> {
    let text = text.replace("\r\n", "\n");
    let mut said = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut steps = steps(&text)?.into_iter().peekable();
    let statements = |seen: &mut Vec<String>| {
        if seen.last().is_none_or(|last| last != "statements") {
            seen.push("statements".to_owned());
        }
    };
    while let Some((line, step)) = steps.next() {
        let unexpected = || format!("line {line}: this is no statement of a script that secgen renders");
        let mut gset = || steps.next_if(|(_, next)| *next == Step::Command("\\gset".to_owned())).ok_or_else(unexpected);
        match step {
            Step::Command(command) => match command.strip_prefix("\\if :secgen_") {
                Some(guard) => {
                    depth += 1;
                    if guard != "known" {
                        said.push(Said::If(guard.to_owned()));
                    }
                }
                None if command == "\\endif" => {
                    depth = depth.checked_sub(1).ok_or_else(unexpected)?;
                    said.push(Said::EndIf);
                }
                None => seen.push(command),
            },
            Step::Statement(tokens) => {
                if let Some((name, values)) = alter_system(&tokens) {
                    statements(&mut seen);
                    said.push(Said::Set(name, values));
                } else if let [first, (Token { kind: Kind::Text(body), .. }, text)] = tokens.as_slice()
                    && text.starts_with('$')
                {
                    let is_ours = shape(std::slice::from_ref(first)) == "do" && text.starts_with("$secgen$");
                    let name = body_name(body).filter(|_| is_ours).ok_or_else(unexpected)?;
                    seen.push(name.to_owned());
                } else if let Some((name, value)) = parameter(&tokens) {
                    gset()?;
                    said.push(Said::Parameter(name, value));
                } else if guard_definition(&tokens) {
                    gset()?;
                } else if let Some(name) = known(&tokens) {
                    gset()?;
                    said.push(Said::If(format!("known {name}")));
                } else {
                    seen.push(shape(&tokens));
                }
            }
        }
    }
    if depth != 0 {
        return Err("an \\if is never closed".to_owned());
    }
    let has_statements = seen.iter().any(|s| s == "statements");
    let frame: Vec<&str> = frame(is_reset).into_iter().filter(|part| has_statements || *part != "statements").collect();
    if seen != frame {
        let differs = seen.iter().zip(&frame).position(|(a, b)| a != b).unwrap_or(seen.len().min(frame.len()));
        let found = seen.get(differs).map_or("the end", String::as_str);
        let found: String = found.chars().take(60).collect();
        return Err(format!("\"{found}\" stands where a script that secgen renders has \"{}\"", frame.get(differs).unwrap_or(&"its end")));
    }
    Ok(said)
}

/// A statement of a script without commands of psql.
pub(super) enum Plain {
    /// ALTER SYSTEM: name and literals; none for RESET.
    Set(String, Vec<String>),
    /// `SELECT pg_reload_conf()`.
    Reload,
    /// `secgen.NAME`: what a check needs to know.
    Parameter(String, String),
    /// The checks before the first change.
    Checks,
}

/// What statements alone say, without commands of psql.
///
/// # Errors
/// The first thing that is not ours, with its line.
pub(super) fn read_plain(text: &str) -> Result<Vec<Plain>, String> {
    let mut plain = Vec::new();
    for (line, step) in steps(text)? {
        let unexpected = || format!("line {line}: this is no statement of a script that secgen renders");
        let Step::Statement(tokens) = step else { return Err(unexpected()) };
        let checks = || match tokens.as_slice() {
            [first, (Token { kind: Kind::Text(body), .. }, text)] => {
                text.starts_with("$secgen$") && shape(std::slice::from_ref(first)) == "do" && body_name(body) == Some("preflight")
            }
            _ => false,
        };
        plain.push(if let Some((name, values)) = alter_system(&tokens) {
            Plain::Set(name, values)
        } else if let Some((name, value)) = parameter(&tokens) {
            Plain::Parameter(name, value)
        } else if shape(&tokens) == "select pg_reload_conf ( )" {
            Plain::Reload
        } else if checks() {
            Plain::Checks
        } else {
            return Err(unexpected());
        });
    }
    Ok(plain)
}

/// `SELECT set_config('secgen.NAME', 'VALUE', false) AS secgen_NAME`.
fn parameter(tokens: &[Spelled]) -> Option<(String, String)> {
    let (name, value) = (literal(tokens.get(3)?)?, literal(tokens.get(5)?)?);
    let name = name.strip_prefix("secgen.")?.to_owned();
    let mut rest = tokens.to_vec();
    rest.drain(3..=5);
    (shape(&rest) == format!("select set_config ( , false ) as secgen_{name}")).then_some((name, value))
}

/// `SELECT current_setting('server_version_num')::int >= 160000 AS secgen_ge16`.
fn guard_definition(tokens: &[Spelled]) -> bool {
    let shape = shape(tokens);
    let Some(rest) = shape.strip_prefix("select current_setting ( 'server_version_num' ) :: int ") else { return false };
    [(">=", "ge"), ("<", "lt")].into_iter().any(|(compare, name)| (12..=30).any(|v| rest == format!("{compare} {v}0000 as secgen_{name}{v}")))
}

/// `SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'NAME') AS secgen_known`.
fn known(tokens: &[Spelled]) -> Option<String> {
    let index = tokens.iter().position(|t| literal(t).is_some())?;
    let name = literal(&tokens[index])?;
    let mut rest = tokens.to_vec();
    rest.remove(index);
    (shape(&rest) == "select exists ( select from pg_settings where name = ) as secgen_known").then_some(name)
}

/// The text of a statement of a version: its value as a file would hold it, or that it resets.
pub(super) fn values_text(name: &str, values: &[String], version: u32) -> String {
    let entry = catalogue::at(name, version);
    match &entry {
        _ if values.is_empty() => RESET.to_owned(),
        Some(list) if list.list != List::No => super::script::list_text(entry.as_ref(), values),
        _ => values.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<String> {
        let found = steps(text).unwrap_or_else(|why| panic!("{why}"));
        found.into_iter().filter_map(|(_, step)| if let Step::Command(c) = step { Some(c) } else { None }).collect()
    }

    #[test]
    fn commands_of_psql_are_found_where_psql_finds_them() {
        assert_eq!(commands("\\echo it's fine\nSELECT 1 AS x \\gset\n"), ["\\echo it's fine", "\\gset"]);
        for text in
            [r"SELECT '\not'", r#"SELECT "\not""#, r"SELECT $$\not$$", r"SELECT $a$ $$ \not $a$", r"-- \not", r"/* /* */ \not */ SELECT 1", r"SELECT E'\'\not'"]
        {
            assert_eq!(commands(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(commands(r"SELECT e'\\' \g"), [r"\g"]);
        assert_eq!(commands(r"SELECT some'\' \g"), [r"\g"], "no E of its own: the quote has no escapes");
        for text in ["'", "\"", "$$", "/* /* */", "E'\\'", "$a$ $b$"] {
            assert!(steps(text).is_err(), "{text}");
        }
        assert_eq!(steps(""), Ok(Vec::new()));
    }

    #[test]
    fn statements_are_read_by_name_and_literals() {
        let one = |text: &str| {
            let steps = steps(text).unwrap_or_else(|why| panic!("{why}"));
            match steps.as_slice() {
                [(_, Step::Statement(tokens))] => alter_system(tokens),
                _ => None,
            }
        };
        let set = |name: &str, values: &[&str]| Some((name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>()));
        assert_eq!(one("ALTER SYSTEM SET ssl = 'on';"), set("ssl", &["on"]));
        assert_eq!(one("alter /* why */ system set \"SSL\" = 'it''s; -- no';"), set("ssl", &["it's; -- no"]));
        assert_eq!(one(r"ALTER SYSTEM SET log_line_prefix = E'a\\''b';"), set("log_line_prefix", &["a\\'b"]));
        assert_eq!(one("ALTER SYSTEM SET search_path = 'a', 'b';"), set("search_path", &["a", "b"]));
        assert_eq!(one("ALTER SYSTEM SET \"pgaudit\".\"log\" = 'ddl';"), set("pgaudit.log", &["ddl"]));
        assert_eq!(one("ALTER SYSTEM RESET ssl;"), set("ssl", &[]));
        for text in [
            "ALTER SYSTEM SET ssl = on;",
            "ALTER SYSTEM SET ssl 'on';",
            "ALTER SYSTEM SET ssl = 'a' 'b';",
            "ALTER SYSTEM RESET ALL x;",
            "ALTER SYSTEM SET ssl = 'a',;",
            "ALTER SYSTEM",
            "SET ssl = 'on';",
        ] {
            assert_eq!(one(text), None, "{text}");
        }
    }
}
