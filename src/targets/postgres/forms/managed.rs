//! Parameter files of managed services, and what of the policy a service decides by itself.

use super::provider::{Provider, Row};
use crate::document;
use crate::finding::{Cause, Finding};
use crate::policy::Policy;
use crate::source::{SourceId, Sources};
use crate::strictness::postgres::catalogue;
use crate::targets::postgres::{hba, rules, script};
use crate::targets::{Fact, Found};
use serde_json::{Value as Json, json};
use std::ops::RangeInclusive;

/// What a service's file says: the key that asks for it, the setting, and its text in the service's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// What becomes of the policy's settings at a service.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// To write.
    pub(super) parameters: Vec<Parameter>,
    /// Not to write: key, and why the policy is met, not concerned, or not known to be met.
    pub(super) given: Vec<(String, String, Found)>,
}

/// Sorts the policy's settings into those that the service takes and those that it decides by itself.
///
/// # Errors
/// Values that no one file can give to every declared version, with the spec's span.
pub(super) fn plan(policy: &Policy, provider: Provider, versions: &RangeInclusive<u32>) -> Result<Plan, Vec<Finding>> {
    let all = script::required(policy, versions);
    let mut refused = script::contradictions(policy, &all, versions);
    let mut plan = Plan::default();
    for script::Required { key, setting } in &all {
        let name = setting.name.as_str();
        let mut give = |found| plan.given.push((key.clone(), name.to_owned(), found));
        let row = match provider.row(name, versions) {
            Some(row) if row.is_settable => row,
            Some(row) => {
                give(Found::NotApplicable(fixed(provider, name, &row)));
                continue;
            }
            None => {
                give(Found::Unverifiable(format!("whether the service lets {name} be set is not known to secgen")));
                continue;
            }
        };
        if setting.versions != *versions {
            let own = catalogue::versions_text(&setting.versions);
            give(Found::Unverifiable(format!("{name} is for {own} only, and one file is for {}", catalogue::versions_text(versions))));
            continue;
        }
        let texts = script::runs(setting, |entry, meaning| match provider {
            Provider::Cnpg => script::file_text(setting, entry, meaning),
            _ => script::in_pg_settings(setting, entry, meaning),
        });
        let [(_, text)] = texts.as_slice() else {
            let message = format!("{name} is written differently for some of {}, and {} takes one text", catalogue::versions_text(versions), provider.name());
            refused.push(script::refuse(policy, key, message).help("declare one major version in targets.postgres.versions"));
            continue;
        };
        if !row.takes(text) {
            let message = format!("{} takes {} for {name}, and not {text} ({})", provider.name(), row.allowed(), row.source);
            refused.push(script::refuse(policy, key, message));
            continue;
        }
        // The operator doubles quotes and leaves backslashes, which the server would read as escapes.
        if provider == Provider::Cnpg && text.contains('\\') {
            let message = format!("{name} holds a backslash, which CloudNativePG writes into postgresql.conf as it is: the server would read another value");
            refused.push(script::refuse(policy, key, message));
            continue;
        }
        let value = match (provider, text.as_str()) {
            // Parameter groups know Booleans as numbers.
            (Provider::Rds, "on") => "1",
            (Provider::Rds, "off") => "0",
            (_, text) => text,
        };
        plan.parameters.push(Parameter { key: key.clone(), name: name.to_owned(), value: value.to_owned() });
    }
    if refused.is_empty() { Ok(plan) } else { Err(refused) }
}

fn fixed(provider: Provider, name: &str, row: &Row) -> String {
    let value = if row.value.is_empty() { String::new() } else { format!(" at {}", row.value) };
    format!("{} fixes {name}{value} ({})", provider.name(), row.source)
}

/// Facts of what the service decides by itself.
pub(super) fn given(policy: &Policy, provider: Provider, versions: &RangeInclusive<u32>) -> Vec<Fact> {
    let Ok(plan) = plan(policy, provider, versions) else { return Vec::new() };
    let fact = |key: String, name: &str, found: Found| {
        let help = match &found {
            Found::Unverifiable(_) => vec![format!("look at the server itself (secgen check --live postgres), or take {key} out of the spec")],
            _ => Vec::new(),
        };
        Fact {
            intent: key,
            place: provider.name().to_owned(),
            found,
            cause: Cause::NotShown,
            at: None,
            related: Vec::new(),
            rule: rules::of_setting(name),
            help,
            group: None,
        }
    };
    let mut facts: Vec<Fact> = plan.given.into_iter().map(|(key, name, found)| fact(key, &name, found)).collect();
    if policy.intent(hba::KEY).is_some() && provider != Provider::Cnpg {
        let why = "the service writes pg_hba.conf itself, and no file of secgen can change it".to_owned();
        facts.push(fact(hba::KEY.to_owned(), "pg_hba.conf", Found::Unverifiable(why)));
    }
    facts
}

/// The values of a service's template.
pub(super) fn context(plan: &Plan, versions: &RangeInclusive<u32>, rules: &[String]) -> Json {
    // A list of its own in the Cluster resource.
    let is_library = |p: &&Parameter| p.name == "shared_preload_libraries";
    let libraries: Vec<&str> = plan.parameters.iter().filter(is_library).flat_map(|p| p.value.split(", ")).collect();
    let parameters: Vec<Json> = plan.parameters.iter().map(|p| json!({ "name": p.name, "value": p.value })).collect();
    let settings: Vec<&Json> = parameters.iter().filter(|p| p["name"] != "shared_preload_libraries").collect();
    let families: Vec<String> = versions.clone().map(|v| format!("postgres{v}")).collect();
    json!({ "parameters": parameters, "settings": settings, "libraries": libraries, "families": families, "rules": rules })
}

/// The lines of `pg_hba.conf` of rules as the access rules' own template gets them.
///
/// # Errors
/// A name that no line can hold.
pub(super) fn hba_lines(context: &Json) -> Result<Vec<String>, String> {
    use crate::targets::postgres::encode;
    let line = |rule: &Json| {
        let text = |key: &str| rule[key].as_str().unwrap_or_default();
        let is = |key: &str| rule[key].as_bool().unwrap_or_default();
        let name = |key: &str, is_word: bool| if is_word { encode::word(text(key)) } else { encode::hba(text(key)) };
        let member = if is("member") { "+" } else { "" };
        let mut words = vec![encode::word(text("connection"))?, name("database", is("database_word"))?, format!("{member}{}", name("user", is("user_word"))?)];
        if let Some(address) = rule["address"].as_str() {
            words.push(encode::word(address)?);
        }
        words.push(encode::word(text("method"))?);
        for option in rule["options"].as_array().into_iter().flatten() {
            words.push(encode::hba(option.as_str().unwrap_or_default())?);
        }
        Ok(words.join(" "))
    };
    context["rules"].as_array().into_iter().flatten().map(line).collect()
}

/// What reading the file back must find.
pub(super) fn expected(provider: Provider, plan: &Plan, rules: Option<&str>) -> Vec<(String, String)> {
    let own = |p: &Parameter| (p.key.clone(), p.value.clone());
    let (libraries, settings): (Vec<&Parameter>, Vec<&Parameter>) =
        plan.parameters.iter().partition(|p| provider == Provider::Cnpg && p.name == "shared_preload_libraries");
    let rules = rules.map(|rules| (hba::KEY.to_owned(), rules.to_owned()));
    settings.into_iter().chain(libraries).map(own).chain(rules).collect()
}

/// Names and values of a service's file, in its order; the libraries and access rules of a Cluster resource behind them.
pub(super) struct Read {
    pub(super) settings: Vec<(String, String)>,
    pub(super) rules: Vec<String>,
}

/// Reads a file of ours in YAML.
///
/// # Errors
/// What in it is not what secgen renders.
pub(super) fn read_yaml(provider: Provider, sources: &Sources, id: SourceId) -> Result<Read, String> {
    let node = document::parse(sources, id).map_err(|findings| findings.first().map_or_else(String::new, |f| f.message.clone()))?;
    let mut frame = node.to_json();
    let take = |frame: &mut Json, pointer: &str| frame.pointer_mut(pointer).map(Json::take);
    let (pointer, fixed) = match provider {
        Provider::Cnpg => ("/spec/postgresql/parameters", frame_cnpg()),
        Provider::Rds => ("/Resources/SecurityParameters/Properties/Parameters", Json::Null),
        _ => ("/--database-flags", json!({ "--database-flags": null })),
    };
    let Some(Json::Object(parameters)) = take(&mut frame, pointer) else { return Err(format!("it has no {pointer} with parameters")) };
    let text = |name: &str, value: &Json| value.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is no text in quotes"));
    let mut settings: Vec<(String, String)> = parameters.iter().map(|(name, value)| Ok((name.clone(), text(name, value)?))).collect::<Result<_, String>>()?;
    let mut rules = Vec::new();
    let list = |frame: &mut Json, pointer: &str| -> Result<Option<Vec<String>>, String> {
        match take(frame, pointer) {
            Some(Json::Array(items)) => items.iter().map(|item| text(pointer, item)).collect::<Result<_, _>>().map(Some),
            Some(_) => Err(format!("{pointer} is no list")),
            None => Ok(None),
        }
    };
    match provider {
        Provider::Cnpg => {
            if let Some(libraries) = list(&mut frame, "/spec/postgresql/shared_preload_libraries")? {
                settings.push(("shared_preload_libraries".to_owned(), libraries.join(", ")));
            }
            rules = list(&mut frame, "/spec/postgresql/pg_hba")?.unwrap_or_default();
            if let Some(Json::Object(postgresql)) = frame.pointer_mut("/spec/postgresql") {
                postgresql.retain(|_, value| !value.is_null());
                postgresql.entry("parameters").or_insert(Json::Null);
            }
        }
        Provider::Rds => {
            let families = list(&mut frame, "/Parameters/Family/AllowedValues")?.unwrap_or_default();
            if families.is_empty() || !families.iter().all(|f| f.strip_prefix("postgres").is_some_and(|v| v.parse::<u32>().is_ok())) {
                return Err("its families are not those of PostgreSQL".to_owned());
            }
        }
        Provider::CloudSql | Provider::Azure => {}
    }
    let fixed = if provider == Provider::Rds { frame_rds() } else { fixed };
    if frame != fixed {
        return Err("it holds more, or other things, than a file that secgen renders".to_owned());
    }
    Ok(Read { settings, rules })
}

/// A patch of a Cluster resource without its values.
fn frame_cnpg() -> Json {
    json!({ "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": { "name": "any" }, "spec": { "postgresql": { "parameters": null } } })
}

/// A template with a parameter group without its values.
fn frame_rds() -> Json {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "PostgreSQL parameters that a security policy asks for",
        "Parameters": { "Family": { "Type": "String", "AllowedValues": null } },
        "Resources": { "SecurityParameters": { "Type": "AWS::RDS::DBParameterGroup", "Properties": {
            "Family": { "Ref": "Family" }, "Description": "PostgreSQL parameters that a security policy asks for", "Parameters": null } } },
        "Outputs": { "DBParameterGroupName": { "Value": { "Ref": "SecurityParameters" } } },
    })
}

/// Reads a Bicep module of ours, line by line.
///
/// # Errors
/// The first line that secgen would not render there.
pub(super) fn read_bicep(text: &str) -> Result<Read, String> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//") && !l.trim().is_empty()).map(|(n, l)| (n + 1, l.trim_end()));
    let mut expect = |wanted: &str| match lines.next() {
        Some((_, line)) if line == wanted => Ok(()),
        Some((number, line)) => Err(format!("line {number}: \"{}\" stands where a module that secgen renders has \"{wanted}\"", head(line))),
        None => Err(format!("it ends before \"{wanted}\"")),
    };
    for line in BICEP_HEAD {
        expect(line)?;
    }
    let mut settings: Vec<(String, String)> = Vec::new();
    while let Some((number, line)) = lines.next() {
        let mut block = vec![line];
        while block.last() != Some(&"}") {
            let Some((_, line)) = lines.next() else { return Err(format!("line {number}: this resource has no end")) };
            block.push(line);
            if block.len() > 12 {
                return Err(format!("line {number}: this is no resource that secgen renders"));
            }
        }
        let wrong = || format!("line {number}: this is no resource that secgen renders");
        let named = block.iter().find_map(|l| l.strip_prefix("  name: ")).and_then(unquote).ok_or_else(wrong)?;
        let value = block.iter().find_map(|l| l.strip_prefix("    value: ")).and_then(unquote).ok_or_else(wrong)?;
        let before = settings.last().map(|(name, _)| name.clone());
        let same = resource(&named, &value, before.as_deref()).map_err(|_| wrong())?;
        if block.join("\n") != same {
            return Err(wrong());
        }
        settings.push((named, value));
    }
    Ok(Read { settings, rules: Vec::new() })
}

/// The first lines of a module.
const BICEP_HEAD: [&str; 4] =
    ["param serverName string", "resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' existing = {", "  name: serverName", "}"];

fn head(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A Bicep module. Azure applies one parameter at a time, so each waits for the one before it.
///
/// # Errors
/// A value that no string of Bicep can hold.
pub(super) fn bicep(plan: &Plan) -> Result<String, String> {
    let mut text = BICEP_HEAD.join("\n") + "\n";
    let mut before: Option<&str> = None;
    for parameter in &plan.parameters {
        text.push_str(&resource(&parameter.name, &parameter.value, before)?);
        text.push('\n');
        before = Some(&parameter.name);
    }
    Ok(text)
}

fn resource(name: &str, value: &str, before: Option<&str>) -> Result<String, String> {
    use crate::targets::postgres::encode;
    let symbol = |name: &str| encode::word(name).map(|word| word.replace(['.', '-', '+', ':', '/'], "_"));
    let (name, own, value) = (encode::bicep(name)?, symbol(name)?, encode::bicep(value)?);
    let depends = before.map(symbol).transpose()?.map(|before| format!("  dependsOn: [\n    {before}\n  ]\n")).unwrap_or_default();
    Ok(format!(
        "resource {own} 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {{\n  parent: server\n  name: {name}\n  properties: {{\n    value: {value}\n    source: 'user-override'\n  }}\n{depends}}}"
    ))
}

/// A string of Bicep as text; `None` where it is not one that [`crate::targets::postgres::encode::bicep`] writes.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next()? } else { c });
    }
    (crate::targets::postgres::encode::bicep(&plain).as_deref() == Ok(text)).then_some(plain)
}
