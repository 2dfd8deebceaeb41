//! Waivers: what somebody accepts knowingly, for a reason, up to a bound and a date.
//!
//! [`load`] reads `secgen.waivers.yaml`, [`apply`] decides about each finding before findings are grouped, and [`append`]
//! writes entries into the file's text.

mod append;
mod apply;
mod read;

pub use append::{Terms, append, entries};
pub use apply::{InForce, Outcome, Run, apply, ends, see, show_ended};
pub use read::{is_filler, load};

use crate::finding::{Snippet, cited, rules};
use crate::source::{SourceId, Span};
use crate::spec::Waiver;
pub use crate::spec::WaiverKind;
use crate::spec::scalar::Date;

/// The file's name, beside the spec.
pub const NAME: &str = "secgen.waivers.yaml";
/// Days before its end from which on a waiver that is in use is worth a word.
const SOON: i64 = 14;

rules! {
    pub, pub RULES;

    INVALID = "waiver-invalid", High, "An entry of the waivers cannot be used.",
        "A waiver binds to one rule, a place, a bound, a reason, a person and a day. One that is mistyped would accept nothing, or something else than was \
         meant, so secgen stops. `secgen waivers add` writes entries that are right.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocol
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    MISNAMED = "waivers-misnamed", High, "A file looks like the list of waivers, but has another name.",
        "Waivers are read from secgen.waivers.yaml beside the spec. A file of a similar name would silently not be read, so secgen stops.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen-waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    UNUSED = "waiver-unused", Low, "A waiver accepts nothing that is still there.",
        "What it accepted is mended, or was moved. An exception that is no longer needed hides the next mistake: remove the entry. A baseline only shrinks, so \
         what is mended is taken out of it. Only a run over everything can tell.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers: []
            "#),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    ENDS_SOON = "waiver-ends-soon", Low, "A waiver that is in use ends within fourteen days.",
        "After its last day what it accepted fails again. Mend it before, or agree on a new waiver.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2026-12-04
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
    LOOSE = "waiver-looser-than-needed", Info, "A waiver accepts more than what is there.",
        "What it accepted has become stricter. Raise `accept` to what is there, so that it cannot slip back.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            good: Snippet(r#"
                # file: secgen.yaml
                tls: { min_version: TLSv1.2 }
                targets: { nginx: { check: [nginx.conf], version: "1.26" } }

                # file: nginx.conf
                events {}
                http {
                  server {
                    listen 443 ssl;
                    ssl_certificate /etc/ssl/app.pem;
                    ssl_certificate_key /etc/ssl/app.key;
                    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;
                  }
                }

                # file: secgen.waivers.yaml
                version: 1
                waivers:
                  - id: W-2026-004
                    rule: tls-protocols
                    where: { file: nginx.conf, intent: tls.min_version }
                    accept: TLSv1.1
                    reason: Card readers of store type B cannot do TLS 1.2 before the March firmware.
                    owner: "@acme/payments"
                    created: 2026-11-02
                    until: 2027-03-31
            "#),
            keys: &[],
            references: cited::DEVIATION,
            sources: &[],
        };
}

/// The list of waivers as it was read.
#[derive(Debug)]
pub struct Waivers {
    /// Its path, relative to the root.
    pub path: String,
    /// Its text.
    pub id: SourceId,
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One entry with its places in the file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub waiver: Waiver,
    /// Where its id stands.
    pub at: Span,
    /// Where its bound stands.
    pub accept: Span,
    /// Where its last day stands.
    pub until: Span,
    /// The whole entry.
    pub whole: Span,
}

impl Entry {
    /// Whether it has ended; its last day still counts.
    #[must_use]
    pub fn has_ended(&self, today: i64) -> bool {
        self.waiver.until.days() < today
    }
}

/// A waiver that decided about findings of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedWaiver {
    /// `W-2026-004`.
    pub id: String,
    /// What kind of acceptance.
    pub kind: WaiverKind,
    /// The rule whose findings it accepts.
    pub rule: String,
    /// Who answers for it.
    pub owner: String,
    /// Why, in one line.
    pub reason: String,
    /// The day on which it was made, UTC.
    pub created: Date,
    /// The last day on which it holds, UTC.
    pub until: Date,
    /// Who agreed to it.
    pub approved_by: Option<String>,
    /// Where the work is tracked.
    pub ticket: Option<String>,
    /// The bound: what it accepts at worst.
    pub accepts: String,
    /// Findings that it decided about, each place counted.
    pub findings: usize,
    /// Where it stands.
    pub position: Span,
}

impl UsedWaiver {
    /// Days until it ends, 0 on its last day; below 0 where it has ended.
    #[must_use]
    pub fn days_left(&self, today: i64) -> i64 {
        self.until.days() - today
    }
}
