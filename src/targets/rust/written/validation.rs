//! Tokens: how jsonwebtoken is told to validate. Each rule is what version 11 does (src/validation.rs and
//! src/decoding.rs of the crate), older versions where they differ.

use super::names::unraw;
use super::rules;
use super::values::{bare, text};
use super::walk::{Kind, Walk, Weight};
use crate::finding::Verdict;
use crate::spec::JwtAlgorithm;
use crate::targets::rust::tokens::bytes;
use std::ops::Range;
use syn::spanned::Spanned;

/// The claims that `set_required_spec_claims` looks at.
const REQUIRABLE: [&str; 5] = ["exp", "nbf", "aud", "iss", "sub"];

/// Functions that give the claims of a token without checking it.
const UNCHECKED: [&str; 5] = [
    "jsonwebtoken::dangerous::insecure_decode",
    "jsonwebtoken::dangerous::insecure_decode_claims",
    "jsonwebtoken::dangerous_insecure_decode",
    "jsonwebtoken::dangerous_unsafe_decode",
    "josekit::jwt::decode_unsecured",
];

/// A `Validation` that was made in a function, and what became of it there.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) escapes: bool,
    audience: bool,
    decodes: Option<Range<usize>>,
}

/// Notes a `Validation` that an expression makes.
pub(super) fn made(walk: &mut Walk<'_>, expr: &syn::Expr) -> Option<usize> {
    let syn::Expr::Call(_) = bare(expr) else { return None };
    walk.validations.push(Made::default());
    Some(walk.validations.len() - 1)
}

/// What became of each `Validation` of the file.
pub(super) fn judge(walk: &mut Walk<'_>) {
    let open: Vec<Range<usize>> = walk.validations.iter().filter(|m| !m.escapes && !m.audience).filter_map(|m| m.decodes.clone()).collect();
    for at in open {
        audience_open(walk, at);
    }
}

fn audience_open(walk: &mut Walk<'_>, at: Range<usize>) {
    let Some(audience) = walk.policy.spec.jwt.as_ref().and_then(|jwt| jwt.audience.as_ref()) else { return };
    let help =
        format!("call validation.set_audience(&[\"{}\"]), and validation.set_required_spec_claims(&[\"exp\", \"aud\", \"iss\", \"sub\"])", audience.as_str());
    walk.hints.push(super::walk::Hint {
        rule: &rules::AUDIENCE_OPEN,
        at,
        label: "no set_audience before this".to_owned(),
        weight: Weight::Rule,
        message: "tokens without an audience are accepted: this Validation never gets one".to_owned(),
        help: vec![help],
    });
}

/// A path to a function: called, or handed on.
pub(super) fn path(walk: &mut Walk<'_>, path: &syn::Path) {
    let Some(function) = walk.names.resolve(path) else { return };
    if UNCHECKED.contains(&function.as_str()) {
        let name = function.rsplit("::").next().unwrap_or_default().to_owned();
        let help = "decode with a key: jsonwebtoken::decode::<Claims>(token, &key, &validation)";
        walk.hint(&rules::SIGNATURE_UNCHECKED, path.span(), format!("{name} takes the claims of a token without checking its signature"), help);
    } else if function == "jsonwebtoken::Validation::insecure_disable_signature_validation" {
        signature_off(walk, path.span());
    }
}

fn signature_off(walk: &mut Walk<'_>, at: proc_macro2::Span) {
    let help = "remove the call, and decode with a key; jsonwebtoken 11 has no such method any more";
    walk.hint(&rules::SIGNATURE_UNCHECKED, at, "insecure_disable_signature_validation accepts every token, whoever signed it", help);
}

/// A call. True where the arguments were visited.
pub(super) fn call<'a>(walk: &mut Walk<'a>, call: &'a syn::ExprCall) -> bool {
    use syn::visit::Visit;
    let Some(function) = walk.function(call) else { return false };
    let first = call.args.first();
    match function.as_str() {
        "jsonwebtoken::Validation::new" | "jsonwebtoken::Header::new" => {
            if let Some(algorithm) = first {
                self::algorithm(walk, algorithm, function.ends_with("Validation::new"));
            }
            false
        }
        "jsonwebtoken::Validation::default" | "jsonwebtoken::Header::default" => {
            differs(walk, "HS256", call.span(), &format!("{} means HS256", &function["jsonwebtoken::".len()..]));
            false
        }
        "jsonwebtoken::decode" => {
            for argument in &call.args {
                if let Some(made) = walk.variable(argument).and_then(|v| v.made) {
                    walk.validations[made].decodes.get_or_insert_with(|| bytes(argument.span()));
                    continue;
                }
                if matches!(bare(argument), syn::Expr::Call(_)) && walk.kind(argument) == Some(Kind::Validation) {
                    audience_open(walk, bytes(argument.span()));
                }
                walk.visit_expr(argument);
            }
            walk.visit_expr(&call.func);
            true
        }
        _ => false,
    }
}

/// A method call. True where the receiver needs no visit.
pub(super) fn method(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) -> bool {
    let method = unraw(&call.method);
    let variable = walk.variable(&call.receiver);
    let made = variable.and_then(|v| v.made);
    if method == "insecure_disable_signature_validation" && walk.names.mentions("jsonwebtoken") {
        signature_off(walk, call.method.span());
    }
    if method == "contains" {
        for argument in &call.args {
            looks_at(walk, argument);
        }
    }
    let is_validation = walk.kind(&call.receiver) == Some(Kind::Validation);
    if is_validation {
        match method.as_str() {
            "set_audience" => {
                if let Some(made) = made {
                    walk.validations[made].audience = true;
                }
            }
            "set_required_spec_claims" => required(walk, call),
            // A copy may get what this one lacks.
            "clone" => {
                if let Some(made) = made {
                    walk.validations[made].escapes = true;
                }
            }
            _ => {}
        }
    }
    // `validation.required_spec_claims.clear()`
    if let syn::Expr::Field(field) = &*call.receiver
        && matches!(&field.member, syn::Member::Named(name) if name == "required_spec_claims")
        && walk.kind(&field.base) == Some(Kind::Validation)
    {
        let removes_expiry = method == "remove" && call.args.first().and_then(|a| text(&walk.names, a)).as_deref() == Some("exp");
        if method == "clear" || removes_expiry {
            expiry_optional(walk, call.method.span());
        }
    }
    made.is_some()
}

/// The names of `set_required_spec_claims`.
fn required(walk: &mut Walk<'_>, call: &syn::ExprMethodCall) {
    let Some(syn::Expr::Array(array)) = call.args.first().map(bare) else { return };
    let names: Vec<Option<String>> = array.elems.iter().map(|e| text(&walk.names, super::values::converted(e))).collect();
    for (name, element) in names.iter().zip(&array.elems) {
        if let Some(name) = name.as_deref().filter(|name| !REQUIRABLE.contains(name)) {
            let shown: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
            let help = format!("make {shown} a field of the claims type, without Option and without #[serde(default)]");
            walk.hint(&rules::CLAIM_IGNORED, element.span(), format!("set_required_spec_claims ignores {shown}: a token without it is accepted"), help);
        }
    }
    if names.iter().all(|name| name.as_deref().is_some_and(|name| name != "exp")) {
        expiry_optional(walk, call.args.span());
    }
}

fn expiry_optional(walk: &mut Walk<'_>, at: proc_macro2::Span) {
    let help = "add \"exp\": the list replaces the default, which is exp alone";
    walk.hint(&rules::EXPIRY_OPTIONAL, at, "a token without exp is accepted, and never expires", help);
}

/// The first byte of a call that makes a `Validation` or `Header` with its default algorithm.
pub(super) fn by_default(walk: &Walk<'_>, expr: &syn::Expr) -> Option<usize> {
    let syn::Expr::Call(call) = bare(expr) else { return None };
    let is_default = matches!(walk.function(call)?.as_str(), "jsonwebtoken::Validation::default" | "jsonwebtoken::Header::default");
    is_default.then(|| bytes(call.span()).start)
}

/// Takes back what was said of a default algorithm that is replaced by another.
fn take_back(walk: &mut Walk<'_>, default: usize) {
    walk.hints.retain(|hint| hint.at.start != default || hint.rule != &rules::ALGORITHM_DIFFERS);
}

/// A literal of `Validation` or `Header` that was visited: the rest, `..Header::default()`, does not set what the literal
/// sets itself.
pub(super) fn replaced(walk: &mut Walk<'_>, expr: &syn::ExprStruct) {
    let sets = |field: &syn::FieldValue| matches!(&field.member, syn::Member::Named(name) if name == "alg" || name == "algorithms");
    if expr.fields.iter().any(sets)
        && let Some(default) = expr.rest.as_deref().and_then(|rest| by_default(walk, rest))
    {
        take_back(walk, default);
    }
}

/// `validation.validate_exp = false` and the like; `depends`: only where a condition holds.
pub(super) fn assign(walk: &mut Walk<'_>, assign: &syn::ExprAssign, depends: bool) {
    let syn::Expr::Field(field) = &*assign.left else { return };
    let syn::Member::Named(name) = &field.member else { return };
    if let Some(default) = walk.variable(&field.base).and_then(|v| v.by_default)
        && (name == "alg" || name == "algorithms")
        && !depends
    {
        take_back(walk, default);
    }
    if walk.kind(&field.base) == Some(Kind::Header) {
        self::field(walk, &unraw(name), &assign.right, assign.span());
    }
    if walk.kind(&field.base) == Some(Kind::Validation) {
        if let Some(made) = walk.variable(&field.base).and_then(|v| v.made)
            && (name == "aud" || name == "validate_aud")
        {
            walk.validations[made].audience = true;
        }
        self::field(walk, &unraw(name), &assign.right, assign.span());
    }
}

/// A literal of `Validation` or `Header`.
pub(super) fn fields(walk: &mut Walk<'_>, expr: &syn::ExprStruct) {
    if !matches!(walk.names.resolve(&expr.path).as_deref(), Some("jsonwebtoken::Validation" | "jsonwebtoken::Header")) {
        return;
    }
    for field in &expr.fields {
        if let syn::Member::Named(name) = &field.member {
            self::field(walk, &unraw(name), &field.expr, field.span());
        }
    }
}

fn field(walk: &mut Walk<'_>, name: &str, value: &syn::Expr, at: proc_macro2::Span) {
    let is_false = matches!(bare(value), syn::Expr::Lit(e) if matches!(&e.lit, syn::Lit::Bool(b) if !b.value));
    match name {
        "validate_exp" if is_false => {
            walk.hint(&rules::EXPIRY_UNCHECKED, at, "validate_exp = false accepts tokens that have expired", "remove it: true is the default");
        }
        "validate_aud" if is_false => {
            let message = "validate_aud = false accepts tokens that were made for somebody else";
            let help = "remove it, and call set_audience with the audience of this service";
            match walk.policy.spec.jwt.as_ref().and_then(|jwt| jwt.audience.as_ref()) {
                Some(_) => {
                    let weight = Weight::Verdict(Verdict::Weaker, walk.policy.origin("jwt.audience"));
                    walk.weighted(&rules::AUDIENCE_UNCHECKED, at, weight, message, help);
                }
                None => walk.weighted(&rules::AUDIENCE_UNCHECKED, at, Weight::Warning, message, help),
            }
        }
        "required_spec_claims" => {
            if let syn::Expr::Call(call) = bare(value)
                && call.args.is_empty()
                && matches!(&*call.func, syn::Expr::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "new" || s.ident == "default"))
            {
                expiry_optional(walk, at);
            }
        }
        "alg" => algorithm(walk, value, false),
        "algorithms" => {
            if let syn::Expr::Macro(mac) = bare(value)
                && let Some(list) = walk.macros.get(&bytes(mac.mac.path.span()).start)
            {
                for element in list {
                    algorithm(walk, element, true);
                }
            }
        }
        _ => {}
    }
}

/// The algorithm that a validation or a header gets.
fn algorithm(walk: &mut Walk<'_>, expr: &syn::Expr, verifies: bool) {
    if verifies && walk.kind(expr) == Some(Kind::TokenAlgorithm) {
        let help = "take the algorithm from where the key comes from, such as Algorithm::HS512, and let decode refuse every other";
        walk.hint(&rules::ALGORITHM_FROM_TOKEN, expr.span(), "the token's own header decides by which algorithm it is verified", help);
        return;
    }
    if let syn::Expr::Path(path) = super::values::constant(&walk.names, expr)
        && let Some(found) = walk.names.resolve(&path.path)
        && let Some(name) = found.strip_prefix("jsonwebtoken::Algorithm::")
    {
        let name = name.to_owned();
        let does = if verifies { "verifies" } else { "signs" };
        differs(walk, &name, expr.span(), &format!("the code {does} with {name}"));
    }
}

/// Notes that a function looks at the algorithm of a token's header by itself: what it lets through is not known then.
pub(super) fn looks_at(walk: &mut Walk<'_>, expr: &syn::Expr) {
    if walk.kind(expr) == Some(Kind::TokenAlgorithm)
        && let Some(checks) = walk.checks_algorithm.last_mut()
    {
        *checks = true;
    }
}

/// Takes back what was said of a function that looks at the algorithm by itself.
pub(super) fn algorithm_is_checked(walk: &mut Walk<'_>, first: usize) {
    let of_function = walk.hints.split_off(first);
    walk.hints.extend(of_function.into_iter().filter(|hint| hint.rule != &rules::ALGORITHM_FROM_TOKEN));
}

/// Family and bits of the hash or curve.
fn strength(name: &str) -> Option<(&str, u32)> {
    if name == "EdDSA" {
        return Some(("EdDSA", 256));
    }
    let (family, bits) = name.split_at_checked(2)?;
    (matches!(family, "HS" | "ES" | "RS" | "PS") && bits.len() == 3).then(|| bits.parse().ok().map(|bits| (family, bits)))?
}

/// An algorithm, against those of the spec's keys.
pub(super) fn differs(walk: &mut Walk<'_>, name: &str, at: proc_macro2::Span, what: &str) {
    let Some((family, bits)) = strength(name) else { return };
    let keys = walk.policy.spec.jwt.as_ref().and_then(|jwt| jwt.keys.as_ref());
    let known: Vec<(&str, JwtAlgorithm)> = keys.into_iter().flatten().map(|(kid, key)| (kid.as_str(), key.algorithm)).collect();
    let Some((first, _)) = known.first() else { return };
    if known.iter().any(|(_, algorithm)| algorithm.name() == name) {
        return;
    }
    let alike: Vec<(&str, u32)> =
        known.iter().filter_map(|(kid, a)| Some((*kid, strength(a.name())?))).filter(|(_, (f, _))| *f == family).map(|(k, (_, b))| (k, b)).collect();
    let (verdict, kid) = match alike.iter().min_by_key(|(_, b)| *b) {
        Some((_, least)) if bits > *least => return,
        Some((kid, _)) => (Verdict::Weaker, *kid),
        None => (Verdict::Incomparable, *first),
    };
    let mut names: Vec<&str> = known.iter().map(|(_, algorithm)| algorithm.name()).collect();
    names.sort_unstable();
    names.dedup();
    let span = walk.policy.origin(&format!("jwt.keys.{kid}.algorithm"));
    let than = if verdict == Verdict::Weaker { "a shorter hash than the policy's" } else { "another kind than the policy's" };
    let message = format!("{what}, {than} {}", names.join(", "));
    let help = format!("use Algorithm::{}, or add a key with {name} to jwt.keys in the spec", names[0]);
    walk.weighted(&rules::ALGORITHM_DIFFERS, at, Weight::Verdict(verdict, span), message, help);
}
