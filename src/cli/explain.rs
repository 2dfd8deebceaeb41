//! `secgen explain`: a rule in the terminal.

use super::{CANNOT, Session, catalogue, print_err, print_out};
use crate::report::rule;

/// Prints one rule.
pub(super) fn run(session: &Session, name: &str) -> u8 {
    if let Some(found) = catalogue::rule(name) {
        print_out(&rule::screen(found, &[], session.style.color));
        return 0;
    }
    let near = catalogue::rules().iter().map(|r| (strsim::damerau_levenshtein(r.name, name), r.name)).min();
    let hint = near.filter(|(d, _)| *d <= 6).map(|(_, n)| format!("; did you mean {n}?")).unwrap_or_default();
    print_err(&format!("error: {} is no rule{hint}\n", crate::report::safe(name)));
    CANNOT
}
