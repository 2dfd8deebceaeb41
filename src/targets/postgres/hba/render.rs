//! Access rules as a block to paste. What the server would not accept is refused here, because one such rule makes it
//! ignore the whole file.
//!
//! Source: PostgreSQL documentation, 21.1 "The pg_hba.conf File", and `parse_hba_line` of the server.

use super::super::rules;
use super::KEY;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::spec::{HbaConnection, HbaMethod, HbaRule};
use serde_json::{Value as Json, json};
use std::ops::RangeInclusive;

/// The words that keep their meaning in a column, when they stand unquoted.
const DATABASES: [&str; 4] = ["all", "sameuser", "samerole", "replication"];

/// The values of `pg_hba.conf.tera`. `is_whole`: no other rule lets an administrator in, so one of these must.
///
/// # Errors
/// Rules that a server would not accept, or that leave no administrator.
pub(in super::super) fn context(policy: &Policy, hba: &[HbaRule], versions: &RangeInclusive<u32>, is_whole: bool) -> Result<Json, Vec<Finding>> {
    let refuse = |rule: &'static crate::finding::Rule, message: String, help: &str| {
        let mut finding = Finding::error(rule, message).intent(KEY).help(help);
        finding.target = Some("postgres");
        finding.spec = policy.origin(KEY);
        match finding.spec {
            Some(span) => finding.at(span, "the rules"),
            None => finding,
        }
    };
    let mut refused: Vec<Finding> = hba
        .iter()
        .enumerate()
        .filter_map(|(index, rule)| {
            invalid(rule, versions).map(|why| refuse(&rules::HBA_RULE, format!("rule {}: {why}", index + 1), "change the rule in the spec"))
        })
        .collect();
    if is_whole && !leaves_an_administrator(hba) {
        let message = "no local rule lets the administrator in with proof of who it is".to_owned();
        let help = "put `{ type: local, database: all, user: postgres, method: peer }` first in postgres.hba: without such a rule nobody can repair the server";
        refused.push(refuse(&rules::HBA_ADMINISTRATOR, message, help));
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let rules: Vec<Json> = hba
        .iter()
        .map(|rule| {
            let (member, user) = rule.user.strip_prefix('+').map_or((false, rule.user.as_str()), |role| (true, role));
            json!({
                "connection": rule.connection.name(),
                "database": rule.database,
                "database_word": DATABASES.contains(&rule.database.as_str()),
                "user": user,
                "user_word": !member && user == "all",
                "member": member,
                "address": rule.address,
                "method": rule.method.name(),
                "options": rule.options.iter().flatten().map(|(name, value)| format!("{}={value}", name.0)).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(json!({ "rules": rules }))
}

/// Whether an administrator on the machine gets in: the first local rule for `postgres` (or `all`) in the database
/// `postgres` (or `all`) decides.
fn leaves_an_administrator(hba: &[HbaRule]) -> bool {
    let reaches = |rule: &&HbaRule| {
        rule.connection == HbaConnection::Local
            && matches!(rule.database.as_str(), "all" | "postgres" | "sameuser")
            && matches!(rule.user.as_str(), "all" | "postgres")
    };
    hba.iter().find(reaches).is_some_and(|rule| !matches!(rule.method, HbaMethod::Reject | HbaMethod::Trust))
}

/// Why the servers would not accept a rule, if they would not.
fn invalid(rule: &HbaRule, versions: &RangeInclusive<u32>) -> Option<String> {
    use HbaConnection::{Host, Hostgssenc, Hostnogssenc, Hostnossl, Hostssl, Local};
    let method = rule.method.name();
    let names = [("database", rule.database.as_str()), ("user", rule.user.strip_prefix('+').unwrap_or(&rule.user))];
    for (what, name) in names {
        if name.is_empty() {
            return Some(format!("the {what} has no name"));
        }
        if name.starts_with('@') {
            return Some(format!("a {what} that starts with @ names a file of the server, which secgen cannot see"));
        }
        if name.starts_with('/') {
            return Some(format!("a {what} that starts with / is a regular expression to PostgreSQL 16 and later, and a name to older ones"));
        }
    }
    match (rule.connection, rule.address.as_deref()) {
        (Local, Some(_)) => return Some("a local rule has no address".to_owned()),
        (Local, None) => {}
        (_, None) => return Some(format!("a {} rule needs an address", rule.connection.name())),
        (_, Some(address)) => {
            if let Some(why) = bad_address(address) {
                return Some(why);
            }
        }
    }
    let is_local = rule.connection == Local;
    match rule.method {
        HbaMethod::Peer if !is_local => return Some("peer works on local connections only".to_owned()),
        HbaMethod::Gss | HbaMethod::Sspi if is_local => return Some(format!("{method} does not work on local connections")),
        HbaMethod::Cert if rule.connection != Hostssl => return Some("cert works on hostssl connections only".to_owned()),
        HbaMethod::Ident if is_local => return Some("ident on local connections is peer: write peer".to_owned()),
        _ => {}
    }
    if rule.connection == Hostgssenc && !matches!(rule.method, HbaMethod::Gss | HbaMethod::Reject | HbaMethod::Trust) {
        return Some(format!("{method} does not work on hostgssenc connections"));
    }
    if rule.connection == Hostnossl && rule.method != HbaMethod::Reject {
        return Some("hostnossl is for connections without TLS, and may only reject".to_owned());
    }
    debug_assert!(matches!(rule.connection, Local | Host | Hostssl | Hostnossl | Hostgssenc | Hostnogssenc));
    let options: Vec<(&str, &str)> = rule.options.iter().flatten().map(|(name, value)| (name.0.as_str(), value.as_str())).collect();
    for (name, value) in &options {
        let wrong_method = |methods: &[HbaMethod]| (!methods.contains(&rule.method)).then(|| format!("the option {name} does not belong to {method}"));
        let why = match *name {
            "clientcert" if rule.connection != Hostssl => Some("clientcert works on hostssl connections only".to_owned()),
            "clientcert" if rule.method == HbaMethod::Cert && *value != "verify-full" => Some("cert implies clientcert=verify-full".to_owned()),
            "clientcert" if !matches!(*value, "verify-ca" | "verify-full") => Some(format!("clientcert is verify-ca or verify-full, not {value}")),
            "clientname" if *versions.start() < 14 => Some("clientname is known from PostgreSQL 14 on".to_owned()),
            "clientname" if rule.method != HbaMethod::Cert => Some("clientname belongs to the method cert".to_owned()),
            "clientname" if !matches!(*value, "CN" | "DN") => Some(format!("clientname is CN or DN, not {value}")),
            "map" => wrong_method(&[HbaMethod::Ident, HbaMethod::Peer, HbaMethod::Gss, HbaMethod::Sspi, HbaMethod::Cert]),
            "pamservice" => wrong_method(&[HbaMethod::Pam]),
            "include_realm" | "krb_realm" => wrong_method(&[HbaMethod::Gss, HbaMethod::Sspi]),
            "compat_realm" | "upn_username" => wrong_method(&[HbaMethod::Sspi]),
            name if name.starts_with("ldap") => wrong_method(&[HbaMethod::Ldap]),
            _ => None,
        };
        if why.is_some() {
            return why;
        }
    }
    let has = |wanted: &[&str]| options.iter().any(|(name, _)| wanted.contains(name));
    if rule.method == HbaMethod::Ldap {
        if !has(&["ldapserver"]) {
            return Some("ldap needs the option ldapserver".to_owned());
        }
        let simple = has(&["ldapprefix", "ldapsuffix"]);
        let search = has(&["ldapbasedn", "ldapsearchattribute", "ldapsearchfilter"]);
        if simple == search {
            return Some("ldap needs either ldapprefix or ldapsuffix, or ldapbasedn, and not both".to_owned());
        }
    }
    None
}

fn bad_address(address: &str) -> Option<String> {
    if matches!(address, "all" | "samehost" | "samenet") {
        return None;
    }
    if address.parse::<std::net::IpAddr>().is_ok() {
        let length = if address.contains(':') { 128 } else { 32 };
        return Some(format!("the address {address} needs the length of its network: {address}/{length} for one machine"));
    }
    if let Some((ip, length)) = address.split_once('/') {
        let Ok(ip) = ip.parse::<std::net::IpAddr>() else { return Some(format!("{address} is no network")) };
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        let fits = length.bytes().all(|b| b.is_ascii_digit()) && length.parse::<u8>().is_ok_and(|length| length <= longest);
        return (!fits).then(|| format!("{address} is no network: the length is 0 to {longest}"));
    }
    let is_name = !address.contains(':') && address.chars().any(|c| c.is_ascii_alphabetic());
    (!is_name).then(|| format!("{address} is neither a network nor a host name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: serde_json::Value) -> HbaRule {
        serde_json::from_value(json).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn what_the_server_would_refuse_is_refused() {
        let why = |json: serde_json::Value| invalid(&rule(json), &(13..=18));
        assert_eq!(why(json!({"type": "local", "database": "all", "user": "postgres", "method": "peer"})), None);
        assert_eq!(why(json!({"type": "hostssl", "database": "app", "user": "+team", "address": "10.0.0.0/8", "method": "scram-sha-256"})), None);
        assert_eq!(why(json!({"type": "hostssl", "database": "app", "user": "app", "address": "db.example.com", "method": "cert"})), None);
        for bad in [
            json!({"type": "local", "database": "all", "user": "all", "address": "10.0.0.0/8", "method": "peer"}),
            json!({"type": "host", "database": "all", "user": "all", "method": "scram-sha-256"}),
            json!({"type": "host", "database": "all", "user": "all", "address": "10.0.0.1", "method": "scram-sha-256"}),
            json!({"type": "host", "database": "all", "user": "all", "address": "10.0.0.0/33", "method": "scram-sha-256"}),
            json!({"type": "host", "database": "all", "user": "all", "address": "10.0.0.0/8/8", "method": "scram-sha-256"}),
            json!({"type": "host", "database": "all", "user": "all", "address": "::/0", "method": "peer"}),
            json!({"type": "host", "database": "all", "user": "all", "address": "::/0", "method": "cert"}),
            json!({"type": "local", "database": "all", "user": "all", "method": "gss"}),
            json!({"type": "hostnossl", "database": "all", "user": "all", "address": "all", "method": "scram-sha-256"}),
            json!({"type": "hostssl", "database": "/a", "user": "all", "address": "all", "method": "scram-sha-256"}),
            json!({"type": "hostssl", "database": "a", "user": "+", "address": "all", "method": "scram-sha-256"}),
            json!({"type": "hostssl", "database": "a", "user": "b", "address": "all", "method": "scram-sha-256", "options": {"clientcert": "1"}}),
            json!({"type": "hostssl", "database": "a", "user": "b", "address": "all", "method": "scram-sha-256", "options": {"map": "m"}}),
            json!({"type": "hostssl", "database": "a", "user": "b", "address": "all", "method": "cert", "options": {"clientname": "DN"}}),
            json!({"type": "hostssl", "database": "a", "user": "b", "address": "all", "method": "ldap"}),
        ] {
            assert!(why(bad.clone()).is_some(), "{bad}");
        }
    }

    #[test]
    fn an_administrator_must_be_left() {
        let local = |user: &str, method: &str| rule(json!({"type": "local", "database": "all", "user": user, "method": method}));
        assert!(leaves_an_administrator(&[local("postgres", "peer")]));
        assert!(leaves_an_administrator(&[local("all", "scram-sha-256")]));
        assert!(!leaves_an_administrator(&[]));
        assert!(!leaves_an_administrator(&[local("app", "peer")]));
        assert!(!leaves_an_administrator(&[local("all", "reject"), local("postgres", "peer")]), "the first that matches decides");
        assert!(!leaves_an_administrator(&[local("all", "trust")]));
    }
}
