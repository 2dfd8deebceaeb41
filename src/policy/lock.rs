//! Keys that a layer locks: what builds on it may raise them, and lower them only with an approved waiver.

use super::Policy;
use super::difference::{self, Change, Difference, is_under};
use crate::finding::{Finding, Kind, Language, Rule, Severity, Snippet, Verdict, cited};
use crate::source::Span;

/// A locked key that is weaker in the end.
pub static LOCKED: Rule = Rule {
    name: "locked-key-weakened",
    title: "A key that a layer locks is weaker in what builds on it.",
    severity: Severity::High,
    explain: "`lock` of a layer names keys that no layer above, no environment and no scope may weaken. A reason under `weakens` is not enough: \
              raise the value, or have the exception approved: a waiver of this rule needs approved_by.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: secgen.yaml
        extends: [security/org.yaml]
        tls: { min_version: TLSv1.1 }
        targets: { nginx: { out: deploy/nginx } }
        weakens: { tls.min_version: { reason: old card readers } }

        # file: security/org.yaml
        tls: { min_version: TLSv1.2 }
        lock: [tls.min_version]
    ",
    ),
    good: Snippet(
        r"
        # file: secgen.yaml
        extends: [security/org.yaml]
        tls: { min_version: TLSv1.3 }
        targets: { nginx: { out: deploy/nginx } }

        # file: security/org.yaml
        tls: { min_version: TLSv1.2 }
        lock: [tls.min_version]
    ",
    ),
    keys: &["lock", "weakens"],
    references: cited::BASELINE,
    sources: &[],
};

/// A lock on nothing.
pub static LOCK_UNKNOWN: Rule = Rule {
    name: "lock-matches-nothing",
    title: "A layer locks a key that it does not set.",
    severity: Severity::High,
    explain: "A mistyped key under `lock` would protect nothing. Correct its spelling, set the key in the same layer or one below it, or remove it.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r"
        # file: secgen.yaml
        extends: [security/org.yaml]
        targets: { nginx: { out: deploy/nginx } }

        # file: security/org.yaml
        tls: { min_version: TLSv1.3 }
        lock: [tls.min_versoin]
    ",
    ),
    good: Snippet(
        r"
        # file: secgen.yaml
        extends: [security/org.yaml]
        targets: { nginx: { out: deploy/nginx } }

        # file: security/org.yaml
        tls: { min_version: TLSv1.3 }
        lock: [tls.min_version]
    ",
    ),
    keys: &["lock"],
    references: cited::BASELINE,
    sources: &[],
};

/// What one layer locks.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The layer's name.
    pub layer: String,
    /// The keys, and where they are named.
    pub keys: Vec<(String, Span)>,
    /// What the layer asks for, with all below it.
    pub policy: Policy,
}

impl Lock {
    /// Keys that name nothing which the layer asks for.
    pub(super) fn unknown(&self) -> Vec<Finding> {
        let is_known = |key: &str| self.policy.intents.iter().any(|intent| is_under(key, &intent.key));
        let unknown = self.keys.iter().filter(|(key, _)| !is_known(key));
        let finding = |(key, span): &(String, Span)| {
            Finding::error(&LOCK_UNKNOWN, format!("{} locks {key}, but asks for nothing there", self.layer))
                .at(*span, "locks nothing")
                .help("correct the key, set it in this layer, or take it out of lock")
                .intent(key)
        };
        unknown.map(finding).collect()
    }

    /// Where a policy that builds on the layer is weaker at a locked key.
    pub(super) fn weakened(&self, policy: &Policy) -> Vec<Finding> {
        let mut findings = Vec::new();
        for difference in difference::intents(&self.policy, policy) {
            if let Some((_, span)) = self.keys.iter().find(|(key, _)| holds(key, &difference.key)).filter(|_| difference.change.lowers()) {
                findings.push(self.finding(&difference, *span, policy));
            }
        }
        findings
    }

    fn finding(&self, difference: &Difference, span: Span, policy: &Policy) -> Finding {
        let Difference { change, key, why, old, new } = difference;
        let (verdict, words) = match change {
            Change::Removed => (Verdict::Absent, "is gone"),
            Change::Incomparable => (Verdict::Incomparable, "is not comparable to what the layer asks for"),
            _ => (Verdict::Weaker, "is weaker"),
        };
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let mut finding = Finding::new(&LOCKED, Kind::Verdict(verdict), format!("{key} {words}, and {} locks it{why}", self.layer)).intent(key);
        finding.env.clone_from(&policy.env);
        if let Some(new) = new {
            finding.found = Some(new.text.clone());
            if let Some(at) = new.origin {
                finding = finding.at(at, new.text.clone());
            }
        }
        finding = if finding.primary.is_some() { finding.see(span, "locked here") } else { finding.at(span, "locked here") };
        if let Some(old) = old {
            finding.expected = Some(old.text.clone());
            finding.spec = old.origin;
        }
        finding.help(format!("raise {key} to what {} asks for", self.layer))
    }
}

/// Whether a locked key holds a key: the same, one below it, or the same of a scope.
fn holds(lock: &str, key: &str) -> bool {
    let of_scope = key.strip_prefix("scopes.").and_then(|rest| rest.split_once('.')).map(|(_, rest)| rest);
    is_under(lock, key) || of_scope.is_some_and(|key| is_under(lock, key))
}
