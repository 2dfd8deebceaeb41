//! The JSON schema from the types of [`crate::spec`].
//!
//! Draft-07, because that is what YAML editors have supported longest. Three things are changed on the way, for editors
//! and for messages alike: what is optional is left out and never null; an enumeration is one `enum` and not a choice of
//! constants; and the keys of a map are named by their type.

use crate::spec::{SettingName, Spec, ValueName, WaiverFile, scalar};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value};

/// The schema of a spec, as committed under `schemas/`.
#[must_use]
pub fn generate() -> Value {
    let mut generator = generator();
    let keys = [
        generator.subschema_for::<scalar::Name>(),
        generator.subschema_for::<scalar::KeyId>(),
        generator.subschema_for::<scalar::ServerPath>(),
        generator.subschema_for::<SettingName>(),
        generator.subschema_for::<ValueName>(),
        generator.subschema_for::<scalar::FeatureName>(),
        generator.subschema_for::<scalar::PermissionName>(),
        generator.subschema_for::<scalar::HeaderName>(),
    ];
    let schema = generator.into_root_schema_for::<Spec>();
    let mut schema = schema.to_value();
    name_map_keys(&mut schema, &keys);
    order(&mut schema);
    schema
}

/// The schema of `secgen.waivers.yaml`.
#[must_use]
pub fn generate_waivers() -> Value {
    let mut schema = generator().into_root_schema_for::<WaiverFile>().to_value();
    order(&mut schema);
    schema
}

fn generator() -> schemars::SchemaGenerator {
    let mut settings = SchemaSettings::draft07().for_deserialize();
    // The standard transforms wrap a `$ref` that has a description into `allOf`. Validators ignore what stands beside a
    // `$ref` in draft-07, and editors show it, so descriptions may stay there.
    settings.transforms.clear();
    settings.with_transform(NoNull).with_transform(FlatEnum).into_generator()
}

/// `Option<T>` means left out: `null` is no value anywhere.
#[derive(Clone)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        if let Some(types) = object.get_mut("type").and_then(Value::as_array_mut) {
            types.retain(|name| name != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                object.insert("type".to_owned(), one);
            }
        }
        if let Some(values) = object.get_mut("enum").and_then(Value::as_array_mut) {
            values.retain(|value| !value.is_null());
        }
        let Some(branches) = object.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
        branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(one)] = branches.as_slice() {
            let one = one.clone();
            object.remove("anyOf");
            for (key, value) in one {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// `oneOf` of documented constants becomes `enum`, with the documentation in `enumDescriptions`, which editors show.
#[derive(Clone)]
struct FlatEnum;

impl Transform for FlatEnum {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        let Some(branches) = object.get("oneOf").and_then(Value::as_array) else { return };
        let mut values = Vec::new();
        let mut descriptions = Vec::new();
        for branch in branches {
            let description = branch.get("description").cloned().unwrap_or_else(|| "".into());
            if let Some(value) = branch.get("const") {
                values.push(value.clone());
                descriptions.push(description);
            } else if let Some(more) = branch.get("enum").and_then(Value::as_array) {
                descriptions.extend(more.iter().map(|_| description.clone()));
                values.extend(more.iter().cloned());
            } else {
                return;
            }
        }
        object.remove("oneOf");
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), values.into());
        object.insert("enumDescriptions".to_owned(), descriptions.into());
    }
}

/// A map whose keys have a type: `propertyNames` with that type, so that a message can say what a key must be.
fn name_map_keys(schema: &mut Value, keys: &[Schema]) {
    let definitions = schema.get("definitions").cloned().unwrap_or_default();
    let patterns: Vec<(Value, Value)> = keys
        .iter()
        .filter_map(|key| {
            let reference = key.get("$ref")?;
            let name = reference.as_str()?.rsplit('/').next()?;
            Some((definitions.get(name)?.get("pattern")?.clone(), reference.clone()))
        })
        .collect();
    walk(schema, &mut |object| {
        let Some(Value::Object(by_pattern)) = object.get("patternProperties") else { return };
        let Some((pattern, value)) = by_pattern.iter().next().filter(|_| by_pattern.len() == 1) else { return };
        let Some((_, reference)) = patterns.iter().find(|(known, _)| known == pattern.as_str()) else { return };
        let value = value.clone();
        object.remove("patternProperties");
        object.insert("propertyNames".to_owned(), serde_json::json!({ "$ref": reference }));
        object.insert("additionalProperties".to_owned(), value);
    });
}

/// The order in which people read: what it is, then what is allowed. Properties keep the order of the types.
fn order(schema: &mut Value) {
    const FIRST: [&str; 10] = ["$schema", "title", "description", "$ref", "type", "enum", "enumDescriptions", "pattern", "default", "examples"];
    walk(schema, &mut |object| {
        let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(if key == "definitions" { 99 } else { 50 });
        let mut entries: Vec<(String, Value)> = std::mem::take(object).into_iter().collect();
        entries.sort_by_key(|(key, _)| rank(key));
        object.extend(entries);
    });
}

/// Visits every schema object, but not the maps that hold schemas by name.
fn walk(schema: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(object) = schema else { return };
    visit(object);
    for (key, value) in object.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "definitions" | "patternProperties", Value::Object(named)) => named.values_mut().for_each(|schema| walk(schema, visit)),
            ("anyOf" | "allOf" | "oneOf", Value::Array(branches)) => branches.iter_mut().for_each(|schema| walk(schema, visit)),
            ("items" | "additionalProperties" | "propertyNames", value) => walk(value, visit),
            _ => {}
        }
    }
}
