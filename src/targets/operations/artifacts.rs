//! The files of this target.

use super::makefile;
use super::plan::Plan;
use super::{workflow, yaml, zap};
use crate::policy::Policy;
use crate::spec::CiSystem;
use crate::targets::{Artifact, Body};

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
