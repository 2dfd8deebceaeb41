//! The stable name of a finding, which reports carry and waivers are written from.

use crate::finding::{Finding, redact};
use crate::render::header;
use crate::source::Sources;

/// Of rule, intent, environment, target, place, file and spec: no line number and no value, so that it stays while the
/// file is edited, and is the same whether the spec is checked alone or with others. Each part counts as it is printed, so
/// that nothing of a secret stays in it. 16 hexadecimal digits.
#[must_use]
pub fn of(finding: &Finding, sources: &Sources) -> String {
    let path = finding.primary.as_ref().map(|l| sources.get(l.span.source).path.clone()).or_else(|| finding.path.clone());
    let Finding { intent, env, place, spec_path, .. } = finding;
    let (rule, target) = (Some(finding.rule.name.to_owned()), finding.target.map(str::to_owned));
    let parts = [rule, intent.clone(), env.clone(), target, place.clone(), path, spec_path.clone()];
    let text: Vec<String> = parts.into_iter().map(|part| redact::safe(&part.unwrap_or_default()).into_owned()).collect();
    header::digest(text.join("\u{1}").as_bytes())[..16].to_owned()
}
