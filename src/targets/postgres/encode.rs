//! The only ways of a value into an artifact. Each refuses what its grammar cannot hold.

/// A literal of SQL: single quotes, `'` doubled; with a backslash the escape form, which no setting of the server or
/// of the session changes the meaning of (PostgreSQL documentation, 4.1.2).
pub(in crate::targets) fn sql(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    let quoted = text.replace('\'', "''");
    Ok(if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") })
}

/// A value of `postgresql.conf`: single quotes, `'` doubled, backslash doubled.
pub(in crate::targets) fn conf(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
}

/// A text of YAML in double quotes: JSON's strings are YAML's (YAML 1.2.2, 1.3).
pub(in crate::targets) fn yaml(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    serde_json::to_string(text).map_err(|e| e.to_string())
}

/// A string of Bicep: single quotes; backslash, `'` and `${` with a backslash (Bicep documentation, "Data types").
pub(super) fn bicep(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace("${", "\\${")))
}

/// A name of `pg_hba.conf`: in double quotes unless it is a plain word, so that it can be no keyword and hold blanks.
pub(super) fn hba(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    // The oldest servers read tokens of 255 bytes at most.
    if text.is_empty() || text.len() > 240 {
        return Err("a name or option of pg_hba.conf has 1 to 240 bytes".to_owned());
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '=' | ':' | '/');
    let is_keyword = KEYWORDS.contains(&text) || text.starts_with(['+', '@', '/']);
    Ok(if text.chars().all(plain) && !is_keyword { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) })
}

/// Words that mean something in one of the columns of names.
const KEYWORDS: [&str; 6] = ["all", "sameuser", "samerole", "samegroup", "replication", "include"];

/// A word of our own tables: setting names, keywords, methods.
pub(super) fn word(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | ':' | '/'));
    if fits { Ok(text.to_owned()) } else { Err(format!("{text:?} is no plain word")) }
}

/// The name of a setting in SQL; an extension's name in double quotes, because its parts may be any word.
pub(super) fn guc(text: &str) -> Result<String, String> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    match text.split_once('.') {
        None if part(text) => Ok(text.to_owned()),
        Some((prefix, name)) if part(prefix) && part(name) => Ok(format!("\"{prefix}\".\"{name}\"")),
        _ => Err(format!("{text:?} is no name of a setting")),
    }
}

/// A comparison of versions.
pub(super) fn compare(text: &str) -> Result<String, String> {
    if matches!(text, ">=" | "<") { Ok(text.to_owned()) } else { Err(format!("{text:?} is no comparison")) }
}

/// Text of our own behind a comment mark.
pub(super) fn comment(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(text.to_owned())
}

fn refuse_control(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        Some(c) => Err(format!("the value holds U+{:04X}, which cannot stand in a line of configuration", c as u32)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_place() {
        for (text, in_sql, in_conf, in_hba) in [
            ("plain", "'plain'", "'plain'", "plain"),
            ("it's", "'it''s'", "'it''s'", "\"it's\""),
            ("a\\b", "E'a\\\\b'", "'a\\\\b'", "\"a\\b\""),
            ("\\'; DROP", "E'\\\\''; DROP'", "'\\\\''; DROP'", "\"\\'; DROP\""),
            ("a\"b", "'a\"b'", "'a\"b'", "\"a\"\"b\""),
            ("all", "'all'", "'all'", "\"all\""),
            ("my db", "'my db'", "'my db'", "\"my db\""),
            ("Ünïcode", "'Ünïcode'", "'Ünïcode'", "\"Ünïcode\""),
            ("@file", "'@file'", "'@file'", "\"@file\""),
            ("a,b#c", "'a,b#c'", "'a,b#c'", "\"a,b#c\""),
        ] {
            assert_eq!(sql(text).as_deref(), Ok(in_sql));
            assert_eq!(conf(text).as_deref(), Ok(in_conf));
            assert_eq!(hba(text).as_deref(), Ok(in_hba));
        }
        for text in ["a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{85}b", "\u{1b}[0m"] {
            assert!(sql(text).is_err() && conf(text).is_err() && hba(text).is_err() && comment(text).is_err() && word(text).is_err());
        }
        assert!(word("a b").is_err() && word("a'").is_err() && word("").is_err());
    }
}
