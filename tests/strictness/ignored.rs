//! A value that its reader ignores gives the verdict that no value gives, for every order that has such values.

use secgen::compare::{Memo, judge};
use secgen::finding::{Cause, Verdict};
use secgen::policy::{Intent, Policy};
use secgen::strictness::cache::CacheControl;
use secgen::strictness::coep::Coep;
use secgen::strictness::coop::Coop;
use secgen::strictness::corp::Corp;
use secgen::strictness::cors::{Cors, Lines};
use secgen::strictness::csp::Csp;
use secgen::strictness::framing::Framing;
use secgen::strictness::hsts::Hsts;
use secgen::strictness::nosniff::Nosniff;
use secgen::strictness::permissions::PermissionsPolicy;
use secgen::strictness::referrer::ReferrerPolicy;
use secgen::strictness::xss::XssProtection;
use secgen::strictness::{Strictness, Value};
use secgen::targets::nginx::rules::HEADER_VALUE;
use secgen::targets::{Fact, Found};

/// Reads one field line.
type Read = fn(&str) -> Result<Value, String>;

#[test]
fn an_ignored_value_is_judged_as_no_value() {
    // Required, and what is ignored.
    let orders: [(Read, &[&str], &str); 12] = [
        (|t| Hsts::from_lines(&[t]).map(Value::Hsts), &["max-age=1"], "includeSubDomains"),
        (|t| Framing::parse(t).map(Value::Framing), &["DENY", "SAMEORIGIN"], "ALLOW-FROM https://a.example"),
        (|t| Nosniff::from_lines(&[t]).map(Value::Nosniff), &["nosniff"], "sniff"),
        (|t| XssProtection::from_lines(&[t]).map(Value::Xss), &["0", "1; mode=block", "1"], "1; mode=block, 1; mode=block"),
        (|t| ReferrerPolicy::from_lines(&[t]).map(Value::Referrer), &["no-referrer", "origin", "strict-origin-when-cross-origin", "unsafe-url"], "never"),
        (|t| Csp::from_lines(&[t]).map(|c| Value::Csp(Box::new(c))), &["default-src 'self'", "report-uri /x"], ";"),
        (|t| PermissionsPolicy::from_lines(&[t]).map(|p| Value::Permissions(Box::new(p))), &["camera=()", "camera=self", "sync-xhr=*"], "camera 'none'"),
        (|t| Coop::from_lines(&[t]).map(Value::Coop), &["unsafe-none", "noopener-allow-popups", "same-origin"], "Same-Origin"),
        (|t| Coep::from_lines(&[t]).map(Value::Coep), &["unsafe-none", "require-corp"], "\"require-corp\""),
        (|t| Corp::from_lines(&[t]).map(Value::Corp), &["cross-origin", "same-site"], "same-origin;"),
        (|t| CacheControl::from_lines(&[t]).map(Value::Cache), &["no-store", "private", "public"], "nostore"),
        (|t| Cors::from_lines(Lines { origin: &[t], ..Lines::default() }).map(|c| Value::Cors(Box::new(c))), &["*", "https://a.example"], "https://a.example/"),
    ];
    let policy = Policy::from_json(serde_json::json!({ "version": 1, "service": "test" })).unwrap();
    for (read, required, ignored) in orders {
        let why = read(ignored).expect_err(ignored);
        assert!(!why.is_empty());
        for required in required {
            let value = read(required).unwrap();
            let intent = Intent { key: "key".to_owned(), scope: None, text: value.to_string(), value, origin: None, builtin: false };
            let verdict = |found: Found| -> Verdict {
                let fact = Fact {
                    intent: "key".to_owned(),
                    place: "place".to_owned(),
                    found,
                    cause: Cause::Value,
                    at: None,
                    related: Vec::new(),
                    rule: &HEADER_VALUE,
                    help: Vec::new(),
                    group: None,
                };
                judge(&policy, "nginx", &intent, &fact, &mut Memo::default()).0.verdict
            };
            let invalid = Found::Invalid { text: ignored.to_owned(), why: why.clone() };
            assert_eq!(verdict(invalid), verdict(Found::Missing), "required {required}, ignored {ignored}");
        }
    }
}

#[test]
fn no_line_is_the_absent_value() {
    assert_eq!(Hsts::from_lines(&[]).ok(), Hsts::absent());
    assert_eq!(Nosniff::from_lines(&[]).ok(), Nosniff::absent());
    assert_eq!(XssProtection::from_lines(&[]).ok(), XssProtection::absent());
    assert_eq!(ReferrerPolicy::from_lines(&[]).ok(), ReferrerPolicy::absent());
    assert_eq!(Some(Framing::from_headers(&[], None)), Framing::absent());
}
