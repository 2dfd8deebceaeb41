//! The `operations` target: what people and CI do again and again, from the same spec.
//!
//! Files are made of one [`plan`] of the policy. Each is read back as values of intents and as lines by their place
//! ([`facts`]), so an edit that lets more through is weaker, and any other is told by its line.

mod artifacts;
mod documents;
mod encode;
mod facts;
mod makefile;
mod plan;
mod rules;
mod workflow;
mod yaml;
mod zap;

use super::{Artifact, Encoder, Fact, Input, Lost, Reading, Target};
use crate::document::{self, Node};
use crate::finding::{Finding, Rule, UNREADABLE};
use crate::policy::{Policy, intents, lints};
use crate::source::{MAX_CONFIG_BYTES, SourceId, Sources, Span};
use crate::spec::{CiSystem, OperationsTarget};
use plan::Plan;
use std::collections::HashSet;

/// The `operations` target.
#[derive(Debug)]
pub struct Operations;

fn target(policy: &Policy) -> Option<&OperationsTarget> {
    policy.spec.targets.as_ref()?.operations.as_ref()
}

/// The folder that is written to.
fn folder(policy: &Policy) -> Option<String> {
    Some(policy.out_folder(target(policy)?.out.as_ref()?))
}

/// How to get this secgen.
fn install_secgen() -> String {
    format!("cargo install --locked secgen@{}", env!("CARGO_PKG_VERSION"))
}

/// The CI system of a kind of file.
fn ci_of(kind: &str) -> Option<CiSystem> {
    [CiSystem::Github, CiSystem::Gitlab].into_iter().find(|ci| artifacts::kind(*ci) == kind)
}

/// The tree of a workflow.
fn tree(sources: &Sources, id: SourceId) -> Result<Node, String> {
    document::parse(sources, id).map_err(|findings| {
        let first = findings.first();
        let line = first.and_then(|f| f.primary.as_ref()).map_or(1, |label| sources.position(label.span).line);
        format!("line {line}: {}", first.map_or("it is no YAML", |f| f.message.as_str()))
    })
}

/// Keys that files of this target carry.
fn is_carried(key: &str) -> bool {
    key == "operations.static_analysis"
        || ["pen_test.", "ci.", "incident_response.", "security_txt.", "write_once."]
            .iter()
            .any(|part| key.strip_prefix("operations.").is_some_and(|rest| rest.starts_with(part)))
}

/// The names of hand-written files that are read.
const KNOWN: &str = "security.txt, SECURITY.md, dependabot.yml and incident-response.md";

fn unread(path: &str, message: String) -> Finding {
    Finding::error(&UNREADABLE, message).path(path)
}

impl Target for Operations {
    fn name(&self) -> &'static str {
        "operations"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        target(policy).is_some()
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        let patterns = target(policy).and_then(|t| t.check.as_ref());
        patterns.into_iter().flatten().map(|pattern| pattern.as_str().to_owned()).collect()
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        policy.intents.iter().map(|i| &i.key).filter(|key| is_carried(key)).cloned().collect()
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        self.shared_artifacts(&[policy])
    }

    /// Operations are of the service: all environments that name the folder share its files.
    fn shares(&self, policy: &Policy) -> Option<String> {
        folder(policy)
    }

    fn shared_artifacts(&self, policies: &[&Policy]) -> Result<Vec<Artifact>, Vec<Finding>> {
        let Some((policy, folder)) = policies.first().and_then(|policy| Some((*policy, folder(policy)?))) else { return Ok(Vec::new()) };
        if target(policy).and_then(|t| t.out.as_ref()).is_some_and(|out| out.as_str().contains('{')) {
            return Err(vec![rules::refused(policy, "they are of the whole service, so their folder cannot differ by environment")]);
        }
        let plan = Plan::new(policy, folder).map_err(|why| vec![rules::refused(policy, &why)])?;
        let mut all = vec![artifacts::makefile(policy, &plan), artifacts::zap(policies, &plan)];
        all.extend(intents::ci_systems(&policy.spec).into_iter().map(|ci| artifacts::workflow(policy, &plan, ci)));
        all.extend(artifacts::documents(policies, &plan).map_err(|why| vec![rules::refused(policy, &why)])?);
        Ok(all)
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("operations/security.mk.tera", include_str!("../../../templates/operations/security.mk.tera")),
            ("operations/document.md.tera", include_str!("../../../templates/operations/document.md.tera")),
        ]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[("word", encode::word), ("recipe", encode::recipe), ("line", documents::markdown::line)]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["makefile", "zap", "github", "gitlab", "runbook", "security-txt", "security-md", "dependabot"]
    }

    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>> {
        match kind {
            "makefile" => {
                let lines = makefile::lines(text).into_iter().map(|l| format!("{}{}\n", if l.is_recipe { "\t" } else { "" }, l.text));
                Some(lines.collect::<String>().into_bytes())
            }
            // ZAP reads lines; what it ignores does not count.
            "zap" => Some(zap::text_of(&zap::read(text).ok()?).into_bytes()),
            "runbook" | "security-md" => Some(documents::runbook::canonical(text).into_bytes()),
            "security-txt" => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                Some(lines.fold(String::new(), |all, line| format!("{all}{line}\n")).into_bytes())
            }
            "github" | "gitlab" | "dependabot" => {
                let mut sources = Sources::new(std::path::Path::new("."));
                let id = sources.add("workflow", text.as_bytes());
                Some(document::parse(&sources, id).ok()?.to_json().to_string().into_bytes())
            }
            _ => None,
        }
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let source = sources.get(id);
        let text = source.text().ok_or("it is not UTF-8")?;
        let plan = || Plan::new(policy, folder(policy).ok_or("the spec names no folder")?);
        let from = facts::From { policy, id, path: &source.path };
        match kind {
            "makefile" => Ok(facts::makefile(from, &plan()?, text)),
            "zap" => Ok(zap::read(text)?.into_iter().map(|(number, action)| from.other(format!("zap-baseline.conf:{number}"), action)).collect()),
            "runbook" => Ok(facts::runbook(from, text)),
            "security-txt" => Ok(facts::security_txt(from, &documents::security_txt::read(text))),
            "security-md" => Ok(facts::security_md(from, text)),
            "dependabot" => Ok(facts::dependabot(from, &tree(sources, id)?)),
            _ => {
                let ci = ci_of(kind).ok_or("there is no such file in this target")?;
                Ok(facts::workflow(from, ci, &plan()?, &tree(sources, id)?))
            }
        }
    }

    /// GitHub runs what lies in its folder; everything else has to be included or started by somebody.
    fn is_in_force(&self, artifact: &Artifact) -> bool {
        matches!(artifact.kind, "github" | "runbook" | "security-md" | "dependabot")
    }

    fn is_read_in_place(&self, kind: &str) -> bool {
        matches!(kind, "security-md" | "dependabot")
    }

    fn keep(&self, kind: &str, rendered: &str, existing: &str) -> Result<Option<String>, Lost> {
        if kind == "runbook" { documents::marks::keep(rendered, existing).map(Some) } else { Ok(None) }
    }

    fn marks_rule(&self) -> Option<&'static Rule> {
        Some(&rules::USER_MARKS)
    }

    fn dated(&self, sources: &Sources, read: &[SourceId], today: i64) -> Vec<Finding> {
        let own = read.iter().filter(|id| documents::kind_of(&sources.get(**id).path) == Some("security-txt"));
        own.filter_map(|id| {
            let source = sources.get(*id);
            let (day, range) = documents::security_txt::read(source.text()?).expires?;
            let mut finding = lints::expiry(&source.path, day, today)?;
            // The file is told apart from the spec's own day, and from other files.
            finding.place = Some(source.path.clone());
            if finding.kind != crate::finding::Kind::Warning {
                finding.why = format!("it expired on {}", crate::spec::scalar::format_date(day));
            }
            Some(finding.at(Span::new(*id, range.start, range.end), "").path(&source.path))
        })
        .collect()
    }

    fn claims(&self, _path: &str, _bytes: &[u8]) -> bool {
        false
    }

    /// The workflow where GitHub looks for it, and documents by their name; a rendered file that is not as it was rendered is
    /// judged as an edit.
    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        let mut reading = Reading::default();
        // A pattern may meet files that are about something else; whoever names a file wants it looked at.
        let patterns: Vec<String> = self.check_patterns(policy).iter().map(|pattern| policy.filled(pattern)).collect();
        let mut met: HashSet<String> =
            patterns.iter().filter(|pattern| pattern.contains(['*', '?', '['])).flat_map(|pattern| sources.expand(pattern)).collect();
        met.retain(|path| !patterns.contains(path));
        for input in inputs {
            let id = match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
                Ok(id) => id,
                Err(error) => {
                    reading.findings.push(Finding::unreadable(&error));
                    continue;
                }
            };
            let kind = match input.path.as_str() {
                path if path.ends_with(".gitlab/secgen.yml") => Some("gitlab"),
                path if path.ends_with("secgen.yml") => Some("github"),
                path => documents::kind_of(path),
            };
            let Some(kind) = kind else {
                if met.contains(&input.path) {
                    reading.not_examined.push((input.path.clone(), format!("its name is none of {KNOWN}")));
                } else {
                    let message = format!("{} is no file of operations that secgen knows by its name", input.path);
                    reading.findings.push(unread(&input.path, message).help(format!("name files called {KNOWN}, or take it out")));
                }
                continue;
            };
            if kind == "security-txt" {
                let source = sources.get(id);
                let read = source.text().map(documents::security_txt::read).unwrap_or_default();
                reading.findings.extend(read.problems.into_iter().map(|(range, why, help)| rules::no_security_txt(id, &source.path, range, &why, help)));
            }
            match self.read_artifact(kind, policy, sources, id) {
                Ok(facts) => {
                    reading.facts.extend(facts.into_iter().filter(|fact| policy.intent(&fact.intent).is_some()));
                    reading.sources.push(id);
                }
                Err(why) => {
                    let help = "correct the file; nothing of it counts until then";
                    reading.findings.push(unread(&input.path, format!("{} cannot be read: {why}", input.path)).help(help));
                }
            }
        }
        reading
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &rules::EVERY
    }
}
