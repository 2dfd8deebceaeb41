//! Attributes of cookies that are switched off.

use super::names::unraw;
use super::rules;
use super::values::{bare, text};
use super::walk::{Kind, Walk, Weight};
use crate::finding::Verdict;

/// A method call.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    let method = unraw(&call.method);
    let is_secure = match method.as_str() {
        "secure" | "set_secure" | "with_secure" | "cookie_secure" => true,
        "http_only" | "set_http_only" | "with_http_only" | "cookie_http_only" => false,
        _ => return,
    };
    if !call.args.first().is_some_and(is_off) || !matches!(walk.kind(&call.receiver), Some(Kind::Cookie | Kind::Session)) {
        return;
    }
    let name = name(walk, &call.receiver);
    // Scripts must read what they send back against forged requests.
    let is_for_scripts = name.as_ref().is_some_and(|name| ["csrf", "xsrf"].iter().any(|word| name.to_ascii_lowercase().contains(word)));
    if is_for_scripts && !is_secure {
        return;
    }
    let cookies = walk.policy.spec.http.as_ref().and_then(|http| http.cookies.as_ref());
    let known = name.as_ref().and_then(|name| cookies.into_iter().flatten().find(|(_, cookie)| cookie.name.as_ref().is_some_and(|own| own.as_str() == name)));
    let required = known.filter(|(_, cookie)| if is_secure { cookie.secure == Some(true) } else { cookie.http_only == Some(true) });
    let weight = match required {
        Some((own, _)) => {
            let key = format!("http.cookies.{own}.{}", if is_secure { "secure" } else { "http_only" });
            Weight::Verdict(Verdict::Weaker, walk.policy.origin(&key))
        }
        None => Weight::Rule,
    };
    let which = known.and(name.as_ref()).map_or_else(|| "the cookie".to_owned(), |name| format!("the cookie {name}"));
    if is_secure {
        let message = format!("{method}(false): {which} is sent over plain HTTP too");
        walk.switch(&rules::COOKIE_INSECURE, call.method.span(), weight, message, format!("write {method}(true); browsers accept it on http://localhost"));
    } else {
        let message = format!("{method}(false): scripts of the page can read {which}");
        walk.switch(
            &rules::COOKIE_READABLE,
            call.method.span(),
            weight,
            message,
            format!("write {method}(true), unless scripts must read it and it holds no session"),
        );
    }
}

/// `false`, or `Some(false)`, which setters of the crate `cookie` take too.
fn is_off(argument: &syn::Expr) -> bool {
    match bare(argument) {
        syn::Expr::Lit(e) => matches!(&e.lit, syn::Lit::Bool(flag) if !flag.value),
        syn::Expr::Call(call) => {
            let is_some = matches!(&*call.func, syn::Expr::Path(path) if path.path.is_ident("Some"));
            is_some
                && call.args.len() == 1
                && matches!(call.args.first().map(bare), Some(syn::Expr::Lit(e)) if matches!(&e.lit, syn::Lit::Bool(flag) if !flag.value))
        }
        _ => false,
    }
}

/// The name that a cookie is built with, if it stands in the code.
fn name(walk: &Walk<'_>, expr: &syn::Expr) -> Option<String> {
    match bare(expr) {
        syn::Expr::MethodCall(call) => name(walk, &call.receiver),
        syn::Expr::Call(call) => match bare(call.args.first()?) {
            syn::Expr::Tuple(pair) => text(&walk.names, pair.elems.first()?),
            first => text(&walk.names, first),
        },
        _ => None,
    }
}
