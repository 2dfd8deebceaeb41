//! Access rules and roles of snapshots made by hand.

use super::*;
use crate::targets::postgres::hba;
use crate::targets::postgres::snapshot::{Member, Role};

/// A row of `pg_hba_file_rules` from its columns: type, database, user, address, mask, method, options.
fn row(line: usize, text: &str) -> HbaRow {
    let words: Vec<&str> = text.split(' ').collect();
    let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let is_local = words[0] == "local";
    let is_numeric = !is_local && words[3].starts_with(|c: char| c.is_ascii_digit());
    let method = if is_local { 3 } else { 4 + usize::from(is_numeric) };
    HbaRow {
        line: line.to_string(),
        kind: words[0].to_owned(),
        databases: list(words[1]),
        users: list(words[2]),
        address: (!is_local).then(|| words[3].to_owned()),
        mask: is_numeric.then(|| words[4].to_owned()),
        method: words[method].to_owned(),
        options: words[method + 1..].iter().map(|word| (*word).to_owned()).collect(),
        ..HbaRow::default()
    }
}

fn with_rules(rows: &[&str]) -> Snapshot {
    let mut server = snapshot();
    server.settings.insert("hba_file".to_owned(), Row { setting: "/etc/pg_hba.conf".to_owned(), ..Row::default() });
    server.hba = Some(rows.iter().enumerate().map(|(i, text)| row(i + 1, text)).collect());
    server
}

const GOOD: [&str; 3] = ["local all postgres peer", "hostssl shop app 10.0.0.0 255.0.0.0 scram-sha-256", "host all all all reject"];

fn required() -> Policy {
    let hba = json!([
        { "type": "local", "database": "all", "user": "postgres", "method": "peer" },
        { "type": "hostssl", "database": "shop", "user": "app", "address": "10.0.0.0/8", "method": "scram-sha-256" },
        { "type": "host", "database": "all", "user": "all", "address": "all", "method": "reject" },
    ]);
    Policy::from_json(json!({ "version": 1, "service": "t", "postgres": { "hba": hba, "privileged_roles": ["postgres", "boss"] },
        "targets": { "postgres": { "versions": "15-18" } } }))
    .unwrap_or_else(|why| panic!("{why}"))
}

fn judged(server: &Snapshot) -> (Reading, Sources) {
    let mut sources = Sources::new(std::path::Path::new("/"));
    let reading = judge(&required(), &(15..=18), server, &mut sources);
    (reading, sources)
}

/// Place, verdict and reason of each fact on the access rules.
fn rules_of(server: &Snapshot) -> Vec<(String, Verdict, String)> {
    let policy = required();
    let intent = policy.intent(hba::KEY).unwrap_or_else(|| panic!("no intent"));
    let facts = judged(server).0.facts;
    facts.iter().filter(|fact| fact.intent == hba::KEY).map(|fact| (fact.place.clone(), verdict(intent, fact).0, verdict(intent, fact).1)).collect()
}

fn found(server: &Snapshot) -> Vec<&'static str> {
    judged(server).0.findings.iter().map(|finding| finding.rule.name).collect()
}

#[test]
fn equal_rules_pass_and_weaker_ones_point_to_their_line() {
    let good = with_rules(&GOOD);
    assert_eq!(rules_of(&good), [("live server".to_owned(), Verdict::Equal, String::new())]);
    assert_eq!(found(&good), Vec::<&str>::new());
    let weak = with_rules(&[GOOD[0], "host shop app 10.0.0.0 255.0.0.0 md5", GOOD[2]]);
    assert_eq!(rules_of(&weak)[0].1, Verdict::Weaker);
    assert!(found(&weak).contains(&"hba-md5"), "{:?}", found(&weak));
    let (reading, sources) = judged(&weak);
    let fact = reading.facts.iter().find(|fact| fact.intent == hba::KEY).unwrap_or_else(|| panic!("no fact"));
    let at = fact.at.as_ref().unwrap_or_else(|| panic!("no label")).span;
    assert_eq!(String::from_utf8_lossy(sources.slice(at)), "# /etc/pg_hba.conf:2: host shop app 10.0.0.0 255.0.0.0 md5");
    // Instructions name the line as the server does.
    let (reading, _) = judged(&with_rules(&[GOOD[0], GOOD[1], "host other app 10.0.0.0 255.0.0.0 scram-sha-256"]));
    let help: Vec<&String> = reading.facts.iter().flat_map(|fact| &fact.help).collect();
    assert!(help.iter().any(|help| help.contains("delete /etc/pg_hba.conf:3")), "{help:?}");
}

#[test]
fn order_counts() {
    let before = with_rules(&["host all all 127.0.0.1 255.255.255.255 trust", GOOD[0], GOOD[1], GOOD[2]]);
    assert_eq!(rules_of(&before)[0].1, Verdict::Weaker);
    assert!(found(&before).contains(&"hba-trust-loopback"));
    let after = with_rules(&[GOOD[0], GOOD[1], GOOD[2], "host all all 127.0.0.1 255.255.255.255 trust"]);
    assert_eq!(rules_of(&after)[0].1, Verdict::Equivalent);
    assert!(!found(&after).contains(&"hba-trust-loopback"));
}

#[test]
fn rules_that_may_not_be_loaded_never_pass_as_loaded() {
    let mut server = with_rules(&GOOD);
    server.newer_files = Some(vec!["/etc/pg_hba.conf".to_owned()]);
    let all = rules_of(&server);
    assert_eq!(
        all.iter().map(|(place, verdict, _)| (place.as_str(), *verdict)).collect::<Vec<_>>(),
        [("live server", Verdict::Unverifiable), ("live server after its next reload", Verdict::Equal)]
    );
    // Another file than those of the rules.
    server.newer_files = Some(vec!["/etc/postgresql.conf".to_owned()]);
    assert_eq!(rules_of(&server)[0].1, Verdict::Equal);
    // A file that is included.
    server.newer_files = Some(vec!["/etc/more.conf".to_owned()]);
    if let Some(row) = server.hba.iter_mut().flatten().next() {
        row.file = Some("/etc/more.conf".to_owned());
    }
    assert_eq!(rules_of(&server)[0].1, Verdict::Unverifiable);
    // Nobody may say.
    server.newer_files = None;
    assert_eq!(rules_of(&server)[0].0, "pg_hba.conf of the live server");
    assert!(judged(&server).0.not_examined.iter().any(|(what, _)| what.contains("are in force")));
    // The file is not what the server goes by at all.
    let mut server = with_rules(&GOOD);
    server.hba.iter_mut().for_each(|rows| rows.push(HbaRow { line: "4".to_owned(), error: "bad".to_owned(), ..HbaRow::default() }));
    assert_eq!(rules_of(&server)[0].1, Verdict::Unverifiable);
    assert_eq!(rules_of(&with_rules(&[]))[0].1, Verdict::Unverifiable);
}

#[test]
fn what_cannot_be_read_is_unverifiable() {
    let server = Snapshot { hba: None, ..with_rules(&[]) };
    let (_, verdict, why) = rules_of(&server).remove(0);
    assert_eq!((verdict, why.as_str()), (Verdict::Unverifiable, "the access rules are not shown to the role auditor"));
    let fact = judged(&server).0.facts.into_iter().find(|fact| fact.intent == hba::KEY).unwrap_or_else(|| panic!("no fact"));
    assert_eq!(fact.cause, Cause::Privilege);
    assert!(fact.help[0].contains("GRANT SELECT ON pg_hba_file_rules TO auditor; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO auditor"));
    // A row of a method that nobody knows, for the clients that the policy speaks of.
    let server = with_rules(&["hostssl shop app 10.0.0.0 255.0.0.0 telepathy", GOOD[0], GOOD[1], GOOD[2]]);
    assert_eq!(rules_of(&server)[0].1, Verdict::Unverifiable);
    // A version that the spec does not name.
    assert_eq!(rules_of(&Snapshot { major: 12, ..with_rules(&GOOD) })[0].1, Verdict::Unverifiable);
}

#[test]
fn rules_for_tls_on_a_server_without_it() {
    let mut server = with_rules(&GOOD);
    server.settings.insert("ssl".to_owned(), file_row("off", "sighup"));
    // The server shows such a rule with a remark, and loads it.
    if let Some(row) = server.hba.iter_mut().flatten().nth(1) {
        row.error = "hostssl record cannot match because SSL is disabled".to_owned();
    }
    assert_eq!(rules_of(&server)[0].1, Verdict::Equal);
    let all = found(&server);
    assert!(all.contains(&"hba-hostssl-without-tls") && !all.contains(&"postgres-live-file-error"), "{all:?}");
}

#[test]
fn quotes_are_named_once_as_what_is_not_seen() {
    let count = |server: &Snapshot| judged(server).0.not_examined.iter().filter(|(what, _)| what.contains("quoted names")).count();
    assert_eq!(count(&with_rules(&GOOD)), 1);
    assert_eq!(count(&with_rules(&["local shop app peer"])), 0);
}

#[test]
fn roles_are_judged_as_in_scripts() {
    let role = |name: &str| Role { name: name.to_owned(), can_login: true, ..Role::default() };
    let mut server = with_rules(&GOOD);
    server.roles = vec![
        Role { is_bootstrap: true, is_superuser: true, bypasses_rls: true, ..role("root of all") },
        Role { is_superuser: true, ..role("boss") },
        Role { is_superuser: true, creates_roles: true, ..role("Other boss") },
        Role { bypasses_rls: true, ..role("report") },
        Role { creates_roles: true, ..role("keeper") },
        Role { creates_databases: true, ..role("maker") },
        Role { replicates: true, ..role("standby") },
        Role { can_login: false, is_superuser: true, ..role("group") },
        role("app"),
        Role { can_login: false, ..role("files") },
    ];
    let member = |of: &str, role: &str| Member { of: of.to_owned(), role: role.to_owned() };
    server.members = vec![member("pg_read_server_files", "files"), member("files", "app"), member("pg_write_server_files", "pg_monitor")];
    let all = judged(&server).0.findings;
    let mut said: Vec<(&str, &str)> = all.iter().map(|f| (f.rule.name, f.message.split(',').next().unwrap_or_default())).collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            ("role-bypasses-row-security", "role report is BYPASSRLS"),
            ("role-creates-roles", "role keeper is CREATEROLE"),
            ("role-privileged", "role maker is CREATEDB"),
            ("role-privileged", "role standby is REPLICATION"),
            ("role-reaches-server-files", "role app is a member of pg_read_server_files through files"),
            ("role-superuser", "role Other boss is SUPERUSER"),
        ]
    );
    let boss = all.iter().find(|f| f.message.contains("Other boss")).unwrap_or_else(|| panic!("no finding"));
    assert!(boss.help[0].contains("ALTER ROLE \"Other boss\" NOSUPERUSER"), "{:?}", boss.help);
}
