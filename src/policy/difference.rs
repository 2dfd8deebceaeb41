//! Two policies compared by strictness, intent by intent: what `spec diff`, locks and floors judge by.
//!
//! A bar is lowered by what allows more, by what is no longer required, and by what is no longer looked at. Reasons
//! under `weakens` explain a difference, and change none.

use super::flat::flatten;
use super::load::is_inherited;
use super::{Intent, Loaded, Policy};
use crate::source::Span;
use crate::spec::{Gate, GateLevel};
use crate::strictness::levels::Allowed;
use crate::strictness::{Comparison, Order, Strictness, Value, cors};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// How something stands to what it was, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Allows something that it did not.
    Weaker,
    /// Is no longer required, rendered or looked at.
    Removed,
    /// Allows something more and something less, or names something else.
    Incomparable,
    /// Differs, and has no strength of its own.
    Changed,
    /// Allows less.
    Stricter,
    /// Is required for the first time.
    Added,
    /// The same effect.
    Equal,
}

impl Change {
    /// As printed: `weaker`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Weaker => "weaker",
            Self::Removed => "removed",
            Self::Incomparable => "incomparable",
            Self::Changed => "changed",
            Self::Stricter => "stricter",
            Self::Added => "added",
            Self::Equal => "equal",
        }
    }

    /// Whether the bar is not known to be as high as before.
    #[must_use]
    pub fn lowers(self) -> bool {
        matches!(self, Self::Weaker | Self::Removed | Self::Incomparable)
    }
}

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    /// The value in words.
    pub text: String,
    /// Where it is set.
    pub origin: Option<Span>,
}

/// One key in two policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difference {
    /// How the new side stands to the old.
    pub change: Change,
    /// The spec key: of the new side where both have one.
    pub key: String,
    /// What differs; empty where the values say it all.
    pub why: String,
    /// Before.
    pub old: Option<Side>,
    /// After.
    pub new: Option<Side>,
}

/// How `new` stands to `old`, by the versions that the new side declares: the old may not know yet which those are.
#[must_use]
pub fn order(old: &Value, new: &Value) -> Comparison {
    match (old, new) {
        (Value::Setting(old), Value::Setting(new)) if old.versions != new.versions => match old.for_versions(&new.versions) {
            Ok(old) => old.compare(new),
            Err(why) => Comparison::new(Order::Incomparable, why),
        },
        (old, new) => old.compare(new),
    }
}

/// Everything that two specs require and look at: environment by environment, sorted by what changed.
#[must_use]
pub fn specs(old: &Loaded, new: &Loaded) -> Vec<(Option<String>, Difference)> {
    let mut rows = Vec::new();
    for before in &old.policies {
        // Without environments a policy stands for each; a service with one policy and one without have that in common.
        let afters: Vec<&Policy> = new.policies.iter().filter(|p| before.env.is_none() || p.env.is_none() || p.env == before.env).collect();
        for after in &afters {
            let env = after.env.clone().or_else(|| before.env.clone());
            rows.extend(whole(before, after).into_iter().map(|difference| (env.clone(), difference)));
        }
        if let (Some(env), []) = (&before.env, afters.as_slice()) {
            rows.push((None, environment(before, env, Change::Removed)));
        }
    }
    for after in &new.policies {
        if let Some(env) = after.env.as_ref().filter(|env| !old.policies.iter().any(|p| p.env.is_none() || p.env.as_ref() == Some(env))) {
            rows.push((None, environment(after, env, Change::Added)));
        }
    }
    rows.extend(locks(old, new).into_iter().map(|difference| (None, difference)));
    rows.sort_by(|a, b| (a.1.change, &a.1.key, &a.0).cmp(&(b.1.change, &b.1.key, &b.0)));
    rows
}

fn environment(policy: &Policy, env: &str, change: Change) -> Difference {
    let key = format!("environments.{env}");
    let side = Some(Side { text: format!("{} intents", policy.intents.len()), origin: None });
    let (old, new) = if change == Change::Removed { (side, None) } else { (None, side) };
    let why = if change == Change::Removed { "nothing of it is rendered or checked any more" } else { "an environment of its own, held to no other" };
    Difference { change, key, why: why.to_owned(), old, new }
}

/// Keys that were locked, and no longer are.
fn locks(old: &Loaded, new: &Loaded) -> Vec<Difference> {
    let all = |loaded: &Loaded| -> BTreeMap<String, Side> {
        let keys = loaded
            .locks
            .iter()
            .flat_map(|lock| lock.keys.iter().map(|(key, span)| (key.clone(), Side { text: format!("locked by {}", lock.layer), origin: Some(*span) })));
        keys.collect()
    };
    let (old, new) = (all(old), all(new));
    let covered = |keys: &BTreeMap<String, Side>, key: &str| keys.keys().any(|lock| is_under(lock, key));
    let gone = old.iter().filter(|(key, _)| !covered(&new, key)).map(|(key, side)| Difference {
        change: Change::Removed,
        key: format!("lock {key}"),
        why: "layers above may weaken it now".to_owned(),
        old: Some(side.clone()),
        new: None,
    });
    let come = new.iter().filter(|(key, _)| !covered(&old, key)).map(|(key, side)| Difference {
        change: Change::Added,
        key: format!("lock {key}"),
        why: String::new(),
        old: None,
        new: Some(side.clone()),
    });
    gone.chain(come).collect()
}

/// Whether a key is the named one, or below it.
pub(super) fn is_under(name: &str, key: &str) -> bool {
    key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Intents, targets and all other keys.
fn whole(old: &Policy, new: &Policy) -> Vec<Difference> {
    let mut rows = intents(old, new);
    targets(old, new, &mut rows);
    gate(old, new, &mut rows);
    others(old, new, &mut rows);
    rows
}

/// What two policies require. A key that only one side has is held to what the other amounts to there: a scope to the
/// policy around it.
#[must_use]
pub fn intents(old: &Policy, new: &Policy) -> Vec<Difference> {
    let names = scope_names(old, new);
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for was in &old.intents {
        let key = renamed(was, &names);
        let row = if let Some(is) = new.intent(&key) {
            seen.insert(key.clone());
            // What a scope takes from the policy around it is said once, there.
            if is_inherited(old, was) && is_inherited(new, is) {
                continue;
            }
            compared(&key, was, &is.value, is.text.clone(), is.origin)
        } else if let Some(around) = around(new, was) {
            if is_inherited(old, was) {
                continue;
            }
            compared(&key, was, &around.value, format!("{} (of the whole service)", around.text), around.origin)
        } else {
            let why = "no longer required".to_owned();
            Difference { change: Change::Removed, key, why, old: Some(side(was)), new: None }
        };
        rows.push(row);
    }
    for is in new.intents.iter().filter(|is| !seen.contains(&is.key)) {
        if is_inherited(new, is) {
            continue;
        }
        let before = match around(old, is) {
            Some(around) => Some((around.value.clone(), format!("{} (of the whole service)", around.text), around.origin)),
            None => unsaid(old, &is.key).map(|value| (value, "nothing (nobody and none)".to_owned(), None)),
        };
        let row = match before {
            Some((value, text, origin)) => {
                let comparison = order(&value, &is.value);
                Difference { change: change(comparison.order), key: is.key.clone(), why: comparison.why, old: Some(Side { text, origin }), new: Some(side(is)) }
            }
            None => Difference { change: Change::Added, key: is.key.clone(), why: String::new(), old: None, new: Some(side(is)) },
        };
        rows.push(row);
    }
    rows
}

fn side(intent: &Intent) -> Side {
    Side { text: intent.text.clone(), origin: intent.origin }
}

fn compared(key: &str, was: &Intent, value: &Value, text: String, origin: Option<Span>) -> Difference {
    let comparison = order(&was.value, value);
    Difference { change: change(comparison.order), key: key.to_owned(), why: comparison.why, old: Some(side(was)), new: Some(Side { text, origin }) }
}

fn change(order: Order) -> Change {
    match order {
        Order::Equal => Change::Equal,
        Order::Stricter => Change::Stricter,
        Order::Weaker => Change::Weaker,
        Order::Incomparable => Change::Incomparable,
    }
}

/// The requirement around a scope's.
fn around<'a>(policy: &'a Policy, intent: &Intent) -> Option<&'a Intent> {
    let scope = intent.scope.as_ref()?;
    policy.intent(intent.key.strip_prefix("scopes.")?.strip_prefix(scope.as_str())?.strip_prefix('.')?)
}

/// What a policy without a word about a key allows, where that is known to be nothing: lists of exceptions, and who else
/// may read or speak. To name somebody there for the first time allows more.
fn unsaid(policy: &Policy, key: &str) -> Option<Value> {
    let nobody = || Value::Allowed(Allowed(BTreeSet::new()));
    match key {
        "dependencies.advisories.ignore" | "dependencies.sources.allow_git" => policy.spec.dependencies.is_some().then(nobody),
        "network.service_trusts" => policy.spec.targets.as_ref().is_some_and(|t| t.rust.is_some()).then(nobody),
        _ if key.starts_with("http.cors.") => policy.spec.http.as_ref().and_then(|_| cors::Cors::absent()).map(|none| Value::Cors(Box::new(none))),
        _ => None,
    }
}

/// Scopes of the old policy by their names in the new one: the same name, or the same requests under another.
fn scope_names(old: &Policy, new: &Policy) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (name, scope) in old.spec.scopes.iter().flatten() {
        let new_scopes = || new.spec.scopes.iter().flatten();
        let other = || {
            let is_new = |n: &str| !old.spec.scopes.iter().flatten().any(|(o, _)| o.as_str() == n);
            new_scopes().find(|(n, s)| s.matches == scope.matches && is_new(n.as_str()))
        };
        if let Some((found, _)) = new_scopes().find(|(n, _)| *n == name).or_else(other) {
            names.insert(name.as_str().to_owned(), found.as_str().to_owned());
        }
    }
    names
}

fn renamed(intent: &Intent, names: &BTreeMap<String, String>) -> String {
    let key = || {
        let scope = intent.scope.as_ref()?;
        let rest = intent.key.strip_prefix("scopes.")?.strip_prefix(scope.as_str())?;
        Some(format!("scopes.{}{rest}", names.get(scope)?))
    };
    key().unwrap_or_else(|| intent.key.clone())
}

/// How much fails a run, by target. Nothing said is the default; a day on which a looser level ends counts too.
fn gate(old: &Policy, new: &Policy, rows: &mut Vec<Difference>) {
    let of = |policy: &Policy, target: &str| {
        let gate = policy.spec.gate.clone().unwrap_or(Gate::Level(GateLevel::Standard));
        let until = gate.targets().into_iter().find(|(name, _)| *name == target).and_then(|(_, own)| own.until.clone());
        let level = gate.of(target);
        let text = until.as_ref().map_or_else(|| level.name().to_owned(), |day| format!("{} until {day}", level.name()));
        let origin = policy.origin(&Gate::key(target)).or_else(|| policy.origin("gate"));
        // A looser level lets less through the sooner it ends; a stricter one, the later.
        let is_looser = level.rank() < gate.of("").rank();
        let end = until.map_or(i64::MAX, |day| day.days());
        (level.rank(), if is_looser { -end } else { end }, Side { text, origin })
    };
    for target in Gate::NAMES {
        let (was, is) = (of(old, target), of(new, target));
        let change = match (is.0, is.1).cmp(&(was.0, was.1)) {
            Ordering::Less => Change::Weaker,
            Ordering::Greater => Change::Stricter,
            Ordering::Equal => Change::Equal,
        };
        // What a target has of everything else is said once, there.
        let has_own = |policy: &Policy| policy.spec.gate.as_ref().is_some_and(|gate| gate.targets().iter().any(|(name, _)| *name == target));
        let is_said = if target.is_empty() { old.spec.gate.is_some() || new.spec.gate.is_some() } else { has_own(old) || has_own(new) };
        if is_said {
            let why = if change == Change::Weaker { "more passes the gate" } else { "" };
            rows.push(Difference { change, key: Gate::key(target), why: why.to_owned(), old: Some(was.2), new: Some(is.2) });
        }
    }
}

/// What is written and looked at.
fn targets(old: &Policy, new: &Policy, rows: &mut Vec<Difference>) {
    let (before, after) = (writers(old), writers(new));
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(key), after.get(key)) {
            (Some(was), None) => rows.push(one_sided(Change::Removed, key.clone(), summary(was), "nothing of it is rendered or checked any more", old)),
            (None, Some(is)) => rows.push(one_sided(Change::Added, key.clone(), summary(is), "", new)),
            (Some(was), Some(is)) => fields(key, was, is, (old, new), rows),
            (None, None) => {}
        }
    }
}

/// Each target, the folder of templates, and each of its outputs, by key.
fn writers(policy: &Policy) -> BTreeMap<String, serde_json::Value> {
    let object = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::Object(map)) => map.into_iter().filter(|(_, v)| !v.is_null()).collect(),
        _ => serde_json::Map::new(),
    };
    let mut all = BTreeMap::new();
    for (name, target) in object(serde_json::to_value(&policy.spec.targets).ok()) {
        all.insert(format!("targets.{name}"), target);
    }
    let mut templates = object(serde_json::to_value(&policy.spec.templates).ok());
    for (name, output) in object(templates.remove("outputs")) {
        all.insert(format!("templates.outputs.{name}"), output);
    }
    if !templates.is_empty() {
        all.insert("templates".to_owned(), templates.into());
    }
    all
}

/// The keys of one target.
fn fields(target: &str, was: &serde_json::Value, is: &serde_json::Value, (old, new): (&Policy, &Policy), rows: &mut Vec<Difference>) {
    let keys = |value: &serde_json::Value| -> BTreeMap<String, String> {
        let serde_json::Value::Object(map) = value else { return BTreeMap::new() };
        map.iter().filter(|(k, v)| !v.is_null() && **v != serde_json::Value::Bool(false) && *k != "check").map(|(k, v)| (k.clone(), words(v))).collect()
    };
    let (before, after) = (keys(was), keys(is));
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let key = format!("{target}.{name}");
        // Whether a file is written and a server asked counts; where and how has no strength.
        let counts = matches!(name.as_str(), "out" | "live" | "clippy" | "audit");
        match (before.get(name), after.get(name)) {
            (Some(a), Some(b)) if a == b => rows.push(both(Change::Equal, key, a, b, old, new)),
            (Some(a), Some(b)) => rows.push(both(Change::Changed, key, a, b, old, new)),
            (Some(a), None) => {
                let why = if name == "live" { "the running server cannot be asked any more" } else { "nothing is rendered any more" };
                rows.push(if counts { one_sided(Change::Removed, key, a.clone(), why, old) } else { one_sided_changed(key, a.clone(), true, old) });
            }
            (None, Some(b)) => {
                rows.push(if counts { one_sided(Change::Added, key, b.clone(), "", new) } else { one_sided_changed(key, b.clone(), false, new) });
            }
            (None, None) => {}
        }
    }
    let patterns = |value: &serde_json::Value| -> Vec<String> {
        value.get("check").and_then(serde_json::Value::as_array).into_iter().flatten().filter_map(|p| p.as_str().map(str::to_owned)).collect()
    };
    let (before, after) = (patterns(was), patterns(is));
    for (path, now, change, policy) in before.iter().map(|p| (p, &after, Change::Removed, old)).chain(after.iter().map(|p| (p, &before, Change::Added, new))) {
        if !now.iter().any(|pattern| covers(pattern, path)) {
            let why = if change == Change::Removed { "no longer checked" } else { "" };
            rows.push(one_sided(change, format!("{target}.check"), path.clone(), why, policy));
        }
    }
}

/// Whether a pattern matches all that a path or pattern does, as far as text can tell.
fn covers(pattern: &str, path: &str) -> bool {
    let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let literal = !path.contains(['*', '?', '[']);
    pattern == path || literal && glob::Pattern::new(pattern).is_ok_and(|p| p.matches_with(path, options))
}

/// Keys that are no requirement by themselves: what a scope is about, whether a report says who attested, and the like.
fn others(old: &Policy, new: &Policy, rows: &mut Vec<Difference>) {
    let names = scope_names(old, new);
    let is_intent = |key: &str| old.intents.iter().chain(&new.intents).any(|i| is_under(&i.key, key));
    let all = |policy: &Policy, names: Option<&BTreeMap<String, String>>| -> BTreeMap<String, String> {
        let lines = flatten(&serde_json::to_value(&policy.spec).unwrap_or_default());
        let key = |key: String| match (key.strip_prefix("scopes.").and_then(|rest| rest.split_once('.')), names) {
            (Some((scope, rest)), Some(names)) => names.get(scope).map_or_else(|| key.clone(), |name| format!("scopes.{name}.{rest}")),
            _ => key,
        };
        lines.into_iter().map(|(k, v)| (key(k), v)).collect()
    };
    let is_other = |key: &str| {
        let is_reason = key.starts_with("scopes.") && key.split('.').nth(2) == Some("weakens");
        !is_intent(key) && !is_reason && !key.starts_with("targets.") && !is_under("gate", key) && key != "version" && key != "service"
    };
    let (before, after) = (all(old, Some(&names)), all(new, None));
    let has_scope = |keys: &BTreeMap<String, String>, key: &str| {
        let scope = key.split('.').take(2).collect::<Vec<_>>().join(".");
        keys.keys().any(|k| is_under(&scope, k))
    };
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>().into_iter().filter(|k| is_other(k)) {
        let of_scope = key.starts_with("scopes.");
        if of_scope && !(has_scope(&before, key) && has_scope(&after, key)) {
            continue; // A whole scope: its requirements were compared with those around it.
        }
        let (was, is) = (before.get(key), after.get(key));
        if was == is {
            continue;
        }
        let change = if of_scope { Change::Incomparable } else { Change::Changed };
        let why = if of_scope { "the scope holds for other requests" } else { "" };
        rows.push(Difference {
            change,
            key: key.clone(),
            why: why.to_owned(),
            old: was.map(|text| Side { text: text.clone(), origin: old.origin(key) }),
            new: is.map(|text| Side { text: text.clone(), origin: new.origin(key) }),
        });
    }
}

fn both(change: Change, key: String, was: &str, is: &str, old: &Policy, new: &Policy) -> Difference {
    let (before, after) = (old.origin(&key), new.origin(&key));
    Difference {
        change,
        key,
        why: String::new(),
        old: Some(Side { text: was.to_owned(), origin: before }),
        new: Some(Side { text: is.to_owned(), origin: after }),
    }
}

fn one_sided(change: Change, key: String, text: String, why: &str, policy: &Policy) -> Difference {
    let side = Some(Side { text, origin: policy.origin(&key) });
    let (old, new) = if change == Change::Removed { (side, None) } else { (None, side) };
    Difference { change, key, why: why.to_owned(), old, new }
}

/// A key without a strength of its own that only one side has.
fn one_sided_changed(key: String, text: String, is_old: bool, policy: &Policy) -> Difference {
    let change = if is_old { Change::Removed } else { Change::Added };
    Difference { change: Change::Changed, ..one_sided(change, key, text, "", policy) }
}

/// A target in one line.
fn summary(target: &serde_json::Value) -> String {
    flatten(target).iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("; ")
}

fn words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        value => {
            let lines = flatten(value);
            lines.iter().map(|(key, value)| if key.is_empty() { value.clone() } else { format!("{key}: {value}") }).collect::<Vec<_>>().join("; ")
        }
    }
}
