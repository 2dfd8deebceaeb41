//! Struct literals that configure tokens, such as `jwt::Config { expiration: Duration::from_secs(3600), .. }`: durations
//! and the algorithm, against the policy.

use super::names::unraw;
use super::values::{bare, int, seconds};
use super::walk::{Hint, Walk, Weight};
use super::{rules, validation};
use crate::strictness::Value;
use crate::strictness::levels::AtMost;
use crate::targets::rust::tokens::bytes;
use syn::spanned::Spanned;

/// Names of a field with the lifetime of an access token.
const ACCESS: [&str; 10] = [
    "expiration",
    "access_expiration",
    "access_ttl",
    "access_token_ttl",
    "access_token_expiration",
    "access_token_lifetime",
    "access_lifetime",
    "token_ttl",
    "token_expiration",
    "expires_in",
];

/// Names of a field with the lifetime of a refresh token.
const REFRESH: [&str; 7] =
    ["refresh_expiration", "refresh_ttl", "refresh_token_ttl", "refresh_token_expiration", "refresh_token_lifetime", "refresh_lifetime", "refresh_expires_in"];

/// Units that a name may end in, where the field is a number.
const UNITS: [(&str, u64); 10] = [
    ("_secs", 1),
    ("_seconds", 1),
    ("_sec", 1),
    ("_mins", 60),
    ("_minutes", 60),
    ("_min", 60),
    ("_hours", 3600),
    ("_hrs", 3600),
    ("_days", 86_400),
    ("_weeks", 604_800),
];

/// Whether a struct configures tokens: `jwt::Config`, `JwtConfig`, `auth::JwtSettings`.
fn configures_tokens(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit("::").next().unwrap_or_default();
    lower.contains("jwt") && ["config", "configuration", "settings", "options"].iter().any(|end| name.ends_with(end))
}

/// A struct literal.
pub(super) fn fields(walk: &mut Walk<'_>, expr: &syn::ExprStruct) {
    let is_self = expr.path.is_ident("Self");
    let name = if is_self { walk.own_types.last().cloned().unwrap_or_default() } else { walk.names.spelled(&expr.path) };
    if !configures_tokens(&name) {
        return;
    }
    let short: Vec<&str> = name.rsplit("::").take(2).collect();
    let what = short.into_iter().rev().collect::<Vec<_>>().join("::");
    for field in &expr.fields {
        let syn::Member::Named(member) = &field.member else { continue };
        let member = unraw(member);
        if member == "algorithm" {
            algorithm(walk, &field.expr);
        } else if let Some((intent, length)) = lifetime(walk, &member, &field.expr) {
            lifetime_against(walk, intent, length, &what, &field.expr);
        }
    }
}

/// The intent of a field, and its whole seconds.
fn lifetime(walk: &Walk<'_>, member: &str, value: &syn::Expr) -> Option<(&'static str, u64)> {
    let of = |name: &str| {
        let access = ACCESS.contains(&name).then_some("jwt.access_ttl");
        access.or_else(|| REFRESH.contains(&name).then_some("jwt.refresh_ttl"))
    };
    if let Some(intent) = of(member) {
        return Some((intent, seconds(&walk.names, value)?));
    }
    // A bare number says nothing without its unit.
    UNITS.iter().find_map(|(unit, factor)| Some((of(member.strip_suffix(unit)?)?, int(&walk.names, value)?.checked_mul(*factor)?)))
}

fn lifetime_against(walk: &mut Walk<'_>, intent: &str, number: u64, what: &str, value: &syn::Expr) {
    walk.hints.push(Hint {
        rule: &rules::LIFETIME_LONGER,
        at: bytes(value.span()),
        label: String::new(),
        weight: Weight::Value { intent: intent.to_owned(), value: Value::AtMost(AtMost { number, unit: " s" }), what: what.to_owned() },
        message: String::new(),
        help: vec![format!("shorten it to what {intent} says, or raise {intent} in the spec; the constants that secgen renders follow the spec")],
    });
}

/// `jwt::Algorithm::HS512`, whatever crate or module `jwt` is: in such a literal the name is unmistakable.
fn algorithm(walk: &mut Walk<'_>, value: &syn::Expr) {
    let syn::Expr::Path(path) = bare(value) else { return };
    let spelled = walk.names.spelled(&path.path);
    let mut parts = spelled.rsplit("::");
    let (Some(name), Some("Algorithm")) = (parts.next(), parts.next()) else { return };
    let name = name.to_owned();
    validation::differs(walk, &name, value.span(), &format!("tokens are configured with {name}"));
}
