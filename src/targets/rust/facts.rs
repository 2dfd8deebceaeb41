//! What a `policy.rs` says about the intents of one environment.

use super::constants::FIELDS;
use super::policy_file::{Const, Expr, PolicyFile, Type};
use super::{controls, names, rules, tokens, types};
use crate::finding::{Cause, Label, Rule};
use crate::policy::Policy;
use crate::source::{SourceId, Span};
use crate::strictness::Value;
use crate::targets::{Fact, Found};
use std::collections::BTreeSet;
use std::ops::Range;

/// A value, or why it is not known.
pub(super) type Known<T> = Result<T, String>;

/// What the file may import, beside the modules that lie next to it.
const IMPORTS: [(&str, &str); 3] = [("Algorithm", "jsonwebtoken::Algorithm"), ("SameSite", "cookie::SameSite"), ("Duration", "std::time::Duration")];

/// Names that every file knows: whoever brings in another of the name changes what values mean.
const PRELUDE: [&str; 3] = ["Some", "None", "Option"];

/// The structs whose fields come from the spec, and the type of each field.
const BY_NAME: [(&str, &str); 2] = [("RateLimits", "rate_limit::Quota"), ("Cookies", "cookies::Settings")];

/// Reads one environment's policy.
pub(super) struct Reader<'a> {
    pub(super) policy: &'a Policy,
    pub(super) file: &'a PolicyFile,
    id: SourceId,
    path: &'a str,
    facts: Vec<Fact>,
    /// Why nothing in the file is certain.
    doubt: Option<String>,
}

/// Where facts are read from.
pub(super) struct At<'a> {
    pub(super) id: SourceId,
    pub(super) path: &'a str,
    /// The environment's name, where one table names several.
    pub(super) environment: Option<&'a str>,
}

/// The facts of a file, sorted by intent. What the file has beyond the constants of a policy, or in their place, is a
/// fact of its own that no rendered file has.
pub(super) fn of(file: &PolicyFile, policy: &Policy, at: &At<'_>, carried: &[String]) -> Vec<Fact> {
    let mut reader = Reader { policy, file, id: at.id, path: at.path, facts: Vec::new(), doubt: file.doubt.clone() };
    reader.surroundings();
    let constants = reader.constants(at.environment);
    if let Some(name) = constants {
        reader.controls(&name, carried);
    }
    let found: BTreeSet<String> = reader.facts.iter().map(|fact| fact.intent.clone()).collect();
    for intent in carried.iter().filter(|intent| !found.contains(*intent)) {
        reader.push(intent, None, Found::Missing);
    }
    reader.facts.sort_by_key(|fact| (fact.intent.clone(), fact.at.as_ref().map(|label| label.span.start)));
    reader.facts
}

impl Reader<'_> {
    pub(super) fn push(&mut self, intent: &str, at: Option<Range<usize>>, found: Found) {
        let (cause, rule): (Cause, &'static Rule) = match &found {
            Found::Missing => (Cause::Missing, &rules::POLICY_EDITED),
            Found::Unverifiable(_) => (Cause::NotUnderstood, &rules::POLICY_NOT_CONSTANT),
            _ => (Cause::Value, &rules::POLICY_EDITED),
        };
        self.facts.push(Fact {
            intent: intent.to_owned(),
            place: self.path.to_owned(),
            found,
            cause,
            at: at.map(|range| Label::new(Span::new(self.id, range.start, range.end), "")),
            related: Vec::new(),
            rule,
            help: vec![
                format!("run `secgen render --force {}` to restore what the policy says", self.path),
                format!("or change the spec to say what {} shall say, and run `secgen render`", self.path),
            ],
            group: None,
        });
    }

    /// A value of an intent. Where the policy has no such intent (a default, a key too many) it is plain text.
    pub(super) fn value(&mut self, intent: &str, at: &Expr, value: Known<Value>) {
        let found = match self.unclear(at).map_or(value, Err) {
            Err(why) => Found::Unverifiable(why),
            Ok(value) if self.policy.intent(intent).is_some() => Found::Set { text: value.to_string(), value },
            Ok(value) => Found::Text(value.to_string()),
        };
        self.push(intent, Some(at.at.clone()), found);
    }

    /// A text that is compared as it stands.
    pub(super) fn text(&mut self, key: &str, at: &Expr, text: Known<String>) {
        let found = self.unclear(at).map_or(text, Err).map_or_else(Found::Unverifiable, Found::Text);
        self.push(key, Some(at.at.clone()), found);
    }

    pub(super) fn foreign(&mut self, place: &str, what: &str, at: Range<usize>) {
        self.push(place, Some(at), Found::Text(format!("{what}, which secgen did not render")));
    }

    /// Whether something else decides what a value is: names that are not imported, and all that makes the file doubtful.
    fn unclear(&self, expr: &Expr) -> Option<String> {
        if let Some(doubt) = &self.doubt {
            return Some(doubt.clone());
        }
        let mut stack = vec![expr];
        while let Some(expr) = stack.pop() {
            let path = match &expr.value {
                Const::Seconds(_) => "Duration",
                Const::Path(path) => path,
                Const::List(items) => {
                    stack.extend(items);
                    continue;
                }
                Const::Call(path, items) => {
                    stack.extend(items);
                    path
                }
                Const::Struct(path, fields) => {
                    stack.extend(fields.values());
                    path
                }
                Const::Int(_) | Const::Text(_) | Const::Unknown(_) => continue,
            };
            let first = path.split("::").next().unwrap_or_default();
            if let Some(doubt) = self.meaning(first) {
                return Some(doubt);
            }
        }
        None
    }

    /// Why a name may mean something else than it does in a rendered file.
    fn meaning(&self, name: &str) -> Option<String> {
        let doubtful = |found: Option<&Type>| match found {
            Some(found) => found.doubt.as_ref().map(|why| format!("{name} is not as rendered: {why}")),
            None => Some(format!("`{name}` may be anything, because the file does not define it")),
        };
        let import = IMPORTS.iter().find(|(known, _)| *known == name).map(|(_, path)| (*path).to_owned());
        let import = import.or_else(|| types::has_types(name).then(|| format!("super::{name}")));
        match (import, name) {
            (Some(import), _) if self.file.imports.contains_key(&import) => None,
            (Some(_), module) if self.file.modules.get(module).is_some_and(|(found, _)| types::tokens_of(module).as_ref() == Some(found)) => None,
            (Some(import), _) => Some(format!("`{name}` may be anything, because the file does not import {import}")),
            (None, "Role" | "Permission") => doubtful(self.file.enums.get(name)),
            (None, "Policy" | "RateLimits" | "Cookies") => doubtful(self.file.structs.get(name)),
            (None, _) => None,
        }
    }

    /// Everything around the constants.
    fn surroundings(&mut self) {
        let file = self.file;
        for item in &file.foreign {
            self.foreign(&item.place, &item.what, item.at.clone());
        }
        for (path, at) in &file.imports {
            let is_module = path.strip_prefix("super::").is_some_and(types::has_types);
            if is_module || IMPORTS.iter().any(|(_, known)| known == path) {
                continue;
            }
            self.foreign("policy::use", &format!("use {path}"), at.clone());
            let name = path.rsplit([':', ' ']).next().unwrap_or_default();
            if name == "*" || PRELUDE.contains(&name) {
                self.doubt.get_or_insert_with(|| format!("`use {path}` may change what other names mean"));
            }
        }
        let defined =
            file.foreign.iter().map(|item| item.place.as_str()).chain(file.structs.keys().map(String::as_str)).chain(file.enums.keys().map(String::as_str));
        if let Some(name) = defined.map(|place| place.rsplit(':').next().unwrap_or(place)).find(|name| PRELUDE.contains(name)) {
            self.doubt.get_or_insert_with(|| format!("the file has a `{name}` of its own"));
        }
        for (name, (found, at)) in &file.modules {
            if types::tokens_of(name).as_ref() != Some(found) {
                self.foreign(&format!("policy::{name}"), &format!("mod {name}"), at.clone());
            }
        }
        for (name, found) in &file.structs {
            self.structure(name, found);
        }
        for (name, found) in &file.enums {
            match (name.as_str(), &found.doubt) {
                ("Role" | "Permission", None) => {
                    let names: BTreeSet<&str> = found.parts.values().map(String::as_str).collect();
                    let names = names.into_iter().collect::<Vec<_>>().join(", ");
                    self.push(&format!("policy::{name}"), Some(found.at.clone()), Found::Text(names));
                }
                ("Role" | "Permission", Some(why)) => self.push(&format!("policy::{name}"), Some(found.at.clone()), Found::Unverifiable(why.clone())),
                _ => self.foreign(&format!("policy::{name}"), &format!("enum {name}"), found.at.clone()),
            }
        }
    }

    /// The fields of a struct have the types that they are rendered with.
    fn structure(&mut self, name: &str, found: &Type) {
        let is = |kind: &str, field: &str| tokens::plain(kind).as_deref() == Some(field) || tokens::plain(&format!("Option<{kind}>")).as_deref() == Some(field);
        let by_name = BY_NAME.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let expected = |field: &str| match (name, by_name) {
            ("Policy", _) => FIELDS.iter().find(|(known, ..)| *known == field).map(|(_, kind, ..)| *kind),
            (_, kind) => kind,
        };
        if name != "Policy" && by_name.is_none() {
            return self.foreign(&format!("policy::{name}"), &format!("struct {name}"), found.at.clone());
        }
        if let Some(why) = &found.doubt {
            self.push(&format!("policy::{name}"), Some(found.at.clone()), Found::Unverifiable(why.clone()));
        }
        for (field, kind) in &found.parts {
            match expected(field) {
                None => self.foreign(&format!("policy::{name}::{field}"), &format!("the field {field} of {name}"), found.at.clone()),
                Some(expected) if is(expected, kind) => {}
                Some(_) => self.foreign(&format!("policy::{name}::{field}"), &format!("another type of the field {field} of {name}"), found.at.clone()),
            }
        }
    }

    /// The name of the environment's constant. Constants of no environment are foreign.
    fn constants(&mut self, environment: Option<&str>) -> Option<String> {
        let file = self.file;
        let mut named: Vec<(String, String)> = Vec::new();
        if let Some(table) = file.constants.get("ENVIRONMENTS") {
            let rows = if let Const::List(rows) = &table.expr.value { rows.as_slice() } else { &[] };
            named = rows.iter().filter_map(row).collect();
            let is_whole = named.len() == rows.len() && !rows.is_empty() && tokens::plain("&[(&str, &Policy)]").as_ref() == Some(&table.kind);
            let names: BTreeSet<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
            let text = match &table.doubt {
                Some(doubt) => Err(doubt.clone()),
                None if !is_whole => Err("ENVIRONMENTS is not a table that can be worked out".to_owned()),
                None if names.len() < named.len() => Err("ENVIRONMENTS names an environment twice".to_owned()),
                None => Ok(names.into_iter().collect::<Vec<_>>().join(", ")),
            };
            let found = text.map_or_else(Found::Unverifiable, Found::Text);
            self.push("policy::ENVIRONMENTS", Some(table.at.clone()), found);
        }
        for (name, constant) in &file.constants {
            let is_policy = tokens::plain("Policy").as_ref() == Some(&constant.kind);
            let is_named = name == "POLICY" || named.iter().any(|(_, of)| of == name);
            if name != "ENVIRONMENTS" && !(is_policy && is_named) {
                self.foreign(&format!("policy::{name}"), &format!("const {name}"), constant.at.clone());
            }
        }
        match environment {
            None => Some("POLICY".to_owned()),
            Some(environment) => named.into_iter().find(|(name, _)| name == environment).map(|(_, constant)| constant),
        }
    }

    fn controls(&mut self, name: &str, carried: &[String]) {
        let Some(constant) = self.file.constants.get(name) else { return };
        if let Some(doubt) = &constant.doubt {
            self.doubt.get_or_insert_with(|| doubt.clone());
        }
        let Const::Struct(kind, fields) = &constant.expr.value else {
            return self.push(
                &format!("policy::{name}"),
                Some(constant.at.clone()),
                Found::Unverifiable(format!("{name} is not a policy that can be worked out")),
            );
        };
        if kind != "Policy" {
            return self.push(&format!("policy::{name}"), Some(constant.at.clone()), Found::Unverifiable(format!("{name} is not a policy")));
        }
        for (field, expr) in fields {
            match self.present("Policy", field, expr) {
                Ok(None) => {}
                Ok(Some(expr)) => controls::read(self, field, &expr, carried),
                Err(why) => self.push(&format!("policy::{name}::{field}"), Some(expr.at.clone()), Found::Unverifiable(why)),
            }
        }
    }

    /// The value of a field that may be optional: `None` where it is not there.
    pub(super) fn present(&self, of: &str, field: &str, expr: &Expr) -> Known<Option<Expr>> {
        let is_optional = self.file.structs.get(of).and_then(|found| found.parts.get(field)).is_some_and(|kind| kind.starts_with("Option <"));
        if !is_optional {
            return Ok(Some(expr.clone()));
        }
        option(expr).map(|found| found.map(|inner| Expr { at: expr.at.clone(), value: inner.value.clone() }))
    }
}

/// `None` or `Some(x)`.
pub(super) fn option(expr: &Expr) -> Known<Option<&Expr>> {
    match &expr.value {
        Const::Path(none) if none == "None" => Ok(None),
        Const::Call(some, arguments) if some == "Some" && arguments.len() == 1 => Ok(arguments.first()),
        _ => Err("it is neither None nor Some".to_owned()),
    }
}

/// `("prod", &PROD)`: references are read through.
fn row(expr: &Expr) -> Option<(String, String)> {
    let Const::Call(name, parts) = &expr.value else { return None };
    let [Expr { value: Const::Text(environment), .. }, Expr { value: Const::Path(constant), .. }] = parts.as_slice() else { return None };
    (name.is_empty() && names::constant(constant) == *constant).then(|| (environment.clone(), constant.clone()))
}
