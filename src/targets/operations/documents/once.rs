//! `SECURITY.md` and `dependabot.yml`: written once where they are missing, and the user's afterwards. Of an existing one only a
//! few facts are read.

use super::text::Text;
use crate::document::Node;
use crate::policy::{Policy, intents};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Days that an update waits after its release: most bad releases are found within a week.
const COOLDOWN_DAYS: u32 = 7;

/// The lines of `SECURITY.md`.
///
/// # Errors
/// A value that no document can hold.
pub(in super::super) fn security_md(policy: &Policy) -> Result<Vec<String>, String> {
    let mut text = Text::default();
    let Some(operations) = &policy.spec.operations else { return text.finish() };
    text.heading(1, "Reporting a vulnerability");
    let contacts = intents::report_contacts(operations);
    let mut links: Vec<String> = Vec::new();
    for contact in &contacts {
        // GitHub makes a link of the bare address too.
        links.push(text.link(contact.strip_prefix("mailto:").unwrap_or(contact)));
    }
    text.block([format!("Please write to {}, and not into a public issue.", links.join(" or "))]);
    text.block(["Say what happens, how to make it happen, and which version you saw it in."]);
    // Answer times are of the team, and no promise to the public.
    let txt = operations.security_txt.as_ref();
    if let Some(url) = txt.and_then(|txt| txt.policy.as_ref()) {
        let url = text.link(url.as_str());
        text.block([format!("How reports are handled: {url}")]);
    }
    if let Some(url) = txt.and_then(|txt| txt.encryption.as_ref()) {
        let url = text.link(url.as_str());
        text.block([format!("The key for encrypted reports: {url}")]);
    }
    text.heading(2, "Supported versions");
    text.block(["The newest release gets fixes."]);
    text.finish()
}

/// A text of Markdown without its comments; one that does not end goes on to the end.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Which of the wanted contacts a `SECURITY.md` names: as text of its own, and not as a part of another address.
pub(in super::super) fn contacts_in(text: &str, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let text = &shown(text);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '+' | '/' | '%');
    let names = |bare: &str| {
        text.match_indices(bare).any(|(at, found)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let mut after = text.get(at + found.len()..).unwrap_or_default().chars();
            // A dot ends a sentence, unless another label follows.
            let (next, then) = (after.next(), after.next());
            let goes_on = next.is_some_and(is_part) || (next == Some('.') && then.is_some_and(|c| c.is_ascii_alphanumeric()));
            !before.is_some_and(|c| is_part(c) || c == '.') && !goes_on
        })
    };
    wanted.iter().filter(|uri| names(uri.strip_prefix("mailto:").or_else(|| uri.strip_prefix("tel:")).unwrap_or(uri))).cloned().collect()
}

/// The tree of `dependabot.yml`.
pub(in super::super) fn dependabot(policy: &Policy, crates: &str) -> Value {
    let update = |ecosystem: &str| {
        let folder = if ecosystem == "cargo" { format!("/{crates}") } else { "/".to_owned() };
        json!({ "package-ecosystem": ecosystem, "directory": folder, "schedule": { "interval": "weekly" }, "cooldown": { "default-days": COOLDOWN_DAYS } })
    };
    let updates: Vec<Value> = intents::ecosystems(&policy.spec).into_iter().map(update).collect();
    json!({ "version": 2, "updates": updates })
}

/// What a `dependabot.yml` has of what counts: ecosystems, and `cooldown` where every one of them that the policy names waits.
pub(in super::super) fn updates_in(root: &Node, wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let tree = root.to_json();
    let updates: Vec<&Value> = tree.get("updates").and_then(Value::as_array).into_iter().flatten().collect();
    let of = |update: &Value| update.get("package-ecosystem").and_then(Value::as_str).map(str::to_owned);
    // With a limit of 0 Dependabot opens no pull request of new versions.
    let is_on = |update: &&&Value| update.get("open-pull-requests-limit").and_then(Value::as_u64) != Some(0);
    let mut found: BTreeSet<String> = updates.iter().filter(is_on).filter_map(|update| of(update)).filter(|name| wanted.contains(name)).collect();
    let waits = |update: &&Value| update.pointer("/cooldown/default-days").and_then(Value::as_u64).is_some_and(|days| days >= 1);
    let own: Vec<&&Value> = updates.iter().filter(|update| of(update).is_some_and(|name| wanted.contains(&name))).collect();
    if !own.is_empty() && own.iter().all(|update| waits(update)) {
        found.insert("cooldown".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_named_or_it_is_not() {
        let wanted: BTreeSet<String> = ["mailto:sec@example.com".to_owned()].into();
        for text in ["write to sec@example.com.", "<sec@example.com>", "[mail](mailto:sec@example.com)", "sec@example.com"] {
            assert_eq!(contacts_in(text, &wanted), wanted, "{text}");
        }
        for text in ["", "notsec@example.com", "sec@example.com.evil.example", "sec@example.community", "x.sec@example.com"] {
            assert!(contacts_in(text, &wanted).is_empty(), "{text}");
        }
    }
}
