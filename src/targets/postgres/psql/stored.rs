//! What ALTER SYSTEM SET stores in postgresql.auto.conf, and ALTER ROLE and ALTER DATABASE in the catalogue.
//!
//! Source: `generic_set` and `var_value` of gram.y, `flatten_set_variable_args` of guc_funcs.c, `quote_identifier`;
//! measured on servers of 15 and 18.

use super::tokens::{Kind, Token};
use crate::strictness::postgres::catalogue::{self, List};

/// One argument of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum Argument {
    /// A word or a string: its text, and for a word without quotes how it was written.
    Text { text: String, folded_from: Option<String> },
    /// A number as written, with its sign.
    Number(String),
    /// Of a variable of psql.
    Unknown(String),
}

/// What a statement does to a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::targets::postgres) enum To {
    Set(Vec<Argument>),
    Reset,
    /// The server refuses the statement whatever its version: why.
    Refused(String),
}

/// Words that cannot stand as a value without quotes (`reserved_keyword` of gram.y); `on` and `true` may.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

/// Reads what stands behind `=` or `TO`.
pub(in crate::targets::postgres) fn arguments(bytes: &[u8], tokens: &[Token]) -> To {
    let refused = |why: &str| To::Refused(why.to_owned());
    if let [token] = tokens
        && token.is_word("default")
    {
        return To::Reset;
    }
    let mut out = Vec::new();
    let mut rest = tokens;
    loop {
        let Some((first, after)) = rest.split_first() else { return refused("a value is missing") };
        rest = after;
        match &first.kind {
            Kind::Unknown(written) => out.push(Argument::Unknown(written.clone())),
            Kind::Text(text) => {
                let mut text = text.clone();
                let mut end = first.range.end;
                // Strings on lines of their own are one string.
                while let Some((Token { kind: Kind::Text(more), range }, after)) = rest.split_first() {
                    if !bytes.get(end..range.start).is_some_and(|between| between.contains(&b'\n')) {
                        return refused("two strings stand side by side");
                    }
                    if more.contains('\\') && matches!(bytes.get(first.range.start), Some(b'e' | b'E')) {
                        // The server goes on with escapes, where psql does not.
                        return To::Set(vec![Argument::Unknown("a string with escapes over several lines".to_owned())]);
                    }
                    text.push_str(more);
                    (end, rest) = (range.end, after);
                }
                out.push(Argument::Text { text, folded_from: None });
            }
            Kind::Quoted(text) => out.push(Argument::Text { text: text.clone(), folded_from: None }),
            Kind::Word(word) if RESERVED.contains(&word.as_str()) => return refused(&format!("{word} is a keyword, and needs single quotes as a value")),
            Kind::Word(word) => {
                let written = bytes.get(first.range.clone()).map(|b| String::from_utf8_lossy(b).into_owned());
                out.push(Argument::Text { text: word.clone(), folded_from: written.filter(|w| w != word && w.eq_ignore_ascii_case(word)) });
            }
            Kind::Number(number) => out.push(Argument::Number(number.clone())),
            Kind::Symbol(sign) if matches!(sign.as_str(), "-" | "+") => match rest.split_first() {
                Some((Token { kind: Kind::Number(number), .. }, after)) => {
                    out.push(Argument::Number(if sign == "-" { format!("-{number}") } else { number.clone() }));
                    rest = after;
                }
                _ => return refused("a sign without a number"),
            },
            Kind::Symbol(_) => return refused("the value needs single quotes"),
        }
        match rest.split_first() {
            None => return To::Set(out),
            Some((comma, after)) if comma.is_symbol(",") => rest = after,
            Some(_) if matches!(out.last(), Some(Argument::Unknown(_))) => return To::Set(vec![Argument::Unknown(String::new())]),
            Some(_) => return refused("the value needs single quotes"),
        }
    }
}

/// A number as the server keeps it.
///
/// # Errors
/// The version has no such numbers.
fn number(written: &str, version: u32) -> Result<String, String> {
    let (sign, digits) = written.strip_prefix('-').map_or(("", written), |digits| ("-", digits));
    let radix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    if version < 16 && (radix != 10 || digits.contains('_')) {
        return Err(format!("PostgreSQL {version} has no numbers such as {written}"));
    }
    let plain = digits.replace('_', "");
    let whole = if radix == 10 { plain.parse::<i32>().ok() } else { i32::from_str_radix(&plain[2..], radix).ok() };
    Ok(format!("{sign}{}", whole.map_or(plain, |n| n.to_string())))
}

/// `quote_identifier` of the server: what is no plain name in lower case, or is a keyword that is not free, stands in
/// double quotes.
pub(super) fn quote_identifier(text: &str) -> String {
    const NOT_FREE: &[&str] = &[
        "authorization",
        "between",
        "bigint",
        "binary",
        "bit",
        "boolean",
        "char",
        "character",
        "coalesce",
        "collation",
        "concurrently",
        "cross",
        "current_schema",
        "dec",
        "decimal",
        "exists",
        "extract",
        "false",
        "float",
        "freeze",
        "full",
        "greatest",
        "grouping",
        "ilike",
        "inner",
        "inout",
        "int",
        "integer",
        "interval",
        "is",
        "isnull",
        "join",
        "least",
        "left",
        "like",
        "national",
        "natural",
        "nchar",
        "none",
        "normalize",
        "notnull",
        "nullif",
        "numeric",
        "on",
        "out",
        "outer",
        "overlaps",
        "overlay",
        "position",
        "precision",
        "real",
        "right",
        "row",
        "setof",
        "similar",
        "smallint",
        "substring",
        "tablesample",
        "time",
        "timestamp",
        "treat",
        "trim",
        "true",
        "values",
        "varchar",
        "verbose",
        "xmlattributes",
        "xmlconcat",
        "xmlelement",
        "xmlexists",
        "xmlforest",
        "xmlnamespaces",
        "xmlparse",
        "xmlpi",
        "xmlroot",
        "xmlserialize",
        "xmltable",
    ];
    let mut chars = text.chars();
    let is_plain = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_') && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain && !RESERVED.contains(&text) && !NOT_FREE.contains(&text) { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// What a server of a version stores; the value is not checked against the setting's range.
///
/// # Errors
/// Why the server refuses the statement.
pub(in crate::targets::postgres) fn stored(name: &str, arguments: &[Argument], version: u32) -> Result<String, String> {
    let entry = catalogue::at(name, version);
    // `synchronous_standby_names` is a list to SET only.
    let is_list = name == "synchronous_standby_names" || entry.as_ref().is_some_and(|e| e.list != List::No);
    if arguments.len() > 1 && !is_list {
        return Err(format!("{name} takes one value, and this gives {}", arguments.len()));
    }
    let quotes = entry.as_ref().is_some_and(|e| e.list == List::Quoted);
    let mut items = Vec::new();
    for argument in arguments {
        items.push(match argument {
            Argument::Text { text, .. } if quotes => quote_identifier(text),
            Argument::Text { text, .. } => text.clone(),
            Argument::Number(written) => number(written, version)?,
            Argument::Unknown(_) => return Err("its value is a variable of psql".to_owned()),
        });
    }
    let text = items.join(", ");
    if text.contains('\n') {
        return Err("a value of ALTER SYSTEM cannot hold a line end".to_owned());
    }
    Ok(text)
}
