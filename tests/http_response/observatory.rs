//! Header values of the MDN HTTP Observatory, sent through a whole response: the source reads each as the order of its
//! header does, and the verdicts are counted.

use super::{judged, policy};
use crate::support;
use secgen::strictness::coep::Coep;
use secgen::strictness::coop::Coop;
use secgen::strictness::corp::Corp;
use secgen::strictness::csp::Csp;
use secgen::strictness::framing::Framing;
use secgen::strictness::hsts::Hsts;
use secgen::strictness::nosniff::Nosniff;
use secgen::strictness::referrer::ReferrerPolicy;
use secgen::strictness::{Order, Value as Order_};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Its name, the field of ours, what the policy asks for, the required value, and the reading of the header alone.
type Test = (&'static str, &'static str, Value, fn(&[&str], &[&str]) -> Option<Result<Order_, String>>);

fn tests() -> Vec<Test> {
    let csp = json!({ "directives": { "default-src": ["self"] } });
    vec![
        ("content-security-policy", "csp", csp, |lines, _| some(lines, |l| Csp::from_lines(l).map(|v| Order_::Csp(Box::new(v))))),
        ("cross-origin-embedder-policy", "coep", json!("require-corp"), |lines, _| some(lines, |l| Coep::from_lines(l).map(Order_::Coep))),
        ("cross-origin-opener-policy", "coop", json!("same-origin"), |lines, _| some(lines, |l| Coop::from_lines(l).map(Order_::Coop))),
        ("cross-origin-resource-policy", "corp", json!("same-origin"), |lines, _| some(lines, |l| Corp::from_lines(l).map(Order_::Corp))),
        ("referrer-policy", "referrer_policy", json!("strict-origin"), |lines, _| some(lines, |l| ReferrerPolicy::from_lines(l).map(Order_::Referrer))),
        ("strict-transport-security", "hsts", json!({ "max_age": "180d" }), |lines, _| some(lines, |l| Hsts::from_lines(l).map(Order_::Hsts))),
        ("x-content-type-options", "content_type_options", json!("nosniff"), |lines, _| some(lines, |l| Nosniff::from_lines(l).map(Order_::Nosniff))),
        ("x-frame-options", "framing", json!("sameorigin"), |lines, csp| {
            let policy = Csp::from_lines(csp).ok();
            let speaks = !lines.is_empty() || policy.as_ref().is_some_and(|p| p.frame_ancestors().next().is_some());
            speaks.then(|| Ok(Order_::Framing(Framing::from_headers(lines, policy.as_ref()))))
        }),
    ]
}

fn some(lines: &[&str], read: impl Fn(&[&str]) -> Result<Order_, String>) -> Option<Result<Order_, String>> {
    (!lines.is_empty()).then(|| read(lines))
}

/// A response with the headers of a vector.
fn text(vector: &Value) -> String {
    let mut text = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n".to_owned();
    for (name, values) in vector["headers"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let value = value.as_str().unwrap();
            assert!(!value.contains(['\r', '\n']), "{value:?} is no header value");
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text + "\r\n<p>body</p>\n"
}

fn lines<'v>(vector: &'v Value, header: &str) -> Vec<&'v str> {
    vector["headers"][header].as_array().map(|lines| lines.iter().map(|l| l.as_str().unwrap()).collect()).unwrap_or_default()
}

#[test]
fn a_response_says_what_its_headers_say() {
    let Some(shared) = support::shared("values of the HTTP Observatory") else { return };
    let data = std::fs::read_to_string(shared.join("vectors/observatory.json")).unwrap();
    let data: Value = serde_json::from_str(&data).unwrap();
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (test, field, required, read) in tests() {
        let http = policy(json!({ "headers": { field: required } }));
        let key = format!("http.headers.{field}");
        let intent = &http.intent(&key).unwrap().value;
        for vector in data["vectors"].as_array().unwrap().iter().filter(|v| v["test"] == test) {
            let all = judged(&http, &text(vector));
            assert_eq!(all.len(), 1);
            let found = &all[0].0;
            let absent = || intent.absent().unwrap();
            let value = match read(&lines(vector, test), &lines(vector, "content-security-policy")) {
                Some(Ok(value)) => value,
                None | Some(Err(_)) => absent(),
            };
            let passes = matches!(intent.compare(&value).order, Order::Equal | Order::Stricter);
            assert_eq!(found.verdict.is_pass(), passes, "{test}: {}", text(vector));
            *counts.entry(test).or_default().entry(found.verdict.name()).or_default() += 1;
        }
    }
    let shown: Vec<String> =
        counts.iter().map(|(test, verdicts)| format!("{test}: {}", verdicts.iter().map(|(v, n)| format!("{n} {v}")).collect::<Vec<_>>().join(", "))).collect();
    let expected = [
        "content-security-policy: 6 absent, 63 incomparable, 11 stricter, 12 weaker",
        "cross-origin-embedder-policy: 7 absent, 1 equal, 2 equivalent, 3 weaker",
        "cross-origin-opener-policy: 7 absent, 1 equal, 2 equivalent, 1 incomparable, 3 weaker",
        "cross-origin-resource-policy: 3 absent, 1 equal, 2 weaker",
        "referrer-policy: 4 absent, 1 equal, 1 equivalent, 1 incomparable, 2 stricter, 7 weaker",
        "strict-transport-security: 4 absent, 2 stricter, 1 weaker",
        "x-content-type-options: 2 absent, 2 equal, 1 equivalent",
        "x-frame-options: 1 absent, 2 equivalent, 1 incomparable, 1 stricter, 2 weaker",
    ];
    assert_eq!(shown, expected);
}

/// Its cookies, each by its own name, against a policy that asks for all three attributes. Nearly all are shared with other
/// hosts by Domain, which no policy allows: they are judged without it, too.
#[test]
fn cookies() {
    let Some(shared) = support::shared("values of the HTTP Observatory") else { return };
    let data = std::fs::read_to_string(shared.join("vectors/observatory.json")).unwrap();
    let data: Value = serde_json::from_str(&data).unwrap();
    let (mut met, mut weaker) = (0, 0);
    for vector in data["vectors"].as_array().unwrap().iter().filter(|v| v["test"] == "cookies") {
        let cookies = lines(vector, "set-cookie");
        let whole = text(vector);
        for (text, shared) in [(&whole, true), (&whole.replace("Domain=mozilla.org;", ""), false)] {
            for line in &cookies {
                let name = line.split('=').next().unwrap().trim();
                let http = policy(json!({ "cookies": { "one": { "name": name, "secure": true, "http_only": true, "same_site": "lax" } } }));
                let all = judged(&http, text);
                assert_eq!(all.len(), cookies.iter().filter(|l| l.starts_with(&format!("{name}="))).count());
                let has = |attribute: &str| line.split(';').skip(1).any(|a| a.trim().eq_ignore_ascii_case(attribute));
                let is_held = has("secure") && has("httponly") && (has("samesite=lax") || has("samesite=strict")) && !(shared && has("domain=mozilla.org"));
                assert_eq!(all[0].0.verdict.is_pass(), is_held, "{line}");
                *if is_held { &mut met } else { &mut weaker } += 1;
            }
        }
    }
    assert_eq!((met, weaker), (4, 36));
}
