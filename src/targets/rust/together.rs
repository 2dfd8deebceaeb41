//! Several environments in one `policy.rs`: one constant each where they differ, and types that fit all of them.

use super::constants::{Controls, FIELDS};
use super::layout::{Item, Value};
use super::{names, rules};
use crate::finding::Finding;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// `policy.rs` as its template sees it.
#[derive(Debug, Serialize)]
pub(super) struct File {
    /// Modules beside the file that its types come from.
    pub(super) modules: Vec<&'static str>,
    /// Modules whose types stand in the file itself.
    pub(super) inline: Vec<&'static str>,
    /// Whether the imported modules need more than one line.
    modules_wrap: bool,
    /// Further imports, each by its name.
    uses: Vec<&'static str>,
    fields: Vec<Field>,
    limits: Vec<Field>,
    cookies: Vec<Field>,
    enums: Vec<Enum>,
    /// Constants of type `Policy`, each with the environments that it is for.
    policies: Vec<Named>,
    /// The table of environments, where there are any.
    environments: Option<String>,
}

#[derive(Debug, Serialize)]
struct Field {
    name: String,
    /// A type, from fixed text.
    kind: &'static str,
    optional: bool,
    /// From fixed text.
    doc: &'static str,
}

#[derive(Debug, Serialize)]
struct Named {
    /// An [`Item`] in JSON, for its encoder.
    item: String,
    environments: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Enum {
    name: &'static str,
    doc: &'static str,
    variants: Vec<Variant>,
}

#[derive(Debug, Serialize)]
struct Variant {
    rust: String,
    name: String,
    /// Whether an arm of a match is too long for one line.
    parse_wraps: bool,
    name_wraps: bool,
}

/// The policies of one file, each with its environment; `None` where the file is for one alone.
pub(super) type Members<'a> = [(Option<&'a str>, &'a Controls)];

/// A constant's name for each policy: equal policies share one.
fn constant_names(members: &Members<'_>) -> Vec<String> {
    let is_alone = members.iter().all(|(_, controls)| is_same(controls, members[0].1));
    let name = |i: usize| {
        let first = members.iter().position(|(_, other)| is_same(other, members[i].1)).unwrap_or(i);
        members[first].0.map_or_else(|| "POLICY".to_owned(), names::constant)
    };
    (0..members.len()).map(|i| if is_alone { "POLICY".to_owned() } else { name(i) }).collect()
}

fn is_same(a: &Controls, b: &Controls) -> bool {
    a.single == b.single && a.limits == b.limits && a.cookies == b.cookies
}

/// Names of environments that are one constant in Rust, or that Rust does not take; each with its fault.
pub(super) fn name_faults(members: &Members<'_>) -> Vec<Finding> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::from([("ENVIRONMENTS".to_owned(), ""), ("POLICY".to_owned(), "")]);
    let mut findings = Vec::new();
    for name in members.iter().filter_map(|(name, _)| *name) {
        let constant = names::constant(name);
        let message = match seen.insert(constant.clone(), name) {
            None => continue,
            Some("") => format!("the environment {name} would be {constant} in Rust, which policy.rs uses itself"),
            Some(other) => format!("the environments {other} and {name} are both {constant} in Rust"),
        };
        findings.push(Finding::error(&rules::NAME_CLASH, message).intent(format!("environments.{name}")).help(format!("rename the environment {name}")));
    }
    findings
}

impl File {
    /// Of at least one policy. `inline` says which modules are not beside the file.
    ///
    /// # Errors
    /// A fault of secgen.
    pub(super) fn new(members: &Members<'_>, inline: &dyn Fn(&str) -> bool) -> Result<Self, String> {
        let all = |field: &str| members.iter().all(|(_, controls)| controls.has(field));
        let any = |field: &str| members.iter().any(|(_, controls)| controls.has(field));
        let used: Vec<_> = FIELDS.iter().filter(|(name, ..)| any(name)).collect();
        let fields = used.iter().map(|(name, kind, _, doc)| Field { name: (*name).to_owned(), kind, optional: !all(name), doc }).collect();
        let (limits, cookies) = (keys(members, |c| &c.limits), keys(members, |c| &c.cookies));
        let mut modules: BTreeSet<&'static str> = used.iter().map(|(_, _, module, _)| *module).collect();
        if any("redis") {
            modules.insert("rate_limit");
        }
        let within: Vec<&'static str> = modules.iter().filter(|module| inline(module)).copied().collect();
        modules.retain(|module| !inline(module));
        let modules: Vec<&'static str> = modules.into_iter().collect();
        let names = constant_names(members);
        let mut policies: Vec<Named> = Vec::new();
        for (i, (_, controls)) in members.iter().enumerate() {
            if names.iter().position(|name| *name == names[i]) == Some(i) {
                let value = value(controls, &all, &limits, &cookies, &any);
                let item = Item { name: names[i].clone(), kind: "Policy".to_owned(), value };
                let environments = members.iter().zip(&names).filter(|(_, name)| **name == names[i]).filter_map(|((env, _), _)| env.map(str::to_owned));
                policies.push(Named { item: serde_json::to_string(&item).map_err(|e| e.to_string())?, environments: environments.collect() });
            }
        }
        let table: BTreeMap<&str, &String> = members.iter().zip(&names).filter_map(|((env, _), name)| Some(((*env)?, name))).collect();
        let rows = table.into_iter().map(|(env, name)| Value::Tuple(vec![Value::text(env), Value::Reference(name.clone())])).collect::<Vec<_>>();
        let table = Item { name: "ENVIRONMENTS".to_owned(), kind: "&[(&str, &Policy)]".to_owned(), value: Value::Slice(rows.clone()) };
        let text: String = policies.iter().map(|p| p.item.as_str()).collect();
        let uses = [(any("cookies"), "SameSite"), (any("jwt"), "Algorithm"), (text.contains("\"Seconds\""), "Duration")];
        Ok(Self {
            // rustfmt keeps two columns free for what closes the list.
            modules_wrap: format!("use super::{{{}}};", modules.join(", ")).len() > 98,
            modules,
            inline: within,
            uses: uses.into_iter().filter_map(|(is_used, name)| is_used.then_some(name)).collect(),
            fields,
            limits: limits.iter().map(|(name, all)| Field { name: name.clone(), kind: "rate_limit::Quota", optional: !all, doc: "" }).collect(),
            cookies: cookies.iter().map(|(name, all)| Field { name: name.clone(), kind: "cookies::Settings", optional: !all, doc: "" }).collect(),
            enums: enums(members, any("access")),
            policies,
            environments: if rows.is_empty() { None } else { Some(serde_json::to_string(&table).map_err(|e| e.to_string())?) },
        })
    }
}

/// The union of names, and whether each policy that has any has this one.
fn keys(members: &Members<'_>, of: impl Fn(&Controls) -> &BTreeMap<String, Value>) -> BTreeMap<String, bool> {
    let some: Vec<_> = members.iter().map(|(_, controls)| of(controls)).filter(|map| !map.is_empty()).collect();
    let names: BTreeSet<&String> = some.iter().flat_map(|map| map.keys()).collect();
    names.into_iter().map(|name| (name.clone(), some.iter().all(|map| map.contains_key(name)))).collect()
}

/// What reading back finds whatever the environment: the names that the types have.
pub(super) fn expected(members: &Members<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    if members.iter().any(|(_, controls)| controls.has("access")) {
        let (roles, permissions) = union(members);
        all.insert("policy::Role".to_owned(), list(roles));
        all.insert("policy::Permission".to_owned(), list(permissions));
    }
    let environments: BTreeSet<String> = members.iter().filter_map(|(environment, _)| environment.map(str::to_owned)).collect();
    if !environments.is_empty() {
        all.insert("policy::ENVIRONMENTS".to_owned(), list(environments));
    }
    all
}

/// What reading back finds in one environment, sorted by key.
pub(super) fn expected_of(controls: &Controls, common: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let all: BTreeMap<&String, &String> = controls.expected.iter().chain(common).collect();
    all.into_iter().map(|(key, text)| (key.clone(), text.clone())).collect()
}

/// The roles and permissions of all policies.
fn union(members: &Members<'_>) -> (BTreeSet<String>, BTreeSet<String>) {
    let roles = members.iter().flat_map(|(_, c)| c.roles.iter().cloned()).collect();
    (roles, members.iter().flat_map(|(_, c)| c.permissions.iter().cloned()).collect())
}

fn enums(members: &Members<'_>, has_access: bool) -> Vec<Enum> {
    if !has_access {
        return Vec::new();
    }
    let variant = |name: &String| {
        let rust = names::variant(name);
        let parse = format!("            b\"{name}\" => Some(Self::{rust}),").len();
        let text = format!("            Self::{rust} => \"{name}\",").len();
        Variant { name: name.clone(), parse_wraps: parse > 100, name_wraps: text > 100, rust }
    };
    let (roles, permissions) = union(members);
    vec![
        Enum { name: "Role", doc: "The roles (`access.roles`).", variants: roles.iter().map(variant).collect() },
        Enum { name: "Permission", doc: "The permissions (`access.permissions`).", variants: permissions.iter().map(variant).collect() },
    ]
}

fn value(
    controls: &Controls,
    all: &dyn Fn(&str) -> bool,
    limits: &BTreeMap<String, bool>,
    cookies: &BTreeMap<String, bool>,
    any: &dyn Fn(&str) -> bool,
) -> Value {
    let named = |kind: &str, own: &BTreeMap<String, Value>, names: &BTreeMap<String, bool>| {
        let field = |(name, all): (&String, &bool)| {
            let value = own.get(name).cloned();
            (name.clone(), if *all { value.unwrap_or(Value::path("None")) } else { Value::option(value) })
        };
        Value::Struct(kind.to_owned(), names.iter().map(field).collect())
    };
    let fields = FIELDS.iter().filter(|(name, ..)| any(name)).map(|(name, ..)| {
        let value = controls.has(name).then(|| match *name {
            "rate_limits" => named("RateLimits", &controls.limits, limits),
            "cookies" => named("Cookies", &controls.cookies, cookies),
            _ => controls.single.get(name).cloned().unwrap_or(Value::path("None")),
        });
        ((*name).to_owned(), if all(name) { value.unwrap_or(Value::path("None")) } else { Value::option(value) })
    });
    Value::Struct("Policy".to_owned(), fields.collect())
}
