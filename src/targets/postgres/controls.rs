//! The settings that secgen has an opinion on: one table for the profiles, the help of findings and the
//! documentation.
//!
//! What a version knows, when a change takes effect and what the values mean stands in the catalogue; which of two
//! values is stricter, in `strictness::postgres`. The numbers name items of the CIS PostgreSQL benchmarks for 17 and
//! 12, and of the DISA STIG for PostgreSQL 9.x; the reasons are our own words.

use crate::strictness::postgres::{self as settings, catalogue};
use std::fmt::Write as _;

/// Who asks for a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Both built-in profiles.
    Always,
    /// `secgen:hardened` only: it may cost something.
    Hardened,
    /// `secgen:recommended` asks for another value than `secgen:hardened`: this one.
    Graded(&'static str),
    /// No profile, as the right value depends on the service; it is compared when the spec asks.
    BySpec,
    /// Not a setting of `postgres.settings`: another key of the spec decides it.
    By(&'static str),
    /// No file and no script can set it.
    ReportOnly,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// Its number in the baseline; settings that belong together share one.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// What to ask for, as the spec writes it.
    pub value: &'static str,
    /// Who asks for it.
    pub asked: Asked,
    /// CIS PostgreSQL 17; empty for none.
    pub cis17: &'static str,
    /// CIS PostgreSQL 12.
    pub cis12: &'static str,
    /// DISA STIG.
    pub stig: &'static str,
    /// Why it matters.
    pub reason: &'static str,
    /// When it does not apply, or what to know before asking for it; may be empty.
    pub note: &'static str,
}

#[allow(clippy::too_many_arguments)]
const fn control(
    number: u8,
    name: &'static str,
    value: &'static str,
    asked: Asked,
    numbers: [&'static str; 3],
    reason: &'static str,
    note: &'static str,
) -> Control {
    Control { number, name, value, asked, cis17: numbers[0], cis12: numbers[1], stig: numbers[2], reason, note }
}

use Asked::{Always, By, BySpec, Graded, Hardened, ReportOnly};

/// All of them, by number.
pub static ALL: &[Control] = &[
    control(
        1,
        "ssl",
        "on",
        Always,
        ["6.8", "6.8", "V-72895"],
        "Without TLS, passwords and data cross the network in clear text.",
        "The certificate and its key must be in place first: without them the server says on, offers no TLS, and does not start again.",
    ),
    control(
        2,
        "ssl_min_protocol_version",
        "TLSv1.3",
        By("tls.min_version"),
        ["6.8", "6.8", ""],
        "Older versions of TLS have known attacks; RFC 8996 forbids 1.0 and 1.1.",
        "The default is TLSv1 on 12, and TLSv1.2 from 13.",
    ),
    control(
        3,
        "ssl_max_protocol_version",
        "",
        By("tls.min_version"),
        ["", "", ""],
        "A maximum keeps current clients from a current version.",
        "A server does not start with a maximum below the minimum.",
    ),
    control(
        4,
        "ssl_ciphers",
        "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM",
        Always,
        ["6.10", "", ""],
        "Suites without forward secrecy let a stolen key read what was recorded before; suites without authenticated encryption have known attacks.",
        "Does not govern TLS 1.3, so it does not apply where nothing older is spoken. Compared by the suites that a string stands for.",
    ),
    control(
        5,
        "ssl_tls13_ciphers",
        "",
        Always,
        ["", "", ""],
        "OpenSSL's own three suites of TLS 1.3 are all sound; naming others can only add weaker ones.",
        "",
    ),
    control(
        6,
        "ssl_groups",
        "X25519:prime256v1",
        BySpec,
        ["", "", ""],
        "Weak or exotic groups make the key exchange the weakest part.",
        "Called ssl_ecdh_curve up to 17; 18 reads both names. No profile names a list, as it would take a newer group (X25519MLKEM768) away.",
    ),
    control(
        7,
        "ssl_prefer_server_ciphers",
        "on",
        Always,
        ["", "", ""],
        "The server's order of suites is the considered one; a client's may put a weak one first.",
        "",
    ),
    control(
        8,
        "ssl_cert_file",
        "server.crt",
        BySpec,
        ["6.8", "6.8", "V-73031"],
        "Clients that verify the server need its certificate.",
        "Whether the file exists is checked where the data folder can be seen.",
    ),
    control(
        8,
        "ssl_key_file",
        "server.key",
        BySpec,
        ["6.8", "6.8", "V-73031"],
        "Who reads the key can be the server.",
        "Mode 0600, or 0640 where root owns it: with more the server does not start.",
    ),
    control(
        9,
        "password_encryption",
        "scram-sha-256",
        Always,
        ["5.4", "5.2", "V-73015 (inverted)"],
        "An MD5 verifier can be used to log in without knowing the password.",
        "12 and 13 take on, true, yes and 1 as md5. The STIG's rule is of a time before SCRAM and asks for md5: it must not be followed.",
    ),
    control(10, "scram_iterations", "4096", Always, ["", "", ""], "Fewer rounds make stolen verifiers faster to guess.", ""),
    control(11, "md5_password_warnings", "on", Always, ["", "", ""], "The warning tells who still sets MD5 passwords, before a version that drops them.", ""),
    control(12, "authentication_timeout", "60s", Always, ["", "", ""], "Connections that never log in hold places that others need.", ""),
    control(
        13,
        "listen_addresses",
        "localhost",
        BySpec,
        ["5.2", "", ""],
        "What does not listen cannot be reached, whatever the access rules say.",
        "Name the addresses that clients use; images for containers need *.",
    ),
    control(
        14,
        "unix_socket_permissions",
        "0770",
        BySpec,
        ["", "", ""],
        "The socket is open to every local user by default.",
        "Clients must then run in the server's group (unix_socket_group).",
    ),
    control(
        15,
        "log_destination",
        "stderr",
        BySpec,
        ["3.1.2", "3.1.2", "V-72909"],
        "With an empty destination nothing is recorded at all.",
        "Which one is right depends on who collects the log. jsonlog is known from 15.",
    ),
    control(
        16,
        "logging_collector",
        "on",
        BySpec,
        ["3.1.3", "3.1.3", ""],
        "Without a collector, what goes to stderr is kept only if something else collects it.",
        "Does not apply where the log goes to syslog only. Where systemd or a container runtime collects stderr, it must stay off.",
    ),
    control(
        17,
        "log_file_mode",
        "0600",
        Always,
        ["3.1.6", "3.1.6", "V-73061"],
        "Log files hold statements, and statements hold data.",
        "Does not apply while logging_collector is off. Where a group must read the log, ask for 0640.",
    ),
    control(
        18,
        "log_truncate_on_rotation",
        "on",
        BySpec,
        ["3.1.7", "3.1.7", ""],
        "Names that come again (a weekday) must not grow for ever.",
        "Does not apply while logging_collector is off. Good only with a log_filename that depends on the time: with a fixed name each rotation deletes the evidence.",
    ),
    control(
        19,
        "log_rotation_age",
        "1d",
        Hardened,
        ["3.1.8", "3.1.8", ""],
        "Files of one day can be kept, moved and searched.",
        "Does not apply while logging_collector is off.",
    ),
    control(20, "log_min_messages", "warning", Always, ["3.1.14", "3.1.14", ""], "Failed logins are of level fatal: with panic they are not recorded.", ""),
    control(21, "log_min_error_statement", "error", Always, ["3.1.15", "3.1.15", ""], "The statement behind an error is what an inquiry starts from.", ""),
    control(22, "debug_print_parse", "off", Always, ["3.1.16", "3.1.16", ""], "Parse trees put the constants of statements into the log.", ""),
    control(22, "debug_print_rewritten", "off", Always, ["3.1.17", "3.1.17", ""], "Rewritten queries put the constants of statements into the log.", ""),
    control(22, "debug_print_plan", "off", Always, ["3.1.18", "3.1.18", ""], "Plans put the constants of statements into the log.", ""),
    control(
        23,
        "log_connections",
        "on",
        Always,
        ["3.1.20, 6.2", "3.1.20, 6.2", "V-72961"],
        "Who came, from where and as whom is the first thing to know after an incident.",
        "A list from 18, where on means receipt, authentication and authorization.",
    ),
    control(24, "log_disconnections", "on", Always, ["3.1.21, 6.2", "3.1.21, 6.2", "V-73033"], "With it, the length of each session is known.", ""),
    control(
        25,
        "log_error_verbosity",
        "verbose",
        Graded("default"),
        ["3.1.22", "3.1.22", ""],
        "Terse drops the detail, hint and context of each error; verbose adds its code and the place in the source.",
        "verbose makes the log larger, so that the recommended profile asks for default.",
    ),
    control(
        26,
        "log_hostname",
        "off",
        Always,
        ["3.1.23", "3.1.23", "V-73005 (inverted)"],
        "Names come from whoever runs the client's reverse zone, and each look-up delays a login; the address is the evidence.",
        "The STIG asks for on.",
    ),
    control(
        27,
        "log_line_prefix",
        "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
        Hardened,
        ["3.1.24", "3.1.24", "V-72987"],
        "A line that does not say when, who and from where is no evidence.",
        "Compared by what is recorded, not as text. Programs that parse the log must know the prefix.",
    ),
    control(
        28,
        "log_statement",
        "ddl",
        Always,
        ["3.1.25", "3.1.25", ""],
        "Changes of the schema, of roles and of grants are rare, and the ones to find again.",
        "mod and all record data and passwords too; pgaudit is the better way to more.",
    ),
    control(
        29,
        "log_timezone",
        "UTC",
        Hardened,
        ["3.1.26", "3.1.26", "V-72887"],
        "Logs of several machines can be put in order only in one time zone without summer time.",
        "",
    ),
    control(
        30,
        "syslog_sequence_numbers",
        "on",
        Always,
        ["3.1.11", "3.1.11", ""],
        "syslog drops lines that repeat the one before; numbers keep them apart.",
        "Applies only where log_destination has syslog.",
    ),
    control(
        30,
        "syslog_split_messages",
        "on",
        Always,
        ["3.1.12", "3.1.12", ""],
        "syslog cuts long lines off.",
        "Applies only where log_destination has syslog.",
    ),
    control(31, "log_replication_commands", "on", Always, ["7.2", "7.2", ""], "Replication reads every table: its use must be seen.", ""),
    control(
        32,
        "log_parameter_max_length_on_error",
        "0",
        Always,
        ["", "", ""],
        "The values bound to a statement hold what the statement was written to keep out of the log.",
        "",
    ),
    control(
        33,
        "shared_preload_libraries",
        "pgaudit",
        BySpec,
        ["3.2", "3.2", "V-73001"],
        "pgaudit records by object and class, where log_statement knows the text only.",
        "The package must be installed first: without it the server does not start.",
    ),
    control(
        34,
        "pgaudit.log",
        "ddl, role, write",
        BySpec,
        ["3.2", "3.2", "V-72919"],
        "pgaudit records nothing until classes are named.",
        "Has no effect unless shared_preload_libraries has pgaudit. Compared as classes, with all and -class.",
    ),
    control(35, "ignore_system_indexes", "off", Always, ["6.2", "6.2", ""], "A tool for repair, which slows every look-up in the catalogs.", ""),
    control(35, "jit_debugging_support", "off", Always, ["6.2", "6.2", ""], "Makes compiled queries visible to a debugger.", ""),
    control(35, "jit_profiling_support", "off", Always, ["6.2", "6.2", ""], "Writes compiled queries to the server's home folder.", ""),
    control(35, "post_auth_delay", "0", Always, ["6.2", "6.2", ""], "Holds each session back after its login, for debuggers.", ""),
    control(36, "allow_system_table_mods", "off", Always, ["6.3", "6.3", ""], "With it a superuser can change the catalogs by hand, past every check.", ""),
    control(
        37,
        "row_security",
        "on",
        Always,
        ["4.7", "4.5", ""],
        "Off makes queries fail that policies would filter; programs that then connect as the owner see everything.",
        "Off does not leak by itself.",
    ),
    control(
        38,
        "db_user_namespace",
        "off",
        Always,
        ["6.4", "6.4", ""],
        "Makes user names depend on the database, and works with MD5 and clear passwords only.",
        "Removed in 17, which does not start with the name in a file.",
    ),
    control(
        39,
        "idle_in_transaction_session_timeout",
        "10min",
        Hardened,
        ["", "", "V-73037"],
        "A transaction that is left open holds locks and keeps dead rows.",
        "Programs that pause inside a transaction are cut off.",
    ),
    control(
        39,
        "idle_session_timeout",
        "1h",
        BySpec,
        ["", "", "V-73037"],
        "A session that is left open is an open door.",
        "Pools keep idle sessions on purpose.",
    ),
    control(40, "fsync", "on", Always, ["6.4", "6.4", ""], "Without it a power cut destroys the database.", ""),
    control(40, "full_page_writes", "on", Always, ["6.4", "6.4", ""], "Without it a power cut can tear pages beyond repair.", ""),
    control(
        41,
        "archive_mode",
        "on",
        BySpec,
        ["7.4", "7.4", ""],
        "Archived WAL brings a database back to the minute before a mistake.",
        "Needs an archive_command or archive_library that works: without one WAL fills the disk.",
    ),
    control(
        42,
        "primary_conninfo",
        "sslmode=verify-full",
        BySpec,
        ["7.5", "7.5", ""],
        "A standby sends its password to whoever answers at the primary's address, unless it verifies the certificate.",
        "Applies to standbys only. Never shown, as it may hold a password.",
    ),
    control(
        43,
        "data_checksums",
        "on",
        ReportOnly,
        ["", "", ""],
        "Checksums find pages that storage has damaged. They are no encryption.",
        "Set by initdb and pg_checksums; on by default from 18.",
    ),
    control(
        44,
        "allow_alter_system",
        "off",
        BySpec,
        ["", "", ""],
        "Where files are the managed source, ALTER SYSTEM makes settings that no file shows.",
        "Contradicts alter-system.sql: render the drop-in only. postgresql.auto.conf is read all the same.",
    ),
    control(
        45,
        "shared_preload_libraries",
        "auth_delay",
        BySpec,
        ["5.6", "5.3", ""],
        "auth_delay slows down guessing of passwords; credcheck and passwordcheck refuse weak ones.",
        "The package must be installed first: without it the server does not start.",
    ),
];

/// The first control of a setting.
#[must_use]
pub fn of(name: &str) -> Option<&'static Control> {
    ALL.iter().find(|control| control.name == name)
}

/// The numbers under which benchmarks ask for a setting: `CIS 17: 3.1.20, 6.2; STIG: V-72961`. Empty for none.
#[must_use]
pub fn references(name: &str) -> String {
    let Some(control) = of(name) else { return String::new() };
    // An item that asks for the opposite is no reason to follow.
    let named = [("CIS 17", control.cis17), ("STIG", control.stig)].into_iter().filter(|(_, numbers)| !numbers.is_empty() && !numbers.contains("inverted"));
    named.map(|(who, numbers)| format!("{who}: {numbers}")).collect::<Vec<_>>().join("; ")
}

/// When a change takes effect on a version (`pg_settings.context`), as the end of an instruction.
#[must_use]
pub fn takes_effect(name: &str, version: u32) -> &'static str {
    match catalogue::at(name, version).map(|entry| entry.context) {
        Some("postmaster") => "then restart the server",
        Some("superuser-backend" | "backend") => "then reload the server: it holds for new connections",
        _ => "then reload the server",
    }
}

/// The page of the documentation.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(HEAD);
    for control in ALL {
        let code = |text: &str| if text.is_empty() { "`''`".to_owned() } else { format!("`{text}`") };
        let versions = catalogue::window(control.name, &catalogue::VERSIONS);
        let versions = match versions {
            None => "with pgaudit".to_owned(),
            Some(window) if window == catalogue::VERSIONS => "all".to_owned(),
            Some(window) if window.end() == catalogue::VERSIONS.end() => format!("{} and later", window.start()),
            Some(window) => format!("up to {}", window.end()),
        };
        let asked = match control.asked {
            Asked::Always => "both".to_owned(),
            Asked::Hardened => "hardened".to_owned(),
            Asked::Graded(value) => format!("hardened; recommended asks for {}", code(value)),
            Asked::BySpec => "when the spec asks".to_owned(),
            Asked::By(key) => format!("by `{key}`"),
            Asked::ReportOnly => "not by a file".to_owned(),
        };
        let numbers = [("CIS 17", control.cis17), ("CIS 12", control.cis12), ("STIG", control.stig)];
        let numbers: Vec<String> = numbers.iter().filter(|(_, n)| !n.is_empty()).map(|(who, n)| format!("{who}: {n}")).collect();
        let _ = writeln!(out, "### {}. `{}`\n", control.number, control.name);
        let _ = writeln!(out, "{}{}{}\n", control.reason, if control.note.is_empty() { "" } else { " " }, control.note);
        let _ = writeln!(out, "| value | compared | profiles | versions | takes effect | numbers |\n|---|---|---|---|---|---|");
        let _ = writeln!(
            out,
            "| {} | {} | {asked} | {versions} | {} | {} |\n",
            code(control.value),
            settings::compared(control.name),
            effect(control.name),
            if numbers.is_empty() { "-".to_owned() } else { numbers.join("; ") }
        );
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// When a change takes effect, by runs of versions that agree.
fn effect(name: &str) -> String {
    let word = |context: &str| match context {
        "postmaster" => "restart",
        "superuser-backend" | "backend" => "reload, for new connections",
        "internal" => "initdb",
        "user" => "reload; a role may set its own",
        _ => "reload",
    };
    let mut runs: Vec<(u32, u32, &str)> = Vec::new();
    for version in catalogue::VERSIONS {
        let Some(entry) = catalogue::at(name, version) else { continue };
        let next = word(entry.context);
        match runs.last_mut() {
            Some((_, last, same)) if *same == next => *last = version,
            _ => runs.push((version, version, next)),
        }
    }
    match runs.as_slice() {
        [] => "reload".to_owned(),
        [(.., one)] => (*one).to_owned(),
        _ => runs
            .iter()
            .map(|(first, last, word)| if first == last { format!("{first}: {word}") } else { format!("{first}-{last}: {word}") })
            .collect::<Vec<_>>()
            .join("; "),
    }
}

const HEAD: &str = "\
# Settings of PostgreSQL that secgen knows an order of

Written by the tests from `src/targets/postgres/controls.rs` (`SECGEN_BLESS=1 cargo test`); not edited by hand.

Every setting of PostgreSQL 12 to 18 can stand under `postgres.settings` and is compared by what it means: `on` and `true`, `60s` and `1min`, `0600` and
`0x180` are the same. Of the settings below secgen also knows which of two values is stricter. The built-in profiles ask for those that every server can
have; where the right value depends on the service, the spec asks. A profile's setting that none of the declared versions knows is left out, and one that
only some of them know is rendered for those alone.

CIS and STIG numbers say under which item the benchmarks for PostgreSQL 17 and 12 (CIS) and 9.x (DISA STIG) ask about the setting. The words are ours.

";
