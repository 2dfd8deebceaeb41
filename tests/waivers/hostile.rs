//! Strangers write this file too, in pull requests.

use super::{entry, file, findings, of, weak};
use std::fmt::Write as _;
use std::time::Instant;

/// Ten thousand entries, for one rule: read, matched and reported in little time.
#[test]
fn ten_thousand_waivers_are_quick() {
    let project = weak();
    let mut entries = String::new();
    for i in 0..10_000 {
        write!(
            entries,
            "  - id: W-{i}\n    rule: tls-protocols\n    where: {{ file: nginx.conf, place: \"server s{i}.example.com\", intent: tls.min_version }}\n    accept: TLSv1.1\n    reason: r\n    owner: o\n    created: 2026-11-02\n    until: 2027-03-31\n"
        )
        .unwrap();
    }
    project.write("secgen.waivers.yaml", file(&[entries, entry(str::to_owned)]));
    let before = Instant::now();
    let run = project.run(&["check"]);
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
    run.exits(1);
    assert!(run.out.contains("waived: 1 (W-2026-004 ") && run.out.contains("and 9880 findings more"), "{}", &run.out[run.out.len().saturating_sub(500)..]);
}

#[test]
fn what_is_too_large_is_refused() {
    let project = weak();
    project.write("secgen.waivers.yaml", format!("version: 1\nwaivers: []\n# {}\n", "x".repeat(17 << 20)));
    project.run(&["check"]).exits(2);
    let lists = format!("version: 1\nwaivers: [{}]\n", "1,".repeat(700_000));
    project.write("secgen.waivers.yaml", lists);
    let before = Instant::now();
    project.run(&["validate"]).exits(2);
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
}

#[test]
fn bombs_and_bytes_that_are_no_text_are_refused() {
    let deep = format!("version: 1\nwaivers: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nversion: 1\nwaivers: [*b]\n".to_owned();
    let merged = "version: 1\nwaivers:\n  - <<: {}\n".to_owned();
    for text in [
        deep.into_bytes(),
        bomb.into_bytes(),
        merged.into_bytes(),
        b"version: 1\nwaivers: \xff\xfe".to_vec(),
        b"version: 1\nwaivers: [\"a\x1b[31m\"]\n".to_vec(),
        Vec::new(),
        b"# nothing\n".to_vec(),
    ] {
        let project = weak();
        project.write("secgen.waivers.yaml", &text);
        for args in [&["check"][..], &["validate"], &["waivers", "list"], &["check", "--format", "json"]] {
            let run = project.run(args);
            assert_eq!(run.code, Some(2), "{args:?}: {}", run.out);
            assert!(!run.out.contains('\u{1b}'), "{}", run.out);
        }
    }
}

/// Reasons are printed: no secret by its shape, and no escape that YAML writes out.
#[test]
fn reasons_are_harmless_wherever_they_are_shown() {
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    let project = weak();
    let escape = project.path().join("none");
    assert!(!escape.exists());
    let text = entry(|line| match line.split(':').next() {
        Some("id") => "id: E-1\n    kind: emergency".to_owned(),
        Some("reason") => format!("reason: \"::error::token {secret} of the vault\""),
        Some("ticket") => "ticket: \"https://user:hunter2secret@tickets.example/7\"".to_owned(),
        Some("created") => "created: 2026-11-25".to_owned(),
        Some("until") => "until: 2026-11-27".to_owned(),
        _ => line.to_owned(),
    });
    project.write("secgen.waivers.yaml", file(&[text]));
    for args in [
        &["check"][..],
        &["check", "-q"],
        &["check", "-v"],
        &["check", "--format", "json"],
        &["waivers", "list"],
        &["waivers", "list", "--format", "json"],
        &["check", "--date", "2026-12-01"],
    ] {
        let run = project.run(args);
        let all = format!("{}{}", run.out, run.err);
        assert!(!all.contains(secret) && !all.contains("hunter2secret"), "{args:?}: {all}");
        assert!(!all.lines().any(|line| line.trim_start().starts_with("::error")), "{args:?}: {all}");
    }
    project.write("secgen.waivers.yaml", file(&[entry(|line| if line.starts_with("reason") { "reason: \"a\\e[31mb\"".to_owned() } else { line.to_owned() })]));
    let run = project.run(&["check"]);
    assert!(run.exits(2).out.contains("secgen.waivers.yaml") && !run.out.contains('\u{1b}'), "{}", run.out);
}

/// Places and values of checked files go into the file: as text that cannot leave its scalar.
#[test]
fn what_is_added_cannot_leave_its_line() {
    let project = weak();
    project.write(
        "nginx.conf",
        super::NGINX.replace("max-age=300", "max-age=300; x=\\\"# - id: EVIL").replace("location /static/", "location \"/a: b # - {x}'\""),
    );
    let all = findings(&project, &[]);
    for finding in &all {
        project
            .run(&["waivers", "add", finding["fingerprint"].as_str().unwrap(), "--reason", "a: \"b\" # c", "--owner", "@a/b", "--until", "2027-01-31"])
            .exits(0);
    }
    let run = project.run(&["check"]);
    assert!(run.exits(0).out.contains("waived: 3"), "{}\n{}", run.out, project.read("secgen.waivers.yaml"));
    assert_eq!(of(&findings(&project, &[]), "tls-protocols")["disposition"], "waived");
}
