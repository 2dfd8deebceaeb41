//! `security.mk`: scans that everybody runs alike, on a desk and in CI.
//!
//! Written as goals with recipe lines, and read back the same way: what a line must say is known for each goal, so an edit
//! is seen line by line, and the services that may be tested are read as a value.

use super::encode;
use super::plan::{Plan, install};
use crate::policy::intents::is_here;
use crate::spec::Analysis;
use std::collections::BTreeSet;
use std::ops::Range;

/// A goal with what it needs and does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Goal {
    /// Its name.
    pub name: String,
    /// Goals before it.
    pub needs: Vec<String>,
    /// Its recipe, without the tab.
    pub lines: Vec<String>,
}

/// Lines before the goals that make a value from outside stay one.
pub(super) const HEAD: [&str; 2] = ["override PEN_TEST_TARGET := $(value PEN_TEST_TARGET)", "export PEN_TEST_TARGET"];

/// A word of the shell. What [`encode::shell`] refuses was refused before, by [`Plan::new`] and the types of the spec.
fn quote(text: &str) -> String {
    encode::shell(text).unwrap_or_default()
}

/// A line that stops, and says why and what to do.
fn or_stop(test: &str, words: &str) -> String {
    format!("@{test} >/dev/null 2>&1 || {{ echo {} >&2; exit 2; }}", quote(words))
}

/// The goal of a program.
fn goal_of(analysis: Analysis) -> &'static str {
    match analysis {
        Analysis::CargoDeny => "security-deny",
        Analysis::CargoAudit => "security-audit",
    }
}

fn analysis(plan: &Plan, analysis: Analysis) -> Goal {
    let (name, program) = (goal_of(analysis), analysis.name());
    let (probe, command) = match analysis {
        Analysis::CargoDeny => ("cargo deny --version", "cargo deny --locked --all-features check"),
        Analysis::CargoAudit => ("cargo audit --version", "cargo audit --deny warnings"),
    };
    let missing = format!("{name}: {program} is missing. Get it: {}", install(program));
    Goal { name: name.to_owned(), needs: Vec::new(), lines: vec![or_stop(probe, &missing), plan.cargo(command, quote)] }
}

/// The line that lets only services of a list through.
pub(super) fn guard<'a>(spec: &str, targets: impl IntoIterator<Item = &'a str>) -> String {
    let listed: Vec<String> = targets.into_iter().map(quote).collect();
    let stop = |words: &str| format!("echo {} >&2; exit 2", quote(words));
    let empty = stop("pen-test: which service? make pen-test PEN_TEST_TARGET=https://...");
    let foreign = stop(&format!("pen-test: this service is not in operations.pen_test.targets of {spec}, and is not tested"));
    let allowed = if listed.is_empty() { String::new() } else { format!(" {}) ;;", listed.join("|")) };
    format!("@case \"$$PEN_TEST_TARGET\" in '') {empty} ;;{allowed} *) {foreign} ;; esac")
}

/// The services of a guard, where it is a line that [`guard`] writes.
fn guarded(spec: &str, line: &str) -> Option<BTreeSet<String>> {
    // Nothing but the list differs from a guard without one.
    let none = guard(spec, []);
    let (before, after) = none.split_at(none.find(" *) ")?);
    let list = line.strip_prefix(before)?.strip_suffix(after)?;
    let mut found = BTreeSet::new();
    if !list.is_empty() {
        let list = list.strip_prefix(' ')?.strip_suffix(") ;;")?;
        found.extend(list.split('|').map(|word| word.trim_matches('\'').replace("$$", "$")));
    }
    (guard(spec, found.iter().map(String::as_str)) == line).then_some(found)
}

/// The line that runs ZAP.
fn scan(plan: &Plan, image: &str) -> String {
    let network = if plan.scan_targets.iter().any(|target| is_here(target)) { " --network host" } else { "" };
    let conf = quote(&format!("/{}:/zap/wrk/zap-baseline.conf:ro", plan.at("zap-baseline.conf")));
    format!(
        "docker run --rm{network} -v \"$$PWD/target/zap:/zap/wrk:rw\" -v \"$$PWD\"{conf} {} zap-baseline.py -I -t \"$$PEN_TEST_TARGET\" -c zap-baseline.conf -J zap.json -r zap.html",
        quote(image)
    )
}

/// The image of a line that [`scan`] writes.
fn scanned(plan: &Plan, line: &str) -> Option<String> {
    let none = scan(plan, "");
    let (before, after) = none.split_at(none.find(" '' ")? + 2);
    let image = line.strip_prefix(before)?.strip_suffix(after)?;
    (scan(plan, image) == line).then(|| image.to_owned())
}

fn pen_test(plan: &Plan) -> Goal {
    let mut lines = vec![guard(&plan.spec, plan.scan_targets.iter().map(String::as_str))];
    if !plan.scan_targets.is_empty() {
        let conf = plan.at("zap-baseline.conf");
        lines.push(or_stop("command -v docker", "pen-test: docker is missing, which OWASP ZAP runs in. Get it: https://docs.docker.com/get-docker/"));
        lines.push(or_stop(&format!("test -f {}", quote(&conf)), &format!("pen-test: {conf} is missing. Get it: secgen render")));
        // ZAP writes its report as a user of its own.
        lines.push("@mkdir -p target/zap && chmod 777 target/zap".to_owned());
        lines.push(scan(plan, &plan.image));
    }
    Goal { name: "pen-test".to_owned(), needs: Vec::new(), lines }
}

/// Every goal.
pub(super) fn goals(plan: &Plan) -> Vec<Goal> {
    let programs: Vec<Goal> = plan.analyses.iter().map(|a| analysis(plan, *a)).collect();
    let needs = std::iter::once("security-drift".to_owned()).chain(programs.iter().map(|g| g.name.clone())).collect();
    let missing = format!("security-drift: secgen is missing. Get it: {}", super::install_secgen());
    let drift = vec![or_stop("command -v secgen", &missing), format!("{} check", plan.secgen(quote))];
    let mut goals =
        vec![Goal { name: "security-scan".to_owned(), needs, lines: Vec::new() }, Goal { name: "security-drift".to_owned(), needs: Vec::new(), lines: drift }];
    goals.extend(programs);
    goals.push(pen_test(plan));
    goals
}

/// A logical line of a makefile: continued lines are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its text, without a comment.
    pub text: String,
    /// Whether it is one of a recipe.
    pub is_recipe: bool,
    /// Where it stands.
    pub range: Range<usize>,
}

/// The lines of a makefile that count. A comment goes on behind a backslash, as every line does (GNU make manual, 3.1.1).
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let (mut at, mut is_open, mut is_comment) = (0, false, false);
    for piece in text.split_inclusive('\n') {
        let whole = piece.strip_suffix('\n').unwrap_or(piece);
        let whole = whole.strip_suffix('\r').unwrap_or(whole);
        // Only a backslash at the very end goes on, and two of them are none.
        let goes_on = (whole.len() - whole.trim_end_matches('\\').len()) % 2 == 1;
        let bare = if goes_on { whole } else { whole.trim_end_matches([' ', '\t']) };
        let range = at..at + bare.len();
        at += piece.len();
        let own = if goes_on { bare.strip_suffix('\\').unwrap_or(bare) } else { bare };
        if !is_open {
            is_comment = bare.trim_matches([' ', '\t']).is_empty() || bare.trim_start_matches(' ').starts_with('#');
        }
        match out.last_mut() {
            _ if is_comment => {}
            Some(last) if is_open => {
                last.text.push_str(own.trim_start());
                last.range.end = range.end;
            }
            _ => out.push(Line { text: own.trim_start_matches('\t').to_owned(), is_recipe: bare.starts_with('\t'), range }),
        }
        is_open = goes_on;
    }
    out
}

/// What a makefile says.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    /// Programs that `security-scan` runs, as far as their goals are as they must be.
    pub analyses: BTreeSet<String>,
    /// Where its goals stand.
    pub scan_at: Option<Range<usize>>,
    /// Services that may be tested; `None` where the guard is none of ours.
    pub targets: Option<BTreeSet<String>>,
    /// Where the guard stands, or its goal.
    pub guard_at: Option<Range<usize>>,
    /// The image of ZAP; `None` where the line is none of ours, or is not there.
    pub image: Option<String>,
    /// Where ZAP is run.
    pub image_at: Option<Range<usize>>,
    /// All other lines by their place: `pen-test:2`.
    pub others: Vec<(String, String)>,
    /// Why nothing is known of what the goals do, where that is so: something beside them changes what they mean.
    pub unknown: Option<String>,
}

/// The line that says that goals are no files.
fn phony(goals: &[Goal]) -> String {
    std::iter::once(".PHONY:").chain(goals.iter().map(|goal| goal.name.as_str())).collect::<Vec<_>>().join(" ")
}

/// What [`read`] must find beside the values.
pub(super) fn others(plan: &Plan) -> Vec<(String, String)> {
    let goals = goals(plan);
    let phony = phony(&goals);
    let head = HEAD.into_iter().chain([phony.as_str()]).enumerate();
    let mut all: Vec<(String, String)> = head.map(|(i, line)| (format!("head:{}", i + 1), line.to_owned())).collect();
    for goal in &goals {
        all.push((goal.name.clone(), goal.needs.join(" ")));
        let is_value = |i: usize, line: &str| goal.name == "pen-test" && (i == 0 || line.starts_with("docker run"));
        let lines = goal.lines.iter().enumerate().filter(|(i, line)| !is_value(*i, line));
        all.extend(lines.map(|(i, line)| (format!("{}:{}", goal.name, i + 1), line.clone())));
    }
    all
}

/// Reads a makefile that `plan` rendered before, or somebody edited since.
pub(super) fn read(text: &str, plan: &Plan) -> Read {
    let mut read = Read::default();
    let mut heads: Vec<String> = Vec::new();
    let mut recipes: Vec<(String, String, Vec<Line>)> = Vec::new();
    for line in lines(text) {
        match (line.is_recipe, line.text.split_once(':'), recipes.last_mut()) {
            (true, _, Some((_, _, recipe))) => recipe.push(line),
            (false, Some((name, needs)), _) if !name.contains(['=', ' ', '\t', '$', '.']) && !needs.contains(['=', ';', ':']) => {
                if name == "security-scan" {
                    read.scan_at = Some(line.range.clone());
                }
                recipes.push((name.to_owned(), needs.split_whitespace().collect::<Vec<_>>().join(" "), Vec::new()));
            }
            _ => heads.push(line.text),
        }
    }
    let goals = goals(plan);
    read.unknown = unknown(&goals, &heads, &recipes);
    read.others.extend(heads.into_iter().enumerate().map(|(i, text)| (format!("head:{}", i + 1), text)));
    let needed: BTreeSet<&str> = recipes.iter().filter(|(name, ..)| name == "security-scan").flat_map(|(_, needs, _)| needs.split(' ')).collect();
    for program in [Analysis::CargoDeny, Analysis::CargoAudit] {
        let wanted = analysis(plan, program);
        let is_same = |recipe: &[Line]| recipe.iter().map(|l| l.text.as_str()).eq(wanted.lines.iter().map(String::as_str));
        if needed.contains(wanted.name.as_str()) && recipes.iter().any(|(name, _, recipe)| *name == wanted.name && is_same(recipe)) {
            read.analyses.insert(program.name().to_owned());
        }
    }
    for (name, needs, recipe) in recipes {
        read.others.push((name.clone(), needs));
        for (i, line) in recipe.into_iter().enumerate() {
            if name == "pen-test" && i == 0 {
                read.targets = guarded(&plan.spec, &line.text);
                read.guard_at = Some(line.range.clone());
                if read.targets.is_some() {
                    continue;
                }
            }
            if name == "pen-test" && line.text.starts_with("docker run") {
                read.image = scanned(plan, &line.text);
                read.image_at = Some(line.range.clone());
                if read.image.is_some() {
                    continue;
                }
            }
            read.others.push((format!("{name}:{}", i + 1), line.text));
        }
    }
    // A line beside the guard can test what the guard refuses.
    let of_scan = |all: &[(String, String)]| all.iter().filter(|(place, _)| place.starts_with("pen-test")).cloned().collect::<Vec<_>>();
    if of_scan(&read.others) != of_scan(&others(plan)) {
        read.targets = None;
    }
    read
}

/// Why nothing is known of the goals: a line that make may read in another way, a goal twice, or none of ours.
fn unknown(goals: &[Goal], heads: &[String], recipes: &[(String, String, Vec<Line>)]) -> Option<String> {
    let phony = phony(goals);
    if !heads.iter().map(String::as_str).eq(HEAD.into_iter().chain([phony.as_str()])) {
        return Some("lines before the goals were changed, and can change what every goal does".to_owned());
    }
    for (i, (name, needs, _)) in recipes.iter().enumerate() {
        let Some(goal) = goals.iter().find(|g| g.name == *name) else { return Some("there is a goal that secgen does not write".to_owned()) };
        if recipes[..i].iter().any(|(other, ..)| other == name) {
            return Some("a goal stands twice, and the later one counts".to_owned());
        }
        if name != "security-scan" && *needs != goal.needs.join(" ") {
            return Some("what goes before a goal was changed".to_owned());
        }
    }
    let drift = goals.iter().find(|g| g.name == "security-drift");
    let is_same = |recipe: &[Line]| drift.is_some_and(|goal| recipe.iter().map(|l| l.text.as_str()).eq(goal.lines.iter().map(String::as_str)));
    let runs_drift = recipes.iter().any(|(name, needs, _)| name == "security-scan" && needs.split(' ').any(|need| need == "security-drift"));
    if !runs_drift || !recipes.iter().any(|(name, _, recipe)| name == "security-drift" && is_same(recipe)) {
        return Some("security-drift, which runs secgen, was changed".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::of_tests(&["https://a.example.com", "https://b.example.com"])
    }

    #[test]
    fn a_guard_is_read_as_its_list() {
        let list = |line: &str| guarded("secgen.yaml", line).map(|l| l.into_iter().collect::<Vec<_>>());
        let line = guard("secgen.yaml", ["https://a.example.com", "https://b.example.com"]);
        assert_eq!(list(&line), Some(vec!["https://a.example.com".to_owned(), "https://b.example.com".to_owned()]));
        assert_eq!(list(&guard("secgen.yaml", [])), Some(Vec::new()));
        for edited in [line.replace("'https://b.example.com'", "*"), line.replace("exit 2", "exit 0"), format!("-{line}"), format!("{line} || true")] {
            assert_eq!(list(&edited), None, "{edited}");
        }
    }

    #[test]
    fn continued_lines_are_one() {
        let found = lines("a: b \\\n  c\n# comment\n\tx \\\n\ty\n\n");
        let texts: Vec<(&str, bool)> = found.iter().map(|l| (l.text.as_str(), l.is_recipe)).collect();
        assert_eq!(texts, [("a: b c", false), ("x y", true)]);
        assert_eq!(lines("# a \\\nb: c\n").len(), 0, "a comment goes on");
        assert_eq!(lines("x \\\n# a\n").len(), 1, "what goes on is no comment of its own");
    }

    #[test]
    fn what_stands_beside_the_goals_can_change_them() {
        let plan = plan();
        let mut text = HEAD.join("\n");
        let goals = goals(&plan);
        text.push_str(&format!("\n{}\n", phony(&goals)));
        for goal in &goals {
            text.push_str(&format!("{}: {}\n", goal.name, goal.needs.join(" ")));
            goal.lines.iter().for_each(|line| text.push_str(&format!("\t{line}\n")));
        }
        let whole = read(&text, &plan);
        assert_eq!((whole.unknown, whole.analyses.len(), whole.others), (None, 2, others(&plan)));
        for line in
            ["SHELL := /bin/true\n", ".IGNORE:\n", "MAKEFLAGS += -i\n", "pen-test:\n\ttrue\n", "include other.mk\n", "pen-test: SHELL=/bin/true\n", "%: x\n"]
        {
            assert!(read(&format!("{text}{line}"), &plan).unknown.is_some(), "{line}");
        }
    }
}
