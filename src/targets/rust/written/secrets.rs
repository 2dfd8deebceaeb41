//! Secrets that stand in the code. Where one does, its bytes are noted: no output may show them.

use super::names::unraw;
use super::rules;
use super::values::{bare, literal, text};
use super::walk::{Walk, Weight};
use crate::targets::rust::tokens::bytes;
use syn::spanned::Spanned;

/// Functions whose first argument is a key.
const KEYS: [&str; 7] = [
    "jsonwebtoken::EncodingKey::from_secret",
    "jsonwebtoken::DecodingKey::from_secret",
    "jsonwebtoken::EncodingKey::from_base64_secret",
    "jsonwebtoken::DecodingKey::from_base64_secret",
    "jsonwebtoken::EncodingKey::from_urlsafe_base64_secret",
    "cookie::Key::from",
    "cookie::Key::derive_from",
];

/// A call.
pub(super) fn call(walk: &mut Walk<'_>, call: &syn::ExprCall) {
    let Some(function) = walk.function(call).filter(|f| KEYS.contains(&f.as_str())) else { return };
    let Some(argument) = call.args.first() else { return };
    let Some(key) = literal(&walk.names, argument) else { return };
    let name = function.split("::").skip(1).collect::<Vec<_>>().join("::");
    let (message, label) = if key.is_empty {
        (format!("{name} gets an empty secret: anyone can sign"), "")
    } else {
        (format!("{name} gets a secret that stands in the code"), "the value is not shown")
    };
    let help = "read it from the environment when the service starts, refuse to start without it, and make a new one: this one is known";
    walk.secrets.push(key.at);
    walk.hint(&rules::SECRET_IN_CODE, argument.span(), message, help);
    if let Some(hint) = walk.hints.last_mut() {
        label.clone_into(&mut hint.label);
    }
}

/// How sure a variable of the environment holds a secret that must be set.
enum Named {
    /// The spec says so, or its name does.
    Surely(String),
    /// Its name has `SECRET`; it may belong to something that is optional.
    Perhaps(String),
}

fn named(walk: &Walk<'_>, name: &str) -> Option<Named> {
    let keys = walk.policy.spec.jwt.iter().filter_map(|jwt| jwt.keys.as_ref()).flatten();
    let mut known = keys.filter_map(|(_, key)| key.secret.as_ref());
    let upper = name.to_ascii_uppercase();
    // A name that is no name of a variable is not repeated.
    let is_name = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let of_tokens = ["JWT", "TOKEN", "SESSION", "COOKIE", "AUTH"].iter().any(|word| upper.contains(word));
    if !is_name {
        None
    } else if known.any(|secret| secret.env.as_str() == name) || (upper.contains("SECRET") && of_tokens) {
        Some(Named::Surely(name.to_owned()))
    } else {
        upper.contains("SECRET").then(|| Named::Perhaps(name.to_owned()))
    }
}

/// `env::var("JWT_SECRET").unwrap_or_else(|_| "...".into())` and the like.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    let method = unraw(&call.method);
    if !matches!(method.as_str(), "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "or_else" | "map_or" | "or") {
        return;
    }
    let Some(variable) = variable(walk, &call.receiver) else { return };
    let default = match (method.as_str(), call.args.first()) {
        ("unwrap_or_default", None) => None,
        ("unwrap_or" | "or" | "map_or", Some(value)) => Some(value),
        ("unwrap_or_else" | "or_else", Some(syn::Expr::Closure(closure))) => Some(&*closure.body),
        // `String::new` and the like handed on.
        ("unwrap_or_else", Some(syn::Expr::Path(path))) if path.path.segments.last().is_some_and(|s| s.ident == "new" || s.ident == "default") => None,
        _ => return,
    };
    let found = match default {
        None => None,
        Some(value) => match literal(&walk.names, value) {
            Some(found) => Some(found),
            None => return,
        },
    };
    let is_empty = found.as_ref().is_none_or(|f| f.is_empty);
    // Whatever the variable is called: what a default holds may be secret.
    walk.secrets.extend(found.map(|f| f.at));
    let Some(named) = named(walk, &variable) else { return };
    let (name, weight) = match named {
        Named::Surely(name) => (name, Weight::Rule),
        Named::Perhaps(name) if is_empty => (name, Weight::Warning),
        Named::Perhaps(name) => (name, Weight::Rule),
    };
    let what = if is_empty { "an empty default" } else { "a default in the code" };
    let message = format!("{name} has {what}: where it is not set, everybody knows the secret");
    let help = format!("refuse to start without it: std::env::var(\"{name}\")?, or .expect(\"{name} must be set\")");
    walk.weighted(&rules::SECRET_DEFAULT, call.method.span(), weight, message, help);
}

/// The variable that an expression reads.
fn variable(walk: &Walk<'_>, expr: &syn::Expr) -> Option<String> {
    match bare(expr) {
        syn::Expr::Call(call) if matches!(walk.function(call)?.as_str(), "std::env::var") => text(&walk.names, call.args.first()?),
        syn::Expr::MethodCall(call) if matches!(unraw(&call.method).as_str(), "ok" | "as_deref" | "as_ref" | "map_err" | "filter") => {
            variable(walk, &call.receiver)
        }
        // Compile time: `option_env!("JWT_SECRET")`.
        syn::Expr::Macro(mac) if mac.mac.path.is_ident("option_env") => syn::parse2::<syn::LitStr>(mac.mac.tokens.clone()).ok().map(|t| t.value()),
        _ => None,
    }
}

/// clap's `#[arg(env = "JWT_SECRET", default_value = "...")]`.
pub(super) fn argument(walk: &mut Walk<'_>, field: &syn::Field) {
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("arg") || a.path().is_ident("clap")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        let parse = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
        let Ok(entries) = syn::parse::Parser::parse2(parse, list.tokens.clone()) else { continue };
        let value = |name: &str| {
            entries.iter().find_map(|entry| match entry {
                syn::Meta::NameValue(entry) if entry.path.is_ident(name) => match bare(&entry.value) {
                    syn::Expr::Lit(e) => match &e.lit {
                        syn::Lit::Str(text) => Some((text.value(), text.span())),
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            })
        };
        let (Some((variable, _)), Some((_, at))) = (value("env"), value("default_value")) else { continue };
        walk.secrets.push(bytes(at));
        let Some(Named::Surely(name) | Named::Perhaps(name)) = named(walk, &variable) else { continue };
        let message = format!("{name} has a default in the code: where it is not set, everybody knows the secret");
        walk.hint(&rules::SECRET_DEFAULT, at, message, "remove default_value: clap then asks for the variable");
    }
}
