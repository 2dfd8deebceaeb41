//! The rendered modules, from inside the service.
#![allow(clippy::unwrap_used)]

mod address;
mod constants;
mod keys;
mod tokens;

use crate::security::jwt::{KeySource, KeySpec};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A secret as a careful operator makes one: 64 random bytes, hexadecimal.
fn random_secret() -> String {
    let mut bytes = [0_u8; 64];
    getrandom::fill(&mut bytes).unwrap();
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// An environment that holds these variables only.
fn env(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<Zeroizing<String>> + use<> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: BTreeMap<String, String> = variables.iter().map(own).collect();
    move |name| variables.get(name).cloned().map(Zeroizing::new)
}

fn hmac(kid: &'static str, algorithm: Algorithm, name: &'static str) -> KeySpec {
    KeySpec {
        kid,
        algorithm,
        source: KeySource::Secret(name),
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A file of this test run, in the folder of the rendered crate.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scratch");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Writes a PEM file, and gives its path.
fn pem_file(name: &str, label: &str, der: &[u8]) -> String {
    let path = scratch(name);
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let pem = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    );
    std::fs::write(&path, pem).unwrap();
    path.to_str().unwrap().to_owned()
}
