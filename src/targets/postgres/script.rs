//! What a script of settings says: statements in their order, guards by version, and what to check before and after.
//!
//! The form is one that was run on servers of every version from 12 to 18. ALTER SYSTEM cannot be part of a
//! transaction, so a script that stops half way leaves the first half armed for the next restart: everything that
//! can be checked is checked before the first statement, `ssl` is the last one, and what is in force is read back from
//! a new session.

use super::rules;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::strictness::postgres::catalogue::{self, Entry, List};
use crate::strictness::postgres::value::{Meaning, parse_bool};
use crate::strictness::postgres::{self as settings, Setting};
use crate::strictness::{Value, tls::Version};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// A required setting, and the key that requires it.
#[derive(Clone, Debug)]
pub(super) struct Required {
    pub(super) key: String,
    pub(super) setting: Setting,
}

/// One ALTER SYSTEM statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) key: String,
    pub(super) name: String,
    /// One literal each; none is RESET.
    pub(super) values: Vec<String>,
    /// The declared versions that it is for.
    pub(super) versions: RangeInclusive<u32>,
}

/// `secgen_ge16`, `secgen_lt17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    AtLeast(u32),
    Below(u32),
}

impl Guard {
    pub(super) fn text(self) -> String {
        match self {
            Self::AtLeast(version) => format!("ge{version}"),
            Self::Below(version) => format!("lt{version}"),
        }
    }

    fn json(self) -> Json {
        let (name, compare, version) = match self {
            Self::AtLeast(version) => ("ge", ">=", version),
            Self::Below(version) => ("lt", "<", version),
        };
        json!({ "name": name, "compare": compare, "version": version })
    }
}

/// Everything that the files for a policy say.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) versions: RangeInclusive<u32>,
    pub(super) statements: Vec<Statement>,
    /// Name and value of `secgen.*` before the checks.
    pub(super) before: Vec<(&'static str, String)>,
    /// JSON: name, value in `pg_settings`, first and last version.
    pub(super) wanted: String,
    /// Name and text of the drop-in.
    pub(super) drop_in: Vec<(String, String, String)>,
    /// Words to the script, and to the drop-in.
    pub(super) script_notes: Vec<String>,
    pub(super) drop_in_notes: Vec<String>,
}

const MIN: &str = "ssl_min_protocol_version";

/// The settings that the policy requires, `tls.min_version` among them; `ssl` last, and what it needs before it.
pub(super) fn required(policy: &Policy, versions: &RangeInclusive<u32>) -> Vec<Required> {
    let mut all: Vec<Required> = policy
        .intents
        .iter()
        .filter_map(|intent| match &intent.value {
            Value::Setting(setting) if intent.key.starts_with(super::facts::SETTINGS) => Some(Required { key: intent.key.clone(), setting: setting.clone() }),
            _ => None,
        })
        .collect();
    if let Some(Value::Tls(protocols)) = policy.intent(super::facts::TLS_MIN).map(|i| &i.value) {
        let min = protocols.versions().next().map_or("TLSv1.3", Version::name);
        if !all.iter().any(|r| r.setting.name == MIN) {
            all.extend(Setting::from_text(MIN, min, versions).ok().map(|setting| Required { key: super::facts::TLS_MIN.to_owned(), setting }));
        }
    }
    let rank = |name: &str| match name {
        "ssl" => 2,
        name if name.starts_with("ssl_") => 1,
        _ => 0,
    };
    all.sort_by(|a, b| (rank(&a.setting.name), &a.setting.name).cmp(&(rank(&b.setting.name), &b.setting.name)));
    all
}

/// Plans the files.
///
/// # Errors
/// What cannot be written, with the spec's span.
pub(super) fn plan(policy: &Policy, versions: &RangeInclusive<u32>) -> Result<Plan, Vec<Finding>> {
    let all = required(policy, versions);
    let mut refused = contradictions(policy, &all, versions);
    let mut plan = Plan {
        versions: versions.clone(),
        statements: Vec::new(),
        before: before(&all, versions),
        wanted: String::new(),
        drop_in: Vec::new(),
        script_notes: Vec::new(),
        drop_in_notes: Vec::new(),
    };
    let mut wanted: Vec<Json> = Vec::new();
    for Required { key, setting } in &all {
        let name = &setting.name;
        if let Some(why) = unwritable(setting) {
            refused.push(refuse(policy, key, why));
            continue;
        }
        let alterable = setting.versions.clone().all(|v| catalogue::at(name, v).is_none_or(|e| e.alterable));
        if alterable {
            for (run, values) in runs(setting, |entry, meaning| literals(setting, entry, meaning)) {
                plan.statements.push(Statement { key: key.clone(), name: name.clone(), values, versions: run });
            }
            wanted.extend(
                runs(setting, |entry, meaning| in_pg_settings(setting, entry, meaning))
                    .into_iter()
                    .map(|(run, want)| json!([name, want, run.start(), run.end()])),
            );
        } else {
            plan.script_notes.push(format!("{name}: ALTER SYSTEM cannot set it; the drop-in file does"));
        }
        if setting.versions == *versions {
            let texts = runs(setting, |entry, meaning| file_text(setting, entry, meaning));
            // Where versions read the text differently, the oldest one's is good for all: it was checked for each.
            if let Some((_, text)) = texts.into_iter().next() {
                plan.drop_in.push((key.clone(), name.clone(), text));
            }
        } else {
            let own = catalogue::versions_text(&setting.versions);
            plan.drop_in_notes.push(format!("{name} is for {own} only, and other versions do not start with it; alter-system.sql sets it"));
        }
        if catalogue::at(name, *versions.end()).is_some_and(|e| e.context == "postmaster") {
            plan.script_notes.push(format!("{name} takes effect at the next start of the server"));
        }
    }
    plan.wanted = Json::Array(wanted).to_string();
    if refused.is_empty() { Ok(plan) } else { Err(refused) }
}

pub(super) fn refuse(policy: &Policy, key: &str, why: String) -> Finding {
    let mut finding = Finding::error(&rules::NOT_RENDERABLE, why).intent(key).help("change the value in the spec");
    finding.target = Some("postgres");
    finding.spec = policy.origin(key);
    if let Some(span) = finding.spec {
        finding = finding.at(span, "asked for here");
    }
    finding
}

/// Settings that no server starts with together.
pub(super) fn contradictions(policy: &Policy, all: &[Required], versions: &RangeInclusive<u32>) -> Vec<Finding> {
    let word = |name: &str| {
        let required = all.iter().find(|r| r.setting.name == name)?;
        match required.setting.meaning(*versions.end()) {
            Some(Meaning::Word(word)) => Some((required.key.as_str(), Version::parse(word)?)),
            _ => None,
        }
    };
    let mut refused = Vec::new();
    let (min, max) = (word("ssl_min_protocol_version"), word("ssl_max_protocol_version"));
    if let (Some((_, min)), Some((key, max))) = (min, max)
        && max < min
    {
        refused.push(refuse(
            policy,
            key,
            format!("ssl_max_protocol_version {} is older than the minimum {}: no server starts with both", max.name(), min.name()),
        ));
    }
    if let (Some((key, min)), Some(Value::Tls(protocols))) = (min, policy.intent(super::facts::TLS_MIN).map(|i| &i.value))
        && key != super::facts::TLS_MIN
        && protocols.versions().next() != Some(min)
    {
        let asked = protocols.versions().next().map_or("none", Version::name);
        refused.push(refuse(policy, key, format!("ssl_min_protocol_version is {} and tls.min_version is {asked}: the spec must ask for one", min.name())));
    }
    refused
}

/// Why a value cannot be written, if it cannot.
fn unwritable(setting: &Setting) -> Option<String> {
    let entry = setting.versions.clone().find_map(|v| catalogue::at(&setting.name, v).filter(|e| e.list == List::Plain))?;
    let bad = setting.value.iter().find(|item| item.is_empty() || !item.chars().all(|c| c.is_alphanumeric() || "_.:*%-/+$".contains(c)))?;
    Some(format!("\"{bad}\" cannot be an element of {}: ALTER SYSTEM joins the elements with commas, unquoted", entry.name))
}

/// A value of each version, as runs of versions that agree.
pub(super) fn runs<T: PartialEq>(setting: &Setting, value: impl Fn(Option<&Entry>, &Meaning) -> T) -> Vec<(RangeInclusive<u32>, T)> {
    let mut runs: Vec<(RangeInclusive<u32>, T)> = Vec::new();
    for version in setting.versions.clone() {
        let Some(meaning) = setting.meaning(version) else { continue };
        let entry = catalogue::at(&setting.name, version);
        let next = value(entry.as_ref(), meaning);
        match runs.last_mut() {
            Some((run, last)) if *last == next => *run = *run.start()..=version,
            _ => runs.push((version..=version, next)),
        }
    }
    runs
}

/// The elements as they are written: Booleans as on and off, also where a list takes them.
fn elements(setting: &Setting) -> Vec<String> {
    match setting.value.as_slice() {
        [one] if setting.name == "log_connections" => vec![parse_bool(one).map_or(one.as_str(), |flag| if flag { "on" } else { "off" }).to_owned()],
        items => items.to_vec(),
    }
}

fn scalar_text(setting: &Setting, meaning: &Meaning) -> String {
    match meaning {
        Meaning::Bool(flag) => if *flag { "on" } else { "off" }.to_owned(),
        Meaning::Word(word) => word.clone(),
        _ => setting.value.join(", "),
    }
}

/// The literals of ALTER SYSTEM. A quoted list without elements is RESET: `''` would be stored as one empty element,
/// with which no server starts.
fn literals(setting: &Setting, entry: Option<&Entry>, meaning: &Meaning) -> Vec<String> {
    match entry.map(|e| e.list) {
        Some(List::Plain) if setting.value.is_empty() => vec![String::new()],
        Some(List::Plain | List::Quoted) => elements(setting),
        _ if setting.value.len() == 1 => vec![scalar_text(setting, meaning)],
        _ => vec![list_text(entry, &setting.value)],
    }
}

/// The text of a configuration file.
pub(super) fn file_text(setting: &Setting, entry: Option<&Entry>, meaning: &Meaning) -> String {
    match entry.map(|e| e.list) {
        Some(List::Quoted | List::Plain) => list_text(entry, &elements(setting)),
        _ if setting.value.len() == 1 => scalar_text(setting, meaning),
        _ => list_text(entry, &setting.value),
    }
}

/// A list as one text: what would not be read as one element, or be folded, stands in double quotes.
pub(super) fn list_text(entry: Option<&Entry>, items: &[String]) -> String {
    if items.len() == 1 && entry.is_none_or(|e| e.list == List::No && e.name != "unix_socket_directories") {
        return items[0].clone();
    }
    let is_name = entry.is_some_and(|e| matches!(e.name, "search_path" | "temp_tablespaces"));
    let plain = |item: &str| {
        let fits = |c: char| if is_name { c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' } else { !matches!(c, ',' | '"') };
        !item.is_empty() && item.chars().all(fits) && item.trim() == item
    };
    items.iter().map(|item| if plain(item) { item.clone() } else { format!("\"{}\"", item.replace('"', "\"\"")) }).collect::<Vec<_>>().join(", ")
}

/// `pg_settings.setting` once the value is in force; quoted lists without their quotes.
pub(super) fn in_pg_settings(setting: &Setting, entry: Option<&Entry>, meaning: &Meaning) -> String {
    match (meaning, entry) {
        (Meaning::Integer(mode), Some(entry)) if entry.is_octal() => format!("{mode:04o}"),
        (Meaning::Integer(number), _) => number.to_string(),
        (Meaning::Real(number), _) => number.to_string(),
        (Meaning::List(_), Some(entry)) if entry.list == List::Quoted => elements(setting).join(", ").replace('"', ""),
        (Meaning::List(_), _) => elements(setting).join(", "),
        _ => file_text(setting, entry, meaning),
    }
}

/// What the checks before the first change need to know.
fn before(all: &[Required], versions: &RangeInclusive<u32>) -> Vec<(&'static str, String)> {
    let find = |name: &str| all.iter().find(|r| r.setting.name == name).map(|r| &r.setting);
    let is_on = find("ssl").and_then(|ssl| ssl.meaning(*versions.end())) == Some(&Meaning::Bool(true));
    let files: Vec<Json> = ["ssl_cert_file", "ssl_key_file", "ssl_ca_file", "ssl_crl_file", "ssl_dh_params_file"]
        .into_iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let own = find(name).map(|s| s.value.concat()).filter(|path| !path.is_empty());
            // Without a word of the spec, the server's own certificate and key must be there.
            (own.is_some() || (is_on && index < 2)).then(|| json!([name, own]))
        })
        .collect();
    let libraries = find("shared_preload_libraries").map(|s| s.value.clone()).unwrap_or_default();
    let minimum = match find("ssl_min_protocol_version").and_then(|s| s.meaning(*versions.end())) {
        Some(Meaning::Word(word)) if find("ssl_max_protocol_version").is_none() => word.clone(),
        _ => String::new(),
    };
    vec![
        ("versions", format!("{}-{}", versions.start(), versions.end())),
        ("files", Json::Array(files).to_string()),
        ("libraries", json!(libraries).to_string()),
        ("tls_minimum", minimum),
    ]
}

impl Plan {
    /// The guards around a statement, outermost first.
    pub(super) fn guards(&self, statement: &Statement) -> Vec<Guard> {
        let mut guards = Vec::new();
        if statement.versions.start() > self.versions.start() {
            guards.push(Guard::AtLeast(*statement.versions.start()));
        }
        if statement.versions.end() < self.versions.end() {
            guards.push(Guard::Below(*statement.versions.end() + 1));
        }
        guards
    }

    fn all_guards(&self, statements: &[Statement]) -> BTreeSet<Guard> {
        statements.iter().flat_map(|s| self.guards(s)).collect()
    }

    pub(super) fn statements_json(&self, statements: &[Statement]) -> Vec<Json> {
        let json = |s: &Statement| {
            let guards: Vec<Json> = self.guards(s).into_iter().map(Guard::json).collect();
            json!({ "name": s.name, "values": s.values, "guards": guards, "custom": settings::is_custom(&s.name) })
        };
        statements.iter().map(json).collect()
    }

    pub(super) fn before_json(before: &[(&'static str, String)]) -> Vec<Json> {
        before.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    }

    fn guards_json(&self, statements: &[Statement]) -> Vec<Json> {
        self.all_guards(statements).into_iter().map(Guard::json).collect()
    }

    /// The values of `alter-system.sql.tera`.
    pub(super) fn alter_context(&self) -> Json {
        json!({ "before": Self::before_json(&self.before), "guards": self.guards_json(&self.statements), "statements": self.statements_json(&self.statements),
            "notes": self.script_notes, "wanted": self.wanted })
    }

    /// What reading `alter-system.sql` back must find.
    pub(super) fn alter_expected(&self) -> Vec<(String, String)> {
        let mut expected = Self::before_expected(&self.before);
        for s in &self.statements {
            let text = super::sql::values_text(&s.name, &s.values, *s.versions.end());
            expected.extend(self.guarded(s, (s.key.clone(), text)));
        }
        expected.push(("script.wanted".to_owned(), self.wanted.clone()));
        expected
    }

    /// The statements of `reset.sql`: the same names, `ssl` first.
    pub(super) fn resets(&self) -> Vec<Statement> {
        let mut resets: Vec<Statement> = Vec::new();
        for s in self.statements.iter().rev() {
            match resets.iter_mut().find(|r| r.name == s.name) {
                // Runs of one setting are one reset.
                Some(same) => same.versions = *s.versions.start()..=*same.versions.end(),
                None => resets.push(Statement { values: Vec::new(), ..s.clone() }),
            }
        }
        resets
    }

    fn reset_before(&self) -> Vec<(&'static str, String)> {
        // Going back needs no certificate and no library.
        let none = [("files", "[]"), ("libraries", "[]"), ("tls_minimum", "")].map(|(name, value)| (name, value.to_owned()));
        self.before.iter().take(1).cloned().chain(none).collect()
    }

    /// The values of `reset.sql.tera`.
    pub(super) fn reset_context(&self) -> Json {
        let resets = self.resets();
        json!({ "before": Self::before_json(&self.reset_before()), "guards": self.guards_json(&resets), "statements": self.statements_json(&resets) })
    }

    /// What reading `reset.sql` back must find.
    pub(super) fn reset_expected(&self) -> Vec<(String, String)> {
        let mut expected = Self::before_expected(&self.reset_before());
        for s in self.resets() {
            expected.extend(self.guarded(&s, (format!("script.{}", s.name), RESET.to_owned())));
        }
        expected
    }

    pub(super) fn before_expected(before: &[(&'static str, String)]) -> Vec<(String, String)> {
        before.iter().map(|(name, value)| (format!("script.{name}"), value.clone())).collect()
    }

    fn guarded(&self, s: &Statement, inner: (String, String)) -> Vec<(String, String)> {
        let guards = self.guards(s);
        let known = settings::is_custom(&s.name).then(|| ("script.if".to_owned(), format!("known {}", s.name)));
        let ends = guards.len() + usize::from(known.is_some());
        let mut lines: Vec<(String, String)> = guards.into_iter().map(|g| ("script.if".to_owned(), g.text())).collect();
        lines.extend(known);
        lines.push(inner);
        lines.extend(std::iter::repeat_n(("script.endif".to_owned(), String::new()), ends));
        lines
    }
}

/// The text of a statement that resets.
pub(super) const RESET: &str = "(reset)";
