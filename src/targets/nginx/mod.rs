//! The `nginx` target: snippets to include, and what a configuration effectively sends, place by place.
//!
//! Reading goes ([`dump`] →) [`lex`] → [`template`] → [`tree`] → [`include`] → [`context`] → [`effective`] → [`facts`]; rendering is [`render`] with [`encode`] as
//! the only way out for values, and [`artifact`] reads rendered files back. What nginx does is cited by its
//! documentation, its source, or the id of an observation on the real program.

pub mod advice;
mod artifact;
pub mod context;
pub mod dump;
pub mod effective;
pub mod encode;
pub mod facts;
pub mod include;
pub mod lex;
mod render;
pub mod rules;
pub mod sites;
pub mod template;
pub mod tree;
pub mod versions;

use super::{Artifact, Encoder, Fact, Input, Reading, Target};
use crate::finding::{Finding, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Sources};
use crate::spec::{NginxTarget, SentBy};

/// The `nginx` target.
#[derive(Debug)]
pub struct Nginx;

fn target(policy: &Policy) -> Option<&NginxTarget> {
    policy.spec.targets.as_ref()?.nginx.as_ref()
}

/// Keys of the intents that nginx can carry, of those in the policy.
pub(crate) fn carried(policy: &Policy) -> Vec<String> {
    let sends = sends_headers(policy);
    let headers = |key: &str| {
        (sends || key == "http.headers.remove") && (key.starts_with("http.headers.") || (key.starts_with("scopes.") && key.contains(".http.headers.")))
    };
    let others = |key: &str| {
        matches!(key, "tls.min_version" | "tls.profile" | "tls.groups" | "tls.session_tickets" | "tls.redirect_http")
            || (key.starts_with("rate_limits.limits.") && key.strip_suffix(".edge").is_some())
            || (key.starts_with("http.cookies.") && !key.ends_with(".max_age"))
            || key.starts_with("http.cors.")
    };
    policy.intents.iter().map(|i| &i.key).filter(|key| headers(key) || others(key)).cloned().collect()
}

/// Whether the response headers are for nginx to send.
fn sends_headers(policy: &Policy) -> bool {
    policy.spec.http.as_ref().and_then(|http| http.sent_by) != Some(SentBy::Rust)
}

impl Target for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn is_used(&self, policy: &Policy) -> bool {
        target(policy).is_some()
    }

    fn check_patterns(&self, policy: &Policy) -> Vec<String> {
        target(policy).and_then(|t| t.check.as_ref()).map(|patterns| patterns.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    fn carries(&self, policy: &Policy) -> Vec<String> {
        carried(policy)
    }

    fn artifacts(&self, policy: &Policy) -> Result<Vec<Artifact>, Vec<Finding>> {
        target(policy).map_or_else(|| Ok(Vec::new()), |target| render::artifacts(policy, target))
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        &render::TEMPLATES
    }

    fn encoders(&self) -> &'static [(&'static str, Encoder)] {
        &[("nginx", encode::nginx), ("nginx_bare", encode::bare), ("nginx_pattern", encode::pattern)]
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["security-headers", "tls", "rate-limit-zones", "rate-limit", "cookies", "cors-origins", "cors", "redirect-https"]
    }

    fn canonical(&self, _kind: &str, text: &str) -> Option<Vec<u8>> {
        artifact::canonical(text)
    }

    fn read_artifact(&self, kind: &str, policy: &Policy, sources: &Sources, id: SourceId) -> Result<Vec<Fact>, String> {
        artifact::read(kind, policy, sources, id)
    }

    fn is_in_force(&self, _artifact: &Artifact) -> bool {
        // A snippet does nothing until something includes it.
        false
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "nginx.conf" {
            return true;
        }
        if dump::begins(bytes) {
            return true;
        }
        let name = template::without_end(name);
        let is_conf = std::path::Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("conf"));
        // Only the names count, so any id does.
        let Some(id) = is_conf.then(|| Sources::new(std::path::Path::new(".")).add("", "")) else { return false };
        let blocks: [&[u8]; 5] = [b"http", b"server", b"events", b"location", b"upstream"];
        // Other grammars have such blocks too; what was given may be cut off.
        let reads = || tree::parse(id, bytes, 0..bytes.len()).map_or_else(|error| error.at_end, |_| true);
        tree::has_at_top(id, bytes, |name, is_block| is_block && blocks.contains(&name)) && reads()
    }

    fn read(&self, policy: &Policy, sources: &mut Sources, inputs: &[Input]) -> Reading {
        facts::read(policy, sources, inputs)
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &rules::ALL
    }
}
