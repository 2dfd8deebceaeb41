//! Reads `policy.rs` by value: which constants and types it has, what they are, and what else stands in it.

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
    /// A path such as `Algorithm::HS512` or `None`, or `true`.
    Path(String),
    /// An array or slice.
    List(Vec<Expr>),
    /// A call such as `Some(x)`; without a name, a tuple.
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
    pub(super) kind: String,
    pub(super) expr: Expr,
    pub(super) at: Range<usize>,
    /// Why its value is not certain all the same.
    pub(super) doubt: Option<String>,
}

/// A struct, or an enum with its functions.
#[derive(Clone, Debug)]
pub(super) struct Type {
    pub(super) at: Range<usize>,
    /// Fields with their types; of an enum, variants with their names in the spec.
    pub(super) parts: BTreeMap<String, String>,
    /// Why it may not be what it looks like.
    pub(super) doubt: Option<String>,
}

/// Something that no `policy.rs` of ours has.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    /// `policy::helper`, or the file.
    pub(super) place: String,
    /// What it is, without its value: `fn helper`.
    pub(super) what: String,
    tokens: String,
    pub(super) at: Range<usize>,
}

/// The file.
#[derive(Clone, Debug, Default)]
pub(super) struct PolicyFile {
    /// Names that other files give a meaning to, each with its whole path.
    pub(super) imports: BTreeMap<String, Range<usize>>,
    pub(super) constants: BTreeMap<String, Constant>,
    pub(super) structs: BTreeMap<String, Type>,
    pub(super) enums: BTreeMap<String, Type>,
    /// Modules in the file: their tokens, and where they stand.
    pub(super) modules: BTreeMap<String, (String, Range<usize>)>,
    pub(super) foreign: Vec<Foreign>,
    /// Why nothing in it is certain.
    pub(super) doubt: Option<String>,
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
                // Only the octets of an address have an order that counts.
                let mut items: Vec<String> = items.iter().map(|item| item.value.to_string()).collect();
                if !items.iter().all(|item| item.bytes().all(|b| b.is_ascii_digit())) {
                    items.sort();
                }
                write!(f, "[{}]", items.join(", "))
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
        writeln!(f, "{}", self.doubt.as_deref().unwrap_or_default())?;
        self.imports.keys().try_for_each(|path| writeln!(f, "use {path}"))?;
        for (word, types) in [("struct", &self.structs), ("enum", &self.enums)] {
            for (name, found) in types {
                writeln!(f, "{word} {name}: {}", found.doubt.as_deref().unwrap_or_default())?;
                found.parts.iter().try_for_each(|(part, meaning)| writeln!(f, "  {part}: {}", meaning.escape_default()))?;
            }
        }
        for (name, constant) in &self.constants {
            writeln!(f, "const {name}: {} = {} {}", constant.kind, constant.expr.value, constant.doubt.as_deref().unwrap_or_default())?;
        }
        self.modules.iter().try_for_each(|(name, (tokens, _))| writeln!(f, "mod {name}: {tokens}"))?;
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
        let mut found = Self { doubt: conditional(&file.attrs), ..Self::default() };
        let mut functions = Vec::new();
        for item in file.items {
            match item {
                syn::Item::Use(item) if conditional(&item.attrs).is_none() && matches!(item.vis, syn::Visibility::Inherited) => {
                    let at = tokens::bytes(item.span());
                    found.imports.extend(tokens::flatten_use(&item).into_iter().map(|path| (path, at.clone())));
                }
                syn::Item::Const(item) if item.generics.params.is_empty() => found.constant(&item)?,
                syn::Item::Struct(item) if item.generics.params.is_empty() && matches!(item.fields, syn::Fields::Named(_)) => found.structure(&item)?,
                syn::Item::Enum(item) if item.generics.params.is_empty() => found.enumeration(&item)?,
                syn::Item::Impl(item) => functions.push(item),
                syn::Item::Mod(item) if item.content.is_some() && conditional(&item.attrs).is_none() => {
                    let at = tokens::bytes(item.ident.span());
                    let content: proc_macro2::TokenStream = item.content.iter().flat_map(|(_, items)| items).map(ToTokens::to_token_stream).collect();
                    if found.modules.insert(item.ident.to_string(), (tokens::text(content), at)).is_some() {
                        return Err(format!("the module {} stands there twice", item.ident));
                    }
                }
                other => found.foreign(&other),
            }
        }
        for item in functions {
            if !found.functions(&item) {
                found.foreign(&syn::Item::Impl(item));
            }
        }
        for found in found.enums.values_mut() {
            if found.parts.values().any(String::is_empty) {
                found.doubt.get_or_insert_with(|| "its functions parse and name are not those that secgen renders".to_owned());
            }
        }
        Ok(found)
    }

    fn constant(&mut self, item: &syn::ItemConst) -> Result<(), String> {
        let at = tokens::bytes(item.ident.span()).start..tokens::bytes(item.semi_token.span).end;
        let constant = Constant { kind: tokens::text(item.ty.to_token_stream()), expr: evaluate(&item.expr), at, doubt: conditional(&item.attrs) };
        match self.constants.insert(item.ident.to_string(), constant) {
            Some(before) => Err(format!("the constant {} stands there twice, the first time at byte {}", item.ident, before.at.start)),
            None => Ok(()),
        }
    }

    fn structure(&mut self, item: &syn::ItemStruct) -> Result<(), String> {
        let mut doubt = conditional(&item.attrs);
        let mut parts = BTreeMap::new();
        for field in &item.fields {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            doubt = doubt.or_else(|| conditional(&field.attrs));
            parts.insert(name, tokens::text(field.ty.to_token_stream()));
        }
        let read = Type { at: tokens::bytes(item.ident.span()), parts, doubt };
        self.structs.insert(item.ident.to_string(), read).map_or(Ok(()), |_| Err(format!("the struct {} stands there twice", item.ident)))
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) -> Result<(), String> {
        let mut doubt = conditional(&item.attrs);
        let mut parts = BTreeMap::new();
        for variant in &item.variants {
            let is_plain = matches!(variant.fields, syn::Fields::Unit) && variant.discriminant.is_none();
            doubt = doubt.or_else(|| conditional(&variant.attrs)).or_else(|| (!is_plain).then(|| format!("the variant {} is more than a name", variant.ident)));
            parts.insert(variant.ident.to_string(), String::new());
        }
        let read = Type { at: tokens::bytes(item.ident.span()), parts, doubt };
        self.enums.insert(item.ident.to_string(), read).map_or(Ok(()), |_| Err(format!("the enum {} stands there twice", item.ident)))
    }

    /// Takes in the functions of an enum. `false`: it is something else.
    fn functions(&mut self, item: &syn::ItemImpl) -> bool {
        let syn::Type::Path(of) = &*item.self_ty else { return false };
        let Some(found) = of.path.get_ident().and_then(|name| self.enums.get_mut(&name.to_string())) else { return false };
        if item.trait_.is_some() || !item.generics.params.is_empty() || conditional(&item.attrs).is_some() || found.parts.values().any(|name| !name.is_empty())
        {
            return false;
        }
        let (mut parsed, mut named) = (None, None);
        for part in &item.items {
            let syn::ImplItem::Fn(function) = part else { return false };
            if conditional(&function.attrs).is_some() {
                return false;
            }
            let kept = if function.sig.ident == "parse" { &mut parsed } else { &mut named };
            if kept.replace(function).is_some() {
                return false;
            }
        }
        let (Some(parse), Some(name)) = (parsed.and_then(parse_arms), named.and_then(name_arms)) else { return false };
        if parse != name || !found.parts.keys().eq(name.keys()) {
            found.doubt.get_or_insert_with(|| "its names do not fit its variants".to_owned());
        }
        for (variant, name) in name {
            if let Some(part) = found.parts.get_mut(&variant) {
                *part = name;
            }
        }
        true
    }

    fn foreign(&mut self, item: &syn::Item) {
        let (what, name) = describe(item);
        let what = name.as_ref().map_or_else(|| what.to_owned(), |name| format!("{what} {name}"));
        let place = name.map_or_else(|| "policy".to_owned(), |name| format!("policy::{name}"));
        self.foreign.push(Foreign { place, what, tokens: tokens::text(item.to_token_stream()), at: tokens::bytes(item.span()) });
    }
}

/// The arms of the only expression of a function, if that is a match on the given tokens, and its signature the given one.
fn arms<'f>(function: &'f syn::ImplItemFn, signature: &str, on: &str) -> Option<&'f [syn::Arm]> {
    let is_public = matches!(function.vis, syn::Visibility::Public(_));
    let [syn::Stmt::Expr(syn::Expr::Match(found), None)] = function.block.stmts.as_slice() else { return None };
    let same = tokens::is(&function.sig, signature) && tokens::is(&found.expr, on);
    (is_public && same && found.attrs.is_empty() && found.arms.iter().all(|arm| arm.attrs.is_empty())).then_some(&found.arms)
}

/// An arm's body without the braces that formatters put around it.
fn body(arm: &syn::Arm) -> &syn::Expr {
    match &*arm.body {
        syn::Expr::Block(block) if block.attrs.is_empty() && block.label.is_none() => match block.block.stmts.as_slice() {
            [syn::Stmt::Expr(only, None)] => only,
            _ => &arm.body,
        },
        other => other,
    }
}

/// The variant of the path `Self::Variant`.
fn variant(of: &syn::Path) -> Option<String> {
    path(of)?.strip_prefix("Self::").filter(|name| !name.contains(':')).map(str::to_owned)
}

/// Variant and name of `b"name" => Some(Self::Variant)`, with `_ => None` at the end.
fn parse_arms(function: &syn::ImplItemFn) -> Option<BTreeMap<String, String>> {
    let (last, named) = arms(function, "const fn parse(name: &str) -> Option<Self>", "name.as_bytes()")?.split_last()?;
    let syn::Expr::Path(none) = body(last) else { return None };
    if !matches!(last.pat, syn::Pat::Wild(_)) || path(&none.path)? != "None" {
        return None;
    }
    let mut all = BTreeMap::new();
    for arm in named {
        let syn::Pat::Lit(syn::ExprLit { lit: syn::Lit::ByteStr(name), .. }) = &arm.pat else { return None };
        let syn::Expr::Call(some) = body(arm) else { return None };
        let (syn::Expr::Path(function), Some(syn::Expr::Path(of)), 1) = (&*some.func, some.args.first(), some.args.len()) else { return None };
        let is_some = path(&function.path)? == "Some";
        if !is_some || all.insert(variant(&of.path)?, String::from_utf8(name.value()).ok()?).is_some() {
            return None;
        }
    }
    Some(all)
}

/// Variant and name of `Self::Variant => "name"`.
fn name_arms(function: &syn::ImplItemFn) -> Option<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for arm in arms(function, "const fn name(self) -> &'static str", "self")? {
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) = body(arm) else { return None };
        let syn::Pat::Path(of) = &arm.pat else { return None };
        if all.insert(variant(&of.path)?, name.value()).is_some() {
            return None;
        }
    }
    Some(all)
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
        let is_inert = inert.contains(&name.as_str()) || (name == "derive" && derives_plainly(attribute));
        (!is_inert).then(|| format!("the attribute `{name}` decides what is built"))
    })
}

/// Whether only traits of the standard library are derived, which add nothing to what a type is.
fn derives_plainly(attribute: &syn::Attribute) -> bool {
    let plain = ["Clone", "Copy", "Debug", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];
    let names = attribute.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
    names.is_ok_and(|names| names.iter().all(|name| name.get_ident().is_some_and(|ident| plain.iter().any(|p| ident == p))))
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
            syn::Lit::Bool(value) => Some(Const::Path(value.value.to_string())),
            syn::Lit::Str(text) if text.suffix().is_empty() => Some(Const::Text(text.value())),
            _ => None,
        },
        syn::Expr::Binary(e) if e.attrs.is_empty() => arithmetic(e),
        syn::Expr::Path(e) if e.attrs.is_empty() && e.qself.is_none() => path(&e.path).map(Const::Path),
        syn::Expr::Array(e) if e.attrs.is_empty() => Some(Const::List(e.elems.iter().map(evaluate).collect())),
        syn::Expr::Tuple(e) if e.attrs.is_empty() => Some(Const::Call(String::new(), e.elems.iter().map(evaluate).collect())),
        syn::Expr::Call(e) if e.attrs.is_empty() => {
            let syn::Expr::Path(function) = &*e.func else { return None };
            let function = path(&function.path).filter(|_| function.attrs.is_empty() && function.qself.is_none())?;
            let arguments: Vec<Expr> = e.args.iter().map(evaluate).collect();
            match duration_constructor(&function) {
                Some(constructor) => seconds(constructor, &arguments).map(Const::Seconds),
                None => Some(Const::Call(function, arguments)),
            }
        }
        syn::Expr::Struct(e) if e.attrs.is_empty() && e.qself.is_none() && e.rest.is_none() && e.dot2_token.is_none() => {
            let mut fields = BTreeMap::new();
            for field in &e.fields {
                let syn::Member::Named(name) = &field.member else { return None };
                // The place is the whole field.
                let read = Expr { at: tokens::bytes(field.span()), ..evaluate(&field.expr) };
                if !field.attrs.is_empty() || fields.insert(name.to_string(), read).is_some() {
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

/// The `from_secs` of `Duration::from_secs`.
fn duration_constructor(function: &str) -> Option<&str> {
    let (kind, constructor) = function.rsplit_once("::")?;
    let is_duration = matches!(kind.trim_start_matches("::"), "Duration" | "std::time::Duration" | "core::time::Duration");
    is_duration.then_some(constructor)
}

/// Whole seconds of a `Duration` by its constructor.
fn seconds(constructor: &str, arguments: &[Expr]) -> Option<u64> {
    let numbers: Vec<u128> = arguments.iter().map(|a| if let Const::Int(n) = a.value { Some(n) } else { None }).collect::<Option<_>>()?;
    let seconds = match (constructor, numbers.as_slice()) {
        ("from_secs", [n]) | ("new", [n, 0]) => *n,
        ("from_mins", [n]) => n.checked_mul(60)?,
        ("from_hours", [n]) => n.checked_mul(3600)?,
        ("from_days", [n]) => n.checked_mul(86_400)?,
        ("from_weeks", [n]) => n.checked_mul(604_800)?,
        ("from_millis", [n]) if n % 1000 == 0 => n / 1000,
        _ => return None,
    };
    u64::try_from(seconds).ok()
}
