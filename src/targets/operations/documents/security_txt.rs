//! `security.txt` (RFC 9116), written and read.

use crate::policy::{Policy, intents};
use crate::spec::scalar::parse_date;
use std::ops::Range;

/// A field of the format: its name, the name of its spec key, and how often it may stand.
struct Field {
    name: &'static str,
    key: &'static str,
    once: bool,
    is_uri: bool,
}

const fn field(name: &'static str, key: &'static str, once: bool, is_uri: bool) -> Field {
    Field { name, key, once, is_uri }
}

/// RFC 9116, 2.5. Everything else is an extension, which readers pass over (2.4).
static FIELDS: [Field; 8] = [
    field("Contact", "contact", false, true),
    field("Expires", "expires", true, false),
    field("Encryption", "encryption", false, true),
    field("Acknowledgments", "acknowledgments", false, true),
    field("Preferred-Languages", "languages", true, false),
    field("Canonical", "canonical", false, true),
    field("Policy", "policy", false, true),
    field("Hiring", "hiring", false, true),
];

/// The text that the spec asks for, below the header.
pub(in super::super) fn text(policy: &Policy) -> Option<String> {
    let operations = policy.spec.operations.as_ref()?;
    let txt = operations.security_txt.as_ref()?;
    let mut out = String::new();
    for (key, value) in intents::security_txt_fields(txt, &intents::report_contacts(operations)) {
        let Some(field) = FIELDS.iter().find(|field| field.key == key) else { continue };
        // A list of languages is one field (2.5.8); of everything else each value is one.
        let values: Vec<&str> = if field.once { vec![&value] } else { value.split(", ").collect() };
        for value in values {
            out.push_str(&format!("{}: {value}\n", field.name));
        }
    }
    Some(out)
}

/// Spec keys in the order in which a file is read.
pub(in super::super) fn in_order<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    FIELDS.iter().filter_map(|field| keys.iter().find(|key| key.strip_prefix("operations.security_txt.") == Some(field.key)).copied()).collect()
}

/// What a file says.
#[derive(Debug, Default)]
pub(in super::super) struct Read {
    /// Spec key, value, and where its first field stands.
    pub values: Vec<(&'static str, String, Range<usize>)>,
    /// What RFC 9116 does not allow: where, why, and the way out.
    pub problems: Vec<(Range<usize>, String, &'static str)>,
    /// The day, UTC, of Expires, where it can be read.
    pub expires: Option<(i64, Range<usize>)>,
}

/// How a signed message begins.
const SIGNED: &str = "-----BEGIN PGP SIGNED MESSAGE-----";

/// Where a line of a signed file stands (RFC 4880, 7): only the message counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Before,
    Head,
    Message,
    Signature,
    Behind,
}

/// What a line of a signed file is.
enum Step {
    Message,
    Around,
    /// Why it may not be there, and the way out.
    Wrong(&'static str, &'static str),
}

impl Part {
    /// Goes on to the next line.
    fn step(&mut self, line: &str) -> Step {
        let is_empty = line.trim().is_empty();
        match self {
            Self::Before if line.trim_end() == SIGNED => *self = Self::Head,
            Self::Before if !is_empty => return Step::Wrong("text outside of the signed message is signed by nobody", "take it out"),
            Self::Head if is_empty => *self = Self::Message,
            Self::Head if !line.starts_with("Hash:") => {
                return Step::Wrong("the head of a signed message has only Hash", "write fields behind the empty line, and sign the file again");
            }
            Self::Message if line.starts_with("-----BEGIN PGP SIGNATURE") => *self = Self::Signature,
            Self::Message => return Step::Message,
            Self::Signature if line.starts_with("-----END PGP SIGNATURE") => *self = Self::Behind,
            Self::Behind if !is_empty => return Step::Wrong("text behind the signature is signed by nobody", "take it out"),
            Self::Before | Self::Head | Self::Signature | Self::Behind => {}
        }
        Step::Around
    }
}

/// Reads a text as RFC 9116 says.
pub(in super::super) fn read(text: &str) -> Read {
    let mut read = Read::default();
    let mut seen: Vec<(&'static Field, String, Range<usize>)> = Vec::new();
    let mut at = 0;
    // A signed file (RFC 4880, 7): what counts stands between the head of the message and the signature.
    let is_signed = text.lines().any(|line| line.trim_end() == SIGNED);
    let mut part = if is_signed { Part::Before } else { Part::Message };
    for whole in text.split_inclusive('\n') {
        let range = at..at + whole.trim_end().len();
        at += whole.len();
        let line = whole.strip_suffix('\n').map_or(whole, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.contains('\r') {
            read.problems.push((
                range,
                "a line ends with a carriage return alone, which only some readers take for an end".to_owned(),
                "end each line with LF or CR LF",
            ));
            continue;
        }
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        match if is_signed { part.step(line) } else { Step::Message } {
            Step::Message => {}
            Step::Around => continue,
            Step::Wrong(why, help) => {
                read.problems.push((range, why.to_owned(), help));
                continue;
            }
        }
        let line = if is_signed { line.strip_prefix("- ").unwrap_or(line) } else { line };
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            read.problems.push((range, "a line is no field".to_owned(), "write Name: value, or # in front of a remark"));
            continue;
        };
        if FIELDS.iter().any(|field| field.name.eq_ignore_ascii_case(name.trim())) && name.trim() != name {
            let why = format!("{} has a blank before it or before its colon, so that only some readers take it for a field", name.trim());
            read.problems.push((range, why, "write the name at the start of the line, and the colon right behind it"));
            continue;
        }
        let Some(field) = FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(name)) else { continue };
        let (value, is_spaced) = (value.trim(), value.starts_with(' '));
        if !is_spaced || value.is_empty() {
            read.problems.push((range, format!("{} has no value behind a colon and a blank", field.name), "write one blank between the colon and the value"));
            continue;
        }
        if field.once && seen.iter().any(|(other, _, _)| other.name == field.name) {
            read.problems.push((range, format!("{} stands more than once", field.name), "keep one of them"));
            continue;
        }
        if field.is_uri && !is_uri(value, field.name == "Contact") {
            let help = match field.name {
                "Contact" => "write a URI with https://, mailto: or tel:, such as mailto:security@example.com",
                _ => "write a URI with https://",
            };
            read.problems.push((range.clone(), format!("{} is no URI that RFC 9116 takes", field.name), help));
        }
        seen.push((field, value.to_owned(), range));
    }
    if is_signed && part != Part::Behind {
        read.problems.push((0..0, "the file says that it is signed, and has no signature".to_owned(), "sign it again, or take the head of the message out"));
    }
    for (name, help) in
        [("Contact", "add Contact: mailto:security@example.com"), ("Expires", "add Expires: with a time less than a year ahead, such as 2027-06-30T00:00:00Z")]
    {
        if !seen.iter().any(|(field, _, _)| field.name == name) {
            read.problems.push((0..0, format!("there is no {name}, which RFC 9116 asks for"), help));
        }
    }
    for (_, value, range) in seen.iter().filter(|(field, _, _)| field.name == "Expires") {
        match day(value) {
            Some(day) => read.expires = Some((day, range.clone())),
            None => read.problems.push((range.clone(), "Expires is no date and time of RFC 3339".to_owned(), "write one such as 2027-06-30T00:00:00Z")),
        }
    }
    for field in &FIELDS {
        let own: Vec<&(&Field, String, Range<usize>)> = seen.iter().filter(|(other, _, _)| other.name == field.name).collect();
        let Some((_, _, first)) = own.first() else { continue };
        let mut values: Vec<String> = own.iter().map(|(_, value, _)| value.clone()).collect();
        if field.key == "languages" {
            values = values.iter().flat_map(|list| list.split(',')).map(|tag| tag.trim().to_owned()).collect();
        }
        // Only contacts are in an order of preference.
        if field.key != "contact" {
            values.sort();
        }
        read.values.push((field.key, values.join(", "), first.clone()));
    }
    read
}

/// A URI as RFC 9116 takes it: addresses of the web with https (2.5), and ways to reach people for Contact (2.5.3).
fn is_uri(text: &str, is_contact: bool) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '`' | '\\' | '{' | '}' | '|' | '^'));
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let has_host = rest.strip_prefix("//").is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    is_plain
        && match scheme.to_ascii_lowercase().as_str() {
            "https" => has_host,
            "mailto" => is_contact && rest.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty()),
            "tel" => is_contact && rest.bytes().any(|b| b.is_ascii_digit()),
            // A key may be named by its fingerprint or in DNS (2.5.4).
            "openpgp4fpr" | "dns" => !is_contact && !rest.is_empty(),
            _ => false,
        }
}

/// The day, UTC, of a date and time (RFC 3339, 5.6), since 1970-01-01.
fn day(text: &str) -> Option<i64> {
    let (date, time) = (parse_date(text.get(..10)?)?, text.get(10..)?);
    let time = time.strip_prefix(['T', 't', ' '])?;
    let number = |range: Range<usize>, most: i64| {
        let part = time.get(range)?;
        let value = part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok())??;
        (value <= most).then_some(value)
    };
    let colon = |at: usize| time.get(at..=at) == Some(":");
    let (hour, minute, _second) = (number(0..2, 23)?, number(3..5, 59)?, number(6..8, 60)?);
    if !colon(2) || !colon(5) {
        return None;
    }
    let mut zone = time.get(8..)?;
    if let Some(fraction) = zone.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        zone = fraction.get(digits..).filter(|_| digits > 0)?;
    }
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('+') { 1 } else { -i64::from(zone.starts_with('-')) };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let two = |part: &str, most: i64| (part.len() == 2).then(|| part.parse::<i64>().ok().filter(|n| (0..=most).contains(n))).flatten();
            if sign == 0 {
                return None;
            }
            sign * (two(hours, 23)? * 60 + two(minutes, 59)?)
        }
    };
    Some(date + (hour * 60 + minute - offset).div_euclid(1440))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Vec<String> {
        read(text).problems.into_iter().map(|(_, why, _)| why).collect()
    }

    #[test]
    fn the_example_of_the_rfc_is_fine() {
        let text = "# Our security address\nContact: mailto:security@example.com\nContact: tel:+1-201-555-0123\nExpires: 2027-06-30T18:37:07z\r\n\
                    Encryption: https://example.com/pgp-key.txt\nAcknowledgments: https://example.com/hall-of-fame.html\nPreferred-Languages: en, es, ru\n\
                    canonical: https://example.com/.well-known/security.txt\nPolicy: https://example.com/policy\nHiring: https://example.com/jobs\nX-Own: y\n";
        let found = read(text);
        assert!(found.problems.is_empty(), "{found:?}");
        assert_eq!(found.expires.map(|(day, _)| day), parse_date("2027-06-30"));
        let signed = format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text}-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n");
        assert!(why(&signed).is_empty(), "{:?}", why(&signed));
    }

    #[test]
    fn what_the_rfc_does_not_allow_is_told() {
        let good = "Contact: mailto:a@example.com\nExpires: 2027-06-30T00:00:00Z\n";
        for (text, wanted) in [
            ("Contact: mailto:a@example.com\n".to_owned(), "no Expires"),
            ("Expires: 2027-06-30T00:00:00Z\n".to_owned(), "no Contact"),
            (format!("{good}Expires: 2028-06-30T00:00:00Z\n"), "more than once"),
            (format!("{good}Preferred-Languages: en\nPreferred-Languages: de\n"), "more than once"),
            (format!("{good}Contact: a@example.com\n"), "no URI"),
            (format!("{good}Policy: http://example.com/\n"), "no URI"),
            (format!("{good}Contact:mailto:b@example.com\n"), "no value"),
            (format!("{good}hello\n"), "no field"),
            ("Contact: mailto:a@example.com\nExpires: 2027-06-30\n".to_owned(), "RFC 3339"),
            ("Contact: mailto:a@example.com\nExpires: Thu, 31 Dec 2027 18:37:07 -0800\n".to_owned(), "RFC 3339"),
        ] {
            assert!(why(&text).iter().any(|w| w.contains(wanted)), "{text}: {:?}", why(&text));
        }
    }

    #[test]
    fn days_are_of_utc() {
        let of = |text: &str| day(text).map(crate::spec::scalar::format_date);
        assert_eq!(of("2027-06-30T23:30:00-08:00").as_deref(), Some("2027-07-01"));
        assert_eq!(of("2027-07-01T00:30:00.25+01:00").as_deref(), Some("2027-06-30"));
        for bad in
            ["2027-06-30T24:00:00Z", "2027-06-30T00:00Z", "2027-02-30T00:00:00Z", "2027-06-30T00:00:00", "2027-06-30T00:00:00+1", "é", "2027-06-30T0é:00:00Z"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
