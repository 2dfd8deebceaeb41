//! The files of this target.

use super::documents::{once, runbook, security_txt};
use super::makefile;
use super::plan::Plan;
use super::{workflow, yaml, zap};
use crate::policy::Policy;
use crate::policy::intents;
use crate::spec::{CiSystem, OnceFile};
use crate::targets::{Artifact, Body, Keeper};

/// What reading a file back must find: values of intents that it says, then everything else.
fn expected(policy: &Policy, intents: &[&str], others: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let values = intents.iter().filter_map(|key| policy.intent(key)).map(|intent| (intent.key.clone(), intent.value.to_string()));
    values.chain(others).collect()
}

/// `security.mk`.
pub(super) fn makefile(policy: &Policy, plan: &Plan) -> Artifact {
    let intents = ["operations.static_analysis", "operations.pen_test.targets", "operations.pen_test.image"];
    let others = makefile::others(plan).into_iter().map(|(place, text)| (format!("security.mk:{place}"), text));
    let path = plan.at("security.mk");
    Artifact {
        target: "operations",
        kind: "makefile",
        comment: "#",
        usage: vec![
            format!("Include it from the Makefile of the root: include {path}"),
            "Then: make security-scan; make pen-test PEN_TEST_TARGET=https://... for a service that the spec names.".to_owned(),
        ],
        expected: expected(policy, &intents, others),
        body: Body::Template { name: "operations/security.mk.tera", context: serde_json::json!({ "goals": makefile::goals(plan) }) },
        revision: 1,
        path,
        ..Artifact::default()
    }
}

/// `zap-baseline.conf`, for all environments together.
pub(super) fn zap(policies: &[&Policy], plan: &Plan) -> Artifact {
    let rows = zap::rows(policies);
    Artifact {
        path: plan.at("zap-baseline.conf"),
        target: "operations",
        kind: "zap",
        comment: "#",
        usage: vec!["`make pen-test` hands it to OWASP ZAP: FAIL is what the spec promises, everything else warns.".to_owned()],
        expected: rows.iter().map(|(number, action, _)| (format!("zap-baseline.conf:{number}"), (*action).to_owned())).collect(),
        body: Body::Text(zap::text(&rows)),
        revision: 1,
        ..Artifact::default()
    }
}

/// The kind of a workflow.
pub(super) fn kind(ci: CiSystem) -> &'static str {
    ci.name()
}

/// The scheduled workflow of a CI system.
pub(super) fn workflow(policy: &Policy, plan: &Plan, ci: CiSystem) -> Artifact {
    let tree = workflow::tree(ci, plan);
    let key = |part: &str| format!("operations.ci.{}.{part}", ci.name());
    let parts: Vec<String> =
        ["runs", "schedule", "failures", "permissions", "pins"].into_iter().map(key).chain(["operations.pen_test.targets".to_owned()]).collect();
    let intents: Vec<&str> = parts.iter().map(String::as_str).collect();
    let others = yaml::leaves(&tree).into_iter().map(|(path, text)| (format!("{}:{path}", ci.name()), text));
    let (path, usage) = match ci {
        CiSystem::Github => (
            ".github/workflows/secgen.yml".to_owned(),
            vec!["GitHub runs schedules on the default branch only, and stops them after 60 days without a commit.".to_owned()],
        ),
        CiSystem::Gitlab => (
            ".gitlab/secgen.yml".to_owned(),
            vec![
                "Include it from .gitlab-ci.yml:  include: [{ local: .gitlab/secgen.yml }]".to_owned(),
                format!("Then add pipeline schedules in the project's settings, each with the variable {}:", workflow::VARIABLE),
                workflow::SCHEDULES.iter().map(|(name, cron)| format!("{name} ({cron})")).collect::<Vec<_>>().join(", "),
            ],
        ),
    };
    Artifact {
        path,
        target: "operations",
        kind: kind(ci),
        comment: "#",
        usage,
        expected: expected(policy, &intents, others),
        body: Body::Text(yaml::text(&tree)),
        revision: 1,
        way_to_keep: Some(format!(
            "to keep the change, take {} out of operations.ci in the spec, and keep a workflow of your own under another name",
            ci.name()
        )),
        ..Artifact::default()
    }
}

/// Lines of Markdown.
fn markdown(lines: &[String]) -> Body {
    Body::Template { name: "operations/document.md.tera", context: serde_json::json!({ "lines": lines }) }
}

/// Documents for people, and files that are written once.
///
/// # Errors
/// A value that no document can hold.
pub(super) fn documents(policies: &[&Policy], plan: &Plan) -> Result<Vec<Artifact>, String> {
    let Some((policy, operations)) = policies.first().and_then(|policy| Some((*policy, policy.spec.operations.as_ref()?))) else { return Ok(Vec::new()) };
    let base =
        |path: String, kind: &'static str, comment: &'static str| Artifact { path, target: "operations", kind, comment, revision: 1, ..Artifact::default() };
    let mut all = Vec::new();
    if operations.incident_response.is_some() {
        let lines = runbook::lines(policies, plan)?;
        let keys: Vec<String> = ["critical", "high", "medium", "low"].map(|name| format!("operations.incident_response.severities.{name}")).into();
        let keys: Vec<&str> = ["operations.incident_response.contact"].into_iter().chain(keys.iter().map(String::as_str)).collect();
        let sections = runbook::read(&lines.join("\n")).sections;
        all.push(Artifact {
            usage: vec!["What you write between its marks stays when it is rendered again.".to_owned()],
            expected: expected(policy, &keys, sections.into_iter().map(|(title, said)| (format!("incident-response.md:{title}"), said))),
            body: markdown(&lines),
            way_to_keep: Some(
                "write what is yours between <!-- user:begin NAME --> and <!-- user:end -->, change the rest in the spec, and run `secgen render`".to_owned(),
            ),
            ..base(plan.at("incident-response.md"), "runbook", "<!--")
        });
    }
    if let Some(text) = security_txt::text(policy) {
        let keys: Vec<&str> = policy.intents.iter().map(|i| i.key.as_str()).filter(|key| key.starts_with("operations.security_txt.")).collect();
        let keys = security_txt::in_order(&keys);
        all.push(Artifact {
            usage: vec!["Serve it at /.well-known/security.txt, with https and as text/plain; charset=utf-8 (RFC 9116, 3).".to_owned()],
            expected: expected(policy, &keys, []),
            body: Body::Text(text),
            ..base(plan.at("security.txt"), "security-txt", "#")
        });
    }
    for file in intents::once_files(&policy.spec) {
        all.push(match file {
            OnceFile::SecurityMd => Artifact {
                expected: expected(policy, &["operations.write_once.security-md"], []),
                body: markdown(&once::security_md(policy)?),
                keeper: Keeper::User,
                ..base("SECURITY.md".to_owned(), "security-md", "<!--")
            },
            OnceFile::Dependabot => Artifact {
                expected: expected(policy, &["operations.write_once.dependabot"], []),
                body: Body::Text(yaml::text(&once::dependabot(policy, &plan.crates))),
                keeper: Keeper::User,
                ..base(".github/dependabot.yml".to_owned(), "dependabot", "#")
            },
        });
    }
    Ok(all)
}
