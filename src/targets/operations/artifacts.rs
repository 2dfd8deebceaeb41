//! The files of this target.

use super::makefile;
use super::plan::Plan;
use crate::policy::Policy;
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
