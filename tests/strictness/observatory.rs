//! Header values of the MDN HTTP Observatory: how it reads each, held against how we read it. Where the two differ on
//! purpose, the value is listed with the reason.

use crate::support;
use secgen::policy::lints::csp::problems;
use secgen::strictness::coep::Coep;
use secgen::strictness::cookie::{SameSite, SetCookie};
use secgen::strictness::coop::Coop;
use secgen::strictness::corp::Corp;
use secgen::strictness::cors::{Cors, Lines, Origins};
use secgen::strictness::csp::Csp;
use secgen::strictness::framing::Framing;
use secgen::strictness::hsts::Hsts;
use secgen::strictness::nosniff::Nosniff;
use secgen::strictness::referrer::ReferrerPolicy;
use secgen::strictness::{Order, Strictness};
use serde_json::Value;
use std::collections::BTreeMap;

/// One of its values.
struct Vector(Value);

impl Vector {
    fn lines(&self, header: &str) -> Vec<&str> {
        self.0["headers"][header].as_array().map(|lines| lines.iter().map(|l| l.as_str().unwrap()).collect()).unwrap_or_default()
    }

    fn result(&self) -> &str {
        self.0["result"].as_str().unwrap()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0["policy_flags"][name].as_bool()
    }
}

fn vectors(test: &str) -> Option<Vec<Vector>> {
    let shared = support::shared("values of the HTTP Observatory")?;
    let text = std::fs::read_to_string(shared.join("vectors/observatory.json")).unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    Some(data["vectors"].as_array().unwrap().iter().filter(|v| v["test"] == test).cloned().map(Vector).collect())
}

/// Compares readings: ours against its own, but for the values listed with a reason. Each listed one must differ.
#[track_caller]
fn hold(test: &str, count: usize, apart: &[(&str, &str)], read: impl Fn(&Vector) -> (String, String, String)) {
    let Some(vectors) = vectors(test) else { return };
    assert_eq!(vectors.len(), count, "{test}");
    let (mut wrong, mut differ) = (Vec::new(), Vec::new());
    for vector in &vectors {
        let (value, ours, theirs) = read(vector);
        match apart.iter().find(|(listed, _)| *listed == value) {
            Some(_) if ours != theirs => differ.push(value),
            None if ours == theirs => {}
            _ => wrong.push(format!("{value:?}: ours {ours}, theirs {theirs}")),
        }
    }
    assert!(wrong.is_empty(), "{test}: {} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(differ.len(), apart.len(), "{test}: values that should differ: {differ:?}");
    assert!(apart.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn every_test_of_the_observatory_is_accounted_for() {
    let Some(shared) = support::shared("values of the HTTP Observatory") else { return };
    let text = std::fs::read_to_string(shared.join("vectors/observatory.json")).unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for vector in data["vectors"].as_array().unwrap() {
        *counts.entry(vector["test"].as_str().unwrap()).or_default() += 1;
    }
    // Redirection is what a server does over time: no value with an order, and not read from files.
    let expected = [
        ("content-security-policy", 92),
        ("cookies", 14),
        ("cross-origin-embedder-policy", 13),
        ("cross-origin-opener-policy", 14),
        ("cross-origin-resource-policy", 6),
        ("cross-origin-resource-sharing", 4),
        ("redirection", 9),
        ("referrer-policy", 16),
        ("strict-transport-security", 7),
        ("x-content-type-options", 5),
        ("x-frame-options", 7),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn strict_transport_security() {
    hold("strict-transport-security", 7, &[], |vector| {
        let lines = vector.lines("strict-transport-security");
        let ours = match Hsts::from_lines(&lines) {
            Ok(hsts) => format!("{:?} {} {}", hsts.max_age(), hsts.include_subdomains(), hsts.preload()),
            Err(_) => "ignored".to_owned(),
        };
        let parsed = &vector.0["parsed"];
        // It reads no header behind a certificate that browsers refuse; here there are files only. What it took from a
        // header that it calls invalid is nothing.
        let theirs = match vector.result() {
            "hsts-header-invalid" => "ignored".to_owned(),
            "hsts-invalid-cert" => "Some(15768000) true true".to_owned(),
            _ => format!("{:?} {} {}", parsed["maxAge"].as_u64(), parsed["includeSubDomains"], parsed["preload"]),
        };
        (lines.join(" | "), ours, theirs)
    });
}

#[test]
fn x_frame_options() {
    let apart = [
        ("SAMEORIGIN, SAMEORIGIN", "HTML takes the values as a set, so that twice the same is the same"),
        ("ALLOW-FROM https://mozilla.org", "no browser honours it, so that everybody may frame the page"),
    ];
    hold("x-frame-options", 7, &apart, |vector| {
        let (xfo, csp) = (vector.lines("x-frame-options"), vector.lines("content-security-policy"));
        let policy = Csp::from_lines(&csp).ok();
        let ours = Framing::from_headers(&xfo, policy.as_ref()).is_restricted();
        let theirs = match vector.result() {
            "x-frame-options-not-implemented" | "x-frame-options-header-invalid" => false,
            "x-frame-options-sameorigin-or-deny" | "x-frame-options-implemented-via-csp" | "x-frame-options-allow-from-origin" => true,
            other => panic!("{other}"),
        };
        (xfo.join(" | "), ours.to_string(), theirs.to_string())
    });
}

#[test]
fn x_content_type_options() {
    let apart = [("nosniff, nosniff", "Fetch takes the first element of the list")];
    hold("x-content-type-options", 5, &apart, |vector| {
        let lines = vector.lines("x-content-type-options");
        let ours = Nosniff::from_lines(&lines).is_ok_and(|n| n.is_on());
        (lines.join(" | "), ours.to_string(), vector.result().ends_with("-nosniff").to_string())
    });
}

#[test]
fn referrer_policy() {
    hold("referrer-policy", 16, &[], |vector| {
        let lines = vector.lines("referrer-policy");
        // A <meta> of the page comes after the header, and its last policy wins; files hold no pages, so it stands in here.
        let meta: Vec<&str> = vector.0["meta_http_equiv"]["referrer-policy"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let all: Vec<&str> = lines.iter().chain(&meta).copied().collect();
        let default = ReferrerPolicy::absent().unwrap();
        let ours = match ReferrerPolicy::from_lines(&all) {
            Err(_) => "header-invalid",
            Ok(_) if all.is_empty() => "not-implemented",
            Ok(policy) if matches!(default.compare(&policy).order, Order::Equal | Order::Stricter) => "private",
            Ok(_) => "unsafe",
        };
        (all.join(" | "), ours.to_owned(), vector.result().trim_start_matches("referrer-policy-").to_owned())
    });
}

#[test]
fn cross_origin_policies() {
    hold("cross-origin-opener-policy", 14, &[], |vector| {
        let lines = vector.lines("cross-origin-opener-policy");
        let ours = Coop::from_lines(&lines).map_or("invalid".to_owned(), |v| v.to_string());
        (lines.join(" | "), of_policy(&lines, &ours), vector.result().to_owned())
    });
    hold("cross-origin-embedder-policy", 13, &[], |vector| {
        let lines = vector.lines("cross-origin-embedder-policy");
        let ours = Coep::from_lines(&lines).map_or("invalid".to_owned(), |v| v.to_string());
        (lines.join(" | "), of_policy(&lines, &ours).replace("coop", "coep"), vector.result().to_owned())
    });
    hold("cross-origin-resource-policy", 6, &[], |vector| {
        let lines = vector.lines("cross-origin-resource-policy");
        let ours = Corp::from_lines(&lines).map_or("invalid".to_owned(), |v| v.to_string());
        (lines.join(" | "), of_policy(&lines, &ours).replace("coop", "corp"), vector.result().to_owned())
    });
}

/// Its name for a result.
fn of_policy(lines: &[&str], value: &str) -> String {
    match value {
        _ if lines.is_empty() => "coop-not-implemented".to_owned(),
        "invalid" => "coop-header-invalid".to_owned(),
        value => format!("coop-implemented-with-{value}"),
    }
}

#[test]
fn cross_origin_resource_sharing() {
    hold("cross-origin-resource-sharing", 4, &[], |vector| {
        let (origin, credentials) = (vector.lines("access-control-allow-origin"), vector.lines("access-control-allow-credentials"));
        let cors = Cors::from_lines(Lines { origin: &origin, credentials: &credentials, ..Lines::default() }).unwrap();
        // It asked with an origin of its own, and calls the answer universal if that came back with credentials.
        let asked = vector.0["request_headers"]["origin"].as_str();
        let ours = match &cors.origins {
            Origins::These(origins) if origins.is_empty() => "not-implemented",
            Origins::Any => "implemented-with-public-access",
            Origins::These(origins) if cors.credentials && asked.is_some_and(|asked| origins.contains(asked)) => "implemented-with-universal-access",
            _ => "implemented-with-restricted-access",
        };
        (origin.join(" | "), format!("cross-origin-resource-sharing-{ours}"), vector.result().to_owned())
    });
}

#[test]
fn cookies() {
    hold("cookies", 14, &[], |vector| {
        let lines = vector.lines("set-cookie");
        let cookies: Vec<SetCookie> = SetCookie::from_lines(&lines).into_iter().map(Result::unwrap).collect();
        let is_session = |c: &SetCookie| ["sess", "login"].iter().any(|word| c.name.to_ascii_lowercase().contains(word));
        let is_exempt = |c: &SetCookie| c.name == "heroku-session-affinity";
        let has_hsts = vector.0["https_headers"]["strict-transport-security"].is_string();
        let judged: Vec<&SetCookie> = cookies.iter().filter(|c| !is_exempt(c)).collect();
        let protected = if has_hsts { "-but-protected-by-hsts" } else { "" };
        // Where a SameSite is unknown we see none, and it says so.
        let is_odd = lines.iter().zip(&cookies).any(|(line, c)| c.same_site == SameSite::Unset && line.contains("SameSite="));
        let insecure = judged.iter().filter(|c| !c.secure).collect::<Vec<_>>();
        let ours = match () {
            () if cookies.is_empty() => "not-found".to_owned(),
            () if insecure.iter().any(|c| is_session(c)) => format!("session-without-secure-flag{protected}"),
            () if judged.iter().any(|c| is_session(c) && !c.http_only) => "session-without-httponly-flag".to_owned(),
            () if is_odd => "samesite-flag-invalid".to_owned(),
            () if judged.iter().any(|c| c.name.to_ascii_lowercase().contains("csrf") && c.same_site == SameSite::Unset) => {
                "anticsrf-without-samesite-flag".to_owned()
            }
            () if !insecure.is_empty() => format!("without-secure-flag{protected}"),
            () if judged.iter().all(|c| c.same_site != SameSite::Unset) => "secure-with-httponly-sessions-and-samesite".to_owned(),
            () => "secure-with-httponly-sessions".to_owned(),
        };
        (lines.join(" | "), format!("cookies-{ours}"), vector.result().to_owned())
    });
}

/// Whether a directive lets through named hosts and pinned content only.
fn is_held(csp: &Csp, directive: &str) -> bool {
    let named = format!("{directive} 'self' http://mozilla.org ftp://mozilla.org 'nonce-a' 'sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBB='");
    matches!(Csp::parse(&named).unwrap().compare(csp).order, Order::Equal | Order::Stricter)
}

fn has_word(csp: &Csp, word: &str) -> bool {
    csp.policies().iter().flat_map(secgen::strictness::csp::Policy::directives).any(|d| d.words().iter().any(|w| w.eq_ignore_ascii_case(word)))
}

/// Policies of the response, and those of its page's <meta> elements, where frame-ancestors does not count (HTML 4.2.5.3).
fn policies(vector: &Vector) -> Vec<String> {
    let meta = vector.0["meta_http_equiv"]["content-security-policy"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let of_page = meta.filter(|text| !text.starts_with("frame-ancestors")).map(str::to_owned);
    vector.lines("content-security-policy").into_iter().map(str::to_owned).chain(of_page).collect()
}

#[test]
fn content_security_policies_are_read_or_not() {
    let apart = [
        ("default-src 'none'; default-src 'none'", "CSP: of two directives the first counts"),
        ("default-src 'none'; img-src 'self'; default-src 'none'", "CSP: of two directives the first counts"),
        ("default-src 'none'; script-src 'strict-dynamic'", "CSP: a policy like any other, under which no script runs (a lint says so)"),
        ("defa", "CSP: a policy with one directive that nobody knows"),
    ];
    hold("content-security-policy", 92, &apart, |vector| {
        let lines = policies(vector);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let ours = if lines.is_empty() {
            "missing"
        } else if Csp::from_lines(&lines).is_ok() {
            "read"
        } else {
            "ignored"
        };
        let theirs = match vector.result() {
            "csp-header-invalid" => "ignored",
            "csp-not-implemented" | "csp-not-implemented-but-reporting-enabled" => "missing",
            _ => "read",
        };
        (lines.join(" | "), ours.to_owned(), theirs.to_owned())
    });
}

/// Flags where we differ on purpose. Not compared at all: insecureSchemeActive and insecureSchemePassive, which sort what
/// is loaded over http:// by kind of content (ours is one lint for all, `csp-http-source`).
const FLAGS_APART: [(&str, &str); 7] = [
    ("unsafeInline: script-src ftp:", "no browser loads scripts over ftp, and no other source is allowed"),
    (
        "unsafeInline: object-src 'none'; style-src 'self'; script-src 'unsafe-inline' 'sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBA=''sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBB='",
        "two hashes without a blank between them are no hash, so that browsers skip the word and unsafe-inline stays in force",
    ),
    ("defaultNone: default-src http: | default-src https:", "http: also matches https (CSP3 6.7.2.9), so that the two meet in https:, not in nothing"),
    ("unsafeInline: script-src 'none'", "scripts are held; that nothing else is (no default-src) is a lint of its own"),
    ("unsafeObjects: default-src http: | default-src https:", "http: also matches https (CSP3 6.7.2.9), so that the two meet in https:, not in nothing"),
    ("unsafeInlineStyle: default-src http: | default-src https:", "http: also matches https (CSP3 6.7.2.9), so that the two meet in https:, not in nothing"),
    ("unsafeInline: default-src http: | default-src https:", "http: also matches https (CSP3 6.7.2.9), so that the two meet in https:, not in nothing"),
];

#[test]
fn flags_of_content_security_policies() {
    let Some(all) = vectors("content-security-policy") else { return };
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let (mut wrong, mut differ) = (Vec::new(), Vec::new());
    for vector in &all {
        let lines = policies(vector);
        let Ok(csp) = Csp::from_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()) else { continue };
        let all_have = |rules: &[&str], word: &dyn Fn(&str) -> bool| {
            csp.policies().iter().all(|p| problems(p).iter().any(|p| rules.contains(&p.rule.name) && p.word.as_deref().is_none_or(word)))
        };
        let found = Framing::from_headers(&[], Some(&csp));
        let flags = [
            ("antiClickjacking", Framing::parse("frame-ancestors https:").unwrap().compare(&found).order == Order::Stricter),
            ("insecureBaseUri", !is_held(&csp, "base-uri")),
            ("insecureFormAction", !is_held(&csp, "form-action")),
            ("unsafeObjects", !is_held(&csp, "object-src")),
            ("unsafeInlineStyle", !is_held(&csp, "style-src")),
            ("defaultNone", csp.policies().iter().any(|p| p.directive("default-src").is_some_and(|d| d.words().iter().all(|w| w == "'none'")))),
            (
                "strictDynamic",
                has_word(&csp, "'strict-dynamic'") && csp.policies().iter().all(|p| !problems(p).iter().any(|p| p.rule.name == "csp-strict-dynamic-alone")),
            ),
            ("unsafeEval", all_have(&["csp-unsafe-script"], &|w| w.eq_ignore_ascii_case("'unsafe-eval'"))),
            ("unsafeInline", all_have(&["csp-unsafe-script", "csp-wildcard-script", "csp-missing-script-src"], &|w| !w.eq_ignore_ascii_case("'unsafe-eval'"))),
        ];
        for (name, ours) in flags {
            let Some(theirs) = vector.flag(name) else { continue };
            let count = counts.entry(name).or_default();
            count[usize::from(theirs)] += 1;
            if ours != theirs {
                let what = format!("{name}: {}", lines.join(" | "));
                if FLAGS_APART.iter().any(|(listed, _)| *listed == what) { differ.push(what) } else { wrong.push(format!("{what}: ours {ours}")) }
            }
        }
    }
    // [not set, set] for each flag.
    let expected = [
        ("antiClickjacking", [84, 1]),
        ("defaultNone", [41, 44]),
        ("insecureBaseUri", [3, 82]),
        ("insecureFormAction", [4, 81]),
        ("strictDynamic", [79, 6]),
        ("unsafeEval", [82, 3]),
        ("unsafeInline", [51, 34]),
        ("unsafeInlineStyle", [50, 35]),
        ("unsafeObjects", [59, 26]),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(differ.len(), FLAGS_APART.len(), "values that should differ: {differ:?}");
}
