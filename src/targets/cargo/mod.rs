//! The `cargo` target.

use super::{Artifact, Encoder, Fact, Input, Reading, Target};
use crate::finding::{Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources};

/// The `cargo` target.
#[derive(Debug)]
pub struct Cargo;

impl Target for Cargo {
    fn name(&self) -> &'static str {
        "cargo"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        policy.spec.targets.as_ref().is_some_and(|t| t.cargo.is_some())
    }

    fn check_patterns(&self, _policy: &Policy) -> Vec<String> {
        Vec::new()
    }

    fn carries(&self, _policy: &Policy) -> Vec<String> {
        Vec::new()
    }

    fn artifacts(&self, _policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        Ok(Vec::new())
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[]
    }

    fn canonical(&self, _kind: &str, _text: &str) -> Option<Vec<u8>> {
        None
    }

    fn read_artifact(&self, _kind: &str, _policy: &Policy, _sources: &Sources, _id: SourceId) -> Result<Vec<Fact>, String> {
        Ok(Vec::new())
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
        &[]
    }
}
