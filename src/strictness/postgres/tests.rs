//! Vectors of real servers, 12 to 18.

use super::*;

fn on(version: u32, name: &str, text: &str) -> Result<Meaning, String> {
    let setting = Setting::from_text(name, text, &(version..=version))?;
    Ok(setting.meaning(version).cloned().unwrap_or_else(|| panic!("{name}")))
}

fn ok(version: u32, name: &str, text: &str) -> Meaning {
    on(version, name, text).unwrap_or_else(|why| panic!("{name} = '{text}': {why}"))
}

fn refused(version: u32, name: &str, text: &str) {
    assert!(on(version, name, text).is_err(), "{name} = '{text}' is refused by {version}");
}

fn order(name: &str, required: &str, found: &str) -> Order {
    let versions = 15..=17;
    let required = Setting::from_text(name, required, &versions).unwrap_or_else(|why| panic!("{why}"));
    let found = Setting::from_text(name, found, &versions).unwrap_or_else(|why| panic!("{why}"));
    let comparison = required.compare(&found);
    assert_eq!(comparison.why.is_empty(), comparison.order == Order::Equal, "{comparison:?}");
    comparison.order
}

#[test]
fn booleans() {
    for text in ["tr", "y", "1", "tRuE", "on", "ON", "yes", "t"] {
        assert_eq!(ok(15, "log_disconnections", text), Meaning::Bool(true), "{text}");
    }
    for text in ["of", "n", "0", "f", "off", "FALSE"] {
        assert_eq!(ok(15, "log_disconnections", text), Meaning::Bool(false), "{text}");
    }
    for text in ["o", "2", "", " on ", "01", "enable", "truee", "onn"] {
        refused(15, "log_disconnections", text);
    }
}

#[test]
fn numbers_units_and_octal() {
    for text in ["30", "30s", "30 s", "30000ms", " 30 s ", "0x1e", "036"] {
        assert_eq!(ok(15, "authentication_timeout", text), Meaning::Integer(30), "{text}");
    }
    for text in ["30S", "1m", "0", "601", "", "s", "30 s x", "1_0", "08", "0x", "--1"] {
        refused(15, "authentication_timeout", text);
    }
    assert_eq!(ok(15, "authentication_timeout", "1.4"), Meaning::Integer(1));
    assert_eq!(ok(15, "authentication_timeout", "1.5"), Meaning::Integer(2));
    assert_eq!(ok(15, "authentication_timeout", "0.5min"), Meaning::Integer(30));
    assert_eq!(ok(15, "authentication_timeout", "1e1"), Meaning::Integer(10));
    assert_eq!(ok(15, "log_rotation_age", "1d"), ok(15, "log_rotation_age", "24h"));
    assert_eq!(ok(15, "log_rotation_age", "1d"), Meaning::Integer(1440));
    assert_eq!(ok(15, "log_rotation_size", "10MB"), Meaning::Integer(10240));
    refused(15, "log_rotation_size", "10mb");
    assert_eq!(ok(15, "log_min_duration_statement", "250us"), Meaning::Integer(0));
    for text in ["0600", "0x180", "384"] {
        assert_eq!(ok(15, "log_file_mode", text), Meaning::Integer(0o600), "{text}");
    }
    refused(15, "log_file_mode", "600");
    assert_eq!(ok(15, "shared_buffers", "128MB"), Meaning::Integer(16384));
    assert_eq!(ok(15, "bgwriter_lru_multiplier", "2.5"), Meaning::Real(2.5));
    assert_eq!(ok(15, "vacuum_cost_delay", "2500us"), Meaning::Real(2.5));
    refused(15, "max_connections", "10 s");
    refused(15, "work_mem", &"9".repeat(400));
}

#[test]
fn words() {
    assert_eq!(ok(15, "log_statement", "DDL"), Meaning::Word("ddl".into()));
    assert_eq!(ok(15, "ssl_min_protocol_version", "tlsv1.2"), Meaning::Word("TLSv1.2".into()));
    assert_eq!(ok(15, "ssl_max_protocol_version", ""), Meaning::Word(String::new()));
    refused(15, "ssl_min_protocol_version", "");
    refused(15, "ssl_min_protocol_version", "1.2");
    assert_eq!(ok(13, "password_encryption", "on"), Meaning::Word("md5".into()));
    refused(14, "password_encryption", "on");
    refused(13, "password_encryption", "off");
    assert_eq!(ok(15, "log_min_messages", "debug"), Meaning::Word("debug2".into()));
    assert_eq!(ok(15, "huge_pages", "YES"), Meaning::Word("on".into()));
    refused(15, "log_statement", "yes");
}

#[test]
fn lists() {
    let list = |items: &[&str]| Meaning::List(items.iter().map(|s| (*s).to_owned()).collect());
    assert_eq!(ok(15, "shared_preload_libraries", "pgaudit, auth_delay"), list(&["auth_delay", "pgaudit"]));
    assert_eq!(ok(15, "shared_preload_libraries", "\"a, b\""), list(&["a, b"]));
    assert_eq!(ok(15, "shared_preload_libraries", ""), list(&[]));
    assert_eq!(ok(15, "unix_socket_directories", "/tmp/with blank , /run"), list(&["/run", "/tmp/with blank"]));
    assert_eq!(ok(15, "search_path", "\"$user\", Public"), list(&["$user", "public"]));
    assert_eq!(ok(15, "log_destination", "STDERR,csvlog"), list(&["csvlog", "stderr"]));
    refused(15, "log_destination", "stderr,");
    refused(15, "log_destination", "stderr csvlog");
    refused(15, "log_destination", "file");
    refused(14, "log_destination", "jsonlog");
    refused(15, "shared_preload_libraries", "a,,b");
    refused(15, "shared_preload_libraries", "\"a");
    assert_eq!(ok(18, "log_connections", "on"), list(&["receipt", "authentication", "authorization"].map(|s| s)).sorted());
    assert_eq!(ok(18, "log_connections", ""), list(&[]));
    assert_eq!(ok(18, "log_connections", "all"), list(&["authentication", "authorization", "receipt", "setup_durations"]));
    refused(18, "log_connections", "on,receipt");
    refused(18, "log_connections", "bogus");
    refused(18, "log_connections", "tr");
    refused(17, "log_connections", "receipt");
}

impl Meaning {
    fn sorted(self) -> Self {
        match self {
            Self::List(mut items) => {
                items.sort();
                Self::List(items)
            }
            other => other,
        }
    }
}

#[test]
fn names_and_versions() {
    let parse = |name: &str, text: &str, versions| Setting::parse(name, &[text.to_owned()], versions);
    let why = parse("log_conections", "on", 15..=18).expect_err("unknown");
    assert_eq!(why, "\"log_conections\" is no setting of PostgreSQL 15-18; did you mean \"log_connections\"?");
    let why = parse("db_user_namespace", "off", 17..=18).expect_err("removed");
    assert_eq!(why, "\"db_user_namespace\" is no setting of PostgreSQL 17-18; PostgreSQL 12-16 has it");
    assert_eq!(parse("scram_iterations", "8192", 15..=18).map(|s| s.versions), Ok(16..=18));
    assert!(parse("data_checksums", "on", 15..=18).expect_err("internal").contains("no configuration file can set it"));
    assert!(parse("password_encryption", "on", 13..=18).expect_err("14 refuses it").contains("PostgreSQL 14-18"));
    assert!(parse("log_connections", "receipt", 17..=18).expect_err("17 has a Boolean").contains("PostgreSQL 17"));
    assert!(parse("log_line_prefix", "a\nb", 15..=15).expect_err("line break").contains("U+000A"));
    assert_eq!(parse("pgaudit.log", "ddl, role", 15..=18).map(|s| s.value), Ok(vec!["ddl, role".to_owned()]));
}

#[test]
fn directions() {
    use Order::{Equal, Incomparable, Stricter, Weaker};
    for (name, required, found, expected) in [
        ("ssl", "on", "true", Equal),
        ("ssl", "on", "off", Weaker),
        ("ssl", "off", "on", Stricter),
        ("debug_print_plan", "off", "on", Weaker),
        ("password_encryption", "scram-sha-256", "md5", Weaker),
        ("password_encryption", "md5", "SCRAM-SHA-256", Stricter),
        ("ssl_min_protocol_version", "TLSv1.3", "TLSv1.2", Weaker),
        ("ssl_min_protocol_version", "TLSv1.2", "tlsv1.3", Stricter),
        ("ssl_max_protocol_version", "", "TLSv1.3", Equal),
        ("ssl_max_protocol_version", "", "TLSv1.2", Weaker),
        ("authentication_timeout", "60s", "1min", Equal),
        ("authentication_timeout", "60s", "30", Stricter),
        ("authentication_timeout", "60s", "61", Weaker),
        ("log_rotation_age", "1d", "0", Weaker),
        ("log_rotation_age", "1d", "25h", Weaker),
        ("idle_in_transaction_session_timeout", "10min", "0", Weaker),
        ("idle_in_transaction_session_timeout", "0", "10min", Stricter),
        ("log_parameter_max_length_on_error", "0", "-1", Weaker),
        ("log_parameter_max_length_on_error", "0", "10", Weaker),
        ("log_file_mode", "0600", "0640", Weaker),
        ("log_file_mode", "0640", "0600", Stricter),
        ("log_file_mode", "0640", "0604", Incomparable),
        ("unix_socket_permissions", "0770", "0777", Weaker),
        ("log_min_messages", "warning", "panic", Weaker),
        ("log_min_messages", "warning", "log", Weaker),
        ("log_min_messages", "warning", "notice", Stricter),
        ("log_statement", "ddl", "none", Weaker),
        ("log_statement", "ddl", "mod", Stricter),
        ("log_connections", "on", "off", Weaker),
        ("log_destination", "stderr", "stderr, csvlog", Stricter),
        ("shared_preload_libraries", "pgaudit", "auth_delay, pgaudit", Stricter),
        ("shared_preload_libraries", "pgaudit, auth_delay", "auth_delay,pgaudit", Equal),
        ("shared_preload_libraries", "pgaudit", "", Weaker),
        ("listen_addresses", "localhost", "127.0.0.1", Stricter),
        ("listen_addresses", "localhost", "*", Weaker),
        ("listen_addresses", "localhost", "10.0.0.1", Incomparable),
        ("listen_addresses", "*", "0.0.0.0, ::", Equal),
        ("listen_addresses", "localhost", "", Stricter),
        ("listen_addresses", "0.0.0.0", "10.0.0.1", Stricter),
        ("listen_addresses", "0.0.0.0", "db.example.com", Incomparable),
        ("log_timezone", "UTC", "Etc/UTC", Equal),
        ("log_timezone", "UTC", "Europe/Berlin", Incomparable),
        ("log_line_prefix", "%m [%p] %u@%d ", "%t %c %u %d %h ", Stricter),
        ("log_line_prefix", "%m [%p] %u", "%m [%p] ", Weaker),
        ("log_line_prefix", "%m [%p] ", "%q%m [%p] ", Weaker),
        ("pgaudit.log", "ddl, role", "all, -read", Stricter),
        ("pgaudit.log", "ddl, role", "all, -role", Incomparable),
        ("pgaudit.log", "ddl", "none", Weaker),
        ("primary_conninfo", "sslmode=verify-full", "host=a sslmode=verify-ca password=x", Weaker),
        ("primary_conninfo", "sslmode=verify-ca", "host=a sslmode=verify-full", Stricter),
        ("log_hostname", "off", "on", Incomparable),
        ("search_path", "a, b", "b, a", Incomparable),
        ("cluster_name", "a", "b", Incomparable),
    ] {
        assert_eq!(order(name, required, found), expected, "{name}: {required} required, {found} found");
        assert_eq!(order(name, required, required), Equal, "{name} = {required}");
    }
}

#[test]
fn words_of_a_comparison_name_both_values_and_no_secret() {
    let versions = 15..=15;
    let setting = |name: &str, text: &str| Setting::from_text(name, text, &versions).unwrap_or_else(|why| panic!("{why}"));
    let compare = |name: &str, a: &str, b: &str| setting(name, a).compare(&setting(name, b)).why;
    assert_eq!(compare("password_encryption", "scram-sha-256", "md5"), "md5 is weaker than scram-sha-256");
    assert_eq!(compare("authentication_timeout", "60s", "2min"), "120 s is more than 60 s");
    assert_eq!(compare("log_rotation_age", "1d", "0"), "0 min means no limit, instead of 1440 min");
    assert_eq!(compare("log_file_mode", "0600", "0644"), "0644 also permits 0044, which 0600 does not");
    let secret = "host=a password=hunter2 sslmode=disable";
    assert!(!compare("primary_conninfo", "host=b", secret).contains("hunter2"));
    assert_eq!(setting("primary_conninfo", secret).to_string(), "(hidden)");
    assert_eq!(setting("archive_command", "PGPASSWORD=hunter2 cp %p /x").to_string(), "(hidden)");
    assert_eq!(setting("restore_command", "curl https://user:hunter2@host/%f").to_string(), "(hidden)");
    assert_eq!(setting("ssl_passphrase_command", "echo hunter2").to_string(), "(hidden)");
    assert_eq!(setting("archive_command", "AWS_SECRET_ACCESS_KEY=hunter2 aws s3 cp %p x").to_string(), "(hidden)");
    assert_eq!(setting("archive_command", "curl -H 'Authorization: Bearer hunter2' x").to_string(), "(hidden)");
    assert_eq!(setting("my.token", "hunter2").to_string(), "(hidden)");
    assert_eq!(setting("password_encryption", "md5").to_string(), "md5");
    assert_eq!(setting("ssl_cert_file", "server.crt").to_string(), "server.crt");
}

#[test]
fn connection_strings_and_prefixes_count_as_their_readers_have_them() {
    let versions = 15..=15;
    let setting = |name: &str, text: &str| Setting::from_text(name, text, &versions).unwrap_or_else(|why| panic!("{why}"));
    let order = |name: &str, a: &str, b: &str| setting(name, a).compare(&setting(name, b)).order;
    for (found, expected) in [
        ("host=h sslmode=verify-full", Order::Equal),
        ("host=h sslmode='verify-full'", Order::Equal),
        ("postgresql://h/db?sslmode=verify%2Dfull", Order::Equal),
        ("host=h sslmode=disable application_name='x sslmode=verify-full'", Order::Weaker),
        ("host=h sslmode=verify-full sslmode = disable", Order::Weaker),
        ("postgres://h/db?sslmode=verify-full&ssl=true", Order::Weaker),
        ("host=h sslmode", Order::Incomparable),
    ] {
        assert_eq!(order("primary_conninfo", "sslmode=verify-full", found), expected, "{found}");
    }
    // One sign and one number may stand between `%` and its letter.
    for (found, expected) in
        [("%m %-10u", Order::Equal), ("%m %--u", Order::Weaker), ("%m %1-u", Order::Weaker), ("%m %%u", Order::Weaker), ("%m %", Order::Weaker)]
    {
        assert_eq!(order("log_line_prefix", "%m %u", found), expected, "{found}");
    }
    // The same library, however it is named.
    for (found, expected) in [
        ("$libdir/pgaudit", Order::Equal),
        ("pgaudit.so", Order::Equal),
        ("$libdir/plugins/pgaudit", Order::Incomparable),
        ("/tmp/pgaudit", Order::Incomparable),
        ("/tmp/pgaudit.so", Order::Incomparable),
    ] {
        assert_eq!(order("shared_preload_libraries", "pgaudit", found), expected, "{found}");
    }
}

#[test]
fn a_range_of_versions_takes_the_worst() {
    let required = Setting::from_text("ssl_min_protocol_version", "TLSv1.2", &(12..=18)).unwrap_or_else(|why| panic!("{why}"));
    let defaults = Setting::defaults("ssl_min_protocol_version", &(12..=18));
    assert_eq!(defaults.iter().map(|d| (d.versions.clone(), d.to_string())).collect::<Vec<_>>(), [(12..=12, "TLSv1".into()), (13..=18, "TLSv1.2".into())]);
    assert_eq!(defaults.iter().map(|d| required.compare(d).order).collect::<Vec<_>>(), [Order::Weaker, Order::Equal]);
    // The same text, another meaning from 18 on.
    let on = Setting::from_text("log_connections", "on", &(15..=18)).unwrap_or_else(|why| panic!("{why}"));
    let yes = Setting::from_text("log_connections", "yes", &(15..=18)).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(on.compare(&yes).order, Order::Equal);
    assert_eq!(Setting::defaults("log_file_mode", &(15..=18))[0].to_string(), "0600");
}

#[test]
fn the_default_of_every_setting_is_a_value_of_it() {
    for version in catalogue::VERSIONS {
        for name in catalogue::names() {
            let Some(entry) = catalogue::at(name, version) else { continue };
            if entry.name.starts_with("server_version") || entry.words.is_empty() && entry.kind == catalogue::Kind::Enum {
                continue;
            }
            assert_eq!(Setting::defaults(name, &(version..=version)).len(), 1, "{name} of {version}");
        }
    }
}
