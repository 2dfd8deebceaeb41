//! A waiver holds up to and including its last day, UTC; nothing before its first.

use super::{entry, file, findings, of, weak};

fn on(date: &str) -> (String, Option<i32>) {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    let run = project.run(&["check", "--format", "json", "--date", date]);
    let json = run.json();
    let disposition = of(json["findings"].as_array().unwrap(), "tls-protocols")["disposition"].as_str().unwrap().to_owned();
    (disposition, run.code)
}

#[test]
fn the_last_day_counts() {
    for (date, disposition) in
        [("2026-11-25", "waived"), ("2027-03-30", "waived"), ("2027-03-31", "waived"), ("2027-04-01", "expired-waiver"), ("2030-01-01", "expired-waiver")]
    {
        assert_eq!(on(date).0, disposition, "{date}");
    }
}

/// What an ended waiver accepted fails as it would without it, whatever the gate but none.
#[test]
fn what_has_ended_fails() {
    let project = weak();
    project.write("nginx.conf", super::NGINX.replace("max-age=300", "max-age=31536000").replace("location /static/ { add_header Cache-Control public; }", ""));
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    for gate in ["security", "standard"] {
        project.run(&["check", "--fail-on", gate]).exits(0);
        project.run(&["check", "--fail-on", gate, "--date", "2027-04-01"]).exits(1);
    }
    project.run(&["check", "--fail-on", "none", "--date", "2027-04-01"]).exits(0);
    let ended = findings(&project, &["--date", "2027-04-01"]);
    let finding = of(&ended, "tls-protocols");
    assert_eq!((finding["level"].as_str(), finding["waiver"].as_str()), (Some("failure"), Some("W-2026-004")));
    assert!(finding["related"].as_array().unwrap().iter().any(|r| r["path"] == "secgen.waivers.yaml" && r["line"] == 11), "{finding:#}");
}

#[test]
fn the_last_fourteen_days_warn() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    let warns = |date: &str| findings(&project, &["--date", date]).iter().any(|f| f["rule"] == "waiver-ends-soon");
    for (date, expected) in [("2027-03-16", false), ("2027-03-17", true), ("2027-03-31", true), ("2027-04-01", false)] {
        assert_eq!(warns(date), expected, "{date}");
    }
}

/// The day is that of UTC, whatever the clock of the machine says its zone is.
#[test]
fn time_zones_change_nothing() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    for zone in ["Etc/GMT+12", "Pacific/Kiritimati", "UTC"] {
        let run = |date: &str| {
            let output = project.command(&["--date", date, "check", "--format", "json"]).env("TZ", zone).output().unwrap();
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            of(json["findings"].as_array().unwrap(), "tls-protocols")["disposition"].as_str().unwrap().to_owned()
        };
        assert_eq!((run("2027-03-31").as_str(), run("2027-04-01").as_str()), ("waived", "expired-waiver"), "{zone}");
    }
}

#[test]
fn an_emergency_lasts_72_hours() {
    let project = weak();
    let emergency = |until: &str| {
        let until = format!("until: {until}");
        entry(move |line| match line {
            "rule: tls-protocols" => "kind: emergency\n    rule: tls-protocols".to_owned(),
            "created: 2026-11-02" => "created: 2026-11-25".to_owned(),
            "until: 2027-03-31" => until.clone(),
            other => other.to_owned(),
        })
    };
    project.write("secgen.waivers.yaml", file(&[emergency("2026-11-27")]));
    let run = project.run(&["check", "-q"]);
    assert!(run.out.starts_with("EMERGENCY W-2026-004 accepts 1 finding of tls-protocols and ends in 2 days: "), "{}", run.out);
    assert_eq!(project.run(&["check", "--format", "json"]).json()["waivers"][0]["kind"], "emergency");
    project.write("secgen.waivers.yaml", file(&[emergency("2026-11-28")]));
    let refused = project.run(&["validate"]);
    assert!(refused.exits(2).out.contains("an emergency lasts 72 hours at most"), "{}", refused.out);
}
