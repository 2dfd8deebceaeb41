//! Reads `policy.rs` by value: which constants it has, what they are, and what else stands in it.

use super::tokens;
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use syn::spanned::Spanned;

/// A value that needs no compiler: the rest is [`Const::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Const {
    /// A whole number, arithmetic done.
    Int(u128),
    /// A `Duration` in whole seconds.
    Seconds(u64),
    /// A string.
    Text(String),
    /// A path such as `Algorithm::HS512` or `None`.
    Path(String),
    /// An array or slice.
    List(Vec<Expr>),
    /// A call such as `Some(x)`.
    Call(String, Vec<Expr>),
    /// A struct literal with all its fields.
    Struct(String, BTreeMap<String, Expr>),
    /// Anything else, as tokens.
    Unknown(String),
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expr {
    pub(super) value: Const,
    pub(super) at: Range<usize>,
}

/// `pub const NAME: TYPE = value;`
#[derive(Clone, Debug)]
pub(super) struct Constant {
    kind: String,
    pub(super) expr: Expr,
    pub(super) at: Range<usize>,
    /// Why its value is not certain all the same.
    pub(super) doubt: Option<String>,
}

/// `pub mod name { ... }`
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) at: Range<usize>,
    pub(super) constants: BTreeMap<String, Constant>,
    pub(super) imports: BTreeSet<String>,
    /// Why no value in it is certain.
    pub(super) doubt: Option<String>,
}

/// Something that no `policy.rs` of ours has.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    /// `jwt::HELPER`, or the module.
    pub(super) place: String,
    /// What it is, without its value: `fn helper`.
    pub(super) what: String,
    tokens: String,
    pub(super) at: Range<usize>,
}

/// The file.
#[derive(Clone, Debug, Default)]
pub(super) struct PolicyFile {
    pub(super) modules: BTreeMap<String, Module>,
    pub(super) foreign: Vec<Foreign>,
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Expr]| items.iter().try_for_each(|item| write!(f, "{}, ", item.value));
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::Text(text) => write!(f, "\"{}\"", text.escape_default()),
            Self::Path(path) => f.write_str(path),
            Self::List(items) => {
                f.write_str("[")?;
                list(f, items)?;
                f.write_str("]")
            }
            Self::Call(path, items) => {
                write!(f, "{path}(")?;
                list(f, items)?;
                f.write_str(")")
            }
            Self::Struct(path, fields) => {
                write!(f, "{path} {{ ")?;
                fields.iter().try_for_each(|(name, field)| write!(f, "{name}: {}, ", field.value))?;
                f.write_str("}")
            }
            Self::Unknown(tokens) => write!(f, "? {tokens}"),
        }
    }
}

/// One line for each thing in the file, in an order that does not depend on the file's.
impl fmt::Display for PolicyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, module) in &self.modules {
            writeln!(f, "mod {name}: {}", module.doubt.as_deref().unwrap_or_default())?;
            module.imports.iter().try_for_each(|path| writeln!(f, "use {path}"))?;
            for (name, constant) in &module.constants {
                writeln!(f, "const {name}: {} = {} {}", constant.kind, constant.expr.value, constant.doubt.as_deref().unwrap_or_default())?;
            }
        }
        let foreign: BTreeSet<(&str, &str)> = self.foreign.iter().map(|item| (item.place.as_str(), item.tokens.as_str())).collect();
        foreign.iter().try_for_each(|(place, tokens)| writeln!(f, "{place}: {tokens}"))
    }
}

impl PolicyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it is not Rust, or not such that it can be read safely.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file = tokens::parse(text)?;
        let doubt = conditional(&file.attrs);
        let mut found = Self::default();
        for item in file.items {
            match item {
                syn::Item::Mod(module) if module.content.is_some() => found.module(module, doubt.as_ref())?,
                other => found.foreign("policy", &other),
            }
        }
        Ok(found)
    }

    fn module(&mut self, module: syn::ItemMod, doubt: Option<&String>) -> Result<(), String> {
        let name = module.ident.to_string();
        let at = tokens::bytes(module.ident.span());
        let mut read = Module { at, constants: BTreeMap::new(), imports: BTreeSet::new(), doubt: doubt.cloned().or_else(|| conditional(&module.attrs)) };
        for item in module.content.map(|(_, items)| items).unwrap_or_default() {
            match item {
                syn::Item::Use(item) if conditional(&item.attrs).is_none() => read.imports.append(&mut tokens::flatten_use(&item)),
                syn::Item::Const(item) if item.generics.params.is_empty() => {
                    let at = tokens::bytes(item.ident.span()).start..tokens::bytes(item.semi_token.span).end;
                    let constant = Constant { kind: tokens::text(item.ty.to_token_stream()), expr: evaluate(&item.expr), at, doubt: conditional(&item.attrs) };
                    if let Some(before) = read.constants.insert(item.ident.to_string(), constant) {
                        return Err(format!("the constant {name}::{} stands there twice, the first time at byte {}", item.ident, before.at.start));
                    }
                }
                other => self.foreign(&name, &other),
            }
        }
        if self.modules.insert(name.clone(), read).is_some() {
            return Err(format!("the module {name} stands there twice"));
        }
        Ok(())
    }

    fn foreign(&mut self, module: &str, item: &syn::Item) {
        let (what, name) = describe(item);
        let what = name.as_ref().map_or_else(|| what.to_owned(), |name| format!("{what} {name}"));
        let place = name.map_or_else(|| module.to_owned(), |name| format!("{module}::{name}"));
        self.foreign.push(Foreign { place, what, tokens: tokens::text(item.to_token_stream()), at: tokens::bytes(item.span()) });
    }
}

/// The kind and name of an item, and nothing of what is in it: it may hold a secret.
fn describe(item: &syn::Item) -> (&'static str, Option<String>) {
    match item {
        syn::Item::Const(item) => ("const", Some(item.ident.to_string())),
        syn::Item::Static(item) => ("static", Some(item.ident.to_string())),
        syn::Item::Fn(item) => ("fn", Some(item.sig.ident.to_string())),
        syn::Item::Mod(item) => ("mod", Some(item.ident.to_string())),
        syn::Item::Struct(item) => ("struct", Some(item.ident.to_string())),
        syn::Item::Enum(item) => ("enum", Some(item.ident.to_string())),
        syn::Item::Trait(item) => ("trait", Some(item.ident.to_string())),
        syn::Item::Type(item) => ("type", Some(item.ident.to_string())),
        syn::Item::Use(_) => ("use", None),
        syn::Item::Impl(_) => ("impl", None),
        syn::Item::Macro(_) => ("macro", None),
        _ => ("item", None),
    }
}

/// The attribute that may change what an item is, if there is one. Lints, documentation and formatting do not.
fn conditional(attributes: &[syn::Attribute]) -> Option<String> {
    let inert = ["doc", "allow", "expect", "warn", "deny", "forbid", "must_use", "rustfmt"];
    attributes.iter().find_map(|attribute| {
        let name = attribute.path().segments.first().map(|s| s.ident.to_string()).unwrap_or_default();
        (!inert.contains(&name.as_str())).then(|| format!("the attribute `{name}` decides what is built"))
    })
}

/// The value of an expression, as far as it needs no compiler. Depth is bounded by [`tokens::parse`].
fn evaluate(expr: &syn::Expr) -> Expr {
    let value = known(expr).unwrap_or_else(|| Const::Unknown(tokens::text(expr.to_token_stream())));
    Expr { value, at: tokens::bytes(expr.span()) }
}

fn known(expr: &syn::Expr) -> Option<Const> {
    match expr {
        syn::Expr::Paren(e) if e.attrs.is_empty() => known(&e.expr),
        syn::Expr::Group(e) if e.attrs.is_empty() => known(&e.expr),
        syn::Expr::Reference(e) if e.attrs.is_empty() && e.mutability.is_none() => known(&e.expr),
        syn::Expr::Lit(e) if e.attrs.is_empty() => match &e.lit {
            syn::Lit::Int(number) => number.base10_parse().ok().map(Const::Int),
            syn::Lit::Str(text) if text.suffix().is_empty() => Some(Const::Text(text.value())),
            _ => None,
        },
        syn::Expr::Binary(e) if e.attrs.is_empty() => arithmetic(e),
        syn::Expr::Path(e) if e.attrs.is_empty() && e.qself.is_none() => path(&e.path).map(Const::Path),
        syn::Expr::Array(e) if e.attrs.is_empty() => Some(Const::List(e.elems.iter().map(evaluate).collect())),
        syn::Expr::Call(e) if e.attrs.is_empty() => {
            let syn::Expr::Path(function) = &*e.func else { return None };
            let function = path(&function.path).filter(|_| function.attrs.is_empty() && function.qself.is_none())?;
            let arguments: Vec<Expr> = e.args.iter().map(evaluate).collect();
            match duration(&function, &arguments) {
                Some(seconds) => seconds.map(Const::Seconds),
                None => Some(Const::Call(function, arguments)),
            }
        }
        syn::Expr::Struct(e) if e.attrs.is_empty() && e.qself.is_none() && e.rest.is_none() && e.dot2_token.is_none() => {
            let mut fields = BTreeMap::new();
            for field in &e.fields {
                let syn::Member::Named(name) = &field.member else { return None };
                if !field.attrs.is_empty() || fields.insert(name.to_string(), evaluate(&field.expr)).is_some() {
                    return None;
                }
            }
            Some(Const::Struct(path(&e.path)?, fields))
        }
        _ => None,
    }
}

/// A path without generic arguments.
fn path(path: &syn::Path) -> Option<String> {
    let plain = path.segments.iter().all(|segment| segment.arguments.is_empty());
    let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let start = if path.leading_colon.is_some() { "::" } else { "" };
    plain.then(|| format!("{start}{}", segments.join("::")))
}

/// Constants that overflow do not compile, so numbers without bounds give the same result.
fn arithmetic(e: &syn::ExprBinary) -> Option<Const> {
    let (Const::Int(left), Const::Int(right)) = (known(&e.left)?, known(&e.right)?) else { return None };
    let result = match e.op {
        syn::BinOp::Add(_) => left.checked_add(right),
        syn::BinOp::Sub(_) => left.checked_sub(right),
        syn::BinOp::Mul(_) => left.checked_mul(right),
        syn::BinOp::Div(_) => left.checked_div(right),
        _ => None,
    };
    result.map(Const::Int)
}

/// Seconds of a `Duration` constructor; `Some(None)` where it is one whose seconds are not known.
fn duration(function: &str, arguments: &[Expr]) -> Option<Option<u64>> {
    let (kind, constructor) = function.rsplit_once("::")?;
    if !matches!(kind.trim_start_matches("::"), "Duration" | "std::time::Duration" | "core::time::Duration") {
        return None;
    }
    let numbers: Option<Vec<u128>> = arguments.iter().map(|a| if let Const::Int(n) = a.value { Some(n) } else { None }).collect();
    let seconds = match (constructor, numbers.as_deref()) {
        ("from_secs", Some([n])) => Some(*n),
        ("from_mins", Some([n])) => n.checked_mul(60),
        ("from_hours", Some([n])) => n.checked_mul(3600),
        ("from_days", Some([n])) => n.checked_mul(86_400),
        ("from_weeks", Some([n])) => n.checked_mul(604_800),
        ("from_millis", Some([n])) if n % 1000 == 0 => Some(n / 1000),
        ("new", Some([n, 0])) => Some(*n),
        _ => None,
    };
    Some(seconds.and_then(|s| u64::try_from(s).ok()))
}
