//! A record from a row of the view `pg_hba_file_rules`.
//!
//! The view has no quotes: it cannot tell a database named all from the keyword, so that every such word is taken as the
//! keyword. The file says more where it can be read.

use super::lex::{Dialect, Word};
use super::parse::{self, Bad, Parsed};
use crate::source::{Sources, Span};
use crate::strictness::postgres::hba::Record;

/// A row: `type`, `database`, `user_name`, `address`, `netmask`, `auth_method`, `options` as the view has them.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// `host`.
    pub connection: &'a str,
    /// Elements of the array.
    pub databases: &'a [String],
    /// Elements of the array.
    pub users: &'a [String],
    /// The address alone, or a keyword, or a host name.
    pub address: Option<&'a str>,
    /// The mask beside a numeric address.
    pub netmask: Option<&'a str>,
    /// `scram-sha-256`.
    pub method: &'a str,
    /// `name=value` each.
    pub options: &'a [String],
}

/// The record of a row that a server of this major version shows without an error. Secrets in its options are dropped.
///
/// # Errors
/// What the row has that no server of the version would show.
pub fn from_row(row: &Row<'_>, version: u32) -> Result<Record, String> {
    let mut scratch = Sources::new(std::path::Path::new(""));
    let span = Span::new(scratch.add("", Vec::new()), 0, 0);
    parsed(row, version, span).map(|parsed| parsed.record).map_err(|bad| bad.why)
}

/// The same with all that a line of a file says. Each word stands where the row does.
pub(super) fn parsed(row: &Row<'_>, version: u32, span: Span) -> Result<Parsed, Bad> {
    let word = |text: &str| Word { text: text.to_owned(), quoted: false, span };
    let list = |texts: &[String]| texts.iter().map(|text| word(text)).collect::<Vec<_>>();
    let mut fields = vec![vec![word(row.connection)], list(row.databases), list(row.users)];
    fields.extend([row.address, row.netmask, Some(row.method)].into_iter().flatten().map(|text| vec![word(text)]));
    // The view adds what is implied, in words that no file may have.
    let is_shown_only = |option: &&String| !option.starts_with("ldapscope=");
    let as_written = |option: &String| match option.as_str() {
        "include_realm=true" | "ldaptls=true" | "delegate_ident_mapping=true" => option.replace("=true", "=1"),
        _ => option.clone(),
    };
    fields.extend(row.options.iter().filter(is_shown_only).map(|option| vec![word(&as_written(option))]));
    // It leaves the realm out where it is off.
    let has_realm = row.options.iter().any(|option| option.starts_with("include_realm="));
    if matches!(row.method, "gss" | "sspi") && !has_realm {
        fields.push(vec![word("include_realm=0")]);
    }
    parse::record(&fields, Dialect(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn rows_become_records() {
        let (databases, users, options) = (texts(&["app", "all"]), texts(&["+team"]), texts(&["clientcert=verify-full"]));
        let row = Row {
            connection: "hostssl",
            databases: &databases,
            users: &users,
            address: Some("10.0.0.0"),
            netmask: Some("255.0.0.0"),
            method: "cert",
            options: &options,
        };
        assert_eq!(from_row(&row, 15).map(|r| r.to_string()).as_deref(), Ok("hostssl app,all +team 10.0.0.0/8 cert"));
        let options = texts(&["ldapserver=x", "ldapbasedn=y", "ldapbindpasswd=hunter2", "ldaptls=true", "ldapscope=2"]);
        let row = Row { method: "ldap", options: &options, ..row };
        let text = from_row(&row, 15).map(|r| r.to_string()).unwrap_or_default();
        assert_eq!(text, "hostssl app,all +team 10.0.0.0/8 ldap ldapbasedn=y ldapbindpasswd=*** ldapserver=x ldaptls=1");
        let row = Row { connection: "local", address: None, netmask: None, method: "peer", options: &[], ..row };
        assert_eq!(from_row(&row, 15).map(|r| r.to_string()).as_deref(), Ok("local app,all +team peer"));
        assert!(from_row(&Row { connection: "hosts", ..row }, 15).is_err());
    }
}
