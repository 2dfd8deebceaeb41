//! Damaged files, for every reader: none panics, whatever the bytes; what is reported lies inside of the file.
//!
//! The damage comes from fixed seeds, so that a failure can be repeated: the seed and the file are in its message.

use crate::support::Random;
use secgen::finding::redact;
use secgen::policy;
use secgen::render::{self, Selection, header};
use secgen::source::Sources;
use secgen::strictness::{Strictness, cache, ciphers, cookie, coop, cors, csp, framing, groups, hsts, permissions, postgres, referrer, xss};
use secgen::targets;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What parsers stumble over: brackets and quotes of every grammar, characters of several bytes, huge numbers, marks.
const PIECES: [&str; 34] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "'",
    "\"",
    "\\",
    "$$",
    "${",
    "$",
    "/*",
    "*/",
    "--",
    "#",
    "\n",
    "\r",
    "\0",
    "é",
    "\u{feff}",
    "\u{1F600}",
    "\u{2028}",
    "=",
    ":",
    "@",
    "!",
    "-",
    "99999999999999999999999",
    "include a;",
    "0x",
    "r#\"",
];

/// A text with a few random changes.
pub(crate) fn damage(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(5) {
            0 | 1 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(random.below(256)).unwrap();
                }
            }
        }
    }
    bytes
}

/// What curl prints.
const RESPONSES: [&str; 2] = [
    "HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\n\r\nHTTP/2 200 \r\ncontent-type: text/html\r\nstrict-transport-security: max-age=300\r\n\
     x-frame-options: DENY\r\ncontent-security-policy: default-src 'self';\r\n frame-ancestors 'self'\r\nset-cookie: sid=x; Secure\r\n\r\nbody\r\n",
    "* Connected\n> GET / HTTP/1.1\n>\n< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 200 OK\n< X-Content-Type-Options: nosniff\n* talk\n< Referrer-Policy: origin\n< \nbody\n",
];

/// The target that reads a file, its kind if it is one of ours, and its text.
type File = (&'static str, Option<&'static str>, String);

/// Files of the example, rendered and hand-written.
fn files() -> (policy::Loaded, Vec<File>) {
    let root = crate::support::project().join("examples/quickstart");
    let mut sources = Sources::new(&root);
    let loaded = policy::load(&mut sources, "secgen.yaml", 20_000).unwrap();
    let rendered = render::render(&loaded, &Selection::default(), &sources).unwrap();
    let mut all: Vec<File> = rendered.into_iter().map(|r| (r.artifact.target, Some(r.artifact.kind), r.text)).collect();
    for (target, path) in [("nginx", "deploy/nginx/nginx.conf"), ("postgres", "deploy/postgres/postgresql.conf"), ("cargo", "Cargo.toml")] {
        all.push((target, None, std::fs::read_to_string(root.join(path)).unwrap()));
    }
    for text in RESPONSES {
        all.push(("http-response", None, text.to_owned()));
    }
    (loaded, all)
}

/// Everything that reads a file, on these bytes.
fn read(loaded: &policy::Loaded, target: &'static str, kind: Option<&'static str>, bytes: &[u8]) {
    let target = targets::by_name(target).unwrap();
    let policy = &loaded.policies[0];
    let empty = tempfile::tempdir().unwrap();
    let text = String::from_utf8_lossy(bytes);
    let _ = (redact::text(&text), redact::line(&text), redact::shapes(&text), header::parse(&text), render::state::merge_marker(&text));
    if let Some(kind) = kind {
        let _ = target.canonical(kind, &text);
        let mut sources = Sources::new(empty.path());
        let id = sources.add("file", bytes);
        let _ = target.read_artifact(kind, policy, &sources, id);
    }
    // As a hand-written source too, under the names that the targets know.
    for path in ["file.conf", "postgresql.conf", "postgresql.auto.conf", "deny.toml", "Cargo.toml", "audit.toml"] {
        crate::fuzz::source(target, policy, path, bytes);
    }
}

#[test]
fn no_reader_panics_on_a_damaged_file() {
    let (loaded, files) = files();
    for (target, kind, text) in &files {
        for seed in 1..=60_u64 {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let bytes = damage(text.as_bytes(), &mut random);
            let done = catch_unwind(AssertUnwindSafe(|| read(&loaded, target, *kind, &bytes)));
            assert!(done.is_ok(), "{target} {kind:?}, seed {seed}:\n{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn no_parser_of_values_panics() {
    let versions = 12..=18;
    for sample in SAMPLES {
        for seed in 1..=2000_u64 {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let text = String::from_utf8_lossy(&damage(sample.as_bytes(), &mut random)).into_owned();
            let done = catch_unwind(|| {
                both_ways(ciphers::CipherString::parse(sample), ciphers::CipherString::parse(&text));
                both_ways(csp::Csp::parse(sample), csp::Csp::parse(&text));
                both_ways(framing::Framing::parse(sample), framing::Framing::parse(&text));
                both_ways(hsts::Hsts::parse(sample), hsts::Hsts::parse(&text));
                both_ways(referrer::ReferrerPolicy::parse(sample), referrer::ReferrerPolicy::parse(&text));
                both_ways(permissions::PermissionsPolicy::parse(sample), permissions::PermissionsPolicy::parse(&text));
                both_ways(coop::Coop::parse(sample), coop::Coop::parse(&text));
                both_ways(cache::CacheControl::parse(sample), cache::CacheControl::parse(&text));
                both_ways(cookie::SetCookie::parse(sample), cookie::SetCookie::parse(&text));
                both_ways(cors::Cors::parse(sample), cors::Cors::parse(&text));
                both_ways(groups::Groups::parse(sample), groups::Groups::parse(&text));
                both_ways(xss::XssProtection::parse(sample), xss::XssProtection::parse(&text));
                for name in ["work_mem", "statement_timeout", "ssl_ciphers", "ssl", "log_connections", "search_path", "unix_socket_permissions"] {
                    let _ = postgres::Setting::from_text(name, &text, &versions);
                }
            });
            assert!(done.is_ok(), "seed {seed}: {text:?}");
        }
    }
}

/// One sample of each grammar.
const SAMPLES: [&str; 14] = [
    "HIGH:!aNULL:+RC4:-SHA1@SECLEVEL=2",
    "default-src 'self'; script-src 'nonce-abc' https://*.a.example:*/p",
    "max-age=31536000; includeSubDomains",
    "no-referrer, strict-origin",
    "1; mode=block",
    "SAMEORIGIN",
    "camera=(self \"https://*.a.example\"), usb=*;p=\"q\"",
    "same-origin; report-to=\"x\"",
    "private, max-age=\"60\", no-cache=\"set-cookie\"",
    "__Host-a=b; Secure; Path=/; SameSite=Lax; Max-Age=60; Domain=a.example",
    "Access-Control-Allow-Origin: https://a.example null; Access-Control-Allow-Methods: PUT, *",
    "?X25519MLKEM768:P-256/-secp384r1",
    "1.5GB",
    "0700",
];

fn both_ways<T: Strictness>(required: Result<T, String>, found: Result<T, String>) {
    if let (Ok(required), Ok(found)) = (required, found) {
        let _ = (required.compare(&found), found.compare(&required), found.to_string());
    }
}
