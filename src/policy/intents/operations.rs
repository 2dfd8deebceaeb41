//! What the spec says about scans and workflows, and what follows from leaving it out.

use super::Collect;
use super::tasks::schedule;
use crate::policy::programs;
use crate::spec::{Analysis, CiSystem, Spec};
use crate::strictness::Value;
use crate::strictness::levels::{Allowed, Exact, Level, Needed};
use std::collections::BTreeSet;

/// Programs beside `secgen check`: as the spec says, else both where it has to do with crates.
#[must_use]
pub fn analyses(spec: &Spec) -> BTreeSet<Analysis> {
    match spec.operations.as_ref().and_then(|o| o.static_analysis.as_ref()) {
        Some(named) => named.iter().copied().collect(),
        None if spec.targets.as_ref().is_some_and(|t| t.cargo.is_some() || t.rust.is_some()) => [Analysis::CargoDeny, Analysis::CargoAudit].into(),
        None => BTreeSet::new(),
    }
}

/// CI systems with a workflow: as the spec says, else GitHub.
#[must_use]
pub fn ci_systems(spec: &Spec) -> BTreeSet<CiSystem> {
    match spec.operations.as_ref().and_then(|o| o.ci.as_ref()) {
        Some(named) => named.iter().copied().collect(),
        None => [CiSystem::Github].into(),
    }
}

/// The image of ZAP: as the spec says, else that of the table.
#[must_use]
pub fn zap_image(spec: &Spec) -> String {
    let named = spec.operations.as_ref().and_then(|o| o.pen_test.as_ref()?.image.as_ref());
    named.map_or_else(|| programs::pinned("ghcr.io/zaproxy/zaproxy"), |image| image.as_str().to_owned())
}

/// Services that may be tested.
#[must_use]
pub fn scan_targets(spec: &Spec) -> BTreeSet<String> {
    let named = spec.operations.as_ref().and_then(|o| o.pen_test.as_ref()?.targets.as_ref());
    named.into_iter().flat_map(|targets| targets.iter()).map(|target| target.as_str().to_owned()).collect()
}

impl Collect<'_> {
    pub(super) fn operations(&mut self, spec: &Spec) {
        let set = |items: &[&str]| items.iter().map(|t| (*t).to_owned()).collect::<BTreeSet<_>>();
        let is_rendered = spec.targets.as_ref().and_then(|t| t.operations.as_ref()).is_some_and(|t| t.out.is_some());
        let operations = spec.operations.as_ref();
        if is_rendered || operations.is_some_and(|o| o.static_analysis.is_some()) {
            let names: Vec<&str> = analyses(spec).into_iter().map(Analysis::name).collect();
            self.add("operations.static_analysis", Value::Needed(Needed(set(&names))));
        }
        let targets = scan_targets(spec);
        if is_rendered || operations.is_some_and(|o| o.pen_test.is_some()) {
            self.add("operations.pen_test.targets", Value::Allowed(Allowed(targets.clone())));
        }
        if !targets.is_empty() {
            self.add("operations.pen_test.image", Value::Exact(Exact(zap_image(spec))));
        }
        if !is_rendered && operations.is_none_or(|o| o.ci.is_none()) {
            return;
        }
        let runs = runs(spec);
        for ci in ci_systems(spec) {
            let from = format!("operations.ci.{}", ci.name());
            let counted = Level { word: "counted".to_owned(), rank: Some(1), top: 1 };
            self.add(format!("{from}.runs"), Value::Needed(Needed(set(&runs))));
            self.add(format!("{from}.schedule"), Value::Needed(Needed(set(&["change", "daily", "weekly", "monthly"]))));
            self.add(format!("{from}.failures"), Value::Level(counted));
            self.add(format!("{from}.pins"), Value::Allowed(Allowed(pins(spec, ci))));
            if ci == CiSystem::Github {
                self.add(format!("{from}.permissions"), Value::Allowed(Allowed(set(&["contents: read"]))));
            }
        }
    }
}

/// What a workflow runs, by name.
fn runs(spec: &Spec) -> Vec<&'static str> {
    let mut runs = vec!["secgen-check", "report"];
    runs.extend(analyses(spec).into_iter().map(Analysis::name));
    if is_tested_by_ci(spec) {
        runs.push("pen-test");
    }
    if !schedule(spec).is_empty() {
        runs.push("tasks");
    }
    runs
}

/// Programs of others that a workflow runs.
fn pins(spec: &Spec, ci: CiSystem) -> BTreeSet<String> {
    match ci {
        CiSystem::Github => programs::all().filter(|p| p.kind == "action").map(|p| p.pinned()).collect(),
        CiSystem::Gitlab => {
            let scan = is_tested_by_ci(spec).then(|| zap_image(spec));
            scan.into_iter().chain([programs::pinned("docker.io/library/rust")]).collect()
        }
    }
}

/// Whether a service may be tested that CI can reach: one on somebody's own machine is none.
fn is_tested_by_ci(spec: &Spec) -> bool {
    scan_targets(spec).iter().any(|target| !is_here(target))
}

/// Whether a service is reached on the network of one's own machine only.
#[must_use]
pub fn is_here(target: &str) -> bool {
    let host = target.split("://").nth(1).unwrap_or_default();
    host.starts_with("127.") || host.split([':', '/']).next() == Some("localhost")
}
