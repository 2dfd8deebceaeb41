//! Exit code, totals and findings are the same in every format, over the fixtures and the corpora.

use super::{All, FORMATS, weak, workspace};
use crate::cli::project::Project;
use crate::support::{project, shared};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Findings by level: error, failure, warning, note, accepted.
type Totals = [usize; 5];

const LEVELS: [&str; 5] = ["error", "failure", "warning", "note", "accepted"];

/// The number before a word: `3` in `x 3 errors`.
fn before(text: &str, word: &str) -> usize {
    let Some(at) = text.find(word) else { return 0 };
    text[..at].trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse().unwrap_or(0)
}

fn count(list: &Value, of: impl Fn(&Value) -> Option<String>) -> Totals {
    let levels: Vec<String> = list.as_array().map(|l| l.iter().filter_map(of).collect()).unwrap_or_default();
    LEVELS.map(|level| levels.iter().filter(|l| *l == level).count())
}

fn json(all: &All) -> (Totals, i64) {
    let report = all.json("json");
    let totals = count(&report["findings"], |f| Some(f["level"].as_str()?.to_owned()));
    let stated = LEVELS.map(|level| usize::try_from(report["summary"]["levels"][level].as_u64().unwrap()).unwrap());
    assert_eq!(totals, stated);
    (totals, report["exit"].as_i64().unwrap())
}

fn sarif(all: &All) -> (Totals, i64) {
    let run = &all.json("sarif")["runs"][0];
    let level = |v: &Value| Some(v["properties"]["level"].as_str()?.to_owned());
    let (results, said) = (count(&run["results"], level), count(&run["invocations"][0]["toolExecutionNotifications"], level));
    let omitted = |what: &str| usize::try_from(run["properties"]["omitted"][what].as_u64().unwrap()).unwrap();
    let mut totals: Totals = std::array::from_fn(|i| results[i] + said[i]);
    totals[3] += omitted("stricter");
    totals[4] += omitted("accepted");
    assert_eq!(omitted("cut"), 0);
    let stated = LEVELS.map(|level| usize::try_from(run["properties"]["totals"][level].as_u64().unwrap()).unwrap());
    assert_eq!(totals, stated);
    let exit = run["invocations"][0]["exitCode"].as_i64().unwrap();
    assert_eq!(run["invocations"][0]["executionSuccessful"], exit < 2);
    (totals, exit)
}

/// Errors and failures are one kind there.
fn github(all: &All) -> [usize; 3] {
    let text = all.text("github");
    ["error", "warning", "notice"].map(|kind| {
        let commands: Vec<&str> = text.lines().filter(|l| l.starts_with(&format!("::{kind} "))).collect();
        assert!(commands.len() <= 10);
        let summary = commands.iter().find(|l| l.starts_with(&format!("::{kind} title=secgen::")));
        let listed = text.lines().filter(|l| l.starts_with(&format!("{kind}: "))).map(|l| if l.contains("more; all are in") { before(l, " more") } else { 1 });
        let listed: usize = listed.sum();
        let said = summary.map_or(0, |line| before(line, " more"));
        assert_eq!(listed, said);
        commands.len() - usize::from(summary.is_some()) + listed
    })
}

fn junit(all: &All) -> Totals {
    let text = all.text("junit");
    let cases = |what: &str| text.matches(what).count();
    let totals = [
        cases("><error type="),
        cases("><failure type="),
        cases("><system-out>warning ["),
        cases("><system-out>note ["),
        cases("><skipped type=\"waived\"") + cases("><skipped type=\"baseline\""),
    ];
    let head = text.lines().nth(1).unwrap();
    let attribute = |name: &str| -> usize { head.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap() };
    assert_eq!((attribute("errors"), attribute("failures"), attribute("tests")), (totals[0], totals[1], cases("<testcase ")));
    totals
}

fn in_words(line: &str) -> Totals {
    [before(line, " error"), before(line, " failure"), before(line, " warning"), before(line, " note"), before(line, " accepted")]
}

fn markdown(all: &All) -> (Totals, i64) {
    let text = all.text("markdown");
    let line = text.lines().nth(2).unwrap();
    (in_words(line), line.split("exit ").nth(1).unwrap().chars().next().unwrap().to_digit(10).unwrap().into())
}

fn html(all: &All) -> (Totals, i64) {
    let text = all.text("html");
    let list = text.split("<ul class=\"counts\">").nth(1).unwrap().split("</ul>").next().unwrap();
    let words: String = list.split('<').map(|part| part.split('>').nth(1).unwrap_or_default()).collect();
    let exit = text.split("<dt>Exit code</dt><dd>").nth(1).unwrap().chars().next().unwrap().to_digit(10).unwrap();
    let totals = in_words(&words);
    let articles = ["error", "failure", "warning", "note"].map(|level| text.matches(&format!("<span class=\"tag\">{level}</span>")).count());
    assert!(text.contains("class=\"cut\"") || articles == totals[..4], "{articles:?} {totals:?}");
    (totals, exit.into())
}

fn oscal(all: &All) -> (Totals, i64) {
    let document = all.json("oscal")["assessment-results"].clone();
    let results = document["results"].as_array().unwrap();
    let prop = |v: &Value, name: &str| {
        let props = v["props"].as_array()?;
        Some(props.iter().find(|p| p["name"] == name)?["value"].as_str()?.to_owned())
    };
    let level = |o: &Value| (o["types"][0] == "finding").then(|| prop(o, "level")).flatten();
    let stated = |of: &Value| -> Totals { ["errors", "failures", "warnings", "notes", "accepted"].map(|name| prop(of, name).unwrap().parse().unwrap()) };
    let mut sums: Totals = [0; 5];
    for result in results {
        let totals = count(&result["observations"], level);
        // What is about several specs is a result without totals.
        assert!(prop(result, "errors").is_none() || totals == stated(result), "{totals:?}");
        sums = std::array::from_fn(|i| sums[i] + totals[i]);
    }
    assert_eq!(sums, stated(&document["metadata"]));
    (sums, prop(&document["metadata"], "exit-code").unwrap().parse().unwrap())
}

/// The last line: what fails, and how much is below.
fn text(all: &All, [errors, failures, warnings, notes, _]: Totals) {
    let text = all.text("text");
    let last = text.lines().last().unwrap();
    let below = warnings + notes;
    assert_eq!(before(last, " error"), errors, "{last}");
    match last.split_once(": ") {
        Some(("could not do the job", rest)) => assert_eq!(before(rest, " finding"), failures, "{last}"),
        Some((_, rest)) if rest.starts_with("failed by ") => {
            assert_eq!(before(rest, " finding"), failures, "{last}");
            assert_eq!(rest.split_once(", ").map_or(0, |(_, rest)| before(rest, " finding")), below, "{last}");
        }
        Some((_, rest)) if rest.starts_with("passed") => assert_eq!((failures, before(rest, " finding")), (0, below), "{last}"),
        // Of a spec that is not checked.
        None if last.starts_with("ok") => assert_eq!((failures, before(last, " warning")), (0, below), "{last}"),
        _ => panic!("{last}"),
    }
}

#[track_caller]
fn agrees(name: &str, project: &Project, args: &[&str]) -> Totals {
    let all = All::new(project, args);
    let exit = i64::from(all.run.code.unwrap());
    assert!((0..=2).contains(&exit), "{name}: {}", all.run.err);
    let (totals, said) = json(&all);
    assert_eq!((totals, exit), (totals, said), "{name}: json");
    assert_eq!(sarif(&all), (totals, exit), "{name}: sarif");
    assert_eq!(github(&all), [totals[0] + totals[1], totals[2], totals[3]], "{name}: github");
    assert_eq!(junit(&all), totals, "{name}: junit");
    assert_eq!(markdown(&all), (totals, exit), "{name}: markdown");
    assert_eq!(html(&all), (totals, exit), "{name}: html");
    assert_eq!(oscal(&all), (totals, exit), "{name}: oscal");
    text(&all, totals);
    assert_eq!(exit, if totals[0] > 0 { 2 } else { i64::from(totals[1] > 0) }, "{name}");
    totals
}

#[test]
fn over_states_and_gates() {
    let clean = Project::example("quickstart");
    clean.run(&["render"]).exits(0);
    assert_eq!(agrees("clean", &clean, &["check"])[..2], [0, 0]);
    assert!(agrees("strict", &clean, &["check", "--fail-on", "strict"])[1] > 0);
    let weak = weak();
    assert!(agrees("weak", &weak, &["check"])[1] > 2);
    agrees("security", &weak, &["check", "--fail-on", "security"]);
    weak.write("deploy/nginx/nginx.conf", "http { server {");
    assert!(agrees("broken", &weak, &["check"])[0] > 0);
    weak.write("secgen.yaml", "version: 1\n");
    assert!(agrees("no spec", &weak, &["check"])[0] > 0);
}

/// Several specs: totals are sums, and the worst exit code counts.
#[test]
fn over_workspaces_and_waivers() {
    let project = workspace();
    let alone: Vec<Totals> =
        ["secgen.yaml", "services/admin/secgen.yaml", "services/pay/secgen.yaml"].map(|spec| agrees(spec, &project, &["check", "--spec", spec])).to_vec();
    let sum: Totals = std::array::from_fn(|i| alone.iter().map(|totals| totals[i]).sum());
    // Alone, a spec says that it is one of several, which is no finding.
    assert_eq!(agrees("workspace", &project, &["check", "--workspace"]), sum, "{alone:?}");
    assert!(sum[1] > 3 && sum[4] == 2, "{sum:?}");
    agrees("strict", &project, &["check", "--workspace", "--fail-on", "strict"]);
    assert_eq!(agrees("a part", &project, &["check", "--workspace", "services/pay"])[4], 2);
    agrees("floor", &project, &["check", "--workspace", "--floor", "secgen:recommended"]);
    agrees("validate", &project, &["validate", "--workspace"]);
    std::fs::remove_file(project.path().join("services/pay/secgen.waivers.yaml")).unwrap();
    let without = agrees("without waivers", &project, &["check", "--workspace"]);
    assert_eq!((without[1], without[4]), (sum[1] + 2, 0), "{without:?}");
    project.write("services/broken/secgen.yaml", "version: 1\nhtpp: {}\n");
    project.write("services/near/secgen.yml", "version: 1\n");
    project.write("services/twice/secgen.yaml", project.read("secgen.yaml"));
    assert!(agrees("broken", &project, &["check", "--workspace"])[0] >= 3);
    agrees("nothing", &Project::empty(), &["check", "--workspace"]);
}

/// What is printed is what the file holds, and no format changes the exit code.
#[test]
fn standard_output_and_files_are_the_same() {
    let project = weak();
    for (args, code) in
        [(&["check"][..], 1), (&["validate"], 0), (&["render", "--dry-run"], 2), (&["check", "--fail-on", "none"], 0), (&["check", "--env", "x"], 2)]
    {
        let all = All::new(&project, args);
        assert_eq!(all.run.code, Some(code), "{args:?}: {}{}", all.run.out, all.run.err);
        for format in FORMATS {
            let run = project.run(&[args, &["--format", format]].concat());
            assert_eq!((run.code, run.out), (Some(code), all.text(format)), "{args:?} {format}");
        }
    }
}

#[test]
fn a_dry_run_says_its_exit_code_in_every_format() {
    let project = Project::example("quickstart");
    let all = All::new(&project, &["render", "--dry-run"]);
    all.run.exits(1);
    assert_eq!((json(&all).1, sarif(&all).1, markdown(&all).1, html(&all).1, oscal(&all).1), (1, 1, 1, 1, 1));
    assert!(all.text("text").ends_with("files would change, 1 warning\n"), "{}", all.text("text"));
}

fn trees(folder: &Path, file: &str) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    walk.into_iter().flatten().map(walkdir::DirEntry::into_path).filter(|p| p.file_name().is_some_and(|n| n == file)).collect()
}

#[test]
fn over_the_fixtures() {
    let folder = project().join("tests/targets");
    let empty = Project::empty();
    let mut sums = [0; 5];
    let mut seen = 0;
    for (kind, file) in [("nginx", "nginx.conf"), ("postgres", "postgresql.conf"), ("cargo", "deny.toml")] {
        for tree in trees(&folder.join(kind), file) {
            let source = format!("{kind}={}", tree.display());
            let totals = agrees(&source, &empty, &["check", "--spec", "secgen:hardened", "--source", &source]);
            sums = std::array::from_fn(|i| sums[i] + totals[i]);
            seen += 1;
        }
    }
    assert!(seen > 40 && sums[0] > 10 && sums[1] > 100, "{seen} trees, {sums:?}");
}

/// Each file of the corpora is a source of its own; a hundred of them are one run.
#[test]
fn over_the_corpora() {
    let Some(corpus) = shared("agreement of the formats over the corpora") else { return };
    let empty = Project::empty();
    let mut sums = [0; 5];
    for kind in ["nginx", "postgres", "cargo"] {
        let files: Vec<PathBuf> = walkdir::WalkDir::new(corpus.join("corpus").join(kind))
            .sort_by_file_name()
            .into_iter()
            .flatten()
            .filter(|e| e.file_type().is_file() && e.file_name() != "MANIFEST.tsv")
            .map(walkdir::DirEntry::into_path)
            .filter(|p| kind != "cargo" || p.extension().is_some_and(|e| e == "toml"))
            .collect();
        for chunk in files.chunks(100) {
            let sources: Vec<String> = chunk.iter().map(|p| format!("{kind}={}", p.display())).collect();
            let mut args = vec!["check", "--spec", "secgen:recommended"];
            for source in &sources {
                args.extend(["--source", source]);
            }
            let totals = agrees(&sources[0], &empty, &args);
            sums = std::array::from_fn(|i| sums[i] + totals[i]);
        }
    }
    assert!(sums.iter().take(2).all(|n| *n > 100), "{sums:?}");
}
