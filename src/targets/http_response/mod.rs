//! A captured response as a source: `curl -si URL | secgen check --source http-response=-`.
//!
//! Nothing is rendered, and no spec lists it: it is read where the command line names it, whatever server sent it. One
//! response shows one page at one moment. So its verdicts count as observed, and never as verified; and what depends on
//! where a response belongs (scopes, cross-origin rules) is not judged at all.

mod facts;
pub mod parse;
pub mod rules;

use super::{Artifact, Encoder, Fact, Input, Reading, Target};
use crate::finding::{Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources};

/// Captured responses.
#[derive(Debug)]
pub struct HttpResponse;

impl Target for HttpResponse {
    fn name(&self) -> &'static str {
        "http-response"
    }

    fn is_observation(&self) -> bool {
        true
    }

    fn is_used(&self, _policy: &Policy) -> bool {
        false
    }

    fn check_patterns(&self, _policy: &Policy) -> Vec<String> {
        Vec::new()
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        policy
            .intents
            .iter()
            .map(|i| &i.key)
            .filter(|key| key.starts_with("http.headers.") || (key.starts_with("http.cookies.") && !key.ends_with(".max_age")))
            .cloned()
            .collect()
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
        Err("a captured response is never rendered".to_owned())
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        false
    }

    fn claims(&self, _path: &str, bytes: &[u8]) -> bool {
        let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        parse::status_line(line.strip_suffix(b"\r").unwrap_or(line)).is_some()
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        facts::read(policy, sources, inputs)
    }

    fn rules(&self) -> &'static [&'static Rule] {
        rules::ALL
    }
}
