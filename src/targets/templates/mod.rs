//! Files of kinds that secgen does not know, from templates of the user's own.
//!
//! The folder of templates is pinned by the spec (`policy/templates.rs`). `syntax` reads the part of the template language
//! that is allowed, `lint` holds it to the schema of the `context`, and `encode` has the ways of a value into the file.
//! Nothing is known of the file's grammar, so its canonical form is its bytes, and what is read back is the lines that the
//! spec declares (`lines`). That proves what the file says, and never what is in force: such a verdict is `rendered`.

mod carried;
pub mod context;
pub mod encode;
mod lines;
mod lint;
pub mod rules;
mod syntax;

use super::{Artifact, Body, Encoder, Fact, Found, Input, Reading, Target};
use crate::finding::{Cause, Finding, Rule};
use crate::policy::Policy;
use crate::policy::intents::header_texts;
use crate::source::{MAX_CONFIG_BYTES, SourceId, Sources};
use crate::spec::{CommentMark, TemplateOutput};
use context::TemplateContext;
use std::sync::Arc;

/// The target of the user's own templates.
#[derive(Debug)]
pub struct Templates;

/// The kind of file for each mark of a comment, in the order of [`CommentMark::ALL`].
static KINDS: [&str; 5] = ["hash", "slashes", "dashes", "semicolon", "percent"];

fn outputs(policy: &Policy) -> impl Iterator<Item = (&str, &TemplateOutput)> {
    policy.spec.templates.iter().filter_map(|t| t.outputs.as_ref()).flatten().map(|(name, output)| (name.as_str(), output))
}

fn kind(mark: CommentMark) -> &'static str {
    CommentMark::ALL.into_iter().zip(KINDS).find(|(known, _)| *known == mark).map_or(KINDS[0], |(_, kind)| kind)
}

/// The headers of the policy, name and value.
fn header_lines(policy: &Policy) -> Vec<(&'static str, String)> {
    let headers = policy.spec.http.as_ref().and_then(|h| h.headers.as_ref());
    headers.map(|headers| header_texts(headers).lines().into_iter().map(|(name, value)| (name, value.to_owned())).collect()).unwrap_or_default()
}

/// What reading the lines of an output back must find.
fn expected(policy: &Policy, output: &TemplateOutput) -> Vec<(String, String)> {
    let sent = header_lines(policy);
    let text = |field: super::field::Field| {
        let lines: Vec<Vec<&str>> =
            field.headers().iter().map(|header| sent.iter().filter(|(name, _)| name == header).map(|(_, value)| value.as_str()).collect()).collect();
        field.text(&lines)
    };
    lines::fields(policy, output).into_iter().map(|(field, key)| (key, text(field))).collect()
}

impl Target for Templates {
    fn name(&self) -> &'static str {
        "templates"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        policy.templates.is_some()
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        outputs(policy).filter_map(|(_, output)| output.check.as_ref()).flatten().map(ToString::to_string).collect()
    }

    fn check_key(&self, policy: &Policy, pattern: &str) -> String {
        let lists = |output: &TemplateOutput| output.check.iter().flatten().any(|p| policy.filled(p.as_str()) == pattern);
        let name = outputs(policy).find(|(_, output)| lists(output)).map_or("NAME", |(name, _)| name);
        format!("templates.outputs.{name}.check")
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        let read_back = outputs(policy).flat_map(|(_, output)| lines::fields(policy, output)).map(|(_, key)| key);
        let mut keys: Vec<String> = read_back.chain(outputs(policy).flat_map(|(_, output)| carried::keys(policy, output))).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        let Some(folder) = &policy.templates else { return Ok(Vec::new()) };
        let context = serde_json::to_value(TemplateContext::new(policy)).unwrap_or_default();
        let schema = context::schema();
        let (mut artifacts, mut findings) = (Vec::new(), Vec::new());
        for (name, output) in outputs(policy) {
            let template = output.template.as_str();
            let seen = match lint::check(folder, template, &schema, &context) {
                Ok(seen) => seen,
                Err(wrong) => {
                    let path = format!("{}/{}", folder.path, wrong.file.name);
                    let finding = Finding::error(&rules::REFUSED, format!("{path} cannot be used: {}", wrong.why))
                        .intent(format!("templates.outputs.{name}.template"))
                        .at(wrong.file.span(&wrong.at), "here")
                        .help("correct the template, and pin the folder anew; secgen schema template-context has the names");
                    findings.push(finding);
                    continue;
                }
            };
            let refused = carried::refused(policy, name, output, &seen.values);
            if !refused.is_empty() {
                findings.extend(refused);
                continue;
            }
            let mark = output.comment.unwrap_or_default();
            artifacts.push(Artifact {
                path: policy.out_folder(&output.out),
                out_key: Some(format!("templates.outputs.{name}.out")),
                target: self.name(),
                kind: kind(mark),
                comment: mark.text(),
                body: Body::Own { folder: Arc::new(folder.with(&seen.files)), name: template.to_owned(), context: context.clone() },
                expected: expected(policy, output),
                carries: carried::keys(policy, output),
                revision: 1,
                ..Artifact::default()
            });
        }
        if findings.is_empty() { Ok(artifacts) } else { Err(findings) }
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &encode::ENCODERS
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    /// All bytes but those of our own header: blanks and comments mean something in some grammars, so that nothing may
    /// differ but line ends.
    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>> {
        let mark = CommentMark::ALL.into_iter().zip(KINDS).find(|(_, known)| *known == kind)?.0.text();
        let text = text.replace("\r\n", "\n");
        let is = |line: &str, what: &str| line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(what));
        let mut lines = text.splitn(4, '\n');
        let head = [lines.next(), lines.next(), lines.next()];
        let body = match head {
            [Some(first), Some(second), Some("")] if is(first, " Generated by secgen from ") && is(second, " secgen:v1 ") => lines.next().unwrap_or_default(),
            _ => &text,
        };
        Some(body.as_bytes().to_vec())
    }

    fn read_artifact(&self, _kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let path = &sources.get(id).path;
        let (_, output) = outputs(policy).find(|(_, output)| policy.out_folder(&output.out) == *path).ok_or("no output of the spec has this path")?;
        let facts = lines::facts(policy, output, Cause::Value, sources, id);
        match facts.iter().find_map(|fact| match &fact.found {
            Found::Unverifiable(why) if !fact.related.is_empty() => Some(why),
            _ => None,
        }) {
            Some(why) => Err(why.clone()),
            // Of a line that is not there, the file says nothing.
            None => Ok(facts.into_iter().filter(|fact| !matches!(fact.found, Found::Unverifiable(_))).collect()),
        }
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        false
    }

    fn claims(&self, _path: &str, _bytes: &[u8]) -> bool {
        false
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        let mut reading = Reading::default();
        for input in inputs {
            let id = match input.id.map_or_else(|| sources.read(&input.path, MAX_CONFIG_BYTES), Ok) {
                Ok(id) => id,
                Err(error) => {
                    reading.findings.push(Finding::unreadable(&error));
                    continue;
                }
            };
            if sources.get(id).text().is_none() {
                reading.not_examined.push((input.path.clone(), "it is no UTF-8 text".to_owned()));
            }
            let mut is_listed = false;
            for (_, output) in outputs(policy) {
                let patterns = output.check.iter().flatten().map(|p| policy.filled(p.as_str()));
                if patterns.flat_map(|pattern| sources.expand(&pattern)).any(|path| path == input.path) {
                    is_listed = true;
                    reading.facts.extend(lines::facts(policy, output, Cause::NotShown, sources, id));
                }
            }
            if is_listed {
                reading.sources.push(id);
                reading
                    .not_examined
                    .push((input.path.clone(), "its grammar is not known: only the lines that templates.outputs declares were read".to_owned()));
            } else {
                reading.not_examined.push((input.path.clone(), "no output under templates.outputs lists it under check".to_owned()));
            }
        }
        reading
    }

    fn rules(&self) -> &'static [&'static Rule] {
        rules::ALL
    }
}
