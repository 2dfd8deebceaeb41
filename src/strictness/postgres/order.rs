//! Which of two values of a setting is stricter. Settings without a row here are equal or incomparable.
//!
//! The directions follow the intents behind the CIS PostgreSQL benchmark's numbers and the documentation of each
//! setting: what permits less to an attacker, or keeps more evidence, is stricter.

use super::catalogue::Entry;
use super::conninfo;
use super::value::Meaning;
use crate::strictness::ciphers::CipherString;
use crate::strictness::groups::Groups;
use crate::strictness::{Comparison, Order, Strictness};
use std::collections::{BTreeMap, BTreeSet};

/// How the values of a setting are ordered.
#[derive(Clone, Copy)]
enum Direction {
    /// True is stricter.
    On,
    /// False is stricter.
    Off,
    /// A larger number is stricter.
    More,
    /// A smaller number is stricter, and this number means no limit at all.
    Less { unlimited: i64 },
    /// A file mode with fewer bits is stricter.
    Mode,
    /// Words, loosest first.
    Ranks(&'static [&'static str]),
    /// A list with more elements is stricter.
    Superset,
    /// Addresses to listen on: fewer are stricter.
    Addresses,
    /// A cipher string of OpenSSL.
    Ciphers,
    /// Names separated by colons: fewer are stricter. The second is what an empty text stands for.
    Names(&'static str),
    /// Words that mean the same.
    Same(&'static [&'static str]),
    /// `log_line_prefix`: what it records.
    Prefix,
    /// `pgaudit.log`: classes, `all`, `-class`.
    AuditClasses,
    /// `primary_conninfo`: its `sslmode`.
    SslMode,
}

/// Loosest first: what the server keeps silent about. `log` sorts above `error` here (documentation, 19.8.2).
const MESSAGES: &[&str] = &["panic", "fatal", "log", "error", "warning", "notice", "info", "debug1", "debug2", "debug3", "debug4", "debug5"];
const PROTOCOLS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
/// What OpenSSL offers where no TLS 1.3 suite is named (`SSL_CTX_set_ciphersuites(3)`).
const TLS13_SUITES: &str = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

fn direction(name: &str) -> Option<Direction> {
    use Direction::{Addresses, AuditClasses, Ciphers, Less, Mode, More, Names, Off, On, Prefix, Ranks, Same, SslMode, Superset};
    Some(match name {
        "ssl"
        | "ssl_prefer_server_ciphers"
        | "md5_password_warnings"
        | "logging_collector"
        | "log_truncate_on_rotation"
        | "log_disconnections"
        | "log_replication_commands"
        | "syslog_sequence_numbers"
        | "syslog_split_messages"
        | "row_security"
        | "fsync"
        | "full_page_writes"
        | "data_checksums" => On,
        "debug_print_parse"
        | "debug_print_rewritten"
        | "debug_print_plan"
        | "ignore_system_indexes"
        | "jit_debugging_support"
        | "jit_profiling_support"
        | "allow_system_table_mods"
        | "db_user_namespace"
        | "allow_alter_system" => Off,
        "scram_iterations" => More,
        "authentication_timeout" | "log_rotation_age" | "idle_in_transaction_session_timeout" | "idle_session_timeout" => Less { unlimited: 0 },
        "log_parameter_max_length_on_error" => Less { unlimited: -1 },
        "post_auth_delay" => Less { unlimited: i64::MAX },
        "unix_socket_permissions" | "log_file_mode" => Mode,
        "ssl_min_protocol_version" | "ssl_max_protocol_version" => Ranks(PROTOCOLS),
        "password_encryption" => Ranks(&["md5", "scram-sha-256"]),
        "log_min_messages" | "log_min_error_statement" => Ranks(MESSAGES),
        "log_error_verbosity" => Ranks(&["terse", "default", "verbose"]),
        "log_statement" => Ranks(&["none", "ddl", "mod", "all"]),
        "archive_mode" => Ranks(&["off", "on", "always"]),
        // A Boolean up to 17, a list from 18.
        "log_connections" | "log_destination" | "shared_preload_libraries" => Superset,
        "listen_addresses" => Addresses,
        "ssl_ciphers" => Ciphers,
        "ssl_tls13_ciphers" => Names(TLS13_SUITES),
        "ssl_groups" | "ssl_ecdh_curve" => Names(""),
        "log_timezone" => Same(&["utc", "gmt", "etc/utc"]),
        "log_line_prefix" => Prefix,
        "pgaudit.log" => AuditClasses,
        "primary_conninfo" => SslMode,
        _ => return None,
    })
}

/// The order of a setting, in words.
pub(super) fn words(name: &str) -> &'static str {
    match direction(name) {
        None => "equal or not",
        Some(Direction::On) => "on is stricter",
        Some(Direction::Off) => "off is stricter",
        Some(Direction::More) => "more is stricter",
        Some(Direction::Less { unlimited: 0 }) => "less is stricter; 0 means no limit",
        Some(Direction::Less { unlimited: -1 }) => "less is stricter; -1 means no limit",
        Some(Direction::Less { .. }) => "less is stricter",
        Some(Direction::Mode) => "no bit more than asked for",
        Some(Direction::Ranks(_)) => "by rank",
        Some(Direction::Superset) => "all that is asked for, or more",
        Some(Direction::Addresses) => "no address more than asked for",
        Some(Direction::Ciphers) => "no suite more than asked for",
        Some(Direction::Names(_)) => "no name more than asked for",
        Some(Direction::Same(_)) => "the same place",
        Some(Direction::Prefix) => "records all that is asked for, or more",
        Some(Direction::AuditClasses) => "all classes that are asked for, or more",
        Some(Direction::SslMode) => "sslmode by rank",
    }
}

/// How `found` stands to `required`; `show` writes a meaning for the reader (secrets hidden).
pub(super) fn compare(name: &str, entry: Option<&Entry>, required: &Meaning, found: &Meaning) -> Comparison {
    if required == found {
        return Comparison::equal();
    }
    let show = |meaning: &Meaning| {
        let text = match (entry, meaning) {
            (Some(entry), meaning) => meaning.show(entry),
            (None, Meaning::Text(text)) => text.clone(),
            (None, _) => String::new(),
        };
        super::redact(name, &text).into_owned()
    };
    let instead = || format!("{} instead of {}", show(found), show(required));
    let ordered = |order: std::cmp::Ordering, why: &dyn Fn(&str) -> String| match order {
        std::cmp::Ordering::Equal => Comparison::equal(),
        std::cmp::Ordering::Greater => Comparison::new(Order::Stricter, why("stricter")),
        std::cmp::Ordering::Less => Comparison::new(Order::Weaker, why("weaker")),
    };
    let is_than = |kind: &str| format!("{} is {kind} than {}", show(found), show(required));
    match (direction(name), required, found) {
        (Some(Direction::On | Direction::Superset), Meaning::Bool(r), Meaning::Bool(f)) => ordered(f.cmp(r), &|_| instead()),
        (Some(Direction::Off), Meaning::Bool(r), Meaning::Bool(f)) => ordered(r.cmp(f), &|_| instead()),
        (Some(Direction::More), Meaning::Integer(r), Meaning::Integer(f)) => ordered(f.cmp(r), &|kind| is_than(if kind == "weaker" { "less" } else { "more" })),
        (Some(Direction::Less { unlimited }), Meaning::Integer(r), Meaning::Integer(f)) => {
            let size = |n: &i64| if *n == unlimited { i64::MAX } else { *n };
            let why = |kind: &str| {
                if *f == unlimited {
                    format!("{} means no limit, instead of {}", show(found), show(required))
                } else {
                    is_than(if kind == "weaker" { "more" } else { "less" })
                }
            };
            ordered(size(r).cmp(&size(f)), &why)
        }
        (Some(Direction::Mode), Meaning::Integer(r), Meaning::Integer(f)) => {
            let order = Order::from_covers(f & !r == 0, r & !f == 0);
            let more = f & !r;
            Comparison::new(order, if more == 0 { instead() } else { format!("{} also permits {more:04o}, which {} does not", show(found), show(required)) })
        }
        (Some(Direction::Ranks(ranks)), Meaning::Word(r), Meaning::Word(f)) => {
            // No maximum is the newest version.
            let word = |w: &str| if w.is_empty() && name == "ssl_max_protocol_version" { "TLSv1.3".to_owned() } else { w.to_owned() };
            let rank = |w: &str| ranks.iter().position(|r| *r == word(w));
            match (rank(r), rank(f)) {
                (Some(r), Some(f)) => ordered(f.cmp(&r), &is_than),
                _ => Comparison::new(Order::Incomparable, instead()),
            }
        }
        (Some(Direction::Superset), Meaning::List(r), Meaning::List(f)) if name == "shared_preload_libraries" => {
            sets(&set(r.iter().map(|l| library(l))), &set(f.iter().map(|l| library(l))), true, name)
        }
        (Some(Direction::Superset), Meaning::List(r), Meaning::List(f)) => sets(&set(r.iter()), &set(f.iter()), true, name),
        (Some(Direction::Addresses), Meaning::List(r), Meaning::List(f)) => addresses(r, f),
        (Some(Direction::Ciphers), Meaning::Text(r), Meaning::Text(f)) => match (CipherString::parse(r), CipherString::parse(f)) {
            (Ok(r), Ok(f)) => r.compare(&f),
            (Err(why), _) | (_, Err(why)) => Comparison::new(Order::Incomparable, why),
        },
        (Some(Direction::Names(empty)), Meaning::Text(r), Meaning::Text(f)) => {
            // Groups have several names each; those of suites are all their own.
            let names = |text: &str| set(if text.is_empty() { empty } else { text }.split(':').map(|one| Groups::canonical(one.trim())));
            sets(&names(r), &names(f), false, name)
        }
        (Some(Direction::Same(words)), Meaning::Text(r), Meaning::Text(f)) => {
            let (r, f) = (r.to_ascii_lowercase(), f.to_ascii_lowercase());
            let same = r == f || (words.contains(&r.as_str()) && words.contains(&f.as_str()));
            if same { Comparison::equal() } else { Comparison::new(Order::Incomparable, instead()) }
        }
        (Some(Direction::Prefix), Meaning::Text(r), Meaning::Text(f)) => sets(&recorded(r), &recorded(f), true, name),
        (Some(Direction::AuditClasses), Meaning::Text(r), Meaning::Text(f)) => match (audit_classes(r), audit_classes(f)) {
            (Some(r), Some(f)) => sets(&r, &f, true, name),
            _ => Comparison::new(Order::Incomparable, instead()),
        },
        (Some(Direction::SslMode), Meaning::Text(r), Meaning::Text(f)) => ssl_mode(r, f),
        _ => Comparison::new(Order::Incomparable, instead()),
    }
}

/// A library by its shortest name: the server looks in `$libdir` first, and for the name with `.so` too
/// (`expand_dynamic_library_name`).
fn library(name: &str) -> &str {
    let plain = name.strip_prefix("$libdir/").filter(|rest| !rest.contains('/')).unwrap_or(name);
    if plain.contains('/') { plain } else { plain.strip_suffix(".so").unwrap_or(plain) }
}

fn set<T: Into<String>>(items: impl Iterator<Item = T>) -> BTreeSet<String> {
    items.map(Into::into).collect()
}

/// Two sets; `more_is_stricter` says which way.
fn sets(required: &BTreeSet<String>, found: &BTreeSet<String>, more_is_stricter: bool, name: &str) -> Comparison {
    let (covers, covered) = (required.is_subset(found), found.is_subset(required));
    let order = if more_is_stricter { Order::from_covers(covers, covered) } else { Order::from_covers(covered, covers) };
    let list = |items: std::collections::btree_set::Difference<'_, String>| items.map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut why = Vec::new();
    if !covers {
        why.push(format!("lacks {}", list(required.difference(found))));
    }
    if !covered {
        why.push(format!("{} {}", if name == "log_line_prefix" { "also records" } else { "also has" }, list(found.difference(required))));
    }
    Comparison::new(order, why.join(", and "))
}

/// `*` is every address, `0.0.0.0` every IPv4 address, `::` every IPv6 address (documentation, 19.3.1).
fn addresses(required: &[String], found: &[String]) -> Comparison {
    let expand = |items: &[String]| {
        set(items.iter().flat_map(|item| match item.as_str() {
            "*" => vec!["0.0.0.0", "::"],
            "localhost" => vec!["127.0.0.1", "::1"],
            other => vec![other],
        }))
    };
    let (required, found) = (expand(required), expand(found));
    let is_v6 = |address: &str| address.contains(':');
    let has = |all: &BTreeSet<String>, address: &str| {
        // A host name could have addresses of both kinds.
        let v4 = all.contains("0.0.0.0");
        let v6 = all.contains("::");
        let is_name = !is_v6(address) && address.parse::<std::net::Ipv4Addr>().is_err();
        all.contains(address)
            || if is_name {
                v4 && v6
            } else if is_v6(address) {
                v6
            } else {
                v4
            }
    };
    let extra: Vec<&str> = found.iter().filter(|a| !has(&required, a)).map(String::as_str).collect();
    let lacking: Vec<&str> = required.iter().filter(|a| !has(&found, a)).map(String::as_str).collect();
    let order = Order::from_covers(extra.is_empty(), lacking.is_empty());
    let why = match (extra.is_empty(), lacking.is_empty()) {
        (true, true) => String::new(),
        (false, _) => format!("also listens on {}", extra.join(", ")),
        (true, false) => format!("does not listen on {}", lacking.join(", ")),
    };
    Comparison::new(order, why)
}

/// What a `log_line_prefix` records. What stands behind `%q` is left out for processes without a session, which
/// matters for the time and the process only: the rest is empty for them anyway.
fn recorded(prefix: &str) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    let mut sessions_only = false;
    let mut chars = prefix.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        // A width may stand in between: `%-10u`, with one sign, in front (`process_log_prefix_padding` of the server).
        let rest = chars.as_str();
        chars = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(|c: char| c.is_ascii_digit()).chars();
        let Some(escape) = chars.next() else { break };
        let fact: &[&str] = match escape {
            'q' => {
                sessions_only = true;
                &[]
            }
            't' | 'm' | 'n' => &["the time"],
            'p' => &["the process"],
            'c' => &["the process", "the session"],
            'u' => &["the user"],
            'd' => &["the database"],
            'a' => &["the application"],
            'h' => &["the client"],
            'r' => &["the client", "the client's port"],
            'l' => &["the line number"],
            's' => &["the session's start"],
            'i' => &["the command"],
            'e' => &["the error code"],
            'b' => &["the kind of process"],
            'v' | 'x' => &["the transaction"],
            'P' => &["the parallel leader"],
            'Q' => &["the query's number"],
            'L' => &["the local address"],
            _ => &[],
        };
        for fact in fact {
            if !sessions_only || !matches!(*fact, "the time" | "the process") {
                facts.insert((*fact).to_owned());
            }
            if matches!(*fact, "the time" | "the process") {
                facts.insert(format!("{fact} (in sessions)"));
            }
        }
    }
    facts
}

/// The classes of pgaudit.log (README of pgaudit, `pgaudit.log`). `None` for a word that is no class.
fn audit_classes(text: &str) -> Option<BTreeSet<String>> {
    const ALL: [&str; 7] = ["ddl", "function", "misc", "misc_set", "read", "role", "write"];
    let mut classes = BTreeSet::new();
    for word in text.split(',').map(|w| w.trim().to_ascii_lowercase()).filter(|w| !w.is_empty()) {
        let (remove, class) = word.strip_prefix('-').map_or((false, word.as_str()), |class| (true, class));
        let named: Vec<&str> = match class {
            "all" => ALL.to_vec(),
            "none" => Vec::new(),
            class => vec![*ALL.iter().find(|c| **c == class)?],
        };
        if class == "none" {
            classes.clear();
        }
        for class in named {
            if remove {
                classes.remove(class);
            } else {
                classes.insert(class.to_owned());
            }
        }
    }
    Some(classes)
}

/// Compares two connection strings by `sslmode` (libpq documentation, 34.19.1); every other word of the required one
/// must stand in the found one too. Values are never shown.
fn ssl_mode(required: &str, found: &str) -> Comparison {
    const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
    let (Some(required), Some(found)) = (conninfo::words(required), conninfo::words(found)) else {
        return Comparison::new(Order::Incomparable, "libpq does not read the connection string");
    };
    // An empty one is as good as none.
    let mode = |words: &BTreeMap<String, String>| {
        let named = words.get("sslmode").map_or("prefer", |mode| if mode.is_empty() { "prefer" } else { mode });
        MODES.iter().position(|m| *m == named)
    };
    let others_met = required.iter().all(|(key, value)| key == "sslmode" || found.get(key) == Some(value));
    let (Some(r), Some(f)) = (mode(&required), mode(&found)) else {
        return Comparison::new(Order::Incomparable, "the connection string has an sslmode that libpq does not know");
    };
    if !others_met {
        return Comparison::new(Order::Incomparable, "the connection strings differ in more than sslmode");
    }
    match f.cmp(&r) {
        std::cmp::Ordering::Equal => Comparison::equal(),
        std::cmp::Ordering::Greater => Comparison::new(Order::Stricter, format!("sslmode {} is stricter than {}", MODES[f], MODES[r])),
        std::cmp::Ordering::Less => Comparison::new(Order::Weaker, format!("sslmode {} is weaker than {}", MODES[f], MODES[r])),
    }
}
