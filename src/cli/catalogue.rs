//! Every rule of secgen, by what it is about.

use crate::finding::Rule;
use std::sync::LazyLock;

/// Rules about one thing.
#[derive(Debug)]
pub struct Group {
    /// As a heading.
    pub title: &'static str,
    /// By name.
    pub rules: Vec<&'static Rule>,
}

/// All rules, each in one group. A rule that a target shares with the lints of the spec stands with these.
pub static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut groups = vec![
        (
            "Command line and files",
            vec![&super::locate::USAGE, &super::locate::NO_SPEC, &super::locate::NEAR_MISS, &crate::finding::UNREADABLE, &super::reports::REPORT],
        ),
        ("Comparison with the policy", vec![&crate::compare::NOT_SHOWN, &crate::compare::STRICTER, &crate::compare::UNENFORCED]),
        ("Statements of people", vec![&crate::compare::UNATTESTED, &crate::compare::EXPIRED, &crate::compare::ENDS_SOON]),
        (
            "Rendered files",
            vec![
                &crate::render::UNPROVEN,
                &crate::render::OUTPUT_PATH,
                &crate::render::write::NOT_WRITTEN,
                &super::render::REFUSED,
                &super::merge::MERGE_REFUSED,
                &super::merge::MERGE_LEFT,
            ],
        ),
        ("The spec", vec![&crate::policy::UNUSABLE, &super::controls::UNKNOWN]),
        (
            "Layers and environments",
            vec![
                &crate::policy::LAYER,
                &crate::policy::SAME_OUTPUT,
                &crate::policy::SET_CHANGE,
                &crate::policy::WEAKENS,
                &crate::policy::WEAKENS_UNUSED,
                &crate::policy::LOCKED,
                &crate::policy::LOCK_UNKNOWN,
                &crate::policy::PIN,
                &crate::check::floor::FLOOR,
                &crate::check::workspace::SHARED_OUTPUT,
                &super::diff::LAYER_OF_ANOTHER_TIME,
            ],
        ),
    ];
    let mut add = |title: &'static str, rules: &[&'static Rule]| match groups.iter_mut().find(|(t, _)| *t == title) {
        Some((_, known)) => known.extend(rules),
        None => groups.push((title, rules.to_vec())),
    };
    add("Command line and files", &[&crate::check::NOTHING_TO_CHECK, &crate::check::discover::NO_MATCH, &crate::check::discover::UNKNOWN_KIND]);
    add("Rendered files", crate::check::FILE_RULES);
    add("Waivers", crate::check::waive::RULES);
    add("The spec", crate::policy::lints::ALL.as_slice());
    add("The spec", crate::document::RULES);
    add("The spec", crate::schema::RULES);
    add("Templates of your own", crate::policy::TEMPLATE_RULES);
    for target in crate::targets::ALL {
        let title = match target.name() {
            "nginx" => "nginx",
            "postgres" => "PostgreSQL",
            "rust" => "Rust",
            "cargo" => "cargo-deny and cargo-audit",
            "templates" => "Templates of your own",
            _ => "Captured responses",
        };
        add(title, target.rules());
    }
    let mut seen = Vec::new();
    let once = |rules: Vec<&'static Rule>, seen: &mut Vec<&'static str>| -> Vec<&'static Rule> {
        let mut own: Vec<&'static Rule> = Vec::new();
        for rule in rules {
            if !seen.contains(&rule.name) {
                seen.push(rule.name);
                own.push(rule);
            }
        }
        own.sort_by_key(|r| r.name);
        own
    };
    groups.into_iter().map(|(title, rules)| Group { title, rules: once(rules, &mut seen) }).collect()
});

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
