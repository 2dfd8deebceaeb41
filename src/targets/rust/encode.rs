//! The only ways of a value into `policy.rs`.

use super::{constants, layout, types};
use crate::targets::Encoder;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Filter names and encoders.
pub(super) static ENCODERS: [(&str, Encoder); 6] = [
    ("rust_str", rust_str),
    ("rust_ident", rust_ident),
    ("rust_word", rust_word),
    ("rust_fixed", rust_fixed),
    ("rust_const", layout::rust_const),
    ("rust_types", types::rust_types),
];

/// The longest text that a constant holds.
const MAX_TEXT: usize = 1024;

/// A string literal (Rust reference, 2.6 "Tokens"): everything but printable ASCII is escaped, so neither quotes nor
/// text direction marks can act. Control characters are refused: no value of a policy has any.
pub(in crate::targets) fn rust_str(text: &str) -> Result<String, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text of {} bytes is too long for a Rust constant, {MAX_TEXT} is the most", text.len()));
    }
    if text.chars().any(char::is_control) {
        return Err("a text with control characters cannot be a Rust constant".to_owned());
    }
    let mut literal = String::from("\"");
    // A single quote needs no escape here.
    text.chars().for_each(|c| if c == '\'' { literal.push(c) } else { literal.extend(c.escape_default()) });
    literal.push('"');
    Ok(literal)
}

/// An identifier: ASCII letters, digits and `_`, beginning with a letter, and no keyword of any edition.
pub(super) fn rust_ident(text: &str) -> Result<String, String> {
    let letters = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && text.starts_with(|c: char| c.is_ascii_alphabetic());
    // syn knows the keywords of edition 2021; `gen` came with 2024.
    if letters && text.len() <= 64 && text != "gen" && syn::parse_str::<syn::Ident>(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} cannot be a Rust name"))
    }
}

/// A name of the spec inside a comment: letters, digits, `-`, `_`, `.` and `:`.
fn rust_word(text: &str) -> Result<String, String> {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'));
    if plain { Ok(text.to_owned()) } else { Err(format!("{text:?} cannot stand in a comment")) }
}

/// Fixed text of secgen, and no value: types and documentation of the fields.
fn rust_fixed(text: &str) -> Result<String, String> {
    let of_fields = constants::FIELDS.iter().flat_map(|(_, kind, _, doc)| [*kind, *doc]);
    let is_known = of_fields.chain(constants::FIXED).any(|known| known == text);
    if is_known { Ok(text.to_owned()) } else { Err("a text that secgen does not know reaches policy.rs".to_owned()) }
}

/// A whole number of at most 19 digits, in groups of three, as clippy asks (`unreadable_literal`).
pub(super) fn rust_int(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if !plain {
        return Err(format!("{text:?} is not a whole number"));
    }
    let mut grouped = String::new();
    for (i, digit) in text.char_indices() {
        if i > 0 && (text.len() - i).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    Ok(grouped)
}

/// The octets of an IPv4 address as an array.
pub(super) fn rust_ipv4(text: &str) -> Result<String, String> {
    let address: Ipv4Addr = text.parse().map_err(|_| format!("{text:?} is not an IPv4 address"))?;
    let [a, b, c, d] = address.octets();
    Ok(format!("[{a}, {b}, {c}, {d}]"))
}

/// The bits of an IPv6 address as a hexadecimal number, grouped as people write the address.
pub(super) fn rust_ipv6(text: &str) -> Result<String, String> {
    let address: Ipv6Addr = text.parse().map_err(|_| format!("{text:?} is not an IPv6 address"))?;
    let groups: Vec<String> = address.segments().iter().map(|group| format!("{group:04x}")).collect();
    Ok(format!("0x{}", groups.join("_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_literal_of_the_same_value() {
        let hostile = [
            "\"; } fn main() { panic!() } //",
            "\\",
            "\\\"",
            "\"#",
            "r#\"",
            "*/",
            "{0}",
            "{{ x }}",
            "$(id)",
            "\u{202e}evil",
            "\u{feff}",
            "é'\"",
            "//!",
            "\u{2028}",
        ];
        for text in hostile {
            let encoded = rust_str(text).unwrap_or_default();
            assert!(encoded.is_ascii(), "{encoded}");
            let literal = syn::parse_str::<syn::LitStr>(&encoded).map(|l| l.value());
            assert_eq!(literal.ok().as_deref(), Some(text), "{encoded}");
        }
        for text in ["\n", "a\r", "\0", "\u{1b}[31m", "\u{85}", &"x".repeat(1025)] {
            assert!(rust_str(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_an_identifier() {
        assert_eq!(rust_ident("LOGIN_2").as_deref(), Ok("LOGIN_2"));
        for text in ["", "_", "_A", "2A", "a-b", "Self", "fn", "gen", "a b", "é", "A;", "r#fn", &"A".repeat(65)] {
            assert!(rust_ident(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        let grouped = ["0", "64", "999", "3600", "604800", "1000000"].map(|n| rust_int(n).unwrap_or_default());
        assert_eq!(grouped, ["0", "64", "999", "3_600", "604_800", "1_000_000"]);
        for text in ["", "-1", "1.5", "0x10", "1_000", "007", "1e3", "٣", "99999999999999999999"] {
            assert!(rust_int(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn addresses_are_numbers() {
        assert_eq!(rust_ipv4("10.0.0.1").as_deref(), Ok("[10, 0, 0, 1]"));
        assert_eq!(rust_ipv6("2001:db8::1").as_deref(), Ok("0x2001_0db8_0000_0000_0000_0000_0000_0001"));
        assert!(rust_ipv4("010.0.0.1").is_err());
        assert!(rust_ipv6("::g").is_err());
    }
}
