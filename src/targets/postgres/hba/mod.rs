//! `pg_hba.conf`: access rules, rendered as a block to paste, and read from files as the server reads them.

mod facts;
mod include;
mod lex;
#[cfg(feature = "live")]
pub(super) mod live;
mod parse;
mod patterns;
mod render;
mod row;
pub(super) mod rules;

pub(super) use facts::{is_rules, read};
pub(super) use render::context;
pub use row::{Row, from_row};

use self::lex::{Dialect, Lines};
use crate::source::{SourceId, Sources, Span};
use crate::strictness::postgres::catalogue;
use crate::strictness::postgres::hba::{AccessRules, Record};

/// The spec key.
pub(super) const KEY: &str = "postgres.hba";

/// The name of the file that is rendered.
pub(super) const OWN: &str = "pg_hba.secgen.conf";

/// What a server of a major version makes of one line, with what it includes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub span: Span,
    /// The record; `None` where it includes what was not read; an error says why the server refuses the line.
    pub record: Result<Option<Record>, String>,
}

/// Every line of a file that says something, in the order of the server.
#[must_use]
pub fn lines(sources: &mut Sources, id: SourceId, version: u32) -> Vec<Line> {
    let rules = include::read(sources, id, Dialect(version));
    let line = |line: include::Read| {
        let record = match line.item {
            include::Item::Record(parsed) => Ok(Some(parsed.record)),
            include::Item::Unseen(_) => Ok(None),
            include::Item::Bad(bad, _) => Err(bad.why),
        };
        Line { span: line.span, record }
    };
    rules.lines.into_iter().map(line).collect()
}

/// The rules of a file that is rendered by us: it includes nothing.
///
/// # Errors
/// What is no record that we would write, with its line.
pub(super) fn read_own(text: &str) -> Result<AccessRules, String> {
    let mut scratch = Sources::new(std::path::Path::new(""));
    let id = scratch.add("", text);
    let dialect = Dialect(*catalogue::VERSIONS.end());
    let mut records: Vec<Record> = Vec::new();
    for line in Lines::new(id, text.as_bytes(), dialect) {
        let refuse = |why: &str| format!("line {}: {why}", scratch.position(line.whole()).line);
        let (mut at, mut fields, mut goes_on) = (0, Vec::new(), false);
        while let Some((word, comma)) = line.word(&mut at, dialect).map_err(|()| refuse("a word is too long"))? {
            if word.text.starts_with('@') && !word.quoted {
                return Err(refuse("it names a file of names, and no file that secgen renders does"));
            }
            match fields.last_mut() {
                Some(field) if goes_on => Vec::push(field, word),
                _ => fields.push(vec![word]),
            }
            goes_on = comma;
        }
        if fields.is_empty() {
            continue;
        }
        records.push(parse::record(&fields, dialect).map_err(|bad| refuse(&bad.why))?.record);
    }
    Ok(AccessRules::new(records))
}

/// What of a rendered file counts: its records.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
    Some(read_own(text).ok()?.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered_records_are_read_as_the_server_reads_them() {
        let one = |text: &str| read_own(text).map(|rules| rules.to_string());
        let is = |text: &str, expected: &str| assert_eq!(one(text).as_deref(), Ok(expected), "{text}");
        is("local\tall  postgres peer # why\n\n# no\n", "local all postgres peer");
        is("local \"my db\" \"a\"\"b\" peer#x", "local \"my db\" \"a\"\"b\" peer");
        is("local \"all\" +\"my role\" peer", "local \"all\" +\"my role\" peer");
        is("local \"a # b\" x peer", "local \"a # b\" x peer");
        is("local a,b \"app\" ident", "local a,b app peer");
        assert!(one("local \"all peer").is_err());
        assert!(one("local @names all peer").is_err_and(|why| why.starts_with("line 1: ")));
        assert!(one("\ninclude x").is_err_and(|why| why.starts_with("line 2: ")));
        assert!(one("host all all 10.0.0.1 md5").is_err());
    }
}
