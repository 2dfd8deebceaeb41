//! The `operations` target: what people and CI do again and again, from the same spec.
//!
//! Files are made of one [`plan`] of the policy. Each is read back as values of intents and as lines by their place
//! ([`facts`]), so an edit that lets more through is weaker, and any other is told by its line.

mod artifacts;
mod encode;
mod facts;
mod makefile;
mod plan;
mod rules;

use super::{Artifact, Encoder, Fact, Input, Reading, Target};
use crate::finding::{Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources};
use crate::spec::OperationsTarget;
use plan::Plan;

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

/// Keys that files of this target carry.
fn is_carried(key: &str) -> bool {
    key == "operations.static_analysis" || key.starts_with("operations.pen_test.") || key.starts_with("operations.ci.")
}

impl Target for Operations {
    fn name(&self) -> &'static str {
        "operations"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        target(policy).is_some()
    }

    fn check_patterns(&self, _policy: &Policy) -> Vec<String> {
        Vec::new()
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
        Ok(vec![artifacts::makefile(policy, &plan)])
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[("operations/security.mk.tera", include_str!("../../../templates/operations/security.mk.tera"))]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[("word", encode::word), ("recipe", encode::recipe)]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["makefile"]
    }

    fn canonical(&self, kind: &str, text: &str) -> Option<Vec<u8>> {
        match kind {
            "makefile" => {
                let lines = makefile::lines(text);
                Some(lines.iter().fold(String::new(), |all, l| format!("{all}{}{}\n", if l.is_recipe { "\t" } else { "" }, l.text)).into_bytes())
            }
            _ => None,
        }
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        let source = sources.get(id);
        let text = source.text().ok_or("it is not UTF-8")?;
        let plan = Plan::new(policy, folder(policy).ok_or("the spec names no folder")?)?;
        let from = facts::From { policy, id, path: &source.path };
        match kind {
            "makefile" => Ok(facts::makefile(from, &plan, text)),
            _ => Err("there is no such file in this target".to_owned()),
        }
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        false
    }

    fn claims(&self, _path: &str, _bytes: &[u8]) -> bool {
        false
    }

    fn read(&self, _policy: &Policy, _sources: &mut Sources, _inputs: &[Input]) -> Reading {
        Reading::default()
    }

    fn rules(&self) -> &'static [&'static Rule] {
        rules::ALL
    }
}
