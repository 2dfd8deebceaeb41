//! Incidents, and the time of `security.txt`.

use super::{INCIDENT_CONTACT, Lint, SECURITY_TXT_EXPIRED, SECURITY_TXT_INCOMPLETE, SECURITY_TXT_LATE, SECURITY_TXT_SOON, SEVERITY_ORDER, SOON_DAYS};
use crate::finding::{Cause, Finding, Kind, Verdict};
use crate::policy::intents;
use crate::spec::scalar::format_date;

/// A year, as RFC 9116, 2.5.5 means it.
const YEAR_DAYS: i64 = 366;

/// What is to be said of a `security.txt` that counts up to a day: that is over, soon over, or too far ahead.
#[must_use]
pub fn expiry(what: &str, expires: i64, today: i64) -> Option<Finding> {
    let (day, left) = (format_date(expires), expires.saturating_sub(today));
    let finding = if left < 0 {
        // No error of the spec: the rest of the policy still stands, and is still checked.
        let mut finding = Finding::new(&SECURITY_TXT_EXPIRED, Kind::Verdict(Verdict::Weaker), format!("{what} expired on {day}"));
        finding.cause = Some(Cause::Value);
        finding.help("see that the contacts are still right, write a later day, and serve the new file")
    } else if left <= SOON_DAYS {
        let when = match left {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            left => format!("in {left} days"),
        };
        Finding::warning(&SECURITY_TXT_SOON, format!("{what} expires {when}, on {day}"))
            .help("see that the contacts are still right, write a later day, and serve the new file")
    } else if left > YEAR_DAYS {
        Finding::warning(&SECURITY_TXT_LATE, format!("{what} expires on {day}, more than a year ahead"))
            .help("write a day less than a year ahead (RFC 9116, 2.5.5)")
    } else {
        return None;
    };
    Some(finding.intent("operations.security_txt.expires"))
}

impl Lint<'_> {
    pub(super) fn incidents(&mut self, today: i64) {
        let Some(operations) = self.spec().operations.clone() else { return };
        if let Some(incident) = &operations.incident_response {
            let key = "operations.incident_response";
            if incident.contact.is_none() {
                self.error(
                    &INCIDENT_CONTACT,
                    key,
                    format!("{key} has no contact"),
                    "add contact: with an address that somebody answers, such as security@example.com",
                );
            }
            for pair in incident.severities.unwrap_or_default().all().windows(2) {
                let [(worse, fast, _), (lesser, slow, _)] = pair else { continue };
                if fast > slow {
                    let message = format!("{key}.severities: {worse} is answered within {fast}, and {lesser} within {slow}");
                    let help = format!("give {worse} {slow} or less; what is left out is critical 15m, high 1h, medium 8h, low 3d");
                    self.error(&SEVERITY_ORDER, &format!("{key}.severities"), message, &help);
                }
            }
        }
        let Some(txt) = &operations.security_txt else { return };
        let key = "operations.security_txt";
        if intents::report_contacts(&operations).is_empty() {
            self.error(&SECURITY_TXT_INCOMPLETE, key, format!("{key} has no contact"), "add contact: [security@example.com]");
        }
        match &txt.expires {
            None => self.error(&SECURITY_TXT_INCOMPLETE, key, format!("{key} has no expires"), "add expires: with a day less than a year ahead"),
            Some(day) => {
                if let Some(finding) = expiry("security.txt", day.days(), today) {
                    let finding = match self.policy.origin("operations.security_txt.expires") {
                        Some(span) => finding.at(span, ""),
                        None => finding,
                    };
                    self.warnings.push(finding);
                }
            }
        }
    }
}
