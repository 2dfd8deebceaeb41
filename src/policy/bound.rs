//! A bound that somebody accepts, as text: read into the order of its intent, and written as reports print it.
//!
//! [`text`] of a value, read again by [`read`], compares equal: a test holds each order to it. What no reader takes
//! (access rules, grants; a cookie that browsers reject) is compared by its text alone, which is never wider.

use super::{Intent, Policy, intents};
use crate::spec::OnStoreError;
use crate::spec::scalar::{Date, Duration};
use crate::strictness::levels::{Allowed, AtLeast, AtMost, Deadline, Exact, Forbidden, Level, Needed};
use crate::strictness::lockout::Pause;
use crate::strictness::rate::{Quota, Rate};
use crate::strictness::tls::{Protocols, Version};
use crate::strictness::{Value, cache, ciphers, coep, cookie, coop, corp, cors, csp, disclosure, framing, groups, hsts, nosniff, permissions, postgres};
use crate::strictness::{referrer, xss};
use std::collections::BTreeSet;

/// How the orders write an empty set.
const NONE: &str = "(none)";
/// After a version of TLS: no newer one.
const ONLY: &str = " only";

/// The value of an intent's order that a text names, as reports print it, or as the configuration writes it.
///
/// # Errors
/// Why the text is no value of the order.
pub fn read(policy: &Policy, intent: &Intent, text: &str) -> Result<Value, String> {
    let site = policy.spec.http.as_ref().and_then(|h| h.site.as_ref()).map(|s| s.as_str().to_owned());
    let site = site.as_deref();
    let text = text.trim();
    Ok(match &intent.value {
        Value::Hsts(_) => Value::Hsts(hsts::Hsts::parse(text)?),
        Value::Framing(_) => Value::Framing(framing::Framing::parse(text)?.with_self_origin(site)),
        Value::Nosniff(_) => Value::Nosniff(nosniff::Nosniff::parse(text)?),
        Value::Xss(_) => Value::Xss(xss::XssProtection::parse(text)?),
        Value::Referrer(_) => Value::Referrer(referrer::ReferrerPolicy::parse(text)?),
        Value::Csp(_) => Value::Csp(Box::new(csp::Csp::parse(text)?.with_self_origin(site))),
        Value::Permissions(_) => Value::Permissions(Box::new(permissions::PermissionsPolicy::parse(text)?.with_self_origin(site))),
        Value::Coop(_) => Value::Coop(coop::Coop::parse(text)?),
        Value::Coep(_) => Value::Coep(coep::Coep::parse(text)?),
        Value::Corp(_) => Value::Corp(corp::Corp::parse(text)?),
        Value::Cache(_) => Value::Cache(cache::CacheControl::parse(text)?),
        Value::Cookie(_) => Value::Cookie(Box::new(cookie::SetCookie::parse(text)?)),
        Value::Cors(_) => Value::Cors(Box::new(cors::Cors::parse(text)?)),
        Value::Disclosure(_) if text == NONE => Value::Disclosure(disclosure::Disclosure::Nothing),
        Value::Disclosure(_) => Value::Disclosure(disclosure::Disclosure::from_lines(&[text])),
        Value::Groups(_) => Value::Groups(groups::Groups::parse(text)?),
        Value::Tls(_) => Value::Tls(protocols(text)?),
        Value::Ciphers(_) => Value::Ciphers(ciphers::CipherString::parse(text)?),
        Value::Rate(_) => Value::Rate(rate(text)?),
        Value::Quota(_) => Value::Quota(quota(text)?),
        Value::Setting(s) => Value::Setting(postgres::Setting::from_text(&s.name, text, &s.versions)?),
        Value::Pause(_) => Value::Pause(pause(text)?),
        Value::Deadline(_) => Value::Deadline(deadline(text)?),
        Value::Hba(_) | Value::Grants(_) => return Err("access rules are accepted only as they were found".to_owned()),
        Value::Level(required) => Value::Level(level(required, text)?),
        Value::AtMost(required) => Value::AtMost(at_most(required, text)?),
        Value::AtLeast(required) => Value::AtLeast(at_least(required, text)?),
        Value::Allowed(_) => Value::Allowed(Allowed(set(text))),
        Value::Forbidden(_) => Value::Forbidden(Forbidden(set(text))),
        Value::Needed(_) => Value::Needed(Needed(set(text))),
        Value::Exact(_) => Value::Exact(Exact(text.to_owned())),
    })
}

/// A value as [`read`] takes it.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        // All versions from one on are named by that one.
        Value::Tls(found) => {
            let oldest = found.versions().next();
            match oldest {
                Some(oldest) if *found == Protocols::at_least(oldest) => oldest.name().to_owned(),
                Some(one) if *found == Protocols::new([one]) => format!("{}{ONLY}", one.name()),
                _ => found.to_string(),
            }
        }
        other => other.to_string(),
    }
}

/// One version stands for itself and all newer ones; several, and one with `only`, for themselves.
fn protocols(text: &str) -> Result<Protocols, String> {
    if let Some(one) = text.strip_suffix(ONLY).and_then(Version::parse) {
        return Ok(Protocols::new([one]));
    }
    match Version::parse(text) {
        Some(version) => Ok(Protocols::at_least(version)),
        None if text == NONE => Ok(Protocols::new([])),
        None => Protocols::parse(text),
    }
}

/// `60r/m burst=20`, `2r/s`, or `no limit`.
fn rate(text: &str) -> Result<Rate, String> {
    if text == "no limit" {
        return Ok(Rate::Off);
    }
    let refused = || format!("`{text}` is no rate such as 60r/m burst=20");
    let mut words = text.split_ascii_whitespace();
    let first = words.next().ok_or_else(refused)?;
    let (number, factor) = first.strip_suffix("r/m").map(|n| (n, 1)).or_else(|| Some((first.strip_suffix("r/s")?, 60))).ok_or_else(refused)?;
    let per_minute = whole(number).and_then(|n| n.checked_mul(factor)).ok_or_else(refused)?;
    let burst = words.next().map_or(Some(0), |word| whole(word.strip_prefix("burst=")?)).ok_or_else(refused)?;
    if words.next().is_some() { Err(refused()) } else { Ok(Rate::On { per_minute, burst }) }
}

/// `100 requests in 60 s`.
fn quota(text: &str) -> Result<Quota, String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let parsed = match words.as_slice() {
        [requests, "requests", "in", seconds, "s"] => whole(requests).zip(whole(seconds)),
        [requests, "requests", "in", length] => whole(requests).zip(length.parse::<Duration>().ok().map(Duration::as_secs)),
        _ => None,
    };
    parsed.map(|(requests, seconds)| Quota { requests, seconds }).ok_or_else(|| format!("`{text}` is no quota such as 100 requests in 60 s"))
}

/// `5 failures in 900 s: 60 s, 3600 s at most`.
fn pause(text: &str) -> Result<Pause, String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let parsed = match words.as_slice() {
        [failures, "failures", "in", window, "s:", base, "s,", max, "s", "at", "most"] => {
            whole(failures).zip(whole(window)).zip(whole(base)).zip(whole(max)).map(|(((failures, window), base), max)| Pause { failures, window, base, max })
        }
        _ => None,
    };
    parsed.ok_or_else(|| format!("`{text}` is no pause such as 5 failures in 900 s: 60 s, 3600 s at most"))
}

/// The last day, or `never`.
fn deadline(text: &str) -> Result<Deadline, String> {
    if text == "never" {
        return Ok(Deadline { second: None, text: text.to_owned() });
    }
    text.parse::<Date>().map(|day| intents::last_day(day.days())).map_err(|_| format!("`{text}` is no last day such as 2027-03-31"))
}

/// A word of the list that the required word is of.
fn level(required: &Level, text: &str) -> Result<Level, String> {
    let known: Vec<Level> = match required.word.as_str() {
        "allow" | "deny" if required.top == 1 => [OnStoreError::Allow, OnStoreError::Deny].map(intents::on_store_error).into(),
        "allow" | "warn" | "deny" => ["allow", "warn", "deny"].map(intents::lint_level).into(),
        "none" | "workspace" | "transitive" | "all" => ["none", "workspace", "transitive", "all"].map(intents::reach_level).into(),
        "on" | "off" => [true, false].map(intents::off_or_on).into(),
        _ => [None, Some(301), Some(302), Some(303), Some(307), Some(308)].map(intents::redirect_level).into(),
    };
    let words: Vec<&str> = known.iter().map(|level| level.word.as_str()).collect();
    known.iter().find(|level| level.word == text).cloned().ok_or_else(|| format!("`{text}` is none of {}", words.join(", ")))
}

/// `900 s`, `900`, or `15m`.
fn at_most(required: &AtMost, text: &str) -> Result<AtMost, String> {
    let bare = text.strip_suffix(required.unit).unwrap_or(text).trim_end();
    let time = || (required.unit == " s").then(|| text.parse::<Duration>().ok()).flatten().map(Duration::as_secs);
    let number = whole(bare).or_else(time).ok_or_else(|| format!("`{text}` is no number such as {required}"))?;
    Ok(AtMost { number, unit: required.unit })
}

/// A number, in millionths where the required one is.
fn at_least(required: &AtLeast, text: &str) -> Result<AtLeast, String> {
    let refused = || format!("`{text}` is no number such as {required}");
    let is_whole = required.text.parse::<u64>().is_ok_and(|n| n == required.number);
    let (before, after) = text.split_once('.').unwrap_or((text, ""));
    let number = if is_whole {
        whole(text)
    } else {
        let digits = after.len() <= 6 && after.bytes().all(|b| b.is_ascii_digit());
        let fraction = digits.then(|| format!("{after:0<6}").parse::<u64>().ok()).flatten();
        whole(before).and_then(|n| n.checked_mul(1_000_000)).zip(fraction).and_then(|(n, f)| n.checked_add(f))
    };
    Ok(AtLeast { number: number.ok_or_else(refused)?, text: text.to_owned() })
}

fn set(text: &str) -> BTreeSet<String> {
    if text == NONE { BTreeSet::new() } else { text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect() }
}

/// Digits only: no sign.
fn whole(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
