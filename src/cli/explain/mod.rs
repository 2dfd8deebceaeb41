//! `secgen explain`: a rule, a spec key, or a line of a file.

mod key;
mod place;

use super::{CANNOT, Session, catalogue, print_err, print_out};
use crate::check::controls;
use crate::policy::{Loaded, intents};
use crate::report::{rule, safe};
use crate::schema;
use crate::source::Sources;
use crate::spec::KnownTask;

/// Names that are suggested for one that nothing has.
const SUGGESTED: usize = 3;

/// Explains what is named.
pub(super) fn run(session: &Session, what: &str) -> u8 {
    let name = what.strip_prefix("rule:").unwrap_or(what);
    if let Some(found) = catalogue::rule(name) {
        let own = here(session).map(|(_, loaded)| controls::own(&loaded)).unwrap_or_default();
        let own: Vec<_> = own.into_iter().filter(|o| o.is_for_rule(name)).map(|o| o.control).collect();
        print_out(&rule::screen(found, &own, session.style.color));
        return 0;
    }
    if let Some((file, line)) = file_and_line(what) {
        return place::run(session, file, line);
    }
    let what = what.strip_suffix('.').unwrap_or(what);
    if let Some(described) = schema::describe(what) {
        print_out(&key::screen(what, &described, here(session).as_ref().ok(), session.style.color));
        return 0;
    }
    if let Some(id) = what.strip_prefix("operations.tasks.") {
        let here = here(session).ok();
        if let Some(described) = task(id, here.as_ref().map(|(_, loaded)| loaded)) {
            print_out(&key::screen(what, &described, here.as_ref(), session.style.color));
            return 0;
        }
    }
    unknown(what)
}

/// A task of the schedule, else one that secgen knows: findings name it like a key, though the spec has it in a list.
fn task(id: &str, loaded: Option<&Loaded>) -> Option<schema::Described> {
    let policy = loaded.and_then(|loaded| loaded.policies.first());
    let listed = policy.and_then(|policy| intents::schedule(&policy.spec).into_iter().find(|task| task.id == id));
    let text = match (listed, KnownTask::find(id)) {
        (Some(task), _) => format!("{}, each {}. {}", task.title, task.every.noun(), task.how),
        (None, Some(known)) => format!("{}, usually {}. {}", known.title, known.usual, known.how),
        (None, None) => return None,
    };
    Some(schema::Described { takes: safe(&text), text: safe(&text), below: Vec::new() })
}

/// The spec from here, if there is one without errors.
fn here(session: &Session) -> Result<(Sources, Loaded), ()> {
    session.load().map_err(|_| ())
}

/// `deploy/nginx.conf:12`; a column after the line is passed over.
fn file_and_line(what: &str) -> Option<(&str, usize)> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let (rest, last) = what.rsplit_once(':')?;
    let last: usize = number(last)?;
    if let Some((file, line)) = rest.rsplit_once(':')
        && let Some(line) = number(line)
    {
        return Some((file, line));
    }
    (!rest.is_empty()).then_some((rest, last))
}

/// Nothing has that name.
fn unknown(what: &str) -> u8 {
    let names = near(what);
    let hint = match names.as_slice() {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        many => format!("; did you mean {}?", many.join(" or ")),
    };
    print_err(&format!("error: {} is no rule, no spec key, and no FILE:LINE{hint}\n", safe(what)));
    print_err("  = help: findings print their rule in brackets; `secgen spec show` prints keys; docs/rules/README.md lists all rules\n");
    CANNOT
}

/// Rules and keys that may have been meant, nearest first.
pub(super) fn near(what: &str) -> Vec<String> {
    let rules = catalogue::rules().into_iter().map(|r| r.name.to_owned());
    let keys = schema::keys();
    // The last part of a key says most: `min_versoin` means tls.min_version.
    let distance = |name: &str| {
        let whole = strsim::damerau_levenshtein(name, what);
        let last = name.rsplit('.').next().unwrap_or(name);
        if what.contains('.') || last == name { whole } else { whole.min(strsim::damerau_levenshtein(last, what)) }
    };
    let most = (what.chars().count() / 4).clamp(1, 4);
    let mut all: Vec<(usize, String)> = rules.chain(keys).map(|name| (distance(&name), name)).filter(|(d, _)| *d <= most).collect();
    all.sort();
    let best = all.first().map_or(0, |(d, _)| *d);
    all.into_iter().take_while(|(d, _)| *d == best).map(|(_, name)| name).take(SUGGESTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_names() {
        assert_eq!(file_and_line("nginx.conf:12"), Some(("nginx.conf", 12)));
        assert_eq!(file_and_line("a/b:c.conf:12:5"), Some(("a/b:c.conf", 12)));
        assert_eq!(file_and_line("nginx.conf"), None);
        assert_eq!(file_and_line("nginx.conf:"), None);
        assert_eq!(file_and_line("tls:min"), None);
        assert_eq!(file_and_line(":12"), None);
        assert_eq!(file_and_line("a:99999999999999999999999"), None);
    }

    #[test]
    fn what_was_meant_is_found() {
        assert_eq!(near("min_versoin"), ["tls.min_version"]);
        assert_eq!(near("tls.min_versoin"), ["tls.min_version"]);
        assert_eq!(near("header-cut-by-locatoin"), ["header-cut-by-location"]);
        assert!(near("quite something else").is_empty());
    }
}
