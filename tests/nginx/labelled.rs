//! gixy's labelled cases: files that its authors say must be reported, and `*_fp.conf`, which must not be. Compared are
//! the kinds of finding that secgen has too.

use super::corpus::corpus;
use super::{policy, short};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::strictness::{Order, Value};
use secgen::targets::nginx::Nginx;
use secgen::targets::{Fact, Found, Input, Target};
use serde_json::json;
use std::collections::BTreeSet;

/// Cases that secgen answers otherwise, and why.
const OTHERWISE: [(&str, &str); 15] = [
    ("add_header_redefinition/cache_control_no_store.conf", "the test's policy asks for no Cache-Control"),
    ("add_header_redefinition/cache_control_private.conf", "the test's policy asks for no Cache-Control"),
    ("add_header_redefinition/content_disposition_attachment.conf", "no policy asks for Content-Disposition"),
    ("add_header_redefinition/expires_zero.conf", "no policy asks for Expires"),
    ("add_header_redefinition/not_secure_dropped.conf", "no policy asks for X-Bar"),
    ("add_header_redefinition/not_secure_outer.conf", "no policy asks for X-Bar"),
    ("add_header_redefinition/pragma_no_cache.conf", "no policy asks for Pragma"),
    ("add_header_redefinition/trailer_inherit_absent.conf", "trailers carry no security header"),
    ("add_header_redefinition/trailer_inherit_off.conf", "trailers carry no security header"),
    ("add_header_redefinition/trailer_inherit_on.conf", "trailers carry no security header"),
    ("weak_ssl_tls/prefer_on.conf", "who chooses among allowed suites weakens nothing"),
    ("version_disclosure/server_tokens_on.conf", "the test's policy says nothing of the Server header"),
    ("add_header_multiline/more_set_headers.conf", "X-Foo is no header of the policy"),
    ("add_header_multiline/more_set_headers_multiple.conf", "X-Foo is no header of the policy"),
    ("add_header_multiline/more_set_headers_replace.conf", "Foo is no header of the policy"),
];

fn the_policy() -> Policy {
    policy(json!({ "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" } },
        "http": { "headers": { "hsts": { "max_age": "365d" }, "framing": "sameorigin", "content_type_options": "nosniff",
            "csp": { "directives": { "default-src": ["self"] } } } },
        "targets": { "nginx": { "check": ["nginx.conf"], "version": "1.29.3", "openssl": "3.0" } } }))
}

/// Whether a fact says that something is wrong, not only that it is unknown.
fn is_wrong(policy: &Policy, fact: &Fact) -> bool {
    let intent = policy.intent(&fact.intent).unwrap();
    let meets = |value: &Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => !meets(value),
        Found::Missing | Found::Invalid { .. } => !intent.value.absent().is_some_and(|v| meets(&v)),
        Found::Text(_) | Found::Unverifiable(_) | Found::NotApplicable(_) => false,
    }
}

/// Whether a wrong fact is of the kind that a folder of cases is about.
fn is_of(kind: &str, fact: &Fact) -> bool {
    match kind {
        "add_header_redefinition" => fact.rule.name == "header-cut-by-location",
        "weak_ssl_tls" => fact.intent.starts_with("tls."),
        "hsts_header" => fact.intent == "http.headers.hsts",
        "add_header_multiline" => short(&fact.found).contains("line break"),
        "version_disclosure" => fact.intent.contains("server"),
        _ => false,
    }
}

#[test]
fn labelled_cases() {
    let Some(root) = corpus() else { return };
    let policy = the_policy();
    let (mut seen, mut wrong, mut otherwise) = (0, Vec::new(), BTreeSet::new());
    for kind in ["add_header_redefinition", "weak_ssl_tls", "hsts_header", "version_disclosure", "add_header_multiline"] {
        let folder = root.join("dvershinin__gixy/tests/plugins/simply").join(kind);
        let mut sources = Sources::new(&folder);
        for file in super::corpus::files(&folder) {
            let reading = Nginx.read(&policy, &mut sources, &[Input { path: file.clone(), id: None }]);
            let found: Vec<&Fact> = reading.facts.iter().filter(|f| is_wrong(&policy, f) && is_of(kind, f)).collect();
            seen += 1;
            let name = format!("{kind}/{file}");
            if found.is_empty() == file.ends_with("_fp.conf") {
                continue;
            }
            if OTHERWISE.iter().any(|(known, _)| *known == name) {
                otherwise.insert(name);
            } else {
                let found: Vec<String> = found.iter().map(|f| format!("{} @ {}: {}", f.intent, f.place, short(&f.found))).collect();
                wrong.push(format!("{name}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let known: BTreeSet<String> = OTHERWISE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(otherwise, known, "what is listed as answered otherwise is");
    assert!(OTHERWISE.iter().all(|(name, why)| !name.ends_with("_fp.conf") && !why.is_empty()), "nothing is reported that must not be");
    assert_eq!(seen, 48);
}
