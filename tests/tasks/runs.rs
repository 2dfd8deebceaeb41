//! Tasks of people: what is due, the log, and what an overdue one comes to.

use crate::cli::project::{Project, Run};
use insta::assert_snapshot;
use serde_json::Value;
use std::fmt::Write as _;

const SPEC: &str = "version: 1\nservice: pay\noperations:\n  daily: [error-logs]\n  weekly: [audit-logs, failed-logins]\n  monthly:\n    - access-review\n    \
     - { id: restore-test, title: Restore a backup, how: Start the service on it., since: 2026-11-20 }\n  log: ops/tasks.log\n";

/// One line of a log.
fn record(date: &str, task: &str, by: &str, note: &str) -> String {
    format!("{{\"date\":\"{date}\",\"task\":\"{task}\",\"by\":\"{by}\",\"note\":\"{note}\"}}\n")
}

/// The schedule, with a log that leaves one task overdue, one never done, and one due today.
fn project() -> Project {
    let project = Project::with_spec(SPEC);
    let lines = [
        record("2026-11-24", "error-logs", "@acme/ops", "nothing new"),
        record("2026-11-10", "audit-logs", "@acme/security", "nothing new"),
        record("2026-10-31", "access-review", "@acme/security", "two accounts removed, SEC-31"),
        record("2026-09-30", "access-review", "@acme/security", "nothing to remove"),
    ];
    project.write("ops/tasks.log", lines.concat());
    project
}

fn done(project: &Project, args: &[&str]) -> Run {
    let mut all = vec!["tasks", "done"];
    all.extend(args);
    project.run(&all)
}

#[test]
fn what_is_due_is_a_list() {
    let project = project();
    assert_snapshot!("tasks_list", project.run(&["tasks", "list"]).shown(&project));
    assert_snapshot!("tasks_list_due", project.run(&["tasks", "list", "--due", "-v"]).shown(&project));
    let json = project.run(&["tasks", "list", "--format", "json"]);
    json.exits(0);
    assert_snapshot!("tasks_list_json", json.shown(&project));
    // A day judges, and nothing else: the same day gives the same bytes.
    assert_eq!(project.run(&["tasks", "list", "--format", "json"]).out, json.out);
    let later = project.run(&["tasks", "list", "--due", "--format", "json", "--date", "2027-12-01"]).json();
    assert_eq!(later["tasks"].as_array().unwrap().len(), 5);
    let none = Project::with_spec("version: 1\nservice: pay\ntargets: {}\n");
    assert!(none.run(&["tasks", "list"]).exits(0).out.contains("the spec lists no tasks"));
}

#[test]
fn what_is_overdue_is_a_finding_as_the_spec_says() {
    let project = project();
    let run = project.run(&["check"]);
    assert_snapshot!("tasks_check", run.exits(1).shown(&project));
    let json = project.run(&["check", "--format", "json"]).json();
    let verdict = |id: &str| json["checks"].as_array().unwrap().iter().find(|c| c["intent"] == format!("operations.tasks.{id}")).unwrap()["verdict"].clone();
    assert_eq!([verdict("error-logs"), verdict("audit-logs"), verdict("restore-test")], ["attested", "unattested", "not-applicable"]);
    assert_eq!((json["summary"]["verified"].as_u64(), json["summary"]["attested"].as_u64()), (Some(0), Some(2)));
    // Warned of, it fails the strict gate only.
    project.edit("secgen.yaml", "  log:", "  overdue: { weekly: warn }\n  log:");
    let warned = project.run(&["check"]);
    assert!(warned.exits(0).out.contains("warning[task-overdue]"), "{}", warned.out);
    project.run(&["check", "--fail-on", "strict"]).exits(1);
    // Daily tasks only warn, unless the spec says otherwise.
    project.edit("secgen.yaml", "weekly: warn", "weekly: warn, daily: fail");
    project.run(&["check"]).exits(0);
    project.run(&["check", "--date", "2026-11-26"]).exits(1);
}

#[test]
fn what_was_never_done_is_overdue_unless_a_clock_says_when_it_starts() {
    let spec = |more: &str| Project::with_spec(&format!("version: 1\nservice: pay\noperations: {{ weekly: [audit-logs]{more} }}\n"));
    let project = spec("");
    assert_snapshot!("tasks_never_done", project.run(&["check"]).exits(1).shown(&project));
    let project = spec(", since: 2026-11-18");
    for (date, code) in [("2026-11-18", 0), ("2026-11-25", 0), ("2026-11-26", 1)] {
        project.run(&["check", "--date", date]).exits(code);
    }
    // Neither counts as done before somebody did it.
    let json = project.run(&["check", "--format", "json"]).json();
    assert_eq!((json["summary"]["attested"].as_u64(), json["checks"][0]["verdict"].as_str()), (Some(0), Some("not-applicable")));
}

#[test]
fn environments_share_the_tasks() {
    let project = project();
    project.edit("secgen.yaml", "operations:", "environments: { prod: {}, dev: {} }\noperations:");
    let json = project.run(&["check", "--format", "json"]).json();
    let overdue: Vec<&str> =
        json["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "task-overdue").map(|f| f["intent"].as_str().unwrap()).collect();
    assert_eq!(overdue, ["operations.tasks.audit-logs", "operations.tasks.failed-logins"]);
}

#[test]
fn a_record_is_appended() {
    let project = Project::with_spec(SPEC);
    let run = done(&project, &["audit-logs", "--by", "@acme/security", "--note", "nothing \"new\""]);
    assert_snapshot!("tasks_done_first", run.exits(0).shown(&project));
    assert_snapshot!("tasks_log_first", project.read("ops/tasks.log"));
    // The same again is in the log already, and another day is another record.
    let before = project.read("ops/tasks.log");
    let again = done(&project, &["audit-logs", "--by", "@acme/security", "--note", "nothing \"new\""]);
    assert!(again.exits(0).out.contains("is in ops/tasks.log"), "{}", again.out);
    assert_eq!(project.read("ops/tasks.log"), before);
    let earlier = project.run(&["tasks", "done", "audit-logs", "--by", "@acme/ops", "--note", "late", "--date", "2026-11-01", "--format", "json"]);
    assert_eq!(earlier.exits(0).json()["due"], "2026-12-02");
    assert!(project.read("ops/tasks.log").starts_with(&before));
    project.run(&["check"]).exits(1);
    for id in ["failed-logins", "access-review"] {
        done(&project, &[id, "--by", "@acme/security", "--note", "done"]).exits(0);
    }
    project.run(&["check"]).exits(0);
    // Left out, the log lies beside the spec.
    project.edit("secgen.yaml", "  log: ops/tasks.log\n", "");
    done(&project, &["access-review", "--by", "@acme/security", "--note", "done"]).exits(0);
    assert!(project.read("secgen.tasks.log").contains("access-review"));
}

#[test]
fn a_file_without_a_last_line_end_and_of_another_system_stays_whole() {
    let project = Project::with_spec(SPEC);
    for (old, new) in [("\n", "\n"), ("\r\n", "\r\n")] {
        let line = record("2026-11-01", "audit-logs", "@a", "x");
        let text = format!("# ours{old}{}", line.trim_end().to_owned() + &old.repeat(usize::from(old == "\r\n")));
        project.write("ops/tasks.log", &text);
        done(&project, &["access-review", "--by", "@acme/security", "--note", "é"]).exits(0);
        let now = project.read("ops/tasks.log");
        assert!(now.starts_with(&text) && now.ends_with(&format!("\"note\":\"é\"}}{new}")), "{now:?}");
        assert_eq!(now.lines().count(), 3);
        project.run(&["tasks", "list"]).exits(0);
    }
}

/// Some editors put a mark in front of a file that they save.
#[test]
fn a_mark_of_the_encoding_on_top_is_no_record() {
    for text in ["\u{feff}".to_owned(), format!("\u{feff}{}", record("2026-11-24", "audit-logs", "@a", "x")), "\u{feff}# ours\r\n".to_owned()] {
        let project = Project::with_spec(SPEC);
        project.write("ops/tasks.log", &text);
        project.run(&["tasks", "list"]).exits(0);
        done(&project, &["audit-logs", "--by", "@a", "--note", "done"]).exits(0);
        assert!(project.read("ops/tasks.log").starts_with(&text));
        let json = project.run(&["tasks", "list", "--format", "json"]).exits(0).json();
        assert_eq!(json["tasks"].as_array().unwrap().iter().find(|t| t["id"] == "audit-logs").unwrap()["last"]["note"], "done");
    }
}

#[test]
fn what_is_no_record_is_refused_and_nothing_is_written() {
    let project = project();
    let before = project.files();
    let mut shown = String::new();
    let long = "x".repeat(1001);
    for args in [
        &["acess-review", "--by", "@a", "--note", "done"][..],
        &["penetration-test", "--by", "@a", "--note", "done"],
        &["zzz", "--by", "@a", "--note", "done"],
        &["\u{1b}[2J", "--by", "@a", "--note", "done"],
        &["audit-logs", "--by", "a b", "--note", "done"],
        &["audit-logs", "--by", "", "--note", "done"],
        &["audit-logs", "--by", "@a", "--note", ""],
        &["audit-logs", "--by", "@a", "--note", "  "],
        &["audit-logs", "--by", "@a", "--note", "..."],
        &["audit-logs", "--by", "@a", "--note", "a\nb"],
        &["audit-logs", "--by", "@a", "--note", "a\u{202e}b"],
        &["audit-logs", "--by", "@a\u{200b}", "--note", "done"],
        &["audit-logs", "--by", "@a", "--note", &long],
        &["audit-logs", "--by", "@a", "--note", "token ghp_0123456789abcdef0123456789abcdef0123"],
        &["audit-logs", "--by", "@a", "--note", "tried password=hunter2 too"],
        &["audit-logs", "--by", "@a", "--note", "PASSWORD = hunter2"],
        &["audit-logs", "--by", "@a", "--note", "sent {\"password\": \"hunter2\"}"],
        &["audit-logs", "--by", "@a", "--note", "API_KEY:hunter2"],
        &["audit-logs", "--by", "@a", "--note", "done", "--date", "2999-01-01"],
    ] {
        let run = done(&project, args);
        run.exits(2);
        assert!(!format!("{}{}", run.out, run.err).contains(['\u{1b}', '\u{202e}']), "{args:?}");
        assert!(!format!("{}{}", run.out, run.err).contains("hunter2"), "{args:?}");
        let _ = writeln!(shown, "{}\n", run.shown(&project).lines().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n"));
    }
    assert_snapshot!("tasks_done_refused", shown);
    assert_eq!(project.files(), before);
    // A sentence may speak of secrets and passwords.
    for note in ["the database password: rotated, SEC-9", "see https://tickets.example.com/secret/9?a=b: a token, two passwords", "secrets: none"] {
        done(&project, &["audit-logs", "--by", "@a", "--note", note]).exits(0);
    }
}

#[test]
fn a_log_that_is_no_log_stops_every_command() {
    let good = record("2026-11-24", "audit-logs", "@acme/ops", "ok");
    let mut shown = String::new();
    let deep = "[".repeat(5_000);
    let long = record("2026-11-24", "audit-logs", "@acme/ops", &"n".repeat(9_000));
    let broken: Vec<Vec<u8>> = [
        "audit-logs done on Friday",
        "<<<<<<< HEAD",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\"}",
        "{\"date\":\"2026-11-24\",\"date\":\"2026-11-25\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"x\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"x\",\"ghp_0123456789abcdef0123456789abcdef0123\":1}",
        "{\"date\":\"2026-11-31\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"x\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"../audit\",\"by\":\"@a\",\"note\":\"x\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"a b\",\"note\":\"x\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"  \"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"\\u001b[2J\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"a\u{202e}b\"}",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"x\"} trailing",
        "{\"date\":\"2026-11-24\",\"task\":\"audit-logs\",\"by\":\"@a\",\"note\":\"x\"",
        "[\"2026-11-24\",\"audit-logs\",\"@a\",\"x\"] ",
        deep.as_str(),
        long.trim_end(),
    ]
    .iter()
    .map(|line| line.as_bytes().to_vec())
    .chain([b"\xff\xfe".to_vec(), b"\0".to_vec(), "\u{feff}{}".as_bytes().to_vec()])
    .collect();
    for line in broken {
        let project = Project::with_spec(SPEC);
        project.write("ops/tasks.log", [good.as_bytes(), &line, b"\n", good.as_bytes()].concat());
        let before = project.files();
        for args in [&["check"][..], &["tasks", "list"], &["tasks", "done", "audit-logs", "--by", "@a", "--note", "done"]] {
            let run = project.run(args);
            run.exits(2);
            assert!(run.out.contains("ops/tasks.log:2"), "{args:?}: {}", run.out);
            assert!(!run.out.contains(['\u{1b}', '\u{202e}', '\0']) && !run.out.contains("ghp_0"), "{}", run.out);
        }
        assert_eq!(project.files(), before);
        let run = project.run(&["tasks", "list"]);
        let message = run.out.lines().next().unwrap_or_default();
        let _ = writeln!(shown, "{message}");
    }
    assert_snapshot!("tasks_log_broken", shown);
    let project = Project::with_spec(SPEC);
    project.write("ops/tasks.log", format!("{good}audit-logs done on Friday\n"));
    assert_snapshot!("tasks_log_broken_whole", project.run(&["check"]).exits(2).shown(&project));
    // Many broken lines are not told one by one; a huge file is not read.
    project.write("ops/tasks.log", "x\n".repeat(5_000));
    let run = project.run(&["tasks", "list"]);
    assert!(run.exits(2).out.contains("4980 more lines are broken"), "{}", run.out);
    project.write("ops/tasks.log", good.repeat(120_000));
    let run = project.run(&["tasks", "list"]);
    assert!(run.exits(2).out.contains("records of past years"), "{}", run.out);
}

#[test]
fn records_of_days_to_come_do_not_count() {
    let project = Project::with_spec("version: 1\nservice: pay\noperations: { weekly: [audit-logs], log: tasks.log }\n");
    project.write("tasks.log", record("2062-11-24", "audit-logs", "@a", "x") + &record("2026-11-01", "audit-logs", "@a", "x"));
    let run = project.run(&["check"]);
    run.exits(1);
    assert!(run.out.contains("task-record-in-future") && run.out.contains("due on 2026-11-08"), "{}", run.out);
    project.run(&["check", "--date", "2062-11-25"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_log_lies_inside_the_root_and_behind_no_link() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("tasks.log"), record("2026-11-24", "audit-logs", "@a", "x")).unwrap();
    let commands = [&["check"][..], &["tasks", "list"], &["tasks", "done", "audit-logs", "--by", "@a", "--note", "done"]];
    // A link to a file inside the root is one too, and so is a folder on the way.
    for (link, to) in [("ops/tasks.log", outside.path().join("tasks.log")), ("ops/tasks.log", "real.log".into()), ("ops", outside.path().to_path_buf())] {
        let project = Project::with_spec(SPEC);
        project.write("real.log", "");
        if let Some((folder, _)) = link.split_once('/') {
            std::fs::create_dir(project.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(to, project.path().join(link)).unwrap();
        for args in commands {
            let run = project.run(args);
            assert!(run.exits(2).out.contains("task-log-refused"), "{}", run.out);
        }
    }
    for (log, rule) in [
        ("../tasks.log", "spec-wrong-value"),
        ("/tmp/tasks.log", "spec-wrong-value"),
        (".git/tasks.log", "task-log-refused"),
        ("secgen.yaml", "task-log-refused"),
        ("secgen.waivers.yaml", "task-log-refused"),
        ("secgen.lock", "task-log-refused"),
        ("ops/{env}.log", "task-log-path"),
        ("ops/", "task-log-path"),
    ] {
        let project = Project::with_spec(&SPEC.replace("ops/tasks.log", &format!("\"{log}\"")));
        let before = project.files();
        for args in commands {
            let run = project.run(args);
            assert!(run.exits(2).out.contains(rule), "{log}: {}", run.out);
        }
        assert_eq!(project.files(), before);
    }
}

#[test]
fn two_at_once_both_stay_in_the_log() {
    let project = Project::with_spec(SPEC);
    let ids = ["audit-logs", "failed-logins", "access-review", "error-logs", "restore-test"];
    let runs: Vec<_> = (0..20)
        .map(|i| {
            let note = format!("run {i}");
            project
                .command(&["--date", "2026-11-25", "tasks", "done", ids[i % ids.len()], "--by", "@acme/ops", "--note", &note])
                .stdout(std::process::Stdio::null())
                .spawn()
        })
        .collect();
    for run in runs {
        assert!(run.unwrap().wait().unwrap().success());
    }
    let log = project.read("ops/tasks.log");
    assert_eq!(log.lines().filter(|l| !l.starts_with('#')).count(), 20, "{log}");
    project.run(&["tasks", "list"]).exits(0);
}

/// As git does it with `merge=union`: the lines of both sides, from files that were new on both, too.
#[test]
fn two_branches_are_merged_by_git() {
    let git = |project: &Project, args: &[&str]| {
        let mut all = vec!["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
        all.extend(args);
        let run = std::process::Command::new("git").args(&all).current_dir(project.path()).output();
        match run {
            Ok(run) => assert!(run.status.success(), "{args:?}: {}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr)),
            Err(error) if std::env::var_os("CI").is_some() => panic!("git: {error}"),
            Err(error) => eprintln!("SKIPPED: git does not run: {error}"),
        }
    };
    if std::process::Command::new("git").arg("--version").output().is_err() && std::env::var_os("CI").is_none() {
        eprintln!("SKIPPED: two_branches_are_merged_by_git: there is no git");
        return;
    }
    for has_log in [false, true] {
        let project = Project::with_spec(SPEC);
        std::fs::remove_dir(project.path().join(".git")).unwrap();
        git(&project, &["init", "-q"]);
        project.write(".gitattributes", "ops/tasks.log merge=union\n");
        if has_log {
            done(&project, &["error-logs", "--by", "@acme/ops", "--note", "before"]).exits(0);
        }
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-qm", "spec"]);
        git(&project, &["checkout", "-qb", "two"]);
        done(&project, &["audit-logs", "--by", "@acme/two", "--note", "two"]).exits(0);
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-qm", "two"]);
        git(&project, &["checkout", "-q", "main"]);
        done(&project, &["failed-logins", "--by", "@acme/one", "--note", "one"]).exits(0);
        git(&project, &["add", "-A"]);
        git(&project, &["commit", "-qm", "one"]);
        git(&project, &["merge", "-q", "two"]);
        let json = project.run(&["tasks", "list", "--format", "json"]);
        let last = |id: &str| json.json()["tasks"].as_array().unwrap().iter().find(|t| t["id"] == id).unwrap()["last"]["by"].clone();
        assert_eq!([last("audit-logs"), last("failed-logins")], ["@acme/two", "@acme/one"]);
    }
}

#[test]
fn an_overdue_task_is_waived_until_a_day() {
    let project = project();
    let add = |intent: &str, args: &[&str]| {
        let json = project.run(&["check", "--format", "json"]).json();
        let finding = json["findings"].as_array().unwrap().iter().find(|f| f["intent"] == intent).unwrap().clone();
        let mut all = vec![
            "waivers",
            "add",
            finding["fingerprint"].as_str().unwrap(),
            "--owner",
            "@acme/security",
            "--reason",
            "the tool is down, OPS-4",
            "--until",
            "2026-12-15",
        ];
        all.extend(args);
        project.run(&all).exits(0);
    };
    add("operations.tasks.audit-logs", &[]);
    add("operations.tasks.failed-logins", &[]);
    assert_snapshot!("tasks_waiver", project.read("secgen.waivers.yaml").lines().skip_while(|l| !l.starts_with("waivers")).collect::<Vec<_>>().join("\n"));
    // It holds on the days after, though the task is overdue by more, and then no longer.
    project.run(&["check"]).exits(0);
    project.run(&["check", "--date", "2026-11-30"]).exits(0);
    project.run(&["check", "--date", "2026-12-16"]).exits(1);
    // Done, the waiver accepts nothing that is there.
    done(&project, &["audit-logs", "--by", "@acme/security", "--note", "done"]).exits(0);
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("waiver-unused"), "{}", run.out);
    // One that only warns is waived for as long: its words do not change from day to day.
    add_warning(&project);
}

fn add_warning(project: &Project) {
    project.edit("secgen.yaml", "  log:", "  overdue: { weekly: warn }\n  log:");
    std::fs::remove_file(project.path().join("secgen.waivers.yaml")).unwrap();
    let json = project.run(&["check", "--format", "json"]).json();
    let finding = json["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "task-overdue").unwrap().clone();
    assert_eq!(finding["level"], "warning");
    let print = finding["fingerprint"].as_str().unwrap().to_owned();
    project.run(&["waivers", "add", &print, "--owner", "@acme/security", "--reason", "the tool is down, OPS-4", "--until", "2026-12-15"]).exits(0);
    let run = project.run(&["check", "--date", "2026-11-28", "--format", "json"]).json();
    let same = run["findings"].as_array().unwrap().iter().find(|f| f["fingerprint"] == print.as_str()).unwrap();
    assert_eq!(same["disposition"], "waived");
}

#[test]
fn a_schedule_that_makes_no_sense_is_an_error_of_the_spec() {
    let spec = |operations: &str| Project::with_spec(&format!("version: 1\nservice: pay\noperations: {{ {operations} }}\n"));
    let mut shown = String::new();
    for operations in [
        "weekly: [audit-log]",
        "weekly: [audit-logs], monthly: [audit-logs]",
        "weekly: [{ id: restore }]",
        "weekly: [{ id: audit-lgs, title: Read }]",
        "weekly: [{ id: Restore, title: a, how: b }]",
        "weekly: [{ id: restore, title: a, how: b, since: 2030-01-01 }]",
        "weekly: [audit-logs], since: 2030-01-01",
        "weekly: [audit-logs], overdue: { weekly: ignore }",
        "weekly: [audit-logs, audit-logs]",
        "weekly: audit-logs",
        "weekly: [{ id: audit-logs, since: 2027-02-29 }]",
        "attested: { access_review: { by: \"@a\", date: 2026-11-31, until: 2027-01-01 } }",
    ] {
        let project = spec(operations);
        let run = project.run(&["validate"]);
        run.exits(2);
        let _ = writeln!(shown, "{operations}\n{}\n", run.out.trim_end());
    }
    assert_snapshot!("tasks_spec_errors", shown);
    // A known task with other words.
    spec("weekly: [{ id: audit-logs, how: Read the log of changes in the console. }]").run(&["validate"]).exits(0);
}

/// Stricter and weaker schedules, as layers and `spec diff` see them.
#[test]
fn a_layer_above_may_not_do_less() {
    let over = |operations: &str, more: &str| {
        let project = Project::with_spec(&format!("version: 1\nservice: pay\nextends: [base.yaml]\noperations: {{ {operations} }}\n{more}"));
        project.write("base.yaml", "operations: { weekly: [audit-logs], overdue: { weekly: fail }, attested: { access_review: required } }\n");
        project.run(&["validate"])
    };
    over("weekly: { add: [failed-logins] }", "").exits(0);
    over("daily: [audit-logs], weekly: [], overdue: { daily: fail }", "").exits(0);
    // More often, and with less to follow: daily tasks only warn by themselves.
    let softer = over("daily: [audit-logs], weekly: []", "");
    assert!(softer.exits(2).out.contains("operations.overdue.daily of secgen.yaml is weaker than the layer below: warn instead of fail"), "{}", softer.out);
    over("daily: [audit-logs], weekly: []", "weakens: { operations.overdue.daily: { reason: nobody works at night } }\n").exits(0);
    for weaker in ["weekly: [failed-logins]", "weekly: [], monthly: [audit-logs]", "overdue: { weekly: warn }"] {
        let run = over(weaker, "");
        assert!(run.exits(2).out.contains("layer-weakens"), "{weaker}: {}", run.out);
    }
    over("weekly: [], monthly: [audit-logs]", "weakens: { operations.tasks.audit-logs: { reason: a quiet service } }\n").exits(0);
}

/// A schedule that nobody has started is one finding a list, which stands for each of its tasks.
#[test]
fn tasks_that_were_never_done_are_one_thing_to_mend() {
    let project = Project::with_spec(
        "version: 1\nservice: a\noperations: { weekly: [audit-logs, access-patterns], monthly: [access-review], daily: [error-logs, authentication-logs] }\n",
    );
    let run = project.run(&["check", "--format", "json"]);
    let report = run.exits(1).json();
    let findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "task-overdue").collect();
    let messages: Vec<&str> = findings.iter().map(|f| f["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "2 weekly tasks are overdue, and nobody has ever done them: audit-logs, access-patterns",
            "the task access-review is overdue: due every month, and nobody has ever done it",
            "2 daily tasks are overdue, and nobody has ever done them: error-logs, authentication-logs",
        ]
    );
    assert_eq!(report["checks"].as_array().unwrap().len(), 5);
    let weekly = findings[0]["fingerprint"].as_str().unwrap();
    let by = ["--reason", "the team starts in January", "--owner", "@acme/ops", "--until", "2027-01-10"];
    project.run(&[&["waivers", "add", weekly][..], &by].concat()).exits(0);
    let waivers = project.read("secgen.waivers.yaml");
    assert!(waivers.contains("operations.tasks.audit-logs") && waivers.contains("operations.tasks.access-patterns"), "{waivers}");
    project.run(&["tasks", "done", "access-review", "--by", "@acme/ops", "--note", "nobody has left"]).exits(0);
    project.run(&["check"]).exits(0);
    // What was accepted is no part of what is open.
    project.run(&["tasks", "done", "audit-logs", "--by", "@acme/ops", "--note", "nothing new"]).exits(0);
    let report = project.run(&["check", "--format", "json"]).json();
    let accepted: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(|f| f["disposition"] == "waived").collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["message"], "the task access-patterns is overdue: due every week, and nobody has ever done it");
}

/// A remark in another encoding than UTF-8 is a line that cannot be read: what could not be kept is never written over.
#[test]
fn a_remark_that_is_no_text_loses_nothing() {
    let project = project();
    let mut log = b"# Pr\xfcfungen\n".to_vec();
    log.extend_from_slice(project.read("ops/tasks.log").as_bytes());
    project.write("ops/tasks.log", &log);
    let run = done(&project, &["audit-logs", "--by", "@acme/ops", "--note", "nothing new"]);
    assert!(run.exits(2).out.contains("line 1 of ops/tasks.log is not UTF-8"), "{}", run.out);
    assert_eq!(std::fs::read(project.path().join("ops/tasks.log")).unwrap(), log);
    project.run(&["check"]).exits(2);
}

/// What would make the log longer than what is read is refused before anything is written.
#[test]
fn a_log_never_grows_beyond_what_is_read() {
    let project = project();
    let mut log = project.read("ops/tasks.log");
    log.push_str(&"#\n".repeat((8 << 20) / 2 - log.len() / 2 - 40));
    project.write("ops/tasks.log", &log);
    project.run(&["check"]).exits(1);
    let run = done(&project, &["audit-logs", "--by", "@acme/ops", "--note", "nothing new, and all of it read twice by two people"]);
    assert!(run.exits(2).out.contains("more than 8 MiB"), "{}", run.out);
    assert_eq!(project.read("ops/tasks.log").len(), log.len());
}

#[test]
fn a_note_gives_no_secret_and_may_speak_of_one() {
    let project = project();
    for secret in
        ["password: hunter2hunter2", "Bearer abcdef1234567890", "curl -u admin:hunter2hunter2", "used npm_abcdefghijklmnop", "hvs.CAESIabcdefghijklmnop"]
    {
        let run = done(&project, &["audit-logs", "--by", "@acme/ops", "--note", secret]);
        assert!(run.exits(2).out.contains("looks like a secret"), "{secret}: {}", run.out);
    }
    for fine in ["the password: rotated", "rotated the token SEC-12345 is about", "no secret was found on 2026-11-25", "the token of staging ends in 2027"] {
        done(&project, &["audit-logs", "--by", "@acme/ops", "--note", fine]).exits(0);
    }
}
