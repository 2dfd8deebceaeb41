//! From policies to proven texts, and from texts to the disk.

pub mod engine;
pub mod header;
pub mod lock;
mod places;
pub mod state;
pub mod write;

use crate::finding::{Finding, Language, Rule, Severity, Snippet, cited};
use crate::policy::{Loaded, Policy, SAME_OUTPUT};
use crate::source::{Sources, Span};
use crate::strictness::Order;
use crate::targets::{self, Artifact, Body, Fact, Found, Target};
use engine::Engine;

/// An artifact that does not say what the policy says.
pub static UNPROVEN: Rule = Rule {
    name: "artifact-unproven",
    title: "A rendered file, read back, does not say what the policy says.",
    severity: Severity::High,
    explain: "Before anything is written, every file is read back from its bytes alone by the reader that `secgen check` uses, and must say exactly \
              what the policy asks for. A value that its grammar cannot hold is refused here, and nothing is written. If the value looks harmless, this is a \
              fault of secgen: please report it with the spec.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # what is read back from a rendered file:   Referrer-Policy: no-referrer unsafe-url
        http: { headers: { referrer_policy: no-referrer } }
    ",
    ),
    good: Snippet(
        r"
        # what is read back from a rendered file:   Referrer-Policy: no-referrer
        http: { headers: { referrer_policy: no-referrer } }
    ",
    ),
    keys: &[],
    references: cited::CHANGE,
    sources: &[],
};

/// An output path that must not be written.
pub static OUTPUT_PATH: Rule = Rule {
    name: "output-path-refused",
    title: "An output path must not be written.",
    severity: Severity::High,
    explain: "secgen writes regular files inside the root only: never through a symbolic link, never into .git, never over the spec, its \
              layers, the waivers, the lock or the log of tasks, and never two artifacts to one path.",
    language: Language::Text,
    spec: Snippet(""),
    bad: Snippet("deploy/nginx -> /etc/nginx        # targets.nginx.out: deploy/nginx"),
    good: Snippet("deploy/nginx/                     # a folder of the repository"),
    keys: &["targets"],
    references: cited::CHANGE,
    sources: &[],
};

/// A file that was rendered in memory and proven.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What it is.
    pub artifact: Artifact,
    /// The environments it is for; empty where the spec declares none.
    pub envs: Vec<String>,
    /// Its whole text.
    pub text: String,
    /// The canonical form of its body.
    pub canonical: Vec<u8>,
}

/// Which environments and targets a command is about. Empty means all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Names of environments.
    pub envs: Vec<String>,
    /// Names of targets.
    pub targets: Vec<String>,
}

impl Selection {
    /// Whether everything is selected.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.envs.is_empty() && self.targets.is_empty()
    }

    /// The selected policies.
    pub fn policies<'a>(&'a self, loaded: &'a Loaded) -> impl Iterator<Item = &'a Policy> {
        loaded.policies.iter().filter(|p| self.envs.is_empty() || p.env.as_ref().is_some_and(|e| self.envs.contains(e)))
    }

    /// The selected targets that a policy lists.
    pub fn targets<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = &'static dyn Target> + 'a {
        targets::ALL.into_iter().filter(|t| t.is_used(policy) && (self.targets.is_empty() || self.targets.iter().any(|n| n == t.name())))
    }
}

/// Renders everything in memory and proves it by reading it back.
///
/// # Errors
/// What cannot be rendered; then nothing may be written.
pub fn render(loaded: &Loaded, selection: &Selection, sources: &Sources) -> Result<Vec<Rendered>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut rendered: Vec<Rendered> = Vec::new();
    let mut engines: Vec<(&'static str, Engine)> = Vec::new();
    // Files that several environments share are rendered once, and always for all of them.
    let mut shared: Vec<(&'static str, String)> = Vec::new();
    for policy in selection.policies(loaded) {
        for target in selection.targets(policy) {
            let folder = target.shares(policy);
            let members: Vec<&Policy> = match &folder {
                None => vec![policy],
                Some(folder) if shared.contains(&(target.name(), folder.clone())) => continue,
                Some(folder) => {
                    shared.push((target.name(), folder.clone()));
                    loaded.policies.iter().filter(|p| target.is_used(p) && target.shares(p).as_ref() == Some(folder)).collect()
                }
            };
            let artifacts = if folder.is_some() { target.shared_artifacts(&members) } else { target.artifacts(policy) };
            let artifacts = match artifacts {
                Ok(artifacts) => artifacts,
                Err(refusals) => {
                    let env = |f: &Finding| if folder.is_some() { f.env.clone() } else { policy.env.clone() };
                    findings.extend(refusals.into_iter().map(|f| Finding { env: env(&f), target: Some(target.name()), ..f }));
                    continue;
                }
            };
            for artifact in artifacts {
                if !engines.iter().any(|(name, _)| *name == target.name()) {
                    match Engine::new(target) {
                        Ok(engine) => engines.push((target.name(), engine)),
                        Err(why) => {
                            findings.push(unproven(&artifact, policy, &why));
                            continue;
                        }
                    }
                }
                let Some((_, engine)) = engines.iter().find(|(name, _)| *name == target.name()) else { continue };
                match one(engine, target, policy, artifact) {
                    Ok(file) => {
                        let envs = members.iter().filter_map(|p| p.env.clone()).collect();
                        add(&mut rendered, Rendered { envs, ..file }, policy, &mut findings);
                    }
                    Err(finding) => findings.push(*finding),
                }
            }
        }
    }
    // The stamp comes last: files that several environments share name them all.
    for file in &mut rendered {
        let env = (!file.envs.is_empty()).then(|| file.envs.join(", "));
        file.text = format!("{}{}", header::stamp(&file.artifact, &loaded.path, env.as_deref(), &file.canonical), file.text);
        // A file is read back for each environment that it is for.
        for policy in loaded.policies.iter().filter(|p| p.env.as_ref().is_none_or(|env| file.envs.contains(env))) {
            if let Err(why) = prove(file, policy, sources) {
                findings.push(unproven(&file.artifact, policy, &why));
            }
        }
    }
    findings.extend(places::refused(loaded, &rendered));
    if findings.is_empty() { Ok(rendered) } else { Err(findings) }
}

fn unproven(artifact: &Artifact, policy: &Policy, why: &str) -> Finding {
    let mut finding = Finding::error(&UNPROVEN, format!("{} cannot be rendered: {why}", artifact.path)).path(&artifact.path).help(
        if matches!(artifact.body, Body::Own { .. }) {
            "correct the template, or the value in the spec; nothing was written"
        } else {
            "correct the value in the spec; nothing was written"
        },
    );
    // The key of the value that broke out, if the artifact can name it.
    let key = artifact.expected_in(policy.env.as_deref()).iter().map(|(key, _)| key).find(|key| why.contains(key.as_str()));
    if let Some(key) = key {
        finding = finding.intent(key);
        if let Some(span) = policy.origin(key) {
            finding = finding.at(span, "this value");
        }
    }
    finding.env.clone_from(&policy.env);
    finding.target = Some(artifact.target);
    finding
}

fn one(engine: &Engine, target: &dyn Target, policy: &Policy, mut artifact: Artifact) -> Result<Rendered, Box<Finding>> {
    let fail = |artifact: &Artifact, why: &str| Box::new(unproven(artifact, policy, why));
    let body = engine.body(&artifact).map_err(|why| fail(&artifact, &why))?;
    if body.contains('\r') || body.contains('\0') {
        return Err(fail(&artifact, "a control character reached the output"));
    }
    // The header is comments, which never count.
    let canonical = target.canonical(artifact.kind, &body).ok_or_else(|| fail(&artifact, "the rendered text does not parse"))?;
    // A template of the user's own may use anything of the policy: what was asked for is what it says.
    if matches!(artifact.body, Body::Own { .. }) {
        artifact.inputs.push(("body".to_owned(), header::digest(&canonical)));
    }
    Ok(Rendered { artifact, envs: policy.env.iter().cloned().collect(), text: body, canonical })
}

/// Adds a file; one that another environment renders with the same bytes is shared, with other bytes is an error.
fn add(rendered: &mut Vec<Rendered>, file: Rendered, policy: &Policy, findings: &mut Vec<Finding>) {
    let key = |path: &str| path.to_lowercase();
    let Some(other) = rendered.iter_mut().find(|r| key(&r.artifact.path) == key(&file.artifact.path)) else {
        rendered.push(file);
        return;
    };
    if other.text == file.text && other.artifact.path == file.artifact.path && other.artifact.target == file.artifact.target && other.envs != file.envs {
        other.envs.extend(file.envs);
        return;
    }
    let (a, b) = (other.envs.join(", "), file.envs.join(", "));
    let path = &file.artifact.path;
    let mut finding = if a == b {
        Finding::error(&OUTPUT_PATH, format!("two artifacts would be written to {path}")).help("give the two different places in out")
    } else {
        Finding::error(&SAME_OUTPUT, format!("environments {a} and {b} would write different files to {path}")).help(format!(
            "write {{env}} into {}, such as {}",
            file.artifact.out_key(),
            crate::source::join(crate::source::folder_of(path), if file.artifact.out_key.is_some() { "{env}/..." } else { "{env}" }).unwrap_or_default()
        ))
    };
    let out = file.artifact.out_key();
    if let Some(span) = policy.origin(&out) {
        finding = finding.at(span, "written here");
    }
    findings.push(finding.intent(out).path(path));
}

/// Reads a file back from its bytes alone: it must say what was expected of an environment, by text and by value.
fn prove(file: &Rendered, policy: &Policy, sources: &Sources) -> Result<(), String> {
    let target = targets::by_name(file.artifact.target).ok_or("no such target")?;
    let mut alone = sources.anew();
    let id = alone.add(file.artifact.path.clone(), file.text.as_bytes());
    let header = header::parse(&file.text).ok_or("its header cannot be read back")?;
    if header != (header::Header { body: header::digest(&file.canonical), policy: header::policy_digest(&file.artifact), revision: file.artifact.revision }) {
        return Err("its header does not say what it is".to_owned());
    }
    let facts = target.read_artifact(file.artifact.kind, policy, &alone, id)?;
    let found: Vec<(&str, &str)> = facts.iter().map(|f| (f.intent.as_str(), fact_text(f))).collect();
    let expected: Vec<(&str, &str)> = file.artifact.expected_in(policy.env.as_deref()).iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    if found != expected {
        let differs = |i: usize| found.get(i) != expected.get(i);
        let i = (0..found.len().max(expected.len())).find(|i| differs(*i)).unwrap_or(0);
        return Err(match (found.get(i), expected.get(i)) {
            (None, Some((key, _))) => format!("{key} is missing when the file is read back"),
            (Some((key, _)), None) => format!("the file also sets {key} when it is read back"),
            (_, Some((key, text))) => format!("{key} does not read back as {}", redacted(text)),
            (None, None) => "it does not read back".to_owned(),
        });
    }
    for fact in &facts {
        if let (Some(intent), Found::Set { value, .. }) = (policy.intent(&fact.intent), &fact.found) {
            let comparison = intent.value.compare(value);
            if comparison.order != Order::Equal {
                return Err(format!("{} reads back with another effect: {}", fact.intent, comparison.why));
            }
        }
    }
    Ok(())
}

fn redacted(text: &str) -> String {
    let line: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    crate::finding::redact::line(&line)
}

/// The text of a fact, as written.
#[must_use]
pub fn fact_text(fact: &Fact) -> &str {
    match &fact.found {
        Found::Set { text, .. } | Found::Text(text) | Found::Invalid { text, .. } => text,
        _ => "",
    }
}

/// Text of users that would be lost, as an error: nothing may be written then, not even by force.
#[must_use]
pub fn lost(file: &Rendered, disk: &state::OnDisk, sources: &Sources) -> Option<Finding> {
    let lost = disk.lost.as_ref()?;
    let rule = targets::by_name(file.artifact.target)?.marks_rule()?;
    let path = &file.artifact.path;
    let mut finding = Finding::error(rule, format!("{path}: {}; nothing was written", lost.why)).path(path).help(&lost.help);
    if let Some(id) = disk.id {
        let range = sources.get(id).line_range(lost.line);
        finding = finding.at(Span::new(id, range.start, range.end), "this mark");
    }
    finding.target = Some(file.artifact.target);
    Some(finding)
}
