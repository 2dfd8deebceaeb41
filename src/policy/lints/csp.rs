//! Lints of a Content-Security-Policy, as a browser of CSP Level 3 reads it. Most kinds are those of csp-evaluator.

use super::{
    CSP_BASE, CSP_DEFAULT, CSP_DEPRECATED, CSP_DYNAMIC_ALONE, CSP_FORM, CSP_HASHES, CSP_HTTP, CSP_NONE, CSP_OBJECT, CSP_SCRIPT, CSP_UNSAFE, CSP_WILDCARD,
};
use crate::finding::Rule;
use crate::strictness::csp::Policy;

/// Something in a policy that is probably not meant.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The kind.
    pub rule: &'static Rule,
    /// The directive that has it, or that is missing.
    pub directive: String,
    /// The word that has it, as written; `None` where it is the whole directive.
    pub word: Option<String>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Directives that decide about scripts, each with those that stand in for it (CSP3 6.8.3).
const SCRIPTS: [&[&str]; 3] =
    [&["script-src", "default-src"], &["script-src-attr", "script-src", "default-src"], &["script-src-elem", "script-src", "default-src"]];
/// Directives where an open source lets an attacker run code or send the page elsewhere.
const DANGEROUS: [&[&str]; 3] = [&["object-src", "default-src"], &["base-uri"], &["worker-src", "child-src", "script-src", "default-src"]];
/// Directives that browsers have dropped, or never all had (CSP3 7; MDN).
const DEPRECATED: [&str; 8] =
    ["block-all-mixed-content", "disown-opener", "navigate-to", "plugin-types", "prefetch-src", "referrer", "reflected-xss", "require-sri-for"];

/// Words of a directive that a browser acts on: `'strict-dynamic'` puts hosts, schemes and `'unsafe-inline'` out of force,
/// a nonce or hash `'unsafe-inline'` alone (CSP3 6.7.3.2, 8.2).
fn in_force<'p>(policy: &'p Policy, directive: &str) -> Vec<&'p str> {
    let Some(found) = policy.directive(directive) else { return Vec::new() };
    let words: Vec<&str> = found.words().iter().map(String::as_str).collect();
    let is_dynamic = is_scripts(directive) && words.iter().any(|w| is(w, "'strict-dynamic'"));
    let is_pinned = words.iter().any(|w| is_nonce_or_hash(w));
    words
        .into_iter()
        .filter(|w| {
            let is_inline = is(w, "'unsafe-inline'");
            !(is_inline && (is_pinned || is_dynamic)) && !(is_dynamic && (!w.starts_with('\'') || is(w, "'self'")))
        })
        .collect()
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// A nonce or hash by its grammar (CSP3 2.3.1: `base64-value`); another one is skipped, and pins nothing.
fn is_nonce_or_hash(word: &str) -> bool {
    let Some(inner) = word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')) else { return false };
    let kinds = ["nonce-", "sha256-", "sha384-", "sha512-"];
    let Some(value) = kinds.iter().find_map(|kind| inner.get(..kind.len()).filter(|start| is(start, kind)).map(|_| &inner[kind.len()..])) else { return false };
    let digits = value.trim_end_matches('=');
    !digits.is_empty() && value.len() - digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'))
}

fn is_scripts(directive: &str) -> bool {
    directive == "default-src" || directive.starts_with("script-src")
}

/// Every host of the network, or a scheme that an attacker can write into the page.
fn is_open(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "http:" | "https:" | "data:") || word.split_once("://").map_or(word.as_str(), |(_, rest)| rest) == "*"
}

/// What is probably not meant in a policy, in the order of its directives.
#[must_use]
pub fn problems(policy: &Policy) -> Vec<Problem> {
    let mut out = Vec::new();
    let whole = |rule: &'static Rule, directive: &str, message: &str, help: &'static str| Problem {
        rule,
        directive: directive.to_owned(),
        word: None,
        message: message.to_owned(),
        help,
    };
    let has = |directive: &str| policy.directive(directive).is_some();
    if !has("default-src") && !has("script-src") {
        let message = "the Content-Security-Policy has neither script-src nor default-src, so scripts come from anywhere";
        out.push(whole(&CSP_SCRIPT, "script-src", message, "add default-src: [self]"));
    } else if !has("default-src") {
        out.push(whole(&CSP_DEFAULT, "default-src", "the Content-Security-Policy has no default-src", "add default-src: [self]"));
    }
    // An empty list is 'none' too.
    let is_none = policy.directive("default-src").is_some_and(|d| d.words().iter().all(|w| is(w, "'none'")));
    if !has("object-src") && !is_none {
        out.push(whole(&CSP_OBJECT, "object-src", "the Content-Security-Policy has neither object-src nor default-src: [none]", "add object-src: [none]"));
    }
    if !has("base-uri") {
        out.push(whole(&CSP_BASE, "base-uri", "the Content-Security-Policy has no base-uri", "add base-uri: [none]"));
    }
    if !has("form-action") {
        out.push(whole(&CSP_FORM, "form-action", "the Content-Security-Policy has no form-action", "add form-action: [self]"));
    }
    let effective = |chains: &[&[&'static str]]| {
        let mut names: Vec<&str> = chains.iter().filter_map(|chain| chain.iter().copied().find(|name| has(name))).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let scripts = effective(&SCRIPTS);
    let mut dangerous = effective(&DANGEROUS);
    dangerous.retain(|name| !scripts.contains(name));
    for directive in policy.directives() {
        let name = directive.name();
        if DEPRECATED.contains(&name) {
            out.push(whole(&CSP_DEPRECATED, name, &format!("{name} is a directive that browsers have dropped"), "remove the directive"));
            continue;
        }
        let mut at = |rule: &'static Rule, word: &str, message: String, help: &'static str| {
            out.push(Problem { rule, directive: name.to_owned(), word: Some(word.to_owned()), message, help });
        };
        let all = directive.words();
        if let Some(none) = all.iter().find(|w| is(w, "'none'")).filter(|_| all.len() > 1) {
            at(&CSP_NONE, none, format!("{name} has none beside other sources, so browsers ignore it"), "write [none] alone, or remove none");
        }
        for word in all.iter().filter(|w| w.to_ascii_lowercase().starts_with("http://")) {
            at(&CSP_HTTP, word, format!("{name} names {word}, which anybody on the way can change"), "write https:// in its place");
        }
        if !scripts.contains(&name) && !dangerous.contains(&name) {
            continue;
        }
        let words = in_force(policy, name);
        for word in words.iter().filter(|_| scripts.contains(&name)) {
            if is(word, "'unsafe-inline'") || is(word, "'unsafe-eval'") {
                let help = "take the word out and allow your own scripts by hash";
                at(&CSP_UNSAFE, word, format!("{name} lets injected scripts run ({})", word.trim_matches('\'')), help);
            }
            if is(word, "'unsafe-hashes'") {
                let help = "move the handlers into a script, and take the word out";
                at(&CSP_HASHES, word, format!("{name} lets handlers in attributes run by hash (unsafe-hashes)"), help);
            }
            if is(word, "'strict-dynamic'") && !words.iter().any(|w| is_nonce_or_hash(w)) {
                let help = "add the hash of the script that loads the others, or take strict-dynamic out";
                at(&CSP_DYNAMIC_ALONE, word, format!("{name} has strict-dynamic and no hash, so no script runs at all"), help);
            }
        }
        for word in words.into_iter().filter(|w| is_open(w)) {
            at(&CSP_WILDCARD, word, format!("{name} allows every host ({word})"), "name the hosts that are needed");
        }
    }
    out
}
