//! The name of a finding: its own within a report, the same in every output, and the same while lines move.

use super::{FORMATS, workspace};
use crate::cli::project::Project;
use crate::support::{project, shared};
use crate::waivers::{NGINX, SPEC};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn findings(project: &Project, args: &[&str]) -> Vec<Value> {
    project.run(&[args, &["--format", "json"]].concat()).json()["findings"].as_array().unwrap().clone()
}

fn prints(findings: &[Value]) -> BTreeSet<String> {
    findings.iter().map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect()
}

/// How many findings there are, each with a name of its own.
#[track_caller]
fn distinct(what: &str, findings: &[Value]) -> usize {
    let mut by_print: BTreeMap<&str, &Value> = BTreeMap::new();
    for finding in findings {
        let print = finding["fingerprint"].as_str().unwrap();
        assert!(print.len() == 16 && print.bytes().all(|b| b.is_ascii_hexdigit()), "{what}: {finding:#}");
        if let Some(other) = by_print.insert(print, finding) {
            panic!("{what}: two findings share {print}: {other:#} {finding:#}");
        }
    }
    findings.len()
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    walk.filter(|e| e.file_type().is_file() && e.file_name().to_str().is_some_and(&wanted)).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn no_two_findings_of_a_fixture_share_one() {
    let empty = Project::empty();
    let mut sum = 0;
    for (kind, file) in
        [("nginx", "nginx.conf"), ("postgres", "postgresql.conf"), ("postgres", "pg_hba.conf"), ("cargo", "deny.toml"), ("operations", "security.txt")]
    {
        for path in files(&project().join("tests/targets").join(kind), |name| name == file) {
            let source = format!("{kind}={}", path.display());
            sum += distinct(&source, &findings(&empty, &["check", "--spec", "secgen:hardened", "--source", &source]));
        }
    }
    assert!(sum > 300, "{sum}");
    distinct("workspace", &findings(&workspace(), &["check", "--workspace"]));
}

#[test]
fn no_two_findings_of_the_corpora_share_one() {
    let Some(corpus) = shared("fingerprints over the corpora") else { return };
    let empty = Project::empty();
    let mut sum = 0;
    for kind in ["nginx", "postgres", "cargo"] {
        let all = files(&corpus.join("corpus").join(kind), |name| name != "MANIFEST.tsv" && (kind != "cargo" || name.ends_with(".toml")));
        for chunk in all.chunks(100) {
            let sources: Vec<String> = chunk.iter().map(|p| format!("{kind}={}", p.display())).collect();
            let mut args = vec!["check", "--spec", "secgen:hardened"];
            for source in &sources {
                args.extend(["--source", source]);
            }
            sum += distinct(&sources[0], &findings(&empty, &args));
        }
    }
    assert!(sum > 5000, "{sum}");
}

/// Lines that move change no name, and a file with more in it keeps those of what was there.
#[test]
fn moved_lines_keep_theirs() {
    let Some(corpus) = shared("fingerprints of files of the corpora whose lines move") else { return };
    let project = Project::empty();
    let mut sum = 0;
    for kind in ["nginx", "postgres", "cargo"] {
        let all = files(&corpus.join("corpus").join(kind), |name| name != "MANIFEST.tsv" && (kind != "cargo" || name.ends_with(".toml")));
        for path in all.iter().step_by(5) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let bytes = std::fs::read(path).unwrap();
            let run = |bytes: &[u8]| {
                project.write(name, bytes);
                prints(&findings(&project, &["check", "--spec", "secgen:hardened", "--source", &format!("{kind}={name}")]))
            };
            let (before, after) = (run(&bytes), run(&[b"\n\n\n", bytes.as_slice()].concat()));
            // A byte order mark means something at the start of a file only.
            if !bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
                assert_eq!(before, after, "{}", path.display());
            }
            sum += before.len();
        }
    }
    assert!(sum > 500, "{sum}");
}

/// What stands nowhere in the policy is named by the words that it points at, and by their number where they are the same.
#[test]
fn findings_without_a_key_are_told_apart() {
    let with = |spec: &str, files: &[(&str, &str)]| {
        let project = Project::with_spec(spec);
        for (path, text) in files {
            project.write(path, text);
        }
        findings(&project, &["check"])
    };
    let postgres = "version: 1\nservice: a\ntargets: { postgres: { versions: \"16\", check: [pg_hba.conf, postgresql.conf] } }\n";
    let hba = ("pg_hba.conf", "host app app 10.0.0.0/8 trust\nhost new new 10.0.0.0/8 trust\nhost app app 10.0.0.0/8 trust\nhosst a b c\nhosst a b d\n");
    let conf = ("postgresql.conf", "a_setting = 1\nb_setting = 1\na_setting = 1\n");
    let all = with(postgres, &[hba, conf]);
    assert!(distinct("PostgreSQL", &all) > 6, "{all:#?}");
    // A record more before them: those that were there keep their names.
    let more = ("pg_hba.conf", format!("host x x 10.0.0.0/8 trust\n{}", hba.1));
    let after = with(postgres, &[(more.0, &more.1), conf]);
    let print = |all: &[Value], user: &str| {
        let is_it = |f: &&Value| f["rule"] == "hba-trust-network" && f["message"].as_str().unwrap().contains(&format!("as user {user} "));
        all.iter().filter(is_it).map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((print(&all, "app").len(), print(&all, "new").len(), print(&after, "x").len()), (1, 1, 1));
    assert_eq!((print(&all, "app"), print(&all, "new")), (print(&after, "app"), print(&after, "new")));
    assert!(prints(&after).is_superset(&prints(&all)));
    // In the spec, the list of waivers, and two specs that write the same paths.
    distinct("spec", &with("version: 1\nservice: a\nhtpp: {}\ntsl: {}\nhttp: { headers: { hsts: { max_agee: 1 }, framing: x } }\n", &[]));
    let waivers = "version: 1\nwaivers:\n  - { id: A, rule: nope, where: { file: a }, accept: x, reason: y, owner: z, created: 2026-11-02, until: 2027-03-31 }\n  - { id: B, rule: nope, where: { file: a }, accept: x, reason: y, owner: z, created: 2026-11-02, until: 2027-03-31 }\n";
    assert!(distinct("waivers", &with(SPEC, &[("nginx.conf", NGINX), ("secgen.waivers.yaml", waivers)])) > 3);
    let one = "version: 1\nservice: a\nhttp: { headers: { framing: deny } }\ntls: { min_version: TLSv1.2 }\ntargets: { nginx: { out: n } }\n";
    let project = Project::with_spec(one);
    project.write("b/secgen.yaml", one);
    for args in [["check", "--workspace"], ["validate", "--workspace"]] {
        let all = findings(&project, &args);
        assert!(all.iter().filter(|f| f["rule"] == "specs-share-output").count() > 1, "{all:#?}");
        distinct("workspace", &all);
    }
}

/// Two bad fields of one kind in one `security.txt`.
#[test]
fn fields_of_security_txt_are_told_apart() {
    let project = Project::with_spec(
        "version: 1\nservice: a\noperations: { security_txt: { contact: [security@example.com], expires: 2027-06-30, policy: \"https://example.com/p\" } }\n\
         targets: { operations: { check: [security.txt] } }\n",
    );
    project.write("security.txt", "Contact: a@example.com\nContact: b@example.com\nPolicy: http://example.com/p\nPolicy: http://example.com/p\nx\ny\n");
    let all = findings(&project, &["check"]);
    assert!(distinct("security.txt", &all) > 6, "{all:#?}");
    project.write(
        "security.txt",
        "\n# ours\nContact: a@example.com\nContact: b@example.com\n\nPolicy: http://example.com/p\nPolicy: http://example.com/p\nx\ny\n",
    );
    assert_eq!(prints(&findings(&project, &["check"])), prints(&all));
}

/// The name of a secret that stands in the file says nothing of it.
#[test]
fn a_secret_is_no_part_of_it() {
    let run = |secret: &str| {
        let project = Project::with_spec("version: 1\nservice: a\ntargets: { postgres: { versions: \"16\", check: [a.sql] } }\n");
        project.write("a.sql", format!("CREATE ROLE app PASSWORD '{secret}';\n"));
        findings(&project, &["check"])
    };
    let (one, two) = (run("c4n4ry7"), run("c4n4ry8"));
    assert!(one.iter().any(|f| f["rule"] == "password-in-script"), "{one:#?}");
    assert_eq!(prints(&one), prints(&two));
}

/// Every command that a format prints to accept a finding can be pasted, a secret in the place or not, and the next check
/// counts what it accepted.
#[test]
fn printed_commands_can_be_pasted() {
    let project = Project::with_spec(&SPEC.replace("check: [nginx.conf] } }", "check: [nginx.conf] }, postgres: { versions: \"16\", check: [pg_hba.conf] } }"));
    let secret = "https://app:c4n4ryPass@db.example.com";
    project.write("nginx.conf", NGINX.replace("app.example.com", "ghp_c4n4ry0123456789ABCD.example.com").replace("/static/", &format!("\"/static/{secret}\"")));
    project.write(
        "pg_hba.conf",
        "host app app 10.0.0.0/8 trust\nhost new new 10.0.0.0/8 trust\nhost a a 10.0.0.0/8 ldap ldapserver=x ldapbasedn=dc=a ldapbindpasswd=\"c4n4ry a\"\n",
    );
    let commands = |project: &Project, format: &str| -> BTreeSet<String> {
        let out = project.run(&["check", "-v", "--format", format]).out;
        assert!(!out.contains("c4n4ry"), "{format}");
        out.split("secgen waivers add ")
            .skip(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect())
            .filter(|p: &String| p.len() == 16)
            .collect()
    };
    let failing: Vec<Value> = findings(&project, &["check"]).into_iter().filter(|f| f["level"] == "failure").collect();
    let wanted = prints(&failing);
    assert_eq!(wanted.len(), failing.len());
    assert!(wanted.len() > 4, "{failing:#?}");
    let mut some = 0;
    for format in FORMATS {
        let printed = commands(&project, format);
        assert!(printed.is_empty() || printed == wanted, "{format}: {printed:?} {wanted:?}");
        some += usize::from(!printed.is_empty());
    }
    assert!(some > 4, "{some} formats print the commands");
    for (n, print) in wanted.iter().enumerate() {
        project.run(&["waivers", "add", print, "--reason", "moves", "--owner", "@a/b", "--until", "2027-03-31"]).exits(0);
        let accepted = prints(&findings(&project, &["check"]).into_iter().filter(|f| f["disposition"] == "waived").collect::<Vec<_>>());
        // Each accepts its own and nothing else.
        assert_eq!(accepted, wanted.iter().take(n + 1).cloned().collect(), "{}", project.read("secgen.waivers.yaml"));
    }
    project.run(&["check"]).exits(0);
    assert!(!project.read("secgen.waivers.yaml").contains("c4n4ry"));
}
