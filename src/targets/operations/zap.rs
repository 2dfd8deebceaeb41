//! `zap-baseline.conf`: what ZAP finds that the spec promises to be otherwise fails the scan.
//!
//! Source of the numbers: ZAP's registry of scan rules (docs/scanners.md of zaproxy). A line is number, action and name with
//! tabs between (ZAP, "Baseline Scan"). Nothing is ignored: a rule that stands in no line warns.

use crate::policy::{Policy, intents};
use crate::spec::Cookie;
use std::collections::BTreeMap;

/// What one environment promises about a rule of ZAP.
type Promise = fn(&Policy) -> bool;

/// Rules of ZAP: number, name, and when the spec promises that there is nothing to find.
const RULES: [(u32, &str, Promise); 10] = [
    (10010, "Cookie set without HttpOnly flag", |p| cookies(p, |c| c.http_only == Some(true))),
    (10011, "Cookie set without secure flag", |p| cookies(p, |c| c.secure == Some(true))),
    (10020, "Anti-clickjacking header", |p| headers(p).is_some_and(|h| h.x_frame_options.is_some() || h.csp.is_some_and(|c| c.contains("frame-ancestors")))),
    (10021, "X-Content-Type-Options header missing", |p| headers(p).is_some_and(|h| h.content_type_options.is_some())),
    (10035, "Strict-Transport-Security header not set", |p| headers(p).and_then(|h| h.hsts).is_some_and(|text| !text.starts_with("max-age=0"))),
    (10036, "Server header with a version", |p| headers(p).is_some_and(|h| h.remove.contains("server"))),
    (10037, "X-Powered-By header", |p| headers(p).is_some_and(|h| h.remove.contains("x-powered-by"))),
    (10038, "Content-Security-Policy header not set", |p| headers(p).is_some_and(|h| h.csp.is_some())),
    (10054, "Cookie set without SameSite attribute", |p| cookies(p, |c| c.same_site.is_some())),
    (10063, "Permissions-Policy header not set", |p| headers(p).is_some_and(|h| h.permissions_policy.is_some())),
];

fn headers(policy: &Policy) -> Option<intents::HeaderTexts> {
    policy.spec.http.as_ref().and_then(|http| http.headers.as_ref()).map(intents::header_texts)
}

/// Whether the spec names cookies, and promises something of each: ZAP does not tell one from another.
fn cookies(policy: &Policy, promises: fn(&Cookie) -> bool) -> bool {
    let named = policy.spec.http.as_ref().and_then(|http| http.cookies.as_ref());
    named.is_some_and(|cookies| !cookies.is_empty() && cookies.values().all(promises))
}

/// Number, action and name of each rule. What only some environments promise warns in all.
pub(super) fn rows(policies: &[&Policy]) -> Vec<(u32, &'static str, &'static str)> {
    let action = |promise: Promise| if policies.iter().all(|policy| promise(policy)) { "FAIL" } else { "WARN" };
    RULES.into_iter().map(|(number, name, promise)| (number, action(promise), name)).collect()
}

/// The lines of the file.
pub(super) fn text(rows: &[(u32, &str, &str)]) -> String {
    let lines: Vec<String> = rows.iter().map(|(number, action, name)| format!("{number}\t{action}\t({name})\n")).collect();
    lines.concat()
}

/// Action by number, as ZAP reads the file; of two lines the later one counts.
///
/// # Errors
/// A line that ZAP cannot read, by number.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    // ZAP's script is Python, which ends a line at a carriage return alone, too.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty()) {
        let mut fields = line.split('\t');
        let (Some(number), Some(action), Some(_)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(format!("line {}: ZAP wants number, action and name with tabs between", i + 1));
        };
        found.insert(number.to_owned(), action.to_owned());
    }
    Ok(found)
}

/// What counts of a file, in the order of its numbers.
pub(super) fn text_of(found: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = found.iter().map(|(number, action)| format!("{number}\t{action}\n")).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &serde_json::Value) -> Policy {
        let mut spec = serde_json::json!({ "version": 1, "service": "example" });
        spec.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
        Policy::from_json(spec).unwrap()
    }

    #[test]
    fn what_is_promised_fails_and_nothing_is_ignored() {
        let hard = policy(&serde_json::json!({ "http": { "headers": { "hsts": { "max_age": "365d" }, "content_type_options": "nosniff" },
            "cookies": { "session": { "name": "s", "secure": true, "http_only": true } } } }));
        let soft = policy(&serde_json::json!({ "http": { "headers": { "hsts": { "max_age": "0s" } } } }));
        let failing = |policies: &[&Policy]| -> Vec<u32> { rows(policies).into_iter().filter(|r| r.1 == "FAIL").map(|r| r.0).collect() };
        assert_eq!(failing(&[&hard]), [10010, 10011, 10021, 10035]);
        assert_eq!(failing(&[&soft]), [] as [u32; 0]);
        assert_eq!(failing(&[&hard, &soft]), [] as [u32; 0]);
        let read = read(&format!("# secgen\n\n{}", text(&rows(&[&hard])))).unwrap();
        assert_eq!((read.len(), read["10035"].as_str(), read["10038"].as_str()), (RULES.len(), "FAIL", "WARN"));
    }

    #[test]
    fn a_later_line_counts_and_a_short_one_is_an_error() {
        assert_eq!(read("1\tFAIL\t(x)\n1\tIGNORE\t(x)\n").unwrap()["1"], "IGNORE");
        assert!(read("1 FAIL x\n").is_err());
    }
}
