//! The types of a module on their own: where a module is not beside `policy.rs`, its constants still need them.

use super::{module, tokens};
use quote::ToTokens;
use syn::spanned::Spanned;

/// For each module: what its types import, and their names.
const TYPES: [(&str, &[&str], &[&str]); 10] = [
    ("access", &["use super::{Permission, Role};", "use std::time::Duration;"], &["Rule", "Condition"]),
    ("client_ip", &["use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};"], &["Network", "Cidr"]),
    ("cookies", &["use cookie::SameSite;", "use std::time::Duration;"], &["Settings"]),
    ("headers", &[], &["Settings"]),
    ("input", &[], &["Settings"]),
    ("jwt", &["use jsonwebtoken::Algorithm;", "use std::time::Duration;"], &["Settings", "KeySource", "KeySpec"]),
    ("lockout", &["use std::time::Duration;"], &["Settings", "Pause"]),
    ("rate_limit", &["use std::time::Duration;"], &["Quota", "OnStoreError"]),
    ("rate_limit_redis", &["use super::rate_limit::OnStoreError;"], &["Settings"]),
    ("tls", &[], &["Settings", "Version", "Group"]),
];

/// Whether constants of `policy.rs` have types of this module.
pub(super) fn has_types(name: &str) -> bool {
    TYPES.iter().any(|(known, ..)| *known == name)
}

/// The types of a module as they stand in its text, indented as the content of a module: documented structs and enums,
/// and the constructors of `Cidr`.
///
/// # Errors
/// There is no such module.
pub(super) fn rust_types(name: &str) -> Result<String, String> {
    let (_, imports, types) = TYPES.iter().find(|(known, ..)| *known == name).ok_or("a module without types")?;
    let text = module(name).ok_or("an unknown module")?.text;
    let file = tokens::parse(text)?;
    let mut parts = Vec::new();
    if !imports.is_empty() {
        parts.push(imports.join("\n"));
    }
    for item in &file.items {
        let ident = match item {
            syn::Item::Struct(item) => item.ident.to_string(),
            syn::Item::Enum(item) => item.ident.to_string(),
            syn::Item::Impl(item) if item.trait_.is_none() && tokens::is(&item.self_ty, "Cidr") => "Cidr".to_owned(),
            _ => continue,
        };
        if types.contains(&ident.as_str()) {
            parts.push(text.get(tokens::bytes(item.span())).unwrap_or_default().to_owned());
        }
    }
    let indented = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    Ok(parts.join("\n\n").lines().map(indented).collect::<Vec<_>>().join("\n"))
}

/// The tokens of a module that holds just these types.
pub(super) fn tokens_of(name: &str) -> Option<String> {
    let file = tokens::parse(&rust_types(name).ok()?).ok()?;
    Some(tokens::text(file.to_token_stream()))
}
