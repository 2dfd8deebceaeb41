//! Dangerous patterns in a file of rules, order and rejects taken into account: what a record would do if it were reached
//! counts for nothing, and what the policy itself permits is no pattern.

use super::include::{Item, Read};
use super::parse::Parsed;
use super::rules::{self, BY_RECORD};
use crate::finding::{Finding, Kind, Rule};
use crate::source::Span;
use crate::strictness::postgres::hba::method::has_ldap_tls;
use crate::strictness::postgres::hba::reach::{self, Reach};
use crate::strictness::postgres::hba::{AccessRules, Address, Connection, Method, Name, Record, Transport};
use std::collections::BTreeSet;

/// Findings of one rule in one file; more of them teach nothing new.
const MAX_OF_RULE: usize = 100;
/// Lines that a finding names beside its own.
const MAX_RELATED: usize = 5;

/// What is looked at.
pub(super) struct Patterns<'a> {
    pub(super) value: &'a AccessRules,
    /// The line of each entry.
    pub(super) lines: &'a [&'a Read],
    /// What the policy requires, where it does.
    pub(super) required: Option<&'a AccessRules>,
    /// Entries that let in somebody with less than the policy asks for; `None` where that is not known.
    pub(super) exceeding: Option<&'a BTreeSet<usize>>,
    /// Where the configuration of the same server switches TLS off, if it does.
    pub(super) ssl_off: Option<&'a SslOff>,
}

/// TLS is off.
pub(super) struct SslOff {
    /// The line that says so; `None` where nothing sets it.
    pub(super) at: Option<Span>,
}

struct Pattern {
    rule: &'static Rule,
    /// A sentence without a full stop.
    message: String,
    help: String,
}

/// The findings, and whether the order of the records could be looked at.
pub(super) fn find(patterns: &Patterns<'_>) -> (Vec<Finding>, bool) {
    let known = reach::of(patterns.value);
    let in_order = known.is_some();
    let reaches = known.unwrap_or_else(|| patterns.value.entries.iter().map(|e| e.record().map(alone).unwrap_or_default()).collect());
    let mut findings = Vec::new();
    for (index, line) in patterns.lines.iter().enumerate() {
        let Item::Record(parsed) = &line.item else { continue };
        let Some(reach) = reaches.get(index) else { continue };
        findings.extend(secret(parsed, line.span));
        let is_permitted = patterns.required.is_some() && patterns.exceeding.is_some_and(|all| reach.decides && !all.contains(&index));
        let mut of_record = if is_permitted { Vec::new() } else { of_record(parsed, reach) };
        of_record.extend(patterns.shadowed(&parsed.record, reach));
        if parsed.old_clientcert {
            of_record.push(Pattern {
                rule: &rules::OLD_CLIENTCERT,
                message: "clientcert is a number, which PostgreSQL 14 and later refuse".to_owned(),
                help: "write clientcert=verify-full".to_owned(),
            });
        }
        findings.extend(patterns.merged(of_record, parsed, reach, line.span));
    }
    patterns.tls_off(&mut findings);
    patterns.last(&mut findings);
    (limited(findings), in_order)
}

/// What a record would decide if it stood alone.
fn alone(record: &Record) -> Reach {
    let is_loopback = match &record.address {
        Some(Address::Net(range)) => range.is_loopback(),
        _ => false,
    };
    let over_tcp = record.connection != Connection::Local;
    let wide = match &record.address {
        Some(Address::All | Address::SameNet) => true,
        Some(Address::Net(range)) => range.is_wide(),
        _ => false,
    };
    Reach {
        decides: true,
        local: !over_tcp,
        network: over_tcp && !is_loopback,
        loopback: over_tcp && is_loopback,
        plain: !is_loopback && record.connection.is_for(Transport::Plain),
        wide,
        wide_replication: wide && record.databases.contains(&Name::Replication),
        behind: BTreeSet::new(),
    }
}

/// The record as it should be: over TLS, with a password that gives nothing away.
fn better(record: &Record) -> String {
    let connection = if record.connection == Connection::Local { Connection::Local } else { Connection::Hostssl };
    let method = if connection == Connection::Local { Method::Peer } else { Method::Scram };
    let record = Record::new(connection, record.databases.clone(), record.users.clone(), record.address.clone(), method, []);
    format!("write `{record}`, and reload the server")
}

/// Who a record lets in, in words.
fn clients(record: &Record) -> String {
    match &record.address {
        None => "every account of the machine".to_owned(),
        Some(Address::All) => "every client".to_owned(),
        Some(Address::SameHost) => "every program on the machine".to_owned(),
        Some(Address::SameNet) => "every client in the server's networks".to_owned(),
        Some(address) => format!("every client of {address}"),
    }
}

fn users(record: &Record) -> String {
    match record.users.as_slice() {
        [Name::All] => "any user".to_owned(),
        [Name::Is(name)] => format!("user {name}"),
        [Name::Member(role)] => format!("a member of {role}"),
        _ => "a user that it names".to_owned(),
    }
}

/// The patterns that a record shows where it decides.
fn of_record(parsed: &Parsed, reach: &Reach) -> Vec<Pattern> {
    let record = &parsed.record;
    let mut all = Vec::new();
    if !reach.decides || record.method == Method::Reject {
        return all;
    }
    let tcp = reach.network || reach.loopback;
    let mut add = |rule, message: String, help: String| all.push(Pattern { rule, message, help });
    let stays_inside = !reach.network || record.address == Some(Address::SameHost);
    match record.method {
        // A certificate of the user's own is all that `cert` asks for.
        Method::Trust if !record.needs_own_certificate() => {
            let rule = match (reach.local, stays_inside) {
                (true, _) => &rules::TRUST_LOCAL,
                (false, true) => &rules::TRUST_LOOPBACK,
                (false, false) => &rules::TRUST_NETWORK,
            };
            add(rule, format!("{} is let in as {} without any proof (trust)", clients(record), users(record)), better(record));
        }
        Method::Password => {
            let rule = if record.connection == Connection::Hostssl { &rules::PASSWORD_TLS } else { &rules::PASSWORD };
            add(rule, format!("{} sends its password in clear text (password)", clients(record)), better(record));
        }
        Method::Ident => add(&rules::IDENT, format!("{} says itself which user it is (ident)", clients(record)), better(record)),
        Method::Md5 => add(&rules::MD5, format!("{} proves its password by MD5, which is deprecated (md5)", clients(record)), better(record)),
        Method::Ldap if !has_ldap_tls(record) => add(
            &rules::REMOTE_CLEAR,
            "passwords go to the LDAP server in clear text (ldap without ldaptls=1 and ldapscheme=ldaps)".to_owned(),
            "add ldaptls=1 or ldapscheme=ldaps, and reload the server".to_owned(),
        ),
        Method::Radius => add(&rules::REMOTE_CLEAR, "passwords go to the RADIUS server with no more than MD5 around them (radius)".to_owned(), better(record)),
        _ => {}
    }
    if reach.wide_replication {
        let help = "name the addresses of the standbys, a record for each, and reload the server".to_owned();
        add(&rules::REPLICATION, format!("{} may ask for physical replication", clients(record)), help);
    }
    if tcp && record.users.contains(&Name::Is("postgres".to_owned())) {
        let help = "delete postgres from the record, and let it in over the Unix socket: `local all postgres peer`".to_owned();
        add(&rules::SUPERUSER, "the superuser postgres can log in over TCP".to_owned(), help);
    }
    if reach.plain && record.address != Some(Address::SameHost) {
        let hostssl = Record { connection: Connection::Hostssl, ..record.clone() };
        let help = format!("write `{hostssl}`, or put `hostnossl all all all reject` above every record for TCP, and reload the server");
        // A record's options may be long, and a secret's place is not printed.
        let help = if parsed.secrets.is_empty() { help } else { "write hostssl in place of the type, and reload the server".to_owned() };
        add(&rules::PLAINTEXT, format!("{} is let in without TLS", clients(record)), help);
    }
    if reach.wide && !record.needs_own_certificate() {
        let help = "name the networks that the clients are in, a record for each, and reload the server".to_owned();
        add(&rules::WIDE, format!("{} may try to log in: that is more than a private network", clients(record)), help);
    }
    if reach.network && (record.databases.contains(&Name::All) || record.users.contains(&Name::All)) {
        let what = match (record.databases.contains(&Name::All), record.users.contains(&Name::All)) {
            (true, true) => "every database as every user",
            (true, false) => "every database",
            _ => "a database as every user",
        };
        let help = "name the database and the role of the service, and reload the server".to_owned();
        add(&rules::ALL_NAMES, format!("{} may ask for {what}", clients(record)), help);
    }
    all
}

/// A secret in the options.
fn secret(parsed: &Parsed, span: Span) -> Option<Finding> {
    let name = parsed.secrets.first()?;
    let rule = &rules::SECRET;
    let finding = Finding::danger(rule, format!("{name} keeps a password of another service in the file"));
    let help = "keep the file out of repositories, take a way to ask that needs no password, and change the secret";
    Some(finding.at(span, "in the options of this record").help(help))
}

impl Patterns<'_> {
    fn shadowed(&self, record: &Record, reach: &Reach) -> Option<Pattern> {
        if reach.decides || self.required == Some(self.value) {
            return None;
        }
        let lets_in = |index: &usize| self.value.entries.get(*index).and_then(|e| e.record()).is_some_and(|r| r.method != Method::Reject);
        let message = "the record is never reached: records above it decide for every client that it matches";
        if record.method == Method::Reject && reach.behind.iter().any(lets_in) {
            let message = "the record rejects nobody: records above it decide for every client that it matches, and let them in".to_owned();
            return Some(Pattern {
                rule: &rules::REJECT_SHADOWED,
                message,
                help: "move the record above the ones that let in, and reload the server".to_owned(),
            });
        }
        let help = "delete the record, or move it above the ones that decide".to_owned();
        Some(Pattern { rule: &rules::SHADOWED, message: message.to_owned(), help })
    }

    /// One finding for all patterns of a record.
    fn merged(&self, mut all: Vec<Pattern>, parsed: &Parsed, reach: &Reach, line: Span) -> Option<Finding> {
        let rank = |rule: &Rule| BY_RECORD.iter().position(|own| *own == rule).unwrap_or(BY_RECORD.len());
        all.sort_by_key(|pattern| rank(pattern.rule));
        let mut all = all.into_iter();
        let worst = all.next()?;
        let others: Vec<&str> = all.map(|pattern| pattern.rule.name).collect();
        let also = if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
        // Without TLS, hostssl locks everybody out.
        let help = if self.ssl_off.is_some() && worst.help.contains("hostssl") {
            format!(
                "switch TLS on first (certificate and key in place, `ssl = on` in postgresql.conf), as hostssl lets nobody in without it; then {}",
                worst.help
            )
        } else {
            worst.help
        };
        let mut finding = Finding::danger(worst.rule, format!("{}{also}", worst.message)).help(help);
        let by_method =
            [&rules::TRUST_NETWORK, &rules::TRUST_LOOPBACK, &rules::TRUST_LOCAL, &rules::PASSWORD, &rules::PASSWORD_TLS, &rules::IDENT, &rules::MD5];
        let is_shadowed = worst.rule == &rules::SHADOWED || worst.rule == &rules::REJECT_SHADOWED;
        finding = if by_method.contains(&worst.rule) { finding.at(parsed.method.span, "this method") } else { finding.at(line, "this record") };
        if is_shadowed {
            for index in reach.behind.iter().take(MAX_RELATED) {
                if let Some(decides) = self.lines.get(*index) {
                    finding = finding.see(decides.span, "decides before it");
                }
            }
        }
        Some(finding)
    }

    /// Records for TLS where there is none.
    fn tls_off(&self, findings: &mut Vec<Finding>) {
        let Some(off) = self.ssl_off else { return };
        let mut records = self.lines.iter().filter(|line| matches!(&line.item, Item::Record(parsed) if parsed.record.connection == Connection::Hostssl));
        let Some(first) = records.next() else { return };
        let rule = &rules::TLS_OFF;
        let words = "hostssl records never match: the server's configuration has ssl off";
        // What nothing sets may be set by what was not read.
        let mut finding = if off.at.is_some() { Finding::danger(rule, words) } else { Finding::warning(rule, words) };
        finding = finding
            .at(first.span, "never matches")
            .help("put the server's certificate and key in place, write `ssl = on` in postgresql.conf, and reload the server");
        for line in records.take(MAX_RELATED) {
            finding = finding.see(line.span, "never matches");
        }
        if let Some(at) = off.at {
            finding = finding.see(at, "TLS is switched off here");
        }
        findings.push(finding);
    }

    fn last(&self, findings: &mut Vec<Finding>) {
        let ends = |rules: &AccessRules| rules.entries.last().is_none_or(|e| e.record().is_none_or(|r| r.method == Method::Reject));
        if ends(self.value) || self.required.is_some_and(|required| !ends(required)) {
            return;
        }
        let Some(line) = self.lines.last() else { return };
        let finding = Finding::new(&rules::NO_LAST_REJECT, Kind::Note, "the last record is no reject");
        findings.push(finding.at(line.span, "the last record").help("add `host all all all reject` below it"));
    }
}

/// At most so many of each rule, and how many there are more.
fn limited(findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let count = counts.entry(finding.rule.name).or_default();
        *count += 1;
        if *count <= MAX_OF_RULE {
            kept.push(finding);
        }
    }
    for finding in kept.iter_mut().rev() {
        if let Some(count) = counts.remove(finding.rule.name).filter(|count| *count > MAX_OF_RULE) {
            finding.message = format!("{} (and {} more records)", finding.message, count - MAX_OF_RULE);
        }
    }
    kept
}
