//! What a template may do: every name is one of the context's schema, every value leaves through one encoder, every
//! include is a template of the folder, and loops end soon whatever the policy holds. Checked for a template with what it
//! includes, each include where it stands.

use super::encode::{BEFORE, ENCODERS};
use super::syntax::{self, Node, Path};
use crate::finding::redact;
use crate::policy::{TemplateFile, TemplateFolder};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

/// How deep templates include each other.
const MAX_INCLUDES: usize = 8;
/// The most pieces that a template with its includes may have.
const MAX_PIECES: usize = 20_000;
/// The most pieces that rendering may come by.
const MAX_STEPS: usize = 1_000_000;

const TOO_LONG: &str = "loops and includes come to more than a million steps with this policy: nest them less";

/// What is wrong with a template.
#[derive(Debug)]
pub(super) struct Wrong<'f> {
    pub(super) file: &'f TemplateFile,
    pub(super) at: Range<usize>,
    pub(super) why: String,
}

/// What a template and its includes come by.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Values of the context that they name, dotted.
    pub(super) values: BTreeSet<String>,
    /// The templates themselves.
    pub(super) files: BTreeSet<String>,
}

/// Names that are in force at a place, innermost last: name, its schema, and all values that it may have.
type Scope<'s> = Vec<(String, &'s Value, Vec<&'s Value>)>;

struct Lint<'f, 's> {
    folder: &'f TemplateFolder,
    schema: &'s Value,
    context: &'s Value,
    inside: &'s Value,
    parsed: BTreeMap<&'f str, Rc<[Node]>>,
    pieces: usize,
    steps: usize,
    seen: Seen,
}

/// Checks a template and all that it includes, and says what they come by.
///
/// # Errors
/// The first thing that a template must not do.
pub(super) fn check<'f>(folder: &'f TemplateFolder, name: &str, schema: &Value, context: &Value) -> Result<Seen, Wrong<'f>> {
    let Some(file) = folder.file(name) else { return Ok(Seen::default()) };
    let inside = serde_json::json!({
        "type": "object",
        "properties": { "index": { "type": "integer" }, "first": { "type": "boolean" }, "last": { "type": "boolean" } }
    });
    let mut lint = Lint { folder, schema, context, inside: &inside, parsed: BTreeMap::new(), pieces: 0, steps: 0, seen: Seen::default() };
    lint.file(file, &mut Vec::new(), 1, 0)?;
    Ok(lint.seen)
}

/// The pieces of a template. Whoever reviews it must see all of it.
fn read(file: &TemplateFile) -> Result<Vec<Node>, syntax::Wrong> {
    let is_hidden = |c: char| redact::is_unsafe(c) && !matches!(c, '\n' | '\t');
    match file.text.char_indices().find(|(_, c)| is_hidden(*c)) {
        Some((at, c)) => Err((at..at + c.len_utf8(), format!("it holds U+{:04X}, a character that nobody can see", c as u32))),
        None => syntax::parse(&file.text),
    }
}

impl<'f, 's> Lint<'f, 's> {
    fn file(&mut self, file: &'f TemplateFile, scope: &mut Scope<'s>, times: usize, depth: usize) -> Result<(), Wrong<'f>> {
        // A file that is included a thousand times is read once.
        let nodes = if let Some(nodes) = self.parsed.get(file.name.as_str()) {
            Rc::clone(nodes)
        } else {
            let nodes: Rc<[Node]> = read(file).map_err(|(at, why)| Wrong { file, at, why })?.into();
            self.parsed.insert(&file.name, Rc::clone(&nodes));
            nodes
        };
        self.seen.files.insert(file.name.clone());
        self.nodes(file, &nodes, scope, times, depth)
    }

    fn nodes(&mut self, file: &'f TemplateFile, nodes: &[Node], scope: &mut Scope<'s>, times: usize, depth: usize) -> Result<(), Wrong<'f>> {
        let wrong = |at: &Range<usize>, why: String| Wrong { file, at: at.clone(), why };
        for node in nodes {
            self.pieces += 1;
            // What a condition or a chain of filters comes to is done each time.
            let work = match node {
                Node::Output { filters, .. } => filters.len(),
                Node::If { operands, .. } => *operands,
                Node::For { .. } | Node::Include { .. } => 0,
            };
            self.steps = self.steps.saturating_add(times.saturating_mul(1 + work));
            let at = match node {
                Node::Output { path, .. } => &path.at,
                Node::If { asked, .. } => asked.first().map_or(&(0..0), |path| &path.at),
                Node::For { list, .. } => &list.at,
                Node::Include { at, .. } => at,
            };
            if self.pieces > MAX_PIECES || self.steps > MAX_STEPS {
                return Err(wrong(at, TOO_LONG.to_owned()));
            }
            match node {
                Node::Output { path, filters } => {
                    let (schema, _) = self.find(path, scope).map_err(|why| wrong(&path.at, why))?;
                    output(path, filters, schema).map_err(|(at, why)| wrong(&at, why))?;
                }
                Node::If { asked, bodies, .. } => {
                    for path in asked {
                        let (_, values) = self.find(path, scope).map_err(|why| wrong(&path.at, why))?;
                        // A long list or text is looked through each time.
                        let (mut all, mut largest) = (0, 0);
                        for size in values.into_iter().map(size) {
                            all += size;
                            largest = largest.max(size);
                        }
                        self.steps = self.steps.saturating_add(all).saturating_add(times.saturating_mul(largest));
                        if self.steps > MAX_STEPS {
                            return Err(wrong(&path.at, TOO_LONG.to_owned()));
                        }
                    }
                    for body in bodies {
                        self.nodes(file, body, scope, times, depth)?;
                    }
                }
                Node::For { name, list, body, otherwise } => {
                    let (schema, values) = self.find(list, scope).map_err(|why| wrong(&list.at, why))?;
                    let Some(items) = schema.get("items") else {
                        return Err(wrong(&list.at, format!("{} is no list, and for goes over lists", list.parts.join("."))));
                    };
                    if name == "loop" || self.schema.pointer(&format!("/properties/{name}")).is_some() || scope.iter().any(|(known, ..)| known == name) {
                        return Err(wrong(&list.at, format!("{name} is a name of something else already: choose another one")));
                    }
                    let longest = values.iter().filter_map(|v| v.as_array()).map(Vec::len).max().unwrap_or(0);
                    let each: Vec<&Value> = values.iter().filter_map(|v| v.as_array()).flatten().collect();
                    // Also a loop around nothing takes its time.
                    self.steps = self.steps.saturating_add(each.len()).saturating_add(times.saturating_mul(longest));
                    if self.steps > MAX_STEPS {
                        return Err(wrong(&list.at, TOO_LONG.to_owned()));
                    }
                    scope.push(("loop".to_owned(), self.inside, Vec::new()));
                    scope.push((name.clone(), items, each));
                    let looked = self.nodes(file, body, scope, times.saturating_mul(longest), depth);
                    scope.truncate(scope.len() - 2);
                    looked?;
                    self.nodes(file, otherwise, scope, times, depth)?;
                }
                Node::Include { name, at } => {
                    let Some(included) = self.folder.file(name) else {
                        return Err(wrong(at, format!("there is no template {name} in {}", self.folder.path)));
                    };
                    if depth == MAX_INCLUDES {
                        return Err(wrong(at, format!("templates include each other in a circle, or more than {MAX_INCLUDES} deep")));
                    }
                    // The engine keeps the place in a loop to the template that has the loop.
                    let mut seen_there: Scope<'s> = scope.iter().filter(|(name, ..)| name != "loop").cloned().collect();
                    self.file(included, &mut seen_there, times, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    /// The schema of a name, and the values that it may have here.
    fn find(&mut self, path: &Path, scope: &Scope<'s>) -> Result<(&'s Value, Vec<&'s Value>), String> {
        let Some(first) = path.parts.first() else { return Err("a name is missing".to_owned()) };
        let known = scope.iter().rev().find(|(name, ..)| name == first);
        let (mut schema, mut values, rest) = match known {
            Some((_, schema, values)) => (*schema, values.clone(), &path.parts[1..]),
            None => (self.schema, vec![self.context], &path.parts[..]),
        };
        let mut so_far = known.map(|(name, ..)| name.clone()).unwrap_or_default();
        for part in rest {
            let properties = schema.get("properties").and_then(Value::as_object);
            schema = properties.and_then(|p| p.get(part)).ok_or_else(|| {
                let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                let of = if so_far.is_empty() { "the context".to_owned() } else { so_far.clone() };
                let there = if names.is_empty() { "it is no group of values".to_owned() } else { format!("it has {}", names.join(", ")) };
                format!("{of} has no {part}: {there}")
            })?;
            values = values.into_iter().filter_map(|v| v.get(part)).collect();
            so_far = if so_far.is_empty() { part.clone() } else { format!("{so_far}.{part}") };
        }
        if known.is_none() {
            self.seen.values.insert(so_far);
        }
        Ok((schema, values))
    }
}

/// What looking through a value comes to: nothing for what is short.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() / 256,
        Value::Array(items) => items.len() + items.iter().map(size).sum::<usize>(),
        Value::Object(entries) => entries.values().map(size).sum(),
        _ => 0,
    }
}

/// Whether a value leaves through one encoder, and is of the kind that it takes.
fn output(path: &Path, filters: &[(String, Range<usize>)], schema: &Value) -> Result<(), (Range<usize>, String)> {
    let name = path.parts.join(".");
    let is = |kind: &str| match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    };
    let encoders = || ENCODERS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let (last, before) = match filters.split_last() {
        None if is("integer") => return Err((path.at.clone(), format!("{name} has no encoder: write {{{{ {name} | number }}}}"))),
        None => return Err((path.at.clone(), format!("{name} has no encoder: write {{{{ {name} | ENCODER }}}} with one of {}", encoders()))),
        Some(split) => split,
    };
    if is("array") || is("object") {
        return Err((path.at.clone(), format!("{name} is no single value: go over it with for, or name one of its values")));
    }
    if is("boolean") {
        return Err((path.at.clone(), format!("{name} is true or false: ask for it with {{% if {name} %}}")));
    }
    if let Some((filter, at)) = before.iter().find(|(filter, _)| !BEFORE.contains(&filter.as_str())) {
        return Err((at.clone(), format!("{filter} is no filter that goes before an encoder: {} are", BEFORE.join(" and "))));
    }
    match (last.0.as_str(), is("integer")) {
        ("number", true) if before.is_empty() => Ok(()),
        ("number", _) => Err((last.1.clone(), format!("{name} is no number: use one of {}", encoders()))),
        (_, true) => Err((last.1.clone(), format!("{name} is a number: write {{{{ {name} | number }}}}"))),
        (encoder, false) if ENCODERS.iter().any(|(known, _)| *known == encoder) => Ok(()),
        (other, false) => Err((last.1.clone(), format!("{other} is no encoder: use one of {}", encoders()))),
    }
}
