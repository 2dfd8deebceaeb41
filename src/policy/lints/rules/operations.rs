//! Incidents and `security.txt`.

use crate::finding::Relation::{Related, Supports};
use crate::finding::{Snippet, cited, nist, pci, rules};

rules! {
    pub, pub(super) ALL;

    INCIDENT_CONTACT = "incident-contact-missing", High, "A runbook has nobody to call.",
        "Whoever opens incident-response.md at night looks for one address first. Write operations.incident_response.contact: an e-mail address, an https \
         address, or tel: with a number.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { incident_response: { phases: default } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { incident_response: { contact: security@example.com } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.incident_response.contact"],
            references: &[nist("IR-8", Supports, "the plan says who is told"), pci("12.10.1", Supports, "roles and contacts are part of the plan")],
            sources: &[cited::NIST_800_61],
        };
    SEVERITY_ORDER = "incident-severity-order", High, "A worse incident may wait longer than a lesser one.",
        "Answer times say what comes first when several things happen. critical is answered at least as fast as high, that as medium, and that as low.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { incident_response: { contact: security@example.com, severities: { critical: 2h, high: 1h } } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { incident_response: { contact: security@example.com, severities: { critical: 15m, high: 1h } } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.incident_response.severities"],
            references: &[nist("IR-4", Related, "incidents are handled in the order of what they may do")],
            sources: &[cited::NIST_800_61],
        };
    SECURITY_TXT_INCOMPLETE = "security-txt-incomplete", High, "security.txt would lack what RFC 9116 asks for.",
        "A file without Contact or without Expires is none: whoever found a hole has nowhere to go, and cannot tell an old address from a good one. Write \
         operations.security_txt.contact (or the contact of incident_response) and expires.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { security_txt: { contact: [security@example.com] } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.security_txt.contact", "operations.security_txt.expires"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
    SECURITY_TXT_EXPIRED = "security-txt-expired", High, "security.txt is past its Expires.",
        "From that time on nobody should use what the file says (RFC 9116, 2.5.5), so reports go nowhere. See that the contacts are still right, write a new day, \
         and serve the new file. `secgen check` fails from the first day (UTC) after Expires on, and warns for 30 days before.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2026-10-31 } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.security_txt.expires"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
    SECURITY_TXT_SOON = "security-txt-expires-soon", Low, "security.txt is past its Expires within 30 days.",
        "See that the contacts are still right, write a new day, and serve the new file. `secgen check` fails from the first day (UTC) after Expires on.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2026-12-15 } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.security_txt.expires"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
    SECURITY_TXT_LATE = "security-txt-expires-late", Low, "security.txt counts for more than a year.",
        "RFC 9116 (2.5.5) recommends less than a year ahead, so that somebody looks at the contacts again. Write an earlier day.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2029-06-30 } }\ntargets: { operations: { out: ops } }"),
            good: Snippet("operations: { security_txt: { contact: [security@example.com], expires: 2027-06-30 } }\ntargets: { operations: { out: ops } }"),
            keys: &["operations.security_txt.expires"],
            references: &[nist("RA-5(11)", Supports, "the public has a way to report vulnerabilities")],
            sources: &[cited::RFC9116],
        };
}
