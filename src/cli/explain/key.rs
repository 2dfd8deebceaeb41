//! A spec key: what it means, how its values are ordered, who carries it, what it is here, and its controls.

use super::super::catalogue;
use crate::check::controls;
use crate::finding::Rule;
use crate::policy::{Loaded, Policy, flatten};
use crate::report::rule::{controls as controls_screen, hang, heading, paragraph, strong};
use crate::report::safe;
use crate::schema::Described;
use crate::source::Sources;
use crate::targets::postgres::controls as controls_of_settings;
use crate::targets::{self, keys};
use std::fmt::Write;

/// Values of one environment that are shown.
const VALUES: usize = 40;

/// The screen of a key.
pub(super) fn screen(key: &str, described: &Described, here: Option<&(Sources, Loaded)>, color: bool) -> String {
    let mut out = format!("{}\n", strong(&safe(key), color));
    let plain = key.strip_prefix("environments.").and_then(|rest| rest.split_once('.')).map_or(key, |(_, rest)| rest);
    paragraph(&mut out, &described.text);
    let setting = plain.strip_prefix("postgres.settings.").and_then(controls_of_settings::of);
    let rows = [
        // What stands below says what a map takes.
        ("takes", (described.below.is_empty() && described.takes != described.text).then(|| described.takes.clone())),
        ("why", setting.map(|s| s.reason.to_owned())),
        ("order", keys::of(plain).map(|entry| entry.order.to_owned())),
        ("carried by", carried(plain, here.map(|(_, loaded)| loaded))),
    ];
    if rows.iter().any(|(_, text)| text.is_some()) {
        out.push('\n');
    }
    for (name, text) in rows {
        if let Some(text) = text {
            hang(&mut out, &format!("  {name:<10}  "), &text);
        }
    }
    values(&mut out, plain, here, color);
    if !described.below.is_empty() {
        heading(&mut out, "Keys below it", color);
        let width = described.below.iter().map(|(name, _)| shown(name).len()).max().unwrap_or(0).min(32);
        for (name, text) in &described.below {
            hang(&mut out, &format!("  {:<width$}  ", shown(name)), text);
        }
    }
    rules(&mut out, plain, color);
    let own = here.map(|(_, loaded)| controls::own(loaded)).unwrap_or_default();
    controls_screen(&mut out, &controls::of_key(plain, &own), color);
    out
}

fn shown(name: &str) -> &str {
    if name == "*" { "NAME" } else { name }
}

/// Who renders or checks it: of the targets that could, which of them the spec here lists.
fn carried(key: &str, loaded: Option<&Loaded>) -> Option<String> {
    let could: Vec<&str> = keys::of(key)?.targets.to_vec();
    if could.is_empty() {
        return Some("nobody: no file shows it, and a person states it".to_owned());
    }
    let Some(loaded) = loaded else { return Some(could.join(", ")) };
    let does = |name: &&str| {
        targets::by_name(name)
            .is_some_and(|target| loaded.policies.iter().any(|p| target.is_used(p) && target.carries(p).iter().any(|k| keys::is_within(k, key))))
    };
    let (here, not): (Vec<&str>, Vec<&str>) = could.iter().partition(|name| does(name));
    Some(match (here.as_slice(), not.as_slice()) {
        ([], not) => format!("{} (not in this spec)", not.join(", ")),
        (here, []) => here.join(", "),
        (here, not) => format!("{}; in this spec not by {}", here.join(", "), not.join(", ")),
    })
}

/// Values, each with where it was set.
type Lines = Vec<(String, String)>;

/// What this spec says, for each environment, with where.
fn values(out: &mut String, key: &str, here: Option<&(Sources, Loaded)>, color: bool) {
    let Some((sources, loaded)) = here else {
        out.push_str("\n  No spec without errors is here, so that no values are shown.\n");
        return;
    };
    heading(out, &format!("In {}", safe(&loaded.path)), color);
    let mut blocks: Vec<(Vec<&str>, Lines)> = Vec::new();
    for policy in &loaded.policies {
        let lines = lines(key, policy, sources);
        let env = policy.env.as_deref();
        match blocks.iter_mut().find(|(_, known)| *known == lines) {
            Some((envs, _)) => envs.extend(env),
            None => blocks.push((env.into_iter().collect(), lines)),
        }
    }
    for (envs, lines) in &blocks {
        let indent = if envs.is_empty() { "  " } else { "    " };
        if !envs.is_empty() {
            let _ = writeln!(out, "  env {}", envs.join(", "));
        }
        if lines.is_empty() {
            let _ = writeln!(out, "{indent}not set");
        }
        let width = lines.iter().map(|(left, _)| left.chars().count()).filter(|w| *w <= 72).max().unwrap_or(0);
        for (left, at) in lines.iter().take(VALUES) {
            let _ = writeln!(out, "{indent}{left:<width$}  {at}");
        }
        if lines.len() > VALUES {
            let _ = writeln!(out, "{indent}and {} values more: secgen spec show", lines.len() - VALUES);
        }
    }
}

/// Values at and below a key, as the spec has them, and what a written-out value amounts to.
fn lines(key: &str, policy: &Policy, sources: &Sources) -> Lines {
    let value = serde_json::to_value(&policy.spec).unwrap_or_default();
    let at = |key: &str| policy.origin(key).map_or_else(|| "by default".to_owned(), |span| sources.place(span));
    let within = |k: &str| k.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let mut lines: Vec<(String, String)> = flatten(&value).into_iter().filter(|(k, _)| within(k)).map(|(k, v)| (safe(&format!("{k}: {v}")), at(&k))).collect();
    // What it comes to in the words of reports, where that says more than the values: a header's text, a derived rate.
    let is_unset = lines.is_empty();
    for intent in policy.intents.iter().filter(|i| i.key == key || (is_unset && keys::is_within(&i.key, key))) {
        let text = safe(&intent.text);
        if !lines.iter().any(|(left, _)| left.ends_with(&format!(": {text}"))) {
            let place = intent.origin.map_or_else(|| "by default".to_owned(), |span| sources.place(span));
            lines.push((format!("= {text}"), place));
        }
    }
    lines
}

/// Kinds of findings that speak of it. Those that may speak of every key of a kind are named, and no more.
fn rules(out: &mut String, key: &str, color: bool) {
    let key = keys::unscoped(key);
    let names = |above: &str| above.contains('.') && keys::is_within(key, above);
    let (mut own, wide): (Vec<&Rule>, Vec<&Rule>) = catalogue::rules()
        .into_iter()
        .filter(|r| r.keys.iter().any(|k| keys::overlap(k, key)))
        .partition(|r| r.keys.iter().any(|k| keys::is_within(k, key) || names(k)));
    if own.is_empty() && wide.is_empty() {
        return;
    }
    // Those that speak of this key before those that speak of all that it belongs to.
    own.sort_by_key(|r| (!r.keys.iter().any(|k| keys::is_within(k, key)), std::cmp::Reverse(r.severity), r.name));
    heading(out, "Rules that speak of it", color);
    let width = own.iter().map(|r| r.name.len()).max().unwrap_or(0);
    for rule in own {
        hang(out, &format!("  {:<width$}  {:<6}  ", rule.name, rule.severity.name()), rule.title);
    }
    let names: Vec<&str> = wide.iter().map(|r| r.name).collect();
    if !names.is_empty() {
        hang(out, "  of any key: ", &names.join(", "));
    }
}
