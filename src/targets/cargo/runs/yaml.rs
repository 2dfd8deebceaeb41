//! YAML of other CI systems and of programs that run tasks: commands under the keys that hold commands, with the
//! neighbours that let them fail.

use super::call::{self, Aliases, Call};
use super::shell::{Failure, Shell};
use super::starts::Start;
use super::{Found, Seen, Way};
use crate::document::{Entry, Node, Value};
use crate::source::Sources;

/// Keys whose values are commands.
const COMMANDS: [&str; 19] = [
    "run",
    "runs",
    "script",
    "scripts",
    "before_script",
    "after_script",
    "commands",
    "command",
    "cmd",
    "cmds",
    "bash",
    "sh",
    "entry",
    "install",
    "before_install",
    "test",
    "steps",
    "tasks",
    "args",
];

/// Keys whose values say what something is called, when it runs or what it runs in: they start nothing.
const LABELS: [&str; 16] = [
    "name",
    "displayName",
    "description",
    "label",
    "key",
    "id",
    "stage",
    "stages",
    "image",
    "needs",
    "requires",
    "depends_on",
    "paths",
    "changes",
    "tags",
    "extends",
];

/// A tree to look through.
pub(super) struct Tree<'a> {
    pub(super) sources: &'a Sources,
    pub(super) path: &'a str,
    pub(super) aliases: &'a Aliases,
    pub(super) way: Way,
    /// Whether a list of commands ends at the first that fails.
    pub(super) shell: Shell,
    /// Templates that a job extends.
    pub(super) extended: Vec<String>,
}

/// The shell of a CI system, by the path of its file: GitLab's runner and CircleCI set `-eo pipefail`, a step of Azure
/// fails with its last command.
pub(super) fn shell(path: &str) -> Shell {
    let pipefail = path.starts_with(".gitlab") || path.starts_with(".circleci/");
    Shell { errexit: !path.starts_with("azure-pipelines") && !path.starts_with(".azure"), pipefail }
}

/// Templates that a job of GitLab extends, unless the job itself may fail or waits for somebody.
pub(super) fn extended(root: &Node) -> Vec<String> {
    let Value::Map(entries) = &root.value else { return Vec::new() };
    let names = |node: &Node| {
        let mut all = Vec::new();
        node.get("extends").into_iter().for_each(|e| flat(e, &mut all));
        all.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let is_job = |e: &&Entry| !e.key.starts_with('.') && verdict(&e.value, &Failure::Counts) == Failure::Counts;
    let mut found: Vec<String> = entries.iter().filter(is_job).flat_map(|e| names(&e.value)).collect();
    // Templates extend templates.
    let mut at = 0;
    while let Some(name) = found.get(at).cloned() {
        at += 1;
        for more in root.get(&name).map(names).unwrap_or_default() {
            if !found.contains(&more) {
                found.push(more);
            }
        }
    }
    found
}

/// Files of the same repository that a file of GitLab brings in, or starts as a pipeline of their own (`trigger: include`).
pub(super) fn local(root: &Node) -> Vec<String> {
    let jobs: &[Entry] = if let Value::Map(entries) = &root.value { entries } else { &[] };
    let triggers = jobs.iter().filter(|job| verdict(&job.value, &Failure::Counts) == Failure::Counts);
    let triggers = triggers.filter_map(|job| job.value.get("trigger")?.get("include"));
    let path = |item: &Node| match &item.value {
        Value::Text(text) if !text.contains("://") => Some(text.trim_start_matches('/').to_owned()),
        _ => item.get("local").and_then(word).map(|t| t.trim_start_matches('/').to_owned()),
    };
    let items = |include: &Node| if let Value::Seq(items) = &include.value { items.iter().filter_map(path).collect() } else { Vec::from_iter(path(include)) };
    root.get("include").into_iter().chain(triggers).flat_map(items).collect()
}

fn list(node: &Node) -> &[Node] {
    if let Value::Seq(items) = &node.value { items } else { &[] }
}

fn word(node: &Node) -> Option<&str> {
    if let Value::Text(text) = &node.value { Some(text) } else { None }
}

/// What a map says about failures of what stands in it.
fn verdict(map: &Node, inherited: &Failure) -> Failure {
    for key in ["continue-on-error", "continueOnError", "allow_failure", "ignore_error", "ignore_errors", "ignore_failure", "soft_fail"] {
        match map.get(key).map(|n| &n.value) {
            Some(Value::Bool(true)) => return Failure::Lost(format!("`{key}: true` lets it pass when it fails")),
            Some(Value::Bool(false) | Value::Null) | None => {}
            Some(_) => return Failure::Open(format!("`{key}` is decided at run time")),
        }
    }
    if map.get("failure").and_then(word) == Some("ignore") {
        return Failure::Lost("`failure: ignore` lets it pass when it fails".to_owned());
    }
    let when = |n: &Node| n.get("when").and_then(word).map(str::to_owned);
    let rules: Vec<Option<String>> = map.get("rules").map(list).unwrap_or_default().iter().map(when).collect();
    let rules_hold = !rules.is_empty() && rules.iter().all(|w| matches!(w.as_deref(), Some("never" | "manual")));
    if rules_hold || matches!(when(map).as_deref(), Some("manual" | "never")) || map.get("type").and_then(word) == Some("approval") {
        return Failure::Lost("it only runs when somebody starts it by hand".to_owned());
    }
    let stages = map.get("stages").map(list).unwrap_or_default();
    if !stages.is_empty() && stages.iter().all(|s| word(s) == Some("manual")) {
        return Failure::Lost("`stages: [manual]` runs it by hand only".to_owned());
    }
    inherited.clone()
}

impl Tree<'_> {
    /// Looks through a node and all below it; the reader of YAML has bounded how deep that is.
    pub(super) fn look(&self, node: &Node, inherited: &Failure, found: &mut Found) {
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.look(item, inherited, found)),
            Value::Map(entries) => self.map(node, entries, inherited, found),
            _ => {}
        }
    }

    fn map(&self, node: &Node, entries: &[Entry], inherited: &Failure, found: &mut Found) {
        let failure = verdict(node, inherited);
        if let (Some(repo), Some(hooks)) = (node.get("repo").and_then(word), node.get("hooks")) {
            self.hooks(repo, hooks, &failure, found);
        }
        let has_program = ["command", "cmd", "entry"].iter().find_map(|k| node.entry(k));
        for entry in entries {
            let failure = match entry.key.as_str() {
                "after_script" => Failure::Lost("what `after_script` does never fails a job".to_owned()),
                _ => failure.clone(),
            };
            // A job whose name starts with a dot is a template.
            let failure = match (&failure, entry.key.strip_prefix('.')) {
                (Failure::Counts, Some(_)) if !self.extended.contains(&entry.key) => {
                    Failure::Open(format!("{} is a template, which runs only where a job extends it", super::super::generation::shown(&entry.key)))
                }
                _ => failure,
            };
            if COMMANDS.contains(&entry.key.as_str()) {
                let arguments = has_program.filter(|p| p.key == entry.key).and_then(|_| node.get("args"));
                self.commands(&entry.value, arguments, &failure, found);
            } else if !LABELS.contains(&entry.key.as_str()) {
                let mut texts = Vec::new();
                flat(&entry.value, &mut texts);
                let own = Failure::Open(format!("what `{}` does is not known", super::super::generation::shown(&entry.key)));
                self.start(&texts.join("\n"), None, call::worse(failure.clone(), own), found);
            }
            if entry.key != "hooks" || node.get("repo").is_none() {
                self.look(&entry.value, &failure, found);
            }
        }
    }

    fn commands(&self, node: &Node, arguments: Option<&Node>, failure: &Failure, found: &mut Found) {
        let mut texts: Vec<&str> = Vec::new();
        flat(node, &mut texts);
        let mut text = texts.join("\n");
        if let Some(arguments) = arguments {
            let mut words = Vec::new();
            flat(arguments, &mut words);
            text = format!("{text} {}", words.join(" "));
        }
        self.start(&text, Some(self.shell), failure.clone(), found);
        self.add(node, call::calls(&text, self.shell, self.aliases), failure, found);
    }

    /// Notes what a CI file starts.
    fn start(&self, text: &str, shell: Option<Shell>, failure: Failure, found: &mut Found) {
        if matches!(self.way, Way::Ci) && !text.trim().is_empty() {
            found.start(Start { path: self.path.to_owned(), way: Way::Ci, text: text.to_owned(), shell, failure });
        }
    }

    fn add(&self, node: &Node, calls: Vec<Call>, failure: &Failure, found: &mut Found) {
        for call in calls {
            let failure = match (&call.failure, failure) {
                (_, Failure::Lost(_)) | (Failure::Counts, _) => failure.clone(),
                _ => call.failure.clone(),
            };
            let at = super::line_in(self.sources, node.span, call.tool, &found.seen);
            found.seen.push(Seen { path: self.path.to_owned(), way: self.way.clone(), at, call: Call { failure, ..call } });
        }
    }

    /// Hooks of pre-commit: their own commands, and the ones that the repositories of the two programs bring.
    fn hooks(&self, repo: &str, hooks: &Node, inherited: &Failure, found: &mut Found) {
        for hook in list(hooks) {
            let failure = verdict(hook, inherited);
            let mut arguments = Vec::new();
            if let Some(given) = hook.get("args") {
                flat(given, &mut arguments);
            }
            let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
            let id = hook.get("id").and_then(word).unwrap_or_default();
            if let Some(entry) = hook.get("entry").and_then(word) {
                let text = format!("{entry} {}", arguments.join(" "));
                self.add(hook, call::calls(&text, self.shell, self.aliases), &failure, found);
            } else if id == "cargo-deny" {
                // `.pre-commit-hooks.yaml` of cargo-deny: these are its arguments without others.
                let own = ["--all-features".to_owned(), "check".to_owned()];
                let call = call::deny(if hook.get("args").is_none() { &own } else { &arguments });
                let is_own = repo.trim_end_matches(".git").to_ascii_lowercase().ends_with("embarkstudios/cargo-deny");
                let failure = if is_own { failure } else { Failure::Open("the hook comes from another repository than cargo-deny's".to_owned()) };
                self.add(hook, call.into_iter().collect(), &failure, found);
            } else if id.contains("audit") && repo.contains("rust") {
                let failure = Failure::Open("the hook comes from a repository that secgen does not know".to_owned());
                self.add(hook, call::audit(&[]).into_iter().collect(), &failure, found);
            }
        }
    }
}

/// Texts of a node and of lists in it.
fn flat<'n>(node: &'n Node, out: &mut Vec<&'n str>) {
    match &node.value {
        Value::Text(text) => out.push(text),
        Value::Seq(items) => items.iter().for_each(|item| flat(item, out)),
        _ => {}
    }
}

/// Whether GitLab's file brings in what lies elsewhere: what cannot be looked at.
pub(super) fn includes(root: &Node) -> Vec<String> {
    let mut found = Vec::new();
    let Some(include) = root.get("include") else { return found };
    let one = std::slice::from_ref(include);
    let all = if let Value::Seq(items) = &include.value { items } else { one };
    for item in all {
        match &item.value {
            Value::Text(text) if text.contains("://") => found.push(text.clone()),
            Value::Map(entries) => found.extend(
                entries.iter().filter(|e| matches!(e.key.as_str(), "project" | "remote" | "component")).filter_map(|e| word(&e.value)).map(str::to_owned),
            ),
            _ => {}
        }
    }
    found
}

/// The scripts of `package.json`, which is YAML too.
pub(super) fn package(tree: &Tree<'_>, root: &Node, found: &mut Found) {
    let Some(Value::Map(scripts)) = root.get("scripts").map(|n| &n.value) else { return };
    for script in scripts {
        tree.commands(&script.value, None, &Failure::Counts, found);
    }
}
