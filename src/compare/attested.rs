//! What a person states, because no file shows it. A statement is never counted as verified.

use super::Check;
use crate::finding::{Cause, Finding, Kind, Label, Language, Rule, Severity, Snippet, Verdict, cited};
use crate::policy::{Intent, Policy};
use crate::spec::{AtRest, Attestation, Spec};

/// Days before the end of a statement from which on it is worth a word.
const SOON: i64 = 30;

/// Nobody states it.
pub static UNATTESTED: Rule = Rule {
    name: "attestation-missing",
    title: "The policy asks for something that no file can show, and nobody states it.",
    severity: Severity::High,
    explain: "Encryption of disks and volumes leaves no trace in the configuration of the database. Somebody has to look, and to write down in the spec who looked, \
              on which day, and until when that counts: attested: { by: \"@team\", date: 2026-10-01, until: 2027-10-01 }. Until then the policy is not met. \
              A statement is reported as attested and never counts as verified.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet("data: { at_rest: { method: volume-encryption } }"),
    good: Snippet(
        r#"
        data:
          at_rest:
            method: volume-encryption
            attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
    "#,
    ),
    keys: &["data.at_rest"],
    references: cited::STATED,
    sources: &[],
};

/// A statement that no longer counts.
pub static EXPIRED: Rule = Rule {
    name: "attestation-expired",
    title: "A statement about something that no file can show has ended.",
    severity: Severity::High,
    explain: "A statement counts up to and including its last day (until, UTC). Look again, and write down the new day and the new end.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        data:
          at_rest:
            method: volume-encryption
            attested: { by: "@acme/platform", date: 2024-10-01, until: 2025-10-01 }
    "#,
    ),
    good: Snippet(
        r#"
        data:
          at_rest:
            method: volume-encryption
            attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
    "#,
    ),
    keys: &["data.at_rest"],
    references: cited::STATED,
    sources: &[],
};

/// A statement that ends soon.
pub static ENDS_SOON: Rule = Rule {
    name: "attestation-ends-soon",
    title: "A statement about something that no file can show ends within thirty days.",
    severity: Severity::Info,
    explain: "After its last day the policy counts as not met. Look again before, and write down the new day and the new end.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        data:
          at_rest:
            method: volume-encryption
            attested: { by: "@acme/platform", date: 2025-12-05, until: 2026-12-05 }    # today is 2026-11-27
    "#,
    ),
    good: Snippet(
        r#"
        data:
          at_rest:
            method: volume-encryption
            attested: { by: "@acme/platform", date: 2026-10-01, until: 2027-10-01 }
    "#,
    ),
    keys: &["data.at_rest"],
    references: cited::STATED,
    sources: &[],
};

/// What of the spec only a person can vouch for; `None` for any other key.
fn vouched<'s>(spec: &'s Spec, key: &str) -> Option<&'s AtRest> {
    match key {
        "data.at_rest" => spec.data.as_ref()?.at_rest.as_ref(),
        _ => None,
    }
}

/// Judges an intent that only a person can vouch for; `None` for any other. `today` is in days since 1970-01-01.
#[must_use]
pub fn attested(policy: &Policy, intent: &Intent, today: i64) -> Option<(Check, Option<Finding>)> {
    let statement = vouched(&policy.spec, &intent.key)?.attested.as_ref();
    let key = &intent.key;
    let problem = |rule, kind, message: String, help: &str| {
        let mut finding = Finding::new(rule, kind, message).intent(key).help(help);
        finding.env.clone_from(&policy.env);
        finding.expected = Some(intent.text.clone());
        if let Some(span) = policy.origin(&format!("{key}.attested")) {
            finding = finding.at(span, if statement.is_some() { "stated here" } else { "nobody states it" });
        }
        finding
    };
    let unattested = Kind::Verdict(Verdict::Unattested);
    let (verdict, why, finding) = match statement {
        None => {
            let why = "no file can show it, and nobody states it".to_owned();
            let help = format!("look, then write who, when and until when under {key}: attested: {{ by: \"@team\", date: YYYY-MM-DD, until: YYYY-MM-DD }}");
            (Verdict::Unattested, why.clone(), Some(problem(&UNATTESTED, unattested, format!("{key} is required: {why}"), &help)))
        }
        Some(Attestation { by, date, until, .. }) => {
            let left = until.days() - today;
            let why = format!("stated by {by} on {date}, until {until}");
            let renew = "look again, then write the new date and the new until";
            if date.days() > today {
                let message = format!("{key} is stated by {by} on {date}, which is in the future");
                (Verdict::Unattested, why, Some(problem(&UNATTESTED, unattested, message, "write the day on which somebody looked")))
            } else if left < 0 {
                let message = format!("{key} was stated by {by} on {date}, until {until}: that has ended");
                (Verdict::Unattested, why, Some(problem(&EXPIRED, unattested, message, renew)))
            } else if left <= SOON {
                let message = format!("{key}, stated by {by} on {date}, ends on {until}");
                (Verdict::Attested, why, Some(problem(&ENDS_SOON, Kind::Warning, message, renew)))
            } else {
                (Verdict::Attested, why, None)
            }
        }
    };
    let check = Check {
        intent: key.clone(),
        env: policy.env.clone(),
        target: "",
        place: String::new(),
        verdict,
        cause: if statement.is_some() { Cause::Value } else { Cause::Missing },
        location: policy.origin(&format!("{key}.attested")).map(|span| Label::new(span, "")),
        why,
        expected: intent.text.clone(),
        found: String::new(),
    };
    Some((check, finding))
}
