//! Runs the shell steps of a composite action as GitHub's runner does: inputs become the environment of a step, `bash
//! --noprofile --norc -eo pipefail` runs its script, outputs are lines of a file, and a step that failed skips those after it
//! unless they say `always()`. Of expressions it knows what action.yml uses, and panics at anything else.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A job that uses the action.
pub(super) struct Job<'j> {
    /// The checkout; the runner's own files lie beside it.
    pub(super) folder: &'j Path,
    /// What expressions may name beside `inputs` and `steps`.
    pub(super) contexts: BTreeMap<String, String>,
    /// The environment of every step.
    pub(super) environment: BTreeMap<String, String>,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Skipped,
    Exit(i32),
    /// Another action, with what it is given.
    Uses(String, BTreeMap<String, String>),
}

/// How a job ended.
pub(super) struct Outcome {
    pub(super) steps: BTreeMap<String, Step>,
    /// Everything that the steps printed.
    pub(super) log: String,
    /// What they wrote into the job's summary.
    pub(super) summary: String,
    /// The outputs of the action.
    pub(super) outputs: BTreeMap<String, String>,
    /// Whether the job goes on after the action.
    pub(super) ok: bool,
}

impl Job<'_> {
    /// Runs all steps.
    pub(super) fn run(&self, action: &Value, inputs: &BTreeMap<&str, &str>) -> Outcome {
        let mut contexts = self.contexts.clone();
        for (name, input) in action["inputs"].as_object().unwrap() {
            let value = inputs.get(name.as_str()).copied().or_else(|| input["default"].as_str()).unwrap_or_default();
            contexts.insert(format!("inputs.{name}"), value.to_owned());
        }
        for name in inputs.keys() {
            assert!(contexts.contains_key(&format!("inputs.{name}")), "the action has no input {name}");
        }
        let mut outcome = Outcome { steps: BTreeMap::new(), log: String::new(), summary: String::new(), outputs: BTreeMap::new(), ok: true };
        for (number, step) in action["runs"]["steps"].as_array().unwrap().iter().enumerate() {
            let name = step["name"].as_str().unwrap().to_owned();
            let condition = step["if"].as_str().unwrap_or("success()");
            let wanted = (outcome.ok || condition.contains("always()")) && holds(condition, &contexts);
            let done = if !wanted {
                Step::Skipped
            } else if let Some(script) = step["run"].as_str() {
                assert_eq!(step["shell"].as_str(), Some("bash"), "{name}");
                self.script(number, step, script, &mut contexts, &mut outcome)
            } else {
                let with = step["with"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), expand(v.as_str().unwrap(), &contexts))).collect();
                Step::Uses(step["uses"].as_str().unwrap().to_owned(), with)
            };
            outcome.steps.insert(name, done);
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            outcome.outputs.insert(name.clone(), expand(output["value"].as_str().unwrap(), &contexts));
        }
        outcome
    }

    fn script(&self, number: usize, step: &Value, script: &str, contexts: &mut BTreeMap<String, String>, outcome: &mut Outcome) -> Step {
        let own = self.folder.parent().unwrap();
        let temp = own.join("temp");
        fs::create_dir_all(&temp).unwrap();
        let file = |kind: &str| {
            let path = own.join(format!("{kind}-{number}"));
            fs::write(&path, "").unwrap();
            path
        };
        let (code, output, summary) = (file("script"), file("output"), file("summary"));
        fs::write(&code, script).unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&code).current_dir(self.folder).env_clear();
        command.envs(&self.environment).env("RUNNER_TEMP", &temp).env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, expand(value.as_str().unwrap(), contexts));
        }
        let done = command.output().unwrap();
        outcome.log.push_str(&super::said(&done));
        outcome.summary.push_str(&fs::read_to_string(&summary).unwrap());
        let id = step["id"].as_str().unwrap_or_default();
        for line in fs::read_to_string(&output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            contexts.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        outcome.ok &= done.status.success();
        Step::Exit(done.status.code().unwrap())
    }
}

/// `${{ name }}` replaced, anywhere in a value.
fn expand(text: &str, contexts: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${{");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap();
        out.push_str(&value(name.trim(), contexts));
        out.push_str(rest);
    }
    out
}

/// What a name or a literal stands for; what nothing set is empty, as GitHub has it.
fn value(name: &str, contexts: &BTreeMap<String, String>) -> String {
    if let Some(literal) = name.strip_prefix('\'').and_then(|n| n.strip_suffix('\'')) {
        return literal.to_owned();
    }
    let known = name == "true" || ["inputs.", "steps.", "github."].iter().any(|p| name.starts_with(p));
    assert!(known && !name.contains([' ', '(']), "the runner of the tests does not know {name}");
    if name == "true" { name.to_owned() } else { contexts.get(name).cloned().unwrap_or_default() }
}

/// A conjunction of comparisons.
fn holds(condition: &str, contexts: &BTreeMap<String, String>) -> bool {
    let inner = condition.strip_prefix("${{").and_then(|c| c.strip_suffix("}}")).unwrap_or(condition);
    inner.split("&&").map(str::trim).all(|term| {
        if matches!(term, "always()" | "success()") {
            true
        } else if let Some((left, right)) = term.split_once("!=") {
            value(left.trim(), contexts) != value(right.trim(), contexts)
        } else {
            let (left, right) = term.split_once("==").unwrap();
            value(left.trim(), contexts) == value(right.trim(), contexts)
        }
    })
}
