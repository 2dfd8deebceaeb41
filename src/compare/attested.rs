//! What a person states, because no file shows it. A statement is never counted as verified.

use super::Check;
use crate::finding::{Cause, Finding, Kind, Label, Language, Rule, Severity, Snippet, Verdict, cited};
use crate::policy::{Intent, Policy, intents};
use crate::source::{MAX_CONFIG_BYTES, ReadError, SourceId, Sources};
use crate::spec::scalar::{Date, Evidence};
use crate::spec::{Attestation, Spec};

/// Days before the end of a statement from which on it is worth a word.
const SOON: i64 = 30;

/// Nobody states it.
pub static UNATTESTED: Rule = Rule {
    name: "attestation-missing",
    title: "The policy asks for something that no file can show, and nobody states it.",
    severity: Severity::High,
    explain: "Encryption of disks leaves no trace in the configuration of the database, no file shows that every page is encoded, and a review of permissions or a \
              penetration test happens between people. Somebody has to look, and to write down in the spec who looked, on which day, until when that counts, and what \
              shows it: attested: { by: \"@team\", date: 2026-10-01, until: 2027-10-01, evidence: docs/evidence/disks.md }. Until then the policy is not met. \
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
    keys: &["data.at_rest", "data.output", "operations.attested"],
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
    keys: &["data.at_rest", "data.output", "operations.attested"],
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
    keys: &["data.at_rest", "data.output", "operations.attested"],
    references: cited::STATED,
    sources: &[],
};

/// A statement whose evidence is gone.
pub static NO_EVIDENCE: Rule = Rule {
    name: "attestation-evidence-missing",
    title: "The file that a statement rests on is not there.",
    severity: Severity::High,
    explain: "A path as evidence names a file inside the root; its digest stands in the reports, so that an auditor can tell whether it is the same file still. Without the file \
              nobody can look again at what was seen, and the statement does not count. A link is shown and never fetched.",
    language: Language::Yaml,
    spec: Snippet(""),
    bad: Snippet(
        r#"
        operations:
          attested:
            penetration_test: { by: "@acme/security", date: 2026-10-01, until: 2027-10-01, evidence: docs/pentest-2026.pdf }    # no such file
    "#,
    ),
    good: Snippet(
        r#"
        operations:
          attested:
            penetration_test: { by: "@acme/security", date: 2026-10-01, until: 2027-10-01, evidence: "https://tickets.example.com/SEC-12" }
    "#,
    ),
    keys: &["data.at_rest", "data.output", "operations.attested"],
    references: cited::STATED,
    sources: &[],
};

/// What a person states, as reports show it beside the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Who.
    pub by: String,
    /// The day on which they looked, UTC.
    pub date: Date,
    /// The last day on which it counts, UTC.
    pub until: Date,
    /// What it rests on.
    pub evidence: Option<String>,
    /// The text of the evidence, where it is a file that was read: reports show its digest, never what it says.
    pub file: Option<SourceId>,
}

impl Stated {
    /// `stated by @acme/platform on 2026-10-01, until 2027-10-01; evidence docs/disks.md`.
    #[must_use]
    pub fn words(&self) -> String {
        let evidence = self.evidence.as_ref().map(|e| format!("; evidence {e}")).unwrap_or_default();
        format!("stated by {} on {}, until {}{evidence}", self.by, self.date, self.until)
    }
}

/// Where the statement about a key stands, and the statement; `None` for a key that a file can show.
fn vouched<'s>(spec: &'s Spec, key: &str) -> Option<(String, Option<&'s Attestation>)> {
    let nested = format!("{key}.attested");
    match key {
        "data.at_rest" => Some((nested, spec.data.as_ref()?.at_rest.as_ref()?.attested.as_ref())),
        "data.output" => Some((nested, spec.data.as_ref()?.output.as_ref()?.attested.as_ref())),
        _ => intents::stated_controls(spec).find(|(own, _)| *own == key).map(|(_, control)| (key.to_owned(), control.attestation())),
    }
}

/// Judges an intent that only a person can vouch for; `None` for any other. `today` is in days since 1970-01-01.
#[must_use]
pub fn attested(policy: &Policy, intent: &Intent, today: i64, sources: &mut Sources) -> Option<(Check, Option<Finding>)> {
    let key = &intent.key;
    let (place, attestation) = vouched(&policy.spec, key)?;
    let env = policy.env.clone().filter(|_| !intents::is_of_service(key));
    let mut stated = attestation.map(|a| Stated {
        by: a.by.to_string(),
        date: a.date.clone(),
        until: a.until.clone(),
        evidence: a.evidence.as_ref().map(ToString::to_string),
        file: None,
    });
    let path = attestation.and_then(|a| a.evidence.as_ref()).filter(|e| !e.is_link()).map(Evidence::as_str);
    let file = path.map(|path| sources.read(path, MAX_CONFIG_BYTES));
    let problem = |rule, kind, message: String, help: &str| {
        let mut finding = Finding::new(rule, kind, message).intent(key).help(help);
        finding.env.clone_from(&env);
        finding.expected = Some(intent.text.clone());
        if let Some(span) = policy.origin(&place) {
            finding = finding.at(span, if attestation.is_some() { "stated here" } else { "nobody states it" });
        }
        finding
    };
    let unattested = Kind::Verdict(Verdict::Unattested);
    let renew = "look again, then write the new date and the new until";
    let (verdict, why, finding) = match (&stated, &file) {
        (None, _) => {
            let why = "no file can show it, and nobody states it".to_owned();
            let help = format!("look, then write who, when and until when under {}: {{ by: \"@team\", date: YYYY-MM-DD, until: YYYY-MM-DD }}", written(key));
            (Verdict::Unattested, why.clone(), Some(problem(&UNATTESTED, unattested, format!("{key} is required: {why}"), &help)))
        }
        (Some(s), _) if s.date.days() > today => {
            let message = format!("{key} is stated by {} on {}, which is in the future", s.by, s.date);
            (Verdict::Unattested, s.words(), Some(problem(&UNATTESTED, unattested, message, "write the day on which somebody looked")))
        }
        (Some(s), _) if s.until.days() < today => {
            let message = format!("{key} was stated by {} on {}, until {}: that has ended", s.by, s.date, s.until);
            (Verdict::Unattested, s.words(), Some(problem(&EXPIRED, unattested, message, renew)))
        }
        (Some(s), Some(Err(ReadError::NotFound(path)))) => {
            let message = format!("{key} is stated by {} on {}, and its evidence {path} does not exist", s.by, s.date);
            let help = "put the file back, or correct its path (relative to the root), or write an https link";
            (Verdict::Unattested, s.words(), Some(problem(&NO_EVIDENCE, unattested, message, help)))
        }
        (Some(s), Some(Err(error))) => {
            let mut finding = Finding::unreadable(error).intent(key);
            if let Some(span) = policy.origin(&place) {
                finding = finding.at(span, "the evidence of this statement");
            }
            (Verdict::Unattested, s.words(), Some(finding))
        }
        (Some(s), _) if s.until.days() - today <= SOON => {
            let message = format!("{key}, stated by {} on {}, ends on {}", s.by, s.date, s.until);
            (Verdict::Attested, s.words(), Some(problem(&ENDS_SOON, Kind::Warning, message, renew)))
        }
        (Some(s), _) => (Verdict::Attested, s.words(), None),
    };
    if let (Some(stated), Some(Ok(id))) = (&mut stated, &file) {
        stated.file = Some(*id);
    }
    let check = Check {
        intent: key.clone(),
        env,
        target: "",
        place: String::new(),
        verdict,
        cause: if stated.is_some() { Cause::Value } else { Cause::Missing },
        location: policy.origin(&place).map(|span| Label::new(span, "")),
        why,
        expected: intent.text.clone(),
        found: String::new(),
        stated,
    };
    Some((check, finding))
}

/// Where to write the statement: `data.at_rest: attested`, `operations.attested: access_review`.
fn written(key: &str) -> String {
    match key.strip_prefix("operations.attested.") {
        Some(name) => format!("operations.attested: {name}"),
        None => format!("{key}: attested"),
    }
}
