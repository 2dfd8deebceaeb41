//! What a file carries by the word of the spec: `carries`. Nothing reads such values back, so the least is asked for that
//! can be shown: that the template uses the value.

use super::rules;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::spec::TemplateOutput;
use std::collections::BTreeSet;

/// Values of the context that say what a key requires: one of them must be used. Empty for a key that templates get no
/// value of.
fn values(key: &str) -> &'static [&'static str] {
    match key {
        "http.headers.remove" => &["http.remove"],
        "tls.min_version" => &["tls.min_version", "tls.versions"],
        "tls.profile" => &["tls.ciphers"],
        "tls.groups" => &["tls.groups"],
        "tls.session_tickets" => &["tls.session_tickets"],
        "tls.redirect_http" => &["tls.redirect_http"],
        "network.service_trusts" => &["network.service_trusts"],
        "data.input.max_body" => &["data.max_body_bytes"],
        "data.input.content_types" => &["data.content_types"],
        "jwt.issuer" => &["jwt.issuer"],
        "jwt.audience" => &["jwt.audience"],
        _ if key.starts_with("http.headers.") => &["http.headers"],
        _ if key.starts_with("scopes.") => &["scopes"],
        _ if key.starts_with("http.cookies.") => &["http.cookies"],
        _ if key.starts_with("http.cors.") => &["http.cors"],
        _ if key.starts_with("rate_limits.limits.") && !key.ends_with(".on_store_error") => &["rate_limits"],
        _ => &[],
    }
}

fn is_below(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Intents that an output carries by the word of the spec.
pub(super) fn keys(policy: &Policy, output: &TemplateOutput) -> Vec<String> {
    claimed(policy, output).into_iter().filter(|key| !values(key).is_empty()).collect()
}

/// Intents that an output is said to carry.
fn claimed(policy: &Policy, output: &TemplateOutput) -> Vec<String> {
    let named = |key: &str| output.carries.iter().flatten().any(|above| is_below(key, above.as_str()));
    policy.intents.iter().filter(|i| named(&i.key)).map(|i| i.key.clone()).collect()
}

/// What an output claims to carry and cannot.
pub(super) fn refused(policy: &Policy, name: &str, output: &TemplateOutput, used: &BTreeSet<String>) -> Vec<Finding> {
    let at = format!("templates.outputs.{name}.carries");
    let refuse = |message: String, help: String| {
        let finding = Finding::error(&rules::CLAIM, message).intent(&at).help(help);
        match policy.origin(&at) {
            Some(span) => finding.at(span, "claimed here"),
            None => finding,
        }
    };
    let mut findings = Vec::new();
    for above in output.carries.iter().flatten() {
        if !policy.intents.iter().any(|i| is_below(&i.key, above.as_str())) {
            findings.push(refuse(format!("{at} names {above}, which the policy does not ask for"), "correct the key, or take it out".to_owned()));
        }
    }
    for key in claimed(policy, output) {
        let values = values(&key);
        if values.is_empty() {
            let help = "take it out: where no target carries it, that is to be seen".to_owned();
            findings.push(refuse(format!("{at} names {key}, and templates get no value of it"), help));
        } else if !values.iter().any(|value| used.contains(*value)) {
            let message = format!("{at} names {key}, and {} does not use its value", output.template);
            findings.push(refuse(message, format!("use {} in the template, or take the key out", values.join(" or "))));
        }
    }
    findings
}
