//! Rate limits: numbers that contradict the policy, and builders that mean the opposite of how they read.

use super::names::unraw;
use super::rules;
use super::values::{int, seconds, text};
use super::walk::{Hint, Kind, Walk, Weight};
use crate::strictness::Value;
use crate::strictness::rate::Quota;
use crate::targets::rust::tokens::bytes;
use syn::spanned::Spanned;

/// Words that people add to the name of a limit.
const ADDED: [&str; 6] = ["_calls", "_requests", "_limit", "_rate_limit", "_attempts", "_api"];

/// `RateLimit::new("api_calls", 100, 3600)`: name, requests, seconds.
pub(super) fn call(walk: &mut Walk<'_>, call: &syn::ExprCall) {
    let syn::Expr::Path(function) = &*call.func else { return };
    let mut segments = function.path.segments.iter().rev();
    let is_new = segments.next().is_some_and(|s| s.ident == "new");
    if !is_new || !segments.next().is_some_and(|s| s.ident == "RateLimit" || s.ident == "RateLimiter") || call.args.len() != 3 {
        return;
    }
    // What a type of another crate means by its numbers is not known.
    if walk.names.resolve(&function.path).is_some() && !walk.names.is_own(&function.path) && is_imported(walk, &function.path) {
        return;
    }
    let (Some(name), Some(requests), Some(window)) = (call.args.first(), call.args.get(1), call.args.get(2)) else { return };
    let (Some(name), Some(requests)) = (text(&walk.names, name), int(&walk.names, requests)) else { return };
    let Some(window) = int(&walk.names, window).or_else(|| seconds(&walk.names, window)).filter(|w| *w > 0) else { return };
    let Some(limit) = named(walk, &name) else { return };
    let intent = format!("rate_limits.limits.{limit}");
    walk.hints.push(Hint {
        rule: &rules::LIMIT_LOOSER,
        at: bytes(call.span()),
        label: String::new(),
        weight: Weight::Value { intent: intent.clone(), value: Value::Quota(Quota { requests, seconds: window }), what: format!("the limit {limit}") },
        message: String::new(),
        help: vec![format!("lower it to what {intent} says, or raise {intent} in the spec; the constants that secgen renders follow the spec")],
    });
}

/// Whether the first name of a path is brought in from another crate.
fn is_imported(walk: &Walk<'_>, path: &syn::Path) -> bool {
    let spelled = walk.names.spelled(path);
    !matches!(spelled.split("::").next(), Some("crate" | "self" | "super" | "RateLimit" | "RateLimiter"))
}

/// The limit of the spec that a name in code can only mean.
fn named(walk: &Walk<'_>, name: &str) -> Option<String> {
    let plain = name.to_ascii_lowercase().replace(['-', '.', ' ', ':'], "_");
    let limits = walk.policy.spec.rate_limits.as_ref()?.limits.as_ref()?;
    let is_named = |limit: &str| {
        let limit = limit.to_ascii_lowercase().replace('-', "_");
        plain == limit || plain.strip_prefix(&limit).is_some_and(|rest| ADDED.contains(&rest))
    };
    let mut fitting = limits.keys().map(crate::spec::scalar::Name::as_str).filter(|limit| is_named(limit));
    let first = fitting.next()?;
    fitting.next().is_none().then(|| first.to_owned())
}

/// `GovernorConfigBuilder::default().per_second(2)`.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    if !matches!(unraw(&call.method).as_str(), "per_second" | "const_per_second") || walk.kind(&call.receiver) != Some(Kind::Governor) {
        return;
    }
    let Some(n) = call.args.first().and_then(|n| int(&walk.names, n)).filter(|n| *n > 1) else { return };
    let message = format!("per_second({n}) lets one request through in {n} s, not {n} requests a second");
    let instead = if n <= 1000 { format!("per_millisecond({})", 1000 / n) } else { format!("per_nanosecond({})", 1_000_000_000 / n) };
    walk.hint(
        &rules::LIMIT_INVERTED,
        call.method.span(),
        message,
        format!("for {n} requests a second write requests_per_second({n}) (actix-governor) or {instead}"),
    );
    if let Some(hint) = walk.hints.last_mut() {
        hint.help.push(format!("if one request in {n} s is meant, say so: // secgen: allow(rate-limit-inverted) one request in {n} s"));
    }
}

/// `SmartIpKeyExtractor`, wherever it is used.
pub(super) fn path(walk: &mut Walk<'_>, path: &syn::Path) {
    if walk.names.resolve(path).as_deref() == Some("tower_governor::key_extractor::SmartIpKeyExtractor") {
        let message = "SmartIpKeyExtractor takes the left-most address of X-Forwarded-For, which the client writes";
        walk.hint(&rules::ADDRESS_FORGEABLE, path.span(), message, "use a key extractor that goes from the right, past the proxies that you know");
    }
}
