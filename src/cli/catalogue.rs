//! Every rule of secgen, by what it is about.

use super::{controls, diff, locate, merge, render as rendering, reports};
use crate::check::{self, discover, floor, waive, workspace};
use crate::finding::{Rule, UNREADABLE};
use crate::render::{self, write};
use crate::{compare, document, policy, schema, targets};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Rules about one thing.
#[derive(Debug)]
pub struct Group {
    /// As a heading.
    pub title: &'static str,
    /// By name.
    pub rules: Vec<&'static Rule>,
}

/// All rules, each in one group: the first that has it. So a rule that a target shares with the lints of the spec stands
/// with these.
pub static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut seen = BTreeSet::new();
    let mut groups: Vec<Group> = Vec::new();
    for (title, rules) in own().into_iter().chain(of_targets()) {
        let new = rules.into_iter().filter(|rule| seen.insert(rule.name));
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.rules.extend(new),
            None => groups.push(Group { title, rules: new.collect() }),
        }
    }
    for group in &mut groups {
        group.rules.sort_by_key(|rule| rule.name);
    }
    groups
});

type Titled = (&'static str, Vec<&'static Rule>);

/// What is about a run, the spec or rendered files.
fn own() -> Vec<Titled> {
    let command_line = [&locate::USAGE, &locate::NO_SPEC, &locate::NEAR_MISS, &UNREADABLE, &reports::REPORT];
    let files = [&check::NOTHING_TO_CHECK, &discover::NO_MATCH, &discover::UNKNOWN_KIND];
    let rendering = [&render::UNPROVEN, &render::OUTPUT_PATH, &write::NOT_WRITTEN, &rendering::REFUSED, &merge::MERGE_REFUSED, &merge::MERGE_LEFT];
    let layers = [
        &policy::LAYER,
        &policy::SAME_OUTPUT,
        &policy::SET_CHANGE,
        &policy::WEAKENS,
        &policy::WEAKENS_UNUSED,
        &policy::LOCKED,
        &policy::LOCK_UNKNOWN,
        &policy::PIN,
        &floor::FLOOR,
        &workspace::SHARED_OUTPUT,
        &diff::LAYER_OF_ANOTHER_TIME,
    ];
    let spec = [&policy::UNUSABLE, &controls::UNKNOWN];
    vec![
        ("Command line and files", [&command_line[..], &files].concat()),
        ("Comparison with the policy", vec![&compare::NOT_SHOWN, &compare::STRICTER, &compare::UNENFORCED]),
        ("Statements of people", vec![&compare::UNATTESTED, &compare::EXPIRED, &compare::ENDS_SOON, &compare::NO_EVIDENCE]),
        ("Rendered files", [&rendering[..], check::FILE_RULES].concat()),
        ("The spec", [&spec[..], &policy::lints::ALL, document::RULES, schema::RULES].concat()),
        ("Templates of your own", policy::TEMPLATE_RULES.to_vec()),
        ("Layers and environments", layers.to_vec()),
        ("Waivers", waive::RULES.to_vec()),
        ("Tasks", check::tasks::RULES.to_vec()),
    ]
}

/// What is about the files of targets.
fn of_targets() -> impl Iterator<Item = Titled> {
    targets::ALL.iter().map(|target| {
        let title = match target.name() {
            "nginx" => "nginx",
            "postgres" => "PostgreSQL",
            "rust" => "Rust",
            "cargo" => "cargo-deny and cargo-audit",
            "operations" => "Operations",
            "templates" => "Templates of your own",
            _ => "Captured responses",
        };
        (title, target.rules().to_vec())
    })
}

/// All rules, by name.
#[must_use]
pub fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = GROUPS.iter().flat_map(|g| g.rules.iter().copied()).collect();
    rules.sort_by_key(|r| r.name);
    rules
}

/// The rule of a name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    GROUPS.iter().flat_map(|g| &g.rules).copied().find(|r| r.name == name)
}
