//! Our reading of access rules against the servers' own: `pg_hba_file_rules` of 15 and 18 for files of other projects and
//! for lines that try the grammar, and the decisions that pgbouncer's tests expect.

use super::super::live::{Cluster, servers};
use super::records;
use crate::support;
use secgen::strictness::postgres::hba::{Client, Entry, Method, Name, Record, Transport};
use secgen::targets::postgres::hba::{Row, from_row};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

/// A row of the view; `None` where the server has no record.
type Theirs = Option<OwnRow>;

#[derive(Debug, Clone)]
struct OwnRow {
    connection: String,
    databases: Vec<String>,
    users: Vec<String>,
    address: Option<String>,
    netmask: Option<String>,
    method: String,
    options: Vec<String>,
}

impl OwnRow {
    fn record(&self, version: u32) -> Result<Record, String> {
        let row = Row {
            connection: &self.connection,
            databases: &self.databases,
            users: &self.users,
            address: self.address.as_deref(),
            netmask: self.netmask.as_deref(),
            method: &self.method,
            options: &self.options,
        };
        from_row(&row, version)
    }
}

/// Names as the view has them, which knows no quotes.
fn bare(names: &[Name]) -> Vec<String> {
    let text = |name: &Name| match name {
        Name::All => "all".to_owned(),
        Name::SameUser => "sameuser".to_owned(),
        Name::SameRole => "samerole".to_owned(),
        Name::Replication => "replication".to_owned(),
        Name::Member(role) => format!("+{role}"),
        Name::Regex(regex) => format!("/{regex}"),
        Name::File(path) => format!("@{path}"),
        Name::Is(name) => name.clone(),
    };
    names.iter().map(|name| text(name).replace("samegroup", "samerole")).collect()
}

/// Whether a row of the server and our reading of its line say the same, and what does not.
fn compare(ours: Option<&Result<Record, String>>, theirs: &Theirs, version: u32) -> Result<(), String> {
    match (ours, theirs) {
        (Some(Err(_)), None) => Ok(()),
        (Some(Ok(ours)), Some(row)) => {
            let theirs = row.record(version)?;
            let (mut a, mut b) = (ours.clone(), theirs.clone());
            // Quotes are lost in the view.
            for record in [&mut a, &mut b] {
                record.databases = bare(&record.databases).into_iter().map(Name::Is).collect();
                record.users = bare(&record.users).into_iter().map(Name::Is).collect();
                if let Some(address) = &record.address
                    && address.to_string().starts_with('"')
                {
                    record.address = secgen::strictness::postgres::hba::Address::parse(address.to_string().trim_matches('"'), false, None).ok();
                }
                // The view does not show them, or shows a default.
                for hidden in ["validator", "clientname", "pam_use_hostname", "compat_realm", "upn_username"] {
                    record.options.remove(hidden);
                }
            }
            // What an address of LDAP says is shown in parts.
            if a == b || ours.options.contains_key("ldapurl") { Ok(()) } else { Err(format!("ours {a}, theirs {b}")) }
        }
        (None, _) => Err("we see no line here".to_owned()),
        (Some(Ok(ours)), None) => Err(format!("the server refuses it, we read {ours}")),
        (Some(Err(why)), Some(row)) => Err(format!("we refuse it ({why}), the server reads {row:?}")),
    }
}

fn array(text: &str) -> Vec<String> {
    text.trim_start_matches('{').trim_end_matches('}').split(',').filter(|t| !t.is_empty()).map(|t| t.trim_matches('"').to_owned()).collect()
}

/// Rows of a file of measurements.
fn expected(text: &str) -> BTreeMap<usize, Theirs> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |i: usize| cells.get(i).copied().unwrap_or_default();
        let some = |i: usize| Some(cell(i).to_owned()).filter(|text| !text.is_empty());
        let row = some(1).map(|connection| OwnRow {
            connection,
            databases: array(cell(2)),
            users: array(cell(3)),
            address: some(4),
            netmask: some(5),
            method: cell(6).to_owned(),
            options: array(cell(7)),
        });
        (cell(0).parse().unwrap(), row)
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn files_of_other_projects_are_read_as_servers_read_them() {
    let Some(shared) = support::shared("access rules of other projects") else { return };
    let root = shared.join("corpus/postgres");
    for version in [15_u32, 18] {
        let (mut lines, mut files, mut wrong) = (0, 0, Vec::new());
        let measured = root.join(format!("_expected/pg{version}"));
        for entry in walkdir::WalkDir::new(&measured).sort_by_file_name().into_iter().flatten().filter(|e| e.file_name().to_string_lossy().contains("hba")) {
            let name = entry.path().strip_prefix(&measured).unwrap().to_string_lossy().trim_end_matches(".tsv").to_owned();
            let theirs = expected(&std::fs::read_to_string(entry.path()).unwrap());
            let ours: BTreeMap<usize, _> = records(&std::fs::read_to_string(root.join(&name)).unwrap(), version).into_iter().collect();
            files += 1;
            for line in theirs.keys().chain(ours.keys()).collect::<std::collections::BTreeSet<_>>() {
                lines += 1;
                let said = match theirs.get(line) {
                    Some(theirs) => compare(ours.get(line), theirs, version),
                    None => Err("the server sees no line here".to_owned()),
                };
                if let Err(why) = said {
                    wrong.push(format!("{name}:{line}: {why}"));
                }
            }
        }
        assert!(files >= 13 && lines > 80, "{files} files, {lines} lines");
        eprintln!("access rules of other projects, PostgreSQL {version}: {} of {lines} lines in {files} files agree", lines - wrong.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The lines that try the grammar.
const VECTORS: &str = include_str!("vectors.conf");

#[test]
fn each_line_of_the_vectors_is_read_as_servers_read_it() {
    for (version, bin) in servers() {
        let version: u32 = version.parse().unwrap();
        let cluster = Cluster::new(&bin);
        cluster.certificate();
        cluster.append_conf("ssl = on\n");
        if version >= 18 {
            cluster.append_conf("oauth_validator_libraries = 'validator'\n");
        }
        cluster.start();
        for (name, text) in
            [("names", "app other\n\"my db\", all\n"), ("empty", "# nothing\n"), ("more.d/b.conf", "local b b peer\n"), ("more.d/A.conf", "local a a peer\n")]
        {
            cluster.write(name, text);
        }
        cluster.write("nested", "@names third\n");
        cluster.write("pg_hba.conf", VECTORS);
        let file = if version >= 16 { "file_name" } else { "'pg_hba.conf'" };
        let rows = cluster.query(&format!("SELECT coalesce(json_agg(to_jsonb(r) || jsonb_build_object('file', {file})), '[]') FROM pg_hba_file_rules r"));
        let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
        let mut sources = secgen::source::Sources::new(&cluster.data());
        let id = sources.read("pg_hba.conf", 1 << 20).unwrap();
        let ours = secgen::targets::postgres::hba::lines(&mut sources, id, version);
        let mut theirs: BTreeMap<(String, u64), (Theirs, String)> = BTreeMap::new();
        for row in &rows {
            let texts = |key: &str| row[key].as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>();
            let text = |key: &str| row[key].as_str().map(str::to_owned);
            let own = text("type").map(|connection| OwnRow {
                connection,
                databases: texts("database"),
                users: texts("user_name"),
                address: text("address"),
                netmask: text("netmask"),
                method: text("auth_method").unwrap(),
                options: texts("options"),
            });
            let file = text("file").unwrap().rsplit('/').next().unwrap().to_owned();
            theirs.insert((file, row["line_number"].as_u64().unwrap()), (own, text("error").unwrap_or_default()));
        }
        let (mut agree, mut by_build, mut wrong) = (0, 0, String::new());
        // A folder that is included twice is read twice.
        let mut seen = std::collections::BTreeSet::new();
        for line in &ours {
            let position = sources.position(line.span);
            let file = sources.get(line.span.source).path.rsplit('/').next().unwrap().to_owned();
            let Some((row, error)) = theirs.get(&(file.clone(), position.line as u64)) else {
                writeln!(wrong, "{file}:{}: the server sees no line here", position.line).unwrap();
                continue;
            };
            if !seen.insert((file.clone(), position.line)) {
                continue;
            }
            let ours = line.record.clone().map(|record| record.expect("all is read"));
            match compare(Some(&ours), row, version) {
                Ok(()) => agree += 1,
                // How a server was built decides nothing of a file.
                Err(_) if error.contains("not supported by this build") => by_build += 1,
                Err(why) => writeln!(wrong, "{file}:{}: {why} [{error}]", position.line).unwrap(),
            }
        }
        eprintln!("vectors, PostgreSQL {version}: {agree} of {} lines agree, {by_build} need another build", theirs.len());
        assert!(wrong.is_empty(), "{version}:\n{wrong}");
        assert_eq!(seen.len(), theirs.len(), "{version}: we do not see all of its lines");
        assert!(agree >= 60, "{agree}");
    }
}

/// The decisions of pgbouncer's tests. Its dialect takes cert for plain connections too, and blanks around a comma: both are
/// written here as PostgreSQL has them (`pam` stands for cert, and nothing else).
#[test]
fn the_decisions_of_pgbouncer_agree() {
    let Some(shared) = support::shared("pgbouncer's decisions") else { return };
    let folder = shared.join("corpus/postgres/pgbouncer__pgbouncer/test");
    let text = std::fs::read_to_string(folder.join("hba_test.rules")).unwrap();
    let text = text.replace("\tcert", "\tpam").replace("user2 , user3", "user2,user3");
    let rules = super::rules(&text);
    let mut count = 0;
    for line in std::fs::read_to_string(folder.join("hba_test.eval")).unwrap().lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').filter(|c| !c.is_empty()).collect();
        let [method, database, user, address, marks @ ..] = cells.as_slice() else { panic!("{line}") };
        let ip: Option<IpAddr> = if *address == "unix" { None } else { Some(address.parse().unwrap()) };
        let transport = match (ip, marks.contains(&"tls")) {
            (None, _) => Transport::Local,
            (_, true) => Transport::Tls,
            _ => Transport::Plain,
        };
        let client = Client { transport, ip, database: Some(*database).filter(|_| !marks.contains(&"replication")), user };
        let decided = rules.decide(&client).unwrap();
        let found = decided.and_then(|index| rules.entries[index].record()).map_or(Method::Reject, |record| record.method);
        assert_eq!(found.name().replace("pam", "cert"), *method, "{line}");
        count += 1;
    }
    assert_eq!(count, 72);
    assert!(rules.entries.iter().all(|entry| matches!(entry, Entry::Record(_))));
    eprintln!("pgbouncer: {count} of 72 decisions agree");
}
