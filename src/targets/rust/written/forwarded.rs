//! The left-most address of X-Forwarded-For.

use super::names::unraw;
use super::rules;
use super::values::{bare, text};
use super::walk::Walk;
use syn::spanned::Spanned;

/// Crates of the web: where none is named, a `get` is no header.
const WEB: [&str; 12] = ["axum", "http", "hyper", "actix_web", "tonic", "warp", "rocket", "poem", "salvo", "tower_http", "axum_extra", "tide"];

/// What a function does with the header.
#[derive(Debug, Default)]
pub(super) struct Seen {
    reads: bool,
    leftmost: Vec<proc_macro2::Span>,
}

/// A method call.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    let method = unraw(&call.method);
    let reads = method == "get"
        && call.args.len() == 1
        && call.args.first().and_then(|a| text(&walk.names, a)).is_some_and(|name| name.eq_ignore_ascii_case("x-forwarded-for"));
    let takes_first = match method.as_str() {
        "next" => call.args.is_empty(),
        "find" | "find_map" => true,
        "nth" => call.args.first().and_then(|n| super::values::int(&walk.names, n)) == Some(0),
        "first" => call.args.is_empty() && matches!(bare(&call.receiver), syn::Expr::MethodCall(c) if c.method == "collect"),
        _ => false,
    };
    let leftmost = takes_first && splits_at_commas(&call.receiver);
    if let Some(seen) = walk.forwarded.last_mut() {
        seen.reads |= reads;
        seen.leftmost.extend(leftmost.then(|| call.method.span()));
    }
}

/// Whether an iterator gives the parts between commas, in their order.
fn splits_at_commas(expr: &syn::Expr) -> bool {
    let syn::Expr::MethodCall(call) = bare(expr) else { return false };
    match unraw(&call.method).as_str() {
        "map" | "filter" | "filter_map" | "collect" | "into_iter" | "peekable" => splits_at_commas(&call.receiver),
        "split" | "splitn" => call.args.iter().any(|a| match bare(a) {
            syn::Expr::Lit(e) => match &e.lit {
                syn::Lit::Char(c) => c.value() == ',',
                syn::Lit::Str(text) => text.value().trim() == ",",
                _ => false,
            },
            _ => false,
        }),
        _ => false,
    }
}

/// The end of a function.
pub(super) fn judge(walk: &mut Walk<'_>) {
    let Some(seen) = walk.forwarded.pop() else { return };
    if !seen.reads || !WEB.iter().any(|name| walk.names.mentions(name)) {
        return;
    }
    for at in seen.leftmost {
        let message = "the left-most address of X-Forwarded-For is what the client wrote";
        let help = "go from the right, past the proxies that you know, and take the first address that is none of them";
        walk.hint(&rules::ADDRESS_FORGEABLE, at.span(), message, help);
    }
}
