//! `secgen explain`: a rule in the terminal.

use super::{CANNOT, print_err, print_out};
use crate::finding::Rule;

/// Every rule of secgen, by name.
pub(super) fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = vec![
        &super::locate::USAGE,
        &super::locate::NO_SPEC,
        &super::locate::NEAR_MISS,
        &crate::finding::UNREADABLE,
        &crate::render::UNPROVEN,
        &crate::render::OUTPUT_PATH,
        &crate::render::write::NOT_WRITTEN,
        &super::render::REFUSED,
        &super::merge::MERGE_REFUSED,
        &super::merge::MERGE_LEFT,
        &super::reports::REPORT,
        &crate::check::NOTHING_TO_CHECK,
        &crate::check::floor::FLOOR,
        &crate::check::workspace::SHARED_OUTPUT,
        &super::diff::LAYER_OF_ANOTHER_TIME,
        &crate::check::discover::NO_MATCH,
        &crate::check::discover::UNKNOWN_KIND,
        &crate::compare::NOT_SHOWN,
        &crate::compare::STRICTER,
        &crate::compare::UNENFORCED,
        &crate::compare::UNATTESTED,
        &crate::compare::EXPIRED,
        &crate::compare::ENDS_SOON,
        &crate::policy::LAYER,
        &crate::policy::LOCKED,
        &crate::policy::LOCK_UNKNOWN,
        &crate::policy::PIN,
        &crate::policy::SAME_OUTPUT,
        &crate::policy::SET_CHANGE,
        &crate::policy::UNUSABLE,
        &crate::policy::WEAKENS,
        &crate::policy::WEAKENS_UNUSED,
    ];
    rules.extend(crate::check::FILE_RULES);
    rules.extend(crate::policy::lints::RULES);
    rules.extend(crate::policy::lints::service::RULES);
    rules.extend(crate::policy::lints::gate::RULES);
    rules.extend(crate::check::waive::RULES);
    rules.extend(crate::document::RULES);
    rules.extend(crate::schema::RULES);
    for target in crate::targets::ALL {
        rules.extend(target.rules());
    }
    rules.sort_by_key(|r| r.name);
    rules
}

/// Prints one rule.
pub(super) fn run(name: &str) -> u8 {
    let rules = rules();
    if let Some(rule) = rules.iter().find(|r| r.name == name) {
        print_out(&format!("{}  (severity: {})\n\n{}\n\n{}\n", rule.name, format!("{:?}", rule.severity).to_lowercase(), rule.title, rule.explain));
        return 0;
    }
    let near = rules.iter().map(|r| (strsim::damerau_levenshtein(r.name, name), r.name)).min();
    let hint = near.filter(|(d, _)| *d <= 6).map(|(_, n)| format!("; did you mean {n}?")).unwrap_or_default();
    print_err(&format!("error: {} is no rule{hint}\nfindings print the name of their rule in brackets\n", crate::report::safe(name)));
    CANNOT
}
