//! Constants as text, laid out as rustfmt does with its defaults (style edition 2024), so that a formatter has nothing
//! to change.

use super::encode;
use serde::{Deserialize, Serialize};

/// rustfmt's `max_width`.
const MAX_WIDTH: usize = 100;
/// rustfmt's `fn_call_width` and `array_width`: what stands between brackets in one line.
const LIST_WIDTH: usize = 60;
/// rustfmt's `struct_lit_width`.
const STRUCT_WIDTH: usize = 18;
/// rustfmt's `short_array_element_width_threshold`: lists of such short literals are filled line by line.
const SHORT: usize = 10;
/// Deeper values do not exist in a policy; text that claims to be one may not exhaust the stack.
const MAX_DEPTH: usize = 16;

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Value {
    Text(String),
    Int(u64),
    Bool(bool),
    /// A `Duration` in whole seconds.
    Seconds(u64),
    /// A path of identifiers: `Algorithm::HS512`.
    Path(String),
    /// `&NAME`
    Reference(String),
    /// A call such as `Some(x)`.
    Call(String, Vec<Self>),
    Tuple(Vec<Self>),
    /// `&[...]`
    Slice(Vec<Self>),
    /// The octets of an IPv4 address, as an array.
    V4(String),
    /// The bits of an IPv6 address.
    V6(String),
    Struct(String, Vec<(String, Self)>),
}

/// `pub const NAME: KIND = value;`, with its documentation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) name: String,
    /// Fixed text of secgen.
    pub(super) kind: String,
    pub(super) value: Value,
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn path(path: &str) -> Self {
        Self::Path(path.to_owned())
    }

    pub(super) fn some(value: Self) -> Self {
        Self::Call("Some".to_owned(), vec![value])
    }

    /// `Some(...)` or `None`.
    pub(super) fn option(value: Option<Self>) -> Self {
        value.map_or_else(|| Self::path("None"), Self::some)
    }

    pub(super) fn structure<const N: usize>(path: &str, fields: [(&str, Self); N]) -> Self {
        Self::Struct(path.to_owned(), fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Whether it can begin in the line of the only bracket around it and end after its own lines.
    fn overflows(&self) -> bool {
        matches!(self, Self::Struct(..) | Self::Slice(..) | Self::Tuple(..) | Self::Call(..))
    }
}

/// Encodes an [`Item`] that was serialised to JSON: `pub const NAME: KIND = value;`.
///
/// # Errors
/// What of it cannot be Rust.
pub(super) fn rust_const(json: &str) -> Result<String, String> {
    let item: Item = serde_json::from_str(json).map_err(|_| "a constant that cannot be laid out".to_owned())?;
    if !KINDS.contains(&item.kind.as_str()) {
        return Err("a constant of an unknown type".to_owned());
    }
    let start = format!("pub const {}: {} = ", encode::rust_ident(&item.name)?, item.kind);
    let value = lay(&item.value, Place { indent: 0, column: start.len(), after: 1 }, 0)?;
    Ok(format!("{start}{value};"))
}

/// The types that constants of `policy.rs` have.
const KINDS: [&str; 2] = ["Policy", "&[(&str, &Policy)]"];

/// Where a value begins, and how much follows it in its last line.
#[derive(Clone, Copy)]
struct Place {
    indent: usize,
    column: usize,
    after: usize,
}

fn path(path: &str) -> Result<String, String> {
    let idents: Result<Vec<String>, String> = path.split("::").map(encode::rust_ident).collect();
    Ok(idents?.join("::"))
}

/// The value in one line, or `None` where rustfmt would not write it so, however short the rest is.
fn one_line(value: &Value, depth: usize) -> Result<Option<String>, String> {
    if depth > MAX_DEPTH {
        return Err("a constant that is nested too deep".to_owned());
    }
    let list = |items: &[Value]| -> Result<Option<String>, String> {
        let items: Result<Option<Vec<String>>, String> = items.iter().map(|item| one_line(item, depth + 1)).collect();
        // One item alone may fill the line.
        let fits = |items: &Vec<String>| items.len() == 1 || items.join(", ").len() <= LIST_WIDTH;
        Ok(items?.filter(fits).map(|items| items.join(", ")))
    };
    Ok(match value {
        Value::Text(text) => Some(encode::rust_str(text)?),
        Value::Int(number) => Some(encode::rust_int(&number.to_string())?),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Seconds(seconds) => Some(format!("Duration::from_secs({})", encode::rust_int(&seconds.to_string())?)),
        Value::Path(text) => Some(path(text)?),
        Value::Reference(name) => Some(format!("&{}", encode::rust_ident(name)?)),
        Value::V4(address) => Some(encode::rust_ipv4(address)?),
        Value::V6(address) => Some(encode::rust_ipv6(address)?),
        Value::Call(function, arguments) => {
            let function = path(function)?;
            list(arguments)?.map(|text| format!("{function}({text})"))
        }
        Value::Tuple(items) => list(items)?.map(|text| format!("({text})")),
        Value::Slice(items) => list(items)?.map(|text| format!("&[{text}]")),
        Value::Struct(name, fields) => {
            let name = path(name)?;
            let mut parts = Vec::new();
            for (field, value) in fields {
                let Some(value) = one_line(value, depth + 1)? else { return Ok(None) };
                parts.push(format!("{}: {value}", encode::rust_ident(field)?));
            }
            Some(parts.join(", ")).filter(|text| text.len() <= STRUCT_WIDTH).map(|text| format!("{name} {{ {text} }}"))
        }
    })
}

fn lay(value: &Value, place: Place, depth: usize) -> Result<String, String> {
    let line = one_line(value, depth)?;
    let is_leaf = !value.overflows();
    if let Some(line) = line.filter(|line| is_leaf || place.column + line.len() + place.after <= MAX_WIDTH) {
        return Ok(line);
    }
    let end = " ".repeat(place.indent);
    match value {
        Value::Struct(name, fields) => {
            let mut text = format!("{} {{\n", path(name)?);
            for (field, value) in fields {
                text.push_str(&assignment(&encode::rust_ident(field)?, value, place.indent + 4, depth + 1)?);
            }
            Ok(format!("{text}{end}}}"))
        }
        Value::Call(function, items) => bracketed(&format!("{}(", path(function)?), items, ")", place, depth),
        Value::Tuple(items) => bracketed("(", items, ")", place, depth),
        Value::Slice(items) => bracketed("&[", items, "]", place, depth),
        _ => Err("a constant that cannot be laid out".to_owned()),
    }
}

/// `name: value,` in lines of its own.
fn assignment(name: &str, value: &Value, indent: usize, depth: usize) -> Result<String, String> {
    let start = format!("{}{name}: ", " ".repeat(indent));
    let text = lay(value, Place { indent, column: start.len(), after: 1 }, depth)?;
    Ok(format!("{start}{text},\n"))
}

/// Items that do not fit in one line.
fn bracketed(open: &str, items: &[Value], close: &str, place: Place, depth: usize) -> Result<String, String> {
    if let [only] = items
        && only.overflows()
    {
        let inside = Place { indent: place.indent, column: place.column + open.len(), after: place.after + close.len() };
        return Ok(format!("{open}{}{close}", lay(only, inside, depth + 1)?));
    }
    let indent = place.indent + 4;
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let laid: Result<Vec<String>, String> = items.iter().map(|item| lay(item, Place { indent, column: indent, after: 1 }, depth + 1)).collect();
    let laid = laid?;
    let is_literal = |item: &Value| matches!(item, Value::Text(_) | Value::Int(_) | Value::Bool(_));
    let is_short = open == "&[" && items.iter().all(is_literal) && laid.iter().all(|text| text.len() <= SHORT);
    let last = laid.len().saturating_sub(1);
    for (i, text) in laid.into_iter().enumerate() {
        // A blank follows all but the last.
        let width = MAX_WIDTH - usize::from(i < last);
        match lines.last_mut().filter(|line| is_short && line.len() + text.len() + 2 <= width) {
            Some(line) => *line = format!("{line} {text},"),
            None => lines.push(format!("{margin}{text},")),
        }
    }
    Ok(format!("{open}\n{}\n{}{close}", lines.join("\n"), " ".repeat(place.indent)))
}
