//! What an expression amounts to, as far as it needs no compiler: numbers, durations, texts. Constants of the same file
//! are followed.

use super::names::Names;
use crate::targets::rust::tokens::bytes;
use std::ops::Range;
use syn::spanned::Spanned;

/// How many constants one value leads through.
const MOST_STEPS: u8 = 8;

/// A text or bytes in the code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// Where it is written: not always where it is used.
    pub(super) at: Range<usize>,
    /// Whether there is nothing in it.
    pub(super) is_empty: bool,
}

/// The expression without what does not change its value.
pub(super) fn bare(mut expr: &syn::Expr) -> &syn::Expr {
    loop {
        expr = match expr {
            syn::Expr::Paren(e) => &e.expr,
            syn::Expr::Group(e) => &e.expr,
            syn::Expr::Reference(e) => &e.expr,
            _ => return expr,
        };
    }
}

/// A whole number.
pub(super) fn int(names: &Names<'_>, expr: &syn::Expr) -> Option<u64> {
    number(names, expr, MOST_STEPS)
}

fn number(names: &Names<'_>, expr: &syn::Expr, steps: u8) -> Option<u64> {
    match bare(expr) {
        syn::Expr::Lit(e) => match &e.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        syn::Expr::Cast(e) => number(names, &e.expr, steps),
        syn::Expr::Binary(e) => {
            let (left, right) = (number(names, &e.left, steps)?, number(names, &e.right, steps)?);
            match e.op {
                syn::BinOp::Add(_) => left.checked_add(right),
                syn::BinOp::Sub(_) => left.checked_sub(right),
                syn::BinOp::Mul(_) => left.checked_mul(right),
                syn::BinOp::Div(_) => left.checked_div(right),
                _ => None,
            }
        }
        syn::Expr::Path(e) if e.qself.is_none() => number(names, names.constant(&e.path)?, steps.checked_sub(1)?),
        _ => None,
    }
}

/// Whole seconds of a duration of `std`, `chrono` or `time`.
pub(super) fn seconds(names: &Names<'_>, expr: &syn::Expr) -> Option<u64> {
    duration(names, expr, MOST_STEPS)
}

fn duration(names: &Names<'_>, expr: &syn::Expr, steps: u8) -> Option<u64> {
    match bare(expr) {
        syn::Expr::Call(call) => {
            let syn::Expr::Path(function) = &*call.func else { return None };
            let path = names.resolve(&function.path)?;
            let (kind, constructor) = path.rsplit_once("::")?;
            let arguments: Vec<u64> = call.args.iter().map(|a| int(names, a)).collect::<Option<_>>()?;
            match (kind, constructor, arguments.as_slice()) {
                ("std::time::Duration", "from_secs", [n]) | ("std::time::Duration", "new", [n, 0]) => Some(*n),
                ("std::time::Duration", "from_mins", [n]) => n.checked_mul(60),
                ("std::time::Duration", "from_hours", [n]) => n.checked_mul(3600),
                ("std::time::Duration", "from_days", [n]) => n.checked_mul(86_400),
                ("std::time::Duration", "from_weeks", [n]) => n.checked_mul(604_800),
                ("std::time::Duration", "from_millis", [n]) => Some(n / 1000),
                ("chrono::Duration" | "time::Duration", "seconds", [n]) => Some(*n),
                ("chrono::Duration" | "time::Duration", "minutes", [n]) => n.checked_mul(60),
                ("chrono::Duration" | "time::Duration", "hours", [n]) => n.checked_mul(3600),
                ("chrono::Duration" | "time::Duration", "days", [n]) => n.checked_mul(86_400),
                ("chrono::Duration" | "time::Duration", "weeks", [n]) => n.checked_mul(604_800),
                _ => None,
            }
        }
        syn::Expr::Binary(e) if matches!(e.op, syn::BinOp::Mul(_)) => match (duration(names, &e.left, steps), duration(names, &e.right, steps)) {
            (Some(length), None) => length.checked_mul(int(names, &e.right)?),
            (None, Some(length)) => length.checked_mul(int(names, &e.left)?),
            _ => None,
        },
        syn::Expr::Path(e) if e.qself.is_none() => match names.constant(&e.path) {
            Some(value) => duration(names, value, steps.checked_sub(1)?),
            None => match names.resolve(&e.path)?.as_str() {
                "time::Duration::SECOND" => Some(1),
                "time::Duration::MINUTE" => Some(60),
                "time::Duration::HOUR" => Some(3600),
                "time::Duration::DAY" => Some(86_400),
                "time::Duration::WEEK" => Some(604_800),
                _ => None,
            },
        },
        _ => None,
    }
}

/// The expression that a constant of this file leads to, or the expression itself.
pub(super) fn constant<'e>(names: &Names<'e>, expr: &'e syn::Expr) -> &'e syn::Expr {
    let mut expr = bare(expr);
    for _ in 0..MOST_STEPS {
        let syn::Expr::Path(path) = expr else { break };
        let Some(value) = names.constant(&path.path).filter(|_| path.qself.is_none()) else { break };
        expr = bare(value);
    }
    expr
}

/// The text of a string literal, constants followed.
pub(super) fn text(names: &Names<'_>, expr: &syn::Expr) -> Option<String> {
    let mut expr = bare(expr);
    for _ in 0..MOST_STEPS {
        match expr {
            syn::Expr::Lit(e) => match &e.lit {
                syn::Lit::Str(text) => return Some(text.value()),
                _ => return None,
            },
            syn::Expr::Path(e) if e.qself.is_none() => expr = bare(names.constant(&e.path)?),
            _ => return None,
        }
    }
    None
}

/// A text, or bytes, whose every part stands in the code.
pub(super) fn literal(names: &Names<'_>, expr: &syn::Expr) -> Option<Literal> {
    let mut expr = bare(expr);
    let mut steps = MOST_STEPS;
    loop {
        let at = bytes(expr.span());
        match expr {
            syn::Expr::Lit(e) => {
                return match &e.lit {
                    syn::Lit::Str(text) => Some(Literal { at, is_empty: text.value().is_empty() }),
                    syn::Lit::ByteStr(text) => Some(Literal { at, is_empty: text.value().is_empty() }),
                    _ => None,
                };
            }
            syn::Expr::Array(e) => {
                let known =
                    e.elems.iter().all(|e| number(names, e, steps).is_some() || matches!(bare(e), syn::Expr::Lit(l) if matches!(l.lit, syn::Lit::Byte(_))));
                return known.then_some(Literal { at, is_empty: e.elems.is_empty() });
            }
            syn::Expr::Repeat(e) => return number(names, &e.expr, steps).map(|_| Literal { at, is_empty: false }),
            syn::Expr::MethodCall(e) if e.args.is_empty() && is_conversion(&unraw(&e.method)) => expr = bare(&e.receiver),
            syn::Expr::Call(e) => {
                let syn::Expr::Path(function) = &*e.func else { return None };
                let segments: Vec<String> = function.path.segments.iter().map(|s| unraw(&s.ident)).collect();
                let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                match (segments.as_slice(), e.args.len()) {
                    (["String" | "Vec", "new"], 0) => return Some(Literal { at, is_empty: true }),
                    (["String" | "Vec", "from"] | ["Ok" | "Some"], 1) => expr = bare(e.args.first()?),
                    _ => return None,
                }
            }
            syn::Expr::Path(e) if e.qself.is_none() => {
                steps = steps.checked_sub(1)?;
                expr = bare(names.constant(&e.path)?);
            }
            syn::Expr::Block(e) if e.label.is_none() => match e.block.stmts.as_slice() {
                [syn::Stmt::Expr(only, None)] => expr = bare(only),
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// Methods that give the same text or bytes.
fn is_conversion(method: &str) -> bool {
    matches!(method, "as_bytes" | "as_ref" | "as_slice" | "as_str" | "to_vec" | "to_string" | "to_owned" | "into" | "into_bytes" | "clone" | "trim")
}

use super::names::unraw;

/// An expression without a conversion to an owned text.
pub(super) fn converted(expr: &syn::Expr) -> &syn::Expr {
    match bare(expr) {
        syn::Expr::MethodCall(e) if e.args.is_empty() && is_conversion(&unraw(&e.method)) => bare(&e.receiver),
        other => other,
    }
}
