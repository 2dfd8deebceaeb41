//! A bound accepts what is at least as strict, and nothing weaker: over every order that there is.

use super::{NGINX, SPEC, entry, file, findings, of, weak};
use crate::cli::project::Project;
use proptest::prelude::*;
use secgen::check::waive::{self, Entry, InForce, Run, Waivers};
use secgen::finding::{Disposition, Finding, Kind, Rule, Severity, Verdict};
use secgen::policy::{Intent, Loaded, Policy, bound, intents};
use secgen::source::{Sources, Span};
use secgen::spec::OnStoreError;
use secgen::strictness::levels::{Allowed, AtLeast, AtMost, Deadline, Exact, Forbidden, Needed};
use secgen::strictness::lockout::Pause;
use secgen::strictness::rate::{Quota, Rate};
use secgen::strictness::tls::{Protocols, Version};
use secgen::strictness::{Order, Value, cache, ciphers, coep, cookie, coop, corp, cors, csp, disclosure, framing, groups, hsts, nosniff, permissions};
use secgen::strictness::{postgres, referrer, xss};

static RULE: Rule = Rule { name: "tls-protocols", severity: Severity::High, ..Rule::BLANK };

/// A new order must be added here, and to [`values`].
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Hsts(_) => "hsts",
        Value::Framing(_) => "framing",
        Value::Nosniff(_) => "nosniff",
        Value::Xss(_) => "xss",
        Value::Referrer(_) => "referrer",
        Value::Csp(_) => "csp",
        Value::Permissions(_) => "permissions",
        Value::Coop(_) => "coop",
        Value::Coep(_) => "coep",
        Value::Corp(_) => "corp",
        Value::Cache(_) => "cache",
        Value::Cookie(_) => "cookie",
        Value::Cors(_) => "cors",
        Value::Disclosure(_) => "disclosure",
        Value::Tls(_) => "tls",
        Value::Groups(_) => "groups",
        Value::Ciphers(_) => "ciphers",
        Value::Rate(_) => "rate",
        Value::Quota(_) => "quota",
        Value::Setting(_) => "setting",
        Value::Hba(_) => "hba",
        Value::Pause(_) => "pause",
        Value::Grants(_) => "grants",
        Value::Deadline(_) => "deadline",
        Value::Level(_) => "level",
        Value::AtMost(_) => "at-most",
        Value::AtLeast(_) => "at-least",
        Value::Allowed(_) => "allowed",
        Value::Forbidden(_) => "forbidden",
        Value::Needed(_) => "needed",
        Value::Exact(_) => "exact",
    }
}
const KINDS: usize = 31;

fn words(items: &[&str]) -> std::collections::BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// Values of each order, of one intent each.
fn values() -> Vec<Vec<Value>> {
    fn read<T, E: std::fmt::Debug>(texts: &[&str], parse: impl Fn(&str) -> Result<T, E>, wrap: impl Fn(T) -> Value) -> Vec<Value> {
        texts.iter().map(|text| wrap(parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}")))).collect()
    }
    let setting = |name: &'static str, texts: &[&str]| read(texts, |text| postgres::Setting::from_text(name, text, &(13..=18)), Value::Setting);
    let hba = |method: &str| {
        let json = serde_json::json!({ "version": 1, "service": "a", "postgres": { "hba": [{ "type": "hostssl", "database": "all", "user": "all", "address": "10.0.0.0/8", "method": method }] } });
        Policy::from_json(json).unwrap().intent("postgres.hba").unwrap().value.clone()
    };
    let grants = |condition: &str| {
        let json = serde_json::json!({ "version": 1, "service": "a", "access": { "roles": ["editor"], "permissions": { "report.read": [{ "roles": ["editor"], "scope": "reports:read", "when": [condition] }] } } });
        let policy = Policy::from_json(json).unwrap();
        policy.intents.iter().find(|i| matches!(i.value, Value::Grants(_))).unwrap().value.clone()
    };
    let rates = [Rate::Off, Rate::On { per_minute: 60, burst: 20 }, Rate::On { per_minute: 120, burst: 5 }, Rate::On { per_minute: 60, burst: 0 }];
    let quotas = [(100, 60), (100, 30), (10, 60), (1000, 3600)].map(|(requests, seconds)| Value::Quota(Quota { requests, seconds }));
    let protocols = [&Version::ALL[..], &Version::ALL[3..], &Version::ALL[4..], &Version::ALL[2..4], &Version::ALL[5..], &Version::ALL[3..4], &[]];
    vec![
        read(&["max-age=0", "max-age=300", "max-age=300; includeSubDomains", "max-age=31536000; includeSubDomains; preload"], hsts::Hsts::parse, Value::Hsts),
        read(&["DENY", "SAMEORIGIN", "frame-ancestors https://a.example", "frame-ancestors https:"], framing::Framing::parse, Value::Framing),
        read(&["nosniff"], nosniff::Nosniff::parse, Value::Nosniff),
        read(&["0", "1", "1; mode=block"], xss::XssProtection::parse, Value::Xss),
        read(&["no-referrer", "same-origin", "strict-origin", "origin", "unsafe-url"], referrer::ReferrerPolicy::parse, Value::Referrer),
        read(&["default-src 'self'", "default-src 'none'", "default-src *", "script-src 'self' 'unsafe-inline'; object-src 'none'"], csp::Csp::parse, |c| {
            Value::Csp(Box::new(c))
        }),
        read(&["camera=()", "camera=(self)", "camera=*", "camera=(self \"https://a.example\"), geolocation=()"], permissions::PermissionsPolicy::parse, |p| {
            Value::Permissions(Box::new(p))
        }),
        read(&["same-origin", "same-origin-allow-popups", "unsafe-none"], coop::Coop::parse, Value::Coop),
        read(&["require-corp", "credentialless", "unsafe-none"], coep::Coep::parse, Value::Coep),
        read(&["same-origin", "same-site", "cross-origin"], corp::Corp::parse, Value::Corp),
        read(&["no-store", "private", "no-cache", "public, max-age=60"], cache::CacheControl::parse, Value::Cache),
        read(
            &["s=; Secure; HttpOnly; SameSite=Strict", "s=; Secure; HttpOnly", "s=; Secure; SameSite=None", "s=", "s=; Path=/; Max-Age=60"],
            cookie::SetCookie::parse,
            |c| Value::Cookie(Box::new(c)),
        ),
        read(
            &[
                "Access-Control-Allow-Origin: https://a.example",
                "Access-Control-Allow-Origin: *",
                "Access-Control-Allow-Origin: https://a.example https://b.example; Access-Control-Allow-Credentials: true; Access-Control-Allow-Methods: PUT",
            ],
            cors::Cors::parse,
            |c| Value::Cors(Box::new(c)),
        )
        .into_iter()
        .chain([Value::Cors(Box::new(cors::Cors::nobody()))])
        .collect(),
        ["", "nginx", "nginx/1.26.2"].map(|text| Value::Disclosure(disclosure::Disclosure::from_lines(&[text]))).into(),
        protocols.map(|versions| Value::Tls(Protocols::new(versions.iter().copied()))).into(),
        read(&["X25519", "X25519:P-256", "secp384r1:X25519MLKEM768"], groups::Groups::parse, Value::Groups),
        read(&["ECDHE-RSA-AES128-GCM-SHA256", "HIGH:!aNULL", "DEFAULT", "ALL"], ciphers::CipherString::parse, Value::Ciphers),
        rates.map(Value::Rate).into(),
        quotas.into(),
        setting("log_statement", &["none", "ddl", "mod", "all"]),
        setting("statement_timeout", &["0", "30s", "1min", "60000"]),
        setting("shared_preload_libraries", &["pgaudit", "pgaudit, auto_explain", "'a b', pgaudit", ""]),
        setting("password_encryption", &["md5", "scram-sha-256"]),
        ["scram-sha-256", "md5", "cert", "trust"].map(hba).into(),
        [(5, 900, 30, 3600), (5, 900, 60, 3600), (3, 900, 60, 7200), (50, 60, 5, 300)]
            .map(|(failures, window, base, max)| Value::Pause(Pause { failures, window, base, max }))
            .into(),
        [Some(20_000), Some(20_783), None]
            .map(|days| Value::Deadline(days.map_or_else(|| Deadline { second: None, text: "never".to_owned() }, intents::last_day)))
            .into(),
        ["same_tenant", "owner"].map(grants).into(),
        [OnStoreError::Allow, OnStoreError::Deny].map(|word| Value::Level(intents::on_store_error(word))).into(),
        ["allow", "warn", "deny"].map(|word| Value::Level(intents::lint_level(word))).into(),
        ["none", "workspace", "transitive", "all"].map(|word| Value::Level(intents::reach_level(word))).into(),
        [true, false].map(|on| Value::Level(intents::off_or_on(on))).into(),
        [None, Some(301), Some(302), Some(308)].map(|status| Value::Level(intents::redirect_level(status))).into(),
        [60, 900, 3600].map(|number| Value::AtMost(AtMost { number, unit: " s" })).into(),
        [8, 12].map(|number| Value::AtLeast(AtLeast { number, text: number.to_string() })).into(),
        ["0.5", "0.93"].map(|text| Value::AtLeast(AtLeast { number: if text == "0.5" { 500_000 } else { 930_000 }, text: text.to_owned() })).into(),
        [&[][..], &["MIT"], &["MIT", "Apache-2.0 WITH LLVM-exception"]].map(|items| Value::Allowed(Allowed(words(items)))).into(),
        [&[][..], &["openssl"], &["openssl", "time"]].map(|items| Value::Forbidden(Forbidden(words(items)))).into(),
        [&[][..], &["daily"], &["daily", "weekly"]].map(|items| Value::Needed(Needed(words(items)))).into(),
        ["https://a.example", "https://b.example", "absent"].map(|text| Value::Exact(Exact(text.to_owned()))).into(),
    ]
}

/// A loaded spec that asks for one value.
fn asking(project: &Project, sources: &mut Sources, value: &Value) -> Loaded {
    let mut loaded = secgen::policy::load(sources, "secgen.yaml", 20_782).unwrap_or_else(|f| panic!("{f:?}"));
    loaded.policies[0].intents = vec![Intent { key: "x".to_owned(), scope: None, value: value.clone(), text: value.to_string(), origin: None, builtin: false }];
    assert!(project.path().exists());
    loaded
}

/// Whether a waiver with a bound accepts a value in force.
fn accepts(loaded: &Loaded, sources: &Sources, accept: &str, found: &Value, verdict: Verdict) -> bool {
    let json = serde_json::json!({ "id": "W-1", "rule": "tls-protocols", "where": { "intent": "x" }, "accept": accept, "reason": "r", "owner": "o", "created": "2026-11-01", "until": "2027-03-31" });
    let span = Span::new(loaded.source, 0, 1);
    let entry = Entry { waiver: serde_json::from_value(json).unwrap(), at: span, accept: span, until: span, whole: span };
    let waivers = Waivers { path: waive::NAME.to_owned(), id: loaded.source, entries: vec![entry] };
    let mut finding = Finding::new(&RULE, Kind::Verdict(verdict), "x").intent("x");
    finding.found = Some(found.to_string());
    let in_force = InForce::from([(0, found.clone())]);
    let mut findings = [finding];
    waive::see(&mut findings, &in_force, sources);
    waive::apply(&waivers, &Run::default(), &mut findings, &in_force, loaded, sources);
    matches!(findings[0].disposition, Disposition::Waived(_))
}

#[test]
fn every_order_accepts_its_bound_and_nothing_weaker() {
    let project = Project::with_spec(SPEC);
    let mut sources = Sources::new(project.path());
    let mut seen = std::collections::BTreeSet::new();
    let (mut accepted, mut refused) = (0, 0);
    for order in values() {
        let loaded = asking(&project, &mut sources, &order[0]);
        let intent = loaded.policies[0].intents[0].clone();
        seen.insert(kind(&order[0]));
        for limit in &order {
            let text = bound::text(limit);
            // What is written is read as the same, where it is read at all.
            match bound::read(&loaded.policies[0], &intent, &text) {
                Ok(read) => assert_eq!(limit.compare(&read).order, Order::Equal, "{text} of {limit:?} is read as {read:?}"),
                Err(why) => assert!(matches!(limit, Value::Hba(_) | Value::Grants(_)) || text.is_empty(), "{text}: {why}"),
            }
            let text = if text.is_empty() { "(empty)".to_owned() } else { text.replace('\n', "; ") };
            for found in &order {
                let at_least = matches!(limit.compare(found).order, Order::Equal | Order::Stricter);
                let is_accepted = accepts(&loaded, &sources, &text, found, Verdict::Weaker);
                let only_itself = matches!(limit, Value::Hba(_) | Value::Grants(_)) || text == "(empty)";
                if only_itself {
                    assert_eq!(is_accepted, bound::text(found) == bound::text(limit), "{text} and {found}");
                } else {
                    assert_eq!(is_accepted, at_least, "{text} and {found}");
                }
                if is_accepted { accepted += 1 } else { refused += 1 }
            }
        }
    }
    assert_eq!(seen.len(), KINDS, "an order is not tested: {seen:?}");
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused");
}

/// A word for what was found is never read as a value, and no value stands for a word.
#[test]
fn words_accept_only_what_they_say() {
    let project = Project::with_spec(SPEC);
    let mut sources = Sources::new(project.path());
    for order in values() {
        let loaded = asking(&project, &mut sources, &order[0]);
        for found in &order {
            if matches!(found, Value::Exact(Exact(text)) if text == "absent") {
                continue;
            }
            for word in ["absent", "shadowed", "unenforced", "not-shown"] {
                assert!(!accepts(&loaded, &sources, word, found, Verdict::Weaker), "{word} accepts {found}");
            }
            assert!(accepts(&loaded, &sources, "absent", found, Verdict::Absent));
            assert!(!accepts(&loaded, &sources, "shadowed", found, Verdict::Absent));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the versions are: a waiver never accepts one that its bound does not have.
    #[test]
    fn no_older_protocol_slips_in(limit in prop::sample::subsequence(Version::ALL.to_vec(), 1..=6), found in prop::sample::subsequence(Version::ALL.to_vec(), 1..=6)) {
        let project = Project::with_spec(SPEC);
        let mut sources = Sources::new(project.path());
        let (limit, found) = (Protocols::new(limit), Protocols::new(found));
        let loaded = asking(&project, &mut sources, &Value::Tls(Protocols::at_least(Version::Tls12)));
        let text = bound::text(&Value::Tls(limit.clone()));
        if accepts(&loaded, &sources, &text, &Value::Tls(found.clone()), Verdict::Weaker) {
            prop_assert!(found.versions().all(|v| limit.contains(v)), "{text} accepts {found}");
        }
    }

    /// Whatever somebody writes as a bound: what is found is accepted only if the bound reads as a value that allows it,
    /// or says exactly what was found.
    #[test]
    fn no_text_accepts_more_than_it_says(accept in "[ -~]{1,24}", number in 0_u64..100_000) {
        let project = Project::with_spec(SPEC);
        let mut sources = Sources::new(project.path());
        let found = Value::AtMost(AtMost { number, unit: " s" });
        let loaded = asking(&project, &mut sources, &found);
        if !accept.trim().is_empty() && accepts(&loaded, &sources, &accept, &found, Verdict::Weaker) {
            let read = bound::read(&loaded.policies[0], &loaded.policies[0].intents[0], &accept).unwrap();
            prop_assert!(matches!(read.compare(&found).order, Order::Equal | Order::Stricter), "{accept} accepts {found}");
        }
    }
}

/// The same through the whole program.
#[test]
fn what_becomes_weaker_fails_again() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(str::to_owned)]));
    let disposition = |protocols: &str| {
        project.write("nginx.conf", NGINX.replace("TLSv1.1 TLSv1.2 TLSv1.3", protocols));
        let all = findings(&project, &[]);
        (of(&all, "tls-protocols")["disposition"].as_str().unwrap().to_owned(), of(&all, "tls-protocols")["help"].to_string())
    };
    assert_eq!(disposition("TLSv1.1 TLSv1.2 TLSv1.3").0, "waived");
    assert_eq!(disposition("TLSv1.1 TLSv1.2").0, "waived");
    let (open, help) = disposition("TLSv1 TLSv1.1 TLSv1.2");
    assert_eq!(open, "open");
    assert!(help.contains("W-2026-004 accepts TLSv1.1 here, and nothing weaker"), "{help}");
}

/// A value that is no longer as weak as the bound is worth a note; one that meets the policy makes the waiver needless.
#[test]
fn what_becomes_better_is_said() {
    let project = weak();
    project.write("secgen.waivers.yaml", file(&[entry(|line| if line.starts_with("accept") { "accept: TLSv1".to_owned() } else { line.to_owned() })]));
    let all = findings(&project, &[]);
    assert_eq!(of(&all, "waiver-looser-than-needed")["help"][0], "write accept: TLSv1.1");
    project.write("nginx.conf", NGINX.replace("TLSv1.1 TLSv1.2 TLSv1.3", "TLSv1.3"));
    let all = findings(&project, &[]);
    let unused = of(&all, "waiver-unused");
    assert_eq!((unused["level"].as_str(), unused["location"]["line"].as_u64()), (Some("warning"), Some(4)));
    assert_eq!(of(&findings(&project, &["--fail-on", "strict"]), "waiver-unused")["level"], "failure");
    // A run over a part cannot tell.
    assert!(!findings(&project, &["--target", "nginx"]).iter().any(|f| f["rule"] == "waiver-unused"));
    assert!(!findings(&project, &["nginx.conf"]).iter().any(|f| f["rule"] == "waiver-unused"));
}

/// Another file, another place, another rule: nothing of it is accepted.
#[test]
fn only_what_is_named_is_accepted() {
    let at = |place: &str| {
        let project = weak();
        let place = format!("where: {place}");
        project.write("secgen.waivers.yaml", file(&[entry(|line| if line.starts_with("where") { place.clone() } else { line.to_owned() })]));
        of(&findings(&project, &[]), "tls-protocols")["disposition"].as_str().unwrap().to_owned()
    };
    assert_eq!(at("{ file: nginx.conf }"), "waived");
    assert_eq!(at("{ place: server app.example.com }"), "waived");
    assert_eq!(at("{ place: [server other.example.com, server app.example.com], intent: tls.min_version }"), "waived");
    assert_eq!(at("{ file: other.conf }"), "open");
    assert_eq!(at("{ file: nginx.conf, place: server other.example.com }"), "open");
    assert_eq!(at("{ file: nginx.conf, intent: http.headers.hsts }"), "open");
}

/// What is accepted in one environment is not accepted in another, although both are the same text.
#[test]
fn environments_are_decided_apart() {
    let project = weak();
    project.write("secgen.yaml", format!("{SPEC}environments: {{ dev: {{}}, prod: {{}} }}\n"));
    let both = findings(&project, &[]);
    assert_eq!(of(&both, "tls-protocols")["env"], "dev, prod");
    project.write(
        "secgen.waivers.yaml",
        file(&[entry(|line| if line.starts_with("where") { "where: { intent: tls.min_version, environment: dev }".to_owned() } else { line.to_owned() })]),
    );
    let all = findings(&project, &[]);
    let mut said: Vec<(&str, &str)> =
        all.iter().filter(|f| f["rule"] == "tls-protocols").map(|f| (f["env"].as_str().unwrap(), f["disposition"].as_str().unwrap())).collect();
    said.sort_unstable();
    assert_eq!(said, [("dev", "waived"), ("prod", "open")]);
    // The command accepts both at once.
    project
        .run(&["waivers", "add", of(&both, "header-value")["fingerprint"].as_str().unwrap(), "--reason", "r", "--owner", "@a/b", "--until", "2027-01-31"])
        .exits(0);
    let all = findings(&project, &[]);
    assert_eq!((of(&all, "header-value")["env"].as_str(), of(&all, "header-value")["disposition"].as_str()), (Some("dev, prod"), Some("waived")));
}
