//! The rendered modules, from inside the service.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod access;
mod address;
mod connection;
mod cookies;
mod http;
mod json;
mod keys;
mod limiter;
mod lockout;
mod redis;
mod refresh;
mod start;
mod tls;
mod tokens;

use crate::security::jwt::{KeySource, KeySpec, Settings};
use crate::security::policy::PROD;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use std::collections::BTreeMap;
use std::net::IpAddr;
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

/// The policy's tokens with other keys.
fn settings(keys: &[KeySpec], sign_with: Option<&'static str>) -> &'static Settings {
    let keys = Box::leak(keys.to_vec().into_boxed_slice());
    Box::leak(Box::new(Settings {
        sign_with,
        keys,
        ..PROD.jwt
    }))
}

fn hmac(kid: &'static str, algorithm: Algorithm, name: &'static str) -> KeySpec {
    KeySpec {
        kid,
        algorithm,
        source: KeySource::Secret(name),
        verify_until: None,
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The number of an address in 10.0.0.0/8.
fn client(number: u32) -> IpAddr {
    IpAddr::from((0x0a00_0000 + number).to_be_bytes())
}

/// A small generator with a fixed seed: failures can be repeated.
struct Random(u64);

impl Random {
    /// A number below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
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
