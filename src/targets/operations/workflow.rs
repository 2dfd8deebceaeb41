//! Scheduled workflows: what a CI system runs, how often, with which permissions.
//!
//! Sources: GitHub, "Workflow syntax for GitHub Actions" (`schedule`, `permissions`, `concurrency`); GitLab, "CI/CD YAML
//! syntax reference" (`rules`, `parallel: matrix`) and "Scheduled pipelines".

use super::plan::Plan;
use crate::policy::intents::is_here;
use crate::policy::programs::pinned;
use crate::spec::{Analysis, CiSystem};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// When something runs, and the time of a schedule, UTC: off the full hour, when everybody's schedules start.
pub(super) const SCHEDULES: [(&str, &str); 3] = [("daily", "17 4 * * *"), ("weekly", "47 4 * * 1"), ("monthly", "7 5 1 * *")];

/// Beside the days of [`SCHEDULES`]: each proposed change.
pub(super) const CHANGE: &str = "change";

const WEEKLY: &str = SCHEDULES[1].1;

/// A command, and the name of what it runs: `secgen-check`, `cargo-deny`.
#[derive(Clone, Debug)]
struct Command {
    what: &'static str,
    text: String,
}

/// A job of whatever CI system.
#[derive(Clone, Debug)]
struct Job {
    id: &'static str,
    name: &'static str,
    /// On which of [`SCHEDULES`] it runs.
    on: &'static [&'static str],
    /// Whether a proposed change waits for it.
    on_change: bool,
    minutes: u32,
    tools: Vec<&'static str>,
    commands: Vec<Command>,
}

/// A word of the shell in a workflow; line breaks were refused before.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn jobs(plan: &Plan) -> Vec<Job> {
    let has = |analysis: Analysis| plan.analyses.contains(&analysis);
    let command = |what, text: String| Command { what, text };
    let cargo = |text: &str| plan.cargo(text, quote);
    let secgen = plan.secgen(quote);
    let mut jobs = Vec::new();
    if !plan.analyses.is_empty() {
        let mut advisories =
            Job { id: "advisories", name: "new advisories", on: &["daily", "weekly"], on_change: false, minutes: 15, tools: Vec::new(), commands: Vec::new() };
        if has(Analysis::CargoDeny) {
            advisories.tools.push("cargo-deny");
            advisories.commands.push(command("cargo-deny", cargo("cargo deny --locked --all-features check advisories")));
        }
        if has(Analysis::CargoAudit) {
            advisories.tools.push("cargo-audit");
            advisories.commands.push(command("cargo-audit", cargo("cargo audit --deny warnings")));
        }
        jobs.push(advisories);
    }
    // Without advisories to look for, drift is what is looked for daily.
    jobs.push(Job {
        id: "drift",
        name: "drift from the policy",
        on: if plan.analyses.is_empty() { &["daily", "weekly"] } else { &["weekly"] },
        on_change: true,
        minutes: 10,
        tools: vec!["secgen"],
        commands: vec![command("secgen-check", format!("{secgen} check"))],
    });
    if has(Analysis::CargoDeny) {
        jobs.push(Job {
            id: "dependencies",
            name: "licences, bans and sources",
            on: &["weekly"],
            on_change: true,
            minutes: 15,
            tools: vec!["cargo-deny"],
            commands: vec![command("cargo-deny", cargo("cargo deny --locked --all-features check bans licenses sources"))],
        });
    }
    let report = command("report", format!("{secgen} check --fail-on none --report markdown={REPORT}.md --report json={REPORT}.json"));
    let tasks = plan.has_tasks.then(|| command("tasks", format!("{secgen} tasks list")));
    jobs.push(Job {
        id: "report",
        name: "monthly report",
        on: &["monthly"],
        on_change: false,
        minutes: 10,
        tools: vec!["secgen"],
        commands: tasks.into_iter().chain([report]).collect(),
    });
    jobs
}

const REPORT: &str = "secgen-report";

/// A tool as the installer names it.
fn tool(name: &str) -> String {
    if name == "secgen" { format!("secgen@{}", env!("CARGO_PKG_VERSION")) } else { pinned(name) }
}

/// The workflow of a CI system.
pub(super) fn tree(ci: CiSystem, plan: &Plan) -> Value {
    match ci {
        CiSystem::Github => github(plan),
        CiSystem::Gitlab => gitlab(plan),
    }
}

fn github(plan: &Plan) -> Value {
    let checkout = json!({ "name": "Check out", "uses": pinned("actions/checkout"), "with": { "persist-credentials": false } });
    let job = |name: &str, only: &str, minutes: u32, steps: Vec<Value>| {
        json!({
            "name": name, "if": only, "runs-on": "ubuntu-24.04", "timeout-minutes": minutes, "permissions": { "contents": "read" }, "steps": steps,
        })
    };
    let mut all = Map::new();
    for own in jobs(plan) {
        let tools = own.tools.iter().map(|name| tool(name)).collect::<Vec<_>>().join(",");
        let mut steps = vec![checkout.clone(), json!({ "name": "Install", "uses": pinned("taiki-e/install-action"), "with": { "tool": tools } })];
        steps.extend(own.commands.iter().map(|c| json!({ "name": c.what, "run": c.text })));
        if own.id == "report" {
            // What could not be read fails the step, and the report says all the rest.
            steps.push(json!({ "name": "Summary", "if": "!cancelled()", "run": format!("cat {REPORT}.md >> \"$GITHUB_STEP_SUMMARY\"") }));
            let with = json!({ "name": REPORT, "path": format!("{REPORT}.*"), "retention-days": 90 });
            steps.push(json!({ "name": "Keep the report", "if": "!cancelled()", "uses": pinned("actions/upload-artifact"), "with": with }));
        }
        let crons = SCHEDULES.iter().filter(|(name, _)| own.on.contains(name));
        let scheduled = crons.map(|(_, cron)| format!("github.event.schedule == '{cron}'")).collect::<Vec<_>>().join(" || ");
        let only = match own.id {
            // A new advisory must not stop a change that has nothing to do with it.
            "advisories" => "github.event_name != 'pull_request'".to_owned(),
            "report" => format!("github.event_name == 'workflow_dispatch' || {scheduled}"),
            _ => format!("github.event_name != 'schedule' || {scheduled}"),
        };
        all.insert(own.id.to_owned(), job(own.name, &only, own.minutes, steps));
    }
    if !plan.far_targets().is_empty() {
        let only = format!("github.event_name == 'workflow_dispatch' || github.event.schedule == '{WEEKLY}'");
        let makefile = plan.at("security.mk");
        let scan = json!({ "name": "pen-test", "run": format!("make -f {makefile} pen-test"), "env": { "PEN_TEST_TARGET": MATRIX_TARGET } });
        let mut scan = job("baseline scan", &only, 30, vec![checkout, scan]);
        scan["strategy"] = json!({ "fail-fast": false, "matrix": { "target": plan.far_targets() } });
        all.insert("pen-test".to_owned(), scan);
    }
    let crons: Vec<Value> = SCHEDULES.iter().map(|(_, cron)| json!({ "cron": cron })).collect();
    json!({
        "name": "security",
        "on": { "pull_request": {}, "schedule": crons, "workflow_dispatch": {} },
        "permissions": {},
        "concurrency": {
            "group": "security-${{ github.ref }}-${{ github.event_name }}-${{ github.event.schedule }}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "jobs": all,
    })
}

/// The variable of a scheduled pipeline that says which one it is.
pub(super) const VARIABLE: &str = "SECGEN_SCHEDULE";

fn gitlab(plan: &Plan) -> Value {
    let rules = |on: &[&str], on_change: bool| {
        let mut rules: Vec<Value> =
            on.iter().map(|name| json!({ "if": format!("$CI_PIPELINE_SOURCE == \"schedule\" && ${VARIABLE} == \"{name}\"") })).collect();
        if on_change {
            rules.push(json!({ "if": "$CI_PIPELINE_SOURCE == \"merge_request_event\"" }));
        }
        // Somebody started it by hand.
        rules.push(json!({ "if": "$CI_PIPELINE_SOURCE == \"web\"" }));
        rules
    };
    let mut all = Map::new();
    for own in jobs(plan) {
        let mut script: Vec<String> = own.tools.iter().map(|name| format!("cargo install --locked {}", tool(name))).collect();
        // Each in a shell of its own: a folder that one goes to is not that of the next.
        script.extend(own.commands.iter().map(|c| if c.text.starts_with("cd ") { format!("({})", c.text) } else { c.text.clone() }));
        let mut job = json!({
            "stage": "test", "image": pinned("docker.io/library/rust"), "timeout": format!("{} minutes", own.minutes.max(30)), "rules": rules(own.on, own.on_change), "script": script,
        });
        if own.id == "report" {
            job["artifacts"] = json!({ "when": "always", "expire_in": "90 days", "paths": [format!("{REPORT}.md"), format!("{REPORT}.json")] });
        }
        all.insert(format!("secgen-{}", own.id), job);
    }
    if !plan.far_targets().is_empty() {
        let conf = plan.at("zap-baseline.conf");
        // In ZAP's own image, so that no runner needs to start containers.
        let script = [
            "mkdir -p /zap/wrk".to_owned(),
            format!("cp {conf} /zap/wrk/zap-baseline.conf"),
            "zap-baseline.py -I -t \"$PEN_TEST_TARGET\" -c zap-baseline.conf".to_owned(),
        ];
        let job = json!({
            "stage": "test", "image": { "name": plan.image, "entrypoint": [""] }, "timeout": "30 minutes", "rules": rules(&["weekly"], false),
            "parallel": { "matrix": [{ "PEN_TEST_TARGET": plan.far_targets() }] }, "script": script,
        });
        all.insert("secgen-pen-test".to_owned(), job);
    }
    Value::Object(all)
}

/// The jobs of a workflow by their name in it, each with what it runs.
fn planned(ci: CiSystem, plan: &Plan) -> Vec<(String, Vec<&'static str>)> {
    let prefix = if ci == CiSystem::Gitlab { "secgen-" } else { "" };
    let mut all: Vec<(String, Vec<&'static str>)> =
        jobs(plan).into_iter().map(|job| (format!("{prefix}{}", job.id), job.commands.iter().map(|c| c.what).collect())).collect();
    if !plan.far_targets().is_empty() {
        all.push((format!("{prefix}pen-test"), vec!["pen-test"]));
    }
    all
}

/// What a workflow says, by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// What it runs, as far as all jobs that run it are as they must be.
    pub runs: BTreeSet<String>,
    /// The first job that is not.
    pub lost: Option<String>,
    /// Which of [`SCHEDULES`] start it, and whether each proposed change does.
    pub schedule: BTreeSet<String>,
    /// Where a failure is let pass.
    pub ignored: Option<String>,
    /// Permissions of its token: `contents: read`.
    pub permissions: BTreeSet<String>,
    /// Actions and images that it runs.
    pub pins: BTreeSet<String>,
    /// Services that it tests.
    pub scan_targets: BTreeSet<String>,
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// Reads the workflow of a CI system that `plan` rendered before, or somebody edited since.
pub(super) fn read(ci: CiSystem, found: &Value, plan: &Plan) -> Read {
    let wanted = tree(ci, plan);
    let mut read = Read { ignored: ignored(found, ""), ..Read::default() };
    let is_github = ci == CiSystem::Github;
    let jobs = |tree: &'_ Value| if is_github { tree.get("jobs").cloned() } else { Some(tree.clone()) }.unwrap_or_default();
    let (found_jobs, wanted_jobs) = (jobs(found), jobs(&wanted));
    // What stands above the jobs can change what they run: `defaults`, `env`, `variables`, `default`, `workflow`.
    let is_plain = if is_github {
        object(Some(found)).all(|(key, _)| wanted.get(key).is_some())
    } else {
        object(Some(found))
            .all(|(name, job)| wanted.get(name).is_some() || (job.get("script").is_some() && !["default", "before_script"].contains(&name.as_str())))
    };
    // A service on somebody's own machine is none of CI.
    read.scan_targets.extend(plan.scan_targets.iter().filter(|target| is_here(target)).cloned());
    let mut lost: BTreeSet<&str> = BTreeSet::new();
    let mut days: BTreeSet<String> = BTreeSet::new();
    for (id, whats) in planned(ci, plan) {
        let (job, own) = (found_jobs.get(&id), wanted_jobs.get(&id));
        let is_same = is_plain && job.zip(own).is_some_and(|(job, own)| runs_alike(job, own));
        for what in whats {
            if is_same {
                read.runs.insert(what.to_owned());
            } else {
                lost.insert(what);
                read.lost.get_or_insert_with(|| if is_github { format!("jobs.{id}") } else { id.clone() });
            }
        }
        if let (true, Some(job)) = (is_same, job) {
            for rule in array(job.get("rules")).filter_map(|rule| rule.get("if")?.as_str()) {
                let day = rule.split_once(VARIABLE).map(|(_, day)| day.trim_matches([' ', '=', '"']));
                days.extend(day.or(rule.contains("merge_request_event").then_some(CHANGE)).map(str::to_owned));
            }
        }
    }
    read.runs.retain(|what| !lost.contains(what.as_str()));
    for (name, cron) in SCHEDULES {
        let mut crons = array(found.get("on").and_then(|on| on.get("schedule"))).filter_map(|s| s.get("cron"));
        if (is_github && crons.any(|c| c.as_str() == Some(cron))) || days.contains(name) {
            read.schedule.insert(name.to_owned());
        }
    }
    // A filter by branch or path leaves changes out; another event runs with other code or another token.
    let proposed = found.get("on").and_then(|on| on.get("pull_request")).filter(|event| event.is_null() || event.as_object().is_some_and(Map::is_empty));
    if (is_github && proposed.is_some()) || days.contains(CHANGE) {
        read.schedule.insert(CHANGE.to_owned());
    }
    for (_, job) in object(Some(&found_jobs)) {
        read.pins.extend(pins(job));
        read.scan_targets.extend(tested(job));
        if is_github {
            read.permissions.extend(permissions(job.get("permissions").or(found.get("permissions"))));
        }
    }
    read
}

/// Whether a job runs what another one does, under the same conditions. Names, permissions, pins, the services that are
/// tested and how long it may take are judged by themselves, or take nothing away.
fn runs_alike(job: &Value, own: &Value) -> bool {
    let bare = |job: &Value| {
        let mut job = job.clone();
        if let Some(map) = job.as_object_mut() {
            for key in ["name", "continue-on-error", "allow_failure", "permissions", "timeout-minutes", "timeout", "stage", "artifacts"] {
                map.remove(key);
            }
            // An entry point decides what runs, as much as a script does; which image it is, is judged by itself.
            match map.get_mut("image") {
                Some(Value::Object(image)) => drop(image.remove("name")),
                Some(image) => *image = json!({}),
                None => {}
            }
            if is_matrix_of_services(map.get("strategy").and_then(|s| s.get("matrix")), "target") {
                map.remove("strategy");
            }
            if array(map.get("parallel").and_then(|p| p.get("matrix"))).all(|row| is_matrix_of_services(Some(row), "PEN_TEST_TARGET")) {
                map.remove("parallel");
            }
            for step in map.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(step) = step.as_object_mut() {
                    let name = step.get("uses").and_then(Value::as_str).map(|uses| uses.split('@').next().unwrap_or_default().to_owned());
                    if let Some(name) = name {
                        step.insert("uses".to_owned(), Value::String(name));
                    }
                }
            }
        }
        job
    };
    bare(job) == bare(own)
}

/// Whether a matrix is a list of services and nothing else.
fn is_matrix_of_services(matrix: Option<&Value>, name: &str) -> bool {
    let rows = matrix.and_then(Value::as_object);
    rows.is_some_and(|rows| rows.len() == 1) && matrix.and_then(|m| m.get(name)).and_then(Value::as_array).is_some_and(|list| list.iter().all(Value::is_string))
}

/// The first key that lets a failure pass, whatever its value but `false`.
fn ignored(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let is_soft = ["continue-on-error", "allow_failure"].contains(&key.as_str()) && *value != Value::Bool(false);
            if is_soft { Some(path) } else { ignored(value, &path) }
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, item)| ignored(item, &format!("{path}[{i}]"))),
        _ => None,
    }
}

/// Actions and images of a job.
fn pins(job: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("something that is no text").to_owned();
    let image = |value: &Value| text(value.get("image").or(value.get("name")).unwrap_or(value));
    let mut all: Vec<String> = array(job.get("steps")).chain([job]).filter_map(|step| step.get("uses")).map(text).collect();
    all.extend(job.get("container").into_iter().chain(job.get("image")).map(image));
    all.extend(object(job.get("services")).map(|(_, service)| service).chain(array(job.get("services"))).map(image));
    all
}

/// Services that a job tests, by its matrix or its environment.
fn tested(job: &Value) -> Vec<String> {
    let rows = array(job.get("parallel").and_then(|p| p.get("matrix"))).filter_map(|row| row.get("PEN_TEST_TARGET"));
    let rows = rows.chain(job.get("strategy").and_then(|s| s.get("matrix")).and_then(|m| m.get("target")));
    let steps = array(job.get("steps")).chain([job]).flat_map(|step| [step.get("env"), step.get("variables")]).flatten();
    let direct = steps.filter_map(|env| env.get("PEN_TEST_TARGET"));
    let texts = rows.chain(direct).flat_map(|value| value.as_array().map_or_else(|| vec![value], |list| list.iter().collect()));
    texts.filter_map(Value::as_str).filter(|text| *text != MATRIX_TARGET).map(str::to_owned).collect()
}

/// The service of one run of the matrix.
const MATRIX_TARGET: &str = "${{ matrix.target }}";

/// What a job's token may do; without a word of its own or above it, what the repository gives.
fn permissions(said: Option<&Value>) -> Vec<String> {
    match said {
        Some(Value::Object(map)) => {
            let may = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let own = map.iter().filter(|(_, v)| v.as_str() != Some("none")).map(|(name, value)| format!("{name}: {}", may(value)));
            // Whoever may write may read.
            own.flat_map(|text| text.strip_suffix(": write").map(|name| format!("{name}: read")).into_iter().chain([text.clone()])).collect()
        }
        Some(other) => vec![other.as_str().unwrap_or("something that is no text").to_owned(), "contents: read".to_owned()],
        None => vec!["the default of the repository".to_owned(), "contents: read".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Value);

    fn plan() -> Plan {
        Plan::of_tests(&["https://staging.example.com"])
    }

    /// What is read after a change.
    fn after(ci: CiSystem, change: impl Fn(&mut Value)) -> Read {
        let mut tree = tree(ci, &plan());
        change(&mut tree);
        read(ci, &tree, &plan())
    }

    fn words(set: &BTreeSet<String>) -> Vec<&str> {
        set.iter().map(String::as_str).collect()
    }

    #[test]
    fn what_is_written_says_everything() {
        for ci in [CiSystem::Github, CiSystem::Gitlab] {
            let read = after(ci, |_| {});
            assert_eq!(words(&read.runs), ["cargo-audit", "cargo-deny", "pen-test", "report", "secgen-check", "tasks"], "{ci:?}");
            assert_eq!(words(&read.schedule), ["change", "daily", "monthly", "weekly"], "{ci:?}");
            assert_eq!(words(&read.scan_targets), ["https://staging.example.com"], "{ci:?}");
            assert_eq!(read.ignored, None, "{ci:?}");
        }
        assert_eq!(words(&after(CiSystem::Github, |_| {}).permissions), ["contents: read"]);
    }

    #[test]
    fn an_edit_of_github_is_seen_by_value() {
        let read = |change: Change| after(CiSystem::Github, change);
        assert!(read(|t| t["jobs"]["drift"]["permissions"]["contents"] = json!("write")).permissions.contains("contents: write"));
        assert!(read(|t| t["jobs"]["drift"]["permissions"] = json!("write-all")).permissions.contains("write-all"));
        let unsaid = read(|t| {
            t.as_object_mut().unwrap().remove("permissions");
            t["jobs"]["drift"].as_object_mut().unwrap().remove("permissions");
        });
        assert!(unsaid.permissions.contains("the default of the repository"));
        assert!(read(|t| t["jobs"]["drift"]["steps"][0]["uses"] = json!("actions/checkout@v7")).pins.contains("actions/checkout@v7"));
        assert!(read(|t| t["jobs"]["drift"]["container"] = json!({ "image": "x:latest" })).pins.contains("x:latest"));
        assert_eq!(read(|t| t["jobs"]["drift"]["continue-on-error"] = json!(true)).ignored.as_deref(), Some("jobs.drift.continue-on-error"));
        assert_eq!(read(|t| t["jobs"]["drift"]["continue-on-error"] = json!("${{ x }}")).ignored.as_deref(), Some("jobs.drift.continue-on-error"));
        assert_eq!(read(|t| t["jobs"]["drift"]["continue-on-error"] = json!(false)).ignored, None);
        assert_eq!(words(&read(|t| t["on"]["schedule"].as_array_mut().unwrap().truncate(1)).schedule), ["change", "daily"]);
        let more = read(|t| t["jobs"]["pen-test"]["strategy"]["matrix"]["target"] = json!(["https://staging.example.com", "https://www.example.net"]));
        assert_eq!((words(&more.scan_targets).len(), more.runs.contains("pen-test")), (2, true));
        let lost: [(&str, Change); 8] = [
            ("cargo-deny", |t| t["jobs"]["dependencies"]["if"] = json!(false)),
            ("cargo-deny", |t| t["jobs"]["advisories"]["steps"][2]["run"] = json!("cargo deny check advisories || true")),
            ("secgen-check", |t| t["jobs"]["drift"]["steps"][2]["if"] = json!("false")),
            ("secgen-check", |t| t["jobs"]["drift"]["steps"].as_array_mut().unwrap().truncate(2)),
            ("secgen-check", |t| t["jobs"]["drift"]["runs-on"] = json!("self-hosted")),
            ("secgen-check", |t| t["jobs"]["drift"]["needs"] = json!("report")),
            ("pen-test", |t| t["jobs"]["pen-test"]["strategy"]["matrix"]["exclude"] = json!([{ "target": "https://staging.example.com" }])),
            ("report", |t| t["defaults"] = json!({ "run": { "shell": "true {0}" } })),
        ];
        for (what, change) in lost {
            assert!(!read(change).runs.contains(what), "{what}");
        }
    }

    #[test]
    fn an_edit_of_gitlab_is_seen_by_value() {
        let read = |change: Change| after(CiSystem::Gitlab, change);
        assert_eq!(read(|t| t["secgen-drift"]["allow_failure"] = json!(true)).ignored.as_deref(), Some("secgen-drift.allow_failure"));
        assert!(read(|t| t["secgen-drift"]["image"] = json!("rust:latest")).pins.contains("rust:latest"));
        assert_eq!(words(&read(|t| t["secgen-advisories"]["rules"][0] = json!({ "when": "never" })).schedule), ["change", "monthly", "weekly"]);
        assert!(!read(|t| t["secgen-drift"]["script"][1] = json!("secgen check || true")).runs.contains("secgen-check"));
        assert!(!read(|t| t["secgen-drift"]["image"] = json!({ "name": "rust", "entrypoint": ["true"] })).runs.contains("secgen-check"));
        assert!(!read(|t| t["secgen-pen-test"]["image"]["entrypoint"] = json!(["true"])).runs.contains("pen-test"));
        assert!(!read(|t| t["before_script"] = json!(["alias secgen=true"])).runs.contains("secgen-check"));
        let more = read(|t| t["secgen-pen-test"]["parallel"]["matrix"][0]["PEN_TEST_TARGET"] = json!(["https://www.example.net"]));
        assert!(more.scan_targets.contains("https://www.example.net"));
    }
}
